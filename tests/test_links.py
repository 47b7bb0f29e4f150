"""What has one set of weights is linked where both can be seen, and the link meets nothing else."""

from __future__ import annotations

import itertools
from pathlib import Path

import geometry
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import moniel2 as mn
from moniel2.backends.dot import dot
from moniel2.backends.mermaid import mermaid
from moniel2.backends.text import text
from moniel2.backends.theme import theme
from moniel2.layout.boxes import Direction
from moniel2.layout.diagram import Diagram
from moniel2.layout.layout import layout
from moniel2.layout.links import Rect, link
from moniel2.layout.pick import Wanted
from moniel2.layout.picture import Request, diagram
from moniel2.layout.scene import Scene, TextRun, Wire

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
TRIPLET = """
a:In[B, 32] -> f:Tower -> x
b:In[B, 32] -> f() -> y
c:In[B, 32] -> f() -> z
[x, y] -> Sub -> near:Out
[x, z] -> Sub -> far:Out
+Tower { In -> Linear(16) -> ReLU -> Linear(8) -> Out }
"""
AGAIN = "x:In[B, 16] -> a:Linear(16) -> ReLU -> Linear(8) -> ReLU -> Linear(16) -> a() -> y:Out"
STEPS = " -> ".join(f"Linear({16 + n}) -> LayerNorm -> ReLU" for n in range(5))
LONG = f"+Long {{ In -> {STEPS} -> Linear(16) -> Out }}"
PAIR = f"a:In[B, 16] -> judge:Long -> p:Out\nb:In[B, 16] -> paint:Long -> c -> judge() -> q:Out\nc -> r:Out\n{LONG}"
LATER = f"b:In[B, 16] -> paint:Long -> ReLU -> judge:Long -> q:Out\na:In[B, 16] -> judge() -> p:Out\n{LONG}"
DIRECTIONS: tuple[Direction, ...] = ("down", "right", "up", "left")


def links(scene: Scene) -> list[Wire]:
    return [i for i in scene.walk() if isinstance(i, Wire) and i.css == "link"]


def drawn(source: str, request: Request) -> Diagram:
    model = mn.load(EXAMPLES / f"{source}.nn") if source.isidentifier() else mn.loads(source)
    return diagram(model.ir, request)


def ends(found: list[Wire]) -> set[frozenset[str]]:
    return {frozenset((i.source, i.target)) for i in found}


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize(
    ("source", "joined"),
    [
        ("siamese", [("encoder", "encoder2")]),
        ("dcgan", [("discriminator", "discriminator2")]),
        (TRIPLET, [("f", "f2"), ("f", "f3")]),
        (PAIR, [("judge", "judge2")]),
        (LATER, [("judge", "judge2")]),
        (AGAIN, [("a", "a2")]),
    ],
)
def test_shared_weights_are_linked(
    source: str, joined: list[tuple[str, str]], depth: int, direction: Direction
) -> None:
    scene = layout(drawn(source, Request(direction=direction, wanted=Wanted(depth=depth))))
    found = links(scene)
    assert ends(found) == {frozenset(j) for j in joined}
    assert all(i.dashed and not i.arrow for i in found)
    assert not geometry.faults(scene)
    flat = geometry.flattened(scene)
    crossing = {n for pair in geometry.crossings(flat) for n in pair}
    assert not [n for n in crossing if flat.lines[n].wire.css == "link"]


def test_other_weights_are_not_linked() -> None:
    source = "x:In[B, 8] -> a:Linear(8) -> ReLU -> b:Linear(8) -> y:Out"
    assert not links(layout(drawn(source, Request())))


def test_texts_say_it_too() -> None:
    for depth in (0, 1):
        figure = drawn("siamese", Request(wanted=Wanted(depth=depth)))
        (edge,) = [e for e in dot(figure, theme("light")).splitlines() if "dir=none" in e]
        assert "style=dashed" in edge and 'label="shared weights"' in edge
        cut = 'ltail="cluster_n_0", lhead="cluster_n_1"'
        assert (cut in edge) == (depth == 1)
        assert '    n_0 -.-|"shared weights"| n_1' in mermaid(figure).splitlines()


