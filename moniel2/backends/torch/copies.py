"""Repeats as steps: one ``nn.Sequential``, a loop over copies, copies side by side, or each on its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moniel2.backends.torch.code import called, one
from moniel2.backends.torch.draft import Beside, Bind, Each, Slot
from moniel2.backends.torch.hints import plural, singular
from moniel2.backends.torch.maker import copies_of, inits
from moniel2.backends.torch.repeats import Family
from moniel2.backends.torch.tree import Leaf, Member, Open, Runs, Term, Tree, Unwritable, Value, plus
from moniel2.ir.model import Node, Operation, Ref, Tensor

if TYPE_CHECKING:
    from moniel2.backends.torch.drafter import Drafter


def runs(drafter: Drafter, family: Family, container: str) -> Tree | None:
    """The attribute of a family; None if its copies have no modules of their own."""
    members = [drafter.block.nodes[i] for i in family.nodes]
    runs: list[tuple[int | Open, Tree]] = []
    number = 0
    indices: list[str] = []
    for node in members:
        make = drafter.maker.make(node) if node.shared is None else None
        if make is None:
            continue
        drafter.maker.tie(node, f"{drafter.maker.attribute[node.id]}.*")
        runs.append((copies_of(node), make))
        number += node.repeat
        family.owners.add(node.first or 0)
        if node.repeat < 1000:
            indices += [str(i) for i in range(node.first or 0, (node.first or 0) + node.repeat)]
    if not runs:
        return None
    dense = number == (members[-1].first or 0) + members[-1].repeat
    family.keyed = not dense
    if not dense and any(n.count is not None for n in members):
        raise Unwritable("copies that are not all there, of an open number")
    tree = Runs(container, tuple(runs)) if dense else Runs("nn.ModuleDict", tuple(runs), tuple(indices))
    attribute = drafter.maker.attribute[members[0].id]
    drafter.maker.slots.append(Slot(attribute, tree, init=inits(members[0], drafter.drafts)))
    return Member(attribute)


def series(drafter: Drafter, family: Family) -> None:
    module = runs(drafter, family, "nn.Sequential")
    first = drafter.block.nodes[family.nodes[0]]
    source = drafter.operands(first)[0][1]
    called = Term("apply", "", (module or Leaf(None), source))
    drafter.out(family.nodes[-1], 0, called, heavy=True, id=first.id if first.named else "")


def loop(drafter: Drafter, family: Family) -> None:
    nodes = [drafter.block.nodes[i] for i in family.nodes]
    first, last = nodes[0], nodes[-1]
    count = family.carried
    over = runs(drafter, family, "nn.ModuleList")
    operands = drafter.operands(first)
    start = [operands[p][1] for p in range(count)]
    carried = tuple(drafter.value(last.outputs[p], drafter.hint(family.nodes[-1], p)) for p in range(count))
    operands[:count] = [(o[0], Value(v)) for o, v in zip(operands, carried, strict=False)]
    item = -1
    if over is None:
        # The same weights, or none, again and again.
        module = drafter.module(first) if first.shared is not None else None
        over = Term("call", "range", (Leaf(_together(nodes)),), ("",))
    else:
        item = drafter.value(Tensor(None), singular(first.id))
        module = Value(item)
    code = drafter.code(first, module, operands)
    sides = tuple(drafter.value(first.outputs[p], first.output_names[p]) for p in range(count, len(first.outputs)))
    values = (*carried, *sides)
    gathered = []
    if family.gathered and any(n.count is not None for n in nodes):
        raise Unwritable("what an open number of copies gives out")
    for port in family.gathered:
        whole = drafter.value(Tensor(None), plural(drafter.hints[values[port]] or first.id))
        gathered.append((values[port], whole))
        drafter.lengths[whole] = sum(n.repeat for n in nodes)
        for node, index in zip(nodes, family.nodes, strict=True):
            number = (node.first or 0) + node.repeat - 1
            drafter.read[Ref(index, port)] = Term("index", "", (Value(whole), Leaf(number)))
    for port, value in enumerate(values):
        if port < count or port not in family.gathered:
            drafter.read[Ref(family.nodes[-1], port)] = Value(value)
    drafter.steps.append(Each(over, item, tuple(start), carried, sides, tuple(gathered), one(code)))


def beside(drafter: Drafter, family: Family) -> None:
    first = drafter.block.nodes[family.nodes[0]]
    module = one_for_all(drafter, family)
    over = runs(drafter, family, "nn.ModuleList") if module is None else None
    items: list[int] = []
    overs: list[Tree] = []
    if over is not None:
        items.append(drafter.value(Tensor(None), singular(first.id)))
        overs.append(over)
        module = Value(items[0])
    operands = drafter.operands(first)
    for position in family.zipped:
        tree = operands[position][1]
        assert isinstance(tree, Term)
        before = waiting(drafter, family, position, len(items))
        if before is not None:
            # ``[self.act(layer(x)) for layer in self.layers]``: a copy goes on in the same line.
            drafter.steps.pop()
            items = [*before.items, *items]
            overs = [*before.over, *overs]
            operands[position] = (operands[position][0], before.tree)
            continue
        items.append(drafter.value(first.outputs[0], ""))
        overs.append(tree.children[0])
        operands[position] = (operands[position][0], Value(items[-1]))
    if first.shared is not None:
        module = drafter.module(first)
    if not overs:
        # Nothing tells the copies apart.
        items.append(drafter.value(Tensor(None), "_"))
        overs.append(Term("call", "range", (Leaf(len(family.nodes)),), ("",)))
    code = drafter.code(first, module, operands)
    whole = drafter.value(Tensor(None), plural(first.id))
    drafter.lengths[whole] = len(family.nodes)
    for place, index in enumerate(family.nodes):
        drafter.read[Ref(index, 0)] = Term("index", "", (Value(whole), Leaf(place)))
    drafter.steps.append(Beside(whole, tuple(items), tuple(overs), one(code)))


def one_for_all(drafter: Drafter, family: Family) -> Tree | None:
    """The module that copies without weights share; None if each has to have its own."""
    nodes = [drafter.block.nodes[i] for i in family.nodes]
    first = nodes[0]
    if not isinstance(first.what, Operation) or first.what.weights or first.shared is not None:
        return None
    makes = [drafter.maker.make(n) for n in nodes]
    return drafter.module(first) if all(make == makes[0] for make in makes) else None


def waiting(drafter: Drafter, family: Family, position: int, more: int) -> Beside | None:
    """The list made just before, if these copies alone read it, each its own part of it once.

    ``more`` lists are gone through beside those that it is made from.
    """
    before = drafter.steps[-1] if drafter.steps else None
    if not isinstance(before, Beside) or len(before.items) + more > MOST_AT_ONCE:
        return None
    nodes = drafter.block.nodes
    made = {nodes[i].operands[position].source for i in family.nodes}
    read = [o.source for n in nodes for o in n.operands if o.source in made]
    alone = len(read) == len(made) == len(family.nodes)
    given = any(source in made for o in drafter.block.outputs for source in o.sources)
    tree = drafter.operands(nodes[family.nodes[0]])[position][1]
    ours = isinstance(tree, Term) and tree.children[0] == Value(before.out)
    return before if ours and alone and not given else None


MOST_AT_ONCE = 2
"""Lists that one line goes through."""


def copy(drafter: Drafter, family: Family, index: int) -> None:
    """One copy of an irregular family, called by its number."""
    node = drafter.block.nodes[index]
    if not family.begun:
        family.begun = True
        family.member = runs(drafter, family, "nn.ModuleList")
    low = node.first or 0
    module: Tree | None = None
    if node.shared is not None:
        module = drafter.module(node)
    elif family.member is not None and low in family.owners:
        module = Term("index", "", (family.member, Leaf(str(low) if family.keyed else low)))
    if node.count is not None:
        raise Unwritable("an open number of copies one by one")
    if node.repeat == 1:
        drafter.bind(index, drafter.code(node, module, drafter.operands(node)))
        return
    operands = drafter.operands(node)
    carried = tuple(drafter.value(t, drafter.hint(index, p)) for p, t in enumerate(node.outputs))
    start = tuple(t for _, t in operands[: len(carried)])
    operands[: len(carried)] = [(o[0], Value(v)) for o, v in zip(operands, carried, strict=False)]
    item = -1
    over: Tree = Term("call", "range", (Leaf(node.repeat),), ("",))
    if module is not None and node.shared is None:
        item = drafter.value(Tensor(None), "index")
        over = Term("call", "range", (Leaf(low), Leaf(low + node.repeat)), ("", ""))
        module = Term("index", "", (family.member or Leaf(None), Value(item)))
    code = drafter.code(node, module, operands)
    for port, value in enumerate(carried):
        drafter.read[Ref(index, port)] = Value(value)
    drafter.steps.append(Each(over, item, start, carried, (), (), one(code)))


def again(drafter: Drafter, index: int) -> None:
    """The same module (or nothing of its own) several times in a row."""
    node = drafter.block.nodes[index]
    module = drafter.module(node)
    operands = drafter.operands(node)
    start = tuple(tree for _, tree in operands[: len(node.outputs)])
    count, more = copies_of(node), 0
    before = drafter.steps[-1] if drafter.steps else None
    if isinstance(before, Bind) and start == (Value(before.outs[0]),) and read_once(drafter, node):
        taken = origin(drafter, before)
        if before.tree == called(module, [("", t) for t in taken]).tree:
            # The first time stands with the others.
            drafter.steps.pop()
            start, more = taken, 1
    carried = tuple(drafter.value(t, drafter.hint(index, p)) for p, t in enumerate(node.outputs))
    operands[: len(carried)] = [(o[0], Value(v)) for o, v in zip(operands, carried, strict=False)]
    code = drafter.code(node, module, operands)
    for port, value in enumerate(carried):
        drafter.read[Ref(index, port)] = Value(value)
    over = Term("call", "range", (Leaf(plus(count, more)),), ("",))
    drafter.steps.append(Each(over, -1, start, carried, (), (), one(code)))


def _together(nodes: Sequence[Node]) -> int | Open:
    total: int | Open = 0
    for node in nodes:
        total = plus(total, copies_of(node))
    return total


def origin(drafter: Drafter, step: Bind) -> tuple[Tree, ...]:
    """What a step's module is called with, if that is one tensor."""
    children = step.tree.children if isinstance(step.tree, Term) else ()
    return children[1:] if len(children) == 2 and not step.pick else ()


def read_once(drafter: Drafter, node: Node) -> bool:
    """Whether nobody else reads what flows into a node."""
    source = node.operands[0].source
    readers = [o for n in drafter.block.nodes for o in n.operands if o.source == source]
    return len(node.operands) == 1 == len(readers) and not any(source in o.sources for o in drafter.block.outputs)
