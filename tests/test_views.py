"""Every view of every example: drawn soundly, or refused with a reason; several models; recurrence; refusals.

What must hold of them all is in ``view_laws``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

import moniel2 as mn
from moniel2.backends.draw import VIEWS, DrawError, DrawOptions, ThemeError, draw, scene
from moniel2.backends.svg import svg
from moniel2.backends.theme import theme
from moniel2.ir.model import Model
from moniel2.layout.page import CENTIMETRE, PAGE_HEIGHT, PAGE_WIDTH, POINT
from moniel2.layout.scene import Box, Circle, Group, Polygon, Scene, TextRun, Wire
from tests import geometry
from tests.geometry import text_rect
from tests.view_laws import faults, off_the_end, overlap

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.nn"))
MOST_LAYERS = 36  # tensors in one figure
OTHERS = [view for view in VIEWS if view != "blocks"]


@cache
def model(name: str, block: str | None = None) -> Model:
    return mn.load(ROOT / "examples" / f"{name}.nn", block=block).ir


@cache
def drawn(name: str, view: str) -> Scene:
    return scene([model(name)], DrawOptions(view=view))


# ------------------------------------------------------------------------------------------------- tests


@pytest.mark.parametrize("view", ["tensors", "volumes", "neurons"])
@pytest.mark.parametrize("name", ["lenet", "unet", "transformer", "lstm"])
def test_every_part_says_what_it_is(name: str, view: str) -> None:
    """What is drawn for a part is a group with its title, which tools and readers can find."""
    groups = [i for i in drawn(name, view).walk() if isinstance(i, Group) and i.path]
    assert len({g.path for g in groups if g.title}) >= 2
    shapes = {p for i in drawn(name, view).walk() if isinstance(i, (Box, Circle, Polygon)) and (p := i.path)}
    assert shapes <= {g.path for g in groups}


@pytest.mark.parametrize("view", ["blocks", "overview", "volumes"])
@pytest.mark.parametrize("names", [("vgg", "resnet"), ("unet", "lenet")])
def test_parts_of_several_models_are_told_apart(names: tuple[str, ...], view: str) -> None:
    models = [model(name) for name in names]
    found = scene(models, DrawOptions(view=view))
    paths = {i.path for i in found.walk() if isinstance(i, Group) and i.path and "inset" not in i.css}
    assert {p for p in paths if p.endswith("in:image")} == {f"{m.name}/in:image" for m in models}
    ends = {end for i in found.walk() if isinstance(i, Wire) for end in (i.source, i.target)}
    assert {end for end in ends if end.endswith("in:image")} <= paths


@pytest.mark.parametrize("view", OTHERS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_view_of_every_example_is_sound(name: str, view: str) -> None:
    assert faults(drawn(name, view)) == []


# Lines over heads in a row, a result that leaves past another row, inputs side by side, a number beside an arrow;
# parallel branches, one source for twenty blocks, words on a short arrow, a copied half that is entered from below.
@pytest.mark.parametrize(
    ("name", "depth"),
    [
        ("convnext", 2),
        ("clip", 0),
        ("bert", 0),
        ("resnet", 1),
        ("dcgan", 1),
        ("googlenet_bn", 1),
        ("diffusion_unet", 2),
        ("dit", 0),
        ("fcn", 2),
        ("shufflenet_v2", 1),
        ("swin", 3),
        ("unet", 0),
    ],
)
def test_tensors_of_other_depths_are_sound(name: str, depth: int) -> None:
    for hide in ((), ("shapes",)):
        assert faults(scene([model(name)], DrawOptions(view="tensors", depth=depth, hide=hide))) == []


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


def test_a_depth_is_drawn_as_asked_however_large() -> None:
    folded, asked = (scene([model("densenet")], DrawOptions(view="volumes", depth=depth)) for depth in (None, 9))
    assert asked.width * asked.height > 2 * folded.width * folded.height


@pytest.mark.parametrize("view", OTHERS)
def test_the_files_are_valid(view: str) -> None:
    for name in ("unet", "googlenet", "lstm", "siamese", "vae"):
        found = drawn(name, view)
        assert ElementTree.fromstring(svg(found, theme("auto"))).tag.endswith("svg")


def test_branches_of_one_resolution_stand_below_each_other() -> None:
    """GoogLeNet's modules: four branches, each in a row, right of what they read and left of what joins them."""
    found = scene([model("googlenet")], DrawOptions(view="tensors", depth=1))
    at = {i.path: i for i in found.walk() if isinstance(i, Box) and i.css == "tensor"}
    joins = {i.path: i for i in found.walk() if isinstance(i, Circle) and i.css == "op glyph"}
    for name in ("3a", "4c", "5b"):
        module = [box for path, box in at.items() if path.startswith(f"inception{name}/")]
        join = joins[f"inception{name}/concat"]
        assert len({round(box.y + box.h / 2) for box in module}) == 4
        assert all(box.x + box.w < join.cx for box in module)
        below = [box for path, box in at.items() if path.startswith("inception5")]
        assert name == "5b" or max(box.y + box.h for box in module) < min(box.y for box in below)


