"""The command line: which command, and what becomes of what goes wrong. Each command is a module of ``commands``.

Starting costs what the command needs and nothing else: this module imports nothing of ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper

FINE, ERRORS, MISUSE, OURS, INTERRUPTED = 0, 1, 2, 70, 130
"""Exit statuses: fine (warnings allowed), errors in the input, wrong use, a bug of ours, interrupted."""

COMMANDS = {
    "check": "parse, resolve, infer; print diagnostics",
    "draw": "the picture: .svg .pdf .png .html .dot .tex .mmd .txt",
    "code": "a PyTorch module",
    "verify": "whether a PyTorch module is what the program says",
    "summary": "tree of layers: shapes, parameters, MACs, memory",
    "graph": "the resolved model as JSON",
    "fmt": "the one canonical layout",
    "ops": "the built-in operations, or one of them",
    "explain": "a diagnostic, at length",
}


class Undelivered(Exception):
    """A result that standard output doesn't take."""


@contextmanager
def delivering() -> Iterator[None]:
    """What goes wrong inside is standard output's fault: a full disk, a closed descriptor."""
    if sys.stdout is None:
        raise Undelivered("it is closed")
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Undelivered(error.strerror or str(error)) from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        # What a terminal can't show is no reason to show nothing.
        sys.stdout.reconfigure(errors="replace")
    try:
        try:
            try:
                return _run(given)
            except SystemExit as end:
                # argparse ends the program itself after wrong use.
                return end.code if isinstance(end.code, int) else FINE
        except BrokenPipeError:
            # Whoever read our output has seen enough.
            _silence()
            return FINE
        except Undelivered as error:
            sys.stderr.write(f"moniel2: cannot write to standard output: {error}\n")
            _silence()
            return MISUSE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as bug:
        from moniel2.tools.crash import apologize

        apologize(bug, given)
        return OURS


def _silence() -> None:
    """Python would complain once more when it closes an output that takes nothing."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(given: list[str]) -> int:
    if not given:
        sys.stderr.write(usage())
        return MISUSE
    if given[0] in ("-h", "--help", "help"):
        _tell(usage())
        return FINE
    if given[0] in ("-V", "--version"):
        from moniel2 import __version__

        _tell(f"moniel2 {__version__}\n")
        return FINE
    name = given[0]
    if name not in COMMANDS:
        from moniel2.diagnostics.suggest import did_you_mean

        what = "option" if name.startswith("-") else "command"
        help = did_you_mean(name, COMMANDS) or "`moniel2 --help` lists them"
        sys.stderr.write(f"moniel2: there is no {what} `{name}`; {help}\n")
        return MISUSE
    import gc
    from argparse import HelpFormatter
    from functools import partial
    from importlib import import_module

    from moniel2.tools.arguments import Parser

    # One command and out: what is made is nearly all kept, and looking for garbage in it took half of the time.
    gc.set_threshold(100_000, 10, 10)
    command = import_module(f"moniel2.tools.commands.{name}")
    parser = Parser(
        prog=f"moniel2 {name}",
        description=_sentence(COMMANDS[name]),
        allow_abbrev=False,
        formatter_class=partial(HelpFormatter, width=_width()),
    )
    command.declare(parser)
    if {"-h", "--help"} & set(given[1:]):
        # argparse writes it too, but doesn't mind when nothing arrives.
        _tell(parser.format_help())
        return FINE
    status: int = command.run(parser.read(given[1:]))
    return status


def _tell(text: str) -> None:
    with delivering():
        sys.stdout.write(text)
        sys.stdout.flush()


def _width() -> int:
    """Columns for help. argparse would import a tenth of the standard library to find out."""
    try:
        return int(os.environ.get("COLUMNS", "")) - 2
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns - 2 if sys.__stdout__ else 78
    except (OSError, ValueError):
        return 78


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def usage() -> str:
    """What ``moniel2 --help`` prints."""
    width = max(map(len, COMMANDS))
    rows = "\n".join(f"  {name:<{width}}  {what}" for name, what in COMMANDS.items())
    return (
        "moniel2: describe a neural network once; get the picture, the shapes, the counts and the PyTorch code.\n\n"
        f"usage: moniel2 COMMAND FILE …\n\n{rows}\n\n"
        "`moniel2 COMMAND --help` tells more. FILE may be `-`, standard input.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
