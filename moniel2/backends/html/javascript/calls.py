"""Calls: of what Python brings along, of methods of lists, dicts and strings, and of the program's own."""

from __future__ import annotations

import ast

from moniel2.backends.html.javascript.expressions import element, expression, loops, truth
from moniel2.backends.html.javascript.program import Definition, Symbol
from moniel2.backends.html.javascript.scopes import Scope, parameters

_BUILTINS = """
abs all any bisect_left bisect_right bool dict enumerate float frozenset heapify heappop heappush hypot id int iter len
list map max min next pairwise range reversed round set sorted sqrt str sum tuple zip
"""
_METHODS = """
append extend insert remove index pop sort reverse count copy clear get setdefault items values keys add discard update
join split strip rstrip lstrip startswith endswith replace lower upper rpartition partition isdigit union
"""
# What Python, itertools, bisect, heapq and math bring along; each is a function of ``runtime.js``.
BUILTINS = {name: f"${name}" for name in _BUILTINS.split()}
METHODS = frozenset(_METHODS.split())


def call(node: ast.Call, scope: Scope) -> str:
    """A call in JavaScript. Raises ``Untranslatable``."""
    function = node.func
    if isinstance(function, ast.Name) and not scope.is_local(function.id):
        symbol = scope.symbol(function.id)
        if symbol is not None:
            return _own(node, symbol, scope)
        if function.id == "isinstance":
            return _instance(node, scope)
        if function.id == "replace":
            fields = ", ".join(f"{k.arg}: {expression(k.value, scope)}" for k in node.keywords)
            return f"$replace({expression(node.args[0], scope)}, {{{fields}}})"
        if function.id in BUILTINS:
            return _builtin(function.id, node, scope)
        raise scope.refuse(node, f"no JavaScript for `{function.id}`")
    if isinstance(function, ast.Attribute):
        return _method(node, function, scope)
    texts = [element(a, scope) for a in node.args]
    if node.keywords:
        inside = scope.function(function.id) if isinstance(function, ast.Name) else None
        texts = _in_order(node, texts, _parameters_of(inside), scope)
    return f"{expression(function, scope)}({', '.join(texts)})"


def _arguments(node: ast.Call, scope: Scope) -> str:
    return ", ".join(element(a, scope) for a in node.args)


def _own(node: ast.Call, symbol: Symbol, scope: Scope) -> str:
    definition = scope.program.definition(symbol)
    name = scope.use(symbol)
    texts = [element(a, scope) for a in node.args]
    if node.keywords:
        texts = _in_order(node, texts, _parameters_of(definition), scope)
    new = "new " if isinstance(definition, ast.ClassDef) else ""
    return f"{new}{name}({', '.join(texts)})"


def _in_order(node: ast.Call, texts: list[str], names: list[str] | None, scope: Scope) -> list[str]:
    """Keywords at the places of their parameters."""
    if names is None or any(isinstance(a, ast.Starred) for a in node.args):
        raise scope.refuse(node, "no JavaScript for keywords in this call")
    told = {k.arg: expression(k.value, scope) for k in node.keywords}
    for name in names[len(texts) :]:
        texts.append(told.pop(name, "undefined"))
    if told:
        raise scope.refuse(node, f"no parameter {', '.join(map(str, told))}")
    while texts and texts[-1] == "undefined":
        texts.pop()
    return texts


def _parameters_of(definition: Definition | None) -> list[str] | None:
    if isinstance(definition, ast.FunctionDef):
        return parameters(definition.args)
    if isinstance(definition, ast.ClassDef):
        for part in definition.body:
            if isinstance(part, ast.FunctionDef) and part.name == "__init__":
                return parameters(part.args)[1:]
        return [s.target.id for s in definition.body if isinstance(s, ast.AnnAssign) and isinstance(s.target, ast.Name)]
    return None


