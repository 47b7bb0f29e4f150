"""Oblique boxes: a tensor as a solid whose edges grow with the logarithm of its sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import log2

from moniel2.layout.scene import Item, Point
from moniel2.layout.views.extent import Extent
from moniel2.layout.views.pen import polygon

SLANT, RISE = 0.42, 0.42  # how far the width of a face runs to the right and up
TALLEST, THICKEST, THINNEST, LEAST = 170.0, 64.0, 4.0, 8.0
BAR = 6.0  # thickness of a vector
BAND = 3.0  # of the darker band of an activation or normalization
SCALE = "edges grow with the logarithm of the size"
# Pixels for each doubling, and the size below which growth is about linear: of pixels, channels, features.
PIXELS, CHANNELS, FEATURES = (22.0, 8.0), (9.0, 32.0), (20.0, 16.0)


@dataclass(frozen=True, slots=True)
class Solid:
    """``thick`` along the flow, ``high``, and ``(over, up)`` from its front edge to its back edge."""

    thick: float
    high: float
    over: float
    up: float

    @property
    def left(self) -> float:
        """How far it reaches to the left of where its axis enters it."""
        return self.over / 2

    @property
    def right(self) -> float:
        return self.over / 2

    @property
    def top(self) -> float:
        """From the axis up to the highest point."""
        return self.high / 2 + self.up / 2


def solid(extent: Extent, scale: float = 1.0) -> Solid:
    """How a tensor is drawn; ``scale`` makes all edges shorter, as far as they stay visible."""
    one = _solid(extent)
    thick = one.thick if extent.kind in ("vector", "sheet") else max(one.thick * scale, THINNEST)
    return Solid(thick, max(one.high * scale, LEAST), one.over * scale, one.up * scale)


def _solid(extent: Extent) -> Solid:
    if extent.kind == "vector":
        return Solid(BAR, _high(_grown(extent.channels, FEATURES)), 4.0, 4.0)
    if extent.kind == "sheet":
        # Words side by side: as wide as there are words, as high as each has features.
        wide = max(_high(_grown(extent.width, PIXELS)), 20.0)
        return Solid(THINNEST, _high(_grown(extent.channels, FEATURES)), wide * SLANT, wide * RISE)
    if extent.kind == "unknown":
        return Solid(10.0, 40.0, 14.0, 14.0)
    thick = min(max(_grown(extent.channels, CHANNELS), THINNEST), THICKEST)
    wide = _high(_grown(extent.width, PIXELS))
    return Solid(thick, _high(_grown(extent.height, PIXELS)), wide * SLANT, wide * RISE)


def _grown(size: float, scale: tuple[float, float]) -> float:
    step, least = scale
    return step * log2(1 + size / least)


def _high(value: float) -> float:
    return min(max(value, LEAST), TALLEST)


@dataclass(frozen=True, slots=True)
class Paint:
    """What a solid stands for and how it looks; ``band``: its last slice is an activation or normalization."""

    theme: str
    path: str = ""
    title: str = ""
    band: bool = False
    tint: str = ""


def draw_solid(x: float, y: float, one: Solid, thick: float, paint: Paint, last: bool) -> Iterator[Item]:
    """A solid whose axis enters at (x, y); the far face only when nothing touches it (``last``)."""

    def face(points: list[Point], part: str = "") -> Item:
        return polygon(points, paint.theme + part, paint.path, paint.title, paint.tint)

    left, right = x - one.over / 2, x - one.over / 2 + thick
    bottom, top = y + one.high / 2 + one.up / 2, y - one.high / 2 + one.up / 2

    def back(p: Point) -> Point:
        return (p[0] + one.over, p[1] - one.up)

    def front(a: float, b: float) -> list[Point]:
        return [(a, top), (b, top), (b, bottom), (a, bottom)]

    lid = [(left, top), (right, top), back((right, top)), back((left, top))]
    yield face(front(left, right))
    yield face(lid, ".lid")
    side = [(right, top), (right, bottom), back((right, bottom)), back((right, top))]
    if last:
        yield face(side, ".side")
    if paint.band:
        wide = min(BAND, thick / 2)
        yield face(front(right - wide, right), ".band")
        yield face([(right - wide, top), (right, top), back((right, top)), back((right - wide, top))], ".band")
