"""Bodies in bodies: each is arranged once, from the inside out, and becomes a box of the one around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from moniel2.layout.arrange import arrange
from moniel2.layout.boxes import LABEL_HEIGHT, Direction, is_sideways, port_size, size_of
from moniel2.layout.crossings import crossings
from moniel2.layout.diagram import OWN, Body, Part, times
from moniel2.layout.fold_u import Fold, fold
from moniel2.layout.graph import Edge, Entry, Graph, Side, Vertex
from moniel2.layout.plan import Plan
from moniel2.layout.ports import Seen, View, rearranged
from moniel2.layout.shelves import shelve
from moniel2.layout.sizes import FIRST_TRACK, Arrangement, Size
from moniel2.layout.structure import sketched, structure
from moniel2.layout.text import width
from moniel2.layout.u import Stand, around, arrange_u

HEAD, MARGIN = 20.0, 9.0  # of a frame: its header, and the space at its other sides
TITLE, SUBTITLE, TITLE_LEFT = 11.0, 9.5, 8.0
BETWEEN = 6.0  # title and subtitle
TITLE_WORTH = 16.0  # how much wider a frame may be for its title to stand on the left


@dataclass(slots=True)
class Layers:
    """A body made ready: which way each of its parts flows, and the plan of its wires or the U it folds into."""

    body: Body
    graph: Graph
    direction: Direction
    inner: list[Direction]  # of each part
    plan: Plan | None
    fold: Fold | None


@dataclass(slots=True)
class Block:
    """A body in its place: the arrangement, and the frame around it in the coordinates of the flow.

    ``dx``, ``dy`` lead from the frame's corner to the arrangement's origin. ``title_at`` is where the title starts, on
    the page, from the frame's left edge.
    """

    layers: Layers
    sizes: list[Size]
    arrangement: Arrangement
    w: float = 0.0
    h: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    title_at: float = TITLE_LEFT
    second_at: float = 0.0

    @property
    def body(self) -> Body:
        return self.layers.body

    @property
    def direction(self) -> Direction:
        return self.layers.direction


Engine = Callable[[Graph, Sequence[Size]], Arrangement]


class Composer:
    """Arranges bodies, equal ones once. A model higher than its ``page`` (across, along) is cut into columns.

    ``engine`` places the boxes of a block instead of us. ``plan_of`` may remember the plans of blocks; the ports of
    frames stand where less crosses, unless they are ``held``.
    """

    def __init__(
        self,
        direction: Direction,
        page: tuple[float, float] | None = None,
        engine: Engine | None = None,
        plan_of: Callable[[Graph], Plan] = structure,
        held: bool = False,
    ) -> None:
        self.plan_of = plan_of
        self.held = held
        self.direction: Direction = direction
        self.page = page
        self.engine = engine
        self._layers: dict[tuple[int, Direction], Layers] = {}
        self._blocks: dict[tuple[int, str, str, str, Direction], Block] = {}
        self._kept: list[Body] = []  # so that ids stay unique
        self._sided: dict[tuple[int, int, Side], Body] = {}

    def compose(self, root: Body) -> Block:
        """The whole model, with the ports of its frames in the order that crosses least."""
        if self.engine is None and not self.held and any(part.inside is not None for part in root.parts):
            now = self.look(root).crossed
            if now:
                quick = Composer(self.direction, self.page, plan_of=sketched)
                other = rearranged(root, lambda body: quick.look(body), lambda body: quick.free(body))
                if other is not root and self.look(other).crossed < now:
                    root = other
        return self._composed(root)

    def look(self, root: Body) -> View:
        """How a model would be drawn as it is given."""
        blocks = [self._composed(root)]
        counts: dict[int, int] = {}
        view = View(0, {})
        for block in blocks:
            body = block.body
            blocks += [self.block(p, d) for p, d in self._open_parts(block.layers)]
            if id(body) not in counts:
                counts[id(body)] = crossings(block.layers.graph, block.arrangement)
                view.bodies[id(body)] = Seen(counts[id(body)], *_ports(body, block.arrangement, block.sizes))
            view.crossed += counts[id(body)]
        return view

    def free(self, body: Body) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Where the inputs and outputs of a body would be, were they free."""
        graph = graph_of(body, True)
        sizes = self._sizes(self._ready(body, self.direction, False), False)
        return _ports(body, arrange(self.plan_of(graph), sizes), sizes)

    def _composed(self, root: Body) -> Block:
        """No recursion, however deep blocks stand in blocks."""
        order: list[tuple[Part, Direction]] = []
        stack = self._open_parts(self._ready(root, self.direction, True))
        while stack:
            part, direction = stack.pop()
            order.append((part, direction))
            assert part.inside is not None
            stack += self._open_parts(self._ready(part.inside, direction, False))
        for part, direction in reversed(order):
            self.block(part, direction)
        return self._arranged(self._ready(root, self.direction, True), None)

    def block(self, part: Part, direction: Direction) -> Block:
        """The block inside an open part, with its frame."""
        assert part.inside is not None
        key = (id(part.inside), part.first, part.second, times(part), direction)
        if key not in self._blocks:
            self._blocks[key] = self._arranged(self._ready(part.inside, direction, False), part)
        return self._blocks[key]

    def _open_parts(self, layers: Layers) -> list[tuple[Part, Direction]]:
        return [(p, d) for p, d in zip(layers.body.parts, layers.inner, strict=True) if p.inside is not None]

    def _ready(self, body: Body, direction: Direction, floating: bool) -> Layers:
        key = (id(body), direction)
        if key not in self._layers:
            self._kept.append(body)
            graph = graph_of(body, floating)
            shape = fold(graph) if body.shape == "u" and direction == "down" else None
            if shape is None:
                # What skips and what runs back is the same whoever places the boxes.
                plan = self.plan_of(graph)
                self._layers[key] = Layers(body, graph, direction, [direction] * len(body.parts), plan, None)
            else:
                self._layers[key] = self._folded(body, graph, shape)
        return self._layers[key]

    def _folded(self, body: Body, graph: Graph, shape: Fold) -> Layers:
        """A U: its left column flows down, its right one up, what hangs on it to the right. Skips enter open blocks of
        the right column from the left, a bus those of both columns from outside and the foot from below."""
        inputs = len(body.inputs)
        inner: list[Direction] = ["down"] * len(body.parts)
        for v in shape.right:
            if graph.vertices[v].role == "node":
                inner[v - inputs] = "up"
        for v in (shape.foot, *(v for _, chain in shape.pendants for v in chain)):
            if graph.vertices[v].role == "node":
                inner[v - inputs] = "right"
        parts = list(body.parts)
        skips = set(shape.skips)
        for e in graph.edges:
            part = parts[e.target - inputs] if graph.vertices[e.target].role == "node" else None
            if part is None or part.inside is None:
                continue
            side: Side = ""
            if (e.source, e.target) in skips:
                side = "left"
            elif shape.bus and e.source == shape.bus[-1]:
                side = "left" if e.target in shape.left else "right"
            if side:
                parts[e.target - inputs] = replace(part, inside=self._with_side(part.inside, e.into, side))
        folded = replace(body, parts=tuple(parts))
        self._kept.append(folded)
        return Layers(folded, graph, "down", inner, None, shape)

    def _with_side(self, body: Body, port: int, side: Side) -> Body:
        """The same body with one input on a side."""
        key = (id(body), port, side)
        if key not in self._sided:
            self._kept.append(body)
            inputs = tuple(replace(p, side=side) if k == port else p for k, p in enumerate(body.inputs))
            self._sided[key] = replace(body, inputs=inputs)
        return self._sided[key]

    def _arranged(self, layers: Layers, part: Part | None) -> Block:
        sizes = self._sizes(layers, named=part is None)
        if layers.fold is not None:
            arrangement = arrange_u(layers.graph, layers.fold, self._stands(layers, sizes))
            if part is not None:
                around(layers.graph, arrangement)
        elif self.engine is not None:
            arrangement = self.engine(layers.graph, sizes)
        else:
            assert layers.plan is not None
            arrangement = arrange(layers.plan, sizes)
        if layers.fold is None and part is None and self.page is not None:
            shelve(layers.graph, sizes, arrangement, *self.page)
        block = Block(layers, sizes, arrangement)
        if part is None:
            block.w, block.h = arrangement.right - arrangement.left, arrangement.height
            block.dx = -arrangement.left
            return block
        return self._framed(part, block)

    def _sizes(self, layers: Layers, named: bool) -> list[Size]:
        body = layers.body
        arriving = [0] * len(body.outputs)
        for a in body.arrows:
            if a.target == OWN:
                arriving[a.into] += 1
        sizes = [port_size(p, layers.direction, False, 1, named) for p in body.inputs]
        for p, direction in zip(body.parts, layers.inner, strict=True):
            size = size_of(p, direction) if p.inside is None else self._box(p, direction)
            # In a U every box is measured on the page.
            turned = layers.fold is not None and is_sideways(direction)
            sizes.append(replace(size, w=size.h, h=size.w) if turned else size)
        sizes += [port_size(p, layers.direction, True, n, named) for p, n in zip(body.outputs, arriving, strict=True)]
        return sizes

    def _box(self, part: Part, direction: Direction) -> Size:
        block = self.block(part, direction)
        inputs, outputs = len(block.body.inputs), len(block.body.outputs)
        spine = [x + s.w / 2 for x, s in zip(block.arrangement.x, block.sizes, strict=True)]
        xs = [block.dx + x for x in spine]
        sides = tuple((v, block.dy + y) for v, y in block.arrangement.side_ports.items())
        first = len(xs) - outputs
        main_in = next((k for k in range(inputs) if abs(spine[k]) < 0.5), -1)
        main_out = next((k for k in range(outputs) if abs(spine[first + k]) < 0.5), -1)
        return Size(block.w, block.h, tuple(xs[:inputs]), tuple(xs[first:]), sides, main_in=main_in, main_out=main_out)

    def _stands(self, layers: Layers, sizes: Sequence[Size]) -> list[Stand]:
        """The boxes of a U: where the main way and the skips meet each."""
        assert layers.fold is not None
        inputs, graph, shape = len(layers.body.inputs), layers.graph, layers.fold
        skips = set(shape.skips)
        told = {e.target: e.into for e in graph.edges if shape.bus and e.source == shape.bus[-1]}
        main_in: dict[int, int] = {}
        main_out: dict[int, int] = {}
        skip_in: dict[int, list[int]] = {}
        skip_out: dict[int, int] = {}
        for e in graph.edges:
            if (e.source, e.target) in skips:
                skip_in.setdefault(e.target, []).append(e.into)
                skip_out[e.source] = e.out
            elif not shape.bus or e.source != shape.bus[-1]:
                main_in[e.target] = e.into
                main_out.setdefault(e.source, e.out)
        stands: list[Stand] = []
        for v, size in enumerate(sizes):
            k = v - inputs
            part = layers.body.parts[k] if graph.vertices[v].role == "node" else None
            if part is None or part.inside is None:
                middle, across = size.h / 2, size.w / 2
                sideways = part is not None and is_sideways(layers.inner[k])
                label, right = (0.0, size.below) if sideways else (LABEL_HEIGHT if size.below else 0.0, size.right)
                bus = across if v == shape.foot else middle
                stands.append(Stand(size.w, size.h, across, across, middle, middle, label, right, bus))
                continue
            way_in, way_out = size.into(main_in.get(v, 0)), size.out(main_out.get(v, 0))
            bus = size.side_port(told[v]) if v in told else 0.0
            if layers.inner[k] == "right":
                stands.append(Stand(size.w, size.h, size.w / 2, size.w / 2, way_in, way_out, bus=bus))
            elif layers.inner[k] == "up":
                levels = tuple((port, size.h - size.side_port(port)) for port in skip_in.get(v, []))
                level = levels[0][1] if levels else size.h / 2
                stands.append(
                    Stand(size.w, size.h, way_out, way_in, level, level, 0.0, 0.0, size.h - bus, True, levels)
                )
            else:
                under = size.h + FIRST_TRACK
                skip = size.out(skip_out[v]) if v in skip_out else way_out
                stands.append(Stand(size.w, size.h, way_in, way_out, size.h / 2, under, 0.0, 0.0, bus, True, (), skip))
        return stands

    def _framed(self, part: Part, block: Block) -> Block:
        """Put a frame around an arrangement, wide enough for the title, which no wire may strike."""
        a = block.arrangement
        first = width(part.first, TITLE, True)
        second = width(part.second, SUBTITLE) if part.second else 0.0
        name = first + (second + BETWEEN if second else 0.0)
        block.second_at = TITLE_LEFT + first + BETWEEN
        often = width(times(part), TITLE, True) + 14 if times(part) else 0.0
        across, along = a.right - a.left, a.height
        if is_sideways(block.direction):
            need = name + often + 2 * TITLE_LEFT
            extra = max(0.0, need - along - 2 * MARGIN)
            block.w, block.h = across + HEAD + MARGIN, along + 2 * MARGIN + extra
            block.dx, block.dy = HEAD - a.left, MARGIN + extra / 2
            # What enters from the side comes through the header here.
            sides = [block.dy + y for v, y in a.side_ports.items() if block.layers.graph.vertices[v].side == "left"]
            rightwards = block.direction == "right"
            struck = sorted(sides if rightwards else [block.h - y for y in sides])
            if struck:
                before, after = _entitle(block, struck, first, second, often, block.h)
                whole = max(block.h + before + after, struck[-1] + before + often)
                block.dy += before if rightwards else whole - block.h - before
                block.h = whole
            return block
        block.w, block.h = across + 2 * MARGIN, along + HEAD + MARGIN
        block.dx, block.dy = MARGIN - a.left, HEAD if block.direction == "down" else MARGIN
        if block.direction == "up":
            # A label above what stands last would come into the header.
            labels = [y + s.h + LABEL_HEIGHT for y, s in zip(a.y, block.sizes, strict=True) if s.below]
            block.h += max([0.0, *(top + 2 - along for top in labels)])
        inputs, outputs = len(block.body.inputs), len(block.body.outputs)
        vertices = range(inputs) if block.direction == "down" else range(len(a.x) - outputs, len(a.x))
        ports = sorted(
            block.dx + a.x[v] + block.sizes[v].w / 2 for v in vertices if not block.layers.graph.vertices[v].side
        )
        if not ports:
            block.w = max(block.w, name + often + 2 * TITLE_LEFT)
            return block
        before, after = _entitle(block, ports, first, second, often, block.w)
        block.w = max(block.w + before + after, ports[-1] + before + often)
        block.dx += before
        return block


