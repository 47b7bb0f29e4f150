"""The layout's search for few crossings: layers, their order, sides of lanes, and lines that run on."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path
from random import Random

import geometry
import networks
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import moniel2 as mn
from moniel2.layout.diagram import OWN, Arrow, Diagram, Part
from moniel2.layout.layout import layout
from moniel2.layout.pick import Wanted
from moniel2.layout.picture import Request, diagram
from moniel2.layout.ranks import ranks
from moniel2.layout.scene import Box, Wire

# Crossings of the same graphs as Graphviz 2.43's dot draws them (``python -m benchmarks.layout`` counts them).
ROOT = Path(__file__).resolve().parent.parent
GATES = ("forget", "input", "candidate")

DOT_60 = (16, 14, 21, 20, 15, 21, 16, 12, 10, 17, 17, 19)
DOT_100 = {1: 38, 6: 32, 7: 28}
DOT_AREA_60 = (789 * 1282, 920 * 1282, 886 * 1198)  # and the area that it needs, in square pixels


def crossings(found: Diagram) -> int:
    return len(geometry.crossings(geometry.flattened(layout(found))))


def test_random_graphs_cross_no_more_than_those_of_dot() -> None:
    """Each of them, not only in sum."""
    ours = [crossings(networks.random_graph(seed, 60)) for seed in range(len(DOT_60))]
    assert all(mine <= theirs for mine, theirs in zip(ours, DOT_60, strict=True)), ours
    larger = {seed: crossings(networks.random_graph(seed, 100)) for seed in DOT_100}
    assert all(larger[seed] <= DOT_100[seed] for seed in DOT_100), larger


def test_random_graphs_are_not_much_larger_than_those_of_dot() -> None:
    """Nothing keeps what stands to the right of a long wire away from it all the way down."""
    for seed, area in enumerate(DOT_AREA_60):
        scene = layout(networks.random_graph(seed, 60))
        assert scene.width * scene.height <= 1.5 * area


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_wires_are_as_short_as_they_can_be(seed: int) -> None:
    """Beside all layers that there are for six vertices."""
    chance = Random(seed)
    n = 6
    near = {(chance.randrange(b), b) for b in range(1, n)}
    pairs = sorted(near | {(a, b) for b in range(n) for a in range(b) if chance.random() < 0.3})
    spans = [(a, b, chance.randint(0, 3)) for a, b in pairs]
    start = [0] * n
    for a, b in sorted(pairs, key=lambda p: p[1]):
        start[b] = max(start[b], start[a] + chance.randint(1, 3))
    found = ranks(start, spans, 10**6)
    assert found[0] == start[0]
    assert all(found[a] < found[b] for a, b in pairs)

    def length(at: list[int]) -> int:
        return sum(weight * (at[b] - at[a]) for a, b, weight in spans)

    layers = ([0, *rest] for rest in product(range(1, n), repeat=n - 1))
    assert length(found) == min(length(at) for at in layers if all(at[a] < at[b] for a, b in pairs))


@pytest.mark.parametrize("count", [3, 4, 7])
def test_a_dense_block_is_a_straight_column_with_nested_lanes(count: int) -> None:
    """As Huang et al. 2017 draw it in figure 1: all lines on one side, no more crossings than their nesting makes."""
    found = networks.dense(count)
    flat = geometry.flattened(layout(found))
    assert geometry.faults(flat.scene) == []
    middles = {round((s.rect[0] + s.rect[2]) / 2, 1) for s in flat.solids}
    assert len(middles) == 1
    assert all(x <= max(middles) + 0.1 for line in flat.lines for x, _ in line.wire.points)
    # Below layer k each of k lines passes those that begin after it and go on, and the newest passes each of them.
    assert len(geometry.crossings(flat)) <= sum(k * (k + 1) // 2 for k in range(1, count))


def test_a_dense_chain_of_joins_has_its_lanes_nested_on_one_side() -> None:
    """In the order of the operands, the first one outermost, though on two sides some fewer would cross."""
    steps = [f"[{', '.join(['x', *(f'x{k}' for k in range(1, n))])}] -> join{n}:Concat" for n in range(2, 6)]
    text = "x:In[B, 8, H, W] -> Conv(8, 1) -> x1\n"
    text += "\n".join(f"{step} -> Conv(8, 1) -> x{n}" for n, step in enumerate(steps, start=2))
    scene = layout(diagram(mn.loads(text + " -> Out").ir, Request(wanted=Wanted(5))))
    assert geometry.faults(scene) == []
    joins = [i for i in scene.walk() if isinstance(i, Box) and i.path.startswith("join")]
    middles = {round(i.x + i.w / 2, 1) for i in joins}
    assert len(joins) == 4 and len(middles) == 1
    assert all(x <= max(middles) + 0.1 for i in scene.walk() if isinstance(i, Wire) for x, _ in i.points)


def boxes(text: str) -> tuple[dict[str, float], int]:
    """The middle of each box, by its path, and how often lines cross."""
    scene = layout(diagram(mn.loads(text).ir, Request(wanted=Wanted(1))))
    assert geometry.faults(scene) == []
    middles = {i.path: i.x + i.w / 2 for i in scene.walk() if isinstance(i, Box)}
    return middles, len(geometry.crossings(geometry.flattened(scene)))


def test_what_is_steered_stands_on_a_straight_line() -> None:
    """A diffusion transformer's block: the stream runs down the middle, what steers it on its right, residuals left."""
    text = """
        @collapse
        +Modulate {
            [x:In[B, N, D], shift:In[B, D], scale:In[B, D]]
            scale -> Unsqueeze(1) -> factor
            shift -> Unsqueeze(1) -> offset
            [x, factor] -> Mul -> y
            [y, offset] -> Add -> Out
        }
        @collapse
        +Gate {
            [x:In[B, N, D], gate:In[B, D]]
            gate -> Unsqueeze(1) -> factor
            [x, factor] -> Mul -> Out
        }
        x:In[B, N, 64]
        c:In[B, 64] -> steer:Linear(384) -> cut:Split(6) -> [a, b, g, a2, b2, g2]
        x -> n1:LN -> n
        [n, a, b] -> m1:Modulate -> f1:Linear(64) -> f
        [f, g] -> g1:Gate -> y
        [x, y] -> s1:Add -> z
        z -> n2:LN -> k
        [k, a2, b2] -> m2:Modulate -> f2:Linear(64) -> h
        [h, g2] -> g3:Gate -> w
        [z, w] -> s2:Add -> Out
    """
    middles, crossed = boxes(text)
    spine = ["n1", "m1", "f1", "g1", "n2", "m2", "f2", "g3"]
    assert len({round(middles[name], 1) for name in spine}) == 1
    assert middles["cut"] > middles["n1"]
    assert crossed == 0


