"""Several models side by side, aligned by stages of equal output size, as VGG-19 stands beside ResNet-34.

Each model is a column. What makes tensors of one resolution is a stage; a stage starts at the same height in every
column, its size stands at the left margin. What only one of the models has in a stage is marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Literal

from moniel2.ir.model import Block, Model, distinct_blocks
from moniel2.layout.compose import Engine
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, times
from moniel2.layout.draft import Drafter, Place
from moniel2.layout.layout import layout
from moniel2.layout.page import PAGE_HEIGHT
from moniel2.layout.pick import asked, visible
from moniel2.layout.picture import describe
from moniel2.layout.scene import Box, Group, Item, TextRun, Wire, moved
from moniel2.layout.views.dissolve import dissolve, is_chain
from moniel2.layout.views.flow import is_chain as is_way
from moniel2.layout.views.framed import coloured, framed
from moniel2.layout.views.insets import Inset, bare, form, insets, numbered
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.pen import LARGE, SMALL, Drawn, Mark, bounds, placed, reduced, text, wire
from moniel2.layout.views.stage_rows import nearly, together
from moniel2.layout.views.stages import Column, always, column
from moniel2.layout.views.tight import most_tightly, tightly
from moniel2.layout.views.told import NAMES
from moniel2.ops.spec import Category

MOST_INSETS, INSET_GAP, INSET_WIDTH = 6, 12.0, 270.0
ABOVE = 110.0  # what heading and legend take of a page
MANY = 3000
Opening = Literal["all", "first", "none", "gist"]  # the last without what only adorns or reshapes
OPENINGS: tuple[Opening, ...] = ("all", "first", "none", "gist")
# Of merges only those of one tensor with a number.
PLUMBING = frozenset({Category.REGULARIZATION.value, Category.TENSOR.value, Category.MERGE.value})
MOST_FOLDED = 12  # runs of blocks
LARGEST = 10  # parts of a block that is open by itself
APART, HEADING, STAGE_GAP, SIZE = 30.0, 22.0, 10.0, SMALL
MOST_MARKED = 0.6  # of a model's parts
VECTOR = "1×1"


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

    Small blocks are open as far as a page has room: all of them, else the first of each kind, else none. If that is
    not enough, stages of nearly one size stand in one row, and blocks of one name in a stage become one, the longest
    runs first.
    """
    best: Drawn | None = None
    least = float("inf")
    for opening, engine in product(OPENINGS[:1] if options.wanted.depth is not None else OPENINGS, (None, tightly)):
        gist = opening == "gist"
        shared = _Shared(PLUMBING if gist else frozenset()) if opening in ("none", "gist") else None
        columns = [_column(model, options, opening, engine, shared) for model in models]
        found = [c for c in columns if c is not None]
        if len(found) < len(columns):
            return best
        beside = shared.insets if shared is not None else []
        tries = list(_shorter(found)) if gist and engine is not None else [found]
        insets_of = [beside] * len(tries) + ([[]] * len(tries) if gist and engine is not None and beside else [])
        for some, shown in zip(tries * 2, insets_of, strict=False):
            drawn = _drawn(models, some, shown)
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
    runs = [(n, *run) for n, c in enumerate(found) for run in _runs(c.body, c.faces)]
    runs.sort(key=lambda run: -run[2])
    for count in range(1, min(len(runs), MOST_FOLDED) + 1):
        yield [_folded(c, {key for m, key, _ in runs[:count] if m == n}) for n, c in enumerate(found)]


def _drawn(models: Sequence[Model], found: Sequence[_Column], beside: Sequence[Inset]) -> Drawn:
    stages = together([list(dict.fromkeys(c.faces)) for c in found])
    marked = [_differing(c, [o for o in found if o is not c]) for c in found]
    items = list(_draw(found, stages, marked))
    if beside:
        _, top, right, _ = bounds(items)
        y = top
        for inset in beside:
            one = framed(inset, beside, True)
            group = Group(tuple(moved(i, right + APART, y) for i in one.items), inset.places[0], "inset", inset.name)
            items.append(group)
            y += one.h + INSET_GAP
    title = ", ".join(m.name for m in models)
    told = " ".join(describe(c.model, c.body) for c in found)
    return Drawn(title, items, list(_marks(found, any(marked), beside)), told)


