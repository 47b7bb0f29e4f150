"""In which order things stand in the layers of an irreducible region, and which of them straight above each other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

SWEEPS, IDLE = 8, 3  # at most so many, and so many without success
QUICK = 6  # sweeps of what is too big for more
NOWHERE = 1e9  # further right than anything
SMALL = 4000  # links; beyond it nothing is moved but by sweeps at first

Link = tuple[int, float, int, float]  # item above, its port as a fraction, item below, its port as a fraction


def crossings(links: Sequence[tuple[float, float]]) -> int:
    """Crossings among links (place above, place below) of two layers; those that share a place don't cross."""
    below = [b for _, b in sorted(links)]
    if below == sorted(below):
        return 0
    total = 0
    seen: list[float] = []
    for n, b in enumerate(below):
        at = bisect_right(seen, b)
        total += n - at
        seen.insert(at, b)
    return total


class Ordering:
    """Finds an order of each layer with few crossings: sweeps down and up that sort each layer by what it is wired to
    in the one before, then neighbours change places.

    As in Gansner, Koutsofios, North and Vo (1993), what is as good as it was changes places too, every other sweep:
    so it gets away from where it is stuck. The ``fixed`` items of a layer stand in the order of what is said of them,
    those alike are free among each other. Of a ``big`` region no more is asked than can be had quickly.
    """

    def __init__(
        self, layers: list[list[int]], links: Sequence[Link], fixed: Mapping[int, float], big: bool = False
    ) -> None:
        self.layers = layers
        self.fixed = fixed
        size = sum(map(len, layers))
        self.up: list[list[tuple[int, float, float]]] = [[] for _ in range(size)]  # (item, its port, mine)
        self.down: list[list[tuple[int, float, float]]] = [[] for _ in range(size)]
        self.layer = [0] * size
        for l, items in enumerate(layers):
            for i in items:
                self.layer[i] = l
        self.between: list[list[Link]] = [[] for _ in layers]
        for a, out, b, into in links:
            self.down[a].append((b, into, out))
            self.up[b].append((a, out, into))
            self.between[self.layer[a]].append((a, out, b, into))
        self.place = [0] * size
        self.big = big or len(links) > SMALL
        self.put(0, layers)

    def run(self, upwards: bool = False, mean: bool = False) -> list[list[int]]:
        """The first sweep runs down or ``upwards``; things are sorted by the median of what they are wired to, or by
        its ``mean``."""
        self.settle(0, len(self.layers) - 1, upwards, mean, QUICK if self.big else SWEEPS, IDLE)
        return self.layers

    def settle(self, first: int, last: int, upwards: bool, mean: bool, sweeps: int, idle: int) -> int:
        """The same for some layers, those around them as they stand, by no more than so many ``sweeps`` and so many of
        them ``idle``. Returns how many links one sweep looks at."""
        best, fewest = [list(l) for l in self.layers[first : last + 1]], self._total(first, last)
        waited = 0
        for sweep in range(sweeps):
            if fewest == 0 or waited > idle:
                break
            self._sweep(first, last, (sweep % 2 == 0) != upwards, mean, sweep % 4 > 1)
            if not self.big or sweep > 3:
                self._transpose(first, last, sweep % 4 < 2)
            count = self._total(first, last)
            if count < fewest:
                best, fewest, waited = [list(l) for l in self.layers[first : last + 1]], count, 0
            else:
                waited += 1
        self.put(first, best)
        return sum(map(len, self.between[max(first - 1, 0) : last + 1]))

    def put(self, first: int, found: Sequence[Sequence[int]]) -> None:
        """Layers, from one on, in another order."""
        for l, items in enumerate(found, start=first):
            self.layers[l] = list(items)
            for p, i in enumerate(items):
                self.place[i] = p

    def _total(self, first: int, last: int) -> int:
        """Crossings above, between and below some layers."""
        place = self.place
        return sum(
            crossings([(place[a] + out, place[b] + into) for a, out, b, into in links])
            for links in self.between[max(first - 1, 0) : last + 1]
            if len(links) > 1
        )

    def _sweep(self, first: int, last: int, downwards: bool, mean: bool, turned: bool) -> None:
        """``turned`` says what becomes of things that would stand at the same place: whether they change places."""
        end = len(self.layers) - 1
        around = range(max(first, 1), last + 1) if downwards else range(min(last, end - 1), first - 1, -1)
        for l in around:
            items = self.layers[l]
            if len(items) < 2:
                continue
            near = self.up if downwards else self.down
            wish = {i: self._wish(near[i], mean) for i in items if near[i]}
            # Things that nothing pulls stay where they are; the others are sorted among the remaining places.
            moving = [i for i in items if i in wish]
            if turned:
                moving.reverse()
            moving.sort(key=lambda i: wish[i])
            rest = iter(moving)
            self.layers[l] = self._kept([next(rest) if i in wish else i for i in items])
            for p, i in enumerate(self.layers[l]):
                self.place[i] = p

    def _wish(self, near: Sequence[tuple[int, float, float]], mean: bool) -> float:
        place = self.place
        if len(near) == 1:
            return place[near[0][0]] + near[0][1]
        at = sorted([place[i] + port for i, port, _ in near])
        if mean:
            return sum(at) / len(at)
        half = len(at) // 2
        return at[half] if len(at) % 2 else (at[half - 1] + at[half]) / 2

    def _kept(self, items: list[int]) -> list[int]:
        """The same order, but the fixed ones among them in their own."""
        fixed = self.fixed
        held = sorted([i for i in items if i in fixed], key=lambda i: fixed[i])
        if not held:
            return items
        rest = iter(held)
        return [next(rest) if i in fixed else i for i in items]

    def _transpose(self, first: int, last: int, even: bool) -> None:
        """Neighbours change places where that crosses less; with ``even`` also where some cross and it makes none
        more."""
        # where something has changed since they were looked at
        waiting = [len(items) > 1 for items in self.layers[first : last + 1]]
        for _ in range(2 if self.big else 8):
            changed = False
            for k in range(len(waiting)):
                if not waiting[k]:
                    continue
                waiting[k] = False
                if self._transpose_in(self.layers[first + k], even):
                    changed = True
                    for near in range(max(k - 1, 0), min(k + 2, len(waiting))):
                        waiting[near] = True
            if not changed:
                return

    def _transpose_in(self, items: list[int], even: bool) -> bool:
        changed = False
        fixed = self.fixed
        above, below = self._reach(items, self.up), self._reach(items, self.down)
        for p in range(len(items) - 1):
            a, b = items[p], items[p + 1]
            if above[p][1] <= above[p + 1][0] and below[p][1] <= below[p + 1][0]:
                continue
            if a in fixed and b in fixed and fixed[a] != fixed[b]:
                continue
            now, then = self._pair(a, b)
            if then < now or (even and 0 < now == then):
                items[p], items[p + 1] = b, a
                above[p], above[p + 1] = above[p + 1], above[p]
                below[p], below[p + 1] = below[p + 1], below[p]
                self.place[a], self.place[b] = p + 1, p
                changed = changed or then < now
        return changed

    def _reach(
        self, items: Sequence[int], near: Sequence[Sequence[tuple[int, float, float]]]
    ) -> list[tuple[float, float]]:
        """Of each item the first and the last place of what it is wired to."""
        place = self.place
        found: list[tuple[float, float]] = []
        for item in items:
            wired = near[item]
            if len(wired) == 1:
                at = place[wired[0][0]] + wired[0][1]
                found.append((at, at))
            else:
                all_of_them = [place[i] + port for i, port, _ in wired]
                found.append((min(all_of_them, default=NOWHERE), max(all_of_them, default=-NOWHERE)))
        return found

    def _pair(self, a: int, b: int) -> tuple[int, int]:
        """Crossings between the links of neighbours a, b as they stand, and if they changed places."""
        now = then = 0
        place = self.place
        for near in (self.up, self.down):
            mine, theirs = near[a], near[b]
            if len(mine) == 1 and len(theirs) == 1:
                x, y = place[mine[0][0]] + mine[0][1], place[theirs[0][0]] + theirs[0][1]
                now += x > y
                then += x < y
                continue
            for i, p, _ in mine:
                x = place[i] + p
                for j, q, _ in theirs:
                    y = place[j] + q
                    if x > y:
                        now += 1
                    elif x < y:
                        then += 1
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
