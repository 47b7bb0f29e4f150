"""Definitions and instances: ports, parameters, blocks as values, bodies in braces, shared weights."""

from __future__ import annotations

import pytest

from moniel2.ir.model import PortKind, Undefined
from tests.programs import (
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
    values,
)

RESIDUAL = """
/// Two convolutions and a shortcut (He et al. 2015, fig. 5 left).
+BasicBlock(C, stride = 1) {
    x:In[_, Cin, _, _] -> Conv(C, 3, stride, padding = 1, bias = false) -> BN -> ReLU
        -> Conv(C, 3, padding = 1, bias = false) -> BN -> y
    x -> (Projection(C, stride) if stride != 1 or Cin != C else Identity) -> shortcut
    [y, shortcut] -> Add -> ReLU -> Out
}
+Projection(C, stride) = Conv(C, 1, stride, bias = false) -> BN
"""


# ------------------------------------------------------------------------------------ the example


def test_a_basic_block_that_keeps_its_shape() -> None:
    model = sound(RESIDUAL + "x:In[B, 64, 56, 56] -> b:BasicBlock(64) -> Out")
    assert graph(model) == {
        "x": [],
        "b/conv": ["x"],
        "b/bn": ["b/conv"],
        "b/relu": ["b/bn"],
        "b/conv2": ["b/relu"],
        "b/bn2": ["b/conv2"],
        "b/identity": ["x"],
        "b/add": ["b/bn2", "b/identity"],
        "b/relu2": ["b/add"],
        "out": ["b/relu2"],
    }
    assert parameters(model) == str(2 * 64 * 64 * 9 + 4 * 64)
    assert outputs(model) == {"out": "[B, 64, 56, 56]"}
    assert node_at(model, "b").what.doc == "Two convolutions and a shortcut (He et al. 2015, fig. 5 left)."  # type: ignore[union-attr]


def test_a_basic_block_that_projects() -> None:
    model = sound(RESIDUAL + "x:In[B, 64, 56, 56] -> b:BasicBlock(128, 2) -> Out")
    assert graph(model)["b/add"] == ["b/bn2", "b/projection/bn"]
    assert graph(model)["b/projection/conv"] == ["x"]
    assert parameters(model) == str(128 * 64 * 9 + 128 * 128 * 9 + 128 * 64 + 6 * 128)
    assert outputs(model) == {"out": "[B, 128, 28, 28]"}


def test_a_definition_of_a_lone_instance() -> None:
    model = sound("+Net(n) { In -> Linear(n) -> ReLU -> Out }\n+Small = Net(2)\nx:In[B, 4] -> net:Small -> Out")
    assert graph(model) == chain("x", "net/linear", "net/relu", "out")
    assert list(keys(model)) == ["net.linear.weight", "net.linear.bias"]


# ------------------------------------------------------------------------------------------ ports


def test_ports_in_order_of_first_mention() -> None:
    block = inner(
        node_at(
            sound("""
        +F { [b, a] -> Sub -> [Out, z:Out]; a:In; b:In; c:In -> y:Out }
        x:In; y:In; z:In; [x, y, z] -> f:F -> [o1:Out, o2:Out, o3:Out]
    """),
            "f",
        )
    )
    assert [port.name for port in block.inputs] == ["a", "b", "c"]
    assert [port.name for port in block.outputs] == ["", "z", "y"]


def test_ports_in_order_of_first_mention_even_by_name() -> None:
    """The order is that of the text, whether a port is mentioned or declared there."""
    model = sound("""
        +F { a:In; b:In; [b, a] -> Sub -> Out }
        x:In; y:In; [x, y] -> f:F -> Out
    """)
    assert graph(model)["f/sub"] == ["y", "x"]


def test_an_optional_input() -> None:
    masked = """
        +Masked {
            x:In[B, D]
            mask:In?[B, D]
            if mask { [x, mask] -> Mul -> y } else { x -> y }
            y -> ReLU -> Out
        }
    """
    model = sound(masked + "a:In[B, 8] -> f:Masked -> Out")
    assert graph(model) == {"a": [], "f/relu": ["a"], "out": ["f/relu"]}
    assert [(p.name, p.optional, p.bound) for p in inner(node_at(model, "f")).inputs] == [
        ("x", False, True),
        ("mask", True, False),
    ]
    model = sound(masked + "a:In[B, 8]; m:In[B, 8]; [a, m] -> f:Masked -> Out")
    assert graph(model)["f/mul"] == ["a", "m"]
    model = sound(masked + "a:In[B, 8]; m:In[B, 8]; [a, mask = m] -> f:Masked -> Out")
    assert graph(model)["f/mul"] == ["a", "m"]


