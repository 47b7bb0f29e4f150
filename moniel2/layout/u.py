"""A chain with nested skips as a U: down on the left, up on the right, every skip a level line between the two.

Places are on the page itself, so this is not turned: x runs right, y runs down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from moniel2.layout.fold_u import Fold
from moniel2.layout.graph import Graph
from moniel2.layout.sizes import BRANCH, FIRST_TRACK, GAP, LANE, Arrangement

Point = tuple[float, float]
MIDDLE = 60.0  # between the two columns at least
FOOT = 18.0  # from the columns' axes to the box between them
UNDER = 6.0  # from the columns down to it
ASIDE = 26.0  # from the right column to what hangs on it


@dataclass(frozen=True, slots=True)
class Stand:
    """A box of a U on the page: its size, where the main way meets its top and foot, and at what height skips meet it.

    ``label`` is the height of the labels above (right) or below (left) it, ``right`` how far they stick out.
    ``level_in`` and ``level_out`` are where a level wire enters and leaves it, from its top; ``bus`` is where the bus
    enters it: from its top, of the foot from its left edge. Wires leave an ``open`` block at its top or foot only;
    skips enter it at ``levels`` by port, and leave its foot at ``skip``.
    """

    w: float
    h: float
    top: float
    foot: float
    level_in: float
    level_out: float
    label: float = 0.0
    right: float = 0.0
    bus: float = 0.0
    open: bool = False
    levels: tuple[tuple[int, float], ...] = ()
    skip: float = 0.0


@dataclass(frozen=True, slots=True)
class _Rails:
    """Where the bus runs: down on the left, along below the foot, up on the right."""

    left: float
    foot: float
    right: float


def arrange_u(graph: Graph, shape: Fold, sizes: Sequence[Stand]) -> Arrangement:
    """Place the columns and draw the wires."""
    y = [0.0] * len(sizes)
    level = _levels(shape, sizes)
    _stack(shape.left, {a: level[k] - sizes[a].level_out for k, (a, _) in enumerate(shape.skips)}, sizes, y, False)
    _stack(shape.right, {b: level[k] - sizes[b].level_in for k, (_, b) in enumerate(shape.skips)}, sizes, y, True)
    bottom = max([y[v] + sizes[v].h + sizes[v].label for v in shape.left] + [y[v] + sizes[v].h for v in shape.right])
    y[shape.foot] = bottom + UNDER
    x = _columns(shape, sizes)
    rails = _bus(graph, shape, sizes, x, y)
    _pendants(shape, sizes, x, y)
    low = min(y[v] - (sizes[v].label if v in shape.right else 0.0) for v in range(len(sizes)))
    y = [at - low for at in y]
    rails = _Rails(rails.left, rails.foot - low, rails.right)
    height = max(at + s.h + s.label for at, s in zip(y, sizes, strict=True))
    wires = _wires(graph, shape, sizes, x, y, [at - low for at in level], rails)
    xs = [px for points in wires for px, _ in points]
    left = min(*x, *xs)
    right = max(max(at + s.w + s.right for at, s in zip(x, sizes, strict=True)), max(xs))
    height = max(height, max(py for points in wires for _, py in points))
    return Arrangement(left, right, height, x, y, wires)


def _bus(graph: Graph, shape: Fold, sizes: Sequence[Stand], x: list[float], y: list[float]) -> _Rails:
    """Stand the bus's chain at the top left, above the first thing that it enters."""
    columns = (*shape.left, shape.foot, *shape.right)
    right = max(x[v] + sizes[v].w + sizes[v].right for v in columns) + LANE
    foot = max(y[v] + sizes[v].h for v in columns) + FIRST_TRACK
    if not shape.bus:
        return _Rails(0.0, foot, right)
    entered = [e.target for e in graph.edges if e.source == shape.bus[-1] and e.target in shape.left]
    here = min((y[v] + sizes[v].bus for v in entered), default=y[shape.foot])
    axis, reach = 0.0, LANE
    for v in reversed(shape.bus):
        x[v] = axis - sizes[v].foot
        y[v] = here - GAP - sizes[v].label - sizes[v].h
        here, axis = y[v], x[v] + sizes[v].top
        reach = max(reach, x[v] + sizes[v].w + sizes[v].right + BRANCH)
    axis = min(x[v] for v in columns) - reach
    for v in shape.bus:
        x[v] += axis
    return _Rails(axis, foot, right)


