"""How one node is written."""

from __future__ import annotations

from dataclasses import dataclass

from moniel2.backends.torch.tree import Leaf, Term, Tree


@dataclass(frozen=True, slots=True)
class Code:
    """A node's code: one expression, or one for each output. ``single``: only the first output comes out."""

    tree: Tree
    pick: tuple[tuple[int, ...], ...] = ()
    parts: tuple[Tree, ...] = ()
    single: bool = False


def one(code: Code) -> Tree:
    return code.parts[0] if code.parts else code.tree


def called(module: Tree | None, operands: list[tuple[str, Tree]]) -> Code:
    return Code(Term("apply", "", (module or Leaf(None), *(t for _, t in operands))))
