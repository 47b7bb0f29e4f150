"""An ``if`` that can't be decided yet: both branches as blocks of their own, side by side, one of which it will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, PortKind, Ref, Tensor
from moniel2.semantics.applied import Applied
from moniel2.semantics.branches import Gives, common, gather, untouched
from moniel2.semantics.nodes import settle_node
from moniel2.semantics.outline import Outline, Site
from moniel2.semantics.parts import as_body, as_group
from moniel2.semantics.place import apply
from moniel2.semantics.strands import Bundle, Strand
from moniel2.semantics.survey import outline_of, outline_of_chain, without_ends
from moniel2.semantics.values import UNKNOWN_VALUE
from moniel2.semantics.wires import deliver, receiving, shift
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context, Steps


def open_choice(builder: Builder, item: tree.Choice, incoming: Bundle | None, context: Context) -> Steps:
    """``(A if cond else B)``; what flows in flows into both."""
    _strict(builder, item.condition)
    outlines = [outline_of_chain(as_group(b).chain) if b is not None else None for b in (item.item, item.otherwise)]
    strands = incoming.strands if incoming is not None else ()
    branches = yield from _branches(builder, outlines, strands, ((), ()), context, item.span)
    if item.otherwise is None and strands:
        branches[1] = untouched(strands, item.span)
    made = [b.outputs[: b.main] for b in branches if b is not None]
    outputs = tuple(map(common, *made)) if len(made) > 1 else made[0]
    site = next((s for s in builder.outline.sites if item.span.start <= s.position < item.span.end), None)
    gives = [range(len(outputs))] * 2
    bundle = _enter(builder, item.condition, branches, gives, outputs, ("out",) * len(outputs), item.span, site)
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
    outlines = [without_ends(outline_of(b)) if isinstance(b, tree.Body) else None for b in bodies]
    if any(o is not None and not _stands_alone(o) for o in outlines):
        return False
    _strict(builder, statement.condition)
    for outline in outlines:
        for name in outline.constants if outline is not None else ():
            builder.define(name, UNKNOWN_VALUE)
    names = [n for n in _written(outlines) if _wanted(builder, n, statement.span)]
    taps = [tuple((n,) for n in names if o is not None and _writes(o, n)) for o in outlines]
    branches = yield from _branches(builder, outlines, (), (taps[0], taps[1]), builder.context, statement.span)
    ports = _ports(outlines)
    found = [_named_outputs(b) for b in branches]
    gives = [[f.get(n) for n in (*ports, *names)] for f in found]
    outputs = tuple(
        common(*(NOTHING_KNOWN if b is None or k is None else b.outputs[k] for b, k in zip(branches, of, strict=True)))
        for of in zip(*gives, strict=True)
    )
    bundle = _enter(builder, statement.condition, branches, gives, outputs, (*ports, *names), statement.span, None)
    for name, strand in zip((*ports, *names), bundle.everything, strict=False):
        one = Bundle((strand,), (strand,), True, ("out",))
        site = ports.get(name)
        if site is not None:
            builder.outs[id(site.item)] = (site, [(site.position, one)])
        if site is None and name in builder.outline.written:
            builder.wire_spans.setdefault(name, statement.span)
            builder.wires[name] = one
            builder.fire(("wire", name))
        elif any(o is not None and name in o.declared for o in outlines):
            builder.nodes[name] = NodeValue([(None, one)])
            builder.fire(("node", name))
        else:  # a node outside, into which the branches flow
            arrows = sum(receiving(builder, f.chain).count(name) for o in outlines if o is not None for f in o.flows)
            shift(builder, name, 1 - arrows)
            deliver(builder, name, statement.span.start, one, ())
    return True


def _strict(builder: Builder, condition: tree.Expr) -> None:
    if builder.session.strict:
        builder.report("undecided", f"`{condition.span.text}` can't be decided", condition.span)


def _branches(
    builder: Builder,
    outlines: list[Outline | None],
    strands: tuple[Strand, ...],
    taps: tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]],
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
    gives: Sequence[Gives],
    outputs: tuple[Tensor, ...],
    names: tuple[str, ...],
    span: Span,
    site: Site | None,
) -> Bundle:
    from moniel2.semantics.build import Slot

    if not outputs:
        outputs, names, gives = (NOTHING_KNOWN,), ("out",), [(None,)] * 2
    id = site.id if site is not None else "choice"
    what, operands = gather(condition.span.text, branches, gives, outputs, names, span)
    slot = Slot(id, site, (span.start, 0), what, operands, outputs, names, span=span)
    number = builder.add_slot(slot)
    made = tuple(Strand(Ref(number, i), t, span, id, span) for i, t in enumerate(outputs))
    return Bundle(made, made, True, names)


# ------------------------------------------------------------------------ what a branch gives out


def _stands_alone(outline: Outline) -> bool:
    """Whether a branch can be a block: no ports but outputs, no node outside fed twice or inside another one."""
    if any(site.port in ("In", "State") for site in outline.sites):
        return False
    nested = [s.span for s in outline.body.statements if isinstance(s, tree.If)]  # each of its branches is asked itself
    feeds = any(r.receives and name not in outline.declared for name, rs in outline.reaching.items() for r in rs)
    own = [[p for p in places if not any(_inside(p.span, n) for n in nested)] for places in outline.written.values()]
    return not feeds and all(len(places) <= 1 for places in own)


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


def _wanted(builder: Builder, name: str, around: Span) -> bool:
    """Whether anything outside the statement takes what the branches call ``name``."""
    outline = builder.outline

    def outside(span: Span) -> bool:
        return not _inside(span, around)

    declared = outline.declared.get(name)
    return (
        (declared is not None and outside(declared.span))
        or any(outside(r.span) for r in outline.read.get(name, ()))
        or any(outside(r.reference.span) for r in outline.reaching.get(name, ()))
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


def _named_outputs(applied: Applied | None) -> dict[str, int]:
    """Which of a branch's tensors each of its outputs is."""
    block = applied.what if applied is not None else None
    found: dict[str, int] = {}
    at = 0
    for output in block.outputs if isinstance(block, ir.Block) else ():
        if output.kind in (PortKind.PLAIN, PortKind.TAP):
            found[output.name] = at
        at += max(1, len(output.tensors))
    return found
