"""Which names are whose: a function's own, those of the functions around it, the module's."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from moniel2.backends.html.javascript.program import RESERVED, Module, Program, Symbol, Untranslatable


class Scope:
    """Where something is being translated. ``needs`` gathers the definitions it uses."""

    def __init__(self, program: Program, module: Module, outer: Scope | None = None, own: Iterable[str] = ()) -> None:
        self.program = program
        self.module = module
        self.outer = outer
        self.own = set(own)
        self.functions: dict[str, ast.FunctionDef] = {}  # defined right here
        self.needs: list[Symbol] = outer.needs if outer is not None else []
        self.labels: list[str] = []  # of the loops around, "" for those that need none
        self.counter: list[int] = outer.counter if outer is not None else [0]
        self.owner: ast.ClassDef | None = outer.owner if outer is not None else None

    def inner(self, own: Iterable[str]) -> Scope:
        return Scope(self.program, self.module, self, own)

    def is_local(self, name: str) -> bool:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.own:
                return True
            scope = scope.outer
        return False

    def function(self, name: str) -> ast.FunctionDef | None:
        """The function defined inside another one that a local name stands for."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.own:
                return scope.functions.get(name)
            scope = scope.outer
        return None

    def symbol(self, name: str) -> Symbol | None:
        """The definition of this or another module that a name stands for."""
        if self.is_local(name):
            return None
        module = self.module
        if name in module.imports or name in module.definitions or (module.name, name) in self.program.given:
            return self.program.resolve(module.name, name)
        return None

    def use(self, symbol: Symbol) -> str:
        if symbol not in self.needs:
            self.needs.append(symbol)
        return self.program.name_of(symbol)

    def fresh(self, stem: str) -> str:
        """A name that no other has."""
        self.counter[0] += 1
        return f"${stem}{self.counter[0]}"

    def refuse(self, node: ast.AST, what: str) -> Untranslatable:
        return Untranslatable(self.module.name, node, what)


def local(name: str) -> str:
    """A name of Python as one of JavaScript."""
    return f"{name}_" if name in RESERVED else name


def parameters(arguments: ast.arguments) -> list[str]:
    found = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return found + ([arguments.vararg.arg] if arguments.vararg else [])


@dataclass(slots=True)
class Bindings:
    """What a function binds by itself, in the order in which it is met; the functions among that."""

    names: list[str] = field(default_factory=list)
    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)


def bindings(body: Iterable[ast.stmt]) -> Bindings:
    """What statements bind in their own function: not what functions inside bind, nor comprehensions."""
    found: dict[str, None] = {}
    functions: dict[str, ast.FunctionDef] = {}
    outer: set[str] = set()
    for node in _own_nodes(body):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.NamedExpr(target=ast.Name(id=name)):
                found[name] = None
            case ast.FunctionDef(name=name):
                found[name] = None
                functions[name] = node
            case ast.Nonlocal(names=names):
                outer.update(names)
    return Bindings([name for name in found if name not in outer], functions)


def yields(function: ast.FunctionDef) -> bool:
    return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in _own_nodes(function.body))


def _own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of one function that bind or yield something, in their order."""
    stack = list(body)[::-1]
    while stack:
        node = stack.pop()
        if isinstance(node, _SMALL):
            if isinstance(node, ast.Name):
                yield node
            continue
        yield node
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            continue
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr))
            continue
        stack.extend(list(ast.iter_child_nodes(node))[::-1])


_SMALL = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop)
