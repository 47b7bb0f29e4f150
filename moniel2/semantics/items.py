"""What each kind of item in a chain does: take what arrives, give what flows on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moniel2.diagnostics.diagnostic import Related
from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Literal, Tensor, Unknown
from moniel2.semantics.choice import one_branch, open_choice
from moniel2.semantics.claims import claim
from moniel2.semantics.instances import application, instance
from moniel2.semantics.nodes import place_node
from moniel2.semantics.outline import Outline
from moniel2.semantics.paths import reference
from moniel2.semantics.series import mark_unsure, one_unknown_turn, open_count, repeated, times_of
from moniel2.semantics.strands import Bundle, Strand
from moniel2.semantics.survey import outline_of
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.wires import adjust, forget, name_list, receiving, shift, short
from moniel2.syntax import tree
from moniel2.syntax.node import nodes

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context
    from moniel2.semantics.schedule import Steps


def chain(builder: Builder, it: tree.Chain, incoming: Bundle | None, context: Context, *, want: bool) -> Steps:
    """Run a chain; gives what comes out at its end. ``want``: whether somebody takes that."""
    current = incoming
    last = len(it.items) - 1
    problems = builder.session.diagnostics
    for k, item in enumerate(it.items):
        known = len(problems)
        current = yield run(builder, item, current, context, want=want or k < last)
        if k == last or current is None or current.strands or len(problems) > known:
            continue
        if current.single and not current.everything:
            _no_output(builder, item)
        elif isinstance(item, tree.ListItem) and _may_be_empty(item):
            after = short(it.items[k + 1])
            builder.report("nothing-flows", f"the list is empty: nothing flows into `{after}`", item.span)
    return current


def _no_output(builder: Builder, item: tree.Item) -> None:
    """A block that gives out nothing is wrong where it is defined, however many places read it."""
    what = builder.slots[-1].what if builder.slots else None
    if not isinstance(what, ir.Block) or what.span is None or not what.name:
        builder.report("no-output", f"`{short(item)}` gives out nothing", item.span)
        return
    builder.report(
        "no-output",
        f"{what.name} has no `Out`, and its output is read",
        what.span,
        related=(Related(f"`{short(item)}` is read here", item.span),),
        help="end the chain that makes its result with `-> Out`",
    )


def _may_be_empty(item: tree.ListItem) -> bool:
    return all(e.comprehension is not None or isinstance(e.chain.items[0], tree.Choice) for e in item.elements)


def run(
    builder: Builder,
    item: tree.Item,
    incoming: Bundle | None,
    context: Context,
    *,
    want: bool,
) -> Steps:
    match item:
        case tree.Operand():
            if incoming is not None:
                builder.report("nothing-flows", "a number takes no input", item.span)
            strand = Strand(
                Literal(item.value), Tensor(_scalar(), _number_kind(item.value)), item.span, str(item.value), item.span
            )
            return Bundle((strand,), (strand,), True, ("out",))
        case tree.Reference():
            return (yield from reference(builder, item, incoming, context, want))
        case tree.Instance():
            return (yield from instance(builder, item, incoming, context, want))
        case tree.Braces():
            site = builder.outline.site_of[id(item)]
            yield from builder.await_captures(outline_of(item.body), context.frame)
            worth = builder.closure(outline_of(item.body), context.frame, site.id if site.named else "")
            return (yield from place_node(builder, site, worth, (), item.dims, incoming, context, want))
        case tree.Group():
            return (yield from _group(builder, item, incoming, context, want))
        case tree.Apply():
            return (yield from application(builder, item, incoming, context, want))
        case tree.ListItem():
            return (yield from _list(builder, item, incoming, context, want))
        case tree.Choice():
            return (yield from _choice(builder, item, incoming, context, want))
        case tree.Repeat() | tree.Series():
            return (yield from repeated(builder, item, incoming, context, want))
    raise AssertionError(item)


def _scalar() -> Any:
    from moniel2.dims import Shape

    return Shape()


def _number_kind(value: int | float) -> str:
    return "int" if isinstance(value, int) else "float"


def _group(builder: Builder, item: tree.Group, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    inner = builder.outline.groups.get(id(item))
    if inner is not None:
        site = builder.outline.site_of[id(item)]
        yield from builder.await_captures(inner, context.frame)
        worth = builder.closure(inner, context.frame, site.id if site.named else "")
        return (yield from place_node(builder, site, worth, (), item.dims, incoming, context, want))
    bundle = yield from chain(builder, item.chain, incoming, context, want=want)
    if item.dims is not None and bundle is not None and bundle.strands:
        first = bundle.strands[0]
        tensor = yield from claim(builder, item.dims, first.tensor, context.frame, what=f"`{short(item)}`")
        bundle = replace(bundle, strands=(builder.refine(first, tensor), *bundle.strands[1:]))
    return bundle


def _list(builder: Builder, item: tree.ListItem, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    from moniel2.semantics.build import Context

    if incoming is not None and _only_names(builder, item):
        split = _one_by_one(builder, item, incoming)
        if split is not None:
            strands: list[Strand] = []
            for element, strand in zip(item.elements, split, strict=False):
                part = Bundle((strand,), (strand,), True, ("out",))
                got = yield from chain(builder, element.chain, part, context, want=want)
                strands += got.strands if got is not None else ()
            return name_list(builder, item, Bundle(tuple(strands), tuple(strands)))
    if incoming is not None and len(incoming.strands) > 1 and not incoming.single and len(item.elements) > 1:
        # If one by one was meant, all that follows is one fault, and this is its place.
        incoming = replace(incoming, strands=tuple(replace(s, among=s.among or item.span) for s in incoming.strands))
    tasks: list[tuple[tree.Element, Any]] = []
    unknown: set[int] = set()  # elements of which nobody knows how many there are: one stands for them
    for element in item.elements:
        if element.comprehension is None:
            steps = chain(builder, element.chain, incoming, context, want=want)
            tasks.append((element, builder.spawn(steps)))
            continue
        loop = element.comprehension
        items = yield from builder.evaluate(loop.iterable, context.frame)
        if isinstance(items, Unknown):
            open_count(builder, loop.iterable)
            turn = Context(one_unknown_turn(loop, context.frame), context.copy)
            unknown.add(len(tasks))
            tasks.append((element, builder.spawn(chain(builder, element.chain, incoming, turn, want=want))))
            continue
        try:
            frames = list(builder.evaluator.loop(loop.targets, items, loop.iterable.span, context.frame))
        except Trouble as trouble:
            from moniel2.semantics.complain import complain_of_loop

            complain_of_loop(builder, trouble, loop)
            frames = []
        adjust(builder, element.chain, len(frames) - 1)
        outer = context.copy or 0
        for i, frame in enumerate(frames):
            inner = Context(frame, outer * len(frames) + i)
            tasks.append((element, builder.spawn(chain(builder, element.chain, incoming, inner, want=want))))
    gathered: list[Strand] = []
    for number, (element, task) in enumerate(tasks):
        got = yield from builder.join(task)
        if number in unknown and element.comprehension is not None:
            mark_unsure(builder, element.chain.span, times_of(element.comprehension), parallel=True)
        if got is None:
            continue
        for strand in got.strands:
            if number in unknown:
                strand = replace(strand, tensor=NOTHING_KNOWN)
            if item.dims is not None:
                claimed = yield from claim(builder, item.dims, strand.tensor, context.frame, what=strand.made)
                strand = builder.refine(strand, claimed)
            key = element.key
            gathered.append(replace(strand, key=key.name, key_span=key.span) if key is not None else strand)
    return name_list(builder, item, Bundle(tuple(gathered), tuple(gathered), False, ()))


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
        elif not (isinstance(only, tree.Instance) and builder.outline.site_of[id(only)].port == "Out"):
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
            f"{count} name{'s' if count > 1 else ''} for {len(incoming.everything)} tensors",
            item.span,
            help="`_` discards what isn't needed" if count < len(incoming.everything) else None,
            related=tuple(Related(f"{s.made} is {s.tensor}", s.made_at) for s in incoming.everything[:1]),
        )
        return (*incoming.everything, *(incoming.everything[-1:] * count))[:count]
    return None


def _choice(builder: Builder, item: tree.Choice, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    chosen = yield from builder.decide(item.condition, context.frame)
    if chosen is None and not (incoming is not None and _flows_elsewhere(builder, item)):
        return (yield from open_choice(builder, item, incoming, context))
    if chosen is None:
        one_branch(builder, item.condition)
        chosen = True
    taken, left = (item.item, item.otherwise) if chosen else (item.otherwise, item.item)
    if left is not None:
        for name in receiving(builder, left, incoming is not None):
            shift(builder, name, -1)
        forget(builder, tree.Chain((left,), span=left.span))
    if taken is None:
        return incoming
    return (yield run(builder, taken, incoming, context, want=want))


def _flows_elsewhere(builder: Builder, choice: tree.Choice) -> bool:
    """Whether something in a branch flows into a node or a wire of the block around, which others read."""
    for part in nodes(choice):
        if not isinstance(part, tree.Reference):
            continue
        if part in builder.outline.written.get(part.name, ()):
            reads = builder.outline.read.get(part.name, ())
            if any(not (choice.span.start <= r.span.start < choice.span.end) for r in reads):
                return True
        elif part.name in builder.outline.declared and part not in builder.outline.read.get(part.name, ()):
            reaching = builder.outline.reaching.get(part.name, ())
            if all(r.receives for r in reaching if r.reference is part):
                return True
    return False


def receives(builder: Builder, item: tree.Item) -> bool:
    """Whether an item at the start of a chain can take a tensor."""
    stack = [item]
    while stack:
        match part := stack.pop():
            case tree.ListItem():
                stack += [e.chain.items[0] for e in part.elements]
            case tree.Group():
                stack.append(part.chain.items[0])
            case tree.Repeat() | tree.Series():
                stack.append(part.item)
            case tree.Choice():
                stack += [part.item, *([] if part.otherwise is None else [part.otherwise])]
            case _:
                if _receives(builder, part):
                    return True
    return False


def _receives(builder: Builder, item: tree.Item) -> bool:
    match item:
        case tree.Reference() | tree.Operand():
            return False
        case tree.Braces():
            return _takes(builder, outline_of(item.body))
        case tree.Apply():
            return True
        case tree.Instance():
            site = builder.outline.site_of.get(id(item))
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
