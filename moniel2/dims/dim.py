"""A size: an exact polynomial over names, closed under floor division, in canonical form."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Union

Number = int | Fraction
DimLike = Union["Dim", int, str]
Monomial = tuple[tuple["Atom", int], ...]

OPEN = "$"
"""What the symbols of a model's parameters begin with where those are left open. No source can write it."""


@dataclass(frozen=True, slots=True)
class Floor:
    """An atom ``floor(top / bottom)`` that no law reduced further. ``bottom`` is a whole number > 1 or symbolic."""

    top: Dim
    bottom: Dim
    extent: Extent

    def __str__(self) -> str:
        return self.extent.text


@dataclass(frozen=True, slots=True)
class Opaque:
    """An atom ``max(a, b)`` or ``min(a, b)`` that depends on symbols."""

    function: str
    arguments: tuple[Dim, ...]
    extent: Extent

    def __str__(self) -> str:
        return self.extent.text


@dataclass(frozen=True, slots=True)
class Extent:
    """How an atom is written; how many terms are in it, and how deep atoms stand in atoms."""

    text: str = field(compare=False)
    terms: int = field(compare=False)
    depth: int = field(compare=False)


Atom = str | Floor | Opaque


class Dim:
    """A size. Immutable; ``==`` is identity of canonical forms (an unknown size equals itself)."""

    __slots__ = ("_hash", "known", "terms")
    terms: tuple[tuple[Monomial, Number], ...]
    known: bool
    _hash: int

    def __init__(self, terms: tuple[tuple[Monomial, Number], ...], known: bool = True) -> None:
        self.terms = terms
        self.known = known
        self._hash = hash((terms, known))

    @staticmethod
    def of(value: DimLike | Fraction) -> Dim:
        """An integer, a name, or a Dim as it is."""
        if isinstance(value, Dim):
            return value
        if isinstance(value, str):
            return _symbol(value)
        return constant_of(value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (int, str)):
            other = Dim.of(other)
        return isinstance(other, Dim) and self.known == other.known and self.terms == other.terms

    def __hash__(self) -> int:
        return self._hash

    @property
    def constant(self) -> int | None:
        """The number, when there is no symbol in it and it is whole."""
        if not self.known:
            return None
        if not self.terms:
            return 0
        if len(self.terms) == 1 and not self.terms[0][0] and isinstance(self.terms[0][1], int):
            return self.terms[0][1]
        return None

    @property
    def rational(self) -> Number | None:
        """The number, whole or not, when there is no symbol in it."""
        if not self.known:
            return None
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    def symbols(self) -> frozenset[str]:
        """Every name in it, inside floors too."""
        found: set[str] = set()
        for monomial, _ in self.terms:
            for atom, _power in monomial:
                if isinstance(atom, str):
                    found.add(atom)
                elif isinstance(atom, Floor):
                    found |= atom.top.symbols() | atom.bottom.symbols()
                else:
                    for argument in atom.arguments:
                        found |= argument.symbols()
        return frozenset(found)

    def __add__(self, other: DimLike) -> Dim:
        other = Dim.of(other)
        if not (self.known and other.known):
            return UNKNOWN
        if not self.terms:
            return other
        if not other.terms:
            return self
        return _bounded(normal((*self.terms, *other.terms)))

    def __mul__(self, other: DimLike) -> Dim:
        other = Dim.of(other)
        if not (self.known and other.known):
            return UNKNOWN
        if len(self.terms) * len(other.terms) > 4 * MAX_TERMS:
            return UNKNOWN
        if len(self.terms) == len(other.terms) == 1:
            ((a, j),), ((b, k),) = self.terms, other.terms
            product = Dim(((join(a, b), _whole(j * k)),))  # the common case, without the bookkeeping of sums
        else:
            product = _bounded(normal((join(a, b), j * k) for a, j in self.terms for b, k in other.terms))
        return UNKNOWN if any(_large(m, k) for m, k in product.terms) else product

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: DimLike) -> Dim:
        return self + Dim.of(other) * -1

    def __rsub__(self, other: DimLike) -> Dim:
        return Dim.of(other) - self

    __radd__ = __add__
    __rmul__ = __mul__

    def __pow__(self, power: int) -> Dim:
        result, square = ONE, self
        while power and result.known:
            if power & 1:
                result = result * square
            power >>= 1
            square = square * square if power else square
        return result

    def __floordiv__(self, other: DimLike) -> Dim:
        """``floor(self / other)``, canonical. Raises ``ZeroDivisionError`` for 0."""
        other = Dim.of(other)
        if not (self.known and other.known):
            return UNKNOWN
        bottom = other.constant
        if bottom is None:
            return _symbolic_floor(self, other)
        if bottom == 0:
            raise ZeroDivisionError("a size cannot be divided by 0")
        return _floor(-self, -bottom) if bottom < 0 else _floor(self, bottom)

    def __rfloordiv__(self, other: DimLike) -> Dim:
        return Dim.of(other) // self

    def __mod__(self, other: DimLike) -> Dim:
        other = Dim.of(other)
        return self - other * (self // other)

    def ceildiv(self, other: DimLike) -> Dim:
        """``ceil(self / other)``."""
        return -((-self) // other)

    def over(self, other: DimLike) -> Dim | None:
        """The exact quotient as a formula, or None when there is no closed form. States no condition."""
        other = Dim.of(other)
        if not (self.known and other.known):
            return UNKNOWN
        if not other.terms:
            return None
        if len(other.terms) == 1:
            monomial, coefficient = other.terms[0]
            inverse = tuple((atom, -power) for atom, power in monomial)
            return normal((join(m, inverse), Fraction(k) / coefficient) for m, k in self.terms)
        return _polynomial_quotient(self, other)

    def substitute(self, values: Mapping[str, DimLike]) -> Dim:
        """The same size with names replaced."""
        if not self.known or not values:
            return self
        total = ZERO
        for monomial, coefficient in self.terms:
            product = Dim.of(coefficient) if isinstance(coefficient, int) else constant_of(coefficient)
            for atom, power in monomial:
                if isinstance(atom, str):
                    value = Dim.of(values[atom]) if atom in values else _symbol(atom)
                elif isinstance(atom, Floor):
                    value = atom.top.substitute(values) // atom.bottom.substitute(values)
                else:
                    from moniel2.dims.bounds import maximum, minimum

                    chosen: Callable[..., Dim] = maximum if atom.function == "max" else minimum
                    value = chosen(*(a.substitute(values) for a in atom.arguments))
                if power > 0:
                    product = product * value**power
                else:
                    quotient = product.over(value ** (-power))
                    product = UNKNOWN if quotient is None else quotient
            total = total + product
        return total

    def at(self, values: Mapping[str, int]) -> int:
        """The number for given symbols. Raises ``KeyError`` for a missing one, ``ValueError`` if it is not whole."""
        result = self.substitute(values)
        missing = result.symbols()
        if missing:
            raise KeyError(sorted(missing)[0])
        if result.constant is None:
            raise ValueError(f"{self} is not a whole number here")
        return result.constant

    def __str__(self) -> str:
        if not self.known:
            return "?"
        if (constant := self.constant) is not None:
            return str(constant)
        parts = [_term_text(m, k) for m, k in self.terms]
        return " + ".join(parts).replace("+ -", "- ") or "0"

    def __repr__(self) -> str:
        return f"Dim({self})"


def _term_text(monomial: Monomial, coefficient: Number) -> str:
    above = [_power_text(a, p) for a, p in monomial if p > 0]
    below = [_power_text(a, -p) for a, p in monomial if p < 0]
    fraction = Fraction(coefficient)
    sign = "-" if fraction < 0 else ""
    if abs(fraction.numerator) != 1 or not above:
        above.insert(0, str(abs(fraction.numerator)))
    if fraction.denominator != 1:
        below.insert(0, str(fraction.denominator))
    text = "*".join(above)
    if not below:
        return sign + text
    return f"{sign}{text}/{below[0] if len(below) == 1 else '(' + '*'.join(below) + ')'}"


def _power_text(atom: Atom, power: int) -> str:
    return str(atom) if power == 1 else f"{atom}**{power}"


@lru_cache(maxsize=4096)
def _symbol(name: str) -> Dim:
    return Dim(((((name, 1),), 1),))


@lru_cache(maxsize=4096)
def constant_of(value: Number) -> Dim:
    if isinstance(value, Fraction) and value.denominator == 1:
        value = int(value)
    return Dim((((), value),) if value else ())


def atom_key(atom: Atom) -> tuple[int, str]:
    return (0, atom) if isinstance(atom, str) else (1, str(atom))


def _term_key(term: tuple[Monomial, Number]) -> tuple[int, str]:
    return _monomial_key(term[0])


@lru_cache(maxsize=1 << 15)
def _monomial_key(monomial: Monomial) -> tuple[int, str]:
    degree = sum(power for _, power in monomial)
    return (-degree, "*".join(_power_text(a, p) for a, p in monomial))


def join(a: Monomial, b: Monomial) -> Monomial:
    if not a:
        return b
    if not b:
        return a
    powers: dict[Atom, int] = dict(a)
    for atom, power in b:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(((x, p) for x, p in powers.items() if p), key=lambda item: atom_key(item[0])))


def normal(pairs: Iterable[tuple[Monomial, Number]]) -> Dim:
    total: dict[Monomial, Number] = {}
    for monomial, coefficient in pairs:
        total[monomial] = total.get(monomial, 0) + coefficient
    terms = [(m, _whole(k)) for m, k in total.items() if k]
    if len(terms) > 1:
        terms.sort(key=_term_key)
    return Dim(tuple(terms))


# A formula that outgrows these is a size that isn't known: what a text asks for must not decide how long we compute.
MAX_TERMS = 1_024
MAX_DEGREE = 64
MAX_DEPTH = 32
MAX_ATOM = 128
MAX_BITS = 8_192


def _bounded(value: Dim) -> Dim:
    return UNKNOWN if len(value.terms) > MAX_TERMS else value


def _large(monomial: Monomial, coefficient: Number) -> bool:
    bits = coefficient.numerator.bit_length()
    return bits > MAX_BITS or (len(monomial) > 0 and sum(abs(power) for _, power in monomial) > MAX_DEGREE)


def _floor_of(top: Dim, bottom: Dim) -> Dim:
    """``floor(top / bottom)`` as an atom; unknown if that outgrows the bounds."""

    def text() -> str:
        a, b = str(top), str(bottom)
        return f"floor({f'({a})' if ' ' in a else a}/{f'({b})' if ' ' in b or '*' in b else b})"

    extent = _extent((top, bottom), text)
    return UNKNOWN if extent is None else Dim(((((Floor(top, bottom, extent), 1),), 1),))


def opaque(function: str, arguments: tuple[Dim, ...]) -> Dim:
    """``max(…)`` or ``min(…)`` as an atom; unknown if that outgrows the bounds."""
    extent = _extent(arguments, lambda: f"{function}({', '.join(map(str, arguments))})")
    return UNKNOWN if extent is None else Dim(((((Opaque(function, arguments, extent), 1),), 1),))


def _extent(parts: tuple[Dim, ...], text: Callable[[], str]) -> Extent | None:
    inner = [a.extent for part in parts for monomial, _ in part.terms for a, _ in monomial if not isinstance(a, str)]
    terms = sum(len(part.terms) for part in parts) + sum(e.terms for e in inner)
    depth = 1 + max((e.depth for e in inner), default=0)
    return None if terms > MAX_ATOM or depth > MAX_DEPTH else Extent(text(), terms, depth)


def _whole(value: Number) -> Number:
    return int(value) if isinstance(value, Fraction) and value.denominator == 1 else value


def _floor(top: Dim, bottom: int) -> Dim:
    if not top.known or bottom.bit_length() > MAX_BITS:
        return UNKNOWN
    # With fractional coefficients: floor((p/q) / n) = floor(p / (q n)).
    q = 1
    for _, k in top.terms:
        if isinstance(k, Fraction):
            q = lcm(q, k.denominator)
    if q != 1:
        top, bottom = top * q, bottom * q
    # floor((a/m + X) / n) = floor((a + X m) / (m n)) for whole X.
    for monomial, k in top.terms:
        if k == 1 and len(monomial) == 1 and monomial[0][1] == 1:
            atom = monomial[0][0]
            if isinstance(atom, Floor) and (m := atom.bottom.constant) is not None:
                rest = top - Dim(((monomial, 1),))
                return _floor(atom.top + rest * m, m * bottom)
    exact = normal((m, int(k) // bottom) for m, k in top.terms if not has_negative(m))
    rest = normal((m, k if has_negative(m) else int(k) % bottom) for m, k in top.terms)
    shared = gcd(bottom, *(int(k) for m, k in rest.terms if m)) if any(m for m, _ in rest.terms) else 1
    if shared > 1:
        rest = normal((m, int(k) // shared) for m, k in rest.terms)
        bottom //= shared
    if bottom == 1:
        return exact + rest
    if (value := rest.constant) is not None:
        return exact + value // bottom
    for monomial, k in rest.terms:
        if k == 1 and len(monomial) == 1 and isinstance(monomial[0][0], Floor) and shared > 1:
            return exact + _floor(rest, bottom)
    return exact + _floor_of(rest, Dim.of(bottom))


def has_negative(monomial: Monomial) -> bool:
    return any(power < 0 for _, power in monomial)


def _symbolic_floor(top: Dim, bottom: Dim) -> Dim:
    quotient = top.over(bottom)
    if quotient is not None and all(isinstance(k, int) and not has_negative(m) for m, k in quotient.terms):
        return quotient
    if top.constant == 0:
        return ZERO
    if quotient is not None and len(bottom.terms) == 1:
        # (n - p)//p is n//p - 1, whatever p.
        whole = normal((m, k) for m, k in quotient.terms if isinstance(k, int) and not has_negative(m))
        if whole.terms:
            return whole + _symbolic_floor(top - whole * bottom, bottom)
    return _floor_of(top, bottom)


def _polynomial_quotient(top: Dim, bottom: Dim) -> Dim | None:
    """Long division by the leading term; None if anything is left over."""
    quotient, rest = ZERO, top
    lead, lead_coefficient = bottom.terms[0]
    inverse = tuple((a, -p) for a, p in lead)
    for _ in range(64):
        if not rest.terms:
            return quotient
        step = None
        for monomial, k in rest.terms:
            joined = join(monomial, inverse)
            if not has_negative(joined):
                step = normal([(joined, Fraction(k) / lead_coefficient)])
                break
        if step is None:
            return None
        quotient = quotient + step
        rest = rest - step * bottom
    return None


UNKNOWN = Dim((), known=False)
ZERO = constant_of(0)
ONE = constant_of(1)


def is_open(size: Dim) -> bool:
    """Whether a size depends on the model's parameters, and on nothing else."""
    symbols = size.symbols()
    return size.known and bool(symbols) and all(s.startswith(OPEN) for s in symbols)
