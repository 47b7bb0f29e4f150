"""A recurrent network step by step: one step drawn fully, those before and after it faded, states running between them.

The step's block is drawn once; each copy is the same drawing at another place. A state leaves a step at its foot and
enters the next from the left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moniel2.ir.model import Loop, Model, PortKind, distinct_blocks
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, Port
from moniel2.layout.draft import Drafter, Look
from moniel2.layout.layout import layout
from moniel2.layout.pick import Page, Wanted, pick
from moniel2.layout.scene import Anchor, Box, Circle, Glyph, Group, Item, Point, Polygon, TextRun, Wire, moved
from moniel2.layout.text import width
from moniel2.layout.views.dissolve import dissolve
from moniel2.layout.views.options import Refused, ViewOptions
from moniel2.layout.views.pen import PLAIN, SMALL, Drawn, Mark, box, reduced, text, wire
from moniel2.layout.words import title

MOST_STEPS = 12
STEP = "step"
STUB, TRACK, GAP = 30.0, 8.0, 22.0
NAME_ROW, DOOR = 16.0, 9.0
CLOSED = 76.0  # width of a step that is only a box


@dataclass(frozen=True, slots=True)
class Found:
    """A model's loop; ``name`` is what the text calls it, ``inputs`` and ``output`` what flows in and out of it."""

    loop: Loop
    name: str
    inputs: tuple[str, ...] = ()
    output: str = ""


def loop_of(model: Model) -> Found | None:
    """The loop that a model is; None if there is more in it."""
    root = Drafter(model, Look()).root
    steps = Drafter(model, Look()).folded(root).steps
    only = steps[0].what if len(steps) == 1 else None
    if isinstance(only, Loop) and not any(
        isinstance(n.what, Loop) for b in distinct_blocks(only.body) for n in b.nodes
    ):
        inputs = tuple(p.name for p in root.inputs if p.kind is PortKind.PLAIN)
        output = next((p.name for p in root.outputs if p.name), "output")
        return Found(only, "", inputs, output)
    return None


def unrolled(model: Model, found_loop: Found, steps: int, options: ViewOptions) -> Drawn:
    """Draw ``steps`` steps of the loop. Raises ``Refused`` beyond ``MOST_STEPS``."""
    loop = found_loop.loop
    if steps > MOST_STEPS:
        raise Refused(f"{steps} steps are too many to draw one by one (at most {MOST_STEPS})")
    drawing = _Drawing(found_loop, options)
    found = steps // 2 if steps % 2 else steps // 2 - 1
    items: list[Item] = []
    for drawing.closed in (False, True):
        items = [i for n in range(steps) for i in drawing.copy(n, n - found, n == steps - 1)]
        if reduced(Drawn("", items, [], ""), options.title, options.legend, True) <= 1:
            break
    name = found_loop.name or title(loop.body, None) or "a loop"
    told = f"{model.name}: {steps} steps of {name}, one drawn fully, with states between."
    return Drawn(model.name, items, list(drawing.marks()), told)


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a line enters or leaves the step's frame, and what it is called."""

    name: str
    at: Point
    constant: bool = False  # the same in every step

    def told(self, when: str) -> str:
        return self.name if self.constant else f"{self.name} [{when}]"


