"""Definitions that nothing uses are sketches: built once on their own, so that a slip in them is told too.

What such a block would be given isn't known: its parameters without a default, its inputs, the values of the block
around it. So of its sizes next to nothing can be said, and conditions on them are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moniel2.ir.model import NOTHING_KNOWN, OWN_INPUT, PortKind, Ref
from moniel2.semantics.aliases import Followed, follow
from moniel2.semantics.build import Builder, Context, OwnInput, Request
from moniel2.semantics.names import Def, Scope, Unit, in_braces
from moniel2.semantics.place import apply
from moniel2.semantics.scope import Frame
from moniel2.semantics.strands import Strand
from moniel2.semantics.survey import outline_of
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import UNKNOWN_VALUE, DefBlock, Given

if TYPE_CHECKING:
    from moniel2.semantics.outline import Outline
    from moniel2.semantics.session import Session


def check_unused(session: Session, unit: Unit) -> None:
    """Build every definition of a file that isn't part of the model."""
    requirements, strict, session.strict = list(session.requirements), session.strict, False
    frame = session.globals[id(unit.scope)]
    top = Builder(
        session, outline_of(unit.file.body), unit.scope, frame, parent=None, called=unit.path, called_at=unit.file.span
    )
    places = [(top, d) for d in _standing(unit.scope, top.outline)]
    for around, definition in places:
        if definition.outline is None:
            continue
        if id(definition.written) not in session.used:
            _sketch(around, definition)
        if definition.inside:
            inner = _inside(around, definition)
            places += [(inner, d) for d in definition.inside]
    session.requirements[:] = requirements
    session.strict = strict


def _standing(scope: Scope, outline: Outline) -> list[Def]:
    return [*scope.definitions.values(), *in_braces(outline, scope)]


def _sketch(around: Builder, definition: Def) -> None:
    """Use a definition once, with nothing known of what flows in."""
    span = definition.written.name_span
    given = tuple(Given(p.name, UNKNOWN_VALUE, p.span) for p in definition.written.parameters if p.default is None)
    builder = Builder(
        around.session, around.outline, definition.scope, around.home, parent=around, called="", called_at=span
    )
    builder.apart = True
    strands = []
    for number, site in enumerate(definition.outline.inputs if definition.outline is not None else ()):
        builder.inputs.append(OwnInput(site.id, NOTHING_KNOWN, PortKind.PLAIN))
        key = site.id if site.named else None
        strands.append(Strand(Ref(OWN_INPUT, number), NOTHING_KNOWN, span, site.id, span, key=key))
    worth = DefBlock(definition, around.home)
    try:
        if definition.alias is None:
            builder.perform(apply(builder, worth, given, tuple(strands), None, Context(around.home), Request(), span))
        else:
            _alias(builder, worth, given)
    except Trouble as trouble:
        builder.trouble(trouble)


def _alias(builder: Builder, worth: DefBlock, given: tuple[Given, ...]) -> None:
    """Another name for a block with some arguments: whether it takes them. The block is built elsewhere."""
    span = worth.definition.written.name_span
    followed: Followed | None = builder.perform(follow(builder, worth, given, span))
    if followed is None:
        return
    last = followed.links[-1].item.type.span
    if not isinstance(followed.worth, DefBlock):
        steps = apply(builder, followed.worth, followed.given, (), None, Context(builder.home), Request(), last)
        builder.perform(steps)
    elif (outline := followed.worth.definition.outline) is not None:
        target = followed.worth
        used = set(builder.session.used)
        frame = Frame(target.frame, home=True, closed=True)
        scope, name = target.definition.inner, target.definition.name
        inner = Builder(builder.session, outline, scope, frame, parent=builder, called=name, called_at=last)
        builder.session.enter_parameters(inner, target, followed.given)
        builder.session.used = used


def _inside(around: Builder, definition: Def) -> Builder:
    """The block that definitions inside another one stand in: all its values are unknown."""
    assert definition.outline is not None
    frame = Frame(around.home, home=True, closed=True)
    outlines = [definition.outline]
    for outline in outlines:
        outlines += outline.inside
        frame.values.update(dict.fromkeys(outline.constants, UNKNOWN_VALUE))
    frame.values.update((p.name, UNKNOWN_VALUE) for p in definition.written.parameters)
    return Builder(
        around.session,
        definition.outline,
        definition.inner,
        frame,
        parent=around,
        called=definition.name,
        called_at=definition.written.name_span,
    )
