"""Small mends: where it is plain what was meant, it is reported and read that way.

Each looks at one kind of mistake and answers None if it is not that, True if reading can go on, False
if it is reported and the statement is lost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace

from moniel2.diagnostics.diagnostic import Diagnostic, Related
from moniel2.diagnostics.suggest import distance
from moniel2.syntax import tree
from moniel2.syntax.machine import Machine, Many
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import CLOSER_OF, GOES_ON, KEYWORD_KINDS, OPENER_OF, OPENERS, OPERATORS, VALUES, Token


def begins_statement(machine: Machine, number: int) -> bool:
    """Whether the token of this number, inside brackets, looks like the first of a new statement.

    It is the first of its line, stands no further right than the statement under way, and the line
    before it is not waiting for more.
    """
    tokens = machine.lexed.tokens
    token = tokens[number]
    statement = tokens[next(b for b in reversed(machine.brackets) if b.kind == "LBRACE").statement]
    if not token.first or machine.indentation(token) > machine.indentation(statement):
        return False
    if token.kind in ("PLUS", "AT"):
        return tokens[number + 1].kind in ("TYPE", "NAME")
    return token.kind in _STARTS and tokens[number - 1].kind not in GOES_ON


def runs_on(machine: Machine) -> bool:
    """Whether a bracket is left open by the line before and another statement begins: `(A -> b` above `[b, c] -> …`."""
    return machine.brackets[-1].kind != "LBRACE" and begins_statement(machine, machine.at) and not _is_closed(machine)


_STARTS = frozenset(["NAME", "TYPE", "LSQB", "LBRACE", "INT", "IF", "IMPORT", "FROM"])


# ------------------------------------------------------------------------------------ brackets


def _end_of_text(machine: Machine, kind: str) -> bool | None:
    """Brackets that are still open at the end."""
    if kind != END or len(machine.brackets) == 1:
        return None
    if _swallowed(machine):
        return machine.close()
    innermost = machine.brackets[-1]
    opener = innermost.token if innermost.kind != "LBRACE" else machine.misindented or innermost.token
    machine.report("unclosed-bracket", f"this `{opener.text}` is never closed", opener)
    machine.lose(opener.start)
    return machine.close()


def _stray_closer(machine: Machine, kind: str) -> bool | None:
    """A closing bracket that nothing has opened, or that closes another kind of bracket."""
    if kind not in OPENER_OF:
        return None
    wanted = OPENER_OF[kind]
    token = machine.token
    body = max(i for i, bracket in enumerate(machine.brackets) if bracket.kind == "LBRACE")
    if any(bracket.kind == wanted for bracket in machine.brackets[body + 1 :]) or (wanted == "LBRACE" and body > 0):
        return None
    innermost = machine.brackets[-1]
    if innermost.kind == "LBRACE" or wanted == "LBRACE":
        machine.report("stray-bracket", f"this `{token.text}` closes nothing", token)
        machine.at += 1
        return True
    machine.diagnostics.append(
        Diagnostic(
            "stray-bracket",
            f"`{innermost.token.text}` is closed by `{token.text}`",
            machine.span(token),
            related=(Related("opened here", machine.span(innermost.token)),),
            help=f"write `{_WRITTEN[CLOSER_OF[innermost.kind]]}`",
        )
    )
    if not machine.feed(CLOSER_OF[innermost.kind], token):
        return False
    machine.at += 1
    return True


def _unclosed(machine: Machine, kind: str) -> bool | None:
    """`(` or `[` whose closing bracket doesn't come before the next statement does."""
    opened = machine.brackets[-1]
    if opened.kind == "LBRACE" or _is_closed(machine):
        return None
    closer = CLOSER_OF[opened.kind]
    if _swallowed(machine):
        return machine.accepts(closer) and machine.close()
    machine.report(
        "unclosed-bracket",
        f"this `{opened.token.text}` is never closed",
        opened.token,
        help=f"close it with `{_WRITTEN[closer]}`",
    )
    machine.lose(machine.statement_start)
    return machine.accepts(closer) and machine.close()