class _Drawing:
    """``closed``: the steps before and after are boxes with nothing but their name, where there is little room."""

    closed = False

    def __init__(self, found: Found, options: ViewOptions) -> None:
        loop = found.loop
        drafter = Drafter(Model(loop.body.name or STEP, loop.body), Look(shapes=False, compact=True))
        self.body, states = _open(
            pick(drafter, Wanted(None, options.wanted.expand, options.wanted.collapse), Page("down", False))
        )
        name = found.name or title(loop.body, None) or STEP
        if len(self.body.parts) == 1 and self.body.parts[0].inside is not None:
            # A step that is one block needs no frame around that one's.
            name, self.body = self.body.parts[0].first, dissolve(self.body)
        self.name = name
        kinds = {p.name: p.kind for p in loop.body.outputs}
        self.body = _last(self.body, [p.name for p in self.body.outputs if kinds.get(p.name) is PortKind.STATE])
        items = _framed(self.body, name)
        frame = next(
            i for g in items if isinstance(g, Group) for i in g.items if isinstance(i, Box) and i.css == "frame"
        )
        self.items = [moved(i, -frame.x, -frame.y) for i in items if isinstance(i, Group) and i.path == STEP]
        self.w, self.h = frame.w, frame.h
        wires = [i for g in self.items if isinstance(g, Group) for i in g.items if isinstance(i, Wire)]
        outer = found.inputs
        plain = [p.name for p in self.body.inputs if not p.side]
        constant = {p.name for p in loop.body.inputs if p.kind in (PortKind.CAPTURE, PortKind.FEED)}
        self.inputs = [
            _Way(outer[k] if k < len(outer) and outer[k] else name, at, name in constant)
            for k, name in enumerate(plain)
            if (at := _start(wires, name))
        ]
        self.states_in = [_Way(n, at) for n in states if (at := _start(wires, n))]
        self.also = [
            (way.at, w.points[0])
            for way in self.states_in
            for w in wires
            if w.source == f"{STEP}/in:{way.name}" and w.points[0] != way.at
        ]
        ends = [(p.name, _end(wires, p.name)) for p in self.body.outputs]
        self.states_out = {n: at for n, at in ends if at and kinds.get(n) is PortKind.STATE}
        self.outputs = [
            _Way(found.output if found.output and n.startswith("output") else _bare(n), at)
            for n, at in ends
            if at and kinds.get(n) is not PortKind.STATE
        ]

    def copy(self, number: int, step: int, last: bool) -> Iterator[Item]:
        """One step; ``step`` counts from the one that is drawn fully."""
        between = GAP + TRACK * max(len(self.states_in), 1) + STUB
        before = [self.w if not self.closed or step - number + n == 0 else CLOSED for n in range(number)]
        left = sum(before) + number * between
        if self.closed and step:
            yield from self._shut(left, step, number == 0, last)
            return
        when = "t" if step == 0 else f"t{'+' if step > 0 else '−'}{abs(step)}"
        faded = ".faded" if step else ""
        yield Group(tuple(_faded(moved(i, left, 0.0), faded) for i in self.items), STEP, "step")
        starts = [(left + way.at[0], way.told(when)) for way in self.inputs]
        for way, (x, name), (y, anchor) in zip(self.inputs, starts, _rows(starts), strict=True):
            yield wire([(x, y), (x, way.at[1])], f"wire{faded}", arrow=False, target=STEP)
            yield text(x, y - 5, name, PLAIN, anchor, f"text.port{faded}", italic=True)
        low = self.h + 12.0 + TRACK * len(self.states_out)
        for way in self.outputs:
            x = left + way.at[0]
            yield wire([(x, way.at[1]), (x, low + 14)], f"wire{faded}", source=STEP)
            yield text(x, low + 26, way.told(when), PLAIN, "middle", f"text.port{faded}", italic=True)
        for (x, y), (_, low) in self.also:
            # A state that is read in several places comes in by as many doors.
            points = [(left + x - DOOR, y), (left + x - DOOR, low), (left + x, low)]
            yield wire(points, f"wire.back{faded}", arrow=False, target=STEP, css="wire state")
        yield from self._states(left, number == 0, last)

    def _shut(self, left: float, step: int, first: bool, last: bool) -> Iterator[Item]:
        """A step as a box: what it takes above, what it gives below, states straight through it."""
        faded, path, middle = ".faded", f"{STEP}", left + CLOSED / 2
        when = f"t{'+' if step > 0 else '−'}{abs(step)}"
        shape = box(left, 0.0, CLOSED, self.h, f"frame{faded}", 6.0, path=path, css="frame")
        words = text(middle, self.h / 2 + 4, self.name, PLAIN, "middle", f"text{faded}", bold=True, path=path)
        yield Group((shape, words), path, "step")
        changing = [way for way in self.inputs if not way.constant]
        starts = [(left + CLOSED * (k + 1) / (len(changing) + 1), w.told(when)) for k, w in enumerate(changing)]
        for (x, name), (y, anchor) in zip(starts, _rows(starts), strict=True):
            yield wire([(x, y), (x, 0.0)], f"wire{faded}", target=path)
            yield text(x, y - 5, name, PLAIN, anchor, f"text.port{faded}", italic=True)
        low = self.h + 12.0 + TRACK * len(self.states_out)
        for k, way in enumerate(self.outputs):
            x = left + CLOSED * (k + 1) / (len(self.outputs) + 1)
            yield wire([(x, self.h), (x, low + 14)], f"wire{faded}", source=path)
            yield text(x, low + 26, way.told(when), PLAIN, "middle", f"text.port{faded}", italic=True)
        end = left + CLOSED + GAP + TRACK * max(len(self.states_in), 1) + STUB
        for k, way in enumerate(sorted(self.states_in, key=lambda w: -w.at[1])):
            y = way.at[1]
            if first:
                yield wire([(left - STUB, y), (left, y)], "wire.back.faded", arrow=False, target=path, css="wire state")
                at = y + 3.5 + self._aside(k, 4.0)
                yield text(left - STUB - 4, at, way.name, SMALL, "end", "text.port", italic=True)
            key = "wire.back.faded" if last else "wire.back"
            target = "" if last else path
            yield wire([(left + CLOSED, y), (end, y)], key, last, source=path, target=target, css="wire state")
            at = y - 3 + max(self._aside(k, 13.0), 0.0)
            yield text((left + CLOSED + end) / 2, at, way.name, SMALL, "middle", "text.port", italic=True)

    def _states(self, left: float, first: bool, last: bool) -> Iterator[Item]:
        """A state's line to the next step; the first step's comes from nowhere, the last one's goes on."""
        order = sorted(self.states_in, key=lambda w: -w.at[1])
        for k, way in enumerate(order):
            y = way.at[1]
            if first:
                yield wire([(left - STUB, y), (left, y)], "wire.back.faded", arrow=False, target=STEP, css="wire state")
                yield text(
                    left - STUB - 4, y + 3.5 + self._aside(k, 4.0), way.name, SMALL, "end", "text.port", italic=True
                )
            if way.name not in self.states_out:
                continue
            out = self.states_out[way.name]
            track = self.h + 10.0 + TRACK * k
            x = left + self.w + GAP / 2 + TRACK * k
            end = left + self.w + GAP + TRACK * max(len(order), 1) + STUB
            points = [(left + out[0], out[1]), (left + out[0], track), (x, track), (x, y), (end, y)]
            key = "wire.back.faded" if last else "wire.back"
            yield wire(points, key, arrow=last, source=STEP, target="" if last else STEP, css="wire state")
            room = end - x - 6
            if width(way.name, SMALL) <= room:
                yield text(
                    (x + end) / 2,
                    y - 3 + max(self._aside(k, 13.0), 0.0),
                    way.name,
                    SMALL,
                    "middle",
                    "text.port",
                    italic=True,
                )

    def _aside(self, number: int, far: float) -> float:
        """How far the name of a state stands from where it would be alone: the lowest below, the others above."""
        return 0.0 if len(self.states_in) == 1 else far if number == 0 else -far

    def marks(self) -> Iterator[Mark]:
        """What the red lines are."""
        if self.states_in:
            yield Mark("wire.back", "state, from step to step", "arrow")


