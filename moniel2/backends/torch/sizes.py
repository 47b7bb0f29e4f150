"""Sizes at run time: how ``forward`` gets a number that isn't known when the class is written.

A size that differs between specializations or is symbolic is read off a tensor (``x.shape[2]``), or computed from what
is (``h = x.shape[2] // 16``), or kept by the constructor (``self.heads``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from moniel2.backends.torch import names
from moniel2.backends.torch.axes import Axes, Reading, known
from moniel2.backends.torch.construct import Constructor
from moniel2.backends.torch.draft import Entry
from moniel2.backends.torch.explain import Feature, Found, explain, matches
from moniel2.backends.torch.formulas import formula
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.pool import Pool
from moniel2.backends.torch.python import Atom, Call, Expr, Operator, Prefix, flat
from moniel2.backends.torch.rewrite import Said, rewrite, said_as
from moniel2.backends.torch.split import Split, partition
from moniel2.backends.torch.tree import Any_, Known, Open, Scalar
from moniel2.backends.torch.vocabulary import per_head
from moniel2.dims import Dim
from moniel2.source import Span


class Sizes:
    """The sizes that one ``forward`` needs."""

    def __init__(self, plan: Plan, constructor: Constructor, taken: names.Names, entries: Mapping[int, str]) -> None:
        self.plan, self.constructor, self.taken, self.entries = plan, constructor, taken, entries
        self.count = len(plan.units)
        self.readings: dict[Reading, str] = {}
        self.axes = Axes(plan, entries)
        self.asked: dict[tuple[Known, ...], int] = {}  # how often for the same values at the place
        self.attributes = names.Names(names.MODULE_ATTRIBUTES | {s.attribute for s in plan.first.slots})
        self.kept: dict[Expr, str] = {}
        self.constructed = self._constructed()
        self.pool = self._pool()

    def arrive(self, at: Span | None) -> None:
        """At the next place of the source."""
        self.constructor.known.arrive(at)
        self.pool.arrive()
        self.asked.clear()

    # ------------------------------------------------------------------------------------ asking

    def value(self, values: Sequence[Known], hint: str) -> Expr:
        """The expression of a size or other value in ``forward``."""
        known = [v for v in values if not isinstance(v, Any_)]
        if any(isinstance(v, Open) for v in known):
            return self._shown(values) or self.made(values, hint)
        if all(v == known[0] and type(v) is type(known[0]) for v in known) and not isinstance(known[0], Dim):
            return literal(known[0])
        open_size = any(isinstance(v, Dim) for v in known)
        if not open_size:
            kept = self._kept(values)
            if kept is not None:
                return kept
        found = self._said(values) or self._explained(values)
        if found is not None:
            return self._use(found)
        if open_size:
            polynomial = self._polynomial(values)
            if polynomial is not None:
                return polynomial
            raise Split(partition(values))
        expr = self.constructor.value(values, hint)
        return self._short(expr) or self._keep(expr)

    def _shown(self, values: Sequence[Known]) -> Expr | None:
        """A size that is known once the model is made, read off an input that shows it under the source's name."""
        named = list(self.axes.of.values())
        found = self._said(values)
        if found is None or any(f not in named for f in found.features):
            exact = next((f for f in named if matches(values, f.values)), None)
            found = None if exact is None else Found(exact.expr, (exact,))
        return None if found is None else self._use(found)

    def made(self, values: Sequence[Known], hint: str) -> Expr:
        """A number that is known once the model is made, kept by the constructor."""
        expr = self.constructor.value(values, hint)
        word = next((self._word(v) for v in values if isinstance(v, Open)), "")
        real = ""
        if any(isinstance(v, Open) and not isinstance(v.size, Dim) for v in values):
            real = next(w for w in ("scale", "number", "value") if w not in self.constructor.used or w == "value")
        return self._short(expr) or self._keep(expr, word or hint or real)

    def _said(self, values: Sequence[Known]) -> Found | None:
        """What the source says at the place, in the sizes of the inputs and the constructor's parameters."""
        at = self.constructor.known.at
        return None if at is None else self.pool.at(tuple(map(_opened, values)), at)

    def _explained(self, values: Sequence[Known]) -> Found | None:
        """The simplest rule, as the source doesn't say."""
        readable = [f for f, _ in self.axes.features]
        exact = explain(values, [f for f in readable if matches(values, f.values)]) if readable else None
        found = exact or explain(values, [*readable, *self.constructed])
        turn = self.asked.get(tuple(values), 0)
        self.asked[tuple(values)] = turn + 1
        return found if found is None or not turn else self._twin(found, turn)

    def _twin(self, found: Found, turn: int) -> Found:
        """What is asked for again at one place is the other axis of two that are equal: ``(2 * h, 2 * w)``."""
        expr, features = found.expr, list(found.features)
        sizes = {f.name for f in self.constructor.known.features if f.rank == 2}
        candidates = [f for f, _ in self.axes.features]
        candidates += [f for f in self.constructed if f.name.removeprefix("self.") in sizes]
        for place, feature in enumerate(found.features):
            twins = [f for f in candidates if f.values == feature.values]
            if feature in twins and sum(f.values == feature.values for f in found.features) == 1:
                # One that is read has its twins among those that are read, one that is kept among those that are kept.
                twins = [f for f in twins if f.name.startswith("self.") == feature.name.startswith("self.")]
                features[place] = twins[(twins.index(feature) + turn) % len(twins)]
                expr = replaced(expr, feature.expr, features[place].expr)
        return Found(expr, tuple(features))

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
        """``self.layers - 1``, ``self.h // self.m``: not worth an attribute of its own. None for anything else."""
        if not isinstance(expr, Operator) or len(expr.operands) != 2 or per_head(expr):
            return None
        name, other = expr.operands
        if not isinstance(name, Atom) or not name.text.isidentifier() or not isinstance(other, Atom):
            return None
        if other.text.isdigit():
            return Operator(expr.symbol, (self._keep(name), other))
        return Operator(expr.symbol, (self._keep(name), self._keep(other))) if other.text.isidentifier() else None

    def _constructed(self) -> list[Feature]:
        """Parameters of the constructor, kept as attributes if they are used."""
        known = self.constructor.known.features
        return [Feature(f.expr, f.values, 2, f"self.{f.name}") for f in known if f.rank in (0, 2)]

    def _pool(self) -> Pool:
        """The source's expressions in the sizes of the inputs and in parameters of the constructor."""
        plan, known = self.plan, self.constructor.known
        kept = {f.expr: Feature(f.expr, f.values, 2, f"self.{f.name}") for f in known.features if f.rank < 2}
        said = {
            name: Said(one.expr, one.values, tuple(kept[f.expr] for f in one.features))
            for name, one in known.said.items()
            if all(f.expr in kept for f in one.features)
        }
        own = plan.block.formulas.written
        constants = {w.name for w in own if w.name}
        for name, feature in self.axes.of.items():
            if name not in constants or name not in said:
                size = said_as(replace(feature, values=tuple(map(_opened, feature.values))))
                said[name] = size if size.fixed else Said(size.expr, size.values, (feature,))
        for written in own:
            if written.name and written.name not in said:
                constant = rewrite(written.formula, said, self.count)
                if constant is not None:
                    said[written.name] = constant
        return Pool(own, said, self.count)

    def _use(self, found: Found) -> Expr:
        expr = found.expr
        for feature in found.features:
            if feature.name.startswith("self."):
                known = self.constructor.known.features
                original = next(f for f in known if f"self.{f.name}" == feature.name and f.expr == feature.expr)
                self.constructor.use(Found(original.expr, (original,)))
                expr = replaced(expr, feature.expr, self._keep(original.expr))
            else:
                reading = next(r for f, r in self.axes.features if f is feature)
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
        column: tuple[Known, ...] = (known(size),) * self.count
        direct = next((f for f, _ in self.axes.features if f.values == column), None)
        return None if direct is None else self._use(Found(direct.expr, (direct,)))

    def _symbol(self, symbol: str) -> Expr | None:
        feature = self.axes.add_symbol(symbol)
        return None if feature is None else self._use(Found(feature.expr, (feature,)))


def state_columns(plan: Plan, state: Entry) -> list[tuple[Known, ...]]:
    """The sizes of a loop's state in every specialization, axis by axis."""
    shapes = [d.tensors[state.value].shape or () for d in plan.drafts]
    return [tuple(known(s[axis]) for s in shapes) for axis in range(len(shapes[0]))]


def _opened(value: Known) -> Known:
    """A size as what expressions of the source are computed with."""
    return Open(value) if isinstance(value, Dim) else value


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
