"""Diagnostics as text for people, as JSON for programs, and as workflow commands for GitHub.

The words of a diagnostic come from whoever found it; here they get their place on the screen. Nothing that a source
contains reaches the terminal as a control sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict

from moniel2.diagnostics.columns import Line, printable, shown_line
from moniel2.diagnostics.diagnostic import Diagnostic, Related, Severity
from moniel2.diagnostics.rules import Rule, rules
from moniel2.source import Source, Span

WIDTH = 160
"""Longer source lines are cut around what is underlined."""


@dataclass(frozen=True, slots=True)
class Ink:
    """How to colour: escape sequences, or nothing."""

    error: str = ""
    warning: str = ""
    note: str = ""
    frame: str = ""
    bold: str = ""
    off: str = ""

    def of(self, severity: Severity) -> str:
        return {Severity.ERROR: self.error, Severity.WARNING: self.warning, Severity.NOTE: self.note}[severity]


PLAIN = Ink()
COLOURED = Ink("\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m")


def declared(diagnostic: Diagnostic) -> Rule:
    """The rule that a diagnostic belongs to."""
    return rules()[diagnostic.rule]


def severity(diagnostic: Diagnostic) -> Severity:
    return declared(diagnostic).severity


def in_reading_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """File by file, in the order in which the files first occur, from top to bottom."""
    listed = list(diagnostics)
    files: dict[str, int] = {}
    for diagnostic in listed:
        files.setdefault(diagnostic.span.source.name, len(files))
    return sorted(listed, key=lambda d: (files[d.span.source.name], d.span.start, d.span.end))


# ------------------------------------------------------------------------------- for people


def to_text(diagnostics: Iterable[Diagnostic], colour: bool = False) -> str:
    """All of them, a blank line between each two."""
    ink = COLOURED if colour else PLAIN
    return "\n".join(_block(diagnostic, ink) for diagnostic in in_reading_order(diagnostics))


def _block(diagnostic: Diagnostic, ink: Ink) -> str:
    rule = declared(diagnostic)
    accent = ink.of(rule.severity)
    head = f"{accent}{rule.severity.value}[{rule.code}]{ink.off}{ink.bold}: {_inline(diagnostic.message)}{ink.off}"
    source, span = diagnostic.span.source, diagnostic.span
    at = source.position(span.start)
    gutter = " " * len(str(at.line))
    lines = [head, f"{gutter}{ink.frame}-->{ink.off} {printable(source.name)}:{at.line}:{at.column}"]
    beside, apart = _split(diagnostic.related, source, at.line)
    lines.append(f"{gutter} {ink.frame}|{ink.off}")
    line = shown_line(source, at.line, span, WIDTH)
    lines.append(f"{ink.frame}{at.line} |{ink.off} {line.text}".rstrip())
    marks = _marks(line, diagnostic, beside)
    lines += [f"{gutter} {ink.frame}|{ink.off} {_painted(row, accent, ink)}".rstrip() for row in marks]
    for related in apart:
        lines += _remark("note", related.message, related.span, gutter, ink)
    if diagnostic.help:
        lines += _remark("help", diagnostic.help, None, gutter, ink)
    return "\n".join(lines) + "\n"


def _split(related: Sequence[Related], source: Source, line: int) -> tuple[list[tuple[str, Span]], list[Related]]:
    """Secondary places on the primary line are underlined there; all others become notes."""
    beside: list[tuple[str, Span]] = []
    apart: list[Related] = []
    for one in related:
        span = one.span
        if span is not None and span.source == source and source.position(span.start).line == line:
            beside.append((one.message, span))
        else:
            apart.append(one)
    return beside, apart


def _marks(line: Line, diagnostic: Diagnostic, beside: Sequence[tuple[str, Span]]) -> list[str]:
    """The rows below the source line: carets with the label, then one row for each secondary place."""
    rows = [_underlined(line, diagnostic.span, "^", diagnostic.label)]
    rows += [_underlined(line, span, "-", message) for message, span in beside]
    return rows


def _underlined(line: Line, span: Span, mark: str, label: str) -> str:
    start, end = line.columns(span)
    return f"{' ' * start}{mark * (end - start)} {_inline(label)}".rstrip()


def _painted(row: str, accent: str, ink: Ink) -> str:
    if not accent:
        return row
    bare = row.lstrip(" ")
    colour = accent if bare.startswith("^") else ink.frame
    return f"{row[: len(row) - len(bare)]}{colour}{bare}{ink.off}"


def _remark(kind: str, message: str, span: Span | None, gutter: str, ink: Ink) -> list[str]:
    where = f" ({printable(str(span))})" if span is not None else ""
    first, *rest = (message + where).split("\n")
    lines = [f"{gutter} {ink.frame}={ink.off} {ink.bold}{kind}{ink.off}: {printable(first)}"]
    indent = " " * (len(gutter) + len(f" = {kind}: "))
    return lines + [f"{indent}{printable(part)}".rstrip() for part in rest]


def _inline(message: str) -> str:
    return printable(" ".join(message.split("\n")))


def closing_line(diagnostics: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``; empty when there is nothing to say."""
    parts = []
    for kind in (Severity.ERROR, Severity.WARNING):
        count = sum(severity(d) is kind for d in diagnostics)
        if count:
            parts.append(f"{count} {kind.value}{'s' if count > 1 else ''}")
    return ", ".join(parts)


