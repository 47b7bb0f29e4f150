"""How big a tensor looks: its channels and its face, as numbers, with symbolic sizes taken as an example's.

Only the drawing reads the numbers; what is written beside it is the size as the model has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from moniel2.dims import Dim, Shape
from moniel2.layout.words import size_text

EXAMPLE = 16  # what a symbolic size is drawn as
Kind = Literal["map", "sheet", "vector", "unknown"]


@dataclass(frozen=True, slots=True)
class Extent:
    """``map``: channels × height × width; ``sheet``: length × features; ``vector``: features only.

    A signal (channels × length) is a map one pixel high. ``face`` and ``deep`` are the words for height × width (or the
    length) and for channels (or features).
    """

    kind: Kind
    channels: float = 1.0
    height: float = 1.0
    width: float = 1.0
    deep: str = ""
    face: str = ""

    @property
    def resolution(self) -> float:
        """How many places there are: pixels, or words; one for a vector."""
        return self.height * self.width

    @property
    def text(self) -> str:
        """``64×56×56`` or ``N×512``."""
        words = [self.deep, self.face] if self.kind == "map" else [self.face, self.deep]
        return "×".join(w for w in words if w)


UNKNOWN = Extent("unknown")


def extent(shape: Shape | None, batch: str, channels_first: bool) -> Extent:
    """What a shape looks like. ``batch`` is the size that every input has first, "" if there is none.

    ``channels_first`` says of three sizes whether the second is the channels (of a signal) or the third is (words).
    """
    if shape is None or not shape.rank:
        return UNKNOWN
    sizes = list(shape)
    if len(sizes) > 1 and (str(sizes[0]) == batch or len(sizes) > 2):
        sizes = sizes[1:]
    if len(sizes) == 1:
        return Extent("vector", _number(sizes[0]), deep=_word(sizes[0]))
    if len(sizes) == 2:
        if channels_first:
            return Extent("map", _number(sizes[0]), 1.0, _number(sizes[1]), _word(sizes[0]), _word(sizes[1]))
        return Extent("sheet", _number(sizes[1]), 1.0, _number(sizes[0]), _word(sizes[1]), _word(sizes[0]))
    if sizes[0] == sizes[1] and sizes[1] != sizes[2]:
        sizes = [sizes[2], sizes[0], sizes[1]]  # channels last: the two equal sizes are the face
    channels, *face = sizes
    height = 1.0
    for size in face[:-1]:
        height *= _number(size)
    return Extent("map", _number(channels), height, _number(face[-1]), _word(channels), "×".join(map(_word, face)))


def is_turned(before: Extent, shape: Shape | None) -> bool:
    """Whether what was a signal has its length where its channels were: a sequence of words from here on."""
    if before.kind != "map" or before.height != 1 or shape is None or shape.rank != 3:
        return False
    return _word(shape[1]) == before.face != _word(shape[2])


def common_batch(shapes: Sequence[Shape | None]) -> str:
    """The size that all inputs have first, if there is one."""
    first = {str(s[0]) for s in shapes if s}
    return next(iter(first)) if len(first) == 1 else ""


def _word(size: Dim) -> str:
    text = size_text(size)
    return f"({text})" if " " in text else text


def _number(size: Dim) -> float:
    if not size.known:
        return float(EXAMPLE)
    value: int | Fraction | None = size.rational
    if value is None:
        # A formula that its example's size doesn't fit, such as H - 32, is drawn as small as can be.
        value = size.substitute(dict.fromkeys(size.symbols(), EXAMPLE)).rational
    return max(float(value), 1.0) if value is not None else float(EXAMPLE)
