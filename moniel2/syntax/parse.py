"""Text to tree: an LALR(1) machine over the grammar's tables, which decides on line ends and keywords as it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.build import Builder
from moniel2.syntax.lex import KEYWORDS, Lexed, Token, lex
from moniel2.syntax.tables import END, tables

MAX_LENGTH = 4 * 1024 * 1024
MAX_NESTING = 1000


def parse(source: Source) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    """The tree of a text, with every statement that could be read, and what is wrong with the rest."""
    whole = Span(source, 0, len(source.text))
    if len(source.text) > MAX_LENGTH:
        first_line = Span(source, 0, min(len(source.text), len(source.line(1))))
        problem = Diagnostic("file-too-large", f"this file has more than {MAX_LENGTH:,} characters", first_line)
        return tree.File(tree.Body((), span=whole), span=whole), (problem,)
    lexed = lex(source)
    machine = _Machine(source, lexed)
    body = replace(machine.run(), doc=lexed.file_doc, span=whole)
    found = [*lexed.diagnostics, *machine.diagnostics, *machine.builder.diagnostics]
    found.sort(key=lambda problem: problem.span.start)
    return tree.File(body, tuple(lexed.comments), span=whole), tuple(found)


# After these a line end says nothing.
_GOES_ON = frozenset(
    "PLUS MINUS STAR SLASH PERCENT POWER EQ NE LE GE LT GT AND OR NOT IN _RANGE EQUAL COMMA _ARROW COLON LPAR LSQB LBRACE".split()
)
_CLOSING = {"RPAR": "LPAR", "RSQB": "LSQB", "RBRACE": "LBRACE"}
# A keyword before one of these is a name: `in:Input`, `from -> x`, `not = 3`.
_AFTER_A_NAME = frozenset("COLON EQUAL _ARROW".split())


@dataclass(slots=True)
class _Bracket:
    kind: str
    token: Token
    height: int
    """The stack's height inside it, before anything of its content."""
    resume: int
    """For braces: the height to return to when the statement under way is given up."""


class _Many(list[Any]):
    """The symbols of a list in the grammar, on their way into one node."""


