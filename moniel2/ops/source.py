"""Tensors that come from nowhere: trained ones, constants, ranges, random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.code import Arg, Call, Device, Infix, Method, Name, Own, Torch
from moniel2.ops.dtypes import real
from moniel2.ops.plain import Plain
from moniel2.ops.sizes import as_sizes, declared, steps
from moniel2.ops.space import at_least
from moniel2.ops.spec import Category, DType, Problem, Weight, Weights, arg, op, sample

_SIZES = ("size", "sizes")
_MINUS = "a shape given as an argument has no -1 here: nothing flows in that says the rest"


def _shape(value: Any) -> Shape:
    sizes = as_sizes(value, "shape")
    if any(s == -1 for s in sizes):
        raise Problem("needs every size", "shape", _MINUS, "bad-value")
    return declared(sizes)


def _dtype(name: str) -> Name:
    return Name(f"torch.{name}")


def _where(dtype: str, usual: str = "float32") -> dict[str, Any]:
    """The keywords of a tensor made in ``forward``."""
    return {} | ({} if dtype == usual else {"dtype": _dtype(dtype)}) | {"device": Device()}


class Made(Plain):
    """A tensor of a given shape."""

    shape_: Any = arg(doc="the shape", aliases=_SIZES, many=True)
    dtype_: DType = arg("float32", doc="the dtype", keyword=True)

    def shape(self) -> Shape:
        return _shape(self.shape_)

    def dtype(self) -> str:
        return self.dtype_


# ------------------------------------------------------------------------------------ of the model


_STARTS: Mapping[str, str] = {
    "normal": "normal_",
    "truncated_normal": "trunc_normal_",
    "trunc_normal": "trunc_normal_",
    "uniform": "uniform_",
    "xavier_uniform": "xavier_uniform_",
    "xavier_normal": "xavier_normal_",
    "kaiming_uniform": "kaiming_uniform_",
    "kaiming_normal": "kaiming_normal_",
    "orthogonal": "orthogonal_",
}


def _start(init: Any, sizes: Shape, std: float, dtype: str) -> Torch:
    """The tensor a weight starts with."""
    typed = {} if dtype == "float32" else {"dtype": _dtype(dtype)}
    if init in ("zeros", 0):
        return Call("torch.zeros", tuple(sizes) or ((),), typed)
    if init in ("ones", 1):
        return Call("torch.ones", tuple(sizes) or ((),), typed)
    if isinstance(init, (int, float)):
        return Call("torch.full", (tuple(sizes), float(init)), typed) if sizes else Call("torch.tensor", (init,), typed)
    empty = Call("torch.empty", tuple(sizes) or ((),), typed)
    more = {"std": std} if init in ("normal", "truncated_normal", "trunc_normal") and std != 1 else {}
    return Call(f"nn.init.{_STARTS[init]}", (empty,), more)


def _check_start(init: Any, sizes: Shape | None) -> None:
    words = ("zeros", "ones", *_STARTS)
    if isinstance(init, bool) or not (isinstance(init, (int, float)) or init in words):
        listing = ", ".join(f'"{w}"' for w in words)
        raise Problem(f"can't start with {init}", "init", f"a number, or one of {listing}", "bad-value")
    if (
        sizes is not None
        and len(sizes) < 2
        and isinstance(init, str)
        and init.startswith(("xavier", "kaiming", "orth"))
    ):
        raise Problem(f'"{init}" needs at least 2 dimensions, got {sizes}', "init", rule="bad-value")


@op(
    Category.TENSOR,
    aliases=("Weight", "Param"),
    moniel="Variable",
    declared="shape",
    samples=[
        sample({}, declared=(1, 5, 4)),
        sample({"init": 2.5}, declared=()),
        sample({"init": "xavier_uniform"}, declared=(3, 4)),
        sample({"init": "ones", "trainable": False}, declared=(3,)),
        sample({"init": 1e-6}, declared=(4,)),
    ],
)
class Parameter(Plain):
    """A trained tensor: ``cls:Parameter[1, 1, D]``.

    ``init`` is a number that fills it, or how it is drawn: "normal" (the default, with the standard deviation ``std``),
    "zeros", "ones", "truncated_normal", "uniform", "xavier_uniform", "xavier_normal", "kaiming_uniform",
    "kaiming_normal", "orthogonal". A tensor that flows in is what it starts with. Its key is the node's own name.
    """

    shape_: Any = arg(None, doc="the shape", aliases=_SIZES, many=True)
    init: Any = arg("normal", doc="what it starts with: a number or a word", aliases=("initial", "value"), keyword=True)
    std: float = arg(0.02, doc='the standard deviation of "normal" and "truncated_normal"', keyword=True)
    trainable: bool = arg(True, doc="whether it is trained", aliases=("requires_grad",), keyword=True)
    dtype_: DType = arg("float32", doc="the dtype", keyword=True)

    def shape(self, initial: Shape | None = None) -> Shape | None:
        sizes = initial if self.shape_ is None else _shape(self.shape_)
        if sizes is not None and initial is not None and len(sizes) != len(initial):
            raise Problem(f"has the shape {sizes}, but starts with {initial}", "initial")
        _check_start(self.init, sizes)
        return sizes

    def dtype(self, initial: str = "") -> str:
        return self.dtype_

    def weights(self, initial: Shape | None = None) -> Weights:
        sizes = self.shape(initial)
        return {} if sizes is None else {"": Weight(sizes, self.trainable, dtype=self.dtype_)}

    def torch(self, initial: Shape | None = None) -> Torch:
        if initial is not None:
            return Own("", Arg("initial"))
        return Own("", _start(self.init, self.shape() or Shape(), self.std, self.dtype_))


class Held(Plain):
    """A tensor that the model holds and doesn't train."""

    shape_: Any = arg(None, doc="the shape", aliases=_SIZES, many=True)
    dtype_: DType = arg("float32", doc="the dtype", keyword=True)

    def shape(self) -> Shape | None:
        return None if self.shape_ is None else _shape(self.shape_)

    def dtype(self) -> str:
        return self.dtype_

    def weights(self) -> Weights:
        sizes = self.shape()
        return {} if sizes is None else {"": Weight(sizes, trainable=False, buffer=True, dtype=self.dtype_)}

    def torch(self) -> Torch:
        return Own("", _start("zeros", self.shape() or Shape(), 0, self.dtype_))


