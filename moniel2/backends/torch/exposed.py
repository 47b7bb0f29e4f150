"""Parameters that are the same in every use at hand, and handed on by a caller for which they aren't.

``Projection(C, stride)`` is called with the stride of the block around it, where that is two: its class takes a stride,
as the source says. So does one that computes with such a parameter: in ``drop * (first + i) / (total - 1)`` the number
that a total of 18 comes to would say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.backends.torch.places import holds
from moniel2.backends.torch.plans import Grouping, Plan, in_order, parameter_values, plain
from moniel2.backends.torch.tree import Any_, Unit, same
from moniel2.ir.formula import Apply, Formula, Name
from moniel2.ir.model import Block, Node


def expose(grouping: Grouping) -> None:
    """Mark them in every class, callers first."""
    for plan in reversed(in_order(grouping)):
        if plan is not grouping.root and plan.block.name:
            plan.exposed |= _computed_with(plan)
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
    passed = [plain(given[n]) for n in said & handed_on & given.keys()]
    for name, value in block.parameters:
        if _is_number(plain(value)) and any(same(plain(value), p) for p in passed):
            plan.exposed.add(name)


def _computed_with(plan: Plan) -> set[str]:
    """Parameters that are one number in every use, and stand in an expression beside what isn't."""
    columns = parameter_values(plan)
    own = {n for n, _ in plan.block.parameters}
    one_number = {n for n in own & columns.keys() if not _varies(columns[n]) and all(map(_is_number, columns[n]))}
    loops = {c.variable for c in plan.block.formulas.loops}
    others = loops | {n for n, column in columns.items() if _varies(column)}
    found: set[str] = set()
    for written in plan.block.formulas.written:
        names = set(_names(written.formula))
        if not isinstance(written.formula, Name) and not written.decides and names & others:
            found |= names & one_number
    return found


def _names(formula: Formula) -> Iterator[str]:
    stack = [formula]
    while stack:
        match stack.pop():
            case Name(name):
                yield name
            case Apply(parts=parts):
                stack += parts
            case _:
                pass


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _varies(column: tuple[object, ...]) -> bool:
    known = [v for v in column if not isinstance(v, Any_)]
    return any(not same(v, known[0]) for v in known)
