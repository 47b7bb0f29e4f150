"""A model -> what its picture shows, for a given choice of open blocks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from moniel2.dims import Shape
from moniel2.ir.measure import measure
from moniel2.ir.model import Block, Choice, Input, Loop, Model, Node, Operation, PortKind, Shared, distinct_blocks
from moniel2.ir.ports import port_names
from moniel2.layout.atlas import BodyKey, Opening, Sheet, Slot, Thread, assemble
from moniel2.layout.canonical import Canonical
from moniel2.layout.counts import count_text
from moniel2.layout.diagram import OWN, Body, Part, Port
from moniel2.layout.fold import compact, fold_parallel, fold_series
from moniel2.layout.graph import Entry, Side
from moniel2.layout.sharing import told_in
from moniel2.layout.states import held, left
from moniel2.layout.steps import STEP, Simplified, Source, Step, Steps
from moniel2.layout.unfold import unfold
from moniel2.layout.words import (
    THEMES,
    Lines,
    asks,
    bodies,
    briefly,
    lines,
    ranged,
    shape_text,
    subtitle,
    tint,
    title,
    tooltip,
    which_step,
)
from moniel2.ops.spec import Category

JOINS = ("Concat", "Stack")
HEAVIEST = 60  # a block weighs no more than this


@dataclass(frozen=True, slots=True)
class Look:
    """What is shown and what isn't."""

    shapes: bool = True
    arguments: bool = False
    names: bool = False
    counts: tuple[str, ...] = ()  # "params", "macs": on every box
    compact: bool = False
    loose: bool = False  # fold what is alike but for sizes and arguments
    unwrap: bool = False  # no frames around braces that were named only for their keys
    unroll: int = 0  # what is repeated this often or less is written out
    wrappers: bool = True  # a definition that holds one operation names its box
    without: frozenset[str] = frozenset()  # categories of operations that are drawn as plain wires
    levels: int = 0  # of a U that are shown, if not all
    states: bool = True  # of a loop's step: what it leaves to the next one leaves the picture, too
    brief: bool = False  # of convolutions kernel and channels only, as papers do: their colour tells what they are
    closed: tuple[str, ...] = ()  # types with ``*`` that stay blocks although their text wants no frame around them


@dataclass(frozen=True, slots=True)
class Place:
    """A block that might be opened: where it stands and what it is."""

    path: str
    depth: int
    block: Block
    step: Step | None

    @property
    def is_choice(self) -> bool:
        """Whether opening it shows alternatives side by side, which are no way that tensors go one after another."""
        return self.step is not None and isinstance(self.step.what, Choice)


