"""A parsed program to a model."""

from __future__ import annotations

import dataclasses
import posixpath

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import nearest
from moniel2.ir import model as ir
from moniel2.semantics.build import Builder, Context, Request, Special
from moniel2.semantics.files import load_main
from moniel2.semantics.names import Def, Unit
from moniel2.semantics.outline import Outline
from moniel2.semantics.ports import start
from moniel2.semantics.scope import Frame
from moniel2.semantics.session import Arriving, Session
from moniel2.semantics.settings import expression_of
from moniel2.semantics.survey import outline_of
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.unused import check_unused
from moniel2.semantics.values import DefBlock, Given, OpBlock
from moniel2.source import Source, Span
from moniel2.syntax import tree


def compile_program(session: Session, source: Source, block: str | None) -> ir.Model | None:
    """The model of a text, or of one block in it. Problems are in ``session.diagnostics``."""
    unit = load_main(session, source, block or "")
    if any(d.rule == "limit" for d in session.diagnostics):
        return None  # the text was not read to its end
    name = posixpath.basename(source.name).rsplit(".", 1)[0] if not source.name.startswith("<") else "model"
    try:
        model = _model(session, unit, block, name)
    except Trouble as trouble:
        session.report(trouble.rule, trouble.message, trouble.span, help=trouble.help)
        return None
    if not any(d.rule == "limit" for d in session.diagnostics):
        check_unused(session, unit)
    return model


def _model(session: Session, unit: Unit, block: str | None, name: str) -> ir.Model | None:
    outline = outline_of(unit.file.body)
    whole = unit.file.span
    at = Span(whole.source, 0, min(len(whole.source.text), max(1, len(whole.source.line(1)))))
    builder = _top(session, unit, outline, at)
    if block is not None:
        return _asked(session, unit, builder, block, at)
    lone = _lone(builder, outline)
    if lone is not None:
        return _instance(session, unit, builder, lone)
    if not outline.flows:
        if not unit.scope.definitions:
            # A text of comments is the empty model; constants alone are a text whose network is missing.
            if outline.constants:
                first = next(iter(outline.constants.values()))
                session.report("no-main", "there is no network here", first.name_span, help="In[B, 3] -> … -> Out")
            return _main(session, unit, outline, at, name)
        last = list(unit.scope.definitions.values())[-1]
        _warn_of_helper(session, unit, last)
        return _block(session, unit, builder, DefBlock(last, builder.home), last.written.name_span, last.name)
    return _main(session, unit, outline, at, name)


def _warn_of_helper(session: Session, unit: Unit, last: Def) -> None:
    """The last definition is drawn, and another one uses it: that one may be meant."""
    users = [d for d in unit.scope.definitions.values() if d is not last and last.name in d.names]
    if not users or any(last.name in d.names and d.name in last.names for d in users):
        return
    whole = next(
        (d for d in users if not any(d.name in o.names for o in unit.scope.definitions.values() if o is not d)), None
    )
    if whole is None:
        return
    session.report(
        "drawn-last",
        f"{last.name} is the model, as the last definition, and {users[0].name} uses it",
        last.written.name_span,
        help=f"--block {whole.name}, or a last line `{whole.name}` that says which is meant",
        related=(Related("it is used in this one", users[0].written.name_span),),
    )


def _top(session: Session, unit: Unit, outline: Outline, at: Span) -> Builder:
    """The level of the file: its constants, with what ``--set`` says of them."""
    frame = Frame(None, home=True)
    builder = Builder(session, outline, unit.scope, frame, parent=None, called="the program", called_at=at)
    builder.depth = -1
    _settings(session, builder, outline)
    session.globals[id(unit.scope)] = frame
    for other in session.units.values():
        if other is not unit:
            session.globals[id(other.scope)] = _constants(session, other)
    return builder


def _constants(session: Session, unit: Unit) -> Frame:
    """The constants of an imported file."""
    frame = Frame(None, home=True)
    outline = outline_of(unit.file.body)
    builder = Builder(session, outline, unit.scope, frame, parent=None, called=unit.path, called_at=unit.file.span)
    for name, constant in outline.constants.items():
        frame.pending.add(name)
        del constant
    for name, constant in outline.constants.items():
        value = builder.value_now(constant.value, frame)
        frame.values[name] = value
        frame.pending.discard(name)
    return frame


