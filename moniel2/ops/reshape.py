"""The same numbers in another shape: axes merged, split, exchanged, added, repeated."""

from __future__ import annotations

from typing import Any

from moniel2.dims import UNKNOWN, Dim, Shape
from moniel2.ops.check import agree
from moniel2.ops.code import Arg, Method, Torch
from moniel2.ops.common import axis_of
from moniel2.ops.plain import Plain
from moniel2.ops.sizes import LEFT, as_sizes, declared, fill
from moniel2.ops.spec import Axes, Axis, Category, Problem, Sizes, arg, op, sample

# ---------------------------------------------------------------------------------- merge and split


@op(
    Category.TENSOR,
    aliases=("View",),
    moniel="Reshape",
    declared="shape",
    samples=[
        sample({}, ("N", "T", 12), declared=("N", "T", 3, 4)),
        sample({}, ("N", 4, "H", "W"), declared=("N", 4, -1)),
        sample({"shape": (6, -1)}, (2, 3, 5)),
        sample({}, (1, 1), declared=()),
    ],
)
class Reshape(Plain):
    """The same elements in another shape: ``Reshape[B, N, heads, d]``, or ``Reshape(B, -1)`` where -1 is what is left.

    The number of elements must stay the same.
    """

    shape_: Any = arg(doc="the shape of the result; one size may be -1", aliases=("size", "sizes", "to"), many=True)
    shape_without_inputs = True

    def declared_shape(self) -> Shape:
        return declared(as_sizes(self.shape_, "shape"))

    def shape(self, x: Shape) -> Shape:
        sizes = as_sizes(self.shape_, "shape")
        message = f"can't make {declared(sizes)} of {x}"
        return Shape(*fill(sizes, x.size, message, "shape", _reshape_help(x, sizes)))

    def torch(self, x: Shape) -> Torch:
        sizes = as_sizes(self.shape_, "shape")
        free = sum(not s.known for s in sizes)
        sizes = tuple(LEFT if free == 1 and not s.known else s for s in sizes)
        return Method(Arg("x"), "reshape", sizes or ((),))


def _reshape_help(x: Shape, sizes: tuple[Dim, ...]) -> str | None:
    if len(x) == len(sizes) and sorted(map(str, x)) == sorted(map(str, sizes)):
        return "to exchange axes use Permute or Transpose"
    if x and sizes and x[0] != sizes[0] and x.size == declared(sizes).size * x[0]:
        return f"a shape names the batch too: Reshape[{', '.join(map(str, (x[0], *sizes)))}]"
    return None


@op(
    Category.TENSOR,
    moniel="Flatten",
    samples=[
        sample({}, ("N", 4, "H", "W")),
        sample({"start": 2}, ("N", 4, "H", "W")),
        sample({"start": 0, "end": 1}, ("N", "T", 4)),
        sample({}, ("N", 4)),
    ],
)
class Flatten(Plain):
    """Merges the axes from ``start`` to ``end`` into one; by default all but the batch: [B, C, H, W] to [B, C*H*W]."""

    start: Axis = arg(1, doc="the first axis that is merged", aliases=("start_dim", "start_axis"))
    end: Axis = arg(-1, doc="the last axis that is merged", aliases=("end_dim", "end_axis"))

    def shape(self, x: Shape) -> Shape:
        start, end = axis_of(self.start, len(x), "start"), axis_of(self.end, len(x), "end")
        if end < start:
            raise Problem(f"ends at axis {end}, before it starts at axis {start}", "end", rule="bad-value")
        return Shape(*x[:start], Shape(*x[start : end + 1]).size, *x[end + 1 :])

    def torch(self, x: Shape) -> Torch:
        ends_last = self.end == -1 or axis_of(self.end, len(x)) == len(x) - 1
        return Method(Arg("x"), "flatten", (self.start,) if ends_last else (self.start, self.end))


@op(
    Category.TENSOR,
    samples=[
        sample({"axis": 1, "sizes": (3, 4)}, ("N", 12, "T")),
        sample({"axis": -1, "sizes": (-1, 2)}, ("N", 12)),
    ],
)
class Unflatten(Plain):
    """Splits one axis into several: ``Unflatten(-1, (heads, -1))`` makes [B, N, heads, D/heads] of [B, N, D]."""

    axis: Axis = arg(doc="the axis that is split", aliases=("dim",))
    sizes: Any = arg(doc="the sizes it is split into; one may be -1", aliases=("unflattened_size", "shape"), many=True)

    def shape(self, x: Shape) -> Shape:
        axis = axis_of(self.axis, len(x))
        sizes = as_sizes(self.sizes, "sizes")
        parts = fill(sizes, x[axis], f"can't split axis {axis} of {x} into {declared(sizes)}", "sizes")
        return Shape(*x[:axis], *parts, *x[axis + 1 :])

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "unflatten", (self.axis, as_sizes(self.sizes, "sizes")))


