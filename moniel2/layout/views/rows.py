"""A flow from left to right: the longest way stands on one row, every branch on a row of its own below it.

Things stand in columns, so that lines from row to row run between them; what skips over others in its row runs in
lanes above it. Only numbers here: what is drawn in a place is the view's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from moniel2.layout.scene import Point
from moniel2.layout.views.chains import chains
from moniel2.layout.views.lanes import lanes

TRACK, LANE, ABOVE = 7.0, 9.0, 10.0
GAP, ROW_GAP, BAND_GAP = 16.0, 16.0, 26.0
NAME = 16.0  # what is no higher is only a name
PORT = 8.0  # between lines that meet one thing from one side


@dataclass(slots=True)
class Spot:
    """One thing: how far it reaches from its middle, labels included, and where lines meet it.

    ``enter`` and ``leave`` lie on the axis, left and right of the middle; ``lid`` is the height of its top and
    ``(lid_from, lid_to)`` the stretch of it that lines may meet. ``round``: lines from below end in the middle.
    """

    left: float
    right: float
    up: float
    down: float
    enter: float
    leave: float
    lid: float
    lid_from: float
    lid_to: float
    round: float = 0.0
    weight: int = 1  # how much it belongs to the main row
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A polyline from one spot to another."""

    source: int
    target: int
    points: tuple[Point, ...]
    skip: bool = False
    near: bool = False  # to the next column and row: nothing stands between


@dataclass(slots=True)
class _Rows:
    chain: list[int]
    first: list[bool]
    last: list[bool]
    row: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)


def place(spots: Sequence[Spot], edges: Sequence[tuple[int, int]], widest: float) -> list[Line]:
    """Give every spot its ``x`` and ``y``; the lines in the order of ``edges``. Edges lead forwards."""
    edges = list(dict.fromkeys(edges))
    names, signs = [s.up + s.down < NAME for s in spots], [s.round > 0 for s in spots]
    rows = _rows([s.weight for s in spots], edges, names, signs)
    return _Placing(spots, edges, rows, widest).lines()


# ------------------------------------------------------------------------------------------ structure


def _rows(
    weights: Sequence[int], edges: Sequence[tuple[int, int]], names: Sequence[bool], signs: Sequence[bool]
) -> _Rows:
    count = len(weights)
    after: list[list[int]] = [[] for _ in range(count)]
    before: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        after[a].append(b)
        before[b].append(a)
    found = _chains(weights, edges)
    found.column = _columns(count, after, before)
    _stack(found, after, before, names, signs)
    return found


def _chains(weights: Sequence[int], edges: Sequence[tuple[int, int]]) -> _Rows:
    """The number of its chain for each spot, and where chains begin and end."""
    count = len(weights)
    found = _Rows([0] * count, [False] * count, [False] * count)
    for number, inside in enumerate(chains(count, edges, weights)):
        found.first[inside[0]] = found.last[inside[-1]] = True
        for v in inside:
            found.chain[v] = number
    return found


def _columns(count: int, after: Sequence[Sequence[int]], before: Sequence[Sequence[int]]) -> list[int]:
    """As far left as it goes; what has nothing before it, as far right."""
    column = [0] * count
    for v in range(count):
        column[v] = max((column[u] + 1 for u in before[v]), default=0)
    free = [True] * count
    for v in range(count):
        free[v] = all(free[u] and len(after[u]) == 1 for u in before[v])
    for v in reversed(range(count)):
        if free[v] and after[v]:
            column[v] = min(column[w] for w in after[v]) - 1
    return column


