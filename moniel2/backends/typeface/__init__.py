"""The typeface of figures that must look the same everywhere: it ships with the package.

Layout measures text in Helvetica. Moniel Sans has the same widths, so nothing is squeezed; the few signs it lacks come
from Moniel Symbols. ``LICENSE-*.txt`` say where both come from.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from moniel2.backends.typeface.face import Face

SYMBOLS = "Symbols-Regular"
_PARTS = {(False, False): "Sans-Regular", (True, False): "Sans-Bold", (False, True): "Sans-Italic"}


@cache
def face(name: str) -> Face:
    """One of the font files, read."""
    return Face(name, files("moniel2.backends.typeface").joinpath(f"{name}.ttf").read_bytes())


def pieces(text: str, bold: bool, italic: bool) -> list[tuple[Face, str]]:
    """A text cut where its signs come from another font. What no font has is left to the last: it draws a box."""
    main = face(_PARTS.get((bold, italic), "Sans-Bold"))
    found: list[tuple[Face, str]] = []
    for character in text:
        own = main if main.has(character) else face(SYMBOLS)
        if found and found[-1][0] is own:
            found[-1] = (own, found[-1][1] + character)
        else:
            found.append((own, character))
    return found
