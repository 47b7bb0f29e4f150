"""Repetition and choice: ``*``, ``for``, lists, ``if``."""

from __future__ import annotations

import pytest

from moniel2.ir.model import Choice, Undefined, distinct_blocks
from tests.programs import (
    arguments,
    blamed,
    chain,
    compiled,
    graph,
    inner,
    keys,
    node_at,
    operations,
    outputs,
    parameters,
    shapes,
    sound,
    specializations,
)

UNIT = "+Unit(w = 8) = Linear(w) -> ReLU\n"


def names(model: object) -> list[str]:
    return [op for op in operations(model).values() if op not in ("Input", "Output")]  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------ copies


def test_copies_in_series() -> None:
    model = sound(UNIT + "x:In[B, 8] -> Unit * 3 -> Out")
    assert graph(model) == chain(
        "x",
        "unit/0/linear",
        "unit/0/relu",
        "unit/1/linear",
        "unit/1/relu",
        "unit/2/linear",
        "unit/2/relu",
        "out",
    )


def test_equal_copies_are_one_node_with_a_count() -> None:
    model = sound(UNIT + "x:In[B, 8] -> Unit * 1000 -> Out")
    (node,) = model.root.nodes
    assert (node.id, node.first, node.repeat, node.parallel) == ("unit", 0, 1000, False)
    assert parameters(model) == "72000"


def test_the_first_copy_may_differ() -> None:
    model = sound(UNIT + "x:In[B, 4] -> u:Unit * 3 -> Out")
    assert [(n.key, n.first, n.repeat) for n in model.root.nodes] == [("u/0", 0, 1), ("u/1", 1, 2)]
    assert parameters(model) == str(40 + 2 * 72)
    assert list(keys(model))[::2] == ["u.0.linear.weight", "u.1.linear.weight", "u.2.linear.weight"]


def test_one_copy_is_a_copy() -> None:
    """``* 1`` counts, so that the keys don't change with the number."""
    assert list(keys(sound("x:In[B, 8] -> u:Linear(8) * 1 -> Out"))) == ["u.0.weight", "u.0.bias"]


def test_no_copy_is_nothing_at_all() -> None:
    assert graph(sound(UNIT + "x:In[B, 8] -> Unit * 0 -> Out")) == chain("x", "out")
    assert graph(sound(UNIT + "n = 0\nx:In[B, 8] -> Tanh -> Unit * n -> Sigmoid -> Out")) == chain(
        "x", "tanh", "sigmoid", "out"
    )


def test_the_number_may_be_computed() -> None:
    model = sound(
        UNIT + "+Net(n, ns) = Unit * n -> Unit * (n + 1) -> Unit * ns[1]\nx:In[B, 8] -> Net(2, [5, 4]) -> Out"
    )
    assert names(model).count("ReLU") == 2 + 3 + 4


def test_products_bind_to_the_left() -> None:
    model = sound("x:In[B, 8] -> Linear(8) * 2 * 3 -> Out")
    assert names(model) == ["Linear"] * 6


@pytest.mark.parametrize("count", ["-1", "(0 - 1)", "0.5", "(3 / 2)", '"three"', "true"])
def test_a_number_of_copies_that_isn_t(count: str) -> None:
    text = UNIT + f"n = {count}\nx:In[B, 8] -> Unit * n -> Out"
    found = blamed(text)
    assert len(found) == 1 and found[0][0] in ("bad-value", "not-whole")


def test_other_inputs_get_what_the_first_copy_got() -> None:
    model = sound("""
        +Layer { x:In[B, D]; mask:In[B, D]; [x, mask] -> Add -> Linear(D) -> Out }
        x:In[B, 8]; mask:In[B, 8]
        [x, mask] -> Layer * 3 -> Out
    """)
    assert [graph(model)[f"layer/{i}/add"] for i in range(3)] == [
        ["x", "mask"],
        ["layer/0/linear", "mask"],
        ["layer/1/linear", "mask"],
    ]