class _Machine:
    def __init__(self, source: Source, lexed: Lexed) -> None:
        self.source = source
        self.tokens = lexed.tokens
        self.builder = Builder(source, lexed.docs)
        self.diagnostics: list[Diagnostic] = []
        table = tables()
        self.table = table.states
        self.rules = table.rules
        self.accept = table.accept
        self.build: list[Callable[..., Any] | None] = [
            getattr(self.builder, rule.build) if rule.build else None for rule in table.rules
        ]
        self.states = [table.start]
        self.values: list[Any] = []
        self.bounds: list[tuple[int, int]] = []
        self.brackets = [_Bracket("LBRACE", self.tokens[-1], 1, 1)]
        self.previous = ""
        self.at = 0

    def run(self) -> tree.Body:
        separated = False
        while True:
            token = self.tokens[self.at]
            if token.kind == "_SEP" and self.brackets[-1].kind == "LBRACE" and self.previous != "_ARROW":
                separated = True
                self.at += 1
                continue
            kind = self.kind_of(token)
            if (separated or token.first) and self.ends_statement(kind, separated):
                self.separate(token.start)
            separated = False
            if self.feed(kind, token):
                if kind == END:
                    break
                self.at += 1
                continue
            if self.can_separate(kind):
                self.separate(token.start)
                continue
            self.give_up(token)
        body = self.values[-1]
        assert isinstance(body, tree.Body)
        return body

    # ------------------------------------------------------------------------- the machine

    def feed(self, kind: str, token: Token) -> bool:
        """Take one token; false if it cannot stand here."""
        states, values, bounds, table, rules = self.states, self.values, self.bounds, self.table, self.rules
        while True:
            action = table[states[-1]].get(kind)
            if action is None:
                return False
            if action >= 0:
                break
            number = -1 - action
            rule = rules[number]
            size = rule.size
            if size:
                parts = values[-size:]
                start, end = bounds[-size][0], bounds[-1][1]
                del states[-size:], values[-size:], bounds[-size:]
            else:
                parts, start, end = [], 0, 0
            states.append(table[states[-1]][rule.origin])
            bounds.append((start, end))
            values.append(self.reduced(number, parts, start, end))
            if kind == END and states[-1] == self.accept:
                return True
        states.append(action)
        values.append(token)
        bounds.append((token.start, token.end))
        self.previous = kind
        if kind in ("LPAR", "LSQB", "LBRACE"):
            self.brackets.append(_Bracket(kind, token, len(states), len(states)))
        elif kind in _CLOSING:
            self.brackets.pop()
        return True

    def reduced(self, number: int, parts: list[Any], start: int, end: int) -> Any:
        rule = self.rules[number]
        build = self.build[number]
        if build is None and not rule.many:
            return parts[rule.keep[0]]
        if rule.many and isinstance(parts[0], _Many):
            gathered = parts[0]
            gathered.extend(parts[i] for i in rule.keep[1:])
            return gathered
        children: list[Any] = []
        for i in rule.keep:
            part = parts[i] if i >= 0 else None
            if isinstance(part, _Many):
                children.extend(part)
            else:
                children.append(part)
        if build is None:
            return _Many(children)
        return build(Span(self.source, start, end), *children)

    def accepts(self, kind: str) -> bool:
        """Whether a token of this kind could stand here."""
        states, table, rules = self.states, self.table, self.rules
        height = len(states)
        above: list[int] = []
        while True:
            action = table[above[-1] if above else states[height - 1]].get(kind)
            if action is None:
                return False
            if action >= 0:
                return True
            rule = rules[-1 - action]
            dropped = min(rule.size, len(above))
            if dropped:
                del above[-dropped:]
            height -= rule.size - dropped
            above.append(table[above[-1] if above else states[height - 1]][rule.origin])
            if kind == END and above[-1] == self.accept:
                return True

    # ------------------------------------------------------------- line ends and keywords

    def kind_of(self, token: Token) -> str:
        """A keyword is one only where a keyword can stand."""
        if token.kind not in KEYWORDS.values():
            return token.kind
        if self.tokens[self.at + 1].kind in _AFTER_A_NAME and self.accepts("NAME"):
            return "NAME"
        if not self.accepts(token.kind) and self.accepts("NAME"):
            return "NAME"
        return token.kind

    def ends_statement(self, kind: str, separated: bool) -> bool:
        """Whether the line end or `;` before this token ends a statement."""
        body = self.brackets[-1]
        if body.kind != "LBRACE" or len(self.states) == body.height or kind in ("RBRACE", END):
            return False
        if separated:
            return True
        if self.previous in _GOES_ON or kind in ("_ARROW", "EQUAL", "ELSE"):
            return False
        # The head of a definition is the one place where `=` and `{` can both stand.
        return not (kind == "LBRACE" and self.accepts("LBRACE") and self.accepts("EQUAL"))

    def separate(self, offset: int) -> None:
        """End the statement; if it cannot end here, the next token will tell."""
        if not self.accepts("_SEP"):
            return
        body = self.brackets[-1]
        token = Token("_SEP", "", offset, offset)
        self.feed("_SEP", token)
        body.resume = len(self.states) - 1

    def can_separate(self, kind: str) -> bool:
        return False

    # ---------------------------------------------------------------------------- recovery

    def give_up(self, token: Token) -> None:
        self.diagnostics.append(
            Diagnostic("unexpected", f"`{token.text}` can't stand here", Span(self.source, token.start, token.end))
        )
        while self.brackets[-1].kind != "LBRACE":
            self.brackets.pop()
        body = self.brackets[-1]
        height = body.resume
        if len(self.states) == height and token.kind != END:
            self.at += 1
        del self.states[height:], self.values[height - 1 :], self.bounds[height - 1 :]
        self.previous = "_SEP"
        if token.kind == END and len(self.brackets) > 1:
            self.feed("RBRACE", token)
            return
        depth = 0
        while True:
            token = self.tokens[self.at]
            if token.kind == END or (depth <= 0 and (token.kind in ("_SEP", "RBRACE") or token.first)):
                return
            if token.kind in ("LPAR", "LSQB", "LBRACE"):
                depth += 1
            elif token.kind in _CLOSING:
                depth -= 1
            self.at += 1
