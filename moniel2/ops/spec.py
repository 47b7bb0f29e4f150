"""What an operation is. A subclass of ``Op`` decorated with ``@op`` is the only thing to write.

The fields of the class are the arguments; its methods are the rules:

``shape(self, x, …)``     shapes in, shape out (or a tuple of shapes). Its signature names the input
                          ports: ``x: Shape`` is required, ``mask: Shape | None = None`` optional,
                          ``*xs: Shape`` any number.
``dtype(self, x, …)``     the same for dtypes (``str``; "" when unknown).
``weights(self, x, …)``   name -> ``Weight`` of everything in torch's ``state_dict``, buffers too.
``macs(self, x, …)``      multiply-accumulates, by torch's flop counter convention (convolutions, matrix
                          products and attention; everything element-wise is 0).
``torch(self, x, …)``     how to write it in PyTorch: a ``Layer`` or an expression (``code.py``).

``shape`` returns None where not even the rank is known (a ``Parameter`` without one). With several outputs, one dtype
stands for all of them, and one expression is a tuple in Python (``x.unbind(0)``). A number that stands as an operand
has the shape ``[]`` and the dtype "int" or "float", which gives way to a tensor's as Python numbers do in torch.

Three methods only some operations have. ``count(self)``: how many outputs, as far as the arguments say (``Split``;
``spec.outputs`` is empty then); None when only the input's shape says. ``declared_shape(self)``: the result's shape,
known without an input (``Reshape[B, N]``). ``wanted(self)``: for an argument of the kind "named", the names that are
given their values in scope if the call doesn't (``Rearrange``).

No rule has a default: an operation that forgets one is refused at import (a kind of operation, such as "element-wise
without weights", may be a class between ``Op`` and its operations). A rule that cannot take its input raises
``Problem`` in the user's words.

A field that would hide a rule ends in an underscore: ``dtype_: DType`` is the argument ``dtype``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from inspect import cleandoc, get_annotations
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from moniel2.dims import Dim, DimLike, Shape


class Category(str, Enum):
    """The group an operation is listed and coloured under."""

    CONVOLUTION = "convolution"
    LINEAR = "linear"
    NORMALIZATION = "normalization"
    ACTIVATION = "activation"
    POOLING = "pooling"
    ATTENTION = "attention"
    RECURRENCE = "recurrence"
    EMBEDDING = "embedding"
    MERGE = "merge"
    TENSOR = "reshape/tensor"
    REGULARIZATION = "regularization"
    LOSS = "loss"
    IO = "input/output"


class Problem(Exception):
    """A rule cannot take its input.

    ``message`` is the headline without the operation's name ("needs 4 dimensions, got [B, 10]").
    ``blame`` is the argument or input port to underline ("groups", "x", "xs[1]"); "" is the whole node.
    ``rule`` is the diagnostic's slug.
    """

    def __init__(self, message: str, blame: str = "", help: str | None = None, rule: str = "shape-mismatch") -> None:
        super().__init__(message)
        self.message = message
        self.blame = blame
        self.help = help
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Weight:
    """One entry of the ``state_dict``. ``buffer`` entries aren't parameters; ``trainable`` parameters get gradients."""

    shape: Shape
    trainable: bool = True
    buffer: bool = False
    dtype: str = "float32"


Weights = Mapping[str, Weight]


# ------------------------------------------------------------------------------------- declaring


