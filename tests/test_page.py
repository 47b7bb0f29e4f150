"""The page of its own: it draws as Python draws, needs nothing from anywhere, and no name in it is markup."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from dataclasses import asdict
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import quickjs
from tangles import tangle

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, drafting, draw
from moniel2.backends.html.engine import GIVEN, Atlas, atlas, literal, script
from moniel2.backends.html.javascript import translate
from moniel2.backends.html.live import figure
from moniel2.backends.svg import svg, tinted
from moniel2.backends.theme import theme
from moniel2.ir.model import Model
from moniel2.layout.atlas import assemble
from moniel2.layout.boxes import Direction
from moniel2.layout.diagram import Arrow, Body, Diagram, Part, Port
from moniel2.layout.layout import layout
from moniel2.layout.scene import THEME_KEYS

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.nn"))
MOST = 35  # parts in the figures that are compared
STATES = 2

DIRECTIONS: tuple[Direction, ...] = ("down", "right", "up", "left")
INKS = theme("light")
TINTS = ("", "#ffeecc", "#203050")
TINTED = [(key, tint) for key in THEME_KEYS for tint in TINTS]
INK = f"""
const inks = {json.dumps({key: asdict(ink) for key, ink in tinted(INKS, TINTED).items()})};
const all = {{ values: () => Object.values(inks) }};
const INK = {{ background: true, dark: null, font: "", inks: all, ink(key, tint = "", on = "") {{
  if (tint || on) key += ` ${{tint || on}}`;
  while (!(key in inks) && key.includes(".")) key = key.slice(0, key.lastIndexOf("."));
  return inks[key] ?? inks.block;
}} }};
"""


class Script:
    """The page's script, as far as it draws."""

    def __init__(self, made: Atlas) -> None:
        self.context = quickjs.Context()
        self.context.set_max_stack_size(1 << 24)
        self.context.eval(f'"use strict";\n{script(made)}{INK}')

    def draw(self, opened: Collection[str], most: int = 3000) -> str | None:
        text: str | None = self.context.eval(f"engine.draw({json.dumps(sorted(opened))}, {most}, INK)")
        return text


def made(model: Model, **options: object) -> Atlas:
    drafted = drafting(model, DrawOptions(**options))  # type: ignore[arg-type]
    return atlas(drafted.diagram, drafted.drafter)


def paths(found: Atlas, opened: Collection[str]) -> list[str]:
    """The closed blocks that are seen when these are open."""
    closed: list[str] = []
    stack = [(0, "")]
    while stack:
        number, prefix = stack.pop()
        for slot in found.sheets[number].slots:
            path = prefix + slot.part.key
            if slot.opening is None:
                continue
            if path in opened:
                stack.append((slot.opening.sheet, f"{path}/"))
            else:
                closed.append(path)
    return sorted(closed)


def states(found: Atlas, seed: str) -> list[set[str]]:
    """What is open at first, and random choices that stay within ``MOST`` parts."""
    chance = random.Random(seed)
    result = [set(found.opened)]
    while len(result) < STATES:
        opened: set[str] = set()
        while closed := paths(found, opened):
            further = opened | {chance.choice(closed)}
            if _is_too_much(found, further) or chance.random() < 0.08:
                break
            opened = further
        result.append(opened)
    return result


def _is_too_much(found: Atlas, opened: Collection[str]) -> bool:
    return assemble(found.sheets.__getitem__, lambda path, *_: path in opened, MOST, {}) is None


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_draws_what_python_draws(path: Path) -> None:
    """To the last digit, whatever is open; at first what ``draw`` draws."""
    model = mn.load(path).ir
    found = made(model)
    page = Script(found)
    known: dict[object, Body] = {}
    for number, opened in enumerate(states(found, path.stem)):
        scene = figure(found.diagram, found.sheets, opened, 3000, known)  # type: ignore[arg-type]
        assert scene is not None
        ours = svg(scene, INKS)
        if number == 0:
            assert ours == draw(model, DrawOptions()).decode("utf-8")
        assert page.draw(opened) == ours, sorted(opened)


