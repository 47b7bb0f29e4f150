"""Inputs for a comparison, made from what the model declares."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from moniel2.backends.torch.guard import SIZES, symbol_values, vocabulary
from moniel2.dims import Dim
from moniel2.ir.model import Model, Tensor
from moniel2.ir.ports import port_names
from moniel2.verification.reference import Misuse

OTHER_SIZES = (24, 48, 96, 192, 288, 320, 384, 640, 331, 12, 6, 5, 3, 2, 1)


@dataclass(frozen=True)
class Inputs:
    """One tensor for each input that is bound, by name."""

    tensors: dict[str, torch.Tensor]

    def as_type(self, dtype: torch.dtype) -> dict[str, torch.Tensor]:
        """Copies, the floating-point ones in another precision."""
        return {n: t.to(dtype) if t.is_floating_point() else t.clone() for n, t in self.tensors.items()}

    def __str__(self) -> str:
        return ", ".join(f"{n}[{', '.join(map(str, t.shape))}]" for n, t in self.tensors.items())


def make_inputs(model: Model, seed: int = 0) -> tuple[Inputs, Inputs | None]:
    """Inputs at two sizes, the second with another batch too; None where every size is fixed. Raises ``Misuse``."""
    first = symbol_values(model, 2, SIZES)
    unknown = [n for n, p in _ports(model).items() if p.shape is None or not p.shape.known]
    if unknown or first is None:
        name = unknown[0] if unknown else "image"
        raise Misuse(f"the shape of {name} isn't known; give one: --input {name}=1x3x224x224")
    # Where only the batch is open a smaller one does.
    sizes = set(first) - _batches(model)
    second = symbol_values(model, 3 if sizes else 1, OTHER_SIZES)
    made = _made(model, first, seed)
    return made, None if second is None or second == first else _made(model, second, seed + 1)


def _batches(model: Model) -> set[str]:
    """The symbols that stand first in the inputs' shapes."""
    firsts = [p.tensor.shape[0] for p in model.root.inputs if p.tensor.shape]
    return {s for d in firsts if Dim.of(str(d)) == d for s in d.symbols()}


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
            found[name] = torch.randint(0, bound, shape, generator=generator).to(getattr(torch, dtype))
        elif dtype == "bool":
            found[name] = torch.rand(shape, generator=generator) < 0.8
        else:
            found[name] = torch.randn(shape, generator=generator, dtype=torch.float64)
    return Inputs(found)
