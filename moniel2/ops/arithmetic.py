"""Operations on numbers, element by element."""

from __future__ import annotations

from typing import Any, ClassVar

from moniel2.dims import Shape
from moniel2.ops.code import Arg, Call, Infix, Method, Prefix, Torch
from moniel2.ops.common import same_shape
from moniel2.ops.dtypes import alike, fractional, number, numeric, promote, real
from moniel2.ops.plain import Plain, broadcast_all, operands
from moniel2.ops.spec import Category, Problem, arg, op, sample


class Several(Plain):
    """Any number of operands, and a number as one more."""

    value: float | None = arg(None, doc="a number, as the last operand", aliases=("other",), kind="scalar")
    symbol: ClassVar[str] = ""

    def shape(self, *xs: Shape) -> Shape:
        if not xs:
            raise Problem("needs at least one tensor")
        return broadcast_all(xs, tuple(f"xs[{i}]" for i in range(len(xs))))

    def dtype(self, *xs: str) -> str:
        return promote(*xs, *_value_dtype(self.value))

    def torch(self, *xs: Shape) -> Torch:
        everything = _with(operands(xs), self.value)
        return Infix(self.symbol, everything) if len(everything) > 1 else everything[0]


class Two(Plain):
    """Two operands, the second of which may be a number."""

    value: float | None = arg(None, doc="a number, as the second operand", aliases=("other",), kind="scalar")
    symbol: ClassVar[str] = ""

    def shape(self, x: Shape, y: Shape | None = None) -> Shape:
        name = self.spec.name
        if y is None and self.value is None:
            raise Problem("needs two operands", "x", f"[x, y] -> {name}, or a number: {name}(2)")
        if y is not None and self.value is not None:
            raise Problem("has two operands and a number as well", "value", f"leave the number out: {name}")
        return x if y is None else broadcast_all((x, y), ("x", "y"))

    def dtype(self, x: str, y: str | None = None) -> str:
        return promote(x, *(_value_dtype(self.value) if y is None else (y,)))

    def torch(self, x: Shape, y: Shape | None = None) -> Torch:
        return Infix(self.symbol, (Arg("x"), self.value if y is None else Arg("y")))


class Numeric(Two):
    """Two operands that are numbers, not truth values."""

    def dtype(self, x: str, y: str | None = None) -> str:
        second = _value_dtype(self.value) if y is None else (y,)
        return numeric(x=x, **dict(zip(("y",), second, strict=False)))


class Quotient(Two):
    """Two operands; fractions from whole numbers."""

    def dtype(self, x: str, y: str | None = None) -> str:
        return fractional(super().dtype(x, y))


class One(Plain):
    """One operand, the same function of each element: ``x.function()``."""

    function: ClassVar[str] = ""
    shape = same_shape

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), self.function)


class Smooth(One):
    """A function with fractions as values."""

    def dtype(self, x: str) -> str:
        return fractional(x)


class Counting(One):
    """Of numbers, not of truth values; whole numbers stay whole."""

    def dtype(self, x: str) -> str:
        return numeric(x=x)


def _value_dtype(value: Any) -> tuple[str, ...]:
    return () if value is None else (number(value),)