@op(
    Category.TENSOR,
    declared="shape",
    samples=[sample({}, declared=(4,)), sample({"init": 1}, declared=(2, 3)), sample({"dtype": "int64"}, declared=())],
)
class Buffer(Held):
    """A tensor that is saved with the model but not trained, such as a running mean or a table."""

    init: Any = arg(0, doc="what it starts with: a number or a word as for ``Parameter``", keyword=True)
    std: float = arg(1, doc='the standard deviation of "normal" and "truncated_normal"', keyword=True)

    def shape(self) -> Shape | None:
        _check_start(self.init, None)
        return super().shape()

    def torch(self) -> Torch:
        return Own("", _start(self.init, self.shape() or Shape(), self.std, self.dtype_))


@op(
    Category.TENSOR,
    moniel="Tensor",
    declared="shape",
    samples=[sample({}, declared=(3, 4)), sample({"dtype": "int64"}, declared=(3,))],
)
class Tensor(Held):
    """A tensor known by its name. In code it is a buffer of zeros, to be filled before the model is used."""


# --------------------------------------------------------------------------------------- constants


def _nested(value: Any) -> tuple[int, ...]:
    """The sizes of nested sequences. Raises ``Problem`` if rows differ in length."""
    if not isinstance(value, (tuple, list)):
        return ()
    inner = {_nested(v) for v in value}
    if len(inner) > 1:
        raise Problem("has rows of different lengths", "value", rule="bad-value")
    return (len(value), *(inner.pop() if inner else ()))


def _numbers(value: Any) -> list[Any]:
    return [n for v in value for n in _numbers(v)] if isinstance(value, (tuple, list)) else [value]


