"""The reference pages: every operation and standard block has one, and what it shows as an example compiles."""

from __future__ import annotations

import json

import pytest

from moniel2.diagnostics.diagnostic import Severity
from moniel2.diagnostics.render import severity
from moniel2.ops.catalog import catalog
from moniel2.ops.spec import OpSpec
from moniel2.tools.library import block_json, block_page, blocks_listing, library, nearest_blocks
from moniel2.tools.reference import in_torch, listing, listing_json, page, page_json, shown_use
from moniel2.tools.reference_examples import programs
from tests.programs import compiled

NOWHERE = {"Input", "Output", "Identity", "Discard"}
"""Operations that nothing in PyTorch stands for."""


@pytest.mark.parametrize("spec", catalog().values(), ids=lambda s: s.name)
def test_every_operation_has_a_page(spec: OpSpec) -> None:
    text = page(spec)
    assert text.startswith(spec.name) and "``" not in text and "None" not in text
    assert all(f"  {argument.name}" in text and argument.doc.replace("``", "`") in text for argument in spec.arguments)
    assert bool(in_torch(spec)) == (spec.name not in NOWHERE)
    found = json.loads(page_json(spec))
    assert found["name"] == spec.name and [a["name"] for a in found["arguments"]] == [a.name for a in spec.arguments]
    assert {w["name"] for w in found["use"]["weights"]} == {name for name, _ in shown_use(spec).weights}


@pytest.mark.parametrize("spec", catalog().values(), ids=lambda s: s.name)
def test_every_example_compiles(spec: OpSpec) -> None:
    lines = programs(spec)
    assert lines
    for line in lines:
        found = compiled(line)
        problems = [d.message for d in found.diagnostics if severity(d) is Severity.ERROR]
        assert not problems, line
        assert found.model is not None


def test_a_page_says_weights_and_cost() -> None:
    text = page(catalog()["Conv"])
    assert "weights and cost of [N, 4, H, W] -> Conv(6, 3)\n  weight  [6, 4, 3, 3]\n  bias    [6]\n" in text
    assert "nn.Conv2d, nn.Conv1d, nn.Conv3d" in text
    assert "  weights  none\n" in page(catalog()["ReLU"])
    assert "running_mean         [C]  a buffer\n" in page(catalog()["BatchNorm"])


def test_the_listing_has_every_operation_once() -> None:
    lines = [line.split()[0] for line in listing(catalog().values()).splitlines() if line.startswith("  ")]
    assert sorted(lines) == sorted(catalog())
    assert [o["name"] for o in json.loads(listing_json(catalog().values()))["operations"]] == list(catalog())


def test_standard_blocks_have_pages() -> None:
    for name, block in library().items():
        text = block_page(block)
        assert text.startswith(name) and block.definition.doc in text and f"\n+{name}" in text
        assert json.loads(json.dumps(block_json(block)))["name"] == name
        assert f"  {name} " in blocks_listing()
    assert "at hand everywhere" in block_page(library()["SqueezeExcite"])
    assert "from std.vision import TopDown" in block_page(library()["TopDown"])
    assert "Residual" in nearest_blocks("Residal")
