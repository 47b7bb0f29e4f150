"""The sizes of a tensor."""

from __future__ import annotations

from collections.abc import Mapping

from moniel2.dims.dim import ONE, UNKNOWN, Dim, DimLike


class Shape(tuple[Dim, ...]):
    """The sizes of a tensor, the batch too. ``Shape("B", 3, 224, 224)``; ``Shape()`` is a scalar's."""

    __slots__ = ()

    def __new__(cls, *dims: DimLike) -> Shape:
        return super().__new__(cls, (Dim.of(d) for d in dims))

    @property
    def rank(self) -> int:
        return len(self)

    @property
    def known(self) -> bool:
        """Whether no size is unknown."""
        return all(d.known for d in self)

    @property
    def size(self) -> Dim:
        """The number of elements."""
        total = ONE
        for d in self:
            total = total * d
        return total

    def symbols(self) -> frozenset[str]:
        return frozenset().union(*(d.symbols() for d in self))

    def substitute(self, values: Mapping[str, DimLike]) -> Shape:
        return Shape(*(d.substitute(values) for d in self))

    def __str__(self) -> str:
        return "[" + ", ".join(map(str, self)) + "]"

    def __repr__(self) -> str:
        return f"Shape{self}"


def unknown_shape(rank: int) -> Shape:
    """A shape of known rank and unknown sizes."""
    return Shape(*(UNKNOWN for _ in range(rank)))
