"""The model written out: every operation of every instance by its path, blocks dissolved (``graph --flat``).

The one view that pays for each instance, so its size is computed first, from the counts of the blocks.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TypeAlias

from moniel2.dims import ONE, Dim
from moniel2.ir.measure import NONE, Count, Measured, measure
from moniel2.ir.model import (
    NOTHING_KNOWN,
    OWN_INPUT,
    Block,
    Literal,
    Loop,
    Model,
    Node,
    Ref,
    Tensor,
    Undefined,
    distinct_blocks,
)
from moniel2.ir.plain import Json, plain_count, plain_dtype, plain_shape, plain_size
from moniel2.ir.ports import feeding, port_names
from moniel2.limits import MAX_FLAT
from moniel2.source import Span

SCHEMA = "moniel2.flat/1"


class TooLarge(Exception):
    """Writing the model out would take more nodes than ``MAX_FLAT``."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size:,} operations, written out one by one (at most {MAX_FLAT:,})")
        self.size = size


@dataclass(slots=True)
class Leaf:
    """One operation of one instance, or a port of the model (``node`` is None).

    ``operands`` are other leaves by number, or literal numbers, in order; ``place`` is where the main graph has it.
    """

    path: str
    op: str
    tensor: Tensor
    place: int
    node: Node | None = None
    parameters: Count = NONE
    macs: Count = NONE
    operands: list[int | Literal] = field(default_factory=list)

    @property
    def undefined(self) -> bool:
        return self.node is not None and isinstance(self.node.what, Undefined)


@dataclass(frozen=True, slots=True)
class Flat:
    """All leaves in topological order, the order of declaration breaking ties."""

    leaves: tuple[Leaf, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    measured: Measured


def flat_size(root: Block) -> int:
    """The number of leaves, without making them."""
    sizes: dict[int, int] = {}
    for block in distinct_blocks(root):
        total = 0
        for node in block.nodes:
            inner = _dissolved(node)
            total += node.repeat * (1 if inner is None else sizes[id(inner)])
        sizes[id(block)] = total
    return sizes[id(root)] + len(root.inputs) + len(root.outputs)


def flatten(model: Model) -> Flat:
    """Raises ``TooLarge`` beyond ``MAX_FLAT`` leaves, before any work is done."""
    size = flat_size(model.root)
    if size > MAX_FLAT:
        raise TooLarge(size)
    return _Flattener(model.root).run()


def _dissolved(node: Node) -> Block | None:
    """The block whose operations take the node's place, if it is one. A loop's body stands for all its steps."""
    if isinstance(node.what, Block):
        return node.what
    return node.what.body if isinstance(node.what, Loop) else None


Source = int | Literal
Sources = list[list[Source]]
"""For each port, the leaves that it carries: several for a bundle, none for an absent optional input."""


@dataclass(slots=True)
class _Frame:
    """One instance of a block while it is being dissolved."""

    block: Block
    prefix: str
    inputs: Sources
    owned: bool = True
    steps: Dim = ONE
    given: list[Sources] = field(default_factory=list)

    def sources(self, source: Ref | Literal) -> list[Source]:
        if isinstance(source, Literal):
            return [source]
        return self.inputs[source.port] if source.node == OWN_INPUT else self.given[source.node][source.port]

    def outputs(self) -> Sources:
        """Tensor by tensor: a port may carry a bundle. One that nothing reaches still counts."""
        ports = self.block.outputs
        return [source for port in ports for source in ([self.sources(ref) for ref in port.sources] or [[]])]


_Task: TypeAlias = "Generator[_Task, Sources, Sources]"


class _Flattener:
    def __init__(self, root: Block) -> None:
        self.root = root
        self.measured = measure(root)
        self.leaves: list[Leaf] = []
        self.place = 0

    def run(self) -> Flat:
        frame = _Frame(self.root, "", [])
        inputs = self._inputs(frame)
        _drive(self._dissolve(frame))
        outputs = self._outputs(frame)
        order = _ordered(self.leaves)
        number = {old: new for new, old in enumerate(order)}
        for leaf in self.leaves:
            leaf.operands = [number[o] if isinstance(o, int) else o for o in leaf.operands]
        leaves = tuple(self.leaves[i] for i in order)
        return Flat(leaves, tuple(number[i] for i in inputs), tuple(number[i] for i in outputs), self.measured)

    def _inputs(self, frame: _Frame) -> list[int]:
        found: list[int] = []
        names = _apart(port_names(self.root.inputs), {node.key for node in self.root.nodes})
        for port, name in zip(self.root.inputs, names, strict=True):
            if port.bound:
                found.append(self._add(Leaf(name, "Input", port.tensor, _start(port.span))))
            frame.inputs.append([found[-1]] if port.bound else [])
        return found

    def _outputs(self, frame: _Frame) -> list[int]:
        found: list[int] = []
        names = _apart(port_names(self.root.outputs), {leaf.path for leaf in self.leaves})
        for port, name in zip(self.root.outputs, names, strict=True):
            operands = [source for ref in port.sources for source in frame.sources(ref)]
            found.append(self._add(Leaf(name, "Output", port.tensor, _start(port.span), operands=operands)))
        return found

    def _add(self, leaf: Leaf) -> int:
        self.leaves.append(leaf)
        return len(self.leaves) - 1

    def _dissolve(self, frame: _Frame) -> _Task:
        """The leaves of one instance, copy by copy. A block inside is a task of its own, so depth costs no stack."""
        for node in frame.block.nodes:
            if frame.block is self.root:
                self.place = max(self.place, _start(node.span))
            inner = _dissolved(node)
            every: Sources = []
            last: Sources = []
            for copy in range(node.repeat):
                alone = node.first is None and node.repeat == 1
                path = frame.prefix + (node.id if alone else f"{node.id}/{(node.first or 0) + copy}")
                carried = last if copy and not node.parallel else []
                if inner is None:
                    last = self._leaf(frame, node, path, carried)
                else:
                    last = yield self._dissolve(_inside(frame, node, inner, path, carried))
                every += last
            frame.given.append(every if node.parallel else last)
        return frame.outputs()

    def _leaf(self, frame: _Frame, node: Node, path: str, carried: Sources) -> Sources:
        tensor = node.outputs[0] if node.outputs else NOTHING_KNOWN
        counts = self.measured.copy(node)
        if not frame.owned:
            counts = counts.without_weights()
        operands = [frame.sources(operand.source) for operand in node.operands]
        operands[: len(carried)] = carried[: len(operands)]
        index = self._add(
            Leaf(
                path,
                node.what.name,
                tensor,
                self.place,
                node,
                counts.parameters,
                counts.macs.times(frame.steps),
                [source for sources in operands for source in sources],
            )
        )
        count = len(node.outputs) // node.repeat if node.parallel else len(node.outputs)
        return [[index] for _ in range(count)]


def _inside(frame: _Frame, node: Node, inner: Block, path: str, carried: Sources) -> _Frame:
    """The instance of a block that a node stands for, with what flows into it."""
    inputs: Sources = [
        [source for operand in operands for source in frame.sources(operand.source)]
        for operands in feeding(node, inner)
    ]
    # In a series the next copy takes the last one's outputs first; its other operands are those of the first copy.
    inputs[: len(carried)] = carried[: len(inputs)]
    steps = frame.steps * node.what.steps if isinstance(node.what, Loop) else frame.steps
    return _Frame(inner, f"{path}/", inputs, frame.owned and node.shared is None, steps)


def _drive(task: _Task) -> Sources:
    """Run a task and those it asks for, on a stack of our own."""
    stack = [task]
    result: Sources | None = None
    while True:
        try:
            stack.append(next(stack[-1]) if result is None else stack[-1].send(result))
            result = None
        except StopIteration as end:
            result = end.value
            stack.pop()
            if not stack:
                return end.value  # type: ignore[no-any-return]


def _ordered(leaves: list[Leaf]) -> list[int]:
    """Topological; of those that are ready, the one declared first."""
    waiting = [0] * len(leaves)
    readers: list[list[int]] = [[] for _ in leaves]
    for index, leaf in enumerate(leaves):
        for operand in leaf.operands:
            if isinstance(operand, int):
                waiting[index] += 1
                readers[operand].append(index)
    ready = [(leaf.place, index) for index, leaf in enumerate(leaves) if not waiting[index]]
    heapify(ready)
    order: list[int] = []
    while ready:
        _, index = heappop(ready)
        order.append(index)
        for reader in readers[index]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, (leaves[reader].place, reader))
    return order


