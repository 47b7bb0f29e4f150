"""What a reader may ask of a view."""

from __future__ import annotations

from dataclasses import dataclass, field

from moniel2.layout.pick import Wanted


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """``title`` stands above the figure; ``limit`` is the most boxes that are drawn."""

    title: str = ""
    legend: bool = True
    shapes: bool = True
    limit: int = 3000
    wanted: Wanted = field(default_factory=Wanted)


class Refused(Exception):
    """A view can't show this model, or not as asked; the message says why and what to do instead."""
