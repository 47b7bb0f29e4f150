"""A chain with nested skips as a U: down on the left, up on the right, every skip a level line between the two.

Places are on the page itself, so this is not turned: x runs right, y runs down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from moniel2.layout.graph import Graph
from moniel2.layout.order import topological, transitive_pairs
from moniel2.layout.sizes import GAP, LANE, Arrangement

Pair = tuple[int, int]
Point = tuple[float, float]
MIDDLE = 60.0  # between the two columns at least
FOOT = 18.0  # from the columns' axes to the box between them
UNDER = 6.0  # from the columns down to it


@dataclass(frozen=True, slots=True)
class Fold:
    """How a chain folds: columns and skips from top to bottom, and what stands between the columns at the foot."""

    left: tuple[int, ...]
    foot: int
    right: tuple[int, ...]
    skips: tuple[Pair, ...]


def fold(graph: Graph) -> Fold | None:
    """The U of a graph, or None if it isn't a chain with strictly nested skips."""
    n = len(graph.vertices)
    pairs = list(dict.fromkeys((e.source, e.target) for e in graph.edges))
    if any(v.side for v in graph.vertices) or len(pairs) != len(graph.edges):
        return None
    order = topological(n, pairs)
    if len(order) < n:
        return None
    skips = transitive_pairs(n, pairs, order)
    if set(pairwise(order)) != set(pairs) - skips:
        return None
    place = {v: i for i, v in enumerate(order)}
    nested = sorted(skips, key=lambda s: place[s[0]])
    for (a, b), (c, d) in pairwise(nested):
        if not place[a] < place[c] < place[d] < place[b]:
            return None
    if not nested or place[nested[-1][1]] - place[nested[-1][0]] < 2:
        return None
    if any(graph.vertices[v].role != "node" for s in nested for v in s):
        return None
    first, last = place[nested[-1][0]], place[nested[-1][1]]
    middle = order[first + 1 : last]
    # The heaviest thing in the middle is the foot; of equals the one nearest to the centre.
    foot = min(range(len(middle)), key=lambda i: (-graph.vertices[middle[i]].weight, abs(2 * i - len(middle) + 1), i))
    left = (*order[: first + 1], *middle[:foot])
    right = (*middle[foot + 1 :], *order[last:])
    return Fold(tuple(left), middle[foot], tuple(reversed(right)), tuple(nested))


@dataclass(frozen=True, slots=True)
class Stand:
    """A box of a U on the page: its size, where the main way meets its top and foot, and at what height skips meet it.

    ``label`` is the height of the labels above (right) or below (left) it, ``right`` how far they stick out.
    ``level_in`` and ``level_out`` are where a level wire enters and leaves it, from its top.
    """

    w: float
    h: float
    top: float
    foot: float
    level_in: float
    level_out: float
    label: float = 0.0
    right: float = 0.0


def arrange_u(graph: Graph, shape: Fold, sizes: Sequence[Stand]) -> Arrangement:
    """Place the columns and draw the wires."""
    y = [0.0] * len(sizes)
    level = _levels(shape, sizes)
    _stack(shape.left, {a: level[k] - sizes[a].level_out for k, (a, _) in enumerate(shape.skips)}, sizes, y, False)
    _stack(shape.right, {b: level[k] - sizes[b].level_in for k, (_, b) in enumerate(shape.skips)}, sizes, y, True)
    bottom = max([y[v] + sizes[v].h + sizes[v].label for v in shape.left] + [y[v] + sizes[v].h for v in shape.right])
    y[shape.foot] = bottom + UNDER
    x = _columns(shape, sizes)
    low = min(y[v] - (sizes[v].label if v in shape.right else 0.0) for v in range(len(sizes)))
    y = [at - low for at in y]
    height = max(at + s.h + s.label for at, s in zip(y, sizes, strict=True))
    wires = _wires(graph, shape, sizes, x, y, [at - low for at in level])
    left = min(x)
    right = max(at + s.w + s.right for at, s in zip(x, sizes, strict=True))
    return Arrangement(left, right, height, x, y, wires)


def _columns(shape: Fold, sizes: Sequence[Stand]) -> list[float]:
    """The left column's axis at 0; the right one's far enough for the foot to stand between them."""
    x = [0.0] * len(sizes)
    axis = 0.0
    for v in shape.left:
        x[v] = axis - sizes[v].top
        axis = x[v] + sizes[v].foot
    down = axis
    axis = 0.0
    for v in reversed(shape.right):
        x[v] = axis - sizes[v].foot
        axis = x[v] + sizes[v].top
    foot = sizes[shape.foot]
    inner = max(x[v] + sizes[v].w + sizes[v].right for v in shape.left)
    apart = max(inner + MIDDLE - min(x[v] for v in shape.right), down + foot.w + foot.right + 2 * FOOT)
    for v in shape.right:
        x[v] += apart
    x[shape.foot] = (down + apart - foot.w - foot.right) / 2
    return x