def test_what_steers_each_step_is_no_step_itself() -> None:
    """The time is told to each step by a layer of its own; in blocks in a row what comes from above runs straight."""
    flat = """
        x:In[B, 64] -> c0:Linear(64) -> a
        t:In[B, 8] -> t1:Linear(64) -> t2:SiLU -> e
        e -> e1:Linear(64) -> p
        e -> e2:Linear(64) -> q
        e -> e3:Linear(64) -> r
        [a, p] -> Add -> r1:ReLU -> c1:Linear(64) -> b
        [b, q] -> Add -> r2:ReLU -> c2:Linear(64) -> c
        [c, r] -> Add -> r3:ReLU -> c3:Linear(64) -> Out
    """
    middles, crossed = boxes(flat)
    assert len({round(middles[name], 1) for name in ("c0", "r1", "c1", "r2", "c2", "r3", "c3")}) == 1
    assert crossed == 0
    nested = """
        +Step(c) {
            x:In[B, 64] -> main:Linear(64) -> y
            w:In[B, 8] -> style:Linear(c) -> shape:Linear(64) -> s
            [y, s] -> Mul -> last:ReLU -> Out
        }
        x:In[B, 64]
        w:In[B, 8] -> map:Linear(8) -> v
        [x, v] -> one:Step(4) -> a
        [a, v] -> two:Step(5) -> b
        [b, v] -> three:Step(6) -> Out
    """
    middles, _ = boxes(nested)
    steps = [f"{step}/{name}" for step in ("one", "two", "three") for name in ("main", "last")]
    assert len({round(middles[name], 1) for name in steps}) == 1


def lines(text: str, source: str, target: str) -> list[Wire]:
    scene = layout(diagram(mn.loads(text).ir, Request(wanted=Wanted(5))))
    assert geometry.faults(scene) == []
    return [i for i in scene.walk() if isinstance(i, Wire) and (i.source, i.target) == (source, target)]


def test_a_lane_runs_on_through_a_region() -> None:
    """A stacked hourglass: what came in goes past a chain and past what is neither series nor parallel."""
    text = """
        +Module {
            x:In -> Linear(256) -> Tanh -> Linear(256) -> feature
            feature -> Linear(16) -> score -> heat:Out
            [x, score -> Linear(256), feature -> Linear(256)] -> sum:Add -> Out
        }
        In[B, 256] -> m:Module -> [heat:Out, rest:Out]
    """
    (line,) = lines(text, "m/in:x", "m/sum")
    assert len({x for x, _ in line.points}) == 3  # down from x, down the lane, into the sum


def test_a_lane_stands_right_below_the_port_that_it_leaves() -> None:
    """Of two results of an open block one goes past a box, however wide that is: far enough aside to be seen, or not
    at all."""
    pairs = [(OWN, 0), (0, 1), (0, 2)]
    inside = networks.diagram(
        [networks.op(n) for n in range(3)],
        [*(Arrow(a, 0, b, 0) for a, b in pairs), Arrow(1, 0, OWN, 0), Arrow(2, 0, OWN, 1)],
    ).body
    block = Part("b", "block", "frame", "Block", entry="ports", inside=inside, outputs=("", ""))
    arrows = [Arrow(OWN, 0, 0, 0), Arrow(0, 0, 2, 0), Arrow(0, 1, 1, 0), Arrow(1, 0, 2, 1), Arrow(2, 0, OWN, 0)]
    for wide in range(30, 60):
        past = Part("past", "op", "conv", "i" * wide, outputs=("",))
        scene = layout(networks.diagram([block, past, networks.op(2, 2)], arrows))
        assert geometry.faults(scene) == []
        (line,) = [i.points for i in scene.walk() if isinstance(i, Wire) and (i.source, i.target) == ("b", "n2")]
        assert all(not 0 < abs(x - u) < 4 for (x, _), (u, _) in pairwise(line)), wide


def test_orders_that_cross_alike_keep_to_the_declared_one() -> None:
    """The gates of an LSTM stand as they are written, but for that of the output, whose way goes round the others."""
    model = mn.load(ROOT / "examples" / "lstm.nn", block="LSTMCell(512)", inputs={"x": ["B", 256]}).ir
    scene = layout(diagram(model, Request(direction="right", hide=("shapes",))))
    at = {name: box.y for box in scene.walk() if isinstance(box, Box) for name in GATES if box.path == name}
    assert sorted(GATES, key=at.__getitem__) == list(GATES)
