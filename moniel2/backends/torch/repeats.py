"""Repeated nodes: which copies can be written as one ``nn.Sequential``, one loop, one list, and which one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from moniel2.backends.torch.tree import Tree
from moniel2.ir.model import OWN_INPUT, Block, Loop, Node, PortKind, Ref


@dataclass
class Family:
    """The nodes of one id, in the order of their copies.

    ``mode``: "series" (an ``nn.Sequential``), "loop" (a ``for`` over an ``nn.ModuleList``), "beside" (a list made of
    one tensor), "each" (every copy called on its own).
    """

    id: str
    nodes: list[int]
    mode: str = "each"
    carried: int = 1  # how many outputs go from a copy to the next
    gathered: tuple[int, ...] = ()  # outputs of every copy that are read
    zipped: tuple[int, ...] = ()  # operands that come from the copy beside
    member: Tree | None = None
    keyed: bool = False
    begun: bool = False
    owners: set[int] = field(default_factory=set)  # copies with a module of their own


def families(block: Block, plain: Callable[[Node], bool]) -> dict[str, Family]:
    """Every repeated id with how it is written. ``plain``: is a node a module called with its operands alone?"""
    found: dict[str, Family] = {}
    for i, node in enumerate(block.nodes):
        if node.first is not None:
            found.setdefault(node.id, Family(node.id, [])).nodes.append(i)
    if not found:
        return found
    readers = _readers(block)
    for family in found.values():
        family.nodes.sort(key=lambda i: block.nodes[i].first or 0)
        _classify(block, family, readers, found, plain)
    _refuse_knots(block, found)
    return found


def _readers(block: Block) -> dict[Ref, list[int]]:
    """Who reads each tensor: nodes by number, the block's own outputs as -1."""
    readers: dict[Ref, list[int]] = {}
    for i, node in enumerate(block.nodes):
        for operand in node.operands:
            if isinstance(operand.source, Ref):
                readers.setdefault(operand.source, []).append(i)
    for output in block.outputs:
        for ref in output.sources:
            readers.setdefault(ref, []).append(-1)
    return readers


def plain_outputs(node: Node) -> int:
    """How many outputs a node has besides taps and last states."""
    what = node.what
    block = what.body if isinstance(what, Loop) else what
    if isinstance(block, Block):
        return sum(max(1, len(o.sources)) for o in block.outputs if o.kind is PortKind.PLAIN)
    return len(node.outputs)


def _classify(
    block: Block,
    family: Family,
    readers: dict[Ref, list[int]],
    known: dict[str, Family],
    plain: Callable[[Node], bool],
) -> None:
    nodes = [block.nodes[i] for i in family.nodes]
    shared = {n.shared for n in nodes}
    if len(shared) > 1 or any(len(n.operands) != len(nodes[0].operands) for n in nodes):
        return
    if any([o.port for o in n.operands] != [o.port for o in nodes[0].operands] for n in nodes):
        return
    if any(len(n.outputs) != len(nodes[0].outputs) for n in nodes):
        return
    if _starts_late(nodes):
        return
    if nodes[0].parallel:
        _beside(block, family, nodes, known, plain)
    else:
        _in_series(block, family, nodes, readers, plain)


def _starts_late(nodes: Sequence[Node]) -> bool:
    place = 0
    for node in nodes:
        if node.first != place:
            return True
        place += node.repeat
    return False


def _in_series(
    block: Block,
    family: Family,
    nodes: list[Node],
    readers: dict[Ref, list[int]],
    plain: Callable[[Node], bool],
) -> None:
    carried = plain_outputs(nodes[0])
    if any(plain_outputs(n) != carried for n in nodes) or carried > len(nodes[0].operands):
        return
    family.carried = carried
    members = set(family.nodes)
    for before, index in pairwise(family.nodes):
        operands = block.nodes[index].operands
        if any(operands[p].source != Ref(before, p) for p in range(carried)):
            return
        rest, first = operands[carried:], nodes[0].operands[carried:]
        if [o.source for o in rest] != [o.source for o in first]:
            return
    if any(isinstance(o.source, Ref) and o.source.node in members for n in nodes for o in n.operands[carried:]):
        return
    gathered = set()
    for index in family.nodes[:-1]:
        for port in range(len(nodes[0].outputs)):
            outside = [r for r in readers.get(Ref(index, port), ()) if r not in members]
            if outside:
                gathered.add(port)
    for port in range(carried, len(nodes[0].outputs)):
        if readers.get(Ref(family.nodes[-1], port)) and len(family.nodes) > 1:
            gathered.add(port)
    single = carried == 1 and len(nodes[0].operands) == 1 and len(nodes[0].outputs) == 1
    owned = nodes[0].shared is None
    modules = owned and all(map(plain, nodes))
    if single and not gathered and modules:
        family.mode = "series"
        return
    if owned and len(nodes) > 1 and not modules and not all(isinstance(n.what, (Block, Loop)) for n in nodes):
        return
    if gathered and any(n.repeat > 1 for n in nodes[:-1]) and any(p >= carried for p in gathered):
        return
    family.gathered = tuple(sorted(gathered))
    family.mode = "loop"


