"""What shape rules say about sizes: proved, refuted (a ``Problem``), or assumed (a condition that is collected)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from moniel2.dims import DIFFERENT, Condition, Dim, DimLike, Shape, compare, divides
from moniel2.ops.spec import Problem


@dataclass(frozen=True, slots=True)
class Assumed:
    """A condition that a rule had to assume, with the message it would have had as an error."""

    condition: Condition
    message: str
    blame: str
    help: str | None


_assumed: ContextVar[list[Assumed] | None] = ContextVar("assumed", default=None)


@contextmanager
def assuming() -> Iterator[list[Assumed]]:
    """Collect what the rules called inside assume."""
    collected: list[Assumed] = []
    token = _assumed.set(collected)
    try:
        yield collected
    finally:
        _assumed.reset(token)


def assume(condition: Condition, message: str, blame: str = "", help: str | None = None) -> None:
    """Record a condition under which the rule goes on."""
    collected = _assumed.get()
    if collected is not None:
        collected.append(Assumed(condition, message, blame, help))


def agree(a: DimLike, b: DimLike, message: str, blame: str = "", help: str | None = None) -> Dim:
    """The common value of two sizes that must be equal. Raises ``Problem(message)`` if they can't be.

    An unknown size agrees with everything, and the known one of the two is the result.
    """
    a, b = Dim.of(a), Dim.of(b)
    verdict = compare(a, b)
    if verdict == DIFFERENT:
        raise Problem(message, blame, help)
    if isinstance(verdict, Condition):
        assume(verdict, message, blame, help)
    return a if a.known else b


def claimed(found: DimLike, claim: Dim | None, what: str, argument: str) -> Dim:
    """A size that an argument may claim, as PyTorch's ``in_channels`` does. Raises ``Problem`` if it is another one."""
    if claim is None:
        return Dim.of(found)
    mend = f"it is read off the input and may be left out: without {argument}"
    return agree(found, claim, f"is for {claim} {what}, got {found}", argument, mend)


def exactly(value: DimLike, divisor: DimLike, message: str, blame: str = "", help: str | None = None) -> Dim:
    """``value / divisor``, which must be whole. Raises ``Problem(message)`` if it can't be."""
    value, divisor = Dim.of(value), Dim.of(divisor)
    verdict = divides(divisor, value)
    if verdict == DIFFERENT:
        raise Problem(message, blame, help)
    if isinstance(verdict, Condition):
        assume(verdict, message, blame, help)
    quotient = value.over(divisor)
    return quotient if quotient is not None else value // divisor


def same_size(a: Shape, b: Shape, message: str, blame: str = "", help: str | None = None) -> None:
    """Two shapes of the same number of elements."""
    agree(a.size, b.size, message, blame, help)


def broadcast(shapes: list[Shape], blame: str = "") -> Shape:
    """The shape of an element-wise operation: literal 1s and missing leading axes stretch, all else must agree.

    A symbolic size is never assumed to be 1. Raises ``Problem``.
    """
    rank = max(len(s) for s in shapes)
    result: list[Dim] = []
    for axis in range(-rank, 0):
        size = Dim.of(1)
        for shape in shapes:
            if -axis > len(shape):
                continue
            other = shape[axis]
            # Nothing is said of equal sizes, and of thousands of operands nothing need be worded in vain.
            if other == size or other == 1:
                continue
            if size == 1:
                size = other
                continue
            listing = " and ".join(str(s) for s in shapes)
            size = agree(size, other, f"needs equal shapes, got {listing}", blame)
        result.append(size)
    return Shape(*result)
