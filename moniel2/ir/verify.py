"""The laws of the model, as a function that says where one is broken. Called by tests between the stages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from moniel2.ir.model import (
    NOTHING_KNOWN,
    OWN_INPUT,
    Block,
    Choice,
    Extern,
    Literal,
    Loop,
    Model,
    Node,
    Operation,
    PortKind,
    Ref,
    Sketch,
    Tensor,
    distinct_blocks,
    inner_blocks,
)


def verify(model: Model) -> list[str]:
    """Every breach of a law, in words; none for a sound model."""
    if circle := _circle(model.root):
        return [f"block {circle} contains itself"]
    return [f"{block.name or '{}'}: {breach}" for block in distinct_blocks(model.root) for breach in _block(block)]


def _circle(root: Block) -> str:
    """The name of a block that contains itself, or nothing."""
    open_: set[int] = set()
    done: set[int] = set()
    stack: list[tuple[Block, bool]] = [(root, False)]
    while stack:
        block, leaving = stack.pop()
        if leaving:
            open_.discard(id(block))
            done.add(id(block))
        elif id(block) in open_:
            return block.name or "{}"
        elif id(block) not in done:
            open_.add(id(block))
            stack.append((block, True))
            stack += [(inner, False) for node in block.nodes for inner in inner_blocks(node.what)]
    return ""


def _block(block: Block) -> Iterator[str]:
    keys = [node.key for node in block.nodes]
    for key in _twice(keys):
        yield f"two nodes have the key {key}"
    for i, node in enumerate(block.nodes):
        for breach in (*_operands(block, i, node), *_copies(block, node), *_outputs(node)):
            yield f"{node.key}: {breach}"
    for output in block.outputs:
        either = output.kind is PortKind.EITHER
        if len(output.sources) != len(output.tensors) and not either:
            yield f"output {output.name}: {len(output.sources)} sources, {len(output.tensors)} tensors"
        for k, ref in enumerate(output.sources):
            tensor = output.tensors[k] if k < len(output.tensors) and not either else NOTHING_KNOWN
            if breach := _ref(block, ref, len(block.nodes)):
                yield f"output {output.name}: {breach}"
            elif tensor.shape is not None and block.tensor(ref) != tensor:
                yield f"output {output.name} is {tensor}, its source {block.tensor(ref)}"


def _twice(names: list[str]) -> list[str]:
    return sorted(name for name, count in Counter(names).items() if count > 1)


def _ref(block: Block, ref: Ref, before: int) -> str:
    if ref.node == OWN_INPUT:
        return "" if 0 <= ref.port < len(block.inputs) else f"reads input {ref.port} of {len(block.inputs)}"
    if not 0 <= ref.node < before:
        return f"reads node {ref.node}, which isn't before it"
    outputs = block.nodes[ref.node].outputs
    return "" if 0 <= ref.port < len(outputs) else f"reads output {ref.port} of {len(outputs)} of node {ref.node}"


def _operands(block: Block, index: int, node: Node) -> Iterator[str]:
    ports = _ports(node)
    for operand in node.operands:
        if isinstance(operand.source, Ref) and (breach := _ref(block, operand.source, index)):
            yield breach
        if ports is not None and operand.port not in ports:
            yield f"has no input {operand.port!r}"


def _ports(node: Node) -> set[str] | None:
    """The names of the ports it can take; None where nothing is known of them."""
    what = node.what
    if isinstance(what, Operation):
        # Weights that come in as operands have ports named like the weights.
        names = {p.name for p in what.spec.inputs}
        return None if what.functional else names
    if isinstance(what, Sketch):
        return None
    blocks = [what.block] if isinstance(what, Extern) else inner_blocks(what)
    return {p.name or str(i) for b in blocks for i, p in enumerate(b.inputs)} if blocks else None


def _copies(block: Block, node: Node) -> Iterator[str]:
    if node.repeat < 1:
        yield f"{node.repeat} copies"
    if node.repeat > 1 and node.first is None and node.shared is None:
        yield f"{node.repeat} copies without an index"
    if node.repeat > 1 and not node.parallel:
        given = list(node.outputs[: _main(node)])
        taken = [_source(block, operand.source) for operand in node.operands[: len(given)]]
        if taken != given:
            yield "a folded series doesn't give out what it takes in"


def _main(node: Node) -> int:
    """How many of its outputs the bare name of a node stands for; the others are taps, states, side outputs."""
    what = node.what
    if isinstance(what, Operation | Sketch) and what.spec.side_outputs:
        return 1
    body = what if isinstance(what, Block) else what.body if isinstance(what, Loop) else None
    return len(node.outputs) if body is None else sum(max(1, len(o.tensors)) for o in body.plain_outputs)


def _source(block: Block, source: Ref | Literal) -> Tensor | None:
    return block.tensor(source) if isinstance(source, Ref) else None


def _outputs(node: Node) -> Iterator[str]:
    if len(node.outputs) != len(node.output_names):
        yield f"{len(node.outputs)} outputs, {len(node.output_names)} names"
    what = node.what
    if isinstance(what, Block):
        given = tuple(t for output in what.outputs for t in output.tensors or (NOTHING_KNOWN,))
        # A declared shape may say more than the block knows, or contradict it: then it is reported, and unknown here.
        same = len(given) == len(node.outputs) and all(
            a == b or a.shape is None or b.shape is None or not (a.shape.known and b.shape.known)
            for a, b in zip(given, node.outputs, strict=True)
        )
        if not same and not node.parallel:
            yield "its outputs aren't those of its block"
    if isinstance(what, Loop | Choice) and not node.outputs:
        yield "gives nothing out"
