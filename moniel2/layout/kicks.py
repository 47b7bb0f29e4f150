"""Layers that cross less than what sweeps come to: some of them are mixed and settle again, over and over.

What then crosses no more is where the next mixing starts, now and then also what crosses once more: so the search gets
where no sweep and no single move would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.layout.buses import Buses
from moniel2.layout.layers import Ordering

LEAST, MOST = 2, 16  # layers that are mixed at a time
AROUND = 8  # layers above and below that settle with them
SWEEPS, IDLE = 6, 2
HOPEFUL, MENDING = 1, 4000  # what crosses so much more than before is mended, by comparing so many pairs of wires
BOLD = 6  # one in so many times what crosses once more will do
ANY_KICK = 100  # what a kick costs at least, in links that are looked at
MULTIPLIER, MODULUS, DISCARDED = 48271, 2147483647, 7  # dice that fall alike on every machine


class Kicks:
    """Improves the layers that ``ordering`` holds, as ``buses`` counts them; ``fixed`` items keep their order."""

    def __init__(self, ordering: Ordering, buses: Buses, fixed: Mapping[int, float], effort: int) -> None:
        self.ordering = ordering
        self.buses = buses
        self.fixed = fixed
        self.effort = effort  # links that may be looked at
        self.counts: list[int] = []  # of each gap: how much crosses
        self.dice = 1

    def run(self) -> None:
        """Leaves the best layers that were met."""
        layers = self.ordering.layers
        end = len(layers) - 1
        self.buses.put(0, layers)
        self.counts = self.buses.gap_counts(0, end)
        fewest, best = sum(self.counts), [list(l) for l in layers]
        while self.effort > 0 and fewest > 0 and sum(self.counts) > 0 and end > 1:
            gap = self._crossed_gap()
            span = LEAST + self._roll(MOST - LEAST + 1)
            top = max(1, gap - self._roll(span + 1))
            self._kick(top, min(end - 1, top + span - 1))
            if sum(self.counts) < fewest:
                fewest, best = sum(self.counts), [list(l) for l in layers]
        self.ordering.put(0, best)

    def _kick(self, top: int, foot: int) -> None:
        """Mix some layers; they and those around them settle."""
        layers = self.ordering.layers
        first, last = max(1, top - AROUND), min(len(layers) - 2, foot + AROUND)
        before = [list(l) for l in layers[first : last + 1]]
        was = sum(self.counts[first - 1 : last + 1])
        self.ordering.put(top, [self._mixed(l) for l in layers[top : foot + 1]])
        upwards, mean = self._roll(2) == 0, self._roll(2) == 0
        self.effort -= ANY_KICK + SWEEPS * self.ordering.settle(first, last, upwards, mean, SWEEPS, IDLE)
        self.buses.put(first, layers[first : last + 1])
        now = self.buses.gap_counts(first, last)
        crossed = sum(now)
        if was < crossed <= was + HOPEFUL:
            self.buses.mend(layers, self.fixed, first, last, MENDING)
            self.ordering.put(first, layers[first : last + 1])
            now = self.buses.gap_counts(first, last)
            crossed = sum(now)
        if crossed <= was + (1 if self._roll(BOLD) == 0 else 0):
            self.counts = self.counts[: first - 1] + now + self.counts[last + 1 :]
        else:
            self.ordering.put(first, before)
            self.buses.put(first, before)

    def _crossed_gap(self) -> int:
        """Any one gap, the likelier the more crosses in it."""
        at = self._roll(sum(self.counts))
        for gap, count in enumerate(self.counts):
            if at < count:
                return gap
            at -= count
        return 0

    def _mixed(self, items: Sequence[int]) -> list[int]:
        """In any other order, but for the fixed ones."""
        free = [i for i in items if i not in self.fixed]
        for k in range(len(free) - 1, 0, -1):
            other = self._roll(k + 1)
            free[k], free[other] = free[other], free[k]
        rest = iter(free)
        return [i if i in self.fixed else next(rest) for i in items]

    def _roll(self, sides: int) -> int:
        self.dice = self.dice * MULTIPLIER % MODULUS
        return self.dice // DISCARDED % sides
