"""Every example compiles without a word under `--strict`, and has the counts and shapes of what it describes."""

import json
from pathlib import Path

import pytest

import moniel2 as mn
from tests.weight_shapes import weight_shapes

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.nn"))
REFERENCES = json.loads((ROOT / "tests" / "references.json").read_text(encoding="utf-8"))["references"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_checks_clean(path: Path) -> None:
    assert [d.message for d in mn.check(path, strict=True)] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_has_the_canonical_layout(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert mn.format(text) == text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_says_the_shape_of_every_input(path: Path) -> None:
    assert all(port.shape is not None for port in mn.load(path).inputs.values())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_starts_with_its_source(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("/// ")


def test_every_example_has_a_reference() -> None:
    assert {r["example"] for r in REFERENCES} == {f"examples/{p.name}" for p in EXAMPLES}


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: f"{Path(r['example']).stem}-{r['block'] or 'main'}")
def test_matches_its_reference(reference: dict) -> None:
    inputs = {name: tuple(shape) for name, shape in reference["inputs"].items()}
    model = mn.load(ROOT / reference["example"], block=reference["block"], inputs=inputs)
    assert model.parameters == reference["parameters"]
    assert model.trainable_parameters == reference.get("trainable", reference["parameters"])
    assert [list(out.shape) for out in model.outputs.values()] == list(reference["outputs"].values())
    if reference["macs"] is not None:
        assert model.macs == reference["macs"]
    if "weights" in reference:
        assert weight_shapes(model.ir.root) == reference["weights"]


def test_a_width_that_its_groups_do_not_divide_is_the_text_s_mistake() -> None:
    """What follows from it has unknown shapes: tracing sizes to where they come from passes it over."""
    found = mn.check(ROOT / "examples" / "diffusion_unet.nn", settings={"base": 129})
    assert found and all(d.rule and d.message for d in found)
