"""Asking operations how they are written in PyTorch."""

from __future__ import annotations

from typing import Protocol, cast

from moniel2.dims import Shape, unknown_shape
from moniel2.ir.model import Block, Choice, Extern, Literal, Loop, Node, Operation, Sketch, Undefined, inner_blocks
from moniel2.ops import code, spec


class Ruled(Protocol):
    """An operation's class has the rule with its own ports for arguments."""

    def torch(self, *inputs: object) -> code.Torch: ...


def rule(block: Block, node: Node) -> code.Torch | None:
    """The operation's own rule for these shapes; None if it has nothing to say, as for a shape that isn't known."""
    assert isinstance(node.what, Operation)
    if node.what.name == "Identity":
        # A module, so that it can stand where another specialization has one.
        return code.Layer("nn.Identity")
    found = shapes(block, node)
    if len(found) == 1 and found[0] is None and (rank := known_rank(node.what)):
        # A layer that finds its input's sizes itself needs no more than the number of axes.
        found = [unknown_shape(rank)]
    try:
        return cast(Ruled, node.what.op).torch(*found)
    except (spec.Problem, TypeError, AttributeError, IndexError, ValueError, StopIteration):
        return None


def known_rank(operation: Operation) -> int:
    """How many axes the input has, by the operation's own words; 0 if it doesn't say. ``Linear`` takes any number."""
    if operation.name == "Linear":
        return 2
    rank = getattr(operation.op, "rank", None)
    return rank + 2 if isinstance(rank, int) else 0


def shapes(block: Block, node: Node) -> list[Shape | None]:
    """Shapes for the rule, one for each port and all of a variadic one's operands."""
    assert isinstance(node.what, Operation)
    if node.what.weights and not node.operands and node.shared is None:
        block, node = applied(block, node.id, 0) or (block, node)
    assert isinstance(node.what, Operation)
    by_port: dict[str, list[Shape | None]] = {}
    for operand in node.operands:
        shape = Shape() if isinstance(operand.source, Literal) else block.tensor(operand.source).shape
        by_port.setdefault(operand.port, []).append(shape)
    result: list[Shape | None] = []
    for port in node.what.spec.inputs:
        found = by_port.get(port.name, [])
        result += found if port.variadic else found[:1] or [None]
    return result


def applied(block: Block, name: str, depth: int) -> tuple[Block, Node] | None:
    """Where a node of the block ``depth`` levels outwards that is only declared is applied in blocks inside."""
    for node in block.nodes:
        if depth and node.shared is not None and node.shared.up == depth and node.shared.path == (name,):
            return (block, node) if isinstance(node.what, Operation) else None
        for inner in inner_blocks(node.what):
            found = applied(inner, name, depth + 1)
            if found is not None:
                return found
    return None


def module_like(block: Block, node: Node) -> bool:
    """Whether the node is a module of its own that is called with its operands and nothing else."""
    match node.what:
        case Operation():
            if node.what.functional or any(t.transpose for t in node.ties):
                return False
            found = rule(block, node)
            if found is None:
                return True
            layer = found.layer if isinstance(found, code.Source) else found
            return isinstance(layer, code.Layer) and layer.call is None and not layer.call_kwargs
        case Extern():
            return node.what.target.rpartition(".")[2][:1].isupper()
        case Block() | Loop() | Sketch() | Undefined() | Choice():
            return True
    return False
