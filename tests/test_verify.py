"""``verify``: equal networks are equal however they are written, a planted difference is found and its place said."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint

import moniel2
from moniel2.tools.cli import main
from moniel2.verification import Misuse, Report, verify

# ------------------------------------------------------------------------------------ a small CNN

CNN = """
+Block(C, stride = 1) {
    x:In[B, Cin, _, _] -> conv1:Conv(C, 3, stride, padding = 1, bias = false) -> BN -> ReLU
    -> conv2:Conv(C, 3, padding = 1, bias = false) -> BN -> y
    x -> (Conv(C, 1, stride) if stride > 1 else Identity) -> s
    [y, s] -> Add -> ReLU -> Out
}
image:In[B, 3, H, W] -> Conv(8, 3, padding = 1) -> BN -> ReLU -> Block(8) -> Block(8) -> Block(8, 2)
-> GlobalAvgPool -> Flatten -> Dropout(0.2) -> Linear(5) -> Out
"""


class Block(nn.Module):
    def __init__(self, c: int, stride: int = 1) -> None:
        super().__init__()
        self.nb, self.na = nn.BatchNorm2d(c), nn.BatchNorm2d(c)
        self.b = nn.Conv2d(c, c, 3, 1, 1, bias=False)
        self.a = nn.Conv2d(c, c, 3, stride, 1, bias=False)
        self.short = nn.Conv2d(c, c, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: Any) -> Any:
        short = self.short(x)
        y = F.relu(self.na(self.a(x)))
        return F.relu(short + self.nb(self.b(y)))


class Net(nn.Module):
    """The same as ``CNN``, registered and written in other ways and in another order."""

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.fc = nn.Linear(8, classes)
        self.blocks = nn.Sequential(Block(8), Block(8), Block(8, 2))
        self.stem, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.drop = nn.Dropout(0.2)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.norm(self.stem(x)))
        return self.fc(self.drop(self.blocks(x).mean((2, 3))))


# ------------------------------------------------------------------------------- a small transformer

LAYER = """
x:In[B, N, 16] -> norm:LN -> n
n -> query:Linear(16) -> Heads -> q
n -> key:Linear(16) -> Heads -> k
n -> value:Linear(16) -> Heads -> v
[query = q, key = k, value = v] -> ScaledDotProductAttention(dropout = 0.1)
-> Rearrange("b heads n d -> b n (heads d)", heads = 2) -> out:Linear(16) -> y
[x, y] -> Add -> z -> up:Linear(64) -> GELU -> down:Linear(16) -> f
scale:Parameter[16] -> s
[f, s] -> Mul -> m
[z, m] -> Add -> head:Linear(3) -> logits:Out
+Heads = Rearrange("b n (heads d) -> b heads n d", heads = 2)
"""


class Layer(nn.Module):
    """The same as ``LAYER``, attention by hand, values first, the layer scale a bare parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((16,), 1e-6))
        self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 3)
        self.value, self.query, self.key, self.out = (nn.Linear(16, 16) for _ in range(4))
        self.up, self.down = nn.Linear(16, 64), nn.Linear(64, 16)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Any) -> Any:
        n = self.norm(x)
        v, k, q = (part(n).unflatten(-1, (2, 8)).transpose(1, 2) for part in (self.value, self.key, self.query))
        weights = self.drop((q @ k.transpose(-2, -1) / math.sqrt(8)).softmax(-1))
        x = x + self.out((weights @ v).transpose(1, 2).flatten(2))
        return self.head(x + self.scale * self.down(F.gelu(self.up(x))))


def compare(text: str, reference: Any, **options: Any) -> Report:
    return moniel2.loads(dedent(text), name="net.nn").verify(reference, **options)


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, (old, text.count(old))
    return text.replace(old, new)


def verdicts(report: Report) -> dict[str, bool]:
    return {check.name: check.equal for check in report.checks}


@pytest.mark.parametrize(("text", "reference"), [(CNN, Net), (LAYER, Layer)])
def test_equal_however_it_is_written(text: str, reference: Any) -> None:
    report = compare(text, reference)
    assert report.equal and report, str(report)
    assert verdicts(report).keys() == {
        "parameters", "weights", "outputs", "other sizes", "training", "dropout", "gradients", "statistics", "trained",
        "single precision",
    }  # fmt: skip


