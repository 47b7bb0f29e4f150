"""Losses of vectors that should be near or far, and of sequences."""

from __future__ import annotations

from moniel2.dims import Shape
from moniel2.ops.check import agree
from moniel2.ops.code import Arg, Call, Infix, Method, Torch
from moniel2.ops.common import floating
from moniel2.ops.dtypes import indices, numeric
from moniel2.ops.loss import Loss, equal
from moniel2.ops.spec import Category, Problem, arg, op, sample


def _vectors(a: Shape, b: Shape, port: str) -> Shape:
    """What is left of two equal tensors of vectors without the last axis."""
    both = equal(a, b, port)
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
        return self.reduced(equal(each, target))

    def dtype(self, x: str, y: str, target: str) -> str:
        numeric(target=target)
        return numeric(x=floating(self, x), y=y)

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
        return numeric(anchor=floating(self, anchor), positive=positive, negative=negative)

    def torch(self, anchor: Shape, positive: Shape, negative: Shape) -> Torch:
        return self.call("anchor", "positive", "negative")


@op(
    Category.LOSS,
    aliases=("TripletMarginWithDistanceLoss",),
    samples=[
        sample({}, ("N", 4), ("N", 4), ("N", 4)),
        sample({"distance": "cosine", "margin": 0.2, "reduction": "none"}, ("N", 4), ("N", 4), ("N", 4)),
        sample({"distance": "squared", "swap": True}, ("N", 4), ("N", 4), ("N", 4)),
    ],
)
class TripletMarginWithDistance(Loss):
    """``TripletMargin`` with another distance: Euclid's, its square, or 1 minus the cosine."""

    distance: str = arg(
        "euclidean",
        doc="how far two vectors are apart",
        choices=("euclidean", "squared", "cosine"),
        aliases=("distance_function",),
    )
    margin: float = arg(1.0, doc="how much nearer the like one should be")
    swap: bool = arg(False, doc="use the like vector as the anchor where it is nearer to the unlike one", keyword=True)

    def shape(self, anchor: Shape, positive: Shape, negative: Shape) -> Shape:
        _vectors(anchor, positive, "positive")
        return self.reduced(_vectors(anchor, negative, "negative"))

    def dtype(self, anchor: str, positive: str, negative: str) -> str:
        return numeric(anchor=floating(self, anchor), positive=positive, negative=negative)

    def torch(self, anchor: Shape, positive: Shape, negative: Shape) -> Torch:
        far = self._between("anchor", "negative")
        if self.swap:
            far = Call("torch.minimum", (far, self._between("positive", "negative")))
        near = Infix("-", (self._between("anchor", "positive"), far))
        each = Method(Infix("+", (near, self.margin)), "clamp", (), {"min": 0})
        return each if self.reduction == "none" else Method(each, self.reduction)

    def _between(self, a: str, b: str) -> Torch:
        pair = (Arg(a), Arg(b))
        if self.distance == "cosine":
            return Infix("-", (1, Call("F.cosine_similarity", pair, {"dim": -1})))
        if self.distance == "euclidean":
            return Call("F.pairwise_distance", pair)
        return Method(Method(Infix("-", pair), "square"), "sum", (-1,))


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
        return self.reduced(equal(equal(x, y, "y"), target))

    def dtype(self, x: str, y: str, target: str) -> str:
        return numeric(x=floating(self, x), y=y, target=target)

    def torch(self, x: Shape, y: Shape, target: Shape) -> Torch:
        return self.call("x", "y", "target")


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
        indices(target=target, input_lengths=input_lengths, target_lengths=target_lengths)
        return floating(self, x)

    def torch(self, x: Shape, target: Shape, input_lengths: Shape, target_lengths: Shape) -> Torch:
        return self.call("x", "target", "input_lengths", "target_lengths")
