"""Paths: tensors from inside a node, and into it."""

from __future__ import annotations

from tests.programs import (
    blamed,
    compiled,
    graph,
    outputs,
    sound,
)


def test_a_tap() -> None:
    model = sound("x:In -> layer:{ Conv -> act:ReLU -> Tanh } -> Out; layer/act -> y:Out")
    assert graph(model)["y"] == ["layer/act"]
    assert graph(model)["out"] == ["layer/tanh"]


def test_a_tap_of_a_wire() -> None:
    model = sound("+Layer { In -> Conv -> h -> ReLU -> Out }\nx:In -> layer:Layer -> Out; layer/h -> y:Out")
    assert graph(model)["y"] == ["layer/conv"]


def test_a_tap_of_a_deep_node() -> None:
    model = sound("""
        +Inner { In -> act:ReLU -> Tanh -> Out }
        +Outer { In -> inner:Inner -> Sigmoid -> Out }
        x:In -> net:Outer -> Out
        net/inner/act -> y:Out
    """)
    assert graph(model)["y"] == ["net/inner/act"]


def test_a_tap_of_a_copy() -> None:
    model = sound("x:In[B, 8] -> blocks:Linear(8) * 6 -> Out; blocks/3 -> y:Out; blocks/0 -> z:Out")
    assert graph(model)["y"] == ["blocks/3"]
    assert graph(model)["z"] == ["blocks/0"]
    assert graph(model)["blocks/4"] == ["blocks/3"]
    assert graph(model)["out"] == ["blocks/5"]


def test_a_tap_inside_a_copy() -> None:
    model = sound("""
        +Layer { In -> skip:Linear(8) -> ReLU -> Out }
        x:In[B, 8] -> layers:Layer * 4 -> Out
        layers/2/skip -> y:Out
    """)
    assert graph(model)["y"] == ["layers/2/skip"]
    assert graph(model)["layers/3/skip"] == ["layers/2/relu"]


def test_a_tap_with_an_expression() -> None:
    model = sound("""
        +Layer { In -> skip:Linear(8) -> ReLU -> Out }
        x:In[B, 8] -> down:Layer * 4 -> z:Out
        [down/(3 - i)/skip -> Tanh for i in 0..3] -> Concat -> Out
    """)
    assert [graph(model)[path][0] for path in graph(model)["concat"]] == ["down/3/skip", "down/2/skip", "down/1/skip"]


def test_a_tap_of_all_copies() -> None:
    model = sound("""
        +Layer { In -> skip:Linear(8) -> ReLU -> Out }
        x:In[B, 8] -> layers:Layer * 3 -> Out
        layers/skip -> Add -> y:Out
    """)
    assert graph(model)["add"] == ["layers/0/skip", "layers/1/skip", "layers/2/skip"]


def test_a_tap_of_all_copies_of_a_list() -> None:
    model = sound("""
        +Layer { In -> skip:Linear(8) -> ReLU -> Out }
        x:In[B, 8] -> layers:[Layer for i in 0..3] -> Concat -> Out
        layers/skip -> Add -> y:Out
    """)
    assert graph(model)["add"] == ["layers/0/skip", "layers/1/skip", "layers/2/skip"]


def test_a_tap_of_an_output_port() -> None:
    model = sound("""
        +Two { In -> [ReLU -> left:Out, Tanh -> right:Out] }
        x:In -> two:Two
        two/right -> Out
    """)
    assert graph(model)["out"] == ["two/tanh"]


def test_a_tap_of_an_operation_s_output() -> None:
    model = sound("x:In[B, T, 8] -> rnn:LSTM(16) -> Out; rnn/h -> y:Out")
    assert outputs(model) == {"out": "[B, T, 16]", "y": "[1, B, 16]"}


def test_a_tap_doesn_t_change_what_the_name_stands_for() -> None:
    model = sound("""
        x:In -> layer:{ Conv -> act:ReLU -> Tanh } -> Sigmoid -> Out
        layer -> Identity -> z:Out
        layer/act -> y:Out
    """)
    assert graph(model)["sigmoid"] == graph(model)["identity"] == ["layer/tanh"]


def test_a_feed() -> None:
    model = sound("""
        layer:{
            weights:Variable[1000, 784]
            weights -> dp:DotProduct -> act:ReLU
        }
        Tensor[784, 32] -> layer/dp
        layer/act -> Softmax -> Out
    """)
    assert graph(model)["layer/dp"] == ["layer/weights", "tensor"]
    assert graph(model)["softmax"] == ["layer/act"]


def test_a_feed_doesn_t_count_among_the_inputs() -> None:
    model = sound("""
        x:In; t:In
        x -> layer:{ In -> sum:Add -> ReLU -> Out } -> Out
        t -> layer/sum
    """)
    assert graph(model)["layer/sum"] == ["x", "t"]


def test_a_path_that_leads_nowhere() -> None:
    text = "x:In -> stem:{ In -> conv:Conv -> ReLU -> Out } -> Out\nstem/cnov -> y:Out"
    (diagnostic,) = compiled(text).diagnostics
    assert diagnostic.rule == "unknown-path"
    assert "conv" in (diagnostic.help or "")


def test_a_copy_that_isn_t_there() -> None:
    assert [rule for rule, _ in blamed("x:In[B, 8] -> blocks:Linear(8) * 3 -> Out\nblocks/3 -> y:Out")] == [
        "unknown-path"
    ]
