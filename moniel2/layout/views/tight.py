"""Boxes nearer to each other than usual, for figures that have little room."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.layout.arrange import arrange
from moniel2.layout.graph import Graph
from moniel2.layout.sizes import Arrangement, Size
from moniel2.layout.structure import structure

TIGHT, TIGHTEST = 4.0, 6.5  # less between boxes above each other


def tightly(graph: Graph, sizes: Sequence[Size]) -> Arrangement:
    """Place the boxes of one block, for ``layout``."""
    return arrange(structure(graph), sizes, TIGHT)


def most_tightly(graph: Graph, sizes: Sequence[Size]) -> Arrangement:
    """The same where even that is too much: arrows are little more than their heads."""
    return arrange(structure(graph), sizes, TIGHTEST)
