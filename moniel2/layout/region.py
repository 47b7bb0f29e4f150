"""The plan of an irreducible region: layers, their order, and which things stand exactly above each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from moniel2.layout.graph import Edge, Graph
from moniel2.layout.layers import aligned
from moniel2.layout.order import depths
from moniel2.layout.orders import ordered
from moniel2.layout.plan import Far, Item, Link, Net, Pieces, Region
from moniel2.layout.ranks import ranks
from moniel2.layout.slim import slimmed
from moniel2.layout.tree import SPINE

MANY = 1500  # pieces of wire; beyond it those of one source run together wherever they go
GREAT_MANY, LONG = 6000, 10  # pieces; beyond these wires past more layers than that run beside all of them
HELD = 1000  # how much a port wants to be at its edge, beside the wires
SHORTENING = 2_000_000  # pieces of wire looked at to make all short
LANES = 1e6  # wires that come from or go to a lane have a place further out than this
EDGE = -1  # the output of a port whose wire runs to the frame's edge
RIM, ON = -1, -2  # branches: where a net comes in; what goes on below
BUS = 3  # what feeds so much
WIRE, HALF_WIRE, CHAIN, STEP, OTHER = 16.0, 5.0, 8.0, 3.0, 1.0  # how much a link wants to be straight


@dataclass(slots=True)
class Inside:
    """What concerns one region: its vertices in topological order and the wires in, within, out."""

    vertices: Sequence[int]
    edges: list[Edge] = field(default_factory=list)  # both ends inside
    arrive: dict[Net, list[Edge]] = field(default_factory=dict)  # edges that end here, by source
    leave: dict[Net, float] = field(
        default_factory=dict
    )  # sources here whose wires go on below; where to, for the order
    come_from: dict[Net, float] = field(default_factory=dict)  # where a wire comes from, for the order
    above: Sequence[int] = ()  # of every vertex of the block: how long the longest way to it is
    below: Sequence[int] = ()  # and from it
    quick: bool = False  # whether to take less care of what crosses


def region(graph: Graph, inside: Inside) -> Region:
    """Lay the vertices in layers and order them."""
    level = _levels(graph, inside)
    return _Planner(graph, inside, level).run()


def _levels(graph: Graph, inside: Inside) -> dict[int, int]:
    """Layers from 1: all wires together as short as they can be, those of ports from the frame's edge above all."""
    place = {v: i for i, v in enumerate(inside.vertices, start=1)}
    bottom = len(place) + 1
    wires: dict[tuple[int, int], set[Net]] = {}
    for e in inside.edges:
        wires.setdefault((place[e.source], place[e.target]), set()).add((e.source, e.out))
    for net, edges in inside.arrive.items():
        for e in edges:
            wires.setdefault((0, place[e.target]), set()).add(net)
    for net in inside.leave:
        wires.setdefault((place[net[0]], bottom), set()).add(net)
    spans = [(a, b, len(nets)) for (a, b), nets in wires.items()]
    led_to, left = {b for _, b, _ in spans}, {a for a, _, _ in spans}
    for v, i in place.items():
        vertex = graph.vertices[v]
        if vertex.role == "in" and not vertex.floating:
            spans.append((0, i, HELD))
        elif i not in led_to:
            spans.append((0, i, 0))
        if vertex.role == "out" and not vertex.floating:
            spans.append((i, bottom, HELD))
        elif i not in left:
            spans.append((i, bottom, 0))
    start = depths(bottom + 1, [(a, b) for a, b, _ in spans], range(bottom + 1))
    found = ranks(start, spans, SHORTENING)
    return {v: found[i] for v, i in place.items()}


