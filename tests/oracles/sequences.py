"""Networks that read and write sequences, written from their papers, compactly."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class Transformer(nn.Module):
    """Vaswani et al. 2017, section 3: norms after sublayers, one embedding for source, target and output."""

    class Sublayer(nn.Module):
        def __init__(self, d: int, kind: str) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(d)
            sizes = [(d, 4 * d), (4 * d, d)] if kind == "ff" else [(d, d)] * 4
            self.parts = nn.ModuleList(nn.Linear(a, b, bias=kind == "ff") for a, b in sizes)

        def forward(self, x: Any, memory: Any = None, heads: int = 0, causal: bool = False) -> Any:
            if not heads:
                y = self.parts[1](self.parts[0](x).relu())
            else:
                q, k, v = (
                    p(t).unflatten(-1, (heads, -1)).transpose(1, 2)
                    for p, t in zip(self.parts, (x, memory, memory), strict=False)
                )
                scores = q @ k.mT * q.shape[-1] ** -0.5
                if causal:
                    later = torch.arange(k.shape[2])[None] > torch.arange(q.shape[2])[:, None]
                    scores = scores.masked_fill(later, -math.inf)
                y = self.parts[3]((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
            return self.norm(x + F.dropout(y, 0.1, self.training))

    def __init__(self, words: int, d: int, layers: int, heads: int) -> None:
        super().__init__()
        self.heads, self.words = heads, nn.Embedding(words, d)
        self.encoder = nn.ModuleList(nn.ModuleList(self.Sublayer(d, k) for k in ("self", "ff")) for _ in range(layers))
        self.decoder = nn.ModuleList(
            nn.ModuleList(self.Sublayer(d, k) for k in ("self", "cross", "ff")) for _ in range(layers)
        )

    def embed(self, tokens: Any) -> Any:
        d = self.words.embedding_dim
        position, i = torch.arange(tokens.shape[1])[:, None], torch.arange(0, d, 2)
        angle = position / 10000 ** (i.double() / d)
        table = torch.empty(tokens.shape[1], d, dtype=self.words.weight.dtype)
        table[:, 0::2], table[:, 1::2] = angle.sin(), angle.cos()
        return F.dropout(self.words(tokens) * d**0.5 + table, 0.1, self.training)

    def forward(self, source: Any, target: Any) -> Any:
        x, y = self.embed(source), self.embed(target)
        for own, ff in self.encoder:  # type: ignore[misc]
            x = ff(own(x, x, self.heads))
        for own, cross, ff in self.decoder:  # type: ignore[misc]
            y = ff(cross(own(y, y, self.heads, True), x, self.heads))
        return y @ self.words.weight.t()


class Attention(nn.Module):
    """Vaswani et al. 2017, fig. 2, on torch's own function."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(16, 16, bias=False) for _ in range(4))

    def forward(self, query: Any, memory: Any, mask: Any) -> Any:
        q, k, v = (
            p(t).unflatten(-1, (2, 8)).transpose(1, 2) for p, t in ((self.q, query), (self.k, memory), (self.v, memory))
        )
        return self.o(F.scaled_dot_product_attention(q, k, v, ~mask).transpose(1, 2).flatten(2))


class LSTM(nn.Module):
    """``nn.LSTMCell``'s equations, but one bias a gate; gates in the description's packing: a matrix each."""

    def __init__(self, d: int, h: int) -> None:
        super().__init__()
        self.h = h
        self.gates = nn.ModuleList(nn.Linear(d + h, h) for _ in range(4))

    def forward(self, x: Any) -> Any:
        h = c = x.new_zeros(x.shape[0], self.h)
        seen = []
        for step in x.unbind(1):
            both = torch.cat([step, h], -1)
            f, i, o, g = (gate(both) for gate in self.gates)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            seen.append(h)
        return torch.stack(seen, 1), h, c


class Elman(nn.Module):
    """Elman 1990, fig. 2."""

    def __init__(self, d: int, h: int, classes: int) -> None:
        super().__init__()
        self.h, self.hidden, self.out = h, nn.Linear(d + h, h), nn.Linear(h, classes)

    def forward(self, x: Any) -> Any:
        h, seen = x.new_zeros(x.shape[0], self.h), []
        for step in x.unbind(1):
            h = self.hidden(torch.cat([step, h], -1)).sigmoid()
            seen.append(self.out(h))
        return torch.stack(seen, 1)


class Translator(nn.Module):
    """Bahdanau et al. 2014, appendix A."""

    def __init__(self, words: int, e: int, h: int, maxout: int) -> None:
        super().__init__()
        self.h, self.source, self.target = h, nn.Embedding(words, e), nn.Embedding(words, e)
        self.encoder = nn.GRU(e, h, bidirectional=True, batch_first=True)
        self.start, self.u = nn.Linear(h, h), nn.Linear(2 * h, h, bias=False)
        self.w, self.v = nn.Linear(h, h, bias=False), nn.Linear(h, 1, bias=False)
        self.z, self.r, self.new = (nn.Linear(e + 3 * h, h) for _ in range(3))
        self.deep, self.out = nn.Linear(e + 3 * h, 2 * maxout), nn.Linear(maxout, words)

    def forward(self, source: Any, target: Any) -> Any:
        memory = self.encoder(self.source(source))[0]
        keys, s, seen = self.u(memory), self.start(memory[:, 0, self.h :]).tanh(), []
        for word in self.target(target).unbind(1):
            weights = self.v((self.w(s)[:, None] + keys).tanh()).softmax(1)
            c = (weights * memory).sum(1)
            given = torch.cat([word, c], -1)
            z, r = (gate(torch.cat([given, s], -1)).sigmoid() for gate in (self.z, self.r))
            new = self.new(torch.cat([given, r * s], -1)).tanh()
            pairs = self.deep(torch.cat([s, word, c], -1)).unflatten(-1, (-1, 2))
            s = (1 - z) * s + z * new
            seen.append(pairs.amax(-1))
        return self.out(torch.stack(seen, 1))


class WaveNet(nn.Module):
    """van den Oord et al. 2016, fig. 4."""

    def __init__(self, r: int, s: int, levels: int, dilations: list[int]) -> None:
        super().__init__()
        self.levels, self.first = nn.Embedding(levels, r), nn.Conv1d(r, r, 2)
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "filter": nn.Conv1d(r, r, 2, dilation=d), "gate": nn.Conv1d(r, r, 2, dilation=d),
                    "skip": nn.Conv1d(r, s, 1), "residual": nn.Conv1d(r, r, 1),
                }
            )
            for d in dilations
        )  # fmt: skip
        self.one, self.two = nn.Conv1d(s, s, 1), nn.Conv1d(s, levels, 1)

    def forward(self, audio: Any) -> Any:
        def past(conv: Any, x: Any) -> Any:
            return conv(F.pad(x, (conv.dilation[0], 0)))

        x = past(self.first, self.levels(audio).transpose(1, 2))
        total: Any = 0
        for layer in self.layers:
            z = past(layer["filter"], x).tanh() * past(layer["gate"], x).sigmoid()  # type: ignore[index]
            total = total + layer["skip"](z)  # type: ignore[index]
            x = x + layer["residual"](z)  # type: ignore[index]
        return self.two(self.one(total.relu()).relu())
