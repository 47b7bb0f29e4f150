"""Text to tokens. Comments are set aside; line ends are noted on the token after them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.strays import MISLEADING, stray_at
from moniel2.syntax.tables import END, tables
from moniel2.syntax.tokens import KEYWORDS, Token


@dataclass(frozen=True, slots=True)
class Lexed:
    tokens: list[Token]
    """The last one is the end of the text."""
    comments: list[tree.Comment]
    docs: dict[int, str]
    """Doc comments by the offset of the token below them."""
    file_doc: str
    diagnostics: list[Diagnostic]


def lex(source: Source) -> Lexed:
    """All tokens of a text. What is no token is reported, and read as what was meant if that is clear."""
    text = source.text
    match = _pattern().match
    tokens: list[Token] = []
    comments: list[tree.Comment] = []
    diagnostics: list[Diagnostic] = []
    first = True
    offset = 0
    while offset < len(text):
        found = match(text, offset)
        if found is None or found.lastgroup == "misleading":
            stray, end = stray_at(text, offset)
            written = text[offset:end]
            span = Span(source, offset, end)
            help = stray.help and stray.help.replace("{1}", written[1:-1])
            diagnostics.append(Diagnostic(stray.rule, stray.message.format(written), span, help=help))
            if stray.kind:
                tokens.append(Token(stray.kind, written, offset, end, first))
                first = False
            else:
                comments.append(tree.Comment(written.rstrip(), first, span=span))
            offset = end
            continue
        end = found.end()
        kind = found.lastgroup or ""
        if kind == "newline":
            first = True
        elif kind == "comment":
            written = found[0]
            comments.append(tree.Comment(written.rstrip(), first, span=Span(source, offset, end)))
            first = first or "\n" in written
        elif kind == "word":
            written = found[0] if found[0].isascii() else unicodedata.normalize("NFC", found[0])
            capital = written[0].isupper() or written[0].istitle()
            kind = "TYPE" if capital else KEYWORDS.get(written, "NAME")
            tokens.append(Token(kind, written, offset, end, first))
            first = False
        elif kind != "space":
            tokens.append(Token(kind, found[0], offset, end, first))
            first = False
        offset = end
    tokens.append(Token(END, "", len(text), len(text), True))
    docs, file_doc = _docs(comments, tokens, text)
    return Lexed(tokens, comments, docs, file_doc, diagnostics)


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    """One pattern of all terminals; types, names and keywords are told apart afterwards."""
    terminals = tables().terminals
    word = next(pattern for name, pattern, _ in terminals if name == "NAME")
    regexes = [(name, pattern) for name, pattern, regex in terminals if regex and pattern != word]
    marks = [(name, text) for name, text, regex in terminals if not regex and text not in KEYWORDS]
    parts = [
        ("newline", r"\n"),
        ("space", r"(?:[^\S\n]|\ufeff)+"),
        ("comment", r"//[^\n]*|/\*[\s\S]*?\*/"),
        ("misleading", MISLEADING),
        ("word", word),
        # A number ends where a word could not go on: `8p` is a mistake, not a number and a name.
        *((name, pattern if name == "STRING" else rf"(?:{pattern})(?!\w)") for name, pattern in regexes),
        *((name, re.escape(text)) for name, text in sorted(marks, key=lambda mark: -len(mark[1]))),
    ]
    return re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in parts))


def _docs(comments: list[tree.Comment], tokens: list[Token], text: str) -> tuple[dict[int, str], str]:
    """Doc comments, each by the token below it, and the file's own: the first, before a blank line."""
    docs: dict[int, list[str]] = {}
    file_doc: list[str] = []
    following = iter([token for token in tokens if token.kind != "_SEP"])
    first = token = next(following)
    ends = [comment.span.start for comment in comments[1:]] + [len(text)]
    for comment, end in zip(comments, ends, strict=False):
        while token.start < comment.span.start:
            token = next(following)
        if not is_doc(comment):
            continue
        docs.setdefault(token.start, []).append(comment.text[3:].removeprefix(" "))
        blank = text.count("\n", comment.span.end, min(end, token.start)) > 1
        if token is first and not file_doc and (blank or end == token.start == len(text)):
            file_doc = docs.pop(token.start)
    return {offset: "\n".join(lines) for offset, lines in docs.items()}, "\n".join(file_doc)


def is_doc(comment: tree.Comment) -> bool:
    """``/// …`` on a line of its own; four slashes are a plain comment again."""
    return comment.own_line and comment.text.startswith("///") and not comment.text.startswith("////")
