"""Words in the wrong place or with the wrong first letter."""

from __future__ import annotations

from dataclasses import replace

from moniel2.diagnostics.suggest import distance
from moniel2.syntax.machine import Machine
from moniel2.syntax.mends.foreign import loop_below
from moniel2.syntax.mends.marks import instead
from moniel2.syntax.tokens import KEYWORD_KINDS, OPENERS, VALUES, Token


def misplaced_keyword(machine: Machine, kind: str) -> bool | None:
    """A keyword where none can stand, and no name either."""
    token = machine.token
    if kind == "_SEP" or token.kind not in KEYWORD_KINDS:
        # It was read as a name, and what follows says that it was none.
        token = machine.last
        if machine.previous != "NAME" or token.kind not in KEYWORD_KINDS or kind in ("EQUAL", "_SEP"):
            return None
    below = loop_below(machine) if token.kind == "FOR" and token is _first(machine) else None
    message, mend = _KEYWORDS.get(token.kind, (f"`{token.text}` can't stand here", None))
    machine.report("misplaced-keyword", message, token, help=mend)
    if below is not None:
        machine.at = below
    return False


def _first(machine: Machine) -> Token:
    """The first token of the statement under way."""
    return machine.lexed.tokens[machine.brackets[-1].statement]


_KEYWORDS: dict[str, tuple[str, str | None]] = {
    "ELSE": ("this `else` has no `if` before it", "an `else` follows the `}` of an `if`, or `A if condition`"),
    "FOR": ("`for` repeats an item and stands after it", "as `Block(i) for i in 0..4`"),
    "IF": ("a choice stands after the item it is about", "as `A if condition else B`"),
    "AS": ("`as` names what is imported", "a node has its id before it: `name:Type`"),
    "IMPORT": ("an import is a statement of its own", 'as `import "file.nn" as name`'),
    "FROM": ("an import is a statement of its own", 'as `from "file.nn" import Name`'),
}


def capital(machine: Machine, kind: str) -> bool | None:
    """A type where a name must stand: `Enc:Conv`, `[Query = x]`."""
    token = machine.last
    if machine.previous != "TYPE" or kind != ("EQUAL" if machine.brackets[-1].kind == "LSQB" else "COLON"):
        return None
    if machine.top() is not token or not machine.replace_last("NAME"):
        return None
    what = "a node's id" if kind == "COLON" else "an input's name"
    small = token.text[0].lower() + token.text[1:]
    if not machine.accepts(kind):
        return None
    once = machine.source.text.count(token.text) == 1
    mend = f"write `{small}`" if once else f"`{small}`, here and where it is used"
    machine.report("name-case", f"{what} starts with a small letter", token, help=f"{mend}: a capital makes a type")
    return True


def small(machine: Machine, kind: str) -> bool | None:
    """A name where a type must stand: `+encoder { … }`."""
    if machine.previous != "PLUS" or kind != "NAME" or not machine.accepts("TYPE") or machine.accepts("INT"):
        return None
    token = machine.token
    capital = token.text[0].upper() + token.text[1:]
    machine.report("name-case", "the name of a definition starts with a capital", token, help=f"write `{capital}`")
    machine.feed("TYPE", replace(token, text=capital))
    machine.at += 1
    return True


def word(machine: Machine, kind: str) -> bool | None:
    """`for i 0..4`: a small word left out."""
    before = machine.lexed.tokens[max(machine.at - 2, 0)]
    if kind not in VALUES | OPENERS or before.kind != "FOR" or not machine.accepts("IN", kind):
        return None
    at = machine.last.end
    machine.report(
        "unexpected", f"`in` is missing before `{machine.token.text}`", machine.token, help="write `for … in …`"
    )
    return machine.feed("IN", Token("IN", "in", at, at))


def other_else(machine: Machine, kind: str) -> bool | None:
    """`} els {`: an `else`, misspelt."""
    token = machine.token
    if kind != "_SEP" and kind != "NAME":
        return None
    if token.kind != "NAME" or token.first or machine.previous != "RBRACE" or machine.following != "LBRACE":
        return None
    if distance(token.text, "else") > 2 or not machine.accepts("ELSE"):
        return None
    machine.report("misplaced-keyword", f"`{token.text}` is no word of this language", token, help="write `else`")
    return instead(machine, "ELSE")
