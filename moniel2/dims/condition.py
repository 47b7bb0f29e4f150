"""What must hold of names for two sizes to agree, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import lcm

from moniel2.dims.dim import Dim

EQUAL = "equal"
DIFFERENT = "different"
UNDECIDED = "unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the symbols for two sizes to agree, e.g. "H is a multiple of 16".

    For one symbol with a period, ``symbol``, ``modulus`` and ``residues`` say it; for one that has only some values,
    ``symbol`` and ``values``; otherwise the text alone does, and ``sides`` are the sizes that must be equal.
    """

    text: str
    symbol: str = ""
    modulus: int = 0
    residues: tuple[int, ...] = ()
    values: tuple[int, ...] = ()
    sides: tuple[Dim, ...] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        return self.text

    def of(self, subject: str, plural: bool = False) -> str:
        """What a condition with a period says, of other words: ``H and W are multiples of 16``."""
        if self.values:
            return f"{subject} {'are' if plural else 'is'} {either(list(self.values))}"
        if self.residues == (0,):
            return f"{subject} {'are multiples' if plural else 'is a multiple'} of {self.modulus}"
        if self.modulus == 2:
            return f"{subject} {'are' if plural else 'is'} odd"
        return (
            f"{subject} {'leave' if plural else 'leaves'} {either(list(self.residues))} when divided by {self.modulus}"
        )


Verdict = str | Condition


def valued(symbol: str, values: list[int]) -> Condition:
    """``symbol`` is one of the values, in words."""
    found = Condition("", symbol, values=tuple(values))
    return replace(found, text=found.of(symbol)) if values else found


def allows(condition: Condition, value: int) -> bool:
    """Whether the one symbol of a condition may have a value."""
    return value in condition.values if condition.values else value % condition.modulus in condition.residues


def residual(symbol: str, period: int, residues: list[int]) -> Condition:
    """``symbol`` is one of the residues, in words."""
    modulus, kept = _reduced(period, residues)
    found = Condition("", symbol, modulus, kept)
    return replace(found, text=found.of(symbol))


def both(a: Condition, b: Condition) -> Condition | None:
    """Two conditions on one symbol as one. Neither residues nor values are left where they exclude each other; None if
    the common period is too long.
    """
    assert a.symbol == b.symbol
    if a.values or b.values:
        few, rest = (a, b) if a.values else (b, a)
        return valued(a.symbol, [v for v in few.values if allows(rest, v)])
    period = lcm(a.modulus, b.modulus)
    if period > 1 << 16:
        return None
    mine, other = set(a.residues), set(b.residues)
    residues = [r for r in range(period) if r % a.modulus in mine and r % b.modulus in other]
    if not residues:
        return Condition("", a.symbol, period)
    return residual(a.symbol, period, residues)


def either(values: list[int]) -> str:
    """``0 to 7``, ``1, 3 or 5``; many that leave gaps are cut short."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    words = [w for run in runs for w in ([f"{run[0]} to {run[-1]}"] if len(run) > 3 else map(str, run))]
    if len(words) > 6:
        words = [*words[:5], f"one of {len(words) - 5} others"]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def _reduced(period: int, residues: list[int]) -> tuple[int, tuple[int, ...]]:
    """The same set with the smallest modulus."""
    for times in range(len(residues), 1, -1):  # each residue of the smaller modulus stands so often in the larger one
        if period % times == 0 and len(residues) % times == 0:
            small = sorted({r % (period // times) for r in residues})
            if len(small) * times == len(residues):
                return period // times, tuple(small)
    return period, tuple(residues)
