"""What a parameter nobody gave stands for, as far as the text of its block tells: a block, a flag, a sequence."""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.semantics.outline import Outline
from moniel2.syntax import tree
from moniel2.syntax.node import nodes

_OF_SEQUENCES = frozenset({"zip", "enumerate", "len", "sum"})


def is_size(outline: Outline | None, name: str) -> bool:
    """Whether a parameter may be a size: nothing in the block uses it as anything else."""
    return not (is_block(outline, name) or _is_flag(outline, name) or _is_sequence(outline, name))


def is_block(outline: Outline | None, name: str) -> bool:
    """Whether a parameter stands for a block: it is a node's type in the body."""
    if outline is None:
        return False
    return any(isinstance(n, tree.Instance) and n.type.name == name for n in nodes(outline.body))


def _is_flag(outline: Outline | None, name: str) -> bool:
    """Whether a condition asks for a parameter as it is, ``if deep`` or ``mode == "same"``."""
    if outline is None:
        return False
    asked = [n.condition for n in nodes(outline.body) if isinstance(n, (tree.If, tree.Choice, tree.Ternary))]
    for expr in asked:
        match expr:
            case tree.Name(name=asked_for) if asked_for == name:
                return True
            case tree.Unary(operator="not", operand=operand):
                asked.append(operand)
            case tree.Binary(operator="and" | "or", left=left, right=right):
                asked += [left, right]
            case tree.Binary(left=tree.Name(name=left), right=tree.Text()) if left == name:
                return True
    return False


def _is_sequence(outline: Outline | None, name: str) -> bool:
    """Whether a parameter is gone through, counted or indexed: ``for w in widths``, ``len(widths)``, ``widths[0]``."""
    if outline is None:
        return False
    return any(isinstance(e, tree.Name) and e.name == name for e in _sequences(outline.body))


def _sequences(body: tree.Body) -> Iterator[tree.Expr]:
    """Every expression of a body that must be a sequence."""
    for node in nodes(body):
        match node:
            case tree.For(iterable=iterable) | tree.Comprehension(iterable=iterable):
                yield iterable
            case tree.Index(value=value) | tree.Slice(value=value):
                yield value
            case tree.Binary(operator="in", right=right):
                yield right
            case tree.Call(callee=tree.Name(name=function), arguments=arguments) if function in _OF_SEQUENCES:
                yield from (argument.value for argument in arguments.items)
