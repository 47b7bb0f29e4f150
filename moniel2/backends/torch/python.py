"""Python expressions as data, and their one layout: what ``ruff format`` would leave as it is (88 columns).

What fits on the line stays on it; else what stands in the brackets gets a line of its own; else each item does, with a
comma after the last.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 88
STEP = "    "


@dataclass(frozen=True, slots=True)
class Atom:
    """Text that is never broken: a name, a number, ``x.shape[0]``. ``binding`` as for operators below."""

    text: str
    binding: int = 100


@dataclass(frozen=True, slots=True)
class Call:
    """``target(*args, **kwargs)``; keywords beside their values, "" for positional ones."""

    target: Expr
    args: tuple[Expr, ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """``value.name``."""

    value: Expr
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """``value[items]``."""

    value: Expr
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """``start:stop:step`` inside an index."""

    start: Expr | None
    stop: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True)
class Sequence:
    """``(a, b)`` or ``[a, b]``."""

    open: str
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """``{key: value}``."""

    items: tuple[tuple[Expr, Expr], ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """``a + b + c``; ``symbol`` may be a word (``and``)."""

    symbol: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """``-x``, ``not x``, ``*x``."""

    symbol: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Conditional:
    """``then if condition else otherwise``."""

    then: Expr
    condition: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Comprehension:
    """``(item for target in iterable)``; ``open`` is "(" or "["."""

    open: str
    item: Expr
    target: str
    iterable: Expr


Expr = Atom | Call | Attribute | Index | Slice | Sequence | Dictionary | Operator | Prefix | Conditional | Comprehension

_CLOSE = {"(": ")", "[": "]"}
_BINDING = {
    "or": 1,
    "and": 2,
    "not ": 3,
    "==": 4,
    "!=": 4,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "is": 4,
    "is not": 4,
    "in": 4,
    "not in": 4,
    "|": 5,
    "^": 6,
    "&": 7,
    "<<": 8,
    ">>": 8,
    "+": 9,
    "-": 9,
    "*": 10,
    "/": 10,
    "//": 10,
    "%": 10,
    "@": 10,
    "**": 12,
}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_PREFIX = {"-": 11, "~": 11, "+": 11, "not ": 3, "*": 0}


def name(text: str) -> Atom:
    return Atom(text)


def binding(expr: Expr) -> int:
    match expr:
        case Atom():
            return expr.binding
        case Operator():
            return _BINDING[expr.symbol]
        case Prefix():
            return _PREFIX[expr.symbol]
        case Conditional():
            return 0
    return 100


def flat(expr: Expr) -> str:
    """The expression on one line."""
    match expr:
        case Atom():
            return expr.text
        case Call():
            return f"{_primary(expr.target)}({', '.join(_arguments(expr))})"
        case Attribute():
            return f"{_primary(expr.value)}.{expr.name}"
        case Index():
            return f"{_primary(expr.value)}[{', '.join(map(flat, expr.items))}]"
        case Slice():
            return _slice(expr)
        case Sequence():
            comma = "," if expr.open == "(" and len(expr.items) == 1 else ""
            return f"{expr.open}{', '.join(map(flat, expr.items))}{comma}{_CLOSE[expr.open]}"
        case Dictionary():
            return "{" + ", ".join(f"{flat(k)}: {flat(v)}" for k, v in expr.items) + "}"
        case Operator():
            return _joined(expr)
        case Prefix():
            inner = flat(expr.operand)
            return expr.symbol + (f"({inner})" if binding(expr.operand) < _PREFIX[expr.symbol] else inner)
        case Conditional():
            parts = (_above(expr.then, 0), _above(expr.condition, 0), flat(expr.otherwise))
            return f"{parts[0]} if {parts[1]} else {parts[2]}"
        case Comprehension():
            inner = f"{flat(expr.item)} for {expr.target} in {_above(expr.iterable, 0)}"
            return f"{expr.open}{inner}{_CLOSE[expr.open]}"


def _joined(expr: Operator) -> str:
    return _spacing(expr).join(_operands(expr))


def _spacing(expr: Operator) -> str:
    # Powers of simple operands are written without spaces.
    if expr.symbol == "**" and all(_simple_power(o) for o in expr.operands):
        return "**"
    return f" {expr.symbol} "


def _simple_power(expr: Expr) -> bool:
    if isinstance(expr, Prefix):
        return expr.symbol == "-" and _simple_power(expr.operand)
    return isinstance(expr, Atom) and re.fullmatch(r"-?[\w.]+", expr.text) is not None


def _operands(expr: Operator) -> list[str]:
    """Operands with the parentheses they need: comparisons don't chain, powers bind to the right, the rest left.

    Where a whole quotient is multiplied, they show that it is rounded first.
    """
    level = _BINDING[expr.symbol]
    texts = []
    for i, operand in enumerate(expr.operands):
        own = binding(operand)
        last = i == len(expr.operands) - 1
        same = own == level
        if level == 12:
            needs = own <= level and not (last and own == 11)
        elif level == 4:
            needs = own <= level
        else:
            rounded = expr.symbol == "*" and isinstance(operand, Operator) and operand.symbol == "//"
            needs = own < level or (same and (i > 0 or rounded))
        texts.append(f"({flat(operand)})" if needs else flat(operand))
    return texts


def _above(expr: Expr, level: int) -> str:
    return f"({flat(expr)})" if binding(expr) <= level else flat(expr)


def _primary(expr: Expr) -> str:
    text = flat(expr)
    if binding(expr) < 100 or (isinstance(expr, Atom) and re.fullmatch(r"-?[\d.e+-]+", text)):
        return f"({text})"
    return text


def _slice(expr: Slice) -> str:
    parts = [p for p in (expr.start, expr.stop, expr.step) if p is not None]
    # Complex bounds get spaces around the colon.
    colon = ":" if all(_simple(p) for p in parts) else " : "
    start = flat(expr.start) if expr.start is not None else ""
    stop = flat(expr.stop) if expr.stop is not None else ""
    text = f"{start}{colon}{stop}" if colon == ":" else f"{start} :{' ' if stop else ''}{stop}".strip()
    if expr.step is not None:
        text += f"{colon}{flat(expr.step)}".rstrip()
    return text


def _simple(expr: Expr) -> bool:
    if isinstance(expr, Prefix):
        return expr.symbol == "-" and _simple(expr.operand)
    return (isinstance(expr, Atom) and expr.text.isalnum()) or (isinstance(expr, Atom) and expr.text.isidentifier())


def _arguments(call: Call) -> list[str]:
    lone = _lone_generator(call)
    if lone is not None:
        return [flat(lone)[1:-1]]
    keys = call.keys or ("",) * len(call.args)
    return [f"{k}={flat(a)}" if k else flat(a) for k, a in zip(keys, call.args, strict=True)]


def _lone_generator(call: Call) -> Comprehension | None:
    """A generator that is the only argument needs no parentheses of its own."""
    first = call.args[0] if len(call.args) == 1 and not any(call.keys) else None
    return first if isinstance(first, Comprehension) and first.open == "(" else None


# ------------------------------------------------------------------------------------ breaking


def width(text: str) -> int:
    """Columns of a text: wide East Asian characters take two."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fits(text: str) -> bool:
    return width(text) <= WIDTH


