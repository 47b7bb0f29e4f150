"""Orders on a directed graph: edges that run back, topological order, transitive edges, dominators.

All are linear or nearly so, and none recurses: a chain may be as long as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

Pair = tuple[int, int]


def neighbours(size: int, pairs: Iterable[Pair]) -> tuple[list[list[int]], list[list[int]]]:
    """Successors and predecessors of each vertex, in the order of ``pairs``."""
    after: list[list[int]] = [[] for _ in range(size)]
    before: list[list[int]] = [[] for _ in range(size)]
    for a, b in pairs:
        after[a].append(b)
        before[b].append(a)
    return after, before


def back_pairs(size: int, pairs: Sequence[Pair], roots: Iterable[int]) -> set[Pair]:
    """The pairs that close a cycle when one walks depth first from ``roots``, then from the rest as declared."""
    after, _ = neighbours(size, pairs)
    back: set[Pair] = set()
    state = [0] * size  # 0 not seen, 1 on the way, 2 done
    for root in [*roots, *range(size)]:
        if state[root]:
            continue
        state[root] = 1
        way = [(root, iter(after[root]))]
        while way:
            vertex, rest = way[-1]
            for other in rest:
                if state[other] == 1:
                    back.add((vertex, other))
                elif state[other] == 0:
                    state[other] = 1
                    way.append((other, iter(after[other])))
                    break
            else:
                state[vertex] = 2
                way.pop()
    return back


def returning_pairs(size: int, pairs: Sequence[Pair], plain: set[Pair]) -> set[Pair]:
    """Of the pairs that are not ``plain`` those that the plain ones lead back over."""
    after, _ = neighbours(size, [p for p in pairs if p in plain])
    found: set[Pair] = set()
    for a, b in pairs:
        if (a, b) in plain:
            continue
        seen = {b}
        way = [b]
        for v in way:
            for other in after[v]:
                if other not in seen:
                    seen.add(other)
                    way.append(other)
        if a in seen:
            found.add((a, b))
    return found


def topological(size: int, pairs: Sequence[Pair]) -> list[int]:
    """Every vertex after all that lead to it; ties as declared."""
    after, before = neighbours(size, pairs)
    waiting = [len(b) for b in before]
    ready = [v for v in range(size) if not waiting[v]]
    heapify(ready)
    order: list[int] = []
    while ready:
        vertex = heappop(ready)
        order.append(vertex)
        for other in after[vertex]:
            waiting[other] -= 1
            if not waiting[other]:
                heappush(ready, other)
    return order


def transitive_pairs(size: int, pairs: Sequence[Pair], order: Sequence[int]) -> set[Pair]:
    """The pairs that a longer path joins too."""
    after, _ = neighbours(size, pairs)
    place = [0] * size
    for i, vertex in enumerate(order):
        place[vertex] = i
    reach = [0] * size  # bit i: the i-th vertex of the order can be reached
    found: set[Pair] = set()
    for vertex in reversed(order):
        seen = 0
        for other in sorted(after[vertex], key=place.__getitem__):
            if seen >> place[other] & 1:
                found.add((vertex, other))
            seen |= reach[other] | 1 << place[other]
        reach[vertex] = seen
    return found


def dominators(size: int, pairs: Sequence[Pair], order: Sequence[int]) -> list[int]:
    """For each vertex the nearest one that every path to it passes; -1 where paths have nothing in common."""
    _, before = neighbours(size, pairs)
    place = [0] * size
    for i, vertex in enumerate(order):
        place[vertex] = i
    above = [-1] * size
    for vertex in order:
        if not before[vertex]:
            continue
        common = before[vertex][0]
        for other in before[vertex][1:]:
            common = meeting(common, other, above, place)
        above[vertex] = common
    return above


def meeting(a: int, b: int, above: Sequence[int], place: Sequence[int]) -> int:
    """The nearest vertex that dominates both, or -1."""
    while a != b and a >= 0 and b >= 0:
        if place[a] > place[b]:
            a = above[a]
        else:
            b = above[b]
    return a if a == b else -1


def depths(size: int, pairs: Sequence[Pair], order: Sequence[int]) -> list[int]:
    """The length of the longest path to each vertex."""
    after, _ = neighbours(size, pairs)
    depth = [0] * size
    for vertex in order:
        for other in after[vertex]:
            depth[other] = max(depth[other], depth[vertex] + 1)
    return depth
