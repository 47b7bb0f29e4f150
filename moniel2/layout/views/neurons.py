"""Layers of neurons for small dense networks, stacks of feature maps for small convolutional ones, as LeNet is shown.

A layer with many neurons shows some of them around three dots, a stack at most a few of its maps; how many there are is
written below. Branches stand on rows of their own, what skips layers runs above them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import hypot, log2, sqrt

from moniel2.ir.model import Model
from moniel2.layout.scene import Circle, Item, Point, rounded
from moniel2.layout.text import width
from moniel2.layout.views.extent import Extent
from moniel2.layout.views.flow import Flow, Stop
from moniel2.layout.views.options import Refused, ViewOptions
from moniel2.layout.views.order import in_line
from moniel2.layout.views.pen import PLAIN, SMALL, Drawn, Mark, box, sign, text, wire
from moniel2.layout.views.rows import Line, Spot, place
from moniel2.layout.views.runs import fitting
from moniel2.layout.views.told import SIGNS, category_marks, description, is_sign, look, operation

SCALES, LAST = (1.0, 0.75, 0.55), (0.4, 0.3)  # how large maps are, as a page has room; where nothing else helps
LARGEST = 4.0  # pages that a depth asked for may take
RADIUS, PITCH = 6.0, 17.0
FULL, FEW = (
    (5, 3),
    (3, 2),
)  # neurons of a wide layer that are drawn, before and after the dots; where there is little room
LITTLE, LONG = 0.5, 7  # a scale below which there is, and the letters of a size that stand on one line then
MAPS, WORDS, OFFSET = 6, 5, 4.0  # of a stack
SIGN, MARGIN, LABEL = 9.0, 20.0, 90.0


@dataclass(slots=True)
class _Layer:
    """How a stop is drawn: ``dots`` are the heights of its circles from its middle, ``maps`` how many its stack has."""

    kind: str  # "neurons", "maps", "sign", "word" or "name"
    w: float
    h: float
    dots: list[float] = field(default_factory=list)
    maps: int = 0
    face: tuple[float, float] = (0.0, 0.0)
    step: tuple[float, float] = (0.0, 0.0)  # from map to map
    lines: list[tuple[str, float, bool]] = field(default_factory=list)
    below: float = 0.0  # from its middle down to its words
    shift: float = 0.0  # from its middle to that of its words
    gap: int = 0  # so many of the circles stand above the dots that stand for others, 0 if all are drawn
    flipped: bool = False  # its words stand above it
    crossed: bool = False  # lines pass behind its words

    @property
    def words(self) -> float:
        """How high its words are."""
        return 4 + sum(size + 3 for _, size, _ in self.lines)


def neurons(model: Model, options: ViewOptions) -> Drawn:
    """Draw a small model's layers. Raises ``Refused`` where there are too many of them."""

    def draw(found: Flow, room: float, scale: float) -> Drawn:
        drawing = _Drawing(in_line(found), options, scale)
        items = list(drawing.draw(room))
        return Drawn(model.name, items, list(drawing.marks()), description(model, found, "neurons"))

    drawn, factor = fitting(model, options, options.limit, draw, SCALES)
    if factor > 1 and not options.chosen:
        drawn, factor = fitting(model, options, options.limit, draw, LAST)
    if factor > (LARGEST if options.chosen else 1):
        raise Refused(
            "the neurons of this model don't fit a page: use --view volumes or overview, or --depth for fewer layers"
        )
    return drawn


