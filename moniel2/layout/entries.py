"""Where each wire enters its target: on top, side by side, or from a side that is free. Plain arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from moniel2.layout.across import Across
from moniel2.layout.lanes import span
from moniel2.layout.plan import Plan
from moniel2.layout.sizes import ENTRY, Size
from moniel2.layout.tree import Element, Kind

TOP, LEFT, RIGHT = 0, -1, 1
CLOSEST = 3.0  # between any two that enter side by side, if there is room
NEAREST = 8.0  # between wires that come straight down on one box


@dataclass(slots=True)
class Entries:
    """For each edge the x of its last column, and the side it enters from."""

    x: list[float]
    side: list[int]


def entries(plan: Plan, sizes: Sequence[Size], across: Across, column_x: list[float]) -> Entries:
    """Decide how all wires arrive; fills in the x of the "in" and "side" columns."""
    return _Arrivals(plan, sizes, across, column_x).run()


class _Arrivals:
    def __init__(self, plan: Plan, sizes: Sequence[Size], across: Across, column_x: list[float]) -> None:
        self.plan = plan
        self.sizes = sizes
        self.across = across
        self.column_x = column_x
        self.arriving: dict[int, list[int]] = {}
        for n, e in enumerate(plan.graph.edges):
            self.arriving.setdefault(e.target, []).append(n)
        self.place: dict[int, tuple[int, int, int]] = {}  # of a vertex in a region: element, layer, place in the layer
        self.reach: dict[int, list[tuple[float, float]]] = {}
        for number, region in plan.regions.items():
            for l, items in enumerate(region.layers):
                for p, i in enumerate(items):
                    if region.items[i].vertex >= 0:
                        self.place[region.items[i].vertex] = (number, l, p)
        self.flanked: dict[int, list[int]] = {}
        for f in plan.flanks:
            self.flanked.setdefault(f.host, []).append(f.side)
        apart = {v for f in plan.flanks for v in f.chain}
        for v, edges in self.arriving.items():
            self.arriving[v] = [n for n in edges if plan.graph.edges[n].source not in apart]
        self.claimed: dict[tuple[int, int], list[tuple[float, float]]] = {}
        self.found = Entries([0.0] * len(plan.routes), [TOP] * len(plan.routes))

    def run(self) -> Entries:
        for v in sorted(self.arriving):
            self._vertex(v, self.arriving[v])
        for n, route in enumerate(self.plan.routes):
            # What comes from a neighbour or the frame's side runs level to its box: its last column has its place.
            if self.plan.columns[route.columns[-1]].kind in ("in", "side"):
                self.column_x[route.columns[-1]] = self.found.x[n]
        return self.found

    def _vertex(self, v: int, edges: list[int]) -> None:
        vertex, size, x = self.plan.graph.vertices[v], self.sizes[v], self.across.x[v]
        if vertex.entry == "ports":
            by_port: dict[int, list[int]] = {}
            for n in edges:
                by_port.setdefault(self.plan.graph.edges[n].into, []).append(n)
            for port, group in by_port.items():
                side = vertex.side_of(port)
                if side:
                    self._declared_side(v, port, group, side)
                else:
                    # What comes to a frame goes on inside it, right there.
                    room = CLOSEST * (len(group) - 1) / 2 if size.ins else 8.0
                    self._row(group, x + size.into(port), room)
            return
        for n in edges:
            if side := vertex.side_of(self.plan.graph.edges[n].into):
                self._declared_side(v, self.plan.graph.edges[n].into, [n], side)
        edges = [n for n in edges if not vertex.side_of(self.plan.graph.edges[n].into)]
        if not edges:
            return
        if vertex.joins:
            self.found.x = [x + size.w / 2 if n in edges else at for n, at in enumerate(self.found.x)]
            return
        if len(edges) > 1 or vertex.round:
            edges = self._from_sides(v, edges)
        room = 6.0 if vertex.round else max(size.w / 2 - 8, 4.0)
        self._row(edges, x + size.w / 2, room, vertex.entry == "order")

    def _declared_side(self, v: int, port: int, edges: list[int], side: str) -> None:
        sides = [p for p, s in self.plan.graph.vertices[v].sides if s == side]
        step = ENTRY * (sides.index(port) + 1)
        x = self.across.x[v] - step if side == "left" else self.across.x[v] + self.sizes[v].w + step
        for n in edges:
            self.found.x[n] = x
            self.found.side[n] = LEFT if side == "left" else RIGHT

    def _row(self, edges: list[int], middle: float, room: float, ordered: bool = False) -> None:
        """Side by side on top, around the middle; a wire that comes down right there stays straight."""
        if not edges:
            return
        come = [self._from(n) for n in edges]
        operand = [self.plan.graph.edges[n].into for n in edges]
        ranked = sorted(range(len(edges)), key=lambda i: (operand[i], come[i]) if ordered else (come[i], operand[i]))
        xs = self._straightened([come[i] for i in ranked], middle, room)
        for p, i in enumerate(ranked):
            self.found.x[edges[i]] = xs[p]

    def _straightened(self, come: list[float], middle: float, room: float) -> list[float]:
        """Places on top of a box for wires from ``come``: those that come down on it stay straight if the rest fits."""
        count = len(come)
        held = [p for p, x in enumerate(come) if abs(x - middle) <= room]
        if held and all(come[b] - come[a] >= NEAREST * (b - a) for a, b in pairwise(held)):
            xs = list(come)
            for p in range(held[0] - 1, -1, -1):
                xs[p] = xs[p + 1] - ENTRY
            for p in range(held[-1] + 1, count):
                xs[p] = xs[p - 1] + ENTRY
            for a, b in pairwise(held):
                for p in range(a + 1, b):
                    xs[p] = come[a] + (come[b] - come[a]) * (p - a) / (b - a)
            if xs[0] >= middle - room and xs[-1] <= middle + room:
                return xs
        straight = [p for p, x in enumerate(come) if abs(x - middle) < 0.5]
        base = float(straight[(len(straight) - 1) // 2]) if straight else (count - 1) / 2
        if CLOSEST * max(base, count - 1 - base) > room:
            base = (count - 1) / 2  # one that keeps straight would crowd the others together
        widest = max(base, count - 1 - base)
        step = min(ENTRY, room / widest) if widest else 0.0
        return [middle + (p - base) * step for p in range(count)]

    def _from(self, n: int) -> float:
        return self.column_x[self.plan.routes[n].columns[-2]]

    def _from_sides(self, v: int, edges: list[int]) -> list[int]:
        """Let the outermost wire of each side enter there if the way is free; the others are returned, for the top."""
        vertex, size, x = self.plan.graph.vertices[v], self.sizes[v], self.across.x[v]
        left, right = x, x + size.w
        operands = sorted(self.plan.graph.edges[n].into for n in edges)
        rest = list(edges)
        for side in (LEFT, RIGHT):
            if side in self.flanked.get(v, []):
                continue
            # Only the outermost: one further in would be crossed by those that come from further out.
            away, n = max((left - self._from(k) if side == LEFT else self._from(k) - right, k) for k in rest)
            edge, route = self.plan.graph.edges[n], self.plan.routes[n]
            if not route.beside or away < 10:
                continue
            if not vertex.round and (len(rest) < 2 or not self._is_own_lane(v, route.columns[-2])):
                continue
            if vertex.entry == "order" and edge.into != (operands[0] if side == LEFT else operands[-1]):
                continue
            if not self._is_free(v, n, self._from(n), side):
                continue
            rest.remove(n)
            self.found.side[n] = side
            self.found.x[n] = self._from(n)
            if v in self.place:
                number, layer, _ = self.place[v]
                at = self._from(n)
                self.claimed.setdefault((number, layer), []).append((min(at, left), max(at, right)))
            if not rest:
                break
        return rest

    def _is_own_lane(self, v: int, column: int) -> bool:
        """Whether a column is a lane beside the very series that the box stands in."""
        c = self.plan.columns[column]
        leaf = self.plan.tree.leaf[v]
        return c.kind == "lane" and self.plan.lanes[c.owner].series == self.plan.tree.elements[leaf].parent

    def _is_free(self, v: int, n: int, at: float, side: int) -> bool:
        """Whether nothing stands or runs between the wire and the box, at the height of the box."""
        element = self.plan.tree.elements[self.plan.tree.leaf[v]]
        mine = self.plan.columns[self.plan.routes[n].columns[-2]]
        if mine.kind in ("left", "right") and not self._is_outermost(element, side):
            return False
        if v in self.place:
            return self._is_free_in_layer(v, at, side)
        assert element.kind is Kind.LEAF
        box = self.across.x[v] if side == LEFT else self.across.x[v] + self.sizes[v].w
        low, high = min(at, box) - 8, max(at, box) + 8
        for k in self.across.lanes_of.get(element.parent, []):
            first, last = span(self.plan.lanes[k])
            own = mine.kind == "lane" and mine.owner == k
            if not own and first < 2 * element.slot < last and low < self.across.lane_x[k] < high:
                return False
        return True

    def _is_outermost(self, element: Element, side: int) -> bool:
        """Whether no other branch stands between an element and the frame's edge."""
        elements = self.plan.tree.elements
        while element.parent >= 0:
            parent = elements[element.parent]
            if parent.kind is Kind.PARALLEL and element.slot != (0 if side == LEFT else len(parent.items) - 1):
                return False
            element = parent
        return True

    def _is_free_in_layer(self, v: int, at: float, side: int) -> bool:
        number, layer, place = self.place[v]
        region = self.plan.regions[number]
        items = region.layers[layer]
        box = self.across.x[v] if side == LEFT else self.across.x[v] + self.sizes[v].w
        low, high = min(at, box), max(at, box)
        if 0 <= place + side < len(items):
            item = items[place + side]
            x = self.across.item_x[number][item]
            u = region.items[item].vertex
            if side == RIGHT and x - (self.sizes[u].left if u >= 0 else 0.0) < high + 8:
                return False
            if side == LEFT and x + (self.sizes[u].w + self.sizes[u].right if u >= 0 else 0.0) > low - 8:
                return False
        return all(b + 8 < low or a - 8 > high for a, b in self.claimed.get((number, layer), []) if not a <= box <= b)
