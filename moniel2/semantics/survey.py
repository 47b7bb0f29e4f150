"""Outlines: a body is read once, whatever the number of its instances."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from moniel2.semantics.outline import INPUTS, OUTPUTS, PORTS, Outline, Reaching, Site
from moniel2.semantics.parts import as_group, own_names, parts_of, single
from moniel2.source import Source
from moniel2.syntax import tree
from moniel2.syntax.node import nodes


def outline_of(body: tree.Body) -> Outline:
    """The outline of a body in braces or of a file, made once."""
    return _outline(body)


def outline_of_chain(chain: tree.Chain) -> Outline:
    """The outline of ``= chain``."""
    return _outline(chain)


def names_in(expr: tree.Expr) -> Iterator[str]:
    """Every name that a value mentions, without those its own comprehensions bind."""
    yield from own_names(expr)
    for part in parts_of(expr):
        if isinstance(part, tree.BlockValue):
            yield from outline_of(part.body).value_names


def definitions_in_tree(body: tree.Body) -> Iterator[tree.Definition]:
    """Every definition in a body, those in braces and in other definitions too."""
    return (part for part in nodes(body) if isinstance(part, tree.Definition))


_SHADOWS = re.compile(r"\+\s*(?:" + "|".join(sorted(PORTS)) + r")\b")

# Names of ports that a text defines otherwise (``+Output { … }``): its own definitions come first. By source.
_SHADOWED: dict[int, tuple[Source, frozenset[str]]] = {}


def mark_shadowed(file: tree.File) -> None:
    """Note which names of ports a file gives a definition of its own; before its outlines are made."""
    if not _SHADOWS.search(file.span.source.text):
        return
    names = {d.name for d in definitions_in_tree(file.body)}
    if names & PORTS:
        if len(_SHADOWED) > 256:
            _SHADOWED.clear()
        _SHADOWED[id(file.span.source)] = (file.span.source, frozenset(names & PORTS))


def port_kind(item: tree.Instance) -> str:
    """``In``, ``Out`` or ``State`` for an instance that is a port; "" for any other."""
    name = item.type.name
    if item.type.qualifier is not None or name not in PORTS:
        return ""
    known = _SHADOWED.get(id(item.span.source))
    if known is not None and known[0] is item.span.source and name in known[1]:
        return ""
    return "In" if name in INPUTS else "Out" if name in OUTPUTS else "State"


def without_ends(outline: Outline) -> Outline:
    """The same body where the ends of its chain are no ports."""
    if outline.chain is None:
        return outline
    known = _WITHOUT_ENDS.get(id(outline))
    if known is None or known[0] is not outline:
        if len(_WITHOUT_ENDS) > 20_000:
            _WITHOUT_ENDS.clear()
        known = _WITHOUT_ENDS[id(outline)] = (outline, replace(outline, chain=None))
    return known[1]


_WITHOUT_ENDS: dict[int, tuple[Outline, Outline]] = {}

# Keyed by identity and holding the tree, so that an id is never reused while the outline lives.
_OUTLINES: dict[int, tuple[tree.Body | tree.Chain, Outline]] = {}


def _known(text: tree.Body | tree.Chain) -> Outline | None:
    known = _OUTLINES.get(id(text))
    return known[1] if known is not None and known[0] is text else None


def _outline(text: tree.Body | tree.Chain) -> Outline:
    """What is inside is outlined first, on a stack of our own."""
    known = _known(text)
    if known is not None:
        return known
    if len(_OUTLINES) > 20_000:
        _OUTLINES.clear()
    stack = [_Survey(text)]
    while True:
        survey = stack[-1]
        if survey.inside:
            inner = survey.inside[-1]
            found = _known(inner.text)
            if found is None:
                stack.append(_Survey(inner.text))
            else:
                survey.inside.pop()
                survey.take(inner, found)
            continue
        made = survey.finish()
        _OUTLINES[id(survey.text)] = (survey.text, made)
        stack.pop()
        if not stack:
            return made


def snake(name: str) -> str:
    """``MaxPool`` → ``max_pool``, ``BN`` → ``bn``, ``LSTMCell`` → ``lstm_cell``, ``ReLU`` → ``relu``, ``ConvBNAct`` →
    ``conv_bn_act``, ``ViTBlock`` → ``vit_block``. Capitals at the end are a word of their own behind a whole word:
    ``conv_bn``, but ``silu``; two letters at the end are none behind two: ``conv_next``.
    """
    for border in _BORDERS:
        name = border.sub("_", name)
    return name.lower()


_BORDERS = tuple(
    map(
        re.compile,
        (
            r"(?<=[a-z0-9])(?=[A-Z][a-z])(?!(?<=[a-z][A-Z][a-z])[A-Z][a-z](?![a-z]))",
            r"(?<=[a-z0-9])(?=[A-Z]{3,}[a-z])",
            r"(?<=[A-Z]{2})(?=[A-Z][a-z])",
            r"(?<=[a-z]{3})(?=[A-Z]{2}[a-z])",
            r"(?<=[a-zA-Z][a-z][A-Z])(?=[A-Z][a-z])(?<![a-z]{3}[A-Z])",
            r"(?<=[a-z]{3})(?=[A-Z]{2,}\d*$)",
        ),
    )
)


@dataclass(slots=True)
class _Inside:
    """Braces inside the body, or a group that is a block of its own (``group``: its id)."""

    text: tree.Body | tree.Chain
    group: int | None = None


@dataclass(slots=True)
class _Place:
    """An item or a statement still to be read, and where it stands."""

    part: tree.Item | tree.Statement
    flow: tree.Flow | None = None
    conditional: bool = False
    arrives: bool = False
    repeated: bool = False
    id: tree.Id | None = None


class _Survey:
    """The reading of one body: every part once, in the order of the text."""

    def __init__(self, text: tree.Body | tree.Chain) -> None:
        self.text = text
        chain = text if isinstance(text, tree.Chain) else None
        body = text if isinstance(text, tree.Body) else tree.Body((tree.Flow(text, span=text.span),), span=text.span)
        self.result = Outline(body, chain)
        self.names: set[str] = set()
        self.references: list[tuple[tree.Reference, bool]] = []
        self.inside: list[_Inside] = []
        self.places: list[_Place] = []
        self._statements(body, False)
        while self.places:
            self._read(self.places.pop())
        self._ends()
        self._sort_references()
        self._number()

    def take(self, place: _Inside, inner: Outline) -> None:
        """What the outline of something inside says about this body."""
        out = self.result
        out.inside.append(inner)
        if place.group is not None:
            out.groups[place.group] = inner
        self.names |= inner.value_names
        for name, places in inner.mentions.items():
            out.mentions.setdefault(name, []).extend(places)

    def finish(self) -> Outline:
        out = self.result
        out.value_names = frozenset(self.names)
        out.defines_within = bool(out.definitions) or any(i.defines_within for i in out.inside)
        own = out.declared.keys() | out.written.keys() | out.lists.keys()
        reads = {*out.read, *out.reaching, *out.applied}.union(*(i.reads_from_around for i in out.inside))
        applies = set(out.applied).union(*(i.applies_from_around for i in out.inside))
        out.reads_from_around = frozenset(reads - own)
        out.applies_from_around = frozenset(applies - own)
        return out

    # ---------------------------------------------------------------------------------- reading

    def _statements(self, body: tree.Body, conditional: bool) -> None:
        self.places += [_Place(s, conditional=conditional) for s in reversed(body.statements)]

    def _items(self, chain: tree.Chain, at: _Place, repeated: bool, id: tree.Id | None = None) -> None:
        for k in range(len(chain.items) - 1, -1, -1):
            named = id if k == 0 else None
            place = _Place(chain.items[k], at.flow, at.conditional, at.arrives or k > 0, repeated, named)
            self.places.append(place)

    def _read(self, at: _Place) -> None:
        out = self.result
        part = at.part
        match part:
            case tree.Flow():
                at.flow = part
                out.flows.append(part)
                for told in part.presentation:
                    if told.arguments is not None:
                        self._arguments(told.arguments)
                self._items(part.chain, at, False)
            case tree.Constant():
                if part.name in out.constants and not at.conditional:
                    out.constants_again.append(part)
                out.constants[part.name] = part
                if at.conditional:
                    out.chosen_constants.add(part.name)
                self._expression(part.value)
            case tree.If():
                self._expression(part.condition)
                if isinstance(part.otherwise, tree.If):
                    self.places.append(_Place(part.otherwise, conditional=True))
                elif part.otherwise is not None:
                    self._statements(part.otherwise, True)
                self._statements(part.then, True)
            case tree.Definition():
                out.definitions.append(part)
                if at.conditional:
                    out.chosen_definitions.add(part.name)
            case tree.Import() | tree.FromImport():
                out.imports.append(part)
            case tree.Reference():
                self.references.append((part, at.arrives))
                self._dims(part.dims)
                for segment in part.segments[1:]:
                    if not isinstance(segment, (str, int)):
                        self._expression(segment)
            case tree.Instance():
                self._instance(part, at)
            case tree.Braces():
                self._site(part, part.id or at.id, "block", at)
                self.inside.append(_Inside(part.body))
                self._dims(part.dims)
            case tree.Apply():
                self._site(part, part.id or at.id, part.target.name, at)
                out.applied.setdefault(part.target.name, []).append(part)
                self._arguments(part.arguments)
                self._dims(part.dims)
            case tree.ListItem():
                self._list(part, at)
            case tree.Group():
                self._group(part, at)
            case tree.Repeat():
                self._expression(part.count)
                self._repeated(part.item, at)
            case tree.Series():
                self._expression(part.loop.iterable)
                self._repeated(part.item, at)
            case tree.Choice():
                self._expression(part.condition)
                if part.otherwise is not None:
                    self._again(part.otherwise, at, at.repeated)
                self._again(part.item, at, at.repeated)

    def _again(self, item: tree.Item, at: _Place, repeated: bool) -> None:
        self.places.append(_Place(item, at.flow, at.conditional, at.arrives, repeated, at.id))

    def _list(self, item: tree.ListItem, at: _Place) -> None:
        if item.id is not None and not at.repeated:
            self.result.lists.setdefault(item.id.name, item)
        for element in item.elements:
            if element.comprehension is not None:
                self._expression(element.comprehension.iterable)
        for element in reversed(item.elements):
            alone = len(element.chain.items) == 1
            again = at.repeated or element.comprehension is not None
            self._items(element.chain, at, again, (item.id or at.id) if alone else None)
        self._dims(item.dims)

    def _repeated(self, item: tree.Item, at: _Place) -> None:
        if isinstance(item, tree.Group) and not single(item):
            self._own_block(item, at, True)
        elif isinstance(item, (tree.Repeat, tree.Series)):
            # Copies of copies: each outer copy is a block of its own.
            self._own_block(as_group(item), at, True)
        else:
            self._again(item, at, True)

    def _group(self, item: tree.Group, at: _Place) -> None:
        name = item.id or at.id
        self._dims(item.dims)
        if name is not None and not single(item):
            self._own_block(item, at, at.repeated)
        else:
            self._items(item.chain, at, at.repeated, name)

    def _own_block(self, group: tree.Group, at: _Place, repeated: bool) -> None:
        at.repeated = repeated
        self._site(group, group.id or at.id, "block", at)
        self.inside.append(_Inside(group.chain, id(group)))

    def _instance(self, item: tree.Instance, at: _Place) -> None:
        name = item.type.name
        site = self._site(item, item.id or at.id, snake(name), at)
        site.port = port_kind(item)
        self.names.add(name)
        if item.arguments is not None:
            self._arguments(item.arguments)
        self._dims(item.dims, in_port=bool(site.port))
        if item.trailing is not None:
            self.inside.append(_Inside(item.trailing))

    def _site(
        self,
        item: tree.Instance | tree.Braces | tree.Apply | tree.Group,
        id_: tree.Id | None,
        kind: str,
        at: _Place,
    ) -> Site:
        out = self.result
        span = item.type.span if isinstance(item, tree.Instance) else item.span
        name = kind if id_ is None else id_.name
        site = Site(
            item, name, id_ is not None, span, item.span.start, at.arrives, at.repeated, conditional=at.conditional
        )
        if at.flow is not None:
            site.presentation, site.doc = at.flow.presentation, at.flow.doc
        if id_ is not None:
            before = out.declared.get(name)
            if before is not None and not (at.conditional or isinstance(item, tree.Apply)):
                if not _alternatives(before, site):
                    out.duplicates.append((before, site))
            else:
                out.declared[name] = site
        out.sites.append(site)
        out.site_of[id(item)] = site
        return site

    # ---------------------------------------------------------------------------------- values

    def _arguments(self, arguments: tree.Arguments) -> None:
        for argument in arguments.items:
            self._expression(argument.value)

    def _dims(self, dims: tree.Dims | None, in_port: bool = False) -> None:
        if dims is None:
            return
        for item in dims.items:
            self._expression(item, in_port)
            self.result.binds |= set(own_names(item))

    def _expression(self, expr: tree.Expr, in_port: bool = False) -> None:
        for part in parts_of(expr):
            if isinstance(part, tree.Name):
                self.names.add(part.name)
                self.result.mentions.setdefault(part.name, []).append((part.span, in_port))
            elif isinstance(part, tree.Text):
                # Patterns of Rearrange and Einsum mention sizes too.
                self.names.update(re.findall(r"[^\W\d]\w*", part.value))
            elif isinstance(part, tree.BlockValue):
                self.inside.append(_Inside(part.body))

    # ------------------------------------------------------------------------------ at the end

    def _ends(self) -> None:
        """Whether the body is a single chain whose ends are its ports."""
        out = self.result
        statements = out.body.statements
        flows = [s for s in statements if isinstance(s, tree.Flow)]
        plain = all(isinstance(s, (tree.Flow, tree.Constant, tree.Definition)) for s in statements)
        ports = any(s.port for s in out.sites)
        if out.chain is None and len(flows) == 1 and plain and not ports:
            out.chain = flows[0].chain
        elif out.chain is not None and ports:
            out.chain = None

    def _number(self) -> None:
        """Anonymous nodes: their type in snake case, numbered per type in the order of the text."""
        taken = {s.id for s in self.result.sites if s.named}
        counts: dict[str, int] = {}
        for site in sorted((s for s in self.result.sites if not s.named), key=lambda s: s.position):
            base = site.id
            if isinstance(site.item, tree.Apply):
                counts.setdefault(base, 1)
            while True:
                counts[base] = counts.get(base, 0) + 1
                site.id = base if counts[base] == 1 else f"{base}{counts[base]}"
                if site.id not in taken:
                    break
            taken.add(site.id)

    def _sort_references(self) -> None:
        """Now that all ids are known: which references read wires, write them, or flow into nodes."""
        out = self.result
        for reference, arrives in self.references:
            name = reference.name
            if name == "_":
                continue
            if len(reference.segments) > 1:
                out.reaching.setdefault(name, []).append(Reaching(reference, arrives))
            elif arrives and name in out.declared:
                out.deliveries[name] = out.deliveries.get(name, 0) + 1
            elif arrives:
                out.written.setdefault(name, []).append(reference)
            else:
                out.read.setdefault(name, []).append(reference)
        for name, reaching in out.reaching.items():
            fed = sum(r.receives for r in reaching)
            if fed and name in out.declared:
                out.deliveries[name] = out.deliveries.get(name, 0) + fed


def _alternatives(a: Site, b: Site) -> bool:
    """Two sites that share an id because one ``(A if … else B)`` carries it."""
    return a.named and b.named and a.item.id is None and b.item.id is None
