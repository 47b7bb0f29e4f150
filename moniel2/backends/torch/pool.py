"""What the source says at a place: the expressions to try before a rule is made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moniel2.backends.torch.explain import Found, matches
from moniel2.backends.torch.places import holds
from moniel2.backends.torch.python import Expr
from moniel2.backends.torch.rewrite import Said, negated, rewrite
from moniel2.backends.torch.tree import Any_, Known
from moniel2.ir.formula import Written
from moniel2.source import Span


class Pool:
    """A definition's expressions with their values; those that can't be said with the names at hand are left out."""

    def __init__(
        self,
        written: Sequence[Written],
        names: Mapping[str, Said],
        count: int,
        numbers: Mapping[str, int] | None = None,
    ) -> None:
        found = ((w, rewrite(w.formula, names, count, numbers)) for w in written if not w.name)
        self.said = [(w, said) for w, said in found if said is not None]
        self.asked: dict[tuple[Known, ...], int] = {}  # how often for the same values at the place

    def arrive(self) -> None:
        """At the next place."""
        self.asked.clear()

    def at(self, values: Sequence[Known], at: Span) -> Found | None:
        """The expression with these values that is said at a place; of several, one after the other."""
        fitting = self._fitting(values, at)
        turn = self.asked.get(tuple(values), 0)
        self.asked[tuple(values)] = turn + 1
        said = fitting[min(turn, len(fitting) - 1)] if fitting else None
        return None if said is None or said.fixed else Found(said.expr, said.features)

    def first(self, values: Sequence[Known], at: Span) -> Found | None:
        """The nearest expression with these values that is said at a place."""
        said = next(iter(self._fitting(values, at)), None)
        return None if said is None or said.fixed else Found(said.expr, said.features)

    def _fitting(self, values: Sequence[Known], at: Span) -> list[Said]:
        several = any(isinstance(v, tuple) for v in values)
        fits = _matches_spread if several else matches
        return [s for w, s in self._near(at) if not w.decides and fits(values, s.values)]

    def spelt(self, values: Sequence[Known], at: Span) -> Expr | None:
        """How the source says a number that depends on nothing: ``-2 * math.log(10000) / 512``."""
        fitting = (s for w, s in self._near(at) if s.fixed and not s.plain and matches(values, s.values))
        return next((s.expr for s in fitting), None)

    def says(self, expr: Expr) -> bool:
        return any(said.expr == expr for _, said in self.said)

    def anywhere(self, values: Sequence[Known]) -> Found | None:
        """The first expression of the definition that has these values."""
        found = (Found(s.expr, s.features) for w, s in self.said if not s.fixed and matches(values, s.values))
        return next(found, None)

    def decide(self, choice: Sequence[bool | Any_], at: Span | None) -> Found | None:
        """The condition that is true exactly there, or its opposite; what is said at the place comes first."""
        near = self._near(at) if at is not None else []
        for _, said in sorted((*near, *self.said), key=lambda pair: not pair[0].decides):
            if said.fixed or not all(isinstance(v, (bool, Any_)) for v in said.values):
                continue
            for expr, wanted in ((said.expr, True), (negated(said.expr), False)):
                pairs = zip(choice, said.values, strict=True)
                if all(isinstance(c, Any_) or (isinstance(v, bool) and v is (c is wanted)) for c, v in pairs):
                    return Found(expr, said.features)
        return None

    def _near(self, at: Span) -> list[tuple[Written, Said]]:
        """What is said around or inside a place, the nearest first."""
        size = at.end - at.start
        near = [
            (abs(w.span.end - w.span.start - size), w, s)
            for w, s in self.said
            if holds(w.span, at) or holds(at, w.span)
        ]
        return [(w, s) for _, w, s in sorted(near, key=lambda n: n[0])]


def _matches_spread(values: Sequence[Known], said: Sequence[Known]) -> bool:
    """The same, where torch takes one number for several that are alike: `1` for `(1, 1, 1)`."""
    return all(matches((v,), (s,)) or _alike(v, s) for v, s in zip(values, said, strict=True))


def _alike(value: Known, several: Known) -> bool:
    number = isinstance(value, int) and not isinstance(value, bool)
    return number and isinstance(several, tuple) and set(several) == {value}
