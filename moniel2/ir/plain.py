"""Values of the model as plain JSON: numbers where there are numbers, text for formulas, null for what isn't known."""

from __future__ import annotations

from math import isfinite
from typing import TypeAlias

from moniel2.dims import Dim, Real
from moniel2.ir.measure import Count
from moniel2.ir.model import BlockName, DType, Tensor, Unknown, Value
from moniel2.source import Span

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


def plain_size(size: Dim) -> int | str | None:
    if not size.known:
        return None
    constant = size.constant
    return str(size) if constant is None else constant


def plain_shape(tensor: Tensor) -> Json:
    """Null when not even the rank is known."""
    return None if tensor.shape is None else [plain_size(size) for size in tensor.shape]


def plain_dtype(tensor: Tensor) -> str | None:
    return tensor.dtype or None


def plain_count(count: Count) -> int | str | None:
    """Null for a count that is only known from below."""
    return plain_size(count.value) if count.exact else None


def plain_value(value: Value) -> Json:
    """An argument. Blocks and dtypes are their text."""
    if isinstance(value, tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, Dim):
        return plain_size(value)
    if isinstance(value, Unknown):
        return None
    if isinstance(value, BlockName | DType | Real):
        return str(value)
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    return value


def plain_values(values: tuple[tuple[str, Value], ...]) -> Json:
    return {name: plain_value(value) for name, value in values}


def plain_span(span: Span | None) -> Json:
    """Where it stands in the text; null for what was never written."""
    if span is None:
        return None
    start, end = (span.source.position(offset) for offset in (span.start, span.end))
    return {
        "file": span.source.name,
        "start": {"line": start.line, "column": start.column, "offset": start.offset},
        "end": {"line": end.line, "column": end.column, "offset": end.offset},
    }
