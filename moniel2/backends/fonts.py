"""The typeface of pictures that must look the same everywhere: the one that comes with reportlab.

Layout measures text in Helvetica, whose outlines nobody may ship. Bitstream Vera is drawn narrower, to
the very width that the layout reserved, so that each machine makes the same bytes and no font is missing.
"""

from __future__ import annotations

from pathlib import Path

FACES = {
    (False, False): ("Vera", "Vera.ttf"),
    (True, False): ("VeraBd", "VeraBd.ttf"),
    (False, True): ("VeraIt", "VeraIt.ttf"),
    (True, True): ("VeraBI", "VeraBI.ttf"),
}
FAMILY = "Bitstream Vera Sans"


def font_folder() -> Path:
    """Where the font files are. Raises ``ModuleNotFoundError`` without reportlab."""
    import reportlab

    return Path(reportlab.__file__).parent / "fonts"


def font_files() -> list[str]:
    folder = font_folder()
    return [str(folder / file) for _, file in FACES.values()]
