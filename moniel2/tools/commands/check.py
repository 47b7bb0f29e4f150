"""``moniel2 check FILE…``: everything there is to say about some texts."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from moniel2.tools.cli import ERRORS, FINE
from moniel2.tools.disk import Unreadable
from moniel2.tools.options import compile_file, declare_compiling, report, unreadable


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="programs; `-` is standard input")
    parser.add_argument("--format", choices=("text", "json", "github"), default="text", help="default: text")
    declare_compiling(parser, strict=True)


def run(options: Namespace) -> int:
    status = FINE
    # What several files import is reported once.
    found = {}
    for name in options.files:
        try:
            found.update(dict.fromkeys(compile_file(name, options).diagnostics))
        except Unreadable as error:
            status = max(status, unreadable(error))
    diagnostics = list(found)
    if options.format == "text":
        return max(status, report(diagnostics))
    from moniel2.diagnostics.diagnostic import Severity
    from moniel2.diagnostics.render import severity, to_github, to_json
    from moniel2.tools.console import answer

    if options.format == "json":
        import json

        answer(json.dumps(to_json(diagnostics), indent=1, ensure_ascii=False) + "\n")
    else:
        answer(to_github(diagnostics))
    return max(status, ERRORS if any(severity(d) is Severity.ERROR for d in diagnostics) else FINE)
