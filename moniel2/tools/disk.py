"""Reading programs from the disk, and nothing outside their project."""

from __future__ import annotations

import os

import moniel2
from moniel2.limits import MAX_TEXT
from moniel2.source import Source

STDIN = "<stdin>"
ROOT_MARKS = ("pyproject.toml", ".git")


class Unreadable(Exception):
    """A file that cannot be read as a text; ``missing`` if it isn't there at all."""

    def __init__(self, message: str, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


def read_source(name: str) -> Source:
    """The text of a file, ``-`` being standard input. Raises ``Unreadable``."""
    if name == "-":
        return Source(STDIN, _decoded(STDIN, _standard_input()))
    try:
        with open(name, "rb") as file:
            data = file.read(MAX_TEXT + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Unreadable(f"cannot read {name or '``'}: {reason}", missing=True) from None
    # Names are written with slashes everywhere, so that messages and imports are the same on every system.
    return Source(name.replace(os.sep, "/"), _decoded(name, data))


def _standard_input() -> bytes:
    """All of it, in pieces: Python heeds an interrupt between them."""
    import sys

    data = b""
    try:
        # A descriptor that is closed is no file at all in Python.
        source = sys.stdin.fileno() if sys.stdin is not None else -1
        while len(data) <= MAX_TEXT and (piece := os.read(source, 65536)):
            data += piece
    except OSError as error:
        raise Unreadable(f"cannot read standard input: {error.strerror or error}", missing=True) from None
    return data


def _decoded(name: str, data: bytes) -> str:
    if len(data) > MAX_TEXT:
        raise Unreadable(f"{name} is larger than {MAX_TEXT:,} bytes (`moniel2 explain limits`)")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"{name} isn't UTF-8 text (line {line}, byte {error.start})") from None


class Disk:
    """The door to other files for one program: ``load`` is what the compiler is given.

    Files are found beside the one that imports them and below the project's root: the nearest folder above the main
    file that holds a ``pyproject.toml`` or ``.git``, else the main file's own.
    """

    def __init__(self, main: str) -> None:
        # `pathlib` takes longer to import than all the paths of a program take to follow.
        folder = os.getcwd() if main == "-" else os.path.dirname(os.path.realpath(main))
        self.root = _root(folder)

    def load(self, path: str) -> Source | None:
        """The source of an import, None if there is none that may be read. The standard library comes with us."""
        found = standard(path)
        if found is not None or self.outside(path):
            return found
        try:
            return read_source(path)
        except Unreadable:
            return None

    def outside(self, path: str) -> bool:
        """Whether a path leaves the root, links followed."""
        # Where letters' case makes no difference in paths, it makes none here.
        root, real = (os.path.normcase(p) for p in (self.root, os.path.realpath(path)))
        return real != root and not real.startswith(os.path.join(root, ""))


def _root(folder: str) -> str:
    above = folder
    while not any(os.path.exists(os.path.join(above, mark)) for mark in ROOT_MARKS):
        above, below = os.path.dirname(above), above
        if above == below:
            return folder
    return above


def standard(path: str) -> Source | None:
    """A file of the standard library, ``std/vision.nn``.

    By the package's own loader, which finds it in a zip file too; ``importlib.resources`` takes longer to import than
    a small program takes to check.
    """
    loader = getattr(moniel2.__spec__, "loader", None)
    if not path.startswith("std/") or ".." in path.split("/") or loader is None:
        return None
    try:
        data: bytes = loader.get_data(os.path.join(os.path.dirname(moniel2.__file__), *path.split("/")))
    except OSError:
        return None
    return Source(path, data.decode("utf-8"))
