"""Joining tensors and taking them apart along an axis."""

from __future__ import annotations

from typing import Any

from moniel2.dims import Condition, Dim, Shape, divides
from moniel2.ops.check import agree, assume, exactly
from moniel2.ops.code import Arg, Call, Method, Torch
from moniel2.ops.common import axis_of
from moniel2.ops.dtypes import promote
from moniel2.ops.plain import Plain
from moniel2.ops.sizes import steps
from moniel2.ops.spec import Axis, Category, Problem, arg, op, sample


def _same_rank(xs: tuple[Shape, ...]) -> None:
    if not xs:
        raise Problem("needs at least one tensor")
    for i, x in enumerate(xs):
        if len(x) != len(xs[0]):
            raise Problem(
                f"needs tensors with equally many dimensions, got {xs[0]} and {x}",
                f"xs[{i}]",
                "add an axis with Unsqueeze, or bring both to one form with Reshape",
            )


@op(
    Category.MERGE,
    aliases=("Cat", "Concatenate"),
    moniel="Concat",
    samples=[
        sample({}, ("N", 4, "H", "W"), ("N", 3, "H", "W"), ("N", 1, "H", "W")),
        sample({"axis": -1}, ("N", 4), ("N", "M")),
        sample({"axis": 0}, (2, 5), dtypes=("int64",)),
        sample({"axis": 1}, (2, 3), (2, 4), dtypes=("float32", "int64")),
    ],
)
class Concat(Plain):
    """Joins tensors along an axis they already have; all other sizes must be equal.

    [B, C, H, W] and [B, D, H, W] give [B, C + D, H, W] with ``axis = 1``.
    """

    axis: Axis = arg(1, doc="the axis along which the tensors are joined", aliases=("dim",))

    def shape(self, *xs: Shape) -> Shape:
        _same_rank(xs)
        axis = axis_of(self.axis, len(xs[0]))
        sizes = list(xs[0])
        for i, x in enumerate(xs[1:], 1):
            for d, size in enumerate(x):
                if d == axis:
                    sizes[d] = sizes[d] + size
                    continue
                if sizes[d] == size:
                    continue
                sizes[d] = agree(
                    sizes[d],
                    size,
                    f"joins along axis {axis}, so axis {d} must be equal, got {xs[0]} and {x}",
                    f"xs[{i}]",
                    _concat_help(xs[0], x, axis),
                )
        return Shape(*sizes)

    def dtype(self, *xs: str) -> str:
        return promote(*xs)

    def torch(self, *xs: Shape) -> Torch:
        return Call("torch.cat", (Arg("*"),), {"dim": self.axis})


def _concat_help(a: Shape, b: Shape, axis: int) -> str | None:
    differ = [d for d in range(len(a)) if a[d] != b[d]]
    if len(differ) == 1 and differ != [axis]:
        return f"they fit along the other axis: Concat(axis = {differ[0]})"
    if len(a) == 4 and axis == 1 and set(differ) & {2, 3}:
        return "bring both to one resolution first, with Interpolate, CenterCrop or a stride"
    return None


@op(
    Category.MERGE,
    samples=[
        sample({}, ("N", 4), ("N", 4)),
        sample({"axis": 2}, ("N", "T", 4), ("N", "T", 4), ("N", "T", 4)),
        sample({"axis": -1}, ("N",), ("N",)),
    ],
)
class Stack(Plain):
    """Lays equal tensors along a new axis: two [B, D] give [2, B, D], or [B, D, 2] with ``axis = -1``."""

    axis: Axis = arg(0, doc="where the new axis stands in the result", aliases=("dim",))

    def shape(self, *xs: Shape) -> Shape:
        _same_rank(xs)
        axis = axis_of(self.axis, len(xs[0]) + 1)
        sizes = list(xs[0])
        for i, x in enumerate(xs[1:], 1):
            for d, size in enumerate(x):
                message = f"needs equal shapes, got {xs[0]} and {x}"
                sizes[d] = agree(sizes[d], size, message, f"xs[{i}]", "Concat joins tensors that differ in one size")
        return Shape(*sizes[:axis], len(xs), *sizes[axis:])

    def dtype(self, *xs: str) -> str:
        return promote(*xs)

    def torch(self, *xs: Shape) -> Torch:
        return Call("torch.stack", (Arg("*"),), {"dim": self.axis})


def _known_count(value: Any, argument: str) -> int:
    count = value.constant if isinstance(value, Dim) else value
    if not isinstance(count, int) or isinstance(count, bool):
        raise Problem(f"needs a whole number of parts, got {value}", argument, rule="bad-value")
    if count < 1:
        raise Problem(f"needs at least one part, got {count}", argument, rule="bad-value")
    return count


def _pieces(x: Shape, axis: int, sizes: tuple[Dim, ...]) -> tuple[Shape, ...]:
    return tuple(Shape(*x[:axis], size, *x[axis + 1 :]) for size in sizes)


