"""Blocks without a name: braces in a chain, and bodies that are handed on."""

from __future__ import annotations

from moniel2.ir.model import PortKind
from tests.programs import (
    blamed,
    chain,
    graph,
    inner,
    node_at,
    outputs,
    parameters,
    sound,
)

# -------------------------------------------------------------------------------- anonymous blocks


def test_braces_with_a_single_chain() -> None:
    model = sound("x:In -> { Conv -> ReLU } -> Out")
    assert graph(model) == chain("x", "block/conv", "block/relu", "out")


def test_braces_with_ports() -> None:
    model = sound("x:In -> { In -> ReLU -> Out } -> Out")
    assert graph(model) == chain("x", "block/relu", "out")


def test_named_braces() -> None:
    model = sound("x:In -> stem:{ conv:Conv -> ReLU } -> Out; stem -> Tanh -> y:Out")
    assert graph(model)["stem/conv"] == ["x"]
    assert graph(model)["tanh"] == ["stem/relu"]


def test_braces_without_ports_and_with_two_chains_have_no_ends() -> None:
    found = [rule for rule, _ in blamed("x:In -> { Conv -> ReLU; Conv -> Tanh } -> Out")]
    assert set(found) <= {"no-input", "no-output"} and found


def test_the_ends_of_a_short_definition() -> None:
    model = sound("+Head = Flatten -> Linear(10)\nx:In[B, 3, 4, 4] -> Head -> Out")
    assert graph(model) == chain("x", "head/flatten", "head/linear", "out")
    assert outputs(model) == {"out": "[B, 10]"}


def test_a_list_at_the_ends() -> None:
    """The ends of a single chain may be lists: one input that fans out, one output for each."""
    model = sound("x:In -> { [ReLU, Tanh] } -> Add -> Out")
    assert graph(model)["block/relu"] == graph(model)["block/tanh"] == ["x"]
    assert graph(model)["add"] == ["block/relu", "block/tanh"]


def test_a_constant_beside_a_single_chain() -> None:
    model = sound("x:In[B, 4] -> { d = 3; Linear(d) -> ReLU } -> Out")
    assert outputs(model) == {"out": "[B, 3]"}


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
