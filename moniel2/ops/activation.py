"""Activations: functions of each element, and those along one axis (``Softmax``, ``GLU``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.check import agree, exactly
from moniel2.ops.code import Arg, Call, Infix, Layer, Method, Torch
from moniel2.ops.common import axis_of, floating, no_macs, no_weights, same_shape
from moniel2.ops.space import positive, unlike
from moniel2.ops.spec import Axis, Category, Op, Problem, Weight, Weights, arg, op, sample

_ANY = ("N", 4, "H", "W")


class Pointwise(Op):
    """What all functions of each element share. Adds nothing to an operation but its rules."""

    def shape(self, x: Shape) -> Shape:
        return x

    dtype = floating
    weights = no_weights
    macs = no_macs


class AlongAxis(Op):
    """What all functions along one ``axis`` that keep the shape share."""

    axis: int

    def shape(self, x: Shape) -> Shape:
        axis_of(self.axis, len(x))
        return x

    dtype = floating
    weights = no_weights
    macs = no_macs


# ------------------------------------------------------------------------------------- rectifiers


@op(
    Category.ACTIVATION,
    aliases=("Relu",),
    moniel="RectifiedLinearUnit",
    source="Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, 2010",
    samples=[sample({}, _ANY), sample({}, ("N",), dtypes=("int64",))],
)
class ReLU(Op):
    """``max(x, 0)``."""

    shape = same_shape

    def dtype(self, x: str) -> str:
        # The one of these that torch computes for whole numbers too.
        return x if x.startswith(("int", "uint8")) else floating(self, x)

    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.ReLU")


@op(
    Category.ACTIVATION,
    source="Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, 2010",
    samples=[sample({}, _ANY)],
)
class ReLU6(Pointwise):
    """``min(max(x, 0), 6)``."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.ReLU6")


@op(
    Category.ACTIVATION,
    moniel="LeakyRectifiedLinearUnit",
    source="Maas et al., Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013",
    samples=[sample({}, _ANY), sample({"slope": 0.2}, _ANY)],
)
class LeakyReLU(Pointwise):
    """``x`` above 0, ``slope*x`` below."""

    slope: float = arg(0.01, doc="the slope below 0", aliases=("negative_slope", "alpha"))

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.LeakyReLU", () if self.slope == 0.01 else (self.slope,))


@op(
    Category.ACTIVATION,
    moniel="ParametricRectifiedLinearUnit",
    source="He et al., Delving Deep into Rectifiers, 2015",
    samples=[
        sample({}, _ANY),
        sample({"parameters": 4, "initial": 0.1}, _ANY),
        sample({"parameters": "C"}, ("N", "C")),
    ],
)
class PReLU(Op):
    """``x`` above 0, ``slope*x`` below with a learned slope: one, or one per channel (axis 1)."""

    parameters: Dim = arg(1, doc="how many slopes: 1 or the channels", aliases=("num_parameters",))
    initial: float = arg(0.25, doc="the slopes at first", aliases=("init",))

    def shape(self, x: Shape) -> Shape:
        count = positive(self.parameters, "parameters")
        if count == 1:
            return x
        if len(x) < 2:
            raise Problem(f"has {count} slopes, and {x} has no channels (axis 1)", "parameters")
        agree(x[1], count, f"has {count} slopes for {x[1]} channels of {x}", "parameters", "as many as channels, or 1")
        return x

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        return {"weight": Weight(Shape(self.parameters))}

    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        options = unlike(num_parameters=(self.parameters, 1), init=(self.initial, 0.25))
        return Layer("nn.PReLU", (), options, functional=Call("F.prelu", (Arg("x"), Arg("weight"))))


@op(
    Category.ACTIVATION,
    moniel="RandomizedRectifiedLinearUnit",
    random=True,
    source="Xu et al., Empirical Evaluation of Rectified Activations in Convolution Network, 2015",
    samples=[sample({}, _ANY), sample({"lower": 0.1, "upper": 0.2}, _ANY)],
)
class RReLU(Pointwise):
    """``x`` above 0, ``slope*x`` below with a slope drawn anew for each element in training."""

    lower: float = arg(1 / 8, doc="least slope")
    upper: float = arg(1 / 3, doc="greatest slope")

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.RReLU", (), unlike(lower=(self.lower, 1 / 8), upper=(self.upper, 1 / 3)))


