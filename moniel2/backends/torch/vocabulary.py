"""What one class's constructor can be said with: parameters, sizes, the source's constants and its expressions."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from moniel2.backends.torch import names
from moniel2.backends.torch.draft import Entry
from moniel2.backends.torch.explain import Feature, Found, explain, matches
from moniel2.backends.torch.literals import is_long, number
from moniel2.backends.torch.places import Origin, declared, holds
from moniel2.backends.torch.plans import Plan, default_values, parameter_values, size_values
from moniel2.backends.torch.pool import Pool
from moniel2.backends.torch.python import Atom, Expr, Index, Operator, Prefix, flat
from moniel2.backends.torch.rewrite import Said, fixed, rewrite, said_as
from moniel2.backends.torch.tree import ANY, Known, Open, number_of
from moniel2.ir.formula import Constant, Counted, Formulas, Name
from moniel2.source import Span


class Vocabulary:
    """The names of one constructor with their values in every specialization, and the place that is being written."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.count = len(plan.units)
        self.taken = names.Names(names.FILE_NAMES)
        self.defaults: dict[str, Known] = {}
        self.shown: set[tuple[Known, ...]] = set()  # the numbers that inputs have for sizes
        self.said: dict[str, Said] = {}  # what the source's names are
        self.at: Span | None = None
        self.implied = False  # whether the argument in question is one that the source leaves to the shapes
        self.origin: Origin | None = None  # and where these were given their number
        self.lists = False  # whether a list is a parameter
        self.features = self._features()
        self.constants: list[Feature] = []  # of the source, in its order
        self.pool = self._pool(plan.block.formulas)
        self.columns = {f.name: f.values for f in self.features if isinstance(f.expr, Atom)}

    # ------------------------------------------------------------------------------------ asking

    def arrive(self, at: Span | None, origin: Origin | None = None) -> None:
        """At the next place of the source."""
        self.at, self.origin = at, origin
        self.pool.arrive()

    @contextmanager
    def copy(self, number: int) -> Iterator[None]:
        """While one copy of those that a loop makes is written."""
        loop, whole = self._loop(), self.pool
        if loop is not None and loop.variable:
            said = {**self.said, loop.variable: fixed(number, self.count)}
            self.pool = Pool(self.plan.block.formulas.written, said, self.count)
        yield
        self.pool = whole

    def find(self, values: Sequence[Known], there: Container[str]) -> Found | None:
        """The expression for values: what the source says, a name, or the simplest rule. ``there`` are names in use."""
        chosen = [f for f in self.features if f.name in there]
        here = self.said_here(values) or self.made_there(values, there)
        if here is not None:
            return here
        exact = next((f for f in self.features if matches(values, f.values)), None)
        if exact is not None:
            return self.derived(exact) or Found(exact.expr, (exact,))
        # What is found nowhere in the source explains nothing.
        told = [f for f in self.features if f.rank < 4]
        return self.pool.anywhere(values) or explain(values, [f for f in told if f in chosen]) or explain(values, told)

    def said_here(self, values: Sequence[Known]) -> Found | None:
        """What the source says at the place that is being written."""
        return None if self.at is None or self.implied else self.pool.at(values, self.at)

    def made_there(self, values: Sequence[Known], there: Container[str]) -> Found | None:
        """A number that the source leaves to the shapes as what flows in says it, if that asks for no more names."""
        if not self.implied or self.origin is None:
            return None
        if self.origin.place is not None:
            found = self.pool.first(values, self.origin.place)
        elif (flowing := self._flowing(values, self.origin.port)) is not None:
            return Found(flowing.expr, (flowing,))
        else:
            sizes = (f for f in self.features if f.rank in (2, 3) and f.name in there)
            size = next((f for f in sizes if matches(values, f.values)), None)
            found = None if size is None else Found(size.expr, (size,))
        return found if found is not None and all(f.name in there for f in found.features) else None

    def _flowing(self, values: Sequence[Known], port: int) -> Feature | None:
        """The size of an input that this is, where the source leaves it open, whatever else has the same values. Braces
        stand where it is known.
        """
        block = self.plan.block
        if not block.name:
            return None
        sizes = {n for n, _ in block.sizes} - {n for n, _ in (*block.parameters, *block.around)}
        for entry in self.plan.first.entries:
            for axis, rank, column in self._axes(entry) if entry.port == port and not entry.apart else ():
                said = declared(block, port, rank)[axis]
                if matches(values, column) and (said is None or (isinstance(said, Name) and said.name in sizes)):
                    return next((f for f in self.features if f.rank in (2, 3) and f.values == column), None)
        return None

    def exposed(self, value: Known) -> Found | None:
        """What the source says for a number that is the same everywhere: it is handed in all the same, alone or in a
        list whose other numbers differ, or it is one that nobody would write out."""
        if isinstance(value, float) and self.at is not None and is_long(value):
            spelt = self.pool.spelt((value,) * self.count, self.at)
            if isinstance(spelt, (Operator, Prefix)):
                return Found(spelt)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        handed_in = bool(self.plan.exposed) or self.lists
        return self.said_here((value,) * self.count) if handed_in and number else None

    def number_copies(
        self, rows: Sequence[tuple[int, int]], columns: Sequence[Sequence[Known]]
    ) -> tuple[str, list[Found]] | None:
        """Values of copies as formulas of their number, which the source counts from 0."""
        loop = self._loop()
        variable = names.variable(names.snake(loop.variable)) if loop is not None and loop.variable else "i"
        variable = self.taken.copy().fresh(variable)
        numbers = Feature(Atom(variable), tuple(k for _, k in rows), 0, variable)
        spread = {f.name + flat(f.expr): replace(f, values=tuple(f.values[s] for s, _ in rows)) for f in self.features}
        back = {id(v): f for v, f in zip(spread.values(), self.features, strict=True)}
        said = {n: self._spread(s, rows, spread) for n, s in self.said.items()}
        if loop is not None:
            said[loop.variable] = said_as(numbers)
        pool = Pool(self.plan.block.formulas.written, said, len(rows))
        found: list[Found] = []
        for column in columns:
            one = pool.at(column, self.at) if self.at is not None else None
            # Two values are no rule, unless the source says it.
            if one is None and len({k for _, k in rows}) > 2:
                candidates = [numbers, *(f for f in spread.values() if f.rank < 4)]
                one = explain(column, candidates)
            # Values that are looked up in a list of them are written out instead.
            if one is None or numbers not in one.features or ")[" in flat(one.expr):
                return None
            found.append(one)
        own = [Found(one.expr, tuple(back[id(f)] for f in one.features if f is not numbers)) for one in found]
        return variable, own

    def _spread(self, said: Said, rows: Sequence[tuple[int, int]], spread: Mapping[str, Feature]) -> Said:
        """An expression with a row for each copy."""
        features = tuple(spread[f.name + flat(f.expr)] for f in said.features)
        return Said(said.expr, tuple(said.values[s] for s, _ in rows), features)

    def turns(self) -> Said | None:
        """How many copies the loop around the place makes, as the source says it."""
        loop = self._loop()
        said = None if loop is None else rewrite(loop.stop, self.said, self.count)
        return None if said is None or said.fixed else said

    def _loop(self) -> Counted | None:
        """The innermost ``for i in 0..n``, or ``* n``, around the place that is being written; else one inside it."""
        if self.at is None:
            return None
        at, loops = self.at, [c for c in self.plan.block.formulas.loops if c.start == Constant(0)]
        around = [c for c in loops if holds(c.span, at)]
        inside = [c for c in loops if holds(at, c.span)]
        return min(around or inside, key=lambda c: c.span.end - c.span.start, default=None)

    def derived(self, feature: Feature) -> Found | None:
        """A constant of the source that follows from parameters and sizes of inputs is computed, not handed in."""
        if feature.rank != 2 or feature.values in self.shown or all(map(closed, feature.values)):
            return None
        return explain(feature.values, [f for f in self.features if f.rank == 0 or f.values in self.shown])

    def forget(self, name: str) -> bool:
        """Give up a parameter that is a word in the source, ``"same"``, and a number here: its name is free then."""
        gone = next((f for f in self.features if f.name == name and f.rank == 0), None)
        if gone is None or not any(isinstance(v, str) for v in gone.values):
            return False
        self.features = [f for f in self.features if f.name != name]
        self.pool.said = [(w, s) for w, s in self.pool.said if gone not in s.features]
        self.said = {n: s for n, s in self.said.items() if gone not in s.features}
        self.constants = [f for f in self.constants if f.defined is None or gone not in f.defined.features]
        self.defaults.pop(name, None)
        return True

    # -------------------------------------------------------------------------------------- names

    def _features(self) -> list[Feature]:
        found: list[Feature] = []
        seen: set[str] = set()
        defaults = default_values(self.plan)
        asked = {n: v for n, v in size_values(self.plan).items() if n in self.plan.required}
        for name, values in {**parameter_values(self.plan), **asked}.items():
            python = self.taken.fresh(names.variable(names.snake(name)))
            feature = Feature(Atom(python), values, 0, python)
            found.append(feature)
            self.said[name] = Said(feature.expr, values, (feature,)) if name in self.plan.exposed else said_as(feature)
            seen.add(name)
            if name in defaults:
                self.defaults[python] = defaults[name]
            lengths = [len(v) for v in values if isinstance(v, tuple)]
            self.lists = self.lists or (bool(lengths) and not self.said[name].fixed)
            if len(lengths) == len(values):
                for i in range(min([16, *lengths])):
                    column = tuple(v[i] if isinstance(v, tuple) else ANY for v in values)
                    found.append(Feature(Index(Atom(python), (number(i),)), column, 1, python))
        for name, values in size_values(self.plan).items():
            if name not in seen:
                wanted = names.variable(names.snake(name))
                # `D` and `d`: the size is called after where it is read.
                wanted = (wanted in self.taken and self._shown_as(values)) or wanted
                python = self.taken.fresh(wanted)
                found.append(Feature(Atom(python), values, 2, python))
                self.said[name] = said_as(found[-1])
        if self.plan.values:
            # The model's own class takes what its definition does, and nothing else.
            self.said = {n: s for n, s in self.said.items() if all(f.rank < 2 for f in s.features)}
            return [f for f in found if f.rank < 2 and not all(map(closed, f.values))]
        unnamed = self._input_sizes()
        self.shown = {f.values for f in unnamed}
        found += unnamed
        return sorted(found, key=lambda f: f.rank)

    def _pool(self, formulas: Formulas) -> Pool:
        """What the source says; its constants are computed once, under their names."""
        constants = [w.name for w in formulas.written if w.name]
        for written in formulas.written:
            if constants.count(written.name) != 1:
                continue
            said = rewrite(written.formula, self.said, self.count, self.plan.numbers)
            if said is not None:
                self.said[written.name] = self._constant(written.name, said)
        self.constants = [f for f in self.features if f.defined is not None]
        return Pool(formulas.written, self.said, self.count, self.plan.numbers)

    def _constant(self, name: str, said: Said) -> Said:
        known = self.said.get(name)
        same_size = next((f for f in self.features if known is not None and f in known.features), None)
        if said.fixed or isinstance(said.expr, Atom):
            return said
        wanted = names.variable(names.snake(name))
        if (same_size is None and wanted in self.taken) or (same_size is not None and same_size.name != wanted):
            # The same word in other letters: `D` and `d`.
            wanted = "head_dim" if per_head(said.expr) else ""
        if not wanted or (same_size is None and wanted in self.taken):
            return said
        if same_size is not None:
            self.features.remove(same_size)
        self.taken.reserve(wanted)
        feature = Feature(Atom(wanted), said.values, 1, wanted, Found(said.expr, said.features))
        self.features.append(feature)
        self.features.sort(key=lambda f: f.rank)
        return Said(Atom(wanted), said.values, (feature,))

    def input_axes(self) -> list[tuple[Known, ...]]:
        """The sizes that inputs have, in their order."""
        return [column for _, column in self._input_axes()]

    def _shown_as(self, values: tuple[Known, ...]) -> str:
        """What an axis of an input with these sizes is called."""
        return next((name for name, column in self._input_axes() if column == values), "")

    def _input_sizes(self) -> list[Feature]:
        """Sizes of the inputs that the source gives no name."""
        found = []
        for wanted, column in self._input_axes():
            python = self.taken.fresh(wanted)
            found.append(Feature(Atom(python), column, 3, python))
        return found

    def _input_axes(self) -> Iterator[tuple[str, tuple[Known, ...]]]:
        """Axes of the inputs that are numbers, each with a name: ``in_features``."""
        for entry in self.plan.first.entries:
            first = entry is self.plan.first.entries[0] or not entry.name
            for axis, rank, column in self._axes(entry):
                wanted = "channels" if axis == 1 and rank > 2 else "features" if axis == rank - 1 else f"size{axis}"
                yield names.variable(names.snake(f"in_{wanted}" if first else f"{entry.name}_{wanted}")), column

    def _axes(self, entry: Entry) -> Iterator[tuple[int, int, tuple[Known, ...]]]:
        """Axes of an input that are numbers in every specialization: which of how many, and these."""
        shapes = [s for d in self.plan.drafts if (s := d.tensors[entry.value].shape) is not None]
        if len(shapes) < self.count or len({len(s) for s in shapes}) != 1:
            return
        rank = len(shapes[0])
        for axis in range(1 if rank > 1 else 0, rank):
            numbers = [number_of(s[axis]) for s in shapes]
            column = tuple(n for n in numbers if n is not None)
            if len(column) == len(numbers):
                yield axis, rank, column


def closed(value: Known) -> bool:
    """Whether a value doesn't depend on the model's parameters."""
    return all(map(closed, value)) if isinstance(value, tuple) else not isinstance(value, Open)


def made_up(expr: Expr) -> bool:
    """``initial // 8 + 1016``: what is left of many steps."""
    return (
        isinstance(expr, Operator)
        and expr.symbol in ("+", "-")
        and any(isinstance(o, Operator) and o.symbol == "//" for o in expr.operands)
        and any(isinstance(o, Atom) and o.text.isdigit() for o in expr.operands)
    )


def per_head(expr: Expr) -> bool:
    """``d // heads``"""
    return isinstance(expr, Operator) and expr.symbol == "//" and flat(expr.operands[-1]).endswith("heads")
