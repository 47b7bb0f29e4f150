"""Figures in every format: the subset of SVG that all draw alike, embedded fonts, the same look everywhere."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import pytest
from looks import difference, of_pdf, of_png, of_tex, share

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, draw, scene
from moniel2.backends.theme import theme
from moniel2.backends.tikz import latex, tikz
from moniel2.backends.typeface import face, pieces
from moniel2.ir.model import Model
from moniel2.layout.scene import Scene, TextRun
from moniel2.layout.text import measured, width

ROOT = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"
FIGURES = [
    ("lstm", "blocks"),
    ("unet", "blocks"),
    ("transformer", "blocks"),
    ("lenet", "volumes"),
    ("resnet", "overview"),
]


@cache
def model(name: str) -> Model:
    return mn.load(ROOT / "examples" / f"{name}.nn").ir


@cache
def picture(name: str, **options: object) -> bytes:
    return draw(model(name), DrawOptions(**options))  # type: ignore[arg-type]


def size(name: str, view: str) -> tuple[int, int]:
    one = scene([model(name)], DrawOptions(view=view))
    return round(one.width), round(one.height)


# ---------------------------------------------------------------------------------------- SVG


@pytest.mark.parametrize(("name", "view"), FIGURES)
@pytest.mark.parametrize("options", [{}, {"theme": "auto", "show": ("params", "legend")}, {"text": "paths"}], ids=str)
def test_svg_keeps_to_what_everyone_draws(name: str, view: str, options: dict[str, object]) -> None:
    if view != "blocks" and "show" in options:
        options = options | {"show": ("legend",)}  # parameters are a matter of boxes: the other views refuse the word
    text = picture(name, view=view, **options).decode("utf-8")
    root = ET.fromstring(text)
    tags = {e.tag.removeprefix(SVG) for e in root.iter()} - {"svg"}
    assert tags <= {"title", "desc", "style", "g", "rect", "circle", "polygon", "path", "text"}
    assert sum(e.tag == f"{SVG}svg" for e in root.iter()) == 1
    assert not re.search(r"var\(|url\(|paint-order|filter|marker|href", text)
    assert root.get("role") == "img"
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and title.text
    assert description is not None and description.text
    for element in root.iter(f"{SVG}text"):
        assert float(element.get("textLength") or 0) > 0, element.text
        assert re.fullmatch("#[0-9a-f]{6}", element.get("fill") or ""), element.text
    assert any(e.get("data-path") for e in root.iter())


def test_letters_as_outlines_need_no_font_and_still_say_what_they_are() -> None:
    plain = ET.fromstring(picture("lstm"))
    root = ET.fromstring(picture("lstm", text="paths"))
    words = sorted(e.text or "" for e in plain.iter(f"{SVG}text"))
    assert not list(root.iter(f"{SVG}text"))
    assert sorted(label for e in root.iter(f"{SVG}path") if (label := e.get("aria-label")) is not None) == words


def test_the_typeface_has_the_widths_that_layout_measures() -> None:
    """Helvetica's, to a thousandth; and a shape for every character that is measured."""
    characters = measured()
    assert len(characters) > 300
    assert not [c for c in characters if not pieces(c, False, False)[0][0].has(c)]
    sans = face("Sans-Regular")
    assert not [c for c in characters if c.isascii() and abs(sans.advance(c) - width(c, 1.0)) > 0.001]
    bold = face("Sans-Bold")
    assert not [c for c in characters if c.isascii() and abs(bold.advance(c) - width(c, 1.0, True)) > 0.001]


def test_an_outline_is_what_the_letter_looks_like() -> None:
    """An H is two uprights and a bar between them: twelve corners, all on straight lines."""
    outline = face("Sans-Regular").outline("H")
    corners = {p for name, points in outline if name in "ML" for p in points}
    assert len(corners) == 12
    assert "Q" not in {name for name, _ in outline}
    assert len({x for x, _ in corners}) == 4
    assert {y for _, y in corners} >= {0.0}
    # An accent is a shape of its own above its letter.
    assert sum(n == "Z" for n, _ in face("Sans-Regular").outline("é")) == 1 + sum(
        n == "Z" for n, _ in face("Sans-Regular").outline("e")
    )


# ---------------------------------------------------------------------------------------- PDF


