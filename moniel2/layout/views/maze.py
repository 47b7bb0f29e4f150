"""Ways for lines through what is drawn already: short, with few bends, clear of boxes, words and other lines.

A grid of lines that run beside everything; from crossing to crossing the cheapest way is found (A*). Lines of different
sources may cross, not run on top of one another.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import pairwise

from moniel2.layout.scene import Point

Rect = tuple[float, float, float, float]
CLEAR = 3.0  # lines that run side by side nearer than this look like one
FINEST = 2.0  # between lines of the grid
BEND, CROSSING = 30.0, 18.0  # as long a detour is taken to avoid one
EAGER = 1.3  # how much rather it is looked for near the end than cheaply
MOST = 60_000  # crossings of the grid that are looked at for one line


class Maze:
    """``rects`` are not to be run through. Lines may run at the ``xs`` and ``ys``: at all of the first of each, where
    they leave and end, and at those of the second that aren't too near to others."""

    def __init__(
        self,
        rects: Sequence[Rect],
        xs: tuple[Iterable[float], Iterable[float]],
        ys: tuple[Iterable[float], Iterable[float]],
    ) -> None:
        self.xs, self.ys = _thinned(*xs), _thinned(*ys)
        wide, high = len(self.xs), len(self.ys)
        # Of each stretch of the grid, right of or below a crossing: whether it is blocked, and whose lines run there.
        self.blocked = [bytearray(wide * high), bytearray(wide * high)]
        self.lines: list[dict[int, set[tuple[int, int]]]] = [{}, {}]
        self.crossed = [bytearray(wide * high), bytearray(wide * high)]
        for left, top, right, bottom in rects:
            i0, i1 = bisect_right(self.xs, left), bisect_left(self.xs, right)
            j0, j1 = bisect_right(self.ys, top), bisect_left(self.ys, bottom)
            for j in range(j0, j1):
                for i in range(max(i0 - 1, 0), min(i1, wide)):
                    self.blocked[0][j * wide + i] = 1
            for j in range(max(j0 - 1, 0), min(j1, high)):
                for i in range(i0, i1):
                    self.blocked[1][j * wide + i] = 1

    def draw(self, points: Sequence[Point], source: int, target: int) -> None:
        """Remember that a line runs there."""
        for (x0, y0), (x1, y1) in pairwise(points):
            if x0 == x1:
                self._mark(1, self.xs, self.ys, x0, min(y0, y1), max(y0, y1), (source, target))
            else:
                self._mark(0, self.ys, self.xs, y0, min(x0, x1), max(x0, x1), (source, target))

    def _mark(
        self,
        axis: int,
        across: Sequence[float],
        along: Sequence[float],
        at: float,
        low: float,
        high: float,
        whose: tuple[int, int],
    ) -> None:
        step = (1, len(self.xs)) if axis == 0 else (len(self.xs), 1)  # along, across
        first, last = max(bisect_right(along, low) - 1, 0), bisect_left(along, high)
        lines, crossed = self.lines[axis], self.crossed[1 - axis]
        for n in range(bisect_right(across, at - CLEAR), bisect_left(across, at + CLEAR)):
            for k in range(first, last):
                lines.setdefault(n * step[1] + k * step[0], set()).add(whose)
        n = bisect_right(across, at) - 1
        if 0 <= n < len(across) - 1:
            for k in range(first, last + 1):
                if k < len(along) and crossed[n * step[1] + k * step[0]] < 255:
                    crossed[n * step[1] + k * step[0]] += 1

    def near(self, point: Point) -> tuple[int, int]:
        """The crossing that a point is nearest to."""
        return _nearest(self.xs, point[0]), _nearest(self.ys, point[1])

    def way(
        self, starts: Sequence[tuple[Point, int]], ends: Sequence[tuple[Point, int]], source: int, target: int
    ) -> list[Point]:
        """From the best of ``starts`` to the best of ``ends``, or nothing.

        Both are places on the grid, with the axis that the line has there: 0 across, 1 up and down.
        """
        if not starts or not ends:
            return []
        wide, high = len(self.xs), len(self.ys)
        goals = {self._node(p, axis): n for n, (p, axis) in enumerate(ends)}
        left, right = min(p[0] for p, _ in ends), max(p[0] for p, _ in ends)
        top, bottom = min(p[1] for p, _ in ends), max(p[1] for p, _ in ends)

        def ahead(i: int, j: int) -> float:
            x, y = self.xs[i], self.ys[j]
            return EAGER * (max(left - x, 0.0, x - right) + max(top - y, 0.0, y - bottom))

        best: dict[int, float] = {}
        came: dict[int, int] = {}
        queue: list[tuple[float, int]] = []
        for n, (p, axis) in enumerate(starts):
            node = self._node(p, axis)
            cost = 4.0 * n  # those told first are liked better
            if cost < best.get(node, 1e18):
                best[node] = cost
                heappush(queue, (cost + ahead(*self.near(p)), node))
        looked, size = 0, wide * high
        while queue and looked < MOST:
            said, node = heappop(queue)
            axis, at = divmod(node, size)
            j, i = divmod(at, wide)
            cost = best[node]
            if said > cost + ahead(i, j) + 0.001:
                continue
            if node in goals:
                return self._told(node, came)
            looked += 1
            steps = [(node + size if axis == 0 else node - size, cost + BEND, i, j)]
            if axis == 0:
                moves = ((at, i + 1, j), (at - 1, i - 1, j)) if i else ((at, i + 1, j),)
            else:
                moves = ((at, i, j + 1), (at - wide, i, j - 1)) if j else ((at, i, j + 1),)
            for edge, u, v in moves:
                if u >= wide or v >= high or self.blocked[axis][edge]:
                    continue
                owners = self.lines[axis].get(edge)
                if owners is not None and any(s != source and t != target for s, t in owners):
                    continue
                long = abs(self.xs[u] - self.xs[i]) + abs(self.ys[v] - self.ys[j])
                steps.append((axis * size + v * wide + u, cost + long + CROSSING * self.crossed[axis][edge], u, v))
            for other, price, u, v in steps:
                if price < best.get(other, 1e18) - 0.001:
                    best[other], came[other] = price, node
                    heappush(queue, (price + ahead(u, v), other))
        return []

    def _node(self, point: Point, axis: int) -> int:
        i, j = self.near(point)
        return axis * len(self.xs) * len(self.ys) + j * len(self.xs) + i

    def _told(self, node: int, came: dict[int, int]) -> list[Point]:
        """The corners of a way."""
        found: list[Point] = []
        while True:
            j, i = divmod(node % (len(self.xs) * len(self.ys)), len(self.xs))
            found.append((self.xs[i], self.ys[j]))
            if node not in came:
                return straightened(found[::-1])
            node = came[node]


def straightened(points: Sequence[Point]) -> list[Point]:
    """The same line without what lies on the way from a corner to the next."""
    found: list[Point] = []
    for p in points:
        if found and p == found[-1]:
            continue
        if len(found) > 1 and (found[-2][0] == found[-1][0] == p[0] or found[-2][1] == found[-1][1] == p[1]):
            found[-1] = p
        else:
            found.append(p)
    return found


def _thinned(needed: Iterable[float], more: Iterable[float]) -> list[float]:
    found = sorted(set(needed))
    for value in sorted(set(more)):
        n = bisect_left(found, value)
        if (n == len(found) or found[n] - value >= FINEST) and (n == 0 or value - found[n - 1] >= FINEST):
            found.insert(n, value)
    return found


def _nearest(values: Sequence[float], value: float) -> int:
    n = bisect_left(values, value)
    return n if n < len(values) and (n == 0 or values[n] - value <= value - values[n - 1]) else n - 1