def test_an_optional_input_that_is_used_though_absent() -> None:
    text = "+Masked { x:In[B, 8]; mask:In?[B, 8]; [x, mask] -> Mul -> Out }\nIn[B, 8] -> Masked -> Out"
    assert blamed(text) == [("optional-unbound", "mask")]


def test_an_optional_input_used_though_absent_only_matters_if_it_is() -> None:
    sound("+Masked { x:In[B, 8]; mask:In?[B, 8]; [x, mask] -> Mul -> Out }\n[In[B, 8], In[B, 8]] -> Masked -> Out")


def test_an_optional_input_passed_on() -> None:
    sound("""
        +Inner { x:In; mask:In?; if mask { [x, mask] -> Mul -> y } else { x -> ReLU -> y }; y -> Out }
        +Outer { x:In; mask:In?; if mask { [x, mask] -> Inner -> y } else { x -> Inner -> y }; y -> Out }
        x:In -> Outer -> Out
    """)


def test_a_block_known_by_name_only() -> None:
    model = sound("+Mystery\nx:In[B, 8] -> Mystery -> ReLU -> Out")
    assert graph(model) == chain("x", "mystery", "relu", "out")
    what = node_at(model, "mystery").what
    assert isinstance(what, Undefined) and what.declared
    assert outputs(model) == {"out": "?"}


def test_a_block_known_by_name_only_takes_anything() -> None:
    model = sound("+Mystery(depth = 2)\nx:In; y:In; [x, y, x] -> Mystery(3) -> Out")
    assert graph(model)["mystery"] == ["x", "y", "x"]


# -------------------------------------------------------------------------------------- definitions


def test_definitions_stand_in_any_order() -> None:
    model = sound("""
        x:In -> Outer -> Out
        +Outer { In -> Inner -> Out; +Inner { In -> Act -> Tanh -> Out } }
        +Act = ReLU
    """)
    assert graph(model) == chain("x", "outer/inner/act", "outer/inner/tanh", "out")


def test_an_inner_definition_sees_parameters_and_constants() -> None:
    model = sound("""
        base = 3
        +Outer(n) {
            m = n * base
            +Inner { In -> Linear(n) -> Linear(m) -> Out }
            In -> Inner -> Out
        }
        x:In[B, 2] -> Outer(5) -> Out
    """)
    assert shapes(model)["outer/inner/linear"] == "[B, 5]"
    assert shapes(model)["outer/inner/linear2"] == "[B, 15]"


def test_an_inner_definition_doesn_t_see_wires() -> None:
    text = """
        +Outer {
            +Inner { In -> a; [a, h] -> Add -> Out }
            In -> h -> Inner -> Out
        }
        x:In -> Outer -> Out
    """
    assert blamed(text) == [("unknown-wire", "h")]


def test_definitions_inside_braces() -> None:
    """Braces in a chain, trailing bodies, braces as arguments and bodies of a scan hold definitions of their own."""
    model = sound("""
        +Net(k) {
            In[B, D] -> Residual {
                n = 2 * k
                +Foo(C = n) { In[_, D] -> Linear(C) -> Linear(D) -> Out }
                Foo -> Foo(7)
            } -> y
            y -> inner:{
                +Foo { +Bar = Linear(k); In -> Bar -> Bar -> Out }
                In -> Foo -> Out
            } -> Residual({ In -> Foo -> Out; +Foo = Tanh }) -> Out
        }
        +Foo = ReLU
        In[B, T, 8] -> Scan(axis = 1) { In -> Foo -> Out; +Foo = Sigmoid } -> ReduceMean(axis = 1)
            -> net:Net(16) -> last:Foo -> Out
    """)
    found = operations(model)
    assert [p for p, op in found.items() if op == "Linear"] == [
        "net/residual/body/foo/linear",
        "net/residual/body/foo/linear2",
        "net/residual/body/foo2/linear",
        "net/residual/body/foo2/linear2",
        "net/inner/foo/bar",
        "net/inner/foo/bar2",
    ]
    given = shapes(model)
    assert given["net/residual/body/foo/linear"] == "[B, 32]" and given["net/residual/body/foo2/linear"] == "[B, 7]"
    assert found["scan/foo"] == "Sigmoid" and found["net/residual2/body/foo"] == "Tanh" and found["last"] == "ReLU"


