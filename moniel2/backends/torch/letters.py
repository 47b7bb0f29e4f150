"""Which letters everybody knows an input's axes by, where the source gives them no names."""

from __future__ import annotations

from collections import deque

from moniel2.ir.model import OWN_INPUT, Block, Literal, Loop, Node, Operation, Ref

LETTERS = {2: "BD", 3: "BND", 4: "BCHW", 5: "BCDHW"}
ALONG = "BCL"  # channels along a line

# Operations whose first operand has its channels on axis 1.
_CHANNELS_FIRST = frozenset(
    {
        *("Conv", "ConvTranspose", "MaxPool", "AvgPool", "LPPool", "AdaptiveAvgPool", "AdaptiveMaxPool"),
        *("GlobalAvgPool", "GlobalMaxPool", "BatchNorm", "InstanceNorm", "GroupNorm", "LocalResponseNorm", "Upsample"),
    }
)
_MOST = 200  # nodes that are looked at


def letters(block: Block, port: int) -> str:
    """One letter for each axis of an input; "" where there are none that everybody knows."""
    shape = block.inputs[port].tensor.shape
    rank = 0 if shape is None else len(shape)
    return ALONG if rank == 3 and channels_first(block, port) else LETTERS.get(rank, "")


def channels_first(block: Block, port: int) -> bool:
    """Whether the first operation that cares about an input's axes, here or further in, takes axis 1 for channels."""
    waiting = deque([(block, Ref(OWN_INPUT, port))])
    seen: set[tuple[int, Ref]] = set()
    while waiting and len(seen) < _MOST:
        at, tensor = waiting.popleft()
        if (id(at), tensor) in seen:
            continue
        seen.add((id(at), tensor))
        for i, node in enumerate(at.nodes):
            for place, operand in enumerate(node.operands):
                if operand.source != tensor:
                    continue
                if isinstance(node.what, Operation) and node.what.name in _CHANNELS_FIRST:
                    return place == 0
                if isinstance(node.what, Block):
                    waiting.append((node.what, Ref(OWN_INPUT, place)))
                elif not isinstance(node.what, Loop) and _goes_on(at, node):
                    waiting.append((at, Ref(i, 0)))
    return False


def _goes_on(block: Block, node: Node) -> bool:
    """Whether what comes out has the axes of what goes in: a function of each element, a sum."""
    shapes = [block.tensor(o.source).shape for o in node.operands if not isinstance(o.source, Literal)]
    named = isinstance(node.what, Operation) and node.what.name in ("Add", "Mul", "Sub", "Dropout", "Identity")
    whole = bool(shapes) and bool(node.outputs) and all(s == node.outputs[0].shape for s in shapes)
    return whole and (named or (isinstance(node.what, Operation) and not node.what.weights and len(shapes) == 1))


__all__ = ["letters"]