# ------------------------------------------------------------------------------- exchange axes


@op(
    Category.TENSOR,
    label="{name} {axes}",
    samples=[sample({"axes": (0, 2, 3, 1)}, ("N", 4, "H", "W")), sample({"axes": (-1, 0)}, ("N", 4))],
)
class Permute(Plain):
    """Puts the axes in another order: ``Permute(0, 2, 3, 1)`` makes [B, H, W, C] of [B, C, H, W]."""

    axes: Axes = arg(doc="for each axis of the result, the axis it was", aliases=("dims", "dim", "order"), many=True)

    def shape(self, x: Shape) -> Shape:
        if len(self.axes) != len(x):
            listing = ", ".join(map(str, self.axes))
            raise Problem(f"needs each of the {len(x)} axes of {x} once, got ({listing})", "axes")
        axes = [axis_of(a, len(x), "axes") for a in self.axes]
        for axis in axes:
            if axes.count(axis) > 1:
                missing = ", ".join(str(a) for a in range(len(x)) if a not in axes)
                raise Problem(f"has axis {axis} twice and axis {missing} not at all", "axes", rule="bad-value")
        return Shape(*(x[a] for a in axes))

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "permute", self.axes)


@op(
    Category.TENSOR,
    aliases=("SwapAxes",),
    samples=[sample({"axis0": 1, "axis1": 2}, ("N", "T", 4)), sample({}, ("N", "T", 4))],
)
class Transpose(Plain):
    """Exchanges two axes, by default the last two: [B, N, D] to [B, D, N]."""

    axis0: Axis = arg(-2, doc="one axis", aliases=("dim0", "a", "first"))
    axis1: Axis = arg(-1, doc="the other axis", aliases=("dim1", "b", "second"))

    def shape(self, x: Shape) -> Shape:
        a, b = axis_of(self.axis0, len(x), "axis0"), axis_of(self.axis1, len(x), "axis1")
        sizes = list(x)
        sizes[a], sizes[b] = sizes[b], sizes[a]
        return Shape(*sizes)

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "transpose", (self.axis0, self.axis1))


@op(
    Category.TENSOR,
    aliases=("Movedim", "MoveDim"),
    samples=[sample({"source": 1, "destination": -1}, ("N", 4, "H", "W"))],
)
class MoveAxis(Plain):
    """Moves one axis to another place; the others keep their order."""

    source: Axis = arg(doc="where the axis is", aliases=("from",))
    destination: Axis = arg(doc="where it goes", aliases=("to",))

    def shape(self, x: Shape) -> Shape:
        at, to = axis_of(self.source, len(x), "source"), axis_of(self.destination, len(x), "destination")
        rest = [size for i, size in enumerate(x) if i != at]
        return Shape(*rest[:to], x[at], *rest[to:])

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "movedim", (self.source, self.destination))


# ------------------------------------------------------------------------------- axes of size 1


@op(
    Category.TENSOR,
    samples=[
        sample({"axis": 1}, ("N", 1, 4)),
        sample({"axis": (1, -1)}, ("N", 1, 4, 1)),
        sample({}, ("N", 1, 4, 1)),
    ],
)
class Squeeze(Plain):
    """Leaves out axes of size 1: the given ones, or all."""

    axis: Axes | None = arg(None, doc="the axes to leave out", aliases=("dim", "axes"), many=True)

    def shape(self, x: Shape) -> Shape:
        if self.axis is None:
            return Shape(*(s for s in x if s != 1))
        axes = {axis_of(a, len(x)) for a in self.axis}
        for a in sorted(axes):
            message = f"can't leave out axis {a} of {x}: it has size {x[a]}, not 1"
            agree(x[a], 1, message, "axis", "Select takes one place of a longer axis, Flatten merges axes")
        return Shape(*(s for i, s in enumerate(x) if i not in axes))

    def torch(self, x: Shape) -> Torch:
        if self.axis is None:
            axes = tuple(i for i, s in enumerate(x) if s == 1)
            return Method(Arg("x"), "squeeze", (axes[0] if len(axes) == 1 else axes,)) if axes else Arg("x")
        return Method(Arg("x"), "squeeze", self.axis if len(self.axis) == 1 else (self.axis,))


@op(
    Category.TENSOR,
    aliases=("ExpandDims", "NewAxis"),
    samples=[sample({"axis": 1}, ("N", 4)), sample({"axis": -1}, ("N", 4))],
)
class Unsqueeze(Plain):
    """Adds an axis of size 1; it stands at place ``axis`` of the result."""

    axis: Axis = arg(doc="the new axis", aliases=("dim",))

    def shape(self, x: Shape) -> Shape:
        axis = axis_of(self.axis, len(x) + 1)
        return Shape(*x[:axis], 1, *x[axis:])

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "unsqueeze", (self.axis,))


