"""The branches of an open choice as the nodes of one block, and what comes out of it whichever is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from moniel2.dims import UNKNOWN, Shape
from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, OWN_INPUT, Operand, PortKind, Ref, Tensor
from moniel2.ir.ports import feeding
from moniel2.semantics.applied import Applied
from moniel2.semantics.strands import Strand
from moniel2.source import Span

IDS = ("then", "else")

Gives = Sequence[int | None]
"""For each output of a choice, which output of a branch it is."""


def untouched(strands: tuple[Strand, ...], span: Span) -> Applied:
    """A branch that is nothing at all: what flows in flows out."""
    inputs = tuple(ir.Input("", s.tensor) for s in strands)
    outputs = tuple(ir.Output("", (Ref(OWN_INPUT, k),), (s.tensor,)) for k, s in enumerate(strands))
    block = ir.Block("", f"{span}", (), (), inputs, outputs, (), span=span)
    operands = tuple(Operand(s.source, str(k)) for k, s in enumerate(strands))
    return Applied(block, operands, tuple(s.tensor for s in strands), ("out",) * len(strands), len(strands))


def common(*tensors: Tensor) -> Tensor:
    """What is known of a tensor whichever branch makes it."""
    first = tensors[0]
    if all(t == first for t in tensors):
        return first
    dtype = first.dtype if all(t.dtype == first.dtype for t in tensors) else ""
    shapes = [t.shape for t in tensors]
    if first.shape is None or any(s is None or s.rank != first.shape.rank for s in shapes):
        return replace(NOTHING_KNOWN, dtype=dtype)
    alike = zip(*(s for s in shapes if s is not None), strict=True)
    sizes = (sizes[0] if all(d == sizes[0] for d in sizes) else UNKNOWN for sizes in alike)
    return Tensor(Shape(*sizes), dtype)


def gather(
    condition: str,
    branches: Sequence[Applied | None],
    gives: Sequence[Gives],
    outputs: Sequence[Tensor],
    names: Sequence[str],
    span: Span,
) -> tuple[ir.Choice, tuple[Operand, ...]]:
    """The choice, and what it takes from around it."""
    inputs: dict[tuple[object, int], ir.Input] = {}
    sources: list[Operand] = []
    nodes: list[ir.Node] = []
    drivers: list[list[Ref]] = [[] for _ in outputs]
    for name, branch, given in zip(IDS, branches, gives, strict=True):
        if branch is None:
            continue
        known = _inputs(branch)
        taken: list[Operand] = []
        seen: dict[object, int] = {}
        for number, operand in enumerate(branch.operands):
            seen[operand.source] = seen.get(operand.source, 0) + 1
            key = (operand.source, seen[operand.source])
            if key not in inputs:
                inputs[key] = known[number]
                sources.append(Operand(operand.source, known[number].name or str(len(sources))))
            taken.append(Operand(Ref(OWN_INPUT, list(inputs).index(key)), operand.port))
        for k, out in enumerate(given):
            if out is not None:
                drivers[k].append(Ref(len(nodes), out))
        nodes.append(ir.Node(name, branch.what, tuple(taken), branch.outputs, branch.names, named=True, span=span))
    outs = tuple(
        ir.Output("" if name == "out" else name, tuple(refs), (tensor,), PortKind.EITHER)
        for name, refs, tensor in zip(names, drivers, outputs, strict=True)
    )
    body = ir.Block(f"if {condition}", f"{span}", (), (), tuple(inputs.values()), outs, tuple(nodes), span=span)
    return ir.Choice(condition, body), tuple(sources)


def _inputs(branch: Applied) -> list[ir.Input]:
    """For each operand of a branch, the input of the choice that brings it."""
    found = [ir.Input("", NOTHING_KNOWN)] * len(branch.operands)
    if isinstance(branch.what, ir.Block):
        number = {id(operand): k for k, operand in enumerate(branch.operands)}
        node = ir.Node("", branch.what, branch.operands, ())
        for port, operands in zip(branch.what.inputs, feeding(node, branch.what), strict=True):
            for operand in operands:
                found[number[id(operand)]] = ir.Input(port.name, port.tensor, port.kind)
    return found
