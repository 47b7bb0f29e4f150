"""What can be told of a body from its text alone: its nodes, wires, ports, and the names it reads."""

from __future__ import annotations

from dataclasses import dataclass, field

from moniel2.ir.formula import Formulas
from moniel2.source import Span
from moniel2.syntax import tree

# ``In`` and ``Out`` with the longer forms that Moniel's acronym rule gives.
INPUTS = frozenset({"In", "Inp", "Inpu", "Input", "Placeholder"})
OUTPUTS = frozenset({"Out", "Outp", "Outpu", "Output"})
PORTS = INPUTS | OUTPUTS | {"State"}


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
    lists: dict[str, tree.ListItem] = field(default_factory=dict)  # by name, as `heads:[Head for i in 0..8]`
    read: dict[str, list[tree.Reference]] = field(default_factory=dict)
    reaching: dict[str, list[Reaching]] = field(default_factory=dict)
    applied: dict[str, list[tree.Apply]] = field(default_factory=dict)
    binds: set[str] = field(default_factory=set)  # names that shapes may bind
    value_names: frozenset[str] = frozenset()  # every name a value in the body mentions
    constants: dict[str, tree.Constant] = field(default_factory=dict)
    chosen_constants: set[str] = field(default_factory=set)  # written in the branches of an `if`
    constants_again: list[tree.Constant] = field(default_factory=list)
    mentions: dict[str, list[tuple[Span, bool]]] = field(default_factory=dict)  # of names in values; in a port's shape?
    definitions: list[tree.Definition] = field(default_factory=list)
    chosen_definitions: set[str] = field(default_factory=set)  # written in the branches of an `if`
    defines_within: bool = False  # whether it, or braces in it, hold definitions
    imports: list[tree.Import | tree.FromImport] = field(default_factory=list)
    flows: list[tree.Flow] = field(default_factory=list)
    inside: list[Outline] = field(default_factory=list)  # of braces and of groups that are blocks of their own
    groups: dict[int, Outline] = field(default_factory=dict)  # those of groups, by id of the group
    reads_from_around: frozenset[str] = frozenset()  # wires and nodes it reads and doesn't have; also those inside it
    like_tensors: dict[str, tuple[Span, ...]] | None = None  # see ``capitals``
    applies_from_around: frozenset[str] = frozenset()  # nodes it applies (``enc()``) and doesn't have
    formulas: Formulas | None = None  # once somebody asks

    @property
    def inputs(self) -> list[Site]:
        """Those of one name in the branches of an ``if`` are one."""
        found = [s for s in self.sites if s.port == "In"]
        known = {s.id: s for s in reversed(found)}
        return [s for s in found if not (s.conditional and s.named) or known[s.id] is s]

    @property
    def outputs(self) -> list[Site]:
        return [s for s in self.sites if s.port == "Out"]

    @property
    def ends_are_ports(self) -> bool:
        """Whether the body's single chain gives it its input and its output."""
        return self.chain is not None
