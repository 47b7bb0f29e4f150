"""Losses: how far a prediction is from what it should be."""

from __future__ import annotations

from typing import Any, ClassVar

from moniel2.dims import Shape
from moniel2.ops.check import agree
from moniel2.ops.code import Arg, Call, Torch
from moniel2.ops.common import floating
from moniel2.ops.dtypes import alike, numeric, real
from moniel2.ops.plain import Plain
from moniel2.ops.spec import Category, Problem, arg, op, sample

_REDUCTIONS = ("mean", "sum", "none")
INTS = ("float32", "int64")
"""The dtypes of scores and class numbers."""


class Loss(Plain):
    """A number for the whole batch, or one for each element with ``reduction = "none"``."""

    reduction: str = arg("mean", doc="what becomes of the elements' losses", choices=_REDUCTIONS, keyword=True)
    function: ClassVar[str] = ""

    def reduced(self, each: Shape) -> Shape:
        return each if self.reduction == "none" else Shape()

    def options(self) -> dict[str, Any]:
        """Keyword arguments of torch's function that aren't its defaults."""
        found: dict[str, Any] = {}
        for argument in self.spec.arguments:
            value = self.values[argument.name]
            if value != argument.default:
                found[argument.name] = value
        return found

    def call(self, *ports: str, **named: str) -> Torch:
        """torch's function of some ports by position and some by name."""
        return Call(
            f"F.{self.function}",
            tuple(Arg(p) for p in ports),
            {name: Arg(p) for name, p in named.items()} | self.options(),
        )


def equal(x: Shape, target: Shape, port: str = "target") -> Shape:
    message = f"needs a target for each prediction: {x}, got {target}"
    if len(x) != len(target):
        raise Problem(message, port, "Squeeze, Unsqueeze and Reshape bring both to one shape")
    return Shape(*(agree(a, b, message, port) for a, b in zip(x, target, strict=True)))


def _alike(self: Loss, x: str, target: str) -> str:
    """The dtype where torch doesn't bring the two together."""
    return floating(self, alike(x=x, target=target))


class PairLoss(Loss):
    """A prediction and a target of the same shape."""

    def shape(self, x: Shape, target: Shape) -> Shape:
        return self.reduced(equal(x, target))

    def dtype(self, x: str, target: str) -> str:
        return numeric(x=floating(self, x), target=target)

    def torch(self, x: Shape, target: Shape) -> Torch:
        return self.call("x", "target")


PAIR = [
    sample({}, ("N", 4), ("N", 4)),
    sample({"reduction": "none"}, ("N", 4), ("N", 4)),
    sample({"reduction": "sum"}, ("N",), ("N",)),
]


# --------------------------------------------------------------------------------------- regression


@op(Category.LOSS, aliases=("MSELoss", "L2Loss", "MeanSquaredError"), samples=PAIR)
class MSE(PairLoss):
    """The square of the difference."""

    function = "mse_loss"


@op(Category.LOSS, aliases=("MAE", "MeanAbsoluteError"), samples=PAIR)
class L1Loss(PairLoss):
    """The absolute difference."""

    function = "l1_loss"


@op(
    Category.LOSS,
    aliases=("SmoothL1Loss",),
    samples=[*PAIR, sample({"beta": 0.5}, ("N", 4), ("N", 4))],
)
class SmoothL1(PairLoss):
    """The square of small differences, divided by 2·beta; the absolute value, minus beta/2, of large ones."""

    beta: float = arg(1.0, doc="where the two meet")

    function = "smooth_l1_loss"


@op(Category.LOSS, aliases=("HuberLoss",), samples=[*PAIR, sample({"delta": 0.5}, ("N", 4), ("N", 4))])
class Huber(PairLoss):
    """Half the square of small differences; linear, with the slope delta, for large ones."""

    delta: float = arg(1.0, doc="where the two meet")

    function = "huber_loss"
    dtype = _alike


@op(
    Category.LOSS,
    aliases=("PoissonNLLLoss",),
    samples=[*PAIR, sample({"log_input": False, "full": True}, ("N", 4), ("N", 4))],
)
class PoissonNLL(PairLoss):
    """Minus the logarithm of a Poisson distribution's probability of the target."""

    log_input: bool = arg(True, doc="the prediction is the logarithm of the rate, not the rate")
    full: bool = arg(False, doc="add Stirling's approximation of the target's factorial")
    eps: float = arg(1e-8, doc="added to a rate before its logarithm is taken", keyword=True)

    function = "poisson_nll_loss"


@op(
    Category.LOSS,
    aliases=("GaussianNLLLoss",),
    samples=[sample({}, ("N", 4), ("N", 4), ("N", 4)), sample({"reduction": "none"}, ("N", 4), ("N", 4), ("N", 1))],
)
class GaussianNLL(Loss):
    """Minus the logarithm of a normal distribution's density at the target; the third tensor is the variance."""

    full: bool = arg(False, doc="add the constant part")
    eps: float = arg(1e-6, doc="the least variance", keyword=True)

    function = "gaussian_nll_loss"

    def shape(self, x: Shape, target: Shape, variance: Shape) -> Shape:
        each = equal(x, target)
        message = f"needs a variance for each of {x}, got {variance}"
        if len(variance) not in (len(x), len(x) - 1):
            raise Problem(message, "variance")
        for a, b in zip(x, variance, strict=False):
            if b != 1:
                agree(a, b, message, "variance")
        return self.reduced(each)

    def dtype(self, x: str, target: str, variance: str) -> str:
        return numeric(x=floating(self, x), target=target, variance=real(variance=variance))

    def torch(self, x: Shape, target: Shape, variance: Shape) -> Torch:
        return self.call("x", "target", "variance")


@op(
    Category.LOSS,
    aliases=("SoftMarginLoss", "LogisticLoss"),
    samples=PAIR,
)
class SoftMargin(PairLoss):
    """The logistic loss log(1 + exp(−target · x)) for targets of −1 and 1."""

    function = "soft_margin_loss"
    dtype = _alike


@op(
    Category.LOSS,
    aliases=("HingeEmbeddingLoss",),
    samples=[*PAIR, sample({"margin": 0.5}, ("N", 4), ("N", 4))],
)
class HingeEmbedding(PairLoss):
    """A distance x where the target is 1; how far it falls short of the margin where the target is −1."""

    margin: float = arg(1.0, doc="how far apart unlike pairs should be")

    function = "hinge_embedding_loss"
    dtype = _alike


# ------------------------------------------------------------------------------------ distributions


@op(
    Category.LOSS,
    aliases=("KLDiv", "KLDivLoss", "KullbackLeibler"),
    samples=[
        sample({}, ("N", 4), ("N", 4)),
        sample({"reduction": "batchmean"}, ("N", 4), ("N", 4)),
        sample({"reduction": "none", "log_target": True}, ("N", 4), ("N", 4)),
    ],
)
class KLDivergence(PairLoss):
    """The divergence of a distribution, given as logarithms, from a target: target · (log target − x), in nats.

    ``reduction = "batchmean"`` divides the sum by the batch, which is the divergence as it is defined.
    """

    reduction: str = arg(
        "mean", doc="what becomes of the elements' losses", choices=("mean", "batchmean", "sum", "none"), keyword=True
    )
    log_target: bool = arg(False, doc="the target is given as logarithms too")

    function = "kl_div"

    def dtype(self, x: str, target: str) -> str:
        return real(x=x, target=target)
