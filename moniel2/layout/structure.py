"""The structure of a block: graph -> plan, in a few steps that know no sizes."""

from __future__ import annotations

from collections.abc import Callable

from moniel2.layout.axes import axis_ports, leanings
from moniel2.layout.graph import Graph
from moniel2.layout.order import back_pairs, depths, topological, transitive_pairs
from moniel2.layout.pendants import virtual_pairs
from moniel2.layout.plan import Plan
from moniel2.layout.route import routes
from moniel2.layout.towers import candidates, misplaced
from moniel2.layout.tree import Tree, tree


def structure(graph: Graph) -> Plan:
    """Decide what stands above and beside what, and which way every wire goes."""
    aside = candidates(graph)
    while True:
        plan, shape = _planned(graph, aside)
        wrong = misplaced(graph, shape, aside)
        if not wrong:
            return plan()
        aside -= wrong


def _planned(graph: Graph, aside: set[int]) -> tuple[Callable[[], Plan], Tree]:
    """The tree without the edges that are set aside, and the rest of the work."""
    n = len(graph.vertices)
    # A port on the frame's side stands in no row: its wires are routed last.
    kept = [e for k, e in enumerate(graph.edges) if k not in aside and not graph.vertices[e.source].side]
    pairs = list(dict.fromkeys((e.source, e.target) for e in kept))
    inputs = [v for v, x in enumerate(graph.vertices) if x.role == "in"]
    back = back_pairs(n, pairs, inputs)
    forward = [p for p in pairs if p not in back]
    order = topological(n, forward)
    skips = transitive_pairs(n, forward, order)
    steps = [p for p in forward if p not in skips]
    virtual = virtual_pairs(graph, forward, order)
    everything = topological(n + 2, [*forward, *virtual, (n, n + 1)])
    rows = [v for v in everything if v < n and not graph.vertices[v].side]
    shape = tree(graph, steps, virtual, rows)

    def finish() -> Plan:
        above = depths(n, forward, order)
        below = depths(n, [(b, a) for a, b in forward], order[::-1])
        plan = routes(graph, shape, back, above, below, aside)
        plan.axis_ins, plan.axis_outs = axis_ports(graph, shape)
        plan.lean = leanings(graph, shape, virtual)
        return plan

    return finish, shape
