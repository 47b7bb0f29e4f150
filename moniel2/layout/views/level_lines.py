"""The ways of lines between tensors on levels: straight across, from row to row, or over the heads of others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from moniel2.layout.scene import Anchor, Point, rounded
from moniel2.layout.text import width
from moniel2.layout.views.flow import Flow
from moniel2.layout.views.lanes import lanes
from moniel2.layout.views.levels import FURTHEST, LANE, NUMBER, SIGN, Common, Levels, Row, Spot
from moniel2.layout.views.maze import CLEAR, Maze, straightened
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.pen import PLAIN

Port = tuple[list[Point], int]  # a short stretch of a line, and its axis: 0 across, 1 up and down
BESIDE = 5.0  # how far from a box a line turns
OUT, OVER = 5.0, 15.0  # how far beyond it, and beyond the number above it, it may run anywhere
OUTSIDE, MANY_LANES = 60.0, 8  # room above and below everything; lanes at each side of what is between rows
TRIES = 4  # with always more room between rows


class LevelLines(Levels):
    """Boxes in their places, and the way of each line: ``ways`` has its corners by the stops that it joins."""

    def __init__(self, flow: Flow, options: ViewOptions, scale: float, common: Mapping[str, Common]) -> None:
        super().__init__(flow, options, scale, common)
        self.above: set[int] = set()  # what lines leave or enter from above
        self.leaving: set[int] = set()  # what lines over heads leave to the same row
        self.entered: set[int] = set()  # what they enter
        self._measure()
        self._lines()
        for n in range(TRIES):
            self._heights()
            lost = self._lay()
            if not lost or n == TRIES - 1:
                break
            for row in lost:
                self.spare[row] = self.spare.get(row, 0.0) + 2 * LANE

    # ------------------------------------------------------------------------------------------ lines

    def _lines(self) -> None:
        """Which lines run over heads: all that lead neither along a chain nor straight across."""
        self.copies: list[tuple[int, int]] = []
        self.skips: list[tuple[int, int]] = []
        spans: dict[Row, dict[int, tuple[float, float]]] = {}
        for k, stop in enumerate(self.stops):
            for s in dict.fromkeys(stop.sources):
                if s == self.before[k]:
                    continue
                a, b = self.spots[s], self.spots[k]
                row = b.row
                if a.row == row and a.right < b.x and not self._between(row, a.right, self._left(k)):
                    self.copies.append((s, k))
                    continue
                self.skips.append((s, k))
                if self._direct(s, k):
                    continue
                if a.row == row:
                    self.above.add(s)
                    self.leaving.add(s)
                self.above.add(k)
                self.entered.add(k)
                low, high = spans.setdefault(row, {}).get(s, (a.middle, a.middle))
                spans[row][s] = (min(low, self._middle(k), a.middle), max(high, self._middle(k), a.right + 8))
        for row, found in spans.items():
            for source, lane in zip(found, lanes(list(found.values())), strict=True):
                self.lane[(row, source)] = lane

    def _direct(self, s: int, k: int) -> list[Point]:
        """A line from row to row that meets no box: along the source's row and straight to the target, or nothing."""
        a, b = self.spots[s], self.spots[k]
        if a.row == b.row:
            return []
        below = a.y > b.y
        end = b.bottom if below else b.top
        at = (
            [(b.middle, end)]
            if not (b.fallen or b.risen)
            else [(b.middle + _aside(b), end), (b.middle - _aside(b), end)]
        )
        for x, y in at:
            points = [(a.right, a.y), (x, a.y), (x, y)]
            if x > a.right + 4 and self._free(points, s, k):
                return points
            start = a.top if below else a.bottom
            points = [(a.middle, start), (a.middle, b.y), (b.x, b.y)]
            if self.before[k] != s and b.x > a.middle + 8 and self.before[k] < 0 and self._free(points, s, k):
                return points
        return []

    def _lay(self) -> set[Row]:
        """Find a way for every line, first for those that can't choose; in which rows one found none."""
        self._measure()
        self.drawn: list[tuple[int, int, Point, Point]] = []  # stretches of lines and whose they are
        self.ways: dict[tuple[int, int], list[Point]] = {}
        bent: list[tuple[int, int]] = []
        for k, s in enumerate(self.before):
            if s >= 0 and not self.spots[k].joined:
                if points := self._straight(s, k):
                    self._draw(points, s, k)
                else:
                    bent.append((s, k))
        for s, k in self.copies:
            self._draw([(self.spots[s].right, y := self._level(s, k)), (self._left(k), y)], s, k)
        waiting: list[tuple[int, int]] = []
        for s, k in [*bent, *self.skips]:
            ways = self._round(s, k) if s == self.before[k] else self._skip(s, k)
            best = next((way for way in ways if self._free(way, s, k) and self._alone(way, s, k)), None)
            if best is not None:
                self._draw(best, s, k)
            else:
                waiting.append((s, k))
        return self._search(waiting) if waiting else set()

    def _measure(self) -> None:
        self.rects = [(rect, k) for k in range(len(self.stops)) for rect in self._taken(k)]

    def _search(self, waiting: Sequence[tuple[int, int]]) -> set[Row]:
        """Ways through the maze that all else leaves; in which rows there was none."""
        maze, lost = self._maze(waiting), set[Row]()
        for (s, k), points in self.ways.items():
            maze.draw(points, s, k)
        for s, k in waiting:
            starts = [(p, a) for p, a in _exact(self._exits(s, k)) if self._alone(p, s, k)]
            ends = [(p, a) for p, a in _exact(self._entries(s, k)) if self._alone(p, s, k)]
            way = maze.way([(p[-1], a) for p, a in starts], [(p[0], a) for p, a in ends], s, k)
            if way:
                begin = next(p for p, _ in starts if p[-1] == way[0])
                end = next(p for p, _ in ends if p[0] == way[-1])
                way = straightened([*begin, *way, *end])
                maze.draw(way, s, k)
            else:
                way = next(iter(self._round(s, k) if s == self.before[k] else self._skip(s, k)))
                lost |= {self.spots[s].row, self.spots[k].row}
            self._draw(way, s, k)
        return lost

    def _maze(self, waiting: Sequence[tuple[int, int]]) -> Maze:
        spots = self.spots
        ports = [p[n] for s, k in waiting for p, _ in _exact(self._exits(s, k)) for n in (0, 1)]
        ports += [p[n] for s, k in waiting for p, _ in _exact(self._entries(s, k)) for n in (0, 1)]
        left, right = min(rect[0] for rect, _ in self.rects), max(rect[2] for rect, _ in self.rects)
        xs = [s.right + n for s in spots for n in (5, 9, 13, 17)] + [
            s.x - s.outline - n for s in spots for n in (5, 9, 13)
        ]
        xs += [at + way * n for at, way in ((left, -1), (right, 1)) for n in range(4, 60, 4)]
        ys = [s.y for s in spots]
        rows = sorted(self.lid)
        feet = [max(s.bottom for s in spots if s.row == row) for row in rows]
        heads = [self.lid[row] + 8 for row in rows]
        # Above the first row and below the last there is as much room as is needed.
        for low, high in zip([heads[0] - OUTSIDE, *feet], [*heads, feet[-1] + OUTSIDE], strict=True):
            ys += [y for n in range(4, 4 * MANY_LANES, 4) for y in (low + n, high - n) if low < y < high]
        return Maze([rect for rect, _ in self.rects], ([p[0] for p in ports], xs), ([p[1] for p in ports], ys))

    def _exits(self, s: int, k: int) -> list[Port]:
        """Where a line may leave a box, as a stretch beyond what is written around it, and along which axis."""
        a = self.spots[s]
        users = [self.spots[u] for u in self.users[s] if self.before[u] == s and u != k]
        found: list[Port] = [([(a.right, a.y), (a.right + OUT, a.y)], 0)]
        if not any(u.fallen and not u.stepped for u in users):
            found.append(([(a.middle, a.bottom), (a.middle, a.bottom + OUT)], 1))
        if not (a.fallen or s in self.above):
            found.append(([(a.middle, a.top), (a.middle, a.top - OVER)], 1))
        return found

    def _entries(self, s: int, k: int) -> list[Port]:
        """The same for where it may end."""
        b = self.spots[k]
        users = [self.spots[u] for u in self.users[k] if self.before[u] == k and not self.spots[u].stepped]
        up, down = any(u.risen for u in users), any(u.fallen for u in users)
        aside = _aside(b)
        left = b.x - b.outline
        middle = self._middle(k)
        top, bottom = middle - (aside if up else 0.0), middle - (aside if down else 0.0)
        found: list[Port] = []
        if self.before[k] == s:
            label = max((width(line, NUMBER) for line in b.label), default=0.0)
            found += [([(left - room, b.y), (left, b.y)], 0) for room in dict.fromkeys((12.0 + label, 12.0))]
        if self.stops[k].role != "output":
            round_ = SIGN - (SIGN**2 - aside**2) ** 0.5 if b.w == 2 * SIGN == b.h else 0.0
            found.append(([(bottom, b.bottom + OUT), (bottom, b.bottom - (round_ if down else 0.0))], 1))
            found.append(([(top, b.top - OVER), (top, b.top + (round_ if up else 0.0))], 1))
        if self.before[k] != s:
            found.append(([(left - 12, b.y + min(b.h / 4, 5.0)), (left, b.y + min(b.h / 4, 5.0))], 0))
        return found

    def _draw(self, points: list[Point], s: int, k: int) -> None:
        self.ways[(s, k)] = points
        self.drawn += [(s, k, p, q) for p, q in pairwise(points)]

    def _level(self, s: int, k: int) -> float:
        """Copies run a little above the middle where an arrow may lead on from there."""
        high = min(self.spots[s].h, self.spots[k].h)
        return self.spots[s].y - (min(high / 4, 8.0) if high > 12 else 0.0)

    def _straight(self, s: int, k: int) -> list[Point]:
        """An arrow along a chain that has no choice; nothing if it leads to another row with a bend."""
        a, b = self.spots[s], self.spots[k]
        if b.stepped:
            return [(a.right, a.y), (b.middle, a.y), (b.middle, b.top if b.fallen else b.bottom)]
        if b.fallen:
            return [(a.middle, a.bottom), (a.middle, b.top)]
        if b.risen:
            return [(a.middle, a.top), (a.middle, b.bottom)]
        return [(a.right, a.y), (b.x - b.outline, b.y)] if a.row == b.row else []

    def _free(self, points: Sequence[Point], s: int, k: int) -> bool:
        """Whether a polyline meets no other box, with a little room."""
        if _meets(self.spots[s], points[1:]) or _meets(self.spots[k], points[:-1]):
            return False
        stretches = [(min(x, u), min(y, v), max(x, u), max(y, v)) for (x, y), (u, v) in pairwise(points)]
        return not any(
            n != s and n != k and any(x < right and u > left and y < bottom and v > top for x, y, u, v in stretches)
            for (left, top, right, bottom), n in self.rects
        )

    def _taken(self, k: int) -> Iterator[tuple[float, float, float, float]]:
        """What a stop takes of the page: its box, the number above it, the words on the arrow that leads to it."""
        spot, last = self.spots[k], self.before[k]
        yield (spot.x - spot.outline - 3, spot.top - 3, spot.right + 3, spot.bottom + 3)
        if self.stops[k].role == "input":
            yield (spot.x - 8 - width(self.stops[k].words.first, PLAIN), spot.y - 8, spot.x, spot.y + 8)
        if self.options.shapes:
            x, anchor = self._number(k)
            long = width(self.stops[k].extent.deep, NUMBER)
            left = x - {"start": 0.0, "middle": long / 2, "end": long}[anchor]
            yield (left - 2, spot.top - 11, left + long + 2, spot.top)
        if spot.label and last >= 0 and (spot.fallen or spot.risen):
            long = max(width(line, NUMBER) for line in spot.label) + 7
            yield (spot.middle + 3, (around := self._beside_fall(k))[0], spot.middle + long, around[1])
        elif spot.label and last >= 0:
            yield (self.spots[last].right + 8, spot.y - 4 - 9.5 * len(spot.label), spot.x, spot.y)

    def _number(self, k: int) -> tuple[float, Anchor]:
        """Where the number of channels stands above a box: in its middle, or beside the line that meets it there."""
        spot = self.spots[k]
        leaves = [self.spots[u] for u in self.users[k] if self.before[u] == k]
        if spot.fallen and k in self.leaving:
            return spot.middle - 5, "end"
        if spot.fallen or k in self.above or any(u.risen and not u.stepped for u in leaves):
            return spot.middle + 5, "start"
        joins = any(self.spots[u].joined and self._halves(u) == k + 1 for u in self.users[k])
        return spot.middle - (spot.outline / 2 if joins else 0.0), "middle"

    def _beside_fall(self, k: int) -> tuple[float, float]:
        """Between which heights the words on an arrow from above or below stand: next to where it ends or begins,
        clear of the rows that it passes."""
        a, b = self.spots[self.before[k]], self.spots[k]
        upper, lower = (a, b) if b.fallen else (b, a)
        start = upper.y if b.stepped and b.fallen else upper.bottom
        end = lower.y if b.stepped and b.risen else lower.top
        right = b.middle + max((width(line, NUMBER) for line in b.label), default=0.0)
        passed = [
            s.bottom + 12
            for n, s in enumerate(self.spots)
            if upper.row < s.row < lower.row and s.x - self._before(n) < right and s.right + self._beside(n) > b.middle
        ]
        return max([start, *passed]), end

    def _left(self, k: int) -> float:
        spot = self.spots[k]
        return spot.x - (self._ahead(self._halves(k) - 1) if spot.joined else 0.0)

    def _middle(self, k: int) -> float:
        """Where a line from above or below meets a box: of a concatenation the copied half."""
        spot = self.spots[k]
        return (self._left(k) + spot.x) / 2 if spot.joined else spot.middle

    def _between(self, row: Row, low: float, high: float) -> bool:
        return any(s.row == row and s.right > low + 1 and s.x < high - 1 for s in self.spots)

    def _round(self, s: int, k: int) -> Iterator[list[Point]]:
        """To another row: along the source's row and up or down where that meets nothing, else from its foot or top."""
        a, b = self.spots[s], self.spots[k]
        left = b.x - b.outline
        label = max((width(line, NUMBER) for line in b.label), default=0.0)
        for room in (12.0 + label, 12.0) if label else (12.0,):
            for n in range(4, FURTHEST, 4):
                if a.right + n < left - room:
                    yield [(a.right, a.y), (a.right + n, a.y), (a.right + n, b.y), (left, b.y)]
        foot = a.bottom if b.y > a.y else a.top
        # Below a merge there may be lines that lead into it.
        merged = len(set(self.stops[s].sources)) > 1 and self.stops[s].role == "merge"
        feet = (
            []
            if merged
            else sorted([a.middle, *(a.x + 4 + n for n in range(0, int(a.w) - 7, 3))], key=lambda x: abs(x - a.middle))
        )
        for x in feet:
            if x < left - 12:
                yield [(x, foot), (x, b.y), (left, b.y)]
        # Between the rows to where the way is free.
        turn = foot + (14.0 if b.y > a.y else -14.0)
        for x in sorted(range(int(a.x) - FURTHEST, int(left) - 12, 4), key=lambda x: abs(x - a.middle)):
            yield [(a.middle, foot), (a.middle, turn), (x, turn), (x, b.y), (left, b.y)]
        yield [(a.right, a.y), (a.right + 8, a.y), (a.right + 8, b.y), (left, b.y)]

    def _alone(self, way: Sequence[Point], s: int, k: int) -> bool:
        """Whether it runs on top of no line drawn before that comes from elsewhere and leads elsewhere."""
        for p, q in pairwise(way):
            axis = 0 if p[0] == q[0] else 1
            low, high = min(p[1 - axis], q[1 - axis]), max(p[1 - axis], q[1 - axis])
            for t, u, c, d in self.drawn:
                if t == s or u == k or abs(c[axis] - d[axis]) > 0.01 or abs(c[axis] - p[axis]) >= CLEAR:
                    continue
                if low < max(c[1 - axis], d[1 - axis]) and high > min(c[1 - axis], d[1 - axis]):
                    return False
        return True

    def _skip(self, s: int, k: int) -> Iterator[list[Point]]:
        a, b = self.spots[s], self.spots[k]
        row = b.row
        if direct := self._direct(s, k):
            yield direct
        y = self.lid[row] - self.lane.get((row, s), 0) * LANE
        # Beside the arrow that leads on upwards.
        upwards = any(self.spots[u].risen and self.before[u] == k and not self.spots[u].stepped for u in self.users[k])
        end = (self._middle(k) - (_aside(b) if upwards else 0.0), b.top)
        if a.row == row and (a.fallen or s in self.entered):
            # From above comes what leads to it.
            yield [(a.right, a.y), (a.right + BESIDE, a.y), (a.right + BESIDE, y), (end[0], y), end]
        elif a.row == row:
            yield [(a.middle, a.top), (a.middle, y), (end[0], y), end]
        else:
            for n in range(3, 80):
                yield [(a.right, a.y), (a.right + n, a.y), (a.right + n, y), (end[0], y), end]
            # Round by the left.
            top = (a.middle, a.top - 14)
            for x in range(int(a.x), -60, -4):
                yield [(a.middle, a.top), top, (x, top[1]), (x, y), (end[0], y), end]


def _exact(ports: Sequence[Port]) -> list[Port]:
    """The same in whole hundredths, which are equal if they are nearly equal."""
    return [([(rounded(x), rounded(y)) for x, y in points], axis) for points, axis in ports]


def _aside(spot: Spot) -> float:
    """How far from the middle of a box a second line meets it."""
    return min(max(spot.w / 4, CLEAR + 0.1), spot.w / 2)


def _meets(spot: Spot, points: Sequence[Point]) -> bool:
    """Whether a polyline runs through a box: it may touch its rim."""
    return any(
        min(x0, x1) < spot.right - 1
        and max(x0, x1) > spot.x + 1
        and min(y0, y1) < spot.bottom - 1
        and max(y0, y1) > spot.top + 1
        for (x0, y0), (x1, y1) in pairwise(points)
    )
