"""The ``state_dict`` of a model with the shapes of its entries, from the model alone."""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.backends.torch import names
from moniel2.dims import Shape
from moniel2.ir.model import Block, Loop, Model, Node, Operation


def keys(model: Model) -> Iterator[tuple[str, Shape]]:
    """Every entry of the generated module's ``state_dict`` in order, repeated copies each."""
    yield from _block_keys(model.root, "")


def _block_keys(block: Block, prefix: str) -> Iterator[tuple[str, Shape]]:
    owned = [n for n in block.nodes if n.shared is None]
    ids = list(dict.fromkeys(n.id for n in owned))
    attribute = dict(zip(ids, names.attributes(ids), strict=True))
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


def _node_keys(node: Node, path: str) -> Iterator[tuple[str, Shape]]:
    match node.what:
        case Operation(weights=weights):
            for name, weight in weights:
                yield (f"{path}.{name}" if name else path), weight.shape
        case Block():
            yield from _block_keys(node.what, f"{path}.")
        case Loop(body=body):
            yield from _block_keys(body, f"{path}.")
