"""Symbolic sizes: exact polynomials over names, closed under floor division, in canonical form.

A ``Dim`` is an integer known or symbolic, or unknown. Canonical means that equal sizes are
identical values: ``(H - 1)//2 + 1`` *is* ``(H + 1)//2``. Names stand for integers >= 1.
Arithmetic with an unknown size is unknown. Coefficients may be fractions and powers negative:
``D / 8`` is exact, and whoever divides states the condition that makes it whole
(``exact_quotient``).
"""

from moniel2.dims.bounds import lower_bound, maximum, minimum
from moniel2.dims.compare import compare, divides
from moniel2.dims.condition import DIFFERENT, EQUAL, UNDECIDED, Condition, Verdict, allows, both
from moniel2.dims.dim import ONE, OPEN, UNKNOWN, ZERO, Dim, DimLike, Floor, Monomial, Opaque, is_open
from moniel2.dims.real import Real, real
from moniel2.dims.shape import Shape, unknown_shape

__all__ = [
    "DIFFERENT",
    "EQUAL",
    "ONE",
    "OPEN",
    "UNDECIDED",
    "UNKNOWN",
    "ZERO",
    "Condition",
    "Dim",
    "DimLike",
    "Floor",
    "Monomial",
    "Opaque",
    "Real",
    "Shape",
    "Verdict",
    "allows",
    "both",
    "compare",
    "divides",
    "is_open",
    "lower_bound",
    "maximum",
    "minimum",
    "real",
    "unknown_shape",
]
