"""The page's text: the picture as SVG, which needs no script, and the script that brings it to life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

from moniel2.backends.svg import colour_rules, escape, svg
from moniel2.backends.theme import THEMES, Ink, Theme
from moniel2.layout.scene import Scene

SCRIPTS = ("ground", "facts", "still", "wires", "nodes", "stage", "search", "state", "start")
"""Parts of the page's script, in the order in which they are read."""


@dataclass(frozen=True, slots=True)
class Looks:
    """How the page is painted: by the inks of ``light``, or by those of ``dark`` where the reader wants that."""

    light: Theme
    dark: Mapping[str, Ink] | None
    first: str  # "auto", "light" or "dark": how the page opens


def page(scene: Scene, theme: Theme) -> str:
    """A complete HTML document."""
    looks = _looks(theme)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en" data-look="{looks.first}">',
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="generator" content="moniel2">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(scene.title or 'Network')}</title>",
            f"<style>\n{_colours(looks)}\n{_file('page.css')}</style>",
            *_header(scene, looks),
            f'<main>\n<div id="stage">\n{svg(scene, replace(looks.light, dark=None))}</div>',
            PANEL,
            "</main>",
            f"<script>\n{_script()}</script>",
            "</html>",
            "",
        ]
    )


POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
PANEL = """<aside aria-label="Details" hidden data-live>
<div id="facts">
<p>Point at something, or reach it by <kbd>Tab</kbd> and the arrow keys, to see what it is exactly.</p>
<dl>
<dt>open, close</dt><dd>click, or <kbd>Enter</kbd></dd>
<dt>search</dt><dd><kbd>/</kbd></dd>
<dt>zoom</dt><dd><kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd>, or <kbd>Ctrl</kbd> and wheel</dd>
<dt>move</dt><dd>drag, or scroll</dd>
</dl>
</div>
</aside>"""


def _header(scene: Scene, looks: Looks) -> list[str]:
    choices = "".join(
        f'<option value="{value}">{word}</option>'
        for value, word in (("auto", "as the system"), ("light", "light"), ("dark", "dark"))
    )
    look = f'<select id="look" aria-label="Light or dark">{choices}</select>' if looks.dark is not None else ""
    return [
        f"<header>\n<h1>{escape(scene.title or 'Network')}</h1>",
        '<p id="status" role="status"></p>',
        '<div class="tools" hidden data-live>',
        '<div class="find"><input id="find" type="search" placeholder="Search" aria-label="Search for a node" '
        'role="combobox" aria-expanded="false" aria-autocomplete="list" aria-controls="hits" autocomplete="off">'
        '<ul id="hits" role="listbox" aria-label="Found" hidden></ul></div>',
        '<div class="group" role="group" aria-label="Zoom">'
        '<button id="farther" type="button" aria-label="Zoom out">−</button>'
        '<button id="fit" type="button" aria-label="Fit all of it"><span id="level">100 %</span></button>'
        '<button id="closer" type="button" aria-label="Zoom in">+</button></div>',
        look,
        '<button id="save" type="button">Save SVG</button>',
        "</div>\n</header>",
    ]


def _script() -> str:
    parts = "".join(_file(f"script/{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _looks(theme: Theme) -> Looks:
    if theme.name in ("light", "auto", "dark"):
        return Looks(THEMES["light"], THEMES["dark"].inks, "dark" if theme.name == "dark" else "auto")
    return Looks(theme, theme.dark, "auto" if theme.dark is not None else "light")


def _colours(looks: Looks) -> str:
    rules = [f":root{{{_variables(looks.light.inks)}}}"]
    if looks.dark is not None:
        inks = {key: looks.dark[key] for key in looks.dark}
        for around, root in (
            ("", ':root[data-look="dark"]'),
            ("@media (prefers-color-scheme: dark)", ':root[data-look="auto"]'),
        ):
            text = f"{root}{{{_variables(inks)}}}{colour_rules(inks, f'{root} #stage')}"
            rules.append(f"{around}{{{text}}}" if around else text)
        rules.append(':root[data-look="dark"]{color-scheme:dark}:root[data-look="light"]{color-scheme:light}')
    else:
        rules.append(":root{color-scheme:light}")
    # Paper is white.
    return "\n".join(rules)


def _variables(inks: Mapping[str, Ink]) -> str:
    """The page's own colours, taken from those of the figure."""
    chosen = {
        "page": inks["page"].fill,
        "text": inks["text"].fill,
        "quiet": inks["text.caption"].fill,
        "edge": inks["text.caption"].fill,
        "rule": inks["frame.4"].fill,
        "raised": inks["frame.1"].fill,
        "focus": inks["conv"].stroke,
        "lit": inks["wire.back"].stroke,
    }
    return "".join(f"--{name}:{colour};" for name, colour in chosen.items())


def _file(name: str) -> str:
    return files("moniel2.backends.html").joinpath(name).read_text(encoding="utf-8")
