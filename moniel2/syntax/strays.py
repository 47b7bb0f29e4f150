"""What other languages spell differently: recognised, explained, and read as what was meant."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stray:
    """A spelling that is no token of ours. ``kind`` is the token it is read as; empty: a comment."""

    pattern: re.Pattern[str]
    kind: str
    rule: str
    message: str
    help: str


def stray_at(text: str, offset: int) -> tuple[Stray, int]:
    """The stray that starts at ``offset`` and its end. There always is one."""
    for stray in _STRAYS:
        if match := stray.pattern.match(text, offset):
            return stray, match.end()
    raise AssertionError("the last pattern matches anything")


def _stray(pattern: str, kind: str, rule: str, message: str, help: str = "") -> Stray:
    return Stray(re.compile(pattern), kind, rule, message, help)


NOTHING = "ERROR"
"""The kind of a token that stands for nothing: the statement around it is dropped without more words."""

_FOREIGN = "foreign-spelling"
_UNKNOWN = "unknown-character"

_STRAYS = (
    _stray(r"/\*[\s\S]*", "", "unclosed-comment", "this comment never ends", "close it with `*/`"),
    _stray(
        r'"(?:\\.|[^"\\\n])*\\?',
        "STRING",
        "unclosed-text",
        "this text has no closing quote on its line",
        'close it with `"`',
    ),
    _stray(r"#[^\n]*", "", _FOREIGN, "`#` doesn't start a comment", "comments start with `//`"),
    _stray(r"'(?:\\.|[^'\\\n])*'", "STRING", _FOREIGN, "texts stand in double quotes", ""),
    _stray(r"[“”„«][^“”„»\n]*[“”»]", "STRING", _FOREIGN, "texts stand in straight double quotes", ""),
    _stray(r"=>|-{2,}>|[–—−]>|[→⟶⇒➔➜]", "_ARROW", _FOREIGN, "`{0}` is no arrow", "write `->`"),
    _stray(r"&&", "AND", _FOREIGN, "`&&` is written `and`", "write `and`"),
    _stray(r"\|\|", "OR", _FOREIGN, "`||` is written `or`", "write `or`"),
    _stray(r"!", "NOT", _FOREIGN, "`!` is written `not`", "write `not`"),
    _stray(r"\^", "POWER", _FOREIGN, "`^` is no operator", "a power is written `**`"),
    _stray(r"…", "_ELLIPSIS", _FOREIGN, "`…` is written with three dots", "write `...`"),
    _stray(r"[–—−]", "MINUS", _FOREIGN, "`{0}` is no minus sign", "write `-`"),
    _stray(r"[×∗⋅·]", "STAR", _FOREIGN, "`{0}` is no operator", "write `*`, or `x` between the numbers of a shape"),
    _stray(r"÷", "SLASH", _FOREIGN, "`÷` is no operator", "write `/`"),
    _stray(r"≤", "LE", _FOREIGN, "`≤` is written `<=`", "write `<=`"),
    _stray(r"≥", "GE", _FOREIGN, "`≥` is written `>=`", "write `>=`"),
    _stray(r"≠", "NE", _FOREIGN, "`≠` is written `!=`", "write `!=`"),
    _stray(
        r"[0-9]+(?:_[0-9]+)+(?!\w)", "INT", "malformed-number", "`{0}` is no number", "write the digits without `_`"
    ),
    _stray(
        r"[0-9]+(?:x[0-9]+)*x(?![0-9])\w*",
        NOTHING,
        "malformed-number",
        "`{0}` is no number and no name",
        "between names, sizes are written `(a, b)`",
    ),
    _stray(
        r"[0-9]\w*",
        NOTHING,
        "malformed-number",
        "`{0}` is no number and no name",
        "a name starts with a letter; a product is written with `*`",
    ),
    _stray(r"[\s\S]", NOTHING, _UNKNOWN, "`{0}` means nothing here", ""),
)