def test_pdf_is_the_same_each_time_and_embeds_its_fonts() -> None:
    first = draw(model("transformer"), DrawOptions(format="pdf"))
    assert first == draw(model("transformer"), DrawOptions(format="pdf"))
    assert first.startswith(b"%PDF-")
    fonts = re.findall(rb"/BaseFont /([\w+-]+)", first)
    assert fonts
    assert all(b"+MonielSans" in f or b"+MonielSymbols" in f for f in fonts)
    assert len(re.findall(rb"/FontFile2", first)) == len(set(fonts))
    assert b"/Subtype /Image" not in first
    assert not re.search(rb"/CreationDate \(D:20[1-9]", first)


def test_pdf_text_can_be_read_and_searched() -> None:
    import pypdfium2

    text = pypdfium2.PdfDocument(draw(model("lenet"), DrawOptions(format="pdf")))[0].get_textpage().get_text_range()
    assert "Conv 5×5, 6" in text


# ------------------------------------------------------------------------------------ the look


@pytest.mark.parametrize(("name", "view"), FIGURES)
def test_pdf_looks_like_png(name: str, view: str) -> None:
    """No square of 6 pixels differs by more than an eighth of the way from black to white."""
    png, pdf = (picture(name, format=kind, view=view) for kind in ("png", "pdf"))
    assert difference(of_png(png, size(name, view)), of_pdf(pdf, size(name, view))) < 0.125


def test_scale_is_pixels() -> None:
    from io import BytesIO

    from PIL import Image

    wide, narrow = (Image.open(BytesIO(picture("lenet", format="png", scale=scale))) for scale in (3.0, 0.5))
    assert wide.width == pytest.approx(6 * narrow.width, abs=6)
    assert wide.convert("L").getextrema()[0] < 60  # there is ink
    for image in (wide, narrow):
        assert image.convert("RGBA").getchannel("A").getextrema() == (255, 255)  # and a background to the last pixel


# ---------------------------------------------------------------------------------------- TikZ


def test_tikz_is_balanced_and_says_everything() -> None:
    text = picture("transformer", format="tex").decode("utf-8")
    bare = re.sub(r"\\[{}\\]", "", text)
    assert bare.count("{") == bare.count("}")
    assert text.count("\\begin{tikzpicture}") == text.count("\\end{tikzpicture}") == 1
    runs = [i for i in scene([model("transformer")], DrawOptions()).walk() if isinstance(i, TextRun)]
    assert text.count("\\node[") == len(runs)
    assert all(latex(run.text) in text for run in runs)


def test_tikz_has_words_for_every_sign_that_is_measured() -> None:
    assert [c for c in measured() if "?" in latex(c)] == ["?"]


def test_tikz_compiles_and_looks_the_same_where_tex_is(tmp_path: Path) -> None:
    """In its own document, with every sign; read into a paper, once."""
    signs = sorted(measured())
    lines = ["".join(signs[k : k + 20]) for k in range(0, len(signs), 20)]
    runs = tuple(TextRun(10, 20.0 + 16 * k, line, width=width(line, 11)) for k, line in enumerate(lines))
    every_sign = tikz(Scene(400, 40.0 + 16 * len(runs), runs, "Signs"), theme("light"))
    assert every_sign.count("\\node[") == len(runs)
    if shutil.which("pdflatex") is None:
        return
    of_tex(every_sign.encode("utf-8"), tmp_path, (400, 40))
    png, tex = picture("unet", format="png"), picture("unet", format="tex")
    there, here = of_tex(tex, tmp_path, size("unet", "blocks")), of_png(png, size("unet", "blocks"))
    # Letters are another font's: what stands where is the same.
    assert share(there, here, 0.15) < 0.01
    assert difference(there, here) < 0.35
    # The smallest paper there is: TikZ and nothing else, in LaTeX's first encoding.
    paper = b"\\documentclass{article}\\usepackage{tikz}\\begin{document}\\input{network}\\end{document}"
    for network in (every_sign.encode("utf-8"), picture("lenet", format="tex", view="neurons")):
        (tmp_path / "network.tex").write_bytes(network)
        of_tex(paper, tmp_path, (400, 400))
    of_tex(picture("lenet", format="tex", view="neurons"), tmp_path, (400, 400))
