"""An ``if`` statement that can't be decided: both branches, drawn as an open choice that gives the wires they write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Operand, Ref
from moniel2.semantics.strands import Bundle, Strand
from moniel2.semantics.survey import outline_of
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.applied import Applied
    from moniel2.semantics.build import Builder, Steps


def open_if(builder: Builder, statement: tree.If) -> Steps:
    """Add the choice and write its wires. False, with nothing done, where a branch does more than write wires."""
    from moniel2.semantics.build import Request, Slot
    from moniel2.semantics.place import apply
    from moniel2.semantics.wires import drop_body

    bodies = _branches(statement)
    outlines = [outline_of(body) for body in bodies]
    names = tuple(dict.fromkeys(name for outline in outlines for name in outline.written))
    # Ports, nodes that stand outside and constants belong to the block around: a choice has no say in them.
    plain = all(not o.inputs and not o.outputs and not o.constants and not o.definitions for o in outlines)
    alike = len(bodies) == 2 and all(o.written.keys() == set(names) for o in outlines)
    if not names or not plain or not alike or builder.declared.keys() & set(names):
        return False
    drop_body(builder, statement)
    blocks: list[ir.Block | None] = []
    operands: tuple[Operand, ...] = ()
    for body in bodies:
        outline = outline_of(_with_outputs(body, names))
        yield from builder.await_captures(outline, builder.context.frame)
        closure = builder.closure(outline, builder.context.frame)
        applied: Applied = yield from apply(builder, closure, (), (), None, builder.context, Request(), body.span)
        blocks.append(applied.what if isinstance(applied.what, ir.Block) else None)
        operands = max(operands, applied.operands, key=len)
    span = statement.condition.span
    what = ir.Choice(span.text, blocks[0], blocks[1])
    outs = tuple(NOTHING_KNOWN for _ in names)
    number = builder.add_slot(Slot("choice", None, (statement.span.start, 0), what, operands, outs, names, span=span))
    for port, name in enumerate(names):
        strand = Strand(Ref(number, port), NOTHING_KNOWN, span, name, span)
        builder.wires[name] = Bundle((strand,), (strand,), True, (name,))
        builder.fire(("wire", name))
    return True


def _branches(statement: tree.If) -> list[tree.Body]:
    """What stands in either branch; an ``else if`` is a branch with an ``if`` in it."""
    other = statement.otherwise
    if isinstance(other, tree.If):
        other = tree.Body((other,), span=other.span)
    return [statement.then, *([] if other is None else [other])]


def _with_outputs(body: tree.Body, names: tuple[str, ...]) -> tree.Body:
    """The branch as a block that gives its wires out."""
    made = []
    for name in names:
        read = tree.Reference((name,), span=body.span)
        out = tree.Instance(None, tree.TypeName("Out", span=body.span), None, None, None, span=body.span)
        made.append(tree.Flow(tree.Chain((read, out), span=body.span), span=body.span))
    return tree.Body((*body.statements, *made), span=body.span)
