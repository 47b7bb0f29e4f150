"""Sizes made simpler by what the model asks of its parameters: of an even n, ``4 * (n // 2) * (n // 2) // n`` is n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.dims import Dim
from moniel2.ir.model import Requirement


def divisors(requirements: Sequence[Requirement]) -> dict[str, int]:
    """What symbols must be multiples of."""
    conditions = [r.condition for r in requirements if r.condition is not None]
    return {c.symbol: c.modulus for c in conditions if c.modulus > 1 and c.residues == (0,)}


def simpler(size: Dim, known: Mapping[str, int]) -> Dim:
    """The same size for every multiple, if there is a shorter way to say it."""
    of = {s: n for s, n in known.items() if s in size.symbols()}
    if not of:
        return size
    parts = size.substitute({s: Dim.of(s) * n for s, n in of.items()})
    exact = {s: Dim.of(s).over(n) for s, n in of.items()}
    whole = parts.substitute({s: q for s, q in exact.items() if q is not None})
    if not all(isinstance(coefficient, int) for _, coefficient in whole.terms):
        whole = parts.substitute({s: Dim.of(s) // n for s, n in of.items()})
    return min(size, whole, key=lambda one: len(str(one)))
