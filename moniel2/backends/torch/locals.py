"""Names for the tensors of one ``forward``: what the source calls them, else short ones, used again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.backends.torch import names
from moniel2.backends.torch.draft import Draft

SPARE = ("x", "y", "z", "u", "v", "w", "s", "t")


class Locals:
    """Who has which name at the moment. ``last`` is the last step that reads a value; ``apart`` are no tensors."""

    def __init__(
        self, draft: Draft, taken: names.Names, written: dict[int, str], last: Mapping[int, int], apart: set[int]
    ) -> None:
        self.draft, self.taken, self.written, self.last, self.apart = draft, taken, written, last, apart
        self.current = {n: v for v, n in written.items()}
        self.forced: dict[int, str] = {}
        self.items: dict[str, list[str]] = {}  # what lists are gone through with
        self.own: set[str] = set()  # names that the source's nodes gave
        self.waiting: set[int] = set()  # branches that are put together later
        # Names that a type checker knows to be tensors: parameters always, others as long as what they have is known.
        self.declared = {written[e.value] for e in draft.entries if not e.apart and not e.optional}
        self.tensors = set(self.declared)

    def spare(self) -> str:
        name = next((s for s in SPARE if s not in self.taken), None) or self.taken.fresh("x")
        self.taken.reserve(name)
        return name

    def of(self, value: int, fallback: str) -> str:
        """A name nobody else has, for what is no tensor: a module, a list."""
        name = self.taken.fresh(names.variable(names.snake(self.draft.hints[value] or fallback)))
        self.written[value] = name
        return name

    def items_of(self, values: Sequence[int], fallback: str) -> list[str]:
        """Names for what a loop or a comprehension goes through lists with; those of another one come again."""
        found: list[str] = []
        for value in values:
            known = self.items.setdefault(self.draft.hints[value] or fallback, [])
            again = next((n for n in known if n not in found), None)
            if again is None:
                known.append(self.of(value, fallback))
            self.written[value] = again or known[-1]
            found.append(self.written[value])
        return found

    def name(self, value: int, at: int, typed: bool, inside: bool = False) -> str:
        """What the source calls it; else the name of a tensor that ends at step ``at``; else a short one.

        ``typed``: a type checker knows that what is assigned is a tensor. ``inside``: under an ``if``.
        """
        # What has to wait for others is told apart by what makes it.
        waits = value not in self.draft.returns and (self.last.get(value, -1) > at + 1 or value in self.waiting)
        hint = self.draft.hints[value] or (self.draft.ids[value] if waits else "")
        wanted = names.variable(names.snake(hint)) if hint else ""
        over = self.dying(at, inside)
        # A name of the source stays with its tensor, or goes to the next of that name; "x" is any tensor's.
        dying = [n for n in over if n == "x" or not (n in self.own or self.draft.hints[self.current[n]])]
        if value in self.forced:
            chosen = self.forced[value]
        elif wanted and (wanted not in self.taken or wanted in over):
            self.taken.reserve(wanted)
            chosen = wanted
        elif dying:
            # What is returned needs no annotation under the name of a parameter.
            known = [d for d in dying if d in self.declared] if value in self.draft.returns else []
            chosen = (known or dying)[0]
        elif wanted:
            # After a digit a number would be read with it: ``m1_2``, not ``m12``.
            chosen = self.taken.fresh(wanted if not wanted[-1].isdigit() else f"{wanted}_")
        else:
            chosen = self.spare()
        if hint and not self.draft.hints[value]:
            self.own.add(chosen)
        if typed:
            self.tensors.add(chosen)
        elif chosen not in self.declared:
            self.tensors.discard(chosen)
        self.written[value] = chosen
        self.current[chosen] = value
        return chosen

    def dying(self, at: int, inside: bool) -> list[str]:
        """Free names: those whose tensor is read at this step for the last time, or was before; the latest first."""
        found = []
        kept = set(self.forced.values()) if inside else set()
        for name, value in self.current.items():
            if name in kept:
                continue
            end = self.last.get(value, -1)
            if 0 <= end <= at and value not in self.apart:
                found.append((-end, name))
        return [n for _, n in sorted(found, key=lambda f: f[0])]
