"""Pooling: one value for each window, each cell of a grid, or each channel."""

from __future__ import annotations

from typing import Any

from moniel2.dims import Dim, Shape, lower_bound, minimum
from moniel2.ops.check import agree
from moniel2.ops.code import Arg, Layer, Torch
from moniel2.ops.common import floating, no_macs, no_weights
from moniel2.ops.sizes import scaled
from moniel2.ops.space import (
    AXES,
    at_least,
    compact,
    per_axis,
    positive,
    ranked,
    refuse_tight,
    spatial,
    unlike,
)
from moniel2.ops.spec import Category, Op, Problem, Sizes, arg, op, sample

_KERNEL = ("kernel_size", "pool_size", "pool_shape")
_CEIL = ("ceil_mode",)


def _pooled(self: MaxPool | AvgPool | LPPool, x: Shape, padding: Sizes, dilation: Sizes, rank: int) -> Shape:
    """The shape after windows of ``kernel`` every ``stride``. Raises ``Problem``."""
    kernel = per_axis(self.kernel, rank, "kernel")
    stride = per_axis(self.stride or self.kernel, rank, "stride")
    sizes = []
    for size, k, s, p, d in zip(x[2:], kernel, stride, padding, dilation, strict=True):
        reach = d * (k - 1) + 1
        if (lower_bound(2 * p - k) or 0) > 0:
            message = f"has padding {p}: more than half of its kernel of {k}, so a window might see nothing else"
            raise Problem(message, "padding", f"padding = {k // 2} at most")
        room = size + 2 * p - reach
        refuse_tight(room + s - 1 if self.ceil else room, size, k, d, (p, p))
        count = room // s + 1
        if self.ceil:
            count = room.ceildiv(s) + 1
            # The last window may not start in the padding after the input.
            spare = lower_bound(reach - s - p)
            if spare is None or spare < 0:
                count = minimum(count, (size + p).ceildiv(s))
        sizes.append(count)
    return Shape(x[0], x[1], *sizes)


def _stride(self: MaxPool | AvgPool | LPPool, rank: int) -> dict[str, Any]:
    kernel = per_axis(self.kernel, rank, "kernel")
    stride = per_axis(self.stride or self.kernel, rank, "stride")
    return unlike(stride=(compact(stride), compact(kernel)))


@op(
    Category.POOLING,
    aliases=("MaxPooling",),
    presets=ranked("MaxPool{}d"),
    moniel="MaxPooling",
    label="MaxPool {kernel:x}[ /{stride}]",
    outputs=("out", "indices"),
    side_outputs=True,
    source="Yamaguchi et al., A Neural Network for Speaker-Independent Isolated Word Recognition, 1990",
    samples=[
        sample({"kernel": 2}, ("N", "C", "H", "W")),
        sample({"kernel": 3, "stride": 2, "padding": 1}, ("N", 4, "L")),
        sample({"kernel": 3, "stride": 2, "ceil": True}, ("N", 4, "H", "W")),
        sample({"kernel": 2, "stride": 4, "padding": 1, "ceil": True}, ("N", 4, "H", "W")),
        sample({"kernel": (2, 3, 1), "stride": 1, "dilation": 2}, ("N", 4, 3, "H", "W")),
    ],
)
class MaxPool(Op):
    """The greatest value of each window, and where it stood (``indices``, counted over space)."""

    kernel: Sizes = arg(doc="window size", aliases=_KERNEL)
    stride: Sizes | None = arg(None, doc="steps between windows; the kernel if not given", aliases=("strides",))
    padding: Sizes = arg(0, doc="on each side, never the greatest")
    dilation: Sizes = arg(1, doc="steps between the taps of a window")
    ceil: bool = arg(False, doc="keep a last window that reaches over the edge", aliases=_CEIL)
    rank: int | None = arg(None, doc="spatial axes; the input's if not given (MaxPool2d says 2)", keyword=True)

    def shape(self, x: Shape) -> tuple[Shape, Shape]:
        rank = spatial(x, self.rank)
        padding, dilation = per_axis(self.padding, rank, "padding", 0), per_axis(self.dilation, rank, "dilation")
        out = _pooled(self, x, padding, dilation, rank)
        return out, out

    def dtype(self, x: str) -> tuple[str, str]:
        return floating(self, x), "int64"

    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        rank = len(x) - 2
        kernel = compact(per_axis(self.kernel, rank, "kernel"))
        options = _stride(self, rank) | unlike(
            padding=(compact(self.padding), 0), dilation=(compact(self.dilation), 1), ceil_mode=(self.ceil, False)
        )
        plain = Layer(f"nn.MaxPool{rank}d", (kernel,), options)
        both = Layer(plain.target, plain.args, {**options, "return_indices": True}, pick=((0,), (1,)), main=plain)
        return both