@op(
    Category.ACTIVATION,
    moniel="ExponentialLinearUnit",
    source="Clevert et al., Fast and Accurate Deep Network Learning by Exponential Linear Units, 2015",
    samples=[sample({}, _ANY), sample({"alpha": 0.5}, _ANY)],
)
class ELU(Pointwise):
    """``x`` above 0, ``alpha*(exp(x) - 1)`` below."""

    alpha: float = arg(1.0, doc="what it falls to is -alpha")

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.ELU", () if self.alpha == 1 else (self.alpha,))


@op(
    Category.ACTIVATION,
    source="Klambauer et al., Self-Normalizing Neural Networks, 2017",
    samples=[sample({}, _ANY)],
)
class SELU(Pointwise):
    """A scaled ``ELU`` that keeps mean 0 and variance 1."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.SELU")


@op(
    Category.ACTIVATION,
    source="Barron, Continuously Differentiable Exponential Linear Units, 2017",
    samples=[sample({}, _ANY), sample({"alpha": 0.5}, _ANY)],
)
class CELU(Pointwise):
    """``x`` above 0, ``alpha*(exp(x/alpha) - 1)`` below."""

    alpha: float = arg(1.0, doc="what it falls to is -alpha")

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.CELU", () if self.alpha == 1 else (self.alpha,))


@op(
    Category.ACTIVATION,
    moniel="Threshold",
    samples=[sample({"threshold": 0.1, "value": 20}, _ANY), sample({}, _ANY)],
)
class Threshold(Pointwise):
    """``x`` above the threshold, ``value`` elsewhere."""

    threshold: float = arg(0.0, doc="the threshold")
    value: float = arg(0.0, doc="what stands below it")

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Threshold", (self.threshold, self.value))


# ---------------------------------------------------------------------------- smooth and self-gated


@op(
    Category.ACTIVATION,
    source="Hendrycks and Gimpel, Gaussian Error Linear Units, 2016",
    samples=[sample({}, _ANY), sample({"approximate": "tanh"}, _ANY)],
)
class GELU(Pointwise):
    """``x`` times the probability that a normal variable is below ``x``."""

    approximate: str = arg("none", doc="exact, or by tanh", choices=("none", "tanh"))

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.GELU", (), unlike(approximate=(self.approximate, "none")))


@op(
    Category.ACTIVATION,
    source="Hendrycks and Gimpel, Gaussian Error Linear Units, 2016 (as in CLIP, Radford et al. 2021)",
    samples=[sample({}, _ANY)],
)
class QuickGELU(Pointwise):
    """``x*sigmoid(1.702*x)``: GELU by a sigmoid."""

    def torch(self, x: Shape) -> Torch:
        return Infix("*", (Arg("x"), Call("torch.sigmoid", (Infix("*", (1.702, Arg("x"))),))))


@op(
    Category.ACTIVATION,
    aliases=("Swish",),
    source="Ramachandran et al., Searching for Activation Functions, 2017",
    samples=[sample({}, _ANY)],
)
class SiLU(Pointwise):
    """``x*sigmoid(x)``."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.SiLU")


@op(
    Category.ACTIVATION,
    source="Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019",
    samples=[sample({}, _ANY)],
)
class Mish(Pointwise):
    """``x*tanh(softplus(x))``."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Mish")


@op(
    Category.ACTIVATION,
    aliases=("SoftPlus",),
    moniel="SoftPlus",
    source="Dugas et al., Incorporating Second-Order Functional Knowledge for Better Option Pricing, 2000",
    samples=[sample({}, _ANY), sample({"beta": 2, "threshold": 10}, _ANY)],
)
class Softplus(Pointwise):
    """``log(1 + exp(beta*x))/beta``."""

    beta: float = arg(1.0, doc="sharpness of the bend")
    threshold: float = arg(20.0, doc="where beta*x is above, it is x itself")

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Softplus", (), unlike(beta=(self.beta, 1), threshold=(self.threshold, 20)))


@op(
    Category.ACTIVATION,
    aliases=("Logistic",),
    moniel="Sigmoid",
    glyph="σ",
    samples=[sample({}, _ANY)],
)
class Sigmoid(Pointwise):
    """``1/(1 + exp(-x))``."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Sigmoid")


