"""A graph as ways through it: the longest first, then the longest of what is left."""

from __future__ import annotations

from collections.abc import Sequence

MANY = 40  # chains that are found as the longest ones; what is left then stands alone


def chains(count: int, edges: Sequence[tuple[int, int]], weights: Sequence[int] = ()) -> list[list[int]]:
    """The vertices 0 to ``count`` - 1 in chains along ``edges``, which lead from lower to higher numbers.

    ``weights`` say how long each vertex is, 1 if they don't.
    """
    after: list[list[int]] = [[] for _ in range(count)]
    for a, b in edges:
        after[a].append(b)
    taken = [False] * count
    found: list[list[int]] = []
    while not all(taken):
        if len(found) >= MANY:
            return found + [[v] for v in range(count) if not taken[v]]
        # The longest way from each vertex through what is left; of equally long ways the one that was told first.
        long, step = [0] * count, [-1] * count
        for v in reversed(range(count)):
            if taken[v]:
                continue
            own = long[v] = weights[v] if weights else 1
            for w in after[v]:
                if not taken[w] and long[w] + own > long[v]:
                    long[v], step[v] = long[w] + own, w
        v = max(range(count), key=lambda v: (long[v], -v))
        chain: list[int] = []
        while v >= 0:
            taken[v] = True
            chain.append(v)
            v = step[v]
        found.append(chain)
    return found