@op(
    Category.POOLING,
    aliases=("AveragePool", "AveragePooling"),
    presets=ranked("AvgPool{}d"),
    moniel="AveragePooling",
    label="AvgPool {kernel:x}[ /{stride}]",
    source="LeCun et al., Handwritten Digit Recognition with a Back-Propagation Network, 1989",
    samples=[
        sample({"kernel": 2}, ("N", "C", "H", "W")),
        sample({"kernel": 3, "stride": 2, "padding": 1, "count_include_pad": False}, ("N", 4, "L")),
        sample({"kernel": 3, "stride": 2, "ceil": True, "divisor": 5}, ("N", 4, "H", "W")),
        sample({"kernel": (2, 3, 1), "stride": 1}, ("N", 4, 3, "H", "W")),
    ],
)
class AvgPool(Op):
    """The mean of each window."""

    kernel: Sizes = arg(doc="window size", aliases=_KERNEL)
    stride: Sizes | None = arg(None, doc="steps between windows; the kernel if not given", aliases=("strides",))
    padding: Sizes = arg(0, doc="zeros on each side")
    ceil: bool = arg(False, doc="keep a last window that reaches over the edge", aliases=_CEIL)
    count_include_pad: bool = arg(True, doc="padding counts as values of a window", aliases=("include_pad",))
    divisor: Dim | None = arg(None, doc="divide by this instead of the window's size", aliases=("divisor_override",))
    rank: int | None = arg(None, doc="spatial axes; the input's if not given", keyword=True)

    def shape(self, x: Shape) -> Shape:
        rank = spatial(x, self.rank)
        if self.divisor is not None:
            positive(self.divisor, "divisor")
            if rank == 1:
                raise Problem("takes no divisor over a single spatial axis", "divisor")
        return _pooled(self, x, per_axis(self.padding, rank, "padding", 0), (Dim.of(1),) * rank, rank)

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        rank = len(x) - 2
        options = _stride(self, rank) | unlike(
            padding=(compact(self.padding), 0),
            ceil_mode=(self.ceil, False),
            count_include_pad=(self.count_include_pad, True),
            divisor_override=(self.divisor, None),
        )
        return Layer(f"nn.AvgPool{rank}d", (compact(per_axis(self.kernel, rank, "kernel")),), options)


@op(
    Category.POOLING,
    presets=ranked("LPPool{}d"),
    label="LPPool {kernel:x}[ /{stride}]",
    source="Sermanet et al., Convolutional Neural Networks Applied to House Numbers Digit Classification, 2012",
    samples=[
        sample({"norm": 2, "kernel": 2}, ("N", "C", "H", "W")),
        sample({"norm": 1.5, "kernel": 3, "stride": 2, "ceil": True}, ("N", 4, "L")),
        sample({"norm": 1, "kernel": (2, 3, 1), "stride": 1}, ("N", 4, 3, "H", "W")),
    ],
)
class LPPool(Op):
    """The root of the sum of powers of each window."""

    norm: float = arg(doc="the power: 1 sums, infinity would take the greatest", aliases=("norm_type", "p"))
    kernel: Sizes = arg(doc="window size", aliases=_KERNEL)
    stride: Sizes | None = arg(None, doc="steps between windows; the kernel if not given", aliases=("strides",))
    ceil: bool = arg(False, doc="keep a last window that reaches over the edge", aliases=_CEIL)
    rank: int | None = arg(None, doc="spatial axes; the input's if not given", keyword=True)

    def shape(self, x: Shape) -> Shape:
        rank = spatial(x, self.rank)
        return _pooled(self, x, (Dim.of(0),) * rank, (Dim.of(1),) * rank, rank)

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        rank = len(x) - 2
        options = _stride(self, rank) | unlike(ceil_mode=(self.ceil, False))
        return Layer(f"nn.LPPool{rank}d", (self.norm, compact(per_axis(self.kernel, rank, "kernel"))), options)


