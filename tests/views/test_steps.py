"""Recurrence step by step, and repeats written out."""

from __future__ import annotations

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, scene
from moniel2.layout.page import PAGE_HEIGHT, PAGE_WIDTH
from moniel2.layout.scene import Box, Circle, Group, Scene, TextRun, Wire
from tests import geometry
from tests.view_laws import faults
from tests.views.figures import model


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