# ------------------------------------------------------------------------------- for programs


class PositionJson(TypedDict):
    line: int
    column: int
    offset: int


class SpanJson(TypedDict):
    start: PositionJson
    end: PositionJson


class RelatedJson(TypedDict):
    message: str
    file: str | None
    span: SpanJson | None


class DiagnosticJson(TypedDict):
    file: str
    severity: str
    code: str
    message: str
    span: SpanJson
    related: list[RelatedJson]
    help: str | None
    replacement: str | None


def to_json(diagnostics: Iterable[Diagnostic]) -> list[DiagnosticJson]:
    """The same facts as plain data. What stands under the carets is the first of the related places."""
    return [_as_json(diagnostic) for diagnostic in in_reading_order(diagnostics)]


def _as_json(diagnostic: Diagnostic) -> DiagnosticJson:
    rule = declared(diagnostic)
    label = [Related(diagnostic.label, diagnostic.span)] if diagnostic.label else []
    related: list[RelatedJson] = [
        {
            "message": one.message,
            "file": one.span.source.name if one.span is not None else None,
            "span": _span_json(one.span) if one.span is not None else None,
        }
        for one in (*label, *diagnostic.related)
    ]
    return {
        "file": diagnostic.span.source.name,
        "severity": rule.severity.value,
        "code": rule.code,
        "message": diagnostic.message,
        "span": _span_json(diagnostic.span),
        "related": related,
        "help": diagnostic.help,
        "replacement": diagnostic.replacement,
    }


def _span_json(span: Span) -> SpanJson:
    return {"start": _position_json(span, span.start), "end": _position_json(span, span.end)}


def _position_json(span: Span, offset: int) -> PositionJson:
    at = span.source.position(offset)
    return {"line": at.line, "column": at.column, "offset": at.offset}


# --------------------------------------------------------------------------------- for GitHub


def to_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Workflow commands, one a line: GitHub shows them beside the lines of a pull request."""
    return "".join(_command(diagnostic) + "\n" for diagnostic in in_reading_order(diagnostics))


def _command(diagnostic: Diagnostic) -> str:
    rule = declared(diagnostic)
    kind = "notice" if rule.severity is Severity.NOTE else rule.severity.value
    source, span = diagnostic.span.source, diagnostic.span
    start, end = source.position(span.start), source.position(max(span.start, span.end - 1))
    properties = {
        "file": source.name,
        "line": start.line,
        "endLine": end.line,
        "col": start.column,
        "endColumn": end.column,
        "title": f"{rule.code} {rule.slug}",
    }
    body = [f"{diagnostic.message}: {diagnostic.label}" if diagnostic.label else diagnostic.message]
    body += [one.message if one.span is None else f"{one.message} ({one.span})" for one in diagnostic.related]
    if diagnostic.help:
        body.append(f"help: {diagnostic.help}")
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{kind} {listed}::{_data(chr(10).join(body))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
