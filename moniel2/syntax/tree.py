"""The syntax tree: what was written, with the place of every part. No meaning yet.

Every class is frozen and carries ``span``. Equality ignores spans, so that "formatting keeps the
tree" is a comparison.
"""

# Every field made by `_span()` is a declaration, not a shared default.
# ruff: noqa: RUF009

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from moniel2.source import Span
from moniel2.syntax.node import Node

Targets: TypeAlias = "tuple[str | Targets, ...]"
"""What a ``for`` binds: ``(i,)``, ``(w, n)``, ``(i, (w, n))``."""


def bound(targets: Targets) -> Iterator[str]:
    """The names in it, in the order of the text."""
    for target in targets:
        if isinstance(target, str):
            yield target
        else:
            yield from bound(target)


def written(target: str | Targets) -> str:
    """As it stands in a program, ``(i, (w, n))``."""
    return target if isinstance(target, str) else f"({', '.join(map(written, target))})"


def _span() -> Span:
    return field(compare=False, repr=False, kw_only=True)  # type: ignore[no-any-return]


# ------------------------------------------------------------------------------------ values


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Number(Node):
    """``12``, ``0.1``, ``1e-6``. An integer literal has an ``int`` value."""

    value: int | float
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Text(Node):
    value: str
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Word(Node):
    """``true``, ``false`` or ``none``."""

    value: bool | None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Name(Node):
    """A name in a value: a parameter, constant, loop variable or size; capital or small."""

    name: str
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Wildcard(Node):
    """``_`` where a dimension stands."""

    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ellipsis_(Node):
    """``...`` where dimensions stand."""

    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unary(Node):
    """``-x`` or ``not x``."""

    operator: str
    operand: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Binary(Node):
    """Arithmetic ``+ - * / % **``, comparison ``== != < <= > >= in``, ``not in``, ``and``, ``or``."""

    operator: str
    left: Expr
    right: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ternary(Node):
    """``then if condition else otherwise``."""

    then: Expr
    condition: Expr
    otherwise: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Range(Node):
    """``start..stop``: start, …, stop - 1."""

    start: Expr
    stop: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sequence(Node):
    """``[1, 2]``, ``(1, 2)`` and ``1x2`` (``written`` keeps which, for the formatter only)."""

    items: tuple[Expr, ...]
    written: str = field(compare=False, default="[")
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comprehension(Node):
    """``[value for targets in iterable]`` as a value."""

    value: Expr
    targets: Targets
    iterable: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Index(Node):
    """``value[index]``."""

    value: Expr
    index: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Slice(Node):
    """``value[start:stop]``; either end may be absent."""

    value: Expr
    start: Expr | None
    stop: Expr | None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Attribute(Node):
    """``wte.weight``, ``enc.proj.weight``, ``resnet.BasicBlock``: a dotted path, innermost left."""

    value: Expr
    name: str
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(Node):
    """``len(x)``; with a capital or dotted callee a block given with arguments, ``Bottleneck(groups = 32)``."""

    callee: Expr
    arguments: Arguments
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BlockValue(Node):
    """``{ … }`` as a value."""

    body: Body
    span: Span = _span()


