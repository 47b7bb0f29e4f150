"""Building one block: its statements run as small tasks that wait for what they need.

Names have no order, and what a block contains may depend on the sizes that flow in. So each chain is
a task; it stops where it needs a wire, a node, or a value that isn't there yet, and goes on when it
is. When nothing can go on, what is missing is unknown, or there is a cycle, or a name nobody writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from moniel2 import limits
from moniel2.diagnostics.diagnostic import Related
from moniel2.dims import Condition, Dim
from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, OWN_INPUT, Operand, PortKind, Ref, Tensor
from moniel2.semantics.evaluate import Evaluator
from moniel2.semantics.names import Scope, names_of_definitions
from moniel2.semantics.outline import Outline, Site
from moniel2.semantics.parts import parts_of
from moniel2.semantics.schedule import Schedule, Steps
from moniel2.semantics.scope import Frame
from moniel2.semantics.strands import EMPTY, Bundle, Strand
from moniel2.semantics.survey import names_in, outline_of
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import UNKNOWN_VALUE, BlockWorth, Closure, Given, Worth
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.session import Session


@dataclass(frozen=True)
class Context:
    """Where an item stands: its values, and which copy it is in a comprehension."""

    frame: Frame
    copy: int | None = None


@dataclass(eq=False)
class Declared:
    """A named node: what it is, so that it can be applied again or tied to."""

    id: str
    site: Site
    worth: BlockWorth
    given: tuple[Given, ...]
    dims: tree.Dims | None
    context: Context
    owned: bool = False


@dataclass(eq=False)
class Slot:
    """A node under construction. ``operands`` refer to other slots by number."""

    id: str
    site: Site | None
    order: tuple[int, int]
    what: ir.What
    operands: tuple[Operand, ...]
    outputs: tuple[Tensor, ...]
    output_names: tuple[str, ...]
    first: int | None = None
    repeat: int = 1
    parallel: bool = False
    count: Dim | None = None
    times: str = ""
    shared: ir.Shared | None = None
    ties: tuple[ir.Tie, ...] = ()
    span: Span | None = None
    presentation: tuple[tree.Presentation, ...] = ()


@dataclass(eq=False)
class OwnInput:
    """An input of the block under construction."""

    name: str
    tensor: Tensor
    kind: PortKind
    site: Site | None = None
    optional: bool = False
    bound: bool = True
    token: tuple[int, str, int] | None = None  # of a capture: owner's depth, name, index
    strand: Strand | None = None  # what arrives, in the block around


@dataclass(eq=False)
class NodeValue:
    """What a named node gives out: one bundle for each copy (one, if it isn't repeated)."""

    copies: list[tuple[int | None, Bundle]]

    @property
    def main(self) -> Bundle:
        return self.copies[-1][1] if self.copies else EMPTY


Path = tuple["str | int", ...]


@dataclass(frozen=True)
class Request:
    """What an instance is asked for besides its arguments: taps inside it, tensors fed into it."""

    taps: tuple[Path, ...] = ()
    feeds: tuple[tuple[Path, Tensor], ...] = ()


class Builder(Schedule):
    """State of one block under construction; the work is in ``items``, ``place``, ``ports`` and ``finish``."""

    def __init__(
        self,
        session: Session,
        outline: Outline,
        scope: Scope,
        frame: Frame,
        *,
        parent: Builder | None,
        called: str,
        called_at: Span,
        around: Closure | None = None,
        free: bool = False,
        looped: bool = False,
    ) -> None:
        super().__init__()
        self.session = session
        self.outline = outline
        self.scope = scope
        self.home = frame
        self.parent = parent
        branch = around is not None and around.undecided  # then the block of the choice stands between
        self.depth: int = parent.depth + (2 if branch else 1) if parent is not None else 0
        self.called = called
        self.called_at = called_at
        self.around = around
        self.free = free
        self.looped = looped
        self.evaluator = Evaluator(self.block_of, self.assume, self.trouble, self)
        self.context = Context(frame)
        self.inputs: list[OwnInput] = []
        self.slots: list[Slot] = []
        self.wires: dict[str, Bundle] = {}
        self.wire_spans: dict[str, Span] = {}
        self.nodes: dict[str, NodeValue] = {}
        self.declared: dict[str, Declared] = {}
        self.pending = dict(outline.deliveries)
        self.delivered: dict[str, list[tuple[int, Bundle, Path]]] = {}
        self.outs: dict[int, tuple[Site, list[tuple[int, Bundle]]]] = {}
        self.states: dict[str, list[Strand]] = {}
        self.taps: dict[str, list[Path]] = {}
        self.used: set[str] = set()
        self.entered: set[str] = set()  # inputs whose place in the text was reached
        self.given_up: set[str] = set()
        self.hurried: set[str] = set()  # nodes that something still flows into, though nothing else can go on
        self.asked: tuple[Path, ...] = ()
        self.fed: dict[str, list[tuple[Path, int]]] = {}
        self.unread: dict[str, tree.Reference] = {}
        self.reserved: dict[str, int] = {}
        self.implicit_output: Bundle | None = None
        self.tied: list[Any] = []
        self.complained: set[str] = set()
        self.dropped: set[str] = set()
        self.discarded: set[int] = set()  # slots whose tensors go into `_`
        self.called_names: set[str] = set()  # constants that compute with tensors, which has been reported
        self.faulty = False  # a tensor in it isn't what is declared of it
        self.apart = False  # nobody uses what is built here: no place is told that does
        self.incomplete = False  # an argument that it needs isn't given: nothing is said of what follows
        self.given: dict[str, Given] = {}  # arguments by the parameters they are for
        self.defaults: dict[str, tree.Expr] = {}  # of parameters that aren't given
        self.misgiven = False  # an argument by position is of the wrong kind, which has been reported
        self.parameters: tuple[str, ...] = ()  # those the call gave a value

    # --------------------------------------------------------------------------------- problems

    def report(
        self,
        rule: str,
        message: str,
        span: Span,
        *,
        help: str | None = None,
        label: str = "",
        related: tuple[Related, ...] = (),
    ) -> None:
        self.session.report(rule, message, span, help=help, label=label, related=related, builder=self)

    def trouble(self, trouble: Trouble, expr: tree.Expr | None = None) -> None:
        from moniel2.semantics.complain import complain

        complain(self, trouble, expr)

    def assume(self, condition: Condition, span: Span, message: str) -> None:
        self.session.require(condition, span, message, self)

    # ------------------------------------------------------------------------------------ tasks

    def unblock(self) -> bool:
        """Nothing can go on: decide what the earliest task waits for in vain."""
        values = [k for k in self.waiting if k[0] == "value"]
        if values:
            key = min(values, key=lambda k: min(t.order for t in self.waiting[k]))
            self.given_up.add(str(key[1]))
            constant = self.outline.constants.get(str(key[1]))
            if constant is not None:
                name = constant.name
                self.report("bad-value", f"`{name}` needs its own value", constant.name_span)
            self.fire(key)
            return True
        others = [k for k in self.waiting if k[0] in ("wire", "node", "ready", "declared")]
        if not others:
            return False
        key = min(others, key=lambda k: ({"wire": 0, "ready": 1}.get(k[0], 2), min(t.order for t in self.waiting[k])))
        name = str(key[1])
        if key[0] == "ready":
            self.pending[name] = 0
            self.hurried.add(name)
        elif key[0] == "wire":
            self.missing_wire(name)
            self.wires.setdefault(name, EMPTY)
        elif key[0] == "node":
            self.break_cycle(name)
        self.fire(key)
        return True

    def missing_wire(self, name: str) -> None:
        place = self.outline.read.get(name) or self.outline.reaching.get(name)
        if not place:
            return
        first = place[0]
        reference = first if isinstance(first, tree.Reference) else first.reference
        written = self.outline.written.get(name)
        if name in self.dropped and name not in self.complained:
            self.complained.add(name)
            self.report(
                "unknown-wire",
                f"nothing writes `{name}` here: the branch that does isn't taken",
                reference.span,
                help=f"write `{name}` in each branch",
            )
        elif written:
            self.report(
                "cycle",
                f"`{name}` depends on itself",
                reference.span,
                help="a tensor from the step before is a State of a Scan",
                related=(Related(f"`{name}` is written here", written[0].span),),
            )
        else:
            self.unknown_wire(name, reference.span)

    def unknown_wire(self, name: str, span: Span) -> None:
        if name in self.complained:
            return
        self.complained.add(name)
        known = [*self.outline.declared, *self.outline.written, *self.outline.lists]
        around = self.around
        while around is not None and around.builder is not None:
            known += [*around.builder.outline.declared, *around.builder.outline.written]
            around = around.builder.around
        constant = self.outline.constants.get(name)
        if constant is not None:
            made = constant.value.span.text
            self.report(
                "unknown-wire",
                f"`{name}` is a value, and a tensor is read here",
                span,
                help=f"a node has its id before a `:`, {name}:{made}" if made[0].isupper() else None,
                related=(Related("it gets its value here", constant.name_span),),
            )
            return
        near = self.session.did_you_mean(name, known)
        outside = self.parent.outline if near is None and self.parent is not None and self.around is None else None
        if outside is not None and (name in outside.written or name in outside.declared):
            self.report(
                "unknown-wire",
                f"nothing writes `{name}` in this definition",
                span,
                help=f"it doesn't see the tensors around it: `{name}:In` lets one in",
            )
            return
        self.report(
            "unknown-wire",
            f"nothing writes `{name}`",
            span,
            help=near or f"write it first: … -> {name}",
        )

    def break_cycle(self, name: str) -> None:
        """A node that waits for its own output: keep the arrow, call it a cycle."""
        site = self.outline.declared.get(name)
        if site is None or name in self.nodes:
            self.nodes.setdefault(name, NodeValue([(None, EMPTY)]))
            return
        self.report(
            "cycle",
            f"`{name}` depends on its own output",
            site.span,
            help="a tensor from the step before is a State of a Scan",
        )
        strand = Strand(Ref(self.reserve(name), 0), NOTHING_KNOWN, site.span, name, site.span)
        self.nodes[name] = NodeValue([(None, Bundle((strand,), (strand,), True, ("out",)))])

    def reserve(self, name: str) -> int:
        """A number for the slot of a node that is not there yet."""
        return self.reserved.setdefault(name, -2 - len(self.reserved))

    # ----------------------------------------------------------------------------------- values

    def await_names(self, names: Any, frame: Frame) -> Steps:
        """Wait for every name that this block will give a value to."""
        for name in names:
            found = frame.find(name)
            if found is self.home and name not in found.values and name not in self.given_up:
                yield ("value", name)
        return None

    def await_expression(self, expr: tree.Expr, frame: Frame) -> Steps:
        yield from self.await_names(names_in(expr), frame)
        for part in parts_of(expr):
            if isinstance(part, tree.BlockValue):
                yield from self.await_captures(outline_of(part.body), frame)
            elif isinstance(part, tree.Name) and part.name in self.outline.declared and frame.find(part.name) is None:
                site = self.outline.declared[part.name]
                if not site.port:
                    yield ("declared", part.name)
        return None

    def evaluate(self, expr: tree.Expr, frame: Frame) -> Steps:
        """The value of an expression, unknown if it has none (which is reported)."""
        yield from self.await_expression(expr, frame)
        return self.value_now(expr, frame)

    def value_now(self, expr: tree.Expr, frame: Frame) -> Worth:
        try:
            return self.evaluator.value(expr, frame)
        except Trouble as trouble:
            self.trouble(trouble, expr)
            return UNKNOWN_VALUE

    def decide(self, condition: tree.Expr, frame: Frame) -> Steps:
        """True, False, or None when it cannot be decided."""
        yield from self.await_expression(condition, frame)
        try:
            holds, opening = self.evaluator.truth(condition, frame), self.session.opening
            if opening is not None:
                supposed = holds is None
                holds = self.evaluator.supposed(condition, frame) if supposed else holds
                if holds is not None:
                    opening.decides(condition.span, holds, supposed)
            return holds
        except Trouble as trouble:
            self.trouble(trouble, condition)
            return None

    def define(self, name: str, value: Worth) -> None:
        """A name of this block gets its value."""
        self.home.values[name] = value
        self.home.pending.discard(name)
        self.fire(("value", name))

    # --------------------------------------------------------------------------------- closures

    def names_around(self) -> list[str]:
        found: list[str] = []
        around = self.around
        while around is not None:
            found += [n for n, _ in around.captures]
            around = around.builder.around if around.builder is not None else None
        return found

    def captured(self, name: str) -> bool:
        return self.around is not None and any(n == name for n, _ in self.around.captures)

    def await_captures(self, outline: Outline, frame: Frame) -> Steps:
        """Wait for the wires and values that braces read from around them."""
        for name in sorted(outline.reads_from_around):
            if name in self.outline.lists and name not in outline.applies_from_around:
                yield ("wire", name)
            elif name in self.outline.declared:
                site = self.outline.declared[name]
                if name in outline.applies_from_around:
                    yield ("declared", name)
                if name in _only_applied(outline, name) and not site.port:
                    continue
                yield ("node", name)
            elif name in self.outline.written:
                yield ("wire", name)
        yield from self.await_names(sorted(outline.value_names), frame)
        if outline.defines_within:
            # A definition doesn't see the sizes around it.
            names = names_of_definitions(outline, self.scope)
            yield from self.await_names(sorted(names - self.home.sizes), frame)
        return None

    def closure(self, outline: Outline, frame: Frame, name: str = "") -> Closure:
        """The braces as a value; what they read is there already (``await_captures``)."""
        captures = []
        for wanted in sorted(outline.reads_from_around):
            bundle = self.here(wanted)
            if bundle is not None:
                captures.append((wanted, tuple(s.tensor for s in bundle.strands)))
                self.used.add(wanted)
            elif wanted in self.outline.declared or self.captured(wanted):
                captures.append((wanted, ()))
        return Closure(outline, frame, self, tuple(captures), name)

    def here(self, name: str) -> Bundle | None:
        """The tensors of a wire, node or captured name that are there by now."""
        if name in self.outline.lists and name in self.wires:
            return self.wires[name]
        if name in self.nodes:
            return self.nodes[name].main
        if name in self.wires:
            return self.wires[name]
        if name not in self.outline.declared and name not in self.outline.written and self.captured(name):
            return self.from_around(name)
        return None

    def from_around(self, name: str) -> Bundle:
        """A name read from around the braces: inputs of their own kind."""
        assert self.around is not None
        owner = self.around.builder
        tensors: tuple[Tensor, ...] = dict(self.around.captures)[name]
        site = self.called_at
        strands = tuple(
            Strand(Ref(OWN_INPUT, self.capture((owner.depth, name, i), tensor)), tensor, site, name, site)
            for i, tensor in enumerate(tensors)
        )
        return Bundle(strands, strands, True)

    def capture(self, token: tuple[int, str, int], tensor: Tensor) -> int:
        """The number of the input that brings a captured tensor, made when first needed."""
        for number, own in enumerate(self.inputs):
            if own.token == token:
                return number
        self.inputs.append(OwnInput(token[1], tensor, PortKind.CAPTURE, token=token))
        return len(self.inputs) - 1

    def resolve_capture(self, token: tuple[int, str, int], tensor: Tensor) -> Ref:
        """Where a captured tensor that an inner block needs comes from."""
        depth, name, index = token
        if depth == self.depth:
            bundle = self.here(name)
            if bundle is not None and index < len(bundle.strands):
                source = bundle.strands[index].source
                if isinstance(source, Ref):
                    return source
        return Ref(OWN_INPUT, self.capture(token, tensor))

    # ------------------------------------------------------------------------------------ slots

    def add_slot(self, slot: Slot) -> int:
        if len(self.slots) >= limits.MAX_NODES_PER_BLOCK:
            raise Trouble(
                f"this block has more than {limits.MAX_NODES_PER_BLOCK:,} nodes",
                slot.span or self.called_at,
                "see: moniel2 explain limits",
                "limit",
            )
        self.slots.append(slot)
        return len(self.slots) - 1

    def refine(self, strand: Strand, tensor: Tensor) -> Strand:
        """What a claim adds to the knowledge of a tensor, kept where the tensor is made.

        What doesn't hold has been reported: whoever takes it is told nothing, and so says nothing.
        """
        if tensor.shape is None or tensor == strand.tensor:
            return strand if tensor == strand.tensor else replace(strand, tensor=tensor)
        source = strand.source
        if isinstance(source, Ref) and 0 <= source.node < len(self.slots):
            slot = self.slots[source.node]
            slot.outputs = (*slot.outputs[: source.port], tensor, *slot.outputs[source.port + 1 :])
        elif isinstance(source, Ref) and source.node == OWN_INPUT:
            self.inputs[source.port].tensor = tensor
        return replace(strand, tensor=tensor)

    def block_of(self, expr: tree.Expr, frame: Frame) -> BlockWorth | None:
        from moniel2.semantics.types import block_of

        return block_of(self, expr, frame)


def _only_applied(outline: Outline, name: str) -> frozenset[str]:
    """``{name}`` if the braces apply the node ``name`` and never read its tensor."""
    reads = name in outline.read or name in outline.reaching
    for inner in outline.inside:
        own = set(inner.declared) | set(inner.written)
        reads = reads or (name not in own and name in inner.reads_from_around - inner.applies_from_around)
    return frozenset() if reads else frozenset((name,))


@dataclass(frozen=True)
class Special:
    """A finished specialization: the block, and for each capture input its token."""

    block: ir.Block
    captures: tuple[tuple[int, tuple[int, str, int]], ...]
    failed: bool = False
    states: tuple[str, ...] = field(default=())
