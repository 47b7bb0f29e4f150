"""An ``if`` that can't be decided yet: both branches as blocks of their own, side by side, one of which it will be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from moniel2.ir.model import Ref
from moniel2.semantics.apart import Apart, Arrow, apart
from moniel2.semantics.applied import Applied
from moniel2.semantics.branches import Joined, by_name, gather, in_order, untouched
from moniel2.semantics.nodes import settle_node
from moniel2.semantics.outline import Outline, Site
from moniel2.semantics.parts import as_body, as_group
from moniel2.semantics.paths import tap
from moniel2.semantics.place import apply
from moniel2.semantics.strands import Bundle, Strand
from moniel2.semantics.survey import outline_of, outline_of_chain, without_ends
from moniel2.semantics.values import UNKNOWN_VALUE
from moniel2.semantics.wires import deliver, shift
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context, Path
    from moniel2.semantics.schedule import Steps


def open_choice(builder: Builder, item: tree.Choice, incoming: Bundle | None, context: Context) -> Steps:
    """``(A if cond else B)``; what flows in flows into both."""
    _strict(builder, item.condition)
    outlines = [outline_of_chain(as_group(b).chain) if b is not None else None for b in (item.item, item.otherwise)]
    strands = incoming.strands if incoming is not None else ()
    branches = yield from _branches(builder, outlines, strands, ((), ()), context, item.span)
    if item.otherwise is None and strands:
        branches[1] = untouched(strands, item.span)
    site = next((s for s in builder.outline.sites if item.span.start <= s.position < item.span.end), None)
    bundle = _enter(builder, item.condition, branches, in_order(branches), item.span, site)
    if site is not None and site.named:
        settle_node(builder, site.id, [(None, bundle)])
    return bundle


def open_if(builder: Builder, statement: tree.If) -> Steps:
    """``if cond { … } else { … }``: what a branch writes, and others read, comes out of the choice.

    False, with nothing done, where a branch says what no block of its own can say.
    """
    from moniel2.semantics.build import NodeValue

    bodies = (statement.then, statement.otherwise)
    if isinstance(bodies[1], tree.If):
        bodies = (bodies[0], as_body(bodies[1]))
    texts = [apart(b, builder.outline, builder.looped) if isinstance(b, tree.Body) else None for b in bodies]
    if any(t is None and b is not None for t, b in zip(texts, bodies, strict=True)):
        return False
    yield from _let_in(builder, [t for t in texts if t is not None])
    outlines = [without_ends(outline_of(t.body)) if t is not None else None for t in texts]
    arrows: dict[str, Arrow] = {}
    for text in texts:
        for wire, reference in text.taps.items() if text is not None else ():
            builder.wires[wire] = yield from tap(builder, reference, builder.context)
        for wire, arrow in text.arrows.items() if text is not None else ():
            arrows.setdefault(wire, arrow)
        builder.entered.update(text.inputs if text is not None else ())
    _strict(builder, statement.condition)
    for outline in outlines:
        for name in outline.constants if outline is not None else ():
            builder.define(name, UNKNOWN_VALUE)
    names = [n for n in _written(outlines) if n in arrows or _wanted(builder, n, statement.span)]
    inner = {n: _reached(builder, n, statement.span) for n in names if n not in arrows and not _is_wire(outlines, n)}
    wanted: list[Path] = [(n,) for n in names] + [(n, *path) for n, paths in inner.items() for path in paths]
    taps = [tuple(p for p in wanted if o is not None and _writes(o, str(p[0]))) for o in outlines]
    branches = yield from _branches(builder, outlines, (), (taps[0], taps[1]), builder.context, statement.span)
    ports = _ports(outlines)
    joined, at = by_name(branches, [*ports, *("/".join(map(str, p)) for p in wanted)])
    made = _enter(builder, statement.condition, branches, joined, statement.span, None).everything
    for name, site in ports.items():
        builder.outs[id(site.item)] = (site, [(site.position, _bundle(made, at[name]))])
    for name in names:
        one = _bundle(made, at[name])
        if name in inner:
            all_ = [one, *(_bundle(made, at["/".join(map(str, (name, *path)))]) for path in inner[name])]
            strands = tuple(s for b in all_ for s in b.strands)
            told = ["", *("/".join(map(str, path)) for path in inner[name])]
            called = tuple(n for b, n in zip(all_, told, strict=True) for _ in b.strands)
            builder.nodes[name] = NodeValue([(None, Bundle(one.strands, strands, True, called))])
            builder.fire(("node", name))
        elif name not in arrows:
            builder.wire_spans.setdefault(name, statement.span)
            builder.wires[name] = one
            builder.fire(("wire", name))
    for name in {arrow.name for arrow in arrows.values()}:
        written = sum(text.counted[name] for text in texts if text is not None)
        shift(builder, name, sum(arrow.name == name for arrow in arrows.values()) - written)
    for wire, arrow in arrows.items():
        deliver(builder, arrow.name, arrow.position, _bundle(made, at[wire]), arrow.path)
    return True


def _let_in(builder: Builder, texts: list[Apart]) -> Steps:
    """Arrows from outside into nodes that the branches declare are wires that the branches read."""
    inside = [outline_of(t.body) for t in texts]
    for name in dict.fromkeys(n for o in inside for n in o.declared):
        own = sum(o.deliveries.get(name, 0) for o in inside)
        if builder.outline.deliveries.get(name, 0) <= own:
            continue
        shift(builder, name, -own)
        if builder.pending.get(name, 0) > 0:
            yield ("ready", name)
        arrived = sorted(builder.delivered.get(name, ()), key=lambda a: a[0])
        for k, (_, bundle, path) in enumerate(arrived, start=1):
            wire = f"into {name} {k}"
            builder.wires[wire] = bundle
            at = bundle.strands[0].span if bundle.strands else builder.called_at
            for text, outline in zip(texts, inside, strict=True):
                if name in outline.declared:
                    text.receive(wire, (name, *path), at)


def _bundle(made: tuple[Strand, ...], places: range) -> Bundle:
    strands = made[places.start : places.stop]
    return Bundle(strands, strands, True, ("out",) * len(strands))


def one_branch(builder: Builder, condition: tree.Expr) -> None:
    """What flows out of a branch comes back to it by way of the block around: it can't be drawn by itself."""
    if builder.session.strict:
        builder.report("undecided", f"`{condition.span.text}` can't be decided", condition.span)
        return
    builder.report(
        "one-branch",
        f"`{condition.span.text}` can't be decided, and only its first branch is shown",
        condition.span,
        help="let each branch write a wire, and what depends on it stand behind the `if`",
    )


