"""Paths to nodes and weights, as attributes of the generated modules."""

from __future__ import annotations

from collections.abc import Mapping

from moniel2.backends.torch import names
from moniel2.backends.torch.draft import Draft
from moniel2.backends.torch.tree import Unit
from moniel2.ir.model import Block, Loop, Node


def attributes_of(block: Block) -> dict[str, str]:
    """The attribute of every node that has weights or a module of its own, by its id."""
    ids = list(dict.fromkeys(n.id for n in block.nodes if n.shared is None))
    return dict(zip(ids, names.attributes(ids), strict=True))


def locate(block: Block, path: tuple[str, ...], weight: bool, made: Mapping[Unit, Draft]) -> tuple[list[str], bool]:
    """The attributes on the way to a node (or its weight), and whether plain attribute access type-checks."""
    steps: list[str] = []
    typed = True
    rest = list(path)
    here: Block | None = block
    while rest and here is not None:
        id = rest.pop(0)
        attribute = attributes_of(here).get(id)
        node = next((n for n in here.nodes if n.id == id and n.shared is None), None)
        if attribute is None or node is None:
            steps.append(names.attribute(id))
            break
        steps.append(attribute)
        if node.first is not None and rest and rest[0].isdigit():
            number = rest.pop(0)
            node = _copy(here, id, int(number)) or node
            steps.append(number)
            typed = False
        here = None
        if isinstance(node.what, (Block, Loop)):
            unit = Unit.of(node.what)
            if rest and (unit not in made or made[unit].style != "module"):
                typed = False
            here = unit.block
    steps += rest if weight else [names.attribute(r) for r in rest]
    return [s for s in steps if s], typed and not any(s.isdigit() for s in steps)


def _copy(block: Block, id: str, number: int) -> Node | None:
    return next((n for n in block.nodes if n.id == id and (n.first or 0) <= number < (n.first or 0) + n.repeat), None)
