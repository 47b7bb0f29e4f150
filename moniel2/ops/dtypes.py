"""How dtypes combine: the promotion of torch as a small table."""

from __future__ import annotations

from moniel2.dims import Dim
from moniel2.ops.spec import OpSpec, Problem

# Within a family the later one wins; a later family wins over an earlier one.
_FAMILIES = (
    ("bool",),
    ("int", "uint8", "int8", "int16", "int32", "int64"),
    ("float", "float16", "bfloat16", "float32", "float64"),
    ("complex32", "complex64", "complex128"),
)
_RANK = {name: (family, place) for family, names in enumerate(_FAMILIES) for place, name in enumerate(names)}
_MEET = {
    frozenset(("uint8", "int8")): "int16",
    frozenset(("float16", "bfloat16")): "float32",
    frozenset(("bfloat16", "complex32")): "complex64",
    frozenset(("float32", "complex32")): "complex64",
    frozenset(("float64", "complex32")): "complex128",
    frozenset(("float64", "complex64")): "complex128",
}
_NUMBERS = {"int": "int64", "float": "float32"}  # a Python number alone


def promote(*dtypes: str) -> str:
    """The dtype of an element-wise result, "" if one is unknown.

    "int" and "float" are Python numbers: they change a tensor's dtype only if their family is a later one
    (``float16`` times 0.5 stays ``float16``, ``int64`` times 0.5 is ``float32``).
    """
    if not dtypes or not all(d in _RANK for d in dtypes):
        return ""
    result = dtypes[0]
    for other in dtypes[1:]:
        result = _MEET.get(frozenset((result, other))) or max(result, other, key=_RANK.__getitem__)
    return _NUMBERS.get(result, result)


def number(value: object) -> str:
    """The dtype of a number written as an argument."""
    return "int" if isinstance(value, (int, Dim)) else "float"


def fractional(dtype: str) -> str:
    """The dtype of a result with fractions (``exp``, division): whole numbers become ``float32``."""
    return "float32" if whole(dtype) else dtype


def whole(dtype: str) -> bool:
    """Whether it is a known dtype of whole numbers or truth values."""
    return dtype in _RANK and _RANK[dtype][0] < 2


def alike(**operands: str) -> str:
    """The one dtype of operands that torch wants to have the same, "" if none is known. Raises ``Problem``."""
    first = ""
    for port, dtype in operands.items():
        if not dtype:
            continue
        first = first or dtype
        if dtype != first:
            mend = f"cast one of them first: Cast({promote(first, dtype)})"
            raise Problem(f"needs operands of one dtype, got {first} and {dtype}", port, mend, "dtype-mismatch")
    return first


def numeric(**operands: str) -> str:
    """The dtype that operands promote to, none of which may hold truth values. Raises ``Problem``."""
    for port, dtype in operands.items():
        if dtype == "bool":
            mend = "Cast(float32) makes ones and zeros of them; LogicalNot, LogicalXor and others take them as they are"
            raise Problem("needs numbers, got truth values", port, mend, "dtype-mismatch")
    return promote(*operands.values())


def real(**operands: str) -> str:
    """The dtype that operands promote to, all of which must be floating-point numbers. Raises ``Problem``."""
    for port, dtype in operands.items():
        if whole(dtype):
            mend = "cast first: Cast(float32)"
            raise Problem(f"needs floating-point numbers, got {dtype}", port, mend, "dtype-mismatch")
    return promote(*operands.values())


def weight_dtype(spec: OpSpec, first: str) -> str:
    """The dtype of an operation's weights where it isn't theirs: that of its first input, if it has numbers with
    fractions in another precision than usual; "" for no other. An operation that is told a dtype keeps to it.
    """
    told = any(argument.kind == "dtype" for argument in spec.arguments)
    return "" if told or whole(first) or first in ("", "float32", "int", "float") else first


def indices(**operands: str) -> None:
    """Raise ``Problem`` unless all are whole numbers that torch counts with."""
    for port, dtype in operands.items():
        if dtype and dtype not in ("int64", "int32", "int"):
            raise Problem(f"needs whole numbers, got {dtype}", port, "cast first: Cast(int64)", "dtype-mismatch")
