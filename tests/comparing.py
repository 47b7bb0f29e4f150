"""Two small networks, written twice, and what tests of ``verify`` ask of a comparison."""

from __future__ import annotations

import math
from textwrap import dedent
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

import moniel2
from moniel2.verification import Report

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
