"""Spellings of other languages: Python first of all, and what it has from others."""

from __future__ import annotations

from moniel2.syntax.machine import Machine
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import OPENER_OF, OPENERS, VALUES, Token


def foreign_word(machine: Machine, kind: str) -> bool | None:
    """`def Name`, `let x`, `return x`, `elif`: a word of another language, before what it would introduce."""
    word = machine.last
    if machine.previous != "NAME" or word.text not in _FOREIGN or kind not in VALUES:
        return None
    if machine.at - 1 != machine.brackets[-1].statement or machine.top() is not word:
        return None
    introduces, mend = _FOREIGN[word.text]
    head = _head(machine, machine.at)
    if word.text in _AMBIGUOUS and not (kind == "TYPE" and machine.lexed.tokens[head].kind in ("COLON", "LBRACE")):
        return None
    if introduces == "+":
        return _define(machine, word, head)
    if introduces == "graph":
        if machine.token.text.upper() not in _DIRECTIONS:
            return None
        machine.report("foreign-spelling", "this is Mermaid, and it is drawn as it is by others", word, help=mend)
        return _pass_over(machine, len(machine.lexed.tokens) - 1)
    machine.report("foreign-spelling", f"`{word.text}` is no word of this language", word, help=mend)
    if introduces == "":
        return _pass_over(machine, _below(machine, head)) if _opens(machine, head) else False
    machine.back_to(len(machine.states) - 1)
    machine.previous = ""
    return True


_DEFINES = ("+", "")
_SETS = ("=", "a constant is written `name = value`")
_LOOP = ("", "a series of blocks is written `Block * 4`, or `Block(i) for i in 0..4`")
_FOREIGN = {
    "def": _DEFINES,
    "class": _DEFINES,
    "fn": _DEFINES,
    "func": _DEFINES,
    "fun": _DEFINES,
    "function": _DEFINES,
    "define": _DEFINES,
    "struct": _DEFINES,
    "module": _DEFINES,
    "block": _DEFINES,
    "layer": _DEFINES,
    "model": _DEFINES,
    "network": _DEFINES,
    "let": _SETS,
    "var": _SETS,
    "const": _SETS,
    "return": ("", "what a block gives back goes into an `Out`: `x -> Out`"),
    "elif": ("", "write `else if`"),
    "elseif": ("", "write `else if`"),
    "while": _LOOP,
    "with": ("", "a program says what is connected, not what is done"),
    "graph": ("graph", "a network is written `x:In[B, 3] -> Linear(8) -> Out`"),
    "flowchart": ("graph", "a network is written `x:In[B, 3] -> Linear(8) -> Out`"),
}
_AMBIGUOUS = frozenset(["module", "block", "layer", "model", "network"])
"""Names that a wire has as well: they define only before a type and what looks like a body."""
_DIRECTIONS = frozenset(["TD", "TB", "BT", "LR", "RL"])


def _define(machine: Machine, word: Token, head: int) -> bool:
    """`def Block(C) { … }` is read as a definition; of Python's classes and methods only the name is kept."""
    name = machine.token
    capital = name.text[0].upper() + name.text[1:]
    both = Token("TYPE", "", word.start, name.end)
    parameters = machine.lexed.tokens[machine.at + 1 : head]
    python = _opens(machine, head) and any(t.text in ("self", "nn", "torch") or t.kind == "DOT" for t in parameters)
    if _opens(machine, head):
        help = f"as `+{capital}(parameters) {{ … }}`: a definition begins with `+`, and its body stands in braces"
    else:
        help = f"write `+{capital}`: a definition begins with `+`"
    machine.report("foreign-spelling", f"`{word.text}` is no word of this language", both, help=help)
    machine.back_to(len(machine.states) - 1)
    machine.feed("PLUS", Token("PLUS", "+", word.start, word.end))
    machine.feed("TYPE", name)
    machine.at += 1
    if python:
        machine.lose(word.start)
        machine.at = _below(machine, head)
    return True


def _head(machine: Machine, start: int) -> int:
    """The number of the last token of a line that begins something: a `:` or `{` at its end."""
    tokens, depth = machine.lexed.tokens, 0
    for number in range(start, len(tokens)):
        token = tokens[number]
        if number > start and token.first and depth == 0:
            return number - 1
        if depth == 0 and token.kind == "LBRACE":
            return number
        depth += token.kind in OPENERS
        depth -= token.kind in OPENER_OF
    return len(tokens) - 1


def _opens(machine: Machine, head: int) -> bool:
    """Whether a line ends in a colon, as those do in Python that have something below them."""
    tokens = machine.lexed.tokens
    return tokens[head].kind == "COLON" and tokens[min(head + 1, len(tokens) - 1)].first


