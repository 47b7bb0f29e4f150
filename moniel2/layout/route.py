"""Which way each edge goes: columns and gaps through the tree, lanes beside the series it passes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from moniel2.layout.flanks import flanking, flanks
from moniel2.layout.graph import Edge, Graph
from moniel2.layout.lanes import choose_sides, may_change
from moniel2.layout.places import ROOT, gaps, leaf_places, nesting
from moniel2.layout.plan import Column, Gap, Lane, Net, Plan, Region, Route
from moniel2.layout.region import LANES, ON, RIM, Inside, region
from moniel2.layout.tree import Kind, Tree

FEW, FREE = 400, 3  # links of a region that is planned in several ways, and lanes that may be here or there


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of a way: a gap, or a column between two gaps, or the passage through a region."""

    kind: str  # "gap", "lane", "empty", "leave", "within", "arrive"
    gap: Gap = (0, 0)
    element: int = -1
    first: int = 0
    last: int = 0
    back: bool = False


def routes(
    graph: Graph,
    tree: Tree,
    back: set[tuple[int, int]],
    above: Sequence[int],
    below: Sequence[int],
    aside: Collection[int] = (),
    beside: Sequence[tuple[int, ...]] = (),
    right: Collection[int] = (),
    quick: bool = False,
) -> Plan:
    """Plan the wires of a block whose tree is known.

    ``back`` are the pairs that run against the flow, ``above`` and ``below`` the lengths of the longest way to and from
    each vertex, ``aside`` the edges (by number) that go from one branch into the side of the next, ``beside`` the
    chains of what may flank a sign. ``right`` are edges (by
    number) that run back on the right. ``quick`` takes less care of what crosses.
    """
    return _Router(graph, tree, back, above, below, aside, beside, right, quick).run()


