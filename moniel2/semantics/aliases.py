"""What a definition stands for that is another block under a name of its own (``+ResNet34 = ResNet(…)``)."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moniel2 import limits
from moniel2.diagnostics.diagnostic import Related
from moniel2.semantics.scope import Frame
from moniel2.semantics.values import (
    BlockWorth,
    DefBlock,
    Given,
    given_key,
)
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context
    from moniel2.semantics.names import Def
    from moniel2.semantics.schedule import Steps


@dataclass(frozen=True, slots=True)
class Link:
    """One alias on the way to what it stands for; ``context``: the values inside it."""

    worth: DefBlock
    given: tuple[Given, ...]
    item: tree.Instance
    context: Context

    @property
    def definition(self) -> Def:
        return self.worth.definition


@dataclass(frozen=True, slots=True)
class Followed:
    """What a definition stands for in the end, and the aliases on the way there, outermost first."""

    worth: BlockWorth
    given: tuple[Given, ...]
    links: tuple[Link, ...]


def follow(builder: Builder, worth: BlockWorth, given: tuple[Given, ...], span: Span) -> Steps:
    """The ``Followed`` of a block; None (reported) if aliases lead nowhere but to each other."""
    links: list[Link] = []
    seen: set[Hashable] = set()
    while isinstance(worth, DefBlock) and worth.definition.alias is not None:
        yield from await_around(builder, worth)
        key = (worth.key, given_key(given))
        if key in seen or len(links) >= limits.MAX_RECURSION:
            names = [link.definition.name for link in links]
            name = worth.definition.name
            cycle = [*names[names.index(name) if name in names else -1 :][:6], name]
            builder.report(
                "recursive-definition",
                f"{name} is defined as itself",
                span,
                related=(Related(" → ".join(cycle)),),
            )
            return None
        seen.add(key)
        item = worth.definition.alias
        inner, arguments, context = _unaliased(builder, worth, item, given, span)
        links.append(Link(worth, given, item, context))
        worth, given = inner, arguments
    return Followed(worth, given, tuple(links))


def _unaliased(
    builder: Builder, worth: DefBlock, item: tree.Instance, given: tuple[Given, ...], span: Span
) -> tuple[BlockWorth, tuple[Given, ...], Context]:
    """The block and arguments that an alias stands for, seen from inside the alias."""
    from moniel2.semantics.build import Builder as MakeBuilder
    from moniel2.semantics.build import Context
    from moniel2.semantics.instances import given_from
    from moniel2.semantics.types import block_of_type

    definition = worth.definition
    assert definition.outline is not None
    frame = Frame(worth.frame, home=True, closed=True)
    inside = MakeBuilder(
        builder.session,
        definition.outline,
        definition.inner,
        frame,
        parent=builder,
        called=definition.name,
        called_at=span,
    )
    inside.depth = builder.depth
    inside.free = builder.free and builder.parent is None
    for name, default in builder.session.enter_parameters(inside, worth, given):
        frame.values[name] = inside.value_now(default, frame)
        frame.pending.discard(name)
    inner = block_of_type(inside, item.type, frame)
    return inner, given_from(inside, item, inner, frame), Context(frame)


def await_around(builder: Builder, worth: DefBlock) -> Steps:
    """Wait for the values of the block under construction that a definition in it reads."""
    if worth.frame is builder.home:
        waits = [n for n in sorted(worth.definition.free_names) if n not in builder.home.sizes]
        yield from builder.await_names(waits, builder.home)
