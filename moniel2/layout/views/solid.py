"""Oblique boxes: a tensor as a solid whose edges grow with the root of its sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from moniel2.layout.scene import Item, Point
from moniel2.layout.views.extent import Extent
from moniel2.layout.views.pen import polygon

FACE, DEPTH = 8.0, 0.95  # pixels for the root of one
SLANT, RISE = 0.42, 0.42  # how far the width of a face runs to the right and up
TALLEST, THICKEST, THINNEST = 170.0, 60.0, 4.0
BAR = 6.0  # thickness of a vector
BAND = 3.0  # of the darker band of an activation or normalization
SCALE = "edges grow with the square root of the size"


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


def solid(extent: Extent) -> Solid:
    """How a tensor is drawn."""
    if extent.kind == "vector":
        return Solid(BAR, _high(2.2 * sqrt(extent.channels)), 4.0, 4.0)
    if extent.kind == "sheet":
        # Words side by side: as wide as there are words, as high as each has features.
        wide = min(max(FACE * sqrt(extent.width), 20.0), TALLEST)
        return Solid(THINNEST, _high(FACE * 0.5 * sqrt(extent.channels)), wide * SLANT, wide * RISE)
    if extent.kind == "unknown":
        return Solid(10.0, 40.0, 14.0, 14.0)
    thick = min(max(DEPTH * sqrt(extent.channels), THINNEST), THICKEST)
    wide = _high(FACE * sqrt(extent.width))
    return Solid(thick, _high(FACE * sqrt(extent.height)), wide * SLANT, wide * RISE)


def _high(value: float) -> float:
    return min(max(value, 8.0), TALLEST)


def draw_solid(
    x: float,
    y: float,
    one: Solid,
    thick: float,
    theme: str,
    path: str,
    title: str,
    bands: list[str],
    last: bool,
    tint: str = "",
) -> Iterator[Item]:
    """A solid whose axis enters at (x, y); the far face only when nothing touches it (``last``)."""
    left, right = x - one.over / 2, x - one.over / 2 + thick
    bottom, top = y + one.high / 2 + one.up / 2, y - one.high / 2 + one.up / 2

    def back(p: Point) -> Point:
        return (p[0] + one.over, p[1] - one.up)

    def front(a: float, b: float) -> list[Point]:
        return [(a, top), (b, top), (b, bottom), (a, bottom)]

    lid = [(left, top), (right, top), back((right, top)), back((left, top))]
    yield polygon(front(left, right), theme, path, title, tint)
    yield polygon(lid, theme, path, title, tint)
    yield polygon(lid, "shade", path)
    side = [(right, top), (right, bottom), back((right, bottom)), back((right, top))]
    if last:
        yield polygon(side, theme, path, title, tint)
        yield polygon(side, "shade", path)
    if bands:
        wide = min(BAND, thick / 2)
        yield polygon(front(right - wide, right), "shade", path)
        yield polygon([(right - wide, top), (right, top), back((right, top)), back((right - wide, top))], "shade", path)
        if last:
            yield polygon(side, "shade", path)