def statement(prefix: str, expr: Expr, indent: str, comment: str = "") -> list[str]:
    """``prefix`` and the expression (``x = …``, ``return …``), on one line or broken.

    The comment stands behind it if all fits on one line, above it otherwise.
    """
    line = f"{indent}{prefix}{flat(expr)}"
    if not comment:
        return [line] if fits(line) else _broken(prefix, expr, "", indent)
    if fits(f"{line}  # {comment}"):
        return [f"{line}  # {comment}"]
    body = [line] if fits(line) else _broken(prefix, expr, "", indent)
    return [f"{indent}# {comment}", *body]


def _lay(prefix: str, expr: Expr, suffix: str, indent: str) -> list[str]:
    line = f"{indent}{prefix}{flat(expr)}{suffix}"
    return [line] if fits(line) else _broken(prefix, expr, suffix, indent)


def _broken(prefix: str, expr: Expr, suffix: str, indent: str) -> list[str]:
    match expr:
        case Call() if (lone := _lone_generator(expr)) is not None:
            return _comprehension(f"{prefix}{_primary(expr.target)}", lone, suffix, indent)
        case Call() if expr.args:
            return _exploded(f"{prefix}{_primary(expr.target)}(", _items(expr), f"){suffix}", indent)
        case Sequence() if expr.items:
            items = [("", i) for i in expr.items]
            return _exploded(f"{prefix}{expr.open}", items, f"{_CLOSE[expr.open]}{suffix}", indent, False)
        case Dictionary() if expr.items:
            pairs = [(f"{flat(k)}: ", v) for k, v in expr.items]
            return _exploded(f"{prefix}{{", pairs, f"}}{suffix}", indent, False)
        case Comprehension():
            return _comprehension(prefix, expr, suffix, indent)
        case Index() if isinstance(expr.value, Call):
            return _broken(prefix, expr.value, f"[{', '.join(map(flat, expr.items))}]{suffix}", indent)
        case Index():
            return _exploded(f"{prefix}{_primary(expr.value)}[", [("", i) for i in expr.items], f"]{suffix}", indent)
        case Prefix() if expr.symbol == "*":
            return _broken(f"{prefix}*", expr.operand, suffix, indent)
        case Conditional() | Operator():
            return _parenthesized(prefix, expr, suffix, indent)
    return [f"{indent}{prefix}{flat(expr)}{suffix}"]


