"""Open choices: whatever stands in the branches, both are kept, and say what flows in and out of them."""

from __future__ import annotations

import pytest

from moniel2.ir.hierarchy import edges
from moniel2.ir.model import Block, Choice, Model, distinct_blocks
from moniel2.ir.verify import verify
from tests.programs import blamed, drawn, graph, outputs, sound

Branches = dict[str, list[str]]


def branches(model: Model) -> list[Branches]:
    """Of every open choice, outer ones first: the operations in each branch, in order."""
    choices = [n.what for b in reversed(list(distinct_blocks(model.root))) for n in b.nodes]
    return [
        {n.id: [i.what.name or i.id for i in n.what.nodes] for n in c.body.nodes if isinstance(n.what, Block)}
        for c in choices
        if isinstance(c, Choice)
    ]


def body(model: Model) -> Block:
    (found,) = [n.what.body for b in distinct_blocks(model.root) for n in b.nodes if isinstance(n.what, Choice)]
    return found


def arrows(block: Block) -> set[tuple[str, str]]:
    """From node to node; the block's own ports by their names in brackets."""

    def name(end: tuple[str | None, str]) -> str:
        return end[0] or f"({end[1]})"

    return {(name(a), name(b)) for a, b in edges(block)}


WHOLE = {
    "an input": (
        "+S(c) { x:In[B, 8]; if c { k:In[B, 4] -> Linear(8) -> y } else { x -> y }; [x, y] -> Add -> Out }",
        {"then": ["Linear"], "else": []},
        {("(k)", "then"), ("(x)", "else"), ("then", "(y)"), ("else", "(y)")},
    ),
    "an input without a name": (
        "+S(c) { x:In[B, 8]; if c { In[B, 4] -> Linear(8) -> y } else { x -> y }; [x, y] -> Add -> Out }",
        {"then": ["Linear"], "else": []},
        {("(in)", "then"), ("(x)", "else"), ("then", "(y)"), ("else", "(y)")},
    ),
    "the same input in both": (
        "+S(c) { if c { x:In[B, 8] -> Linear(8) -> y } else { x:In[B, 8] -> Tanh -> y }; y -> Out }",
        {"then": ["Linear"], "else": ["Tanh"]},
        {("(x)", "then"), ("(x)", "else"), ("then", "(y)"), ("else", "(y)")},
    ),
    "an input in a list": (
        "+S(c) { x:In[B, 8]; if c { [x, z:In[B, 8]] -> Add -> y } else { x -> Tanh -> y }; y -> Out }",
        {"then": ["Add"], "else": ["Tanh"]},
        {("(x)", "then"), ("(z)", "then"), ("(x)", "else"), ("then", "(y)"), ("else", "(y)")},
    ),
    "a state": (
        """+S(c) { In[B, T, 8] -> Scan(axis = 1) {
            x:In[B, 8]
            if c { h:State[B, 8]; [x, h] -> Add -> Tanh -> [h, y] } else { x -> ReLU -> y }
            y -> Out
        } -> Out }""",
        {"then": ["Add", "Tanh"], "else": ["ReLU"]},
        {("(x)", "then"), ("(h)", "then"), ("(x)", "else"), ("then", "(y)"), ("else", "(y)"), ("then", "(next h)")},
    ),
    "a state outside": (
        """+S(c) { In[B, T, 8] -> Scan(axis = 1) {
            x:In[B, 8]
            h:State[B, 8]
            if c { [x, h] -> Add -> h; h -> Out } else { [x, h] -> Mul -> h; x -> Out }
        } -> Out }""",
        {"then": ["Add"], "else": ["Mul"]},
        {
            ("(x)", "then"), ("(h)", "then"), ("(x)", "else"), ("(h)", "else"),
            ("then", "(next h)"), ("else", "(next h)"), ("then", "(out)"), ("else", "(out)"),
        },
    ),
    "two arrows into one node": (
        """+S(c) { x:In[B, 8] -> add:Add -> Out
            if c { x -> Linear(8) -> add; x -> Tanh -> add } else { x -> ReLU -> add } }""",
        {"then": ["Linear", "Tanh"], "else": ["ReLU"]},
        {("(x)", "then"), ("(x)", "else"), ("then", "(add)"), ("else", "(add)"), ("then", "(add 2)")},
    ),
    "a feed": (
        """+S(c) { x:In[B, 8] -> layer:{ In -> dp:Add -> Tanh -> Out } -> Out
            if c { x -> Linear(8) -> layer/dp } else { x -> ReLU -> layer/dp } }""",
        {"then": ["Linear"], "else": ["ReLU"]},
        {("(x)", "then"), ("(x)", "else"), ("then", "(to layer/dp)"), ("else", "(to layer/dp)")},
    ),
    "a tap": (
        """+S(c) { x:In[B, 8] -> layer:{ In -> act:Linear(8) -> Tanh -> Out } -> z
            if c { layer/act -> Linear(8) -> y } else { z -> y }
            [y, z] -> Add -> Out }""",
        {"then": ["Linear"], "else": []},
        {("(layer/act)", "then"), ("(z)", "else"), ("then", "(y)"), ("else", "(y)")},
    ),
    "arrows from outside": (
        """+S(c) { x:In[B, 8]; x -> Tanh -> d
            if c { x -> Linear(8) -> d:Add -> y } else { x -> d:Mul -> y }
            y -> Out }""",
        {"then": ["Linear", "Add"], "else": ["Mul"]},
        {
            ("(x)", "then"), ("(into d 1)", "then"), ("(x)", "else"), ("(into d 1)", "else"),
            ("then", "(y)"), ("else", "(y)"),
        },
    ),
    "a path into both": (
        """+S(c) { x:In[B, 8]
            if c { x -> d:{ In -> act:Linear(8) -> Tanh -> Out } -> y }
            else { x -> d:{ In -> act:Linear(8) -> ReLU -> Out } -> y }
            [d/act, y] -> Add -> Out }""",
        {"then": ["d"], "else": ["d"]},
        {("(x)", "then"), ("(x)", "else")} | {(b, f"({p})") for b in ("then", "else") for p in ("y", "d", "d/act")},
    ),
    "shared weights": (
        "+S(c) { enc:Linear(8); x:In[B, 8] -> enc() -> z; if c { z -> enc() -> y } else { z -> y }; y -> Out }",
        {"then": ["Linear"], "else": []},
        {("(z)", "then"), ("(z)", "else"), ("then", "(y)"), ("else", "(y)")},
    ),
    "a bundle": (
        "+S(c) { x:In[B, 8] -> Tanh -> y; if c { [x, y] -> o:Out } else { x -> o:Out } }",
        {"then": [], "else": []},
        {("(x)", "then"), ("(y)", "then"), ("(x)", "else"), ("then", "(o[0])"), ("then", "(o[1])"), ("else", "(o[0])")},
    ),
    "several tensors": (
        "+S(c) { In[B, 8] -> ([Tanh, ReLU] if c else GELU) -> Add -> Out }",
        {"then": ["Tanh", "ReLU"], "else": ["GELU"]},
        {("(in)", "then"), ("(in)", "else"), ("then", "(out)"), ("else", "(out)"), ("then", "(out2)")},
    ),
    "tensors alone": (
        "+S(c) { x:In[B, 8] -> Tanh -> y; (x if c else y) -> ReLU -> Out }",
        {"then": [], "else": []},
        {("(x)", "then"), ("(y)", "else"), ("then", "(out)"), ("else", "(out)")},
    ),
    "a number": (
        "+S(c) { x:In[B, 8]; [x, 2] -> (Mul if c else Add) -> Out }",
        {"then": ["Mul"], "else": ["Add"]},
        {
            ("(in)", "then"), ("(in2)", "then"), ("(in)", "else"), ("(in2)", "else"),
            ("then", "(out)"), ("else", "(out)"),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_both_branches_are_kept(name: str) -> None:
    text, inside, flows = WHOLE[name]
    model = drawn(text)
    assert verify(model) == []
    assert branches(model) == [inside]
    assert arrows(body(model)) == flows


def test_arrows_of_nested_choices() -> None:
    """Of two branches either is taken: what flows from them into a node outside is one operand."""
    model = drawn("""
        +S(c, d) {
            x:In[B, 8] -> add:Add -> Out
            if c { x -> Linear(8) -> add; if d { x -> Tanh -> add } else { x -> GELU -> add } }
            else { x -> ReLU -> add }
        }
    """)
    assert verify(model) == []
    assert branches(model) == [{"then": ["Linear", "Choice"], "else": ["ReLU"]}, {"then": ["Tanh"], "else": ["GELU"]}]
    assert graph(model)["add"] == ["x", "choice", "choice"]


def test_a_chain_of_conditions() -> None:
    model = drawn("""
        +S(kind) {
            x:In[B, 8]
            if kind == "a" { x -> Linear(8) -> y }
            else if kind == "b" { x -> Tanh -> y }
            else if kind == "c" { x -> GELU -> y }
            else { x -> y }
            y -> Out
        }
    """)
    assert branches(model) == [
        {"then": ["Linear"], "else": ["Choice"]},
        {"then": ["Tanh"], "else": ["Choice"]},
        {"then": ["GELU"], "else": []},
    ]
    assert outputs(model) == {"out": "[B, 8]"}


@pytest.mark.parametrize("times", ["* 3", "* n", "for i in 0..3", "for i in r"])
def test_copies_of_an_open_choice(times: str) -> None:
    model = drawn(f"+S(c, n, r) {{ In[B, 8] -> (Linear(8) if c else Tanh) {times} -> Out }}")
    assert verify(model) == []
    assert branches(model) == [{"then": ["Linear"], "else": ["Tanh"]}]
    assert outputs(model) == {"out": "[B, 8]"}


def test_copies_of_which_some_are_open() -> None:
    model = drawn("+S(C) { In[B, 8] -> (Linear(8) if C > i + 1 else Tanh) for i in -1..2 -> Out }")
    assert branches(model) == [{"then": ["Linear"], "else": ["Tanh"]}] * 2
    assert [type(n.what).__name__ for n in model.root.nodes] == ["Operation", "Block", "Block"]


def test_open_choices_in_a_list() -> None:
    model = drawn("+S(c, C) { In[B, 8] -> [(Linear(8) if C > i + 1 else Tanh) for i in 0..3] -> Add -> Out }")
    assert len(graph(model)["add"]) == 3
    assert branches(model) == [{"then": ["Linear"], "else": ["Tanh"]}] * 3


@pytest.mark.parametrize(
    "text",
    [
        "+S(c) { x:In[B, 8] -> s:Add; if c { x -> Tanh -> s -> ReLU -> y } else { x -> y }; y -> Out }",
        "+S(c) { x:In[B, 8] -> s:Add; if c { x -> Tanh -> s; s -> y } else { x -> y }; y -> Out }",
        "+S(c, n) { x:In[B, 8] -> s:Add; if c { x -> [Tanh -> s for i in 0..n] } else { x -> s }; s -> Out }",
        "+S(c) { x:In[B, 8] -> s:Add -> Out; x -> Tanh -> (s if c) }",
        "+S(c) { x:In[B, 8] -> ((Linear(8) -> h -> Tanh) if c) -> y; [h, y] -> Add -> Out }",
    ],
)
def test_where_only_the_first_branch_can_be_shown_it_is_said(text: str) -> None:
    assert ("one-branch", "c") in blamed(text)
    assert ("undecided", "c") in blamed(text, strict=True)
    assert ("one-branch", "c") not in blamed(text, strict=True)


def test_a_state_needs_a_scan_in_a_branch_too() -> None:
    text = "+S(c) { x:In[B, 8]; if c { h:State[B, 8]; [x, h] -> Add -> [h, y] } else { x -> y }; y -> Out }"
    assert [rule for rule, _ in blamed(text)] == ["not-a-node"]


# ---------------------------------------------------------------------------- inputs in branches, decided


def test_an_input_of_a_branch_that_is_not_taken_is_no_input() -> None:
    text = """
        +S(c) { x:In[B, 8]; if c { k:In[B, 4] -> Linear(8) -> y } else { x -> y }; [x, y] -> Add -> Out }
        x:In[B, 8] -> S(false) -> Out
    """
    (inner,) = [n.what for n in sound(text).root.nodes]
    assert isinstance(inner, Block)
    assert [(p.name, p.bound) for p in inner.inputs] == [("x", True), ("k", False)]
    model = sound(text.partition("\n        x:In")[0], settings={"c": "false"})
    assert [(p.name, p.bound) for p in model.root.inputs] == [("x", True), ("k", False)]


def test_the_input_of_either_branch_is_one() -> None:
    text = """
        +S(c) {{ if c {{ x:In[B, 8] -> Linear(8) -> y }} else {{ x:In[B, 8] -> Tanh -> y }}; y -> Out }}
        a:In[B, 8] -> S({}) -> Out
    """
    for value, operation in (("true", "linear"), ("false", "tanh")):
        assert graph(sound(text.format(value)))[f"s/{operation}"] == ["a"]
