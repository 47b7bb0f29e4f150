"""What fits a page only with fewer words, or with less in it."""

from __future__ import annotations

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, drawing, scene
from moniel2.layout.layout import layout
from moniel2.layout.page import PAGE_HEIGHT, PAGE_WIDTH
from moniel2.layout.scene import Circle, Scene, TextRun, Wire
from moniel2.layout.views.tight import tightly
from tests.view_laws import faults
from tests.views.figures import model

# A layer of Tan et al. 2019, "EfficientDet".
BIFPN = """
+BiFPN(C = 64) {
    p3:In[B, C, 16*h, 16*w]; p4:In[B, C, 8*h, 8*w]; p5:In[B, C, 4*h, 4*w]; p6:In[B, C, 2*h, 2*w]; p7:In[B, C, h, w]
    [p6, p7 -> Upsample(2)] -> Node(C) -> m6
    [p5, m6 -> Upsample(2)] -> Node(C) -> m5
    [p4, m5 -> Upsample(2)] -> Node(C) -> m4
    [p3, m4 -> Upsample(2)] -> Node(C) -> o3:Out
    [p4, m4, o3 -> MaxPool(2)] -> Node(C) -> o4:Out
    [p5, m5, o4 -> MaxPool(2)] -> Node(C) -> o5:Out
    [p6, m6, o5 -> MaxPool(2)] -> Node(C) -> o6:Out
    [p7, o6 -> MaxPool(2)] -> Node(C) -> o7:Out
}
+Node(C) {
    a:In[B, C, H, W]; b:In[B, C, H, W]; c:In?[B, C, H, W]
    if c { [a, b, c] -> Add -> s } else { [a, b] -> Add -> s }
    s -> Swish -> Conv(C, 3, padding = 1, groups = C, bias = false) -> Conv(C, 1) -> BN -> Out
}
a:In[B, 64, 16*h, 16*w]; b:In[B, 64, 8*h, 8*w]; c:In[B, 64, 4*h, 4*w]; d:In[B, 64, 2*h, 2*w]; e:In[B, 64, h, w]
[a, b, c, d, e] -> BiFPN * 3 -> [o3:Out, o4:Out, o5:Out, o6:Out, o7:Out]
"""
# The zero convolutions of Zhang, Rao and Agrawala 2023, "Adding Conditional Control to Text-to-Image Diffusion Models".
ZERO = """
x:In[B, 8, 32, 32] -> Conv(320, 3, padding = 1) -> h
h -> [a:Conv(1280, 1), b:Conv(1281, 1), c:Conv(1282, 1), d:Conv(1283, 1), e:Conv(1284, 1), f:Conv(1285, 1)]
a -> Conv(8, 1) -> a2; b -> Conv(9, 1) -> b2; c -> Conv(10, 1) -> c2
d -> Conv(11, 1) -> d2; e -> Conv(12, 1) -> e2; f -> Conv(13, 1) -> f2
[a2, b2, c2, d2, e2, f2] -> Concat -> Conv(4, 3, padding = 1) -> epsilon:Out
"""


def words(found: Scene) -> list[str]:
    return [i.text for i in found.walk() if isinstance(i, TextRun)]


def test_what_only_resizes_is_left_out_before_a_block_is_larger_than_a_page() -> None:
    found = scene([mn.loads(BIFPN).ir], DrawOptions(view="overview"))
    assert faults(found) == []
    assert found.width <= PAGE_WIDTH and found.height <= PAGE_HEIGHT
    assert "BiFPN" in words(found) and not any("Interpolate" in w or "MaxPool" in w for w in words(found))
    assert "Pooling, resizing and reshaping are not drawn." in words(found)
    assert "not drawn" in found.description


@pytest.mark.parametrize("view", ["blocks", "overview"])
def test_convolutions_are_told_briefly_where_they_are_wider_than_a_page(view: str) -> None:
    found = scene([mn.loads(ZERO).ir], DrawOptions(view=view))
    assert faults(found) == []
    assert found.width <= PAGE_WIDTH and "1×1, 1280" in words(found)


def test_what_skips_is_called_so_however_near_boxes_stand() -> None:
    shown = drawing(model("resnet_blocks"), DrawOptions())
    usual = layout(shown)
    assert "wire skip" in kinds(usual).values()
    assert kinds(layout(shown, tightly)) == kinds(usual)


def test_the_skips_of_a_u_are_called_so() -> None:
    skips = [ends for ends, css in kinds(layout(drawing(model("unet"), DrawOptions()))).items() if css == "wire skip"]
    assert len(skips) == 4


def kinds(found: Scene) -> dict[tuple[str, str], str]:
    """What each line is, by its ends."""
    return {(i.source, i.target): i.css for i in found.walk() if isinstance(i, Wire)}


@pytest.mark.parametrize("view", ["blocks", "overview", "tensors", "volumes"])
def test_many_branches_are_one(view: str) -> None:
    text = "x:In[B, 8] -> [h:Linear(16) for i in 0..50] -> Concat -> y:Out"
    found = scene([mn.loads(text).ir], DrawOptions(view=view))
    assert faults(found) == []
    assert max(found.width, found.height) < PAGE_WIDTH
    assert any("50" in word for word in words(found))
    assert "Concat" in words(found) or any(i.css == "op glyph" for i in found.walk() if isinstance(i, Circle))


@pytest.mark.parametrize("view", ["blocks", "overview"])
def test_many_branches_of_one_kind_are_one_where_a_page_has_no_room(view: str) -> None:
    found = scene(
        [mn.loads("x:In[B, 8] -> [Linear(i + 1) for i in 0..30] -> Concat -> y:Out[B, 465]").ir], DrawOptions(view=view)
    )
    assert found.width < PAGE_WIDTH
    assert "size 1 … 30" in words(found) and "1" not in words(found)


def test_copies_side_by_side_are_written_out_side_by_side() -> None:
    text = """
    +Expert(n) = Linear(n) -> ReLU -> Linear(n)
    x:In[B, 8] -> [a:Expert(8), b:Expert(8), c:Expert(8), d:Expert(8)] -> Add -> y:Out
    """
    expert = mn.loads(text).ir
    assert "×4" in words(scene([expert], DrawOptions(depth=0)))
    arrows = kinds(scene([expert], DrawOptions(unroll=4, depth=0)))
    assert {(f"{key}", "add") for key in "abcd"} <= set(arrows) and ("a", "b") not in arrows
