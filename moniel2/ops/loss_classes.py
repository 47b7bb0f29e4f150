"""Losses of scores for classes."""

from __future__ import annotations

from moniel2.dims import Shape
from moniel2.ops.check import agree
from moniel2.ops.code import Torch
from moniel2.ops.common import floating
from moniel2.ops.dtypes import alike, whole
from moniel2.ops.loss import INTS, PAIR, Loss, equal
from moniel2.ops.spec import Category, Problem, arg, op, sample


def classes(x: Shape, target: Shape, weight: Shape | None) -> Shape:
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


def class_numbers(dtype: str, port: str) -> None:
    if dtype and dtype != "int64":
        raise Problem(f"needs class numbers in int64, got {dtype}", port, "cast first: Cast(int64)", "dtype-mismatch")


@op(
    Category.LOSS,
    aliases=("CrossEntropyLoss",),
    moniel="CrossEntropy",
    samples=[
        sample({}, ("N", 5), ("N",), dtypes=INTS),
        sample({"reduction": "none", "label_smoothing": 0.1}, ("N", 5, "H", "W"), ("N", "H", "W"), dtypes=INTS),
        sample({"ignore_index": 0}, ("N", 5, "T"), ("N", "T"), dtypes=INTS),
        sample({}, ("N", 5), ("N",), (5,), dtypes=("float32", "int64", "float32")),
        sample({"reduction": "none"}, ("N", 5, "T"), ("N", 5, "T")),
        sample({"reduction": "sum"}, (5,), (), dtypes=INTS),
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
            equal(x, target)
            _class_weights(x, weight)
            return self.reduced(Shape(*x[:1], *x[2:]) if len(x) > 1 else Shape())
        return self.reduced(classes(x, target, weight))

    def dtype(self, x: str, target: str, weight: str = "") -> str:
        if whole(target):
            class_numbers(target, "target")
            return floating(self, alike(x=x, weight=weight))
        return floating(self, alike(x=x, target=target, weight=weight))

    def torch(self, x: Shape, target: Shape, weight: Shape | None = None) -> Torch:
        return self.call("x", "target") if weight is None else self.call("x", "target", weight="weight")


@op(
    Category.LOSS,
    aliases=("NLLLoss", "NLLLoss2d", "NegativeLogLikelihood"),
    samples=[
        sample({}, ("N", 5), ("N",), dtypes=INTS),
        sample({"reduction": "none"}, ("N", 5, "H", "W"), ("N", "H", "W"), dtypes=INTS),
        sample({"ignore_index": 0}, ("N", 5), ("N",), (5,), dtypes=("float32", "int64", "float32")),
    ],
)
class NLL(Loss):
    """Minus the score at the right class, for logarithms of probabilities [B, C, …] and classes [B, …]."""

    ignore_index: int = arg(-100, doc="the class number that doesn't count", keyword=True)

    function = "nll_loss"

    def shape(self, x: Shape, target: Shape, weight: Shape | None = None) -> Shape:
        return self.reduced(classes(x, target, weight))

    def dtype(self, x: str, target: str, weight: str = "") -> str:
        class_numbers(target, "target")
        return floating(self, alike(x=x, weight=weight))

    def torch(self, x: Shape, target: Shape, weight: Shape | None = None) -> Torch:
        return self.call("x", "target") if weight is None else self.call("x", "target", weight="weight")


def _weighs(weight: Shape, each: Shape, port: str) -> None:
    """Raise ``Problem`` unless a weight stretches to one for each element."""
    message = f"needs a {port} that stretches to {each}, got {weight}"
    if len(weight) > len(each):
        raise Problem(message, port)
    for a, b in zip(reversed(weight), reversed(each), strict=False):
        if a != 1:
            agree(a, b, message, port)


@op(
    Category.LOSS,
    aliases=("BCELoss", "BinaryCrossEntropy"),
    samples=[*PAIR, sample({}, ("N", 4), ("N", 4), ("N", 1))],
)
class BCE(Loss):
    """Binary cross entropy of probabilities between 0 and 1 with targets between 0 and 1.

    A third tensor weighs the elements.
    """

    function = "binary_cross_entropy"

    def shape(self, x: Shape, target: Shape, weight: Shape | None = None) -> Shape:
        each = equal(x, target)
        if weight is not None:
            _weighs(weight, each, "weight")
        return self.reduced(each)

    def dtype(self, x: str, target: str, weight: str = "") -> str:
        return floating(self, alike(x=x, target=target, weight=weight))

    def torch(self, x: Shape, target: Shape, weight: Shape | None = None) -> Torch:
        return self.call("x", "target") if weight is None else self.call("x", "target", weight="weight")


@op(
    Category.LOSS,
    aliases=("BCEWithLogitsLoss", "BinaryCrossEntropyWithLogits"),
    samples=[*PAIR, sample({}, ("N", 4), ("N", 4), ("N", 1)), sample({}, ("N", 4), ("N", 4), None, (4,))],
)
class BCEWithLogits(Loss):
    """Binary cross entropy of logits (a sigmoid is applied) with targets between 0 and 1.

    ``weight`` weighs the elements, ``pos_weight`` those whose target is 1.
    """

    function = "binary_cross_entropy_with_logits"

    def shape(self, x: Shape, target: Shape, weight: Shape | None = None, pos_weight: Shape | None = None) -> Shape:
        each = equal(x, target)
        for port, weights in (("weight", weight), ("pos_weight", pos_weight)):
            if weights is not None:
                _weighs(weights, each, port)
        return self.reduced(each)

    def dtype(self, x: str, target: str, weight: str = "", pos_weight: str = "") -> str:
        return floating(self, alike(x=x, target=target, weight=weight, pos_weight=pos_weight))

    def torch(self, x: Shape, target: Shape, weight: Shape | None = None, pos_weight: Shape | None = None) -> Torch:
        given = {"weight": weight, "pos_weight": pos_weight}
        return self.call("x", "target", **{port: port for port, shape in given.items() if shape is not None})


_HINGE = (
    sample({}, ("N", 5), ("N",), dtypes=INTS),
    sample({"reduction": "none"}, ("N", 5), ("N",), dtypes=INTS),
)


@op(
    Category.LOSS,
    aliases=("MultiMarginLoss", "Hinge", "HingeLoss"),
    samples=[*_HINGE, sample({"p": 2, "margin": 0.5}, ("N", 5), ("N",), (5,), dtypes=(*INTS, "float32"))],
)
class MultiMargin(Loss):
    """How far every other class's score comes near that of the right one, or above: the hinge loss of many classes.

    Scores [B, C] and the right class of each, [B]. A third tensor [C] weighs the classes.
    """

    p: int = arg(1, doc="the power of the distance, 1 or 2")
    margin: float = arg(1.0, doc="how far apart scores should be")

    function = "multi_margin_loss"

    def shape(self, x: Shape, target: Shape, weight: Shape | None = None) -> Shape:
        if len(x) != 2:
            raise Problem(f"needs scores [B, C], got {x}", "x")
        if self.p not in (1, 2):
            raise Problem(f"takes the power 1 or 2, got {self.p}", "p", rule="bad-value")
        return self.reduced(classes(x, target, weight))

    def dtype(self, x: str, target: str, weight: str = "") -> str:
        class_numbers(target, "target")
        return floating(self, alike(x=x, weight=weight))

    def torch(self, x: Shape, target: Shape, weight: Shape | None = None) -> Torch:
        return self.call("x", "target") if weight is None else self.call("x", "target", weight="weight")


def _label_sets(x: Shape, target: Shape) -> Shape:
    """The shape of each example's loss for scores [B, C] (or [C]) and as many labels."""
    if len(x) not in (1, 2):
        raise Problem(f"needs scores [B, C], got {x}", "x")
    return Shape(*equal(x, target)[:-1])


@op(
    Category.LOSS,
    aliases=("MultiLabelMarginLoss", "MultilabelMarginLoss"),
    samples=[
        sample({}, ("N", 5), ("N", 5), dtypes=INTS),
        sample({"reduction": "none"}, ("N", 5), ("N", 5), dtypes=INTS),
        sample({}, (5,), (5,), dtypes=INTS),
    ],
)
class MultiLabelMargin(Loss):
    """How far every wrong class's score comes near those of the right ones, or above: the hinge loss of many labels.

    Scores [B, C] and the numbers of the right classes, [B, C]: those before the first −1 count.
    """

    function = "multilabel_margin_loss"

    def shape(self, x: Shape, target: Shape) -> Shape:
        return self.reduced(_label_sets(x, target))

    def dtype(self, x: str, target: str) -> str:
        class_numbers(target, "target")
        return floating(self, x)

    def torch(self, x: Shape, target: Shape) -> Torch:
        return self.call("x", "target")


@op(
    Category.LOSS,
    aliases=("MultiLabelSoftMarginLoss", "MultilabelSoftMarginLoss"),
    samples=[
        sample({}, ("N", 4), ("N", 4)),
        sample({"reduction": "none"}, ("N", 4), ("N", 4)),
        sample({}, ("N", 4), ("N", 4), (4,)),
    ],
)
class MultiLabelSoftMargin(Loss):
    """The mean over classes of the binary cross entropy of logits [B, C] with targets of 0 and 1, [B, C].

    A third tensor [C] weighs the classes.
    """

    function = "multilabel_soft_margin_loss"

    def shape(self, x: Shape, target: Shape, weight: Shape | None = None) -> Shape:
        each = equal(x, target)
        if not x:
            raise Problem(f"needs a score for each class, got {x}", "x")
        if weight is not None:
            _weighs(weight, x, "weight")
        return self.reduced(Shape(*each[:-1]))

    def dtype(self, x: str, target: str, weight: str = "") -> str:
        return floating(self, alike(x=x, target=target, weight=weight))

    def torch(self, x: Shape, target: Shape, weight: Shape | None = None) -> Torch:
        return self.call("x", "target") if weight is None else self.call("x", "target", weight="weight")
