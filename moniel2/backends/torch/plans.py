"""Which classes there will be: specializations of one definition whose drafts have the same form share one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from moniel2.backends.torch import names
from moniel2.backends.torch.braces import written
from moniel2.backends.torch.complete import Completed, complete, renamed
from moniel2.backends.torch.doors import Inside
from moniel2.backends.torch.draft import Bind, Draft, Drafts, Each, Step
from moniel2.backends.torch.drafter import draft
from moniel2.backends.torch.explain import Feature, decide
from moniel2.backends.torch.lower import scalar
from moniel2.backends.torch.presence import presence_of_steps, with_identities
from moniel2.backends.torch.python import Atom, Expr
from moniel2.backends.torch.signatures import aligned
from moniel2.backends.torch.starts import alike, starts_of_block
from moniel2.backends.torch.tree import ANY, Any_, Known, NewBlock, Open, Runs, Tree, Unit, form, is_module, same
from moniel2.ir.model import Block, BlockName, Loop, Model, Value


@dataclass
class Param:
    """A parameter of a constructor, with its value in every specialization, or with the module handed in (``made``)."""

    name: str
    values: tuple[Known, ...] = ()
    made: tuple[Tree | None, ...] = ()
    fresh: bool = False  # found nowhere in the source, only needed
    default: Known = ANY  # what the source says it is when nothing is said

    @property
    def module(self) -> bool:
        return bool(self.made)

    def differs(self, i: int, j: int) -> bool:
        """Whether two specializations need different values; one that doesn't matter fits all."""
        if self.module:
            a, b = self.made[i], self.made[j]
            return a is not None and b is not None and a != b
        v, w = self.values[i], self.values[j]
        return not (isinstance(v, Any_) or isinstance(w, Any_) or same(v, w))


@dataclass
class Flag:
    """A condition that the constructor finds and keeps: ``self.<name> = <expr>``."""

    name: str
    expr: Expr


@dataclass(eq=False)
class Plan:
    """A class: its specializations, and what the solver finds out."""

    units: list[Unit]
    drafts: list[Draft]
    name: str = ""
    params: list[Param] = field(default_factory=list)
    done: bool = False
    slots: list[Tree] = field(default_factory=list)
    flags: dict[tuple[bool, ...], Flag] = field(default_factory=dict)  # what only some specializations have
    steps: list[Step] = field(default_factory=list)
    # Of the model's own class: the values of the symbols that its parameters are, where those are left open.
    values: Mapping[str, int] = field(default_factory=dict)
    divisors: Mapping[str, int] = field(default_factory=dict)  # and what these are multiples of
    alias: str = ""  # the class that is this one with arguments given
    required: tuple[str, ...] = ()  # sizes of its inputs that it can't be made without
    symbols: tuple[str, ...] = ()  # of all of them, in every class
    numbers: Mapping[str, int] = field(default_factory=dict)  # that decide its conditions, if these are written
    inside: Inside | None = None  # where symbols of inner definitions are known
    exposed: set[str] = field(default_factory=set)  # parameters that its class takes though they don't differ

    @property
    def asked(self) -> list[str]:
        """The parameters that stand for those sizes."""
        return [names.variable(names.snake(n)) for n in self.required]

    @property
    def first(self) -> Draft:
        return self.drafts[0]

    @property
    def block(self) -> Block:
        return self.units[0].block

    @property
    def implied(self) -> frozenset[str]:
        """Parameters that its definition doesn't have: sizes that the source reads off the inputs."""
        own = {names.variable(names.snake(n)) for n, _ in (*self.block.parameters, *self.block.around)}
        return frozenset(p.name for p in self.params if p.name not in own)

    def seen(self, i: int, value: Known) -> Known:
        """A value of something that a specialization makes, as it knows it."""
        return value if self.inside is None else self.inside.seen(self.units[i].block, value)

    def at(self, unit: Unit) -> int:
        return self.index[unit]

    def __post_init__(self) -> None:
        self.index = {u: i for i, u in enumerate(self.units)}


def units_of(root: Unit) -> Iterator[Unit]:
    """Every unit inside, each once, innermost first; no recursion."""
    seen: set[Unit] = set()
    stack: list[tuple[Unit, bool]] = [(root, False)]
    while stack:
        unit, done = stack.pop()
        if done:
            yield unit
            continue
        if unit in seen:
            continue
        seen.add(unit)
        stack.append((unit, True))
        for node in reversed(unit.block.nodes):
            if isinstance(node.what, (Block, Loop)):
                stack.append((Unit.of(node.what), False))


