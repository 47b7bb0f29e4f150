"""Parameters that are the same in every use at hand, and handed on by a caller for which they aren't.

``Projection(C, stride)`` is called with the stride of the block around it, where that is two: its class takes a stride,
as the source says.
"""

from __future__ import annotations

from moniel2.backends.torch.places import holds
from moniel2.backends.torch.plans import Grouping, Plan, in_order, parameter_values, plain
from moniel2.backends.torch.tree import Any_, Unit, same
from moniel2.ir.formula import Name
from moniel2.ir.model import Block, Node


def expose(grouping: Grouping) -> None:
    """Mark them in every class, callers first."""
    for plan in reversed(in_order(grouping)):
        handed_on = {n for n, column in parameter_values(plan).items() if n in plan.exposed or _varies(column)}
        for unit in plan.units if handed_on else ():
            for node in unit.block.nodes:
                if isinstance(node.what, Block) and node.what.name:
                    _expose(unit, node, node.what, handed_on, grouping.of[Unit(node.what)])


def _expose(caller: Unit, node: Node, block: Block, handed_on: set[str], plan: Plan) -> None:
    given = dict(caller.block.parameters)
    at = node.span
    said = {
        w.formula.name
        for w in caller.block.formulas.written
        if isinstance(w.formula, Name) and not w.decides and at is not None and holds(w.span, at)
    }
    for name, value in block.parameters:
        alike = name in said & handed_on & given.keys() and same(plain(value), plain(given[name]))
        if alike and isinstance(plain(value), (int, float)) and not isinstance(value, bool):
            plan.exposed.add(name)


def _varies(column: tuple[object, ...]) -> bool:
    known = [v for v in column if not isinstance(v, Any_)]
    return any(not same(v, known[0]) for v in known)
