"""Instances: ports, operations, blocks, and nodes applied again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moniel2 import limits
from moniel2.diagnostics.suggest import did_you_mean, nearest
from moniel2.ir.model import NOTHING_KNOWN, Ref
from moniel2.ops.catalog import find_argument
from moniel2.ops.common import no_weights
from moniel2.ops.spec import Argument
from moniel2.semantics.claims import claim
from moniel2.semantics.evaluate import is_value
from moniel2.semantics.nodes import place_node, settle_node
from moniel2.semantics.outline import Site
from moniel2.semantics.scope import Frame
from moniel2.semantics.strands import Bundle, Strand
from moniel2.semantics.survey import outline_of
from moniel2.semantics.trace import Origin
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.types import block_of_type
from moniel2.semantics.values import (
    BLOCKS,
    UNKNOWN_VALUE,
    BlockWorth,
    DefBlock,
    Given,
    OpBlock,
    SharedBlock,
    WeightPath,
)
from moniel2.semantics.wires import check_optional, deliver, read_node
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context
    from moniel2.semantics.schedule import Steps


def instance(builder: Builder, item: tree.Instance, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    site = builder.outline.site_of[id(item)]
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
    given = yield from given_when_there(builder, item, worth, context.frame)
    return (yield from place_node(builder, site, worth, given, item.dims, incoming, context, want))


def given_when_there(builder: Builder, item: tree.Instance, worth: BlockWorth, frame: Frame) -> Steps:
    """Arguments and the trailing body, once all they need is there."""
    if item.arguments is not None:
        for argument in item.arguments.items:
            if weight_path(builder, worth, argument, frame) is None:
                yield from builder.await_expression(argument.value, frame)
    if item.trailing is not None:
        yield from builder.await_captures(outline_of(item.trailing), frame)
    return given_from(builder, item, worth, frame)


def given_from(builder: Builder, item: tree.Instance, worth: BlockWorth, frame: Frame) -> tuple[Given, ...]:
    """Arguments and the trailing body as values; everything they read is there."""
    given: list[Given] = []
    arguments = item.arguments.items if item.arguments is not None else ()
    tensors = [a for a in arguments if _is_tensor(builder, a.value, frame)]
    if tensors:
        _tensors_as_arguments(builder, item, tensors)
    for argument in arguments:
        if argument in tensors:
            if isinstance(worth, DefBlock) and argument.name in _named_inputs(worth):
                given.append(Given(argument.name, UNKNOWN_VALUE, argument.span, argument.name_span))
            continue
        path = weight_path(builder, worth, argument, frame)
        value: Any = path
        if path is None:
            unquoted = _unquoted(builder, worth, argument, frame)
            value = UNKNOWN_VALUE if unquoted else builder.value_now(argument.value, frame)
        given.append(
            Given(argument.name, value, argument.span, argument.name_span, expr=argument.value, builder=builder)
        )
    if item.trailing is not None:
        closure = builder.closure(outline_of(item.trailing), frame)
        name = None
        if isinstance(worth, DefBlock) and worth.definition.written.parameters:
            name = worth.definition.written.parameters[-1].name
        else:
            called = item.type.written
            builder.report(
                "too-many-arguments",
                f"{called} takes no body in braces",
                Span(item.span.source, item.trailing.span.start, item.trailing.span.start + 1),
                help=_in_parentheses(called, item.trailing)
                or f"a definition takes one as its last parameter: +{called}(Body) {{ … -> Body -> … }}",
            )
        if name is not None:
            given.append(Given(name, closure, item.trailing.span))
    return tuple(given)


def _unquoted(builder: Builder, worth: BlockWorth, argument: tree.Argument, frame: Frame) -> bool:
    """Whether (reported) one of the texts that an argument chooses from is written without its quotes."""
    value = argument.value
    if not isinstance(worth, OpBlock) or not isinstance(value, tree.Name) or argument.name is None:
        return False
    found = find_argument(worth.spec, argument.name)
    choices = found.choices if isinstance(found, Argument) else ()
    if not choices or frame.find(value.name) is not None or value.name in builder.outline.declared:
        return False
    near = nearest(value.name, choices, 1) if value.name not in choices else (value.name,)
    if not near:
        return False
    message = f"`{value.name}` has no value here, and a text stands in quotes"
    builder.report("unknown-name", message, value.span, help=f'write `"{near[0]}"`')
    return True


def _in_parentheses(called: str, body: tree.Body) -> str | None:
    """`Conv{64}`: arguments between braces."""
    flows = [s for s in body.statements if isinstance(s, tree.Flow)]
    if len(flows) == len(body.statements) == 1 and all(isinstance(i, tree.Operand) for i in flows[0].chain.items):
        return f"arguments stand in parentheses: {called}({flows[0].chain.span.text})"
    return None


def _named_inputs(worth: DefBlock) -> set[str]:
    outline = worth.definition.outline
    return {site.id for site in outline.inputs if site.named} if outline is not None else set()


def _is_tensor(builder: Builder, expr: tree.Expr, frame: Frame) -> bool:
    """Whether an argument is the name of a tensor, not of a value or a node."""
    if not isinstance(expr, tree.Name) or frame.find(expr.name) is not None:
        return False
    site = builder.outline.declared.get(expr.name)
    return expr.name in builder.outline.written or (site is not None and site.port == "In")


def _tensors_as_arguments(builder: Builder, item: tree.Instance, tensors: list[tree.Argument]) -> None:
    """``Add(x, y)``, as other languages write it."""
    names = [a.value.span.text for a in tensors]
    both = f"`{names[0]}` is a tensor" if len(names) == 1 else f"{' and '.join(f'`{n}`' for n in names)} are tensors"
    listing = ", ".join(["…"] * (len(names) == 1) + names)
    span = tensors[0].value.span.to(tensors[-1].value.span)
    help = f"operands stand before the arrow: [{listing}] -> {item.type.written}"
    builder.report("tensor-as-argument", f"{both}, and an argument is a value", span, help=help)


def weight_path(builder: Builder, worth: BlockWorth, argument: tree.Argument, frame: Frame) -> WeightPath | None:
    """``weight = wte.weight``, ``weight = transpose(enc.weight)``, or ``weight = codebook``, a node that is a tensor of
    its own; None for any other value.
    """
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
    if not isinstance(expr, tree.Name) or expr.name[:1].isupper() or (parts and parts[0][:1].isupper()):
        return None
    if not parts and not _may_be_a_weight(builder, worth, argument.name, expr, frame):
        return None
    if any(expr.name in scope.modules for scope in builder.scope.outwards()):
        return None
    return WeightPath((expr.name, *reversed(parts)), transposed, argument.value.span)


def _may_be_a_weight(builder: Builder, worth: BlockWorth, argument: str, expr: tree.Name, frame: Frame) -> bool:
    """Whether a node's bare name is given for a weight: no argument of the operation is called so."""
    if not isinstance(worth, OpBlock) or find_argument(worth.spec, argument) is not None:
        return False
    if getattr(worth.spec.make, "weights", no_weights) is no_weights:
        return False
    if is_value(expr.name, frame) and expr.name not in builder.outline.declared:
        return False
    return not _is_tensor(builder, expr, frame)


