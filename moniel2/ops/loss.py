"""Losses: how far a prediction is from what it should be."""

from __future__ import annotations

from typing import Any, ClassVar

from moniel2.dims import Shape
from moniel2.ops.check import agree
from moniel2.ops.dtypes import whole
from moniel2.ops.plain import Plain
from moniel2.ops.spec import Arg, Call, Category, Problem, Torch, arg, floating, op, sample

_REDUCTIONS = ("mean", "sum", "none")
_INTS = ("float32", "int64")


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

    def call(self, *ports: str) -> Torch:
        return Call(f"F.{self.function}", tuple(Arg(p) for p in ports), self.options())


def _equal(x: Shape, target: Shape, port: str = "target") -> Shape:
    message = f"needs a target for each prediction: {x}, got {target}"
    if len(x) != len(target):
        raise Problem(message, port, "Squeeze, Unsqueeze and Reshape bring both to one shape")
    return Shape(*(agree(a, b, message, port) for a, b in zip(x, target, strict=True)))


class PairLoss(Loss):
    """A prediction and a target of the same shape."""

    def shape(self, x: Shape, target: Shape) -> Shape:
        return self.reduced(_equal(x, target))

    def dtype(self, x: str, target: str) -> str:
        return floating(self, x)

    def torch(self, x: Shape, target: Shape) -> Torch:
        return self.call("x", "target")


_PAIR = [
    sample({}, ("N", 4), ("N", 4)),
    sample({"reduction": "none"}, ("N", 4), ("N", 4)),
    sample({"reduction": "sum"}, ("N",), ("N",)),
]


# ----------------------------------------------------------------------------------------- classes


def _classes(x: Shape, target: Shape, weight: Shape | None) -> Shape:
    """The shape of each element's loss for logits [B, C, …] and class numbers [B, …]."""
    if not x:
        raise Problem(f"needs a score for each class, got {x}", "x")
    rest = x[:1] + x[2:] if len(x) > 1 else ()
    message = f"needs a class for each of {Shape(*rest)} (classes stand on axis 1 of {x}), got {target}"
    if len(target) != len(rest):
        mend = None
        if len(x) == 3 and len(target) == 2:
            mend = "classes are expected on axis 1: Transpose(1, 2) brings them there"
        raise Problem(message, "target", mend)
    mend = "classes are expected on axis 1: Transpose(1, 2) brings them there" if len(x) == 3 else None
    each = Shape(*(agree(a, b, message, "target", mend) for a, b in zip(rest, target, strict=True)))
    _class_weights(x, weight)
    return each


def _class_weights(x: Shape, weight: Shape | None) -> None:
    if weight is None:
        return
    classes = x[1] if len(x) > 1 else x[0]
    message = f"needs a weight for each of {classes} classes, got {weight}"
    if len(weight) != 1:
        raise Problem(message, "weight")
    agree(weight[0], classes, message, "weight")


def _numbers(dtype: str, port: str) -> None:
    if dtype and dtype != "int64":
        raise Problem(f"needs class numbers in int64, got {dtype}", port, "cast first: Cast(int64)", "dtype-mismatch")


