"""Symbols: whatever numbers they stand for, the formula gives what the rule gives for the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest
from test_ops import CASES, arguments, operands, several
from torch_eval import bound

from moniel2.dims import Dim, Shape
from moniel2.ops.check import assuming
from moniel2.ops.spec import OpSpec, Problem

TIGHT = ("kernel of", "cannot place")
"""Sizes are taken to be large enough for windows laid over them: this is no condition worth saying."""

COUNTED = {"Chunk", "Unstack"}
"""How many outputs there are depends on a size."""

PACKED = {"MultiHeadAttention"}
"""Keys as wide as the query have other weights than keys of a width of their own, if it happens to be the same too."""


TRIALS = 12


def generalized(shapes: tuple[Shape | None, ...]) -> tuple[tuple[Shape | None, ...], dict[str, int]]:
    """The same shapes with a symbol for every number but 1, and the numbers."""
    meant: dict[str, int] = {}

    def symbol(d: Dim) -> Dim:
        if d.constant is None or d.constant <= 1:
            return d
        name = f"s{len(meant)}"
        meant[name] = d.constant
        return Dim.of(name)

    return tuple(s if s is None else Shape(*map(symbol, s)) for s in shapes), meant


def plugged(value: Any, numbers: Mapping[str, int]) -> Any:
    """An argument or a shape with numbers for its symbols."""
    if isinstance(value, (Dim, Shape)):
        return value.substitute(numbers)
    return tuple(plugged(v, numbers) for v in value) if isinstance(value, tuple) else value


def with_numbers(op: Any, numbers: Mapping[str, int]) -> Any:
    given: dict[str, Any] = {}
    for argument in op.spec.arguments:
        value = plugged(op.values[argument.name], numbers)
        given |= dict(value) if argument.kind == "named" else {argument.name: value}
    return op.spec.make(**given)


def symbols(op: Any, shapes: tuple[Shape | None, ...]) -> Iterator[str]:
    for shape in shapes:
        yield from shape.symbols() if shape is not None else ()
    for value in op.values.values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Dim):
                yield from item.symbols()


@pytest.mark.parametrize("general", [False, True], ids=["as written", "all symbols"])
@pytest.mark.parametrize(("spec", "index"), CASES, ids=lambda v: v.name if isinstance(v, OpSpec) else str(v))
def test_numbers_for_symbols(spec: OpSpec, index: int, general: bool) -> None:
    sample = spec.samples[index]
    op: Any = spec.make(**arguments(spec, sample))
    shapes: tuple[Shape | None, ...] = tuple(Shape(*i) if i is not None else None for i in sample.inputs)
    meant: dict[str, int] = {}
    if general:
        shapes, meant = generalized(shapes)
    if spec.name == "Unstack" and shapes[0] is not None and shapes[0][op.axis].constant is None:
        with pytest.raises(Problem):
            op.shape(*operands(bound(op, shapes)))
        return
    names = sorted(set(symbols(op, shapes)))
    draw = Random(index)
    for _ in range(TRIALS):
        # A symbol is never taken for 1. Half of the numbers are as they were, or hardly any draw would fit.
        numbers = {n: meant[n] if n in meant and draw.random() < 0.5 else draw.randint(2, 24) for n in names}
        compare(op, shapes, numbers)


def compare(op: Any, shapes: tuple[Shape | None, ...], numbers: Mapping[str, int]) -> None:
    """The rules for symbols, with numbers in the results, and the rules for the numbers."""
    flat = operands(bound(op, shapes))
    with assuming() as conditions:
        symbolic = several(op.shape(*flat))
    there = with_numbers(op, numbers)
    numbered = operands(bound(there, tuple(plugged(s, numbers) for s in shapes)))
    try:
        with assuming() as left_open:
            concrete = several(there.shape(*numbered))
    except Problem as problem:
        assert conditions or any(word in problem.message for word in TIGHT), (numbers, problem.message)
        return
    assert not left_open, "numbers leave nothing open"
    if op.spec.name in COUNTED and len(concrete) != len(symbolic):
        assert conditions
        return
    for formula, result in zip(symbolic, concrete, strict=True):
        assert formula is None or plugged(formula, numbers) == result, numbers
    assert op.macs(*flat).substitute(numbers) == there.macs(*numbered), numbers
    if op.spec.name not in PACKED:
        weights = {name: plugged(w.shape, numbers) for name, w in op.weights(*flat).items()}
        assert weights == {name: w.shape for name, w in there.weights(*numbered).items()}, numbers
