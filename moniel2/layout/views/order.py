"""In which order the tensors of a flow stand on a line: branch by branch, what is largest next to what uses it.

And which of them have nothing to do with one another.
"""

from __future__ import annotations

from dataclasses import replace

from moniel2.layout.views.flow import Flow
from moniel2.layout.views.pieces import hanging


def in_line(flow: Flow) -> Flow:
    """The same flow in a depth-first order: each branch is one stretch, and an input stands where it is first used."""
    stops = flow.stops
    ends = [i for i, used in enumerate(flow.users()) if not used]
    order: list[int] = []
    seen: set[int] = set()
    # A stack instead of recursion: a flat chain may be thousands of steps long.
    stack = [(i, False) for i in reversed(ends)]
    while stack:
        number, done = stack.pop()
        if done:
            order.append(number)
            continue
        if number in seen:
            continue
        seen.add(number)
        stack.append((number, True))
        sources = sorted(dict.fromkeys(stops[number].sources), key=lambda s: stops[s].extent.resolution)
        stack += [(s, False) for s in reversed(sources) if s not in seen]
    place = {number: k for k, number in enumerate(order)}
    moved = [replace(stops[i], sources=tuple(place[s] for s in stops[i].sources)) for i in order]
    return Flow(flow.name, moved, flow.crops)


def apart(flow: Flow) -> list[Flow]:
    """A flow for all that hangs together, in the same order."""
    stops = flow.stops
    joined = [(s, k) for k, stop in enumerate(stops) for s in stop.sources]
    found: list[Flow] = []
    for one in hanging(range(len(stops)), joined):
        at = {number: k for k, number in enumerate(sorted(one))}
        some = [replace(stops[n], sources=tuple(at[s] for s in stops[n].sources)) for n in at]
        found.append(Flow(flow.name, some, flow.crops))
    return found
