"""How a wire bends and where its head lies, once for all exporters."""

from __future__ import annotations

from math import hypot
from typing import Literal

from moniel2.layout.scene import Point, Wire, rounded

HEAD_LENGTH = 7.0
HEAD_WIDTH = 6.0
_ARC = 0.5523  # a quarter circle as one cubic curve

# ("M", (p,)) move, ("L", (p,)) line, ("C", (control, control, p)) cubic curve.
Command = tuple[Literal["M", "L", "C"], tuple[Point, ...]]


def stroke(wire: Wire) -> tuple[Command, ...]:
    """The wire's line as move, line and curve commands, ending inside its head."""
    points = straightened(wire.points)
    if wire.arrow and len(points) > 1:
        points[-1] = _before(points[-1], points[-2], HEAD_LENGTH - 1)
    commands: list[Command] = [("M", (points[0],))]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        # Half of a piece at most, so that the two corners at its ends never overlap.
        reach = min(wire.radius, _length(before, corner) / 2, _length(corner, after) / 2)
        if reach < 0.01:
            commands.append(("L", (_tidy(corner),)))
            continue
        start, end = _before(corner, before, reach), _before(corner, after, reach)
        bend = reach * (1 - _ARC)
        commands.append(("L", (_tidy(start),)))
        commands.append(("C", (_tidy(_before(corner, before, bend)), _tidy(_before(corner, after, bend)), _tidy(end))))
    if len(points) > 1:
        commands.append(("L", (_tidy(points[-1]),)))
    return tuple(commands)


def arrow_head(wire: Wire) -> tuple[Point, Point, Point] | None:
    """The triangle at the wire's end, tip first."""
    points = straightened(wire.points)
    if not wire.arrow or len(points) < 2:
        return None
    tip = points[-1]
    base = _before(tip, points[-2], HEAD_LENGTH)
    reach = _length(tip, base) or 1.0
    nx, ny = (base[1] - tip[1]) / reach, (tip[0] - base[0]) / reach
    half = HEAD_WIDTH / 2
    return (
        _tidy(tip),
        _tidy((base[0] + nx * half, base[1] + ny * half)),
        _tidy((base[0] - nx * half, base[1] - ny * half)),
    )


def straightened(points: tuple[Point, ...]) -> list[Point]:
    """Without repeated points and without points in the middle of a straight piece."""
    kept: list[Point] = []
    for p in points:
        if kept and _length(kept[-1], p) < 0.01:
            continue
        if len(kept) > 1:
            (ax, ay), (bx, by) = kept[-2], kept[-1]
            straight = abs((bx - ax) * (p[1] - by) - (by - ay) * (p[0] - bx)) < 1e-6
            onward = (bx - ax) * (p[0] - bx) + (by - ay) * (p[1] - by) >= 0
            if straight and onward:
                kept.pop()
        kept.append(p)
    return kept


def _before(end: Point, start: Point, distance: float) -> Point:
    """The point ``distance`` before ``end`` on the way from ``start``."""
    length = _length(start, end)
    if length == 0:
        return end
    share = min(distance, length) / length
    return (end[0] + (start[0] - end[0]) * share, end[1] + (start[1] - end[1]) * share)


def _length(a: Point, b: Point) -> float:
    return hypot(b[0] - a[0], b[1] - a[1])


def _tidy(p: Point) -> Point:
    return (rounded(p[0]), rounded(p[1]))
