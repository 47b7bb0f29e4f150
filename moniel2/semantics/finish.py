"""A block whose statements have all run: put its nodes in order and make it part of the model."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import DIFFERENT, Dim, Shape, compare
from moniel2.ir import model as ir
from moniel2.ir.model import OWN_INPUT, Literal, Operand, PortKind, Ref
from moniel2.ops.common import no_weights
from moniel2.semantics.idle import check_idle
from moniel2.semantics.names import Def
from moniel2.semantics.outline import Site
from moniel2.semantics.presentation import attributes
from moniel2.semantics.strands import Strand
from moniel2.semantics.values import to_ir
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Path, Slot, Special


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
                shared=slot.shared,
                ties=slot.ties,
                doc=site.doc if site is not None else "",
                attributes=attributes(builder, (*(site.presentation if site is not None else ()), *slot.presentation)),
                span=slot.span,
            )
        )
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
        wires=_wires(builder, ref),
    )
    if builder.faulty:
        builder.session.fault(block)
    _check(builder, outputs)
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
            if wrong:
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


# --------------------------------------------------------------------------------------- what remains


def _check(builder: Builder, outputs: list[Out]) -> None:
    outline = builder.outline
    for first, second in outline.duplicates:
        builder.report(
            "duplicate-node",
            f"`{second.id}` is declared twice",
            second.item.id.span if getattr(second.item, "id", None) is not None else second.span,  # type: ignore[union-attr]
            related=(Related("first declared here", first.span),),
            help=f"to use the same weights again: {first.id}()",
        )
    for name, references in outline.written.items():
        if name in builder.used or name not in builder.wires or name.startswith("_"):
            continue
        if any(name in (p[0] for p in builder.asked) for _ in (0,)):
            continue
        if not builder.wires[name].strands:
            continue
        near = did_you_mean(name, [*outline.declared, *[r for r in outline.read if r not in outline.written]])
        builder.report("unused-wire", f"nothing reads `{name}`", references[0].span, help=near)
    for constant in outline.constants_again:
        first_ = next(c for c in outline.body.statements if isinstance(c, tree.Constant) and c.name == constant.name)
        builder.report(
            "duplicate-definition",
            f"`{constant.name}` gets a value twice",
            constant.name_span,
            related=(Related("first here", first_.name_span),),
        )
    _check_once(builder)
    _check_shared(builder)
    _check_spaces(builder)
    _check_taken(builder, outputs)
    check_idle(builder)
    for name, weight, path, at in builder.tied:
        _check_tie(builder, name, weight, path, at)


def _check_once(builder: Builder) -> None:
    """The name of a size that occurs once, and not in a port's shape: likely a misspelling."""
    outline, home = builder.outline, builder.home
    for name in sorted(home.sizes & outline.binds):
        places = outline.mentions.get(name, ())
        if len(places) != 1 or places[0][1] or name in builder.complained:
            continue
        near = did_you_mean(name, [n for n in (*home.names(), *outline.mentions) if n != name])
        builder.report("name-once", f"`{name}` is named only here", places[0][0], help=near or "_ is any size")


def _check_shared(builder: Builder) -> None:
    """Weights that are used again must have the same shapes there."""
    owners = {s.id: s for s in builder.slots if s.shared is None}
    for slot in builder.slots:
        if slot.shared is None or slot.shared.up or slot.span is None:
            continue
        owner = owners.get(slot.shared.path[0])
        if owner is None:
            continue
        ours, theirs = _weights(builder, slot.what), _weights(builder, owner.what)
        if ours is not None and theirs is not None and ours != theirs:
            builder.report(
                "shape-mismatch",
                f"the weights of `{owner.id}` can't be used here: they would have other shapes",
                slot.span,
                related=tuple(Related("the weights are made for what flows in here", owner.span) for _ in (0,)),
            )


def _weights(builder: Builder, what: ir.What) -> object:
    """A value that is equal for equal weights; None where they aren't known."""
    if isinstance(what, ir.Operation):
        return tuple((n, str(w.shape)) for n, w in what.weights)
    if not isinstance(what, (ir.Block, ir.Loop)):
        return None
    outer = what if isinstance(what, ir.Block) else what.body
    session = builder.session
    if id(outer) not in session.weights:
        for block in ir.distinct_blocks(outer):
            if id(block) in session.weights:
                continue
            parts = tuple((n.key, n.repeat, _weights(builder, n.what)) for n in block.nodes)
            known = all(p[2] is not None for p in parts)
            # A number stands for the whole, so that nested blocks aren't compared again and again.
            session.weights[id(block)] = session.numbers.setdefault(parts, len(session.numbers)) if known else None
            session.kept.append(block)
    return session.weights[id(outer)]


