"""Drafting a block: its nodes in order, each as an attribute and a step."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

from moniel2.backends.torch import lower, names
from moniel2.backends.torch.complete import Completed
from moniel2.backends.torch.draft import Beside, Bind, Draft, Drafts, Each, Entry, Extent, Loan, Slot, Step
from moniel2.backends.torch.hidden import hidden, open_sizes, trees, unknown
from moniel2.backends.torch.hints import hints, plural, singular
from moniel2.backends.torch.maker import Maker, extern_arguments, inits, unsized
from moniel2.backends.torch.paths import locate
from moniel2.backends.torch.repeats import Family, families, inward
from moniel2.backends.torch.tree import EXTERN, Far, Leaf, Member, Runs, Term, Tree, Unit, Value
from moniel2.backends.torch.wholes import whole_lists
from moniel2.dims import Dim
from moniel2.ir.model import OWN_INPUT, Block, Extern, Literal, Loop, Node, Operation, PortKind, Ref, Tensor
from moniel2.ops import spec

_LIGHT = frozenset(
    {
        spec.Category.NORMALIZATION,
        spec.Category.ACTIVATION,
        spec.Category.POOLING,
        spec.Category.MERGE,
        spec.Category.TENSOR,
        spec.Category.REGULARIZATION,
    }
)


def draft(unit: Unit, drafts: Drafts, completed: Completed | None = None) -> Draft:
    """The draft of one unit; those of the units inside it are made already."""
    return Drafter(unit, drafts, completed or Completed(unit.block)).draft()


@dataclass(frozen=True, slots=True)
class Code:
    """A node's code: one expression, or one for each output. ``single``: only the first output comes out."""

    tree: Tree
    pick: tuple[tuple[int, ...], ...] = ()
    parts: tuple[Tree, ...] = ()
    single: bool = False


