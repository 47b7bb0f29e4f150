"""The numbers that a module holds: its parameters, each once, and the running statistics of its norms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True)
class Weight:
    """A parameter or a running statistic by its key. ``transposed``: it lies the other way round in the other model."""

    key: str
    tensor: torch.Tensor
    statistic: str = ""
    transposed: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        shape = tuple(self.tensor.shape)
        return shape[::-1] if self.transposed else shape

    @property
    def kind(self) -> tuple[tuple[int, ...], str]:
        """What it must have in common with its counterpart."""
        return self.shape, self.statistic

    @property
    def owner(self) -> str:
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]

    @property
    def value(self) -> torch.Tensor:
        """The tensor, lying as in the other model."""
        return self.tensor.t() if self.transposed else self.tensor

    @property
    def gradient(self) -> torch.Tensor | None:
        grad = self.tensor.grad
        return grad.t() if grad is not None and self.transposed else grad


def weights_of(module: nn.Module) -> dict[str, Weight]:
    """By key, in the order of registration."""
    found = {key: Weight(key, p) for key, p in module.named_parameters()}
    for key, buffer in module.named_buffers():
        name = key.rpartition(".")[2]
        if name in STATISTICS:
            found[key] = Weight(key, buffer, name)
    return found


def with_buffers(mine: dict[str, Weight], ours: nn.Module, other: dict[str, Weight], theirs: nn.Module) -> None:
    """Add to both what one of them holds as a buffer, untrained, and the other as a buffer or a frozen parameter.

    What belongs together is found by shapes: a buffer that the other has nothing like stays what its model made it.
    """
    extra_mine, extra_other = _buffers(ours, mine), _buffers(theirs, other)
    more_mine = Counter(w.shape for w in mine.values()) - Counter(w.shape for w in other.values())
    more_other = Counter(w.shape for w in other.values()) - Counter(w.shape for w in mine.values())
    for shape in {w.shape for w in (*extra_mine, *extra_other)}:
        here, there = ([w for w in extra if w.shape == shape] for extra in (extra_mine, extra_other))
        for weights, found, count in (
            (other, there, more_mine[shape]),
            (mine, here, more_other[shape]),
        ):
            for weight in found[:count]:
                weights[weight.key] = weight
        for a, b in zip(here[more_other[shape] :], there[more_mine[shape] :], strict=False):
            mine[a.key], other[b.key] = a, b


def _buffers(module: nn.Module, known: Mapping[str, Weight]) -> list[Weight]:
    found = [Weight(k, b) for k, b in module.named_buffers() if k not in known and b.is_floating_point()]
    for weight in found:
        weight.tensor.requires_grad_(True)
    return found


def turned(theirs: dict[str, Weight], ours: Iterable[Weight], module: nn.Module) -> dict[str, Weight]:
    """``theirs`` with those marked that hold their matrices transposed, as GPT-2's ``Conv1D`` does.

    A kind of module does if so its matrices have the shapes that the description has, and as they are they don't.
    """
    wanted = Counter(w.shape for w in ours)
    missing = Counter(w.shape for w in theirs.values())
    missing.subtract(wanted)
    modules = dict(module.named_modules())
    kinds = {
        type(modules[w.owner])
        for w in theirs.values()
        if w.tensor.ndim == 2 and missing[w.shape] > 0 and missing[w.shape[::-1]] < 0
    } - {nn.Linear, nn.Embedding}
    return {
        key: Weight(key, w.tensor, w.statistic, w.tensor.ndim == 2 and type(modules[w.owner]) in kinds)
        for key, w in theirs.items()
    }


@dataclass(frozen=True, slots=True)
class Spread:
    """What random numbers a weight gets: normal around ``middle``, or between ``low`` and ``high``."""

    middle: float = 0.0
    size: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def numbers(self, like: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        if self.size:
            return torch.randn(like.shape, generator=generator, dtype=like.dtype) * self.size + self.middle
        return torch.rand(like.shape, generator=generator, dtype=like.dtype) * (self.high - self.low) + self.low


def spreads_of(weights: Iterable[Weight]) -> dict[str, Spread]:
    """What each weight of a module that was just made is to get at random."""
    return {w.key: _spread(w) for w in weights if w.tensor.is_floating_point()}


@torch.no_grad()
def randomize(weights: Iterable[Weight], spreads: Mapping[str, Spread], seed: int, times: float = 1.0) -> None:
    """New numbers everywhere, of the size that each tensor had, but none that stand for "nothing yet".

    A classifier of zeros, a layer scale of 1e-6, a norm that is the identity would hide what differs behind them.
    Matrices get ``times`` as large ones.
    """
    generator = torch.Generator().manual_seed(seed)
    for weight in weights:
        if weight.key in spreads:
            numbers = spreads[weight.key].numbers(weight.tensor, generator)
            weight.tensor.copy_(numbers * times if weight.tensor.ndim > 1 else numbers)


def _spread(weight: Weight) -> Spread:
    if weight.statistic:
        return Spread(size=0.1) if weight.statistic == "running_mean" else Spread(low=0.5, high=1.5)
    tensor = weight.tensor.detach().nan_to_num()
    first = float(tensor.flatten()[0]) if tensor.numel() else 0.0
    if bool((tensor == first).all()) and tensor.ndim < 2:
        if abs(first) >= 0.3:
            return Spread(low=0.5 * first, high=1.5 * first)
        return Spread(low=0.1, high=0.5) if first else Spread(size=0.1)
    if tensor.ndim < 2:
        return Spread(middle=float(tensor.mean()), size=0.1)
    own = float(tensor.std()) if tensor.numel() > 1 else 0.0
    # Large enough for a signal to get through many layers of it.
    return Spread(size=max(own, 1 / math.sqrt(max(1, tensor[0].numel()))))


@torch.no_grad()
def fill_alike(weights: Iterable[Weight]) -> None:
    """The same numbers in all tensors of one shape: two equal networks now give equal outputs whatever is paired."""
    made: dict[tuple[tuple[int, ...], str], torch.Tensor] = {}
    for weight in weights:
        shape, statistic = weight.kind
        if weight.kind not in made:
            generator = torch.Generator().manual_seed(len(shape) * 7919 + sum((i + 1) * n for i, n in enumerate(shape)))
            made[weight.kind] = _alike(shape, statistic, generator)
        weight.value.copy_(made[weight.kind])


def _alike(shape: tuple[int, ...], statistic: str, generator: torch.Generator) -> torch.Tensor:
    if len(shape) < 2:
        spread = torch.rand(shape, generator=generator, dtype=torch.float64)
        return spread * 0.2 if statistic == "running_mean" else 0.4 + spread * 0.6
    fan = math.prod(shape[1:])
    size = 1.4 / math.sqrt(fan) if len(shape) != 3 or shape[0] != 1 else 0.5
    return torch.randn(shape, generator=generator, dtype=torch.float64) * size
