"""Which of torch's layers with weights there are in what a class makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.python import Atom
from moniel2.backends.torch.rules import rule
from moniel2.backends.torch.tree import Built, Chain, Done, Rows, Term, Tree
from moniel2.ir.model import Block, Extern, Operation, Sketch, Undefined, distinct_blocks
from moniel2.ops.code import Layer

WITH_WEIGHTS = ("nn.Linear", "nn.Conv1d", "nn.Conv2d", "nn.Conv3d")
Layers = Mapping[str, set[bool]]
"""Which of those there are, and whether they have a bias."""


def layers_in(tree: Tree) -> Layers:
    """The layers with weights that a tree makes."""
    match tree:
        case Term("new"):
            said = dict(zip(tree.keys, tree.children, strict=True)).get("bias")
            there = (True,) if said is None else _flags(said)
            return {tree.text: set(there)} if tree.text in WITH_WEIGHTS else {}
        case Built(Plan() as plan):
            return _together([layers_of(u.block) for u in plan.units])
        case Chain():
            return _together([layers_in(t) for t in tree.items])
        case Rows():
            return _together([layers_in(s.item) for s in tree.segments])
    return {kind: {True, False} for kind in WITH_WEIGHTS}


def layers_of(block: Block) -> Layers:
    """The layers with weights inside a block."""
    found: list[Layers] = []
    for inner in distinct_blocks(block):
        for node in inner.nodes:
            if isinstance(node.what, (Extern, Sketch, Undefined)):
                return {kind: {True, False} for kind in WITH_WEIGHTS}
            layer = rule(inner, node) if isinstance(node.what, Operation) else None
            if isinstance(layer, Layer) and layer.target in WITH_WEIGHTS:
                found.append({layer.target: {layer.kwargs.get("bias", True) is not False}})
    return _together(found)


def _flags(tree: Tree) -> tuple[bool, ...]:
    """What a flag may be."""
    text = tree.expr if isinstance(tree, Done) else None
    return (text == Atom("True"),) if text in (Atom("True"), Atom("False")) else (True, False)


def _together(parts: Sequence[Layers]) -> Layers:
    return {
        kind: set().union(*(p.get(kind, set()) for p in parts)) for kind in dict.fromkeys(k for p in parts for k in p)
    }