def test_named_inputs_go_to_every_copy() -> None:
    model = sound("""
        +Layer { x:In[B, D]; memory:In[B, D]; [x, memory] -> Add -> Linear(D) -> Out }
        x:In[B, 8]; m:In[B, 8]
        [x, memory = m] -> Layer * 2 -> Out
    """)
    assert graph(model)["layer/1/add"] == ["layer/0/linear", "m"]


def test_two_outputs_feed_the_first_two_inputs() -> None:
    model = sound("""
        +Step { a:In[B, D]; b:In[B, D]; c:In[B, D]; [a, b] -> Add -> y; [b, c] -> Mul -> z; [y -> Out, z -> Out] }
        p:In[B, 8]; q:In[B, 8]; r:In[B, 8]
        [p, q, r] -> Step * 2 -> [y:Out, z:Out]
    """)
    assert graph(model)["step/1/add"] == ["step/0/add", "step/0/mul"]
    assert graph(model)["step/1/mul"] == ["step/0/mul", "r"]


def test_copies_of_an_operation_that_changes_the_shape() -> None:
    model = sound("x:In[B, 3, 64, 64] -> MaxPool(2) * 3 -> Out")
    assert outputs(model) == {"out": "[B, 3, 8, 8]"}
    assert list(shapes(model).values()) == [
        "[B, 3, 64, 64]",
        "[B, 3, 32, 32]",
        "[B, 3, 16, 16]",
        "[B, 3, 8, 8]",
        "[B, 3, 8, 8]",
    ]


def test_copies_of_a_group() -> None:
    model = sound("x:In[B, 8] -> (Linear(8) -> ReLU) * 2 -> Out")
    assert names(model) == ["Linear", "ReLU", "Linear", "ReLU"]
    assert parameters(model) == "144"


def test_copies_of_braces() -> None:
    model = sound("x:In[B, 8] -> stage:{ fc:Linear(8) -> ReLU } * 2 -> Out")
    assert graph(model) == chain("x", "stage/0/fc", "stage/0/relu", "stage/1/fc", "stage/1/relu", "out")


def test_copies_of_a_choice() -> None:
    model = sound("x:In[B, 8] -> (Linear(8) if true else ReLU) * 2 -> Out")
    assert names(model) == ["Linear", "Linear"]


def test_copies_side_by_side_take_a_for() -> None:
    """``[A * 2]`` is a series in a list."""
    model = sound("x:In[B, 8] -> [Linear(8) * 2, ReLU] -> Add -> Out")
    assert graph(model)["add"] == ["linear/1", "relu"]


# ----------------------------------------------------------------------------------------- series


def test_a_series_with_its_own_values() -> None:
    model = sound("""
        +Stage(w, n) = Linear(w) -> Unit * n
        +Unit { In[B, D] -> Linear(D) -> Out }
        widths = [4, 8, 16]
        x:In[B, 2] -> Stage(w, n) for (w, n) in zip(widths, [1, 2, 1]) -> Out
    """)
    assert [s for p, s in shapes(model).items() if op(model, p) == "Linear"] == [
        "[B, 4]",
        "[B, 4]",
        "[B, 8]",
        "[B, 8]",
        "[B, 8]",
        "[B, 16]",
        "[B, 16]",
    ]
    assert next(iter(keys(model))) == "stage.0.linear.weight"


def op(model: object, path: str) -> str:
    return operations(model)[path]  # type: ignore[arg-type]


def test_a_range_counts_from_the_first_to_before_the_last() -> None:
    model = sound("x:In[B, 1] -> Linear(10 + i) for i in 0..4 -> Out")
    assert list(shapes(model).values())[1:-1] == ["[B, 10]", "[B, 11]", "[B, 12]", "[B, 13]"]
    model = sound("x:In[B, 1] -> Linear(10 + i) for i in 2..4 -> Out")
    assert list(shapes(model).values())[1:-1] == ["[B, 12]", "[B, 13]"]


def test_an_empty_range_is_nothing_at_all() -> None:
    assert graph(sound("x:In[B, 1] -> Linear(10 + i) for i in 3..3 -> Out")) == chain("x", "out")
    assert graph(sound("x:In[B, 1] -> Linear(i) for i in [] -> Out")) == chain("x", "out")


