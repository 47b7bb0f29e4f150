"""What other languages spell differently: recognised, explained, and read as what was meant."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from moniel2.syntax.tokens import ERROR, NOISE


class Stray(NamedTuple):
    """A spelling that is no token of ours, and the kind of token it is read as; none: a comment."""

    pattern: str
    kind: str
    rule: str
    message: str
    help: str | None = None


MISLEADING = r'=+>|--+>|->>+|-\.+->|-[›»＞]|>>|:=|\*/(?![*/])|[0-9]+x(?=\s+[A-Z(\[{]|[A-Z][a-z])|"""[\s\S]*?"""|/\*'
"""Strays that begin like a token of ours."""


def stray_at(text: str, offset: int) -> tuple[Stray, int]:
    """The stray that starts at ``offset``, and its end."""
    for pattern, stray in _patterns():
        if match := pattern.match(text, offset):
            return stray, match.end()
    raise AssertionError("the last pattern matches anything")


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], Stray], ...]:
    return tuple((re.compile(stray.pattern), stray) for stray in _STRAYS)


_FOREIGN = "foreign-spelling"
_NUMBER = "malformed-number"
_NO_NUMBER = "`{0}` is no number and no name"

# Of Unicode, of other languages, of Mermaid (with a label on it), of shells; a dash that an editor made longer.
_ARROWS = r"--+>\|[^|\n]*\||=+>|--+>|->>+|-\.+->|-[›»＞]|[–—−] *>|[→⟶⇒➔➜⟹↦⇨▶►]|\|>|>>"
_COPIES = r"[0-9]+x(?=\s+[A-Z(\[{]|[A-Z][a-z])"
_WIDE = (
    ("（", "LPAR", "("),
    ("）", "RPAR", ")"),
    ("[［【]", "LSQB", "["),
    ("[］】]", "RSQB", "]"),
    ("｛", "LBRACE", "{"),
    ("｝", "RBRACE", "}"),
    ("[，、]", "COMMA", ","),
    ("；", "_SEP", ";"),
    ("：", "COLON", ":"),
    ("＝", "EQUAL", "="),
    ("＋", "PLUS", "+"),
    ("＊", "STAR", "*"),
)
"""As keyboards for Chinese and Japanese write them."""
_UNSEEN = "[\u00ad\u200b-\u200f\u2060-\u2064]"
"""Soft hyphens, joiners and marks of direction, as they come along when a text is copied."""

_STRAYS = (
    Stray(r"/\*[\s\S]*", "", "unclosed-comment", "this comment never ends", "close it with `*/`"),
    Stray(r'"""[\s\S]*?"""', "", _FOREIGN, "a doc comment begins with `///` on each of its lines"),
    Stray(
        r'"(\\.|[^"\\\n])*\\?', ERROR, "unclosed-text", "this text has no closing quote on its line", 'end it with `"`'
    ),
    Stray(r"#[^\n]*", "", _FOREIGN, "`#` doesn't begin a comment", "a comment begins with `//`"),
    Stray(r"'(\\.|[^'\\\n])*'", "STRING", _FOREIGN, "a text stands in double quotes", 'write `"{1}"`'),
    Stray(r"'[^'\"\n]*\"", "STRING", _FOREIGN, "a text stands in double quotes", 'write `"{1}"`'),
    Stray(r"[“”„«][^“”„»\n]*[“”»]", "STRING", _FOREIGN, "a text stands in straight quotes", 'write `"{1}"`'),
    Stray(r"\*/", NOISE, "stray-bracket", "`*/` ends a comment, and none is open", "a comment is written `/* … */`"),
    Stray(r":=", "EQUAL", _FOREIGN, "`:=` is no sign of this language", "write `=`"),
    Stray(
        r"[0-9]+x(?=\s+[A-Z(\[{]|[A-Z][a-z])",
        ERROR,
        _FOREIGN,
        "the number of copies stands behind what is copied",
        "as `Block * 3`",
    ),
    Stray(_ARROWS, "_ARROW", _FOREIGN, "`{0}` is no arrow", "write `->`"),
    Stray(r"&&", "AND", _FOREIGN, "`&&` is no operator", "write `and`"),
    Stray(r"\|\|", "OR", _FOREIGN, "`||` is no operator", "write `or`"),
    Stray(r"!", "NOT", _FOREIGN, "`!` is no operator", "write `not`"),
    Stray(r"\|", "_ARROW", _FOREIGN, "`|` is no arrow", "write `->`"),
    Stray(r"\^", "POWER", _FOREIGN, "`^` is no operator", "a power is written `**`, a number of copies `*`"),
    Stray(r"…", "_ELLIPSIS", _FOREIGN, "`…` is one character", "write three dots: `...`"),
    Stray(r"[–—−]", "MINUS", _FOREIGN, "`{0}` is no minus sign", "write `-`"),
    Stray(r"[×∗⋅·]", "STAR", _FOREIGN, "`{0}` is no operator", "write `*`, or `x` between the numbers of a shape"),
    Stray(r"÷", "SLASH", _FOREIGN, "`÷` is no operator", "write `/`"),
    Stray(r"≤", "LE", _FOREIGN, "`≤` is no operator", "write `<=`"),
    Stray(r"≥", "GE", _FOREIGN, "`≥` is no operator", "write `>=`"),
    Stray(r"≠", "NE", _FOREIGN, "`≠` is no operator", "write `!=`"),
    Stray(r"[0-9]+(_[0-9]+)+(?!\w)", "INT", _NUMBER, "`{0}` is no number", "write the digits without `_`"),
    Stray(r"[0-9]+(x[0-9]+)*x(?!\d)\w*", ERROR, _NUMBER, _NO_NUMBER, "sizes with names are written `(2, n)`"),
    Stray(r"[0-9]\w*", ERROR, _NUMBER, _NO_NUMBER, "a name starts with a letter; a product is written with `*`"),
    *(
        Stray(wide, kind, _FOREIGN, "`{0}` is a character of its own here", f"write `{narrow}`")
        for wide, kind, narrow in _WIDE
    ),
    Stray(_UNSEEN, NOISE, _FOREIGN, "an invisible character stands here", "delete it"),
    Stray(r"[\s\S]", NOISE, "unknown-character", "`{0}` means nothing here"),
)
