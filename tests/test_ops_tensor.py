"""Operations on tensors: what samples can't say. Refused inputs, symbolic sizes, conditions, and values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode
from torch_eval import Node, bound, everything

from moniel2.dims import UNKNOWN, Dim, Shape
from moniel2.ops.catalog import catalog, names
from moniel2.ops.check import Assumed, assuming
from moniel2.ops.dtypes import promote
from moniel2.ops.einops import read
from moniel2.ops.products import equation
from moniel2.ops.spec import Op, Problem

H, W, N, B, D = (Dim.of(name) for name in "HWNBD")


def made(name: str, *positional: Any, **args: Any) -> Any:
    return names()[name].make(*positional, **args)


def shape_of(op: Op, *inputs: Iterable[Any] | None) -> Any:
    shapes = tuple(Shape(*i) if i is not None else None for i in inputs)
    flat = everything(bound(op, shapes))
    while flat and flat[-1] is None:
        flat.pop()
    return op.shape(*flat)  # type: ignore[attr-defined]


def assumed(op: Op, *inputs: Iterable[Any] | None) -> tuple[Any, list[Assumed]]:
    with assuming() as found:
        return shape_of(op, *inputs), found


def run(op: Op, *tensors: Any) -> Any:
    """The value of the operation's PyTorch code."""
    ports = bound(op, tuple(Shape(*t.shape) if isinstance(t, torch.Tensor) else Shape() for t in tensors))
    flat = everything(ports)
    while flat and flat[-1] is None:
        flat.pop()
    node = Node(op.torch(*flat), {}, op.weights(*flat))  # type: ignore[attr-defined]
    inputs = {name: t for name, t in bound(op, tensors).items() if t is not None}
    outputs = node(inputs)
    return outputs[0] if len(outputs) == 1 else outputs


def numbered(*sizes: int) -> Any:
    return torch.arange(Shape(*sizes).size.constant or 1).reshape(sizes)


# ----------------------------------------------------------------------------------------- refused

