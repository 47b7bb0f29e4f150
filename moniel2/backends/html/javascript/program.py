"""Modules -> one script: the definitions that the entries reach, each under a name of its own."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

# What these define is in ``runtime.js``, or needed for annotations only.
BROUGHT_ALONG = frozenset(
    ["__future__", "bisect", "collections.abc", "dataclasses", "enum", "heapq", "itertools", "math", "typing"]
)
Symbol = tuple[str, str]  # module, name
Definition = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


class Untranslatable(Exception):
    """Something that is Python only. The message begins with file and line."""

    def __init__(self, module: str, node: ast.AST, what: str) -> None:
        super().__init__(f"{module.replace('.', '/')}.py:{getattr(node, 'lineno', 0)}: {what}")


@dataclass(slots=True)
class Module:
    """One file of the program: what it defines, and what its imports stand for."""

    name: str
    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, Symbol] = field(default_factory=dict)
    whole: dict[str, str] = field(default_factory=dict)  # ``import unicodedata``


@dataclass(slots=True)
class Piece:
    """A translated definition and what it needs to be there before it, or at all."""

    text: str
    order: int  # 0 functions, 1 classes, 2 constants
    needs: list[Symbol]


def translate(
    entries: Sequence[str], given: Mapping[str, str] | None = None, read: Callable[[str], str | None] | None = None
) -> str:
    """The text of the definitions that ``module:name`` entries need.

    ``given`` maps ``module:name`` to JavaScript that stands for it; ``read`` gives the text of a module by its name (by
    default that of the installed one). The text relies on ``runtime.js``. Raises ``Untranslatable``.
    """
    program = Program({_symbol(k): v for k, v in (given or {}).items()}, read or _installed)
    return program.text([_symbol(e) for e in entries])


def _symbol(where: str) -> Symbol:
    module, _, name = where.partition(":")
    return module, name


class Program:
    """What is known while translating: the modules read so far and the names given out."""

    def __init__(self, given: Mapping[Symbol, str], read: Callable[[str], str | None]) -> None:
        self.given = given
        self.read = read
        self.modules: dict[str, Module] = {}
        self.names: dict[Symbol, str] = {}
        self.taken: set[str] = set(RESERVED)

    def text(self, entries: Sequence[Symbol]) -> str:
        pieces: dict[Symbol, Piece] = {}
        for entry in entries:
            self.name_of(self.resolve(*entry))
        waiting = [self.resolve(*e) for e in entries]
        while waiting:
            symbol = waiting.pop()
            if symbol in pieces or symbol in self.given:
                continue
            pieces[symbol] = self._piece(symbol)
            waiting += reversed(pieces[symbol].needs)
        ordered: list[Symbol] = []
        for order in (0, 1):
            ordered += [s for s, p in pieces.items() if p.order == order]
        for symbol in [s for s, p in pieces.items() if p.order == 2]:
            self._constant(symbol, pieces, ordered)
        return "\n".join(pieces[s].text for s in ordered) + "\n"

    def _constant(self, symbol: Symbol, pieces: Mapping[Symbol, Piece], ordered: list[Symbol]) -> None:
        """A constant after those that its value is made of."""
        if symbol in ordered:
            return
        for other in pieces[symbol].needs:
            if other in pieces and pieces[other].order == 2 and other != symbol:
                self._constant(other, pieces, ordered)
        ordered.append(symbol)

    def _piece(self, symbol: Symbol) -> Piece:
        from moniel2.backends.html.javascript.classes import class_text
        from moniel2.backends.html.javascript.scopes import Scope, yields
        from moniel2.backends.html.javascript.statements import function_text

        module, name = symbol
        node = self.module(module).definitions[name]
        scope = Scope(self, self.module(module))
        own = self.name_of(symbol)
        if isinstance(node, ast.FunctionDef):
            return Piece(function_text(node, scope, f"function{'*' if yields(node) else ''} {own}"), 0, scope.needs)
        if isinstance(node, ast.ClassDef):
            is_enum = any(isinstance(b, ast.Name) and b.id == "Enum" for b in node.bases)
            return Piece(class_text(node, scope, own), 2 if is_enum else 1, scope.needs)
        from moniel2.backends.html.javascript.expressions import expression

        assert node.value is not None
        return Piece(f"const {own} = {expression(node.value, scope)};", 2, scope.needs)

    def module(self, name: str) -> Module:
        if name not in self.modules:
            self.modules[name] = _module(name, self.read(name))
        return self.modules[name]

    def resolve(self, module: str, name: str) -> Symbol:
        """Where a name of a module is defined, through imports."""
        while (module, name) not in self.given and name in self.module(module).imports:
            module, name = self.module(module).imports[name]
        return module, name

    def definition(self, symbol: Symbol) -> Definition | None:
        return None if symbol in self.given else self.module(symbol[0]).definitions.get(symbol[1])

    def name_of(self, symbol: Symbol) -> str:
        """The script's name for a definition."""
        if symbol in self.given:
            return self.given[symbol]
        if symbol not in self.names:
            name, number = symbol[1], 1
            while name in self.taken:
                number += 1
                name = f"{symbol[1]}{number}"
            self.taken.add(name)
            self.names[symbol] = name
        return self.names[symbol]


def _installed(name: str) -> str | None:
    spec = find_spec(name)
    get_source = getattr(spec.loader, "get_source", None) if spec is not None else None
    return get_source(name) if get_source is not None else None


def _module(name: str, source: str | None) -> Module:
    if source is None:
        raise Untranslatable(name, ast.Pass(), "its text is not there to be translated")
    module = Module(name)
    for node in ast.parse(source).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                module.definitions[node.name] = node
            case ast.Assign(targets=[ast.Name(id=target)]):
                module.definitions[target] = node
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for part, value in zip(targets, values, strict=True):
                    if isinstance(part, ast.Name):
                        module.definitions[part.id] = ast.copy_location(ast.Assign([part], value), node)
            case ast.AnnAssign(target=ast.Name(id=target)):
                module.definitions[target] = node
            case ast.ImportFrom(module=str(source_name)):
                for alias in node.names:
                    if source_name not in BROUGHT_ALONG:
                        module.imports[alias.asname or alias.name] = (source_name, alias.name)
            case ast.Import():
                for alias in node.names:
                    module.whole[alias.asname or alias.name] = alias.name
    return module


_RESERVED = """
arguments await break case catch class const continue debugger default delete do else enum eval export extends false
finally for function if implements import in instanceof interface let new null package private protected public return
static super switch this throw true try typeof undefined var void while with yield
Array BigInt Boolean Error Infinity JSON Map Math NaN Number Object Set String Symbol WeakMap
"""
RESERVED = frozenset(_RESERVED.split())
