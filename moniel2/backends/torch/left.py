"""What a model leaves open that its code would need."""

from __future__ import annotations

from dataclasses import dataclass

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.source import Span


@dataclass(frozen=True, slots=True)
class Left:
    """One such thing.

    ``place`` is a file's bare name with line and column, so that code that says it is the same on every machine.
    ``runs``: the code runs all the same, and settles it in its first call.
    """

    place: str
    what: str
    span: Span | None
    runs: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"

    @property
    def diagnostic(self) -> Diagnostic | None:
        """The error that it is where nothing may be left open."""
        if self.runs or self.span is None:
            return None
        help = "give the sizes in it a value: --set NAME=VALUE" if "sizes" in self.what else None
        return Diagnostic("cannot-emit", self.what, self.span, help=help)
