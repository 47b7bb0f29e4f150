"""Tensors as boxes and operations as arrows, as the U-Net's paper shows it.

A box is as high as its tensor has pixels and as wide as it has channels, on a logarithmic scale. Each resolution is a
level: a network that pools goes down a staircase, one that comes up again makes a U. An arrow has the colour of its
operation. What is concatenated stands side by side, the half that was copied as an outline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import log2, sqrt

from moniel2.ir.model import Model
from moniel2.layout.scene import Item, Point
from moniel2.layout.text import width
from moniel2.layout.views.chains import chains
from moniel2.layout.views.extent import Extent
from moniel2.layout.views.flow import Flow, flow
from moniel2.layout.views.lanes import lanes
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.order import in_line
from moniel2.layout.views.pen import PLAIN, SMALL, Drawn, Mark, box, sign, text, wire
from moniel2.layout.views.told import NAMES, description, is_sign, look, operation
from moniel2.layout.views.untangle import untangled

GAP, LEVEL_GAP, STOREY_GAP = 20.0, 22.0, 26.0
LANE, ABOVE, SIGN, NUMBER, STEP = 8.0, 12.0, 8.0, 8.0, 14.0
LABEL = 84.0
MOST = 600  # tensors
ALIKE = 1.55  # sides that differ by less are one level
SCALE = "a box is as high as its tensor has pixels (or words) and as wide as it has channels, both as logarithms"


@dataclass(slots=True)
class _Spot:
    """The box of a stop: its left top corner and size; ``outline`` is how much of it, at the left, was copied."""

    w: float
    h: float
    outline: float = 0.0
    level: int = 0
    storey: int = 0
    x: float = 0.0
    y: float = 0.0  # of its middle
    placed: bool = False
    fallen: bool = False  # it is entered from above
    risen: bool = False  # it is entered from below
    stepped: bool = False  # it is entered so from the side of what stands above or below
    joined: bool = False  # it is a concatenation whose filled half is the box before it
    label: tuple[str, ...] = ()

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def middle(self) -> float:
        return self.x + self.w / 2

    @property
    def top(self) -> float:
        return self.y - self.h / 2

    @property
    def bottom(self) -> float:
        return self.y + self.h / 2


def tensors(model: Model, options: ViewOptions) -> Drawn:
    """Draw a model's tensors, level by level."""
    found = in_line(flow(model, min(options.limit, MOST), options.wanted))
    drawing = _Drawing(found, options)
    items = untangled(list(drawing.draw()))
    return Drawn(model.name, items, list(drawing.marks()), description(model, found, "tensors"), f"Scale: {SCALE}.")


def size(extent: Extent) -> tuple[float, float]:
    """Width and height of a tensor's box."""
    if extent.kind == "unknown":
        return (12.0, 24.0)
    high = 14.0 * log2(1 + sqrt(extent.resolution) / 8) if extent.kind == "map" else 14.0 * log2(1 + extent.width / 8)
    if extent.kind == "vector":
        high = 8.0
    return (min(max(3.0 * log2(1 + extent.channels / 16), 4.0), 40.0), min(max(high, 8.0), 110.0))


def _side(extent: Extent) -> float:
    """Of the square with as many pixels; a signal is as long as it is, words count as pixels in a row."""
    return extent.width if extent.kind == "map" and extent.height == 1 else sqrt(extent.resolution)


