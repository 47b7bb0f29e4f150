"""A model -> what its picture shows, for a given choice of open blocks."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

from moniel2.dims import Shape
from moniel2.ir.measure import measure
from moniel2.ir.model import Block, Choice, Input, Loop, Model, Node, Operation, PortKind, Shared, distinct_blocks
from moniel2.ir.ports import port_names
from moniel2.layout.atlas import BodyKey, Opening, Sheet, Slot, assemble
from moniel2.layout.canonical import Canonical
from moniel2.layout.counts import count_text
from moniel2.layout.diagram import OWN, Body, Part, Port
from moniel2.layout.fold import compact, fold_parallel, fold_series
from moniel2.layout.frame import (
    Frame,
    first_with,
    inside_of,
    is_plain,
    places_of,
    ranked_sides,
    read_of,
    reads_of,
    sides_of,
    sides_of_cell,
    tensor_shape,
    threads,
)
from moniel2.layout.graph import Entry, Side
from moniel2.layout.sharing import told_in
from moniel2.layout.states import held
from moniel2.layout.steps import Simplified, Step, Steps
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
        # What stands on a step's box; its node is kept, so that its identity stays its own.
        self._lines: dict[Hashable, tuple[Node, Lines]] = other._lines if other is not None else {}
        self.measured = measure(model.root) if look.counts else None
        self.root = self._root()
        self._batch = _batch(self.root)
        steps = self.folded(self.root)
        ends = zip(self.root.outputs, steps.outputs, strict=True)
        states = self.look.states
        shown = [k for k, (end, drivers) in enumerate(ends) if drivers and (states or end.kind is not PortKind.STATE)]
        self._frames = [Frame(steps, shown, {}, True)]

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
            steps = fold_parallel(steps, lambda s: self._same(s, again), self.look.unroll)
            if self.look.loose:
                steps = fold_series(steps, self._loosely, loosely=True)
                steps = fold_parallel(steps, self._of_one_kind, loosely=True)
            self._folded[key] = unfold(steps, self.look.unroll) if self.look.unroll else steps
        return self._folded[key]

    def _same(self, step: Step, again: set[tuple[str, ...]]) -> Hashable:
        """What steps that become one have in common. ``again`` are the nodes whose weights are applied again: what has
        those is not like what has others."""
        weights = step.node.shared if step.shared else Shared(0, (step.node.id,)) if (step.node.id,) in again else None
        merged = tuple(self.canonical.node(n) for n in step.merged)
        return (self.canonical.node(step.node), step.wrapper, which_step(step.node), weights, step.node.ties, merged)

    def _loosely(self, step: Step) -> Hashable:
        """Alike but for arguments and sizes: for figures that would not fit otherwise."""
        what = step.what
        if isinstance(what, Block) and what.name:
            return ("block", what.definition, bodies(what))
        return ("step", id(step))

    def _of_one_kind(self, step: Step) -> Hashable:
        """The same side by side, of operations too."""
        if isinstance(step.what, Operation):
            return ("operation", step.what.name, *(n.what.name for n in step.merged if isinstance(n.what, Operation)))
        return self._loosely(step)

    def body(self, opens: Callable[[Place], bool], limit: int) -> Body:
        """Draw the root with every block open that ``opens`` says, and no more than ``limit`` parts."""

        def is_open(path: str, depth: int, sheet: int, slot: int) -> bool:
            frame = self._frames[sheet]
            if slot < len(frame.held):
                return False
            step = frame.steps.steps[slot - len(frame.held)]
            inner = inside_of(step)
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

    def _sheet(self, frame: Frame) -> Sheet:
        frame.held = {k: n for n, k in enumerate(held(frame.steps))}
        slots = [Slot(self._state(frame.steps.block.inputs[k]), (0,)) for k in frame.held]
        frame.reads = reads_of(frame.steps)
        frame.whose = told_in(frame.steps.steps)
        for n, step in enumerate(frame.steps.steps):
            frame.shown_of[n] = read_of(step, frame.reads[n], None)
            frame.parts.append(self._closed_part(frame, step))
            slots.append(Slot(frame.parts[n], places_of(step, None, frame.shown_of[n]), self._opening(frame, n, step)))
        return self._finish(frame, slots)

    def _opening(self, frame: Frame, number: int, step: Step) -> Opening | None:
        inner = inside_of(step)
        if inner is None or not is_plain(step):
            return None
        if step.alike and not self._holds_for_all(step.alike):
            return None
        read = read_of(step, frame.reads[number], inner)
        sides = sides_of(frame, step, inner)
        key = (self.canonical.block(inner), tuple(read), tuple(sides.items()))
        if key not in self._numbers:
            self._numbers[key] = len(self._frames)
            self._frames.append(Frame(self.folded(inner), read, sides, False))
        kept = [k for k, port in enumerate(inner.inputs) if port.bound]
        ins = tuple(kept.index(k) if k in kept else -1 for k in range(len(inner.inputs)))
        part = self._open_part(frame, step, inner, len(kept), len(read))
        return Opening(part, self._numbers[key], ins, places_of(step, inner, read))

    def _holds_for_all(self, alike: Sequence[Node]) -> bool:
        """Whether what one of several copies holds says what the others hold: all but a number that is told."""
        forms = {self.canonical.form(n.what) for n in alike if isinstance(n.what, Block)}
        return len(forms) == 1 and bool(ranged(alike))

    # ---------------------------------------------------------------------------------------- parts

    def _closed_part(self, frame: Frame, step: Step) -> Part:
        named = step if self.look.wrappers or not step.wrapper else replace(step, wrapper="")
        said = self._said(named, self._shapes(frame.steps, step))
        inner = inside_of(step)
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
            sides=ranked_sides(frame, step, inner) if inner is not None else sides_of_cell(step),
            stands=1 + 0.3 * len(step.merged),
            shares=first_with(frame.steps, step),
        )

    def _said(self, step: Step, shapes: Sequence[Shape | None]) -> Lines:
        """What stands on a step's box: most steps are the same in every draft."""
        numbers = tuple([None if isinstance(t.source, tuple) else t.source for t in step.takes])
        others = (*map(id, step.merged), 0, *map(id, step.alike))
        key = (id(step.node), numbers, step.wrapper, step.branch, others, *shapes, self.look.arguments)
        if step.is_bare or key not in self._lines:
            self._lines[key] = step.node, lines(step, shapes, self.look.arguments)
        return self._lines[key][1]

    def _open_part(self, frame: Frame, step: Step, block: Block, inputs: int, outputs: int) -> Part:
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
            shares=first_with(frame.steps, step),
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
        inner = inside_of(step)
        return 1 if inner is None else self._block_weight(inner)

    def operations(self, place: Place) -> int:
        """How many operations a place stands for, copies counted."""
        if not self._operations:
            for inner in distinct_blocks(self.model.root):
                self._operations[id(inner)] = sum(
                    s.repeat * (1 + len(s.merged) if (b := inside_of(s)) is None else self._operations[id(b)])
                    for s in self.folded(inner).steps
                )
        times = place.step.repeat if place.step is not None else 1
        return times * self._operations[id(place.block)]

    def _block_weight(self, block: Block) -> int:
        """How many operations there are inside, as far as that matters for which branch is the spine."""
        if not self._weights:
            for inner in distinct_blocks(self.model.root):
                parts = [inside_of(s) for s in self.folded(inner).steps]
                total = sum(1 if p is None else self._weights[id(p)] for p in parts)
                self._weights[id(inner)] = max(1, min(total, HEAVIEST))
        return self._weights[id(block)]

    # --------------------------------------------------------------------------------------- shapes

    def _shapes(self, steps: Steps, step: Step) -> list[Shape | None]:
        return [tensor_shape(steps, t.source) for t in step.takes if isinstance(t.source, tuple)]

    def _labels(self, steps: Steps, step: Step, shown: list[int]) -> tuple[str, ...]:
        """The shapes of its outputs where they differ from all that flows in."""
        known = {s for s in self._shapes(steps, step) if s is not None}
        tensors = [step.outputs[k] for k in shown or [0] if k < len(step.outputs)]
        differing = len({tuple(t.shape for t in node.outputs) for node in step.alike}) > 1
        if not self.look.shapes or not tensors or which_step(step.node) or differing:
            return ("",) * max(len(shown), 1)
        labels: list[str] = []
        for t in tensors:
            labels.append("" if t.shape in known else shape_text(t, self._batch))
            if t.shape is not None:
                known.add(t.shape)  # said once for outputs alike
        return tuple(labels)

    # --------------------------------------------------------------------------------------- bodies

    def _finish(self, frame: Frame, slots: Sequence[Slot]) -> Sheet:
        """The sheet of a block all of whose slots are known."""
        block, whole = frame.steps.block, frame.whole
        kept = [k for k, port in enumerate(block.inputs) if port.bound]
        flowing = dict.fromkeys(threads(frame, {k: n for n, k in enumerate(kept)}))
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
        return Sheet(inputs, outputs, tuple(slots), tuple(flowing), "u" if frame.steps.folds else "")

    def _input(self, block: Block, k: int, name: str, whole: bool, side: Side) -> Port:
        port = block.inputs[k]
        label = shape_text(port.tensor, self._batch) if whole and self.look.shapes else ""
        return Port(
            port.name or _plain("input", k, [p.name for p in block.inputs]), label, side, f"{name}: {port.tensor}"
        )


