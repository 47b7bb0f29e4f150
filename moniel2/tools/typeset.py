"""The canonical layout as a document: one method for each rule of the grammar with more than one symbol.

The parser calls it in place of the tree's builder, with all symbols of a rule: so every token comes
out once and in its order, and the text still means what it meant. The tokens bring the comments
around them. A bracket that the writer opened onto a new line stays open, a chain that was broken
before an arrow stays broken; everything else is set by what fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from moniel2.printing import (
    Concat,
    Doc,
    Fill,
    Text,
    concat,
    empty,
    fill,
    freshline,
    group,
    hang,
    hardline,
    if_broken,
    line,
    nest,
    softline,
    text,
    trailing,
)
from moniel2.source import Span
from moniel2.syntax.lex import Lexed
from moniel2.syntax.tokens import Token
from moniel2.syntax.trivia import Trivia, attach

Part = Token | Doc


@dataclass(frozen=True, slots=True, eq=False)
class _Statement(Concat):
    after_blank: bool
    braced: bool = False  # it begins with braces
    bare_head: bool = False  # `+Name` without a body


@dataclass(frozen=True, slots=True, eq=False)
class _Body(Concat):
    """Braces with what is in them: they stand apart from what is before them."""


@dataclass(frozen=True, slots=True, eq=False)
class _Coefficient(Concat):
    """``2 * H``, which a shape writes ``2*H``."""

    close: Doc


class Typesetter:
    def __init__(self, lexed: Lexed, source: str) -> None:
        self._around = attach(lexed, source)
        self._source = source
        tokens = [token for token in lexed.tokens if token.kind != "_SEP"]
        self._last = tokens[-1]
        self._following = {token.start: after for token, after in pairwise(tokens)}

    def file(self, span: Span, *parts: Part) -> Doc:
        """The whole text, down to the comments at its end."""
        end = self._trivia(self._last)
        separator = concat(hardline, hardline) if parts and self._after_blank(self._last) else empty
        closing = self._lead(self._last, end) if end.before else []
        if closing and closing[-1] is hardline:
            closing.pop()
        return concat(
            self._statements(parts, hardline, concat(";", hardline)), separator if end.before else empty, *closing
        )

    # ------------------------------------------------------------------------------- words

    def _doc(self, part: Part) -> Doc:
        """A token with the comments around it; a document as it is."""
        if not isinstance(part, Token):
            return part
        around = self._around.get(part.start)
        if around is None or not (around.before or around.behind or around.begins_line):
            return Text(part.text)
        return concat(*self._lead(part, around), self._word(part))

    def _word(self, token: Token) -> Doc:
        """A token with the comments behind it on its line."""
        behind = [trailing(f"  {comment}") for comment in self._trivia(token).behind]
        return concat(token.text, *behind) if behind else Text(token.text)

    def _lead(self, token: Token, around: Trivia) -> list[Doc]:
        """What stands before a token: its comments, or a line end if the token before it has one."""
        parts: list[Doc] = [freshline] if around.begins_line else []
        for number, comment in enumerate(around.before):
            if not comment.own_line:
                parts += [text(comment.text), text(" ")]
                continue
            parts += [freshline, hardline] if number and comment.after_blank else [freshline]
            parts += [text(comment.text), hardline]
        if around.before and around.before[-1].own_line and around.after_blank:
            parts.append(hardline)
        return parts

    def _trivia(self, token: Token) -> Trivia:
        return self._around.get(token.start) or Trivia()

    def _after_blank(self, token: Token) -> bool:
        """Whether a blank line stands before a token and the comments that belong to it."""
        around = self._trivia(token)
        return around.before[0].after_blank if around.before else around.after_blank

    def _tight(self, *parts: Part) -> Doc:
        return Concat(tuple(map(self._doc, parts)))

    def _spaced(self, *parts: Part) -> Doc:
        return Concat(tuple(doc for part in parts for doc in (Text(" "), self._doc(part)))[1:])

    # -------------------------------------------------------------------------- statements

    def _statement(self, span: Span, *parts: Doc) -> _Statement:
        around = self._around.get(span.start)
        blank = around is not None and (around.before[0].after_blank if around.before else around.after_blank)
        return _Statement(parts, blank, braced=self._source.startswith("{", span.start))

    def _statements(self, parts: Sequence[Part], separator: Doc, ended: Doc) -> Doc:
        """``ended`` stands where a line end alone wouldn't do: braces below `+Name` would be its body."""
        docs: list[Doc] = []
        before: Part | None = None
        for part in parts:
            if isinstance(part, Token):
                continue
            if docs:
                headed = isinstance(before, _Statement) and before.bare_head
                docs.append(ended if headed and isinstance(part, _Statement) and part.braced else separator)
                if isinstance(part, _Statement) and part.after_blank:
                    docs.append(hardline)
            docs.append(part)
            before = part
        return Concat(tuple(docs))

    def body(self, span: Span, opening: Token, *parts: Part) -> Doc:
        *statements, closing = parts
        separators = concat(if_broken("", ";"), line), concat(";", line)
        content = self._statements(statements, *separators) if statements else None
        return _Body((self._bracketed(opening, content, closing, line),))

    def flow(self, span: Span, chain: Part) -> Doc:
        return self._statement(span, self._doc(chain))

    def constant(self, span: Span, *parts: Part) -> Doc:
        return self._statement(span, self._spaced(*parts))

    def if_statement(self, span: Span, *parts: Part) -> Doc:
        return self._statement(span, self._spaced(*parts))

    def import_statement(self, span: Span, *parts: Part) -> Doc:
        return self._statement(span, self._spaced(*parts))

    def from_import(self, span: Span, word: Token, module: Part, importing: Token, *names: Part) -> Doc:
        listed = nest(fill(self._rows(names, last="")))
        return self._statement(span, self._spaced(word, module, importing, listed))

    def imported(self, span: Span, *parts: Part) -> Doc:
        return self._spaced(*parts)

    def dotted_module(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def presented(self, span: Span, *parts: Part) -> Doc:
        last = parts[-1]
        made = self._statement(span, self._tight(*parts))
        return replace(made, bare_head=isinstance(last, _Statement) and last.bare_head)

    def presentation(self, span: Span, *parts: Part) -> Doc:
        separated = isinstance(parts[-1], Token) and parts[-1].kind == "_SEP"
        shown = parts[:-1] if separated else parts
        return concat(self._tight(*shown), hardline if separated else " ")

    def definition(self, span: Span, *parts: Part) -> Doc:
        made = self._statement(span, self._with_body(*parts))
        return replace(made, bare_head=not isinstance(parts[-1], _Body))

    def short_definition(self, span: Span, *parts: Part) -> Doc:
        plus, *head, equals, chain = parts
        assert isinstance(plus, Token) and isinstance(equals, Token) and isinstance(chain, Fill)
        first, *rest = chain.parts
        broken = hardline if equals.first else line
        defined = [self._tight(self._word(plus), *head), broken, self._spaced(equals, first), *rest]
        return self._statement(span, *self._lead(plus, self._trivia(plus)), nest(fill(defined)))

    def parameters(self, span: Span, *parts: Part) -> Doc:
        return self._listed(*parts)

    def parameter(self, span: Span, *parts: Part) -> Doc:
        return self._spaced(*parts)

    # ------------------------------------------------------------------------------ chains

    def chain(self, span: Span, first: Part, *rest: Part) -> Doc:
        docs = [self._doc(first)]
        for arrow, item in zip(rest[::2], rest[1::2], strict=True):
            assert isinstance(arrow, Token)
            broken = arrow.first or self._following[arrow.start].first
            docs += [hardline if broken else line, self._spaced(arrow, item)]
        return fill(docs)

    def series(self, span: Span, *parts: Part) -> Doc:
        return self._spaced(*parts)

    def loop(self, span: Span, *parts: Part) -> Doc:
        return self._spaced(*parts)

    def targets(self, span: Span, *parts: Part) -> Doc:
        """The names of a loop stay on one line: a comment among them is the one reason to break it."""
        if len(parts) == 1:
            return self._doc(parts[0])
        inside = [self._trivia(part) for part in parts if isinstance(part, Token)]
        if any(around.behind for around in inside[:-1]) or any(around.before for around in inside[1:]):
            return self._listed(*parts)
        opening, *names, closing = parts
        rest = [part for name in names[2::2] for part in (text(", "), name)]
        return self._tight(opening, names[0], *rest, closing)

    several = targets

    def choice(self, span: Span, *parts: Part) -> Doc:
        item, word, condition, *otherwise = parts
        chosen = self._spaced(item, word, condition)
        return group(chosen, nest(line, self._spaced(*otherwise))) if otherwise else chosen

    def repeat(self, span: Span, *parts: Part) -> Doc:
        return self._spaced(*parts)

    def instance(self, span: Span, *parts: Part) -> Doc:
        return self._with_body(*parts)

    def braces(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def apply(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def list_item(self, span: Span, *parts: Part) -> Doc:
        return self._tight_brackets("LSQB", parts)

    def group(self, span: Span, *parts: Part) -> Doc:
        return self._tight_brackets("LPAR", parts)

    def reference(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def negative_operand(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def node_id(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def type_name(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def path(self, span: Span, *parts: Part) -> Doc:
        # `a//* … */b` would begin another comment.
        commented = any(isinstance(part, Token) and self._trivia(part).before for part in parts)
        return self._spaced(*parts) if commented else self._tight(*parts)

    def key(self, span: Span, *parts: Part) -> Doc:
        return self._spaced(*parts)

    def element(self, span: Span, *parts: Part) -> Doc:
        if len(parts) == 1 and isinstance(parts[0], Fill) and len(parts[0].parts) == 1:
            return parts[0].parts[0]
        return self._spaced(*parts)

    def dims(self, span: Span, *parts: Part) -> Doc:
        return self._listed(*(part.close if isinstance(part, _Coefficient) else part for part in parts))

    def arguments(self, span: Span, *parts: Part) -> Doc:
        return self._listed(*parts)

    def named_argument(self, span: Span, *parts: Part) -> Doc:
        return self._spaced(*parts)

    # ------------------------------------------------------------------------------ values

    def ternary(self, span: Span, *parts: Part) -> Doc:
        return self.choice(span, *parts)

    def binary(self, span: Span, left: Part, operator: Token, right: Part) -> Doc:
        written = concat(self._spaced(left, operator), nest(line, self._doc(right)))
        plain = isinstance(left, Token) and left.kind == "INT" and isinstance(right, Token)
        if plain and operator.kind == "STAR":
            return _Coefficient((group(written),), self._tight(left, operator, right))
        return group(written)

    def not_in(self, span: Span, *parts: Part) -> Doc:
        return self._spaced(*parts)

    def unary(self, span: Span, operator: Token, operand: Part) -> Doc:
        return self._spaced(operator, operand) if operator.kind == "NOT" else self._tight(operator, operand)

    def range_value(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def index(self, span: Span, value: Part, *parts: Part) -> Doc:
        return self._tight(value, self._listed(*parts, comma=False))

    def slice(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def attribute(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def call(self, span: Span, *parts: Part) -> Doc:
        return self._tight(*parts)

    def tuple_value(self, span: Span, *parts: Part) -> Doc:
        single = len(parts) == 4
        return self._listed(*parts, last="," if single else None)

    def sequence(self, span: Span, *parts: Part) -> Doc:
        return self._listed(*parts)

    def comprehension(self, span: Span, opening: Token, value: Part, loop: Part, closing: Part) -> Doc:
        return self._listed(opening, self._spaced(value, loop), closing, comma=False)

    def parentheses(self, span: Span, *parts: Part) -> Doc:
        return self._listed(*parts, comma=False)

    # ---------------------------------------------------------------------------- brackets

    def _with_body(self, *parts: Part) -> Doc:
        docs: list[Doc] = []
        for part in parts:
            if isinstance(part, _Body):
                docs.append(Text(" "))
            docs.append(self._doc(part))
        return Concat(tuple(docs))

    def _tight_brackets(self, opener: str, parts: Sequence[Part]) -> Doc:
        """`id:` before brackets, and dims behind them."""
        start = next(i for i, part in enumerate(parts) if isinstance(part, Token) and part.kind == opener)
        closer = {"LPAR": "RPAR", "LSQB": "RSQB"}[opener]
        end = next(i for i, part in enumerate(parts) if isinstance(part, Token) and part.kind == closer)
        listed = self._listed(*parts[start : end + 1], comma=opener == "LSQB")
        return self._tight(*parts[:start], listed, *parts[end + 1 :])

    def _listed(self, opening: Part, *parts: Part, comma: bool = True, last: str | None = None) -> Doc:
        """Brackets around parts with commas between them. ``last`` stands after the last of them."""
        *items, closing = parts
        if not items:
            return self._bracketed(opening, None, closing, softline)
        ending = "" if not comma else last
        rows = self._rows(items, ending)
        short = all(isinstance(item, (Token, Text)) for item in items)
        return self._bracketed(opening, fill(rows) if short else Concat(tuple(rows)), closing, softline)

    def _rows(self, items: Sequence[Part], last: str | None) -> list[Doc]:
        """Parts, each with the comma behind it, and the breaks between them. ``last`` None: a comma if broken."""
        rows: list[Doc] = []
        ending = if_broken(",") if last is None else text(last)
        short = all(isinstance(item, (Token, Text)) for item in items)
        for number in range(0, len(items), 2):
            item = self._doc(items[number])
            if number + 1 == len(items):
                rows.append(concat(item, ending))
                break
            comma = items[number + 1]
            assert isinstance(comma, Token)
            if number + 2 == len(items):
                around = self._trivia(comma)
                behind = [trailing(f"  {comment}") for comment in around.behind]
                inline = not any(comment.own_line for comment in around.before)
                lead = [text(f" {c.text}") for c in around.before] if inline else self._lead(comma, around)
                rows.append(concat(item, *lead, ending, *behind))
                break
            following = self._following[comma.start]
            kept = self._after_blank(following) or (short and following.first)
            separator = concat(hardline, hardline) if self._after_blank(following) else hardline if kept else line
            rows += [concat(item, self._doc(comma)), separator]
        return rows

    def _bracketed(self, opening: Part, content: Doc | None, closing: Part, pad: Doc) -> Doc:
        """Brackets; what is inside hangs from the line on which they open."""
        assert isinstance(opening, Token) and isinstance(closing, Token)
        around = self._trivia(closing)
        comments: list[Doc] = []
        for number, comment in enumerate(around.before):
            if comment.own_line:
                blank = comment.after_blank and (number > 0 or content is not None)
                comments += [freshline, hardline] if blank else [freshline]
                comments.append(text(comment.text))
            else:
                space = if_broken("  ", " ") if content is not None or number else empty
                comments += [space, text(comment.text)]
        if content is None and not comments and not around.begins_line:
            return self._tight(opening, closing)
        opens = content is not None and self._following[opening.start].first
        first = hardline if opens or (comments and around.before[0].own_line and content is None) else pad
        final = hardline if around.begins_line or any(c.own_line for c in around.before) else pad
        inside = nest(first, content or empty, *comments) if content is not None or comments else empty
        # A comment before the brackets ends its line, which is no reason to break what is inside them.
        before = self._lead(opening, self._trivia(opening))
        return concat(*before, hang(group(self._word(opening), inside, final, self._word(closing))))
