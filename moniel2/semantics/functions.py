"""The functions that values may be computed with."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from moniel2.dims import Dim, Real, maximum, minimum, real
from moniel2.ir.model import Unknown
from moniel2.semantics.operators import dim_of
from moniel2.semantics.values import UNKNOWN_VALUE, Numeric, Worth, simplest, text_of
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.evaluate import Evaluator


def _numbers(e: Evaluator, values: list[Worth], expr: tree.Call) -> list[Numeric]:
    if len(values) == 1 and isinstance(values[0], tuple):
        values = list(values[0])
        if any(isinstance(v, Unknown) for v in values):
            raise TypeError("a value isn't known")
    if not values:
        raise TypeError("needs at least one value")
    return [e.number(v, expr.span) for v in values]


def _one(values: list[Worth]) -> Worth:
    if len(values) != 1:
        raise TypeError(f"takes one value, got {len(values)}")
    return values[0]


def _extreme(symbolic: Callable[..., Dim], plain: Callable[..., Any]) -> Callable[..., Worth]:
    def function(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
        numbers = _numbers(e, values, expr)
        if any(isinstance(n, Real) for n in numbers):
            return UNKNOWN_VALUE
        if any(isinstance(n, Dim) for n in numbers):
            return simplest(symbolic(*(dim_of(n) for n in numbers)))
        return simplest(plain(numbers))

    return function


def _rounding(plain: Callable[[Fraction | float], int], up: bool) -> Callable[..., Worth]:
    def function(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
        number = e.number(_one(values), expr.span)
        if isinstance(number, Dim):
            return simplest(-(-number // 1) if up else number // 1)
        return UNKNOWN_VALUE if isinstance(number, Real) else plain(number)

    return function


def _smooth(name: str, plain: Callable[[int | float | Fraction], int | float]) -> Callable[..., Worth]:
    """A function that makes no size: of a symbol it is known once that is."""

    def function(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
        number = e.number(_one(values), expr.span)
        if isinstance(number, (Dim, Real)):
            return UNKNOWN_VALUE if e.owner.session.opening is None else real(name, number)
        return plain(number)

    return function


def _sqrt(number: int | float | Fraction) -> int | float:
    if isinstance(number, int) and number >= 0 and math.isqrt(number) ** 2 == number:
        return math.isqrt(number)
    return math.sqrt(number)


def _log2(number: int | float | Fraction) -> int | float:
    result = math.log2(number)
    return int(result) if result == int(result) else result


def _length(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    only = _one(values)
    if not isinstance(only, (tuple, str)):
        raise TypeError(f"{text_of(only)} is no sequence")
    return len(only)


def _sum(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    total: Numeric = 0
    items = list(values[0]) if len(values) == 1 and isinstance(values[0], tuple) else values
    for item in items:
        if isinstance(item, Unknown):
            return item
        number = e.number(item, expr.span)
        if isinstance(number, Real) or isinstance(total, Real):
            return UNKNOWN_VALUE
        total = dim_of(total) + dim_of(number) if isinstance(number, Dim) or isinstance(total, Dim) else total + number
    return simplest(total)


def _zip(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    for value in values:
        if not isinstance(value, tuple):
            raise TypeError(f"{text_of(value)} is no sequence")
    lengths = sorted({len(v) for v in values if isinstance(v, tuple)})
    if len(lengths) > 1:
        raise ValueError(f"the sequences have different lengths ({' and '.join(map(str, lengths))})")
    return tuple(zip(*values, strict=False))


def _enumerate(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    only = _one(values)
    if not isinstance(only, tuple):
        raise TypeError(f"{text_of(only)} is no sequence")
    return tuple(enumerate(only))


def _absolute(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    number = e.number(_one(values), expr.span)
    if isinstance(number, Real):
        return UNKNOWN_VALUE
    if isinstance(number, Dim):
        return simplest(number)
    return simplest(number if number >= 0 else -number)


FUNCTIONS: dict[str, Callable[[Evaluator, list[Worth], tree.Call], Worth]] = {
    "len": _length,
    "sum": _sum,
    "min": _extreme(minimum, min),
    "max": _extreme(maximum, max),
    "abs": _absolute,
    "floor": _rounding(math.floor, False),
    "ceil": _rounding(math.ceil, True),
    "round": _rounding(lambda n: round(n), False),
    "sqrt": _smooth("sqrt", _sqrt),
    "log": _smooth("log", math.log),
    "log2": _smooth("log2", _log2),
    "exp": _smooth("exp", math.exp),
    "zip": _zip,
    "enumerate": _enumerate,
}
