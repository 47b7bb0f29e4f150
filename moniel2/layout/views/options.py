"""What a reader may ask of a view."""

from __future__ import annotations

from dataclasses import dataclass, field

from moniel2.layout.pick import Wanted


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """``title`` stands above the figure; ``limit`` is the most boxes that are drawn.

    ``unroll`` writes out what is repeated so often or less.
    """

    title: str = ""
    legend: bool = True
    shapes: bool = True
    limit: int = 3000
    wanted: Wanted = field(default_factory=Wanted)
    unroll: int = 0

    @property
    def chosen(self) -> bool:
        """Whether the reader said what is to be seen: then it is drawn, however large."""
        return self.wanted.depth is not None or bool(self.wanted.expand) or self.unroll > 0


class Refused(Exception):
    """A view can't show this model, or not as asked; the message says why and what to do instead."""
