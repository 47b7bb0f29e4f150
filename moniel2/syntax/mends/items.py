"""Items that are written as in a sketch or in mathematics: `(a, b)`, `28 x 28`, `Conv 3x3`, `3 x Block`."""

from __future__ import annotations

from moniel2.syntax import tree
from moniel2.syntax.machine import Machine
from moniel2.syntax.mends.brackets import FAR
from moniel2.syntax.tokens import OPENER_OF, OPENERS, Token

_LITERALS = frozenset(["INT", "FLOAT", "SHAPE", "STRING"])


def round_list(machine: Machine, kind: str) -> bool | None:
    """`(a, b) -> Add`: tensors side by side, in round brackets."""
    opened = machine.brackets[-1]
    if kind != "COMMA" or opened.kind != "LPAR" or not machine.accepts("_ARROW"):
        return None
    tokens = machine.lexed.tokens
    first = next(i for i in range(machine.at, -1, -1) if tokens[i] is opened.token)
    last = _closing(machine, machine.at)
    if last is None:
        return None
    whole = Token(
        "LSQB", machine.source.text[opened.token.start : tokens[last].end], opened.token.start, tokens[last].end
    )
    machine.report(
        "unexpected", "tensors side by side stand in square brackets", whole, help=f"write `[{whole.text[1:-1]}]`"
    )
    inside = tokens[first + 1 : last]
    left, right = opened.token, tokens[last]
    return machine.read_again(
        first,
        last + 1,
        Token("LSQB", "[", left.start, left.end, left.first),
        *inside,
        Token("RSQB", "]", right.start, right.end, right.first),
    )


def _closing(machine: Machine, start: int) -> int | None:
    """The number of the token that closes the innermost bracket, counted from inside it."""
    depth = 1
    tokens = machine.lexed.tokens
    for number in range(start, min(start + FAR, len(tokens))):
        depth += tokens[number].kind in OPENERS
        depth -= tokens[number].kind in OPENER_OF
        if depth == 0:
            return number if tokens[number].kind == "RPAR" else None
    return None


def spaced_sizes(machine: Machine, kind: str) -> bool | None:
    """`28 x 28`: one word where a value stands, two sizes where a shape does."""
    tokens, start = machine.lexed.tokens, machine.at - 1
    if not _is_times(machine.token) or machine.previous != "INT" or machine.following != "INT":
        return None
    stop = start + 1
    while _is_times(tokens[stop]) and tokens[stop + 1].kind == "INT":
        stop += 2
    numbers = tokens[start:stop:2]
    joint = Token("SHAPE", "", numbers[0].start, numbers[-1].end, numbers[0].first)
    if machine.accepts("COMMA") and machine.brackets[-1].kind == "LSQB" and machine.accepts("RSQB"):
        listing = ", ".join(number.text for number in numbers)
        machine.report("unexpected", "the sizes of a shape stand apart, with commas", joint, help=f"write `{listing}`")
        commas = [Token("COMMA", ",", between.start, between.end) for between in tokens[start + 1 : stop : 2]]
        apart = [part for pair in zip(numbers, [*commas, numbers[-1]], strict=True) for part in pair][:-1]
        return machine.read_again(start, stop, *apart)
    if not machine.accepts("COMMA"):
        return None
    joint.text = "x".join(number.text for number in numbers)
    message = "sizes that are one value have no spaces between them"
    product = " * ".join(number.text for number in numbers)
    machine.report("unexpected", message, joint, help=f"as `{joint.text}`; a product is `{product}`")
    return machine.read_again(start, stop, joint)


def _is_times(token: Token) -> bool:
    return token.kind in ("NAME", "TYPE") and token.text in ("x", "X")


def times(machine: Machine, kind: str) -> bool | None:
    """`Block x 3`, `Block x3`, `Block ** 3`, `Block^3`: copies in series."""
    token = machine.token
    if machine.previous not in ("TYPE", "RPAR", "RBRACE", "RSQB") or not machine.accepts("STAR", "INT"):
        return None
    if _is_times(token) and machine.following == "INT" and not token.first:
        machine.report("foreign-spelling", "copies in series are written with `*`", token, help="write `*`")
        return machine.read_again(machine.at, machine.at + 1, _as(token, "STAR", "*"))
    if kind == "NAME" and token.text[0] == "x" and token.text[1:].isdecimal() and not token.first:
        count = token.text[1:]
        machine.report("foreign-spelling", "copies in series are written with `*`", token, help=f"write `* {count}`")
        number = Token("INT", count, token.start + 1, token.end)
        star = Token("STAR", "*", token.start, token.start + 1)
        return machine.read_again(machine.at, machine.at + 1, star, number)
    if kind == "POWER" and machine.following in ("INT", "NAME", "LPAR"):
        if token.text == "**":
            machine.report("unexpected", "copies in series are written with `*`", token, help="write `*`")
        return machine.read_again(machine.at, machine.at + 1, _as(token, "STAR", "*"))
    return None


def _as(token: Token, kind: str, text: str) -> Token:
    return Token(kind, text, token.start, token.end, token.first)


def count_first(machine: Machine, kind: str) -> bool | None:
    """`3 x Linear(8)`: how many, before what."""
    if not _is_times(machine.token) or machine.previous != "INT" or machine.following not in ("TYPE", "LPAR", "LBRACE"):
        return None
    if machine.token.first or not machine.accepts("_ARROW"):
        return None
    number = machine.last
    both = Token("INT", "", number.start, machine.token.end)
    item = machine.lexed.tokens[machine.at + 1]
    what = item.text if item.kind == "TYPE" else f"{item.text}…"
    machine.report(
        "foreign-spelling",
        "the number of copies stands behind what is copied",
        both,
        help=f"as `{what} * {number.text}`",
    )
    return False


def bare_arguments(machine: Machine, kind: str) -> bool | None:
    """`Conv 3x3, 64 -> …`: arguments without their parentheses. The item is read without them."""
    if machine.previous != "TYPE" or kind not in _LITERALS or machine.token.first:
        return None
    if not (
        machine.accepts("_ARROW") and machine.accepts("LPAR") and isinstance(machine.top(), (Token, tree.TypeName))
    ):
        return None
    tokens, stop = machine.lexed.tokens, machine.at + 1
    in_list = machine.brackets[-1].kind == "LSQB"
    while not in_list and tokens[stop].kind == "COMMA" and tokens[stop + 1].kind in _LITERALS:
        stop += 2
    if tokens[stop].kind in ("COLON", "LPAR", "STAR", "PLUS"):
        return None
    text = machine.source.text[machine.token.start : tokens[stop - 1].end]
    words = Token("INT", text, machine.token.start, tokens[stop - 1].end)
    help = f"write `({text})`" if kind == "INT" and stop == machine.at + 1 else f"as {machine.last.text}(…)"
    machine.report("unexpected", f"the arguments of {machine.last.text} stand in parentheses", words, help=help)
    machine.at = stop
    return True


def any_size(machine: Machine, kind: str) -> bool | None:
    """`In[?, 3]`, `In[*, 3]`: a size that is left open."""
    if kind not in ("OPTIONAL", "STAR") or machine.brackets[-1].kind != "LSQB":
        return None
    if machine.previous not in ("LSQB", "COMMA") or machine.following not in ("COMMA", "RSQB"):
        return None
    if not machine.accepts("_ELLIPSIS"):
        return None
    message = f"`{machine.token.text}` is no size: one that is open has a name, as `B`, or is `_`"
    machine.report("foreign-spelling", message, machine.token, help="write `_`")
    return machine.read_again(machine.at, machine.at + 1, _as(machine.token, "NAME", "_"))