def _swallowed(machine: Machine) -> bool:
    """`Conv(C // 2)`: the closing bracket is in a comment that was meant as a division."""
    opened = machine.brackets[-1]
    if opened.kind == "LBRACE":
        return False
    written = _WRITTEN[CLOSER_OF[opened.kind]]
    comments = machine.lexed.comments
    for comment in comments[bisect_left(comments, opened.token.end, key=lambda c: c.span.start) :]:
        if comment.span.start >= machine.token.start:
            break
        if not comment.own_line and comment.text.startswith("//") and written in comment.text:
            slashes = Token("SLASH", "//", comment.span.start, comment.span.start + 2)
            message = f"`//` begins a comment, and the `{written}` stands in it"
            machine.report("foreign-spelling", message, slashes, help="a whole quotient is `floor(a / b)`")
            return True
    return False


def _is_closed(machine: Machine) -> bool:
    """Whether the innermost bracket is closed further on."""
    tokens = machine.lexed.tokens
    opens = [machine.brackets[-1].kind]
    for number in range(machine.at, min(machine.at + _FAR, len(tokens) - 1)):
        kind = tokens[number].kind
        if opens[-1] != "LBRACE" and "LBRACE" not in opens and begins_statement(machine, number):
            return False
        if kind in OPENERS:
            opens.append(kind)
        elif kind in OPENER_OF and opens.pop() != OPENER_OF[kind]:
            return False
        if not opens:
            return True
    return False


_FAR = 2000
_WRITTEN = {"RPAR": ")", "RSQB": "]", "RBRACE": "}"}


# -------------------------------------------------------------------------------------- words


def _foreign_word(machine: Machine, kind: str) -> bool | None:
    """`def Name`, `let x`, `return x`, `elif`: a word of another language, before what it would introduce."""
    word = machine.last
    if machine.previous != "NAME" or word.text not in _FOREIGN or kind not in VALUES:
        return None
    if machine.at - 1 != machine.brackets[-1].statement or machine.top() is not word:
        return None
    introduces, mend = _FOREIGN[word.text]
    machine.report("foreign-spelling", f"`{word.text}` is no word of this language", word, help=mend)
    if introduces == "":
        return False
    machine.back_to(len(machine.states) - 1)
    machine.previous = ""
    if introduces == "+":
        machine.feed("PLUS", Token("PLUS", "+", word.start, word.end))
        machine.feed("TYPE", machine.token)
        machine.at += 1
    return True


_DEFINES = ("+", "a definition begins with `+`: `+Name(parameters) { … }`")
_SETS = ("=", "a constant is written `name = value`")
_FOREIGN = {
    "def": _DEFINES,
    "class": _DEFINES,
    "fn": _DEFINES,
    "func": _DEFINES,
    "function": _DEFINES,
    "let": _SETS,
    "var": _SETS,
    "const": _SETS,
    "return": ("", "what a block gives back goes into an `Out`: `x -> Out`"),
    "elif": ("", "write `else if`"),
    "elseif": ("", "write `else if`"),
}


def _misplaced_keyword(machine: Machine, kind: str) -> bool | None:
    """A keyword where none can stand, and no name either."""
    token = machine.token
    if kind == "_SEP" or token.kind not in KEYWORD_KINDS:
        # It was read as a name, and what follows says that it was none.
        token = machine.last
        if machine.previous != "NAME" or token.kind not in KEYWORD_KINDS or kind in ("EQUAL", "_SEP"):
            return None
    message, mend = _KEYWORDS.get(token.kind, (f"`{token.text}` can't stand here", None))
    machine.report("misplaced-keyword", message, token, help=mend)
    return False


_KEYWORDS: dict[str, tuple[str, str | None]] = {
    "ELSE": ("this `else` has no `if` before it", "an `else` follows the `}` of an `if`, or `A if condition`"),
    "FOR": ("`for` repeats an item and stands after it", "write `Block(i) for i in 0..4`"),
    "IF": ("a choice stands after the item it is about", "write `A if condition else B`"),
    "IMPORT": ("an import is a statement of its own", 'write `import "file.nn" as name`'),
    "FROM": ("an import is a statement of its own", 'write `from "file.nn" import Name`'),
}


def _capital(machine: Machine, kind: str) -> bool | None:
    """A type where a name must stand: `Enc:Conv`, `C = 64`."""
    token = machine.last
    if (
        machine.previous != "TYPE"
        or (machine.brackets[-1].kind == "LSQB" and kind != "EQUAL")
        or kind not in ("COLON", "EQUAL")
    ):
        return None
    if machine.top() is not token or not machine.replace_last("NAME"):
        return None
    what = (
        "a node's id" if kind == "COLON" else "an input's name" if machine.brackets[-1].kind == "LSQB" else "a constant"
    )
    small = token.text[0].lower() + token.text[1:]
    if not machine.accepts(kind):
        return None
    machine.report(
        "name-case", f"{what} starts with a small letter", token, help=f"write `{small}`: a capital makes a type"
    )
    return True


