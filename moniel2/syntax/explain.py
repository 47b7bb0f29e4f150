"""The words for a token that can't stand where it stands, and that no small mend makes sense of."""

from __future__ import annotations

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.syntax import tree
from moniel2.syntax.machine import Machine
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import COMPARISONS, OPERATORS, Token


def explain(machine: Machine, kind: str) -> Diagnostic:
    """What stands here, what was expected in its place, and the mend where it is likely."""
    for special in (
        _comparison,
        _infix,
        _chain_as_value,
        _dims_as_value,
        _dotted_path,
        _id_of_name,
        _no_condition,
        _targets,
    ):
        if found := special(machine, kind):
            return found
    expected = _expected(machine, kind)
    if machine.last.kind == "IMPORT" and kind in ("NAME", "TYPE") and machine.following == "FROM":
        message = "what is imported stands behind the file"
        help = f'as `from "file.nn" import {machine.token.text}`'
        return _unexpected(machine, message, machine.token, help)
    if kind == "COMMA" and machine.brackets[-1].kind == "LBRACE" and machine.previous == "NAME":
        return _unexpected(machine, "a list stands in brackets", machine.token, "as `[a, b]`")
    last = machine.last
    if kind in ("_SEP", END, "RBRACE") and machine.at and machine.brackets[-1].kind == "LBRACE":
        # What is missing at the end of a line is missing after its last word.
        ending = "" if kind == "RBRACE" else ", and the file ends" if kind == END else _ending(machine)
        return _unexpected(machine, f"{expected} is expected after `{last.text}`{ending}", last)
    return _unexpected(machine, f"{expected} is expected here, not `{machine.token.text}`", machine.token)


def _unexpected(machine: Machine, message: str, token: Token, help: str | None = None) -> Diagnostic:
    return Diagnostic("unexpected", message, machine.span(token), help=help)


def _ending(machine: Machine) -> str:
    return ", and the line ends" if machine.token.first else ", and the statement ends"


# ----------------------------------------------------------------------- likely misconceptions


def _infix(machine: Machine, kind: str) -> Diagnostic | None:
    """`x + y` or `x == y` between tensors; `Block * n + 1`, a count without its parentheses."""
    if not machine.accepts("_ARROW") or (kind not in _MERGES and kind not in COMPARISONS):
        return None
    token = machine.token
    values = machine.values
    star = next((i for i in range(len(values) - 1, max(len(values) - 4, 0), -1) if _is(values[i], "STAR")), None)
    if star is not None:
        count = machine.source.text[values[star].end : token.start].strip()
        help = f"write `* ({count} {token.text} …)`"
        return _unexpected(machine, "a count that is computed stands in parentheses", token, help)
    message = f"`{token.text}` is for numbers, and here stand tensors"
    if kind in _MERGES:
        help = f"as `[{_operands(machine)}] -> {_MERGES[kind]}`"
    elif _asks(machine):
        message, help = f"`{token.text}` compares numbers, and here stand items", "a choice is `A if condition else B`"
    else:
        help = "a constant is written `name = value`"
    return Diagnostic("infix-on-tensors", message, machine.span(token), help=help)


def _operands(machine: Machine) -> str:
    """`x, y` of `x + y`, if that is all there is on both sides."""
    tokens, at = machine.lexed.tokens, machine.at
    alone = machine.brackets[-1].statement == at - 1 if machine.brackets[-1].kind == "LBRACE" else False
    if alone and machine.previous == "NAME" and tokens[at + 1].kind == "NAME" and tokens[at + 2].kind == "_ARROW":
        return f"{tokens[at - 1].text}, {tokens[at + 1].text}"
    return "a, b"


def _asks(machine: Machine) -> bool:
    """`c > 3 ? A : B`."""
    tokens, number = machine.lexed.tokens, machine.at + 1
    while not tokens[number].first and tokens[number].kind != "OPTIONAL":
        number += 1
    return tokens[number].kind == "OPTIONAL"


_MERGES = {"PLUS": "Add", "MINUS": "Sub", "STAR": "Mul", "SLASH": "Div", "POWER": "Pow", "PERCENT": "Remainder"}


def _comparison(machine: Machine, kind: str) -> Diagnostic | None:
    """`a < b < c`."""
    if kind not in COMPARISONS or not machine.accepts("AND"):
        return None
    help = "as `a < b and b < c`"
    return Diagnostic("chained-comparison", "comparisons don't chain", machine.span(machine.token), help=help)


def _chain_as_value(machine: Machine, kind: str) -> Diagnostic | None:
    """`h = Conv(3) -> ReLU`."""
    tokens = machine.lexed.tokens
    start = machine.brackets[-1].statement
    if kind != "_ARROW" or machine.brackets[-1].kind != "LBRACE" or tokens[min(start + 1, machine.at)].kind != "EQUAL":
        return None
    return _named_chain(machine, start)


def _dims_as_value(machine: Machine, kind: str) -> Diagnostic | None:
    """`x = In[B, 3]`."""
    tokens, brackets = machine.lexed.tokens, machine.brackets
    if len(brackets) < 2 or brackets[-1].kind != "LSQB" or brackets[-2].kind != "LBRACE":
        return None
    start = brackets[-2].statement
    written = [token.kind for token in tokens[start + 1 : start + 4]]
    return _named_chain(machine, start) if written == ["EQUAL", "TYPE", "LSQB"] else None


