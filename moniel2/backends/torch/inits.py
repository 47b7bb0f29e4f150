"""``@init("kaiming_normal", mode = "fan_out")``: how weights start, on a node or on a definition."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.backends.torch import python
from moniel2.backends.torch.draft import Slot
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.python import Atom, Call, Expr
from moniel2.backends.torch.tree import Built, Chain, Rows, Tree
from moniel2.ir.model import Attribute, Block
from moniel2.ops.initializers import INITIALIZERS

_WITH_WEIGHTS = "nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d"


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


def needs_a_matrix(attribute: Attribute) -> bool:
    """Whether a start counts what comes in and goes out, or is one of matrices: nothing for a row of weights."""
    name = attribute.values[0] if attribute.values else ""
    return str(name).startswith(("kaiming", "xavier", "orthogonal", "dirac", "eye", "sparse"))


def init_lines(pairs: Sequence[tuple[Slot, Tree]], indent: str) -> list[str]:
    """The starts asked for on nodes."""
    lines: list[str] = []
    for slot, tree in pairs:
        for attribute in slot.init:
            if isinstance(tree, (Rows, Chain, Built)):
                call = init_call(attribute, Atom("module.weight"))
                lines += _everywhere(f"self.{slot.attribute}.modules()", call, attribute, indent)
                continue
            path = f"self.{slot.attribute}" if slot.kind != "module" else f"self.{slot.attribute}.weight"
            call = init_call(attribute, Atom(path))
            if call is not None:
                lines += python.statement("", call, indent)
                lines += _bias(attribute, f"self.{slot.attribute}.bias", indent)
    return lines


def init_lines_everywhere(block: Block, indent: str) -> list[str]:
    """The start asked for on a definition: of every weight inside."""
    lines: list[str] = []
    for attribute in block.attributes:
        if attribute.name == "init":
            call = init_call(attribute, Atom("module.weight"))
            lines += _everywhere("self.modules()", call, attribute, indent)
    return lines


def _everywhere(modules: str, call: Expr | None, attribute: Attribute, indent: str) -> list[str]:
    if call is None:
        return []
    inner = indent + python.STEP * 2
    lines = [f"{indent}for module in {modules}:"]
    lines.append(f"{indent}{python.STEP}if isinstance(module, ({_WITH_WEIGHTS})):")
    return [*lines, *python.statement("", call, inner), *_bias(attribute, "module.bias", inner)]


def _bias(attribute: Attribute, path: str, indent: str) -> list[str]:
    value = dict(attribute.named).get("bias")
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return []
    call = Call(Atom("nn.init.constant_"), (Atom(path), literal(value)))
    return [f"{indent}if {path} is not None:", *python.statement("", call, indent + python.STEP)]
