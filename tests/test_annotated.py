"""Whole programs with the mistakes that are found in them: ``tests/diagnostics/*.nn``, as ``annotations`` describes.

A section may say how it is compiled, as the examples of rules do (a first line ``// moniel2 check --strict main.nn``),
and hold further files (``// --- blocks.nn``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from moniel2.diagnostics.diagnostic import Diagnostic, Related
from moniel2.diagnostics.rules import rules
from moniel2.source import Source, Span
from moniel2.syntax.parse import parse
from moniel2.tools.examples import provoke
from tests.annotations import Section, cases, check, sections

HERE = Path(__file__).parent / "diagnostics"
SYNTAX = HERE / "syntax.nn"
FILES = sorted(file for file in HERE.glob("*.nn") if file != SYNTAX)
_FILE = re.compile(r"^// --- (?P<name>\S+)\n", re.M)


def said(source: Source, options: Sequence[str] = ()) -> list[Diagnostic]:
    """What is said about a section, with places in the section's own text."""
    parts = {"main.nn": 0} | {part["name"]: part.end() for part in _FILE.finditer(source.text)}

    def here(span: Span) -> Span:
        start = parts.get(span.source.name)
        return span if start is None else Span(source, start + span.start, start + span.end)

    return [
        replace(
            d,
            span=here(d.span),
            related=tuple(Related(r.message, here(r.span) if r.span is not None else None) for r in d.related),
        )
        for d in provoke(source.text)
    ]


@pytest.mark.parametrize("section", cases(*FILES))
def test_mistakes(section: Section, update: bool) -> None:
    check(section, said, update)


def test_every_rule_is_provoked_by_some_section() -> None:
    provoked = {d.rule for section in sections(*FILES) for d in said(section.source)}
    provoked |= {d.rule for section in sections(SYNTAX) for d in parse(section.source)[1]}
    assert set(rules()) - provoked == set()


def test_a_section_has_a_name_of_its_own() -> None:
    names = [(section.file.name, section.name) for section in sections(*FILES)]
    assert len(set(names)) == len(names)