def test_definitions_inside_braces_depend_on_what_is_around() -> None:
    """Two uses of the same braces, whose definition reads a constant that differs."""
    model = sound("""
        +Wide(k) = { +Inner = Linear(k); In -> Inner -> Out }
        In[B, 8] -> Wide(3) -> Wide(5) -> Out
    """)
    assert outputs(model) == {"out": "[B, 5]"}


def test_definitions_do_not_leave_their_braces() -> None:
    text = "In[B, 8] -> { +Foo = ReLU; In -> Foo -> Out } -> Foo -> Out"
    assert blamed(text) == [("unknown-type", "Foo")]


def test_a_definition_in_a_branch_belongs_to_the_block() -> None:
    sound("+A(n) { x:In -> Foo -> Out; if n > 1 { +Foo = ReLU } }\nIn[B, 8] -> A(2) -> A(1) -> Out")
    text = "+A(n) { x:In -> F -> Out; if n > 1 { +F = ReLU } else { +F = Tanh } }\nIn[B, 8] -> A(2) -> Out"
    assert blamed(text) == [("duplicate-definition", "F")]


def test_two_definitions_of_one_name_inside() -> None:
    inner = "+F = ReLU; +F = Tanh; In -> F -> Out"
    assert blamed(f"+A {{ {inner} }}\nIn[B, 8] -> A -> Out") == [("duplicate-definition", "F")]
    assert blamed(f"In[B, 8] -> {{ {inner} }} -> Out") == [("duplicate-definition", "F")]


def test_recursion_that_ends() -> None:
    model = sound("""
        +Level(C, depth) { In -> Linear(C) -> (Level(2 * C, depth - 1) if depth > 0) -> Out }
        x:In[B, 1] -> Level(1, 3) -> Out
    """)
    assert graph(model) == chain(
        "x", "level/linear", "level/level/linear", "level/level/level/linear", "level/level/level/level/linear", "out"
    )
    assert outputs(model) == {"out": "[B, 8]"}


def test_recursion_that_doesn_t_end() -> None:
    text = """
        +Ping(n) { In -> Pong(n) -> Out }
        +Pong(n) { In -> Ping(n) -> Out }
        x:In -> Ping(3) -> Out
    """
    (diagnostic,) = compiled(text).diagnostics
    assert diagnostic.rule == "recursive-definition"
    everything = diagnostic.message + diagnostic.label + " ".join(related.message for related in diagnostic.related)
    assert "Ping" in everything and "Pong" in everything


def test_recursion_that_grows_without_end() -> None:
    text = "+Level(n) { In -> Level(n + 1) -> Out }\nx:In -> Level(0) -> Out"
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("recursive-definition", "Level")
    assert diagnostic.related[0].message == "Level(n = 1) → Level(n = 2) → Level(n = 3) → Level(n = 4) → …"


def test_recursion_whose_condition_never_stops_it() -> None:
    text = """
        +Ping(n) { x:In[B, C] -> Linear(C) -> { In -> Pong(n + 1) -> Out } -> Out }
        +Pong(m) { In -> (Identity if m == 0 else Ping(m)) -> Out }
        x:In[B, 8] -> Ping(1) -> Out
    """
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("limit", "Ping")
    assert diagnostic.related[0].message == "Ping(n = 2) → Pong(m = 3) → Ping(n = 3) → Pong(m = 4) → …"


def test_recursion_that_ends_by_another_way_than_it_grows() -> None:
    """Conditions on sizes, and arguments that only grow, may well end."""
    model = sound("""
        +Halve(k) { x:In[B, C] -> (Linear(C / 2) -> Halve(k + 1) if C > 2) -> Out }
        +Grow(k) { x:In[B, C] -> (Linear(C) -> Grow(2 * k) if k < 9) -> Out }
        In[B, 16] -> Halve(0) -> Grow(1) -> Out
    """)
    assert outputs(model) == {"out": "[B, 1]"}
    assert len(operations(model)) == 2 + 4 + 5


def test_two_definitions_of_one_name() -> None:
    text = "+Head = Linear(10)\n+Head = Linear(100)\nIn[B, 64] -> Head -> Out"
    assert blamed(text) == [("duplicate-definition", "Head")]


