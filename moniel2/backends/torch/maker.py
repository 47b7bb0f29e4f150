"""What a node's attribute is set to: a layer, a class, a chain of layers, a stub for what the source leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from moniel2.backends.torch import lower, names
from moniel2.backends.torch.draft import Drafts, Slot, Tied
from moniel2.backends.torch.hidden import fixed
from moniel2.backends.torch.hints import used
from moniel2.backends.torch.left import Left
from moniel2.backends.torch.paths import attributes_of
from moniel2.backends.torch.repeats import sequenced
from moniel2.backends.torch.rules import module_like, rule
from moniel2.backends.torch.starts import needs_a_matrix
from moniel2.backends.torch.tree import EXTERN, Chain, Leaf, NewBlock, Open, Runs, Term, Tree, Unit, number_of
from moniel2.ir.model import Attribute, Block, Choice, Extern, Loop, Node, Operation, Ref, Sketch, Undefined
from moniel2.ops import code, spec
from moniel2.ops.dtypes import weight_dtype

LAZY: Mapping[str, str] = {
    f"nn.{kind}{rank}d": f"nn.Lazy{kind}{rank}d"
    for kind in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm")
    for rank in (1, 2, 3)
} | {"nn.Linear": "nn.LazyLinear"}


@dataclass
class Maker:
    """The attributes of one block's class, made node by node."""

    block: Block
    drafts: Drafts
    slots: list[Slot] = field(default_factory=list)
    ties: list[Tied] = field(default_factory=list)
    sources: dict[str, code.Source] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.attribute = attributes_of(self.block)
        self.used = used(self.block)
        self.number = {id(n): i for i, n in enumerate(self.block.nodes)}

    def plain(self, node: Node) -> bool:
        """Whether a node is a module that is called with its operands and nothing else, and gives out one tensor."""
        if isinstance(node.what, (Block, Loop)):
            made = self.drafts.made[Unit.of(node.what)]
            single = made.style == "sequence" or len(made.returns) == 1
            return single and not any(e.apart for e in made.entries)
        return module_like(self.block, node)

    def make(self, node: Node) -> Tree | None:
        """What a node's attribute is set to; None if the node has none (weights it holds directly are set here)."""
        match node.what:
            case Operation():
                return self.layer(node, node.what)
            case Block() | Loop():
                unit = Unit.of(node.what)
                self.inherit(node, unit)
                chain = inline(unit, self.drafts)
                return Chain(chain) if chain is not None else NewBlock(unit)
            case Extern(target=target):
                if not importable(target):
                    return self.missing(node, f"can't be imported from {target!r}")
                if not target.rpartition(".")[2][:1].isupper():
                    return None
                return Term("new", f"{EXTERN}{target}", *extern_arguments(node.what))
            case Sketch():
                return self.missing(node, f"needs {', '.join(node.what.missing) or 'to be completed'}")
            case Undefined():
                return self.missing(node, "is declared without a body" if node.what.declared else "is not defined")
            case Choice():
                return self.missing(node, "is not decided", f"`if {node.what.condition}`")
        raise AssertionError(node.what)

    # -------------------------------------------------------------------------------- operations

    def lowered(self, node: Node) -> code.Torch | None:
        """The operation's own rule; None if it has nothing to say for a shape that isn't known."""
        result = rule(self.block, node)
        if isinstance(result, code.Source):
            self.sources[result.class_name] = result
            return result.layer
        return result

    def simplest(self, node: Node, layer: code.Layer) -> code.Layer:
        """The form without side outputs when nobody reads them."""
        index = self.number[id(node)]
        if isinstance(layer.main, code.Layer) and not any(
            Ref(index, p) in self.used for p in range(1, len(node.outputs))
        ):
            return layer.main
        return layer

    def functional(self, node: Node) -> code.Torch | None:
        """The expression to use when a weight comes from elsewhere and can't simply be assigned."""
        assert isinstance(node.what, Operation)
        if not (node.what.functional or any(t.transpose for t in node.ties)):
            return None
        lowered = self.lowered(node)
        return lowered.functional if isinstance(lowered, code.Layer) else None

    def layer(self, node: Node, operation: Operation) -> Tree | None:
        lowered = self.lowered(node)
        if lowered is None:
            return self.missing(node, "needs a shape that is not known")
        if isinstance(lowered, code.Layer):
            if self.functional(node) is not None:
                self.hold(node, operation)
                return None
            return _in_precision(operation, self.settled(node, lower.Lowering({}).new(self.simplest(node, lowered))))
        self.hold_owned(node, operation, lowered)
        return None

    def settled(self, node: Node, made: Term) -> Tree:
        """A layer whose sizes are numbers; else torch's lazy one, which finds its input's size in the first call."""
        open_sizes = [i for i, c in enumerate(made.children) if not fixed(c)]
        if not open_sizes:
            return made
        lazy = LAZY.get(made.text)
        if lazy is not None and open_sizes == [0]:
            what = f"{written(node)} takes its input's size from the first call ({lazy})"
            self.left.append(Left(place(node), what, node.span, runs=True))
            return Term("new", lazy, made.children[1:], made.keys[1:])
        return self.missing(node, "needs sizes that are not known")

    def missing(self, node: Node, why: str, what: str = "") -> Tree:
        left = Left(place(node), f"{what or written(node)} {why}", node.span)
        self.left.append(left)
        return Term("new", "Missing", (Leaf(str(left)),), ("",))

    def hold(self, node: Node, operation: Operation) -> None:
        """Weights a functional form still owns (a bias)."""
        tied = {t.weight for t in node.ties}
        own = [(n, w) for n, w in operation.weights if n not in tied]
        if own and not unsized(operation):
            zeros = tuple(_converted(operation, _zeros(w)) for _, w in own)
            made = Term("parameters", "", zeros, tuple(n for n, _ in own))
            self.slots.append(Slot(self.attribute[node.id], made, init=inits(node, self.drafts)))

    def hold_owned(self, node: Node, operation: Operation, lowered: code.Torch) -> None:
        """Weights that an expression holds directly."""
        if not operation.weights or unsized(operation):
            return
        nothing = {p.name: [Leaf(None)] * 99 for p in operation.spec.inputs}
        lowering = replace(self.lowering(node, operation), ports=nothing)
        for part in lowered if isinstance(lowered, tuple) else (lowered,):
            lowering.tree(part)
        attribute, weights = self.attribute[node.id], dict(operation.weights)
        lowering.owned = {name: _converted(operation, start) for name, start in lowering.owned.items()}
        if "" in lowering.owned:
            weight = weights[""]
            kind = "buffer" if weight.buffer else "parameter" if weight.trainable else "frozen"
            self.slots.append(Slot(attribute, lowering.owned[""], kind, inits(node, self.drafts)))
        named = {k: v for k, v in lowering.owned.items() if k}
        if named:
            made = Term("parameters", "", tuple(named.values()), tuple(named))
            self.slots.append(Slot(attribute, made, init=inits(node, self.drafts)))

    def lowering(self, node: Node, operation: Operation) -> lower.Lowering:
        """For the operation's expressions; the operands are still to be put in."""
        from moniel2.backends.torch.tree import Member

        variadic = next((p.name for p in operation.spec.inputs if p.variadic), "")
        attribute = self.attribute.get(node.id, node.id)
        own: dict[str, Tree] = {
            name: Member(attribute) if not name else Term("index", "", (Member(attribute), Leaf(name)))
            for name, _ in operation.weights
        }
        return lower.Lowering({}, variadic, own=own)

    # ------------------------------------------------------------------------------------- ties

    def tie(self, node: Node, path: str) -> None:
        for tie in node.ties:
            if not tie.transpose:
                self.ties.append(Tied(path, tie.weight, tie.up, tie.path))

    def inherit(self, node: Node, unit: Unit) -> None:
        """What an inner block leaves to those around it: ties to weights further out."""
        path = self.attribute[node.id] + (".*" if node.first is not None else "")
        for tied in self.drafts.made[unit].ties:
            if tied.up:
                self.ties.append(Tied(f"{path}.{tied.target}", tied.weight, tied.up - 1, tied.path))

    # -------------------------------------------------------------------------------- sequences

    def sequence(self) -> tuple[Tree, ...] | None:
        """The modules of a block that is one chain of them, if the keys are their places; None otherwise."""
        order = sequenced(self.block, self.plain)
        if not order:
            return None
        chain: list[Tree] = []
        for position, group in enumerate(order):
            node = self.block.nodes[group[0]]
            owns = any(self.drafts.node_owns(self.block.nodes[i]) for i in group)
            if (owns or (node.id.isascii() and node.id.isdigit())) and node.id != str(position):
                return None
            made = self.element(group)
            if made is None or self.ties:
                return None
            chain.append(made)
        return tuple(chain)

    def element(self, group: list[int]) -> Tree | None:
        """What stands in an ``nn.Sequential`` for a node (or for a family); None if it is no module there."""
        nodes = [self.block.nodes[i] for i in group]
        node = nodes[0]
        if node.first is not None:
            made = [(copies_of(n), self.make(n)) for n in nodes if self.plain(n)]
            runs = tuple((n, t) for n, t in made if t is not None)
            return Runs("nn.Sequential", runs) if len(runs) == len(nodes) else None
        if self.plain(node):
            return self.make(node)
        method = rule(self.block, node) if isinstance(node.what, Operation) and node.what.name == "Flatten" else None
        if not isinstance(method, code.Method):
            return None
        ends = tuple(Leaf(lower.scalar(a)) for a in method.args)
        return Term("new", "nn.Flatten", *(((), ()) if ends == (Leaf(1),) else (ends, ("",) * len(ends))))


