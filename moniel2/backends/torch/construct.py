"""Solving a constructor: what its parameters are, and every module and value in terms of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from moniel2.backends.torch import names
from moniel2.backends.torch.explain import Feature, Found, decide, explain, matches
from moniel2.backends.torch.literals import listing, literal, number
from moniel2.backends.torch.plans import Flag, Param, Plan, default_values, parameter_values, size_values
from moniel2.backends.torch.presence import presence_of_slots
from moniel2.backends.torch.python import Atom, Call, Expr, Index, Operator
from moniel2.backends.torch.signatures import argument_name, filled
from moniel2.backends.torch.tree import (
    ANY,
    Any_,
    Built,
    Chain,
    Class,
    Done,
    Fork,
    Hole,
    Known,
    Leaf,
    NewBlock,
    Pick,
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
    same,
)
from moniel2.dims import Dim

LONGEST_LIST = 256  # copies that differ in one value are written as a list of values up to this length


class Split(Exception):
    """The specializations of a plan can't share a class; ``choice`` says which of them could."""

    def __init__(self, choice: tuple[int, ...]) -> None:
        super().__init__("split")
        self.choice = choice


Maybe = Sequence["Tree | None"]


class Constructor:
    """The parameters of one class, found while its attributes are written."""

    def __init__(self, plan: Plan, of: dict[Unit, Plan]) -> None:
        self.plan, self.of = plan, of
        self.count = len(plan.units)
        self.taken = names.Names(names.FILE_NAMES)
        self.defaults: dict[str, Known] = {}
        self.features = self._features()
        self.columns: dict[str, tuple[Known, ...]] = {}
        for f in self.features:
            if isinstance(f.expr, Atom):
                self.columns[f.name] = f.values
        self.used: dict[str, Param] = {}
        self.given: dict[str, Param] = {}
        self.loops: dict[str, str] = {}

    # --------------------------------------------------------------------------------- features

    def _features(self) -> list[Feature]:
        found: list[Feature] = []
        seen: set[str] = set()
        defaults = default_values(self.plan)
        for name, values in parameter_values(self.plan).items():
            python = self.taken.fresh(names.variable(names.snake(name)))
            found.append(Feature(Atom(python), values, 0, python))
            seen.add(name)
            if name in defaults:
                self.defaults[python] = defaults[name]
            lengths = [len(v) for v in values if isinstance(v, tuple)]
            if len(lengths) == len(values):
                for i in range(min([16, *lengths])):
                    column = tuple(v[i] if isinstance(v, tuple) else ANY for v in values)
                    found.append(Feature(Index(Atom(python), (number(i),)), column, 1, python))
        for name, values in size_values(self.plan).items():
            if name not in seen:
                python = self.taken.fresh(names.variable(names.snake(name)))
                found.append(Feature(Atom(python), values, 2, python))
        found += self._input_sizes()
        return sorted(found, key=lambda f: f.rank)

    def _input_sizes(self) -> list[Feature]:
        """Sizes of the inputs that the source gives no name."""
        found = []
        for entry in self.plan.first.entries:
            shapes = [d.tensors[entry.value].shape for d in self.plan.drafts]
            if any(s is None for s in shapes) or len({len(s) for s in shapes if s is not None}) != 1:
                continue
            rank = len(shapes[0] or ())
            for axis in range(rank):
                column = tuple((s or ())[axis].constant for s in shapes)
                if any(v is None for v in column) or (axis == 0 and rank > 1):
                    continue
                wanted = "channels" if axis == 1 and rank > 2 else "features" if axis == rank - 1 else f"size{axis}"
                wanted = (
                    f"in_{wanted}"
                    if entry is self.plan.first.entries[0] or not entry.name
                    else f"{entry.name}_{wanted}"
                )
                python = self.taken.fresh(names.variable(names.snake(wanted)))
                found.append(Feature(Atom(python), column, 3, python))
        return found

    # ----------------------------------------------------------------------------------- values

    def value(self, values: Sequence[Known], hint: str) -> Expr:
        """The expression of a value that differs. Raises ``Split`` if it can't be a parameter."""
        found = self.find(values)
        if found is not None:
            return self.use(found)
        return self.joined(values) or self.fresh(values, hint)

    def joined(self, values: Sequence[Known]) -> Expr | None:
        """A class that is handed in already, for specializations where it didn't matter till now."""
        if not any(isinstance(v, Class) for v in values):
            return None
        for at, feature in enumerate(self.features):
            pairs = list(zip(values, feature.values, strict=True))
            fits = all(isinstance(v, Any_) or isinstance(w, Any_) or same(v, w) for v, w in pairs)
            if feature.rank == 4 and fits and any(isinstance(w, Class) for w in feature.values):
                whole = tuple(v if isinstance(w, Any_) else w for v, w in pairs)
                self.features[at] = replace(feature, values=whole)
                self.columns[feature.name] = self.used[feature.name].values = whole
                return feature.expr
        return None

    def find(self, values: Sequence[Known]) -> Found | None:
        chosen = [f for f in self.features if f.name in self.used]
        exact = next((f for f in self.features if matches(values, f.values)), None)
        if exact is not None:
            return Found(exact.expr, (exact,))
        return explain(values, chosen) or explain(values, self.features)

    def use(self, found: Found) -> Expr:
        for feature in found.features:
            if feature.name not in self.used:
                default = self.defaults.get(feature.name, ANY)
                column = self.columns[feature.name]
                self.used[feature.name] = Param(feature.name, column, fresh=feature.rank > 3, default=default)
        return found.expr

    def fresh(self, values: Sequence[Known], hint: str) -> Expr:
        if any(isinstance(v, Dim) for v in values):
            raise Split(partition(values))
        wanted = names.variable(hint or "value")
        python = self.taken.fresh(f"first_{wanted}" if wanted in self.loops.values() else wanted)
        feature = Feature(Atom(python), tuple(values), 4, python)
        self.features.append(feature)
        self.columns[python] = feature.values
        self.used[python] = Param(python, feature.values, fresh=True)
        return feature.expr

    def condition(self, choice: Sequence[bool | Any_], limit: float = 100) -> Expr | None:
        # What is fresh explains nothing to a reader.
        known = [f for f in self.features if f.rank < 4]
        found = decide(choice, known, frozenset(self.used), limit)
        return None if found is None else self.use(found)

    def flag(self, presence: tuple[bool, ...], about: str) -> Flag:
        """What tells the specializations apart that have something, kept as an attribute."""
        flags = self.plan.flags
        if presence not in flags:
            expr = self.condition(presence)
            if expr is None:
                expr = self.fresh(presence, about)
            taken = {f.name for f in flags.values()} | names.MODULE_ATTRIBUTES
            slots = {s.attribute for s in self.plan.first.slots}
            flags[presence] = Flag(names.Names(frozenset(taken | slots)).fresh(about), expr)
        return flags[presence]

    def module(self, sources: Maybe, hint: str) -> Expr:
        """A parameter that is a module."""
        made = tuple(sources)
        for param in self.given.values():
            if param.made == made:
                return Atom(param.name)
        python = self.taken.fresh(names.variable(hint or "module"))
        self.given[python] = Param(python, made=made, fresh=True)
        return Atom(python)

    def parameters(self) -> list[Param]:
        """In the order a reader expects: sizes of inputs, the definition's own, what else is needed, modules."""
        rank = {f.name: (f.rank, i) for i, f in enumerate(self.features)}

        def place(param: Param) -> tuple[int, int]:
            found, at = rank[param.name]
            return ({3: 0, 2: 0, 0: 1, 1: 1}.get(found, 2), at)

        order = sorted(self.used.values(), key=place)
        required = [p for p in order if isinstance(p.default, Any_)]
        return [*required, *self.given.values(), *(p for p in order if not isinstance(p.default, Any_))]

    # ---------------------------------------------------------------------------------- merging

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
                return (tree.head, tree.text)
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
        uses = iter(same_keys)
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
        params = plan.params if plan is not self.plan else [*self.used.values(), *self.given.values()]
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
        known = [ANY if p is None else param.values[p] for p in places]
        if all(isinstance(v, Any_) for v in known):
            known = [next(v for v in param.values if not isinstance(v, Any_))] * len(places)
        return merged_value(known)

    # ---------------------------------------------------------------------------------- repeats

    def repeats(self, trees: Sequence[Runs | None]) -> Tree | None:
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
        first = next(t for t in trees if t is not None)
        return Rows(first.container, tuple(segments), first.indices)

    def stretches(self, tree: Runs) -> list[list[tuple[int, Tree]]]:
        """Runs side by side that differ in one value at most."""
        found: list[list[tuple[int, Tree]]] = []
        differing: set[int] = set()
        for count, make in tree.runs:
            if found:
                apart = self.apart(found[-1][0][1], make)
                short = sum(n for n, _ in found[-1]) + count <= LONGEST_LIST
                if apart is not None and len(differing | apart) <= 1 and (short or not differing | apart):
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

    def segment(self, column: Sequence[list[tuple[int, Tree]] | None]) -> Segment:
        present = [c for c in column if c is not None]
        if all(len(c) == 1 for c in present):
            item = self.modules([None if c is None else c[0][1] for c in column])
            counts = merged_value([ANY if c is None else c[0][0] for c in column])
            return Segment(item, None if counts == Leaf(1) else counts)
        if not any(self.apart(c[0][1], m) for c in present for _, m in c[1:]):
            # The same again and again.
            item = self.modules([c[0][1] if c else None for c in column])
            return Segment(item, merged_value([ANY if c is None else sum(n for n, _ in c) for c in column]))
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
        for stretch in column:
            if stretch is None:
                lists.append(ANY)
                continue
            values = [varied.values[plan.at(m.unit)] for n, m in stretch if isinstance(m, NewBlock) for _ in range(n)]
            lists.append(_listed(values))
        item = self.modules(firsts)
        if varied.name not in self.loops:
            self.loops[varied.name] = self.taken.fresh(varied.name)
        name = self.loops[varied.name]
        assert isinstance(item, Built)
        args = tuple((k, Done(Atom(name)) if k == varied.name else v) for k, v in item.args)
        return Segment(Built(plan, args), over=merged_value(lists), name=name)

    # -------------------------------------------------------------------------------- resolving

    def resolve(self, tree: Tree, hint: str, once: bool = True) -> Tree:
        """The tree with every hole filled. ``once``: it is evaluated once, so it may be a module that is handed in."""
        match tree:
            case Hole():
                return Done(self.value(tree.values, hint))
            case Leaf():
                return tree if isinstance(tree.value, Dim) else Done(literal(tree.value))
            case Fork():
                return self.choose(tree, hint, once)
            case Term():
                return self.resolve_term(tree, hint, once)
            case Built():
                args = tuple((k, self.resolve(_ruled(v), k, once)) for k, v in tree.args)
                return Built(tree.plan, args)
            case Chain():
                return Chain(tuple(self.resolve(i, hint, once) for i in tree.items))
            case Rows():
                segments = [self.resolve_segment(s, hint, once) for s in tree.segments]
                return Rows(tree.container, tuple(_together(segments)), tree.indices)
        return tree

    def resolve_term(self, tree: Term, hint: str, once: bool) -> Tree:
        children = []
        for i, child in enumerate(tree.children):
            key = tree.keys[i] if i < len(tree.keys) else ""
            children.append(self.resolve(child, key or argument_name(tree.text, i) or hint, once))
        return Term(tree.head, tree.text, tuple(children), tree.keys)

    def resolve_segment(self, segment: Segment, hint: str, once: bool) -> Segment:
        single = once and segment.count is None and segment.over is None
        over = None if segment.over is None else self.resolve(_ruled(segment.over), f"{segment.name}s", once)
        count = None if segment.count is None else self.resolve(segment.count, "depth", once)
        return Segment(self.resolve(segment.item, hint, single), count, over, segment.name)

    def classes(self, fork: Fork) -> list[Known]:
        """Which of torch's classes each specialization makes, if they are all made without arguments."""
        if not all(isinstance(a, Term) and a.text.startswith("nn.") and not a.children for a in fork.alternatives):
            return []
        texts = [a.text for a in fork.alternatives if isinstance(a, Term)]
        return [ANY if c == -1 else Class(texts[c]) for c in fork.choice]

    def choose(self, fork: Fork, hint: str, once: bool) -> Tree:
        """``A if condition else B``, or a module that is handed in."""
        order = sorted(range(len(fork.alternatives)), key=lambda k: fork.alternatives[k] == Term("new", "nn.Identity"))
        conditions = []
        left = set(order)
        for k in order[:-1]:
            choice: list[bool | Any_] = [ANY if c == -1 or c not in left else c == k for c in fork.choice]
            classes = self.classes(fork)
            condition = self.condition(choice, NATURAL if classes else 100)
            if condition is None and classes:
                return Done(Call(self.value(classes, hint), ()))
            if condition is None:
                if not once:
                    raise Split(fork.choice)
                return Done(self.module(fork.sources, hint))
            conditions.append(condition)
            left.discard(k)
        result = self.resolve(fork.alternatives[order[-1]], hint, once)
        for k, condition in zip(reversed(order[:-1]), reversed(conditions), strict=True):
            result = Pick(condition, self.resolve(fork.alternatives[k], hint, once), result)
        return result


