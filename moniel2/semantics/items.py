"""What each kind of item in a chain does: take what arrives, give what flows on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moniel2 import limits
from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Literal, Operand, Ref, Tensor, Unknown
from moniel2.semantics.claims import claim
from moniel2.semantics.evaluate import Trouble
from moniel2.semantics.outline import Outline, Site, as_group, outline_of, outline_of_chain, parts_of, single
from moniel2.semantics.place import Applied, apply
from moniel2.semantics.scope import Frame
from moniel2.semantics.strands import EMPTY, Bundle, Strand
from moniel2.semantics.types import block_of_type
from moniel2.semantics.values import (
    BLOCKS,
    BlockWorth,
    Closure,
    DefBlock,
    Given,
    OpBlock,
    SharedBlock,
    UndefinedBlock,
    WeightPath,
    key_of,
    text_of,
)
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context, Declared, NodeValue, Path, Request, Slot, Steps


def chain(builder: Builder, it: tree.Chain, incoming: Bundle | None, context: Context, *, want: bool) -> Steps:
    """Run a chain; gives what comes out at its end. ``want``: whether somebody takes that."""
    current = incoming
    last = len(it.items) - 1
    problems = builder.session.diagnostics
    for k, item in enumerate(it.items):
        known = len(problems)
        current = yield from run(builder, item, current, context, want=want or k < last)
        if k == last or current is None or current.strands or len(problems) > known:
            continue
        if current.single and not current.everything:
            builder.report("no-output", f"`{_short(item)}` gives out nothing", item.span)
        elif isinstance(item, tree.ListItem) and _may_be_empty(item):
            after = _short(it.items[k + 1])
            builder.report("nothing-flows", f"the list is empty: nothing flows into `{after}`", item.span)
    return current


def _may_be_empty(item: tree.ListItem) -> bool:
    return all(e.comprehension is not None or isinstance(e.chain.items[0], tree.Choice) for e in item.elements)


def _short(item: tree.Item) -> str:
    text = item.span.text
    return text if len(text) <= 30 else text[:29] + "…"


def run(
    builder: Builder, item: tree.Item, incoming: Bundle | None, context: Context, *, want: bool, id: tree.Id | None = None
) -> Steps:
    match item:
        case tree.Operand():
            if incoming is not None:
                builder.report("nothing-flows", "a number takes no input", item.span)
            strand = Strand(Literal(item.value), Tensor(_scalar(), _number_kind(item.value)), item.span, str(item.value), item.span)
            return Bundle((strand,), (strand,), True, ("out",))
        case tree.Reference():
            return (yield from _reference(builder, item, incoming, context, want))
        case tree.Instance():
            return (yield from _instance(builder, item, incoming, context, want))
        case tree.Braces():
            site = builder.outline.site_of[_key(item)]
            yield from builder.await_captures(outline_of(item.body), context.frame)
            worth = builder.closure(outline_of(item.body), context.frame, site.id if site.named else "")
            return (yield from _place(builder, site, worth, (), item.dims, incoming, context, want))
        case tree.Group():
            return (yield from _group(builder, item, incoming, context, want))
        case tree.Apply():
            return (yield from _application(builder, item, incoming, context, want))
        case tree.ListItem():
            return (yield from _list(builder, item, incoming, context, want))
        case tree.Choice():
            return (yield from _choice(builder, item, incoming, context, want))
        case tree.Repeat() | tree.Series():
            return (yield from _repeated(builder, item, incoming, context, want))
    raise AssertionError(item)


def _key(item: object) -> int:
    return id(item)


def _scalar() -> Any:
    from moniel2.dims import Shape

    return Shape()


def _number_kind(value: int | float) -> str:
    return "int" if isinstance(value, int) else "float"


# ------------------------------------------------------------------------------------------- names


def _reference(builder: Builder, item: tree.Reference, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    name = item.name
    if name == "_":
        if incoming is None:
            builder.report("unknown-wire", "`_` discards a tensor; it can't be read", item.span)
        return EMPTY
    if len(item.segments) > 1:
        if incoming is not None:
            yield from _feed(builder, item, incoming, context)
            return incoming if want else EMPTY
        return (yield from _tap(builder, item, context))
    outline = builder.outline
    if incoming is not None:
        if name in outline.declared:
            _deliver(builder, name, item.span.start, incoming.at(item.span), ())
            if not want:
                return EMPTY
            return (yield from _read_node(builder, name, item.span))
        if want:
            builder.used.add(name)
        yield from _write(builder, item, incoming, context)
        return builder.wires.get(name, EMPTY).at(item.span)
    builder.used.add(name)
    if name in outline.declared:
        site = outline.declared[name]
        if site.port == "In" and getattr(site.item, "optional", False):
            _optional(builder, site, item.span)
        return (yield from _claimed(builder, item, (yield from _read_node(builder, name, item.span)), context))
    if name in outline.written:
        if name not in builder.wires:
            yield ("wire", name)
        bundle = builder.wires.get(name, EMPTY).at(item.span)
        return (yield from _claimed(builder, item, bundle, context))
    if builder.captured(name):
        return (yield from _claimed(builder, item, builder.from_around(name).at(item.span), context))
    builder.unknown_wire(name, item.span)
    strand = Strand(Ref(builder.reserve(f"?{name}"), 0), NOTHING_KNOWN, item.span, name, item.span)
    return Bundle((strand,), (strand,), True)


def _optional(builder: Builder, site: Site, span: Span) -> None:
    if builder.home.values.get(site.id) is False:
        builder.report(
            "optional-unbound",
            f"`{site.id}` is optional, and absent here",
            span,
            help=f"if {site.id} {{ … }}",
        )


def _read_node(builder: Builder, name: str, span: Span) -> Steps:
    if name not in builder.nodes:
        yield ("node", name)
    value = builder.nodes.get(name)
    return value.main.at(span) if value is not None else EMPTY


def _claimed(builder: Builder, item: tree.Reference, bundle: Bundle, context: Context) -> Steps:
    if item.dims is None or not bundle.strands:
        return bundle
    first = bundle.strands[0]
    tensor = yield from claim(builder, item.dims, first.tensor, context.frame, what=f"`{item.name}`")
    strands = (replace(first, tensor=tensor), *bundle.strands[1:])
    return replace(bundle, strands=strands)


def _write(builder: Builder, item: tree.Reference, incoming: Bundle, context: Context) -> Steps:
    name = item.name
    before = builder.wire_spans.get(name)
    if before is not None:
        builder.report(
            "second-driver",
            f"`{name}` is written twice",
            item.span,
            related=(Related("first written here", before),),
            help="give the second tensor a name of its own, or merge them: [a, b] -> Add",
        )
        return None
    builder.wire_spans[name] = item.span
    bundle = incoming
    if item.dims is not None and incoming.strands:
        bundle = yield from _claimed(builder, item, incoming, context)
    strands = tuple(
        replace(s, key=None, made=name if s.made in ("", "the input") else f"{name} ({s.made})" if s.made != name else name)
        for s in bundle.strands
    )
    builder.wires[name] = Bundle(strands, bundle.everything, bundle.single, bundle.names)
    builder.fire(("wire", name))
    return None


def _deliver(builder: Builder, name: str, position: int, bundle: Bundle, path: Path) -> None:
    """A chain flows into a node that stands elsewhere."""
    builder.delivered.setdefault(name, []).append((position, bundle, path))
    left = builder.pending.get(name, 1) - 1
    builder.pending[name] = left
    if left <= 0:
        builder.fire(("ready", name))


def adjust(builder: Builder, item: tree.Item | tree.Chain, by: int) -> None:
    """Chains into named nodes that come more or less often than the text shows."""
    if by == 0:
        return
    for name in _receiving(builder, item):
        left = builder.pending.get(name, 0) + by
        builder.pending[name] = left
        if left <= 0:
            builder.fire(("ready", name))


def _receiving(builder: Builder, item: tree.Item | tree.Chain, arrives: bool = False) -> list[str]:
    found: list[str] = []
    stack: list[tuple[tree.Item | tree.Chain, bool]] = [(item, arrives)]
    while stack:
        part, into = stack.pop()
        match part:
            case tree.Chain():
                stack += [(x, into or k > 0) for k, x in enumerate(part.items)]
            case tree.Reference():
                if into and part.name in builder.outline.declared:
                    found.append(part.name)
            case tree.ListItem():
                stack += [(e.chain, into) for e in part.elements]
            case tree.Group():
                if _key(part) not in builder.outline.groups:
                    stack.append((part.chain, into))
            case tree.Choice():
                stack.append((part.item, into))
                if part.otherwise is not None:
                    stack.append((part.otherwise, into))
            case tree.Repeat() | tree.Series():
                stack.append((part.item, into))
    return found


def drop_body(builder: Builder, body: tree.Body | tree.If) -> None:
    """A branch that isn't taken: nothing of it flows anywhere."""
    if isinstance(body, tree.If):
        drop_body(builder, body.then)
        if body.otherwise is not None:
            drop_body(builder, body.otherwise)
        return
    for statement in body.statements:
        if isinstance(statement, tree.Flow):
            adjust(builder, statement.chain, -1)
            _forget(builder, statement.chain)
        elif isinstance(statement, tree.If):
            drop_body(builder, statement)


