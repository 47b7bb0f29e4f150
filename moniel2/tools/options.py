"""What the commands that compile have in common: their options, the compilation, and reporting its diagnostics."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from moniel2.tools.cli import ERRORS, FINE, MISUSE
from moniel2.tools.console import answer, busy, colourful, say
from moniel2.tools.disk import Disk, Unreadable, read_source

if TYPE_CHECKING:
    from moniel2.diagnostics.diagnostic import Diagnostic
    from moniel2.pipeline import Compiled

Sizes = tuple["int | str", ...]


def declare_compiling(parser: ArgumentParser, strict: bool = False) -> None:
    """``--block``, ``--set``, ``--input``."""
    parser.add_argument("--block", metavar="'NAME(ARGS)'", help="which definition (default: the main graph)")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        type=setting,
        dest="settings",
        help="a top-level constant, a parameter of the block, or a symbolic size of the inputs",
    )
    parser.add_argument(
        "--input",
        metavar="NAME=1x3x224x224",
        action="append",
        default=[],
        type=input_shape,
        dest="inputs",
        help="the shape of an input that declares none",
    )
    if strict:
        parser.add_argument("--strict", action="store_true", help="nothing unknown may be left")


def declare_output(parser: ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="OUT", default="-", help="default: `-`, standard output")


def deliver(result: str | bytes, path: str, *programs: str) -> int:
    """A result to where ``-o`` says, and the status of that. It never takes the place of one of the programs."""
    if path == "-":
        answer(result)
        return FINE
    from moniel2.tools.output import same_file, write_whole

    if any(same_file(path, program) for program in programs):
        say(f"cannot write {path}: it is the program itself")
        return MISUSE
    try:
        write_whole(path, result)
    except OSError as error:
        say(f"cannot write {path or '``'}: {error.strerror or error}")
        return MISUSE
    return FINE


def setting(text: str) -> tuple[str, str]:
    """``name=value``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise ArgumentTypeError(f"`{text}` isn't of the form name=value")
    return name.strip(), value.strip()


def input_shape(text: str) -> tuple[str, Sizes]:
    """``image=1x3x224x224``, ``tokens=[B, N]``, or a shape alone for a model with one input."""
    name, _, shape = text.rpartition("=")
    body = shape.strip()
    if not body:
        raise ArgumentTypeError(f"`{text}` gives no shape (expected something like {name or 'image'}=1x3x224x224)")
    listed = body.startswith("[") and body.endswith("]")
    parts = body[1:-1].split(",") if listed else body.split("," if "," in body else "x")
    sizes: list[int | str] = []
    for part in (p.strip() for p in parts if p.strip() or not listed):
        if part.isdecimal() and int(part) > 0:
            sizes.append(int(part))
        elif part.isidentifier():
            sizes.append(part)
        else:
            wrong = f"`{part}` is no size" if part else f"`{text}` is no shape: a size is missing"
            raise ArgumentTypeError(f"{wrong} (expected something like {name or 'image'}=1x3x224x224)")
    return name.strip(), tuple(sizes)


def compile_file(name: str, options: Namespace) -> Compiled:
    """Compile one file as the options say. Raises ``Unreadable``."""
    from moniel2.pipeline import compile_source

    source = read_source(name)
    with busy(f"compiling {source.name}"):
        return compile_source(
            source,
            load=Disk(name).load,
            block=options.block,
            settings=dict(options.settings),
            inputs=dict(options.inputs),
            strict=getattr(options, "strict", False),
        )


def compile_and_report(name: str, options: Namespace) -> tuple[Compiled | None, int]:
    """Compile one file, its diagnostics to standard error; None and a status if it can't be read."""
    try:
        compiled = compile_file(name, options)
    except Unreadable as error:
        return None, unreadable(error)
    return compiled, report(compiled.diagnostics)


def unreadable(error: Unreadable) -> int:
    """Say it; the status it means."""
    say(str(error))
    return MISUSE if error.missing else ERRORS


def report(diagnostics: Sequence[Diagnostic]) -> int:
    """Diagnostics to standard error, and the status they mean."""
    if not diagnostics:
        return FINE
    from moniel2.diagnostics.diagnostic import Severity
    from moniel2.diagnostics.render import closing_line, severity, to_text
    from moniel2.limits import MAX_DIAGNOSTICS

    sys.stderr.write(to_text(diagnostics[:MAX_DIAGNOSTICS], colourful(sys.stderr)))
    if closing := closing_line(diagnostics):
        sys.stderr.write(f"\n{closing}\n")
    return ERRORS if any(severity(d) is Severity.ERROR for d in diagnostics) else FINE
