"""Columns of text."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import category, east_asian_width


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if category(c) in ("Mn", "Me", "Cf") else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def table(rows: Sequence[Sequence[str]], right: Sequence[bool], rule_below_first: bool = False) -> str:
    """Rows of cells, two blanks between columns; ``right`` says which columns are aligned at the right."""
    widths = [max(cells(row[i]) for row in rows) for i in range(len(right))]
    lines = []
    for number, row in enumerate(rows):
        padded = []
        for text, width, flush in zip(row, widths, right, strict=True):
            space = " " * (width - cells(text))
            padded.append(space + text if flush else text + space)
        lines.append("  ".join(padded).rstrip())
        if number == 0 and rule_below_first:
            lines.append("─" * (sum(widths) + 2 * (len(widths) - 1)))
    return "".join(line + "\n" for line in lines)
