"""Every rule of the diagnostics, declared once: code, slug, severity, and the page that ``explain`` prints.

Codes: E01xx syntax, E02xx names, E03xx shapes and dtypes, E04xx values and arguments, E05xx wiring,
E06xx files and imports, E07xx limits, E08xx strict mode and code generation; W09xx warnings.

The declarations stand in the sibling modules ``rules_*.py``, read when somebody first asks: a text without mistakes
never loads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from moniel2.diagnostics.diagnostic import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """``explain`` is plain text; ``example`` causes the diagnostic, ``mended`` does not.

    In both texts a first line ``// moniel2 check --strict main.nn`` says how to call it, if not plainly; lines
    ``// --- name.nn`` begin further files.
    """

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


@lru_cache(maxsize=1)
def rules() -> Mapping[str, Rule]:
    """All rules by slug, in the order of their codes."""
    from importlib import import_module
    from pkgutil import iter_modules

    import moniel2.diagnostics as package

    for module in sorted(found.name for found in iter_modules(package.__path__)):
        if module.startswith("rules_"):
            import_module(f"{package.__name__}.{module}")
    ordered = sorted(_RULES, key=lambda r: (r.code[1:], r.code))
    return MappingProxyType({r.slug: r for r in ordered})


def find_rule(name: str) -> Rule | None:
    """The rule of a code (``E0304``, ``e304``) or a slug (``shape-mismatch``)."""
    found = rules().get(name.lower())
    if found is not None:
        return found
    wanted = name.upper()
    if wanted[1:].isdigit():
        wanted = f"{wanted[0]}{int(wanted[1:]):04d}"
    return next((r for r in rules().values() if r.code == wanted), None)
