"""Parts of a stage that may stand as one where there is little room: those alike that follow one another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from moniel2.layout.diagram import Part


def runs(parts: Sequence[Part], stages: Sequence[str]) -> Iterator[list[Part]]:
    """The parts of a column, each in its stage, those together that could be one."""
    run: list[Part] = []
    where = ""
    for part, stage in zip(parts, stages, strict=True):
        if run and (stage != where or _name(part) is None or _name(part) != _name(run[-1])):
            yield run
            run = []
        run.append(part)
        where = stage
    yield run


def kind(part: Part) -> str:
    """What is folded together all over a figure: the blocks of one name, here without the number of the kind; ""
    are operations."""
    if part.kind != "block":
        return ""
    name, space, number = part.first.rpartition(" ")
    return name if space and number.startswith("(") else part.first


def as_one(run: Sequence[Part]) -> Part:
    """One part for several alike: what is said of all of them, and how many there are."""
    same = len({(p.first, p.theme) for p in run}) == 1
    first, theme = (run[0].first, run[0].theme) if same else (kind(run[0]), "block")
    second = run[0].second if len({p.second for p in run}) == 1 else ""
    return replace(run[0], first=first, second=second, theme=theme, repeat=sum(p.repeat for p in run))


def _name(part: Part) -> tuple[str, ...] | None:
    """What is the same of parts that may become one, None if this one mayn't."""
    if part.copies or part.inside is not None or part.kind == "glyph":
        return None
    return (kind(part),) if part.kind == "block" else (part.first, part.second)