# ------------------------------------------------------------------------------------------ what


def _column(
    model: Model, options: ViewOptions, opening: Opening, engine: Engine | None, shared: _Shared | None
) -> _Column | None:
    stages = column(model, replace(options, shapes=True), frozenset() if shared is None else shared.without)
    if not is_chain(stages.body):
        return None
    body = _opened(stages.drafter, [p.key for p in stages.body.parts], options, opening)
    if not is_chain(body):
        return None
    faces: list[str] = []
    for part in body.parts:
        label = part.outputs[0] if part.inside is None else stages.sizes.get(part.key, "")
        faces.append((label.partition("×")[2] or VECTOR) if label else faces[-1] if faces else "")
    body, note = bare(_unlabelled(body), model.root, stages.drafter)
    if shared is not None:
        blocks = stages.blocks | _blocks(stages.drafter, body)
        body = coloured(body, shared.those(replace(stages, body=body, blocks=blocks)), "", False)
    return _laid(model, body, note, faces, engine)


def _laid(model: Model, body: Body, note: str, faces: list[str], engine: Engine | None) -> _Column:
    drawn = layout(Diagram(model.name, body, columns=False), engine)
    items, w, _ = placed(drawn.items, 0.0, 0.0)
    boxes = {i.path: bounds([i]) for i in items if isinstance(i, Group)}
    extents = [boxes[p.key] for p in body.parts]
    first = next(i for i in items if isinstance(i, Wire))
    tops, bottoms = [b[1] for b in extents], [b[3] for b in extents]
    gap = STAGE_GAP / 2 if engine is most_tightly else STAGE_GAP
    return _Column(model, body, note, faces, items, tops, bottoms, w, first.points[0][0], gap)


def _opened(drafter: Drafter, keys: Sequence[str], options: ViewOptions, opening: Opening) -> Body:
    """The column with what is in its blocks: containers without frames, small blocks in theirs."""
    shut: set[str] = set()
    ways = always(drafter, is_way)
    containers = {key[:n] for key in keys for n, c in enumerate(key) if c == "/"}
    small = {
        id(block)
        for block in distinct_blocks(drafter.root)
        if block is not drafter.root
        and visible(Drafter(Model(block.name, block), drafter.look).body(lambda place: True, options.limit)) <= LARGEST
    }

    def opens(place: Place) -> bool:
        return place.path in containers or (not place.is_choice and asked(place, options.wanted, by_itself(place)))

    def by_itself(place: Place) -> bool:
        depth = options.wanted.depth
        if depth is not None:
            return place.depth <= depth
        if id(place.block) not in small or place.path in shut:
            return False
        # What only follows one another is no more to look at open than closed.
        return opening in ("all", "first") or place.block.definition in ways

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
    """The insets of all models, each kind once, as many as a page is high."""

    def __init__(self, without: frozenset[str]) -> None:
        self.without = without  # categories of operations
        self.insets: list[Inset] = []
        self.kinds: dict[Hashable, Inset] = {}
        self.room = PAGE_HEIGHT - ABOVE

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


