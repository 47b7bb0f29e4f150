"""One use of a block: tensors to its ports, and the block built for them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Operand, PortKind, Tensor, Unknown
from moniel2.semantics.applied import Applied, undefined
from moniel2.semantics.match import Matched, Port, match
from moniel2.semantics.strands import Strand
from moniel2.semantics.values import (
    Closure,
    DefBlock,
    Given,
)
from moniel2.source import Span

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Request
    from moniel2.semantics.schedule import Steps


def place_block(
    builder: Builder,
    worth: DefBlock | Closure,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    request: Request,
    span: Span,
) -> Steps:
    """The ``Applied`` of a block: built for what arrives, or taken from those built already."""
    from moniel2.semantics.session import Arriving

    outline = worth.definition.outline if isinstance(worth, DefBlock) else worth.outline
    assert outline is not None
    called = worth.definition.name if isinstance(worth, DefBlock) else worth.name or "this block"
    taken: list[list[Strand]] = []
    matched: Matched | None = None
    fed = [s for s in strands if s.key is not None and s.key.startswith("\0")]
    plain = tuple(s for s in strands if s not in fed)
    if outline.ends_are_ports:
        implicit = tuple((s.key or "", s.tensor) for s in plain)
        arriving = Arriving(implicit=implicit or None, strands=tuple((s,) for s in plain))
        if not plain:
            arriving = Arriving(implicit=_implicit(builder, outline))
        taken = [[s] for s in plain]
    else:
        ports = tuple(
            Port(
                s.id if s.named else "", bool(getattr(s.item, "optional", False)) or s.conditional, unnamed=not s.named
            )
            for s in outline.inputs
        )
        by_name = _inputs_as_arguments(builder, worth, given, {p.name for p in ports if p.name})
        if by_name:
            given = tuple(g for g in given if g not in by_name)
            left = {p.name for p in ports} - {g.name for g in by_name}
            rest = iter(plain)
            matched = Matched([list(islice(rest, 1)) if p.name in left else [] for p in ports])
        elif len(ports) == 1 and len(plain) > 1 and _one_bundle(plain):
            matched = Matched([list(plain)])
        else:
            matched = match(builder, called, ports, plain, span)
        if matched.failed:  # which tensor was meant for which port is anybody's guess
            taken = [t[:1] for t in matched.taken]
            arriving = Arriving(tuple((NOTHING_KNOWN,) for _ in taken))
        else:
            taken = matched.taken
            arriving = Arriving(tuple(tuple(s.tensor for s in t) for t in taken), strands=tuple(map(tuple, taken)))
    special = yield builder.session.specialize(builder, worth, given, arriving, request, span, called=called)
    if special is None:
        endless = id(outline) in builder.session.endless
        applied = undefined(called, strands, given, declared=not endless)
        if endless:
            builder.session.fault(applied.what)
        return applied
    block = special.block
    if matched is not None and matched.failed:
        builder.session.fault(block)
    if special.failed:
        builder.session.fault(block)
    flat = [s for t in taken for s in t]
    operands = block_operands(builder, block, special.captures, flat, fed)
    outputs = tuple(t for o in block.outputs for t in (o.tensors or (NOTHING_KNOWN,)))
    names = tuple(n for o in block.outputs for n in _names(o))
    if special.failed:
        outputs = tuple(NOTHING_KNOWN for _ in outputs)
    main = sum(max(1, len(o.tensors)) for o in block.outputs if o.kind is PortKind.PLAIN)
    bundled = next((o.span for o in block.plain_outputs if len(o.tensors) > 1), None)
    return Applied(block, operands, outputs, names, main, bundled=bundled)


def _inputs_as_arguments(
    builder: Builder, worth: DefBlock | Closure, given: tuple[Given, ...], inputs: set[str]
) -> list[Given]:
    """Arguments that are named like an input, reported: ``Layer(mask = mask)`` for ``[x, mask = mask] -> Layer``."""
    if not isinstance(worth, DefBlock):
        return []
    parameters = {p.name for p in worth.definition.written.parameters}
    found = [g for g in given if g.name in inputs and g.name not in parameters]
    for item in found:
        if isinstance(item.value, Unknown):
            continue  # told as a tensor among values
        name = worth.definition.name
        builder.report(
            "unknown-argument",
            f"`{item.name}` is an input of {name} and no parameter: it arrives by an arrow",
            item.name_span or item.span,
            help=f"[…, {item.span.text}] -> {name}",
        )
    return found


def _implicit(builder: Builder, outline: Any) -> tuple[tuple[str, Tensor], ...] | None:
    from moniel2.semantics.items import receives

    return (("", NOTHING_KNOWN),) if receives(builder, outline.chain.items[0]) else None


def _one_bundle(strands: Iterable[Strand]) -> bool:
    bundles = {s.bundle for s in strands}
    return len(bundles) == 1 and None not in bundles


def _names(output: ir.Output) -> list[str]:
    return [output.name] if len(output.tensors) <= 1 else [f"{output.name}[{i}]" for i in range(len(output.tensors))]


def block_operands(
    builder: Builder,
    block: ir.Block,
    captures: tuple[tuple[int, tuple[int, str, int]], ...],
    plain: list[Strand],
    fed: list[Strand],
) -> tuple[Operand, ...]:
    """Operands in the order of the block's inputs."""
    tokens = dict(captures)
    rest = iter(plain)
    feeds = iter(fed)
    operands = []
    for number, port in enumerate(block.inputs):
        name = port.name or str(number)
        if port.kind is PortKind.CAPTURE:
            operands.append(Operand(builder.resolve_capture(tokens[number], port.tensor), name))
        elif port.kind is PortKind.FEED:
            strand = next(feeds, None)
            if strand is not None:
                operands.append(Operand(strand.source, name))
        elif port.kind is PortKind.PLAIN and port.bound:
            strand = next(rest, None)
            if strand is not None:
                operands.append(Operand(strand.source, name))
    return tuple(operands)
