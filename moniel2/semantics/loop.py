"""``Scan``: a body once per step along an axis, with states that carry over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import DIFFERENT, UNKNOWN, Condition, Dim, Shape, compare
from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Operand, PortKind, Tensor
from moniel2.semantics.match import Port, match
from moniel2.semantics.outline import Site
from moniel2.semantics.strands import EMPTY, Bundle, Strand
from moniel2.semantics.survey import outline_of
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context
    from moniel2.semantics.schedule import Steps


def scan(builder: Builder, site: Site, item: tree.Instance, incoming: Bundle | None, context: Context) -> Steps:
    """``[x, h = h0] -> loop:Scan(axis = 1, reverse = false) { … }``."""
    from moniel2.semantics.applied import Applied
    from moniel2.semantics.build import Declared, Request
    from moniel2.semantics.nodes import arrived, enter_node, requested, settle_node
    from moniel2.semantics.place_block import block_operands
    from moniel2.semantics.session import Arriving

    axis, reverse = yield from _arguments(builder, item, context)
    if item.trailing is None:
        builder.report(
            "missing-argument", "Scan needs a body", item.type.span, help="Scan(axis = 1) { x:In; h:State; … }"
        )
        return EMPTY
    outline = outline_of(item.trailing)
    strands, fed = yield from arrived(builder, site, incoming)
    states = [s for s in outline.sites if s.port == "State"]
    # ``h0 -> loop/h`` is a state's first value, as ``[x, h = h0] -> loop`` is.
    begin = {(s.id,) for s in states}
    strands += tuple(s.keyed(str(path[0])) for path, bundle in fed if path in begin for s in bundle.strands)
    fed = [(path, bundle) for path, bundle in fed if path not in begin]
    ports = (
        *(Port(s.id if s.named else "") for s in outline.inputs),
        *(Port(s.id, optional=True) for s in states),
    )
    matched = match(builder, "Scan", ports, strands, site.span)
    plain = matched.taken[: len(outline.inputs)]
    first = {s.id: t[0] for s, t in zip(states, matched.taken[len(outline.inputs) :], strict=False) if t}
    steps: Dim = UNKNOWN
    arriving: list[tuple[Tensor, ...]] = []
    for taken in plain:
        tensors = []
        for strand in taken:
            shape = strand.tensor.shape
            if shape is not None and not -len(shape) <= axis < len(shape):
                at = _axis_at(item) or site.span
                message = f"Scan axis {axis} is out of range for {len(shape)} dimensions"
                note = Related(f"{strand.made} is {shape}", strand.made_at)
                builder.report("shape-mismatch", message, at, related=(note,))
                shape = None
            if shape is not None:
                steps = _same_steps(builder, steps, shape[axis], strand, site)
                shape = Shape(*(d for i, d in enumerate(shape) if i != axis % len(shape)))
            tensors.append(Tensor(shape, strand.tensor.dtype))
        arriving.append(tuple(tensors))
    yield from builder.await_captures(outline, context.frame)
    closure = builder.closure(outline, context.frame, site.id if site.named else "")
    if site.named:
        builder.declared[site.id] = Declared(site.id, site, closure, (), item.dims, context)
        builder.fire(("declared", site.id))
    request, feeds, _ = requested(builder, site, fed)
    # Taps of a state by name are its last value, which the loop gives out anyway.
    taps = tuple(t for t in request.taps if not (len(t) == 1 and t[0] in {s.id for s in states}))
    special = yield builder.session.specialize(
        builder,
        closure,
        (),
        Arriving(tuple(arriving), states=tuple((n, s.tensor) for n, s in sorted(first.items()))),
        replace(request, taps=taps) if isinstance(request, Request) else request,
        site.span,
        looped=True,
        called="Scan",
    )
    if special is None:
        return EMPTY
    block = special.block
    operands = block_operands(builder, block, special.captures, [s for t in plain for s in t], list(feeds))
    operands += tuple(
        Operand(first[p.name].source, p.name) for p in block.inputs if p.name in first and p.kind is PortKind.STATE
    )
    outputs, names = _outputs(block, axis, steps)
    main = sum(1 for o in block.outputs if o.kind is PortKind.PLAIN)
    applied = Applied(ir.Loop(block, axis, reverse, steps), operands, outputs, names, main)
    bundle = yield from enter_node(builder, site, applied, item.dims, closure, context, context.copy, 1)
    if site.named:
        settle_node(builder, site.id, [(context.copy, bundle)])
    return bundle


def _same_steps(builder: Builder, steps: Dim, found: Dim, strand: Strand, site: Site) -> Dim:
    """All inputs of a Scan have the same number of steps."""
    if not steps.known:
        return found
    verdict = compare(steps, found)
    message = f"the inputs of a Scan have {steps} and {found} steps"
    if verdict == DIFFERENT:
        builder.report("shape-mismatch", message, strand.span)
    elif isinstance(verdict, Condition):
        builder.session.require(verdict, site.span, message, builder)
    return steps


def _arguments(builder: Builder, item: tree.Instance, context: Context) -> Steps:
    values: dict[str, Any] = {"axis": 1, "reverse": False}
    names = ["axis", "reverse"]
    for position, argument in enumerate(item.arguments.items if item.arguments is not None else ()):
        name = argument.name or (names[position] if position < len(names) else None)
        if name not in values:
            help = did_you_mean(name or "", names) or "Scan(axis, reverse)"
            at = argument.name_span or argument.span
            builder.report("unknown-argument", f"Scan has no argument `{name}`", at, help=help)
            continue
        value = yield from builder.evaluate(argument.value, context.frame)
        expected = bool if name == "reverse" else int
        if type(value) is not expected:
            builder.report(
                "wrong-argument",
                f"{name} of Scan must be {'true or false' if name == 'reverse' else 'a whole number'}",
                argument.span,
            )
            continue
        values[name] = value
    return values["axis"], values["reverse"]


def _axis_at(item: tree.Instance) -> Span | None:
    """Where the axis is given."""
    arguments = item.arguments.items if item.arguments is not None else ()
    return next((a.span for i, a in enumerate(arguments) if a.name == "axis" or (a.name is None and i == 0)), None)


def _outputs(block: ir.Block, axis: int, steps: Dim) -> tuple[tuple[Tensor, ...], tuple[str, ...]]:
    outputs: list[Tensor] = []
    names: list[str] = []
    for output in block.outputs:
        tensor = output.tensor if output.tensors else NOTHING_KNOWN
        names.append(output.name)
        if output.kind is PortKind.STATE or tensor.shape is None:
            outputs.append(tensor)
            continue
        position = axis if axis >= 0 else len(tensor.shape) + 1 + axis
        sizes = list(tensor.shape)
        sizes.insert(position, steps)
        outputs.append(Tensor(Shape(*sizes), tensor.dtype))
    return tuple(outputs), tuple(names)
