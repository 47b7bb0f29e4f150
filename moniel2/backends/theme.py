"""What theme keys look like: built-in themes, and those of a file.

A theme gives every key of ``layout/scene.py`` an ``Ink``. ``auto`` is light with a dark variant for who prefers dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from moniel2.backends.palette import DARK, LIGHT
from moniel2.layout.scene import CATEGORY_KEYS, FAMILY_KEYS, THEME_KEYS, Group, Item, Scene, TextRun, rounded


@dataclass(frozen=True, slots=True)
class Ink:
    """How one key is painted. ``fill`` of a text is its colour; "none" paints nothing.

    ``size`` of a text is how large it is beside what the layout made room for, at most 1.
    """

    fill: str = "none"
    stroke: str = "none"
    width: float = 1.0
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Theme:
    """``dark`` is the variant for readers who prefer dark, if there is one. ``background`` paints the page.

    ``font`` is a list of typefaces for where the reader's machine sets the type (``.svg``), "" for the usual.
    """

    name: str
    inks: Mapping[str, Ink]
    background: bool = True
    dark: Mapping[str, Ink] | None = None
    font: str = ""

    def ink(self, key: str, tint: str = "", on: str = "") -> Ink:
        """The ink of a key, filled with ``tint`` if the model asks for one; an unknown ``a.b`` looks like ``a``.

        A frame takes on a part of its tint, since much stands on it. What stands ``on`` a tint is told from it.
        ``a.lid``, ``a.side`` and ``a.band`` are ``a`` in the shade: its fill mixed with its edge;
        ``a.pale`` is near the page; ``wire.a`` is a line in the
        colour of its edge; ``a.faded`` is what only stands around the matter.
        """
        base, _, part = key.rpartition(".")
        if part == "pale" and key not in self.inks:
            ink = self.ink(base, tint)
            return replace(ink, fill=_mixed(ink.fill, self.inks["page"].fill, 0.75))
        if part in SHADES and key not in self.inks:
            ink = self.ink(base, tint)
            return replace(ink, fill=_mixed(ink.fill, ink.stroke, SHADES[part]))
        if part == "faded" and key not in self.inks:
            ink, page = self.ink(base, tint), self.inks["page"].fill
            share = FADED_TEXT if base.startswith("text") else FADED
            return replace(ink, fill=_mixed(ink.fill, page, share), stroke=_mixed(ink.stroke, page, share))
        if base == "wire" and key not in self.inks and part in self.inks:
            line = self.inks[part].stroke
            return Ink(line, line, ARROW)
        while key not in self.inks and "." in key:
            key = key.rpartition(".")[0]
        ink = self.inks.get(key, self.inks["block"])
        if tint:
            ink = replace(ink, fill=self._frame(ink.fill, tint) if base == "frame" else tint)
            on = tint if key == "glyph" else ""
        return _told_from(ink, on) if on else ink

    def _frame(self, fill: str, tint: str) -> str:
        """As much of a tint as leaves words readable on it."""
        words = self.inks["text.caption"].fill
        mixed = [_mixed(fill, tint, share) for share in FRAME_SHARES]
        return next((c for c in mixed if _COLOUR.match(words) and contrast(words, c) >= READABLE), mixed[-1])


FRAME_SHARES = (0.6, 0.45, 0.3, 0.15, 0.08)  # of its tint
READABLE = 4.5  # the least contrast of text, by WCAG 2
FADED, FADED_TEXT = 0.6, 0.35
ARROW = 1.8  # width of a line that stands for an operation
SHADES = MappingProxyType({"lid": 0.12, "side": 0.28, "band": 0.5})
"""How much of its edge's colour a part of a solid takes on."""


def _told_from(ink: Ink, ground: str) -> Ink:
    """An ink in black or white where its own colour can't be read on ``ground``."""
    colour = ink.fill if ink.stroke == "none" else ink.stroke
    if not _COLOUR.match(colour) or contrast(colour, ground) >= READABLE:
        return ink
    best = max(("#000000", "#ffffff"), key=lambda one: contrast(one, ground))
    return replace(ink, fill=best) if ink.stroke == "none" else replace(ink, stroke=best)


