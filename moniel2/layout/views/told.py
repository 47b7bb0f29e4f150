"""What the views say in words: the legend's lines and the description for those who can't see the picture."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from moniel2.ir.model import Loop, Model, Operation, Sketch, distinct_blocks
from moniel2.layout.text import width
from moniel2.layout.views.flow import Flow, Stop
from moniel2.layout.views.pen import SMALL, Mark
from moniel2.layout.words import THEMES
from moniel2.ops.spec import Category

NAMES = {theme: category.value for category, theme in THEMES.items()} | {
    "block": "block: more inside",
    "undefined": "not defined",
    "glyph": "element-wise",
}


STRONGEST = (
    Category.ATTENTION,
    Category.RECURRENCE,
    Category.CONVOLUTION,
    Category.EMBEDDING,
    Category.POOLING,
    Category.LINEAR,
    Category.NORMALIZATION,
)


def look(stop: Stop) -> str:
    """The theme key of a layer; a block looks like what is most telling in it."""
    if stop.block is None or stop.words.theme != "block":
        return stop.words.theme
    inside = {
        node.what.spec.category
        for block in distinct_blocks(stop.block)
        for node in block.nodes
        if isinstance(node.what, (Operation, Sketch))
    }
    names = {block.name.lower() for block in distinct_blocks(stop.block)}
    if any("attention" in name for name in names):
        return THEMES[Category.ATTENTION]
    if any(isinstance(node.what, Loop) for block in distinct_blocks(stop.block) for node in block.nodes):
        return THEMES[Category.RECURRENCE]
    return next((THEMES[c] for c in STRONGEST if c in inside), "block")


def category_marks(stops: Sequence[Stop]) -> Iterator[Mark]:
    """A swatch for each colour of a layer, in order of first use."""
    for stop in stops:
        theme = look(stop)
        if stop.role in ("layer", "pool") and theme in NAMES:
            yield Mark(theme, NAMES[theme])


def description(model: Model, found: Flow, view: str) -> str:
    """One sentence: how many layers, from what to what."""
    layers = sum(s.stands for s in found.stops if s.role in ("layer", "pool"))
    shown = sum(s.role in ("layer", "pool") for s in found.stops)
    inputs = [f"{s.words.first} {s.extent.text}".strip() for s in found.stops if s.role == "input"]
    outputs = [f"{s.words.first} {s.extent.text}".strip() for s in found.stops if s.role == "output"]
    ends = f" from {', '.join(inputs)}" if inputs else ""
    ends += f" to {', '.join(outputs)}" if outputs else ""
    return f"{model.name or 'A model'} as {view}: {layers} layers and blocks, {shown} shown{ends}."


SIGNS = {"+": "sum", "×": "product", "−": "difference", "÷": "quotient"}


def is_sign(stop: Stop) -> bool:
    """Whether a merge is drawn as a sign in a circle."""
    return stop.words.glyph in SIGNS or stop.words.first.startswith("Concat")


def operation(stop: Stop) -> str:
    """The operation without its channels, which stand on the tensor that it makes."""
    words = [w for k, w in enumerate(stop.words.first.split(", ")) if k == 0 or w != stop.extent.deep]
    return " ".join(words).removesuffix(f" {stop.extent.deep}").removesuffix(" ×")


def split(word: str, room: float) -> list[str]:
    """A name in pieces no wider than ``room``, as far as its capitals allow: ``Transformer``, ``EncoderLayer``."""
    if width(word, SMALL) <= room:
        return [word]
    pieces: list[str] = []
    for part in re.findall(r"[A-Z]*[^A-Z]+|[A-Z]+", word):
        if pieces and width(pieces[-1] + part, SMALL) <= room:
            pieces[-1] += part
        else:
            pieces.append(part)
    return pieces
