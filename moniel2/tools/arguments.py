"""A command's arguments. Wrong ones are told in one sentence, not by a page of usage."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from typing import NoReturn


class Parser(ArgumentParser):
    """``argparse``'s, with a word on options that there aren't."""

    def read(self, given: Sequence[str]) -> Namespace:
        """The options given. Ends the program with status 2 after wrong ones."""
        found, rest = self.parse_known_args(given)
        if not rest:
            return found
        word = rest[0].partition("=")[0]
        if not word.startswith("-"):
            self.error(f"`{rest[0]}` is one FILE too many")
        from moniel2.diagnostics.suggest import did_you_mean

        if guess := did_you_mean(word, self._option_string_actions):
            self.exit(2, f"{self.prog}: there is no option `{word}`: {guess}\n")
        self.error(f"there is no option `{word}`")

    def error(self, message: str) -> NoReturn:
        """Say it, and where more is said."""
        self.exit(2, f"{self.prog}: {message.removeprefix('argument ')}; `{self.prog} --help` lists what there is\n")


def whole(text: str) -> int:
    """A whole number."""
    try:
        return int(text)
    except ValueError:
        raise ArgumentTypeError(f"`{text}` is no whole number") from None


def number(text: str) -> float:
    """A number."""
    try:
        return float(text)
    except ValueError:
        raise ArgumentTypeError(f"`{text}` is no number") from None