def _bare(name: str) -> str:
    """``output`` for ``output 1``: a state is no second output."""
    return "output" if name.startswith("output") else name or "output"


def _rows(starts: Sequence[tuple[float, str]]) -> list[tuple[float, Anchor]]:
    """Where the lines of inputs begin, as low as their names have room, and how these stand to their lines."""
    ends: list[float] = []  # of each row, from below
    found: list[tuple[float, Anchor]] = []
    before = float("-inf")  # the line of the name before
    for x, words in starts:
        half = width(words, PLAIN) / 2 + 4
        anchor: Anchor = "middle" if x - half > before else "start"
        left, right = (x - half, x + half) if anchor == "middle" else (x - 4, x + 2 * half)
        row = next((k for k, end in enumerate(ends) if left >= end), len(ends))
        ends[row:] = [right, *ends[row + 1 :]]
        found.append((-STUB - NAME_ROW * row, anchor))
        before = x
    return found


def _open(body: Body) -> tuple[Body, list[str]]:
    """The body of a step whose states come in from the left instead of running back inside; the states' names."""
    names = [p.name for p in body.outputs]
    driven = {(a.source, a.out): names[a.into] for a in body.arrows if a.target == OWN}
    states: list[str] = []
    arrows: list[Arrow] = []
    inputs = list(body.inputs)
    known = {p.name: k for k, p in enumerate(inputs)}
    for a in body.arrows:
        if not a.dashed:
            arrows.append(a)
            continue
        name = driven.get((a.source, a.out), "state")
        if name not in states:
            states.append(name)
            if name in known:
                inputs[known[name]] = replace(inputs[known[name]], side="left")
            else:
                known[name] = len(inputs)
                inputs.append(Port(name, side="left"))
        arrows.append(Arrow(OWN, known[name], a.target, a.into))
    return replace(body, inputs=tuple(inputs), arrows=tuple(dict.fromkeys(arrows))), states


def _framed(body: Body, name: str) -> Sequence[Item]:
    ins, outs = len(body.inputs), len(body.outputs)
    part = Part(STEP, "block", "frame", name, inputs=ins, outputs=("",) * outs, entry="ports", inside=body)
    arrows = [Arrow(OWN, k, 0, k) for k in range(ins)] + [Arrow(0, k, OWN, k) for k in range(outs)]
    outer = Body((Port(""),) * ins, (Port(""),) * outs, (part,), tuple(arrows))
    return layout(Diagram(name, outer, columns=False), held=True).items


def _last(body: Body, names: Sequence[str]) -> Body:
    """The same with some outputs after all others: what goes on to the next step leaves on that side."""
    order = sorted(range(len(body.outputs)), key=lambda k: body.outputs[k].name in names)
    arrows = [replace(a, into=order.index(a.into)) if a.target == OWN else a for a in body.arrows]
    return replace(body, outputs=tuple(body.outputs[k] for k in order), arrows=tuple(arrows))


def _start(wires: Sequence[Wire], name: str) -> Point | None:
    return next((w.points[0] for w in wires if w.source == f"{STEP}/in:{name}"), None)


def _end(wires: Sequence[Wire], name: str) -> Point | None:
    return next((w.points[-1] for w in wires if w.target == f"{STEP}/out:{name}"), None)


def _faded(item: Item, suffix: str) -> Item:
    if not suffix:
        return item
    match item:
        case Group():
            return replace(item, items=tuple(_faded(i, suffix) for i in item.items))
        case Box() | Circle() | Polygon() | TextRun() | Wire() | Glyph():
            return replace(item, theme=item.theme + suffix)
