"""How a reader wants a picture: what every view and format is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from moniel2.layout.pick import Wanted
from moniel2.layout.picture import Request


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """How to draw. ``expand`` and ``collapse`` are paths or types with ``*``; ``theme`` is a name or a ``.toml`` file.

    ``depth`` None opens as much as fits a page; ``compact`` None folds activations and normalizations into the boxes
    they follow if the figure doesn't fit otherwise. ``unroll`` writes out what is repeated so often or less, and
    so many steps of a recurrent network. ``scale`` is pixels of a ``.png`` for each pixel of the scene.
    """

    format: str = "svg"
    view: str = "blocks"
    depth: int | None = None
    expand: tuple[str, ...] = ()
    collapse: tuple[str, ...] = ()
    direction: Literal["down", "right", "up", "left"] | None = None
    theme: str = "light"
    show: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    compact: bool | None = None
    title: str | None = None
    unroll: int = 0
    scale: float = 2.0
    engine: str = "own"
    text: str = "text"


def request(options: DrawOptions) -> Request:
    """What of the options is about the boxes and the words on them."""
    wanted = Wanted(options.depth, options.expand, options.collapse)
    down = options.direction or "down"
    return Request(down, options.title, options.show, options.hide, options.compact, wanted, options.unroll)
