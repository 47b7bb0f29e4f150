"""Constants that are a number in the code, ``500000**x``, where the source has them as tensors without axes."""

from __future__ import annotations

from moniel2.backends.torch.lower import scalar
from moniel2.backends.torch.tree import Scalar
from moniel2.dims import Dim
from moniel2.ir.model import Block, Node, Operation, Ref

_TAKE_NUMBERS = frozenset({"Add", "Sub", "Mul", "Div", "Pow"})


def plain_numbers(block: Block) -> dict[int, Scalar]:
    """Nodes that are a number, by their place: whoever reads one computes with a tensor that has axes, so that its kind
    of number doesn't depend on this one's being a tensor."""
    found: dict[int, Scalar] = {}
    for i, node in enumerate(block.nodes):
        value = _number(node)
        if value is not None:
            found[i] = value
    if not found:
        return found
    kept = {r.node for o in block.outputs for r in o.sources}
    for node in block.nodes:
        sources = [o.source for o in node.operands]
        mine = [s.node for s in sources if isinstance(s, Ref) and s.node in found]
        if mine and not (_computes(node) and any(_has_axes(block, s) for s in sources if isinstance(s, Ref))):
            kept |= set(mine)
    return {i: v for i, v in found.items() if i not in kept}


def _number(node: Node) -> Scalar:
    """The number that a node is; None for everything else."""
    if not isinstance(node.what, Operation) or node.what.name != "Constant" or node.first is not None:
        return None
    if node.outputs[0].shape is None or len(node.outputs[0].shape) or getattr(node.what.op, "dtype_", None) is not None:
        return None
    value = scalar(getattr(node.what.op, "value", None))
    return value if isinstance(value, (int, float)) and not isinstance(value, (bool, Dim)) else None


def _computes(node: Node) -> bool:
    return isinstance(node.what, Operation) and node.what.name in _TAKE_NUMBERS and node.repeat == 1


def _has_axes(block: Block, source: Ref) -> bool:
    shape = block.tensor(source).shape
    return shape is not None and len(shape) > 0
