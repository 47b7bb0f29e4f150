"""What isn't wired to each other fits a page together, and what has one set of weights stands level."""

from __future__ import annotations

import geometry
import pytest

import moniel2 as mn
from moniel2.layout.boxes import Direction
from moniel2.layout.layout import layout
from moniel2.layout.page import PAGE_WIDTH
from moniel2.layout.pick import Wanted
from moniel2.layout.picture import Request, diagram
from moniel2.layout.scene import Box, Scene, TextRun

DIRECTIONS: tuple[Direction, ...] = ("down", "right", "up", "left")
# Three networks in one figure, the first as wide as a page: a detector and the heads that are run on what it found.
WIDE = """
x:In[B, 64]
x -> Linear(64) -> ReLU -> [p1:Out, p2:Out]
{ROWS}
regions:In[R, 64] -> box:Linear(91) -> classes:Out
masks:In[R, 64] -> mask:Linear(784) -> pixels:Out
"""
ROWS = "\n".join(f"x -> h{n}:Linear(1{n}) -> head_number_{n}:Out" for n in range(6))


def drawn(text: str, depth: int, direction: Direction = "down") -> Scene:
    return layout(diagram(mn.loads(text).ir, Request(direction=direction, wanted=Wanted(depth))))


def boxes(scene: Scene) -> dict[str, Box]:
    return {i.path: i for i in scene.walk() if isinstance(i, Box)}


def test_what_has_no_room_beside_stands_below() -> None:
    scene = drawn(WIDE.replace("{ROWS}", ROWS), 1)
    assert geometry.faults(scene) == []
    found = boxes(scene)
    assert min(found["box"].y, found["mask"].y) > found["h5"].y + found["h5"].h
    assert found["box"].y == found["mask"].y
    assert scene.width < 1.3 * PAGE_WIDTH


def test_what_fits_stands_side_by_side() -> None:
    found = boxes(drawn("a:In[B, 8] -> f:Linear(8) -> p:Out\nb:In[B, 8] -> g:Linear(8) -> q:Out", 1))
    assert found["f"].y == found["g"].y


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_pieces_are_sound_in_every_direction(direction: Direction) -> None:
    assert geometry.faults(drawn(WIDE.replace("{ROWS}", ROWS), 1, direction)) == []


GAN = """
noise:In[B, 8] -> paint:Painter -> fake:Out
fake -> judge() -> p_fake:Out
picture:In[B, 32] -> judge:Judge -> p_picture:Out
+Painter { In -> Linear(16) -> ReLU -> Linear(32) -> Tanh -> Out }
+Judge { In -> Linear(16) -> ReLU -> Linear(1) -> Sigmoid -> Out }
"""


@pytest.mark.parametrize("depth", [0, 1])
def test_what_has_the_same_weights_stands_level(depth: int) -> None:
    """In a GAN the judge of paintings beside the judge of pictures, below the painter."""
    found = boxes(drawn(GAN, depth))
    one, other = found["judge"], found["judge2"]
    assert one.y == other.y
    assert one.y > found["paint"].y + found["paint"].h


def test_a_name_never_stands_in_a_column_alone() -> None:
    steps = " -> ".join(f"Linear({100 + n}) -> LayerNorm -> ReLU" for n in range(12))
    scene = drawn(f"x:In[B, 16] -> {steps} -> y:Out", 1, "right")
    first, last = (next(i for i in scene.walk() if isinstance(i, TextRun) and i.text == name) for name in "xy")
    tops = sorted({i.y for i in boxes(scene).values()})
    assert len(tops) > 1
    assert any(abs(i.y + i.h / 2 - first.y) < 10 for i in boxes(scene).values())
    assert any(abs(i.y + i.h / 2 - last.y) < 10 for i in boxes(scene).values())
