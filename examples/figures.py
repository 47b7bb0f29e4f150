"""Draw the figures of the gallery anew: ``python examples/figures.py``; each command stands in ``README.md``."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def commands() -> dict[str, list[str]]:
    """The command of each figure, by the file that it writes."""
    lines = (ROOT / "examples" / "README.md").read_text(encoding="utf-8").splitlines()
    found = [shlex.split(line)[1:] for line in lines if line.startswith("moniel2 draw ")]
    return {words[words.index("-o") + 1]: words for words in found}


def draw(figure: str, output: str) -> None:
    """Run a figure's command, but write to ``output``. The working directory must be the project's root."""
    from moniel2.tools.cli import main

    words = list(commands()[figure])
    words[words.index("-o") + 1] = output
    status = main(words)
    if status:
        raise SystemExit(f"{shlex.join(words)}: exit status {status}")


if __name__ == "__main__":
    os.chdir(ROOT)
    for figure in commands():
        if not sys.argv[1:] or any(word in figure for word in sys.argv[1:]):
            draw(figure, figure)
            print(figure)
