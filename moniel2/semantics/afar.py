"""Consequences that show elsewhere: in the blocks that use what is wrong, or beside what was left out."""

from __future__ import annotations

import re
from dataclasses import replace

from moniel2.diagnostics.diagnostic import Diagnostic, Severity
from moniel2.semantics.session import Session
from moniel2.source import Span
from moniel2.syntax import tree
from moniel2.syntax.node import nodes

NO_PORTS = "Extern needs its ports in braces"
_GIVEN = frozenset(["too-many-arguments", "unknown-argument", "missing-argument", "duplicate-argument"])
"""Rules about the arguments of a block, at the place that uses it."""
_PORTS = frozenset(["wrong-count", "no-input", "no-output", "unbalanced-names", "bundle"])
_SHAPES = frozenset(["shape-mismatch", "declared-shape", "wrong-rank", "nothing-arrives"])


def near_the_cause(session: Session) -> list[Diagnostic]:
    """The diagnostics of a session without those that have their cause in another place."""
    found = session.diagnostics
    for keep in (
        _defined_once,
        _misspelt,
        _whole_blocks,
        _faulty,
        _weights,
        _joined,
        _capital,
        _one_condition,
        _one_symbol,
    ):
        if len(found) > 1:
            found = keep(session, found)
    return found


def _of(diagnostic: Diagnostic, names: set[str]) -> bool:
    """Whether a message speaks of one of these blocks."""
    return re.split(r"\W", diagnostic.message, maxsplit=1)[0] in names or diagnostic.span.text in names


def _defined_once(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """Which of two definitions of a name is meant isn't known, so nothing is said of its uses; likewise parameters."""
    twice = {d.message.split(" ")[0] for d in found if d.rule == "duplicate-parameter"}
    found = [d for d in found if not (d.rule in _GIVEN and twice and _of(d, twice))]
    names = {d.span.text for d in found if d.rule == "duplicate-definition" and d.span.text[:1].isupper()}
    if not names:
        return found
    return [d for d in found if not (d.rule in _SHAPES or (d.rule in _GIVEN | _PORTS and _of(d, names)))]


def _misspelt(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """A parameter or input that is misspelt where it is declared is one mistake, though others give it by its name."""
    inputs = {(d.replacement, d.span.text) for d in found if d.rule == "unknown-wire"}
    declared = {(d.span.text, d.replacement): d for d in found if d.rule == "unused-parameter"}
    told: list[Diagnostic] = []
    result: list[Diagnostic] = []
    sought = {d.span.text for d in found if d.rule == "unknown-wire"}
    for d in found:
        if d.rule == "unused-wire" and d.span.text in sought:
            continue  # a definition reads it from the block around it, where it can't see it
        if d.rule == "unknown-argument" and (d.replacement, d.span.text) in inputs:
            continue
        unused = declared.get((d.replacement or "", d.span.text)) if d.rule == "unknown-argument" else None
        if unused is not None:
            told.append(unused)
            d = d.noting(f"`{unused.span.text}` is declared here, and never used", unused.span)
            d = replace(d, help=f"is `{d.span.text}` misspelt there, as `{unused.span.text}`?")
        result.append(d)
    return [d for d in result if d not in told]


def _whole_blocks(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """A block that reads a tensor which nothing in it writes misses a chain, and likely an input with it; an Extern may
    miss all its ports.
    """
    missing = [d.span for d in found if d.rule == "unknown-wire" and not (d.help or "").startswith("did")]
    missing += [d.span for d in found if d.message == NO_PORTS]
    names = {
        node.name
        for unit in session.units.values()
        for node in (nodes(unit.file.body) if missing else ())
        if isinstance(node, tree.Definition) and any(_holds(node.span, span) for span in missing)
    }
    return [d for d in found if not (d.rule in _PORTS and _of(d, names))]


def _faulty(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """What a block with an error gives out isn't known, nor whether it is taken."""
    left = [d for d in found if d.rule in ("unused-node", "nothing-arrives")]
    wrong = [d.span for d in found if d.severity is Severity.ERROR] if left else []
    names = {
        node.name
        for unit in session.units.values()
        for node in (nodes(unit.file.body) if wrong else ())
        if isinstance(node, tree.Definition) and any(_holds(node.span, span) for span in wrong)
    }
    chains = [
        node.span
        for unit in session.units.values()
        for node in (nodes(unit.file.body) if names else ())
        if isinstance(node, tree.Flow) and not names.isdisjoint(re.findall(r"\w+", node.span.text))
    ]
    return [d for d in found if not (d in left and any(_holds(chain, d.span) for chain in chains))]


def _weights(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """Weights that don't fit where they are used again, because of a size that is wrong anyhow."""
    other = [d for d in found if d.rule in _SHAPES and not d.message.startswith("the weights of")]
    return [d for d in found if not other or not d.message.startswith("the weights of")]


def _joined(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """A chain that lacks an arrow ends too soon and begins again too late."""
    missing = {d.span for d in found if d.rule == "missing-arrow"}
    if not missing:
        return found
    lines = {_line(span) for span in missing}
    broken = {d.span for d in found if d.rule == "unknown-wire"} & missing
    result = []
    for d in found:
        if d.rule in ("unused-node", "nothing-arrives") and _line(d.span) in lines:
            continue
        if d.rule == "missing-arrow" and d.span in broken:
            continue
        if d.rule == "unknown-wire" and d.span in broken:
            d = replace(d, help=f"is an arrow missing before it? write `-> {d.span.text}`")
        result.append(d)
    return result


def _capital(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """Where a tensor with a capital is read stands a node into which nothing flows."""
    read = {other.span for d in found if d.rule == "capital-tensor" for other in d.related}
    return [d for d in found if not (d.rule == "nothing-arrives" and d.span in read)]


def _line(span: Span) -> tuple[str, int]:
    return span.source.name, span.source.position(span.start).line


def _one_condition(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """Where a chain holds on a condition, what is declared further on in it isn't asked as well."""
    asked = sorted((d for d in found if d.rule == "condition"), key=lambda d: d.span.start)
    later = [d for d in asked if "declared" in d.message]
    if not later or len(asked) < 2:
        return found
    dropped: list[Diagnostic] = []
    for unit in session.units.values():
        here = [d for d in asked if d.span.source == unit.source]
        for node in nodes(unit.file.body) if len(here) > 1 else ():
            if isinstance(node, tree.Flow):
                dropped += [d for d in [d for d in here if _holds(node.span, d.span)][1:] if d in later]
    return [d for d in found if d not in dropped]


def _one_symbol(session: Session, found: list[Diagnostic]) -> list[Diagnostic]:
    """A size that can't be all that is asked of it is told where that first shows."""
    first: dict[str, Diagnostic] = {}
    for d in sorted(found, key=lambda d: d.span.start):
        if asked := _UNFIT.match(d.message):
            first.setdefault(asked[0], d)
    return [d for d in found if not (asked := _UNFIT.match(d.message)) or first[asked[0]] is d]


_UNFIT = re.compile(r"no \S+ fits")


def _holds(outer: Span, inner: Span) -> bool:
    return outer.source == inner.source and outer.start <= inner.start and inner.end <= outer.end
