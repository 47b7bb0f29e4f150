"""The structure of a block: graph -> plan, in a few steps that know no sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from moniel2.layout.arrange import arrange
from moniel2.layout.axes import axis_ports, leanings, levelled, standing
from moniel2.layout.crossings import crossings
from moniel2.layout.flanks import chains, flanking
from moniel2.layout.graph import Graph
from moniel2.layout.order import back_pairs, depths, returning_pairs, topological, transitive_pairs
from moniel2.layout.pendants import virtual_pairs
from moniel2.layout.plan import Plan
from moniel2.layout.route import routes
from moniel2.layout.sizes import ENTRY, Size
from moniel2.layout.towers import candidates, misplaced
from moniel2.layout.tree import Kind, Tree, in_one_piece, tree

LARGE, MOSTLY = 50, 0.8  # boxes, of which so many in one region make the whole a knot
SMALL = 160  # boxes; beyond it what was decomposed is not tried in one piece
FEW = 4  # wires that run back; of more each keeps its side
KNOTTED = 3  # crossings of lanes alone that may become fewer; fewer than these must go altogether
WORTHWHILE = {True: 0.9, False: 0.7}  # the share of them that is worth it, with irreducible parts and without
NOMINAL = {"node": Size(60.0, 22.0), "in": Size(0.0, 0.0), "out": Size(0.0, 0.0)}


def structure(graph: Graph) -> Plan:
    """Decide what stands above and beside what, and which way every wire goes.

    A block that is neither series nor parallel is a knot, whose wires cross less when all of it stands in layers.
    Joins keep the order of what they join, and what runs back does so on the left, unless that costs crossings.
    """
    plan, crossed = _decided(graph, set(), False)
    if not crossed:
        return plan
    freed = _freed(graph)
    if freed.crossed == 0:
        return freed.plan
    if freed.graph is graph and not freed.right:
        return plan
    found, left = _decided(freed.graph, freed.right, False)
    return found if left < crossed else plan


def sketched(graph: Graph) -> Plan:
    """The same quickly: wires may cross a little more often."""
    return _freed(graph).plan


@dataclass(slots=True)
class _Freed:
    """A plan, the graph that it is of, and the edges that run back on the right."""

    graph: Graph
    right: set[int]
    plan: Plan
    crossed: int


def _freed(graph: Graph) -> _Freed:
    """A quick plan with joins in any order if less crosses then, and with what better runs back on the right there."""
    best = _Freed(graph, set(), *_decided(graph, set(), True))
    joins = _joins(best.plan)
    if best.crossed and joins:
        free = [replace(x, entry="loose") if v in joins else x for v, x in enumerate(graph.vertices)]
        best = _better(best, Graph(tuple(free), graph.edges), set())
    returning = [n for n, route in enumerate(best.plan.routes) if route.back]
    for n in returning if len(returning) <= FEW else ():
        if best.crossed:
            best = _better(best, best.graph, best.right | {n})
    return best


def _joins(plan: Plan) -> set[int]:
    """Joins whose order may cost crossings. Where several join the same, as in a dense block, their lanes are nested in
    that order and stay so, but for what comes in from aside or stands in a knot."""
    graph = plan.graph
    ordered = [v for v, vertex in enumerate(graph.vertices) if vertex.entry == "order"]
    fed: dict[tuple[int, int], set[int]] = {}  # of each net: the joins that it leads to
    for e in graph.edges:
        if graph.vertices[e.target].entry == "order":
            fed.setdefault((e.source, e.out), set()).add(e.target)
    nested = {v for joins in fed.values() if len(joins) > 1 for v in joins}
    aside = {e.target for e in graph.edges if graph.vertices[e.source].side}
    aside |= {e.target for e, route in zip(graph.edges, plan.routes, strict=True) if route.back}
    leaf = plan.tree.leaf
    knots = {v for v in ordered if leaf[v] >= 0 and plan.tree.elements[leaf[v]].kind is Kind.REGION}
    return {v for v in ordered if v not in nested or v in aside or v in knots}


def _better(best: _Freed, graph: Graph, right: set[int]) -> _Freed:
    plan, crossed = _decided(graph, right, True)
    return _Freed(graph, right, plan, crossed) if crossed < best.crossed else best


def _decided(graph: Graph, right: set[int], quick: bool) -> tuple[Plan, int]:
    """The plan in which some edges run back on the ``right``, and how often wires cross as far as that is known."""
    aside = candidates(graph)
    beside = chains(graph)
    while True:
        plan, shape = _planned(graph, aside, beside, None, quick, right)
        wrong = misplaced(graph, shape, aside)
        if not wrong:
            break
        aside -= wrong
    count = len(graph.vertices)
    if aside or count > SMALL:
        return plan(), 0
    knot = max([len(e.vertices) for e in shape.elements if e.kind is Kind.REGION], default=0)
    if count >= LARGE and knot >= MOSTLY * count:
        return _planned(graph, aside, beside, shape, quick, right)[0](), 0
    found = plan()
    crossed = _count(found)
    if not crossed:
        return found, 0
    other = _planned(graph, aside, beside, shape, quick, right)[0]()
    share = WORTHWHILE[bool(found.regions)] if found.regions or crossed >= KNOTTED else 0.0
    left = _count(other)
    return (other, left) if left == 0 or left < share * crossed else (found, crossed)


def _count(plan: Plan) -> int:
    """Crossings when all boxes have about the size that boxes have."""
    return crossings(plan.graph, arrange(plan, _nominal(plan.graph)))


def _nominal(graph: Graph) -> list[Size]:
    """Boxes of about the size that boxes have; on those with ports of their own these are spread."""
    ins, outs = [1] * len(graph.vertices), [1] * len(graph.vertices)
    for e in graph.edges:
        ins[e.target] = max(ins[e.target], e.into + 1)
        outs[e.source] = max(outs[e.source], e.out + 1)
    sizes: list[Size] = []
    for v, vertex in enumerate(graph.vertices):
        size = NOMINAL[vertex.role]
        if vertex.entry == "ports":
            w = max(size.w, ENTRY * (max(ins[v], outs[v]) + 1))
            size = replace(size, w=w, ins=_spread(ins[v], w), outs=_spread(outs[v], w))
        sizes.append(size)
    return sizes


def _spread(count: int, w: float) -> tuple[float, ...]:
    return tuple([w * (k + 1) / (count + 1) for k in range(count)])


def _planned(
    graph: Graph, aside: set[int], beside: Sequence[tuple[int, ...]], known: Tree | None, quick: bool, right: set[int]
) -> tuple[Callable[[], Plan], Tree]:
    """The tree without the edges that are set aside (of a ``known`` one all that isn't series in one region), and
    the rest of the work."""
    n = len(graph.vertices)
    # A port on the frame's side stands in no row, nor does what flanks a sign: their wires are routed last.
    apart = flanking(beside) | {v for v, x in enumerate(graph.vertices) if x.side}
    kept = [e for k, e in enumerate(graph.edges) if k not in aside and e.source not in apart]
    pairs = list(dict.fromkeys((e.source, e.target) for e in kept))
    inputs = [v for v, x in enumerate(graph.vertices) if x.role == "in"]
    plain = {(e.source, e.target) for e in kept if not e.late}
    back = back_pairs(n, [p for p in pairs if p in plain], inputs)
    back |= returning_pairs(n, [p for p in pairs if p not in back], plain - back)
    back |= back_pairs(n, [p for p in pairs if p not in back], inputs)
    forward = [p for p in pairs if p not in back]
    order = topological(n, forward)
    skips = transitive_pairs(n, forward, order)
    steps = [p for p in forward if p not in skips]
    virtual = virtual_pairs(graph, forward, order)
    everything = topological(n + 2, [*forward, *virtual, (n, n + 1)])
    rows = [v for v in everything if v < n and v not in apart]
    shape = tree(graph, steps, virtual, rows) if known is None else in_one_piece(graph, rows, known, forward)

    def finish() -> Plan:
        above = depths(n, forward, order)
        below = depths(n, [(b, a) for a, b in forward], order[::-1])
        plan = routes(graph, shape, back, above, below, aside, beside, right, quick)
        plan.axis_ins, plan.axis_outs = axis_ports(graph, shape)
        plan.standing = standing(graph, shape)
        plan.lean = leanings(graph, shape, virtual)
        plan.level = levelled(graph, shape)
        return plan

    return finish, shape
