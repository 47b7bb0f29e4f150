"""Statements and functions."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from moniel2.backends.html.javascript.expressions import (
    expression,
    in_place,
    is_pure,
    signature,
    target,
    truth,
)
from moniel2.backends.html.javascript.scopes import Scope, bindings, local, parameters, yields


def function_text(node: ast.FunctionDef, scope: Scope, head: str, method: bool = False) -> str:
    """A function after ``head`` (``function name``); of a ``method`` the first parameter is ``this``."""
    names = parameters(node.args)
    found = bindings(node.body)
    own = [n for n in found.names if n not in names]
    inner = scope.inner([*names, *own])
    inner.functions = found.functions
    lines = []
    if method and names and _uses(node, names[0]):
        lines.append(f"const {local(names[0])} = this;")
    # A function defined inside is declared by itself.
    if variables := [local(n) for n in own if n not in found.functions]:
        lines.append(f"let {', '.join(variables)};")
    lines.append(block(node.body, inner))
    text = "\n".join(line for line in lines if line)
    return f"{head}({signature(node.args, scope, 1 if method else 0)}) {{\n{text}\n}}"


def _uses(node: ast.FunctionDef, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for s in node.body for n in ast.walk(s))


def block(body: Iterable[ast.stmt], scope: Scope) -> str:
    return "\n".join(text for s in body if (text := statement(s, scope)))


def statement(node: ast.stmt, scope: Scope) -> str:
    """The same in JavaScript. Raises ``Untranslatable``."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())) | ast.Pass() | ast.Nonlocal() | ast.Assert():
            return ""
        case ast.Expr():
            return f"{expression(node.value, scope)};"
        case ast.Return():
            return f"return {expression(node.value, scope)};" if node.value is not None else "return null;"
        case ast.Assign():
            return _assign(node, scope)
        case ast.AnnAssign():
            return _store(node.target, expression(node.value, scope), scope) if node.value is not None else ""
        case ast.AugAssign():
            return _augmented(node, scope)
        case ast.If():
            return _if(node, scope)
        case ast.For():
            return _for(node, scope)
        case ast.While():
            return _loop(f"while ({truth(node.test, scope)})", "", node.body, node.orelse, scope)
        case ast.Break():
            return f"break {scope.labels[-1]};" if scope.labels[-1] else "break;"
        case ast.Continue():
            return "continue;"
        case ast.Raise():
            return f"throw $error({_complaint(node.exc, scope)});"
        case ast.FunctionDef():
            star = "*" if yields(node) else ""
            return function_text(node, scope, f"function{star} {local(node.name)}")
        case ast.Match():
            return _match(node, scope)
        case ast.Delete(targets=[ast.Subscript() as place]):
            return f"$delete({expression(place.value, scope)}, {expression(place.slice, scope)});"
    raise scope.refuse(node, f"no JavaScript for this {type(node).__name__}")


def _complaint(node: ast.expr | None, scope: Scope) -> str:
    """What is raised: an error of the program's own, or the words of one that Python brings along."""
    match node:
        case None:
            return "null"
        case ast.Call(func=ast.Name(id=name), args=[ast.expr() as words]) if scope.symbol(name) is None:
            return expression(words, scope)
    return expression(node, scope)


def _assign(node: ast.Assign, scope: Scope) -> str:
    value = expression(node.value, scope)
    if len(node.targets) == 1:
        return _store(node.targets[0], value, scope)
    name = scope.fresh("v")
    return "\n".join([f"const {name} = {value};", *(_store(t, name, scope) for t in node.targets)])


def _store(place: ast.expr, value: str, scope: Scope) -> str:
    match place:
        case ast.Subscript():
            if isinstance(place.slice, ast.Slice):
                raise scope.refuse(place, "no JavaScript for storing into a slice")
            return f"$put({expression(place.value, scope)}, {expression(place.slice, scope)}, {value});"
        case ast.Tuple() | ast.List() if any(isinstance(e, ast.Subscript) for e in place.elts):
            names = [scope.fresh("v") for _ in place.elts]
            stores = [_store(e, n, scope) for e, n in zip(place.elts, names, strict=True)]
            return "\n".join([f"const [{', '.join(names)}] = {value};", *stores])
        case ast.Tuple() | ast.List():
            return f"{target(place, scope)} = {value};"
    return f"{target(place, scope)} = {value};"


