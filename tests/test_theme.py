"""The palettes, computed: text can be read on every fill, and categories can be told apart, by readers with
deuteranopia or protanopia too, and on a grey print. Theme files, and mistakes in them.

Colour blindness is simulated as by Machado, Oliveira and Fernandes (2009), "A Physiologically-based Model for
Simulation of Color Vision Deficiency", severity 1; contrast is that of WCAG 2; distances are Euclidean in CIE L*a*b*.
"""

from __future__ import annotations

from itertools import combinations
from math import dist

import pytest

from moniel2.backends.theme import THEMES, Theme, ThemeError, from_toml, sized, theme
from moniel2.layout.scene import CATEGORY_KEYS, FAMILY_KEYS, FRAME_KEYS, TEXT_KEYS, THEME_KEYS, Scene, TextRun

NORMAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
PROTANOPIA = (
    (0.152286, 1.052583, -0.204868),
    (0.114503, 0.786281, 0.099216),
    (-0.003882, -0.048116, 1.051998),
)
EYES = {"normal": NORMAL, "deuteranopia": DEUTERANOPIA, "protanopia": PROTANOPIA}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
Colour = tuple[float, float, float]


def linear(colour: str) -> Colour:
    """Linear light from ``#rrggbb``."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return (r, g, b)


def times(matrix: tuple[Colour, ...], colour: Colour) -> Colour:
    r, g, b = (sum(m * c for m, c in zip(row, colour, strict=True)) for row in matrix)
    return (r, g, b)


def luminance(colour: str) -> float:
    return times(TO_XYZ, linear(colour))[1]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def lab(colour: Colour) -> Colour:
    """CIE L*a*b* of linear light, white D65."""
    white = times(TO_XYZ, (1.0, 1.0, 1.0))
    ratios = [v / w for v, w in zip(times(TO_XYZ, colour), white, strict=True)]
    x, y, z = (r ** (1 / 3) if r > 0.008856 else 7.787 * r + 16 / 116 for r in ratios)
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def seen(colour: str, eye: str) -> Colour:
    r, g, b = (min(max(c, 0.0), 1.0) for c in times(EYES[eye], linear(colour)))
    return lab((r, g, b))


def fills(found: Theme, keys: tuple[str, ...]) -> dict[str, str]:
    return {key: found.ink(key).fill for key in keys}


def schemes() -> dict[str, Theme]:
    dark = THEMES["auto"].dark
    assert dark is not None
    return {**THEMES, "auto, dark": Theme("auto", dark)}


@pytest.mark.parametrize("name", schemes())
def test_text_can_be_read_wherever_it_stands(name: str) -> None:
    found = schemes()[name]
    grounds = fills(found, (*CATEGORY_KEYS, *FAMILY_KEYS, *FRAME_KEYS, "block", "page", "glyph"))
    for ground, fill in grounds.items():
        for key in ("text", "text.detail"):
            assert contrast(found.ink(key).fill, fill) >= 4.5, (key, ground)
    for key in TEXT_KEYS:
        for ground in ("page", *FRAME_KEYS):
            assert contrast(found.ink(key).fill, grounds[ground]) >= 4.5, (key, ground)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_categories_can_be_told_apart(name: str, eye: str) -> None:
    for keys, least in ((CATEGORY_KEYS, 6.0), (FAMILY_KEYS, 20.0)):
        colours = fills(THEMES[name], tuple(k for k in keys if k != "undefined"))
        for (a, one), (b, other) in combinations(colours.items(), 2):
            assert dist(seen(one, eye), seen(other, eye)) >= least, (a, b)


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_categories_print_in_different_greys(name: str) -> None:
    for keys, least in ((CATEGORY_KEYS, 1.0), (FAMILY_KEYS, 3.0)):
        greys = {k: lab((y, y, y))[0] for k, f in fills(THEMES[name], keys).items() for y in [luminance(f)]}
        greys.pop("undefined", None)
        for (a, one), (b, other) in combinations(greys.items(), 2):
            assert abs(one - other) >= least, (a, b)


@pytest.mark.parametrize("name", ["light", "dark", "print"])
@pytest.mark.parametrize("tint", ["#ffffff", "#000000", "#203050", "#ffeecc", "#fa0", "#777777", "#c00", "#00f"])
def test_text_can_be_read_on_any_colour(name: str, tint: str) -> None:
    """The colours that a text asks for are whatever its author likes."""
    found = theme(name)
    own = found.ink("conv", tint).fill
    assert own == tint
    full = "#" + "".join(d * 2 for d in tint[1:]) if len(tint) == 4 else tint
    for key in ("text", "text.detail", "text.repeat"):
        assert contrast(found.ink(key, on=tint).fill, full) >= 4.5
    assert contrast(found.ink("glyph", tint).stroke, full) >= 4.5
    for key in ("frame.1", "frame.2"):
        frame = found.ink(key, tint).fill
        assert contrast(found.ink("text.title").fill, frame) >= 4.5
        assert contrast(found.ink("wire").stroke, frame) >= 3.0
        assert contrast(found.ink("text.shape").fill, frame) >= 4.2


def test_lines_stand_out_from_the_page() -> None:
    for name, found in schemes().items():
        for key in ("wire", "wire.skip", "wire.back", *(f"wire.{c}" for c in CATEGORY_KEYS)):
            assert contrast(found.ink(key).stroke, found.ink("page").fill) >= 3.0, (name, key)


def test_every_key_has_an_ink_in_every_theme() -> None:
    for found in schemes().values():
        assert set(THEME_KEYS) <= set(found.inks)


def test_a_theme_file_changes_what_it_names() -> None:
    text = """
        base = "dark"
        background = false
        font = "Times New Roman, serif"
        conv = { fill = "#123456", stroke = "#abc", width = 2 }
        [text.shape]
        size = 0.8
    """
    found = from_toml(text)
    assert (found.background, found.font, found.ink("linear")) == (
        False,
        "Times New Roman, serif",
        theme("dark").ink("linear"),
    )
    assert (found.ink("conv").fill, found.ink("conv").stroke, found.ink("conv").width) == ("#123456", "#abc", 2)
    runs = (TextRun(0, 9, "64", 10.0, theme="text.shape", width=11.12), TextRun(0, 9, "64", 10.0, width=11.12))
    assert [(i.size, i.width) for i in sized(Scene(20, 20, runs), found).items if isinstance(i, TextRun)] == [
        (8.0, 8.9),
        (10.0, 11.12),
    ]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("conv = ", "not TOML"),
        ('base = "blue"', "base: there are light"),
        ('background = "white"', 'background: true or false, not "white"'),
        ('font = "a\\"><script>"', "font"),
        ('convolution = { fill = "#fff" }', "convolution: no such key; did you mean `conv`? there are conv"),
        ('conv = "#fff"', "conv: a table"),
        ('conv = { fil = "#fff" }', "conv.fil: did you mean `fill`? there are fill"),
        ('lniear = { fill = "#fff" }', "lniear: no such key; did you mean `linear`? there are conv"),
        (f"conv = {'[' * 5000}", "brackets in brackets"),
        ("conv = 2020-01-01", 'conv: a table such as { fill = "#ccddee" }, not 2020-01-01'),
        ('conv = { fill = "blue" }', "conv.fill: a colour"),
        ("wire = { width = -1 }", "wire.width: pixels"),
        ('text.shape = { fill = "x" }', "text.shape.fill"),
        ("text.shape = { size = 3 }", "text.shape.size: from 0.5"),
        ("conv = { size = 1 }", "conv.size: there are"),
    ],
)
def test_a_mistake_in_a_theme_file_names_its_key(text: str, key: str) -> None:
    with pytest.raises(ThemeError) as raised:
        from_toml(text, "mine.toml")
    assert str(raised.value).startswith(f"mine.toml: {key}")


def test_a_theme_file_made_from_auto_has_its_night() -> None:
    found = from_toml('base = "auto"\nconv = { fill = "#123456" }')
    assert found.ink("conv").fill == "#123456"
    assert found.dark == theme("auto").dark is not None
