"""The parameters that the model's own class can be made with.

A program compiles with symbols for the numbers that its main block is made with: what comes out is in terms of them,
exactly, and what can't be decided without their values is an error. So a number is a parameter of the class if all
there is to say when it is left open is what it must be divisible by. An alias (``ResNet34 = ResNet(BasicBlock, …)``)
has fixed what it gives.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    """Write a model whose class takes as many parameters as can be left open."""
    opening = _Opening(model, reopen)
    names = opening.compiling({**_candidates(model), **opening.widths})
    tried = len(names) < 2
    while names:
        blamed: set[str] = set()
        try:
            emitted = opening.written(names)
        except Unwritable as why:
            emitted, blamed = None, {n for n in names if any(_is_of(s, n) for s in why.symbols)}
        if emitted is not None:
            return emitted
        if not blamed and not tried:
            # Nobody is to blame: those that can be left open by themselves.
            tried = True
            names = {n: v for n, v in names.items() if opening.writes({n: v})}
            continue
        for name in blamed or {list(names)[-1]}:
            del names[name]
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
        values: dict[str, int] = {}
        opened = self.reopen(_symbols(names, values), values)
        required = tuple(n for n in names if n in self.widths)
        try:
            emitted = None if opened is None else emit(self.model, Opened(opened, values, required))
        except Split:
            return None
        return None if emitted is None or {str(left) for left in emitted.missing} - self.left else emitted

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
        values: dict[str, int] = {}
        return self.reopen(_symbols(names, values), values) is not None


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
    root = model.root
    defaults = dict(root.defaults)
    given = {n: v for n, v in root.parameters if not root.alias_of or (n in defaults and defaults[n] == v)}
    return {n: v for n, v in given.items() if left_open(n, v, {}) is not None}


def _symbols(names: dict[str, Value], values: dict[str, int]) -> dict[str, Symbols]:
    return {n: s for n, v in names.items() if (s := left_open(n, v, values)) is not None}


def _is_of(symbol: str, name: str) -> bool:
    return symbol.removeprefix(OPEN).partition("[")[0] == name
