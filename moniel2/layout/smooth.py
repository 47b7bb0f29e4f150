"""Lanes move a little so that wires run on without a jog, from lane to lane, from a box, through a region."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from moniel2.layout.lanes import span
from moniel2.layout.plan import Column, Lane, Plan
from moniel2.layout.sizes import JOG, LANE, Size

INWARDS = 4.0  # a lane comes no nearer than this to what it passes


class Smoothing:
    """Moves the lanes of ``lane_x``. ``item_x`` are the places of what stands in each region, ``reach`` is how far each
    element reaches on the page, left and right."""

    def __init__(
        self,
        plan: Plan,
        sizes: Sequence[Size],
        x: Sequence[float],
        item_x: dict[int, list[float]],
        lane_x: list[float],
        reach: Sequence[tuple[float, float]],
    ) -> None:
        self.plan = plan
        self.sizes = sizes
        self.x = x
        self.lane_x = lane_x
        self.reach = reach
        self.chain_x: dict[tuple[int, int], float] = {}
        for number, region in plan.regions.items():
            for i, chain in enumerate(region.chain):
                if region.items[i].vertex < 0:
                    self.chain_x[(number, chain)] = item_x[number][i]

    def run(self) -> None:
        columns = self.plan.columns
        for route, edge in zip(self.plan.routes, self.plan.graph.edges, strict=True):
            for a, b in pairwise(route.columns):
                one, other = columns[a], columns[b]
                if one.kind == "lane" and other.kind == "lane":
                    self._meet(one.owner, other.owner)
                elif one.kind == "lane":
                    self._follow(one.owner, other, edge.target, edge.into)
                elif other.kind == "lane":
                    self._follow(other.owner, one, edge.target, edge.into)
        self._hang()

    def _hang(self) -> None:
        """A lane whose source stands further out hangs straight below it, the outermost first."""
        columns = self.plan.columns
        wishes: list[tuple[float, int, float]] = []
        for route in self.plan.routes:
            first = columns[route.columns[0]]
            second = columns[route.columns[min(1, len(route.columns) - 1)]]
            if first.kind == "out" and second.kind == "lane" and not self.plan.lanes[second.owner].back:
                to = self.x[first.owner] + self.sizes[first.owner].out(first.port)
                outwards = (to - self.lane_x[second.owner]) * self.plan.lanes[second.owner].side
                if outwards > JOG:
                    wishes.append((-to * self.plan.lanes[second.owner].side, second.owner, to))
        for _, lane, to in sorted(wishes):
            if to != self.lane_x[lane] and self._may(lane, to) and self._is_clear(lane, to):
                self.lane_x[lane] = to

    def _meet(self, one: int, other: int) -> None:
        """A wire that runs on from lane to lane with a small jog between runs straight: the inner one moves out."""
        x, u, lanes = self.lane_x[one], self.lane_x[other], self.plan.lanes
        if lanes[one].side != lanes[other].side or x == u:
            return
        to = max(x, u) if lanes[one].side > 0 else min(x, u)
        moved, fixed = (one, other) if x != to else (other, one)
        if self._may(moved, to) and self._is_clear(moved, to):
            self.lane_x[moved] = self.lane_x[fixed]

    def _follow(self, lane: int, column: Column, target: int, into: int) -> None:
        """A lane that a box's wire runs into, or that runs on in a column of a region, moves to stand right there."""
        if column.kind == "out":
            to = self.x[column.owner] + self.sizes[column.owner].out(column.port)
        elif column.kind == "chain":
            to = self.chain_x[(column.owner, column.port)]
        elif column.kind == "in" and self.plan.graph.vertices[target].entry == "ports":
            to = self.x[target] + self.sizes[target].into(into)
        else:
            return
        near = column.kind == "chain" or abs(to - self.lane_x[lane]) <= JOG
        if near and to != self.lane_x[lane] and self._may(lane, to) and self._is_clear(lane, to):
            self.lane_x[lane] = to

    def _may(self, lane: int, to: float) -> bool:
        """Whether it is a small step, or one outwards over room that its series takes up anyway."""
        one = self.plan.lanes[lane]
        outwards = (to - self.lane_x[lane]) * one.side
        left, right = self.reach[self._widest(one)]
        return -INWARDS <= outwards <= JOG or (outwards > 0 and left - 0.01 <= to <= right + 0.01)

    def _widest(self, lane: Lane) -> int:
        """The largest series in which a lane's is outermost on the lane's side."""
        elements = self.plan.tree.elements
        series = lane.series
        while elements[series].parent >= 0:
            parallel = elements[elements[series].parent]
            if elements[series].slot != (0 if lane.side < 0 else len(parallel.items) - 1):
                break
            series = parallel.parent
        return series

    def _is_clear(self, moved: int, to: float) -> bool:
        """Whether a lane that moves there passes no other and comes on top of none."""
        mine = self.plan.lanes[moved]
        first, last = span(mine)
        low, high = min(self.lane_x[moved], to) - LANE / 2, max(self.lane_x[moved], to) + LANE / 2
        for k, lane in enumerate(self.plan.lanes):
            if k == moved or lane.net == mine.net:
                continue
            begins, ends = span(lane)
            beside = lane.series == mine.series and begins <= last and first <= ends
            if beside and low < self.lane_x[k] < high:
                return False
            if lane.series != mine.series and abs(self.lane_x[k] - to) < LANE / 2:
                slot = self._slot(mine.series, lane.series)
                if slot < 0 or (begins <= 2 * slot + 1 and 2 * slot - 1 <= ends):
                    return False
        return True

    def _slot(self, inner: int, series: int) -> int:
        """The place in a series of the item that another one is part of; -1 if it is part of none."""
        elements = self.plan.tree.elements
        while inner >= 0 and elements[inner].parent != series:
            inner = elements[inner].parent
        return elements[inner].slot if inner >= 0 else -1
