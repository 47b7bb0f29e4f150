"""Weights that several nodes share: nodes applied again, weights that are tied."""

from __future__ import annotations

from tests.programs import (
    blamed,
    graph,
    keys,
    operations,
    outputs,
    parameters,
    sound,
    specializations,
)


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
