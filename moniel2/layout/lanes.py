"""On which side of its series each lane runs: all on one side where that crosses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.layout.plan import Lane

MANY = 400  # beyond it a lane simply takes the side it prefers


def choose_sides(lanes: list[Lane], straight: Mapping[int, int]) -> None:
    """Set ``side`` of every lane: fewest crossings first, then where it comes from or goes to, then the right.

    ``straight`` is the operand of a vertex that comes from right above it.
    """
    by_series: dict[int, list[Lane]] = {}
    for lane in lanes:
        by_series.setdefault(lane.series, []).append(lane)
    for group in by_series.values():
        placed: list[Lane] = []
        for lane in sorted(group, key=lambda x: (x.last - x.first, x.first, x.net)):
            lane.side = lane.held or (1 if lane.votes >= 0 else -1)
            if len(group) <= MANY and not lane.held:
                preferred = lane.side
                costs = {side: _out_of_order(lane, side, placed, straight) for side in (1, -1)}
                for other in placed:
                    costs[other.side] += _crossings(lane, other)
                lane.side = preferred if costs[preferred] <= costs[-preferred] else -preferred
            placed.append(lane)


def may_change(lane: Lane, lanes: Sequence[Lane]) -> bool:
    """Whether the other side is as good for a lane."""
    beside = [o for o in lanes if o is not lane and o.series == lane.series and o.side != lane.side]
    free = not lane.votes and not lane.held and not lane.back and not lane.arrivals
    return free and not any(_crossings(lane, o) for o in beside)


def span(lane: Lane) -> tuple[int, int]:
    """Its first and last height, counted in half rows: 2 i is item i, 2 i + 1 the gap below it."""
    last = 2 * lane.ends_at if lane.ends_at > lane.last else 2 * lane.last + 1
    return 2 * lane.first - 1, last


def _crossings(a: Lane, b: Lane) -> int:
    """How often two lanes cross when they run on the same side, the shorter one nearer to the series."""
    (a0, a1), (b0, b1) = span(a), span(b)
    inner, outer = (a, b) if length(a) <= length(b) else (b, a)
    i0, i1 = span(inner)
    crossed = 0
    if (a0 < b0 <= a1 < b1) or (b0 < a0 <= b1 < a1):
        crossed += 1
    # Wires that leave the outer lane on the way must pass the inner one.
    crossed += sum(1 for tap in set(outer.taps) if i0 < tap < i1)
    return crossed


def _out_of_order(lane: Lane, side: int, placed: list[Lane], straight: Mapping[int, int]) -> int:
    """How many wires it crosses where it arrives among operands that keep their order, if it runs on this side."""
    count = 0
    for vertex, operand in lane.arrivals:
        if vertex in straight:
            count += (operand < straight[vertex]) != (side < 0)
        for other in placed:
            for there, into in other.arrivals:
                if there != vertex or into == operand:
                    continue
                # On one side what comes from further out arrives further out.
                outer = side if other.side != side or length(lane) >= length(other) else -side
                count += (operand < into) != (outer < 0)
    return count


def length(lane: Lane) -> int:
    """In half rows."""
    first, last = span(lane)
    return last - first
