"""Where tensors come into a block and go out of it."""

from __future__ import annotations

from moniel2.dims import Shape
from moniel2.ops.code import Arg, Torch
from moniel2.ops.plain import Plain
from moniel2.ops.spec import Category, DType, arg, op, sample


@op(
    Category.IO,
    aliases=("In", "Placeholder"),
    moniel="Input",
    samples=[sample({}, ("N", "C", "H", "W")), sample({"dtype": "int64"}, ("B", "T"), dtypes=("int64",))],
)
class Input(Plain):
    """An input of the block it stands in: ``image:In[B, 3, 224, 224]``, ``tokens:In(int64)[B, T]``, ``mask:In?``."""

    dtype_: DType | None = arg(None, doc="what the tensor holds; any if not given")

    def shape(self, x: Shape) -> Shape:
        return x

    def torch(self, x: Shape) -> Torch:
        return Arg("x")


@op(
    Category.IO,
    aliases=("Out",),
    moniel="Output",
    samples=[sample({}, ("N", "C"))],
)
class Output(Plain):
    """An output of the block it stands in: ``… -> logits:Out[B, 1000]``."""

    def shape(self, x: Shape) -> Shape:
        return x

    def torch(self, x: Shape) -> Torch:
        return Arg("x")