# ------------------------------------------------------------------------------------- repeat


@op(
    Category.TENSOR,
    aliases=("BroadcastTo",),
    declared="shape",
    samples=[
        sample({}, (1, 1, 4), declared=("N", 1, 4)),
        sample({}, (4,), declared=("N", "T", -1)),
        sample({"shape": (-1, 5)}, ("N", 1)),
    ],
)
class Expand(Plain):
    """Repeats axes of size 1 and missing leading ones, without copying: ``Expand[B, 1, D]`` of [1, 1, D].

    -1 keeps a size.
    """

    shape_: Any = arg(doc="the shape of the result; -1 keeps a size", aliases=("size", "sizes", "to"), many=True)
    shape_without_inputs = True

    def declared_shape(self) -> Shape:
        return declared(self._sizes())

    def _sizes(self) -> tuple[Dim, ...]:
        items = self.shape_ if isinstance(self.shape_, (tuple, list)) else (self.shape_,)
        return tuple(size for item in items for size in as_sizes(item, "shape"))

    def shape(self, x: Shape) -> Shape:
        sizes = self._sizes()
        new = len(sizes) - len(x)
        if new < 0:
            raise Problem(f"can't make {declared(sizes)} of {x}: that has fewer dimensions", "shape")
        result = list(sizes[:new])
        if LEFT in result:
            raise Problem("can't keep the size of a new axis", "shape", rule="bad-value")
        for i, (size, wanted) in enumerate(zip(x, sizes[new:], strict=True)):
            if wanted == LEFT or not wanted.known:
                result.append(size if wanted == LEFT or size != 1 else UNKNOWN)
            elif size == 1:
                result.append(wanted)
            else:
                message = f"can't make {declared(sizes)} of {x}: only axes of size 1 are repeated, axis {i} has {size}"
                result.append(agree(size, wanted, message, "shape", "Tile repeats axes of any size"))
        return Shape(*result)

    def torch(self, x: Shape) -> Torch:
        sizes = self._sizes()
        there = (None,) * (len(sizes) - len(x)) + tuple(x)
        kept = [not s.known or s == size for s, size in zip(sizes, there, strict=True)]
        return Method(Arg("x"), "expand", tuple(LEFT if k else s for k, s in zip(kept, sizes, strict=True)))


@op(
    Category.TENSOR,
    aliases=("Repeat",),
    label="{name} {repeats}",
    samples=[
        sample({"repeats": (1, 2, 3)}, ("N", 4, 5)),
        sample({"repeats": (2, 1, 1)}, (4, 5)),
        sample({"repeats": 2}, ("N", 4)),
    ],
)
class Tile(Plain):
    """Repeats the whole tensor along its axes: ``Tile(1, 2, 2)`` makes [B, 2*H, 2*W] of [B, H, W].

    With fewer numbers than axes they are for the last ones; more add leading axes.
    """

    repeats: Sizes = arg(doc="how often, for each axis", aliases=("reps", "dims", "times"), many=True)

    def shape(self, x: Shape) -> Shape:
        for n in self.repeats:
            if n.constant is not None and n.constant < 1:
                raise Problem(f"can't repeat a tensor {n} times", "repeats", rule="bad-value")
        rank = max(len(x), len(self.repeats))
        sizes = (Dim.of(1),) * (rank - len(x)) + tuple(x)
        repeats = (Dim.of(1),) * (rank - len(self.repeats)) + tuple(self.repeats)
        return Shape(*(s * n for s, n in zip(sizes, repeats, strict=True)))

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "tile" if len(self.repeats) < len(x) else "repeat", tuple(self.repeats))


@op(
    Category.TENSOR,
    label="{name} ×{repeats}",
    samples=[sample({"repeats": 3, "axis": 1}, ("N", 4, 5)), sample({"repeats": 2}, ("N", 4))],
)
class RepeatInterleave(Plain):
    """Repeats each element along an axis: a, b becomes a, a, b, b. Without an axis it flattens first."""

    repeats: Dim = arg(doc="how often")
    axis: Axis | None = arg(None, doc="the axis along which elements are repeated", aliases=("dim",))

    def shape(self, x: Shape) -> Shape:
        if self.repeats.constant is not None and self.repeats.constant < 1:
            raise Problem(f"can't repeat elements {self.repeats} times", "repeats", rule="bad-value")
        if self.axis is None:
            return Shape(x.size * self.repeats)
        axis = axis_of(self.axis, len(x))
        return Shape(*x[:axis], x[axis] * self.repeats, *x[axis + 1 :])

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "repeat_interleave", (self.repeats,), {} if self.axis is None else {"dim": self.axis})
