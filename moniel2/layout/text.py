"""How long a text is: advance widths of Helvetica, in thousandths of the type size. Numbers only, no font.

Arial, Liberation Sans and Nimbus Sans have the same widths. Characters that Helvetica lacks are measured as the
fonts that stand in for it draw them.
"""

from __future__ import annotations

import unicodedata

_REGULAR = (
    (167, "∕"),
    (188, "′"),
    (191, "'"),
    (222, "ijlįĺļłι‘’‚"),
    (260, "|¦"),
    (274, "∫"),
    (278, " !,./:;I[\\]ft\u00a0·ÌÍÎÏìíîïĪīĮİıΙ∙"),
    (292, "ľ"),
    (323, "ℓ"),
    (333, "()-`r¡¨\u00ad²³´¸¹ŕřˆ˜“”„‹›"),
    (334, "{}"),
    (350, "•"),
    (354, "″◦"),
    (355, '"'),
    (365, "ºⁿ"),
    (370, "ª"),
    (375, "ť"),
    (385, "ᵀ"),
    (389, "*"),
    (390, "⌈⌉⌊⌋"),
    (395, "τ"),
    (398, "ₙ"),
    (400, "°"),
    (401, "⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"),
    (441, "ζ"),
    (446, "ε"),
    (448, "ξ"),
    (469, "^"),
    (482, "ς"),
    (494, "∂"),
    (500, "Jcksvxyzçýÿćčķśşšźżžγκλν↑↓"),
    (525, "χ"),
    (537, "¶"),
    (547, "υ"),
    (549, "±÷√≈≠≤≥"),
    (551, "Γ"),
    (552, "¯"),
    (556, "#$0123456789?L_abdeghnopqu¢£¤¥§«»àáâãäåèéêëðñòóôõöùúûüþāăąđēėęěğģĹĻĽŁńņňōőūůűųƒηθο–†"),
    (556, "‡€"),
    (557, "δ"),
    (569, "ρ"),
    (575, "β"),
    (576, "µμ"),
    (578, "α"),
    (583, "≡"),
    (584, "+<=>~¬×−"),
    (604, "■□○●"),
    (611, "FTZ¿ßøŤŹŻŽΖΤ"),
    (612, "∆"),
    (615, "ď"),
    (617, "σ"),
    (618, "Σ"),
    (648, "φ"),
    (650, "Ξ"),
    (667, "&ABEKPSVXYÀÁÂÃÄÅÈÉÊËÝÞĀĂĄĒĖĘĚĶŚŞŠŸΑΒΕΚΡΥΧ"),
    (668, "ΔΛ"),
    (690, "π"),
    (713, "ψ∑∞"),
    (719, "∩"),
    (722, "CDHNRUwÇÐÑÙÚÛÜĆČĎĐŃŅŇŔŘŪŮŰŲΗΝΠ"),
    (732, "∪"),
    (737, "©®"),
    (748, "Ω"),
    (778, "GOQÒÓÔÕÖØĞĢŌŐΘΟ"),
    (781, "ω"),
    (792, "ℝ"),
    (798, "Φ"),
    (823, "∏"),
    (833, "MmΜ"),
    (834, "¼½¾"),
    (835, "Ψ"),
    (838, "⇒⊕⊗⊙"),
    (889, "%æ"),
    (944, "Wœ"),
    (990, "▲▼"),
    (1000, "ÆŒ—…‰™←→↔⋮⋯"),
    (1015, "@"),
)
_BOLD = (
    (238, "'"),
    (240, "′"),
    (278, "ijlįĺļłι‘’‚"),
    (280, "|¦"),
    (333, "!:;[]ft"),
    (385, "ľ"),
    (389, "r{}ŕř"),
    (396, "ⁿ"),
    (430, "ᵀ"),
    (438, "⁰⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"),
    (445, "ξ"),
    (446, "τ"),
    (456, "ₙ"),
    (457, "⌈⌉⌊⌋"),
    (460, "ζ"),
    (474, '"'),
    (475, "ε"),
    (479, "ť″"),
    (489, "ℓ"),
    (500, "“”„"),
    (520, "ς"),
    (541, "θ"),
    (556, "Jcksvxy¶çýÿćčķśşšγλν"),
    (558, "κ"),
    (576, "χ"),
    (582, "υ"),
    (584, "^"),
    (600, "Σ"),
    (601, "Γ"),
    (606, "δ"),
    (610, "β"),
    (611, "?LbdghnopquðñòóôõöùúûüþđğģĹĻĽŁńņňōőūůűųηο"),
    (612, "μ"),
    (615, "α"),
    (619, "ρ"),
    (644, "Ξ"),
    (667, "Λ"),
    (684, "σ"),
    (715, "φ"),
    (719, "ďΔ"),
    (722, "&ABKÀÁÂÃÄÅĀĂĄĶΑΒΚ∩"),
    (753, "ψ"),
    (766, "π"),
    (778, "w"),
    (801, "ℝ"),
    (802, "Ω"),
    (809, "Ψ"),
    (812, "∪"),
    (821, "Φ"),
    (845, "ω"),
    (889, "m"),
    (975, "@"),
)

_WIDTHS = {c: width for width, characters in _REGULAR for c in characters}
_BOLD_WIDTHS = _WIDTHS | {c: width for width, characters in _BOLD for c in characters}


def width(text: str, size: float, bold: bool = False) -> float:
    """Pixels that ``text`` takes at ``size`` pixels."""
    widths = _BOLD_WIDTHS if bold else _WIDTHS
    total = 0
    for c in text:
        total += widths[c] if c in widths else _guess(c)
    return total * size / 1000


def shortened(text: str, size: float, room: float, bold: bool = False) -> str:
    """``text`` if it fits in ``room``, else its beginning and an ellipsis."""
    if width(text, size, bold) <= room:
        return text
    for end in range(len(text) - 1, 0, -1):
        short = text[:end].rstrip() + "…"
        if width(short, size, bold) <= room:
            return short
    return "…"


def measured() -> frozenset[str]:
    """The characters whose widths are known."""
    return frozenset(_WIDTHS)


def unmeasured(characters: str) -> tuple[str, str]:
    """Of those that no table has: the ones that stand on others, and the wide ones."""
    unknown = [c for c in characters if c not in _WIDTHS]
    marks = [c for c in unknown if unicodedata.combining(c)]
    return "".join(marks), "".join(c for c in unknown if unicodedata.east_asian_width(c) in "WF")


def _guess(c: str) -> int:
    """Too wide rather than too narrow: a text may leave room but never stick out."""
    if unicodedata.combining(c):
        return 0
    return 1000 if unicodedata.east_asian_width(c) in "WF" else 700
