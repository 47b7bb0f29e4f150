"""Why a tensor doesn't fit: which of its sizes is at fault, and the chain of operations that made that size.

Both are found by asking the operations' own rules. A size is at fault if the rule is content once it is unknown; an
operation passes a size on if a fresh symbol put in its place comes out again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moniel2.diagnostics.diagnostic import Related
from moniel2.dims import UNKNOWN, Dim, Shape
from moniel2.ir import model as ir
from moniel2.ir.model import OWN_INPUT, Ref, Tensor
from moniel2.ops.check import assuming
from moniel2.ops.spec import Op, Problem
from moniel2.semantics.strands import Strand
from moniel2.semantics.values import text_of
from moniel2.source import Span

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Slot

STEPS = 4
"""How many operations of a chain are told."""
_FAR = 300
_PROBE = "\0probe"


@dataclass(frozen=True)
class Fault:
    """Operand number ``operand`` of a rule, and the axes of it that don't fit."""

    operand: int
    axes: tuple[int, ...]


def faults(rules: Any, shapes: Sequence[Shape | None]) -> list[Fault]:
    """The operands that a shape rule can't take, each with its axes; nothing where that can't be told."""
    found = []
    for number, shape in enumerate(shapes):
        if shape is None or not shape:
            continue
        open_ = Shape(*([UNKNOWN] * len(shape)))
        if not _content(rules, shapes, number, open_):
            continue
        axes = [
            axis
            for axis in range(len(shape))
            if not _content(rules, shapes, number, Shape(*open_[:axis], shape[axis], *open_[axis + 1 :]))
        ]
        if axes:
            found.append(Fault(number, tuple(axes)))
    return found


def _content(rules: Any, shapes: Sequence[Shape | None], number: int, shape: Shape) -> bool:
    try:
        with assuming():
            rules.shape(*shapes[:number], shape, *shapes[number + 1 :])
    except Problem:
        return False
    return True


def guilty_of(op: Op, shapes: Sequence[Shape | None], problem: Problem) -> dict[int, tuple[int, ...]]:
    """The operands that don't fit, with their axes; one that differs from all others comes with one of these."""
    guilty = {f.operand: f.axes for f in faults(op, shapes)} if problem.rule == "shape-mismatch" else {}
    if len(guilty) != 1:
        return guilty
    (number, axes) = next(iter(guilty.items()))
    mine = shapes[number]
    other = next((i for i, s in enumerate(shapes) if i != number and s is not None and mine is not None), None)
    if other is not None and mine is not None and (beside := shapes[other]) is not None:
        shifted = tuple(a - len(mine) + len(beside) for a in axes)
        if all(0 <= a < len(beside) for a in shifted) and any(
            mine[a] != beside[b] for a, b in zip(axes, shifted, strict=True)
        ):
            guilty[other] = shifted
    return guilty


def explained(
    builder: Builder, op: Op, strands: Sequence[Strand | None], shapes: Sequence[Shape | None], problem: Problem
) -> tuple[str, tuple[Related, ...]]:
    """What stands under the carets, and the notes, for an operation that can't take its operands."""
    told: set[tuple[Span | None, str]] = set()
    guilty = guilty_of(op, shapes, problem)
    related: list[Related] = []
    for number, strand in enumerate(strands):
        if strand is None or not isinstance(strand.source, Ref):
            continue
        if number in guilty:
            related += origins(builder, strand, guilty[number][0], told)
        elif not guilty:
            known = strand.tensor.shape is not None and problem.rule != "dtype-mismatch"
            shown = strand.tensor if known else strand.tensor.dtype
            related.append(Related(f"{strand.made} is {shown}", strand.made_at))
    label = _label(strands, shapes, guilty) if len(guilty) == 2 else ""
    return label, tuple(related[: 2 * STEPS])


def _label(
    strands: Sequence[Strand | None], shapes: Sequence[Shape | None], guilty: Mapping[int, Sequence[int]]
) -> str:
    """``axis 1 is 128 in y, 64 in shortcut``."""
    parts = []
    axes = {tuple(a) for a in guilty.values()}
    if len(axes) != 1 or len(next(iter(axes))) != 1:
        return ""
    ((axis,),) = axes
    for number in guilty:
        strand, shape = strands[number], shapes[number]
        if strand is None or shape is None:
            return ""
        parts.append(f"{shape[axis]} in {strand.made.partition(' (')[0]}")
    return f"axis {axis} is {', '.join(parts)}"


