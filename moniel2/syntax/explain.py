"""The words for a token that cannot stand where it stands."""

from __future__ import annotations

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.syntax.machine import Machine
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import COMPARISONS, OPERATORS, Token


def explain(machine: Machine, kind: str) -> Diagnostic:
    """What stands here, what was expected in its place, and the mend where it is likely."""
    token = machine.token
    last = machine.last
    special = _infix(machine, kind) or _comparisons(machine, kind) or _dotted(machine, kind)
    if special:
        rule, message, help = special
        return Diagnostic(rule, message, machine.span(token), help=help)
    expected = _expected(machine)
    # What is missing at the end of a line is missing after its last word.
    ended = kind == END or kind == "_SEP" or kind == "RBRACE" or token.first
    blamed = last if ended and machine.at else token
    found = "the line ends" if ended and kind not in ("RBRACE", END) else _found(token, kind)
    if ended and kind in ("RBRACE", END):
        message = f"{expected} is expected after `{last.text}`"
    elif ended:
        message = f"{expected} is expected after `{last.text}`, and {found}"
    else:
        message = f"{expected} is expected here, not {found}"
    return Diagnostic("unexpected", message, machine.span(blamed))


def _infix(machine: Machine, kind: str) -> tuple[str, str, str] | None:
    """`a + b` between tensors."""
    if kind not in _MERGES or machine.accepts("INT") or not (machine.accepts("_ARROW")):
        return None
    written = machine.token.text
    return (
        "infix-on-tensors",
        f"`{written}` computes with numbers, and here stand tensors",
        f"write `[a, b] -> {_MERGES[kind]}`",
    )


_MERGES = {"PLUS": "Add", "MINUS": "Sub", "STAR": "Mul", "SLASH": "Div", "POWER": "Pow", "PERCENT": "Mod"}


def _comparisons(machine: Machine, kind: str) -> tuple[str, str, str | None] | None:
    """`a < b < c`."""
    if kind not in COMPARISONS or not machine.accepts("AND"):
        return None
    return "chained-comparison", "comparisons don't chain", "write `a < b and b < c`"


def _dotted(machine: Machine, kind: str) -> tuple[str, str, str | None] | None:
    """`enc.act -> …`."""
    if machine.previous != "DOT" or not machine.accepts("TYPE"):
        return None
    return (
        "unexpected",
        "a path to an inner tensor is written with `/`",
        "write `node/inner`; `.` reaches into an imported file",
    )


def _expected(machine: Machine) -> str:
    previous = machine.previous
    if previous == "_ARROW":
        return "an item (a type, a name, a list, `{` or `(`)"
    if previous in OPERATORS:
        return "a value"
    if previous == "COLON" and machine.accepts("LSQB") and not machine.accepts("STRING"):
        return "a type, `{`, `[`, `(` or a call"
    if previous == "PLUS":
        return "the name of a definition"
    if previous == "AT":
        return "the name of a presentation, as `@label`,"
    for kind, words in _EXPECTED:
        if machine.accepts(kind):
            return words
    return "something else"


_EXPECTED = (
    ("STRING", "a value"),
    ("LSQB", "an item"),
    ("TYPE", "a type"),
    ("NAME", "a name"),
    ("IN", "`in`"),
    ("IMPORT", "`import`"),
    ("COMMA", "`,` or a closing bracket"),
    ("RPAR", "`)`"),
    ("RSQB", "`]`"),
    ("LBRACE", "`{`"),
    ("EQUAL", "`=`"),
    ("ELSE", "`else`"),
    ("_SEP", "the end of the statement"),
)


def _found(token: Token, kind: str) -> str:
    if kind == END:
        return "the end of the file"
    return f"`{token.text}`"
