"""Tensors on levels: which boxes there are, at which resolution each stands, and how far to the right.

Chain by chain, the longest first: along a level to the right, from level to level straight down or up. A branch that
stays on one level and finds no place there stands in a row of its own right below it; what leads through several levels
and finds none, in a storey of its own below everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from math import log2, sqrt

from moniel2.layout.text import width
from moniel2.layout.views.chains import chains
from moniel2.layout.views.extent import Extent
from moniel2.layout.views.flow import Flow, Stop
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.pen import PLAIN, SMALL
from moniel2.layout.views.told import is_sign, look, operation

GAP, LEVEL_GAP, STOREY_GAP = 20.0, 22.0, 26.0
LANE, ABOVE, SIGN, NUMBER, STEP = 8.0, 13.0, 8.0, SMALL, 14.0
LABEL = 84.0
FURTHEST = 240  # that a line looks for a way down beside the box it comes from
MOST_BRANCHES = 12  # rows below that of a level
BEFORE = 14.0  # how far left of the middle of what it feeds a branch ends
ALIKE = 1.55  # sides that differ by less are one level
Span = tuple[float, float]
Row = tuple[int, int, int]  # storey, level, and how far below the level's own row


@dataclass(slots=True)
class Spot:
    """The box of a stop: its left top corner and size; ``outline`` is how much of it, at the left, was copied."""

    w: float
    h: float
    outline: float = 0.0
    level: int = 0
    storey: int = 0
    branch: int = 0  # 0 on its level's own row, else so many rows below it
    x: float = 0.0
    y: float = 0.0  # of its middle
    placed: bool = False
    fallen: bool = False  # it is entered from above
    risen: bool = False  # it is entered from below
    stepped: bool = False  # it is entered so from the side of what stands above or below
    joined: bool = False  # it is a concatenation whose filled half is the box before it
    label: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        return (self.storey, self.level, self.branch)

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


def size(extent: Extent) -> tuple[float, float]:
    """Width and height of a tensor's box."""
    if extent.kind == "unknown":
        return (12.0, 24.0)
    side = sqrt(extent.resolution) if extent.kind == "map" and extent.height > 1 else extent.width
    high = 14.0 * log2(1 + side / 8)
    if extent.kind == "vector":
        high = 8.0
    return (min(max(3.0 * log2(1 + extent.channels / 16), 4.0), 40.0), min(max(high, 8.0), 110.0))


@dataclass(frozen=True, slots=True)
class Common:
    """The operation that most arrows of a colour stand for, and what mostly follows it: `` · ReLU``."""

    operation: str
    also: str


def commonest(flow: Flow) -> dict[str, Common]:
    """The commonest operation of each colour: the legend names it, so its arrows needn't.

    What is several operations is said where it stands.
    """
    counted: dict[str, Counter[str]] = {}
    words = [operation(s) for s in flow.stops]
    for k, stop in enumerate(flow.stops):
        if stop.role in ("layer", "pool") and not stop.mixed:
            counted.setdefault(arrow_key(flow.stops, k), Counter())[words[k]] += 1
    found: dict[str, Common] = {}
    for key, counts in counted.items():
        told = counts.most_common(1)[0][0]
        also = Counter(tuple(s.also) for s, word in zip(flow.stops, words, strict=True) if word == told)
        found[key] = Common(told, "".join(f" · {name}" for name in dict.fromkeys(also.most_common(1)[0][0])))
    return found


def arrow_key(stops: Sequence[Stop], k: int) -> str:
    """The theme key of an arrow: its category, or what goes up."""
    stop = stops[k]
    source = stops[stop.sources[0]] if stop.sources else stop
    if source.extent.kind == stop.extent.kind == "map" and stop.extent.resolution > source.extent.resolution:
        return "tensor"
    return look(stop)


def _is_between(spot: Spot, one: Spot, other: Spot) -> bool:
    """Whether a box stands in a row between those of two others."""
    low, high = sorted((one.row, other.row))
    return low < spot.row < high


def _is_signal(extent: Extent) -> bool:
    return extent.kind == "map" and extent.height == 1 and extent.width > 1


def _side(extent: Extent, signals: bool) -> float:
    """Of the square with as many pixels; a signal is as long as it is.

    Words count as pixels in a row; beside ``signals`` they are as many as samples.
    """
    long = _is_signal(extent) or (signals and extent.kind == "sheet")
    return extent.width if long else sqrt(extent.resolution)