def _check_spaces(builder: Builder) -> None:
    """The same word for a node or wire and for a value in one block."""
    outline, home = builder.outline, builder.home
    values = {n for n in (*home.values, *home.pending) if n not in builder.session.empty.values}
    for name in sorted((set(outline.declared) | set(outline.written)) & values):
        site = outline.declared.get(name)
        if site is not None and site.port == "In" and getattr(site.item, "optional", False):
            continue
        span = site.span if site is not None else outline.written[name][0].span
        builder.report(
            "name-in-both-spaces",
            f"`{name}` is a {'node' if site is not None else 'wire'} and a value in this block",
            span,
            help="give one of them another name",
        )


def _check_taken(builder: Builder, outputs: list[Out]) -> None:
    """A node whose tensors nobody takes, in a block that gives something out."""
    if not any(o[2] is PortKind.PLAIN for o in outputs):
        return
    taken = {s.source.node for o in outputs for s in o[1] if isinstance(s.source, Ref)}
    taken |= {
        s.source.node for w in builder.wires.values() for s in w.everything or w.strands if isinstance(s.source, Ref)
    }
    for slot in builder.slots:
        taken |= {o.source.node for o in slot.operands if isinstance(o.source, Ref)}
    for number, slot in enumerate(builder.slots):
        site = slot.site
        if number in taken or not slot.outputs or site is None or site.named or slot.span is None:
            continue
        if isinstance(slot.what, (ir.Undefined, ir.Loop)) or any(slot.id == p[0] for p in builder.asked):
            continue
        builder.report("unused-node", f"nothing takes what {_name(slot)} gives out", slot.span)


def _name(slot: Slot) -> str:
    what = slot.what
    return what.written if isinstance(what, ir.Operation) else what.name or "this block"


def _check_tie(builder: Builder, name: str, weight: Any, path: Any, at: Builder) -> None:
    """A tied weight has the shape of what it is tied to."""
    found = _weight_at(at, path.parts)
    if found is None:
        if at is builder and all(s.id != path.parts[0] for s in at.slots):
            builder.report("unknown-path", f"there is no weight `{'.'.join(path.parts)}`", path.span)
        return
    if isinstance(found, str):
        builder.report("unknown-path", f"there is no weight `{'.'.join(path.parts)}`", path.span, help=found)
        return
    if weight is None:
        return
    shape = Shape(*reversed(found.shape)) if path.transpose else found.shape
    if len(shape) != len(weight.shape) or any(
        compare(a, b) == DIFFERENT for a, b in zip(shape, weight.shape, strict=False)
    ):
        builder.report(
            "shape-mismatch",
            f"{name} is {weight.shape}, and {'.'.join(path.parts)} is {found.shape}",
            path.span,
            help="transpose(…) ties to the transposed weight"
            if sorted(map(str, shape)) == sorted(map(str, weight.shape))
            else None,
        )


def _weight_at(builder: Builder, parts: tuple[str, ...]) -> Any:
    """The weight at a dotted path; a hint when the path leads nowhere; None when it can't be known yet."""
    head = parts[0]
    slot = next((s for s in builder.slots if s.id == head), None)
    if slot is None:
        return None
    what: Any = slot.what
    rest = list(parts[1:])
    while rest:
        if isinstance(what, ir.Operation):
            weights = dict(what.weights)
            if not weights and getattr(what.spec.make, "weights", no_weights) is not no_weights:
                return None  # what flows in doesn't fit, and that has been reported
            name = ".".join(rest)
            return weights.get(name) or f"its weights: {', '.join(weights) or 'none'}"
        block = what if isinstance(what, ir.Block) else what.body if isinstance(what, ir.Loop) else None
        if block is None:
            return None
        part = rest.pop(0)
        nodes = [n for n in block.nodes if n.id == part]
        if not nodes:
            return (
                did_you_mean(part, [n.id for n in block.nodes])
                or f"{head} holds {', '.join(n.id for n in block.nodes[:8])}"
            )
        node = nodes[0]
        if node.first is not None and rest and rest[0].isdigit():
            index = int(rest.pop(0))
            node = next((n for n in nodes if n.first is not None and n.first <= index < n.first + n.repeat), node)
        what = node.what
    if isinstance(what, ir.Operation):
        weights = dict(what.weights)
        if "" in weights:
            return weights[""]
        return f"say which weight: {', '.join(weights) or 'it has none'}"
    return "say which weight"
