"""Where the parts of a class stand in the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from moniel2.backends.torch.draft import Draft, Extent
from moniel2.ir.formula import Formula
from moniel2.ir.model import OWN_INPUT, Block, Node, Operation, Ref
from moniel2.source import Span


def spans_of_slots(drafts: Sequence[Draft]) -> dict[int, Span]:
    """For each attribute by its number, the place of the node that it is of; of several to choose from, all of it."""
    return _spans(drafts, lambda extent: extent.slots)


def spans_of_steps(drafts: Sequence[Draft]) -> dict[int, Span]:
    """For each step by its number, the place of the node that it is of."""
    return _spans(drafts, lambda extent: extent.steps)


@dataclass(frozen=True)
class Origin:
    """Where the channels that a node takes were given their number: at a place, or outside, by what enters a port."""

    place: Span | None
    port: int = -1


def origins_of_slots(drafts: Sequence[Draft]) -> dict[int, Origin]:
    """For each attribute by its number, where the number of the channels that flow into it comes from, if that is
    plain: through what keeps their number.
    """
    most = max(len(d.unit.block.nodes) for d in drafts)
    draft = next(d for d in drafts if len(d.unit.block.nodes) == most)
    found: dict[int, Origin] = {}
    for index, extent in draft.made.items():
        origin = _origin(draft.unit.block.nodes, index)
        if origin is not None:
            found.update(dict.fromkeys(range(*extent.slots), origin))
    return found


def _origin(nodes: Sequence[Node], index: int) -> Origin | None:
    for _ in nodes:
        operands = nodes[index].operands if index < len(nodes) else ()
        source = operands[0].source if operands else None
        if not isinstance(source, Ref):
            return None
        if source.node == OWN_INPUT:
            return Origin(None, source.port)
        if source.node < 0 or source.port:
            return None
        index = source.node
        node = nodes[index]
        if not isinstance(node.what, Operation):
            return Origin(node.span) if isinstance(node.what, Block) and node.span is not None else None
        if node.what.spec.category not in _KEEPS:
            return Origin(node.span) if node.what.weights and node.span is not None else None
    return None


_KEEPS = ("normalization", "activation", "regularization", "pooling")


def declared(block: Block, port: int, rank: int) -> tuple[Formula | None, ...]:
    """What the source says of each axis of an input: ``In[B, C, H, W]``."""
    span = block.inputs[port].span if 0 <= port < len(block.inputs) else None
    said = None if span is None else next((d for d in block.formulas.shapes if holds(span, d.span)), None)
    return (None,) * rank if said is None else said.of_rank(rank)


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