# -------------------------------------------------------------------------------- where it was made


@dataclass(frozen=True)
class Place:
    """A block, finished or being built. ``up`` is where it stands in the block around it."""

    nodes: Sequence[ir.Node] | Sequence[Slot]
    values: Mapping[str, str]
    builder: Builder | None = None
    block: ir.Block | None = None
    up: tuple[Place, ir.Node | Slot] | None = None


@dataclass(frozen=True)
class Origin:
    """A tensor in a block under construction. ``node``: the one that makes it, while it isn't part of the block yet."""

    builder: Builder
    strand: Strand
    node: Slot | None = None


def origins(
    builder: Builder, strand: Strand, axis: int, told: set[tuple[Span | None, str]], node: Slot | None = None
) -> Iterator[Related]:
    """Notes that say where the size of a tensor comes from, the last operation first. ``told`` is not told again."""
    shape = strand.tensor.shape
    if shape is None or not isinstance(strand.source, Ref):
        return
    axis %= len(shape)
    head = f"{strand.made} is {shape}"
    said = f"{head}; its {shape[axis]}"
    for count, (text, came_in, span) in enumerate(_chain(place_of(builder, node), strand.source, axis)):
        if count == STEPS or (span, text) in told or text == f"the input {strand.made}":
            break
        told.add((span, text))
        yield Related(f"{said} comes from {text}", span)
        said = f"that {came_in}"
        head = ""
    if head:
        yield Related(head, strand.made_at)


def place_of(builder: Builder, node: Slot | None = None) -> Place:
    """A block under construction, perhaps with a node that isn't part of it yet."""
    slots = [*builder.slots, node] if node is not None else builder.slots
    return Place(slots, {n: text_of(v) for n, v in builder.home.values.items()}, builder)


def _chain(place: Place, ref: Ref, axis: int) -> Iterator[tuple[str, Dim | None, Span | None]]:
    """Each operation that made or changed the size: its text, the size it found, its place."""
    for _ in range(_FAR):
        if ref.node == OWN_INPUT:
            outer = outwards(place, ref)
            if outer is None:
                name, size, span = _own_input(place, ref, axis)
                if size is not None:
                    yield f"the input {name}".rstrip(), None, span
                return
            place, ref = outer
            continue
        if not 0 <= ref.node < len(place.nodes):
            return
        node = place.nodes[ref.node]
        if isinstance(node.what, ir.Block):
            inner = inwards(place, node, node.what, ref.port)
            if inner is None:
                return
            place, ref = inner
            continue
        if ref.port >= len(node.outputs) or node.outputs[ref.port].shape is None:
            return
        made = node.outputs[ref.port].shape
        assert made is not None
        if axis >= len(made):
            return
        before = list(passed(place, node, ref.port, axis))
        if not before:
            yield _written(place, node), None, node.span
            return
        operand, found = before[0]
        source = node.operands[operand].source
        shape = tensor_at(place, source).shape
        size = shape[found] if shape is not None else UNKNOWN
        if size != made[axis]:
            yield _written(place, node, f" of {size}"), size, node.span
        if not isinstance(source, Ref):
            return
        ref, axis = source, found


def passed(place: Place, node: ir.Node | Slot, port: int, axis: int) -> Iterator[tuple[int, int]]:
    """The operands and axes that decide one axis of what an operation gives out."""
    what = node.what
    if not isinstance(what, ir.Operation):
        return
    slots: list[int | None] = []
    for wanted in what.spec.inputs:
        numbers = [i for i, o in enumerate(node.operands) if o.port == wanted.name]
        slots += numbers if wanted.variadic else [numbers[0] if numbers else None]
    shapes = [None if i is None else tensor_at(place, node.operands[i].source).shape for i in slots]
    if any(i is not None and s is None for i, s in zip(slots, shapes, strict=True)):
        return
    rules: Any = what.op
    seen = set()
    for changed in _probes(shapes):
        probed = list(shapes)
        for position, at in changed:
            shape = probed[position]
            assert shape is not None
            probed[position] = Shape(*shape[:at], Dim.of(_PROBE), *shape[at + 1 :])
        try:
            with assuming():
                result = rules.shape(*probed)
        except Problem:
            continue
        out = result if isinstance(result, Shape) else result[port] if isinstance(result, tuple) else None
        if out is None or axis >= len(out) or _PROBE not in out[axis].symbols():
            continue
        for position, at in changed:
            number = slots[position]
            assert number is not None
            source = (node.operands[number].source, at)
            if source not in seen:
                seen.add(source)
                yield number, at


