"""Two values with an operator between them: numbers exactly, sizes as formulas, sequences and texts joined."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from operator import add, mod, mul, sub, truediv
from typing import TYPE_CHECKING, Any

from moniel2 import limits
from moniel2.dims import DIFFERENT, EQUAL, Condition, Dim, Real, compare, divides, lower_bound, real
from moniel2.ir.model import Unknown
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import UNKNOWN_VALUE, Numeric, Worth, key_of, simplest, text_of
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.evaluate import Evaluator


def combine(e: Evaluator, expr: tree.Binary, left: Worth, right: Worth) -> Worth:
    """What two values give with an operator between them."""
    operator = expr.operator
    if operator in ("==", "!="):
        same = _same(left, right)
        if same is None and e.supposing:
            same = _same_numbers(e, left, right)
        return UNKNOWN_VALUE if same is None else same is (operator == "==")
    if operator in ("in", "not in"):
        if isinstance(right, Unknown):
            return right
        if not isinstance(right, (tuple, str)):
            raise Trouble(f"{text_of(right)} is no sequence to look in", expr.right.span)
        if isinstance(right, str):
            return (str(left) in right) is (operator == "in")
        answers = [_same(left, item) for item in right]
        if any(answers):
            return operator == "in"
        return UNKNOWN_VALUE if None in answers else operator != "in"
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return UNKNOWN_VALUE
    if operator == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        return e.sequence(left + right, expr.span)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if operator == "*" and isinstance(left, tuple) and isinstance(right, int):
        e.check_length(len(left) * right, expr.span)
        return e.sequence(left * right, expr.span)
    a, b = e.number(left, expr.left.span), e.number(right, expr.right.span)
    if operator in ("<", "<=", ">", ">="):
        return _order(operator, a, b)
    if {type(a), type(b)} == {Dim, float} and e.owner.session.opening is None:
        return UNKNOWN_VALUE  # known once the size is
    try:
        return simplest(_arithmetic(e, operator, a, b, expr))
    except ZeroDivisionError:
        raise Trouble("division by zero", expr.right.span) from None
    except OverflowError:
        raise Trouble("the number is too large", expr.span, rule="limit") from None


def _arithmetic(e: Evaluator, operator: str, a: Numeric, b: Numeric, expr: tree.Binary) -> Numeric:
    if isinstance(a, Real) or isinstance(b, Real) or {type(a), type(b)} == {Dim, float} or _root(e, operator, a, b):
        return real(operator, a, b)  # of a parameter of the model that is left open
    if isinstance(a, float) or isinstance(b, float):
        if operator == "**":
            return _real_power(_floating(a), _floating(b), expr)
        fraction: float = _APPLIED[operator](_floating(a), _floating(b))
        return fraction
    if operator == "**":
        return _power(a, b, expr)
    if isinstance(a, Dim) or isinstance(b, Dim):
        return _symbolic(e, operator, dim_of(a), dim_of(b), expr)
    value: Fraction = _APPLIED[operator](Fraction(a), Fraction(b))
    return _bounded(value, expr) if operator in "+-*" else value


def _is_fraction(e: Evaluator, top: Dim, bottom: Dim) -> bool:
    """``1 / D`` of a parameter of the model that is left open: no size, as it isn't one for the value that is given."""
    opening = e.owner.session.opening
    symbols = top.symbols() | bottom.symbols()
    if opening is None or e.rounding or not symbols <= opening.values.keys():
        return False
    try:
        number = bottom.at(opening.values)
        return number != 0 and top.at(opening.values) % number != 0
    except ValueError:
        return True


def _root(e: Evaluator, operator: str, a: Numeric, b: Numeric) -> bool:
    """``D ** (-1/2)`` of a parameter of the model that is left open."""
    if operator != "**" or not isinstance(a, Dim) or e.owner.session.opening is None:
        return False
    return isinstance(b, Fraction) or (isinstance(b, int) and b < 0)


_APPLIED: dict[str, Callable[[Any, Any], Any]] = {"+": add, "-": sub, "*": mul, "/": truediv, "%": mod}


def _symbolic(e: Evaluator, operator: str, a: Dim, b: Dim, expr: tree.Binary) -> Dim | Real:
    match operator:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "%":
            return a % b
    if not b.terms:
        raise ZeroDivisionError
    if _is_fraction(e, a, b):
        return real("/", a, b)
    if e.rounding:
        quotient = a.over(b)
        return a // b if quotient is None else quotient
    verdict = divides(b, a)
    if verdict == DIFFERENT:
        raise Trouble(f"{a} is not divisible by {b}", expr.span, rule="cannot-divide")
    if isinstance(verdict, Condition):
        e.assume(verdict, expr.span, f"{_grouped(a)} / {_grouped(b)} must be whole")
    quotient = a.over(b)
    return a // b if quotient is None else quotient


