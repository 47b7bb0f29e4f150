"""Sizes at run time: how ``forward`` gets a number that isn't known when the class is written.

A size that differs between specializations or is symbolic is read off a tensor (``x.shape[2]``), or computed from what
is (``h = x.shape[2] // 16``), or kept by the constructor (``self.heads``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moniel2.backends.torch import names
from moniel2.backends.torch.construct import Constructor
from moniel2.backends.torch.draft import Entry
from moniel2.backends.torch.explain import Feature, Found, explain, matches
from moniel2.backends.torch.formulas import formula
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.python import Atom, Call, Expr, Operator, Prefix, flat
from moniel2.backends.torch.split import Split, partition
from moniel2.backends.torch.tree import Any_, Known, Open, Scalar, number_of
from moniel2.backends.torch.vocabulary import per_head
from moniel2.dims import Dim, Shape

HANDED_IN = -99
"""The axis of what is no tensor but a size."""


@dataclass(frozen=True, slots=True)
class Reading:
    """``tensor.shape[axis]``, shifted and divided if the size is only linear in it: ``(… - offset) // factor``.

    ``wanted`` is the name it would like. A ``factor`` of 0 is a size that is handed in under that name.
    """

    wanted: str
    value: int
    axis: int
    offset: int = 0
    factor: int = 1


class Sizes:
    """The sizes that one ``forward`` needs."""

    def __init__(self, plan: Plan, constructor: Constructor, taken: names.Names, entries: Mapping[int, str]) -> None:
        self.plan, self.constructor, self.taken, self.entries = plan, constructor, taken, entries
        self.count = len(plan.units)
        self.readings: dict[Reading, str] = {}
        self.features = self._features()
        self.attributes = names.Names(names.MODULE_ATTRIBUTES | {s.attribute for s in plan.first.slots})
        self.kept: dict[Expr, str] = {}

    def _features(self) -> list[tuple[Feature, Reading]]:
        """Everything that can be read off an input, under the name the source has for it."""
        named = self._named()
        found: list[tuple[Feature, Reading]] = []
        seen: set[tuple[Known, ...]] = set()
        for entry in self.plan.first.entries:
            if entry.apart or entry.optional:
                continue
            shapes = [d.tensors[entry.value].shape for d in self.plan.drafts]
            for axis, column in _columns(shapes):
                if column in seen or any(isinstance(v, Any_) for v in column):
                    continue
                seen.add(column)
                source = next((n for n, v in named.items() if v == column), None) or _symbol(column)
                name = names.variable(names.snake(source)) if source else _axis_name(axis, shapes)
                reading = Reading(name, entry.value, axis)
                found.append((Feature(Atom(name), column, 0, name), reading))
        for entry in self.plan.first.entries:
            if entry.size:
                column = self._handed(entry)
                seen.add(column)
                name = self.entries[entry.value]
                found.append((Feature(Atom(name), column, 0, name), Reading(name, entry.value, HANDED_IN, 0, 0)))
        for source, column in named.items():
            if column in seen:
                continue
            solved = self._solve(column)
            if solved is not None:
                seen.add(column)
                value, axis, offset, factor = solved
                name = names.variable(names.snake(source))
                found.append((Feature(Atom(name), column, 1, name), Reading(name, value, axis, offset, factor)))
        return found

    def _named(self) -> dict[str, tuple[Known, ...]]:
        columns: dict[str, list[Known]] = {}
        for i, unit in enumerate(self.plan.units):
            for name, size in unit.block.sizes:
                columns.setdefault(name, [Any_()] * self.count)[i] = _known(size)
        return {n: tuple(v) for n, v in columns.items() if not any(isinstance(x, Any_) for x in v)}

    def _solve(self, column: tuple[Known, ...]) -> tuple[int, int, int, int] | None:
        """An input's axis in which the size is linear: value, axis, offset, factor."""
        for entry in self.plan.first.entries:
            if entry.apart or entry.optional:
                continue
            shapes = [d.tensors[entry.value].shape for d in self.plan.drafts]
            for axis, whole in _columns(shapes):
                line = _line(whole, column)
                if line is not None:
                    return entry.value, axis, *line
        for entry in self.plan.first.entries:
            line = _line(self._handed(entry), column) if entry.size else None
            if line is not None:
                return entry.value, HANDED_IN, *line
        return None

    def _handed(self, entry: Entry) -> tuple[Known, ...]:
        return tuple(_known(dict(d.sizes)[entry.value]) for d in self.plan.drafts)

    # ------------------------------------------------------------------------------------ asking

    def value(self, values: Sequence[Known], hint: str) -> Expr:
        """The expression of a size or other value in ``forward``."""
        known = [v for v in values if not isinstance(v, Any_)]
        if any(isinstance(v, Open) for v in known):
            expr = self.constructor.value(values, hint)
            return self._short(expr) or self._keep(expr, self._word(known[0]) or hint)
        if all(v == known[0] and type(v) is type(known[0]) for v in known) and not isinstance(known[0], Dim):
            return literal(known[0])
        open_size = any(isinstance(v, Dim) for v in known)
        if not open_size:
            found = self._kept(values)
            if found is not None:
                return found
        readable = [f for f, _ in self.features]
        exact = explain(values, [f for f in readable if matches(values, f.values)]) if readable else None
        if exact is None:
            exact = explain(values, [*readable, *self._constructed()])
        if exact is not None:
            return self._use(exact)
        if open_size:
            found = self._polynomial(values)
            if found is not None:
                return found
            raise Split(partition(values))
        expr = self.constructor.value(values, hint)
        return self._short(expr) or self._keep(expr)

    def constant(self, value: Scalar) -> Expr:
        """A value that is the same in every specialization."""
        said = self.constructor.known.exposed(value)
        return literal(value) if said is None else self._parts_kept(said)

    def _kept(self, values: Sequence[Known]) -> Expr | None:
        """A constant that the source says in the constructor's own parameters, or that one of them is."""
        said = self.constructor.known.said_here(values)
        if said is not None and all(f.rank < 2 for f in said.features):
            return self._parts_kept(said)
        for feature in self.constructor.known.features:
            if feature.rank == 0 and matches(values, feature.values):
                return self._keep(self.constructor.use(Found(feature.expr, (feature,))))
        return None

    def _parts_kept(self, said: Found) -> Expr:
        """``self.h // 7``: an expression of the constructor with its names kept."""
        expr = self.constructor.use(said)
        if per_head(expr) or not isinstance(expr, (Operator, Prefix)):
            return self._keep(expr)
        for feature in said.features:
            expr = replaced(expr, feature.expr, self._keep(feature.expr))
        return expr

    def _short(self, expr: Expr) -> Expr | None:
        """``self.layers - 1``, ``self.d // 2``: not worth an attribute of its own. None for anything else."""
        if not isinstance(expr, Operator) or len(expr.operands) != 2 or per_head(expr):
            return None
        name, whole = expr.operands
        if isinstance(name, Atom) and name.text.isidentifier() and isinstance(whole, Atom) and whole.text.isdigit():
            return Operator(expr.symbol, (self._keep(name), whole))
        return None

    def _constructed(self) -> list[Feature]:
        """Parameters of the constructor, kept as attributes if they are used."""
        known = self.constructor.known.features
        return [Feature(f.expr, f.values, 2, f"self.{f.name}") for f in known if f.rank in (0, 2)]

    def _use(self, found: Found) -> Expr:
        expr = found.expr
        for feature in found.features:
            if feature.name.startswith("self."):
                known = self.constructor.known.features
                original = next(f for f in known if f"self.{f.name}" == feature.name and f.expr == feature.expr)
                self.constructor.use(Found(original.expr, (original,)))
                expr = replaced(expr, feature.expr, self._keep(original.expr))
            else:
                reading = next(r for f, r in self.features if f is feature)
                expr = replaced(expr, feature.expr, Atom(self._read(reading)))
        return expr

    def _read(self, reading: Reading) -> str:
        if not reading.factor:
            return reading.wanted
        if reading not in self.readings:
            self.readings[reading] = self.taken.fresh(reading.wanted)
        return self.readings[reading]

    def _word(self, value: Known) -> str:
        """What the source calls a number."""
        block = self.plan.block
        found = (n for n, s in block.sizes if isinstance(value, Open) and s == value.size)
        word = next(found, "")
        return names.variable(names.snake(word)) if word else ""

    def _keep(self, expr: Expr, word: str = "") -> Expr:
        """``self.heads`` for the constructor's ``heads``; a formula is computed there, once."""
        if expr not in self.kept:
            plain = isinstance(expr, Atom) and expr.text.isidentifier()
            wanted = flat(expr) if plain else word if word and word not in self.constructor.used else "size"
            if isinstance(expr, Operator) and per_head(expr):
                wanted = "groups" if flat(expr.operands[0]).endswith("heads") else "head_dim"
            self.kept[expr] = self.attributes.fresh(wanted)
        return Atom(f"self.{self.kept[expr]}")

    # ------------------------------------------------------------------------------- polynomials

    def _polynomial(self, values: Sequence[Known]) -> Expr | None:
        """A size that is the same formula everywhere, written symbol by symbol."""
        known = [v for v in values if not isinstance(v, Any_)]
        if not all(v == known[0] for v in known) or not isinstance(known[0], Dim):
            return None
        return self._dim(known[0])

    def _dim(self, size: Dim) -> Expr | None:
        return formula(size, self._direct, self._symbol)

    def _direct(self, size: Dim) -> Expr | None:
        """A size that can be read off an input, or is handed in."""
        column: tuple[Known, ...] = (_known(size),) * self.count
        direct = next((f for f, _ in self.features if f.values == column), None)
        return None if direct is None else self._use(Found(direct.expr, (direct,)))

    def _symbol(self, symbol: str) -> Expr | None:
        column: tuple[Known, ...] = (_known(Dim.of(symbol)),) * self.count
        solved = self._solve(column)
        if solved is None:
            return None
        value, axis, offset, factor = solved
        name = names.variable(names.snake(symbol))
        feature = Feature(Atom(name), column, 1, symbol)
        self.features.append((feature, Reading(name, value, axis, offset, factor)))
        return self._use(Found(feature.expr, (feature,)))