def _ruled(tree: Tree) -> Tree:
    """A list of numbers to go through, as the rule behind it if it has one."""
    return Done(listing(tree.value)) if isinstance(tree, Leaf) and isinstance(tree.value, tuple) else tree


NATURAL = 3  # how far from what one would write a condition may be where a class can be handed in instead


def _together(segments: list[Segment]) -> list[Segment]:
    """Copies side by side that turn out to be made alike, counted together."""
    result: list[Segment] = []
    for segment in segments:
        before = result[-1] if result else None
        if before is not None and before.item == segment.item and before.over is None and segment.over is None:
            total = _sum(before.count, segment.count)
            if total is not None:
                result[-1] = Segment(segment.item, Done(total))
                continue
        result.append(segment)
    return result


def _sum(a: Tree | None, b: Tree | None) -> Expr | None:
    """How many two counts are together; None is one copy."""
    counts = [Atom("1") if c is None else c.expr for c in (a, b) if c is None or isinstance(c, Done)]
    numbers = [int(c.text) for c in counts if isinstance(c, Atom) and c.text.isdigit()]
    if len(numbers) == 2:
        return number(sum(numbers))
    rest = [c for c in counts if isinstance(c, Operator) and c.symbol == "-" and c.operands[1:] == (Atom("1"),)]
    return rest[0].operands[0] if numbers == [1] and rest else None


