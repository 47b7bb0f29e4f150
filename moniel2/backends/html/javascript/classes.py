"""Classes: dataclasses, enumerations and plain ones."""

from __future__ import annotations

import ast

from moniel2.backends.html.javascript.expressions import expression
from moniel2.backends.html.javascript.scopes import Scope, local, yields
from moniel2.backends.html.javascript.statements import function_text


def class_text(node: ast.ClassDef, scope: Scope, name: str) -> str:
    """A class under a name. Raises ``Untranslatable``."""
    scope.owner = node
    bases = [b.id for b in node.bases if isinstance(b, ast.Name)]
    if "Enum" in bases:
        return _enumeration(node, scope, name)
    parts = []
    options = _dataclass(node)
    if options is not None:
        parts.append(_constructor(node, scope))
        if options.get("eq", True):
            parts.append(f"static $fields = [{', '.join(repr(n) for n, _ in _fields(node))}];")
    for part in node.body:
        match part:
            case ast.FunctionDef():
                parts.append(_method(part, scope))
            case ast.Expr(value=ast.Constant()) | ast.AnnAssign() | ast.Pass():
                pass
            case _:
                raise scope.refuse(part, f"no JavaScript for this {type(part).__name__} in a class")
    body = "\n".join(parts)
    return f"class {name} {{\n{body}\n}}"


def _dataclass(node: ast.ClassDef) -> dict[str, bool] | None:
    """The options of ``@dataclass``, or None for a plain class."""
    for decorator in node.decorator_list:
        match decorator:
            case ast.Name(id="dataclass"):
                return {}
            case ast.Call(func=ast.Name(id="dataclass")):
                return {
                    k.arg: bool(k.value.value)
                    for k in decorator.keywords
                    if k.arg is not None and isinstance(k.value, ast.Constant)
                }
    return None


def _fields(node: ast.ClassDef) -> list[tuple[str, ast.expr | None]]:
    return [
        (s.target.id, s.value) for s in node.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)
    ]


def _constructor(node: ast.ClassDef, scope: Scope) -> str:
    given, kept = [], []
    for name, default in _fields(node):
        text = local(name)
        match default:
            case None:
                given.append(text)
            case ast.Call(func=ast.Name(id="field")):
                made = next((k.value for k in default.keywords if k.arg == "default_factory"), None)
                plain = next((k.value for k in default.keywords if k.arg == "default"), None)
                if made is not None:
                    given.append(f"{text} = {expression(ast.Call(made, [], []), scope)}")
                else:
                    given.append(text if plain is None else f"{text} = {expression(plain, scope)}")
            case _:
                given.append(f"{text} = {expression(default, scope)}")
        kept.append(f"this.{name} = {text};")
    after = any(isinstance(s, ast.FunctionDef) and s.name == "__post_init__" for s in node.body)
    if after:
        kept.append("this.__post_init__();")
    return f"constructor({', '.join(given)}) {{\n{' '.join(kept)}\n}}"


def _method(node: ast.FunctionDef, scope: Scope) -> str:
    decorators = [d.id for d in node.decorator_list if isinstance(d, ast.Name)]
    if len(decorators) != len(node.decorator_list) or set(decorators) - {"property", "staticmethod"}:
        raise scope.refuse(node, "no JavaScript for this decorator")
    star = "*" if yields(node) else ""
    if node.name == "__init__":
        return function_text(node, scope, "constructor", method=True)
    if "staticmethod" in decorators:
        return function_text(node, scope, f"static {star}{node.name}")
    if "property" in decorators:
        return function_text(node, scope, f"get {node.name}", method=True)
    return function_text(node, scope, f"{star}{node.name}", method=True)


def _enumeration(node: ast.ClassDef, scope: Scope, name: str) -> str:
    members = []
    for part in node.body:
        match part:
            case ast.Assign(targets=[ast.Name(id=member)]):
                members.append(f"{member}: {{ name: {member!r}, value: {expression(part.value, scope)} }}")
            case ast.Expr(value=ast.Constant()):
                pass
            case _:
                raise scope.refuse(part, "no JavaScript for this in an enumeration")
    return f"const {name} = {{ {', '.join(members)} }};"
