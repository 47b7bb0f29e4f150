"""What the source calls the tensors of a block."""

from __future__ import annotations

from moniel2.ir.model import OWN_INPUT, Block, Node, Operation, Ref


def hints(block: Block) -> dict[Ref, str]:
    """Names for tensors: outputs of the block, wires, then what the only taker calls it."""
    found: dict[Ref, str] = {}
    for output in block.outputs:
        if output.name and len(output.sources) == 1:
            found.setdefault(output.sources[0], output.name)
    for name, ref in block.wires:
        found.setdefault(ref, name)
    takers: dict[Ref, set[str]] = {}
    for node in block.nodes:
        for operand in node.operands:
            if isinstance(operand.source, Ref):
                takers.setdefault(operand.source, set()).add(_taken_as(node, operand.port))
    for ref, ports in takers.items():
        if len(ports) == 1 and (port := next(iter(ports))):
            found.setdefault(ref, port)
    return found


def given_names(block: Block) -> list[str]:
    """What a block calls each tensor that it gives out, each something else; "" where it has no name for it."""
    called = hints(block)
    found: list[str] = []
    for output in block.outputs:
        for ref in output.sources:
            inputs = [block.inputs[ref.port].name] if ref.node == OWN_INPUT else []
            names = [called.get(ref, ""), *(n for n, r in block.wires if r == ref), *inputs]
            found.append(next((n for n in names if n and n not in found), ""))
    return found


def _taken_as(node: Node, port: str) -> str:
    """A port's name where it says something: of several tensors, which."""
    if len(node.operands) < 2 or len(port) < 2 or not port.isidentifier():
        return ""
    if isinstance(node.what, Operation) and node.what.spec.variadic:
        return ""
    return port


def used(block: Block) -> frozenset[Ref]:
    """Every tensor of a block that something reads."""
    refs = {o.source for n in block.nodes for o in n.operands if isinstance(o.source, Ref)}
    return frozenset(refs | {r for o in block.outputs for r in o.sources})


def singular(id: str) -> str:
    """``layers`` → ``layer``; a name for one copy."""
    base = id[:-1] if id.endswith("s") and not id.endswith("ss") and len(id) > 2 else id
    return base if base.isidentifier() and base != id else "layer"


def plural(name: str) -> str:
    return name if name.endswith("s") else f"{name}s"
