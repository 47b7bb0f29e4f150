"""Marks between words: `=`, `:`, arrows, commas, and what separates statements."""

from __future__ import annotations

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.syntax import tree
from moniel2.syntax.machine import Machine, Many
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import GOES_ON, OPENER_OF, OPENERS, VALUES, Token


def equals(machine: Machine, kind: str) -> bool | None:
    """`=`, `==` and `:` in one another's place."""
    token = machine.token
    following = machine.following
    if kind == "EQUAL" and machine.accepts("EQ", following):
        machine.report(
            "wrong-equals", "`=` gives a value to a name, and here two values are compared", token, help="write `==`"
        )
        return instead(machine, "EQ")
    if kind == "EQUAL" and machine.previous == "NAME" and machine.accepts("COLON", following):
        machine.report("wrong-equals", "a node has its id before a `:`", token, help="write `:`")
        return instead(machine, "COLON")
    if kind in ("EQ", "COLON") and machine.previous in ("NAME", "TYPE") and machine.accepts("EQUAL", following):
        said = "`==` compares, and here a name gets a value" if kind == "EQ" else "a name gets its value by `=`"
        machine.report("wrong-equals", said, token, help="write `=`")
        return instead(machine, "EQUAL")
    return None


def broken_arrow(machine: Machine, kind: str) -> bool | None:
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


def unfinished_line(machine: Machine, kind: str) -> bool | None:
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


def arrow_twice(machine: Machine, kind: str) -> bool | None:
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


def twice(machine: Machine, kind: str) -> bool | None:
    """`(a,, b)`."""
    if kind != "COMMA" or machine.previous not in ("COMMA", "LPAR", "LSQB"):
        return None
    machine.report("unexpected", "nothing stands before this comma", machine.token)
    machine.at += 1
    return True


def comma(machine: Machine, kind: str) -> bool | None:
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


def separator(machine: Machine, kind: str) -> bool | None:
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


def input_by_colon(machine: Machine, kind: str) -> bool | None:
    """`[query: q, key: k] -> Attention`."""
    before = machine.top(2)
    if machine.previous != "NAME" or not isinstance(before, tree.Id) or machine.brackets[-1].kind != "LSQB":
        return None
    colon = machine.lexed.tokens[machine.at - 2]
    if kind == "COLON" or colon.kind != "COLON":
        return None
    words = Token("NAME", "", before.span.start, machine.last.end)
    message = "an input is bound by `=`, and an id stands before a type"
    machine.report("unexpected", message, words, help=f"write `{before.name} = {machine.last.text}`")
    return machine.read_again(machine.at - 2, machine.at - 1, Token("EQUAL", "=", colon.start, colon.end))


def semicolon(machine: Machine, kind: str) -> bool | None:
    """`Conv(8, 3; stride = 2)`."""
    if machine.token.kind != "_SEP" or machine.brackets[-1].kind == "LBRACE" or not machine.accepts("COMMA"):
        return None
    machine.report("unexpected", "`;` ends a statement, and this one isn't closed", machine.token, help="write `,`")
    return instead(machine, "COMMA")


def _is_infix(machine: Machine, kind: str) -> bool:
    """Whether `+` and `-` here compute, and don't begin a statement: `x + y`, not `x +Block`."""
    follows = machine.lexed.tokens[machine.at + 1]
    adjacent = follows.start == machine.token.end and machine.token.start > machine.last.end
    return kind == "MINUS" or (kind == "PLUS" and not (adjacent and follows.kind == "TYPE"))


def _between(machine: Machine, before: Token, token: Token) -> str:
    if before.kind == "NAME" and token.kind == "TYPE":
        name, type_ = before.text, token.text
        return f"as `{name} -> {type_}`, or `{name}:{type_}` for a node of that name, or begin a new line"
    return "write `->` between them, or begin a new line"


def instead(machine: Machine, kind: str) -> bool:
    """Read the next token as another kind."""
    machine.feed(kind, machine.token)
    machine.at += 1
    return True