class Op:
    """A bound operation: argument values are attributes, rules are methods. Immutable; equal if name and values are.

    ``Conv(8, 3)``: arguments by position or name in the order of the declaration, coerced to their kinds (``coerce``).
    """

    spec: ClassVar[OpSpec]
    # Rules are looked up by name with signatures of their own, so they are not declared here.

    def __init__(self, *positional: Any, **named: Any) -> None:
        arguments = self.spec.arguments
        places = [a for a in arguments if a.positional]
        many = next((i for i, a in enumerate(places) if a.many), None)
        if many is not None and len(positional) > many + 1:
            positional = (*positional[:many], positional[many:])
        if len(positional) > len(places):
            raise TypeError(f"{self.spec.name} takes {len(places)} arguments by position, got {len(positional)}")
        given = {a.name: value for a, value in zip(places, positional, strict=False)}
        values = self.__dict__
        for argument in arguments:
            if argument.name in given:
                value = given[argument.name]
            elif argument.name in named:
                value = named.pop(argument.name)
            elif argument.required:
                raise TypeError(f"{self.spec.name} needs the argument {argument.name}")
            else:
                value = argument.default
            values[argument.attribute] = coerce(argument.kind, value)
        for argument in arguments:
            if argument.kind == "named" and named:
                values[argument.attribute] = tuple((name, Dim.of(size)) for name, size in named.items())
                named = {}
        if named:
            raise TypeError(f"{self.spec.name} has no argument {', '.join(named)}")
        values.update(self.settle())

    def settle(self) -> Mapping[str, Any]:
        """Attributes to change once all are known, for arguments that can be written in more than one way."""
        return {}

    def missing(self) -> tuple[str, ...]:
        """Arguments that have a default and yet can't be left out in this use: the operation is a sketch then."""
        return ()

    @classmethod
    def told_by(cls, weight: Shape, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Arguments that the shape of a weight tells, where it comes in as a tensor and they aren't ``given``."""
        return {}

    @property
    def values(self) -> dict[str, Any]:
        """Every argument by name."""
        return {a.name: self.__dict__[a.attribute] for a in self.spec.arguments}

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self.spec.name} is immutable")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((self.spec.name, *map(repr, self.__dict__.values())))

    def __repr__(self) -> str:
        return f"{self.spec.name}({', '.join(f'{k}={v!r}' for k, v in self.values.items())})"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an operation.

    ``kind`` is derived from the field's annotation: "size" (``Dim``), "sizes" (``Sizes``: one size or one per spatial
    axis), "int", "ints", "number", "bool", "text", "axis", "axes", "dtype", "choice" (``choices`` lists them), "block",
    "weight", "any", "padding" (what ``conv.py: padding_of`` takes: a word of ``choices``, a size, or one or a (before,
    after) pair for each spatial axis), "scalar" (a number or a symbolic size), "named" (every named argument that no
    other takes: a tuple of (name, ``Dim``)).
    ``many``: all positional values from here on are its own, as in ``Permute(0, 2, 1)``.
    """

    name: str
    kind: str
    default: Any
    doc: str
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    positional: bool = True
    attribute: str = ""  # of the ``Op`` that holds the value
    many: bool = False
    nullable: bool = False  # ``none`` is a value

    @property
    def required(self) -> bool:
        return self.default is dataclasses.MISSING


@dataclass(frozen=True, slots=True)
class InputPort:
    name: str
    optional: bool = False
    variadic: bool = False
    default_to: str = ""  # the port whose tensor it takes when unbound (attention's key and value)


@dataclass(frozen=True, slots=True)
class Sample:
    """One use for tests and docs: arguments, input shapes (names become sizes), dtypes, the declared shape if any."""

    args: Mapping[str, Any]
    inputs: tuple[tuple[DimLike, ...] | None, ...]
    dtypes: tuple[str, ...] = ()
    declared: tuple[DimLike, ...] | None = None


def sample(
    args: Mapping[str, Any] | None = None,
    *inputs: Sequence[DimLike] | None,
    dtypes: Sequence[str] = (),
    declared: Sequence[DimLike] | None = None,
) -> Sample:
    """``sample({"channels": 8, "kernel": 3}, ("N", 4, "H", "W"))``; None leaves an optional input unbound."""
    return Sample(
        MappingProxyType(dict(args or {})),
        tuple(tuple(i) if i is not None else None for i in inputs),
        tuple(dtypes),
        tuple(declared) if declared is not None else None,
    )


@dataclass(frozen=True, repr=False)
class OpSpec:
    """Everything the rest of the program may ask about an operation, derived from its class."""

    name: str
    aliases: tuple[str, ...]
    moniel: str  # Moniel's full name for it ("RectifiedLinearUnit"), or ""
    category: Category
    label: str
    doc: str
    source: str
    arguments: tuple[Argument, ...]
    inputs: tuple[InputPort, ...]
    outputs: tuple[str, ...]
    side_outputs: bool  # the bare name stands for the first output only
    glyph: str  # "+", "×", "σ", "tanh": drawn as mathematicians do; else ""
    declared: str  # the argument that a declared shape fills ("shape" for Reshape), or ""
    random: bool
    samples: tuple[Sample, ...]
    make: Callable[..., Op]
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"OpSpec({self.name})"

    @property
    def variadic(self) -> bool:
        return any(p.variadic for p in self.inputs)

    def argument(self, name: str) -> Argument | None:
        return next((a for a in self.arguments if a.name == name), None)


RULES = ("shape", "dtype", "weights", "macs", "torch")
Sizes = tuple[Dim, ...]  # one per spatial axis; a single one stands for all (see ``spread``)

_KINDS = {
    "Dim": "size",
    "Sizes": "sizes",
    "Padding": "padding",
    "int": "int",
    "tuple[int, ...]": "ints",
    "float": "number",
    "bool": "bool",
    "str": "text",
    "Axis": "axis",
    "Axes": "axes",
    "DType": "dtype",
    "Any": "any",
}
Axis = int
Axes = tuple[int, ...]
DType = str
Padding = Any

T = TypeVar("T")


def coerce(kind: str, value: Any) -> Any:
    """A plain Python value as one of an argument's kind: 3 is ``Dim`` 3 for a size, ``(Dim 3,)`` for sizes."""
    if value is None:
        return None
    if kind == "size":
        return Dim.of(value)
    if kind == "sizes":
        return tuple(map(Dim.of, value)) if isinstance(value, (tuple, list)) else (Dim.of(value),)
    if kind in ("ints", "axes"):
        return tuple(value) if isinstance(value, (tuple, list)) else (value,)
    return value


