"""Where the parts of a draft stand in the source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from moniel2.backends.torch.draft import Draft
from moniel2.ir.model import Node
from moniel2.source import Span


def fullest(drafts: Sequence[Draft]) -> Draft:
    """The draft that lacks nothing: the others are brought to its form."""
    return max(drafts, key=lambda d: len(d.unit.block.nodes))


def spans_of_slots(draft: Draft) -> dict[int, Span]:
    """For each attribute by its number, the place of the node that it is of."""
    nodes = draft.unit.block.nodes
    if draft.style == "sequence":
        rows = [next(copies) for _, copies in groupby(nodes, _copies)]
        return {i: n.span for i, n in enumerate(rows) if n.span is not None}
    found: dict[int, Span] = {}
    for index, extent in draft.made.items():
        span = nodes[index].span if index < len(nodes) else None
        if span is not None:
            found.update(dict.fromkeys(range(*extent.slots), span))
    return found


def spans_of_steps(draft: Draft) -> dict[int, Span]:
    """For each step by its number, the place of the node that it is of."""
    nodes = draft.unit.block.nodes
    found: dict[int, Span] = {}
    for index, extent in draft.made.items():
        span = nodes[index].span if index < len(nodes) else None
        if span is not None:
            found.update(dict.fromkeys(range(*extent.steps), span))
    return found


def holds(span: Span, other: Span) -> bool:
    """Whether one place is around another."""
    same = span.source is other.source or span.source.name == other.source.name
    return same and span.start <= other.start and other.end <= span.end


def _copies(node: Node) -> object:
    """What the copies of one node share."""
    return node.id if node.first is not None else id(node)
