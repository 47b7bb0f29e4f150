"""Diagram -> scene: what is shown becomes boxes, wires and text at their places on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from moniel2.layout.boxes import (
    BAR,
    BAR_ROOM,
    FIRST,
    LABEL_BESIDE,
    PORT_NAME,
    REPEAT_SPACE,
    SECOND,
    SHAPE,
    Direction,
    is_sideways,
    size_of,
)
from moniel2.layout.compose import SUBTITLE, TITLE, Block, Composer, Engine
from moniel2.layout.diagram import OWN, SHARED, Body, Diagram, Part, times
from moniel2.layout.graph import Graph
from moniel2.layout.links import Rect, link
from moniel2.layout.page import MARGIN, PAGE
from moniel2.layout.plan import Plan
from moniel2.layout.scene import Box, Circle, Glyph, Group, Item, Point, Scene, TextRun, Wire, rounded
from moniel2.layout.sizes import Size
from moniel2.layout.structure import structure
from moniel2.layout.text import width

HEADING, HEADING_ROOM = 13.0, 26.0


def layout(
    diagram: Diagram,
    engine: Engine | None = None,
    page: tuple[float, float] = PAGE,
    plan_of: Callable[[Graph], Plan] = structure,
    held: bool = False,
) -> Scene:
    """Lay a diagram out; ``engine`` may place the boxes of each block, ``page`` is what columns are cut for, and
    ``plan_of`` may remember the plans of blocks; ``held`` ports of frames stay in their order."""
    composer = Composer(diagram.direction, page if diagram.columns else None, engine, plan_of, held)
    root = composer.compose(diagram.body)
    top = HEADING_ROOM if diagram.title else 0.0
    items = _instances(composer, root, MARGIN, MARGIN + top)
    w, h = (root.h, root.w) if is_sideways(root.direction) else (root.w, root.h)
    w, h = w + 2 * MARGIN, h + 2 * MARGIN + top
    if diagram.title:
        long = width(diagram.title, HEADING, True)
        w = max(w, long + 2 * MARGIN)
        heading = TextRun(
            rounded(w / 2),
            MARGIN + 14,
            diagram.title,
            HEADING,
            True,
            False,
            "middle",
            "text.heading",
            rounded(long),
        )
        items = [heading, *items]
    return Scene(rounded(w), rounded(h), tuple(items), diagram.title or diagram.name, diagram.description)


@dataclass(frozen=True, slots=True)
class Turn:
    """From the coordinates of a flow, which runs down, to the page. ``w`` and ``h`` are across and along the flow."""

    direction: Direction
    w: float
    h: float
    dx: float
    dy: float

    def point(self, x: float, y: float) -> Point:
        if self.direction == "right":
            x, y = y, x
        elif self.direction == "up":
            y = self.h - y
        elif self.direction == "left":
            x, y = self.h - y, x
        return (rounded(x + self.dx), rounded(y + self.dy))

    def box(self, x: float, y: float, w: float, h: float) -> tuple[float, float, float, float]:
        (x0, y0), (x1, y1) = self.point(x, y), self.point(x + w, y + h)
        return (min(x0, x1), min(y0, y1), rounded(abs(x1 - x0)), rounded(abs(y1 - y0)))


@dataclass(slots=True)
class _Instance:
    """A block at its place on the page."""

    block: Block
    turn: Turn
    path: str
    depth: int
    part: Part | None
    parent: int
    slot: int
    groups: dict[int, Group] = field(default_factory=dict)  # by part: open blocks inside

    def rectangle(self, vertex: int) -> tuple[float, float, float, float]:
        """Where a vertex stands on the page."""
        block = self.block
        x, y = block.dx + block.arrangement.x[vertex], block.dy + block.arrangement.y[vertex]
        return self.turn.box(x, y, block.sizes[vertex].w, block.sizes[vertex].h)

    def inside(self, key: str) -> str:
        return f"{self.path}/{key}" if self.path else key


def _instances(composer: Composer, root: Block, x: float, y: float) -> list[Item]:
    """Every open block drawn at its place, the innermost first, each inside the one around it."""
    found = [_Instance(root, Turn(root.direction, root.w, root.h, x, y), "", 0, None, -1, -1)]
    for number, one in enumerate(found):
        for slot, part in enumerate(one.block.body.parts):
            if part.inside is None:
                continue
            direction = one.block.layers.inner[slot]
            block = composer.block(part, direction)
            px, py, _, _ = one.rectangle(len(one.block.body.inputs) + slot)
            turn = Turn(direction, block.w, block.h, px, py)
            found.append(_Instance(block, turn, one.inside(part.key), one.depth + 1, part, number, slot))
    for one in reversed(found[1:]):
        assert one.part is not None
        group = Group(tuple(_draw(one)), one.path, "block open", one.part.title)
        found[one.parent].groups[one.slot] = group
    return list(_draw(found[0]))


def _draw(one: _Instance) -> Iterator[Item]:
    """A block: its frame, wires, what is inside, then what has the same weights."""
    items = list(_body(one))
    yield from items
    if any(part.shares for part in one.block.body.parts):
        yield from _links(one, items)


def _links(one: _Instance, items: Sequence[Item]) -> Iterator[Wire]:
    """A dashed line without a head from each part that has the weights of others to the nearest of them, where there is
    room for it."""
    body = one.block.body
    places = {p.key: _edges(one.rectangle(len(body.inputs) + k)) for k, p in enumerate(body.parts)}
    taken = list(places.values())
    wires = [item.points for item in items if isinstance(item, Wire)]
    for item in items:
        if isinstance(item, Box) and item.css == "bar":
            taken.append(_edges((item.x, item.y, item.w, item.h)))
        elif isinstance(item, TextRun):
            taken.append(_letters(item))
        elif isinstance(item, Group):
            taken += [_letters(i) for i in item.items if isinstance(i, TextRun) and i.css == "port"]
    out = MARGIN - 2 if one.part is None else 0.0  # the page's margin is free
    room = _edges(one.turn.box(-out, -out, one.block.w + 2 * out, one.block.h + 2 * out))
    group: dict[str, list[str]] = {}  # of the first part with some weights: those known to have them
    for part in body.parts:
        if part.shares not in places:
            continue
        known = group.setdefault(part.shares, [part.shares])
        b = places[part.key]
        for key in sorted(known, key=lambda k: (_apart(places[k], b), known.index(k))):
            a = places[key]
            points = link(a, b, [r for r in taken if r != a and r != b], wires, room)
            if points:
                wires.append(points)
                yield Wire(
                    tuple((rounded(x), rounded(y)) for x, y in points),
                    theme="wire.skip",
                    arrow=False,
                    dashed=True,
                    source=one.inside(key),
                    target=one.inside(part.key),
                    css="link",
                    title=SHARED,
                )
                break
        known.append(part.key)


def _apart(a: Rect, b: Rect) -> float:
    """How far it is from the middle of one to that of the other."""
    return (abs(a[0] + a[2] - b[0] - b[2]) + abs(a[1] + a[3] - b[1] - b[3])) / 2


def _edges(box: tuple[float, float, float, float]) -> Rect:
    return (box[0], box[1], box[0] + box[2], box[1] + box[3])


def _letters(run: TextRun) -> Rect:
    """Where a text stands."""
    left = run.x - (run.width / 2 if run.anchor == "middle" else run.width if run.anchor == "end" else 0.0)
    return (left, run.y - run.size, left + run.width, run.y + run.size / 4)


def _body(one: _Instance) -> Iterator[Item]:
    if one.part is not None:
        yield from _frame(one)
    body = one.block.body
    # Several operands may come the same way, drawn as one wire.
    yield from dict.fromkeys(_wire(one, n) for n in range(len(body.arrows)))
    yield from _ports(one)
    plan = one.block.layers.plan
    flanking = {v for flank in plan.flanks for v in flank.chain} if plan is not None else set()
    for slot, part in enumerate(body.parts):
        x, y, w, h = one.rectangle(len(body.inputs) + slot)
        path, direction = one.inside(part.key), one.block.layers.inner[slot]
        if any(part.outputs):
            size = size_of(part, direction)
            # On a U everything leaves a box in its middle.
            folded = one.block.layers.fold is not None
            outs = [size.w / 2 if folded else size.out(k) for k in range(len(part.outputs))]
            turn = Turn(direction, size.w, size.h, x, y)
            if slot + len(body.inputs) in flanking:
                yield from _centred(part.outputs, turn, size, path)
            else:
                yield from _labels(part.outputs, turn, size.h, outs, path)
        yield one.groups[slot] if slot in one.groups else _part(part, (x, y, w, h), path)


def _frame(one: _Instance) -> Iterator[Item]:
    assert one.part is not None
    part = one.part
    x, y, w, h = one.turn.box(0.0, 0.0, one.block.w, one.block.h)
    theme = f"frame.{one.depth if one.depth < 4 else 3 + (one.depth + 1) % 2}"
    yield Box(x, y, w, h, 7.0, theme, part.dashed, False, one.path, "frame", part.title, part.tint)
    at = rounded(x + one.block.title_at)
    long = width(part.first, TITLE, True)
    yield TextRun(
        at, rounded(y + 14), part.first, TITLE, True, False, "start", "text.title", rounded(long), one.path, "title"
    )
    if part.second:
        yield TextRun(
            rounded(x + one.block.second_at),
            rounded(y + 14),
            part.second,
            SUBTITLE,
            theme="text.detail",
            width=rounded(width(part.second, SUBTITLE)),
            path=one.path,
            css="subtitle",
        )
    if often := times(part):
        yield TextRun(
            rounded(x + w - 8),
            rounded(y + 14),
            often,
            TITLE,
            True,
            False,
            "end",
            "text.repeat",
            rounded(width(often, TITLE, True)),
            one.path,
            "repeat",
        )


def _wire(one: _Instance, n: int) -> Wire:
    block, arrow = one.block, one.block.body.arrows[n]
    body = block.body
    points = [(block.dx + x, block.dy + y) for x, y in block.arrangement.wires[n]]
    framed = one.part is not None
    if framed and arrow.source == OWN:
        side = body.inputs[arrow.out].side
        if side:
            points[0] = (0.0 if side == "left" else block.w, points[0][1])
        else:
            points.insert(0, (points[0][0], 0.0))
    arriving = sum(a.target == OWN and a.into == arrow.into for a in body.arrows) if arrow.target == OWN else 0
    joined = arriving == 1 or (arriving > 1 and body.outputs[arrow.into].is_either)
    if framed and joined:
        points.append((points[-1][0], block.h))
    head = not joined or not framed if arrow.target == OWN else body.parts[arrow.target].inside is None
    back, skip = arrow.dashed, False
    if block.layers.plan is not None:
        route = block.layers.plan.routes[n]
        back = back or route.back
        skip = any(block.layers.plan.columns[c].kind == "lane" for c in route.columns)
    elif block.layers.fold is not None:
        edge = block.layers.graph.edges[n]
        skip = (edge.source, edge.target) in block.layers.fold.skips
    return Wire(
        tuple(one.turn.point(x, y) for x, y in points),
        theme="wire.back" if back else "wire",
        arrow=head,
        dashed=arrow.dashed,
        source=_end(one.path, body, arrow.source, arrow.out, True),
        target=_end(one.path, body, arrow.target, arrow.into, False),
        css="wire back" if back else "wire skip" if skip else "wire",
    )


def _end(path: str, body: Body, part: int, port: int, source: bool) -> str:
    if part != OWN:
        own = body.parts[part].key
    elif source:
        own = f"in:{body.inputs[port].name or port}"
    else:
        own = f"out:{body.outputs[port].name or port}"
    return f"{path}/{own}" if path else own


def _ports(one: _Instance) -> Iterator[Item]:
    """Names of the model's inputs and outputs; the bars on which wires meet that are one output."""
    body, block = one.block.body, one.block
    last = len(block.sizes) - len(body.outputs)
    for k, port in enumerate((*body.inputs, *body.outputs)):
        output = k >= len(body.inputs)
        number = k - len(body.inputs) if output else k
        vertex = last + number if output else k
        size = block.sizes[vertex]
        x, y, w, h = one.rectangle(vertex)
        path = _end(one.path, body, OWN, number, not output)
        meeting = output and not port.is_either
        barred = meeting and sum(a.target == OWN and a.into == number for a in body.arrows) > 1
        if barred:
            yield from _bar(one, vertex, path, port.title)
        if one.part is None:
            turn = Turn(block.direction, size.w, size.h, x, y)
            middle = turn.point(size.w / 2, (size.h + BAR_ROOM) / 2) if barred else (x + w / 2, y + h / 2)
            name = TextRun(
                rounded(middle[0]),
                rounded(middle[1] + 4),
                port.name,
                PORT_NAME,
                False,
                True,
                "middle",
                "text.port",
                rounded(width(port.name, PORT_NAME)),
                path,
                "port",
            )
            yield Group((name,), path, "port output" if output else "port input", port.title)
            yield from _labels((port.label,), turn, size.h, [size.w / 2], path)