def _settings(session: Session, builder: Builder, outline: Outline) -> None:
    session.settable += outline.constants
    for name, text in session.settings.items():
        if name not in outline.constants:
            continue
        session.used_settings.add(name)
        expr = expression_of(text)
        if expr is None:
            builder.report("bad-value", f"--set {name}: `{text}` is no value", outline.constants[name].name_span)
            continue
        try:
            builder.home.values[name] = builder.evaluator.value(expr, builder.home)
        except Trouble as trouble:
            builder.report("bad-value", f"--set {name}: {trouble.message}", outline.constants[name].name_span)


def _lone(builder: Builder, outline: Outline) -> tree.Instance | None:
    """``GPT2(layers = 24)`` as the only chain of a file: the program is that block."""
    plain = all(not isinstance(s, tree.If) for s in outline.body.statements)
    if not plain or len(outline.flows) != 1 or len(outline.flows[0].chain.items) != 1:
        return None
    item = outline.flows[0].chain.items[0]
    if not isinstance(item, tree.Instance) or item.id is not None or item.type.name == "Scan":
        return None
    if outline.sites and outline.sites[0].port:
        return None
    from moniel2.semantics.types import named

    if item.type.qualifier is None and isinstance(named(builder, item.type.name, item.type.span, quiet=True), Def):
        return item
    return item if item.type.qualifier is not None else None


def _instance(session: Session, unit: Unit, builder: Builder, item: tree.Instance) -> ir.Model | None:
    from moniel2.semantics.instances import given_from
    from moniel2.semantics.types import block_of_type

    _run_constants(builder)
    worth = block_of_type(builder, item.type, builder.home)
    given = given_from(builder, item, worth, builder.home)
    if not isinstance(worth, DefBlock):
        return None
    return _block(session, unit, builder, worth, item.type.span, worth.definition.name, given)


def _run_constants(builder: Builder) -> None:
    """Evaluate the file's constants before anything else runs."""
    for name in builder.outline.constants:
        if name not in builder.home.values:
            builder.home.pending.add(name)
    from moniel2.semantics.ports import _constant

    for name, constant in builder.outline.constants.items():
        if name not in builder.home.values:
            builder.spawn(_constant(builder, name, constant.value))
    builder.run()


def _asked(session: Session, unit: Unit, builder: Builder, text: str, at: Span) -> ir.Model | None:
    """``--block 'ResNet(BasicBlock, [2, 2, 2, 2])'``."""
    _run_constants(builder)
    expr = expression_of(text)
    if not isinstance(expr, (tree.Name, tree.Call, tree.Attribute)):
        session.report("bad-value", f"--block takes a block, not `{text}`", at, help="--block 'Name(arguments)'")
        return None
    head = expr.callee if isinstance(expr, tree.Call) else expr
    if isinstance(head, tree.Name) and head.name not in unit.scope.definitions:
        names = [*unit.scope.definitions, *unit.scope.imported]
        from moniel2.semantics.types import named

        if named(builder, head.name, at, quiet=True) is None:
            listing = ", ".join(names) or "none"
            session.report(
                "unknown-type",
                f"there is no block `{head.name}`",
                at,
                help=_meant(head.name, names) or f"blocks: {listing}",
            )
            return None
    try:
        worth = builder.evaluator.value(expr, builder.home)
    except Trouble as trouble:
        session.report(trouble.rule, f"--block: {trouble.message}", at, help=trouble.help)
        return None
    if isinstance(worth, OpBlock):
        session.report("bad-value", f"{worth.written} is an operation; --block takes a definition", at)
        return None
    if not isinstance(worth, DefBlock):
        return None
    return _block(session, unit, builder, worth, at, worth.definition.name)


def _meant(name: str, names: list[str]) -> str | None:
    near = nearest(name, names, 1)
    return f"did you mean --block {near[0]}?" if near else None