class TooManyParts(Exception):
    """A picture would have more boxes than the stated limit."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than {limit} boxes")
        self.limit = limit


class Drafter:
    """Everything about a model that doesn't depend on what is open, found once for all drafts of it.

    What another drafter of the same model has found is not looked for again.
    """

    def __init__(self, model: Model, look: Look, other: Drafter | None = None) -> None:
        self.model = model
        self.look = look
        self.canonical: Canonical = other.canonical if other is not None else Canonical(model.root)
        self.simplified: Simplified
        if other is not None and _simplifies_alike(look, other.look):
            self.simplified = other.simplified
        else:
            finish = compact if look.compact else None
            self.simplified = Simplified(model.root, look.without, finish, look.unwrap, look.closed, look.levels)
        self._folded: dict[int, Steps] = {}
        self._weights: dict[int, int] = {}
        self._operations: dict[int, int] = {}
        self._bodies: dict[BodyKey, Body] = {}
        self._sheets: dict[int, Sheet] = {}
        self._numbers: dict[Hashable, int] = {}  # (block, outputs drawn, inputs on its sides) -> sheet
        self.measured = measure(model.root) if look.counts else None
        self.root = self._root()
        self._batch = _batch(self.root)
        steps = self.folded(self.root)
        ends = zip(self.root.outputs, steps.outputs, strict=True)
        states = self.look.states
        shown = [k for k, (end, drivers) in enumerate(ends) if drivers and (states or end.kind is not PortKind.STATE)]
        self._frames = [_Frame(steps, shown, {}, True)]

    def _root(self) -> Block:
        """The model's block, or the only one inside it when it adds nothing to that."""
        block = self.model.root
        while True:
            steps = self.folded(block)
            if len(steps.steps) != 1:
                return block
            only = steps.steps[0]
            wired = [t.source for t in only.takes] == [(OWN, k) for k in range(len(block.inputs))]
            inner = only.what
            if (
                not isinstance(inner, Block)
                or only.repeat > 1
                or only.times
                or not wired
                or len(inner.outputs) != len(block.outputs)
            ):
                return block
            if [p.name for p in inner.inputs] != [p.name for p in block.inputs]:
                return block
            block = inner

    def folded(self, block: Block) -> Steps:
        """The steps of a block as drawn."""
        key = self.canonical.block(block)
        if key not in self._folded:
            steps = self.simplified.of(block)
            again = {s.node.shared.path for s in steps.steps if s.node.shared is not None and not s.node.shared.up}
            steps = fold_series(steps, lambda s: self._same(s, again))
            steps = fold_parallel(steps, lambda s: self._same(s, again))
            if self.look.loose:
                steps = fold_series(steps, self._loosely, loosely=True)
            self._folded[key] = unfold(steps, self.look.unroll) if self.look.unroll else steps
        return self._folded[key]

    def _same(self, step: Step, again: set[tuple[str, ...]]) -> Hashable:
        """What steps that become one have in common. ``again`` are the nodes whose weights are applied again: what has
        those is not like what has others."""
        weights = step.node.shared if step.shared else Shared(0, (step.node.id,)) if (step.node.id,) in again else None
        return (self.canonical.node(step.node), step.wrapper, which_step(step.node), weights, step.node.ties)

    def _loosely(self, step: Step) -> Hashable:
        """Alike but for arguments and sizes: for figures that would not fit otherwise."""
        what = step.what
        if isinstance(what, Block) and what.name:
            return ("block", what.definition, bodies(what))
        return ("step", id(step))

    def body(self, opens: Callable[[Place], bool], limit: int) -> Body:
        """Draw the root with every block open that ``opens`` says, and no more than ``limit`` parts."""

        def is_open(path: str, depth: int, sheet: int, slot: int) -> bool:
            frame = self._frames[sheet]
            if slot < len(frame.held):
                return False
            step = frame.steps.steps[slot - len(frame.held)]
            inner = _inside(step)
            return inner is not None and opens(Place(path, depth, inner, step))

        body = assemble(self.sheet, is_open, limit, self._bodies)
        if body is None:
            raise TooManyParts(limit)
        return body

    # --------------------------------------------------------------------------------------- sheets

    @property
    def count(self) -> int:
        """How many sheets are known so far; each made may open more."""
        return len(self._frames)

    def sheet(self, number: int) -> Sheet:
        """A sheet of the atlas; those that it opens are made when they are asked for."""
        if number not in self._sheets:
            self._sheets[number] = self._sheet(self._frames[number])
        return self._sheets[number]

    def steps(self, number: int) -> Steps:
        """What a sheet shows: a step for each slot that isn't a state's."""
        return self._frames[number].steps

    def _sheet(self, frame: _Frame) -> Sheet:
        frame.held = {k: n for n, k in enumerate(held(frame.steps))}
        slots = [Slot(self._state(frame.steps.block.inputs[k]), (0,)) for k in frame.held]
        frame.reads = _reads(frame.steps)
        frame.whose = told_in(frame.steps.steps)
        for n, step in enumerate(frame.steps.steps):
            frame.shown_of[n] = _read(step, frame.reads[n], None)
            frame.parts.append(self._closed_part(frame, step))
            slots.append(Slot(frame.parts[n], _places(step, None, frame.shown_of[n]), self._opening(frame, n, step)))
        return self._finish(frame, slots)

    def _opening(self, frame: _Frame, number: int, step: Step) -> Opening | None:
        inner = _inside(step)
        if inner is None or not _is_plain(step):
            return None
        if step.alike and not self._holds_for_all(step.alike):
            return None
        read = _read(step, frame.reads[number], inner)
        sides = _sides(frame, step, inner)
        key = (self.canonical.block(inner), tuple(read), tuple(sides.items()))
        if key not in self._numbers:
            self._numbers[key] = len(self._frames)
            self._frames.append(_Frame(self.folded(inner), read, sides, False))
        kept = [k for k, port in enumerate(inner.inputs) if port.bound]
        ins = tuple(kept.index(k) if k in kept else -1 for k in range(len(inner.inputs)))
        part = self._open_part(frame, step, inner, len(kept), len(read))
        return Opening(part, self._numbers[key], ins, _places(step, inner, read))

    def _holds_for_all(self, alike: Sequence[Node]) -> bool:
        """Whether what one of several copies holds says what the others hold: all but a number that is told."""
        forms = {self.canonical.form(n.what) for n in alike if isinstance(n.what, Block)}
        return len(forms) == 1 and bool(ranged(alike))

    # ---------------------------------------------------------------------------------------- parts

    def _closed_part(self, frame: _Frame, step: Step) -> Part:
        named = step if self.look.wrappers else replace(step, wrapper="")
        said = lines(named, self._shapes(frame.steps, step), self.look.arguments)
        inner = _inside(step)
        tensors = [t for t in step.takes if isinstance(t.source, tuple)]
        whose = "" if said.glyph else frame.whose.get(step.key, "")
        return Part(
            key=step.key,
            kind="glyph" if said.glyph else "block" if inner is not None else "op",
            theme=said.theme,
            first=briefly(step, said) if self.look.brief else said.first,
            second=self._second(step, said, whose),
            whose=whose,
            glyph=said.glyph,
            repeat=step.repeat,
            copies=step.times,
            inputs=len(tensors),
            outputs=self._labels(frame.steps, step, frame.shown_of[len(frame.parts)]),
            entry=_entry(step, said, len(tensors)),
            dashed=said.dashed,
            title=tooltip(step),
            tint=tint(step),
            weight=self._weight(step),
            sides=_ranked_sides(frame, step, inner) if inner is not None else _sides_of_cell(step),
            stands=1 + 0.3 * len(step.merged),
            shares=_first_with(frame.steps, step),
        )

    def _open_part(self, frame: _Frame, step: Step, block: Block, inputs: int, outputs: int) -> Part:
        what = step.what
        name, said = title(block, step.node), ""
        if isinstance(what, Block):
            said = subtitle(block, step.node, step.alike)
        elif isinstance(what, Loop):
            name = name or "Scan"
            said = f"over axis {what.axis}{', backwards' if what.reverse else ''}"
        elif isinstance(what, Choice):
            name = asks(what)
        if step.branch:
            name = f"{step.branch}: {name}" if name and name != step.node.id else step.branch
        whose = frame.whose.get(step.key, "")
        return Part(
            key=step.key,
            kind="block",
            theme="frame",
            first=step.wrapper or name,
            second=_and(said, whose),
            whose=whose,
            repeat=step.repeat,
            copies=step.times,
            inputs=inputs,
            outputs=("",) * outputs,
            entry="ports",
            dashed=isinstance(what, Choice),
            title=tooltip(step),
            tint=tint(step),
            weight=self._weight(step),
            shares=_first_with(frame.steps, step),
        )

    def _state(self, port: Input) -> Part:
        """A state that several take: what it is at first and what the step before left come together in its name."""
        title = f"{port.name}: {port.tensor}"
        return Part(port.name, "op", THEMES[Category.RECURRENCE], port.name, inputs=2, title=title)

    def _second(self, step: Step, said: Lines, whose: str) -> str:
        words = [told] if (told := _and(said.second, whose)) else []
        if not said.glyph:
            # A path without a node before the weight's name is a weight of the block itself.
            words += [f"{t.weight} of {t.path[-2]}" for t in step.node.ties if len(t.path) > 1]
        if self.look.names and step.node.named and not isinstance(step.what, Block) and not said.glyph:
            words.insert(0, step.node.id)
        if self.measured is not None and not said.glyph:
            words += count_text(self.measured.copy(step.node), self.look.counts, self._batch)
        return " · ".join(words)

    def _weight(self, step: Step) -> int:
        inner = _inside(step)
        return 1 if inner is None else self._block_weight(inner)

    def operations(self, place: Place) -> int:
        """How many operations a place stands for, copies counted."""
        if not self._operations:
            for inner in distinct_blocks(self.model.root):
                self._operations[id(inner)] = sum(
                    s.repeat * (1 + len(s.merged) if (b := _inside(s)) is None else self._operations[id(b)])
                    for s in self.folded(inner).steps
                )
        times = place.step.repeat if place.step is not None else 1
        return times * self._operations[id(place.block)]

    def _block_weight(self, block: Block) -> int:
        """How many operations there are inside, as far as that matters for which branch is the spine."""
        if not self._weights:
            for inner in distinct_blocks(self.model.root):
                parts = [_inside(s) for s in self.folded(inner).steps]
                total = sum(1 if p is None else self._weights[id(p)] for p in parts)
                self._weights[id(inner)] = max(1, min(total, HEAVIEST))
        return self._weights[id(block)]

    # --------------------------------------------------------------------------------------- shapes

    def _shapes(self, steps: Steps, step: Step) -> list[Shape | None]:
        return [_tensor_shape(steps, t.source) for t in step.takes if isinstance(t.source, tuple)]

    def _labels(self, steps: Steps, step: Step, shown: list[int]) -> tuple[str, ...]:
        """The shapes of its outputs where they differ from all that flows in."""
        known = {s for s in self._shapes(steps, step) if s is not None}
        tensors = [step.outputs[k] for k in shown or [0] if k < len(step.outputs)]
        if not self.look.shapes or not tensors or which_step(step.node):
            return ("",) * max(len(shown), 1)
        labels: list[str] = []
        for t in tensors:
            labels.append("" if t.shape in known else shape_text(t, self._batch))
            if t.shape is not None:
                known.add(t.shape)  # said once for outputs alike
        return tuple(labels)

    # --------------------------------------------------------------------------------------- bodies

    def _finish(self, frame: _Frame, slots: Sequence[Slot]) -> Sheet:
        """The sheet of a block all of whose slots are known."""
        block, whole = frame.steps.block, frame.whole
        kept = [k for k, port in enumerate(block.inputs) if port.bound]
        threads = dict.fromkeys(self._threads(frame, {k: n for n, k in enumerate(kept)}))
        ins, outs = port_names(block.inputs), port_names(block.outputs)
        inputs = tuple(self._input(block, k, ins[k], whole, frame.sides.get(k, "")) for k in kept)
        outputs = tuple(
            Port(
                block.outputs[k].name or _plain("output", n, [block.outputs[i].name for i in frame.shown]),
                "",
                "",
                f"{outs[k]}: {block.outputs[k].tensor}",
                is_either=block.outputs[k].kind is PortKind.EITHER,
            )
            for n, k in enumerate(frame.shown)
        )
        return Sheet(inputs, outputs, tuple(slots), tuple(threads), "u" if frame.steps.folds else "")

    def _input(self, block: Block, k: int, name: str, whole: bool, side: Side) -> Port:
        port = block.inputs[k]
        label = shape_text(port.tensor, self._batch) if whole and self.look.shapes else ""
        return Port(
            port.name or _plain("input", k, [p.name for p in block.inputs]), label, side, f"{name}: {port.tensor}"
        )

    def _threads(self, frame: _Frame, inputs: dict[int, int]) -> Iterator[Thread]:
        block = frame.steps.block
        state, base = left(frame.steps), len(frame.held)
        for k, slot in frame.held.items():
            yield Thread(OWN, inputs[k], slot, 0, 0)
            for s, o in state[block.inputs[k].name]:
                yield Thread(base + s, o, slot, 1, 1, dashed=True)
        for n, step in enumerate(frame.steps.steps, start=base):
            takes = [t for t in step.takes if isinstance(t.source, tuple)]
            for rank, take in enumerate(takes):
                assert isinstance(take.source, tuple)
                source, out = take.source
                if source != OWN:
                    yield Thread(base + source, out, n, take.into, rank)
                    continue
                if out in frame.held:
                    yield Thread(frame.held[out], 0, n, take.into, rank)
                    continue
                if block.inputs[out].kind is PortKind.STATE:
                    # What the step before left: drawn as a wire that runs back.
                    for s, o in state.get(block.inputs[out].name, []):
                        yield Thread(base + s, o, n, take.into, rank, dashed=True)
                if out in inputs:
                    yield Thread(OWN, inputs[out], n, take.into, rank)
        for place, k in enumerate(frame.shown):
            for source, out in frame.steps.outputs[k]:
                if source != OWN:
                    yield Thread(base + source, out, OWN, place, place)
                elif out in frame.held:
                    yield Thread(frame.held[out], 0, OWN, place, place)
                elif out in inputs:
                    yield Thread(OWN, inputs[out], OWN, place, place)