# What is changed in the description, and what is said of both at the place where they part.
PLANTED = {
    "a missing relu": (
        CNN, "-> BN -> ReLU\n    -> conv2", "-> BN\n    -> conv2",
        "BatchNorm2d", "Conv2d(8, 8, kernel_size=(3, 3)", "net.nn:4:14", "F.relu(self.na(self.a(x)))",
    ),
    "one relu too many": (
        CNN, "-> BN -> y", "-> BN -> ReLU -> y",
        "BatchNorm2d", "ReLU()", "net.nn:4:61", "short + self.nb(self.b(y))",
    ),
    "another activation": (
        CNN, "-> BN -> ReLU -> Block(8) ->", "-> BN -> GELU -> Block(8) ->",
        "BatchNorm2d", "GELU", "net.nn:8:58", "F.relu(self.norm(self.stem(x)))",
    ),
    "the stride elsewhere": (
        CNN, "Block(8) -> Block(8, 2)", "Block(8, 2) -> Block(8)",
        "ReLU", "stride=(2, 2)", "net.nn:3:33", "stride=(1, 1)",
    ),
    "layers swapped": (
        CNN, "padding = 1) -> BN -> ReLU -> Block", "padding = 1) -> ReLU -> BN -> Block",
        "Conv2d(3, 8", "ReLU()", "net.nn:8:52", "BatchNorm2d",
    ),
    "another epsilon": (
        CNN, "3, padding = 1) -> BN ->", "3, padding = 1) -> BN(eps = 1e-6) ->",
        "Conv2d(3, 8", "eps=1e-06", "net.nn:8:52", "eps=1e-05",
    ),
    "another padding": (
        CNN, "conv2:Conv(C, 3, padding = 1", 'conv2:Conv(C, 3, padding = 1, padding_mode = "reflect"',
        "ReLU", "padding_mode=reflect", "net.nn:4:14", "padding=(1, 1)",
    ),
    "no shortcut": (
        CNN, "[y, s] -> Add", "[y, y] -> Add",
        "BatchNorm2d", "Add", "net.nn:6:15", "short + self.nb(self.b(y))",
    ),
    "a dropout rate": (
        CNN, "Dropout(0.2)", "Dropout(0.3)",
        "AdaptiveAvgPool2d", "Dropout(p=0.3", "net.nn:9:32", "Dropout(p=0.2",
    ),
    "a dropout too many": (
        CNN, "-> BN -> y", "-> BN -> Dropout(0.1) -> y",
        "BatchNorm2d", "Dropout(p=0.1", "net.nn:4:61", "short + self.nb(self.b(y))",
    ),
    "tanh for erf": (
        LAYER, "GELU", 'GELU(approximate = "tanh")',
        "Linear(in_features=16, out_features=64", "GELU(approximate='tanh')", "net.nn:8:40", "F.gelu(self.up(x))",
    ),
    "a scale": (
        LAYER, "(dropout = 0.1)", "(dropout = 0.1, scale = 1)",
        "Linear(in_features=16, out_features=16", "ScaledDotProductAttention", "net.nn:6:36", "q @ k.transpose(-2, -1)",
    ),
    "attention's dropout": (
        LAYER, "(dropout = 0.1)", "(dropout = 0.2)",
        "ScaledDotProductAttention", "ScaledDotProductAttention", "net.nn:6:36", "Dropout(p=0.1",
    ),
    "another shortcut": (
        LAYER, "[x, y] -> Add", "[n, y] -> Add",
        "Linear(in_features=16, out_features=16", "Add", "net.nn:8:11", "x + self.out(",
    ),
    "norm after": (
        LAYER, "norm:LN -> n", "norm:LN(eps = 1e-12) -> n",
        None, "eps=1e-12", "net.nn:2:24", "eps=1e-05",
    ),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_difference_is_found(planted: tuple[str, str, str, str | None, str, str, str]) -> None:
    text, old, new, agreed, does, where, does_there = planted
    report = compare(changed(text, old, new), Net if text is CNN else Layer)
    assert not report.equal
    assert report.parting is not None, str(report)
    if agreed is None:
        assert report.parting.agreed is None
    else:
        assert report.parting.agreed is not None and agreed in report.parting.agreed[1].does, str(report)
    assert does in report.parting.ours.does, str(report)
    assert report.parting.ours.where.startswith(where), str(report)
    assert does_there in report.parting.theirs.does, str(report)


def test_a_missing_layer_scale_is_a_matter_of_shapes() -> None:
    report = compare(changed(LAYER, "scale:Parameter[16] -> s\n[f, s] -> Mul -> m", "f -> m"), Layer)
    (check,) = report.checks
    assert not check.equal and check.details == ("the reference has scale [16]; the description nothing like it",)


def test_another_kernel_size_is_shown_in_both() -> None:
    report = compare(changed(CNN, "conv1:Conv(C, 3, stride, padding = 1", "conv1:Conv(C, 5, stride, padding = 2"), Net)
    (check,) = report.checks
    assert check.found == "6,981 in 26 tensors, the reference has 3,909 in 26"
    assert check.details[0].startswith(
        "block.conv1.weight [8, 8, 5, 5] at net.nn:3:33, block.conv1; in the reference blocks.0.a."
    )


def test_a_weight_too_many_is_named_by_its_name() -> None:
    """Two biases of one shape stand one after the other; the names say which of them is too many."""
    text = "x:In[B, 3, 8, 8] -> conv:Conv(4, 3, bias = {}) -> bn:BN -> y:Out"
    found: dict[str, tuple[str, ...]] = {}
    for mine, other in (("false", "true"), ("true", "false")):
        reference = moniel2.loads(text.format(other)).module()
        (check,) = compare(text.format(mine), lambda reference=reference: reference).checks
        found[mine] = check.details
    assert [d.startswith("the reference has conv.bias of Conv2d") for d in found["false"]] == [True]
    assert [d.startswith("conv.bias [4] at net.nn:1:") for d in found["true"]] == [True]


def test_what_is_put_together_crosswise_is_said_to_be() -> None:
    text = "a:In[B, 4] -> p; b:In[B, 4] -> q; [{}] -> Concat(axis = 1) -> Linear(3) -> y:Out"
    reference = moniel2.loads(text.format("q, p")).module()
    report = compare(text.format("p, q"), lambda: reference)
    assert report.parting is not None and report.parting.reordered
    assert report.parting.ours.does == "Concat" and "torch.cat([b, a], dim=1)" in report.parting.theirs.does
    assert "  then the same numbers in another order\n    description   Concat" in str(report)


def test_another_momentum_shows_in_the_statistics() -> None:
    report = compare(changed(CNN, "3, padding = 1) -> BN ->", "3, padding = 1) -> BN(momentum = 0.2) ->"), Net)
    assert [name for name, equal in verdicts(report).items() if not equal] == ["statistics"]
    (check,) = [c for c in report.checks if not c.equal]
    assert (
        "momentum=0.2" in check.details[0]
        and "net.nn:8:52" in check.details[0]
        and "norm.running_mean" in check.details[0]
    )


def test_an_epsilon_shows_in_the_outputs_in_double_precision() -> None:
    report = compare(changed(LAYER, "norm:LN", "norm:LN(eps = 1.1e-5)"), Layer)
    assert [name for name, equal in verdicts(report).items() if not equal] == ["outputs"]


class Rounding(Layer):
    """Loses digits on the way, of which double precision has enough."""

    def forward(self, x: Any) -> Any:
        return super().forward(x) + 1e4 - 1e4


def test_what_shows_in_single_precision_only() -> None:
    report = compare(LAYER, Rounding)
    assert [name for name, equal in verdicts(report).items() if not equal] == ["single precision"]


def test_dropouts_are_told_by_their_rates() -> None:
    report = compare(changed(CNN, "Dropout(0.2)", "Dropout(0.3)"), Net)
    (check,) = [c for c in report.checks if c.name == "dropout"]
    assert not check.equal and check.details == (
        "1 × dropout of 0.3 over 16 in the description only",
        "1 × dropout of 0.2 over 16 in the reference only",
    )


def test_names_that_are_crossed() -> None:
    """Queries and keys exchanged make the same network of other names: a checkpoint would come out wrong."""
    report = compare(changed(LAYER, "query = q, key = k", "query = k, key = q"), Layer)
    assert [name for name, equal in verdicts(report).items() if not equal] == ["weights"]
    (check,) = [c for c in report.checks if not c.equal]
    assert "query.weight works as the reference's key.weight" in check.details


LOOK = """
x:In[B, N, 8] -> query:Linear(8, bias = false) -> q
x -> key:Linear(8, bias = false) -> Transpose(1, 2) -> k
x -> value:Linear(8, bias = false) -> v
[q, k] -> MatMul -> Softmax(axis = -1) -> a
[a, v] -> MatMul -> Out
"""


class Look(nn.Module):
    def __init__(self, axis: int = 2) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(8, 8, bias=False) for _ in range(3))
        self.axis = axis

    def forward(self, x: Any) -> Any:
        scores = self.query(x) @ self.key(x).transpose(1, 2)
        return scores.softmax(self.axis) @ self.value(x)


