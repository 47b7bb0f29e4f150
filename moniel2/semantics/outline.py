"""What can be told of a body from its text alone: its nodes, wires, ports, and the names it reads.

An outline is made once for each body, whatever the number of instances.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from moniel2.source import Source, Span
from moniel2.syntax import tree

# ``In`` and ``Out`` with the longer forms that Moniel's acronym rule gives.
INPUTS = frozenset({"In", "Inp", "Inpu", "Input", "Placeholder"})
OUTPUTS = frozenset({"Out", "Outp", "Outpu", "Output"})
PORTS = INPUTS | OUTPUTS | {"State"}

# Names of ports that a text defines otherwise (``+Output { … }``): its own definitions come first. By source.
_SHADOWED: dict[int, tuple[Source, frozenset[str]]] = {}


def mark_shadowed(file: tree.File) -> None:
    """Note which names of ports a file gives a definition of its own; before its outlines are made."""
    names: set[str] = set()
    bodies = [file.body]
    while bodies:
        for statement in bodies.pop().statements:
            if isinstance(statement, tree.Definition):
                names.add(statement.name)
                if statement.body is not None:
                    bodies.append(statement.body)
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


@dataclass(eq=False)
class Site:
    """One place where a node is made: an instance, braces, an application, a repeated group."""

    item: tree.Instance | tree.Braces | tree.Apply | tree.Group
    id: str
    named: bool
    span: Span
    position: int
    arrives: bool  # something flows into it where it stands
    repeated: bool
    port: str = ""  # "In", "Out", "State" for ports
    conditional: bool = False
    presentation: tuple[tree.Presentation, ...] = ()
    doc: str = ""


@dataclass(eq=False)
class Reaching:
    """A path that reaches inside a node: ``layer/act`` (a tap) or ``t -> layer/dp`` (a feed)."""

    reference: tree.Reference
    receives: bool


@dataclass(eq=False)
class Outline:
    """The outline of one body. ``chain`` is set for ``+Name = chain`` and grouped chains: their ends are the ports."""

    body: tree.Body
    chain: tree.Chain | None
    sites: list[Site] = field(default_factory=list)
    site_of: dict[int, Site] = field(default_factory=dict)
    declared: dict[str, Site] = field(default_factory=dict)
    duplicates: list[tuple[Site, Site]] = field(default_factory=list)
    deliveries: dict[str, int] = field(default_factory=dict)  # id -> how often another chain flows into it by name
    written: dict[str, list[tree.Reference]] = field(default_factory=dict)
    read: dict[str, list[tree.Reference]] = field(default_factory=dict)
    reaching: dict[str, list[Reaching]] = field(default_factory=dict)
    applied: dict[str, list[tree.Apply]] = field(default_factory=dict)
    binds: set[str] = field(default_factory=set)  # names that shapes may bind
    value_names: frozenset[str] = frozenset()  # every name a value in the body mentions
    constants: dict[str, tree.Constant] = field(default_factory=dict)
    constants_again: list[tree.Constant] = field(default_factory=list)
    mentions: dict[str, list[tuple[Span, bool]]] = field(default_factory=dict)  # of names in values; in a port's shape?
    definitions: list[tree.Definition] = field(default_factory=list)
    imports: list[tree.Import | tree.FromImport] = field(default_factory=list)
    flows: list[tree.Flow] = field(default_factory=list)
    closures: list[tree.Body] = field(default_factory=list)
    groups: dict[int, Outline] = field(default_factory=dict)  # a repeated group's own outline, by id of the group

    @property
    def inputs(self) -> list[Site]:
        return [s for s in self.sites if s.port == "In"]

    @property
    def outputs(self) -> list[Site]:
        return [s for s in self.sites if s.port == "Out"]

    @property
    def ends_are_ports(self) -> bool:
        """Whether the body's single chain gives it its input and its output."""
        return self.chain is not None

    def reads_from_around(self) -> set[str]:
        """Names of wires or nodes that the body reads and doesn't have itself, closures inside included."""
        own = set(self.declared) | set(self.written)
        names = (set(self.read) | set(self.reaching) | set(self.applied)) - own
        for inner in self.closures:
            names |= outline_of(inner).reads_from_around() - own
        for group in self.groups.values():
            names |= group.reads_from_around() - own
        return names

    def applies_from_around(self) -> set[str]:
        """Names of nodes outside that the body applies (``enc()``)."""
        own = set(self.declared) | set(self.written)
        names = set(self.applied) - own
        for inner in (*map(outline_of, self.closures), *self.groups.values()):
            names |= inner.applies_from_around() - own
        return names


