"""The terminal: colour, results, messages, and a word when something takes long."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from moniel2.tools.cli import delivering

PATIENCE = 0.5
"""Seconds until we say what we are doing."""


def colourful(stream: TextIO) -> bool:
    """Whether to colour what goes there: only on a terminal that can, and not with ``NO_COLOR``."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(message: str) -> None:
    """One line to standard error."""
    sys.stderr.write(f"moniel2: {message}\n")


def answer(result: str | bytes) -> None:
    """A result to standard output: the same bytes on every machine."""
    data = result.encode("utf-8") if isinstance(result, str) else result
    with delivering():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextmanager
def busy(what: str) -> Iterator[None]:
    """Say ``what`` on the terminal if the work inside takes long, and take it back at the end."""
    if not sys.stderr.isatty():
        yield
        return
    from threading import Event, Thread

    done = Event()

    def wait() -> None:
        if not done.wait(PATIENCE):
            sys.stderr.write(f"{what} …")
            sys.stderr.flush()
            done.wait()
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    speaker = Thread(target=wait, daemon=True)
    speaker.start()
    try:
        yield
    finally:
        done.set()
        speaker.join()
