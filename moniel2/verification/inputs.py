"""Inputs for a comparison, made from what the model declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import torch

from moniel2.backends.torch.guard import vocabulary
from moniel2.backends.torch.trial import batches, fitted, holds, sizes_of, symbols
from moniel2.dims import Dim
from moniel2.ir.model import Model, Tensor
from moniel2.ir.ports import port_names
from moniel2.verification.reference import Misuse

SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 224, 256, 299, 320, 384, 512)
ODD = (3, 5, 7, 13, 17, 25, 33, 49, 67, 99, 131, 195, 227, 259, 331, 387, 515)
"""Sizes to try, and those for a second time: at them, rounding down shows."""
ROUND = (2, 4, 8, 16, 32, 64, 128, 256, 512)
"""Sizes for a model with conditions on them: most ask for a multiple of some power of two."""
LEAST = 12
"""What an input has at least along an open axis: less would hide much at the edges."""


@dataclass(frozen=True)
class Inputs:
    """One tensor for each input that is bound, by name."""

    tensors: dict[str, torch.Tensor]

    def as_type(self, dtype: torch.dtype) -> dict[str, torch.Tensor]:
        """Copies, the floating-point ones in another precision."""
        return {n: t.to(dtype, copy=True) if t.is_floating_point() else t.clone() for n, t in self.tensors.items()}

    def scaled(self, by: float) -> Inputs:
        """Those in floating point larger."""
        return Inputs({n: t * by if t.is_floating_point() else t for n, t in self.tensors.items()})

    def __str__(self) -> str:
        return ", ".join(f"{n}[{', '.join(map(str, t.shape))}]" for n, t in self.tensors.items())


def make_inputs(
    model: Model, seed: int = 0, runs: Callable[[Inputs], bool] = lambda inputs: True
) -> tuple[Inputs, Inputs | None]:
    """Inputs at two sizes, the second with another batch too; None where every size is fixed. Raises ``Misuse``.

    ``runs`` tells whether the model can be called with some: shapes say nothing of the greatest size.
    """
    check_known(model)
    names = symbols(model) or []
    batch = batches(model)
    free = [n for n in names if n not in batch]
    tried = _tried(model, free)
    ways = list(_fitting(model, ({**dict.fromkeys(batch, 2), **sizes} for sizes in tried)))
    if not ways:
        raise Misuse(f"no sizes are found for {', '.join(free)}; give some: --set {free[0]}=…")
    first = _running(model, ways, seed, runs) or ways[0]
    made = _made(model, first, seed)
    if not names:
        return made, None
    others = _fitting(model, ({**dict.fromkeys(batch, 3), **sizes} for sizes in _others(model, free, first)))
    second = _running(model, others, seed + 1, runs) if free else None
    if second is None:
        second = {**first, **dict.fromkeys(batch, 3)}
    return made, None if second == first else _made(model, second, seed + 1)


def check_known(model: Model) -> None:
    """Raises ``Misuse`` where the shape of an input isn't known."""
    unknown = [n for n, p in _ports(model).items() if p.shape is None or not p.shape.known]
    if unknown or symbols(model) is None:
        raise Misuse(f"the shape of {unknown[0]} isn't known; give one: --input {unknown[0]}=1x3x224x224")


def _running(
    model: Model, ways: Iterable[dict[str, int]], seed: int, runs: Callable[[Inputs], bool]
) -> dict[str, int] | None:
    return next((sizes for sizes in ways if runs(_made(model, sizes, seed))), None)


def _tried(model: Model, free: list[str]) -> list[dict[str, int]]:
    return [dict.fromkeys(free, size) for size in (ROUND if model.requirements else SIZES)] if free else [{}]


def _others(model: Model, free: list[str], first: dict[str, int]) -> list[dict[str, int]]:
    """Other sizes, each symbol's own, so that height and width can't be taken for one another."""
    if model.requirements:
        apart = {n: first[n] * (3 + i) for i, n in enumerate(free)}
        return [apart, *({n: first[n] * times for n in free} for times in (3, 2))]
    greater = [s for s in ODD if not free or s > first[free[0]]]
    ways = [{n: greater[k + i] for i, n in enumerate(free)} for k in range(len(greater) - len(free) + 1)]
    return [*ways, *(dict.fromkeys(free, s) for s in greater)]


def _fitting(model: Model, tried: Iterable[dict[str, int]]) -> Iterator[dict[str, int]]:
    """The sizes that meet what the model asks and with which no tensor shrinks to a single number (the norm of one
    number is nothing); then those with which none shrinks to nothing; then those that don't meet what it asks."""
    conditions = [r.condition for r in model.requirements if r.condition is not None]
    sizes = list(tried)
    met = [fitted(values, conditions, batches(model)) for values in sizes]
    found: list[dict[str, int]] = []
    for values in (*_sized(model, [m for m in met if m is not None]), *_sized(model, sizes)):
        if values not in found:
            found.append(values)
            yield values


def _sized(model: Model, tried: list[dict[str, int]]) -> Iterator[dict[str, int]]:
    inputs = {d for p in _ports(model).values() for d in p.shape or ()} - {Dim.of(s) for s in batches(model)}
    sizes = sizes_of(model.root)
    large = [v for v in tried if all(holds(d, v, LEAST) for d in inputs)]
    for candidates in (large, [v for v in tried if v not in large]):
        for least in (2, 1):
            for values in candidates:
                if all(holds(d, values, least if d.symbols() - batches(model) else 1) for d in sizes):
                    yield values


def _ports(model: Model) -> dict[str, Tensor]:
    ports = model.root.inputs
    return {n: p.tensor for n, p in zip(port_names(ports), ports, strict=True) if p.bound}


def _made(model: Model, sizes: dict[str, int], seed: int) -> Inputs:
    generator = torch.Generator().manual_seed(seed)
    found: dict[str, torch.Tensor] = {}
    ports = model.root.inputs
    for index, (name, port) in enumerate(zip(port_names(ports), ports, strict=True)):
        if not port.bound:
            continue
        shape = tuple(d.at(sizes) for d in port.tensor.shape or ())
        dtype = port.tensor.dtype or "float32"
        if dtype.startswith(("int", "uint")):
            bound = vocabulary(model.root, index) or 10
            numbers = torch.randint(0, bound, shape, generator=generator)
            # The least and the greatest show whether something counts from another number.
            if numbers.numel() > 1:
                numbers.view(-1)[0], numbers.view(-1)[-1] = 0, bound - 1
            found[name] = numbers.to(getattr(torch, dtype))
        elif dtype == "bool":
            found[name] = torch.rand(shape, generator=generator) < 0.8
        else:
            found[name] = torch.randn(shape, generator=generator, dtype=torch.float64)
    return Inputs(found)