_OUTLINES: dict[int, tuple[object, Outline]] = {}


def outline_of(body: tree.Body) -> Outline:
    """The outline of a body in braces or of a file, made once."""
    return _once(body, lambda: _Scan(body, None).outline())


def outline_of_chain(chain: tree.Chain) -> Outline:
    """The outline of ``= chain``."""
    return _once(chain, lambda: _Scan(None, chain).outline())


def _once(key: object, make: object) -> Outline:
    # Keyed by identity and holding the tree, so that an id is never reused while the outline lives.
    known = _OUTLINES.get(id(key))
    if known is not None and known[0] is key:
        return known[1]
    if len(_OUTLINES) > 20_000:
        _OUTLINES.clear()
    made: Outline = make()  # type: ignore[operator]
    _OUTLINES[id(key)] = (key, made)
    return made


def snake(name: str) -> str:
    """``MaxPool`` → ``max_pool``, ``BN`` → ``bn``, ``LSTMCell`` → ``lstm_cell``, ``ReLU`` → ``relu``."""
    name = re.sub(r"([a-z0-9])([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([A-Z]{2,})([A-Z][a-z])", r"\1_\2", name)
    return name.lower()


class _Scan:
    def __init__(self, body: tree.Body | None, chain: tree.Chain | None) -> None:
        if body is None:
            assert chain is not None
            body = tree.Body((tree.Flow(chain, span=chain.span),), span=chain.span)
        self.result = Outline(body, chain)
        self.counts: dict[str, int] = {}
        self.names: set[str] = set()
        self.references: list[tuple[tree.Reference, bool]] = []
        self.flow: tree.Flow | None = None
        self.conditional = False

    def outline(self) -> Outline:
        out = self.result
        self.statements(out.body)
        flows = [s for s in out.body.statements if isinstance(s, tree.Flow)]
        plain = all(isinstance(s, (tree.Flow, tree.Constant, tree.Definition)) for s in out.body.statements)
        ports = any(s.port for s in out.sites)
        if out.chain is None and len(flows) == 1 and plain and not ports:
            out.chain = flows[0].chain
        elif out.chain is not None and ports:
            out.chain = None
        self.sort_references()
        self.number()
        out.value_names = frozenset(self.names)
        return out

    # ------------------------------------------------------------------------------ statements

    def statements(self, body: tree.Body) -> None:
        for statement in body.statements:
            match statement:
                case tree.Flow():
                    self.flow = statement
                    self.result.flows.append(statement)
                    self.walk(statement.chain, arrives=False)
                    self.flow = None
                case tree.Constant():
                    if statement.name in self.result.constants and not self.conditional:
                        self.result.constants_again.append(statement)
                    self.result.constants[statement.name] = statement
                    self.expression(statement.value)
                case tree.If():
                    self.branches(statement)
                case tree.Definition():
                    self.result.definitions.append(statement)
                case tree.Import() | tree.FromImport():
                    self.result.imports.append(statement)

    def branches(self, statement: tree.If) -> None:
        before, self.conditional = self.conditional, True
        step: tree.If | tree.Body | None = statement
        while isinstance(step, tree.If):
            self.expression(step.condition)
            self.statements(step.then)
            step = step.otherwise
        if step is not None:
            self.statements(step)
        self.conditional = before

    # ---------------------------------------------------------------------------------- chains

    def walk(self, chain: tree.Chain, arrives: bool, repeated: bool = False) -> None:
        for k, item in enumerate(chain.items):
            self.item(item, arrives or k > 0, repeated)

    def item(self, item: tree.Item, arrives: bool, repeated: bool, id: tree.Id | None = None) -> None:
        out = self.result
        match item:
            case tree.Operand():
                pass
            case tree.Reference():
                self.references.append((item, arrives))
                self.dims(item.dims)
                for segment in item.segments[1:]:
                    if not isinstance(segment, (str, int)):
                        self.expression(segment)
            case tree.Instance():
                self.instance(item, arrives, repeated, id)
            case tree.Braces():
                self.site(item, item.id or id, "block", arrives, repeated)
                out.closures.append(item.body)
                self.inherit(outline_of(item.body))
                self.dims(item.dims)
            case tree.Apply():
                site = self.site(item, item.id or id, item.target.name, arrives, repeated)
                del site
                out.applied.setdefault(item.target.name, []).append(item)
                self.arguments(item.arguments)
                self.dims(item.dims)
            case tree.ListItem():
                for element in item.elements:
                    again = repeated or element.comprehension is not None
                    if element.comprehension is not None:
                        self.expression(element.comprehension.iterable)
                    chain = element.chain
                    for k, inner in enumerate(chain.items):
                        named = (item.id or id) if k == 0 and len(chain.items) == 1 else None
                        self.item(inner, arrives or k > 0, again, named)
                self.dims(item.dims)
            case tree.Group():
                self.group(item, arrives, repeated, id)
            case tree.Repeat():
                self.expression(item.count)
                self.repeated_item(item.item, arrives, id)
            case tree.Series():
                self.expression(item.loop.iterable)
                self.repeated_item(item.item, arrives, id)
            case tree.Choice():
                self.expression(item.condition)
                self.item(item.item, arrives, repeated, id)
                if item.otherwise is not None:
                    self.item(item.otherwise, arrives, repeated, id)

    def repeated_item(self, item: tree.Item, arrives: bool, id: tree.Id | None) -> None:
        if isinstance(item, tree.Group) and not single(item):
            self.own_block(item, arrives, id)
        elif isinstance(item, (tree.Repeat, tree.Series)):
            # Copies of copies: each outer copy is a block of its own.
            group = as_group(item)
            self.own_block(group, arrives, id)
        else:
            self.item(item, arrives, True, id)

    def group(self, item: tree.Group, arrives: bool, repeated: bool, id: tree.Id | None) -> None:
        name = item.id or id
        self.dims(item.dims)
        if name is not None and not single(item):
            self.own_block(item, arrives, id, repeated)
            return
        for k, inner in enumerate(item.chain.items):
            self.item(inner, arrives or k > 0, repeated, name if k == 0 else None)

    def own_block(self, group: tree.Group, arrives: bool, id: tree.Id | None, repeated: bool = True) -> None:
        self.site(group, group.id or id, "block", arrives, repeated)
        inner = outline_of_chain(group.chain)
        self.result.groups[id_of(group)] = inner
        self.inherit(inner)

    def instance(self, item: tree.Instance, arrives: bool, repeated: bool, id: tree.Id | None) -> None:
        name = item.type.name
        site = self.site(item, item.id or id, snake(name), arrives, repeated)
        site.port = port_kind(item)
        self.names.add(name)
        if item.arguments is not None:
            self.arguments(item.arguments)
        self.dims(item.dims, in_port=bool(site.port))
        if item.trailing is not None:
            self.result.closures.append(item.trailing)
            self.inherit(outline_of(item.trailing))

    def site(
        self,
        item: tree.Instance | tree.Braces | tree.Apply | tree.Group,
        id: tree.Id | None,
        kind: str,
        arrives: bool,
        repeated: bool,
    ) -> Site:
        span = item.type.span if isinstance(item, tree.Instance) else item.span
        site = Site(item, "", id is not None, span, item.span.start, arrives, repeated, conditional=self.conditional)
        if self.flow is not None:
            site.presentation, site.doc = self.flow.presentation, self.flow.doc
        if id is not None:
            site.id = id.name
            before = self.result.declared.get(id.name)
            if before is not None and not (self.conditional or isinstance(item, tree.Apply)):
                if not _alternatives(before, site):
                    self.result.duplicates.append((before, site))
            else:
                self.result.declared[id.name] = site
        else:
            site.id = kind
        self.result.sites.append(site)
        self.result.site_of[id_of(item)] = site
        return site

    def number(self) -> None:
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

    def sort_references(self) -> None:
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

    # ---------------------------------------------------------------------------------- values

    def inherit(self, inner: Outline) -> None:
        self.names |= inner.value_names
        for name, places in inner.mentions.items():
            self.result.mentions.setdefault(name, []).extend(places)

    def arguments(self, arguments: tree.Arguments) -> None:
        for argument in arguments.items:
            self.expression(argument.value)

    def dims(self, dims: tree.Dims | None, in_port: bool = False) -> None:
        if dims is None:
            return
        for item in dims.items:
            self.expression(item, in_port)
            self.result.binds |= set(names_in(item))

    def expression(self, expr: tree.Expr, in_port: bool = False) -> None:
        for part in parts_of(expr):
            if isinstance(part, tree.Name):
                self.names.add(part.name)
                self.result.mentions.setdefault(part.name, []).append((part.span, in_port))
            elif isinstance(part, tree.Text):
                # Patterns of Rearrange and Einsum mention sizes too.
                self.names.update(re.findall(r"[^\W\d]\w*", part.value))
            elif isinstance(part, tree.BlockValue):
                self.result.closures.append(part.body)
                self.inherit(outline_of(part.body))


