"""Writing a class: its constructor, its ``forward``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moniel2.backends.torch import literals, names, python
from moniel2.backends.torch.aliases import declared
from moniel2.backends.torch.body import Body
from moniel2.backends.torch.construct import Constructor, solve_slots
from moniel2.backends.torch.draft import Draft, Slot, Tied
from moniel2.backends.torch.entries import entry_names, parameters
from moniel2.backends.torch.expressions import Writer, far
from moniel2.backends.torch.inits import Inits
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.opened import actual
from moniel2.backends.torch.paths import locate
from moniel2.backends.torch.plans import Grouping, Param, Plan
from moniel2.backends.torch.presence import Presence, presence_of_slots
from moniel2.backends.torch.python import Atom, Call, Comprehension, Conditional, Dictionary, Expr, Prefix, flat
from moniel2.backends.torch.sizes import Sizes, state_columns
from moniel2.backends.torch.steps import name_regions, solve_steps
from moniel2.backends.torch.tree import (
    EXTERN,
    Any_,
    Built,
    Chain,
    Done,
    Far,
    Known,
    Leaf,
    Open,
    Pick,
    Rows,
    Segment,
    Term,
    Tree,
    Unit,
)
from moniel2.ir.model import PortKind

INDENT = "        "


@dataclass
class Solution:
    """What is found out of one class before anything is written."""

    plan: Plan
    constructor: Constructor
    sizes: Sizes
    taken: names.Names
    entries: dict[int, str]
    shared: dict[str, str]


def solve(plan: Plan, of: Mapping[Unit, Plan]) -> Solution:
    """Find the parameters of a class, its attributes and its steps. Raises ``Split``."""
    constructor = Constructor(plan, dict(of))
    plan.flags = {}
    name_regions(plan, constructor)
    plan.slots = solve_slots(constructor)
    taken = names.Names(names.FILE_NAMES)
    entries = entry_names(plan.first, taken)
    sizes = Sizes(plan, constructor, taken, entries)
    plan.steps = solve_steps(plan, sizes)
    for entry in plan.first.entries if plan.first.style == "loop" else ():
        if entry.kind is PortKind.STATE:
            for column in state_columns(plan, entry):
                if any(isinstance(v, Open) for v in column):
                    sizes.made(column, "size")
                elif all(isinstance(v, int) for v in column):
                    sizes.value(column, "size")
    Inits(plan, constructor).resolve()
    plan.slots = solve_slots(constructor)
    plan.params = constructor.parameters()
    plan.done = True
    return Solution(plan, constructor, sizes, taken, entries, _shared(plan))


def _shared(plan: Plan) -> dict[str, str]:
    """Modules without weights that are made alike: which earlier attribute to use instead."""
    first: list[tuple[Slot, Tree, Presence]] = []
    found: dict[str, str] = {}
    for slot, tree, presence in zip(plan.first.slots, plan.slots, presence_of_slots(plan.drafts), strict=True):
        if not slot.idle or slot.init:
            continue
        for earlier, other, there in first:
            if tree == other and (all(there) or there == presence):
                found[slot.attribute] = earlier.attribute
                break
        else:
            first.append((slot, tree, presence))
    return found


def write_class(solution: Solution, externs: dict[str, str], grouping: Grouping, result: str = "") -> list[str]:
    """The lines of a class. ``result`` is the type that ``forward`` returns if it is a class of its own."""
    plan = solution.plan
    draft = plan.first
    base = {"sequence": "nn.Sequential", "keyed": "nn.ModuleDict"}.get(draft.style, "nn.Module")
    lines = [f"class {plan.name}({base}):"]
    lines += [*literals.docstring(plan.block.doc or "", "    ")]
    if len(lines) > 1:
        lines.append("")
    body = _constructor(solution, externs, grouping)
    if draft.style != "sequence":
        if body:
            body.append("")
        body += _loop(solution, externs) if draft.style == "loop" else _forward(solution, externs, result)
    if not body:
        body = ["    pass"]
    return lines + body


# ----------------------------------------------------------------------------------- constructor


def _constructor(solution: Solution, externs: dict[str, str], grouping: Grouping) -> list[str]:
    plan, draft = solution.plan, solution.plan.first
    root = plan is grouping.root
    statements: list[str] = []
    kept = [(f"self.{attribute} = ", expr) for expr, attribute in solution.sizes.kept.items()]
    annotations: list[str] = []
    pairs = [p for p in zip(draft.slots, plan.slots, strict=True) if p[0].attribute not in solution.shared]
    if draft.style == "sequence":
        items = tuple(_module(t, externs) for _, t in pairs)
        opening = python.statement("", Call(Atom("super().__init__"), items), INDENT)
    else:
        keyed = [(s, t) for s, t in pairs if s.attribute.isdigit() and s.kind == "module"]
        entries = tuple((literals.string(s.attribute), _module(t, externs)) for s, t in keyed)
        arguments = (Dictionary(entries),) if entries else ()
        opening = python.statement("", Call(Atom("super().__init__"), arguments), INDENT)
        statements += _attributes(plan, pairs, externs)
        buffers = [s.attribute for s in draft.slots if s.kind == "buffer" and not s.attribute.isdigit()]
        annotations = [f"    {name}: Tensor" for name in buffers]
    statements += _ties(draft, grouping)
    inits = Inits(plan, solution.constructor)
    statements += inits.lines(pairs, INDENT)
    statements += inits.lines_everywhere(INDENT)
    if not statements and not kept and not plan.params and (draft.style == "module" or draft.style == "loop"):
        return []
    before = _locals(solution.constructor, kept, [*opening, *statements])
    for attribute, expr in kept:
        before += python.statement(attribute, expr, INDENT)
    if draft.style == "sequence":
        opening = [*before, *opening]
    else:
        statements = [*before, *statements]
    texts = ["self", *(_parameter(p, plan if root else None) for p in plan.params)]
    lines = [*annotations, ""] if annotations else []
    lines += python.signature("def __init__", texts, " -> None:", "    ")
    return [*lines, *opening, *statements]


def _locals(constructor: Constructor, kept: list[tuple[str, Expr]], statements: list[str]) -> list[str]:
    """``hidden = expansion * cin``: the source's constants, those that something needs.

    What is only ``kept`` as an attribute is computed there.
    """
    lines: list[str] = []
    order = [f.name for f in constructor.known.constants if f.name in constructor.locals]
    for name in reversed(order):
        read = names.words(lines) | names.words(statements)
        keeping = [i for i, (_, expr) in enumerate(kept) if name in names.words([flat(expr)])]
        made = constructor.locals[name]
        if name in read or len(keeping) > 1 or any(kept[i][1] != Atom(name) for i in keeping):
            lines = [*python.statement(f"{name} = ", made, INDENT), *lines]
        elif keeping:
            kept[keeping[0]] = (kept[keeping[0]][0], made)
    return lines


def _attributes(plan: Plan, pairs: Sequence[tuple[Slot, Tree]], externs: dict[str, str]) -> list[str]:
    """``self.conv = …`` for each; under an ``if`` what only some specializations have."""
    lines: list[str] = []
    presence = {s.attribute: p for s, p in zip(plan.first.slots, presence_of_slots(plan.drafts), strict=True)}
    region: tuple[bool, ...] | None = None
    set_already: set[str] = set()
    for slot, tree in pairs:
        if slot.kind == "module" and slot.attribute.isdigit():
            continue
        present = presence[slot.attribute]
        part = None if all(present) else present
        if part is not None and part != region:
            flag = plan.flags[part]
            if flag.name not in set_already:
                lines += python.statement(f"self.{flag.name} = ", flag.expr, INDENT)
                set_already.add(flag.name)
            lines.append(f"{INDENT}if self.{flag.name}:")
        region = part
        lines += _attribute(slot, tree, externs, INDENT if part is None else INDENT + python.STEP)
    # Flags that only ``forward`` asks for.
    for flag in plan.flags.values():
        if flag.name not in set_already:
            lines += python.statement(f"self.{flag.name} = ", flag.expr, INDENT)
    return lines


def _parameter(param: Param, root: Plan | None) -> str:
    if param.module:
        return f"{param.name}: nn.Module"
    own = root is None or bool(root.alias) or param.name in root.asked
    return declared(param, param.default if own or root is None else actual(param.values[0], root.values))


def _attribute(slot: Slot, tree: Tree, externs: dict[str, str], indent: str) -> list[str]:
    value = _module(tree, externs)
    name = literals.string(slot.attribute)
    if slot.kind == "buffer":
        return python.statement("", Call(Atom("self.register_buffer"), (name, value)), indent)
    if slot.kind == "parameter":
        value = Call(Atom("nn.Parameter"), (value,))
    elif slot.kind == "frozen":
        value = Call(Atom("nn.Parameter"), (value, Atom("False")), ("", "requires_grad"))
    if slot.attribute.isdigit():
        return python.statement("", Call(Atom("self.register_parameter"), (name, value)), indent)
    return python.statement(f"self.{slot.attribute} = ", value, indent)


def _module(tree: Tree, externs: dict[str, str]) -> Expr:
    """What an attribute is set to."""
    match tree:
        case Done():
            return tree.expr
        case Leaf():
            return literal(tree.value)
        case Built():
            order = {p.name: i for i, p in enumerate(tree.plan.params)}
            defaults = {p.name: p.default for p in tree.plan.params}
            given = [a for a in sorted(tree.args, key=lambda a: order[a[0]]) if not _is_default(a[1], defaults[a[0]])]
            args = tuple(_module(v, externs) for _, v in given)
            named = (Built, Chain, Rows)
            keys = tuple(
                k if i > 1 or isinstance(v, named) or not isinstance(defaults[k], Any_) else ""
                for i, (k, v) in enumerate(given)
            )
            return Call(Atom(tree.plan.name), args, _settled(keys))
        case Chain():
            return Call(Atom("nn.Sequential"), tuple(_module(i, externs) for i in tree.items))
        case Rows():
            return _rows(tree, externs)
        case Pick():
            return Conditional(_module(tree.then, externs), tree.condition, _module(tree.otherwise, externs))
        case Term():
            return _term(tree, externs)
    raise AssertionError(tree)


def _is_default(value: Tree, default: Known) -> bool:
    return not isinstance(default, Any_) and value == Done(literal(default))


def _settled(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Nothing positional after a keyword."""
    first = next((i for i, k in enumerate(keys) if k), len(keys))
    return tuple("" if i < first else k for i, k in enumerate(keys))


