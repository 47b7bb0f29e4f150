"""A state of a loop that several take stands once, by its name."""

from __future__ import annotations

import geometry
import pytest

import moniel2 as mn
from moniel2.backends.html.facts import facts
from moniel2.ir.measure import measure
from moniel2.layout.diagram import OWN, Body
from moniel2.layout.draft import Drafter, Look
from moniel2.layout.layout import layout
from moniel2.layout.pick import Wanted
from moniel2.layout.picture import Request, diagram

# An attention reads the state, a cell changes it, the answer is made of what it was.
DECODER = """
words:In[B, T, 8]
memory:In[B, 4, 8]
memory -> Mean(axis = 1) -> Linear(8) -> s0
[words, s = s0] -> decode:Scan(axis = 1) {
    word:In[B, 8]
    s:State[B, 8]
    s -> look:Linear(8) -> context
    [word, context] -> Concat(axis = -1) -> x
    [x, s] -> cell:GRUCell(8) -> s
    [s, word] -> Concat(axis = -1) -> answer:Linear(4) -> Out
} -> scores:Out
"""
ONCE = """
words:In[B, T, 8]
first:In[B, 8]
[words, h = first] -> Scan(axis = 1) { [x:In[B, 8], h:State[B, 8]] -> cell:GRUCell(8) -> [h, Out] } -> Out
"""


def inside(text: str) -> Body:
    body = diagram(mn.loads(text).ir, Request(wanted=Wanted(2))).body
    return next(p.inside for p in body.parts if p.inside is not None)


def test_a_state_that_several_take_stands_once() -> None:
    body = inside(DECODER)
    keys = [p.key for p in body.parts]
    s = keys.index("s")
    into = [(a.source, a.dashed) for a in body.arrows if a.target == s]
    assert body.parts[s].theme == "rnn"
    assert into == [(OWN, False), (keys.index("cell"), True)]
    assert {keys[a.target] for a in body.arrows if a.source == s} == {"look", "cell", "concat2"}
    assert [a.target for a in body.arrows if a.dashed] == [s]


def test_a_state_that_one_takes_runs_there_itself() -> None:
    body = inside(ONCE)
    assert [p.key for p in body.parts] == ["cell"]
    assert sum(a.dashed for a in body.arrows) == 1


@pytest.mark.parametrize("direction", ["down", "right", "up", "left"])
def test_its_picture_is_sound(direction: str) -> None:
    for depth in (1, 2):
        request = Request(direction=direction, wanted=Wanted(depth))  # type: ignore[arg-type]
        assert geometry.faults(layout(diagram(mn.loads(DECODER).ir, request))) == []


def test_the_page_says_what_it_is() -> None:
    model = mn.loads(DECODER).ir
    drafter = Drafter(model, Look())
    drafter.body(lambda place: True, 100)
    for number in range(drafter.count):
        said = facts(drafter, measure(model.root), number)
        parts = [slot.part.key for slot in drafter.sheet(number).slots]
        assert len(said) == len(parts)
        if "s" in parts:
            assert said[parts.index("s")].rows == (("state", "[B, 8]"),)
            assert said[parts.index("look")].title.startswith("Linear")
