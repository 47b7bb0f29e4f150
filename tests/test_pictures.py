"""The geometry of every picture: what ``geometry.py`` checks, on all examples, and on graphs made at random."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import geometry
import networks
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tangles import tangle

import moniel2 as mn
from benchmarks.graphs import bodies, flat_of, ours
from benchmarks.metrics import NOTHING, measured
from moniel2.backends.svg import svg
from moniel2.backends.theme import theme
from moniel2.ir.model import Model
from moniel2.layout.boxes import Direction
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Port
from moniel2.layout.draft import TooManyParts
from moniel2.layout.layout import layout
from moniel2.layout.page import MOST_PARTS, POINT
from moniel2.layout.pick import Wanted, visible
from moniel2.layout.picture import Request, diagram
from moniel2.layout.scene import Box, Circle, Scene, TextRun, Wire, rounded

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.nn"))
DIRECTIONS: tuple[Direction, ...] = ("down", "right", "up", "left")
MANNERS = (
    Request(),
    Request(compact=True),
    Request(show=("params", "macs", "args", "names"), title="A figure"),
    Request(hide=("shapes", "activations")),
    Request(unroll=4),
)
PAGE_WIDTH, PAGE_HEIGHT = 14 / 2.54 * 96, 20 / 2.54 * 96


@cache
def model(name: str) -> Model:
    return mn.load(ROOT / "examples" / f"{name}.nn").ir


@cache
def drawn(name: str, direction: Direction = "down") -> Diagram:
    return diagram(model(name), Request(direction=direction))


@cache
def pictured(name: str, direction: Direction = "down") -> Scene:
    return layout(drawn(name, direction))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_default_figure_is_sound(name: str) -> None:
    for direction in ("down", "right"):
        scene = pictured(name, direction)
        assert geometry.faults(scene) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_figures_of_every_depth_are_sound(name: str) -> None:
    """As deep as a hundred boxes go; directions and manners take turns, since they differ in little."""
    for depth in range(8):
        turn = depth + EXAMPLES.index(name)
        wanted = Wanted(depth, limit=120)
        request = replace(MANNERS[turn % len(MANNERS)], direction=DIRECTIONS[turn % len(DIRECTIONS)], wanted=wanted)
        try:
            found = diagram(model(name), request)
        except TooManyParts:
            break
        assert geometry.faults(layout(found)) == [], request


# Pieces of the longest way that bend, where another one is the main way: what is steered, the images of two towers,
# what a decoder reads beside its state.
BENT = {"clip": 1, "diffusion_unet": 1, "dit": 1, "fpn": 1, "gcn": 1, "gru_attention": 1, "moe": 1}
# Of two things that both enter two joins one crosses the other; what the cell takes comes from beyond its result.
CROSSED = {"gru_attention": 2}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_main_way_is_straight_and_nothing_crosses(name: str) -> None:
    """As ``benchmarks.layout`` measures it beside other engines."""
    found = NOTHING
    for body, block in bodies(drawn(name).body):
        if len(body.parts) > 1:
            flat = flat_of(name, body, block)
            found += measured(flat, ours(flat, body, block))
    assert (found.through, found.overlaps) == (0, 0)
    assert found.steps - found.aligned <= BENT.get(name, 0)
    assert found.crossings <= CROSSED.get(name, 0)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_default_figure_fits_a_page(name: str) -> None:
    """Down, and to the right, where a figure may lie across the page; a U laid flat is a row as long as it is."""
    found = drawn(name)
    assert visible(found.body) <= MOST_PARTS
    for direction in DIRECTIONS[: 1 if found.body.shape == "u" else 2]:
        scene = pictured(name, direction)
        across = direction == "right" and scene.width > scene.height
        w, h = (scene.height, scene.width) if across else (scene.width, scene.height)
        shrunk = max(w / PAGE_WIDTH, h / PAGE_HEIGHT, 1.0)
        smallest = min(item.size for item in scene.walk() if isinstance(item, TextRun))
        assert smallest / shrunk / POINT >= 6.5 - 0.01
    assert f"{visible(found.body)} shown" in found.description


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_file_is_valid(name: str) -> None:
    scene = pictured(name)
    root = ElementTree.fromstring(svg(scene, theme("light")))
    assert root.tag.endswith("svg")
    assert "nan" not in svg(scene, theme("light")).lower().split("<text")[0]


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    script = (
        "import hashlib, moniel2 as mn\n"
        "for name in ('transformer', 'lstm', 'densenet', 'unet_flat'):\n"
        "    print(hashlib.sha256(mn.load(f'examples/{name}.nn').draw().svg.encode()).hexdigest())\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(found) == 1


# ------------------------------------------------------------------------------------- graphs of all kinds

RECIPES = st.recursive(
    st.just("op"),
    lambda inner: st.one_of(
        st.tuples(st.just("series"), st.lists(inner, min_size=2, max_size=4)),
        st.tuples(st.just("parallel"), st.lists(inner, min_size=2, max_size=4), st.booleans()),
        st.tuples(st.just("parallel"), st.lists(inner, min_size=1, max_size=1), st.just(True)),
    ),
    max_leaves=16,
)


LONG = ("series", ["op"] * 7)  # a branch whose box starts just where the other one's is cut
BESIDE = ("series", [("parallel", ["op"], True), *["op"] * 7])


@example(("parallel", [LONG, BESIDE], False), "right")
@settings(max_examples=60, deadline=None)
@given(RECIPES, st.sampled_from(DIRECTIONS))
def test_series_and_parallel_never_cross(recipe: networks.Recipe, direction: Direction) -> None:
    scene = layout(networks.series_parallel(recipe, direction))
    assert geometry.faults(scene) == []
    assert geometry.crossings(geometry.flattened(scene)) == []


@example(18, 18, 2.0, "right")  # two lanes that ran on without a jog, onto a third
@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 30), st.floats(1.0, 2.5), st.sampled_from(DIRECTIONS))
def test_any_graph_is_sound(seed: int, size: int, degree: float, direction: Direction) -> None:
    assert geometry.faults(layout(networks.random_graph(seed, size, degree, direction))) == []


@example(211251, 7, "down")  # a state that comes from the step before and runs forward
@example(100498, 14, "up")  # a wire from the frame's side into a sign that another branch stands beside
@example(8639, 9, "left")  # two loose parts that each waited for the other
@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 14), st.sampled_from(DIRECTIONS))
def test_whatever_a_diagram_holds_is_sound(seed: int, most: int, direction: Direction) -> None:
    """Cycles, loops, side ports, what is wired to nothing, blocks in blocks; ``benchmarks.sweep`` tries thousands."""
    assert geometry.faults(layout(tangle(seed, direction, most))) == []


def test_a_branch_of_fifty() -> None:
    for direction in DIRECTIONS:
        scene = layout(replace(networks.fan(50), direction=direction))
        assert geometry.faults(scene) == []
        assert geometry.crossings(geometry.flattened(scene)) == []


def test_a_chain_of_four_hundred_is_cut_into_columns() -> None:
    scene = layout(networks.chain(400))
    assert geometry.faults(scene) == []
    assert scene.height < 3 * scene.width
    assert layout(replace(networks.chain(400), columns=False)).height > 10_000


def test_blocks_nest_as_deep_as_they_like() -> None:
    scene = layout(networks.nested(1500))
    assert sum(isinstance(i, Box) and i.css == "frame" for i in scene.walk()) == 1500


def test_thousands_of_boxes() -> None:
    for found in (networks.random_graph(7, 2000, 1.3), networks.chain(3000)):
        scene = layout(found)
        assert sum(isinstance(i, Box | Circle) for i in scene.walk()) == len(found.body.parts)
        assert not geometry.crossed(geometry.flattened(scene))
    assert geometry.faults(layout(networks.random_graph(7, 500))) == []


def test_cycles_and_loops_run_back_in_lanes() -> None:
    parts = [networks.op(0), networks.op(1, 2), networks.op(2, 2)]
    arrows = [
        Arrow(OWN, 0, 0, 0),
        Arrow(0, 0, 1, 0),
        Arrow(1, 0, 2, 0),
        Arrow(2, 0, 1, 1),
        Arrow(2, 0, 2, 1),
        Arrow(2, 0, OWN, 0),
    ]
    for direction in DIRECTIONS:
        scene = layout(networks.diagram(parts, arrows, direction))
        assert geometry.faults(scene) == []
        assert sum(isinstance(i, Wire) and "back" in i.css for i in scene.walk()) == 2


def wires(scene: Scene, source: str) -> list[Wire]:
    return [i for i in scene.walk() if isinstance(i, Wire) and i.source == source]


def test_constants_stand_level_with_the_sign_they_feed() -> None:
    """In batch normalization the scale and the shift, in a ViT the positions, as their authors draw them."""
    for direction in DIRECTIONS:
        scene = pictured("batch_norm", direction)
        for source in ("gamma", "beta"):
            ((x, y), (u, v)) = wires(scene, source)[0].points
            across = (y == v) if direction in ("down", "up") else (x == u)
            assert across and abs(x - u) + abs(y - v) <= 20
    assert len(wires(pictured("vit"), "pos_embed")[0].points) == 2


def test_constants_on_both_sides_of_a_sign() -> None:
    parts = [networks.op(0), networks.plus(1, 3), networks.op(2, label="64×64"), networks.op(3), networks.op(4)]
    arrows = [Arrow(2, 0, 1, 0), Arrow(OWN, 0, 0, 0), Arrow(0, 0, 1, 1), Arrow(3, 0, 1, 2), Arrow(1, 0, 4, 0)]
    for direction in DIRECTIONS:
        scene = layout(networks.diagram(parts, [*arrows, Arrow(4, 0, OWN, 0)], direction))
        assert geometry.faults(scene) == []
        assert [len(wires(scene, f"n{n}")[0].points) for n in (0, 2, 3)] == [2, 2, 2]


def test_sums_that_differ_by_their_order_are_one_place() -> None:
    """Far from the origin of a large figure: its lines stay upright."""
    assert rounded(3573.0649999999996) == rounded(3573.065) == 3573.07


def test_the_way_from_the_inputs_is_straight() -> None:
    """Whatever stands beside it: positions, masks, biases."""
    assert [len(wires(pictured("bert"), f"in:{name}")[0].points) for name in ("tokens", "segments")] == [2, 2]
    for name in ("gpt2", "t5", "whisper"):
        line = wires(pictured(name), "in:tokens")[0].points
        assert {x for x, _ in line} == {line[0][0]}, name


def test_queries_keys_and_values_enter_as_in_the_paper() -> None:
    """The Transformer's fig. 1: of three arrows from one tensor the middle one is straight, and what comes from the
    encoder enters the frame once, level, for keys and values."""
    scene = layout(diagram(model("transformer"), Request(wanted=Wanted(1))))
    found = [i for i in scene.walk() if isinstance(i, Wire)]
    for layer in ("encoder/0/self_attention/body/attention", "decoder/0/self_attention/body/masked_attention"):
        ends = [i.points for i in found if i.target == layer]
        left, middle, right = sorted(line[-1][0] for line in ends)
        assert middle - left == right - middle > 0
        assert {x for line in ends if line[-1][0] == middle for x, _ in line} == {middle}
    level, below = (i.points for i in found if i.source == "decoder/0/in:memory")
    assert level[0] == below[0]
    assert {y for _, y in level} == {level[0][1]}


def test_what_hangs_on_a_u_stands_clear_of_its_neighbour() -> None:
    """A pyramid's outputs, where one of two levels is open and the other isn't."""
    wanted = Wanted(0, expand=("merge2",))
    scene = layout(diagram(model("fpn"), Request(wanted=wanted)))
    assert geometry.faults(scene) == []


def test_what_is_wired_to_nothing_is_drawn() -> None:
    loose = networks.diagram([networks.op(0), networks.op(1), networks.op(2)], [Arrow(OWN, 0, 0, 0)])
    unused = Diagram(
        "unused", Body((Port("x"), Port("spare")), (Port("y"),), (networks.op(0),), (Arrow(OWN, 0, 0, 0),))
    )
    empty = Diagram("empty", Body((), (), (), ()))
    through = Diagram("through", Body((Port("x"),), (Port("y"),), (), (Arrow(OWN, 0, OWN, 0),)))
    for found in (loose, unused, empty, through):
        for direction in DIRECTIONS:
            scene = layout(replace(found, direction=direction))
            assert geometry.faults(scene) == []
            texts = {i.text for i in scene.walk() if isinstance(i, TextRun)}
            assert {p.name for p in (*found.body.inputs, *found.body.outputs)} <= texts


# ------------------------------------------------------------------------------------ shared weights

CYCLE = """
+Net { In[B, 8] -> Linear(8) -> ReLU -> Linear(8) -> Out }
g:Net
f:Net
a:In[B, 8] -> g() -> f() -> backA:Out
b:In[B, 8] -> f() -> g() -> backB:Out
"""


@pytest.mark.parametrize("depth", [0, 2])
def test_shared_weights_say_whose_they_are_where_there_are_several(depth: int) -> None:
    """CycleGAN: there and back again are two networks, each used twice (Zhu et al. 2017)."""
    body = diagram(mn.loads(CYCLE).ir, Request(wanted=Wanted(depth=depth))).body
    assert sorted(p.second for p in body.parts) == ["f", "f · shared weights", "g", "g · shared weights"]


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ("Net * 3", [("Net", "", 3)]),
        ("net() * 3", [("Net", "shared weights", 3)]),
        ("net() -> net() -> net()", [("Net", "shared weights", 3)]),
        ("net() -> Net -> net()", [("Net", "net", 1), ("Net", "", 1), ("Net", "net · shared weights", 1)]),
    ],
)
def test_copies_that_share_weights_say_so(chain: str, said: list[tuple[str, str, int]]) -> None:
    declared = "net:Net\n" if "net()" in chain else ""
    text = f"+Net {{ In[B, 8] -> Linear(8) -> ReLU -> Linear(8) -> Out }}\n{declared}In[B, 8] -> {chain} -> Out"
    body = diagram(mn.loads(text).ir, Request(wanted=Wanted(depth=0))).body
    found = [(p.first, p.second, p.repeat) for p in body.parts]
    assert found == said
