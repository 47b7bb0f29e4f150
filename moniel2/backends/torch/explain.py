"""Finding the formula behind values: given what varies and what is known, the expression a reader would expect.

``explain`` writes a value that differs between specializations with names that have a value in each (``4 * c``,
``hidden // heads``); ``decide`` does the same for a choice (``stride != 1``). What holds for every
specialization at hand is taken for the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, combinations_with_replacement
from operator import floordiv
from typing import Any

from moniel2.backends.torch.literals import literal, number
from moniel2.backends.torch.python import Atom, Expr, Operator, Prefix
from moniel2.backends.torch.tree import Any_, Known, Open, same
from moniel2.dims import DIFFERENT, EQUAL, Dim, compare, is_open


@dataclass(frozen=True, slots=True)
class Feature:
    """A name with its value in every specialization. ``rank``: smaller is preferred."""

    expr: Expr
    values: tuple[Known, ...]
    rank: int = 0
    name: str = ""  # the parameter it comes from
    defined: Found | None = None  # of a constant of the source, what it is set to in the constructor


@dataclass(frozen=True, slots=True)
class Found:
    """An expression and the features in it."""

    expr: Expr
    features: tuple[Feature, ...] = ()


def explain(target: Sequence[Known], features: Sequence[Feature]) -> Found | None:
    """The simplest expression of the features that is ``target`` everywhere, None if there is none."""
    for f in features:
        if matches(target, f.values):
            return Found(f.expr, (f,))
    if not any(map(_is_number, target)):
        return None
    usable = [f for f in features if _numeric(f.values)]
    sizes = _sizes(target)
    if sizes is None:
        return None
    wanted: Column = [*sizes]
    # What the model's parameters are divided by divides them, or the source says otherwise.
    opened = any(isinstance(v, Open) or (isinstance(v, Dim) and is_open(v)) for v in target)
    columns: Columns = [(f, [*(_sizes(f.values) or [])]) for f in usable]
    numbers = [_numbers(wanted), *(_numbers(column) for _, column in columns)]
    if all(v is None or isinstance(v, int) for column in numbers for v in column):
        # Numbers are faster than sizes that are numbers.
        wanted, columns = numbers[0], [(f, n) for (f, _), n in zip(columns, numbers[1:], strict=True)]
    for divide in (exactly, floordiv) if opened else (floordiv,):
        for found in _formulas(wanted, columns, divide):
            if all(t is None or v == t for t, v in zip(wanted, found[1], strict=True)):
                return found[0]
    return None


Divide = Callable[[Any, Any], Any]


def _numbers(column: Column) -> Column:
    return [v if v is None or isinstance(v, int) or v.constant is None else v.constant for v in column]


def _constant(size: Size) -> int | None:
    return size if isinstance(size, int) else size.constant


def exactly(top: Dim, bottom: Dim | int) -> Dim:
    """The quotient as a formula; an impossible size if there is none."""
    found = top.over(bottom)
    return Dim.of(-1) if found is None else found


def matches(target: Sequence[Known], values: Sequence[Known]) -> bool:
    return all(isinstance(t, Any_) or same(t, v) for t, v in zip(target, values, strict=True))


def _numeric(values: Sequence[Known]) -> bool:
    return all(isinstance(v, Any_) or _is_number(v) for v in values)


def _is_number(value: Known) -> bool:
    if isinstance(value, Open):
        return isinstance(value.size, Dim)
    return isinstance(value, (int, Dim)) and not isinstance(value, bool)


def _sizes(values: Sequence[Known]) -> list[Dim | None] | None:
    """Values as sizes, None where they don't matter; None if one isn't a size."""
    result: list[Dim | None] = []
    for v in values:
        if isinstance(v, Any_):
            result.append(None)
        elif isinstance(v, Open) and isinstance(v.size, Dim):
            result.append(v.size)
        elif isinstance(v, (int, Dim)) and not isinstance(v, bool):
            result.append(Dim.of(v))
        else:
            return None
    return result


Size = Dim | int
Column = list["Size | None"]
Candidate = tuple[Found, Iterable["Size | None"]]
Columns = list[tuple[Feature, Column]]


def _formulas(target: Column, columns: Columns, divide: Divide) -> Iterator[Candidate]:
    places = [i for i, t in enumerate(target) if t is not None]
    place = next((i for i in places if target[i] != 0), places[0])
    yield from _scaled(target, columns, place, divide)
    yield from _shifted(target, columns, place)
    yield from _halves(columns, divide)
    yield from _shifted_halves(columns, divide)
    yield from _pairs(columns, divide)
    yield from _fractions(target, columns, place, divide)
    yield from _scaled_pairs(target, columns, place, divide)
    if len({t for t in target if t is not None}) > 2:
        yield from _lines(target, columns)
    if len(columns) <= 10:
        yield from _triples(target, columns, place, divide)
        yield from _steps(columns)
    yield from _reaches(columns)


def _apply(function: Callable[..., Size], *columns: Column) -> Iterator[Size | None]:
    """Row by row, so that the first that differs ends a comparison."""
    for row in zip(*columns, strict=True):
        if any(v is None for v in row):
            yield None
            continue
        try:
            yield function(*row)
        except ZeroDivisionError:
            yield -1 if all(isinstance(v, int) for v in row) else Dim.of(-1)


def _product(place: int, *columns: Column) -> Size | None:
    found: Size = 1
    for column in columns:
        value = column[place]
        if value is None:
            return None
        found = found * value
    return found


def _ratio(a: Size | None, b: Size | None) -> tuple[int, int] | None:
    """``a / b`` as a fraction of small whole numbers."""
    if a is None or b is None:
        return None
    value: int | Fraction | None
    if isinstance(a, int) and isinstance(b, int):
        value = Fraction(a, b) if b else None
    else:
        quotient = Dim.of(a).over(b)
        value = quotient.rational if quotient is not None else None
    if value is None or value == 0:
        return None
    top, bottom = (value, 1) if isinstance(value, int) else (value.numerator, value.denominator)
    return (top, bottom) if abs(top) <= 4096 and bottom <= 4096 else None


def _whole(k: int) -> Expr:
    return number(k)


def _negated(f: Feature) -> Expr:
    return Prefix("-", f.expr)


def _scaled(target: Column, columns: Columns, place: int, divide: Divide) -> Iterator[Candidate]:
    ratios = [(_ratio(target[place], column[place]), f, column) for f, column in columns]
    # Twice one size says more than eight times another.
    for ratio, f, column in sorted(ratios, key=lambda r: r[0][0] if r[0] is not None else 0):
        if ratio is None:
            continue
        top, bottom = ratio
        if top == -1 and bottom == 1:
            yield Found(_negated(f), (f,)), _apply(lambda v: -v, column)
        elif top < 0:
            continue
        elif bottom == 1:
            yield Found(times(_whole(top), f.expr), (f,)), _apply(lambda v, k=top: v * k, column)
        elif top == 1:
            yield Found(over(f.expr, _whole(bottom)), (f,)), _apply(lambda v, k=bottom: divide(v, k), column)


def _halves(columns: Columns, divide: Divide) -> Iterator[Candidate]:
    """A part of a size, rounded down."""
    for f, column in columns:
        for k in range(2, 9):
            yield Found(over(f.expr, _whole(k)), (f,)), _apply(lambda v, k=k: divide(v, k), column)


def _fractions(target: Column, columns: Columns, place: int, divide: Divide) -> Iterator[Candidate]:
    for f, column in columns:
        top, bottom = _ratio(target[place], column[place]) or (0, 1)
        if top > 1 and bottom > 1:
            expr = over(times(_whole(top), f.expr), _whole(bottom))
            yield Found(expr, (f,)), _apply(lambda v, k=top, n=bottom: divide(v * k, n), column)


def _shifted(target: Column, columns: Columns, place: int) -> Iterator[Candidate]:
    for f, column in columns:
        a, b = target[place], column[place]
        if a is None or b is None or (k := _constant(a - b)) is None or k == 0 or abs(k) > 4096:
            continue
        symbol = "+" if k > 0 else "-"
        yield Found(Operator(symbol, (f.expr, _whole(abs(k)))), (f,)), _apply(lambda v, k=k: v + k, column)


def _shifted_halves(columns: Columns, divide: Divide) -> Iterator[Candidate]:
    for f, column in columns:
        yield (
            Found(over(Operator("+", (f.expr, _whole(1))), _whole(2)), (f,)),
            _apply(lambda v: divide(v + 1, 2), column),
        )
        yield (
            Found(over(Operator("-", (f.expr, _whole(1))), _whole(2)), (f,)),
            _apply(lambda v: divide(v - 1, 2), column),
        )


def _pairs(columns: Columns, divide: Divide) -> Iterator[Candidate]:
    for (f, a), (g, b) in combinations(columns, 2):
        yield Found(times(f.expr, g.expr), (f, g)), _apply(lambda v, w: v * w, a, b)
        yield Found(Operator("+", (f.expr, g.expr)), (f, g)), _apply(lambda v, w: v + w, a, b)
        yield (
            Found(over(Operator("+", (f.expr, g.expr)), _whole(2)), (f, g)),
            _apply(lambda v, w: divide(v + w, 2), a, b),
        )
    for f, a in columns:
        for g, b in columns:
            if f is not g:
                halved = over(Operator("-", (f.expr, g.expr)), _whole(2))
                yield Found(halved, (f, g)), _apply(lambda v, w: divide(v - w, 2), a, b)
                yield Found(over(f.expr, g.expr), (f, g)), _apply(lambda v, w: divide(v, w), a, b)
                yield Found(Operator("-", (f.expr, g.expr)), (f, g)), _apply(lambda v, w: v - w, a, b)


def _scaled_pairs(target: Column, columns: Columns, place: int, divide: Divide) -> Iterator[Candidate]:
    for (f, a), (g, b) in combinations_with_replacement(columns, 2):
        if f is g and any(h is not f and a == c for h, c in columns):
            continue  # the area of what is square in every use is ``h * w``
        ratio = _ratio(target[place], _product(place, a, b))
        if ratio is None or ratio[0] < 0:
            continue
        top, bottom = ratio
        expr = times(f.expr, g.expr) if top == 1 else times(_whole(top), f.expr, g.expr)
        expr = expr if bottom == 1 else over(expr, _whole(bottom))
        yield Found(expr, (f, g)), _apply(lambda v, w, k=top, n=bottom: divide(v * w * k, n), a, b)
    for f, a in columns:
        for g, b in columns:
            # Where the second is nothing, nothing is said about it.
            spot = place if b[place] != 0 else next((i for i, v in enumerate(b) if v is not None and v != 0), place)
            t, x, y = target[spot], a[spot], b[spot]
            if f is g or t is None or x is None or y is None:
                continue
            ratio = _ratio(t - x, y)
            if ratio is None or ratio[1] != 1 or ratio[0] < 0:
                continue
            expr = Operator("+", (f.expr, times(_whole(ratio[0]), g.expr)))
            yield Found(expr, (f, g)), _apply(lambda v, w, k=ratio[0]: v + w * k, a, b)


def _lines(target: Column, columns: Columns) -> Iterator[Candidate]:
    """``a * f + b`` through the first two different points."""
    for f, column in columns:
        pairs = zip(column, target, strict=True)
        points = [(_constant(x), _constant(t)) for x, t in pairs if x is not None and t is not None]
        clean = [(x, t) for x, t in points if x is not None and t is not None]
        other = next(((x, t) for x, t in clean if x != clean[0][0]), None)
        if other is None:
            continue
        (x0, t0), (x1, t1) = clean[0], other
        if (t1 - t0) % (x1 - x0):
            continue
        slope = (t1 - t0) // (x1 - x0)
        offset = t0 - slope * x0
        if slope == 0 or offset == 0 or abs(slope) > 4096:
            continue
        scaled = times(_whole(slope), f.expr) if slope != 1 else f.expr
        expr = Operator("+" if offset > 0 else "-", (scaled, _whole(abs(offset))))
        yield Found(expr, (f,)), _apply(lambda v, k=slope, n=offset: v * k + n, column)


def _triples(target: Column, columns: Columns, place: int, divide: Divide) -> Iterator[Candidate]:
    for (f, a), (g, b), (h, c) in combinations(columns, 3):
        ratio = _ratio(target[place], _product(place, a, b, c))
        if ratio is None or ratio[0] < 0:
            continue
        top, bottom = ratio
        expr = times(f.expr, g.expr, h.expr) if top == 1 else times(_whole(top), f.expr, g.expr, h.expr)
        expr = expr if bottom == 1 else over(expr, _whole(bottom))
        yield Found(expr, (f, g, h)), _apply(lambda u, v, w, k=top, n=bottom: divide(u * v * w * k, n), a, b, c)
    for (f, a), (g, b) in combinations_with_replacement(columns, 2):
        for h, c in columns:
            if h is not f and h is not g:
                found = Found(over(times(f.expr, g.expr), h.expr), (f, g, h))
                yield found, _apply(lambda u, v, w: divide(u * v, w), a, b, c)


def _steps(columns: Columns) -> Iterator[Candidate]:
    """``c + growth * i``"""
    for f, a in columns:
        for (g, b), (h, c) in combinations(columns, 2):
            if f is not g and f is not h:
                expr = Operator("+", (f.expr, times(h.expr, g.expr)))
                yield Found(expr, (f, h, g)), _apply(lambda u, v, w: u + v * w, a, c, b)


def _reaches(columns: Columns) -> Iterator[Candidate]:
    """``dilation * (kernel - 1)``"""
    for f, a in columns:
        for g, b in columns:
            if f is not g:
                expr = times(f.expr, Operator("-", (g.expr, _whole(1))))
                yield Found(expr, (f, g)), _apply(lambda v, w: v * (w - 1), a, b)


def times(*factors: Expr) -> Expr:
    kept = [f for f in factors if f != Atom("1")] or [Atom("1")]
    return kept[0] if len(kept) == 1 else Operator("*", tuple(kept))


def over(top: Expr, bottom: Expr) -> Expr:
    return Operator("//", (top, bottom))


# ------------------------------------------------------------------------------------- choices


def decide(
    choice: Sequence[bool | Any_],
    features: Sequence[Feature],
    chosen: frozenset[str] = frozenset(),
    limit: float = 100,
) -> Found | None:
    """The most natural condition of the features that is true exactly where ``choice`` is.

    ``chosen`` are features that are there anyway; ``limit`` is how far from natural it may be.
    """
    best: tuple[float, Found] | None = None
    tests = list(_tests(choice, features))
    for test in tests:
        cost = test.cost + _news(test.found, chosen)
        if _agrees(choice, test.truth) and (best is None or cost < best[0]):
            best = (cost, test.found)
    if best is not None and best[0] < 4:
        return best[1] if best[0] <= limit else None
    simple = [t for t in tests if t.cost < 4][:80]
    for p, q in combinations(simple, 2):
        for symbol in ("and", "or"):
            used = tuple(dict.fromkeys((*p.found.features, *q.found.features)))
            found = Found(Operator(symbol, (p.found.expr, q.found.expr)), used)
            cost = p.cost + q.cost + 1 + _news(found, chosen)
            if best is not None and cost >= best[0]:
                continue
            both = all if symbol == "and" else any
            if _agrees(choice, [both(truths) for truths in zip(p.truth, q.truth, strict=True)]):
                best = (cost, found)
    return best[1] if best is not None and best[0] <= limit else None


@dataclass(frozen=True, slots=True)
class _Test:
    """A condition, where it is true, and how far it is from what one would write."""

    found: Found
    truth: list[bool]
    cost: float


def _news(found: Found, chosen: frozenset[str]) -> float:
    return sum(1.5 for f in found.features if f.name not in chosen)


def _agrees(choice: Sequence[bool | Any_], truth: Sequence[bool]) -> bool:
    return all(isinstance(c, Any_) or c == t for c, t in zip(choice, truth, strict=True))


def _tests(choice: Sequence[bool | Any_], features: Sequence[Feature]) -> Iterator[_Test]:
    """Conditions that could be meant: flags, what is given at all, bounds, sizes that are equal."""
    for f in features:
        if not any(isinstance(v, Open) for v in f.values):
            yield from _about_one(f, choice)
    sizes = [f for f in features if _numeric(f.values)]
    for f, g in combinations(sizes, 2):
        if not _settled(f, g):
            continue
        truth = [same(a, b) for a, b in zip(f.values, g.values, strict=True)]
        yield _Test(Found(Operator("!=", (f.expr, g.expr)), (f, g)), [not t for t in truth], 2)
        yield _Test(Found(Operator("==", (f.expr, g.expr)), (f, g)), truth, 2)
    for f in sizes:
        for g in sizes:
            for k in (2, 4) if f is not g else ():
                if not _settled(f, g, k):
                    continue
                truth = [_scales(a, b, k) for a, b in zip(f.values, g.values, strict=True)]
                scaled = times(number(k), g.expr)
                yield _Test(Found(Operator("!=", (f.expr, scaled)), (f, g)), [not t for t in truth], 3)
                yield _Test(Found(Operator("==", (f.expr, scaled)), (f, g)), truth, 3)


def _settled(f: Feature, g: Feature, k: int = 1) -> bool:
    """Whether ``f == k * g`` has an answer in every specialization that no parameter of the model changes."""
    if not any(isinstance(v, Open) for v in (*f.values, *g.values)):
        return True
    pairs = zip(_sizes(f.values) or [], _sizes(g.values) or [], strict=True)
    return all(a is None or b is None or compare(a, b * k) in (EQUAL, DIFFERENT) for a, b in pairs)


def _about_one(f: Feature, choice: Sequence[bool | Any_]) -> Iterator[_Test]:
    values = [v for v in f.values if not isinstance(v, Any_)]
    if all(isinstance(v, bool) for v in values):
        yield _Test(Found(f.expr, (f,)), [v is True for v in f.values], 0)
        yield _Test(Found(Prefix("not ", f.expr), (f,)), [v is not True for v in f.values], 0.1)
        return
    different = {_key(v): v for v in values}
    if len(different) > 12:
        different = {k: v for k, v in different.items() if v is None or v in (0, 1)}
    for value in different.values():
        natural = value is None or (isinstance(value, int) and value in (0, 1))
        cost = (1 if natural else 3.5 if isinstance(value, str) else 6) + f.rank * 0.2
        yield _equality(f, value, True, cost)
        yield _equality(f, value, False, cost + 0.1)
    yes = [v for v, c in zip(f.values, choice, strict=True) if c is True]
    no = [v for v, c in zip(f.values, choice, strict=True) if c is False]
    if not yes or not no or not all(isinstance(v, int) for v in (*yes, *no)):
        return
    numbers_yes, numbers_no = [v for v in yes if isinstance(v, int)], [v for v in no if isinstance(v, int)]
    if min(numbers_yes) > max(numbers_no):
        yield _bound(f, ">", max(numbers_no))
    if max(numbers_yes) < min(numbers_no):
        yield _bound(f, "<", min(numbers_no))


def _bound(f: Feature, symbol: str, bound: int) -> _Test:
    truth = [isinstance(v, int) and (v > bound if symbol == ">" else v < bound) for v in f.values]
    cost = (0.9 if bound in (0, 1) else 5) + f.rank * 0.2
    return _Test(Found(Operator(symbol, (f.expr, number(bound))), (f,)), truth, cost)


def _equality(f: Feature, value: Known, negated: bool, cost: float) -> _Test:
    assert not isinstance(value, Any_)
    word = ("is not" if negated else "is") if value is None else ("!=" if negated else "==")
    truth = [same(v, value) is not negated for v in f.values]
    return _Test(Found(Operator(word, (f.expr, literal(value))), (f,)), truth, cost)


def _scales(a: Known, b: Known, k: int) -> bool:
    if isinstance(a, Open) or isinstance(b, Open):
        left, right = _sizes([a]), _sizes([b])
        return bool(left and right and left[0] is not None and right[0] is not None and left[0] == right[0] * k)
    return isinstance(a, int) and isinstance(b, int) and a == b * k


def _key(value: Known) -> tuple[str, object]:
    return (type(value).__name__, value)
