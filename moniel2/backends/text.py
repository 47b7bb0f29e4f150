"""A model as text with box drawing characters: branches as ``git log --graph`` draws them, counts in columns.

Every tensor that is still needed is a line running down. The main path keeps the leftmost line; a tensor
that is needed again later moves to a line at its right until then.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from moniel2.backends.counts import exact, short, total
from moniel2.ir.measure import NONE, Count, Measured, measure
from moniel2.ir.model import (
    OWN_INPUT,
    Block,
    Choice,
    Loop,
    Model,
    Node,
    Operation,
    Ref,
    Sketch,
    Tensor,
    Undefined,
    What,
    inner_blocks,
)
from moniel2.layout.steps import labelled, when
from moniel2.layout.views.options import Refused
from moniel2.layout.words import asks, called_with, size_text
from moniel2.ops.label import label

MAX_ROWS = 20_000
PAGE, WIDE = 60, 100  # rows and columns that the default depth may take
MACS = 22  # letters of a formula
LEAST = 13  # letters that are left of a row's words when it is too long


@dataclass(slots=True)
class _Row:
    graph: str
    text: str = ""
    shape: str = ""
    parameters: str = ""
    macs: str = ""


def text(model: Model, depth: int | None = None) -> str:
    """The whole text, ending in a line of totals. ``depth``: how many levels of blocks are open (default: a page)."""
    measured = measure(model.root)
    if depth is None:
        depth = 0
        while _deeper(model.root, depth) and _rows_at(model.root, depth + 1) <= PAGE:
            if _width(_rows(model, measured, depth + 1)) > WIDE:
                break
            depth += 1
    size = _rows_at(model.root, depth)
    if size > MAX_ROWS:
        raise Refused(f"the text would have {size:,} lines; use a smaller --depth")
    return _columns(model.name, _rows(model, measured, depth), measured)


def _rows(model: Model, measured: Measured, depth: int) -> list[_Row]:
    rows: list[_Row] = []
    _Drawing(model.root, measured, rows, depth, "").run()
    return rows


def _rows_at(block: Block, depth: int) -> int:
    """How many rows a block takes with so many levels open."""
    total = len(block.inputs) + len(block.outputs)
    for node in block.nodes:
        total += 1
        if depth > 0:
            for inner in inner_blocks(node.what):
                total += _rows_at(inner, depth - 1)
        if total > MAX_ROWS:
            return total
    return total


def _deeper(block: Block, depth: int) -> bool:
    """Whether there is anything to open below so many levels."""
    level = [block]
    for _ in range(depth + 1):
        level = [inner for b in level for n in b.nodes for inner in inner_blocks(n.what)]
        distinct = {id(b): b for b in level}
        level = list(distinct.values())
    return bool(level)


@dataclass(slots=True)
class _Drawing:
    """One block's rows. ``lanes`` holds for each line the tensor that runs in it, None where the place is free."""

    block: Block
    measured: Measured
    rows: list[_Row]
    depth: int
    prefix: str
    lanes: list[Ref | None] = field(default_factory=list)
    left: dict[Ref, int] = field(default_factory=dict)

    def run(self) -> None:
        block = self.block
        for node in block.nodes:
            for operand in node.operands:
                if isinstance(operand.source, Ref):
                    self.left[operand.source] = self.left.get(operand.source, 0) + 1
        for output in block.outputs:
            for source in output.sources:
                self.left[source] = self.left.get(source, 0) + 1
        for number, port in enumerate(block.inputs):
            ref = Ref(OWN_INPUT, number)
            lane = self.free_lane()
            self.row(lane, "○", port.name or "in", port.tensor)
            if self.left.get(ref):
                self.lanes[lane] = ref
        for number, node in enumerate(block.nodes):
            self.node(number, node)
        for output in block.outputs:
            lane = self.gather([s for s in output.sources if isinstance(s, Ref)])
            self.row(lane, "◉", output.name or "out", output.tensor)
            self.settle(lane, [])

    def node(self, number: int, node: Node) -> None:
        sources = [o.source for o in node.operands if isinstance(o.source, Ref)]
        lane = self.gather(sources)
        inner = inner_blocks(node.what)
        mark = _mark(node)
        counted = self.measured.node(node)
        shown = node.outputs[0] if node.outputs else None
        self.row(lane, mark, _words(node, self.block), shown, counted.parameters, counted.macs)
        if self.depth > 0:
            for block in inner:
                before = "".join("│ " if ref is not None else "  " for ref in self.lanes)
                _Drawing(block, self.measured, self.rows, self.depth - 1, f"{self.prefix}{before}┊ ").run()
        self.settle(lane, [Ref(number, port) for port in range(len(node.outputs))])

    def gather(self, sources: list[Ref]) -> int:
        """Bring a node's operands together; gives the line it stands in. Draws the joins and splits above it."""
        wanted = list(dict.fromkeys(sources))
        places: list[int] = []
        for ref in wanted:
            self.left[ref] -= sources.count(ref)
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

    def settle(self, lane: int, refs: list[Ref]) -> None:
        """After a node: its outputs that somebody takes run on, the first one below it."""
        needed = [r for r in refs if self.left.get(r)]
        if needed:
            self.lanes[lane] = needed[0]
            for ref in needed[1:]:
                aside = self.free_lane(after=lane)
                self.lanes[aside] = ref
                self.draw_link(lane, [aside], "╮")
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
        cells = []
        for place in range(max(len(self.lanes), lane + 1)):
            if place == lane:
                cells.append(f"{mark} ")
            else:
                cells.append("│ " if self.lanes[place] is not None else "  ")
        shape = "" if tensor is None else _shape(tensor)
        self.rows.append(
            _Row(self.prefix + "".join(cells), words, shape, exact(parameters or NONE), short(macs or NONE, MACS))
        )


