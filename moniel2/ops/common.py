"""Rules that recur in operations, named."""

from __future__ import annotations

from moniel2.dims import ZERO, Dim, Shape
from moniel2.ops.spec import Op, Problem, Sizes, Weights


def same_shape(self: Op, x: Shape) -> Shape:
    return x


def same_dtype(self: Op, *dtypes: str, **_: str) -> str:
    return dtypes[0] if dtypes else ""


def floating(self: Op, *dtypes: str) -> str:
    """The first input's dtype, which must be a floating (or unknown) one."""
    x = dtypes[0]
    if x and not x.startswith(("float", "bfloat", "complex")):
        port = self.spec.inputs[0]
        mend = f"cast first: Cast(float32) -> {self.spec.name}"
        blame = f"{port.name}[0]" if port.variadic else port.name
        raise Problem(f"needs floating-point numbers, got {x}", blame, mend, "dtype-mismatch")
    return x


def no_weights(self: Op, *inputs: Shape | None) -> Weights:
    return {}


def no_macs(self: Op, *inputs: Shape | None) -> Dim:
    return ZERO


def spread(values: Sizes, rank: int, argument: str) -> tuple[Dim, ...]:
    """One size per spatial axis, from one for all or from as many as there are axes."""
    if len(values) == rank:
        return tuple(values)
    if len(values) == 1:
        return tuple(values) * rank
    raise Problem(f"{argument} has {len(values)} sizes for {rank} spatial dimensions", argument)


def axis_of(axis: int, rank: int, argument: str = "axis") -> int:
    """A non-negative axis, checked against the rank."""
    if not -rank <= axis < rank:
        raise Problem(f"{argument} {axis} is out of range for {rank} dimensions", argument)
    return axis % rank
