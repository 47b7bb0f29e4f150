"""Whether two models have the same weights: how many, of which shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from moniel2.verification.both import Both
from moniel2.verification.inputs import Inputs
from moniel2.verification.places import Description, Reference
from moniel2.verification.report import Check
from moniel2.verification.weights import Weight

MOST = 6
"""Lines of what differs."""


def compare_shapes(both: Both, inputs: Inputs) -> Check:
    """The weights of both as two collections of shapes; if they differ, where they do in order of use."""
    mine, other = list(both.mine.values()), list(both.other.values())
    equal = Counter(w.kind for w in mine) == Counter(w.kind for w in other)
    count, count_other = _count(mine), _count(other)
    tensors, tensors_other = _tensors(mine), _tensors(other)
    if equal:
        return Check("parameters", True, f"{count:,} in {tensors} tensors of the same shapes")
    found = f"{count:,} in {tensors} tensors, the reference has {count_other:,} in {tensors_other}"
    ours, theirs = both.trace_ours(inputs), both.trace_theirs(inputs)
    alike = _alike(both.mine, both.other)
    lines = _differences(
        [w for w in _in_use(both.mine, ours.trace.used) if w.key not in alike],
        [w for w in _in_use(both.other, theirs.trace.used) if w.key not in alike],
        ours,
        theirs,
    )
    if len(lines) > MOST:
        lines = [*lines[:MOST], f"… and {len(lines) - MOST} more"]
    return Check("parameters", False, found, tuple(lines))


def _count(weights: Sequence[Weight]) -> int:
    return sum(w.tensor.numel() for w in weights if not w.statistic)


def _tensors(weights: Sequence[Weight]) -> int:
    return sum(1 for w in weights if not w.statistic)


def _alike(mine: dict[str, Weight], other: dict[str, Weight]) -> set[str]:
    """The names that both have for a weight of the same shape, where most weights have the same names."""
    found = {k for k, w in mine.items() if k in other and other[k].kind == w.kind}
    return found if 2 * len(found) > min(len(mine), len(other)) else set()


def _in_use(weights: dict[str, Weight], used: dict[str, int]) -> list[Weight]:
    return [weights[k] for k in dict.fromkeys([*used, *weights])]


def _differences(mine: list[Weight], other: list[Weight], ours: Description, theirs: Reference) -> list[str]:
    """What one has more of than the other, side by side where it stands at the same place in order of use."""
    more_mine = Counter(w.kind for w in mine) - Counter(w.kind for w in other)
    more_other = Counter(w.kind for w in other) - Counter(w.kind for w in mine)
    lines = []
    i = j = 0
    while i < len(mine) or j < len(other):
        here, there = mine[i] if i < len(mine) else None, other[j] if j < len(other) else None
        extra = here is not None and (there is None or here.kind != there.kind) and more_mine[here.kind] > 0
        lacks = there is not None and (here is None or here.kind != there.kind) and more_other[there.kind] > 0
        if here is not None and extra:
            more_mine[here.kind] -= 1
        if there is not None and lacks:
            more_other[there.kind] -= 1
        if here is not None and there is not None and extra and lacks:
            lines.append(f"{_ours(here, ours)}; in the reference {_theirs(there, theirs)}")
        elif here is not None and extra:
            lines.append(f"{_ours(here, ours)}; the reference has nothing like it")
        elif there is not None and lacks:
            lines.append(f"the reference has {_theirs(there, theirs)}; the description nothing like it")
        i += extra or not lacks
        j += lacks or not extra
    return lines


def _ours(weight: Weight, ours: Description) -> str:
    return f"{weight.key} {list(weight.shape)} at {ours.weight(weight.key).where}"


def _theirs(weight: Weight, theirs: Reference) -> str:
    return f"{theirs.weight(weight.key).does} {list(weight.shape)}"