class Drafter:
    """State of one draft."""

    def __init__(self, unit: Unit, drafts: Drafts, completed: Completed) -> None:
        self.unit, self.drafts, self.completed = unit, drafts, completed
        self.block = completed.block
        self.maker = Maker(self.block, drafts)
        self.called = hints(self.block)
        self.tensors: list[Tensor] = []
        self.hints: list[str] = []
        self.entries: list[Entry] = []
        self.steps: list[Step] = []
        self.loans: dict[Loan, int] = {}
        self.read: dict[Ref, Tree] = {}
        self.extents: dict[int, Extent] = {}
        self.absent: set[int] = set()
        self.lengths: dict[int, int] = {}  # of values that are lists
        self.families = families(self.block, self.maker.plain)

    def draft(self) -> Draft:
        for i, port in enumerate(self.block.inputs):
            open_port = i in self.completed.optional
            if not port.bound and port.kind is not PortKind.STATE and not open_port:
                continue
            value = self.value(port.tensor, port.name)
            self.read[Ref(OWN_INPUT, i)] = Value(value)
            optional = open_port or (port.kind is PortKind.STATE and self.unit.looped)
            self.entries.append(Entry(value, port.name, port.kind, i, optional))
        chain = None if self.unit.looped or self.completed.changed else self.maker.sequence()
        if chain is not None:
            return self.finished("sequence", tuple(Slot(str(i), t) for i, t in enumerate(chain)))
        self.maker = Maker(self.block, self.drafts)
        for group in self.order():
            self.group(group)
        style = "loop" if self.unit.looped else "module"
        if style == "module" and any(s.attribute.isdigit() for s in self.maker.slots):
            style = "keyed"
        return self.finished(style, tuple(self.maker.slots))

    def finished(self, style: str, slots: tuple[Slot, ...]) -> Draft:
        returns = [] if style == "sequence" else [self.returned(r) for o in self.block.outputs for r in o.sources]
        sizes = self.hand_in()
        return Draft(
            self.unit,
            style,
            tuple(sorted(self.entries, key=lambda e: e.optional)),
            slots,
            tuple(self.steps),
            tuple(returns),
            tuple(self.tensors),
            tuple(self.hints),
            sizes,
            tuple(self.maker.ties),
            tuple(self.maker.sources.values()),
            tuple(self.maker.left),
            self.extents,
            frozenset(self.absent),
        )

    def hand_in(self) -> tuple[tuple[int, Dim], ...]:
        """What the steps need and no input shows is handed in: sizes, and the device of a block without inputs."""
        shown = [d for e in self.entries if not e.optional for d in self.tensors[e.value].shape or ()]
        needed: dict[Dim, None] = {}
        for size in open_sizes(self.steps):
            for part in hidden(size, shown):
                needed.setdefault(part)
        named = {s: n for n, s in (*self.block.parameters, *self.block.sizes) if isinstance(s, Dim)}
        found = []
        for size in needed:
            value = self.value(Tensor(None), "")
            self.entries.append(Entry(value, named.get(size, str(size)), size=True))
            found.append((value, size))
        if all(e.apart for e in self.entries) and any(
            isinstance(t, Term) and t.head == "device" for t in trees(self.steps)
        ):
            self.entries.append(Entry(self.value(Tensor(None), ""), "device", device=True, optional=True))
        return tuple(found)

    def returned(self, ref: Ref) -> int:
        tree = self.read[ref]
        if isinstance(tree, Value):
            return tree.number
        value = self.value(self.block.tensor(ref), "")
        self.steps.append(Bind((value,), tree))
        return value

    def value(self, tensor: Tensor, hint: str) -> int:
        self.tensors.append(tensor)
        self.hints.append(hint)
        return len(self.tensors) - 1

    # ------------------------------------------------------------------------------------- order

    def order(self) -> Iterator[list[int]]:
        """Nodes in dependency order, the members of a family that is written in one place together."""
        groups = [[i] for i in range(len(self.block.nodes))]
        of = list(range(len(groups)))
        for family in self.families.values():
            if family.mode != "each":
                groups[family.nodes[-1]] = list(family.nodes)
                for i in family.nodes:
                    of[i] = family.nodes[-1]
        live = sorted(set(of))
        needs: dict[int, set[int]] = {g: set() for g in live}
        feeds: dict[int, set[int]] = {g: set() for g in live}
        for i, node in enumerate(self.block.nodes):
            for operand in node.operands:
                if isinstance(operand.source, Ref) and operand.source.node != OWN_INPUT:
                    before = of[operand.source.node]
                    if before != of[i]:
                        needs[of[i]].add(before)
                        feeds[before].add(of[i])
        ready = [g for g in live if not needs[g]]
        heapq.heapify(ready)
        while ready:
            g = heapq.heappop(ready)
            yield groups[g]
            for later in feeds[g]:
                needs[later].discard(g)
                if not needs[later]:
                    heapq.heappush(ready, later)

    # ------------------------------------------------------------------------------------- nodes

    def group(self, indices: list[int]) -> None:
        index = indices[0]
        if index in self.completed.absent:
            self.skip(index)
            return
        before = (len(self.maker.slots), len(self.steps), len(self.tensors))
        node = self.block.nodes[index]
        family = self.families.get(node.id) if node.first is not None else None
        if family is None and node.repeat > 1:
            self.again(index)
        elif family is None:
            self.single(index)
        elif family.mode == "series":
            self.series(family)
        elif family.mode == "loop":
            self.loop(family)
        elif family.mode == "beside":
            self.beside(family)
        else:
            self.copy(family, index)
        slots, steps, values = before
        self.extents[index] = Extent(
            (slots, len(self.maker.slots)), (steps, len(self.steps)), (values, len(self.tensors))
        )

    def skip(self, index: int) -> None:
        """A node that another specialization has and this one doesn't: the same slots and steps, not present."""
        template = self.drafts.made[self.completed.template or self.unit]
        extent = template.made[index]
        self.maker.slots += [replace(s, present=False) for s in template.slots[slice(*extent.slots)]]
        through = self.completed.absent[index]
        goes_on = self.read.get(through) if through is not None else None
        on = goes_on.number if isinstance(goes_on, Value) else -1
        for value in range(*extent.values):
            self.value(self.tensors[on] if on >= 0 else template.tensors[value], template.hints[value])
            self.absent.add(value)
        for step in template.steps[slice(*extent.steps)]:
            assert isinstance(step, Bind)
            self.steps.append(replace(step, present=False, through=on))
            for port, out in enumerate(step.outs):
                self.read[Ref(index, port)] = Value(out)
        self.extents[index] = extent

    def single(self, index: int) -> None:
        node = self.block.nodes[index]
        self.bind(index, self.code(node, self.module(node), self.operands(node)))

    def again(self, index: int) -> None:
        """The same module (or nothing of its own) several times in a row."""
        node = self.block.nodes[index]
        module = self.module(node)
        operands = self.operands(node)
        start = tuple(tree for _, tree in operands[: len(node.outputs)])
        count = node.repeat
        before = self.steps[-1] if self.steps else None
        if isinstance(before, Bind) and start == (Value(before.outs[0]),) and self.read_once(node):
            origin = self.origin(before)
            if before.tree == called(module, [("", t) for t in origin]).tree:
                # The first time stands with the others.
                self.steps.pop()
                start, count = origin, count + 1
        carried = tuple(self.value(t, self.hint(index, p)) for p, t in enumerate(node.outputs))
        operands[: len(carried)] = [(o[0], Value(v)) for o, v in zip(operands, carried, strict=False)]
        code = self.code(node, module, operands)
        for port, value in enumerate(carried):
            self.read[Ref(index, port)] = Value(value)
        over = Term("call", "range", (Leaf(count),), ("",))
        self.steps.append(Each(over, -1, start, carried, (), (), one(code)))

    def origin(self, step: Bind) -> tuple[Tree, ...]:
        """What a step's module is called with, if that is one tensor."""
        children = step.tree.children if isinstance(step.tree, Term) else ()
        return children[1:] if len(children) == 2 and not step.pick else ()

    def read_once(self, node: Node) -> bool:
        """Whether nobody else reads what flows into a node."""
        source = node.operands[0].source
        readers = [o for n in self.block.nodes for o in n.operands if o.source == source]
        return len(node.operands) == 1 == len(readers) and not any(source in o.sources for o in self.block.outputs)

    def bind(self, index: int, code: Code) -> None:
        node = self.block.nodes[index]
        heavy = is_heavy(node)
        if isinstance(code.tree, Value) and not code.parts:
            # The sum of one tensor is that tensor.
            self.read[Ref(index, 0)] = code.tree
            return
        if code.parts:
            for port, part in enumerate(code.parts):
                self.out(index, port, part, heavy)
            return
        outputs = node.outputs[:1] if code.single else node.outputs
        outs = tuple(self.value(t, self.hint(index, p)) for p, t in enumerate(outputs))
        for port, value in enumerate(outs):
            self.read[Ref(index, port)] = Value(value)
        self.steps.append(Bind(outs, code.tree, code.pick, heavy))

    def out(self, index: int, port: int, tree: Tree, heavy: bool = False) -> None:
        value = self.value(self.block.nodes[index].outputs[port], self.hint(index, port))
        self.read[Ref(index, port)] = Value(value)
        self.steps.append(Bind((value,), tree, (), heavy))

    def hint(self, index: int, port: int) -> str:
        """What the source calls this tensor."""
        return self.called.get(Ref(index, port), "")

    def operands(self, node: Node) -> list[tuple[str, Tree]]:
        return [
            (o.port, Leaf(o.source.value) if isinstance(o.source, Literal) else self.read.get(o.source, Leaf(None)))
            for o in node.operands
        ]

    def module(self, node: Node) -> Tree | None:
        """How the node's module is reached, made as an attribute if it is its own; None if it has none."""
        if node.shared is not None:
            if node.shared.up:
                return self.borrow(Loan(node.shared.up, node.shared.path))
            return self.reach(node.shared.path)
        make = self.maker.make(node)
        if make is None:
            return None
        attribute = self.maker.attribute[node.id]
        self.maker.tie(node, attribute)
        self.maker.slots.append(Slot(attribute, make, init=inits(node), idle=self.idle(node, make)))
        return Member(attribute)

    def idle(self, node: Node, make: Tree) -> bool:
        """Whether nothing tells the node's module from an equal one."""
        stub = isinstance(make, Term) and make.text == "Missing"
        return not (node.named or stub or self.drafts.node_owns(node))

    # ------------------------------------------------------------------------------------- calls

    def code(self, node: Node, module: Tree | None, operands: list[tuple[str, Tree]]) -> Code:
        """How a node is written. ``module`` is how its module is reached, None if it has none."""
        match node.what:
            case Operation():
                return self.operation(node, node.what, module, operands)
            case Extern():
                return self.extern(node.what, module, operands)
            case Block() | Loop():
                return Code(self.applied(Unit.of(node.what), module, operands))
        return called(module, operands)

    def applied(self, unit: Unit, module: Tree | None, operands: list[tuple[str, Tree]]) -> Tree:
        """A call of a block: its inputs, and what it is handed beside them."""
        inner = self.drafts.made[unit]
        given = inward(unit.block, operands)
        sizes = dict(inner.sizes)
        children: list[Tree] = [module or Leaf(None)]
        keys = [""]
        keyed = False
        for entry in inner.entries:
            tree: Tree | None
            if entry.size:
                tree = Leaf(lower.scalar(sizes[entry.value]))
            elif entry.device:
                tree = Term("device")
            elif entry.loan is not None:
                tree = self.lend(entry.loan)
            else:
                tree = given.get(entry.port)
            if tree is None:
                keyed = True
                continue
            children.append(tree)
            keys.append(names.variable(names.snake(entry.name)) if keyed else "")
        return Term("apply", "", tuple(children), tuple(keys))

    def lend(self, loan: Loan) -> Tree:
        """What an inner block borrows: ours, or borrowed in turn."""
        if loan.up > 1:
            return self.borrow(Loan(loan.up - 1, loan.path, loan.weight))
        return self.reach(loan.path, loan.weight)

    def borrow(self, loan: Loan) -> Tree:
        if loan not in self.loans:
            value = self.value(Tensor(None), "")
            self.loans[loan] = value
            name = loan.path[-2 if loan.weight and len(loan.path) > 1 else -1]
            self.entries.append(Entry(value, name, loan=loan))
        return Value(self.loans[loan])

    def reach(self, path: tuple[str, ...], weight: bool = False) -> Tree:
        """A module or weight inside this block, by the ids on the way."""
        steps, typed = locate(self.block, path, weight, self.drafts.made)
        if len(steps) == 1 and not steps[0].isdigit():
            return Member(steps[0])
        return Far(".".join(steps), weight, typed)

    def operation(
        self, node: Node, operation: Operation, module: Tree | None, operands: list[tuple[str, Tree]]
    ) -> Code:
        lowered = self.maker.lowered(node)
        if lowered is None:
            return called(module, operands)
        lowering = self.maker.lowering(node, operation)
        ports: dict[str, list[Tree]] = {}
        for port, tree in operands:
            ports.setdefault(port, []).append(tree)
        lowering = replace(lowering, ports=ports)
        if isinstance(lowered, spec.Layer):
            functional = self.maker.functional(node)
            if functional is not None and unsized(operation):
                return self.stub(node, operands)
            if functional is not None:
                return Code(self.with_weights(node, lowering).tree(functional))
            return self.layer_call(node, lowered, module, lowering)
        parts = tuple(map(lowering.tree, lowered)) if isinstance(lowered, tuple) else (lowering.tree(lowered),)
        shapes = {self.block.tensor(o.source).shape for o in node.operands if isinstance(o.source, Ref)}
        parts = tuple(whole_lists(p, self.lengths, len(shapes) == 1 and None not in shapes) for p in parts)
        if lowering.lacking or unsized(operation) or any(map(unknown, parts)):
            return self.stub(node, operands)
        return Code(Leaf(None), parts=parts) if isinstance(lowered, tuple) else Code(parts[0])

    def stub(self, node: Node, operands: list[tuple[str, Tree]]) -> Code:
        """An expression with sizes that nobody knows."""
        attribute = self.maker.attribute[node.id]
        if not any(s.attribute == attribute for s in self.maker.slots):
            self.maker.slots.append(Slot(attribute, self.maker.missing(node, "needs sizes that are not known")))
        return called(Member(attribute), operands)

    def layer_call(self, node: Node, layer: spec.Layer, module: Tree | None, lowering: lower.Lowering) -> Code:
        simplest = self.maker.simplest(node, layer)
        if simplest.call is not None:
            args = tuple(map(lowering.tree, simplest.call))
        else:
            args = tuple(t for port in node_ports(node) for t in lowering.ports.get(port, ()))
        kwargs = {k: lowering.tree(v) for k, v in simplest.call_kwargs.items()}
        keys = ("", *("" for _ in args), *kwargs)
        tree = Term("apply", "", (module or Leaf(None), *args, *kwargs.values()), keys)
        return Code(tree, simplest.pick or (), single=simplest is not layer)

    def with_weights(self, node: Node, lowering: lower.Lowering) -> lower.Lowering:
        """A functional form's operands: inputs, weights among them, tied ones, and what the node owns itself."""
        ports = {**{name: [tree] for name, tree in lowering.own.items()}, **lowering.ports}
        for tie in node.ties:
            tree = self.borrow(Loan(tie.up, tie.path, True)) if tie.up else self.reach(tie.path, weight=True)
            ports[tie.weight] = [Term("method", "t", (tree,), ("",)) if tie.transpose else tree]
        return replace(lowering, ports=ports)

    def extern(self, what: Extern, module: Tree | None, operands: list[tuple[str, Tree]]) -> Code:
        given = inward(what.block, operands)
        inputs = tuple(given[i] for i in sorted(given))
        if module is not None:
            return Code(Term("apply", "", (module, *inputs)))
        values, keys = extern_arguments(what)
        return Code(Term("call", f"{EXTERN}{what.target}", (*inputs, *values), (*("" for _ in inputs), *keys)))

    # ----------------------------------------------------------------------------------- repeats

    def runs(self, family: Family, container: str) -> Tree | None:
        """The attribute of a family; None if its copies have no modules of their own."""
        members = [self.block.nodes[i] for i in family.nodes]
        runs: list[tuple[int, Tree]] = []
        indices: list[str] = []
        for node in members:
            make = self.maker.make(node) if node.shared is None else None
            if make is None:
                continue
            self.maker.tie(node, f"{self.maker.attribute[node.id]}.*")
            runs.append((node.repeat, make))
            family.owners.add(node.first or 0)
            if node.repeat < 1000:
                indices += [str(i) for i in range(node.first or 0, (node.first or 0) + node.repeat)]
        if not runs:
            return None
        dense = sum(n for n, _ in runs) == (members[-1].first or 0) + members[-1].repeat
        family.keyed = not dense
        tree = Runs(container, tuple(runs)) if dense else Runs("nn.ModuleDict", tuple(runs), tuple(indices))
        attribute = self.maker.attribute[members[0].id]
        self.maker.slots.append(Slot(attribute, tree, init=inits(members[0])))
        return Member(attribute)

    def series(self, family: Family) -> None:
        module = self.runs(family, "nn.Sequential")
        source = self.operands(self.block.nodes[family.nodes[0]])[0][1]
        self.out(family.nodes[-1], 0, Term("apply", "", (module or Leaf(None), source)), heavy=True)

    def loop(self, family: Family) -> None:
        nodes = [self.block.nodes[i] for i in family.nodes]
        first, last = nodes[0], nodes[-1]
        count = family.carried
        over = self.runs(family, "nn.ModuleList")
        operands = self.operands(first)
        start = [operands[p][1] for p in range(count)]
        carried = tuple(self.value(last.outputs[p], self.hint(family.nodes[-1], p)) for p in range(count))
        operands[:count] = [(o[0], Value(v)) for o, v in zip(operands, carried, strict=False)]
        item = -1
        if over is None:
            # The same weights, or none, again and again.
            module = self.module(first) if first.shared is not None else None
            over = Term("call", "range", (Leaf(sum(n.repeat for n in nodes)),), ("",))
        else:
            item = self.value(Tensor(None), singular(first.id))
            module = Value(item)
        code = self.code(first, module, operands)
        sides = tuple(self.value(first.outputs[p], first.output_names[p]) for p in range(count, len(first.outputs)))
        values = (*carried, *sides)
        gathered = []
        for port in family.gathered:
            whole = self.value(Tensor(None), plural(self.hints[values[port]] or first.id))
            gathered.append((values[port], whole))
            self.lengths[whole] = sum(n.repeat for n in nodes)
            for node, index in zip(nodes, family.nodes, strict=True):
                number = (node.first or 0) + node.repeat - 1
                self.read[Ref(index, port)] = Term("index", "", (Value(whole), Leaf(number)))
        for port, value in enumerate(values):
            if port < count or port not in family.gathered:
                self.read[Ref(family.nodes[-1], port)] = Value(value)
        self.steps.append(Each(over, item, tuple(start), carried, sides, tuple(gathered), one(code)))

    def beside(self, family: Family) -> None:
        first = self.block.nodes[family.nodes[0]]
        over = self.runs(family, "nn.ModuleList")
        items: list[int] = []
        overs: list[Tree] = []
        module: Tree | None = None
        if over is not None:
            items.append(self.value(Tensor(None), singular(first.id)))
            overs.append(over)
            module = Value(items[0])
        operands = self.operands(first)
        for position in family.zipped:
            tree = operands[position][1]
            assert isinstance(tree, Term)
            items.append(self.value(first.outputs[0], ""))
            overs.append(tree.children[0])
            operands[position] = (operands[position][0], Value(items[-1]))
        if first.shared is not None:
            module = self.module(first)
        if not overs:
            # Nothing tells the copies apart.
            items.append(self.value(Tensor(None), "_"))
            overs.append(Term("call", "range", (Leaf(len(family.nodes)),), ("",)))
        code = self.code(first, module, operands)
        whole = self.value(Tensor(None), plural(first.id))
        self.lengths[whole] = len(family.nodes)
        for place, index in enumerate(family.nodes):
            self.read[Ref(index, 0)] = Term("index", "", (Value(whole), Leaf(place)))
        self.steps.append(Beside(whole, tuple(items), tuple(overs), one(code)))

    def copy(self, family: Family, index: int) -> None:
        """One copy of an irregular family, called by its number."""
        node = self.block.nodes[index]
        if not family.begun:
            family.begun = True
            family.member = self.runs(family, "nn.ModuleList")
        low = node.first or 0
        module: Tree | None = None
        if node.shared is not None:
            module = self.module(node)
        elif family.member is not None and low in family.owners:
            module = Term("index", "", (family.member, Leaf(str(low) if family.keyed else low)))
        if node.repeat == 1:
            self.bind(index, self.code(node, module, self.operands(node)))
            return
        operands = self.operands(node)
        carried = tuple(self.value(t, self.hint(index, p)) for p, t in enumerate(node.outputs))
        start = tuple(t for _, t in operands[: len(carried)])
        operands[: len(carried)] = [(o[0], Value(v)) for o, v in zip(operands, carried, strict=False)]
        item = -1
        over: Tree = Term("call", "range", (Leaf(node.repeat),), ("",))
        if module is not None and node.shared is None:
            item = self.value(Tensor(None), "index")
            over = Term("call", "range", (Leaf(low), Leaf(low + node.repeat)), ("", ""))
            module = Term("index", "", (family.member or Leaf(None), Value(item)))
        code = self.code(node, module, operands)
        for port, value in enumerate(carried):
            self.read[Ref(index, port)] = Value(value)
        self.steps.append(Each(over, item, start, carried, (), (), one(code)))


def one(code: Code) -> Tree:
    return code.parts[0] if code.parts else code.tree


def called(module: Tree | None, operands: list[tuple[str, Tree]]) -> Code:
    return Code(Term("apply", "", (module or Leaf(None), *(t for _, t in operands))))


def is_heavy(node: Node) -> bool:
    """Whether a reader gives the node a line of its own."""
    return not (isinstance(node.what, Operation) and node.what.spec.category in _LIGHT)


def node_ports(node: Node) -> list[str]:
    """The ports a node's operands go to, in the order of the declaration."""
    assert isinstance(node.what, Operation)
    bound = {o.port for o in node.operands}
    return [p.name for p in node.what.spec.inputs if p.name in bound]
