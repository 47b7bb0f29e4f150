"""Where a value is written that a name brings along: the number or word to change where it is wrong.

A parameter that is passed on unchanged, a constant, one entry of a list, the turn of a loop: as long as nothing is
computed on the way, the words at its beginning are meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moniel2.semantics.parts import parts_of
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import UNKNOWN_VALUE, Worth, key_of
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder
    from moniel2.semantics.values import Given

_FAR = 100


@dataclass(slots=True)
class _Walk:
    """An expression that is followed back, in the block it stands in; ``names``: what was passed on the way."""

    expr: tree.Expr
    builder: Builder
    names: list[tuple[Builder, str]] = field(default_factory=list)
    given: Given | None = None  # the last argument passed
    called: Builder | None = None  # the block that it was given to


def written_at(builder: Builder, expr: tree.Expr, value: Worth, *, thin: bool = False) -> Span | None:
    """Where ``value``, which ``expr`` has here, is written out; None if it is written here or computed.

    ``thin``: only through definitions that are a chain under a name of its own, not through those with a body.
    """
    found = _followed(_Walk(expr, builder), value, thin)
    return found.expr.span if found is not None and found.expr is not expr and _literal(found.expr) else None


@dataclass(frozen=True, slots=True)
class Blame:
    """Where a value of the wrong kind is written out. ``told``: that something is wrong there has been said already."""

    span: Span
    told: bool
    names: tuple[tuple[Builder, str], ...]

    def settle(self) -> None:
        """From here on the value is unknown wherever its names have led."""
        for place, name in self.names:
            if name in place.home.values:
                place.home.values[name] = UNKNOWN_VALUE


def blamed(builder: Builder, expr: tree.Expr, value: Worth) -> Blame | None:
    """Whom to blame for ``value``, which ``expr`` has here and which can't be; None if it is written here or computed.

    Of arguments by position one is told: where one is wrong, they may all be out of place.
    """
    found = _followed(_Walk(expr, builder), value, False)
    if found is None or found.expr is expr or not _literal(found.expr):
        return None
    told = False
    if found.given is not None and found.called is not None and found.given.name is None:
        told, found.called.misgiven = found.called.misgiven, True
    return Blame(found.expr.span, told, tuple(found.names))


def entries(builder: Builder, expr: tree.Expr) -> tuple[tree.Expr, ...]:
    """The entries of a list that is written out, here or where a name leads; () of any other."""
    found = _followed(_Walk(expr, builder), None, False)
    return found.expr.items if found is not None and isinstance(found.expr, tree.Sequence) else ()


def _literal(expr: tree.Expr) -> bool:
    """Whether nothing in it comes from elsewhere; the name of a block is a value by itself."""
    if isinstance(expr, tree.Name):
        return True  # a name that leads nowhere else
    named = (tree.Name, tree.Call, tree.Attribute, tree.BlockValue, tree.Comprehension)
    return not any(isinstance(part, named) for part in parts_of(expr))


def _followed(walk: _Walk, value: Worth, thin: bool) -> _Walk | None:
    """The expression that names and indexes lead to, and the block it stands in."""
    inside: list[int] = []
    for _ in range(_FAR):
        match walk.expr:
            case tree.Name(name):
                if name[:1].isupper() and not _gives(walk.builder, name):
                    return None if inside else walk
                if (thin and not walk.builder.outline.ends_are_ports) or not _behind(walk, name, inside, value):
                    return None
            case tree.Index(inner, tree.Number(int() as number)):
                inside.append(number)
                walk.expr = inner
            case tree.Sequence(items) if inside:
                number = inside.pop()
                if not -len(items) <= number < len(items):
                    return None
                walk.expr = items[number]
            case _:
                return None if inside else walk
    return None


def _gives(builder: Builder, name: str) -> bool:
    """Whether a name has its value from the block, or from one around these braces."""
    while name not in builder.given and name not in builder.defaults and name not in builder.outline.constants:
        if builder.around is None:
            return False
        builder = builder.around.builder
    return True


def _behind(walk: _Walk, name: str, inside: list[int], value: Worth) -> bool:
    """Go to what gives a name its value: an argument, a default, a constant, the turn of a loop with this value."""
    builder = walk.builder
    walk.names.append((builder, name))
    given = builder.given.get(name)
    if given is not None:
        if given.expr is None or given.builder is None:
            return False
        walk.expr, walk.builder, walk.given, walk.called = given.expr, given.builder, given, builder
        return True
    if name in builder.defaults:
        walk.expr = builder.defaults[name]
        return True
    constant = builder.outline.constants.get(name)
    if constant is not None:
        walk.expr = constant.value
        return True
    for loop, _ in loops(builder):
        if name in tree.bound(loop.targets):
            found = _turn(builder, loop, name, value) if not inside else None
            walk.expr = found or walk.expr
            return found is not None
    if builder.around is not None:
        walk.builder = builder.around.builder
        return True
    return False


def _turn(builder: Builder, loop: tree.For, name: str, value: Worth) -> tree.Expr | None:
    """The entry of the list gone through that has this value, if there is just one."""
    whole = loop.targets[0] if len(loop.targets) == 1 else loop.targets
    parts = [part for entry in entries(builder, loop.iterable) for part in _taken(whole, entry, name)]
    same = [part for part in parts if _literal(part) and _equal(builder, part, value)]
    return same[0] if len(same) == 1 else None


def _taken(target: str | tree.Targets, entry: tree.Expr, name: str) -> list[tree.Expr]:
    """What a name of a loop takes of an entry, where the entry is written out that far."""
    if isinstance(target, str):
        return [entry] if target == name else []
    if not isinstance(entry, tree.Sequence) or len(entry.items) != len(target):
        return []
    return [part for one, item in zip(target, entry.items, strict=True) for part in _taken(one, item, name)]


def _equal(builder: Builder, part: tree.Expr, value: Worth) -> bool:
    try:
        found: Any = builder.evaluator.value(part, builder.home)
    except Trouble:
        return False
    return key_of(found) == key_of(value)


def loops(builder: Builder) -> list[tuple[tree.For, Span]]:
    """Every ``for`` after an item of the block's own chains, and in its lists, with the place of the item."""
    found: list[tuple[tree.For, Span]] = []
    items: list[tree.Item] = [item for flow in builder.outline.flows for item in flow.chain.items]
    if builder.outline.chain is not None:
        items += builder.outline.chain.items
    while items:
        item = items.pop()
        match item:
            case tree.Series():
                found.append((item.loop, item.item.span))
                items.append(item.item)
            case tree.Repeat():
                items.append(item.item)
            case tree.Group():
                items += item.chain.items
            case tree.ListItem():
                found += [(e.comprehension, e.chain.span) for e in item.elements if e.comprehension is not None]
                items += [inner for e in item.elements for inner in e.chain.items]
    return found
