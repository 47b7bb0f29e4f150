"""Where the elements of a tree lie: in which order, how deep, between which gaps."""

from __future__ import annotations

from moniel2.layout.plan import Gap
from moniel2.layout.tree import Kind, Tree

ROOT = 0


def leaf_places(tree: Tree) -> list[float]:
    """Of each vertex: its place when the tree is read from left to right and top to bottom."""
    place = [0.0] * len(tree.leaf)
    stack = [ROOT]
    count = 0
    while stack:
        element = tree.elements[stack.pop()]
        for v in element.vertices:
            place[v] = float(count)
            count += 1
        stack.extend(reversed(element.items))
    return place


def gaps(tree: Tree) -> tuple[list[Gap], list[Gap]]:
    """The gap above and the gap below each element."""
    above: list[Gap] = [(ROOT, -1)] * len(tree.elements)
    below: list[Gap] = [(ROOT, len(tree.elements[ROOT].items) - 1)] * len(tree.elements)
    for n, e in enumerate(tree.elements):
        if e.parent < 0:
            continue
        parent = tree.elements[e.parent]
        above[n], below[n] = above[e.parent], below[e.parent]
        if parent.kind is Kind.SERIES:
            if e.slot > 0:
                above[n] = (e.parent, e.slot - 1)
            if e.slot < len(parent.items) - 1:
                below[n] = (e.parent, e.slot)
    return above, below


def nesting(tree: Tree) -> list[int]:
    """How deep each element lies in others."""
    depth = [0] * len(tree.elements)
    for n, e in enumerate(tree.elements):
        if e.parent >= 0:
            depth[n] = depth[e.parent] + 1
    return depth
