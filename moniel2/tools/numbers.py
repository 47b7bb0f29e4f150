"""Counts as people read them."""

from __future__ import annotations

from collections.abc import Callable

from moniel2.dims import Dim, Monomial
from moniel2.ir.measure import Count

TERMS = 3
"""A formula with more terms is written out as it is."""


def exact(count: Count) -> str:
    """``21,797,672``; ``64*B``; ``at least 72`` when parts are unknown, ``unknown`` when all are."""
    constant = count.value.constant
    return _hedged(count, f"{constant:,}" if constant is not None else str(count.value))


def short(count: Count, unit: str = "") -> str:
    """``3.66 G``; ``3.66 G×B``; ``12.8 MB`` with the unit ``B``."""
    return _hedged(count, _formula(count.value, lambda k: scaled(k, unit)))


def brief(count: Count, write: Callable[[Count], str] = exact) -> str:
    """The same for a column: a dash for nothing, ``≥`` for "at least", ``?`` for nothing known."""
    if not count.exact:
        return "?" if count.value == 0 else "≥ " + write(Count(count.value))
    return "–" if count.value == 0 else write(count)


def _hedged(count: Count, text: str) -> str:
    if count.exact:
        return text
    return f"at least {text}" if count.value != 0 else "unknown"


def _formula(value: Dim, write: Callable[[int], str]) -> str:
    constant = value.constant
    if constant is not None:
        return write(constant)
    if not value.known or len(value.terms) > TERMS or any(int(k) != k for _, k in value.terms):
        return str(value)
    parts = [f"{write(int(k))}×{_product(m)}" if m else write(int(k)) for m, k in value.terms]
    return " + ".join(parts).replace("+ -", "- ")


def _product(monomial: Monomial) -> str:
    """``B×N²``."""
    text = str(Dim(((monomial, 1),)))
    return text.replace("**2", "²").replace("**3", "³").replace("**", "^").replace("*", "×")


def scaled(number: int, unit: str = "") -> str:
    """Three digits and a decimal prefix: 3,663,249,920 is ``3.66 G``."""
    size = abs(number)
    sign = "-" if number < 0 else ""
    power = 0
    # 999.6 thousand is written as a million.
    while power < len(_PREFIXES) - 1 and size * 2 >= 1999 * 1000**power:
        power += 1
    if power == 0:
        return f"{number:,} {unit}".rstrip()
    value = size / 1000**power
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{sign}{value:,.{digits}f} {_PREFIXES[power]}{unit}"


_PREFIXES = ("", "k", "M", "G", "T", "P", "E")
