"""Scene -> TikZ: plain ``tikz`` commands that pdflatex compiles, the text in the paper's own font.

``\\input`` the file into a paper (it needs ``\\usepackage{tikz}`` and nothing else), or compile it alone:
it is a ``standalone`` document when nothing has begun one.
"""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.backends.svg import INSET, number
from moniel2.backends.theme import Ink, Theme
from moniel2.layout.curves import arrow_head, stroke
from moniel2.layout.scene import Box, Circle, Glyph, Group, Item, Point, Polygon, Scene, TextRun, Wire


def tikz(scene: Scene, theme: Theme) -> str:
    """A file that is a document of its own, and a picture when it is read into another document."""
    names = _Colours()
    body = [line for item in scene.walk() for line in _element(item, theme, names)]
    if theme.background and scene.background:
        page = names.of(theme.ink("page").fill)
        body.insert(0, f"\\fill[{page}] (0,0) rectangle ({number(scene.width)},{number(scene.height)});")
    title = " ".join(scene.title.split())
    return "\n".join(
        [
            f"% {title}" if title else "% A network",
            "% Read it into a paper with \\input; the paper needs \\usepackage{tikz}.",
            "\\ifx\\documentclass\\undefined\\else\\ifx\\tikzpicture\\undefined",
            *_alone(scene),
            "\\fi\\fi",
            "\\ifx\\alone\\undefined\\let\\alone\\relax\\let\\done\\relax\\fi",
            "\\alone",
            FITTED,
            *_provided(scene),
            *names.definitions(),
            "\\begin{tikzpicture}[x=0.75bp,y=-0.75bp,line join=round,inner sep=0pt,outer sep=0pt]",
            f"\\useasboundingbox (0,0) rectangle ({number(scene.width)},{number(scene.height)});",
            *body,
            "\\end{tikzpicture}%",
            "\\done",
            "",
        ]
    )


# A text in a font that runs wider than the room measured for it is drawn narrower: \\fitted{room}{text}.
FITTED = (
    "\\providecommand\\fitted[2]{\\sbox0{#2}\\ifdim\\wd0>#1\\relax"
    "\\resizebox{#1}{\\height}{\\usebox0}\\else\\usebox0\\fi}"
)


def _provided(scene: Scene) -> Iterator[str]:
    """Words for the letters of this picture that a paper's encoding may lack; its own ones come first."""
    used = {c for item in scene.walk() if isinstance(item, TextRun) for c in item.text}
    for command, (letters, words) in _LACKED.items():
        if used & set(letters):
            yield f"\\ProvideTextCommandDefault{{\\{command}}}{words}"


def _alone(scene: Scene) -> Iterator[str]:
    """A document with one page of the picture's size. Nothing beyond LaTeX's base and TikZ is needed."""
    yield "\\documentclass{article}"
    # Outlines at every size: Latin Modern or, where that isn't installed, Computer Modern as everybody has it. In T1
    # TeX would make bitmaps of it, and for some sizes it can't.
    yield "\\IfFileExists{lmodern.sty}{\\usepackage[T1]{fontenc}\\usepackage{lmodern}}"
    yield "{\\usepackage[T1,OT1]{fontenc}\\usepackage{fix-cm}}"
    yield "\\usepackage[utf8]{inputenc}\\usepackage{tikz}\\renewcommand{\\familydefault}{\\sfdefault}"
    yield f"\\pdfpagewidth={number(scene.width * 0.75)}bp\\pdfpageheight={number(scene.height * 0.75)}bp"
    yield "\\paperwidth=\\pdfpagewidth\\paperheight=\\pdfpageheight\\textwidth=\\paperwidth\\textheight=\\paperheight"
    yield "\\advance\\textheight2bp"
    yield "\\hoffset=-1in\\voffset=-1in\\oddsidemargin=0pt\\topmargin=0pt\\headheight=0pt\\headsep=0pt\\topskip=0pt"
    yield "\\maxdepth=0pt\\parindent=0pt\\pagestyle{empty}"
    yield "\\def\\alone{\\begin{document}}\\def\\done{\\end{document}}"


