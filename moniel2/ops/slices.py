"""Parts of a tensor: ranges, single places, places listed in another tensor; and the same parts in another order."""

from __future__ import annotations

from typing import Any

from moniel2.dims import ZERO, Dim, Shape
from moniel2.ops.check import agree
from moniel2.ops.code import Arg, Call, Method, Subscript, Torch
from moniel2.ops.common import axis_of
from moniel2.ops.plain import Plain
from moniel2.ops.sizes import as_size, at_most, position, steps
from moniel2.ops.spec import Axes, Axis, Category, Problem, Sizes, arg, op, sample


def _along(axis: int, rank: int, item: Any) -> tuple[Any, ...]:
    """The index of one axis: ``x[:, item]``, ``x[..., item]``."""
    if axis == rank - 1 and axis > 1:
        return (..., item)
    return (*[slice(None)] * axis, item)


def _whole(dtype: str, port: str) -> None:
    if dtype and dtype not in ("int64", "int32", "int"):
        mend = (
            f"cast first: Cast(int64) -> {port}" if dtype != "bool" else "Where and MaskedFill choose by truth values"
        )
        raise Problem(f"needs whole numbers as indices, got {dtype}", port, mend, "dtype-mismatch")


def _int64(index: str) -> None:
    _whole(index, "index")
    if index and index != "int64":
        raise Problem(f"needs an index in int64, got {index}", "index", "Cast(int64)", "dtype-mismatch")


# ------------------------------------------------------------------------------------ known places


@op(
    Category.TENSOR,
    aliases=("Narrow",),
    samples=[
        sample({"start": 1, "stop": 3}, ("N", 4, "H")),
        sample({"start": 1}, ("N", "T", 4)),
        sample({"stop": -1, "axis": -1}, ("N", "T", "L")),
        sample({"step": 2, "axis": 2}, ("N", 4, "H")),
        sample({"start": -3, "stop": -1, "axis": 0}, (5,)),
    ],
)
class Slice(Plain):
    """A range along an axis: ``Slice(1, 3)`` keeps places 1 and 2. Negative bounds count from the end.

    Both bounds must lie within the axis.
    """

    start: Dim | None = arg(None, doc="the first place; the first of all by default", aliases=("begin", "from"))
    stop: Dim | None = arg(None, doc="the first place left out; none by default", aliases=("end", "to"))
    step: int = arg(1, doc="1 takes every place, 2 every other")
    axis: Axis = arg(1, doc="the axis", aliases=("dim",))

    def shape(self, x: Shape) -> Shape:
        axis = axis_of(self.axis, len(x))
        if self.step < 1:
            mend = "Flip turns an axis around" if self.step < 0 else None
            raise Problem(f"can't go in steps of {self.step}", "step", mend, "bad-value")
        start = self._bound(self.start, ZERO, x[axis], axis, "start")
        stop = self._bound(self.stop, x[axis], x[axis], axis, "stop")
        at_most(start, stop, f"starts at {self.start or 0}, after it stops at {self.stop}: {x[axis]} places", "start")
        return Shape(*x[:axis], steps(stop - start, self.step), *x[axis + 1 :])

    @staticmethod
    def _bound(given: Dim | None, default: Dim, size: Dim, axis: int, name: str) -> Dim:
        if given is None:
            return default
        message = f"{name} {given} is outside axis {axis}, which has size {size}"
        if given.constant is not None and given.constant < 0:
            at_most(-given, size, message, name)
            return size + given
        at_most(given, size, message, name)
        return given

    def torch(self, x: Shape) -> Torch:
        axis = axis_of(self.axis, len(x))
        start = None if self.start is None or self.start == 0 else self.start
        stop = None if self.stop is None or self.stop == x[axis] else self.stop
        piece = slice(start, stop, self.step if self.step != 1 else None)
        return Subscript(Arg("x"), _along(axis, len(x), piece))


@op(
    Category.TENSOR,
    aliases=("Index",),
    label="{name} {index}",
    samples=[
        sample({"index": 0}, ("N", "T", 4)),
        sample({"index": -1, "axis": 2}, ("N", 3, 4)),
        sample({"index": 2, "axis": 0}, (3,)),
    ],
)
class Select(Plain):
    """One place along an axis, which vanishes: ``Select(0, axis = 1)`` makes [B, D] of [B, N, D]."""

    index: Dim = arg(doc="the place, counted from 0; negative from the end")
    axis: Axis = arg(1, doc="the axis", aliases=("dim",))

    def shape(self, x: Shape) -> Shape:
        axis = axis_of(self.axis, len(x))
        position(self.index, x[axis], axis)
        return Shape(*x[:axis], *x[axis + 1 :])

    def torch(self, x: Shape) -> Torch:
        return Subscript(Arg("x"), _along(axis_of(self.axis, len(x)), len(x), self.index))


