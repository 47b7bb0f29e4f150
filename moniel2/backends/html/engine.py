"""The page's layout: the script made of the layout's own modules, and a model's sheets as values in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from importlib.resources import files

from moniel2.backends.html.facts import Facts, facts
from moniel2.backends.html.javascript import translate
from moniel2.ir.measure import measure
from moniel2.layout.atlas import Opening, Sheet, Slot, Thread
from moniel2.layout.diagram import Body, Diagram, Part, Port
from moniel2.layout.draft import Drafter
from moniel2.layout.text import unmeasured

ENTRIES = ("moniel2.backends.html.live:figure", "moniel2.backends.svg:svg", "moniel2.backends.theme:sized")
VALUES = (Diagram, Port, Part, Sheet, Slot, Opening, Thread)
# An SVG in one look needs no rules for another, and letters are letters.
GIVEN = {"moniel2.backends.svg:_dark_style": "$nothing", "moniel2.backends.svg:_outlined": "$nothing"}


@dataclass(frozen=True, slots=True)
class Atlas:
    """All sheets of a model, with what is to be said of each part, and the paths that are open at first."""

    diagram: Diagram
    sheets: tuple[Sheet, ...]
    facts: tuple[tuple[Facts, ...], ...]
    opened: tuple[str, ...]


def script(atlas: Atlas) -> str:
    """A function, called at once, that gives the page the atlas and ``draw``, which makes the text of an SVG.

    What is inside can't meet the page's own names.
    """
    return f"const engine = (() => {{\n{_engine()}{_values(atlas)}{_ANSWER}}})();\n"


# Names of the translated modules never begin with a dollar.
_ANSWER = """const $known = $dict();
return {
...$atlas,
draw(paths, most, inks) {
const scene = figure($atlas.diagram, $atlas.sheets, $set(paths), most, $known);
return scene === null ? null : svg(sized(scene, inks), inks);
},
};
"""


@cache
def _engine() -> str:
    """The script that lays out: ``figure`` and ``svg``, with the classes of ``VALUES``."""
    runtime = files("moniel2.backends.html.javascript").joinpath("runtime.js").read_text(encoding="utf-8")
    classes = [f"{one.__module__}:{one.__name__}" for one in VALUES]
    return f"{_bare(runtime)}const $nothing = () => '';\n{translate([*ENTRIES, *classes], GIVEN)}"


def _bare(text: str) -> str:
    """Without comments on lines of their own, and without indentation."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def atlas(diagram: Diagram, drafter: Drafter) -> Atlas:
    """Every sheet that can be reached from the root's."""
    measured = measure(drafter.model.root)
    sheets: list[Sheet] = []
    while len(sheets) < drafter.count:
        sheets.append(drafter.sheet(len(sheets)))
    found = tuple(tuple(facts(drafter, measured, number)) for number in range(len(sheets)))
    return Atlas(diagram, tuple(sheets), found, tuple(_opened(diagram.body)))


def _opened(body: Body) -> list[str]:
    """The paths of the open blocks, outer ones first."""
    found: list[str] = []
    stack = [("", body)]
    while stack:
        path, inside = stack.pop()
        for part in inside.parts:
            if part.inside is not None:
                found.append(f"{path}{part.key}")
                stack.append((f"{path}{part.key}/", part.inside))
    return sorted(found, key=lambda p: (p.count("/"), p))


def _values(atlas: Atlas) -> str:
    """The atlas as a constant of the script. No text in it can end the script."""
    told = [[[f.title, f.rows, f.doc, f.output] for f in sheet] for sheet in atlas.facts]
    marks, wide = unmeasured(_texts(atlas))
    return "".join(
        [
            "const _ = undefined;\nconst $atlas = {\n",
            f"diagram: {literal(atlas.diagram)},\n",
            f"sheets: [\n{_lines(atlas.sheets)}],\n",
            f"facts: [\n{_lines(told)}],\n",
            f"first: {literal(list(atlas.opened))},\n}};\n",
            f"$unicodedata.marks = {literal(marks)};\n$unicodedata.wide = {literal(wide)};\n",
        ]
    )


def _lines(items: Sequence[object]) -> str:
    return "".join(f"{literal(item)},\n" for item in items)


def _texts(atlas: Atlas) -> str:
    """Every character that the figure may have to measure."""
    found = set(atlas.diagram.title)
    for sheet in atlas.sheets:
        for port in (*sheet.inputs, *sheet.outputs):
            found.update(port.name, port.label)
        for slot in sheet.slots:
            for part in (slot.part, *((slot.opening.part,) if slot.opening is not None else ())):
                found.update(part.first, part.second, *part.outputs)
    return "".join(sorted(found))


def literal(value: object) -> str:
    """A value as JavaScript. Dataclasses leave out what is as by default; a body is made by the page."""
    if value is None or isinstance(value, Body):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        text = json.dumps(value)
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(literal, value))}]"
    assert is_dataclass(value)
    given = []
    for field in fields(value):
        one = getattr(value, field.name)
        is_default = field.default is not MISSING and type(one) is type(field.default) and one == field.default
        given.append("_" if is_default else literal(one))
    while given and given[-1] == "_":
        given.pop()
    return f"new {type(value).__name__}({','.join(given)})"