def contrast(a: str, b: str) -> float:
    """How far two colours are told apart, from 1 to 21, as WCAG 2 has it."""
    dark, light = sorted((_luminance(a), _luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    shares = [c / 255 for c in _channels(colour)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mixed(a: str, b: str, share: float) -> str:
    """A colour between two; one that isn't ``#rgb`` or ``#rrggbb`` stays as it is."""
    if not (_COLOUR.match(a) and _COLOUR.match(b)):
        return a
    parts = zip(_channels(a), _channels(b), strict=True)
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in parts)


def _channels(colour: str) -> list[int]:
    digits = colour[1:]
    digits = "".join(d + d for d in digits) if len(digits) == 3 else digits
    return [int(digits[k : k + 2], 16) for k in (0, 2, 4)]


class ThemeError(Exception):
    """A theme file says something that isn't a theme. The message names the key."""


def theme(name: str) -> Theme:
    """A built-in theme, or the theme file at a path ending in ``.toml``. Raises ``ThemeError``."""
    if name in THEMES:
        return THEMES[name]
    if name.endswith(".toml"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = (error.strerror or str(error)) if isinstance(error, OSError) else "it isn't UTF-8"
            raise ThemeError(f"can't read the theme {name}: {why}") from None
        return from_toml(text, name)
    raise ThemeError(
        f"no theme `{name}`: {_meant(name, THEMES)}there are {', '.join(THEMES)}, and files ending in .toml"
    )


def from_toml(text: str, name: str = "theme") -> Theme:
    """A theme of one's own.

    ``base = "light"`` names the theme that it changes; a table for each key it changes gives ``fill``, ``stroke`` (both
    ``#rrggbb`` or ``none``), ``width`` and, of a text, ``size``: ``conv = { fill = "#cde" }``. ``font`` names
    typefaces. The dark variant of ``auto`` stays as it is.
    """
    try:
        told = _toml(text)
    except ValueError as error:
        raise ThemeError(f"{name}: not TOML: {error}") from None
    except RecursionError:
        raise ThemeError(f"{name}: brackets in brackets, too deep to be a theme") from None
    base = told.pop("base", "light")
    if not isinstance(base, str) or base not in THEMES:
        raise ThemeError(f"{name}: base: there are {', '.join(THEMES)}, not {_written(base)}")
    background = told.pop("background", THEMES[base].background)
    if not isinstance(background, bool):
        raise ThemeError(f"{name}: background: true or false, not {_written(background)}")
    font = told.pop("font", "")
    if not isinstance(font, str) or not _FONT.fullmatch(font):
        raise ThemeError(f'{name}: font: names of typefaces such as "Times New Roman, serif", not {_written(font)}')
    inks = dict(THEMES[base].inks)
    for key, value in told.items():
        if isinstance(value, dict) and key not in inks and any(isinstance(v, dict) for v in value.values()):
            # ``[text.shape]`` is the key "text.shape".
            for inner, table in value.items():
                inks[f"{key}.{inner}"] = _ink(name, f"{key}.{inner}", table, inks)
        else:
            parts = {k: v for k, v in value.items() if isinstance(v, dict)} if isinstance(value, dict) else {}
            own = {k: v for k, v in value.items() if k not in parts} if isinstance(value, dict) else value
            inks[key] = _ink(name, key, own, inks)
            for inner, table in parts.items():
                inks[f"{key}.{inner}"] = _ink(name, f"{key}.{inner}", table, inks)
    return Theme(name, MappingProxyType(inks), background, THEMES[base].dark, font)


_FONT = re.compile(r"[\w ,'-]*")
_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")


def _ink(name: str, key: str, value: object, inks: Mapping[str, Ink]) -> Ink:
    if key not in inks:
        known = (*inks, "base", "background", "font")
        raise ThemeError(f"{name}: {key}: no such key; {_meant(key, known)}there are {', '.join(known)}")
    if not isinstance(value, dict):
        raise ThemeError(f'{name}: {key}: a table such as {{ fill = "#ccddee" }}, not {_written(value)}')
    ink = inks[key]
    for part, told in value.items():
        if part in ("fill", "stroke"):
            if not isinstance(told, str) or not (told == "none" or _COLOUR.match(told)):
                raise ThemeError(f"{name}: {key}.{part}: a colour such as #ccddee, or none; not {_written(told)}")
            ink = replace(ink, fill=told) if part == "fill" else replace(ink, stroke=told)
        elif part == "width":
            if isinstance(told, bool) or not isinstance(told, (int, float)) or not 0 <= told <= 20:
                raise ThemeError(f"{name}: {key}.width: pixels from 0 to 20, not {_written(told)}")
            ink = replace(ink, width=float(told))
        elif part == "size" and key.startswith("text"):
            if isinstance(told, bool) or not isinstance(told, (int, float)) or not 0.5 <= told <= 1:
                raise ThemeError(f"{name}: {key}.size: from 0.5 to 1 of what there is room for, not {_written(told)}")
            ink = replace(ink, size=float(told))
        else:
            guess = _meant(part, ("fill", "stroke", "width", *(["size"] if key.startswith("text") else [])))
            raise ThemeError(f"{name}: {key}.{part}: {guess}there are fill, stroke and width, and size for text")
    return ink


def _meant(word: str, known: Iterable[str]) -> str:
    from moniel2.diagnostics.suggest import did_you_mean

    guess = did_you_mean(word, known)
    return f"{guess} " if guess else ""


def _written(value: object) -> str:
    """A value as a theme file has it, as far as that is short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) < 40 else f"{text[:38]} …"


def sized(scene: Scene, theme: Theme) -> Scene:
    """A scene with its type as large as the theme says."""
    if all(ink.size == 1 for ink in theme.inks.values()):
        return scene
    return replace(scene, items=tuple(_sized(item, theme) for item in scene.items))


def _sized(item: Item, theme: Theme) -> Item:
    if isinstance(item, Group):
        return replace(item, items=tuple(_sized(i, theme) for i in item.items))
    if not isinstance(item, TextRun):
        return item
    factor = theme.ink(item.theme).size
    return replace(item, size=rounded(item.size * factor), width=rounded(item.width * factor))


def _toml(text: str) -> dict[str, object]:
    try:
        import tomllib
    except ModuleNotFoundError:  # Python 3.10
        import tomli as tomllib  # type: ignore[import-not-found, no-redef]
    return dict(tomllib.loads(text))


def _inks(
    palette: Mapping[str, tuple[str, str]],
    page: str,
    text: str,
    detail: str,
    quiet: str,
    line: str,
    accent: str,
    frames: tuple[str, ...],
) -> Mapping[str, Ink]:
    inks = {key: Ink(*palette[key]) for key in (*CATEGORY_KEYS, *FAMILY_KEYS) if key in palette}
    inks["undefined"] = Ink(page, quiet)
    inks["block"] = Ink(*palette["block"])
    inks["glyph"] = Ink(page, line, 1.2)
    inks["bar"] = Ink(line, line)
    inks["page"] = Ink(page)
    inks["mark"] = Ink(accent)
    for n, fill in enumerate(frames, start=1):
        inks[f"frame.{n}"] = Ink(fill, quiet, 0.8)
    inks["text"] = Ink(text)
    inks["text.detail"] = Ink(detail)  # it stands on coloured boxes
    for key in ("text.shape", "text.caption"):
        inks[key] = Ink(quiet)
    for key in ("text.title", "text.port", "text.heading"):
        inks[key] = Ink(text)
    inks["text.repeat"] = Ink(accent)
    inks["wire"] = Ink(line, line, 1.1)
    inks["wire.skip"] = Ink(line, line, 1.1)
    inks["wire.back"] = Ink(accent, accent, 1.1)
    inks["wire.light"] = Ink(quiet, quiet, 0.7)
    missing = [key for key in THEME_KEYS if key not in inks]
    assert not missing, missing
    return MappingProxyType(inks)


_LIGHT = _inks(
    LIGHT,
    "#ffffff",
    "#16181d",
    "#363940",
    "#565b66",
    "#33363d",
    "#a3262a",
    ("#f6f7f9", "#eceef2", "#e2e5eb", "#d8dce4"),
)
_DARK = _inks(
    DARK, "#16181d", "#f4f5f8", "#f4f5f8", "#b4b9c4", "#d3d6dc", "#ff9d9a", ("#1f2228", "#282c34", "#323741", "#3c424d")
)
_PRINT = _inks(
    LIGHT,
    "#ffffff",
    "#000000",
    "#2c2c2c",
    "#404040",
    "#000000",
    "#000000",
    ("#f7f7f7", "#eeeeee", "#e5e5e5", "#dcdcdc"),
)

THEMES: Mapping[str, Theme] = MappingProxyType(
    {
        "light": Theme("light", _LIGHT),
        "dark": Theme("dark", _DARK),
        "print": Theme("print", _PRINT),
        "auto": Theme("auto", _LIGHT, True, _DARK),
    }
)
