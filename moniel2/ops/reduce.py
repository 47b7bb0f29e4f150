"""One number from many: sums, means, extremes over axes; or element by element over several tensors."""

from __future__ import annotations

from typing import Any, ClassVar

from moniel2.dims import ONE, Shape
from moniel2.ops.code import Arg, Call, Infix, Method, Torch
from moniel2.ops.common import axis_of, floating
from moniel2.ops.dtypes import numeric, promote, whole
from moniel2.ops.plain import Plain, broadcast_all, operands
from moniel2.ops.spec import Axes, Axis, Category, Problem, arg, op, sample

_ALIASES = ("dim", "axes", "dims")
_KEEP = ("keep", "keep_dim", "keepdims", "keep_dims")


class Reduction(Plain):
    """Over one tensor's axes: the given ones, or all."""

    axis: Axes | None = arg(None, doc="the axes that are reduced; all by default", aliases=_ALIASES)
    keepdim: bool = arg(False, doc="keep them with size 1", aliases=_KEEP)
    function: ClassVar[str] = ""

    def reduced(self, x: Shape) -> tuple[int, ...]:
        """The axes that vanish, from 0. Raises ``Problem``."""
        if self.axis is None:
            return tuple(range(len(x)))
        axes = tuple(axis_of(a, len(x)) for a in self.axis)
        for a in axes:
            if axes.count(a) > 1:
                raise Problem(f"has axis {a} twice", "axis", rule="bad-value")
        return axes

    def over(self, x: Shape) -> Shape:
        axes = self.reduced(x)
        if self.keepdim:
            return Shape(*(ONE if i in axes else s for i, s in enumerate(x)))
        return Shape(*(s for i, s in enumerate(x) if i not in axes))

    def keywords(self) -> dict[str, Any]:
        """``dim`` and ``keepdim`` as torch has them."""
        if self.axis is None:
            return {}
        found: dict[str, Any] = {"dim": self.axis[0] if len(self.axis) == 1 else self.axis}
        return found | ({"keepdim": True} if self.keepdim else {})

    def explicit(self, x: Shape) -> dict[str, Any]:
        """The same where torch needs the axes to be named."""
        axes = tuple(range(len(x)))
        return self.keywords() if self.axis is not None or not self.keepdim else {"dim": axes, "keepdim": True}

    def shape(self, x: Shape) -> Shape:
        return self.over(x)

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), self.function, (), self.explicit(x))


class Merging(Reduction):
    """One operand is reduced over its axes; two or more are merged element by element."""

    def shape(self, *xs: Shape) -> Shape:
        if not xs:
            raise Problem("needs at least one tensor")
        if len(xs) == 1:
            return self.over(xs[0])
        if self.axis is not None or self.keepdim:
            mend = f"without it they merge element by element; to reduce, join first: Stack -> {self.spec.name}"
            blame = "axis" if self.axis is not None else "keepdim"
            raise Problem(f"reduces one tensor over an axis, got {len(xs)}", blame, mend)
        return broadcast_all(xs, tuple(f"xs[{i}]" for i in range(len(xs))))

    def dtype(self, *xs: str) -> str:
        return self.result(promote(*xs)) if len(xs) == 1 else promote(*xs)

    def result(self, x: str) -> str:
        """The dtype of a reduction."""
        return x

    def torch(self, *xs: Shape) -> Torch:
        if len(xs) == 1:
            return Method(Arg("xs[0]"), self.function, (), self.explicit(xs[0]))
        return self.merged(*xs)

    def merged(self, *xs: Shape) -> Torch:
        raise NotImplementedError


def _counted(dtype: str) -> str:
    """Sums of whole numbers are int64."""
    return "int64" if whole(dtype) else dtype


_AXES = sample({"axis": (2, 3)}, ("N", 4, "H", "W"))
_KEPT = sample({"axis": (-1,), "keepdim": True}, ("N", 4))
_ALL = sample({}, ("N", 4))
_WHOLE = sample({"axis": (1,)}, ("N", 4), dtypes=("int64",))
_ALL_KEPT = sample({"keepdim": True}, ("N", 4))
_MERGED = sample({}, ("N", 4), ("N", 4), ("N", 4))
_STRETCHED = sample({}, ("N", 4), (4,))


# -------------------------------------------------------------------- over axes, or several operands


@op(
    Category.MERGE,
    aliases=("ReduceSum",),
    moniel="Summation",
    label="{name}[, axis {axis}]",
    samples=[_AXES, _KEPT, _ALL, _ALL_KEPT, _WHOLE, _MERGED, _STRETCHED],
)
class Sum(Merging):
    """The sum over axes (all by default); of several operands the sum element by element, like ``Add``.

    [B, C, H, W] with ``axis = (2, 3)`` gives [B, C], with ``keepdim`` [B, C, 1, 1].
    """

    function = "sum"

    def result(self, x: str) -> str:
        return _counted(x)

    def merged(self, *xs: Shape) -> Torch:
        return Infix("+", operands(xs))


