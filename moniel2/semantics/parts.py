"""Small questions about trees: what is inside an expression, which parentheses are only parentheses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar, cast

from moniel2.syntax import tree
from moniel2.syntax.node import Node


def parts_of(expr: tree.Expr) -> Iterator[tree.Expr]:
    """The expression and all inside it, outermost first; not the bodies of blocks."""
    stack: list[tree.Expr] = [expr]
    while stack:
        part = stack.pop()
        yield part
        match part:
            case tree.Unary():
                stack.append(part.operand)
            case tree.Binary():
                stack += [part.right, part.left]
            case tree.Ternary():
                stack += [part.otherwise, part.condition, part.then]
            case tree.Range():
                stack += [part.stop, part.start]
            case tree.Sequence():
                stack += reversed(part.items)
            case tree.Comprehension():
                stack += [part.iterable, part.value]
            case tree.Index():
                stack += [part.index, part.value]
            case tree.Slice():
                stack += [e for e in (part.stop, part.start, part.value) if e is not None]
            case tree.Attribute():
                stack.append(part.value)
            case tree.Call():
                stack += [a.value for a in reversed(part.arguments.items)]
                stack.append(part.callee)


def own_names(expr: tree.Expr) -> Iterator[str]:
    """Every name that an expression mentions outside of braces, without those its own comprehensions bind and the
    functions it calls.
    """
    aside: set[str] = set()
    for part in parts_of(expr):
        if isinstance(part, tree.Comprehension):
            aside |= set(tree.bound(part.targets))
        elif isinstance(part, tree.Call) and isinstance(part.callee, tree.Name) and not part.callee.name[:1].isupper():
            aside.add(part.callee.name)
    for part in parts_of(expr):
        if isinstance(part, tree.Name) and part.name not in aside:
            yield part.name


Made = TypeVar("Made")
_MADE: dict[int, tuple[object, object]] = {}  # by the part's id; an item and an `if` are never the same part


def as_group(item: tree.Item) -> tree.Group:
    """A repeat that is repeated, as a group around it; the same one each time."""
    return _once(item, lambda: tree.Group(None, tree.Chain((item,), span=item.span), None, span=item.span))


def as_body(statement: tree.If) -> tree.Body:
    """``else if …`` as a body of its own; the same one each time."""
    return _once(statement, lambda: tree.Body((statement,), span=statement.span))


def _once(part: Node, make: Callable[[], Made]) -> Made:
    """What is made of a part of a tree, made once."""
    known = _MADE.get(id(part))
    if known is not None and known[0] is part:
        return cast(Made, known[1])
    if len(_MADE) > 20_000:
        _MADE.clear()
    made = make()
    _MADE[id(part)] = (part, made)
    return made


def single(group: tree.Group) -> bool:
    """A group around one item that is no repeat: only parentheses."""
    items = group.chain.items
    return len(items) == 1 and not isinstance(items[0], (tree.Repeat, tree.Series))