def state_columns(plan: Plan, state: Entry) -> list[tuple[Known, ...]]:
    """The sizes of a loop's state in every specialization, axis by axis."""
    shapes = [d.tensors[state.value].shape or () for d in plan.drafts]
    return [tuple(_known(s[axis]) for s in shapes) for axis in range(len(shapes[0]))]


def _known(size: Dim) -> Known:
    number = number_of(size)
    if number is not None:
        return number
    return size if size.known else Any_()


def _columns(shapes: Sequence[Shape | None]) -> list[tuple[int, tuple[Known, ...]]]:
    """Every axis with its size in each specialization; counted from the end where the ranks differ."""
    if any(s is None for s in shapes):
        return []
    clean = [s for s in shapes if s is not None]
    ranks = {len(s) for s in clean}
    if len(ranks) == 1:
        axes = range(ranks.pop())
        return [(a, tuple(_known(s[a]) for s in clean)) for a in axes]
    least = min(ranks)
    return [(0, tuple(_known(s[0]) for s in clean))] * (least > 0) + [
        (a, tuple(_known(s[a]) for s in clean)) for a in range(-1, -least, -1)
    ]


def _symbol(column: tuple[Known, ...]) -> str | None:
    """The name of a size that is the same bare symbol everywhere."""
    first = column[0]
    if isinstance(first, Dim) and all(v == first for v in column) and len(first.symbols()) == 1:
        name = next(iter(first.symbols()))
        return name if first == Dim.of(name) else None
    return None


