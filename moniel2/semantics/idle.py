"""Nodes that nothing flows into, in a block where tensors do flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moniel2.ir import model as ir
from moniel2.ir.model import PortKind
from moniel2.semantics.nodes import declares_only

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder
    from moniel2.semantics.outline import Site


def check_idle(builder: Builder) -> None:
    """Report operations and blocks that take tensors and get none.

    A text without any `In` is a part of a network, as Moniel's first examples are: what flows in is left open.
    """
    if builder.parent is None and not builder.outline.inputs:
        return
    for slot in builder.slots:
        site = slot.site
        if slot.span is None or site is None or slot.operands or not _takes(slot.what) or _tied_to(builder, site):
            continue
        if site.named and declares_only(builder, site.id):
            continue  # braces inside apply it
        if site.arrives or builder.outline.deliveries.get(site.id):
            continue  # what should flow in is at fault
        named = site.named
        what = slot.what.written if isinstance(slot.what, (ir.Operation, ir.Sketch)) else slot.what.name or "this block"
        builder.report(
            "nothing-arrives",
            f"nothing flows into {what}",
            slot.span,
            help=f"… -> {slot.id}" if named else f"name what does: x -> {what}",
        )


def _takes(what: ir.What) -> bool:
    if isinstance(what, (ir.Operation, ir.Sketch)):
        return any(not port.optional for port in what.spec.inputs)
    if isinstance(what, (ir.Block, ir.Loop)):
        block = what.body if isinstance(what, ir.Loop) else what
        return any(port.kind is PortKind.PLAIN and not port.optional for port in block.inputs)
    return False


def _tied_to(builder: Builder, site: Site) -> bool:
    """Whether values mention the node: it is there for its weights (``weight = wte.weight``)."""
    return site.named and site.id in builder.outline.mentions
