"""Constants, docstrings and comments as Python text that nothing in the source can break out of."""

from __future__ import annotations

import math
import re
from itertools import pairwise

from moniel2.backends.torch.python import (
    WIDTH,
    Atom,
    Call,
    Comprehension,
    Expr,
    Operator,
    Prefix,
    Sequence,
    fits,
    width,
)
from moniel2.backends.torch.tree import Class, Open, Scalar, Unwritable


def literal(value: Scalar) -> Expr:
    """A constant as an expression."""
    match value:
        case None | bool():
            return Atom(repr(value))
        case int() | float():
            return number(value)
        case str():
            return string(value)
        case Class(name):
            return Atom(name)
        case tuple():
            return Sequence("(", tuple(map(literal, value)))
    raise Unwritable(f"{value} is no constant", value.size.symbols() if isinstance(value, Open) else frozenset())


def listing(values: tuple[Scalar, ...]) -> Expr:
    """A sequence of constants to go through; a long one as the rule behind it, if it has one that a reader knows."""
    whole = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
    if len(values) < LONG or len(whole) < len(values):
        return literal(values)
    period = next(p for p in range(1, len(whole) + 1) if len(whole) % p == 0 and whole == whole[:p] * (len(whole) // p))
    again = len(whole) // period
    once = _ruled(whole[:period])
    if again == 1:
        return once or literal(values)
    if once is None or isinstance(once, Call):
        once = Sequence("[", tuple(map(number, whole[:period])))
    return Operator("*", (number(again), once))


def ruled(values: tuple[Scalar, ...]) -> bool:
    """Whether ``listing`` writes a rule for it, which is no tuple then."""
    return not any(isinstance(v, Open) for v in values) and not isinstance(listing(values), Sequence)


LONG = 6


def _ruled(values: list[int]) -> Expr | None:
    """``range(64, 256, 32)``, ``[2**i for i in range(10)]``."""
    if len(values) < LONG - 1:
        return None
    first, step = values[0], values[1] - values[0]
    if step > 0 and all(b - a == step for a, b in pairwise(values)):
        bounds = (first, values[-1] + step, step) if step > 1 else (first, values[-1] + 1)[first == 0 :]
        return Call(Atom("range"), tuple(map(number, bounds)))
    if values == [2**i for i in range(len(values))]:
        power = Operator("**", (number(2), Atom("i")))
        return Comprehension("[", power, "i", Call(Atom("range"), (number(len(values)),)))
    return None


def number(value: int | float) -> Expr:
    """A number as Python writes it; ``1e-5`` without the idle zero."""
    if isinstance(value, float):
        known = _known(value)
        if known is not None:
            return known
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


def _known(value: float) -> Expr | None:
    """``96**-0.5``, ``math.sqrt(512)``, ``math.log(16)``, ``1 / 3``: what a long number stands for."""
    if not math.isfinite(value) or len(repr(abs(value))) < LONG_NUMBER:
        return None
    if value < 0:
        positive = _known(-value)
        return None if positive is None else Prefix("-", positive)
    squared, exponential = round(value * value), round(math.exp(min(value, 12)))
    if 2 <= squared <= 2**20 and math.sqrt(squared) == value:
        return Call(Atom("math.sqrt"), (number(squared),))
    whole = round(1 / value)
    if 2 <= whole <= 2**20 and 1 / whole == value:
        return Operator("/", (number(1), number(whole)))
    inverse = round(1 / (value * value))
    if 2 <= inverse <= 2**20 and inverse**-0.5 == value:
        return Operator("**", (number(inverse), number(-0.5)))
    if 2 <= exponential <= 2**16 and math.log(exponential) == value:
        return Call(Atom("math.log"), (number(exponential),))
    for bottom in (3, 6, 7, 9, 11, 12):
        top = round(value * bottom)
        if top and top / bottom == value:
            return Operator("/", (number(top), number(bottom)))
    return None


def is_long(value: float) -> bool:
    """Whether a number is one of many digits that stands for nothing that everybody knows."""
    return math.isfinite(value) and len(repr(abs(value))) >= LONG_NUMBER and _known(value) is None


LONG_NUMBER = 14


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
