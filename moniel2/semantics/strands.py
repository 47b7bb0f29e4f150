"""What flows along chains while a block is being built."""

from __future__ import annotations

from dataclasses import dataclass, replace

from moniel2.ir.model import Literal, Ref, Tensor
from moniel2.source import Span


@dataclass(frozen=True, slots=True)
class Strand:
    """One tensor: where it comes from, what is known of it, and the words that brought it here.

    ``made`` and ``made_at`` say what produced it, for explanations; ``key`` is the name it was bound by.
    """

    source: Ref | Literal
    tensor: Tensor
    span: Span
    made: str
    made_at: Span
    key: str | None = None
    key_span: Span | None = None
    bundle: Span | None = None  # the Out where several tensors became one, if this is one of them
    among: Span | None = None  # the name, or the list of names, into which several tensors flow

    def at(self, span: Span) -> Strand:
        return replace(self, span=span)

    def keyed(self, key: str) -> Strand:
        return replace(self, key=key)


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that stands on one side of an arrow.

    ``everything`` are all outputs of a single source, side outputs too, for a list of names that takes them one by one.
    ``single``: it comes from one source.
    """

    strands: tuple[Strand, ...]
    everything: tuple[Strand, ...] = ()
    single: bool = False
    names: tuple[str, ...] = ()  # of ``everything``

    def at(self, span: Span) -> Bundle:
        return replace(self, strands=tuple(s.at(span) for s in self.strands))


EMPTY = Bundle(())
