"""What isn't wired to each other: where side by side is too wide for the page, one stands below the other.

Works on finished places, in the coordinates of the flow, as ``wrap`` does, which each piece goes through by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from moniel2.layout.graph import Graph
from moniel2.layout.sizes import Arrangement, Size
from moniel2.layout.wrap import APART, misfit, wrap

WORTHWHILE = 1.1  # how much larger a figure may be printed that is worth taking it apart for


def shelve(graph: Graph, sizes: Sequence[Size], whole: Arrangement, width: float, height: float) -> None:
    """Make an arrangement fit a page, across and along the flow, as far as cutting it into columns and rearranging what
    hangs together can; changes it in place."""
    before = _copy(whole)
    wrap(graph, sizes, whole, width, height)
    nearest = misfit(whole.right - whole.left, whole.height, width, height)
    pieces = _pieces(graph)
    if nearest <= 1.0 or len(pieces) < 2:
        return
    found: list[_Piece] = []
    for vertices in pieces:
        found.append(_apart(graph, sizes, before, vertices, width, height))
    nearest /= WORTHWHILE
    best: list[list[_Piece]] = []
    for room in _widths(found):
        shelves = _shelves(found, room)
        w, h = max(map(_across, shelves)), sum(map(_along, shelves)) + APART * (len(shelves) - 1)
        if (shrunk := misfit(w, h, width, height)) < nearest:
            best, nearest = shelves, shrunk
    if best:
        _put(whole, best)


@dataclass(slots=True)
class _Piece:
    """What hangs together, arranged by itself: the numbers of its vertices and wires in the whole."""

    vertices: list[int]
    wires: list[int]
    arrangement: Arrangement

    @property
    def width(self) -> float:
        return self.arrangement.right - self.arrangement.left


def _copy(one: Arrangement) -> Arrangement:
    wires = [list(points) for points in one.wires]
    return Arrangement(one.left, one.right, one.height, list(one.x), list(one.y), wires)


def _pieces(graph: Graph) -> list[list[int]]:
    """The vertices that hang together, in the order of the first of each."""
    near: list[list[int]] = [[] for _ in graph.vertices]
    for e in graph.edges:
        near[e.source].append(e.target)
        near[e.target].append(e.source)
    seen = [False] * len(near)
    pieces: list[list[int]] = []
    for first in range(len(near)):
        if seen[first]:
            continue
        seen[first] = True
        piece = [first]
        for v in piece:
            for u in near[v]:
                if not seen[u]:
                    seen[u] = True
                    piece.append(u)
        pieces.append(sorted(piece))
    return pieces


def _apart(
    graph: Graph, sizes: Sequence[Size], whole: Arrangement, vertices: list[int], width: float, height: float
) -> _Piece:
    """One piece with its upper left corner at the origin, cut into columns where it is too tall."""
    place = {v: k for k, v in enumerate(vertices)}
    wires = [n for n, e in enumerate(graph.edges) if e.source in place]
    edges = tuple(
        replace(graph.edges[n], source=place[graph.edges[n].source], target=place[graph.edges[n].target]) for n in wires
    )
    mine = [sizes[v] for v in vertices]
    xs = [whole.x[v] - sizes[v].left for v in vertices] + [x for n in wires for x, _ in whole.wires[n]]
    ends = [whole.x[v] + sizes[v].w + sizes[v].right for v in vertices] + [x for n in wires for x, _ in whole.wires[n]]
    ys = [whole.y[v] - sizes[v].above for v in vertices] + [y for n in wires for _, y in whole.wires[n]]
    feet = [whole.y[v] + sizes[v].h + sizes[v].below for v in vertices]
    feet += [y for n in wires for _, y in whole.wires[n]]
    left, top = min(xs), min(ys)
    one = Arrangement(
        0.0,
        max(ends) - left,
        max(feet) - top,
        [whole.x[v] - left for v in vertices],
        [whole.y[v] - top for v in vertices],
        [[(x - left, y - top) for x, y in whole.wires[n]] for n in wires],
    )
    wrap(Graph(tuple(graph.vertices[v] for v in vertices), edges), mine, one, width, height)
    return _Piece(vertices, wires, one)


def _widths(pieces: Sequence[_Piece]) -> list[float]:
    """How wide shelves might be: what some neighbours take up."""
    found: list[float] = []
    for n in range(len(pieces)):
        w = -APART
        for piece in pieces[n:]:
            w += piece.width + APART
            found.append(w)
    widest = max(piece.width for piece in pieces)
    return sorted({w for w in found if w >= widest - 0.01})


def _shelves(pieces: Sequence[_Piece], room: float) -> list[list[_Piece]]:
    """In their order side by side as far as there is room, then below."""
    shelves: list[list[_Piece]] = [[]]
    for piece in pieces:
        if shelves[-1] and _across(shelves[-1]) + APART + piece.width > room + 0.01:
            shelves.append([])
        shelves[-1].append(piece)
    return shelves


def _across(shelf: Sequence[_Piece]) -> float:
    return sum(piece.width for piece in shelf) + APART * (len(shelf) - 1)


def _along(shelf: Sequence[_Piece]) -> float:
    return max(piece.arrangement.height for piece in shelf)


def _put(whole: Arrangement, shelves: Sequence[Sequence[_Piece]]) -> None:
    widest, y = max(map(_across, shelves)), 0.0
    for shelf in shelves:
        x = (widest - _across(shelf)) / 2
        for piece in shelf:
            one = piece.arrangement
            dx, dy = x - one.left, y
            for v, vx, vy in zip(piece.vertices, one.x, one.y, strict=True):
                whole.x[v], whole.y[v] = vx + dx, vy + dy
            for n, points in zip(piece.wires, one.wires, strict=True):
                whole.wires[n] = [(px + dx, py + dy) for px, py in points]
            x += piece.width + APART
        y += _along(shelf) + APART
    whole.left, whole.right, whole.height = 0.0, widest, y - APART
