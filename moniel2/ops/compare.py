"""Comparisons, truth values, and choices by them; dtypes."""

from __future__ import annotations

from typing import Any, ClassVar

from moniel2.dims import Shape
from moniel2.ops.arithmetic import Two
from moniel2.ops.code import Arg, Call, Infix, Method, Name, Prefix, Torch
from moniel2.ops.common import same_shape
from moniel2.ops.dtypes import number, promote
from moniel2.ops.plain import Plain, broadcast_all, operands
from moniel2.ops.spec import Category, DType, Problem, arg, op, sample

_TWO = sample({}, ("N", 3), ("N", 3))
_NUMBER = sample({"value": 0}, ("N", 3), dtypes=("int64",))
_STRETCHED = sample({}, ("N", 1), (1, "T"), dtypes=("int64", "int64"))


_FLOAT16_MAX = 65504


def _truth(dtype: str, port: str) -> None:
    if dtype and dtype != "bool":
        mend = "compare first, for example with Greater(0) or NotEqual(0)"
        raise Problem(f"needs truth values, got {dtype}", port, mend, "dtype-mismatch")


# ------------------------------------------------------------------------------------- comparisons


class Comparison(Two):
    """Two operands, truth values."""

    def dtype(self, x: str, y: str | None = None) -> str:
        return "bool"


@op(Category.MERGE, aliases=("Eq",), glyph="=", label="{name}[ {value}]", samples=[_TWO, _NUMBER, _STRETCHED])
class Equal(Comparison):
    """Whether two are equal, element by element: ``Equal(0)``, or two operands."""

    symbol = "=="


@op(Category.MERGE, aliases=("Ne", "Unequal"), glyph="≠", label="{name}[ {value}]", samples=[_TWO, _NUMBER])
class NotEqual(Comparison):
    """Whether two differ, element by element: ``tokens -> NotEqual(pad)`` is true where there is a token."""

    symbol = "!="


@op(Category.MERGE, aliases=("Lt", "LessThan"), glyph="<", label="{name}[ {value}]", samples=[_TWO, _NUMBER])
class Less(Comparison):
    """Whether the first operand is less than the second, element by element."""

    symbol = "<"


@op(Category.MERGE, aliases=("Le", "LessOrEqual"), glyph="≤", label="{name}[ {value}]", samples=[_TWO, _NUMBER])
class LessEqual(Comparison):
    """Whether the first operand is at most the second, element by element."""

    symbol = "<="


@op(Category.MERGE, aliases=("Gt", "GreaterThan"), glyph=">", label="{name}[ {value}]", samples=[_TWO, _STRETCHED])
class Greater(Comparison):
    """Whether the first operand is greater than the second, element by element."""

    symbol = ">"


@op(Category.MERGE, aliases=("Ge", "GreaterOrEqual"), glyph="≥", label="{name}[ {value}]", samples=[_TWO, _NUMBER])
class GreaterEqual(Comparison):
    """Whether the first operand is at least the second, element by element."""

    symbol = ">="


# ------------------------------------------------------------------------------------ truth values


class Logic(Plain):
    """Any number of truth values."""

    symbol: ClassVar[str] = ""

    def shape(self, *xs: Shape) -> Shape:
        if not xs:
            raise Problem("needs at least one tensor")
        return broadcast_all(xs, tuple(f"xs[{i}]" for i in range(len(xs))))

    def dtype(self, *xs: str) -> str:
        for i, x in enumerate(xs):
            _truth(x, f"xs[{i}]")
        return "bool"

    def torch(self, *xs: Shape) -> Torch:
        return Infix(self.symbol, operands(xs)) if len(xs) > 1 else Arg("xs[0]")


_TRUTHS = [
    sample({}, ("N", 3), ("N", 3), dtypes=("bool", "bool")),
    sample({}, ("N", 3), (3,), (1,), dtypes=("bool", "bool", "bool")),
]


@op(Category.MERGE, aliases=("And",), glyph="∧", samples=_TRUTHS)
class LogicalAnd(Logic):
    """Whether all operands are true, element by element."""

    symbol = "&"


@op(Category.MERGE, aliases=("Or",), glyph="∨", samples=_TRUTHS)
class LogicalOr(Logic):
    """Whether some operand is true, element by element."""

    symbol = "|"


@op(Category.MERGE, aliases=("Xor",), samples=_TRUTHS)
class LogicalXor(Logic):
    """Whether an odd number of operands are true, element by element."""

    symbol = "^"


@op(Category.TENSOR, aliases=("Not",), glyph="¬", samples=[sample({}, ("N", 3), dtypes=("bool",))])
class LogicalNot(Plain):
    """True where the operand is false."""

    shape = same_shape

    def dtype(self, x: str) -> str:
        _truth(x, "x")
        return "bool"

    def torch(self, x: Shape) -> Torch:
        return Prefix("~", Arg("x"))


