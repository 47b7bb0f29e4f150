"""``--set name=value`` and ``--block 'Name(args)'``: small texts in the language's own words."""

from __future__ import annotations

from moniel2.dims import Condition
from moniel2.semantics.evaluate import Evaluator, Trouble
from moniel2.semantics.scope import Frame
from moniel2.semantics.values import Worth
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.parse import parse


def expression_of(text: str) -> tree.Expr | None:
    """A value written on the command line; None if it is none."""
    file, problems = parse(Source("<option>", f"value = {text}\n"))
    if problems or len(file.body.statements) != 1:
        return None
    statement = file.body.statements[0]
    return statement.value if isinstance(statement, tree.Constant) else None


def value_of_text(text: str) -> Worth:
    """The value of a plain text such as ``3`` or ``[2, 2]``; the text itself when it is no value."""
    expr = expression_of(text)
    if expr is None:
        return text
    try:
        return Evaluator(lambda _e, _f: None, _ignore).value(expr, Frame(None, home=True))
    except Trouble:
        return text


def _ignore(condition: Condition, span: Span, message: str) -> None:
    return None
