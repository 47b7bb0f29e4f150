"""What is left at the end: options nobody used, and what is still unknown."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.diagnostics.suggest import nearest
from moniel2.ir import model as ir
from moniel2.ir.model import Model, distinct_blocks
from moniel2.semantics.doubts import along_a_picture, doubtful_axis
from moniel2.semantics.session import Session
from moniel2.source import Source, Span


def leftovers(session: Session, source: Source, model: Model | None, strict: bool) -> None:
    _unused_options(session, source, model)
    if model is None or any(_severe(session, d.rule) for d in session.diagnostics):
        return  # what is unknown or looks odd may only be a consequence
    for block in distinct_blocks(model.root):
        for node in block.nodes:
            along_a_picture(session, block, node)
    if strict:
        _unknown(session, model)


def _unused_options(session: Session, source: Source, model: Model | None) -> None:
    at = Span(source, 0, min(1, len(source.text)))
    for name in session.settings:
        if name not in session.used_settings:
            _unused(session, name, at)
    if model is None:
        return
    names = [i.name for i in model.root.inputs if i.name]
    for name in session.inputs:
        if name not in session.used_inputs:
            listing = f"inputs: {', '.join(names)}" if names else None
            message = f"--input {name}: there is no such input" if name else "--input names none of the inputs"
            session.report(
                "unused-setting",
                message,
                at,
                help=_option("input", name, names) or listing,
            )


def _unused(session: Session, name: str, at: Span) -> None:
    text = session.settings[name]
    if name in session.settable:
        message = f"--set {name}: `{text}` is no size"
        session.report("unused-setting", message, at, help=f"a whole number: --set {name}=32")
        return
    help = _option("set", name, session.settable)
    if help is None and session.used_inputs:
        help = f"--input says the sizes of {', '.join(sorted(filter(None, session.used_inputs))) or 'the input'}"
    session.report("unused-setting", f"--set {name}: nothing here is called `{name}`", at, help=help)


def _option(option: str, name: str, known: Sequence[str]) -> str | None:
    """An option that was likely meant. It isn't written where the diagnostic points to."""
    near = nearest(name, known, 1)
    return f"did you mean --{option} {near[0]}=…?" if near else None


def _unknown(session: Session, model: Model) -> None:
    """Strict: the first node of each place whose content or shape isn't known."""
    for block in distinct_blocks(model.root):
        for node in block.nodes:
            span = node.span
            if span is None:
                continue
            what = node.what
            if isinstance(what, ir.Operation) and (doubt := doubtful_axis(block, node, what)):
                session.report(
                    "doubtful-axis",
                    f"{what.name} works along axis 1 of {doubt}, and the last axis fits too",
                    span,
                    help=f"write the one you mean: {what.written}(axis = 1) or {what.written}(axis = -1)",
                )
            if isinstance(what, ir.Sketch):
                names = ", ".join(f"`{m}`" for m in what.missing)
                session.report(
                    "incomplete",
                    f"{what.written} still needs {names}" if names else f"{what.written} is incomplete",
                    span,
                )
            elif isinstance(what, ir.Undefined):
                session.report("undefined", f"{what.written} is known by name only", span)
            elif isinstance(what, ir.Choice):
                session.report("undecided", f"`{what.condition}` can't be decided", span)
            elif not isinstance(what, ir.Block) and any(t.shape is None or not t.shape.known for t in node.outputs):
                feeds = [block.tensor(o.source) for o in node.operands if isinstance(o.source, ir.Ref)]
                first = all(t.shape is not None and t.shape.known for t in feeds)
                if first and not _unknown_states(session, what):
                    session.report("unknown-shape", f"the shape of {node.id} isn't known", span)
    root = model.root
    for port in root.inputs:
        span = port.span or root.span
        if span is not None and (port.tensor.shape is None or not port.tensor.shape.known):
            name = port.name or ("this input" if port.span else f"what {root.name} takes")
            session.report(
                "unknown-shape", f"the shape of {name} isn't known", span, help="declare it: In[B, 3, 224, 224]"
            )


def _unknown_states(session: Session, what: ir.What) -> bool:
    """The states of a loop that begin with zeros of nobody knows how many; whether there are such."""
    found = False
    for port in what.body.inputs if isinstance(what, ir.Loop) else ():
        shape = port.tensor.shape
        if port.kind is not ir.PortKind.STATE or port.bound or port.span is None or (shape is not None and shape.known):
            continue
        found = True
        session.report(
            "unknown-shape",
            f"the shape of {port.name} isn't known: it is {port.tensor}",
            port.span,
            help=f"write the sizes, State[B, 64], or give a first value: [x, {port.name} = …] -> Scan",
        )
    return found


def _severe(session: Session, slug: str) -> bool:
    from moniel2.diagnostics.diagnostic import Severity
    from moniel2.diagnostics.rules import rules

    rule = rules().get(slug)
    return rule is not None and rule.severity is Severity.ERROR