def _peeled(runs: tuple[tuple[int, Tree], ...], peel: bool) -> list[tuple[int, Tree]]:
    count, make = runs[0]
    if not peel or count == 1 or len(runs) > 1:
        return list(runs)
    return [(1, make), (count - 1, make)]


def _listed(values: Sequence[Known]) -> tuple[Scalar, ...]:
    """Values for a list; one that doesn't matter is what its neighbour is."""
    before = next((v for v in values if not isinstance(v, Any_)), None)
    result: list[Scalar] = []
    for v in values:
        before = before if isinstance(v, Any_) else v
        result.append(before)
    return tuple(result)


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


def solve_slots(constructor: Constructor) -> list[Tree]:
    """Every attribute of the class in terms of its parameters, which may still grow while ``forward`` is solved."""
    plan = constructor.plan
    presence = presence_of_slots(plan.drafts)
    for _ in range(6):
        before = (len(constructor.used), len(constructor.given))
        slots = []
        for i, slot in enumerate(plan.first.slots):
            makes = [d.slots[i].make if d.slots[i].present else None for d in plan.drafts]
            if not all(presence[i]):
                constructor.flag(presence[i], f"has_{slot.attribute}")
            slots.append(constructor.resolve(constructor.merged(makes), slot.attribute))
        if (len(constructor.used), len(constructor.given)) == before:
            return slots
    raise Split(tuple(range(constructor.count)))
