"""The plan of a block: everything that depends on the graph alone and on no size.

Geometry is thought of as flowing down; other directions are made at the end. Between the rows of boxes lie *gaps*,
where wires run sideways on tracks; wires run down in *columns*: below a box's output, above a box's input, in a lane
beside a series, through a layer of a region. So a wire's route is a list of columns with a gap between each two, and
no route ever meets a box. Where a column stands is decided by ``arrange.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from moniel2.layout.graph import Graph
from moniel2.layout.tree import Tree

ColumnKind = Literal["out", "in", "side", "lane", "chain", "far", "empty", "left", "right"]
# (element, i): below item i of a series or layer i of a region; -1 is above the first item of the root.
Gap = tuple[int, int]
Net = tuple[int, int]  # (source vertex, output port): one bus
Pieces = dict[tuple[Net, int, int], int]  # (net, layer, the vertex it leads to or -1, -2) -> item of a region


@dataclass(frozen=True, slots=True)
class Column:
    """A vertical line. ``owner`` is an edge for "in", a vertex for "out", a lane, or an element with one of its chains
    or far wires as ``port``.

    "side" leads to an input that does not sit on top; "left" and "right" are the frame's own edges, for ports there.
    """

    kind: ColumnKind
    owner: int
    port: int = 0


@dataclass(slots=True)
class Lane:
    """A column beside items ``first`` … ``last`` of a series, on the left (-1) or right (1)."""

    series: int
    net: Net
    first: int
    last: int
    side: int = 1
    back: bool = False
    votes: int = 0
    held: int = 0  # the side that it can't but take
    across: dict[int, int] = field(default_factory=dict)  # for each side: how many branches' wires lie on the way there
    taps: list[int] = field(
        default_factory=list
    )  # the gaps and rows where wires leave it: 2 i + 1 is the gap below item i
    arrivals: list[tuple[int, int]] = field(default_factory=list)  # where it ends among operands in order: which one
    ends_at: int = -1  # an item whose side the lane may run into: item last + 1, or -1


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a layer of a region: a vertex, or a wire (``net``) that passes."""

    vertex: int
    net: Net
    layer: int


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of wire between items of neighbouring layers, from output ``out`` of ``a`` to input ``into`` of ``b``."""

    a: int
    out: int
    b: int
    into: int
    weight: float


@dataclass(frozen=True, slots=True)
class Far:
    """Of a very large region a wire that runs on its right, past all layers between two, ``rank`` places out."""

    net: Net
    first: int
    last: int
    rank: int


@dataclass(slots=True)
class Region:
    """Layers of an irreducible piece. The first and last layer hold only the wires that come in and go out."""

    items: list[Item]
    layers: list[list[int]]
    links: list[Link]
    blocks: list[list[int]]  # items that stand exactly above each other, in blocks ordered from left to right
    joins: list[Link]  # the links that hold the blocks together, parents first
    chain: list[int]  # of each item: its chain; the pieces of a wire in one column share it
    pieces: Pieces
    tops: list[int] = field(default_factory=list)  # of the first and last layer what runs on above and below
    feet: list[int] = field(default_factory=list)
    far: list[Far] = field(default_factory=list)
    reach: int = 0  # wires past more layers than this are far ones
    crossed: int = 0  # how often its wires cross


@dataclass(frozen=True, slots=True)
class Route:
    """How one edge runs. ``beside``: it may enter its target from the side, straight from its last column but one."""

    columns: tuple[int, ...]
    gaps: tuple[Gap, ...]
    beside: bool = False
    back: bool = False


@dataclass(frozen=True, slots=True)
class Flank:
    """Sources level with the sign that they feed, on its left (-1) or right (1), the nearest first."""

    host: int
    side: int
    chain: tuple[int, ...]


@dataclass(slots=True)
class Plan:
    graph: Graph
    tree: Tree
    lanes: list[Lane]
    regions: dict[int, Region]
    columns: list[Column]
    routes: list[Route]
    axis_ins: list[tuple[int, ...]] = field(default_factory=list)  # of each vertex: its ports on the spine
    axis_outs: list[tuple[int, ...]] = field(default_factory=list)
    standing: dict[int, list[tuple[int, ...]]] = field(default_factory=dict)  # parallel -> ports below each branch
    flanks: list[Flank] = field(default_factory=list)
    lean: list[float] = field(
        default_factory=list
    )  # of each element: 0 to stand at the top of a longer one, 1 at its foot
    level: dict[int, list[tuple[int, int, int, int]]] = field(
        default_factory=dict
    )  # parallel -> what stands level in two of its branches: branch, vertex, branch, vertex