@op(
    Category.TENSOR,
    label="{name} {sizes}",
    samples=[
        sample({"sizes": (4, 5)}, ("N", 3, 8, 12)),
        sample({"sizes": 4}, ("N", 3, 8, 7)),
        sample({"sizes": ("H", 3)}, ("N", 3, "H", 12)),
    ],
)
class CenterCrop(Plain):
    """The middle of the last axes: ``CenterCrop(H, W)`` makes [B, C, H, W] of a larger picture.

    One size is for both axes of a picture. With an odd rest, one more row is left out at the end.
    """

    sizes: Sizes = arg(doc="what is kept of each of the last axes", aliases=("size", "output_size"), many=True)

    def _axes(self, x: Shape) -> list[tuple[int, Dim]]:
        sizes = tuple(self.sizes) * (len(x) - 2) if len(self.sizes) == 1 and len(x) > 2 else tuple(self.sizes)
        if len(sizes) > len(x):
            raise Problem(f"has {len(sizes)} sizes, and {x} has {len(x)} axes", "sizes")
        return list(enumerate(sizes, len(x) - len(sizes)))

    def shape(self, x: Shape) -> Shape:
        result = list(x)
        for axis, size in self._axes(x):
            at_most(size, x[axis], f"can't keep {size} of axis {axis}, which has size {x[axis]}", "sizes")
            result[axis] = size
        return Shape(*result)

    def torch(self, x: Shape) -> Torch:
        items: list[Any] = []
        for axis, size in self._axes(x):
            start = (x[axis] - size) // 2
            items.append(slice(None) if size == x[axis] else slice(start, start + size))
        return Subscript(Arg("x"), (..., *items))


@op(
    Category.TENSOR,
    label="{name} {axes}",
    samples=[sample({"axes": (1,)}, ("N", "T", 4)), sample({"axes": (-2, -1)}, ("N", "T", 4))],
)
class Flip(Plain):
    """Turns axes around, the last place first."""

    axes: Axes = arg(doc="the axes", aliases=("axis", "dims", "dim"), many=True)

    def shape(self, x: Shape) -> Shape:
        axes = [axis_of(a, len(x), "axes") for a in self.axes]
        if len(set(axes)) < len(axes):
            raise Problem(f"turns an axis around twice: {self.axes}", "axes", rule="bad-value")
        return x

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "flip", self.axes)


@op(
    Category.TENSOR,
    label="{name} {shifts}",
    samples=[
        sample({"shifts": (-3, -3), "axes": (1, 2)}, ("N", 7, 7, 4)),
        sample({"shifts": 1, "axes": 1}, ("N", "T")),
        sample({"shifts": 2}, (3, 4)),
    ],
)
class Roll(Plain):
    """Shifts elements along axes; what leaves at one end comes in at the other. Without axes it flattens first."""

    shifts: Sizes = arg(doc="by how many places, for each axis; negative towards the begin", aliases=("shift",))
    axes: Axes | None = arg(None, doc="the axes", aliases=("axis", "dims", "dim"))

    def shape(self, x: Shape) -> Shape:
        count = len(self.axes) if self.axes is not None else 1
        if len(self.shifts) != count:
            message = (
                f"has {len(self.shifts)} shifts for {count} axes" if self.axes else "needs axes for several shifts"
            )
            raise Problem(message, "shifts", "one shift for each axis: Roll((-3, -3), axes = (1, 2))")
        for axis in self.axes or ():
            axis_of(axis, len(x), "axes")
        return x

    def torch(self, x: Shape) -> Torch:
        if self.axes is None:
            return Method(Arg("x"), "roll", (self.shifts[0],))
        if len(self.axes) == 1:
            return Method(Arg("x"), "roll", (self.shifts[0],), {"dims": self.axes[0]})
        return Method(Arg("x"), "roll", (tuple(self.shifts),), {"dims": self.axes})


# ------------------------------------------------------------------------------ places in a tensor


