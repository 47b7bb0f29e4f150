"""What is allowed, and likely not meant: an operation along an axis that it takes by default."""

from __future__ import annotations

from typing import Any

from moniel2.dims import Shape
from moniel2.ir import model as ir
from moniel2.ops.check import assuming
from moniel2.ops.spec import Category, Problem
from moniel2.semantics.session import Session

_KEEPS_AXES = (Category.ACTIVATION, Category.NORMALIZATION, Category.REGULARIZATION)
_OF_PICTURES = (Category.CONVOLUTION, Category.POOLING)


def along_a_picture(session: Session, block: ir.Block, node: ir.Node) -> None:
    """A ``Linear`` that takes a feature map as it comes works along its rows: a ``Flatten`` is likely missing."""
    what = node.what
    if not isinstance(what, ir.Operation) or what.name != "Linear" or node.span is None or not node.operands:
        return
    source = node.operands[0].source
    made_by = _maker(block, source) if isinstance(source, ir.Ref) else None
    if made_by is None or not isinstance(source, ir.Ref):
        return
    shape = block.tensor(source).shape
    session.report(
        "doubtful-axis",
        f"{what.written} works along the last axis, the width of the picture that {made_by} makes: {shape}",
        node.span,
        help=f"make one row of each picture before it: Flatten -> {what.written}(…)",
    )


def _maker(block: ir.Block, source: ir.Ref) -> str | None:
    """The convolution or pooling whose feature map, of two axes or more, arrives here with its axes as they were."""
    while source.node != ir.OWN_INPUT:
        node = block.nodes[source.node]
        shape = block.tensor(source).shape
        if shape is None or len(shape) < 4:
            return None
        what = node.what
        if isinstance(what, ir.Block):
            outputs = [ref for output in what.outputs for ref in output.sources]
            if source.port >= len(outputs):
                return None
            block, source = what, outputs[source.port]
            continue
        if not isinstance(what, ir.Operation):
            return None
        if what.spec.category in _OF_PICTURES:
            return what.written
        first = node.operands[0].source if node.operands else None
        if what.spec.category not in _KEEPS_AXES or not isinstance(first, ir.Ref):
            return None
        source = first
    return None


def doubtful_axis(block: ir.Block, node: ir.Node, what: ir.Operation) -> Shape | None:
    """The shape of rank 3 whose axis 1, the default, may not be meant: the last would do as well."""
    if not any(a.kind == "axis" and a.name == "axis" and a.default == 1 for a in what.spec.arguments):
        return None
    shapes = [block.tensor(o.source).shape if isinstance(o.source, ir.Ref) else None for o in node.operands]
    first = shapes[0] if shapes else None
    if first is None or len(first) != 3 or "axis" in dict(what.arguments) or not first.known:
        return None
    rules: Any = what.spec.make(**{**what.op.values, "axis": -1})
    try:
        with assuming() as conditions:
            rules.shape(*shapes)
    except Problem:
        return None
    return None if conditions else first
