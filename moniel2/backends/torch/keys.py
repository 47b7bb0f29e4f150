"""The ``state_dict`` of a model, from the model alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from moniel2.backends.torch import names
from moniel2.dims import Shape
from moniel2.ir.model import Block, Loop, Model, Node, Operation
from moniel2.ops.spec import Weight


class Key(NamedTuple):
    """One entry. ``dtype`` is torch's name for it."""

    name: str
    shape: Shape
    dtype: str


def keys(model: Model) -> Iterator[Key]:
    """Every entry of the generated module's ``state_dict``, in its order, repeated copies each."""
    yield from _block_keys(model.root, "")


def _block_keys(block: Block, prefix: str) -> Iterator[Key]:
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
    for id, members in families.items():
        start = f"{prefix}{attribute[id]}"
        if members[0].first is None:
            for node in members:
                yield from _node_keys(node, start)
            continue
        for node in sorted(members, key=lambda n: n.first or 0):
            low = node.first or 0
            for copy in range(low, low + node.repeat):
                yield from _node_keys(node, f"{start}.{copy}")


def _held(node: Node) -> Weight | None:
    """The weight that a node is, where it is nothing else."""
    if not isinstance(node.what, Operation) or node.first is not None:
        return None
    return dict(node.what.weights).get("")


def _node_keys(node: Node, path: str) -> Iterator[Key]:
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
            yield from _block_keys(node.what, f"{path}.")
        case Loop(body=body):
            yield from _block_keys(body, f"{path}.")