@dataclass(slots=True)
class _Frame:
    """A block whose sheet is being made. ``whole``: it is the model's own."""

    steps: Steps
    shown: list[int]  # the outputs that are drawn
    sides: dict[int, Side]  # the inputs that sit on its sides
    whole: bool
    whose: dict[str, str] = field(default_factory=dict)  # by the key of a step: whose weights it shares
    reads: list[set[int]] = field(default_factory=list)  # of each step: its outputs that something takes
    parts: list[Part] = field(default_factory=list)  # as they look closed
    shown_of: dict[int, list[int]] = field(default_factory=dict)  # of each part: its outputs that are drawn
    held: dict[int, int] = field(default_factory=dict)  # the inputs that are states with a part of their own, and which


def _and(said: str, whose: str) -> str:
    """What is said of a node, and whose weights it uses; its own name once."""
    words = [said, whose] if said and said != whose.split(" · ")[0] else [whose or said]
    return " · ".join(filter(None, words))


def _sides(frame: _Frame, step: Step, block: Block) -> dict[int, Side]:
    """The inputs of a block that sit on its sides: as its text says, or as the same tensor enters what is around it."""
    sides: dict[int, Side] = {}
    for k, port in enumerate(block.inputs):
        from_around = {
            _handed_down(frame, t.source[1]) if isinstance(t.source, tuple) and t.source[0] == OWN else ""
            for t in step.takes
            if t.into == k
        }
        inherited = next(iter(from_around)) if len(from_around) == 1 else ""
        if side := _side(port) or inherited:
            sides[k] = side
    return sides