REFUSED: list[tuple[Op, tuple[tuple[Any, ...] | None, ...], str, str, str | None]] = [
    # operation, inputs, whom to blame, what the message says, what the help says
    (made("Add"), (("B", 128, 28, 28), ("B", 64, 28, 28)), "xs[1]", "[B, 128, 28, 28] and [B, 64, 28, 28]", "project"),
    (made("Add"), (("B", 4), ("B", 4), ("B", 5)), "xs[2]", "[B, 4] and [B, 5]", None),
    (made("Add"), ((2, 3, 4), (3, 2, 4)), "xs[1]", "equal shapes", "Permute"),
    (made("Mul"), (("B", 8, 7, 7), ("B", 8)), "xs[1]", "[B, 8, 7, 7] and [B, 8]", "Reshape[B, 8, 1, 1]"),
    (made("Add"), ((4, 8, 9, 9), (8,)), "xs[1]", "[4, 8, 9, 9] and [8]", "Reshape[8, 1, 1]"),
    (made("Sub"), ((3,),), "x", "needs two operands", "Sub(2)"),
    (made("Div", 2), ((3,), (3,)), "value", "two operands and a number", None),
    (made("Pow"), ((3,),), "x", "exponent", None),
    (made("Clamp"), ((3,),), "x", "least value", None),
    (made("Clamp", 1, 0), ((3,),), "max", "above the greatest", None),
    (made("Concat"), (("B", 4, 8, 8), ("B", 4, 9, 9)), "xs[1]", "axis 2 must be equal", "resolution"),
    (made("Concat"), (("B", 4, 8), ("B", 4, 9)), "xs[1]", "joins along axis 1", "Concat(axis = 2)"),
    (made("Concat", axis=0), (("B", 4), ("B", 4), ("B", 5)), "xs[2]", "axis 1 must be equal", "Concat(axis = 1)"),
    (made("Concat"), (("B", 4), ("B", 4, 1)), "xs[1]", "equally many dimensions", "Unsqueeze"),
    (made("Concat", axis=2), (("B", 4), ("B", 4)), "axis", "out of range", None),
    (made("Stack"), (("B", 4), ("B", 5)), "xs[1]", "[B, 4] and [B, 5]", "Concat"),
    (
        made("Split", 5),
        (("B", 72),),
        "parts",
        "can't cut axis 1, of size 72, into 5 equal parts",
        "[15, 15, 15, 15, 12]",
    ),
    (made("Split", (30, 40)), (("B", 72),), "parts", "add up to 70, but axis 1 has size 72", None),
    (made("Split", (80, -1)), (("B", 72),), "parts", "add up to 80", None),
    (made("Split", 0), (("B", 72),), "parts", "at least one part", None),
    (made("Unstack", axis=1), (("B", "N", "D"),), "axis", "of size N, makes", None),
    (made("MatMul"), (("B", 3, 4), ("B", 3, 4)), "y", "rows of 4 with columns of 3", "transpose the second"),
    (made("MatMul"), ((5, 4), (3, 5)), "y", "rows of 4", "exchange"),
    (made("MatMul"), ((2, 3, 4), (5, 4, 3)), "y", "before the last two", None),
    (made("MatMul"), ((), (4, 3)), "x", "needs tensors", "Mul"),
    (made("BiasAdd"), (("B", 8, 4, 4), (4,)), "bias", "each of 8 channels (axis 1", None),
    (made("BiasAdd"), (("B", 8, 4, 4), (8, 1, 1)), "bias", "[8]", "Add"),
    (made("Einsum", "b i d, b j d -> b i j"), ((2, 3, 4), (2, 3, 5)), "xs[1]", "4 for the axis d before, and 5", None),
    (made("Einsum", "b i, b j -> b i j"), ((2, 3),), "pattern", "for 2 tensors, got 1", None),
    (made("Einsum", "heads,heads->heads"), ((8,), (8,)), "xs[0]", "names 5 axes", "spaces"),
    (made("Einsum", "i j -> k"), ((8, 8),), "pattern", "k stands on the right only", None),
    (made("Reshape", 10, 10), ((3, 30),), "shape", "can't make [10, 10] of [3, 30]", None),
    (made("Reshape", Shape("B", 100)), (("B", 3, 30),), "shape", "90*B elements, not 100*B", None),
    (made("Reshape", Shape(12, 64)), (("B", 12, 64),), "shape", "elements", "Reshape[B, 12, 64]"),
    (made("Reshape", Shape("N", "B")), (("B", "N", 2),), "shape", "can't make", None),
    (made("Reshape", 7, -1), ((3, 5),), "shape", "15 elements are no multiple of 7", None),
    (made("Reshape", -1, -1), ((3, 5),), "shape", "only one size", None),
    (made("Reshape", 3.5, 2), ((7,),), "shape", "whole numbers", None),
    (made("Flatten"), ((3,),), "start", "out of range", None),
    (made("Flatten", 2, 1), ((3, 4, 5),), "end", "before it starts", None),
    (made("Unflatten", 1, (5, -1)), ((3, 12),), "sizes", "12 elements are no multiple of 5", None),
    (made("Permute", 0, 1, 1), ((3, 4, 5),), "axes", "axis 1 twice and axis 2 not at all", None),
    (made("Permute", 0, 1), ((3, 4, 5),), "axes", "each of the 3 axes", None),
    (made("Transpose", 1, 3), ((3, 4, 5),), "axis1", "out of range", None),
    (made("Squeeze", 1), ((3, 4),), "axis", "can't leave out axis 1 of [3, 4]", "Select"),
    (made("Squeeze", 1), ((3, "N"),), "axis", "it has size N", None),
    (made("Expand", 3, 5), ((3, 4),), "shape", "axis 1 has 4", "Tile"),
    (made("Expand", 3), ((3, 4),), "shape", "fewer dimensions", None),
    (made("Expand", -1, 3, 4), ((3, 4),), "shape", "keep the size of a new axis", None),
    (made("Pad", 1, 2, 3), ((2, 3, 4),), "amounts", "3 amounts", None),
    (made("Pad", 4, 0, mode="reflect"), ((2, 3, 4),), "amounts", "no 4 places", None),
    (made("Pad", 1, 1, mode="reflect"), ((2, 3, 4, 5, 6),), "mode", "pads all axes after the channels", "6 amounts"),
    (made("Pad", -3, -3), ((2, 5),), "amounts", "takes 6 of axis 1", None),
    (made("ZeroPadding", 1), ((2, 5),), "x", "spatial axes", "Pad"),
    (made("ZeroPadding", (1, 2, 3)), ((2, 5, 6, 7),), "padding", "3 sizes for 2", None),
    (made("Slice", 0, 10), (("B", 5),), "stop", "stop 10 is outside axis 1", None),
    (made("Slice", 4, 2), (("B", 5),), "start", "starts at 4", None),
    (made("Slice", step=-1), (("B", 5),), "step", "steps of -1", "Flip"),
    (made("Select", 5), (("B", 5),), "index", "index 5 is outside axis 1", None),
    (made("Select", -6), (("B", 5),), "index", "index -6", None),
    (made("CenterCrop", 9, 9), ((2, 3, 8, 12),), "sizes", "can't keep 9 of axis 2", None),
    (made("Roll", (1, 2), axes=(1,)), ((2, 3),), "shifts", "2 shifts for 1 axes", None),
    (made("Take", (0, 6), axis=1), ((2, 6),), "indices", "indices 6 is outside", None),
    (made("Take"), ((2, 6),), "x", "needs the places", None),
    (made("SelectEach"), (("B", 5, "D"), ("B", 5)), "index", "one place for each [B]", None),
    (made("SelectEach"), ((4, 5, 6), (5,)), "index", "one place for each [4]", None),
    (made("Gather", 1), ((4, 5), (5, 2)), "index", "an index of size 5 on axis 0", None),
    (made("Gather", 1), ((4, 5, 6), (4, 2)), "index", "3 dimensions", "Take"),
    (made("Rearrange", "b n (h d) -> b h n d"), ((2, 3, 12),), "pattern", "splits into h and d", "h = …"),
    (made("Rearrange", "b n (h d) -> b h n d", h=5), ((2, 3, 12),), "pattern", "no multiple of 5 (h = 5)", None),
    (made("Rearrange", "b n (h d) -> b h n d", heads=4), ((2, 3, 12),), "heads", "no axis heads", None),
    (made("Rearrange", "b n d -> b d n"), ((2, 3),), "pattern", "for 3 axes", None),
    (made("Rearrange", "b n d -> b n"), ((2, 3, 4),), "pattern", "d stands on the left only", "Reduce"),
    (made("Rearrange", "b (n d -> b n d"), ((2, 3),), "pattern", "isn't closed", None),
    (made("Rearrange", "b n d"), ((2, 3),), "pattern", "one arrow", None),
    (made("Rearrange", "b b -> b"), ((2, 3),), "pattern", "b twice", None),
    (
        made("Rearrange", "b c h w -> b c (h w)", h=4),
        ((2, 3, 5, 5),),
        "pattern",
        "has size 5, but h is 4",
        "another name",
    ),
    (made("Rearrange", "b 1 d -> b d"), ((2, 3, 4),), "pattern", "must have size 1, got 3", None),
    (made("RepeatEinops", "b d -> b r d"), ((2, 3),), "pattern", "how often r repeats", "r = …"),
    (made("PixelShuffle", 2), ((1, 6, 4, 4),), "x", "6 channels over 2 · 2", None),
    (made("PixelUnshuffle", 2), ((1, 6, 5, 4),), "x", "into squares of 2", None),
    (made("ChannelShuffle", 4), ((1, 6, 5, 4),), "groups", "into 4 groups", None),
    (made("Interpolate", 2, mode="bilinear"), ((1, 6, 5),), "mode", '"bilinear" can\'t take [1, 6, 5]', '"linear"'),
    (made("Interpolate", 2, size=(3, 3)), ((1, 6, 5, 5),), "size", "a factor and a size", None),
    (made("Interpolate", (2, 2)), ((1, 6, 5),), "scale", "2 factors for 1", None),
    (made("GridSample"), ((1, 6, 5, 5), (1, 4, 4, 3)), "grid", "needs 2 coordinates", None),
    (made("Sum", 3), ((2, 3),), "axis", "out of range", None),
    (made("Sum", axis=1), ((2, 3), (2, 3)), "axis", "reduces one tensor", "Stack"),
    (made("Max"), ((2, 3), (2, 4)), "xs[1]", "equal shapes", None),
    (made("Mean", (1, -1)), ((2, 3),), "axis", "axis 1 twice", None),
    (made("TopK", 5), ((2, 3),), "k", "can't find 5", None),
    (made("Parameter", Shape(4), init="xavier_uniform"), (), "init", "at least 2 dimensions", None),
    (made("Parameter", Shape(4), init="xavier"), (), "init", "can't start with xavier", "zeros"),
    (made("Zeros", 3, -1), (), "shape", "needs every size", None),
    (made("Constant", ((1, 2), (3,))), (), "value", "different lengths", None),
    (made("Constant", (1, 2), Shape(3)), (), "shape", "values of the shape [2]", None),
    (made("Arange", 5, 2), (), "end", "can't count from 5 to 2", None),
    (made("Bernoulli", 2, shape=(3,)), (), "p", "between 0 and 1", None),
    (made("MaskedFill", 0), ((2, 3), (2, 4)), "mask", "equal shapes", None),
    (made("CrossEntropy"), ((2, 5, 7), (2, 5)), "target", "axis 1", "Transpose(1, 2)"),
    (made("CrossEntropy"), ((2, 5), (2,), (4,)), "weight", "5 classes", None),
    (made("MSE"), ((2, 1), (2,)), "target", "[2, 1], got [2]", "Squeeze"),
]