def _lists(value: Any) -> Any:
    return [_lists(v) for v in value] if isinstance(value, (tuple, list)) else value


@op(
    Category.TENSOR,
    moniel="Constant",
    label="{value}",
    declared="shape",
    samples=[
        sample({"value": 0.5}, declared=()),
        sample({"value": 2}, declared=(3, 4)),
        sample({"value": ((1, 2), (3, 4), (5, 6))}),
        sample({"value": (1, 2.5), "dtype": "float64"}),
        sample({"value": True}),
    ],
)
class Constant(Plain):
    """A number, or a table of numbers: ``Constant(0.5)[]``, ``Constant(1)[3, 4]``, ``Constant([[1, 2], [3, 4]])``."""

    value: Any = arg(doc="a number, or nested sequences of numbers")
    shape_: Any = arg(None, doc="the shape; by default that of the value", aliases=_SIZES)
    dtype_: DType | None = arg(None, doc="the dtype; float32, or int64 if all numbers are whole", keyword=True)

    def shape(self) -> Shape:
        own = _nested(self.value)
        if self.shape_ is None:
            return Shape(*own)
        sizes = _shape(self.shape_)
        if own and Shape(*own) != sizes:
            raise Problem(f"has values of the shape {Shape(*own)}, declared as {sizes}", "shape")
        return sizes

    def dtype(self) -> str:
        if self.dtype_ is not None:
            return self.dtype_
        kinds = {type(n) for n in _numbers(self.value)}
        if kinds <= {bool}:
            return "bool"
        return "int64" if kinds <= {int, bool, Dim} else "float32"

    def torch(self) -> Torch:
        typed = {} if self.dtype_ is None else {"dtype": _dtype(self.dtype_)}
        if _nested(self.value) or not self.shape():
            return Call("torch.tensor", (_lists(self.value),), {**typed, "device": Device()})
        return Call("torch.full", (tuple(self.shape()), self.value), {**typed, "device": Device()})


@op(
    Category.TENSOR,
    declared="shape",
    samples=[sample({}, declared=("N", 4)), sample({"dtype": "int64"}, declared=(3,)), sample({}, declared=())],
)
class Zeros(Made):
    """Zeros: ``Zeros[B, H]``."""

    def torch(self) -> Torch:
        return Call("torch.zeros", tuple(self.shape()) or ((),), _where(self.dtype_))


@op(
    Category.TENSOR,
    declared="shape",
    samples=[sample({}, declared=("N", 4)), sample({"dtype": "bool"}, declared=(3, 3))],
)
class Ones(Made):
    """Ones: ``Ones[B, H]``."""

    def torch(self) -> Torch:
        return Call("torch.ones", tuple(self.shape()) or ((),), _where(self.dtype_))


@op(
    Category.TENSOR,
    aliases=("Fill",),
    label="Full {value}",
    declared="shape",
    samples=[sample({"value": 0.5}, declared=("N", 4)), sample({"value": 1, "dtype": "float32"}, declared=(3,))],
)
class Full(Plain):
    """One number everywhere: ``Full(0.5)[B, H]``."""

    value: float = arg(doc="the number", aliases=("fill_value",), kind="scalar")
    shape_: Any = arg(doc="the shape", aliases=_SIZES)
    dtype_: DType = arg("float32", doc="the dtype", keyword=True)

    def shape(self) -> Shape:
        return _shape(self.shape_)

    def dtype(self) -> str:
        return self.dtype_

    def torch(self) -> Torch:
        value = float(self.value) if self.dtype_ == "float32" and isinstance(self.value, int) else self.value
        return Call("torch.full", (tuple(self.shape()), value), _where(self.dtype_))


