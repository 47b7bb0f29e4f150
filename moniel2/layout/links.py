"""Where a link runs that says of two parts that their weights are one: straight or round a side, through free space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]
Rect = tuple[float, float, float, float]  # left, top, right, bottom

HEADER = 10.0  # how far below its upper edge the middle of a frame's title is
TALL = 40.0  # what is this high is linked at its title
AWAY = 5.0  # a link round a side keeps so far from the parts
CLEAR = 3.0  # and every link so far from all that is drawn
PLACES = (0.5, 0.25, 0.75)  # along the edges that face each other


def link(a: Rect, b: Rect, taken: Sequence[Rect], wires: Sequence[Sequence[Point]], room: Rect) -> tuple[Point, ...]:
    """The line from one part to the other that meets nothing else; empty if there is none within ``room``."""
    blocked = [*taken, *(_around(p, q) for points in wires for p, q in pairwise(points))]
    for points in _ways(a, b):
        inside = all(room[0] <= x <= room[2] and room[1] <= y <= room[3] for x, y in points)
        if inside and not any(_meets(_around(p, q), r) for p, q in pairwise(points) for r in blocked):
            return points if _touches(points[0], a) else points[::-1]
    return ()


def _ways(a: Rect, b: Rect) -> Iterator[tuple[Point, ...]]:
    """The shortest first."""
    if a[0] > b[0] or (a[0] == b[0] and a[1] > b[1]):
        a, b = b, a
    top, bottom = max(a[1], b[1]), min(a[3], b[3])
    if top < bottom and a[2] < b[0]:
        if a[1] == b[1] and bottom - top > TALL:
            yield (a[2], top + HEADER), (b[0], top + HEADER)
        for place in PLACES:
            y = top + place * (bottom - top)
            yield (a[2], y), (b[0], y)
    if a[1] > b[1]:
        a, b = b, a
    left, right = max(a[0], b[0]), min(a[2], b[2])
    if left < right and a[3] < b[1]:
        for place in PLACES:
            x = left + place * (right - left)
            yield (x, a[3]), (x, b[1])
    y0, y1 = (a[1] + a[3]) / 2, (b[1] + b[3]) / 2
    if y0 != y1:
        left, right = min(a[0], b[0]) - AWAY, max(a[2], b[2]) + AWAY
        yield (a[0], y0), (left, y0), (left, y1), (b[0], y1)
        yield (a[2], y0), (right, y0), (right, y1), (b[2], y1)
    x0, x1 = (a[0] + a[2]) / 2, (b[0] + b[2]) / 2
    if x0 != x1:
        top, bottom = min(a[1], b[1]) - AWAY, max(a[3], b[3]) + AWAY
        yield (x0, a[1]), (x0, top), (x1, top), (x1, b[1])
        yield (x0, a[3]), (x0, bottom), (x1, bottom), (x1, b[3])


def _around(p: Point, q: Point) -> Rect:
    return (
        min(p[0], q[0]) - CLEAR / 2,
        min(p[1], q[1]) - CLEAR / 2,
        max(p[0], q[0]) + CLEAR / 2,
        max(p[1], q[1]) + CLEAR / 2,
    )


def _touches(p: Point, r: Rect) -> bool:
    return r[0] <= p[0] <= r[2] and r[1] <= p[1] <= r[3]


def _meets(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
