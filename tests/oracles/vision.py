"""Networks that see, written from their papers, compactly, for those that no package has as they were published."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn


class UNet(nn.Module):
    """Ronneberger et al. 2015, fig. 1, padded and with batch normalization, level by level."""

    def __init__(self, base: int, depth: int, classes: int) -> None:
        super().__init__()
        widths = [base * 2**i for i in range(depth + 1)]
        self.head = nn.Conv2d(base, classes, 1)
        self.rise = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in widths[:-1])
        self.merge = nn.ModuleList(self.double(2 * w, w) for w in widths[:-1])
        self.fall = nn.ModuleList(self.double(a, b) for a, b in zip([3, *widths], widths, strict=False))

    def double(self, a: int, b: int, norm: bool = True, padding: int = 1) -> nn.Module:
        layers: list[nn.Module] = []
        for i, o in ((a, b), (b, b)):
            layers += [
                nn.Conv2d(i, o, 3, padding=padding, bias=not norm),
                *([nn.BatchNorm2d(o)] if norm else []),
                nn.ReLU(),
            ]
        return nn.Sequential(*layers)

    def forward(self, x: Any) -> Any:
        kept = []
        for i, part in enumerate(self.fall):
            x = part(F.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for up, merge, skip in reversed(list(zip(self.rise, self.merge, kept[:-1], strict=True))):
            x = merge(torch.cat([skip, up(x)], 1))
        return self.head(x)


class UNet2015(UNet):
    """As in the figure itself: no padding, no norms, the left side's maps cropped in the middle."""

    def __init__(self, base: int, classes: int) -> None:
        super().__init__(base, 4, classes)
        widths = [base * 2**i for i in range(5)]
        self.merge = nn.ModuleList(self.double(2 * w, w, False, 0) for w in widths[:-1])
        self.fall = nn.ModuleList(self.double(a, b, False, 0) for a, b in zip([1, *widths], widths, strict=False))

    def forward(self, x: Any) -> Any:
        kept = []
        for i, part in enumerate(self.fall):
            x = part(F.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for up, merge, skip in reversed(list(zip(self.rise, self.merge, kept[:-1], strict=True))):
            x = up(x)
            edge = (skip.shape[-1] - x.shape[-1]) // 2
            x = merge(torch.cat([skip[..., edge : edge + x.shape[-2], edge : edge + x.shape[-1]], x], 1))
        return self.head(x)


class AlexNet2012(nn.Module):
    """Krizhevsky et al. 2012, section 3: two columns, local response normalization, overlapping pooling."""

    def __init__(self, hidden: int, classes: int) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 96, 11, 4), nn.Conv2d(96, 256, 5, padding=2, groups=2)
        self.three = nn.Conv2d(256, 384, 3, padding=1)
        self.four, self.five = (nn.Conv2d(384, o, 3, padding=1, groups=2) for o in (384, 256))
        self.six, self.seven, self.eight = (
            nn.Linear(9216, hidden),
            nn.Linear(hidden, hidden),
            nn.Linear(hidden, classes),
        )
        self.drop = nn.Dropout()

    def norm(self, x: Any) -> Any:
        """Section 3.3, with torch's convention that alpha is divided by the number of maps."""
        around = F.pad(x.square(), (0, 0, 0, 0, 2, 2)).unfold(1, 5, 1).sum(-1)
        return x / (2 + 1e-4 * around) ** 0.75

    def forward(self, x: Any) -> Any:
        x = F.max_pool2d(self.norm(self.one(x).relu()), 3, 2)
        x = F.max_pool2d(self.norm(self.two(x).relu()), 3, 2)
        x = F.max_pool2d(self.five(self.four(self.three(x).relu()).relu()).relu(), 3, 2).flatten(1)
        return self.eight(self.drop(self.seven(self.drop(self.six(x).relu())).relu()))


