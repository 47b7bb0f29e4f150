"""Repetition, folded before anything is laid out: equal neighbours become one with ``×N``."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace

from moniel2.ir.model import Operation
from moniel2.layout.steps import Source, Step, Steps, Taken
from moniel2.ops.spec import Category

FOLDS_INTO = frozenset(
    {Category.CONVOLUTION, Category.LINEAR, Category.NORMALIZATION, Category.EMBEDDING, Category.POOLING}
)
SMALL = frozenset({Category.NORMALIZATION, Category.ACTIVATION})
LEAST_COPIES, MANY = 3, 8  # equal things side by side are folded from this many on; operations


def fold_series(steps: Steps, same: Callable[[Step], Hashable], loosely: bool = False) -> Steps:
    """Runs of equal steps, each feeding the next one's first inputs and nothing else, become one step."""
    main, side = _users_by_port(steps)
    into: dict[int, int] = {}  # a step -> the first of its run
    for i, step in enumerate(steps.steps):
        before = _fed_by(step)
        if before < 0:
            continue
        other = steps.steps[before]
        # Side outputs may go elsewhere if those of all copies go to the same place.
        if main[before] != {i} or side[before] != side[i] or not _takes_alike(step, other, before):
            continue
        if (
            step.times
            or other.times
            or step.node.parallel
            or other.node.parallel
            or same(step) != same(other)
            or step.merged != other.merged
        ):
            continue
        into[i] = into.get(before, before)
    if not into:
        return steps
    count: dict[int, int] = {}
    last: dict[int, int] = {}
    for i, step in enumerate(steps.steps):
        first = into.get(i, i)
        count[first] = count.get(first, 0) + step.repeat
        last[first] = i
    again = {first for i, first in into.items() if steps.steps[i].shared}
    merged = [
        replace(step, outputs=steps.steps[last.get(i, i)].outputs, reused=i in again)
        for i, step in enumerate(steps.steps)
    ]
    if loosely:
        for first in set(into.values()):
            run = [i for i in range(len(merged)) if into.get(i, i) == first]
            merged[first] = replace(merged[first], alike=tuple(steps.steps[i].node for i in run))
    return _merged(replace(steps, steps=merged), into, count)


def fold_parallel(steps: Steps, same: Callable[[Step], Hashable], written_out: int = 0, loosely: bool = False) -> Steps:
    """Equal steps side by side, with the same sources and one common user, become one with ``×N``.

    Operations must be many: a few are read one by one. No more than are ``written_out`` stay as they are.
    """
    users = _users(steps)
    beside: dict[Hashable, list[int]] = {}
    for i, step in enumerate(steps.steps):
        if len(users[i]) == 1 and step.takes and not step.times and step.repeat == 1:
            beside.setdefault((tuple(t.source for t in step.takes), next(iter(users[i]))), []).append(i)
    groups: dict[Hashable, list[int]] = {}
    for place, members in beside.items():
        for i in members if len(members) >= LEAST_COPIES else ():
            groups.setdefault((place, same(steps.steps[i])), []).append(i)
    into: dict[int, int] = {}
    count = {i: step.repeat for i, step in enumerate(steps.steps)}
    merged = list(steps.steps)
    for members in groups.values():
        first = members[0]
        least = MANY if loosely or isinstance(merged[first].what, Operation) else LEAST_COPIES
        if len(members) < max(least, written_out + 1) or members[-1] - first != len(members) - 1:
            continue
        count[first] = len(members)
        into.update(dict.fromkeys(members[1:], first))
        if loosely:
            merged[first] = replace(merged[first], alike=tuple(steps.steps[i].node for i in members))
    return _merged(replace(steps, steps=merged), into, count) if into else steps


