"""Generated modules, and what tests ask of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from moniel2.backends.torch import emit
from moniel2.backends.torch.module import load
from moniel2.ir.model import Model
from moniel2.ir.model import Tensor as Flow
from tests.programs import sound

SIZES = {"B": 2, "N": 5, "T": 4, "M": 7, "H": 64, "W": 64, "h": 1, "w": 1}


def made(text: str, files: Mapping[str, str] | None = None, **options: Any) -> nn.Module:
    """The module of a program about which there is nothing to say, with weights that are the same every time."""
    return module_of(sound(text, files, **options))


def module_of(model: Model) -> Any:
    emitted = emit(model)
    torch.manual_seed(0)
    return load(emitted.text, emitted.class_name)()


def code(text: str, files: Mapping[str, str] | None = None, **options: Any) -> str:
    return emit(sound(text, files, **options)).text


def inputs_of(model: Model, sizes: Mapping[str, int] = SIZES, device: str = "cpu") -> list[Tensor]:
    """A tensor for every input; whole numbers stay small enough to be looked up anywhere."""
    generator = torch.Generator().manual_seed(1)
    found = []
    for port in model.root.inputs:
        if not port.bound:
            continue
        shape = shape_of(port.tensor, sizes)
        if port.tensor.dtype in ("", "float32"):
            tensor = torch.rand(shape, generator=generator)
        elif port.tensor.dtype == "bool":
            tensor = torch.zeros(shape, dtype=torch.bool)
        else:
            tensor = torch.randint(0, 2, shape, generator=generator).to(getattr(torch, port.tensor.dtype))
        found.append(tensor.to(device))
    return found


def shapes_of(model: Model, sizes: Mapping[str, int] = SIZES) -> list[tuple[int, ...]]:
    """What the model says of its outputs."""
    return [shape_of(t, sizes) for o in model.root.outputs for t in o.tensors]


def shape_of(tensor: Flow, sizes: Mapping[str, int]) -> tuple[int, ...]:
    assert tensor.shape is not None
    return tuple(size.at(sizes) for size in tensor.shape)


def outputs_of(module: nn.Module, inputs: Sequence[Tensor]) -> list[Tensor]:
    result = module(*inputs)
    return [result] if isinstance(result, Tensor) else list(result)
