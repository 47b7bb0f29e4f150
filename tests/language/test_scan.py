"""Recurrence: a body once per step along an axis."""

from __future__ import annotations

import pytest

from moniel2.ir.model import OWN_INPUT, Loop, PortKind, Ref
from tests.programs import (
    blamed,
    chain,
    compiled,
    graph,
    inner,
    keys,
    macs,
    node_at,
    outputs,
    parameters,
    shapes,
    sound,
)

CELL = "+Cell(H) { x:In[B, D]; h:In[B, H]; [x, h] -> Concat -> Linear(H) -> Tanh -> Out[B, H] }\n"
TEXT = (
    CELL
    + """
x:In[B, T, 8]
h0:In[B, 16]
[x, h = h0]
-> loop:Scan(axis = 1, reverse = false) { xt:In[B, D]; h:State[B, H]; [xt, h] -> Cell(H) -> [h, Out] } -> Out
"""
)


def test_the_example() -> None:
    model = sound(TEXT)
    assert outputs(model) == {"out": "[B, T, 16]"}
    loop = node_at(model, "loop").what
    assert isinstance(loop, Loop)
    assert (loop.axis, loop.reverse, str(loop.steps)) == (1, False, "T")
    assert parameters(model) == str((8 + 16) * 16 + 16)
    assert macs(model) == "384*B*T"
    assert list(keys(model)) == ["loop.cell.linear.weight", "loop.cell.linear.bias"]


def test_the_body_s_input_loses_the_axis() -> None:
    body = inner(node_at(sound(TEXT), "loop"))
    assert [(p.name, str(p.tensor), p.kind) for p in body.inputs] == [
        ("xt", "[B, 8]", PortKind.PLAIN),
        ("h", "[B, 16]", PortKind.STATE),
    ]
    assert [(p.name, str(p.tensor)) for p in body.plain_outputs] == [("", "[B, 16]")]


def test_a_last_state() -> None:
    model = sound(TEXT + "loop/h -> last:Out")
    assert outputs(model) == {"out": "[B, T, 16]", "last": "[B, 16]"}


@pytest.mark.parametrize("start", ["[x, h = h0] -> loop", "x -> loop; h0 -> loop/h"])
def test_a_first_value_by_name_or_by_path(start: str) -> None:
    model = sound(f"""
        h0:In[B, 8]
        x:In[B, T, 4]
        loop:Scan(axis = 1) {{ xt:In[B, _]; h:State[B, 8]; [xt, h] -> Concat -> Linear(8) -> [h, Out] }}
        {start}
        loop -> Out
    """)
    (node,) = model.root.nodes
    assert [(o.port, o.source) for o in node.operands] == [("xt", Ref(OWN_INPUT, 1)), ("h", Ref(OWN_INPUT, 0))]


def test_two_first_values() -> None:
    text = """
        h0:In[B, 8]
        [x:In[B, T, 4], h = h0] -> loop:Scan(axis = 1) {
            xt:In[B, _]; h:State[B, 8]; [xt, h] -> Concat -> Linear(8) -> [h, Out]
        } -> Out
        h0 -> loop/h
    """
    assert blamed(text) == [("duplicate-argument", "loop/h")]


def test_a_state_that_starts_with_zeros() -> None:
    text = CELL + "x:In[B, T, 8] -> Scan { xt:In[B, D]; h:State[B, 16]; [xt, h] -> Cell(16) -> [h, Out] } -> Out"
    assert outputs(sound(text)) == {"out": "[B, T, 16]"}


def test_along_another_axis() -> None:
    text = (
        CELL + "x:In[T, B, 8] -> Scan(axis = 0) { xt:In[B, D]; h:State[B, 16]; [xt, h] -> Cell(16) -> [h, Out] } -> Out"
    )
    assert outputs(sound(text)) == {"out": "[T, B, 16]"}


def test_in_reverse() -> None:
    text = (
        CELL
        + "x:In[B, T, 8] -> s:Scan(reverse = true) { a:In[B, D]; h:State[B, 4]; [a, h] -> Cell(4) -> [h, Out] } -> Out"
    )
    loop = node_at(sound(text), "s").what
    assert isinstance(loop, Loop) and loop.reverse


def test_a_number_of_steps() -> None:
    model = sound(TEXT.replace("[B, T, 8]", "[B, 20, 8]"))
    assert outputs(model) == {"out": "[B, 20, 16]"}
    assert macs(model) == "7680*B"


def test_a_captured_tensor_is_constant_over_the_steps() -> None:
    model = sound("""
        x:In[B, T, 8]; bias:In[B, 8]
        x -> s:Scan { xt:In[B, D]; h:State[B, D]; [xt, h, bias] -> Add -> [h, Out] } -> Out
    """)
    assert graph(model)["s/add"][0] == "x"
    assert "bias" in graph(model)["s/add"]
    body = inner(node_at(model, "s"))
    assert [str(p.tensor) for p in body.inputs if p.kind is PortKind.CAPTURE] == ["[B, 8]"]


