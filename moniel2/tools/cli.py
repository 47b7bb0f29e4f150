"""The command line: which command, and what becomes of what goes wrong. Each command is a module of ``commands``.

Starting costs what the command needs and nothing else: this module imports nothing of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        try:
            status = _run(given)
            sys.stdout.flush()
            return status
        except BrokenPipeError:
            # Whoever read our output has seen enough. Python would complain once more when it closes the pipe.
            import os

            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return FINE
        except SystemExit as end:
            # argparse ends the program itself after --help and after wrong use.
            return end.code if isinstance(end.code, int) else FINE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as bug:
        from moniel2.tools.crash import apologize

        apologize(bug, given)
        return OURS


def _run(given: list[str]) -> int:
    if not given or given[0] in ("-h", "--help", "help"):
        sys.stdout.write(usage())
        return FINE if given else MISUSE
    if given[0] in ("-V", "--version"):
        from moniel2 import __version__

        sys.stdout.write(f"moniel2 {__version__}\n")
        return FINE
    name = given[0]
    if name not in COMMANDS:
        from moniel2.diagnostics.suggest import did_you_mean

        what = "option" if name.startswith("-") else "command"
        help = did_you_mean(name, COMMANDS) or "`moniel2 --help` lists them"
        sys.stderr.write(f"moniel2: there is no {what} `{name}`; {help}\n")
        return MISUSE
    import gc
    from argparse import ArgumentParser
    from importlib import import_module

    # One command and out: what is made is nearly all kept, and looking for garbage in it took half of the time.
    gc.set_threshold(100_000, 10, 10)
    command = import_module(f"moniel2.tools.commands.{name}")
    parser = ArgumentParser(prog=f"moniel2 {name}", description=COMMANDS[name].capitalize(), allow_abbrev=False)
    command.declare(parser)
    status: int = command.run(parser.parse_args(given[1:]))
    return status


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
