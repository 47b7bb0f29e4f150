"""The structure of a block: graph -> plan, in a few steps that know no sizes."""

from __future__ import annotations

from moniel2.layout.axes import axis_ports, leanings
from moniel2.layout.graph import Graph
from moniel2.layout.order import back_pairs, depths, topological, transitive_pairs
from moniel2.layout.pendants import virtual_pairs
from moniel2.layout.plan import Plan
from moniel2.layout.route import routes
from moniel2.layout.tree import tree


def structure(graph: Graph) -> Plan:
    """Decide what stands above and beside what, and which way every wire goes."""
    n = len(graph.vertices)
    # A port on the frame's side stands in no row: its wires are routed last.
    pairs = list(dict.fromkeys((e.source, e.target) for e in graph.edges if not graph.vertices[e.source].side))
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
    above = depths(n, forward, order)
    below = depths(n, [(b, a) for a, b in forward], order[::-1])
    plan = routes(graph, shape, back, above, below)
    plan.axis_ins, plan.axis_outs = axis_ports(graph, shape)
    plan.lean = leanings(graph, shape, virtual)
    return plan
