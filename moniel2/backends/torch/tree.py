"""The draft of a class: what one specialization's code looks like, with its values still values.

Several specializations of one definition that have drafts of the same form share a class: ``merge`` lays their
trees on each other, and where their values differ a ``Hole`` remains, to be filled by a parameter or a size.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

from moniel2.backends.torch.python import Expr
from moniel2.dims import Dim, Real, is_open
from moniel2.ir.model import Block, Loop


@dataclass(frozen=True, slots=True)
class Class:
    """A class of torch as a value: ``nn.ReLU``, to be made where it is used."""

    name: str


@dataclass(frozen=True, slots=True)
class Open:
    """A number that is known once the model is made: a size in the model's own parameters, or ``sqrt`` of one."""

    size: Dim | Real


class Unwritable(TypeError):
    """What depends on the model's parameters in a way that its code can't say. ``symbols`` are those to blame."""

    def __init__(self, what: str, symbols: frozenset[str] = frozenset()) -> None:
        super().__init__(what)
        self.symbols = symbols


Scalar = int | float | bool | str | None | Dim | Open | Class | tuple["Scalar", ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that may differ between specializations. Whole numbers are ``int`` when known."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor (or a list of tensors), by its number in the draft."""

    number: int


@dataclass(frozen=True, slots=True)
class Member:
    """``self.<attribute>``."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Far:
    """A module (or, with ``weight``, a tensor) some levels down: ``self.layers[0].wte``, by its dotted path.

    ``typed``: every step is an attribute of a class in the file, so that plain attribute access type-checks.
    """

    path: str
    weight: bool = False
    typed: bool = True


@dataclass(frozen=True, slots=True)
class Term:
    """Anything with parts. ``head`` says what it is:

    call (``text`` is the target), method (first child is the receiver), apply (first child is the module called),
    infix, prefix, index, slice, open (a bound left out), ellipsis, tuple, list, name, device; new (a layer),
    parameters (weights held by name).
    """

    head: str
    text: str = ""
    children: tuple[Tree, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """What becomes a class: a block, or the body of a loop with the loop around it."""

    block: Block
    axis: int | None = None
    reverse: bool = False

    @staticmethod
    def of(what: Block | Loop) -> Unit:
        return Unit(what.body, what.axis, what.reverse) if isinstance(what, Loop) else Unit(what)

    @property
    def looped(self) -> bool:
        return self.axis is not None


@dataclass(frozen=True, slots=True)
class NewBlock:
    """An instance of the class that a unit will have."""

    unit: Unit


@dataclass(frozen=True, slots=True)
class Chain:
    """``nn.Sequential(…)`` written where it is used."""

    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Runs:
    """A repeat: how many copies of what, in order.

    ``container`` is ``nn.Sequential``, ``nn.ModuleList`` or ``nn.ModuleDict``; ``indices`` are the keys where they
    aren't 0, 1, 2, ….
    """

    container: str
    runs: tuple[tuple[int | Open, Tree], ...]
    indices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hole:
    """Where merged drafts differ: the value of each, in order; ``ANY`` where it doesn't matter."""

    values: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Fork:
    """Where merged drafts make different modules: which alternative each takes (-1: none), and what each makes."""

    alternatives: tuple[Tree, ...]
    choice: tuple[int, ...]
    sources: tuple[Tree | None, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """An instance of a class that is planned: ``plan`` and its arguments by parameter."""

    plan: Planned
    args: tuple[tuple[str, Tree], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Equal copies in a repeat: ``count`` of ``item``, or one for each value of ``over`` (``name`` inside ``item``).

    ``number`` is which copy a single one is, where that matters.
    """

    item: Tree
    count: Tree | None = None
    over: Tree | None = None
    name: str = ""
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A merged repeat."""

    container: str
    segments: tuple[Segment, ...]
    indices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pick:
    """``then if condition else otherwise``, for modules."""

    condition: Expr
    then: Tree
    otherwise: Tree


@dataclass(frozen=True, slots=True)
class Done:
    """A value whose expression is found."""

    expr: Expr


# Marks a target that has to be imported from elsewhere; no dotted name begins with it.
EXTERN = "extern "


class Named(Protocol):
    name: str
    default: Known


class Planned(Protocol):
    """A class to be: what a tree needs to know of it."""

    @property
    def name(self) -> str: ...

    @property
    def params(self) -> Sequence[Named]: ...

    @property
    def implied(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Any_:
    """A value that doesn't matter."""


ANY = Any_()
Known = Scalar | Any_

Tree = Leaf | Value | Member | Far | Term | NewBlock | Chain | Runs | Hole | Fork | Built | Rows | Pick | Done
MODULES = (NewBlock, Chain, Runs, Fork)


def is_module(tree: Tree) -> bool:
    """Whether the tree makes a module: there, a different one is a matter of parameters, not of form."""
    return isinstance(tree, MODULES) or (isinstance(tree, Term) and tree.head == "new")


def form(tree: Tree, module: Callable[[Tree], Hashable]) -> Hashable:
    """What trees must share to be merged. ``module`` gives the form of what makes a module."""
    if is_module(tree):
        return module(tree)
    match tree:
        case Leaf():
            return "•"
        case Term():
            return (tree.head, tree.text, tree.keys, *(form(c, module) for c in tree.children))
    return tree


def merge(trees: Sequence[Tree | None], module: Callable[[Sequence[Tree | None]], Tree]) -> Tree:
    """One tree of several of the same form; None where it doesn't matter. ``module`` merges what makes modules."""
    first = next(t for t in trees if t is not None)
    if is_module(first):
        return module(trees)
    match first:
        case Leaf():
            return merged_value([t.value if isinstance(t, Leaf) else ANY for t in trees])
        case Term():
            parts = [t.children if isinstance(t, Term) else None for t in trees]
            children = tuple(
                merge([p[i] if p is not None else None for p in parts], module) for i in range(len(first.children))
            )
            return Term(first.head, first.text, children, first.keys)
    return first


def merged_value(values: Sequence[Known]) -> Tree:
    """A ``Leaf`` if all values are the same, a ``Hole`` if not, or if some don't matter: the source may say more."""
    if all(same(v, values[0]) for v in values) and not isinstance(values[0], Any_):
        return Leaf(values[0])
    return Hole(tuple(values))


def number_of(size: Dim) -> int | Open | None:
    """A size as the constructor knows it; None for one that an input shows, or nobody."""
    return Open(size) if is_open(size) else size.constant


def plus(a: int | Open, b: int | Open) -> int | Open:
    """Two counts together."""
    if isinstance(a, int) and isinstance(b, int):
        return a + b
    counts = [x.size if isinstance(x, Open) else x for x in (a, b)]
    total = sum((Dim.of(c) for c in counts if not isinstance(c, Real)), Dim.of(0))
    return total.constant if total.constant is not None else Open(total)


def same(a: object, b: object) -> bool:
    """Equality that tells ``1``, ``1.0`` and ``True`` apart."""
    return type(a) is type(b) and a == b
