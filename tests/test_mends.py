"""What a help line says to write is right: written so, the diagnostic is gone, and no other comes in its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.diagnostics.rules import rules
from moniel2.pipeline import compile_source
from moniel2.source import Source
from moniel2.syntax.parse import parse
from moniel2.tools.examples import provoke
from tests.annotations import sections
from tests.test_planted import load, planted

HERE = Path(__file__).parent / "diagnostics"
Said = Callable[[str], list[Diagnostic]]


def texts() -> Iterator[tuple[str, str, Said]]:
    """Every annotated section, every page of a rule, every planted fault: a name, the text, who tells what is wrong."""
    for section in sections(*sorted(HERE.glob("*.nn"))):
        form = section.file.stem == "syntax"  # which are no whole programs
        yield f"{section.file.stem}-{section.name}", section.source.text, _of_form if form else provoke
    for rule in rules().values():
        yield f"page-{rule.slug}", rule.example, provoke
    for number, case in enumerate(planted()):
        source = load(case.example)
        assert source is not None
        yield f"planted-{number}", source.text.replace(case.old, case.new, 1), _in_examples


def _of_form(text: str) -> list[Diagnostic]:
    return list(parse(Source("main.nn", text))[1])


def _in_examples(text: str) -> list[Diagnostic]:
    return list(compile_source(Source("main.nn", text), load=load).diagnostics)


def told(diagnostics: list[Diagnostic]) -> Counter[tuple[str, str]]:
    return Counter((d.rule, d.message) for d in diagnostics)


def after(text: str, diagnostic: Diagnostic) -> str:
    """The text as the help says to write it: a name that is misspelt, wherever it is."""
    span, written = diagnostic.span, diagnostic.replacement or ""
    again = [note.span for note in diagnostic.related if note.message == "and here" and note.span is not None]
    if diagnostic.rule == "unknown-wire":
        return re.sub(rf"(?<![\w.]){re.escape(span.text)}(?!\w)", lambda _: written, text)
    for place in sorted([span, *again], key=lambda s: -s.start):
        text = text[: place.start] + written + text[place.end :]
    return text


@pytest.mark.parametrize(("text", "say"), [pytest.param(t, s, id=n) for n, t, s in texts()])
def test_what_the_help_says_is_right(text: str, say: Said) -> None:
    before = say(text)
    wrong = told(before)
    for diagnostic in before:
        if diagnostic.replacement is None or diagnostic.span.source.text != text:
            continue
        mended = after(text, diagnostic)
        left = told(say(mended))
        assert left[(diagnostic.rule, diagnostic.message)] < wrong[(diagnostic.rule, diagnostic.message)], mended
        # What a program asks of its sizes is told once it has no errors.
        assert [new for new in left - wrong if new[0] != "condition"] == [], mended