@op(
    Category.TENSOR,
    aliases=("IndexSelect", "Lookup"),
    samples=[
        sample({}, (9, 4), ("N", "T"), dtypes=("float32", "int64")),
        sample({"axis": 1}, ("N", 4, "H"), (3,), dtypes=("float32", "int64")),
        sample({"axis": -1}, ("N", 3, 4), (2, 2), dtypes=("float32", "int64")),
        sample({"indices": (0, 2, 1), "axis": 1}, ("N", 4, "H")),
        sample({"indices": (1, 2), "axis": 1}, ("N", 4, "H")),
        sample({"indices": 0}, (4, 5)),
    ],
)
class Take(Plain):
    """The places of an axis that are listed: rows of a table, maps of a picture.

    ``[table, index] -> Take`` makes [N, M, heads] of a table [K, heads] and an index [N, M] of whole numbers;
    ``Take([0, 2], axis = 1)`` keeps two channels.
    """

    indices: Any = arg(None, doc="the places, if no second tensor lists them", aliases=("index",))
    axis: Axis = arg(0, doc="the axis they are places of", aliases=("dim",))

    def _list(self, size: Dim, axis: int) -> list[Dim]:
        items = self.indices if isinstance(self.indices, (tuple, list)) else (self.indices,)
        places = [as_size(i, "indices") for i in items]
        for place in places:
            position(place, size, axis, "indices")
        return places

    def shape(self, x: Shape, index: Shape | None = None) -> Shape:
        axis = axis_of(self.axis, len(x))
        if index is None and self.indices is None:
            raise Problem("needs the places to take", "x", "[table, index] -> Take, or a list: Take([0, 2], axis = 1)")
        if index is not None and self.indices is not None:
            raise Problem("has a list of places and a tensor of them as well", "indices")
        places = index if index is not None else (len(self._list(x[axis], axis)),)
        return Shape(*x[:axis], *places, *x[axis + 1 :])

    def dtype(self, x: str, index: str = "") -> str:
        _whole(index, "index")
        return x

    def torch(self, x: Shape, index: Shape | None = None) -> Torch:
        axis = axis_of(self.axis, len(x))
        item: Any = Arg("index")
        if index is None:
            places = [p.constant if p.constant is not None else p for p in self._list(x[axis], axis)]
            first = places[0] if places else 0
            row = isinstance(first, int) and first >= 0 and places == list(range(first, first + len(places)))
            item = slice(first, first + len(places)) if row else places
        return Subscript(Arg("x"), _along(axis, len(x), item))


@op(
    Category.TENSOR,
    aliases=("TakePerBatch",),
    samples=[
        sample({}, ("N", "T", 4), ("N",), dtypes=("float32", "int64")),
        sample({"axis": 2}, ("N", "T", 4), ("N", "T"), dtypes=("float32", "int64")),
        sample({"axis": 1}, ("N", 4), ("N",), dtypes=("float32", "int64")),
    ],
)
class SelectEach(Plain):
    """One place along an axis, another one for each element of the batch: [B, N, D] and [B] give [B, D].

    The index names a place for all axes before ``axis``.
    """

    axis: Axis = arg(1, doc="the axis the places are on", aliases=("dim",))

    def shape(self, x: Shape, index: Shape) -> Shape:
        axis = axis_of(self.axis, len(x))
        if len(index) != axis:
            wanted = Shape(*x[:axis])
            raise Problem(f"needs one place for each {wanted}, got {index}", "index", "Take takes places of any shape")
        before = []
        for i, size in enumerate(index):
            message = f"needs one place for each {Shape(*x[:axis])}, got {index}"
            before.append(agree(x[i], size, message, "index"))
        return Shape(*before, *x[axis + 1 :])

    def dtype(self, x: str, index: str) -> str:
        _int64(index)
        return x

    def torch(self, x: Shape, index: Shape) -> Torch:
        axis = axis_of(self.axis, len(x))
        places = Subscript(Arg("index"), (*[slice(None)] * axis, *[None] * (len(x) - axis)))
        return Method(Call("torch.take_along_dim", (Arg("x"), places), {"dim": axis}), "squeeze", (axis,))


@op(
    Category.TENSOR,
    samples=[
        sample({"axis": 1}, ("N", 4, 5), ("N", 3, 5), dtypes=("float32", "int64")),
        sample({"axis": -1}, ("N", 4), ("N", 1), dtypes=("float32", "int64")),
    ],
)
class Gather(Plain):
    """At each place of the result, the element whose place along an axis the index names, as in ``torch.gather``.

    ``out[i, j] = x[i, index[i, j]]`` with ``axis = 1``. The result has the index's shape.
    """

    axis: Axis = arg(doc="the axis the index is for", aliases=("dim",))

    def shape(self, x: Shape, index: Shape) -> Shape:
        axis = axis_of(self.axis, len(x))
        if len(index) != len(x):
            message = f"needs an index with {len(x)} dimensions like {x}, got {index}"
            raise Problem(message, "index", "Take takes rows by an index of any shape")
        for i, (size, limit) in enumerate(zip(index, x, strict=True)):
            if i != axis:
                at_most(size, limit, f"has an index of size {size} on axis {i}, where {x} has {limit}", "index")
        return index

    def dtype(self, x: str, index: str) -> str:
        _int64(index)
        return x

    def torch(self, x: Shape, index: Shape) -> Torch:
        return Method(Arg("x"), "gather", (self.axis, Arg("index")))
