"""Tables of vectors, looked up by number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.check import agree
from moniel2.ops.code import Arg, Call, Layer, Torch
from moniel2.ops.common import no_macs
from moniel2.ops.dtypes import alike
from moniel2.ops.space import positive, unlike
from moniel2.ops.spec import Category, Op, Problem, Weight, Weights, arg, op, sample

_COUNT = ("num_embeddings", "vocabulary", "words")
_SIZE = ("embedding_dim", "width", "features")


def _looked_up(x: str) -> str:
    """The dtype of what a table holds. Raises ``Problem`` if it isn't asked with whole numbers."""
    if x and x not in ("int64", "int32", "int"):
        mend = "the input is declared with In(int64)[…], or cast it: Cast(int64)"
        raise Problem(f"needs int64 numbers to look up, got {x}", "x", mend, "dtype-mismatch")
    return "float32"


def _refuse_padding(padding_idx: int | None, count: Dim) -> None:
    n = count.constant
    if padding_idx is not None and n is not None and not -n <= padding_idx < n:
        raise Problem(f"padding_idx {padding_idx} is not one of {n} words", "padding_idx", f"0 to {n - 1}")


@op(
    Category.EMBEDDING,
    label="Embedding {count} × {size}",
    source="Bengio et al., A Neural Probabilistic Language Model, 2003",
    samples=[
        sample({"count": 7, "size": "D"}, ("B", "T"), dtypes=("int64",)),
        sample({"count": 7, "size": 5, "padding_idx": -1, "max_norm": 1.0}, (), dtypes=("int32",)),
        sample({"count": "C", "size": 3, "norm_type": 1, "max_norm": 2.0, "sparse": True}, ("B",), dtypes=("int64",)),
    ],
)
class Embedding(Op):
    """One learned vector for each of ``count`` words: numbers ``[...]`` become ``[..., size]``."""

    count: Dim = arg(doc="how many vectors", aliases=_COUNT)
    size: Dim = arg(doc="length of a vector", aliases=_SIZE)
    padding_idx: int | None = arg(None, doc="the word whose vector is zeros and isn't trained")
    max_norm: float | None = arg(None, doc="longer vectors are shortened to this")
    norm_type: float = arg(2.0, doc="the norm that max_norm means")
    scale_grad_by_freq: bool = arg(False, doc="divide gradients by how often a word occurs in the batch")
    sparse: bool = arg(False, doc="sparse gradients")

    @classmethod
    def told_by(cls, weight: Shape, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"count": weight[0], "size": weight[1]} if len(weight) == 2 else {}

    def shape(self, x: Shape) -> Shape:
        _refuse_padding(self.padding_idx, positive(self.count, "count"))
        return Shape(*x, positive(self.size, "size"))

    def dtype(self, x: str) -> str:
        return _looked_up(x)

    def weights(self, x: Shape) -> Weights:
        return {"weight": Weight(Shape(self.count, self.size))}

    macs = no_macs

    def torch(self, x: Shape) -> Torch:
        options = unlike(
            padding_idx=(self.padding_idx, None),
            max_norm=(self.max_norm, None),
            norm_type=(self.norm_type, 2),
            scale_grad_by_freq=(self.scale_grad_by_freq, False),
            sparse=(self.sparse, False),
        )
        call = Call("F.embedding", (Arg("x"), Arg("weight")), options)
        return Layer("nn.Embedding", (self.count, self.size), options, functional=call)


