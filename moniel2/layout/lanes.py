"""On which side of its series each lane runs: all on one side where that crosses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.layout.plan import Lane

MANY = 400  # beyond it a lane simply takes the side it prefers
FEW, ROUNDS = 40, 8  # lanes that may all change sides, and how often they are looked at
NEST, NESTED = 3, 1.5  # so many that come together are nested on one side unless they cross so much more there


def choose_sides(lanes: list[Lane], straight: Mapping[int, int]) -> None:
    """Set ``side`` of every lane: fewest crossings first, then where it comes from or goes to, then the right.

    ``straight`` is the operand of a vertex that comes from right above it.
    """
    by_series: dict[int, list[Lane]] = {}
    for lane in lanes:
        by_series.setdefault(lane.series, []).append(lane)
    for group in by_series.values():
        _one_by_one(group, straight)
        if len(group) > FEW:
            continue
        crossed = _total(group, straight)
        if crossed:
            known = [lane.side for lane in group]
            _all_at_once(group, straight)
            crossed = _unless(_total(group, straight) >= crossed, group, known, straight)
        if crossed and len(group) >= NEST and _meet(group):
            known = [lane.side for lane in group]
            for lane in group:
                lane.side = lane.held or -1
            _unless(_total(group, straight) > NESTED * crossed, group, known, straight)


def _unless(worse: bool, group: Sequence[Lane], known: Sequence[int], straight: Mapping[int, int]) -> int:
    """Put lanes back to the sides that are ``known`` if where they are is ``worse``. Returns how often they cross."""
    if worse:
        for lane, side in zip(group, known, strict=True):
            lane.side = side
    return _total(group, straight)


def _meet(group: Sequence[Lane]) -> bool:
    """Whether all lanes come together among operands in order, as in a block where each step reads all before it."""
    met = [{vertex for vertex, _ in lane.arrivals} for lane in group]
    return any(all(vertex in found for found in met) for vertex in met[0])


def _one_by_one(group: list[Lane], straight: Mapping[int, int]) -> None:
    """The short ones first, each where it crosses least of those that have a side."""
    placed: list[Lane] = []
    for lane in sorted(group, key=lambda x: (x.last - x.first, x.first, x.net)):
        lane.side = _preferred(lane)
        if len(group) <= MANY and not lane.held:
            lane.side = _better(lane, placed, straight)
        placed.append(lane)


def _all_at_once(group: list[Lane], straight: Mapping[int, int]) -> None:
    """Each where it would rather be; then those change sides, one at a time, that cross less on the other."""
    for lane in group:
        lane.side = _preferred(lane)
    for _ in range(ROUNDS):
        changed = False
        for lane in group:
            side = lane.side if lane.held else _better(lane, [o for o in group if o is not lane], straight)
            changed = changed or side != lane.side
            lane.side = side
        if not changed:
            return


def _preferred(lane: Lane) -> int:
    return lane.held or (1 if lane.votes >= 0 else -1)


def _better(lane: Lane, others: Sequence[Lane], straight: Mapping[int, int]) -> int:
    """The side where a lane crosses less of some others; where that is alike, the one it has."""
    costs = {side: _cost(lane, side, others, straight) for side in (1, -1)}
    return lane.side if costs[lane.side] <= costs[-lane.side] else -lane.side


def _cost(lane: Lane, side: int, others: Sequence[Lane], straight: Mapping[int, int]) -> int:
    crossed = sum(_crossings(lane, o) for o in others if o.side == side)
    return crossed + lane.across.get(side, 0) + _out_of_order(lane, side, others, straight)


def _total(group: Sequence[Lane], straight: Mapping[int, int]) -> int:
    """How often all of them cross."""
    return sum(_cost(lane, lane.side, group[:n], straight) for n, lane in enumerate(group))


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
    inner, outer = (a, b) if length(a) <= length(b) else (b, a)
    first, last = span(inner)
    # Where the outer one begins and where its wires leave it they must pass the inner one.
    start = span(outer)[0]
    return (first < start <= last) + sum(first <= tap < last for tap in set(outer.taps))


def _out_of_order(lane: Lane, side: int, placed: Sequence[Lane], straight: Mapping[int, int]) -> int:
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
