"""The structure of a block: graph -> plan, in a few steps that know no sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from moniel2.layout.arrange import arrange
from moniel2.layout.axes import axis_ports, leanings, levelled, standing
from moniel2.layout.crossings import crossings
from moniel2.layout.flanks import chains, flanking
from moniel2.layout.graph import Graph
from moniel2.layout.order import back_pairs, depths, returning_pairs, topological, transitive_pairs
from moniel2.layout.pendants import virtual_pairs
from moniel2.layout.plan import Plan
from moniel2.layout.route import routes
from moniel2.layout.sizes import Size
from moniel2.layout.towers import candidates, misplaced
from moniel2.layout.tree import Kind, Tree, in_one_piece, tree

LARGE, MOSTLY = 50, 0.8  # boxes, of which so many in one region make the whole a knot
SMALL = 160  # boxes; beyond it what was decomposed is not tried in one piece
KNOTTED = 3  # crossings of lanes alone that may become fewer; fewer than these must go altogether
WORTHWHILE = {True: 0.9, False: 0.7}  # the share of them that is worth it, with irreducible parts and without
NOMINAL = {"node": Size(60.0, 22.0), "in": Size(0.0, 0.0), "out": Size(0.0, 0.0)}


def structure(graph: Graph) -> Plan:
    """Decide what stands above and beside what, and which way every wire goes.

    A block that is neither series nor parallel is a knot, whose wires cross less when all of it stands in layers.
    """
    aside = candidates(graph)
    beside = chains(graph)
    while True:
        plan, shape = _planned(graph, aside, beside, None)
        wrong = misplaced(graph, shape, aside)
        if not wrong:
            break
        aside -= wrong
    count = len(graph.vertices)
    if aside or count > SMALL:
        return plan()
    knot = max([len(e.vertices) for e in shape.elements if e.kind is Kind.REGION], default=0)
    if count >= LARGE and knot >= MOSTLY * count:
        return _planned(graph, aside, beside, shape)[0]()
    found = plan()
    crossed = _count(found)
    if not crossed:
        return found
    other = _planned(graph, aside, beside, shape)[0]()
    share = WORTHWHILE[bool(found.regions)] if found.regions or crossed >= KNOTTED else 0.0
    left = _count(other)
    return other if left == 0 or left < share * crossed else found


def _count(plan: Plan) -> int:
    """Crossings when all boxes have about the size that boxes have."""
    sizes = [NOMINAL[v.role] for v in plan.graph.vertices]
    return crossings(plan.graph, arrange(plan, sizes).wires)


def _planned(
    graph: Graph, aside: set[int], beside: Sequence[tuple[int, ...]], known: Tree | None
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
        plan = routes(graph, shape, back, above, below, aside, beside)
        plan.axis_ins, plan.axis_outs = axis_ports(graph, shape)
        plan.standing = standing(graph, shape)
        plan.lean = leanings(graph, shape, virtual)
        plan.level = levelled(graph, shape)
        return plan

    return finish, shape