def _bar(one: _Instance, vertex: int, path: str, title: str) -> Iterator[Item]:
    """Several wires end on a bar, and one goes on."""
    block, size = one.block, one.block.sizes[vertex]
    x, y = block.dx + block.arrangement.x[vertex], block.dy + block.arrangement.y[vertex]
    px, py, w, h = one.turn.box(x, y, size.w, BAR)
    yield Box(px, py, w, h, 1.0, "bar", False, False, path, "bar", title)
    if one.part is not None:
        middle = x + size.w / 2
        ends = (one.turn.point(middle, y + BAR), one.turn.point(middle, block.h))
        yield Wire(ends, arrow=False, source=path, target=path)


def _labels(labels: Sequence[str], turn: Turn, h: float, outs: Sequence[float], path: str) -> Iterator[TextRun]:
    """Shapes beside the wires that leave a box."""
    for label, out in zip(labels, outs, strict=True):
        if not label:
            continue
        px, py = turn.point(out, h)
        if turn.direction == "down":
            px, py = px + LABEL_BESIDE, py + 10
        elif turn.direction == "up":
            px, py = px + LABEL_BESIDE, py - 4
        else:
            px, py = px + (LABEL_BESIDE if turn.direction == "right" else -LABEL_BESIDE), py - 3
        yield TextRun(
            rounded(px),
            rounded(py),
            label,
            SHAPE,
            anchor="end" if turn.direction == "left" else "start",
            theme="text.shape",
            width=rounded(width(label, SHAPE)),
            path=path,
            css="shape",
        )