def test_enumerate() -> None:
    model = sound("x:In[B, 1] -> Linear(10 * w + i) for (i, w) in enumerate([7, 8]) -> Out")
    assert list(shapes(model).values())[1:-1] == ["[B, 70]", "[B, 81]"]


def test_names_of_a_loop_nest_as_the_values_do() -> None:
    model = sound("""
        x:In[B, 1] -> Linear(100 * i + 10 * w + n) for (i, (w, n)) in enumerate(zip([7, 8], [1, 2])) -> y
        y -> [Linear(a + b * c) for ((a, b), c) in [((1, 2), 3)]] -> Out
    """)
    assert list(shapes(model).values())[1:-1] == ["[B, 71]", "[B, 182]", "[B, 7]"]


@pytest.mark.parametrize(
    ("names", "entries", "told", "words"),
    [
        ("(i, (k, s))", "[(0, (3, 1)), (1, (3, 2, 1))]", "(1, (3, 2, 1))", "does not give the 2 values of (k, s)"),
        ("(i, (k, s))", "enumerate([3, 5])", "enumerate([3, 5])", "3 does not give the 2 values of (k, s)"),
        ("(i, j)", "[1, 2]", "1", "1 does not give the 2 values of (i, j)"),
        ("(i, k, s)", "[(0, 3), (1, 5)]", "(i, k, s)", "3 names for entries of 2 values each"),
    ],
)
def test_what_a_loop_goes_through_doesnt_give_its_names(names: str, entries: str, told: str, words: str) -> None:
    (found,) = compiled(f"x:In[B, 1] -> Linear(i + 1) for {names} in {entries} -> Out").diagnostics
    assert found.span.text == told
    assert words in found.message


def test_equal_copies_of_a_series_are_folded() -> None:
    model = sound("x:In[B, 8] -> Linear(8) for i in 0..500 -> Out")
    (node,) = model.root.nodes
    assert (node.id, node.first, node.repeat) == ("linear", 0, 500)


def test_a_for_covers_one_item() -> None:
    model = sound("x:In[B, 8] -> ReLU -> Linear(8 + i) for i in 0..2 -> Tanh -> Out")
    assert names(model) == ["ReLU", "Linear", "Linear", "Tanh"]


def test_a_loop_variable_outside_its_item() -> None:
    text = "x:In[B, 8] -> Linear(8 + i) -> Linear(i) for i in 1..3 -> Out"
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text, diagnostic.span.start) == ("unknown-name", "i", 25)
    assert "parenthes" in (diagnostic.help or "") + diagnostic.label


def test_a_for_around_a_group() -> None:
    model = sound("x:In[B, 8] -> (Linear(8 + i) -> ReLU) for i in 0..2 -> Out")
    assert names(model) == ["Linear", "ReLU", "Linear", "ReLU"]
    assert outputs(model) == {"out": "[B, 9]"}


def test_a_star_binds_before_a_for() -> None:
    model = sound("x:In[B, 8] -> Linear(8 + i) * 2 for i in 0..2 -> Out")
    assert list(shapes(model).values())[1:-1] == ["[B, 8]", "[B, 8]", "[B, 9]", "[B, 9]"]


def test_an_if_binds_before_a_for() -> None:
    model = sound("x:In[B, 8] -> Linear(8 + i) if i % 2 == 0 else ReLU for i in 0..4 -> Out")
    assert names(model) == ["Linear", "ReLU", "Linear", "ReLU"]


def test_a_star_binds_before_an_if() -> None:
    assert names(sound("x:In[B, 8] -> ReLU if false else Linear(8) * 2 -> Out")) == ["Linear", "Linear"]
    assert names(sound("x:In[B, 8] -> Linear(8) * 2 if true else ReLU -> Out")) == ["Linear", "Linear"]


# ------------------------------------------------------------------------------------------ lists


