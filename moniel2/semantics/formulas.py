"""The expressions of a body as formulas, for whoever writes its code: read once, however many instances it has."""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.ir.formula import Apply, Constant, Counted, Declared, Formula, Formulas, Name, Written
from moniel2.semantics.outline import Outline
from moniel2.source import Span
from moniel2.syntax import tree
from moniel2.syntax.node import Node

FUNCTIONS = frozenset({"len", "sum", "min", "max", "abs", "floor", "ceil", "round", "sqrt", "log", "log2", "exp"})
DEEPEST = 24
"""Levels of an expression that is still read by people."""


def formulas_of(outline: Outline) -> Formulas:
    """What a body says, and the braces in it; the definitions in it speak for themselves."""
    if outline.formulas is None:
        written: list[Written] = []
        loops: list[Counted] = []
        shapes: list[Declared] = []
        for part in _parts(outline.body):
            written += _written(part)
            loops += _loops(part)
            shapes += _shapes(part)
        outline.formulas = Formulas(
            tuple(sorted(written, key=lambda w: w.span.start)),
            tuple(sorted(loops, key=lambda c: c.span.start)),
            tuple(sorted(shapes, key=lambda d: d.span.start)),
        )
    return outline.formulas


def _parts(body: tree.Body) -> Iterator[Node]:
    """Statements and items, those in braces too."""
    stack: list[Node | None] = [body]
    while stack:
        part = stack.pop()
        match part:
            case tree.Body():
                stack += part.statements
                continue
            case tree.Flow():
                stack += (*part.chain.items, *part.presentation)
                continue
            case None | tree.Definition() | tree.Import() | tree.FromImport():
                continue
        yield part
        match part:
            case tree.If():
                stack += (part.then, part.otherwise)
            case tree.Instance():
                stack.append(part.trailing)
            case tree.Braces():
                stack.append(part.body)
            case tree.Group():
                stack += part.chain.items
            case tree.ListItem():
                stack += part.elements
            case tree.Element():
                stack += part.chain.items
            case tree.Repeat() | tree.Series():
                stack.append(part.item)
            case tree.Choice():
                stack += (part.item, part.otherwise)


def _written(part: Node) -> Iterator[Written]:
    match part:
        case tree.Constant():
            yield from _said(part.value, part.span, part.name)
        case tree.If() | tree.Choice():
            if (condition := formula(part.condition)) is not None:
                yield Written(condition, part.span, decides=True)
        case tree.Presentation():
            for argument in part.arguments.items if part.arguments is not None else ():
                yield from _said(argument.value, part.span)
        case tree.Instance():
            for argument in part.arguments.items if part.arguments is not None else ():
                yield from _said(argument.value, part.span)
            for size in part.dims.items if part.dims is not None else ():
                yield from _said(size, part.span)
        case tree.Repeat():
            yield from _said(part.count, part.span)
        case tree.Series():
            yield from _said(part.loop.iterable, part.span)


def _said(expr: tree.Expr, span: Span, name: str = "") -> Iterator[Written]:
    """An expression; of a sequence its items, and the whole of it if they aren't all numbers."""
    parts = expr.items if isinstance(expr, tree.Sequence) and not name else ()
    if isinstance(expr, tree.Range):
        parts = (expr.start, expr.stop)
    whole = isinstance(expr, tree.Sequence) and any(not isinstance(p, tree.Number) for p in parts)
    for one in (*parts, expr) if whole or not parts else parts:
        found = formula(one)
        if found is not None:
            yield Written(found, span, name)


def _loops(part: Node) -> Iterator[Counted]:
    if isinstance(part, tree.Repeat) and (count := formula(part.count)) is not None:
        yield Counted("", Constant(0), count, part.span)
    if not isinstance(part, (tree.Series, tree.Element)):
        return
    loop = part.loop if isinstance(part, tree.Series) else part.comprehension
    if loop is None or not isinstance(loop.iterable, tree.Range):
        return
    name, *others = loop.targets
    if others or not isinstance(name, str):
        return
    start, stop = formula(loop.iterable.start), formula(loop.iterable.stop)
    if start is not None and stop is not None:
        yield Counted(name, start, stop, part.span)


def _shapes(part: Node) -> Iterator[Declared]:
    if isinstance(part, tree.Instance) and part.dims is not None:
        items = part.dims.items
        spread = next((i for i, item in enumerate(items) if isinstance(item, tree.Ellipsis_)), -1)
        yield Declared(part.type.span, tuple(map(formula, items)), spread)


def formula(expr: tree.Expr, depth: int = 0) -> Formula | None:
    """An expression as a formula; None if something in it is none."""
    if depth > DEEPEST:
        return None
    match expr:
        case tree.Number() | tree.Text() | tree.Word():
            return Constant(expr.value)
        case tree.Name():
            return Name(expr.name)
        case tree.Unary():
            return _apply("neg" if expr.operator == "-" else expr.operator, (expr.operand,), depth)
        case tree.Binary():
            return _apply(expr.operator, (expr.left, expr.right), depth)
        case tree.Ternary():
            return _apply("if", (expr.condition, expr.then, expr.otherwise), depth)
        case tree.Sequence():
            return _apply("[]", expr.items, depth)
        case tree.Index():
            return _apply("index", (expr.value, expr.index), depth)
        case tree.Slice():
            value, *ends = (expr.value, expr.start, expr.stop)
            found = [Constant(None) if e is None else formula(e, depth + 1) for e in (value, *ends)]
            known = tuple(f for f in found if f is not None)
            return Apply("slice", known) if len(known) == 3 else None
        case tree.Call(callee=tree.Name(name=name)) if name in FUNCTIONS:
            items = expr.arguments.items
            return None if any(a.name for a in items) else _apply(name, tuple(a.value for a in items), depth)
    return None


def _apply(function: str, parts: tuple[tree.Expr, ...], depth: int) -> Formula | None:
    found = [formula(p, depth + 1) for p in parts]
    known = tuple(f for f in found if f is not None)
    return Apply(function, known) if len(known) == len(found) else None
