"""Flanks: sources that stand level with the sign they feed, as an author writes γ beside its ⊗.

A constant, or a weight with one operation on it, says nothing about what stands above what: it is left out of the tree
and put beside its sign at the end, on a side where no lane comes in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from moniel2.layout.graph import Edge, Graph
from moniel2.layout.order import depths, topological
from moniel2.layout.plan import Flank, Lane, Plan
from moniel2.layout.sizes import STUB, Size
from moniel2.layout.tree import Kind, Tree

DEEP = 4  # a sign this far down has nothing above it that two boxes could stand beside
Point = tuple[float, float]


def chains(graph: Graph) -> list[tuple[int, ...]]:
    """The sources that may stand beside what they feed: each with what leads on to a sign, the nearest first."""
    arriving: list[list[Edge]] = [[] for _ in graph.vertices]
    leaving: list[list[Edge]] = [[] for _ in graph.vertices]
    for e in graph.edges:
        arriving[e.target].append(e)
        leaving[e.source].append(e)
    found: dict[int, list[tuple[int, ...]]] = {}
    for v, vertex in enumerate(graph.vertices):
        if vertex.role != "node" or vertex.round or arriving[v] or not _is_single(graph, leaving[v]):
            continue
        chain: tuple[int, ...] = (v,)
        on = leaving[v][0].target
        if not graph.vertices[on].round and len(arriving[on]) == 1 and _is_single(graph, leaving[on]):
            chain, on = (on, v), leaving[on][0].target
        if graph.vertices[on].round:
            found.setdefault(on, []).append(chain)
    if not found:
        return []
    apart = {v for group in found.values() for chain in group for v in chain}
    pairs = list(dict.fromkeys((e.source, e.target) for e in graph.edges if e.source not in apart and not e.late))
    depth = depths(len(graph.vertices), pairs, topological(len(graph.vertices), pairs))
    kept: list[tuple[int, ...]] = []
    for host, group in found.items():
        near = [chain for chain in group if len(chain) == 1 or depth[host] >= DEEP][:2]
        others = len(arriving[host]) - len(near)
        if others and others <= 2:
            kept += near
    return kept


def _is_single(graph: Graph, edges: Sequence[Edge]) -> bool:
    """Whether one wire leaves, to a place that is free to be anywhere on its target."""
    first = len(edges) == 1 and not edges[0].late and edges[0].out == 0
    return first and graph.vertices[edges[0].target].entry != "ports"


def flanks(graph: Graph, tree: Tree, lanes: Sequence[Lane], found: Sequence[tuple[int, ...]]) -> list[Flank]:
    """The side that each of these stands on: where no lane comes in, else in the order of the operands."""
    taken: set[tuple[int, int]] = set()
    for lane in lanes:
        items = tree.elements[lane.series].items
        if lane.ends_at >= 0 and lane.ends_at < len(items):
            element = tree.elements[items[lane.ends_at]]
            taken |= {(v, lane.side) for v in element.vertices if element.kind is Kind.LEAF}
    first: dict[int, int] = {}
    into: dict[int, Edge] = {}
    for e in graph.edges:
        first[e.target] = min(e.into, first.get(e.target, e.into))
        into[e.source] = e
    result: list[Flank] = []
    for chain in found:
        e = into[chain[0]]
        side = -1 if e.into == first[e.target] else 1
        if (e.target, side) in taken:
            side = -side
        taken.add((e.target, side))
        result.append(Flank(e.target, side, chain))
    return result


def widened(plan: Plan, sizes: Sequence[Size]) -> list[Size]:
    """The sizes with room beside each sign for what flanks it."""
    found = list(sizes)
    for flank in plan.flanks:
        host = sizes[flank.host]
        far, above, below = _start(host, flank.side), 0.0, 0.0
        for v in flank.chain:
            s = sizes[v]
            far += s.w + 2 * _overhang(s) + STUB
            above = max(above, (s.h - host.h) / 2 + s.above)
            below = max(below, (s.h - host.h) / 2 + s.below)
        room = far - STUB
        was = found[flank.host]
        found[flank.host] = replace(
            was,
            left=max(was.left, room) if flank.side < 0 else was.left,
            right=max(was.right, room) if flank.side > 0 else was.right,
            above=max(was.above, above),
            below=max(was.below, below),
        )
    return found


def place(plan: Plan, sizes: Sequence[Size], x: list[float], y: list[float]) -> None:
    """Put each flank beside its sign, whose place is known."""
    for flank in plan.flanks:
        host = sizes[flank.host]
        middle = y[flank.host] + host.h / 2
        at = x[flank.host] + (host.w if flank.side > 0 else 0.0) + flank.side * _start(host, flank.side)
        for v in flank.chain:
            s = sizes[v]
            inner = at + flank.side * _overhang(s)
            x[v] = inner if flank.side > 0 else inner - s.w
            y[v] = middle - s.h / 2
            at = inner + flank.side * (s.w + _overhang(s) + STUB)


def level(plan: Plan, sizes: Sequence[Size], x: Sequence[float], y: Sequence[float], n: int) -> list[Point]:
    """The wire of edge n from the side of a flank's box to the next thing towards its sign."""
    edge = plan.graph.edges[n]
    side = next(f.side for f in plan.flanks if edge.source in f.chain)
    at = y[edge.source] + sizes[edge.source].h / 2
    start = x[edge.source] + (0.0 if side > 0 else sizes[edge.source].w)
    end = x[edge.target] + (sizes[edge.target].w if side > 0 else 0.0)
    return [(start, at), (end, at)]


def flanking(found: Collection[tuple[int, ...]]) -> set[int]:
    """All vertices of some chains."""
    return {v for chain in found for v in chain}


def _start(host: Size, side: int) -> float:
    """From a sign to the box beside it; the label of what comes out of the sign stands on the right."""
    return max(STUB, host.right + 4.0) if side > 0 else STUB


def _overhang(size: Size) -> float:
    """How far the label below a flank's box, which stands in its middle, sticks out on either side."""
    return size.right / 2