@op(
    Category.MERGE,
    outputs=(),
    samples=[
        sample({"parts": 3, "axis": -1}, ("N", "T", 12)),
        sample({"parts": (2, 3)}, ("N", 5, "H")),
        sample({"parts": (2, -1), "axis": 1}, ("N", 5, "H")),
        sample({"parts": 1}, ("N", 5)),
    ],
)
class Split(Plain):
    """Cuts a tensor along an axis into equal parts, or into parts of the given sizes.

    ``Split(3, axis = -1)`` makes three [B, N, D] of [B, N, 3*D]; ``Split([64, 32])`` makes [B, 64] and [B, 32] of
    [B, 96]. One of the sizes may be -1: what is left.
    """

    parts: Any = arg(
        doc="the number of equal parts, or the size of each",
        aliases=("n", "sizes", "sections", "split_size_or_sections"),
    )
    axis: Axis = arg(1, doc="the axis that is cut", aliases=("dim",))

    def count(self) -> int:
        return len(self.parts) if isinstance(self.parts, tuple) else _known_count(self.parts, "parts")

    def shape(self, x: Shape) -> tuple[Shape, ...]:
        axis = axis_of(self.axis, len(x))
        return _pieces(x, axis, self._sizes(x[axis], axis))

    def _sizes(self, size: Dim, axis: int) -> tuple[Dim, ...]:
        if isinstance(self.parts, tuple):
            return self._given(size, axis)
        n = _known_count(self.parts, "parts")
        mend = None
        if size.constant is not None and size.constant > n:
            each = -(-size.constant // n)
            last = size.constant - each * (n - 1)
            if last > 0 and n <= 8:
                mend = f"for unequal parts give the sizes: Split([{', '.join([str(each)] * (n - 1) + [str(last)])}])"
        part = exactly(size, n, f"can't cut axis {axis}, of size {size}, into {n} equal parts", "parts", mend)
        return (part,) * n

    def _given(self, size: Dim, axis: int) -> tuple[Dim, ...]:
        sizes = [Dim.of(s) for s in self.parts]
        total = sum((s for s in sizes if s != -1), Dim.of(0))
        if (free := sizes.count(Dim.of(-1))) == 1:
            sizes[sizes.index(Dim.of(-1))] = rest = size - total
            if rest.constant is not None and rest.constant < 0:
                raise Problem(f"has parts that add up to {total}, but axis {axis} has size {size}", "parts")
            return tuple(sizes)
        if free:
            raise Problem("can work out only one part, got -1 more than once", "parts", rule="bad-value")
        agree(total, size, f"has parts that add up to {total}, but axis {axis} has size {size}", "parts")
        return tuple(sizes)

    def torch(self, x: Shape) -> Torch:
        if self.count() == 1:
            return (Arg("x"),)
        if not isinstance(self.parts, tuple):
            return Method(Arg("x"), "chunk", (self.count(),), {"dim": self.axis})
        sizes = self._sizes(x[axis_of(self.axis, len(x))], self.axis)
        return Method(Arg("x"), "split", (sizes,), {"dim": self.axis})


@op(
    Category.MERGE,
    outputs=(),
    samples=[
        sample({"chunks": 2}, ("N", 6, "H")),
        sample({"chunks": 3, "axis": -1}, ("N", 8)),
        sample({"chunks": 4, "axis": 0}, (5, 2)),
    ],
)
class Chunk(Plain):
    """Cuts a tensor along an axis into parts of equal size; the last one is smaller if the size is no multiple.

    As in PyTorch there can be fewer parts than asked for: 5 in 4 chunks are 2, 2 and 1.
    """

    chunks: int = arg(doc="the number of parts", aliases=("n", "parts"))
    axis: Axis = arg(1, doc="the axis that is cut", aliases=("dim",))

    def count(self) -> int | None:
        return None

    def shape(self, x: Shape) -> tuple[Shape, ...]:
        n, axis = _known_count(self.chunks, "chunks"), axis_of(self.axis, len(x))
        size = x[axis]
        if (number := size.constant) is not None:
            each = -(-number // n) or 1
            return _pieces(x, axis, tuple(Dim.of(min(each, number - start)) for start in range(0, number or 1, each)))
        piece = steps(size, n)
        last = size - piece * (n - 1)
        if isinstance(verdict := divides(Dim.of(n), size), Condition):
            text = f"{size} is a multiple of {n}, or fills {n} parts of equal size but for the last"
            assume(
                Condition(text),
                f"may cut axis {axis}, of size {size}, into fewer than {n} parts",
                "chunks",
                str(verdict),
            )
        return _pieces(x, axis, (*(piece,) * (n - 1), last))

    def torch(self, x: Shape) -> Torch:
        if len(self.shape(x)) == 1:
            return (Arg("x"),)
        return Method(Arg("x"), "chunk", (self.chunks,), {"dim": self.axis})


@op(
    Category.MERGE,
    aliases=("Unbind",),
    outputs=(),
    samples=[
        sample({}, (3, "N", 4)),
        sample({"axis": -1}, ("N", 4, 2)),
        sample({"axis": 1}, ("N", 1)),
    ],
)
class Unstack(Plain):
    """Takes an axis apart: [3, B, N, D] gives three [B, N, D]. The size of the axis must be a known number."""

    axis: Axis = arg(0, doc="the axis that is taken apart", aliases=("dim",))

    def count(self) -> int | None:
        return None

    def shape(self, x: Shape) -> tuple[Shape, ...] | None:
        axis = axis_of(self.axis, len(x))
        if not x[axis].known:
            return None
        n = x[axis].constant
        if n is None:
            raise Problem(
                f"can't say how many outputs axis {axis}, of size {x[axis]}, makes",
                "axis",
                "operations such as Softmax, Sum and Scan work along an axis of any size",
            )
        return (Shape(*x[:axis], *x[axis + 1 :]),) * n

    def torch(self, x: Shape) -> Torch:
        if x[self.axis] == 1:
            return (Method(Arg("x"), "squeeze", (self.axis,)),)
        return Method(Arg("x"), "unbind", (self.axis,))
