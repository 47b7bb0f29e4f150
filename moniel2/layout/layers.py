"""Layers of an irreducible region, and in which order things stand in them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

SWEEPS = 24
SMALL = 4000  # links; beyond it fewer sweeps and no transposition


def crossings(upper: Sequence[tuple[float, float, float]]) -> float:
    """Weighted crossings among links (place above, place below, weight) of two layers, by a Fenwick tree."""
    links = sorted(upper)
    ranks = sorted({b for _, b, _ in links})
    size = len(ranks)
    sums = [0.0] * (size + 1)
    placed = 0.0
    total = 0.0
    i = 0
    while i < len(links):
        # Links from one place don't cross each other: count them all before any is entered.
        j = i
        while j < len(links) and links[j][0] == links[i][0]:
            at = bisect_left(ranks, links[j][1]) + 1
            upto = 0.0
            while at > 0:
                upto += sums[at]
                at -= at & -at
            total += links[j][2] * (placed - upto)
            j += 1
        for _, b, weight in links[i:j]:
            at = bisect_left(ranks, b) + 1
            while at <= size:
                sums[at] += weight
                at += at & -at
            placed += weight
        i = j
    return total


class Ordering:
    """Finds an order of each layer with few crossings: weighted medians up and down, then neighbours change places.

    ``links`` are (item above, its port as a fraction, item below, its port as a fraction, weight). ``fixed`` items keep
    their mutual order within a layer. Of a ``big`` region no more is asked than can be had quickly.
    """

    def __init__(
        self,
        layers: list[list[int]],
        links: Sequence[tuple[int, float, int, float, float]],
        fixed: set[int],
        big: bool = False,
    ) -> None:
        self.layers = layers
        self.fixed = fixed
        size = sum(map(len, layers))
        self.up: list[list[tuple[int, float, float, float]]] = [
            [] for _ in range(size)
        ]  # (item, its port, mine, weight)
        self.down: list[list[tuple[int, float, float, float]]] = [[] for _ in range(size)]
        self.layer = [0] * size
        for l, items in enumerate(layers):
            for i in items:
                self.layer[i] = l
        self.between: list[list[tuple[int, float, int, float, float]]] = [[] for _ in layers]
        for a, out, b, into, weight in links:
            self.down[a].append((b, into, out, weight))
            self.up[b].append((a, out, into, weight))
            self.between[self.layer[a]].append((a, out, b, into, weight))
        self.place = [0] * size
        self.big = big or len(links) > SMALL
        self._number()

    def run(self) -> list[list[int]]:
        best, fewest = [list(l) for l in self.layers], self.total()
        idle = 0
        for sweep in range(6 if self.big else SWEEPS):
            if fewest == 0 or idle > 6:
                break
            self._sweep(downwards=sweep % 2 == 0, lean=sweep % 4 < 2)
            if not self.big or sweep > 3:
                self._transpose()
            count = self.total()
            if count < fewest - 1e-9:
                best, fewest, idle = [list(l) for l in self.layers], count, 0
            else:
                idle += 1
        return best

    def total(self) -> float:
        place = self.place
        return sum(
            crossings([(place[a] + out, place[b] + into, w) for a, out, b, into, w in links])
            for links in self.between
            if len(links) > 1
        )

    def _number(self) -> None:
        for items in self.layers:
            for i, item in enumerate(items):
                self.place[item] = i

    def _sweep(self, downwards: bool, lean: bool) -> None:
        around = range(1, len(self.layers)) if downwards else range(len(self.layers) - 2, -1, -1)
        for l in around:
            items = self.layers[l]
            if len(items) < 2:
                continue
            near = self.up if downwards else self.down
            wish = {i: self._median(near[i], lean) for i in items}
            # Things that nothing pulls stay where they are; the others are sorted among the remaining places.
            moving = [i for i in items if wish[i] is not None]
            moving.sort(key=lambda i: wish[i] or 0.0)
            rest = iter(moving)
            self.layers[l] = self._kept([i if wish[i] is None else next(rest) for i in items], items)
            for p, i in enumerate(self.layers[l]):
                self.place[i] = p

    def _median(self, near: list[tuple[int, float, float, float]], lean: bool) -> float | None:
        if not near:
            return None
        at = sorted((self.place[i] + port, weight) for i, port, _, weight in near)
        half = sum(w for _, w in at) / 2
        run = 0.0
        for k, (p, w) in enumerate(at):
            run += w
            if abs(run - half) < 1e-9 and k + 1 < len(at):
                return p if lean else (p + at[k + 1][0]) / 2
            if run > half:
                return p
        return at[-1][0]

    def _kept(self, items: list[int], before: list[int]) -> list[int]:
        """The same order, but the fixed ones among them in their own."""
        held = iter([i for i in before if i in self.fixed])
        return [next(held) if i in self.fixed else i for i in items]

    def _transpose(self) -> None:
        for _ in range(2 if self.big else 8):
            changed = False
            for items in self.layers:
                for p in range(len(items) - 1):
                    a, b = items[p], items[p + 1]
                    if a in self.fixed and b in self.fixed:
                        continue
                    now, then = self._pair(a, b)
                    if then < now - 1e-9:
                        items[p], items[p + 1] = b, a
                        self.place[a], self.place[b] = p + 1, p
                        changed = True
            if not changed:
                return

    def _pair(self, a: int, b: int) -> tuple[float, float]:
        """Crossings between the links of neighbours a, b as they stand, and if they changed places."""
        now = then = 0.0
        for near in (self.up, self.down):
            for i, p, _, w in near[a]:
                x = self.place[i] + p
                for j, q, _, v in near[b]:
                    y = self.place[j] + q
                    if x > y:
                        now += w * v
                    elif x < y:
                        then += w * v
        return now, then


def aligned(
    layers: Sequence[Sequence[int]], candidates: Sequence[Sequence[tuple[int, int, int, float]]]
) -> list[tuple[int, int, int]]:
    """For each two layers the heaviest set of links that share no end and don't cross.

    ``candidates[l]`` are (item above, item below, link, weight) between layers l and l + 1; the answer holds
    (item above, item below, link).
    """
    place: dict[int, int] = {}
    for items in layers:
        for p, i in enumerate(items):
            place[i] = p
    chosen: list[tuple[int, int, int]] = []
    for l, links in enumerate(candidates):
        if not links:
            continue
        ordered = sorted(links, key=lambda k: (place[k[0]], -place[k[1]], k[2]))
        size = len(layers[l + 1])
        best: list[tuple[float, int]] = [(0.0, -1)] * (size + 1)  # a Fenwick tree of prefix maxima: (weight, last link)
        before: list[int] = []
        weights: list[float] = []
        for n, (_, b, _, weight) in enumerate(ordered):
            at = place[b]
            top = (0.0, -1)
            while at > 0:
                if best[at][0] > top[0]:
                    top = best[at]
                at -= at & -at
            before.append(top[1])
            weights.append(top[0] + weight)
            at = place[b] + 1
            while at <= size:
                if weights[n] > best[at][0]:
                    best[at] = (weights[n], n)
                at += at & -at
        n = max(range(len(ordered)), key=lambda k: (weights[k], -k))
        while n >= 0:
            chosen.append(ordered[n][:3])
            n = before[n]
    return chosen
