"""Nodes, chains and lists: which tensor goes where."""

from __future__ import annotations

import pytest

from tests.programs import (
    arguments,
    blamed,
    chain,
    compiled,
    graph,
    node_at,
    operations,
    outputs,
    shape_of,
    sound,
)

# ------------------------------------------------------------------------------------------ nodes


@pytest.mark.parametrize(
    ("item", "path", "channels"),
    [
        ("Conv", "conv", None),
        ("Conv(4)", "conv", "4"),
        ("c:Conv", "c", None),
        ("c:Conv(4)", "c", "4"),
        ("Conv[B, 4, _, _]", "conv", None),
        ("Conv(4)[B, 4, _, _]", "conv", "4"),
        ("c:Conv[B, 4, _, _]", "c", None),
        ("c:Conv(4, 3)[B, 4, 6, 6]", "c", "4"),
    ],
)
def test_id_arguments_and_shape_are_each_optional(item: str, path: str, channels: str | None) -> None:
    model = sound(f"x:In[B, 3, 8, 8] -> {item} -> Out")
    assert graph(model) == chain("x", path, "out")
    assert arguments(model, path).get("channels") == channels


def test_the_first_example() -> None:
    model = sound("""
        image:Input[B, 3, 224, 224] -> Conv(64, kernel = 7, stride = 2, padding = 3) -> BN -> ReLU -> h
        skip:In[B, 64, 112, 112]
        [h, skip] -> Add -> Out
    """)
    assert graph(model) == {
        "image": [],
        "conv": ["image"],
        "bn": ["conv"],
        "relu": ["bn"],
        "skip": [],
        "add": ["relu", "skip"],
        "out": ["add"],
    }
    assert outputs(model) == {"out": "[B, 64, 112, 112]"}


def test_an_id_before_a_group_with_a_choice() -> None:
    text = "x:In[B, 4] -> projection:(Linear(8) if {} else Linear(4)) -> Out"
    assert graph(sound(text.format("true"))) == chain("x", "projection", "out")
    assert outputs(sound(text.format("true"))) == {"out": "[B, 8]"}
    assert outputs(sound(text.format("false"))) == {"out": "[B, 4]"}


def test_an_id_before_a_list() -> None:
    model = sound("x:In[B, 4] -> heads:[Linear(2 + i) for i in 0..3] -> Concat -> Out; heads/1 -> y:Out")
    assert graph(model)["concat"] == ["heads/0", "heads/1", "heads/2"]
    assert graph(model)["y"] == ["heads/1"]
    assert outputs(model) == {"out": "[B, 9]", "y": "[B, 3]"}


def test_an_id_before_an_application() -> None:
    model = sound("""
        a:In[B, 4] -> enc:Linear(2) -> y1:Out
        b:In[B, 4] -> again:enc() -> ReLU -> y2:Out
        again -> Tanh -> y3:Out
    """)
    assert graph(model) == {
        "a": [],
        "enc": ["a"],
        "y1": ["enc"],
        "b": [],
        "again": ["b"],
        "relu": ["again"],
        "y2": ["relu"],
        "tanh": ["again"],
        "y3": ["tanh"],
    }


def test_an_id_before_a_group() -> None:
    model = sound("x:In -> front:(Conv -> ReLU) -> Tanh -> Out; front -> y:Out")
    assert operations(model)[graph(model)["tanh"][0]] == "ReLU"
    assert graph(model)["y"] == graph(model)["tanh"]


def test_an_id_that_is_a_number() -> None:
    assert graph(sound("In -> 0:Conv -> 1:BN -> 2:ReLU -> Out")) == chain("in", "0", "1", "2", "out")


# ----------------------------------------------------------------------------------------- arrows


def test_a_variadic_operation_takes_all() -> None:
    assert graph(sound("a:In; b:In; [a, b] -> Add -> Out"))["add"] == ["a", "b"]
    assert graph(sound("a:In; b:In; c:In; [c, a, b] -> Concat -> Out"))["concat"] == ["c", "a", "b"]


