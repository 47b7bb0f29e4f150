"""The y of everything: tracks in each gap, heights from the inside out, then places from the top down."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.layout.graph import Vertex
from moniel2.layout.plan import Gap, Plan
from moniel2.layout.sizes import FIRST_TRACK, GAP, LAST_TRACK, PORT_GAP, TRACK, Size
from moniel2.layout.tracks import Bundle, Track, tracks
from moniel2.layout.tree import Element, Kind

ROOT = 0


class Down:
    """Heights of elements and gaps, then the y of boxes, layers and tracks."""

    def __init__(self, plan: Plan, sizes: Sequence[Size], column_x: Sequence[float], tight: float) -> None:
        self.gap, self.first_track, self.last_track = GAP - tight, FIRST_TRACK - tight / 2, LAST_TRACK - tight / 2
        elements = plan.tree.elements
        self.plan = plan
        self.sizes = sizes
        self.track: dict[tuple[int, Gap], Track | None] = {}  # of (edge, gap)
        self.count: dict[Gap, int] = {}
        self.wired: dict[Gap, bool] = {}  # whether wires end below the gap with an arrow head
        self._assign(column_x)
        self.level = self._level()
        self.height = [0.0] * len(elements)
        self.rows: dict[
            int, list[tuple[float, float]]
        ] = {}  # of a region: reach of each layer above and below its middle
        self.y = [0.0] * len(plan.graph.vertices)
        self.gap_y: dict[Gap, float] = {}
        for n in range(len(elements) - 1, -1, -1):
            self.height[n] = self._measure(n, elements[n])
        top = self.gap_height((ROOT, -1))
        self.total = top + self.height[ROOT] + self.gap_height((ROOT, len(elements[ROOT].items) - 1))
        self.gap_y[(ROOT, -1)] = 0.0
        self.start = [0.0] * len(elements)
        self.start[ROOT] = top
        for n in range(len(elements)):
            self._place(n, elements[n])
        self.gap_y[(ROOT, len(elements[ROOT].items) - 1)] = top + self.height[ROOT]

    def _assign(self, column_x: Sequence[float]) -> None:
        """Gather the wires of each gap into bundles, one for each source, and give them tracks."""
        pins: dict[Gap, list[tuple[int, int, int, bool, bool]]] = {}
        back_lanes = {n for n, lane in enumerate(self.plan.lanes) if lane.back}
        for n, route in enumerate(self.plan.routes):
            for k, gap in enumerate(route.gaps):
                a, b = route.columns[k], route.columns[k + 1]
                up, down = self.plan.columns[a], self.plan.columns[b]
                # A lane that runs back comes into its first gap from above and out of its last one from below.
                a_below = up.kind == "lane" and up.owner in back_lanes
                b_above = down.kind == "lane" and down.owner in back_lanes
                pins.setdefault(gap, []).append((n, a, b, a_below, b_above))
        for gap, wires in pins.items():
            bundles, which = _bundles(wires, self.plan, column_x)
            found, self.count[gap] = tracks(bundles)
            for n, number in which.items():
                self.track[(n, gap)] = found[number]
            self.wired[gap] = any(
                _has_head(self.plan.graph.vertices[self.plan.graph.edges[n].target])
                and gap == self.plan.routes[n].gaps[-1]
                for n, *_ in wires
            )

    def gap_height(self, gap: Gap) -> float:
        count = self.count.get(gap, 0)
        rim = gap in ((ROOT, -1), (ROOT, len(self.plan.tree.elements[ROOT].items) - 1))
        if rim:
            return TRACK * count + PORT_GAP if count else 0.0
        last = self.last_track if self.wired.get(gap, False) else PORT_GAP
        if count:
            return self.first_track + TRACK * (count - 1) + last
        return self.gap if self.wired.get(gap, False) else PORT_GAP

    def _tail(self, n: int, e: Element) -> float:
        """The gap at a branch's own foot, if a wire runs there on its way into the next branch."""
        foot = (n, len(e.items) - 1)
        used = n != ROOT and (
            foot in self.count or (n in self.level and any((k, foot[1]) in self.count for k in self.level[n]))
        )
        return self._between(n, foot[1]) if used else 0.0

    def _between(self, n: int, place: int) -> float:
        """The gap below an item of a series: as high as those that it stays level with."""
        return max(self.gap_height((k, place)) for k in self.level.get(n, [n]))

    def _level(self) -> dict[int, list[int]]:
        """Branches alike that feed each other from the side, as step after step does: their rows stay level."""
        tree, graph = self.plan.tree, self.plan.graph
        fed: dict[int, int] = {}  # a parallel -> how many wires run from branch to branch
        for edge in graph.edges:
            if graph.vertices[edge.target].side_of(edge.into):
                a, b = (tree.elements[tree.leaf[v]].parent for v in (edge.source, edge.target))
                if a >= 0 and b >= 0 and a != b and tree.elements[a].parent == tree.elements[b].parent:
                    fed[tree.elements[a].parent] = fed.get(tree.elements[a].parent, 0) + 1
        found: dict[int, list[int]] = {}
        for parallel, count in fed.items():
            items = tree.elements[parallel].items if parallel >= 0 else []
            if count > 1 and len({(tree.elements[k].kind, len(tree.elements[k].items)) for k in items}) == 1:
                found.update(dict.fromkeys(items, items))
        return found

    def _measure(self, n: int, e: Element) -> float:
        if e.kind is Kind.LEAF:
            size = self.sizes[e.vertices[0]]
            return size.above + size.h + size.below
        if e.kind is Kind.PARALLEL:
            return max(self.height[i] for i in e.items)
        if e.kind is Kind.SERIES:
            gaps = sum(self._between(n, i) for i in range(len(e.items) - 1)) + self._tail(n, e)
            return sum(self.height[i] for i in e.items) + gaps
        if e.kind is Kind.REGION:
            region = self.plan.regions[n]
            rows = []
            for layer in region.layers[1:-1]:
                boxes = [self.sizes[v] for i in layer if (v := region.items[i].vertex) >= 0]
                rows.append(
                    (
                        max((b.h / 2 + b.above for b in boxes), default=0.0),
                        max((b.h / 2 + b.below for b in boxes), default=0.0),
                    )
                )
            self.rows[n] = rows
            return sum(a + b for a, b in rows) + sum(self.gap_height((n, l)) for l in range(1, len(rows)))
        return 0.0

    def _place(self, n: int, e: Element) -> None:
        y = self.start[n]
        if e.kind is Kind.LEAF:
            self.y[e.vertices[0]] = y + self.sizes[e.vertices[0]].above
        elif e.kind is Kind.SERIES:
            for i, item in enumerate(e.items):
                self.start[item] = y
                y += self.height[item]
                if i < len(e.items) - 1 or self._tail(n, e):
                    self.gap_y[(n, i)] = y
                    y += self._between(n, i)
        elif e.kind is Kind.PARALLEL:
            for item in e.items:
                self.start[item] = y + self._slip(n, item)
            for one, v, other, w in self.plan.level.get(n, []):
                short, long = (one, other) if self.height[one] < self.height[other] else (other, one)
                mine, theirs = (v, w) if short == one else (w, v)
                at = self.start[long] + self._below_top(long, theirs) - self._below_top(short, mine)
                self.start[short] = min(max(at, y), y + self.height[n] - self.height[short])
        elif e.kind is Kind.REGION:
            region = self.plan.regions[n]
            for l, (above, below) in enumerate(self.rows[n], start=1):
                for i in region.layers[l]:
                    v = region.items[i].vertex
                    if v >= 0:
                        self.y[v] = y + above - self.sizes[v].h / 2
                y += above + below
                if l < len(self.rows[n]):
                    self.gap_y[(n, l)] = y
                    y += self.gap_height((n, l))

    def _slip(self, n: int, item: int) -> float:
        """How far below the top of a parallel a branch of it stands."""
        return (self.height[n] - self.height[item]) * self.plan.lean[item]

    def _below_top(self, branch: int, v: int) -> float:
        """How far below the top of a branch a box in it is."""
        elements = self.plan.tree.elements
        n = self.plan.tree.leaf[v]
        y = self.sizes[v].above
        while n != branch:
            parent = elements[n].parent
            if elements[parent].kind is Kind.PARALLEL:
                y += self._slip(parent, n)
            else:
                for k, item in enumerate(elements[parent].items[: elements[n].slot]):
                    y += self.height[item] + self._between(parent, k)
            n = parent
        return y