@op(
    Category.POOLING,
    presets=ranked("FractionalMaxPool{}d", ranks=(2, 3)),
    label="FractionalMaxPool {kernel:x}[ → {size:x}][ × {ratio}]",
    outputs=("out", "indices"),
    side_outputs=True,
    random=True,
    source="Graham, Fractional Max-Pooling, 2014",
    samples=[
        sample({"kernel": 2, "size": (5, 4)}, ("N", "C", "H", "W")),
        sample({"kernel": 2, "ratio": 0.5}, ("N", 4, 12, 9)),
        sample({"kernel": 2, "size": 2}, ("N", 4, 4, "H", "W")),
    ],
)
class FractionalMaxPool(Op):
    """The greatest value of windows whose steps are drawn so that the result has the size asked for."""

    kernel: Sizes = arg(doc="window size", aliases=("kernel_size",))
    size: Sizes | None = arg(None, doc="spatial sizes of the result", aliases=("output_size",))
    ratio: float | None = arg(None, doc="or the result's sizes as a part of the input's", aliases=("output_ratio",))
    rank: int | None = arg(None, doc="spatial axes; the input's if not given", keyword=True)

    def missing(self) -> tuple[str, ...]:
        return ("size",) if self.size is None and self.ratio is None else ()

    def shape(self, x: Shape) -> tuple[Shape, Shape]:
        rank = spatial(x, self.rank, (2, 3))
        kernel = per_axis(self.kernel, rank, "kernel")
        if (self.size is None) == (self.ratio is None):
            raise Problem("takes either a size or a ratio", "ratio" if self.size else "size")
        if self.ratio is not None and not 0 < self.ratio < 1:
            raise Problem(f"ratio must be between 0 and 1, got {self.ratio}", "ratio", rule="wrong-argument")
        sizes = []
        wanted = (
            per_axis(self.size, rank, "size")
            if self.size is not None
            else [positive(scaled(n, self.ratio), "ratio") for n in x[2:]]
        )
        for before, k, after in zip(x[2:], kernel, wanted, strict=True):
            spare = 1 if rank == 3 else 0  # torch wants one place more over three axes
            if (lower_bound(after + k - 1 + spare - before) or 0) > 0:
                raise Problem(f"cannot place {after} windows of {k} on {before}", "kernel", "a smaller kernel or size")
            sizes.append(after)
        out = Shape(x[0], x[1], *sizes)
        return out, out

    def dtype(self, x: str) -> tuple[str, str]:
        return floating(self, x), "int64"

    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        rank = len(x) - 2
        options: dict[str, Any] = {}
        if self.size is not None:
            options["output_size"] = compact(self.size)
        else:
            options["output_ratio"] = self.ratio
        plain = Layer(f"nn.FractionalMaxPool{rank}d", (compact(per_axis(self.kernel, rank, "kernel")),), options)
        return Layer(plain.target, plain.args, {**options, "return_indices": True}, pick=((0,), (1,)), main=plain)


@op(
    Category.POOLING,
    aliases=("AdaptiveAveragePooling", "AdaptiveAveragePool"),
    presets=ranked("AdaptiveAvgPool{}d"),
    moniel="AdaptiveAveragePooling",
    label="AdaptiveAvgPool {size:x}",
    source="He et al., Spatial Pyramid Pooling in Deep Convolutional Networks, 2014",
    samples=[
        sample({"size": (3, 2)}, ("N", "C", "H", "W")),
        sample({"size": "S"}, ("N", 4, "L")),
        sample({"size": 2}, ("N", 4, 3, "H", "W")),
    ],
)
class AdaptiveAvgPool(Op):
    """The mean of each cell of a grid of ``size`` laid over space."""

    size: Sizes = arg(doc="spatial sizes of the result", aliases=("output_size",))
    rank: int | None = arg(None, doc="spatial axes; the input's if not given", keyword=True)

    def shape(self, x: Shape) -> Shape:
        rank = spatial(x, self.rank)
        return Shape(x[0], x[1], *per_axis(self.size, rank, "size"))

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        return Layer(f"nn.AdaptiveAvgPool{len(x) - 2}d", (compact(self.size),))


@op(
    Category.POOLING,
    aliases=("AdaptiveMaxPooling",),
    presets=ranked("AdaptiveMaxPool{}d"),
    moniel="AdaptiveMaxPooling",
    label="AdaptiveMaxPool {size:x}",
    outputs=("out", "indices"),
    side_outputs=True,
    source="He et al., Spatial Pyramid Pooling in Deep Convolutional Networks, 2014",
    samples=[
        sample({"size": (3, 2)}, ("N", "C", "H", "W")),
        sample({"size": "S"}, ("N", 4, "L")),
        sample({"size": 2}, ("N", 4, 3, "H", "W")),
    ],
)
class AdaptiveMaxPool(Op):
    """The greatest value of each cell of a grid of ``size`` laid over space, and where it stood."""

    size: Sizes = arg(doc="spatial sizes of the result", aliases=("output_size",))
    rank: int | None = arg(None, doc="spatial axes; the input's if not given", keyword=True)

    def shape(self, x: Shape) -> tuple[Shape, Shape]:
        rank = spatial(x, self.rank)
        out = Shape(x[0], x[1], *per_axis(self.size, rank, "size"))
        return out, out

    def dtype(self, x: str) -> tuple[str, str]:
        return floating(self, x), "int64"

    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        plain = Layer(f"nn.AdaptiveMaxPool{len(x) - 2}d", (compact(self.size),))
        return Layer(plain.target, plain.args, {"return_indices": True}, pick=((0,), (1,)), main=plain)


