"""Write the PyTorch code of the examples anew: ``python examples/modules.py [NAME…]``, from ``examples/NAME.nn`` to
``examples/torch/NAME.py``."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commands() -> dict[str, list[str]]:
    """The command of each example, by its name."""
    names = sorted(path.stem for path in (ROOT / "examples").glob("*.nn"))
    return {name: ["code", f"examples/{name}.nn", "-o", f"examples/torch/{name}.py"] for name in names}


if __name__ == "__main__":
    from moniel2.tools.cli import main

    os.chdir(ROOT)
    for name, words in commands().items():
        if not sys.argv[1:] or name in sys.argv[1:]:
            print(shlex.join(["moniel2", *words]))
            if status := main(words):
                raise SystemExit(status)