class _Drawing:
    def __init__(self, flow: Flow, options: ViewOptions, scale: float) -> None:
        self.stops, self.options, self.scale = flow.stops, options, scale
        self.layers = [self._layer(s) for s in self.stops]
        for layer, users in zip(self.layers, flow.users(), strict=True):
            layer.below = layer.h / 2
            if layer.maps and any(self.layers[k].kind == "neurons" for k in users):
                # The words of a stack stand left of the lines that fan out from its corner to neurons.
                layer.shift = min(layer.w / 2 - _reach(layer), 0.0)

    def _beside(self, layer: _Layer) -> tuple[float, float]:
        """What a layer takes to the left and right of its middle."""
        reach, own = _reach(layer) + (1 if self.scale < LITTLE else 4), layer.w / 2 + MARGIN * self.scale
        return max(own, reach - layer.shift), max(own, reach + layer.shift)

    # ------------------------------------------------------------------------------------------ what

    def _layer(self, stop: Stop) -> _Layer:
        if stop.role == "output":
            return _Layer("name", width(stop.words.first, PLAIN) + 4, 12.0)
        if stop.role == "merge" and is_sign(stop):
            return _Layer("sign", 2 * SIGN, 2 * SIGN)
        if stop.role == "merge" and stop.words.glyph == "" and stop.block is None:
            return _Layer("word", width(stop.words.first, SMALL) + 10, 2 * SIGN)
        found = (
            _maps(stop.extent, self.scale) if stop.extent.kind in ("map", "sheet") else _dots(stop.extent, self.scale)
        )
        found.lines = list(self._lines(stop))
        return found

    def _lines(self, stop: Stop) -> Iterator[tuple[str, float, bool]]:
        size = stop.extent
        if stop.role == "input":
            yield stop.words.first, PLAIN, False
        if self.options.shapes and size.kind != "unknown":
            both = size.deep and size.face
            told = f"{size.deep}@{size.face}" if both else size.text
            if both and self.scale < LITTLE and len(told) > LONG:
                yield size.deep, SMALL, True
                told = size.face
            yield told, SMALL, True
        if stop.role != "input":
            line = ""
            name = operation(stop)
            if self.scale < LITTLE:
                name = name.replace("ConvTranspose", "Deconv")
            words = [*name.split(" "), *([stop.times] if stop.times else [])]
            for word in [*words, *(f"· {name}" for name in dict.fromkeys(stop.also))]:
                if line and width(f"{line} {word}", SMALL) > LABEL * max(self.scale, 0.55):
                    yield line, SMALL, False
                    line = word.removeprefix("· ")
                else:
                    line = f"{line} {word}".strip()
            yield line, SMALL, False

    def _spot(self, layer: _Layer) -> Spot:
        half, high = layer.w / 2, layer.h / 2
        if layer.kind == "name":
            return Spot(half + 2, half, 9.0, 6.0, half + 1, 0, 8.0, -half, half)
        left, right = self._beside(layer)
        down = layer.below + layer.words
        if layer.flipped:
            high, down = high + layer.words, high
        room = SIGN if layer.kind == "sign" else 0.0
        lid = layer.face[0] if layer.maps else layer.w  # of a stack the edge of the map at the back
        return Spot(left, right, high, down, half, half, layer.h / 2, 3 - half, lid - half - 3, room)

    # ------------------------------------------------------------------------------------------- ink

    def draw(self, room: float) -> Iterator[Item]:
        self.over: list[Item] = []  # patches, and what leads on from them, lie on top of the maps
        edges = [(s, k) for k, stop in enumerate(self.stops) for s in dict.fromkeys(stop.sources)]
        lines = self._placed(edges, room)
        if self._flip(lines):
            lines = self._placed(edges, room)
        for line in lines:
            yield from self._line(line)
        for stop, layer, spot in zip(self.stops, self.layers, self.spots, strict=True):
            yield from self._draw(stop, layer, spot)
        yield from self.over

    def _placed(self, edges: Sequence[tuple[int, int]], room: float) -> list[Line]:
        self.spots = [self._spot(layer) for layer in self.layers]
        for spot, stop in zip(self.spots, self.stops, strict=True):
            spot.weight = stop.weight
        return place(self.spots, edges, room)

    def _flip(self, lines: Sequence[Line]) -> bool:
        """Words get out of the way of what fans out to a branch below them; whether any have to."""
        struck = {
            (self.spots[k].x, min(self.spots[line.source].y, self.spots[line.target].y))
            for line in lines
            if line.near and self._is_mesh(line)
            for k in (line.source, line.target)
        }
        lidded = {k for line in lines if line.skip for k in (line.source, line.target)}
        for k, (spot, layer) in enumerate(zip(self.spots, self.layers, strict=True)):
            layer.crossed = layer.kind == "neurons" and (spot.x, spot.y) in struck
            layer.flipped = layer.crossed and k not in lidded
        return any(layer.flipped for layer in self.layers)

    def _is_mesh(self, line: Line) -> bool:
        """Whether every neuron is drawn with every one: a dense layer next to what it reads."""
        stop = self.stops[line.target]
        dense = stop.block is None and look(stop) == "linear"
        both = self.layers[line.source].kind == self.layers[line.target].kind == "neurons"
        return dense and both and (len(line.points) == 2 or line.near)

    def _line(self, line: Line) -> Iterator[Item]:
        a, b = self.layers[line.source], self.layers[line.target]
        straight = len(line.points) == 2
        stop, source = self.stops[line.target], self.stops[line.source].path
        if self._is_mesh(line):
            yield from self._mesh(line)
        elif straight and a.kind == "maps" and b.kind == "neurons":
            s, t = self.spots[line.source], self.spots[line.target]
            corner = s.x + a.w / 2
            for y, end in ((s.y + a.h / 2 - a.face[1], t.y + b.dots[0]), (s.y + a.h / 2, t.y + b.dots[-1])):
                yield wire(
                    _shortened((corner, y), (t.x, end), 0, RADIUS),
                    "wire.light",
                    False,
                    css="wire mesh",
                    source=source,
                    target=stop.path,
                )
        elif straight and a.kind == b.kind == "maps" and b.maps and look(stop) in ("conv", "pool"):
            self._patch(line)
        else:
            yield wire(line.points, css="wire skip" if line.skip else "wire", source=source, target=stop.path)

    def _mesh(self, line: Line) -> Iterator[Item]:
        """Every neuron drawn with every one."""
        s, t = self.spots[line.source], self.spots[line.target]
        source, target = self.stops[line.source].path, self.stops[line.target].path
        for up in self.layers[line.source].dots:
            for down in self.layers[line.target].dots:
                points = _shortened((s.x, s.y + up), (t.x, t.y + down), RADIUS, RADIUS)
                yield wire(points, "wire.light", False, css="wire mesh", source=source, target=target)

    def _patch(self, line: Line) -> None:
        """What a feature sees: a patch of the front map, narrowing to a point of the next stack."""
        a, b = self.layers[line.source], self.layers[line.target]
        s, t = self.spots[line.source], self.spots[line.target]
        source, target = self.stops[line.source].path, self.stops[line.target].path
        side = min(max(a.face[0] * self._seen(line.target), 5.0), a.face[0])
        high = min(side, a.face[1])
        right, bottom = s.x + a.w / 2 - a.face[0] * 0.12, s.y + a.h / 2 - a.face[1] * 0.2
        side, high = min(side, a.face[0] * 0.8), min(high, a.face[1] * 0.7)
        end = (t.x - b.w / 2 + min(b.face[0] * 0.3, 10.0), t.y - b.h / 2 + b.face[1] * 0.5)
        for y in (bottom - high, bottom):
            self.over.append(
                wire([(right, y), end], "wire.light", False, css="wire mesh", source=source, target=target)
            )
        key = look(self.stops[line.target])
        self.over.append(box(right - side, bottom - high, side, high, f"{key}.band", css="patch"))
        self.over.append(box(end[0] - 1.5, end[1] - 1.5, 3.0, 3.0, f"{key}.band", css="patch"))

    def _seen(self, k: int) -> float:
        """The share of the map's side that the kernel covers."""
        stop = self.stops[k]
        words = [w for w in stop.words.first.replace(",", " ").split() if "×" in w]
        kernel = words[0].split("×")[0] if words else "3"
        size = max(self.stops[stop.sources[0]].extent.width, 1.0)
        return int(kernel) / size if kernel.isdecimal() else 0.2

    def _draw(self, stop: Stop, layer: _Layer, spot: Spot) -> Iterator[Item]:
        x, y = spot.x, spot.y
        if layer.kind == "name":
            yield text(x, y + 4, stop.words.first, PLAIN, "middle", "text.port", False, True, stop.path)
            return
        if layer.kind == "sign":
            yield from sign(stop.words.glyph, x, y, SIGN, stop.path, stop.title)
            return
        if layer.kind == "word":
            yield box(x - layer.w / 2, y - SIGN, layer.w, 2 * SIGN, stop.words.theme, 3.0, path=stop.path, css="op")
            yield text(x, y + 3.5, stop.words.first, SMALL, "middle", "text", path=stop.path)
            return
        theme = "io" if stop.role == "input" else look(stop)
        if layer.kind == "maps":
            yield from self._stack(stop, layer, x - layer.w / 2, y - layer.h / 2, theme)
        else:
            for dot in layer.dots:
                at = (rounded(x), rounded(y + dot))
                yield Circle(*at, RADIUS, theme, False, stop.path, "neuron", stop.title, stop.tint)
            if layer.gap:
                middle = (layer.dots[layer.gap - 1] + layer.dots[layer.gap]) / 2
                for step in (-5.0, 0.0, 5.0):
                    yield Circle(rounded(x), rounded(y + middle + step), 1.2, "bar", path=stop.path, css="dots")
        base = y - layer.h / 2 - layer.words if layer.flipped else y + layer.below + 4
        x += layer.shift
        for words, size, bold in layer.lines:
            base += size + 3
            if layer.crossed and not layer.flipped:
                long = width(words, size, bold) + 4
                yield box(x - long / 2, base - size - 1, long, size + 2, "page", css="ground")
            name = stop.role == "input" and size == PLAIN
            key = "text" if bold else "text.port" if name else "text.detail"
            yield text(x, base - 2, words, size, "middle", key, bold, name, stop.path)

    def _stack(self, stop: Stop, layer: _Layer, x: float, y: float, theme: str) -> Iterator[Item]:
        w, h = layer.face
        for n in range(layer.maps):
            key = theme if n == layer.maps - 1 else f"{theme}.lid" if n % 2 else theme
            at = (x + n * layer.step[0], y + n * layer.step[1])
            yield box(*at, w, h, key, path=stop.path, css="map", title=stop.title, tint=stop.tint)

    def marks(self) -> Iterator[Mark]:
        """Colours, and the signs of merges."""
        yield from category_marks(self.stops)
        for stop in self.stops:
            if stop.role == "merge" and is_sign(stop):
                yield Mark("glyph", SIGNS.get(stop.words.glyph, "joined"), f"sign{stop.words.glyph}")


