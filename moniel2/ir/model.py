"""The model: what a text means, resolved and with shapes. Everything later reads this and nothing earlier.

A ``Block`` is one *specialization*: a definition x its arguments x the shapes that flow in. It is
built once whatever the number of places that use it, so whatever is computed once per distinct block
and combined costs as much as what was written. Blocks are compared by identity: equal
specializations are the same object.

Laws (``verify.py`` tests them): every ``Ref`` of a block points to an earlier node in dependency order
or to one of its inputs; node keys (``id`` and ``copies``) are unique; operands are in textual order;
a folded node (``repeat`` > 1) gives out what it takes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Union

from moniel2.dims import Condition, Dim, Real, Shape
from moniel2.ir.formula import Formulas
from moniel2.ops.spec import Op, OpSpec, Weight
from moniel2.source import Span


@dataclass(frozen=True, slots=True)
class BlockName:
    """A block as a parameter's value: how it was written (``Bottleneck(groups = 32)``, ``GELU``, ``{…}``)."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class DType:
    """A dtype as a value."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that isn't known (yet)."""

    def __str__(self) -> str:
        return "?"


# Whole numbers are ``int`` when known and ``Dim`` when symbolic.
# What stands for numbers where parameters are left open.
Symbols = Dim | tuple["Symbols", ...]
Value = int | float | bool | str | None | Dim | Real | DType | BlockName | Unknown | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """What flows along an edge. ``shape`` is None when not even the rank is known; ``dtype`` is "" when unknown."""

    shape: Shape | None
    dtype: str = ""

    def __str__(self) -> str:
        return "?" if self.shape is None else str(self.shape)


NOTHING_KNOWN = Tensor(None, "")


class PortKind(str, Enum):
    PLAIN = "plain"
    CAPTURE = "capture"  # a tensor that a closure reads from around its braces
    FEED = "feed"  # a tensor fed to an inner node by a path, ``t -> layer/dp``
    TAP = "tap"  # an inner tensor read by a path, ``layer/act -> …``
    STATE = "state"  # a state of a Scan: optional input, side output (its last value)
    EITHER = "either"  # an output of an open choice: one of its sources


