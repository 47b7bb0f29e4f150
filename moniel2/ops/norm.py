"""Normalizations. Over channels means axis 1; ``LayerNorm`` and ``RMSNorm`` take the last axes."""

from __future__ import annotations

from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.check import agree, exactly
from moniel2.ops.code import Arg, Call, Layer, Torch
from moniel2.ops.common import axis_of, floating, no_macs, no_weights, same_shape
from moniel2.ops.space import divisors_near, positive, ranked, unlike
from moniel2.ops.spec import Axis, Category, Op, Problem, Sizes, Weight, Weights, arg, op, sample


def _channels(x: Shape, claimed: Dim | None, low: int, high: int | None, rank: int | None = None) -> Dim:
    """The size of axis 1. Raises ``Problem`` for a wrong rank or channels other than claimed."""
    if rank is not None:
        allowed = (2, 3) if rank == 1 else (rank + 2,)
        if len(x) not in allowed:
            raise Problem(f"needs {' or '.join(map(str, allowed))} dimensions, got {x}", "x")
    elif len(x) < low or (high is not None and len(x) > high):
        wanted = f"{low} to {high}" if high else f"at least {low}"
        raise Problem(f"needs {wanted} dimensions (batch, channels, …), got {x}", "x")
    if claimed is None:
        return x[1]
    return agree(x[1], claimed, f"is for {claimed} channels, got {x[1]} in {x}", "channels")


def _running(channels: Dim, affine: bool, bias: bool, track: bool) -> Weights:
    names = ("weight", "bias") if bias else ("weight",)
    weights = {name: Weight(Shape(channels)) for name in names if affine}
    if track:
        weights["running_mean"] = Weight(Shape(channels), trainable=False, buffer=True)
        weights["running_var"] = Weight(Shape(channels), trainable=False, buffer=True)
        weights["num_batches_tracked"] = Weight(Shape(), trainable=False, buffer=True, dtype="int64")
    return weights


@op(
    Category.NORMALIZATION,
    aliases=("BN", "SyncBatchNorm"),
    presets=ranked("BatchNorm{}d", "LazyBatchNorm{}d"),
    moniel="BatchNormalization",
    label="BatchNorm",
    source="Ioffe and Szegedy, Batch Normalization, 2015",
    samples=[
        sample({}, ("N", "C", "H", "W")),
        sample({"channels": 4, "eps": 1e-3}, ("N", 4)),
        sample({"momentum": 0.01, "affine": False}, ("N", 4, "L")),
        sample({"track": False}, ("N", 4, 2, "H", "W")),
        sample({"bias": False, "momentum": None}, ("N", 4, "H", "W")),
    ],
)
class BatchNorm(Op):
    """Each channel (axis 1) to mean 0 and variance 1 over the batch and space, then a learned scale and offset."""

    channels: Dim | None = arg(None, doc="checked against the input's channels", aliases=("num_features",))
    eps: float = arg(1e-5, doc="added to the variance", aliases=("epsilon",))
    momentum: float | None = arg(0.1, doc="weight of the new batch in the running mean; none: their plain mean")
    affine: bool = arg(True, doc="learn a scale and an offset")
    track: bool = arg(True, doc="keep running statistics for evaluation", aliases=("track_running_stats",))
    bias: bool = arg(True, doc="learn the offset too", keyword=True)
    rank: int | None = arg(None, doc="spatial axes; the input's if not given (BatchNorm2d says 2)", keyword=True)

    def shape(self, x: Shape) -> Shape:
        channels = _channels(x, self.channels, 2, 5, self.rank)
        return Shape(x[0], channels, *x[2:])

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        return _running(x[1], self.affine, self.bias, self.track)

    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        rank = max(len(x) - 2, 1)
        return Layer(
            f"nn.BatchNorm{rank}d",
            (x[1],),
            unlike(
                eps=(self.eps, 1e-5),
                momentum=(self.momentum, 0.1),
                affine=(self.affine, True),
                track_running_stats=(self.track, True),
                bias=(self.bias, True),
            ),
        )