def _below(machine: Machine, head: int) -> int:
    """The number of the first token that stands no further right than the statement under way."""
    tokens = machine.lexed.tokens
    edge = machine.indentation(tokens[machine.brackets[-1].statement])
    number = head + 1
    while tokens[number].kind != END and not (tokens[number].first and machine.indentation(tokens[number]) <= edge):
        number += 1
    return number


def _pass_over(machine: Machine, number: int) -> bool:
    """Give the statement up, and all before a token."""
    machine.at = number
    return False


def colon_block(machine: Machine, kind: str) -> bool | None:
    """`if c:`, `else:`, `+Block(C):` and lines below that are indented: braces as Python leaves them out."""
    body, tokens = machine.brackets[-1], machine.lexed.tokens
    if kind != "COLON" or body.kind != "LBRACE" or not machine.accepts("LBRACE") or not _opens(machine, machine.at):
        return None
    start, colon = tokens[min(body.statement, machine.at)], machine.token
    if machine.previous != "ELSE" and start.text not in _FOREIGN:
        message = "what belongs to this stands in braces"
        machine.report("foreign-spelling", message, colon, help="as `{` here, and `}` below the last line")
    edge = machine.indentation(start)
    machine.feed("LBRACE", Token("LBRACE", "{", colon.start, colon.end))
    machine.at += 1
    machine.brackets[-1].until = edge
    return True


def loop_below(machine: Machine) -> int | None:
    """Where a loop of Python ends, `for i in range(4):` and what is indented below it; None if none stands here."""
    head = _head(machine, machine.at)
    return _below(machine, head) if _opens(machine, head) else None


def annotation(machine: Machine, kind: str) -> bool | None:
    """`+Block(C: int = 64)`: the type of a parameter."""
    tokens, opened = machine.lexed.tokens, machine.brackets[-1]
    if kind != "COLON" or opened.kind != "LPAR" or machine.previous not in ("NAME", "TYPE"):
        return None
    statement = next(b for b in reversed(machine.brackets) if b.kind == "LBRACE").statement
    if tokens[statement].kind != "PLUS" and tokens[statement].text not in _FOREIGN:
        return None
    stop = machine.at + 1
    while tokens[stop].kind in ("NAME", "TYPE", "DOT"):
        stop += 1
    if stop == machine.at + 1 or tokens[stop].kind not in ("EQUAL", "COMMA", "RPAR") or not machine.accepts("EQUAL"):
        return None
    words = Token("NAME", "", machine.token.start, tokens[stop - 1].end)
    if machine.source.text[words.start : words.end].lstrip(": ") not in _TYPES:
        return None
    message = "a parameter has no type: what is given to it has"
    machine.report("foreign-spelling", message, words, help=f"as `{machine.last.text}` alone")
    machine.at = stop
    return True


_TYPES = frozenset(["int", "float", "str", "bool", "list", "tuple", "nn.Module"])


def defined_by_arrow(machine: Machine, kind: str) -> bool | None:
    """`+Block(C) -> { … }`, `+Head -> Linear(10)`."""
    if kind != "_ARROW" or not machine.accepts("EQUAL") or not machine.accepts("LBRACE"):
        return None
    start = machine.lexed.tokens[machine.brackets[-1].statement]
    if machine.brackets[-1].kind != "LBRACE" or start.kind != "PLUS":
        return None
    message = "no arrow leads from a definition's name to its body"
    if machine.following == "LBRACE":
        machine.report("unexpected", message, machine.token, help="leave the arrow out")
        machine.at += 1
        return True
    machine.report("unexpected", message, machine.token, help="write `=`")
    machine.feed("EQUAL", machine.token)
    machine.at += 1
    return True


def repeat_word(machine: Machine, kind: str) -> bool | None:
    """`repeat(3) { … }`: the number of copies before what is copied."""
    tokens = machine.lexed.tokens
    if kind != "_SEP" and kind != "LBRACE":
        return None
    if machine.token.kind != "LBRACE" or machine.previous != "RPAR" or machine.at < 4:
        return None
    word, opener, number, closer = tokens[machine.at - 4 : machine.at]
    if word.text not in _REPEATS or opener.kind != "LPAR" or number.kind not in ("INT", "NAME", "TYPE"):
        return None
    depth, last = 0, machine.at
    while last < len(tokens):
        depth += tokens[last].kind == "LBRACE"
        depth -= tokens[last].kind == "RBRACE"
        if depth == 0:
            break
        last += 1
    if depth:
        return None
    words = Token("NAME", "", word.start, closer.end)
    machine.report(
        "foreign-spelling",
        "the number of copies stands behind what is copied",
        words,
        help=f"as `{{ … }} * {number.text}`",
    )
    braces = tokens[machine.at : last + 1]
    braces[0].first = word.first
    star = Token("STAR", "*", number.start, number.start)
    return machine.read_again(machine.at - 4, last + 1, *braces, star, number)


_REPEATS = frozenset(["repeat", "Repeat", "times", "loop", "stack"])


def no_plus(machine: Machine, kind: str) -> bool | None:
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
