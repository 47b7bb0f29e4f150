"""Reading a text: what its tree is, and what is said of one that has none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.source import Source
from moniel2.syntax.parse import parse
from tests.annotations import Section, cases, check

HERE = Path(__file__).parent


def problems(source: Source, options: Sequence[str]) -> tuple[Diagnostic, ...]:
    return parse(source)[1]


@pytest.mark.parametrize("section", cases(HERE / "diagnostics" / "syntax.nn"))
def test_mistakes(section: Section, update: bool) -> None:
    check(section, problems, update)