def _axis_name(axis: int, shapes: Sequence[Shape | None]) -> str:
    rank = len(shapes[0] or ())
    if axis == 0 and rank > 1:
        return "batch"
    if rank == 4:
        return ("batch", "channels", "height", "width")[axis]
    if axis in (-1, rank - 1):
        return "features" if rank < 4 else "width"
    return "length" if rank == 3 else f"size{axis}"


def _line(whole: tuple[Known, ...], part: tuple[Known, ...]) -> tuple[int, int] | None:
    """(offset, factor) with ``whole = factor * part + offset`` everywhere, for small whole numbers."""
    sizes = [Dim.of(v) for v in (*whole, *part) if isinstance(v, (int, Dim))]
    if len(sizes) < len(whole) + len(part):
        return None
    wholes, parts = sizes[: len(whole)], sizes[len(whole) :]
    w, p = wholes[0], parts[0]
    if not p.symbols() or not w.symbols():
        return None
    leading = p.terms[0]
    factor = next((k for m, k in w.terms if m == leading[0]), None)
    if not isinstance(factor, int) or not isinstance(leading[1], int) or factor <= 0 or factor % leading[1]:
        return None
    factor //= leading[1]
    offset = (w - p * factor).constant
    if offset is None or factor < 1:
        return None
    fits = all(b * factor + offset == a for a, b in zip(wholes, parts, strict=True))
    return (offset, factor) if fits else None


def replaced(expr: Expr, old: Expr, new: Expr) -> Expr:
    """The expression with one part replaced."""
    if expr == old:
        return new
    match expr:
        case Operator():
            return Operator(expr.symbol, tuple(replaced(o, old, new) for o in expr.operands))
        case Prefix():
            return Prefix(expr.symbol, replaced(expr.operand, old, new))
        case Call():
            return Call(expr.target, tuple(replaced(a, old, new) for a in expr.args), expr.keys)
    return expr
