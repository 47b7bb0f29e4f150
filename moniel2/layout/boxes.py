"""How big the box of a part is, and where its ports and labels are on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from moniel2.layout.diagram import Part, Port, times
from moniel2.layout.graph import Side
from moniel2.layout.sizes import ENTRY, Size
from moniel2.layout.text import width

Direction = Literal["down", "right", "up", "left"]
FIRST, SECOND, SHAPE, PORT_NAME = 11.0, 9.5, 9.5, 11.0
ONE_LINE, TWO_LINES, CIRCLE, NAME_HEIGHT = 22.0, 34.0, 20.0, 15.0
LABEL_ROW, LABEL_BESIDE = 5.0, 4.0  # what a label adds to the gap below a box; how far it stands from the wire
LABEL_HEIGHT = 12.0  # from the box to the foot of the label
BAR_ROOM = 6.0  # the bar and a little between it and the name
BAR = 4.0  # the bar on which several wires end that are one output
SIDE_PADDING, NARROWEST = 9.0, 40.0
REPEAT_SPACE = 7.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A part's box on the page, not turned: its size, and the labels of its outputs."""

    w: float
    h: float
    labels: tuple[str, ...] = ()


def is_sideways(direction: Direction) -> bool:
    return direction in ("right", "left")


def drawn(part: Part) -> Drawn:
    """The box of a part that isn't open."""
    if part.glyph:
        return Drawn(CIRCLE, CIRCLE, part.outputs)
    first = width(part.first, FIRST) + (REPEAT_SPACE + width(times(part), FIRST, True) if times(part) else 0)
    second = width(part.second, SECOND)
    w = max(first, second) + 2 * SIDE_PADDING + (4 if part.kind == "block" else 0)
    short = len(part.first) <= 4 and not part.second and part.kind == "op"
    return Drawn(_even(max(w, 30.0 if short else NARROWEST)), TWO_LINES if part.second else ONE_LINE, part.outputs)


def size_of(part: Part, direction: Direction) -> Size:
    """The same as the layout sees it: along and across the flow."""
    box = drawn(part)
    along, across = (box.w, box.h) if is_sideways(direction) else (box.h, box.w)
    wires = max(part.inputs, len(part.outputs)) if not part.glyph else 1
    if wires > 1:
        across = max(across, _even(ENTRY * (wires - 1) + 16.0))
    labels = [label for label in part.outputs if label]
    outs = _spread(part.outputs, across, direction)
    across = max(across, _even(2 * (outs[-1] - across / 2) + 16.0)) if len(outs) > 1 else across
    outs = _spread(part.outputs, across, direction)
    sides = tuple(_heights(part.sides, along))
    if not labels:
        return Size(across, along, (), outs, sides)
    if is_sideways(direction):
        return Size(
            across, along, (), outs, sides, below=max(width(label, SHAPE) for label in labels) + 2 * LABEL_BESIDE
        )
    ends = [x + LABEL_BESIDE + width(label, SHAPE) + 2 for x, label in zip(outs, part.outputs, strict=True) if label]
    return Size(across, along, (), outs, sides, right=max(0.0, max(ends) - across), below=LABEL_ROW)


def _heights(sides: tuple[tuple[int, Side], ...], along: float) -> Iterator[tuple[int, float]]:
    """Where the inputs on the sides are: evenly spread over each."""
    for port, side in sides:
        mine = [p for p, s in sides if s == side]
        yield port, along * (mine.index(port) + 1) / (len(mine) + 1)


def port_size(port: Port, direction: Direction, output: bool, wires: int, named: bool) -> Size:
    """A port of the model, with its name, or a port of a frame: a point."""
    bar = ENTRY * (wires - 1) + 12.0 if output and wires > 1 and not port.is_either else 0.0
    if not named:
        return Size(bar, BAR if bar else 0.0)
    text = width(port.name, PORT_NAME)
    along, across = (text + 8, NAME_HEIGHT) if is_sideways(direction) else (NAME_HEIGHT, text + 4)
    if bar:
        across, along = max(across, bar), along + BAR_ROOM
    if not port.label:
        return Size(across, along)
    if is_sideways(direction):
        return Size(across, along, below=width(port.label, SHAPE) + 2 * LABEL_BESIDE)
    end = across / 2 + LABEL_BESIDE + width(port.label, SHAPE) + 2
    return Size(across, along, right=max(0.0, end - across), below=LABEL_ROW)


def _spread(labels: tuple[str, ...], across: float, direction: Direction) -> tuple[float, ...]:
    """Outputs side by side around the middle, far enough apart for the labels between them."""
    if len(labels) < 2:
        return (across / 2,)
    xs = [0.0]
    for label in labels[:-1]:
        room = width(label, SHAPE) + 2 * LABEL_BESIDE if label and not is_sideways(direction) else 0.0
        xs.append(xs[-1] + max(ENTRY, room))
    shift = across / 2 - xs[-1] / 2
    return tuple(x + shift for x in xs)


def _even(value: float) -> float:
    """Up to a multiple of two, so that the middle is a whole number."""
    return 2.0 * -(-value // 2)