def _with(tensors: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    return tensors if value is None else (*tensors, value)


_TWO = sample({}, ("N", 3), ("N", 3))
_CHANNELS = sample({}, ("N", 4, "H", "W"), (4, 1, 1))
_ONE = sample({}, ("N", 3))


# ------------------------------------------------------------------------------- several operands


@op(
    Category.MERGE,
    aliases=("Plus",),
    moniel="Add",
    glyph="+",
    label="{name}[ {value}]",
    samples=[
        _TWO,
        _CHANNELS,
        sample({}, ("N", 3), ("N", 3), ("N", 3)),
        sample({"value": 1}, ("N", 3)),
        sample({"value": 0.5}, ("N", 3), dtypes=("int64",)),
        sample({}, ("N", 3), ("N", 1), dtypes=("int64", "float32")),
        sample({}, ("N", 3)),
    ],
)
class Add(Several):
    """The sum of all operands, element by element; shapes broadcast as in PyTorch. ``Add(1)`` adds a number."""

    symbol = "+"


@op(
    Category.MERGE,
    aliases=("Multiplication", "Times"),
    moniel="Multiply",
    glyph="×",
    label="{name}[ {value}]",
    samples=[_TWO, _CHANNELS, sample({"value": 0.5}, ("N", 3)), sample({}, ("N", 3), dtypes=("int64",))],
)
class Mul(Several):
    """The product of all operands, element by element (not of matrices: ``MatMul``). ``Mul(0.5)`` halves."""

    symbol = "*"


# ------------------------------------------------------------------------------------ two operands


@op(
    Category.MERGE,
    aliases=("Subtract", "Minus"),
    glyph="−",
    label="{name}[ {value}]",
    samples=[_TWO, sample({"value": 1}, ("N", 3)), sample({}, ("N", 3, 1), (1, 4))],
)
class Sub(Numeric):
    """The first operand minus the second; ``[1, x] -> Sub`` is 1 − x, ``Sub(1)`` takes 1 away."""

    symbol = "-"


@op(
    Category.MERGE,
    aliases=("Divide", "TrueDivide"),
    glyph="÷",
    label="{name}[ {value}]",
    samples=[
        _TWO,
        sample({"value": 2}, ("N", 3)),
        sample({}, ("N", 3), ("N", 3), dtypes=("int64", "int64")),
    ],
)
class Div(Quotient):
    """The first operand divided by the second; whole numbers give fractions. ``Div(2)`` halves."""

    symbol = "/"


@op(
    Category.MERGE,
    aliases=("FloorDivide",),
    samples=[
        sample({"value": 2}, ("N", 3), dtypes=("int64",)),
        sample({}, ("N", 3), ("N", 3)),
    ],
)
class FloorDiv(Numeric):
    """The first operand divided by the second, rounded down."""

    symbol = "//"


@op(
    Category.MERGE,
    aliases=("Mod", "Modulo"),
    samples=[sample({"value": 2}, ("N", 3), dtypes=("int64",)), sample({}, ("N", 3), ("N", 3))],
)
class Remainder(Numeric):
    """What is left of the first operand divided by the second; it has the sign of the second, as in Python."""

    symbol = "%"


@op(
    Category.TENSOR,
    aliases=("Power",),
    label="{name}[ {exponent}]",
    samples=[
        sample({"exponent": 2}, ("N", 3)),
        sample({"exponent": 0.5}, ("N", 3)),
        sample({"exponent": 2}, ("N", 3), dtypes=("int64",)),
        sample({}, ("N", 3), ("N", 3)),
    ],
)
class Pow(Plain):
    """The first operand to the power of the second; ``Pow(2)`` squares, ``[2, x] -> Pow`` is 2 to the power of x."""

    exponent: float | None = arg(None, doc="a number, as the second operand", aliases=("value", "other"), kind="scalar")

    def shape(self, x: Shape, y: Shape | None = None) -> Shape:
        if y is None and self.exponent is None:
            raise Problem("needs an exponent", "x", "Pow(2), or a second operand")
        if y is not None and self.exponent is not None:
            raise Problem("has two operands and an exponent as well", "exponent", "leave the number out: Pow")
        return x if y is None else broadcast_all((x, y), ("x", "y"))

    def dtype(self, x: str, y: str | None = None) -> str:
        return promote(x, *_value_dtype(self.exponent)) if y is None else numeric(x=x, y=y)

    def torch(self, x: Shape, y: Shape | None = None) -> Torch:
        return Infix("**", (Arg("x"), self.exponent if y is None else Arg("y")))


@op(Category.MERGE, aliases=("Arctan2",), samples=[_TWO, sample({}, ("N", 1), ("N", 3))])
class Atan2(Plain):
    """The angle of the point (y, x), first operand y: −π to π, in all four quadrants."""

    def shape(self, y: Shape, x: Shape) -> Shape:
        return broadcast_all((y, x), ("y", "x"))

    def dtype(self, y: str, x: str) -> str:
        return fractional(promote(y, x))

    def torch(self, y: Shape, x: Shape) -> Torch:
        return Call("torch.atan2", (Arg("y"), Arg("x")))


@op(
    Category.MERGE,
    aliases=("LinearInterpolation", "Mix"),
    label="{name}[ {weight}]",
    samples=[sample({"weight": 0.3}, ("N", 3), ("N", 3)), sample({}, ("N", 3), ("N", 3), ("N", 1))],
)
class Lerp(Plain):
    """Between two tensors: ``start + weight * (end - start)``. The weight is a number or a third tensor."""

    weight: float | None = arg(None, doc="0 gives the first tensor, 1 the second")

    def shape(self, start: Shape, end: Shape, by: Shape | None = None) -> Shape:
        if by is None and self.weight is None:
            raise Problem("needs a weight", "end", "Lerp(0.5), or a third operand")
        if by is not None and self.weight is not None:
            raise Problem("has a third operand and a weight as well", "weight")
        shapes = (start, end) if by is None else (start, end, by)
        return broadcast_all(shapes, ("start", "end", "by")[: len(shapes)])

    def dtype(self, start: str, end: str, by: str = "") -> str:
        return real(x=alike(start=start, end=end, by=by))

    def torch(self, start: Shape, end: Shape, by: Shape | None = None) -> Torch:
        return Call("torch.lerp", (Arg("start"), Arg("end"), self.weight if by is None else Arg("by")))


# ------------------------------------------------------------------------------------- one operand


@op(Category.TENSOR, aliases=("Negate", "Negative"), glyph="−", samples=[_ONE])
class Neg(Counting):
    """Minus x."""

    def torch(self, x: Shape) -> Torch:
        return Prefix("-", Arg("x"))


@op(Category.TENSOR, moniel="Absolute", label="|x|", samples=[_ONE, sample({}, ("N", 3), dtypes=("int64",))])
class Abs(Counting):
    """The absolute value."""

    function = "abs"


@op(Category.TENSOR, aliases=("Exponential",), glyph="exp", samples=[_ONE, sample({}, ("N", 3), dtypes=("int64",))])
class Exp(Smooth):
    """e to the power of x."""

    function = "exp"


@op(Category.TENSOR, samples=[_ONE])
class Expm1(Smooth):
    """e to the power of x, minus 1; precise for small x."""

    function = "expm1"


@op(Category.TENSOR, aliases=("Logarithm", "Ln"), glyph="log", samples=[_ONE])
class Log(Smooth):
    """The natural logarithm."""

    function = "log"


@op(Category.TENSOR, samples=[_ONE])
class Log1p(Smooth):
    """The natural logarithm of 1 + x; precise for small x."""

    function = "log1p"


@op(Category.TENSOR, glyph="log₂", samples=[_ONE])
class Log2(Smooth):
    """The logarithm to base 2."""

    function = "log2"


@op(Category.TENSOR, glyph="log₁₀", samples=[_ONE])
class Log10(Smooth):
    """The logarithm to base 10."""

    function = "log10"


@op(Category.TENSOR, aliases=("SquareRoot",), glyph="√", samples=[_ONE])
class Sqrt(Smooth):
    """The square root."""

    function = "sqrt"


@op(Category.TENSOR, aliases=("ReciprocalSqrt",), label="1/√x", samples=[_ONE])
class Rsqrt(Smooth):
    """1 divided by the square root."""

    function = "rsqrt"


@op(Category.TENSOR, label="x²", samples=[_ONE, sample({}, ("N", 3), dtypes=("int64",))])
class Square(One):
    """x times x."""

    function = "square"

    def dtype(self, x: str) -> str:
        return "int64" if x == "bool" else x


@op(Category.TENSOR, aliases=("Inverse",), label="1/x", samples=[_ONE, sample({}, ("N", 3), dtypes=("int64",))])
class Reciprocal(Smooth):
    """1 divided by x."""

    function = "reciprocal"


@op(Category.TENSOR, aliases=("Sine",), glyph="sin", samples=[_ONE])
class Sin(Smooth):
    """The sine; x in radians."""

    function = "sin"


@op(Category.TENSOR, aliases=("Cosine",), glyph="cos", samples=[_ONE])
class Cos(Smooth):
    """The cosine; x in radians."""

    function = "cos"


@op(Category.TENSOR, glyph="tan", samples=[_ONE])
class Tangent(Smooth):
    """The tangent; x in radians. It isn't called Tan, which is Moniel's short form of Tanh."""

    function = "tan"


@op(Category.TENSOR, aliases=("Arcsin",), samples=[_ONE])
class Asin(Smooth):
    """The angle whose sine is x, in radians."""

    function = "asin"


@op(Category.TENSOR, aliases=("Arccos",), samples=[_ONE])
class Acos(Smooth):
    """The angle whose cosine is x, in radians."""

    function = "acos"


@op(Category.TENSOR, aliases=("Arctan",), samples=[_ONE])
class Atan(Smooth):
    """The angle whose tangent is x, in radians."""

    function = "atan"


@op(Category.TENSOR, samples=[_ONE])
class Sinh(Smooth):
    """The hyperbolic sine."""

    function = "sinh"


@op(Category.TENSOR, samples=[_ONE])
class Cosh(Smooth):
    """The hyperbolic cosine."""

    function = "cosh"


@op(Category.TENSOR, aliases=("ErrorFunction",), glyph="erf", samples=[_ONE])
class Erf(Smooth):
    """The error function, the integral of a Gaussian: −1 to 1."""

    function = "erf"


class Rounding(Counting):
    """Whole-valued results; whole numbers stay as they are."""


@op(Category.TENSOR, label="⌊x⌋", samples=[_ONE])
class Floor(Rounding):
    """The next whole number down."""

    function = "floor"


@op(Category.TENSOR, label="⌈x⌉", samples=[_ONE])
class Ceil(Rounding):
    """The next whole number up."""

    function = "ceil"


@op(
    Category.TENSOR,
    samples=[_ONE, sample({"decimals": 2}, ("N", 3))],
)
class Round(Rounding):
    """The nearest whole number; halves go to the even one."""

    decimals: int = arg(0, doc="how many decimals are kept")

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "round", (), {"decimals": self.decimals} if self.decimals else {})

    def dtype(self, x: str) -> str:
        return real(x=x) if self.decimals else numeric(x=x)


