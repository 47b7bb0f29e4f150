"""Expressions to values. Pure: all names an expression needs are in the frame when it is evaluated."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from itertools import chain
from typing import Any

from moniel2 import limits
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import DIFFERENT, EQUAL, Condition, Dim, compare, divides, lower_bound, maximum, minimum
from moniel2.ir.model import DType, Unknown
from moniel2.semantics.scope import Frame
from moniel2.semantics.values import (
    BLOCKS,
    UNKNOWN_VALUE,
    BlockWorth,
    Given,
    Worth,
    key_of,
    simplest,
    text_of,
    with_arguments,
)
from moniel2.source import Span
from moniel2.syntax import tree


class Trouble(Exception):
    """An expression that has no value: what is wrong, and where."""

    def __init__(self, message: str, span: Span, help: str | None = None, rule: str = "bad-value") -> None:
        super().__init__(message)
        self.message, self.span, self.help, self.rule = message, span, help, rule


Numeric = int | float | Fraction | Dim
BlockOf = Callable[[tree.Expr, Frame], BlockWorth | None]
Assume = Callable[[Condition, Span, str], None]
Complain = Callable[[Trouble], None]
Steps = Generator[tuple[tree.Expr, Frame], Any, Worth]
_SIMPLE = (tree.Number, tree.Text, tree.Word, tree.Name)

DTYPES = frozenset(
    [
        "float16",
        "bfloat16",
        "float32",
        "float64",
        "int8",
        "uint8",
        "int16",
        "int32",
        "int64",
        "bool",
        "complex64",
        "complex128",
    ]
)
_DTYPE_WORDS = {"float": "float32", "double": "float64", "half": "float16", "int": "int64", "long": "int64"}


class Evaluator:
    """Evaluates expressions. ``block_of`` resolves what stands for a block by name or in braces; ``assume`` takes
    conditions; ``complain`` what is wrong with one argument of a block.
    """

    def __init__(self, block_of: BlockOf, assume: Assume, complain: Complain) -> None:
        self.block_of = block_of
        self.assume = assume
        self.complain = complain
        self.rounding = 0  # inside floor(…) and ceil(…) a quotient needn't be whole

    def value(self, expr: tree.Expr, frame: Frame) -> Worth:
        """What an expression is worth. Parts of parts wait on a stack of our own, so depth costs none of Python's."""
        if isinstance(expr, _SIMPLE):
            return self._simple(expr, frame)
        stack = [self._steps(expr, frame)]
        result: Worth = None
        problem: Trouble | None = None
        while stack:
            try:
                part, inner = stack[-1].send(result) if problem is None else stack[-1].throw(problem)
            except StopIteration as end:
                stack.pop()
                result, problem = end.value, None
                continue
            except Trouble as trouble:
                stack.pop()
                problem = trouble
                continue
            result, problem = None, None
            if not isinstance(part, _SIMPLE):
                stack.append(self._steps(part, inner))
                continue
            try:
                result = self._simple(part, inner)
            except Trouble as trouble:
                problem = trouble
        if problem is not None:
            raise problem
        return result

    def truth(self, expr: tree.Expr, frame: Frame) -> bool | None:
        """Whether a condition holds; None when it can't be decided yet."""
        return self._truth(self.value(expr, frame), expr.span)

    def _simple(self, expr: tree.Number | tree.Text | tree.Word | tree.Name, frame: Frame) -> Worth:
        return self._name(expr, expr.name, frame) if isinstance(expr, tree.Name) else expr.value

    def _steps(self, expr: tree.Expr, frame: Frame) -> Steps:
        """The value of an expression made of others: yields each with its frame, and is sent its value."""
        match expr:
            case tree.Unary():
                return (yield from self._unary(expr, frame))
            case tree.Binary():
                return (yield from self._binary(expr, frame))
            case tree.Ternary():
                return (yield from self._ternary(expr, frame))
            case tree.Range():
                start = yield expr.start, frame
                stop = yield expr.stop, frame
                if isinstance(start, (Unknown, Dim)) or isinstance(stop, (Unknown, Dim)):
                    return UNKNOWN_VALUE
                first, last = self._integer(start, expr.start.span), self._integer(stop, expr.stop.span)
                self._check_length(last - first, expr.span)
                return tuple(range(first, last))
            case tree.Sequence():
                found = []
                for item in expr.items:
                    found.append((yield item, frame))
                return self._sequence(tuple(found), expr.span)
            case tree.Comprehension():
                return (yield from self._comprehension(expr, frame))
            case tree.Index():
                return (yield from self._index(expr, frame))
            case tree.Slice():
                return (yield from self._slice(expr, frame))
            case tree.Call():
                return (yield from self._call(expr, frame))
            case tree.Attribute() | tree.BlockValue():
                block = self.block_of(expr, frame)
                if block is None:
                    raise Trouble(f"{expr.span.text} is no value", expr.span)
                return block
            case tree.Wildcard() | tree.Ellipsis_():
                raise Trouble(f"{expr.span.text} can only stand in a shape", expr.span)
        raise AssertionError(expr)

    def _truth(self, value: Worth, span: Span) -> bool | None:
        if isinstance(value, Unknown):
            return None
        if isinstance(value, Dim):
            return True if (lower_bound(value) or 0) > 0 else None
        if isinstance(value, BLOCKS):
            return True
        if isinstance(value, (bool, int, float, Fraction, tuple, str)) or value is None:
            return bool(value)
        raise Trouble(f"{text_of(value)} is neither true nor false", span)

    def _name(self, expr: tree.Expr, name: str, frame: Frame) -> Worth:
        if frame.has(name):
            return frame.get(name)
        if frame.find(name) is not None:
            return UNKNOWN_VALUE  # a size that nothing bound
        if name in DTYPES:
            return DType(name)
        if name in _DTYPE_WORDS:
            return DType(_DTYPE_WORDS[name])
        if name == "pi":
            return math.pi
        if name == "inf":
            return math.inf
        block = self.block_of(expr, frame)
        if block is None:
            known = [*frame.names(), *_FUNCTIONS, "true", "false", "none", *sorted(DTYPES)]
            help = did_you_mean(name, known) or _in_reach(frame)
            raise Trouble(f"`{name}` has no value here", expr.span, help, "unknown-name")
        return block

    # ------------------------------------------------------------------------------ operators

    def _unary(self, expr: tree.Unary, frame: Frame) -> Steps:
        value = yield expr.operand, frame
        if expr.operator == "not":
            truth = self._truth(value, expr.operand.span)
            return UNKNOWN_VALUE if truth is None else not truth
        if isinstance(value, Unknown):
            return value
        return simplest(-self._number(value, expr.operand.span))

    def _ternary(self, expr: tree.Ternary, frame: Frame) -> Steps:
        chosen = self._truth((yield expr.condition, frame), expr.condition.span)
        if chosen is None:
            return UNKNOWN_VALUE
        value: Worth = yield (expr.then if chosen else expr.otherwise), frame
        return value

    def _binary(self, expr: tree.Binary, frame: Frame) -> Steps:
        left = yield expr.left, frame
        if expr.operator in ("and", "or"):
            first = self._truth(left, expr.left.span)
            if first is (expr.operator == "or"):
                return first
            second = self._truth((yield expr.right, frame), expr.right.span)
            if second is (expr.operator == "or"):
                return second
            return UNKNOWN_VALUE if first is None or second is None else second
        right = yield expr.right, frame
        return self._apply(expr, left, right)

    def _apply(self, expr: tree.Binary, left: Worth, right: Worth) -> Worth:
        operator = expr.operator
        if operator in ("==", "!="):
            same = self._same(left, right)
            return UNKNOWN_VALUE if same is None else same is (operator == "==")
        if operator in ("in", "not in"):
            if isinstance(right, Unknown):
                return right
            if not isinstance(right, (tuple, str)):
                raise Trouble(f"{text_of(right)} is no sequence to look in", expr.right.span)
            if isinstance(right, str):
                return (str(left) in right) is (operator == "in")
            answers = [self._same(left, item) for item in right]
            if any(answers):
                return operator == "in"
            return UNKNOWN_VALUE if None in answers else operator != "in"
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            return UNKNOWN_VALUE
        if operator == "+" and isinstance(left, tuple) and isinstance(right, tuple):
            return self._sequence(left + right, expr.span)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        if operator == "*" and isinstance(left, tuple) and isinstance(right, int):
            self._check_length(len(left) * right, expr.span)
            return self._sequence(left * right, expr.span)
        a, b = self._number(left, expr.left.span), self._number(right, expr.right.span)
        if operator in ("<", "<=", ">", ">="):
            return self._order(operator, a, b)
        try:
            return simplest(self._arithmetic(operator, a, b, expr))
        except ZeroDivisionError:
            raise Trouble("division by zero", expr.right.span) from None
        except OverflowError:
            raise Trouble("the number is too large", expr.span, rule="limit") from None

    def _arithmetic(self, operator: str, a: Numeric, b: Numeric, expr: tree.Binary) -> Numeric:
        if isinstance(a, float) or isinstance(b, float):
            if isinstance(a, Dim) or isinstance(b, Dim):
                symbolic = a if isinstance(a, Dim) else b
                raise Trouble(f"{symbolic} is symbolic: it can't be combined with a fraction here", expr.span)
            a, b = float(a), float(b)
            match operator:
                case "+":
                    return a + b
                case "-":
                    return a - b
                case "*":
                    return a * b
                case "/":
                    return a / b
                case "%":
                    return a % b
                case _:
                    return _real_power(a, b, expr)
        if operator == "**":
            return self._power(a, b, expr)
        if isinstance(a, Dim) or isinstance(b, Dim):
            return self._symbolic(operator, _dim(a), _dim(b), expr)
        x, y = Fraction(a), Fraction(b)
        match operator:
            case "+":
                return self._bounded(x + y, expr)
            case "-":
                return self._bounded(x - y, expr)
            case "*":
                return self._bounded(x * y, expr)
            case "/":
                return x / y
            case _:
                return x % y

    def _symbolic(self, operator: str, a: Dim, b: Dim, expr: tree.Binary) -> Dim:
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
        if self.rounding:
            quotient = a.over(b)
            return a // b if quotient is None else quotient
        verdict = divides(b, a)
        if verdict == DIFFERENT:
            raise Trouble(f"{a} is not divisible by {b}", expr.span, rule="cannot-divide")
        if isinstance(verdict, Condition):
            self.assume(verdict, expr.span, f"{_grouped(a)} / {_grouped(b)} must be whole")
        quotient = a.over(b)
        return a // b if quotient is None else quotient

    def _power(self, a: Numeric, b: Numeric, expr: tree.Binary) -> Numeric:
        if isinstance(b, Dim):
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

    def _bounded(self, value: Fraction, expr: tree.Expr) -> Fraction:
        if value.numerator.bit_length() > limits.MAX_INTEGER_BITS:
            raise Trouble("the number is too large", expr.span, "see: moniel2 explain limits", rule="limit")
        return value

    def _order(self, operator: str, a: Numeric, b: Numeric) -> Worth:
        if isinstance(a, Dim) or isinstance(b, Dim):
            if isinstance(a, float) or isinstance(b, float):
                return UNKNOWN_VALUE
            difference = _dim(b) - _dim(a)
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

    def _same(self, a: Worth, b: Worth) -> bool | None:
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return None
        if isinstance(a, Dim) or isinstance(b, Dim):
            if not isinstance(a, (int, Dim)) or not isinstance(b, (int, Dim)) or isinstance(a, bool):
                return False
            verdict = compare(_dim(a), _dim(b))
            return {EQUAL: True, DIFFERENT: False}.get(verdict) if isinstance(verdict, str) else None
        if isinstance(a, tuple) and isinstance(b, tuple):
            if len(a) != len(b):
                return False
            answers = [self._same(x, y) for x, y in zip(a, b, strict=False)]
            return False if False in answers else None if None in answers else True
        if isinstance(a, (int, float, Fraction)) and isinstance(b, (int, float, Fraction)):
            return a == b and isinstance(a, bool) == isinstance(b, bool)
        return key_of(a) == key_of(b)

    # ------------------------------------------------------------------- sequences and functions

    def _comprehension(self, expr: tree.Comprehension, frame: Frame) -> Steps:
        items = yield expr.iterable, frame
        if isinstance(items, Unknown):
            return items
        found = []
        for inner in self.loop(expr.targets, items, expr.iterable.span, frame):
            found.append((yield expr.value, inner))
        return self._sequence(tuple(found), expr.span)

    def loop(self, targets: tuple[str, ...], items: Worth, span: Span, frame: Frame) -> Iterator[Frame]:
        """A frame for each turn of ``for targets in items``."""
        if not isinstance(items, tuple):
            raise Trouble(
                f"for needs a sequence, got {text_of(items)}",
                span,
                f"count with 0..{text_of(items)}" if isinstance(items, int) else None,
            )
        self._check_length(len(items), span)
        for item in items:
            inner = Frame(frame)
            if len(targets) == 1:
                inner.values[targets[0]] = item
            else:
                if not isinstance(item, tuple) or len(item) != len(targets):
                    raise Trouble(f"{text_of(item)} does not give {len(targets)} values", span)
                inner.values.update(zip(targets, item, strict=False))
            yield inner

    def _index(self, expr: tree.Index, frame: Frame) -> Steps:
        value = yield expr.value, frame
        index = yield expr.index, frame
        if isinstance(value, Unknown) or isinstance(index, Unknown):
            return UNKNOWN_VALUE
        if not isinstance(value, tuple):
            raise Trouble(f"{text_of(value)} is no sequence to index", expr.value.span)
        position = self._integer(index, expr.index.span)
        if not -len(value) <= position < len(value):
            count = f"{len(value)} value{'s' if len(value) != 1 else ''}"
            raise Trouble(f"index {position} is out of range: `{expr.value.span.text}` has {count}", expr.index.span)
        item: Worth = value[position]
        return item

    def _slice(self, expr: tree.Slice, frame: Frame) -> Steps:
        value = yield expr.value, frame
        ends: list[Worth] = []
        for end in (expr.start, expr.stop):
            ends.append(None if end is None else (yield end, frame))
        if isinstance(value, Unknown) or any(isinstance(e, Unknown) for e in ends):
            return UNKNOWN_VALUE
        if not isinstance(value, tuple):
            raise Trouble(f"{text_of(value)} is no sequence to slice", expr.value.span)
        start, stop = (None if e is None else self._integer(e, expr.span) for e in ends)
        return value[start:stop]

    def _call(self, expr: tree.Call, frame: Frame) -> Steps:
        callee = expr.callee
        name = callee.name if isinstance(callee, tree.Name) else ""
        function = _FUNCTIONS.get(name) if name and frame.find(name) is None else None
        if function is None:
            return (yield from self._block(expr, frame))
        for argument in expr.arguments.items:
            if argument.name is not None:
                raise Trouble(f"{name} takes no named arguments", argument.span)
        rounding = name in ("floor", "ceil", "round")
        values = []
        for argument in expr.arguments.items:
            self.rounding += rounding
            try:
                values.append((yield argument.value, frame))
            finally:
                self.rounding -= rounding
        if any(isinstance(v, Unknown) for v in values):
            return UNKNOWN_VALUE
        try:
            return function(self, values, expr)
        except (TypeError, ValueError, OverflowError) as problem:
            raise Trouble(f"{name}: {problem}", expr.span) from None

    def _block(self, expr: tree.Call, frame: Frame) -> Steps:
        """``Bottleneck(groups = 32)``: a block with some arguments fixed."""
        callee = expr.callee
        worth: Worth
        if isinstance(callee, tree.Name):
            worth = frame.get(callee.name) if frame.has(callee.name) else self.block_of(callee, frame)
        else:
            worth = yield callee, frame
        if isinstance(callee, tree.Name) and worth is None and callee.name[:1].islower():
            known = ", ".join(sorted(_FUNCTIONS))
            raise Trouble(f"there is no function {callee.name}", callee.span, f"functions: {known}", "unknown-name")
        if not isinstance(worth, BLOCKS):
            raise Trouble(f"{callee.span.text} can't be called in a value", callee.span)
        given = []
        for argument in expr.arguments.items:
            try:
                value = yield argument.value, frame
            except Trouble as trouble:
                self.complain(trouble)
                value = UNKNOWN_VALUE
            given.append(Given(argument.name, value, argument.span, argument.name_span))
        return with_arguments(worth, tuple(given))

    def _number(self, value: Worth, span: Span) -> Numeric:
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, (int, float, Fraction, Dim)):
            return value
        raise Trouble(f"{text_of(value)} is no number", span)

    def _integer(self, value: Worth, span: Span) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            hint = f"floor({span.text})" if isinstance(value, (Fraction, float)) else None
            raise Trouble(f"{text_of(value)} is no whole number", span, hint, "not-whole")
        return value

    def _sequence(self, value: tuple[Any, ...], span: Span) -> Worth:
        """A sequence, if it and all inside it are no longer and no deeper than the limits."""
        self._check_length(len(value), span)
        level, depth, count = value, 1, len(value)
        while inner := [part for part in level if isinstance(part, tuple)]:
            depth, count = depth + 1, count + sum(map(len, inner))
            self._check_length(count, span)
            if depth > limits.MAX_LIST_NESTING:
                message = f"lists more than {limits.MAX_LIST_NESTING} deep"
                raise Trouble(message, span, "see: moniel2 explain limits", "limit")
            level = tuple(chain.from_iterable(inner))
        return value

    def _check_length(self, length: int, span: Span) -> None:
        if length > limits.MAX_LIST:
            raise Trouble(
                f"{length:,} values are too many (limit {limits.MAX_LIST:,})",
                span,
                "see: moniel2 explain limits",
                "limit",
            )


