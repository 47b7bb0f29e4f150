"""Which figures fit a page: ``python -m benchmarks.pages [FILE …] [--views VIEW …] [--all] [--png FOLDER]``.

For each program (default: the examples), view and direction: width and height in centimetres, and the smallest type in
points once the figure is as small as a page of 14 × 20 cm asks for. What flows sideways may lie across the page.
Figures with smaller type than 6.5 pt are listed; ``--all`` lists the others too. What a view refuses is listed with its
reason. The exit status is 1 if a figure doesn't fit. ``A.nn+B.nn`` are side by side, ``FILE:BLOCK`` is one block.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import moniel2 as mn
from moniel2.backends.draw import VIEWS, DrawOptions, scene
from moniel2.backends.png import png
from moniel2.backends.theme import theme
from moniel2.ir.model import Model
from moniel2.layout.draft import TooManyParts
from moniel2.layout.page import CENTIMETRE, POINT
from moniel2.layout.scene import Box, Circle, Polygon, Scene, TextRun
from moniel2.layout.views.options import Refused

ROOT = Path(__file__).resolve().parent.parent
WIDTH, HEIGHT, LEAST = 14.0, 20.0, 6.5


@dataclass(frozen=True, slots=True)
class Figure:
    """Centimetres, points, how many boxes there are to look at."""

    width: float
    height: float
    type: float
    boxes: int

    @property
    def fits(self) -> bool:
        return self.type >= LEAST - 0.01


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("files", nargs="*", help="programs (default: the examples)")
    options.add_argument("--views", nargs="+", default=list(VIEWS), choices=list(VIEWS), metavar="VIEW")
    options.add_argument("--directions", nargs="+", default=["down", "right"], metavar="WAY", help="of the blocks view")
    options.add_argument("--all", action="store_true", help="list what fits too")
    options.add_argument("--png", type=Path, metavar="FOLDER", help="write each figure there")
    given = options.parse_args()
    files = given.files or [str(p) for p in sorted((ROOT / "examples").glob("*.nn"))]
    if given.png:
        given.png.mkdir(parents=True, exist_ok=True)
    wrong = count = 0
    for file in files:
        models = [_model(one) for one in file.split("+")]
        for view in given.views:
            for way in given.directions if view == "blocks" else (None,):
                start = perf_counter()
                name = "+".join(Path(one).name.replace(".nn", "") for one in file.split("+"))
                what = f"{name:36} {view:9} {way or '':6}"
                try:
                    made = scene(models, DrawOptions(view=view, direction=way if way != "down" else None))
                except (Refused, TooManyParts) as error:
                    print(f"{what} refused: {error}")
                    continue
                count += 1
                found = measured(made, view)
                wrong += not found.fits
                if given.png:
                    (given.png / f"{name}-{view}{f'-{way}' if way == 'right' else ''}.png").write_bytes(
                        png(made, theme("light"), scale=1.5)
                    )
                if given.all or not found.fits:
                    size = f"{found.width:5.1f} × {found.height:5.1f} cm {found.type:5.1f} pt {found.boxes:4} boxes"
                    mark = "" if found.fits else "  TOO LARGE"
                    print(f"{what} {size} {perf_counter() - start:6.2f} s{mark}", flush=True)
    print(f"{count} figures, {wrong} too large for a page")
    return 1 if wrong else 0


def measured(found: Scene, view: str) -> Figure:
    """How large a figure is, and its smallest type on a page."""
    w, h = found.width / CENTIMETRE, found.height / CENTIMETRE
    across = view != "overview" and w > h
    shrunk = max((h if across else w) / WIDTH, (w if across else h) / HEIGHT, 1.0)
    sizes = [i.size for i in found.walk() if isinstance(i, TextRun) and i.text]
    paths = {i.path for i in found.walk() if isinstance(i, (Box, Circle, Polygon)) and i.path and "frame" not in i.css}
    return Figure(w, h, min(sizes, default=99.0) / POINT / shrunk, len(paths))


def _model(file: str) -> Model:
    path, _, block = file.partition(":")
    return mn.load(path, block=block or None).ir


if __name__ == "__main__":
    sys.exit(main())