def test_a_list_of_copies() -> None:
    model = sound("x:In[B, 8] -> [Linear(2) -> ReLU for i in 0..4] -> Concat -> Out")
    assert graph(model)["concat"] == [p for p, o in operations(model).items() if o == "ReLU"]
    assert len(graph(model)["concat"]) == 4
    assert outputs(model) == {"out": "[B, 8]"}
    assert parameters(model) == str(4 * 18)


def test_a_for_in_a_list_covers_the_whole_element() -> None:
    model = sound("x:In[B, 8] -> [Linear(2 + i) -> Linear(1 + i) for i in 0..2] -> Concat -> Out")
    assert sorted(shapes(model).values()) == sorted(
        ["[B, 8]", "[B, 2]", "[B, 1]", "[B, 3]", "[B, 2]", "[B, 3]", "[B, 3]"]
    )
    assert outputs(model) == {"out": "[B, 3]"}


def test_a_list_with_a_for_and_other_elements() -> None:
    model = sound("x:In[B, 8] -> [ReLU, Linear(i) for i in 1..3, Tanh] -> Concat -> Out")
    assert [op(model, p) for p in graph(model)["concat"]] == ["ReLU", "Linear", "Linear", "Tanh"]


def test_each_copy_in_a_list_takes_everything() -> None:
    model = sound("x:In; y:In; [x, y] -> [Add for i in 0..2] -> Sub -> Out")
    assert [graph(model)[p] for p in graph(model)["sub"]] == [["x", "y"], ["x", "y"]]


def test_a_list_of_wires() -> None:
    model = sound("a:In; b:In; [a, b, [a -> Mul(i) for i in 1..3]] -> Concat -> Out")
    assert [p if p in "ab" else op(model, p) for p in graph(model)["concat"]] == ["a", "b", "Mul", "Mul"]


def test_a_loop_in_a_loop() -> None:
    model = sound("x:In[B, 8] -> [[Linear(10 * i + j) for j in 1..3] for i in 1..3] -> Concat -> Out")
    assert outputs(model) == {"out": f"[B, {11 + 12 + 21 + 22}]"}


# ------------------------------------------------------------------------------------- if and else


def test_a_choice_of_items() -> None:
    text = "+F(deep) = (Linear(8) if deep else ReLU) -> Tanh\nx:In[B, 4] -> F({}) -> Out"
    assert names(sound(text.format("true"))) == ["Linear", "Tanh"]
    assert names(sound(text.format("false"))) == ["ReLU", "Tanh"]


def test_a_choice_without_else() -> None:
    text = "x:In[B, 4] -> Tanh -> (ReLU if {}) -> Sigmoid -> Out"
    assert names(sound(text.format("1 < 2"))) == ["Tanh", "ReLU", "Sigmoid"]
    assert names(sound(text.format("1 > 2"))) == ["Tanh", "Sigmoid"]


def test_a_chain_in_a_choice() -> None:
    model = sound("x:In[B, 4] -> ((ReLU -> Tanh) if true else Sigmoid) -> Out")
    assert names(model) == ["ReLU", "Tanh"]


def test_choices_in_a_row() -> None:
    text = "n = {}\nx:In[B, 4] -> (ReLU if n == 0 else Tanh if n == 1 else Sigmoid) -> Out"
    assert [names(sound(text.format(i))) for i in range(3)] == [["ReLU"], ["Tanh"], ["Sigmoid"]]


def test_a_choice_of_values() -> None:
    text = "n = {}\nx:In[B, 4] -> Linear(3 if n > 1 else 5) -> Out"
    assert outputs(sound(text.format(2))) == {"out": "[B, 3]"}
    assert outputs(sound(text.format(1))) == {"out": "[B, 5]"}


def test_a_choice_of_blocks_as_values() -> None:
    model = sound("+F(Act) = Linear(4) -> Act\nx:In[B, 4] -> F(ReLU if 1 == 2 else Tanh) -> Out")
    assert names(model) == ["Linear", "Tanh"]


