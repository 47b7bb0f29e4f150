"""The ways of lines between tensors on levels: straight across, from row to row, or over the heads of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from moniel2.layout.scene import Point
from moniel2.layout.text import width
from moniel2.layout.views.flow import Flow
from moniel2.layout.views.lanes import lanes
from moniel2.layout.views.levels import FURTHEST, LANE, NUMBER, Levels, Spot
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.pen import PLAIN

BESIDE = 5.0  # how far from a box a line turns
CLEAR = 3.0  # uprights nearer than this look like one


class LevelLines(Levels):
    """Boxes in their places, and which way each line runs."""

    def __init__(self, flow: Flow, options: ViewOptions, scale: float) -> None:
        super().__init__(flow, options, scale)
        self.drawn: list[tuple[int, float, float, float]] = []  # uprights: where from, x, from y to y
        self._lines()
        self._heights()

    # ------------------------------------------------------------------------------------------ lines

    def _lines(self) -> None:
        """Which lines run over heads: all that lead neither along a chain nor straight across."""
        self.copies: list[tuple[int, int]] = []
        self.skips: list[tuple[int, int]] = []
        self.above: set[int] = set()  # what lines leave or enter from above
        self.leaving: set[int] = set()  # what lines over heads leave to the same row
        self.entered: set[int] = set()  # what they enter
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
                    self.leaving.add(s)
                self.above.add(k)
                self.entered.add(k)
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
        if _meets(self.spots[s], points[1:]) or _meets(self.spots[k], points[:-1]):
            return False
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
        feet = sorted([a.middle, *(a.x + 4 + n for n in range(0, int(a.w) - 7, 3))], key=lambda x: abs(x - a.middle))
        ways += [[(x, foot), (x, b.y), (left, b.y)] for x in feet if x < left - 12]
        # Between the rows to where the way is free.
        turn = foot + (14.0 if b.y > a.y else -14.0)
        columns = sorted(range(int(a.x) - FURTHEST, int(left) - 12, 4), key=lambda x: abs(x - a.middle))
        ways += [[(a.middle, foot), (a.middle, turn), (x, turn), (x, b.y), (left, b.y)] for x in columns]
        plain: list[Point] = [(a.right, a.y), (a.right + 8, a.y), (a.right + 8, b.y), (left, b.y)]
        return self._best(ways, plain, s, k)

    def _best(self, ways: Sequence[list[Point]], plain: list[Point], s: int, k: int) -> list[Point]:
        """The first way that meets no box and stands clear of other lines; else the first that meets no box."""
        free = [way for way in ways if self._free(way, s, k)]
        return next((way for way in free if self._alone(way, s)), free[0] if free else plain)

    def _alone(self, way: list[Point], s: int) -> bool:
        """Whether no upright of it runs on top of one drawn before that comes from elsewhere."""
        for (x, y0), (x1, y1) in pairwise(way):
            low, high = min(y0, y1), max(y0, y1)
            if x == x1 and any(t != s and abs(x - u) < CLEAR and low < b and high > a for t, u, a, b in self.drawn):
                return False
        return True

    def _drew(self, points: list[Point], s: int) -> None:
        """Remember where a line runs up or down."""
        self.drawn += [(s, x, min(y, v), max(y, v)) for (x, y), (u, v) in pairwise(points) if x == u]

    def _skip(self, s: int, k: int) -> list[Point]:
        a, b = self.spots[s], self.spots[k]
        row = (b.storey, b.level)
        if direct := self._direct(s, k):
            return direct
        y = self.lid[row] - self.lane[(row, s)] * LANE
        # Beside the arrow that leads on upwards.
        upwards = any(self.spots[u].risen and self.before[u] == k and not self.spots[u].stepped for u in self.users[k])
        end = (b.middle - (b.w / 4 if upwards else 0.0), b.top)
        if (a.storey, a.level) == row and (a.fallen or s in self.entered):
            # From above comes what leads to it.
            return [(a.right, a.y), (a.right + BESIDE, a.y), (a.right + BESIDE, y), (end[0], y), end]
        if (a.storey, a.level) == row:
            return [(a.middle, a.top), (a.middle, y), (end[0], y), end]
        ways = [[(a.right, a.y), (a.right + n, a.y), (a.right + n, y), (end[0], y), end] for n in range(3, 80)]
        # Round by the left.
        top = (a.middle, a.top - 14)
        ways += [[(a.middle, a.top), top, (x, top[1]), (x, y), (end[0], y), end] for x in range(int(a.x), -60, -4)]
        plain = [(a.right, a.y), (a.right + 6, a.y), (a.right + 6, y), (end[0], y), end]
        return self._best(ways, plain, s, k)


def _meets(spot: Spot, points: Sequence[Point]) -> bool:
    """Whether a polyline runs through a box: it may touch its rim."""
    return any(
        min(x0, x1) < spot.right - 1
        and max(x0, x1) > spot.x + 1
        and min(y0, y1) < spot.bottom - 1
        and max(y0, y1) > spot.top + 1
        for (x0, y0), (x1, y1) in pairwise(points)
    )
