"""How a block begins: its inputs, its constants, and its statements as tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moniel2.ir.model import NOTHING_KNOWN, OWN_INPUT, DType, PortKind, Ref, Tensor, Unknown
from moniel2.semantics.called import check_called
from moniel2.semantics.claims import claim
from moniel2.semantics.outline import Site
from moniel2.semantics.strands import EMPTY, Bundle, Strand
from moniel2.semantics.trace import Origin
from moniel2.semantics.values import text_of
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Request
    from moniel2.semantics.schedule import Steps
    from moniel2.semantics.session import Arriving


def start(builder: Builder, arriving: Arriving, request: Request, defaults: list[tuple[str, tree.Expr]]) -> None:
    """Set the tasks of a block going."""
    outline = builder.outline
    home = builder.home
    for name in outline.constants:
        if name not in home.values:
            home.pending.add(name)
    for name in sorted(outline.binds):
        if name in home.values or name in home.pending or home.find(name) is not None:
            continue
        home.pending.add(name)
        home.sizes.add(name)
    for site in outline.inputs:
        if site.named and getattr(site.item, "optional", False):
            home.pending.add(site.id)
    if outline.constants:
        check_called(builder)
    for name, default in defaults:
        builder.spawn(_constant(builder, name, default))
    for name, constant in outline.constants.items():
        if name not in home.values and name not in outline.chosen_constants:
            builder.spawn(_constant(builder, name, constant.value))
    _requests(builder, request)
    builder.spawn(_inputs(builder, arriving))
    if outline.ends_are_ports and outline.chain is not None:
        builder.spawn(_ends(builder, outline.chain, arriving))
    else:
        statements(builder, outline.body)


def statements(builder: Builder, body: tree.Body) -> None:
    from moniel2.semantics.items import chain

    for statement in body.statements:
        if isinstance(statement, tree.Flow):
            builder.spawn(chain(builder, statement.chain, None, builder.context, want=False))
        elif isinstance(statement, tree.If):
            builder.spawn(_if(builder, statement))
        elif isinstance(statement, tree.Constant):
            name = statement.name
            if name in builder.outline.chosen_constants and name not in builder.home.values:
                builder.spawn(_constant(builder, name, statement.value))


def _constant(builder: Builder, name: str, expr: tree.Expr) -> Steps:
    own = builder.home
    # A default or constant may not wait for itself.
    value = yield from builder.evaluate(expr, own)
    builder.define(name, value)


def _if(builder: Builder, statement: tree.If) -> Steps:
    from moniel2.semantics.choice import one_branch, open_if
    from moniel2.semantics.wires import drop_body

    left: tree.Body | tree.If | None = statement
    while isinstance(left, tree.If):
        chosen = yield from builder.decide(left.condition, builder.context.frame)
        if chosen is None:
            if (yield from open_if(builder, left)):
                return
            one_branch(builder, left.condition)
            chosen = True
        if chosen:
            if left.otherwise is not None:
                drop_body(builder, left.otherwise)
            statements(builder, left.then)
            return
        drop_body(builder, left.then)
        left = left.otherwise
    if left is not None:
        statements(builder, left)


# ----------------------------------------------------------------------------------------- inputs


def _requests(builder: Builder, request: Request) -> None:
    from moniel2.semantics.build import OwnInput

    builder.asked = request.taps
    for path in request.taps:
        head = str(path[0])
        if len(path) > 1:
            builder.taps.setdefault(head, []).append(path[1:])
        builder.used.add(head)
    for path, tensor in request.feeds:
        builder.inputs.append(OwnInput("/".join(map(str, path)), tensor, PortKind.FEED))
        number = len(builder.inputs) - 1
        head = str(path[0])
        span = builder.called_at
        strand = Strand(Ref(OWN_INPUT, number), tensor, span, "/".join(map(str, path)), span)
        builder.delivered.setdefault(head, []).append((1 << 60, Bundle((strand,), (strand,), True), path[1:]))


def _inputs(builder: Builder, arriving: Arriving) -> Steps:
    """The ``In`` ports in order: what flows in, checked against what is declared."""
    from moniel2.semantics.build import OwnInput

    for index, site in enumerate(builder.outline.inputs):
        tensors = arriving.ports[index] if index < len(arriving.ports) else ()
        item = site.item
        assert isinstance(item, tree.Instance)
        name = site.id if site.named else ""
        if builder.free:
            tensors = (_free_tensor(builder, name),)
        bound = bool(tensors)
        strands: list[Strand] = []
        dtype = yield from declared_dtype(builder, item)
        sent = arriving.strands[index] if index < len(arriving.strands) else ()
        for k, tensor in enumerate(tensors or (NOTHING_KNOWN,)):
            origin = sent[k] if k < len(sent) else None
            tensor = _checked_dtype(builder, site, tensor, dtype)
            dims = declared_dims(item)
            if dims is not None:
                _check_open(builder, dims)
            if dims is not None and len(tensors) <= 1:
                tensor = yield from claim(
                    builder,
                    dims,
                    tensor,
                    builder.home,
                    what=name,
                    free=builder.free,
                    at=None if builder.free else builder.called_at,
                    origin=Origin(builder.parent, origin) if origin is not None and builder.parent else None,
                )
                if builder.free and not tensor.dtype and item.arguments is None:
                    tensor = Tensor(tensor.shape, "float32")
            optional = item.optional or (site.conditional and not bound)
            builder.inputs.append(
                OwnInput(name, tensor, PortKind.PLAIN, site, optional, bound or not optional, strand=origin)
            )
            ref = Ref(OWN_INPUT, len(builder.inputs) - 1)
            sent_by = (origin.bundle if origin is not None else None) or builder.called_at
            bundle_at = sent_by if len(tensors) > 1 else None
            strands.append(Strand(ref, tensor, site.span, name or "the input", site.span, bundle=bundle_at))
        if item.optional and name:
            builder.define(name, bound or builder.free)
        bundle = Bundle(tuple(strands), tuple(strands), True, ("out",) * len(strands))
        _enter(builder, site, bundle)
    if builder.looped:
        yield from _states(builder, arriving)


def _states(builder: Builder, arriving: Arriving) -> Steps:
    from moniel2.semantics.build import OwnInput

    first = dict(arriving.states)
    for site in builder.outline.sites:
        if site.port != "State":
            continue
        item = site.item
        assert isinstance(item, tree.Instance)
        tensor = first.get(site.id, NOTHING_KNOWN)
        dtype = yield from declared_dtype(builder, item)
        if not tensor.dtype:
            tensor = Tensor(tensor.shape, dtype or "float32")
        if item.dims is not None:
            tensor = yield from claim(
                builder, item.dims, tensor, builder.home, what=site.id, at=builder.called_at if tensor.shape else None
            )
        builder.inputs.append(OwnInput(site.id, tensor, PortKind.STATE, site, True, site.id in first))
        strand = Strand(Ref(OWN_INPUT, len(builder.inputs) - 1), tensor, site.span, site.id, site.span)
        _enter(builder, site, Bundle((strand,), (strand,), True, ("out",)))


def _enter(builder: Builder, site: Site, bundle: Bundle) -> None:
    from moniel2.semantics.build import NodeValue

    builder.nodes.setdefault(site.id, NodeValue([(None, bundle)]))
    builder.fire(("node", site.id))


def _free_tensor(builder: Builder, name: str) -> Tensor:
    """What ``--input`` says of an input of the model."""
    session = builder.session
    shape = session.inputs.get(name)
    if shape is None and len(session.inputs) == 1 and len(builder.outline.inputs) == 1:
        # The only input: a shape without a name is its, and without a name of its own it takes any.
        only = next(iter(session.inputs))
        if not name or not only:
            name, shape = only, session.inputs[only]
    if shape is None:
        return NOTHING_KNOWN
    from moniel2.dims import Shape

    session.used_inputs.add(name)
    return Tensor(Shape(*shape), "")


def _check_open(builder: Builder, dims: tree.Dims) -> None:
    """``In[-1, 3]``: what stands for any size in Python."""
    for size in dims.items:
        if isinstance(size, tree.Unary) and size.operator == "-" and isinstance(size.operand, tree.Number):
            message = f"`{size.span.text}` is no size: one that is open has a name, as `B`, or is `_`"
            builder.report("foreign-spelling", message, size.span, help="write `_`")


def declared_dims(item: tree.Instance) -> tree.Dims | None:
    """``In[28, 28]``, or ``In(shape = 28x28)`` as Moniel writes it."""
    for argument in item.arguments.items if item.arguments is not None and item.dims is None else ():
        if argument.name == "shape" and isinstance(argument.value, tree.Sequence):
            return tree.Dims(argument.value.items, span=argument.value.span)
    return item.dims


def declared_dtype(builder: Builder, item: tree.Instance) -> Steps:
    """The dtype of ``In(int64)``; "" when none is declared."""
    if item.arguments is None:
        return ""
    if len(item.arguments.items) > 1:
        shape = item.arguments.span.text.strip("()")
        written = item.type.written
        builder.report(
            "wrong-argument",
            f"{written} takes a dtype and nothing else",
            item.arguments.span,
            help=f"a shape stands in brackets: {written}[{shape}]",
        )
        return ""
    for argument in item.arguments.items:
        if argument.name == "shape" and isinstance(argument.value, tree.Sequence):
            continue
        value = yield from builder.evaluate(argument.value, builder.home)
        if isinstance(value, Unknown):
            return ""
        if argument.name is not None and argument.name not in ("dtype", "type"):
            builder.report("unknown-argument", f"{item.type.written} has no argument `{argument.name}`", argument.span)
            continue
        if isinstance(value, DType):
            return value.name
        builder.report(
            "wrong-argument",
            f"{item.type.written} takes a dtype, not {text_of(value)}",
            argument.span,
            help=f"a shape is written {item.type.written}[B, 3, 224, 224]",
        )
    return ""


def _checked_dtype(builder: Builder, site: Site, tensor: Tensor, dtype: str) -> Tensor:
    if not dtype:
        return tensor
    if tensor.dtype and _kind(tensor.dtype) != _kind(dtype):
        from moniel2.diagnostics.diagnostic import Related

        builder.report(
            "dtype-mismatch",
            f"{builder.called} takes {dtype}{f' as {site.id}' if site.named else ''}, got {tensor.dtype}",
            builder.called_at,
            related=(Related("declared here", site.span),),
        )
        return Tensor(tensor.shape, "")
    return Tensor(tensor.shape, tensor.dtype or dtype)


def _kind(dtype: str) -> str:
    return dtype.rstrip("0123456789").replace("bfloat", "float").replace("uint", "int")


# ------------------------------------------------------------------------- bodies without In and Out


def _ends(builder: Builder, body: tree.Chain, arriving: Arriving) -> Steps:
    """A single chain: its ends are the block's input and output."""
    from moniel2.semantics.build import OwnInput
    from moniel2.semantics.items import chain, receives

    strands: list[Strand] = []
    for k, (key, tensor) in enumerate(arriving.implicit or ()):
        origin = arriving.strands[k][0] if k < len(arriving.strands) else None
        builder.inputs.append(OwnInput(key, tensor, PortKind.PLAIN, strand=origin))
        ref = Ref(OWN_INPUT, len(builder.inputs) - 1)
        strands.append(Strand(ref, tensor, builder.called_at, "the input", builder.called_at, key=key or None))
    incoming = Bundle(tuple(strands), tuple(strands), len(strands) == 1) if strands else None
    if incoming is not None and not receives(builder, body.items[0]):
        builder.report(
            "no-input",
            f"{builder.called} takes no input: it begins with `{body.items[0].span.text}`",
            builder.called_at,
        )
        incoming = None
    result = yield from chain(builder, body, incoming, builder.context, want=True)
    builder.implicit_output = result if result is not None else EMPTY
