"""The stages of several models as rows: one below the other, from large tensors to small ones.

Where models have no stages of one size, those of nearly one size stand in one row, as 28 × 28 beside 27 × 27.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from math import prod

NEAR = 0.7  # a stage has at least this part of the places of another that it stands beside


def together(sequences: Sequence[Sequence[str]]) -> list[str]:
    """One order of stages that has all of each in theirs; by size where all models go from large to small."""
    places = {stage: size(stage) for stages in sequences for stage in stages}
    if all(places.values()) and all(list(s) == sorted(s, key=lambda x: -places[x]) for s in sequences):
        return sorted(places, key=lambda stage: -places[stage])
    merged = list(sequences[0])
    for other in sequences[1:]:
        found: list[str] = []
        for _, a, b, c, d in SequenceMatcher(None, merged, list(other), autojunk=False).get_opcodes():
            common = merged[a:b] == list(other[c:d])
            found += merged[a:b] if common else [*merged[a:b], *(s for s in other[c:d] if s not in merged)]
        merged = list(dict.fromkeys(found))
    return merged


def nearly(sequences: Sequence[Sequence[str]]) -> dict[str, str]:
    """For each stage the row that it stands in: itself, or the names of several of nearly one size, a line each."""
    stages = together(sequences)
    rows: list[list[str]] = []
    for stage in stages:
        row = rows[-1] if rows else []
        large, small = size(row[0]) if row else 0, size(stage)
        apart = not any(stage in s and set(row) & set(s) for s in sequences)
        if row and small and apart and NEAR * large <= small <= large:
            row.append(stage)
        else:
            rows.append([stage])
    return {stage: "\n".join(row) for row in rows for stage in row}


def size(stage: str) -> int:
    """How many places a stage's tensors have, 0 if nobody knows: ``56×56``; of a row of stages the largest's."""
    sizes = stage.partition("\n")[0].split("×")
    return prod(map(int, sizes)) if all(s.isdecimal() for s in sizes) else 0
