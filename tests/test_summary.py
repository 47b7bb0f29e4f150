"""Summaries: their JSON by its schema, and their totals against what torch itself counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import moniel2 as mn
from moniel2.ir.export import schema
from moniel2.tools.summary import summarize, to_json
from tests.programs import compiled

EXAMPLES = Path(__file__).parent.parent / "examples"
SKETCH = "In[B, 3, 32, 32] -> Conv(8, 3) -> Conv -> Pool -> Linear(10) -> Out\n+Pool"
NAMES = ["resnet", "albert", "moe", "mamba", "gru_attention", "char_rnn", "unet"]


def as_json(model: Any, depth: int | None = None) -> Any:
    whole = json.loads(to_json(summarize(model, depth)))
    jsonschema.Draft202012Validator.check_schema(schema("summary"))
    jsonschema.Draft202012Validator(schema("summary")).validate(whole)
    return whole


@pytest.mark.parametrize("name", NAMES)
def test_json_fits_its_schema(name: str) -> None:
    found = compiled((EXAMPLES / f"{name}.nn").read_text(encoding="utf-8"), files=_texts())
    for depth in (None, 0, 1):
        whole = as_json(found.model, depth)
        assert ("at_least" in whole["totals"]) == (name == "mamba"), "the cost of an Extern isn't known"


def _texts() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.nn")}


def test_a_sketch_says_at_least() -> None:
    totals = as_json(compiled(SKETCH).model)["totals"]
    assert set(totals["at_least"]) >= {"parameters", "trainable", "macs"}
    assert totals["parameters"] == 8 * 27 + 8


TOTALS = [
    # example, block, inputs, dtypes
    ("resnet", "ResNet18", [(2, 3, 224, 224)]),
    ("densenet", None, [(1, 3, 224, 224)]),
    ("mobilenet_v3", None, [(1, 3, 224, 224)]),
    ("vit", "DeiTTiny", [(1, 3, 224, 224)]),
    ("unet", None, [(1, 3, 64, 64)]),
    ("gcn", None, None),
    ("torch_transformer", None, [(2, 5, 512), (2, 7, 512)]),
]


@pytest.mark.parametrize(("name", "block", "sizes"), TOTALS, ids=lambda v: v if isinstance(v, str) else None)
def test_totals_are_torchs(name: str, block: str | None, sizes: list[tuple[int, ...]] | None) -> None:
    """Parameters, buffers, bytes and products of the generated module as torch counts them, without computing it."""
    path = EXAMPLES / f"{name}.nn"
    ports = list(mn.load(path, block=block).inputs)
    inputs = dict(zip(ports, sizes, strict=True)) if sizes is not None else None
    model = mn.load(path, block=block, inputs=inputs)
    with torch.device("meta"):
        module = model.module().eval()
    parameters = {id(p): p for p in module.parameters()}.values()
    assert model.parameters == sum(p.numel() for p in parameters)
    assert model.trainable_parameters == sum(p.numel() for p in parameters if p.requires_grad)
    assert model.buffers == sum(b.numel() for b in module.buffers())
    totals = json.loads(to_json(summarize(model.ir)))["totals"]
    assert totals["parameter_bytes"] == sum(p.numel() * p.element_size() for p in parameters)
    assert totals["buffer_bytes"] == sum(b.numel() * b.element_size() for b in module.buffers())
    if sizes is None:
        return
    operands = [torch.empty(size, device="meta") for size in sizes]
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        module(*operands)
    assert model.macs == counter.get_total_flops() // 2
