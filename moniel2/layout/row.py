"""A row of steps of one loop: ``t = 1``, ``t = 2`` …, and what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from moniel2.dims import Dim
from moniel2.ir.model import Attribute, Node, Operand, Shared, Tensor, What
from moniel2.layout.steps import STEP

REST = "…"  # the steps that aren't drawn one by one


def steps_of(total: Dim | None, most: int) -> list[str]:
    """Which steps are drawn: so many, and the rest as one if there are more or nobody knows."""
    known = total.constant if total is not None else None
    count = most if known is None else min(most, known)
    names = [f"t = {n + 1}" for n in range(count)]
    return names if known is not None and known <= most else [*names, REST]


@dataclass(slots=True)
class Row:
    """The nodes of steps as they are made, from the first in time or, if a loop runs backwards, from the last."""

    nodes: list[Node] = field(default_factory=list)

    def add(
        self,
        place: str,
        places: Sequence[str],
        name: str,
        what: What,
        operands: tuple[Operand, ...],
        outputs: tuple[Tensor, ...],
        key: str = "",
        sides: tuple[str, ...] = (),
        output_names: tuple[str, ...] = (),
    ) -> Node:
        """One more step. The middle one may be opened, the others are closed unless the reader asks."""
        told = [Attribute("label", (name,)), Attribute(STEP, (place,))]
        steps = len([p for p in places if p != REST])
        told += [Attribute("collapse")] if places.index(place) != (steps - 1) // 2 else []
        told += [Attribute("sides", sides)] if sides else []
        number = "rest" if place == REST else f"t{place.rpartition(' ')[2]}"
        own = f"{key}{number}"
        first = next((n.id for n in self.nodes if n.id.startswith(key) and n.attribute(STEP) is not None), None)
        shared = Shared(0, (first,)) if first is not None else None
        names = output_names or tuple(f"out{k or ''}" for k in range(len(outputs)))
        made = Node(own, what, operands, outputs, names, shared=shared, attributes=tuple(told))
        self.nodes.append(made)
        return made

    def in_time(self, backwards: bool) -> list[int]:
        """The numbers of the nodes, the first step first."""
        order = [k for k, node in enumerate(self.nodes) if node.attribute(STEP) is not None]
        return order[::-1] if backwards else order
