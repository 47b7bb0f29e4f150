"""``Extern``: an operation that lives in Python; its ports give the shape rule."""

from __future__ import annotations

import keyword
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Tensor
from moniel2.semantics.claims import claim
from moniel2.semantics.match import Port, match
from moniel2.semantics.scope import Frame
from moniel2.semantics.strands import Strand
from moniel2.semantics.survey import names_in, outline_of
from moniel2.semantics.values import UNKNOWN_VALUE, DefBlock, Given, text_of, to_ir
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder
    from moniel2.semantics.schedule import Steps


def apply_extern(
    builder: Builder,
    worth: DefBlock,
    item: tree.Instance,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    span: Span,
) -> Steps:
    """Use an extern operation once: bind its ports' shapes, read off the shapes it gives."""
    from moniel2.semantics.applied import Applied
    from moniel2.semantics.build import Builder as MakeBuilder
    from moniel2.semantics.place_operation import operands_of
    from moniel2.semantics.ports import declared_dtype

    definition = worth.definition
    session = builder.session
    _check_ports(builder, item)
    body = item.trailing if item.trailing is not None else tree.Body((), span=item.span)
    outline = outline_of(body)
    frame = Frame(worth.frame, home=True, closed=True)
    inside = MakeBuilder(
        session, outline, definition.inner, frame, parent=builder, called=definition.name, called_at=span
    )
    defaults = session.enter_parameters(inside, worth, given)
    for name in sorted(outline.binds):
        if frame.find(name) is None:
            frame.pending.add(name)
            frame.sizes.add(name)
    # A default may use the sizes that the inputs bind; what it doesn't use of them is there before them.
    late = [(n, e) for n, e in defaults if frame.sizes & set(names_in(e))]
    for name, default in defaults:
        if (name, default) not in late:
            frame.values[name] = inside.value_now(default, frame)
            frame.pending.discard(name)
    ports = tuple(
        Port(s.id if s.named else "", bool(getattr(s.item, "optional", False)), unnamed=not s.named)
        for s in outline.inputs
    )
    matched = match(builder, definition.name, ports, strands, span)
    inputs = []
    for site, taken in zip(outline.inputs, matched.taken, strict=False):
        tensor = taken[0].tensor if taken else NOTHING_KNOWN
        declared: Any = site.item
        dtype = yield from declared_dtype(inside, declared)
        if declared.dims is not None:
            tensor = yield from claim(
                inside,
                declared.dims,
                tensor,
                frame,
                what=site.id if site.named else "the input",
                at=span if taken else None,
            )
        inputs.append(
            ir.Input(site.id if site.named else "", Tensor(tensor.shape, tensor.dtype or dtype), bound=bool(taken))
        )
    for name, default in late:
        frame.values[name] = inside.value_now(default, frame)
        frame.pending.discard(name)
    target, arguments = _target(inside, item, frame)
    outputs = []
    # Names that no input binds are free to take any size; the rest is computed.
    inside.given_up |= set(frame.pending)
    for site in outline.outputs:
        declared = site.item
        dtype = yield from declared_dtype(inside, declared)
        tensor = NOTHING_KNOWN
        if declared.dims is not None:
            tensor = yield from claim(inside, declared.dims, tensor, frame, what=site.id)
        # What Python does with whole numbers nobody can know: as for an In, floating-point numbers are meant.
        first = next((i.tensor.dtype for i in inputs if "float" in i.tensor.dtype), "")
        tensor = Tensor(tensor.shape, dtype or first or "float32")
        outputs.append(ir.Output(site.id if site.named else "", (), (tensor,)))
    parameters = tuple((p.name, to_ir(frame.values.get(p.name, UNKNOWN_VALUE))) for p in definition.written.parameters)
    block = ir.Block(
        definition.name,
        definition.key,
        parameters,
        (),
        tuple(inputs),
        tuple(outputs),
        (),
        doc=definition.written.doc,
        span=definition.written.name_span,
    )
    what = ir.Extern(definition.name, target, arguments, block, definition.name)
    named = tuple(replace(p, name=p.name or str(i)) for i, p in enumerate(ports))
    operands = operands_of(named, matched, None)
    names = tuple(o.name or "out" for o in outputs)
    return Applied(what, operands, tuple(o.tensor for o in outputs), names, len(outputs))


def _check_ports(builder: Builder, item: tree.Instance) -> None:
    """The braces of an Extern hold its ports, and nothing that would compute: that is in Python."""
    if item.trailing is None:
        from moniel2.semantics.afar import NO_PORTS

        help = 'Extern("package.module.Name") { x:In[B, D] -> Out[B, D] }'
        builder.report("missing-argument", NO_PORTS, item.type.span, help=help)
        return
    for site in outline_of(item.trailing).sites:
        if not site.port:
            message = "an Extern is written in Python, and its braces hold ports only"
            builder.report(
                "wrong-argument", message, site.span, help="leave it out, or write the definition without Extern"
            )


def _target(inside: Builder, item: tree.Instance, frame: Frame) -> tuple[str, tuple[tuple[str, ir.Value], ...]]:
    """The import path and the arguments of the Python object."""
    target = ""
    arguments: list[tuple[str, ir.Value]] = []
    for position, argument in enumerate(item.arguments.items if item.arguments is not None else ()):
        value = inside.value_now(argument.value, frame)
        if position == 0 and argument.name is None:
            if isinstance(value, str):
                target = value
            parts = target.split(".")
            if not all(p.isidentifier() and not keyword.iskeyword(p) for p in parts) or len(parts) < 2:
                inside.report(
                    "wrong-argument",
                    f"Extern needs an import path, not {text_of(value)}",
                    argument.span,
                    help='Extern("package.module.Name")',
                )
                target = ""
            continue
        arguments.append((argument.name or "", to_ir(value)))
    if not target and (item.arguments is None or not item.arguments.items):
        inside.report(
            "missing-argument", "Extern needs an import path", item.type.span, help='Extern("package.module.Name")'
        )
    return target, tuple(arguments)
