"""``--set name=value`` and ``--block 'Name(args)'``: small texts in the language's own words."""

from __future__ import annotations

from moniel2.source import Source
from moniel2.syntax import tree
from moniel2.syntax.parse import parse


def expression_of(text: str) -> tree.Expr | None:
    """A value written on the command line; None if it is none."""
    file, problems = parse(Source("<option>", f"value = {text}\n"))
    if problems or len(file.body.statements) != 1:
        return None
    statement = file.body.statements[0]
    return statement.value if isinstance(statement, tree.Constant) else None
