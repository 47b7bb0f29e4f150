"""How often the wires of a region cross as they are drawn: each source's wires run as one bus on a track in each gap.

Orders of layers are found by counting links (``layers.py``); this counts what will be seen, and mends the best of them
by moving single things while that helps.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from moniel2.layout.layers import Link

ROUNDS = 6
FAR = 8  # a thing moves no further than past so many others
ASIDE = 0.013  # what is below stands never quite where something above stands, so that what swaps places crosses
Net = tuple[int, float, list[tuple[int, float]]]  # an item, its port, and the items and ports below


class Buses:
    """The nets of a region, by the layer in which they start."""

    def __init__(self, layers: Sequence[Sequence[int]], links: Sequence[Link]) -> None:
        layer = {i: l for l, items in enumerate(layers) for i in items}
        found: list[dict[tuple[int, float], list[tuple[int, float]]]] = [{} for _ in layers]
        for a, out, b, into in links:
            found[layer[a]].setdefault((a, out), []).append((b, into))
        self.nets: list[list[Net]] = [[(a, out, ends) for (a, out), ends in one.items()] for one in found]
        self.starting: dict[int, list[int]] = {}  # of each item: the nets of its layer that start there
        self.ending: dict[int, list[int]] = {}  # and those of the layer above that end there
        for nets in self.nets:
            for n, (a, _, ends) in enumerate(nets):
                self.starting.setdefault(a, []).append(n)
                for b, _ in ends:
                    if n not in self.ending.setdefault(b, []):
                        self.ending[b].append(n)

    def total(self, layers: Sequence[Sequence[int]]) -> int:
        """Crossings in all gaps."""
        place: dict[int, float] = {}
        for items in layers:
            _number(items, place)
        return sum(_Gap(nets, place).total() for nets in self.nets)

    def mend(self, layers: list[list[int]], fixed: set[int], effort: int) -> int:
        """Move one thing after the other to the place in its layer where the fewest wires cross. Returns what is left
        of the ``effort``: how many pairs of nets are compared."""
        place: dict[int, float] = {}
        for items in layers:
            _number(items, place)
        gaps = [_Gap(nets, place) for nets in self.nets]
        for _ in range(ROUNDS):
            moved = False
            for l, items in enumerate(layers):
                for item in list(items):
                    if item in fixed or len(items) < 2:
                        continue
                    if effort <= 0:
                        return 0
                    effort -= len(gaps[l].nets) + (len(gaps[l - 1].nets) if l else 0)
                    if self._crossings_at(item, l, gaps):
                        effort -= 2 * FAR * (len(gaps[l].nets) + (len(gaps[l - 1].nets) if l else 0))
                        moved = self._sift(l, items, item, place, gaps) or moved
            if not moved:
                break
        return effort

    def _crossings_at(self, item: int, l: int, gaps: Sequence[_Gap]) -> int:
        """Crossings of the nets that start or end at an item."""
        count = gaps[l].of(self.starting.get(item, []))
        return count + (gaps[l - 1].of(self.ending.get(item, [])) if l else 0)

    def _sift(self, l: int, items: list[int], item: int, place: dict[int, float], gaps: Sequence[_Gap]) -> bool:
        start = items.index(item)
        before = gaps[l].total() + (gaps[l - 1].total() if l else 0)
        least, best = self._crossings_at(item, l, gaps), start
        items.pop(start)
        xs = [place[i] for i in items]
        for at in range(max(0, start - FAR), min(len(items), start + FAR) + 1):
            if at == start:
                continue
            place[item] = xs[0] - 1 if at == 0 else xs[-1] + 1 if at == len(xs) else (xs[at - 1] + xs[at]) / 2
            self._draw(item, l, gaps)
            count = self._crossings_at(item, l, gaps)
            if count < least:
                least, best = count, at
        items.insert(best, item)
        self._renumber(l, items, place, gaps)
        if best == start:
            return False
        if gaps[l].total() + (gaps[l - 1].total() if l else 0) < before:
            return True
        items.remove(item)
        items.insert(start, item)
        self._renumber(l, items, place, gaps)
        return False

    def _draw(self, item: int, l: int, gaps: Sequence[_Gap]) -> None:
        """Its nets, after it has moved."""
        for n in self.starting.get(item, []):
            gaps[l].draw(n)
        if l:
            for n in self.ending.get(item, []):
                gaps[l - 1].draw(n)

    def _renumber(self, l: int, items: Sequence[int], place: dict[int, float], gaps: Sequence[_Gap]) -> None:
        _number(items, place)
        for i in items:
            self._draw(i, l, gaps)


class _Gap:
    """The nets of one gap as they are drawn: where each comes from, its ends in order, and how far it reaches."""

    def __init__(self, nets: Sequence[Net], place: dict[int, float]) -> None:
        self.nets = nets
        self.place = place
        self.top = [0.0] * len(nets)
        self.ends: list[list[float]] = [[] for _ in nets]
        self.low = [0.0] * len(nets)
        self.high = [0.0] * len(nets)
        for n in range(len(nets)):
            self.draw(n)

    def draw(self, n: int) -> None:
        item, out, below = self.nets[n]
        top = self.place[item] + out
        ends = sorted([self.place[b] + into + ASIDE for b, into in below])
        self.top[n], self.ends[n] = top, ends
        self.low[n], self.high[n] = min(top, ends[0]), max(top, ends[-1])

    def total(self) -> int:
        return sum(self._pair(i, j) for i in range(len(self.nets)) for j in range(i))

    def of(self, some: Sequence[int]) -> int:
        """Crossings of some nets, with each other and with all others."""
        count = 0
        for k, n in enumerate(some):
            for other in range(len(self.nets)):
                if other != n and other not in some[:k]:
                    count += self._pair(n, other)
        return count

    def _pair(self, i: int, j: int) -> int:
        """Crossings of two buses, whichever way round crosses less."""
        low, high, left, right = self.low[i], self.high[i], self.low[j], self.high[j]
        if right <= low or high <= left:
            return 0
        above = _within(self.ends[i], left, right) + (low < self.top[j] < high)
        below = _within(self.ends[j], low, high) + (left < self.top[i] < right)
        return min(above, below)


def _within(xs: Sequence[float], low: float, high: float) -> int:
    return max(0, bisect_left(xs, high) - bisect_right(xs, low))


def _number(items: Sequence[int], place: dict[int, float]) -> None:
    """Layers are centred on each other, more or less as they will stand."""
    middle = (len(items) - 1) / 2
    for p, i in enumerate(items):
        place[i] = p - middle
