"""Whether two sizes are the same, and whether one divides another: proved, disproved, or on a condition."""

from __future__ import annotations

from functools import lru_cache
from math import gcd

from moniel2.dims.bounds import lower_bound
from moniel2.dims.condition import DIFFERENT, EQUAL, UNDECIDED, Condition, Verdict, residual
from moniel2.dims.dim import ZERO, Atom, Dim, atom_key, has_negative, join, normal
from moniel2.dims.solve import solve_one


@lru_cache(maxsize=16384)
def compare(a: Dim, b: Dim) -> Verdict:
    """``EQUAL``, ``DIFFERENT``, the ``Condition`` under which they agree, or ``UNDECIDED`` if one is unknown.

    A symbolic size is never assumed to be 1: what holds only for 1 counts as different.
    """
    if not (a.known and b.known):
        return UNDECIDED
    difference = a - b
    if not difference.known:
        return UNDECIDED
    if not difference.terms:
        return EQUAL
    if difference.rational is not None:
        return DIFFERENT
    difference = _primitive(difference)
    for signed in (difference, -difference):
        low = lower_bound(signed)
        if low is not None and low > 0:
            return DIFFERENT
    symbols = difference.symbols()
    if len(symbols) == 1:
        solved = solve_one(difference, next(iter(symbols)))
        if solved is not None:
            return solved
    return Condition(f"{a} = {b}", sides=(a, b))


def divides(divisor: Dim, value: Dim) -> Verdict:
    """Whether ``divisor`` divides ``value``: the same answers as ``compare``."""
    if not (divisor.known and value.known):
        return UNDECIDED
    if not divisor.terms:
        return compare(value, ZERO)
    quotient = value.over(divisor)
    if quotient is not None and all(isinstance(k, int) and not has_negative(m) for m, k in quotient.terms):
        return EQUAL
    if value.rational is not None and divisor.rational is not None:
        return DIFFERENT
    if (n := divisor.constant) is not None:
        solved = _solve_congruence(value, abs(n))
        if solved is not None:
            return solved
        verdict = compare(value - (value // n) * n, ZERO)
        if not isinstance(verdict, Condition) or verdict.modulus:
            return verdict
    return Condition(f"{value} is a multiple of {divisor}")


def _solve_congruence(value: Dim, n: int) -> Verdict | None:
    """Whether ``n`` divides ``k*H + c``; None for any other formula."""
    slope = constant = 0
    symbol = ""
    for monomial, k in value.terms:
        if not isinstance(k, int):
            return None
        if not monomial:
            constant = k
        elif not symbol and len(monomial) == 1 and isinstance(monomial[0][0], str) and monomial[0][1] == 1:
            symbol, slope = monomial[0][0], k
        else:
            return None
    shared = gcd(slope, n)
    if constant % shared:
        return DIFFERENT
    modulus = n // shared
    if modulus == 1:
        return EQUAL
    return residual(symbol, modulus, [-constant // shared * pow(slope // shared, -1, modulus) % modulus])


def _primitive(difference: Dim) -> Dim:
    """Divide by what is never zero: the common symbols of all terms."""
    common: dict[Atom, int] | None = None
    for monomial, _ in difference.terms:
        powers: dict[Atom, int] = {a: p for a, p in monomial if isinstance(a, str)}
        common = powers if common is None else {a: min(p, powers[a]) for a, p in common.items() if a in powers}
    if not common:
        return difference
    inverse = tuple((a, -p) for a, p in sorted(common.items(), key=lambda x: atom_key(x[0])))
    return normal((join(m, inverse), k) for m, k in difference.terms)
