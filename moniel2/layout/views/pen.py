"""Drawing with few words: text runs, legends, and the page around what was drawn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from moniel2.layout.page import PAGE_HEIGHT, PAGE_WIDTH
from moniel2.layout.scene import (
    Anchor,
    Box,
    Circle,
    Glyph,
    Group,
    Item,
    Point,
    Polygon,
    Scene,
    TextRun,
    Wire,
    moved,
    rounded,
)
from moniel2.layout.text import width
from moniel2.layout.views.parts import within

MARGIN = 12.0
SMALL, PLAIN, LARGE = 9.5, 11.0, 13.0
LEGEND_ROW, SWATCH, LEGEND_GAP = 16.0, 12.0, 16.0


NARROWEST = 300.0  # a legend is no narrower than this
WIDEST = PAGE_HEIGHT - 2 * MARGIN, PAGE_WIDTH - 2 * MARGIN  # of a figure that lies across a page, or stands on it


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the legend: a swatch of a theme key (or an arrow, an outline, a sign) and what it means."""

    theme: str
    meaning: str
    form: str = "box"


def text(
    x: float,
    y: float,
    words: str,
    size: float = SMALL,
    anchor: Anchor = "middle",
    theme: str = "text.shape",
    bold: bool = False,
    italic: bool = False,
    path: str = "",
) -> TextRun:
    """One line with its baseline at ``y``."""
    long = rounded(width(words, size, bold))
    return TextRun(rounded(x), rounded(y), words, size, bold, italic, anchor, theme, long, path)


def box(x: float, y: float, w: float, h: float, theme: str, radius: float = 0.0, **more: str) -> Box:
    return Box(rounded(x), rounded(y), rounded(w), rounded(h), radius, theme, **more)  # type: ignore[arg-type]


def polygon(points: Sequence[Point], theme: str, path: str = "", title: str = "", tint: str = "") -> Polygon:
    return Polygon(tuple((rounded(x), rounded(y)) for x, y in points), theme, path=path, title=title, tint=tint)


def wire(points: Sequence[Point], theme: str = "wire", arrow: bool = True, dashed: bool = False, **more: str) -> Wire:
    found = tuple((rounded(x), rounded(y)) for x, y in points)
    return Wire(found, theme=theme, arrow=arrow, dashed=dashed, **more)  # type: ignore[arg-type]


def sign(glyph: str, x: float, y: float, r: float, path: str = "", title: str = "") -> Iterator[Item]:
    """A merge as mathematicians write it: + × − ÷ in a circle; two strokes side by side for all others (joined)."""
    k, d = r * 0.55, r * 0.42
    level = ((rounded(x - k), rounded(y)), (rounded(x + k), rounded(y)))
    upright = ((rounded(x), rounded(y - k)), (rounded(x), rounded(y + k)))
    falling = ((rounded(x - d), rounded(y - d)), (rounded(x + d), rounded(y + d)))
    rising = ((rounded(x - d), rounded(y + d)), (rounded(x + d), rounded(y - d)))
    beside = tuple(((rounded(x + s), rounded(y - k)), (rounded(x + s), rounded(y + k))) for s in (-d * 0.7, d * 0.7))
    strokes = {"+": (level, upright), "×": (falling, rising), "−": (level,), "÷": (rising,)}.get(glyph, beside)
    yield Circle(rounded(x), rounded(y), rounded(r), "glyph", False, path, "op glyph", title)
    yield Glyph(strokes, "glyph", path, "op glyph")


def legend(marks: Iterable[Mark], room: float, note: str = "") -> list[Item]:
    """Marks in rows no wider than ``room``, from the origin down; ``note`` stands below them."""
    items: list[Item] = []
    x, y = 0.0, 0.0
    for mark in dict.fromkeys(marks):
        need = SWATCH + 10 + 5 + width(mark.meaning, SMALL)
        if x > 0 and x + need > room:
            x, y = 0.0, y + LEGEND_ROW
        items += _swatch(mark, x, y)
        items.append(text(x + SWATCH + 15, y + 9.5, mark.meaning, SMALL, "start", "text.caption"))
        x += need + LEGEND_GAP
    y += LEGEND_ROW if items else 0.0
    for line in wrapped(note, room):
        items.append(text(0, y + 9.5, line, SMALL, "start", "text.caption"))
        y += 13
    return items


def _swatch(mark: Mark, x: float, y: float) -> Iterator[Item]:
    wide = SWATCH + 10
    line = ((rounded(x), rounded(y + 6)), (rounded(x + wide), rounded(y + 6)))
    if mark.form in ("arrow", "line"):
        yield Wire(line, theme=mark.theme, arrow=mark.form == "arrow")
    elif mark.form == "dashed":
        yield Wire(line, theme=mark.theme, dashed=True)
    elif mark.form == "outline":
        yield Box(rounded(x + 5), rounded(y), SWATCH, SWATCH, 0.0, mark.theme, True)
    elif mark.form.startswith("sign"):
        yield from sign(mark.form[4:], x + wide / 2, y + 6, 6)
    elif mark.form == "bar":
        yield Box(rounded(x + wide / 2), rounded(y), 2.5, SWATCH, 1.0, mark.theme)
    elif mark.form == "double":
        yield Box(rounded(x), rounded(y), wide, SWATCH, 2.0, mark.theme, False, True)
    else:
        yield Box(rounded(x + 5), rounded(y), SWATCH, SWATCH, 2.0, mark.theme)


