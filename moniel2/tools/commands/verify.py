"""``moniel2 verify FILE --against package.module:factory``: whether a description is what a PyTorch module does."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import redirect_stdout

from moniel2.tools.cli import ERRORS, FINE, MISUSE
from moniel2.tools.console import answer, busy, say
from moniel2.tools.options import compile_and_report, declare_compiling


def declare(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a program; `-` is standard input")
    parser.add_argument(
        "--against",
        metavar="PACKAGE.MODULE:FACTORY",
        required=True,
        help="what makes the reference; arguments are literals: 'torchvision.models:resnet18(num_classes = 10)'",
    )
    parser.add_argument(
        "--bind",
        metavar="ARGUMENT=INPUT",
        action="append",
        default=[],
        type=_names,
        help="an argument of the reference and our input that goes there (default: by name, else in order); "
        "one in a dict: batch.image=image",
    )
    parser.add_argument(
        "--output",
        metavar="OURS=THEIRS",
        action="append",
        default=[],
        type=_names,
        dest="outputs",
        help="an output and its name in the reference's result (default: by name, else in order)",
    )
    declare_compiling(parser)


def run(options: Namespace) -> int:
    compiled, status = compile_and_report(options.file, options)
    if compiled is None or compiled.model is None or status:
        return status or ERRORS
    try:
        import torch  # noqa: F401
    except ImportError:
        say('verify needs torch: pip install "moniel2[torch]"')
        return MISUSE
    from moniel2.verification import Misuse, load_reference, verify

    try:
        # What a reference prints is no part of the report.
        with busy("comparing"), redirect_stdout(sys.stderr):
            factory = load_reference(options.against)
            report = verify(
                compiled.model,
                factory,
                name=options.against,
                bind=dict(options.bind),
                outputs=dict(options.outputs),
            )
    except Misuse as error:
        say(str(error))
        return MISUSE
    answer(str(report))
    return FINE if report.equal else ERRORS


def _names(text: str) -> tuple[str, str]:
    first, equals, second = (part.strip() for part in text.partition("="))
    if not equals or not first or not second:
        raise ArgumentTypeError(f"`{text}` isn't of the form name=name")
    return first, second