def _dim(value: Numeric) -> Dim:
    if isinstance(value, float):
        raise TypeError(f"{value} is no size")
    return Dim.of(value)


# --------------------------------------------------------------------------------- functions


def _numbers(e: Evaluator, values: list[Worth], expr: tree.Call) -> list[Numeric]:
    if len(values) == 1 and isinstance(values[0], tuple):
        values = list(values[0])
        if any(isinstance(v, Unknown) for v in values):
            raise TypeError("a value isn't known")
    if not values:
        raise TypeError("needs at least one value")
    return [e._number(v, expr.span) for v in values]


def _one(values: list[Worth]) -> Worth:
    if len(values) != 1:
        raise TypeError(f"takes one value, got {len(values)}")
    return values[0]


def _extreme(symbolic: Callable[..., Dim], plain: Callable[..., Any]) -> Callable[..., Worth]:
    def function(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
        numbers = _numbers(e, values, expr)
        if any(isinstance(n, Dim) for n in numbers):
            return simplest(symbolic(*(_dim(n) for n in numbers)))
        return simplest(plain(numbers))

    return function


def _rounding(plain: Callable[[Fraction | float], int], up: bool) -> Callable[..., Worth]:
    def function(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
        number = e._number(_one(values), expr.span)
        if isinstance(number, Dim):
            return simplest(-(-number // 1) if up else number // 1)
        return plain(number)

    return function


def _real(plain: Callable[[float], float]) -> Callable[..., Worth]:
    def function(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
        number = e._number(_one(values), expr.span)
        if isinstance(number, Dim):
            return UNKNOWN_VALUE
        result = plain(float(number))
        return int(result) if result == int(result) and not isinstance(number, float) else result

    return function


def _sqrt(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    number = e._number(_one(values), expr.span)
    if isinstance(number, int) and number >= 0 and math.isqrt(number) ** 2 == number:
        return math.isqrt(number)
    return UNKNOWN_VALUE if isinstance(number, Dim) else math.sqrt(number)


def _length(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    only = _one(values)
    if not isinstance(only, (tuple, str)):
        raise TypeError(f"{text_of(only)} is no sequence")
    return len(only)


def _sum(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    total: Numeric = 0
    items = list(values[0]) if len(values) == 1 and isinstance(values[0], tuple) else values
    for item in items:
        if isinstance(item, Unknown):
            return item
        number = e._number(item, expr.span)
        total = _dim(total) + _dim(number) if isinstance(number, Dim) or isinstance(total, Dim) else total + number
    return simplest(total)


def _zip(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    for value in values:
        if not isinstance(value, tuple):
            raise TypeError(f"{text_of(value)} is no sequence")
    lengths = sorted({len(v) for v in values if isinstance(v, tuple)})
    if len(lengths) > 1:
        raise ValueError(f"the sequences have different lengths ({' and '.join(map(str, lengths))})")
    return tuple(zip(*values, strict=False))


def _enumerate(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    only = _one(values)
    if not isinstance(only, tuple):
        raise TypeError(f"{text_of(only)} is no sequence")
    return tuple(enumerate(only))


def _absolute(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    number = e._number(_one(values), expr.span)
    if isinstance(number, Dim):
        return simplest(number)
    return simplest(number if number >= 0 else -number)


def _logarithm(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    number = e._number(_one(values), expr.span)
    if isinstance(number, Dim):
        return UNKNOWN_VALUE
    return math.log(number)


def _log2(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    number = e._number(_one(values), expr.span)
    if isinstance(number, Dim):
        return UNKNOWN_VALUE
    result = math.log2(number)
    return int(result) if result == int(result) else result


def _exp(e: Evaluator, values: list[Worth], expr: tree.Call) -> Worth:
    number = e._number(_one(values), expr.span)
    return UNKNOWN_VALUE if isinstance(number, Dim) else math.exp(number)


_FUNCTIONS: dict[str, Callable[[Evaluator, list[Worth], tree.Call], Worth]] = {
    "len": _length,
    "sum": _sum,
    "min": _extreme(minimum, min),
    "max": _extreme(maximum, max),
    "abs": _absolute,
    "floor": _rounding(math.floor, False),
    "ceil": _rounding(math.ceil, True),
    "round": _rounding(lambda n: round(n), False),
    "sqrt": _sqrt,
    "log": _logarithm,
    "log2": _log2,
    "exp": _exp,
    "zip": _zip,
    "enumerate": _enumerate,
}

FUNCTIONS = frozenset(_FUNCTIONS)


def _real_power(a: float, b: float, expr: tree.Binary) -> float:
    power = a**b
    if isinstance(power, complex):
        raise Trouble(f"{a:g} ** {b:g} is no real number", expr.span)
    return float(power)


def _in_reach(frame: Frame) -> str | None:
    """The names that do have a value, where they are few enough to be read."""
    names = list(dict.fromkeys(frame.names()))
    return f"values here: {', '.join(names)}" if 0 < len(names) <= 8 else None


def _grouped(size: Dim) -> str:
    text = str(size)
    return f"({text})" if " " in text else text
