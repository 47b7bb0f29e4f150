"""Whose weights a step uses, where several steps use the same."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from moniel2.ir.model import Shared
from moniel2.layout.diagram import SHARED
from moniel2.layout.steps import Step


def told_in(steps: Sequence[Step]) -> dict[str, str]:
    """By key, what is said of whose weights a step uses: that they are shared, and their owner's name where they could
    be taken for those of another node of the same type beside it."""
    weights = {s.key: s.node.shared for s in steps if s.shared and s.node.shared is not None}
    lent = set(weights.values())
    for step in steps:
        own = Shared(0, (step.node.id,))
        if step.node.shared is None and step.key == step.node.key and own in lent:
            weights[step.key] = own
    users: dict[str, set[Hashable]] = {}
    for step in steps:
        users.setdefault(step.what.name, set()).add(weights.get(step.key, step.key))
    told: dict[str, str] = {}
    for step in steps:
        whose = weights.get(step.key)
        owner = whose.path[-1] if whose is not None and len(users[step.what.name]) > 1 else ""
        words = [owner] * bool(owner) + [SHARED] * (step.shared or step.reused)
        if words:
            told[step.key] = " · ".join(words)
    return told