def test_fan_out() -> None:
    model = sound("x:In -> [ReLU, Tanh] -> Add -> Out")
    assert graph(model) == {"x": [], "relu": ["x"], "tanh": ["x"], "add": ["relu", "tanh"], "out": ["add"]}


def test_every_tensor_to_every_item() -> None:
    model = sound("a:In; b:In; [a, b] -> [Max, Min] -> Sub -> Out")
    assert graph(model)["max"] == ["a", "b"]
    assert graph(model)["min"] == ["a", "b"]
    assert graph(model)["sub"] == ["max", "min"]


def test_a_repeated_operand_counts_twice() -> None:
    assert graph(sound("x:In; [x, x] -> Mul -> Out"))["mul"] == ["x", "x"]


def test_n_inputs_take_n_tensors_one_by_one() -> None:
    assert graph(sound("a:In[B, 2, 3]; b:In[B, 3, 4]; [a, b] -> MatMul -> Out"))["mat_mul"] == ["a", "b"]
    model = sound("""
        +Swap { a:In; b:In; [b, a] -> Sub -> Out }
        p:In; q:In
        [p, q] -> Swap -> Out
    """)
    assert graph(model)["swap/sub"] == ["q", "p"]


def test_more_tensors_than_inputs() -> None:
    assert blamed("a:In[B, 8]; b:In[B, 8]; [a, b] -> ReLU -> Out") == [("wrong-count", "ReLU")]
    assert blamed("+F { x:In; y:In; [x, y] -> Add -> Out }\na:In; b:In; c:In; [a, b, c] -> F -> Out") == [
        ("wrong-count", "F")
    ]


def test_fewer_tensors_than_inputs() -> None:
    assert blamed("+F { x:In; y:In; z:In; [x, y, z] -> Add -> Out }\na:In; b:In; [a, b] -> F -> Out") == [
        ("wrong-count", "F")
    ]


def test_a_wrong_count_says_both_counts_and_names_the_ports() -> None:
    text = "+F { left:In; right:In; [left, right] -> Add -> Out }\na:In; b:In; c:In; [a, b, c] -> F -> Out"
    (diagnostic,) = compiled(text).diagnostics
    everything = " ".join((diagnostic.message, diagnostic.label, diagnostic.help or ""))
    everything += " ".join(related.message for related in diagnostic.related)
    assert "3" in everything and "2" in everything
    assert "left" in everything and "right" in everything


def test_one_tensor_spreads_over_unnamed_inputs() -> None:
    model = sound("+Twice { [In, In] -> Add -> Out }\nx:In -> Twice -> Out")
    assert graph(model) == {"x": [], "twice/add": ["x", "x"], "out": ["twice/add"]}


def test_one_tensor_doesn_t_spread_over_named_inputs() -> None:
    text = "+Both { a:In; b:In; [a, b] -> Add -> Out }\nx:In -> Both -> Out"
    assert blamed(text) == [("wrong-count", "Both")]


def test_one_tensor_doesn_t_spread_if_an_input_has_a_name() -> None:
    text = "+Both { a:In; [a, In] -> Add -> Out }\nx:In -> Both -> Out"
    assert blamed(text) == [("wrong-count", "Both")]


def test_two_tensors_don_t_spread_over_three_inputs() -> None:
    text = "+Three { [In, In, In] -> Add -> Out }\nx:In; y:In; [x, y] -> Three -> Out"
    assert blamed(text) == [("wrong-count", "Three")]


def test_attention_takes_key_and_value_from_the_query() -> None:
    model = sound("x:In[B, N, 64] -> attn:MultiHeadAttention(8) -> Out")
    operands = node_at(model, "attn").operands
    assert [operand.port for operand in operands][:1] == ["query"]
    assert {operand.source for operand in operands} == {operands[0].source}
    assert outputs(model) == {"out": "[B, N, 64]"}


def test_a_block_on_the_left_stands_for_all_its_outputs() -> None:
    model = sound("+Two { x:In -> [ReLU -> Out, Tanh -> Out] }\nx:In -> Two -> Add -> Out")
    assert graph(model)["add"] == ["two/relu", "two/tanh"]