def _small(machine: Machine, kind: str) -> bool | None:
    """A name where a type must stand: `+encoder { … }`."""
    if machine.previous != "PLUS" or kind != "NAME" or not machine.accepts("TYPE") or machine.accepts("INT"):
        return None
    token = machine.token
    capital = token.text[0].upper() + token.text[1:]
    machine.report("name-case", "the name of a definition starts with a capital", token, help=f"write `+{capital}`")
    machine.feed("TYPE", replace(token, text=capital))
    machine.at += 1
    return True


def _no_plus(machine: Machine, kind: str) -> bool | None:
    """`Block(C) = …` at the start of a statement: a definition without its `+`."""
    body, tokens = machine.brackets[-1], machine.lexed.tokens
    start = tokens[body.statement]
    if kind != "EQUAL" or body.kind != "LBRACE" or start.kind != "TYPE" or machine.gave_up == body.statement:
        return None
    if [t.kind for t in tokens[body.statement : machine.at] if t.kind in _BRACKETS] != ["LPAR", "RPAR"]:
        return None
    if tokens[body.statement + 1].kind != "LPAR" or machine.last.kind != "RPAR":
        return None
    machine.report(
        "foreign-spelling",
        f"this defines `{start.text}`, and a definition begins with `+`",
        start,
        help=f"write `+{start.text}`",
    )
    machine.gave_up = body.statement
    machine.back_to(body.resume)
    machine.at = body.statement
    machine.separate()
    machine.feed("PLUS", Token("PLUS", "+", start.start, start.start))
    return True


_BRACKETS = frozenset(OPENER_OF) | OPENERS


# -------------------------------------------------------------------------------- punctuation


def _equals(machine: Machine, kind: str) -> bool | None:
    """`=`, `==` and `:` in one another's place."""
    token = machine.token
    following = machine.following
    if kind == "EQUAL" and machine.accepts("EQ", following):
        machine.report(
            "wrong-equals", "`=` gives a value to a name, and here two values are compared", token, help="write `==`"
        )
        return _instead(machine, "EQ")
    if kind == "EQUAL" and machine.previous == "NAME" and machine.accepts("COLON", following):
        machine.report("wrong-equals", "a node has its id before a `:`", token, help="write `:`")
        return _instead(machine, "COLON")
    if kind in ("EQ", "COLON") and machine.previous in ("NAME", "TYPE") and machine.accepts("EQUAL", following):
        said = "`==` compares, and here a name gets a value" if kind == "EQ" else "a name gets its value by `=`"
        machine.report("wrong-equals", said, token, help="write `=`")
        return _instead(machine, "EQUAL")
    return None


def _broken_arrow(machine: Machine, kind: str) -> bool | None:
    """`- >` and `<-`."""
    token, after = machine.token, machine.lexed.tokens[min(machine.at + 1, len(machine.lexed.tokens) - 1)]
    if kind == "MINUS" and after.kind == "GT" and machine.accepts("_ARROW"):
        both = Token("_ARROW", "->", token.start, after.end)
        machine.report("foreign-spelling", "an arrow has no space in it", both, help="write `->`")
        machine.feed("_ARROW", both)
        machine.at += 2
        return True
    if kind == "LT" and after.kind == "MINUS" and after.start == token.end and machine.accepts("_ARROW"):
        both = Token("_ARROW", "<-", token.start, after.end)
        machine.report("foreign-spelling", "arrows lead to the right", both, help="write `from -> to`")
        return False
    return None


def _word(machine: Machine, kind: str) -> bool | None:
    """`for i 0..4`: a small word left out."""
    before = machine.lexed.tokens[max(machine.at - 2, 0)]
    if kind not in VALUES | OPENERS or before.kind != "FOR" or not machine.accepts("IN", kind):
        return None
    at = machine.last.end
    machine.report(
        "unexpected", f"`in` is missing before `{machine.token.text}`", machine.token, help="write `for … in …`"
    )
    return machine.feed("IN", Token("IN", "in", at, at))