def _term(tree: Term, externs: dict[str, str]) -> Expr:
    if tree.head == "parameters":
        items = tuple(
            (literals.string(k), Call(Atom("nn.Parameter"), (_module(c, externs),)))
            for k, c in zip(tree.keys, tree.children, strict=True)
        )
        return Call(Atom("nn.ParameterDict"), (Dictionary(items),))
    children = tuple(_module(c, externs) for c in tree.children)
    match tree.head:
        case "new" | "call":
            target = externs[tree.text] if tree.text.startswith(EXTERN) else tree.text
            return Call(Atom(target), children, tree.keys)
        case "tuple":
            return python.Sequence("(", children)
        case "list":
            return python.Sequence("[", children)
        case "name":
            return Atom(tree.text)
        case "method":
            return Call(python.Attribute(children[0], tree.text), children[1:], tree.keys[1:])
        case "infix":
            return python.Operator(tree.text, children)
        case "prefix":
            return Prefix(tree.text, children[0])
    raise AssertionError(tree)


def _rows(tree: Rows, externs: dict[str, str]) -> Expr:
    if tree.container == "nn.ModuleDict":
        keys = iter(tree.indices)
        items = tuple((literals.string(next(keys)), _module(s.item, externs)) for s in tree.segments)
        return Call(Atom("nn.ModuleDict"), (Dictionary(items),))
    parts = tuple(_segment(s, externs) for s in tree.segments)
    if tree.container == "nn.Sequential":
        return Call(Atom("nn.Sequential"), parts)
    if len(parts) == 1 and isinstance(parts[0], Prefix):
        return Call(Atom(tree.container), (parts[0].operand,))
    return Call(Atom(tree.container), (python.Sequence("[", parts),))


