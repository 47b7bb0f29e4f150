"""Pictures as pixels, to compare formats: every one is rendered at one pixel for each of the scene's, in grey."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

BLOCK = 6  # pixels; what is compared is the mean of such squares, so that the edges of letters don't matter


def of_png(data: bytes, size: tuple[int, int]) -> Image.Image:
    return _plain(Image.open(io.BytesIO(data)), size)


def of_pdf(data: bytes, size: tuple[int, int]) -> Image.Image:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    assert len(document) == 1
    return _plain(document[0].render(scale=8 / 3).to_pil(), size)


def of_tex(text: bytes, folder: Path, size: tuple[int, int]) -> Image.Image:
    """Compiled by pdflatex, which must be there."""
    (folder / "figure.tex").write_bytes(text)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "figure.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:]
    return of_pdf((folder / "figure.pdf").read_bytes(), size)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The largest difference of any square, from 0 (the same) to 1 (black where the other is white)."""
    apart = ImageChops.difference(_squares(one), _squares(other))
    return float(apart.getextrema()[1]) / 255


def share(one: Image.Image, other: Image.Image, least: float) -> float:
    """Which part of all squares differs by more than ``least``."""
    apart = ImageChops.difference(_squares(one), _squares(other)).histogram()
    return sum(apart[round(least * 255) :]) / sum(apart)


def _squares(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.BoxBlur(BLOCK / 2)).resize(
        (max(image.width // BLOCK, 1), max(image.height // BLOCK, 1))
    )


def _plain(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """On white, in grey, at the size of the scene."""
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("L").resize(size, Image.Resampling.BOX)
