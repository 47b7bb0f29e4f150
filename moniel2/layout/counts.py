"""Counts as they stand in texts and pages: exact, or from below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from moniel2.dims import Dim
from moniel2.ir.measure import Count, Measure
from moniel2.layout.words import short_number

ROOM = 20  # letters of a formula on a box
TERMS = 6  # a formula with more is written as it is


def exact(count: Count) -> str:
    """``21,797,672``; ``118,013,952×B``; ``≥ 72`` when parts are unknown; "" for nothing."""
    if not count.value.terms:
        return ""
    written = _formula(count.value)
    return written if count.exact else f"≥ {written}"


def total(count: Count) -> str:
    """The same of a sum: "0" for nothing, ``?`` where nothing is known."""
    return exact(count) or ("0" if count.exact else "?")


def short(count: Count, room: int) -> str:
    """``118 M×B``; of a formula that needs more letters than ``room`` the first term and ``…``."""
    if not count.value.terms:
        return ""
    written = _formula(count.value, short_number)
    if len(written) > room:
        written = f"{written[: written.rfind(' + ', 0, room - 3)] if ' + ' in written[: room - 3] else written} + …"
    if len(written) > room:
        written = "…"
    return written if count.exact else f"≥ {written}"


def count_text(measured: Measure, counts: Sequence[str], batch: str = "") -> list[str]:
    """``9.4 k`` parameters, ``118 M MACs``, as far as there are any; of one example where all have a ``batch``."""
    found = []
    for word, unit, count in (("params", "", measured.parameters), ("macs", " MACs", measured.macs)):
        if word not in counts or not count.value.terms:
            continue
        told = short(count, ROOM)
        terms = told.removesuffix(" + …").split(" + ")
        each = re.compile(rf"×{re.escape(batch)}(?![\w²³])")
        if batch and all(each.search(term) for term in terms):
            told = each.sub("", told)
        found.append(told + unit)
    return found


def _grouped(number: int) -> str:
    return f"{number:,}"


def _formula(value: Dim, write: Callable[[int], str] = _grouped) -> str:
    if not value.known or len(value.terms) > TERMS or any(int(k) != k for _, k in value.terms):
        return str(value)
    terms = []
    for monomial, factor in value.terms:
        symbols = str(Dim(((monomial, 1),))).replace("**2", "²").replace("**3", "³").replace("*", "×")
        terms.append(
            write(int(factor)) if not monomial else symbols if factor == 1 else f"{write(int(factor))}×{symbols}"
        )
    return " + ".join(terms).replace("+ -", "- ")
