"""Bodies in bodies: each is arranged once, from the inside out, and becomes a box of the one around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moniel2.layout.arrange import arrange
from moniel2.layout.boxes import Direction, port_size, size_of
from moniel2.layout.diagram import OWN, Body, Part
from moniel2.layout.graph import Edge, Entry, Graph, Side, Vertex
from moniel2.layout.plan import Plan
from moniel2.layout.sizes import Arrangement, Size
from moniel2.layout.structure import structure
from moniel2.layout.text import width

HEAD, MARGIN = 22.0, 11.0  # of a frame: its header, and the space at its other sides
TITLE, SUBTITLE, TITLE_LEFT = 11.0, 9.0, 8.0


@dataclass(slots=True)
class Block:
    """A body in its place: the arrangement, and the frame around it in the coordinates of the flow.

    ``dx``, ``dy`` lead from the frame's corner to the arrangement's origin. ``title_at`` is where the title starts, on
    the page, from the frame's left edge.
    """

    body: Body
    graph: Graph
    plan: Plan
    sizes: list[Size]
    arrangement: Arrangement
    w: float
    h: float
    dx: float
    dy: float
    title_at: float = TITLE_LEFT


class Composer:
    """Arranges bodies, equal ones once."""

    def __init__(self, direction: Direction) -> None:
        self.direction: Direction = direction
        self.plans: dict[int, tuple[Graph, Plan]] = {}
        self.blocks: dict[tuple[int, str, str, int], Block] = {}
        self.kept: list[Body] = []  # so that ids stay unique

    def compose(self, root: Body) -> Block:
        """The whole model; no recursion, however deep blocks stand in blocks."""
        order: list[Part] = []
        stack = [p for p in root.parts if p.inside is not None]
        while stack:
            part = stack.pop()
            order.append(part)
            assert part.inside is not None
            stack += [p for p in part.inside.parts if p.inside is not None]
        for part in reversed(order):
            self.block(part)
        return self._arranged(root, None)

    def block(self, part: Part) -> Block:
        """The block inside an open part, with its frame."""
        assert part.inside is not None
        key = (id(part.inside), part.first, part.second, part.repeat)
        if key not in self.blocks:
            self.kept.append(part.inside)
            self.blocks[key] = self._arranged(part.inside, part)
        return self.blocks[key]

    def _arranged(self, body: Body, part: Part | None) -> Block:
        if id(body) not in self.plans:
            graph = graph_of(body, floating=part is None)
            self.plans[id(body)] = (graph, structure(graph))
        graph, plan = self.plans[id(body)]
        sizes = self._sizes(body, named=part is None)
        arrangement = arrange(plan, sizes)
        if part is None:
            w, h = arrangement.right - arrangement.left, arrangement.height
            return Block(body, graph, plan, sizes, arrangement, w, h, -arrangement.left, 0.0)
        return self._framed(part, Block(body, graph, plan, sizes, arrangement, 0, 0, 0, 0))

    def _sizes(self, body: Body, named: bool) -> list[Size]:
        arriving = [0] * len(body.outputs)
        for a in body.arrows:
            if a.target == OWN:
                arriving[a.into] += 1
        sizes = [port_size(p, self.direction, False, 1, named) for p in body.inputs]
        sizes += [self._box(p) for p in body.parts]
        sizes += [port_size(p, self.direction, True, n, named) for p, n in zip(body.outputs, arriving, strict=True)]
        return sizes

    def _box(self, part: Part) -> Size:
        if part.inside is None:
            return size_of(part, self.direction)
        block = self.block(part)
        inputs, outputs = len(block.body.inputs), len(block.body.outputs)
        xs = [block.dx + x + s.w / 2 for x, s in zip(block.arrangement.x, block.sizes, strict=True)]
        sides = tuple((v, block.dy + y) for v, y in block.arrangement.side_ports.items())
        return Size(block.w, block.h, tuple(xs[:inputs]), tuple(xs[len(xs) - outputs :]), sides)

    def _framed(self, part: Part, block: Block) -> Block:
        """Put a frame around an arrangement, wide enough for the title, which no wire may strike."""
        a = block.arrangement
        name = width(part.first, TITLE, True) + (width(part.second, SUBTITLE) + 6 if part.second else 0)
        times = width(f"×{part.repeat}", TITLE, True) + 10 if part.repeat > 1 else 0.0
        across, along = a.right - a.left, a.height
        if self.direction in ("right", "left"):
            need = name + times + 2 * TITLE_LEFT
            extra = max(0.0, need - along - 2 * MARGIN)
            block.w, block.h = across + HEAD + MARGIN, along + 2 * MARGIN + extra
            block.dx, block.dy = HEAD - a.left, MARGIN + extra / 2
            return block
        block.w, block.h = across + 2 * MARGIN, along + HEAD + MARGIN
        block.dx, block.dy = MARGIN - a.left, HEAD if self.direction == "down" else MARGIN
        inputs, outputs = len(block.body.inputs), len(block.body.outputs)
        vertices = range(inputs) if self.direction == "down" else range(len(a.x) - outputs, len(a.x))
        ports = sorted(block.dx + a.x[v] + block.sizes[v].w / 2 for v in vertices if not block.graph.vertices[v].side)
        self._make_room(block, ports, name, times)
        return block

    def _make_room(self, block: Block, ports: Sequence[float], name: float, times: float) -> None:
        """Find a place for the title between the wires that cross the header, or widen the frame on the left."""
        if not ports:
            block.w = max(block.w, name + times + 2 * TITLE_LEFT)
            return
        starts = [TITLE_LEFT, *(x + 6 for x in ports)]
        ends = [x - 6 for x in ports] + [block.w - times - 2]
        for start, end in zip(starts, ends, strict=True):
            if end - start >= name:
                block.title_at = start
                break
        else:
            more = name - (ends[0] - starts[0])
            block.w += more
            block.dx += more
            ports = [x + more for x in ports]
        if block.w - ports[-1] < times:
            block.w = ports[-1] + times


def graph_of(body: Body, floating: bool) -> Graph:
    """What the structure needs to know: the body's inputs, parts and outputs are vertices, in this order."""
    inputs, parts = len(body.inputs), len(body.parts)
    vertices = [Vertex("in", side="" if floating else p.side, floating=floating) for p in body.inputs]
    for part in body.parts:
        sides: tuple[tuple[int, Side], ...] = ()
        if part.inside is not None:
            sides = tuple((k, p.side) for k, p in enumerate(part.inside.inputs) if p.side)
        entry: Entry = "ports" if part.inside is not None else part.entry
        vertices.append(Vertex("node", part.weight, entry, bool(part.glyph), sides=sides))
    vertices += [Vertex("out", floating=floating) for _ in body.outputs]
    edges = []
    for a in body.arrows:
        source = a.out if a.source == OWN else inputs + a.source
        target = inputs + parts + a.into if a.target == OWN else inputs + a.target
        edges.append(Edge(source, 0 if a.source == OWN else a.out, target, 0 if a.target == OWN else a.into))
    return Graph(tuple(vertices), tuple(edges))
