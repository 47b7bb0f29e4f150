"""Solving a constructor: what its parameters are, and every module and value in terms of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from moniel2.backends.torch import names
from moniel2.backends.torch.divided import simpler
from moniel2.backends.torch.explain import Feature, Found, decide, matches, over, times
from moniel2.backends.torch.formulas import formula
from moniel2.backends.torch.literals import listing, literal, number
from moniel2.backends.torch.merging import Maybe, Merger
from moniel2.backends.torch.opened import actual
from moniel2.backends.torch.places import origins_of_slots, spans_of_slots
from moniel2.backends.torch.plans import Flag, Param, Plan
from moniel2.backends.torch.presence import presence_of_slots
from moniel2.backends.torch.python import Atom, Call, Expr, Operator, flat
from moniel2.backends.torch.python import Sequence as Sequenced
from moniel2.backends.torch.signatures import argument_name, default_of
from moniel2.backends.torch.split import Split, partition
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
    Open,
    Pick,
    Rows,
    Scalar,
    Segment,
    Term,
    Tree,
    Unit,
    Unwritable,
    same,
)
from moniel2.backends.torch.vocabulary import Vocabulary, closed, made_up
from moniel2.dims import OPEN, Dim


class Constructor:
    """The parameters of one class, found while its attributes are written."""

    def __init__(self, plan: Plan, of: dict[Unit, Plan]) -> None:
        self.plan, self.of = plan, of
        self.count = len(plan.units)
        self.known = Vocabulary(plan)
        self.taken = self.known.taken
        self.locals: dict[str, Expr] = {}  # constants of the source that are computed in the constructor
        self.used: dict[str, Param] = {}
        self.given: dict[str, Param] = {}
        self.torch_default: tuple[Known, ...] = ()  # of the layer's argument in question
        self.merger = Merger(plan, of, self.taken, self._own, self.number_copies)

    def _own(self) -> list[Param]:
        return [*self.used.values(), *self.given.values()]

    # ----------------------------------------------------------------------------------- values

    def find(self, values: Sequence[Known]) -> Found | None:
        return self.known.find(values, {*self.used, *self.locals})

    def number_copies(
        self, rows: Sequence[tuple[int, int]], columns: Sequence[Sequence[Known]]
    ) -> tuple[str, list[Expr]] | None:
        """Values of copies as formulas of their number."""
        found = self.known.number_copies(rows, columns)
        return None if found is None else (found[0], [self.use(one) for one in found[1]])

    def value(self, values: Sequence[Known], hint: str) -> Expr:
        """The expression of a value that differs. Raises ``Split`` if it can't be a parameter."""
        if self.plan.values:
            return self.computed(values)
        known = [v for v in values if not isinstance(v, Any_)]
        if closed(known[0]) and all(same(v, known[0]) for v in known):
            said = self.known.said_here(values) if not isinstance(known[0], bool) else None
            if said is not None:
                return self.use(said)
            return (self.size_there(values) if self.known.implied else None) or literal(known[0])
        found = self.find(values)
        if found is not None:
            return self.use(found)
        return self.real(values) or self.joined(values) or self.fresh(values, hint)

    def real(self, values: Sequence[Known]) -> Expr | None:
        """``math.sqrt(d)`` of a size that the constructor knows."""
        known = [v for v in values if not isinstance(v, Any_)]
        first = known[0]
        if not isinstance(first, Open) or isinstance(first.size, Dim) or any(v != first for v in known):
            return None
        used = list(self.used)

        def direct(size: Dim) -> Expr | None:
            found = self.find([Open(size)] * self.count)
            return None if found is None else self.use(found)

        expr = formula(first.size, direct, lambda symbol: None)
        if expr is None:
            for name in self.used.keys() - used:
                del self.used[name]
        return expr

    def size_there(self, values: Sequence[Known]) -> Expr | None:
        """The input's size that a number is, in what only some specializations have: it may be one number there by
        chance, ``nn.Conv2d(cin, c, 1) if cin != c else nn.Identity()``."""
        if not any(isinstance(v, Any_) for v in values):
            return None
        made = self.known.made_there(values, self.used)
        if made is not None and made.features:
            return self.use(made)
        sizes = (f for f in self.known.features if f.rank in (2, 3) and f.name in self.used)
        return next((f.expr for f in sizes if matches(values, f.values)), None)

    def computed(self, values: Sequence[Known]) -> Expr:
        """A number in the parameters of the model. Raises ``Unwritable`` for what is no number of theirs."""
        values = [self.simpler(v) for v in values]
        found = self.find(values)
        (value,) = values if len(values) == 1 else (None,)
        if found is not None:
            if isinstance(value, Open) and made_up(found.expr) and not self.known.pool.says(found.expr):
                raise Unwritable(f"{value.size} is no formula that anybody would write", value.size.symbols())
            return self.use(found)
        expr = formula(value.size, lambda _: None, self._parameter) if isinstance(value, Open) else None
        if not isinstance(value, Open) or expr is None:
            raise Unwritable(f"{value} isn't known from the model's parameters")
        if len(flat(expr)) > LONGEST_FORMULA or made_up(expr):
            raise Unwritable(f"{value.size} is no formula that anybody would write", value.size.symbols())
        actual(value, self.plan.values)
        return expr

    def simpler(self, value: Known) -> Known:
        """A size as the multiples that its parameters must be let it be said."""
        if not isinstance(value, Open) or not isinstance(value.size, Dim):
            return value
        size = simpler(value.size, self.plan.divisors)
        return Open(size) if size.constant is None else size.constant

    def _parameter(self, symbol: str) -> Expr | None:
        found = self.find([Open(Dim.of(symbol))])
        return None if found is None else self.use(found)

    def joined(self, values: Sequence[Known]) -> Expr | None:
        """A class that is handed in already, for specializations where it didn't matter till now."""
        if not any(isinstance(v, Class) for v in values):
            return None
        for at, feature in enumerate(self.known.features):
            pairs = list(zip(values, feature.values, strict=True))
            fits = all(isinstance(v, Any_) or isinstance(w, Any_) or same(v, w) for v, w in pairs)
            if feature.rank == 4 and fits and any(isinstance(w, Class) for w in feature.values):
                whole = tuple(v if isinstance(w, Any_) else w for v, w in pairs)
                self.known.features[at] = replace(feature, values=whole)
                self.known.columns[feature.name] = self.used[feature.name].values = whole
                return feature.expr
        return None

    def use(self, found: Found) -> Expr:
        for feature in found.features:
            if feature.defined is not None:
                self.locals[feature.name] = self.use(feature.defined)
            elif feature.name not in self.used:
                default = self.known.defaults.get(feature.name, ANY)
                column = self.known.columns[feature.name]
                self.used[feature.name] = Param(feature.name, column, fresh=feature.rank > 3, default=default)
        return found.expr

    def fresh(self, values: Sequence[Known], hint: str) -> Expr:
        if any(isinstance(v, Dim) for v in values):
            raise Split(partition(values))
        if self.plan.inside is not None and (symbols := self.plan.inside.in_all(values)):
            raise Unwritable("what inner parameters come to is no parameter", symbols)
        wanted = names.variable(self.symbol(values) or hint or "value")
        python = self.taken.fresh(f"first_{wanted}" if wanted in self.merger.loops.values() else wanted)
        if python != wanted and wanted not in self.used and self.known.forget(wanted):
            python = wanted
        feature = Feature(Atom(python), tuple(values), 4, python)
        self.known.features.append(feature)
        self.known.columns[python] = feature.values
        default = next((d for d in self.torch_default if any(same(v, d) for v in values)), ANY)
        self.used[python] = Param(python, feature.values, fresh=True, default=default)
        return feature.expr

    def symbol(self, values: Sequence[Known]) -> str:
        """The model's parameter that a number is."""
        known = {v.size for v in values if isinstance(v, Open)}
        found = next((s for s in self.plan.symbols if known == {Dim.of(s)}), "")
        return names.identifier(names.snake(found.removeprefix(OPEN).replace("[", "_").rstrip("]"))) if found else ""

    def condition(self, choice: Sequence[bool | Any_], limit: float = 100) -> Expr | None:
        said = self.known.pool.decide(choice, self.known.at)
        if said is not None:
            return self.use(said)
        if self.plan.numbers:
            raise Unwritable("a condition on what is left open is the source's own or none")
        # What is fresh explains nothing to a reader.
        known = [f for f in self.known.features if f.rank < 4]
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
        rank = {f.name: (f.rank, i) for i, f in enumerate(self.known.features)}
        axes = self.known.input_axes()

        def place(param: Param) -> tuple[int, int]:
            found, at = rank[param.name]
            if found == 4 and (symbol := self.symbol(param.values)):
                at = [self.symbol([Open(Dim.of(s))]) for s in self.plan.symbols].index(symbol)
                return (1, at)
            if found in (2, 3) and param.values in axes:
                return (0, axes.index(param.values) - len(axes))
            return ({3: 0, 2: 0, 0: 1, 1: 1}.get(found, 2), at)

        order = sorted(self.used.values(), key=place)
        if self.plan.values:
            order = sorted(order, key=lambda p: p.name not in self.plan.asked)
            return sorted(order, key=lambda p: not isinstance(p.default, Any_)) if self.plan.alias else order
        required = [p for p in order if isinstance(p.default, Any_)]
        return [*required, *self.given.values(), *(p for p in order if not isinstance(p.default, Any_))]

    # -------------------------------------------------------------------------------- resolving

    def resolve(self, tree: Tree, hint: str, once: bool = True) -> Tree:
        """The tree with every hole filled. ``once``: it is evaluated once, so it may be a module that is handed in."""
        match tree:
            case Hole():
                return Done(self.value(tree.values, hint))
            case Leaf():
                return tree if isinstance(tree.value, Dim) else Done(self.constant(tree.value, hint))
            case Fork():
                return self.choose(tree, hint, once)
            case Term():
                return self.resolve_term(tree, hint, once)
            case Built():
                args = []
                for name, value in tree.args:
                    self.known.implied = name in tree.plan.implied
                    args.append((name, self.resolve(_ruled(value), name, once)))
                    self.known.implied = False
                return Built(tree.plan, tuple(args))
            case Chain():
                return Chain(tuple(self.resolve(i, hint, once) for i in tree.items))
            case Rows():
                segments = [self.resolve_segment(s, hint, once) for s in self.counted(tree.segments)]
                return Rows(tree.container, tuple(segments if tree.indices else _together(segments)), tree.indices)
        return tree

    def constant(self, value: Scalar, hint: str) -> Expr:
        """A value that is the same in every specialization."""
        if isinstance(value, Open):
            return self.value((value,) * self.count, hint)
        if (said := self.known.exposed(value)) is not None:
            return self.use(said)
        if isinstance(value, tuple) and not closed(value):
            if (whole := next((f for f in self.known.features if f.values[0] == value), None)) is not None:
                return self.use(Found(whole.expr, (whole,)))
            if len(value) > LONGEST_ROW:
                return literal(value)
            return Sequenced("(", tuple(self.constant(v, hint) for v in value))
        return literal(value)

    def resolve_term(self, tree: Term, hint: str, once: bool) -> Tree:
        said = (*tree.keys, *("",) * (len(tree.children) - len(tree.keys)))
        keys = [key or argument_name(tree.text, i) for i, key in enumerate(said)]
        found: dict[str | int, Tree] = {}
        # Padding may follow from what stands behind it.
        for i in sorted(range(len(keys)), key=lambda i: keys[i] == "padding"):
            key, child = keys[i], tree.children[i]
            self.known.implied = key in IMPLIED
            self.torch_default = default_of(tree.text, key) if isinstance(child, Hole) else ()
            alike = self.padded_alike(dict(zip(keys, tree.children, strict=True)), found) if key == "padding" else None
            found[key or i] = self.resolve(child, key or hint, once) if alike is None else Done(alike)
            self.known.implied, self.torch_default = False, ()
        return Term(tree.head, tree.text, tuple(found[key or i] for i, key in enumerate(keys)), tree.keys)

    def padded_alike(self, given: Mapping[str, Tree], found: Mapping[str | int, Tree]) -> Expr | None:
        """Padding that keeps the size, from the kernel and the dilation; None for any other."""
        columns = [self.numbers(given.get(key, Leaf(1))) for key in ("padding", "kernel_size", "dilation")]
        paddings = columns[0]
        alike = all(
            p is not None and k is not None and d is not None and 2 * p == d * (k - 1)
            for p, k, d in zip(*columns, strict=True)
        )
        if not alike or len(set(paddings)) < 2 or self.known.said_here(paddings) is not None:
            return None
        match found.get("kernel_size"), found.get("dilation", Done(number(1))):
            case Done(kernel), Done(dilation):
                return same_padding(kernel, dilation)
        return None

    def numbers(self, tree: Tree) -> list[int | None]:
        """The whole number that something is in each specialization; None where it is none."""
        values = tree.values if isinstance(tree, Hole) else (tree.value if isinstance(tree, Leaf) else 1,) * self.count
        return [v if isinstance(v, int) and not isinstance(v, bool) else None for v in values]

    def resolve_segment(self, segment: Segment, hint: str, once: bool) -> Segment:
        if segment.number is not None:
            with self.known.copy(segment.number):
                return Segment(self.resolve(segment.item, hint, once))
        single = once and segment.count is None and segment.over is None
        over = None if segment.over is None else self.resolve(_ruled(segment.over), f"{segment.name}s", once)
        count = (
            None if segment.count is None else self.rest(segment.count) or self.resolve(segment.count, "depth", once)
        )
        return Segment(self.resolve(segment.item, hint, single), count, over, segment.name)

    def counted(self, segments: Sequence[Segment]) -> Sequence[Segment]:
        """Copies whose number is a parameter's though it is the same in every use: as many as the source says."""
        turns = self.known.turns()
        numbers = [s.count.value if isinstance(s.count, Leaf) else 1 for s in segments]
        if turns is None or any(s.over is not None or isinstance(s.count, Hole | Done) for s in segments):
            return segments
        if any(not same(v, sum(n for n in numbers if isinstance(n, int))) for v in turns.values):
            return segments
        if len(segments) == 1:
            return [replace(segments[0], count=Done(self.use(Found(turns.expr, turns.features))))]
        if len(segments) == 2 and numbers[0] == 1:
            rest = Operator("-", (turns.expr, number(1)))
            return [segments[0], replace(segments[1], count=Done(self.use(Found(rest, turns.features))))]
        return segments

    def rest(self, count: Tree) -> Tree | None:
        """``n - 1`` copies after the first; None for any other number of them."""
        if not isinstance(count, Hole):
            return None
        turns = self.known.turns()
        if turns is not None and _one_less(count.values, turns.values):
            return Done(self.use(Found(Operator("-", (turns.expr, number(1))), turns.features)))
        if any(matches(count.values, f.values) for f in self.known.features):
            return None
        for feature in self.known.features if self.known.said_here(count.values) is None else ():
            if feature.rank < 2 and _one_less(count.values, feature.values):
                return Done(self.use(Found(Operator("-", (feature.expr, number(1))), (feature,))))
        return None

    def classes(self, fork: Fork) -> list[Known]:
        """Which of torch's classes each specialization makes, if they are all made without arguments."""
        if not all(
            isinstance(a, Term) and a.text.startswith("nn.") and a.keys in ((), IN_PLACE) for a in fork.alternatives
        ):
            return []
        texts = [a.text for a in fork.alternatives if isinstance(a, Term)]
        return [ANY if c == -1 else Class(texts[c]) for c in fork.choice]

    def choose(self, fork: Fork, hint: str, once: bool) -> Tree:
        """``A if condition else B``, or a module that is handed in."""
        if any(map(_is_open, fork.alternatives)):
            # What one place leaves open and another doesn't is no choice of the source's.
            raise Split(fork.choice)
        order = sorted(range(len(fork.alternatives)), key=lambda k: fork.alternatives[k] == Term("new", "nn.Identity"))
        conditions = []
        left = set(order)
        for k in order[:-1]:
            choice: list[bool | Any_] = [ANY if c == -1 or c not in left else c == k for c in fork.choice]
            classes = self.classes(fork)
            condition = self.condition(choice, NATURAL if classes else 100)
            if condition is None and classes:
                # ``nn.Identity`` takes any argument.
                keys = max(a.keys for a in fork.alternatives if isinstance(a, Term))
                return Done(Call(self.value(classes, hint), tuple(Atom("True") for _ in keys), keys))
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


