"""Whether two models that evaluate alike also train alike: outputs, gradients, statistics, dropouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import torch

from moniel2.verification.both import Both
from moniel2.verification.inputs import Inputs
from moniel2.verification.modes import Draw, distance
from moniel2.verification.pairing import Pairing
from moniel2.verification.places import Description, Reference
from moniel2.verification.report import Check

CLOSE = 1e-10
STEEP = 1e-7
"""Gradients and statistics may differ by this part: they are sums of more, in which more cancels."""


def compare_training(both: Both, pairing: Pairing, inputs: Inputs) -> Iterator[tuple[Check, tuple[str, ...]]]:
    """One training step in both, each check with notes. Dropouts keep everything, scaled by what their rates say."""
    draws: tuple[list[Draw], list[Draw]] = ([], [])
    both.train(True)
    ours, theirs = both.untraced()
    gap = both.gradients(inputs.as_type(torch.float64), draws)
    apart = f"outputs {far(gap)} apart in float64, on {inputs}"
    yield Check("training", gap < CLOSE, f"{both.unlike}, on {inputs}" if both.unlike else apart), ()
    yield _dropouts(*draws), ()
    if gap >= CLOSE:
        return
    yield _gradients(both, pairing, ours, theirs)
    yield _statistics(both, pairing, ours, theirs), ()
    yield _trained(both, pairing, ours, theirs), ()


def far(gap: float) -> str:
    """A relative difference in words."""
    return "0" if gap == 0 else f"{gap:.1e}"


def _dropouts(ours: list[Draw], theirs: list[Draw]) -> Check:
    mine, other = Counter(ours), Counter(theirs)
    if mine == other:
        rates = sorted({1 - d.keep for d in mine if d.keep is not None})
        text = ", ".join(f"{r:g}" for r in rates)
        return Check("dropout", True, f"the same rates, {text}" if rates else "none in either")
    lines = [f"{n} × {_draw(d)} in the description only" for d, n in (mine - other).items()]
    lines += [f"{n} × {_draw(d)} in the reference only" for d, n in (other - mine).items()]
    return Check("dropout", False, "differs", tuple(lines))


def _draw(draw: Draw) -> str:
    kind = "random numbers" if draw.keep is None else f"dropout of {1 - draw.keep:g}"
    return f"{kind} over {draw.count:,}"


def _gradients(both: Both, pairing: Pairing, ours: Description, theirs: Reference) -> tuple[Check, tuple[str, ...]]:
    total = sum(float(w.tensor.grad.norm()) for w in both.other.values() if w.tensor.grad is not None) or 1.0
    worst, lines, idle = 0.0, [], []
    for a, b in pairing.pairs:
        mine, other = both.mine[a], both.other[b]
        if mine.statistic:
            continue
        g, h = mine.gradient, other.gradient
        if g is None and h is None:
            idle.append(a)
            continue
        zero = torch.zeros_like(mine.tensor)
        g, h = zero if g is None else g, zero if h is None else h
        size = max(float(h.norm()), float(g.norm()))
        if size < total * 1e-12:
            idle.append(a)
            continue
        gap = float((g - h).norm()) / max(size, total * 1e-6)
        worst = max(worst, gap)
        if gap >= STEEP:
            lines.append(f"{ours.weight(a).does} at {ours.weight(a).where}; in the reference {theirs.weight(b).does}")
    notes: tuple[str, ...] = ()
    if idle:
        shown = ", ".join(idle[:3]) + (f" and {len(idle) - 3} more" if len(idle) > 3 else "")
        notes = (f"in training no output depends on {shown}: no gradient to compare",)
    return Check("gradients", not lines, f"{far(worst)} apart, tensor by tensor", _some(lines)), notes


def _statistics(both: Both, pairing: Pairing, ours: Description, theirs: Reference) -> Check:
    lines, count = [], 0
    for a, b in pairing.pairs:
        if both.mine[a].statistic:
            count += 1
            if distance(both.mine[a].tensor, both.other[b].tensor) >= STEEP:
                lines.append(
                    f"{ours.weight(a).does} at {ours.weight(a).where}; in the reference {theirs.weight(b).does}"
                )
    return Check(
        "statistics",
        not lines,
        f"{count} running means and variances after the step" if count else "none",
        _some(lines),
    )


def _trained(both: Both, pairing: Pairing, ours: Description, theirs: Reference) -> Check:
    lines = []
    for a, b in pairing.pairs:
        if (a in both.trained[0]) != (b in both.trained[1]) and not both.mine[a].statistic:
            which = ("trained in the description, frozen", "frozen in the description, trained")[b in both.trained[1]]
            lines.append(f"{a} is {which} in the reference ({ours.weight(a).where}; {b})")
    return Check("trained", not lines, "the same parameters" if not lines else "differs", _some(lines))


def _some(lines: list[str], most: int = 4) -> tuple[str, ...]:
    return tuple(lines if len(lines) <= most else [*lines[:most], f"… and {len(lines) - most} more"])
