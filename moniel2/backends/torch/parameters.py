"""The parameters that the model's own class can be made with.

A program compiles with symbols for the numbers that its main block is made with: what comes out is in terms of them,
exactly, and what can't be decided without their values is an error. So a number is a parameter of the class if all
there is to say when it is left open is what it must be divisible by.
"""

from __future__ import annotations

from collections.abc import Iterator

from moniel2.backends.torch.aliases import fixed_by_alias, parameters_beneath, under_one_name, whole_alias
from moniel2.backends.torch.doors import Door, doors_of, symbol_of, together
from moniel2.backends.torch.emit import Emitted, emit
from moniel2.backends.torch.names import snake, variable
from moniel2.backends.torch.opened import Opened, Reopen, left_open
from moniel2.backends.torch.split import Split
from moniel2.backends.torch.tree import Unwritable
from moniel2.backends.torch.trial import symbol_values
from moniel2.dims import OPEN, Dim
from moniel2.ir.model import Model, Operation, Symbols, Value, distinct_blocks
from moniel2.source import Span


def emit_open(model: Model, reopen: Reopen) -> Emitted:
    """Write a model whose class takes as many parameters as can be left open, and inner ones theirs."""
    opening = _Opening(model, reopen)
    names = opening.compiling({**_candidates(model), **opening.widths})
    names = _without_halves(model, names)
    opening.doors = opening.compiling_inside(names, opening.doors)
    tried = len(names) < 2
    while names or opening.doors:
        blamed: set[str] = set()
        shut: set[Door] = set()
        try:
            emitted = opening.written(names)
        except Unwritable as why:
            emitted, blamed = None, {n for n in names if any(_is_of(s, n) for s in why.symbols)}
            closed = {d for d in opening.doors if symbol_of(d) in why.symbols}
            shut = {d for doors in together(opening.doors) if not closed.isdisjoint(doors) for d in doors}
        if emitted is not None:
            return emitted
        if shut or (opening.doors and not blamed):
            opening.doors = {d: n for d, n in opening.doors.items() if shut and d not in shut}
            continue
        if not blamed and not tried:
            # Nobody is to blame: those that can be left open by themselves.
            tried = True
            names = {n: v for n, v in names.items() if opening.writes({n: v})}
            continue
        for name in blamed or {list(names)[-1]}:
            del names[name]
        names = _without_halves(model, names)
    return emit(model)


class _Opening:
    """The tries to leave parameters of one model open.

    ``widths`` are sizes of inputs that layers can't be made without, `D` of ``In[B, N, D] -> Linear(4 * D)``, each with
    an example: the class takes them, too.
    """

    def __init__(self, model: Model, reopen: Reopen) -> None:
        self.model, self.reopen = model, reopen
        self.left: frozenset[str] = frozenset()  # what settles itself in the first call
        self.widths: dict[str, Value] = {}
        self.doors = doors_of(under_one_name(model).root)
        inputs = frozenset().union(*(s.symbols() for p in model.root.inputs for s in p.tensor.shape or ()))
        if any(size.symbols() & inputs for _, size in _weights(model)):
            closed = emit(model)
            stubs = {left.span for left in closed.missing if not left.runs}
            needed = frozenset().union(*(size.symbols() for at, size in _weights(model) if at in stubs)) & inputs
            examples = symbol_values(model) or {}
            self.widths = {s: examples[s] for s in sorted(needed & examples.keys()) if not _taken(s, model)}
            self.left = frozenset(str(left) for left in closed.missing if left.runs)

    def written(self, names: dict[str, Value]) -> Emitted | None:
        """The code with these left open; None, or ``Unwritable``, if there is none."""
        opened = self.opened(names, self.doors)
        try:
            emitted = None if opened is None else emit(self.model, opened)
        except Split:
            return None
        return None if emitted is None or {str(left) for left in emitted.missing} - self.left else emitted

    def opened(self, names: dict[str, Value], doors: dict[Door, int]) -> Opened | None:
        """The program with these left open; None if it doesn't compile."""
        values: dict[str, int] = {}
        symbols = _symbols(names, values)
        inner = {symbol_of(door): number for door, number in doors.items()}
        model = self.reopen(symbols, {**values, **inner}, {door: Dim.of(symbol_of(door)) for door in doors})
        required = tuple(n for n in names if n in self.widths)
        return None if model is None else Opened(model, values, required, inner, tuple(names))

    def writes(self, names: dict[str, Value]) -> bool:
        try:
            return self.written(names) is not None
        except Unwritable:
            return False

    def compiling(self, names: dict[str, Value]) -> dict[str, Value]:
        """Those that the program compiles with."""
        if not names or self._compiles(names):
            return names
        return {n: v for n, v in names.items() if self._compiles({n: v})} if len(names) > 1 else {}

    def _compiles(self, names: dict[str, Value]) -> bool:
        return self.opened(names, {}) is not None

    def compiling_inside(
        self, names: dict[str, Value], doors: dict[Door, int], kept: dict[Door, int] | None = None
    ) -> dict[Door, int]:
        """Parameters of inner definitions that can be left open, besides; found by halves."""
        kept = kept or {}
        if not doors or self.opened(names, {**kept, **doors}) is not None:
            return {**kept, **doors}
        order = together(doors)
        if len(order) == 1:
            return kept
        for half in (order[: len(order) // 2], order[len(order) // 2 :]):
            kept = self.compiling_inside(names, {d: doors[d] for some in half for d in some}, kept)
        return kept


def _taken(size: str, model: Model) -> bool:
    """Whether a parameter would have a name of another: of `d` where there is a size `D`."""
    names = [n for n, _ in (*model.root.parameters, *model.root.sizes) if n != size]
    return variable(snake(size)) in [variable(snake(n)) for n in names]


def _weights(model: Model) -> Iterator[tuple[Span | None, Dim]]:
    """Every size of every weight, with the place of its node."""
    for block in distinct_blocks(model.root):
        for node in block.nodes:
            for _, weight in node.what.weights if isinstance(node.what, Operation) else ():
                yield from ((node.span, size) for size in weight.shape)


def _candidates(model: Model) -> dict[str, Value]:
    """The parameters that are numbers, by name."""
    parameters = parameters_beneath(model.root)
    return _without_halves(model, {n: v for n, v in parameters.items() if left_open(n, v, {}) is not None})


def _without_halves(model: Model, names: dict[str, Value]) -> dict[str, Value]:
    """Without what an alias gives, if the class of its definition wouldn't take all of that."""
    if whole_alias(model.root, names):
        return names
    fixed = fixed_by_alias(model.root)
    return {n: v for n, v in names.items() if n not in fixed}


def _symbols(names: dict[str, Value], values: dict[str, int]) -> dict[str, Symbols]:
    return {n: s for n, v in names.items() if (s := left_open(n, v, values)) is not None}


def _is_of(symbol: str, name: str) -> bool:
    return symbol.removeprefix(OPEN).partition("[")[0] == name