def _has_head(vertex: Vertex) -> bool:
    """Whether wires end on it with an arrow head; on a frame's edge they don't."""
    return vertex.role == "node" or vertex.floating


def _bundles(
    wires: Sequence[tuple[int, int, int, bool, bool]], plan: Plan, column_x: Sequence[float]
) -> tuple[list[Bundle], dict[int, int]]:
    """Wires that share a column are one bundle. Returns the bundles and the bundle of each edge."""
    root: dict[int, int] = {}

    def find(c: int) -> int:
        while root.setdefault(c, c) != c:
            root[c] = root[root[c]]
            c = root[c]
        return c

    for _, a, b, _, _ in wires:
        root[find(b)] = find(a)
    number: dict[int, int] = {}
    tops: list[set[float]] = []
    bottoms: list[set[float]] = []
    rims: list[set[float]] = []
    which: dict[int, int] = {}
    for n, a, b, a_below, b_above in wires:
        k = number.setdefault(find(a), len(number))
        if k == len(tops):
            tops.append(set())
            bottoms.append(set())
            rims.append(set())
        which[n] = k
        if plan.columns[a].kind in ("left", "right"):
            rims[k].add(column_x[a])  # from the frame's edge it runs sideways at once: no leg comes down there
        else:
            (bottoms if a_below else tops)[k].add(column_x[a])
        (tops if b_above else bottoms)[k].add(column_x[b])
    bundles = [Bundle(sorted(t), sorted(b), sorted(r)) for t, b, r in zip(tops, bottoms, rims, strict=True)]
    return bundles, which
