"""Expressions. Operators that mean different things for different values go through ``runtime.js``."""

from __future__ import annotations

import ast
import json

from moniel2.backends.html.javascript.scopes import Scope, local, parameters

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "$add",
    ast.Sub: "$sub",
    ast.Mult: "$mul",
    ast.Mod: "$mod",
    ast.BitOr: "$or",
    ast.BitAnd: "$and",
    ast.LShift: "$shl",
    ast.RShift: "$shr",
}
_IN_PLACE = {"$add": "$iadd", "$or": "$ior"}
_ORDERS: dict[type[ast.cmpop], str] = {ast.Lt: "$lt", ast.LtE: "$le", ast.Gt: "$gt", ast.GtE: "$ge"}
_NATIVE_ORDERS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


def expression(node: ast.expr, scope: Scope) -> str:
    """The same in JavaScript. Raises ``Untranslatable``."""
    from moniel2.backends.html.javascript.calls import call

    match node:
        case ast.Constant(value=value):
            return _constant(value, node, scope)
        case ast.Name(id=name):
            return _name(name, node, scope)
        case ast.Attribute(attr="__getitem__"):
            return f"(($i) => $at({expression(node.value, scope)}, $i))"
        case ast.Attribute():
            if node.attr.startswith("__"):
                raise scope.refuse(node, f"no JavaScript for `{node.attr}`")
            return f"{_primary(node.value, scope)}.{node.attr}"
        case ast.Call():
            return call(node, scope)
        case ast.Subscript():
            return _subscript(node, scope)
        case ast.BinOp():
            return binary(
                node.op, expression(node.left, scope), expression(node.right, scope), _numeric(node), node, scope
            )
        case ast.UnaryOp(op=ast.Not()):
            return f"!{truth(node.operand, scope)}"
        case ast.UnaryOp(op=ast.USub()):
            return f"(-{expression(node.operand, scope)})"
        case ast.BoolOp():
            return _choice(node, scope)
        case ast.Compare():
            return _comparison(node, scope)
        case ast.IfExp():
            parts = (truth(node.test, scope), expression(node.body, scope), expression(node.orelse, scope))
            return f"({parts[0]} ? {parts[1]} : {parts[2]})"
        case ast.List() | ast.Tuple():
            return f"[{', '.join(element(e, scope) for e in node.elts)}]"
        case ast.Set():
            return f"$set([{', '.join(element(e, scope) for e in node.elts)}])"
        case ast.Dict():
            return _dictionary(node, scope)
        case ast.ListComp() | ast.GeneratorExp():
            return comprehension(node, scope, "$r.push({0})", "[]")
        case ast.SetComp():
            return comprehension(node, scope, "$r.add({0})", "$set()")
        case ast.DictComp():
            return _dict_comprehension(node, scope)
        case ast.Lambda():
            inner = scope.inner(parameters(node.args))
            body = expression(node.body, inner)
            body = f"({body})" if body.startswith("{") else body
            return f"(({signature(node.args, inner)}) => {body})"
        case ast.NamedExpr():
            return f"({local(node.target.id)} = {expression(node.value, scope)})"
        case ast.JoinedStr():
            return _formatted(node, scope)
        case ast.Yield():
            return f"yield {expression(node.value, scope) if node.value is not None else 'null'}"
        case ast.YieldFrom():
            return f"yield* {expression(node.value, scope)}"
    raise scope.refuse(node, f"no JavaScript for this {type(node).__name__}")


def truth(node: ast.expr, scope: Scope) -> str:
    """An expression as a condition."""
    if isinstance(node, ast.BoolOp):
        sign = " && " if isinstance(node.op, ast.And) else " || "
        return f"({sign.join(truth(v, scope) for v in node.values)})"
    if is_boolean(node):
        return expression(node, scope)
    return f"$true({expression(node, scope)})"


def is_boolean(node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()) | ast.Constant(value=bool()):
            return True
        case ast.BoolOp():
            return all(map(is_boolean, node.values))
        case ast.Call(func=ast.Name(id="any" | "all" | "isinstance" | "bool")):
            return True
    return False


def element(node: ast.expr, scope: Scope) -> str:
    """Something in a list, or an argument: it may be starred."""
    if isinstance(node, ast.Starred):
        return f"...{expression(node.value, scope)}"
    return expression(node, scope)


