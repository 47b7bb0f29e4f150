"""A recurrent network step by step: one step drawn fully, those before and after it faded, states running between them.

The step's block is drawn once; each copy is the same drawing at another place. A state leaves a step at its foot and
enters the next from the left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moniel2.ir.model import Loop, Model, PortKind
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, Port
from moniel2.layout.draft import Drafter, Look
from moniel2.layout.layout import layout
from moniel2.layout.pick import Page, Wanted, pick
from moniel2.layout.scene import Box, Circle, Glyph, Group, Item, Point, Polygon, TextRun, Wire, moved
from moniel2.layout.text import width
from moniel2.layout.views.options import Refused, ViewOptions
from moniel2.layout.views.pen import PLAIN, SMALL, Drawn, Mark, text, wire
from moniel2.layout.words import title

MOST_STEPS = 12
STEP = "step"
STUB, TRACK, GAP = 30.0, 8.0, 22.0


def loop_of(model: Model) -> Loop | None:
    """The loop that a model is, if it is little else."""
    drafter = Drafter(model, Look())
    steps = drafter.folded(drafter.root).steps
    return steps[0].what if len(steps) == 1 and isinstance(steps[0].what, Loop) else None


def unrolled(model: Model, loop: Loop, steps: int, options: ViewOptions) -> Drawn:
    """Draw ``steps`` steps of the loop. Raises ``Refused`` beyond ``MOST_STEPS``."""
    if steps > MOST_STEPS:
        raise Refused(f"{steps} steps are too many to draw one by one (at most {MOST_STEPS})")
    drawing = _Drawing(model, loop, options)
    found = steps // 2 if steps % 2 else steps // 2 - 1
    items = [i for n in range(steps) for i in drawing.copy(n, n - found, n == steps - 1)]
    told = f"{model.name}: {steps} steps of {title(loop.body, None) or 'a loop'}, one drawn fully, with states between."
    return Drawn(model.name, items, list(drawing.marks()), told)


@dataclass(frozen=True, slots=True)
class _Way:
    """Where a line enters or leaves the step's frame, and what it is called."""

    name: str
    at: Point


class _Drawing:
    def __init__(self, model: Model, loop: Loop, options: ViewOptions) -> None:
        drafter = Drafter(Model(loop.body.name or STEP, loop.body), Look(shapes=False, compact=True))
        self.body, states = _open(
            pick(drafter, Wanted(None, options.wanted.expand, options.wanted.collapse), Page("down", False))
        )
        self.reverse = loop.reverse
        items = _framed(self.body, title(loop.body, None) or STEP)
        frame = next(
            i for g in items if isinstance(g, Group) for i in g.items if isinstance(i, Box) and i.css == "frame"
        )
        self.items = [moved(i, -frame.x, -frame.y) for i in items if isinstance(i, Group) and i.path == STEP]
        self.w, self.h = frame.w, frame.h
        wires = [i for g in self.items if isinstance(g, Group) for i in g.items if isinstance(i, Wire)]
        root = Drafter(model, Look()).root
        outer = [p.name for p in root.inputs if p.kind is PortKind.PLAIN]
        plain = [p.name for p in self.body.inputs if not p.side]
        self.inputs = [
            _Way(outer[k] if k < len(outer) and outer[k] else name, at)
            for k, name in enumerate(plain)
            if (at := _start(wires, name))
        ]
        self.states_in = [_Way(n, at) for n in states if (at := _start(wires, n))]
        kinds = {p.name: p.kind for p in loop.body.outputs}
        ends = [(p.name, _end(wires, p.name)) for p in self.body.outputs]
        self.states_out = {n: at for n, at in ends if at and kinds.get(n) is PortKind.STATE}
        named = [p.name or "output" for p in root.outputs]
        self.outputs = [
            _Way(named[0] if named and n.startswith("output") else n or "output", at)
            for n, at in ends
            if at and kinds.get(n) is not PortKind.STATE
        ]

    def copy(self, number: int, step: int, last: bool) -> Iterator[Item]:
        """One step; ``step`` counts from the one that is drawn fully."""
        left = number * (self.w + GAP + TRACK * max(len(self.states_in), 1) + STUB)
        when = "t" if step == 0 else f"t{'+' if step > 0 else '−'}{abs(step)}"
        faded = ".faded" if step else ""
        yield Group(tuple(_faded(moved(i, left, 0.0), faded) for i in self.items), STEP, "step")
        for way in self.inputs:
            x = left + way.at[0]
            yield wire([(x, -STUB), (x, way.at[1])], f"wire{faded}", arrow=False, target=STEP)
            yield text(x, -STUB - 5, f"{way.name} [{when}]", PLAIN, "middle", f"text.port{faded}", italic=True)
        low = self.h + 12.0 + TRACK * len(self.states_out)
        for way in self.outputs:
            x = left + way.at[0]
            yield wire([(x, way.at[1]), (x, low + 14)], f"wire{faded}", source=STEP)
            yield text(x, low + 26, f"{way.name} [{when}]", PLAIN, "middle", f"text.port{faded}", italic=True)
        yield from self._states(left, number == 0, last)

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
    return layout(Diagram(name, outer, columns=False)).items


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
