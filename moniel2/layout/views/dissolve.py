"""Open blocks without their frames: what is in them stands among what is around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from moniel2.layout.diagram import OWN, Arrow, Body, Part

End = tuple[int, int]  # a part's output, or (OWN, own input)


def _none(path: str, part: Part) -> bool:
    return False


def dissolve(body: Body, keep: Callable[[str, Part], bool] = _none, path: str = "") -> Body:
    """The same body with every open part but those to ``keep`` replaced by what is inside it."""
    parts: list[Part] = []
    opened: dict[int, Body] = {}
    base: list[int] = []  # where each part stands now, or the first of what is in it
    for number, part in enumerate(body.parts):
        here = f"{path}/{part.key}" if path else part.key
        inner = dissolve(part.inside, keep, here) if part.inside is not None else None
        base.append(len(parts))
        if inner is None or keep(here, part):
            parts.append(replace(part, inside=inner))
            continue
        opened[number] = inner
        for p in inner.parts:
            parts.append(replace(p, key=f"{part.key}/{p.key}", shares=f"{part.key}/{p.shares}" if p.shares else ""))
    return replace(body, parts=tuple(parts), arrows=tuple(dict.fromkeys(_Arrows(body, opened, base).found())))


class _Arrows:
    """The arrows of a body whose ``opened`` parts are dissolved. What leads back, a state, comes from further on."""

    def __init__(self, body: Body, opened: Mapping[int, Body], base: Sequence[int]) -> None:
        self._body, self._opened, self._base = body, opened, base

    def found(self) -> Iterator[Arrow]:
        for number, at in enumerate(self._base):
            inner = self._opened.get(number)
            if inner is None:
                for a in self._body.arrows:
                    if a.target == number:
                        yield from self._from(self._ends((a.source, a.out), a.dashed), at, a.into)
                continue
            for a in inner.arrows:
                if a.target != OWN:
                    yield from self._from(self._inside(number, (a.source, a.out), a.dashed), a.target + at, a.into)
        for a in self._body.arrows:
            if a.target == OWN:
                yield from self._from(self._ends((a.source, a.out), a.dashed), OWN, a.into)

    def _from(self, ends: Iterable[tuple[End, bool]], target: int, into: int) -> Iterator[Arrow]:
        for (source, out), dashed in ends:
            yield Arrow(source, out, target, into, dashed)

    def _ends(self, end: End, dashed: bool, passed: frozenset[End] = frozenset()) -> Iterator[tuple[End, bool]]:
        """What an end of the body stands for now, and whether a state comes from there."""
        number, out = end
        inner = self._opened.get(number)
        if number == OWN:
            yield end, dashed
        elif inner is None:
            yield (self._base[number], out), dashed
        elif end not in passed:
            for a in inner.arrows:
                if a.target == OWN and a.into == out:
                    yield from self._inside(number, (a.source, a.out), dashed or a.dashed, passed | {end})

    def _inside(
        self, number: int, end: End, dashed: bool, passed: frozenset[End] = frozenset()
    ) -> Iterator[tuple[End, bool]]:
        """The same of an end inside an opened part."""
        source, out = end
        if source != OWN:
            yield (source + self._base[number], out), dashed
            return
        for a in self._body.arrows:
            if a.target == number and a.into == out:
                yield from self._ends((a.source, a.out), dashed or a.dashed, passed)


def is_chain(body: Body) -> bool:
    """Whether each part takes what the one before it gives and nothing else."""
    if len(body.inputs) != 1 or len(body.outputs) != 1 or not body.parts:
        return False
    ends = [(a.source, a.target) for a in body.arrows]
    last = len(body.parts) - 1
    return ends == [(k - 1 if k else OWN, k) for k in range(last + 1)] + [(last, OWN)]
