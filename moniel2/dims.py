"""Symbolic sizes: exact polynomials over names, closed under floor division, in canonical form.

A ``Dim`` is an integer known or symbolic, or unknown. Canonical means that equal sizes are
identical values: ``(H - 1)//2 + 1`` *is* ``(H + 1)//2``. Names stand for integers >= 1.
Arithmetic with an unknown size is unknown. Coefficients may be fractions and powers negative:
``D / 8`` is exact, and whoever divides states the condition that makes it whole
(``exact_quotient``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Union

Number = int | Fraction
DimLike = Union["Dim", int, str]
Monomial = tuple[tuple["Atom", int], ...]


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
        return _constant(value)

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
        return _bounded(_normal((*self.terms, *other.terms)))

    def __mul__(self, other: DimLike) -> Dim:
        other = Dim.of(other)
        if not (self.known and other.known):
            return UNKNOWN
        if len(self.terms) * len(other.terms) > 4 * MAX_TERMS:
            return UNKNOWN
        product = _bounded(_normal((_join(a, b), j * k) for a, j in self.terms for b, k in other.terms))
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
            return _normal((_join(m, inverse), Fraction(k) / coefficient) for m, k in self.terms)
        return _polynomial_quotient(self, other)

    def substitute(self, values: Mapping[str, DimLike]) -> Dim:
        """The same size with names replaced."""
        if not self.known or not values:
            return self
        total = ZERO
        for monomial, coefficient in self.terms:
            product = Dim.of(coefficient) if isinstance(coefficient, int) else _constant(coefficient)
            for atom, power in monomial:
                if isinstance(atom, str):
                    value = Dim.of(values[atom]) if atom in values else _symbol(atom)
                elif isinstance(atom, Floor):
                    value = atom.top.substitute(values) // atom.bottom.substitute(values)
                else:
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
def _constant(value: Number) -> Dim:
    if isinstance(value, Fraction) and value.denominator == 1:
        value = int(value)
    return Dim((((), value),) if value else ())


def _atom_key(atom: Atom) -> tuple[int, str]:
    return (0, atom) if isinstance(atom, str) else (1, str(atom))


def _term_key(term: tuple[Monomial, Number]) -> tuple[int, str]:
    return _monomial_key(term[0])


@lru_cache(maxsize=1 << 15)
def _monomial_key(monomial: Monomial) -> tuple[int, str]:
    degree = sum(power for _, power in monomial)
    return (-degree, "*".join(_power_text(a, p) for a, p in monomial))


def _join(a: Monomial, b: Monomial) -> Monomial:
    if not a:
        return b
    if not b:
        return a
    powers: dict[Atom, int] = dict(a)
    for atom, power in b:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(((x, p) for x, p in powers.items() if p), key=lambda item: _atom_key(item[0])))


def _normal(pairs: Iterable[tuple[Monomial, Number]]) -> Dim:
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


def _opaque(function: str, arguments: tuple[Dim, ...]) -> Dim:
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
    exact = _normal((m, int(k) // bottom) for m, k in top.terms if not _has_negative(m))
    rest = _normal((m, k if _has_negative(m) else int(k) % bottom) for m, k in top.terms)
    shared = gcd(bottom, *(int(k) for m, k in rest.terms if m)) if any(m for m, _ in rest.terms) else 1
    if shared > 1:
        rest = _normal((m, int(k) // shared) for m, k in rest.terms)
        bottom //= shared
    if bottom == 1:
        return exact + rest
    if (value := rest.constant) is not None:
        return exact + value // bottom
    for monomial, k in rest.terms:
        if k == 1 and len(monomial) == 1 and isinstance(monomial[0][0], Floor) and shared > 1:
            return exact + _floor(rest, bottom)
    return exact + _floor_of(rest, Dim.of(bottom))


def _has_negative(monomial: Monomial) -> bool:
    return any(power < 0 for _, power in monomial)


def _symbolic_floor(top: Dim, bottom: Dim) -> Dim:
    quotient = top.over(bottom)
    if quotient is not None and all(isinstance(k, int) and not _has_negative(m) for m, k in quotient.terms):
        return quotient
    if top.constant == 0:
        return ZERO
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
            joined = _join(monomial, inverse)
            if not _has_negative(joined):
                step = _normal([(joined, Fraction(k) / lead_coefficient)])
                break
        if step is None:
            return None
        quotient = quotient + step
        rest = rest - step * bottom
    return None


UNKNOWN = Dim((), known=False)
ZERO = _constant(0)
ONE = _constant(1)


def maximum(*values: DimLike) -> Dim:
    """The largest; stays symbolic where the order isn't known."""
    return _extreme("max", [Dim.of(v) for v in values])