def _and(said: str, whose: str) -> str:
    """What is said of a node, and whose weights it uses; its own name once."""
    words = [said, whose] if said and said != whose.split(" · ")[0] else [whose or said]
    return " · ".join(filter(None, words))


def _simplifies_alike(look: Look, other: Look) -> bool:
    words = ("without", "compact", "unwrap", "closed", "levels")
    return all(getattr(look, word) == getattr(other, word) for word in words)


def _entry(step: Step, said: Lines, wires: int) -> Entry:
    """How wires arrive at a closed part: a join shows the order of what it joins."""
    if said.glyph in ("+", "×") or wires < 2:
        return "any"
    return "order" if isinstance(step.what, Operation) and step.what.name in JOINS else "loose"


def _batch(root: Block) -> str:
    """The size that every input has first and nowhere else, which nobody needs to read."""
    shapes = [[str(d) for d in p.tensor.shape] for p in root.inputs if p.tensor.shape]
    first = {s[0] for s in shapes}
    name = next(iter(first)) if len(first) == 1 else ""
    return "" if any(name in s[1:] for s in shapes) else name


def _plain(word: str, number: int, names: Sequence[str]) -> str:
    """What a port without a name is called beside those of these ``names``."""
    return word if sum(not name or name == word for name in names) == 1 else f"{word} {number + 1}"
