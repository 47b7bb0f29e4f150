"""Towers: a branch whose result enters its neighbour from the side, as a decoder takes what its encoder made.

Such an edge says nothing about what stands above what: it is set aside before the tree is made, so that the two
branches stand side by side from the top, and drawn last, in a lane between them.
"""

from __future__ import annotations

from moniel2.layout.graph import Edge, Graph
from moniel2.layout.tree import Kind, Tree


def candidates(graph: Graph) -> set[int]:
    """The edges (by number) that end on the declared side of a box and could be set aside."""
    return {
        n
        for n, e in enumerate(graph.edges)
        if graph.vertices[e.target].side_of(e.into) and graph.vertices[e.source].role == "node"
    }


def misplaced(graph: Graph, tree: Tree, aside: set[int]) -> set[int]:
    """Those of the edges set aside whose ends did not come to stand in neighbouring branches, the right way round."""
    return {n for n in aside if not _between_neighbours(graph, tree, graph.edges[n])}


def _between_neighbours(graph: Graph, tree: Tree, edge: Edge) -> bool:
    elements = tree.elements
    u, v = tree.leaf[edge.source], tree.leaf[edge.target]
    if elements[u].kind is not Kind.LEAF or elements[v].kind is not Kind.LEAF:
        return False
    a, b = elements[u].parent, elements[v].parent
    if a == b or elements[a].parent != elements[b].parent or elements[a].parent < 0:
        return False
    step = 1 if graph.vertices[edge.target].side_of(edge.into) == "left" else -1
    return elements[b].slot - elements[a].slot == step
