"""What a picture is made of: plain geometry, text runs and theme keys; no SVG, no colour.

Units are CSS pixels (96 to the inch; 0.75 pt each). The origin is the top left corner of the page, x runs right and y
runs down. Every number is finite and rounded to 0.01, so a scene is the same on every machine. Type is 11 px unless a
run says otherwise, and ``TextRun.y`` is the *baseline*. Items are painted in order: later ones lie on top.

Every exporter (SVG, PDF, PNG, TikZ, HTML) reads this and nothing else. What a theme key looks like (fill, edge, width
of the line) is the theme's business (``backends/theme.py``); the keys are listed in ``THEME_KEYS``. How a wire bends
and where its head lies is in ``curves.py``, so that all exporters agree.

``path`` is the place of a thing in the model: ``layer3/1/conv2``, "" for the model itself; ports of the model are
``in:image`` and ``out:logits``, a block's are ``layer3/in:x``. ``css`` is a list of class names separated by blanks
(``op conv``, ``block open``, ``wire skip``). ``title`` is the tooltip and what a screen reader says. ``tint`` is a
colour that the model's text asks for (``@color("#…")``), else ""; ``on`` is that of what lies behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Point = tuple[float, float]

CATEGORY_KEYS = (
    "conv",
    "linear",
    "norm",
    "act",
    "pool",
    "attn",
    "rnn",
    "embed",
    "merge",
    "tensor",
    "reg",
    "loss",
    "io",
    "undefined",
)
FAMILY_KEYS = tuple(f"family.{n}" for n in range(1, 7))  # kinds of blocks in an overview, in order of first use
FRAME_KEYS = ("frame.1", "frame.2", "frame.3", "frame.4")  # by depth; deeper ones alternate between the last two
TEXT_KEYS = (
    "text",  # first line of a box
    "text.detail",  # its second line
    "text.shape",  # a tensor's shape beside its wire
    "text.title",  # a frame's title
    "text.repeat",  # ×6
    "text.port",  # the name of an input or output
    "text.heading",  # the figure's own title
    "text.caption",  # legend and caption
)
WIRE_KEYS = ("wire", "wire.skip", "wire.back", "wire.light")  # wire.light: brackets, joins from insets, time steps
# "block" is a collapsed block, "glyph" the circle of ⊕ ⊗ and its strokes, "bar" a plain bar, "page" the background,
# "mark" the bar beside what differs.
THEME_KEYS = (
    *CATEGORY_KEYS,
    "block",
    "glyph",
    "bar",
    "page",
    "mark",
    *FAMILY_KEYS,
    *FRAME_KEYS,
    *TEXT_KEYS,
    *WIRE_KEYS,
)

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with rounded corners: an operation, a collapsed block (``double_edge``) or a block's frame."""

    x: float
    y: float
    w: float
    h: float
    radius: float = 4.0
    theme: str = "block"
    dashed: bool = False
    double_edge: bool = False
    path: str = ""
    css: str = ""
    title: str = ""
    tint: str = ""


@dataclass(frozen=True, slots=True)
class Circle:
    """The circle of ⊕ and ⊗, or a neuron. Its sign is a ``Glyph`` on top."""

    cx: float
    cy: float
    r: float
    theme: str = "glyph"
    dashed: bool = False
    path: str = ""
    css: str = ""
    title: str = ""
    tint: str = ""


@dataclass(frozen=True, slots=True)
class Glyph:
    """Strokes without fill: the sign in ⊕ or ⊗. Each stroke is a polyline."""

    strokes: tuple[tuple[Point, ...], ...]
    theme: str = "glyph"
    path: str = ""
    css: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True)
class Polygon:
    """A filled outline: a face of a 3-D volume, a legend's mark."""

    points: tuple[Point, ...]
    theme: str
    dashed: bool = False
    path: str = ""
    css: str = ""
    title: str = ""
    tint: str = ""


@dataclass(frozen=True, slots=True)
class Wire:
    """A tensor on its way: a polyline with corners rounded by ``radius`` and, at its last point, an arrow head's tip.

    Wires of one source share their first stretch exactly, so that drawn on top of each other they look like one bus.
    ``source`` and ``target`` are the paths of what it leaves and enters.
    """

    points: tuple[Point, ...]
    radius: float = 6.0
    theme: str = "wire"
    arrow: bool = True
    dashed: bool = False
    source: str = ""
    target: str = ""
    css: str = "wire"
    title: str = ""


@dataclass(frozen=True, slots=True)
class TextRun:
    """One line of text. ``x`` is where ``anchor`` says and ``y`` the baseline; ``width`` is its length in Helvetica."""

    x: float
    y: float
    text: str
    size: float = 11.0
    bold: bool = False
    italic: bool = False
    anchor: Anchor = "start"
    theme: str = "text"
    width: float = 0.0
    path: str = ""
    css: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs together: an operation with its text, or an open block with its frame and all that is inside."""

    items: tuple[Item, ...]
    path: str = ""
    css: str = ""
    title: str = ""


Item = Box | Circle | Glyph | Polygon | Wire | TextRun | Group


@dataclass(frozen=True, slots=True)
class Scene:
    """A finished picture, ``width`` × ``height`` with all margins inside. Without ``background`` the page is clear."""

    width: float
    height: float
    items: tuple[Item, ...]
    title: str = ""
    description: str = ""
    background: bool = True

    def walk(self) -> Iterator[Item]:
        """Every item in the order of painting, groups before what is in them."""
        stack = list(reversed(self.items))
        while stack:
            item = stack.pop()
            yield item
            if isinstance(item, Group):
                stack.extend(reversed(item.items))


def rounded(value: float) -> float:
    """To 0.01, without negative zero. Sums that differ only by the order of their terms are one number."""
    return round(round(value, 6), 2) + 0.0


def moved(item: Item, dx: float, dy: float) -> Item:
    """The same thing elsewhere."""
    match item:
        case Box():
            return replace(item, x=rounded(item.x + dx), y=rounded(item.y + dy))
        case TextRun():
            return replace(item, x=rounded(item.x + dx), y=rounded(item.y + dy))
        case Circle():
            return replace(item, cx=rounded(item.cx + dx), cy=rounded(item.cy + dy))
        case Wire() | Polygon():
            return replace(item, points=_shift(item.points, dx, dy))
        case Glyph():
            return replace(item, strokes=tuple(_shift(s, dx, dy) for s in item.strokes))
        case Group():
            return replace(item, items=tuple(moved(i, dx, dy) for i in item.items))


def _shift(points: tuple[Point, ...], dx: float, dy: float) -> tuple[Point, ...]:
    return tuple((rounded(x + dx), rounded(y + dy)) for x, y in points)
