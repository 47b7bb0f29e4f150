"""Laws of sizes, against plain integers for many values, and against sympy."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from moniel2.dims import (
    DIFFERENT,
    EQUAL,
    ONE,
    UNDECIDED,
    UNKNOWN,
    ZERO,
    Condition,
    Dim,
    Shape,
    both,
    compare,
    divides,
    lower_bound,
    maximum,
    minimum,
    unknown_shape,
)

Values = Mapping[str, int]
settings.register_profile("sizes", deadline=None, max_examples=200)
settings.load_profile("sizes")


@dataclass(frozen=True)
class Twin:
    """One formula twice: as a size, and as a function of plain integers."""

    dim: Dim
    at: Callable[[Values], int]
    text: str

    def __repr__(self) -> str:
        return self.text


def twins(symbols: str, floors: bool = True, products: bool = True, extremes: bool = False) -> st.SearchStrategy[Twin]:
    leaves = st.one_of(
        st.sampled_from(symbols).map(lambda s: Twin(Dim.of(s), lambda v, s=s: v[s], s)),  # type: ignore[misc]
        st.integers(-6, 12).map(lambda n: Twin(Dim.of(n), lambda v, n=n: n, str(n))),  # type: ignore[misc]
    )

    def combined(inner: st.SearchStrategy[Twin]) -> st.SearchStrategy[Twin]:
        def two(sign: str, do: Callable[[int, int], int], dims: Callable[[Dim, Dim], Dim]) -> st.SearchStrategy[Twin]:
            return st.builds(
                lambda a, b: Twin(dims(a.dim, b.dim), lambda v: do(a.at(v), b.at(v)), f"({a} {sign} {b})"), inner, inner
            )

        def by(sign: str, do: Callable[[int, int], int], dims: Callable[[Dim, int], Dim]) -> st.SearchStrategy[Twin]:
            return st.builds(
                lambda a, n: Twin(dims(a.dim, n), lambda v: do(a.at(v), n), f"({a} {sign} {n})"),
                inner,
                st.integers(1, 6),
            )

        kinds = [two("+", operator.add, operator.add), two("-", operator.sub, operator.sub)]
        kinds.append(two("*", operator.mul, operator.mul) if products else by("*", operator.mul, operator.mul))
        if floors:
            kinds.append(by("//", operator.floordiv, operator.floordiv))
            kinds.append(by("%", operator.mod, operator.mod))
            kinds.append(by("ceil", lambda a, n: -(-a // n), Dim.ceildiv))
        if extremes:
            kinds.append(two("max", max, maximum))
            kinds.append(two("min", min, minimum))
        return st.one_of(kinds)

    return st.recursive(leaves, combined, max_leaves=6)


def places(symbols: str, top: int) -> list[Values]:
    return [dict(zip(symbols, values, strict=True)) for values in product(range(1, top + 1), repeat=len(symbols))]


SOME = [{"H": h, "W": w} for h, w in [(1, 1), (2, 3), (7, 4), (12, 5), (31, 32), (224, 97)]]


# ------------------------------------------------------------------------------------ arithmetic


@given(twins("HW", extremes=True))
def test_a_size_is_the_function_it_was_built_as(t: Twin) -> None:
    for values in SOME:
        assert t.dim.at(values) == t.at(values)


@given(twins("HW"), twins("HW"), twins("HW"))
def test_ring_laws(a: Twin, b: Twin, c: Twin) -> None:
    x, y, z = a.dim, b.dim, c.dim
    assert x + y == y + x and hash(x + y) == hash(y + x)
    assert x * y == y * x
    assert (x + y) + z == x + (y + z)
    assert (x * y) * z == x * (y * z)
    assert x * (y + z) == x * y + x * z
    assert x + 0 == x and x * 1 == x and x * 0 == ZERO
    assert x - x == ZERO and x * -1 == -x
    assert x**2 == x * x and x**0 == ONE


@given(twins("HW"), twins("HW"))
def test_equal_sizes_are_equal_numbers(a: Twin, b: Twin) -> None:
    if a.dim == b.dim:
        assert all(a.at(v) == b.at(v) for v in SOME)


@given(twins("H", products=False))
def test_division_leaves_a_remainder(t: Twin) -> None:
    for n in (1, 2, 3, 5):
        assert (t.dim // n) * n + t.dim % n == t.dim
        assert t.dim.ceildiv(n) == -((-t.dim) // n)


@given(twins("H", products=False), st.integers(1, 4), st.integers(1, 4), st.integers(-9, 9))
def test_floors_have_one_form(t: Twin, m: int, n: int, k: int) -> None:
    x = t.dim
    pairs = [
        (x // m // n, x // (m * n)),
        ((x + k * n) // n, x // n + k),
        ((x * m) // (m * n), x // n),
        (x * n // n, x),
    ]
    # Floors of remainders have more forms than one, and are told to be equal by trying every residue.
    straight = all(isinstance(a, str) for monomial, _ in x.terms for a, _ in monomial)
    assert all(one == other if straight else compare(one, other) == EQUAL for one, other in pairs)


@given(st.lists(st.tuples(st.integers(1, 7), st.integers(0, 6)), max_size=5))
def test_a_chain_of_strides_is_one_floor(steps: list[tuple[int, int]]) -> None:
    size = Dim.of("H")
    for stride, offset in steps:
        size = (size + offset) // stride
    assert sum(not isinstance(a, str) for m, _ in size.terms for a, _ in m) <= 1
    for h in range(1, 60):
        plain = h
        for stride, offset in steps:
            plain = (plain + offset) // stride
        assert size.at({"H": h}) == plain


def test_written_forms() -> None:
    H = Dim.of("H")
    assert (H - 1) // 2 + 1 == (H + 1) // 2
    five = H
    for _ in range(5):
        five = (five - 1) // 2 + 1
    assert five == (H + 31) // 32
    assert str(five) == "floor((H + 31)/32)"
    assert (H * 32 - 1) // 2 + 1 == H * 16
    assert str(H * 4 + "W" - 3) == "4*H + W - 3"
    assert str(Dim.of("D").over(8)) == "D/8"
    assert str(UNKNOWN) == "?" and str(ZERO) == "0"
    assert repr(Shape("B", 3)) == "Shape[B, 3]"


@given(twins("HW", extremes=True))
def test_the_text_says_what_it_is(t: Twin) -> None:
    names = {"floor": math.floor, "max": max, "min": min}
    for values in SOME:
        # Fractions, because the text writes exact divisions.
        exact = {name: Fraction(v) for name, v in values.items()}
        assert eval(str(t.dim), {"__builtins__": {}}, names | exact) == t.at(values)


@given(twins("HW"), twins("HW"), twins("HW"))
def test_substitution_is_composition(t: Twin, for_h: Twin, for_w: Twin) -> None:
    replaced = t.dim.substitute({"H": for_h.dim, "W": for_w.dim})
    for values in SOME[:4]:
        assert replaced.at(values) == t.at({"H": for_h.at(values), "W": for_w.at(values)})
    assert t.dim.substitute({}) is t.dim
    assert replaced.symbols() <= for_h.dim.symbols() | for_w.dim.symbols()


@given(twins("HW"), twins("H"), st.integers(1, 5))
def test_division_by_a_size(top: Twin, bottom: Twin, n: int) -> None:
    below = bottom.dim * bottom.dim + n
    quotient, rest = top.dim // below, top.dim % below
    for values in SOME:
        plain = bottom.at(values) ** 2 + n
        assert quotient.at(values) == top.at(values) // plain
        assert rest.at(values) == top.at(values) % plain


def test_division_by_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        Dim.of("H") // 0
    assert Dim.of("H").over(0) is None


@given(twins("HW"))
def test_unknown_swallows(t: Twin) -> None:
    for made in (t.dim + UNKNOWN, UNKNOWN - t.dim, t.dim * UNKNOWN, UNKNOWN // 2, t.dim // UNKNOWN, UNKNOWN % 3):
        assert not made.known
    assert unknown_shape(1)[0] == UNKNOWN and t.dim != UNKNOWN
    assert compare(t.dim, UNKNOWN) == UNDECIDED and divides(UNKNOWN, t.dim) == UNDECIDED
    assert not maximum(t.dim, UNKNOWN).known


def test_at_says_what_is_missing() -> None:
    with pytest.raises(KeyError, match="W"):
        (Dim.of("H") * "W").at({"H": 1})
    half = Dim.of("H").over(2)
    assert half is not None and half.at({"H": 4}) == 2
    with pytest.raises(ValueError):
        half.at({"H": 3})


# -------------------------------------------------------------------------------- exact quotients


@given(twins("HW"), twins("HW"))
def test_over_undoes_products(a: Twin, b: Twin) -> None:
    assume(b.dim != ZERO)
    product_ = a.dim * b.dim
    quotient = product_.over(b.dim)
    if quotient is None:
        return
    assert quotient * b.dim == product_
    for values in SOME:
        if b.at(values) != 0:
            assert quotient.at(values) == a.at(values)


@given(twins("HW", floors=False), twins("HW", floors=False))
def test_polynomials_divide(a: Twin, b: Twin) -> None:
    assume(b.dim != ZERO)
    assert (a.dim * b.dim).over(b.dim) == a.dim


# ------------------------------------------------------------------------------------ comparing


def test_extremes() -> None:
    H = Dim.of("H")
    assert maximum(H, H + 1) == H + 1
    assert minimum(H, 1) == 1
    assert str(maximum(H, 5)) == "max(5, H)"
    assert maximum(H, 5, 7, "H") == maximum(7, H)


@given(twins("HW"))
def test_lower_bounds_hold(t: Twin) -> None:
    low = lower_bound(t.dim)
    if low is not None:
        assert all(t.at(v) >= low for v in [*SOME, *places("HW", 5)])


def holds(condition: Condition, h: int) -> bool:
    return condition.modulus > 0 and h % condition.modulus in condition.residues


@given(twins("H", products=False), twins("H", products=False))
def test_compare_in_one_symbol(a: Twin, b: Twin) -> None:
    equal = {h for h in range(1, 400) if a.at({"H": h}) == b.at({"H": h})}
    verdict = compare(a.dim, b.dim)
    if verdict == EQUAL:
        assert len(equal) == 399
    elif verdict == DIFFERENT:
        assert not equal - {1}
    else:
        assert isinstance(verdict, Condition)
        if not verdict.modulus:
            return
        for h in range(1, 400):
            assert not holds(verdict, h) or h in equal
        assert all(holds(verdict, h) for h in equal if h > 300)


@given(twins("H", products=False), twins("H", products=False))
def test_compare_decides_in_one_symbol(a: Twin, b: Twin) -> None:
    always = all(a.at({"H": h}) == b.at({"H": h}) for h in range(1, 400))
    if always:
        assert compare(a.dim, b.dim) == EQUAL
    if compare(a.dim, b.dim) == EQUAL:
        assert always


@given(twins("HW"), twins("HW"))
def test_compare_in_two_symbols(a: Twin, b: Twin) -> None:
    verdict = compare(a.dim, b.dim)
    for values in places("HW", 6):
        same = a.at(values) == b.at(values)
        if verdict == EQUAL:
            assert same
        elif verdict == DIFFERENT and min(values.values()) > 1:
            assert not same
        elif isinstance(verdict, Condition) and verdict.modulus and holds(verdict, values[verdict.symbol]):
            assert same


@given(twins("HW"), twins("HW"))
def test_compare_is_symmetric(a: Twin, b: Twin) -> None:
    one, other = compare(a.dim, b.dim), compare(b.dim, a.dim)
    if isinstance(one, Condition) and isinstance(other, Condition):
        assert (one.symbol, one.modulus, one.residues) == (other.symbol, other.modulus, other.residues)
    else:
        assert one == other


def test_conditions_say_it() -> None:
    H = Dim.of("H")
    assert str(compare(H // 16 * 16, H)) == "H is a multiple of 16"
    assert str(compare(H, Dim.of(224))) == "H is 224"
    assert str(compare(H // 2, (H + 1) // 2)) == "H is a multiple of 2"
    assert str(compare((H + 1) // 2, H // 2 + 1)) == "H is odd"
    assert str(compare(H // 3 * 3 + 1, H)) == "H leaves 1 when divided by 3"
    assert compare(H, ONE) == DIFFERENT
    assert str(compare(H * H, Dim.of(10**10))) == "H is 100000"
    assert str(compare(H * H + 15, H * 8)) == "H is 3 or 5"
    assert compare(H * H, Dim.of(2)) == DIFFERENT
    # A root where the last coefficient alone would place the bound of all roots.
    assert str(compare(H * 11 + H // 3, H * H // 6)) == str(compare(H * H // 6, H * 11 + H // 3)) == "H is 68"
    assert str(compare(H * H // 32, H)) == "H is 32"
    assert compare(H, H + 1) == DIFFERENT
    assert compare(H // 2 + (H + 1) // 2, H) == EQUAL
    assert isinstance(compare(Dim.of("W"), H), Condition)


@given(twins("H", products=False), st.integers(1, 12))
def test_divides_a_number(t: Twin, n: int) -> None:
    verdict = divides(Dim.of(n), t.dim)
    whole = {h for h in range(1, 300) if t.at({"H": h}) % n == 0}
    if verdict == EQUAL:
        assert len(whole) == 299
    elif verdict == DIFFERENT:
        assert not whole - {1}
    elif isinstance(verdict, Condition) and verdict.modulus:
        assert {h for h in range(1, 300) if holds(verdict, h)} == whole


@given(twins("HW"), twins("HW", floors=False))
def test_divides_a_size(value: Twin, divisor: Twin) -> None:
    verdict = divides(divisor.dim, value.dim)
    for values in places("HW", 5):
        n = divisor.at(values)
        if verdict == EQUAL and n:
            assert value.at(values) % n == 0
        elif verdict == DIFFERENT and n and min(values.values()) > 1:
            assert value.at(values) % n != 0


def test_divides_heads() -> None:
    D, h = Dim.of("D"), Dim.of("h")
    assert divides(Dim.of(12), Dim.of(768)) == EQUAL
    assert divides(Dim.of(7), Dim.of(768)) == DIFFERENT
    assert divides(h, D * h) == EQUAL
    assert str(divides(Dim.of(8), D)) == "D is a multiple of 8"
    assert str(divides(h, D)) == "D is a multiple of h"


# ----------------------------------------------------------------------------------------- sympy


@given(twins("HW", floors=False), twins("HW", floors=False))
def test_polynomials_as_sympy_has_them(a: Twin, b: Twin) -> None:
    H, W = sympy.symbols("H W")
    theirs = [sympy.expand(eval(t.text, {"H": H, "W": W})) for t in (a, b)]
    assert (a.dim == b.dim) == (theirs[0] == theirs[1])
    assert sympy.expand(sympy.sympify(str(a.dim)) - theirs[0]) == 0


@given(twins("H", products=False))
def test_floors_as_sympy_has_them(t: Twin) -> None:
    H = sympy.Symbol("H", integer=True, positive=True)
    ours = sympy.sympify(str(t.dim), locals={"H": H})
    for h in (1, 2, 17, 64):
        assert ours.subs(H, h) == t.at({"H": h})


# ---------------------------------------------------------------------------------------- shapes


def test_shapes() -> None:
    shape = Shape("B", 3, Dim.of("H") * 2)
    assert (shape.rank, shape.size, str(shape)) == (3, Dim.of("B") * "H" * 6, "[B, 3, 2*H]")
    assert shape.symbols() == {"B", "H"}
    assert shape.substitute({"H": 4}) == Shape("B", 3, 8)
    assert shape == Shape("B", 3, Dim.of("H") + "H") and hash(shape) == hash(Shape("B", 3, Dim.of("H") + "H"))
    assert Shape().size == 1 and str(Shape()) == "[]"
    assert shape.known and not unknown_shape(2).known and str(unknown_shape(2)) == "[?, ?]"


def test_conditions_on_values_are_met_as_one() -> None:
    h = Dim.of("H")
    alone, few, period = compare(h - 4, Dim.of(568)), compare(h // 2 - 6, Dim.of(280)), compare(h, h // 4 * 4)
    assert all(isinstance(c, Condition) for c in (alone, few, period))
    assert isinstance(alone, Condition) and isinstance(few, Condition) and isinstance(period, Condition)
    assert few.values == (572, 573) and few.text == "H is 572 or 573"
    assert (met := both(few, alone)) is not None and met.text == "H is 572"
    assert (met := both(period, few)) is not None and met.values == (572,)
    assert (met := both(period, replace(few, values=(573,)))) is not None and not met.values and not met.residues


def test_a_product_of_floors_is_never_negative() -> None:
    product = (Dim.of("H") // 32) * (Dim.of("W") // 32)
    assert lower_bound(product + 1) == 1
    assert compare(product + 1, ZERO) == DIFFERENT
    assert lower_bound(1 - product) is None
    assert lower_bound((Dim.of("H") // 2 - 5) * (Dim.of("W") // 32) + 1) is None