class _Planner:
    def __init__(self, graph: Graph, inside: Inside, level: dict[int, int]) -> None:
        self.graph = graph
        self.inside = inside
        self.level = level
        self.depth = max(level.values())
        self.items: list[Item] = []
        self.of_vertex: dict[int, int] = {}
        self.pieces: Pieces = {}
        self.links: dict[tuple[int, int, int, int], int] = {}

        # Each wire seeks its own way, unless there are too many; of a great many the long ones keep out of it.
        length = sum(level[e.target] - level[e.source] for e in inside.edges)
        length += sum(level[e.target] for edges in inside.arrive.values() for e in edges)
        self.apart = length <= MANY
        length += sum(self.depth - level[v] for v, _ in inside.leave)
        self.great = length > GREAT_MANY
        self.reach = LONG if self.great else self.depth + 2
        self.far: dict[Net, tuple[int, int]] = {}
        self.fed = _fed(inside)
        self.steering = self._steering()

    def run(self) -> Region:
        for v in self.inside.vertices:
            self.of_vertex[v] = self._item(v, (v, 0), self.level[v])
        for net, edges in self.inside.arrive.items():
            for e in edges:
                if not self._is_far(net, 0, self.level[e.target]):
                    self._wire(net, 0, e)
        for e in self.inside.edges:
            if not self._is_far((e.source, e.out), self.level[e.source], self.level[e.target]):
                self._wire((e.source, e.out), self.level[e.source], e)
        for net in self.inside.leave:
            if not self._is_far(net, self.level[net[0]], self.depth + 1):
                self._pass(net, self.level[net[0]], self.depth + 1, ON)
        come_from, leave = dict(self.inside.come_from), dict(self.inside.leave)
        for v in self.inside.vertices:
            self._rim(v, come_from, leave)
        layers: list[list[int]] = [[] for _ in range(self.depth + 2)]
        for i, item in enumerate(self.items):
            layers[item.layer].append(i)
        layers[0].sort(key=lambda i: (come_from.get(self.items[i].net, 0.0), i))
        layers[-1].sort(key=lambda i: (leave.get(self.items[i].net, 0.0), i))
        links = self._weighted()
        found, crossed = self._ordered(layers, links, leave)
        layers = self._joined(found)
        links = self._weighted()
        blocks, joins = self._blocks(layers, links)
        far = ranked([(net, first, last) for net, (first, last) in self.far.items()])
        tops, feet = _running_on(self.items, layers[0], come_from), _running_on(self.items, layers[-1], leave)
        feet = self._main(feet, leave)
        chains = self._chains(joins)
        return Region(
            self.items, layers, links, blocks, joins, chains, self.pieces, tops, feet, far, self.reach, crossed
        )

    def _main(self, feet: list[int], leave: Mapping[Net, float]) -> list[int]:
        """Of the wires that go on to one thing below the one that comes the longest way, if it clearly is."""
        if len({int(leave.get(self.items[i].net, 0.0)) for i in feet}) != 1 or not self.inside.above:
            return feet
        ways = sorted(((self.inside.above[self.items[i].net[0]], i) for i in feet), reverse=True)
        return [ways[0][1]] if len(ways) > 1 and ways[0][0] >= SPINE * ways[1][0] else feet

    def _is_far(self, net: Net, first: int, last: int) -> bool:
        """Whether a wire is to run beside all layers; notes how far down its source's does."""
        if last - first <= self.reach:
            return False
        self.far[net] = (first, max(last, self.far.get(net, (first, last))[1]))
        return True

    def _item(self, vertex: int, net: Net, layer: int) -> int:
        self.items.append(Item(vertex, net, layer))
        return len(self.items) - 1

    def _rim(self, v: int, come_from: dict[Net, float], leave: dict[Net, float]) -> None:
        """The wire of a port from or to the frame's edge, where there are others that it may cross."""
        vertex, net = self.graph.vertices[v], (v, EDGE)
        if vertex.floating:
            return
        if vertex.role == "in" and self.inside.arrive:
            come_from[net] = float(v)
            self._link(self._item(-1, net, self.level[v] - 1), 0, self.of_vertex[v], 0)
        elif vertex.role == "out" and self.inside.leave:
            leave[net] = float(v)
            self._link(self.of_vertex[v], 0, self._item(-1, net, self.level[v] + 1), 0)

    def _wire(self, net: Net, start: int, edge: Edge) -> None:
        """A wire of ``net`` from layer ``start`` to the target of ``edge``."""
        above = self._pass(net, start, self.level[edge.target] - 1, edge.target)
        self._link(above, net[1], self.of_vertex[edge.target], edge.into)

    def _pass(self, net: Net, start: int, end: int, branch: int) -> int:
        """The item in layer ``end`` of the branch of ``net`` that leads to a vertex; those that come to stand side by
        side become one when the layers are ordered."""
        vertex = self.of_vertex.get(net[0], -1)
        above = vertex if vertex >= 0 else self.pieces.get((net, start, RIM), -1)
        if above < 0:
            above = self.pieces[(net, start, RIM)] = self._item(-1, net, start)
        branch = branch if self.apart else RIM
        for layer in range(start + 1, end + 1):
            here = self.pieces.get((net, layer, branch), -1)
            if here < 0:
                here = self.pieces[(net, layer, branch)] = self._item(-1, net, layer)
            self._link(above, net[1], here, 0)
            above = here
        return above

    def _joined(self, layers: list[list[int]]) -> list[list[int]]:
        """Make one of the pieces of a net that stand side by side and come from the same place."""
        above: dict[int, int] = {}
        for a, _, b, _ in self.links:
            if self.items[b].vertex < 0:
                above[b] = a
        into = list(range(len(self.items)))
        for items in layers[1:]:
            for a, b in pairwise(items):
                one, other = self.items[a], self.items[b]
                wire = one.vertex < 0 and other.vertex < 0 and one.net == other.net
                if wire and into[above.get(a, a)] == into[above.get(b, b)]:
                    into[b] = into[a]
        links: dict[tuple[int, int, int, int], int] = {}
        for a, out, b, port in self.links:
            links.setdefault((into[a], out, into[b], port), len(links))
        self.links = links
        self.pieces = {key: into[i] for key, i in self.pieces.items()}
        return [[i for i in items if into[i] == i] for items in layers]

    def _link(self, a: int, out: int, b: int, into: int) -> None:
        out = out if self.items[a].vertex >= 0 else 0
        self.links.setdefault((a, out, b, into), len(self.links))

    def _weighted(self) -> list[Link]:
        """A fan-out of k counts as one wire, since it is drawn as one bus."""
        fan: dict[tuple[int, int], int] = {}
        for a, out, _, _ in self.links:
            fan[(a, out)] = fan.get((a, out), 0) + 1
        return [Link(a, out, b, into, 1.0 / fan[(a, out)]) for a, out, b, into in self.links]

    def _ordered(
        self, layers: list[list[int]], links: Sequence[Link], leave: Mapping[Net, float]
    ) -> tuple[list[list[int]], int]:
        vertices = self.graph.vertices
        fixed = {i: float(i) for v, i in self.of_vertex.items() if vertices[v].role != "node"}
        fixed = {i: at for i, at in fixed.items() if not vertices[self.items[i].vertex].floating}
        fixed.update({i: float(p) for p, i in enumerate(layers[0])})
        # Where wires run on to the same thing below their order is free.
        fixed.update({i: leave.get(self.items[i].net, 0.0) for i in layers[-1]})
        outs: dict[int, int] = {}
        ins: dict[int, int] = {}
        for k in links:
            outs[k.a] = max(outs.get(k.a, 0), k.out + 1)
            if self._keeps_order(k.b):
                ins[k.b] = max(ins.get(k.b, 0), k.into + 1)
        fractions = [(k.a, k.out / outs[k.a] * 0.9, k.b, k.into / ins[k.b] * 0.9 if k.b in ins else 0.0) for k in links]
        found, crossed = ordered(layers, fractions, fixed, self.great, self.inside.quick)
        return [list(items) for items in found], crossed

    def _keeps_order(self, item: int) -> bool:
        vertex = self.items[item].vertex
        return vertex >= 0 and self.graph.vertices[vertex].entry in ("ports", "order")

    def _blocks(self, layers: Sequence[Sequence[int]], links: Sequence[Link]) -> tuple[list[list[int]], list[Link]]:
        candidates: list[list[tuple[int, int, int, float]]] = [[] for _ in layers]
        down: dict[int, list[int]] = {}
        up: dict[int, list[int]] = {}
        for n, k in enumerate(links):
            down.setdefault(k.a, []).append(n)
            up.setdefault(k.b, []).append(n)
        place = {i: p for items in layers for p, i in enumerate(items)}
        below, above = self._reach(links)
        for n, k in enumerate(links):
            weight = self._straightness(n, k, links, up, down, place, below, above)
            if weight > 0:
                candidates[self.items[k.a].layer].append((k.a, k.b, n, weight))
        wanted = {n: weight for rows in candidates for _, _, n, weight in rows}
        chosen = sorted(aligned(layers, candidates), key=lambda c: self.items[c[0]].layer)
        boxes = {i for i, item in enumerate(self.items) if item.vertex >= 0}
        parent = list(range(len(self.items)))
        joins: list[Link] = []
        for a, b, n, _ in slimmed(layers, boxes, [(a, b, n, wanted[n]) for a, b, n in chosen], len(links)):
            parent[b] = parent[a]
            joins.append(links[n])
        members: dict[int, list[int]] = {}
        for items in layers:
            for i in items:
                members.setdefault(parent[i], []).append(i)
        return [members[r] for r in _left_to_right(layers, parent)], joins

    def _reach(self, links: Sequence[Link]) -> tuple[list[float], list[float]]:
        """Of each item: how long the longest way down from it is in the whole block, and the longest way up."""
        below = [0.0] * len(self.items)
        above = [0.0] * len(self.items)
        for k in sorted(links, key=lambda k: -self.items[k.b].layer):
            below[k.a] = max(below[k.a], self._own(k.b, self.inside.below, below))
        for k in sorted(links, key=lambda k: self.items[k.a].layer):
            above[k.b] = max(above[k.b], self._own(k.a, self.inside.above, above))
        return below, above

    def _own(self, item: int, length: Sequence[int], found: Sequence[float]) -> float:
        vertex = self.items[item].vertex
        return 1.0 + length[vertex] if vertex >= 0 and length else found[item]

    def _straightness(
        self,
        n: int,
        k: Link,
        links: Sequence[Link],
        up: Mapping[int, list[int]],
        down: Mapping[int, list[int]],
        place: Mapping[int, int],
        below: Sequence[float],
        above: Sequence[float],
    ) -> float:
        """How much link n wants to run straight; 0 where a symmetric fan looks better than a straight branch."""
        a_is_wire, b_is_wire = self.items[k.a].vertex < 0, self.items[k.b].vertex < 0
        outs = sorted(down[k.a], key=lambda m: (place[links[m].b], links[m].into))
        ins = sorted(up[k.b], key=lambda m: (place[links[m].a], links[m].out))
        favoured_down = self._favourite(outs, lambda m: links[m].b, below)
        plain = [m for m in ins if self._is_node(links[m].a) and not self._steers(links[m])]
        onward = [m for m in ins if self.items[links[m].a].net[0] >= 0]  # no wire that runs back
        favoured_up = self._favourite(plain or onward or ins, lambda m: links[m].a, above)
        if -1 in (favoured_down, favoured_up) or n not in (favoured_down, favoured_up):
            return 0.0
        if a_is_wire and b_is_wire:
            return WIRE
        both = n == favoured_down and n == favoured_up
        if a_is_wire or b_is_wire:
            return HALF_WIRE if both else OTHER
        return CHAIN if len(outs) == len(ins) == 1 else STEP if both else OTHER

    def _is_node(self, item: int) -> bool:
        vertex = self.items[item].vertex
        return vertex >= 0 and self.graph.vertices[vertex].role == "node"

    def _steers(self, link: Link) -> bool:
        """Whether a link comes from what feeds much, and so is the main way into none of it."""
        item = self.items[link.a]
        if item.vertex in self.steering:
            return True
        return self.fed.get((item.vertex, link.out) if item.vertex >= 0 else item.net, 0) >= BUS

    def _steering(self) -> set[int]:
        """What is made of nothing but what feeds much."""
        arriving: dict[int, list[Net]] = {v: [] for v in self.inside.vertices}
        for e in self.inside.edges:
            arriving[e.target].append((e.source, e.out))
        for net, edges in self.inside.arrive.items():
            for e in edges:
                arriving[e.target].append(net)
        found: set[int] = set()
        for v in self.inside.vertices:
            if len(arriving[v]) == 1:
                net = arriving[v][0]
                if net[0] in found or self.fed[net] >= BUS:
                    found.add(v)
        return found

    def _favourite(self, fan: Sequence[int], other_end: Callable[[int], int], length: Sequence[float]) -> int:
        """The link of a fan that should be straight: the only one, the middle one, the one to the spine; or none."""
        if len(fan) == 1:
            return fan[0]
        boxes = [m for m in fan if self.items[other_end(m)].vertex >= 0]
        if len(boxes) == 1:
            return boxes[0]
        pool = boxes or list(fan)
        ranked = sorted(pool, key=lambda m: -length[other_end(m)])
        if length[other_end(ranked[0])] >= SPINE * length[other_end(ranked[1])]:
            return ranked[0]
        return pool[len(pool) // 2] if len(pool) % 2 else -1

    def _chains(self, joins: Sequence[Link]) -> list[int]:
        """Pieces of one wire that stand above each other are one chain."""
        chain = list(range(len(self.items)))
        for k in joins:
            a, b = self.items[k.a], self.items[k.b]
            if a.vertex < 0 and b.vertex < 0 and a.net == b.net:
                chain[k.b] = chain[k.a]
        return chain


def _fed(inside: Inside) -> dict[Net, int]:
    """How many vertices of a region each net feeds."""
    found: dict[Net, int] = {}
    for e in inside.edges:
        found[(e.source, e.out)] = found.get((e.source, e.out), 0) + 1
    for net, edges in inside.arrive.items():
        found[net] = found.get(net, 0) + len(edges)
    return found


def _running_on(items: Sequence[Item], rim: Sequence[int], place: Mapping[Net, float]) -> list[int]:
    """Of the wires at a rim those that run on up or down, if there are such: not into lanes, nor to the edge."""
    own = [i for i in rim if items[i].net[1] != EDGE]
    return [i for i in own if abs(place.get(items[i].net, 0.0)) < LANES] or own


def ranked(wires: Sequence[tuple[Net, int, int]]) -> list[Far]:
    """The shorter nearer to the layers, and no two at one place where both run."""
    free: list[int] = []  # of each place: the layer from which on nothing runs there yet
    found: list[Far] = []
    for net, first, last in sorted(wires, key=lambda w: (w[1], w[2])):
        rank = next((k for k in range(len(free)) if free[k] <= first), len(free))
        if rank == len(free):
            free.append(0)
        free[rank] = last
        found.append(Far(net, first, last, rank))
    return found


def _left_to_right(layers: Sequence[Sequence[int]], parent: Sequence[int]) -> list[int]:
    """The blocks so that each comes after all that stand to the left of it in some layer."""
    waiting: dict[int, set[int]] = {}
    after: dict[int, list[int]] = {}
    for items in layers:
        for i in items:
            waiting.setdefault(parent[i], set())
    for items in layers:
        for a, b in pairwise(items):
            if parent[a] not in waiting[parent[b]]:
                waiting[parent[b]].add(parent[a])
                after.setdefault(parent[a], []).append(parent[b])
    count = {r: len(w) for r, w in waiting.items()}
    ready = [r for r in waiting if not count[r]]
    order: list[int] = []
    for r in ready:
        order.append(r)
        for other in after.get(r, []):
            count[other] -= 1
            if not count[other]:
                ready.append(other)
    return order