def test_two_nodes_of_one_id() -> None:
    assert blamed("In[B, 64] -> fc:Linear(64) -> ReLU -> fc:Linear(10) -> Out") == [("duplicate-node", "fc")]


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


# ---------------------------------------------------------------------------------- bodies in braces


def test_a_trailing_body() -> None:
    model = sound("""
        +Around(Body) { x:In -> Body -> y; [x, y] -> Add -> Out }
        x:In[B, 8] -> Around { Linear(8) -> ReLU } -> Out
    """)
    assert [p.split("/")[-1] for p in graph(model)] == ["x", "linear", "relu", "add", "out"]
    path = next(p for p in graph(model) if p.endswith("add"))
    assert graph(model)[path] == ["x", next(p for p in graph(model) if p.endswith("relu"))]


def test_a_trailing_body_is_the_last_parameter() -> None:
    model = sound("""
        +Around(scale, Body) { x:In -> Body -> Mul(scale) -> y; [x, y] -> Add -> Out }
        x:In[B, 8] -> Around(0.5) { Linear(8) -> ReLU } -> Out
    """)
    assert "around/mul" in graph(model)


def test_a_body_in_parentheses() -> None:
    model = sound("""
        +Around(Body) { x:In -> Body -> y; [x, y] -> Add -> Out }
        x:In[B, 8] -> Around({ Linear(8) -> ReLU }) -> Out
    """)
    assert any(p.endswith("relu") for p in graph(model))


def test_a_body_reads_what_is_around_it() -> None:
    model = sound("""
        +Around(Body) { x:In -> Body -> y; [x, y] -> Add -> Out }
        +Net(width) {
            x:In[B, D] -> Linear(D) -> h
            x -> Around { a:In; [a, h] -> Add -> Linear(width) -> Linear(D) -> Out } -> Out
        }
        x:In[B, 8] -> Net(3) -> Out
    """)
    adds = [operands for p, operands in graph(model).items() if p.split("/")[-1] == "add"]
    assert ["x", "net/linear"] in adds
    assert parameters(model) == str(72 + (8 * 3 + 3) + (3 * 8 + 8))


def test_a_captured_tensor_is_no_input() -> None:
    model = sound("x:In; h:In; x -> f:{ a:In; [a, h] -> Add -> Out } -> Out")
    assert graph(model)["f/add"] == ["x", "h"]
    ports = inner(node_at(model, "f")).inputs
    assert [(p.name, p.kind) for p in ports] == [("a", PortKind.PLAIN), ("h", PortKind.CAPTURE)]


def test_what_a_body_writes_is_its_own() -> None:
    assert blamed("x:In -> { In -> ReLU -> h -> Out } -> Out\nh -> y:Out")[0] == ("unknown-wire", "h")


def test_a_name_in_a_body_hides_the_one_around_it() -> None:
    model = sound("x:In -> ReLU -> h; x -> f:{ a:In -> Tanh -> h; [a, h] -> Add -> Out } -> y; [h, y] -> Sub -> Out")
    assert graph(model)["f/add"] == ["x", "f/tanh"]
    assert graph(model)["sub"] == ["relu", "f/add"]


def test_a_capture_is_bound_where_the_braces_stand() -> None:
    model = sound("""
        +Apply(Body) { z:In -> Tanh -> h; h -> Body -> Out }
        +Net { x:In -> ReLU -> h; x -> Apply { a:In; [a, h] -> Sub -> Out } -> Out }
        x:In -> Net -> Out
    """)
    (operands,) = [operands for p, operands in graph(model).items() if p.split("/")[-1] == "sub"]
    assert operands == ["net/apply/tanh", "net/relu"]


def test_a_capture_through_two_braces() -> None:
    model = sound("x:In; h:In; x -> f:{ b:In -> g:{ a:In; [a, h] -> Add -> Out } -> Out } -> Out")
    assert graph(model)["f/g/add"] == ["x", "h"]


def test_sizes_are_shared_with_braces() -> None:
    model = sound("x:In[B, N, D] -> { Linear(2 * D) -> ReLU -> Linear(D) } -> Out")
    assert outputs(model) == {"out": "[B, N, D]"}


# ----------------------------------------------------------------------------------- shared weights


def test_every_instance_has_weights_of_its_own() -> None:
    model = sound("+L = Linear(8) -> ReLU\nx:In[B, 8] -> L -> L -> Out")
    assert parameters(model) == "144"
    assert specializations(model) == 2


