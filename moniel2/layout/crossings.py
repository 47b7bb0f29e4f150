"""How often the wires of an arrangement cross: points where two of different sources cut each other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise

from moniel2.layout.graph import Graph
from moniel2.layout.sizes import Arrangement

INSIDE = 0.5  # what only touches doesn't cross


def crossings(graph: Graph, arranged: Arrangement) -> int:
    """Count them; pieces of one bus that run as one count once. What ends at a port goes on to the frame's edge."""
    upright: set[tuple[float, float, float, int, int]] = set()
    level: set[tuple[float, float, float, int, int]] = set()
    for e, wire in zip(graph.edges, arranged.wires, strict=True):
        points = list(wire)
        if _is_on_edge(graph, e.source) and points:
            points.insert(0, (points[0][0], 0.0))
        if _is_on_edge(graph, e.target) and points:
            points.append((points[-1][0], arranged.height))
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


def _is_on_edge(graph: Graph, v: int) -> bool:
    vertex = graph.vertices[v]
    return vertex.role != "node" and not vertex.floating and not vertex.side