def _stack(
    rows: _Rows,
    after: Sequence[Sequence[int]],
    before: Sequence[Sequence[int]],
    names: Sequence[bool],
    signs: Sequence[bool],
) -> None:
    """A row for each chain: the first one free where it stands and where its ends reach others.

    A name that the main row leads to stands right below it, then what leads into a sign there, which is met from below.
    """
    taken: list[list[tuple[int, int]]] = []
    row_of: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for v, c in enumerate(rows.chain):
        members.setdefault(c, []).append(v)

    def near(c: int) -> bool:
        first = members[c][0]
        return len(members[c]) == 1 and names[first] and all(rows.chain[u] == 0 for u in before[first])

    def rises(c: int) -> bool:
        last = members[c][-1]
        return not before[members[c][0]] and any(signs[w] and rows.chain[w] == 0 for w in after[last])

    for c in sorted(members, key=lambda c: (c > 0, not near(c), not rises(c), c)):
        inside = members[c]
        low, high = rows.column[inside[0]], rows.column[inside[-1]]
        low = min([low] + [rows.column[u] + 1 for u in before[inside[0]]])
        high = max([high] + [rows.column[w] for w in after[inside[-1]]])
        for number, spans in enumerate(taken):
            if number and all(high < a or low > b for a, b in spans):
                break
        else:
            number = len(taken)
            taken.append([])
        taken[number].append((low, high))
        row_of[c] = number
    rows.row = [row_of[c] for c in rows.chain]


# ------------------------------------------------------------------------------------------- geometry


