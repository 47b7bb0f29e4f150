"""Kinds of operations that recur: without weights, element by element."""

from __future__ import annotations

from typing import Any, ClassVar

from moniel2.dims import Shape
from moniel2.ops.check import broadcast
from moniel2.ops.code import Arg
from moniel2.ops.common import no_macs, no_weights, same_dtype
from moniel2.ops.spec import Op, Problem


class Plain(Op):
    """No weights, no multiply-accumulates, the dtype of the first input."""

    # Each operation's rules have signatures of their own.
    dtype: ClassVar[Any] = same_dtype
    weights: ClassVar[Any] = no_weights
    macs: ClassVar[Any] = no_macs


def broadcast_all(shapes: tuple[Shape, ...], ports: tuple[str, ...]) -> Shape:
    """The shape that all broadcast to; the first that doesn't fit is blamed. Raises ``Problem``."""
    result = shapes[0]
    for shape, port in zip(shapes[1:], ports[1:], strict=True):
        if shape == result:
            continue
        try:
            result = broadcast([result, shape])
        except Problem as problem:
            raise Problem(problem.message, port, _mend(result, shape)) from None
    return result


def operands(shapes: tuple[Shape, ...]) -> tuple[Arg, ...]:
    """Every operand of the variadic port ``xs``."""
    return tuple(Arg(f"xs[{i}]") for i in range(len(shapes)))


def _mend(a: Shape, b: Shape) -> str | None:
    """What usually makes two shapes equal."""
    short, long = sorted((a, b), key=len)
    if len(a) == len(b):
        differ = [i for i, (p, q) in enumerate(zip(a, b, strict=True)) if p != q and 1 not in (p, q)]
        if differ == [1] and len(a) > 3:
            return f"project one of them to the channels of the other: Conv({a[1]}, kernel = 1)"
        if sorted(map(str, a)) == sorted(map(str, b)):
            return "bring the axes into the same order with Permute or Rearrange"
        return None
    if short and long[: len(short)] == short:
        ones = ", ".join([*map(str, short), *["1"] * (len(long) - len(short))])
        return f"sizes are matched from the last axis backwards: Reshape[{ones}] lines this one up"
    if len(short) == 1 and len(long) > 2 and short[0] == long[1]:
        return f"to add one number per channel: Reshape[{short[0]}{', 1' * (len(long) - 2)}]"
    return None
