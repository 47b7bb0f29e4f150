"""Going on after a mistake.

First a small mend is tried, the one a reader would make: a comma put in, a bracket closed. Where
none fits, the statement is given up and reading goes on with the next one. Braces keep their
meaning all the while: what stands between those of a broken statement is read for its own mistakes,
and a definition with a broken head keeps its name and its body.
"""

from __future__ import annotations

from moniel2.syntax import tree
from moniel2.syntax.explain import explain
from moniel2.syntax.machine import Machine, Many
from moniel2.syntax.mends.brackets import begins_statement
from moniel2.syntax.mends.mend import mend
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import ERROR, NOISE, Token


def recover(machine: Machine, kind: str) -> None:
    """The next token cannot stand here: say so, and change what has been read so that reading can go on."""
    # What fails right behind a mistake is its consequence.
    silent = machine.too_deep or machine.at - machine.troubled <= 1 or kind in (ERROR, NOISE)
    machine.troubled = machine.at
    if kind == NOISE and machine.accepts(machine.following):
        machine.at += 1
        return
    if not silent:
        mended = mend(machine, kind)
        if mended:
            return
        if mended is None:
            machine.diagnostics.append(explain(machine, kind))
    _give_up(machine, kind)


def go_on(machine: Machine) -> None:
    """After the braces of a statement that was given up: go on giving it up."""
    opens, machine.unfinished = machine.unfinished or [], None
    machine.back_to(machine.brackets[-1].resume)
    machine.previous = ""
    _skip(machine, opens, head=False)


def _give_up(machine: Machine, kind: str) -> None:
    """Drop the statement under way and skip to where the next one begins."""
    start = machine.statement_start
    if kind == END:
        machine.lose(start)
        if machine.brackets[-1].kind != "LBRACE" or not machine.accepts("RBRACE"):
            _retreat(machine)
        if len(machine.brackets) > 1:
            machine.close()
        return
    opens, head = _retreat(machine)
    if machine.gave_up == machine.at:
        machine.at += 1
    skipped = machine.gave_up = machine.at
    _skip(machine, opens, head)
    machine.lose(start)
    if machine.at > skipped or kind == "_SEP":
        machine.troubled = -9


def _retreat(machine: Machine) -> tuple[list[str], bool]:
    """Forget the statement under way, but not that it began to define something.

    Returns the brackets that were open in it, and whether the body of a definition may follow.
    """
    opens: list[str] = []
    while machine.brackets[-1].kind != "LBRACE":
        opens.insert(0, machine.brackets.pop().kind)
    keep, head = _definition(machine, machine.brackets[-1].resume)
    machine.back_to(keep)
    machine.previous = ""
    return opens, head


def _definition(machine: Machine, resume: int) -> tuple[int, bool]:
    """How much to keep of the statement above ``resume``: ``+Name`` and its parameters, if it begins so."""
    parts = machine.values[resume - 1 :]
    plus = 0
    while plus < len(parts) and (
        isinstance(parts[plus], (Many, tree.Presentation))
        or (isinstance(parts[plus], Token) and parts[plus].kind == "_SEP")
    ):
        plus += 1
    match parts[plus : plus + 3]:
        case [Token(kind="PLUS"), Token(kind="TYPE"), tuple(), *_]:
            kept = plus + 3
        case [Token(kind="PLUS"), Token(kind="TYPE"), *_]:
            kept = plus + 2
        case _:
            return resume, False
    begun = any(isinstance(part, Token) and part.kind == "EQUAL" for part in parts[kept : kept + 1])
    return resume + kept, not begun


def _skip(machine: Machine, opens: list[str], head: bool) -> None:
    """Skip to where the next statement begins, or to braces, whose content is read."""
    while True:
        token = machine.token
        match token.kind:
            case "$END" | "RBRACE":
                return
            case "_SEP" if not opens:
                return
            case "LBRACE" | "EQUAL" if head and not opens:
                return
            case _ if token.first and _is_boundary(machine, opens):
                return
            case "LBRACE":
                machine.separate()
                machine.feed("LBRACE", token)
                machine.brackets[-1].abandoned = opens
                machine.at += 1
                return
            case "LPAR" | "LSQB":
                opens.append(token.kind)
            case "RPAR" | "RSQB" if opens:
                opens.pop()
        machine.at += 1


def _is_boundary(machine: Machine, opens: list[str]) -> bool:
    """Whether a new statement begins with the next token, the first of its line."""
    if opens:
        return begins_statement(machine, machine.at)
    return machine.token.kind not in ("_ARROW", "EQUAL", "ELSE")
