"""Counts as they stand in texts and pages: exact, or from below."""

from __future__ import annotations

from moniel2.ir.measure import Count


def exact(count: Count) -> str:
    """``21,797,672``; ``64*B``; ``≥ 72`` when parts are unknown; "" for nothing."""
    if not count.value.terms:
        return ""
    number = count.number
    written = f"{number:,}" if isinstance(number, int) else str(number)
    return written if count.exact else f"≥ {written}"
