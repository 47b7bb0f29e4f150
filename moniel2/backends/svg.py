"""Scene -> SVG text, in the subset that every converter draws alike.

No markers, filters, foreign objects, CSS variables or nested documents: heads and signs are paths, colours stand on
every element. A ``<style>`` on top is only there for readers who prefer dark. Text carries ``textLength``, so that a
font that runs wider still fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from moniel2.backends.theme import Ink, Theme
from moniel2.layout.curves import arrow_head, stroke
from moniel2.layout.scene import Box, Circle, Glyph, Group, Item, Point, Polygon, Scene, TextRun, Wire

FONTS = "Helvetica, Arial, 'Liberation Sans', 'Nimbus Sans', sans-serif"
DASHES = "4 3"
INSET = 2.5  # from the outer to the inner line of a closed block


def svg(scene: Scene, theme: Theme, text: str = "text") -> str:
    """A complete document. ``text`` "paths" draws letters as outlines, so that no font is needed to show it."""
    w, h = number(scene.width), number(scene.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" '
        f'aria-labelledby="title description" font-family="{theme.font or FONTS}">',
        f'<title id="title">{escape(scene.title)}</title>',
        f'<desc id="description">{escape(scene.description)}</desc>',
    ]
    if theme.dark is not None:
        lines.append(_dark_style(scene, theme))
    if theme.background and scene.background:
        lines.append(f'<rect class="t-page" width="{w}" height="{h}" fill="{theme.ink("page").fill}"/>')
    lines += fragment(scene.items, theme, text)
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def fragment(items: tuple[Item, ...], theme: Theme, text: str = "text") -> Iterator[str]:
    """The elements alone, without the document around them; groups nest to any depth."""
    stack: list[Item | str] = list(reversed(items))
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, Group):
            label = f"<title>{escape(item.title)}</title>" if item.title else ""
            yield f"<g{_marks(item.css, item.path, '')}>{label}"
            stack.append("</g>")
            stack.extend(reversed(item.items))
        elif isinstance(item, TextRun) and text == "paths":
            yield _outlined(item, theme)
        else:
            yield from _element(item, theme)


def _element(item: Item, theme: Theme) -> Iterator[str]:
    match item:
        case Box():
            yield from _box(item, theme)
        case Circle():
            ink = theme.ink(item.theme, item.tint)
            place = f'cx="{number(item.cx)}" cy="{number(item.cy)}" r="{number(item.r)}"'
            yield f"<circle{_marks(item.css, item.path, item.theme, item.tint)} {place}{_paint(ink, item.dashed)}/>"
        case Glyph():
            path = "".join("M" + "L".join(_at(p) for p in points) for points in item.strokes)
            ink = theme.ink(item.theme, item.on)
            yield f'<path{_marks(item.css, item.path, item.theme, item.on)} d="{path}" fill="none"{_line(ink)}/>'
        case Polygon():
            ink = theme.ink(item.theme, item.tint)
            points = " ".join(f"{number(x)},{number(y)}" for x, y in item.points)
            marks = _marks(item.css, item.path, item.theme, item.tint)
            yield f'<polygon{marks} points="{points}"{_paint(ink, item.dashed)}/>'
        case Wire():
            yield from _wire(item, theme)
        case TextRun():
            yield _text(item, theme)
        case Group():
            raise AssertionError("groups are opened by the caller")


def _box(box: Box, theme: Theme) -> Iterator[str]:
    ink = theme.ink(box.theme, box.tint)
    place = _rectangle(box.x, box.y, box.w, box.h, box.radius)
    yield f"<rect{_marks(box.css, box.path, box.theme, box.tint)} {place}{_paint(ink, box.dashed)}/>"
    if box.double_edge:
        inner = _rectangle(box.x + INSET, box.y + INSET, box.w - 2 * INSET, box.h - 2 * INSET, box.radius - 1.5)
        thin = Ink("none", ink.stroke, ink.width * 0.6)
        yield f'<rect{_marks("edge", "", box.theme)} {inner} fill="none"{_line(thin)}/>'


def _wire(wire: Wire, theme: Theme) -> Iterator[str]:
    ink = theme.ink(wire.theme)
    path = "".join(command + " ".join(_at(p) for p in points) for command, points in stroke(wire))
    ends = f' data-source="{escape(wire.source)}" data-target="{escape(wire.target)}"'
    dashes = f' stroke-dasharray="{DASHES}"' if wire.dashed else ""
    yield f'<path{_marks(wire.css, "", wire.theme)}{ends} d="{path}" fill="none"{_line(ink)}{dashes}/>'
    head = arrow_head(wire)
    if head is not None:
        outline = "M" + "L".join(_at(p) for p in head) + "Z"
        yield f'<path{_marks("head", "", wire.theme)}{ends} d="{outline}" fill="{ink.stroke}"/>'


def _text(run: TextRun, theme: Theme) -> str:
    style = f'font-size="{number(run.size)}"'
    style += ' font-weight="bold"' if run.bold else ""
    style += ' font-style="italic"' if run.italic else ""
    style += f' text-anchor="{run.anchor}"' if run.anchor != "start" else ""
    fit = f' textLength="{number(run.width)}" lengthAdjust="spacingAndGlyphs"' if run.width else ""
    place = f'x="{number(run.x)}" y="{number(run.y)}"'
    fill = theme.ink(run.theme, "", run.on).fill
    marks = _marks(run.css, run.path, run.theme, run.on)
    return f'<text{marks} {place} {style} fill="{fill}"{fit}>{escape(run.text)}</text>'


def _outlined(run: TextRun, theme: Theme) -> str:
    """A line of text as one path; what it says stands on it for those who can't see it."""
    from moniel2.backends.typeface import pieces

    parts = pieces(run.text, run.bold, run.italic)
    natural = sum(face.advance(text) for face, text in parts) * run.size
    stretch = run.width / natural if run.width and natural else 1.0
    long = natural * stretch
    x = run.x - (long / 2 if run.anchor == "middle" else long if run.anchor == "end" else 0)
    path = ""
    for face, text in parts:
        for command, points in face.outline(text):
            path += command + " ".join(
                f"{number(x + px * run.size * stretch)} {number(run.y - py * run.size)}" for px, py in points
            )
        x += face.advance(text) * run.size * stretch
    marks = f'{_marks(run.css, run.path, run.theme, run.on)} role="img" aria-label="{escape(run.text)}"'
    return f'<path{marks} fill="{theme.ink(run.theme, "", run.on).fill}" d="{path}"/>'


