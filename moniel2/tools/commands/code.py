"""``moniel2 code FILE -o model.py``: a PyTorch module."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from itertools import islice
from typing import TYPE_CHECKING

from moniel2.tools.cli import ERRORS, FINE, MISUSE
from moniel2.tools.console import busy, say
from moniel2.tools.options import compile_and_report, declare_compiling, declare_output, deliver, report

if TYPE_CHECKING:
    from moniel2.ir.model import Model


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a program; `-` is standard input")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the file on disk differs")
    parser.add_argument(
        "--keys", action="store_true", help="the keys of the state_dict, with shapes and dtypes, instead"
    )
    declare_output(parser)
    declare_compiling(parser, strict=True)


def run(options: Namespace) -> int:
    if options.check and options.keys:
        say("--check compares code, --keys lists keys: one at a time")
        return MISUSE
    if options.check and options.output == "-":
        say("--check compares with a file: say which with -o")
        return MISUSE
    compiled, status = compile_and_report(options.file, options)
    if compiled is None or compiled.model is None or status:
        # The code of a program with errors would be wrong code; what is on the disk stays.
        return status or ERRORS
    if options.keys:
        return _keys(compiled.model, options)
    from moniel2.backends.torch import emit_open

    with busy("writing the code"):
        emitted = emit_open(compiled.model, compiled.reopen)
    if options.strict and (errors := [d for one in emitted.missing if (d := one.diagnostic) is not None]):
        return report(errors)
    for left in emitted.missing:
        say(f"left open: {left}")
    if options.check:
        if _on_disk(options.output) == emitted.text:
            return FINE
        say(f"{options.output} isn't what {options.file} says now")
        return ERRORS
    return deliver(emitted.text, options.output, options.file)


def _keys(model: Model, options: Namespace) -> int:
    """One key a line; nothing at all if there are more than anybody reads."""
    from moniel2.backends.torch import keys
    from moniel2.limits import MAX_FLAT
    from moniel2.tools.table import table

    rows = [(key.name, str(key.shape), key.dtype) for key in islice(keys(model), MAX_FLAT + 1)]
    if len(rows) > MAX_FLAT:
        say(f"more than {MAX_FLAT:,} keys: too many to write out")
        return ERRORS
    return deliver(table(rows, (False, False, False)) if rows else "", options.output, options.file)


def _on_disk(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None
