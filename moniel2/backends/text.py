"""A model as text with box drawing characters: branches as ``git log --graph`` draws them, counts in columns.

Every tensor that is still needed is a line running down. The main path keeps the leftmost line; a tensor
that is needed again later moves to a line at its right until then. The steps are those of the pictures: labels, folding
and what is written out are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap
from unicodedata import combining, east_asian_width

from moniel2.dims import Shape
from moniel2.ir.measure import Count, Measure, Measured, measure
from moniel2.ir.model import Block, Choice, Loop, Model, Operation, PortKind, Sketch, Tensor, Undefined, inner_blocks
from moniel2.ir.ports import port_names
from moniel2.layout.counts import exact, short, total
from moniel2.layout.draft import Drafter, Place
from moniel2.layout.pick import shown_open
from moniel2.layout.picture import Request, look_of, written_out
from moniel2.layout.sharing import told_in
from moniel2.layout.steps import Source, Step, Steps
from moniel2.layout.views.options import Refused
from moniel2.layout.words import alternatives, called_with, contents, said, size_text, subtitle, title, which_step

MAX_ROWS = 20_000
MAX_LINES = 200  # side by side
PAGE, WIDE = 60, 100  # rows and columns that the default depth may take
MACS = 22  # letters of a formula
ENOUGH = 36  # letters of words that say what matters
SIZES = 40  # letters of a shape
LEAST = 13  # letters that are left of a row's words when it is too long


@dataclass(slots=True)
class _Row:
    graph: str
    text: str = ""
    shape: str = ""
    parameters: str = ""
    macs: str = ""


def text(model: Model, request: Request | None = None) -> str:
    """The whole text, ending in a line of totals. Without a depth, blocks are open as far as a page has room.

    Raises ``Refused`` for what a text can't do, and above 20,000 lines.
    """
    request = request or Request()
    if request.direction != "down":
        raise Refused(".txt runs down: leave --direction out")
    if "legend" in request.show:
        raise Refused(".txt has no legend: leave --show legend out")
    writer = _Writer(model, request)
    depth = request.wanted.depth
    if depth is not None:
        rows = writer.rows(lambda place: place.depth <= depth)
    else:
        rows = _fitting(writer)
        if not _fits(rows) and not request.unroll:
            rows = _fitting(_Writer(model, request, loose=True))
    sums = measure(model.root).total
    lines = _columns(request.title or model.name, rows)
    totals = f"{total(sums.parameters)} parameters, {total(sums.macs)} MACs"
    lines += ["", *wrap(totals, WIDE, break_long_words=False, break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def _fitting(writer: _Writer) -> list[_Row]:
    """Blocks open from the outside in while a page has room, those of one definition together, the largest first."""
    chosen: set[str] = set()
    refused: set[str] = set()
    seen: dict[str, tuple[int, int]] = {}  # definition -> the depth at which it stands, and less for more inside

    def opens(place: Place) -> bool:
        held = seen.get(place.block.definition, (place.depth, 0))
        seen[place.block.definition] = (held[0], min(held[1], -writer.drafter.operations(place)))
        return place.block.definition in chosen

    rows = writer.rows(opens)
    while waiting := [d for d in seen if d not in chosen and d not in refused]:
        level = min(seen[d][0] for d in waiting)
        here = sorted((d for d in waiting if seen[d][0] == level), key=lambda d: seen[d])
        for group in [here, *([d] for d in here if len(here) > 1)]:
            if chosen & set(group):
                continue
            chosen |= set(group)
            deeper = _tried(writer, opens)
            if deeper is not None and _fits(deeper):
                rows = deeper
                if group is here:
                    break
            else:
                chosen -= set(group)
        refused |= set(here) - chosen
    return rows


def _tried(writer: _Writer, opens: Callable[[Place], bool]) -> list[_Row] | None:
    """The rows with these blocks open, None as soon as there are more than a page has."""
    try:
        return writer.rows(opens, PAGE)
    except Refused:
        return None


def _fits(rows: Sequence[_Row]) -> bool:
    return len(rows) <= PAGE and _width(rows) <= WIDE


class _Writer:
    """What is known of a model whatever is open in it."""

    def __init__(self, model: Model, request: Request, loose: bool = False) -> None:
        found = written_out(model, request)
        self.drafter = Drafter(found, replace(look_of(request), loose=loose))
        self.measured: Measured = measure(found.root)
        self.wanted, self.arguments = request.wanted, "args" in request.show
        self.hidden = set(request.hide)
        self.most = MAX_ROWS

    def rows(self, opens: Callable[[Place], bool], most: int = MAX_ROWS) -> list[_Row]:
        """All rows, with the blocks open that ``opens`` says. Raises ``Refused`` if there are more than ``most``."""
        self.most = most
        rows: list[_Row] = []
        _Drawing(self, self.drafter.folded(self.drafter.root), rows, opens, "", "", 0, False).run()
        return rows


@dataclass(slots=True)
class _Drawing:
    """One block's rows. ``lanes`` holds for each line the tensor that runs in it, None where the place is free."""

    writer: _Writer
    steps: Steps
    rows: list[_Row]
    opens: Callable[[Place], bool]
    path: str
    prefix: str
    depth: int
    shared: bool
    lanes: list[Source | None] = field(default_factory=list)
    left: dict[Source, int] = field(default_factory=dict)
    whose: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        self.whose = told_in(self.steps.steps)
        steps, block = self.steps, self.steps.block
        taken = [t.source for step in steps.steps for t in step.takes if isinstance(t.source, tuple)]
        for source in (*taken, *(s for sources in steps.outputs for s in sources)):
            self.left[source] = self.left.get(source, 0) + 1
        names, bare = port_names(block.inputs), self.is_bare()
        for number, port in enumerate(block.inputs):
            if not (port.bound or port.kind is PortKind.STATE):
                continue
            lane = self.free_lane()
            if not bare:
                self.row(lane, "↻" if port.kind is PortKind.STATE else "○", names[number], port.tensor)
            if self.left.get((-1, number)):
                self.lanes[lane] = (-1, number)
        for number, step in enumerate(steps.steps):
            self.step(number, step)
        for sources, output, name in zip(steps.outputs, block.outputs, port_names(block.outputs), strict=True):
            if not sources:
                continue
            lane = self.gather(sources)
            if not bare:
                self.row(lane, "↻" if output.kind is PortKind.STATE else "◉", name, output.tensor)
            self.settle(lane, [])

    def is_bare(self) -> bool:
        """Whether a block inside another says nothing by naming its ends: one way in, one way out."""
        inputs = self.steps.block.inputs
        ways = sum(p.bound or p.kind is PortKind.STATE for p in inputs), sum(map(bool, self.steps.outputs))
        return self.depth > 0 and ways == (1, 1)

    def step(self, number: int, step: Step) -> None:
        sources = [t.source for t in step.takes if isinstance(t.source, tuple)]
        lane = self.gather(sources)
        copy = self.writer.measured.copy
        counted = copy(step.node).times(step.repeat)
        if step.alike:
            counted = Measure.sum([copy(node).times(node.repeat) for node in step.alike])
        if step.reused:
            counted = Measure.sum([copy(step.node), copy(step.node).times(step.repeat - 1).without_weights()])
        counted = counted.without_weights() if self.shared or step.shared else counted
        counted = counted.at_least() if step.times else counted
        shown = step.outputs[0] if step.outputs else None
        here = f"{self.path}/{step.key}" if self.path else step.key
        again = self.shared or step.shared
        opened: list[Block] = []
        for block in inner_blocks(step.what) if not step.is_bare else ():
            place = Place(here, self.depth + 1, block, step)
            by_itself = not (again or which_step(step.node)) and self.opens(place)
            if shown_open(place, self.writer.wanted, by_itself):
                opened.append(block)
        mark, words = self.told(step)
        if isinstance(step.what, Choice) and not opened:
            words = f"{words} {alternatives(step.what)}"
        self.row(lane, mark, words, shown, counted.parameters, counted.macs)
        for block in opened:
            before = "".join("│ " if ref is not None else "  " for ref in self.lanes)
            prefix = f"{self.prefix}{before}┊ "
            inner = self.writer.drafter.folded(block)
            _Drawing(self.writer, inner, self.rows, self.opens, here, prefix, self.depth + 1, again).run()
        self.settle(lane, [(number, port) for port in range(max(len(step.outputs), 1))])

    def told(self, step: Step) -> tuple[str, str]:
        """The sign in the graph, and the words beside it."""
        node, what = step.node, step.what
        shapes = [self.shape(t.source) for t in step.takes if isinstance(t.source, tuple)]
        found = said(step, shapes, self.writer.arguments)
        when = which_step(node)
        if isinstance(what, Choice):
            words = found.first
        elif isinstance(what, Block) and not (when or step.branch):
            # What it is called by itself names the node; what it was called with tells it from its like.
            name = title(what, node)
            if name.isdecimal():
                name = contents(what)  # a number is a place, not a name
            told = subtitle(what, node, step.alike) if step.alike else called_with(what)
            words = f"{name or found.first} {told}".rstrip()
        else:
            first, sign = found.first, what.spec.glyph if isinstance(what, Operation) else ""
            if sign and (first == sign or first.endswith(f" {sign}")):
                first = first.removesuffix(sign) + what.name  # names can be searched for
            near = when or found.second.startswith("[")
            more = found.second if found.second.lower() != node.id.lower() else ""
            words = first + (f"{' · ' if step.merged else ' ' if near else ', '}{more}" if more else "")
        if isinstance(what, Undefined) and not words.endswith("?"):
            words += " ?"
        said_already = node.id.lower() in (found.first.lower(), words.lower())
        if node.named and not (said_already or step.branch) and "names" not in self.writer.hidden:
            words = f"{node.id}: {words}"
        words += f" ×{step.times or step.repeat}" if step.times or step.repeat > 1 else ""
        words += f" ({self.whose[step.key]})" if step.key in self.whose else ""
        return _mark(what, found.glyph), words

    def shape(self, source: Source) -> Shape | None:
        """The shape of what flows out of a step, or in."""
        step, port = source
        if step < 0:
            return self.steps.block.inputs[port].tensor.shape
        outputs = self.steps.steps[step].outputs
        return outputs[port].shape if port < len(outputs) else None

    def gather(self, sources: Sequence[Source]) -> int:
        """Bring a node's operands together; gives the line it stands in. Draws the joins and splits above it."""
        wanted = list(dict.fromkeys(sources))
        places: list[int] = []
        for ref in wanted:
            self.left[ref] -= list(sources).count(ref)
            if ref in self.lanes:
                places.append(self.lanes.index(ref))
        if not places:
            return self.free_lane()
        lane = min(places)
        held = self.lanes[lane]
        if held is not None and self.left[held] > 0:
            # Needed again: it goes on in a line of its own, to the right.
            aside = self.free_lane(after=lane)
            self.lanes[aside] = held
            self.draw_link(lane, [aside], "╮")
            self.lanes[lane] = None
        joins = []
        for place in sorted(places):
            ref_at = self.lanes[place]
            if place != lane and ref_at is not None and self.left[ref_at] == 0:
                joins.append(place)
        if joins:
            self.draw_link(lane, joins, "╯")
            for place in joins:
                self.lanes[place] = None
        self.lanes[lane] = None
        return lane

    def settle(self, lane: int, refs: Sequence[Source]) -> None:
        """After a node: its outputs that somebody takes run on, the first one below it."""
        needed = [r for r in refs if self.left.get(r)]
        if needed:
            self.lanes[lane] = needed[0]
            asides = []
            for ref in needed[1:]:
                asides.append(self.free_lane(after=lane))
                self.lanes[asides[-1]] = ref
            if asides:
                self.draw_link(lane, asides, "╮")
        else:
            self.lanes[lane] = None
        while self.lanes and self.lanes[-1] is None:
            self.lanes.pop()

    def free_lane(self, after: int = -1) -> int:
        for place in range(after + 1, len(self.lanes)):
            if self.lanes[place] is None:
                return place
        while len(self.lanes) <= after + 1:
            self.lanes.append(None)
            if len(self.lanes) > after + 1:
                return len(self.lanes) - 1
        self.lanes.append(None)
        return len(self.lanes) - 1

    def draw_link(self, lane: int, others: list[int], corner: str) -> None:
        """A row that joins ``others`` to ``lane`` (╯) or splits them off it (╮)."""
        last = max(others)
        cells = []
        for place in range(max(len(self.lanes), last + 1)):
            busy = place < len(self.lanes) and self.lanes[place] is not None
            if place == lane:
                cells.append("├─")
            elif place == last:
                cells.append(f"{corner} ")
            elif lane < place < last:
                middle = ("┴" if corner == "╯" else "┬") if place in others else ("┼" if busy else "─")
                cells.append(f"{middle}─")
            else:
                cells.append("│ " if busy else "  ")
        self.rows.append(_Row((self.prefix + "".join(cells)).rstrip()))

    def row(
        self,
        lane: int,
        mark: str,
        words: str,
        tensor: Tensor | None,
        parameters: Count | None = None,
        macs: Count | None = None,
    ) -> None:
        if len(self.rows) >= self.writer.most:
            raise Refused(f"the text would have more than {self.writer.most:,} lines: use a smaller --depth")
        if len(self.lanes) > MAX_LINES:
            raise Refused(
                f"in {self.path or 'the model'} more than {MAX_LINES} tensors run side by side, too many for a text:"
                f" {'close it by --collapse' if self.path else 'draw it as .svg'}"
            )
        cells = []
        for place in range(max(len(self.lanes), lane + 1)):
            if place == lane:
                cells.append(f"{mark} ")
            else:
                cells.append("│ " if self.lanes[place] is not None else "  ")
        hidden = self.writer.hidden
        shape = "" if tensor is None or "shapes" in hidden else _cut(_shape(tensor), SIZES)
        weights = "" if parameters is None or "params" in hidden else exact(parameters)
        products = "" if macs is None or "macs" in hidden else short(macs, MACS)
        self.rows.append(_Row(self.prefix + "".join(cells), words, shape, weights, products))