def _probes(shapes: Sequence[Shape | None]) -> Iterator[list[tuple[int, int]]]:
    """The sizes to replace by a fresh one at a time: each alone, then those that must agree, counted from the end."""
    known = [(position, shape) for position, shape in enumerate(shapes) if shape is not None]
    yield from ([(position, at)] for position, shape in known for at in range(len(shape)))
    if len(known) > 1:
        for back in range(1, 1 + max(len(shape) for _, shape in known)):
            yield [(position, len(shape) - back) for position, shape in known if len(shape) >= back]


def tensor_at(place: Place, source: Ref | ir.Literal) -> Tensor:
    """What is known of a tensor in a block."""
    if not isinstance(source, Ref):
        return Tensor(Shape(), "")
    if place.block is not None:
        return place.block.tensor(source)
    if source.node == OWN_INPUT:
        assert place.builder is not None
        return place.builder.inputs[source.port].tensor
    return place.nodes[source.node].outputs[source.port] if source.node >= 0 else ir.NOTHING_KNOWN


def inwards(place: Place, node: ir.Node | Slot, block: ir.Block, port: int) -> tuple[Place, Ref] | None:
    """What makes an output of a block, inside it."""
    sources = [s for o in block.outputs for s in (o.sources or (None,))]
    if port >= len(sources) or (source := sources[port]) is None:
        return None
    values = {n: str(v) for n, v in (*block.parameters, *block.sizes)}
    return Place(block.nodes, values, block=block, up=(place, node)), source


def outwards(place: Place, ref: Ref) -> tuple[Place, Ref] | None:
    """What flows into an input of a block, in the block around it."""
    if place.block is not None:
        assert place.up is not None
        outer, node = place.up
        bound = [i for i, port in enumerate(place.block.inputs) if port.bound]
        number = bound.index(ref.port) if ref.port in bound else len(node.operands)
        source = node.operands[number].source if number < len(node.operands) else None
        return (outer, source) if isinstance(source, Ref) else None
    builder = place.builder
    assert builder is not None
    strand = builder.inputs[ref.port].strand
    if strand is None or builder.parent is None or not isinstance(strand.source, Ref):
        return None
    return place_of(builder.parent), strand.source


def _own_input(place: Place, ref: Ref, axis: int) -> tuple[str, Dim | None, Span | None]:
    assert place.builder is not None
    own = place.builder.inputs[ref.port]
    shape = own.tensor.shape
    size = shape[axis] if shape is not None and axis < len(shape) else None
    return own.name, size, own.site.span if own.site is not None else None


# --------------------------------------------------------------------------------------- in words


def _written(place: Place, node: ir.Node | Slot, of: str = "") -> str:
    """``Conv(C, 3) with C = 128, instantiated at resnet.nn:31:12``; ``of``: the size it makes it of."""
    written = call_text(node.span) if node.span is not None else str(node.what.name)
    names = dict.fromkeys(re.findall(r"[^\W\d]\w*", written.partition("(")[2]))
    values = [f"{name} = {place.values[name]}" for name in names if name in place.values][:4]
    text = written + of
    if values:
        text += f"{',' if of else ''} with {', '.join(values)}"
    if place.up is not None and place.up[1].span is not None:
        text += f", instantiated at {place.up[1].span}"
    return text


def call_text(span: Span) -> str:
    """A type's word with the arguments behind it, on one line and not too long."""
    text, end = span.source.text, span.end
    if text[end : end + 1] == "(":
        depth = 0
        for at in range(end, min(len(text), end + 400)):
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            if depth == 0:
                end = at + 1
                break
    written = " ".join(text[span.start : end].split())
    return written if len(written) <= 60 else written[:59] + "…"


def arguments_text(builder: Builder) -> str:
    """``BasicBlock(C = 128, stride = 2)``: what a block is called with, to say which of its uses is meant."""
    values = builder.home.values
    given = [f"{name} = {_short(values[name])}" for name in builder.parameters if name in values]
    return f"{builder.called}({', '.join(given)})" if given else builder.called


def _short(value: Any) -> str:
    text = text_of(value)
    return text if len(text) <= 30 else text[:29] + "…"