def test_blocks_are_closed_before_layers_are_only_counted() -> None:
    """EfficientNet's stages are MBConv blocks (Tan and Le 2019), not so many layers."""
    told = [i.text for i in drawn("efficientnet", "tensors").walk() if isinstance(i, TextRun)]
    assert "convolution: MBConv" in told
    assert not [words for words in told if words.endswith(" layers")]


def test_a_copy_ends_on_its_half_where_layers_lie_between() -> None:
    """PointNet's segmentation (Qi et al. 2017): local features beside the global one, which comes from below."""
    text = """
    points:In[B, 3, N] -> Conv1d(64, 1) -> f
    f -> Conv1d(128, 1) -> Conv1d(1024, 1) -> Max(axis = 2, keep = true) -> Expand[B, 1024, N] -> all
    [f, all] -> Concat -> Conv1d(50, 1) -> scores:Out
    """
    found = scene([mn.loads(text).ir], DrawOptions(view="tensors"))
    assert faults(found) == []
    half = next(i for i in found.walk() if isinstance(i, Box) and i.css == "copied")
    (x, y) = next(i.points[-1] for i in found.walk() if isinstance(i, Wire) and i.target == half.path)
    assert half.x < x < half.x + half.w and y in (half.y, half.y + half.h)


def test_a_sequence_has_its_length_below_and_its_features_above() -> None:
    """Whisper: 80 bands × 3000 samples are convolved, then 1500 words of 384 features go through the encoder."""
    found = scene([model("whisper")], DrawOptions(view="tensors"))
    boxes = {i.path: i for i in found.walk() if isinstance(i, Box) and i.css == "tensor"}
    texts = [(i.text, i.path, i.y) for i in found.walk() if isinstance(i, TextRun) and i.path in boxes]
    over = {path: words for words, path, y in texts if y < boxes[path].y}
    under = {path: words for words, path, y in texts if y > boxes[path].y + boxes[path].h}
    assert over["in:spectrogram"] == "80" and under["in:spectrogram"] == "3000"
    assert {over[p] for p in over if "layers" in p} == {"384"}
    heights = [boxes[f"model/encoder/{name}"].h for name in ("conv1", "conv2", "layers/0")]
    assert heights[0] > heights[1] == heights[2] > boxes["in:tokens"].h
    points = scene([model("pointnet")], DrawOptions(view="volumes"))
    assert "3×N" in {i.text for i in points.walk() if isinstance(i, TextRun)}


def test_the_words_of_a_small_layer_stand_near_it() -> None:
    """LeNet's last maps are a pixel wide, and 84 neurons see them."""
    found = drawn("lenet", "neurons")
    maps = [i for i in found.walk() if isinstance(i, Box) and i.path == "c5"]
    words = next(i for i in found.walk() if isinstance(i, TextRun) and i.text == "120@1×1")
    assert maps and 0 < words.y - words.size - max(i.y + i.h for i in maps) < 35


NETWORK = """
age:In[B, 4] -> Linear(6) -> ReLU -> a
job:In[B, 3] -> Linear(6) -> ReLU -> j
[a, j] -> Concat -> Linear(8) -> ReLU -> h -> Linear(8) -> ReLU -> g
[h, g] -> Add -> Linear(5) -> ReLU -> k
k -> Linear(2) -> label:Out
k -> Linear(1) -> value:Out
"""


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
    for line in (i for i in found.walk() if isinstance(i, Wire) and i.css == "wire mesh"):
        (ax, ay), (bx, by) = line.points
        for share in range(1, 20):
            x, y = ax + (bx - ax) * share / 20, ay + (by - ay) * share / 20
            assert not any(a < x < c and b < y < d for a, b, c, d in texts)


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


