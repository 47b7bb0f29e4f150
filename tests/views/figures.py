"""Examples in their views, each compiled and drawn once for all tests of a file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import moniel2 as mn
from moniel2.backends.draw import VIEWS, DrawOptions, scene
from moniel2.ir.model import Model
from moniel2.layout.scene import Scene

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.nn"))
OTHERS = [view for view in VIEWS if view != "blocks"]


@cache
def model(name: str, block: str | None = None) -> Model:
    return mn.load(ROOT / "examples" / f"{name}.nn", block=block).ir


@cache
def drawn(name: str, view: str) -> Scene:
    return scene([model(name)], DrawOptions(view=view))
