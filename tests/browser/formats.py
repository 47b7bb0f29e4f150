"""Every example in every format, rendered and compared: SVG in a browser, PNG, PDF, TikZ by pdflatex, DOT by dot.

    pip install -e ".[browser]"
    pytest tests/browser/formats.py

It needs Chromium, pdflatex and dot; without them it fails, nothing is skipped. The file's name keeps it out of the
ordinary run.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from looks import difference, of_pdf, of_png, of_tex, share
from playwright.sync_api import Browser

import moniel2 as mn
from moniel2.backends.draw import VIEWS, DrawOptions, draw, scene

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.nn"))


SOME = ["lenet", "unet", "transformer", "lstm", "resnet", "moe"]


@pytest.mark.parametrize("name", [p.stem for p in EXAMPLES])
def test_looks_the_same_in_every_format(name: str, browser: Browser, tmp_path: Path) -> None:
    compare(name, "blocks", browser, tmp_path)
    dot = shutil.which("dot")
    assert dot is not None, "no dot: install graphviz"
    model = mn.load(ROOT / "examples" / f"{name}.nn").ir
    subprocess.run(
        [dot, "-Tsvg"], input=draw(model, DrawOptions(format="dot")), check=True, capture_output=True, timeout=120
    )


@pytest.mark.parametrize("name", SOME)
@pytest.mark.parametrize("view", [view for view in VIEWS if view != "blocks"])
def test_every_view_looks_the_same(view: str, name: str, browser: Browser, tmp_path: Path) -> None:
    compare(name, view, browser, tmp_path)


def compare(name: str, view: str, browser: Browser, folder: Path) -> None:
    """The PNG with the PDF, with the SVG as a browser shows it, and with what TeX makes in another font."""
    model = mn.load(ROOT / "examples" / f"{name}.nn").ir
    one = scene([model], DrawOptions(view=view))
    size = (round(one.width), round(one.height))
    kinds = {kind: draw(model, DrawOptions(format=kind, view=view)) for kind in ("svg", "png", "pdf", "tex")}
    png = of_png(kinds["png"], size)
    assert difference(png, of_pdf(kinds["pdf"], size)) < 0.125
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, device_scale_factor=2)
    (folder / "figure.svg").write_bytes(kinds["svg"])
    page.goto((folder / "figure.svg").as_uri())
    seen = of_png(page.screenshot(), size)
    page.close()
    assert share(png, seen, 0.125) < 0.005
    tex = of_tex(kinds["tex"], folder, size)
    assert share(png, tex, 0.15) < 0.01