def test_a_softmax_over_another_axis_is_found_at_the_softmax() -> None:
    """While queries and keys have the same weights, scores have the same softmax along both axes."""
    assert compare(LOOK, Look).equal
    report = compare(LOOK, lambda: Look(1))
    assert report.parting is not None
    assert "Softmax" in report.parting.ours.does and "softmax" in report.parting.theirs.does, str(report)


class Frozen(Net):
    def __init__(self) -> None:
        super().__init__()
        self.stem.requires_grad_(False)


def test_what_is_trained() -> None:
    report = compare(CNN, Frozen)
    assert [name for name, equal in verdicts(report).items() if not equal] == ["trained"]
    assert "conv.weight is trained in the description, frozen in the reference" in str(report)


class Stopped(Net):
    def forward(self, x: Any) -> Any:
        x = F.relu(self.norm(self.stem(x))).detach()
        return self.fc(self.drop(self.blocks(x).mean((2, 3))))


def test_gradients_that_stop() -> None:
    report = compare(CNN, Stopped)
    assert [name for name, equal in verdicts(report).items() if not equal] == ["gradients"]
    assert "conv.weight" in str(report)


class OneSize(nn.Module):
    """The mean of a picture of 12 by 12 pixels, and only of that."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(1, 4, 3), nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        return self.fc(self.conv(x).flatten(2).sum(-1) / 10**2)


def test_a_second_size_is_tried() -> None:
    report = compare("In[B, 1, H, H] -> Conv(4, 3) -> GlobalAvgPool -> Flatten -> Linear(2) -> Out", OneSize)
    assert [name for name, equal in verdicts(report).items() if not equal] == ["other sizes"]


# ------------------------------------------------------------------------------ what one run may hide

GATED = """
x:In[B, 4, H, W] -> conv:Conv(8, 3, padding = 1) -> y
y -> GlobalAvgPool -> squeeze:Conv(1, 1) -> ReLU -> excite:Conv(8, 1) -> Sigmoid -> s
[y, s] -> Mul -> Out
"""


class Gated(nn.Module):
    """The same as ``GATED``; ``pool`` is how it squeezes."""

    def __init__(self, pool: str = "mean") -> None:
        super().__init__()
        self.conv, self.squeeze, self.excite = nn.Conv2d(4, 8, 3, padding=1), nn.Conv2d(8, 1, 1), nn.Conv2d(1, 8, 1)
        self.pool = pool

    def forward(self, x: Any) -> Any:
        y = self.conv(x)
        pooled = getattr(torch, self.pool)(y, (2, 3), keepdim=True)
        return y * self.excite(self.squeeze(pooled).relu()).sigmoid()


@pytest.mark.parametrize("seed", range(6))
def test_what_a_dead_relu_hides_is_found_with_other_weights(seed: int) -> None:
    """With half of all numbers the one channel of the squeeze gives nothing whatever it gets."""
    model = moniel2.loads(GATED, name="net.nn")
    assert verify(model.ir, Gated, seed=seed).equal
    report = verify(model.ir, lambda: Gated("amax"), seed=seed)
    assert report.parting is not None and "AdaptiveAvgPool2d" in report.parting.ours.does, str(report)
    assert "getattr(torch, self.pool)" in report.parting.theirs.does


def test_a_bound_that_is_seldom_reached_is_found() -> None:
    text = "x:In[B, 8] -> LN -> Linear(8) -> ReLU -> Linear(3) -> Out"
    reference = moniel2.loads(text.replace("ReLU", "ReLU6")).module()
    report = compare(text, reference)
    assert report.parting is not None and report.parting.theirs.does == "ReLU6()", str(report)


def test_a_slope_shows_behind_a_maximum() -> None:
    """Were all biases positive, hardly a maximum of four would be negative."""
    text = "x:In[B, 4, H, W] -> Conv(4, 3) -> BN -> LeakyReLU(0.1) -> MaxPool(2) -> Out"
    reference = moniel2.loads(text.replace("0.1", "0.2")).module()
    assert [c.name for c in compare(text, reference).checks if not c.equal] == ["outputs"]


ATTENTION = """
x:In[B, N, 16] -> qkv:Linear(48) -> Rearrange("b n (three heads d) -> three b heads n d", three = 3, heads = 2)
-> Unstack(axis = 0) -> [q, k, v]
k -> Transpose(-2, -1) -> turned
[q, turned] -> MatMul -> Div(sqrt(8)) -> Softmax -> weights
[weights, v] -> MatMul -> Rearrange("b heads n d -> b n (heads d)") -> proj:Linear(16) -> Out
"""


class Packed(nn.Module):
    def __init__(self, how: str = "") -> None:
        super().__init__()
        self.qkv, self.proj, self.how = nn.Linear(16, 48), nn.Linear(16, 16), how

    def forward(self, x: Any) -> Any:
        b, n, c = x.shape
        if self.how == "split":
            q, k, v = self.qkv(x).view(b, n, 2, 3, 8).permute(3, 0, 2, 1, 4)
        else:
            q, k, v = self.qkv(x).view(b, n, 3, 2, 8).permute(2, 0, 3, 1, 4)
        scores = k @ q.transpose(-2, -1) if self.how == "turned" else q @ k.transpose(-2, -1)
        y = (scores / math.sqrt(8)).softmax(-1) @ v
        y = y.reshape(b, n, c) if self.how == "merged" else y.transpose(1, 2).reshape(b, n, c)
        return self.proj(y)


@pytest.mark.parametrize(
    ("how", "ours", "line", "theirs"),
    [
        ("split", "Rearrange", 2, "self.qkv(x).view(b, n, 2, 3, 8).permute(3, 0, 2, 1, 4)"),
        ("turned", "MatMul", 5, "k @ q.transpose(-2, -1)"),
        ("merged", "Rearrange", 6, "y.reshape(b, n, c)"),
    ],
)
def test_what_only_stands_elsewhere_is_found_where_it_was_moved(how: str, ours: str, line: int, theirs: str) -> None:
    assert compare(ATTENTION, Packed).equal
    report = compare(ATTENTION, lambda: Packed(how))
    assert report.parting is not None and report.parting.reordered, str(report)
    assert report.parting.ours.does == ours and report.parting.ours.where.startswith(f"net.nn:{line}:")
    assert theirs in report.parting.theirs.does


class Backwards(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.lstm(x.flip(1))[0]


def test_a_sequence_read_backwards_is_told_before_the_layer() -> None:
    report = compare("x:In[B, T, 3] -> LSTM(4) -> Out", Backwards)
    assert report.parting is not None and report.parting.agreed is None and report.parting.reordered
    assert "LSTM(3, 4" in report.parting.ours.does and report.parting.theirs.does == "x.flip(1)", str(report)


class Padded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(3, 4, 3)

    def forward(self, x: Any) -> Any:
        return self.conv(F.pad(x, (1, 1)))


def test_what_a_layer_needs_done_before_it_is_that_layers() -> None:
    report = compare(
        'x:In[B, 3, L] -> Tanh -> conv:Conv(4, 3, padding = "causal") -> y; [y, 0.5] -> Add -> Out', Tanhed
    )
    assert report.parting is not None and report.parting.ours.does == "Conv", str(report)
    assert report.parting.theirs.does == "F.pad(x, (1, 1))"


class Tanhed(Padded):
    def forward(self, x: Any) -> Any:
        return super().forward(x.tanh()) + 0.5


# ----------------------------------------------------------------------- ways of writing and packing


class Conv1D(nn.Module):
    """A linear layer whose matrix lies the other way round."""

    def __init__(self, n: int, m: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(n, m)), nn.Parameter(torch.zeros(m))

    def forward(self, x: Any) -> Any:
        return x @ self.weight + self.bias


class Transposed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.mid, self.down = Conv1D(4, 8), Conv1D(8, 8), Conv1D(8, 3)

    def forward(self, x: Any) -> Any:
        return self.down(self.mid(self.up(x).relu()).relu())


class Tied(nn.Module):
    """One matrix in and out, positions as a bare parameter, and statistics without weights."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(11, 8)
        self.pos = nn.Parameter(torch.zeros(1, 16, 8))
        self.out = nn.Linear(8, 11, bias=False)
        self.out.weight = self.emb.weight

    def forward(self, tokens: Any) -> Any:
        return {"logits": self.out((self.emb(tokens) + self.pos).tanh()), "cache": None, "extra": [tokens.float()]}


