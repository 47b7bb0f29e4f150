"""How a chain with nested skips folds into a U, with what hangs on it.

A *bus* is a side chain whose end goes into many parts of the U, as the time goes into every block of a diffusion
network. *Pendants* are side chains that leave the way up, as the maps of a feature pyramid do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from moniel2.layout.graph import Graph
from moniel2.layout.order import Pair, depths, neighbours, topological, transitive_pairs


@dataclass(frozen=True, slots=True)
class Fold:
    """How a chain folds: columns and skips from top to bottom, and what stands between the columns at the foot.

    ``bus`` is the side chain from its start to what goes into the U, () for none; ``pendants`` are side chains with
    the vertex of the right column that each leaves.
    """

    left: tuple[int, ...]
    foot: int
    right: tuple[int, ...]
    skips: tuple[Pair, ...]
    bus: tuple[int, ...] = ()
    pendants: tuple[tuple[int, tuple[int, ...]], ...] = ()


def fold(graph: Graph) -> Fold | None:
    """The U of a graph, or None if it isn't a chain with strictly nested skips and at most a bus or pendants."""
    n = len(graph.vertices)
    pairs = list(dict.fromkeys((e.source, e.target) for e in graph.edges))
    order = topological(n, pairs)
    if any(v.side for v in graph.vertices) or len(order) < n:
        return None
    core = _core(graph, pairs, order)
    inside = set(core)
    bus = _bus(n, pairs, order, inside)
    pendants = _pendants(n, pairs, order, inside)
    if len(core) + len(bus) + sum(len(p) for _, p in pendants) < n or (bus and pendants):
        return None
    shape = _columns(graph, [(a, b) for a, b in pairs if a in inside and b in inside], core)
    if shape is None or any(host not in shape.right for host, _ in pendants):
        return None
    if pendants and not all(v.floating for v in graph.vertices if v.role != "node"):
        return None
    if pendants:
        # What follows the last of those that others hang on hangs there too: p2 beside p3, p4 and p5.
        last = shape.right.index(shape.skips[0][1])
        rest = tuple(reversed(shape.right[:last]))
        hosts = {host for host, _ in pendants}
        if rest and not hosts & {*rest, shape.right[last]}:
            pendants = (*pendants, (shape.right[last], rest))
            shape = replace(shape, right=shape.right[last:])
    reached = {e.target for e in graph.edges if bus and e.source == bus[-1]}
    ends = [v for v in reached if graph.vertices[v].role != "node"]
    return None if ends else Fold(shape.left, shape.foot, shape.right, shape.skips, bus, pendants)


def _core(graph: Graph, pairs: Sequence[Pair], order: Sequence[int]) -> list[int]:
    """What lies between the input with the longest way and the deepest output, in order."""
    n = len(graph.vertices)
    above = depths(n, pairs, order)
    below = depths(n, [(b, a) for a, b in pairs], order[::-1])
    starts = [v for v in range(n) if above[v] == 0]
    ends = [v for v in range(n) if below[v] == 0]
    if not starts or not ends:
        return []
    after, before = neighbours(n, pairs)
    end = max(ends, key=lambda v: (above[v], -v))
    led = _reached([end], order[::-1], after, n)
    # What goes into many things at once is a bus, not the main way.
    start = min((v for v in starts if led[v]), key=lambda v: (_fan(v, after, before), -below[v], v))
    flows = _reached([start], order, before, n)
    return [v for v in order if led[v] and flows[v]]


def _fan(v: int, after: Sequence[Sequence[int]], before: Sequence[Sequence[int]]) -> int:
    """How many things the chain that starts at a vertex goes into at its end."""
    while len(after[v]) == 1 and len(before[after[v][0]]) == 1:
        v = after[v][0]
    return len(after[v])


def _reached(roots: Sequence[int], order: Sequence[int], before: Sequence[Sequence[int]], n: int) -> list[bool]:
    found = [False] * n
    for v in roots:
        found[v] = True
    for v in order:
        found[v] = found[v] or any(found[u] for u in before[v])
    return found


def _bus(n: int, pairs: Sequence[Pair], order: Sequence[int], inside: set[int]) -> tuple[int, ...]:
    """The chain outside the core that leads into it, if it is one chain and only its end does."""
    after, before = neighbours(n, pairs)
    leading = [v for v in order if v not in inside and any(u in inside for u in after[v])]
    if len(leading) != 1:
        return ()
    chain = leading
    while before[chain[0]]:
        if len(before[chain[0]]) > 1 or len(after[before[chain[0]][0]]) > 1:
            return ()
        chain = [before[chain[0]][0], *chain]
    return tuple(chain) if all(u in inside for u in after[chain[-1]]) else ()


def _pendants(
    n: int, pairs: Sequence[Pair], order: Sequence[int], inside: set[int]
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """The chains that leave the core, with the vertex each leaves; () if one of them is more than a chain."""
    after, before = neighbours(n, pairs)
    found: list[tuple[int, tuple[int, ...]]] = []
    for host in order:
        if host not in inside:
            continue
        leaving = [v for v in after[host] if v not in inside]
        if len(leaving) > 1:
            return ()
        chain = leaving
        while chain and after[chain[-1]]:
            if len(after[chain[-1]]) > 1 or after[chain[-1]][0] in inside:
                return ()
            chain = [*chain, after[chain[-1]][0]]
        if any(len(before[v]) > 1 for v in chain):
            return ()
        if chain:
            found.append((host, tuple(chain)))
    return tuple(found)


def _columns(graph: Graph, pairs: Sequence[Pair], order: Sequence[int]) -> Fold | None:
    n = len(graph.vertices)
    skips = transitive_pairs(n, pairs, [*order, *(v for v in range(n) if v not in set(order))])
    if set(pairwise(order)) != set(pairs) - skips:
        return None
    place = {v: i for i, v in enumerate(order)}
    nested = sorted(skips, key=lambda s: place[s[0]])
    for (a, b), (c, d) in pairwise(nested):
        if not place[a] < place[c] < place[d] < place[b]:
            return None
    if not nested or place[nested[-1][1]] - place[nested[-1][0]] < 2:
        return None
    if any(graph.vertices[v].role != "node" for s in nested for v in s):
        return None
    first, last = place[nested[-1][0]], place[nested[-1][1]]
    middle = order[first + 1 : last]
    # The heaviest thing in the middle is the foot; of equals the one nearest to the centre.
    foot = min(range(len(middle)), key=lambda i: (-graph.vertices[middle[i]].weight, abs(2 * i - len(middle) + 1), i))
    left = (*order[: first + 1], *middle[:foot])
    right = (*middle[foot + 1 :], *order[last:])
    return Fold(tuple(left), middle[foot], tuple(reversed(right)), tuple(nested))
