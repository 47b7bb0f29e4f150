"""One source line on a terminal: where its characters stand when tabs, wide and invisible characters are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, combining, east_asian_width

from moniel2.source import Source, Span

TAB = 4
CUT = "…"


@dataclass(frozen=True, slots=True)
class Line:
    """A line as shown. ``stops[i]`` is the column (from 0) of the character at offset ``start + i``."""

    text: str
    start: int
    stops: tuple[int, ...]

    def columns(self, span: Span) -> tuple[int, int]:
        """The columns that a span covers on this line, at least one; what lies on other lines is cut."""
        last = len(self.stops) - 1
        first = max(0, min(span.start - self.start, last))
        end = max(0, min(span.end - self.start, last))
        return self.stops[first], max(self.stops[end], self.stops[first] + 1)


def shown_line(source: Source, number: int, span: Span, width: int) -> Line:
    """Line ``number``; one that is longer than ``width`` is cut to the part around the start of ``span``."""
    shown, stops = _measured(source, number)
    start = source.line_starts[number - 1]
    if stops[-1] <= width:
        return Line("".join(shown), start, stops)
    return _cut(shown, stops, start, span, width)


@lru_cache(maxsize=2)
def _measured(source: Source, number: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What is shown for each character of a line, and its stops. A line may be long and have a thousand mistakes."""
    stops = [0]
    shown: list[str] = []
    for character in source.line(number):
        piece, cells = _shown(character, stops[-1])
        shown.append(piece)
        stops.append(stops[-1] + cells)
    return tuple(shown), tuple(stops)


def _cut(shown: Sequence[str], stops: Sequence[int], start: int, span: Span, width: int) -> Line:
    focus = max(0, min(span.start - start, len(shown)))
    left = focus
    while left > 0 and stops[focus] - stops[left - 1] <= width // 3:
        left -= 1
    right = left
    while right < len(shown) and stops[right + 1] - stops[left] <= width - 2:
        right += 1
    before = CUT if left > 0 else ""
    after = CUT if right < len(shown) else ""
    shift = stops[left] - len(before)
    room = stops[right] - shift
    # One character more on the left, where it was cut: what stands before is underlined there.
    first = max(0, left - 1)
    moved = tuple(min(max(stop - shift, 0), room) for stop in stops[first : right + 1])
    return Line(before + "".join(shown[left:right]) + after, start + first, moved)


def _shown(character: str, column: int) -> tuple[str, int]:
    if character == "\t":
        cells = TAB - column % TAB
        return " " * cells, cells
    if " " <= character <= "~":
        return character, 1
    piece = printable(character)
    if combining(piece) or category(piece) in ("Mn", "Me"):
        return piece, 0
    return piece, 2 if east_asian_width(piece) in "WF" else 1


def printable(text: str) -> str:
    """The same text with control characters made visible, so that a file's content can't steer the terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _picture(c) for c in text)


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return " " if category(character) in ("Zs", "Zl", "Zp") else "�"
