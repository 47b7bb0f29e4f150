"""Putting a node where its text stands: what flows in, what it is asked for, what flows out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moniel2.ir import model as ir
from moniel2.ir.model import Ref, Tensor
from moniel2.semantics.applied import Applied
from moniel2.semantics.claims import claim
from moniel2.semantics.outline import Outline, Site
from moniel2.semantics.parts import parts_of
from moniel2.semantics.place import apply
from moniel2.semantics.strands import EMPTY, Bundle, Strand
from moniel2.semantics.trace import Origin
from moniel2.semantics.values import (
    BlockWorth,
    Given,
    OpBlock,
    SharedBlock,
)
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context, Path, Request, Slot
    from moniel2.semantics.schedule import Steps


def place_node(
    builder: Builder,
    site: Site,
    worth: BlockWorth,
    given: tuple[Given, ...],
    dims: tree.Dims | None,
    incoming: Bundle | None,
    context: Context,
    want: bool,
) -> Steps:
    """Put a node where its text stands, and give what flows out of it."""
    from moniel2.semantics.build import Declared

    declared = Declared(site.id, site, worth, given, dims, context)
    if site.named and site.id not in builder.declared:
        builder.declared[site.id] = declared
        builder.fire(("declared", site.id))
        if incoming is None and declares_only(builder, site.id):
            return EMPTY
    if dims is not None:
        _check_moniel(builder, dims, context)
    strands, fed = yield from arrived(builder, site, incoming)
    request, feeds, _ = requested(builder, site, fed)
    applied: Applied = yield from apply(builder, worth, given, (*strands, *feeds), dims, context, request, site.span)
    bundle = yield from enter_node(builder, site, applied, dims, worth, context, context.copy, 1)
    if applied.owner:
        builder.slots[-1].id = worth.node.id if isinstance(worth, SharedBlock) else site.id
    if site.named:
        settle_node(builder, site.id, [(context.copy, bundle)])
    return bundle


def _check_moniel(builder: Builder, dims: tree.Dims, context: Context) -> None:
    """``B [ReLU, Tanh]`` is a shape here; Moniel read a list."""
    from moniel2.semantics.names import exact

    for item in dims.items:
        if not isinstance(item, tree.Name) or len(item.name) < 3 or context.frame.has(item.name):
            return
        if exact(item.name, builder.scope, builder.session.prelude) is None:
            return
    if dims.items:
        builder.complained |= {item.name for item in dims.items if isinstance(item, tree.Name)}
        builder.report(
            "moniel-trailing",
            "this is read as a shape, not as a list",
            dims.span,
            help=f"for a list write an arrow: -> {dims.span.text}",
        )
        builder.complained.update(item.name for item in dims.items if isinstance(item, tree.Name))


def arrived(builder: Builder, site: Site, incoming: Bundle | None) -> Steps:
    """All that flows into a node, in the order of the text; and what is fed to nodes inside it."""
    if site.named and builder.pending.get(site.id, 0) > 0:
        yield ("ready", site.id)
    parts: list[tuple[int, Bundle]] = [(site.position, incoming)] if incoming is not None else []
    fed: list[tuple[Path, Bundle]] = []
    for position, bundle, path in builder.delivered.get(site.id, ()) if site.named else ():
        if path:
            fed.append((path, bundle))
        else:
            parts.append((position, bundle))
    parts.sort(key=lambda p: p[0])
    return tuple(s for _, b in parts for s in b.strands), fed


def enter_node(
    builder: Builder,
    site: Site,
    applied: Applied,
    dims: tree.Dims | None,
    worth: BlockWorth,
    context: Context,
    first: int | None,
    repeat: int,
    *,
    series: bool = False,
) -> Steps:
    """Make the slot of a node and check its declared shape; the bundle that flows out."""
    outputs = applied.outputs
    described = _describe(applied.what, site)
    takes_dims = isinstance(applied.what, (ir.Operation, ir.Sketch)) and _declared_argument(applied.what)
    if dims is not None and outputs and not takes_dims:
        checked = []
        made = _slot(site, applied, outputs, first, repeat, series)
        for i, tensor in enumerate(outputs[: max(1, applied.main)]):
            strand = Strand(Ref(len(builder.slots), i), tensor, site.span, described, site.span)
            origin = Origin(builder, strand, made)
            checked.append((yield from claim(builder, dims, tensor, context.frame, what=described, origin=origin)))
        outputs = (*checked, *outputs[len(checked) :])
    elif dims is not None and outputs and outputs[0].shape is not None:
        # The declared shape was the argument; what it left open is bound by the result.
        yield from claim(builder, dims, outputs[0], context.frame, what=described)
    number = builder.add_slot(_slot(site, applied, outputs, first, repeat, series))
    bundle_at = applied.bundled
    everything = tuple(
        Strand(Ref(number, i), tensor, site.span, described, site.span, bundle=bundle_at)
        for i, tensor in enumerate(outputs)
    )
    return Bundle(everything[: applied.main], everything, True, applied.names)


def _slot(
    site: Site, applied: Applied, outputs: tuple[Tensor, ...], first: int | None, repeat: int, series: bool
) -> Slot:
    from moniel2.semantics.build import Slot

    return Slot(
        site.id,
        site,
        (site.position, first or 0),
        applied.what,
        applied.operands,
        outputs,
        applied.names,
        first,
        repeat,
        parallel=first is not None and not series,
        shared=applied.shared,
        ties=applied.ties,
        span=site.span,
        presentation=applied.presentation,
    )


def _declared_argument(what: ir.Operation | ir.Sketch) -> bool:
    return bool(what.spec.declared)


def _describe(what: ir.What, site: Site) -> str:
    kind = what.name if not isinstance(what, ir.Block) else what.name or "{…}"
    if isinstance(what, ir.Operation):
        kind = what.written
    return f"{site.id}:{kind}" if site.named else kind


def settle_node(builder: Builder, name: str, copies: list[tuple[int | None, Bundle]]) -> None:
    from moniel2.semantics.build import NodeValue

    before = builder.nodes.get(name)
    if before is not None and copies and copies[0][0] is not None and before.copies and before.copies[0][0] is not None:
        before.copies.extend(copies)
        before.copies.sort(key=lambda c: c[0] or 0)
    else:
        builder.nodes[name] = NodeValue(copies)
    builder.fire(("node", name))


def requested(builder: Builder, site: Site, fed: list[tuple[Path, Bundle]]) -> tuple[Request, tuple[Strand, ...], bool]:
    """Taps and feeds that paths ask of a node; whether its copies must stay apart."""
    from moniel2.semantics.build import Request

    taps: list[Path] = list(builder.taps.get(site.id, ())) if site.named else []
    apart = bool(taps)
    for reaching in builder.outline.reaching.get(site.id, ()) if site.named else ():
        if reaching.receives:
            continue
        apart = True
        rest = list(reaching.reference.segments[1:])
        if site.repeated and rest and not isinstance(rest[0], str):
            rest.pop(0)
        path = tuple(s for s in rest if isinstance(s, (str, int)))
        if path and len(path) == len(rest):
            taps.append(path)
    strands: list[Strand] = []
    feeds = []
    for path, bundle in fed:
        for strand in bundle.strands:
            feeds.append((path, strand.tensor))
            strands.append(strand.keyed("\0" + "/".join(map(str, path))))
    return Request(tuple(dict.fromkeys(taps)), tuple(feeds)), tuple(strands), apart


def declares_only(builder: Builder, name: str) -> bool:
    """Whether a bare ``enc:Encoder`` has no edge of its own and is applied, here or in braces inside."""
    site = builder.outline.declared.get(name)
    if site is None or site.arrives or builder.outline.deliveries.get(name):
        return False
    if name in builder.outline.read or name in builder.outline.reaching:
        return False
    chains = [f.chain for f in builder.outline.flows]
    flows_on = any(len(c.items) > 1 and _starts_with(c.items[0], site.item) for c in chains)
    if flows_on or builder.outline.ends_are_ports:
        return False
    return name in _applied_anywhere(builder.outline) or (
        name in _passed_anywhere(builder.outline) and not _is_a_tensor(builder, name)
    )


def _is_a_tensor(builder: Builder, name: str) -> bool:
    """Whether a node holds its tensor without any input, as a ``Variable`` does: its name stands for that weight."""
    worth = builder.declared[name].worth
    return isinstance(worth, OpBlock) and all(port.optional for port in worth.spec.inputs)


def _starts_with(item: tree.Item, wanted: object) -> bool:
    if isinstance(item, tree.ListItem):
        return any(_starts_with(e.chain.items[0], wanted) for e in item.elements)
    return item is wanted


def _applied_anywhere(outline: Outline) -> set[str]:
    names = set(outline.applied)
    for inner in outline.inside:
        names |= inner.applies_from_around
    return names


def _passed_anywhere(outline: Outline) -> set[str]:
    return {name for flow in outline.flows for part in flow.chain.items for name in _passed(part)}


def _passed(item: tree.Item) -> set[str]:
    """Small names passed as blocks: ``Residual(enc)``."""
    if not isinstance(item, tree.Instance) or item.arguments is None:
        return set()
    return {p.name for a in item.arguments.items for p in parts_of(a.value) if isinstance(p, tree.Name)}
