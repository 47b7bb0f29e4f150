"""The types of a constructor's parameters."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.backends.torch.literals import ruled
from moniel2.backends.torch.tree import Any_, Class, Open
from moniel2.dims import Dim


def type_of(values: Sequence[object]) -> str:
    """The annotation for a parameter with these values."""
    lengths = {len(v) for v in values if isinstance(v, tuple)}
    kinds = {_kind(v, len(lengths) > 1) for v in values if not isinstance(v, Any_) and v != ()}
    if any(isinstance(v, tuple) and ruled(v) for v in values):
        kinds = {"Sequence[int]", *(k for k in kinds if not k.startswith("tuple["))}
    for some in ("{}", "tuple[{}, ...]"):
        if some.format("float") in kinds:
            kinds.discard(some.format("int"))
    order = ["bool", "int", "float", "str", "tuple[int, ...]", "tuple[float, ...]", "tuple[str, ...]", "None"]
    return " | ".join(sorted(kinds, key=lambda k: order.index(k) if k in order else 6)) or "tuple[int, ...]"


def _kind(value: object, many: bool = False) -> str:
    if isinstance(value, tuple):
        if any(isinstance(v, Open) for v in value):
            return f"Sequence[{' | '.join(dict.fromkeys(map(_kind, value)))}]"
        if len(value) in (2, 3) and not many:
            return f"tuple[{', '.join(_kind(v) for v in value)}]"
        kinds = {_kind(v) for v in value}
        inner = "float" if kinds == {"int", "float"} else next(iter(kinds)) if len(kinds) == 1 else "object"
        return f"tuple[{inner}, ...]"
    if isinstance(value, Class):
        return "type[nn.Module]"
    if isinstance(value, Open):
        return "int" if isinstance(value.size, Dim) else "float"
    return "None" if value is None else type(value).__name__
