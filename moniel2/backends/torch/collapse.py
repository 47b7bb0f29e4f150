"""Copies in series as one node, so that blocks with other numbers of them can be compared; and back again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from moniel2.ir.model import OWN_INPUT, Block, Node, Operand, Ref


@dataclass(frozen=True)
class Collapsed:
    """A block with one node for each series of copies; ``copies`` are those as they were, by that node's key."""

    block: Block
    copies: Mapping[str, Copies]


Copies = tuple[tuple[int, Node], ...]
"""Nodes with the places they had."""


def collapse(block: Block) -> Collapsed:
    """Copies in series as one. What others read of a copy that isn't the last stays as it is."""
    runs: list[list[int]] = []
    for i, node in enumerate(block.nodes):
        before = block.nodes[runs[-1][-1]] if runs else None
        if before is not None and _in_series(node) and _in_series(before) and node.id == before.id:
            runs[-1].append(i)
        else:
            runs.append([i])
    place = {run[-1]: at for at, run in enumerate(runs)}
    inner = {i for run in runs for i in run[:-1]}
    if any(r.node in inner for r in _outside(block, runs)):
        return Collapsed(block, {})
    copies: dict[str, Copies] = {}
    nodes: list[Node] = []
    for run in runs:
        first, last = block.nodes[run[0]], block.nodes[run[-1]]
        if _in_series(first):
            copies[first.id] = tuple((i, block.nodes[i]) for i in run)
            first = replace(first, outputs=last.outputs, first=None, repeat=1, count=None)
        nodes.append(replace(first, operands=tuple(_moved(o, place) for o in first.operands)))
    return Collapsed(_referring(block, nodes, place), copies)


def expand(block: Block, copies: Mapping[str, Copies]) -> tuple[Block, dict[int, int]]:
    """A block with ``copies`` in the places of single nodes; where each node of it is then, the last of its copies."""
    place: dict[int, int] = {}
    nodes: list[Node] = []
    for at, node in enumerate(block.nodes):
        given = tuple(_moved(o, place) for o in node.operands)
        before = -2
        for i, copy in copies.get(node.key, ((-1, node),)):
            operands = tuple(
                replace(o, source=Ref(len(nodes) - 1, _port(o))) if _from(o, before) else other
                for o, other in zip(copy.operands, given, strict=True)
            )
            nodes.append(replace(copy, operands=operands))
            before = i
        place[at] = len(nodes) - 1
    return _referring(block, nodes, place), place


def _from(operand: Operand, node: int) -> bool:
    return isinstance(operand.source, Ref) and operand.source.node == node


def _port(operand: Operand) -> int:
    return operand.source.port if isinstance(operand.source, Ref) else 0


def _in_series(node: Node) -> bool:
    return node.first is not None and not node.parallel


def _outside(block: Block, runs: list[list[int]]) -> list[Ref]:
    """What is read of each node by others than the copies of the same series, and given out."""
    run_of = {i: at for at, run in enumerate(runs) for i in run}
    found = [r for o in block.outputs for r in o.sources] + [r for _, r in block.wires]
    for i, node in enumerate(block.nodes):
        for operand in node.operands:
            source = operand.source
            if isinstance(source, Ref) and source.node != OWN_INPUT and run_of[source.node] != run_of[i]:
                found.append(source)
    return found


def _referring(block: Block, nodes: list[Node], place: Mapping[int, int]) -> Block:
    outputs = tuple(replace(o, sources=tuple(_at(r, place) for r in o.sources)) for o in block.outputs)
    return replace(block, nodes=tuple(nodes), outputs=outputs, wires=tuple((n, _at(r, place)) for n, r in block.wires))


def _at(ref: Ref, place: Mapping[int, int]) -> Ref:
    return ref if ref.node == OWN_INPUT else Ref(place[ref.node], ref.port)


def _moved(operand: Operand, place: Mapping[int, int]) -> Operand:
    source = operand.source
    return replace(operand, source=_at(source, place)) if isinstance(source, Ref) else operand