@op(
    Category.MERGE,
    aliases=("Average", "ReduceMean"),
    label="{name}[, axis {axis}]",
    samples=[_AXES, _KEPT, _ALL, _ALL_KEPT, _MERGED, _STRETCHED],
)
class Mean(Merging):
    """The mean over axes (all by default); of several operands the mean element by element."""

    function = "mean"

    def dtype(self, *xs: str) -> str:
        if len(xs) == 1 and whole(xs[0]):
            raise Problem(
                f"needs floating-point numbers, got {xs[0]}",
                "xs[0]",
                "cast first: Cast(float32) -> Mean",
                "dtype-mismatch",
            )
        return promote(*xs, *(("float",) if len(xs) > 1 else ()))

    def merged(self, *xs: Shape) -> Torch:
        return Infix("/", (Infix("+", operands(xs)), len(xs)))


class Extreme(Merging):
    """The largest or smallest."""

    pair: ClassVar[str] = ""
    bound: ClassVar[str] = ""

    def merged(self, *xs: Shape) -> Torch:
        tensors: list[Torch] = [a for a, x in zip(operands(xs), xs, strict=True) if len(x)]
        numbers = [a for a, x in zip(operands(xs), xs, strict=True) if not len(x)]
        if not tensors:
            tensors = [Call("torch.as_tensor", (numbers.pop(0),))]
        result: Torch = tensors[0]
        for other in tensors[1:]:
            result = Call(self.pair, (result, other))
        for number in numbers:
            result = Method(result, "clamp", (), {self.bound: number})
        return result


@op(
    Category.MERGE,
    aliases=("Maximum", "ReduceMax", "Amax", "AMax"),
    label="{name}[, axis {axis}]",
    samples=[_AXES, _KEPT, _ALL, _WHOLE, _MERGED, _STRETCHED, sample({}, ("N", 4), ())],
)
class Max(Extreme):
    """The largest value over axes (all by default); of several operands the largest element by element.

    ``[0, x] -> Max`` replaces what is negative by 0.
    """

    function = "amax"
    pair = "torch.maximum"
    bound = "min"


@op(
    Category.MERGE,
    aliases=("Minimum", "ReduceMin", "Amin", "AMin"),
    label="{name}[, axis {axis}]",
    samples=[_AXES, _KEPT, _ALL, _WHOLE, _MERGED, _STRETCHED, sample({}, (), ())],
)
class Min(Extreme):
    """The smallest value over axes (all by default); of several operands the smallest element by element."""

    function = "amin"
    pair = "torch.minimum"
    bound = "max"


# ------------------------------------------------------------------------------------ over axes


@op(
    Category.TENSOR,
    aliases=("Product", "ReduceProd"),
    label="{name}[, axis {axis}]",
    samples=[_AXES, _KEPT, _ALL, _ALL_KEPT, _WHOLE],
)
class Prod(Reduction):
    """The product over axes, all by default."""

    def dtype(self, x: str) -> str:
        return _counted(x)

    def torch(self, x: Shape) -> Torch:
        if self.axis is None and not self.keepdim:
            return Method(Arg("x"), "prod")
        result: Torch = Arg("x")
        for a in sorted(self.reduced(x), reverse=True):  # torch takes one axis at a time
            result = Method(result, "prod", (), {"dim": a} | ({"keepdim": True} if self.keepdim else {}))
        return result


class Spread(Reduction):
    """How far values lie from their mean."""

    correction: int = arg(1, doc="what is taken from the number of values before dividing", keyword=True)

    dtype: ClassVar[Any] = floating

    def torch(self, x: Shape) -> Torch:
        more = {} if self.correction == 1 else {"correction": self.correction}
        return Method(Arg("x"), self.function, (), self.explicit(x) | more)


@op(
    Category.TENSOR,
    label="{name}[, axis {axis}]",
    samples=[_AXES, _KEPT, _ALL, sample({"axis": (1,), "correction": 0}, ("N", 4))],
)
class Variance(Spread):
    """The variance over axes, all by default; divided by one less than the number of values, as in PyTorch."""

    function = "var"


@op(
    Category.TENSOR,
    aliases=("StandardDeviation",),
    label="{name}[, axis {axis}]",
    samples=[_AXES, _KEPT, _ALL, sample({"axis": (1,), "correction": 0}, ("N", 4))],
)
class Std(Spread):
    """The standard deviation over axes, all by default."""

    function = "std"


