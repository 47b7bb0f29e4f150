"""Which things of a wide region stand straight above each other after all.

A long wire that runs straight keeps all to its right further right wherever it runs, and what they are aligned with
further still: a chain of such makes a region wider than any of its layers. So the least of what holds such a chain
together gives way, until the region is not much wider than it must be.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from moniel2.layout.sizes import BRANCH, LANE, WIRE

FEW, MANY = 30, 4000  # links; of fewer all may stand straight, of more it would take too long
SLIM = 1.1  # how much wider than its widest layer a region may be
BOX = 60.0  # as wide as boxes are about
Join = tuple[int, int, int, float]  # item above, item below, link, how much it wants to be straight


def slimmed(layers: Sequence[Sequence[int]], boxes: set[int], joins: list[Join], count: int) -> list[Join]:
    """Those of ``joins`` that stay; ``boxes`` are the items that are no wires, ``count`` is that of all links."""
    if not FEW < count <= MANY:
        return joins
    slim = _Slim(layers, boxes, joins)
    widest = max(slim.width(items) for items in layers)
    for _ in range(len(joins)):
        weakest = slim.weakest(SLIM * widest)
        if weakest < 0:
            break
        slim.joins.pop(weakest)
    return slim.joins


class _Slim:
    def __init__(self, layers: Sequence[Sequence[int]], boxes: set[int], joins: list[Join]) -> None:
        self.layers = layers
        self.boxes = boxes
        self.joins = list(joins)
        self.layer = {i: l for l, items in enumerate(layers) for i in items}

    def width(self, items: Sequence[int]) -> float:
        """Of a layer by itself."""
        return sum(self._apart(a, b) for a, b in pairwise(items)) + BOX

    def _apart(self, a: int, b: int) -> float:
        """How far the middles of neighbours must be apart."""
        found = (a in self.boxes) + (b in self.boxes)
        return found * BOX / 2 + (WIRE if found == 0 else LANE if found == 1 else BRANCH)

    def weakest(self, most: float) -> int:
        """The join to give up, where the longest chain of things that push each other is longer than ``most``."""
        block: dict[int, int] = {}
        for items in self.layers:
            for i in items:
                block[i] = i
        above: dict[int, int] = {}  # of each item: the join that holds it
        within: dict[int, list[int]] = {}  # of each block: its joins
        for n, join in enumerate(self.joins):
            above[join[1]] = n
        for items in self.layers:
            for i in items:
                if i in above:
                    block[i] = block[self.joins[above[i]][0]]
                    within.setdefault(block[i], []).append(above[i])
        at, pushed = self._pushed(block)
        last = max(at, key=lambda r: (at[r], -r))
        if at[last] <= most:
            return -1
        # From the right end of the chain to the left: where it comes into each block, and where it goes on.
        best, least = -1, (0.0, 0, 0)
        r, leaves = last, -1
        while pushed[r][0] >= 0:
            a, b = pushed[r]
            enters = self.layer[b]
            if leaves >= 0 and enters != leaves:
                low, high = min(enters, leaves), max(enters, leaves)
                for n in within.get(r, []):
                    upper, _, _, weight = self.joins[n]
                    if low <= self.layer[upper] < high:
                        rank = (weight, abs(2 * self.layer[upper] + 1 - low - high), n)
                        if best < 0 or rank < least:
                            best, least = n, rank
            r, leaves = block[a], self.layer[a]
        return best

    def _pushed(self, block: dict[int, int]) -> tuple[dict[int, float], dict[int, tuple[int, int]]]:
        """How far right each block is pushed at least, and by which item which of its own is."""
        waiting: dict[int, int] = dict.fromkeys(block.values(), 0)
        after: dict[int, list[tuple[int, int]]] = {r: [] for r in waiting}
        for items in self.layers:
            for a, b in pairwise(items):
                waiting[block[b]] += 1
                after[block[a]].append((a, b))
        at = dict.fromkeys(waiting, 0.0)
        pushed = dict.fromkeys(waiting, (-1, -1))
        ready = [r for r in waiting if not waiting[r]]
        for r in ready:
            for a, b in after[r]:
                other = block[b]
                x = at[r] + self._apart(a, b)
                if x > at[other]:
                    at[other], pushed[other] = x, (a, b)
                waiting[other] -= 1
                if not waiting[other]:
                    ready.append(other)
        return at, pushed
