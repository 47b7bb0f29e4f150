"""The first place where two runs part."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from moniel2.verification.places import Description, Reference
from moniel2.verification.report import Parting, Side
from moniel2.verification.trace import NEAR, Event, Fingerprint, Given, Trace, same_order, same_print


def locate(ours: Description, theirs: Reference) -> Parting | None:
    """Where the flow towards the outputs first has something that the other model has nowhere.

    What is computed on another way but comes to the same further on doesn't count. None if nothing differs.
    """
    mine, other = ours.trace, theirs.trace
    met_ours, met_theirs = matches(mine, other), matches(other, mine)
    begin_ours, begin_theirs = _beginnings(mine, met_ours), _beginnings(other, met_theirs)
    if not begin_ours and not begin_theirs:
        return None
    if not begin_ours:
        last = _last_met(other, mine, begin_theirs[0], met_theirs)
        return _parting(ours, theirs, None, begin_theirs[0], None if last is None else last[::-1])
    first = begin_ours[0]
    agreed = _last_met(mine, other, first, met_ours)
    same = [e for e in begin_theirs if agreed is not None and _reads(other, e, agreed[1])]
    counterparts = same or begin_theirs
    if not counterparts:
        return _parting(ours, theirs, first, None, agreed)
    second = counterparts[0]
    if first.name == second.name:
        crosswise = _crosswise(mine, other, first), _crosswise(other, mine, second)
        if crosswise != (None, None):
            first, second = crosswise[0] or first, crosswise[1] or second
            return _parting(ours, theirs, first, second, _last_met(mine, other, first, met_ours), reordered=True)
    return _parting(ours, theirs, first, second, agreed)


def agreement(ours: Trace, theirs: Trace) -> int:
    """How much of our run the other has too."""
    return len(matches(ours, theirs))


def matches(trace: Trace, other: Trace) -> dict[int, int]:
    """The events whose results the other run has too, each with the first that does."""
    by_count: dict[int, list[tuple[float, int, Fingerprint]]] = defaultdict(list)
    for event in other.events:
        for print in () if event.print is None else (event.print, *event.others):
            by_count[print[0]].append((print[3], event.index, print))
    for entries in by_count.values():
        entries.sort()
    found: dict[int, int] = {}
    for event in trace.events:
        if event.print is None:
            continue
        entries = by_count.get(event.print[0], [])
        least, most = event.print[3] * (1 - NEAR), event.print[3] * (1 + NEAR)
        here = []
        for _, index, print in entries[bisect_left(entries, least, key=lambda e: e[0]) :]:
            if print[3] > most:
                break
            if same_print(event.print, print):
                here.append(index)
        if here:
            found[event.index] = min(here)
    return found


def _beginnings(trace: Trace, met: dict[int, int]) -> list[Event]:
    """Events on the way to an output that the other run doesn't have, while it has all that they read."""
    events = trace.events
    bad: dict[int, bool] = {}
    for event in events:
        if event.print is None:
            bad[event.index] = event.live and any(s >= 0 and bad[s] for s in event.sources)
        else:
            bad[event.index] = event.index not in met
    found: list[Event] = []
    stack = [i for i in trace.outputs if bad[i]]
    seen: set[int] = set()
    while stack:
        at = stack.pop()
        if at in seen:
            continue
        seen.add(at)
        before = [s for s in events[at].sources if s >= 0 and bad[s]]
        if not before:
            found.append(events[at])
        stack += before
    return sorted(found, key=lambda e: e.index)


def _last_met(trace: Trace, other: Trace, event: Event, met: dict[int, int]) -> tuple[Event, Event] | None:
    """What the event reads that both runs have, each with the event that made it; not what the same call of a module
    made before: a module is one thing."""
    stack, seen = list(event.sources), set()
    best = -1
    while stack:
        at = stack.pop()
        if at < 0 or at in seen:
            continue
        seen.add(at)
        if at in met and not _in_one(trace.events[at], event):
            best = max(best, at)
        else:
            stack += trace.events[at].sources
    if best < 0:
        return None
    print = trace.events[best].print
    assert print is not None
    maker = next(e for e in trace.events if e.print is not None and same_print(print, e.print))
    return maker, other.events[met[best]]


def _in_one(a: Event, b: Event) -> bool:
    """Whether both are of one call of a module that has no others inside."""
    return a.call == b.call and a.whole


def _crosswise(trace: Trace, other: Trace, event: Event) -> Event | None:
    """The first of what the event reads whose numbers the other run has as well, but only in another order."""
    found: Event | None = None
    stack, seen = list(event.sources), set()
    while stack:
        at = stack.pop()
        if at < 0 or at in seen:
            continue
        seen.add(at)
        here = trace.events[at]
        if here.print is not None:
            made: list[Event | Given] = [*other.events, *other.inputs]
            same = (e for e in made if e.print is not None and same_print(here.print, e.print))
            twins = [e for e in same if e.shape == here.shape]
            if any(same_order(here, e) for e in twins):
                continue
            if twins and (found is None or at < found.index):
                found = here
        stack += here.sources
    return found


def _reads(trace: Trace, event: Event, made: Event) -> bool:
    wanted = made.print
    stack, seen = list(event.sources), set()
    while stack:
        at = stack.pop()
        if at < 0 or at in seen:
            continue
        seen.add(at)
        print = trace.events[at].print
        if print is None:
            stack += trace.events[at].sources
        elif wanted is not None and same_print(wanted, print):
            return True
    return False


def _parting(
    ours: Description,
    theirs: Reference,
    mine: Event | None,
    other: Event | None,
    agreed: tuple[Event, Event] | None,
    reordered: bool = False,
) -> Parting:
    both: tuple[str, Side, Side] | None = None
    if agreed is not None:
        shape = ", ".join(map(str, _shape(ours.trace, agreed[0])))
        otherwise = ", in another order" if _reordered(*agreed) else ""
        both = (f"[{shape}]{otherwise}", ours.side(agreed[0]), theirs.side(agreed[1]))
    return Parting(both, ours.side(mine), theirs.side(other), reordered)


def _reordered(mine: Event, other: Event) -> bool:
    """Whether two results of one shape have the same numbers at other places: what was put together crosswise."""
    return mine.shape == other.shape and mine.print is not None and not same_order(mine, other)


def _shape(trace: Trace, made: Event) -> tuple[int, ...]:
    """The shape in which a module gives its result on: inside it may lie otherwise."""
    shape = made.shape
    for event in trace.events[made.index :]:
        if event.path != made.path or event.print is None or made.print is None:
            break
        if same_print(made.print, event.print):
            shape = event.shape
    return shape