@op(
    Category.TENSOR,
    aliases=("VectorNorm",),
    label="‖x‖[, axis {axis}]",
    samples=[
        sample({"axis": (-1,)}, ("N", 4)),
        sample({"p": 1, "axis": (1, 2), "keepdim": True}, ("N", 4, "H")),
        sample({}, ("N", 4)),
    ],
)
class Norm(Reduction):
    """The length of vectors along axes (all by default): the p-th root of the sum of the p-th powers."""

    p: float = arg(2, doc="the power; 2 is the usual length", aliases=("ord",))

    dtype: ClassVar[Any] = floating

    def torch(self, x: Shape) -> Torch:
        power = {} if self.p == 2 else {"ord": self.p}
        return Call("torch.linalg.vector_norm", (Arg("x"),), power | self.explicit(x))


@op(Category.TENSOR, label="{name}[, axis {axis}]", samples=[_AXES, _KEPT, _ALL])
class LogSumExp(Reduction):
    """The logarithm of the sum of exponentials over axes (all by default), without overflow."""

    dtype: ClassVar[Any] = floating

    def torch(self, x: Shape) -> Torch:
        axes = self.axis if self.axis is not None else tuple(range(len(x)))
        more = {"keepdim": True} if self.keepdim else {}
        return Method(Arg("x"), "logsumexp", (), {"dim": axes[0] if len(axes) == 1 else axes} | more)


class Truth(Reduction):
    """Truth values over axes."""

    def dtype(self, x: str) -> str:
        return "bool"


@op(
    Category.TENSOR,
    name="Any",
    label="{name}[, axis {axis}]",
    samples=[sample({"axis": (1,)}, ("N", 4), dtypes=("bool",)), sample({}, ("N", 4), dtypes=("bool",)), _AXES],
)
class AnyTrue(Truth):
    """Whether some element over the axes (all by default) is true, or not 0."""

    function = "any"


@op(
    Category.TENSOR,
    name="All",
    label="{name}[, axis {axis}]",
    samples=[sample({"axis": (1,)}, ("N", 4), dtypes=("bool",)), sample({}, ("N", 4), dtypes=("bool",)), _AXES],
)
class AllTrue(Truth):
    """Whether every element over the axes (all by default) is true, or not 0."""

    function = "all"


# ------------------------------------------------------------------------------------ one axis


class Place(Plain):
    """Where along an axis something is."""

    axis: Axis | None = arg(None, doc="the axis searched; all of the tensor by default", aliases=("dim",))
    keepdim: bool = arg(False, doc="keep the axis with size 1", aliases=_KEEP)
    function: ClassVar[str] = ""

    def shape(self, x: Shape) -> Shape:
        if self.axis is None:
            return Shape(*(ONE for _ in x)) if self.keepdim else Shape()
        axis = axis_of(self.axis, len(x))
        return Shape(*x[:axis], *((ONE,) if self.keepdim else ()), *x[axis + 1 :])

    def dtype(self, x: str) -> str:
        numeric(x=x)
        return "int64"

    def torch(self, x: Shape) -> Torch:
        more = {"keepdim": True} if self.keepdim else {}
        if self.axis is None:
            return Method(Arg("x"), self.function, (), {"dim": None} | more if more else {})
        return Method(Arg("x"), self.function, (), {"dim": self.axis} | more)


_PLACES = [
    sample({"axis": -1}, ("N", 4, "H")),
    sample({"axis": 1, "keepdim": True}, ("N", 4, "H")),
    sample({}, ("N", 4)),
    sample({"keepdim": True}, ("N", 4)),
]


@op(Category.TENSOR, aliases=("Argmax",), label="{name}[, axis {axis}]", samples=_PLACES)
class ArgMax(Place):
    """The index of the largest value along an axis; without one, of the flattened tensor."""

    function = "argmax"


@op(Category.TENSOR, aliases=("Argmin",), label="{name}[, axis {axis}]", samples=_PLACES)
class ArgMin(Place):
    """The index of the smallest value along an axis; without one, of the flattened tensor."""

    function = "argmin"


class Running(Plain):
    """What has come so far, at every place along an axis."""

    axis: Axis = arg(doc="the axis along which it runs", aliases=("dim",))
    function: ClassVar[str] = ""

    def shape(self, x: Shape) -> Shape:
        axis_of(self.axis, len(x))
        return x

    def dtype(self, x: str) -> str:
        return _counted(x)

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), self.function, (), {"dim": self.axis})


_RUNNING = [sample({"axis": 1}, ("N", "T", 4)), sample({"axis": -1}, ("N", 4), dtypes=("int64",))]


@op(Category.TENSOR, aliases=("CumulativeSum", "Cumsum"), samples=_RUNNING)
class CumSum(Running):
    """The sum of all elements so far along an axis, each included."""

    function = "cumsum"


@op(Category.TENSOR, aliases=("CumulativeProduct", "Cumprod"), samples=_RUNNING)
class CumProd(Running):
    """The product of all elements so far along an axis, each included."""

    function = "cumprod"
