"""Real programs with one fault planted in them: exactly that fault is found, at the words to change.

``diagnostics/planted.txt`` holds them: an example's name, the words that are replaced (``-``), what replaces them
(``+``), and what is said: severity, rule, the blamed words, the headline, the help. ``pytest --update`` writes what is
said now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.diagnostics.render import severity
from moniel2.pipeline import compile_source, standard_library
from moniel2.source import Source

ROOT = Path(__file__).parent.parent
FILE = Path(__file__).parent / "diagnostics" / "planted.txt"


@dataclass(frozen=True)
class Planted:
    example: str
    old: str
    new: str
    said: str
    start: int  # of what is said, in the file
    end: int


def planted() -> Iterator[Planted]:
    text = FILE.read_text(encoding="utf-8")
    example = ""
    for block in re.finditer(r"(?:.+\n)+", text):
        lines = block[0].splitlines()
        if lines[0].startswith("# "):
            example = lines.pop(0)[2:].strip()
        old = "\n".join(line[2:] for line in lines if line.startswith("- "))
        new = "\n".join(line[2:] for line in lines if line.startswith("+"))
        said = [line for line in lines if not line.startswith(("- ", "+"))]
        if old:
            size = sum(len(line) + 1 for line in said)
            yield Planted(example, old, new, "".join(line + "\n" for line in said), block.end() - size, block.end())


def load(path: str) -> Source | None:
    file = ROOT / "examples" / path
    return Source(path, file.read_text(encoding="utf-8")) if file.is_file() else standard_library(path)


def said(diagnostic: Diagnostic) -> str:
    words = " ".join(diagnostic.span.text.split())
    lines = [f"  {severity(diagnostic).value}[{diagnostic.rule}] `{words}`: {diagnostic.message}"]
    lines += [f"  help: {diagnostic.help}"] if diagnostic.help else []
    return "".join(line + "\n" for line in lines)


@pytest.mark.parametrize("number", range(len(list(planted()))))
def test_a_planted_fault(number: int, update: bool) -> None:
    case = list(planted())[number]
    source = load(case.example)
    assert source is not None and case.old in source.text, f"{case.example} has no longer {case.old!r}"
    text = source.text.replace(case.old, case.new, 1)
    found = "".join(map(said, compile_source(Source(case.example, text), load=load).diagnostics))
    if update and found != case.said:
        whole = FILE.read_text(encoding="utf-8")
        FILE.write_text(whole[: case.start] + found + whole[case.end :], encoding="utf-8")
        return
    assert found == case.said
    assert found.count("  error[") == 1 and found.count("  warning[") == 0