def _in(builder: Builder, site: Site, item: tree.Instance, incoming: Bundle | None, want: bool) -> Steps:
    if incoming is not None and incoming.strands:
        builder.report(
            "no-input",
            "an In takes its tensor from outside the block",
            item.span,
            help="name the tensor instead: … -> name",
        )
    bundle = yield from read_node(builder, site.id, item.type.span)
    builder.used.add(site.id)
    builder.entered.add(site.id)
    if item.optional and want:
        check_optional(builder, site, item.span)
    return bundle


def _out(
    builder: Builder, site: Site, item: tree.Instance, incoming: Bundle | None, context: Context, want: bool
) -> Steps:
    _, parts = builder.outs.setdefault(id(site.item), (site, []))
    if builder.pending.get(site.id, 0) > 0 and site.named:
        yield ("ready", site.id)
    arrived = [(site.position, incoming)] if incoming is not None else []
    arrived += [(p, b) for p, b, _ in builder.delivered.get(site.id, ())] if site.named else []
    arrived.sort(key=lambda a: a[0])
    strands = [s for _, b in arrived for s in b.strands]
    if len(strands) > limits.MAX_BUNDLE:
        message = f"{len(strands):,} tensors flow into one Out (limit {limits.MAX_BUNDLE:,})"
        raise Trouble(message, item.span, "see: moniel2 explain limits", "limit")
    if item.arguments is not None:
        yield from _claimed_dtype(builder, site, item, strands)
    if item.dims is not None and strands:
        checked = []
        for strand in strands:
            tensor = yield from claim(
                builder,
                item.dims,
                strand.tensor,
                context.frame,
                what=f"{site.id if site.named else 'the output'}",
                origin=Origin(builder, strand),
            )
            checked.append(builder.refine(strand, tensor))
        strands = checked
    bundle = Bundle(tuple(strands), tuple(strands), True, ("out",) * len(strands))
    parts.append((site.position, bundle))
    if site.named:
        settle_node(builder, site.id, [(None, bundle)])
    return bundle


