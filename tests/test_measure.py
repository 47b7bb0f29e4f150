"""Counting: parameters, multiply-accumulates, memory; and the laws of the model."""

from __future__ import annotations

import time

import pytest
from handmade import Draft, choice, linear_block, model, tensor
from hypothesis import given
from hypothesis import strategies as st

from moniel2.dims import ONE, UNKNOWN, Dim
from moniel2.ir.measure import Count, item_bytes, measure, operations
from moniel2.ir.model import (
    NOTHING_KNOWN,
    Block,
    Loop,
    Operand,
    Output,
    Shared,
    Sketch,
    Tie,
    Undefined,
)
from moniel2.ir.verify import verify
from moniel2.ops.catalog import catalog


def counts(block: Block) -> dict[str, int | Dim]:
    assert verify(model(block)) == []
    total = measure(block).total
    assert operations(block) == total.operations
    return {
        name: getattr(total, name).number
        for name in ("trainable", "frozen", "buffers", "macs", "parameter_bytes", "activation_bytes", "operations")
    }


def test_a_block_by_hand() -> None:
    found = counts(linear_block(8))
    assert found == {
        "trainable": 8 * 8 + 8,
        "frozen": 0,
        "buffers": 0,
        "macs": 64 * Dim.of("B"),
        "parameter_bytes": 4 * 72,
        "activation_bytes": Dim.of("B") * 8 * 2 * 4,
        "operations": 2,
    }


def test_buffers_are_no_parameters() -> None:
    draft = Draft(x=tensor(2, 3, 4, 4))
    normed = draft.op("BatchNorm", draft.input())
    found = counts(draft.done("Net", y=normed))
    assert (found["trainable"], found["buffers"], found["macs"]) == (6, 3 + 3 + 1, 0)
    # The counter of batches is an int64.
    assert measure(draft.done("Net", y=normed)).total.buffer_bytes.number == 6 * 4 + 8


def test_repeats_multiply_and_shared_weights_count_once() -> None:
    unit = linear_block(8)
    draft = Draft(x=tensor(2, 8))
    series = draft.block("units", linear_block_at(2), draft.input(), first=0, repeat=12)
    again = draft.block("again", linear_block_at(2), series, shared=Shared(0, ("units", "0")))
    block = draft.done("Net", y=again)
    found = counts(block)
    assert found["trainable"] == 12 * 72
    assert found["macs"] == 13 * 64 * 2
    assert measure(block).copy(block.nodes[0]).trainable.number == 72
    assert measure(block).node(block.nodes[0]).trainable.number == 12 * 72
    assert measure(unit).total.trainable.number == 72


def linear_block_at(batch: int) -> Block:
    draft = Draft(_=tensor(batch, 8))
    hidden = draft.op("Linear", draft.input(), args={"size": 8}, id="fc")
    return draft.done("Unit", _=draft.op("ReLU", hidden))


def test_a_tied_weight_counts_where_it_lives() -> None:
    draft = Draft(x=tensor(2, 8))
    first = draft.op("Linear", draft.input(), args={"size": 8}, id="a")
    second = draft.op("Linear", first, args={"size": 8}, id="b", ties=(Tie("weight", 0, ("a", "weight")),))
    assert counts(draft.done("Net", y=second))["trainable"] == 64 + 8 + 8


def test_a_loop_runs_its_body_once_a_step() -> None:
    body = linear_block_at(2)
    draft = Draft(x=tensor(2, "T", 8))
    draft.put("loop", Loop(body, 1, False, Dim.of("T")), (Operand(draft.input(), "0"),), (tensor(2, "T", 8),))
    found = counts(draft.done("Net", y=draft.last))
    assert (found["trainable"], found["macs"], found["operations"]) == (72, 128 * Dim.of("T"), 2)
    assert found["activation_bytes"] == Dim.of("T") * 2 * 8 * 4 * 2


def test_what_a_sketch_leaves_open_is_counted_from_below() -> None:
    draft = Draft(x=tensor(2, 8))
    known = draft.op("Linear", draft.input(), args={"size": 8}, id="fc")
    conv = catalog()["Conv"]
    draft.put("conv", Sketch(conv, (), ("channels",), "Conv"), (Operand(known, "x"),), (NOTHING_KNOWN,))
    total = measure(draft.done("Net", y=draft.last)).total
    assert total.parameters == Count(Dim.of(72), exact=False)
    assert total.macs == Count(Dim.of(128), exact=False)
    assert not total.activation_bytes.exact


def test_a_sketch_without_weights_is_known_to_have_none() -> None:
    draft = Draft(x=tensor(2, 8))
    draft.put("mp", Sketch(catalog()["MaxPool"], (), ("kernel",), "MaxPool"), (), (NOTHING_KNOWN,))
    total = measure(draft.done("Net", y=draft.last)).total
    assert total.parameters.exact and total.macs.exact


