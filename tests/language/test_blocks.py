"""Definitions and instances: ports, what is defined where, recursion, what nobody uses."""

from __future__ import annotations

from moniel2.ir.model import Undefined
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
        +Halve(k) { x:In[B, C] -> Linear(C / 2) -> (Halve(k + 1) if C > 2) -> Out }
        +Grow(k) { x:In[B, C] -> Linear(C) -> (Grow(2 * k) if k < 9) -> Out }
        In[B, 16] -> Halve(0) -> Grow(1) -> Out
    """)
    assert outputs(model) == {"out": "[B, 1]"}
    assert len(operations(model)) == 2 + 4 + 5


def test_two_definitions_of_one_name() -> None:
    text = "+Head = Linear(10)\n+Head = Linear(100)\nIn[B, 64] -> Head -> Out"
    assert blamed(text) == [("duplicate-definition", "Head")]


def test_two_nodes_of_one_id() -> None:
    assert blamed("In[B, 64] -> fc:Linear(64) -> ReLU -> fc:Linear(10) -> Out") == [("duplicate-node", "fc")]


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


def test_an_operation_under_another_name_on_its_own() -> None:
    model = sound("+Dense(n) = Linear(n)", block="Dense(5)")
    assert graph(model) == {"in": [], "linear": ["in"], "out": ["linear"]}
    attention = sound("+Attend(n) = MultiHeadAttention(n)", block="Attend(4)")
    assert [p.name for p in attention.root.inputs] == ["query", "key", "value"]
    assert len(attention.root.outputs) == 1