def _one_less(values: Sequence[Known], whole: Sequence[Known]) -> bool:
    pairs = zip(values, whole, strict=True)
    return all(isinstance(v, Any_) or (isinstance(w, int) and v == w - 1) for v, w in pairs)


def same_padding(kernel: Expr, dilation: Expr) -> Expr:
    """``kernel // 2``, ``dilation``, ``dilation * (kernel - 1) // 2``: what an odd kernel keeps the size with."""
    if dilation == number(1):
        return over(kernel, number(2))
    if isinstance(kernel, Atom) and kernel.text.isdigit():
        return times(number(int(kernel.text) // 2), dilation)
    return over(times(dilation, Operator("-", (kernel, number(1)))), number(2))


def _is_open(made: Tree) -> bool:
    """A stub, or a layer that finds its input's size by itself."""
    return isinstance(made, Term) and (made.text == "Missing" or made.text.startswith("nn.Lazy"))


def _ruled(tree: Tree) -> Tree:
    """A list of numbers to go through, as the rule behind it if it has one."""
    if isinstance(tree, Leaf) and isinstance(tree.value, tuple) and closed(tree.value):
        return Done(listing(tree.value))
    return tree


IMPLIED = frozenset({"in_features", "in_channels", "num_features", "num_channels", "normalized_shape", "embed_dim"})
"""Torch's arguments that the source leaves to the shapes."""
LONGEST_FORMULA = 40  # columns of one in a constructor
LONGEST_ROW = 4  # sizes in the model's parameters that are listed
IN_PLACE = ("inplace",)
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


def _given(plan: Plan, makes: Maybe) -> bool:
    """Whether the module is what the definition was called with: braces that are written elsewhere."""
    own = {"", plan.block.name, plan.block.beneath.name if plan.block.beneath is not None else ""}
    blocks = [m.unit.block if isinstance(m, NewBlock) else None for m in makes]
    return bool(plan.block.name) and all(b is not None and not b.name and b.within not in own for b in blocks)


def solve_slots(constructor: Constructor) -> list[Tree]:
    """Every attribute of the class in terms of its parameters, which may still grow while ``forward`` is solved."""
    plan = constructor.plan
    presence = presence_of_slots(plan.drafts)
    spans = spans_of_slots(plan.drafts)
    origins = origins_of_slots(plan.drafts)
    for _ in range(6):
        before = (len(constructor.used), len(constructor.given))
        slots: list[Tree] = []
        for i, slot in enumerate(plan.first.slots):
            constructor.known.arrive(spans.get(i), origins.get(i))
            makes = [d.slots[i].make if d.slots[i].present else None for d in plan.drafts]
            if not all(presence[i]):
                constructor.flag(presence[i], f"has_{slot.attribute}")
            if _given(plan, makes):
                slots.append(Done(constructor.module(tuple(makes), slot.attribute)))
                continue
            slots.append(constructor.resolve(constructor.merger.merged(makes), slot.attribute))
        constructor.known.arrive(None)
        if (len(constructor.used), len(constructor.given)) == before:
            return slots
    raise Split(tuple(range(constructor.count)))
