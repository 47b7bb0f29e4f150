"""``moniel2 graph FILE``: the resolved model as JSON."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from moniel2.tools.cli import ERRORS
from moniel2.tools.options import compile_and_report, declare_compiling, declare_output, deliver, report

if TYPE_CHECKING:
    from moniel2.diagnostics.diagnostic import Diagnostic
    from moniel2.ir.export import TooLarge
    from moniel2.ir.model import Model


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a program; `-` is standard input")
    parser.add_argument("--flat", action="store_true", help="every operation of every instance by its path")
    declare_output(parser)
    declare_compiling(parser)


def run(options: Namespace) -> int:
    compiled, status = compile_and_report(options.file, options)
    if compiled is None or compiled.model is None:
        return status or ERRORS
    from moniel2.ir.export import TooLarge, to_json
    from moniel2.tools.console import busy

    try:
        with busy("writing the graph"):
            text = to_json(compiled.model, options.flat)
    except TooLarge as error:
        return report([too_large(compiled.model, error)])
    return max(status, deliver(text, options.output, options.file))


def too_large(model: Model, error: TooLarge) -> Diagnostic:
    """The diagnostic of a model that has more operations than may be written out."""
    from moniel2.diagnostics.diagnostic import Diagnostic
    from moniel2.source import Source, Span

    span = model.root.span or Span(Source(model.name, ""), 0, 0)
    help = "without --flat, each distinct block is written once"
    return Diagnostic("limit", f"{model.name} is {error}", span, help=help)