def binary(op: ast.operator, left: str, right: str, numeric: bool, node: ast.AST, scope: Scope) -> str:
    if isinstance(op, ast.Div):
        return f"({left} / {right})"
    if isinstance(op, ast.FloorDiv):
        return f"Math.floor({left} / {right})"
    if isinstance(op, ast.Pow):
        return f"(({left}) ** ({right}))"
    if type(op) not in _OPERATORS:
        raise scope.refuse(node, f"no JavaScript for the operator {type(op).__name__}")
    if numeric and isinstance(op, (ast.Add, ast.Sub, ast.Mult)):
        return f"({left} {'+' if isinstance(op, ast.Add) else '-' if isinstance(op, ast.Sub) else '*'} {right})"
    return f"{_OPERATORS[type(op)]}({left}, {right})"


def in_place(op: ast.operator, left: str, right: str, value: ast.expr, scope: Scope) -> str:
    """``left op= right``: lists and sets are changed themselves."""
    if type(op) in _OPERATORS:
        name = _OPERATORS[type(op)]
        if name == "$add" and is_number(value):
            return f"({left} + {right})"
        return f"{_IN_PLACE.get(name, name)}({left}, {right})"
    return binary(op, left, right, False, value, scope)


def is_number(node: ast.expr) -> bool:
    """Whether an expression is surely a number, as far as a glance tells."""
    match node:
        case ast.Constant(value=int() | float()):
            return True
        case ast.UnaryOp(op=ast.USub()):
            return True
        case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Pow()):
            return True
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return _numeric(node)
        case ast.BinOp(op=ast.Mult()):
            return is_number(node.left) and is_number(node.right)
        case ast.Call(func=ast.Name(id="len" | "width" | "rounded" | "abs" | "sum" | "sqrt" | "hypot" | "bisect_left")):
            return True
    return False


def _numeric(node: ast.BinOp) -> bool:
    """A sum or difference with one part that is surely a number is one of numbers; so is a product of two."""
    if isinstance(node.op, ast.Mult):
        return is_number(node.left) and is_number(node.right)
    return is_number(node.left) or is_number(node.right)


def comprehension(node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope, keep: str, start: str) -> str:
    """A function, called at once, that gathers what a comprehension gives. ``keep`` says what to do with each."""
    simple = _mapped(node, scope) if start == "[]" else None
    if simple is not None:
        return simple
    inner, head = loops(node.generators, scope)
    body = keep.format(expression(node.elt, inner))
    return f"(() => {{ const $r = {start}; {head}{body}; return $r; }})()"


def _mapped(node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope) -> str | None:
    """One loop without conditions is a ``map``."""
    if len(node.generators) != 1 or node.generators[0].ifs:
        return None
    generator = node.generators[0]
    names = [n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name)]
    inner = scope.inner(names)
    body = expression(node.elt, inner)
    body = f"({body})" if body.startswith("{") else body
    return f"$map({expression(generator.iter, scope)}, ({target(generator.target, inner)}) => {body})"


def loops(generators: list[ast.comprehension], scope: Scope) -> tuple[Scope, str]:
    head = ""
    for generator in generators:
        source = expression(generator.iter, scope)
        scope = scope.inner(n.id for n in ast.walk(generator.target) if isinstance(n, ast.Name))
        head += f"for (const {target(generator.target, scope)} of {source}) "
        for condition in generator.ifs:
            head += f"if ({truth(condition, scope)}) "
    return scope, head


def target(node: ast.expr, scope: Scope) -> str:
    """What a loop or an assignment binds."""
    match node:
        case ast.Name(id=name):
            return local(name)
        case ast.Tuple() | ast.List():
            # ``_`` is for what nobody reads, and may stand twice.
            parts = ("" if isinstance(e, ast.Name) and e.id == "_" else target(e, scope) for e in node.elts)
            return f"[{', '.join(parts)}]"
        case ast.Starred():
            return f"...{target(node.value, scope)}"
        case ast.Attribute():
            return f"{_primary(node.value, scope)}.{node.attr}"
    raise scope.refuse(node, "no JavaScript for this target")


def signature(arguments: ast.arguments, scope: Scope, skip: int = 0) -> str:
    """The parameters of a function with their defaults."""
    if arguments.kwarg is not None:
        raise scope.refuse(arguments.kwarg, "no JavaScript for ** in parameters")
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    defaults += arguments.defaults
    plain += arguments.kwonlyargs
    defaults += arguments.kw_defaults
    texts = []
    for argument, default in list(zip(plain, defaults, strict=True))[skip:]:
        name = local(argument.arg)
        texts.append(name if default is None else f"{name} = {expression(default, scope)}")
    if arguments.vararg is not None:
        texts.append(f"...{local(arguments.vararg.arg)}")
    return ", ".join(texts)


def is_pure(node: ast.expr) -> bool:
    """Whether an expression may stand twice: it does nothing but give its value."""
    return not any(
        isinstance(n, (ast.Call, ast.NamedExpr, ast.Yield, ast.ListComp, ast.GeneratorExp))
        and not (isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id in ("len", "min", "max", "abs"))
        for n in ast.walk(node)
    )