PAIRS = [
    (("vgg", "VGG19"), ("resnet", "ResNet34")),
    (("resnet", "ResNet50"), ("resnet", "ResNet101")),
    (("alexnet", "AlexNet"), ("lenet", None), ("vgg", "VGG11")),
    (("bert", None), ("gpt2", None)),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(name for name, _ in pair))
def test_models_side_by_side(pair: tuple[tuple[str, str | None], ...]) -> None:
    models = [model(*one) for one in pair]
    assert faults(scene(models, DrawOptions())) == []
    for view in OTHERS:
        assert faults(scene(models, DrawOptions(view=view))) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("vgg", "VGG19"), ("resnet", "ResNet34")),
        (("resnet", "ResNet18"), ("resnet", "ResNet50")),
        (("resnet", "ResNet50"), ("resnet", "ResNet101")),
        (("vgg", "VGG16"), ("vgg", "VGG19")),
    ],
    ids=lambda one: one[1],
)
def test_two_models_fit_a_page(one: tuple[str, str], other: tuple[str, str]) -> None:
    found = scene([model(*one), model(*other)], DrawOptions())
    assert faults(found) == []
    assert found.width <= PAGE_WIDTH and found.height <= PAGE_HEIGHT
    insets = [i.title for i in found.walk() if isinstance(i, Group) and i.css == "inset"]
    assert len(set(insets)) == len(insets)  # what both have stands there once
    assert bool(insets) == (other[0] == "resnet")


@pytest.mark.parametrize(
    "names",
    [
        ("mobilenet_v2", "mobilenet_v3"),
        ("densenet", "resnet"),
        ("resnet", "wide_resnet"),
        ("vit", "swin"),
        ("bert", "gpt2"),
        ("llama", "gpt2"),
        ("googlenet", "inception_v3"),
        ("transformer", "t5"),
        ("unet", "diffusion_unet"),
        ("mobilenet_v2", "mnasnet"),
        ("lenet", "alexnet", "vgg"),
    ],
    ids="-".join,
)
def test_whatever_stands_side_by_side_fits_a_page(names: tuple[str, ...]) -> None:
    models = [model(name) for name in names]
    found = scene(models, DrawOptions())
    assert faults(found) == []
    assert found.width <= PAGE_WIDTH and found.height <= PAGE_HEIGHT
    told = [i.text for i in found.walk() if isinstance(i, TextRun)]
    assert all(told.count(one.name) == 1 for one in models)


def test_what_one_model_leaves_of_a_page_is_the_others() -> None:
    found = scene([model("llama"), model("gpt2")], DrawOptions())
    told = [i.text for i in found.walk() if isinstance(i, TextRun)]
    assert "CausalSelfAttention" in told  # GPT-2's block needs more than half of the page


def test_one_model_gives_up_room_when_the_other_would_say_little() -> None:
    found = scene([model("bert"), model("gpt2")], DrawOptions())
    told = {i.text for i in found.walk() if isinstance(i, TextRun)}
    assert {"Attention", "CausalSelfAttention"} <= told  # the layers of both


@pytest.mark.parametrize("word", ["shapes", "legend"])
def test_what_columns_show_anyway_may_be_asked_for(word: str) -> None:
    models = [model("lenet"), model("alexnet")]
    assert scene(models, DrawOptions(show=(word,))) == scene(models, DrawOptions())


def test_what_differs_in_blocks_of_one_name_is_marked() -> None:
    """A layer of Mixtral has experts where Llama's has one network; attention is the same."""
    found = scene([model("moe"), model("llama")], DrawOptions())
    words = {i.text for i in found.walk() if isinstance(i, TextRun)}
    assert {"MixtureOfExperts", "SwiGLU", "Attention"} <= words
    marked = [i.path.rpartition("/")[2] for i in found.walk() if isinstance(i, Box) and i.css == "differs"]
    assert marked.count("block_sparse_moe") == marked.count("mlp") == 1
    assert "self_attn" not in marked