@op(
    Category.LOSS,
    aliases=("CrossEntropyLoss",),
    moniel="CrossEntropy",
    samples=[
        sample({}, ("N", 5), ("N",), dtypes=_INTS),
        sample({"reduction": "none", "label_smoothing": 0.1}, ("N", 5, "H", "W"), ("N", "H", "W"), dtypes=_INTS),
        sample({"ignore_index": 0}, ("N", 5, "T"), ("N", "T"), dtypes=_INTS),
        sample({}, ("N", 5), ("N",), (5,), dtypes=("float32", "int64", "float32")),
        sample({"reduction": "none"}, ("N", 5, "T"), ("N", 5, "T")),
        sample({"reduction": "sum"}, (5,), (), dtypes=_INTS),
    ],
)
class CrossEntropy(Loss):
    """Minus the logarithm of the softmax at the right class: logits [B, C, …] and classes [B, …].

    The target may also hold a probability for each class, [B, C, …]. A third tensor [C] weighs the classes.
    """

    label_smoothing: float = arg(0.0, doc="how much of the target is spread over all classes", keyword=True)
    ignore_index: int = arg(-100, doc="the class number that doesn't count", keyword=True)

    function = "cross_entropy"

    def shape(self, x: Shape, target: Shape, weight: Shape | None = None) -> Shape:
        if not 0 <= self.label_smoothing <= 1:
            message = f"needs a label smoothing between 0 and 1, got {self.label_smoothing}"
            raise Problem(message, "label_smoothing", rule="bad-value")
        if len(x) == len(target):
            _equal(x, target)
            _class_weights(x, weight)
            return self.reduced(Shape(*x[:1], *x[2:]) if len(x) > 1 else Shape())
        return self.reduced(_classes(x, target, weight))

    def dtype(self, x: str, target: str, weight: str = "") -> str:
        if whole(target):
            _numbers(target, "target")
        return floating(self, x)

    def torch(self, x: Shape, target: Shape, weight: Shape | None = None) -> Torch:
        more = {} if weight is None else {"weight": Arg("weight")}
        return Call("F.cross_entropy", (Arg("x"), Arg("target")), more | self.options())


@op(
    Category.LOSS,
    aliases=("NLLLoss", "NegativeLogLikelihood"),
    samples=[
        sample({}, ("N", 5), ("N",), dtypes=_INTS),
        sample({"reduction": "none"}, ("N", 5, "H", "W"), ("N", "H", "W"), dtypes=_INTS),
        sample({"ignore_index": 0}, ("N", 5), ("N",), (5,), dtypes=("float32", "int64", "float32")),
    ],
)
class NLL(Loss):
    """Minus the score at the right class, for logarithms of probabilities [B, C, …] and classes [B, …]."""

    ignore_index: int = arg(-100, doc="the class number that doesn't count", keyword=True)

    def shape(self, x: Shape, target: Shape, weight: Shape | None = None) -> Shape:
        return self.reduced(_classes(x, target, weight))

    def dtype(self, x: str, target: str, weight: str = "") -> str:
        _numbers(target, "target")
        return floating(self, x)

    def torch(self, x: Shape, target: Shape, weight: Shape | None = None) -> Torch:
        more = {} if weight is None else {"weight": Arg("weight")}
        return Call("F.nll_loss", (Arg("x"), Arg("target")), more | self.options())


@op(
    Category.LOSS,
    aliases=("BCELoss", "BinaryCrossEntropy"),
    samples=_PAIR,
)
class BCE(PairLoss):
    """Binary cross entropy of probabilities between 0 and 1 with targets between 0 and 1."""

    function = "binary_cross_entropy"


@op(
    Category.LOSS,
    aliases=("BCEWithLogitsLoss", "BinaryCrossEntropyWithLogits"),
    samples=_PAIR,
)
class BCEWithLogits(PairLoss):
    """Binary cross entropy of logits (a sigmoid is applied) with targets between 0 and 1."""

    function = "binary_cross_entropy_with_logits"


class MarginLoss(Loss):
    """Scores of classes [B, C] and the right class [B]."""

    margin: float = arg(1.0, doc="how far apart scores should be")


@op(
    Category.LOSS,
    aliases=("MultiMarginLoss", "Hinge", "HingeLoss"),
    samples=[sample({}, ("N", 5), ("N",), dtypes=_INTS), sample({"reduction": "none"}, ("N", 5), ("N",), dtypes=_INTS)],
)
class MultiMargin(MarginLoss):
    """How far every other class's score comes near that of the right one, or above: the hinge loss of many classes."""

    function = "multi_margin_loss"

    def shape(self, x: Shape, target: Shape) -> Shape:
        if len(x) != 2:
            raise Problem(f"needs scores [B, C], got {x}", "x")
        return self.reduced(_classes(x, target, None))

    def dtype(self, x: str, target: str) -> str:
        _numbers(target, "target")
        return floating(self, x)

    def torch(self, x: Shape, target: Shape) -> Torch:
        return self.call("x", "target")


# --------------------------------------------------------------------------------------- regression


