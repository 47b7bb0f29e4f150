"""One use of a block or an operation: tensors to ports, arguments to values, shapes to shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from moniel2.ir import model as ir
from moniel2.semantics.aliases import Followed, await_around, follow
from moniel2.semantics.applied import Applied, undefined
from moniel2.semantics.claims import claim
from moniel2.semantics.place_block import place_block
from moniel2.semantics.place_operation import place_operation
from moniel2.semantics.strands import Strand
from moniel2.semantics.values import (
    BlockWorth,
    Closure,
    DefBlock,
    Given,
    OpBlock,
    SharedBlock,
    UndefinedBlock,
)
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context, Request
    from moniel2.semantics.schedule import Steps


def apply(
    builder: Builder,
    worth: BlockWorth,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    request: Request,
    span: Span,
) -> Steps:
    """Use a block once, in the block under construction."""
    if isinstance(worth, SharedBlock):
        return (yield from _apply_shared(builder, worth, strands, dims, context, request, span))
    if isinstance(worth, OpBlock):
        return (yield from place_operation(builder, worth, given, strands, dims, context, span))
    if isinstance(worth, UndefinedBlock):
        applied = undefined(worth.written, strands, given)
        builder.session.fault(applied.what)
        return applied
    return (yield from _apply_block(builder, worth, given, strands, dims, context, request, span))


# ----------------------------------------------------------------------------------- shared weights


def _apply_shared(
    builder: Builder,
    worth: SharedBlock,
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    request: Request,
    span: Span,
) -> Steps:
    target = worth.node
    there = worth.builder
    applied: Applied = yield apply(builder, target.worth, target.given, strands, dims, context, request, span)
    if _has_no_weights(applied.what):
        return applied
    if there is builder and not target.owned and _declares_only(there, target.id):
        target.owned = True
        applied.owner = True
        return applied
    if there is not builder and not target.owned and _declares_only(there, target.id):
        there.session.adopt(there, target, applied.what)
    applied.shared = applied.shared or ir.Shared(builder.depth - there.depth, (target.id,))
    return applied


def _has_no_weights(what: ir.What) -> bool:
    return isinstance(what, ir.Operation) and not what.weights


def _declares_only(builder: Builder, name: str) -> bool:
    """A node without any edge of its own that is applied elsewhere: it only says what ``name()`` applies."""
    from moniel2.semantics.nodes import declares_only

    return declares_only(builder, name)


# ------------------------------------------------------------------------------------------- blocks


def _apply_block(
    builder: Builder,
    worth: DefBlock | Closure,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    request: Request,
    span: Span,
) -> Steps:
    if isinstance(worth, DefBlock):
        yield from await_around(builder, worth)
        definition = worth.definition
        if definition.outline is None:
            return undefined(definition.name, strands, (*worth.given, *given), declared=True)
        if definition.extern is not None:
            from moniel2.semantics.extern import apply_extern

            return (yield from apply_extern(builder, worth, definition.extern, given, strands, span))
        if definition.alias is not None:
            return (yield from _apply_alias(builder, worth, given, strands, dims, context, request, span))
    return (yield from place_block(builder, worth, given, strands, request, span))


def _apply_alias(
    builder: Builder,
    worth: DefBlock,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    request: Request,
    span: Span,
) -> Steps:
    """``+ResNet34 = ResNet(…)``: no level of its own; the block under another name."""
    followed: Followed | None = yield from follow(builder, worth, given, span)
    if followed is None:
        return undefined(worth.definition.name, strands, given)
    for link in followed.links:
        if link.item.dims is not None:
            dims, context = link.item.dims, link.context
    if followed.links and isinstance(followed.worth, OpBlock) and not followed.worth.spec.declared:
        context = followed.links[-1].context  # a pattern means the names around the place where it is written
    applied: Applied = yield apply(builder, followed.worth, followed.given, strands, dims, context, request, span)
    inner = followed.worth
    for link in reversed(followed.links):
        if isinstance(applied.what, ir.Block) and applied.shared is None:
            applied.what = builder.session.renamed(applied.what, link.definition, link.context.frame)
        elif isinstance(applied.what, ir.Operation):
            applied.what = replace(applied.what, written=link.definition.name)
        applied.presentation = (*link.definition.written.presentation, *applied.presentation)
        if link.item.dims is not None and applied.outputs and not (isinstance(inner, OpBlock) and inner.spec.declared):
            first = applied.outputs[0]
            tensor = yield from claim(builder, link.item.dims, first, link.context.frame, what=link.definition.name)
            applied.outputs = (tensor, *applied.outputs[1:])
    return applied
