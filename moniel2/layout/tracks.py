"""Which track each wire takes in a gap: few crossings, and never on top of another one. Plain arithmetic."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

NEAR = 5.0  # legs closer than this would touch
CLEAR = 4.0  # pieces on one track stay this far apart
MANY = 250  # nets; beyond it they are ordered by a simple rule
CLASH = 1000.0


@dataclass(slots=True)
class Bundle:
    """The wires of one source in one gap: where they come in above and go out below, from left to right."""

    tops: list[float]
    bottoms: list[float]
    rims: list[float] = field(default_factory=list)  # where it runs to the frame's edge
    after: int = -1  # the piece of the same wires that comes before this one, after a turn

    @property
    def low(self) -> float:
        return min(self.tops[:1] + self.bottoms[:1] + self.rims)

    @property
    def high(self) -> float:
        return max(self.tops[-1:] + self.bottoms[-1:] + self.rims)


@dataclass(frozen=True, slots=True)
class Track:
    """Where a bundle runs sideways. After a clash it first goes to ``turn`` on ``first``, then on ``track``."""

    track: int
    first: int = -1
    turn: float = 0.0


def tracks(bundles: Sequence[Bundle]) -> tuple[list[Track | None], int]:
    """A track for each bundle, None for one that runs straight down, and how many tracks there are."""
    pieces = [b for b in bundles if b.high - b.low >= 0.5]
    owner = [i for i, b in enumerate(bundles) if b.high - b.low >= 0.5]
    straight = [b.low for b in bundles if b.high - b.low < 0.5]
    found: list[Track | None] = [None] * len(bundles)
    if not pieces:
        return found, 0
    second: dict[int, int] = {}  # a piece -> the piece that carries its wires on after the turn
    turns: dict[int, float] = {}
    for _ in range(len(pieces)):
        order = _order(pieces)
        clash = _clash(pieces, order)
        if clash < 0 or clash in second or clash in second.values():
            break
        turn = _free(pieces[clash], pieces, straight)
        second[clash] = len(pieces)
        turns[clash] = turn
        old = pieces[clash]
        pieces.append(Bundle([turn], old.bottoms, [], clash))
        pieces[clash] = Bundle(old.tops, [turn], old.rims)
    level = _levels(pieces, _order(pieces))
    for piece, i in enumerate(owner):
        if piece in second:
            found[i] = Track(level[second[piece]], level[piece], turns[piece])
        else:
            found[i] = Track(level[piece])
    return found, max(level) + 1


def _cost(a: Bundle, b: Bundle) -> float:
    """What it costs when a runs above b: its legs down cross b, b's legs up cross it, legs that meet clash."""
    cost = _inside(a.bottoms, b.low + 0.5, b.high - 0.5) + _inside(b.tops, a.low + 0.5, a.high - 0.5)
    for x in a.bottoms:
        i = bisect_left(b.tops, x - NEAR)
        if i < len(b.tops) and b.tops[i] < x + NEAR:
            cost += CLASH
    return cost


def _inside(xs: Sequence[float], low: float, high: float) -> float:
    return float(max(0, bisect_left(xs, high) - bisect_right(xs, low)))


def _order(pieces: Sequence[Bundle]) -> list[int]:
    """Top to bottom: repeatedly a piece that nothing left should stand above; failing that, the one that loses least by
    standing above all that are left."""
    n = len(pieces)
    if n > MANY:
        return _simple_order(pieces)
    gain = [[0.0] * n for _ in range(n)]
    score = [0.0] * n
    held = [0] * n  # how many of those left should stand above it
    for i in range(n):
        for j in range(i):
            a, b = pieces[i], pieces[j]
            if a.low - CLEAR > b.high or b.low - CLEAR > a.high:
                continue
            difference = CLASH if a.after == j else -CLASH if b.after == i else _cost(a, b) - _cost(b, a)
            gain[i][j] = difference
            gain[j][i] = -difference
            score[i] += difference
            score[j] -= difference
            held[i] += difference > 0
            held[j] += difference < 0
    left = list(range(n))
    order: list[int] = []
    while left:
        top = min(left, key=lambda i: (held[i] > 0, score[i], i))
        left.remove(top)
        order.append(top)
        for i in left:
            score[i] -= gain[i][top]
            held[i] -= gain[i][top] > 0
    return order


def _simple_order(pieces: Sequence[Bundle]) -> list[int]:
    """Wires to the right from the right on, wires to the left from the left on: none of a kind cross each other."""

    def key(i: int) -> tuple[int, float]:
        p = pieces[i]
        if not p.tops or not p.bottoms:
            return (1, p.low)
        rightwards = p.bottoms[-1] + p.bottoms[0] > p.tops[-1] + p.tops[0]
        return (0, -p.tops[-1]) if rightwards else (1, p.tops[0])

    return sorted(range(len(pieces)), key=key)


def _clash(pieces: Sequence[Bundle], order: Sequence[int]) -> int:
    """A piece one of whose legs down runs on top of a leg that comes down to a lower piece; -1 if there is none."""
    legs = sorted((x, rank, i) for rank, i in enumerate(order) for x in pieces[i].tops)
    xs = [x for x, _, _ in legs]
    for rank, i in enumerate(order):
        for x in pieces[i].bottoms:
            k = bisect_left(xs, x - NEAR)
            while k < len(legs) and legs[k][0] < x + NEAR:
                if legs[k][1] > rank and pieces[legs[k][2]].after != i:
                    return legs[k][2]
                k += 1
    return -1


def _free(piece: Bundle, pieces: Sequence[Bundle], straight: Sequence[float]) -> float:
    """A place for a turn, near the middle of the piece and clear of every leg in the gap."""
    taken = sorted([x for p in pieces for x in (*p.tops, *p.bottoms)] + list(straight))
    middle = (piece.low + piece.high) / 2
    for step in range(400):
        for x in (middle + step * 2.0, middle - step * 2.0):
            i = bisect_left(taken, x - NEAR)
            if i == len(taken) or taken[i] > x + NEAR:
                return x
    return middle


def _levels(pieces: Sequence[Bundle], order: Sequence[int]) -> list[int]:
    """The highest free track for each piece in turn, below all earlier ones that it would touch."""
    level = [0] * len(pieces)
    placed: list[int] = []
    for i in order:
        p = pieces[i]
        for j in placed:
            q = pieces[j]
            if level[j] >= level[i] and p.low - CLEAR <= q.high and q.low - CLEAR <= p.high:
                level[i] = level[j] + 1
        placed.append(i)
    return level
