"""Counts as people read them, and columns of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moniel2.dims import Dim
from moniel2.ir.measure import Count
from moniel2.layout.words import size_text
from moniel2.tools.numbers import brief, exact, scaled, short
from moniel2.tools.table import cells, table

B, N = Dim.of("B"), Dim.of("N")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (9994, "9.99 k"),
        (9996, "10.0 k"),
        (99_940, "99.9 k"),
        (99_960, "100 k"),
        (999_400, "999 k"),
        (999_600, "1.00 M"),
        (3_663_761_408, "3.66 G"),
        (-1500, "-1.50 k"),
        (10**21, "1,000 E"),
    ],
)
def test_scaled(number: int, text: str) -> None:
    assert scaled(number) == text


@given(st.integers(1, 10**21))
def test_scaled_keeps_three_digits(number: int) -> None:
    value, *prefix = scaled(number, "B").split(" ")
    factor = 1000 ** ["B", "kB", "MB", "GB", "TB", "PB", "EB"].index(prefix[0])
    assert abs(float(value.replace(",", "")) * factor - number) <= number * 0.005


@pytest.mark.parametrize(
    ("count", "in_full", "in_short"),
    [
        (Count(Dim.of(21_797_672)), "21,797,672", "21.8 M"),
        (Count(B * N * N * 1536 + B * 2000), "1536*B*N**2 + 2000*B", "1.54 k×B×N² + 2.00 k×B"),
        (Count(B * 10 - 1), "10*B - 1", "10×B - 1"),
        (Count((B // 2) * 3), "3*floor(B/2)", "3×floor(B/2)"),
        (Count(Dim.of(72), False), "at least 72", "at least 72"),
    ],
)
def test_formulas(count: Count, in_full: str, in_short: str) -> None:
    assert (exact(count), short(count)) == (in_full, in_short)


def test_a_column_is_brief() -> None:
    assert [brief(c) for c in (Count(), Count(exact=False), Count(Dim.of(5), False), Count(Dim.of(5)))] == [
        "–", "?", "≥ 5", "5",
    ]  # fmt: skip


def test_columns_are_counted_as_they_show() -> None:
    assert [cells(t) for t in ("abc", "名", "e\u0301", "×1")] == [3, 2, 1, 2]
    rows = [("a", "1"), ("名名", "10")]
    assert table(rows, (False, True)) == "a      1\n名名  10\n"
    assert table(rows, (False, True), rule_below_first=True).splitlines()[1] == "─" * 8


H, W = Dim.of("H"), Dim.of("W")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (H * 16, "16H"),
        (H * H * 3, "3H²"),
        (H // 2, "⌊H/2⌋"),
        ((H + 31) // 32, "⌈H/32⌉"),
        ((H - 1) // 2 + 1, "⌈H/2⌉"),
        ((H + 1) // 4 - 1, "⌊(H - 3)/4⌋"),
        ((H // 2) * 2, "2⌊H/2⌋"),
        (H + W // 2 - 1, "H + ⌊W/2⌋ - 1"),
        (H // W + 2, "⌊H/W⌋ + 2"),
        (((H // 2) * H + 3) // W, "⌊(H·⌊H/2⌋ + 3)/W⌋"),
    ],
)
def test_sizes_in_a_picture(size: Dim, text: str) -> None:
    assert size_text(size) == text
