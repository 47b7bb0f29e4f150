"""The model as JSON, block by block: each distinct block once (``moniel2 graph``)."""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.ir.measure import Measured, measure
from moniel2.ir.model import (
    OWN_INPUT,
    Block,
    Choice,
    Extern,
    Input,
    Literal,
    Loop,
    Model,
    Node,
    Operand,
    Operation,
    Output,
    Ref,
    Sketch,
    Undefined,
    inner_blocks,
)
from moniel2.ir.plain import (
    Json,
    plain_count,
    plain_dtype,
    plain_shape,
    plain_size,
    plain_span,
    plain_value,
    plain_values,
)
from moniel2.ir.ports import feeding, output_ports, port_names, ported

SCHEMA = "moniel2.graph/1"


def hierarchy(model: Model) -> Json:
    """See ``schemas/graph.json``. The counts of a node are those of all its copies."""
    measured = measure(model.root)
    names = block_names(model.root)
    blocks: Json = {name: _block(block, names, measured) for block, name in names.values()}
    return {"schema": SCHEMA, "name": model.name, "root": names[id(model.root)][1], "blocks": blocks}


Names = dict[int, tuple[Block, str]]


def block_names(root: Block) -> Names:
    """A name for every distinct block by its identity, in the order of first use: ``Stage``, ``Stage#2``, ``{}``."""
    found: Names = {}
    used: dict[str, int] = {}
    stack = [root]
    while stack:
        block = stack.pop()
        if id(block) in found:
            continue
        name = block.name or "{}"
        used[name] = used.get(name, 0) + 1
        found[id(block)] = (block, name if used[name] == 1 else f"{name}#{used[name]}")
        stack += [inner for node in reversed(block.nodes) for inner in reversed(inner_blocks(node.what))]
    return found


def _block(block: Block, names: Names, measured: Measured) -> Json:
    return {
        "name": block.name,
        "params": plain_values(block.parameters),
        "inputs": [_input(port, name) for port, name in zip(block.inputs, port_names(block.inputs), strict=True)],
        "outputs": [_output(port, name) for port, name in zip(block.outputs, port_names(block.outputs), strict=True)],
        "nodes": [_node(node, names, measured) for node in block.nodes],
        "edges": [{"from": list(a), "to": list(b)} for a, b in edges(block)],
    }


def _input(port: Input, name: str) -> Json:
    entry: dict[str, Json] = {
        "name": name,
        "shape": plain_shape(port.tensor),
        "dtype": plain_dtype(port.tensor),
    }
    if port.kind.value != "plain":
        entry["kind"] = port.kind.value
    if port.optional:
        entry["optional"] = True
        entry["bound"] = port.bound
    return entry


def _output(port: Output, name: str) -> Json:
    entry: dict[str, Json] = {"name": name, "shape": plain_shape(port.tensor), "dtype": plain_dtype(port.tensor)}
    if port.kind.value != "plain":
        entry["kind"] = port.kind.value
    if len(port.tensors) > 1:
        entry["bundle"] = [{"shape": plain_shape(t), "dtype": plain_dtype(t)} for t in port.tensors]
    return entry


def _node(node: Node, names: Names, measured: Measured) -> Json:
    counts = measured.node(node)
    entry: dict[str, Json] = {"id": node.key, **_what(node, names)}
    entry["repeat"] = node.repeat
    entry["shape"] = plain_shape(node.outputs[0]) if node.outputs else None
    entry["dtype"] = plain_dtype(node.outputs[0]) if node.outputs else None
    entry["parameters"] = plain_count(counts.parameters)
    entry["macs"] = plain_count(counts.macs)
    entry["span"] = plain_span(node.span)
    if len(node.outputs) > 1:
        entry["outputs"] = [
            {"name": name, "shape": plain_shape(tensor), "dtype": plain_dtype(tensor)}
            for name, tensor in zip(output_ports(node), node.outputs, strict=False)
        ]
    if node.parallel:
        entry["parallel"] = True
    if node.times:
        entry["times"] = node.times
    if node.shared is not None:
        entry["shared"] = {"up": node.shared.up, "path": list(node.shared.path)}
    if node.ties:
        entry["ties"] = [
            {"weight": tie.weight, "up": tie.up, "path": list(tie.path), "transpose": tie.transpose}
            for tie in node.ties
        ]
    literals: list[Json] = [
        {"operand": i, "port": port, "value": plain_value(operand.source.value)}
        for i, (operand, port) in enumerate(_operands(node))
        if isinstance(operand.source, Literal)
    ]
    if literals:
        entry["literals"] = literals
    return entry


def _what(node: Node, names: Names) -> dict[str, Json]:
    what = node.what
    if isinstance(what, Block):
        return {"block": names[id(what)][1], "args": plain_values(what.parameters)}
    if isinstance(what, Loop):
        loop: Json = {"axis": what.axis, "reverse": what.reverse, "steps": plain_size(what.steps)}
        return {"block": names[id(what.body)][1], "args": {}, "loop": loop}
    if isinstance(what, Choice):
        return {"block": names[id(what.body)][1], "args": {}, "choice": {"condition": what.condition}}
    entry: dict[str, Json] = {"op": what.name, "args": plain_values(what.arguments)}
    if isinstance(what, Extern):
        entry["extern"] = what.target
    elif isinstance(what, Undefined):
        entry["undefined"] = True
    elif isinstance(what, Sketch):
        entry["missing"] = list(what.missing)
    elif isinstance(what, Operation) and what.functional:
        entry["functional"] = True
    return entry


End = tuple[str | None, str]


def edges(block: Block) -> Iterator[tuple[End, End]]:
    """From port to port, the operands of each node in order; the block's own ports have no node."""
    own, given = port_names(block.inputs), port_names(block.outputs)
    outputs = [output_ports(node) for node in block.nodes]

    def start(ref: Ref) -> End:
        if ref.node == OWN_INPUT:
            return (None, own[ref.port])
        names = outputs[ref.node]
        return (block.nodes[ref.node].key, names[ref.port] if ref.port < len(names) else "out")

    for node in block.nodes:
        for operand, port in _operands(node):
            if isinstance(operand.source, Ref):
                yield start(operand.source), (node.key, port)
    for output, name in zip(block.outputs, given, strict=True):
        for ref in output.sources:
            yield start(ref), (None, name)


def _operands(node: Node) -> list[tuple[Operand, str]]:
    """Every operand with the name of the port it feeds."""
    block = ported(node.what)
    if block is None:
        return [(operand, operand.port) for operand in node.operands]
    names = port_names(block.inputs)
    fed = {id(o): name for name, operands in zip(names, feeding(node, block), strict=True) for o in operands}
    return [(operand, fed.get(id(operand), operand.port)) for operand in node.operands]