def _ports(body: Body, arrangement: Arrangement, sizes: Sequence[Size]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Where the middles of a body's inputs and outputs are, across."""
    xs = [x + s.w / 2 for x, s in zip(arrangement.x, sizes, strict=True)]
    return tuple(xs[: len(body.inputs)]), tuple(xs[len(body.inputs) + len(body.parts) :])


def _entitle(
    block: Block, struck: Sequence[float], first: float, second: float, times: float, whole: float
) -> tuple[float, float]:
    """Find places for a title and for what is said beside it between the wires that cross the header. Returns how much
    wider the frame must be for them on the left and on the right."""
    name = first + (second + BETWEEN if second else 0.0)
    starts = [TITLE_LEFT, *(x + 6 for x in struck)]
    ends = [x - 6 for x in struck] + [whole - times - 6]
    free = [end - start for start, end in zip(starts, ends, strict=True)]
    before = max(0.0, name - free[0])
    after, title_at, second_at = 0.0, TITLE_LEFT, TITLE_LEFT + first + BETWEEN
    if second:
        # The second may stand behind a wire; behind the last there is as much room as one makes.
        left = max(0.0, first - free[0])
        later = next((k for k in range(1, len(free)) if free[k] >= second), len(free) - 1)
        right = max(0.0, second - free[later])
        if left + right < before:
            before, after, second_at = left, right, starts[later] + left
    # A title belongs to the left, unless that costs too much.
    fitting = [k for k in range(1, len(free)) if free[k] >= name]
    if fitting and before + after > TITLE_WORTH:
        before, after, title_at = 0.0, 0.0, starts[fitting[0]]
        second_at = title_at + first + BETWEEN
    block.title_at, block.second_at = title_at, second_at
    return before, after


def graph_of(body: Body, floating: bool) -> Graph:
    """What the structure needs to know: the body's inputs, parts and outputs are vertices, in this order."""
    inputs, parts = len(body.inputs), len(body.parts)
    vertices = [Vertex("in", side="" if floating else p.side, floating=floating) for p in body.inputs]
    number = {part.key: inputs + k for k, part in enumerate(body.parts)}
    for part in body.parts:
        sides = part.sides
        if part.inside is not None:
            sides = tuple((k, p.side) for k, p in enumerate(part.inside.inputs) if p.side)
        entry: Entry = "ports" if part.inside is not None else part.entry
        shares = number.get(part.shares, -1)
        vertices.append(Vertex("node", part.weight, entry, bool(part.glyph), sides=sides, shares=shares))
    vertices += [Vertex("out", floating=floating, joins=p.is_either) for p in body.outputs]
    edges = []
    for a in body.arrows:
        source = a.out if a.source == OWN else inputs + a.source
        target = inputs + parts + a.into if a.target == OWN else inputs + a.target
        edges.append(Edge(source, 0 if a.source == OWN else a.out, target, 0 if a.target == OWN else a.into, a.dashed))
    return Graph(tuple(vertices), tuple(edges))