def _unfinished_line(machine: Machine, kind: str) -> bool | None:
    """A line that waits for more, and after it one that gives a value to a name."""
    before = machine.lexed.tokens[max(machine.at - 2, 0)]
    if kind != "EQUAL" or not machine.last.first or before.kind not in GOES_ON or before.kind in OPENERS:
        return None
    if machine.brackets[-1].kind != "LBRACE":
        return None
    if before.kind == "_ARROW":
        machine.report("dangling-arrow", "this arrow leads nowhere", before, help=_ARROWS)
    else:
        machine.report("unexpected", f"a value is expected after `{before.text}`, and the line ends", before)
    machine.at -= 1
    return False


def _arrow_twice(machine: Machine, kind: str) -> bool | None:
    """`-> ->`, `-> )`, an arrow at the end: it leads nowhere. `{ ->`: it comes from nowhere."""
    token = machine.token
    if machine.previous == "_ARROW" and (kind in ("_ARROW", "COMMA", "_SEP", END) or kind in OPENER_OF):
        machine.report("dangling-arrow", "this arrow leads nowhere", machine.last, help=_ARROWS)
        if kind != "_ARROW":
            return False
        machine.at += 1
        return True
    before = machine.lexed.tokens[max(machine.at - 2, 0)]
    if machine.previous == "LPAR" and before.kind in ("TYPE", "NAME"):
        return None  # arguments that are never closed
    if kind == "_ARROW" and machine.previous in _BEFORE_AN_ITEM and machine.accepts("LSQB"):
        machine.report("dangling-arrow", "nothing stands before this arrow", token, help=_ARROWS)
        machine.at += 1
        return True
    return None


_BEFORE_AN_ITEM = frozenset(["", "_SEP", "LBRACE", "LPAR", "LSQB", "COMMA"])
_ARROWS = "an arrow leads from an item to an item: `x -> Conv -> y`"


def _twice(machine: Machine, kind: str) -> bool | None:
    """`(a,, b)`."""
    if kind != "COMMA" or machine.previous not in ("COMMA", "LPAR", "LSQB"):
        return None
    machine.report("unexpected", "nothing stands before this comma", machine.token)
    machine.at += 1
    return True


def _comma(machine: Machine, kind: str) -> bool | None:
    """`(a b)`: two parts with nothing between them."""
    token = machine.token
    if machine.brackets[-1].kind == "LBRACE" or (kind not in VALUES and kind not in OPENERS):
        return None
    if machine.last.kind in ("INT", "FLOAT") and kind in ("NAME", "TYPE") and machine.accepts("STAR", kind):
        follows = machine.lexed.tokens[machine.at + 1].kind
        if follows not in ("EQUAL", "COLON", "LPAR"):
            product = f"{machine.last.text} * {token.text}"
            message = f"`*` or a comma is missing between `{machine.last.text}` and `{token.text}`"
            machine.report("missing-comma", message, token, help=f"a product is written `{product}`")
            machine.feed("STAR", Token("STAR", "*", machine.last.end, machine.last.end))
            return True
    for missing, written in (("COMMA", ","), ("_ARROW", "->")):
        if machine.accepts(missing, kind):
            before = machine.source.text[machine.last.start : machine.last.end]
            arrow = " or an arrow" if missing == "COMMA" and machine.accepts("_ARROW", kind) else ""
            what = "a comma" + arrow if missing == "COMMA" else "an arrow"
            machine.report("missing-comma", f"{what} is missing between `{before}` and `{token.text}`", token)
            machine.feed(missing, Token(missing, written, machine.last.end, machine.last.end))
            return True
    return None


def _brace(machine: Machine, kind: str) -> bool | None:
    """`if a > 0` and a body below, without the `{` before it."""
    token, body = machine.token, machine.brackets[-1]
    start = machine.lexed.tokens[min(body.statement, machine.at)]
    if kind != "_SEP" or body.kind != "LBRACE" or start.kind not in ("IF", "PLUS") or not machine.accepts("LBRACE"):
        return None
    if machine.indentation(token) <= machine.indentation(start) or not _brace_follows(machine, start):
        return None
    machine.report("unexpected", f"`{{` is missing after `{machine.last.text}`", machine.last, help="write `{` there")
    return machine.feed("LBRACE", Token("LBRACE", "{", machine.last.end, machine.last.end))


def _brace_follows(machine: Machine, start: Token) -> bool:
    """Whether what is indented below a statement ends with a `}`."""
    tokens, edge = machine.lexed.tokens, machine.indentation(start)
    for token in tokens[machine.at : machine.at + _FAR]:
        if token.first and machine.indentation(token) <= edge:
            return token.kind == "RBRACE"
    return False


