"""How an operation is written in PyTorch: small values, not text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Arg:
    """The tensor at input port ``name`` in an expression.

    ``"*"`` is all operands of a variadic port, as a tuple; ``"xs[1]"`` is one of them.
    """

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
class Prefix:
    """``-x``, ``~x``."""

    symbol: str
    operand: Any


@dataclass(frozen=True, slots=True)
class Subscript:
    """``value[index]``; an index item is a constant, Dim, ``slice`` (with Dims), ``None``, ``...`` or an expression."""

    value: Any
    index: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A bare dotted name such as ``torch.float32``."""

    name: str


@dataclass(frozen=True, slots=True)
class Device:
    """Where the block's tensors live (``x.device``); left out with its keyword when no tensor is at hand."""


@dataclass(frozen=True, slots=True)
class Own:
    """``self.<weight>`` of an operation that holds its weights directly (``Parameter``).

    The weight named "" has the node's own key. ``value`` is the expression it starts with, evaluated in ``__init__``:
    ``nn.Parameter(value)``, or a buffer if the ``Weight`` says so.
    """

    name: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Layer:
    """A stateful module: ``self.<id> = target(*args, **kwargs)`` in ``__init__``, then called in ``forward``.

    ``call`` are the arguments of the call in order (default: every bound input port in port order);
    ``call_kwargs`` are keyword ones. ``pick`` selects from a tuple result: an index path for each output port,
    e.g. ``((0,), (1, 0), (1, 1))`` for LSTM's ``y, (h, c)``. ``functional`` is the expression for weights that
    come in as operands or are tied, with ``Arg("weight")`` and ``Arg("bias")`` among the ports. ``main`` is the
    simpler form for when only the first output is read (``nn.MaxPool2d(2)`` instead of one that returns indices).
    """

    target: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    call: tuple[Any, ...] | None = None
    call_kwargs: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    pick: tuple[tuple[int, ...], ...] | None = None
    functional: Any = None
    main: Any = None


@dataclass(frozen=True, slots=True)
class Source:
    """A class that torch lacks, written into the generated file: its name and its full text, then used as a Layer."""

    layer: Layer
    class_name: str
    text: str


# Layer | Source | an expression (Arg, Call, Method, Infix, Prefix, Subscript, Own, Name, Device); a tuple of these for
# several outputs
Torch = Any
