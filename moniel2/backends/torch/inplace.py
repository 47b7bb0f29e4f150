"""Activations that may write over their input, ``nn.ReLU(inplace=True)``: less memory, and less of it moved.

That is right where nobody else has the tensor (it isn't an input, nothing else reads it, it isn't returned) and what
made it doesn't need it to find its gradient: a convolution, a dense layer, a normalization, a sum, a concatenation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from moniel2.backends.torch.draft import Bind, Draft
from moniel2.backends.torch.liveness import liveness
from moniel2.backends.torch.plans import Plan, units_of
from moniel2.backends.torch.presence import presence_of_slots
from moniel2.backends.torch.tree import Chain, Leaf, Member, NewBlock, Runs, Term, Tree, Unit, Value

# Those that published code writes so. A negative slope has no gradient in place.
ACTIVATIONS = frozenset(
    f"nn.{name}" for name in ("ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "SiLU", "Hardswish")
)
KEY = "inplace"

_KINDS = ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm")
_LAYERS = frozenset(
    ["nn.Linear", "nn.LazyLinear", "nn.GroupNorm", "nn.LayerNorm"]
    + [f"nn.{lazy}{kind}{rank}d" for lazy in ("", "Lazy") for kind in _KINDS for rank in (1, 2, 3)]
)
_FUNCTIONS = frozenset(["torch.cat", "F.linear", "F.conv1d", "F.conv2d", "F.conv3d"])

Own = Mapping[Unit, bool]
"""Whether what a block returns is a new tensor that it doesn't need any more."""


def write_in_place(of: Mapping[Unit, Plan], root: Unit) -> None:
    """Mark the activations that may write over their input: in all specializations of a class or in none."""
    plans = list({id(p): p for p in of.values()}.values())
    own: dict[Unit, bool] = {}
    for unit in units_of(root):
        plan = of[unit]
        own[unit] = _gives_its_own(plan.drafts[plan.at(unit)], own)
    own = {u: all(own.get(other, False) for other in of[u].units) for u in own}
    for plan in plans:
        safe = _safe(plan, own)
        plan.drafts = [_marked(d, safe, own) for d in plan.drafts]


def _gives_its_own(made: Draft, own: Own) -> bool:
    if made.style == "sequence":
        return _makes_its_own(made.slots[-1].make, own)
    return made.style != "loop" and len(made.returns) == 1 and _is_own(made, made.returns[0], own)


def _is_own(made: Draft, value: int, own: Own) -> bool:
    """Whether a value is read once, and its step makes a new tensor that is needed for nothing else."""
    step = next((s for s in made.steps if isinstance(s, Bind) and value in s.outs), None)
    if step is None or not step.present or len(step.outs) != 1:
        return False
    if liveness(list(made.steps), made.returns)[1].get(value) != 1:
        return False
    match step.tree:
        case Term(head="apply", children=(Member(attribute), *_)):
            make = next((s.make for s in made.slots if s.attribute == attribute), None)
            return not step.pick and make is not None and _makes_its_own(make, own)
        case Term(head="infix", text="+" | "-" | "*"):
            return True
        case Term(head="call", text=text):
            return text in _FUNCTIONS
    return False


def _makes_its_own(module: Tree, own: Own) -> bool:
    """Whether a module's result is a new tensor that it doesn't need any more."""
    match module:
        case Term(head="new", text=text):
            return text in _LAYERS
        case NewBlock(unit):
            return own.get(unit, False)
        case Chain(items):
            return bool(items) and _makes_its_own(items[-1], own)
        case Runs(container="nn.Sequential", runs=runs):
            return bool(runs) and _makes_its_own(runs[-1][1], own)
    return False


def _safe(plan: Plan, own: Own) -> frozenset[str]:
    """The attributes of activations that may write over their input wherever they are called."""
    if plan.first.style == "sequence":
        rows = [[s.make for s in d.slots] for d in plan.drafts]
        pairs = [(str(i), [(r[i - 1], r[i]) for r in rows]) for i in range(1, len(rows[0]))]
        return frozenset(
            name for name, found in pairs if all(_activates(a) and _makes_its_own(b, own) for b, a in found)
        )
    presence = presence_of_slots(plan.drafts)
    safe = set()
    for place, slot in enumerate(plan.first.slots):
        makes = [d.slots[place].make for d, there in zip(plan.drafts, presence[place], strict=True) if there]
        wanted = any(map(_activates, makes)) and all(_activates(m) or m == Term("new", "nn.Identity") for m in makes)
        if wanted and all(_called_safely(d, slot.attribute, own) for d in plan.drafts):
            safe.add(slot.attribute)
    return frozenset(safe)


def _called_safely(made: Draft, attribute: str, own: Own) -> bool:
    for step in made.steps:
        if not _mentions(step.tree, attribute):
            continue
        match step:
            case Bind(outs=outs, tree=Term(head="apply", children=(Member(), Value(number)))) if len(outs) == 1:
                # What stands for a step that isn't there reads the tensor too.
                beside = any(isinstance(s, Bind) and s is not step and s.through == number for s in made.steps)
                if beside or not _is_own(made, number, own):
                    return False
            case _:
                return False
    return True


def _mentions(tree: Tree, attribute: str) -> bool:
    if isinstance(tree, Member):
        return tree.attribute == attribute
    return isinstance(tree, Term) and any(_mentions(c, attribute) for c in tree.children)


# ---------------------------------------------------------------------------------------- marking


def _activates(tree: Tree) -> bool:
    if not isinstance(tree, Term) or tree.head != "new" or tree.text not in ACTIVATIONS:
        return False
    numbers = [c.value for c in tree.children if isinstance(c, Leaf)]
    return all(isinstance(n, (int, float)) and n >= 0 for n in numbers) and len(numbers) == len(tree.children)


def _marked(made: Draft, safe: frozenset[str], own: Own) -> Draft:
    slots = tuple(replace(s, make=_over(s.make) if s.attribute in safe else _within(s.make, own)) for s in made.slots)
    return replace(made, slots=slots)


def _over(tree: Tree) -> Tree:
    if not isinstance(tree, Term) or not _activates(tree):
        return tree
    return Term("new", tree.text, (*tree.children, Leaf(True)), (*tree.keys, KEY))


def _within(tree: Tree, own: Own) -> Tree:
    """The same for modules in a row."""
    match tree:
        case Chain(items):
            pairs = zip((None, *items), items, strict=False)
            return Chain(
                tuple(_over(i) if b and _makes_its_own(b, own) and _activates(i) else _within(i, own) for b, i in pairs)
            )
        case Runs():
            return replace(tree, runs=tuple((n, _within(t, own)) for n, t in tree.runs))
    return tree
