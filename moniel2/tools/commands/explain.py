"""``moniel2 explain CODE``: a diagnostic at length, with an example that causes it and the mend."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from moniel2.tools.cli import FINE, MISUSE
from moniel2.tools.console import answer, colourful, say

if TYPE_CHECKING:
    from moniel2.diagnostics.rules import Rule


def declare(parser: ArgumentParser) -> None:
    parser.add_argument(
        "code", metavar="CODE", nargs="?", help="E0304, shape-mismatch, limits, or counts; without: the list"
    )


def run(options: Namespace) -> int:
    from moniel2.diagnostics.rules import find_rule, rules

    if options.code is None:
        answer("".join(f"{rule.code}  {rule.slug:<24} {rule.title}\n" for rule in rules().values()))
        return FINE
    if options.code == "limits":
        from moniel2.limits import explain_limits

        answer(explain_limits())
        return FINE
    if options.code == "counts":
        from moniel2.tools.counts import COUNTS

        answer(COUNTS)
        return FINE
    rule = find_rule(options.code)
    if rule is None:
        from moniel2.diagnostics.suggest import did_you_mean

        known = [name for r in rules().values() for name in (r.slug, r.code)]
        help = did_you_mean(options.code, [*known, "limits", "counts"]) or "`moniel2 explain` lists them"
        say(f"there is no diagnostic `{options.code}`; {help}")
        return MISUSE
    answer(page(rule, colourful(sys.stdout)))
    return FINE


def page(rule: Rule, colour: bool = False) -> str:
    """What ``explain`` prints."""
    from moniel2.diagnostics.render import to_text
    from moniel2.tools.examples import provoke

    said = to_text([d for d in provoke(rule.example) if d.rule == rule.slug])
    sections = [("Example", rule.example), ("What is said", said), ("Mended", rule.mended)]
    bold, off = ("\x1b[1m", "\x1b[0m") if colour else ("", "")
    head = f"{bold}{rule.code} {rule.slug}{off}: {rule.title}\n\n{rule.explain}\n"
    return head + "".join(f"\n{bold}{name}{off}\n\n{_indented(text)}" for name, text in sections)


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
