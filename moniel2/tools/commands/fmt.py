"""``moniel2 fmt FILE…``: the one canonical layout, in place."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from moniel2.tools.cli import ERRORS, FINE
from moniel2.tools.console import answer, say
from moniel2.tools.disk import Unreadable, read_source
from moniel2.tools.options import deliver, report, unreadable


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="programs; `-` is standard input, to standard output")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if something would change")
    parser.add_argument("--diff", action="store_true", help="change nothing; show what would change")


def run(options: Namespace) -> int:
    return max(_one(name, options) for name in options.files)


def _one(name: str, options: Namespace) -> int:
    from moniel2.diagnostics.diagnostic import Severity
    from moniel2.diagnostics.render import severity
    from moniel2.tools.format import format_source

    try:
        source = read_source(name)
    except Unreadable as error:
        return unreadable(error)
    text, diagnostics = format_source(source)
    if errors := [d for d in diagnostics if severity(d) is Severity.ERROR]:
        # What cannot be read whole is left as it is.
        return report(errors)
    changed = text != source.text
    if options.diff and changed:
        answer(_difference(source.name, source.text, text))
    if options.check:
        if changed:
            say(f"{source.name} would change")
        return ERRORS if changed else FINE
    if options.diff:
        return FINE
    if name == "-":
        answer(text)
        return FINE
    return deliver(text, name) if changed else FINE


def _difference(name: str, before: str, after: str) -> str:
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(True), after.splitlines(True), name, f"{name} (formatted)")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)
