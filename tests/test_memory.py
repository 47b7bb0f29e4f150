"""Bytes of weights, buffers and activations in all dtypes: what torch's own tensors take."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from moniel2.ir.measure import Measure, measure
from moniel2.ir.model import Model, Operation
from tests.generated import inputs_of, module_of
from tests.programs import sound

SIZES = {"B": 2, "T": 6, "N": 5, "H": 8}

# Each operation's result is an output, so that torch shows all of them.
PROGRAMS = {
    "half": "x:In(float16)[B, 16] -> Linear(8) -> a:Out -> ReLU -> b:Out -> Linear(4, bias = false) -> c:Out",
    "bfloat16 convolutions": """
        x:In(bfloat16)[B, 3, H, H] -> Conv(4, 3) -> a:Out -> BatchNorm -> b:Out -> MaxPool(2) -> c:Out
        c -> ConvTranspose(2, 2, stride = 2) -> d:Out -> GroupNorm(2) -> e:Out -> PReLU -> f:Out
    """,
    "double": """
        x:In(float64)[B, T, 8] -> LayerNorm -> a:Out -> MultiHeadAttention(2) -> b:Out -> RMSNorm -> c:Out
        c -> Linear(8) -> d:Out -> LSTM(4) -> e:Out
    """,
    "words": """
        t:In(int64)[B, T] -> Embedding(50, 8) -> a:Out -> Cast(float16) -> b:Out -> LayerNorm -> c:Out
        t -> OneHot(50) -> d:Out
        t -> Equal(0) -> e:Out -> LogicalNot -> f:Out
    """,
    "masks": """
        x:In[B, T]
        m:In(bool)[B, T]
        [x, m] -> MaskedFill(0) -> a:Out
        [m, x, 0] -> Where -> b:Out
        [m, m] -> LogicalAnd -> c:Out -> Cast(uint8) -> d:Out -> Cast(int16) -> e:Out
        x -> Greater(0) -> f:Out
    """,
    "mixed": """
        x:In(float16)[B, 8] -> Linear(8) -> a:Out
        y:In[B, 8] -> Linear(8) -> b:Out
        [a, b] -> Add -> c:Out
        [c, b] -> Concat(axis = 1) -> d:Out -> Cast(float64) -> e:Out -> Linear(3) -> f:Out
        k:In(int32)[B, 8] -> Mul(0.5) -> g:Out
        k -> Mul(2) -> h:Out
    """,
    "held tensors": """
        x:In[B, 8]
        p:Parameter(dtype = float16)[4, 8] -> Cast(float32) -> a:Out
        q:Parameter(trainable = false)[3, 8] -> Abs -> b:Out
        r:Buffer(dtype = int64)[5] -> Abs -> c:Out
        [x, p] -> Concat(axis = 0) -> d:Out
    """,
    "cells": """
        x:In(float16)[B, 8] -> GRUCell(4) -> a:Out
        s:In(bfloat16)[B, T, 8] -> RNN(6, bidirectional = true) -> b:Out
        x -> Bilinear
    """.replace("x -> Bilinear\n", "[x, x] -> Bilinear(5) -> c:Out\n"),
    "indices": "x:In(float16)[B, 3, H, H] -> MaxPool(2) -> [a:Out, i:Out]",
    "top": "x:In(float16)[B, 9] -> TopK(3) -> [a:Out, i:Out]\nx -> ArgMax(axis = 1) -> b:Out",
}


def sizes_of(count: Measure) -> dict[str, int]:
    names = ("parameter_bytes", "buffer_bytes", "activation_bytes")
    return {name: getattr(count, name).value.at(SIZES) for name in names}


def bytes_of(*tensors: torch.Tensor) -> int:
    return sum(t.numel() * t.element_size() for t in tensors)


@pytest.mark.parametrize("name", PROGRAMS)
def test_memory_is_what_torch_takes(name: str) -> None:
    model: Model = sound(PROGRAMS[name])
    module: nn.Module = module_of(model)
    results = module(*inputs_of(model, SIZES))
    outputs = (results,) if isinstance(results, torch.Tensor) else tuple(results)
    assert [str(o.dtype).removeprefix("torch.") for o in outputs] == [o.tensor.dtype for o in model.root.outputs]
    held = {n.id for n in model.root.nodes if isinstance(n.what, Operation) and n.what.name in ("Parameter", "Buffer")}
    own = [t for key, t in module.state_dict().items() if key in held]  # they are what they give out
    assert sizes_of(measure(model.root).total) == {
        "parameter_bytes": bytes_of(*module.parameters()),
        "buffer_bytes": bytes_of(*module.buffers()),
        "activation_bytes": bytes_of(*outputs, *own),
    }


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_weights_are_in_the_precision_of_what_flows_in(dtype: str) -> None:
    text = f"+Unit {{ In -> Linear(8) -> LayerNorm -> Out }}\nx:In({dtype})[B, 8] -> Unit * 2 -> y:Out"
    module = module_of(sound(text))
    assert {str(p.dtype) for p in module.parameters()} == {f"torch.{dtype}"}
    assert module(*inputs_of(sound(text), SIZES)).dtype is getattr(torch, dtype)


def test_one_definition_in_two_precisions() -> None:
    text = """
        +Unit { In -> Linear(8) -> ReLU -> Out }
        x:In(float16)[B, 8] -> a:Unit -> Cast(float32) -> b:Unit -> y:Out
    """
    module = module_of(sound(text))
    found = {key: str(value.dtype) for key, value in module.state_dict().items()}
    assert found["a.linear.weight"] == "torch.float16"
    assert found["b.linear.weight"] == "torch.float32"
    assert module(*inputs_of(sound(text), SIZES)).dtype is torch.float32
