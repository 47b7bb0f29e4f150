"""Tensors whose names were written with a capital, ``… -> Q`` and ``[Q, K] -> MatMul``, as formulas have them."""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.semantics.outline import Outline
from moniel2.source import Span
from moniel2.syntax import tree


def meant_as_tensor(outline: Outline, name: str) -> tuple[Span, ...]:
    """Where a bare type stands as a tensor's name does: written at the end of a chain, read at the start of another.

    The first place is where it is written; nothing if it doesn't stand at both.
    """
    if outline.like_tensors is None:
        outline.like_tensors = _like_tensors(outline)
    return outline.like_tensors.get(name, ())


def small(name: str) -> str:
    """``Q`` as the name of a tensor: ``q``; ``QK`` is ``qk`` and ``Hidden`` ``hidden``."""
    return name.lower() if name.isupper() else name[0].lower() + name[1:]


def _like_tensors(outline: Outline) -> dict[str, tuple[Span, ...]]:
    written: dict[str, list[Span]] = {}
    read: dict[str, list[Span]] = {}
    for chain in _chains(outline.body.statements):
        if len(chain.items) > 1:
            for item, places in ((chain.items[-1], written), (chain.items[0], read)):
                for instance in _bare(item):
                    places.setdefault(instance.type.written, []).append(instance.span)
    return {name: (*spans, *read[name]) for name, spans in written.items() if name in read}


def _chains(statements: tuple[tree.Statement, ...]) -> Iterator[tree.Chain]:
    for statement in statements:
        if isinstance(statement, tree.Flow):
            yield statement.chain
        elif isinstance(statement, tree.If):
            yield from _chains(statement.then.statements)
            other = statement.otherwise
            yield from _chains((other,) if isinstance(other, tree.If) else other.statements if other else ())


def _bare(item: tree.Item) -> Iterator[tree.Instance]:
    """Types without id, arguments or shape: an item, or the elements of a list."""
    if isinstance(item, tree.ListItem):
        for element in item.elements:
            if len(element.chain.items) == 1:
                yield from _bare(element.chain.items[0])
    elif isinstance(item, tree.Instance) and _is_bare(item):
        yield item


def _is_bare(item: tree.Instance) -> bool:
    parts = (item.id, item.type.qualifier, item.arguments, item.trailing, item.dims)
    return all(part is None for part in parts)
