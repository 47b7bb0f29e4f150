"""A size as an expression, symbol by symbol."""

from __future__ import annotations

from collections.abc import Callable
from math import lcm

from moniel2.backends.torch.explain import over, times
from moniel2.backends.torch.literals import number
from moniel2.backends.torch.python import Atom, Call, Expr, Operator, Prefix
from moniel2.dims import Dim, Floor, Opaque, Real

Direct = Callable[[Dim], Expr | None]
Symbol = Callable[[str], Expr | None]


def formula(size: Dim | Real, direct: Direct, symbol: Symbol) -> Expr | None:
    """``4 * n + 1``, ``math.sqrt(n)``; None if a part can't be said.

    ``direct`` knows whole sizes, ``symbol`` those that are a symbol.
    """
    return _real(size, direct, symbol) if isinstance(size, Real) else _Formula(direct, symbol).of(size)


def _real(value: Real, direct: Direct, symbol: Symbol) -> Expr | None:
    parts = [number(p) if isinstance(p, (int, float)) else formula(p, direct, symbol) for p in value.parts]
    known = tuple(p for p in parts if p is not None)
    if len(known) < len(parts):
        return None
    if value.function == "neg":
        return Prefix("-", known[0])
    return Call(Atom(f"math.{value.function}"), known) if len(known) == 1 else Operator(value.function, known)


class _Formula:
    def __init__(self, direct: Direct, symbol: Symbol) -> None:
        self.direct, self.symbol = direct, symbol

    def of(self, size: Dim) -> Expr | None:
        if not size.known:
            return None
        if size.constant is not None:
            return number(size.constant)
        direct = self.direct(size)
        if direct is not None:
            return direct
        total: Expr | None = None
        for monomial, coefficient in size.terms:
            if not isinstance(coefficient, int):
                return self.fraction(size)
            factors: list[Expr] = []
            for atom, power in monomial:
                factor = self.atom(atom)
                if factor is None or power < 0:
                    return self.fraction(size) if factor is not None else None
                several = power > 1 and not isinstance(factor, Atom)
                factors += [Operator("**", (factor, number(power)))] if several else [factor] * power
            alone = abs(coefficient) == 1 and factors
            part = times(*factors) if alone else times(number(abs(coefficient)), *factors)
            if total is None:
                total = part if coefficient > 0 else Prefix("-", part)
            else:
                total = _plus(total, "+" if coefficient > 0 else "-", part)
        return total

    def fraction(self, size: Dim) -> Expr | None:
        """``D / 8``: whole by a condition that was stated, so ``//`` is exact."""
        bottom, whole = Dim.of(1), 1
        for monomial, coefficient in size.terms:
            if not isinstance(coefficient, int):
                whole = lcm(whole, coefficient.denominator)
            for atom, power in monomial:
                if power < 0 and isinstance(atom, str):
                    bottom = bottom * Dim.of(atom) ** (-power)
        bottom = bottom * whole
        if bottom == 1:
            return None
        top, under = self.of(size * bottom), self.of(bottom)
        return None if top is None or under is None else over(top, under)

    def atom(self, atom: str | Floor | Opaque) -> Expr | None:
        if isinstance(atom, Floor):
            top, bottom = self.of(atom.top), self.of(atom.bottom)
            return None if top is None or bottom is None else over(top, bottom)
        if isinstance(atom, Opaque):
            parts = [self.of(a) for a in atom.arguments]
            if any(p is None for p in parts):
                return None
            return Call(Atom(atom.function), tuple(p for p in parts if p is not None))
        return self.direct(Dim.of(atom)) or self.symbol(atom)


def _plus(total: Expr, symbol: str, part: Expr) -> Expr:
    if isinstance(total, Operator) and total.symbol == symbol:
        return Operator(symbol, (*total.operands, part))
    return Operator(symbol, (total, part))
