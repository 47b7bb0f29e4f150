"""Where a link runs that says of two parts that their weights are one: straight or round a side, through free space."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import pairwise

Point = tuple[float, float]
Rect = tuple[float, float, float, float]  # left, top, right, bottom

HEADER = 10.0  # how far below its upper edge the middle of a frame's title is
TALL = 40.0  # what is this high is linked at its title
AWAY = 5.0  # a link round a side keeps so far from the parts
CLEAR = 3.0  # and every link so far from all that is drawn
PLACES = (0.5, 0.25, 0.75)  # along the edges that face each other
BEND, MOST_BENDS = 60.0, 4  # as long a detour is taken to avoid one; with more of them nobody follows a line
MANY = 150  # things in the way; among more no way is looked for that isn't simple


def link(a: Rect, b: Rect, taken: Sequence[Rect], wires: Sequence[Sequence[Point]], room: Rect) -> tuple[Point, ...]:
    """The line from one part to the other that meets nothing else; empty if there is none within ``room``."""
    blocked = [*taken, *(_around(p, q) for points in wires for p, q in pairwise(points))]
    for points in _ways(a, b):
        inside = all(room[0] <= x <= room[2] and room[1] <= y <= room[3] for x, y in points)
        if inside and not any(_meets(_around(p, q), r) for p, q in pairwise(points) for r in blocked):
            return points if _touches(points[0], a) else points[::-1]
    return _Maze(a, b, blocked, room).way() if len(blocked) <= MANY else ()


def _ways(a: Rect, b: Rect) -> Iterator[tuple[Point, ...]]:
    """The shortest first."""
    if a[0] > b[0] or (a[0] == b[0] and a[1] > b[1]):
        a, b = b, a
    top, bottom = max(a[1], b[1]), min(a[3], b[3])
    if top < bottom and a[2] < b[0]:
        if a[1] == b[1] and bottom - top > TALL:
            yield (a[2], top + HEADER), (b[0], top + HEADER)
        for place in PLACES:
            y = top + place * (bottom - top)
            yield (a[2], y), (b[0], y)
    if a[1] > b[1]:
        a, b = b, a
    left, right = max(a[0], b[0]), min(a[2], b[2])
    if left < right and a[3] < b[1]:
        for place in PLACES:
            x = left + place * (right - left)
            yield (x, a[3]), (x, b[1])
    y0, y1 = (a[1] + a[3]) / 2, (b[1] + b[3]) / 2
    if y0 != y1:
        left, right = min(a[0], b[0]) - AWAY, max(a[2], b[2]) + AWAY
        yield (a[0], y0), (left, y0), (left, y1), (b[0], y1)
        yield (a[2], y0), (right, y0), (right, y1), (b[2], y1)
    x0, x1 = (a[0] + a[2]) / 2, (b[0] + b[2]) / 2
    if x0 != x1:
        top, bottom = min(a[1], b[1]) - AWAY, max(a[3], b[3]) + AWAY
        yield (x0, a[1]), (x0, top), (x1, top), (x1, b[1])
        yield (x0, a[3]), (x0, bottom), (x1, bottom), (x1, b[3])


class _Maze:
    """Lines that run beside all that is in the way; from where two of them cross a link may turn."""

    def __init__(self, a: Rect, b: Rect, blocked: Sequence[Rect], room: Rect) -> None:
        self.blocked = blocked
        solid = [*blocked, a, b]
        doors = [d for r in (a, b) for d in _doors(r)]
        xs = {x for r in solid for x in (r[0] - AWAY, r[2] + AWAY)} | {q[0] for _, q in doors}
        ys = {y for r in solid for y in (r[1] - AWAY, r[3] + AWAY)} | {q[1] for _, q in doors}
        self.xs = sorted([x for x in xs if room[0] <= x <= room[2]])
        self.ys = sorted([y for y in ys if room[1] <= y <= room[3]])
        # Of each stretch right of a crossing (0) and below it (1): whether something is in the way there.
        size = len(self.xs) * len(self.ys)
        self.shut = [[False] * size, [False] * size]
        for r in solid:
            self._shut(r)
        self.starts, self.ends = self._open(_doors(a)), self._open(_doors(b))

    def way(self) -> tuple[Point, ...]:
        """The best way from a door of one part to one of the other; nothing if there is none with few bends."""
        wide, size = len(self.xs), len(self.xs) * len(self.ys)
        goals = {node: p for p, node in self.ends}
        cost: dict[int, float] = {}
        came: dict[int, int] = {}
        begun: dict[int, Point] = {}
        queue: list[tuple[float, int]] = []
        for p, node in self.starts:
            if node not in cost:
                cost[node], begun[node] = 0.0, p
                heappush(queue, (0.0, node))
        while queue:
            said, node = heappop(queue)
            if said > cost[node]:
                continue
            if node in goals:
                return self._told(node, goals[node], came, begun)
            axis, at = node // size, node % size
            j, i = at // wide, at % wide
            steps = [(node + size if axis == 0 else node - size, BEND)]
            if axis == 0:
                if i + 1 < wide and not self.shut[0][at]:
                    steps.append((node + 1, self.xs[i + 1] - self.xs[i]))
                if i > 0 and not self.shut[0][at - 1]:
                    steps.append((node - 1, self.xs[i] - self.xs[i - 1]))
            else:
                if j + 1 < len(self.ys) and not self.shut[1][at]:
                    steps.append((node + wide, self.ys[j + 1] - self.ys[j]))
                if j > 0 and not self.shut[1][at - wide]:
                    steps.append((node - wide, self.ys[j] - self.ys[j - 1]))
            for other, more in steps:
                if other not in cost or said + more < cost[other]:
                    cost[other], came[other] = said + more, node
                    heappush(queue, (said + more, other))
        return ()

    def _shut(self, r: Rect) -> None:
        wide = len(self.xs)
        i0, i1 = bisect_right(self.xs, r[0] - CLEAR / 2), bisect_left(self.xs, r[2] + CLEAR / 2)
        j0, j1 = bisect_right(self.ys, r[1] - CLEAR / 2), bisect_left(self.ys, r[3] + CLEAR / 2)
        for j in range(j0, j1):
            for i in range(max(i0 - 1, 0), i1):
                self.shut[0][j * wide + i] = True
        for j in range(max(j0 - 1, 0), j1):
            for i in range(i0, i1):
                self.shut[1][j * wide + i] = True

    def _open(self, doors: Sequence[tuple[Point, Point]]) -> list[tuple[Point, int]]:
        """The doors from which the grid can be reached: where each is, and where one stands before it."""
        found: list[tuple[Point, int]] = []
        for p, q in doors:
            i, j = bisect_left(self.xs, q[0]), bisect_left(self.ys, q[1])
            there = i < len(self.xs) and self.xs[i] == q[0] and j < len(self.ys) and self.ys[j] == q[1]
            if there and not any(_meets(_around(p, q), r) for r in self.blocked):
                axis = 1 if p[0] == q[0] else 0
                found.append((p, (axis * len(self.ys) + j) * len(self.xs) + i))
        return found

    def _told(self, node: int, end: Point, came: dict[int, int], begun: dict[int, Point]) -> tuple[Point, ...]:
        """The corners of a way, if they are few."""
        size = len(self.xs) * len(self.ys)
        points = [end]
        while True:
            at = node % size
            points.append((self.xs[at % len(self.xs)], self.ys[at // len(self.xs)]))
            if node not in came:
                break
            node = came[node]
        points.append(begun[node])
        corners: list[Point] = []
        for k, p in enumerate(points[::-1]):
            last = k == len(points) - 1
            if k and not last:
                before, after = corners[-1], points[::-1][k + 1]
                if before[0] == p[0] == after[0] or before[1] == p[1] == after[1]:
                    continue
            corners.append(p)
        return tuple(corners) if len(corners) - 2 <= MOST_BENDS else ()


def _doors(r: Rect) -> list[tuple[Point, Point]]:
    """Where a link may leave a part, and where it has left it."""
    found: list[tuple[Point, Point]] = []
    for place in PLACES:
        x, y = r[0] + place * (r[2] - r[0]), r[1] + place * (r[3] - r[1])
        found += [((r[2], y), (r[2] + AWAY, y)), ((r[0], y), (r[0] - AWAY, y))]
        found += [((x, r[3]), (x, r[3] + AWAY)), ((x, r[1]), (x, r[1] - AWAY))]
    return found


def _around(p: Point, q: Point) -> Rect:
    return (
        min(p[0], q[0]) - CLEAR / 2,
        min(p[1], q[1]) - CLEAR / 2,
        max(p[0], q[0]) + CLEAR / 2,
        max(p[1], q[1]) + CLEAR / 2,
    )


def _touches(p: Point, r: Rect) -> bool:
    return r[0] <= p[0] <= r[2] and r[1] <= p[1] <= r[3]


def _meets(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
