"""The draft of one block: its attributes, its steps and what it returns, in torch's words already."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from moniel2.backends.torch.left import Left
from moniel2.backends.torch.tree import Tree, Unit
from moniel2.dims import Dim
from moniel2.ir.model import (
    Attribute,
    Block,
    Choice,
    Extern,
    Loop,
    Node,
    Operation,
    PortKind,
    Sketch,
    Tensor,
    Undefined,
)
from moniel2.ops import code


@dataclass(frozen=True, slots=True)
class Slot:
    """An attribute of the class: a module, or a ``parameter``, ``frozen`` parameter or ``buffer`` with its first value.

    ``present`` is False where another specialization of the definition has it and this one doesn't. An ``idle`` one has
    neither weights nor an id from the source: equal ones may be one.
    """

    attribute: str
    make: Tree
    kind: str = "module"
    init: tuple[Attribute, ...] = ()
    present: bool = True
    idle: bool = False


@dataclass(frozen=True, slots=True)
class Loan:
    """A module (or weight) that a block needs from ``up`` blocks outwards."""

    up: int
    path: tuple[str, ...]
    weight: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A parameter of ``forward``: the input ``port``, or something handed in beside the tensors.

    That is a ``loan`` (a module or weight from further out), a ``size`` that can't be read off any input, or the
    ``device`` of a block without inputs. ``optional`` ones come last and default to None.
    """

    value: int
    name: str
    kind: PortKind = PortKind.PLAIN
    port: int = -1
    optional: bool = False
    loan: Loan | None = None
    size: bool = False
    device: bool = False

    @property
    def apart(self) -> bool:
        """No tensor that flows in by an edge."""
        return self.size or self.device or self.loan is not None


@dataclass(frozen=True, slots=True)
class Bind:
    """``outs = tree``. ``pick`` are the index paths of the outs in a nested result.

    A ``heavy`` one does the work of its line; norms, activations and the like may share it.

    Where a step isn't ``present``, ``through`` is the value that goes on in place of its first out.
    """

    outs: tuple[int, ...]
    tree: Tree
    pick: tuple[tuple[int, ...], ...] = ()
    heavy: bool = False
    present: bool = True
    through: int = -1


@dataclass(frozen=True, slots=True)
class Each:
    """``for item in over: carried, sides = tree``; lists gather what is read from every copy.

    ``carried`` are the values that go from copy to copy, ``start`` what they are at first.
    """

    over: Tree
    item: int
    start: tuple[Tree, ...]
    carried: tuple[int, ...]
    sides: tuple[int, ...]
    gathered: tuple[tuple[int, int], ...]  # (value inside, list outside)
    tree: Tree


@dataclass(frozen=True, slots=True)
class Beside:
    """``out = [tree for items in zip(over)]``: copies side by side."""

    out: int
    items: tuple[int, ...]
    over: tuple[Tree, ...]
    tree: Tree


Step = Bind | Each | Beside


@dataclass(frozen=True, slots=True)
class Tied:
    """``target`` (a dotted path, ``*`` for every copy) ``.weight`` is ``path``, which is ``up`` blocks outwards."""

    target: str
    weight: str
    up: int
    path: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """Values are numbered: entries first, then what steps bind. ``style``: "module", "sequence" (an ``nn.Sequential``),
    "keyed" (an ``nn.ModuleDict``, for ids that are numbers), "loop".

    ``hints`` are what the source calls the values, ``ids`` what it calls the nodes that make them. ``made`` tells for
    each node which slots, steps and values it made.
    """

    unit: Unit
    style: str
    entries: tuple[Entry, ...]
    slots: tuple[Slot, ...]
    steps: tuple[Step, ...]
    returns: tuple[int, ...]
    tensors: tuple[Tensor, ...]
    hints: tuple[str, ...]
    ids: tuple[str, ...]
    sizes: tuple[tuple[int, Dim], ...]
    ties: tuple[Tied, ...]
    sources: tuple[code.Source, ...]
    left: tuple[Left, ...]
    made: Mapping[int, Extent]
    absent: frozenset[int]


@dataclass(frozen=True, slots=True)
class Extent:
    """What one node made: ranges of slots, steps and values."""

    slots: tuple[int, int]
    steps: tuple[int, int]
    values: tuple[int, int]


@dataclass
class Drafts:
    """All drafts so far, innermost first."""

    made: dict[Unit, Draft] = field(default_factory=dict)
    owning: dict[int, bool] = field(default_factory=dict)
    forms: dict[int, Hashable] = field(default_factory=dict)
    # Units that are left in their own form, though another one of their definition is larger.
    plain: set[Unit] = field(default_factory=set)

    def form(self, made: Draft, shape: Callable[[Draft], Hashable]) -> Hashable:
        """``shape`` of a draft, computed once."""
        if id(made) not in self.forms:
            self.forms[id(made)] = shape(made)
        return self.forms[id(made)]

    def owns(self, block: Block) -> bool:
        """Whether a block has any weight. Asked of inner blocks first, so nothing recurs deeply."""
        if id(block) not in self.owning:
            self.owning[id(block)] = any(self.node_owns(n) for n in block.nodes)
        return self.owning[id(block)]

    def node_owns(self, node: Node) -> bool:
        if node.shared is not None:
            return False
        match node.what:
            case Operation():
                return bool(node.what.weights) or bool(node.ties)
            case Block():
                return self.owns(node.what)
            case Loop():
                return self.owns(node.what.body)
            case Extern() | Sketch() | Undefined() | Choice():
                return True
        return False
