"""How much a model is: parameters, multiply-accumulates, memory; of a node, of a block, of all of it.

Counted once for each distinct block and combined, so a network of 10^12 operations made of forty blocks is counted at
once, exactly. Where sizes are symbolic the counts are formulas in them.

Conventions:

- A weight that two places share (``enc()``) or that is tied to another counts once, where it is owned.
- Multiply-accumulates are those of convolutions, matrix products and attention, for the shapes as declared, the batch
  too. A ``Scan`` runs its body once a step.
- Activation memory is every tensor that an operation gives out, once, in bytes of its dtype (``float32`` if unknown);
  a side output, such as the indices of ``MaxPool``, only where it is read.
- What a sketch leaves open adds nothing, and makes the sum "at least" so much: ``Count.exact`` is false. Of copies
  whose number isn't known one counts, of a choice that cannot be made yet the smaller branch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from moniel2.dims import ONE, UNKNOWN, ZERO, Dim, minimum
from moniel2.ir.model import Block, Choice, Loop, Node, Operation, Ref, Sketch, Tensor, distinct_blocks
from moniel2.ops.catalog import catalog
from moniel2.ops.common import no_macs, no_weights
from moniel2.ops.spec import Weight


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things, known exactly or from below."""

    value: Dim = ZERO
    exact: bool = True

    @property
    def number(self) -> int | Dim:
        """A plain number when there is no symbol in it."""
        constant = self.value.constant
        return self.value if constant is None else constant

    def __add__(self, other: Count) -> Count:
        return Count(self.value + other.value, self.exact and other.exact)

    def times(self, factor: Dim | int) -> Count:
        """So many of these; an unknown number is at least one."""
        factor = Dim.of(factor)
        return Count(self.value * factor, self.exact) if factor.known else Count(self.value, False)

    def at_least(self) -> Count:
        """So many, and perhaps more."""
        return Count(self.value, self.exact and self.value == ZERO)

    def or_less(self, other: Count) -> Count:
        """The smaller of two, exact if they are the same."""
        same = self.value == other.value
        return Count(minimum(self.value, other.value), self.exact and other.exact and same)


def add_up(counts: Iterable[Count]) -> Count:
    """The sum of many: numbers as numbers, and each formula once, however often it occurs."""
    number, exact = 0, True
    formulas: dict[Dim, int] = {}
    for count in counts:
        exact = exact and count.exact
        constant = count.value.constant
        if constant is None:
            formulas[count.value] = formulas.get(count.value, 0) + 1
        else:
            number += constant
    total = Dim.of(number)
    for formula, times in formulas.items():
        total = total + formula * times
    return Count(total, exact)


NONE = Count()
OPEN = Count(ZERO, False)
ONE_OPERATION = Count(ONE)


@dataclass(frozen=True, slots=True)
class Measure:
    """Everything counted of one part of a model. Bytes of weights are by dtype; buffers aren't parameters."""

    trainable: Count = NONE
    frozen: Count = NONE
    buffers: Count = NONE
    macs: Count = NONE
    parameter_bytes: Count = NONE
    buffer_bytes: Count = NONE
    activation_bytes: Count = NONE
    operations: Count = NONE

    @property
    def parameters(self) -> Count:
        """Trained and frozen."""
        return self.trainable + self.frozen

    @staticmethod
    def sum(parts: Sequence[Measure]) -> Measure:
        return Measure(*(add_up(getattr(part, f) for part in parts) for f in _FIELDS))

    def or_less(self, other: Measure) -> Measure:
        """The smaller of two, count by count."""
        return Measure(*(getattr(self, f).or_less(getattr(other, f)) for f in _FIELDS))

    def times(self, factor: Dim | int) -> Measure:
        return self if factor == 1 else Measure(*(getattr(self, f).times(factor) for f in _FIELDS))

    def at_least(self) -> Measure:
        """This, and perhaps more of what there is."""
        return Measure(*(getattr(self, f).at_least() for f in _FIELDS))

    def without_weights(self) -> Measure:
        """The same computation with the weights of another."""
        return replace(self, trainable=NONE, frozen=NONE, buffers=NONE, parameter_bytes=NONE, buffer_bytes=NONE)


_FIELDS = tuple(Measure.__dataclass_fields__)
NOTHING = Measure()


class Measured:
    """The counts of a block and of all inside it."""

    def __init__(self, root: Block) -> None:
        self.root = root
        self._blocks: dict[int, Measure] = {}
        self._copies: dict[int, Measure] = {}
        for block in distinct_blocks(root):
            read = refs_read(block)
            for i, node in enumerate(block.nodes):
                one = self._what(block, i, node, read)
                self._copies[id(node)] = one if node.shared is None else one.without_weights()
            self._blocks[id(block)] = Measure.sum([self.node(node) for node in block.nodes])

    @property
    def total(self) -> Measure:
        return self.block(self.root)

    def block(self, block: Block) -> Measure:
        """One instance of a block of this model."""
        return self._blocks[id(block)]

    def copy(self, node: Node) -> Measure:
        """One copy of a node."""
        return self._copies[id(node)]

    def node(self, node: Node) -> Measure:
        """A node with all its copies."""
        found = self.copy(node).times(node.repeat)
        return found.at_least() if node.times else found

    def _what(self, block: Block, index: int, node: Node, read: frozenset[Ref]) -> Measure:
        what = node.what
        if isinstance(what, Block):
            return self.block(what)
        if isinstance(what, Loop):
            body = self.block(what.body)
            steps = body.times(what.steps)
            return replace(steps, **{f: getattr(body, f) for f in (*_WEIGHTS, "operations")})
        if isinstance(what, Choice):
            branches = [self.copy(branch) for branch in what.body.nodes]
            return branches[0].or_less(branches[1] if len(branches) > 1 else NOTHING)
        if isinstance(what, Operation):
            counted = _operation(node, what, guessing=_takes_unknown(block, node))
        else:
            counted = _open(catalog()[what.name].make if isinstance(what, Sketch) else None)
        return replace(counted, activation_bytes=_written(index, node, read), operations=ONE_OPERATION)


