"""Sizes given as arguments, and positions along an axis."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from moniel2.dims import ONE, UNKNOWN, Condition, Dim, Shape, lower_bound
from moniel2.ops.check import agree, assume, exactly
from moniel2.ops.spec import Problem

LEFT = Dim.of(-1)  # "what is left": a size that is computed


def as_size(value: Any, argument: str) -> Dim:
    """One size; unknown for a value that isn't known. Raises ``Problem`` for what is no whole number."""
    if isinstance(value, (bool, str, float)) and not (isinstance(value, float) and value.is_integer()):
        raise Problem(f"needs whole numbers as sizes, got {value}", argument, rule="bad-value")
    if isinstance(value, (int, float, Fraction)):
        return Dim.of(int(value) if isinstance(value, float) else value)
    return value if isinstance(value, Dim) else UNKNOWN


def as_sizes(value: Any, argument: str) -> tuple[Dim, ...]:
    """Several sizes, from a declared shape, a sequence or a single number. ``LEFT`` and unknown ones stay.

    Raises ``Problem`` for a negative number but -1, or more than one -1.
    """
    items = value if isinstance(value, (tuple, list)) else (value,)
    sizes = tuple(as_size(v, argument) for v in items)
    for size in sizes:
        if size.constant is not None and size.constant < -1:
            raise Problem(f"can't have a size of {size}", argument, "-1 stands for what is left", "bad-value")
    if sizes.count(LEFT) > 1:
        raise Problem("can work out only one size, got -1 more than once", argument, rule="bad-value")
    return sizes


def declared(sizes: tuple[Dim, ...]) -> Shape:
    """The sizes as a shape: what is computed isn't known yet."""
    return Shape(*(UNKNOWN if s == LEFT else s for s in sizes))


def fill(sizes: tuple[Dim, ...], total: Dim, message: str, blame: str, help: str | None = None) -> tuple[Dim, ...]:
    """The sizes with the one that is missing computed, so that their product is ``total``.

    With two or more missing they stay unknown. Raises ``Problem``: the message and why the numbers don't fit.
    """
    missing = [i for i, s in enumerate(sizes) if s == LEFT or not s.known]
    product = ONE
    for i, size in enumerate(sizes):
        if i not in missing:
            product = product * size
    if not missing:
        agree(total, product, f"{message}: {total} elements, not {product}", blame, help)
        return sizes
    if len(missing) > 1:
        return tuple(UNKNOWN if s == LEFT else s for s in sizes)
    at = missing[0]
    if product == 0:
        raise Problem("can't compute a size beside one of 0", blame)
    message = f"{message}: {total} elements are no multiple of {product}"
    size = exactly(*_cancelled(total, product), message, blame, help) if total.known else UNKNOWN
    return (*sizes[:at], size, *sizes[at + 1 :])


def _cancelled(top: Dim, bottom: Dim) -> tuple[Dim, Dim]:
    """A fraction without the names that both share, so that a condition speaks of the others alone."""
    for name in sorted(top.symbols() & bottom.symbols()):
        while True:
            above, below = top.over(name), bottom.over(name)
            if above is None or below is None or not (_polynomial(above) and _polynomial(below)):
                break
            top, bottom = above, below
    return top, bottom


def _polynomial(value: Dim) -> bool:
    return all(power > 0 for monomial, _ in value.terms for _, power in monomial)


def at_most(small: Dim, large: Dim, message: str, blame: str = "", help: str | None = None) -> None:
    """``small <= large``: proved, refuted (``Problem``), or assumed."""
    if not (small.known and large.known):
        return
    room, excess = lower_bound(large - small), lower_bound(small - large)
    if room is not None and room >= 0:
        return
    if excess is not None and excess > 0:
        raise Problem(message, blame, help)
    assume(Condition(f"{small} <= {large}"), message, blame, help)


def position(index: Dim, size: Dim, axis: int, blame: str = "index") -> Dim:
    """The place along an axis counted from its begin; a negative index counts from its end. Checked."""
    message = f"{blame} {index} is outside axis {axis}, which has size {size}"
    if index.constant is not None and index.constant < 0:
        at_most(-index, size, message, blame)
        return size + index
    at_most(index + 1, size, message, blame)
    return index


def steps(length: Dim, step: int) -> Dim:
    """How many steps it takes to cover a length, the last one perhaps beyond it."""
    return (length + (step - 1)) // step if step > 0 else (-length + (-step - 1)) // -step


def scaled(size: Dim, factor: Any) -> Dim:
    """A size times a factor, rounded down; unknown if the factor is."""
    if isinstance(factor, (int, Dim)):
        return size * factor
    if not isinstance(factor, float):
        return UNKNOWN
    if size.constant is not None:
        return Dim.of(math.floor(size.constant * factor))
    ratio = Fraction(factor).limit_denominator(4096)
    return size * ratio.numerator // ratio.denominator