def _augmented(node: ast.AugAssign, scope: Scope) -> str:
    value = expression(node.value, scope)
    if isinstance(node.target, ast.Subscript):
        if not (is_pure(node.target.value) and is_pure(node.target.slice)):
            raise scope.refuse(node, "the place of this assignment would be computed twice")
        owner, key = expression(node.target.value, scope), expression(node.target.slice, scope)
        return f"$put({owner}, {key}, {in_place(node.op, f'$at({owner}, {key})', value, node.value, scope)});"
    place = target(node.target, scope)
    return f"{place} = {in_place(node.op, place, value, node.value, scope)};"


def _if(node: ast.If, scope: Scope) -> str:
    text = f"if ({truth(node.test, scope)}) {{\n{block(node.body, scope)}\n}}"
    if len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        return f"{text} else {_if(node.orelse[0], scope)}"
    return f"{text} else {{\n{block(node.orelse, scope)}\n}}" if node.orelse else text


def _for(node: ast.For, scope: Scope) -> str:
    counted = _range(node, scope)
    if counted is not None:
        return _loop(counted[0], counted[1], node.body, node.orelse, scope)
    names = [n for n in ast.walk(node.target) if isinstance(n, (ast.Subscript, ast.Attribute))]
    if names:
        raise scope.refuse(node, "no JavaScript for this target of a loop")
    source = expression(node.iter, scope)
    if source.startswith("$enumerate("):
        source = f"$numbered({source.removeprefix('$enumerate(')}"
    return _loop(f"for ({target(node.target, scope)} of {source})", "", node.body, node.orelse, scope)


def _range(node: ast.For, scope: Scope) -> tuple[str, str] | None:
    """``for i in range(…)`` as a loop that counts."""
    match node.iter:
        case ast.Call(func=ast.Name(id="range"), args=[ast.expr() as end], keywords=[]):
            start, step = "0", 1
        case ast.Call(func=ast.Name(id="range"), args=[ast.expr() as first, ast.expr() as end], keywords=[]):
            start, step = expression(first, scope), 1
        case ast.Call(
            func=ast.Name(id="range"),
            args=[ast.expr() as first, ast.expr() as end, ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))],
            keywords=[],
        ):
            start, step = expression(first, scope), -1
        case _:
            return None
    if not isinstance(node.target, ast.Name):
        return None
    counter, limit = scope.fresh("i"), scope.fresh("e")
    compare, change = ("<", "++") if step > 0 else (">", "--")
    bounds = f"let {counter} = {start}, {limit} = {expression(end, scope)}"
    head = f"for ({bounds}; {counter} {compare} {limit}; {counter}{change})"
    return head, f"{local(node.target.id)} = {counter};\n"


def _loop(head: str, first: str, body: list[ast.stmt], orelse: list[ast.stmt], scope: Scope) -> str:
    label = scope.fresh("l") if orelse else ""
    scope.labels.append(label)
    text = f"{head} {{\n{first}{block(body, scope)}\n}}"
    scope.labels.pop()
    return f"{label}: {{\n{text}\n{block(orelse, scope)}\n}}" if orelse else text


def _match(node: ast.Match, scope: Scope) -> str:
    if not isinstance(node.subject, ast.Name):
        raise scope.refuse(node, "only a name can be matched")
    subject = expression(node.subject, scope)
    text = ""
    for case in node.cases:
        test = _pattern(case.pattern, subject, scope)
        if case.guard is not None:
            test = f"({test} && {truth(case.guard, scope)})"
        text += f"{' else ' if text else ''}if ({test}) {{\n{block(case.body, scope)}\n}}"
    return text


def _pattern(node: ast.pattern, subject: str, scope: Scope) -> str:
    match node:
        case ast.MatchClass(cls=kind, patterns=[], kwd_patterns=[]):
            return f"({subject} instanceof {expression(kind, scope)})"
        case ast.MatchOr():
            return f"({' || '.join(_pattern(p, subject, scope) for p in node.patterns)})"
        case ast.MatchValue():
            return f"$eq({subject}, {expression(node.value, scope)})"
        case ast.MatchAs(pattern=None, name=None):
            return "true"
    raise scope.refuse(node, "no JavaScript for this pattern")