def test_an_operation_on_the_left_stands_for_its_main_output() -> None:
    model = sound("x:In[B, T, 8] -> LSTM(16) -> Linear(4) -> Out")
    assert graph(model) == chain("x", "lstm", "linear", "out")
    model = sound("x:In[B, 3, 8, 8] -> MaxPool(2) -> ReLU -> Out")
    assert outputs(model) == {"out": "[B, 3, 4, 4]"}


def test_a_group_is_the_chain_in_it() -> None:
    assert graph(sound("In -> (Conv -> ReLU) -> Out")) == chain("in", "conv", "relu", "out")
    assert graph(sound("(In -> Conv) -> ReLU -> (Out)")) == chain("in", "conv", "relu", "out")
    assert graph(sound("((In)) -> ((Conv) -> (ReLU)) -> Out")) == chain("in", "conv", "relu", "out")


def test_a_chain_in_a_list() -> None:
    model = sound("x:In -> [Conv -> ReLU, Identity, (Tanh -> Sigmoid)] -> Concat -> Out")
    assert graph(model)["concat"] == ["relu", "identity", "sigmoid"]
    assert graph(model)["conv"] == graph(model)["identity"] == graph(model)["tanh"] == ["x"]


def test_a_wire_in_a_list_beside_operations() -> None:
    """A name in a list that something flows into is written; the list gives all its elements."""
    model = sound("x:In -> ReLU -> [y, Tanh] -> Add -> Out; y -> Sigmoid -> z:Out")
    assert graph(model)["add"] == ["relu", "tanh"]
    assert graph(model)["sigmoid"] == ["relu"]


def test_lists_in_lists() -> None:
    model = sound("x:In -> [[ReLU, Tanh], Sigmoid] -> Concat -> Out")
    assert graph(model)["concat"] == ["relu", "tanh", "sigmoid"]
    model = sound("x:In -> [[ReLU, Tanh] -> Add, Sigmoid] -> Concat -> Out")
    assert graph(model)["add"] == ["relu", "tanh"]
    assert graph(model)["concat"] == ["add", "sigmoid"]


def test_lists_between_lists() -> None:
    model = sound("x:In; y:In; [x, y] -> [Add, Mul] -> [Sub, Max] -> Concat -> Out")
    assert graph(model)["sub"] == graph(model)["max"] == ["add", "mul"]


# ---------------------------------------------------------------------------------- lists of names


def test_outputs_one_by_one() -> None:
    model = sound("x:In[B, 8] -> Split(2) -> [a, b]; b -> ReLU -> Out; a -> z:Out")
    assert node_at(model, "relu").operands[0].source.port == 1  # type: ignore[union-attr]
    assert model.root.outputs[1].sources[0].port == 0
    assert outputs(model) == {"out": "[B, 4]", "z": "[B, 4]"}


def test_outputs_into_outputs() -> None:
    model = sound("""
        +Encoder { x:In[B, D] -> [Linear(2) -> Out, Linear(3) -> Out] }
        In[B, 8] -> Encoder -> [mu:Out, logvar:Out]
    """)
    assert outputs(model) == {"mu": "[B, 2]", "logvar": "[B, 3]"}


def test_side_outputs_by_name() -> None:
    model = sound("x:In[B, T, 8] -> LSTM(16) -> [_, h, _]; h -> Out")
    assert outputs(model) == {"out": "[1, B, 16]"}


def test_two_outputs_of_a_cell() -> None:
    model = sound("x:In[B, 8]; h:In[B, 4]; c:In[B, 4]; [x, h, c] -> cell:LSTMCell(4) -> [_, c2]; c2 -> Out")
    assert model.root.outputs[0].sources[0].port == 1


def test_a_discarded_output_is_no_warning() -> None:
    sound("x:In[B, 9] -> Split(3) -> [_, b, _]; b -> Out")


def test_names_after_something_that_isn_t_as_many() -> None:
    assert blamed("x:In[B, 8] -> Split(2) -> [a, b, c]\n[a, b, c] -> Concat -> Out") == [
        ("unbalanced-names", "[a, b, c]")
    ]
    assert blamed("x:In[B, 9] -> Split(3) -> [a, b]\n[a, b] -> Concat -> Out") == [("unbalanced-names", "[a, b]")]