def test_a_stage_is_of_one_resolution_wherever_channels_stand() -> None:
    """ConvNeXt normalizes with its channels last."""
    found = scene([model("resnet"), model("convnext")], DrawOptions())
    sizes = [i.text for i in found.walk() if isinstance(i, TextRun) and re.fullmatch(r"\d+×\d+", i.text)]
    assert sizes == [f"{n}×{n}" for n in (112, 56, 28, 14, 7, 1)]


def test_a_line_between_stages_leaves_out_a_name() -> None:
    found = scene([model("lenet"), model("alexnet"), model("vgg")], DrawOptions())
    assert faults(found) == []


def test_a_u_that_has_little_room_shows_its_upper_levels() -> None:
    small = scene([model("unet"), model("fpn")], DrawOptions())
    words = [i.text for i in small.walk() if isinstance(i, TextRun)]
    assert small.height <= PAGE_HEIGHT and small.width <= PAGE_WIDTH
    assert "Level" in words and 1 <= words.count("Concat") < 4  # of four


def test_stages_of_nearly_one_size_stand_in_one_row() -> None:
    found = scene([model("resnet"), model("wide_resnet")], DrawOptions())
    at = {i.text: (i.x, i.y) for i in found.walk() if isinstance(i, TextRun)}
    for one, other in (("32×32", "28×28"), ("16×16", "14×14"), ("8×8", "7×7")):
        assert at[one][0] == at[other][0] and 0 < at[other][1] - at[one][1] < 15
    order = [at[size][1] for size in ("112×112", "56×56", "32×32", "16×16", "8×8", "1×1")]
    assert order == sorted(order)


def test_like_blocks_of_a_stage_are_one_where_there_is_little_room() -> None:
    found = scene([model("mobilenet_v2"), model("mobilenet_v3")], DrawOptions())
    told = Counter(i.text for i in found.walk() if isinstance(i, TextRun))
    assert told["Bottleneck"] >= 4 and told["×6"] == 1  # four and two blocks of 14 × 14
    asked = scene([model("mobilenet_v2"), model("mobilenet_v3")], DrawOptions(depth=1))
    assert asked.height > found.height


def test_equal_output_sizes_stand_at_equal_heights() -> None:
    found = scene([model("vgg", "VGG19"), model("resnet", "ResNet34")], DrawOptions())
    stages = [
        i for i in found.walk() if isinstance(i, TextRun) and i.text in ("112×112", "56×56", "28×28", "14×14", "7×7")
    ]
    assert [i.text for i in sorted(stages, key=lambda i: i.y)] == ["112×112", "56×56", "28×28", "14×14", "7×7"]
    heights = {i.path: i.y for i in found.walk() if isinstance(i, Box) and i.path}
    # What makes the first tensor of a size: poolings of VGG; of ResNet a convolution, a pooling, blocks with stride 2.
    makers = ("conv1", "max_pool", "layer2/0", "layer3/0", "layer4/0")
    for number, maker in enumerate(makers):
        assert heights[f"VGG19/features/{number}/max_pool"] == heights[f"ResNet34/{maker}"]


def test_what_differs_is_marked() -> None:
    found = scene([model("resnet", "ResNet50"), model("resnet", "ResNet101")], DrawOptions())
    marked = [i.path for i in found.walk() if isinstance(i, Box) and i.css == "differs"]
    # Five more and twenty-two more bottlenecks; all else is the same.
    assert marked == ["ResNet50/layer3/1", "ResNet101/layer3/1"]


@pytest.mark.parametrize(("name", "steps"), [("rnn", 3), ("lstm", 3), ("rnn", 1), ("rnn", 12)])
def test_steps_of_a_recurrence(name: str, steps: int) -> None:
    found = scene([model(name)], DrawOptions(unroll=steps))
    assert faults(found) == []
    groups = [i for i in found.walk() if isinstance(i, Group) and i.css == "step"]
    full = [g for g in groups if not any(getattr(i, "theme", "").endswith(".faded") for i in Scene(0, 0, (g,)).walk())]
    assert (len(groups), len(full)) == (steps, 1)


def test_steps_that_need_room_have_plain_neighbours() -> None:
    """As Olah draws an LSTM: the cell in full between two boxes with its name."""
    found = scene([model("lstm")], DrawOptions(unroll=3))
    assert found.width <= PAGE_HEIGHT and found.height <= PAGE_WIDTH  # it may lie across the page
    groups = [i for i in found.walk() if isinstance(i, Group) and i.css == "step"]
    assert [sum(isinstance(i, Circle) for i in Scene(0, 0, (g,)).walk()) for g in groups] == [0, 4, 0]
    assert [i.text for i in found.walk() if isinstance(i, TextRun) and i.text == "LSTMCell"] == ["LSTMCell"] * 3