def test_several_inputs_and_outputs() -> None:
    model = sound("""
        x:In[B, T, 8]; y:In[B, T, 3]
        [x, y] -> Scan {
            a:In[B, D]; b:In[B, E]; h:State[B, D]
            [a, h] -> Add -> [h, p:Out]
            b -> ReLU -> q:Out
        } -> [p:Out, q:Out]
    """)
    assert outputs(model) == {"p": "[B, T, 8]", "q": "[B, T, 3]"}


def test_inputs_of_unequal_length() -> None:
    text = """
        x:In[B, 10, 8]; y:In[B, 11, 8]
        [x, y] -> Scan { a:In[B, D]; b:In[B, D]; h:State[B, D]; [a, b, h] -> Add -> [h, Out] } -> Out
    """
    assert [rule for rule, _ in blamed(text)] == ["shape-mismatch"]


def test_two_states() -> None:
    model = sound("""
        x:In[B, T, 8] -> rnn:Scan {
            xt:In[B, D]; h:State[B, D]; c:State[B, D]
            [xt, h, c] -> LSTMCell(D) -> [h, c]
            h -> Out
        } -> Out
        rnn/c -> c:Out
    """)
    assert outputs(model) == {"out": "[B, T, 8]", "c": "[B, 8]"}


def test_a_state_reads_as_its_value_from_the_step_before() -> None:
    """What is connected into it is its value for the next step, wherever in the text it is read."""
    model = sound("""
        x:In[B, T, 8] -> s:Scan {
            xt:In[B, D]; h:State[B, D]
            [xt, h] -> Add -> h
            h -> Out
        } -> Out
    """)
    body = inner(node_at(model, "s"))
    (given,) = [p for p in body.outputs if p.kind is PortKind.PLAIN]
    (carried,) = [p for p in body.outputs if p.kind is PortKind.STATE]
    assert given.sources[0].node == -1
    assert carried.sources[0].node == 0


def test_a_state_that_is_never_driven() -> None:
    text = "In[B, T, 8] -> Scan { xt:In[B, 8]; h:State[B, 8]; [xt, h] -> Add -> Linear(8) -> Out } -> Out"
    assert blamed(text) == [("state-not-driven", "h")] or [rule for rule, _ in blamed(text)] == ["state-not-driven"]


def test_a_state_driven_twice() -> None:
    text = (
        "In[B, T, 8] -> Scan { x:In[B, 8]; h:State[B, 8]; [x, h] -> Add -> y; y -> h; y -> ReLU -> h; y -> Out } -> Out"
    )
    assert [rule for rule, _ in blamed(text)] == ["second-driver"]


def test_a_state_of_another_shape() -> None:
    text = (
        "In[B, T, 8] -> Scan { xt:In[B, 8]; h:State[B, 8]; [xt, h] -> Add -> y; y -> Linear(9) -> h; y -> Out } -> Out"
    )
    found = blamed(text)
    assert len(found) == 1 and found[0][0] in ("declared-shape", "shape-mismatch")


def test_a_first_value_of_another_shape() -> None:
    text = (
        CELL
        + """
        x:In[B, T, 8]; h0:In[B, 15]
        [x, h = h0] -> Scan { xt:In[B, D]; h:State[B, 16]; [xt, h] -> Cell(16) -> [h, Out] } -> Out
    """
    )
    found = blamed(text)
    assert len(found) == 1 and found[0][0] in ("declared-shape", "shape-mismatch")


def test_a_state_outside_a_scan() -> None:
    found = blamed("x:In[B, 8]; h:State[B, 8]; [x, h] -> Add -> [h, Out]")
    assert len(found) == 1


def test_a_scan_without_a_body() -> None:
    assert compiled("x:In[B, T, 8] -> Scan -> Out").diagnostics


def test_an_axis_that_isn_t_there() -> None:
    text = CELL + "x:In[B, 8] -> Scan(axis = 2) { xt:In[B]; h:State[B]; [xt, h] -> Add -> [h, Out] } -> Out"
    assert len(blamed(text)) == 1


def test_a_scan_in_a_scan() -> None:
    model = sound("""
        x:In[B, S, T, 8] -> outer:Scan {
            row:In[B, T, D]; g:State[B, D]
            [row, h = g] -> inner:Scan { xt:In[B, D]; h:State[B, D]; [xt, h] -> Add -> Linear(8) -> [h, Out] } -> y
            inner/h -> g
            y -> Out
        } -> Out
    """)
    assert outputs(model) == {"out": "[B, S, T, 8]"}
    assert macs(model) == "64*B*S*T"


def test_a_stack_of_scans() -> None:
    model = sound("""
        +Layer {
            x:In[B, T, D]
            -> Scan { xt:In[B, E]; h:State[B, E]; [xt, h] -> Add -> Linear(E) -> [h, Out] }
            -> Out[B, T, D]
        }
        x:In[B, T, 8] -> Layer * 3 -> Out
    """)
    assert parameters(model) == "216"


def test_shapes_inside() -> None:
    assert shapes(sound(TEXT))["loop/cell/concat"] == "[B, 24]"
    assert graph(sound("x:In[B, T, 8] -> Scan { a:In[B, D]; h:State[B, D]; [a, h] -> Add -> [h, Out] } -> Out")) == {
        **chain("x", "scan/add", "out"),
    }
