"""Scene -> PNG, through SVG, without a browser."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from moniel2.backends.svg import svg
from moniel2.backends.theme import Theme
from moniel2.layout.scene import Scene
from moniel2.layout.views.options import Refused

MAX_PIXELS = 100_000_000


def png(scene: Scene, theme: Theme, scale: float = 2.0) -> bytes:
    """The picture at ``scale`` pixels for each CSS pixel; the same bytes on every machine.

    Raises ``Refused`` above 100 megapixels and ``ModuleNotFoundError`` without resvg-py.
    """
    import resvg_py

    pixels = scene.width * scene.height * scale * scale
    if pixels > MAX_PIXELS:
        raise Refused(f"the picture would have {pixels / 1e6:,.0f} megapixels; use a smaller --scale, or .svg or .pdf")
    scene = replace(scene, width=_whole(scene.width, scale), height=_whole(scene.height, scale))
    # A PNG has one look: the light one of ``auto``. Letters are outlines, so that no machine lacks a font.
    text = svg(scene, replace(theme, dark=None, font=""), "paths")
    return bytes(resvg_py.svg_to_bytes(svg_string=text, zoom=scale, skip_system_fonts=True))


def _whole(size: float, scale: float) -> float:
    """A little more, so that it is whole pixels: half of one at the edge would be half transparent."""
    least = ceil(size)
    return float(next((n for n in range(least, least + 20) if (n * scale).is_integer()), least))