Expr = (
    Number
    | Text
    | Word
    | Name
    | Wildcard
    | Ellipsis_
    | Unary
    | Binary
    | Ternary
    | Range
    | Sequence
    | Comprehension
    | Index
    | Slice
    | Attribute
    | Call
    | BlockValue
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Argument(Node):
    """``value`` or ``name = value``."""

    name: str | None
    value: Expr
    span: Span = _span()
    name_span: Span | None = field(compare=False, repr=False, default=None)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Arguments(Node):
    """``( … )`` after a type, a name or a function; the span includes the parentheses."""

    items: tuple[Argument, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Dims(Node):
    """``[B, 3, 224, 224]`` after an item: its declared shape. ``[]`` is the scalar."""

    items: tuple[Expr, ...]
    span: Span = _span()


# ------------------------------------------------------------------------------------- chains


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Id(Node):
    """The ``conv1:`` before an item. A whole number is an id too (``0:Conv``)."""

    name: str
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TypeName(Node):
    """``Conv``, ``resnet.BasicBlock``."""

    name: str
    qualifier: str | None = None
    span: Span = _span()

    @property
    def written(self) -> str:
        return f"{self.qualifier}.{self.name}" if self.qualifier else self.name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Instance(Node):
    """``id:Type?(args) { trailing body } [dims]``. ``optional`` is the ``?`` of ``In?``."""

    id: Id | None
    type: TypeName
    arguments: Arguments | None
    trailing: Body | None
    dims: Dims | None
    optional: bool = False
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Braces(Node):
    """``id:{ … }[dims]``: an anonymous block."""

    id: Id | None
    body: Body
    dims: Dims | None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reference(Node):
    """A wire, a node or a path: ``h``, ``layer/act``, ``blocks/3``, ``down/(3 - i)/skip``, ``_``.

    ``segments`` are names (str), whole numbers (int) or expressions.
    """

    segments: tuple[str | int | Expr, ...]
    dims: Dims | None = None
    span: Span = _span()

    @property
    def name(self) -> str:
        """The first segment."""
        head = self.segments[0]
        assert isinstance(head, str)
        return head


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Apply(Node):
    """``enc()``, ``e2:enc()``: the same node again, with the same weights."""

    id: Id | None
    target: Reference
    arguments: Arguments
    dims: Dims | None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Operand(Node):
    """A number that stands as a tensor: ``[1, z] -> Sub``."""

    value: int | float
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Element(Node):
    """One element of a list: ``chain``, ``key = chain``, or ``chain for targets in iterable``."""

    key: Id | None
    chain: Chain
    comprehension: For | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class For(Node):
    """``for targets in iterable``."""

    targets: Targets
    iterable: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ListItem(Node):
    """``id:[a, key = b -> C, D for i in r]``."""

    id: Id | None
    elements: tuple[Element, ...]
    dims: Dims | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Group(Node):
    """``id:(A -> B)[dims]``: parentheses. Without an id and a repeat it is only grouping."""

    id: Id | None
    chain: Chain
    dims: Dims | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Repeat(Node):
    """``item * count``: copies in series."""

    item: Item
    count: Expr
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Series(Node):
    """``item for targets in iterable`` in a chain: copies in series, each with its own values."""

    item: Item
    loop: For
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Choice(Node):
    """``item if condition else otherwise``; without ``otherwise``, nothing at all when false."""

    item: Item
    condition: Expr
    otherwise: Item | None
    span: Span = _span()


Item = Instance | Braces | Reference | Apply | Operand | ListItem | Group | Repeat | Series | Choice


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Chain(Node):
    """Items joined by arrows; at least one."""

    items: tuple[Item, ...]
    span: Span = _span()


# ---------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Presentation(Node):
    """``@label("…")``: says how to show what follows; never changes the model (``@init`` says how weights start)."""

    name: str
    arguments: Arguments | None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Flow(Node):
    """A chain as a statement."""

    chain: Chain
    doc: str = ""
    presentation: tuple[Presentation, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constant(Node):
    """``d = D / heads``."""

    name: str
    value: Expr
    doc: str = ""
    span: Span = _span()
    name_span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class If(Node):
    """``if condition { … } else { … }``; ``else if`` nests in ``otherwise``."""

    condition: Expr
    then: Body
    otherwise: Body | If | None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Import(Node):
    """``import "blocks/resnet.nn" as resnet`` or ``import std.vision``. ``path`` is the text or the dotted name."""

    path: str
    dotted: bool
    alias: str | None
    span: Span = _span()
    path_span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ImportedName(Node):
    name: str
    alias: str | None
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FromImport(Node):
    """``from "resnet.nn" import BasicBlock``, ``from std.vision import SqueezeExcite as SE``."""

    path: str
    dotted: bool
    names: tuple[ImportedName, ...]
    span: Span = _span()
    path_span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Parameter(Node):
    """``C``, ``stride = 1``, ``Act = GELU``."""

    name: str
    default: Expr | None
    span: Span = _span()
    name_span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Definition(Node):
    """``+Name(parameters) { body }``, ``+Name(parameters) = chain``, or ``+Name`` known by name only.

    Exactly one of ``body`` and ``chain`` is given, or neither. An ``Extern`` is a ``chain`` of one
    ``Instance`` of the type ``Extern`` whose trailing body holds its ports.
    """

    name: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    chain: Chain | None
    doc: str = ""
    presentation: tuple[Presentation, ...] = ()
    span: Span = _span()
    name_span: Span = _span()


Statement = Flow | Constant | If | Import | FromImport | Definition


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Body(Node):
    """Statements between braces, or those of a whole file. ``doc`` is the file's own leading ``///`` (else empty)."""

    statements: tuple[Statement, ...]
    span: Span = _span()
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comment(Node):
    """A comment kept for the formatter: ``text`` as written; ``own_line`` when nothing stands before it on its line."""

    text: str
    own_line: bool
    span: Span = _span()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class File(Node):
    """One parsed text. ``lost`` are the places of statements that couldn't be read whole."""

    body: Body
    comments: tuple[Comment, ...] = field(compare=False, default=())
    lost: tuple[Span, ...] = field(compare=False, default=())
    span: Span = _span()
