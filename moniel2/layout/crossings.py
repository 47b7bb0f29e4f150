"""How often the wires of an arrangement cross: points where two of different sources cut each other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from moniel2.layout.graph import Graph

Point = tuple[float, float]
INSIDE = 0.5  # what only touches doesn't cross


def crossings(graph: Graph, wires: Sequence[Sequence[Point]]) -> int:
    """Count them; pieces of one bus that run as one count once."""
    upright: set[tuple[float, float, float, int, int]] = set()
    level: set[tuple[float, float, float, int, int]] = set()
    for e, points in zip(graph.edges, wires, strict=True):
        for (x, y), (u, v) in pairwise(points):
            if abs(x - u) < 0.01:
                upright.add((x, min(y, v), max(y, v), e.source, e.out))
            else:
                level.add((y, min(x, u), max(x, u), e.source, e.out))
    columns = sorted(upright)
    xs = [c[0] for c in columns]
    found: set[tuple[float, float]] = set()
    for y, low, high, source, out in sorted(level):
        for i in range(bisect_right(xs, low + INSIDE), bisect_left(xs, high - INSIDE)):
            x, top, foot, other, port = columns[i]
            if top + INSIDE < y < foot - INSIDE and (source, out) != (other, port):
                found.add((round(x), round(y)))
    return len(found)