def test_one_tensor_into_several_outputs() -> None:
    """Fan-out, as in Moniel."""
    model = sound("x:In -> ReLU -> [a:Out, b:Out]")
    assert graph(model)["a"] == graph(model)["b"] == ["relu"]


def test_more_outputs_than_tensors() -> None:
    assert [rule for rule, _ in blamed("x:In[B, 8] -> Split(2) -> [a:Out, b:Out, c:Out]")] == ["unbalanced-names"]


def test_nodes_that_stand_elsewhere_take_all() -> None:
    """One by one is for new wires, states, outputs and ``_``; a declared node is an item like any other."""
    model = sound("x:In[B, 8] -> Split(2) -> [m, n]; m:Add; n:Mul; [m, n] -> Sub -> Out")
    assert [o.source.port for o in node_at(model, "m").operands] == [0, 1]  # type: ignore[union-attr]
    assert [o.source.port for o in node_at(model, "n").operands] == [0, 1]  # type: ignore[union-attr]


def test_a_list_with_an_operation_takes_all() -> None:
    model = sound("x:In[B, 8] -> Split(2) -> [Add, Mul] -> Concat -> Out")
    assert [o.source.port for o in node_at(model, "add").operands] == [0, 1]  # type: ignore[union-attr]
    assert [o.source.port for o in node_at(model, "mul").operands] == [0, 1]  # type: ignore[union-attr]


def test_a_list_with_an_operation_of_one_input_takes_all_too() -> None:
    assert blamed("x:In[B, 8] -> Split(2) -> [ReLU, Tanh] -> Add -> Out") == [
        ("wrong-count", "ReLU"),
        ("wrong-count", "Tanh"),
    ]


# --------------------------------------------------------------------------------- inputs by name


def test_inputs_by_name() -> None:
    model = sound("""
        x:In[B, N, 64]; m:In[B, M, 64]
        [query = x, key = m, value = m] -> attn:Attention(8) -> Out
    """)
    assert graph(model)["attn"] == ["x", "m", "m"]
    assert [operand.port for operand in node_at(model, "attn").operands] == ["query", "key", "value"]


def test_names_in_any_order() -> None:
    model = sound("""
        +Sub2 { left:In; right:In; [left, right] -> Sub -> Out }
        a:In; b:In
        [right = a, left = b] -> Sub2 -> Out
    """)
    assert graph(model)["sub2/sub"] == ["b", "a"]


def test_positional_items_fill_what_is_unnamed() -> None:
    model = sound("""
        +Three { left:In; middle:In; right:In; [left, middle, right] -> Concat -> Out }
        a:In; b:In; c:In
        [a, left = b, c] -> Three -> Out
    """)
    assert graph(model)["three/concat"] == ["b", "a", "c"]


def test_a_named_input_in_a_chain() -> None:
    model = sound("""
        +Both { left:In; right:In; [left, right] -> Sub -> Out }
        a:In; b:In
        [right = a -> ReLU, left = b] -> Both -> Out
    """)
    assert graph(model)["both/sub"] == ["b", "relu"]


def test_an_input_that_isn_t() -> None:
    text = "x:In[B, N, 64]; [query = x, keys = x] -> Attention(8) -> Out"
    assert blamed(text) == [("unknown-argument", "keys")]


def test_an_input_bound_twice() -> None:
    text = "+One { left:In -> ReLU -> Out }\nx:In; [left = x, left = x] -> One -> Out"
    assert [rule for rule, _ in blamed(text)] == ["duplicate-argument"]


# ------------------------------------------------------------------------- numbers and operators


def test_a_number_as_an_operand() -> None:
    model = sound("z:In[B, 8]; [1, z] -> Sub -> Out")
    assert graph(model)["sub"] == ["1", "z"]
    assert outputs(model) == {"out": "[B, 8]"}
    assert graph(sound("z:In[B, 8]; [z, -0.5] -> Add -> Out"))["add"] == ["z", "-0.5"]