def test_a_choice_by_sizes() -> None:
    text = "+F(C) {{ x:In[B, Cin] -> (Linear(C) if C != Cin) -> Out }}\nx:In[B, {}] -> F(8) -> Out"
    assert names(sound(text.format(8))) == []
    assert names(sound(text.format(4))) == ["Linear"]


def test_a_choice_of_statements() -> None:
    text = """
        deep = {}
        x:In[B, 4] -> ReLU -> h
        if deep {{
            h -> Linear(8) -> Tanh -> y
        }} else {{
            h -> y
        }}
        y -> Out
    """
    assert names(sound(text.format("true"))) == ["ReLU", "Linear", "Tanh"]
    assert names(sound(text.format("false"))) == ["ReLU"]


def test_else_if() -> None:
    text = (
        "n = {}\nx:In\nif n == 0 {{ x -> ReLU -> y }} else if n == 1 {{ x -> Tanh -> y }} else {{ x -> y }}\ny -> Out"
    )
    assert [names(sound(text.format(i))) for i in range(3)] == [["ReLU"], ["Tanh"], []]


def test_an_if_without_else() -> None:
    text = "extra = {}\nx:In -> ReLU -> Out\nif extra {{ x -> Tanh -> y:Out }}"
    assert list(outputs(sound(text.format("true")))) == ["out", "y"]
    assert list(outputs(sound(text.format("false")))) == ["out"]


def test_a_branch_shares_the_scope_around_it() -> None:
    model = sound("x:In; if true { x -> a:ReLU -> h }; h -> Tanh -> Out; a -> y:Out")
    assert graph(model)["tanh"] == ["a"]
    assert graph(model)["y"] == ["a"]


def test_a_wire_that_one_branch_doesn_t_write() -> None:
    text = "deep = {}\nx:In\nif deep {{ x -> ReLU -> h }} else {{ x -> Tanh -> z:Out }}\nh -> Out"
    sound(text.format("true"))
    assert blamed(text.format("false")) == [("unknown-wire", "h")]


def test_a_port_inside_a_branch() -> None:
    text = "+F(two) {{ x:In; if two {{ y:In; [x, y] -> Add -> Out }} else {{ x -> Out }} }}\na:In; b:In; {} -> Out"
    assert graph(sound(text.format("[a, b] -> F(true)")))["f/add"] == ["a", "b"]


def test_a_definition_s_branch_is_chosen_at_each_instance() -> None:
    model = sound(
        "+F(deep) { x:In; if deep { x -> ReLU -> y } else { x -> Tanh -> y }; y -> Out }\n"
        "x:In -> F(true) -> F(false) -> Out"
    )
    assert names(model) == ["ReLU", "Tanh"]


def test_an_error_in_a_branch_that_isn_t_taken() -> None:
    """What isn't instantiated isn't computed: the values of the other branch need not make sense."""
    sound("+F(n) { In -> (Linear(8 / n) if n > 0 else ReLU) -> Out }\nx:In[B, 4] -> F(0) -> Out")


# --------------------------------------------------------------------------------------- undecided


def test_an_undecided_choice_keeps_both_branches() -> None:
    model = sound("+S(C) { In[B, Cin] -> (Linear(C) if Cin != C else Identity) -> Out }\nx:In -> s:S(16) -> Out")
    (node,) = [n for n in inner(node_at(model, "s")).nodes if isinstance(n.what, Choice)]
    what = node.what
    assert isinstance(what, Choice)
    assert [[n.what.name for n in b.nodes] for b in what.branches if b is not None] == [["Linear"], ["Identity"]]


def test_an_undecided_choice_without_else() -> None:
    model = sound("+S(C) { In[B, Cin] -> (Linear(C) if Cin != C) -> ReLU -> Out }\nx:In -> s:S(16) -> Out")
    (node,) = [n for n in inner(node_at(model, "s")).nodes if isinstance(n.what, Choice)]
    assert isinstance(node.what, Choice) and node.what.branches[1] is None
    assert graph(model)["s/relu"] == [f"s/{node.id}"]


