"""The canonical layout: what a text becomes, and what stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from moniel2.source import Source
from moniel2.tools.format import WIDTH, format_source

FILES = sorted((Path(__file__).parent / "format").glob("*.nn"))
HEADER = re.compile(r"^--- (\S+) ---\n", re.M)


def cases() -> list[object]:
    found = []
    for file in FILES:
        _, *parts = HEADER.split(file.read_text(encoding="utf-8"))
        for name, body in zip(parts[::2], parts[1::2], strict=True):
            found.append(pytest.param(file, name, body, id=f"{file.stem}-{name}"))
    return found


@pytest.mark.parametrize(("file", "name", "body"), cases())
def test_layout(file: Path, name: str, body: str, update: bool) -> None:
    """Each section holds a text and, below `~~~`, its canonical layout."""
    text, _, expected = body.partition("~~~\n")
    formatted, problems = format_source(Source(f"{name}.nn", text))
    assert not [p for p in problems if p.rule != "missing-arrow"]
    if update:
        _accept(file, name, text, formatted)
    else:
        assert formatted == expected.removesuffix("\n") or formatted == expected
    assert format_source(Source(f"{name}.nn", formatted))[0] == formatted


def _accept(file: Path, name: str, text: str, formatted: str) -> None:
    whole = file.read_text(encoding="utf-8")
    header = next(found for found in HEADER.finditer(whole) if found[1] == name)
    following = HEADER.search(whole, header.end())
    rest = "\n" + whole[following.start() :] if following else ""
    file.write_text(f"{whole[: header.end()]}{text}~~~\n{formatted}{rest}", encoding="utf-8")


def test_a_text_with_errors_stays_as_it_is() -> None:
    text = "x  ->  Conv(3\ny->z\n"
    formatted, problems = format_source(Source("a.nn", text))
    assert formatted == text
    assert [problem.rule for problem in problems] == ["unclosed-bracket"]


def test_lines_are_short_where_they_can_be() -> None:
    text = "x" + " -> Conv(64, 3)" * 100 + " -> y\n"
    formatted, _ = format_source(Source("a.nn", text))
    assert max(map(len, formatted.splitlines())) <= WIDTH
    assert len(formatted.splitlines()) < 20


def test_size_is_no_matter() -> None:
    chain = "x" + " -> Conv(3)" * 5000 + "\n"
    assert format_source(Source("a.nn", chain))[0].count("->") == 5000
    blocks = "{" * 500 + "A" + "}" * 500
    formatted = format_source(Source("a.nn", blocks))[0]
    assert formatted.count("{") == 500
    values = "a = " + "(" * 500 + "1" + ")" * 500 + "\n"
    assert format_source(Source("a.nn", values))[0].count("(") == 500
