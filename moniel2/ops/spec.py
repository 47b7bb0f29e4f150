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

No rule has a default: an operation that forgets one is refused at import. A rule that cannot take
its input raises ``Problem`` in the user's words.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

from moniel2.dims import ZERO, Dim, DimLike, Shape


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


# ---------------------------------------------------------------------- how to write it in PyTorch


@dataclass(frozen=True, slots=True)
class Arg:
    """The tensor at input port ``name`` in an expression (``"*"``: all operands of a variadic port, as a list)."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """``target(*args, **kwargs)``; ``target`` is dotted, e.g. ``torch.cat``, ``F.pad``, ``math.sqrt``.

    Arguments are Python constants, ``Dim``, ``Shape`` (printed as separate sizes when ``Star``), tuples of
    these, or expressions.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Method:
    """``receiver.name(*args, **kwargs)``."""

    receiver: Any
    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Infix:
    """``left symbol right``, or ``left symbol right symbol third …`` for more operands."""

    symbol: str
    operands: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Subscript:
    """``value[index]``; each index item is a constant, Dim, ``slice`` (with Dims), ``None``, ``...`` or an expression."""

    value: Any
    index: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A bare dotted name such as ``torch.float32``."""

    name: str


@dataclass(frozen=True, slots=True)
class Own:
    """``self.<weight>`` of an operation that holds its weights directly (``Parameter``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Layer:
    """A stateful module: ``self.<id> = target(*args, **kwargs)`` in ``__init__``, then called in ``forward``.

    ``call`` are the arguments of the call in order (default: every bound input port in port order);
    ``call_kwargs`` are keyword ones. ``pick`` selects from a tuple result: an index path for each output port,
    e.g. ``((0,), (1, 0), (1, 1))`` for LSTM's ``y, (h, c)``. ``functional`` is the expression for weights that
    come in as operands or are tied, with ``Arg("weight")`` and ``Arg("bias")`` among the ports.
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    call: tuple[Any, ...] | None = None
    call_kwargs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    pick: tuple[tuple[int, ...], ...] | None = None
    functional: Any = None


@dataclass(frozen=True, slots=True)
class Source:
    """A class that torch lacks, written into the generated file: its name and its full text, then used as a Layer."""

    layer: Layer
    class_name: str
    text: str


Torch = Any  # Layer | Source | an expression (Arg, Call, Method, Infix, Subscript, Own, Name); a tuple of these for several outputs


# ------------------------------------------------------------------------------------- declaring


class Op:
    """A bound operation: argument values are fields, rules are methods."""

    spec: ClassVar[OpSpec]
    # Rules are looked up by name with signatures of their own, so they are not declared here.


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an operation.

    ``kind`` is derived from the field's annotation: "size" (``Dim``), "sizes" (``Sizes``: one size or one per spatial
    axis), "int", "ints", "number", "bool", "text", "axis", "axes", "dtype", "choice" (``choices`` lists them), "block",
    "weight", "any".
    """

    name: str
    kind: str
    default: Any
    doc: str
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    positional: bool = True

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
    """One use for tests and docs: arguments, input shapes (names become sizes), dtypes, and the declared shape if any."""

    args: Mapping[str, Any]
    inputs: tuple[tuple[DimLike, ...], ...]
    dtypes: tuple[str, ...] = ()
    declared: tuple[DimLike, ...] | None = None


def sample(
    args: Mapping[str, Any] | None = None,
    *inputs: Sequence[DimLike],
    dtypes: Sequence[str] = (),
    declared: Sequence[DimLike] | None = None,
) -> Sample:
    """``sample(dict(channels=8, kernel=3), ("N", 4, "H", "W"))``."""
    return Sample(
        MappingProxyType(dict(args or {})),
        tuple(tuple(i) for i in inputs),
        tuple(dtypes),
        tuple(declared) if declared is not None else None,
    )


@dataclass(frozen=True)
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

T = TypeVar("T")


def arg(
    default: Any = dataclasses.MISSING,
    *,
    doc: str,
    choices: Sequence[str] = (),
    aliases: Sequence[str] = (),
    kind: str | None = None,
    keyword: bool = False,
) -> Any:
    """Declare an argument. A size default may be an int; "None" as a default means "not given" (``| None`` types).

    Values arrive coerced by kind: size -> ``Dim``; sizes -> a non-empty tuple of ``Dim``; axis -> int (may be negative);
    axes -> tuple of int; number -> int or float; dtype -> its name. ``keyword`` arguments can't be given by position.
    """
    metadata = {
        "doc": doc,
        "choices": tuple(choices),
        "aliases": tuple(aliases),
        "kind": kind,
        "positional": not keyword,
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
) -> Callable[[type[T]], type[T]]:
    """Declare an operation. Refuses a class that misses a rule, a docstring, or samples.

    ``label`` is the text on its box: ``{kernel}`` and other arguments by name (see ``label.py``). ``defaults`` maps an
    optional input port to the port whose tensor it takes when unbound. ``declared`` names the argument that the declared
    shape (``Reshape[B, N]``) fills.
    """

    def declare(cls: type[T]) -> type[T]:
        missing = [rule for rule in RULES if rule not in vars(cls)]
        if missing:
            raise TypeError(f"operation {cls.__name__} does not say its {', '.join(missing)}")
        if not inspect.getdoc(cls) or not samples:
            raise TypeError(f"operation {cls.__name__} needs a docstring and samples")
        made = dataclass(frozen=True)(cls)
        spec = OpSpec(
            name=name or cls.__name__,
            aliases=tuple(aliases),
            moniel=moniel,
            category=category,
            label=label,
            doc=inspect.getdoc(cls) or "",
            source=source,
            arguments=tuple(_argument(f) for f in dataclasses.fields(made)),  # type: ignore[arg-type]
            inputs=tuple(_ports(cls.shape, defaults or {})),  # type: ignore[attr-defined]
            outputs=tuple(outputs),
            side_outputs=side_outputs,
            glyph=glyph,
            declared=declared,
            random=random,
            samples=tuple(samples),
            make=made,  # type: ignore[arg-type]
        )
        made.spec = spec  # type: ignore[attr-defined]
        return made

    return declare


def _argument(f: dataclasses.Field[Any]) -> Argument:
    annotation = str(f.type).replace(" | None", "")
    kind = f.metadata["kind"] or ("choice" if f.metadata["choices"] else _KINDS.get(annotation))
    if kind is None:
        raise TypeError(f"argument {f.name}: no kind for the annotation {f.type}")
    return Argument(
        f.name,
        kind,
        f.default,
        f.metadata["doc"],
        f.metadata["choices"],
        f.metadata["aliases"],
        f.metadata["positional"],
    )


def _ports(shape: Callable[..., Any], defaults: Mapping[str, str]) -> list[InputPort]:
    ports = []
    for p in list(inspect.signature(shape).parameters.values())[1:]:
        variadic = p.kind is p.VAR_POSITIONAL
        optional = variadic or p.default is not p.empty
        ports.append(InputPort(p.name, optional and not variadic, variadic, defaults.get(p.name, "")))
    return ports


# ------------------------------------------------------------------------- rules that recur, named


def same_shape(self: Op, x: Shape) -> Shape:
    return x


def same_dtype(self: Op, *dtypes: str, **_: str) -> str:
    return dtypes[0] if dtypes else ""


def floating(self: Op, *dtypes: str) -> str:
    """The first input's dtype, which must be a floating (or unknown) one."""
    x = dtypes[0]
    if x and not x.startswith(("float", "bfloat", "complex")):
        raise Problem(f"needs floating-point numbers, got {x}", "x", f"cast first: Cast(float32) -> {self.spec.name}", "dtype-mismatch")
    return x


def no_weights(self: Op, *inputs: Shape | None) -> Weights:
    return {}


def no_macs(self: Op, *inputs: Shape | None) -> Dim:
    return ZERO


def spread(values: Sizes, rank: int, argument: str) -> tuple[Dim, ...]:
    """One size per spatial axis, from one for all or from as many as there are axes."""
    if len(values) == rank:
        return tuple(values)
    if len(values) == 1:
        return tuple(values) * rank
    raise Problem(f"{argument} has {len(values)} sizes for {rank} spatial dimensions", argument)


def axis_of(axis: int, rank: int, argument: str = "axis") -> int:
    """A non-negative axis, checked against the rank."""
    if not -rank <= axis < rank:
        raise Problem(f"{argument} {axis} is out of range for {rank} dimensions", argument)
    return axis % rank
