"""``verify``: equal networks are equal however they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint

from tests.comparing import compare, verdicts


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


class Named(nn.Module):
    """Layers in a dictionary, called by their names with what stands between them."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({"last": nn.Linear(16, 4), "first": nn.Linear(8, 16)})

    def forward(self, x: Any) -> Any:
        for name, after in (("first", F.relu), ("last", lambda y: y)):
            x = after(self.layers[name](x))
        return x


class ByHand(nn.Module):
    """Matrices and rows of numbers, inputs first; what is computed is written over."""

    def __init__(self) -> None:
        super().__init__()
        sizes = ((8, 16), (16, 4))
        self.w = nn.ParameterList([nn.Parameter(torch.randn(n, m)) for n, m in sizes])
        self.b = nn.ParameterList([nn.Parameter(torch.randn(m)) for _, m in sizes])

    def forward(self, x: Any) -> Any:
        x = torch.einsum("bi,io->bo", x, self.w[0]).add_(self.b[0]).clamp_min_(0)
        return torch.addmm(self.b[1], x, self.w[1])


class Hooked(Mlp):
    """What follows a layer hangs on it."""

    def __init__(self) -> None:
        super().__init__()
        self.up.register_forward_hook(lambda module, inputs, output: output.relu())

    def forward(self, x: Any) -> Any:
        return self.down(self.up(x))


class Called(Mlp):
    """The module as a function of its weights."""

    def forward(self, x: Any) -> Any:
        up = torch.func.functional_call(self.up, dict(self.up.named_parameters()), (x,))
        return self.down(up.relu())


class RowByRow(Mlp):
    def forward(self, x: Any) -> Any:
        return torch.cat([super(RowByRow, self).forward(row) for row in x.split(1)])


WAYS |= {
    "layers in a dictionary": (MLP, Named),
    "matrices by hand": (MLP, ByHand),
    "hooks": (MLP, Hooked),
    "a functional call": (MLP, Called),
    "one row at a time": (MLP, RowByRow),
}


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
