"""Numbers that are no sizes, of symbols: ``sqrt(D)``, ``-9.2 / D``.

They stand where a parameter of the model is left open: as they aren't compared, nothing that depends on which is
larger is decided by them. Equal means written alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import add, mod, mul, neg, sub, truediv
from typing import Union

from moniel2.dims.dim import Dim

Part = Union[int, float, Dim, "Real"]


@dataclass(frozen=True, slots=True)
class Real:
    """A function of parts: ``sqrt``, ``log``, ``log2``, ``exp``, ``neg``, or an operator by its symbol."""

    function: str
    parts: tuple[Part, ...]

    def symbols(self) -> frozenset[str]:
        return frozenset().union(*(p.symbols() for p in self.parts if isinstance(p, (Dim, Real))))

    def at(self, values: Mapping[str, int]) -> float:
        """The number for given symbols. Raises ``KeyError`` for a missing one, ``ValueError`` where there is none."""
        numbers = [p.at(values) if isinstance(p, (Dim, Real)) else p for p in self.parts]
        try:
            found = _COMPUTED[self.function](*numbers)
        except ArithmeticError as error:
            raise ValueError(f"{self} is no number here") from error
        if isinstance(found, complex):
            raise ValueError(f"{self} is no real number here")
        return float(found)

    def substitute(self, values: Mapping[str, int]) -> Real | float:
        """The same number with symbols replaced; a plain one if none is left."""
        if self.symbols() <= values.keys():
            return self.at(values)
        parts = [p.substitute(values) if isinstance(p, (Dim, Real)) else p for p in self.parts]
        return real(self.function, *parts)

    def __str__(self) -> str:
        inner = [str(p) for p in self.parts]
        if self.function in _OPERATORS:
            return f"({f' {self.function} '.join(inner)})"
        return f"{self.function}({', '.join(inner)})"


def real(function: str, *parts: int | float | Fraction | Dim | Real) -> Real:
    """A function of numbers, at least one of which depends on symbols."""
    return Real(function, tuple(map(_part, parts)))


def _part(value: int | float | Fraction | Dim | Real) -> Part:
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    if isinstance(value, Dim) and value.constant is not None:
        return value.constant
    return value


_OPERATORS: dict[str, Callable[..., float]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": truediv,
    "%": mod,
    "**": pow,
}
_COMPUTED: dict[str, Callable[..., float]] = {
    **_OPERATORS,
    "neg": neg,
    "sqrt": math.sqrt,
    "log": math.log,
    "log2": math.log2,
    "exp": math.exp,
}
