"""The grammar and the parsing tables made from it.

Building the tables takes a third of a second and needs lark; reading them takes a few milliseconds
and needs nothing. So they are shipped (``tables.json``) with the checksum of the grammar they were
made from, and are made anew only where the grammar has been edited since. Write them with
``python -m moniel2.syntax.tables``.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_SHIPPED = os.path.join(os.path.dirname(__file__), "tables.json")

END = "$END"


@dataclass(frozen=True, slots=True)
class Rule:
    """``origin: …`` of ``size`` symbols, reduced by the builder's method ``build``.

    ``keep`` lists the symbols passed on, -1 standing for an optional one that is absent. An empty
    ``build`` passes the only symbol through, or, where ``many``, gathers the symbols of a list;
    ``spread`` where one of the symbols is such a list.
    """

    origin: str
    size: int
    build: str
    many: bool
    spread: bool
    keep: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """``states[s][symbol]`` is the next state, or ``-1 - r`` to reduce by rule ``r``."""

    terminals: tuple[tuple[str, str, bool], ...]
    """Name, pattern, and whether the pattern is a regular expression."""
    rules: tuple[Rule, ...]
    states: tuple[Mapping[str, int], ...]
    start: int
    accept: int


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The tables of the present grammar."""
    text = grammar_text()
    try:
        shipped = json.loads(_text(_SHIPPED))
    except (OSError, ValueError):
        return _read(_make(text))
    return _read(shipped if shipped["checksum"] == _checksum(text) else _make(text))


def grammar_text() -> str:
    """The grammar: the copy packaged in a wheel if there is one, else the checkout's."""
    packaged = os.path.join(_PACKAGE, "grammar", "moniel2.lark")
    return _text(packaged if os.path.isfile(packaged) else os.path.join(_PACKAGE, "..", "grammar", "moniel2.lark"))


def _text(path: str) -> str:
    # Reading as text makes one of all kinds of line ends.
    with open(path, encoding="utf-8") as file:
        return file.read()


def shipped_tables_are_current() -> bool:
    return os.path.isfile(_SHIPPED) and _text(_SHIPPED) == _written(_make(grammar_text()))


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode())


def _read(made: dict[str, Any]) -> Tables:
    return Tables(
        terminals=tuple((name, pattern, regex) for name, pattern, regex in made["terminals"]),
        rules=tuple(
            Rule(o, size, build, many, spread, tuple(keep)) for o, size, build, many, spread, keep in made["rules"]
        ),
        states=tuple(made["states"]),
        start=made["start"],
        accept=made["accept"],
    )


def _make(text: str) -> dict[str, Any]:
    from lark import Lark
    from lark.parsers.lalr_analysis import Shift

    lark: Any = Lark(text, parser="lalr", lexer="basic", start="file", maybe_placeholders=True)
    table = lark.parser.parser._parse_table
    rule_numbers = {rule: number for number, rule in enumerate(lark.rules)}
    # lark numbers states in an order that depends on the hash seed: number them as they are met.
    start = table.start_states["file"]
    numbers = {start: 0}
    order = [start]
    states: list[dict[str, int]] = []
    for state in order:
        row: dict[str, int] = {}
        for symbol, (action, argument) in sorted(table.states[state].items()):
            if action is not Shift:
                row[symbol] = -1 - rule_numbers[argument]
                continue
            if argument not in numbers:
                numbers[argument] = len(order)
                order.append(argument)
            row[symbol] = numbers[argument]
        states.append(row)
    return {
        "checksum": _checksum(text),
        "terminals": [[t.name, t.pattern.value, t.pattern.type == "re"] for t in lark.terminals],
        "rules": [_rule(rule) for rule in lark.rules],
        "states": states,
        "start": 0,
        "accept": numbers[table.end_states["file"]],
    }


def _rule(rule: Any) -> list[Any]:
    origin = rule.origin.name
    kept = [-1 if getattr(s, "filter_out", False) else i for i, s in enumerate(rule.expansion)]
    absent = rule.options.empty_indices or [False] * len(kept)
    keep: list[int] = []
    symbols = iter(kept)
    for missing in absent:
        keep.extend([-1] if missing else [i for i in [next(symbols)] if i >= 0])
    many = origin.startswith("__")
    passes = rule.options.expand1 and not rule.alias and len(keep) == 1
    spread = any(symbol.name.startswith("__") for symbol in rule.expansion)
    return [origin, len(kept), "" if many or passes else rule.alias or origin, many, spread, keep]


def _written(made: dict[str, Any]) -> str:
    """JSON with one rule and one state a line, so that a change of the grammar is a readable one."""
    lines = [
        f"{json.dumps(key)}: "
        + ("[\n" + ",\n".join(json.dumps(v) for v in value) + "\n]" if isinstance(value, list) else json.dumps(value))
        for key, value in made.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    with open(_SHIPPED, "w", encoding="utf-8") as shipped:
        shipped.write(_written(_make(grammar_text())))