_MARKS = {"+": "⊕", "×": "⊗", "−": "⊖"}


def _mark(what: object, glyph: str) -> str:
    if isinstance(what, Operation):
        return _MARKS.get(glyph, "●")
    if isinstance(what, (Undefined, Sketch)):
        return "◌"
    if isinstance(what, Choice):
        return "◇"
    return "■" if isinstance(what, Block) else "↻" if isinstance(what, Loop) else "●"


def _shape(tensor: Tensor) -> str:
    """``[B, 64, 16h, 16w]``: sizes as figures write them."""
    return "?" if tensor.shape is None else f"[{', '.join(map(size_text, tensor.shape))}]"


def _long(words: str) -> int:
    """How many columns of a terminal a text takes: Chinese letters take two, accents none."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in words)


def _padded(words: str, columns: int) -> str:
    return words + " " * (columns - _long(words))


def _cut(words: str, columns: int) -> str:
    """No longer than ``columns``, with ``…`` where something is missing."""
    if _long(words) <= columns:
        return words
    while _long(words) > columns - 1:
        words = words[:-1]
    return f"{words}…"


def _widths(rows: Sequence[_Row]) -> tuple[int, int, int, int]:
    """Of the columns: graph and words, shape, parameters, MACs; 0 for one with nothing in it."""

    def widest(texts: list[str], head: str) -> int:
        return max((max(_long(t), len(head)) for t in texts if t), default=0)

    return (
        max((_long(r.graph + r.text) for r in rows), default=0),
        widest([r.shape for r in rows], "shape"),
        widest([r.parameters for r in rows], "parameters"),
        widest([r.macs for r in rows], "MACs"),
    )


def _width(rows: Sequence[_Row]) -> int:
    """How wide they are if words as long as ``ENOUGH`` are left whole."""
    _, *others = _widths(rows)
    words = max((_long(r.graph) + min(_long(r.text), ENOUGH) for r in rows), default=0)
    return words + sum(others) + 6


def _columns(name: str, rows: Sequence[_Row]) -> list[str]:
    wide, shapes, counts, macs = _widths(rows)
    # Words give way where a line would be too long for a page.
    graph = max((len(r.graph) for r in rows), default=0)
    wide = min(wide, max(WIDE - shapes - counts - macs - 6, graph + LEAST))
    parts = [(shapes, "shape"), (counts, "parameters"), (macs, "MACs")]

    def line(first: str, cells: Sequence[str]) -> str:
        found = _padded(_cut(first, wide), wide)
        for (columns, head), cell in zip(parts, cells, strict=True):
            if columns:
                found += "  " + (_padded(cell, columns) if head == "shape" else " " * (columns - _long(cell)) + cell)
        return found.rstrip()

    lines = [name]
    if any(columns for columns, _ in parts):
        lines.append(line("", [head for _, head in parts]))
    return lines + [line(row.graph + row.text, (row.shape, row.parameters, row.macs)) for row in rows]
