"""In which layer each vertex of a region stands: so that all wires together are as short as they can be.

The network simplex of Gansner, Koutsofios, North and Vo, "A technique for drawing directed graphs" (IEEE Transactions
on Software Engineering, 1993): a spanning tree of spans that are as short as can be, one of which at a time gives way
to another as long as that shortens the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

Span = tuple[int, int, int]  # from a vertex down to another, and what each layer of its length costs


def ranks(start: Sequence[int], spans: Sequence[Span], effort: int) -> list[int]:
    """The layer of each vertex, of the first one that of ``start``, where every span leads down already.

    All must hang together. ``effort`` bounds the work: how many spans are looked at before what was found has to do.
    """
    return _Simplex(start, spans, effort).run()


class _Simplex:
    def __init__(self, start: Sequence[int], spans: Sequence[Span], effort: int) -> None:
        n = len(start)
        self.rank = list(start)
        self.spans = spans
        self.effort = effort
        self.touching: list[list[int]] = [[] for _ in range(n)]  # of each vertex: its spans
        self.surplus = [0] * n  # of each vertex's subtree: what its spans that lead out cost, less those that lead in
        for k, (a, b, weight) in enumerate(spans):
            self.touching[a].append(k)
            self.touching[b].append(k)
            self.surplus[a] += weight
            self.surplus[b] -= weight
        self.above = [-1] * n  # of each vertex: the span to its parent in the tree
        self.below: list[list[int]] = [[] for _ in range(n)]  # and those to its children
        self.next = 0  # where the search for a span that gives way goes on

    def run(self) -> list[int]:
        for v in reversed(self._grow()):
            if self.above[v] >= 0:
                parent = self._other(self.above[v], v)
                self.surplus[parent] += self.surplus[v]
        while self.effort > 0:
            leaving = self._leaving()
            if leaving < 0:
                break
            self._exchange(leaving)
        return self.rank

    def _other(self, k: int, v: int) -> int:
        a, b, _ = self.spans[k]
        return b if v == a else a

    def _slack(self, k: int) -> int:
        a, b, _ = self.spans[k]
        return self.rank[b] - self.rank[a] - 1

    def _grow(self) -> list[int]:
        """A tree of spans without slack, from the first vertex on: the nearest joins, moved to where the tree is.
        Returns the vertices, parents first."""
        order = [0]
        inside = [False] * len(self.rank)
        moved = 0  # how far all of the tree has moved down; ranks in it are stored without
        down: list[tuple[int, int]] = []  # spans out of the tree: how far it could move down if it had not moved
        up: list[tuple[int, int]] = []
        while True:
            v = order[-1]
            inside[v] = True
            self.rank[v] -= moved
            for k in self.touching[v]:
                if not inside[self._other(k, v)]:
                    heappush(down if self.spans[k][0] == v else up, (self._slack(k), k))
            while down and inside[self.spans[down[0][1]][1]]:
                heappop(down)
            while up and inside[self.spans[up[0][1]][0]]:
                heappop(up)
            if not down and not up:
                break
            if not up or (down and down[0][0] - moved <= up[0][0] + moved):
                moved, k = heappop(down)
                parent, child = self.spans[k][0], self.spans[k][1]
            else:
                moved, k = heappop(up)
                moved = -moved
                parent, child = self.spans[k][1], self.spans[k][0]
            self.above[child] = k
            self.below[parent].append(k)
            order.append(child)
        return order

    def _leaving(self) -> int:
        """A vertex whose span to its parent would rather be longer; -1 when there is none left."""
        n = len(self.rank)
        for step in range(n):
            v = (self.next + step) % n
            if self.above[v] >= 0 and (self.surplus[v] if self._leads_out(v) else -self.surplus[v]) < 0:
                self.next = v
                return v
        return -1

    def _leads_out(self, v: int) -> bool:
        """Whether the span between a vertex and its parent starts at the vertex."""
        return self.spans[self.above[v]][0] == v

    def _exchange(self, v: int) -> None:
        """The subtree of ``v`` moves away from its parent until another span holds it."""
        upwards = self._leads_out(v)
        subtree, inside = [v], {v}
        entering, least = -1, 0
        for u in subtree:
            for k in self.below[u]:
                child = self._other(k, u)
                subtree.append(child)
                inside.add(child)
        for u in subtree:
            self.effort -= len(self.touching[u])
            for k in self.touching[u]:
                a, b, _ = self.spans[k]
                if (b == u) == upwards and (a if upwards else b) not in inside:
                    slack = self._slack(k)
                    if entering < 0 or slack < least:
                        entering, least = k, slack
        for u in subtree:
            self.rank[u] += -least if upwards else least
        self._hang(v, entering, inside)

    def _hang(self, v: int, entering: int, inside: set[int]) -> None:
        """Cut the subtree of ``v`` off and hang it up by another of its spans."""
        a, b, _ = self.spans[entering]
        at, parent = (a, b) if a in inside else (b, a)
        whole = self.surplus[v]
        leaving = self.above[v]
        old = self._other(leaving, v)
        self.below[old].remove(leaving)
        self._add(old, -whole)
        self._add(parent, whole)
        self.below[parent].append(entering)
        # From where it hangs now up to where it hung, parents become children.
        gone, span, u = 0, entering, at
        while True:
            above = self.above[u]
            mine = self.surplus[u]
            self.above[u] = span
            self.surplus[u] = whole - gone
            if u == v:
                return
            over = self._other(above, u)
            self.below[over].remove(above)
            self.below[u].append(above)
            gone, span, u = mine, above, over

    def _add(self, v: int, amount: int) -> None:
        """To the sums of a vertex and all above it."""
        while True:
            self.surplus[v] += amount
            if self.above[v] < 0:
                return
            v = self._other(self.above[v], v)