class _Router:
    def __init__(
        self,
        graph: Graph,
        tree: Tree,
        back: set[tuple[int, int]],
        above: Sequence[int],
        below: Sequence[int],
        aside: Collection[int],
        beside: Sequence[tuple[int, ...]],
        right: Collection[int],
        quick: bool,
    ) -> None:
        self.graph = graph
        self.beside = beside
        self.flanking = flanking(beside)
        self.aside = {graph.edges[n] for n in aside}
        self.tree = tree
        self.right = right
        self.back = back
        self.above, self.below = gaps(tree)
        self.depth = nesting(tree)
        self.place = leaf_places(tree)
        self.lanes: list[Lane] = []
        self.lane_of: dict[tuple[int, Net], int] = {}
        self.inside: dict[int, Inside] = {
            n: Inside(e.vertices, above=above, below=below, quick=quick)
            for n, e in enumerate(tree.elements)
            if e.kind is Kind.REGION
        }
        self.regions: dict[int, Region] = {}
        self.far: dict[tuple[int, Net], int] = {}  # of each region: its wires that run beside all layers
        self.leaving_in: dict[int, dict[Net, int]] = {}  # of each region: the lanes of the wires that leave it
        self.rims: dict[int, int] = {}  # of each lane: how many wires go from a region into it or back
        self.levels: dict[int, dict[int, int]] = {}  # of each region: the layer of each vertex
        self.arriving: dict[int, list[Edge]] = {}
        self.leaving: dict[int, list[Edge]] = {}
        for e in graph.edges:
            self.leaving.setdefault(e.source, []).append(e)
            self.arriving.setdefault(e.target, []).append(e)
        self.entry_row = self._entry_rows()

    def run(self) -> Plan:
        ways = [self._way(e) for e in self.graph.edges]
        for n, (edge, way) in enumerate(zip(self.graph.edges, ways, strict=True)):
            self._claim(n, edge, way)
        choose_sides(self.lanes, self._straight())
        for n, (edge, way) in enumerate(zip(self.graph.edges, ways, strict=True)):
            self._tell_regions(n, edge, way)
        for number, inside in self.inside.items():
            self.regions[number] = self._settled(number, inside)
            items = self.regions[number].items
            self.far.update({(number, far.net): k for k, far in enumerate(self.regions[number].far)})
            self.levels[number] = {item.vertex: item.layer for item in items if item.vertex >= 0}
        columns: dict[Column, int] = {}
        found = [
            self._route(n, edge, way, columns) for n, (edge, way) in enumerate(zip(self.graph.edges, ways, strict=True))
        ]
        flanked = flanks(self.graph, self.tree, self.lanes, self.beside)
        return Plan(self.graph, self.tree, self.lanes, self.regions, list(columns), found, flanks=flanked)

    def _settled(self, number: int, inside: Inside) -> Region:
        """The plan of a region with the fewest crossings, whatever the sides of lanes that may run on either."""
        best = region(self.graph, inside)
        if not best.crossed or len(best.links) > FEW:
            return best
        free = [(net, lane) for net, lane in self.leaving_in.get(number, {}).items() if self._may_change(lane)][:FREE]
        leave = dict(inside.leave)
        chosen = 0
        for way in range(1, 2 ** len(free)):
            for k, (net, _) in enumerate(free):
                inside.leave[net] = -leave[net] if _is_other(way, k) else leave[net]
            found = region(self.graph, inside)
            if found.crossed < best.crossed:
                best, chosen = found, way
        for k, (_, lane) in enumerate(free):
            if _is_other(chosen, k):
                self.lanes[lane].side = -self.lanes[lane].side
        return best

    def _may_change(self, lane: int) -> bool:
        """Whether a lane may run on the other side: it concerns no other region."""
        return self.rims[lane] == 1 and may_change(self.lanes[lane], self.lanes)

    # ------------------------------------------------------------------------------- the way of one edge

    def _way(self, edge: Edge) -> list[Step]:
        if self.graph.vertices[edge.source].side:
            return [] if self._is_straight_in(edge) else self._way_from_side(edge)
        if edge in self.aside:
            return self._way_between(edge)
        if edge.source in self.flanking:
            return []
        backward = (edge.source, edge.target) in self.back
        u, v = self.tree.leaf[edge.source], self.tree.leaf[edge.target]
        elements = self.tree.elements
        if u == v and elements[u].kind is Kind.REGION and not backward:
            return [Step("within", element=u)]
        up, down = self._climb(u, v, backward)
        steps: list[Step] = []
        if elements[u].kind is Kind.REGION:
            steps.append(Step("leave", element=u))
        for e in up[:-1]:
            parent = elements[elements[e].parent]
            if parent.kind is Kind.SERIES and elements[e].slot < len(parent.items) - 1:
                steps.append(Step("gap", (elements[e].parent, elements[e].slot)))
                steps.append(self._past(elements[e].parent, elements[e].slot + 1, len(parent.items) - 1, edge))
        a, b = elements[up[-1]], elements[down[0]]
        series = a.parent
        if backward:
            steps.append(Step("gap", self.below[up[-1]]))
            steps.append(Step("lane", element=series, first=b.slot, last=a.slot, back=True))
            steps.append(Step("gap", self.above[down[0]]))
        else:
            steps.append(Step("gap", (series, a.slot)))
            if b.slot > a.slot + 1:
                steps.append(self._past(series, a.slot + 1, b.slot - 1, edge))
                steps.append(Step("gap", (series, b.slot - 1)))
        return steps + self._descent(down, edge)

    def _way_from_side(self, edge: Edge) -> list[Step]:
        """From a port on the frame's side: into the gap above what uses it, past more if another user stands higher."""
        down = self._down_from_root(edge.target)
        row, first = self.tree.elements[down[0]].slot, self.entry_row[edge.source]
        steps = [Step("gap", (ROOT, first - 1))]
        if row > first:
            steps += [Step("lane", element=ROOT, first=first, last=row - 1), Step("gap", (ROOT, row - 1))]
        return steps + self._descent(down, edge)

    def _is_straight_in(self, edge: Edge) -> bool:
        """Whether a port on the frame's side leads to nothing but the same side of a box on the spine: level lines."""
        side, target = self.graph.vertices[edge.source].side, self.graph.vertices[edge.target]
        alone = all(e.target == edge.target and target.side_of(e.into) == side for e in self.leaving[edge.source])
        leaf = self.tree.elements[self.tree.leaf[edge.target]]
        return alone and leaf.kind is Kind.LEAF and leaf.parent == ROOT

    def _way_between(self, edge: Edge) -> list[Step]:
        """From one branch into the side of the next: a lane between the two, up or down to where it enters."""
        elements = self.tree.elements
        u, v = elements[self.tree.leaf[edge.source]], elements[self.tree.leaf[edge.target]]
        whole = len(elements[v.parent].items) - 1
        return [Step("gap", (u.parent, u.slot)), Step("lane", element=v.parent, first=0, last=whole)]

    def _descent(self, down: list[int], edge: Edge) -> list[Step]:
        """Into nested parts: past what stands above the target in each."""
        elements = self.tree.elements
        steps: list[Step] = []
        for e in down[1:]:
            parent, slot = elements[e].parent, elements[e].slot
            if elements[parent].kind is Kind.SERIES and slot > 0:
                steps += [self._past(parent, 0, slot - 1, edge), Step("gap", (parent, slot - 1))]
        if elements[down[-1]].kind is Kind.REGION:
            steps.append(Step("arrive", element=down[-1]))
        return steps

    def _past(self, series: int, first: int, last: int, edge: Edge) -> Step:
        """Beside some items of a series; a branch that is only a wire is the column itself."""
        elements = self.tree.elements
        item = elements[elements[series].items[first]]
        if first == last and item.kind is Kind.PARALLEL and (item.before, item.after) == (edge.source, edge.target):
            branch = item.items[0]
            if elements[branch].kind is Kind.EMPTY:
                return Step("empty", element=branch)
        return Step("lane", element=series, first=first, last=last)

    def _climb(self, u: int, v: int, backward: bool) -> tuple[list[int], list[int]]:
        """Elements from u, and to v, below the series where their ways meet."""
        elements = self.tree.elements
        up, down = [u], [v]
        while elements[up[-1]].parent != elements[down[-1]].parent:
            if self.depth[up[-1]] >= self.depth[down[-1]]:
                up.append(elements[up[-1]].parent)
            else:
                down.append(elements[down[-1]].parent)
        while elements[elements[up[-1]].parent].kind is not Kind.SERIES:
            common = elements[up[-1]].parent
            up.append(common)
            down.append(common)
        return up, down[::-1]

    def _down_from_root(self, target: int) -> list[int]:
        down = [self.tree.leaf[target]]
        while self.tree.elements[down[-1]].parent != ROOT:
            down.append(self.tree.elements[down[-1]].parent)
        return down[::-1]

    def _entry_rows(self) -> dict[int, int]:
        """For each port on the frame's side the first item of the root that uses it."""
        rows: dict[int, int] = {}
        for e in self.graph.edges:
            if self.graph.vertices[e.source].side:
                row = self.tree.elements[self._down_from_root(e.target)[0]].slot
                rows[e.source] = min(row, rows.get(e.source, row))
        return rows

    # ----------------------------------------------------------------------------------- lanes, regions

    def _net(self, n: int, edge: Edge, back: bool) -> Net:
        return (-2 - n, 0) if back else (edge.source, edge.out)

    def _claim(self, n: int, edge: Edge, way: list[Step]) -> None:
        """One lane for each source and series, as long as its longest wire."""
        for k, step in enumerate(way):
            if step.kind != "lane":
                continue
            key = (step.element, self._net(n, edge, step.back))
            if key not in self.lane_of:
                self.lane_of[key] = len(self.lanes)
                self.lanes.append(Lane(step.element, key[1], step.first, step.last, back=step.back))
                self._count_across(self.lanes[-1], self.tree.leaf[edge.source])
            lane = self.lanes[self.lane_of[key]]
            self._count_across(lane, self.tree.leaf[edge.target])
            lane.last = max(lane.last, step.last)
            lane.taps.append(2 * step.last + 1)
            lane.votes += self._vote(edge, way, k)
            if edge in self.aside:
                lane.held = -1 if self.graph.vertices[edge.target].side_of(edge.into) == "left" else 1
            if step.back and n in self.right:
                lane.held = 1
            beside = k == len(way) - 2 and not step.back and self._in_row(edge)
            if k == len(way) - 2 and not step.back and self._is_ordered_leaf(edge.target, step.element):
                lane.arrivals.append((edge.target, edge.into))
            if beside and self.graph.vertices[edge.target].round:
                lane.ends_at = max(lane.ends_at, step.last + 1)

    def _count_across(self, lane: Lane, element: int) -> None:
        """How many branches lie between one that a lane comes from or goes to and either side."""
        elements = self.tree.elements
        while element >= 0 and element != lane.series:
            parent = elements[element].parent
            if parent >= 0 and elements[parent].kind is Kind.PARALLEL:
                lane.across[-1] = lane.across.get(-1, 0) + elements[element].slot
                lane.across[1] = lane.across.get(1, 0) + len(elements[parent].items) - 1 - elements[element].slot
            element = parent

    def _is_ordered_leaf(self, v: int, series: int) -> bool:
        """Whether a vertex stands right in a series and its operands keep their order."""
        leaf = self.tree.elements[self.tree.leaf[v]]
        ordered = self.graph.vertices[v].entry in ("order", "ports")
        return ordered and leaf.kind is Kind.LEAF and leaf.parent == series

    def _straight(self) -> dict[int, int]:
        """Of each vertex right below another in a series: the operand that comes from there."""
        found: dict[int, int] = {}
        for e in self.graph.edges:
            u, v = self.tree.leaf[e.source], self.tree.leaf[e.target]
            if u >= 0 and v >= 0:
                above, below = self.tree.elements[u], self.tree.elements[v]
                leaves = above.kind is Kind.LEAF and below.kind is Kind.LEAF
                if leaves and above.parent == below.parent and above.slot == below.slot - 1:
                    found.setdefault(e.target, e.into)
        return found

    def _vote(self, edge: Edge, way: list[Step], k: int) -> int:
        """Negative for the left: where the wire comes from or goes to, then the order of operands and ports."""
        if way[k].back:
            return -8
        series = way[k].element
        source, target = self.tree.leaf[edge.source], self.tree.leaf[edge.target]
        crossing_rim = sum(s.kind == "lane" for s in way) > 1
        votes = 4 * self._branch(series) if crossing_rim else 0
        votes += 3 * self._outer(source, series) + 3 * self._outer(target, series)
        into = [e.into for e in self.arriving[edge.target]]
        if self.graph.vertices[edge.target].entry != "any":
            votes += 2 * _balance(edge.into, into)
        return votes + _balance(edge.out, [e.out for e in self.leaving[edge.source]])

    def _branch(self, element: int) -> int:
        """-1 or 1 if it is the first or last of several branches."""
        parent = self.tree.elements[element].parent
        if parent < 0 or self.tree.elements[parent].kind is not Kind.PARALLEL:
            return 0
        slot = self.tree.elements[element].slot
        return -1 if slot == 0 else 1 if slot == len(self.tree.elements[parent].items) - 1 else 0

    def _outer(self, element: int, series: int) -> int:
        """The same for the innermost branch that holds ``element`` within an item of ``series``."""
        side = 0
        while element >= 0 and element != series and not side:
            side = self._branch(element)
            element = self.tree.elements[element].parent
        return side

    def _in_row(self, edge: Edge) -> bool:
        """Whether the target may be entered from the side at all: it isn't bound to ports on its top."""
        return self.graph.vertices[edge.target].entry != "ports" and self.graph.vertices[edge.target].role == "node"

    def _tell_regions(self, n: int, edge: Edge, way: list[Step]) -> None:
        """What each region must let through, and from or to which side."""
        for k, step in enumerate(way):
            if step.kind == "within":
                self.inside[step.element].edges.append(edge)
            elif step.kind == "leave":
                net = (edge.source, edge.out)
                self.inside[step.element].leave[net] = self._whereabouts(n, edge, way[k + 1 :], self._below(edge))
                for lane in self._lanes_near(n, edge, way[k + 1 :]):
                    self.leaving_in.setdefault(step.element, {})[net] = lane
                    self.rims[lane] = self.rims.get(lane, 0) + 1
            elif step.kind == "arrive":
                net = self._net(n, edge, any(s.back for s in way))
                inside = self.inside[step.element]
                inside.arrive.setdefault(net, []).append(edge)
                inside.come_from[net] = self._whereabouts(n, edge, way[:k][::-1], self.place[edge.source])
                for lane in self._lanes_near(n, edge, way[:k][::-1]):
                    self.rims[lane] = self.rims.get(lane, 0) + 1

    def _whereabouts(self, n: int, edge: Edge, way: list[Step], place: float) -> float:
        """A number that orders wires at a region's rim: what runs on in a lane goes outermost."""
        for number in self._lanes_near(n, edge, way):
            lane = self.lanes[number]
            return lane.side * (LANES + lane.last - lane.first)
        return place

    def _lanes_near(self, n: int, edge: Edge, way: list[Step]) -> list[int]:
        """The lane, if any, right at the rim of a region that the way leads to or from."""
        return [self.lane_of[(s.element, self._net(n, edge, s.back))] for s in way[:2] if s.kind == "lane"]

    def _below(self, edge: Edge) -> float:
        """Where a wire goes, for the order at the rim: ports count, where they have an order."""
        bound = self.graph.vertices[edge.target].entry != "any"
        return self.place[edge.target] + (edge.into / (1 + edge.into) / 2 if bound else 0.0)

    # ------------------------------------------------------------------------------------------ columns

    def _route(self, n: int, edge: Edge, way: list[Step], columns: dict[Column, int]) -> Route:
        side = self.graph.vertices[edge.source].side
        start = (
            Column("left" if side == "left" else "right", edge.source) if side else Column("out", edge.source, edge.out)
        )
        path: list[Column] = [start]
        gaps: list[Gap] = []
        back = any(s.back for s in way)
        for step in way:
            if step.kind == "gap":
                gaps.append(step.gap)
            elif step.kind == "lane":
                path.append(Column("lane", self.lane_of[(step.element, self._net(n, edge, step.back))]))
            elif step.kind == "empty":
                path.append(Column("empty", step.element))
            else:
                self._through(step, self._net(n, edge, back and step.kind == "arrive"), edge, path, gaps)
        target = self.graph.vertices[edge.target]
        if edge in self.aside or not way:
            return Route(tuple(columns.setdefault(c, len(columns)) for c in path), tuple(gaps))
        path.append(Column("side", edge.target, edge.into) if target.side_of(edge.into) else Column("in", n))
        direct = self.tree.elements[self.tree.leaf[edge.target]]
        last = way[-1]
        beside = self._in_row(edge) and (
            direct.kind is Kind.REGION or (last.kind == "gap" and last.gap[0] == direct.parent)
        )
        numbers = tuple(columns.setdefault(c, len(columns)) for c in path)
        return Route(numbers, tuple(gaps), beside, back)

    def _through(self, step: Step, net: Net, edge: Edge, path: list[Column], gaps: list[Gap]) -> None:
        """Down the layers of a region: one column for each chain of the wire, a gap where it changes."""
        plan = self.regions[step.element]
        levels, branch = self.levels[step.element], ON if step.kind == "leave" else edge.target
        start = levels[edge.source] if step.kind in ("leave", "within") else 0
        end = levels[edge.target] if step.kind in ("arrive", "within") else len(plan.layers) - 1
        if end - start > plan.reach:
            gaps += [(step.element, start)] if start else []
            path.append(Column("far", step.element, self.far[(step.element, net)]))
            gaps += [(step.element, end - 1)] if step.kind != "leave" else []
            return
        for layer in range(start + 1, end):
            column = Column("chain", step.element, plan.chain[_piece(plan, net, layer, branch)])
            if path[-1] == column:
                continue
            if layer > 1:  # the gap above the first layer belongs to the series around and is there already
                gaps.append((step.element, layer - 1))
            path.append(column)
        if step.kind != "leave" and end > 1:
            gaps.append((step.element, end - 1))


def _piece(plan: Region, net: Net, layer: int, branch: int) -> int:
    """The item of a wire in a layer: its own, or the one that it shares with all of its source."""
    found = plan.pieces.get((net, layer, branch), -1)
    return found if found >= 0 else plan.pieces[(net, layer, RIM)]


def _is_other(way: int, lane: int) -> bool:
    """Whether the lane of this number is on the other side in a way of arranging several."""
    for _ in range(lane):
        way //= 2
    return way % 2 == 1


def _balance(mine: int, all_of_them: list[int]) -> int:
    """-1 if a port lies before most of the others, 1 if after."""
    before, after = sum(o < mine for o in all_of_them), sum(o > mine for o in all_of_them)
    return (before > after) - (before < after)
