"""Names in chains: reading and writing wires, flowing into nodes that stand elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moniel2.diagnostics.diagnostic import Related
from moniel2.semantics.claims import claim
from moniel2.semantics.outline import Site
from moniel2.semantics.strands import EMPTY, Bundle
from moniel2.semantics.trace import Origin
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context, Path
    from moniel2.semantics.schedule import Steps


def check_optional(builder: Builder, site: Site, span: Span) -> None:
    if builder.home.values.get(site.id) is False:
        builder.report(
            "optional-unbound",
            f"`{site.id}` is optional, and absent here",
            span,
            help=f"if {site.id} {{ … }}",
        )


def read_node(builder: Builder, name: str, span: Span) -> Steps:
    if name not in builder.nodes:
        yield ("node", name)
    value = builder.nodes.get(name)
    return value.main.at(span) if value is not None else EMPTY


def claimed(builder: Builder, item: tree.Reference, bundle: Bundle, context: Context) -> Steps:
    if item.dims is None or not bundle.strands:
        return bundle
    first = bundle.strands[0]
    tensor = yield from claim(
        builder, item.dims, first.tensor, context.frame, what=f"`{item.name}`", origin=Origin(builder, first)
    )
    return replace(bundle, strands=(builder.refine(first, tensor), *bundle.strands[1:]))


def write(builder: Builder, item: tree.Reference, incoming: Bundle, context: Context) -> Steps:
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
        bundle = yield from claimed(builder, item, incoming, context)
    together = item.span if len(bundle.strands) > 1 else None
    strands = tuple(
        replace(
            s,
            key=None,
            made=name if s.made in ("", "the input") else f"{name} ({s.made})" if s.made != name else name,
            among=s.among or together,
        )
        for s in bundle.strands
    )
    builder.wires[name] = Bundle(strands, bundle.everything, bundle.single, bundle.names)
    builder.fire(("wire", name))
    return None


def name_list(builder: Builder, item: tree.ListItem, bundle: Bundle) -> Bundle:
    """The name of a list stands for all that it gives, in order."""
    id = item.id
    if id is None or builder.outline.lists.get(id.name) is not item:
        return bundle
    together = id.span if len(bundle.strands) > 1 else None
    strands = tuple(replace(s, among=s.among or together) for s in bundle.strands)
    builder.wires.setdefault(id.name, Bundle(strands, strands, False, ()))
    builder.fire(("wire", id.name))
    return bundle


def read_list(builder: Builder, name: str, span: Span) -> Steps:
    """Whoever reads the list reads the names in it."""
    for element in builder.outline.lists[name].elements:
        last = element.chain.items[-1]
        if isinstance(last, tree.Reference):
            builder.used.add(last.name)
    if name not in builder.wires:
        yield ("wire", name)
    return builder.wires.get(name, EMPTY).at(span)


def deliver(builder: Builder, name: str, position: int, bundle: Bundle, path: Path) -> None:
    """A chain flows into a node that stands elsewhere."""
    if name in builder.hurried and bundle.strands:
        builder.hurried.discard(name)
        builder.report(
            "cycle",
            f"`{name}` depends on its own output",
            bundle.strands[0].span,
            help="a tensor from the step before is a State of a Scan",
        )
    builder.delivered.setdefault(name, []).append((position, bundle, path))
    left = builder.pending.get(name, 1) - 1
    builder.pending[name] = left
    if left <= 0:
        builder.fire(("ready", name))


def adjust(builder: Builder, item: tree.Item | tree.Chain, by: int) -> None:
    """Chains into named nodes that come more or less often than the text shows."""
    if by == 0:
        return
    for name in receiving(builder, item):
        left = builder.pending.get(name, 0) + by
        builder.pending[name] = left
        if left <= 0:
            builder.fire(("ready", name))


def shift(builder: Builder, name: str, by: int) -> None:
    builder.pending[name] = builder.pending.get(name, 0) + by
    if builder.pending[name] <= 0:
        builder.fire(("ready", name))


def receiving(builder: Builder, item: tree.Item | tree.Chain, arrives: bool = False) -> list[str]:
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
                if id(part) not in builder.outline.groups:
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
    stack: list[tree.Body | tree.Statement] = [body]
    while stack:
        match part := stack.pop():
            case tree.Body():
                stack += part.statements
            case tree.If():
                stack += [part.then, *([] if part.otherwise is None else [part.otherwise])]
            case tree.Flow():
                adjust(builder, part.chain, -1)
                forget(builder, part.chain)


def forget(builder: Builder, it: tree.Chain) -> None:
    """What a dropped chain would have read counts as used."""
    stack: list[Any] = [it]
    while stack:
        part = stack.pop()
        match part:
            case tree.Chain():
                stack += part.items
            case tree.Reference():
                builder.used.add(part.name)
                builder.dropped.add(part.name)
            case tree.ListItem():
                stack += [e.chain for e in part.elements]
            case tree.Group():
                stack.append(part.chain)
            case tree.Choice():
                stack += [part.item, *([part.otherwise] if part.otherwise is not None else [])]
            case tree.Repeat() | tree.Series():
                stack.append(part.item)


def short(item: tree.Item) -> str:
    """The words of an item, cut where they are long."""
    text = item.span.text
    return text if len(text) <= 30 else text[:29] + "…"