def _forget(builder: Builder, it: tree.Chain) -> None:
    """What a dropped chain would have read counts as used."""
    stack: list[Any] = [it]
    while stack:
        part = stack.pop()
        match part:
            case tree.Chain():
                stack += part.items
            case tree.Reference():
                builder.used.add(part.name)
            case tree.ListItem():
                stack += [e.chain for e in part.elements]
            case tree.Group():
                stack.append(part.chain)
            case tree.Choice():
                stack += [part.item, *([part.otherwise] if part.otherwise is not None else [])]
            case tree.Repeat() | tree.Series():
                stack.append(part.item)


# ------------------------------------------------------------------------------------------- paths


def _segments(builder: Builder, item: tree.Reference, context: Context, site: Site | None) -> Steps:
    """The index into a repeated node (None: all copies) and the rest of a path."""
    rest: list[Any] = []
    for segment in item.segments[1:]:
        if isinstance(segment, (str, int)):
            rest.append(segment)
            continue
        value = yield from builder.evaluate(segment, context.frame)
        if isinstance(value, bool) or not isinstance(value, int):
            if not isinstance(value, Unknown):
                builder.report("bad-value", f"a path needs a whole number here, not {text_of(value)}", segment.span)
            return None
        rest.append(value)
    index = None
    if site is not None and site.repeated and rest and isinstance(rest[0], int):
        index = rest.pop(0)
    return index, tuple(rest)