def copies_of(node: Node) -> int | Open:
    """How many copies a node stands for, in the model's parameters where those say it."""
    return node.repeat if node.count is None else Open(node.count)


def inline(unit: Unit, drafts: Drafts) -> tuple[Tree, ...] | None:
    """Braces that are a chain of modules are written where they stand."""
    if unit.looped or unit.block.name or unit.block.doc:
        return None
    made = drafts.made[unit]
    return tuple(s.make for s in made.slots) if made.style == "sequence" else None


def unsized(operation: Operation) -> bool:
    """Whether a weight's shape has an open size, so that it can't be made."""
    return any(number_of(size) is None for _, weight in operation.weights for size in weight.shape)


def _precision(operation: Operation) -> str:
    """The dtype of the weights where it is that of what flows in, and no usual one."""
    dtypes = {weight.dtype for _, weight in operation.weights}
    told = next((d for d in sorted(dtypes) if d == weight_dtype(operation.spec, d)), "")
    return f"torch.{told}" if told else ""


def _in_precision(operation: Operation, made: Tree) -> Tree:
    """A layer of torch takes the dtype as an argument; one that is written out here is converted."""
    dtype = _precision(operation)
    if not dtype or not isinstance(made, Term) or made.text == "Missing":
        return made
    if not made.text.startswith("nn."):
        return _converted(operation, made)
    return replace(made, children=(*made.children, Term("name", dtype)), keys=(*made.keys, "dtype"))


