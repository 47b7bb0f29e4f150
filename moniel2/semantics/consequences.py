"""One fault, one diagnostic: what only follows from something else that is reported stays silent.

While a block is built, what is unknown is passed on in silence. Here is what can be told only at the end: a statement
that couldn't be read takes with it what it wrote and read, and a block with an error in it says nothing about what it
leaves unused.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from moniel2.diagnostics.diagnostic import Diagnostic, Related, Severity
from moniel2.semantics.afar import near_the_cause
from moniel2.semantics.session import Session
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.node import nodes

if TYPE_CHECKING:
    from moniel2.diagnostics.rules import Rule

_LEFT_OVER = frozenset(["unused-wire", "unused-node", "unused-parameter", "name-once", "no-output", "nothing-arrives"])
"""Rules about what a block doesn't contain: an error in it may be the reason."""
_OF_LOST = frozenset(["name-in-both-spaces", "no-input", "moniel-trailing", "state-not-driven"])
"""Rules about what a block contains, which aren't asked where part of it couldn't be read."""
_CAUSES = {
    "unknown-wire": frozenset(["unbalanced-names", "second-driver"]),
    "optional-unbound": frozenset(["unknown-name"]),
    "wrong-count": frozenset(["unknown-path"]),
    "cycle": frozenset(["unknown-type"]),
    "unknown-path": frozenset(["state-not-driven", "unknown-type"]),
}
"""Rules that are likely to follow from others in the same block."""
_NAMES = frozenset(["unknown-wire", "unknown-name", "unknown-path", "unknown-type", "not-a-node", "import-name"])
_BRACKETS = frozenset(["unclosed-bracket", "stray-bracket"])
_USES = frozenset(["wrong-count", "no-input", "no-output", "unbalanced-names", "bundle", "unknown-argument"])
"""Rules about the ports of a block, at the place that uses it."""


def independent(session: Session) -> list[Diagnostic]:
    """The diagnostics of a compilation without those that follow from others."""
    found = near_the_cause(session)
    if not any(_severe(d) for d in found):
        return found
    texts = {unit.source: _Text(unit.file) for unit in session.units.values()}
    for diagnostic in found:
        text = texts.get(diagnostic.span.source)
        if text is not None and _severe(diagnostic):
            text.blame(diagnostic)
    torn = {name for text in texts.values() for name in text.torn}
    if any(d.rule in _BRACKETS for d in found):
        torn.add("")  # where bodies begin and end is a guess
    kept = [d for d in found if not _follows(d, texts.get(d.span.source), torn)]
    if any(_severe(d) for d in kept):
        # What a program with an error asks of its sizes isn't what it asks without it.
        kept = [d for d in kept if d.rule != "condition"]
    if any(_severe(d) and d.rule != "undecided" for d in kept):
        # As all that `--strict` asks for: what is open may only be so by an error.
        kept = [d for d in kept if d.rule != "undecided"]
    bundles = {note.span for d in found if d.rule == "bundle" for note in d.related[:1]}
    kept = [d for d in kept if d.rule != "shape-mismatch" or bundles.isdisjoint(note.span for note in d.related)]
    return _once(_paired(kept, found, texts), texts)


class _Text:
    """One file: its bodies, what of it couldn't be read, and where errors are."""

    def __init__(self, file: tree.File) -> None:
        self.bodies = sorted(_bodies(file), key=lambda b: (b[0], -b[1]))
        self.wrong: dict[int, list[Diagnostic]] = {}
        self.rules: dict[int, Counter[str]] = {}  # how often each rule is broken in a body
        self.form: dict[int, list[Diagnostic]] = {}  # mistakes of form
        self.lost: dict[int, set[str]] = {}
        self.torn: set[str] = set()
        self.open_from: int | None = None  # the brace that is never closed: what is inside what isn't known after it
        self.swallowed: set[str] = set()  # definitions that stand behind it
        for span in file.lost:
            body = self.body_of(span.start)
            self.lost.setdefault(body, set()).update(re.findall(r"\w+", span.text))
            if self.bodies[body][2]:
                self.torn.add(self.bodies[body][2])

    def body_of(self, offset: int) -> int:
        """The number of the innermost body around a place."""
        return max(i for i, (start, end, _) in enumerate(self.bodies) if start <= offset < end or i == 0)

    def blame(self, diagnostic: Diagnostic) -> None:
        if diagnostic.rule == "unclosed-bracket" and diagnostic.span.text == "{":
            self.open_from = diagnostic.span.start
            self.swallowed |= {name for start, _, name in self.bodies if start > diagnostic.span.start}
        body = self.body_of(diagnostic.span.start)
        self.wrong.setdefault(body, []).append(diagnostic)
        self.rules.setdefault(body, Counter())[diagnostic.rule] += 1
        if _of_form(diagnostic):
            self.form.setdefault(body, []).append(diagnostic)

    def others(self, body: int, diagnostic: Diagnostic) -> set[str]:
        """The rules that other errors in a body break."""
        rules = self.rules.get(body, Counter())
        mine = _severe(diagnostic) and self.body_of(diagnostic.span.start) == body
        return {rule for rule, count in rules.items() if count > (mine and rule == diagnostic.rule)}