class TwoHeads(nn.Module):
    """Gives its second head only in training, and takes its inputs in another order."""

    def __init__(self) -> None:
        super().__init__()
        self.f, self.g, self.a, self.b = (nn.Linear(4, 4) for _ in range(4))

    def forward(self, right: Any, left: Any, scale: float = 1.0) -> Any:
        y = torch.tanh(self.f(left) - self.g(right)) * scale
        return (self.a(y), self.b(y)) if self.training else self.a(y)


class Single(nn.Module):
    """Casts to float32 inside, as implementations of norms do for half precision."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(8))

    def forward(self, x: Any) -> Any:
        y = x.to(torch.float32)
        return self.weight * (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-5)).to(x.dtype)


class Attention(nn.Module):
    """torch's own: queries, keys and values in one matrix; its ``out_proj`` is never called as a module."""

    def __init__(self) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.attn(x, x, x, need_weights=False)[0]


class Again(nn.Module):
    """The same weights, again and again, one after the other and side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.f, self.g = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        for _ in range(4):
            x = self.f(x).tanh()
        return 3 * self.g(x) - self.g(x + 1)


WAYS: dict[str, tuple[str, Any]] = {
    "transposed matrices": ("In[B, 4] -> Linear(8) -> ReLU -> Linear(8) -> ReLU -> Linear(3) -> Out", Transposed),
    "tied weights": (
        """
        tokens:In(int64)[B, 16] -> wte:Embedding(11, 8) -> words
        pos:Parameter[1, 16, 8] -> positions
        [words, positions] -> Add -> Tanh -> Linear(11, bias = false, weight = wte.weight) -> logits:Out
        """,
        Tied,
    ),
    "heads only in training": (
        """
        left:In[B, 4] -> f:Linear(4) -> x
        right:In[B, 4] -> g:Linear(4) -> y
        [x, y] -> Sub -> Tanh -> z -> Linear(4) -> main:Out
        z -> Linear(4) -> auxiliary:Out
        """,
        TwoHeads,
    ),
    "shared weights": (
        """
        step:Step
        g:Linear(4)
        In[B, 4] -> step() * 4 -> x
        x -> [g() for i in 0..3] -> Add -> y
        x -> Add(1) -> g() -> z
        [y, z] -> Sub -> Out
        +Step { In -> f:Linear(4) -> Tanh -> Out }
        """,
        Again,
    ),
    "casts inside": ("In[B, 8] -> RMSNorm(eps = 1e-5) -> Out", Single),
    "packed projections": (
        """
        x:In[B, N, 8] -> qkv:Linear(24) -> Rearrange("b n (three heads d) -> three b heads n d", three = 3, heads = 2)
        -> Unstack(axis = 0) -> [q, k, v]
        [query = q, key = k, value = v] -> ScaledDotProductAttention -> Rearrange("b heads n d -> b n (heads d)")
        -> proj:Linear(8) -> Out
        """,
        Attention,
    ),
}


MLP = "x:In[B, 8] -> Linear(16) -> ReLU -> Linear(4) -> logits:Out"


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 4)

    def forward(self, x: Any) -> Any:
        return self.down(self.up(x).relu())


class Worded(Mlp):
    """Takes what it takes by name, whatever the names are."""

    def forward(self, **inputs: Any) -> Any:
        return super().forward(inputs["x"])


class Checkpointed(Mlp):
    """Gives no gradients to what is inside unless its input asks for one."""

    def forward(self, x: Any) -> Any:
        return checkpoint(super().forward, x, use_reentrant=True)


class Clamp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:  # type: ignore[override]
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grads[0] * (x > 0)


class Own(Mlp):
    def forward(self, x: Any) -> Any:
        return self.down(Clamp.apply(self.up(x)))


class Halved(Mlp):
    """Works in half precision inside."""

    def __init__(self) -> None:
        super().__init__()
        self.half()

    def forward(self, x: Any) -> Any:
        return super().forward(x.half()).float()


@dataclass
class Answer:
    logits: Any
    cache: Any = None


class Answering(Mlp):
    def forward(self, x: Any) -> Any:
        return Answer(super().forward(x))


WAYS |= {
    "named inputs": (MLP, Worded),
    "a checkpoint": (MLP, Checkpointed),
    "a function with its own gradient": (MLP, Own),
    "half precision": (MLP, Halved),
    "a dataclass": (MLP, Answering),
    "TorchScript": (MLP, lambda: torch.jit.script(nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4)))),
    "a recorded module": (MLP, lambda: torch.jit.trace(Mlp(), torch.zeros(2, 8))),
    "lazy layers": (MLP, lambda: nn.Sequential(nn.LazyLinear(16), nn.ReLU(), nn.LazyLinear(4))),
    "several devices": (MLP, lambda: nn.DataParallel(Mlp())),
    "parametrized weights": (
        'x:In[B, 8] -> Linear(16, norm = "weight") -> Out', lambda: weight_norm(nn.Linear(8, 16)),
    ),
    "a table of positions that ends": (
        "x:In[B, T, 4] -> a; pos:Parameter[1, 20, 4] -> Slice(axis = 1, end = T) -> p; [a, p] -> Add -> LN -> Out",
        lambda: Positions(),
    ),
}  # fmt: skip


FEATURES = (
    "x:In[B, 3] -> y; bands:{}[3, 8] -> m; [y, m] -> MatMul -> [Sin, Cos] -> Concat(axis = 1) -> Linear(2) -> Out"
)


class Features(nn.Module):
    """Random bands that are a buffer; another one is no weight, but a number that is written so."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("bands", torch.randn(3, 8))
        self.register_buffer("two", torch.full((4,), 2.0))
        self.out = nn.Linear(16, 2)

    def forward(self, x: Any) -> Any:
        z = x @ self.get_buffer("bands") * self.get_buffer("two")[0] / 2
        return self.out(torch.cat([z.sin(), z.cos()], 1))


