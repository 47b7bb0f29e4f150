"""Generated modules against the implementations they equal: the time of a forward pass, side by side.

    python -m benchmarks.torch_speed [--device cuda] [--compile] [--rounds 30] [--only resnet …]

Both models take turns, so that whatever else the machine does meets both. Printed are the median times, and two ratios:
the median of those of neighbours, and that of the fastest runs, which a busy machine disturbs less. 1.00 is equally
fast, below is faster than the reference. Exit status 1 if both are above ``LIMIT``.

The allocator keeps the memory it has (see ``settled``): else a model pays for pages that the other one gave back, and
two copies of one and the same model differ by a fifth.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

import moniel2

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from oracles import published  # noqa: E402

LIMIT = 1.05
KEEP = str(4 << 30)  # bytes


@dataclass(frozen=True)
class Pair:
    """An example's block and its reference, with what goes in: on a CPU, and on a GPU (a larger batch)."""

    example: str
    block: str
    reference: Callable[[], nn.Module]
    shape: tuple[int, ...]
    large: tuple[int, ...]
    words: int = 0


def gpt2() -> nn.Module:
    package = published.transformers()
    config = package.GPT2Config(
        vocab_size=8000, n_embd=384, n_layer=6, n_head=6, use_cache=False, bos_token_id=0, eos_token_id=0
    )
    made: nn.Module = package.GPT2LMHeadModel(config)
    return made


def llama() -> nn.Module:
    package = published.transformers()
    config = package.LlamaConfig(
        vocab_size=8000, hidden_size=384, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=2,
        intermediate_size=1024, rms_norm_eps=1e-5, rope_theta=500000.0, use_cache=False,
    )  # fmt: skip
    made: nn.Module = package.LlamaForCausalLM(config)
    return made


def vit() -> nn.Module:
    package = published.transformers()
    config = package.ViTConfig(
        hidden_size=384, num_hidden_layers=12, num_attention_heads=6, intermediate_size=1536, num_labels=10
    )
    made: nn.Module = package.ViTForImageClassification(config)
    return made


PAIRS = {
    "resnet": Pair("resnet", "ResNet18", lambda: published.vision("resnet18"), (1, 3, 224, 224), (64, 3, 224, 224)),
    "mobilenet": Pair(
        "mobilenet_v2", "MobileNetV2", lambda: published.vision("mobilenet_v2"), (1, 3, 224, 224), (64, 3, 224, 224)
    ),
    "vit": Pair("vit", "ViT(384, 12, 6, classes = 10)", vit, (1, 3, 224, 224), (64, 3, 224, 224)),
    "vit-timm": Pair(
        "vit",
        "ViT(384, 12, 6, classes = 10)",
        lambda: published.timm("vit_small_patch16_224"),
        (1, 3, 224, 224),
        (64, 3, 224, 224),
    ),
    "gpt2": Pair("gpt2", "GPT2(8000, 1024, 384, 6, 6)", gpt2, (1, 128), (16, 512), 8000),
    "llama": Pair("llama", "Llama(8000, 384, 6, 6, 2, 1024)", llama, (1, 128), (16, 512), 8000),
}


@dataclass(frozen=True)
class Timing:
    """Median seconds of both, the median of ours by theirs, and the fastest of ours by the fastest of theirs."""

    ours: float
    theirs: float
    ratio: float
    fastest: float


def settled() -> None:
    """Start again with an allocator that gives nothing back to the system. Only glibc reads these; they do no harm."""
    wanted = {"MALLOC_TRIM_THRESHOLD_": KEEP, "MALLOC_MMAP_THRESHOLD_": KEEP, "MALLOC_TOP_PAD_": str(256 << 20)}
    if not wanted.keys() <= os.environ.keys():
        os.environ.update(wanted)
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.torch_speed", *sys.argv[1:]])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--compile", action="store_true", help="both through torch.compile too (minutes on a CPU)")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--only", nargs="*", choices=PAIRS, default=list(PAIRS))
    options = parser.parse_args()
    settled()
    worst = 0.0
    where = torch.cuda.get_device_name() if options.device == "cuda" else options.device
    print(f"torch {torch.__version__} on {where}, {torch.get_num_threads()} threads")
    for name in options.only:
        ours, theirs, inputs = made(PAIRS[name], options.device)
        modes = [("eager", ours, theirs)]
        if options.compile:
            modes.append(("compiled", torch.compile(ours), torch.compile(theirs)))  # type: ignore[arg-type]
        for mode, mine, other in modes:
            timing = compare(mine, other, inputs, options.rounds)
            worst = max(worst, min(timing.ratio, timing.fastest))
            milliseconds = f"{timing.ours * 1e3:8.2f} ms  reference {timing.theirs * 1e3:8.2f} ms"
            ratios = f"ratio {timing.ratio:.3f}  of the fastest {timing.fastest:.3f}"
            print(f"{name:<10} {mode:<9} {milliseconds}  {ratios}", flush=True)
    return int(worst > LIMIT)


def made(pair: Pair, device: str) -> tuple[nn.Module, nn.Module, torch.Tensor]:
    """Both modules in evaluation, and what goes in."""
    ours = moniel2.load(ROOT / "examples" / f"{pair.example}.nn", block=pair.block).module()
    theirs = pair.reference()
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters()), pair
    shape = pair.large if device == "cuda" else pair.shape
    inputs = torch.randint(0, pair.words, shape) if pair.words else torch.randn(shape)
    return ours.eval().to(device), theirs.eval().to(device), inputs.to(device)


def compare(ours: nn.Module, theirs: nn.Module, inputs: torch.Tensor, rounds: int) -> Timing:
    """Both in turn, each first every other time."""
    with torch.no_grad():
        for _ in range(3):
            ours(inputs), theirs(inputs)
        pairs: list[tuple[float, float]] = []
        for i in range(rounds):
            if i % 2:
                second, first = timed(theirs, inputs), timed(ours, inputs)
            else:
                first, second = timed(ours, inputs), timed(theirs, inputs)
            pairs.append((first, second))
    mine, other = (statistics.median(p[k] for p in pairs) for k in (0, 1))
    fastest = min(a for a, _ in pairs) / min(b for _, b in pairs)
    return Timing(mine, other, statistics.median(a / b for a, b in pairs), fastest)


def timed(module: nn.Module, inputs: torch.Tensor) -> float:
    if inputs.is_cuda:
        torch.cuda.synchronize()
    # Of a single thread its own time, which others on the machine don't lengthen.
    clock = time.perf_counter if inputs.is_cuda or torch.get_num_threads() > 1 else time.thread_time
    start = clock()
    module(inputs)
    if inputs.is_cuda:
        torch.cuda.synchronize()
    return clock() - start


if __name__ == "__main__":
    raise SystemExit(main())