OWN_INPUT = -1


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor inside a block: output ``port`` of ``nodes[node]``, or of the block's own input when node is -1."""

    node: int
    port: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A number that stands as an operand."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Operand:
    """One tensor that a node takes.

    ``port`` is the input port's name; a variadic port's operands share it, in order. A block's operands stand in the
    order of its inputs, and an unnamed input's port is its number.
    """

    source: Ref | Literal
    port: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """``@label("…")``, ``@color("#…")``, ``@init("kaiming_normal")``: name and values."""

    name: str
    values: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Input:
    """An input port of a block. ``name`` is its id, or "" for an unnamed ``In``."""

    name: str
    tensor: Tensor
    kind: PortKind = PortKind.PLAIN
    optional: bool = False
    bound: bool = True  # an optional input may be absent
    doc: str = ""
    attributes: tuple[Attribute, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Output:
    """An output port of a block. Several ``sources`` are a bundle (several tensors into one ``Out``).

    Of an open choice they are alternatives, and the one tensor is what is known whichever it is.
    """

    name: str
    sources: tuple[Ref, ...]
    tensors: tuple[Tensor, ...]
    kind: PortKind = PortKind.PLAIN
    doc: str = ""
    attributes: tuple[Attribute, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def tensor(self) -> Tensor:
        return self.tensors[0] if self.tensors else NOTHING_KNOWN


@dataclass(frozen=True, eq=False)
class Operation:
    """A built-in operation with all it needs.

    ``arguments`` is what was written, bound by name in the order of the declaration. ``functional``: some weights
    came in as operands (ports named like the weights). ``weights`` are those the node itself owns.
    """

    op: Op
    arguments: tuple[tuple[str, Value], ...]
    weights: tuple[tuple[str, Weight], ...]
    macs: Dim
    written: str
    functional: bool = False

    @property
    def spec(self) -> OpSpec:
        return self.op.spec

    @property
    def name(self) -> str:
        return self.op.spec.name


@dataclass(frozen=True, eq=False)
class Sketch:
    """A built-in operation that lacks something needed: drawn dashed, stubbed in code. ``missing``: argument names."""

    spec: OpSpec
    arguments: tuple[tuple[str, Value], ...]
    missing: tuple[str, ...]
    written: str

    @property
    def name(self) -> str:
        return self.spec.name


@dataclass(frozen=True, eq=False)
class Undefined:
    """A type that resolves to nothing (an error), or a definition without a body (``declared``)."""

    written: str
    arguments: tuple[tuple[str, Value], ...]
    declared: bool = False

    @property
    def name(self) -> str:
        return self.written


@dataclass(frozen=True, eq=False)
class Extern:
    """An operation that lives in Python: ``target`` is its import path, ``block`` holds its ports and no nodes."""

    definition: str
    target: str
    arguments: tuple[tuple[str, Value], ...]
    block: Block
    written: str

    @property
    def name(self) -> str:
        return self.definition


@dataclass(frozen=True, eq=False)
class Loop:
    """``Scan``: ``body`` once per step along ``axis`` of its plain inputs.

    The body's plain inputs lose the axis, its plain outputs gain it; captures are constant over the steps; its STATE
    inputs and outputs of the same name carry from step to step, the node's operand of that name gives the first value
    (zeros when absent).
    """

    body: Block
    axis: int
    reverse: bool
    steps: Dim

    @property
    def name(self) -> str:
        return "Scan"


@dataclass(frozen=True, eq=False)
class Choice:
    """An ``if`` that cannot be decided yet.

    The nodes of ``body`` are its branches, ``then`` and ``else``, one of which it will be; an output of the body has a
    source in each branch that gives it out.
    """

    condition: str
    body: Block

    @property
    def name(self) -> str:
        return "Choice"

    @property
    def branches(self) -> tuple[Block | None, Block | None]:
        """What is done if the condition holds, and what if it doesn't; None for nothing at all."""
        found = {n.id: n.what for n in self.body.nodes if isinstance(n.what, Block) and n.what.nodes}
        return found.get("then"), found.get("else")


@dataclass(frozen=True, slots=True)
class Shared:
    """The weights are another node's: ``up`` blocks outwards, then ``path``."""

    up: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tie:
    """This node's ``weight`` *is* another one: ``up`` blocks outwards, then a path whose last part is the weight."""

    weight: str
    up: int
    path: tuple[str, ...]
    transpose: bool = False


What = Union["Block", Operation, Sketch, Undefined, Extern, Loop, Choice]


@dataclass(frozen=True, eq=False)
class Node:
    """One step of a block.

    ``id`` is its key in the ``state_dict`` (``conv1``; an anonymous one's is derived: ``conv``, ``conv2``). A repeated
    node stands as one Node for each run of equal copies: ``first`` is the index of the first copy, ``repeat`` how many
    copies are folded here; ``first`` is None for a node that isn't repeated. A folded run feeds each copy's outputs
    into the next one's first inputs; its other operands go to every copy. A folded run of one shared node has no
    ``first``: it has no copies of weights. A bundle's several tensors stand one after another in ``outputs``.
    ``count`` is what ``repeat`` is in parameters of the model that are left open, None where it doesn't depend on any.
    """

    id: str
    what: What
    operands: tuple[Operand, ...]
    outputs: tuple[Tensor, ...]
    output_names: tuple[str, ...] = ("out",)
    named: bool = False
    first: int | None = None
    repeat: int = 1
    parallel: bool = False  # copies side by side (a list), not in series
    count: Dim | None = None
    times: str = ""  # nobody knows how many copies there are: what was written for it, or "?"; one is shown
    shared: Shared | None = None
    ties: tuple[Tie, ...] = ()
    doc: str = ""
    attributes: tuple[Attribute, ...] = ()
    span: Span | None = field(default=None, repr=False)

    @property
    def key(self) -> str:
        """Unique in its block: ``conv1``, ``layer1/0``."""
        return self.id if self.first is None else f"{self.id}/{self.first}"

    @property
    def state_prefix(self) -> str:
        """As in torch: ``conv1``, ``layer1.0``."""
        return self.key.replace("/", ".")

    def attribute(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)


@dataclass(frozen=True, slots=True)
class Beneath:
    """A definition beneath the aliases that a block stands under."""

    name: str
    parameters: tuple[tuple[str, Value], ...]
    defaults: tuple[tuple[str, Value], ...]
    doc: str


@dataclass(frozen=True, eq=False)
class Block:
    """One specialization of a definition (see the module's docstring).

    ``name`` is the definition's name, "" for braces. ``definition`` identifies the text it comes from, so that
    specializations of one definition can be recognised. ``sizes`` are the names its shapes bind and its constants that
    are sizes, e.g. (("B", B), ("Cin", 64)). ``nodes`` are in dependency order, declaration order breaking ties.
    """

    name: str
    definition: str
    parameters: tuple[tuple[str, Value], ...]
    sizes: tuple[tuple[str, Dim], ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    nodes: tuple[Node, ...]
    doc: str = ""
    attributes: tuple[Attribute, ...] = ()
    span: Span | None = field(default=None, repr=False)
    within: str = ""  # of braces: the definition they stand in
    beneath: Beneath | None = None  # ``+ResNet34 = ResNet(…)``: what the definition whose block this is says itself
    defaults: tuple[tuple[str, Value], ...] = ()  # of parameters, where they are written as constants
    wires: tuple[tuple[str, Ref], ...] = ()  # what the text calls tensors of the block
    around: tuple[tuple[str, Value], ...] = ()  # names outside, of parameters and sizes, that the text reads
    formulas: Formulas = field(default=Formulas(), repr=False)  # what the text says of its values

    @property
    def plain_inputs(self) -> tuple[Input, ...]:
        return tuple(p for p in self.inputs if p.kind is PortKind.PLAIN)

    @property
    def plain_outputs(self) -> tuple[Output, ...]:
        return tuple(p for p in self.outputs if p.kind is PortKind.PLAIN)

    @property
    def is_choice(self) -> bool:
        """Whether its nodes are alternatives: it is the body of an open choice."""
        return any(o.kind is PortKind.EITHER for o in self.outputs)

    def tensor(self, ref: Ref) -> Tensor:
        """What flows out of ``ref``."""
        if ref.node == OWN_INPUT:
            return self.inputs[ref.port].tensor
        return self.nodes[ref.node].outputs[ref.port]

    def attribute(self, name: str) -> Attribute | None:
        return next((a for a in self.attributes if a.name == name), None)


def inner_blocks(what: What) -> tuple[Block, ...]:
    """The blocks directly inside a node."""
    if isinstance(what, Block):
        return (what,)
    return (what.body,) if isinstance(what, Loop | Choice) else ()


def distinct_blocks(root: Block) -> Iterator[Block]:
    """Every distinct block reachable from ``root``, each once, innermost first; no recursion."""
    seen: set[int] = set()
    stack: list[tuple[Block, bool]] = [(root, False)]
    while stack:
        block, done = stack.pop()
        if done:
            yield block
            continue
        if id(block) in seen:
            continue
        seen.add(id(block))
        stack.append((block, True))
        for node in reversed(block.nodes):
            for inner in reversed(inner_blocks(node.what)):
                if id(inner) not in seen:
                    stack.append((inner, False))


@dataclass(frozen=True, slots=True)
class Requirement:
    """A condition on the symbolic sizes of the model's inputs, with the place that asks for it."""

    text: str
    span: Span | None = field(default=None, compare=False, repr=False)
    condition: Condition | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, eq=False)
class Model:
    """A compiled program: its main graph (or the block asked for) and what it asks of its inputs."""

    name: str
    root: Block
    requirements: tuple[Requirement, ...] = ()
    doc: str = ""
    # Conditions that parameters that are left open decide, each of which holds in one place and not in another.
    supposed: tuple[Span, ...] = ()
