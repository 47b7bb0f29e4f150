"""A block whose statements have all run: put its nodes in order and make it part of the model."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING

from moniel2.diagnostics.diagnostic import Related
from moniel2.dims import DIFFERENT, Dim, compare
from moniel2.ir import model as ir
from moniel2.ir.model import OWN_INPUT, Literal, Operand, PortKind, Ref
from moniel2.semantics.behind import doubtful
from moniel2.semantics.checks import check
from moniel2.semantics.formulas import formulas_of
from moniel2.semantics.names import Def
from moniel2.semantics.outline import Site
from moniel2.semantics.presentation import attributes
from moniel2.semantics.strands import Strand
from moniel2.semantics.values import to_ir
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Path, Special


def finish(builder: Builder, definition: Def | None, parameters: list[str]) -> Special:
    """The specialization that the builder made."""
    from moniel2.semantics.build import Special

    outputs = _outputs(builder)
    order = _order(builder)
    number = {slot: i for i, slot in enumerate(order)}
    placed: dict[int, int] = {}
    for name, reserved in builder.reserved.items():
        at = next((i for i, s in enumerate(builder.slots) if s.id == name), None)
        if at is not None:
            placed[reserved] = number[at]

    def ref(source: Ref | Literal) -> Ref | Literal | None:
        if isinstance(source, Literal) or source.node == OWN_INPUT:
            return source
        node = number.get(source.node, placed.get(source.node))
        return None if node is None else Ref(node, source.port)

    ids = _unique_ids(builder, order)
    nodes = []
    for position, i in enumerate(order):
        slot = builder.slots[i]
        # An arrow that closes a cycle has been reported; the model has none.
        operands = tuple(
            Operand(r, o.port)
            for o in slot.operands
            if (r := ref(o.source)) is not None and (isinstance(r, Literal) or r.node < position)
        )
        site = slot.site
        nodes.append(
            ir.Node(
                ids[i],
                slot.what,
                operands,
                slot.outputs,
                slot.output_names,
                named=site.named if site is not None else False,
                first=slot.first,
                repeat=slot.repeat,
                parallel=slot.parallel,
                count=slot.count,
                times=slot.times,
                shared=slot.shared,
                ties=slot.ties,
                doc=site.doc if site is not None else "",
                attributes=attributes(builder, (*(site.presentation if site is not None else ()), *slot.presentation)),
                span=slot.span,
            )
        )
    for own in builder.inputs if builder.free else ():
        if own.site is not None and own.site.conditional and own.site.id not in builder.entered:
            own.optional, own.bound = True, False  # it stands in a branch that isn't taken
    inputs = tuple(
        ir.Input(
            own.name,
            own.tensor,
            own.kind,
            own.optional,
            own.bound,
            doc=own.site.doc if own.site is not None else "",
            attributes=attributes(builder, own.site.presentation) if own.site is not None else (),
            span=own.site.span if own.site is not None else None,
        )
        for own in builder.inputs
    )
    outs = []
    for name, strands, kind, site in outputs:
        kept = [(r, s.tensor) for s in strands if isinstance(r := ref(s.source), Ref)]
        outs.append(
            ir.Output(
                name,
                tuple(r for r, _ in kept),
                tuple(t for _, t in kept),
                kind,
                doc=site.doc if site is not None else "",
                attributes=attributes(builder, site.presentation) if site is not None else (),
                span=site.span if site is not None else None,
            )
        )
    values = builder.home.values
    block = ir.Block(
        definition.name if definition is not None else "",
        definition.key if definition is not None else f"{builder.outline.body.span}",
        tuple((p, to_ir(values[p])) for p in parameters if p in values),
        _sizes(builder),
        inputs,
        tuple(outs),
        tuple(nodes),
        doc=definition.written.doc if definition is not None else builder.outline.body.doc,
        attributes=attributes(builder, definition.written.presentation) if definition is not None else (),
        span=definition.written.name_span if definition is not None else builder.called_at,
        defaults=constant_defaults(definition) if definition is not None else (),
        within="" if definition is not None else next((s.owner for s in builder.scope.outwards() if s.owner), ""),
        wires=_wires(builder, ref),
        around=_around(builder),
        formulas=formulas_of(builder.outline),
    )
    if builder.faulty:
        builder.session.fault(block)
    check(builder, outputs)
    tokens = tuple((i, own.token) for i, own in enumerate(builder.inputs) if own.token is not None)
    return Special(block, tokens, failed=builder.incomplete)


def constant_defaults(definition: Def) -> tuple[tuple[str, ir.Value], ...]:
    """The defaults of parameters that are written as constants."""
    found: list[tuple[str, ir.Value]] = []
    for parameter in definition.written.parameters:
        match parameter.default:
            case tree.Number(value):
                found.append((parameter.name, value))
            case tree.Unary("-", tree.Number(value)):
                found.append((parameter.name, -value))
            case tree.Text(value):
                found.append((parameter.name, value))
            case tree.Word(value):
                found.append((parameter.name, value))
    return tuple(found)


def _wires(builder: Builder, ref: Callable[[Ref | Literal], Ref | Literal | None]) -> tuple[tuple[str, Ref], ...]:
    """The wires that are one tensor each."""
    found = []
    for name, bundle in builder.wires.items():
        source = ref(bundle.strands[0].source) if len(bundle.strands) == 1 else None
        if isinstance(source, Ref) and not name.startswith("_"):
            found.append((name, source))
    return tuple(found)


def _around(builder: Builder) -> tuple[tuple[str, ir.Value], ...]:
    """Names of what surrounds the block that its text reads, where they have a value."""
    home, outside = builder.home, builder.home.parent
    if outside is None:
        return ()
    wanted = builder.outline.value_names - home.values.keys()
    names = dict.fromkeys(n for n in home.names() if n in wanted and home.has(n))
    return tuple((n, to_ir(home.get(n))) for n in names)


def _sizes(builder: Builder) -> tuple[tuple[str, Dim], ...]:
    """Names of sizes and constants that are sizes, in the order they were bound."""
    found = []
    for name, value in builder.home.values.items():
        if isinstance(value, bool) or not isinstance(value, (int, Dim)):
            continue
        if name in builder.home.sizes or name in builder.outline.constants:
            found.append((name, Dim.of(value)))
    return tuple(found)


# ------------------------------------------------------------------------------------------ outputs

Out = tuple[str, tuple[Strand, ...], PortKind, "Site | None"]


def _outputs(builder: Builder) -> list[Out]:
    outputs: list[Out] = []
    outline = builder.outline
    if builder.implicit_output is not None:
        strands = builder.implicit_output.strands
        outputs += [("", (s,), PortKind.PLAIN, None) for s in strands]
    for site in outline.outputs:
        entry = builder.outs.get(id(site.item))
        if entry is None:
            continue
        strands = tuple(s for _, b in entry[1] for s in b.strands)
        outputs.append((site.id if site.named else "", strands, PortKind.PLAIN, site))
    if builder.looped:
        outputs += _states(builder)
    names = {o[0] for o in outputs}
    for path in builder.asked:
        text = "/".join(map(str, path))
        if text in names:
            continue
        inner = tapped(builder, path)
        if inner is not None:
            outputs.append((text, inner, PortKind.TAP, None))
    return outputs


def _states(builder: Builder) -> list[Out]:
    found: list[Out] = []
    for site in builder.outline.sites:
        if site.port != "State":
            continue
        arrived = builder.delivered.get(site.id, [])
        strands = tuple(s for _, b, _ in sorted(arrived, key=lambda a: a[0]) for s in b.strands)
        if not strands:
            builder.report(
                "state-not-driven", f"the state `{site.id}` never changes", site.span, help=f"… -> {site.id}"
            )
            continue
        if len(strands) > 1:
            builder.report("second-driver", f"{len(strands)} tensors flow into the state `{site.id}`", site.span)
        own = next((o for o in builder.inputs if o.site is site), None)
        before, after = own.tensor.shape if own is not None else None, strands[0].tensor.shape
        if before is not None and after is not None:
            wrong = len(before) != len(after) or any(
                compare(a, b) == DIFFERENT for a, b in zip(before, after, strict=False)
            )
            if wrong and not doubtful(builder, strands[:1], None):
                builder.report(
                    "shape-mismatch",
                    f"the state `{site.id}` is {before} and becomes {after}",
                    strands[0].span,
                    related=(Related("declared here", site.span),),
                )
        elif before is None and own is not None and after is not None:
            own.tensor = strands[0].tensor
        found.append((site.id, strands[:1], PortKind.STATE, site))
    return found


def tapped(builder: Builder, path: Path) -> tuple[Strand, ...] | None:
    """The tensors that a path from outside asks for; reported there if there is no such thing."""
    head, rest = str(path[0]), path[1:]
    if head in builder.nodes:
        copies = builder.nodes[head].copies
        if rest and isinstance(rest[0], int) and copies and copies[0][0] is not None:
            copies = [c for c in copies if c[0] == rest[0]]
            rest = rest[1:]
        if not rest:
            return tuple(s for _, b in copies for s in b.strands)
        text = "/".join(map(str, rest))
        picked = [
            s
            for _, b in copies
            for n, s in zip(b.names, b.everything, strict=False)
            if n == text or n.startswith(text + "[")
        ]
        return tuple(picked) or None
    if head in builder.wires and not rest:
        return builder.wires[head].strands
    return None


# -------------------------------------------------------------------------------------------- order


def _order(builder: Builder) -> list[int]:
    """Slots in dependency order; the order of the text breaks ties, and decides within a cycle."""
    slots = builder.slots
    waits = [0] * len(slots)
    feeds: list[list[int]] = [[] for _ in slots]
    for i, slot in enumerate(slots):
        for operand in slot.operands:
            source = operand.source
            if isinstance(source, Ref) and source.node >= 0:
                waits[i] += 1
                feeds[source.node].append(i)
    heap = [(slots[i].order, i) for i in range(len(slots)) if not waits[i]]
    heapq.heapify(heap)
    order: list[int] = []
    while heap:
        _, i = heapq.heappop(heap)
        order.append(i)
        for j in feeds[i]:
            waits[j] -= 1
            if not waits[j]:
                heapq.heappush(heap, (slots[j].order, j))
    if len(order) < len(slots):
        done = set(order)
        order += sorted((i for i in range(len(slots)) if i not in done), key=lambda i: slots[i].order)
    return order


def _unique_ids(builder: Builder, order: list[int]) -> dict[int, str]:
    """Ids as in the text; a shared node's further uses are numbered."""
    taken: set[tuple[str, int | None]] = set()
    ids: dict[int, str] = {}
    for i in order:
        slot = builder.slots[i]
        name, count = slot.id, 1
        while (name, slot.first) in taken or (slot.first is not None and (name, None) in taken):
            count += 1
            name = f"{slot.id}_{count}"
        taken.add((name, slot.first))
        ids[i] = name
    return ids
