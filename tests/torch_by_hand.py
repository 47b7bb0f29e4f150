"""What operations do that take more than a line of torch.

An operation without weights is a function of its arguments and tensors. One with weights is a module: it must take over
the operation's ``state_dict`` as it is, and then give the same. ``arguments_of`` an operation are plain numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from moniel2.dims import Dim, Shape

Reference = Callable[..., Any]


def conv(a: Any, x: Any) -> Any:
    rank = x.dim() - 2
    kernel, dilation, stride = each(a.kernel, rank), each(a.dilation, rank), each(a.stride, rank)
    channels = a.channels
    if channels is None:
        channels, *kernel = a.kernel
    if a.padding in ("same", "causal"):
        reach = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        pads = [(r // 2, r - r // 2) if a.padding == "same" else (r, 0) for r in reach]
    else:
        pads = [p if isinstance(p, tuple) else (p, p) for p in each(a.padding, rank)]
    layer: Any = getattr(nn, f"Conv{rank}d")(
        x.shape[1], channels, tuple(kernel), tuple(stride), 0, tuple(dilation), a.groups, a.bias
    )
    mode = "constant" if a.padding_mode == "zeros" else a.padding_mode
    layer.register_forward_pre_hook(lambda _, given: F.pad(given[0], flat(reversed(pads)), mode))
    return normed(layer, a.norm)


def conv_transpose(a: Any, x: Any) -> Any:
    rank = x.dim() - 2
    channels, kernel = (a.channels, each(a.kernel, rank)) if a.channels else (a.kernel[0], a.kernel[1:])
    made = getattr(nn, f"ConvTranspose{rank}d")
    layer = made(
        x.shape[1],
        channels,
        kernel,
        each(a.stride, rank),
        each(a.padding, rank),
        each(a.output_padding, rank),
        a.groups,
        a.bias,
        each(a.dilation, rank),
    )
    return normed(layer, a.norm)


def normed(layer: nn.Module, norm: str) -> nn.Module:
    parametrizations = nn.utils.parametrizations
    if norm == "weight":
        return parametrizations.weight_norm(layer)
    return parametrizations.spectral_norm(layer) if norm == "spectral" else layer


def each(value: Any, rank: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple) else (value,) * rank


def flat(pairs: Any) -> list[int]:
    return [n for pair in pairs for n in pair]


def pool(name: str) -> Reference:
    def made(a: Any, x: Any) -> Any:
        rank = x.dim() - 2
        stride = a.kernel if a.stride is None else a.stride
        if name == "MaxPool":
            layer = getattr(nn, f"MaxPool{rank}d")(a.kernel, stride, a.padding, a.dilation, True, a.ceil)
            return layer(x)
        if name == "LPPool":
            return getattr(nn, f"LPPool{rank}d")(a.norm, a.kernel, stride, a.ceil)(x)
        more = (a.divisor,) if rank > 1 else ()
        return getattr(nn, f"AvgPool{rank}d")(a.kernel, stride, a.padding, a.ceil, a.count_include_pad, *more)(x)

    return made


def fractional(a: Any, x: Any) -> Any:
    layer = getattr(nn, f"FractionalMaxPool{x.dim() - 2}d")(a.kernel, a.size, a.ratio, return_indices=True)
    return layer(x)


def unpool(a: Any, x: Any, indices: Any) -> Any:
    layer = getattr(nn, f"MaxUnpool{x.dim() - 2}d")(a.kernel, a.stride, a.padding)
    return layer(x, indices, each(a.size, x.dim() - 2) if a.size is not None else None)


def adaptive(kind: str, *more: bool) -> Reference:
    return lambda a, x: getattr(F, f"adaptive_{kind}_pool{x.dim() - 2}d")(x, a.size, *more)


def batch_norm(kind: str) -> Reference:
    def made(a: Any, x: Any) -> nn.Module:
        rank = max(x.dim() - 2, 1)
        layer = getattr(nn, f"{kind}{rank}d")
        return layer(x.shape[1], a.eps, a.momentum, a.affine, a.track, bias=a.bias)  # type: ignore[no-any-return]

    return made


def attention(a: Any, q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    if q.dim() == 4 and q.shape[1] != k.shape[1]:
        k, v = (t.repeat_interleave(q.shape[1] // t.shape[1], 1) for t in (k, v))
    scores = q @ k.transpose(-2, -1) * (q.shape[-1] ** -0.5 if a.scale is None else a.scale)
    if a.causal:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
    return F.dropout(scores.softmax(-1), a.dropout) @ v


def multi_head(a: Any, q: Any, k: Any, v: Any, mask: Any = None, key_mask: Any = None) -> nn.Module:
    layer = nn.MultiheadAttention(
        q.shape[2], a.heads, a.dropout, a.bias, a.add_bias_kv, a.add_zero_attn, k.shape[2], v.shape[2], batch_first=True
    )
    if a.causal:
        mask = torch.ones(q.shape[1], k.shape[1], dtype=torch.bool).triu(1)
    return With(layer, lambda made: made(q, k, v, attn_mask=mask, key_padding_mask=key_mask))


class With(nn.Module):
    """A module that is called in another way than with its tensors in order; its ``state_dict`` is the inner one's."""

    def __init__(self, inner: nn.Module, call: Callable[[Any], Any]) -> None:
        super().__init__()
        self.call = call
        for name, child in (*inner.named_children(), *inner.named_parameters(recurse=False)):
            setattr(self, name, child)
        object.__setattr__(self, "inner", inner)

    def forward(self, *_: Any) -> Any:
        return self.call(self.inner)


