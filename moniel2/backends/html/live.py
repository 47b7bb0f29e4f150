"""What the page does by itself when a block is opened or closed. Translated to JavaScript, with all that it uses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from moniel2.layout.atlas import BodyKey, Sheet, assemble
from moniel2.layout.diagram import Body, Diagram
from moniel2.layout.layout import layout
from moniel2.layout.picture import legend_of
from moniel2.layout.scene import Scene
from moniel2.layout.views.pen import with_legend


def figure(
    diagram: Diagram, sheets: Sequence[Sheet], opened: Collection[str], most: int, known: dict[BodyKey, Body]
) -> Scene | None:
    """The picture with the blocks at the paths ``opened`` open; None if it has more than ``most`` parts.

    ``diagram`` gives all but the body. ``known`` keeps bodies from one figure to the next.
    """

    def is_open(path: str, depth: int, sheet: int, slot: int) -> bool:
        return path in opened

    body = assemble(sheets.__getitem__, is_open, most, known)
    if body is None:
        return None
    made = layout(replace(diagram, body=body))
    return with_legend(made, legend_of(body)) if diagram.legend else made
