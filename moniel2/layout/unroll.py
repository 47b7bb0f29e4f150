"""Recurrence written out for a picture: a loop becomes a block of its first steps, each with the states of the last.

A state enters a step from the side, so that steps stand next to one another and time runs across; what follows the last
of them is one more step called ``…``. The steps are the same block with the same weights, and one of them is drawn in
full. ``recurrent`` does it for the operations that are loops themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from moniel2.ir.model import (
    OWN_INPUT,
    Attribute,
    Block,
    Choice,
    Input,
    Literal,
    Loop,
    Model,
    Node,
    Operand,
    Operation,
    PortKind,
    Ref,
    Tensor,
    distinct_blocks,
)
from moniel2.ir.ports import feeding
from moniel2.layout.recurrent import is_recurrent, layered
from moniel2.layout.row import Row, gathered, steps_of, together
from moniel2.layout.steps import STEP, labelled


def unroll(model: Model, most: int) -> Model:
    """The same model with ``most`` steps of every loop side by side; itself if it has none."""
    made: dict[int, Block] = {}
    for block in distinct_blocks(model.root):
        nodes = tuple(_node(n, block, made, most) for n in range(len(block.nodes)))
        same = all(a is b for a, b in zip(nodes, block.nodes, strict=True))
        made[id(block)] = block if same else replace(block, nodes=nodes)
    root = made[id(model.root)]
    return model if root is model.root else replace(model, root=root)


def _node(number: int, block: Block, made: dict[int, Block], most: int) -> Node:
    node = block.nodes[number]
    what = node.what
    if isinstance(what, Block):
        inner = made[id(what)]
        return node if inner is what else _opened(replace(node, what=inner))
    if isinstance(what, Choice):
        inner = made[id(what.body)]
        return node if inner is what.body else _opened(replace(node, what=replace(what, body=inner)))
    if isinstance(what, Loop):
        return _opened(
            replace(node, what=_loop(node, replace(what, body=made[id(what.body)]), block, most, _reads(block, number)))
        )
    if isinstance(what, Operation) and is_recurrent(what):
        return _opened(replace(node, what=layered(node, what, block, most, _reads(block, number))))
    return node


def _reads(block: Block, number: int) -> set[int]:
    """Which outputs of a node are read."""
    sources = [o.source for n in block.nodes for o in n.operands] + [s for p in block.outputs for s in p.sources]
    return {s.port for s in sources if isinstance(s, Ref) and s.node == number}


def _opened(node: Node) -> Node:
    """What leads to steps is open, unless the reader or the text says otherwise."""
    if node.attribute("collapse") is not None:
        return node
    return replace(node, attributes=(*node.attributes, Attribute("expand")))


def _loop(node: Node, loop: Loop, block: Block, most: int, read: set[int]) -> Block:
    """The block that a loop is, written out."""
    side = "right" if loop.reverse else "left"
    step = _step(loop.body, side)
    fed = feeding(node, loop.body)
    inputs = tuple(
        replace(port, tensor=_tensor(block, operands), kind=_plain(port.kind), bound=bool(operands))
        for port, operands in zip(step.ports, fed, strict=True)
    )
    states = {p.name: k for k, p in enumerate(loop.body.outputs) if p.kind is PortKind.STATE}
    row = Row()
    places = steps_of(loop.steps, most)
    own = {k: Ref(OWN_INPUT, k) for k, port in enumerate(inputs) if port.bound}
    alike = [k for k in own if loop.body.inputs[k].kind is not PortKind.STATE]
    if len(alike) > 1:
        own.update({k: Ref(0, n) for n, k in enumerate(alike)})
        named = [(inputs[k].name or f"input {k}", [Ref(OWN_INPUT, k)], inputs[k].tensor) for k in alike]
        row.nodes.append(together("each", named))
    number = -1
    for place in reversed(places) if loop.reverse else places:
        sources: list[Ref | None] = []
        for k, port in enumerate(loop.body.inputs):
            if port.kind is PortKind.STATE and number >= 0:
                sources.append(Ref(number, step.out[states[port.name]]))
            else:
                sources.append(own.get(k))
        operands = tuple(
            Operand(source, port.name or str(i))
            for i, (port, k) in enumerate(zip(step.block.inputs, step.own, strict=True))
            if (source := sources[k]) is not None
        )
        row.add(place, places, step.name, step.block, operands, tuple(p.tensor for p in step.block.outputs))
        number = len(row.nodes) - 1
    last = Ref(number, 0)
    outputs = tuple(
        replace(
            port,
            kind=PortKind.PLAIN,
            sources=()
            if k not in read
            else (replace(last, port=step.out[k]),)
            if port.kind is PortKind.STATE
            else tuple(Ref(n, step.out[k]) for n in row.in_time(loop.reverse)),
            tensors=node.outputs[k : k + 1],
        )
        for k, port in enumerate(loop.body.outputs)
    )
    name = loop.body.name or (node.id if node.named else "Scan")
    outputs = gathered(outputs, row.nodes)
    return Block(name, f"{loop.body.definition} unrolled", (), (), inputs, outputs, tuple(row.nodes))


@dataclass(frozen=True, slots=True)
class _Step:
    """One step: its block, the loop's inputs with their sides, which of these feeds each input of the block, and
    which output of the block each of the loop's outputs is."""

    name: str
    block: Block
    ports: tuple[Input, ...]
    own: tuple[int, ...]
    out: tuple[int, ...]


def _step(body: Block, side: str) -> _Step:
    """A body that is one block and nothing else is that block."""
    ports = tuple(_sided(p, side) if p.kind is PortKind.STATE else p for p in body.inputs)
    only = body.nodes[0] if len(body.nodes) == 1 else None
    if only is not None and isinstance(only.what, Block) and only.repeat == 1 and not only.attributes:
        inner = only.what
        fed = [o[0].source if len(o) == 1 else Literal(0) for o in feeding(only, inner)]
        drawn = [p.sources[0] if len(p.sources) == 1 else Ref(OWN_INPUT, 0) for p in body.outputs]
        refs = [s.port for s in fed if isinstance(s, Ref) and s.node == OWN_INPUT]
        whole = len(refs) == len(inner.inputs) and len(only.outputs) == len(inner.outputs)
        if whole and all(s.node == 0 for s in drawn):
            sided = tuple(
                replace(_sided(p, side), kind=PortKind.PLAIN) if body.inputs[k].kind is PortKind.STATE else p
                for p, k in zip(inner.inputs, refs, strict=True)
            )
            name = labelled(inner) or inner.name or "step"
            return _Step(name, replace(inner, inputs=sided), ports, tuple(refs), tuple(s.port for s in drawn))
    inputs = tuple(replace(p, kind=_plain(p.kind), bound=True) for p in ports)
    outputs = tuple(replace(p, kind=_plain(p.kind)) for p in body.outputs)
    own = tuple(range(len(inputs)))
    name = labelled(body) or body.name or "step"
    return _Step(name, replace(body, inputs=inputs, outputs=outputs), ports, own, tuple(range(len(outputs))))


def _sided(port: Input, side: str) -> Input:
    told = () if any(a.name == "side" for a in port.attributes) else (Attribute("side", (side,)),)
    return replace(port, attributes=(*port.attributes, *told, Attribute(STEP)))


def _plain(kind: PortKind) -> PortKind:
    return PortKind.PLAIN if kind is PortKind.STATE else kind


def _tensor(block: Block, operands: Sequence[Operand]) -> Tensor:
    source = operands[0].source if operands else None
    return block.tensor(source) if isinstance(source, Ref) else Tensor(None)