def _claimed_dtype(builder: Builder, site: Site, item: tree.Instance, strands: list[Strand]) -> Steps:
    """``Out(int64)`` is a claim about the dtype."""
    from moniel2.semantics.ports import declared_dtype

    dtype = yield from declared_dtype(builder, item)
    for strand in strands:
        found = strand.tensor.dtype
        if dtype and found and found != dtype:
            name = site.id if site.named else "the output"
            message = f"{name} is declared {dtype}, and {strand.made} is {found}"
            builder.report("dtype-mismatch", message, item.type.span, help=f"convert it: … -> Cast({dtype}) -> …")


def _state(builder: Builder, site: Site, item: tree.Instance, incoming: Bundle | None, want: bool) -> Steps:
    if not builder.looped:
        builder.report(
            "not-a-node", "a State can only stand in the body of a Scan", item.span, help="Scan(axis = 1) { … }"
        )
        strand = Strand(Ref(builder.reserve(f"?{site.id}"), 0), NOTHING_KNOWN, item.span, site.id, item.span)
        bundle = Bundle((strand,), (strand,), True, ("out",))
        settle_node(builder, site.id, [(None, bundle)])
        return bundle
    if incoming is not None:
        deliver(builder, site.id, site.position, incoming, ())
    return (yield from read_node(builder, site.id, item.type.span))


def application(builder: Builder, item: tree.Apply, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    """``enc()``: the same node again, with the same weights."""
    site = builder.outline.site_of[id(item)]
    worth = yield from shared_worth(builder, item)
    if worth is None:
        name = item.target.name
        strand = Strand(Ref(builder.reserve(f"?{name}"), 0), NOTHING_KNOWN, item.span, name, item.span)
        return Bundle((strand,), (strand,), True, ("out",))
    if item.arguments.items:
        builder.report(
            "too-many-arguments",
            f"`{item.target.name}()` takes no arguments: it is the node itself",
            item.arguments.span,
        )
    return (yield from place_node(builder, site, worth, (), item.dims, incoming, context, want))


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
    if name in builder.outline.written or builder.captured(name):
        message = f"`{name}` is a wire: only a node can be applied again"
        builder.report("not-a-node", message, item.span, help=f"name the node: {name}:Type")
        return None
    builder.report(
        "unknown-wire",
        f"there is no node `{name}` to apply again",
        item.span,
        help=did_you_mean(name, builder.outline.declared) or f"declare it: {name}:Type",
    )
    return None
