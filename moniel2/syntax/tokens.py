"""What the lexer hands to the parser, and which kinds of tokens belong together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Token:
    """``kind`` is a terminal of the grammar; a keyword has its own until the parser says it is a name."""

    kind: str
    text: str
    start: int
    end: int
    first: bool = False
    """Whether it is the first of its line."""


ERROR = "ERROR"
"""The kind of a token that stands for nothing. It has been reported: the statement is lost without more words."""
NOISE = "NOISE"
"""The kind of a token that has been reported and may be passed over."""

KEYWORDS = {
    word: word.upper()
    for word in ["if", "else", "for", "in", "import", "from", "as", "and", "or", "not", "true", "false", "none"]
}
KEYWORD_KINDS = frozenset(KEYWORDS.values())

CLOSER_OF = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
OPENER_OF = {closer: opener for opener, closer in CLOSER_OF.items()}
OPENERS = frozenset(CLOSER_OF)

COMPARISONS = frozenset(["EQ", "NE", "LE", "GE", "LT", "GT"])
OPERATORS = COMPARISONS | frozenset(
    ["PLUS", "MINUS", "STAR", "SLASH", "PERCENT", "POWER", "AND", "OR", "NOT", "IN", "_RANGE"]
)

GOES_ON = OPERATORS | OPENERS | frozenset(["EQUAL", "COMMA", "_ARROW", "COLON"])
"""After these a line end says nothing."""

VALUES = frozenset(["NAME", "TYPE", "INT", "FLOAT", "SHAPE", "STRING", "TRUE", "FALSE", "NONE"])