def compact(steps: Steps) -> Steps:
    """A normalization or activation that directly follows an operation stands on that one's box."""
    users = _users(steps)
    into: dict[int, int] = {}
    outputs = {s for sources in steps.outputs for s in sources}
    for i, step in enumerate(steps.steps):
        before = _fed_by(step)
        what = step.what
        if before < 0 or not isinstance(what, Operation) or what.spec.category not in SMALL or len(step.takes) != 1:
            continue
        first = into.get(before, before)
        host = steps.steps[first].what
        if not isinstance(host, Operation) or host.spec.category not in FOLDS_INTO or users[before] != {i}:
            continue
        if (before, 0) in outputs or _copies(step) != _copies(steps.steps[first]):
            continue
        into[i] = first
    if not into:
        return steps
    merged = list(steps.steps)
    for i, first in into.items():
        merged[first] = replace(
            merged[first], merged=(*merged[first].merged, merged[i].node), outputs=merged[i].outputs
        )
    return _merged(replace(steps, steps=merged), into, {i: s.repeat for i, s in enumerate(merged)})


def _users_by_port(steps: Steps) -> tuple[list[set[int]], list[set[int]]]:
    """Who takes each step's first output, and who its others."""
    main: list[set[int]] = [set() for _ in steps.steps]
    side: list[set[int]] = [set() for _ in steps.steps]
    for i, step in enumerate(steps.steps):
        for take in step.takes:
            if isinstance(take.source, tuple) and take.source[0] >= 0:
                (side if take.source[1] else main)[take.source[0]].add(i)
    for sources in steps.outputs:
        for s in sources:
            if s[0] >= 0:
                (side if s[1] else main)[s[0]].add(-1)
    return main, side


def _users(steps: Steps) -> list[set[int]]:
    """The steps that take each step's outputs; -1 is an output of the block."""
    users: list[set[int]] = [set() for _ in steps.steps]
    for i, step in enumerate(steps.steps):
        for take in step.takes:
            if isinstance(take.source, tuple) and take.source[0] >= 0:
                users[take.source[0]].add(i)
    for sources in steps.outputs:
        for s in sources:
            if s[0] >= 0:
                users[s[0]].add(-1)
    return users


def _fed_by(step: Step) -> int:
    """The step whose first output is the first thing it takes, or -1."""
    if not step.takes:
        return -1
    source = step.takes[0].source
    return source[0] if isinstance(source, tuple) and source[1] == 0 else -1


def _copies(step: Step) -> tuple[int, str]:
    return step.repeat, step.times


def _takes_alike(step: Step, other: Step, before: int) -> bool:
    """What comes from the step before stands where that one took what came before it; the rest is the same."""
    if len(step.takes) != len(other.takes):
        return False
    return all(
        a.into == b.into and (a.source == b.source or _is_from(a, before))
        for a, b in zip(step.takes, other.takes, strict=True)
    )


def _is_from(take: Taken, step: int) -> bool:
    return isinstance(take.source, tuple) and take.source[0] == step


def _merged(steps: Steps, into: dict[int, int], count: dict[int, int]) -> Steps:
    """Leave out the steps that were folded into others; what read them reads those."""
    kept = [i for i in range(len(steps.steps)) if i not in into]
    number = {i: n for n, i in enumerate(kept)}

    def moved(source: Source) -> Source:
        step, port = source
        return source if step < 0 else (number[into.get(step, step)], port)

    found = []
    for i in kept:
        step = steps.steps[i]
        takes: list[Taken] = []
        seen: dict[Source, Source] = {}
        for take in step.takes:
            if not isinstance(take.source, tuple):
                takes.append(take)
                continue
            source = moved(take.source)
            # What came from different copies comes once now; an operand that was written twice stays twice.
            if seen.setdefault(source, take.source) == take.source:
                takes.append(replace(take, source=source))
        found.append(replace(step, takes=tuple(takes), repeat=count[i]))
    outputs = [[moved(s) for s in sources] for sources in steps.outputs]
    return replace(steps, steps=found, outputs=outputs)
