"""Several models side by side, aligned by stages where they are columns."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from moniel2.backends.draw import DrawOptions, scene
from moniel2.layout.page import PAGE_HEIGHT, PAGE_WIDTH
from moniel2.layout.scene import Box, Group, TextRun, Wire
from tests.view_laws import faults
from tests.views.figures import OTHERS, model

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


def test_a_layer_opens_where_columns_make_room_for_it() -> None:
    """A Transformer is as wide as a page: above it, a ViT in two columns shows its layer."""
    found = scene([model("vit"), model("transformer")], DrawOptions())
    assert found.width <= PAGE_WIDTH and found.height <= PAGE_HEIGHT
    assert "ViTBase16/blocks/0" in {i.path for i in found.walk() if isinstance(i, Box) and i.css == "frame"}


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


@pytest.mark.parametrize("view", ["blocks", "overview", "volumes"])
@pytest.mark.parametrize("names", [("vgg", "resnet"), ("unet", "lenet")])
def test_parts_of_several_models_are_told_apart(names: tuple[str, ...], view: str) -> None:
    models = [model(name) for name in names]
    found = scene(models, DrawOptions(view=view))
    paths = {i.path for i in found.walk() if isinstance(i, Group) and i.path and "inset" not in i.css}
    assert {p for p in paths if p.endswith("in:image")} == {f"{m.name}/in:image" for m in models}
    ends = {end for i in found.walk() if isinstance(i, Wire) for end in (i.source, i.target)}
    assert {end for end in ends if end.endswith("in:image")} <= paths
