"""Which ports of a box lie on the spine, so that boxes below each other stand on one straight line."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.layout.graph import Edge, Graph
from moniel2.layout.order import Pair
from moniel2.layout.tree import Kind, Tree


def axis_ports(graph: Graph, tree: Tree) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """For each vertex the inputs that what stands right above it feeds, and the outputs that feed what is below."""
    n = len(graph.vertices)
    arriving: list[list[Edge]] = [[] for _ in range(n)]
    leaving: list[list[Edge]] = [[] for _ in range(n)]
    for e in graph.edges:
        leaving[e.source].append(e)
        arriving[e.target].append(e)
    ins: list[tuple[int, ...]] = []
    outs: list[tuple[int, ...]] = []
    for v in range(n):
        above, below = _neighbour(tree, v, -1), _neighbour(tree, v, 1)
        near = [e.into for e in arriving[v] if _holds(tree, _middle(tree, above), e.source)]
        far = [e.out for e in leaving[v] if _holds(tree, _middle(tree, below), e.target)]
        near = near or [e.into for e in arriving[v] if _holds(tree, above, e.source)]
        far = far or [e.out for e in leaving[v] if _holds(tree, below, e.target)]
        ins.append(_unique(near or [e.into for e in arriving[v]]))
        outs.append(_unique(far or [e.out for e in leaving[v]]))
    return ins, outs


def _unique(ports: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(set(ports)))


def _neighbour(tree: Tree, v: int, step: int) -> int:
    """The element above (-1) or below (1) a vertex: of several branches the spine. -1 if there is none."""
    element = tree.leaf[v]
    if element < 0:
        return -1
    elements = tree.elements
    while elements[element].parent >= 0:
        parent, slot = elements[element].parent, elements[element].slot
        if elements[parent].kind is Kind.SERIES:
            if 0 <= slot + step < len(elements[parent].items):
                return _spine(tree, elements[parent].items[slot + step], step)
        elif elements[parent].spine not in (-1, slot):
            return -1  # a light branch has no say in where the spine runs
        element = parent
    return -1


def _spine(tree: Tree, element: int, step: int) -> int:
    """Down into the spine of a parallel, as far as it goes."""
    e = tree.elements[element]
    while e.kind is Kind.PARALLEL and e.spine >= 0:
        branch = tree.elements[e.items[e.spine]]
        if not branch.items:
            break
        element = branch.items[-1 if step < 0 else 0]
        e = tree.elements[element]
    return element


def _middle(tree: Tree, element: int) -> int:
    """Of an odd number of like branches the middle one, which can stand straight on its port; else the element."""
    if element < 0:
        return -1
    e = tree.elements[element]
    return e.items[len(e.items) // 2] if e.kind is Kind.PARALLEL and e.spine < 0 and len(e.items) % 2 else element


def _holds(tree: Tree, element: int, v: int) -> bool:
    """Whether vertex v stands in ``element``."""
    inner = tree.leaf[v]
    while inner >= 0:
        if inner == element:
            return True
        inner = tree.elements[inner].parent if inner > element else -1
    return False


def standing(graph: Graph, tree: Tree) -> dict[int, list[tuple[int, ...]]]:
    """For each parallel right above a box with ports of its own: which of them each branch leads to.

    Only where all do, with what stands last in them.
    """
    found: dict[int, list[tuple[int, ...]]] = {}
    for n, e in enumerate(tree.elements):
        if e.kind is not Kind.PARALLEL or not 0 <= e.after < len(graph.vertices):
            continue
        if graph.vertices[e.after].entry != "ports":
            continue
        ports: list[tuple[int, ...]] = []
        for item in e.items:
            branch = tree.elements[item]
            last = tree.elements[branch.items[-1]] if branch.items else branch
            source = last.vertices[0] if last.kind is Kind.LEAF else e.before if last.kind is Kind.EMPTY else -1
            into = [k.into for k in graph.edges if k.source == source and k.target == e.after]
            ports.append(_unique([port for port in into if not graph.vertices[e.after].side_of(port)]))
        if all(ports):
            found[n] = ports
    return found


def leanings(graph: Graph, tree: Tree, virtual: Sequence[Pair]) -> list[float]:
    """Where a short branch stands beside a long one: 0 at the top, 1 at the foot, near what it is wired to."""
    source, sink = len(graph.vertices), len(graph.vertices) + 1
    loose_above = {n for n, e in enumerate(tree.elements) if e.before == source}
    loose_below = {n for n, e in enumerate(tree.elements) if e.after == sink}
    for a, b in virtual:
        if a == source or b == sink:
            continue
        # One of the two ends lies in a branch that the other end bounds.
        below, above = tree.leaf[b], tree.leaf[a]
        while below >= 0 and tree.elements[below].before != a:
            below = tree.elements[below].parent
        while above >= 0 and tree.elements[above].after != b:
            above = tree.elements[above].parent
        loose_above.add(below)
        loose_below.add(above)
    lean = [0.5] * len(tree.elements)
    for n in range(len(tree.elements)):
        if n in loose_below:
            lean[n] = 0.0
        elif n in loose_above:
            lean[n] = 1.0
    return lean


def levelled(graph: Graph, tree: Tree) -> dict[int, list[tuple[int, int, int, int]]]:
    """For each parallel what stands level because it has one set of weights: a branch, a vertex in it, another branch
    and the vertex there."""
    found: dict[int, list[tuple[int, int, int, int]]] = {}
    for v, vertex in enumerate(graph.vertices):
        u = vertex.shares
        if u >= 0 and all(tree.elements[tree.leaf[w]].kind is Kind.LEAF for w in (u, v) if tree.leaf[w] >= 0):
            one, other = _branches(tree, tree.leaf[u], tree.leaf[v])
            if one >= 0:
                found.setdefault(tree.elements[one].parent, []).append((one, u, other, v))
    return found


def _branches(tree: Tree, one: int, other: int) -> tuple[int, int]:
    """The branches of one parallel that two elements stand in; -1 if that is not how they stand."""
    ways: list[list[int]] = []
    for inner in (one, other):
        way = [inner]
        while way[-1] >= 0 and tree.elements[way[-1]].parent >= 0:
            way.append(tree.elements[way[-1]].parent)
        ways.append(way[::-1])
    k = 0
    while k < min(len(ways[0]), len(ways[1])) and ways[0][k] == ways[1][k]:
        k += 1
    if k == 0 or k >= min(len(ways[0]), len(ways[1])) or tree.elements[ways[0][k - 1]].kind is not Kind.PARALLEL:
        return -1, -1
    return ways[0][k], ways[1][k]
