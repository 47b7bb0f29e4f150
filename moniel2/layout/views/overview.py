"""A network on one page: the column of its stages, and beside it each kind of block once, joined to its place.

Every kind has a colour of its own in the column and around its inset. An inset says with letters what differs from use
to use: ``Conv 1×1, 4C``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from moniel2.ir.model import Model
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, Port
from moniel2.layout.layout import layout
from moniel2.layout.picture import describe
from moniel2.layout.scene import FAMILY_KEYS, Box, Group, Item, Scene, TextRun, Wire, moved
from moniel2.layout.views.dissolve import is_chain
from moniel2.layout.views.insets import Inset, bare, insets
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.pen import Drawn, Mark, bounds, placed, text, wire
from moniel2.layout.views.stages import Column, column
from moniel2.layout.views.told import NAMES

MOST_INSETS = 9
WIDEST, HIGHEST = 646.0, 900.0  # without margins and legend: what a page holds before type gets too small
ROOMIEST = 900.0
OVER = 1.25  # a stack of insets may be so much higher than what stands beside it
GAP, GUTTER, TRACK, SIZE = 16.0, 14.0, 6.0, 8.0
HERE = "inset"


def overview(model: Model, options: ViewOptions) -> Drawn:
    """Draw a model as a column with insets."""
    stages = column(model, options)
    found = insets(stages, MOST_INSETS)
    body, note = bare(stages.body, model.root, stages.drafter)
    body = _coloured(body, found, "", True)
    items = _Page(stages, body, note, found).items
    return Drawn(model.name, items, list(_marks(body, found)), describe(model, stages.body))


def _key(inset: Inset) -> str:
    return FAMILY_KEYS[inset.family] if inset.family < len(FAMILY_KEYS) else "block"


def _coloured(body: Body, found: Sequence[Inset], path: str, counted: bool) -> Body:
    """The same with every block that has an inset in its colour, by its name there; ``counted``: ``5 × Block``."""
    inset_of = {place: inset for inset in found for place in inset.places}
    parts: list[Part] = []
    for part in body.parts:
        here = f"{path}/{part.key}" if path else part.key
        if part.inside is not None:
            part = replace(part, inside=_coloured(part.inside, found, here, counted))
        elif here in inset_of:
            inset = inset_of[here]
            many, times, _ = part.first.rpartition(" × ")
            part = replace(part, first=many + times + inset.name, second=inset.told(here), theme=_key(inset))
        parts.append(part)
    body = replace(body, parts=tuple(parts))
    return _counted(_folded(body) if is_chain(body) else body) if counted else body


def _folded(body: Body) -> Body:
    """A chain in which neighbours with the same words on them are one: their insets say all there is to say."""
    parts: list[Part] = []
    for part in body.parts:
        last = parts[-1] if parts else None
        same = last is not None and (last.first, last.second, last.theme) == (part.first, part.second, part.theme)
        if last is not None and same and part.theme in FAMILY_KEYS and not part.outputs[0]:
            parts[-1] = replace(last, repeat=last.repeat + part.repeat)
        else:
            parts.append(part)
    arrows = [Arrow(k - 1 if k else OWN, 0, k, 0) for k in range(len(parts))] + [Arrow(len(parts) - 1, 0, OWN, 0)]
    return replace(body, parts=tuple(parts), arrows=tuple(arrows))


def _counted(body: Body) -> Body:
    """``5 × Block`` instead of ``Block ×5``."""
    parts = (
        replace(p, first=f"{p.repeat} × {p.first}", repeat=1) if p.repeat > 1 and p.inside is None else p
        for p in body.parts
    )
    return replace(body, parts=tuple(parts))


def _marks(body: Body, found: Sequence[Inset]) -> Iterator[Mark]:
    stack = [body, *(i.body for i in found)]
    while stack:
        for part in stack.pop(0).parts:
            if part.theme in NAMES and not part.glyph and part.theme != "block":
                yield Mark(part.theme, NAMES[part.theme])
            if part.inside is not None:
                stack.append(part.inside)


@dataclass(slots=True)
class _Inset:
    """An inset drawn: its items with the corner at (0, 0), and where it goes. ``title`` is the height of its name."""

    inset: Inset
    items: list[Item]
    w: float
    h: float
    title: float
    x: float = 0.0
    y: float = 0.0
    first: bool = True  # of its row


_Row = list[list[_Inset]]  # stacks beside each other; only the one at the left has more than one inset


def _wide(row: _Row) -> float:
    return sum(max(i.w for i in stack) + GAP for stack in row) - GAP


class _Page:
    def __init__(self, stages: Column, body: Body, note: str, found: Sequence[Inset]) -> None:
        self.stages = stages
        drawn = layout(Diagram(stages.drafter.model.name, body, columns=False))
        side = list(self._sizes(drawn))
        if note:
            side.append(text(drawn.width / 2, drawn.height + 3, note, SIZE, "middle", "text.caption"))
        self.column, self.w, self.h = placed([*drawn.items, *side], 0.0, 0.0)
        self.boxes = {i.path: bounds([i]) for i in Scene(0, 0, tuple(self.column)).walk() if isinstance(i, Group)}
        self.insets = [self._inset(i, found) for i in found]
        self._pack()
        self.items = [*self._joins(), *self.column, *(m for i in self.insets for m in self._moved(i))]

    def _sizes(self, drawn: Scene) -> Iterator[Item]:
        """Sizes at the left of the column, small, where they change."""
        boxes = [(i.path, bounds([i])) for i in drawn.walk() if isinstance(i, Group)]
        left = min((b[0] for _, b in boxes), default=0.0) - 8
        for path, (_, top, _, bottom) in boxes:
            words = self.stages.sizes.get(path, "")
            if words:
                yield text(left, (top + bottom) / 2 + 3, words, SIZE, "end", path=path)

    def _inset(self, inset: Inset, found: Sequence[Inset]) -> _Inset:
        place = inset.places[0]
        body = _coloured(inset.body, found, place, False)
        ins, outs = len(body.inputs), len(body.outputs)
        part = Part(
            HERE, "block", "frame", inset.name, f"{inset.times} times" if inset.times > 1 else "", inputs=ins,
            outputs=("",) * outs, entry="ports", title=inset.name, inside=body,
        )  # fmt: skip
        arrows = [Arrow(OWN, k, 0, k) for k in range(ins)] + [Arrow(0, k, OWN, k) for k in range(outs)]
        outer = Body((Port(""),) * ins, (Port(""),) * outs, (part,), tuple(arrows))
        drawn = [_again(i, place, _key(inset)) for i in layout(Diagram(inset.name, outer, columns=False)).items]
        drawn = [i for i in drawn if not isinstance(i, Wire)]  # those outside say nothing that those inside don't
        items, w, h = placed([i for i in drawn if not _is_empty(i)], 0.0, 0.0)
        frame = next(i for i in Scene(0, 0, tuple(items)).walk() if isinstance(i, Box) and i.css == "frame")
        if inset.note:
            items.append(text(frame.x, h + 9.0, inset.note, SIZE, "start", "text.caption", path=place))
            h += 12.0
        return _Inset(inset, items, w, h, frame.y + 11.0)

    def _moved(self, one: _Inset) -> Iterator[Item]:
        yield Group(tuple(moved(i, one.x, one.y) for i in one.items), one.inset.places[0], "inset", one.inset.name)

    # ------------------------------------------------------------------------------------------ where

    def _pack(self) -> None:
        """Rows of insets right of the column, as wide as makes the figure fit a page best.

        There is a lane above each row for joins to all but its first.
        """
        self.left = self.w + GUTTER + TRACK * len(self.insets)
        least = max((i.w for i in self.insets), default=0.0)
        rooms = {least} | {float(r) for r in range(int(least), int(max(least, ROOMIEST)), 20)}
        self._rows(min(sorted(rooms), key=lambda r: (round(self._reduced(r), 2), r)))

    def _reduced(self, room: float) -> float:
        """How much a page would have to reduce the figure."""
        self._rows(room)
        high = max([self.h, *(i.y + i.h for i in self.insets)])
        wide = max([self.w, *(i.x + i.w for i in self.insets)])
        return max(wide / WIDEST, high / HIGHEST, 1.0)

    def _rows(self, room: float) -> None:
        """Each inset goes to the first row that has room at its end; then below others at the left of a higher row."""
        rows: list[_Row] = []
        for one in self.insets:
            row = next((r for r in rows if _wide(r) + GAP + one.w <= room), None)
            if row is None:
                rows.append([[one]])
            else:
                row.append([one])
        for one in self.insets:
            own = next(r for r in rows if any(one in stack for stack in r))
            for row in filter(None, rows[: rows.index(own)]):
                high = max((stack[0].h for stack in row[1:]), default=0.0)
                more = max(one.w - max(i.w for i in row[0]), 0.0)
                if sum(i.h + GAP for i in row[0]) + one.h <= high * OVER and _wide(row) + more <= room:
                    own[:] = [rest for stack in own if (rest := [i for i in stack if i is not one])]
                    row[0].append(one)
                    break
        joined: list[_Row] = []
        for row in filter(None, rows):
            if joined and _wide(joined[-1]) + GAP + _wide(row) <= room:
                joined[-1] += row
            else:
                joined.append(row)
        self._stand(joined)

    def _stand(self, rows: Sequence[_Row]) -> None:
        y = 0.0
        for row in rows:
            x, high = self.left, 0.0
            for number, stack in enumerate(row):
                at = y
                for one in stack:
                    one.first, one.x, one.y = number == 0, x, at
                    at += one.h + GAP
                x += max(i.w for i in stack) + GAP
                high = max(high, at - y)
            y += high

    def _joins(self) -> Iterator[Item]:
        joined = [i for i in self.insets if i.inset.places[0] in self.boxes]
        falling = [i for i in joined if self._from(i)[1] < i.y + i.title]
        rising = [i for i in joined if self._from(i)[1] >= i.y + i.title]
        tracks = [*falling[::-1], *rising]
        for one in joined:
            x = self.w + GUTTER / 2 + TRACK * tracks.index(one)
            start = self._from(one)
            if one.first:
                points = [start, (x, start[1]), (x, one.y + one.title), (one.x, one.y + one.title)]
            else:
                lane = one.y - 5.0
                points = [start, (x, start[1]), (x, lane), (one.x + 12, lane), (one.x + 12, one.y + one.title - 11)]
            yield wire(points, "wire.light", arrow=False, source=one.inset.places[0], css="wire join")

    def _from(self, one: _Inset) -> tuple[float, float]:
        _, top, right, bottom = self.boxes[one.inset.places[0]]
        return (right, (top + bottom) / 2)


def _again(item: Item, place: str, family: str) -> Item:
    """An item of an inset as one of the model: its path, and the colour of its frame."""

    def path(text: str) -> str:
        return place + text[len(HERE) :] if text.startswith(HERE) else ""

    match item:
        case Group():
            return replace(item, items=tuple(_again(i, place, family) for i in item.items), path=path(item.path))
        case Wire():
            return replace(item, source=path(item.source), target=path(item.target))
        case Box() if item.css == "frame" and item.path == HERE:
            return replace(item, path=place, theme=f"{family}.pale")
        case _:
            return replace(item, path=path(item.path))


def _is_empty(item: Item) -> bool:
    return isinstance(item, Group) and all(isinstance(i, TextRun) and not i.text for i in item.items)
