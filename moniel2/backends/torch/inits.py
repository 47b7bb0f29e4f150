"""``@init("kaiming_normal", mode = "fan_out")``: how weights start, on a node or on a definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.backends.torch import python
from moniel2.backends.torch.draft import Slot
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.python import Atom, Call, Expr
from moniel2.backends.torch.rules import rule
from moniel2.backends.torch.tree import Built, Chain, Done, Rows, Term, Tree
from moniel2.ir.model import Attribute, Block, Extern, Operation, Sketch, Undefined, distinct_blocks
from moniel2.ops.code import Layer
from moniel2.ops.initializers import INITIALIZERS

_WITH_WEIGHTS = ("nn.Linear", "nn.Conv1d", "nn.Conv2d", "nn.Conv3d")
Layers = Mapping[str, set[bool]]
"""Which of those there are, and whether they have a bias."""


def init_call(attribute: Attribute, weight: Expr) -> Expr | None:
    """``nn.init.kaiming_normal_(weight, …)``; None for what torch doesn't have."""
    wanted = attribute.values[0] if attribute.values else None
    if not isinstance(wanted, str) or wanted.rstrip("_") not in INITIALIZERS:
        return None
    name = wanted.rstrip("_")
    rest = [literal(v) for v in attribute.values[1:] if isinstance(v, (int, float, str))]
    named = [
        (k, literal(v)) for k, v in attribute.named if k in INITIALIZERS[name] and isinstance(v, (int, float, str))
    ]
    args = (weight, *rest, *(v for _, v in named))
    keys = ("", *("" for _ in rest), *(k for k, _ in named))
    return Call(Atom(f"nn.init.{name}_"), args, keys)


def init_lines(pairs: Sequence[tuple[Slot, Tree]], indent: str) -> list[str]:
    """The starts asked for on nodes."""
    lines: list[str] = []
    for slot, tree in pairs:
        for attribute in slot.init:
            if isinstance(tree, (Rows, Chain, Built)):
                call = init_call(attribute, Atom("module.weight"))
                lines += _everywhere(f"self.{slot.attribute}.modules()", call, attribute, layers_in(tree), indent)
                continue
            path = f"self.{slot.attribute}" if slot.kind != "module" else f"self.{slot.attribute}.weight"
            call = init_call(attribute, Atom(path))
            if call is not None:
                lines += python.statement("", call, indent)
                lines += _bias(attribute, f"self.{slot.attribute}.bias", layers_in(tree), indent)
    return lines


def init_lines_everywhere(block: Block, indent: str) -> list[str]:
    """The start asked for on a definition: of every weight inside."""
    lines: list[str] = []
    for attribute in block.attributes:
        if attribute.name == "init":
            call = init_call(attribute, Atom("module.weight"))
            lines += _everywhere("self.modules()", call, attribute, layers_of(block), indent)
    return lines


def layers_in(tree: Tree) -> Layers:
    """The layers with weights that a tree makes."""
    match tree:
        case Term("new"):
            said = dict(zip(tree.keys, tree.children, strict=True)).get("bias")
            there = (True,) if said is None else _flags(said)
            return {tree.text: set(there)} if tree.text in _WITH_WEIGHTS else {}
        case Built(Plan() as plan):
            return _together([layers_of(u.block) for u in plan.units])
        case Chain():
            return _together([layers_in(t) for t in tree.items])
        case Rows():
            return _together([layers_in(s.item) for s in tree.segments])
    return {kind: {True, False} for kind in _WITH_WEIGHTS}


def layers_of(block: Block) -> Layers:
    """The layers with weights inside a block."""
    found: list[Layers] = []
    for inner in distinct_blocks(block):
        for node in inner.nodes:
            if isinstance(node.what, (Extern, Sketch, Undefined)):
                return {kind: {True, False} for kind in _WITH_WEIGHTS}
            layer = rule(inner, node) if isinstance(node.what, Operation) else None
            if isinstance(layer, Layer) and layer.target in _WITH_WEIGHTS:
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


def _everywhere(modules: str, call: Expr | None, attribute: Attribute, layers: Layers, indent: str) -> list[str]:
    kinds = [kind for kind in _WITH_WEIGHTS if kind in layers]
    if call is None or not kinds:
        return []
    inner = indent + python.STEP * 2
    lines = [f"{indent}for module in {modules}:"]
    kind = kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"
    lines.append(f"{indent}{python.STEP}if isinstance(module, {kind}):")
    return [*lines, *python.statement("", call, inner), *_bias(attribute, "module.bias", layers, inner)]


def _bias(attribute: Attribute, path: str, layers: Layers, indent: str) -> list[str]:
    value = dict(attribute.named).get("bias")
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return []
    plain = "zeros_" if value == 0 else "ones_" if value == 1 else ""
    args = (Atom(path),) if plain else (Atom(path), literal(value))
    call = Call(Atom(f"nn.init.{plain or 'constant_'}"), args)
    there = set().union(*layers.values())
    if there == {True}:
        return python.statement("", call, indent)
    return (
        [f"{indent}if {path} is not None:", *python.statement("", call, indent + python.STEP)]
        if there != {False}
        else []
    )
