"""How dtypes combine: the promotion of torch as a small table."""

from __future__ import annotations

from moniel2.dims import Dim

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