class _Drawing:
    def __init__(self, flow: Flow, options: ViewOptions) -> None:
        self.stops, self.options = flow.stops, options
        self.users = flow.users()
        self.words = [operation(s) for s in self.stops]
        self.common = self._common()
        self.level = self._levels()
        self.spots = [self._spot(k) for k in range(len(self.stops))]
        self.before: list[int] = [-1] * len(self.stops)  # the stop whose arrow leads along the chain
        self._place()
        self.lane: dict[tuple[tuple[int, int], int], int] = {}
        self._heights()  # where rows lie to one another says which lines find a way between boxes
        self._lines()
        self._heights()

    # ------------------------------------------------------------------------------------------ what

    def key(self, k: int) -> str:
        """The theme key of an arrow: its category, or what goes up."""
        stop = self.stops[k]
        source = self.stops[stop.sources[0]] if stop.sources else stop
        if source.extent.kind == stop.extent.kind == "map" and stop.extent.resolution > source.extent.resolution:
            return "tensor"
        return look(stop)

    def _common(self) -> dict[str, str]:
        """The commonest operation of each colour: the legend names it, so its arrows needn't."""
        counted: dict[str, Counter[str]] = {}
        for k, stop in enumerate(self.stops):
            if stop.role in ("layer", "pool"):
                counted.setdefault(self.key(k), Counter())[self.words[k]] += 1
        return {key: c.most_common(1)[0][0] for key, c in counted.items()}

    def _spot(self, k: int) -> _Spot:
        stop = self.stops[k]
        if stop.role == "output":
            return _Spot(width(stop.words.first, PLAIN) + 4, 12.0, level=self.level[k])
        if stop.role == "merge" and is_sign(stop) and not self._halves(k):
            return _Spot(2 * SIGN, 2 * SIGN, level=self.level[k])
        if stop.role == "merge" and not self._halves(k):
            return _Spot(width(stop.words.first, SMALL) + 10, 18.0, level=self.level[k])
        w, h = size(stop.extent)
        spot = _Spot(w, h, level=self.level[k])
        if stop.role in ("layer", "pool"):
            spot.label = tuple(self._label(k))
        return spot

    def _label(self, k: int) -> Iterator[str]:
        stop = self.stops[k]
        line = ""
        if self.words[k] != self.common[self.key(k)]:
            for word in self.words[k].split(" "):
                if line and width(f"{line} {word}", NUMBER) > LABEL:
                    yield line
                    line = word
                else:
                    line = f"{line} {word}".strip()
        if stop.repeat > 1:
            line = f"{line} ×{stop.repeat}".strip()
        if line:
            yield line

    def _halves(self, k: int) -> int:
        """For a concatenation the stop whose box is its filled half, plus one; else nothing."""
        stop = self.stops[k]
        if stop.role != "merge" or not stop.words.first.startswith("Concat") or len(set(stop.sources)) < 2:
            return 0
        face = stop.extent.face
        alone = [s for s in stop.sources if self.users[s] == [k] and self.stops[s].extent.face == face]
        # What is entered from above or below: an arrow from the left would end on the copied half.
        alone = [s for s in alone if self.stops[s].role == "layer" and self._changes_level(s)]
        return max(alone) + 1 if alone and max(alone) == k - 1 else 0

    def _changes_level(self, k: int) -> bool:
        sources = self.stops[k].sources
        return bool(sources) and all(self.level[s] != self.level[k] for s in sources)

    # ----------------------------------------------------------------------------------------- where

    def _levels(self) -> list[int]:
        """A level for each resolution, the finest on top."""
        leader, level = 0.0, -1
        level_of: dict[float, int] = {}
        for side in sorted({_side(s.extent) for s in self.stops}, reverse=True):
            if side * ALIKE < leader or level < 0:
                leader, level = side, level + 1
            level_of[side] = level
        found = [level_of[_side(stop.extent)] for stop in self.stops]
        for k, stop in enumerate(self.stops):
            if stop.role == "output" and stop.sources:
                found[k] = found[stop.sources[0]]
            elif not stop.sources and len(self.users[k]) == 1 and stop.extent.kind != "map":
                found[k] = found[self.users[k][0]]
        return found

    def _place(self) -> None:
        """Chain by chain: along a level to the right, from level to level straight down or up."""
        edges = [(s, k) for k, stop in enumerate(self.stops) for s in dict.fromkeys(stop.sources)]
        taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for chain in chains(len(self.stops), edges):
            storey = 0
            while not self._stand(chain, storey, taken):
                storey += 1
            for k in chain:
                spot = self.spots[k]
                spot.placed = True
                left = spot.x - spot.outline - self._room(k)
                taken.setdefault((spot.storey, spot.level), []).append((left, spot.right + self._over(k)))

    def _room(self, k: int) -> float:
        """What an arrow and the words on it need left of a box."""
        label = max((width(line, NUMBER) for line in self.spots[k].label), default=0.0)
        last = self.before[k]
        return max(GAP, label + 8 + (self._beside(last) if last >= 0 else 4.0) + self._over(k)) if label else GAP

    def _words(self, k: int) -> float:
        """How far the words on an arrow from above reach to the right of it."""
        return max((width(line, NUMBER) for line in self.spots[k].label), default=0.0) * self.spots[k].fallen

    def _beside(self, k: int) -> float:
        """How far the number on a box may reach to its right."""
        return max(5 + width(self.stops[k].extent.deep, NUMBER) - self.spots[k].w / 2, 4.0)

    def _between_numbers(self, left: float, k: int) -> float:
        """The middle of where words on an arrow stand clear of the numbers on the boxes at its ends."""
        spot = self.spots[k]
        return (left + spot.x - spot.outline - self._over(k)) / 2

    def _over(self, k: int) -> float:
        return max(width(self.stops[k].extent.deep, NUMBER) - self.spots[k].w, 0.0) / 2

    def _stand(self, chain: list[int], storey: int, taken: dict[tuple[int, int], list[tuple[float, float]]]) -> bool:
        """Place a chain in a storey; whether all of it is free there."""
        stops, spots = self.stops, self.spots
        placed: dict[int, float] = {}  # the right end of what stands on each level
        for n, k in enumerate(chain):
            spot = spots[k]
            spot.storey, spot.joined, spot.fallen, spot.risen, spot.stepped = storey, False, False, False, False
            last = chain[n - 1] if n else max(stops[k].sources, default=-1)
            self.before[k] = last if last in stops[k].sources else -1
            ahead, reach = self._ahead(k), GAP / 2
            spot.outline = ahead
            if self._halves(k) == last + 1 and n:
                # The box before it is its filled half.
                spot.joined, spot.x, spot.w = True, spots[last].x, spots[last].w
                spot.h = spots[last].h
                continue
            if last < 0:
                x = self._start(k)
            elif spots[last].level == spot.level and spots[last].storey == storey:
                x = spots[last].right + self._room(k) + ahead
            elif spots[last].storey == storey or n:
                step = len(self.users[last]) == 1 and (spots[last].fallen or spots[last].risen or self.before[last] < 0)
                under = spots[last].right + STEP if step else spots[last].middle
                x = max(under - spot.w / 2, placed.get(spot.level, -1e9) + self._room(k) + ahead)
                straight = x == under - spot.w / 2
                spot.stepped = straight and step
                spot.fallen = straight and spots[last].level < spot.level
                spot.risen = straight and spots[last].level > spot.level
            else:
                x = self._beyond(last, (storey, spot.level)) + self._room(k) + ahead
                reach = self._room(k)
            spot.x = x
            placed[spot.level] = spot.right
            left, right = x - ahead - (0.0 if last < 0 else reach), spot.right + self._over(k)
            if any(left < b and right > a for a, b in taken.get((storey, spot.level), ())):
                return False
        return True

    def _beyond(self, last: int, row: tuple[int, int]) -> float:
        """Where a line from a box down to a row further below passes what stands in the rows between."""
        a = self.spots[last]
        between = [
            (s.x - s.outline - self._room(k), max(s.right, s.middle + self._words(k)) + self._beside(k))
            for k, s in enumerate(self.spots)
            if s.placed and (a.storey, a.level) < (s.storey, s.level) < row
        ]
        ways = (a.right + n for n in range(8, 240, 4))
        return next((x for x in ways if not any(low < x < high for low, high in between)), a.right + 8) - 8

    def _ahead(self, k: int) -> float:
        """Room left of a box for the copied halves that a concatenation puts there."""
        users = self.users[k]
        if len(users) != 1 or self._halves(users[0]) != k + 1:
            return 0.0
        return sum(self.spots[s].w for s in dict.fromkeys(self.stops[users[0]].sources) if s != k)

    def _start(self, k: int) -> float:
        """An input stands left of what uses it, if that is placed already."""
        placed = [self.spots[u].x for u in self.users[k] if self.spots[u].x > 0]
        return min(placed) - GAP - self.spots[k].w - 30.0 if placed else 0.0

    def _heights(self) -> None:
        """Each level of each storey below the one before, with lanes above it for what skips."""
        rows = sorted({(s.storey, s.level) for s in self.spots})
        y, storey = 0.0, 0
        self.lid: dict[tuple[int, int], float] = {}
        for row in rows:
            here = [k for k, s in enumerate(self.spots) if (s.storey, s.level) == row]
            y += STOREY_GAP if row[0] != storey else 0.0
            storey = row[0]
            high = max(self.spots[k].h for k in here)
            labels = max((len(self.spots[k].label) for k in here), default=0)
            count = max((lane + 1 for (r, _), lane in self.lane.items() if r == row), default=0)
            y += count * LANE + (ABOVE if count else 0.0)
            self.lid[row] = y - (2.0 if count else 0.0)
            y += max(12.0, (labels * 9.5 + 4.0 - high / 2) if labels else 0.0)
            for k in here:
                self.spots[k].y = y + high / 2
            y += high + 12.0 + LEVEL_GAP

    # ------------------------------------------------------------------------------------------ lines

    def _lines(self) -> None:
        """Which lines run over heads: all that lead neither along a chain nor straight across."""
        self.copies: list[tuple[int, int]] = []
        self.skips: list[tuple[int, int]] = []
        self.above: set[int] = set()  # what lines leave or enter from above
        spans: dict[tuple[int, int], dict[int, tuple[float, float]]] = {}
        for k, stop in enumerate(self.stops):
            for s in dict.fromkeys(stop.sources):
                if s == self.before[k]:
                    continue
                a, b = self.spots[s], self.spots[k]
                row = (b.storey, b.level)
                if (a.storey, a.level) == row and a.right < b.x and not self._between(row, a.right, self._left(k)):
                    self.copies.append((s, k))
                    continue
                self.skips.append((s, k))
                if self._direct(s, k):
                    continue
                if (a.storey, a.level) == row:
                    self.above.add(s)
                self.above.add(k)
                low, high = spans.setdefault(row, {}).get(s, (a.middle, a.middle))
                spans[row][s] = (min(low, b.middle, a.middle), max(high, b.middle, a.right + 8))
        for row, found in spans.items():
            for source, lane in zip(found, lanes(list(found.values())), strict=True):
                self.lane[(row, source)] = lane

    def _direct(self, s: int, k: int) -> list[Point]:
        """A line from row to row that meets no box: along the source's row and straight to the target, or nothing."""
        a, b = self.spots[s], self.spots[k]
        if (a.storey, a.level) == (b.storey, b.level):
            return []
        below = a.y > b.y
        end = b.bottom if below else b.top
        at = [(b.middle, end)] if not (b.fallen or b.risen) else [(b.middle + b.w / 4, end), (b.middle - b.w / 4, end)]
        for x, y in at:
            points = [(a.right, a.y), (x, a.y), (x, y)]
            if x > a.right + 4 and self._free(points, s, k):
                return points
            start = a.top if below else a.bottom
            points = [(a.middle, start), (a.middle, b.y), (b.x, b.y)]
            if self.before[k] != s and b.x > a.middle + 8 and self.before[k] < 0 and self._free(points, s, k):
                return points
        return []

    def _free(self, points: list[Point], s: int, k: int) -> bool:
        """Whether a polyline meets no other box, with a little room."""
        for n in range(len(self.spots)):
            if n in (s, k):
                continue
            for left, top, right, bottom in self._taken(n):
                for (x0, y0), (x1, y1) in pairwise(points):
                    if min(x0, x1) < right and max(x0, x1) > left and min(y0, y1) < bottom and max(y0, y1) > top:
                        return False
        return True

    def _taken(self, k: int) -> Iterator[tuple[float, float, float, float]]:
        """What a stop takes of the page: its box, the number above it, the words on the arrow that leads to it."""
        spot, last = self.spots[k], self.before[k]
        yield (spot.x - spot.outline - 3, spot.top - 3, spot.right + 3, spot.bottom + 3)
        if self.options.shapes:
            half = width(self.stops[k].extent.deep, NUMBER) / 2 + 2
            yield (spot.middle - half, spot.top - 11, spot.middle + 2 * half + 5, spot.top)
        if spot.label and last >= 0 and (spot.fallen or spot.risen):
            long = max(width(line, NUMBER) for line in spot.label) + 7
            low, high = sorted((self.spots[last].y, spot.y))
            yield (spot.middle + 3, low, spot.middle + long, high)
        elif spot.label and last >= 0:
            yield (self.spots[last].right + 8, spot.y - 4 - 9.5 * len(spot.label), spot.x, spot.y)

    def _left(self, k: int) -> float:
        spot = self.spots[k]
        return spot.x - (self._ahead(self._halves(k) - 1) if spot.joined else 0.0)

    def _between(self, row: tuple[int, int], low: float, high: float) -> bool:
        return any((s.storey, s.level) == row and s.right > low + 1 and s.x < high - 1 for s in self.spots)

    # ------------------------------------------------------------------------------------------- ink

    def draw(self) -> Iterator[Item]:
        """Arrows, then boxes on top of their ends."""
        for k in range(len(self.stops)):
            if self.before[k] >= 0 and not self.spots[k].joined:
                yield from self._arrow(k)
        for s, k in self.copies:
            a = self.spots[s]
            yield self._wire([(a.right, self._level(s, k)), (self._left(k), self._level(s, k))], self._kind(k), s, k)
        for s, k in self.skips:
            yield self._wire(self._skip(s, k), self._kind(k), s, k)
        faces: set[tuple[int, int, str]] = set()
        self.labelled: list[int] = []  # boxes with their resolution below them
        for k in range(len(self.stops)):
            yield from self._box(k, faces)

    def _kind(self, k: int) -> str:
        """A merge has no colour of its own: what leads into it is copied."""
        return "wire.merge" if self.stops[k].role in ("merge", "output") else f"wire.{self.key(k)}"

    def _level(self, s: int, k: int) -> float:
        """Copies run a little above the middle where an arrow may lead on from there."""
        high = min(self.spots[s].h, self.spots[k].h)
        return self.spots[s].y - (min(high / 4, 8.0) if high > 12 else 0.0)

    def _arrow(self, k: int) -> Iterator[Item]:
        s = self.before[k]
        a, b = self.spots[s], self.spots[k]
        kind = self._kind(k)
        points: list[Point]
        if b.stepped:
            end = b.top if b.fallen else b.bottom
            points = [(a.right, a.y), (b.middle, a.y), (b.middle, end)]
            at, anchor = (b.middle + 5, (a.y + end) / 2 + 3), "start"
        elif b.fallen:
            points = [(a.middle, a.bottom), (a.middle, b.top)]
            at, anchor = (a.middle + 5, (a.bottom + b.top) / 2 + 1), "start"
        elif b.risen:
            points = [(a.middle, a.top), (a.middle, b.bottom)]
            at, anchor = (a.middle + 5, (a.top + b.bottom) / 2 + 4), "start"
        elif (a.storey, a.level) == (b.storey, b.level):
            points = [(a.right, a.y), (b.x - b.outline, b.y)]
            at, anchor = (self._between_numbers(a.right + self._beside(s), k), b.y - 4), "middle"
        else:
            points = self._round(s, k)
            at, anchor = (self._between_numbers(points[1][0] + 4, k), b.y - 4), "middle"
        yield self._wire(points, kind, s, k)
        for n, line in enumerate(reversed(b.label)):
            up = n * 9.5 if anchor == "middle" else (n - (len(b.label) - 1) / 2) * 9.5
            yield text(at[0], at[1] - up, line, NUMBER, anchor, "text.detail", path=self.stops[k].path)  # type: ignore[arg-type]

    def _round(self, s: int, k: int) -> list[Point]:
        """To another row: along the source's row and up or down where that meets nothing, else from its foot or top."""
        a, b = self.spots[s], self.spots[k]
        left = b.x - b.outline
        ways: list[list[Point]] = [
            [(a.right, a.y), (a.right + n, a.y), (a.right + n, b.y), (left, b.y)]
            for n in range(4, 100, 4)
            if a.right + n < left - 12
        ]
        foot = a.bottom if b.y > a.y else a.top
        ways.append([(a.middle, foot), (a.middle, b.y), (left, b.y)])
        plain: list[Point] = [(a.right, a.y), (a.right + 8, a.y), (a.right + 8, b.y), (left, b.y)]
        return next((w for w in ways if self._free(w, s, k)), plain)

    def _skip(self, s: int, k: int) -> list[Point]:
        a, b = self.spots[s], self.spots[k]
        row = (b.storey, b.level)
        if direct := self._direct(s, k):
            return direct
        y = self.lid[row] - self.lane[(row, s)] * LANE
        end = (b.middle, b.top)
        if (a.storey, a.level) == row:
            return [(a.middle, a.top), (a.middle, y), (end[0], y), end]
        ways = ([(a.right, a.y), (a.right + n, a.y), (a.right + n, y), (end[0], y), end] for n in range(4, 80, 3))
        found = next((w for w in ways if self._free(w, s, k)), None)
        if found is not None:
            return found
        # Round by the left.
        top = (a.middle, a.top - 14)
        lefts = ([(a.middle, a.top), top, (x, top[1]), (x, y), (end[0], y), end] for x in range(int(a.x), -60, -4))
        plain = [(a.right, a.y), (a.right + 6, a.y), (a.right + 6, y), (end[0], y), end]
        return next((w for w in lefts if self._free(w, s, k)), plain)

    def _wire(self, points: list[Point], theme: str, s: int, k: int) -> Item:
        css = "wire" if s == self.before[k] else "wire skip"
        return wire(points, theme, source=self.stops[s].path, target=self.stops[k].path, css=css)

    def _box(self, k: int, faces: set[tuple[int, int, str]]) -> Iterator[Item]:
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
            x -= self.spots[s].w
            spot = self.spots[own]
            yield box(x, spot.top, self.spots[s].w, spot.h, "glyph", path=self.stops[k].path, css="copied")

    def _numbers(self, k: int, faces: set[tuple[int, int, str]]) -> Iterator[Item]:
        """Channels above a box, the resolution below the first box of its level."""
        stop, spot = self.stops[k], self.spots[k]
        joins = [u for u in self.users[k] if self.spots[u].joined and self._halves(u) == k + 1]
        deep = self.stops[joins[0]].extent.deep if joins else stop.extent.deep
        leaves = [self.spots[u] for u in self.users[k] if self.before[u] == k]
        if spot.fallen or k in self.above or any(u.risen and not u.stepped for u in leaves):
            yield text(spot.middle + 5, spot.top - 3, deep, NUMBER, "start", "text.shape", path=stop.path)
        else:
            at = spot.middle - (spot.outline / 2 if joins else 0.0)
            yield text(at, spot.top - 3, deep, NUMBER, "middle", "text.shape", path=stop.path)
        face = (spot.storey, spot.level, stop.extent.face)
        long = 1.6 * width(stop.extent.face, NUMBER)
        beside = [self.spots[j] for j in self.labelled if (self.spots[j].storey, self.spots[j].level) == face[:2]]
        free = all(abs(b.middle - spot.middle) > long for b in beside)
        if stop.extent.face and face not in faces and not spot.risen and free:
            faces.add(face)
            self.labelled.append(k)
            if any(u.fallen for u in leaves):
                at = spot.right + 4 if any(u.stepped for u in leaves) else spot.middle - 4
                yield text(at, spot.bottom + 9, stop.extent.face, NUMBER, "end", "text.shape", path=stop.path)
            else:
                yield text(
                    spot.middle, spot.bottom + 9, stop.extent.face, NUMBER, "middle", "text.shape", path=stop.path
                )

    def marks(self) -> Iterator[Mark]:
        """The colours of arrows, the commonest operation of each named."""
        for key, word in self._named().items():
            yield Mark(f"wire.{key}", word, "arrow")
        if any(spot.joined for spot in self.spots):
            yield Mark("glyph", "copied half of a concatenation")
        if self.copies or self.skips:
            yield Mark("wire.merge", "copy", "arrow")

    def _named(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for k, stop in enumerate(self.stops):
            key = self.key(k)
            if stop.role not in ("layer", "pool") or key in found:
                continue
            also = Counter(tuple(s.also) for j, s in enumerate(self.stops) if self.words[j] == self.common[key])
            tail = "".join(f" · {name}" for name in dict.fromkeys(also.most_common(1)[0][0]))
            kind = "up" if key == "tensor" and look(stop) != "tensor" else NAMES.get(key, key)
            found[key] = f"{kind}: {self.common[key]}{tail}"
        return found
