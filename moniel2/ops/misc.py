"""Operations that compute nothing."""

from __future__ import annotations

from moniel2.dims import Shape
from moniel2.ops.code import Arg, Method, Torch
from moniel2.ops.plain import Plain
from moniel2.ops.spec import Category, op, sample


@op(
    Category.TENSOR,
    aliases=("NoOp", "Pass"),
    moniel="Identity",
    samples=[sample({}, ("N", 4)), sample({}, (), dtypes=("bool",))],
)
class Identity(Plain):
    """The tensor as it is."""

    def shape(self, x: Shape) -> Shape:
        return x

    def torch(self, x: Shape) -> Torch:
        return Arg("x")


@op(Category.IO, aliases=("Sink",), outputs=(), samples=[sample({}, ("N", 4)), sample({}, ("N", 4), (3,))])
class Discard(Plain):
    """Takes tensors that nothing else reads and gives nothing."""

    def count(self) -> int:
        return 0

    def shape(self, *xs: Shape) -> tuple[Shape, ...]:
        return ()

    def dtype(self, *xs: str) -> tuple[str, ...]:
        return ()

    def torch(self, *xs: Shape) -> Torch:
        return ()


@op(
    Category.TENSOR,
    aliases=("StopGradient", "StopGrad"),
    samples=[sample({}, ("N", 4))],
)
class Detach(Plain):
    """The tensor as it is; gradients stop here."""

    def shape(self, x: Shape) -> Shape:
        return x

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "detach")


@op(
    Category.TENSOR,
    samples=[sample({}, ("N", 4))],
)
class Contiguous(Plain):
    """The tensor as it is, laid out in memory in the order of its axes."""

    def shape(self, x: Shape) -> Shape:
        return x

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "contiguous")
