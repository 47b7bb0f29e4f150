"""The series-parallel tree of a block: what stands below what, and what beside what.

A vertex that no edge jumps over is a *cut*; the cuts of a part are a series. Between two cuts each connected piece is
a branch, and a piece without a cut of its own is an irreducible *region*, laid out in layers. Transitive edges are not
seen here: they become lanes beside the series.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from moniel2.layout.graph import Graph
from moniel2.layout.order import Pair, neighbours

SPINE = 1.7  # a branch this many times as heavy as the next one is the spine


class Kind(Enum):
    LEAF = "leaf"
    SERIES = "series"
    PARALLEL = "parallel"
    REGION = "region"
    EMPTY = "empty"  # a branch that is only a wire


@dataclass(slots=True)
class Element:
    """A part of the tree. ``items`` are element numbers: top to bottom in a series, left to right in a parallel."""

    kind: Kind
    parent: int
    slot: int  # the place among the parent's items
    vertices: tuple[int, ...] = ()  # the vertex of a leaf, the vertices of a region
    items: list[int] = field(default_factory=list)
    before: int = -1  # the vertex above a branch, and the one below it; the virtual ends are n and n + 1
    after: int = -1
    spine: int = -1  # the slot of a parallel's main branch, -1 when it is symmetric


@dataclass(slots=True)
class Tree:
    """Elements with parents before their children; the first is the root, a series."""

    elements: list[Element]
    leaf: list[int]  # of each vertex: its leaf, or the region it stands in


def tree(graph: Graph, pairs: Sequence[Pair], virtual: Sequence[Pair], order: Sequence[int]) -> Tree:
    """Decompose what lies between the virtual source ``n`` and sink ``n + 1``."""
    return _Decomposition(graph, pairs, virtual, order).run()


def in_one_piece(graph: Graph, order: Sequence[int], known: Tree, pairs: Sequence[Pair]) -> Tree:
    """All vertices as one region, but for chains at either end: what stands alone in the series of the ``known`` tree,
    next to another such, with no edge past it."""
    n = len(graph.vertices)
    place = {v: i for i, v in enumerate(order)}
    past = [0] * (len(order) + 1)  # how many edges run past each, as differences
    for a, b in pairs:
        if a in place and b in place:
            past[place[a] + 1] += 1
            past[place[b]] -= 1
    for i in range(1, len(past)):
        past[i] += past[i - 1]
    leaves = {v: known.elements[known.leaf[v]] for v in order}
    alone = {v for v, e in leaves.items() if e.kind is Kind.LEAF and e.parent == 0 and not past[place[v]]}
    head = 0
    while head < len(order) and order[head] in alone:
        head += 1
    head = max(head - 1, 0)  # where wires part or meet, their order belongs to the region
    tail = len(order)
    while tail > head and order[tail - 1] in alone:
        tail -= 1
    tail = min(tail + 1, len(order))
    elements = [Element(Kind.SERIES, -1, 0, (), [], n, n + 1)]
    leaf = [-1] * n
    parts = [(v,) for v in order[:head]] + [tuple(order[head:tail])] + [(v,) for v in order[tail:]]
    for slot, vertices in enumerate(parts):
        whole = slot == head
        before = order[head - 1] if whole and head else n
        after = order[tail] if whole and tail < len(order) else n + 1
        for v in vertices:
            leaf[v] = len(elements)
        elements[0].items.append(len(elements))
        ends = (before, after) if whole else (-1, -1)
        elements.append(Element(Kind.REGION if whole else Kind.LEAF, 0, slot, vertices, [], *ends))
    return Tree(elements, leaf)


class _Decomposition:
    def __init__(self, graph: Graph, pairs: Sequence[Pair], virtual: Sequence[Pair], order: Sequence[int]) -> None:
        self.graph = graph
        self.n = len(graph.vertices)
        self.after, self.before = neighbours(self.n + 2, [*pairs, *virtual])
        self.virtual = set(virtual)
        self.order = list(order)
        self.elements: list[Element] = []
        self.leaf = [-1] * self.n
        self.port = _ports(graph)

    def run(self) -> Tree:
        root = self._add(Kind.SERIES, -1, 0, before=self.n, after=self.n + 1)
        work = [(root, self.order)]
        while work:
            series, vertices = work.pop()
            work += self._fill(series, vertices)
        return Tree(self.elements, self.leaf)

    def _add(
        self, kind: Kind, parent: int, slot: int, vertices: tuple[int, ...] = (), before: int = -1, after: int = -1
    ) -> int:
        number = len(self.elements)
        self.elements.append(Element(kind, parent, slot, vertices, [], before, after))
        if parent >= 0:
            self.elements[parent].items.append(number)
        for v in vertices:
            self.leaf[v] = number
        return number

    def _fill(self, series: int, vertices: list[int]) -> list[tuple[int, list[int]]]:
        """Give a series its items; returns the branches that are still to be filled."""
        top, bottom = self.elements[series].before, self.elements[series].after
        place = {v: i for i, v in enumerate(vertices)}
        place[bottom] = len(vertices)
        reach = max((place[v] for v in self.after[top] if v in place and v != bottom), default=0)
        work: list[tuple[int, list[int]]] = []
        between: list[int] = []
        above = top
        for i, v in enumerate([*vertices, bottom]):
            if v != bottom and reach > i:
                between.append(v)
                reach = max([reach, *(place[u] for u in self.after[v] if u in place)])
                continue
            if between:
                work += self._between(series, between, above, v)
                between = []
            if v != bottom:
                self._add(Kind.LEAF, series, len(self.elements[series].items), (v,))
                above = v
                reach = max([reach, *(place[u] for u in self.after[v] if u in place)])
        return work

    def _between(self, series: int, vertices: list[int], above: int, below: int) -> list[tuple[int, list[int]]]:
        """What lies between two cuts: branches side by side, or one region."""
        slot = len(self.elements[series].items)
        parts = self._connected(vertices)
        whole = (above, below) == (self.elements[series].before, self.elements[series].after)
        bare = below in self.after[above] and not whole
        if len(parts) == 1 and not bare:
            self._add(Kind.REGION, series, slot, tuple(parts[0]), above, below)
            return []
        parallel = self._add(Kind.PARALLEL, series, slot, (), above, below)
        branches: list[tuple[tuple[float, ...], float, list[int]]] = [
            (self._rank(part, above, below), self._weight(part, above, below), part) for part in parts
        ]
        if above == self.n and any(self._is_fed(part) for part in parts):
            # The way from the inputs is the main one, however much stands behind a constant.
            branches = [(rank, weight if self._is_fed(part) else 0.0, part) for rank, weight, part in branches]
        branches.sort(key=lambda b: b[0])
        branches = [branches[k] for k in self._one_into_the_next([part for _, _, part in branches])]
        if bare:
            # The wire itself is the main way; what stands beside it is a source or a dead end.
            branches.insert(0, ((), float("inf"), []))
        work: list[tuple[int, list[int]]] = []
        for i, (_, _, part) in enumerate(branches):
            kind = Kind.SERIES if part else Kind.EMPTY
            branch = self._add(kind, parallel, i, (), above, below)
            if part:
                work.append((branch, part))
        self.elements[parallel].spine = _spine([weight for _, weight, _ in branches])
        if above == self.n and below < self.n and self._are_operands([part for _, _, part in branches], below):
            self.elements[parallel].spine = 0
        elif above == self.n and below < self.n:
            main = self._stream([part for _, _, part in branches], below)
            self.elements[parallel].spine = main if main >= 0 else self.elements[parallel].spine
        return work

    def _one_into_the_next(self, parts: list[list[int]]) -> list[int]:
        """The order of branches in which what one made enters the next from its declared side, as far as there is one.

        Others keep the order they have.
        """
        of = {v: k for k, part in enumerate(parts) for v in part}
        before: list[set[int]] = [set() for _ in parts]
        for e in self.graph.edges:
            side = self.graph.vertices[e.target].side_of(e.into)
            a, b = of.get(e.source, -1), of.get(e.target, -1)
            if side and a >= 0 and b >= 0 and a != b:
                left, right = (a, b) if side == "left" else (b, a)
                before[right].add(left)
        order: list[int] = []
        waiting = list(range(len(parts)))
        while waiting:
            free = [k for k in waiting if not before[k] & set(waiting)]
            one = free[0] if free else waiting[0]
            order.append(one)
            waiting.remove(one)
        return order

    def _connected(self, vertices: list[int]) -> list[list[int]]:
        """The connected pieces, each in the order of ``vertices``."""
        inside = {v: i for i, v in enumerate(vertices)}
        seen: set[int] = set()
        parts: list[list[int]] = []
        for first in vertices:
            if first in seen:
                continue
            seen.add(first)
            part = [first]
            for v in part:
                for u in (*self.after[v], *self.before[v]):
                    if u in inside and u not in seen:
                        seen.add(u)
                        part.append(u)
            parts.append(sorted(part, key=inside.__getitem__))
        return parts

    def _weight(self, part: list[int], above: int, below: int) -> float:
        """How much stands in a branch; what is held by a virtual edge only or made from nothing is never the spine."""
        if above == self.n and not any(self.graph.vertices[v].role == "in" for v in part):
            return 0.0
        for end, others in ((above, self.before), (below, self.after)):
            if end < self.n and not any(end in others[v] and not self._is_virtual(v, end) for v in part):
                return 0.0
        return float(sum(self.graph.vertices[v].weight for v in part if self.graph.vertices[v].role == "node"))

    def _are_operands(self, parts: list[list[int]], below: int) -> bool:
        """Whether the branches are two ports of a frame and nothing else, the first of them what a box works on."""
        bare = all(len(p) == 1 and self._is_fed(p) and not self.graph.vertices[p[0]].floating for p in parts)
        return bare and len(parts) == 2 and self.graph.vertices[below].entry != "any"

    def _stream(self, parts: list[list[int]], below: int) -> int:
        """Of branches that start at the frame the one that the others steer, as x is steered in [x, scale, shift]; -1
        if nothing says so.

        What says so: something comes back to be added further down; or of two the second goes on to steer more, or
        they meet in a sign in a frame that others stand above and below of.
        """
        if not all(self._is_fed(part) for part in parts):
            return -1
        of = {v: k for k, part in enumerate(parts) for v in part}
        past = [e for e in self.graph.edges if e.source in of and e.target not in of and e.target != below]
        residual = {of[e.source] for e in past if self.graph.vertices[e.target].round}
        operands = [(e.into, of[e.source]) for e in self.graph.edges if e.target == below and e.source in of]
        operand = min(operands)[1] if operands else -1
        steering = {of[e.source] for e in past}
        sign = self.graph.vertices[below].round and not any(self.graph.vertices[v].floating for v in of)
        # What a constant goes into is made there, and steers nothing: noise that a mean is added to.
        sign = sign and not any(e.target in of and e.source not in of for e in self.graph.edges)
        two = len(parts) == 2 and (sign or (len(steering) == 1 and operand not in steering))
        if not residual and not two:
            return -1
        first = of[min([v for v in of if self.graph.vertices[v].role == "in"])]
        score = [
            2 * (k == operand) + (k == first) + 2 * (len(residual) == 1 and k in residual) for k in range(len(parts))
        ]
        most = max(score)
        return score.index(most) if score.count(most) == 1 else -1

    def _is_fed(self, part: list[int]) -> bool:
        return any(self.graph.vertices[v].role == "in" for v in part)

    def _is_virtual(self, v: int, end: int) -> bool:
        return (v, end) in self.virtual or (end, v) in self.virtual

    def _rank(self, part: list[int], above: int, below: int) -> tuple[float, ...]:
        """Branches stand in the order of the block's ports, then of the ports they arrive at, leave, are declared; one
        that takes several ports in their middle."""
        ports = [self.port.own[v] for v in part if v in self.port.own]
        inside = set(part)
        arrive = _middle([into for a, into in self.port.into.get(below, ()) if a in inside])
        leave = _middle([out for b, out in self.port.out.get(above, ()) if b in inside])
        declared = min(part)
        loose = below < self.n and self.graph.vertices[below].entry == "loose"
        order = (leave, arrive) if loose else (arrive, leave)
        return (min(ports, default=1 << 30), *order, declared)


def _middle(ports: Sequence[int]) -> float:
    return sum(ports) / len(ports) if ports else 0.0


@dataclass(slots=True)
class _Ports:
    own: dict[int, int]  # of the block's own ports: their order
    into: dict[int, list[tuple[int, int]]]  # where order matters: (source, port) for each edge that arrives
    out: dict[int, list[tuple[int, int]]]


def _ports(graph: Graph) -> _Ports:
    own = {v: v for v, x in enumerate(graph.vertices) if x.role != "node" and not x.floating}
    into: dict[int, list[tuple[int, int]]] = {}
    out: dict[int, list[tuple[int, int]]] = {}
    for e in graph.edges:
        if graph.vertices[e.target].entry != "any":
            into.setdefault(e.target, []).append((e.source, e.into))
        out.setdefault(e.source, []).append((e.target, e.out))
    return _Ports(own, into, out)


def _spine(weights: list[float]) -> int:
    heaviest = max(range(len(weights)), key=lambda i: (weights[i], -i))
    others = max((w for i, w in enumerate(weights) if i != heaviest), default=0.0)
    return heaviest if weights[heaviest] >= SPINE * others and weights[heaviest] > 0 else -1
