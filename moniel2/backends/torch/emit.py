"""A model as a Python file: PyTorch modules a colleague would have written. Nothing here needs torch."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

from moniel2.backends.torch import guard, literals, names
from moniel2.backends.torch.aliases import Alias, alias_of, misnamed, under_one_name, without_alias, write_alias
from moniel2.backends.torch.divided import divisors
from moniel2.backends.torch.doors import Inside
from moniel2.backends.torch.draft import Drafts
from moniel2.backends.torch.exposed import expose
from moniel2.backends.torch.inplace import write_in_place
from moniel2.backends.torch.keys import Key, keys
from moniel2.backends.torch.left import Left
from moniel2.backends.torch.opened import Opened, actual
from moniel2.backends.torch.places import holds
from moniel2.backends.torch.plans import Grouping, Plan, group, in_order, name_classes
from moniel2.backends.torch.split import Split
from moniel2.backends.torch.tree import EXTERN, Chain, Leaf, NewBlock, Runs, Term, Tree, Unit, Unwritable
from moniel2.backends.torch.write import Solution, solve, write_class
from moniel2.ir.model import Model
from moniel2.ops import code


@dataclass(frozen=True)
class Emitted:
    """The file, the class in it that is the model, and what it leaves open."""

    text: str
    class_name: str
    missing: tuple[Left, ...]
    model: Model

    def keys(self) -> Iterator[Key]:
        """The entries of the ``state_dict``."""
        return keys(self.model)


def emit(model: Model, opened: Opened | None = None) -> Emitted:
    """Write a model.

    ``opened`` is the same program with parameters left open: those are what its class can be made with. Without it the
    model's arguments are constants of the code. Raises ``Unwritable`` if something depends on an open parameter in a
    way that code can't say.
    """
    kept: frozenset[Hashable] = frozenset()
    while True:
        told = under_one_name(model, kept)
        inside = None if opened is None else replace(opened, model=under_one_name(opened.model, kept))
        solved = _solved(told, inside, Drafts())
        others = misnamed(model, solved.grouping.plans) - kept
        if not others:
            break
        kept |= others
    if opened is not None:
        _be_whole(solved.grouping, {**opened.values, **opened.inner})
    return _file(model, solved)


def _be_whole(grouping: Grouping, values: Mapping[str, int]) -> None:
    """Numbers of the parameters are written with whole divisions. Raises ``Unwritable`` for one that isn't whole."""
    for tree in _trees(grouping):
        if isinstance(tree, Leaf):
            actual(tree.value, values)


@dataclass
class _Solved:
    grouping: Grouping
    solutions: list[Solution]
    alias: Alias | None = None


def _solved(model: Model, opened: Opened | None, drafts: Drafts) -> _Solved:
    """All classes solved; specializations that can't share one are set apart."""
    tags: dict[Unit, tuple[Hashable, ...]] = {}
    inside = None if opened is None else Inside(opened.model.root, opened.inner).told_apart()
    alias = None if opened is None else alias_of(model.root, opened.names)
    block = model.root if inside is None else inside.root
    root = Unit(block if alias is None else without_alias(block))
    while True:
        grouping = group(root, drafts, tags)
        if opened is not None:
            grouping.root.values, grouping.root.required = opened.values, opened.required
            grouping.root.divisors = divisors(opened.model.requirements)
            for plan in grouping.plans:
                plan.symbols, plan.inside = (*opened.values, *opened.inner), inside
            _suppose(grouping, opened)
        if alias is not None:
            grouping.root.alias = alias.name
        expose(grouping)
        write_in_place(grouping.of, root)
        name_classes(grouping, model, _reserved(grouping) | ({alias.name} if alias is not None else set()))
        solutions = []
        for plan in in_order(grouping):
            try:
                solutions.append(solve(plan, grouping.of))
            except Split as split:
                if len(plan.units) > 1:
                    _set_apart(plan, split.choice, tags)
                    break
                # It needs a class that isn't known yet: classes that are made of each other. Their specializations
                # are made of each other on a way that ends.
                other = next((p for p in grouping.plans if not p.done and len(p.units) > 1), None)
                if other is None:
                    raise Unwritable(f"{plan.name} cannot be written") from split
                _set_apart(other, (), tags)
                break
        else:
            return _Solved(grouping, solutions, alias)


def _suppose(grouping: Grouping, opened: Opened) -> None:
    """Classes whose conditions depend on what is left open write these. Raises ``Unwritable`` if a condition chooses
    between classes.
    """
    choosing: dict[str, Plan] = {}
    for plan in grouping.plans if opened.model.supposed else ():
        spans = [w.span for w in plan.block.formulas.written if w.decides]
        if any(holds(s, one) for s in spans for one in opened.model.supposed):
            if choosing.setdefault(plan.block.definition, plan) is not plan:
                raise Unwritable(f"which {plan.block.name} it is depends on what is left open")
            plan.numbers = {**opened.values, **opened.inner}


def _set_apart(plan: Plan, choice: tuple[int, ...], tags: dict[Unit, tuple[Hashable, ...]]) -> None:
    if len(set(choice)) < 2:
        choice = tuple(range(len(plan.units)))
    for unit, kind in zip(plan.units, choice, strict=True):
        tags[unit] = (*tags.get(unit, ()), kind)


