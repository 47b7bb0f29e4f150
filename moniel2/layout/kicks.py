"""Layers that cross less than the best that sweeps came to: a few of them are mixed and settle again, over and over.

What comes out better, or as good, is where the next mixing starts: so the search gets where no single move would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.layout.buses import Buses
from moniel2.layout.layers import Ordering

LEAST, MOST = 2, 16
AROUND = 8
SWEEPS, IDLE = 6, 2
WORSE = 1
MENDING = 4000
BOLD = 6
MULTIPLIER, MODULUS = 48271, 2147483647


class Kicks:
    """Improves the layers that ``ordering`` holds, as ``buses`` counts them; ``fixed`` items keep theirs."""

    def __init__(self, ordering: Ordering, buses: Buses, fixed: Mapping[int, float], effort: int) -> None:
        self.ordering = ordering
        self.buses = buses
        self.fixed = fixed
        self.effort = effort  # links that are looked at
        self.counts: list[int] = []  # of each gap: how much crosses
        self.dice = 1

    def run(self) -> int:
        """Returns how much crosses in the end."""
        layers = self.ordering.layers
        end = len(layers) - 1
        self.buses.put(0, layers)
        self.counts = self.buses.gap_counts(0, end)
        fewest, best = sum(self.counts), [list(l) for l in layers]
        while self.effort > 0 and sum(self.counts) > 0 and end > 1:
            gap = self._crossed_gap()
            span = LEAST + self._roll(MOST - LEAST + 1)
            top = max(1, gap - self._roll(span + 1))
            foot = min(end - 1, top + span - 1)
            self._kick(top, max(top, foot), max(1, top - AROUND), min(end - 1, foot + AROUND))
            if sum(self.counts) < fewest:
                fewest, best = sum(self.counts), [list(l) for l in layers]
        self.ordering.put(0, best)
        self.buses.put(0, best)
        self.counts = self.buses.gap_counts(0, end)
        return sum(self.counts)

    def _kick(self, top: int, foot: int, first: int, last: int) -> None:
        layers = self.ordering.layers
        before = [list(l) for l in layers[first : last + 1]]
        was = sum(self.counts[first - 1 : last + 1])
        self.ordering.put(top, [self._mixed(l) for l in layers[top : foot + 1]])
        self.effort -= 100 + SWEEPS * self.ordering.settle(first, last, self._roll(2) == 0, self._roll(2) == 0, SWEEPS, IDLE)
        self.buses.put(first, layers[first : last + 1])
        now = self.buses.gap_counts(first, last)
        if was < sum(now) <= was + WORSE:
            found = [list(l) for l in layers[first : last + 1]]
            self.buses.mend(layers, self.fixed, first, last, MENDING)
            self.ordering.put(first, layers[first : last + 1])
            now = self.buses.gap_counts(first, last)
        if sum(now) <= was + (self._roll(BOLD) == 0):
            self.counts[first - 1 : last + 1] = now
        else:
            self.ordering.put(first, before)
            self.buses.put(first, before)

    def _crossed_gap(self) -> int:
        at = self._roll(sum(self.counts))
        for gap, count in enumerate(self.counts):
            if at < count:
                return gap
            at -= count
        return 0

    def _mixed(self, items: Sequence[int]) -> list[int]:
        free = [i for i in items if i not in self.fixed]
        for k in range(len(free) - 1, 0, -1):
            other = self._roll(k + 1)
            free[k], free[other] = free[other], free[k]
        rest = iter(free)
        return [i if i in self.fixed else next(rest) for i in items]

    def _roll(self, sides: int) -> int:
        self.dice = self.dice * MULTIPLIER % MODULUS
        return self.dice // 7 % sides
