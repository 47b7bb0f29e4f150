"""The ways of lines between tensors on levels: straight across, from row to row, or over the heads of others."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from moniel2.layout.scene import Point
from moniel2.layout.text import width
from moniel2.layout.views.flow import Flow
from moniel2.layout.views.lanes import lanes
from moniel2.layout.views.levels import FURTHEST, LANE, NUMBER, Levels
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.pen import PLAIN


class LevelLines(Levels):
    """Boxes in their places, and which way each line runs."""

    def __init__(self, flow: Flow, options: ViewOptions, scale: float) -> None:
        super().__init__(flow, options, scale)
        self._lines()
        self._heights()

    # ------------------------------------------------------------------------------------------ lines

    def _lines(self) -> None:
        """Which lines run over heads: all that lead neither along a chain nor straight across."""
        self.copies: list[tuple[int, int]] = []
        self.skips: list[tuple[int, int]] = []
        self.above: set[int] = set()  # what lines leave or enter from above
        spans: dict[tuple[int, int], dict[int, tuple[float, float]]] = {}
        for k, stop in enumerate(self.stops):
            for s in dict.fromkeys(stop.sources):
                if s == self.before[k]:
                    continue
                a, b = self.spots[s], self.spots[k]
                row = (b.storey, b.level)
                if (a.storey, a.level) == row and a.right < b.x and not self._between(row, a.right, self._left(k)):
                    self.copies.append((s, k))
                    continue
                self.skips.append((s, k))
                if self._direct(s, k):
                    continue
                if (a.storey, a.level) == row:
                    self.above.add(s)
                self.above.add(k)
                low, high = spans.setdefault(row, {}).get(s, (a.middle, a.middle))
                spans[row][s] = (min(low, b.middle, a.middle), max(high, b.middle, a.right + 8))
        for row, found in spans.items():
            for source, lane in zip(found, lanes(list(found.values())), strict=True):
                self.lane[(row, source)] = lane

    def _direct(self, s: int, k: int) -> list[Point]:
        """A line from row to row that meets no box: along the source's row and straight to the target, or nothing."""
        a, b = self.spots[s], self.spots[k]
        if (a.storey, a.level) == (b.storey, b.level):
            return []
        below = a.y > b.y
        end = b.bottom if below else b.top
        at = [(b.middle, end)] if not (b.fallen or b.risen) else [(b.middle + b.w / 4, end), (b.middle - b.w / 4, end)]
        for x, y in at:
            points = [(a.right, a.y), (x, a.y), (x, y)]
            if x > a.right + 4 and self._free(points, s, k):
                return points
            start = a.top if below else a.bottom
            points = [(a.middle, start), (a.middle, b.y), (b.x, b.y)]
            if self.before[k] != s and b.x > a.middle + 8 and self.before[k] < 0 and self._free(points, s, k):
                return points
        return []

    def _free(self, points: list[Point], s: int, k: int) -> bool:
        """Whether a polyline meets no other box, with a little room."""
        for n in range(len(self.spots)):
            if n in (s, k):
                continue
            for left, top, right, bottom in self._taken(n):
                for (x0, y0), (x1, y1) in pairwise(points):
                    if min(x0, x1) < right and max(x0, x1) > left and min(y0, y1) < bottom and max(y0, y1) > top:
                        return False
        return True

    def _taken(self, k: int) -> Iterator[tuple[float, float, float, float]]:
        """What a stop takes of the page: its box, the number above it, the words on the arrow that leads to it."""
        spot, last = self.spots[k], self.before[k]
        yield (spot.x - spot.outline - 3, spot.top - 3, spot.right + 3, spot.bottom + 3)
        if self.stops[k].role == "input":
            yield (spot.x - 8 - width(self.stops[k].words.first, PLAIN), spot.y - 8, spot.x, spot.y + 8)
        if self.options.shapes:
            half = width(self.stops[k].extent.deep, NUMBER) / 2 + 2
            yield (spot.middle - half, spot.top - 11, spot.middle + 2 * half + 5, spot.top)
        if spot.label and last >= 0 and (spot.fallen or spot.risen):
            long = max(width(line, NUMBER) for line in spot.label) + 7
            low, high = sorted((self.spots[last].y, spot.y))
            yield (spot.middle + 3, low, spot.middle + long, high)
        elif spot.label and last >= 0:
            yield (self.spots[last].right + 8, spot.y - 4 - 9.5 * len(spot.label), spot.x, spot.y)

    def _left(self, k: int) -> float:
        spot = self.spots[k]
        return spot.x - (self._ahead(self._halves(k) - 1) if spot.joined else 0.0)

    def _between(self, row: tuple[int, int], low: float, high: float) -> bool:
        return any((s.storey, s.level) == row and s.right > low + 1 and s.x < high - 1 for s in self.spots)

    def _round(self, s: int, k: int) -> list[Point]:
        """To another row: along the source's row and up or down where that meets nothing, else from its foot or top."""
        a, b = self.spots[s], self.spots[k]
        left = b.x - b.outline
        ways: list[list[Point]] = [
            [(a.right, a.y), (a.right + n, a.y), (a.right + n, b.y), (left, b.y)]
            for n in range(4, FURTHEST, 4)
            if a.right + n < left - 12
        ]
        foot = a.bottom if b.y > a.y else a.top
        ways.append([(a.middle, foot), (a.middle, b.y), (left, b.y)])
        plain: list[Point] = [(a.right, a.y), (a.right + 8, a.y), (a.right + 8, b.y), (left, b.y)]
        return next((w for w in ways if self._free(w, s, k)), plain)

    def _skip(self, s: int, k: int) -> list[Point]:
        a, b = self.spots[s], self.spots[k]
        row = (b.storey, b.level)
        if direct := self._direct(s, k):
            return direct
        y = self.lid[row] - self.lane[(row, s)] * LANE
        end = (b.middle, b.top)
        if (a.storey, a.level) == row:
            return [(a.middle, a.top), (a.middle, y), (end[0], y), end]
        ways = ([(a.right, a.y), (a.right + n, a.y), (a.right + n, y), (end[0], y), end] for n in range(4, 80, 3))
        found = next((w for w in ways if self._free(w, s, k)), None)
        if found is not None:
            return found
        # Round by the left.
        top = (a.middle, a.top - 14)
        lefts = ([(a.middle, a.top), top, (x, top[1]), (x, y), (end[0], y), end] for x in range(int(a.x), -60, -4))
        plain = [(a.right, a.y), (a.right + 6, a.y), (a.right + 6, y), (end[0], y), end]
        return next((w for w in lefts if self._free(w, s, k)), plain)