class Levels:
    """The boxes of a flow in their places."""

    def __init__(self, flow: Flow, options: ViewOptions, scale: float, common: Mapping[str, Common]) -> None:
        self.scale = scale
        self.flow, self.stops, self.options = flow, flow.stops, options
        self.users = flow.users()
        self.words = [operation(s) for s in self.stops]
        self.common = common
        self.level = self._levels()
        edges = [(s, k) for k, stop in enumerate(self.stops) for s in dict.fromkeys(stop.sources)]
        self.chains = chains(len(self.stops), edges, [s.stands for s in self.stops])
        self.chain_of = {k: n for n, chain in enumerate(self.chains) for k in chain}
        self.spots = [self._spot(k) for k in range(len(self.stops))]
        self.before: list[int] = [-1] * len(self.stops)  # the stop whose arrow leads along the chain
        self._place()
        self.lane: dict[tuple[Row, int], int] = {}
        self.spare: dict[Row, float] = {}  # more room above a row
        self._heights()  # where rows lie to one another says which lines find a way between boxes

    # ------------------------------------------------------------------------------------------ what

    def key(self, k: int) -> str:
        """The theme key of an arrow."""
        return arrow_key(self.stops, k)

    def _spot(self, k: int) -> Spot:
        stop = self.stops[k]
        if stop.role == "output":
            return Spot(width(stop.words.first, PLAIN) + 4, 12.0, level=self.level[k])
        if stop.role == "merge" and is_sign(stop) and not self._halves(k):
            return Spot(2 * SIGN, 2 * SIGN, level=self.level[k])
        if stop.role == "merge" and not self._halves(k):
            return Spot(width(stop.words.first, SMALL) + 10, 18.0, level=self.level[k])
        w, h = (max(s * self.scale, 4.0) for s in size(stop.extent))
        spot = Spot(w, h, level=self.level[k])
        if stop.role in ("layer", "pool"):
            spot.label = tuple(self._label(k))
        return spot

    def _label(self, k: int) -> Iterator[str]:
        stop = self.stops[k]
        line = ""
        common = self.common.get(self.key(k))
        if common is None or self.words[k] != common.operation:
            for word in self.words[k].split(" "):
                if line and width(f"{line} {word}", NUMBER) > LABEL:
                    yield line
                    line = word
                else:
                    line = f"{line} {word}".strip()
        if stop.times:
            line = f"{line} {stop.times}".strip()
        if line:
            yield line

    def _halves(self, k: int) -> int:
        """For a concatenation the stop whose box is its filled half, plus one; else nothing."""
        stop = self.stops[k]
        if stop.role != "merge" or not stop.words.first.startswith("Concat") or len(set(stop.sources)) < 2:
            return 0
        chain = self.chains[self.chain_of[k]]
        if not set(stop.sources) <= set(chain):
            return 0
        own = chain[chain.index(k) - 1]
        alike = self.users[own] == [k] and self.stops[own].extent.face == stop.extent.face
        # What is entered from above or below: an arrow from the left would end on the copied half.
        return own + 1 if alike and self.stops[own].role == "layer" and self._changes_level(own) else 0

    def _changes_level(self, k: int) -> bool:
        sources = self.stops[k].sources
        return bool(sources) and all(self.level[s] != self.level[k] for s in sources)

    # ----------------------------------------------------------------------------------------- where

    def _levels(self) -> list[int]:
        """A level for each resolution, the finest on top."""
        leader, level = 0.0, -1
        level_of: dict[float, int] = {}
        signals = any(_is_signal(s.extent) for s in self.stops)
        for side in sorted({_side(s.extent, signals) for s in self.stops}, reverse=True):
            if side * ALIKE < leader or level < 0:
                leader, level = side, level + 1
            level_of[side] = level
        found = [level_of[_side(stop.extent, signals)] for stop in self.stops]
        for k, stop in enumerate(self.stops):
            if stop.role == "output" and stop.sources:
                found[k] = found[stop.sources[0]]
            elif not stop.sources and len(self.users[k]) == 1 and stop.extent.kind != "map":
                found[k] = found[self.users[k][0]]
        return found

    def _place(self) -> None:
        """Chain by chain: along a level to the right, from level to level straight down or up."""
        taken: dict[Row, list[Span]] = {}
        self.falls: list[tuple[Row, Row, Span]] = []  # what straight arrows take of the rows between their ends
        for chain in self.chains:
            next(way for way in self._rows(chain) if self._stand(chain, way, taken))
            for k in chain:
                spot = self.spots[k]
                spot.placed = True
                left = spot.x - spot.outline - max(self._room(k), self._name(k))
                taken.setdefault(spot.row, []).append((left, spot.right + self._over(k)))
                last = self.before[k]
                if last >= 0 and (spot.fallen or spot.risen):
                    low, high = sorted((self.spots[last].row, spot.row))
                    self.falls.append((low, high, (spot.middle - 3, spot.middle + 3)))

    def _rows(self, chain: list[int]) -> Iterator[tuple[int, int]]:
        """Where a chain may stand: a storey, and so many rows below the level's own."""
        joined = [*self.stops[chain[0]].sources, *self.users[chain[-1]]]
        home = next((self.spots[k].storey for k in joined if self.spots[k].placed), -1)
        if home >= 0 and len({self.level[k] for k in chain}) == 1:
            yield from ((home, branch) for branch in range(MOST_BRANCHES))
            home += 1
        yield from ((storey, 0) for storey in count(max(home, 0)))

    def _room(self, k: int) -> float:
        """What an arrow and the words on it need left of a box."""
        label = max((width(line, NUMBER) for line in self.spots[k].label), default=0.0)
        last = self.before[k]
        beside = self._beside(last) if last >= 0 else 4.0
        return max(GAP, (label + 8 if label else 3.0) + beside + self._over(k))

    def _name(self, k: int) -> float:
        """What the name of an input takes left of its box."""
        stop = self.stops[k]
        return width(stop.words.first, PLAIN) + 8 if stop.role == "input" else 0.0

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

    def _stand(self, chain: list[int], way: tuple[int, int], taken: dict[Row, list[Span]]) -> bool:
        """Place a chain in a storey, so many rows below its levels' own; whether all of it is free there."""
        stops, spots = self.stops, self.spots
        storey, branch = way
        placed: dict[int, float] = {}  # the right end of what stands on each level
        for n, k in enumerate(chain):
            last = chain[n - 1] if n else max(stops[k].sources, default=-1)
            self.before[k] = last if last in stops[k].sources else -1
        for n, k in enumerate(chain):
            spot = spots[k]
            spot.storey, spot.branch = way
            spot.joined, spot.fallen, spot.risen, spot.stepped = False, False, False, False
            last = chain[n - 1] if n else max(stops[k].sources, default=-1)
            ahead, reach = self._ahead(k), GAP / 2
            spot.outline = ahead
            if self._halves(k) == last + 1 and n:
                # The box before it is its filled half.
                spot.joined, spot.x, spot.w = True, spots[last].x, spots[last].w
                spot.h = spots[last].h
                continue
            if last < 0:
                x = self._start(chain)
            elif spots[last].row == spot.row:
                x = spots[last].right + self._room(k) + ahead
                reach = x - ahead - spots[last].right - self._over(last)  # nothing stands in between
            elif n or (spots[last].storey == storey and not branch and spots[last].level != spot.level):
                # Below a merge there may be lines that lead into it.
                merged = len(set(stops[last].sources)) > 1 and spots[last].level < spot.level
                entered = spots[last].fallen or spots[last].risen or self.before[last] < 0
                step = len(self.users[last]) == 1 and (entered or merged)
                under = spots[last].right + STEP if step else spots[last].middle
                passed = [s for s in (spots[j] for j in chain[: max(n - 1, 0)]) if _is_between(s, spots[last], spot)]
                if step and any(s.x - 4 < under < s.right + 4 for s in passed):
                    under = max(s.right for s in passed) + STEP
                x = max(under - spot.w / 2, placed.get(spot.level, -1e9) + self._room(k) + ahead)
                # Not back along the arrow that leads to it.
                back = (spots[last].risen or merged) if spots[last].level < spot.level else spots[last].fallen
                straight = x == under - spot.w / 2 and (step or not back)
                x = x if straight else max(x, spots[last].right + GAP + ahead)  # room for a way down or up
                spot.stepped = (straight and step) or (not straight and ahead > 0)
                straight = straight or spot.stepped
                spot.fallen = straight and spots[last].level < spot.level
                spot.risen = straight and spots[last].level > spot.level
                if straight and self._is_blocked(spots[last].row, spot.row, x + spot.w / 2, taken):
                    return False
            else:
                x = self._clear(self._beyond(last, spot.row) + self._room(k) + ahead, chain)
                reach = self._room(k)
            spot.x = x
            placed[spot.level] = spot.right
            left, right = x - ahead - (self._name(k) if last < 0 else reach), spot.right + self._over(k)
            if any(left < b and right > a for a, b in taken.get(spot.row, ())):
                return False
            if any(low < spot.row < high and left < b and right > a for low, high, (a, b) in self.falls):
                return False
        return True

    def _is_blocked(self, row: Row, other: Row, x: float, taken: Mapping[Row, Sequence[Span]]) -> bool:
        """Whether what stands in the rows between two is in the way of a straight arrow."""
        low, high = sorted((row, other))
        return any(low < r < high and left < x + 3 and right > x - 3 for r in taken for left, right in taken[r])

    def _beyond(self, last: int, row: Row) -> float:
        """Where a line from a box down to a row further below passes what stands in the rows between."""
        a = self.spots[last]
        between = [
            (s.x - s.outline - self._before(k), max(s.right, s.middle + self._words(k)) + self._beside(k))
            for k, s in enumerate(self.spots)
            if s.placed and a.row < s.row < row
        ]
        between += [(s.x - s.outline - 4, 1e9) for s in self.spots if s.placed and s.row == a.row and s.x > a.right]
        between += [span for low, high, span in self.falls if low < row and high > a.row]
        ways = (a.right + n for n in range(8, FURTHEST, 4))
        return next((x for x in ways if not any(low < x < high for low, high in between)), a.right + 8) - 8

    def _clear(self, x: float, chain: list[int]) -> float:
        """The same, or as far right as the chain must stand to be clear of straight arrows through its row."""
        first = self.spots[chain[0]]
        left = first.outline + self._room(chain[0])
        right = sum(self._room(k) + self._ahead(k) + self.spots[k].w for k in chain[1:]) + first.w + 4
        for low, high, (a, b) in sorted(self.falls, key=lambda fall: fall[2]):
            if low < first.row < high and x - left < b and x + right > a:
                x = b + left
        return x

    def _before(self, k: int) -> float:
        """What words take left of a box."""
        spot, stop = self.spots[k], self.stops[k]
        if stop.role == "input":
            return self._name(k)
        return self._room(k) if spot.label and not (spot.fallen or spot.risen) else 4.0

    def _ahead(self, k: int) -> float:
        """Room left of a box for the copied halves that a concatenation puts there."""
        users = self.users[k]
        if len(users) != 1 or self._halves(users[0]) != k + 1:
            return 0.0
        return sum(self._half(s) for s in dict.fromkeys(self.stops[users[0]].sources) if s != k)

    def _half(self, s: int) -> float:
        """How wide a copy of a tensor is, also of one that is drawn as a sign."""
        return max(size(self.stops[s].extent)[0] * self.scale, 4.0)

    def _start(self, chain: list[int]) -> float:
        """What begins with an input ends left of what it feeds, if that is placed already; else it starts at the left.

        On its way through several levels it may need all there is.
        """
        first, last = chain[0], chain[-1]
        if len({self.level[k] for k in chain}) == 1:
            found = [(u, self.spots[u]) for u in self.users[last] if self.spots[u].placed]
            clear = BEFORE - self._over(last) - 1
            beside = [s.x - s.outline - self._room(u) + clear for u, s in found if s.row == self.spots[first].row]
            fed = [*beside, *(s.middle for _, s in found if s.row != self.spots[first].row)]
            if fed:
                long = sum(self._room(k) + self._ahead(k) + self.spots[k].w for k in chain[1:]) + self.spots[first].w
                return min(fed) - BEFORE - long
        fed = [self.spots[u].x for u in self.users[first] if self.spots[u].x > 0]
        return min(fed) - GAP - self.spots[first].w - 30.0 if fed else 0.0

    def _heights(self) -> None:
        """Each level of each storey below the one before, with lanes above it for what skips."""
        rows = sorted({s.row for s in self.spots})
        y, storey = 0.0, 0
        self.lid: dict[Row, float] = {}
        for row in rows:
            here = [k for k, s in enumerate(self.spots) if s.row == row]
            y += STOREY_GAP if row[0] != storey else 0.0
            storey = row[0]
            high = max(self.spots[k].h for k in here)
            labels = max((len(self.spots[k].label) for k in here), default=0)
            count = max((lane + 1 for (r, _), lane in self.lane.items() if r == row), default=0)
            y += count * LANE + (ABOVE if count else 0.0) + self.spare.get(row, 0.0)
            self.lid[row] = y - (2.0 if count else 0.0)
            y += max(12.0, (labels * 9.5 + 4.0 - high / 2) if labels else 0.0)
            for k in here:
                self.spots[k].y = y + high / 2
            y += high + 12.0 + LEVEL_GAP