@op(Category.ACTIVATION, moniel="LogSigmoid", samples=[sample({}, _ANY)])
class LogSigmoid(Pointwise):
    """``log(sigmoid(x))``, computed in one step."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.LogSigmoid")


@op(Category.ACTIVATION, moniel="Tanh", glyph="tanh", samples=[sample({}, _ANY)])
class Tanh(Pointwise):
    """The hyperbolic tangent."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Tanh")


@op(
    Category.ACTIVATION,
    aliases=("SoftSign",),
    moniel="SoftSign",
    samples=[sample({}, _ANY)],
)
class Softsign(Pointwise):
    """``x/(1 + |x|)``."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Softsign")


# --------------------------------------------------------------------------- made of straight lines


@op(
    Category.ACTIVATION,
    aliases=("HardTanh",),
    moniel="HardTanh",
    samples=[sample({}, _ANY), sample({"low": -2, "high": 0.5}, _ANY)],
)
class Hardtanh(Pointwise):
    """``x`` cut to the range from ``low`` to ``high``."""

    low: float = arg(-1.0, doc="least value", aliases=("min_val", "min_value"))
    high: float = arg(1.0, doc="greatest value", aliases=("max_val", "max_value"))

    def shape(self, x: Shape) -> Shape:
        if not self.low < self.high:
            raise Problem(f"low {self.low} must be below high {self.high}", "low")
        return x

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Hardtanh", (), unlike(min_val=(self.low, -1), max_val=(self.high, 1)))


@op(
    Category.ACTIVATION,
    aliases=("HardSigmoid",),
    source="Courbariaux et al., BinaryConnect, 2015",
    samples=[sample({}, _ANY)],
)
class Hardsigmoid(Pointwise):
    """``relu6(x + 3)/6``."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Hardsigmoid")


