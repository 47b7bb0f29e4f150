"""Where sources and dead ends belong: beside what uses them, or beside what follows.

A constant that feeds the ninetieth layer must not stand at the top of the figure, nor an auxiliary head reach down to
its foot. So a part that no input reaches gets a *virtual* edge from a vertex that every path to its users passes, far
enough above for the part to stand beside the spine; and a part that leads to no output one to a vertex below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moniel2.layout.graph import Graph
from moniel2.layout.order import Pair, depths, dominators, meeting, neighbours, topological

MANY = 400  # parts beside the spine; beyond it they may tie knots
MAIN_SHARE = 0.8  # a floating output this deep, compared with the deepest, is one of the main ones


def virtual_pairs(graph: Graph, pairs: Sequence[Pair], order: Sequence[int]) -> list[Pair]:
    """Edges that hold every part of the acyclic graph between the virtual source ``n`` and sink ``n + 1``."""
    n = len(graph.vertices)
    source, sink = n, n + 1
    inputs = [v for v in range(n) if graph.vertices[v].role == "in" and not graph.vertices[v].side]
    outputs = _main_outputs(graph, pairs, order)
    upper = _anchored(n, pairs, list(order), inputs, source)
    backwards = _anchored(n, [(b, a) for a, b in pairs], list(reversed(order)), outputs, source)
    lower = [h for h in backwards if h.anchor != source]
    virtual = _nested(upper, lower, order, _Reach(n, pairs))
    if len(topological(n + 1, [*pairs, *virtual])) <= n:
        # Parts that wait for each other stand free.
        virtual = [(source, v) for hung in upper for v in hung.ends]
    starts = {b for _, b in pairs} | {b for _, b in virtual}
    ends = {a for a, _ in pairs} | {a for a, _ in virtual}
    virtual += [(source, v) for v in range(n) if v not in starts]
    virtual += [(v, sink) for v in range(n) if v not in ends]
    return virtual


@dataclass(slots=True)
class _Hung:
    """A part beside the spine: the vertex it hangs on, the vertex that its virtual edges lead to, its loose ends."""

    held: int
    anchor: int
    ends: list[int]


class _Reach:
    """What can be reached from where, found when it is asked for."""

    def __init__(self, n: int, pairs: Sequence[Pair]) -> None:
        self.after, _ = neighbours(n, pairs)
        self.found: dict[int, set[int]] = {}

    def leads(self, start: int, end: int) -> bool:
        """Whether there is a way from one vertex to another."""
        if start not in self.found:
            reached, stack = {start}, [start]
            while stack:
                for v in self.after[stack.pop()]:
                    if v not in reached:
                        reached.add(v)
                        stack.append(v)
            self.found[start] = reached
        return end in self.found[start]


def _nested(upper: list[_Hung], lower: list[_Hung], order: Sequence[int], reach: _Reach) -> list[Pair]:
    """The virtual edges. Two parts that overlap along the spine would tie a knot, so the earlier one is led further.

    Two sources that overlap start where the earlier one does: that one has no room further down.
    """
    place = {v: i for i, v in enumerate(order)}
    source = len(order)
    place[source] = -1
    spans = [(place[h.anchor], place[h.held], h, False) for h in upper]
    spans += [(place[h.held], place[h.anchor], h, True) for h in lower]
    spans.sort(key=lambda s: (s[0], -s[1]))
    if len(spans) > MANY:
        spans = []
    for _ in range(len(spans)):
        changed = False
        for i, (a, b, hung, dead_end) in enumerate(spans):
            for j, (c, d, other, other_ends) in enumerate(spans):
                if not (a < c < b < d and reach.leads(order[c], order[b])):
                    continue  # apart, or in different branches
                if not dead_end and any(reach.leads(v, order[c]) for v in hung.ends):
                    continue  # what starts in the part itself
                if dead_end:
                    hung.anchor = order[d]
                    spans[i] = (a, d, hung, dead_end)
                elif not other_ends:
                    other.anchor = order[a] if a >= 0 else source
                    spans[j] = (a, d, other, other_ends)
                    changed = True
                    break
                else:
                    hung.anchor = order[c] if other.held != order[c] or place[other.held] < b else hung.anchor
                    spans[i] = (place[hung.anchor], b, hung, dead_end)
                changed = changed or spans[i][:2] != (a, b)
                break
        if not changed:
            break
    virtual = [(h.anchor, v) for h in upper for v in h.ends]
    return virtual + [(v, h.anchor) for h in lower for v in h.ends]


def _main_outputs(graph: Graph, pairs: Sequence[Pair], order: Sequence[int]) -> list[int]:
    outputs = [v for v, x in enumerate(graph.vertices) if x.role == "out"]
    if not any(graph.vertices[v].floating for v in outputs):
        return outputs
    depth = depths(len(graph.vertices), pairs, order)
    deepest = max(depth[v] for v in outputs)
    return [v for v in outputs if not graph.vertices[v].floating or depth[v] >= MAIN_SHARE * deepest]


def _anchored(n: int, pairs: Sequence[Pair], order: list[int], roots: list[int], start: int) -> list[_Hung]:
    """Every part that no root reaches, with the vertex above its users that it should start from, if there is one."""
    after, before = neighbours(n, pairs)
    reached = [False] * n
    for v in roots:
        reached[v] = True
    for v in order:
        if not reached[v]:
            reached[v] = any(reached[u] for u in before[v])
    if not roots or all(reached):
        return []
    fed = [(a, b) for a, b in pairs if reached[a]] + [(start, v) for v in roots]
    place = [0] * (n + 1)
    place[start] = -1
    for i, v in enumerate(order):
        place[v] = i
    above = dominators(n + 1, fed, [start, *order])
    depth = depths(n + 1, fed, [start, *order])
    hung: list[_Hung] = []
    for part in _parts(n, reached, after, before):
        users = sorted({b for v in part for b in after[v] if reached[b]}, key=place.__getitem__)
        if not users:
            continue
        anchor = users[0]
        for other in users[1:]:
            anchor = meeting(anchor, other, above, place)
        if anchor in users:
            anchor = above[anchor]
        height = _height(part, after, place)
        while anchor not in (-1, start) and depth[users[0]] - depth[anchor] <= height:
            anchor = above[anchor]
        hung.append(_Hung(users[0], anchor if anchor != -1 else start, [v for v in part if not before[v]]))
    return hung


def _parts(n: int, reached: list[bool], after: list[list[int]], before: list[list[int]]) -> list[list[int]]:
    """The connected parts of what isn't reached."""
    parts: list[list[int]] = []
    seen = list(reached)
    for first in range(n):
        if seen[first]:
            continue
        seen[first] = True
        part = [first]
        for v in part:
            for u in (*after[v], *before[v]):
                if not seen[u]:
                    seen[u] = True
                    part.append(u)
        parts.append(sorted(part))
    return parts


def _height(part: list[int], after: list[list[int]], place: list[int]) -> int:
    """How many vertices the longest path through the part has."""
    inside = set(part)
    length = dict.fromkeys(part, 1)
    for v in sorted(part, key=place.__getitem__):
        for u in after[v]:
            if u in inside:
                length[u] = max(length[u], length[v] + 1)
    return max(length.values())