class _Colours:
    """Colours as named ones, numbered in the order they are met."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def of(self, colour: str) -> str:
        digits = colour.lstrip("#")
        if len(digits) == 3:
            digits = "".join(d * 2 for d in digits)
        return self.names.setdefault(digits[:6].upper(), f"mn{len(self.names)}")

    def definitions(self) -> Iterator[str]:
        for digits, name in self.names.items():
            yield f"\\definecolor{{{name}}}{{HTML}}{{{digits}}}"


def _element(item: Item, theme: Theme, names: _Colours) -> Iterator[str]:
    match item:
        case Box():
            ink = theme.ink(item.theme, item.tint)
            yield _rectangle(item.x, item.y, item.w, item.h, item.radius, _paint(ink, item.dashed, names))
            if item.double_edge and ink.stroke != "none":
                options = f"draw={names.of(ink.stroke)},line width={number(ink.width * 0.45)}bp"
                inner = (item.x + INSET, item.y + INSET, item.w - 2 * INSET, item.h - 2 * INSET)
                yield _rectangle(*inner, item.radius - 1.5, options)
        case Circle():
            options = _paint(theme.ink(item.theme, item.tint), item.dashed, names)
            yield f"\\path[{options}] {_at((item.cx, item.cy))} circle[radius={number(item.r * 0.75)}bp];"
        case Glyph():
            ink = theme.ink(item.theme, item.on)
            for points in item.strokes:
                yield f"\\draw[{_line(ink, False, names)}] {' -- '.join(map(_at, points))};"
        case Polygon():
            options = _paint(theme.ink(item.theme, item.tint), item.dashed, names)
            yield f"\\path[{options}] {' -- '.join(map(_at, item.points))} -- cycle;"
        case Wire():
            yield from _wire(item, theme, names)
        case TextRun():
            yield _text(item, theme, names)
        case Group():
            return


def _wire(wire: Wire, theme: Theme, names: _Colours) -> Iterator[str]:
    ink = theme.ink(wire.theme)
    path = ""
    for command, points in stroke(wire):
        if command == "M":
            path += _at(points[0])
        elif command == "L":
            path += f" -- {_at(points[0])}"
        else:
            path += f" .. controls {_at(points[0])} and {_at(points[1])} .. {_at(points[2])}"
    yield f"\\draw[{_line(ink, wire.dashed, names)}] {path};"
    head = arrow_head(wire)
    if head is not None:
        yield f"\\fill[{names.of(ink.stroke)}] {' -- '.join(map(_at, head))} -- cycle;"


def _text(run: TextRun, theme: Theme, names: _Colours) -> str:
    anchor = {"start": "base west", "middle": "base", "end": "base east"}[run.anchor]
    points = run.size * 0.75
    style = f"\\fontsize{{{number(points)}}}{{{number(points * 1.2)}}}\\selectfont"
    style += "\\bfseries" if run.bold else ""
    style += "\\itshape" if run.italic else ""
    colour = names.of(theme.ink(run.theme, on=run.on).fill)
    text = f"{style} {latex(run.text)}"
    if run.width:
        text = f"\\fitted{{{number(run.width * 0.75)}bp}}{{{text}}}"
    return f"\\node[anchor={anchor},text={colour}] at {_at((run.x, run.y))} {{{text}}};"


def _rectangle(x: float, y: float, w: float, h: float, radius: float, options: str) -> str:
    corners = f",rounded corners={number(radius * 0.75)}bp" if radius > 0 else ""
    return f"\\path[{options}{corners}] {_at((x, y))} rectangle {_at((x + w, y + h))};"


def _paint(ink: Ink, dashed: bool, names: _Colours) -> str:
    parts = []
    if ink.fill != "none":
        parts.append(f"fill={names.of(ink.fill)}")
        if len(ink.fill) == 9:
            parts.append(f"fill opacity={int(ink.fill[7:9], 16) / 255:.2f}")
    if ink.stroke != "none" and ink.width > 0:
        parts.append(f"draw={names.of(ink.stroke)},line width={number(ink.width * 0.75)}bp")
        if dashed:
            parts.append("dash pattern=on 3bp off 2.25bp")
    return ",".join(parts)


def _line(ink: Ink, dashed: bool, names: _Colours) -> str:
    dashes = ",dash pattern=on 3bp off 2.25bp" if dashed else ""
    colour = ink.stroke if ink.stroke != "none" else ink.fill
    return f"{names.of(colour)},line width={number(ink.width * 0.75)}bp{dashes}"


def _at(point: Point) -> str:
    return f"({number(point[0])},{number(point[1])})"


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "\u00ad": r"\-",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "€": r"\texteuro{}",
    "™": r"\texttrademark{}",
    "•": r"\textbullet{}",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
    "‰": r"\textperthousand{}",
    "ƒ": r"\textit{f}",
    "ˆ": r"\textasciicircum{}",
    "˜": r"\textasciitilde{}",
    "ς": r"$\varsigma$",
    "ο": "o",
    "ℝ": r"$\mathrm{I\!R}$",
    "ᵀ": r"$^{T}$",
    "ⁿ": r"$^{n}$",
    "ₙ": r"$_{n}$",
    "⇒": r"$\Rightarrow$",
    "µ": r"$\mu$",
}
_MATH = {
    "×": "times", "·": "cdot", "÷": "div", "±": "pm", "¬": "neg", "→": "to", "←": "leftarrow", "↓": "downarrow",
    "↑": "uparrow", "↔": "leftrightarrow", "≤": "leq", "≥": "geq", "≠": "neq", "≈": "approx", "≡": "equiv",
    "⌊": "lfloor", "⌋": "rfloor", "⌈": "lceil", "⌉": "rceil", "⊕": "oplus", "⊗": "otimes", "⊙": "odot", "∞": "infty",
    "√": "surd", "∂": "partial", "∆": "Delta", "∏": "prod", "∑": "sum", "∙": "bullet", "∩": "cap", "∪": "cup",
    "∫": "int", "⋮": "vdots", "⋯": "cdots", "ℓ": "ell", "′": "prime", "″": "prime\\prime", "▲": "triangle", "○": "circ",
    "●": "bullet", "◦": "circ",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma",
    "τ": "tau", "υ": "upsilon", "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta",
    "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
# Greek capitals that look like Latin ones, and signs of which plain TeX has only others.
_ALIKE = dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ∕", "ABEZHIKMNOPTYX/", strict=True))
_RAISED = dict(zip("⁰⁴⁵⁶⁷⁸⁹", "0456789", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
# Only with symbols beyond LaTeX's base: drawn as a rule.
_BOXES = {"■": r"\rule{0.6em}{0.6em}", "□": r"\framebox[0.7em]{\rule{0pt}{0.4em}}", "▼": r"$\bigtriangledown$"}


# Command: the letters that are written by it, and how to write it in LaTeX's first encoding.
_LACKED = {
    "textquotedbl": ('"', r"{\char34 }"),
    "guillemetleft": ("«", r"{$\ll$}"),
    "guillemetright": ("»", r"{$\gg$}"),
    "guillemotleft": ("«", r"{$\ll$}"),
    "guillemotright": ("»", r"{$\gg$}"),
    "guilsinglleft": ("‹", r"{$\langle$}"),
    "guilsinglright": ("›", r"{$\rangle$}"),
    "quotesinglbase": ("‚", "{,}"),
    "quotedblbase": ("„", "{,,}"),
    "DH": ("Ð", r"{\rlap{-}D}"),
    "dh": ("ð", r"{\rlap{\kern.12em\raise.4ex\hbox{-}}d}"),
    "DJ": ("Đ", r"{\rlap{-}D}"),
    "dj": ("đ", r"{\rlap{\kern.12em\raise.4ex\hbox{-}}d}"),
    "TH": ("Þ", "{Th}"),
    "th": ("þ", "{th}"),
    "NG": ("Ŋ", "{Ng}"),
    "ng": ("ŋ", "{ng}"),
    "k": ("ĄąĘęĮįŲų", r"[1]{\c{#1}}"),
}
# Letters that no encoding of pdflatex's has.
_MADE = {
    "Ħ": r"\rlap{-}H",
    "ħ": r"\rlap{\raise.45ex\hbox{-}}h",
    "Ŧ": r"\rlap{\kern.15em-}T",
    "ŧ": r"\rlap{-}t",
    "ĸ": "k",
    "Ŀ": r"L$\cdot$",
    "ŀ": r"l$\cdot$",
    "ŉ": "'n",
}


def latex(text: str) -> str:
    """Text with everything that TeX would read as its own escaped; what no font of TeX has becomes ``?``."""
    return "".join(map(_sign, text))


def _sign(c: str) -> str:
    if c in _BOXES:
        return _BOXES[c]
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c in _MADE:
        return f"{{{_MADE[c]}}}"
    if c in _MATH:
        return f"$\\{_MATH[c]}$"
    if c == "−":
        return "$-$"
    if c in _ALIKE:
        return _ALIKE[c]
    if c in _RAISED:
        return f"$^{{{_RAISED[c]}}}$"
    if c in _LOWERED:
        return f"$_{{{_LOWERED[c]}}}$"
    # Latin letters of T1, with their accents, come through \\usepackage[utf8]{inputenc}.
    if " " <= c < "\x7f" or "\xa0" <= c <= "\u017e" or c in "‘’‚“”„‹›":
        return c
    return "?" if c > "\xff" else ""
