"""Brackets that are open too long, closed by another, or missing."""

from __future__ import annotations

from bisect import bisect_left

from moniel2.diagnostics.diagnostic import Diagnostic, Related
from moniel2.syntax.machine import Machine
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import CLOSER_OF, GOES_ON, OPENER_OF, OPENERS, OPERATORS, Token


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
    line = machine.source.text.rfind("\n", 0, token.start) + 1
    if machine.source.text[line : token.start].strip():
        return False  # a comment ends before it, and its last line isn't where a statement would be put
    if token.kind in ("PLUS", "AT"):
        return tokens[number + 1].kind in ("TYPE", "NAME")
    return token.kind in _STARTS and tokens[number - 1].kind not in GOES_ON


def runs_on(machine: Machine) -> bool:
    """Whether a bracket is left open by the line before and another statement begins: `(A -> b` above `[b, c] -> …`."""
    return machine.brackets[-1].kind != "LBRACE" and begins_statement(machine, machine.at) and not _is_closed(machine)


_STARTS = frozenset(["NAME", "TYPE", "LSQB", "LBRACE", "INT", "IF", "IMPORT", "FROM"])


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


def end_of_text(machine: Machine, kind: str) -> bool | None:
    """Brackets that are still open at the end."""
    if kind != END or len(machine.brackets) == 1:
        return None
    if _swallowed(machine):
        return machine.close()
    innermost = machine.brackets[-1]
    opener = innermost.token if innermost.kind != "LBRACE" else machine.misindented or innermost.token
    mend = f"close it with `{WRITTEN[CLOSER_OF[innermost.kind]]}`"
    machine.report("unclosed-bracket", f"this `{opener.text}` is never closed", opener, help=mend)
    machine.lose(opener.start)
    return machine.close()


def stray_closer(machine: Machine, kind: str) -> bool | None:
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
            help=f"write `{WRITTEN[CLOSER_OF[innermost.kind]]}`",
        )
    )
    if not machine.feed(CLOSER_OF[innermost.kind], token):
        return False
    machine.at += 1
    return True


def unclosed(machine: Machine, kind: str) -> bool | None:
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
        help=f"close it with `{WRITTEN[closer]}`",
    )
    machine.lose(machine.statement_start)
    return machine.accepts(closer) and machine.close()


def _swallowed(machine: Machine) -> bool:
    """`Conv(C // 2)`: the closing bracket is in a comment that was meant as a division."""
    opened = machine.brackets[-1]
    if opened.kind == "LBRACE":
        return False
    written = WRITTEN[CLOSER_OF[opened.kind]]
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
    for number in range(machine.at, min(machine.at + FAR, len(tokens) - 1)):
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


FAR = 2000


WRITTEN = {"RPAR": ")", "RSQB": "]", "RBRACE": "}"}


def brace(machine: Machine, kind: str) -> bool | None:
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
    for token in tokens[machine.at : machine.at + FAR]:
        if token.first and machine.indentation(token) <= edge:
            return token.kind == "RBRACE"
    return False


def condition(machine: Machine, kind: str) -> bool | None:
    if kind != "LBRACE" or not stops_short(machine):
        return None
    machine.report("unexpected", f"a value is expected after `{machine.last.text}`", machine.last)
    return False