class LeNet5(nn.Module):
    """LeCun et al. 1998, section II.B: subsampling with coefficients, table I, radial basis functions."""

    ROWS = (
        "012",
        "123",
        "234",
        "345",
        "045",
        "015",
        "0123",
        "1234",
        "2345",
        "0345",
        "0145",
        "0125",
        "0134",
        "1245",
        "0235",
        "012345",
    )

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 6, 5)
        self.scale2, self.shift2, self.scale4, self.shift4 = (nn.Parameter(torch.rand(n, 1, 1)) for n in (6, 6, 16, 16))
        self.third = nn.ModuleList(nn.Conv2d(len(r), 1, 5) for r in self.ROWS)
        self.fifth, self.sixth = nn.Conv2d(16, 120, 5), nn.Linear(120, 84)
        self.codes = nn.Parameter(torch.randn(10, 84), requires_grad=False)

    def forward(self, x: Any) -> Any:
        def squash(a: Any) -> Any:
            return 1.7159 * torch.tanh(2 / 3 * a)

        x = squash(self.first(x))
        x = squash(F.avg_pool2d(x, 2) * self.scale2 + self.shift2)
        rows = [conv(x[:, list(map(int, r))]) for conv, r in zip(self.third, self.ROWS, strict=True)]
        x = squash(F.avg_pool2d(squash(torch.cat(rows, 1)), 2) * self.scale4 + self.shift4)
        x = squash(self.sixth(squash(self.fifth(x)).flatten(1)))
        return (x[:, None] - self.codes).square().sum(-1)


class DCGAN(nn.Module):
    """Radford et al. 2015: a generator and a discriminator that judges its pictures and others."""

    def __init__(self, width: int) -> None:
        super().__init__()
        ups = [(100, 8, 1, 0), (8 * width, 4, 2, 1), (4 * width, 2, 2, 1), (2 * width, 1, 2, 1)]
        layers: list[nn.Module] = []
        for i, times, stride, padding in ups:
            o = times * width
            layers += [nn.ConvTranspose2d(i, o, 4, stride, padding, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
        self.paint = nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())
        judge: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for i in (1, 2, 4):
            o = 2 * i * width
            judge += [nn.Conv2d(i * width, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2)]
        self.judge = nn.Sequential(*judge, nn.Conv2d(8 * width, 1, 4, bias=False), nn.Sigmoid(), nn.Flatten(0))

    def forward(self, noise: Any, picture: Any) -> Any:
        fake = self.paint(noise)
        return fake, self.judge(picture), self.judge(fake)


class WideResNet(nn.Module):
    """Zagoruyko and Komodakis 2016: pre-activation blocks."""

    class Block(nn.Module):
        def __init__(self, i: int, o: int, stride: int) -> None:
            super().__init__()
            self.n1, self.n2 = nn.BatchNorm2d(i), nn.BatchNorm2d(o)
            self.c1, self.c2 = (nn.Conv2d(a, o, 3, s, 1, bias=False) for a, s in ((i, stride), (o, 1)))
            self.short = nn.Conv2d(i, o, 1, stride, bias=False) if i != o else None

        def forward(self, x: Any) -> Any:
            a = F.relu(self.n1(x))
            y = self.c2(F.relu(self.n2(self.c1(a))))
            return y + (x if self.short is None else self.short(a))

    def __init__(self, depth: int, k: int) -> None:
        super().__init__()
        n = (depth - 4) // 6
        self.stem, i = nn.Conv2d(3, 16, 3, padding=1, bias=False), 16
        blocks = []
        for o, stride in ((16 * k, 1), (32 * k, 2), (64 * k, 2)):
            for j in range(n):
                blocks.append(self.Block(i, o, stride if j == 0 else 1))
                i = o
        self.blocks, self.norm, self.fc = nn.Sequential(*blocks), nn.BatchNorm2d(i), nn.Linear(i, 10)

    def forward(self, x: Any) -> Any:
        return self.fc(F.relu(self.norm(self.blocks(self.stem(x)))).mean((2, 3)))


class FCN8s(nn.Module):
    """Long et al. 2014, fig. 3: three scales of scores, added while they are enlarged."""

    def __init__(self, width: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.stages = nn.ModuleList()
        i = 3
        for o, n in ((width, 2), (2 * width, 2), (4 * width, 3), (8 * width, 3), (8 * width, 3)):
            self.stages.append(nn.ModuleList(nn.Conv2d(i if j == 0 else o, o, 3, padding=1) for j in range(n)))
            i = o
        self.wide, self.same = nn.Conv2d(8 * width, hidden, 7, padding=3), nn.Conv2d(hidden, hidden, 1)
        self.score, self.score4, self.score3 = (nn.Conv2d(c, classes, 1) for c in (hidden, 8 * width, 4 * width))
        self.up2, self.up4 = (nn.ConvTranspose2d(classes, classes, 4, 2, 1, bias=False) for _ in range(2))
        self.up8 = nn.ConvTranspose2d(classes, classes, 16, 8, 4, bias=False)

    def forward(self, x: Any) -> Any:
        maps = []
        for stage in self.stages:
            for conv in stage:  # type: ignore[attr-defined]
                x = conv(x).relu()
            x = F.max_pool2d(x, 2)
            maps.append(x)
        x = F.dropout(self.wide(x).relu(), 0.5, self.training)
        x = self.score(F.dropout(self.same(x).relu(), 0.5, self.training))
        x = self.up2(x) + self.score4(maps[3])
        return self.up8(self.up4(x) + self.score3(maps[2]))


class Siamese(nn.Module):
    """Koch et al. 2015, fig. 4."""

    def __init__(self, c: int, hidden: int) -> None:
        super().__init__()
        self.tower = nn.Sequential(
            nn.Conv2d(1, c, 10), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(c, 2 * c, 7), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(2 * c, 2 * c, 4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2 * c, 4 * c, 4), nn.ReLU(), nn.Flatten(),
            nn.Linear(144 * c, hidden), nn.Sigmoid(),
        )  # fmt: skip
        self.same = nn.Linear(hidden, 1)

    def forward(self, left: Any, right: Any) -> Any:
        both = self.tower(torch.cat([left, right]))
        a, b = both.chunk(2)
        return self.same((a - b).abs()).sigmoid()


class FPN(nn.Module):
    """Lin et al. 2016, fig. 3, on torchvision's bottlenecks."""

    def __init__(self, resnet: Any, width: int) -> None:
        super().__init__()
        self.body = resnet
        del self.body.fc
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in (256, 512, 1024, 2048))
        self.smooth = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(4))

    def forward(self, x: Any) -> Any:
        b = self.body
        x = b.maxpool(b.relu(b.bn1(b.conv1(x))))
        maps = []
        for layer in (b.layer1, b.layer2, b.layer3, b.layer4):
            x = layer(x)
            maps.append(x)
        merged = [self.lateral[3](maps[3])]
        for i in (2, 1, 0):
            merged.insert(0, self.lateral[i](maps[i]) + merged[0].repeat_interleave(2, 2).repeat_interleave(2, 3))
        return tuple(smooth(m) for smooth, m in zip(self.smooth, merged, strict=True))


