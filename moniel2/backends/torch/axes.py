"""What ``forward`` can read off its inputs: every axis under the name that the source has for it.

Two axes that are equal in every use are two all the same where the source has two names: a height isn't a width.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from moniel2.backends.torch import names
from moniel2.backends.torch.draft import Entry
from moniel2.backends.torch.explain import Feature
from moniel2.backends.torch.places import declared
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.python import Atom
from moniel2.backends.torch.tree import Any_, Known, number_of
from moniel2.dims import Dim, Shape
from moniel2.ir.formula import Name

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


class Axes:
    """The sizes that the inputs of one class show, as ``features`` with the reading behind each."""

    def __init__(self, plan: Plan, entries: Mapping[int, str]) -> None:
        self.plan, self.entries = plan, entries
        self.count = len(plan.units)
        self.features: list[tuple[Feature, Reading]] = []
        self.of: dict[str, Feature] = {}  # by the source's name
        self._read()
        self._hand_in()
        self._solve_named()

    # --------------------------------------------------------------------------------- features

    def _read(self) -> None:
        named = self._named()
        seen: set[tuple[Known, ...]] = set()
        for entry in self._tensors():
            shapes = [d.tensors[entry.value].shape for d in self.plan.drafts]
            source_names = self._declared(entry, shapes)
            for axis, column in _columns(shapes):
                if any(isinstance(v, Any_) for v in column):
                    continue
                own = source_names.get(axis, "")
                own = own if named.get(own) == column else ""
                if column in seen and not self._twin(own, axis, shapes):
                    continue
                others = (n for n, v in named.items() if v == column and n not in self.of)
                source = own or ("" if column in seen else next(others, None) or _symbol(column) or "")
                name = names.variable(names.snake(source)) if source else _axis_name(axis, shapes)
                seen.add(column)
                self._add(source, column, 0, Reading(name, entry.value, axis))

    def _twin(self, own: str, axis: int, shapes: Sequence[Shape | None]) -> bool:
        """Whether an axis as long as an earlier one is another size: it has another name, or is the width of an image
        that is square in every use."""
        return own not in self.of if own else axis >= 2 and len(shapes[0] or ()) == 4

    def _hand_in(self) -> None:
        for entry in self.plan.first.entries:
            if entry.size:
                name = self.entries[entry.value]
                self._add("", self._handed(entry), 0, Reading(name, entry.value, HANDED_IN, 0, 0))

    def _solve_named(self) -> None:
        """Names of the source for what an axis is a multiple of."""
        for source, column in self._named().items():
            if any(f.values == column for f, _ in self.features):
                continue
            solved = self.solve(column)
            if solved is not None:
                value, axis, offset, factor = solved
                name = names.variable(names.snake(source))
                self._add(source, column, 1, Reading(name, value, axis, offset, factor))

    def _add(self, source: str, column: tuple[Known, ...], rank: int, reading: Reading) -> Feature:
        # Two inputs may have a height each, so a reading stands in formulas under a word of its own.
        feature = Feature(Atom(f"{reading.wanted}#{len(self.features)}"), column, rank, reading.wanted)
        self.features.append((feature, reading))
        if source:
            self.of.setdefault(source, feature)
        return feature

    def add_symbol(self, symbol: str) -> Feature | None:
        """A symbol that an axis shows, though the source has no name for it here."""
        column: tuple[Known, ...] = (known(Dim.of(symbol)),) * self.count
        solved = self.solve(column)
        if solved is None:
            return None
        value, axis, offset, factor = solved
        name = names.variable(names.snake(symbol))
        return self._add("", column, 1, Reading(name, value, axis, offset, factor))

    # ------------------------------------------------------------------------------- the inputs

    def _tensors(self) -> Iterator[Entry]:
        return (e for e in self.plan.first.entries if not e.apart and not e.optional)

    def _declared(self, entry: Entry, shapes: Sequence[Shape | None]) -> dict[int, str]:
        """The names in ``In[B, H, W, C]``, by axis."""
        ranks = {len(s) for s in shapes if s is not None}
        if len(ranks) != 1:
            return {}
        said = declared(self.plan.block, entry.port, ranks.pop())
        return {i: size.name for i, size in enumerate(said) if isinstance(size, Name)}

    def _named(self) -> dict[str, tuple[Known, ...]]:
        columns: dict[str, list[Known]] = {}
        for i, unit in enumerate(self.plan.units):
            for name, size in unit.block.sizes:
                columns.setdefault(name, [Any_()] * self.count)[i] = known(size)
        return {n: tuple(v) for n, v in columns.items() if not any(isinstance(x, Any_) for x in v)}

    def solve(self, column: tuple[Known, ...]) -> tuple[int, int, int, int] | None:
        """An input's axis in which the size is linear: value, axis, offset, factor."""
        for entry in self._tensors():
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
        return tuple(known(dict(d.sizes)[entry.value]) for d in self.plan.drafts)


def known(size: Dim) -> Known:
    """A size as a value: a number where it is one, ``Any_`` where nobody knows it."""
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
        return [(a, tuple(known(s[a]) for s in clean)) for a in axes]
    least = min(ranks)
    return [(0, tuple(known(s[0]) for s in clean))] * (least > 0) + [
        (a, tuple(known(s[a]) for s in clean)) for a in range(-1, -least, -1)
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
