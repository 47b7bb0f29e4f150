"""References: names of wires and nodes, and paths that reach inside a node (taps and feeds)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Ref, Unknown
from moniel2.semantics.outline import Site
from moniel2.semantics.strands import EMPTY, Bundle, Strand
from moniel2.semantics.values import (
    text_of,
)
from moniel2.semantics.wires import check_optional, claimed, deliver, read_list, read_node, shift, write
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context
    from moniel2.semantics.schedule import Steps


def reference(builder: Builder, item: tree.Reference, incoming: Bundle | None, context: Context, want: bool) -> Steps:
    name = item.name
    if name == "_":
        if incoming is None:
            builder.report("unknown-wire", "`_` discards a tensor; it can't be read", item.span)
        else:
            builder.discarded |= {s.source.node for s in incoming.strands if isinstance(s.source, Ref)}
        return EMPTY
    if len(item.segments) > 1:
        if incoming is not None:
            yield from feed(builder, item, incoming, context)
            return incoming if want else EMPTY
        return (yield from tap(builder, item, context))
    outline = builder.outline
    if incoming is not None:
        if name in outline.lists:
            builder.report(
                "second-driver",
                f"`{name}` is a list of its own elements",
                item.span,
                help="give this tensor a name of its own: … -> name",
                related=(Related("the list stands here", outline.lists[name].span),),
            )
            shift(builder, name, -1)
            return incoming
        if name in outline.declared:
            if outline.declared[name].port == "In" and incoming.strands:
                builder.report(
                    "second-driver",
                    f"`{name}` is an input: its tensor comes from outside the block",
                    item.span,
                    help="give this tensor a name of its own: … -> name",
                    related=(Related("declared here", outline.declared[name].span),),
                )
            deliver(builder, name, item.span.start, incoming.at(item.span), ())
            if not want:
                return EMPTY
            return (yield from read_node(builder, name, item.span))
        if want:
            builder.used.add(name)
        yield from write(builder, item, incoming, context)
        return builder.wires.get(name, EMPTY).at(item.span)
    builder.used.add(name)
    if name in outline.lists:
        return (yield from claimed(builder, item, (yield from read_list(builder, name, item.span)), context))
    if name in outline.declared:
        site = outline.declared[name]
        if site.port == "In" and getattr(site.item, "optional", False):
            check_optional(builder, site, item.span)
        return (yield from claimed(builder, item, (yield from read_node(builder, name, item.span)), context))
    if name in outline.written:
        if name not in builder.wires:
            yield ("wire", name)
        bundle = builder.wires.get(name, EMPTY).at(item.span)
        return (yield from claimed(builder, item, bundle, context))
    if builder.captured(name):
        return (yield from claimed(builder, item, builder.from_around(name).at(item.span), context))
    builder.unknown_wire(name, item.span)
    strand = Strand(Ref(builder.reserve(f"?{name}"), 0), NOTHING_KNOWN, item.span, name, item.span)
    return Bundle((strand,), (strand,), True)


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


def tap(builder: Builder, item: tree.Reference, context: Context) -> Steps:
    """``layer/act -> …``, ``layers/skip -> …``: tensors from inside a node."""
    name = item.name
    builder.used.add(name)
    site = builder.outline.declared.get(name)
    if site is None and name in builder.outline.lists:
        return (yield from _part_of_list(builder, item, context))
    if site is None:
        known = list(builder.outline.declared)
        at = Span(item.span.source, item.span.start, item.span.start + len(name))
        builder.report("unknown-path", f"there is no node `{name}` here", at, help=did_you_mean(name, known))
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
        picked = [
            s for n, s in zip(bundle.names, bundle.everything, strict=False) if n == text or n.startswith(text + "[")
        ]
        if not picked:
            # A bundle has numbered names, and goes by one.
            inside = [*(n.partition("[")[0] for n in bundle.names), *_inside(builder, bundle)]
            near = did_you_mean(text, inside)
            listing = ", ".join(dict.fromkeys(n for n in inside if n))
            builder.report(
                "unknown-path",
                f"`{name}` has no `{text}` inside",
                item.span.part(text),
                help=near or (f"it gives {listing}" if listing else None),
            )
            return EMPTY
        strands += [replace(s, span=item.span) for s in picked]
    made = Bundle(tuple(strands), tuple(strands), len(strands) == 1, ("out",) * len(strands))
    return (yield from claimed(builder, item, made, context))


def _part_of_list(builder: Builder, item: tree.Reference, context: Context) -> Steps:
    """``heads/1`` of a list whose elements are chains."""
    found = yield from _segments(builder, item, context, None)
    whole = yield from read_list(builder, item.name, item.span)
    if found is None:
        return EMPTY
    number = found[1][0]
    if len(found[1]) > 1 or not isinstance(number, int) or not -len(whole.strands) <= number < len(whole.strands):
        message = f"`{item.name}` is a list of {len(whole.strands)} tensors"
        builder.report("unknown-path", message, item.span, help=f"`{item.name}/0` is the first")
        return EMPTY
    strand = replace(whole.strands[number], among=None)
    return (yield from claimed(builder, item, Bundle((strand,), (strand,), True, ("out",)), context))


def _inside(builder: Builder, bundle: Bundle) -> list[str]:
    """The ids of the nodes inside what gives out these tensors."""
    found: list[str] = []
    for strand in bundle.everything[:1]:
        if isinstance(strand.source, Ref) and 0 <= strand.source.node < len(builder.slots):
            for block in ir.inner_blocks(builder.slots[strand.source.node].what):
                found += [n.id for n in block.nodes]
    return found


def feed(builder: Builder, item: tree.Reference, incoming: Bundle, context: Context) -> Steps:
    """``t -> layer/dp``: a tensor into a node inside."""
    name = item.name
    if name not in builder.outline.declared:
        known = list(builder.outline.declared)
        at = Span(item.span.source, item.span.start, item.span.start + len(name))
        builder.report("unknown-path", f"there is no node `{name}` here", at, help=did_you_mean(name, known))
        return None
    found = yield from _segments(builder, item, context, None)
    if found is not None:
        deliver(builder, name, item.span.start, incoming.at(item.span), found[1])
    return None
