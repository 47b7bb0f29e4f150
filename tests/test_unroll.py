"""Loops written out where they stand: steps side by side with states between, in models with more around them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geometry
import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, draw, scene
from moniel2.ir.measure import measure
from moniel2.ir.model import Model
from moniel2.layout.scene import Box, Scene, TextRun, Wire
from moniel2.layout.unroll import unroll

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
TRANSLATOR = """
source:In(int64)[B, N] -> Embedding(1000, 64) -> encoder:LSTM(128) -> [_, h, c]
target:In(int64)[B, T] -> Embedding(1000, 64) -> t
[t, h, c] -> decoder:LSTM(128) -> Linear(1000) -> scores:Out
"""
STACK = "x:In[B, N, 16] -> rnn:GRU(32, layers = 3) -> y:Out"
BOTH = "x:In[B, N, 16] -> rnn:LSTM(32, bidirectional = true) -> Linear(4) -> y:Out"
SCAN = """
x:In[B, {length}, 8] -> Linear(8) -> loop:Scan(axis = 1, reverse = {reverse}) {{
    now:In[B, D]
    h:State[B, 4]
    [now, h] -> Concat(axis = 1) -> Linear(4) -> Tanh -> next
    next -> h
    next -> Out
}}
-> y:Out
"""


def model(text: str) -> Model:
    return mn.loads(text).ir


def boxes(found: Scene) -> dict[str, Box]:
    return {i.path: i for i in found.walk() if isinstance(i, Box) and i.path}


def wires(found: Scene) -> list[tuple[str, str]]:
    return [(i.source, i.target) for i in found.walk() if isinstance(i, Wire)]


def words(found: Scene) -> list[str]:
    return [i.text for i in found.walk() if isinstance(i, TextRun)]


def test_every_loop_of_a_model_is_written_out() -> None:
    found = scene([model(TRANSLATOR)], DrawOptions(unroll=3))
    assert geometry.faults(found) == []
    at = boxes(found)
    for loop in ("encoder", "decoder"):
        row = [at[f"{loop}/{step}"] for step in ("t1", "t2", "t3", "rest")]
        assert len({box.y for box in row}) == 1
        assert all(a.x + a.w < b.x for a, b in pairwise(row))
        # h and c go from each step to the next.
        for a, b in pairwise(("t1", "t2", "t3", "rest")):
            assert wires(found).count((f"{loop}/{a}", f"{loop}/{b}")) == 2
    assert words(found).count("t = 2") == 2 and words(found).count("…") == 2


def test_layers_stand_below_one_another() -> None:
    found = scene([model(STACK)], DrawOptions(unroll=2))
    assert geometry.faults(found) == []
    at = boxes(found)
    rows = [[at[f"rnn/l{layer}_{step}"] for step in ("t1", "t2", "rest")] for layer in range(3)]
    assert all(len({box.y for box in row}) == 1 for row in rows)
    assert all(a.y + a.h < b.y for (a, *_), (b, *_) in pairwise(rows))
    assert ("rnn/l0_t2", "rnn/l1_t2") in wires(found) and ("rnn/l1_t1", "rnn/l1_t2") in wires(found)


@pytest.mark.parametrize(("text", "place"), [(BOTH, "rnn/backward"), (SCAN.format(length="N", reverse="true"), "loop")])
def test_backwards_is_drawn_backwards(text: str, place: str) -> None:
    """Time runs from left to right all the same; states run against it."""
    found = scene([model(text)], DrawOptions(unroll=3))
    assert geometry.faults(found) == []
    at = boxes(found)
    row = [at[f"{place}/{step}"] for step in ("t1", "t2", "t3", "rest")]
    assert all(a.x + a.w < b.x for a, b in pairwise(row))
    assert (f"{place}/t3", f"{place}/rest") not in wires(found)
    if place != "loop":
        assert wires(found).count((f"{place}/rest", f"{place}/t3")) == 2


def test_a_loop_of_known_length_has_no_rest() -> None:
    found = scene([model(SCAN.format(length=3, reverse="false"))], DrawOptions(unroll=4))
    assert {"loop/t1", "loop/t3"} <= set(boxes(found)) and "loop/rest" not in boxes(found)


def test_what_all_steps_take_comes_to_them_as_one() -> None:
    found = scene([mn.load(EXAMPLES / "gru_attention.nn").ir], DrawOptions(unroll=3))
    assert geometry.faults(found) == []
    assert words(found).count("word, keys_of_memory, memory") == 1
    row = [boxes(found)[f"decoder/{step}"] for step in ("t1", "t2", "t3", "rest")]
    assert len({box.y for box in row}) == 1


STATES = """
x:In[B, N, 8] -> a
h:In[2, B, 16]
c:In[2, B, 16]
[a, h, c] -> rnn:LSTM(16, layers = 2) -> [y:Out, hn:Out, cn:Out]
"""


def test_results_and_last_states_leave_as_one() -> None:
    """So that the rows stay rows, whatever is read of a loop."""
    found = scene([model(STATES)], DrawOptions(unroll=3))
    assert geometry.faults(found) == []
    at = boxes(found)
    for layer in range(2):
        row = [at[f"rnn/l{layer}_{step}"] for step in ("t1", "t2", "t3", "rest")]
        assert len({box.y for box in row}) == 1 and all(a.x + a.w < b.x for a, b in pairwise(row))
    assert words(found).count("output, h, c") == 1


def test_a_loop_in_a_loop_is_written_out_too() -> None:
    nested = """
        x:In[B, N, 3, 8] -> Scan(axis = 1) {
            f:In[B, 3, 8]
            f -> Scan(axis = 1) {
                g:In[B, 8]
                h:State[B, 8]
                [g, h] -> Add -> Linear(8) -> n
                n -> h
                n -> Out
            }
            -> Out
        }
        -> Out
    """
    found = scene([model(nested)], DrawOptions(unroll=2))
    assert geometry.faults(found) == []
    assert words(found).count("Scan") == 2 and words(found).count("t = 1") == 2


def test_one_step_may_be_open() -> None:
    text = SCAN.format(length="N", reverse="false")
    found = scene([model(text)], DrawOptions(unroll=3))
    assert {"loop/t2/linear", "loop/t2/tanh"} <= set(boxes(found))
    assert not {"loop/t1/linear", "loop/t3/linear"} & set(boxes(found))
    asked = scene([model(text)], DrawOptions(unroll=3, expand=("loop/*",)))
    assert {"loop/t1/linear", "loop/t3/linear"} <= set(boxes(asked))


@pytest.mark.parametrize("form", ["svg", "html", "tex", "dot", "mmd", "txt"])
def test_every_format_shows_the_steps(form: str) -> None:
    data = draw([model(TRANSLATOR)], DrawOptions(format=form, unroll=2)).decode("utf-8")
    assert data.count("t = 1") >= 2


@pytest.mark.parametrize("text", [TRANSLATOR, STACK, BOTH], ids=["translator", "stack", "both"])
def test_weights_are_counted_once(text: str) -> None:
    plain = model(text)
    assert measure(unroll(plain, 3).root).total.parameters == measure(plain.root).total.parameters


def test_a_model_without_loops_stays_as_it_is() -> None:
    plain = mn.load(EXAMPLES / "resnet.nn").ir
    assert unroll(plain, 3) is plain


ASIDE = """
+Decoder {
    x:In[B, 8]
    @side("left") m:In[B, 8]
    [x, m] -> Add -> LN -> Linear(8) -> a
    [a, m] -> Mul -> LN -> Linear(8) -> ReLU -> b
    [b, m] -> Concat -> Linear(8) -> Out
}
x:In[B, 8] -> Linear(8) -> e
y:In[B, 8] -> Linear(8) -> d
[d, e] -> Decoder -> z:Out
"""


@pytest.mark.parametrize("direction", ["down", "right"])
def test_what_enters_from_the_side_has_one_door(direction: str) -> None:
    """However many things inside take it, one wire leads to the frame and goes on from there."""
    found = scene([model(ASIDE)], DrawOptions(depth=1, direction=direction))  # type: ignore[arg-type]
    assert geometry.faults(found) == []
    inner = [i for i in found.walk() if isinstance(i, Wire) and i.source == "decoder/in:m"]
    (outer,) = (i for i in found.walk() if isinstance(i, Wire) and i.target == "decoder" and i.source == "linear")
    assert len(inner) == 3 and {wire.points[0] for wire in inner} == {outer.points[-1]}
