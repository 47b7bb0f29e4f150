"""The largest, the sorted, the counted; writing at places."""

from __future__ import annotations

from moniel2.dims import Dim, Shape, minimum
from moniel2.ops.code import Arg, Call, Method, Torch
from moniel2.ops.common import axis_of
from moniel2.ops.dtypes import numeric
from moniel2.ops.plain import Plain
from moniel2.ops.sizes import at_most
from moniel2.ops.spec import Axis, Category, Problem, arg, op, sample


@op(
    Category.TENSOR,
    aliases=("Topk",),
    label="{name} {k}",
    outputs=("values", "indices"),
    side_outputs=True,
    samples=[
        sample({"k": 2}, ("N", "T", 4)),
        sample({"k": 3, "axis": 1, "largest": False}, ("N", 5, "H")),
        sample({"k": 1, "sorted": False}, (4,)),
    ],
)
class TopK(Plain):
    """The k largest along an axis, and where they are: [B, E] gives values and indices [B, k]."""

    k: Dim = arg(doc="how many")
    axis: Axis = arg(-1, doc="the axis searched", aliases=("dim",))
    largest: bool = arg(True, doc="the largest rather than the smallest", keyword=True)
    sorted: bool = arg(True, doc="whether they come in order", keyword=True)

    def shape(self, x: Shape) -> tuple[Shape, Shape]:
        axis = axis_of(self.axis, len(x))
        at_most(self.k, x[axis], f"can't find {self.k} along axis {axis}, which has size {x[axis]}", "k")
        result = Shape(*x[:axis], self.k, *x[axis + 1 :])
        return result, result

    def dtype(self, x: str) -> tuple[str, str]:
        return numeric(x=x), "int64"

    def torch(self, x: Shape) -> Torch:
        more = {} if self.largest else {"largest": False}
        more |= {} if self.sorted else {"sorted": False}
        return Method(Arg("x"), "topk", (self.k,), {"dim": self.axis} | more)


@op(
    Category.TENSOR,
    outputs=("values", "indices"),
    side_outputs=True,
    samples=[sample({}, ("N", 4)), sample({"axis": 1, "descending": True}, ("N", 4, "H"), dtypes=("int64",))],
)
class Sort(Plain):
    """The elements in order along an axis, and where they were."""

    axis: Axis = arg(-1, doc="the axis that is sorted", aliases=("dim",))
    descending: bool = arg(False, doc="the largest first")

    def shape(self, x: Shape) -> tuple[Shape, Shape]:
        axis_of(self.axis, len(x))
        return x, x

    def dtype(self, x: str) -> tuple[str, str]:
        return x, "int64"

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "sort", (), {"dim": self.axis} | ({"descending": True} if self.descending else {}))


@op(
    Category.TENSOR,
    aliases=("Argsort",),
    samples=[sample({}, ("N", 4)), sample({"axis": 1, "descending": True}, ("N", 4, "H"))],
)
class ArgSort(Plain):
    """Where the elements would come from if an axis were sorted."""

    axis: Axis = arg(-1, doc="the axis", aliases=("dim",))
    descending: bool = arg(False, doc="the largest first")

    def shape(self, x: Shape) -> Shape:
        axis_of(self.axis, len(x))
        return x

    def dtype(self, x: str) -> str:
        return "int64"

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "argsort", (), {"dim": self.axis} | ({"descending": True} if self.descending else {}))


@op(
    Category.EMBEDDING,
    aliases=("Onehot",),
    label="{name} {classes}",
    samples=[
        sample({"classes": 5}, ("N", "T"), dtypes=("int64",)),
        sample({"classes": 3}, (), dtypes=("int64",)),
    ],
)
class OneHot(Plain):
    """Numbers as vectors with a single one: [B, N] of numbers below K gives [B, N, K]. The result is int64."""

    classes: Dim = arg(doc="how many numbers there are", aliases=("num_classes", "n", "depth"))

    def shape(self, x: Shape) -> Shape:
        if self.classes.constant is not None and self.classes.constant < 1:
            raise Problem(f"needs at least one class, got {self.classes}", "classes", rule="bad-value")
        return Shape(*x, self.classes)

    def dtype(self, x: str) -> str:
        if x and x != "int64":
            raise Problem(
                f"needs numbers in int64, got {x}", "x", "cast first: Cast(int64) -> OneHot", "dtype-mismatch"
            )
        return "int64"

    def torch(self, x: Shape) -> Torch:
        return Call("F.one_hot", (Arg("x"), self.classes))


