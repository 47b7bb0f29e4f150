"""The geometry of every picture: what ``geometry.py`` checks, on all examples, and on graphs made at random."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import geometry
import pytest

import moniel2 as mn
from moniel2.backends.svg import svg
from moniel2.backends.theme import theme
from moniel2.ir.model import Model
from moniel2.layout.boxes import Direction
from moniel2.layout.diagram import Diagram
from moniel2.layout.draft import TooManyParts
from moniel2.layout.layout import layout
from moniel2.layout.page import MOST_PARTS, POINT
from moniel2.layout.pick import Wanted, visible
from moniel2.layout.picture import Request, diagram
from moniel2.layout.scene import Scene, TextRun

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.nn"))
DIRECTIONS: tuple[Direction, ...] = ("down", "right", "up", "left")
PAGE_WIDTH, PAGE_HEIGHT = 14 / 2.54 * 96, 20 / 2.54 * 96


@cache
def model(name: str) -> Model:
    return mn.load(ROOT / "examples" / f"{name}.nn").ir


@cache
def drawn(name: str, direction: Direction = "down", depth: int | None = None, limit: int = 120) -> Diagram | None:
    try:
        return diagram(model(name), Request(direction=direction, wanted=Wanted(depth, limit=limit)))
    except TooManyParts:
        return None


@cache
def pictured(name: str, direction: Direction = "down", depth: int | None = None) -> Scene | None:
    found = drawn(name, direction, depth)
    return layout(found) if found is not None else None


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_default_figure_is_sound(name: str) -> None:
    for direction in ("down", "right"):
        scene = pictured(name, direction)
        assert scene is not None
        assert geometry.faults(scene) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_figures_of_every_depth_are_sound(name: str) -> None:
    """As deep as a hundred boxes go; the directions take turns, since they differ in little but the last step."""
    for depth in range(8):
        scene = pictured(name, DIRECTIONS[(depth + EXAMPLES.index(name)) % 4], depth)
        if scene is None:
            break
        assert geometry.faults(scene) == [], depth


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_default_figure_fits_a_page(name: str) -> None:
    found, scene = drawn(name), pictured(name)
    assert found is not None and scene is not None
    assert visible(found.body) <= MOST_PARTS
    shrunk = max(scene.width / PAGE_WIDTH, scene.height / PAGE_HEIGHT, 1.0)
    smallest = min(item.size for item in scene.walk() if isinstance(item, TextRun))
    assert smallest / shrunk / POINT >= 6.5 - 0.01
    assert f"{visible(found.body)} shown" in found.description


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_file_is_valid(name: str) -> None:
    scene = pictured(name)
    assert scene is not None
    root = ElementTree.fromstring(svg(scene, theme("light")))
    assert root.tag.endswith("svg")
    assert "nan" not in svg(scene, theme("light")).lower().split("<text")[0]


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    script = (
        "import hashlib, moniel2 as mn\n"
        "for name in ('transformer', 'lstm', 'densenet', 'unet_flat'):\n"
        "    print(hashlib.sha256(mn.load(f'examples/{name}.nn').draw().svg.encode()).hexdigest())\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(found) == 1