@op(
    Category.TENSOR,
    aliases=("Range",),
    samples=[
        sample({"start": 5}),
        sample({"start": 2, "end": 9, "step": 3}),
        sample({"start": 4, "end": 0, "step": -1}),
        sample({"end": 4, "dtype": "float32"}),
    ],
)
class Arange(Plain):
    """Whole numbers in a row: ``Arange(N)`` is 0, 1, … N - 1; ``Arange(2, 9, 3)`` is 2, 5, 8."""

    start: Dim | None = arg(None, doc="the first number; with one argument, the end", aliases=("n",))
    end: Dim | None = arg(None, doc="the first number that is not reached", aliases=("stop",))
    step: int = arg(1, doc="the distance of two numbers")
    dtype_: DType = arg("int64", doc="the dtype", keyword=True)

    def _range(self) -> tuple[Dim, Dim]:
        if self.end is None:
            return Dim.of(0), self.start if self.start is not None else Dim.of(0)
        return self.start if self.start is not None else Dim.of(0), self.end

    def missing(self) -> tuple[str, ...]:
        return ("end",) if self.start is None and self.end is None else ()

    def shape(self) -> Shape:
        if self.step == 0:
            raise Problem("can't count in steps of 0", "step", rule="bad-value")
        start, end = self._range()
        count = steps(end - start, self.step)
        if count.constant is not None and count.constant < 0:
            raise Problem(f"can't count from {start} to {end} in steps of {self.step}", "end", rule="bad-value")
        return Shape(count)

    def dtype(self) -> str:
        return self.dtype_

    def torch(self) -> Torch:
        start, end = self._range()
        bounds = (end,) if start == 0 and self.step == 1 else (start, end)
        return Call("torch.arange", bounds if self.step == 1 else (*bounds, self.step), _where(self.dtype_, "int64"))


@op(
    Category.TENSOR,
    aliases=("LinSpace",),
    samples=[sample({"start": 0, "end": 1, "steps": 5}), sample({"start": -1.5, "end": 1.5, "steps": 4})],
)
class Linspace(Plain):
    """``steps`` numbers at equal distances, both ends included."""

    start: float = arg(doc="the first number")
    end: float = arg(doc="the last number", aliases=("stop",))
    steps: Dim = arg(doc="how many")
    dtype_: DType = arg("float32", doc="the dtype", keyword=True)

    def shape(self) -> Shape:
        return Shape(at_least(self.steps, 0, "steps"))

    def dtype(self) -> str:
        return self.dtype_

    def torch(self) -> Torch:
        return Call("torch.linspace", (self.start, self.end, self.steps), _where(self.dtype_))


@op(
    Category.TENSOR,
    aliases=("IdentityMatrix",),
    samples=[sample({"n": 4}), sample({"n": 4, "m": 3, "dtype": "bool"})],
)
class Eye(Plain):
    """A matrix with ones on its diagonal and zeros elsewhere, [n, n] or [n, m]."""

    n: Dim = arg(doc="rows")
    m: Dim | None = arg(None, doc="columns; as many as rows by default")
    dtype_: DType = arg("float32", doc="the dtype", keyword=True)

    def shape(self) -> Shape:
        rows = at_least(self.n, 0, "n")
        return Shape(rows, rows if self.m is None else at_least(self.m, 0, "m"))

    def dtype(self) -> str:
        return self.dtype_

    def torch(self) -> Torch:
        sides = (self.n,) if self.m is None else (self.n, self.m)
        return Call("torch.eye", sides, _where(self.dtype_))


# ------------------------------------------------------------------------------------------ random


@op(
    Category.TENSOR,
    aliases=("Randn", "Normal", "Gaussian"),
    moniel="RandomNormal",
    declared="shape",
    random=True,
    samples=[sample({}, declared=("N", 4)), sample({"mean": 1, "std": 0.5}, declared=(3,))],
)
class RandomNormal(Made):
    """Random numbers from a normal distribution, new ones at every call: ``RandomNormal[B, Z]``."""

    mean: float = arg(0, doc="the mean", keyword=True)
    std: float = arg(1, doc="the standard deviation", aliases=("stddev",), keyword=True)

    def torch(self) -> Torch:
        value: Torch = Call("torch.randn", tuple(self.shape()) or ((),), _where(self.dtype_))
        if self.std != 1:
            value = Infix("*", (self.std, value))
        return Infix("+", (self.mean, value)) if self.mean != 0 else value