def _segment(segment: Segment, externs: dict[str, str]) -> Expr:
    item = _module(segment.item, externs)
    if segment.over is not None:
        return Prefix("*", Comprehension("(", item, segment.name, _module(segment.over, externs)))
    if segment.count is not None:
        number = _module(segment.count, externs)
        if number == Atom("1"):
            return item
        count = Call(Atom("range"), (number,))
        return Prefix("*", Comprehension("(", item, "_", count))
    return item


def _ties(draft: Draft, grouping: Grouping) -> list[str]:
    lines: list[str] = []
    for tied in draft.ties:
        if tied.up == 0:
            lines += _tie(draft, tied, grouping)
    return lines


def _tie(draft: Draft, tied: Tied, grouping: Grouping) -> list[str]:
    made = {u: d for p in grouping.plans for u, d in zip(p.units, p.drafts, strict=True)}
    steps, typed = locate(draft.unit.block, tied.path, True, made)
    source = flat(far(Far(".".join(steps), weight=True, typed=typed)))
    indent, owner = INDENT, "self"
    lines: list[str] = []
    rest = tied.target.split(".")
    while "*" in rest:
        at = rest.index("*")
        item = "layer" if not lines else f"layer{len(lines) + 1}"
        lines.append(f"{indent}for {item} in {_down(owner, rest[:at])}:")
        indent, owner, rest = indent + python.STEP, item, rest[at + 1 :]
    return [*lines, f"{indent}{_down(owner, rest)}.{tied.weight} = {source}"]