def minimum(*values: DimLike) -> Dim:
    """The smallest; stays symbolic where the order isn't known."""
    return _extreme("min", [Dim.of(v) for v in values])


def _extreme(function: str, values: list[Dim]) -> Dim:
    if not all(v.known for v in values):
        return UNKNOWN
    kept: list[Dim] = []
    for value in values:
        if any(_at_least(other, value) if function == "max" else _at_least(value, other) for other in kept):
            continue
        kept = [k for k in kept if not (_at_least(value, k) if function == "max" else _at_least(k, value))]
        kept.append(value)
    if len(kept) == 1:
        return kept[0]
    return _opaque(function, tuple(sorted(kept, key=str)))


def _at_least(a: Dim, b: Dim) -> bool:
    low = lower_bound(a - b)
    return low is not None and low >= 0


# ------------------------------------------------------------------------------------- bounds


def lower_bound(value: Dim) -> Number | None:
    """A number that ``value`` is never below when every symbol is >= 1; None if we know none."""
    if not value.known:
        return None
    smooth = _without_floors(value)
    if smooth is None:
        return None
    shifted = smooth.substitute({s: Dim.of(s) + 1 for s in smooth.symbols()})
    constant: Number = 0
    for monomial, k in shifted.terms:
        if not monomial:
            constant = k
        elif k < 0 or _has_negative(monomial):
            return None
    return constant


def _without_floors(value: Dim) -> Dim | None:
    """A polynomial that is never above ``value``: floors replaced by a linear bound from the right side."""
    total = ZERO
    for monomial, k in value.terms:
        if all(isinstance(a, str) for a, _ in monomial):
            total = total + Dim(((monomial, k),))
            continue
        if len(monomial) != 1 or monomial[0][1] != 1:
            return None
        atom = monomial[0][0]
        if not isinstance(atom, Floor) or (n := atom.bottom.constant) is None:
            return None
        top = _without_floors(atom.top if k > 0 else -atom.top)
        if top is None:
            return None
        bound = (top if k > 0 else -top) * Dim.of(Fraction(1, n))
        if k > 0:
            bound = bound - Dim.of(Fraction(n - 1, n))
        total = total + bound * _constant(k)
    return total


