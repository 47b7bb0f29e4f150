"""A network on one page: the column of its stages, and beside it each kind of block once, joined to its place.

Every kind has a colour of its own in the column and around its inset. An inset says with letters what differs from use
to use: ``Conv 1×1, 4C``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from moniel2.ir.model import Model
from moniel2.layout.diagram import Body, Diagram
from moniel2.layout.layout import layout
from moniel2.layout.page import PAGE, PAGE_HEIGHT, PAGE_WIDTH
from moniel2.layout.pick import planned, visible
from moniel2.layout.picture import describe
from moniel2.layout.scene import Group, Item, Point, Scene, Wire, moved
from moniel2.layout.views.framed import Framed, coloured, framed, shortly, unlabelled
from moniel2.layout.views.insets import Inset, bare, insets, numbered
from moniel2.layout.views.options import Refused, ViewOptions
from moniel2.layout.views.pack import Sheet, pack
from moniel2.layout.views.pen import MARGIN, SMALL, Drawn, Mark, bounds, placed, reduced, text, wire
from moniel2.layout.views.pieces import pieces
from moniel2.layout.views.stages import Column, column
from moniel2.layout.views.tight import tightly
from moniel2.layout.views.told import NAMES

MOST_INSETS = 9
LEGEND = 40.0  # what it takes of a page
CUT = 30.0  # by how much the columns may differ in height
FEW = 6  # boxes in a column that hardly says anything by itself
MOST_REDUCED = 1.5  # how much a page may have to reduce a figure whose kinds of blocks are all large
CURT = 12  # letters below a name where there is little room
RESIZING = frozenset({"pooling", "reshape/tensor"})  # what a figure leaves out that fits no page otherwise
LEFT_OUT = "Pooling, resizing and reshaping are not drawn."
APART = 10.0  # more around what isn't wired to the column
GAP, GUTTER, TRACK, LANE, SIZE = 14.0, 12.0, 5.0, 4.0, SMALL


def overview(model: Model, options: ViewOptions) -> Drawn:
    """Draw a model as a column with insets: all of them if the page has room, else those that say most.

    Raises ``Refused`` where a block can't be opened.
    """
    stages = column(model, options)
    for pattern in stages.missed:
        raise Refused(
            f"`{pattern}` stands inside a block that is closed in the column: --expand it too, or use --view blocks"
        )
    best = _filled(model, stages, options)
    if stages.loops - {place for inset in best.found for place in inset.places}:
        # There is no room for what happens in a loop beside the column: rather in it.
        opened = _filled(model, column(model, options, loops=True), options)
        best = opened if opened.fits else best
    if not best.fits:
        gist = _filled(model, column(model, options, RESIZING), options)
        if gist.fits:
            return replace(gist.drawn, description=f"{gist.drawn.description} {LEFT_OUT}", note=LEFT_OUT)
    return best.drawn


def _filled(model: Model, stages: Column, options: ViewOptions) -> _Sheet:
    """A page with as much as there is room for, in the way that says most."""
    everything = insets(stages, MOST_INSETS)
    ranked = sorted(everything, key=lambda i: (_depth(i, everything), -_used(i, everything)))
    plain, note = bare(stages.body, model.root, stages.drafter)
    ways = [(plain, note, False, 1), (plain, note, True, 1)]
    ways += [(stages.labelled, "", True, cut) for cut in (2, 3)]
    curt = _curt(plain)
    silent = unlabelled(curt)
    ways += [(curt, note, True, 1), (silent, note, True, 1), (shortly(silent), note, True, 1), (silent, note, True, 2)]
    best: _Sheet | None = None
    sheets: list[_Sheet] = []
    for body, said, brief, cut in ways:
        if best is not None and best.fits and body not in (plain, stages.labelled):
            break
        sheet = _Sheet(model, stages, body, said, options, brief, cut)
        sheet.fill(ranked, everything)
        sheets.append(sheet)
        if best is None or sheet.worth > best.worth:
            best = sheet
        if best.fits and len(best.found) == len(everything):
            break
    assert best is not None
    if not best.found and ranked and visible(plain) <= FEW:
        # A short column alone says little: one of its blocks, though a page has to reduce that.
        best = min(sheets, key=lambda sheet: sheet.reduced_with(ranked[0]))
        best.room = max(best.room, min(best.reduced_with(ranked[0]), MOST_REDUCED))
        best.fits = best.room <= 1
        best.fill(ranked, everything)
    return best


class _Sheet:
    """A page that is filled with insets as long as there is room. The column may be ``cut`` into several."""

    def __init__(
        self, model: Model, stages: Column, body: Body, note: str, options: ViewOptions, brief: bool, cut: int
    ) -> None:
        self.model, self.stages, self.body, self.note, self.options = model, stages, body, note, options
        self.brief, self.cut = brief, cut
        self.found: list[Inset] = []
        self.drawn = self._with([], "")
        self.alone = self._reduced(self.drawn)  # how much of a page the column takes
        self.room = max(1.0, self.alone)  # how much a page may have to reduce it all
        self.fits = self.room <= 1

    @property
    def worth(self) -> tuple[bool, int, int, float]:
        """How many kinds of blocks are shown, and how much of the network they are; what is large is the better the
        less a page has to reduce it."""
        shown = self.found if self.fits else []
        return (self.fits, len(shown), sum(_used(i, shown) for i in shown), -self.room)

    def fill(self, ranked: Sequence[Inset], everything: Sequence[Inset]) -> None:
        """Take one inset after the other, if it can be seen where it belongs and there is room for it."""
        for one in ranked:
            if one.outer and not any(one.outer in i.places for i in self.found):
                continue
            found = [i for i in everything if i in self.found or i is one]
            left = [i.name for i in everything if i not in found]
            drawn = self._with(found, f" Not drawn inside: {', '.join(left)}." if left else "")
            if self._reduced(drawn) <= self.room:
                self.found, self.drawn = found, drawn

    def reduced_with(self, one: Inset) -> float:
        """How much a page would have to reduce the column with this inset."""
        return self._reduced(self._with([one], ""))

    def _with(self, found: list[Inset], left_out: str) -> Drawn:
        found = numbered(found)
        body = coloured(self.body, found, "", True)
        items = _Page(self.stages, body, self.note, found, self.brief, self.cut).items
        told = describe(self.model, self.stages.body) + left_out
        return Drawn(self.model.name, items, list(_marks(body, found)), told)

    def _reduced(self, drawn: Drawn) -> float:
        return reduced(drawn, self.options.title, self.options.legend)


def _depth(one: Inset, found: Sequence[Inset]) -> int:
    outer = next((i for i in found if one.outer and one.outer in i.places), None)
    return 0 if outer is None else 1 + _depth(outer, found)


def _used(one: Inset, found: Sequence[Inset]) -> int:
    """How often a block stands in the whole model, as far as its insets say."""
    outer = next((i for i in found if one.outer and one.outer in i.places), None)
    return one.times * (_used(outer, found) if outer is not None else 1)


def _marks(body: Body, found: Sequence[Inset]) -> Iterator[Mark]:
    stack = [body, *(i.body for i in found)]
    while stack:
        for part in stack.pop(0).parts:
            if part.theme in NAMES and not part.glyph and part.theme != "block":
                yield Mark(part.theme, NAMES[part.theme])
            if part.inside is not None:
                stack.append(part.inside)


class _Page:
    """The column at the left, the insets right of it and below it."""

    def __init__(self, stages: Column, body: Body, note: str, found: Sequence[Inset], brief: bool, cut: int) -> None:
        self.stages, self.brief = stages, brief
        engine = tightly if brief else None
        name = stages.drafter.model.name
        first, *others = pieces(body)
        diagram = Diagram(name, first, columns=False)
        drawn = layout(diagram, engine, plan_of=planned)
        if cut > 1:
            page = (PAGE[0], drawn.height / cut + CUT)
            drawn = layout(replace(diagram, columns=True), engine, page, planned)
        side = [] if cut > 1 else list(self._sizes(drawn))
        if note:
            side.append(text(drawn.width / 2, drawn.height + 3, note, SIZE, "middle", "text.caption"))
        self.column, self.w, self.h = placed([*drawn.items, *side], 0.0, 0.0)
        self.boxes = {i.path: bounds([i]) for i in Scene(0, 0, tuple(self.column)).walk() if isinstance(i, Group)}
        flat = [i for i in Scene(0, 0, tuple(self.column)).walk() if isinstance(i, Wire)]
        self.wires = [
            (min(ax, bx) - 1, min(ay, by) - 1, max(ax, bx) + 1, max(ay, by) + 1)
            for i in flat
            for (ax, ay), (bx, by) in pairwise(i.points)
            if abs(ax - bx) < 0.1
        ]
        self.insets = [framed(i, found, self.brief) for i in found]
        joined = [i for i in self.insets if i.inset.places[0] in self.boxes]
        apart = [layout(Diagram(name, one, columns=False), engine, plan_of=planned) for one in others]
        self.apart = [placed(one.items, 0.0, 0.0) for one in apart]
        self.left = self.w + (GUTTER + TRACK * len(joined) if joined else 0.0)
        taken = (self.left - GAP, self.h)
        sheet = Sheet(taken, PAGE_WIDTH - 2 * MARGIN, PAGE_HEIGHT - 2 * MARGIN - LEGEND, GAP)
        around = [(w + 2 * APART, h + 2 * APART) for _, w, h in self.apart]
        corners = pack([*around, *((i.w, i.h) for i in self.insets)], sheet)
        self.corners = [(x + APART, y + APART if y > 0 else y) for x, y in corners[: len(others)]]
        for one, (x, y) in zip(self.insets, corners[len(others) :], strict=True):
            one.x, one.y = x, y
        self.items = [*self._joins(joined), *self.column, *(m for i in self.insets for m in self._moved(i))]
        for (items, _, _), (x, y) in zip(self.apart, self.corners, strict=True):
            self.items += [moved(i, x, y) for i in items]

    def _sizes(self, drawn: Scene) -> Iterator[Item]:
        """Sizes at the left of the column, small, where they change."""
        boxes = [(i.path, bounds([i])) for i in drawn.walk() if isinstance(i, Group)]
        left = min((b[0] for _, b in boxes), default=0.0) - 8
        for path, (_, top, _, bottom) in boxes:
            words = self.stages.sizes.get(path, "")
            if words:
                yield text(left, (top + bottom) / 2 + 3, words, SIZE, "end", path=path)

    def _moved(self, one: Framed) -> Iterator[Item]:
        yield Group(tuple(moved(i, one.x, one.y) for i in one.items), one.inset.places[0], "inset", one.inset.name)

    # ------------------------------------------------------------------------------------------ joins

    def _joins(self, joined: Sequence[Framed]) -> Iterator[Item]:
        """A line from its place in the column to each inset that one can reach without meeting another."""
        falling = [i for i in joined if self._from(i)[1] < i.y + i.title]
        rising = [i for i in joined if self._from(i)[1] >= i.y + i.title]
        tracks = [*falling[::-1], *rising]
        lanes: dict[float, int] = {}
        for one in joined:
            x = self.w + GUTTER / 2 + TRACK * tracks.index(one)
            start = self._from(one)
            lane = one.y - 5.0 - LANE * lanes.get(one.y, 0)
            left, right = one.x + one.left + 12, one.x + one.right - 12
            ways = [[start, (x, start[1]), (x, one.y + one.title), (left - 12, one.y + one.title)]]
            for into in (left if left > x else min(right, x), right, left):
                ways.append([start, (x, start[1]), (x, lane), (into, lane), (into, one.y + one.top)])
            free = next((n for n, way in enumerate(ways) if self._is_free(way, one)), None)
            if free is not None:
                lanes[one.y] = lanes.get(one.y, 0) + (free > 0)
                yield wire(ways[free], "wire.light", arrow=False, source=one.inset.places[0], css="wire join")

    def _from(self, one: Framed) -> tuple[float, float]:
        _, top, right, bottom = self.boxes[one.inset.places[0]]
        return (right, (top + bottom) / 2)

    def _is_free(self, way: Sequence[Point], one: Framed) -> bool:
        """Whether a line meets nothing of the column beside its start, and no inset but at its end."""
        if way[-1][0] < way[-2][0] and way[-1][1] == way[-2][1]:
            return False
        solid = [(i.x, i.y, i.x + i.w, i.y + i.h) for i in self.insets if i is not one]
        solid += [b for path, b in self.boxes.items() if path != one.inset.places[0]]
        solid.append((one.x + one.left + 0.1, one.y + one.top + 0.1, one.x + one.w, one.y + one.h))
        # The names of its inputs and their lines.
        for left, top, right, bottom in (bounds([i]) for i in one.items):
            if top < one.top - 0.5:
                solid.append((one.x + left - 6, one.y + top, one.x + right + 6, one.y + min(bottom, one.top)))
        solid += [(x, y, x + w, y + h) for (_, w, h), (x, y) in zip(self.apart, self.corners, strict=True)]
        solid += self.wires
        return not any(
            min(ax, bx) < right and max(ax, bx) > left and min(ay, by) < bottom and max(ay, by) > top
            for (ax, ay), (bx, by) in pairwise(way)
            for left, top, right, bottom in solid
        )


def _curt(body: Body) -> Body:
    """Without what makes closed blocks wide: what they were called with."""
    return replace(body, parts=tuple(replace(p, second="" if len(p.second) > CURT else p.second) for p in body.parts))