def _named_chain(machine: Machine, start: int) -> Diagnostic:
    tokens = machine.lexed.tokens
    name = tokens[start].text
    help = f"a tensor gets its name at the end, `… -> {name}`; a node in front of its type, `{name}:Type`"
    return _unexpected(machine, f"`{name} =` gives a name to a value, and here stands a chain", tokens[start + 1], help)


def _dotted_path(machine: Machine, kind: str) -> Diagnostic | None:
    """`enc.act -> …`."""
    tokens = machine.lexed.tokens
    if kind == "DOT" and machine.previous == "TYPE" and machine.accepts("_ARROW"):
        help = "a layer has the name of its class, `ReLU`; the name of an imported file starts with a small letter"
        return _unexpected(machine, "nothing is reached by `.` from a type", machine.token, help)
    if (
        machine.previous != "NAME"
        or machine.at < 2
        or tokens[machine.at - 2].kind != "DOT"
        or not machine.accepts("DOT")
    ):
        return None
    if machine.accepts("PLUS"):
        return None
    first, second = tokens[machine.at - 3], machine.last
    if first.text == "self":
        words = Token("NAME", "", first.start, second.end)
        help = f"write `{second.text}`: a node is declared where it stands, `{second.text}:Type`"
        if kind == "EQUAL":
            help = f"as `{second.text}:Type`: a node has its id before its type"
        return Diagnostic("foreign-spelling", "`self` is no word of this language", machine.span(words), help=help)
    help = f"write `/`: `{first.text}/{second.text}`"
    return _unexpected(machine, "`.` reaches into an imported file, not into a node", tokens[machine.at - 2], help)


def _id_of_name(machine: Machine, kind: str) -> Diagnostic | None:
    """`a:b`, `a:b:Conv`."""
    before = machine.top(2)
    if machine.previous != "NAME" or not isinstance(before, tree.Id):
        return None
    if kind == "COLON":
        return _unexpected(machine, "a node has one id", machine.last, "leave one of the two out")
    name = machine.last.text
    help = f"`{before.name}:{name}()` applies the node `{name}` once more"
    return _unexpected(
        machine, f"an id stands before a type, brackets or a call, and `{name}` is a name", machine.last, help
    )


def _no_condition(machine: Machine, kind: str) -> Diagnostic | None:
    """`if { … }`."""
    word = machine.top(2)
    if not isinstance(word, Token) or word.kind != "IF" or not isinstance(machine.top(), tree.BlockValue):
        return None
    return _unexpected(machine, "this `if` has no condition", word)


def _targets(machine: Machine, kind: str) -> Diagnostic | None:
    """`for i, j in …`."""
    if kind != "COMMA" or machine.previous not in ("NAME", "TYPE") or not _is(machine.top(2), "FOR"):
        return None
    help = f"write `for ({machine.last.text}, …) in …`"
    return _unexpected(machine, "several loop variables stand in parentheses", machine.last, help)


def _is(value: object, kind: str) -> bool:
    return isinstance(value, Token) and value.kind == kind


# ------------------------------------------------------------------------- what was expected


def _expected(machine: Machine, kind: str) -> str:
    """The parts that could stand here, in the words of the language."""
    accepts = machine.accepts
    innermost = machine.brackets[-1].kind
    closer = {"LPAR": "`)`", "LSQB": "`]`", "LBRACE": "the end of the statement"}[innermost]
    match machine.previous:
        case "_ARROW":
            return "an item (a type, a name, a list, `(` or `{`)"
        case "COLON" if accepts("LSQB") and not accepts("STRING"):
            return "an item (a type, a list, `(`, `{` or a call)"
        case "STAR" if not accepts("STRING"):
            return "a count (a whole number, a name, or a value in parentheses)"
        case "AT":
            return "the name of a presentation, as `@label`,"
        case "PLUS" if not accepts("INT"):
            return "the name of a definition"
        case "SLASH" if not accepts("STRING"):
            return "a name or a number"
        case previous if previous in OPERATORS:
            return "a value"
    if accepts("LBRACE") and machine.in_head():
        return "`{` or `=`"
    if accepts("ELSE") and not accepts("_SEP") and not accepts("_ARROW"):
        return "`else`"
    if accepts("_ARROW"):
        return f"`,`, `->` or {closer}" if accepts("COMMA") else f"`->` or {closer}"
    if accepts("STRING"):
        return "a value" if accepts("INT") else "a file's name in quotes, or a library,"
    if accepts("PLUS") and not accepts("AT"):
        return (
            "`{`" if innermost == "LBRACE" and accepts("LBRACE") else f"`,` or {closer}" if accepts("COMMA") else closer
        )
    if accepts("LSQB"):
        return "an item" if innermost != "LBRACE" else "a statement"
    for terminal, words in _WORDS:
        if accepts(terminal):
            return words
    return f"`,` or {closer}" if accepts("COMMA") else closer


_WORDS = (
    ("NAME", "a name"),
    ("TYPE", "a type"),
    ("IN", "`in`"),
    ("IMPORT", "`import`"),
    ("LBRACE", "`{`"),
    ("LPAR", "`(`"),
)