WAYS |= {
    "a buffer": (FEATURES.format("Buffer"), Features),
    "a buffer for a frozen parameter": (FEATURES.format("Parameter(trainable = false)"), Features),
}


def test_a_buffer_is_not_trained() -> None:
    report = compare(FEATURES.format("Parameter"), Features)
    assert [name for name, equal in verdicts(report).items() if not equal] == ["trained"]


class Positions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pos, self.norm = nn.Parameter(torch.zeros(1, 20, 4)), nn.LayerNorm(4)

    def forward(self, x: Any) -> Any:
        return self.norm(x + self.pos[:, : x.shape[1]])


@pytest.mark.filterwarnings("ignore")  # torch advises against some of these ways
@pytest.mark.parametrize(("text", "reference"), WAYS.values(), ids=WAYS.keys())
def test_ways_of_writing(text: str, reference: Any) -> None:
    report = compare(text, reference)
    assert report.equal, str(report)


class Causal(nn.Module):
    """Queries, keys and values in one matrix, split; nobody looks ahead."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x: Any) -> Any:
        q, k, v = (t.unflatten(-1, (2, 4)).transpose(1, 2) for t in self.qkv(x).split(8, dim=-1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).flatten(2))


def test_all_results_of_an_operation_are_known() -> None:
    """Keys and values come out of the splitting in another way: what differs is the attention."""
    parting = compare(WAYS["packed projections"][0], Causal).parting
    assert parting is not None and parting.agreed is not None
    assert parting.ours.does == "ScaledDotProductAttention"
    assert "F.scaled_dot_product_attention(q, k, v, is_causal=True)" in parting.theirs.does


def test_a_module_as_it_is_stays_as_it_was() -> None:
    module = Net()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    assert compare(CNN, module).equal
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())
    assert module.training and all(p.requires_grad and p.grad is None for p in module.parameters())


def test_the_same_comparison_says_the_same_and_draws_nothing_from_others() -> None:
    def report(seed: int) -> str:
        torch.manual_seed(seed)
        said = str(compare(LOOK, lambda: Look(1)))
        after = torch.rand(())
        torch.manual_seed(seed)
        assert after == torch.rand(())
        return said

    assert report(1) == report(2)


class Constant(nn.Module):
    """What it gives hardly depends on what it gets."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 3)

    def forward(self, x: Any) -> Any:
        return self.fc(x) * 0 + 1


