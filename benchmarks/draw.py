"""Drawing ResNet-152 beside torchview, in one run: ``python -m benchmarks.draw``.

Both start from a network that is at hand, a compiled model or a module, and end with the bytes of an SVG; imports
don't count, and of ten runs the quickest does. What compiling takes is told too. A network of a million folded
layers is drawn beside one of ten. torchview is installed into a temporary folder if need be; without torch and
torchvision only ours is told.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

import moniel2 as mn

ROOT = Path(__file__).resolve().parent.parent
RUNS = 10  # what is quick is easily disturbed
RESNET152 = "ResNet(Bottleneck, [3, 8, 36, 3])"
STACK = """
+Layer(C) {{ x:In[B, C] -> Linear(C) -> ReLU -> Linear(C) -> y; [x, y] -> Add -> Out }}
+Group(C) {{ In -> Layer(C) * {inner} -> Out }}
x:In[B, 64] -> Group(64) * {outer} -> Out
"""


def main() -> int:
    resnet = ROOT / "examples" / "resnet.nn"
    _ = mn.loads(STACK.format(inner=5, outer=2)).draw().svg  # what is imported on the way doesn't count
    compiling = timed(lambda: mn.load(resnet, block=RESNET152))
    model = mn.load(resnet, block=RESNET152)
    mine = min(timed(lambda: model.draw().svg) for _ in range(RUNS))
    print(f"moniel2    ResNet-152  {mine:8.3f} s  (and {compiling:.3f} s to compile)")
    few = timed(lambda: mn.loads(STACK.format(inner=5, outer=2)).draw().svg)
    many = timed(lambda: mn.loads(STACK.format(inner=1000, outer=1000)).draw().svg)
    print(f"moniel2    10 layers   {few:8.3f} s, 1,000,000 layers {many:.3f} s")
    if find_spec("torch") is None or find_spec("torchvision") is None:
        print("torchview: not here (no torch)")
        return 0
    other = torchview()
    if other is None:
        print("torchview: could not be installed")
        return 0
    print(f"torchview  ResNet-152  {other:8.3f} s  ({other / mine:.0f} times as long)")
    return 0 if mine * 20 <= other else 1


def timed(draw: Callable[[], object]) -> float:
    start = perf_counter()
    draw()
    return perf_counter() - start


def torchview() -> float | None:
    """Seconds that torchview needs to draw torchvision's ResNet-152, without importing and making the module."""
    if find_spec("torchview") is None:
        place = tempfile.mkdtemp(prefix="torchview-")
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            place,
            "torchview",
            "graphviz",
        ]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return None
        sys.path.insert(0, place)
    import torch
    from torchview import draw_graph
    from torchvision.models import resnet152

    module = resnet152().eval()
    size: dict[str, Any] = {"input_size": (1, 3, 224, 224), "depth": 10}
    with torch.no_grad():
        return min(timed(lambda: draw_graph(module, **size).visual_graph.pipe(format="svg")) for _ in range(RUNS))


if __name__ == "__main__":
    sys.exit(main())
