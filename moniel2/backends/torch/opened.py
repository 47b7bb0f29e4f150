"""A program whose main block's parameters are left open, as sizes of inputs are: symbols for numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from moniel2.backends.torch.doors import Door
from moniel2.backends.torch.tree import Any_, Known, Open, Unwritable
from moniel2.dims import OPEN, Dim
from moniel2.ir.model import Model, Symbols, Value


@dataclass(frozen=True)
class Opened:
    """The program with symbols for parameters, and what they are in the model that is asked for.

    ``required`` are sizes of inputs that weights depend on: the class takes them too, and nobody says what they are, so
    their ``values`` are examples. ``inner`` are the numbers of symbols for parameters of inner definitions.
    """

    model: Model
    values: Mapping[str, int]
    required: tuple[str, ...] = ()
    inner: Mapping[str, int] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # of the parameters that are left open


Reopen = Callable[[Mapping[str, Symbols], Mapping[str, int], Mapping[Door, Dim]], Model | None]
"""Compiles a program again with symbols for parameters, those of the model and inner ones; None if there is more to say
about it then."""


def left_open(name: str, value: Value, values: dict[str, int]) -> Symbols | None:
    """A number as a symbol, several as several; None for what is no number. ``values`` takes what they are."""
    if isinstance(value, Dim) and value.constant is not None:
        value = value.constant
    if isinstance(value, tuple) and value:
        parts = tuple(left_open(f"{name}[{i}]", v, values) for i, v in enumerate(value))
        known = tuple(p for p in parts if p is not None)
        return known if len(known) == len(parts) else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return None
    values[f"{OPEN}{name}"] = value
    return Dim.of(f"{OPEN}{name}")


def actual(value: Known, values: Mapping[str, int]) -> Known:
    """What an open number is in the model that is asked for. Raises ``Unwritable`` if it is none there."""
    if isinstance(value, tuple):
        parts = [actual(v, values) for v in value]
        return tuple(p for p in parts if not isinstance(p, Any_))
    if not isinstance(value, Open):
        return value
    try:
        return value.size.at(values)
    except (KeyError, ValueError) as error:
        raise Unwritable(f"{value.size} is no whole number", value.size.symbols()) from error
