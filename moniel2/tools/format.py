"""One canonical layout: a hundred columns, four spaces, arrows at the beginning of the lines they continue."""

from __future__ import annotations

from moniel2.diagnostics.diagnostic import Diagnostic, Severity
from moniel2.printing import Doc, render
from moniel2.source import Source
from moniel2.syntax.lex import lex
from moniel2.syntax.machine import Machine
from moniel2.syntax.parse import parse, read
from moniel2.tools.typeset import Typesetter

WIDTH = 100


def format_source(source: Source) -> tuple[str, tuple[Diagnostic, ...]]:
    """The text in its canonical layout, and what is wrong with it; a text with errors stays as it is."""
    tree, problems = parse(source)
    if any(problem.severity is Severity.ERROR for problem in problems):
        return source.text, problems
    formatted = lay_out(source)
    again, _ = parse(Source(source.name, formatted))
    kept = [comment.text for comment in tree.comments] == [comment.text for comment in again.comments]
    # A formatter that changes the meaning is worse than none: rather leave the text alone.
    return (formatted if kept and again == tree else source.text), problems


def lay_out(source: Source) -> str:
    """The canonical layout of a text without errors."""
    lexed = lex(source)
    machine = Machine(source, lexed, Typesetter(lexed, source.text), whole=True)
    read(machine)
    doc = machine.top()
    assert isinstance(doc, Doc)
    text = render(doc, WIDTH)
    return text + "\n" if text else ""