@pytest.mark.parametrize("direction", ["right", "up", "left"])
def test_draws_it_in_all_directions(direction: str) -> None:
    found = made(
        mn.load(ROOT / "examples" / "lstm.nn").ir, direction=direction, show=("params", "names"), title="Cells"
    )
    page = Script(found)
    for opened in states(found, direction):
        scene = figure(found.diagram, found.sheets, opened, 3000, {})
        assert scene is not None
        assert page.draw(opened) == svg(scene, INKS)


@pytest.mark.parametrize("name", ["gru_attention", "char_rnn"])
def test_draws_loops_that_are_written_out(name: str) -> None:
    """Rows of steps stay level, and what enters from the side comes in by one door."""
    found = made(mn.load(ROOT / "examples" / f"{name}.nn").ir, unroll=2)
    page = Script(found)
    for opened in states(found, name):
        scene = figure(found.diagram, found.sheets, opened, 3000, {})
        assert scene is not None
        assert page.draw(opened) == svg(scene, INKS)


COLOURED = """
@color("#ffeecc")
+Pair(C) = Conv(C, 3, padding = 1) -> ReLU
x:In[B, 3, 32, 32] -> a:Pair(8)
@color("#203050")
b:Conv(16, 3, padding = 1)
@color("#203050")
c:Add
a -> b -> d:Pair(8) -> e
[a, e] -> c -> Out
"""


@pytest.mark.parametrize("options", [{}, {"show": ("legend",)}], ids=["plain", "legend"])
def test_draws_colours_and_legends(options: dict[str, tuple[str, ...]]) -> None:
    model = mn.loads(COLOURED).ir
    found = made(model, **options)
    page = Script(found)
    for opened in ((), ("a",), ("a", "d")):
        scene = figure(found.diagram, found.sheets, opened, 3000, {})
        assert scene is not None
        ours = svg(scene, INKS)
        assert page.draw(opened) == ours
        assert ("linear" in ours, "convolution" in ours) == (False, bool(options))
    depth = draw(model, DrawOptions(depth=1, **options)).decode("utf-8")  # type: ignore[arg-type]
    assert re.sub("<desc.*", "", depth) == re.sub("<desc.*", "", ours)


def test_draws_what_is_not_decided() -> None:
    """Dashed frames, alternatives that join, and ``×n``."""
    text = """
        +Net(C, wide, n) {
            x:In[B, C] -> (Linear(C) -> ReLU) * n -> h
            if wide { h -> Linear(4 * C) -> GELU -> Linear(C) -> y } else { h -> (Tanh if n > 3) -> y }
            [x, y] -> Add -> Out
        }
    """
    found = made(mn.loads(text).ir)
    page = Script(found)
    for opened in states(found, "undecided"):
        scene = figure(found.diagram, found.sheets, opened, 3000, {})
        assert scene is not None
        assert page.draw(opened) == svg(scene, INKS)


def test_draws_any_diagram_as_python_does() -> None:
    """Cycles, side ports, blocks in blocks, what is wired to nothing: in the other language all of it stands there."""
    entries = ["moniel2.layout.layout:layout", "moniel2.backends.svg:svg"]
    entries += [f"moniel2.layout.diagram:{one.__name__}" for one in (Arrow, Body, Diagram, Part, Port)]
    runtime = files("moniel2.backends.html.javascript").joinpath("runtime.js").read_text(encoding="utf-8")
    context = quickjs.Context()
    context.set_max_stack_size(1 << 24)
    context.eval(f'"use strict";\n{runtime}const $nothing = () => "", _ = undefined;\n{translate(entries, GIVEN)}{INK}')
    for seed in range(48):
        found = tangle(seed, DIRECTIONS[seed % 4], 4 + seed % 9)
        made = f"$replace({literal(found)}, {{body: {written(found.body)}}})"
        assert context.eval(f"svg(layout({made}), INK)") == svg(layout(found), INKS), seed


