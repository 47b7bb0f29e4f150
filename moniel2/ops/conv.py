"""Convolutions over 1, 2 or 3 spatial axes, their transposes, and windows as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.check import agree, claimed, exactly
from moniel2.ops.code import Arg, Call, Layer, Torch
from moniel2.ops.common import floating, no_macs, no_weights
from moniel2.ops.reparametrize import norm_argument, reparametrized, reparametrized_weights
from moniel2.ops.space import (
    Pads,
    compact,
    divisors_near,
    padding_of,
    per_axis,
    positive,
    ranked,
    spatial,
    unlike,
    windows,
)
from moniel2.ops.spec import Category, Op, Padding, Problem, Sizes, Weight, Weights, arg, op, sample

_PAD_MODES = ("zeros", "reflect", "replicate", "circular")


@op(
    Category.CONVOLUTION,
    aliases=("Convolution",),
    presets=ranked("Conv{}d", "LazyConv{}d"),
    moniel="Convolution",
    label="Conv {kernel:x}, {channels}[, /{stride}]",
    source="LeCun et al., Handwritten Digit Recognition with a Back-Propagation Network, 1989",
    samples=[
        sample({"channels": 6, "kernel": 3}, ("N", 4, "H", "W")),
        sample({"channels": 6, "kernel": 5, "stride": 2, "padding": 1}, ("N", 4, "L")),
        sample({"channels": 6, "kernel": (1, 2, 3), "padding": (0, 1, 2), "bias": False}, ("N", 4, 3, "H", "W")),
        sample({"channels": 8, "kernel": 3, "groups": 4, "dilation": 2, "padding": "same"}, ("N", 4, "H", "W")),
        sample({"channels": 6, "kernel": (4, 3), "stride": 2, "padding": "same"}, ("N", 4, "H", "W")),
        sample({"channels": 6, "kernel": 4, "padding": "same", "padding_mode": "reflect"}, ("N", 4, "H", "W")),
        sample({"channels": 6, "kernel": 3, "dilation": 4, "padding": "causal"}, ("N", 4, "L")),
        sample(
            {"channels": 6, "kernel": 3, "padding": ((0, 1), (2, 1)), "padding_mode": "circular"}, ("N", 4, "H", "W")
        ),
        sample({"channels": "C", "kernel": "K", "stride": "S", "padding": "same"}, ("N", "D", "H", "W")),
        sample({"kernel": (6, 3, 2)}, ("N", 4, "H", "W")),
        sample({"channels": 6, "kernel": 3, "groups": 2, "norm": "weight"}, ("N", 4, "H", "W")),
        sample({"channels": 6, "kernel": 3, "norm": "spectral", "bias": False}, ("N", 4, "L")),
    ],
)
class Conv(Op):
    """Slides ``channels`` kernels over 1, 2 or 3 spatial axes, as many as the input has.

    ``[N, C, …, S, …]`` becomes ``[N, channels, …, floor((S + padding - dilation*(kernel - 1) - 1)/stride) + 1, …]``.
    """

    channels: Dim | None = arg(None, doc="output channels", aliases=("out_channels", "filters"))
    kernel: Sizes = arg(
        doc="window size; with the filters before it, 64x3x3, it gives the channels", aliases=("kernel_size",)
    )
    stride: Sizes = arg(1, doc="steps between windows", aliases=("strides",))
    padding: Padding = arg(
        0,
        doc="zeros around the input: sizes, (before, after) pairs, or a word",
        choices=("same", "causal", "valid"),
        kind="padding",
    )
    dilation: Sizes = arg(1, doc="steps between the taps of a window", aliases=("rate", "dilations"))
    groups: Dim = arg(1, doc="channels are split into this many independent convolutions")
    bias: bool = arg(True, doc="add a learned offset per channel", aliases=("use_bias",))
    padding_mode: str = arg("zeros", doc="what the padding holds", choices=_PAD_MODES)
    norm: str = norm_argument()
    in_channels: Dim | None = arg(None, doc="checked against the input's channels", keyword=True)
    rank: int | None = arg(None, doc="spatial axes; the input's if not given (Conv2d says 2)", keyword=True)

    @classmethod
    def told_by(cls, weight: Shape, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"channels": weight[0], "kernel": tuple(weight[2:])} if len(weight) > 2 else {}

    def settle(self) -> dict[str, Any]:
        if self.channels is None and len(self.kernel) == (self.rank or 2) + 1:
            return {"channels": self.kernel[0], "kernel": self.kernel[1:]}
        return {}

    def missing(self) -> tuple[str, ...]:
        return ("channels",) if self.channels is None else ()

    def shape(self, x: Shape) -> Shape:
        rank = spatial(x, self.rank)
        kernel, stride, dilation = self._windows(rank)
        pads = padding_of(self.padding, kernel, dilation)
        claimed(x[1], self.in_channels, "input channels", "in_channels")
        _split(x[1], self._channels, self.groups)
        try:
            sizes = tuple(map(windows, x[2:], kernel, stride, dilation, pads))
        except Problem as problem:
            raise self._in_torch_order(x, problem) from None
        return Shape(x[0], self._channels, *sizes)

    def _in_torch_order(self, x: Shape, problem: Problem) -> Problem:
        """Says how PyTorch's ``Conv2d(64, 128, 3)`` is written here, if it looks as if that was meant."""
        single = len(self.kernel) == 1 and len(self.stride) == 1
        # Where PyTorch has the output's channels stands the kernel here: no kernel is that wide.
        if self._channels == x[1] and single and (self.kernel[0].constant or 0) >= 8:
            here = f"Conv({self.kernel[0]}, {self.stride[0]})"
            problem.help = f"PyTorch's Conv{len(x) - 2}d({x[1]}, {self.kernel[0]}, {self.stride[0]}) is {here} here"
        return problem

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        kernel, _, _ = self._windows(len(x) - 2)
        per_group, _ = _split(x[1], self._channels, self.groups)
        weights = {"weight": Weight(Shape(self._channels, per_group, *kernel))}
        if self.bias:
            weights["bias"] = Weight(Shape(self._channels))
        return reparametrized_weights(weights, self.norm)

    def macs(self, x: Shape) -> Dim:
        kernel, _, _ = self._windows(len(x) - 2)
        per_group, _ = _split(x[1], self._channels, self.groups)
        return self.shape(x).size * per_group * Shape(*kernel).size

    def torch(self, x: Shape) -> Torch:
        rank = len(x) - 2
        kernel, stride, dilation = self._windows(rank)
        pads = padding_of(self.padding, kernel, dilation)
        source: Any = Arg("x")
        padding: Any = 0
        mode = self.padding_mode
        if all(before == after for before, after in pads):
            padding = compact(tuple(before for before, _ in pads))
        elif self.padding == "same" and all(s == 1 for s in stride):
            padding = "same"
        else:
            source, mode = _padded(source, pads, mode), "zeros"
        window = unlike(stride=(compact(stride), 1), padding=(padding, 0), dilation=(compact(dilation), 1))
        more = unlike(groups=(self.groups, 1), bias=(self.bias, True), padding_mode=(mode, "zeros"))
        functional = self._functional(source, rank, mode, pads, {**window, **unlike(groups=(self.groups, 1))})
        layer = Layer(
            f"nn.Conv{rank}d",
            (x[1], self._channels, compact(kernel)),
            {**window, **more},
            call=None if source == Arg("x") else (source,),
            functional=functional,
        )
        return reparametrized(layer, self.norm)

    def _functional(self, source: Any, rank: int, mode: str, pads: Pads, options: dict[str, Any]) -> Call:
        if mode != "zeros":
            source = _padded(source, pads, mode)
            options.pop("padding", None)
        bias = Arg("bias") if self.bias else None
        return Call(f"F.conv{rank}d", (source, Arg("weight"), bias), options)

    @property
    def _channels(self) -> Dim:
        if self.channels is None:
            raise Problem("needs its number of output channels", "channels", rule="missing-argument")
        return positive(self.channels, "channels")

    def _windows(self, rank: int) -> tuple[Sizes, Sizes, Sizes]:
        return (
            per_axis(self.kernel, rank, "kernel"),
            per_axis(self.stride, rank, "stride"),
            per_axis(self.dilation, rank, "dilation"),
        )


