"""Where a formula in one name is 0."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from moniel2.dims.condition import DIFFERENT, EQUAL, Verdict, residual, valued
from moniel2.dims.dim import OPEN, Dim, Floor, Number, Opaque


def solve_one(difference: Dim, symbol: str) -> Verdict | None:
    """Where ``difference`` is 0: for each residue of the symbol it is a polynomial. None if that is too much work."""
    period, degree = _period(difference), _degree(difference)
    if period is None or period > (1 << 14 if degree == 1 else 64):
        return None
    always: list[int] = []
    sometimes: set[int] = set()
    for residue in range(period):
        if degree == 1:
            at_zero = _value(difference, residue)
            line = [at_zero, _value(difference, period + residue) - at_zero]
        else:
            line = _coefficients(difference.substitute({symbol: Dim.of(symbol) * period + residue}))
        if not any(line):
            always.append(residue)
        else:
            sometimes.update(period * t + residue for t in _whole_roots(line))
    if len(always) == period:
        return EQUAL
    if always:
        return residual(symbol, period, always)
    # What a size that an input shows is never assumed to be, a parameter may be.
    least = 1 if symbol.startswith(OPEN) else 2
    values = sorted(v for v in sometimes if v >= least)
    return valued(symbol, values) if values else DIFFERENT


def _period(value: Dim) -> int | None:
    period = 1
    for monomial, k in value.terms:
        if isinstance(k, Fraction):
            period = lcm(period, k.denominator)
        for atom, power in monomial:
            if power < 0:
                return None
            if isinstance(atom, Floor):
                n, inner = atom.bottom.constant, _period(atom.top)
                if n is None or inner is None:
                    return None
                period = lcm(period, n * inner)
            elif isinstance(atom, Opaque):
                return None
    return period


def _degree(value: Dim) -> int:
    return max(
        (sum(p * (1 if isinstance(a, str) else _atom_degree(a)) for a, p in m) for m, _ in value.terms), default=0
    )


def _atom_degree(atom: Floor | Opaque) -> int:
    return _degree(atom.top) if isinstance(atom, Floor) else 2


def _value(value: Dim, number: int) -> Number:
    """The value where the one symbol in it is ``number``."""
    total: Number = 0
    for monomial, k in value.terms:
        for atom, power in monomial:
            if isinstance(atom, str):
                k *= number**power
            else:
                assert isinstance(atom, Floor)
                k *= (_value(atom.top, number) // _value(atom.bottom, number)) ** power
        total += k
    return total


def _coefficients(polynomial: Dim) -> list[Number]:
    """Of a polynomial in one symbol, that of power 0 first."""
    found: dict[int, Number] = {sum(power for _, power in monomial): k for monomial, k in polynomial.terms}
    return [found.get(power, 0) for power in range(max(found, default=0) + 1)]


def _whole_roots(polynomial: list[Number]) -> set[int]:
    """Whole numbers >= 0 where the polynomial is 0."""
    near = (k + step for k in _crossings(polynomial) for step in (0, 1))
    return {t for t in near if t >= 0 and _horner(polynomial, t) == 0}


def _crossings(polynomial: list[Number]) -> list[int]:
    """Whole k >= 0 so that every real root >= 0 lies between a k and k + 1.

    Between the roots of its derivative a polynomial rises or falls, so that bisection finds the root there.
    """
    while polynomial and not polynomial[-1]:
        polynomial = polynomial[:-1]
    if len(polynomial) < 2:
        return []
    turns = _crossings([power * k for power, k in enumerate(polynomial)][1:])
    # Beyond it there is no root (Cauchy), so that the sign there is that of the far end.
    bound = 2 + int(max(abs(Fraction(k) / Fraction(polynomial[-1])) for k in polynomial))
    found = set(turns)
    low = 0
    for high in (*sorted(turns), bound):
        rising = _horner(polynomial, high) > 0
        left, right = low, high
        while right - left > 1:
            middle = (left + right) // 2
            if (_horner(polynomial, middle) > 0) == rising:
                right = middle
            else:
                left = middle
        if left < right or left == 0:
            found.add(left)
        low = high + 1
    return sorted(found)


def _horner(polynomial: list[Number], t: int) -> Number:
    total: Number = 0
    for k in reversed(polynomial):
        total = total * t + k
    return total