def _converted(operation: Operation, start: Tree) -> Tree:
    dtype = _precision(operation)
    return Term("method", "to", (start, Term("name", dtype)), ("", "")) if dtype else start


def _zeros(weight: spec.Weight) -> Tree:
    return Term("call", "torch.zeros", tuple(Leaf(lower.scalar(d)) for d in weight.shape), ("",) * len(weight.shape))


def place(node: Node) -> str:
    """Where the node stands in the source, without the folder."""
    if node.span is None:
        return node.key
    line = node.span.source.position(node.span.start)
    name = node.span.source.name.replace("\\", "/").rpartition("/")[2]
    return f"{name}:{line.line}:{line.column}"


def written(node: Node) -> str:
    return str(getattr(node.what, "written", node.what.name))


def importable(target: str) -> bool:
    """A dotted Python name that an ``import`` can bring."""
    parts = target.split(".")
    return len(parts) > 1 and all(p == names.identifier(p) and not names.reserved(p) for p in parts)


def extern_arguments(what: Extern) -> tuple[tuple[Tree, ...], tuple[str, ...]]:
    """The constants an extern is made with; those that Python can't say are left out."""
    kept: list[tuple[str, Tree]] = []
    for key, value in what.arguments:
        if key and (key != names.identifier(key) or names.reserved(key)):
            continue
        try:
            kept.append((key, lower.plain_tree(value)))
        except TypeError:
            continue
    return tuple(t for _, t in kept), tuple(k for k, _ in kept)


def inits(node: Node, drafts: Drafts) -> tuple[Attribute, ...]:
    """How its weights start: what a chain says holds for those of its nodes that have such weights."""
    if isinstance(node.what, (Block, Loop)) and not drafts.node_owns(node):
        return ()
    if isinstance(node.what, Operation) and not any(name in ("", "weight") for name, _ in node.what.weights):
        return ()
    found = (a for a in node.attributes if a.name == "init")
    if isinstance(node.what, Operation):
        rank = max(len(w.shape) for name, w in node.what.weights if name in ("", "weight"))
        found = (a for a in found if rank > 1 or not needs_a_matrix(a))
    return tuple(found)
