"""One problem in the user's text, as data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from moniel2.source import Span


class Severity(str, Enum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Related:
    """A secondary place, or a remark without one."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """``rule`` is the slug of a declared rule (``rules.py``): it fixes the code and the severity.

    ``message`` is the headline; ``label`` stands under the carets; ``related`` are notes;
    ``help`` says the likely mend in the words of the text.
    """

    rule: str
    message: str
    span: Span
    label: str = ""
    related: tuple[Related, ...] = ()
    help: str | None = None

    @property
    def code(self) -> str:
        """``E0304``: what `moniel2 explain` takes."""
        from moniel2.diagnostics.rules import rules

        return rules()[self.rule].code

    @property
    def severity(self) -> Severity:
        """An error, or only a warning."""
        from moniel2.diagnostics.rules import rules

        return rules()[self.rule].severity

    def noting(self, message: str, span: Span | None = None) -> Diagnostic:
        """The same problem with one more note."""
        return replace(self, related=(*self.related, Related(message, span)))
