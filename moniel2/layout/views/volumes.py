"""Tensors as solids: channels are thickness, height and width the face, as PlotNeuralNet shows AlexNet and VGG.

A layer and the activation after it are one solid with a darker band, pooling a slab on its face, a vector a thin bar.
Equal layers in a row are slices of one solid, labelled once. Every solid has a cell as wide as its label, so labels
can't collide. What skips a solid runs in lanes overhead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from moniel2.ir.model import Model
from moniel2.layout.scene import Item
from moniel2.layout.text import width
from moniel2.layout.views.flow import COPIES, Flow, Stop
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.order import in_line
from moniel2.layout.views.pen import PLAIN, SMALL, Drawn, Mark, box, sign, text, wire
from moniel2.layout.views.rows import Spot, place
from moniel2.layout.views.runs import fitting
from moniel2.layout.views.solid import SCALE, Paint, Solid, draw_solid, solid
from moniel2.layout.views.told import SIGNS, category_marks, description, is_sign, look, operation, split

SIGN = 9.0
LABEL = 80.0  # an operation's name is written below its solid in lines no longer than this
NAME = SMALL  # its size
MOST = 600  # solids
SCALES = (1.0, 0.8, 0.62, 0.48)  # how large solids are, as a page has room


@dataclass(slots=True)
class _Cell:
    """What stands in one place of the row: slices of a solid and the slab on its face, a sign, or a name."""

    stops: list[int]
    slab: int = -1
    shape: Solid = field(default_factory=lambda: Solid(0, 0, 0, 0))
    thick: list[float] = field(default_factory=list)
    lines: list[tuple[str, float, bool]] = field(default_factory=list)
    spot: Spot = field(default_factory=lambda: Spot(0, 0, 0, 0, 0, 0, 0, 0, 0))

    @property
    def members(self) -> list[int]:
        return self.stops if self.slab < 0 else [*self.stops, self.slab]

    @property
    def edge(self) -> float:
        """How far the outline reaches beyond the axis' ends, at the height of the axis."""
        one = self.shape
        return one.over / 2 if one.up <= one.high else one.over / 2 * one.high / one.up

    @property
    def length(self) -> float:
        return sum(self.thick)


def volumes(model: Model, options: ViewOptions) -> Drawn:
    """Draw a model's tensors as solids, from left to right."""

    def draw(found: Flow, room: float, scale: float) -> Drawn:
        drawing = _Drawing(in_line(found), options, scale)
        items = list(drawing.draw(room))
        told = description(model, found, "volumes")
        return Drawn(model.name, items, list(drawing.marks()), told, f"Scale: {SCALE}.")

    return fitting(model, options, min(options.limit, MOST), draw, SCALES)[0]