def lacks_brace(machine: Machine) -> bool:
    """`+Name(a)` and a body below, without the `{` before it."""
    body = machine.brackets[-1]
    start = machine.lexed.tokens[min(body.statement, machine.at)]
    return (
        body.kind == "LBRACE"
        and start.kind == "PLUS"
        and machine.token.first
        and machine.accepts("EQUAL")
        and machine.accepts("LBRACE")
        and machine.indentation(machine.token) > machine.indentation(start)
        and _brace_follows(machine, start)
    )


def stops_short(machine: Machine) -> bool:
    """`if a > {`: braces where a condition waits for a value."""
    body = machine.brackets[-1]
    start = machine.lexed.tokens[min(body.statement, machine.at)]
    return body.kind == "LBRACE" and start.kind == "IF" and machine.previous in OPERATORS


def _condition(machine: Machine, kind: str) -> bool | None:
    if kind != "LBRACE" or not stops_short(machine):
        return None
    machine.report("unexpected", f"a value is expected after `{machine.last.text}`", machine.last)
    return False


def _other_else(machine: Machine, kind: str) -> bool | None:
    """`} els {`: an `else`, misspelt."""
    token = machine.token
    if kind != "_SEP" and kind != "NAME":
        return None
    if token.kind != "NAME" or token.first or machine.previous != "RBRACE" or machine.following != "LBRACE":
        return None
    if distance(token.text, "else") > 2 or not machine.accepts("ELSE"):
        return None
    machine.report("misplaced-keyword", f"`{token.text}` is no word of this language", token, help="write `else`")
    return _instead(machine, "ELSE")


def _separator(machine: Machine, kind: str) -> bool | None:
    """Two statements on one line."""
    token = machine.token
    if machine.brackets[-1].kind != "LBRACE" or not machine.accepts("_SEP", kind) or _is_infix(machine, kind):
        return None
    if kind == "LPAR" and machine.previous == "RPAR":
        machine.report("unexpected", "an item has its arguments once", token)
        return False
    before = machine.last
    closed = machine.previous == "RBRACE"
    machine.separate()
    done = machine.top(2)
    statement = done[-1] if isinstance(done, Many) else done
    shown = isinstance(statement, (tree.Arguments, Token))
    if shown or (isinstance(statement, (tree.Definition, tree.If)) and closed) or kind in ("PLUS", "AT"):
        machine.troubled = -9
        return True
    if isinstance(statement, tree.Flow) and kind in ("NAME", "TYPE", "LSQB", "LBRACE"):
        machine.diagnostics.append(
            Diagnostic(
                "missing-arrow",
                "two chains on one line with nothing between them",
                machine.span(token),
                "is an arrow missing before this?",
                help=_between(machine, before, token),
            )
        )
        machine.troubled = -9
        return True
    machine.report(
        "missing-separator",
        f"the statement before ends here, and `{token.text}` stands on the same line",
        token,
        help="begin a new line, or write `;` between two statements",
    )
    return True


def _is_infix(machine: Machine, kind: str) -> bool:
    """Whether `+` and `-` here compute, and don't begin a statement: `x + y`, not `x +Block`."""
    follows = machine.lexed.tokens[machine.at + 1]
    adjacent = follows.start == machine.token.end and machine.token.start > machine.last.end
    return kind == "MINUS" or (kind == "PLUS" and not (adjacent and follows.kind == "TYPE"))


def _between(machine: Machine, before: Token, token: Token) -> str:
    if before.kind == "NAME" and token.kind == "TYPE":
        name, type_ = before.text, token.text
        return f"write `{name} -> {type_}`, or `{name}:{type_}` for a node of that name, or begin a new line"
    return "write `->` between them, or begin a new line"


def _instead(machine: Machine, kind: str) -> bool:
    """Read the next token as another kind."""
    machine.feed(kind, machine.token)
    machine.at += 1
    return True


MENDS: tuple[Callable[[Machine, str], bool | None], ...] = (
    _broken_arrow,
    _condition,
    _unfinished_line,
    _arrow_twice,
    _end_of_text,
    _stray_closer,
    _unclosed,
    _foreign_word,
    _misplaced_keyword,
    _capital,
    _small,
    _no_plus,
    _equals,
    _word,
    _twice,
    _comma,
    _brace,
    _other_else,
    _separator,
)