def test_the_same_weights_again() -> None:
    model = sound("enc:Linear(8)\na:In[B, 8] -> enc() -> x:Out\nb:In[B, 8] -> enc() -> y:Out")
    assert parameters(model) == "72"
    assert list(keys(model)) == ["enc.weight", "enc.bias"]
    assert len(graph(model)) == 6


def test_a_node_with_edges_applied_again() -> None:
    model = sound("a:In[B, 8] -> enc:Linear(8) -> enc() -> Out")
    assert parameters(model) == "72"
    first, second = [p for p, op in operations(model).items() if op == "Linear"]
    assert graph(model) == {"a": [], first: ["a"], second: [first], "out": [second]}


def test_shared_weights_in_series() -> None:
    model = sound("layer:Linear(8)\nx:In[B, 8] -> layer() * 12 -> Out")
    assert parameters(model) == "72"
    assert list(operations(model).values()).count("Linear") == 12
    assert list(keys(model)) == ["layer.weight", "layer.bias"]


def test_a_shared_block() -> None:
    model = sound("""
        +Encoder { In[B, D] -> Linear(D) -> ReLU -> Linear(2) -> Out }
        enc:Encoder
        [left:In[B, 8] -> enc(), right:In[B, 8] -> enc()] -> Concat -> Out
    """)
    assert parameters(model) == str(72 + 18)
    assert list(keys(model)) == ["enc.linear.weight", "enc.linear.bias", "enc.linear2.weight", "enc.linear2.bias"]


def test_a_bare_declaration_that_is_applied_only_declares() -> None:
    model = sound("enc:Linear(8)\nx:In[B, 8] -> enc() -> Out")
    assert sum(op == "Linear" for op in operations(model).values()) == 1


def test_shared_weights_from_braces() -> None:
    model = sound("enc:Linear(8)\nx:In[B, 8] -> enc() -> f:{ a:In -> enc() -> ReLU -> Out } -> Out")
    assert parameters(model) == "72"


def test_applying_what_is_no_node() -> None:
    assert [rule for rule, _ in blamed("In[B, 8] -> Linear(8) -> h\nh() -> Out\nh -> y:Out")] == ["not-a-node"]


def test_shared_weights_need_the_same_shapes() -> None:
    """A weight has one shape, whoever applies it."""
    text = "enc:Linear(8)\na:In[B, 8] -> enc() -> x:Out\nb:In[B, 4] -> enc() -> y:Out"
    found = blamed(text)
    assert len(found) == 1 and found[0][0] == "shape-mismatch"


def test_a_tied_weight() -> None:
    model = sound("""
        tokens:In(int64)[B, T] -> wte:Embedding(100, 16) -> Linear(16) -> h
        h -> Linear(100, bias = false, weight = wte.weight) -> Out
    """)
    assert parameters(model) == str(100 * 16 + 16 * 16 + 16)
    assert list(keys(model)) == ["wte.weight", "linear.weight", "linear.bias"]
    assert outputs(model) == {"out": "[B, T, 100]"}


def test_a_tied_weight_of_an_inner_node() -> None:
    model = sound("""
        +Encoder { In[B, D] -> proj:Linear(3, bias = false) -> Out }
        x:In[B, 8] -> enc:Encoder -> Linear(8, bias = false, weight = transpose(enc.proj.weight)) -> Out
    """)
    assert parameters(model) == "24"
    assert list(keys(model)) == ["enc.proj.weight"]


def test_a_trained_tensor_is_a_weight() -> None:
    model = sound("""
        codes:Variable[100, 16]
        tokens:In(int64)[B, T] -> Embedding(100, 16, weight = codes) -> Linear(100, bias = false, weight = codes) -> Out
    """)
    assert parameters(model) == "1600"
    assert list(keys(model)) == ["codes"]
    for worse, rule in (("coeds", "unknown-path"), ("codes.weight", "unknown-path"), ("tokens", "tensor-as-argument")):
        text = (
            f"codes:Variable[9, 8]; tokens:In(int64)[T] -> Embedding(9, 8, weight = {worse}) -> a:Out; codes -> b:Out"
        )
        assert [found[0] for found in blamed(text)] == [rule], worse


def test_a_weight_that_the_operation_doesn_t_have() -> None:
    assert [b[0] for b in blamed("x:In[B, 8] -> a:Linear(8) -> ReLU(weight = a.weight) -> Out")] == ["unknown-argument"]


