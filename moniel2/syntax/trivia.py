"""Comments and blank lines: what the tree doesn't hold and a formatter keeps."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from moniel2.syntax.lex import Lexed
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import Token


@dataclass(frozen=True, slots=True)
class Lead:
    """A comment before a token: on a line of its own, or else on the token's."""

    text: str
    own_line: bool
    after_blank: bool


@dataclass(slots=True)
class Trivia:
    """What stands around one token."""

    before: list[Lead] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    """Comments up to the end of its line."""
    after_blank: bool = False
    """Whether a blank line stands before it, or between it and the last comment before it."""
    begins_line: bool = False
    """Whether a comment of the token before it takes the rest of that line."""


def attach(lexed: Lexed, text: str) -> dict[int, Trivia]:
    """For the tokens that have something around them, by their offset; `;` has nothing, its neighbours do."""
    around: dict[int, Trivia] = defaultdict(Trivia)
    tokens = [token for token in lexed.tokens if token.kind != "_SEP"]
    comments = iter(lexed.comments)
    comment = next(comments, None)
    end = 0
    previous: Token | None = None
    for token in tokens:
        here = around[token.start]
        while comment and comment.span.start < token.start:
            after_blank = text.count("\n", end, comment.span.start) > 1
            end = comment.span.end
            ends_line = comment.text.startswith("//") or "\n" in text[end : token.start] or token.kind == END
            if previous and ends_line and not comment.own_line:
                around[previous.start].behind.append(comment.text)
                here.begins_line = True
            else:
                here.before.append(Lead(comment.text, ends_line, after_blank))
            comment = next(comments, None)
        here.after_blank = text.count("\n", end, token.start) > 1
        end = token.end
        previous = token
    return dict(around)
