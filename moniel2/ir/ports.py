"""Names for the ports of blocks, and which operand feeds which of them."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.ir.model import Block, Choice, Extern, Input, Loop, Node, Operand, Output, What


def port_names(ports: Sequence[Input] | Sequence[Output]) -> tuple[str, ...]:
    """A name for each port, unique: its own, or ``in``, ``in2``, … (``out``, ``out2``, …) for those without."""
    own = {port.name for port in ports}
    taken: set[str] = set()
    names: list[str] = []
    for port in ports:
        stem = port.name or ("in" if isinstance(port, Input) else "out")
        name, number = stem, 1
        while name in taken or ((number > 1 or not port.name) and name in own):
            number += 1
            name = f"{stem}{number}"
        taken.add(name)
        names.append(name)
    return tuple(names)


def ported(what: What) -> Block | None:
    """The block whose inputs and outputs are the ports of a node; None for operations."""
    if isinstance(what, Block):
        return what
    if isinstance(what, Loop | Choice):
        return what.body
    return what.block if isinstance(what, Extern) else None


def feeding(node: Node, block: Block) -> tuple[tuple[Operand, ...], ...]:
    """For each input of the block inside a node, the operands that feed it, in order.

    An operand names its input, or gives its number if that has no name; the inputs that a bundle fills share a name.
    """
    numbers: dict[str, list[int]] = {}
    for i, port in enumerate(block.inputs):
        numbers.setdefault(port.name or str(i), []).append(i)
    found: list[list[Operand]] = [[] for _ in block.inputs]
    for operand in node.operands:
        if left := numbers.get(operand.port):
            found[left.pop(0) if len(left) > 1 else left[0]].append(operand)
    return tuple(map(tuple, found))


def output_ports(node: Node) -> tuple[str, ...]:
    """A name for each output of a node; the tensors of a bundle share theirs."""
    block = ported(node.what)
    if block is None:
        return node.output_names
    names = port_names(block.outputs)
    bundled = tuple(name for name, port in zip(names, block.outputs, strict=True) for _ in port.tensors or (None,))
    if len(bundled) == len(node.outputs):
        return bundled
    return names if len(names) == len(node.outputs) else node.output_names
