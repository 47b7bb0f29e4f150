"""The x of everything: extents from the inside out, then places from the outside in. Plain arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from moniel2.layout.lanes import span
from moniel2.layout.plan import Lane, Plan
from moniel2.layout.regions_x import place_region
from moniel2.layout.sizes import BRANCH, LANE, LINE_UP, STUB, SYMMETRIC, Size
from moniel2.layout.smooth import Smoothing
from moniel2.layout.tree import Kind


class Across:
    """Extents of each element left and right of its axis, then the x of boxes, lanes and chains."""

    def __init__(self, plan: Plan, sizes: Sequence[Size]) -> None:
        elements = plan.tree.elements
        self.plan = plan
        self.sizes = sizes
        self.left = [0.0] * len(elements)
        self.right = [0.0] * len(elements)
        self.shift = [0.0] * len(elements)  # from the axis above an element to the axis below it
        self.offset = [0.0] * len(elements)  # from the parent's axis to the element's
        self.axis = [0.0] * len(elements)
        self.x = [0.0] * len(plan.graph.vertices)
        self.lane_x = [0.0] * len(plan.lanes)
        self.far_x: dict[int, list[float]] = {}
        self.item_x: dict[int, list[float]] = {}
        self.lanes_of: dict[int, list[int]] = {}
        for n, lane in enumerate(plan.lanes):
            self.lanes_of.setdefault(lane.series, []).append(n)
        self.main_in: dict[int, int] = {}  # of several wires between two boxes the one that runs straight
        self.main_out: dict[int, int] = {}
        self._choose_main()
        for n in range(len(elements) - 1, -1, -1):
            self._extent(n)
        for n in range(len(elements)):
            self._place(n)
        reach = [(a - l, a + r) for a, l, r in zip(self.axis, self.left, self.right, strict=True)]
        Smoothing(plan, sizes, self.x, self.item_x, self.lane_x, reach).run()

    def _choose_main(self) -> None:
        """Where several wires run from box to box and their ports are not equally far apart, the one on the spine of an
        open block stays straight, of the lower block first."""
        ins, outs = self.plan.axis_ins, self.plan.axis_outs
        joining = [
            e
            for e in self.plan.graph.edges
            if e.into in ins[e.target] and e.out in outs[e.source] and min(len(ins[e.target]), len(outs[e.source])) > 1
        ]
        for lower in (True, False):
            for e in joining:
                main = self.sizes[e.target].main_in if lower else self.sizes[e.source].main_out
                port = e.into if lower else e.out
                if port == main and e.target not in self.main_in and e.source not in self.main_out:
                    self.main_in[e.target], self.main_out[e.source] = e.into, e.out

    def _extent(self, n: int) -> None:
        kind = self.plan.tree.elements[n].kind
        if kind is Kind.LEAF:
            self._leaf(n)
        elif kind is Kind.SERIES:
            self._series(n)
        elif kind is Kind.PARALLEL:
            self._parallel(n)
        elif kind is Kind.REGION:
            self._region(n)

    def _leaf(self, n: int) -> None:
        v = self.plan.tree.elements[n].vertices[0]
        size = self.sizes[v]
        above, below = self._axis_in(v), self._axis_out(v)
        self.left[n] = above + size.left
        self.right[n] = size.w - above + size.right
        self.shift[n] = below - above

    def _axis_in(self, v: int) -> float:
        ports = self.plan.axis_ins[v]
        if self.plan.graph.vertices[v].entry != "ports" or not ports:
            return self.sizes[v].w / 2
        xs = [self.sizes[v].into(p) for p in ([self.main_in[v]] if v in self.main_in else ports)]
        return (min(xs) + max(xs)) / 2

    def _axis_out(self, v: int) -> float:
        ports = self.plan.axis_outs[v]
        if not ports:
            return self.sizes[v].w / 2
        xs = [self.sizes[v].out(p) for p in ([self.main_out[v]] if v in self.main_out else ports)]
        return (min(xs) + max(xs)) / 2

    def _series(self, n: int) -> None:
        x = 0.0
        items = self.plan.tree.elements[n].items
        for item in items:
            self.offset[item] = x
            self.left[n] = max(self.left[n], self.left[item] - x)
            self.right[n] = max(self.right[n], self.right[item] + x)
            x += self.shift[item]
        self.shift[n] = x
        lanes = self.lanes_of.get(n, [])
        for side in (1, -1):
            mine = [k for k in lanes if self.plan.lanes[k].side == side]
            if not mine:
                continue
            reach = [(self.right[i] + self.offset[i]) if side > 0 else (self.left[i] - self.offset[i]) for i in items]
            far = lay_lanes([self.plan.lanes[k] for k in mine], reach)
            for k, distance in zip(mine, far, strict=True):
                self.lane_x[k] = side * distance
            if side > 0:
                self.right[n] = max(self.right[n], *far)
            else:
                self.left[n] = max(self.left[n], *far)

    def _parallel(self, n: int) -> None:
        e = self.plan.tree.elements[n]
        spaces = [self.right[a] + self.left[b] + BRANCH for a, b in pairwise(e.items)]
        if e.spine < 0:
            even = [max(a, b) for a, b in zip(spaces, reversed(spaces), strict=True)]
            if sum(even) - sum(spaces) <= SYMMETRIC:
                spaces = even
        spaces = self._beside_sign(n, spaces)
        apart = self._apart(n)
        if all(a >= space for a, space in zip(apart, spaces, strict=False)) and apart:
            spaces = apart
        xs = [0.0]
        for space in spaces:
            xs.append(xs[-1] + space)
        middle = xs[e.spine] if e.spine >= 0 else (xs[0] + xs[-1]) / 2
        for item, x in zip(e.items, xs, strict=True):
            self.offset[item] = x - middle
            self.left[n] = max(self.left[n], self.left[item] - self.offset[item])
            self.right[n] = max(self.right[n], self.right[item] + self.offset[item])
        self.shift[n] = self.shift[e.items[e.spine]] if e.spine >= 0 else 0.0

    def _beside_sign(self, n: int, spaces: list[float]) -> list[float]:
        """The spaces, with room for wires that come down to a sign to enter it from its sides."""
        e = self.plan.tree.elements[n]
        if not 0 <= e.after < len(self.sizes) or not self.plan.graph.vertices[e.after].round:
            return spaces
        need, last = self.sizes[e.after].w / 2 + STUB, len(spaces)
        middle = e.spine if e.spine >= 0 else last // 2
        found = list(spaces)
        if e.spine < 0 and last % 2:
            found[middle] = max(found[middle], 2 * need)
            return found
        if middle > 0:
            found[middle - 1] = max(found[middle - 1], need)
        if middle < last:
            found[middle] = max(found[middle], need)
        return found

    def _apart(self, n: int) -> list[float]:
        """How far apart the branches of a parallel would stand if each stood on its port."""
        e = self.plan.tree.elements[n]
        if n not in self.plan.standing:
            return []
        below = self.sizes[e.after]
        at = [sum(below.into(p) for p in ports) / len(ports) for ports in self.plan.standing[n]]
        return [b - a - self.shift[j] + self.shift[i] for (i, a), (j, b) in pairwise(zip(e.items, at, strict=True))]

    def _region(self, n: int) -> None:
        xs, left, right, shift = place_region(self.plan, self.plan.regions[n], self.sizes)
        self.item_x[n] = xs
        self.far_x[n] = [right + LANE * (far.rank + 1) for far in self.plan.regions[n].far]
        self.left[n], self.right[n], self.shift[n] = left, max([right, *self.far_x[n]]), shift

    def _place(self, n: int) -> None:
        e = self.plan.tree.elements[n]
        self.axis[n] = (self.axis[e.parent] if e.parent >= 0 else 0.0) + self.offset[n]
        if e.kind is Kind.LEAF:
            v = e.vertices[0]
            self.x[v] = self.axis[n] - self._axis_in(v)
        elif e.kind is Kind.REGION:
            xs = [x + self.axis[n] for x in self.item_x[n]]
            self.item_x[n] = xs
            self.far_x[n] = [x + self.axis[n] for x in self.far_x[n]]
            for i, item in enumerate(self.plan.regions[n].items):
                if item.vertex >= 0:
                    self.x[item.vertex] = xs[i]
        for k in self.lanes_of.get(n, []):
            self.lane_x[k] += self.axis[n]


def lay_lanes(lanes: Sequence[Lane], reach: Sequence[float]) -> list[float]:
    """How far out each lane of one side runs: past the items beside it, the shorter ones nearer.

    ``reach`` is how far each item of the series sticks out on this side. Lanes of one level line up.
    """
    profile = [r for item in reach for r in (item, 0.0)]  # 2 i is item i, 2 i + 1 the gap below it
    profile.append(0.0)  # -1: the gap above the first item
    level_at = [0] * len(profile)
    order = sorted(range(len(lanes)), key=lambda k: (span(lanes[k])[1] - span(lanes[k])[0], lanes[k].first))
    level = [0] * len(lanes)
    for k in order:
        rows = _rows(lanes[k], len(profile))
        level[k] = 1 + max(level_at[r] for r in rows)
        for r in rows:
            level_at[r] = level[k]
    far = [0.0] * len(lanes)
    for deep in range(1, max(level) + 1):
        here = [k for k in order if level[k] == deep]
        for k in here:
            room = LANE if lanes[k].ends_at < 0 or deep > 1 else STUB
            far[k] = max(profile[r] for r in _rows(lanes[k], len(profile))) + room
        most = max(far[k] for k in here)
        for k in here:
            if most - far[k] <= LINE_UP:
                far[k] = most
            for r in _rows(lanes[k], len(profile)):
                profile[r] = max(profile[r], far[k])
    return far


def _rows(lane: Lane, size: int) -> range:
    """What a lane runs past; the gaps at its ends are shared with others, which the tracks sort out."""
    first, last = span(lane)
    return range(first + 1, min(last if last % 2 else last + 1, size - 1))