def _beside(
    block: Block, family: Family, nodes: list[Node], known: dict[str, Family], plain: Callable[[Node], bool]
) -> None:
    if len(nodes[0].outputs) != 1 or nodes[0].repeat != 1 or len({type(n.what) for n in nodes}) > 1:
        return
    if any(n.repeat != 1 for n in nodes):
        return
    zipped = []
    for position in range(len(nodes[0].operands)):
        sources = [n.operands[position].source for n in nodes]
        if all(s == sources[0] for s in sources):
            continue
        other = _whole(block, sources, known)
        if other is None or other.mode != "beside":
            return
        zipped.append(position)
    if not all(map(plain, nodes)) and len(nodes) > 1 and not zipped:
        return
    family.zipped = tuple(zipped)
    family.mode = "beside"


def _whole(block: Block, sources: Sequence[object], known: dict[str, Family]) -> Family | None:
    """The family whose copies, all of them and in order, are these sources."""
    first = sources[0]
    if not isinstance(first, Ref) or first.node == OWN_INPUT:
        return None
    family = known.get(block.nodes[first.node].id)
    if family is None or list(sources) != [Ref(i, 0) for i in family.nodes]:
        return None
    return family


def _refuse_knots(block: Block, found: dict[str, Family]) -> None:
    """A family written in one place must not need what is made from its own middle."""
    for _ in range(len(found)):
        of = list(range(len(block.nodes)))
        for family in found.values():
            if family.mode != "each":
                for i in family.nodes:
                    of[i] = family.nodes[-1]
        knot = _knot(block, of)
        if knot is None:
            return
        next(f for f in found.values() if knot in f.nodes).mode = "each"


def _knot(block: Block, of: list[int]) -> int | None:
    """A group on a cycle of groups, if there is one."""
    needs: dict[int, set[int]] = {g: set() for g in set(of)}
    for i, node in enumerate(block.nodes):
        for operand in node.operands:
            if isinstance(operand.source, Ref) and operand.source.node != OWN_INPUT:
                before = of[operand.source.node]
                if before != of[i]:
                    needs[of[i]].add(before)
    feeds: dict[int, list[int]] = {}
    for g, earlier in needs.items():
        for b in earlier:
            feeds.setdefault(b, []).append(g)
    count = {g: len(b) for g, b in needs.items()}
    ready = [g for g, n in count.items() if n == 0]
    while ready:
        g = ready.pop()
        del count[g]
        for later in feeds.get(g, ()):
            count[later] -= 1
            if count[later] == 0:
                ready.append(later)
    grouped = [g for g in sorted(count) if of.count(g) > 1]
    return grouped[0] if grouped else None


def inward(block: Block, operands: Sequence[tuple[str, Tree]]) -> dict[int, Tree]:
    """For each input of a block, the tensor that goes there."""
    waiting: dict[str, list[Tree]] = {}
    for name, tree in operands:
        waiting.setdefault(name, []).append(tree)
    found: dict[int, Tree] = {}
    for i, port in enumerate(block.inputs):
        name = port.name or str(i)
        if waiting.get(name):
            found[i] = waiting[name].pop(0)
    return found


def sequenced(block: Block, plain: Callable[[Node], bool]) -> list[list[int]] | None:
    """The nodes of a block that is one chain, from its only input to its only output; families together."""
    inputs = [i for i, p in enumerate(block.inputs) if p.bound]
    if len(inputs) != 1 or block.inputs[inputs[0]].kind is not PortKind.PLAIN:
        return None
    if len(block.outputs) != 1 or len(block.outputs[0].sources) != 1:
        return None
    found = families(block, plain)
    order: list[list[int]] = []
    at = Ref(OWN_INPUT, inputs[0])
    for i, node in enumerate(block.nodes):
        if len(node.operands) != 1 or node.shared is not None or any(node.ties):
            return None
        family = found.get(node.id) if node.first is not None else None
        if family is not None:
            if family.mode != "series":
                return None
            if i != family.nodes[0]:
                if node.operands[0].source != at:
                    return None
                order[-1].append(i)
                at = Ref(i, 0)
                continue
        if node.operands[0].source != at:
            return None
        order.append([i])
        at = Ref(i, 0)
    if block.outputs[0].sources[0] != at:
        return None
    if len({r for n in block.nodes for r in n.operands}) != len(block.nodes):
        return None
    return order