@op(
    Category.EMBEDDING,
    label="EmbeddingBag {count} × {size}",
    source="Joulin et al., Bag of Tricks for Efficient Text Classification, 2016",
    samples=[
        sample({"count": 7, "size": "D"}, ("B", "T"), dtypes=("int64",)),
        sample({"count": 7, "size": 5, "mode": "max", "padding_idx": 0}, ("B", "T"), dtypes=("int64",)),
        sample({"count": 7, "size": 5}, ("T",), (1,), dtypes=("int64", "int64")),
        sample(
            {"count": 7, "size": 5, "mode": "sum"}, ("B", "T"), None, ("B", "T"), dtypes=("int64", "int64", "float32")
        ),
    ],
)
class EmbeddingBag(Op):
    """The mean, sum or maximum of the vectors of a bag of words: ``[B, T]`` becomes ``[B, size]``.

    With ``offsets`` ``[B]`` the words of all bags stand in one row ``[T]``, and bag i begins at ``offsets[i]``.
    """

    count: Dim = arg(doc="how many vectors", aliases=_COUNT)
    size: Dim = arg(doc="length of a vector", aliases=_SIZE)
    max_norm: float | None = arg(None, doc="longer vectors are shortened to this")
    norm_type: float = arg(2.0, doc="the norm that max_norm means")
    scale_grad_by_freq: bool = arg(False, doc="divide gradients by how often a word occurs in the batch")
    mode: str = arg("mean", doc="how a bag becomes one vector", choices=("mean", "sum", "max"))
    sparse: bool = arg(False, doc="sparse gradients")
    include_last_offset: bool = arg(False, doc="the last offset is the end of the last bag")
    padding_idx: int | None = arg(None, doc="the word that doesn't count")

    @classmethod
    def told_by(cls, weight: Shape, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"count": weight[0], "size": weight[1]} if len(weight) == 2 else {}

    def shape(self, x: Shape, offsets: Shape | None = None, per_sample_weights: Shape | None = None) -> Shape:
        _refuse_padding(self.padding_idx, positive(self.count, "count"))
        size = positive(self.size, "size")
        if per_sample_weights is not None:
            self._weighted(x, per_sample_weights)
        if offsets is None:
            if len(x) != 2:
                raise Problem(f"needs bags [B, T], or one row [T] with offsets, got {x}", "x")
            return Shape(x[0], size)
        if len(x) != 1 or len(offsets) != 1:
            raise Problem(f"with offsets needs one row [T] and offsets [B], got {x} and {offsets}", "offsets")
        return Shape(offsets[0] - 1 if self.include_last_offset else offsets[0], size)

    def _weighted(self, x: Shape, weights: Shape) -> None:
        if self.mode != "sum":
            raise Problem(f"takes weights of words only for sums, not for {self.mode}", "mode", 'mode = "sum"')
        message = f"needs a weight for each word, got {weights} for {x}"
        if len(x) != len(weights):
            raise Problem(message, "per_sample_weights")
        for m, n in zip(x, weights, strict=True):
            agree(m, n, message, "per_sample_weights")

    def dtype(self, x: str, offsets: str = "", per_sample_weights: str = "") -> str:
        alike(x=x, offsets=offsets)
        return alike(table=_looked_up(x), per_sample_weights=per_sample_weights)

    def weights(self, x: Shape, offsets: Shape | None = None, per_sample_weights: Shape | None = None) -> Weights:
        return {"weight": Weight(Shape(self.count, self.size))}

    macs = no_macs

    def torch(self, x: Shape, offsets: Shape | None = None, per_sample_weights: Shape | None = None) -> Torch:
        options = unlike(
            max_norm=(self.max_norm, None),
            norm_type=(self.norm_type, 2),
            scale_grad_by_freq=(self.scale_grad_by_freq, False),
            mode=(self.mode, "mean"),
            sparse=(self.sparse, False),
            include_last_offset=(self.include_last_offset, False),
            padding_idx=(self.padding_idx, None),
        )
        more: dict[str, Any] = {}
        if offsets is not None:
            more["offsets"] = Arg("offsets")
        if per_sample_weights is not None:
            more["per_sample_weights"] = Arg("per_sample_weights")
        call = Call("F.embedding_bag", (Arg("x"), Arg("weight")), {**options, **more})
        return Layer(
            "nn.EmbeddingBag", (self.count, self.size), options, call=(Arg("x"),), call_kwargs=more, functional=call
        )