def arg(
    default: Any = dataclasses.MISSING,
    *,
    doc: str,
    choices: Sequence[str] = (),
    aliases: Sequence[str] = (),
    kind: str | None = None,
    keyword: bool = False,
    many: bool = False,
) -> Any:
    """Declare an argument. A size default may be an int; "None" as a default means "not given" (``| None`` types).

    Values arrive coerced by kind: size -> ``Dim``; sizes -> a non-empty tuple of ``Dim``; axis -> int (may be
    negative); axes -> tuple of int; number -> int or float; dtype -> its name. ``keyword`` arguments can't be given by
    position.
    """
    metadata = {
        "doc": doc,
        "choices": tuple(choices),
        "aliases": tuple(aliases),
        "kind": kind,
        "positional": not keyword,
        "many": many,
    }
    return field(default=default, metadata=metadata)


def op(
    category: Category,
    *,
    aliases: Sequence[str] = (),
    moniel: str = "",
    label: str = "{name}",
    source: str = "",
    outputs: Sequence[str] = ("out",),
    side_outputs: bool = False,
    defaults: Mapping[str, str] | None = None,
    glyph: str = "",
    declared: str = "",
    random: bool = False,
    samples: Sequence[Sample] = (),
    name: str | None = None,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[type[T]], type[T]]:
    """Declare an operation. Refuses a class that misses a rule, a docstring, or samples.

    ``label`` is the text on its box: ``{kernel}`` and other arguments by name (see ``label.py``). ``defaults`` maps an
    optional input port to the port whose tensor it takes when unbound. ``declared`` names the argument that the
    declared shape (``Reshape[B, N]``) fills. ``presets`` are aliases that give arguments other defaults:
    ``{"Conv2d": {"rank": 2}}``.
    """

    def declare(cls: type[T]) -> type[T]:
        missing = [rule for rule in RULES if not hasattr(cls, rule)]
        if missing:
            raise TypeError(f"operation {cls.__name__} does not say its {', '.join(missing)}")
        doc = cleandoc(cls.__dict__.get("__doc__") or "")
        if not doc or not samples:
            raise TypeError(f"operation {cls.__name__} needs a docstring and samples")
        cls.spec = OpSpec(  # type: ignore[attr-defined]
            name=name or cls.__name__,
            aliases=(*aliases, *(presets or ())),
            moniel=moniel,
            category=category,
            label=label,
            doc=doc,
            source=source,
            arguments=_arguments(cls),
            inputs=_ports(cls.shape, defaults or {}),  # type: ignore[attr-defined]
            outputs=tuple(outputs),
            side_outputs=side_outputs,
            glyph=glyph,
            declared=declared,
            random=random,
            samples=tuple(samples),
            make=cls,  # type: ignore[arg-type]
            presets=MappingProxyType(dict(presets or {})),
        )
        return cls

    return declare


# Written out rather than left to ``dataclass`` and ``inspect``, which take ten times as long: every start of the
# program declares every operation.


def _arguments(cls: type) -> tuple[Argument, ...]:
    found: dict[str, Argument] = {}
    for c in reversed(cls.__mro__[:-2]):  # but Op and object
        for name, annotation in get_annotations(c).items():
            declared = c.__dict__.get(name)
            if isinstance(declared, dataclasses.Field):
                found[name] = _argument(name, annotation, declared)
    return tuple(found.values())


def _argument(name: str, annotation: str, f: dataclasses.Field[Any]) -> Argument:
    kind = f.metadata["kind"] or ("choice" if f.metadata["choices"] else _KINDS.get(annotation.replace(" | None", "")))
    if kind is None:
        raise TypeError(f"argument {name}: no kind for the annotation {annotation}")
    default = f.default if f.default is dataclasses.MISSING else coerce(kind, f.default)
    metadata = f.metadata
    return Argument(
        name.rstrip("_"),
        kind,
        default,
        metadata["doc"],
        metadata["choices"],
        metadata["aliases"],
        metadata["positional"],
        name,
        metadata["many"],
        default is None or annotation.endswith("| None"),
    )


_VARIADIC = 4  # the flag of a code object with *args


def _ports(shape: Any, defaults: Mapping[str, str]) -> tuple[InputPort, ...]:
    code = shape.__code__
    names = code.co_varnames[1 : code.co_argcount]
    optional = len(names) - len(shape.__defaults__ or ())
    ports = [InputPort(n, i >= optional, False, defaults.get(n, "")) for i, n in enumerate(names)]
    if code.co_flags & _VARIADIC:
        ports.append(InputPort(code.co_varnames[code.co_argcount + code.co_kwonlyargcount], False, True))
    return tuple(ports)
