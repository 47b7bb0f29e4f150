"""Annotated sources: sections of a text, with carets under the words that a diagnostic blames.

    --- missing-comma ---
    x -> Conv(64 3)
                 ^ error[missing-comma] a comma is missing between `64` and `3`

The line below a line of the source says what is reported for it: how severe, which rule, the
headline; then, under their own carets, the label, the notes and the help. A section without such
lines is a text without a fault. `pytest --update` writes what is reported now.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.diagnostics.rules import rules
from moniel2.source import Source, Span

Diagnose = Callable[[Source, Sequence[str]], Iterable[Diagnostic]]
"""Source and the options in the section's header to diagnostics."""

_HEADER = re.compile(r"^--- (?P<name>\S+)(?P<options>(?: \S+)*) ---$", re.M)
_MARK = re.compile(r"^ *\^+ (?:(?:error|warning|note)\[[\w-]+\]|label|note|help) ")


@dataclass(frozen=True)
class Section:
    file: Path
    name: str
    options: tuple[str, ...]
    annotated: str

    @property
    def source(self) -> Source:
        lines = [line for line in self.annotated.splitlines(keepends=True) if not _MARK.match(line)]
        return Source(f"{self.name}.nn", "".join(lines))


def sections(*files: Path) -> list[Section]:
    """All sections of some files."""
    found = []
    for file in files:
        _, *parts = _HEADER.split(file.read_text(encoding="utf-8"))
        for name, options, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            found.append(Section(file, name, tuple(options.split()), body.strip("\n") + "\n"))
    return found


def cases(*files: Path) -> list[object]:
    """Sections as parameters of a test: ``@pytest.mark.parametrize("section", cases(...))``."""
    return [pytest.param(section, id=f"{section.file.stem}-{section.name}") for section in sections(*files)]


def check(section: Section, diagnose: Diagnose, update: bool = False) -> None:
    """Compare what is reported for a section with what it says is reported; ``update`` makes it say so."""
    source = section.source
    annotated = annotate(source, diagnose(source, section.options))
    if update and annotated != section.annotated:
        _replace(section, annotated)
        return
    assert annotated == section.annotated


def annotate(source: Source, diagnostics: Iterable[Diagnostic]) -> str:
    """The text with a line below each place that a diagnostic points to."""
    marks: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for diagnostic in diagnostics:
        severity = rules()[diagnostic.rule].severity.value
        _mark(marks, source, diagnostic.span, f"{severity}[{diagnostic.rule}] {diagnostic.message}")
        if diagnostic.label:
            _mark(marks, source, diagnostic.span, f"label {diagnostic.label}")
        for related in diagnostic.related:
            here = related.span is not None and related.span.source == source
            _mark(marks, source, related.span if here and related.span else diagnostic.span, f"note {related.message}")
        if diagnostic.help:
            _mark(marks, source, diagnostic.span, f"help {diagnostic.help}")
    lines = []
    for number, line in enumerate(source.text.splitlines(), 1):
        lines.append(line)
        lines += [f"{' ' * column}{'^' * width} {text}" for column, width, text in marks[number]]
    return "\n".join(lines) + "\n"


def _mark(marks: dict[int, list[tuple[int, int, str]]], source: Source, span: Span, text: str) -> None:
    start = source.position(span.start)
    if start.offset == len(source.text) and start.column == 1 and start.line > 1:
        # The end of the text is shown behind its last line.
        start = source.position(start.offset - 1)
    end = min(span.end, start.offset - start.column + 1 + len(source.line(start.line)))
    marks[start.line].append((start.column - 1, max(end - start.offset, 1), text.replace("\n", "\\n")))


def _replace(section: Section, annotated: str) -> None:
    text = section.file.read_text(encoding="utf-8")
    header = next(found for found in _HEADER.finditer(text) if found["name"] == section.name)
    following = _HEADER.search(text, header.end())
    rest = "\n" + text[following.start() :] if following else ""
    section.file.write_text(f"{text[: header.end()]}\n{annotated}{rest}", encoding="utf-8")
