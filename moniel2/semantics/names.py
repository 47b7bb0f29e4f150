"""Definitions and what a type's name means: files, imports, the prelude, built-in operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from moniel2.ops.catalog import abbreviates, catalog, find
from moniel2.ops.spec import OpSpec
from moniel2.semantics.outline import Outline
from moniel2.semantics.survey import names_in, outline_of, outline_of_chain
from moniel2.source import Source
from moniel2.syntax import tree


@dataclass(eq=False)
class Unit:
    """One file: its text, its tree, its definitions."""

    source: Source
    file: tree.File
    scope: Scope
    path: str


@dataclass(eq=False)
class Scope:
    """The definitions that stand in one body, and those around it."""

    parent: Scope | None
    owner: str = ""  # the definition whose body it is
    definitions: dict[str, Def] = field(default_factory=dict)
    imported: dict[str, Def | OpSpec] = field(default_factory=dict)
    modules: dict[str, Unit] = field(default_factory=dict)
    offered: list[str] = field(default_factory=list)  # of the prelude: names that it would bring if they were used
    failed: set[str] = field(default_factory=set)  # names that an import would have brought, had it not failed
    twice: list[tuple[Def, Def]] = field(default_factory=list)  # definitions of one name
    braces: dict[int, tuple[Outline, Scope]] = field(default_factory=dict)  # of braces that hold definitions

    def outwards(self) -> Iterator[Scope]:
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


@dataclass(eq=False)
class Def:
    """A definition and the scope it stands in."""

    written: tree.Definition
    scope: Scope
    key: str
    _free_names: frozenset[str] | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return self.written.name

    @cached_property
    def outline(self) -> Outline | None:
        """None for a definition known by name only."""
        if self.written.body is not None:
            return outline_of(self.written.body)
        return outline_of_chain(self.written.chain) if self.written.chain is not None else None

    @cached_property
    def inner(self) -> Scope:
        """The scope inside its body."""
        scope = Scope(self.scope, self.name)
        if self.outline is not None:
            fill(scope, self.outline.definitions, self.key)
        return scope

    @property
    def free_names(self) -> frozenset[str]:
        """Names its text mentions that may have a value around it."""
        if self._free_names is None:
            # Definitions inside definitions, innermost first, on a stack of our own.
            stack = [self]
            for definition in stack:
                stack += [d for d in definition.inside if d._free_names is None]
            for definition in reversed(stack):
                parameters = {p.name for p in definition.written.parameters}
                definition._free_names = frozenset(definition.names - parameters)
        assert self._free_names is not None
        return self._free_names

    @cached_property
    def inside(self) -> list[Def]:
        """The definitions in its body, and in braces there."""
        found = list(self.inner.definitions.values())
        return found + list(in_braces(self.outline, self.inner)) if self.outline is not None else found

    @property
    def names(self) -> set[str]:
        """Names that its body, its defaults and its ``@init`` mention, definitions inside it too."""
        names = set(self.outline.value_names) if self.outline is not None else set()
        for told in self.written.presentation:
            for argument in told.arguments.items if told.arguments is not None else ():
                names |= set(names_in(argument.value))
        for inner in self.inside:
            names |= inner.free_names
        for parameter in self.written.parameters:
            if parameter.default is not None:
                names |= set(names_in(parameter.default))
        return names

    @property
    def alias(self) -> tree.Instance | None:
        """``+ResNet34 = ResNet(…)``: a definition that is another one with arguments."""
        chain = self.written.chain
        if chain is None or len(chain.items) != 1:
            return None
        item = chain.items[0]
        if isinstance(item, tree.Instance) and item.id is None and item.type.name != "Extern":
            site = outline_of_chain(chain).sites[0]
            return item if not site.port and item.type.name != "Scan" else None
        return None

    @property
    def extern(self) -> tree.Instance | None:
        chain = self.written.chain
        if chain is None or len(chain.items) != 1:
            return None
        item = chain.items[0]
        return item if isinstance(item, tree.Instance) and item.type.name == "Extern" else None


def within(scope: Scope, outline: Outline) -> Scope:
    """The scope inside braces that stand in a scope: its own if they hold definitions."""
    if not outline.definitions:
        return scope
    known = scope.braces.get(id(outline))
    if known is None:
        known = scope.braces[id(outline)] = (outline, Scope(scope))
        fill(known[1], outline.definitions, str(outline.body.span))
    return known[1]


def in_braces(outline: Outline, scope: Scope) -> Iterator[Def]:
    """The definitions that stand in the braces inside a body. ``scope``: the one inside that body."""
    stack = [(outline, scope)]
    while stack:
        at, around = stack.pop()
        for inner in at.inside:
            if inner.defines_within:
                its = within(around, inner)
                stack.append((inner, its))
                if its is not around:
                    yield from its.definitions.values()


def names_of_definitions(outline: Outline, scope: Scope) -> frozenset[str]:
    """Names that the definitions in braces read from around them. ``scope``: the one that the braces stand in."""
    if not outline.defines_within:
        return frozenset()
    its = within(scope, outline)
    found = [*(its.definitions.values() if its is not scope else ()), *in_braces(outline, its)]
    return frozenset().union(*(d.free_names for d in found))


def fill(scope: Scope, definitions: list[tree.Definition], prefix: str) -> None:
    """Enter definitions into a scope."""
    for definition in definitions:
        made = Def(definition, scope, f"{prefix}.{definition.name}")
        before = scope.definitions.get(definition.name)
        if before is not None:
            scope.twice.append((before, made))
            continue
        scope.definitions[definition.name] = made


Found = Def | OpSpec


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """An abbreviation that fits several names."""

    names: tuple[str, ...]


def resolve(name: str, scope: Scope, prelude: Scope) -> Found | Ambiguous | None:
    """What a type's name means: exact names of all scopes, then declared aliases, then the acronym rule."""
    exact = _exact(name, scope, prelude)
    if exact is not None:
        return exact
    aliased = _by_alias().get(name)
    if aliased is not None:
        return aliased
    for level in scope.outwards():
        hits = [d for short, d in level.definitions.items() if abbreviates(name, short)]
        if len(hits) == 1:
            return hits[0]
        if hits:
            return Ambiguous(tuple(h.name for h in hits))
    found = find(name)
    if isinstance(found, tuple):
        return Ambiguous(tuple(s.name for s in found))
    return found


def exact(name: str, scope: Scope, prelude: Scope) -> Found | None:
    """What a name means without any abbreviation: a definition, an operation, or an alias of one."""
    return _exact(name, scope, prelude) or _by_alias().get(name)


def _exact(name: str, scope: Scope, prelude: Scope) -> Found | None:
    for level in scope.outwards():
        hit = level.definitions.get(name) or level.imported.get(name)
        if hit is not None:
            return hit
    hit = prelude.definitions.get(name) or prelude.imported.get(name)
    return hit if hit is not None else catalog().get(name)


def alias_of(name: str) -> OpSpec | None:
    """The operation that a name is another name of."""
    return _by_alias().get(name)


_ALIASES: dict[str, OpSpec] = {}


def _by_alias() -> dict[str, OpSpec]:
    if not _ALIASES:
        for spec in catalog().values():
            for alias in (*spec.aliases, *((spec.moniel,) if spec.moniel else ())):
                _ALIASES.setdefault(alias, spec)
    return _ALIASES


def visible(scope: Scope, prelude: Scope) -> Iterator[str]:
    """Every type name that can be used in a scope, for suggestions."""
    for level in scope.outwards():
        yield from level.definitions
        yield from level.imported
    yield from prelude.offered
    yield from catalog()
    yield from _by_alias()