@op(
    Category.TENSOR,
    aliases=("Random", "Rand", "Uniform"),
    declared="shape",
    random=True,
    samples=[sample({}, declared=("N", 4)), sample({"low": -1, "high": 1}, declared=(3,))],
)
class RandomUniform(Made):
    """Random numbers between two bounds, all equally likely, new ones at every call: ``RandomUniform[B, Z]``."""

    low: float = arg(0, doc="the least value", keyword=True)
    high: float = arg(1, doc="the greatest value", keyword=True)

    def torch(self) -> Torch:
        value: Torch = Call("torch.rand", tuple(self.shape()) or ((),), _where(self.dtype_))
        if self.high - self.low != 1:
            value = Infix("*", (self.high - self.low, value))
        return Infix("+", (self.low, value)) if self.low != 0 else value


@op(
    Category.TENSOR,
    aliases=("RandInt", "Randint"),
    declared="shape",
    random=True,
    samples=[sample({"high": 10}, declared=("N", 4)), sample({"low": 2, "high": 4}, declared=())],
)
class RandomInteger(Made):
    """Random whole numbers from ``low`` to below ``high``, all equally likely, new ones at every call."""

    low: Dim = arg(0, doc="the least value", keyword=True)
    high: Dim = arg(doc="one above the greatest value", keyword=True)
    dtype_: DType = arg("int64", doc="the dtype", keyword=True)

    def torch(self) -> Torch:
        bounds = (self.high,) if self.low == 0 else (self.low, self.high)
        return Call("torch.randint", (*bounds, tuple(self.shape())), _where(self.dtype_, "int64"))


@op(
    Category.TENSOR,
    aliases=("TruncatedNormal",),
    moniel="TruncatedNormalDistribution",
    declared="shape",
    random=True,
    samples=[sample({}, declared=("N", 4)), sample({"std": 0.02, "low": -0.04, "high": 0.04}, declared=(3,))],
)
class TruncatedNormalDistribution(Made):
    """Random numbers from a normal distribution, drawn again where they lie outside two bounds."""

    mean: float = arg(0, doc="the mean", keyword=True)
    std: float = arg(1, doc="the standard deviation", aliases=("stddev",), keyword=True)
    low: float = arg(-2, doc="the least value", aliases=("a",), keyword=True)
    high: float = arg(2, doc="the greatest value", aliases=("b",), keyword=True)

    def torch(self) -> Torch:
        empty = Call("torch.empty", tuple(self.shape()) or ((),), _where(self.dtype_))
        usual = {"mean": 0, "std": 1, "low": -2, "high": 2}
        names = {"mean": "mean", "std": "std", "low": "a", "high": "b"}
        more = {names[k]: getattr(self, k) for k, v in usual.items() if getattr(self, k) != v}
        return Call("nn.init.trunc_normal_", (empty,), more)


@op(
    Category.TENSOR,
    declared="shape",
    random=True,
    samples=[sample({"p": 0.3}, declared=("N", 4)), sample({}, ("N", 4))],
)
class Bernoulli(Plain):
    """Random ones and zeros; a one has the probability ``p``, or at each place that of the tensor that flows in."""

    p: float = arg(0.5, doc="the probability of a one")
    shape_: Any = arg(None, doc="the shape", aliases=_SIZES, keyword=True)

    def shape(self, x: Shape | None = None) -> Shape | None:
        if not 0 <= self.p <= 1:
            raise Problem(f"needs a probability between 0 and 1, got {self.p}", "p", rule="bad-value")
        return x if self.shape_ is None else _shape(self.shape_)

    def dtype(self, x: str | None = None) -> str:
        return real(x=x) if x else "float32"

    def torch(self, x: Shape | None = None) -> Torch:
        if x is not None:
            return Method(Arg("x"), "bernoulli")
        sizes = self.shape() or Shape()
        return Call("torch.bernoulli", (Call("torch.full", (tuple(sizes), float(self.p)), {"device": Device()}),))
