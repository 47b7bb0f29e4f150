"""Specializations that lack some nodes of another one, brought to its form.

``MBConv`` with and without an expansion, attention with and without a mask, a U-Net's levels and its bottom: where one
specialization's nodes are another's with some left out, and what flows past the gap is a tensor that flowed into it,
both can be one class with an ``if``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from moniel2.backends.torch.collapse import collapse, expand
from moniel2.backends.torch.tree import Unit
from moniel2.ir.model import OWN_INPUT, Block, Loop, Node, Operand, Operation, Ref

LARGEST = 400  # nodes of a block that is compared


@dataclass(frozen=True)
class Completed:
    """A block in the form of its ``template``: the nodes ``absent`` in it, and what flows past each (None: nothing).

    ``optional`` are inputs that only some specializations take.
    """

    block: Block
    template: Unit | None = None
    absent: Mapping[int, Ref | None] = field(default_factory=dict)
    optional: frozenset[int] = frozenset()

    @property
    def changed(self) -> bool:
        return self.template is not None


def renamed(units: Sequence[Unit]) -> dict[Unit, Completed]:
    """Specializations in which an ``Identity`` stands in the place of another node: there, it takes that node's id.

    It has no weights, so no key changes.
    """
    found: dict[Unit, Completed] = {}
    for unit in units:
        block = unit.block
        for other in units:
            theirs = other.block.nodes
            if len(theirs) != len(block.nodes) or len(theirs) > LARGEST or not _alike(block, other.block):
                continue
            differ = [i for i, (a, b) in enumerate(zip(block.nodes, theirs, strict=True)) if a.key != b.key]
            if not differ or not all(_identity(block.nodes[i]) and not _identity(theirs[i]) for i in differ):
                continue
            nodes = list(block.nodes)
            for i in differ:
                nodes[i] = replace(nodes[i], id=theirs[i].id, first=theirs[i].first)
            if len({n.key for n in nodes}) == len(nodes):
                found[unit] = Completed(replace(block, nodes=tuple(nodes)))
                break
    return found


def _identity(node: Node) -> bool:
    return isinstance(node.what, Operation) and node.what.name == "Identity" and not node.named


def complete(units: Sequence[Unit]) -> dict[Unit, Completed]:
    """For the specializations of one definition: those that fit the form of the largest, in it."""
    if max(len(u.block.nodes) for u in units) > LARGEST:
        return {}
    single = {u: collapse(u.block) for u in units}
    if len({len(c.block.nodes) for c in single.values()}) == 1:
        return {}
    largest = max(units, key=lambda u: len(single[u].block.nodes))
    whole = single[largest]
    found: dict[Unit, Completed] = {}
    bound: dict[int, set[bool]] = {}
    fitting = [u for u in units if _alike(u.block, largest.block) and single[u].copies.keys() == whole.copies.keys()]
    for unit in fitting:
        made = _Fitting(single[unit].block, whole.block).completed()
        if made is None:
            continue
        block, place = expand(made.block, single[unit].copies)
        absent = {place[i]: None if r is None else _placed(r, place) for i, r in made.absent.items()}
        found[unit] = Completed(block, largest, absent)
        for i, port in enumerate(unit.block.inputs):
            bound.setdefault(i, set()).add(port.bound)
    optional = frozenset(i for i, kinds in bound.items() if len(kinds) > 1)
    if not any(c.absent for c in found.values()):
        return {}
    return {u: replace(c, optional=optional) for u, c in found.items()}


def _placed(ref: Ref, place: Mapping[int, int]) -> Ref:
    return ref if ref.node == OWN_INPUT else Ref(place[ref.node], ref.port)


def _alike(block: Block, template: Block) -> bool:
    """The same ports, as far as can be seen without the nodes."""
    mine = [(i.name, i.kind, i.optional) for i in block.inputs]
    theirs = [(i.name, i.kind, i.optional) for i in template.inputs]
    outs = [(o.name, o.kind, len(o.sources)) for o in block.outputs]
    return mine == theirs and outs == [(o.name, o.kind, len(o.sources)) for o in template.outputs]


class _Fitting:
    """The nodes of ``block`` laid on those of ``template``."""

    def __init__(self, block: Block, template: Block) -> None:
        self.block, self.template = block, template
        self.through: dict[int, Ref] = {}

    def completed(self) -> Completed | None:
        theirs = {n.key: i for i, n in enumerate(self.template.nodes)}
        mine = {n.key: i for i, n in enumerate(self.block.nodes)}
        if not set(mine) <= set(theirs):
            return None
        self.to_mine = {theirs[k]: i for k, i in mine.items()}
        missing = [i for i in range(len(self.template.nodes)) if i not in self.to_mine]
        if any(not _can_be_left_out(self.template.nodes[i]) for i in missing):
            return None
        nodes: list[Node] = []
        for i, node in enumerate(self.template.nodes):
            if i not in self.to_mine:
                nodes.append(node)
                continue
            own = self.block.nodes[self.to_mine[i]]
            if not self.fits(own, node):
                return None
            # Its own names for them: another operation may stand in the same place.
            operands = (replace(t, port=o.port) for t, o in zip(node.operands, own.operands, strict=True))
            nodes.append(replace(own, operands=tuple(operands)))
        for out, other in zip(self.block.outputs, self.template.outputs, strict=True):
            if not all(self.same(t, r) for t, r in zip(other.sources, out.sources, strict=True)):
                return None
        outputs = tuple(
            replace(o, sources=t.sources) for o, t in zip(self.block.outputs, self.template.outputs, strict=True)
        )
        for i in missing:
            if i in self.through:
                tensor = self.block.tensor(self.ours(self.through[i]))
                nodes[i] = replace(nodes[i], outputs=(tensor, *nodes[i].outputs[1:]))
        block = replace(self.block, nodes=tuple(nodes), outputs=outputs, wires=self.template.wires)
        return Completed(block, None, {i: self.through.get(i) for i in missing})

    def ours(self, theirs: Ref) -> Ref:
        """Our tensor for one of the template's."""
        while theirs.node != OWN_INPUT and theirs.node not in self.to_mine:
            theirs = self.through[theirs.node]
        return theirs if theirs.node == OWN_INPUT else Ref(self.to_mine[theirs.node], theirs.port)

    def fits(self, own: Node, other: Node) -> bool:
        mine = (own.repeat, own.count, own.parallel, own.shared, own.ties)
        if mine != (other.repeat, other.count, other.parallel, other.shared, other.ties):
            return False
        if isinstance(own.what, Loop) is not isinstance(other.what, Loop):
            return False
        if len(own.operands) != len(other.operands) or len(own.outputs) != len(other.outputs):
            return False
        pairs = list(zip(other.operands, own.operands, strict=True))
        if len(pairs) > 1 and any(t.port != r.port for t, r in pairs):
            return False
        return all(self.operand(t, r) for t, r in pairs)

    def operand(self, theirs: Operand, mine: Operand) -> bool:
        if isinstance(theirs.source, Ref) and isinstance(mine.source, Ref):
            return self.same(theirs.source, mine.source)
        return theirs.source == mine.source

    def same(self, theirs: Ref, mine: Ref) -> bool:
        """Whether a tensor of the template is, here, the one of ours: itself, or what flows past what is left out."""
        if theirs.node == OWN_INPUT:
            return theirs == mine
        if theirs.node in self.to_mine:
            return Ref(self.to_mine[theirs.node], theirs.port) == mine
        if theirs.port != 0:
            return False
        if theirs.node in self.through:
            return self.same(self.through[theirs.node], mine)
        for operand in self.template.nodes[theirs.node].operands:
            if isinstance(operand.source, Ref):
                before = dict(self.through)
                if self.same(operand.source, mine):
                    self.through[theirs.node] = operand.source
                    return True
                self.through = before
        if mine.node == OWN_INPUT:
            # ``shortcut = x``, and if something is there, what comes out of that.
            self.through[theirs.node] = mine
            return True
        return False


def _can_be_left_out(node: Node) -> bool:
    if node.first is not None or node.shared is not None or node.ties:
        return False
    return not isinstance(node.what, Operation) or len(node.outputs) >= 1