def test_operands_tell_what_the_weights_of_an_operation_are() -> None:
    text = "x:In[B, 8, 9, 9]; k:In[6, {c}, 3, 3]; [x, k] -> {op} -> Out"
    assert outputs(sound(text.format(c=8, op="Conv"))) == {"out": "[B, 6, 7, 7]"}
    assert outputs(sound(text.format(c=4, op="Conv(groups = 2)"))) == {"out": "[B, 6, 7, 7]"}
    assert outputs(sound("x:In[B, 6, 9, 9]; k:In[6, 4, 3, 3]; [x, k] -> Deconv(groups = 3) -> Out")) == {
        "out": "[B, 12, 11, 11]"
    }
    assert outputs(sound("x:In[B, 6]; w:In[5, 6]; [x, w] -> Linear -> Out")) == {"out": "[B, 5]"}
    assert outputs(sound("i:In(int64)[B]; w:In[5, 6]; [i, w] -> Embedding -> Out")) == {"out": "[B, 6]"}
    assert [b[0] for b in blamed(text.format(c=5, op="Conv"))] == ["wrong-count"]


def test_a_tied_weight_must_fit() -> None:
    text = "x:In[B, 8] -> a:Linear(4, bias = false) -> Linear(5, bias = false, weight = a.weight) -> Out"
    found = blamed(text)
    assert len(found) == 1 and found[0][0] == "shape-mismatch"


def test_a_tied_weight_that_isn_t_there() -> None:
    text = "x:In[B, 8] -> a:Linear(8, bias = false) -> Linear(8, bias = false, weight = a.wieght) -> Out"
    found = blamed(text)
    assert len(found) == 1 and found[0][0] in ("unknown-path", "unknown-name", "bad-value")


# ------------------------------------------------------------------------- what nobody uses


MAIN = "In[B, 8] -> ReLU -> Out\n"


def test_a_definition_that_nobody_uses_is_checked() -> None:
    """Types, arguments, wires and values in it, in definitions and braces inside it, and through another name."""
    text = (
        MAIN
        + """
+Unused(C, Body) {
    x:In[B, D] -> Linear(C, bais = false) -> y
    [yy, y] -> Add -> Body(C) -> Residual { Nope -> Linear(D) } -> Out
    +Inner(k) = Linear(k * C * oops)
}
+Used(width) = Linear(width)
+Alias = Used(wdith = 3)
"""
    )
    assert blamed(text) == [
        ("unknown-argument", "bais"),
        ("unknown-wire", "yy"),
        ("unknown-type", "Nope"),
        ("unknown-name", "oops"),
        ("unknown-argument", "wdith"),
    ]


def test_what_a_definition_that_nobody_uses_would_be_given_is_open() -> None:
    """Nothing is said of what depends on it: values, blocks, sizes, inputs, a recursion."""
    sound(
        MAIN
        + """
+Net(Unit, widths, depths, stem = 16) {
    d = widths[-1] / 8
    image:In[B, 3, H, W] -> Conv(stem, 7, stride = 2) -> MaxPool(2) -> x
    x -> Stage(Unit, w, n) for (w, n) in zip(widths, depths) -> Reshape[B, d, 8, _] -> y
    mask:In?
    if mask { [y, mask] -> Mul -> z } else { y -> z }
    z -> (Linear(d) if len(widths) > 3 else Identity) -> body:Unit(d) -> [a:Out, b:Out]
}
+Stage(Unit, w, n) { In[_, C, _, _] -> (Unit(w) if C != w) -> Unit(w) * (n - 1) -> Out }
+Level(C, depth) {
    In[_, c, _, _] -> Conv(C, 3, padding = 1) -> x
    if depth > 0 { x -> Level(2 * C, depth - 1) -> y } else { x -> y }
    y -> Out
}
+Named
+Wide = Net(Bottleneck, [1, 2], depths = [3, 4])
+Bottleneck(C, groups = 32) { In -> Conv(C, 3, groups = groups) -> heads:Out }
"""
    )


def test_a_definition_that_nobody_uses_is_no_part_of_the_model() -> None:
    found = compiled(MAIN + "+Unused(C) { In[B, H, W] -> MaxPool(2) -> Upsample(2) -> Linear(C) -> Out }", strict=True)
    assert found.diagnostics == () and found.model is not None
    assert found.model.requirements == () and operations(found.model).keys() == {"in", "relu", "out"}
