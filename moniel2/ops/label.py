"""What stands on an operation's box: its name with what defines it, and below what else was chosen.

A template is text with arguments in braces. Brackets hold what is left out when its arguments have their defaults:
``Conv {kernel:x}, {channels}[, /{stride}]``. ``:x`` repeats a single size for each spatial axis: 3×3. ``:,`` lists
sizes, equal ones once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.spec import Argument, Op

_PIECE = re.compile(r"\{(\w+)(?::([x,]))?\}")
_PART = re.compile(r"\[([^\]]*)\]")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a template: text and arguments in turn."""

    pieces: tuple[str | Place, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where an argument's value stands."""

    name: str
    manner: str  # "x", "," or nothing


def label(op: Op, inputs: Sequence[Shape | None] = ()) -> tuple[str, str]:
    """Two lines: the name and what defines the operation, then whatever else isn't default (or "").

    ``inputs`` are the shapes that flow in, if known: they say whether a kernel of 3 is 3×3.
    """
    values = op.values
    axes = _spatial(values, inputs)
    first, told = "", {"rank"}
    for part in _parsed(op.spec.label):
        named = [p.name for p in part.pieces if isinstance(p, Place) and p.name != "name"]
        told.update(named)
        if part.optional and all(_is_default(op, values, name) for name in named):
            continue
        first += "".join(p if isinstance(p, str) else _placed(op, values, p, axes) for p in part.pieces)
    rest = [(a, values[a.name]) for a in op.spec.arguments if a.name not in told]
    details = ", ".join(_detail(op, a, value) for a, value in rest if not _same(value, a.default))
    return " ".join(first.split()).rstrip(" ,"), details


def value_text(value: Any) -> str:
    """A value as it is written in the language, short: ``3×3``, ``1e-5``, ``true``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")
    if isinstance(value, Shape):
        return str(value)
    if isinstance(value, (tuple, list)):
        if value and all(isinstance(v, Dim) for v in value):
            return "×".join(f"({v})" if " " in str(v) else str(v) for v in value)
        return ", ".join(f"({value_text(v)})" if isinstance(v, (tuple, list)) else value_text(v) for v in value)
    return str(value)


def _detail(op: Op, argument: Argument, value: Any) -> str:
    if argument.name == op.spec.declared and isinstance(value, Shape):
        return str(value)
    if argument.kind == "named":
        return ", ".join(f"{name} = {value_text(size)}" for name, size in value)
    words = argument.name.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"no {words}"
    return f"{words} {value_text(value)}"


def _is_default(op: Op, values: Mapping[str, Any], name: str) -> bool:
    argument = op.spec.argument(name)
    return argument is None or values[name] is None or _same(values[name], argument.default)


def _same(value: Any, default: Any) -> bool:
    return value is default or bool(value == default)


def _placed(op: Op, values: Mapping[str, Any], place: Place, axes: int) -> str:
    if place.name == "name":
        return op.spec.name
    value = values.get(place.name)
    if value is None:
        return ""
    if place.manner == "x" and isinstance(value, tuple) and len(value) == 1:
        value = value * max(axes, 1)
    if place.manner == "," and isinstance(value, tuple):
        return ", ".join(value_text(v) for v in (value if len(set(value)) > 1 else value[:1]))
    return value_text(value)


def _spatial(values: Mapping[str, Any], inputs: Sequence[Shape | None]) -> int:
    rank = values.get("rank")
    if isinstance(rank, int):
        return rank
    first = inputs[0] if inputs else None
    return max(len(first) - 2, 0) if first is not None else 0


@lru_cache(maxsize=1024)
def _parsed(template: str) -> tuple[Part, ...]:
    parts = []
    for i, text in enumerate(_PART.split(template)):
        pieces: list[str | Place] = []
        end = 0
        for match in _PIECE.finditer(text):
            pieces += [text[end : match.start()], Place(match[1], match[2] or "")]
            end = match.end()
        parts.append(Part((*pieces, text[end:]), optional=i % 2 == 1))
    return tuple(parts)
