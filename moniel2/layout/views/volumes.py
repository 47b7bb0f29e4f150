"""Tensors as solids: channels are thickness, height and width the face, as PlotNeuralNet shows AlexNet and VGG.

A layer and the activation after it are one solid with a darker band, pooling a slab on its face, a vector a thin bar.
Equal layers in a row are slices of one solid, labelled once. Every solid has a cell as wide as its label, so labels
can't collide. What skips a solid runs in lanes overhead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from moniel2.ir.model import Model
from moniel2.layout.scene import Item, Scene
from moniel2.layout.text import width
from moniel2.layout.views.flow import COPIES, Flow, Stop, flow
from moniel2.layout.views.lanes import lanes
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.order import in_line
from moniel2.layout.views.pen import PLAIN, SMALL, Mark, legend, page, sign, text, wire
from moniel2.layout.views.solid import SCALE, Solid, draw_solid, solid
from moniel2.layout.views.told import category_marks, description

GAP = 18.0  # between cells: room for an arrow
ROW_GAP = 34.0
WIDEST = 860.0
LANE, ABOVE = 9.0, 10.0
PORT = 8.0  # between lines that meet one solid from above
SIGN = 9.0
LABEL = 80.0  # an operation's name is written below its solid in lines no longer than this


@dataclass(slots=True)
class _Cell:
    """What stands in one place of the row: slices of a solid and the slab on its face, a sign, or a name."""

    stops: list[int]
    slab: int = -1
    shape: Solid = field(default_factory=lambda: Solid(0, 0, 0, 0))
    thick: list[float] = field(default_factory=list)
    lines: list[tuple[str, float, bool]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)  # stops whose lines come from above
    exits: list[int] = field(default_factory=list)  # own stops whose lines leave upwards
    x: float = 0.0  # where the axis enters
    y: float = 0.0
    row: int = 0

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

    @property
    def w(self) -> float:
        label = max((width(words, size, bold) for words, size, bold in self.lines), default=0.0)
        return max(self.length + self.shape.over, label + 4)


def volumes(model: Model, options: ViewOptions) -> Scene:
    """Draw a model's tensors as solids, from left to right."""
    found = in_line(flow(model, options.limit))
    drawing = _Drawing(found, options)
    items = drawing.draw()
    below = legend(drawing.marks(), WIDEST, f"Scale: {SCALE}.") if options.legend else []
    return page(items, below, model.name, options.title, description(model, found, "volumes"))


