"""What a comparison found, and as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared: ``found`` says it in numbers; ``details`` are lines below it."""

    name: str
    equal: bool
    found: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One model at the place of parting: what it does there, and where that is written."""

    does: str
    where: str


@dataclass(frozen=True, slots=True)
class Parting:
    """The first place where two models part: what both still have (None: only the inputs), then what each does.

    ``reordered``: both come to the same numbers there, at other places.
    """

    agreed: tuple[str, Side, Side] | None
    ours: Side
    theirs: Side
    reordered: bool = False


@dataclass(frozen=True)
class Report:
    """``equal`` if every check is. ``notes`` are what was not compared."""

    ours: str
    theirs: str
    checks: tuple[Check, ...]
    parting: Parting | None = None
    notes: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return all(c.equal for c in self.checks)

    def __bool__(self) -> bool:
        return self.equal

    def __str__(self) -> str:
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield f"{self.ours} {'equals' if self.equal else 'differs from'} {self.theirs}"
        width = max((len(c.name) for c in self.checks), default=0)
        for check in self.checks:
            yield f"  {'=' if check.equal else '≠'} {check.name:<{width}}  {check.found}"
            for line in check.details:
                yield f"    {'':<{width}}  {line}"
        if self.parting is not None:
            yield from _parting(self.parting)
        for note in self.notes:
            yield f"  note: {note}"


def _parting(parting: Parting) -> Iterator[str]:
    yield "they part here:"
    if parting.agreed is None:
        yield "  both have       the inputs"
    else:
        what, ours, theirs = parting.agreed
        yield f"  both have       {what}"
        yield f"    description   {ours.does}  at {ours.where}"
        yield f"    reference     {theirs.does}  at {theirs.where}"
    yield "  then" if not parting.reordered else "  then the same numbers in another order"
    yield f"    description   {parting.ours.does}  at {parting.ours.where}"
    yield f"    reference     {parting.theirs.does}  at {parting.theirs.where}"
