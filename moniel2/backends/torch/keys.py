"""The ``state_dict`` of a model, from the model alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from moniel2.backends.torch import names
from moniel2.dims import Shape
from moniel2.ir.model import Block, Loop, Model, Node, Operation, distinct_blocks, inner_blocks
from moniel2.ops.spec import Weight


class Key(NamedTuple):
    """One entry. ``dtype`` is torch's name for it."""

    name: str
    shape: Shape
    dtype: str


def keys(model: Model) -> Iterator[Key]:
    """Every entry of the generated module's ``state_dict``, in its order, repeated copies each."""
    yield from _block_keys(model.root, "", _owning(model.root))


def _owning(root: Block) -> frozenset[int]:
    """The blocks with weights, so that nobody looks into the others."""
    found: set[int] = set()
    for block in distinct_blocks(root):
        for node in block.nodes:
            weights = isinstance(node.what, Operation) and node.what.weights
            if node.shared is None and (weights or any(id(b) in found for b in inner_blocks(node.what))):
                found.add(id(block))
    return frozenset(found)


def _block_keys(block: Block, prefix: str, owning: frozenset[int]) -> Iterator[Key]:
    if id(block) not in owning:
        return
    owned = [n for n in block.nodes if n.shared is None]
    ids = list(dict.fromkeys(n.id for n in owned))
    attribute = dict(zip(ids, names.attributes(ids), strict=True))
    # As torch has it: what a module holds itself comes first, parameters before buffers.
    held = [(attribute[n.id], weight) for n in owned if (weight := _held(n)) is not None]
    for name, weight in sorted(held, key=lambda h: h[1].buffer):
        yield Key(f"{prefix}{name}", weight.shape, weight.dtype)
    families: dict[str, list[Node]] = {}
    for node in owned:
        families.setdefault(node.id, []).append(node)
    for key, members in families.items():
        start = f"{prefix}{attribute[key]}"
        if members[0].first is None:
            for node in members:
                yield from _node_keys(node, start, owning)
            continue
        for node in sorted(members, key=lambda n: n.first or 0):
            low = node.first or 0
            for copy in range(low, low + node.repeat):
                yield from _node_keys(node, f"{start}.{copy}", owning)


def _held(node: Node) -> Weight | None:
    """The weight that a node is, where it is nothing else."""
    if not isinstance(node.what, Operation) or node.first is not None:
        return None
    return dict(node.what.weights).get("")


def _node_keys(node: Node, path: str, owning: frozenset[int]) -> Iterator[Key]:
    match node.what:
        case Operation(weights=weights):
            # A transposed tie is no entry of its own.
            elsewhere = {tie.weight for tie in node.ties if tie.transpose}
            for name, weight in weights:
                if name in elsewhere:
                    continue
                if name:
                    yield Key(f"{path}.{name}", weight.shape, weight.dtype)
                elif node.first is not None:
                    yield Key(path, weight.shape, weight.dtype)
        case Block():
            yield from _block_keys(node.what, f"{path}.", owning)
        case Loop(body=body):
            yield from _block_keys(body, f"{path}.", owning)