def wrapped(words: str, room: float, size: float = SMALL) -> list[str]:
    """A text in lines no wider than ``room``, as far as its words allow."""
    lines: list[str] = []
    for word in words.split():
        if lines and width(f"{lines[-1]} {word}", size) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def bounds(items: Iterable[Item]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of all that is drawn, text included."""
    xs: list[float] = []
    ys: list[float] = []
    stack = list(items)
    while stack:
        item = stack.pop()
        match item:
            case Box():
                xs += [item.x, item.x + item.w]
                ys += [item.y, item.y + item.h]
            case Circle():
                xs += [item.cx - item.r, item.cx + item.r]
                ys += [item.cy - item.r, item.cy + item.r]
            case TextRun():
                left = item.x - {"start": 0.0, "middle": item.width / 2, "end": item.width}[item.anchor]
                xs += [left, left + item.width]
                ys += [item.y - item.size, item.y + item.size * 0.25]
            case Wire() | Polygon():
                xs += [x for x, _ in item.points]
                ys += [y for _, y in item.points]
            case Glyph():
                xs += [x for stroke in item.strokes for x, _ in stroke]
                ys += [y for stroke in item.strokes for _, y in stroke]
            case Group():
                stack.extend(item.items)
    if not xs:
        return (0.0, 0.0, 0.0, 0.0)
    return (min(xs), min(ys), max(xs), max(ys))


def placed(items: Iterable[Item], x: float, y: float) -> tuple[list[Item], float, float]:
    """The same with its top left corner at (x, y), and how wide and high it is."""
    found = list(items)
    left, top, right, bottom = bounds(found)
    return [moved(i, x - left, y - top) for i in found], right - left, bottom - top


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a view made of a model: items anywhere, the lines of their legend and a note for below it."""

    name: str
    items: Sequence[Item]
    marks: Sequence[Mark]
    description: str
    note: str = ""


def beside(drawings: Sequence[Drawn], across: bool, apart: float = 36.0, centred: bool = False) -> Drawn:
    """Several drawings as one, each under its name: next to one another, or one below the other, there ``centred``."""
    if len(drawings) == 1:
        return drawings[0]
    items: list[Item] = []
    x = y = 0.0
    extents = [bounds(one.items) for one in drawings]
    widest = max(right - left for left, _, right, _ in extents)
    for one, (left, top, right, bottom) in zip(drawings, extents, strict=True):
        wide = max(right - left, width(one.name, LARGE, True)) if across else right - left
        start = x + (widest - wide) / 2 if centred and not across else x
        at = start + (wide - (right - left)) / 2
        items += [text(start + wide / 2, y + 11, one.name, LARGE, "middle", "text.heading", bold=True)]
        shown = tuple(moved(i, at - left, y + 22 - top) for i in one.items)
        items.append(Group(within(shown, one.name), css="model", title=one.name))
        x, y = (x + wide + apart, y) if across else (x, y + bottom - top + 50)
    marks = [mark for one in drawings for mark in one.marks]
    names = ", ".join(one.name for one in drawings)
    told = " ".join(one.description for one in drawings)
    return Drawn(names, items, marks, told, drawings[0].note)


def page(drawn: Drawn, title: str, with_legend: bool) -> Scene:
    """What was drawn with its heading above and its legend below, margins all around."""
    top = MARGIN
    found: list[Item] = []
    heading_width = width(title, LARGE, True) if title else 0.0
    if title:
        top += 24
    shown, w, h = placed(drawn.items, MARGIN, top)
    found += shown
    bottom = top + h
    if with_legend and (drawn.marks or drawn.note):
        under, w2, h2 = placed(legend(drawn.marks, max(w, NARROWEST), drawn.note), MARGIN, bottom + 16)
        found += under
        bottom += 16 + h2
        w = max(w, w2)
    w = max(w, heading_width)
    if title:
        found.insert(0, text(MARGIN + w / 2, MARGIN + 12, title, LARGE, "middle", "text.heading", bold=True))
    return Scene(
        rounded(w + 2 * MARGIN), rounded(bottom + MARGIN), tuple(found), title or drawn.name, drawn.description
    )


def reduced(drawn: Drawn, title: str, with_legend: bool, sideways: bool = False) -> float:
    """How much a page would have to reduce a figure: 1 or less if it fits. ``sideways``: the page may be turned."""
    made = page(drawn, title, with_legend)
    w, h = (made.height, made.width) if sideways and made.width > made.height else (made.width, made.height)
    return max(w / PAGE_WIDTH, h / PAGE_HEIGHT)


def with_legend(scene: Scene, marks: Sequence[tuple[str, str]]) -> Scene:
    """A finished picture with what its colours mean below it. ``marks`` are theme keys and words."""
    if not marks:
        return scene
    lines = legend([Mark(*mark) for mark in marks], max(scene.width - 2 * MARGIN, NARROWEST))
    under, w, h = placed(lines, MARGIN, scene.height + 4)
    wide = max(scene.width, rounded(w + 2 * MARGIN))
    items = tuple(moved(i, (wide - scene.width) / 2, 0.0) for i in scene.items)
    return replace(scene, width=wide, height=rounded(scene.height + 4 + h + MARGIN), items=(*items, *under))
