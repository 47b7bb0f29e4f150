"""Parameters of inner definitions that are left open: ``DenseLayer(growth)`` takes a growth, though all have the same.

A number that arrives as such at a definition, alone or in a list, and is the same in every use of it, has a symbol
inside that block and in all that is made by it. Outside it is the number that it was: there nobody knows the symbol.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from moniel2.backends.torch.tree import Any_, Known, Open, Unwritable
from moniel2.dims import OPEN, Dim, Real, Shape
from moniel2.ir.model import (
    Attribute,
    Block,
    Choice,
    Extern,
    Input,
    Loop,
    Node,
    Operation,
    Output,
    Sketch,
    Tensor,
    Undefined,
    Value,
    What,
    distinct_blocks,
    inner_blocks,
)
from moniel2.ops.spec import Op, coerce

Door = tuple[str, str]
"""A definition and a parameter of it, ``growth``, or a number in a list that one is, ``depths[0]``."""

LONGEST = 16  # numbers in a list that are left open


def doors_of(root: Block) -> dict[Door, int]:
    """The numbers that are the same in every use of a definition."""
    found: dict[Door, int | None] = {}
    for block in distinct_blocks(root):
        for parameter, value in block.parameters if block is not root and block.name else ():
            for name, number in _numbers(parameter, value):
                door = (block.definition, name)
                found[door] = number if found.get(door, number) == number else None
    return {door: number for door, number in found.items() if number is not None and door[0] != root.definition}


def _numbers(name: str, value: Value) -> Iterator[tuple[str, int | None]]:
    """A number that can be left open, or those of a list, with what they are called; None for what can't."""
    if isinstance(value, tuple) and len(value) <= LONGEST and not any(isinstance(one, tuple) for one in value):
        for i, one in enumerate(value):
            yield from _numbers(f"{name}[{i}]", one)
        return
    if isinstance(value, Dim) and value.constant is not None:
        value = value.constant
    yield name, value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def together(doors: Iterable[Door]) -> list[list[Door]]:
    """Doors by the parameter that they are of: a list is left open as a whole."""
    found: dict[Door, list[Door]] = {}
    for definition, name in doors:
        found.setdefault((definition, name.partition("[")[0]), []).append((definition, name))
    return list(found.values())


def symbol_of(door: Door) -> str:
    return f"{OPEN}{door[0]}.{door[1]}"


def word_of(symbol: str) -> str:
    """What the source calls a symbol."""
    return symbol.removeprefix(OPEN).rpartition(".")[2]


@dataclass(frozen=True)
class Inside:
    """Where symbols of doors are known. ``numbers`` are what they stand for."""

    root: Block
    numbers: Mapping[str, int]

    @cached_property
    def known(self) -> dict[Block, frozenset[str]]:
        """The symbols that each block knows: its own, and those that all who make it know."""
        found: dict[Block, frozenset[str]] = {}
        for block in reversed(list(distinct_blocks(self.root))):
            own = frozenset().union(*(_symbols(v) for _, v in block.parameters)) & self.numbers.keys()
            mine = own | found.get(block, frozenset())
            found[block] = mine
            for inner in _inside(block):
                found[inner] = found.get(inner, mine) & mine
        return found

    def seen(self, block: Block, value: Known) -> Known:
        """A value as a block says it: with numbers for what it doesn't know."""
        hidden = self._hidden(block)
        return _known(value, hidden) if hidden else value

    def in_all(self, values: Iterable[Known]) -> frozenset[str]:
        """Those of the symbols that values depend on."""
        return frozenset().union(*(_in(v) for v in values)) & self.numbers.keys()

    def _hidden(self, block: Block) -> dict[str, int]:
        mine = self.known.get(block, frozenset())
        return {s: n for s, n in self.numbers.items() if s not in mine}

    def told_apart(self) -> Inside:
        """The same with numbers wherever a symbol isn't known. Raises ``Unwritable`` for symbols that one maker of
        a block knows and another doesn't: what it is made with would be a number for both.
        """
        made: dict[Block, Block] = {}
        blocks = list(distinct_blocks(self.root))
        makers: dict[Block, list[Block]] = {}
        for block in blocks:
            for inner in _inside(block):
                makers.setdefault(inner, []).append(block)
        for block in blocks:
            hidden = self._hidden(block)
            torn = {s for s in hidden if any(s in self.known[m] for m in makers.get(block, ()))}
            told = _Telling(hidden, {id(b): made[b] for b in _inside(block)})
            made[block] = told.block(block)
            if torn & told.met:
                raise Unwritable(f"{block.name} is made here and there", frozenset(torn & told.met))
        return Inside(made[self.root], self.numbers)


def _inside(block: Block) -> Iterator[Block]:
    for node in block.nodes:
        yield from inner_blocks(node.what)


