"""``verify``: a planted difference is found, whatever its kind, and its place said."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import moniel2
from moniel2.verification import verify
from tests.comparing import CNN, LAYER, Layer, Net, changed, compare, verdicts


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
