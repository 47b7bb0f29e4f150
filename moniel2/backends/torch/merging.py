"""Several specializations' trees laid on each other: one tree, with holes and forks where they differ."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

from moniel2.backends.torch import names
from moniel2.backends.torch.plans import Param, Plan
from moniel2.backends.torch.python import Atom, Expr
from moniel2.backends.torch.signatures import aligned, filled
from moniel2.backends.torch.split import Split, partition
from moniel2.backends.torch.tree import (
    ANY,
    Any_,
    Built,
    Chain,
    Done,
    Fork,
    Known,
    Leaf,
    NewBlock,
    Open,
    Rows,
    Runs,
    Scalar,
    Segment,
    Term,
    Tree,
    Unit,
    is_module,
    merge,
    merged_value,
    plus,
)

LONGEST_LIST = 256  # copies that differ in one value are written as a list of values up to this length

Maybe = Sequence["Tree | None"]
# Which specialization and which copy each row of the columns is of; the variable, and each column as a formula of it.
NumberCopies = Callable[[Sequence[tuple[int, int]], Sequence[Sequence[Known]]], "tuple[str, list[Expr]] | None"]
Run = tuple["int | Open", Tree]


class Merger:
    """Merges what the attributes of one class are set to. ``own`` are the class's parameters so far."""

    def __init__(
        self,
        plan: Plan,
        of: Mapping[Unit, Plan],
        taken: names.Names,
        own: Callable[[], Sequence[Param]],
        number_copies: NumberCopies,
    ) -> None:
        self.plan, self.of, self.taken, self.own, self.number_copies = plan, of, taken, own, number_copies
        self.count = len(plan.units)
        self.loops: dict[str, str] = {}  # for a parameter, the variable that goes through its values

    def merged(self, trees: Maybe) -> Tree:
        return merge(trees, self.modules)

    def modules(self, trees: Maybe) -> Tree:
        """One tree for what makes modules: one layer or class with parameters, or a ``Fork``."""
        heads = [None if t is None else self.head(t) for t in trees]
        kinds = list(dict.fromkeys(h for h in heads if h is not None))
        if len(kinds) == 1:
            found = self.alike(trees)
            if found is not None:
                return found
            kinds = list(dict.fromkeys(_whole(t) for t in trees if t is not None))
            heads = [None if t is None else _whole(t) for t in trees]
            if len(kinds) == 1:
                raise Split(tuple(range(self.count)))
        choice = tuple(-1 if h is None else kinds.index(h) for h in heads)
        alternatives = tuple(
            self.modules([t if c == k else None for t, c in zip(trees, choice, strict=True)]) for k in range(len(kinds))
        )
        return Fork(alternatives, choice, tuple(trees))

    def head(self, tree: Tree) -> Hashable:
        match tree:
            case Term():
                dtypes = [c for c, key in zip(tree.children, tree.keys, strict=False) if key == "dtype"]
                return (tree.head, tree.text, *dtypes)  # another precision is another layer
            case NewBlock():
                return ("block", id(self.of[tree.unit]))
            case Chain():
                return ("chain", len(tree.items))
            case Runs():
                return ("runs", tree.container, tree.indices)
        return type(tree).__name__

    def alike(self, trees: Maybe) -> Tree | None:
        """Trees with the same head, merged; None if they differ in more than values."""
        first = next(t for t in trees if t is not None)
        match first:
            case Term():
                return self.layers(trees)
            case NewBlock():
                return self.instances(trees)
            case Chain():
                rows = [t.items if isinstance(t, Chain) else None for t in trees]
                return Chain(tuple(self.modules([r[i] if r else None for r in rows]) for i in range(len(first.items))))
            case Runs():
                return self.repeats([t if isinstance(t, Runs) else None for t in trees])
        return first

    def layers(self, trees: Maybe) -> Tree | None:
        terms = [t for t in trees if isinstance(t, Term)]
        same_keys = filled(terms)
        if same_keys is None:
            return None
        # A layer inside another's arguments, as one whose weight is normalized, has arguments of its own.
        uses = iter([t for t in aligned(same_keys) if isinstance(t, Term)])
        rows = [next(uses) if t is not None else None for t in trees]
        if len({tuple(_shape(c) for c in r.children) for r in rows if r is not None}) > 1:
            return None
        first = next(r for r in rows if r is not None)
        children = tuple(
            self.merged([r.children[i] if r is not None else None for r in rows]) for i in range(len(first.children))
        )
        return Term("new", first.text, children, first.keys)

    def instances(self, trees: Maybe) -> Tree | None:
        plan = self.of[next(t.unit for t in trees if isinstance(t, NewBlock))]
        if not plan.done and plan is not self.plan:
            return None
        args = []
        params = plan.params if plan is not self.plan else self.own()
        for param in params:
            places = [plan.at(t.unit) if isinstance(t, NewBlock) else None for t in trees]
            args.append((param.name, self.argument(param, places)))
        return Built(plan, tuple(args))

    def argument(self, param: Param, places: Sequence[int | None]) -> Tree:
        """An argument of another class: its value in the specializations made here (None: not made at all)."""
        if param.module:
            made = [None if p is None else param.made[p] for p in places]
            if all(m is None for m in made):
                made = [next(m for m in param.made if m is not None)] * len(places)
            return self.modules(made)
        known = [ANY if p is None else self.plan.seen(i, param.values[p]) for i, p in enumerate(places)]
        if all(isinstance(v, Any_) for v in known):
            some = next(v for v in param.values if not isinstance(v, Any_))
            known = [self.plan.seen(i, some) for i in range(len(places))]
        return merged_value(known)

    # ---------------------------------------------------------------------------------- repeats

    def repeats(self, trees: Sequence[Runs | None]) -> Tree | None:
        if any(t is not None and t.indices for t in trees):
            return self.by_keys(trees)
        return self.looped(trees) or self.by_runs(trees)

    def by_keys(self, trees: Sequence[Runs | None]) -> Tree:
        """Copies that have keys of their own, each written out; only those with the same keys share a class."""
        indices = [ANY if t is None else t.indices for t in trees]
        known = {i for i in indices if not isinstance(i, Any_)}
        if len(known) > 1:
            raise Split(partition(indices))
        copies = [None if t is None else [m for n, m in t.runs if isinstance(n, int) for _ in range(n)] for t in trees]
        columns = zip(*(c for c in copies if c is not None), strict=True)
        segments = []
        for makes in columns:
            each = iter(makes)
            segments.append(Segment(self.modules([None if c is None else next(each) for c in copies])))
        return Rows("nn.ModuleDict", tuple(segments), known.pop())

    def looped(self, trees: Sequence[Runs | None]) -> Tree | None:
        """``*(Layer(c + 32 * i) for i in range(n))``: copies whose values follow from their number.

        The first may differ from the others in more than that.
        """
        copies = [None if t is None else _expanded(t.runs) for t in trees]
        present = [c for c in copies if c is not None]
        if not all(present) or max(map(len, present)) < 2:
            return None
        if len({id(self.of[u]) for c in present for u in c}) > 1 or not (plan := self.of[present[0][0]]).done:
            return None
        for first in (0, 1):
            rows = [(s, k, u) for s, c in enumerate(copies) for k, u in enumerate(c or ()) if k >= first]
            varied = [p for p in plan.params if self.varies(p, rows)]
            if not varied or any(p.module for p in varied):
                return None
            columns = [[self.plan.seen(s, p.values[plan.at(u)]) for s, _, u in rows] for p in varied]
            found = self.number_copies([(s, k) for s, k, _ in rows], columns)
            if found is None:
                continue
            variable, exprs = found
            item = self.modules([None if c is None or len(c) <= first else NewBlock(c[first]) for c in copies])
            assert isinstance(item, Built)
            by_number = {p.name: Done(e) for p, e in zip(varied, exprs, strict=True)}
            args = tuple((k, by_number.get(k, v)) for k, v in item.args)
            count = merged_value([ANY if c is None else len(c) for c in copies])
            over = Term("call", "range", (Leaf(first), count)[not first :], ("", "")[not first :])
            rest = Segment(Built(plan, args), over=over, name=variable)
            alone = self.modules([None if c is None else NewBlock(c[0]) for c in copies])
            container = next(t for t in trees if t is not None)
            segments = (Segment(alone, number=0), rest) if first else (rest,)
            return Rows(container.container, segments, container.indices)
        return None

    def varies(self, param: Param, rows: Sequence[tuple[int, int, Unit]]) -> bool:
        """Whether an argument differs between the copies of some specialization."""
        plan = self.of[rows[0][2]]
        before: dict[int, int] = {}
        return any(param.differs(before.setdefault(s, plan.at(u)), plan.at(u)) for s, _, u in rows)

    def by_runs(self, trees: Sequence[Runs | None]) -> Tree | None:
        rows = [None if t is None else self.stretches(t) for t in trees]
        if all(t is None or len(t.runs) <= 2 for t in trees):
            # The first copy and the others; where all are alike, too.
            peel = any(t is not None and len(t.runs) == 2 for t in trees)
            rows = [None if t is None else [[r] for r in _peeled(t.runs, peel)] for t in trees]
        present = [r for r in rows if r is not None]
        longest = max(present, key=len)
        heads = [self.head(s[0][1]) for s in longest]
        for row in present:
            if [self.head(s[0][1]) for s in row] != heads[: len(row)]:
                return None
        segments = []
        for place in range(len(longest)):
            column = [None if r is None else r[place] if place < len(r) else [] for r in rows]
            segments.append(self.segment(column))
        for number, segment in enumerate(segments):
            if segment.count is not None or segment.over is not None:
                break
            segments[number] = replace(segment, number=number)
        first = next(t for t in trees if t is not None)
        return Rows(first.container, tuple(segments), first.indices)

    def stretches(self, tree: Runs) -> list[list[Run]]:
        """Runs side by side that differ in one value at most."""
        found: list[list[Run]] = []
        differing: set[int] = set()
        for count, make in tree.runs:
            if found:
                apart = self.apart(found[-1][0][1], make)
                numbers = [n for n, _ in (*found[-1], (count, make)) if isinstance(n, int)]
                short = len(numbers) > len(found[-1]) and sum(numbers) <= LONGEST_LIST
                if (
                    apart is not None
                    and len(differing | apart) <= 1
                    and not self.hands_over(make, apart)
                    and (short or not differing | apart)
                ):
                    found[-1].append((count, make))
                    differing |= apart
                    continue
            found.append([(count, make)])
            differing = set()
        if self.count == 1 and all(len(s) <= 2 for s in found):
            # A list of two values says less than the two written out.
            same_again = [all(self.apart(s[0][1], m) == set() for _, m in s[1:]) for s in found]
            return [p for s, again in zip(found, same_again, strict=True) for p in ([s] if again else [[r] for r in s])]
        return found

    def apart(self, a: Tree, b: Tree) -> set[int] | None:
        """The arguments in which two instances differ; None if they are different things."""
        if isinstance(a, NewBlock) and isinstance(b, NewBlock) and self.of[a.unit] is self.of[b.unit]:
            plan = self.of[a.unit]
            if not plan.done:
                return None
            i, j = plan.at(a.unit), plan.at(b.unit)
            return {k for k, p in enumerate(plan.params) if p.differs(i, j)}
        return set() if a == b else None

    def hands_over(self, make: Tree, arguments: set[int]) -> bool:
        """Whether one of these arguments is a module: a list of them would be made once and for all copies."""
        return isinstance(make, NewBlock) and any(self.of[make.unit].params[k].module for k in arguments)

    def segment(self, column: Sequence[list[Run] | None]) -> Segment:
        present = [c for c in column if c is not None]
        if all(len(c) == 1 for c in present):
            item = self.modules([None if c is None else c[0][1] for c in column])
            counts = merged_value([ANY if c is None else c[0][0] for c in column])
            return Segment(item, None if counts == Leaf(1) else counts)
        if not any(self.apart(c[0][1], m) for c in present for _, m in c[1:]):
            # The same again and again.
            item = self.modules([c[0][1] if c else None for c in column])
            return Segment(item, merged_value([ANY if c is None else _total(c) for c in column]))
        # Copies that differ in one value: a list of it.
        plan = self.of[next(m.unit for c in present for _, m in c if isinstance(m, NewBlock))]
        apart: set[int] = set()
        for c in present:
            for _, make in c[1:]:
                apart |= self.apart(c[0][1], make) or set()
        firsts: list[Tree | None] = [None if not c else c[0][1] for c in column]
        if len(apart) > 1 or not apart:
            raise Split(partition([ANY if c is None else len(c) for c in column]))
        varied = plan.params[next(iter(apart))]
        if varied.module:
            raise Split(partition([ANY if c is None else len(c) for c in column]))
        lists: list[Known] = []
        for i, stretch in enumerate(column):
            if stretch is None:
                lists.append(ANY)
                continue
            rows = [(n, m) for n, m in stretch if isinstance(n, int) and isinstance(m, NewBlock)]
            values = [self.plan.seen(i, varied.values[plan.at(m.unit)]) for n, m in rows for _ in range(n)]
            lists.append(_listed(values))
        item = self.modules(firsts)
        if varied.name not in self.loops:
            self.loops[varied.name] = self.taken.fresh(varied.name)
        name = self.loops[varied.name]
        assert isinstance(item, Built)
        args = tuple((k, Done(Atom(name)) if k == varied.name else v) for k, v in item.args)
        return Segment(Built(plan, args), over=merged_value(lists), name=name)