def _constant(value: object, node: ast.AST, scope: Scope) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return json.dumps(value)
    raise scope.refuse(node, f"no JavaScript for the constant {value!r}")


def _name(name: str, node: ast.expr, scope: Scope) -> str:
    from moniel2.backends.html.javascript.calls import BUILTINS

    if scope.is_local(name):
        return local(name)
    symbol = scope.symbol(name)
    if symbol is not None:
        return scope.use(symbol)
    if name in scope.module.whole:
        return f"${scope.module.whole[name]}"
    if name in BUILTINS:
        return BUILTINS[name]
    raise scope.refuse(node, f"no JavaScript for `{name}`")


def _primary(node: ast.expr, scope: Scope) -> str:
    text = expression(node, scope)
    return f"({text})" if isinstance(node, (ast.Constant, ast.Lambda)) else text


def _subscript(node: ast.Subscript, scope: Scope) -> str:
    value = expression(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        parts = [expression(p, scope) if p is not None else "null" for p in (node.slice.lower, node.slice.upper)]
        step = f", {expression(node.slice.step, scope)}" if node.slice.step is not None else ""
        return f"$slice({value}, {parts[0]}, {parts[1]}{step})"
    return f"$at({value}, {expression(node.slice, scope)})"


def _choice(node: ast.BoolOp, scope: Scope) -> str:
    """``and`` and ``or`` give one of their operands."""
    if is_boolean(node):
        return truth(node, scope)
    *first, last = node.values
    text = expression(last, scope)
    name = "$both" if isinstance(node.op, ast.And) else "$either"
    for value in reversed(first):
        text = f"{name}({expression(value, scope)}, () => {text})"
    return text


def _comparison(node: ast.Compare, scope: Scope) -> str:
    parts = []
    left = node.left
    for op, right in zip(node.ops, node.comparators, strict=True):
        parts.append(_compared(op, left, right, scope))
        left = right
    if len(parts) > 1 and not all(is_pure(c) for c in node.comparators[:-1]):
        raise scope.refuse(node, "the middle of this comparison would be computed twice")
    return parts[0] if len(parts) == 1 else f"({' && '.join(parts)})"


def _compared(op: ast.cmpop, left: ast.expr, right: ast.expr, scope: Scope) -> str:
    a, b = expression(left, scope), expression(right, scope)
    plain = any(isinstance(x, ast.Constant) for x in (left, right))
    match op:
        case ast.Is():
            return f"({a} === {b})"
        case ast.IsNot():
            return f"({a} !== {b})"
        case ast.Eq():
            return f"({a} === {b})" if plain else f"$eq({a}, {b})"
        case ast.NotEq():
            return f"({a} !== {b})" if plain else f"!$eq({a}, {b})"
        case ast.In():
            return f"$in({a}, {b})"
        case ast.NotIn():
            return f"!$in({a}, {b})"
    if is_number(left) or is_number(right):
        return f"({a} {_NATIVE_ORDERS[type(op)]} {b})"
    return f"{_ORDERS[type(op)]}({a}, {b})"


def _dictionary(node: ast.Dict, scope: Scope) -> str:
    entries = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            entries.append(f"...{expression(value, scope)}.items()")
        else:
            entries.append(f"[{expression(key, scope)}, {expression(value, scope)}]")
    return f"$dict([{', '.join(entries)}])" if entries else "$dict()"


def _dict_comprehension(node: ast.DictComp, scope: Scope) -> str:
    inner, head = loops(node.generators, scope)
    body = f"$r.set({expression(node.key, inner)}, {expression(node.value, inner)})"
    return f"(() => {{ const $r = $dict(); {head}{body}; return $r; }})()"


def _formatted(node: ast.JoinedStr, scope: Scope) -> str:
    parts = []
    for value in node.values:
        match value:
            case ast.Constant(value=str(text)):
                parts.append(json.dumps(text))
            case ast.FormattedValue(value=inner, conversion=-1, format_spec=None):
                parts.append(f"$str({expression(inner, scope)})")
            case ast.FormattedValue(
                value=inner, conversion=-1, format_spec=ast.JoinedStr(values=[ast.Constant(value=spec)])
            ):
                if not (isinstance(spec, str) and spec[:1] == "." and spec[-1:] == "f" and spec[1:-1].isdigit()):
                    raise scope.refuse(value, f"no JavaScript for the format {spec!r}")
                parts.append(f"$fixed({expression(inner, scope)}, {spec[1:-1]})")
            case _:
                raise scope.refuse(value, "no JavaScript for this format")
    return f"({' + '.join(parts)})" if parts else '""'