def _runs(body: Body, faces: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Closed blocks of one name that follow one another in a stage: the key of the first, and how many there are."""
    parts = list(zip(body.parts, faces, strict=True))
    start = 0
    for n in range(1, len(parts) + 1):
        if n == len(parts) or not _alike(parts[start], parts[n]):
            if n - start > 1:
                yield parts[start][0].key, n - start
            start = n


def _alike(one: tuple[Part, str], other: tuple[Part, str]) -> bool:
    names = [_stem(p) if p.kind == "block" and p.inside is None and not p.copies else "" for p, _ in (one, other)]
    return one[1] == other[1] and names[0] == names[1] != ""


def _stem(part: Part) -> str:
    """A block's name without the number of its kind."""
    name, space, number = part.first.rpartition(" ")
    return name if space and number.startswith("(") else part.first


def _folded(one: _Column, runs: Collection[str]) -> _Column:
    """The same column with each of these runs as one block, so many times."""
    long = {key: count for key, count in _runs(one.body, one.faces) if key in runs}
    parts: list[Part] = []
    faces: list[str] = []
    left = 0
    for part, face in zip(one.body.parts, one.faces, strict=True):
        if left:
            last, left = parts[-1], left - 1
            parts[-1] = replace(last, repeat=last.repeat + part.repeat)
            continue
        left = long.get(part.key, 1) - 1
        parts.append(replace(part, first=_stem(part), second="", theme="block") if left else part)
        faces.append(face)
    ends = [OWN, *range(len(parts)), OWN]
    arrows = tuple(Arrow(a, 0, b, 0) for a, b in pairwise(ends))
    return _laid(one.model, replace(one.body, parts=tuple(parts), arrows=arrows), one.note, faces, most_tightly)


def _is_way(part: Part) -> bool:
    return part.inside is not None and is_chain(part.inside)


def _unlabelled(body: Body) -> Body:
    """Without sizes beside wires: they stand at the margin."""
    parts = (
        replace(part, outputs=("",) * len(part.outputs), inside=part.inside and _unlabelled(part.inside))
        for part in body.parts
    )
    return replace(body, parts=tuple(parts), inputs=tuple(replace(p, label="") for p in body.inputs))


def _words(part: Part) -> tuple[str, str, str]:
    return (part.first, part.second, times(part))


def _differing(one: _Column, others: Sequence[_Column]) -> set[str]:
    """The keys of parts that no other model has in the same stage; nothing where most differ anyway."""
    elsewhere = [Counter((f, _words(p)) for f, p in zip(o.faces, o.body.parts, strict=True)) for o in others]
    found = {
        part.key
        for face, part in zip(one.faces, one.body.parts, strict=True)
        if not any(counter[(face, _words(part))] for counter in elsewhere)
    }
    return found if len(found) <= MOST_MARKED * len(one.body.parts) else set()


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


def _draw(columns: Sequence[_Column], stages: Sequence[str], marked: Sequence[set[str]]) -> Iterator[Item]:
    starts, ends = _starts(columns, stages)
    left = 0.0
    wide = sum(c.w + APART for c in columns) - APART
    for stage in stages:
        y = starts[stage] - min(c.gap for c in columns) / 2
        if stage != stages[0]:
            yield wire([(-54.0, y), (wide + 8, y)], "wire.light", False, True, css="stage")
        names = stage.split("\n")
        for k, name in enumerate(names):
            at = (starts[stage] + ends[stage]) / 2 + 3 + 12 * (k - (len(names) - 1) / 2)
            yield text(-12.0, at, name, SIZE, "end", "text.shape")
    for one, keys in zip(columns, marked, strict=True):
        shifts = _shifts(one, stages, starts)
        top = bounds(one.items)[1] + shifts[0] - (14.0 if any(c.note for c in columns) else 0.0)
        yield text(left + one.spine, top - 8.0, one.model.name, LARGE, "middle", "text.heading", bold=True)
        if one.note:
            yield text(left + one.spine, top + 6.0, one.note, SIZE, "middle", "text.caption")
        yield from (moved(i, left, 0.0) for i in _shifted(one, shifts))
        for part, shift, low, high in zip(one.body.parts, shifts, one.tops, one.bottoms, strict=True):
            if part.key in keys:
                x = bounds([i for i in one.items if isinstance(i, Group) and i.path == part.key])[0]
                yield Box(left + x - 5.0, low + shift, 2.5, high - low, 1.0, "mark", path=part.key, css="differs")
        left += one.w + APART


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
