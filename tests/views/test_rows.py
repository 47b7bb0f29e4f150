"""Flows in rows: neurons and volumes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, scene
from moniel2.layout.scene import Box, Circle, TextRun, Wire
from tests.geometry import Rect, text_rect
from tests.view_laws import faults
from tests.views.figures import drawn, model

NETWORK = """
age:In[B, 4] -> Linear(6) -> ReLU -> a
job:In[B, 3] -> Linear(6) -> ReLU -> j
[a, j] -> Concat -> Linear(8) -> ReLU -> h -> Linear(8) -> ReLU -> g
[h, g] -> Add -> Linear(5) -> ReLU -> k
k -> Linear(2) -> label:Out
k -> Linear(1) -> value:Out
"""


def test_the_words_of_a_small_layer_stand_near_it() -> None:
    """LeNet's last maps are a pixel wide, and 84 neurons see them."""
    found = drawn("lenet", "neurons")
    maps = [i for i in found.walk() if isinstance(i, Box) and i.path == "c5"]
    words = [i for i in found.walk() if isinstance(i, TextRun) and i.path == "c5"]
    assert len(maps) == 6 and len(words) == 2
    assert 0 < words[0].y - words[0].size - max(i.y + i.h for i in maps) < 12
    thin = [i for i in found.walk() if isinstance(i, Wire) and "c5" in (i.source, i.target)]
    assert len(thin) == 4 and not any(strikes(line, text_rect(i)) for line in thin for i in words)


def test_neurons_branch_skip_and_join() -> None:
    """Two inputs, a skip, two heads: every dense layer is drawn with all that it reads, wherever it stands."""
    found = scene([mn.loads(NETWORK).ir], DrawOptions(view="neurons"))
    assert faults(found) == []
    meshes = Counter((i.source, i.target) for i in found.walk() if isinstance(i, Wire) and i.css == "wire mesh")
    sizes = [4 * 6, 3 * 6, 8 * 8, 5 * 2, 5 * 1]
    assert sorted(meshes.values()) == sorted(sizes)
    plain = {i.css for i in found.walk() if isinstance(i, Wire)}
    assert "wire skip" in plain
    signs = [i for i in found.walk() if isinstance(i, Circle) and i.css == "op glyph"]
    assert {i.path for i in signs} >= {"concat", "add"}


def test_words_of_neurons_get_out_of_the_way_of_a_branch() -> None:
    found = scene([mn.loads(NETWORK).ir], DrawOptions(view="neurons"))
    texts = [text_rect(i) for i in found.walk() if isinstance(i, TextRun) and i.text.strip()]
    meshes = [i for i in found.walk() if isinstance(i, Wire) and i.css == "wire mesh"]
    assert meshes and not any(strikes(line, rect) for line in meshes for rect in texts)


def strikes(line: Wire, rect: Rect) -> bool:
    """Whether a slanted line runs through a text."""
    (ax, ay), (bx, by) = line.points
    points = ((ax + (bx - ax) * share / 60, ay + (by - ay) * share / 60) for share in range(61))
    return any(rect[0] < x < rect[2] and rect[1] < y < rect[3] for x, y in points)


def test_a_row_goes_on_right_of_what_stands_below_it() -> None:
    options = DrawOptions(view="neurons", depth=2, hide=("shapes",))
    assert faults(scene([model("fcn_resnet")], options)) == []


@pytest.mark.parametrize("view", ["neurons", "volumes"])
def test_a_result_of_the_main_row_stands_right_below_it(view: str) -> None:
    """A variational autoencoder: the mean and the variance go to the side and into the sample, so they cross once."""
    lines = [i for i in drawn("vae", view).walk() if isinstance(i, Wire) and i.css != "wire mesh"]
    pieces = [(line.source, a, b) for line in lines for a, b in pairwise(line.points)]
    crossed = {
        (source, other)
        for source, (ax, ay), (bx, by) in pieces
        for other, (cx, cy), (dx, dy) in pieces
        if source != other and ay == by and cx == dx and min(ax, bx) < cx < max(ax, bx)
        if min(cy, dy) < ay < max(cy, dy)
    }
    assert len(crossed) == 1
    at = {i.text: i.y for i in drawn("vae", view).walk() if isinstance(i, TextRun)}
    assert at["reconstruction"] < at["mean"] < at["log_variance"]


def test_a_depth_is_drawn_as_asked_however_large() -> None:
    folded, asked = (scene([model("densenet")], DrawOptions(view="volumes", depth=depth)) for depth in (None, 9))
    assert asked.width * asked.height > 2 * folded.width * folded.height


@pytest.mark.parametrize("view", ["neurons", "volumes"])
def test_what_steers_a_picture_comes_from_below(view: str) -> None:
    """The step of a diffusion is told to every level from below (Ho et al. 2020), a direction joined in from there."""
    at = {i.text: i.y for i in drawn("diffusion_unet", view).walk() if isinstance(i, TextRun)}
    assert at["image"] < at["step"]
    (sign,) = [i for i in drawn("nerf", view).walk() if isinstance(i, Circle) and i.path == "concat2"]
    ends = {i.source: i.points[-1] for i in drawn("nerf", view).walk() if isinstance(i, Wire) and i.target == sign.path}
    assert ends["encode2"][1] > sign.cy