@pytest.mark.parametrize(("op", "inputs", "blame", "message", "help"), REFUSED, ids=lambda v: str(v)[:40])
def test_refuses(op: Op, inputs: Any, blame: str, message: str, help: str | None) -> None:
    with pytest.raises(Problem) as caught:
        shape_of(op, *inputs)
    assert message in caught.value.message
    assert caught.value.blame == blame
    if help is not None:
        assert help in (caught.value.help or "")


DTYPES_REFUSED: list[tuple[Op, tuple[str, ...], str]] = [
    (made("LogicalAnd"), ("bool", "float32"), "xs[1]"),
    (made("LogicalNot"), ("int64",), "x"),
    (made("Where"), ("float32", "float32", "float32"), "condition"),
    (made("MaskedFill", -1.5), ("float32", "float32"), "mask"),
    (made("MaskedFill", -1.5), ("int64", "bool"), "value"),
    (made("Mean"), ("int64",), "xs[0]"),
    (made("Variance"), ("int64",), "x"),
    (made("Take"), ("float32", "float32"), "index"),
    (made("Gather", 1), ("float32", "int32"), "index"),
    (made("OneHot", 3), ("float32",), "x"),
    (made("CrossEntropy"), ("float32", "int32"), "target"),
    (made("Reduce", "b n -> b"), ("int64",), "x"),
]


