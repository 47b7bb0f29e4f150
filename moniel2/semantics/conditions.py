"""What must hold of the symbolic sizes: conditions met on the way, joined by symbol, and each said once."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass

from moniel2.dims import Condition, Dim, both
from moniel2.ir import model as ir
from moniel2.ir.model import Model
from moniel2.semantics.session import Requirement, Session


@dataclass(frozen=True)
class Joined:
    """All that is asked of one symbol, as one condition. ``lead`` is the place that asks the most."""

    condition: Condition
    lead: Requirement


def requirements(session: Session, model: Model | None) -> Model | None:
    """Say what must hold; what follows from something else that is said stays silent."""
    joined = list(_joined(session))
    groups: dict[tuple[object, ...], list[Joined]] = {}
    for one in joined:
        condition, span = one.condition, one.lead.span
        of_one = bool(condition.modulus or condition.values)
        kind = (condition.modulus, condition.residues, condition.values) if of_one else condition.text
        groups.setdefault((kind, span), []).append(one)
    for group in groups.values():
        _say(session, model, group)
    found = tuple(ir.Requirement(one.condition.text, one.lead.span, one.condition) for one in joined)
    return None if model is None else dataclasses.replace(model, requirements=found)


def only_divides(model: Model, closed: Model) -> bool:
    """Whether parameters that are left open are asked for nothing but to be divisible, or large enough.

    ``closed`` is the same program with their values.
    """
    known = {r.text for r in closed.requirements}
    return all(r.text in known or _DIVIDES.search(r.text) for r in model.requirements)


_DIVIDES = re.compile(r"multiples? of|when divided by|is odd| <= |^(.+) = (\d+)\*floor\(\1/\2\)$")


def _joined(session: Session) -> Iterable[Joined]:
    found: dict[str, Joined] = {}
    for item in session.requirements:
        condition = item.condition
        # a = b and b = a are the same.
        of_one = bool(condition.modulus or condition.values)
        key = condition.symbol if of_one else " = ".join(sorted(condition.text.split(" = ")))
        before = found.get(key)
        if before is None:
            found[key] = Joined(condition, item)
        elif of_one:
            met = both(before.condition, condition)
            if met is None:
                found.setdefault(condition.text, Joined(condition, item))
            elif not met.residues and not met.values:
                session.report(
                    "shape-mismatch",
                    f"no {condition.symbol} fits: {before.condition.text} and {condition.text}, says {item.message}",
                    item.span,
                    builder=item.builder,
                )
            else:
                lead = item if _narrower(condition, before.lead.condition) else before.lead
                found[key] = Joined(met, lead)
    return found.values()


def _narrower(a: Condition, b: Condition) -> bool:
    """Whether a condition asks more than another on the same symbol."""
    if a.values and b.values:
        return len(a.values) < len(b.values)
    return bool(a.values) if a.values or b.values else a.modulus > b.modulus


def _say(session: Session, model: Model | None, group: list[Joined]) -> None:
    symbols = list(dict.fromkeys(one.condition.symbol for one in group if one.condition.symbol))
    lead = group[0].lead
    condition = group[0].condition
    text = condition.text if len(symbols) < 2 else condition.of(f"{', '.join(symbols[:-1])} and {symbols[-1]}", True)
    session.report(
        "condition",
        f"holds only when {text}: {lead.message}",
        lead.span,
        help=_declaration(model, symbols, condition),
        builder=lead.builder,
    )


def _declaration(model: Model | None, symbols: list[str], condition: Condition) -> str | None:
    """The input's shape that would have it so: ``In[B, 3, 16*h, 16*w]``."""
    if model is None or len(condition.residues) != 1:
        return None
    taken = {s for port in model.root.inputs for s in (port.tensor.shape.symbols() if port.tensor.shape else ())}
    values: dict[str, Dim] = {}
    for symbol in symbols:
        inner = symbol.lower() if symbol.lower() not in taken else f"{symbol}_"
        values[symbol] = Dim.of(inner) * condition.modulus + condition.residues[0]
    for port in model.root.inputs:
        shape = port.tensor.shape
        if shape is not None and any(size == Dim.of(s) for size in shape for s in symbols):
            name = f"{port.name}:" if port.name else ""
            return f"say so in the input's shape, and it is proved: {name}In{shape.substitute(dict(values))}"
    return None