def test_a_comparison_that_proves_nothing_says_so() -> None:
    report = compare("In[B, 4] -> Linear(3) -> z; [z, 0] -> Mul -> y; [y, 1] -> Add -> Out", Constant)
    assert any("hardly depend" in note for note in report.notes), str(report)


# ------------------------------------------------------------------------------- the command line

REFERENCES = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self, width=4, act=True):
        super().__init__(nn.Linear(3, width), nn.ReLU() if act else nn.Identity(), nn.Linear(width, 2))

class Two(nn.Module):
    def forward(self, a, b):
        return a - b

class Batched(Net):
    def forward(self, batch):
        return {"loss": None, "logits": super().forward(batch["x"])}

class Silent(Net):
    def forward(self, x):
        return None

class Chatty(Net):
    def forward(self, x):
        print("here I am")
        return super().forward(x)

class Exits(Net):
    def forward(self, x):
        raise SystemExit(3)

def leaves():
    raise SystemExit(4)

class Picky(Net):
    def forward(self, x):
        assert len(x) == 2, "two at a time"
        return super().forward(x)

def nowhere():
    return Net().to("meta")

def fails():
    raise ValueError("no weights here")

def five():
    return 5

class models:
    net = Net()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "verify_references.py").write_text(REFERENCES)
    (tmp_path / "verify_broken.py").write_text("import torch.nowhere")
    (tmp_path / "net.nn").write_text(
        "+Net(width = 4) { x:In[B, 3] -> Linear(width) -> ReLU -> Linear(2) -> Out }\nNet\n"
    )
    (tmp_path / "two.nn").write_text("a:In[B, 3] -> x; b:In[B, 3] -> y; [y, x] -> Sub -> Out\n")
    return tmp_path


