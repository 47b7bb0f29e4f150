"""What every engine is given: boxes of fixed sizes and the wires between them; and what each gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from moniel2.layout.arrange import arrange
from moniel2.layout.compose import Block, Composer
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram
from moniel2.layout.layout import layout
from moniel2.layout.scene import Box, Circle, Wire
from moniel2.layout.structure import structure

Point = tuple[float, float]
SMALLEST = 1.0


@dataclass(frozen=True)
class Flat:
    """A graph without blocks. ``spine`` are the edges that all its longest ways have in common.

    What enters a box at a side that the text names leads to no box below it and is on no such way, nor is the foot of a
    U that the text asks for. ``rows`` are the boxes that stand for a frame's inputs and outputs, in the order that
    our figure has.
    """

    name: str
    sizes: tuple[tuple[float, float], ...]
    edges: tuple[tuple[int, int], ...]
    spine: tuple[tuple[int, int], ...]
    rows: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Placed:
    """Upper left corners of the boxes, and a polyline for each edge."""

    corners: tuple[Point, ...]
    lines: tuple[tuple[Point, ...], ...]
    seconds: float


def bodies(body: Body) -> list[tuple[Body, Block]]:
    """A body and all that are open inside it, each once, as they are laid out in the figure."""
    composer = Composer("down")
    found: dict[int, tuple[Body, Block]] = {}
    stack = [composer.compose(body)]
    while stack:
        block = stack.pop()
        one = block.body
        if id(one) not in found:
            found[id(one)] = (one, block)
            insides = zip(block.body.parts, block.layers.inner, strict=True)
            stack += [composer.block(p, d) for p, d in insides if p.inside is not None and d == "down"]
    return list(found.values())


def flat_of(name: str, body: Body, block: Block) -> Flat:
    """One body's boxes, open blocks among them as boxes of the size that they have, between its own ports: its inputs
    first, its outputs last. A port of a frame is as small as engines take it."""
    first = len(body.inputs)
    # What runs back is drawn so by ours alone: others turn round what they like.
    arrows = [a for a in body.arrows if not a.dashed]
    edges = tuple(e for e in dict.fromkeys(ends(body, a) for a in arrows) if e[0] != e[1])
    parts = range(first, first + len(body.parts))
    among = [(a - first, b - first) for a, b in edges if a in parts and b in parts]
    sides = {(a.source, a.target) for a in arrows if a.target != OWN and enters_aside(body, a)}
    fed = {a.target for a in arrows if a.source == OWN}
    spine = _spine(len(body.parts), [e for e in among if e not in sides], fed)
    if block.layers.fold is not None:
        foot = block.layers.fold.foot - first
        spine = tuple(e for e in spine if foot not in e)
    sizes = tuple((max(s.w, SMALLEST), max(s.h, SMALLEST)) for s in block.sizes)
    held = [v for v, x in enumerate(block.layers.graph.vertices) if not x.floating and not x.side]
    rows = tuple(v for v in held if v < parts.start), tuple(v for v in held if v >= parts.stop)
    return Flat(name, sizes, edges, tuple((a + first, b + first) for a, b in spine), rows)


def ends(body: Body, arrow: Arrow) -> tuple[int, int]:
    """The boxes of a flat graph that an arrow joins."""
    first, last = len(body.inputs), len(body.inputs) + len(body.parts)
    source = arrow.out if arrow.source == OWN else first + arrow.source
    return source, last + arrow.into if arrow.target == OWN else first + arrow.target


def enters_aside(body: Body, arrow: Arrow) -> bool:
    """Whether an arrow ends on a declared side of its target."""
    part = body.parts[arrow.target]
    sides = part.sides if part.inside is None else tuple((k, p.side) for k, p in enumerate(part.inside.inputs))
    return any(port == arrow.into and side for port, side in sides)


def ours(flat: Flat, body: Body, block: Block) -> Placed:
    """The layout of this package, of one body with its open blocks as boxes."""
    start = perf_counter()
    if block.layers.plan is not None:
        arrange(structure(block.layers.graph), block.sizes)
    seconds = perf_counter() - start
    arrangement = block.arrangement
    corners = tuple(zip(arrangement.x, arrangement.y, strict=True))
    lines: dict[tuple[int, int], tuple[Point, ...]] = {}
    for arrow, points in zip(body.arrows, arrangement.wires, strict=True):
        # Of several wires between two boxes the straightest stands for all.
        pair = ends(body, arrow)
        if pair not in lines or _sway(points) < _sway(lines[pair]):
            lines[pair] = tuple(points)
    return Placed(corners, tuple(lines[e] for e in flat.edges), seconds)


def _sway(line: Sequence[Point]) -> float:
    """How far a line runs sideways."""
    xs = [x for x, _ in line]
    return max(xs) - min(xs)


def of_scene(diagram: Diagram) -> tuple[float, float, int, float]:
    """Width, height, bends and seconds of a whole picture."""
    start = perf_counter()
    scene = layout(diagram)
    seconds = perf_counter() - start
    bends = sum(max(0, len(i.points) - 2) for i in scene.walk() if isinstance(i, Wire))
    assert any(isinstance(i, Box | Circle) for i in scene.walk())
    return scene.width, scene.height, bends, seconds


def _spine(count: int, edges: Sequence[tuple[int, int]], fed: set[int]) -> tuple[tuple[int, int], ...]:
    """The edges that all longest ways from the block's inputs have in common, leaving out those that close a cycle: of
    two branches as long as each other neither is the spine."""
    forward = sorted((a, b) for a, b in edges if a < b)
    reached = set(fed)
    for a, b in forward:
        reached |= {b} if a in reached else set()
    forward = [(a, b) for a, b in forward if a in reached or not fed]
    above, below = _ways(count, forward), _ways(count, [(b, a) for a, b in reversed(forward)])
    most = max((length for length, _ in above), default=0)
    whole = sum(number for length, number in above if length == most)
    on_longest = [(a, b) for a, b in forward if above[a][0] + 1 + below[b][0] == most]
    return tuple((a, b) for a, b in on_longest if above[a][1] * below[b][1] == whole)


def _ways(count: int, edges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of each box: the length of the longest way to it, and how many there are as long."""
    found = [(0, 1)] * count
    for a, b in edges:
        length, number = found[a]
        if length + 1 > found[b][0]:
            found[b] = (length + 1, number)
        elif length + 1 == found[b][0]:
            found[b] = (length + 1, found[b][1] + number)
    return found
