"""Every example as PyTorch: the text is clean, the module runs, its shapes, counts and keys are those of the model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo
from torch import Tensor, nn

import moniel2 as mn
from moniel2.backends.torch import Emitted, emit
from moniel2.backends.torch.module import load
from tests.generated import SIZES, inputs_of, outputs_of, shapes_of

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = ROOT / "tests" / "outside"
sys.path.insert(0, str(OUTSIDE))

EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.nn"))
REFERENCES = json.loads((ROOT / "tests" / "references.json").read_text(encoding="utf-8"))["references"]
VARIANTS = [(Path(r["example"]).stem, r["block"]) for r in REFERENCES]

# Smaller than published, so that a run takes no time; what isn't here is small or has no such settings.
SMALL: Mapping[str, Mapping[str, object]] = {
    "albert": {"layers": 2, "width": 48, "heads": 4, "vocabulary": 50, "embedding": 16, "context": 12},
    "bert": {"layers": 2, "width": 48, "heads": 4, "vocabulary": 50, "context": 12},
    "convnext": {"widths": [8, 16, 24, 32], "depths": [1, 2, 2, 1]},
    "densenet": {"depths": [2, 3, 2, 2]},
    "diffusion_unet": {"base": 32, "multiples": [1, 2], "attended": [1]},
    "dit": {"width": 48, "depth": 2, "heads": 4, "size": 16},
    "efficientnet": {"width": 0.25, "size": 64},
    "fcn_resnet": {"depths": [1, 2, 1, 1]},
    "fpn": {"depths": [1, 2, 1, 1], "C": 16},
    "gpt2": {"layers": 2, "width": 48, "heads": 4, "vocabulary": 50, "context": 12},
    "gru_attention": {"source_words": 50, "target_words": 40, "embedding": 20, "H": 24, "maxout": 10},
    "llama": {"vocabulary": 50, "width": 64, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96},
    "mamba": {"vocabulary": 50, "width": 32, "depth": 2},
    "mlp_mixer": {"width": 64, "layers": 2},
    "moe": {"vocabulary": 50, "width": 64, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96, "experts": 4},
    "regnet": {"depth": 6},
    "resnet": {"depths": [1, 2, 1, 1]},
    "se_resnet": {"depths": [1, 2, 1, 1]},
    "swin": {"C": 24, "depths": [1, 2, 2, 1]},
    "t5": {"vocabulary": 50, "width": 64, "layers": 2, "heads": 2, "d": 16, "hidden": 96},
    "torch_transformer": {"layers": 2, "hidden": 64},
    "transformer": {"vocabulary": 50, "width": 64, "layers": 2, "heads": 2},
    "unet": {"base": 8, "depth": 2},
    "vit": {"width": 48, "layers": 2, "heads": 4, "size": 32},
    "wavenet": {"R": 8, "S": 12, "levels": 16, "stacks": 1, "depth": 4},
    "whisper": {"D": 48, "depth": 2, "heads": 4, "vocabulary": 50},
    "wide_resnet": {"depth": 10, "k": 1},
}
# Large and of one size: shapes and gradients are followed without the numbers.
WITHOUT_NUMBERS = {
    "clip",
    "dcgan",
    "fcn",
    "inception_resnet_v2",
    "inception_v3",
    "unet_flat",
    "vgg",
    "vgg16_torchvision",
    "xception",
}
# The last layer's own continuation is read by nobody, as published: only its skip is.
WITHOUT_GRADIENT = {"wavenet": {"layers.3.residual.weight", "layers.3.residual.bias"}}


@cache
def model_of(example: str) -> mn.Model:
    return mn.load(ROOT / "examples" / f"{example}.nn", settings=SMALL.get(example))


@cache
def module_of(example: str) -> nn.Module:
    code = model_of(example).code()
    torch.manual_seed(0)
    with torch.device(device_of(example)):
        module: nn.Module = load(code.text, code.class_name)()
    return module


def device_of(example: str) -> str:
    return "meta" if example in WITHOUT_NUMBERS else "cpu"


def inputs(example: str, sizes: Mapping[str, int] = SIZES) -> list[Tensor]:
    return inputs_of(model_of(example).ir, sizes, device_of(example))


@pytest.mark.parametrize("example", EXAMPLES)
def test_runs_as_described(example: str) -> None:
    model, module = model_of(example).ir, module_of(example)
    module.train()
    outputs = outputs_of(module, inputs(example))
    assert [tuple(o.shape) for o in outputs] == shapes_of(model)
    module.zero_grad()
    total = sum((o * torch.linspace(-1, 1, o.numel(), device=o.device).view(o.shape)).sum() for o in outputs)
    assert isinstance(total, Tensor)
    total.backward()
    without = {name for name, p in module.named_parameters() if p.requires_grad and p.grad is None}
    assert without == WITHOUT_GRADIENT.get(example, set())
    module.eval()
    with torch.no_grad():
        outputs = outputs_of(module, inputs(example))
    assert [tuple(o.shape) for o in outputs] == shapes_of(model)
    assert all(bool(o.isfinite().all()) for o in outputs if not o.is_meta)


@pytest.mark.parametrize("example", EXAMPLES)
def test_runs_at_every_size(example: str) -> None:
    model, module = model_of(example).ir, module_of(example).eval()
    sizes = {"B": 3, "N": 7, "T": 6, "M": 3, "H": 96, "W": 70, "h": 2, "w": 3}
    with torch.no_grad():
        outputs = outputs_of(module, inputs(example, sizes))
    assert [tuple(o.shape) for o in outputs] == shapes_of(model, sizes)


@pytest.mark.parametrize("example", EXAMPLES)
def test_exports(example: str) -> None:
    exported = torch.export.export(module_of(example).eval(), tuple(inputs(example)))
    values = (node.meta["val"] for node in exported.graph.find_nodes(op="output")[0].args[0])
    assert [tuple(value.shape) for value in values] == shapes_of(model_of(example).ir)


@pytest.mark.parametrize("example", EXAMPLES)
def test_compiles_without_a_break(example: str) -> None:
    torch._dynamo.reset()
    # Torch refuses to compile its own LSTM and GRU unless told to.
    with torch._dynamo.config.patch(allow_rnn=True), torch.no_grad():
        compiled = torch.compile(module_of(example).eval(), fullgraph=True, backend="eager")
        outputs = outputs_of(compiled, inputs(example))
    assert [tuple(o.shape) for o in outputs] == shapes_of(model_of(example).ir)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e not in WITHOUT_NUMBERS])
def test_parameters_of_the_class_change_nothing(example: str) -> None:
    """The class with parameters is, as it stands, the one that was compared with the published network."""
    opened, plain = module_of(example).eval(), emit(model_of(example).ir)
    closed = load(plain.text, plain.class_name)().eval()
    closed.load_state_dict(opened.state_dict())
    found = []
    for module in (opened, closed):
        torch.manual_seed(0)
        with torch.no_grad():
            found.append(outputs_of(module, inputs(example)))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


# ---------------------------------------------------------------------------- variants, at full size


@cache
def variant(example: str, block: str | None) -> tuple[mn.Model, mn.Code | Emitted]:
    """An example as it stands; its relatives without parameters of their own, which takes less time."""
    model = mn.load(ROOT / "examples" / f"{example}.nn", block=block)
    return model, model.code() if block is None else emit(model.ir)


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: f"{Path(r['example']).stem}-{r['block'] or 'main'}")
def test_has_the_counts_and_keys_of_the_model(reference: dict[str, Any]) -> None:
    model, code = variant(Path(reference["example"]).stem, reference["block"])
    assert code.missing == ()
    with torch.device("meta"):
        module = load(code.text, code.class_name)()
    assert sum(p.numel() for p in module.parameters()) == reference["parameters"] == model.parameters
    trainable = sum(p.numel() for p in module.parameters() if p.requires_grad)
    assert trainable == model.trainable_parameters
    buffers = sum(v.numel() for v in module.state_dict(keep_vars=True).values() if not isinstance(v, nn.Parameter))
    assert buffers == model.buffers
    found = [(k, tuple(v.shape), v.dtype) for k, v in module.state_dict(keep_vars=True).items()]
    keys = code.keys()
    assert [(k, tuple(d.at({}) for d in shape), getattr(torch, dtype)) for k, shape, dtype in keys] == found


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_code_beside_the_examples_is_what_is_written_today(example: str) -> None:
    beside = ROOT / "examples" / "torch" / f"{example}.py"
    text = variant(example, None)[1].text
    assert beside.read_text(encoding="utf-8") == text, "python examples/modules.py writes anew"


def test_there_is_code_of_every_example() -> None:
    assert sorted(p.stem for p in (ROOT / "examples" / "torch").glob("*.py")) == EXAMPLES


def test_texts_are_clean(tmp_path: Path) -> None:
    for number, (example, block) in enumerate(VARIANTS):
        (tmp_path / f"{example}_{number}.py").write_text(variant(example, block)[1].text, encoding="utf-8")
    rules = "E,F,W,I,UP,B,C4,SIM,N,RUF"
    # N801: `Llama3_8B` is called so in the text; without the line it would be another model.
    ruff = [sys.executable, "-m", "ruff"]
    run(
        [
            *ruff,
            "check",
            "--isolated",
            "--select",
            rules,
            "--ignore",
            "RUF002,RUF003,N801,N812",
            "--line-length",
            "88",
            str(tmp_path),
        ]
    )
    run([*ruff, "check", "--isolated", str(tmp_path)])
    run([*ruff, "format", "--isolated", "--check", str(tmp_path)])
    mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", os.devnull]
    run([*mypy, str(tmp_path)], {"MYPYPATH": str(OUTSIDE)})


def run(command: list[str], environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