def recurrent(kind: str) -> Reference:
    def made(a: Any, x: Any, *states: Any) -> nn.Module:
        more = {"proj_size": a.projection} if kind == "LSTM" else {}
        more |= {"nonlinearity": a.nonlinearity} if kind == "RNN" else {}
        layer = getattr(nn, kind)(
            x.shape[2],
            a.hidden,
            num_layers=a.layers,
            bias=a.bias,
            batch_first=a.batch_first,
            dropout=a.dropout,
            bidirectional=a.bidirectional,
            **more,
        )
        first = tuple(s for s in states if s is not None)
        return With(layer, lambda made: made(x, *((first if kind == "LSTM" else first[0],) if first else ())))

    return made


def cell(kind: str) -> Reference:
    def made(a: Any, x: Any, *states: Any) -> nn.Module:
        more = {"nonlinearity": a.nonlinearity} if kind == "RNNCell" else {}
        layer = getattr(nn, kind)(x.shape[1], a.hidden, a.bias, **more)
        first = tuple(s for s in states if s is not None)
        return With(layer, lambda made: made(x, *((first if kind == "LSTMCell" else first[0],) if first else ())))

    return made


def embedding_bag(a: Any, x: Any, offsets: Any = None, weights: Any = None) -> nn.Module:
    layer = nn.EmbeddingBag(
        a.count,
        a.size,
        a.max_norm,
        a.norm_type,
        a.scale_grad_by_freq,
        a.mode,
        a.sparse,
        None,
        a.include_last_offset,
        a.padding_idx,
    )
    return With(layer, lambda made: made(x, offsets, weights))


def glu(a: Any, x: Any) -> Any:
    first, second = x.chunk(2, a.axis)
    gate = {"gelu": F.gelu, "silu": F.silu, "none": lambda t: t}.get(a.gate) or getattr(torch, a.gate)
    return first * gate(second)


def over(function: str, **more: Any) -> Reference:
    """A reduction of one tensor, one axis after the other."""

    def made(a: Any, x: Any, *others: Any) -> Any:
        axes = range(x.dim()) if a.axis is None else [axis % x.dim() for axis in each(a.axis, 1)]
        for axis in sorted(axes, reverse=True):
            x = getattr(x, function)(dim=axis, keepdim=a.keepdim, **more)
        return x

    return made


def merging(one: Reference, several: Reference) -> Reference:
    return lambda a, *xs: one(a, *xs) if len(xs) == 1 else several(*xs)


def together(function: Callable[..., Any]) -> Reference:
    """A reduction whose axes can't be taken one after the other."""

    def made(a: Any, x: Any) -> Any:
        axes = tuple(range(x.dim())) if a.axis is None else each(a.axis, 1)
        return function(a, x, axes)

    return made


