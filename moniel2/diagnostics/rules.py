"""Every rule of the diagnostics, declared once: code, slug, severity, and the page that ``explain`` prints.

Codes: E01xx syntax, E02xx names, E03xx shapes and dtypes, E04xx values and arguments, E05xx wiring,
E06xx files and imports, E07xx limits, E08xx strict mode and code generation; W09xx warnings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from moniel2.diagnostics.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """``explain`` is plain text; ``example`` causes the diagnostic, ``mended`` does not."""

    code: str
    slug: str
    severity: Severity
    title: str
    explain: str
    example: str
    mended: str


_RULES: list[Rule] = []


def rule(code: str, slug: str, title: str, explain: str, example: str, mended: str) -> None:
    """Declare one rule. The first letter of the code gives the severity: E, W, or N."""
    severity = {"E": Severity.ERROR, "W": Severity.WARNING, "N": Severity.NOTE}[code[0]]
    _RULES.append(Rule(code, slug, severity, title, explain, example, mended))


def rules() -> Mapping[str, Rule]:
    """All rules by slug."""
    return MappingProxyType({r.slug: r for r in _RULES})
