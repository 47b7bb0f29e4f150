"""dtypes: what an operation accepts torch accepts, and the result is of the dtype that torch gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from test_ops import CASES, arguments, numbers, operands, several, tensor
from torch_eval import Node, bound, dtype_of

from moniel2.dims import Shape
from moniel2.ops.dtypes import whole
from moniel2.ops.spec import OpSpec, Problem
from tests.programs import blamed

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TRIED = ("bool", "int32", "int64", "float16", "float32", "float64")

UNDECIDED = {
    # A tensor without axes gives way to one with axes, as a number does; a rule for dtypes sees no shapes.
    ("Max", "()"),
    ("Min", "()"),
    # Whether the target holds classes or probabilities is a matter of its shape, too.
    ("CrossEntropy", "target"),
}


def assignments(spec: OpSpec, usual: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every operand in turn of every dtype, and all of one dtype."""
    for i in range(len(usual)):
        yield from ((*usual[:i], other, *usual[i + 1 :]) for other in TRIED)
    if len(set(usual)) == 1:
        yield from ((other,) * len(usual) for other in TRIED)


@pytest.mark.parametrize(("spec", "index"), CASES, ids=lambda v: v.name if isinstance(v, OpSpec) else str(v))
def test_what_is_accepted_is_torchs(spec: OpSpec, index: int) -> None:
    sample = spec.samples[index]
    op: Any = spec.make(**arguments(spec, sample))
    shapes = tuple(Shape(*i) if i is not None else None for i in sample.inputs)
    if (spec.name, "()") in UNDECIDED and Shape() in shapes:
        return
    sizes = numbers(op, shapes)
    for dtypes in dict.fromkeys(assignments(spec, sample.dtypes or ("float32",) * len(shapes))):
        same_rank = len(shapes) > 1 and len(shapes[0] or ()) == len(shapes[1] or ())
        if (spec.name, "target") in UNDECIDED and same_rank == whole(dtypes[1]):
            continue
        try:
            claimed = several(op.dtype(*(d or "" for d in operands(bound(op, dtypes)))))
        except Problem as problem:
            assert problem.rule == "dtype-mismatch"
            continue
        found = outputs(op, shapes, dtypes, sizes)
        if found is not None:
            assert found == (claimed * len(found) if len(claimed) == 1 else claimed), dtypes


def outputs(op: Any, shapes: tuple[Shape | None, ...], dtypes: tuple[str, ...], sizes: Any) -> tuple[str, ...] | None:
    """The dtypes that torch gives; None for what it would do on another device only."""
    flat = operands(bound(op, shapes))
    weights = op.weights(*flat)
    node = Node(op.torch(*flat), sizes, weights)
    if any(w.dtype == "float32" for w in weights.values()) and node.layer is not None:
        floats = [d for d in dtypes if d.startswith("float")]
        node.layer.to(getattr(torch, floats[0]) if floats else torch.float32)
    tensors = tuple(_nowhere_zero(op, tensor(s, d, sizes)) for s, d in zip(shapes, dtypes, strict=True))
    inputs = {name: t for name, t in bound(op, tensors).items() if t is not None}
    try:
        with torch.no_grad():
            return tuple(dtype_of(o) for o in node(inputs))
    except RuntimeError as error:
        if "not implemented for 'Half'" in str(error):
            return None
        raise AssertionError(f"torch refuses {dtypes}: {error}") from error


def _nowhere_zero(op: Any, value: Any) -> Any:
    """Whole numbers divide by none that is 0."""
    divides = op.spec.name in ("FloorDiv", "Remainder")
    return value + 1 if divides and value is not None and value.dtype in (torch.int32, torch.int64) else value


REFUSED = [
    "[x, i] -> MatMul",
    "[x, h] -> MatMul",
    "[b, x] -> Sub",
    "b -> Neg",
    "[x, h] -> Lerp(0.5)",
    '[x, h] -> Einsum("i j, k j -> i k")',
    "[x, b] -> MSE",
    "[x, h] -> BCE",
    "[x, h, h] -> ScaledDotProductAttention",
    "i -> Frac",
    "b -> TopK(1)",
    "[h, b] -> MaskedFill(-1e9)",
]


@pytest.mark.parametrize("chain", REFUSED)
def test_refused_in_the_language(chain: str) -> None:
    inputs = "x:In[4, 4]; i:In(int64)[4, 4]; b:In(bool)[4, 4]; h:In(float16)[4, 4]"
    found = [rule for rule, _ in blamed(f"{inputs}\n{chain} -> Out", strict=False) if rule != "unused-input"]
    assert "dtype-mismatch" in found
