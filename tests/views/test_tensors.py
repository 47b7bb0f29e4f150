"""Tensors as boxes on levels, operations as arrows."""

from __future__ import annotations

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, scene
from moniel2.layout.scene import Box, Circle, TextRun, Wire
from tests.view_laws import faults
from tests.views.figures import drawn, model


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


@pytest.mark.parametrize(("name", "words"), [("unet_flat", "copy and crop"), ("unet", "copy")])
def test_what_is_cut_to_size_on_its_way_is_said(name: str, words: str) -> None:
    """The U-Net of Ronneberger et al. (2015) has no padding, so what is copied is larger than what it stands beside."""
    told = [i.text for i in drawn(name, "tensors").walk() if isinstance(i, TextRun)]
    assert [word for word in told if word.startswith("copy")] == [words]


def test_a_straight_arrow_runs_through_no_box_between() -> None:
    """The pyramid pooling of a PSPNet (Zhao et al. 2017), whose bins lie below one another."""
    text = """
    +Stage(C) = Conv(C, 3, stride = 2, padding = 1) -> Conv(C, 5, padding = 2) -> Conv(C, 7, padding = 3)
    image:In[B, 3, 32*h, 32*w] -> Stage(16) -> Stage(32) -> Stage(64) -> Stage(128) -> Stage(1024) -> mid
    mid -> Conv(2048, 1) -> x
    x -> [AdaptiveAvgPool(s) -> Conv(512, 1) -> Interpolate(size = (h, w)) for s in [1, 2, 3, 6]] -> pooled
    [x, pooled] -> Concat -> Conv(512, 3, padding = 1) -> Conv(21, 1) -> Upsample(32) -> y:Out
    mid -> Conv(256, 3, padding = 1) -> Conv(21, 1) -> Upsample(32) -> aux:Out
    """
    assert faults(scene([mn.loads(text).ir], DrawOptions(view="tensors"))) == []


def test_an_arrow_along_a_row_runs_through_nothing() -> None:
    """Heads of a RetinaNet (Lin et al. 2017), the same on all levels, whose rows are joined."""
    text = """
    +Head(out) = (Conv(32, 3, padding = 1) -> ReLU) * 4 -> Conv(out, 3, padding = 1)
    +Rows(per) = Rearrange("b (a k) h w -> b (h w a) k", k = per)
    cls:Head(180); box:Head(36)
    p3:In[B, 32, 4*h, 4*w] -> a; p4:In[B, 32, 2*h, 2*w] -> b; p5:In[B, 32, h, w] -> c
    [a -> cls() -> Rows(20), b -> cls() -> Rows(20), c -> cls() -> Rows(20)] -> Concat(axis = 1) -> logits:Out
    [a -> box() -> Rows(4), b -> box() -> Rows(4), c -> box() -> Rows(4)] -> Concat(axis = 1) -> boxes:Out
    """
    assert faults(scene([mn.loads(text).ir], DrawOptions(view="tensors"))) == []
