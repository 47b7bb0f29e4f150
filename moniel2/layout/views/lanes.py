"""Lines that run over others' heads: each on the lowest lane that is free where it runs."""

from __future__ import annotations

from collections.abc import Sequence


def lanes(spans: Sequence[tuple[float, float]]) -> list[int]:
    """A lane for every span, from 0 up; the shortest lie lowest, and no two on a lane touch."""
    order = sorted(range(len(spans)), key=lambda i: (spans[i][1] - spans[i][0], spans[i]))
    taken: list[list[tuple[float, float]]] = []
    found = [0] * len(spans)
    for i in order:
        start, end = spans[i]
        free = (n for n, lane in enumerate(taken) if all(end < a - 4 or start > b + 4 for a, b in lane))
        number = next(free, len(taken))
        if number == len(taken):
            taken.append([])
        taken[number].append((start, end))
        found[i] = number
    return found