def place(function: str) -> Reference:
    def made(a: Any, x: Any) -> Any:
        if a.axis is None:
            found = getattr(x.flatten(), function)()
            return found.reshape([1] * x.dim()) if a.keepdim else found
        return getattr(x, function)(a.axis, keepdim=a.keepdim)

    return made


def two(function: Callable[[Any, Any], Any]) -> Reference:
    return lambda a, x, y=None: function(x, a.value if y is None else y)


def fold(function: Callable[[Any, Any], Any]) -> Reference:
    """Any number of operands, and the argument ``value``."""

    def made(a: Any, *xs: Any) -> Any:
        result, *rest = xs
        for x in rest if getattr(a, "value", None) is None else (*rest, a.value):
            result = function(result, x)
        return result

    return made


def one(function: Callable[[Any], Any]) -> Reference:
    return lambda a, x: function(x)


def einops(a: Any, x: Any) -> Any:
    """Patterns of samples, as they are read aloud."""
    n = x.shape
    return {
        "b n (heads d) -> b heads n d": lambda: x.unflatten(-1, (a.sizes["heads"], -1)).transpose(1, 2),
        "b heads n d -> b n (heads d)": lambda: x.transpose(1, 2).flatten(2),
        "b c (h p) (w q) -> b (h w) (p q c)": lambda: (
            x.unfold(2, a.sizes["p"], a.sizes["p"])
            .unfold(3, a.sizes["q"], a.sizes["q"])
            .movedim(1, -1)
            .flatten(3)
            .flatten(1, 2)
        ),
        "b n (qkv heads d) -> qkv b heads n d": lambda: torch.stack(
            [t.unflatten(-1, (a.sizes["heads"], -1)).transpose(1, 2) for t in x.chunk(3, -1)]
        ),
        "... a b -> ... b a": lambda: x.mT,
        "b ... c -> b c ...": lambda: x.movedim(-1, 1),
        "b ... c -> b c (...)": lambda: x.flatten(1, -2).mT,
        "b 1 n -> b n 1": lambda: x.mT,
        "b n -> b 1 n 1": lambda: x[:, None, :, None],
        "b n -> b n": lambda: x,
        "b (x y) c -> b x c y": lambda: x.unflatten(1, (-1, a.sizes["y"]) if "y" in a.sizes else (a.sizes["x"], -1)).mT,
        "b c h w -> b (h w) c": lambda: x.flatten(2).transpose(1, 2),
        "b c h w -> b c": lambda: x.mean((2, 3)),
        "b c (h p) (w q) -> b c h w": lambda: F.max_pool2d(x, 2),
        "b n d -> b 1 d": lambda: x.sum(1, keepdim=True),
        "b n d -> d b": lambda: x.amin(1).T,
        "b ... -> b": lambda: x.flatten(1).prod(1),
        "b n -> n b": lambda: x.T,
        "n d -> b n d": lambda: torch.stack([x] * 3),
        "b h n d -> b (h r) n d": lambda: x.repeat_interleave(2, 1),
        "1 n d -> b n d": lambda: torch.cat([x] * 5),
        "b c h w -> b c (h p) (w q)": lambda: x.repeat_interleave(2, 2).repeat_interleave(2, 3),
        "b d -> d b r": lambda: torch.stack([x.T] * 3, -1),
    }.get(a.pattern, lambda: pytest.fail(f"no reading of {a.pattern} {tuple(n)}"))()


def interpolate(a: Any, x: Any) -> Any:
    corners = a.align_corners if a.mode in ("linear", "bilinear", "bicubic", "trilinear") else None
    size = each(a.size, x.dim() - 2) if a.size is not None else None
    return F.interpolate(x, size, a.scale, a.mode, corners, antialias=a.antialias)


def slice_(a: Any, x: Any) -> Any:
    return x.movedim(a.axis, 0)[slice(a.start, a.stop, a.step)].movedim(0, a.axis)


def crop(a: Any, x: Any) -> Any:
    sizes = each(a.sizes, x.dim() - 2)
    for axis, size in enumerate(sizes, x.dim() - len(sizes)):
        x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
    return x


