"""`Block(C) { In -> … -> Out }` on its own: a definition whose `+` was forgotten, reported and read as one."""

from __future__ import annotations

import re
from dataclasses import replace

from moniel2.semantics.names import Scope, exact
from moniel2.semantics.session import Session
from moniel2.semantics.survey import port_kind
from moniel2.syntax import tree


def with_plus(session: Session, file: tree.File) -> tree.File:
    """The file as it was meant. Only what could be nothing else is a definition: a call of a name that nothing has,
    with a body that has ports of its own.
    """
    statements = file.body.statements
    if not any(_alone(s) is not None for s in statements):
        return file
    values = {s.name for s in statements if isinstance(s, tree.Constant)}
    types = {s.name for s in statements if isinstance(s, tree.Definition)}
    result: list[tree.Statement] = []
    for statement in statements:
        item = _alone(statement)
        if item is None or item.type.name in types or not _defines(item, values, file.span.text):
            result.append(statement)
            continue
        name = item.type.name
        types.add(name)
        message = f"this defines `{name}`, and a definition begins with `+`"
        session.report("foreign-spelling", message, item.type.span, help=f"write `+{name}`")
        assert isinstance(statement, tree.Flow)
        parameters, at = tuple(_parameters(item)), item.type.span
        made = tree.Definition(name, parameters, item.trailing, None, doc=statement.doc, span=item.span, name_span=at)
        result.append(made)
    return replace(file, body=replace(file.body, statements=tuple(result)))


def _alone(statement: tree.Statement) -> tree.Instance | None:
    """The only item of a chain, if it has a body and could be a definition."""
    if not isinstance(statement, tree.Flow) or len(statement.chain.items) != 1:
        return None
    item = statement.chain.items[0]
    if not isinstance(item, tree.Instance) or item.trailing is None or item.id is not None or item.dims is not None:
        return None
    return item if item.type.qualifier is None else None


def _parameters(item: tree.Instance) -> list[tree.Parameter]:
    """What would be the parameters of a definition; nothing for what couldn't."""
    found = []
    for argument in item.arguments.items if item.arguments is not None else ():
        value = argument.value
        if argument.name is not None:
            assert argument.name_span is not None
            found.append(tree.Parameter(argument.name, value, span=argument.span, name_span=argument.name_span))
        elif isinstance(value, tree.Name):
            found.append(tree.Parameter(value.name, None, span=argument.span, name_span=argument.span))
    return found


def _defines(item: tree.Instance, values: set[str], text: str) -> bool:
    assert item.trailing is not None
    if exact(item.type.name, Scope(None), Scope(None)) is not None or not _has_ports(item.trailing):
        return False
    given = item.arguments.items if item.arguments is not None else ()
    if len(_parameters(item)) != len(given):
        return False
    free = [a for a in given if a.name is None and a.value.span.text not in values]
    again = len(re.findall(rf"\b{re.escape(item.type.name)}\b", text)) > 1
    return bool(free) or (not given and again)


def _has_ports(body: tree.Body) -> bool:
    """Whether tensors come in and go out by ports of the body itself."""
    kinds = set()
    for statement in body.statements:
        if isinstance(statement, tree.Flow):
            kinds |= {port_kind(item) for item in statement.chain.items if isinstance(item, tree.Instance)}
    return {"In", "Out"} <= kinds
