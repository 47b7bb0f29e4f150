"""A column too tall for the page is cut where a single wire runs down, and its pieces stand side by side.

Works on finished places, in the coordinates of the flow: for a figure to the right the columns are rows. Plain
arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from moniel2.layout.graph import Graph
from moniel2.layout.sizes import FIRST_TRACK, Arrangement, Size

Point = tuple[float, float]
APART = 26.0  # between columns, besides the wire that runs up there
TOP = 2.0  # where a wire comes over into the next column
BELOW = 1.0  # from a box down to a cut
MOST = 8  # columns
WORTHWHILE = 1.2  # how much larger a figure may be printed that is worth cutting for


@dataclass(frozen=True, slots=True)
class Cut:
    """A height at which one wire alone runs down, at ``x``."""

    y: float
    x: float


def wrap(graph: Graph, sizes: Sequence[Size], whole: Arrangement, width: float, height: float) -> None:
    """Fold an arrangement into as few columns as make it no higher than ``height``, changing it in place.

    ``width`` and ``height`` are the page, across and along the flow. What can't be made to fit gets the number of
    columns whose shape comes nearest to the page's; what has no place to be cut stays as it is.
    """
    if whole.height <= height:
        return
    cuts = _cuts(graph, sizes, whole)
    best: list[Cut] = []
    nearest = misfit(whole.right - whole.left, whole.height, width, height) / WORTHWHILE
    for count in range(2, min(MOST, len(cuts) + 1) + 1):
        chosen = _spread(cuts, whole.height, count)
        w, h = _outline(sizes, whole, chosen)
        if (shrunk := misfit(w, h, width, height)) < nearest:
            best, nearest = chosen, shrunk
        if w <= width and h <= height:
            break
    if best:
        _fold(graph, sizes, whole, best)


def misfit(w: float, h: float, width: float, height: float) -> float:
    """How much the figure would have to shrink to fit the page."""
    return max(w / width, h / height, 1.0)


def _cuts(graph: Graph, sizes: Sequence[Size], whole: Arrangement) -> list[Cut]:
    """Every height below a box where no box stands and the wires of one output alone run down, all at one place."""
    feet = sorted({y + s.h + s.below for y, s in zip(whole.y, sizes, strict=True)})
    nodes = [y for y, vertex in zip(whole.y, graph.vertices, strict=True) if vertex.role == "node"]
    feet = [foot for foot in feet if nodes and min(nodes) < foot < max(nodes)]  # no name stands in a column alone
    spans = sorted((y, y + s.h + s.below) for y, s in zip(whole.y, sizes, strict=True))
    crossing: list[tuple[float, float, float, int]] = []
    for n, points in enumerate(whole.wires):
        for (x, y), (u, v) in pairwise(points):
            if x == u and abs(y - v) > 0.01:
                crossing.append((min(y, v), max(y, v), x, n if v >= y else -1 - n))
    crossing.sort(key=lambda c: c[0])
    cuts: list[Cut] = []
    running: list[tuple[float, float, float, int]] = []
    reach, at, box = -1.0, 0, 0
    for foot in feet:
        y = foot + BELOW
        while box < len(spans) and spans[box][0] <= y:
            reach = max(reach, spans[box][1])
            box += 1
        while at < len(crossing) and crossing[at][0] < y:
            running.append(crossing[at])
            at += 1
        running = [c for c in running if c[1] > y]
        nets = {(graph.edges[n].source, graph.edges[n].out) for _, _, _, n in running if n >= 0}
        if reach <= foot and len(nets) == 1 and len({c[2] for c in running}) == 1 and all(c[3] >= 0 for c in running):
            cuts.append(Cut(y, running[0][2]))
    return cuts


def _spread(cuts: Sequence[Cut], height: float, count: int) -> list[Cut]:
    """``count`` - 1 cuts that make the highest of the columns as low as can be."""
    edges = [0.0, *(c.y for c in cuts), height]
    low, high = 0.0, height
    for _ in range(40):
        middle = (low + high) / 2
        if len(_greedy(edges, middle)) < count:
            high = middle
        else:
            low = middle
    return [cuts[i - 1] for i in _greedy(edges, high + 0.01)]


def _greedy(edges: Sequence[float], limit: float) -> list[int]:
    """Where to cut so that no column is higher than ``limit``, as late as possible each time."""
    chosen: list[int] = []
    start = 0.0
    for i in range(1, len(edges) - 1):
        if edges[i + 1] - start > limit:
            chosen.append(i)
            start = edges[i]
    return chosen


@dataclass(slots=True)
class _Column:
    """What stands between two cuts: its heights before folding, how far it reaches, and where it goes."""

    top: float
    foot: float
    left: float = 0.0
    right: float = 0.0
    dx: float = 0.0
    dy: float = 0.0


def _columns(sizes: Sequence[Size], whole: Arrangement, cuts: Sequence[Cut]) -> list[_Column]:
    edges = [0.0, *(c.y for c in cuts), whole.height]
    columns = [_Column(top, foot) for top, foot in pairwise(edges)]
    for k, c in enumerate(columns):
        xs = [cuts[k - 1].x] if k else []
        xs += [cuts[k].x] if k < len(cuts) else []
        for x, y, s in zip(whole.x, whole.y, sizes, strict=True):
            if c.top <= y < c.foot:
                xs += [x - s.left, x + s.w + s.right]
        for points in whole.wires:
            xs += [x for x, y in points if c.top <= y <= c.foot]
        c.left, c.right = min(xs), max(xs)
    right = columns[0].right
    for c in columns[1:]:
        c.dx = right + APART - c.left
        c.dy = TOP - (c.top - BELOW)
        right = c.right + c.dx
    return columns


def _outline(sizes: Sequence[Size], whole: Arrangement, cuts: Sequence[Cut]) -> tuple[float, float]:
    columns = _columns(sizes, whole, cuts)
    return columns[-1].right + columns[-1].dx - columns[0].left, _height(columns)


def _height(columns: Sequence[_Column]) -> float:
    tails = [FIRST_TRACK] * (len(columns) - 1) + [0.0]
    return max(c.foot + c.dy + tail for c, tail in zip(columns, tails, strict=True))


def _fold(graph: Graph, sizes: Sequence[Size], whole: Arrangement, cuts: Sequence[Cut]) -> None:
    columns = _columns(sizes, whole, cuts)
    for v, y in enumerate(whole.y):
        c = next((c for c in columns if c.top <= y < c.foot), columns[-1])
        whole.x[v] += c.dx
        whole.y[v] += c.dy
    for n, points in enumerate(whole.wires):
        whole.wires[n] = _led(points, columns)
    whole.left, whole.right = columns[0].left, columns[-1].right + columns[-1].dx
    whole.height = _height(columns)


def _led(points: Sequence[Point], columns: Sequence[_Column]) -> list[Point]:
    """A wire with every piece in its column; at a cut it runs round to the top of the next one."""
    at = next((k for k, c in enumerate(columns) if points[0][1] < c.foot), len(columns) - 1)
    found: list[Point] = []
    for i, (x, y) in enumerate(points):
        while at + 1 < len(columns) and y > columns[at].foot:
            here, after = columns[at], columns[at + 1]
            down = here.foot - BELOW + here.dy + FIRST_TRACK
            between = after.left + after.dx - APART / 2
            up = after.top - BELOW + after.dy
            found += [(points[i - 1][0] + here.dx, down), (between, down), (between, up)]
            found.append((points[i - 1][0] + after.dx, up))
            at += 1
        c = columns[at]
        found.append((x + c.dx, y + c.dy))
    return found