def _tap(builder: Builder, item: tree.Reference, context: Context) -> Steps:
    """``layer/act -> …``, ``layers/skip -> …``: tensors from inside a node."""
    name = item.name
    builder.used.add(name)
    site = builder.outline.declared.get(name)
    if site is None:
        known = [n for n in builder.outline.declared]
        builder.report(
            "unknown-path", f"there is no node `{name}` here", item.span, help=did_you_mean(name, known)
        )
        return EMPTY
    found = yield from _segments(builder, item, context, site)
    if found is None:
        return EMPTY
    index, rest = found
    if name not in builder.nodes:
        yield ("node", name)
    value = builder.nodes.get(name)
    copies = value.copies if value is not None else []
    if index is not None:
        wanted = index if index >= 0 else len(copies) + index
        copies = [c for c in copies if c[0] == wanted]
        if not copies:
            count = len(value.copies) if value is not None else 0
            builder.report("unknown-path", f"`{name}` has {count} copies; there is no copy {index}", item.span)
            return EMPTY
    strands: list[Strand] = []
    for _, bundle in copies:
        if not rest:
            strands += bundle.at(item.span).strands
            continue
        text = "/".join(map(str, rest))
        picked = [s for n, s in zip(bundle.names, bundle.everything) if n == text or n.startswith(text + "[")]
        if not picked:
            inside = [*bundle.names, *_inside(builder, bundle)]
            near = did_you_mean(text, inside)
            listing = ", ".join(dict.fromkeys(n for n in inside if n))
            builder.report(
                "unknown-path",
                f"`{name}` has no `{text}` inside",
                item.span,
                help=near or (f"it gives {listing}" if listing else None),
            )
            return EMPTY
        strands += [replace(s, span=item.span) for s in picked]
    made = Bundle(tuple(strands), tuple(strands), len(strands) == 1, ("out",) * len(strands))
    return (yield from _claimed(builder, item, made, context))


def _inside(builder: Builder, bundle: Bundle) -> list[str]:
    """The ids of the nodes inside what gives out these tensors."""
    found: list[str] = []
    for strand in bundle.everything[:1]:
        if isinstance(strand.source, Ref) and 0 <= strand.source.node < len(builder.slots):
            for block in ir.inner_blocks(builder.slots[strand.source.node].what):
                found += [n.id for n in block.nodes]
    return found


def _feed(builder: Builder, item: tree.Reference, incoming: Bundle, context: Context) -> Steps:
    """``t -> layer/dp``: a tensor into a node inside."""
    name = item.name
    if name not in builder.outline.declared:
        known = list(builder.outline.declared)
        builder.report("unknown-path", f"there is no node `{name}` here", item.span, help=did_you_mean(name, known))
        return None
    found = yield from _segments(builder, item, context, None)
    if found is not None:
        _deliver(builder, name, item.span.start, incoming.at(item.span), found[1])
    return None


# --------------------------------------------------------------------------------------- instances