def _down(owner: str, path: list[str]) -> str:
    if not path:
        return owner
    if len(path) == 1 and owner == "self" and not path[0].isdigit():
        return f"self.{path[0]}"
    return f"{owner}.get_submodule({flat(literals.string('.'.join(path)))})"


# --------------------------------------------------------------------------------------- forward


def _forward(solution: Solution, externs: dict[str, str], result: str) -> list[str]:
    plan = solution.plan
    body, lines = written_body(solution, externs, result)
    texts = ["self", *parameters(plan.first.entries, solution.entries)]
    kind = result or return_type(len(body.returned))
    head = python.signature("def forward", texts, f" -> {kind}:", "    ")
    return [*head, *lines]


def written_body(solution: Solution, externs: dict[str, str], result: str = "") -> tuple[Body, list[str]]:
    """The steps in lines; branches that are put together are either all on one line with that or each on its own."""
    plan, apart = solution.plan, frozenset[int]()
    while True:
        writer = Writer(plan.first, externs, device_of(solution), dict(solution.entries), shared=solution.shared)
        body = Body(plan, solution.sizes, solution.taken.copy(), writer, apart)
        lines = body.written(result)
        if body.apart == apart:
            return body, lines
        apart = frozenset(body.apart)


def device_of(solution: Solution) -> str:
    """Where the tensors are: an input says so, or it is handed in."""
    for entry in solution.plan.first.entries:
        if entry.device:
            return solution.entries[entry.value]
        if not entry.apart and not entry.optional:
            return f"{solution.entries[entry.value]}.device"
    return "next(self.parameters()).device"


def return_type(count: int) -> str:
    if count == 0:
        return "None"
    return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]" if count < 5 else "tuple[Tensor, ...]"


def _loop(solution: Solution, externs: dict[str, str]) -> list[str]:
    from moniel2.backends.torch.scan import write_scan

    return write_scan(solution, externs)


__all__ = ["Solution", "entry_names", "return_type", "solve", "write_class"]