@dataclass
class Grouping:
    """Plans in the order of their first specialization, and the plan of every unit."""

    plans: list[Plan]
    of: dict[Unit, Plan]
    root: Plan


def group(root: Unit, drafts: Drafts, tags: dict[Unit, tuple[Hashable, ...]]) -> Grouping:
    """Group the specializations of a model. ``tags`` keep apart what could not be merged."""
    members = _classes(list(units_of(root)), drafts, tags)
    plans = [Plan(units, with_identities([drafts.made[u] for u in units])) for units in members.values()]
    of = {u: p for p in plans for u in p.units}
    needed = {id(of[root])}
    stack = [of[root]]
    while stack:
        for inner in children(stack.pop(), of):
            if id(inner) not in needed:
                needed.add(id(inner))
                stack.append(inner)
    return Grouping([p for p in plans if id(p) in needed], of, of[root])


def _classes(own: list[Unit], drafts: Drafts, tags: dict[Unit, tuple[Hashable, ...]]) -> dict[Hashable, list[Unit]]:
    """The model's units, those together that can share a class."""
    while True:
        _draft_all(own, drafts)
        members: dict[Hashable, list[Unit]] = {}
        for unit in own:
            members.setdefault(_key(unit, drafts, tags), []).append(unit)
        hollow = {u for units in members.values() if _hollow([drafts.made[u] for u in units]) for u in units}
        if not hollow:
            return members
        drafts.plain |= hollow
        drafts.made.clear()
        drafts.forms.clear()


def _hollow(made: list[Draft]) -> bool:
    """Whether a class would have a step that none of its specializations has."""
    return any(not any(present) for present in presence_of_steps(made))


def _draft_all(own: list[Unit], drafts: Drafts) -> None:
    """Draft every unit; where specializations lack nodes of another, all again in a common form."""
    by_definition: dict[Hashable, list[Unit]] = {}
    for unit in own:
        if unit not in drafts.made:
            drafts.made[unit] = draft(unit, drafts)
        key = (unit.block.definition, unit.block.name, unit.axis, unit.reverse)
        by_definition.setdefault(key, []).append(unit)
    completed: dict[Unit, Completed] = {}
    for units in by_definition.values():
        completed.update(renamed(units))
        completed.update(complete(units))
    completed = {u: c for u, c in completed.items() if u not in drafts.plain}
    # Drafts of outer blocks look at those of inner ones, which change with them.
    for _ in range(2 if completed else 0):
        for unit in own:
            drafts.made[unit] = draft(unit, drafts, completed.get(unit))
    if completed:
        drafts.forms.clear()
    for units in by_definition.values():
        _align(units, drafts)


def _align(units: list[Unit], drafts: Drafts) -> None:
    """Write torch's defaults out where another specialization says something else."""
    made = [drafts.made[u] for u in units]
    if len(made) < 2 or len({len(d.steps) for d in made}) > 1:
        return
    for place in range(len(made[0].steps)):
        steps = [s for d in made if isinstance(s := d.steps[place], Bind)]
        if len(steps) < len(made) or len({s.tree for s in steps}) == 1:
            continue
        trees = aligned([s.tree for s in steps])
        for row, (step, tree) in enumerate(zip(steps, trees, strict=True)):
            if tree != step.tree:
                whole = made[row].steps
                made[row] = replace(made[row], steps=(*whole[:place], replace(step, tree=tree), *whole[place + 1 :]))
    for unit, one in zip(units, made, strict=True):
        if one is not drafts.made[unit]:
            drafts.made[unit] = one
            drafts.forms.pop(id(one), None)


def _key(unit: Unit, drafts: Drafts, tags: dict[Unit, tuple[Hashable, ...]]) -> Hashable:
    made = drafts.made[unit]
    return (
        written(unit.block),
        unit.block.name,
        unit.axis,
        unit.reverse,
        tuple(given_blocks(unit.block).items()),
        drafts.form(made, shape_of),
        tags.get(unit, ()),
    )


def given_blocks(block: Block) -> dict[str, str]:
    """The definitions that a block is given to make several parts of: ``ResNet(Bottleneck, …)`` has a class of its own.
    What is made once may be handed in.
    """
    made: dict[str, int] = {}
    for node in block.nodes:
        if isinstance(node.what, Block) and node.what.name:
            made[node.what.name] = made.get(node.what.name, 0) + (1 if node.first is None else 2)
    given = {n: str(v).partition("(")[0] for n, v in block.parameters if isinstance(v, BlockName)}
    return {n: name for n, name in given.items() if made.get(name, 0) > 1}