def _strict(builder: Builder, condition: tree.Expr) -> None:
    if builder.session.strict:
        builder.report("undecided", f"`{condition.span.text}` can't be decided", condition.span)


def _branches(
    builder: Builder,
    outlines: list[Outline | None],
    strands: tuple[Strand, ...],
    taps: tuple[tuple[Path, ...], tuple[Path, ...]],
    context: Context,
    span: Span,
) -> Steps:
    """Each branch as a block; None for one that is nothing at all."""
    from moniel2.semantics.build import Request

    found: list[Applied | None] = []
    for outline, asked in zip(outlines, taps, strict=True):
        if outline is None:
            found.append(None)
            continue
        yield from builder.await_captures(outline, context.frame)
        closure = replace(builder.closure(outline, context.frame), undecided=True)
        found.append((yield apply(builder, closure, (), strands, None, context, Request(asked), span)))
    return found


def _enter(
    builder: Builder,
    condition: tree.Expr,
    branches: list[Applied | None],
    joined: Joined,
    span: Span,
    site: Site | None,
) -> Bundle:
    from moniel2.semantics.build import Slot

    id = site.id if site is not None else "choice"
    what, operands = gather(condition.span.text, branches, joined, span)
    slot = Slot(id, site, (span.start, 0), what, operands, joined.tensors, joined.names, span=span)
    number = builder.add_slot(slot)
    made = tuple(Strand(Ref(number, i), t, span, id, span) for i, t in enumerate(joined.tensors))
    return Bundle(made, made, True, joined.names)


# ------------------------------------------------------------------------ what a branch gives out


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _written(outlines: list[Outline | None]) -> list[str]:
    found: dict[str, None] = {}
    for outline in outlines:
        if outline is not None:
            found |= dict.fromkeys((*outline.written, *(n for n, s in outline.declared.items() if not s.port)))
    return list(found)


def _writes(outline: Outline, name: str) -> bool:
    return name in outline.written or name in outline.declared


def _is_wire(outlines: list[Outline | None], name: str) -> bool:
    return not any(o is not None and name in o.declared for o in outlines)


def _reached(builder: Builder, name: str, around: Span) -> list[Path]:
    """What paths from outside the statement read inside a node of its branches."""
    found = dict.fromkeys(builder.taps.get(name, ()))
    for reaching in builder.outline.reaching.get(name, ()):
        path = tuple(s for s in reaching.reference.segments[1:] if isinstance(s, (str, int)))
        static = len(path) == len(reaching.reference.segments) - 1
        if not reaching.receives and static and not _inside(reaching.reference.span, around):
            found[path] = None
    return list(found)


def _wanted(builder: Builder, name: str, around: Span) -> bool:
    """Whether anything outside the statement takes what the branches call ``name``."""
    outline = builder.outline

    def outside(span: Span) -> bool:
        return not _inside(span, around)

    declared = outline.declared.get(name)
    return (
        (declared is not None and outside(declared.span))
        or any(outside(r.span) for r in outline.read.get(name, ()))
        or any(outside(r.reference.span) and not r.receives for r in outline.reaching.get(name, ()))
        or any(name in i.reads_from_around and outside(i.body.span) for i in outline.inside)
        or any(path[0] == name for path in builder.asked)
    )


def _ports(outlines: list[Outline | None]) -> dict[str, Site]:
    """The ``Out``s of the branches by name; those of one name, or without any, are one."""
    found: dict[str, Site] = {}
    for outline in outlines:
        for site in outline.outputs if outline is not None else ():
            found.setdefault(site.id if site.named else "", site)
    return found