_WEIGHTS = ("trainable", "frozen", "buffers", "parameter_bytes", "buffer_bytes")


def measure(root: Block) -> Measured:
    """Count a block and every distinct block inside it."""
    return Measured(root)


def operations(root: Block) -> Count:
    """How many operations there are, copies counted: the count that a ``Measure`` has, without the others."""
    found: dict[int, Count] = {}
    for block in distinct_blocks(root):
        counts: list[Count] = []
        for node in block.nodes:
            what = node.what
            one = ONE_OPERATION
            if isinstance(what, Block):
                one = found[id(what)]
            elif isinstance(what, Loop):
                one = found[id(what.body)]
            elif isinstance(what, Choice):
                branches = [found.get(id(branch.what), ONE_OPERATION) for branch in what.body.nodes]
                one = branches[0].or_less(branches[1] if len(branches) > 1 else NONE)
            one = one.times(node.repeat) if node.repeat != 1 else one
            counts.append(one.at_least() if node.times else one)
        found[id(block)] = add_up(counts)
    return found[id(root)]


def refs_read(block: Block) -> frozenset[Ref]:
    """Every tensor of a block that something in it takes, or that it gives out."""
    operands = (operand.source for node in block.nodes for operand in node.operands)
    given = (ref for port in block.outputs for ref in port.sources)
    return frozenset(source for source in (*operands, *given) if isinstance(source, Ref))


def live_outputs(index: int, node: Node, read: frozenset[Ref]) -> list[Tensor]:
    """The outputs of a node, without side outputs that nothing reads."""
    what = node.what
    if not (isinstance(what, Operation) and what.spec.side_outputs):
        return list(node.outputs)
    return [tensor for port, tensor in enumerate(node.outputs) if port == 0 or Ref(index, port) in read]


def _written(index: int, node: Node, read: frozenset[Ref]) -> Count:
    """The memory of what one copy of an operation gives out."""
    outputs = live_outputs(index, node, read)
    one = outputs[: len(outputs) // node.repeat] if node.parallel else outputs
    return add_up(map(tensor_bytes, one))


def _takes_unknown(block: Block, node: Node) -> bool:
    sources = [operand.source for operand in node.operands]
    return any(isinstance(source, Ref) and block.tensor(source).shape is None for source in sources)


def _operation(node: Node, what: Operation, guessing: bool) -> Measure:
    if guessing and not what.weights and not what.functional:
        return _open(type(what.op))
    tied = {tie.weight for tie in node.ties}
    owned = [weight for name, weight in what.weights if name not in tied]
    parameters = [w for w in owned if not w.buffer]
    buffers = [w for w in owned if w.buffer]
    return Measure(
        trainable=add_up(_known(w.shape.size) for w in parameters if w.trainable),
        frozen=add_up(_known(w.shape.size) for w in parameters if not w.trainable),
        buffers=add_up(_known(w.shape.size) for w in buffers),
        macs=_open(type(what.op)).macs if guessing else _known(what.macs),
        parameter_bytes=add_up(map(_bytes, parameters)),
        buffer_bytes=add_up(map(_bytes, buffers)),
    )


def _open(rules: object) -> Measure:
    """What is known of an operation whose sizes aren't: that a ``MaxPool`` has no weights, for one."""
    total = NOTHING
    if getattr(rules, "macs", None) is not no_macs:
        total = replace(total, macs=OPEN)
    if getattr(rules, "weights", None) is not no_weights:
        total = replace(total, **dict.fromkeys(_WEIGHTS, OPEN))
    return total


def _bytes(weight: Weight) -> Count:
    return _known(weight.shape.size).times(item_bytes(weight.dtype))


def _known(value: Dim) -> Count:
    return Count(value) if value.known else OPEN


def tensor_bytes(tensor: Tensor) -> Count:
    """The memory of one tensor."""
    return _known(UNKNOWN if tensor.shape is None else tensor.shape.size).times(item_bytes(tensor.dtype))


def item_bytes(dtype: str) -> int:
    """Bytes of one number: 4 for ``float32`` and for an unknown dtype, 1 for ``bool``."""
    if dtype == "bool":
        return 1
    digits = dtype.lstrip("abcdefghijklmnopqrstuvwxyz")
    return max(int(digits) // 8, 1) if digits.isdecimal() else 4
