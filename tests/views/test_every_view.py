"""What holds of every view of every example, and of models that are hard to draw."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from xml.etree import ElementTree

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawError, DrawOptions, draw, scene
from moniel2.backends.svg import svg
from moniel2.backends.theme import theme
from moniel2.ir.model import Model
from moniel2.layout.page import CENTIMETRE, POINT
from moniel2.layout.scene import Box, Circle, Group, Polygon, TextRun
from tests.view_laws import faults, off_the_end
from tests.views.figures import EXAMPLES, OTHERS, ROOT, drawn, model

MOST_LAYERS = 36  # tensors in one figure


@pytest.mark.parametrize("view", OTHERS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_view_of_every_example_is_sound(name: str, view: str) -> None:
    assert faults(drawn(name, view)) == []


@pytest.mark.parametrize("view", OTHERS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_view_of_every_example_fits_a_page(name: str, view: str) -> None:
    """14 × 20 cm with type of at least 6.5 pt; what flows sideways may lie across the page."""
    found = drawn(name, view)
    w, h = found.width, found.height
    w, h = (h, w) if view != "overview" and w > h else (w, h)
    shrunk = max(w / (14 * CENTIMETRE), h / (20 * CENTIMETRE), 1.0)
    smallest = min(i.size for i in found.walk() if isinstance(i, TextRun) and i.text)
    assert smallest / shrunk / POINT >= 6.5 - 0.01
    if view in ("tensors", "volumes"):
        shown = int(re.search(r"(\d+) shown", found.description)[1])  # type: ignore[index]
        assert shown <= MOST_LAYERS


@pytest.mark.parametrize("view", OTHERS)
def test_what_is_folded_is_told(view: str) -> None:
    told = {
        "overview": "Not drawn inside: .*Mixed5b",
        "tensors": r"\d+ layers and blocks, \d+ shown",
        "volumes": r"\d+ layers and blocks, \d+ shown",
        "neurons": r"\d+ layers and blocks, \d+ shown",
    }
    found = drawn("inception_resnet_v2", view)
    assert re.search(told[view], found.description)


@pytest.mark.parametrize("view", OTHERS)
def test_the_files_are_valid(view: str) -> None:
    for name in ("unet", "googlenet", "lstm", "siamese", "vae"):
        found = drawn(name, view)
        assert ElementTree.fromstring(svg(found, theme("auto"))).tag.endswith("svg")


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    script = (
        "import hashlib, moniel2 as mn\n"
        "from moniel2.backends.draw import VIEWS, DrawOptions, draw\n"
        "for view in VIEWS:\n"
        "    for name in ('lenet', 'vae') if view == 'neurons' else ('unet', 'googlenet'):\n"
        "        model = mn.load(f'examples/{name}.nn').ir\n"
        "        print(hashlib.sha256(draw([model], DrawOptions(view=view))).hexdigest())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("view", OTHERS)
def test_a_model_without_inputs(view: str) -> None:
    constant = mn.loads("Zeros[3] -> ReLU -> Out").ir
    if view == "overview":
        assert faults(scene([constant], DrawOptions(view=view))) == []
    else:
        with pytest.raises(DrawError, match="blocks"):
            draw([constant], DrawOptions(view=view))


@pytest.mark.parametrize("view", OTHERS)
def test_too_large_a_figure_is_refused_with_what_to_do(view: str) -> None:
    with pytest.raises(DrawError, match=r"3,096 operations.*into blocks"):
        draw([large()], DrawOptions(view=view, depth=9))


@pytest.mark.parametrize("view", ["tensors", "volumes", "neurons"])
def test_what_has_no_layers_shows_its_operations(view: str) -> None:
    """What else only adorns a layer is all there is to see, and is counted."""
    words = " ".join(i.text for i in drawn("batch_norm", view).walk() if isinstance(i, TextRun))
    assert all(word in words for word in ("Mean", "Pow 2", "√", "Add"))
    text = """
+A(n) { x:In; if n > 0 { x -> [a:A(n - 1), b:A(n - 1)] -> Add -> Out } else { x -> ReLU -> Out } }
x:In[B, 8] -> A(12) -> Out
"""
    with pytest.raises(DrawError, match=r"8,191 operations.*--depth"):
        draw([mn.loads(text).ir], DrawOptions(view=view, depth=20))


@cache
def large() -> Model:
    return mn.loads("x:In[B, 3] -> " + " -> ".join(f"Linear({n})" for n in range(4, 3100)) + " -> Out").ir


@pytest.mark.parametrize("view", ["volumes", "tensors"])
def test_fifty_branches(view: str) -> None:
    wide = mn.loads("x:In[B, 8] -> [h:Linear(8) for i in 0..50] -> Concat -> Out").ir
    assert faults(scene([wide], DrawOptions(view=view))) == []


def test_many_arrows_end_on_what_they_lead_to() -> None:
    """Three operands of an attention, thirty skips of a WaveNet."""
    for name, view in (("attention", "neurons"), ("wavenet", "volumes")):
        assert list(off_the_end(scene([model(name)], DrawOptions(view=view, depth=1)))) == []


def test_a_batch_set_against_itself_is_said() -> None:
    text = "x:In[B, 8] -> Transpose(0, 1) -> t\n[x, t] -> MatMul -> Softmax -> Out"
    found = scene([mn.loads(text).ir], DrawOptions())
    assert "B×B" in [i.text for i in found.walk() if isinstance(i, TextRun)]


@pytest.mark.parametrize("view", ["tensors", "volumes", "neurons"])
@pytest.mark.parametrize("name", ["lenet", "unet", "transformer", "lstm"])
def test_every_part_says_what_it_is(name: str, view: str) -> None:
    """What is drawn for a part is a group with its title, which tools and readers can find."""
    groups = [i for i in drawn(name, view).walk() if isinstance(i, Group) and i.path]
    assert len({g.path for g in groups if g.title}) >= 2
    shapes = {p for i in drawn(name, view).walk() if isinstance(i, (Box, Circle, Polygon)) and (p := i.path)}
    assert shapes <= {g.path for g in groups}