class _Drawing:
    def __init__(self, flow: Flow, options: ViewOptions) -> None:
        self.stops = flow.stops
        self.users = flow.users()
        self.options = options
        self.cells = self._cells()
        self.cell_of = {stop: k for k, cell in enumerate(self.cells) for stop in cell.members}
        self._lines()
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
        return alike and before.extent == stop.extent and len(self.users[cell.stops[-1]]) == 1

    def _lines(self) -> None:
        """Which tensors flow overhead: all that don't come from the cell before."""
        for k, cell in enumerate(self.cells):
            for stop in cell.members:
                for source in dict.fromkeys(self.stops[stop].sources):
                    at = self.cell_of[source]
                    if at == k or (at == k - 1 and source == self.cells[at].members[-1]):
                        continue
                    cell.entries.append(source)
                    if source not in self.cells[at].exits:
                        self.cells[at].exits.append(source)

    def _size(self) -> None:
        face = ""
        for cell in self.cells:
            first = self.stops[cell.stops[0]]
            ports = PORT * (len(cell.entries) + len(cell.exits))
            if first.role == "merge":
                cell.shape = Solid(2 * SIGN, 2 * SIGN, 0, 0)
                cell.thick = [2 * SIGN]
            elif first.role == "output":
                cell.thick = [0.0]
            else:
                cell.shape = solid(first.extent)
                copies = sum(self._slices(self.stops[i]) for i in cell.stops)
                cell.thick = [max(cell.shape.thick, ports / copies)] * copies
                if cell.slab >= 0:
                    cell.thick.append(self._slab(cell).thick)
            cell.lines = list(self._label(cell, face))
            if first.role in ("layer", "pool", "input"):
                face = self.stops[cell.members[-1]].extent.face if cell.slab < 0 else ""
                face = face if cell.slab < 0 else first.extent.face

    def _slices(self, stop: Stop) -> int:
        return stop.repeat if stop.repeat <= COPIES and stop.block is None else 1

    def _slab(self, cell: _Cell) -> Solid:
        one = solid(self.stops[cell.slab].extent)
        return Solid(5.0, min(one.high, cell.shape.high), min(one.over, cell.shape.over), min(one.up, cell.shape.up))

    def _label(self, cell: _Cell, face: str) -> Iterator[tuple[str, float, bool]]:
        first = self.stops[cell.stops[0]]
        if first.role in ("input", "output"):
            yield first.words.first, PLAIN, False
        elif first.role == "merge" and first.words.glyph:
            return
        if self.options.shapes and first.role not in ("output", "merge") and first.extent.kind != "unknown":
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
            yield from ((line, 8.0, False) for line in named(first, copies))

    # ----------------------------------------------------------------------------------------- where

    def draw(self) -> list[Item]:
        self._place()
        items: list[Item] = []
        for k, cell in enumerate(self.cells):
            items += self._draw_cell(cell)
            if k and self.cells[k - 1].members[-1] in self._sources(cell):
                items.append(self._arrow(self.cells[k - 1], cell))
        items += self._overhead()
        return items

    def _sources(self, cell: _Cell) -> set[int]:
        return {s for i in cell.members for s in self.stops[i].sources}

    def _rows(self) -> list[list[_Cell]]:
        """Rows of about equal length, broken only where nothing runs overhead."""
        total = sum(c.w + GAP for c in self.cells)
        goal = total / max(1.0, -(-total // WIDEST))
        crossed = {
            k for t, cell in enumerate(self.cells) for s in cell.entries for k in range(self.cell_of[s] + 1, t + 1)
        }
        rows: list[list[_Cell]] = [[]]
        long = 0.0
        for k, cell in enumerate(self.cells):
            if rows[-1] and long + cell.w / 2 > goal and k not in crossed:
                rows.append([])
                long = 0.0
            rows[-1].append(cell)
            long += cell.w + GAP
        # A short rest below a row that can't be broken looks lost: then all stands in one row.
        longest = max(sum(c.w + GAP for c in row) for row in rows)
        return rows if longest < 0.6 * total else [[c for row in rows for c in row]]

    def _place(self) -> None:
        y = 0.0
        for number, row in enumerate(self._rows()):
            spans = self._spans(row)
            head = (max(lanes(spans)) + 1) * LANE + ABOVE if spans else 0.0
            axis = y + head + max(c.shape.top for c in row)
            x = 0.0
            for cell in row:
                cell.row, cell.y = number, axis
                cell.x = x + cell.w / 2 - cell.length / 2
                x += cell.w + GAP
            y = axis + max(c.shape.top + 13.0 * len(c.lines) for c in row) + ROW_GAP

    def _spans(self, row: list[_Cell]) -> list[tuple[float, float]]:
        """The stretches that run overhead in a row, one for each source, by the places of cells."""
        found: dict[int, tuple[float, float]] = {}
        for cell in row:
            for source in cell.entries:
                start = float(self.cell_of[source]) * 10 + 5
                end = float(self.cell_of[cell.stops[0]]) * 10
                low, high = found.get(source, (start, end))
                found[source] = (min(low, start), max(high, end))
        return list(found.values())

    def _overhead(self) -> Iterator[Item]:
        for row in range(max((c.row for c in self.cells), default=0) + 1):
            cells = [c for c in self.cells if c.row == row]
            sources = list(dict.fromkeys(s for c in cells for s in c.entries))
            if not sources:
                continue
            tracks = lanes(self._spans(cells))
            top = min(c.y - c.shape.top for c in cells) - ABOVE
            for source, track in zip(sources, tracks, strict=True):
                y = top - track * LANE
                start = self._port(self.cells[self.cell_of[source]], source, True)
                for cell in cells:
                    if source in cell.entries:
                        end = self._port(cell, source, False)
                        points = [start, (start[0], y), (end[0], y), end]
                        yield wire(
                            points,
                            "wire.skip",
                            css="wire skip",
                            source=self.stops[source].path,
                            target=self.stops[cell.stops[0]].path,
                        )

    def _port(self, cell: _Cell, source: int, out: bool) -> tuple[float, float]:
        """Where a line from overhead meets the back edge of a lid, or leaves it."""
        ports = [(s, False) for s in cell.entries] + [(s, True) for s in cell.exits]
        place = ports.index((source, out))
        if self.stops[cell.stops[0]].role == "merge":
            middle = cell.x + SIGN + (place - (len(ports) - 1) / 2) * 5.0
            off = abs(middle - cell.x - SIGN)
            return (middle, cell.y - max(SIGN**2 - off**2, 0.0) ** 0.5)
        long = sum(cell.thick[: len(cell.thick) - (cell.slab >= 0)])
        return (cell.x + cell.shape.over / 2 + long * (place + 0.5) / len(ports), cell.y - cell.shape.top)

    # ------------------------------------------------------------------------------------------- ink

    def _draw_cell(self, cell: _Cell) -> Iterator[Item]:
        first = self.stops[cell.stops[0]]
        if first.role == "merge":
            yield from sign(first.words.glyph, cell.x + SIGN, cell.y, SIGN, first.path, first.title)
        elif first.role != "output":
            x = cell.x
            slices = [self.stops[i] for i in cell.stops for _ in range(self._slices(self.stops[i]))]
            for n, (stop, thick) in enumerate(zip(slices, cell.thick, strict=False)):
                yield from draw_solid(
                    x,
                    cell.y,
                    cell.shape,
                    thick,
                    stop.words.theme,
                    stop.path,
                    stop.title,
                    stop.bands,
                    n == len(slices) - 1,
                    stop.tint,
                )
                x += thick
            if cell.slab >= 0:
                stop = self.stops[cell.slab]
                slab = self._slab(cell)
                yield from draw_solid(
                    x, cell.y, slab, slab.thick, stop.words.theme, stop.path, stop.title, stop.bands, True, stop.tint
                )
        y = cell.y + cell.shape.top + 3
        middle = cell.x + cell.length / 2
        if first.role == "output":
            y = cell.y - 10 + 1
        for words, size, bold in cell.lines:
            y += size + 2.5
            theme = "text.port" if first.role in ("input", "output") and size == PLAIN else "text.shape"
            theme = "text" if bold else theme
            italic = theme == "text.port"
            yield text(middle, y, words, size, "middle", theme, bold, italic, first.path)

    def _arrow(self, a: _Cell, b: _Cell) -> Item:
        end_of_a = a.x + a.length + a.edge
        start_of_b = b.x - b.edge
        if self.stops[b.stops[0]].role == "output":
            start_of_b = b.x - b.w / 2 + 1
        points = [(end_of_a, a.y), (start_of_b, b.y)]
        if a.row != b.row:
            right = a.x + a.length / 2 + a.w / 2 + 8
            left = b.x + b.length / 2 - b.w / 2 - 10
            lowest = max(c.y + c.shape.top + 13.0 * len(c.lines) for c in self.cells if c.row == a.row) + 10
            points = [points[0], (right, a.y), (right, lowest), (left, lowest), (left, b.y), points[1]]
        return wire(points, source=self.stops[a.members[-1]].path, target=self.stops[b.stops[0]].path)

    def marks(self) -> Iterator[Mark]:
        yield from category_marks(self.stops)
        if any(stop.bands for stop in self.stops):
            yield Mark("shade", "dark band: activation or normalization")
        for stop in self.stops:
            if stop.role == "merge":
                yield Mark("glyph", stop.words.first if stop.words.glyph else "joined", f"sign{stop.words.glyph}")


def named(stop: Stop, copies: int) -> list[str]:
    """The operation in short lines: its name, and how often in a row."""
    name = stop.words.first
    words = name.split(", ")
    # The channels stand above already.
    words = [w for k, w in enumerate(words) if k == 0 or w != stop.extent.deep]
    name = " ".join(words).removesuffix(f" {stop.extent.deep}").removesuffix(" ×")
    lines: list[str] = []
    for word in name.split(" "):
        if lines and width(f"{lines[-1]} {word}", 8.0) <= LABEL:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if copies > 1:
        times = f"×{copies}"
        if lines and width(f"{lines[-1]} {times}", 8.0) <= LABEL:
            lines[-1] += f" {times}"
        else:
            lines.append(times)
    return lines
