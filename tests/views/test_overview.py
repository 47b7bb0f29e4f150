"""The column of stages with an inset for each kind of block."""

from __future__ import annotations

from itertools import pairwise

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, scene
from moniel2.layout.page import PAGE_HEIGHT, PAGE_WIDTH
from moniel2.layout.scene import Box, Group, TextRun, Wire
from tests.geometry import text_rect
from tests.view_laws import faults, overlap
from tests.views.figures import drawn, model


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


def test_an_overview_shows_one_of_its_blocks_however_large() -> None:
    """A short column says nothing of what its blocks are made of."""
    deep = "\n".join(f"        -> Conv(C, 3, padding = 1) -> {act}" for act in ("ReLU", "Tanh", "Sigmoid", "GELU") * 4)
    block = f"+Deep(C) {{\n    x:In[B, C, H, W]\n{deep} -> y\n    [x, y] -> Add -> Out }}\n"
    text = f"{block}In[B, 8, 4, 4] -> Deep(8) * 2 -> Out"
    found = scene([mn.loads(text).ir], DrawOptions(view="overview"))
    assert [i.title for i in found.walk() if isinstance(i, Group) and i.css == "inset"] == ["Deep"]
    assert faults(found) == []


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


def test_a_block_that_is_higher_than_a_page_stands_in_columns() -> None:
    """A Conformer's block (Gulati et al. 2020): half a feed forward, attention, convolution, the other half."""
    text = """
    +Half { x:In[B, T, D] -> LN -> Linear(4 * D) -> SiLU -> Dropout(0.1) -> Linear(D) -> Dropout(0.1) -> Mul(0.5) -> y
        [x, y] -> Add -> Out }
    +Heard { x:In[B, T, D] -> LN -> MultiHeadAttention(4) -> y; [x, y] -> Add -> Out }
    +Convolved { x:In[B, T, D] -> LN -> Transpose(1, 2) -> Conv1d(2 * D, 1) -> GLU(axis = 1)
        -> Conv1d(D, 31, padding = 15, groups = D) -> BN -> SiLU -> Conv1d(D, 1) -> Transpose(1, 2) -> y
        [x, y] -> Add -> Out }
    +Conformer { In -> Half -> Heard -> Convolved -> Half -> LN -> Out }
    x:In[B, T, 144] -> Conformer * 16 -> Linear(1000) -> Out
    """
    found = scene([mn.loads(text).ir], DrawOptions(view="overview"))
    assert faults(found) == []
    assert found.width <= PAGE_WIDTH and found.height <= PAGE_HEIGHT
    assert [i.title for i in found.walk() if isinstance(i, Group) and i.css == "inset"]


@pytest.mark.parametrize("name", ["lstm", "rnn", "gru_attention"])
def test_what_a_step_leaves_to_the_next_runs_back(name: str) -> None:
    """In the frame of its loop, and in the column if that is open there."""
    ways = [drawn(name, "overview"), scene([model(name)], DrawOptions(view="overview", depth=2))]
    for found in ways:
        assert faults(found) == []
        assert any(i.dashed for i in found.walk() if isinstance(i, Wire))
    assert "context" not in [i.text for i in ways[0].walk() if isinstance(i, TextRun)]


def test_a_loop_that_has_no_room_beside_the_column_is_open_in_it() -> None:
    wide = " -> ".join(f"Linear({n})" for n in range(8, 16))
    text = f"""
    x:In[B, T, 8] -> loop:Scan(axis = 1) {{
        now:In[B, 8]; h:State[B, 8]
        [now, h] -> Concat(axis = 1) -> {wide} -> Linear(8) -> h
        h -> Out
    }} -> {wide} -> y:Out
    """
    found = scene([mn.loads(text).ir], DrawOptions(view="overview"))
    assert faults(found) == [] and any(i.dashed for i in found.walk() if isinstance(i, Wire))


DETECTOR = """
image:In[B, 3, 64, 64] -> Conv(8, 3, padding = 1) -> MaxPool(2) -> Conv(16, 3, padding = 1) -> features:Out
regions:In[R, 16, 7, 7] -> Flatten -> Linear(64) -> ReLU -> scores:Out
masks:In[R, 16, 14, 14] -> Conv(16, 3, padding = 1) -> ConvTranspose(16, 2, stride = 2) -> shapes:Out
"""


@pytest.mark.parametrize("view", ["overview", "tensors"])
def test_what_isnt_wired_stands_side_by_side(view: str) -> None:
    """The heads of a detector that reads its regions from elsewhere."""
    found = scene([mn.loads(DETECTOR).ir], DrawOptions(view=view))
    assert faults(found) == []
    ends = {i.text: i for i in found.walk() if isinstance(i, TextRun) and i.theme == "text.port"}
    assert set(ends) == {"image", "features", "regions", "scores", "masks", "shapes"}
    assert ends["image"].x < ends["regions"].x < ends["masks"].x


def test_letters_stand_for_what_is_calculated_not_for_numbers_that_agree() -> None:
    """In PointNet++ widths happen to be multiples of how many samples there are (Qi et al. 2017); in the other block
    they are."""
    text = """
    +Sampled(samples, widths) { In[B, C, N, samples] -> Conv(w, 1) for w in widths -> Pad(0, samples) -> Out }
    +Bottle(width) { In -> Conv(width, 1) -> Conv(4 * width, 1) -> Out }
    In[B, 3, 64, 32] -> Sampled(32, [64, 128]) -> Sampled(64, [128, 256]) -> Bottle(16) -> Bottle(8) -> Out
    """
    words = [i.text for i in scene([mn.loads(text).ir], DrawOptions(view="overview")).walk() if isinstance(i, TextRun)]
    assert not any("samples" in word and word[0].isdigit() for word in words)
    assert any("4width" in word for word in words)


def test_pooling_that_is_no_resizing_is_always_drawn() -> None:
    """NASNet's cells average without making maps smaller (Zoph et al. 2017)."""
    branches = "\n".join(
        f"x -> AvgPool({k}, 1, padding = {k // 2}) -> Conv({900 + k}, {k}, padding = {k // 2}) -> b{k}"
        for k in range(3, 21, 2)
    )
    text = f"x:In[B, 8, 64, 64]\n{branches}\n[{', '.join(f'b{k}' for k in range(3, 21, 2))}] -> Concat -> Out"
    found = scene([mn.loads(text).ir], DrawOptions(view="overview"))
    words = [i.text for i in found.walk() if isinstance(i, TextRun)]
    assert sum(w.lower().startswith("avg") for w in words) == 9
