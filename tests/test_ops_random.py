"""Random arguments: an operation refuses what torch refuses, and else gives torch's shape (hypothesis draws)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from moniel2.dims import Shape
from moniel2.ops.catalog import names
from moniel2.ops.spec import Problem

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SIZE = st.integers(1, 7)
FEW = st.integers(1, 3)
BOUND = st.none() | st.integers(-7, 7)


def agrees(op: Any, x: Any, theirs: Callable[[], Any], stricter: bool = False) -> None:
    """Both refuse, or both give the same shape. ``stricter``: what torch lets pass may be refused."""
    try:
        ours = op.shape(Shape(*x.shape))
    except Problem:
        if not stricter:
            with contextlib.suppress(RuntimeError, ValueError, IndexError):
                assert theirs().numel() == 0, "a result of nothing is refused, too"
        return
    ours = ours[0] if isinstance(ours, tuple) and not isinstance(ours, Shape) else ours
    assert tuple(d.at({}) for d in ours) == tuple(theirs().shape)


def made(name: str, **arguments: Any) -> Any:
    return names()[name].make(**arguments)


@settings(deadline=None)
@given(
    st.lists(st.integers(-2, 4), min_size=2, max_size=6),
    st.sampled_from(["constant", "reflect", "replicate", "circular"]),
)
def test_pad(amounts: list[int], mode: str) -> None:
    x = torch.zeros(2, 3, 4, 5)
    op = made("Pad", amounts=tuple(amounts), mode=mode)
    # torch lets circular padding cut off and pads of other modes be negative in ways of their own.
    agrees(op, x, lambda: F.pad(x, amounts, mode), stricter=mode != "constant")


@settings(deadline=None)
@given(st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6, 12, 24]), min_size=1, max_size=4))
def test_reshape(sizes: list[int]) -> None:
    x = torch.zeros(2, 3, 4)
    agrees(made("Reshape", shape=tuple(sizes)), x, lambda: x.reshape(sizes))


@settings(deadline=None)
@given(BOUND, BOUND, st.integers(1, 3), st.integers(-3, 2))
def test_slice(start: int | None, stop: int | None, step: int, axis: int) -> None:
    x = torch.zeros(4, 5, 6)
    # Python cuts bounds that lie outside; here they are mistakes.
    op = made("Slice", start=start, stop=stop, step=step, axis=axis)
    agrees(op, x, lambda: x.movedim(axis, 0)[start:stop:step].movedim(0, axis), stricter=True)


@settings(deadline=None)
@given(st.integers(-4, 4), st.integers(-4, 4))
def test_flatten_and_transpose(a: int, b: int) -> None:
    x = torch.zeros(2, 3, 4)
    agrees(made("Flatten", start=a, end=b), x, lambda: x.flatten(a, b))
    agrees(made("Transpose", axis0=a, axis1=b), x, lambda: x.transpose(a, b))
    agrees(made("MoveAxis", source=a, destination=b), x, lambda: x.movedim(a, b))
    agrees(made("Unsqueeze", axis=a), x, lambda: x.unsqueeze(a))
    agrees(made("Select", index=a, axis=b), x, lambda: x.select(b, a))


@settings(deadline=None)
@given(st.floats(0.3, 3.0), SIZE, st.sampled_from(["nearest", "bilinear", "bicubic", "area", "nearest-exact"]))
def test_interpolate(factor: float, size: int, mode: str) -> None:
    x = torch.zeros(1, 2, size, 6)
    factor = round(factor, 2)
    agrees(made("Interpolate", scale=factor, mode=mode), x, lambda: F.interpolate(x, scale_factor=factor, mode=mode))
    agrees(made("Interpolate", size=size, mode=mode), x, lambda: F.interpolate(x, size, mode=mode))


@settings(deadline=None)
@given(FEW, FEW, FEW, st.integers(0, 2), SIZE, SIZE)
def test_unfold_and_fold(kernel: int, stride: int, dilation: int, padding: int, height: int, width: int) -> None:
    windows = {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
    x = torch.zeros(2, 3, height, width)
    agrees(made("Unfold", **windows), x, lambda: F.unfold(x, kernel, dilation, padding, stride))
    reach = dilation * (kernel - 1) + 1
    if min(height, width) + 2 * padding < reach:
        return
    columns = F.unfold(x, kernel, dilation, padding, stride)
    back = made("Fold", size=(height, width), **windows)
    agrees(back, columns, lambda: F.fold(columns, (height, width), kernel, dilation, padding, stride))
    more = torch.zeros(2, columns.shape[1], columns.shape[2] + 1)
    agrees(back, more, lambda: F.fold(more, (height, width), kernel, dilation, padding, stride))


PLANE = st.tuples(FEW, FEW)


@settings(deadline=None)
@given(PLANE, PLANE, PLANE, st.tuples(st.integers(0, 2), st.integers(0, 2)), st.booleans(), SIZE, SIZE)
def test_pools_over_a_plane(kernel: Any, stride: Any, dilation: Any, padding: Any, ceil: bool, h: int, w: int) -> None:
    x = torch.zeros(1, 2, h, w)
    windows = {"kernel": kernel, "stride": stride, "padding": padding, "ceil": ceil}
    pooled = made("MaxPool", dilation=dilation, **windows)
    agrees(pooled, x, lambda: F.max_pool2d(x, kernel, stride, padding, dilation, ceil))
    agrees(made("AvgPool", **windows), x, lambda: F.avg_pool2d(x, kernel, stride, padding, ceil))


@settings(deadline=None)
@given(PLANE, PLANE, PLANE, PLANE, st.sampled_from([1, 2, 3]), SIZE, SIZE)
def test_convolutions_over_a_plane(
    kernel: Any, stride: Any, dilation: Any, pad: Any, groups: int, h: int, w: int
) -> None:
    x = torch.zeros(1, 6, h, w)
    options = {"kernel": kernel, "stride": stride, "dilation": dilation, "groups": groups, "padding": pad}
    make = (6, 12, kernel, stride, pad)
    agrees(made("Conv", channels=12, **options), x, lambda: torch.nn.Conv2d(*make, dilation, groups)(x))
    extra = tuple(d - 1 for d in dilation)
    transposed = made("ConvTranspose", channels=12, output_padding=extra, **options)
    agrees(transposed, x, lambda: torch.nn.ConvTranspose2d(*make, extra, groups, True, dilation)(x))


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.lists(st.integers(0, 3), min_size=1, max_size=3))
def test_broadcasting(a: list[int], b: list[int]) -> None:
    x, y = torch.zeros(a), torch.zeros(b)
    op = made("Add")
    try:
        ours = op.shape(Shape(*a), Shape(*b))
    except Problem:
        with pytest.raises(RuntimeError):
            x + y
        return
    assert tuple(d.at({}) for d in ours) == tuple((x + y).shape)
