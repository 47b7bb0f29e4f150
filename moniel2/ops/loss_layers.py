"""Losses that hold the classifier whose scores they judge."""

from __future__ import annotations

from itertools import pairwise

from moniel2.dims import UNKNOWN, Dim, Shape
from moniel2.ops.check import agree, claimed
from moniel2.ops.code import Layer, Torch
from moniel2.ops.common import floating
from moniel2.ops.loss_classes import class_numbers
from moniel2.ops.space import positive, unlike
from moniel2.ops.spec import Category, Op, Problem, Weight, Weights, arg, op, sample

_INTS = ("float32", "int64")


def _judged(x: Shape, target: Shape, in_features: Dim | None) -> Dim:
    """The batch of vectors [B, D] and class numbers [B]. Raises ``Problem``."""
    if len(x) != 2:
        raise Problem(f"needs vectors [batch, features], got {x}", "x")
    message = f"needs a class number for each of {x[0]} vectors, got {target}"
    if len(target) != 1:
        raise Problem(message, "target")
    claimed(x[1], in_features, "input features", "in_features")
    return agree(x[0], target[0], message, "target")


@op(
    Category.LOSS,
    aliases=("AdaptiveLogSoftmaxWithLoss",),
    label="AdaptiveLogSoftmax {classes}",
    outputs=("out", "loss"),
    side_outputs=True,
    source="Grave et al., Efficient softmax approximation for GPUs, 2017",
    samples=[
        sample({"classes": 20, "cutoffs": (5, 12)}, ("N", 16), ("N",), dtypes=_INTS),
        sample(
            {"classes": 9, "cutoffs": 4, "div_value": 2, "head_bias": True, "in_features": 8},
            ("N", 8),
            ("N",),
            dtypes=_INTS,
        ),
    ],
)
class AdaptiveLogSoftmax(Op):
    """The logarithm of a softmax over very many classes, at the right one: of vectors [B, D] and numbers [B].

    Classes are numbered by how frequent they are. Those below the first cutoff stand in the head, the others in tails
    whose vectors are shorter by a factor ``div_value`` each. ``loss`` is minus the mean. Multiply-accumulates are those
    of the head and of every tail for the whole batch: the most there can be.
    """

    classes: Dim = arg(doc="how many classes", aliases=("n_classes", "num_classes"))
    cutoffs: tuple[int, ...] = arg(doc="the first class of each tail, rising")
    div_value: float = arg(4.0, doc="how much shorter the vectors of each further tail are")
    head_bias: bool = arg(False, doc="learn an offset for each output of the head")
    in_features: Dim | None = arg(None, doc="checked against the input's features", keyword=True)

    def shape(self, x: Shape, target: Shape) -> tuple[Shape, Shape]:
        batch = _judged(x, target, self.in_features)
        most = positive(self.classes, "classes").constant
        ends = self.cutoffs if most is None else (*self.cutoffs, most)
        if not self.cutoffs or self.cutoffs[0] < 1 or any(a >= b for a, b in pairwise(ends)):
            message = f"needs cutoffs that rise between 1 and {self.classes} classes, got {list(self.cutoffs)}"
            raise Problem(message, "cutoffs", rule="bad-value")
        return Shape(batch), Shape()

    def dtype(self, x: str, target: str) -> tuple[str, str]:
        class_numbers(target, "target")
        return floating(self, x), x

    def weights(self, x: Shape, target: Shape) -> Weights:
        head = Dim.of(self.cutoffs[0] + len(self.cutoffs))
        weights = {"head.weight": Weight(Shape(head, x[1]))}
        if self.head_bias:
            weights["head.bias"] = Weight(Shape(head))
        ends = (*map(Dim.of, self.cutoffs), self.classes)
        for i, (start, end) in enumerate(pairwise(ends)):
            narrow = self._narrow(x[1], i)
            weights[f"tail.{i}.0.weight"] = Weight(Shape(narrow, x[1]))
            weights[f"tail.{i}.1.weight"] = Weight(Shape(end - start, narrow))
        return weights

    def _narrow(self, width: Dim, tail: int) -> Dim:
        factor = self.div_value ** (tail + 1)
        if float(factor).is_integer():
            return width // int(factor)
        return Dim.of(int(width.constant // factor)) if width.constant is not None else UNKNOWN

    def macs(self, x: Shape, target: Shape) -> Dim:
        total = Dim.of(0)
        for name, weight in self.weights(x, target).items():
            if name.endswith("weight"):
                total = total + weight.shape.size
        return x[0] * total

    def torch(self, x: Shape, target: Shape) -> Torch:
        options = unlike(div_value=(self.div_value, 4), head_bias=(self.head_bias, False))
        arguments = (x[1], self.classes, list(self.cutoffs))
        return Layer("nn.AdaptiveLogSoftmaxWithLoss", arguments, options, pick=((0,), (1,)))


@op(
    Category.LOSS,
    aliases=("LinearCrossEntropyLoss",),
    label="LinearCrossEntropy {classes}",
    samples=[
        sample({"classes": 7}, ("N", 4), ("N",), dtypes=_INTS),
        sample(
            {"classes": 7, "bias": True, "reduction": "none", "label_smoothing": 0.1, "ignore_index": 2},
            ("N", 4),
            ("N",),
            dtypes=_INTS,
        ),
    ],
)
class LinearCrossEntropy(Op):
    """A linear classifier and its cross entropy in one, so that the scores needn't be kept: [B, D] and classes [B]."""

    classes: Dim = arg(doc="how many classes", aliases=("num_classes",))
    bias: bool = arg(False, doc="add a learned offset per class", aliases=("use_bias",), keyword=True)
    reduction: str = arg(
        "mean", doc="what becomes of the examples' losses", choices=("mean", "sum", "none"), keyword=True
    )
    label_smoothing: float = arg(0.0, doc="how much of the target is spread over all classes", keyword=True)
    ignore_index: int | None = arg(None, doc="the class number that doesn't count", keyword=True)
    in_features: Dim | None = arg(None, doc="checked against the input's features", keyword=True)

    def shape(self, x: Shape, target: Shape) -> Shape:
        batch = _judged(x, target, self.in_features)
        positive(self.classes, "classes")
        return Shape(batch) if self.reduction == "none" else Shape()

    def dtype(self, x: str, target: str) -> str:
        class_numbers(target, "target")
        return floating(self, x)

    def weights(self, x: Shape, target: Shape) -> Weights:
        weights = {"linear.weight": Weight(Shape(self.classes, x[1]))}
        if self.bias:
            weights["linear.bias"] = Weight(Shape(self.classes))
        return weights

    def macs(self, x: Shape, target: Shape) -> Dim:
        return x.size * self.classes

    def torch(self, x: Shape, target: Shape) -> Torch:
        options = unlike(
            bias=(self.bias, False),
            reduction=(self.reduction, "mean"),
            label_smoothing=(self.label_smoothing, 0),
            ignore_index=(self.ignore_index, None),
        )
        return Layer("nn.LinearCrossEntropyLoss", (x[1], self.classes), options)
