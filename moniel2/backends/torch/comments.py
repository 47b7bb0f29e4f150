"""Shapes as comments, in the source's own words where it has a name for a size."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.backends.torch.explain import Feature, explain, matches
from moniel2.backends.torch.plans import Plan, parameter_values
from moniel2.backends.torch.python import Atom, comment, flat
from moniel2.backends.torch.tree import Any_, Known
from moniel2.dims import Dim


class Shapes:
    """Comments for the tensors of one class."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.count = len(plan.units)
        self.known: dict[tuple[Known, ...], str] = {}
        self.features = self._features() if self.count > 1 else []

    def _features(self) -> list[Feature]:
        columns: dict[str, list[Known]] = {}
        for i, unit in enumerate(self.plan.units):
            for name, size in unit.block.sizes:
                value: Known = size.constant if size.constant is not None else size if size.known else Any_()
                columns.setdefault(name, [Any_()] * self.count)[i] = value
        found = {n: tuple(v) for n, v in columns.items() if not any(isinstance(x, Any_) for x in v)}
        for name, values in parameter_values(self.plan).items():
            if name not in found and all(isinstance(v, int) and not isinstance(v, bool) for v in values):
                found[name] = values
        return [Feature(Atom(n), v, 0, n) for n, v in found.items()][:8]

    def comment(self, values: Sequence[int]) -> str:
        """``[B, 64, 56, 56]``; "" if nothing is known."""
        texts = [self.shape(v) for v in values]
        if not texts or not all(texts):
            return ""
        if len(texts) > 1 and len(set(texts)) == 1:
            return f"{texts[0]} each"
        return comment(", ".join(texts)) if len(texts) < 4 else ""

    def shape(self, value: int) -> str:
        drafts = self.plan.drafts
        shapes = [None if value in d.absent else d.tensors[value].shape for d in drafts]
        clean = [s for s in shapes if s is not None]
        if len(clean) < sum(value not in d.absent for d in drafts) or len({len(s) for s in clean}) != 1:
            return ""
        sizes: list[str] = []
        for axis in range(len(clean[0])):
            sizes.append(self.size([None if s is None else s[axis] for s in shapes], sizes))
        return comment(f"[{', '.join(sizes)}]")

    def size(self, column: Sequence[Dim | None], before: list[str]) -> str:
        """One size; of several names the one that isn't used yet, so that [H, W] stays that where both are equal."""
        known = [d for d in column if d is not None]
        if all(d == known[0] for d in known) and (self.count == 1 or known[0].constant is not None):
            return self.named(known[0], before)
        key: tuple[Known, ...] = tuple(_value(d) for d in column)
        exact = [f.name for f in self.features if matches(key, f.values)]
        if exact:
            return next((n for n in exact if n not in before), exact[0])
        if all(d == known[0] for d in known):
            return self.named(known[0], before)
        if key not in self.known:
            found = explain(key, self.features) if all(d.known for d in known) else None
            self.known[key] = flat(found.expr) if found is not None else "_"
        return self.known[key]

    def named(self, size: Dim, before: list[str]) -> str:
        if size.constant is not None or not size.known:
            return str(size)
        names = [n for n, s in self.plan.block.sizes if s == size]
        return next((n for n in names if n not in before), names[0] if names else str(size))


def _value(size: Dim | None) -> Known:
    if size is None or not size.known:
        return Any_()
    return size.constant if size.constant is not None else size