def _levels(shape: Fold, sizes: Sequence[Stand]) -> list[float]:
    """The height of each skip: far enough below the one above for what stands between, on both sides."""
    level: list[float] = []
    for k, (a, b) in enumerate(shape.skips):
        need = 0.0
        for column, ends in ((shape.left, 0), (shape.right, 1)):
            v = (a, b)[ends]
            meets = sizes[v].level_in if ends else sizes[v].level_out
            start = column.index(shape.skips[k - 1][ends]) if k else -1
            between = column[start + 1 : column.index(v)]
            room = sum(sizes[u].h + sizes[u].label + GAP for u in between) + meets + (sizes[v].label if ends else 0.0)
            if k:
                u = column[start]
                room += sizes[u].h - (sizes[u].level_in if ends else sizes[u].level_out) + GAP
                room += 0.0 if ends else sizes[u].label
            need = max(need, room)
        level.append((level[-1] if level else 0.0) + need)
    return level


def _stack(
    column: Sequence[int], anchors: dict[int, float], sizes: Sequence[Stand], y: list[float], upwards: bool
) -> None:
    """Between two anchored boxes the others stand evenly; above the first and below the last they stand close."""
    at = [i for i, v in enumerate(column) if v in anchors]
    for i in at:
        y[column[i]] = anchors[column[i]]

    def above(v: int) -> float:
        return sizes[v].label if upwards else 0.0

    def below(v: int) -> float:
        return 0.0 if upwards else sizes[v].label

    for i in range(at[0] - 1, -1, -1):
        v, under = column[i], column[i + 1]
        y[v] = y[under] - above(under) - GAP - below(v) - sizes[v].h
    for i in range(at[-1] + 1, len(column)):
        v, over = column[i], column[i - 1]
        y[v] = y[over] + sizes[over].h + below(over) + GAP + above(v)
    for start, end in pairwise(at):
        first, last = column[start], column[end]
        free = y[last] - above(last) - y[first] - sizes[first].h - below(first)
        taken = sum(sizes[column[i]].h + sizes[column[i]].label for i in range(start + 1, end))
        space = (free - taken) / (end - start)
        here = y[first] + sizes[first].h + below(first) + space
        for i in range(start + 1, end):
            v = column[i]
            y[v] = here + above(v)
            here = y[v] + sizes[v].h + below(v) + space


def _wires(
    graph: Graph, shape: Fold, sizes: Sequence[Stand], x: Sequence[float], y: Sequence[float], level: Sequence[float]
) -> list[list[Point]]:
    skip = {pair: level[k] for k, pair in enumerate(shape.skips)}
    left, right = set(shape.left), set(shape.right)

    def top(v: int) -> Point:
        return (x[v] + sizes[v].top, y[v])

    def foot(v: int) -> Point:
        return (x[v] + sizes[v].foot, y[v] + sizes[v].h)

    wires: list[list[Point]] = []
    for e in graph.edges:
        a, b = e.source, e.target
        if (a, b) in skip:
            at = skip[(a, b)]
            # An open block is left at its foot, a closed one at its side.
            start = [foot(a), (foot(a)[0], at)] if at > foot(a)[1] else [(x[a] + sizes[a].w, at)]
            wires.append([*start, (x[b], at)])
        elif b == shape.foot:
            at = y[b] + sizes[b].level_in
            wires.append([foot(a), (foot(a)[0], at), (x[b], at)])
        elif a == shape.foot:
            at = y[a] + sizes[a].level_out
            wires.append([(x[a] + sizes[a].w, at), (foot(b)[0], at), foot(b)])
        elif a in left and b in left:
            wires.append([foot(a), top(b)])
        else:
            assert a in right and b in right
            wires.append([top(a), foot(b)])
    return wires


def around(graph: Graph, arrangement: Arrangement) -> None:
    """Lead the outputs of a framed U, which end at its top right, round to its foot, where others expect them."""
    for n, e in enumerate(graph.edges):
        if graph.vertices[e.target].role == "out":
            arrangement.right += LANE
            (x, y), top = arrangement.wires[n][0], arrangement.y[e.target]
            arrangement.wires[n] = [(x, y), (x, top), (arrangement.right, top), (arrangement.right, arrangement.height)]
            arrangement.x[e.target], arrangement.y[e.target] = arrangement.right, arrangement.height
