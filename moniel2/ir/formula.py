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
    """``for i in start..stop``, or ``* stop`` without a variable, and all that it repeats."""

    variable: str
    start: Formula
    stop: Formula
    span: Span


@dataclass(frozen=True, slots=True)
class Declared:
    """The shape in brackets behind an item, axis by axis; None for ``_`` and what is no formula.

    ``spread`` is the place of ``...`` among them, -1 if there is none.
    """

    span: Span
    sizes: tuple[Formula | None, ...]
    spread: int = -1

    def of_rank(self, rank: int) -> tuple[Formula | None, ...]:
        """What is said of each axis of a tensor; nothing if it has other axes than are declared."""
        if self.spread < 0:
            return self.sizes if len(self.sizes) == rank else (None,) * rank
        free = rank - len(self.sizes) + 1
        if free < 0:
            return (None,) * rank
        return (*self.sizes[: self.spread], *(None,) * free, *self.sizes[self.spread + 1 :])


@dataclass(frozen=True, slots=True)
class Formulas:
    """All that one definition says, in textual order."""

    written: tuple[Written, ...] = ()
    loops: tuple[Counted, ...] = ()
    shapes: tuple[Declared, ...] = ()
