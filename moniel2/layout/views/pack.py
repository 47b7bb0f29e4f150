"""Rectangles on a page that something at its top left corner already takes a part of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from moniel2.layout.scene import Point

MOST_PERMUTED = 5  # rectangles of which every order is tried
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: ``taken`` is the size of what stands at its corner, ``gap`` the room around everything."""

    taken: Size
    width: float
    height: float
    gap: float


def pack(sizes: Sequence[Size], sheet: Sheet) -> list[Point]:
    """Where the rectangles go: within the page if that can be, and then as nearly in their order as can be."""
    best: tuple[tuple[float, int, float], list[Point]] | None = None
    for order in _orders(sizes):
        found = _placed(sizes, order, sheet)
        bottom = max((y + sizes[k][1] for k, (_, y) in enumerate(found)), default=0.0)
        worth = (max(round(bottom, 1), sheet.height), _inversions(found), bottom)
        if best is None or worth < best[0]:
            best = (worth, found)
    assert best is not None
    return best[1]


def _orders(sizes: Sequence[Size]) -> Iterator[tuple[int, ...]]:
    numbers = tuple(range(len(sizes)))
    if len(sizes) <= MOST_PERMUTED:
        yield from permutations(numbers)
        return
    yield numbers
    yield tuple(sorted(numbers, key=lambda k: -sizes[k][1]))
    yield tuple(sorted(numbers, key=lambda k: -sizes[k][0]))
    yield tuple(sorted(numbers, key=lambda k: -sizes[k][0] * sizes[k][1]))


def _placed(sizes: Sequence[Size], order: Sequence[int], sheet: Sheet) -> list[Point]:
    """Each in turn as high up as it goes, then as far to the left."""
    taken = [(0.0, 0.0, *sheet.taken)]
    found: list[Point] = [(0.0, 0.0)] * len(sizes)
    for k in order:
        w, h = sizes[k]
        xs = sorted({0.0, *(right + sheet.gap for _, _, right, _ in taken)})
        ys = sorted({0.0, *(bottom + sheet.gap for _, _, _, bottom in taken)})
        inside = [x for x in xs if x + w <= sheet.width or x == 0.0]
        free = ((x, y) for y in ys for x in inside if _free(x, y, w, h, taken, sheet))
        x, y = next(free)  # below everything there is room
        found[k] = (x, y)
        taken.append((x, y, x + w, y + h))
    return found


def _free(x: float, y: float, w: float, h: float, taken: Sequence[tuple[float, ...]], sheet: Sheet) -> bool:
    gap = sheet.gap - 0.01
    return all(x >= r + gap or x + w + gap <= le or y >= b + gap or y + h + gap <= t for le, t, r, b in taken)


def _inversions(found: Sequence[Point]) -> int:
    """How many pairs don't stand in the order of reading: rows of columns."""
    order = sorted(range(len(found)), key=lambda k: (found[k][1], found[k][0]))
    place = {k: n for n, k in enumerate(order)}
    return sum(place[a] > place[b] for a in range(len(found)) for b in range(a + 1, len(found)))
