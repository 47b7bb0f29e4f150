"""What only one of several models has, for those that stand side by side."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.layout.diagram import Part, times

MOST = 0.6  # of what is shown of a model
Column = Sequence[tuple[str, Part]]  # the parts of a model, each with its stage


def differing(one: Column, others: Sequence[Column]) -> set[str]:
    """The paths of parts that no other model has in the same stage; nothing where most differ anyway. Of open blocks
    that others have too it is what is in them."""
    elsewhere: dict[tuple[str, tuple[str, ...]], list[Part]] = {}
    for other in others:
        for stage, part in other:
            elsewhere.setdefault((stage, _words(part)), []).append(part)
    found: set[str] = set()
    shown = 0
    for stage, part in one:
        alike = elsewhere.get((stage, _words(part)), [])
        found |= _new(part, alike) if alike else {part.key}
        shown += 1 if part.inside is None else len(part.inside.parts)
    return found if len(found) <= MOST * shown else set()


def _new(part: Part, alike: Sequence[Part]) -> set[str]:
    """The paths of what is in an open part and in none of those like it; the part's own if that is most of it."""
    insides = [p.inside for p in alike if p.inside is not None]
    if part.inside is None or len(insides) < len(alike):
        return set()
    known = {_words(p) for inside in insides for p in inside.parts}
    found = {f"{part.key}/{p.key}" for p in part.inside.parts if _words(p) not in known}
    return found if len(found) <= MOST * len(part.inside.parts) else {part.key}


def _words(part: Part) -> tuple[str, ...]:
    return (part.first, part.second, times(part))