def _symbols(value: Value) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset().union(*map(_symbols, value))
    return value.symbols() if isinstance(value, (Dim, Real)) else frozenset()


def _in(value: Known) -> frozenset[str]:
    if isinstance(value, tuple):
        return frozenset().union(*map(_in, value))
    return value.size.symbols() if isinstance(value, Open) else frozenset()


def _known(value: Known, numbers: Mapping[str, int]) -> Known:
    if isinstance(value, tuple):
        parts = [_known(v, numbers) for v in value]
        return tuple(p for p in parts if not isinstance(p, Any_))
    if isinstance(value, Open):
        told = value.size.substitute(numbers)
        if isinstance(told, Dim):
            return told.constant if told.constant is not None else Open(told)
        return Open(told) if isinstance(told, Real) else told
    return value


class _Telling:
    """One block with numbers for symbols. ``inner`` are the blocks inside, told already; ``met`` what was replaced."""

    def __init__(self, numbers: Mapping[str, int], inner: Mapping[int, Block]) -> None:
        self.numbers, self.inner = numbers, inner
        self.met: set[str] = set()

    def block(self, block: Block) -> Block:
        return replace(
            block,
            parameters=self.named(block.parameters),
            sizes=tuple((n, self.size(s)) for n, s in block.sizes),
            inputs=tuple(map(self.input, block.inputs)),
            outputs=tuple(map(self.output, block.outputs)),
            nodes=tuple(map(self.node, block.nodes)),
            attributes=self.attributes(block.attributes),
            defaults=block.defaults,
            around=self.named(block.around),
        )

    def node(self, node: Node) -> Node:
        count = None if node.count is None else self.size(node.count)
        return replace(
            node,
            what=self.what(node.what),
            outputs=tuple(map(self.tensor, node.outputs)),
            count=None if count is None or count.constant is not None else count,
            attributes=self.attributes(node.attributes),
        )

    def what(self, what: What) -> What:
        match what:
            case Block():
                return self.inner[id(what)]
            case Loop():
                return replace(what, body=self.inner[id(what.body)], steps=self.size(what.steps))
            case Choice():
                return replace(what, body=self.inner[id(what.body)])
            case Operation():
                weights = tuple((n, replace(w, shape=self.shape(w.shape))) for n, w in what.weights)
                arguments = self.named(what.arguments)
                return replace(what, op=self.op(what.op), arguments=arguments, weights=weights)
            case Sketch() | Undefined() | Extern():
                return replace(what, arguments=self.named(what.arguments))

    def op(self, op: Op) -> Op:
        changed = {a: self.any(op.__dict__[a.attribute]) for a in op.spec.arguments}
        if all(value is op.__dict__[a.attribute] for a, value in changed.items()):
            return op
        told = copy.copy(op)
        told.__dict__.update({a.attribute: coerce(a.kind, value) for a, value in changed.items()})
        return told

    def input(self, port: Input) -> Input:
        return replace(port, tensor=self.tensor(port.tensor), attributes=self.attributes(port.attributes))

    def output(self, port: Output) -> Output:
        return replace(port, tensors=tuple(map(self.tensor, port.tensors)), attributes=self.attributes(port.attributes))

    def attributes(self, attributes: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
        return tuple(replace(a, values=tuple(map(self.value, a.values)), named=self.named(a.named)) for a in attributes)

    # ------------------------------------------------------------------------------------ values

    def named(self, values: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
        return tuple((name, self.value(value)) for name, value in values)

    def tensor(self, tensor: Tensor) -> Tensor:
        return tensor if tensor.shape is None else replace(tensor, shape=self.shape(tensor.shape))

    def shape(self, shape: Shape) -> Shape:
        return Shape(*map(self.size, shape))

    def size(self, size: Dim) -> Dim:
        met = size.symbols() & self.numbers.keys()
        self.met |= met
        return size.substitute(self.numbers) if met else size

    def value(self, value: Value) -> Value:
        if isinstance(value, tuple):
            return tuple(map(self.value, value))
        if isinstance(value, Real) and value.symbols() & self.numbers.keys():
            self.met |= value.symbols() & self.numbers.keys()
            return value.substitute(self.numbers)
        if not isinstance(value, Dim) or not value.symbols() & self.numbers.keys():
            return value
        size = self.size(value)
        return size if size.constant is None else size.constant

    def any(self, value: object) -> object:
        """A value of an operation, whatever it is; the same object where nothing changes."""
        if isinstance(value, Shape):
            told = self.shape(value)
            return value if told == value else told
        if isinstance(value, tuple):
            parts = tuple(map(self.any, value))
            return value if all(a is b for a, b in zip(parts, value, strict=True)) else parts
        return self.value(value) if isinstance(value, (Dim, Real)) else value