def test_an_undecided_choice_by_a_symbolic_size() -> None:
    """A symbolic size isn't known to be 16, nor to be another."""
    model = sound("+S(C) { In[B, Cin] -> (Linear(C) if Cin != C else Identity) -> Out }\nx:In[B, K] -> s:S(16) -> Out")
    assert any(isinstance(n.what, Choice) for n in inner(node_at(model, "s")).nodes)


@pytest.mark.parametrize("condition", ["deep", "not deep", "deep and C > 0", 'deep == "yes"'])
def test_a_flag_that_nobody_gave_is_undecided(condition: str) -> None:
    """A block drawn on its own: what stands for a size is a symbol, what is asked for is open."""
    model = sound(f"+S(C, deep) {{ In[B, D] -> Linear(C) -> (ReLU if {condition} else Tanh) -> Out }}")
    assert [type(n.what).__name__ for n in model.root.nodes] == ["Operation", "Choice"]
    assert shapes(model)["linear"] == "[B, C]"


def test_a_condition_that_a_symbolic_size_decides() -> None:
    model = sound("+S { In[B, D] -> (Linear(D) if D == D and 2 * D != D else Tanh) -> Out }\nx:In[B, K] -> s:S -> Out")
    assert names(model) == ["Linear"]


def test_an_undecided_if() -> None:
    """Both branches are drawn as an open choice."""
    text = """
        +S(C) { x:In[B, Cin]; if Cin != C { x -> Linear(C) -> y } else { x -> Tanh -> y }; y -> Out }
        x:In -> s:S(16) -> Out
    """
    model = sound(text)
    (node,) = [n for n in inner(node_at(model, "s")).nodes if isinstance(n.what, Choice)]
    assert isinstance(node.what, Choice)
    assert None not in node.what.branches


def test_an_undecided_if_flows_on() -> None:
    """Wires, and arrows into nodes around it: all that others take of the branches comes out of the choice."""
    model = sound("""
        +S(C) {
            x:In[B, Cin]
            x -> add:Add -> sum:Out
            if Cin > C { x -> Linear(1) -> y; x -> Tanh -> add }
            else if Cin > 3 { x -> Linear(2) -> y; x -> ReLU -> add }
            else { x -> Linear(3) -> y -> add }
            y -> Sigmoid -> gate:Out
        }
        x:In -> s:S(16) -> [a:Out, b:Out]
    """)
    found = graph(model)
    assert found["s/add"] == ["x", "s/choice"]
    assert found["s/sigmoid"] == ["s/choice"]
    assert (found["a"], found["b"]) == (["s/add"], ["s/sigmoid"])


def test_outputs_in_an_undecided_if() -> None:
    text = "+S(C) { x:In[B, Cin]; if Cin > C { x -> Tanh -> y:Out } else { x -> ReLU -> y:Out } }\nx:In -> S(16) -> Out"
    assert graph(sound(text))["out"] == ["s/choice"]


def test_an_undecided_if_without_else() -> None:
    text = "+S(C) { x:In[B, Cin] -> s:Add; if Cin > C { x -> Tanh -> s }; s -> Out }\nx:In -> S(16) -> Out"
    model = sound(text)
    assert graph(model)["s/s"] == ["x", "s/choice"]
    (choice,) = [n.what for n in inner(node_at(model, "s")).nodes if isinstance(n.what, Choice)]
    assert choice.branches[0] is not None and choice.branches[1] is None


def test_nodes_and_constants_of_an_undecided_if() -> None:
    model = sound("""
        +S(C) {
            x:In[B, Cin]
            if Cin > C { n = 3; x -> deep:Linear(7) } else { n = 4; x -> deep:ReLU }
            deep -> Linear(n) -> Out
        }
        x:In -> S(16) -> Out
    """)
    assert graph(model)["s/linear"] == ["s/choice"]
    assert arguments(model, "s/linear") == {"size": "?"}