@op(Category.LOSS, aliases=("MSELoss", "L2Loss", "MeanSquaredError"), samples=_PAIR)
class MSE(PairLoss):
    """The square of the difference."""

    function = "mse_loss"


@op(Category.LOSS, aliases=("MAE", "MeanAbsoluteError"), samples=_PAIR)
class L1Loss(PairLoss):
    """The absolute difference."""

    function = "l1_loss"


@op(
    Category.LOSS,
    aliases=("SmoothL1Loss",),
    samples=[*_PAIR, sample({"beta": 0.5}, ("N", 4), ("N", 4))],
)
class SmoothL1(PairLoss):
    """The square of small differences, divided by 2·beta; the absolute value, minus beta/2, of large ones."""

    beta: float = arg(1.0, doc="where the two meet")

    function = "smooth_l1_loss"


@op(Category.LOSS, aliases=("HuberLoss",), samples=[*_PAIR, sample({"delta": 0.5}, ("N", 4), ("N", 4))])
class Huber(PairLoss):
    """Half the square of small differences; linear, with the slope delta, for large ones."""

    delta: float = arg(1.0, doc="where the two meet")

    function = "huber_loss"


@op(
    Category.LOSS,
    aliases=("PoissonNLLLoss",),
    samples=[*_PAIR, sample({"log_input": False, "full": True}, ("N", 4), ("N", 4))],
)
class PoissonNLL(PairLoss):
    """Minus the logarithm of a Poisson distribution's probability of the target."""

    log_input: bool = arg(True, doc="the prediction is the logarithm of the rate, not the rate")
    full: bool = arg(False, doc="add Stirling's approximation of the target's factorial")

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
        each = _equal(x, target)
        message = f"needs a variance for each of {x}, got {variance}"
        if len(variance) not in (len(x), len(x) - 1):
            raise Problem(message, "variance")
        for a, b in zip(x, variance, strict=False):
            if b != 1:
                agree(a, b, message, "variance")
        return self.reduced(each)

    def dtype(self, x: str, target: str, variance: str) -> str:
        return floating(self, x)

    def torch(self, x: Shape, target: Shape, variance: Shape) -> Torch:
        return self.call("x", "target", "variance")


@op(
    Category.LOSS,
    aliases=("SoftMarginLoss", "LogisticLoss"),
    samples=_PAIR,
)
class SoftMargin(PairLoss):
    """The logistic loss log(1 + exp(−target · x)) for targets of −1 and 1."""

    function = "soft_margin_loss"


@op(
    Category.LOSS,
    aliases=("HingeEmbeddingLoss",),
    samples=[*_PAIR, sample({"margin": 0.5}, ("N", 4), ("N", 4))],
)
class HingeEmbedding(PairLoss):
    """A distance x where the target is 1; how far it falls short of the margin where the target is −1."""

    margin: float = arg(1.0, doc="how far apart unlike pairs should be")

    function = "hinge_embedding_loss"


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


# --------------------------------------------------------------------------------------- embeddings


def _vectors(a: Shape, b: Shape, port: str) -> Shape:
    """What is left of two equal tensors of vectors without the last axis."""
    both = _equal(a, b, port)
    if not both:
        raise Problem(f"needs vectors, got {a}", port)
    return Shape(*both[:-1])


@op(
    Category.LOSS,
    aliases=("CosineEmbeddingLoss",),
    samples=[
        sample({}, ("N", 4), ("N", 4), ("N",)),
        sample({"margin": 0.5, "reduction": "none"}, ("N", 4), ("N", 4), ("N",)),
    ],
)
class CosineEmbedding(Loss):
    """1 minus the cosine of two vectors where the target is 1; how far it is above the margin where it is −1."""

    margin: float = arg(0.0, doc="the cosine that unlike pairs may have")

    function = "cosine_embedding_loss"

    def shape(self, x: Shape, y: Shape, target: Shape) -> Shape:
        each = _vectors(x, y, "y")
        return self.reduced(_equal(each, target))

    def dtype(self, x: str, y: str, target: str) -> str:
        return floating(self, x)

    def torch(self, x: Shape, y: Shape, target: Shape) -> Torch:
        return self.call("x", "y", "target")