def _instance(builder: Builder, item: tree.Instance, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    site = builder.outline.site_of[_key(item)]
    if site.port == "In":
        return (yield from _in(builder, site, item, incoming, want))
    if site.port == "Out":
        return (yield from _out(builder, site, item, incoming, context, want))
    if site.port == "State":
        return (yield from _state(builder, site, item, incoming, want))
    if item.type.name == "Scan" and item.type.qualifier is None:
        from moniel2.semantics.loop import scan

        return (yield from scan(builder, site, item, incoming, context))
    worth = block_of_type(builder, item.type, context.frame)
    given = yield from _given(builder, item, worth, context.frame)
    return (yield from _place(builder, site, worth, given, item.dims, incoming, context, want))


def _given(builder: Builder, item: tree.Instance, worth: BlockWorth, frame: Frame) -> Steps:
    """Arguments and the trailing body, once all they need is there."""
    if item.arguments is not None:
        for argument in item.arguments.items:
            if weight_path(builder, argument) is None:
                yield from builder.await_expression(argument.value, frame)
    if item.trailing is not None:
        yield from builder.await_captures(outline_of(item.trailing), frame)
    return given_from(builder, item, worth, frame)


def given_from(builder: Builder, item: tree.Instance, worth: BlockWorth, frame: Frame) -> tuple[Given, ...]:
    """Arguments and the trailing body as values; everything they read is there."""
    given: list[Given] = []
    for argument in item.arguments.items if item.arguments is not None else ():
        path = weight_path(builder, argument)
        value: Any = path if path is not None else builder.value_now(argument.value, frame)
        given.append(Given(argument.name, value, argument.span, argument.name_span))
    if item.trailing is not None:
        closure = builder.closure(outline_of(item.trailing), frame)
        name = None
        if isinstance(worth, DefBlock) and worth.definition.tree.parameters:
            name = worth.definition.tree.parameters[-1].name
        else:
            called = item.type.written
            builder.report(
                "too-many-arguments",
                f"{called} takes no body in braces",
                Span(item.span.source, item.trailing.span.start, item.trailing.span.start + 1),
                help=f"a definition takes one as its last parameter: +{called}(Body) {{ … -> Body -> … }}",
            )
        if name is not None:
            given.append(Given(name, closure, item.trailing.span))
    return tuple(given)


def weight_path(builder: Builder, argument: tree.Argument) -> WeightPath | None:
    """``weight = wte.weight`` or ``weight = transpose(enc.weight)``; None for any other value."""
    if argument.name is None:
        return None
    expr, transposed = argument.value, False
    if isinstance(expr, tree.Call) and isinstance(expr.callee, tree.Name) and expr.callee.name == "transpose":
        if len(expr.arguments.items) != 1:
            return None
        expr, transposed = expr.arguments.items[0].value, True
    parts: list[str] = []
    while isinstance(expr, tree.Attribute):
        parts.append(expr.name)
        expr = expr.value
    if not parts or not isinstance(expr, tree.Name) or parts[0][:1].isupper():
        return None
    if any(expr.name in scope.modules for scope in builder.scope.outwards()):
        return None
    return WeightPath((expr.name, *reversed(parts)), transposed, argument.value.span)


def _in(builder: Builder, site: Site, item: tree.Instance, incoming: Bundle | None, want: bool) -> Steps:
    if incoming is not None and incoming.strands:
        builder.report(
            "no-input",
            "an In takes its tensor from outside the block",
            item.span,
            help="name the tensor instead: … -> name",
        )
    bundle = yield from _read_node(builder, site.id, item.type.span)
    builder.used.add(site.id)
    if item.optional and want:
        _optional(builder, site, item.span)
    return bundle


def _out(
    builder: Builder, site: Site, item: tree.Instance, incoming: Bundle | None, context: Context, want: bool
) -> Steps:
    _, parts = builder.outs.setdefault(_key(site.item), (site, []))
    if builder.pending.get(site.id, 0) > 0 and site.named:
        yield ("ready", site.id)
    arrived = [(site.position, incoming)] if incoming is not None else []
    arrived += [(p, b) for p, b, _ in builder.delivered.get(site.id, ())] if site.named else []
    arrived.sort(key=lambda a: a[0])
    strands = [s for _, b in arrived for s in b.strands]
    if len(strands) > limits.MAX_BUNDLE:
        message = f"{len(strands):,} tensors flow into one Out (limit {limits.MAX_BUNDLE:,})"
        raise Trouble(message, item.span, "see: moniel2 explain limits", "limit")
    if item.dims is not None and strands:
        from moniel2.semantics.ports import declared_dtype

        checked = []
        for strand in strands:
            dtype = yield from declared_dtype(builder, item)
            del dtype
            tensor = yield from claim(
                builder,
                item.dims,
                strand.tensor,
                context.frame,
                what=f"{site.id if site.named else 'the output'}",
                notes=_origin(strand),
            )
            checked.append(replace(strand, tensor=tensor))
        strands = checked
    bundle = Bundle(tuple(strands), tuple(strands), True, ("out",) * len(strands))
    parts.append((site.position, bundle))
    if site.named:
        _settle_node(builder, site.id, [(None, bundle)])
    return bundle


def _origin(strand: Strand) -> tuple[Related, ...]:
    if not isinstance(strand.source, Ref):
        return ()
    return (Related(f"{strand.made} gives {strand.tensor}", strand.made_at),)


def _state(builder: Builder, site: Site, item: tree.Instance, incoming: Bundle | None, want: bool) -> Steps:
    if not builder.looped:
        builder.report(
            "not-a-node", "a State can only stand in the body of a Scan", item.span, help="Scan(axis = 1) { … }"
        )
        return EMPTY
    if incoming is not None:
        _deliver(builder, site.id, site.position, incoming, ())
    return (yield from _read_node(builder, site.id, item.type.span))


def _settle_node(builder: Builder, name: str, copies: list[tuple[int | None, Bundle]]) -> None:
    from moniel2.semantics.build import NodeValue

    before = builder.nodes.get(name)
    if before is not None and copies and copies[0][0] is not None and before.copies and before.copies[0][0] is not None:
        before.copies.extend(copies)
        before.copies.sort(key=lambda c: c[0] or 0)
    else:
        builder.nodes[name] = NodeValue(copies)
    builder.fire(("node", name))


# ------------------------------------------------------------------------------------------ placing


def declares_only(builder: Builder, name: str) -> bool:
    """Whether a bare ``enc:Encoder`` has no edge of its own and is applied, here or in braces inside."""
    site = builder.outline.declared.get(name)
    if site is None or site.arrives or builder.outline.deliveries.get(name):
        return False
    if name in builder.outline.read or name in builder.outline.reaching:
        return False
    chains = [f.chain for f in builder.outline.flows]
    flows_on = any(len(c.items) > 1 and _starts_with(c.items[0], site.item) for c in chains)
    return not flows_on and not builder.outline.ends_are_ports and name in _applied_anywhere(builder.outline)


def _starts_with(item: tree.Item, wanted: object) -> bool:
    if isinstance(item, tree.ListItem):
        return any(_starts_with(e.chain.items[0], wanted) for e in item.elements)
    return item is wanted


def _applied_anywhere(outline: Outline) -> set[str]:
    names = set(outline.applied)
    for inner in (*map(outline_of, outline.closures), *outline.groups.values()):
        names |= inner.applies_from_around()
    for flow in outline.flows:
        for part in flow.chain.items:
            names |= _passed(part)
    return names


def _passed(item: tree.Item) -> set[str]:
    """Small names passed as blocks: ``Residual(enc)``."""
    if not isinstance(item, tree.Instance) or item.arguments is None:
        return set()
    return {p.name for a in item.arguments.items for p in parts_of(a.value) if isinstance(p, tree.Name)}


def _request(builder: Builder, site: Site, fed: list[tuple[Path, Bundle]]) -> tuple[Request, tuple[Strand, ...], bool]:
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


def _place(
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
    strands, fed = yield from _arrived(builder, site, incoming)
    request, feeds, _ = _request(builder, site, fed)
    applied: Applied = yield from apply(
        builder, worth, given, (*strands, *feeds), dims, context, request, site.span
    )
    bundle = yield from _enter(builder, site, applied, dims, worth, context, context.copy, 1)
    if applied.owner:
        builder.slots[-1].id = worth.node.id if isinstance(worth, SharedBlock) else site.id
    if site.named:
        _settle_node(builder, site.id, [(context.copy, bundle)])
    return bundle


def _arrived(builder: Builder, site: Site, incoming: Bundle | None) -> Steps:
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


def _enter(
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
    from moniel2.semantics.build import Slot

    outputs = applied.outputs
    described = _describe(applied.what, site)
    takes_dims = isinstance(applied.what, (ir.Operation, ir.Sketch)) and _declared_argument(applied.what)
    if dims is not None and outputs and not takes_dims:
        checked = []
        for tensor in outputs[: max(1, applied.main)]:
            checked.append((yield from claim(builder, dims, tensor, context.frame, what=described)))
        outputs = (*checked, *outputs[len(checked) :])
    elif dims is not None and outputs and outputs[0].shape is not None:
        # The declared shape was the argument; what it left open is bound by the result.
        yield from claim(builder, dims, outputs[0], context.frame, what=described)
    slot = Slot(
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
    )
    number = builder.add_slot(slot)
    bundle_at = applied.bundled
    everything = tuple(
        Strand(Ref(number, i), tensor, site.span, described, site.span, bundle=bundle_at)
        for i, tensor in enumerate(outputs)
    )
    return Bundle(everything[: applied.main], everything, True, applied.names)


def _declared_argument(what: ir.Operation | ir.Sketch) -> bool:
    return bool(what.spec.declared)


def _describe(what: ir.What, site: Site) -> str:
    kind = what.name if not isinstance(what, ir.Block) else what.name or "{…}"
    if isinstance(what, ir.Operation):
        kind = what.written
    return f"{site.id}:{kind}" if site.named else kind


# ----------------------------------------------------------------------------------- lists, choices


def _group(builder: Builder, item: tree.Group, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    inner = builder.outline.groups.get(_key(item))
    if inner is not None:
        site = builder.outline.site_of[_key(item)]
        yield from builder.await_captures(inner, context.frame)
        worth = builder.closure(inner, context.frame, site.id if site.named else "")
        return (yield from _place(builder, site, worth, (), item.dims, incoming, context, want))
    bundle = yield from chain(builder, item.chain, incoming, context, want=want)
    if item.dims is not None and bundle is not None and bundle.strands:
        first = bundle.strands[0]
        tensor = yield from claim(builder, item.dims, first.tensor, context.frame, what=f"`{_short(item)}`")
        bundle = replace(bundle, strands=(replace(first, tensor=tensor), *bundle.strands[1:]))
    return bundle


def _list(builder: Builder, item: tree.ListItem, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    from moniel2.semantics.build import Context

    if incoming is not None and _only_names(builder, item):
        split = _one_by_one(builder, item, incoming)
        if split is not None:
            strands: list[Strand] = []
            for element, strand in zip(item.elements, split):
                part = Bundle((strand,), (strand,), True, ("out",))
                got = yield from chain(builder, element.chain, part, context, want=want)
                strands += got.strands if got is not None else ()
            return Bundle(tuple(strands), tuple(strands))
    tasks: list[tuple[tree.Element, Any]] = []
    for element in item.elements:
        if element.comprehension is None:
            steps = chain(builder, element.chain, incoming, context, want=want)
            tasks.append((element, builder.spawn(steps)))
            continue
        loop = element.comprehension
        items = yield from builder.evaluate(loop.iterable, context.frame)
        if isinstance(items, Unknown):
            adjust(builder, element.chain, -1)
            continue
        try:
            frames = list(builder.evaluator.loop(loop.targets, items, loop.iterable.span, context.frame))
        except Trouble as trouble:
            builder.trouble(trouble)
            frames = []
        adjust(builder, element.chain, len(frames) - 1)
        outer = context.copy or 0
        for i, frame in enumerate(frames):
            inner = Context(frame, outer * len(frames) + i)
            tasks.append((element, builder.spawn(chain(builder, element.chain, incoming, inner, want=want))))
    gathered: list[Strand] = []
    for element, task in tasks:
        got = yield from builder.join(task)
        if got is None:
            continue
        for strand in got.strands:
            key = element.key
            gathered.append(replace(strand, key=key.name, key_span=key.span) if key is not None else strand)
    return Bundle(tuple(gathered), tuple(gathered), False, ())


def _only_names(builder: Builder, item: tree.ListItem) -> bool:
    """New wires, states, ``Out``s and ``_``: a list that takes tensors one by one."""
    for element in item.elements:
        if element.comprehension is not None or element.key is not None or len(element.chain.items) != 1:
            return False
        only = element.chain.items[0]
        if isinstance(only, tree.Reference) and len(only.segments) == 1:
            site = builder.outline.declared.get(only.name)
            if site is not None and site.port not in ("Out", "State"):
                return False
        elif not (isinstance(only, tree.Instance) and builder.outline.site_of[_key(only)].port == "Out"):
            return False
    return True


def _one_by_one(builder: Builder, item: tree.ListItem, incoming: Bundle) -> tuple[Strand, ...] | None:
    count = len(item.elements)
    if not incoming.single:
        return None
    if len(incoming.strands) == count and count > 1:
        return incoming.strands
    if len(incoming.everything) == count:
        return incoming.everything
    if len(incoming.strands) == 1 and count >= 1 and len(incoming.everything) <= 1:
        return None  # one tensor under several names
    if incoming.strands:
        builder.report(
            "unbalanced-names",
            f"{count} names for {len(incoming.everything)} tensors",
            item.span,
            help="discard what isn't needed: [_, h]",
        )
        return (*incoming.everything, *(incoming.everything[-1:] * count))[:count]
    return None


def _choice(builder: Builder, item: tree.Choice, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    chosen = yield from builder.decide(item.condition, context.frame)
    if chosen is None:
        return (yield from _open_choice(builder, item, incoming, context, want))
    taken, left = (item.item, item.otherwise) if chosen else (item.otherwise, item.item)
    if left is not None:
        for name in _receiving(builder, left, incoming is not None):
            _shift(builder, name, -1)
        _forget(builder, tree.Chain((left,), span=left.span))
    if taken is None:
        return incoming
    return (yield from run(builder, taken, incoming, context, want=want))


def _shift(builder: Builder, name: str, by: int) -> None:
    builder.pending[name] = builder.pending.get(name, 0) + by
    if builder.pending[name] <= 0:
        builder.fire(("ready", name))


def _open_choice(builder: Builder, item: tree.Choice, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    """A condition that can't be decided: both branches, as blocks of the same inputs."""
    from moniel2.semantics.build import Request, Slot
    from moniel2.semantics.place import block_operands

    if builder.session.strict:
        builder.report("undecided", f"`{item.condition.span.text}` can't be decided", item.condition.span)
    strands = incoming.strands if incoming is not None else ()
    blocks: list[ir.Block | None] = []
    operands: tuple[Operand, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    for branch in (item.item, item.otherwise):
        if branch is None:
            blocks.append(None)
            continue
        outline = outline_of_chain(as_group(branch).chain)
        yield from builder.await_captures(outline, context.frame)
        closure = builder.closure(outline, context.frame)
        applied: Applied = yield from apply(builder, closure, (), strands, None, context, Request(), branch.span)
        block = applied.what if isinstance(applied.what, ir.Block) else None
        blocks.append(block)
        if len(applied.operands) > len(operands):
            operands = applied.operands
        outputs = outputs or applied.outputs
    site = next(
        (s for s in builder.outline.sites if item.span.start <= s.position < item.span.end), None
    )
    id = site.id if site is not None else "choice"
    what = ir.Choice(item.condition.span.text, blocks[0], blocks[1])
    names = tuple(["out"] * len(outputs)) or ("out",)
    outs = tuple(NOTHING_KNOWN for _ in names)
    slot = Slot(id, site, (item.span.start, 0), what, operands, outs, names, span=item.span)
    number = builder.add_slot(slot)
    made = tuple(Strand(Ref(number, i), t, item.span, id, item.span) for i, t in enumerate(outs))
    bundle = Bundle(made, made, True, names)
    if site is not None and site.named:
        _settle_node(builder, site.id, [(None, bundle)])
    return bundle


def _application(builder: Builder, item: tree.Apply, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    """``enc()``: the same node again, with the same weights."""
    site = builder.outline.site_of[_key(item)]
    worth = yield from shared_worth(builder, item)
    if worth is None:
        return EMPTY
    if item.arguments.items:
        builder.report(
            "too-many-arguments", f"`{item.target.name}()` takes no arguments: it is the node itself", item.arguments.span
        )
    return (yield from _place(builder, site, worth, (), item.dims, incoming, context, want))


def shared_worth(builder: Builder, item: tree.Apply) -> Steps:
    name = item.target.name
    builder.used.add(name)
    at: Builder | None = builder
    while at is not None:
        if name in at.outline.declared:
            if at is builder and name not in builder.declared:
                yield ("declared", name)
            found = at.declared.get(name)
            return SharedBlock(at, found) if found is not None else None
        value = builder.home.find(name)
        if value is not None and name in value.values and isinstance(value.values[name], BLOCKS):
            return value.values[name]
        at = at.around.builder if at.around is not None else None
    builder.report(
        "unknown-wire",
        f"there is no node `{name}` to apply again",
        item.span,
        help=did_you_mean(name, builder.outline.declared) or f"declare it: {name}:Type",
    )
    return None


# ---------------------------------------------------------------------------------------- repetition


def _repeated(
    builder: Builder, item: tree.Repeat | tree.Series, incoming: Bundle | None, context: Context, want: bool
) -> Steps:
    """Copies in series. Equal consecutive copies that keep the shape are one node with a count."""
    from moniel2.semantics.build import Context

    inner = item.item
    frames: list[tuple[Frame, int]] = []
    if isinstance(item, tree.Repeat):
        count = yield from builder.evaluate(item.count, context.frame)
        number = _count(builder, count, item.count)
        if number == 0:
            _drop_item(builder, inner, incoming is not None)
            return incoming
        frames = [(context.frame, number)]
    else:
        items = yield from builder.evaluate(item.loop.iterable, context.frame)
        if isinstance(items, Unknown):
            frames = [(context.frame, 1)]
        else:
            try:
                turns = list(builder.evaluator.loop(item.loop.targets, items, item.loop.iterable.span, context.frame))
            except Trouble as trouble:
                builder.trouble(trouble)
                turns = []
            frames = [(f, 1) for f in turns]
            if not frames:
                _drop_item(builder, inner, incoming is not None)
                return incoming
    runs: list[tuple[Site, BlockWorth, tuple[Given, ...], tree.Dims | None, Context, int]] = []
    before: Any = None
    for frame, times in frames:
        chosen = yield from _copy(builder, inner, Context(frame, context.copy))
        if chosen is None:
            continue
        site, worth, given, dims = chosen
        key = (id_of(site), worth.key, tuple((g.name, key_of(g.value)) for g in given), dims is None)
        if key == before and dims is None:
            runs[-1] = (*runs[-1][:5], runs[-1][5] + times)
        else:
            runs.append((site, worth, given, dims, Context(frame, context.copy), times))
        before = key
    if not runs:
        return incoming
    return (yield from _series(builder, runs, incoming, want))


def id_of(item: object) -> int:
    return id(item)


def _drop_item(builder: Builder, item: tree.Item, arrives: bool) -> None:
    for name in _receiving(builder, item, arrives):
        _shift(builder, name, -1)
    _forget(builder, tree.Chain((item,), span=item.span))


def _count(builder: Builder, value: Any, expr: tree.Expr) -> int:
    if isinstance(value, Unknown):
        if builder.session.strict:
            builder.report("undecided", f"the number of copies, `{expr.span.text}`, isn't known", expr.span)
        return 1
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        from fractions import Fraction

        rule = "not-whole" if isinstance(value, (float, Fraction)) else "bad-value"
        builder.report(rule, f"`*` needs a whole number of copies, not {text_of(value)}", expr.span)
        return 1
    return value


def _copy(builder: Builder, item: tree.Item, context: Context) -> Steps:
    """What one copy is: its site, block, arguments, declared shape. None for nothing at all."""
    while True:
        match item:
            case tree.Choice():
                chosen = yield from builder.decide(item.condition, context.frame)
                taken = item.item if chosen is None or chosen else item.otherwise
                if taken is None:
                    return None
                item = taken
            case tree.Group() if _key(item) in builder.outline.groups:
                outline = builder.outline.groups[_key(item)]
                site = builder.outline.site_of[_key(item)]
                yield from builder.await_captures(outline, context.frame)
                worth: BlockWorth = builder.closure(outline, context.frame, site.id if site.named else "")
                return site, worth, (), item.dims
            case tree.Group():
                item = item.chain.items[0]
            case tree.Repeat() | tree.Series():
                item = as_group(item)
            case tree.Braces():
                site = builder.outline.site_of[_key(item)]
                outline = outline_of(item.body)
                yield from builder.await_captures(outline, context.frame)
                return site, builder.closure(outline, context.frame, site.id if site.named else ""), (), item.dims
            case tree.Instance():
                site = builder.outline.site_of[_key(item)]
                if site.port:
                    builder.report("not-a-node", f"{item.type.written} can't be repeated", item.span)
                    return None
                worth = block_of_type(builder, item.type, context.frame)
                given = yield from _given(builder, item, worth, context.frame)
                return site, worth, given, item.dims
            case tree.Apply():
                site = builder.outline.site_of[_key(item)]
                shared = yield from shared_worth(builder, item)
                return None if shared is None else (site, shared, (), item.dims)
            case _:
                builder.report(
                    "not-a-node", f"`{_short(item)}` can't be repeated", item.span, help="repeat an operation or a block"
                )
                return None


def _series(
    builder: Builder,
    runs: list[tuple[Site, BlockWorth, tuple[Given, ...], tree.Dims | None, Context, int]],
    incoming: Bundle | None,
    want: bool,
) -> Steps:
    from moniel2.semantics.build import Declared

    site, worth, given, dims, context, _ = runs[0]
    if site.named and site.id not in builder.declared and not isinstance(worth, SharedBlock):
        builder.declared[site.id] = Declared(site.id, site, worth, given, dims, context)
        builder.fire(("declared", site.id))
    strands, fed = yield from _arrived(builder, site, incoming)
    copies: dict[int, tuple[Site, list[tuple[int | None, Bundle]]]] = {}
    index = 0
    bundle = Bundle(strands, strands)
    for site, worth, given, dims, context, times in runs:
        request, feeds, apart = _request(builder, site, fed)
        shared = isinstance(worth, SharedBlock)
        left = times
        while left:
            applied: Applied = yield from apply(
                builder, worth, given, (*strands, *feeds), dims, context, request, site.span
            )
            if applied.owner:
                shared_owner = True
            else:
                shared_owner = False
            fold = 1
            if left > 1 and not apart and not shared_owner and not feeds and _keeps(strands, applied):
                fold = left
            first = None if shared else index
            bundle = yield from _enter(builder, site, applied, dims, worth, context, first, fold, series=True)
            if shared_owner and isinstance(worth, SharedBlock):
                builder.slots[-1].id = worth.node.id
            entry = copies.setdefault(id_of(site), (site, []))
            entry[1].append((index + fold - 1, bundle))
            strands = _carry(strands, bundle)
            index += fold
            left -= fold
            if index > limits.MAX_NODES_PER_BLOCK and fold == 1:
                raise Trouble(
                    f"more than {limits.MAX_NODES_PER_BLOCK:,} different copies",
                    site.span,
                    "see: moniel2 explain limits",
                    "limit",
                )
    for made, list_ in copies.values():
        if made.named:
            _settle_node(builder, made.id, list(list_))
    return bundle


def _keeps(strands: tuple[Strand, ...], applied: Applied) -> bool:
    """Whether a copy gives out what it took in, so that all further ones are the same."""
    outputs = applied.outputs[: applied.main]
    positional = [s for s in strands if s.key is None]
    if not positional:
        return False
    return len(outputs) <= len(positional) and all(s.tensor == t for s, t in zip(positional, outputs))


def _carry(strands: tuple[Strand, ...], bundle: Bundle) -> tuple[Strand, ...]:
    """A copy's outputs feed the first inputs of the next; its other inputs get what the first copy got."""
    positional = [s for s in strands if s.key is None]
    keyed = [s for s in strands if s.key is not None]
    return (*bundle.strands, *positional[len(bundle.strands) :], *keyed)


def receives(builder: Builder, item: tree.Item) -> bool:
    """Whether an item at the start of a chain can take a tensor."""
    match item:
        case tree.Reference() | tree.Operand():
            return False
        case tree.ListItem():
            return any(receives(builder, e.chain.items[0]) for e in item.elements)
        case tree.Group():
            return receives(builder, item.chain.items[0])
        case tree.Repeat() | tree.Series():
            return receives(builder, item.item)
        case tree.Choice():
            return receives(builder, item.item) or (item.otherwise is not None and receives(builder, item.otherwise))
        case tree.Braces():
            return _takes(builder, outline_of(item.body))
        case tree.Apply():
            return True
        case tree.Instance():
            site = builder.outline.site_of.get(_key(item))
            if site is not None and site.port:
                return site.port != "In"
            from moniel2.semantics.types import named

            value = builder.home.find(item.type.name)
            if value is not None and item.type.name in value.values:
                return True
            found = named(builder, item.type.name, item.span, quiet=True) if item.type.qualifier is None else None
            from moniel2.ops.spec import OpSpec

            if isinstance(found, OpSpec):
                return bool(found.inputs)
            if found is not None and found.outline is not None:
                return _takes(builder, found.outline)
    return True


def _takes(builder: Builder, outline: Outline) -> bool:
    if not outline.ends_are_ports:
        return bool(outline.inputs)
    assert outline.chain is not None
    first = outline.chain.items[0]
    if isinstance(first, (tree.Reference, tree.Operand)):
        return False
    if isinstance(first, tree.Instance):
        from moniel2.ops.catalog import catalog

        spec = catalog().get(first.type.name)
        return spec is None or bool(spec.inputs)
    return True

