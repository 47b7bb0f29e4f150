"""What is known of the order of sizes, when every name stands for at least 1."""

from __future__ import annotations

from fractions import Fraction

from moniel2.dims.dim import UNKNOWN, ZERO, Atom, Dim, DimLike, Floor, Number, constant_of, has_negative, opaque


def maximum(*values: DimLike) -> Dim:
    """The largest; stays symbolic where the order isn't known."""
    return _extreme("max", [Dim.of(v) for v in values])


def minimum(*values: DimLike) -> Dim:
    """The smallest; stays symbolic where the order isn't known."""
    return _extreme("min", [Dim.of(v) for v in values])


def _extreme(function: str, values: list[Dim]) -> Dim:
    if not all(v.known for v in values):
        return UNKNOWN
    kept: list[Dim] = []
    for value in values:
        if any(at_least(other, value) if function == "max" else at_least(value, other) for other in kept):
            continue
        kept = [k for k in kept if not (at_least(value, k) if function == "max" else at_least(k, value))]
        kept.append(value)
    if len(kept) == 1:
        return kept[0]
    return opaque(function, tuple(sorted(kept, key=str)))


def at_least(a: Dim, b: Dim) -> bool:
    low = lower_bound(a - b)
    return low is not None and low >= 0


def lower_bound(value: Dim) -> Number | None:
    """A number that ``value`` is never below when every symbol is >= 1; None if we know none."""
    if not value.known:
        return None
    smooth = _without_floors(value)
    if smooth is None:
        return None
    shifted = smooth.substitute({s: Dim.of(s) + 1 for s in smooth.symbols()})
    constant: Number = 0
    for monomial, k in shifted.terms:
        if not monomial:
            constant = k
        elif k < 0 or has_negative(monomial):
            return None
    return constant


def _without_floors(value: Dim) -> Dim | None:
    """A polynomial that is never above ``value``: floors replaced by a linear bound from the right side."""
    total = ZERO
    for monomial, k in value.terms:
        if all(isinstance(a, str) for a, _ in monomial):
            total = total + Dim(((monomial, k),))
            continue
        if len(monomial) != 1 or monomial[0][1] != 1:
            if k > 0 and all(_never_negative(atom) and power > 0 for atom, power in monomial):
                continue  # at least 0
            return None
        atom = monomial[0][0]
        if not isinstance(atom, Floor) or (n := atom.bottom.constant) is None:
            return None
        top = _without_floors(atom.top if k > 0 else -atom.top)
        if top is None:
            return None
        bound = (top if k > 0 else -top) * Dim.of(Fraction(1, n))
        if k > 0:
            bound = bound - Dim.of(Fraction(n - 1, n))
        total = total + bound * constant_of(k)
    return total


def _never_negative(atom: Atom) -> bool:
    if isinstance(atom, str):
        return True
    if not isinstance(atom, Floor) or (atom.bottom.constant or 0) < 1:
        return False
    low = lower_bound(atom.top)
    return low is not None and low >= 0
