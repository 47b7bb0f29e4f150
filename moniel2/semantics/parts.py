"""Small questions about trees: what is inside an expression, which parentheses are only parentheses."""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.syntax import tree


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
            aside |= set(part.targets)
        elif isinstance(part, tree.Call) and isinstance(part.callee, tree.Name) and not part.callee.name[:1].isupper():
            aside.add(part.callee.name)
    for part in parts_of(expr):
        if isinstance(part, tree.Name) and part.name not in aside:
            yield part.name


_GROUPS: dict[int, tuple[object, tree.Group]] = {}


def as_group(item: tree.Item) -> tree.Group:
    """A repeat that is repeated, as a group around it; the same one each time."""
    known = _GROUPS.get(id(item))
    if known is not None and known[0] is item:
        return known[1]
    if len(_GROUPS) > 20_000:
        _GROUPS.clear()
    group = tree.Group(None, tree.Chain((item,), span=item.span), None, span=item.span)
    _GROUPS[id(item)] = (item, group)
    return group


_BODIES: dict[int, tuple[object, tree.Body]] = {}


def as_body(statement: tree.If) -> tree.Body:
    """``else if …`` as a body of its own; the same one each time."""
    known = _BODIES.get(id(statement))
    if known is not None and known[0] is statement:
        return known[1]
    if len(_BODIES) > 20_000:
        _BODIES.clear()
    body = tree.Body((statement,), span=statement.span)
    _BODIES[id(statement)] = (statement, body)
    return body


def single(group: tree.Group) -> bool:
    """A group around one item that is no repeat: only parentheses."""
    items = group.chain.items
    return len(items) == 1 and not isinstance(items[0], (tree.Repeat, tree.Series))
