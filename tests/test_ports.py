"""A frame's ports, a join's operands and what runs back stand as declared, unless that costs crossings."""

from __future__ import annotations

from pathlib import Path

import geometry
import networks
import pytest

import moniel2 as mn
from moniel2.layout.compose import Block, Composer
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, Port
from moniel2.layout.layout import layout
from moniel2.layout.picture import Request, diagram
from moniel2.layout.scene import Wire

ROOT = Path(__file__).resolve().parent.parent


def crossed(found: Diagram, held: bool = False) -> int:
    """How often wires cross in a whole picture."""
    return len(geometry.crossings(geometry.flattened(layout(found, held=held))))


def example(name: str) -> Diagram:
    return diagram(mn.load(ROOT / "examples" / f"{name}.nn").ir, Request())


def blocks(root: Block, composer: Composer) -> list[Block]:
    """A block and all in it."""
    found = [root]
    for one in found:
        insides = zip(one.body.parts, one.layers.inner, strict=True)
        found += [composer.block(p, d) for p, d in insides if p.inside is not None]
    return found


def ports(found: Diagram) -> list[list[str]]:
    """Of each open block the names of its inputs from left to right."""
    composer = Composer(found.direction)
    drawn = blocks(composer.compose(found.body), composer)[1:]
    rows = [sorted(zip(b.arrangement.x, [p.name for p in b.body.inputs], strict=False)) for b in drawn]
    return [[name for _, name in row] for row in rows]


@pytest.mark.parametrize(("name", "before", "left"), [("attention", 1, 0), ("lstm", 3, 0), ("gru_attention", 4, 2)])
def test_ports_change_places_where_less_crosses_then(name: str, before: int, left: int) -> None:
    """As their authors draw them: Vaswani et al. 2017, fig. 2, with the mask's line outside the others'; an LSTM whose
    memory runs along one side and whose state along the other. That a decoder's word and context both enter both of its
    joins forces one crossing, that the cell's input comes from beyond its result another."""
    found = example(name)
    assert crossed(found, held=True) >= before
    assert crossed(found) <= left


def test_the_mask_comes_in_outside_of_queries_keys_and_values() -> None:
    assert ports(example("attention")) == [["mask", "query", "key", "value"]] * 2


@pytest.mark.parametrize("seed", [0, 1, 7, 10, 13])
def test_frames_at_random_cross_less(seed: int) -> None:
    """Blocks with several ports in each other; ``benchmarks.sweep`` tries more."""
    found = networks.frames(seed)
    before, left = crossed(found, held=True), crossed(found)
    assert left < before
    assert geometry.faults(layout(found)) == []


@pytest.mark.parametrize("seed", [6, 14])
def test_where_nothing_crosses_ports_stand_as_declared(seed: int) -> None:
    found = networks.frames(seed)
    assert crossed(found, held=True) == 0
    assert layout(found) == layout(found, held=True)


def twisted() -> Body:
    """Two inputs that lead to one box each, and from there to the outputs."""
    parts = [networks.op(0), networks.op(1)]
    arrows = [Arrow(OWN, n, n, 0) for n in range(2)] + [Arrow(n, 0, OWN, 1 - n) for n in range(2)]
    return Body((Port("a"), Port("b")), (Port("p"), Port("q")), tuple(parts), tuple(arrows))


def test_equal_blocks_look_equal() -> None:
    """One body drawn twice, whose outputs cross as they are declared, has them in one order in both places, though
    that crosses once between the two."""
    inside = twisted()
    one, other = (Part(f"b{n}", "block", "frame", "Block", inputs=2, outputs=("", ""), entry="ports", inside=inside)
                  for n in range(2))  # fmt: skip
    arrows = [Arrow(OWN, 0, 0, 0), Arrow(OWN, 1, 0, 1), Arrow(0, 0, 1, 0), Arrow(0, 1, 1, 1)]
    arrows += [Arrow(1, 0, OWN, 0), Arrow(1, 1, OWN, 1)]
    body = Body((Port("x"), Port("y")), (Port("u"), Port("v")), (one, other), tuple(arrows))
    found = Diagram("twice", body)
    assert (crossed(found, held=True), crossed(found)) == (2, 1)
    composer = Composer("down")
    _, first, second = blocks(composer.compose(body), composer)
    assert first.body is second.body
    assert first.arrangement.x == second.arrangement.x


def test_a_join_keeps_its_order_unless_that_costs_crossings() -> None:
    """What is joined first enters on the left, though it is made last; a state that would come in across what it is
    joined with enters on the side it comes from."""
    parts = [networks.op(0), networks.op(1), Part("j", "op", "merge", "Concat", inputs=2, entry="order")]
    arrows = [Arrow(OWN, 0, 0, 0), Arrow(OWN, 0, 1, 0), Arrow(1, 0, 2, 0), Arrow(0, 0, 2, 1), Arrow(2, 0, OWN, 0)]
    wires = [i for i in layout(networks.diagram(parts, arrows)).walk() if isinstance(i, Wire) and i.target == "j"]
    assert [w.source for w in sorted(wires, key=lambda w: w.points[-1][0])] == ["n1", "n0"]

    loop = layout(example("rnn"))
    assert geometry.crossings(geometry.flattened(loop)) == []