def _reach(layer: _Layer) -> float:
    """Half the width of its words."""
    return max((width(words, size, bold) for words, size, bold in layer.lines), default=0.0) / 2


def _dots(extent: Extent, scale: float) -> _Layer:
    """A column of circles, some of them if there are many."""
    above, below = FEW if scale < LITTLE else FULL
    count = int(extent.channels) if extent.kind == "vector" and extent.deep.isdecimal() else 0
    gap = 0
    if 0 < count <= above + below + 1:
        dots = [(n - (count - 1) / 2) * PITCH for n in range(count)]
    else:
        long = above + below + 0.6
        places = [*range(above), *(n + 0.6 for n in range(above + 1, above + below + 1))]
        dots, gap = [(n - long / 2) * PITCH for n in places], above
    return _Layer("neurons", 2 * RADIUS, dots[-1] - dots[0] + 2 * RADIUS, dots, gap=gap)


def _maps(extent: Extent, scale: float) -> _Layer:
    """A stack of maps, a few of them if there are many; words are strips, one on another."""
    if extent.kind == "sheet":
        count, w, h = int(extent.width), _side(sqrt(extent.channels)) * 1.6 * scale, 9.0
        maps = max(1, min(count, WORDS))
        return _Layer("maps", w, h * maps + 3.0 * (maps - 1), [], maps, (w, h), (0.0, h + 3.0))
    w, h = _side(extent.width) * scale, _side(extent.height) * scale
    maps = max(1, min(int(extent.channels), MAPS))
    step = min(OFFSET, 0.8 * h / max(maps - 1, 1))
    return _Layer("maps", w + (maps - 1) * step, h + (maps - 1) * step, [], maps, (w, h), (step, step))


def _side(size: float) -> float:
    return min(6.0 + 13.0 * log2(1 + size / 6), 92.0)


def _shortened(a: Point, b: Point, start: float, end: float) -> list[Point]:
    """The line between two points without its ends, which lie inside circles."""
    long = hypot(b[0] - a[0], b[1] - a[1]) or 1.0
    dx, dy = (b[0] - a[0]) / long, (b[1] - a[1]) / long
    return [(a[0] + dx * start, a[1] + dy * start), (b[0] - dx * end, b[1] - dy * end)]
