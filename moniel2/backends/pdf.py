"""Scene -> PDF: vectors, embedded fonts, the same bytes each time (IEEE and ACM ask for embedded fonts)."""

from __future__ import annotations

import io
from typing import Any

from moniel2.backends.svg import INSET
from moniel2.backends.theme import Ink, Theme
from moniel2.backends.typeface import face, pieces
from moniel2.backends.typeface.face import Face
from moniel2.layout.curves import arrow_head, stroke
from moniel2.layout.scene import Box, Circle, Glyph, Group, Item, Polygon, Scene, TextRun, Wire

POINTS = 0.75  # of a CSS pixel


def pdf(scene: Scene, theme: Theme) -> bytes:
    """One page of the picture's size. Raises ``ModuleNotFoundError`` without reportlab."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    size = (scene.width * POINTS, scene.height * POINTS)
    # Without a first font of ours reportlab would name Helvetica, which isn't embedded.
    first = _registered(face("Sans-Regular"))
    canvas = Canvas(out, pagesize=size, invariant=1, pageCompression=1, lang="en", initialFontName=first)
    canvas.setTitle(scene.title)
    canvas.setSubject(scene.description)
    canvas.setCreator("moniel2")
    canvas.setAuthor("")
    # From here on in CSS pixels with y down, as in the scene.
    canvas.transform(POINTS, 0, 0, -POINTS, 0, size[1])
    pen = _Pen(canvas, theme)
    if theme.background and scene.background:
        pen.paint(Ink(theme.ink("page").fill), dashed=False)
        canvas.rect(0, 0, scene.width, scene.height, stroke=0, fill=1)
    for item in scene.walk():
        pen.draw(item)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


class _Pen:
    def __init__(self, canvas: Any, theme: Theme) -> None:
        self.canvas = canvas
        self.theme = theme

    def draw(self, item: Item) -> None:
        match item:
            case Box():
                self.box(item)
            case Circle():
                flags = self.paint(self.inked(item.theme, item.tint), item.dashed)
                self.canvas.circle(item.cx, item.cy, item.r, **flags)
            case Glyph():
                self.line(self.theme.ink(item.theme, item.on), False)
                for points in item.strokes:
                    path = self.canvas.beginPath()
                    path.moveTo(*points[0])
                    for point in points[1:]:
                        path.lineTo(*point)
                    self.canvas.drawPath(path, stroke=1, fill=0)
            case Polygon():
                flags = self.paint(self.inked(item.theme, item.tint), item.dashed)
                self.outline(item.points, **flags)
            case Wire():
                self.wire(item)
            case TextRun():
                self.text(item)
            case Group():
                pass

    def inked(self, key: str, tint: str) -> Ink:
        return self.theme.ink(key, tint)

    def paint(self, ink: Ink, dashed: bool) -> dict[str, int]:
        """Set colours and line; says whether to stroke and fill."""
        fill = ink.fill != "none"
        if fill:
            self.fill(ink.fill)
        drawn = ink.stroke != "none" and ink.width > 0
        if drawn:
            self.line(ink, dashed)
        return {"stroke": int(drawn), "fill": int(fill)}

    def fill(self, colour: str) -> None:
        from reportlab.lib.colors import Color

        r, g, b, a = _channels(colour)
        self.canvas.setFillColor(Color(r, g, b, alpha=a))

    def line(self, ink: Ink, dashed: bool) -> None:
        from reportlab.lib.colors import Color

        r, g, b, a = _channels(ink.stroke if ink.stroke != "none" else ink.fill)
        self.canvas.setStrokeColor(Color(r, g, b, alpha=a))
        self.canvas.setLineWidth(ink.width)
        self.canvas.setDash([4, 3] if dashed else [])

    def box(self, box: Box) -> None:
        ink = self.inked(box.theme, box.tint)
        flags = self.paint(ink, box.dashed)
        self.rectangle(box.x, box.y, box.w, box.h, box.radius, flags)
        if box.double_edge and flags["stroke"]:
            self.line(Ink("none", ink.stroke, ink.width * 0.6), False)
            inner = (box.x + INSET, box.y + INSET, box.w - 2 * INSET, box.h - 2 * INSET)
            self.rectangle(*inner, box.radius - 1.5, {"stroke": 1, "fill": 0})

    def rectangle(self, x: float, y: float, w: float, h: float, radius: float, flags: dict[str, int]) -> None:
        if radius > 0:
            self.canvas.roundRect(x, y, w, h, min(radius, w / 2, h / 2), **flags)
        else:
            self.canvas.rect(x, y, w, h, **flags)

    def outline(self, points: Any, **flags: int) -> None:
        path = self.canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
        self.canvas.drawPath(path, **flags)

    def wire(self, wire: Wire) -> None:
        ink = self.theme.ink(wire.theme)
        self.line(ink, wire.dashed)
        path = self.canvas.beginPath()
        for command, points in stroke(wire):
            if command == "M":
                path.moveTo(*points[0])
            elif command == "L":
                path.lineTo(*points[0])
            else:
                path.curveTo(*points[0], *points[1], *points[2])
        self.canvas.drawPath(path, stroke=1, fill=0)
        head = arrow_head(wire)
        if head is not None:
            self.fill(ink.stroke)
            self.outline(head, stroke=0, fill=1)

    def text(self, run: TextRun) -> None:
        if not run.text:
            return
        parts = pieces(run.text, run.bold, run.italic)
        natural = sum(font.advance(text) for font, text in parts) * run.size
        width = run.width or natural
        stretch = width / natural if natural else 1.0
        x = run.x - (width / 2 if run.anchor == "middle" else width if run.anchor == "end" else 0)
        self.fill(self.theme.ink(run.theme, on=run.on).fill)
        canvas = self.canvas
        for font, text in parts:
            canvas.saveState()
            # The page's y runs down; letters stand upright again.
            canvas.transform(1, 0, 0, -1, x, run.y)
            line = canvas.beginText(0, 0)
            line.setFont(_registered(font), run.size)
            line.setHorizScale(100 * stretch)
            line.textOut(text)
            canvas.drawText(line)
            canvas.restoreState()
            x += font.advance(text) * run.size * stretch


def _registered(face: Face) -> str:
    """The name under which reportlab knows a face."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if face.name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(face.name, io.BytesIO(face.data)))
    return face.name


def _channels(colour: str) -> tuple[float, float, float, float]:
    """Red, green, blue and opacity from 0 to 1 of ``#rgb``, ``#rrggbb`` or ``#rrggbbaa``."""
    digits = colour.lstrip("#")
    if len(digits) in (3, 4):
        digits = "".join(d * 2 for d in digits)
    r, g, b = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return r, g, b, int(digits[6:8], 16) / 255 if len(digits) == 8 else 1.0
