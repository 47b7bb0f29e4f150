"""Where the parts of a class stand in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from moniel2.backends.torch.draft import Draft, Extent
from moniel2.ir.model import Node
from moniel2.source import Span


def spans_of_slots(drafts: Sequence[Draft]) -> dict[int, Span]:
    """For each attribute by its number, the place of the node that it is of; of several to choose from, all of it."""
    return _spans(drafts, lambda extent: extent.slots)


def spans_of_steps(drafts: Sequence[Draft]) -> dict[int, Span]:
    """For each step by its number, the place of the node that it is of."""
    return _spans(drafts, lambda extent: extent.steps)


def holds(span: Span, other: Span) -> bool:
    """Whether one place is around another."""
    return _same_text(span, other) and span.start <= other.start and other.end <= span.end


def _spans(drafts: Sequence[Draft], part: Callable[[Extent], tuple[int, int]]) -> dict[int, Span]:
    # Those that lack something are brought to the form of the others, and their nodes are counted otherwise.
    definition = drafts[0].unit.block.definition
    drafts = [d for d in drafts if d.unit.block.definition == definition]
    most = max(len(d.unit.block.nodes) for d in drafts)
    found: dict[int, Span] = {}
    for draft in drafts:
        for place, span in _of_one(draft, part) if len(draft.unit.block.nodes) == most else ():
            before = found.get(place, span)
            found[place] = before.to(span) if _same_text(before, span) else before
    return found


def _of_one(draft: Draft, part: Callable[[Extent], tuple[int, int]]) -> Iterator[tuple[int, Span]]:
    nodes = draft.unit.block.nodes
    if draft.style == "sequence":
        rows = [next(copies) for _, copies in groupby(nodes, _copies)]
        yield from ((i, n.span) for i, n in enumerate(rows) if n.span is not None)
        return
    for index, extent in draft.made.items():
        span = nodes[index].span if index < len(nodes) else None
        if span is not None:
            yield from ((place, span) for place in range(*part(extent)))


def _same_text(a: Span, b: Span) -> bool:
    return a.source is b.source or a.source.name == b.source.name


def _copies(node: Node) -> object:
    """What the copies of one node share."""
    return node.id if node.first is not None else id(node)
