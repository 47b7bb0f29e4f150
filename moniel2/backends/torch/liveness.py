"""Which values the steps read, and how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from moniel2.backends.torch.draft import Beside, Bind, Each, Entry, Step
from moniel2.backends.torch.tree import Term, Tree, Value


def not_tensors(steps: list[Step], entries: Sequence[Entry]) -> set[int]:
    """Values that are modules or lists: their names are not taken over."""
    found = {e.value for e in entries if e.apart}
    for step in steps:
        if isinstance(step, Each):
            found |= {w for _, w in step.gathered} | {step.item}
        elif isinstance(step, Beside):
            found |= {step.out, *step.items}
    return found


def liveness(steps: list[Step], returns: tuple[int, ...]) -> tuple[dict[int, int], dict[int, int]]:
    """For each value, the last step that reads it and how often it is read."""
    last: dict[int, int] = {}
    uses: dict[int, int] = {}
    for at, step in enumerate(steps):
        for value in _read_by(step):
            last[value] = at
            uses[value] = uses.get(value, 0) + 1
        if isinstance(step, Bind) and step.through >= 0:
            last[step.through] = at  # where the step is left out, it goes on
    for value in returns:
        last[value] = len(steps)
        uses[value] = uses.get(value, 0) + 1
    return last, uses


def _read_by(step: Step) -> list[int]:
    if isinstance(step, Bind):
        return mentioned(step.tree)
    if isinstance(step, Each):
        found = [v for t in (step.over, *step.start, step.tree) for v in mentioned(t)]
        return [*found, *found, *(v for v, _ in step.gathered)]
    return [v for t in (*step.over, step.tree) for v in mentioned(t)]


def mentioned(tree: Tree) -> list[int]:
    found: list[int] = []
    stack = [tree]
    while stack:
        at = stack.pop()
        if isinstance(at, Value):
            found.append(at.number)
        elif isinstance(at, Term):
            stack += reversed(at.children)
    return found


def calls(tree: Tree) -> bool:
    return isinstance(tree, Term) and (tree.head in ("call", "apply", "method") or any(map(calls, tree.children)))


def calls_beside(tree: Tree, value: int) -> bool:
    """Whether something is called that doesn't contain the value."""
    if not isinstance(tree, Term):
        return False
    return any(calls(c) if value not in mentioned(c) else calls_beside(c, value) for c in tree.children)


def joined(tree: Tree) -> list[int]:
    """The values that are put together: those of a list that a function takes, or both of a sum."""
    if not isinstance(tree, Term) or not tree.children:
        return []
    if tree.head == "infix":
        return [c.number for c in tree.children if isinstance(c, Value)]
    if tree.head != "call":
        return []
    first = tree.children[0]
    if not isinstance(first, Term) or first.head != "list":
        return []
    return [c.number for c in first.children if isinstance(c, Value)]


def branches(
    steps: Sequence[Step], uses: Mapping[int, int], hints: Sequence[str], apart: Set[int] = frozenset()
) -> frozenset[int]:
    """Values of branches side by side that are put together at once, and what those are made of; not into ``apart``."""
    found: set[int] = set()

    def alone(value: int) -> bool:
        return uses.get(value) == 1 and not hints[value]

    for step in reversed(steps):
        if not isinstance(step, Bind) or not step.present:
            continue
        parts = joined(step.tree) if apart.isdisjoint(step.outs) else []
        if sum(map(alone, parts)) > 1:
            found |= set(filter(alone, parts))
        elif len(step.outs) == 1 and step.outs[0] in found:
            found |= set(filter(alone, mentioned(step.tree)))
    return frozenset(found)
