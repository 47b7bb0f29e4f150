"""The order of the layers of a region: the best of what many starts come to, mended and kicked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.layout.buses import Buses
from moniel2.layout.kicks import Kicks
from moniel2.layout.layers import Link, Ordering

EFFORT = 6_000  # links that are ordered, from one start after the other
SKETCHED = 2  # starts of a quick search
MENDED, MOST_MENDED = 3, 8  # of the orders found, how many are mended and kicked at least and at most,
MENDED_LINKS = 1000  # as many as have so many links together
MENDING = 200_000  # pairs of wires that are compared
KICKS, KICKS_A_LINK = 60_000, 100  # links that are looked at to get away from where an order is stuck
FEW = 400  # links; up to so many, of orders that cross alike the one nearest to the declared one is taken
MIXERS = (137, 389, 571, 823)


def ordered(
    layers: Sequence[Sequence[int]], links: Sequence[Link], fixed: Mapping[int, float], big: bool, quick: bool
) -> tuple[Sequence[Sequence[int]], int]:
    """Layers with few crossings as wires are drawn, and how many these are, if that is known.

    ``layers`` is where things stand, ``fixed`` items of a layer in the order of what is said of them. Of a ``big``
    region no more is asked than can be had quickly; a ``quick`` search is not mended.
    """
    buses = Buses(layers, links)
    tried: list[tuple[int, int, list[list[int]]]] = []
    starts = _starts(layers, links)
    for n, (first, upwards) in enumerate(starts[: SKETCHED if quick else max(1, EFFORT // max(len(links), 1))]):
        ordering = Ordering([list(l) for l in first], links, fixed, big)
        found = ordering.run(upwards, n % 2 == 1)
        if ordering.big:
            return found, 0
        tried.append((buses.total(found), _disorder(found, layers) if len(links) <= FEW else 0, found))
        if tried[-1][0] == 0 and len(links) > FEW:
            break
    tried.sort(key=lambda t: (t[0], t[1]))
    fewest, _, best = tried[0]
    most = max(MENDED, min(MOST_MENDED, MENDED_LINKS // max(len(links), 1)))
    for count, _, found in tried[: 0 if quick else most]:
        if count == 0:
            break
        ordering = Ordering([list(l) for l in found], links, fixed)
        count = _mended(ordering, buses, fixed)
        if count:
            kicks = Kicks(ordering, buses, fixed, min(KICKS, KICKS_A_LINK * len(links)))
            kicks.run()
            count = _mended(ordering, buses, fixed)
        if count < fewest:
            best, fewest = ordering.layers, count
    return best, fewest


def _mended(ordering: Ordering, buses: Buses, fixed: Mapping[int, float]) -> int:
    """How much still crosses when single things have moved to where they cross least."""
    layers = ordering.layers
    buses.put(0, layers)
    buses.mend(layers, fixed, 0, len(layers) - 1, MENDING)
    ordering.put(0, layers)
    return buses.total(layers)


def _disorder(layers: Sequence[Sequence[int]], declared: Sequence[Sequence[int]]) -> int:
    """How many pairs stand the other way round than they are declared."""
    count = 0
    for items, known in zip(layers, declared, strict=True):
        place = {i: p for p, i in enumerate(known)}
        at = [place[i] for i in items]
        count += sum(at[b] < at[a] for a in range(len(at)) for b in range(a + 1, len(at)))
    return count


def _starts(layers: Sequence[Sequence[int]], links: Sequence[Link]) -> list[tuple[Sequence[Sequence[int]], bool]]:
    """Orders to start from, and whether to begin with a sweep upwards: each is tried both ways, in turn."""
    down: dict[int, list[tuple[float, int]]] = {}
    up: dict[int, list[tuple[float, int]]] = {}
    for a, out, b, into in links:
        down.setdefault(a, []).append((out, b))
        up.setdefault(b, []).append((into, a))
    walked = _depth_first(layers, down, False)
    risen = _depth_first(layers, up, True)
    mixed = _mixed(layers)
    pairs = [(walked, layers), (mixed[0], mixed[1]), (risen, mixed[2]), (mixed[3], walked)]
    found: list[tuple[Sequence[Sequence[int]], bool]] = []
    for one, other in pairs:
        found += [(one, False), (other, True)]
    for one, other in pairs:
        found += [(other, False), (one, True)]
    return found


def _mixed(layers: Sequence[Sequence[int]]) -> list[list[list[int]]]:
    """Orders that are mixed well, and on every machine alike."""
    found: list[list[list[int]]] = []
    for mixer in MIXERS:
        one = [sorted(items, key=lambda i: ((i + 1) * mixer + l * 31) % 1009) for l, items in enumerate(layers)]
        found.append(_between_rims(layers, one))
    return found


def _depth_first(
    layers: Sequence[Sequence[int]], near: dict[int, list[tuple[float, int]]], rising: bool
) -> list[list[int]]:
    """As a walk down from the top (``rising``: up from the foot) meets things, so that what hangs together stands
    together."""
    found: list[list[int]] = [[] for _ in layers]
    layer_of = {i: l for l, items in enumerate(layers) for i in items}
    seen: set[int] = set()
    for items in layers[::-1] if rising else layers:
        for first in items:
            stack = [first]
            while stack:
                i = stack.pop()
                if i in seen:
                    continue
                seen.add(i)
                found[layer_of[i]].append(i)
                stack.extend([j for _, j in sorted(near.get(i, []), reverse=True)])
    return _between_rims(layers, found)


def _between_rims(layers: Sequence[Sequence[int]], found: list[list[int]]) -> list[list[int]]:
    """In the first layer and the last the wires in and out have their places already."""
    found[0], found[-1] = list(layers[0]), list(layers[-1])
    return found
