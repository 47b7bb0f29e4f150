"""Documents: texts that know where they may be broken into lines (after P. Wadler, "A prettier printer").

    call = group(text("Conv("), nest(softline, join(concat(text(","), line), arguments)), softline, text(")"))
    render(call, width=100)

A ``group`` is set on one line if it fits; if not, its own line breaks become line ends, and the
groups inside it are asked in turn. A leaf: it imports nothing of ours. Nothing here recurses, so a
document may be as deep as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

INDENT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Doc:
    """``breaks``: it holds a line end that stays one, so that no group around it fits on a line."""

    breaks: bool = field(default=False, init=False)


@dataclass(frozen=True, slots=True, eq=False)
class Text(Doc):
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Line(Doc):
    """A line end, or ``flat`` where the group around it fits on a line; None: always a line end.

    ``fresh``: none where the line has only begun.
    """

    flat: str | None
    fresh: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "breaks", self.flat is None)


@dataclass(frozen=True, slots=True, eq=False)
class Concat(Doc):
    parts: tuple[Doc, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "breaks", any(part.breaks for part in self.parts))


@dataclass(frozen=True, slots=True, eq=False)
class Nest(Doc):
    """Line ends inside indent further by ``columns``."""

    columns: int
    content: Doc

    def __post_init__(self) -> None:
        object.__setattr__(self, "breaks", self.content.breaks)


@dataclass(frozen=True, slots=True, eq=False)
class Hang(Doc):
    """Line ends inside indent as the line on which this begins does."""

    content: Doc

    def __post_init__(self) -> None:
        object.__setattr__(self, "breaks", self.content.breaks)


@dataclass(frozen=True, slots=True, eq=False)
class Group(Doc):
    """All its own line breaks are line ends, or none is."""

    content: Doc

    def __post_init__(self) -> None:
        object.__setattr__(self, "breaks", self.content.breaks)


@dataclass(frozen=True, slots=True, eq=False)
class Fill(Doc):
    """Parts and the breaks between them, in turn: as many parts on a line as fit."""

    parts: tuple[Doc, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "breaks", any(part.breaks for part in self.parts))


@dataclass(frozen=True, slots=True, eq=False)
class IfBroken(Doc):
    """One text where the group around it is broken, another where it is on one line."""

    broken: str
    flat: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Trailing(Doc):
    """A text that goes to the end of its line, as a comment does; its width is not counted."""

    value: str


def text(value: str) -> Doc:
    return Text(value)


def concat(*parts: Doc | str) -> Doc:
    return Concat(tuple(map(_doc, parts)))


def group(*parts: Doc | str) -> Doc:
    return Group(concat(*parts))


def nest(*parts: Doc | str, columns: int = INDENT) -> Doc:
    return Nest(columns, concat(*parts))


def hang(*parts: Doc | str) -> Doc:
    return Hang(concat(*parts))


def fill(parts: Iterable[Doc]) -> Doc:
    """Content and separator in turn, content first."""
    return Fill(tuple(parts))


def join(separator: Doc | str, parts: Iterable[Doc | str]) -> Doc:
    joined: list[Doc] = []
    for part in parts:
        if joined:
            joined.append(_doc(separator))
        joined.append(_doc(part))
    return Concat(tuple(joined))


def if_broken(broken: str, flat: str = "") -> Doc:
    return IfBroken(broken, flat)


def trailing(value: str) -> Doc:
    return Trailing(value)


def _doc(part: Doc | str) -> Doc:
    return Text(part) if isinstance(part, str) else part


line: Doc = Line(" ")
"""A space, or a line end."""
softline: Doc = Line("")
"""Nothing, or a line end."""
hardline: Doc = Line(None)
"""A line end."""
freshline: Doc = Line(None, fresh=True)
"""A line end, unless the line has only begun."""
empty: Doc = Concat(())


def render(doc: Doc, width: int = 100) -> str:
    """The text of a document, in lines of at most ``width`` characters where that is possible."""
    out = _Output()
    work: list[_Step] = [_Step(0, False, doc)]
    while work:
        indent, flat, doc = work.pop()
        match doc:
            case Text(value=value):
                out.write(value)
            case Line(flat=str(space)) if flat:
                out.write(space)
            case Line(fresh=fresh):
                if out.begun or not fresh:
                    out.end_line()
                out.begin_line(indent)
            case Concat(parts=parts):
                work.extend(_Step(indent, flat, part) for part in reversed(parts))
            case Nest(columns=columns, content=content):
                work.append(_Step(indent + columns, flat, content))
            case Hang(content=content):
                work.append(_Step(out.indentation, flat, content))
            case Group(content=content):
                whole = _Step(indent, True, content)
                fits = flat or (not content.breaks and _fits(width - out.column, [whole], work))
                work.append(whole if fits else _Step(indent, False, content))
            case Fill(parts=parts):
                work.append(_Step(indent, flat, _FillFrom(parts, 0)))
            case _FillFrom(parts=parts, at=at):
                if at:
                    flat_break = flat or (not parts[at - 1].breaks and _stays(parts, at, indent, width, out.column))
                    work.extend(_fill_rest(parts, at, indent, flat))
                    work.append(_Step(indent, flat_break, parts[at - 1]))
                elif parts:
                    work.extend(_fill_rest(parts, at, indent, flat))
            case IfBroken(broken=broken, flat=otherwise):
                out.write(otherwise if flat else broken)
            case Trailing(value=value):
                out.trailing.append(value)
    out.end_line()
    return "\n".join(out.lines)


class _Step(NamedTuple):
    indent: int
    flat: bool
    doc: Doc


@dataclass(frozen=True, slots=True, eq=False)
class _FillFrom(Doc):
    """The part of a ``Fill`` with this number, the break before it, and all after it."""

    parts: tuple[Doc, ...]
    at: int


def _fill_rest(parts: tuple[Doc, ...], at: int, indent: int, flat: bool) -> list[_Step]:
    rest = [_Step(indent, flat, _FillFrom(parts, at + 2))] if at + 2 < len(parts) else []
    return [*rest, _Step(indent, flat, parts[at])]


def _stays(parts: tuple[Doc, ...], at: int, indent: int, width: int, column: int) -> bool:
    """Whether a part of a ``Fill`` goes on the line under way: it fits there, or would fit on no line as a whole."""
    separator, part = _Step(indent, True, parts[at - 1]), parts[at]
    if _fits(width - column, [_Step(indent, not part.breaks, part), separator], []):
        return True
    if part.breaks or _fits(width - indent, [_Step(indent, True, part)], []):
        return False
    return _fits(width - column, [separator], [_Step(indent, False, part)])


def _fits(space: int, ahead: list[_Step], behind: list[_Step]) -> bool:
    """Whether the steps ahead, and what follows them up to the next line end, take no more than ``space``."""
    behind_at = len(behind)
    following = False
    while space >= 0:
        if not ahead:
            if behind_at == 0:
                return True
            behind_at -= 1
            following = True
            ahead.append(behind[behind_at])
        indent, flat, doc = ahead.pop()
        match doc:
            case Text(value=value):
                if "\n" in value:
                    return len(value.split("\n", 1)[0]) <= space
                space -= len(value)
            case Line(flat=str(blank)) if flat:
                space -= len(blank)
            case Line() | _FillFrom():
                return True
            case Concat(parts=parts):
                ahead.extend(_Step(indent, flat, part) for part in reversed(parts))
            case Nest(content=content) | Hang(content=content):
                ahead.append(_Step(indent, flat, content))
            case Group(content=content):
                ahead.append(_Step(indent, flat or not (following or content.breaks), content))
            case Fill(parts=parts):
                ahead.extend(_Step(indent, flat, part) for part in reversed(parts))
            case IfBroken(broken=broken, flat=otherwise):
                space -= len(otherwise if flat else broken)
    return False


class _Output:
    """The lines so far, and the one under way."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.trailing: list[str] = []
        self.begun = False
        self.column = 0
        self.indentation = 0
        self._parts: list[str] = []

    def begin_line(self, indentation: int) -> None:
        self.indentation = self.column = indentation

    def write(self, value: str) -> None:
        if not value:
            return
        if not self.begun:
            self.begun = True
            self._parts.append(" " * self.indentation)
        self._parts.append(value)
        self.column = len(value) - value.rindex("\n") - 1 if "\n" in value else self.column + len(value)

    def end_line(self) -> None:
        self.lines.append("".join(self._parts).rstrip() + "".join(self.trailing))
        self._parts.clear()
        self.trailing.clear()
        self.begun = False