def test_a_number_as_an_argument() -> None:
    model = sound("In[B, 8] -> Mul(0.5) -> Out")
    assert graph(model)["mul"] == ["in"]
    assert arguments(model, "mul") == {"value": "0.5"}


def test_no_operators_on_tensors() -> None:
    assert blamed("x:In; y:In\nx + y -> ReLU -> Out")[0][0] == "infix-on-tensors"


# ------------------------------------------------------------------------- nothing in silence


def test_an_arrow_that_carries_nothing() -> None:
    assert [rule for rule, _ in blamed("[] -> Add -> Out")] == ["nothing-flows"]
    assert [rule for rule, _ in blamed("[Tensor -> ReLU for i in 0..0] -> Add -> Out")] == ["nothing-flows"]


def test_a_block_without_an_output() -> None:
    text = "+Stem {\n x:In[B, 3, H, W] -> Conv(16, 3) -> ReLU\n}\nIn[B, 3, 32, 32] -> Stem -> Out"
    assert [rule for rule, _ in blamed(text)] == ["no-output"]


def test_into_a_source() -> None:
    assert [rule for rule, _ in blamed("In[B, 8] -> Arange(4) -> Out")] == ["no-input"]


def test_a_node_that_is_missing_its_operands() -> None:
    """A sketch begins anywhere; a chain may begin with an operation."""
    model = sound("Conv -> ReLU -> Out")
    assert graph(model) == chain("conv", "relu", "out")
    assert shape_of(model, "relu") == "?"


# ------------------------------------------------------------------------------- lists with names


@pytest.mark.parametrize(
    ("elements", "ends"),
    [
        ("Linear(8) for i in 0..3", ["h/0", "h/1", "h/2"]),
        ("Linear(8) -> Tanh for i in 0..2", ["tanh/0", "tanh/1"]),
        ("Linear(8), Tanh, Linear(8) -> ReLU", ["h", "h_2", "relu"]),
    ],
)
def test_the_name_of_a_list_is_all_of_it(elements: str, ends: list[str]) -> None:
    """It would be the last element alone, or unknown."""
    model = sound(f"x:In[B, 8] -> h:[{elements}]\nh -> Add -> a:Out\nh -> Concat -> b:Out")
    assert graph(model)["add"] == graph(model)["concat"] == ends


def test_braces_read_a_list_around_them() -> None:
    model = sound(
        """
        x:In[B, 8] -> h:[Linear(8) -> Tanh for i in 0..2]
        x -> { y:In -> Linear(8) -> z; [z, h] -> Add -> Out } -> Out
        """
    )
    assert graph(model)["block/add"] == ["block/linear", "tanh/0", "tanh/1"]


def test_an_element_of_a_list_of_chains_is_reached_by_its_number() -> None:
    model = sound(
        "x:In[B, 8] -> h:[Linear(i + 1) -> Tanh for i in 0..3] -> Concat -> a:Out; h/1 -> b:Out; h/(-1) -> c:Out"
    )
    assert (graph(model)["b"], graph(model)["c"]) == (["tanh/1"], ["tanh/2"])
    (told,) = compiled("x:In[B, 8] -> h:[Linear(8) -> Tanh for i in 0..3]; h/3 -> ReLU -> Out").diagnostics
    assert (told.rule, told.message) == ("unknown-path", "`h` is a list of 3 tensors")


def test_names_that_take_several_outputs_are_a_list_too() -> None:
    model = sound("x:In[B, N, 24] -> Split(3, axis = -1) -> qkv:[q, k, v]\nqkv -> MultiHeadAttention(2) -> Out")
    assert graph(model)["multi_head_attention"] == ["split"] * 3


def test_a_list_with_a_name_is_told_of_as_such() -> None:
    (told,) = compiled("x:In[B, 8] -> h:[Linear(8), Tanh]\nh -> Linear(3) -> a:Out").diagnostics
    assert (told.rule, told.help) == ("bundle", "merge them: h -> Concat -> Linear")
    assert blamed("x:In[B, 8] -> h:[Linear(8), Tanh] -> Add -> h -> Out") == [("second-driver", "h")]
