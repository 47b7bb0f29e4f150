"""What an operation says of itself in PyTorch (``ops.code``: Layer, Call, Method, …), as trees of a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from moniel2.backends.torch.tree import Leaf, Member, Open, Scalar, Term, Tree, number_of
from moniel2.dims import Dim, Real
from moniel2.ops import code


@dataclass
class Lowering:
    """Operands by port, and what is found on the way: weights the operation holds itself, classes to write out."""

    ports: Mapping[str, Sequence[Tree]]
    variadic: str = ""
    owned: dict[str, Tree] = field(default_factory=dict)  # weight -> what it starts with
    own: Mapping[str, Tree] = field(default_factory=dict)  # weight -> how it is reached
    lacking: list[str] = field(default_factory=list)  # weights that it would hold if their shapes were known

    def tree(self, value: Any) -> Tree:
        """An expression of ``ops.code`` as a tree."""
        match value:
            case code.Arg(name):
                return self.operand(name)
            case code.Call(target, args, kwargs):
                return self.call("call", target, args, kwargs)
            case code.Method(receiver, name, args, kwargs):
                inner = self.call("method", name, args, kwargs)
                children = (self.tree(receiver), *inner.children)
                return Term("method", name, children, ("", *inner.keys))
            case code.Infix(symbol, operands):
                return Term("infix", symbol, tuple(map(self.tree, operands)))
            case code.Prefix(symbol, operand):
                return Term("prefix", symbol, (self.tree(operand),))
            case code.Subscript(inner, index):
                return Term("index", "", (self.tree(inner), *map(self.item, index)))
            case code.Name(name):
                return Term("name", name)
            case code.Device():
                return Term("device")
            case code.Own(name, start):
                if start is not None:
                    self.owned[name] = self.tree(start)
                if name not in self.own:
                    self.lacking.append(name)
                return self.own.get(name, Member(name))
            case tuple() | list():
                return Term("tuple" if isinstance(value, tuple) else "list", "", tuple(map(self.tree, value)))
        return Leaf(scalar(value))

    def call(self, head: str, target: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Term:
        children = (*map(self.tree, args), *(self.keyword(k, v) for k, v in kwargs.items()))
        return Term(head, target, children, (*("" for _ in args), *kwargs))

    def keyword(self, key: str, value: Any) -> Tree:
        tree = self.tree(value)
        # A function has no training mode of its own.
        return Term("training", "", (tree,)) if key == "dropout_p" else tree

    def operand(self, name: str) -> Tree:
        if name == "*":
            return Term("list", "", tuple(self.ports.get(self.variadic, ())))
        if name.endswith("]") and "[" in name:
            port, _, place = name[:-1].partition("[")
            return self.ports[port][int(place)]
        found = self.ports.get(name)
        return found[0] if found else Leaf(None)

    def item(self, value: Any) -> Tree:
        if value is Ellipsis:
            return Term("ellipsis")
        if isinstance(value, slice):
            bounds = (value.start, value.stop, value.step)
            return Term("slice", "", tuple(Term("open") if b is None else self.tree(b) for b in bounds))
        return self.tree(value)

    def new(self, layer: code.Layer) -> Term:
        """The module a layer makes. Sequences of constants are single values there."""
        values = [*layer.args, *layer.kwargs.values()]
        children = tuple(self.argument(v) for v in values)
        return Term("new", layer.target, children, (*("" for _ in layer.args), *layer.kwargs))

    def argument(self, value: Any) -> Tree:
        tree = self.tree(value)
        if isinstance(tree, Term) and tree.head == "tuple":
            return Leaf(constant(tree)) if _constants(tree) else tree
        return tree


def plain_tree(value: Any) -> Tree:
    """A value of the source as a constant. Raises ``TypeError`` for what is none, such as a block."""
    if isinstance(value, tuple):
        return Leaf(tuple(constant(plain_tree(v)) for v in value))
    return Leaf(scalar(value))


def constant(tree: Tree) -> Any:
    """The value of a tree of constants."""
    if isinstance(tree, Leaf):
        return tree.value
    assert isinstance(tree, Term)
    return tuple(map(constant, tree.children))


def _constants(tree: Tree) -> bool:
    if isinstance(tree, Leaf):
        return not isinstance(tree.value, Dim)
    return isinstance(tree, Term) and tree.head == "tuple" and all(map(_constants, tree.children))


def scalar(value: Any) -> Scalar:
    """A constant of an operation: sizes that are known are whole numbers."""
    if isinstance(value, Dim):
        number = number_of(value)
        if number is not None:
            return number
        rational = value.rational
        return float(rational) if rational is not None else value
    if isinstance(value, Real):
        return Open(value)
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"no Python for {value!r}")