@op(
    Category.NORMALIZATION,
    presets=ranked("InstanceNorm{}d", "LazyInstanceNorm{}d"),
    label="InstanceNorm",
    source="Ulyanov et al., Instance Normalization, 2016",
    samples=[
        sample({}, ("N", "C", "H", "W")),
        sample({"affine": True, "eps": 1e-3}, ("N", 4, "L")),
        sample({"track": True, "affine": True, "momentum": 0.2}, ("N", 4, 2, "H", "W")),
        sample({"affine": True, "bias": False}, ("N", 4, "L")),
    ],
)
class InstanceNorm(Op):
    """Each channel of each example to mean 0 and variance 1 over space."""

    channels: Dim | None = arg(None, doc="checked against the input's channels", aliases=("num_features",))
    eps: float = arg(1e-5, doc="added to the variance", aliases=("epsilon",))
    momentum: float | None = arg(0.1, doc="weight of the new batch in the running mean")
    affine: bool = arg(False, doc="learn a scale and an offset")
    track: bool = arg(False, doc="keep running statistics for evaluation", aliases=("track_running_stats",))
    bias: bool = arg(True, doc="learn the offset too, if affine", keyword=True)
    rank: int | None = arg(None, doc="spatial axes; the input's if not given", keyword=True)

    def shape(self, x: Shape) -> Shape:
        low = 3 if self.rank is None else self.rank + 2
        channels = _channels(x, self.channels, low, 5 if self.rank is None else low)
        return Shape(x[0], channels, *x[2:])

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        return _running(x[1], self.affine, self.bias, self.track)

    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        return Layer(
            f"nn.InstanceNorm{len(x) - 2}d",
            (x[1],),
            unlike(
                eps=(self.eps, 1e-5),
                momentum=(self.momentum, 0.1),
                affine=(self.affine, False),
                track_running_stats=(self.track, False),
                bias=(self.bias, True),
            ),
        )


@op(
    Category.NORMALIZATION,
    aliases=("GN",),
    label="GroupNorm {groups}",
    source="Wu and He, Group Normalization, 2018",
    samples=[
        sample({"groups": 2}, ("N", 4, "H", "W")),
        sample({"groups": 3, "channels": 6, "eps": 1e-6, "affine": False}, ("N", 6)),
        sample({"groups": "G"}, ("N", Dim.of("G") * 2, "L")),
        sample({"groups": 2, "bias": False}, ("N", 4, "H", "W")),
    ],
)
class GroupNorm(Op):
    """Channels (axis 1) in ``groups``, each group of each example to mean 0 and variance 1."""

    groups: Dim = arg(doc="must divide the channels", aliases=("num_groups",))
    channels: Dim | None = arg(None, doc="checked against the input's channels", aliases=("num_channels",))
    eps: float = arg(1e-5, doc="added to the variance", aliases=("epsilon",))
    affine: bool = arg(True, doc="learn a scale and an offset per channel")
    bias: bool = arg(True, doc="learn the offset too", keyword=True)

    def shape(self, x: Shape) -> Shape:
        channels = _channels(x, self.channels, 2, None)
        groups = positive(self.groups, "groups")
        message = f"cannot split {channels} channels into {groups} groups"
        exactly(channels, groups, message, "groups", divisors_near(channels, groups, "groups"))
        return Shape(x[0], channels, *x[2:])

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        return _running(x[1], self.affine, self.bias, False)

    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        options = unlike(eps=(self.eps, 1e-5), affine=(self.affine, True), bias=(self.bias, True))
        weights = (Arg("weight"), Arg("bias")) if self.bias else (Arg("weight"),)
        call = Call("F.group_norm", (Arg("x"), self.groups, *weights), unlike(eps=(self.eps, 1e-5)))
        return Layer("nn.GroupNorm", (self.groups, x[1]), options, functional=call if self.affine else None)


def _trailing(x: Shape, size: Sizes | None) -> Shape:
    """The last axes that are normalized together. Raises ``Problem`` if they aren't as claimed."""
    if not x:
        raise Problem("needs at least 1 dimension, got a scalar", "x")
    if size is None:
        return Shape(x[-1])
    message = f"is for the last dimensions {Shape(*size)}, got {x}"
    if len(size) > len(x):
        raise Problem(message, "size")
    last = x[len(x) - len(size) :]
    return Shape(*(agree(m, n, message, "size") for m, n in zip(last, size, strict=True)))


