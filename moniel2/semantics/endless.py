"""Recursion without end, seen before it is built.

A block that is about to stand inside itself is followed on paper first: its arguments, its conditions, the next block
inside it, and nothing else. What isn't known there (sizes, say) decides nothing, and a use that depends on it isn't
followed. So what is found to have no end has none; what isn't found runs into the limit on nesting.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moniel2 import limits
from moniel2.diagnostics.diagnostic import Related
from moniel2.semantics.build import Builder
from moniel2.semantics.instances import given_from
from moniel2.semantics.names import Def, within
from moniel2.semantics.scope import Frame
from moniel2.semantics.survey import outline_of
from moniel2.semantics.trace import arguments_text
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.types import block_of_type
from moniel2.semantics.values import UNKNOWN_VALUE, DefBlock, Given, key_of
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.session import Session


@dataclass(frozen=True)
class Endless:
    """``decided``: whether conditions were asked on the way (they may hold, far down)."""

    calls: tuple[Related, ...]
    decided: bool


def endless(
    session: Session, parent: Builder, worth: DefBlock, given: tuple[Given, ...], span: Span, circle: set[Def]
) -> Endless | None:
    """The calls of a block that never ends for these arguments. ``circle``: the definitions it goes through."""
    level = _Level.of(session, parent, worth, given, span)
    seen: set[Hashable] = set()
    calls: list[Related] = []
    decided = False
    for _ in range(limits.MAX_RECURSION):
        calls.append(Related(arguments_text(level), level.called_at))
        if level.state in seen:
            return Endless(_shown(calls, again=True), False)
        seen.add(level.state)
        below = next((u for u in level.uses() if u.definition in circle), None)
        decided = decided or level.decided
        if below is None:
            return None
        level = _Level.of(session, level, below.worth, below.given, below.span)
    return Endless(_shown(calls, again=False), decided)


_SHOWN = 4


def _shown(calls: list[Related], *, again: bool) -> tuple[Related, ...]:
    """The calls as notes: each place once, the cycle in one line."""
    names = [c.message for c in calls]
    if len(names) > _SHOWN + 1:
        names = [*names[:_SHOWN], "…", *([names[-1]] if again else [])]
    elif not again:
        names.append("…")
    notes = [Related(" → ".join(names))]
    places = dict.fromkeys(
        (c.message.partition("(")[0], c.span) for c in calls[1 : _SHOWN + 1] if c.span != calls[0].span
    )
    notes += [Related(f"{name} is used here", span) for name, span in places]
    return tuple(notes)


@dataclass(frozen=True)
class _Use:
    worth: DefBlock
    given: tuple[Given, ...]
    span: Span

    @property
    def definition(self) -> Def:
        return self.worth.definition


class _Level(Builder):
    """A block that is only looked at: nothing is built, and nothing is said."""

    decided = False
    state: Hashable = None

    @staticmethod
    def of(session: Session, parent: Builder, worth: DefBlock, given: tuple[Given, ...], span: Span) -> _Level:
        definition = worth.definition
        assert definition.outline is not None
        frame = Frame(worth.frame, home=True, closed=True)
        level = _Level(
            session,
            definition.outline,
            definition.inner,
            frame,
            parent=parent,
            called=definition.name,
            called_at=span,
        )
        names = [p.name for p in definition.written.parameters]
        later = session.enter_parameters(level, worth, given)
        level.parameters = tuple(n for n in names if n in frame.values)
        constants = level.outline.constants
        later += [(n, c.value) for n, c in constants.items() if n not in level.outline.chosen_constants]
        frame.pending.update(constants)
        for name, expr in later:
            value = level.known(expr, frame)
            if value is not UNKNOWN_VALUE:
                frame.values[name] = value
                frame.pending.discard(name)
        level.state = (id(definition), *((n, key_of(frame.values[n])) for n in names if n in frame.values))
        return level

    def report(self, *_: Any, **__: Any) -> None:
        """What is wrong is said where the block is built."""

    def assume(self, *_: Any) -> None:
        """Conditions on sizes are asked where the block is built."""

    def known(self, expr: tree.Expr, frame: Frame) -> Any:
        try:
            return self.evaluator.value(expr, frame)
        except Trouble:
            return UNKNOWN_VALUE

    def holds(self, condition: tree.Expr, frame: Frame) -> bool | None:
        try:
            found = self.evaluator.truth(condition, frame)
        except Trouble:
            return None
        self.decided = self.decided or found is not None
        return found

    def uses(self) -> Iterator[_Use]:
        """The definitions that surely stand in the block, in the order of the text."""
        stack: list[tree.Statement | tree.Item | tree.Chain | tree.Body] = [self.outline.chain or self.outline.body]
        frame = self.home
        while stack:
            part = stack.pop()
            match part:
                case tree.Body():
                    stack += reversed(part.statements)
                case tree.Flow():
                    stack.append(part.chain)
                case tree.Chain():
                    stack += reversed(part.items)
                case tree.If() | tree.Choice():
                    found = self.holds(part.condition, frame)
                    taken = part.otherwise if not found else part.then if isinstance(part, tree.If) else part.item
                    stack += [taken] if found is not None and taken is not None else []
                case tree.Group():
                    stack.append(part.chain)
                case tree.ListItem():
                    stack += [e.chain for e in reversed(part.elements) if e.comprehension is None]
                case tree.Repeat():
                    if self.known(part.count, frame) not in (0, UNKNOWN_VALUE):
                        stack.append(part.item)
                case tree.Braces():
                    # Braces with definitions of their own would need a scope of their own here.
                    if within(self.scope, outline_of(part.body)) is self.scope:
                        stack.append(part.body)
                case tree.Instance():
                    site = self.outline.site_of.get(id(part))
                    if (site is None or not site.port) and part.type.name not in ("Scan", "Extern"):
                        yield from self._use(part, frame)

    def _use(self, item: tree.Instance, frame: Frame) -> Iterator[_Use]:
        worth = block_of_type(self, item.type, frame)
        if isinstance(worth, DefBlock) and worth.definition.outline is not None and worth.definition.extern is None:
            yield _Use(worth, given_from(self, item, worth, frame), item.type.span)
