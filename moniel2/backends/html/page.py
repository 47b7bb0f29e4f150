"""The page's text: the picture as SVG, which needs no script, and the script that brings it to life."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files

from moniel2.backends.html.engine import Atlas, atlas, script
from moniel2.backends.html.facts import flowing
from moniel2.backends.options import DrawOptions
from moniel2.backends.svg import colour_rules, escape, svg, tinted, used
from moniel2.backends.theme import THEMES, Ink, Theme, sized
from moniel2.backends.views import drafting, scene, unrolled
from moniel2.ir.measure import measure
from moniel2.ir.model import Model
from moniel2.layout.counts import total
from moniel2.layout.layout import layout
from moniel2.layout.scene import FRAME_KEYS, THEME_KEYS, Scene
from moniel2.layout.views.pen import with_legend

SCRIPTS = ("ground", "facts", "wires", "nodes", "stage", "search", "state", "start")
"""Parts of the page's script, in the order in which they are read; before "wires" comes "live" or "still"."""
ON_TINT = ("glyph", "text", "text.detail", "text.repeat", *FRAME_KEYS)
"""What may stand on a part that has a colour of its own, or be its frame when it is open."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"


@dataclass(frozen=True, slots=True)
class Looks:
    """How the page is painted: by the inks of ``light``, or by those of ``dark`` where the reader wants that."""

    light: Theme
    dark: Mapping[str, Ink] | None
    first: str  # "auto", "light" or "dark": how the page opens


def page(models: Sequence[Model], options: DrawOptions, theme: Theme) -> str:
    """A complete HTML document: with blocks that open and close for the blocks view of one model, else a still one."""
    looks = _looks(theme)
    found: Atlas | None = None
    is_one = len(models) == 1 and options.view == "blocks" and options.engine == "own"
    if is_one and not (options.unroll and unrolled(models[0], options)):
        drafted = drafting(models[0], options)
        picture = with_legend(layout(drafted.diagram), drafted.diagram.legend)
        found = atlas(drafted.diagram, drafted.drafter)
    else:
        picture = scene(models, options)
    return _document(picture, looks, models, found)


def _document(picture: Scene, looks: Looks, models: Sequence[Model], found: Atlas | None) -> str:
    title = escape(picture.title or "Network")
    wanted = _wanted(picture, found)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en" data-look="{looks.first}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="generator" content="moniel2">',
            '<link rel="icon" href="data:,">',
            f"<title>{title}</title>",
            f"<style>\n{_colours(looks, wanted)}\n{_file('page.css')}</style>",
            "</head>",
            "<body>",
            *_header(title, looks, found is not None),
            f'<main>\n<div id="stage">\n{svg(sized(picture, looks.light), replace(looks.light, dark=None))}</div>',
            *_panel(picture, models, found is not None),
            "</main>",
            f"<script>\n{_script(looks, found, wanted)}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _wanted(picture: Scene, found: Atlas | None) -> set[tuple[str, str]]:
    """The theme keys, with their tints, of all that the page may ever show."""
    wanted = used(picture)
    if found is not None:
        wanted |= {(key, "") for key in THEME_KEYS}
        for slot in (slot for sheet in found.sheets for slot in sheet.slots):
            for part in (slot.part, *((slot.opening.part,) if slot.opening is not None else ())):
                if part.tint:
                    wanted |= {(key, part.tint) for key in (part.theme, *ON_TINT)}
    return wanted


def _script(looks: Looks, found: Atlas | None, wanted: set[tuple[str, str]]) -> str:
    head = ""
    if found is not None:
        inks = (
            f"const FONT = {json.dumps(looks.light.font)};\n"
            f"const LIGHT = {_inks(tinted(looks.light, wanted))};\n"
            f"const DARK = {_inks(tinted(Theme('dark', looks.dark), wanted)) if looks.dark else 'null'};\n"
        )
        head = script(found) + inks
    names = [*SCRIPTS[:2], "still" if found is None else "live", *SCRIPTS[2:]]
    return f'(() => {{\n"use strict";\n{head}{"".join(_file(f"script/{name}.js") for name in names)}}})();\n'


def _inks(inks: Mapping[str, Ink]) -> str:
    return json.dumps({key: asdict(ink) for key, ink in inks.items()})


def _header(title: str, looks: Looks, is_live: bool) -> list[str]:
    choices = "".join(
        f'<option value="{value}">{word}</option>'
        for value, word in (("auto", "as the system"), ("light", "light"), ("dark", "dark"))
    )
    look = f'<select id="look" aria-label="Light or dark">{choices}</select>' if looks.dark is not None else ""
    blocks = (
        '<div class="group" role="group" aria-label="Blocks">'
        '<button id="open-all" type="button">Open all</button>'
        '<button id="close-all" type="button">Close all</button>'
        '<button id="as-first" type="button">As at first</button></div>'
    )
    return [
        f"<header>\n<h1>{title}</h1>",
        '<p id="status" role="status"></p>',
        '<div class="tools" hidden data-live>',
        '<div class="find"><input id="find" type="search" placeholder="Search" aria-label="Search for a node" '
        'role="combobox" aria-expanded="false" aria-autocomplete="list" aria-controls="hits" autocomplete="off">'
        '<ul id="hits" role="listbox" aria-label="Found" hidden></ul></div>',
        blocks if is_live else "",
        '<div class="group" role="group" aria-label="Zoom">'
        '<button id="farther" type="button" aria-label="Zoom out">−</button>'
        '<button id="fit" type="button" title="Fit all of it"><span id="level">100 %</span></button>'
        '<button id="closer" type="button" aria-label="Zoom in">+</button></div>',
        look,
        '<button id="save" type="button">Save SVG</button>',
        "</div>\n</header>",
    ]


def _panel(picture: Scene, models: Sequence[Model], is_live: bool) -> list[str]:
    """What stands beside the figure while nothing is pointed at: the model as a whole, and how to use the page."""
    counts = []
    for model in models:
        sums = measure(model.root).total
        name = f"{escape(model.name)}: " if len(models) > 1 else ""
        counts += [f"<dt>{name}parameters</dt><dd>{escape(total(sums.parameters))}</dd>"]
        counts += [f"<dt>{name}MACs</dt><dd>{escape(total(sums.macs))}</dd>"]
    docs = "\n\n".join(flowing(model.doc) for model in models if model.doc.strip())
    return [
        '<aside aria-label="Details" hidden data-live>\n<div id="facts">',
        f"<p>{_prose(docs or picture.description)}</p>",
        f"<dl>{''.join(counts)}</dl>",
        "<p>Point at something, or reach it by <kbd>Tab</kbd> and the arrow keys, to see what it is exactly.</p>",
        "<dl>",
        *(["<dt>open, close</dt><dd>click, or <kbd>Enter</kbd></dd>"] if is_live else []),
        "<dt>search</dt><dd><kbd>/</kbd></dd>",
        "<dt>zoom</dt><dd><kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd>, or <kbd>Ctrl</kbd> and wheel</dd>",
        "<dt>move</dt><dd>drag, or scroll</dd>",
        "</dl>\n</div>\n</aside>",
    ]


def _prose(text: str) -> str:
    """Text as HTML; what stands between backticks is code."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(text))


def _looks(theme: Theme) -> Looks:
    if theme.name in ("light", "auto", "dark"):
        return Looks(THEMES["light"], THEMES["dark"].inks, "dark" if theme.name == "dark" else "auto")
    return Looks(theme, theme.dark, "auto" if theme.dark is not None else "light")


def _colours(looks: Looks, wanted: set[tuple[str, str]]) -> str:
    rules = [f":root{{{_variables(looks.light.inks)}}}"]
    if looks.dark is None:
        return f"{rules[0]}\n:root{{color-scheme:light}}"
    inks = tinted(Theme("dark", looks.dark), wanted)
    # Paper is light whatever the screen is.
    for around, root in (
        ("@media screen", ':root[data-look="dark"]'),
        ("@media screen and (prefers-color-scheme:dark)", ':root[data-look="auto"]'),
    ):
        text = f"{root}{{{_variables(looks.dark)}}}{colour_rules(inks, f'{root} #stage')}"
        rules.append(f"{around}{{{text}}}")
    rules.append(':root[data-look="dark"]{color-scheme:dark}:root[data-look="light"]{color-scheme:light}')
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
