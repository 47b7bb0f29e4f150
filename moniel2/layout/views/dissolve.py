"""Open blocks without their frames: what is in them stands among what is around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from moniel2.layout.diagram import OWN, Arrow, Body, Part

End = tuple[int, int]  # a part's output, or (OWN, own input)


def _none(path: str, part: Part) -> bool:
    return False


def dissolve(body: Body, keep: Callable[[str, Part], bool] = _none, path: str = "") -> Body:
    """The same body with every open part but those to ``keep`` replaced by what is inside it."""
    parts: list[Part] = []
    arrows: list[Arrow] = []
    at: dict[End, list[End]] = {(OWN, k): [(OWN, k)] for k in range(len(body.inputs))}
    for number, part in enumerate(body.parts):
        feeds = [a for a in body.arrows if a.target == number]
        here = f"{path}/{part.key}" if path else part.key
        inner = dissolve(part.inside, keep, here) if part.inside is not None else None
        if inner is None or keep(here, part):
            index = len(parts)
            parts.append(replace(part, inside=inner))
            arrows += [Arrow(s, o, index, a.into, a.dashed) for a in feeds for s, o in at.get((a.source, a.out), [])]
            at.update({(number, k): [(index, k)] for k in range(max(len(part.outputs), 1))})
            continue
        base = len(parts)
        fed: dict[int, list[End]] = {}
        for a in feeds:
            fed.setdefault(a.into, []).extend(at.get((a.source, a.out), []))

        def outside(end: End, fed: dict[int, list[End]] = fed, base: int = base) -> list[End]:
            return fed.get(end[1], []) if end[0] == OWN else [(end[0] + base, end[1])]

        for p in inner.parts:
            parts.append(replace(p, key=f"{part.key}/{p.key}", shares=f"{part.key}/{p.shares}" if p.shares else ""))
        for a in inner.arrows:
            ends = outside((a.source, a.out))
            if a.target == OWN:
                at.setdefault((number, a.into), []).extend(ends)
            else:
                arrows += [Arrow(s, o, a.target + base, a.into, a.dashed) for s, o in ends]
    for a in body.arrows:
        if a.target == OWN:
            arrows += [Arrow(s, o, OWN, a.into, a.dashed) for s, o in at.get((a.source, a.out), [])]
    return replace(body, parts=tuple(parts), arrows=tuple(dict.fromkeys(arrows)))


def is_chain(body: Body) -> bool:
    """Whether each part takes what the one before it gives and nothing else."""
    if len(body.inputs) != 1 or len(body.outputs) != 1 or not body.parts:
        return False
    ends = [(a.source, a.target) for a in body.arrows]
    last = len(body.parts) - 1
    return ends == [(k - 1 if k else OWN, k) for k in range(last + 1)] + [(last, OWN)]
