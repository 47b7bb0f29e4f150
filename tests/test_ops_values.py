"""What every operation computes, on each of its samples, against torch written by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from test_ops import CASES, arguments, numbers, operands, tensor
from torch import nn
from torch_by_hand import arguments_of
from torch_eval import Node, bound
from torch_references import REFERENCES

from moniel2.dims import Shape
from moniel2.ops.catalog import catalog
from moniel2.ops.spec import OpSpec

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

HELD = {"Parameter", "Buffer", "Tensor"}
"""What they compute is what they hold: other tests say what that is at first."""


def leaves(result: Any) -> list[Any]:
    if isinstance(result, torch.Tensor):
        return [result]
    return [leaf for part in result for leaf in leaves(part)]


@pytest.mark.parametrize(
    ("spec", "index"),
    [case for case in CASES if case[0].name not in HELD],
    ids=lambda v: v.name if isinstance(v, OpSpec) else str(v),
)
def test_computes_what_torch_does(spec: OpSpec, index: int) -> None:
    sample = spec.samples[index]
    op: Any = spec.make(**arguments(spec, sample))
    shapes = tuple(Shape(*i) if i is not None else None for i in sample.inputs)
    sizes = numbers(op, shapes)
    torch.manual_seed(1)
    tensors = tuple(
        tensor(s, d, sizes) for s, d in zip(shapes, sample.dtypes or ("float32",) * len(shapes), strict=True)
    )
    inputs = {name: t for name, t in bound(op, tensors).items() if t is not None}
    given = operands(bound(op, tensors))
    flat = operands(bound(op, shapes))
    node = Node(op.torch(*flat), sizes, op.weights(*flat))
    expected = REFERENCES[spec.name](arguments_of(op, sizes), *given)
    if isinstance(expected, nn.Module):
        own = node.layer
        assert own is not None
        expected.load_state_dict(own.state_dict())
        torch.manual_seed(2)
        expected = expected(*given)
    else:
        torch.manual_seed(2)
        expected = REFERENCES[spec.name](arguments_of(op, sizes), *given)
    torch.manual_seed(2)
    with torch.no_grad():
        found = node(inputs)
    wanted = leaves(expected)
    assert len(found) == len(wanted)
    for got, want in zip(found, wanted, strict=True):
        assert got.shape == want.shape and got.dtype == want.dtype
        assert torch.allclose(got.double(), want.double(), rtol=1e-4, atol=1e-5, equal_nan=True)


def test_every_operation_is_computed() -> None:
    assert set(REFERENCES) | HELD == set(catalog())