def _split(channels: Dim, filters: Dim, groups: Dim) -> tuple[Dim, Dim]:
    """Input and output channels of one group."""
    positive(groups, "groups")
    inside = exactly(
        channels,
        groups,
        f"cannot split {channels} input channels into {groups} groups",
        "groups",
        divisors_near(channels, groups, "groups", filters),
    )
    outside = exactly(
        filters,
        groups,
        f"cannot split {filters} output channels into {groups} groups",
        "groups",
        divisors_near(channels, groups, "groups", filters),
    )
    return inside, outside


def _padded(source: Any, pads: Pads, mode: str) -> Call:
    # F.pad wants the last axis first.
    flat = tuple(size for pair in reversed(pads) for size in pair)
    return Call("F.pad", (source, flat), unlike(mode=("constant" if mode == "zeros" else mode, "constant")))


@op(
    Category.CONVOLUTION,
    aliases=("Deconvolution", "Deconv", "TransposedConv", "Conv2DTranspose"),
    presets=ranked("ConvTranspose{}d", "LazyConvTranspose{}d"),
    moniel="Deconvolution",
    label="ConvTranspose {kernel:x}, {channels}[, ×{stride}]",
    source="Zeiler et al., Deconvolutional Networks, 2010",
    samples=[
        sample({"channels": 6, "kernel": 2, "stride": 2}, ("N", 4, "H", "W")),
        sample({"channels": 6, "kernel": 4, "stride": 2, "padding": 1, "bias": False}, ("N", 4, "L")),
        sample(
            {"channels": 6, "kernel": 3, "stride": (2, 3), "padding": 1, "output_padding": 1, "groups": 2},
            ("N", 4, "H", "W"),
        ),
        sample({"channels": 6, "kernel": (2, 3, 1), "dilation": 2}, ("N", 4, 3, "H", "W")),
        sample({"kernel": (6, 3, 2)}, ("N", 4, "H", "W")),
        sample({"channels": 6, "kernel": 3, "norm": "weight"}, ("N", 4, "L")),
        sample({"channels": 6, "kernel": 3, "norm": "spectral", "groups": 2}, ("N", 4, "H", "W")),
    ],
)
class ConvTranspose(Op):
    """The transpose of a convolution, which makes space larger.

    ``[N, C, …, S, …]`` becomes
    ``[N, channels, …, (S - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1, …]``.
    """

    channels: Dim | None = arg(None, doc="output channels", aliases=("out_channels", "filters"))
    kernel: Sizes = arg(
        doc="window size; with the filters before it, 64x3x3, it gives the channels", aliases=("kernel_size",)
    )
    stride: Sizes = arg(1, doc="the factor by which space grows", aliases=("strides",))
    padding: Sizes = arg(0, doc="cut from each side of the result")
    output_padding: Sizes = arg(0, doc="added to one side of the result")
    groups: Dim = arg(1, doc="channels are split into this many independent convolutions")
    bias: bool = arg(True, doc="add a learned offset per channel", aliases=("use_bias",))
    dilation: Sizes = arg(1, doc="steps between the taps of a window", aliases=("rate", "dilations"))
    norm: str = norm_argument()
    in_channels: Dim | None = arg(None, doc="checked against the input's channels", keyword=True)
    rank: int | None = arg(None, doc="spatial axes; the input's if not given", keyword=True)

    @classmethod
    def told_by(cls, weight: Shape, given: Mapping[str, Any]) -> dict[str, Any]:
        groups = given.get("groups", 1)
        if len(weight) < 3 or not isinstance(groups, (int, Dim)):
            return {}
        return {"channels": weight[1] * groups, "kernel": tuple(weight[2:])}

    settle = Conv.settle
    missing = Conv.missing

    def shape(self, x: Shape) -> Shape:
        rank = spatial(x, self.rank)
        kernel, stride, padding, extra, dilation = self._windows(rank)
        claimed(x[1], self.in_channels, "input channels", "in_channels")
        _split(x[1], self._channels, self.groups)
        sizes = []
        for size, k, s, p, o, d in zip(x[2:], kernel, stride, padding, extra, dilation, strict=True):
            limit = max(s.constant or 0, d.constant or 0)
            if o.constant is not None and s.constant and d.constant and o.constant >= limit:
                message = f"output_padding {o} must be smaller than the stride ({s}) or the dilation ({d})"
                raise Problem(message, "output_padding", f"output_padding = {limit - 1} at most")
            made = (size - 1) * s - 2 * p + d * (k - 1) + o + 1
            if made.constant is not None and made.constant < 1:
                raise Problem(f"cuts {2 * p} from {made + 2 * p}: nothing is left", "padding", "less padding")
            sizes.append(made)
        return Shape(x[0], self._channels, *sizes)

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        kernel = self._windows(len(x) - 2)[0]
        _, per_group = _split(x[1], self._channels, self.groups)
        weights = {"weight": Weight(Shape(x[1], per_group, *kernel))}
        if self.bias:
            weights["bias"] = Weight(Shape(self._channels))
        return reparametrized_weights(weights, self.norm, rows=1)

    def macs(self, x: Shape) -> Dim:
        kernel = self._windows(len(x) - 2)[0]
        _, per_group = _split(x[1], self._channels, self.groups)
        return x.size * per_group * Shape(*kernel).size

    def torch(self, x: Shape) -> Torch:
        rank = len(x) - 2
        kernel, stride, padding, extra, dilation = self._windows(rank)
        options = unlike(
            stride=(compact(stride), 1),
            padding=(compact(padding), 0),
            output_padding=(compact(extra), 0),
            groups=(self.groups, 1),
            dilation=(compact(dilation), 1),
        )
        bias = Arg("bias") if self.bias else None
        layer = Layer(
            f"nn.ConvTranspose{rank}d",
            (x[1], self._channels, compact(kernel)),
            {**options, **unlike(bias=(self.bias, True))},
            functional=Call(f"F.conv_transpose{rank}d", (Arg("x"), Arg("weight"), bias), options),
        )
        return reparametrized(layer, self.norm)

    @property
    def _channels(self) -> Dim:
        if self.channels is None:
            raise Problem("needs its number of output channels", "channels", rule="missing-argument")
        return positive(self.channels, "channels")

    def _windows(self, rank: int) -> tuple[Sizes, Sizes, Sizes, Sizes, Sizes]:
        return (
            per_axis(self.kernel, rank, "kernel"),
            per_axis(self.stride, rank, "stride"),
            per_axis(self.padding, rank, "padding", 0),
            per_axis(self.output_padding, rank, "output_padding", 0),
            per_axis(self.dilation, rank, "dilation"),
        )