@op(
    Category.LOSS,
    aliases=("TripletMarginLoss", "TripletLoss"),
    samples=[
        sample({}, ("N", 4), ("N", 4), ("N", 4)),
        sample({"margin": 0.2, "p": 1, "swap": True, "reduction": "none"}, ("N", 4), ("N", 4), ("N", 4)),
    ],
)
class TripletMargin(Loss):
    """How much farther an anchor is from a like vector than from an unlike one, plus the margin; never below 0."""

    margin: float = arg(1.0, doc="how much nearer the like one should be")
    p: float = arg(2.0, doc="the power of the norm", keyword=True)
    eps: float = arg(1e-6, doc="added to every difference", keyword=True)
    swap: bool = arg(False, doc="use the like vector as the anchor where it is nearer to the unlike one", keyword=True)

    function = "triplet_margin_loss"

    def shape(self, anchor: Shape, positive: Shape, negative: Shape) -> Shape:
        _vectors(anchor, positive, "positive")
        return self.reduced(_vectors(anchor, negative, "negative"))

    def dtype(self, anchor: str, positive: str, negative: str) -> str:
        return floating(self, anchor)

    def torch(self, anchor: Shape, positive: Shape, negative: Shape) -> Torch:
        return self.call("anchor", "positive", "negative")


@op(
    Category.LOSS,
    aliases=("MarginRankingLoss",),
    samples=[sample({}, ("N",), ("N",), ("N",)), sample({"margin": 0.5, "reduction": "none"}, ("N",), ("N",), ("N",))],
)
class MarginRanking(Loss):
    """How far the first score falls short of the second, plus the margin, where the target is 1; the reverse at −1."""

    margin: float = arg(0.0, doc="how far apart scores should be")

    function = "margin_ranking_loss"

    def shape(self, x: Shape, y: Shape, target: Shape) -> Shape:
        return self.reduced(_equal(_equal(x, y, "y"), target))

    def dtype(self, x: str, y: str, target: str) -> str:
        return floating(self, x)

    def torch(self, x: Shape, y: Shape, target: Shape) -> Torch:
        return self.call("x", "y", "target")


# ---------------------------------------------------------------------------------------- sequences


@op(
    Category.LOSS,
    aliases=("CTCLoss",),
    source="Graves et al. 2006",
    samples=[
        sample({}, ("T", "N", 5), ("N", 3), ("N",), ("N",), dtypes=("float32", "int64", "int64", "int64")),
        sample(
            {"reduction": "none", "blank": 4, "zero_infinity": True},
            ("T", "N", 5),
            ("N", 3),
            ("N",),
            ("N",),
            dtypes=("float32", "int64", "int64", "int64"),
        ),
    ],
)
class CTC(Loss):
    """Minus the logarithm of the probability of a sequence over all ways to align it (connectionist temporal classes).

    Logarithms of probabilities [T, B, C], targets [B, S], the lengths of both, [B].
    """

    blank: int = arg(0, doc="the class that stands for nothing")
    zero_infinity: bool = arg(False, doc="count impossible alignments as 0", keyword=True)

    function = "ctc_loss"

    def shape(self, x: Shape, target: Shape, input_lengths: Shape, target_lengths: Shape) -> Shape:
        if len(x) != 3:
            raise Problem(f"needs logarithms of probabilities [T, B, C], got {x}", "x", "Permute(1, 0, 2) of [B, T, C]")
        if len(target) != 2:
            raise Problem(f"needs targets [B, S], got {target}", "target")
        agree(x[1], target[0], f"needs a target for each of {x[1]} sequences, got {target}", "target")
        for port, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
            message = f"needs a length for each of {x[1]} sequences, got {lengths}"
            if len(lengths) != 1:
                raise Problem(message, port)
            agree(x[1], lengths[0], message, port)
        return self.reduced(Shape(x[1]))

    def dtype(self, x: str, target: str, input_lengths: str, target_lengths: str) -> str:
        return floating(self, x)

    def torch(self, x: Shape, target: Shape, input_lengths: Shape, target_lengths: Shape) -> Torch:
        return self.call("x", "target", "input_lengths", "target_lengths")