@op(Category.TENSOR, aliases=("Truncate",), samples=[_ONE])
class Trunc(Rounding):
    """The whole number next to x towards 0."""

    function = "trunc"


@op(Category.TENSOR, aliases=("Fractional",), samples=[_ONE])
class Frac(One):
    """What x has after the decimal point, with the sign of x."""

    function = "frac"

    def dtype(self, x: str) -> str:
        return real(x=x)


@op(Category.TENSOR, aliases=("Signum",), samples=[_ONE, sample({}, ("N", 3), dtypes=("int64",))])
class Sign(One):
    """−1, 0 or 1."""

    function = "sign"


@op(
    Category.TENSOR,
    aliases=("Clip",),
    samples=[
        sample({"min": 0, "max": 1}, ("N", 3)),
        sample({"min": 0.5}, ("N", 3)),
        sample({"max": 6}, ("N", 3), dtypes=("int64",)),
    ],
)
class Clamp(Plain):
    """Keeps every element between two numbers; what lies outside becomes the nearer one."""

    min: float | None = arg(None, doc="the least value", aliases=("low", "min_value"), kind="scalar")
    max: float | None = arg(None, doc="the greatest value", aliases=("high", "max_value"), kind="scalar")

    def shape(self, x: Shape) -> Shape:
        if self.min is None and self.max is None:
            raise Problem("needs a least value, a greatest, or both", "x", "Clamp(0, 1) or Clamp(min = 0)")
        if isinstance(self.min, (int, float)) and isinstance(self.max, (int, float)) and self.min > self.max:
            raise Problem(f"has a least value, {self.min}, above the greatest, {self.max}", "max", rule="bad-value")
        return x

    def dtype(self, x: str) -> str:
        return promote(x, *_value_dtype(self.min), *_value_dtype(self.max))

    def torch(self, x: Shape) -> Torch:
        if self.min is None or self.max is None:
            bounds = {"max": self.max} if self.min is None else {"min": self.min}
            return Method(Arg("x"), "clamp", (), bounds)
        return Method(Arg("x"), "clamp", (self.min, self.max))
