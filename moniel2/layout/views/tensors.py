"""Tensors as boxes and operations as arrows, as the U-Net's paper shows it.

A box is as high as its tensor has pixels and as wide as it has channels, on a logarithmic scale. Each resolution is a
level: a network that pools goes down a staircase, one that comes up again makes a U. An arrow has the colour of its
operation. What is concatenated stands side by side, the half that was copied as an outline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from moniel2.ir.model import Model
from moniel2.layout.scene import Anchor, Item, moved
from moniel2.layout.text import width
from moniel2.layout.views.flow import Flow
from moniel2.layout.views.level_lines import LevelLines
from moniel2.layout.views.levels import NUMBER, SIGN, Row, commonest
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.order import apart, in_line
from moniel2.layout.views.pack import Sheet, pack
from moniel2.layout.views.pen import PLAIN, SMALL, WIDEST, Drawn, Mark, box, placed, sign, text, wire
from moniel2.layout.views.runs import fitting
from moniel2.layout.views.told import NAMES, description, is_sign, look
from moniel2.layout.views.untangle import untangled

MOST = 600  # tensors
APART = 34.0  # between what isn't wired to each other
SCALES = (1.0, 0.88, 0.75, 0.55)  # how large boxes are, as a page has room
SCALE = "a box is as high as its tensor has pixels (or words) and as wide as it has channels, both as logarithms"


def tensors(model: Model, options: ViewOptions) -> Drawn:
    """Draw a model's tensors, level by level."""

    def draw(found: Flow, room: float, scale: float) -> Drawn:
        whole = in_line(found)
        common = commonest(whole)
        drawings = [_Drawing(one, options, scale, common) for one in apart(whole)]
        items = _together([placed(untangled(list(one.draw())), 0.0, 0.0) for one in drawings])
        marks = [mark for one in drawings for mark in one.marks()]
        told = description(model, found, "tensors")
        return Drawn(model.name, items, marks, told, f"Scale: {SCALE}.")

    return fitting(model, options, min(options.limit, MOST), draw, SCALES, wraps=False)[0]


def _together(pieces: Sequence[tuple[list[Item], float, float]]) -> list[Item]:
    """What isn't wired to each other on one page: right of the first and below it, as there is room."""
    (items, w, h), *others = pieces
    sheet = Sheet((w, h), WIDEST[0], WIDEST[1], APART)
    for (some, _, _), (x, y) in zip(others, pack([(w, h) for _, w, h in others], sheet), strict=True):
        items = items + [moved(i, x, y) for i in some]
    return items


