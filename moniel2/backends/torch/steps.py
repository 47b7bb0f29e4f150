"""The steps of a class with every value found: all specializations merged, sizes read off tensors or kept."""

from __future__ import annotations

from collections.abc import Sequence

from moniel2.backends.torch import names
from moniel2.backends.torch.construct import Constructor
from moniel2.backends.torch.draft import Beside, Bind, Each, Entry, Step
from moniel2.backends.torch.places import spans_of_steps
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.presence import Presence, presence_of_steps
from moniel2.backends.torch.sizes import Sizes
from moniel2.backends.torch.split import Split
from moniel2.backends.torch.tree import Done, Hole, Leaf, Member, Open, Term, Tree, merge
from moniel2.dims import Dim


def solve_steps(plan: Plan, sizes: Sizes) -> list[Step]:
    """The steps of a class with every value found: all specializations merged, sizes read off tensors or kept."""
    solved: list[Step] = []
    spans = spans_of_steps(plan.drafts)
    for place in range(len(plan.first.steps)):
        steps = [d.steps[place] for d in plan.drafts]
        sizes.arrive(spans.get(place))
        solved.append(_solve(steps, sizes))
    sizes.arrive(None)
    return solved


def name_regions(plan: Plan, constructor: Constructor) -> None:
    """A flag for everything that only some specializations do, unless an input says it."""
    spans = spans_of_steps(plan.drafts)
    for place, presence in enumerate(presence_of_steps(plan.drafts)):
        if not all(presence) and given_input(plan, presence) is None:
            constructor.known.arrive(spans.get(place))
            constructor.flag(presence, about_region(plan, place, presence))
    constructor.known.arrive(None)


def given_input(plan: Plan, presence: Presence) -> Entry | None:
    """The optional input that is there exactly where something is."""
    for entry in plan.first.entries:
        if not entry.optional or entry.port < 0:
            continue
        if tuple(u.block.inputs[entry.port].bound for u in plan.units) == presence:
            return entry
    return None


def about_region(plan: Plan, place: int, presence: Presence) -> str:
    """What steps that only some specializations have are about, in a word."""
    present = plan.drafts[presence.index(True)]
    region = [
        s for s, p in zip(present.steps[place:], presence_of_steps(plan.drafts)[place:], strict=True) if p == presence
    ]
    last = region[-1].tree if region else None
    if isinstance(last, Term) and last.head == "infix" and last.text == "+":
        return "residual"
    found = next((m for s in region for m in _members(s.tree)), "")
    if not found:
        index = next((i for i, e in present.made.items() if e.steps[0] <= place < e.steps[1]), -1)
        nodes = plan.units[presence.index(True)].block.nodes
        found = nodes[index].id if 0 <= index < len(nodes) else "more"
    return f"has_{names.identifier(found)}"


def _solve(steps: Sequence[Step], sizes: Sizes) -> Step:
    first = steps[0]

    def tree(trees: Sequence[Tree | None]) -> Tree:
        return _values(merge(trees, _no_module), sizes, "")

    if isinstance(first, Bind):
        binds = [s for s in steps if isinstance(s, Bind)]
        through = {s.through for s in binds if not s.present}
        if len(through) > 1:
            raise Split(tuple(int(s.present) for s in binds))
        whole = tree([s.tree if s.present else None for s in binds])
        return Bind(first.outs, whole, first.pick, first.heavy, not through, *through)
    if isinstance(first, Each):
        loops = [s for s in steps if isinstance(s, Each)]
        start = tuple(tree([s.start[i] for s in loops]) for i in range(len(first.start)))
        over, body = tree([s.over for s in loops]), tree([s.tree for s in loops])
        return Each(over, first.item, start, first.carried, first.sides, first.gathered, body)
    rows = [s for s in steps if isinstance(s, Beside)]
    overs = tuple(tree([s.over[i] for s in rows]) for i in range(len(first.over)))
    return Beside(first.out, first.items, overs, tree([s.tree for s in rows]))


def _no_module(trees: Sequence[Tree | None]) -> Tree:
    raise AssertionError("a module is made in forward")


def _values(tree: Tree, sizes: Sizes, hint: str) -> Tree:
    match tree:
        case Hole():
            return Done(sizes.value(tree.values, hint))
        case Leaf() if isinstance(tree.value, (Dim, Open)):
            return Done(sizes.value((tree.value,) * sizes.count, hint))
        case Leaf():
            return Done(sizes.constant(tree.value))
        case Term():
            keys = tree.keys or ("",) * len(tree.children)
            children = tuple(_values(c, sizes, k or hint) for c, k in zip(tree.children, keys, strict=False))
            return Term(tree.head, tree.text, children, tree.keys)
    return tree


def _members(tree: Tree) -> list[str]:
    if isinstance(tree, Member):
        return [tree.attribute]
    return [m for c in tree.children for m in _members(c)] if isinstance(tree, Term) else []