def _pendants(shape: Fold, sizes: Sequence[Stand], x: list[float], y: list[float]) -> None:
    """Stand what hangs on the right column beside it, in columns of its own."""
    columns = (*shape.left, shape.foot, *shape.right)
    start = max(x[v] + sizes[v].w + sizes[v].right for v in columns) + ASIDE
    deepest = max((len(chain) for _, chain in shape.pendants), default=0)
    for rank in range(deepest):
        here = [chain[rank] for _, chain in shape.pendants if rank < len(chain)]
        for host, chain in shape.pendants:
            if rank < len(chain):
                v = chain[rank]
                x[v] = start
                y[v] = _leaves(sizes, y, host) - sizes[v].level_in
        start += max(sizes[v].w + sizes[v].right for v in here) + GAP


def _leaves(sizes: Sequence[Stand], y: Sequence[float], host: int) -> float:
    """The height at which a pendant's wire leaves: at the side of a box, above an open block."""
    return y[host] - GAP if sizes[host].open else y[host] + sizes[host].level_out


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
        if k:
            need = max(need, _pendants_apart(shape, sizes, shape.skips[k - 1][1], b))
        level.append((level[-1] if level else 0.0) + need)
    return level


def _pendants_apart(shape: Fold, sizes: Sequence[Stand], upper: int, lower: int) -> float:
    """How far apart the skips into two boxes of the right column must be for what hangs on both to stand clear."""
    hung = dict(shape.pendants)
    if upper not in hung or lower not in hung:
        return 0.0
    below = max(sizes[v].h - sizes[v].level_in + sizes[v].label for v in hung[upper])
    above = max(sizes[v].level_in for v in hung[lower])
    zero = [0.0] * len(sizes)
    leave, join = _leaves(sizes, zero, upper), _leaves(sizes, zero, lower)
    return below + above + GAP + leave - sizes[upper].level_in - join + sizes[lower].level_in


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
    graph: Graph,
    shape: Fold,
    sizes: Sequence[Stand],
    x: Sequence[float],
    y: Sequence[float],
    level: Sequence[float],
    rails: _Rails,
) -> list[list[Point]]:
    skip = {pair: level[k] for k, pair in enumerate(shape.skips)}
    left, right = set(shape.left), set(shape.right)
    pendants = {v for _, chain in shape.pendants for v in chain}

    def top(v: int) -> Point:
        return (x[v] + sizes[v].top, y[v])

    def foot(v: int) -> Point:
        return (x[v] + sizes[v].foot, y[v] + sizes[v].h)

    wires: list[list[Point]] = []
    for e in graph.edges:
        a, b = e.source, e.target
        if b in pendants:
            at = y[b] + sizes[b].level_in
            start = [top(a), (top(a)[0], at)] if sizes[a].open and a in right else [(x[a] + sizes[a].w, at)]
            wires.append([*start, (x[b], at)])
        elif a in shape.bus:
            wires.append([foot(a), *_bus_way(shape, sizes, x, y, rails, b, b in left)])
        elif (a, b) in skip:
            at = skip[(a, b)]
            # An open block is left at its foot, a closed one at its side.
            leg = x[a] + sizes[a].skip
            start = [(leg, foot(a)[1]), (leg, at)] if sizes[a].open else [(x[a] + sizes[a].w, at)]
            wires.append([*start, *_splits(sizes[b], x[b], y[b], at, e.into)])
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


def _splits(size: Stand, x: float, y: float, at: float, into: int) -> list[Point]:
    """The end of a skip: level into its port, or first up or down to it."""
    end = next((y + level for port, level in size.levels if port == into), at)
    return [(x, at)] if abs(end - at) < 0.01 else [(x - LANE, at), (x - LANE, end), (x, end)]


def _bus_way(
    shape: Fold, sizes: Sequence[Stand], x: Sequence[float], y: Sequence[float], rails: _Rails, b: int, on_left: bool
) -> list[Point]:
    """From the bus's chain along the rails into a box, or down to the next box of the chain."""
    if b in shape.bus:
        return [(x[b] + sizes[b].top, y[b])]
    at = y[b] + sizes[b].bus
    if on_left:
        return [(rails.left, at), (x[b], at)]
    if b == shape.foot:
        middle = x[b] + sizes[b].bus
        return [(rails.left, rails.foot), (middle, rails.foot), (middle, y[b] + sizes[b].h)]
    return [(rails.left, rails.foot), (rails.right, rails.foot), (rails.right, at), (x[b] + sizes[b].w, at)]


def around(graph: Graph, arrangement: Arrangement) -> None:
    """Lead the outputs of a framed U, which end at its top right, round to its foot, where others expect them."""
    for n, e in enumerate(graph.edges):
        if graph.vertices[e.target].role == "out":
            arrangement.right += LANE
            (x, y), top = arrangement.wires[n][0], arrangement.y[e.target]
            arrangement.wires[n] = [(x, y), (x, top), (arrangement.right, top), (arrangement.right, arrangement.height)]
            arrangement.x[e.target], arrangement.y[e.target] = arrangement.right, arrangement.height
