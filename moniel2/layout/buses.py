"""How often the wires of a region cross as they are drawn: each source's wires run as one bus on a track in each gap.

Orders of layers are found by counting links (``layers.py``); this counts what will be seen, and mends the best of them
by moving single things while that helps.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from moniel2.layout.layers import Link

ROUNDS = 6
FAR = 8  # a thing moves no further than past so many others
ASIDE = 0.013  # what is below stands never quite where something above stands, so that what swaps places crosses
Net = tuple[int, float, list[tuple[int, float]]]  # an item, its port, and the items and ports below


class Buses:
    """The nets of a region, by the layer in which they start, with the layers as they stand."""

    def __init__(self, layers: Sequence[Sequence[int]], links: Sequence[Link]) -> None:
        layer = {i: l for l, items in enumerate(layers) for i in items}
        found: list[dict[tuple[int, float], list[tuple[int, float]]]] = [{} for _ in layers]
        for a, out, b, into in links:
            found[layer[a]].setdefault((a, out), []).append((b, into))
        self.place = [0.0] * len(layer)
        self.gaps = [_Gap([(a, out, ends) for (a, out), ends in one.items()], self.place) for one in found]
        self.starting: list[list[int]] = [[] for _ in layer]  # of each item: the nets of its layer that start there
        self.ending: list[list[int]] = [[] for _ in layer]  # and those of the layer above that end there
        for gap in self.gaps:
            for n, (a, _, ends) in enumerate(gap.nets):
                self.starting[a].append(n)
                for b, _ in ends:
                    if n not in self.ending[b]:
                        self.ending[b].append(n)

    def put(self, first: int, layers: Sequence[Sequence[int]]) -> None:
        """Layers, from one on, stand so."""
        for items in layers:
            self._number(items)
        for gap in self.gaps[max(first - 1, 0) : first + len(layers)]:
            gap.draw_all()

    def gap_counts(self, first: int, last: int) -> list[int]:
        """Crossings in each gap above, between and below some layers."""
        return [gap.total() for gap in self.gaps[max(first - 1, 0) : last + 1]]

    def total(self, layers: Sequence[Sequence[int]]) -> int:
        """Crossings in all gaps when layers stand so."""
        self.put(0, layers)
        return sum(self.gap_counts(0, len(layers) - 1))

    def mend(self, layers: list[list[int]], fixed: Mapping[int, float], first: int, last: int, effort: int) -> int:
        """Of some layers, all being as they were put, move one thing after the other to the place in its layer where
        the fewest wires cross. Returns what is left of the ``effort``: how many pairs of nets are compared."""
        for _ in range(ROUNDS):
            moved = False
            for l in range(first, last + 1):
                items = layers[l]
                for item in list(items):
                    if len(items) < 2:
                        continue
                    if effort <= 0:
                        return 0
                    nets = len(self.gaps[l].nets) + (len(self.gaps[l - 1].nets) if l else 0)
                    effort -= nets
                    if self._crossings_at(item, l):
                        effort -= 2 * FAR * nets
                        moved = self._sift(l, items, item, fixed) or moved
            if not moved:
                break
        return effort

    def _crossings_at(self, item: int, l: int) -> int:
        """Crossings of the nets that start or end at an item."""
        count = self.gaps[l].of(self.starting[item])
        return count + (self.gaps[l - 1].of(self.ending[item]) if l else 0)

    def _sift(self, l: int, items: list[int], item: int, fixed: Mapping[int, float]) -> bool:
        start = items.index(item)
        before = self.gaps[l].total() + (self.gaps[l - 1].total() if l else 0)
        least, best = self._crossings_at(item, l), start
        items.pop(start)
        place = self.place
        xs = [place[i] for i in items]
        low, high = max(0, start - FAR), min(len(items), start + FAR)
        if item in fixed:
            low = max([low, *(p + 1 for p, i in enumerate(items) if i in fixed and fixed[i] < fixed[item])])
            high = min([high, *(p for p, i in enumerate(items) if i in fixed and fixed[i] > fixed[item])])
        for at in range(low, high + 1):
            if at == start:
                continue
            place[item] = xs[0] - 1 if at == 0 else xs[-1] + 1 if at == len(xs) else (xs[at - 1] + xs[at]) / 2
            self._draw(item, l)
            count = self._crossings_at(item, l)
            if count < least:
                least, best = count, at
        items.insert(best, item)
        self._renumber(l, items)
        if best == start:
            return False
        if self.gaps[l].total() + (self.gaps[l - 1].total() if l else 0) < before:
            return True
        items.remove(item)
        items.insert(start, item)
        self._renumber(l, items)
        return False

    def _draw(self, item: int, l: int) -> None:
        """Its nets, after it has moved."""
        for n in self.starting[item]:
            self.gaps[l].draw(n)
        if l:
            for n in self.ending[item]:
                self.gaps[l - 1].draw(n)

    def _renumber(self, l: int, items: Sequence[int]) -> None:
        self._number(items)
        for i in items:
            self._draw(i, l)

    def _number(self, items: Sequence[int]) -> None:
        """Layers are centred on each other, more or less as they will stand."""
        middle = (len(items) - 1) / 2
        for p, i in enumerate(items):
            self.place[i] = p - middle


class _Gap:
    """The nets of one gap as they are drawn: where each comes from, its ends in order, and how far it reaches."""

    def __init__(self, nets: Sequence[Net], place: list[float]) -> None:
        self.nets = nets
        self.place = place
        self.top = [0.0] * len(nets)
        self.ends: list[list[float]] = [[] for _ in nets]
        self.low = [0.0] * len(nets)
        self.high = [0.0] * len(nets)

    def draw_all(self) -> None:
        for n in range(len(self.nets)):
            self.draw(n)

    def draw(self, n: int) -> None:
        item, out, below = self.nets[n]
        top = self.place[item] + out
        if len(below) == 1:
            end = self.place[below[0][0]] + below[0][1] + ASIDE
            self.ends[n] = [end]
            self.low[n], self.high[n] = (top, end) if top < end else (end, top)
        else:
            ends = sorted([self.place[b] + into + ASIDE for b, into in below])
            self.ends[n] = ends
            self.low[n], self.high[n] = min(top, ends[0]), max(top, ends[-1])
        self.top[n] = top

    def total(self) -> int:
        low, high = self.low, self.high
        order = sorted(range(len(low)), key=lambda n: low[n])
        count = 0
        for p, i in enumerate(order):
            reach = high[i]
            for q in range(p + 1, len(order)):
                j = order[q]
                if low[j] >= reach:
                    break
                count += self._pair(i, j)
        return count

    def of(self, some: Sequence[int]) -> int:
        """Crossings of some nets, with each other and with all others."""
        low, high = self.low, self.high
        count = 0
        for k, n in enumerate(some):
            left, right = low[n], high[n]
            for other in range(len(low)):
                if low[other] < right and high[other] > left and other != n and other not in some[:k]:
                    count += self._pair(n, other)
        return count

    def _pair(self, i: int, j: int) -> int:
        """Crossings of two buses that overlap, whichever way round crosses less."""
        low, high, left, right = self.low[i], self.high[i], self.low[j], self.high[j]
        mine, theirs = self.ends[i], self.ends[j]
        # Most lead to one end only, and this is asked more often than anything else.
        above = (1 if left < mine[0] < right else 0) if len(mine) == 1 else _within(mine, left, right)
        below = (1 if low < theirs[0] < high else 0) if len(theirs) == 1 else _within(theirs, low, high)
        if low < self.top[j] < high:
            above += 1
        if left < self.top[i] < right:
            below += 1
        return above if above < below else below


def _within(xs: Sequence[float], low: float, high: float) -> int:
    return max(0, bisect_left(xs, high) - bisect_right(xs, low))