def _items(call: Call) -> list[tuple[str, Expr]]:
    keys = call.keys or ("",) * len(call.args)
    return [(f"{k}=" if k else "", a) for k, a in zip(keys, call.args, strict=True)]


def _exploded(
    opening: str, items: Iterable[tuple[str, Expr]], closing: str, indent: str, whole: bool = True
) -> list[str]:
    """``whole``: all items may share one line between the brackets. Those of a list or tuple never do."""
    items = list(items)
    deeper = indent + STEP
    within = f"{deeper}{', '.join(key + flat(item) for key, item in items)}"
    if fits(within) and (whole or len(items) == 1):
        return [indent + opening, within, indent + closing]
    lines = [indent + opening]
    for key, item in items:
        # A comma may not follow a lone generator, nor need it.
        lines += _lay(key, item, ",", deeper)
    return [*lines, indent + closing]


def _comprehension(prefix: str, expr: Comprehension, suffix: str, indent: str) -> list[str]:
    deeper = indent + STEP
    lines = [f"{indent}{prefix}{expr.open}"]
    within = f"{deeper}{flat(expr)[1:-1]}"
    if fits(within):
        return [*lines, within, f"{indent}{_CLOSE[expr.open]}{suffix}"]
    lines += _lay("", expr.item, "", deeper)
    lines += _lay(f"for {expr.target} in ", expr.iterable, "", deeper)
    return [*lines, f"{indent}{_CLOSE[expr.open]}{suffix}"]


def _parenthesized(prefix: str, expr: Conditional | Operator, suffix: str, indent: str) -> list[str]:
    deeper = indent + STEP
    inner = f"{deeper}{flat(expr)}"
    if fits(inner):
        lines = [inner]
    elif isinstance(expr, Conditional):
        lines = _lay("", expr.then, "", deeper)
        lines += _lay("if ", expr.condition, "", deeper)
        lines += _lay("else ", expr.otherwise, "", deeper)
    else:
        first, *rest = _operands(expr)
        lines = [f"{deeper}{first}", *(f"{deeper}{expr.symbol} {o}" for o in rest)]
    return [f"{indent}{prefix}(", *lines, f"{indent}){suffix}"]


def signature(prefix: str, parameters: list[str], suffix: str, indent: str) -> list[str]:
    """``def f(self, a: int) -> None:``, one parameter a line if it is too long."""
    line = f"{indent}{prefix}({', '.join(parameters)}){suffix}"
    if fits(line):
        return [line]
    deeper = indent + STEP
    within = f"{deeper}{', '.join(parameters)}"
    inner = [within] if fits(within) else [f"{deeper}{p}," for p in parameters]
    return [f"{indent}{prefix}(", *inner, f"{indent}){suffix}"]