def _expanded(runs: Sequence[Run]) -> list[Unit]:
    """The copies one by one; none where they are no blocks, or nobody knows how many."""
    if not all(isinstance(n, int) and isinstance(m, NewBlock) for n, m in runs):
        return []
    if sum(n for n, _ in runs if isinstance(n, int)) > LONGEST_LIST:
        return []
    return [m.unit for n, m in runs if isinstance(n, int) and isinstance(m, NewBlock) for _ in range(n)]


def _peeled(runs: tuple[Run, ...], peel: bool) -> list[Run]:
    count, make = runs[0]
    if not peel or count == 1 or len(runs) > 1:
        return list(runs)
    return [(1, make), (plus(count, -1), make)]


def _total(runs: Sequence[Run]) -> int | Open:
    total: int | Open = 0
    for count, _ in runs:
        total = plus(total, count)
    return total


def _listed(values: Sequence[Known]) -> tuple[Scalar, ...]:
    """Values for a list; one that doesn't matter is what its neighbour is."""
    before = next((v for v in values if not isinstance(v, Any_)), None)
    result: list[Scalar] = []
    for v in values:
        before = before if isinstance(v, Any_) else v
        result.append(before)
    return tuple(result)


def _shape(tree: Tree) -> Hashable:
    if is_module(tree):
        return "◦"
    if isinstance(tree, Term):
        return (tree.head, tree.text, tree.keys, tuple(map(_shape, tree.children)))
    return "•"


def _whole(tree: Tree) -> Hashable:
    """What tells apart trees that have the same head but can't be merged."""
    if isinstance(tree, Term):
        return (tree.text, tree.keys, tuple(map(_shape, tree.children)))
    if isinstance(tree, NewBlock):
        return ("block", tree.unit)
    if isinstance(tree, Runs):
        return (tree.container, tuple((n, _whole(t)) for n, t in tree.runs))
    return tree
