"""Shapes as comments, in the source's own words where it has a name for a size."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from moniel2.backends.torch.doors import word_of
from moniel2.backends.torch.explain import Feature, explain, matches
from moniel2.backends.torch.letters import letters
from moniel2.backends.torch.literals import comment
from moniel2.backends.torch.plans import Plan, parameter_values
from moniel2.backends.torch.python import Atom, flat
from moniel2.backends.torch.tree import Any_, Known, Open
from moniel2.dims import OPEN, Dim, is_open

UNKNOWN = "_"  # a size that nobody has a word for: such a shape isn't worth telling
LONGEST = 72  # columns of a comment
ELSEWHERE = ("M", "L", "S", "K", "P", "Q")  # for a size from outside a class whose letter the class uses itself
OTHERWISE = {"C": ("Cin",), "D": ("Din",)}  # where the letter is a parameter's


class Shapes:
    """Comments for the tensors of one class."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.count = len(plan.units)
        self.known: dict[tuple[Known, ...], str] = {}
        sizes = [s for _, s in plan.block.sizes] + [s for t in plan.first.tensors for s in t.shape or ()]
        self.features = self._features() if self.count > 1 or any(map(is_open, sizes)) else []
        # For what is only the formula of a size elsewhere.
        self.letters = {f.values[0]: f.name for f in self._unnamed({n: () for n, _ in plan.block.sizes})}

    def _features(self) -> list[Feature]:
        columns: dict[str, list[Known]] = {}
        for i, unit in enumerate(self.plan.units):
            for name, size in unit.block.sizes:
                value: Known = size.constant if size.constant is not None else size if size.known else Any_()
                columns.setdefault(name, [Any_()] * self.count)[i] = value
        found = {n: tuple(v) for n, v in columns.items() if not any(isinstance(x, Any_) for x in v)}
        for name, values in parameter_values(self.plan).items():
            sizes = tuple(v.size if isinstance(v, Open) else v for v in values)
            if name not in found and all(isinstance(v, (int, Dim)) and not isinstance(v, bool) for v in sizes):
                found[name] = tuple(v for v in sizes if isinstance(v, (int, Dim)))
        # A constant of the source that is always a parameter isn't in the code.
        constants = {w.name for w in self.plan.block.formulas.written}
        others = [v for n, v in found.items() if n not in constants]
        order = sorted(found, key=lambda n: n in constants and found[n] in others)
        features = [Feature(Atom(n), found[n], 0, n) for n in order][:8]
        features += self._unnamed(found)
        symbols = {s: word_of(s) for s in self.plan.symbols}
        return features + [Feature(Atom(n), (Dim.of(s),) * self.count, 2, n) for s, n in symbols.items()]

    def _unnamed(self, named: Mapping[str, tuple[Known, ...]]) -> list[Feature]:
        """Axes of the inputs that the source gives no name, under the letters that everybody knows them by."""
        found: dict[str, tuple[Known, ...]] = {}
        for entry in self.plan.first.entries:
            shapes = [d.tensors[entry.value].shape for d in self.plan.drafts]
            ranks = {len(s) for s in shapes if s is not None}
            if entry.port < 0 or None in shapes or len(ranks) != 1:
                continue
            columns = [tuple(_value(s[axis]) for s in shapes if s is not None) for axis in range(*ranks)]
            for column, letter in zip(columns, letters(self.plan.block, entry.port), strict=False):
                names = [
                    n
                    for n in (letter, *(OTHERWISE.get(letter, ()) if named.get(letter) not in columns else ()))
                    if n not in found and n not in named
                ]
                if names and column not in named.values() and not any(isinstance(v, Any_) for v in column):
                    found[names[0]] = column
        return [Feature(Atom(n), v, 1, n) for n, v in found.items()]

    def comment(self, values: Sequence[int]) -> str:
        """``[B, 64, 56, 56]``; "" if nothing is known."""
        texts = [self.shape(v) for v in values]
        if not texts or not all(texts) or any(re.search(rf"\b{UNKNOWN}\b", t) for t in texts):
            return ""
        together = f"{texts[0]} each" if len(texts) > 1 and len(set(texts)) == 1 else ", ".join(texts)
        return comment(together) if len(together) <= LONGEST else ""

    def shape(self, value: int) -> str:
        drafts = self.plan.drafts
        shapes = [None if value in d.absent else d.tensors[value].shape for d in drafts]
        clean = [s for s in shapes if s is not None]
        if len(clean) < sum(value not in d.absent for d in drafts) or len({len(s) for s in clean}) != 1:
            return ""
        sizes: list[str] = []
        for axis in range(len(clean[0])):
            sizes.append(self.size([None if s is None else s[axis] for s in shapes], sizes))
        known = not sizes or any(size != "?" for size in sizes)
        return comment(f"[{', '.join(sizes)}]") if known else ""

    def size(self, column: Sequence[Dim | None], before: list[str]) -> str:
        """One size; of several names the one that isn't used yet, so that [H, W] stays that where both are equal."""
        known = [d for d in column if d is not None]
        alike = all(d == known[0] for d in known) and not is_open(known[0])
        if alike and (self.count == 1 or known[0].constant is not None):
            return self.named(known[0], before)
        key: tuple[Known, ...] = tuple(_value(d) for d in column)
        exact = [f.name for f in self.features if matches(key, f.values)]
        if exact and exact[0] in before and all(isinstance(v, int) for v in key):
            # Numbers that are a name's by chance: [B, C, H // stride, W // stride] rather than [B, C, C, C].
            other = explain(key, [f for f in self.features if f.name not in before])
            exact += [self._other_letters(flat(other.expr), before)] if other is not None else []
        if exact:
            return next((n for n in exact if n not in before), exact[0])
        if alike:
            return self.named(known[0], before)
        if key not in self.known:
            found = explain(key, self.features) if all(d.known for d in known) else None
            # ``Cin * H // C`` is what a size comes to, and nothing that anybody means.
            far = found is not None and len(found.features) > 2 and "//" in flat(found.expr)
            self.known[key] = flat(found.expr) if found is not None and not far else UNKNOWN
        return self._other_letters(self.known[key], before)

    def _other_letters(self, text: str, before: list[str]) -> str:
        """``[H // 2, W // 2]`` rather than ``[H // 2, H // 2]`` where both are the same."""
        if text not in before:
            return text
        columns = {f.name: f.values for f in self.features}
        for name, column in columns.items():
            for other, same in columns.items():
                pattern = rf"\b{re.escape(name)}\b"
                if other != name and same == column and re.search(pattern, text):
                    changed = re.sub(pattern, other, text)
                    if changed not in before:
                        return changed
        return text

    def named(self, size: Dim, before: list[str]) -> str:
        if size.constant is not None or not size.known:
            return str(size)
        names = [n for n, s in self.plan.block.sizes if s == size]
        if not names and OPEN in str(size):
            return UNKNOWN
        if not names and len(size.terms) + len(size.symbols()) > 2 and (letter := self.letters.get(size)):
            return letter
        if not names:
            return re.sub(r"(?<=\w)([*/])(?=\w)", r" \1 ", str(self._apart(size)))
        return next((n for n in names if n not in before), names[0])

    def _apart(self, size: Dim) -> Dim:
        """A size of what is handed in, which has names of its own: the ``N`` of what is around a class is another
        letter where the class calls something else so."""
        own = dict(self.plan.block.sizes)
        taken = {s for s in size.symbols() if s in own and own[s] != Dim.of(s)}
        free = [n for n in ELSEWHERE if n not in own and n not in size.symbols() and n not in self.plan.symbols]
        return size.substitute(dict(zip(sorted(taken), map(Dim.of, free), strict=False))) if taken else size


def _value(size: Dim | None) -> Known:
    if size is None or not size.known:
        return Any_()
    return size.constant if size.constant is not None else size