def _block(
    session: Session,
    unit: Unit,
    builder: Builder,
    worth: DefBlock,
    span: Span,
    name: str,
    given: tuple[Given, ...] = (),
) -> ir.Model | None:
    """The model that is one block, its ports the model's."""
    from moniel2.semantics.aliases import Followed, follow

    builder.free = True
    if not builder.home.values:
        _run_constants(builder)
    followed: Followed | None = builder.perform(follow(builder, worth, given, span))
    if followed is None:
        return None
    if not isinstance(followed.worth, DefBlock):
        last = followed.links[-1]
        return _single_operation(session, unit, builder, last.worth, last.given, name)
    worth, given = followed.worth, followed.given
    if worth.definition.outline is None:
        body = ir.Block(name, worth.definition.key, (), (), (), (), (), span=span)
        return ir.Model(name, body)
    arriving = Arriving()
    outline = worth.definition.outline
    if outline.ends_are_ports and outline.chain is not None:
        arriving = _free_ends(builder, worth, outline)
    if followed.links:
        span = followed.links[-1].item.type.span  # where the arguments stand
    special: Special | None = builder.perform(
        session.specialize(builder, worth, given, arriving, Request(), span, free=True, called=worth.definition.name)
    )
    if special is None:
        return None
    root = special.block
    for link in reversed(followed.links):
        root = session.renamed(root, link.definition, link.context.frame)
    return ir.Model(name, root, doc=root.doc or unit.file.body.doc)


def _free_ends(builder: Builder, worth: DefBlock, outline: Outline) -> Arriving:
    from moniel2.ir.model import NOTHING_KNOWN
    from moniel2.semantics.items import receives
    from moniel2.semantics.ports import _free_tensor

    assert outline.chain is not None
    probe = Builder(
        builder.session,
        outline,
        worth.definition.inner,
        Frame(worth.frame, home=True, closed=True),
        parent=None,
        called="",
        called_at=builder.called_at,
    )
    if not receives(probe, outline.chain.items[0]):
        return Arriving()
    tensor = _free_tensor(builder, "")
    if tensor is not NOTHING_KNOWN and not tensor.dtype:
        tensor = dataclasses.replace(tensor, dtype="float32")
    return Arriving(implicit=(("", tensor),))


def _single_operation(
    session: Session, unit: Unit, builder: Builder, worth: DefBlock, given: tuple[Given, ...], name: str
) -> ir.Model | None:
    """A definition that is an operation under another name, drawn on its own: a chain of that one node."""
    written = worth.definition.written.chain
    assert written is not None
    chain = _with_ends(builder, written)
    body = tree.Body((tree.Flow(chain, span=chain.span),), span=chain.span)
    outline = outline_of(body)
    outline.chain = None
    frame = Frame(worth.frame, home=True, closed=True)
    inner = Builder(
        session, outline, worth.definition.inner, frame, parent=builder, called=name, called_at=chain.span, free=True
    )
    defaults = session.enter_parameters(inner, worth, given)
    start(inner, Arriving(), Request(), defaults)
    inner.run()
    from moniel2.semantics.finish import finish

    special = finish(inner, worth.definition, [p.name for p in worth.definition.written.parameters])
    return ir.Model(name, special.block)


def _with_ends(builder: Builder, chain: tree.Chain) -> tree.Chain:
    """``In -> Linear(8) -> Out`` for ``Linear(8)``: an input for each tensor that the operation needs."""
    from moniel2.ops.spec import OpSpec
    from moniel2.semantics.types import named

    item, span = chain.items[0], chain.span
    spec = named(builder, item.type.name, span, quiet=True) if isinstance(item, tree.Instance) else None
    ports = [p for p in spec.inputs if not p.optional] if isinstance(spec, OpSpec) else []
    if any(p.variadic for p in ports):
        return chain

    def port(kind: str, id: tree.Id | None = None) -> tree.Instance:
        return tree.Instance(id, tree.TypeName(kind, span=span), None, None, None, span=span)

    elements = (tree.Chain((port("In", tree.Id(p.name, span=span)),), span=span) for p in ports)
    several = tree.ListItem(None, tuple(tree.Element(None, c, span=span) for c in elements), span=span)
    start = () if not ports else (port("In"),) if len(ports) == 1 else (several,)
    return tree.Chain((*start, item, port("Out")), span=span)


def _main(session: Session, unit: Unit, outline: Outline, at: Span, name: str) -> ir.Model:
    """The main graph: the top-level chains; its ports are the model's."""
    from moniel2.semantics.finish import finish

    chain, outline.chain = outline.chain, None
    try:
        frame = session.globals[id(unit.scope)]
        builder = Builder(session, outline, unit.scope, frame, parent=None, called=name, called_at=at, free=True)
        builder.context = Context(frame)
        start(builder, Arriving(), Request(), [])
        builder.run()
        special = finish(builder, None, [])
    finally:
        outline.chain = chain
    root = dataclasses.replace(special.block, name=name, definition=unit.path, doc=unit.file.body.doc)
    return ir.Model(name, root, doc=unit.file.body.doc)
