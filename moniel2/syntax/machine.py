"""The LALR(1) machine: a stack of what has been read, over the grammar's tables.

It builds the tree as it reads, so nothing here recurses: not over long chains, not over deep nesting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.limits import MAX_NESTING
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.lex import Lexed
from moniel2.syntax.tables import END, Rule, tables
from moniel2.syntax.tokens import CLOSER_OF, OPENER_OF, OPENERS, Token


@dataclass(slots=True)
class Bracket:
    """An open bracket. The text as a whole counts as braces that open before it."""

    kind: str
    token: Token
    height: int
    """The stack's height inside it, before anything of its content."""
    resume: int
    """For braces: the height to return to when the statement under way is given up."""
    statement: int = 0
    """For braces: where the statement under way begins, as a number of a token."""
    abandoned: list[str] | None = None
    """For braces inside a statement that was given up: the brackets of that statement still open around them."""
    until: int | None = None
    """For braces that indentation stands for: how far what follows them is indented at most."""


class Many(list[Any]):
    """The symbols of a list in the grammar, on their way into one node."""


@dataclass(slots=True)
class Machine:
    source: Source
    lexed: Lexed
    builder: object
    """Has a method for each rule of the grammar, which makes its value."""
    whole: bool = False
    """Whether the builder gets all symbols of a rule, punctuation too, and absent ones not as None."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    at: int = 0
    """The number of the token that comes next."""
    previous: str = ""
    """As what the token before was taken: a keyword may have been a name."""
    misindented: Token | None = None
    """The first ``{`` whose ``}`` stands further left than it should: likely the one that misses its own."""
    too_deep: bool = False
    troubled: int = -9
    """The number of the token at which the last mistake showed."""
    lost: list[Span] = field(default_factory=list)
    """Statements that were given up, and those whose end had to be guessed."""
    gave_up: int = -1
    """The number of the token at which a statement was last given up."""
    unfinished: list[str] | None = None
    """Set when the braces of a statement that was given up have been read: see ``Bracket.abandoned``."""

    states: list[int] = field(init=False)
    values: list[Any] = field(default_factory=list)
    bounds: list[tuple[int, int, int]] = field(default_factory=list)
    """Start, end and depth of each value: one less of each than of states."""
    brackets: list[Bracket] = field(init=False)
    _table: Sequence[Mapping[str, int]] = field(init=False, repr=False)
    _accept: int = field(init=False, repr=False)
    _steps: list[tuple[Rule, Callable[..., Any] | None]] = field(init=False, repr=False)
    """The rules, last first, so that a negative action is an index; and what makes the node of each."""

    def __post_init__(self) -> None:
        made = tables()
        self._table, self._accept = made.states, made.accept
        rules = map(_whole, made.rules) if self.whole else made.rules
        self._steps = [(rule, getattr(self.builder, rule.build, None)) for rule in rules][::-1]
        self.states = [made.start]
        self.brackets = [Bracket("LBRACE", self.lexed.tokens[-1], 1, 1)]

    @property
    def finished(self) -> bool:
        """Whether the text has been read to its end."""
        return self.states[-1] == self._accept

    @property
    def token(self) -> Token:
        return self.lexed.tokens[self.at]

    @property
    def following(self) -> str:
        """The kind of the token after the next."""
        return self.lexed.tokens[min(self.at + 1, len(self.lexed.tokens) - 1)].kind

    @property
    def last(self) -> Token:
        return self.lexed.tokens[max(self.at - 1, 0)]

    @property
    def statement_start(self) -> int:
        """Where the statement under way begins in the text."""
        body = next(bracket for bracket in reversed(self.brackets) if bracket.kind == "LBRACE")
        return self.lexed.tokens[min(body.statement, self.at)].start

    def lose(self, start: int) -> None:
        """Note that a statement, from ``start`` to what has been read, isn't read as it was meant."""
        self.lost.append(Span(self.source, start, max(start, self.last.end)))

    def report(self, rule: str, message: str, token: Token, **more: Any) -> None:
        self.diagnostics.append(Diagnostic(rule, message, self.span(token), **more))

    def top(self, depth: int = 1) -> object:
        """The last value read, or one before it; None if there is none."""
        return self.values[-depth] if len(self.values) >= depth else None

    def span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def feed(self, kind: str, token: Token) -> bool:
        """Read one token as a ``kind``; false if that cannot stand here."""
        states, values, bounds, table, steps = self.states, self.values, self.bounds, self._table, self._steps
        state = states[-1]
        while True:
            action = table[state].get(kind)
            if action is None:
                return False
            if action >= 0:
                break
            rule, make = steps[action]
            size = rule.size
            if size == 1:
                # Most steps only climb from one level of precedence to the next.
                state = states[-1] = table[states[-2]][rule.origin]
                if make or rule.many:
                    start, end, _ = bounds[-1]
                    values[-1] = self._reduced(rule, make, values[-1:], start, end)
                    if kind == END and state == self._accept:
                        return True
                continue
            if size:
                parts = values[-size:]
                start, end = bounds[-size][0], bounds[-1][1]
                depth = max([bound[2] for bound in bounds[-size:]])
                del states[-size:], values[-size:], bounds[-size:]
            else:
                parts, start, end, depth = [], 0, 0, 0
            values.append(self._reduced(rule, make, parts, start, end))
            bounds.append((start, end, depth if rule.many else depth + 1))
            state = table[states[-1]][rule.origin]
            states.append(state)
            if kind == END and state == self._accept:
                return True
            if depth > _MAX_DEPTH and not self.too_deep:
                self._stop(Span(self.source, start, end))
                return True
        states.append(action)
        values.append(token if token.kind == kind else replace(token, kind=kind))
        bounds.append((token.start, token.end, 1))
        self.previous = kind
        if kind in OPENERS:
            self.brackets.append(Bracket(kind, token, len(states), len(states), self.at + 1))
            if len(self.brackets) > MAX_NESTING + 1 and not self.too_deep:
                self._stop(self.span(token))
        elif kind in OPENER_OF:
            opened = self.brackets.pop()
            self.unfinished = opened.abandoned
            if kind == "RBRACE" and token.first and self.indentation(token) < self.indentation(opened.token):
                self.misindented = self.misindented or opened.token
        return True

    def _reduced(self, rule: Rule, make: Callable[..., Any] | None, parts: list[Any], start: int, end: int) -> Any:
        if rule.many and type(parts[0]) is Many:
            gathered = parts[0]
            gathered.extend([parts[i] for i in rule.keep[1:]])
            return gathered
        parts.append(None)
        children = [parts[i] for i in rule.keep]
        if rule.spread:
            flat = Many()
            for child in children:
                if type(child) is Many:
                    flat.extend(child)
                else:
                    flat.append(child)
            children = flat
        if make:
            return make(Span(self.source, start, end), *children)
        return Many(children) if rule.many else children[0]

    def in_head(self) -> bool:
        """Whether the head of a definition has been read, and not a lone `Name`, which may be a constant."""
        if not self.accepts("EQUAL"):
            return False
        return self.previous != "TYPE" or (self.at > 1 and self.lexed.tokens[self.at - 2].kind == "PLUS")

    def accepts(self, *kinds: str) -> bool:
        """Whether tokens of these kinds, in this order, could stand here."""
        table, accept = self._table, self._accept
        height = len(self.states)
        above: list[int] = []
        for kind in kinds:
            while True:
                action = table[above[-1] if above else self.states[height - 1]].get(kind)
                if action is None:
                    return False
                if action >= 0:
                    above.append(action)
                    break
                rule, _ = self._steps[action]
                dropped = min(rule.size, len(above))
                del above[len(above) - dropped :]
                height -= rule.size - dropped
                above.append(table[above[-1] if above else self.states[height - 1]][rule.origin])
                if kind == END and above[-1] == accept:
                    return True
        return True

    def separate(self) -> bool:
        """End the statement under way; false if it can't end here."""
        body = self.brackets[-1]
        if len(self.states) == body.height:
            body.statement = self.at
            return True
        offset = self.last.end
        if not self.feed("_SEP", Token("_SEP", "", offset, offset)):
            return False
        # After `@label("…")` a line end is no end: what is shown so comes next.
        if isinstance(self.top(2), _STATEMENTS):
            body.resume = len(self.states) - 1
            body.statement = self.at
        return True

    def close(self) -> bool:
        """Read the closing bracket that is missing here; false if none can stand here."""
        kind = CLOSER_OF[self.brackets[-1].kind]
        return self.feed(kind, Token(kind, "", self.last.end, self.last.end))

    def ends_block(self) -> bool:
        """Whether the next token, the first of its line, stands outside what indentation holds together."""
        until = self.brackets[-1].until
        return until is not None and (self.token.kind == END or self.indentation(self.token) <= until)

    def end_block(self) -> None:
        """Close all such braces that end before the next token."""
        while self.ends_block():
            if not self.close():
                self.lose(self.statement_start)
                self.back_to(self.brackets[-1].resume)
                self.close()

    def read_again(self, start: int, stop: int, *tokens: Token) -> bool:
        """Put other tokens in place of some of the statement under way, and read it from its beginning."""
        while self.brackets[-1].kind != "LBRACE":
            self.brackets.pop()
        body = self.brackets[-1]
        self.lexed.tokens[start:stop] = tokens
        self.back_to(body.resume)
        self.at, self.previous, self.troubled = body.statement, "", -9
        if not self.token.first:
            self.separate()
        return True

    def back_to(self, height: int) -> None:
        """Forget what has been read above a height of the stack."""
        del self.states[height:], self.values[height - 1 :], self.bounds[height - 1 :]

    def replace_last(self, kind: str) -> bool:
        """Read the last token anew, as another kind; only if it is still the top of the stack and can be that."""
        token = self.top()
        if not isinstance(token, Token):
            return False
        before = self.previous
        self.back_to(len(self.states) - 1)
        if self.feed(kind, token):
            return True
        self.feed(before, token)
        return False

    def indentation(self, token: Token) -> int:
        """How far the line of a token is indented."""
        text = self.source.text
        start = text.rfind("\n", 0, token.start) + 1
        return len(text[start : token.start]) - len(text[start : token.start].lstrip())

    def _stop(self, span: Span) -> None:
        """Read no further: no text needs more nesting than this."""
        self.too_deep = True
        self.diagnostics.append(Diagnostic("limit", f"this nests more than {MAX_NESTING:,} deep", span))
        self.at = len(self.lexed.tokens) - 2


def _whole(rule: Rule) -> Rule:
    build = rule.build or ("parentheses" if rule.size > 1 and not rule.many else "")
    return replace(rule, build=build, keep=tuple(range(rule.size)))


# A pair of brackets is a few nodes of the tree; operators nest one node each.
_MAX_DEPTH = 4 * MAX_NESTING
_STATEMENTS = (Many, *get_args(tree.Statement))