@op(
    Category.ACTIVATION,
    aliases=("HardSwish", "HSwish"),
    source="Howard et al., Searching for MobileNetV3, 2019",
    samples=[sample({}, _ANY)],
)
class Hardswish(Pointwise):
    """``x*relu6(x + 3)/6``."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Hardswish")


@op(
    Category.ACTIVATION,
    aliases=("TanhShrink",),
    moniel="TanhShrink",
    samples=[sample({}, _ANY)],
)
class Tanhshrink(Pointwise):
    """``x - tanh(x)``."""

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Tanhshrink")


@op(
    Category.ACTIVATION,
    aliases=("SoftShrink",),
    moniel="SoftShrink",
    samples=[sample({}, _ANY), sample({"threshold": 0.1}, _ANY)],
)
class Softshrink(Pointwise):
    """``x`` drawn towards 0 by the threshold, and 0 within it."""

    threshold: float = arg(0.5, doc="the threshold", aliases=("lambd", "lambda"))

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Softshrink", () if self.threshold == 0.5 else (self.threshold,))


@op(
    Category.ACTIVATION,
    aliases=("HardShrink",),
    moniel="HardShrink",
    samples=[sample({}, _ANY), sample({"threshold": 0.1}, _ANY)],
)
class Hardshrink(Pointwise):
    """``x`` outside the threshold, 0 within it."""

    threshold: float = arg(0.5, doc="the threshold", aliases=("lambd", "lambda"))

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Hardshrink", () if self.threshold == 0.5 else (self.threshold,))


# ---------------------------------------------------------------------------------- along an axis


@op(
    Category.ACTIVATION,
    aliases=("SoftMax",),
    presets={"Softmax2d": {"axis": -3}},
    moniel="SoftMax",
    source="Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990",
    samples=[sample({}, ("B", "N", "N")), sample({"axis": 1}, _ANY)],
)
class Softmax(AlongAxis):
    """Exponentials that add up to 1 along an axis, the last by default."""

    axis: Axis = arg(-1, doc="the axis that adds up to 1", aliases=("dim",))

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Softmax", (), {"dim": self.axis})


@op(
    Category.ACTIVATION,
    aliases=("LogSoftMax",),
    moniel="LogSoftMax",
    samples=[sample({}, ("N", "C")), sample({"axis": 1}, _ANY)],
)
class LogSoftmax(AlongAxis):
    """The logarithm of a softmax, computed in one step."""

    axis: Axis = arg(-1, doc="the axis whose exponentials add up to 1", aliases=("dim",))

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.LogSoftmax", (), {"dim": self.axis})


@op(
    Category.ACTIVATION,
    aliases=("SoftMin",),
    moniel="SoftMin",
    samples=[sample({}, ("N", "C")), sample({"axis": 1}, _ANY)],
)
class Softmin(AlongAxis):
    """A softmax of ``-x``: the least has the most."""

    axis: Axis = arg(-1, doc="the axis that adds up to 1", aliases=("dim",))

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Softmin", (), {"dim": self.axis})


@op(
    Category.ACTIVATION,
    random=True,
    source="Jang et al., Categorical Reparameterization with Gumbel-Softmax, 2016",
    samples=[sample({}, ("N", "C")), sample({"tau": 0.5, "hard": True, "axis": 1}, _ANY)],
)
class GumbelSoftmax(AlongAxis):
    """A differentiable draw from the categories along an axis whose logits come in."""

    tau: float = arg(1.0, doc="temperature", aliases=("temperature",))
    hard: bool = arg(False, doc="one-hot results, with the gradient of the soft ones")
    axis: Axis = arg(-1, doc="the axis of the categories", aliases=("dim",))

    def torch(self, x: Shape) -> Torch:
        options = unlike(tau=(self.tau, 1), hard=(self.hard, False), dim=(self.axis, -1))
        return Call("F.gumbel_softmax", (Arg("x"),), options)


_GATES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda gate: Call("torch.sigmoid", (gate,)),
    "relu": lambda gate: Call("F.relu", (gate,)),
    "gelu": lambda gate: Call("F.gelu", (gate,)),
    "silu": lambda gate: Call("F.silu", (gate,)),
    "tanh": lambda gate: Call("torch.tanh", (gate,)),
    "none": lambda gate: gate,
}


@op(
    Category.ACTIVATION,
    label="GLU[ {gate}]",
    source="Dauphin et al., Language Modeling with Gated Convolutional Networks, 2016; "
    "Shazeer, GLU Variants Improve Transformer, 2020",
    samples=[
        sample({}, ("B", "N", 6)),
        sample({"axis": 1}, ("N", Dim.of("C") * 2, "L")),
        *[sample({"gate": gate}, ("B", "N", 6)) for gate in _GATES if gate != "sigmoid"],
    ],
)
class GLU(Op):
    """The first half of an axis times the activation of the second; the axis is halved."""

    axis: Axis = arg(-1, doc="the axis to halve", aliases=("dim",))
    gate: str = arg("sigmoid", doc="the activation of the second half", choices=tuple(_GATES), aliases=("activation",))

    def shape(self, x: Shape) -> Shape:
        axis = axis_of(self.axis, len(x))
        half = exactly(x[axis], 2, f"cannot halve axis {axis} of size {x[axis]} of {x}", "x", "it must be even")
        return Shape(*x[:axis], half, *x[axis + 1 :])

    dtype = floating
    weights = no_weights
    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        if self.gate == "sigmoid":
            return Layer("nn.GLU", (), unlike(dim=(self.axis, -1)))
        axis = axis_of(self.axis, len(x))
        half = self.shape(x)[axis]

        def part(start: int | Dim) -> Any:
            return Method(Arg("x"), "narrow", (self.axis, start, half))

        return Infix("*", (part(0), _GATES[self.gate](part(half))))