def test_a_sketch_of_a_recursive_block_ends() -> None:
    """Where it is open whether a block contains itself again, it isn't opened again."""
    text = """
        +Level(C, depth) {
            In[B, c] -> Linear(C) -> x
            if depth > 0 { x -> Level(2 * C, depth - 1) -> Linear(C) -> y } else { x -> y }
            y -> Out
        }
        +Down(C, depth) { In[B, c] -> Linear(C) -> (Down(2 * C, depth - 1) if depth > 0) -> Out }
    """
    for name in ("Level", "Down"):
        model = sound(text, block=name)
        (inner_use,) = [n for b in distinct_blocks(model.root) for n in b.nodes if isinstance(n.what, Undefined)]
        assert isinstance(inner_use.what, Undefined)
        assert (inner_use.what.name, inner_use.what.declared) == (name, True)
    assert "undecided" in [rule for rule, _ in blamed(text, block="Level", strict=True)]


def test_an_undecided_choice_is_an_error_when_strict() -> None:
    text = "+S(C) { In[B, Cin] -> (Linear(C) if Cin != C else Identity) -> Out }\nx:In[B, K] -> S(16) -> Out"
    assert [rule for rule, _ in blamed(text, strict=True)] == ["undecided"]


def test_and_or_with_something_unknown() -> None:
    """Three-valued: false and unknown is false, true or unknown is true."""
    text = "+S(C) {{ In[B, Cin] -> (Linear(C) if {} else Tanh) -> Out }}\nx:In -> S(16) -> Out"
    assert names(sound(text.format("C == 16 or Cin == 3"))) == ["Linear"]
    assert names(sound(text.format("C == 15 and Cin == 3"))) == ["Tanh"]
    assert names(sound(text.format("not (C == 15 and Cin == 3)"))) == ["Linear"]


def test_copies_of_unknown_number() -> None:
    model = sound("+S { In[B, N] -> ReLU * N -> Out }\nx:In -> s:S -> Out")
    assert "ReLU" in names(model)
    assert specializations(model) == 2


def test_copies_of_an_open_number_give_what_they_keep() -> None:
    """Parameters of a block on its own: how many copies there are is open, and so is what they change."""
    text = """
        +M(n) {
            x:In[B, 16, 16] -> [Linear(16) for i in 0..n] -> Concat(axis = 1) -> a:Out
            x -> MaxPool(2) * n -> b:Out
            x -> ReLU * n -> c:Out
            x -> Linear(i + 1) for i in 0..n -> d:Out
        }
    """
    assert outputs(sound(text)) == {"a": "?", "b": "?", "c": "[B, 16, 16]", "d": "?"}
    assert blamed(text, strict=True) == [
        ("undecided", "0..n"),
        ("undecided", "n"),
        ("undecided", "n"),
        ("undecided", "0..n"),
    ]
    assert outputs(sound(text, settings={"n": "2"})) == {
        "a": "[B, 32, 16]",
        "b": "[B, 16, 4]",
        "c": "[B, 16, 16]",
        "d": "[B, 16, 2]",
    }


def test_parts_of_an_open_number() -> None:
    text = "+A(n) { x:In[B, D] -> Split(n) -> [a, b]; [a, b] -> Add -> Out }"
    assert outputs(sound(text)) == {"out": "?"}
    assert ("incomplete", "Split") in blamed(text, strict=True)


@pytest.mark.parametrize("count", ["true", "false", "none"])
def test_a_word_is_no_number_of_copies(count: str) -> None:
    found = compiled(f"x:In[B, 8] -> Linear(8) * {count} -> Out").diagnostics
    assert [(d.rule, d.span.text) for d in found] == [("bad-value", count)]
    assert count in found[0].message


def test_copies_of_a_scan() -> None:
    body = "{ xt:In[B, 4]; h:State[B, 4]; [xt, h] -> Concat -> Linear(4) -> [h, Out] }"
    model = sound(f"x:In[B, T, 4] -> Scan(axis = 1) {body} * 3 -> Out")
    assert outputs(model) == {"out": "[B, T, 4]"}
    assert parameters(model) == str(3 * (8 * 4 + 4))
    different = sound(f"x:In[B, T, 4] -> Scan(axis = 1, reverse = i == 1) {body} for i in 0..2 -> Out")
    assert outputs(different) == {"out": "[B, T, 4]"}