@op(
    Category.CONVOLUTION,
    aliases=("Im2Col",),
    label="Unfold {kernel:x}[, /{stride}]",
    samples=[
        sample({"kernel": 3}, ("N", 4, "H", "W")),
        sample({"kernel": (2, 3), "dilation": 2, "padding": 1, "stride": 2}, ("N", 4, "H", "W")),
    ],
)
class Unfold(Op):
    """Every window of an image as a column: ``[N, C, H, W]`` becomes ``[N, C*kernel*kernel, windows]``."""

    kernel: Sizes = arg(doc="window size", aliases=("kernel_size",))
    dilation: Sizes = arg(1, doc="steps between the taps of a window")
    padding: Sizes = arg(0, doc="zeros on each side")
    stride: Sizes = arg(1, doc="steps between windows", aliases=("strides",))

    def shape(self, x: Shape) -> Shape:
        spatial(x, 2)
        kernel, count = _columns(self, x[2:])
        return Shape(x[0], x[1] * Shape(*kernel).size, count)

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Unfold", (compact(per_axis(self.kernel, 2, "kernel")),), _column_options(self))


@op(
    Category.CONVOLUTION,
    aliases=("Col2Im",),
    label="Fold {kernel:x} → {size:x}",
    samples=[
        sample({"size": (5, 6), "kernel": 3}, ("N", 36, 12)),
        sample({"size": (8, 9), "kernel": 2, "padding": 1, "stride": 2, "dilation": 2}, ("N", 12, 20)),
        sample({"size": ("H", "W"), "kernel": 1}, ("N", 5, Dim.of("H") * "W")),
    ],
)
class Fold(Op):
    """Adds columns of windows up to an image: ``[N, C*kernel*kernel, windows]`` becomes ``[N, C, *size]``."""

    size: Sizes = arg(doc="height and width of the result", aliases=("output_size", "out_size"))
    kernel: Sizes = arg(doc="window size", aliases=("kernel_size",))
    dilation: Sizes = arg(1, doc="steps between the taps of a window")
    padding: Sizes = arg(0, doc="cut from each side of the result")
    stride: Sizes = arg(1, doc="steps between windows", aliases=("strides",))

    def shape(self, x: Shape) -> Shape:
        if len(x) != 3:
            raise Problem(f"needs [batch, channels*kernel, windows], got {x}", "x")
        size = per_axis(self.size, 2, "size")
        kernel, count = _columns(self, size)
        message = f"{Shape(*size)} has {count} windows, got {x[2]} columns"
        agree(x[2], count, message, "x")
        area = Shape(*kernel).size
        channels = exactly(x[1], area, f"each column of {x[1]} must hold whole windows of {area}", "kernel")
        return Shape(x[0], channels, *size)

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        size, kernel = per_axis(self.size, 2, "size"), per_axis(self.kernel, 2, "kernel")
        return Layer("nn.Fold", (size, compact(kernel)), _column_options(self))


def _columns(self: Unfold | Fold, space: tuple[Dim, ...]) -> tuple[Sizes, Dim]:
    """The window and how many of them there are."""
    kernel = per_axis(self.kernel, 2, "kernel")
    stride, dilation = per_axis(self.stride, 2, "stride"), per_axis(self.dilation, 2, "dilation")
    pads = tuple((p, p) for p in per_axis(self.padding, 2, "padding", 0))
    return kernel, Shape(*map(windows, space, kernel, stride, dilation, pads)).size


def _column_options(self: Unfold | Fold) -> dict[str, Any]:
    return unlike(
        dilation=(compact(self.dilation), 1),
        padding=(compact(self.padding), 0),
        stride=(compact(self.stride), 1),
    )
