"""What a definition says of its values: its expressions as they are written, for those who write them again.

A block of the model has its values; code that fits every specialization needs the rule behind them. Only what can be
said of numbers, flags and short sequences is here: an expression with anything else in it isn't kept.
"""

from __future__ import annotations

from dataclasses import dataclass

from moniel2.source import Span


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, flag or text; ``none``."""

    value: int | float | bool | str | None


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter, a constant, a size or the variable of a loop."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of other formulas.

    Operators by their symbols (``/`` is exact, ``neg`` is the sign), ``if`` of a condition and two values, ``[]`` of
    the items of a sequence, ``index``, ``slice`` (an absent end is none), and the language's functions by their names.
    """

    function: str
    parts: tuple[Formula, ...]


Formula = Constant | Name | Apply


@dataclass(frozen=True, slots=True)
class Written:
    """One expression of a definition: where it stands, and what it decides.

    ``span`` is what it decides about: the instance that it is an argument of, the choice or the ``if`` that it is the
    condition of. ``name`` is set for a constant; ``decides`` for a condition.
    """

    formula: Formula
    span: Span
    name: str = ""
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """``for i in start..stop``, and all that it repeats."""

    variable: str
    start: Formula
    stop: Formula
    span: Span


@dataclass(frozen=True, slots=True)
class Formulas:
    """All that one definition says, in textual order."""

    written: tuple[Written, ...] = ()
    loops: tuple[Counted, ...] = ()
