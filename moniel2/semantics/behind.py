"""Whether a size is only claimed, behind a fault that has been reported.

What an operation makes of something wrong is unknown; a declared shape further on says again what it is. Faults of
their own are found there, but a size that comes from behind the fault can't be held against anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from moniel2.ir import model as ir
from moniel2.ir.model import OWN_INPUT, Ref
from moniel2.semantics.strands import Strand
from moniel2.semantics.trace import Place, inwards, outwards, passed, place_of, tensor_at

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Slot
    from moniel2.semantics.session import Session

_FAR = 2_000
"""How many operations are asked."""


_Way = tuple[Place, Ref, "int | None"]


def doubtful(builder: Builder, strands: Iterable[Strand], axis: int | None, node: Slot | None = None) -> bool:
    """Whether a fault lies between the tensors and what decides this axis of theirs (None: their rank)."""
    place = place_of(builder, node)
    ways: list[_Way] = [(place, s.source, _counted(axis, s)) for s in strands if isinstance(s.source, Ref)]
    seen: set[tuple[int, Ref, int | None]] = set()
    while ways and len(seen) < _FAR:
        place, ref, at = ways.pop()
        key = (id(place.block or place.builder), ref, at)
        if key in seen:
            continue
        seen.add(key)
        if ref.node == OWN_INPUT:
            outer = outwards(place, ref)
            ways += [(*outer, at)] if outer is not None else []
        elif 0 <= ref.node < len(place.nodes):
            if _wrong(builder.session, place, place.nodes[ref.node], ref):
                return True
            ways += _before(place, place.nodes[ref.node], ref, at)
    return False


def _counted(axis: int | None, strand: Strand) -> int | None:
    """An axis counted from the front."""
    shape = strand.tensor.shape
    return None if axis is None or not shape else axis % len(shape)


def _wrong(session: Session, place: Place, node: ir.Node | Slot, ref: Ref) -> bool:
    """Whether the fault is here: the operation failed, or what it made isn't what is declared of it."""
    if id(node.what) in session.faulty:
        return True
    known = ref.port < len(node.outputs) and node.outputs[ref.port].shape is not None
    around = place.builder.faulty if place.builder is not None else id(place.block) in session.faulty
    return around and not known


def _before(place: Place, node: ir.Node | Slot, ref: Ref, axis: int | None) -> Iterator[_Way]:
    if isinstance(node.what, ir.Block):
        inner = inwards(place, node, node.what, ref.port)
        if inner is not None:
            yield (*inner, axis)
        return
    shape = node.outputs[ref.port].shape if ref.port < len(node.outputs) else None
    if axis is not None and shape is not None and axis < len(shape):
        sources = [(node.operands[number].source, at) for number, at in passed(place, node, ref.port, axis)]
        yield from ((place, source, at) for source, at in sources if isinstance(source, Ref))
        if sources or (isinstance(node.what, ir.Operation) and node.what.spec.declared):
            return
        # It was claimed where something that flows in was unknown.
        unknown = [
            o.source for o in node.operands if isinstance(o.source, Ref) and tensor_at(place, o.source).shape is None
        ]
        yield from ((place, source, None) for source in unknown)
        return
    for operand in node.operands:
        if isinstance(operand.source, Ref):
            yield place, operand.source, None