def _centred(labels: Sequence[str], turn: Turn, size: Size, path: str) -> Iterator[TextRun]:
    """The shape of what leaves a box at its side: where others have it, but there is no wire to stand beside."""
    for run in _labels(labels[:1], turn, size.h, [size.w / 2], path):
        if is_sideways(turn.direction):
            yield replace(run, y=rounded(run.y + 6.5))
        else:
            yield replace(run, x=rounded(run.x - LABEL_BESIDE), anchor="middle")


def _part(part: Part, box: tuple[float, float, float, float], path: str) -> Group:
    """A closed block, an operation, or a sign in a circle."""
    x, y, w, h = box
    if part.glyph:
        return Group(tuple(_sign(part, x + w / 2, y + h / 2, w / 2, path)), path, "op glyph", part.title)
    closed = part.kind == "block"
    css = "block closed" if closed else f"op {part.theme}"
    items: list[Item] = [
        Box(x, y, w, h, 4.0, part.theme, part.dashed, closed and not part.dashed, path, css, part.title, part.tint)
    ]
    items += _lines(part, x + w / 2, y + h / 2, path)
    return Group(tuple(items), path, css, part.title)


def _lines(part: Part, cx: float, cy: float, path: str) -> Iterator[TextRun]:
    base, on = cy - 2 if part.second else cy + 4, part.tint
    long = width(part.first, FIRST)
    if often := times(part):
        more = width(often, FIRST, True)
        start = cx - (long + REPEAT_SPACE + more) / 2
        yield TextRun(
            rounded(start), rounded(base), part.first, FIRST, width=rounded(long), path=path, css="label", on=on
        )
        at = rounded(start + long + REPEAT_SPACE)
        yield TextRun(
            at, rounded(base), often, FIRST, True, False, "start", "text.repeat", rounded(more), path, "repeat", on
        )
    else:
        yield TextRun(
            rounded(cx),
            rounded(base),
            part.first,
            FIRST,
            anchor="middle",
            width=rounded(long),
            path=path,
            css="label",
            on=on,
        )
    if part.second:
        yield TextRun(
            rounded(cx),
            rounded(base + 12),
            part.second,
            SECOND,
            anchor="middle",
            theme="text.detail",
            width=rounded(width(part.second, SECOND)),
            path=path,
            css="detail",
            on=on,
        )


def _sign(part: Part, cx: float, cy: float, r: float, path: str) -> Iterator[Item]:
    """⊕ ⊗ ⊖ ⊘ as a circle and strokes."""
    yield Circle(rounded(cx), rounded(cy), rounded(r), "glyph", part.dashed, path, "op glyph", part.title, part.tint)
    k = r * 0.55
    d = r * 0.42
    level = ((rounded(cx - k), rounded(cy)), (rounded(cx + k), rounded(cy)))
    upright = ((rounded(cx), rounded(cy - k)), (rounded(cx), rounded(cy + k)))
    falling = ((rounded(cx - d), rounded(cy - d)), (rounded(cx + d), rounded(cy + d)))
    rising = ((rounded(cx - d), rounded(cy + d)), (rounded(cx + d), rounded(cy - d)))
    strokes = {"+": (level, upright), "×": (falling, rising), "−": (level,), "÷": (rising,)}[part.glyph]
    yield Glyph(strokes, "glyph", path, "op glyph", part.tint)