def test_an_operation_on_something_unknown_is_counted_from_below() -> None:
    from moniel2.ir.model import Input, Operation

    draft = Draft()
    draft.inputs.append(Input("x", NOTHING_KNOWN))
    spec = catalog()["Linear"]
    op = spec.make(8)
    draft.put("fc", Operation(op, (), (), ONE * 0, "Linear"), (Operand(draft.input(), "x"),), (NOTHING_KNOWN,))
    total = measure(draft.done("Net", y=draft.last)).total
    assert not total.parameters.exact and not total.macs.exact


def test_of_an_open_choice_the_smaller_branch_counts() -> None:
    draft = Draft(x=tensor(2, 8))
    draft.put("c", choice("C > 1", linear_block_at(2)), (Operand(draft.input(), "x"),), (tensor(2, 8),))
    net = draft.done("Net", y=draft.last)
    total = measure(net).total
    assert total.parameters == Count(Dim.of(0), exact=False)
    assert total.operations == operations(net) == Count(Dim.of(0), exact=False)
    same = Draft(x=tensor(2, 8))
    same.put(
        "c", choice("C > 1", linear_block_at(2), linear_block_at(2)), (Operand(same.input(), "x"),), (tensor(2, 8),)
    )
    assert measure(same.done("Net", y=same.last)).total.parameters == Count(Dim.of(72))


def test_doubling_blocks_forty_deep_are_counted_at_once() -> None:
    block = linear_block_at(1)
    for level in range(40):
        draft = Draft(_=tensor(1, 8))
        draft.block("a", block, draft.input())
        half = draft.last
        block = draft.done(f"Level{level}", _=draft.block("b", block, half))
    start = time.perf_counter()
    assert counts(block)["trainable"] == 72 * 2**40
    assert time.perf_counter() - start < 2


def test_depth_costs_no_stack() -> None:
    block = linear_block_at(1)
    for level in range(5000):
        draft = Draft(_=tensor(1, 8))
        block = draft.done(f"Level{level}", _=draft.block("inner", block, draft.input()))
    assert counts(block)["trainable"] == 72


@pytest.mark.parametrize(
    ("dtype", "size"),
    [("float32", 4), ("float16", 2), ("bool", 1), ("int64", 8), ("complex128", 16), ("", 4), ("uint8", 1)],
)
def test_item_bytes(dtype: str, size: int) -> None:
    assert item_bytes(dtype) == size


numbers = st.builds(Count, st.integers(0, 50).map(Dim.of), st.booleans())


@given(numbers, numbers, st.integers(1, 9))
def test_counts_add_up(a: Count, b: Count, n: int) -> None:
    assert a + b == b + a
    assert (a + b).times(n) == a.times(n) + b.times(n)
    assert a.times(UNKNOWN) == Count(a.value, False)
    assert a.or_less(b) == b.or_less(a)


# --------------------------------------------------------------------------------------- laws


def test_broken_laws_are_named() -> None:
    from dataclasses import replace

    from moniel2.ir.model import Ref

    block = linear_block(8)
    fc, relu = block.nodes
    assert verify(model(block)) == []

    def breaches(**fields: object) -> str:
        return "\n".join(verify(model(replace(block, **fields))))  # type: ignore[arg-type]

    assert "which isn't before it" in breaches(nodes=(replace(fc, operands=(Operand(Ref(1, 0), "x"),)), relu))
    assert "two nodes have the key fc" in breaches(nodes=(fc, replace(relu, id="fc")))
    assert "has no input 'y'" in breaches(nodes=(replace(fc, operands=(Operand(Ref(-1, 0), "y"),)), relu))
    assert "reads output 1 of 1" in breaches(outputs=(Output("", (Ref(1, 1),), (tensor("B", 8),)),))
    assert "reads input 3 of 1" in breaches(nodes=(replace(fc, operands=(Operand(Ref(-1, 3), "x"),)), relu))
    assert "copies without an index" in breaches(nodes=(fc, replace(relu, repeat=3)))
    assert "doesn't give out what it takes in" in breaches(
        nodes=(replace(fc, repeat=2, first=0, outputs=(tensor("B", 9),)), relu)
    )
    assert "1 sources, 0 tensors" in breaches(outputs=(Output("", (Ref(1, 0),), ()),))
    assert "2 outputs, 1 names" in breaches(nodes=(fc, replace(relu, outputs=relu.outputs * 2)))
    assert "is [9], its source [B, 8]" in breaches(outputs=(Output("y", (Ref(1, 0),), (tensor(9),)),))


def test_a_block_that_contains_itself_is_no_model() -> None:
    from dataclasses import replace

    block = linear_block(8)
    outer = replace(block, nodes=block.nodes)
    inner = replace(block.nodes[0], what=outer)
    object.__setattr__(outer, "nodes", (inner,))
    assert verify(model(outer)) == ["block Unit contains itself"]


def test_undefined_operations_are_open() -> None:
    draft = Draft(x=tensor(2, 8))
    draft.put("m", Undefined("Mystery", ()), (Operand(draft.input(), "x"),), (NOTHING_KNOWN,))
    total = measure(draft.done("Net", y=draft.last)).total
    assert not total.parameters.exact and not total.macs.exact and total.operations.number == 1
