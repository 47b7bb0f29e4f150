"""Counts as they stand in texts and pages: exact, or from below."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from moniel2.dims import Dim, Monomial
from moniel2.ir.measure import Count, Measure
from moniel2.layout.words import short_number, size_text

ROOM = 20  # letters of a formula on a box
TERMS = 24  # a formula with more is written as it is


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
    """``118 M×B``; of a formula that needs more letters than ``room`` the first terms and ``…``, or factors of one."""
    if not count.value.terms:
        return ""
    written = _cut(_terms(count.value, short_number), room) if _is_plain(count.value) else str(count.value)
    if len(written) > room:
        written = "…"
    return written if count.exact else f"≥ {written}"


def _cut(terms: Sequence[str], room: int) -> str:
    """As many terms as there is room for, then as many factors of the first."""
    if len(whole := _sum(terms)) <= room:
        return whole
    for number in range(len(terms) - 1, 0, -1):
        if len(some := f"{_sum(terms[:number])} + …") <= room:
            return some
    first = terms[0]
    if len(terms) > 1 and len(first) <= room - 2:
        return f"{first} …"
    while len(first) > room - 2 and "×" in first:
        first = first[: first.rfind("×")]
    return f"{first}×…"


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


def _symbols(monomial: Monomial) -> str:
    """``B×⌈H/2⌉``: sizes as figures write them."""
    if any(power < 0 for _, power in monomial):
        return str(Dim(((monomial, 1),))).replace("**2", "²").replace("**3", "³").replace("*", "×")
    powers = {1: "", 2: "²", 3: "³"}
    return "×".join(size_text(Dim(((((atom, 1),), 1),))) + powers.get(power, f"**{power}") for atom, power in monomial)


def _grouped(number: int) -> str:
    return f"{number:,}"


def _formula(value: Dim) -> str:
    return _sum(_terms(value, _grouped)) if _is_plain(value) and len(value.terms) <= TERMS else str(value)


def _is_plain(value: Dim) -> bool:
    return value.known and all(int(k) == k for _, k in value.terms)


def _terms(value: Dim, write: Callable[[int], str]) -> list[str]:
    """A sum's terms, each a number times symbols."""
    terms = []
    for monomial, factor in value.terms:
        sign, number = "-" if factor < 0 else "", abs(int(factor))
        product = [
            *([write(number)] if number != 1 or not monomial else []),
            *([_symbols(monomial)] if monomial else []),
        ]
        terms.append(sign + "×".join(product))
    return terms


def _sum(terms: Sequence[str]) -> str:
    return " + ".join(terms).replace("+ -", "- ")