class _Drawing:
    def __init__(self, flow: Flow, options: ViewOptions, scale: float) -> None:
        self.scale = scale
        self.stops = flow.stops
        self.users = flow.users()
        self.options = options
        self.cells = self._cells()
        self.cell_of = {stop: k for k, cell in enumerate(self.cells) for stop in cell.members}
        self._size()

    # ------------------------------------------------------------------------------------------ what

    def _cells(self) -> list[_Cell]:
        cells: list[_Cell] = []
        for i, stop in enumerate(self.stops):
            last = cells[-1] if cells else None
            follows = last is not None and stop.sources == (last.members[-1],)
            if last is not None and follows and last.slab < 0 and self._continues(last, i):
                last.stops.append(i)
            elif last is not None and follows and last.slab < 0 and stop.role == "pool" and self._is_solid(last):
                last.slab = i
            else:
                cells.append(_Cell([i]))
        return cells

    def _is_solid(self, cell: _Cell) -> bool:
        return self.stops[cell.stops[-1]].role in ("layer", "pool")

    def _continues(self, cell: _Cell, i: int) -> bool:
        before, stop = self.stops[cell.stops[-1]], self.stops[i]
        alike = before.role == stop.role == "layer" and before.words.first == stop.words.first
        alike = alike and not before.copies and not stop.copies
        return alike and before.extent == stop.extent and len(self.users[cell.stops[-1]]) == 1

    def _size(self) -> None:
        face = ""
        for cell in self.cells:
            first = self.stops[cell.stops[0]]
            if first.role == "merge":
                long = 2 * SIGN if is_sign(first) else width(first.words.first, SMALL) + 10
                cell.shape, cell.thick = Solid(long, 2 * SIGN, 0, 0), [long]
            elif first.role == "output":
                cell.thick = [0.0]
            else:
                cell.shape = solid(first.extent, self.scale)
                cell.thick = [cell.shape.thick] * sum(self._slices(self.stops[i]) for i in cell.stops)
                if cell.slab >= 0:
                    cell.thick.append(self._slab(cell).thick)
            cell.lines = list(self._label(cell, face))
            if first.role in ("layer", "pool") or (first.role == "input" and first.extent.kind != "map"):
                face = first.extent.face  # a picture's size is told again of the first maps made from it
            cell.spot = self._spot(cell, first)
            cell.spot.weight = sum(self.stops[k].weight for k in cell.members)

    def _spot(self, cell: _Cell, first: Stop) -> Spot:
        label = max((width(words, size, bold) for words, size, bold in cell.lines), default=0.0) / 2 + (
            2 if self.scale == 1 else 0.5
        )
        if first.role == "output":
            return Spot(label + 3, label, 9.0, 6.0, label + 2, 0, 8.0, -label / 2, label / 2)
        down = cell.shape.top + 3 + sum(size + 2.5 for _, size, _ in cell.lines)
        half = cell.length / 2
        reach = half + cell.shape.over / 2
        sides = (max(reach, label), max(reach, label), cell.shape.top, down)
        if first.role == "merge":
            return Spot(*sides, half, half, SIGN, 1 - half, half - 1, SIGN if is_sign(first) else 0.0)
        body = sum(cell.thick[: len(cell.thick) - (cell.slab >= 0)])
        back = cell.shape.over / 2 - half
        return Spot(*sides, half + cell.edge, half + cell.edge, cell.shape.top, back, back + body)

    def _slices(self, stop: Stop) -> int:
        return stop.repeat if stop.repeat <= COPIES and stop.block is None else 1

    def _slab(self, cell: _Cell) -> Solid:
        one = solid(self.stops[cell.slab].extent, self.scale)
        return Solid(5.0, min(one.high, cell.shape.high), min(one.over, cell.shape.over), min(one.up, cell.shape.up))

    def _label(self, cell: _Cell, face: str) -> Iterator[tuple[str, float, bool]]:
        first = self.stops[cell.stops[0]]
        if first.role in ("input", "output"):
            yield first.words.first, PLAIN, False
        elif first.role == "merge":
            return
        if self.options.shapes and first.role != "output" and first.extent.kind != "unknown":
            size = first.extent
            if first.role == "input":
                yield size.text, SMALL, False
            elif size.kind == "sheet" and size.face != face:
                yield size.text, PLAIN, True
            else:
                yield size.deep, PLAIN, True
                if size.face and size.face != face:
                    yield size.face, SMALL, False
        if first.role not in ("input", "output"):
            copies = sum(self.stops[i].repeat for i in cell.stops)
            times = first.times if len(cell.stops) == 1 else f"×{copies}"
            yield from ((line, NAME, False) for line in named(first, times, self.scale))

    # ----------------------------------------------------------------------------------------- where

    def draw(self, room: float) -> Iterator[Item]:
        """All of it, no wider than ``room`` if it can be."""
        edges = [
            (self.cell_of[source], k)
            for k, cell in enumerate(self.cells)
            for stop in cell.members
            for source in self.stops[stop].sources
            if self.cell_of[source] != k
        ]
        lines = place([cell.spot for cell in self.cells], edges, room)
        for cell in self.cells:
            yield from self._draw_cell(cell)
        for line in lines:
            source = self.stops[self.cells[line.source].members[-1]].path
            target = self.stops[self.cells[line.target].stops[0]].path
            css = "wire skip" if line.skip else "wire"
            yield wire(line.points, css=css, source=source, target=target)

    # ------------------------------------------------------------------------------------------- ink

    def _draw_cell(self, cell: _Cell) -> Iterator[Item]:
        first = self.stops[cell.stops[0]]
        middle, axis = cell.spot.x, cell.spot.y
        if first.role == "merge" and is_sign(first):
            yield from sign(first.words.glyph, middle, axis, SIGN, first.path, first.title)
        elif first.role == "merge":
            long = cell.length
            yield box(middle - long / 2, axis - SIGN, long, 2 * SIGN, first.words.theme, 3.0, path=first.path, css="op")
            yield text(middle, axis + 3.5, first.words.first, SMALL, "middle", "text", path=first.path)
        elif first.role != "output":
            yield from self._draw_solids(cell, middle - cell.length / 2, axis)
        y = axis + cell.shape.top + 3 if first.role != "output" else axis - 9
        for words, size, bold in cell.lines:
            y += size + 2.5
            theme = "text.port" if first.role in ("input", "output") and size == PLAIN else "text.shape"
            theme = "text" if bold else theme
            yield text(middle, y, words, size, "middle", theme, bold, theme == "text.port", first.path)

    def _draw_solids(self, cell: _Cell, x: float, y: float) -> Iterator[Item]:
        slices = [self.stops[i] for i in cell.stops for _ in range(self._slices(self.stops[i]))]
        for n, (stop, thick) in enumerate(zip(slices, cell.thick, strict=False)):
            yield from draw_solid(x, y, cell.shape, thick, self._painted(stop), n == len(slices) - 1)
            x += thick
        if cell.slab >= 0:
            slab = self._slab(cell)
            yield from draw_solid(x, y, slab, slab.thick, self._painted(self.stops[cell.slab]), True)

    def _painted(self, stop: Stop) -> Paint:
        return Paint(look(stop), stop.path, stop.title, bool(stop.bands), stop.tint)

    def marks(self) -> Iterator[Mark]:
        yield from category_marks(self.stops)
        if banded := next((stop for stop in self.stops if stop.bands), None):
            yield Mark(f"{look(banded)}.band", "band: activation or normalization")
        for stop in self.stops:
            if stop.role == "merge" and is_sign(stop):
                yield Mark("glyph", SIGNS.get(stop.words.glyph, "joined"), f"sign{stop.words.glyph}")


def named(stop: Stop, times: str, scale: float) -> list[str]:
    """The operation in short lines: its name, and how often in a row. Where there is little room they are shorter, and
    a name of several words is split."""
    name = operation(stop)
    if scale < 1:
        name = name.replace("ConvTranspose", "Deconv")
    most = LABEL * max(scale, 0.7)
    before, arrow, after = name.partition(" -> ")  # the pattern of a rearrangement
    words = [*name.split(" "), *([times] if times else [])]
    if arrow and width(name, NAME) > most:
        words = [before, f"-> {after}", *words[len(name.split(" ")) :]]
    lines: list[str] = []
    for word in words if scale == 1 else [part for long in words for part in split(long, most)]:
        if lines and width(f"{lines[-1]} {word}", NAME) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
