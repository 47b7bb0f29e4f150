"""Names of tensors, and several tensors under one name."""

from __future__ import annotations

import pytest

from tests.programs import (
    blamed,
    chain,
    compiled,
    graph,
    sound,
)

# ------------------------------------------------------------------------------------------ wires


def test_a_wire_is_read_before_or_after() -> None:
    expected = {"x": [], "relu": ["x"], "tanh": ["relu"], "out": ["tanh"]}
    assert graph(sound("x:In -> ReLU -> h; h -> Tanh -> Out")) == expected
    assert graph(sound("h -> Tanh -> Out; x:In -> ReLU -> h")) == expected


def test_a_wire_on_the_way() -> None:
    model = sound("x:In -> ReLU -> h -> Tanh -> y; [h, y] -> Add -> Out")
    assert graph(model)["add"] == ["relu", "tanh"]


def test_what_a_wire_on_the_way_brings_is_read() -> None:
    sound("x:In -> ReLU -> h -> Tanh -> Out")


def test_order_of_operands_is_that_of_the_text() -> None:
    model = sound("b -> f; a -> f; f:Concat -> Out; x:In -> [ReLU -> a, Tanh -> b]")
    assert graph(model)["f"] == ["tanh", "relu"]


def test_second_driver() -> None:
    assert blamed("x:In -> ReLU -> h\nx -> Tanh -> h\nh -> Out") == [("second-driver", "h")]


def test_the_second_driver_points_at_the_first() -> None:
    (diagnostic,) = compiled("x:In -> ReLU -> h\nx -> Tanh -> h\nh -> Out").diagnostics
    assert diagnostic.span.start == 31
    assert [r.span.start for r in diagnostic.related if r.span] == [16]


def test_never_written() -> None:
    (diagnostic,) = compiled("image:In -> ReLU -> features\nfeatrues -> Tanh -> Out\nfeatures -> y:Out").diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("unknown-wire", "featrues")
    assert "features" in (diagnostic.help or "")


def test_read_twice_and_never_written() -> None:
    """One fault, one diagnostic."""
    assert blamed("[h, h] -> Add -> Out") == [("unknown-wire", "h")]
    assert blamed("h -> ReLU -> Out\nh -> Tanh -> y:Out") == [("unknown-wire", "h")]


def test_never_read() -> None:
    assert blamed("x:In -> ReLU -> Out; x -> Tanh -> y") == [("unused-wire", "y")]


def test_a_node_whose_result_nobody_takes() -> None:
    assert blamed("x:In[B, 8] -> Linear(8) -> Out\nx -> Linear(8) -> ReLU") == [("unused-node", "ReLU")]


def test_a_sketch_may_end_anywhere() -> None:
    """A program without any output draws at once and needs no warning."""
    sound("In -> Conv -> ReLU")
    sound("Conv -> ReLU")
    sound("ReLU -> BN\nConv -> Tanh")


def test_a_declared_node_is_no_wire() -> None:
    model = sound("act:ReLU\nx:In -> act\nact -> Out")
    assert graph(model) == chain("x", "act", "out")


def test_a_node_in_the_middle_of_another_chain() -> None:
    model = sound("act:ReLU\nx:In -> act -> Tanh -> Out")
    assert graph(model) == chain("x", "act", "tanh", "out")


def test_several_chains_into_one_node() -> None:
    model = sound("a:In; b:In; mm:MatMul; a -> mm; b -> mm; mm -> Out")
    assert graph(model)["mm"] == ["a", "b"]
    model = sound("b:In; a:In; c:In; b -> sum:Add -> Out; a -> sum; c -> sum")
    assert graph(model)["sum"] == ["b", "a", "c"]


def test_several_chains_into_a_node_that_is_full() -> None:
    ((rule, _),) = blamed("a:In; b:In; a -> act:ReLU -> Out; b -> act")
    assert rule in ("wrong-count", "second-driver")


def test_reading_an_output() -> None:
    model = sound("x:In -> ReLU -> y:Out; y -> Tanh -> z:Out")
    assert graph(model)["tanh"] == ["relu"]
    model = sound("x:In -> ReLU -> y:Out -> Tanh -> z:Out")
    assert graph(model)["tanh"] == ["relu"]


def test_the_same_input_twice_in_a_list() -> None:
    model = sound("[In, In] -> Add -> Out")
    assert graph(model) == {"in": [], "in2": [], "add": ["in", "in2"], "out": ["add"]}


def test_into_an_input() -> None:
    ((rule, _),) = blamed("In -> Linear(8) -> x:In -> ReLU -> Out")
    assert rule == "no-input"


def test_a_cycle() -> None:
    ((rule, _),) = blamed("x:In[B, 8]\n[x, h] -> Add -> Linear(8) -> h -> Out")
    assert rule == "cycle"
    ((rule, _),) = blamed("x:In\n[x, b] -> a:Add -> Out\na -> b:ReLU")
    assert rule == "cycle"


@pytest.mark.parametrize(
    ("text", "arrow"),
    [
        ("x:In[B, 4] -> k:Add -> a:ReLU -> Out\na -> Tanh -> k", "k"),
        ("x:In[B, 4] -> k:Linear(4) -> ReLU -> k\nk -> Out", "k"),
        ("x:In[B, 4] -> k:Add -> ReLU -> h -> k", "k"),
        ("x:In[B, 4] -> o:Out\no -> ReLU -> o", "o"),
        ("x:In[B, 4] -> k:{ a:In -> y:Add -> Out }\nk -> ReLU -> k/y\nk -> Out", "k/y"),
    ],
)
def test_an_arrow_back_into_a_node_is_not_lost(text: str, arrow: str) -> None:
    ((rule, blame),) = blamed(text)
    assert (rule, blame) == ("cycle", arrow)


# ---------------------------------------------------------------------------------------- bundles


def test_several_tensors_into_one_output() -> None:
    model = sound("+Two { x:In -> [ReLU, Tanh] -> Out }\nx:In -> Two -> Concat -> Out")
    assert graph(model)["concat"] == ["two/relu", "two/tanh"]


def test_several_chains_into_one_output() -> None:
    model = sound("+Two { x:In -> ReLU -> y:Out; x -> Tanh -> y }\nx:In -> Two -> Concat -> Out")
    assert graph(model)["concat"] == ["two/relu", "two/tanh"]


def test_a_bundle_into_two_inputs() -> None:
    model = sound("+Two { x:In -> [ReLU, Tanh] -> Out }\nx:In -> Two -> MatMul -> Out")
    assert graph(model)["mat_mul"] == ["two/relu", "two/tanh"]


def test_a_bundle_where_one_is_taken() -> None:
    text = """
        +Two { x:In[B, 8] -> [Linear(8), Linear(8)] -> Out }
        In[B, 8] -> Two -> ReLU -> Out
    """
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("bundle", "ReLU")
    made = [r.span for r in diagnostic.related if r.span]
    assert made and "Out" in made[0].text


def test_a_bundle_of_bundles() -> None:
    model = sound("""
        +Two { x:In -> [ReLU, Tanh] -> Out }
        +Four { x:In -> [Two, Two] -> Out }
        x:In -> Four -> Concat -> Out
    """)
    assert graph(model)["concat"] == ["four/two/relu", "four/two/tanh", "four/two2/relu", "four/two2/tanh"]


def test_a_model_may_give_out_a_bundle() -> None:
    model = sound("x:In -> [ReLU, Tanh] -> Out")
    assert graph(model)["out"] == ["relu", "tanh"]