def _builtin(name: str, node: ast.Call, scope: Scope) -> str:
    told = {k.arg: k.value for k in node.keywords if k.arg is not None}
    if name in ("any", "all") and isinstance(node.args[0], ast.GeneratorExp):
        return _search(name, node.args[0], scope)
    if name == "zip":
        told.pop("strict", None)
    if name == "round":
        return f"$round({_arguments(node, scope)})"
    if name == "len" and not told:
        return f"$len({_arguments(node, scope)})"
    if name in ("max", "min") and not told and len(node.args) > 1:
        if any(isinstance(a, ast.Starred) for a in node.args):
            return f"${name}Of([{_arguments(node, scope)}])"
        return f"${name}({_arguments(node, scope)})"
    if name in ("max", "min", "sorted"):
        options = [f"{k}: {expression(v, scope)}" for k, v in told.items()]
        more = f", {{{', '.join(options)}}}" if options else ""
        source = expression(node.args[0], scope) if len(node.args) == 1 else f"[{_arguments(node, scope)}]"
        return f"${name}{'Of' if name != 'sorted' else ''}({source}{more})"
    if name == "enumerate" and "start" in told:
        return f"$enumerate({expression(node.args[0], scope)}, {expression(told['start'], scope)})"
    if told:
        raise scope.refuse(node, f"no JavaScript for {', '.join(told)} of `{name}`")
    if name in ("list", "tuple", "set", "frozenset", "sum", "enumerate", "reversed", "pairwise", "dict") and node.args:
        rest = "".join(f", {expression(a, scope)}" for a in node.args[1:])
        return f"${name}({element(node.args[0], scope)}{rest})"
    return f"${name}({_arguments(node, scope)})"


def _search(name: str, node: ast.GeneratorExp, scope: Scope) -> str:
    """``any`` and ``all`` end as soon as they know."""
    inner, head = loops(node.generators, scope)
    found = name == "any"
    condition = truth(node.elt, inner) if found else f"!{truth(node.elt, inner)}"
    answers = ("true", "false") if found else ("false", "true")
    return f"(() => {{ {head}if ({condition}) return {answers[0]}; return {answers[1]}; }})()"


def _instance(node: ast.Call, scope: Scope) -> str:
    value, kinds = node.args
    text = expression(value, scope)
    wanted: list[ast.expr] = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
    tests = []
    for kind in wanted:
        if isinstance(kind, ast.Name) and kind.id in ("str", "int", "float", "bool", "tuple", "list", "dict"):
            tests.append(f'$isa({text}, "{kind.id}")')
        else:
            tests.append(f"({text} instanceof {expression(kind, scope)})")
    return tests[0] if len(tests) == 1 else f"({' || '.join(tests)})"


def _method(node: ast.Call, function: ast.Attribute, scope: Scope) -> str:
    owner = function.value
    if isinstance(owner, ast.Name) and owner.id == "dict" and function.attr == "fromkeys":
        return f"$fromkeys({_arguments(node, scope)})"
    text = expression(owner, scope)
    text = f"({text})" if isinstance(owner, ast.Constant) else text
    if function.attr in METHODS:
        names = {k.arg for k in node.keywords}
        if names:
            if function.attr != "sort":
                raise scope.refuse(node, f"no JavaScript for {', '.join(map(str, names))} of `{function.attr}`")
            options = ", ".join(f"{k.arg}: {expression(k.value, scope)}" for k in node.keywords)
            return f"$sort({text}, {{{options}}})"
        arguments = _arguments(node, scope)
        return f"$m_{function.attr}({text}{', ' if arguments else ''}{arguments})"
    texts = [element(a, scope) for a in node.args]
    if node.keywords:
        texts = _in_order(node, texts, _method_parameters(function.attr, owner, scope), scope)
    return f"{text}.{function.attr}({', '.join(texts)})"


def _method_parameters(name: str, owner: ast.expr, scope: Scope) -> list[str] | None:
    """The parameters of a method, by its name: of the class around it first, then of any class known so far."""
    classes = [scope.owner] if scope.owner is not None and isinstance(owner, ast.Name) else []
    for module in scope.program.modules.values():
        classes += [d for d in module.definitions.values() if isinstance(d, ast.ClassDef)]
    for one in classes:
        for part in one.body:
            if isinstance(part, ast.FunctionDef) and part.name == name:
                return parameters(part.args)[1:]
    return None