class _Placing:
    def __init__(self, spots: Sequence[Spot], edges: list[tuple[int, int]], rows: _Rows, widest: float) -> None:
        self.spots, self.edges, self.rows = spots, edges, rows
        self.count = max(rows.column, default=-1) + 1
        self.kinds = [self._kind(a, b) for a, b in edges]
        self.bands = self._bands(widest)
        self._tracks()
        self._place_x()
        self._place_y()

    def _kind(self, a: int, b: int) -> str:
        """How an edge runs: along its row, over the heads of others, down to a branch, or up from one."""
        row, column = self.rows.row, self.rows.column
        if row[a] == row[b]:
            between = any(row[v] == row[a] and column[a] < column[v] < column[b] for v in range(len(self.spots)))
            return "over" if between else "along"
        free = self._is_free
        if row[b] > row[a] and self.rows.first[b] and free(row[b], column[a] + 1, column[b] - 1):
            return "down"
        end = column[b] if self.spots[b].round else column[b] - 1
        clear = all(free(r, end, end) for r in range(row[b] + 1, row[a])) if self.spots[b].round else True
        if row[a] > row[b] and clear and (column[a] >= end or (self.rows.last[a] and free(row[a], column[a] + 1, end))):
            return "up"
        return "far"

    def _is_free(self, row: int, low: int, high: int) -> bool:
        return not any(r == row and low <= c <= high for r, c in zip(self.rows.row, self.rows.column, strict=True))

    # --------------------------------------------------------------------------------------- bands

    def _bands(self, widest: float) -> list[int]:
        """A band of the page for each column: long flows go on below, broken where one line alone leads on."""
        wide = [0.0] * self.count
        for s, c in zip(self.spots, self.rows.column, strict=True):
            wide[c] = max(wide[c], s.left + s.right + GAP)
        total = sum(wide)
        if total <= widest:
            return [0] * self.count
        crossing = [0] * (self.count + 1)
        for (a, b), kind in zip(self.edges, self.kinds, strict=True):
            for c in range(self.rows.column[a] + 1, self.rows.column[b] + 1):
                crossing[c] += 1 if kind == "along" and self.rows.row[a] == 0 else 2
        clean = [k for k in range(1, self.count) if crossing[k] == 1]
        goal = total / -(-total // widest)
        bands, band, long = [], 0, 0.0
        for c in range(self.count):
            if c in clean and long + wide[c] / 2 > goal and sum(wide[c:]) > goal / 3:
                band, long = band + 1, 0.0
            bands.append(band)
            long += wide[c]
        # A short rest below a row that can't be broken looks lost: then all stands in one band.
        longest = max(sum(w for w, b in zip(wide, bands, strict=True) if b == k) for k in range(band + 1))
        return bands if longest < 0.7 * total else [0] * self.count

    def band(self, v: int) -> int:
        return self.bands[self.rows.column[v]]

    # ------------------------------------------------------------------------------------------- x

    def _tracks(self) -> None:
        """A track in the gap after a column for each source, or in the one before a column for lines that rise."""
        gaps: list[list[tuple[str, int]]] = [[] for _ in range(self.count + 1)]
        for (a, b), kind in zip(self.edges, self.kinds, strict=True):
            if kind in ("down", "far"):
                gaps[self.rows.column[a] + 1].append(("out", a))
            elif kind == "up" and not self.spots[b].round:
                gaps[self.rows.column[b]].append(("in", a))
        # What leaves turns off before the others come in, or they would run on top of one another.
        row = self.rows.row
        gaps = [sorted(dict.fromkeys(gap), key=lambda key: row[key[1]] + 1 if key[0] == "in" else 0) for gap in gaps]
        self.track = {(n, *key): k for n, gap in enumerate(gaps) for k, key in enumerate(gap)}
        self.gap_tracks = [len(g) for g in gaps]

    def _place_x(self) -> None:
        count = self.count
        left, right = [0.0] * count, [0.0] * count
        for s, c in zip(self.spots, self.rows.column, strict=True):
            left[c], right[c] = max(left[c], s.left), max(right[c], s.right)
        self.gap_at = [0.0] * (count + 1)  # where the first track of the gap before a column lies
        self.middle = [0.0] * count
        x = 0.0
        for c in range(count):
            if c and self.bands[c] != self.bands[c - 1]:
                x = 0.0
            gap = GAP + TRACK * max(self.gap_tracks[c] - 1, 0) + (4.0 if self.gap_tracks[c] else 0.0)
            if x > 0 or self.gap_tracks[c]:
                self.gap_at[c] = x + 5.0
                x += gap
            self.middle[c] = x + left[c]
            x += left[c] + right[c]
        self.gap_at[count] = x + 5.0
        for s, c in zip(self.spots, self.rows.column, strict=True):
            s.x = self.middle[c]

    # ------------------------------------------------------------------------------------------- y

    def _place_y(self) -> None:
        depth = max(self.rows.row, default=0) + 1
        self.lane: dict[tuple[int, int, int], int] = {}  # (band, row, source) -> lane
        self.axis: dict[tuple[int, int], float] = {}
        self.lid: dict[tuple[int, int], float] = {}
        y = 0.0
        for band in range(max(self.bands, default=0) + 1):
            for row in range(depth):
                here = [s for v, s in enumerate(self.spots) if self.band(v) == band and self.rows.row[v] == row]
                if not here:
                    continue
                spans: dict[int, tuple[float, float]] = {}
                for (a, b), kind in zip(self.edges, self.kinds, strict=True):
                    if kind in ("over", "far") and self.band(b) == band and self.rows.row[b] == row:
                        low, high = spans.get(a, (float(self.rows.column[a]) * 10 + 5, 0.0))
                        spans[a] = (low, max(high, float(self.rows.column[b]) * 10))
                found = lanes(list(spans.values()))
                for source, lane in zip(spans, found, strict=True):
                    self.lane[(band, row, source)] = lane
                head = (max(found) + 1) * LANE + ABOVE if found else 0.0
                self.lid[(band, row)] = y + head - ABOVE
                axis = y + head + max(s.up for s in here)
                self.axis[(band, row)] = axis
                y = axis + max(s.down for s in here) + ROW_GAP
            y += BAND_GAP - ROW_GAP
        for v, s in enumerate(self.spots):
            s.y = self.axis[(self.band(v), self.rows.row[v])]
        self.bottoms = {
            band: max(s.y + s.down for v, s in enumerate(self.spots) if self.band(v) == band)
            for band in set(self.bands)
        }

    # --------------------------------------------------------------------------------------- lines

    def lines(self) -> list[Line]:
        """The polylines."""
        self._ports()
        return list(self._lines())

    def _ports(self) -> None:
        """The order in which lines meet each lid, and each left side from below."""
        self.over: list[list[tuple[str, int]]] = [[] for _ in self.spots]
        self.below: list[list[int]] = [[] for _ in self.spots]
        column = self.rows.column
        order = sorted(range(len(self.edges)), key=lambda n: column[self.edges[n][0]])
        for n in order:
            (a, b), kind = self.edges[n], self.kinds[n]
            if kind in ("over", "far"):
                self.over[b].append(("in", a))
            elif kind == "up":
                self.below[b].append(a)
        for n in order:
            (a, _), kind = self.edges[n], self.kinds[n]
            if kind == "over" and ("out", a) not in self.over[a]:
                self.over[a].append(("out", a))

    def _port(self, v: int, key: tuple[str, int]) -> Point:
        s, ports = self.spots[v], self.over[v]
        place = ports.index(key)
        if s.round:
            off = _apart(place, len(ports), s.round)
            return (s.x + off, s.y - max(s.round**2 - off**2, 0.0) ** 0.5)
        return (s.x + s.lid_from + (s.lid_to - s.lid_from) * (place + 0.5) / len(ports), s.y - s.lid)

    def _lines(self) -> Iterator[Line]:
        spots = self.spots
        for (a, b), kind in zip(self.edges, self.kinds, strict=True):
            s, t = spots[a], spots[b]
            start: Point = (s.x + s.leave, s.y)
            end: Point = (t.x - t.enter, t.y)
            if kind == "along" and self.band(a) != self.band(b):
                # Right of all that stands below it in its band.
                right = max(o.x + o.right for v, o in enumerate(spots) if self.band(v) == self.band(a) and o.y >= s.y)
                right, left = right + 8, t.x - t.left - 10
                low = self.bottoms[self.band(a)] + BAND_GAP / 2 - 4
                points = [start, (right, s.y), (right, low), (left, low), (left, t.y), end]
            elif kind == "along":
                points = [start, end]
            elif kind == "over":
                port, exit_ = self._port(b, ("in", a)), self._port(a, ("out", a))
                y = self._lane(b, a)
                points = [exit_, (exit_[0], y), (port[0], y), port]
            elif kind == "down":
                x = self._gap(self.rows.column[a] + 1, "out", a)
                points = [start, (x, s.y), (x, t.y), end]
            elif kind == "up":
                place = self.below[b].index(a)
                if t.round:
                    off = _apart(place, len(self.below[b]), t.round)
                    points = [start, (t.x + off, s.y), (t.x + off, t.y + max(t.round**2 - off**2, 0.0) ** 0.5)]
                else:
                    x = self._gap(self.rows.column[b], "in", a)
                    # However many there are, all end on the thing.
                    y = t.y + min(PORT, 0.55 * t.lid / len(self.below[b])) * (place + 1)
                    points = [start, (x, s.y), (x, y), (end[0], y)]
            else:
                port = self._port(b, ("in", a))
                x, y = self._gap(self.rows.column[a] + 1, "out", a), self._lane(b, a)
                points = [start, (x, s.y), (x, y), (port[0], y), port]
            columns, rows = self.rows.column, self.rows.row
            between = range(min(rows[a], rows[b]) + 1, max(rows[a], rows[b]))
            near = self.band(a) == self.band(b) and columns[b] == columns[a] + 1 and rows[a] != rows[b]
            near = near and all(self._is_free(row, columns[a], columns[b]) for row in between)
            yield Line(a, b, tuple(points), kind in ("over", "far"), near)

    def _lane(self, b: int, a: int) -> float:
        key = (self.band(b), self.rows.row[b])
        return self.lid[key] - self.lane[(*key, a)] * LANE

    def _gap(self, column: int, way: str, v: int) -> float:
        return self.gap_at[column] + TRACK * self.track[(column, way, v)]


def _apart(place: int, count: int, radius: float) -> float:
    """Where one of several lines that meet a circle from one side runs, from its middle."""
    return (place - (count - 1) / 2) * min(5.0, 1.6 * radius / max(count - 1, 1))