def _bodies(file: tree.File) -> Iterator[tuple[int, int, str]]:
    """Start, end and name of the file and of each definition."""
    yield 0, len(file.span.source.text) + 1, ""
    for node in nodes(file.body):
        if isinstance(node, tree.Definition):
            yield node.span.start, node.span.end, node.name


def _follows(diagnostic: Diagnostic, text: _Text | None, torn: set[str]) -> bool:
    rule = diagnostic.rule
    if text is None or _of_form(diagnostic):
        return False
    body = text.body_of(diagnostic.span.start)
    words = diagnostic.span.text
    if rule in _USES and torn:
        return True
    if rule in ("unused-node", "nothing-arrives") and words in torn:
        return True
    if rule == "no-main":
        return bool(text.others(body, diagnostic))
    if rule in ("unused-parameter", "unused-wire") and "no-output" in text.others(body, diagnostic):
        return True
    if rule == "unknown-type" and words in text.swallowed:
        return True
    if rule in _LEFT_OVER:
        return not text.others(body, diagnostic) <= _LEFT_OVER
    if rule in _CAUSES and text.others(body, diagnostic) & _CAUSES[rule]:
        return True
    if any(_overlap(d, diagnostic) for d in text.form.get(body, ())):
        return True
    if text.open_from is not None and (diagnostic.span.start > text.open_from or rule == "recursive-definition"):
        return True
    if rule == "no-input" and any(_inside(d.span, diagnostic.span) for d in text.wrong.get(body, ())):
        return True
    lost = text.lost.get(body)
    if rule in _OF_LOST and lost is not None:
        return True
    if rule not in _NAMES and rule not in ("missing-argument", "bad-value"):
        return False
    named = set(re.findall(r"\w+", words))
    return any(named & found for place, found in text.lost.items() if place in (0, body))


def _of_form(diagnostic: Diagnostic) -> bool:
    return _rule(diagnostic.rule).code.startswith("E01")


def _overlap(form: Diagnostic, other: Diagnostic) -> bool:
    """Whether a mistake of form stands in the very words that another diagnostic blames."""
    a, b = form.span, other.span
    return a.start < b.end and b.start < a.end


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end and inner != outer


def _paired(kept: Sequence[Diagnostic], found: Sequence[Diagnostic], texts: dict[Source, _Text]) -> list[Diagnostic]:
    """A wire that nothing writes, and beside it one that nothing reads: likely the same, misspelt."""
    result = []
    for diagnostic in kept:
        text = texts.get(diagnostic.span.source)
        if diagnostic.rule == "unknown-wire" and text is not None:
            body = text.body_of(diagnostic.span.start)
            unread: list[Span] = [
                d.span
                for d in found
                if d.rule == "unused-wire"
                and d.span.source == diagnostic.span.source
                and text.body_of(d.span.start) == body
            ]
            if len(unread) == 1:
                (span,) = unread
                diagnostic = diagnostic.noting(f"`{span.text}` is written here, and nothing reads it", span)
        result.append(diagnostic)
    return result


def _once(found: Sequence[Diagnostic], texts: dict[Source, _Text]) -> list[Diagnostic]:
    """A name that nothing gives a meaning is one fault, however often it is read: told where it is read first."""
    first: dict[tuple[object, ...], int] = {}
    result: list[Diagnostic] = []
    for diagnostic in sorted(found, key=lambda d: (d.span.source.name, d.span.start)):
        text = texts.get(diagnostic.span.source)
        if diagnostic.rule not in _MISSING or text is None:
            result.append(diagnostic)
            continue
        # A type means the same wherever it is used.
        body = text.body_of(diagnostic.span.start) if diagnostic.rule != "unknown-type" else 0
        # An index past the end is one fault, whatever the lists.
        said = diagnostic.message.partition(":")[0] if diagnostic.message.startswith("index") else diagnostic.message
        what = said if diagnostic.rule in ("bad-value", "not-whole") else diagnostic.span.text
        key = (diagnostic.rule, diagnostic.span.source, body, what)
        if key not in first:
            first[key] = len(result)
            result.append(diagnostic)
            continue
        before = result[first[key]]
        if sum(note.message == "and here" for note in before.related) < 3:
            notes = before.related
            at = next((i for i, n in enumerate(notes) if n.message.startswith("in ")), len(notes))
            more = (*notes[:at], Related("and here", diagnostic.span), *notes[at:])
            result[first[key]] = dataclasses.replace(before, related=more)
    return result


_MISSING = frozenset(["unknown-name", "unknown-wire", "unknown-type", "bad-value", "not-whole"])


def _severe(diagnostic: Diagnostic) -> bool:
    return _rule(diagnostic.rule).severity is Severity.ERROR


def _rule(slug: str) -> Rule:
    from moniel2.diagnostics.rules import rules

    return rules()[slug]
