"""Which names are whose: a function's own, those of the functions around it, the module's."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from moniel2.backends.html.javascript.program import RESERVED, Module, Program, Symbol, Untranslatable


class Scope:
    """Where something is being translated. ``needs`` gathers the definitions it uses."""

    def __init__(self, program: Program, module: Module, outer: Scope | None = None, own: Iterable[str] = ()) -> None:
        self.program = program
        self.module = module
        self.outer = outer
        self.own = set(own)
        self.needs: list[Symbol] = outer.needs if outer is not None else []
        self.labels: list[str] = []  # of the loops around, "" for those that need none
        self.counter = outer.counter if outer is not None else [0]
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

    @staticmethod
    def yields(function: ast.FunctionDef) -> bool:
        return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for s in function.body for n in _own_nodes(s))


def local(name: str) -> str:
    """A name of Python as one of JavaScript."""
    return f"{name}_" if name in RESERVED else name


def parameters(arguments: ast.arguments) -> list[str]:
    found = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return found + ([arguments.vararg.arg] if arguments.vararg else [])


def assigned(body: Iterable[ast.stmt]) -> list[str]:
    """The names that statements bind in their own function, in the order in which they are met."""
    found: dict[str, None] = {}
    for statement in body:
        for node in _own_nodes(statement):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    found[name] = None
                case ast.FunctionDef(name=name) | ast.NamedExpr(target=ast.Name(id=name)):
                    found[name] = None
    for statement in body:
        for node in _own_nodes(statement):
            if isinstance(node, ast.Nonlocal):
                for name in node.names:
                    found.pop(name, None)
    return list(found)


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of one function: not those of functions inside, nor the targets of comprehensions."""
    yield node
    if isinstance(node, (ast.FunctionDef, ast.Lambda)):
        return
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                yield inner
        return
    for child in ast.iter_child_nodes(node):
        yield from _own_nodes(child)