def shape_of(made: Draft) -> Hashable:
    """What drafts of one class share: everything but values, and what modules are made of."""
    return (
        made.style,
        made.entries,
        tuple((s.attribute, s.kind, alike(s.init), form(s.make, _any_module)) for s in made.slots),
        alike(starts_of_block(made.unit.block)),
        tuple(_step_form(s) for s in made.steps),
        made.returns,
        made.hints,
        made.ties,
    )


def _any_module(tree: Tree) -> Hashable:
    return ("◦", tree.container, tree.indices) if isinstance(tree, Runs) else "◦"


def _step_form(step: Step) -> Hashable:
    match step:
        case Bind():
            return ("bind", step.outs, form(step.tree, _any_module), step.pick)
        case Each():
            start = tuple(form(t, _any_module) for t in step.start)
            over = form(step.over, _any_module)
            return (
                "each",
                over,
                step.item,
                start,
                step.carried,
                step.sides,
                step.gathered,
                form(step.tree, _any_module),
            )
    return (
        "beside",
        step.out,
        step.items,
        tuple(form(t, _any_module) for t in step.over),
        form(step.tree, _any_module),
    )


# --------------------------------------------------------------------------------------- features


def parameter_values(plan: Plan) -> dict[str, tuple[Known, ...]]:
    """The definition's parameters with their values in every specialization, where they are plain values.

    Of braces, names of what surrounds them, too.
    """
    columns: dict[str, list[Known]] = {}
    for i, unit in enumerate(plan.units):
        for name, value in (*unit.block.parameters, *unit.block.around):
            columns.setdefault(name, [ANY] * len(plan.units))[i] = plain(value)
    return {n: tuple(v) for n, v in columns.items() if any(x is not ANY for x in v)}


def default_values(plan: Plan) -> dict[str, Known]:
    """The definition's own defaults, where they are constants and the same for every specialization."""
    found = [dict(unit.block.defaults) for unit in plan.units]
    return {n: plain(v) for n, v in found[0].items() if all(n in f and same(f[n], v) for f in found)}


def plain(value: Value) -> Known:
    """A value that a constructor can take; ``ANY`` for blocks, dtypes and what isn't known."""
    if isinstance(value, tuple):
        parts = [plain(v) for v in value]
        known = tuple(p for p in parts if not isinstance(p, Any_))
        return known if len(known) == len(parts) else ANY
    try:
        found = scalar(value)
    except TypeError:
        return ANY
    return found if found is None or isinstance(found, (bool, int, float, str, Open)) else ANY


def size_values(plan: Plan) -> dict[str, tuple[Known, ...]]:
    """Named sizes that are numbers in every specialization."""
    columns: dict[str, list[Known]] = {}
    for i, unit in enumerate(plan.units):
        for name, size in unit.block.sizes:
            columns.setdefault(name, [ANY] * len(plan.units))[i] = plain(size)
    return {n: tuple(v) for n, v in columns.items() if all(x is not ANY for x in v)}


# ------------------------------------------------------------------------------------------ names


def name_classes(grouping: Grouping, model: Model, reserved: Iterable[str]) -> None:
    """A name for every class: the definition's; braces take the surrounding definition's name and their own id."""
    taken = names.Names(frozenset(reserved))
    ids = _ids(grouping)
    variants: dict[tuple[str, str], list[Plan]] = {}
    for plan in grouping.plans:
        variants.setdefault((plan.block.definition, _base(plan, model, grouping.root, ids)), []).append(plan)
    root = grouping.root
    others = {base.lower() for (_, base), plans in variants.items() if root not in plans}
    for key in [k for k, plans in variants.items() if root in plans and not root.block.name[:1].isupper()]:
        if key[1].lower() in others:
            # A main graph has the name of its file, which may be that of a block in other letters.
            variants[(key[0], f"{key[1]}Model")] = variants.pop(key)
    order = sorted(variants, key=lambda k: root not in variants[k])
    chosen: dict[int, str] = {}
    for key in order:
        plans = variants[key]
        for plan, wanted in zip(plans, _variant_names(key[1], plans, root), strict=True):
            chosen[id(plan)] = taken.fresh(wanted)
    for plan in grouping.plans:
        plan.name = chosen[id(plan)]


