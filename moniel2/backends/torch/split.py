"""When specializations can't share a class."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.backends.torch.tree import Known, same


class Split(Exception):
    """The specializations of a plan can't share a class; ``choice`` says which of them could."""

    def __init__(self, choice: tuple[int, ...]) -> None:
        super().__init__("split")
        self.choice = choice


def partition(values: Sequence[Known]) -> tuple[int, ...]:
    """Which values are the same, as numbers."""
    seen: list[Known] = []
    result = []
    for v in values:
        at = next((i for i, s in enumerate(seen) if same(s, v)), None)
        if at is None:
            at = len(seen)
            seen.append(v)
        result.append(at)
    return tuple(result)
