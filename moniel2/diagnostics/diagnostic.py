"""One problem in the user's text, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

from moniel2.source import Span

_WRITE = re.compile(r"(?:write|did you mean) `(?P<text>[^`…]+)`(?:\?|[,:].*)?$")


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

    @property
    def replacement(self) -> str | None:
        """What to write in place of the blamed words, if that is all there is to do.

        A help that begins with "write `…`" or "did you mean `…`?" says it: the line for people is where it stands.
        """
        found = _WRITE.match(self.help or "")
        return found["text"] if found else None

    def noting(self, message: str, span: Span | None = None) -> Diagnostic:
        """The same problem with one more note."""
        return replace(self, related=(*self.related, Related(message, span)))
