"""Texts and places in them. A leaf: it imports nothing of ours."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """One text with its name: a path as the user gave it, or something like ``<stdin>``."""

    name: str
    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        starts = [0]
        starts.extend(i + 1 for i, c in enumerate(self.text) if c == "\n")
        return tuple(starts)

    def position(self, offset: int) -> Position:
        """Line and column (both from 1, in characters) of a character offset (from 0)."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self.line_starts, offset)
        return Position(line, offset - self.line_starts[line - 1] + 1, offset)

    def line(self, number: int) -> str:
        """The text of line ``number`` (from 1) without its line ending."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def utf16_column(self, offset: int) -> int:
        """Column from 0 in UTF-16 code units, as the language server protocol counts."""
        position = self.position(offset)
        prefix = self.text[offset - position.column + 1 : offset]
        return len(prefix.encode("utf-16-le")) // 2


@dataclass(frozen=True, slots=True)
class Position:
    line: int
    column: int
    offset: int


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of character offsets in one source."""

    source: Source = field(repr=False)
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def part(self, word: str) -> Span:
        """Where ``word`` stands in it for the last time, as a word of its own; all of it, if nowhere."""
        found = word and list(re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", self.text))
        return Span(self.source, self.start + found[-1].start(), self.start + found[-1].end()) if found else self

    def to(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        at = self.source.position(self.start)
        return f"{self.source.name}:{at.line}:{at.column}"