def _start(span: Span | None) -> int:
    return 0 if span is None else span.start


def _apart(names: tuple[str, ...], taken: set[str]) -> list[str]:
    """The same names, changed where a node has one of them."""
    free: list[str] = []
    for name in names:
        number, path = 1, name
        while path in taken:
            number += 1
            path = f"{name}{number}"
        taken.add(path)
        free.append(path)
    return free


# ------------------------------------------------------------------------------------ as JSON


def flat_json(model: Model) -> Json:
    """See ``schemas/flat.json``. Raises ``TooLarge``."""
    flat = flatten(model)
    leaves = flat.leaves
    total = flat.measured.total
    totals: dict[str, Json] = {
        "parameters": plain_size(total.parameters.value),
        "macs": plain_size(total.macs.value),
    }
    if not (total.parameters.exact and total.macs.exact):
        totals["at_least"] = True
    return {
        "schema": SCHEMA,
        "name": model.name,
        "nodes": [_leaf_json(leaf) for leaf in leaves],
        "edges": [
            [leaves[operand].path, leaf.path]
            for leaf in leaves
            for operand in leaf.operands
            if isinstance(operand, int)
        ],
        "inputs": [_port_json(leaves[i]) for i in flat.inputs],
        "outputs": [_port_json(leaves[i]) for i in flat.outputs],
        "totals": totals,
    }


def _leaf_json(leaf: Leaf) -> Json:
    entry: dict[str, Json] = {
        "path": leaf.path,
        "op": leaf.op,
        "shape": plain_shape(leaf.tensor),
        "parameters": plain_count(leaf.parameters),
        "macs": plain_count(leaf.macs),
    }
    if leaf.undefined:
        entry["undefined"] = True
    literals: list[Json] = [
        {"operand": i, "value": operand.value}
        for i, operand in enumerate(leaf.operands)
        if isinstance(operand, Literal)
    ]
    if literals:
        entry["literals"] = literals
    return entry


def _port_json(leaf: Leaf) -> Json:
    return {"name": leaf.path, "shape": plain_shape(leaf.tensor), "dtype": plain_dtype(leaf.tensor)}
