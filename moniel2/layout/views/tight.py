"""Boxes nearer to each other than usual, for figures that have little room.

Many figures are tried before one is taken, so the plans of their blocks are remembered.
"""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.layout.arrange import arrange
from moniel2.layout.graph import Graph
from moniel2.layout.page import PAGE
from moniel2.layout.pick import planned
from moniel2.layout.sizes import Arrangement, Size
from moniel2.layout.wrap import wrap

TIGHT, TIGHTEST = 4.0, 6.5  # less between boxes above each other
CUT = 30.0  # by how much columns may differ in height
AROUND = 80.0  # what the frame and what stands around it take of a page


def tightly(graph: Graph, sizes: Sequence[Size]) -> Arrangement:
    """Place the boxes of one block, for ``layout``."""
    return arrange(planned(graph), sizes, TIGHT)


def most_tightly(graph: Graph, sizes: Sequence[Size]) -> Arrangement:
    """The same where even that is too much: arrows are little more than their heads."""
    return arrange(planned(graph), sizes, TIGHTEST)


def in_columns(graph: Graph, sizes: Sequence[Size]) -> Arrangement:
    """The same, and what would be higher than a page in columns."""
    found = tightly(graph, sizes)
    if found.height > PAGE[1] - AROUND:
        wrap(graph, sizes, found, PAGE[0], found.height / 2 + CUT)
    return found