@op(
    Category.POOLING,
    aliases=("GlobalAveragePool", "GlobalAveragePooling", "GAP"),
    label="GlobalAvgPool",
    source="Lin et al., Network In Network, 2013",
    samples=[sample({}, ("N", "C", "H", "W")), sample({}, ("N", 4, "L")), sample({}, ("N", 4, 3, "H", "W"))],
)
class GlobalAvgPool(Op):
    """The mean of each channel. Space stays, of size 1: ``[N, C, H, W]`` becomes ``[N, C, 1, 1]``."""

    def shape(self, x: Shape) -> Shape:
        return Shape(x[0], x[1], *([1] * spatial(x, None)))

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        return Layer(f"nn.AdaptiveAvgPool{len(x) - 2}d", (1,))


@op(
    Category.POOLING,
    aliases=("GlobalMaxPooling", "GMP"),
    label="GlobalMaxPool",
    samples=[sample({}, ("N", "C", "H", "W")), sample({}, ("N", 4, "L")), sample({}, ("N", 4, 3, "H", "W"))],
)
class GlobalMaxPool(Op):
    """The greatest value of each channel. Space stays, of size 1: ``[N, C, H, W]`` becomes ``[N, C, 1, 1]``."""

    def shape(self, x: Shape) -> Shape:
        return Shape(x[0], x[1], *([1] * spatial(x, None)))

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        return Layer(f"nn.AdaptiveMaxPool{len(x) - 2}d", (1,))


@op(
    Category.POOLING,
    aliases=("MaxUnpooling",),
    presets=ranked("MaxUnpool{}d"),
    moniel="MaxUnpooling",
    label="MaxUnpool {kernel:x}[ ×{stride}]",
    source="Zeiler et al., Adaptive Deconvolutional Networks, 2011",
    samples=[
        sample({"kernel": 2}, ("N", 4, "H", "W"), ("N", 4, "H", "W"), dtypes=("float32", "int64")),
        sample({"kernel": 3, "stride": 2, "padding": 1}, ("N", 4, "L"), ("N", 4, "L"), dtypes=("float32", "int64")),
        sample({"kernel": 2, "size": (5, 6, 7)}, ("N", 4, 2, 3, 3), ("N", 4, 2, 3, 3), dtypes=("float32", "int64")),
    ],
)
class MaxUnpool(Op):
    """Puts values back where a max pooling found them (``indices``), zeros elsewhere."""

    kernel: Sizes = arg(doc="window size of the pooling", aliases=("kernel_size", "pool_size"))
    stride: Sizes | None = arg(None, doc="steps between windows; the kernel if not given", aliases=("strides",))
    padding: Sizes = arg(0, doc="the pooling's")
    size: Sizes | None = arg(
        None, doc="spatial sizes of the result, where the pooling left some out", aliases=("output_size",)
    )
    rank: int | None = arg(None, doc="spatial axes; the input's if not given", keyword=True)

    def shape(self, x: Shape, indices: Shape) -> Shape:
        rank = spatial(x, self.rank)
        message = f"needs an index for each value, got {indices} for {x}"
        if len(indices) != len(x):
            raise Problem(message, "indices")
        same = [agree(m, n, message, "indices") for m, n in zip(x, indices, strict=True)]
        kernel = per_axis(self.kernel, rank, "kernel")
        stride = per_axis(self.stride or self.kernel, rank, "stride")
        padding = per_axis(self.padding, rank, "padding", 0)
        sizes = [(n - 1) * s - 2 * p + k for n, k, s, p in zip(same[2:], kernel, stride, padding, strict=True)]
        if self.size is None:
            return Shape(*same[:2], *(at_least(n, 1, "padding") for n in sizes))
        wanted = per_axis(self.size, rank, "size")
        for usual, s, n in zip(sizes, stride, wanted, strict=True):
            off = (n - usual).constant
            if off is not None and s.constant is not None and abs(off) >= s.constant:
                message = f"a pooling with this kernel and stride turns {n} into another size ({AXES[rank]})"
                raise Problem(message, "size", f"between {usual - s + 1} and {usual + s - 1}")
        return Shape(*same[:2], *wanted)

    def dtype(self, x: str, indices: str) -> str:
        if indices and indices != "int64":
            raise Problem(f"needs indices in int64, got {indices}", "indices", rule="dtype-mismatch")
        return floating(self, x)

    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape, indices: Shape) -> Torch:
        rank = len(x) - 2
        kernel = per_axis(self.kernel, rank, "kernel")
        stride = per_axis(self.stride or self.kernel, rank, "stride")
        options = unlike(stride=(compact(stride), compact(kernel)), padding=(compact(self.padding), 0))
        size: dict[str, Any] = {}
        if self.size is not None:
            size["output_size"] = per_axis(self.size, rank, "size")
        return Layer(
            f"nn.MaxUnpool{rank}d", (compact(kernel),), options, call=(Arg("x"), Arg("indices")), call_kwargs=size
        )