def _reserved(grouping: Grouping) -> set[str]:
    """Names of classes that come with the file, and of imported ones."""
    found = {s.class_name for p in grouping.plans for d in p.drafts for s in d.sources}
    return found | {t.rpartition(".")[2] for t in _extern_targets(grouping)}


# ------------------------------------------------------------------------------------------ file


def _file(model: Model, solved: _Solved) -> Emitted:
    grouping = solved.grouping
    externs, imports = _externs(grouping)
    result, result_lines = guard.result_class(grouping)
    classes: list[list[str]] = [*_sources(grouping), *_missing_class(grouping), *result_lines]
    for solution in solved.solutions:
        mine = result if solution.plan is grouping.root else ""
        classes.append(write_class(solution, externs, grouping, mine))
    if solved.alias is not None:
        classes.append(write_alias(solved.alias, grouping.root))
    name = grouping.root.alias or grouping.root.name
    body = "\n\n\n".join("\n".join(lines) for lines in classes)
    main = "\n".join(guard.main_guard(model, grouping, bool(result)))
    body = f"{body}\n\n\n{main}\n"
    title = f"{name}, generated by moniel2{_origin(model)}."
    head = "\n".join(literals.docstring(title, ""))
    text = f"{head}\n\n{_imports(body, imports)}\n\n\n{body}"
    left = dict.fromkeys(one for p in grouping.plans for d in p.drafts for one in d.left)
    return Emitted(text, name, tuple(left), model)


def _origin(model: Model) -> str:
    span = model.root.span or next((n.span for n in model.root.nodes if n.span is not None), None)
    if span is None:
        return ""
    name = re.split(r"[/\\]", span.source.name)[-1]
    return f" from {name}" if name and not name.startswith("<") else ""


def _sources(grouping: Grouping) -> list[list[str]]:
    found: dict[str, code.Source] = {}
    for plan in grouping.plans:
        for made in plan.drafts:
            for source in made.sources:
                found[source.class_name] = source
    return [s.text.strip("\n").split("\n") for s in found.values()]


def _missing_class(grouping: Grouping) -> list[list[str]]:
    if not any(t.text == "Missing" for t in _terms(grouping)):
        return []
    text = '''
class Missing(nn.Module):
    """Stands where the source leaves something open; calling it says what."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def forward(self, *inputs: Tensor, **named: Tensor) -> Tensor:
        raise NotImplementedError(self.what)
'''
    return [text.strip("\n").split("\n")]


def _terms(grouping: Grouping) -> Iterator[Term]:
    return (t for t in _trees(grouping) if isinstance(t, Term))


def _trees(grouping: Grouping) -> Iterator[Tree]:
    for plan in grouping.plans:
        for made in plan.drafts:
            stack: list[Tree] = [s.make for s in made.slots]
            stack += [s.tree for s in made.steps]
            while stack:
                at = stack.pop()
                yield at
                if isinstance(at, Term):
                    stack += at.children
                elif isinstance(at, Chain):
                    stack += at.items
                elif isinstance(at, Runs):
                    stack += [t for _, t in at.runs]
                else:
                    assert not isinstance(at, NewBlock) or at.unit is not None


def _extern_targets(grouping: Grouping) -> list[str]:
    return sorted({t.text[len(EXTERN) :] for t in _terms(grouping) if t.text.startswith(EXTERN)})


def _externs(grouping: Grouping) -> tuple[dict[str, str], list[str]]:
    """For each imported target the name it has here, and the import lines."""
    taken = names.Names(names.FILE_NAMES | {p.name for p in grouping.plans} | {"model"})
    found: dict[str, str] = {}
    lines = []
    for target in _extern_targets(grouping):
        module, _, name = target.rpartition(".")
        local = taken.fresh(name)
        found[f"{EXTERN}{target}"] = local
        lines.append(f"from {module} import {name}" + (f" as {local}" if local != name else ""))
    return found, lines


def _imports(body: str, externs: list[str]) -> str:
    """What the file uses, and nothing else."""
    used = _used_names(body)
    standard = [f"import {m}" for m in ("math",) if m in used]
    standard += ["from collections import OrderedDict"] if "OrderedDict" in used else []
    standard += ["from collections.abc import Sequence"] if "Sequence" in used else []
    standard += ["from typing import NamedTuple"] if "NamedTuple" in used else []
    third = ["import torch"] if "torch" in used else []
    third += ["import torch.nn.functional as F"] if "F" in used else []
    parts = [n for n in ("Tensor", "nn") if n in used]
    ours = [f"from torch import {', '.join(parts)}"] if parts else []
    third += sorted([*externs, *ours], key=lambda line: line.split()[1].lower())
    return "\n\n".join("\n".join(p) for p in (standard, third) if p)


def _used_names(body: str) -> set[str]:
    """Names the code reads: not what stands in strings, comments, or behind a dot."""
    used: set[str] = set()
    before = ""
    for token in tokenize.generate_tokens(io.StringIO(body).readline):
        if token.type == tokenize.NAME and before != ".":
            used.add(token.string)
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.string
    return used