def _alternatives(a: Site, b: Site) -> bool:
    """Two sites that share an id because one ``(A if … else B)`` carries it."""
    return a.named and b.named and a.item.id is None and b.item.id is None


def id_of(item: object) -> int:
    return id(item)


_GROUPS: dict[int, tuple[object, tree.Group]] = {}


def as_group(item: tree.Item) -> tree.Group:
    """A repeat that is repeated, as a group around it; the same one each time."""
    known = _GROUPS.get(id(item))
    if known is not None and known[0] is item:
        return known[1]
    if len(_GROUPS) > 20_000:
        _GROUPS.clear()
    group = tree.Group(None, tree.Chain((item,), span=item.span), None, span=item.span)
    _GROUPS[id(item)] = (item, group)
    return group


def single(group: tree.Group) -> bool:
    """A group around one item that is no repeat: only parentheses."""
    items = group.chain.items
    return len(items) == 1 and not isinstance(items[0], (tree.Repeat, tree.Series))


def parts_of(expr: tree.Expr) -> Iterator[tree.Expr]:
    """The expression and all inside it, outermost first; not the bodies of blocks."""
    stack: list[tree.Expr] = [expr]
    while stack:
        part = stack.pop()
        yield part
        match part:
            case tree.Unary():
                stack.append(part.operand)
            case tree.Binary():
                stack += [part.right, part.left]
            case tree.Ternary():
                stack += [part.otherwise, part.condition, part.then]
            case tree.Range():
                stack += [part.stop, part.start]
            case tree.Sequence():
                stack += reversed(part.items)
            case tree.Comprehension():
                stack += [part.iterable, part.value]
            case tree.Index():
                stack += [part.index, part.value]
            case tree.Slice():
                stack += [e for e in (part.stop, part.start, part.value) if e is not None]
            case tree.Attribute():
                stack.append(part.value)
            case tree.Call():
                stack += [a.value for a in reversed(part.arguments.items)]
                stack.append(part.callee)


def names_in(expr: tree.Expr) -> Iterator[str]:
    """Every name that a value mentions, without those its own comprehensions bind and the functions it calls."""
    bound: set[str] = set()
    called: set[str] = set()
    for part in parts_of(expr):
        if isinstance(part, tree.Comprehension):
            bound |= set(part.targets)
        elif isinstance(part, tree.Call) and isinstance(part.callee, tree.Name) and not part.callee.name[:1].isupper():
            called.add(part.callee.name)
    for part in parts_of(expr):
        if isinstance(part, tree.Name) and part.name not in bound and part.name not in called:
            yield part.name
        elif isinstance(part, tree.BlockValue):
            yield from outline_of(part.body).value_names