def written(body: Body) -> str:
    """A body as JavaScript, with all that is inside its parts."""
    parts = []
    for part in body.parts:
        text = literal(part)
        parts.append(text if part.inside is None else f"$replace({text}, {{inside: {written(part.inside)}}})")
    told = [literal(body.inputs), literal(body.outputs), f"[{','.join(parts)}]", literal(body.arrows)]
    return f"new Body({','.join(told)})"


def test_refuses_what_is_too_much() -> None:
    found = made(mn.load(ROOT / "examples" / "resnet.nn").ir)
    assert Script(found).draw(found.opened, most=3) is None


# ------------------------------------------------------------------------------- the document

VOID = {"meta", "link", "input", "br"}
WORDS = """
html head title style body header h1 p div ul button span select option main svg desc rect path g text circle polygon
aside dl dt dd kbd script
"""
ALLOWED = VOID | set(WORDS.split())


class Document(HTMLParser):
    """Checks while it reads that elements nest, ids are unique, and only known elements and no handlers occur."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        given = dict(attributes)
        assert len(given) == len(attributes), f"an attribute of {tag} is given twice"
        assert not [name for name in given if name.startswith("on")]
        if name := given.get("id"):
            assert name not in self.ids
            self.ids.add(name)
        self.seen.append((tag, given))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)


def page_of(model: Model, **options: object) -> str:
    return draw(model, DrawOptions(format="html", **options)).decode("utf-8")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["googlenet", "unet", "transformer"])
def test_is_whole_and_asks_nothing_of_any_network(name: str) -> None:
    text = page_of(mn.load(ROOT / "examples" / f"{name}.nn").ir)
    document = Document(text)
    assert text.startswith("<!doctype html>\n<html lang=")
    policy = next(a["content"] for t, a in document.seen if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    for tag, attributes in document.seen:
        for attribute in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert (attributes.get(attribute) or "data:").startswith("data:"), tag
    bare = re.sub(r"http://www\.w3\.org/2000/svg", "", text)
    assert not re.search(r"https?://|@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|importScripts", bare)
    assert sum(tag == "script" for tag, _ in document.seen) == 1
    assert [t for t, _ in document.seen].count("h1") == 1


@pytest.mark.parametrize("options", [{"theme": "dark"}, {"theme": "print"}, {"view": "overview"}, {"view": "volumes"}])
def test_every_theme_and_view_has_a_page(options: dict[str, str]) -> None:
    Document(page_of(mn.load(ROOT / "examples" / "alexnet.nn").ir, **options))


HOSTILE = """
/// </script><script>alert(1)</script> & "quoted" 'text' ${1} \\u0041 <!-- `
@label("</script><svg onload=alert(1)>")
+Nasty(C) {
    @label("\\"><img src=x onerror=alert(2)>")
    x:In[B, C] -> Linear(C) -> ReLU -> Out
}
/// "><b>bold</b> <![CDATA[ ]]> &amp;
image:In[B, 8] -> é̃:Nasty(8) -> 日本:Nasty(8) -> y
@label("ReLU 🙂 \u202eabc")
y -> ReLU -> Out
"""


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("rnn", {"unroll": 3}),
        ("resnet", {"unroll": 3, "title": "A & B"}),
        ("googlenet", {"show": ("legend", "params")}),
        ("lenet", {"view": "neurons"}),
        ("unet", {"engine": "dot"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_picture_in_it_is_the_one_that_is_drawn(name: str, options: dict[str, Any]) -> None:
    if options.get("engine") == "dot" and shutil.which("dot") is None:
        options = {"direction": "down"}
    model = mn.load(ROOT / "examples" / f"{name}.nn").ir
    drawn = draw(model, DrawOptions(**options)).decode("utf-8")
    assert drawn.strip() in page_of(model, **options)


def test_at_night_everything_is_painted_anew() -> None:
    """Also faces in the shade, arrows in the colour of their operation, and what has a colour of its own."""
    lenet = mn.load(ROOT / "examples" / "lenet.nn").ir
    for model, options in ((lenet, {"view": "volumes"}), (lenet, {"view": "tensors"}), (mn.loads(COLOURED).ir, {})):
        text = page_of(model, **options)
        night = text[text.index('[data-look="dark"]') : text.index("</style>")]
        figure = text[text.index('<div id="stage">') : text.index("<script>")]
        for classes in set(re.findall('class="([^"]*)"', figure)):
            names = [name for name in classes.split() if name.startswith(("t-", "tint-"))]
            assert not names or f".{'.'.join(names)}{{" in night, classes


def test_no_name_is_markup() -> None:
    model = mn.loads(HOSTILE).ir
    found = made(model, depth=5)
    text = page_of(model, depth=5)
    document = Document(text)
    scripts = [t for t, _ in document.seen if t == "script"]
    assert len(scripts) == 1
    assert text.count("</script") == 1
    said = "".join(document.words)
    assert '"><img src=x onerror=alert(2)>' in said or "<svg onload=alert(1)>" in said
    page = Script(found)
    told = json.loads(page.context.eval("JSON.stringify(engine.facts)"))
    assert told == json.loads(
        json.dumps([[[f.title, f.rows, f.doc, f.output] for f in sheet] for sheet in found.facts])
    )
    assert any("</script><script>alert(1)</script>" in part[2] for sheet in told for part in sheet)
    for opened in ([], found.opened):
        scene = figure(found.diagram, found.sheets, opened, 3000, {})
        assert scene is not None
        assert page.draw(opened) == svg(scene, INKS)


def test_is_the_same_whatever_the_hash_seed() -> None:
    command = [
        sys.executable,
        "-m",
        "moniel2",
        "draw",
        str(ROOT / "examples" / "lstm.nn"),
        "-o",
        "-",
        "--format",
        "html",
    ]
    pages = [
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    ]
    assert pages[0] == pages[1]


def test_each_distinct_block_is_in_it_once() -> None:
    """A million layers made of two blocks make a page as small as ten."""
    text = "+Block(C) { x:In[B, C] -> Linear(C) -> ReLU -> y; [x, y] -> Add -> Out }\n"
    text += "+Stage(n) { x:In[B, 8] -> Block(8) * n -> Out }\n"
    small, large = (page_of(mn.loads(f"{text}x:In[B, 8] -> Stage({n}) -> Out").ir) for n in (10, 10**6))
    assert abs(len(large) - len(small)) < 500


def test_braces_are_called_by_their_name_and_code_is_code() -> None:
    net = "+Net(n = 1) { x:In[B, 8] -> body:{ In -> Linear(8) -> ReLU -> Linear(8) -> Out } -> Add(n) -> Out }"
    text = f"/// Try `--set n=2`.\n{net}"
    told = draw([mn.loads(text).ir], DrawOptions(format="html", depth=0)).decode("utf-8")
    assert '["body",' in told and "{ … }" not in told
    assert "Try <code>--set n=2</code>." in told


def test_facts_are_those_of_the_model() -> None:
    """LeNet's first convolution: 6 filters of 1×5×5 and a bias each."""
    found = made(mn.load(ROOT / "examples" / "lenet.nn").ir)
    conv = next(f for sheet in found.facts for f in sheet if f.title.endswith("Conv"))
    rows = dict(conv.rows)
    assert rows["parameters"] == "156"
    assert rows["MACs"].startswith("117,600")


@pytest.mark.parametrize("view", ["blocks", "overview", "volumes"])
def test_a_page_offers_what_it_can_do(view: str) -> None:
    """Only the blocks view opens and closes."""
    text = draw(mn.load(ROOT / "examples" / "resnet.nn").ir, DrawOptions(format="html", view=view)).decode("utf-8")
    assert ("open, close" in text, 'id="open-all"' in text) == (view == "blocks", view == "blocks")
    assert 'id="find"' in text and 'id="save"' in text