def _handed_down(frame: _Frame, port: int) -> Side:
    """The side at which a block's input enters what is inside too; a state enters its step only."""
    own = any(a.name == STEP for a in frame.steps.block.inputs[port].attributes)
    return "" if own else frame.sides.get(port, "")


def _ranked_sides(frame: _Frame, step: Step, block: Block) -> tuple[tuple[int, Side], ...]:
    """The same of a closed block, whose inputs are its operands as drawn."""
    sides = _sides(frame, step, block)
    takes = [t for t in step.takes if isinstance(t.source, tuple)]
    return tuple((rank, sides[t.into]) for rank, t in enumerate(takes) if t.into in sides)


def _sides_of_cell(step: Step) -> tuple[tuple[int, Side], ...]:
    """The operands of an operation that enter from the side, as its node says of each."""
    told = step.node.attribute("sides")
    values = told.values if told is not None else ()
    return tuple((k, "left" if side == "left" else "right") for k, side in enumerate(values) if side)


def _simplifies_alike(look: Look, other: Look) -> bool:
    words = ("without", "compact", "unwrap", "closed", "levels")
    return all(getattr(look, word) == getattr(other, word) for word in words)


def _first_with(steps: Steps, step: Step) -> str:
    """The key of the first step of a block that has the weights of a step, where one of the two applies the other's or
    both a third one's again; "" if there is none before it."""
    for one in steps.steps:
        if one is step:
            return ""
        if (step.shared or one.shared) and _weights(one) == _weights(step):
            return one.key
    return ""


