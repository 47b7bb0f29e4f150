"""A row of steps of one loop: ``t = 1``, ``t = 2`` …, and what follows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from moniel2.dims import Dim
from moniel2.ir.model import Attribute, Node, Operand, Operation, Output, Ref, Shared, Tensor, What
from moniel2.layout.steps import STEP
from moniel2.ops.merge import Concat

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


def together(key: str, tensors: Sequence[tuple[str, Sequence[Ref], Tensor]]) -> Node:
    """A box that several tensors go through, each by its name: so that all that a row takes or gives is one."""
    what = Operation(Concat(0), (), (), Dim.of(0), "Concat")
    names = tuple(name for name, _, _ in tensors)
    operands = tuple(Operand(ref, "xs") for _, refs, _ in tensors for ref in refs)
    outputs = tuple(tensor for _, _, tensor in tensors)
    return Node(key, what, operands, outputs, names, attributes=(Attribute("label", (", ".join(names),)),))


def gathered(outputs: Sequence[Output], nodes: list[Node]) -> tuple[Output, ...]:
    """The outputs of a row: where there are several, all of them come out of one box, which is put behind ``nodes``."""
    given = [k for k, port in enumerate(outputs) if port.sources]
    if len(given) < 2:
        return tuple(outputs)
    number = len(nodes)
    nodes.append(
        together("results", [(outputs[k].name or "output", outputs[k].sources, outputs[k].tensor) for k in given])
    )
    return tuple(
        replace(port, sources=(Ref(number, given.index(k)),) if k in given else ()) for k, port in enumerate(outputs)
    )
