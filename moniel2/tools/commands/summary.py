"""``moniel2 summary FILE``: the tree of layers with what each of them is and costs."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from moniel2.tools.cli import ERRORS
from moniel2.tools.options import compile_and_report, declare_compiling, declare_output, deliver


def declare(parser: ArgumentParser) -> None:
    parser.epilog = (
        "MACs are multiply-accumulates of convolutions, matrix products and attention, for the shapes as they stand;"
        " `moniel2 explain counts` says what every number means."
    )
    parser.add_argument("file", metavar="FILE", help="a program; `-` is standard input")
    parser.add_argument("--format", choices=("text", "json", "csv"), default="text", help="default: text")
    parser.add_argument("--depth", metavar="N", type=depth, help="how deep to look into blocks (default: all the way)")
    declare_output(parser)
    declare_compiling(parser)


def depth(text: str) -> int:
    """A number of levels, from 0."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"`{text}` is no number of levels")
    return int(text)


def run(options: Namespace) -> int:
    compiled, status = compile_and_report(options.file, options)
    if compiled is None or compiled.model is None:
        return status or ERRORS
    from moniel2.tools.summary import summarize, to_csv, to_json, to_text

    summary = summarize(compiled.model, options.depth)
    write = {"text": to_text, "json": to_json, "csv": to_csv}[options.format]
    return max(status, deliver(write(summary), options.output, options.file))
