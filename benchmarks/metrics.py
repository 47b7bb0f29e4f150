"""How good a drawing is, in numbers that don't know which engine made it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.graphs import Flat, Placed, Point

Segment = tuple[Point, Point, int]


@dataclass(frozen=True)
class Metrics:
    """``aligned`` of ``steps``: pieces of the spine that run straight, from one box to the next, to within a pixel.

    ``held`` are the crossings where a frame's ports keep the order that our figure has, ``out_of_order`` the pairs of
    them that don't where they are free.
    """

    aligned: int
    steps: int
    crossings: int
    through: int
    overlaps: int
    area: float
    aspect: float
    bends: int
    seconds: float
    held: int
    out_of_order: int = 0

    def __add__(self, other: Metrics) -> Metrics:
        return Metrics(
            self.aligned + other.aligned,
            self.steps + other.steps,
            self.crossings + other.crossings,
            self.through + other.through,
            self.overlaps + other.overlaps,
            self.area + other.area,
            max(self.aspect, other.aspect),
            self.bends + other.bends,
            self.seconds + other.seconds,
            self.held + other.held,
            self.out_of_order + other.out_of_order,
        )

    @property
    def spine(self) -> float:
        """The share of the spine that is straight."""
        return self.aligned / self.steps if self.steps else 1.0


NOTHING = Metrics(0, 0, 0, 0, 0, 0.0, 0.0, 0, 0.0, 0)


def measured(flat: Flat, placed: Placed) -> Metrics:
    """The numbers of one drawing."""
    middles = [x + w / 2 for (x, _), (w, _) in zip(placed.corners, flat.sizes, strict=True)]
    edge = {pair: n for n, pair in enumerate(flat.edges)}
    xs = [x for x, _ in placed.corners] + [x for line in placed.lines for x, _ in line]
    ys = [y for _, y in placed.corners] + [y for line in placed.lines for _, y in line]
    xs += [x + w for (x, _), (w, _) in zip(placed.corners, flat.sizes, strict=True)]
    ys += [y + h for (_, y), (_, h) in zip(placed.corners, flat.sizes, strict=True)]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    crossed = _crossings(flat, placed)
    return Metrics(
        sum(abs(middles[a] - middles[b]) <= 1.0 or _is_straight(placed.lines[edge[(a, b)]]) for a, b in flat.spine),
        len(flat.spine),
        crossed,
        _through(flat, placed),
        _overlaps(flat, placed),
        width * height / 1000,
        height / max(width, 1.0),
        sum(max(0, len(line) - 2) for line in placed.lines),
        placed.seconds,
        crossed,
    )


def out_of_order(flat: Flat, placed: Placed) -> int:
    """How many pairs of a frame's ports an engine put the other way round."""
    middles = [x + w / 2 for (x, _), (w, _) in zip(placed.corners, flat.sizes, strict=True)]
    pairs = [(a, b) for row in flat.rows for n, a in enumerate(row) for b in row[n + 1 :]]
    return sum(middles[b] < middles[a] - 1.0 for a, b in pairs)


def _is_straight(line: Sequence[Point]) -> bool:
    xs = [x for x, _ in line]
    return max(xs) - min(xs) <= 1.0


def _segments(placed: Placed) -> list[Segment]:
    return [(a, b, n) for n, line in enumerate(placed.lines) for a, b in pairwise(line) if a != b]


def _crossings(flat: Flat, placed: Placed) -> int:
    """Points where wires of different sources cut each other; wires of one source that run as one count as one."""
    segments = sorted(_segments(placed), key=lambda s: min(s[0][0], s[1][0]))
    found: set[tuple[int, int, int, int]] = set()
    for i, (a, b, n) in enumerate(segments):
        right = max(a[0], b[0])
        for c, d, m in segments[i + 1 :]:
            if min(c[0], d[0]) > right:
                break
            one, other = flat.edges[n], flat.edges[m]
            if one[0] == other[0] or (one[1] == other[1] and _near(placed.lines[n][-1], placed.lines[m][-1])):
                continue
            if (at := _cut(a, b, c, d)) is not None:
                found.add((min(one[0], other[0]), max(one[0], other[0]), round(at[0] / 3), round(at[1] / 3)))
    return len(found)


def _near(a: Point, b: Point) -> bool:
    return abs(a[0] - b[0]) < 2 and abs(a[1] - b[1]) < 2


def _cut(a: Point, b: Point, c: Point, d: Point) -> Point | None:
    """Where two segments cross, well inside both."""
    ux, uy, vx, vy = b[0] - a[0], b[1] - a[1], d[0] - c[0], d[1] - c[1]
    turn = ux * vy - uy * vx
    if abs(turn) < 1e-9:
        return None
    s = ((c[0] - a[0]) * vy - (c[1] - a[1]) * vx) / turn
    t = ((c[0] - a[0]) * uy - (c[1] - a[1]) * ux) / turn
    return (a[0] + s * ux, a[1] + s * uy) if 1e-6 < s < 1 - 1e-6 and 1e-6 < t < 1 - 1e-6 else None


def _through(flat: Flat, placed: Placed) -> int:
    """Wires through boxes that they have nothing to do with."""
    count = 0
    for n, line in enumerate(placed.lines):
        for v, ((x, y), (w, h)) in enumerate(zip(placed.corners, flat.sizes, strict=True)):
            if v in flat.edges[n]:
                continue
            inside = (x + 1.5, y + 1.5, x + w - 1.5, y + h - 1.5)
            count += any(_meets(a, b, inside) for a, b in pairwise(line))
    return count


def _meets(a: Point, b: Point, box: tuple[float, float, float, float]) -> bool:
    """Whether a segment runs through the inside of a box: what is left of it after cutting at the box's four sides."""
    low, high = 0.0, 1.0
    for start, step, least, most in (
        (a[0], b[0] - a[0], box[0], box[2]),
        (a[1], b[1] - a[1], box[1], box[3]),
    ):
        if abs(step) < 1e-9:
            if not least < start < most:
                return False
            continue
        t, u = sorted(((least - start) / step, (most - start) / step))
        low, high = max(low, t), min(high, u)
    return low < high


def _overlaps(flat: Flat, placed: Placed) -> int:
    boxes = sorted((x, y, x + w, y + h) for (x, y), (w, h) in zip(placed.corners, flat.sizes, strict=True))
    count = 0
    for i, a in enumerate(boxes):
        for b in _until(boxes[i + 1 :], a[2]):
            count += min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 1
    return count


def _until(boxes: Sequence[tuple[float, float, float, float]], right: float) -> list[tuple[float, float, float, float]]:
    return [b for b in boxes if b[0] < right]