def test_a_tied_weight_says_whose_it_is() -> None:
    source = "x:In(int64)[B, N] -> e:Embedding(100, 8) -> Linear(100, weight = e.weight, bias = false) -> y:Out"
    said = [i.text for i in layout(drawn(source, Request())).walk() if isinstance(i, TextRun)]
    assert "weight of e" in said


def test_copies_with_one_set_of_weights_say_so_and_count_once() -> None:
    source = "x:In[B, 16] -> a:Linear(16) -> a() -> a() -> ReLU -> b:Linear(16) -> y:Out"
    said = [i.text for i in layout(drawn(source, Request())).walk() if isinstance(i, TextRun)]
    assert said.count("shared weights") == 1 and said.count("×3") == 1
    table = text(mn.loads(source).ir, Request())
    (row,) = [line for line in table.splitlines() if "×3" in line]
    assert "(shared weights)" in row and "272" in row and "816" not in row  # 16 × 16 + 16


def test_what_follows_with_other_weights_is_not_one_of_the_copies() -> None:
    said = [i.text for i in layout(drawn(AGAIN, Request())).walk() if isinstance(i, TextRun)]
    assert "×2" not in said


def box(x: int, y: int, w: int, h: int) -> Rect:
    return (x * 10.0, y * 10.0, (x + w) * 10.0, (y + h) * 10.0)


BOXES = st.builds(box, st.integers(0, 20), st.integers(0, 20), st.integers(1, 6), st.integers(1, 6))


@settings(max_examples=300, deadline=None)
@given(BOXES, BOXES, st.lists(BOXES, max_size=8))
def test_a_link_runs_through_free_space(a: Rect, b: Rect, others: list[Rect]) -> None:
    points = link(a, b, others, (), (-20.0, -20.0, 280.0, 280.0))
    for (px, py), (qx, qy) in itertools.pairwise(points):
        assert px == qx or py == qy
        low, high = (min(px, qx), min(py, qy)), (max(px, qx), max(py, qy))
        for left, top, right, bottom in others:
            assert high[0] <= left or low[0] >= right or high[1] <= top or low[1] >= bottom


def test_a_link_that_has_no_room_is_not_drawn() -> None:
    a, b = box(0, 0, 2, 2), box(6, 0, 2, 2)
    wide = (-50.0, -50.0, 150.0, 150.0)
    assert link(a, b, (), (), wide) == ((20.0, 10.0), (60.0, 10.0))
    wall = box(3, -2, 2, 8)
    assert link(a, b, [wall], (), (-50.0, -20.0, 150.0, 60.0)) == ()
    assert link(a, b, (), [((40.0, -90.0), (40.0, 190.0))], wide) == ()


def test_a_link_goes_round_what_is_in_its_way() -> None:
    a, b, wall = box(0, 0, 2, 2), box(6, 0, 2, 2), box(3, -2, 2, 8)
    points = link(a, b, [wall], (), (-50.0, -50.0, 150.0, 150.0))
    assert len(points) == 4 and min(y for _, y in points) < -20.0


def test_of_many_with_one_set_of_weights_each_is_linked_to_the_nearest() -> None:
    heads = "\n".join(f"x -> Linear(16) -> {'h:Head' if n == 0 else 'h()'} -> o{n}:Out" for n in range(5))
    source = f"x:In[B, 32]\n{heads}\n+Head {{ In -> Linear(16) -> ReLU -> Linear(8) -> Out }}"
    found = links(layout(drawn(source, Request(wanted=Wanted(depth=0)))))
    assert ends(found) == {frozenset((f"h{n or ''}".replace("h1", "h"), f"h{n + 1}")) for n in range(1, 5)}
