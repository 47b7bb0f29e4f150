"""What the layout of one block knows about it before any size: vertices, edges and how wires may arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# How wires arrive at a vertex: each at a port of its own; side by side strictly in the order of the operands; in that
# order where it costs no crossing; in any order.
Entry = Literal["ports", "order", "loose", "any"]
Role = Literal["node", "in", "out"]
Side = Literal["", "left", "right"]  # "" is where the flow comes from or goes to


@dataclass(frozen=True, slots=True)
class Vertex:
    """A box as the layout sees it, or one of the block's own ports.

    ``weight`` says how much stands behind it: the heavier of two branches is the spine. ``round`` is a circle, which
    wires may enter from the sides. ``side`` is where the block's own port sits; ``sides`` lists the input ports of a
    node that do not sit where the flow comes from. A ``floating`` port need not reach the block's frame. At one
    that ``joins`` all wires arrive at one point. One that ``shares`` applies the weights of another vertex again.
    """

    role: Role = "node"
    weight: int = 1
    entry: Entry = "any"
    round: bool = False
    side: Side = ""
    sides: tuple[tuple[int, Side], ...] = ()
    floating: bool = False
    joins: bool = False
    shares: int = -1

    def side_of(self, port: int) -> Side:
        for known, side in self.sides:
            if known == port:
                return side
        return ""


@dataclass(frozen=True, slots=True)
class Edge:
    """From output ``out`` of ``source`` to input (or operand) ``into`` of ``target``; ``late`` is what the step before
    left, which runs back where it closes a cycle."""

    source: int
    out: int
    target: int
    into: int
    late: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """One block: its ports and boxes in the order of declaration, and what flows between them."""

    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
