"""What the views say in words: the legend's lines and the description for those who can't see the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moniel2.ir.model import Model
from moniel2.layout.views.flow import Flow, Stop
from moniel2.layout.views.pen import Mark
from moniel2.layout.words import THEMES

NAMES = {theme: category.value for category, theme in THEMES.items()} | {
    "block": "block: more inside",
    "undefined": "not defined",
}


def category_marks(stops: Sequence[Stop]) -> Iterator[Mark]:
    """A swatch for each colour of a layer, in order of first use."""
    for stop in stops:
        theme = stop.words.theme
        if stop.role in ("layer", "pool") and theme in NAMES:
            yield Mark(theme, NAMES[theme])


def description(model: Model, found: Flow, view: str) -> str:
    """One sentence: how many layers, from what to what."""
    layers = sum(stop.repeat for stop in found.stops if stop.role in ("layer", "pool"))
    inputs = [f"{s.words.first} {s.extent.text}".strip() for s in found.stops if s.role == "input"]
    outputs = [f"{s.words.first} {s.extent.text}".strip() for s in found.stops if s.role == "output"]
    ends = f" from {', '.join(inputs)}" if inputs else ""
    ends += f" to {', '.join(outputs)}" if outputs else ""
    return f"{model.name or 'A model'} as {view}: {layers} layers and blocks{ends}."