def _weights(step: Step) -> Shared:
    """Whose weights a step applies; what stood in a block that has no frame has a name in that block only."""
    told = step.node.shared
    if step.shared and told is not None:
        return told
    return Shared(0, (step.node.id,) if step.key == step.node.key else ())


def _inside(step: Step) -> Block | None:
    """The block that can be opened, if there is one."""
    if step.is_bare:
        return None
    if isinstance(step.what, Block):
        return step.what
    if isinstance(step.what, Loop | Choice):
        return step.what.body
    return None


def _tensor_shape(steps: Steps, source: Source) -> Shape | None:
    step, port = source
    if step < 0:
        return steps.block.inputs[port].tensor.shape
    outputs = steps.steps[step].outputs
    return outputs[port].shape if port < len(outputs) else None


def _is_plain(step: Step) -> bool:
    """Whether one body stands for all copies: what varies in size from copy to copy stays closed."""
    return len({tuple(t.shape for t in node.outputs) for node in step.alike}) < 2


def _reads(steps: Steps) -> list[set[int]]:
    """Which outputs of each step are read."""
    ports: list[set[int]] = [set() for _ in steps.steps]
    taken = [t.source for s in steps.steps for t in s.takes if isinstance(t.source, tuple)]
    for source, port in (*taken, *(s for sources in steps.outputs for s in sources)):
        if source != OWN:
            ports[source].add(port)
    for number, step in enumerate(steps.steps):
        if (step.repeat > 1 or step.times) and step.outputs:
            ports[number].add(0)  # the next copy reads it
    return ports