def _base(plan: Plan, model: Model, root: Plan, ids: Mapping[Unit, str]) -> str:
    block = plan.block
    if block.name:
        return names.class_name(block.name)
    if plan is root:
        return names.class_name(model.name or "Model")
    id = ids.get(plan.units[0], "block")
    inner = [n.what.name for n in block.nodes if isinstance(n.what, Block)]
    shared = len({u.block.within for u in plan.units}) > 1
    if id in ("body", "block") and len(block.nodes) == 1 and inner and inner[0]:
        # What stands in the braces says more than that it does.
        id = f"{inner[0]}_{id}" if shared else inner[0]
    return names.class_name(id if shared else f"{block.within}_{id}")


def _ids(grouping: Grouping) -> dict[Unit, str]:
    """What each block is first called, where it is a node."""
    ids: dict[Unit, str] = {}
    for plan in grouping.plans:
        for unit in plan.units:
            for node in unit.block.nodes:
                if isinstance(node.what, (Block, Loop)):
                    ids.setdefault(Unit.of(node.what), node.id)
    return ids


def _variant_names(base: str, plans: Sequence[Plan], root: Plan) -> list[str]:
    """Several classes of one definition: the first keeps the name, the others say what sets them apart."""
    if len(plans) == 1:
        return [base]
    plainest = root if root in plans else max(plans, key=lambda p: (len(p.units), -len(p.first.steps)))
    return [base if plan is plainest else base + _distinction(plan, plans) for plan in plans]


def _distinction(plan: Plan, plans: Sequence[Plan]) -> str:
    units = [(p, u) for p in plans for u in p.units]
    whole = Plan([u for _, u in units], [])
    choice = [p is plan for p, _ in units]
    given = [frozenset(given_blocks(u.block).values()) for _, u in units]
    mine = frozenset.intersection(*(g for g, c in zip(given, choice, strict=True) if c))
    for name in sorted(mine.difference(*(g for g, c in zip(given, choice, strict=True) if not c))):
        return names.camel(name)
    for name, values in parameter_values(whole).items():
        column = Feature(Atom(name), values)
        own = {repr(v) for v, c in zip(values, choice, strict=True) if c}
        found = decide(choice, [column])
        if found is None or len(own) != 1:
            continue
        value = next(v for v, c in zip(values, choice, strict=True) if c)
        if value is True:
            return names.camel(name)
        if value is False or value is None:
            return "No" + names.camel(name)
        return names.camel(name) + names.camel(f"x{value}")[1:] if isinstance(value, (int, str)) else names.camel(name)
    optional = [{i.name for i in u.block.inputs if i.bound} for _, u in units]
    bound = set.intersection(*(s for s, c in zip(optional, choice, strict=True) if c))
    rest = set.union(*(s for s, c in zip(optional, choice, strict=True) if not c))
    for name in sorted(bound - rest):
        return "With" + names.camel(name)
    ids = [list(dict.fromkeys(n.id for n in u.block.nodes)) for _, u in units]
    common = next(x for x, c in zip(ids, choice, strict=True) if c)
    others = {i for x, c in zip(ids, choice, strict=True) if not c for i in x}
    for id in common:
        if id not in others and not id.isdigit():
            return "With" + names.camel(id)
    return ""


def children(plan: Plan, of: dict[Unit, Plan]) -> list[Plan]:
    """The plans of what a plan's modules are made of."""
    found: dict[int, Plan] = {}
    for made in plan.drafts:
        for slot in made.slots:
            for unit in _made_in(slot.make):
                found.setdefault(id(of[unit]), of[unit])
    return list(found.values())


def _made_in(tree: Tree) -> Iterator[Unit]:
    stack = [tree]
    while stack:
        at = stack.pop()
        if isinstance(at, NewBlock):
            yield at.unit
        elif isinstance(at, Runs):
            stack += [t for _, t in at.runs]
        elif hasattr(at, "items") and not callable(at.items):
            stack += list(at.items)
        elif is_module(at):
            stack += list(getattr(at, "children", ()))


def in_order(grouping: Grouping) -> list[Plan]:
    """Plans after those they are made of; on a cycle, the one whose first specialization is innermost comes first."""
    order: list[Plan] = []
    state: dict[int, int] = {}
    for start in grouping.plans:
        stack: list[tuple[Plan, bool]] = [(start, False)]
        while stack:
            plan, done = stack.pop()
            if done:
                if state.get(id(plan)) == 1:
                    state[id(plan)] = 2
                    order.append(plan)
                continue
            if state.get(id(plan)):
                continue
            state[id(plan)] = 1
            stack.append((plan, True))
            for inner in reversed(children(plan, grouping.of)):
                if not state.get(id(inner)):
                    stack.append((inner, False))
    return order
