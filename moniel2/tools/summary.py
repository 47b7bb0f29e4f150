"""The tree of layers: what each part is, gives out and costs; repeats folded, equal blocks opened once.

A row with ``×n`` counts all n copies, the rows below it one of them, so each level adds up.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

from moniel2.ir.measure import Count, Measure, live_outputs, measure, refs_read
from moniel2.ir.model import Block, Choice, Loop, Model, Node, Operation, Ref, Sketch, Tensor, Undefined, inner_blocks
from moniel2.ir.plain import Json, plain_count, plain_dtype, plain_shape, plain_size, plain_values
from moniel2.layout.steps import when
from moniel2.limits import MAX_DRAWN
from moniel2.ops.label import label
from moniel2.tools.numbers import brief, exact, short
from moniel2.tools.table import table

SCHEMA = "moniel2.summary/1"
ARGUMENTS = 40
"""Longer lists of arguments are cut."""


@dataclass(frozen=True, slots=True)
class Row:
    """One node. ``level`` is its depth in the tree; ``above`` the path of the row that opens the same block."""

    level: int
    path: str
    node: Node
    outputs: tuple[Tensor, ...]
    kind: str
    counts: Measure
    above: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """All rows in reading order; ``cut`` if there would be more."""

    model: Model
    rows: tuple[Row, ...]
    total: Measure
    cut: bool


def summarize(model: Model, depth: int | None = None) -> Summary:
    """The rows of a model, ``depth`` levels of blocks open (0: only the main graph's own nodes)."""
    measured = measure(model.root)
    rows: list[Row] = []
    opened: dict[int, str] = {}
    stack = [*_inside(model.root, 0, "")]
    while stack and len(rows) < MAX_DRAWN:
        block, node, outputs, level, prefix = stack.pop()
        path = prefix + node.key
        inner = inner_blocks(node.what)
        seen = [opened[id(b)] for b in inner if id(b) in opened]
        above = seen[0] if len(seen) == len(inner) > 0 else ""
        rows.append(Row(level, path, node, outputs, _kind(block, node), measured.node(node), above))
        if above or (depth is not None and level >= depth):
            continue
        for other in reversed(inner):
            opened[id(other)] = path
            stack += _inside(other, level + 1, f"{path}/")
    return Summary(model, tuple(rows), measured.total, bool(stack))


def _inside(block: Block, level: int, prefix: str) -> Iterator[tuple[Block, Node, tuple[Tensor, ...], int, str]]:
    """The nodes of a block, the last one first."""
    read = refs_read(block)
    for i in reversed(range(len(block.nodes))):
        node = block.nodes[i]
        yield block, node, tuple(live_outputs(i, node, read)), level, prefix


def _kind(block: Block, node: Node) -> str:
    """``Conv 7×7, 64, /2``; ``BasicBlock(64, 2)``; ``Scan over axis 1``."""
    what = node.what
    if block.is_choice:
        told = when(block, node)
        return told if isinstance(what, Block) else f"{told}: {what.name}"
    if isinstance(what, Operation):
        shapes = [block.tensor(o.source).shape if isinstance(o.source, Ref) else None for o in node.operands]
        first, second = label(what.op, shapes)
        return f"{first}, {second}" if second else first
    if isinstance(what, Block):
        return (what.name or "{ }") + _arguments(what.parameters)
    if isinstance(what, Loop):
        return f"Scan over axis {what.axis}, {what.steps} steps{', backwards' if what.reverse else ''}"
    if isinstance(what, Choice):
        return f"if {what.condition} ?"
    if isinstance(what, Sketch):
        return f"{what.name}{_arguments(what.arguments)}, {', '.join(what.missing)} open"
    left = "" if not isinstance(what, Undefined) else ", open" if what.declared else ", undefined"
    return what.name + _arguments(what.arguments) + left


def _arguments(values: tuple[tuple[str, object], ...]) -> str:
    if not values:
        return ""
    text = ", ".join(_value(value) for _, value in values)
    return f"({text})" if len(text) <= ARGUMENTS else f"({text[: ARGUMENTS - 1]}…)"


def _value(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


# -------------------------------------------------------------------------------------- text


def to_text(summary: Summary) -> str:
    """A page for people."""
    model, total = summary.model, summary.total
    head = ("Layer", "Operation", "Output", "Parameters", "MACs", "Activations")
    body = [
        (
            tree + _name(row),
            row.kind + _remark(row),
            _output(row.outputs),
            brief(row.counts.parameters),
            brief(row.counts.macs, short),
            brief(row.counts.activation_bytes, _bytes),
        )
        for row, tree in zip(summary.rows, _branches(summary.rows), strict=True)
    ]
    parts = [f"{model.name}\n", _ports(model.root), "\n"]
    parts.append(table([head, *body], (False, False, False, True, True, True), rule_below_first=True))
    if summary.cut:
        parts.append(f"… and more; {MAX_DRAWN:,} rows are shown (`--depth` shows less of each)\n")
    parts += ["\n", _totals(total)]
    return "".join(parts)


def _branches(rows: tuple[Row, ...]) -> list[str]:
    """The lines of the tree before each row, made from the bottom up: a branch goes on while a sibling follows."""
    lines: list[str] = []
    open_levels: set[int] = set()
    for row in reversed(rows):
        if row.level == 0:
            lines.append("")
        else:
            trunk = "".join("│  " if level in open_levels else "   " for level in range(1, row.level))
            lines.append(trunk + ("├─ " if row.level in open_levels else "└─ "))
        open_levels = {level for level in open_levels if level < row.level} | {row.level}
    return lines[::-1]


def _name(row: Row) -> str:
    node = row.node
    sign = "∥" if node.parallel else "×"
    if node.times:
        return f"{node.key} {sign}{node.times}"
    if node.repeat == 1:
        return node.key
    first = node.first or 0
    return f"{node.id}/{first}…{first + node.repeat - 1} {sign}{node.repeat}"


def _remark(row: Row) -> str:
    node = row.node
    if node.shared is not None:
        return f" (weights of {'/'.join(node.shared.path)})"
    if node.ties:
        return " (" + ", ".join(f"{tie.weight} of {'.'.join(tie.path)}" for tie in node.ties) + ")"
    return f" (like {row.above})" if row.above else ""


def _output(outputs: tuple[Tensor, ...]) -> str:
    shown = [str(tensor) for tensor in outputs[:3]]
    return ", ".join(shown) + (", …" if len(outputs) > 3 else "")


def _bytes(count: Count) -> str:
    return short(count, "B")


def _ports(root: Block) -> str:
    lines = []
    for word, ports in (("input", root.inputs), ("output", root.outputs)):
        for port in ports:
            dtype = f" {port.tensor.dtype}" if port.tensor.dtype not in ("", "float32") else ""
            lines.append((word, f"{port.name} {port.tensor}{dtype}".strip()))
    return table(lines, (False, False)) if lines else ""


def _totals(total: Measure) -> str:
    parameters = exact(total.parameters)
    if total.frozen.value != 0:
        parameters += f" ({exact(total.frozen)} of them frozen)"
    rows = [
        ("Parameters", parameters, _bytes(total.parameter_bytes)),
        ("Buffers", exact(total.buffers), _bytes(total.buffer_bytes)),
        ("Multiply-accumulates", exact(total.macs), short(total.macs)),
        ("Activations", "", _bytes(total.activation_bytes)),
    ]
    # A long formula has no shorter form: it stands there once.
    rows = [(word, full, "" if brief == full else brief) for word, full, brief in rows]
    return table([row for row in rows if row[0] != "Buffers" or total.buffers != Count()], (False, False, False))


# ----------------------------------------------------------------------------- for programs


def to_json(summary: Summary) -> str:
    """Layers inside layers, a line each. Written row by row: blocks may nest deeper than a JSON encoder recurses."""
    text = [f'{{\n "schema": {_text(SCHEMA)},\n "name": {_text(summary.model.name)},\n "layers": [']
    level = -1  # of the row before
    for row in summary.rows:
        closed = level - row.level + 1
        text.append("]}" * closed + ("," if closed else ""))
        text.append(f'\n{" " * (row.level + 2)}{_text(_entry(row))[:-1]}, "layers": [')
        level = row.level
    text.append("]}" * (level + 1))
    text.append(f'],\n "cut": {_text(summary.cut)},\n "totals": {_text(_plain_totals(summary.total))}\n}}\n')
    return "".join(text)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain_totals(total: Measure) -> dict[str, Json]:
    """Every sum, and under ``at_least`` which of them are known from below only."""
    found: dict[str, Json] = {field: plain_size(count.value) for field, count in _fields(total)}
    open_sums: list[Json] = [field for field, count in _fields(total) if not count.exact]
    return found | ({"at_least": open_sums} if open_sums else {})


def _fields(counts: Measure) -> Iterator[tuple[str, Count]]:
    yield "parameters", counts.parameters
    for name in ("trainable", "buffers", "macs", "parameter_bytes", "buffer_bytes", "activation_bytes"):
        yield name, getattr(counts, name)


def _entry(row: Row) -> dict[str, Json]:
    node = row.node
    tensor = node.outputs[0] if node.outputs else None
    what = node.what
    arguments = what.parameters if isinstance(what, Block) else getattr(what, "arguments", ())
    entry: dict[str, Json] = {
        "path": row.path,
        "type": what.name,
        "args": plain_values(arguments),
        "repeat": node.repeat,
        "shape": None if tensor is None else plain_shape(tensor),
        "dtype": None if tensor is None else plain_dtype(tensor),
        "parameters": plain_count(row.counts.parameters),
        "trainable": plain_count(row.counts.trainable),
        "macs": plain_count(row.counts.macs),
        "activation_bytes": plain_count(row.counts.activation_bytes),
    }
    if node.times:
        entry["times"] = node.times
    if row.above:
        entry["same_as"] = row.above
    return entry


def to_csv(summary: Summary) -> str:
    """A row a layer, blocks before what is inside them; ``level`` tells which."""
    names = (
        "path", "level", "type", "description", "repeat", "shape", "dtype",
        "parameters", "trainable", "macs", "activation_bytes",
    )  # fmt: skip
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in summary.rows:
        entry = _entry(row)
        shape = entry["shape"]
        joined = "x".join("?" if s is None else str(s) for s in shape) if isinstance(shape, list) else "?"
        found = {**entry, "level": row.level, "description": row.kind, "shape": joined}
        writer.writerow(["" if found[name] is None else found[name] for name in names])
    return text.getvalue()
