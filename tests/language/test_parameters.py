"""What a definition is given: values, and blocks as values."""

from __future__ import annotations

import pytest

from tests.programs import (
    blamed,
    keys,
    operations,
    outputs,
    parameters,
    shapes,
    sound,
    values,
)

# --------------------------------------------------------------------------------------- parameters


def test_defaults_by_earlier_parameters() -> None:
    unit = "+Unit(a, b = 2 * a, c = a + b) = Linear(a) -> Linear(b) -> Linear(c)\nIn[B, 1] -> u:Unit({}) -> Out"
    assert values(sound(unit.format("3")), "u") == {"a": "3", "b": "6", "c": "9"}
    assert values(sound(unit.format("3, 4")), "u") == {"a": "3", "b": "4", "c": "7"}
    assert values(sound(unit.format("c = 1, a = 2")), "u") == {"a": "2", "b": "4", "c": "1"}
    assert values(sound(unit.format("3, c = 1")), "u") == {"a": "3", "b": "6", "c": "1"}


def test_defaults_by_sizes_of_the_input() -> None:
    model = sound("""
        +MLP(hidden = 4 * D) { In[..., D] -> Linear(hidden) -> GELU -> Linear(D) -> Out }
        x:In[B, N, 16] -> mlp:MLP -> Out
    """)
    assert values(model, "mlp")["hidden"] == "64"
    assert outputs(model) == {"out": "[B, N, 16]"}


def test_an_argument_left_out() -> None:
    text = "+Head(classes) { In -> Linear(classes) -> Out }\nIn[B, 64] -> Head -> Out"
    assert blamed(text) == [("missing-argument", "Head")]


def test_an_argument_twice() -> None:
    assert blamed("In[B, 3, 32, 32] -> Conv(16, 3, kernel = 5) -> Out") == [("duplicate-argument", "kernel")]
    text = "+Head(classes) { In -> Linear(classes) -> Out }\nIn[B, 64] -> Head(classes = 3, classes = 4) -> Out"
    assert [rule for rule, _ in blamed(text)] == ["duplicate-argument"]


def test_too_many_arguments() -> None:
    text = "+Head(classes) { In -> Linear(classes) -> Out }\nIn[B, 64] -> Head(10, 20) -> Out"
    assert blamed(text) == [("too-many-arguments", "20")]


def test_a_parameter_that_nothing_uses() -> None:
    text = "+Head(classes, dropout = 0.1) { In -> Linear(classes) -> Out }\nIn[B, 64] -> Head(10) -> Out"
    assert blamed(text) == [("unused-parameter", "dropout")]


def test_a_parameter_twice() -> None:
    text = "+Block(width, width = 2) { In -> Linear(width) -> Out }\nIn[B, 8] -> Block(16) -> Out"
    assert blamed(text) == [("duplicate-parameter", "width")]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("12", "12"),
        ("0.5", "0.5"),
        ("true", "true"),
        ('"same"', "same"),
        ("none", "none"),
        ("[1, 2]", "[1, 2]"),
        ("(1, 2)", "[1, 2]"),
        ("1x2", "[1, 2]"),
        ("[[1, 2], 3x4]", "[[1, 2], [3, 4]]"),
        ("float16", "float16"),
        ("GELU", "GELU"),
        ("[]", "[]"),
    ],
)
def test_kinds_of_values(written: str, shown: str) -> None:
    model = sound(f"+Unit(v) {{ In -> (ReLU if v == v) -> Out }}\nIn -> u:Unit({written}) -> Out")
    assert values(model, "u") == {"v": shown}


def test_three_ways_to_write_a_sequence_are_one_value() -> None:
    model = sound("""
        +Unit(v) { In -> Linear(v[0]) -> Linear(v[1]) -> Out }
        In[B, 2] -> Unit([1, 2]) -> Unit((1, 2)) -> Unit(1x2) -> Out
    """)
    assert len({id(node.what) for node in model.root.nodes}) == 1


# ---------------------------------------------------------------------------------- blocks as values


def test_a_block_as_a_parameter() -> None:
    model = sound("""
        +MLP(Act = GELU) { In[B, D] -> Linear(D) -> Act -> Out }
        x:In[B, 8] -> MLP -> MLP(ReLU) -> MLP(Act = Tanh) -> Out
    """)
    assert [op for op in operations(model).values() if op not in ("Input", "Output", "Linear")] == [
        "GELU",
        "ReLU",
        "Tanh",
    ]


def test_a_definition_as_a_parameter() -> None:
    model = sound("""
        +Stack(Body, n) = Body * n
        +Layer { In[B, D] -> Linear(D) -> ReLU -> Out }
        x:In[B, 8] -> Stack(Layer, 2) -> Out
    """)
    assert parameters(model) == "144"


def test_a_block_with_some_arguments_fixed() -> None:
    model = sound("""
        +Unit(width, groups = 1, bias = true) { In -> Conv(width, 1, groups = groups, bias = bias) -> ReLU -> Out }
        +Net(Block) { In -> Block(64) -> Block(32, false) -> Out }
        x:In[B, 64, 8, 8] -> Net(Unit(groups = 32)) -> Out
    """)
    assert parameters(model) == str(64 * 2 + 64 + 32 * 2)


def test_a_fixed_argument_is_fixed() -> None:
    text = """
        +Unit(width, groups = 1) { In -> Conv(width, 1, groups = groups) -> ReLU -> Out }
        +Net(Block) { In -> Block(64, groups = 2) -> Out }
        x:In[B, 64, 8, 8] -> Net(Unit(groups = 32)) -> Out
    """
    assert blamed(text) == [("fixed-twice", "groups")]


def test_fixing_the_rest_step_by_step() -> None:
    model = sound("""
        +Unit(a, b, c) = Linear(a) -> Linear(b) -> Linear(c)
        +Two(Block) { In -> Block(7) -> Out }
        +One(Block) { In -> Two(Block(b = 5)) -> Out }
        x:In[B, 1] -> One(Unit(c = 3)) -> Out
    """)
    assert [s for p, s in shapes(model).items() if "linear" in p] == ["[B, 7]", "[B, 5]", "[B, 3]"]


def test_an_operation_with_arguments_fixed() -> None:
    model = sound("+Unit(Norm) { In -> Norm -> Norm(eps = 0.1) -> Out }\nx:In[B, 8, 4, 4] -> Unit(GroupNorm(2)) -> Out")
    assert list(operations(model).values())[1:3] == ["GroupNorm", "GroupNorm"]


def test_a_table_of_blocks() -> None:
    model = sound("""
        +Net(rows) { In -> Stage(w, Act) for (w, Act) in rows -> Out }
        +Stage(w, Act) = Linear(w) -> Act
        x:In[B, 1] -> Net([(2, ReLU), (3, Tanh)]) -> Out
    """)
    assert list(operations(model).values())[1:5] == ["Linear", "ReLU", "Linear", "Tanh"]
    assert outputs(model) == {"out": "[B, 3]"}


def test_a_shared_instance_as_a_value() -> None:
    """A small name as a block is the node itself: its weights are those of the node."""
    model = sound("""
        +Twice(Body) { In -> Body -> ReLU -> Body -> Out }
        enc:Linear(8)
        x:In[B, 8] -> Twice(enc) -> Out
    """)
    assert parameters(model) == "72"
    assert list(keys(model)) == ["enc.weight", "enc.bias"]
