"""Python expressions as data, and their one layout: what ``ruff format`` would leave as it is (88 columns).

The rule is simple because a trailing comma is respected: what fits on the line stays on it, what does not is
exploded with one item a line and a comma after the last.
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
    """Operands with the parentheses they need: comparisons don't chain, powers bind to the right, the rest left."""
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
            needs = own < level or (same and i > 0)
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
    if (
        len(call.args) == 1
        and isinstance(call.args[0], Comprehension)
        and call.args[0].open == "("
        and not any(call.keys)
    ):
        return [flat(call.args[0])[1:-1]]
    keys = call.keys or ("",) * len(call.args)
    return [f"{k}={flat(a)}" if k else flat(a) for k, a in zip(keys, call.args, strict=True)]


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
        case Call() if expr.args:
            return _exploded(f"{prefix}{_primary(expr.target)}(", _items(expr), f"){suffix}", indent)
        case Sequence() if expr.items:
            items = [("", i) for i in expr.items]
            return _exploded(f"{prefix}{expr.open}", items, f"{_CLOSE[expr.open]}{suffix}", indent)
        case Dictionary() if expr.items:
            pairs = [(f"{flat(k)}: ", v) for k, v in expr.items]
            return _exploded(f"{prefix}{{", pairs, f"}}{suffix}", indent)
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


def _exploded(opening: str, items: Iterable[tuple[str, Expr]], closing: str, indent: str) -> list[str]:
    lines = [indent + opening]
    deeper = indent + STEP
    for key, item in items:
        # A comma may not follow a lone generator, nor need it.
        lines += _lay(key, item, ",", deeper)
    return [*lines, indent + closing]


def _comprehension(prefix: str, expr: Comprehension, suffix: str, indent: str) -> list[str]:
    deeper = indent + STEP
    lines = [f"{indent}{prefix}{expr.open}"]
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
    return [f"{indent}{prefix}(", *(f"{deeper}{p}," for p in parameters), f"{indent}){suffix}"]


# ------------------------------------------------------------------------------------ literals


def number(value: int | float) -> Expr:
    """A number as Python writes it; ``1e-5`` without the idle zero."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            return Call(Atom("float"), (string(str(value)),))
        text = _short(repr(value))
        scientific = _short(f"{value:.16e}")
        mantissa, _, power = scientific.partition("e")
        short = f"{mantissa.rstrip('0').rstrip('.')}e{power}"
        text = short if len(short) < len(text) - 2 and float(short) == value else text
    else:
        text = repr(value)
    if text.startswith("-"):
        return Prefix("-", Atom(text[1:]))
    return Atom(text)


def _short(text: str) -> str:
    return re.sub(r"e([+-])0+(?=\d)", r"e\1", text).replace("e+", "e")


def string(text: str) -> Atom:
    """A string literal that no text can leave: everything unprintable is escaped."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    escaped = "".join(_escape(c, quote) for c in text)
    return Atom(f"{quote}{escaped}{quote}")


def _escape(c: str, quote: str) -> str:
    if c in ("\\", quote):
        return "\\" + c
    if c.isprintable():
        return c
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return known.get(c) or c.encode("unicode_escape").decode("ascii")


def docstring(text: str, indent: str, wrap: int = WIDTH) -> list[str]:
    """A docstring of the text's lines, each paragraph filled."""
    paragraphs = _paragraphs(text, wrap - width(indent))
    if not paragraphs:
        return []
    if len(paragraphs) == 1 and not fits(f'{indent}"""{paragraphs[0]}"""'):
        paragraphs = _paragraphs(text, wrap - width(indent) - 3)
    body = [_quoted(line) for line in paragraphs]
    if len(body) == 1 and fits(f'{indent}"""{body[0]}"""') and not body[0].endswith('"'):
        return [f'{indent}"""{_led(body[0])}"""']
    lines = [f'{indent}"""{_led(body[0])}', *(f"{indent}{line}" if line else "" for line in body[1:])]
    return [*lines, f'{indent}"""']


def _led(line: str) -> str:
    # A quote right behind the opening ones gets a space between, as formatters want it.
    return f" {line}" if line.startswith('"') else line


def _quoted(line: str) -> str:
    line = "".join(c if c == "\\" or c.isprintable() else " " for c in line).replace("\\", "\\\\")
    return line.replace('"""', '\\"\\"\\"').rstrip()


def _paragraphs(text: str, columns: int) -> list[str]:
    lines: list[str] = []
    for paragraph in re.split(r"\n[ \t]*\n", text.strip()):
        lines += [*_filled(paragraph.split(), columns - (0 if lines else 3)), ""]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _filled(words: list[str], columns: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if line and width(longer) > columns:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def comment(text: str) -> str:
    """Text for behind ``#``: nothing in it ends the line."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