class _Drawing(LevelLines):
    # ------------------------------------------------------------------------------------------- ink

    def draw(self) -> Iterator[Item]:
        """Arrows, then boxes on top of their ends."""
        for k in range(len(self.stops)):
            if self.before[k] >= 0 and not self.spots[k].joined:
                yield from self._arrow(k)
        for s, k in [*self.copies, *self.skips]:
            yield self._wire(s, k)
        faces: set[tuple[Row, str]] = set()
        self.labelled: dict[Row, list[tuple[float, float]]] = {}  # where words stand below a level
        for k in range(len(self.stops)):
            yield from self._box(k, faces)

    def _kind(self, k: int) -> str:
        """A merge has no colour of its own: what leads into it is copied."""
        return "wire.merge" if self.stops[k].role in ("merge", "output") else f"wire.{self.key(k)}"

    def _arrow(self, k: int) -> Iterator[Item]:
        """The arrow along a chain with its words: right of it where it runs down or up, else above it."""
        s, b = self.before[k], self.spots[k]
        yield self._wire(s, k)
        points = self.ways[(s, k)]
        high = 9.5 * (len(b.label) - 1)
        if b.fallen or b.risen:
            low, top = self._beside_fall(k)
            x, y = b.middle + 5, (low + top) / 2 + (3 if b.stepped else 1 if b.fallen else 4) - high / 2
            anchor: Anchor = "start"
        elif self.spots[s].row == b.row or abs(points[-1][0] - points[-2][0]) >= self._long(k):
            left = self.spots[s].right + self._beside(s) if self.spots[s].row == b.row else points[-2][0] + 4
            x, y, anchor = self._between_numbers(left, k), b.y - 4 - high, "middle"
        else:
            (u, v), (_, w) = max(pairwise(points), key=lambda p: abs(p[0][1] - p[1][1]))
            x, y, anchor = u + 5, (v + w) / 2 + 3 - high / 2, "start"
        for n, line in enumerate(b.label):
            yield text(x, y + n * 9.5, line, NUMBER, anchor, "text.detail", path=self.stops[k].path)

    def _long(self, k: int) -> float:
        """How much of an arrow its words need."""
        return max((width(line, NUMBER) for line in self.spots[k].label), default=0.0) + 8

    def _wire(self, s: int, k: int) -> Item:
        css = "wire" if s == self.before[k] else "wire skip"
        points = self.ways[(s, k)]
        return wire(points, self._kind(k), source=self.stops[s].path, target=self.stops[k].path, css=css)

    def _box(self, k: int, faces: set[tuple[Row, str]]) -> Iterator[Item]:
        stop, spot = self.stops[k], self.spots[k]
        if stop.role == "output":
            yield text(spot.x + 2, spot.y + 4, stop.words.first, PLAIN, "start", "text.port", False, True, stop.path)
            return
        if spot.joined:
            yield from self._outlines(k)
            return
        if stop.role == "merge" and is_sign(stop):
            yield from sign(stop.words.glyph, spot.middle, spot.y, SIGN, stop.path, stop.title)
            return
        if stop.role == "merge" and not self._halves(k):
            yield box(spot.x, spot.top, spot.w, spot.h, stop.words.theme, 3.0, path=stop.path, css="op")
            yield text(spot.middle, spot.y + 3.5, stop.words.first, SMALL, "middle", "text", path=stop.path)
            return
        theme = "io" if stop.role == "input" else "block"
        yield box(
            spot.x, spot.top, spot.w, spot.h, theme, path=stop.path, css="tensor", title=stop.title, tint=stop.tint
        )
        if stop.role == "input":
            yield text(
                spot.x - 5, spot.y + 3.5, stop.words.first, PLAIN, "end", "text.port", italic=True, path=stop.path
            )
        if self.options.shapes:
            yield from self._numbers(k, faces)

    def _outlines(self, k: int) -> Iterator[Item]:
        """The copied halves of a concatenation, left of the box that is its own half."""
        own = self._halves(k) - 1
        x = self.spots[own].x
        for s in reversed([s for s in dict.fromkeys(self.stops[k].sources) if s != own]):
            wide = self._half(s)
            x -= wide
            spot = self.spots[own]
            yield box(x, spot.top, wide, spot.h, "glyph", path=self.stops[k].path, css="copied")

    def _numbers(self, k: int, faces: set[tuple[Row, str]]) -> Iterator[Item]:
        """Channels above a box, the resolution below the first box of its level."""
        stop, spot = self.stops[k], self.spots[k]
        joins = [u for u in self.users[k] if self.spots[u].joined and self._halves(u) == k + 1]
        deep = self.stops[joins[0]].extent.deep if joins else stop.extent.deep
        leaves = [self.spots[u] for u in self.users[k] if self.before[u] == k]
        over, side = self._number(k)
        yield text(over, spot.top - 3, deep, NUMBER, side, "text.shape", path=stop.path)
        face = (spot.row, stop.extent.face)
        long = width(stop.extent.face, NUMBER)
        anchor: Anchor = "middle"
        at, left = spot.middle, spot.middle - long / 2
        if any(u.fallen for u in leaves):
            anchor = "end"
            at = spot.right + 4 if any(u.stepped for u in leaves) else spot.middle - 4
            left = at - long
        row = self.labelled.setdefault(spot.row, [])
        free = all(left > b + 5 or left + long < a - 5 for a, b in row)
        if stop.extent.face and face not in faces and not spot.risen and free:
            faces.add(face)
            row.append((left, left + long))
            yield text(at, spot.bottom + 10, stop.extent.face, NUMBER, anchor, "text.shape", path=stop.path)

    def marks(self) -> Iterator[Mark]:
        """The colours of arrows, the commonest operation of each named."""
        for key, word in self._named().items():
            yield Mark(f"wire.{key}", word, "arrow")
        if any(spot.joined for spot in self.spots):
            yield Mark("glyph", "copied half of a concatenation")
        if self.copies or self.skips:
            yield Mark("wire.merge", "copy and crop" if self.flow.crops else "copy", "arrow")

    def _named(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for k, stop in enumerate(self.stops):
            key = self.key(k)
            if stop.role not in ("layer", "pool") or key in found:
                continue
            kind = "up" if key == "tensor" and look(stop) != "tensor" else NAMES.get(key, key)
            if key not in self.common:
                found[key] = kind
                continue
            common = self.common[key]
            found[key] = f"{kind}: {common.operation}{common.also}"
        return found
