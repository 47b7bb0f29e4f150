"""How far vectors are apart."""

from __future__ import annotations

from moniel2.dims import Shape
from moniel2.ops.check import agree
from moniel2.ops.code import Arg, Call, Torch
from moniel2.ops.common import axis_of
from moniel2.ops.dtypes import alike, numeric, real
from moniel2.ops.plain import Plain, broadcast_all
from moniel2.ops.spec import Axis, Category, Problem, arg, op, sample


@op(
    Category.MERGE,
    samples=[
        sample({}, ("N", 4), ("N", 4)),
        sample({"axis": -1}, ("N", 3, 1, 4), ("N", 1, 5, 4)),
    ],
)
class CosineSimilarity(Plain):
    """The cosine of the angle between vectors along an axis, which vanishes: [B, D] and [B, D] give [B]."""

    axis: Axis = arg(1, doc="the axis of the vectors", aliases=("dim",))
    eps: float = arg(1e-8, doc="the least length that is divided by", keyword=True)

    def shape(self, x: Shape, y: Shape) -> Shape:
        both = broadcast_all((x, y), ("x", "y"))
        axis = axis_of(self.axis, len(both))
        return Shape(*both[:axis], *both[axis + 1 :])

    def dtype(self, x: str, y: str) -> str:
        return real(x=numeric(x=x, y=y))

    def torch(self, x: Shape, y: Shape) -> Torch:
        more = {} if self.eps == 1e-8 else {"eps": self.eps}
        return Call("F.cosine_similarity", (Arg("x"), Arg("y")), {"dim": self.axis} | more)


@op(
    Category.MERGE,
    samples=[sample({}, ("N", 4), ("N", 4)), sample({"p": 1, "keepdim": True}, ("N", 4), ("N", 4))],
)
class PairwiseDistance(Plain):
    """The distance between vectors of the last axis, one pair each: [B, D] and [B, D] give [B]."""

    p: float = arg(2, doc="the power of the norm; 2 is the usual distance")
    eps: float = arg(1e-6, doc="added to every difference", keyword=True)
    keepdim: bool = arg(False, doc="keep the axis with size 1", keyword=True)

    def shape(self, x: Shape, y: Shape) -> Shape:
        both = broadcast_all((x, y), ("x", "y"))
        if not both:
            raise Problem(f"needs vectors, got {x} and {y}", "x")
        return Shape(*both[:-1], *((1,) if self.keepdim else ()))

    def dtype(self, x: str, y: str) -> str:
        return real(x=numeric(x=x, y=y))

    def torch(self, x: Shape, y: Shape) -> Torch:
        more = {} if self.p == 2 else {"p": self.p}
        more |= {} if self.eps == 1e-6 else {"eps": self.eps}
        return Call("F.pairwise_distance", (Arg("x"), Arg("y")), more | ({"keepdim": True} if self.keepdim else {}))


@op(
    Category.MERGE,
    aliases=("Cdist",),
    samples=[sample({"p": 1}, ("N", 3, 4), ("N", 5, 4)), sample({"p": 1}, (3, 4), (5, 4))],
)
class Distances(Plain):
    """The distance of every vector to every other: [..., N, D] and [..., M, D] give [..., N, M]."""

    p: float = arg(2, doc="the power of the norm; 2 is the usual distance")

    def shape(self, x: Shape, y: Shape) -> Shape:
        for port, z in (("x", x), ("y", y)):
            if len(z) < 2:
                raise Problem(f"needs at least 2 dimensions, got {z}", port)
        agree(x[-1], y[-1], f"needs vectors of equal length, got {x} and {y}", "y")
        return Shape(*broadcast_all((Shape(*x[:-2]), Shape(*y[:-2])), ("x", "y")), x[-2], y[-2])

    def dtype(self, x: str, y: str) -> str:
        return real(x=alike(x=x, y=y))

    def torch(self, x: Shape, y: Shape) -> Torch:
        return Call("torch.cdist", (Arg("x"), Arg("y")), {} if self.p == 2 else {"p": self.p})