def ran(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["verify", *arguments])
    shown = capfd.readouterr()
    return status, shown.out, shown.err


def test_the_command(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = ran(capfd, "net.nn", "--against", "verify_references:Net")
    assert (status, err) == (0, "") and out.startswith("Net equals verify_references:Net\n")
    assert ran(capfd, "net.nn", "--against", "verify_references:models.net")[0] == 0
    assert ran(capfd, "net.nn", "--set", "width=7", "--against", "verify_references:Net(width = 7)")[0] == 0
    assert ran(capfd, "net.nn", "--block", "Net(7)", "--against", "verify_references:Net(7)")[0] == 0
    status, out, err = ran(capfd, "net.nn", "--against", "verify_references:Net(act=False)")
    assert status == 1 and err == ""
    assert "they part here" in out and re.search(r"description +ReLU\(\) +at net.nn:1:50", out)


def test_inputs_are_bound_by_name_or_as_told(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ran(capfd, "two.nn", "--against", "verify_references:Two")[0] == 1
    swapped = ("--bind", "a=b", "--bind", "b=a")
    assert ran(capfd, "two.nn", "--against", "verify_references:Two", *swapped)[0] == 0
    (folder / "shaped.nn").write_text("x:In[B, 3]; y:In[B, 4]; [x -> Linear(4), y] -> Sub -> Out\n")
    _, _, err = ran(capfd, "shaped.nn", "--against", "verify_references:Two")
    assert err.endswith("; --bind a=INPUT says which input is which\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify_references:Nett",), "verify_references has no `Nett`; did you mean `Net`?"),
        (("verify_nowhere:Net",), "there is no module `verify_nowhere`, neither in this folder nor installed"),
        (("verify_broken:Net",), "importing verify_broken raises ModuleNotFoundError: No module named 'torch.nowhere'"),
        (("verify_references:fails",), "verify_references:fails raises ValueError: no weights here"),
        (("verify_references:five",), "verify_references:five gives int, not a torch.nn.Module"),
        (("verify_references",), "`verify_references` isn't of the form package.module:factory"),
        (("verify_references:Net(print(1))",), "the factory's arguments are literals, `print(1)` is none"),
        (("verify_references:Net(1", ), "isn't of the form factory or factory(arguments)"),
        (("verify_references:leaves",), "verify_references:leaves raises SystemExit: 4"),
        (("verify_references:Exits",), "verify_references:Exits can't be called with in[2, 3]: SystemExit: 3"),
        (("verify_references:Silent",), "verify_references:Silent gives NoneType and no tensor in it"),
        (("verify_references:nowhere",), "verify_references:nowhere has weights on the meta device"),
        (("verify_references:Batched",), "; if it takes a dict, --bind batch.in=in puts in into it"),
        (("verify_references:Two",), "verify_references:Two can't be called with in[2, 3]: TypeError"),
        (("verify_references:Net", "--bind", "x=in"), "the reference has no input `x`"),
        (("verify_references:Net", "--bind", "input=image"), "the description has no input `image`"),
    ],
)  # fmt: skip
def test_wrong_use(folder: Path, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str) -> None:
    text = folder / "plain.nn"
    text.write_text("In[B, 3] -> Linear(4) -> ReLU -> Linear(2) -> Out\n")
    status, out, err = ran(capfd, "plain.nn", "--against", *arguments)
    assert (status, out) == (2, "")
    assert said in err and err.count("\n") == 1


