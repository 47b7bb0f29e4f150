"""Several models side by side, aligned by stages of equal output size, as VGG-19 stands beside ResNet-34.

Each model is a column. What makes tensors of one resolution is a stage; a stage starts at the same height in every
column, its size stands at the left margin. What only one of the models has in a stage is marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise, product
from typing import Literal

from moniel2.ir.model import Block, Model, distinct_blocks
from moniel2.layout.compose import Engine
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, times
from moniel2.layout.draft import Drafter, Place
from moniel2.layout.layout import layout
from moniel2.layout.page import PAGE_HEIGHT
from moniel2.layout.pick import planned, shown_open, visible
from moniel2.layout.picture import describe
from moniel2.layout.scene import FAMILY_KEYS, Box, Group, Item, Scene, TextRun, Wire, moved
from moniel2.layout.views.differing import differing
from moniel2.layout.views.dissolve import dissolve, is_chain
from moniel2.layout.views.flow import is_chain as is_way
from moniel2.layout.views.framed import coloured, framed, key_of, unlabelled
from moniel2.layout.views.insets import Inset, bare, form, insets, numbered
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.parts import within
from moniel2.layout.views.pen import LARGE, SMALL, Drawn, Mark, bounds, placed, reduced, text, wire
from moniel2.layout.views.stage_rows import nearly, together
from moniel2.layout.views.stage_runs import as_one, kind, runs
from moniel2.layout.views.stages import Column, always, column
from moniel2.layout.views.tight import most_tightly, tightly
from moniel2.layout.views.told import NAMES
from moniel2.ops.spec import Category

MOST_INSETS, INSET_GAP, INSET_WIDTH = 6, 12.0, 270.0
BESIDE = PAGE_HEIGHT - 110.0  # what heading and legend leave of a page
MANY = 3000
Opening = Literal["all", "upper", "first", "none", "gist", "shut"]  # the last two: without what only adorns or reshapes
OPENINGS: tuple[Opening, ...] = ("all", "upper", "first", "none", "gist", "shut")
# Of merges only those of one tensor with a number.
PLUMBING = frozenset({Category.REGULARIZATION.value, Category.TENSOR.value, Category.MERGE.value})
MOST_FOLDED = 12  # kinds of blocks
LARGEST = 10  # parts of a block that is open by itself
APART, NEARER = 30.0, 24.0  # columns, and where there is little room
HEADING, STAGE_GAP, SIZE = 22.0, 10.0, SMALL
CLEAR = 5.0  # around words that a line leaves out
VECTOR = "1×1"


@dataclass(frozen=True, slots=True)
class _Stages:
    """A model's stages, and the ids of the blocks that may be open in them: ``small`` ones with all that is in them,
    ``upper`` ones with the blocks in them closed."""

    column: Column
    small: frozenset[int]
    upper: frozenset[int]


@dataclass(slots=True)
class _Column:
    """A model's column: ``stages`` is the stage of each part, by its output's height × width."""

    model: Model
    body: Body
    note: str
    faces: list[str]
    items: list[Item]
    tops: list[float]
    bottoms: list[float]
    w: float
    spine: float
    gap: float = STAGE_GAP  # between its stages


def side(models: Sequence[Model], options: ViewOptions) -> Drawn | None:
    """Draw models side by side; None if they aren't columns that could be aligned.

    Small blocks are open as far as a page has room: all of them, else those that are in no other, else the first of
    each kind, else those in which things only follow one another, at last none. If that is not enough, stages of nearly
    one size stand in one row, and what is alike in a stage becomes one.
    """
    best: Drawn | None = None
    least = float("inf")

    @cache
    def stages(number: int, without: frozenset[str]) -> _Stages:
        made = column(models[number], replace(options, shapes=True), without)
        return _Stages(made, *_small(made.drafter, options.limit))

    for opening, engine in product(OPENINGS[:1] if options.wanted.depth is not None else OPENINGS, (None, tightly)):
        gist = opening in ("gist", "shut")
        last = gist and engine is tightly
        ready = [stages(n, PLUMBING if gist else frozenset()) for n in range(len(models))]
        for room in (BESIDE, 0.0) if last else (BESIDE,):
            shared = _Shared(room) if opening in ("none", "gist", "shut") else None
            columns = [
                _column(model, one, options, opening, engine, shared) for model, one in zip(models, ready, strict=True)
            ]
            found = [c for c in columns if c is not None]
            if len(found) < len(columns):
                return best
            for some in _shorter(found) if last else (found,):
                apart = APART if engine is None else NEARER
                drawn = _drawn(models, some, shared.insets if shared is not None else [], apart)
                factor = reduced(drawn, options.title, options.legend)
                if factor < least:
                    best, least = drawn, factor
                if factor <= 1:
                    return best
    return best


def _shorter(found: Sequence[_Column]) -> Iterator[Sequence[_Column]]:
    """The same columns, then always shorter ones."""
    yield found
    rows = nearly([list(dict.fromkeys(c.faces)) for c in found])
    found = [replace(c, faces=[rows[f] for f in c.faces]) for c in found]
    yield found
    yield [_laid(c.model, c.body, c.note, c.faces, most_tightly) for c in found]
    saved = Counter[str]()
    for one in found:
        for run in runs(one.body.parts, one.faces):
            saved[kind(run[0])] += len(run) - 1
    # What has an inset says more than what hasn't.
    told = {kind(p) for c in found for p in c.body.parts if p.theme in FAMILY_KEYS}
    kinds = sorted((k for k in saved if saved[k]), key=lambda k: (k in told, -saved[k], k))
    for count in range(1, min(len(kinds), MOST_FOLDED) + 1):
        yield [_folded(c, kinds[:count]) for c in found]


def _drawn(models: Sequence[Model], found: Sequence[_Column], beside: Sequence[Inset], apart: float) -> Drawn:
    stages = together([list(dict.fromkeys(c.faces)) for c in found])
    parts = [list(zip(c.faces, c.body.parts, strict=True)) for c in found]
    marked = [differing(own, [other for other in parts if other is not own]) for own in parts]
    items = list(_draw(found, stages, marked, apart))
    beside = _used(beside, [c.body for c in found])
    if beside:
        _, top, right, _ = bounds(items)
        y = top
        for inset in beside:
            one = framed(inset, beside, True)
            group = Group(tuple(moved(i, right + apart, y) for i in one.items), inset.places[0], "inset", inset.name)
            items.append(group)
            y += one.h + INSET_GAP
    title = ", ".join(m.name for m in models)
    told = " ".join(describe(c.model, c.body) for c in found)
    return Drawn(title, items, list(_marks(found, any(marked), beside)), told)


def _used(beside: Sequence[Inset], bodies: Sequence[Body]) -> list[Inset]:
    """The insets of blocks that are in the columns."""
    used: set[str] = set()
    stack = [*bodies]
    while stack:
        for part in stack.pop().parts:
            used.add(part.theme)
            stack += [part.inside] if part.inside is not None else []
    return [inset for inset in beside if key_of(inset) in used]


# ------------------------------------------------------------------------------------------ what


def _column(
    model: Model,
    ready: _Stages,
    options: ViewOptions,
    opening: Opening,
    engine: Engine | None,
    shared: _Shared | None,
) -> _Column | None:
    stages = ready.column
    if not is_chain(stages.body):
        return None
    body = _opened(ready, options, opening)
    if not is_chain(body):
        return None
    faces: list[str] = []
    for part in body.parts:
        label = part.outputs[0] if part.inside is None else stages.sizes.get(part.key, "")
        faces.append(_face(label) if label else faces[-1] if faces else "")
    body, note = bare(unlabelled(body), model.root, stages.drafter)
    if shared is not None:
        blocks = stages.blocks | _blocks(stages.drafter, body)
        body = coloured(body, shared.those(replace(stages, body=body, blocks=blocks)), "", False)
    return _laid(model, body, note, faces, engine)


def _face(size: str) -> str:
    """Height × width of a size as it is written, also where the channels stand last."""
    one, _, face = size.partition("×")
    other, _, channels = face.partition("×")
    return f"{one}×{other}" if channels and one == other != channels else face or VECTOR


def _laid(model: Model, body: Body, note: str, faces: list[str], engine: Engine | None) -> _Column:
    drawn = layout(Diagram(model.name, body, columns=False), engine, plan_of=planned)
    items, w, _ = placed(drawn.items, 0.0, 0.0)
    boxes = {i.path: bounds([i]) for i in items if isinstance(i, Group)}
    extents = [boxes[p.key] for p in body.parts]
    first = next(i for i in items if isinstance(i, Wire))
    tops, bottoms = [b[1] for b in extents], [b[3] for b in extents]
    gap = STAGE_GAP / 2 if engine is most_tightly else STAGE_GAP
    return _Column(model, body, note, faces, items, tops, bottoms, w, first.points[0][0], gap)


def _opened(ready: _Stages, options: ViewOptions, opening: Opening) -> Body:
    """The column with what is in its blocks: containers without frames, small blocks in theirs."""
    drafter, keys = ready.column.drafter, [p.key for p in ready.column.body.parts]
    shut: set[str] = set()
    around: set[str] = set()  # blocks that are open although not all in them could be
    ways = always(drafter, is_way)
    containers = {key[:n] for key in keys for n, c in enumerate(key) if c == "/"}

    def opens(place: Place) -> bool:
        return place.path in containers or (not place.is_choice and shown_open(place, options.wanted, by_itself(place)))

    def by_itself(place: Place) -> bool:
        depth = options.wanted.depth
        if depth is not None:
            return place.depth <= depth
        number = id(place.block)
        if number not in ready.small | ready.upper or place.path in shut:
            return False
        if opening not in ("all", "upper", "first"):
            # What only follows one another is no more to look at open than closed.
            return opening != "shut" and number in ready.small and place.block.definition in ways
        if opening != "all" and any(place.path.startswith(f"{path}/") for path in around):
            return False
        if number in ready.upper:
            around.add(place.path)
        return True

    def keep(path: str, part: Part) -> bool:
        return not (path in containers or (not times(part) and _is_way(part)))

    body = dissolve(drafter.body(opens, options.limit), keep)
    if opening == "first":
        seen: set[Hashable] = set()
        for part in body.parts:
            if part.inside is not None and not is_chain(part.inside):
                kind = (part.first, form(part.inside))
                shut |= {part.key} if kind in seen else set()
                seen.add(kind)
        body = dissolve(drafter.body(opens, options.limit), keep)
    return body


def _small(drafter: Drafter, limit: int) -> tuple[frozenset[int], frozenset[int]]:
    """The ids of the blocks that are little to look at: with all that is in them, and with what is in them closed."""
    small: set[int] = set()
    upper: set[int] = set()
    for block in distinct_blocks(drafter.root):
        if block is drafter.root:
            continue
        own = Drafter(Model(block.name, block), drafter.look)
        if visible(own.body(lambda place: True, limit)) <= LARGEST:
            small.add(id(block))
        elif 1 < visible(own.body(lambda place: False, limit)) <= LARGEST:
            upper.add(id(block))
    return frozenset(small), frozenset(upper)


def _blocks(drafter: Drafter, body: Body) -> dict[str, Block]:
    """The blocks of the closed parts of a body."""
    found: dict[str, Block] = {}

    def opens(place: Place) -> bool:
        found[place.path] = place.block
        return any(p.key.startswith(f"{place.path}/") for p in body.parts)

    drafter.body(opens, len(body.parts) + MANY)
    closed = {p.key for p in body.parts if p.kind == "block" and p.inside is None}
    return {path: block for path, block in found.items() if path in closed}


class _Shared:
    """The insets of all models, each kind once, as many as there is room for from top to bottom."""

    def __init__(self, room: float) -> None:
        self.insets: list[Inset] = []
        self.kinds: dict[Hashable, Inset] = {}
        self.room = room

    def those(self, stages: Column) -> list[Inset]:
        """The insets of one model that there is room for."""
        found: list[Inset] = []
        for inset in sorted(numbered(insets(stages, MOST_INSETS)), key=lambda i: -i.times):
            if inset.outer:
                continue
            kind = (inset.name, form(inset.body))
            if kind not in self.kinds:
                one = framed(inset, [], True)
                high = one.h + INSET_GAP
                if high > self.room or one.w > INSET_WIDTH:
                    continue
                self.room -= high
                self.kinds[kind] = inset
                inset.family = len(self.insets)
                self.insets.append(inset)
            inset.family = self.kinds[kind].family
            found.append(inset)
        return found


def _folded(one: _Column, kinds: Collection[str]) -> _Column:
    """The same column with each run of these kinds as one part, so many times."""
    face_of = {part.key: face for part, face in zip(one.body.parts, one.faces, strict=True)}
    parts: list[Part] = []
    for run in runs(one.body.parts, one.faces):
        parts += [as_one(run)] if len(run) > 1 and kind(run[0]) in kinds else run
    ends = [OWN, *range(len(parts)), OWN]
    arrows = tuple(Arrow(a, 0, b, 0) for a, b in pairwise(ends))
    body = replace(one.body, parts=tuple(parts), arrows=arrows)
    return _laid(one.model, body, one.note, [face_of[p.key] for p in parts], most_tightly)


def _is_way(part: Part) -> bool:
    return part.inside is not None and is_chain(part.inside)


def _marks(columns: Sequence[_Column], marked: bool, beside: Sequence[Inset]) -> Iterator[Mark]:
    stack = [*(c.body for c in columns), *(i.body for i in beside)]
    while stack:
        for part in stack.pop(0).parts:
            if part.theme in NAMES and not part.glyph and part.inside is None:
                yield Mark(part.theme, NAMES[part.theme])
            if part.inside is not None:
                stack.append(part.inside)
    if marked:
        yield Mark("mark", "in one of them only", "bar")


# ------------------------------------------------------------------------------------------ where


def _draw(
    columns: Sequence[_Column], stages: Sequence[str], marked: Sequence[set[str]], apart: float
) -> Iterator[Item]:
    starts, ends = _starts(columns, stages)
    left = 0.0
    found: list[Item] = []
    for one, keys in zip(columns, marked, strict=True):
        shifts = _shifts(one, stages, starts)
        top = bounds(one.items)[1] + shifts[0] - (14.0 if any(c.note for c in columns) else 0.0)
        found.append(text(left + one.spine, top - 8.0, one.model.name, LARGE, "middle", "text.heading", bold=True))
        if one.note:
            found.append(text(left + one.spine, top + 6.0, one.note, SIZE, "middle", "text.caption"))
        shown = [moved(i, left, 0.0) for i in _shifted(one, shifts)]
        for item in Scene(0.0, 0.0, tuple(shown)).walk():
            if isinstance(item, Group) and item.path in keys:
                x, low, _, high = bounds([item])
                shown.append(Box(x - 5.0, low, 2.5, high - low, 1.0, "mark", path=item.path, css="differs"))
        found += within(shown, one.model.name)
        left += one.w + apart
    for stage in stages:
        y = starts[stage] - min(c.gap for c in columns) / 2
        if stage != stages[0]:
            yield from _between(y, left - apart + 8.0, found)
        names = stage.split("\n")
        for k, name in enumerate(names):
            at = (starts[stage] + ends[stage]) / 2 + 3 + 12 * (k - (len(names) - 1) / 2)
            yield text(-12.0, at, name, SIZE, "end", "text.shape")
    yield from found


def _between(y: float, right: float, found: Sequence[Item]) -> Iterator[Item]:
    """The line above a stage, which leaves out the name of a model that begins there."""
    x = -54.0
    words = [bounds([i]) for i in found if isinstance(i, TextRun)]
    for start, top, end, bottom in sorted(words):
        if top - CLEAR < y < bottom + CLEAR:
            yield wire([(x, y), (start - CLEAR, y)], "wire.light", False, True, css="stage")
            x = end + CLEAR
    yield wire([(x, y), (right, y)], "wire.light", False, True, css="stage")


def _starts(columns: Sequence[_Column], stages: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Where each stage begins and ends: below the longest of the one before it."""
    starts: dict[str, float] = {}
    ends: dict[str, float] = {}
    y = 0.0
    for stage in stages:
        starts[stage] = y
        long = 0.0
        for one in columns:
            here = [k for k, face in enumerate(one.faces) if face == stage]
            if here:
                long = max(long, one.bottoms[here[-1]] - one.tops[here[0]])
        ends[stage] = y + long
        y += long + min(c.gap for c in columns) + 6.0
    return starts, ends


def _shifts(one: _Column, stages: Sequence[str], starts: dict[str, float]) -> list[float]:
    """How far each part moves down."""
    shifts: list[float] = []
    for k, face in enumerate(one.faces):
        same = k and one.faces[k - 1] == face
        shifts.append(shifts[-1] if same else starts[face] - one.tops[k])
    return shifts


def _shifted(one: _Column, shifts: Sequence[float]) -> Iterator[Item]:
    """The column with every part at the height of its stage; wires between them get longer."""
    at = {part.key: shift for part, shift in zip(one.body.parts, shifts, strict=True)}
    for item in one.items:
        if isinstance(item, Wire):
            a, b = at.get(item.source, shifts[0]), at.get(item.target, shifts[-1])
            middle = (item.points[0][1] + item.points[-1][1]) / 2
            points = tuple((x, y + (a if y < middle else b)) for x, y in item.points)
            yield replace(item, points=points)
        elif isinstance(item, (Group, TextRun, Box)):
            first = item.path.startswith("in:")
            yield moved(item, 0.0, at.get(item.path, shifts[0] if first else shifts[-1]))
        else:
            yield item
