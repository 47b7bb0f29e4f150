"""Noise for training: what is dropped is scaled away in evaluation, where all of these do nothing."""

from __future__ import annotations

from moniel2.dims import Shape
from moniel2.ops.code import Layer, Source, Torch
from moniel2.ops.common import floating, no_macs, no_weights
from moniel2.ops.space import ranked, spatial
from moniel2.ops.spec import Category, Op, Problem, arg, op, sample

_RATIO = ("p", "rate", "drop_prob")


class Dropping(Op):
    """What all of these share: a ``ratio``, the shape of the input, no weights."""

    ratio: float

    def shape(self, x: Shape) -> Shape:
        return self.checked(x)

    def checked(self, x: Shape) -> Shape:
        """The input's shape. Raises ``Problem`` if ``ratio`` isn't a probability."""
        if not 0 <= self.ratio <= 1:
            less = self.ratio / (10 if self.ratio < 10 else 100)
            mend = f"ratio = {less:g}" if 1 < self.ratio < 100 else None
            raise Problem(f"ratio must be between 0 and 1, got {self.ratio}", "ratio", mend, "wrong-argument")
        return x

    dtype = floating
    weights = no_weights
    macs = no_macs


@op(
    Category.REGULARIZATION,
    moniel="Dropout",
    label="Dropout {ratio}",
    random=True,
    source="Hinton et al., Improving Neural Networks by Preventing Co-Adaptation of Feature Detectors, 2012",
    samples=[sample({}, ("N", 4, "H", "W")), sample({"ratio": 0.1}, ("N",))],
)
class Dropout(Dropping):
    """In training each value becomes 0 with the probability ``ratio``; the others grow by 1/(1 - ratio)."""

    ratio: float = arg(0.5, doc="the probability to drop", aliases=_RATIO)

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.Dropout", (self.ratio,))


@op(
    Category.REGULARIZATION,
    presets=ranked("Dropout{}d", "SpatialDropout{}d"),
    label="ChannelDropout {ratio}",
    random=True,
    source="Tompson et al., Efficient Object Localization Using Convolutional Networks, 2014",
    samples=[
        sample({}, ("N", 4, "H", "W")),
        sample({"ratio": 0.1}, ("N", 4, "L")),
        sample({"ratio": 0.1}, ("N", 4, 2, "H", "W")),
    ],
)
class ChannelDropout(Dropping):
    """In training each whole channel (axis 1) becomes 0 with the probability ``ratio``."""

    ratio: float = arg(0.5, doc="the probability to drop", aliases=_RATIO)
    rank: int | None = arg(None, doc="spatial axes; the input's if not given (Dropout2d says 2)", keyword=True)

    def shape(self, x: Shape) -> Shape:
        spatial(x, self.rank)
        return self.checked(x)

    def torch(self, x: Shape) -> Torch:
        return Layer(f"nn.Dropout{len(x) - 2}d", (self.ratio,))


@op(
    Category.REGULARIZATION,
    label="AlphaDropout {ratio}",
    random=True,
    source="Klambauer et al., Self-Normalizing Neural Networks, 2017",
    samples=[sample({}, ("N", "C")), sample({"ratio": 0.1}, ("N", 4, "H", "W"))],
)
class AlphaDropout(Dropping):
    """Dropout that keeps mean and variance: what is dropped becomes SELU's least value."""

    ratio: float = arg(0.5, doc="the probability to drop", aliases=_RATIO)

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.AlphaDropout", (self.ratio,))


@op(
    Category.REGULARIZATION,
    label="FeatureAlphaDropout {ratio}",
    random=True,
    source="Klambauer et al., Self-Normalizing Neural Networks, 2017",
    samples=[sample({}, ("N", "C")), sample({"ratio": 0.1}, ("N", 4, "H", "W"))],
)
class FeatureAlphaDropout(Dropping):
    """AlphaDropout of whole channels (axis 1)."""

    ratio: float = arg(0.5, doc="the probability to drop", aliases=_RATIO)

    def shape(self, x: Shape) -> Shape:
        if len(x) < 2:
            raise Problem(f"needs at least 2 dimensions (batch, channels), got {x}", "x")
        return self.checked(x)

    def torch(self, x: Shape) -> Torch:
        return Layer("nn.FeatureAlphaDropout", (self.ratio,))


_DROP_PATH = '''\
class DropPath(nn.Module):
    """Drops the branch of whole examples in training (Huang et al. 2016)."""

    def __init__(self, ratio: float) -> None:
        super().__init__()
        self.ratio = ratio

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.ratio == 0:
            return x
        keep = 1 - self.ratio
        mask = x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(keep)
        return x * mask / keep if keep > 0 else x * mask

    def extra_repr(self) -> str:
        return f"ratio={self.ratio}"
'''


@op(
    Category.REGULARIZATION,
    aliases=("StochasticDepth",),
    label="DropPath {ratio}",
    random=True,
    source="Huang et al., Deep Networks with Stochastic Depth, 2016",
    samples=[sample({"ratio": 0.2}, ("N", 4, "H", "W")), sample({"ratio": 0}, ("N",))],
)
class DropPath(Dropping):
    """In training each whole example of the batch becomes 0 with the probability ``ratio``: its branch is skipped."""

    ratio: float = arg(doc="the probability to drop", aliases=_RATIO)

    def shape(self, x: Shape) -> Shape:
        if not x:
            raise Problem("needs a batch to drop from, got a scalar", "x")
        return self.checked(x)

    def torch(self, x: Shape) -> Torch:
        return Source(Layer("DropPath", (self.ratio,)), "DropPath", _DROP_PATH)