def _power(a: Numeric, b: Numeric, expr: tree.Binary) -> Numeric:
    if isinstance(b, (Dim, Real)) or isinstance(a, Real):
        raise Trouble("an exponent must be a number", expr.right.span)
    if isinstance(a, Dim):
        if not isinstance(b, int) or not 0 <= b <= 64:
            raise Trouble("a symbolic size takes whole exponents from 0 to 64", expr.right.span)
        return a**b
    if isinstance(b, int) or (isinstance(b, Fraction) and b.denominator == 1):
        exponent = int(b)
        base = Fraction(a) if not isinstance(a, float) else a
        size = max(abs(base.numerator), base.denominator).bit_length() if isinstance(base, Fraction) else 64
        if abs(exponent) * size > limits.MAX_INTEGER_BITS:
            raise Trouble("the number is too large", expr.span, "see: moniel2 explain limits", rule="limit")
        power: Numeric = base**exponent
        return power
    return _real_power(float(a), float(b), expr)


def _bounded(value: Fraction, expr: tree.Expr) -> Fraction:
    if value.numerator.bit_length() > limits.MAX_INTEGER_BITS:
        raise Trouble("the number is too large", expr.span, "see: moniel2 explain limits", rule="limit")
    return value


def _order(operator: str, a: Numeric, b: Numeric) -> Worth:
    if isinstance(a, Real) or isinstance(b, Real):
        return UNKNOWN_VALUE
    if isinstance(a, Dim) or isinstance(b, Dim):
        if isinstance(a, float) or isinstance(b, float):
            return UNKNOWN_VALUE
        difference = dim_of(b) - dim_of(a)
        if operator in (">", ">="):
            difference = -difference
        strict = operator in ("<", ">")
        low, high = lower_bound(difference), lower_bound(-difference)
        if low is not None and (low > 0 if strict else low >= 0):
            return True
        if high is not None and (high >= 0 if strict else high > 0):
            return False
        return UNKNOWN_VALUE
    match operator:
        case "<":
            return a < b
        case "<=":
            return a <= b
        case ">":
            return a > b
        case _:
            return a >= b


def _same(a: Worth, b: Worth) -> bool | None:
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return None
    if isinstance(a, Real) or isinstance(b, Real):
        return True if a == b else None
    if isinstance(a, Dim) or isinstance(b, Dim):
        if not isinstance(a, (int, Dim)) or not isinstance(b, (int, Dim)) or isinstance(a, bool):
            return False
        verdict = compare(dim_of(a), dim_of(b))
        return {EQUAL: True, DIFFERENT: False}.get(verdict) if isinstance(verdict, str) else None
    if isinstance(a, tuple) and isinstance(b, tuple):
        if len(a) != len(b):
            return False
        answers = [_same(x, y) for x, y in zip(a, b, strict=False)]
        return False if False in answers else None if None in answers else True
    if isinstance(a, (int, float, Fraction)) and isinstance(b, (int, float, Fraction)):
        return a == b and isinstance(a, bool) == isinstance(b, bool)
    return key_of(a) == key_of(b)


def _same_numbers(e: Evaluator, a: Worth, b: Worth) -> bool | None:
    """Whether sizes are the same for the numbers of parameters that are left open."""
    opening = e.owner.session.opening
    if opening is None or not isinstance(a, (int, Dim)) or not isinstance(b, (int, Dim)):
        return None
    try:
        return dim_of(a).at(opening.values) == dim_of(b).at(opening.values)
    except (KeyError, ValueError):
        return None


def dim_of(value: Numeric) -> Dim:
    if isinstance(value, (float, Real)):
        raise TypeError(f"{value} is no size")
    return Dim.of(value)


def _real_power(a: float, b: float, expr: tree.Binary) -> float:
    power = a**b
    if isinstance(power, complex):
        raise Trouble(f"{a:g} ** {b:g} is no real number", expr.span)
    return float(power)


def _floating(value: Numeric) -> float:
    if isinstance(value, (Dim, Real)):
        raise TypeError(f"{value} is no number yet")
    return float(value)


def _grouped(size: Dim) -> str:
    text = str(size)
    return f"({text})" if " " in text else text
