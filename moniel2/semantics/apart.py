"""The branch of an ``if`` as the text of a block of its own.

A branch shares the scope around it: it may flow into nodes outside, reach into them, and hold the block's inputs and
states. In a block of its own these are wires that are read from around it and taken out of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from moniel2.semantics.outline import Outline, Site
from moniel2.semantics.survey import outline_of
from moniel2.source import Span
from moniel2.syntax import tree

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow out of a branch: into node ``name``, or to what ``path`` leads to inside it."""

    name: str
    path: tuple[str | int, ...]
    position: int


@dataclass(slots=True)
class Apart:
    """``arrows`` and ``taps`` are by the wires that stand for them; ``counted``: arrows into each node, as written."""

    body: tree.Body
    arrows: dict[str, Arrow] = field(default_factory=dict)
    taps: dict[str, tree.Reference] = field(default_factory=dict)
    counted: Counter[str] = field(default_factory=Counter)
    inputs: set[str] = field(default_factory=set)  # of the block around that stand in the branch

    def receive(self, wire: str, path: tuple[str | int, ...], at: Span) -> None:
        """An arrow from outside into a node of the branch."""
        items = (tree.Reference((wire,), span=at), tree.Reference(path, span=at))
        flow = tree.Flow(tree.Chain(items, span=at), span=at)
        self.body = replace(self.body, statements=(*self.body.statements, flow))


def apart(body: tree.Body, around: Outline, looped: bool) -> Apart | None:
    """``looped``: the block around is the body of a ``Scan``, and its states may stand in the branch.

    None where the branch says what a block of its own can't: what it flows into comes back to it."""
    taking = _Taking(around, looped)
    taking.own = {n for n, s in outline_of(body).declared.items() if not taking.is_outer(s)}
    found = taking.body(body)
    read = outline_of(found.body).read
    if taking.failed or any(a.name in read and not taking.is_state(a.name) for a in found.arrows.values()):
        return None
    return found


class _Taking:
    def __init__(self, around: Outline, looped: bool) -> None:
        self.around = around
        self.looped = looped
        self.own: set[str] = set()  # the nodes of the branch
        self.failed = False
        self.found = Apart(tree.Body((), span=around.body.span))
        self.seen: Counter[tuple[str, tuple[str | int, ...]]] = Counter()

    def is_state(self, name: str) -> bool:
        site = self.around.declared.get(name)
        return site is not None and site.port == "State"

    def is_outer(self, site: Site) -> bool:
        """Inputs and states are those of the block around the branches."""
        return site.port == "In" or (site.port == "State" and self.looped)

    def body(self, body: tree.Body) -> Apart:
        self.found.body = self._body(body)
        return self.found

    # -------------------------------------------------------------------------------- statements

    def _body(self, body: tree.Body) -> tree.Body:
        made = [m for s in body.statements if (m := self._statement(s)) is not None]
        same = len(made) == len(body.statements) and all(a is b for a, b in zip(made, body.statements, strict=True))
        return body if same else replace(body, statements=tuple(made))

    def _statement(self, statement: tree.Statement) -> tree.Statement | None:
        match statement:
            case tree.Flow():
                only = statement.chain.items[0] if len(statement.chain.items) == 1 else None
                if isinstance(only, tree.Instance) and (site := self._port(only)) is not None and self.is_outer(site):
                    self.found.inputs.add(site.id)
                    return None  # it only declares
                chain = self._chain(statement.chain, False, True)
                return statement if chain is statement.chain else replace(statement, chain=chain)
            case tree.If():
                return self._if(statement)
        return statement

    def _if(self, statement: tree.If) -> tree.If:
        """Of two branches either is taken: their arrows are the same ones."""
        before = Counter(self.seen)
        then = self._body(statement.then)
        after, self.seen = self.seen, Counter(before)
        other = statement.otherwise
        if isinstance(other, tree.If):
            other = self._if(other)
        elif other is not None:
            other = self._body(other)
        self.seen |= after
        same = then is statement.then and other is statement.otherwise
        return statement if same else replace(statement, then=then, otherwise=other)

    # ------------------------------------------------------------------------------------- items

    def _chain(self, chain: tree.Chain, arrives: bool, ends: bool) -> tree.Chain:
        last = len(chain.items) - 1
        items = [self._item(item, arrives or k > 0, ends and k == last) for k, item in enumerate(chain.items)]
        return chain if _same(items, chain.items) else replace(chain, items=tuple(items))

    def _item(self, item: tree.Item, arrives: bool, ends: bool) -> tree.Item:
        match item:
            case tree.Reference():
                return self._reference(item, arrives, ends)
            case tree.Instance():
                site = self._port(item)
                if site is None or not self.is_outer(site):
                    return item
                if arrives:
                    return self._arrow(site.id, (), item, ends)
                self.found.inputs.add(site.id)
                return tree.Reference((site.id,), span=item.span)
            case tree.ListItem():
                elements = [self._element(element, arrives, ends) for element in item.elements]
                return item if _same(elements, item.elements) else replace(item, elements=tuple(elements))
            case tree.Group() if item.id is None:
                chain = self._chain(item.chain, arrives, ends)
                return item if chain is item.chain else replace(item, chain=chain)
            case tree.Choice():
                then = self._item(item.item, arrives, ends)
                other = None if item.otherwise is None else self._item(item.otherwise, arrives, ends)
                same = then is item.item and other is item.otherwise
                return item if same else replace(item, item=then, otherwise=other)
        return item

    def _element(self, element: tree.Element, arrives: bool, ends: bool) -> tree.Element:
        before = sum(self.found.counted.values())
        chain = self._chain(element.chain, arrives, ends)
        if element.comprehension is not None and sum(self.found.counted.values()) > before:
            self.failed = True  # nobody knows how many arrows this is
        return element if chain is element.chain else replace(element, chain=chain)

    def _reference(self, item: tree.Reference, arrives: bool, ends: bool) -> tree.Item:
        name = item.name
        if name in self.own or name not in self.around.declared:
            return item
        rest = item.segments[1:]
        path = tuple(s for s in rest if isinstance(s, (str, int)))
        if len(path) < len(rest):
            self.failed = True
            return item
        if arrives:
            return self._arrow(name, path, item, ends)
        if not path:
            return item
        wire = "/".join(map(str, item.segments))
        self.found.taps.setdefault(wire, item)
        return tree.Reference((wire,), span=item.span)

    def _arrow(self, name: str, path: tuple[str | int, ...], item: tree.Item, ends: bool) -> tree.Item:
        if not ends or (self.around.declared.get(name) or self._port(item)) is None:
            self.failed = True
            return item
        self.found.counted[name] += 1
        self.seen[name, path] += 1
        number = self.seen[name, path]
        wire = "/".join(map(str, (name, *path)))
        wire = f"next {wire}" if self.is_state(name) else f"to {wire}" if path else wire
        wire = wire if number == 1 else f"{wire} {number}"
        self.found.arrows.setdefault(wire, Arrow(name, path, item.span.start))
        return tree.Reference((wire,), span=item.span)

    def _port(self, item: tree.Item) -> Site | None:
        return self.around.site_of.get(id(item))


def _same(a: Sequence[_T], b: Sequence[_T]) -> bool:
    return all(x is y for x, y in zip(a, b, strict=True))