@pytest.mark.parametrize(("op", "dtypes", "blame"), DTYPES_REFUSED, ids=lambda v: str(v)[:40])
def test_refuses_dtypes(op: Op, dtypes: tuple[str, ...], blame: str) -> None:
    with pytest.raises(Problem) as caught:
        op.dtype(*dtypes)  # type: ignore[attr-defined]
    assert caught.value.rule == "dtype-mismatch"
    assert caught.value.blame == blame


def test_text_that_no_pattern_ends_in_a_problem() -> None:
    for text in (
        "",
        "->",
        "a ->",
        "( ->",
        "a b) -> a",
        "((a)) -> a",
        "2 -> 2",
        "a -> (a",
        "ä̂ € -> x",
        "... ... -> ...",
    ):
        for op in (made("Rearrange", text), made("Reduce", text), made("RepeatEinops", text), made("Einsum", text)):
            for x in ((), (2,), (2, 3)):
                with contextlib.suppress(Problem):
                    shape_of(op, x)


# ---------------------------------------------------------------------------------------- symbolic

SYMBOLIC: list[tuple[Op, tuple[tuple[Any, ...] | None, ...], Any]] = [
    (made("Add"), (("B", "C", "H", "W"), ("C", 1, 1)), ("B", "C", "H", "W")),
    (made("Add"), ((1, "N"), ("M", 1)), ("M", "N")),
    (made("Sub"), ((), ("B", "N")), ("B", "N")),
    (made("Concat"), (("B", "C", "N"), ("B", 2 * Dim.of("C"), "N")), ("B", 3 * Dim.of("C"), "N")),
    (made("Stack", axis=-1), (("B", "N"),) * 2, ("B", "N", 2)),
    (made("MatMul"), (("B", "heads", "N", "d"), ("B", "heads", "d", "M")), ("B", "heads", "N", "M")),
    (made("Einsum", "... i d, ... j d -> ... i j"), (("B", "h", "N", "d"), ("B", "h", "M", "d")), ("B", "h", "N", "M")),
    (made("Reshape", Shape("B", "N", 8, D.over(8))), (("B", "N", "D"),), ("B", "N", 8, D.over(8))),
    (made("Reshape", -1, Dim.of("C") * H * W), (("B", "C", "H", "W"),), ("B", Dim.of("C") * H * W)),
    (made("Reshape", Shape("B", UNKNOWN)), (("B", "C", "H", "W"),), ("B", Dim.of("C") * H * W)),
    (made("Flatten"), (("B", "C", 4, 4),), ("B", 16 * Dim.of("C"))),
    (made("RepeatInterleave", 4, axis=1), (("B", "h", "N", "d"),), ("B", 4 * Dim.of("h"), "N", "d")),
    (made("Rearrange", "b c h w -> b (h w) c"), (("B", 3, "H", "W"),), ("B", H * W, 3)),
    (made("Rearrange", "b (h p) (w p2) -> b (h w) (p p2)", p=4, p2=4), ((1, 4 * H, 4 * W),), (1, H * W, 16)),
    (made("Slice", 1), (("B", "N", "D"),), ("B", N - 1, "D")),
    (made("Slice", 0, N, axis=0), ((2 * N, "D"),), ("N", "D")),
    (made("Slice", step=2), (("B", "N"),), ("B", (N + 1) // 2)),
    (made("Pad", 3, 0), (("B", "C", "L"),), ("B", "C", Dim.of("L") + 3)),
    (made("Interpolate", 2), (("B", 3, "H", "W"),), ("B", 3, 2 * H, 2 * W)),
    (made("Interpolate", 0.5), (("B", 3, "H", "W"),), ("B", 3, H // 2, W // 2)),
    (made("Interpolate", 1.5), (("B", 3, 2 * H, "W"),), ("B", 3, 3 * H, 3 * W // 2)),
    (made("PixelShuffle", 2), (("B", 4 * Dim.of("C"), "H", "W"),), ("B", "C", 2 * H, 2 * W)),
    (made("Take"), (("K", "heads"), ("N", "N")), ("N", "N", "heads")),
    (made("Arange", N), (), ("N",)),
    (made("Arange", 0, N, 2), (), ((N + 1) // 2,)),
    (made("Sum", (1, 2)), (("B", "N", "D"),), ("B",)),
    (made("OneHot", 8), (("B", "N"),), ("B", "N", 8)),
]


@pytest.mark.parametrize(("op", "inputs", "expected"), SYMBOLIC, ids=lambda v: str(v)[:40])
def test_symbolic(op: Op, inputs: Any, expected: Any) -> None:
    result, _ = assumed(op, *inputs)
    assert result == Shape(*expected)


CONDITIONS: list[tuple[Op, tuple[tuple[Any, ...], ...], Any, str | None]] = [
    # operation, inputs, the shape under the condition, the condition
    (made("Split", 3), (("B", "D"),), [("B", D.over(3))] * 3, "D is a multiple of 3"),
    (made("Split", 3), (("B", 3 * D),), [("B", "D")] * 3, None),
    (
        made("Reshape", Shape("B", "N", 12, UNKNOWN)),
        (("B", "N", "D"),),
        ("B", "N", 12, D.over(12)),
        "D is a multiple of 12",
    ),
    (
        made("Rearrange", "b n (h d) -> b h n d", h=8),
        (("B", "N", "D"),),
        ("B", 8, "N", D.over(8)),
        "D is a multiple of 8",
    ),
    (made("Rearrange", "b n (h d) -> b h n d", h=8), (("B", "N", 16 * D),), ("B", 8, "N", 2 * D), None),
    (made("Add"), (("B", "N"), ("B", "M")), ("B", "N"), "N = M"),
    (made("Concat"), (("B", 3, "H"), ("B", 3, 2 * (H // 2))), ("B", 6, "H"), "H is a multiple of 2"),
    (made("Slice", 0, N, axis=0), ((1024, "D"),), ("N", "D"), "N <= 1024"),
    (made("TopK", 3), (("B", "E"),), [("B", 3)] * 2, "3 <= E"),
    (made("Select", 0), (("B", "N"),), ("B",), None),
]


@pytest.mark.parametrize(("op", "inputs", "expected", "condition"), CONDITIONS, ids=lambda v: str(v)[:40])
def test_conditions(op: Op, inputs: Any, expected: Any, condition: str | None) -> None:
    result, found = assumed(op, *inputs)
    if isinstance(expected, list):
        assert list(result) == [Shape(*e) for e in expected]
    else:
        assert result == Shape(*expected)
    assert [str(a.condition) for a in found] == ([condition] if condition else [])


def test_unknown_sizes_make_no_noise() -> None:
    unknown: Any = UNKNOWN
    quiet: list[tuple[Op, tuple[tuple[Any, ...], ...], Any]] = [
        (made("Add"), (("B", unknown), ("B", 4)), ("B", 4)),
        (made("Concat"), (("B", unknown, 8), ("B", 4, unknown)), ("B", unknown, 8)),
        (made("Split", 2), (("B", unknown),), [("B", unknown)] * 2),
        (made("MatMul"), ((2, unknown), (3, 4)), (2, 4)),
        (made("Reshape", Shape("B", 10)), (("B", unknown),), ("B", 10)),
        (made("Reshape", Shape("B", -1, 4)), (("B", unknown),), ("B", unknown, 4)),
        (made("Flatten"), (("B", unknown, 4),), ("B", unknown)),
        (made("Rearrange", "b (h w) -> b h w", h=4), (("B", unknown),), ("B", 4, unknown)),
        (made("Slice", 1, 3), (("B", unknown),), ("B", 2)),
        (made("Slice", 1), (("B", unknown),), ("B", unknown)),
        (made("Interpolate", 1.5), (("B", 3, unknown),), ("B", 3, unknown)),
        (made("PixelShuffle", 2), (("B", unknown, 4, 4),), ("B", unknown, 8, 8)),
        (made("Take", (0, 7), axis=1), (("B", unknown),), ("B", 2)),
    ]
    for op, inputs, expected in quiet:
        result, found = assumed(op, *inputs)
        assert not found, op
        if isinstance(expected, list):
            assert list(result) == [Shape(*e) for e in expected]
        else:
            assert result == Shape(*expected), op
    assert made("Unstack").shape(Shape(unknown, 3)) is None


def test_shapes_known_without_inputs() -> None:
    assert made("Reshape", Shape("B", -1)).declared_shape() == Shape("B", UNKNOWN)
    assert made("Expand", Shape("B", 1, "D")).declared_shape() == Shape("B", 1, "D")
    assert made("Parameter").shape() is None and made("Parameter").weights() == {}
    assert made("Parameter").shape(Shape(3, 4)) == Shape(3, 4)
    assert made("Arange").missing() == ("end",) and made("Arange", 3).missing() == ()
    assert made("Interpolate").missing() == ("scale",) and made("Upsample", size=3).missing() == ()


def test_counts_of_outputs() -> None:
    assert made("Split", 3).count() == 3 and made("Split", (1, 2)).count() == 2
    assert made("Unstack").count() is None and made("Discard").count() == 0
    assert made("Rearrange", "b n (heads d) -> b heads n d").wanted() == ("b", "n", "heads", "d")
    for spec in catalog().values():
        assert spec.outputs or callable(spec.make.count), spec.name  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------ values

X = numbered(2, 3, 4)
G = torch.Generator().manual_seed(0)
R = torch.rand(2, 3, 4, generator=G)
IMAGE = numbered(1, 2, 5, 6)

VALUES: list[tuple[Op, tuple[Any, ...], Any]] = [
    (made("Sub"), (1, R), 1 - R),
    (made("Pow"), (2.0, R), 2**R),
    (made("Max"), (R, 0.5), R.clamp(min=0.5)),
    (made("Min"), (0.5, R, 0.25), R.clamp(max=0.25)),
    (made("Max"), (R, R.flip(0)), torch.maximum(R, R.flip(0))),
    (made("Mean"), (R, 2 * R), 1.5 * R),
    (made("Prod", (0, 2)), (R,), R.prod(2).prod(0)),
    (made("Norm", 1, p=1), (R,), R.abs().sum(1)),
    (made("Norm", keepdim=True), (R,), R.square().sum().sqrt().reshape(1, 1, 1)),
    (made("LogSumExp"), (R,), R.exp().sum().log()),
    (made("Concat", axis=-1), (X, X), torch.cat((X, X), -1)),
    (made("Split", (2, -1), axis=-1), (X,), (X[..., :2], X[..., 2:])),
    (made("Unstack", axis=1), (X,), (X[:, 0], X[:, 1], X[:, 2])),
    (made("Outer"), (R[:, 0], R[:, 1]), R[:, 0, :, None] * R[:, 1, None, :]),
    (made("DotProduct"), (R, R.transpose(1, 2)), torch.tensordot(R, R.transpose(1, 2), dims=([-1], [-2]))),
    (made("BiasAdd"), (R, torch.arange(3)), R + torch.arange(3)[:, None]),
    (made("Einsum", "batch row in, in out -> batch row out"), (R, R[0].T), R @ R[0].T),
    (made("Squeeze"), (R[:1],), R[0]),
    (made("Tile", 2), (X,), torch.cat((X, X), -1)),
    (made("Tile", 2, 1, 1, 1), (X,), torch.stack((X, X))),
    (made("Select", -1), (X,), X[:, 2]),
    (made("Slice", 1, -1, 2, axis=2), (X,), X[:, :, 1:-1:2]),
    (made("CenterCrop", 3), (IMAGE,), IMAGE[..., 1:4, 1:4]),
    (made("Roll", (1, -1), axes=(1, 2)), (X,), X.roll((1, -1), (1, 2))),
    (made("Take", (1, 2), axis=1), (X,), X[:, 1:]),
    (made("Take", (2, 0), axis=1), (X,), X[:, [2, 0]]),
    (made("Take", axis=2), (X, torch.tensor([[0, 3], [1, 1]])), X[:, :, torch.tensor([[0, 3], [1, 1]])]),
    (made("SelectEach"), (X, torch.tensor([2, 0])), torch.stack((X[0, 2], X[1, 0]))),
    (made("SelectEach", 2), (X, torch.tensor([[0, 1, 2], [3, 3, 3]])), torch.tensor([[0, 5, 10], [15, 19, 23]])),
    (made("Pad", 1, 0, 0, 2, value=7), (X,), torch.nn.functional.pad(X, (1, 0, 0, 2), value=7)),
    (made("ZeroPadding", (1, 2)), (IMAGE,), torch.nn.functional.pad(IMAGE, (2, 2, 1, 1))),
    (
        made("ChannelShuffle", 2),
        (torch.arange(1, 7).reshape(1, 6, 1),),
        torch.tensor([1, 4, 2, 5, 3, 6]).reshape(1, 6, 1),
    ),
    (made("Arange", 4, 0, -1), (), torch.tensor([4, 3, 2, 1])),
    (made("Constant", ((1, 2), (3, 4))), (), torch.tensor([[1, 2], [3, 4]])),
    (made("Eye", 2, 3), (), torch.eye(2, 3)),
    (made("MaskedFill", "-inf"), (R, R > 0.5), R.masked_fill(R > 0.5, -torch.inf)),
    (made("Where"), (R > 0.5, R, 0.0), R * (R > 0.5)),
    (made("NotEqual", 0), (X,), X != 0),
    (made("LogicalNot"), (X > 3,), X <= 3),
    (made("Lerp", 0.25), (R, 2 * R), 1.25 * R),
    (made("Reduce", "b c (h p) -> b c h", "max", p=2), (R,), torch.nn.functional.max_pool1d(R, 2)),
    (made("Diagonal"), (X[..., :3],), torch.stack([X[:, i, i] for i in range(3)], -1)),
]


@pytest.mark.parametrize(("op", "tensors", "expected"), VALUES, ids=lambda v: str(v)[:40] if isinstance(v, Op) else "")
def test_values(op: Op, tensors: tuple[Any, ...], expected: Any) -> None:
    result = run(op, *tensors)
    for got, want in zip(*((r,) if isinstance(r, torch.Tensor) else tuple(r) for r in (result, expected)), strict=True):
        assert torch.allclose(got.to(torch.float64), want.to(torch.float64), atol=1e-6)
        assert got.shape == want.shape


def test_a_parameter_starts_as_it_says() -> None:
    for init, std, check in [
        ("zeros", 0.02, lambda t: bool((t == 0).all())),
        (1, 0.02, lambda t: bool((t == 1).all())),
        (2.5, 0.02, lambda t: bool((t == 2.5).all())),
        ("normal", 0.5, lambda t: 0.3 < t.std() < 0.7),
        ("truncated_normal", 0.02, lambda t: t.std() < 0.05),
        ("orthogonal", 0.02, lambda t: torch.allclose(t @ t.T, torch.eye(20), atol=1e-5)),
    ]:
        torch.manual_seed(0)
        op = made("Parameter", Shape(20, 20), init=init, std=std)
        value = Node(op.torch(), {}, op.weights())({})[0]
        assert check(value.detach()), init


# ------------------------------------------------------------------------------------------ einops


@st.composite
def patterns(draw: st.DrawFn) -> tuple[str, dict[str, int], tuple[str, ...], list[list[str]], list[list[str]]]:
    """A pattern, sizes of its axes, the elementary axes, and the groups of both sides."""
    axes = draw(st.lists(st.sampled_from(["a", "bb", "c", "dd", "e"]), min_size=1, max_size=5, unique=True))
    sizes = {a: draw(st.integers(1, 3)) for a in axes}
    left = draw(groups(axes))
    right = draw(groups(draw(st.permutations(axes))))
    text = f"{_text(left)} -> {_text(right)}"
    return text, sizes, tuple(axes), left, right


@st.composite
def groups(draw: st.DrawFn, axes: list[str]) -> list[list[str]]:
    found: list[list[str]] = []
    for axis in axes:
        if found and draw(st.booleans()):
            found[-1].append(axis)
        else:
            if draw(st.integers(0, 5)) == 0:
                found.append([])
            found.append([axis])
    return found


def _text(side: list[list[str]]) -> str:
    return " ".join("1" if not g else g[0] if len(g) == 1 else f"({' '.join(g)})" for g in side)


def _sizes(side: list[list[str]], sizes: dict[str, int]) -> list[int]:
    result = []
    for group in side:
        size = 1
        for axis in group:
            size *= sizes[axis]
        result.append(size)
    return result


@given(patterns())
def test_rearrange(case: Any) -> None:
    text, sizes, axes, left, right = case
    x = numbered(*_sizes(left, sizes))
    order = [axes.index(a) for g in right for a in g]
    expected = x.reshape([sizes[a] for a in axes]).permute(order).reshape(_sizes(right, sizes))
    free = {g[0] for g in left if g}  # one of each group is computed
    given_sizes = {a: s for a, s in sizes.items() if a not in free}
    op = made("Rearrange", text, **given_sizes)
    assert shape_of(op, x.shape) == Shape(*expected.shape)
    assert torch.equal(run(op, x), expected)
    assert [list(g) for g in read(text).left] == left


@given(patterns(), st.sampled_from(["sum", "max", "min", "prod"]), st.data())
def test_reduce(case: Any, reduction: str, data: st.DataObject) -> None:
    _, sizes, axes, left, right = case
    gone = data.draw(st.sets(st.sampled_from(axes), max_size=len(axes)))
    kept = [[a for a in g if a not in gone] for g in right]
    kept = [k for g, k in zip(right, kept, strict=True) if k or not g]
    x = numbered(*_sizes(left, sizes))
    value = x.reshape([sizes[a] for a in axes])
    for i in sorted((axes.index(a) for a in gone), reverse=True):
        value = {"sum": value.sum, "prod": value.prod, "max": value.amax, "min": value.amin}[reduction](dim=i)
    rest = [a for a in axes if a not in gone]
    expected = value.permute([rest.index(a) for g in kept for a in g]).reshape(_sizes(kept, sizes))
    op = made("Reduce", f"{_text(left)} -> {_text(kept)}", reduction, **sizes)
    assert shape_of(op, x.shape) == Shape(*expected.shape)
    assert torch.equal(run(op, x), expected)


@given(patterns(), st.data())
def test_repeat(case: Any, data: st.DataObject) -> None:
    _, sizes, axes, left, right = case
    new = data.draw(st.sets(st.sampled_from(axes), max_size=len(axes)))
    shorter = [[a for a in g if a not in new] for g in left]
    shorter = [k for g, k in zip(left, shorter, strict=True) if k or not g]
    x = numbered(*_sizes(shorter, sizes))
    whole = x.reshape([1 if a in new else sizes[a] for a in axes]).expand([sizes[a] for a in axes])
    expected = whole.permute([axes.index(a) for g in right for a in g]).reshape(_sizes(right, sizes))
    op = made("RepeatEinops", f"{_text(shorter)} -> {_text(right)}", **sizes)
    assert shape_of(op, x.shape) == Shape(*expected.shape)
    assert torch.equal(run(op, x), expected)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("ijkl"), min_size=1, max_size=3, unique=True), min_size=1, max_size=3), st.data()
)
def test_einsum(terms: list[list[str]], data: st.DataObject) -> None:
    axes = sorted({a for t in terms for a in t})
    output = data.draw(st.lists(st.sampled_from(axes), unique=True))
    sizes = {a: 2 + i for i, a in enumerate(axes)}
    tensors = [torch.rand([sizes[a] for a in t]) for t in terms]
    pattern = f"{', '.join(' '.join(t) for t in terms)} -> {' '.join(output)}"
    compact = f"{','.join(''.join(t) for t in terms)}->{''.join(output)}"
    expected = torch.einsum(compact, *tensors)
    for text in (pattern, compact):
        op = made("Einsum", text)
        assert shape_of(op, *(t.shape for t in tensors)) == Shape(*expected.shape)
        with FlopCounterMode(display=False) as counter:
            assert torch.allclose(run(op, *tensors), expected, atol=1e-5)
        shapes = [Shape(*t.shape) for t in tensors]
        assert op.macs(*shapes) * 2 == counter.get_total_flops()


def test_the_two_ways_to_write_an_equation() -> None:
    assert equation("b i d, b j d -> b i j") == equation("bid,bjd->bij")
    assert equation("bi, bj -> bij") == equation("bi,bj->bij")
    assert equation("ij,jk").output == ("i", "k")
    assert equation("...ij,...jk->...ik").inputs[0] == ("...", "i", "j")
    assert equation("heads d, d out -> heads out").inputs == (("heads", "d"), ("d", "out"))


# ------------------------------------------------------------------------------------------ dtypes

NAMES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64")


def test_promotion_is_torchs() -> None:
    for a, b in product(NAMES, NAMES):
        expected = torch.promote_types(getattr(torch, a), getattr(torch, b))
        assert f"torch.{promote(a, b)}" == str(expected), (a, b)
    for a, (kind, value) in product(NAMES, (("int", 2), ("float", 2.5))):
        expected = torch.result_type(torch.zeros(2, dtype=getattr(torch, a)), value)
        assert f"torch.{promote(a, kind)}" == str(expected), (a, kind)
        assert promote(kind, a) == promote(a, kind)
    assert promote("float32", "") == ""
    assert promote("int") == "int64"
