"""Drafting a block: its nodes in order, each as an attribute and a step."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace

from moniel2.backends.torch import copies, lower, names
from moniel2.backends.torch.code import Code, called
from moniel2.backends.torch.complete import Completed
from moniel2.backends.torch.draft import Bind, Draft, Drafts, Entry, Extent, Loan, Slot, Step
from moniel2.backends.torch.hidden import hidden, linear_in, open_sizes, trees, unknown
from moniel2.backends.torch.hints import given_names, hints, singular
from moniel2.backends.torch.maker import Maker, extern_arguments, inits, unsized
from moniel2.backends.torch.numbers import plain_numbers
from moniel2.backends.torch.paths import locate
from moniel2.backends.torch.repeats import families, inward
from moniel2.backends.torch.tree import EXTERN, Far, Leaf, Member, Term, Tree, Unit, Value
from moniel2.backends.torch.wholes import whole_lists
from moniel2.dims import Dim
from moniel2.ir.model import OWN_INPUT, Block, Extern, Literal, Loop, Node, Operation, PortKind, Ref, Tensor
from moniel2.ops import spec
from moniel2.ops.code import Layer

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


class Drafter:
    """State of one draft."""

    def __init__(self, unit: Unit, drafts: Drafts, completed: Completed) -> None:
        self.unit, self.drafts, self.completed = unit, drafts, completed
        self.block = completed.block
        self.maker = Maker(self.block, drafts)
        self.called = hints(self.block)
        self.tensors: list[Tensor] = []
        self.hints: list[str] = []
        self.ids: list[str] = []
        self.entries: list[Entry] = []
        self.steps: list[Step] = []
        self.loans: dict[Loan, int] = {}
        self.read: dict[Ref, Tree] = {}
        self.extents: dict[int, Extent] = {}
        self.absent: set[int] = set()
        self.lengths: dict[int, int] = {}  # of values that are lists
        self.families = families(self.block, self.maker.plain)
        self.numbers = plain_numbers(self.block)

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
        if style == "module" and any(s.attribute.isdigit() and s.kind == "module" for s in self.maker.slots):
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
            tuple(self.ids),
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
        given = [v for _, v in self.block.parameters if isinstance(v, Dim)]
        for size in open_sizes(self.steps):
            for part in hidden(size, shown):
                # What the block was called with, `H = 8*h`, rather than what that is made of.
                needed.setdefault(next((v for v in given if linear_in(v, str(part))), part))
        named = {s: n for n, s in (*self.block.parameters, *self.block.sizes) if isinstance(s, Dim)}
        found = []
        for size in sorted(needed, key=lambda size: given.index(size) if size in given else len(given)):
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

    def value(self, tensor: Tensor, hint: str, id: str = "") -> int:
        self.tensors.append(tensor)
        self.hints.append(hint)
        self.ids.append(id)
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
        turns = self.turns()
        ready = [(turns.get(g, g), g) for g in live if not needs[g]]
        heapq.heapify(ready)
        while ready:
            _, g = heapq.heappop(ready)
            yield groups[g]
            for later in feeds[g]:
                needs[later].discard(g)
                if not needs[later]:
                    heapq.heappush(ready, (turns.get(later, later), later))

    def turns(self) -> dict[int, float]:
        """When nodes have their turn that wait for their only reader: what costs nothing is computed where it is read.

        Of ``[x -> Slice -> Conv, …]`` all slices stand before the first convolution; a reader wants them beside theirs.
        """
        readers: dict[int, list[float]] = {}
        for i, node in enumerate(self.block.nodes):
            for place, operand in enumerate(node.operands):
                if isinstance(operand.source, Ref) and operand.source.node != OWN_INPUT:
                    readers.setdefault(operand.source.node, []).append(i - 1 + (place + 1) / (len(node.operands) + 1))
        given_out = {r.node for o in self.block.outputs for r in o.sources}
        return {
            i: found[0]
            for i, found in readers.items()
            if len(found) == 1 and i not in given_out and self.idles(self.block.nodes[i]) and not self.hint(i, 0)
        }

    def idles(self, node: Node) -> bool:
        """Whether a node is a mere expression, one of copies side by side."""
        what = node.what
        pure = isinstance(what, Operation) and not what.weights and not self.maker.plain(node)
        return pure and node.parallel and len(node.outputs) == 1

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
            copies.again(self, index)
        elif family is None:
            self.single(index)
        elif family.mode == "series":
            copies.series(self, family)
        elif family.mode == "loop":
            copies.loop(self, family)
        elif family.mode == "beside":
            copies.beside(self, family)
        else:
            copies.copy(self, family, index)
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
        if index in self.numbers:
            self.read[Ref(index, 0)] = Leaf(self.numbers[index])
            return
        self.bind(index, self.code(node, self.module(node), self.operands(node)))

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
        id = self.told_apart(node) if len(outputs) == 1 else ""
        outs = tuple(self.value(t, self.hint(index, p), id) for p, t in enumerate(outputs))
        for port, value in enumerate(outs):
            self.read[Ref(index, port)] = Value(value)
        self.steps.append(Bind(outs, code.tree, code.pick, heavy))

    def told_apart(self, node: Node) -> str:
        """A name for a tensor after the node that makes it: its id, or which copy of several side by side."""
        if node.parallel and node.first is not None:
            return f"{singular(node.id) if node.named else 'x'}{node.first}"
        return node.id if node.named and node.first is None else ""

    def out(self, index: int, port: int, tree: Tree, heavy: bool = False, id: str = "") -> None:
        value = self.value(self.block.nodes[index].outputs[port], self.hint(index, port), id)
        self.read[Ref(index, port)] = Value(value)
        self.steps.append(Bind((value,), tree, (), heavy))

    def hint(self, index: int, port: int) -> str:
        """What the source calls this tensor: of several that a block gives out, what the block calls it."""
        node = self.block.nodes[index]
        if (found := self.called.get(Ref(index, port))) or len(node.outputs) < 2 or not isinstance(node.what, Block):
            return found or ""
        names = given_names(node.what)
        return names[port] if port < len(names) else ""

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
        self.maker.slots.append(Slot(attribute, make, init=inits(node, self.drafts), idle=self.idle(node, make)))
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
        if isinstance(lowered, Layer):
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

    def layer_call(self, node: Node, layer: Layer, module: Tree | None, lowering: lower.Lowering) -> Code:
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


def is_heavy(node: Node) -> bool:
    """Whether a reader gives the node a line of its own."""
    return not (isinstance(node.what, Operation) and node.what.spec.category in _LIGHT)


def node_ports(node: Node) -> list[str]:
    """The ports a node's operands go to, in the order of the declaration."""
    assert isinstance(node.what, Operation)
    bound = {o.port for o in node.operands}
    return [p.name for p in node.what.spec.inputs if p.name in bound]