# ---------------------------------------------------------------------------------- comparing


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the symbols for two sizes to agree, e.g. "H is a multiple of 16".

    For one symbol with a period, ``symbol``, ``modulus`` and ``residues`` say it; otherwise
    ``modulus`` is 0 and the text alone does.
    """

    text: str
    symbol: str = ""
    modulus: int = 0
    residues: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.text

    def of(self, subject: str, plural: bool = False) -> str:
        """What a condition with a period says, of other words: ``H and W are multiples of 16``."""
        if self.residues == (0,):
            return f"{subject} {'are multiples' if plural else 'is a multiple'} of {self.modulus}"
        if self.modulus == 2:
            return f"{subject} {'are' if plural else 'is'} odd"
        return (
            f"{subject} {'leave' if plural else 'leaves'} {_either(list(self.residues))} when divided by {self.modulus}"
        )


EQUAL = "equal"
DIFFERENT = "different"
UNDECIDED = "unknown"
Verdict = str | Condition


@lru_cache(maxsize=16384)
def compare(a: Dim, b: Dim) -> Verdict:
    """``EQUAL``, ``DIFFERENT``, the ``Condition`` under which they agree, or ``UNDECIDED`` if one is unknown.

    A symbolic size is never assumed to be 1: what holds only for 1 counts as different.
    """
    if not (a.known and b.known):
        return UNDECIDED
    difference = a - b
    if not difference.known:
        return UNDECIDED
    if not difference.terms:
        return EQUAL
    if difference.rational is not None:
        return DIFFERENT
    difference = _primitive(difference)
    for signed in (difference, -difference):
        low = lower_bound(signed)
        if low is not None and low > 0:
            return DIFFERENT
    symbols = difference.symbols()
    if len(symbols) == 1:
        solved = _solve_one(difference, next(iter(symbols)))
        if solved is not None:
            return solved
    return Condition(f"{a} = {b}")


def divides(divisor: Dim, value: Dim) -> Verdict:
    """Whether ``divisor`` divides ``value``: the same answers as ``compare``."""
    if not (divisor.known and value.known):
        return UNDECIDED
    if not divisor.terms:
        return compare(value, ZERO)
    quotient = value.over(divisor)
    if quotient is not None and all(isinstance(k, int) and not _has_negative(m) for m, k in quotient.terms):
        return EQUAL
    if value.rational is not None and divisor.rational is not None:
        return DIFFERENT
    if (n := divisor.constant) is not None:
        solved = _solve_congruence(value, abs(n))
        if solved is not None:
            return solved
        verdict = compare(value - (value // n) * n, ZERO)
        if not isinstance(verdict, Condition) or verdict.modulus:
            return verdict
    return Condition(f"{value} is a multiple of {divisor}")


def _solve_congruence(value: Dim, n: int) -> Verdict | None:
    """Whether ``n`` divides ``k*H + c``; None for any other formula."""
    slope = constant = 0
    symbol = ""
    for monomial, k in value.terms:
        if not isinstance(k, int):
            return None
        if not monomial:
            constant = k
        elif not symbol and len(monomial) == 1 and isinstance(monomial[0][0], str) and monomial[0][1] == 1:
            symbol, slope = monomial[0][0], k
        else:
            return None
    shared = gcd(slope, n)
    if constant % shared:
        return DIFFERENT
    modulus = n // shared
    if modulus == 1:
        return EQUAL
    return _residual(symbol, modulus, [-constant // shared * pow(slope // shared, -1, modulus) % modulus])


def _primitive(difference: Dim) -> Dim:
    """Divide by what is never zero: the common symbols of all terms."""
    common: dict[Atom, int] | None = None
    for monomial, _ in difference.terms:
        powers: dict[Atom, int] = {a: p for a, p in monomial if isinstance(a, str)}
        common = powers if common is None else {a: min(p, powers[a]) for a, p in common.items() if a in powers}
    if not common:
        return difference
    inverse = tuple((a, -p) for a, p in sorted(common.items(), key=lambda x: _atom_key(x[0])))
    return _normal((_join(m, inverse), k) for m, k in difference.terms)


def _solve_one(difference: Dim, symbol: str) -> Verdict | None:
    """Where ``difference`` is 0: for each residue of the symbol it is a polynomial. None if that is too much work."""
    period, degree = _period(difference), _degree(difference)
    if period is None or period > (1 << 14 if degree == 1 else 64):
        return None
    always: list[int] = []
    sometimes: set[int] = set()
    for residue in range(period):
        if degree == 1:
            at_zero = _value(difference, residue)
            line = [at_zero, _value(difference, period + residue) - at_zero]
        else:
            line = _coefficients(difference.substitute({symbol: Dim.of(symbol) * period + residue}))
        if not any(line):
            always.append(residue)
        else:
            sometimes.update(period * t + residue for t in _whole_roots(line))
    if len(always) == period:
        return EQUAL
    if always:
        return _residual(symbol, period, always)
    values = sorted(v for v in sometimes if v > 1)
    return Condition(f"{symbol} is {_either(values)}", symbol) if values else DIFFERENT


def _residual(symbol: str, period: int, residues: list[int]) -> Condition:
    """``symbol`` is one of the residues, in words."""
    modulus, kept = _reduced(period, residues)
    found = Condition("", symbol, modulus, kept)
    return replace(found, text=found.of(symbol))


def both(a: Condition, b: Condition) -> Condition | None:
    """Two conditions on the residues of one symbol as one. No residues are left where they exclude each other; None if
    the common period is too long.
    """
    assert a.symbol == b.symbol and a.modulus and b.modulus
    period = lcm(a.modulus, b.modulus)
    if period > 1 << 16:
        return None
    mine, other = set(a.residues), set(b.residues)
    residues = [r for r in range(period) if r % a.modulus in mine and r % b.modulus in other]
    if not residues:
        return Condition("", a.symbol, period)
    return _residual(a.symbol, period, residues)


def _either(values: list[int]) -> str:
    """``0 to 7``, ``1, 3 or 5``; many that leave gaps are cut short."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    words = [w for run in runs for w in ([f"{run[0]} to {run[-1]}"] if len(run) > 3 else map(str, run))]
    if len(words) > 6:
        words = [*words[:5], f"one of {len(words) - 5} others"]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _reduced(period: int, residues: list[int]) -> tuple[int, tuple[int, ...]]:
    """The same set with the smallest modulus."""
    for modulus in range(1, period):
        if period % modulus == 0:
            small = sorted({r % modulus for r in residues})
            if len(small) * (period // modulus) == len(residues):
                return modulus, tuple(small)
    return period, tuple(residues)


def _period(value: Dim) -> int | None:
    period = 1
    for monomial, k in value.terms:
        if isinstance(k, Fraction):
            period = lcm(period, k.denominator)
        for atom, power in monomial:
            if power < 0:
                return None
            if isinstance(atom, Floor):
                n, inner = atom.bottom.constant, _period(atom.top)
                if n is None or inner is None:
                    return None
                period = lcm(period, n * inner)
            elif isinstance(atom, Opaque):
                return None
    return period


def _degree(value: Dim) -> int:
    return max(
        (sum(p * (1 if isinstance(a, str) else _atom_degree(a)) for a, p in m) for m, _ in value.terms), default=0
    )


def _atom_degree(atom: Floor | Opaque) -> int:
    return _degree(atom.top) if isinstance(atom, Floor) else 2


def _value(value: Dim, number: int) -> Number:
    """The value where the one symbol in it is ``number``."""
    total: Number = 0
    for monomial, k in value.terms:
        for atom, power in monomial:
            if isinstance(atom, str):
                k *= number**power
            else:
                assert isinstance(atom, Floor)
                k *= (_value(atom.top, number) // _value(atom.bottom, number)) ** power
        total += k
    return total


def _coefficients(polynomial: Dim) -> list[Number]:
    """Of a polynomial in one symbol, that of power 0 first."""
    found: dict[int, Number] = {sum(power for _, power in monomial): k for monomial, k in polynomial.terms}
    return [found.get(power, 0) for power in range(max(found, default=0) + 1)]


def _whole_roots(polynomial: list[Number]) -> set[int]:
    """Whole numbers >= 0 where the polynomial is 0."""
    near = (k + step for k in _crossings(polynomial) for step in (0, 1))
    return {t for t in near if t >= 0 and _horner(polynomial, t) == 0}


def _crossings(polynomial: list[Number]) -> list[int]:
    """Whole k >= 0 so that every real root >= 0 lies between a k and k + 1.

    Between the roots of its derivative a polynomial rises or falls, so that bisection finds the root there.
    """
    while polynomial and not polynomial[-1]:
        polynomial = polynomial[:-1]
    if len(polynomial) < 2:
        return []
    turns = _crossings([power * k for power, k in enumerate(polynomial)][1:])
    bound = 1 + int(max(abs(Fraction(k) / Fraction(polynomial[-1])) for k in polynomial))
    found = set(turns)
    low = 0
    for high in (*sorted(turns), bound):
        rising = _horner(polynomial, high) > 0
        left, right = low, high
        while right - left > 1:
            middle = (left + right) // 2
            if (_horner(polynomial, middle) > 0) == rising:
                right = middle
            else:
                left = middle
        if left < right or left == 0:
            found.add(left)
        low = high + 1
    return sorted(found)


def _horner(polynomial: list[Number], t: int) -> Number:
    total: Number = 0
    for k in reversed(polynomial):
        total = total * t + k
    return total


# -------------------------------------------------------------------------------------- shapes


class Shape(tuple[Dim, ...]):
    """The sizes of a tensor, the batch too. ``Shape("B", 3, 224, 224)``; ``Shape()`` is a scalar's."""

    __slots__ = ()

    def __new__(cls, *dims: DimLike) -> Shape:
        return super().__new__(cls, (Dim.of(d) for d in dims))

    @property
    def rank(self) -> int:
        return len(self)

    @property
    def known(self) -> bool:
        """Whether no size is unknown."""
        return all(d.known for d in self)

    @property
    def size(self) -> Dim:
        """The number of elements."""
        total = ONE
        for d in self:
            total = total * d
        return total

    def symbols(self) -> frozenset[str]:
        return frozenset().union(*(d.symbols() for d in self))

    def substitute(self, values: Mapping[str, DimLike]) -> Shape:
        return Shape(*(d.substitute(values) for d in self))

    def __str__(self) -> str:
        return "[" + ", ".join(map(str, self)) + "]"

    def __repr__(self) -> str:
        return f"Shape{self}"


def unknown_shape(rank: int) -> Shape:
    """A shape of known rank and unknown sizes."""
    return Shape(*(UNKNOWN for _ in range(rank)))
