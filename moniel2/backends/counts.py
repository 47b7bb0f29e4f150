"""Counts as they stand in texts and pages: exact, or from below."""

from __future__ import annotations

from moniel2.dims import Dim
from moniel2.ir.measure import Count

TERMS = 3  # a formula with more is written as it is


def exact(count: Count) -> str:
    """``21,797,672``; ``118,013,952×B``; ``≥ 72`` when parts are unknown; "" for nothing."""
    if not count.value.terms:
        return ""
    written = _formula(count.value)
    return written if count.exact else f"≥ {written}"


def _formula(value: Dim) -> str:
    if not value.known or len(value.terms) > TERMS or any(int(k) != k for _, k in value.terms):
        return str(value)
    terms = []
    for monomial, factor in value.terms:
        symbols = str(Dim(((monomial, 1),))).replace("**2", "²").replace("**3", "³").replace("*", "×")
        terms.append(f"{int(factor):,}" if not monomial else f"{int(factor):,}×{symbols}" if factor != 1 else symbols)
    return " + ".join(terms).replace("+ -", "- ")
