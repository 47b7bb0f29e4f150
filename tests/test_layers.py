"""The layout's search for few crossings: layers, their order, sides of lanes, and lines that run on."""

from __future__ import annotations

from itertools import pairwise, product
from random import Random

import geometry
import networks
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import moniel2 as mn
from moniel2.layout.diagram import OWN, Arrow, Diagram, Part
from moniel2.layout.layout import layout
from moniel2.layout.picture import Request, diagram
from moniel2.layout.ranks import ranks
from moniel2.layout.scene import Box, Wire

# Crossings of the same graphs as Graphviz 2.43's dot draws them (``python -m benchmarks.layout`` counts them).
DOT_60 = (16, 14, 21, 20, 15, 21, 16, 12, 10, 17, 17, 19)
DOT_150 = (51, 53, 62)


def crossings(found: Diagram) -> int:
    return len(geometry.crossings(geometry.flattened(layout(found))))


def test_random_graphs_cross_no_more_than_those_of_dot() -> None:
    ours = [crossings(networks.random_graph(seed, 60)) for seed in range(len(DOT_60))]
    assert all(mine <= theirs for mine, theirs in zip(ours, DOT_60, strict=True)), ours
    assert sum(crossings(networks.random_graph(seed, 150)) for seed in range(len(DOT_150))) <= sum(DOT_150)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_wires_are_as_short_as_they_can_be(seed: int) -> None:
    """Beside all layers that there are for six vertices."""
    chance = Random(seed)
    n = 6
    pairs = [(a, b) for b in range(1, n) for a in range(b) if a == 0 or chance.random() < 0.4]
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


def bends(found: Diagram, source: str, target: str) -> int:
    (line,) = [i for i in layout(found).walk() if isinstance(i, Wire) and (i.source, i.target) == (source, target)]
    return len(line.points) - 2


def test_a_lane_runs_on_through_a_region() -> None:
    """From a box past a chain and past what is neither series nor parallel, into a sum: out, down, in."""
    parts = [*(networks.op(n) for n in range(6)), networks.plus(6, 3)]
    pairs = [(OWN, 0), (0, 1), (1, 2), (2, 3), (2, 5), (3, 4), (4, 6), (5, 6), (0, 6), (6, OWN)]
    arrows = [Arrow(a, 0, b, [p for p in pairs if p[1] == b].index((a, b))) for a, b in pairs]
    found = networks.diagram(parts, [*arrows, Arrow(3, 0, OWN, 1)])
    assert geometry.faults(layout(found)) == []
    assert bends(found, "n0", "n6") <= 2


def test_a_lane_stands_right_below_the_port_that_it_leaves() -> None:
    """Two results of an open block, of which one goes past a box."""
    inside = networks.diagram(
        [networks.op(n) for n in (0, 1, 1)],
        [Arrow(OWN, 0, 0, 0), Arrow(0, 0, 1, 0), Arrow(0, 0, 2, 0), Arrow(1, 0, OWN, 0), Arrow(2, 0, OWN, 1)],
    ).body
    block = Part("b", "block", "frame", "Block", entry="ports", inside=inside, outputs=("", ""))
    arrows = [Arrow(OWN, 0, 0, 0), Arrow(0, 0, 2, 0), Arrow(0, 1, 1, 0), Arrow(1, 0, 2, 1), Arrow(2, 0, OWN, 0)]
    found = networks.diagram([block, networks.op(1), networks.op(2, 2)], arrows)
    scene = layout(found)
    assert geometry.faults(scene) == []
    lines = [i.points for i in scene.walk() if isinstance(i, Wire) and i.target == "n2"]
    assert all(abs(x - u) > 8 or abs(y - v) > 8 for line in lines for (x, y), (u, v) in pairwise(line))


def test_orders_that_cross_alike_keep_to_the_declared_one() -> None:
    """An LSTM's gates stand as they are written."""
    names = ("output", "forget", "input", "candidate")
    text = """
        [x:In[B, 32], h:In[B, 64]] -> Concat -> both
        both -> output:Linear(64) -> o
        both -> forget:Linear(64) -> f
        both -> input:Linear(64) -> i
        both -> candidate:Linear(64) -> g
        [f, c:In[B, 64]] -> Multiply -> kept
        [i, g] -> Multiply -> new
        [kept, new] -> Add -> state
        state -> cell:Out
        [o, state -> Tanh] -> Multiply -> hidden:Out
    """
    scene = layout(diagram(mn.loads(text).ir, Request()))
    at = {i.path: i.x for i in scene.walk() if isinstance(i, Box)}
    assert sorted(names, key=at.__getitem__) == list(names)
