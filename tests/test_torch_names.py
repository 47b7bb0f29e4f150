"""Whoever knows ``torch.nn`` finds it: every class by its name, every argument by its name, or a word on why not."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from torch import nn

import moniel2 as mn
from moniel2.ops.catalog import find, find_argument
from moniel2.ops.hints import argument_hint
from moniel2.ops.spec import OpSpec
from tests.programs import compiled

NO_LAYERS = {
    "Container",
    "DataParallel",
    "Module",
    "ModuleDict",
    "ModuleList",
    "ParameterDict",
    "ParameterList",
    "RNNBase",
    "RNNCellBase",
    "Sequential",
}
"""Classes that hold other modules: in the language these are blocks."""

PRELUDE = (Path(mn.__file__).parent / "std" / "prelude.nn").read_text(encoding="utf-8")
INTERNAL = {"args", "kwargs", "options", "process_group"}
"""Parameters that say how something is computed, not what; those that begin with ``_`` are not for users."""

CLASSES = [name for name in dir(nn) if inspect.isclass(c := getattr(nn, name)) and issubclass(c, nn.Module)]
STANDARD = {name for name in CLASSES if name.startswith("Transformer")}


@pytest.mark.parametrize("name", sorted(set(CLASSES) - NO_LAYERS - STANDARD))
def test_every_class_is_an_operation(name: str) -> None:
    spec = find(name)
    assert isinstance(spec, OpSpec)
    for parameter in list(inspect.signature(getattr(nn, name).__init__).parameters)[1:]:
        if parameter in INTERNAL or parameter.startswith("_"):
            continue
        found = find_argument(spec, parameter)
        assert not isinstance(found, tuple), f"{parameter} may be {found}"
        assert found is not None or argument_hint(spec, parameter), parameter


@pytest.mark.parametrize("name", sorted(STANDARD))
def test_transformers_are_in_the_prelude(name: str) -> None:
    assert name in PRELUDE


def test_pytorchs_order_is_recognized() -> None:
    def helps(text: str) -> list[str | None]:
        return [d.help for d in compiled(f"x:In[B, 64, 32, 32] -> {text} -> Out").diagnostics]

    assert helps("Conv2d(64, 128, 3)") == ["PyTorch's Conv2d(64, 128, 3) is Conv(128, 3) here"]
    assert helps("Conv2d(64, 128, kernel_size = 3)") == [
        "the input's size is read off it and not written: Conv(128, …)"
    ]
    assert helps("Linear(32, 10)") == ["the input's size is read off it and not written: Linear(10, …)"]
    assert helps("Linear(10, bias = 3)") == [None]
    assert helps("ReLU(inplace = true)") == ["how memory is used isn't part of a model; leave it out"]
    assert helps("MaxPool(2, returnIndices = true)") == [
        "the indices are a second output, there when read: p:MaxPool(2), then p/indices"
    ]
    assert helps("Linear(10, dtype = float16)") == ["the dtype is that of the input; Cast(float16) makes another one"]
    assert helps("BatchNorm(track_runing_stats = true)")[0] != helps("Linear(10, dtype = float16)")[0]


def test_sizes_of_inputs_may_be_claimed() -> None:
    def messages(text: str) -> list[str]:
        return [d.message for d in compiled(text, strict=True).diagnostics]

    assert messages("x:In[B, 3, 9, 9] -> Conv2d(in_channels = 3, out_channels = 8, kernel_size = 3) -> Out") == []
    assert messages("x:In[B, 3, 9, 9] -> Conv2d(in_channels = 4, out_channels = 8, kernel_size = 3) -> Out") == [
        "Conv is for 4 input channels, got 3"
    ]
    assert messages("x:In[B, 5] -> Linear(in_features = 6, out_features = 2) -> Out") == [
        "Linear is for 6 input features, got 5"
    ]
    assert messages("x:In[B, T, 5] -> LSTM(input_size = 6, hidden_size = 2) -> Out") == [
        "LSTM is for 6 input features, got 5"
    ]
    assert messages(
        "a:In[B, 5]; b:In[B, 4]; [a, b] -> Bilinear(in1_features = 5, in2_features = 3, out_features = 2) -> Out"
    ) == ["Bilinear is for 3 features of the second input, got 4"]
