"""The branches of an open choice as the nodes of one block, and what comes out of it whichever is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
class Joined:
    """What comes out of the branches of a choice, and for each branch which of its tensors that is."""

    tensors: tuple[Tensor, ...]
    names: tuple[str, ...]
    gives: tuple[Gives, ...]


def in_order(branches: Sequence[Applied | None]) -> Joined:
    """One tensor after the other, as far as there are any in either branch."""
    given = [range(b.main) if b is not None else range(0) for b in branches]
    width = max(map(len, given))
    gives = tuple(tuple(k if k < len(of) else None for k in range(width)) for of in given)
    return _joined(branches, ("out",) * width, gives)


def by_name(branches: Sequence[Applied | None], wanted: Sequence[str]) -> tuple[Joined, dict[str, range]]:
    """What the branches call the same, bundles tensor by tensor; and where that of each name is."""
    found = [_named_outputs(b) for b in branches]
    at: dict[str, range] = {}
    names: list[str] = []
    gives: list[list[int | None]] = [[] for _ in branches]
    for name in wanted:
        given = [f.get(name, range(0)) for f in found]
        width = max(1, *map(len, given))
        at[name] = range(len(names), len(names) + width)
        names += [name if width == 1 else f"{name}[{k}]" for k in range(width)]
        for own, of in zip(gives, given, strict=True):
            own += [of[k] if k < len(of) else None for k in range(width)]
    return _joined(branches, names, [tuple(g) for g in gives]), at


def _joined(branches: Sequence[Applied | None], names: Sequence[str], gives: Sequence[Gives]) -> Joined:
    if not names:
        return Joined((NOTHING_KNOWN,), ("out",), ((None,),) * len(branches))
    tensors = (
        [b.outputs[k] for b, k in zip(branches, of, strict=True) if b is not None and k is not None]
        for of in zip(*gives, strict=True)
    )
    return Joined(tuple(map(_common, tensors)), tuple(names), tuple(gives))


def _named_outputs(applied: Applied | None) -> dict[str, range]:
    """Which of a branch's tensors each of its outputs is."""
    block = applied.what if applied is not None else None
    found: dict[str, range] = {}
    at = 0
    for output in block.outputs if isinstance(block, ir.Block) else ():
        width = max(1, len(output.tensors))
        if output.kind in (PortKind.PLAIN, PortKind.TAP):
            found[output.name] = range(at, at + width)
        at += width
    return found


def _common(tensors: Sequence[Tensor]) -> Tensor:
    """What is known of a tensor whichever branch makes it."""
    if not tensors:
        return NOTHING_KNOWN
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
    condition: str, branches: Sequence[Applied | None], joined: Joined, span: Span
) -> tuple[ir.Choice, tuple[Operand, ...]]:
    """The choice, and what it takes from around it."""
    inputs: dict[tuple[object, int], ir.Input] = {}
    sources: list[Operand] = []
    nodes: list[ir.Node] = []
    drivers: list[list[Ref]] = [[] for _ in joined.tensors]
    for name, branch, given in zip(IDS, branches, joined.gives, strict=True):
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
        for name, refs, tensor in zip(joined.names, drivers, joined.tensors, strict=True)
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
