"""The examples of the rules, run: small programs, perhaps of several files, perhaps with options.

A first line ``// moniel2 check --strict main.nn`` says how to call it; a line ``// --- blocks.nn`` begins another file.
"""

from __future__ import annotations

import re
import shlex

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.pipeline import compile_source, standard_library
from moniel2.source import Source

MAIN = "main.nn"
_CALL = re.compile(r"// moniel2 (?P<call>.*)\n")
_FILE = re.compile(r"^// --- (?P<name>\S+)\n", re.M)


def provoke(example: str) -> tuple[Diagnostic, ...]:
    """What is said about an example."""
    from argparse import ArgumentParser

    from moniel2.tools.options import declare_compiling

    call = _CALL.match(example)
    text, *others = _FILE.split(example)
    files = {name: Source(name, body) for name, body in zip(others[::2], others[1::2], strict=True)}
    files[MAIN] = Source(MAIN, text)
    parser = ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("file")
    declare_compiling(parser, strict=True)
    options = parser.parse_args(shlex.split(call["call"]) if call else ["check", MAIN])
    compiled = compile_source(
        files[MAIN],
        load=lambda path: files.get(path) or standard_library(path),
        block=options.block,
        settings=dict(options.settings),
        inputs=dict(options.inputs),
        strict=options.strict,
    )
    if options.command != "code" or compiled.model is None or compiled.diagnostics:
        return compiled.diagnostics
    from moniel2.backends.torch import emit

    return tuple(d for left in emit(compiled.model).missing if (d := left.diagnostic) is not None)