def select_each(a: Any, x: Any, index: Any) -> Any:
    lead = x.shape[: a.axis]
    rows = x.reshape(math.prod(lead), *x.shape[a.axis :])
    return torch.stack([row[i] for row, i in zip(rows, index.flatten(), strict=True)]).reshape(
        *lead, *x.shape[a.axis + 1 :]
    )


def take(a: Any, x: Any, index: Any = None) -> Any:
    index = torch.tensor(each(a.indices, 1)) if index is None else index
    found = x.index_select(a.axis, index.flatten())
    return found.unflatten(a.axis, tuple(index.shape))


def drop_path(a: Any, x: Any) -> Any:
    keep = 1 - a.ratio
    mask = x.new_empty([x.shape[0]] + [1] * (x.dim() - 1)).bernoulli_(keep) if a.ratio else 1
    return x * mask / keep


def padded(a: Any, x: Any) -> Any:
    amounts = a.amounts * (2 * (x.dim() - 2)) if len(a.amounts) == 1 else a.amounts
    return F.pad(x, amounts, a.mode, a.value if a.mode == "constant" else None)


def loss(name: str, *options: str) -> Reference:
    def made(a: Any, *tensors: Any) -> Any:
        return getattr(F, name)(*tensors, **{o: getattr(a, o) for o in (*options, "reduction")})

    return made


def weighted_loss(name: str, *options: str) -> Reference:
    def made(a: Any, x: Any, target: Any, *weights: Any) -> Any:
        more = {k: w for k, w in zip(("weight", "pos_weight"), weights, strict=False) if w is not None}
        return getattr(F, name)(x, target, **more, **{o: getattr(a, o) for o in (*options, "reduction")})

    return made


def triplet(a: Any, anchor: Any, positive: Any, negative: Any) -> Any:
    distance = {
        "euclidean": lambda x, y: (x - y + 1e-6).norm(dim=-1),
        "squared": lambda x, y: ((x - y) ** 2).sum(-1),
        "cosine": lambda x, y: 1 - F.cosine_similarity(x, y, -1),
    }[a.distance]
    layer = nn.TripletMarginWithDistanceLoss(
        distance_function=distance, margin=a.margin, swap=a.swap, reduction=a.reduction
    )
    return layer(anchor, positive, negative)


def made(function: Callable[..., Any], *names: str) -> Reference:
    """A source: a function of its arguments alone."""
    return lambda a: function(*(getattr(a, n) for n in names), dtype=getattr(torch, a.dtype))


def arange(a: Any) -> Any:
    first, end = (0, a.start) if a.end is None else (a.start or 0, a.end)
    return torch.tensor(list(range(first, end, a.step)), dtype=getattr(torch, a.dtype))


def constant(a: Any) -> Any:
    value = torch.tensor(a.value, dtype=getattr(torch, a.dtype) if a.dtype else None)
    return value.expand(a.shape) if a.shape is not None else value


def bernoulli(a: Any, x: Any = None) -> Any:
    return x.bernoulli() if x is not None else torch.full(a.shape, a.p).bernoulli()


def letters(pattern: str) -> str:
    names: dict[str, str] = {}
    words = pattern.replace(",", " , ").replace("->", " -> ").split()
    return "".join(w if w in (",", "->", "...") else names.setdefault(w, chr(97 + len(names))) for w in words)


def plain(value: Any, sizes: dict[str, int]) -> Any:
    """An argument's value in Python: sizes as numbers, a single one of them without its tuple."""
    if isinstance(value, Dim):
        return value.at(sizes) if value.known else None
    if isinstance(value, Shape):
        return tuple(plain(d, sizes) for d in value)
    if isinstance(value, tuple):
        return tuple(plain(v, sizes) for v in value)
    return value


def arguments_of(op: Any, sizes: dict[str, int]) -> SimpleNamespace:
    found = {name: plain(value, sizes) for name, value in op.values.items()}
    for argument in op.spec.arguments:
        value = found[argument.name]
        if argument.kind in ("sizes", "axes", "ints") and isinstance(value, tuple) and len(value) == 1:
            found[argument.name] = value if argument.name == "amounts" else value[0]
        if argument.kind == "named":
            found[argument.name] = dict(value)
    return SimpleNamespace(**found)