def test_repeats_are_written_out() -> None:
    folded = scene([model("resnet")], DrawOptions(depth=1))
    apart = scene([model("resnet")], DrawOptions(depth=1, unroll=6))
    paths = {i.path for i in apart.walk() if isinstance(i, Box)}
    assert {f"layer3/{k}" for k in range(6)} <= paths
    assert not {f"layer3/{k}" for k in range(6)} <= {i.path for i in folded.walk() if isinstance(i, Box)}
    assert geometry.faults(apart) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (DrawOptions(view="volume"), "overview"),
        (DrawOptions(theme="blue"), "dark"),
        (DrawOptions(format="bmp"), "svg"),
        (DrawOptions(show=("weights",)), "params"),
        (DrawOptions(view="volumes", direction="up"), "right"),
        (DrawOptions(view="overview", direction="right"), "down"),
        (DrawOptions(view="tensors", format="mmd"), "blocks"),
        (DrawOptions(unroll=1000), "24"),
        (DrawOptions(view="volumes", show=("params",)), "shapes, legend"),
        (DrawOptions(view="overview", compact=True), "blocks"),
        (DrawOptions(view="overview", unroll=3), "other views"),
        (DrawOptions(format="txt", view="overview"), "blocks"),
        (DrawOptions(format="txt", direction="right"), "down"),
        (DrawOptions(format="txt", show=("legend",)), "legend"),
        (DrawOptions(format="mmd", theme="dark"), "--theme"),
        (DrawOptions(format="dot", show=("legend",)), "legend"),
        (DrawOptions(format="dot", engine="dot"), "--engine"),
        (DrawOptions(format="pdf", text="paths"), "svg"),
        (DrawOptions(format="svg", scale=3.0), "png"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cant_be_drawn_is_refused_with_what_there_is(options: DrawOptions, words: str) -> None:
    with pytest.raises((DrawError, ThemeError), match=words):
        draw([model("vgg")], options)


@pytest.mark.parametrize("view", ["tensors", "volumes"])
def test_what_is_asked_of_a_view_is_done(view: str) -> None:
    """Blocks open and close by path and by type, and copies are written out; what fits a page doesn't matter then."""

    def paths(name: str, **options: object) -> set[str]:
        found = scene([model(name)], DrawOptions(view=view, **options))  # type: ignore[arg-type]
        assert faults(found) == []
        return {i.path for i in found.walk() if isinstance(i, Box | Circle | Polygon) and i.path}

    assert "layer2/0/conv1" not in paths("resnet") and "layer2/0/conv1" in paths("resnet", expand=("layer2/0",))
    assert "layer3/0/conv1" in paths("resnet", expand=("BasicBlock",))
    assert {f"layer3/{k}" for k in range(6)} <= paths("resnet", unroll=6)
    assert "layer3/4/conv1" in paths("resnet", unroll=6, expand=("BasicBlock",))
    assert "level/down" in paths("unet", collapse=("DoubleConv",))
    # What would stay closed for want of room opens around it.
    assert "transformer/h/11/attn" in paths("gpt2", unroll=12, expand=("Block",))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (DrawOptions(expand=("Block",)), "--unroll 12"),
        (DrawOptions(expand=("CausalSelfAttention",)), "--expand that one too"),
        (DrawOptions(unroll=3), "nothing here is repeated 3 times or less"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("view", ["tensors", "volumes", "neurons"])
def test_what_a_view_cant_do_is_said(view: str, options: DrawOptions, words: str) -> None:
    with pytest.raises(DrawError, match=words):
        draw([model("gpt2")], replace(options, view=view))


def test_what_an_overview_cant_open_is_said() -> None:
    with pytest.raises(DrawError, match="--expand it too"):
        draw([model("gpt2")], DrawOptions(view="overview", expand=("CausalSelfAttention",)))
    both = scene([model("gpt2")], DrawOptions(view="overview", expand=("Block", "CausalSelfAttention")))
    assert faults(both) == []


@pytest.mark.parametrize("view", OTHERS)
def test_too_large_a_figure_is_refused_with_what_to_do(view: str) -> None:
    with pytest.raises(DrawError, match=r"3,096 operations.*into blocks"):
        draw([large()], DrawOptions(view=view, depth=9))


@pytest.mark.parametrize("view", OTHERS)
def test_a_model_without_inputs(view: str) -> None:
    constant = mn.loads("Zeros[3] -> ReLU -> Out").ir
    if view == "overview":
        assert faults(scene([constant], DrawOptions(view=view))) == []
    else:
        with pytest.raises(DrawError, match="blocks"):
            draw([constant], DrawOptions(view=view))


@pytest.mark.parametrize("view", ["volumes", "tensors"])
def test_fifty_branches(view: str) -> None:
    wide = mn.loads("x:In[B, 8] -> [h:Linear(8) for i in 0..50] -> Concat -> Out").ir
    assert faults(scene([wide], DrawOptions(view=view))) == []


def test_a_legend_below_the_blocks() -> None:
    plain, told = (scene([model("lenet")], DrawOptions(show=show)) for show in ((), ("legend",)))
    words = {i.text for i in told.walk() if isinstance(i, TextRun)} - {
        i.text for i in plain.walk() if isinstance(i, TextRun)
    }
    assert {"convolution", "linear"} <= words
    assert faults(told) == []


def test_what_follows_a_convolution_is_said_though_its_groups_differ() -> None:
    """The first unit of ShuffleNet has no groups in its first convolution (Zhang et al. 2017)."""
    text = """
    +Unit(C, groups) {
        x:In[B, C, H, W] -> Conv(C, 1, groups = groups) -> BN -> ReLU -> Conv(C, 3, padding = 1) -> BN -> y
        [x, y] -> Add -> Out
    }
    In[B, 8, 32, 32] -> Unit(8, 1) -> Conv(16, 1) -> Unit(16, 4) -> MaxPool(2) -> Unit(16, 2) -> Out
    """
    found = scene([mn.loads(text).ir], DrawOptions(view="overview"))
    assert [i.text for i in found.walk() if isinstance(i, TextRun)].count("BN · ReLU") == 1


def test_a_note_below_a_block_is_clear_of_its_neighbours() -> None:
    """The two generators and discriminators of CycleGAN (Zhu et al. 2017)."""
    text = """
    +Block(C) {
        x:In[B, C, H, W] -> Pad(1, 1, 1, 1, mode = "reflect") -> Conv(C, 3) -> InstanceNorm -> ReLU
        -> Pad(1, 1, 1, 1, mode = "reflect") -> Conv(C, 3) -> InstanceNorm -> y
        [x, y] -> Add -> Out
    }
    +Generator {
        In[B, 3, H, W] -> Pad(3, 3, 3, 3, mode = "reflect") -> Conv(64, 7) -> InstanceNorm -> ReLU
        -> (Conv(64 * 2 ** i, 3, stride = 2, padding = 1) -> InstanceNorm -> ReLU) for i in 1..3 -> Block(256) * 9
        -> (ConvTranspose(64 * m, 3, stride = 2, padding = 1, output_padding = 1) -> InstanceNorm
        -> ReLU) for m in [2, 1]
        -> Pad(3, 3, 3, 3, mode = "reflect") -> Conv(3, 7) -> Tanh -> Out
    }
    +Critic {
        In[B, 3, H, W] -> Conv(64, 4, stride = 2, padding = 1) -> LeakyReLU(0.2)
        -> (Conv(64 * m, 4, stride = s, padding = 1) -> InstanceNorm
        -> LeakyReLU(0.2)) for (m, s) in [(2, 2), (4, 2), (8, 1)]
        -> Conv(1, 4, padding = 1) -> Out
    }
    g:Generator
    f:Generator
    a:In[B, 3, 256, 256] -> g() -> fakeB -> f() -> backA:Out
    b:In[B, 3, 256, 256] -> f() -> fakeA -> g() -> backB:Out
    fakeB -> Critic -> scoreB:Out
    fakeA -> Critic -> scoreA:Out
    """
    found = scene([mn.loads(text).ir], DrawOptions(view="overview"))
    notes = [text_rect(i) for i in found.walk() if isinstance(i, TextRun) and i.text.startswith("Conv: then")]
    frames = [(i.x, i.y, i.x + i.w, i.y + i.h) for i in found.walk() if isinstance(i, Box) and i.css.endswith("frame")]
    assert notes and frames
    assert not [(n, f) for n in notes for f in frames if overlap(n, f, 0.5)]


@cache
def large() -> Model:
    return mn.loads("x:In[B, 3] -> " + " -> ".join(f"Linear({n})" for n in range(4, 3100)) + " -> Out").ir


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


def test_many_arrows_end_on_what_they_lead_to() -> None:
    """Three operands of an attention, thirty skips of a WaveNet."""
    for name, view in (("attention", "neurons"), ("wavenet", "volumes")):
        assert list(off_the_end(scene([model(name)], DrawOptions(view=view, depth=1)))) == []


LAYER = """
+Layer(heads) {
    x:In[B, N, D]
    pos:In[B, N, D]
    [x, pos] -> Add -> q
    [query = q, key = q, value = x] -> MultiHeadAttention(heads) -> Dropout(0.1) -> a
    [x, a] -> Add -> LN -> y
    y -> Linear(4 * D) -> ReLU -> Dropout(0.1) -> Linear(D) -> Dropout(0.1) -> f
    [y, f] -> Add -> LN -> Out[B, N, D]
}
"""


def test_an_overview_shows_one_of_its_blocks_however_large() -> None:
    """A short column says nothing of what its blocks are made of."""
    deep = "\n".join(f"        -> Conv(C, 3, padding = 1) -> {act}" for act in ("ReLU", "Tanh", "Sigmoid", "GELU") * 4)
    block = f"+Deep(C) {{\n    x:In[B, C, H, W]\n{deep} -> y\n    [x, y] -> Add -> Out }}\n"
    text = f"{block}In[B, 8, 4, 4] -> Deep(8) * 2 -> Out"
    found = scene([mn.loads(text).ir], DrawOptions(view="overview"))
    assert [i.title for i in found.walk() if isinstance(i, Group) and i.css == "inset"] == ["Deep"]
    assert faults(found) == []


def test_what_arrives_at_a_frame_goes_on_inside_it() -> None:
    """A line that stops at the frame beside the one that goes on looks like another one."""
    loop = """
        start:In[B, 8]
        times:In[B, 20, 1]
        [times, x = start] -> Scan(axis = 1) {
            t:In[B, 1]
            x:State[B, 8]
            [x, t] -> Step -> [x, Out]
        } -> Out
        +Step { x:In[B, D]; t:In[B, 1]; [x, t] -> Concat -> Linear(D) -> Tanh -> y; [x, y] -> Add -> Out }
    """
    layer = LAYER + "[x:In[B, N, 64], pos:In[B, N, 64]] -> Layer(8) * 6 -> Out"
    for text, view in ((layer, "overview"), (loop, "blocks")):
        found = scene([mn.loads(text).ir], DrawOptions(view=view))
        wires = [i for i in found.walk() if isinstance(i, Wire)]
        for frame in [i for i in found.walk() if isinstance(i, Box) and i.css == "frame"]:
            on = {i.points[0][0] for i in wires if abs(i.points[0][1] - frame.y) < 0.5}
            for wire in [i for i in wires if i.target == frame.path and abs(i.points[-1][1] - frame.y) < 0.5]:
                assert any(abs(wire.points[-1][0] - x) <= 2 for x in on), (frame.path, wire.points, on)


@pytest.mark.parametrize("name", ["lstm", "whisper", "attention"])
def test_a_join_keeps_clear_of_the_names_of_inputs(name: str) -> None:
    found = drawn(name, "overview")
    names = [text_rect(i) for i in found.walk() if isinstance(i, TextRun) and i.css.startswith("port")]
    joins = [i for i in found.walk() if isinstance(i, Wire) and "join" in i.css]
    assert joins
    for join in joins:
        for (ax, ay), (bx, by) in pairwise(join.points):
            line = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
            assert not any(overlap(line, rect, -1.0) for rect in names), join.points


def test_a_batch_set_against_itself_is_said() -> None:
    text = "x:In[B, 8] -> Transpose(0, 1) -> t\n[x, t] -> MatMul -> Softmax -> Out"
    found = scene([mn.loads(text).ir], DrawOptions())
    assert "B×B" in [i.text for i in found.walk() if isinstance(i, TextRun)]
