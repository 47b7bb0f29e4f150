"""Sizes that a model can be run with: numbers for the symbols of its inputs."""

from __future__ import annotations

from fractions import Fraction

from moniel2.dims import Condition, Dim, allows
from moniel2.ir.model import Block, Loop, Model

_USUAL = (16, 32, 64, 128, 224, 256, 512, 299, 8, 4, 3, 2, 1, 1024, 4096, 16384)
_LARGEST = 1 << 16


def symbol_values(model: Model) -> dict[str, int] | None:
    """Small sizes for the model's symbols with which every tensor in it has a shape; None if none are found.

    They are such that the model's conditions hold, where that can be had.
    """
    names = symbols(model)
    if names is None:
        return None
    batch = batches(model)
    sizes = sizes_of(model.root)
    conditions = [r.condition for r in model.requirements if r.condition is not None]
    found: dict[str, int] | None = None
    for others in _USUAL:
        values = {s: 2 if s in batch else others for s in names}
        met = fitted(values, conditions, batch)
        if met is not None and all(holds(d, met) for d in sizes):
            return met
        if found is None and all(holds(d, values) for d in sizes):
            found = values
    return found


def fitted(values: dict[str, int], conditions: list[Condition], batch: set[str]) -> dict[str, int] | None:
    """The values changed so that all conditions hold; None if they don't then."""
    found = dict(values)
    for condition in conditions:
        if condition.symbol in found and condition.values:
            found[condition.symbol] = min(condition.values, key=lambda v: abs(v - found[condition.symbol]))
        elif condition.symbol in found and condition.modulus:
            least = found[condition.symbol]
            near = (v for v in range(least, least + condition.modulus) if allows(condition, v))
            found[condition.symbol] = next(near, least)
    for condition in conditions:
        if len(condition.sides) == 2:
            difference = condition.sides[0] - condition.sides[1]
            free = sorted(difference.symbols() & found.keys(), key=lambda s: (s in batch, s))
            solved = ((s, _solved(difference, s, found)) for s in free)
            name, value = next(((s, v) for s, v in solved if v is not None), ("", None))
            if value is not None:
                found[name] = value
    return found if all(_met(c, found) for c in conditions) else None


def _solved(difference: Dim, symbol: str, values: dict[str, int]) -> int | None:
    """The value of a symbol with which a size is nothing, if the size is linear in it."""
    at = [_number(difference, {**values, symbol: n}) for n in (1, 2, 3)]
    one, two, three = at
    if one is None or two is None or three is None or three - two != two - one or two == one:
        return None
    value = Fraction(one, one - two) + 1
    return int(value) if value.denominator == 1 and 1 <= value <= _LARGEST else None


def _met(condition: Condition, values: dict[str, int]) -> bool:
    if condition.values or condition.modulus:
        return condition.symbol not in values or allows(condition, values[condition.symbol])
    if len(condition.sides) == 2:
        return _number(condition.sides[0] - condition.sides[1], values) in (0, None)
    return True


def _number(size: Dim, values: dict[str, int]) -> int | None:
    try:
        return size.at(values)
    except (KeyError, ValueError):
        return None


def symbols(model: Model) -> list[str] | None:
    """The symbolic sizes of the inputs; None if one of them is unknown."""
    found: set[str] = set()
    for port in model.root.inputs:
        if port.tensor.shape is not None:
            if not port.tensor.shape.known:
                return None
            found |= port.tensor.shape.symbols()
    return sorted(found)


def batches(model: Model) -> set[str]:
    """The symbols that stand first in an input's shape."""
    firsts = {p.tensor.shape[0] for p in model.root.inputs if p.tensor.shape}
    return {s for s in symbols(model) or () if Dim.of(s) in firsts}


def sizes_of(root: Block) -> set[Dim]:
    """Every size of every tensor in the model, each once."""
    found: set[Dim] = set()
    seen: set[int] = set()
    stack = [root]
    while stack:
        block = stack.pop()
        if id(block) in seen:
            continue
        seen.add(id(block))
        for node in block.nodes:
            for tensor in node.outputs:
                found |= set(tensor.shape or ())
            if isinstance(node.what, Block):
                stack.append(node.what)
            elif isinstance(node.what, Loop):
                stack.append(node.what.body)
    return found


def holds(size: Dim, values: dict[str, int], least: int = 1) -> bool:
    """Whether a size is a number for these symbols, not smaller than ``least`` if it depends on them."""
    if not size.known:
        return True
    try:
        return size.at(values) >= (1 if size.constant is not None else least)
    except (KeyError, ValueError):
        return not size.symbols() <= set(values)