class DiffusionUNet(nn.Module):
    """Ho et al. 2020, appendix B: two residual blocks a level down, three up, which read all that came down."""

    class Residual(nn.Module):
        def __init__(self, i: int, o: int, time: int, attend: bool) -> None:
            super().__init__()
            self.n1, self.n2 = nn.GroupNorm(32, i, eps=1e-6), nn.GroupNorm(32, o, eps=1e-6)
            self.c1, self.c2, self.t = nn.Conv2d(i, o, 3, padding=1), nn.Conv2d(o, o, 3, padding=1), nn.Linear(time, o)
            self.short = nn.Conv2d(i, o, 1) if i != o else nn.Identity()
            self.attend = attend
            if attend:
                self.n3 = nn.GroupNorm(32, o, eps=1e-6)
                self.q, self.k, self.v, self.proj = (nn.Linear(o, o) for _ in range(4))

        def forward(self, x: Any, time: Any) -> Any:
            y = self.c1(F.silu(self.n1(x))) + self.t(F.silu(time))[:, :, None, None]
            y = self.c2(F.dropout(F.silu(self.n2(y)), 0.1, self.training)) + self.short(x)
            if self.attend:
                rows = self.n3(y).flatten(2).transpose(1, 2)
                weights = (self.q(rows) @ self.k(rows).mT / math.sqrt(rows.shape[-1])).softmax(-1)
                y = y + self.proj(weights @ self.v(rows)).transpose(1, 2).unflatten(2, y.shape[2:])
            return y

    def __init__(self, base: int, multiples: list[int], attended: list[int]) -> None:
        super().__init__()
        self.base, time = base, 4 * base
        self.t1, self.t2 = nn.Linear(base, time), nn.Linear(time, time)
        self.stem = nn.Conv2d(3, base, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        self.shrink, self.grow = nn.ModuleList(), nn.ModuleList()
        widths, kept, i = [base * m for m in multiples], [base], base
        for level, w in enumerate(widths):
            for _ in range(2):
                self.down.append(self.Residual(i, w, time, level in attended))
                kept.append(w)
                i = w
            if level + 1 < len(widths):
                self.shrink.append(nn.Conv2d(w, w, 3, 2, 1))
                kept.append(w)
        self.middle = nn.ModuleList([self.Residual(i, i, time, True), self.Residual(i, i, time, False)])
        for level in reversed(range(len(widths))):
            for _ in range(3):
                self.up.append(self.Residual(i + kept.pop(), widths[level], time, level in attended))
                i = widths[level]
            if level:
                self.grow.append(nn.Conv2d(i, i, 3, padding=1))
        self.norm, self.out = nn.GroupNorm(32, i, eps=1e-6), nn.Conv2d(i, 3, 3, padding=1)

    def forward(self, image: Any, step: Any) -> Any:
        half = self.base // 2
        rates = 10000 ** (-torch.arange(half, dtype=image.dtype) / (half - 1))
        angle = step[:, None] * rates
        time = self.t2(F.silu(self.t1(torch.cat([angle.sin(), angle.cos()], 1))))
        x = self.stem(image)
        kept = [x]
        for i, block in enumerate(self.down):
            x = block(x, time)
            kept.append(x)
            if i % 2 and i // 2 < len(self.shrink):
                x = self.shrink[i // 2](x)
                kept.append(x)
        for block in self.middle:
            x = block(x, time)
        for i, block in enumerate(self.up):
            x = block(torch.cat([x, kept.pop()], 1), time)
            if i % 3 == 2 and i // 3 < len(self.grow):
                x = self.grow[i // 3](F.interpolate(x, scale_factor=2))
        return self.out(F.silu(self.norm(x)))


class DiT(nn.Module):
    """Peebles and Xie 2022, fig. 3 with adaLN-Zero, for latent images of 32 x 32; cosines of the time first."""

    class Block(nn.Module):
        def __init__(self, width: int, heads: int) -> None:
            super().__init__()
            self.heads = heads
            self.steer = nn.Linear(width, 6 * width)
            self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x: Any, c: Any) -> Any:
            b1, g1, a1, b2, g2, a2 = (p[:, None] for p in self.steer(F.silu(c)).chunk(6, 1))
            q, k, v = self.qkv(DiT.norm(x) * (1 + g1) + b1).chunk(3, -1)
            q, k, v = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (q, k, v))
            weights = (q @ k.mT / math.sqrt(q.shape[-1])).softmax(-1)
            x = x + a1 * self.proj((weights @ v).transpose(1, 2).flatten(2))
            return x + a2 * self.fc2(F.gelu(self.fc1(DiT.norm(x) * (1 + g2) + b2), approximate="tanh"))

    def __init__(self, width: int, depth: int, heads: int, patch: int) -> None:
        super().__init__()
        self.patch = patch
        self.embed = nn.Conv2d(4, width, patch, patch)
        self.positions = nn.Parameter(torch.randn(1, (32 // patch) ** 2, width), requires_grad=False)
        self.t1, self.t2, self.y = nn.Linear(256, width), nn.Linear(width, width), nn.Embedding(1001, width)
        self.blocks = nn.ModuleList(DiT.Block(width, heads) for _ in range(depth))
        self.steer, self.last = nn.Linear(width, 2 * width), nn.Linear(width, 8 * patch * patch)

    @staticmethod
    def norm(x: Any) -> Any:
        return F.layer_norm(x, x.shape[-1:], eps=1e-6)

    def forward(self, latent: Any, time: Any, label: Any) -> Any:
        x = self.embed(latent).flatten(2).mT + self.positions
        angles = time[:, None] * 10000 ** (-torch.arange(128, dtype=torch.float32) / 128)
        c = self.t2(F.silu(self.t1(torch.cat([angles.cos(), angles.sin()], -1)))) + self.y(label)
        for block in self.blocks:
            x = block(x, c)
        shift, scale = (p[:, None] for p in self.steer(F.silu(c)).chunk(2, 1))
        x = self.last(self.norm(x) * (1 + scale) + shift)
        side, p = 32 // self.patch, self.patch
        return torch.einsum("nhwpqc->nchpwq", x.reshape(-1, side, side, p, p, 8)).reshape(-1, 8, 32, 32)
