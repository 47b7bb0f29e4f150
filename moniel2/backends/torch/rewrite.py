"""A definition's own expressions in Python, with the value that each has in every specialization.

What the source says is what a reader expects to find in the code: ``stride != 1 or cin != c``, ``4 * c``,
``math.ceil(width / 16)``. An expression is translated with names whose values are known and computed as Python will
compute it; it is used where its values are the ones that are needed, so it is never taken on trust. A name that has
the same value everywhere is that value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import add, ge, gt, le, lt, mod, mul, sub
from typing import cast

from moniel2.backends.torch.explain import Feature, times
from moniel2.backends.torch.literals import literal, number
from moniel2.backends.torch.python import Atom, Call, Conditional, Expr, Index, Operator, Prefix, Slice
from moniel2.backends.torch.python import Sequence as Sequenced
from moniel2.backends.torch.tree import ANY, Any_, Known, Open, same
from moniel2.dims import DIFFERENT, EQUAL, Dim, compare, real
from moniel2.ir.formula import Apply, Constant, Formula, Name

Column = tuple[Known, ...]
Number = int | float | Open


@dataclass(frozen=True, slots=True)
class Said:
    """An expression, its value in every specialization, and the features in it."""

    expr: Expr
    values: Column
    features: tuple[Feature, ...] = ()

    @property
    def fixed(self) -> bool:
        """Whether it is the same whatever the specialization."""
        return not self.features

    @property
    def plain(self) -> bool:
        """A number, a flag or a text as it stands."""
        return self.fixed and (isinstance(self.expr, Atom) or _is_negative_number(self.expr))


class Unsayable(Exception):
    """A formula that Python can't say with the names at hand, or that has no value there."""


def said_as(feature: Feature) -> Said:
    """A feature; if it has one value everywhere, that value."""
    known = [v for v in feature.values if not isinstance(v, Any_)]
    if known and all(same(v, known[0]) for v in known) and not _open(known[0]):
        return fixed(known[0], len(feature.values))
    return Said(feature.expr, feature.values, (feature,))


def fixed(value: Known, count: int) -> Said:
    return Said(literal(cast(int, value)), (value,) * count)


def rewrite(
    formula: Formula, names: Mapping[str, Said], count: int, numbers: Mapping[str, int] | None = None
) -> Said | None:
    """A formula in Python; None if it can't be said. ``count`` is how many specializations there are.

    ``numbers`` decide what depends on the model's parameters.
    """
    try:
        return _Rewriting(names, count, numbers or {}).of(formula)
    except (Unsayable, ArithmeticError, ValueError, TypeError, IndexError):
        return None


def negated(expr: Expr) -> Expr:
    """The opposite of a condition, as one would write it."""
    match expr:
        case Operator(symbol, operands) if symbol in _OPPOSITE:
            return Operator(_OPPOSITE[symbol], operands)
        case Operator("and" | "or" as symbol, operands):
            return Operator("or" if symbol == "and" else "and", tuple(map(negated, operands)))
        case Prefix("not ", operand):
            return operand
    return Prefix("not ", expr)


_OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "is": "is not",
    "is not": "is",
    "in": "not in",
    "not in": "in",
}
_ARITHMETIC: dict[str, Callable[..., int | float | Dim]] = {"+": add, "-": sub, "*": mul, "%": mod}
_ORDER: dict[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


class _Rewriting:
    def __init__(self, names: Mapping[str, Said], count: int, numbers: Mapping[str, int]) -> None:
        self.names, self.count, self.numbers = names, count, numbers

    def of(self, formula: Formula) -> Said:
        match formula:
            case Constant(value):
                return fixed(value, self.count)
            case Name(name):
                if name not in self.names:
                    raise Unsayable(name)
                return self.names[name]
        return self.apply(formula)

    def apply(self, formula: Apply) -> Said:
        function, parts = formula.function, formula.parts
        match function:
            case "if":
                return self.choice(*map(self.of, parts))
            case "and" | "or":
                return self.both(function, *map(self.of, parts))
            case "floor" | "ceil" if isinstance(parts[0], Apply) and parts[0].function == "/":
                whole = self.rounded_quotient(function, *map(self.of, parts[0].parts))
                if whole is not None:
                    return whole
        made = tuple(map(self.of, parts))
        match function:
            case "neg":
                return self.made(Prefix("-", made[0].expr), self.rows(_negative, *made), made)
            case "not":
                values = self.rows(lambda v: not _truth(v), *made)
                return self.made(negated(made[0].expr), values, made)
            case "+" | "-" | "*" | "%":
                return self.arithmetic(function, *made)
            case "/":
                return self.quotient(*made)
            case "**":
                return self.made(Operator("**", _exprs(made)), self.rows(_power, *made), made)
            case "==" | "!=":
                return self.equality(function, *made)
            case "<" | "<=" | ">" | ">=":
                compared = self.rows(lambda a, b: _ORDER[function](_plain(a), _plain(b)), *made)
                return self.made(Operator(function, _exprs(made)), compared, made)
            case "in" | "not in" if isinstance(made[1].expr, Sequenced) and len(made[1].expr.items) == 1:
                only = Said(made[1].expr.items[0], self.rows(lambda v: _item(v, 0), made[1]), made[1].features)
                return self.equality("==" if function == "in" else "!=", made[0], only)
            case "in" | "not in":
                found = self.rows(lambda a, b: _among(a, b) is (function == "in"), *made)
                return self.made(Operator(function, _exprs(made)), found, made)
            case "[]":
                return self.made(Sequenced("(", _exprs(made)), self.rows(lambda *v: tuple(v), *made), made)
            case "index":
                return self.made(Index(made[0].expr, (made[1].expr,)), self.rows(_item, *made), made)
            case "slice":
                first, last = (p.values[0] if p.fixed else ANY for p in made[1:])
                if isinstance(first, int) and isinstance(last, int) and 0 <= last <= first:
                    return Said(Sequenced("(", ()), ((),) * self.count)
                start, stop = (None if p.fixed and p.values[0] is None else p.expr for p in made[1:])
                start = None if first == 0 else start
                return self.made(Index(made[0].expr, (Slice(start, stop, None),)), self.rows(_slice, *made), made)
        return self.call(function, made)

    def made(self, expr: Expr, values: Column, parts: Sequence[Said]) -> Said:
        features = tuple(dict.fromkeys(f for p in parts for f in p.features))
        if not features and isinstance(values[0], (bool, int)):
            return fixed(values[0], self.count)
        return Said(expr, values, features)

    def rows(self, function: Callable[..., Known], *parts: Said) -> Column:
        """Row by row; a value that doesn't matter makes one that doesn't."""
        return tuple(
            ANY if any(isinstance(v, Any_) for v in row) else function(*row)
            for row in zip(*(p.values for p in parts), strict=True)
        )

    # -------------------------------------------------------------------------------- numbers

    def arithmetic(self, symbol: str, left: Said, right: Said) -> Said:
        values = self.rows(lambda a, b: _number(symbol, a, b), left, right)
        idle = {"+": 0, "-": 0, "*": 1}.get(symbol)
        if right.plain and all(same(v, idle) for v in right.values):
            return left
        if symbol != "-" and left.plain and all(same(v, idle) for v in left.values):
            return right
        return self.made(Operator(symbol, _exprs((left, right))), values, (left, right))

    def quotient(self, left: Said, right: Said) -> Said:
        if all(map(_whole_or_any, (*left.values, *right.values))):
            whole = self.rows(_exact, left, right)
            if all(v is not None for v in whole):
                return self.divided(left, right, whole)
        values = self.rows(_divided, left, right)
        return self.made(Operator("/", _exprs((left, right))), values, (left, right))

    def rounded_quotient(self, function: str, left: Said, right: Said) -> Said | None:
        """``floor(a / b)`` of whole numbers is ``a // b``."""
        if not all(map(_whole_or_any, (*left.values, *right.values))):
            return None
        if function == "floor":
            return self.divided(left, right, self.rows(lambda a, b: _opened(_size(a) // _size(b)), left, right))
        values = self.rows(lambda a, b: _opened(-(-_size(a) // _size(b))), left, right)
        expr = Call(Atom("math.ceil"), (Operator("/", _exprs((left, right))),))
        return self.made(expr, values, (left, right))

    def divided(self, left: Said, right: Said, values: Column) -> Said:
        if right.plain and values == left.values:
            return left
        bottom = right.values[0]
        if right.plain and isinstance(bottom, int) and bottom:
            # ``32 * c * 4 // 64``, where names happen to be numbers in every use, is ``2 * c``.
            whole, factors = _product(left.expr)
            if factors and whole % bottom == 0:
                return Said(times(number(whole // bottom), *factors), values, left.features)
        return self.made(Operator("//", _exprs((left, right))), values, (left, right))

    # ------------------------------------------------------------------------------- conditions

    def choice(self, condition: Said, then: Said, otherwise: Said) -> Said:
        truths = [v if isinstance(v, Any_) else _truth(v) for v in condition.values]
        known = {t for t in truths if not isinstance(t, Any_)}
        if len(known) == 1:
            return then if known.pop() else otherwise
        triples = zip(truths, then.values, otherwise.values, strict=True)
        values = tuple(ANY if isinstance(t, Any_) else a if t else b for t, a, b in triples)
        features = (*condition.features, *then.features, *otherwise.features)
        expr = Conditional(then.expr, condition.expr, otherwise.expr)
        return Said(expr, values, tuple(dict.fromkeys(features)))

    def both(self, word: str, left: Said, right: Said) -> Said:
        """``and``, ``or``: what the first decides alone, the second needn't know."""
        decisive = word == "or"
        values: list[Known] = []
        for a, b in zip(left.values, right.values, strict=True):
            first = a if isinstance(a, (Any_, _Undecided)) else _truth(a)
            second = b if isinstance(b, (Any_, _Undecided)) else _truth(b)
            values.append(decisive if decisive in (first, second) else second if first is not decisive else first)
            if isinstance(first, (Any_, _Undecided)) and second is not decisive:
                values[-1] = first
        idle = [p for p in (left, right) if p.fixed and all(_truth(v) is not decisive for v in p.values)]
        kept = [p for p in (left, right) if p not in idle]
        if len(kept) == 1:
            return kept[0]
        return self.made(Operator(word, _exprs((left, right))), tuple(values), (left, right))

    def equality(self, symbol: str, left: Said, right: Said) -> Said:
        values = self.rows(lambda a, b: _equal(a, b, symbol == "==", self.numbers), left, right)
        if right.plain and right.values and right.values[0] is None:
            symbol = "is" if symbol == "==" else "is not"
        return self.made(Operator(symbol, _exprs((left, right))), values, (left, right))

    # -------------------------------------------------------------------------------- functions

    def call(self, function: str, made: tuple[Said, ...]) -> Said:
        target, compute = _FUNCTIONS[function]
        values = self.rows(compute, *made)
        if function in ("floor", "ceil", "round") and values == made[0].values:
            return made[0]
        return self.made(Call(Atom(target), _exprs(made)), values, made)


def _product(expr: Expr) -> tuple[int, list[Expr]]:
    """What an expression is a multiple of, and the other factors."""
    if isinstance(expr, Atom) and expr.text.isdigit():
        return int(expr.text), []
    if not isinstance(expr, Operator) or expr.symbol != "*":
        return 1, [expr]
    whole, factors = 1, []
    for part in map(_product, expr.operands):
        whole *= part[0]
        factors += part[1]
    return whole, factors


class _Undecided:
    """What a comparison gives that depends on the parameters of the model."""


UNDECIDED = _Undecided()


def _exprs(parts: Sequence[Said]) -> tuple[Expr, ...]:
    return tuple(p.expr for p in parts)


def _open(value: Known) -> bool:
    return isinstance(value, Open) or (isinstance(value, tuple) and any(map(_open, value)))


def _is_negative_number(expr: Expr) -> bool:
    return isinstance(expr, Prefix) and expr.symbol == "-" and isinstance(expr.operand, Atom)


def _whole_or_any(value: Known) -> bool:
    if isinstance(value, Open):
        return isinstance(value.size, Dim)
    return isinstance(value, Any_) or (isinstance(value, int) and not isinstance(value, bool))


def _plain(value: Known) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    raise Unsayable(value)


def _size(value: Known) -> Dim:
    if isinstance(value, Open) and isinstance(value.size, Dim):
        return value.size
    if isinstance(value, int) and not isinstance(value, bool):
        return Dim.of(value)
    raise Unsayable(value)


def _opened(size: Dim) -> Known:
    return size.constant if size.constant is not None else Open(size)


def _real(function: str, *values: Known) -> Open | None:
    """A function that makes no size, of numbers of which one is known once the model is made."""
    if not any(isinstance(v, Open) for v in values):
        return None
    return Open(real(function, *(v.size if isinstance(v, Open) else _plain(v) for v in values)))


def _number(symbol: str, a: Known, b: Known) -> Known:
    function = _ARITHMETIC[symbol]
    if isinstance(a, Open) or isinstance(b, Open):
        if not (_whole_or_any(a) and _whole_or_any(b)):
            return _real(symbol, a, b)
        found = function(_size(a), _size(b))
        assert isinstance(found, Dim)
        return _opened(found)
    if isinstance(a, tuple) or isinstance(b, tuple) or isinstance(a, str) or isinstance(b, str):
        raise Unsayable(a)
    return cast("int | float", function(_plain(a), _plain(b)))


def _negative(value: Known) -> Known:
    if isinstance(value, Open) and isinstance(value.size, Dim):
        return _opened(-value.size)
    return _real("neg", value) or -_plain(value)


def _divided(a: Known, b: Known) -> Known:
    return _real("/", a, b) or _plain(a) / _plain(b)


def _power(base: Known, power: Known) -> Known:
    if isinstance(base, Open):
        if not isinstance(base.size, Dim) or not isinstance(power, int) or power < 0:
            return _real("**", base, power)
        if power > 4:
            raise Unsayable(power)
        return _opened(base.size**power)
    if abs(_plain(power)) > 64:
        raise Unsayable(power)
    found = _plain(base) ** _plain(power)
    if isinstance(found, complex):
        raise Unsayable(power)
    return cast("int | float", found)


def _exact(a: Known, b: Known) -> Known:
    """The quotient of whole numbers if it is whole; None if not."""
    if isinstance(a, Open) or isinstance(b, Open):
        quotient = _size(a).over(_size(b))
        return _opened(_size(a) // _size(b) if quotient is None else quotient)
    top, bottom = int(_plain(a)), int(_plain(b))
    return None if top % bottom else top // bottom


def _truth(value: Known) -> bool:
    if isinstance(value, (bool, int, float, str, tuple)) or value is None:
        return bool(value)
    raise Unsayable(value)


def _equal(a: Known, b: Known, wanted: bool, numbers: Mapping[str, int]) -> Known:
    if isinstance(a, Open) or isinstance(b, Open):
        verdict = compare(_size(a), _size(b))
        if verdict == EQUAL:
            return wanted
        if verdict != DIFFERENT and not (_size(a).symbols() | _size(b).symbols()) <= numbers.keys():
            return cast(Known, UNDECIDED)
        return (verdict != DIFFERENT and _size(a).at(numbers) == _size(b).at(numbers)) is wanted
    return (a == b and isinstance(a, bool) == isinstance(b, bool)) is wanted


def _among(value: Known, items: Known) -> bool:
    if not isinstance(items, tuple) or isinstance(value, Open) or _open(items):
        raise Unsayable(items)
    return any(same(value, item) for item in items)


def _item(items: Known, place: Known) -> Known:
    if not isinstance(items, tuple) or not isinstance(place, int):
        raise Unsayable(items)
    return items[place]


def _slice(items: Known, start: Known, stop: Known) -> Known:
    if not isinstance(items, tuple) or not (start is None or isinstance(start, int)):
        raise Unsayable(items)
    if not (stop is None or isinstance(stop, int)):
        raise Unsayable(stop)
    return items[start:stop]


def _numbers(*values: Known) -> list[int | float]:
    row = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
    return [_plain(v) for v in row]


def _length(value: Known) -> Known:
    if not isinstance(value, (tuple, str)):
        raise Unsayable(value)
    return len(value)


_FUNCTIONS: dict[str, tuple[str, Callable[..., Known]]] = {
    "len": ("len", _length),
    "sum": ("sum", lambda *v: sum(_numbers(*v))),
    "min": ("min", lambda *v: min(_numbers(*v))),
    "max": ("max", lambda *v: max(_numbers(*v))),
    "abs": ("abs", lambda v: abs(_plain(v))),
    "floor": ("math.floor", lambda v: math.floor(_plain(v))),
    "ceil": ("math.ceil", lambda v: math.ceil(_plain(v))),
    "round": ("round", lambda v: round(_plain(v))),
    "sqrt": ("math.sqrt", lambda v: _real("sqrt", v) or math.sqrt(_plain(v))),
    "log": ("math.log", lambda v: _real("log", v) or math.log(_plain(v))),
    "log2": ("math.log2", lambda v: _real("log2", v) or math.log2(_plain(v))),
    "exp": ("math.exp", lambda v: _real("exp", v) or math.exp(_plain(v))),
}
__all__ = ["Said", "fixed", "negated", "number", "rewrite", "said_as"]
