"""How often the wires of a region cross as they are drawn: each source's wires run as one bus on a track in each gap.

Orders of layers are found by counting links (``layers.py``); this counts what will be seen, and mends the best order by
moving single things while that helps.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

Links = Sequence[tuple[int, float, int, float, float]]  # item above, its port, item below, its port, weight
SMALL = 160  # items; beyond it nothing is mended
ROUNDS = 6
ASIDE = 0.013  # what is below stands never quite where something above stands, so that what swaps places crosses


class Buses:
    """The nets of a region: for each layer those that start there, as (item, its port, the items and ports below)."""

    def __init__(self, layers: Sequence[Sequence[int]], links: Links) -> None:
        layer = {i: l for l, items in enumerate(layers) for i in items}
        found: list[dict[tuple[int, float], list[tuple[int, float]]]] = [{} for _ in layers]
        for a, out, b, into, _ in links:
            found[layer[a]].setdefault((a, out), []).append((b, into))
        self.nets = [[(a, out, ends) for (a, out), ends in one.items()] for one in found]

    def total(self, layers: Sequence[Sequence[int]]) -> int:
        """Crossings in all gaps."""
        place = _places(layers)
        return sum(self._gap(l, place) for l in range(len(layers) - 1))

    def mend(self, layers: list[list[int]], fixed: set[int]) -> None:
        """Move one thing after the other to the place in its layer where the fewest wires cross."""
        if sum(map(len, layers)) > SMALL:
            return
        place = _places(layers)
        gaps = [self._gap(l, place) for l in range(len(layers))]
        for _ in range(ROUNDS):
            before = sum(gaps)
            for l, items in enumerate(layers):
                for item in list(items):
                    if item not in fixed and len(items) > 1 and gaps[l] + (gaps[l - 1] if l else 0):
                        self._sift(l, items, item, place, gaps)
            if sum(gaps) >= before:
                return

    def _sift(self, l: int, items: list[int], item: int, place: dict[int, float], gaps: list[int]) -> None:
        start = items.index(item)
        least, best = gaps[l] + (gaps[l - 1] if l else 0), start
        items.pop(start)
        for at in range(len(items) + 1):
            if at == start:
                continue
            items.insert(at, item)
            _number(items, place)
            count = self._gap(l, place) + (self._gap(l - 1, place) if l else 0)
            if count < least:
                least, best = count, at
            items.pop(at)
        items.insert(best, item)
        _number(items, place)
        gaps[l] = self._gap(l, place)
        if l:
            gaps[l - 1] = self._gap(l - 1, place)

    def _gap(self, l: int, place: dict[int, float]) -> int:
        """Crossings below layer l: of each two buses whichever way round crosses less."""
        drawn = [(place[a] + out, sorted(place[b] + into + ASIDE for b, into in ends)) for a, out, ends in self.nets[l]]
        spans = [(min(top, ends[0]), max(top, ends[-1])) for top, ends in drawn]
        count = 0
        for i, (top, ends) in enumerate(drawn):
            low, high = spans[i]
            for j in range(i):
                left, right = spans[j]
                if right <= low or high <= left:
                    continue
                other, others = drawn[j]
                above = _within(ends, left, right) + (low < other < high)
                below = _within(others, low, high) + (left < top < right)
                count += min(above, below)
        return count


def _within(xs: Sequence[float], low: float, high: float) -> int:
    return max(0, bisect_left(xs, high) - bisect_right(xs, low))


def _places(layers: Sequence[Sequence[int]]) -> dict[int, float]:
    place: dict[int, float] = {}
    for items in layers:
        _number(items, place)
    return place


def _number(items: Sequence[int], place: dict[int, float]) -> None:
    """Layers are centred on each other, more or less as they will stand."""
    middle = (len(items) - 1) / 2
    for p, i in enumerate(items):
        place[i] = p - middle