_MARKS = {"+": "⊕", "×": "⊗", "−": "⊖"}


def _mark(node: Node) -> str:
    what = node.what
    if isinstance(what, Operation):
        return _MARKS.get(what.spec.glyph, "●")
    if isinstance(what, (Undefined, Sketch)):
        return "◌"
    if isinstance(what, Choice):
        return "◇"
    return "■" if isinstance(what, Block) else "↻" if isinstance(what, Loop) else "●"


def _words(node: Node, block: Block) -> str:
    what = node.what
    if block.is_choice:
        told = when(block, node)
        return told if isinstance(what, Block) and not what.nodes else f"{told}: {_inside(what)}"
    if isinstance(what, Operation):
        shapes = [block.tensor(o.source).shape for o in node.operands if isinstance(o.source, Ref)]
        first = label(what.op, shapes)[0]
    elif isinstance(what, Block) and what.name:
        # What it is called by itself names the node; what it was called with tells it from its like.
        name = labelled(what) or what.name
        if node.named and node.id.lower() != name.lower():
            name = f"{node.id}: {name}"
        first = f"{name} {called_with(what)}".rstrip()
        return f"{first} {_times(node)}".rstrip()
    elif isinstance(what, Choice):
        first = asks(what)
    else:
        first = what.name or _inside(what)
    if isinstance(what, (Undefined, Sketch)):
        first += " ?"
    if node.named and node.id.lower() != first.lower():
        first = f"{node.id}: {first}"
    return f"{first} {_times(node)}".rstrip()


def _times(node: Node) -> str:
    """``×6``, and ``×n`` where nobody knows how often."""
    return f"×{node.times}" if node.times else f"×{node.repeat}" if node.repeat > 1 else ""


def _inside(what: What) -> str:
    """Braces without a name are called by what is in them, if that is a few things in a row."""
    if not isinstance(what, Block):
        return what.name
    nodes = what.nodes
    names = [
        asks(node.what) if isinstance(node.what, Choice) else node.what.name or (node.id if node.named else "")
        for node in nodes
    ]
    return " → ".join(names) if all(names) and 0 < len(names) < 5 else "{…}"


def _shape(tensor: Tensor) -> str:
    """``[B, 64, 16h, 16w]``: sizes as figures write them."""
    return "?" if tensor.shape is None else f"[{', '.join(map(size_text, tensor.shape))}]"


def _widths(rows: list[_Row]) -> tuple[int, int, int, int]:
    """Of the columns: graph and words, shape, parameters, MACs."""
    return (
        max((len(r.graph) + len(r.text) for r in rows), default=0),
        max((len(r.shape) for r in rows), default=0),
        max([10, *(len(r.parameters) for r in rows)]),
        max([4, *(len(r.macs) for r in rows)]),
    )


def _width(rows: list[_Row]) -> int:
    return sum(_widths(rows)) + 6


def _columns(name: str, rows: list[_Row], measured: Measured) -> str:
    wide, shapes, counts, macs = _widths(rows)
    # Words give way where a line would be too long for a page.
    graph = max((len(r.graph) for r in rows), default=0)
    wide = min(wide, max(WIDE - shapes - counts - macs - 6, graph + LEAST))
    lines = [name]
    if any(r.parameters or r.macs for r in rows):
        lines.append(f"{'':{wide}}  {'shape':{shapes}}  {'parameters':>{counts}}  {'MACs':>{macs}}".rstrip())
    for row in rows:
        left = row.graph + row.text
        left = left if len(left) <= wide else left[: wide - 1] + "…"
        lines.append(f"{left:{wide}}  {row.shape:{shapes}}  {row.parameters:>{counts}}  {row.macs:>{macs}}".rstrip())
    sums = measured.total
    lines.append("")
    lines.append(f"{total(sums.parameters)} parameters, {total(sums.macs)} MACs")
    return "\n".join(lines) + "\n"
