"""What is neither, an auto-encoder, a scene, points, a graph and a layer, written from their papers, compactly."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class VAE(nn.Module):
    """Kingma and Welling 2013, with the sizes of PyTorch's example."""

    def __init__(self, z: int, hidden: int) -> None:
        super().__init__()
        self.a, self.mu, self.log = nn.Linear(784, hidden), nn.Linear(hidden, z), nn.Linear(hidden, z)
        self.b, self.c = nn.Linear(z, hidden), nn.Linear(hidden, 784)

    def forward(self, x: Any) -> Any:
        h = self.a(x.reshape(-1, 784)).relu()
        mu, log = self.mu(h), self.log(h)
        z = torch.randn_like(mu) * (log / 2).exp() + mu
        return self.c(self.b(z).relu()).sigmoid(), mu, log


class NeRF(nn.Module):
    """Mildenhall et al. 2020, fig. 7 and equation 4, frequencies without pi as in the authors' code."""

    def __init__(self, width: int) -> None:
        super().__init__()
        sizes = [63, *[width] * 4, width + 63, width, width]
        self.trunk = nn.ModuleList(nn.Linear(i, width) for i in sizes)
        self.alpha, self.feature = nn.Linear(width, 1), nn.Linear(width, width)
        self.side, self.rgb = nn.Linear(width + 27, width // 2), nn.Linear(width // 2, 3)

    def encode(self, x: Any, n: int) -> Any:
        parts = [x]
        for i in range(n):
            parts += [torch.sin(2.0**i * x), torch.cos(2.0**i * x)]
        return torch.cat(parts, -1)

    def forward(self, point: Any, direction: Any) -> Any:
        p = h = self.encode(point, 10)
        for i, layer in enumerate(self.trunk):
            h = layer(torch.cat([p, h], -1) if i == 5 else h).relu()
        side = self.side(torch.cat([self.feature(h), self.encode(direction, 4)], -1)).relu()
        return self.alpha(h).relu(), self.rgb(side).sigmoid()


class PointNet(nn.Module):
    """Qi et al. 2016, fig. 2: shared layers as linear ones over the last axis."""

    class Layer(nn.Module):
        def __init__(self, i: int, o: int, points: bool) -> None:
            super().__init__()
            self.map = nn.Conv1d(i, o, 1) if points else nn.Linear(i, o)
            self.norm = nn.BatchNorm1d(o)

        def forward(self, x: Any) -> Any:
            return self.norm(self.map(x)).relu()

    class Turn(nn.Module):
        def __init__(self, k: int) -> None:
            super().__init__()
            layer = PointNet.Layer
            self.k = k
            self.each = nn.Sequential(layer(k, 64, True), layer(64, 128, True), layer(128, 1024, True))
            self.all = nn.Sequential(layer(1024, 512, False), layer(512, 256, False), nn.Linear(256, k * k))

        def forward(self, x: Any) -> Any:
            matrix = self.all(self.each(x).amax(-1)).view(-1, self.k, self.k) + torch.eye(self.k, dtype=x.dtype)
            return torch.bmm(matrix, x)

    def __init__(self, classes: int) -> None:
        super().__init__()
        layer = self.Layer
        self.turn, self.turn_features = self.Turn(3), self.Turn(64)
        self.first = nn.Sequential(layer(3, 64, True), layer(64, 64, True))
        self.second = nn.Sequential(layer(64, 64, True), layer(64, 128, True), layer(128, 1024, True))
        self.last = nn.Sequential(
            layer(1024, 512, False), layer(512, 256, False), nn.Dropout(0.3), nn.Linear(256, classes)
        )

    def forward(self, x: Any) -> Any:
        return self.last(self.second(self.turn_features(self.first(self.turn(x)))).amax(-1))


class GCN(nn.Module):
    """Kipf and Welling 2016, equations 8 and 9."""

    def __init__(self, features: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.w0, self.w1 = nn.Linear(features, hidden, bias=False), nn.Linear(hidden, classes, bias=False)
        self.b0, self.b1 = nn.Parameter(torch.zeros(hidden)), nn.Parameter(torch.zeros(classes))

    def forward(self, features: Any, adjacency: Any) -> Any:
        a = adjacency + torch.eye(len(adjacency), dtype=adjacency.dtype)
        d = torch.diag(a.sum(1) ** -0.5)
        a = d @ a @ d
        x = F.dropout((a @ self.w0(features) + self.b0).relu(), 0.5, self.training)
        return a @ self.w1(x) + self.b1


class BatchNorm(nn.Module):
    """Ioffe and Szegedy 2015, algorithm 1, as torch computes it for a batch."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(features)), nn.Parameter(torch.zeros(features))

    def forward(self, x: Any) -> Any:
        return F.batch_norm(x, None, None, self.scale, self.shift, training=True)