def test_an_input_in_a_dict_and_what_a_reference_prints(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert ran(capfd, "net.nn", "--against", "verify_references:Batched", "--bind", "batch.x=x")[0] == 0
    status, out, err = ran(capfd, "net.nn", "--against", "verify_references:Chatty")
    assert status == 0 and out.startswith("Net equals") and "here I am" not in out and "here I am" in err


def test_what_goes_wrong_at_a_second_size_is_a_difference(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = ran(capfd, "net.nn", "--against", "verify_references:Picky")
    assert (status, err) == (1, "")
    assert re.search(r"≠ other sizes +verify_references:Picky can't be called with x\[3, 3\]: .*two at a time", out)


def test_outputs_of_other_shapes_are_shown() -> None:
    report = compare("x:In[B, 4, 6] -> Linear(3) -> Out", lambda: nn.Sequential(nn.Linear(6, 3), nn.Flatten(1)))
    assert [c.found.split(", on")[0] for c in report.checks if not c.equal] == ["[2, 4, 3], the reference's is [2, 12]"]


def test_a_sketch_cannot_be_compared() -> None:
    with pytest.raises(Misuse, match="the shape of in isn't known"):
        compare("In -> Linear(3) -> Out", Constant)
    with pytest.raises(Misuse, match="leaves something open"):
        compare("In[B, 4] -> Linear -> Out", Constant)