class Writing(Plain):
    """Writes a tensor's elements into another at places that an index lists."""

    axis: Axis = arg(doc="the axis the index is for", aliases=("dim",))

    def shape(self, x: Shape, index: Shape, source: Shape) -> Shape:
        axis = axis_of(self.axis, len(x))
        for port, other in (("index", index), ("source", source)):
            if len(other) != len(x):
                raise Problem(f"needs {len(x)} dimensions like {x}, got {other}", port)
        for i, size in enumerate(index):
            if i != axis:
                message = f"has an index of size {size} on axis {i}, where {x} has {x[i]}"
                at_most(size, x[i], message, "index")
            at_most(
                size, source[i], f"has an index of size {size} on axis {i}, where {source} has {source[i]}", "index"
            )
        return x

    def dtype(self, x: str, index: str, source: str) -> str:
        if index and index != "int64":
            raise Problem(f"needs an index in int64, got {index}", "index", "Cast(int64)", "dtype-mismatch")
        if x and source and x != source:
            raise Problem(f"writes {source} into {x}", "source", f"cast first: Cast({x})", "dtype-mismatch")
        return x

    def torch(self, x: Shape, index: Shape, source: Shape) -> Torch:
        function = {"Scatter": "scatter", "ScatterAdd": "scatter_add"}[self.spec.name]
        return Method(Arg("x"), function, (self.axis, Arg("index"), Arg("source")))


_WRITING = [
    sample({"axis": 1}, ("N", 5), ("N", 3), ("N", 3), dtypes=("float32", "int64", "float32")),
    sample({"axis": 0}, (6, 5), (3, 4), (3, 5), dtypes=("float32", "int64", "float32")),
]


@op(Category.TENSOR, samples=_WRITING)
class Scatter(Writing):
    """Writes elements at the places an index lists along an axis: ``out[i, index[i, j]] = source[i, j]``."""


@op(Category.TENSOR, samples=_WRITING)
class ScatterAdd(Writing):
    """Adds elements at the places an index lists along an axis: ``out[i, index[i, j]] += source[i, j]``."""


@op(
    Category.TENSOR,
    samples=[
        sample({}, ("N", "T", "T")),
        sample({"offset": 1}, (3, 5)),
        sample({"axis0": 0, "axis1": 1}, (4, 3, "N")),
    ],
)
class Diagonal(Plain):
    """The diagonal of two axes as a last axis: [B, N, N] gives [B, N]."""

    offset: int = arg(0, doc="0 the main diagonal, 1 the one above, −1 below")
    axis0: Axis = arg(-2, doc="the rows", aliases=("dim1",))
    axis1: Axis = arg(-1, doc="the columns", aliases=("dim2",))

    def shape(self, x: Shape) -> Shape:
        if len(x) < 2:
            raise Problem(f"needs at least 2 dimensions, got {x}", "x")
        a, b = axis_of(self.axis0, len(x), "axis0"), axis_of(self.axis1, len(x), "axis1")
        if a == b:
            raise Problem("needs two different axes", "axis1", rule="bad-value")
        rows, columns = x[a] + min(self.offset, 0), x[b] - max(self.offset, 0)
        length = rows if rows == columns else minimum(rows, columns)
        return Shape(*(s for i, s in enumerate(x) if i not in (a, b)), length)

    def torch(self, x: Shape) -> Torch:
        more = {"offset": self.offset} if self.offset else {}
        return Method(Arg("x"), "diagonal", (), more | {"dim1": self.axis0, "dim2": self.axis1})
