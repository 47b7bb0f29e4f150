"""`y = Conv(64)(x)`: a network written as its program would be. Tensors aren't values, and arrows name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moniel2.semantics.functions import FUNCTIONS
from moniel2.semantics.parts import parts_of
from moniel2.semantics.values import UNKNOWN_VALUE
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder


def check_called(builder: Builder) -> None:
    """Report constants that compute with tensors. Nothing more is said of their names."""
    outline = builder.outline
    plain = [s for s in outline.body.statements if isinstance(s, tree.Constant)]
    tensors = {s.id for s in outline.inputs if s.named} | set(outline.written)
    tensors = {name for name in tensors if builder.home.find(name) is None and name not in outline.constants}
    found: list[tree.Constant] = []
    for constant in plain:
        own = {constant.name} if _calls(constant.value) else set()
        if _names(constant.value) & (tensors | own):
            found.append(constant)
            tensors.add(constant.name)
    for constant in found:
        builder.report(
            "tensor-as-argument",
            f"`{constant.name} =` names a value, and here it would be a tensor",
            constant.span,
            help=_help(constant),
        )
        builder.home.values[constant.name] = UNKNOWN_VALUE
        builder.home.pending.discard(constant.name)
        builder.complained.add(constant.name)
        builder.called_names.add(constant.name)


def _names(value: tree.Expr) -> set[str]:
    return {part.name for part in parts_of(value) if isinstance(part, tree.Name)}


def _calls(value: tree.Expr) -> bool:
    """Whether a value calls what is no function of values: only a layer can be meant."""
    if not isinstance(value, tree.Call):
        return False
    callee = value.callee
    return not isinstance(callee, tree.Name) or callee.name not in FUNCTIONS


def _help(constant: tree.Constant) -> str:
    name, value = constant.name, constant.value
    operands: list[tree.Expr] = []
    layer = ""
    if isinstance(value, tree.Binary):
        operands, layer = [value.left, value.right], _MERGES.get(value.operator, "")
    elif isinstance(value, tree.Call) and all(a.name is None for a in value.arguments.items):
        operands = [a.value for a in value.arguments.items]
        callee = value.callee
        made = callee.callee if isinstance(callee, tree.Call) else callee
        layer = callee.span.text if isinstance(made, tree.Name) and made.name[0].isupper() else ""
    if not layer or not operands or not all(isinstance(o, tree.Name) for o in operands):
        return f"tensors flow along arrows: … -> {name}"
    listing = ", ".join(o.span.text for o in operands)
    chain = f"{listing if len(operands) == 1 else f'[{listing}]'} -> {layer}"
    again = name in {o.span.text for o in operands}
    return f"as `{chain} -> …`: each tensor has a name of its own" if again else f"write `{chain} -> {name}`"


_MERGES = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div"}