@op(
    Category.NORMALIZATION,
    aliases=("LN",),
    label="LayerNorm",
    source="Ba et al., Layer Normalization, 2016",
    samples=[
        sample({}, ("B", "N", "D")),
        sample({"size": ("H", "W"), "eps": 1e-6}, ("N", "C", "H", "W")),
        sample({"bias": False}, ("N", 4)),
        sample({"affine": False}, ("N", 4)),
    ],
)
class LayerNorm(Op):
    """The last axis, or the last axes of the sizes given, to mean 0 and variance 1, then a learned scale and offset."""

    size: Sizes | None = arg(None, doc="sizes of the axes; the last one's if not given", aliases=("normalized_shape",))
    eps: float = arg(1e-5, doc="added to the variance", aliases=("epsilon",))
    affine: bool = arg(True, doc="learn a scale and an offset", aliases=("elementwise_affine",))
    bias: bool = arg(True, doc="learn the offset too")

    def shape(self, x: Shape) -> Shape:
        last = _trailing(x, self.size)
        return Shape(*x[: len(x) - len(last)], *last)

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        names = ("weight", "bias") if self.bias else ("weight",)
        return {name: Weight(_trailing(x, self.size)) for name in names if self.affine}

    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        last = _trailing(x, self.size)
        options = unlike(eps=(self.eps, 1e-5), elementwise_affine=(self.affine, True), bias=(self.bias, True))
        return Layer("nn.LayerNorm", (_one_or_all(last),), options, functional=self._functional(last))

    def _functional(self, last: Shape) -> Call | None:
        if not self.affine:
            return None
        weights = (Arg("weight"), Arg("bias")) if self.bias else (Arg("weight"),)
        return Call("F.layer_norm", (Arg("x"), tuple(last), *weights), unlike(eps=(self.eps, 1e-5)))


@op(
    Category.NORMALIZATION,
    label="RMSNorm",
    source="Zhang and Sennrich, Root Mean Square Layer Normalization, 2019",
    samples=[
        sample({}, ("B", "N", "D")),
        sample({"size": ("H", "W"), "eps": 1e-6}, ("N", "C", "H", "W")),
        sample({"affine": False}, ("N", 4)),
    ],
)
class RMSNorm(Op):
    """The last axis, or the last axes of the sizes given, divided by their root mean square, then a learned scale."""

    size: Sizes | None = arg(None, doc="sizes of the axes; the last one's if not given", aliases=("normalized_shape",))
    eps: float | None = arg(
        None, doc="added to the mean square; the dtype's epsilon if not given", aliases=("epsilon",)
    )
    affine: bool = arg(True, doc="learn a scale", aliases=("elementwise_affine",))

    def shape(self, x: Shape) -> Shape:
        last = _trailing(x, self.size)
        return Shape(*x[: len(x) - len(last)], *last)

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        return {"weight": Weight(_trailing(x, self.size))} if self.affine else {}

    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        last = _trailing(x, self.size)
        options = unlike(eps=(self.eps, None), elementwise_affine=(self.affine, True))
        call = Call("F.rms_norm", (Arg("x"), tuple(last), Arg("weight")), unlike(eps=(self.eps, None)))
        return Layer("nn.RMSNorm", (_one_or_all(last),), options, functional=call if self.affine else None)


def _one_or_all(last: Shape) -> Any:
    return last[0] if len(last) == 1 else tuple(last)


@op(
    Category.NORMALIZATION,
    aliases=("LRN", "LocalResponseNormalization", "CrossMapLRN2d"),
    moniel="LocalResponseNormalization",
    label="LRN {size}",
    source="Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012",
    samples=[sample({}, ("N", 7, "H", "W")), sample({"size": 3, "alpha": 2e-4, "beta": 0.5, "k": 2}, ("N", 7, "L"))],
)
class LocalResponseNorm(Op):
    """Divides each value by a power of the mean square of ``size`` neighbouring channels."""

    size: Dim = arg(5, doc="neighbouring channels, AlexNet's 5 if not given", aliases=("depth", "n"))
    alpha: float = arg(1e-4, doc="weight of the sum of squares")
    beta: float = arg(0.75, doc="the power")
    k: float = arg(1.0, doc="added to the sum", aliases=("bias",))

    def shape(self, x: Shape) -> Shape:
        positive(self.size, "size")
        if len(x) < 3:
            raise Problem(f"needs at least 3 dimensions (batch, channels, space), got {x}", "x")
        return x

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        options = unlike(alpha=(self.alpha, 1e-4), beta=(self.beta, 0.75), k=(self.k, 1))
        return Layer("nn.LocalResponseNorm", (self.size,), options)


@op(
    Category.NORMALIZATION,
    label="Normalize",
    samples=[sample({}, ("N", "D")), sample({"p": 1, "axis": -1, "eps": 1e-6}, ("B", "N", "D"))],
)
class Normalize(Op):
    """Divides by the norm along an axis, so that every vector has length 1."""

    p: float = arg(2.0, doc="which norm: 2 is Euclid's")
    axis: Axis = arg(1, doc="the axis of the vectors", aliases=("dim",))
    eps: float = arg(1e-12, doc="the norm is taken to be at least this", aliases=("epsilon",))

    def shape(self, x: Shape) -> Shape:
        axis_of(self.axis, len(x))
        return same_shape(self, x)

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        return Call("F.normalize", (Arg("x"),), unlike(p=(self.p, 2), dim=(self.axis, 1), eps=(self.eps, 1e-12)))