# ----------------------------------------------------------------------------------------- choices


@op(
    Category.MERGE,
    aliases=("Choose",),
    samples=[
        sample({}, ("N", 3), ("N", 3), ("N", 3), dtypes=("bool", "float32", "float32")),
        sample({}, ("N", 1), (3,), ("N", 3), dtypes=("bool", "int64", "float32")),
    ],
)
class Where(Plain):
    """Where the condition is true the second operand, elsewhere the third: ``[mask, x, 0] -> Where``."""

    def shape(self, condition: Shape, x: Shape, y: Shape) -> Shape:
        return broadcast_all((condition, x, y), ("condition", "x", "y"))

    def dtype(self, condition: str, x: str, y: str) -> str:
        _truth(condition, "condition")
        return promote(x, y)

    def torch(self, condition: Shape, x: Shape, y: Shape) -> Torch:
        return Call("torch.where", (Arg("condition"), Arg("x"), Arg("y")))


@op(
    Category.MERGE,
    label="{name} {value}",
    samples=[
        sample({"value": -1e9}, ("N", 2, "T", "T"), ("T", "T"), dtypes=("float32", "bool")),
        sample({"value": "-inf"}, ("N", 3), ("N", 1), dtypes=("float32", "bool")),
        sample({"value": 0}, ("N", 3), ("N", 3), dtypes=("int64", "bool")),
    ],
)
class MaskedFill(Plain):
    """A number where the mask is true: ``[scores, mask] -> MaskedFill(-1e9)`` before a softmax. ``"-inf"`` is one."""

    value: Any = arg(doc='the number; "inf" and "-inf" too')

    def shape(self, x: Shape, mask: Shape) -> Shape:
        if isinstance(self.value, (bool, tuple)) or (isinstance(self.value, str) and self.value not in ("inf", "-inf")):
            raise Problem(f"needs a number, got {self.value}", "value", rule="bad-value")
        return broadcast_all((x, mask), ("x", "mask"))

    def dtype(self, x: str, mask: str) -> str:
        _truth(mask, "mask")
        if x.startswith(("int", "uint")) and number(self.value) == "float":
            raise Problem(f"can't put {self.value} among {x}", "value", "cast first: Cast(float32)", "dtype-mismatch")
        if x == "float16" and isinstance(self.value, (int, float)) and abs(self.value) > _FLOAT16_MAX:
            message = f"can't put {self.value} among float16, which ends at {_FLOAT16_MAX}"
            raise Problem(message, "value", 'MaskedFill("-inf")', "dtype-mismatch")
        return x

    def torch(self, x: Shape, mask: Shape) -> Torch:
        value: Any = self.value
        if value in ("inf", "-inf"):
            value = Prefix("-", Name("torch.inf")) if value == "-inf" else Name("torch.inf")
        return Method(Arg("x"), "masked_fill", (Arg("mask"), value))


class Triangle(Plain):
    """Zero on one side of a diagonal of the last two axes."""

    diagonal: int = arg(0, doc="the diagonal that is kept: 0 the main one, 1 the one above, −1 below", aliases=("k",))
    function: ClassVar[str] = ""

    def shape(self, x: Shape) -> Shape:
        if len(x) < 2:
            raise Problem(f"needs at least 2 dimensions, got {x}", "x")
        return x

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), self.function, (self.diagonal,) if self.diagonal else ())


_TRIANGLES = [
    sample({}, ("N", "T", "T")),
    sample({"diagonal": 1}, (3, 5), dtypes=("bool",)),
    sample({"diagonal": -1}, (3, 5)),
]


@op(Category.TENSOR, aliases=("UpperTriangle",), label="{name}[ {diagonal}]", samples=_TRIANGLES)
class Triu(Triangle):
    """Zero below a diagonal of the last two axes."""

    function = "triu"


@op(Category.TENSOR, aliases=("LowerTriangle",), label="{name}[ {diagonal}]", samples=_TRIANGLES)
class Tril(Triangle):
    """Zero above a diagonal of the last two axes."""

    function = "tril"


# ----------------------------------------------------------------------------------------- dtypes


@op(
    Category.TENSOR,
    aliases=("To", "AsType"),
    label="{name} {dtype}",
    samples=[
        sample({"dtype": "float32"}, ("N", 3), dtypes=("int64",)),
        sample({"dtype": "bool"}, ("N", 3)),
        sample({"dtype": "float16"}, ("N", 3)),
    ],
)
class Cast(Plain):
    """The same values in another dtype: ``Cast(float32)``."""

    dtype_: DType = arg(doc="the dtype", aliases=("to",))

    shape = same_shape

    def dtype(self, x: str) -> str:
        return self.dtype_

    def torch(self, x: Shape) -> Torch:
        return Method(Arg("x"), "to", (Name(f"torch.{self.dtype_}"),))