def _read(step: Step, ports: set[int], block: Block | None) -> list[int]:
    """Which outputs of a step are read; of one whose block is open, which of the block's ports."""
    return sorted({_output_of(block, len(step.outputs), port) for port in ports})


def _entry(step: Step, said: Lines, wires: int) -> Entry:
    """How wires arrive at a closed part: a join shows the order of what it joins."""
    if said.glyph in ("+", "×") or wires < 2:
        return "any"
    return "order" if isinstance(step.what, Operation) and step.what.name in JOINS else "loose"


def _places(step: Step, block: Block | None, read: list[int]) -> tuple[int, ...]:
    """Of each output of a step: its place among those that are read."""
    ports = [_output_of(block, len(step.outputs), out) for out in range(len(step.outputs))]
    return tuple(read.index(port) if port in read else -1 for port in ports)


def _output_of(block: Block | None, outputs: int, number: int) -> int:
    """The port that output ``number`` of a node comes from: the tensors of a bundle share one."""
    if block is None:
        return number
    owner = [k for k, port in enumerate(block.outputs) for _ in port.tensors or (None,)]
    return owner[number] if len(owner) == outputs else number


def _batch(root: Block) -> str:
    """The size that every input has first and nowhere else, which nobody needs to read."""
    shapes = [[str(d) for d in p.tensor.shape] for p in root.inputs if p.tensor.shape]
    first = {s[0] for s in shapes}
    name = next(iter(first)) if len(first) == 1 else ""
    return "" if any(name in s[1:] for s in shapes) else name


def _plain(word: str, number: int, names: Sequence[str]) -> str:
    """What a port without a name is called beside those of these ``names``."""
    return word if sum(not name or name == word for name in names) == 1 else f"{word} {number + 1}"


def _side(port: Input) -> Side:
    told = next((str(a.values[0]) for a in port.attributes if a.name == "side" and a.values), "")
    return "left" if told == "left" else "right" if told == "right" else ""
