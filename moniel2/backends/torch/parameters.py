"""The parameters that the model's own class can be made with.

A program compiles with symbols for the numbers that its main block is made with: what comes out is in terms of them,
exactly, and what can't be decided without their values is an error. So a number is a parameter of the class if all
there is to say when it is left open is what it must be divisible by. An alias (``ResNet34 = ResNet(BasicBlock, …)``)
has fixed what it gives.
"""

from __future__ import annotations

from moniel2.backends.torch.emit import Emitted, emit
from moniel2.backends.torch.opened import Opened, Reopen, left_open
from moniel2.backends.torch.split import Split
from moniel2.backends.torch.tree import Unwritable
from moniel2.dims import OPEN
from moniel2.ir.model import Model, Symbols, Value


def emit_open(model: Model, reopen: Reopen) -> Emitted:
    """Write a model whose class takes as many parameters as can be left open."""
    names = _compiling(_candidates(model), reopen)
    tried = len(names) < 2
    while names:
        blamed: set[str] = set()
        try:
            emitted = _written(model, reopen, names)
        except Unwritable as why:
            emitted, blamed = None, {n for n in names if any(_is_of(s, n) for s in why.symbols)}
        if emitted is not None:
            return emitted
        if not blamed and not tried:
            # Nobody is to blame: those that can be left open by themselves.
            tried = True
            names = {n: v for n, v in names.items() if _writes(model, reopen, {n: v})}
            continue
        for name in blamed or {list(names)[-1]}:
            del names[name]
    return emit(model)


def _written(model: Model, reopen: Reopen, names: dict[str, Value]) -> Emitted | None:
    """The code with these left open; None, or ``Unwritable``, if there is none."""
    values: dict[str, int] = {}
    opened = reopen(_symbols(names, values), values)
    try:
        emitted = None if opened is None else emit(model, Opened(opened, values))
    except Split:
        return None
    return None if emitted is None or emitted.missing else emitted


def _writes(model: Model, reopen: Reopen, names: dict[str, Value]) -> bool:
    try:
        return _written(model, reopen, names) is not None
    except Unwritable:
        return False


def _candidates(model: Model) -> dict[str, Value]:
    """The parameters that are numbers, by name."""
    root = model.root
    defaults = dict(root.defaults)
    given = {n: v for n, v in root.parameters if not root.alias_of or (n in defaults and defaults[n] == v)}
    return {n: v for n, v in given.items() if left_open(n, v, {}) is not None}


def _compiling(names: dict[str, Value], reopen: Reopen) -> dict[str, Value]:
    """Those that the program compiles with."""

    def compiles(some: dict[str, Value]) -> bool:
        values: dict[str, int] = {}
        return reopen(_symbols(some, values), values) is not None

    if not names or compiles(names):
        return names
    return {n: v for n, v in names.items() if compiles({n: v})} if len(names) > 1 else {}


def _symbols(names: dict[str, Value], values: dict[str, int]) -> dict[str, Symbols]:
    return {n: s for n, v in names.items() if (s := left_open(n, v, values)) is not None}


def _is_of(symbol: str, name: str) -> bool:
    return symbol.removeprefix(OPEN).partition("[")[0] == name