def _marks(css: str, path: str, key: str, tint: str = "") -> str:
    """Class and path, so that pages, tests and people can find an element; ``tint`` is its own or lies behind it."""
    own = f"tint-{tint[1:]}" if tint else ""
    classes = " ".join(c for c in (css, f"t-{key.replace('.', '-')}" if key else "", own) if c)
    text = f' class="{escape(classes)}"' if classes else ""
    return text + (f' data-path="{escape(path)}"' if path else "")


def _rectangle(x: float, y: float, w: float, h: float, radius: float) -> str:
    text = f'x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}"'
    return f'{text} rx="{number(radius)}"' if radius > 0 else text


def _paint(ink: Ink, dashed: bool) -> str:
    dashes = f' stroke-dasharray="{DASHES}"' if dashed else ""
    return f' fill="{ink.fill}"{_line(ink)}{dashes}'


def _line(ink: Ink) -> str:
    return (
        "" if ink.stroke == "none" or ink.width == 0 else f' stroke="{ink.stroke}" stroke-width="{number(ink.width)}"'
    )


def _dark_style(scene: Scene, theme: Theme) -> str:
    """Colours for readers who prefer dark, on top of those that stand on the elements."""
    assert theme.dark is not None
    dark = Theme(theme.name, theme.dark)
    return f"<style>@media (prefers-color-scheme:dark){{{colour_rules(tinted(dark, used(scene)))}}}</style>"


def used(scene: Scene) -> set[tuple[str, str]]:
    """The theme keys in a picture, each with the tint that it has or stands on, or ""."""
    found = {("page", "")}
    for item in scene.walk():
        if isinstance(item, (Box, Circle, Polygon)):
            found.add((item.theme, item.tint))
        elif isinstance(item, (TextRun, Glyph)):
            found.add((item.theme, item.on))
        elif isinstance(item, Wire):
            found.add((item.theme, ""))
    return found


def tinted(theme: Theme, wanted: Iterable[tuple[str, str]]) -> dict[str, Ink]:
    """The inks of these keys and tints: of ``conv``, or of ``conv #f4d35e``."""
    return {
        f"{key} {tint}".rstrip(): theme.ink(key, on=tint) if key.startswith("text") else theme.ink(key, tint)
        for key, tint in sorted(wanted)
    }


def colour_rules(inks: Mapping[str, Ink], within: str = "") -> str:
    """CSS that paints elements anew by the classes that name their theme keys; ``within`` is a selector around them."""
    rules = []
    for key, ink in inks.items():
        name = f".t-{key.replace('.', '-').replace(' #', '.tint-')}"
        around = f"{within} " if within else ""
        if key.startswith(("text", "page")):
            rules.append(f"{around}{name}{{fill:{ink.fill}}}")
        elif key.startswith("wire"):
            rules.append(f"{around}{name}{{stroke:{ink.stroke}}}{around}.head{name}{{fill:{ink.stroke};stroke:none}}")
        else:
            shapes = ",".join(f"{around}{shape}{name}" for shape in ("rect", "circle", "polygon"))
            rules.append(f"{shapes}{{fill:{ink.fill};stroke:{ink.stroke}}}")
            rules.append(f"{around}path{name}{{stroke:{ink.stroke}}}{around}.edge{name}{{fill:none}}")
    return "".join(rules)


def number(value: float) -> str:
    """A coordinate, to 0.01 and no longer than it must be."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def escape(text: str) -> str:
    """Text as XML text or attribute value; what XML can't hold at all is left out."""
    kept = "".join(c for c in text if c in "\t\n" or " " <= c < "\ud800" or "\ue000" <= c <= "\ufffd" or c > "\uffff")
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def _at(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"
