"""What an expression can be worth while a block is being built.

Numbers are ``int``, ``float`` or ``Fraction`` (an exact quotient that isn't whole), a symbolic whole
number is a ``Dim``. A block as a value is one of the classes below; each has a ``key`` so that equal
values give equal specializations.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from moniel2.dims import Dim, Real
from moniel2.ir.model import BlockName, DType, Unknown, Value
from moniel2.ops.spec import OpSpec
from moniel2.semantics.names import names_of_definitions
from moniel2.source import Span

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Declared
    from moniel2.semantics.names import Def
    from moniel2.semantics.outline import Outline
    from moniel2.semantics.scope import Frame
    from moniel2.syntax import tree

UNKNOWN_VALUE = Unknown()


@dataclass(frozen=True, slots=True)
class Given:
    """One argument as it was given: its value, its name if any, and where."""

    name: str | None
    value: Worth
    span: Span
    name_span: Span | None = None
    path: WeightPath | None = None
    # Where it is written: for explanations only.
    expr: tree.Expr | None = field(default=None, compare=False, repr=False)
    builder: Builder | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DefBlock:
    """A definition as a value, perhaps with some arguments fixed."""

    definition: Def
    frame: Frame
    given: tuple[Given, ...] = ()

    _key: Hashable = field(default=None, init=False, compare=False, repr=False)

    @property
    def key(self) -> Hashable:
        if self._key is not None:
            return self._key
        around, settled = self.frame.key_for(self.definition.free_names, from_inside=True)
        return _kept(self, ("def", id(self.definition), around, given_key(self.given)), settled)

    def text(self) -> str:
        return text_of(self)


@dataclass(frozen=True, slots=True)
class OpBlock:
    """A built-in operation as a value (``Act = GELU``)."""

    spec: OpSpec
    written: str
    given: tuple[Given, ...] = ()

    _key: Hashable = field(default=None, init=False, compare=False, repr=False)

    @property
    def key(self) -> Hashable:
        return self._key or _kept(self, ("op", self.spec.name, given_key(self.given)))

    def text(self) -> str:
        return text_of(self)


@dataclass(frozen=True, slots=True)
class UndefinedBlock(Unknown):
    """A type name that nothing defines; the error is reported where it stands. As a value it is unknown."""

    written: str
    given: tuple[Given, ...] = ()

    @property
    def key(self) -> Hashable:
        return ("undefined", self.written)

    def text(self) -> str:
        return self.written


@dataclass(frozen=True, slots=True)
class Closure:
    """Braces with what they read from around them: values through ``frame``, tensors through ``builder``."""

    outline: Outline
    frame: Frame
    builder: Builder
    captures: tuple[tuple[str, Any], ...]  # names of wires and nodes read from around, with their tensors
    name: str = ""
    undecided: bool = False  # a branch that may not be taken

    _key: Hashable = field(default=None, init=False, compare=False, repr=False)

    @property
    def key(self) -> Hashable:
        if self._key is not None:
            return self._key
        depth = self.builder.depth if self.captures or self.outline.applied else -1
        around, settled = self.frame.key_for(self.outline.value_names)
        if self.outline.defines_within:
            names = names_of_definitions(self.outline, self.builder.scope)
            inner, there = self.frame.key_for(names, from_inside=True)
            around, settled = (around, inner), settled and there
        return _kept(self, ("closure", id(self.outline), depth, self.captures, around), settled)

    def text(self) -> str:
        return self.name or "{…}"


@dataclass(frozen=True, slots=True)
class SharedBlock:
    """A node applied again (``enc()``), or passed as a block (``Body = enc``): the same weights."""

    builder: Builder
    node: Declared

    @property
    def key(self) -> Hashable:
        return ("shared", self.builder.depth, self.node.id)

    def text(self) -> str:
        return self.node.id


BlockWorth = DefBlock | OpBlock | UndefinedBlock | Closure | SharedBlock


@dataclass(frozen=True, slots=True)
class WeightPath:
    """``wte.weight`` or ``transpose(enc.proj.weight)`` as an argument: which weight this one is."""

    parts: tuple[str, ...]
    transpose: bool
    span: Span


Numeric = int | float | Fraction | Dim | Real  # the last only where parameters of the model are left open
Worth = Numeric | bool | str | None | DType | Unknown | BlockWorth | WeightPath | tuple[Any, ...]

BLOCKS = (DefBlock, OpBlock, UndefinedBlock, Closure, SharedBlock)


_INTS = {int}


def key_of(value: Worth) -> Hashable:
    """A key that is equal exactly for values that mean the same; ``True`` and ``1`` and ``1.0`` are told apart."""
    if isinstance(value, tuple):
        # Long sequences are of plain numbers; equal ones of one type mean the same.
        return ("ints", value) if set(map(type, value)) == _INTS else ("seq", *[key_of(v) for v in value])
    if isinstance(value, BLOCKS):
        return value.key
    if isinstance(value, (Dim, Real)):
        return value
    return (type(value).__name__, value)


def with_arguments(worth: BlockWorth, given: tuple[Given, ...]) -> BlockWorth:
    """A block with some arguments fixed."""
    if isinstance(worth, DefBlock):
        return DefBlock(worth.definition, worth.frame, (*worth.given, *given))
    if isinstance(worth, OpBlock):
        return OpBlock(worth.spec, worth.written, (*worth.given, *given))
    return worth


class _Key:
    """The key of a block as a value. Equal keys are one object, so that values that hold values that hold values …
    are compared, and hashed, at once.
    """

    __slots__ = ("__weakref__", "parts")

    def __init__(self, parts: Hashable) -> None:
        self.parts = parts


_KEYS: WeakValueDictionary[Hashable, _Key] = WeakValueDictionary()


def _kept(worth: DefBlock | OpBlock | Closure, parts: Hashable, settled: bool = True) -> Hashable:
    """The key made of these parts; the block remembers it when no value that it depends on is still to come."""
    key = _KEYS.get(parts)
    if key is None:
        key = _KEYS[parts] = _Key(parts)
    if settled:
        object.__setattr__(worth, "_key", key)
    return key


def given_key(given: tuple[Given, ...]) -> Hashable:
    """A key of arguments: equal for equal names with values that mean the same."""
    return tuple((g.name, key_of(g.value)) for g in given)


def text_of(value: Worth, depth: int = 0) -> str:
    """A value as the language writes it; what is too deep inside is left out."""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "none"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'
    if depth > _DEEP:
        return "…"
    if isinstance(value, tuple):
        return "[" + ", ".join([text_of(v, depth + 1) for v in value]) + "]"
    if isinstance(value, (DefBlock, OpBlock)):
        name = value.definition.name if isinstance(value, DefBlock) else value.written
        given = [(f"{g.name} = " if g.name else "") + text_of(g.value, depth + 1) for g in value.given]
        return f"{name}({', '.join(given)})" if given else name
    if isinstance(value, BLOCKS):
        return value.text()
    if isinstance(value, WeightPath):
        return ".".join(value.parts)
    return str(value)


_DEEP = 16


def to_ir(value: Worth) -> Value:
    """The value as the model keeps it."""
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, tuple):
        return value if set(map(type, value)) == _INTS else tuple([to_ir(v) for v in value])
    if isinstance(value, BLOCKS):
        return BlockName(value.text())
    if isinstance(value, WeightPath):
        return BlockName(".".join(value.parts))
    return value


def simplest(value: Numeric) -> Worth:
    """Whole numbers as ``int``, symbolic ones as ``Dim``, an unknown size as unknown."""
    if isinstance(value, Dim):
        if not value.known:
            return UNKNOWN_VALUE
        if value.constant is not None:
            return value.constant
        rational = value.rational
        return Fraction(rational) if rational is not None else value
    if isinstance(value, Fraction) and value.denominator == 1:
        return int(value)
    return value


def whole_hint(text: str, value: object) -> str:
    """The help line where a whole number is needed and ``text`` is none."""
    if isinstance(value, float) and value.is_integer() and value < 1e15 and text[:1].isdigit():
        return f"write {int(value)}"
    if isinstance(value, float) and text.replace(".", "", 1).isdigit():
        low = int(value)
        return f"write {low}" if value == low else f"write {low} or {low + 1}"
    return f"floor({text}) rounds down"
