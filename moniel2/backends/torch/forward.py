"""Writing ``forward``: names for tensors, what shares a line, shape comments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from moniel2.backends.torch import names, python
from moniel2.backends.torch.comments import Shapes
from moniel2.backends.torch.construct import Constructor, Split
from moniel2.backends.torch.draft import Beside, Bind, Draft, Each, Entry, Step
from moniel2.backends.torch.explain import literal
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.presence import Presence, presence_of_steps
from moniel2.backends.torch.python import (
    Atom,
    Attribute,
    Call,
    Comprehension,
    Conditional,
    Expr,
    Index,
    Operator,
    Prefix,
    Slice,
    flat,
)
from moniel2.backends.torch.sizes import Reading, Sizes
from moniel2.backends.torch.tree import EXTERN, Done, Far, Hole, Leaf, Member, Term, Tree, Value, merge
from moniel2.dims import Dim

DEEPEST = 3  # calls inside calls on one line
SPARE = ("x", "y", "z", "u", "v", "w", "s", "t")


def solve_steps(plan: Plan, sizes: Sizes) -> list[Step]:
    """The steps of a class with every value found: all specializations merged, sizes read off tensors or kept."""
    solved: list[Step] = []
    for place in range(len(plan.first.steps)):
        steps = [d.steps[place] for d in plan.drafts]
        solved.append(_solve(steps, sizes))
    return solved


def name_regions(plan: Plan, constructor: Constructor) -> None:
    """A flag for everything that only some specializations do, unless an input says it."""
    for place, presence in enumerate(presence_of_steps(plan.drafts)):
        if not all(presence) and given_input(plan, presence) is None:
            constructor.flag(presence, about_region(plan, place, presence))


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
        case Leaf() if isinstance(tree.value, Dim):
            return Done(sizes.value((tree.value,) * sizes.count, hint))
        case Leaf():
            return Done(literal(tree.value))
        case Term():
            keys = tree.keys or ("",) * len(tree.children)
            children = tuple(_values(c, sizes, k or hint) for c, k in zip(tree.children, keys, strict=False))
            return Term(tree.head, tree.text, children, tree.keys)
    return tree


# ----------------------------------------------------------------------------------- expressions


@dataclass
class Writer:
    """Trees of ``forward`` as expressions. ``names`` of values; ``inlined`` ones stand in place of their name."""

    draft: Draft
    externs: dict[str, str]
    device: str = ""
    names: dict[int, str] = field(default_factory=dict)
    inlined: dict[int, Expr] = field(default_factory=dict)

    def expr(self, tree: Tree) -> Expr:
        match tree:
            case Done():
                return tree.expr
            case Leaf():
                return literal(tree.value)
            case Value():
                return self.inlined.get(tree.number) or Atom(self.names.get(tree.number, "_"))
            case Member():
                return member(tree.attribute)
            case Far():
                return far(tree)
            case Term():
                return self.term(tree)
        raise AssertionError(tree)

    def term(self, tree: Term) -> Expr:
        parts = tree.children
        match tree.head:
            case "call":
                target = self.externs[tree.text] if tree.text.startswith(EXTERN) else tree.text
                return Call(Atom(target), tuple(map(self.expr, parts)), tree.keys)
            case "apply":
                return Call(self.expr(parts[0]), tuple(map(self.expr, parts[1:])), tree.keys[1:])
            case "method":
                return self.method(tree)
            case "infix":
                return Operator(tree.text, tuple(map(self.expr, parts)))
            case "prefix":
                return Prefix(tree.text, self.expr(parts[0]))
            case "index":
                return Index(self.expr(parts[0]), tuple(map(self.expr, parts[1:])) or (Atom("()"),))
            case "slice":
                bounds = [None if isinstance(p, Term) and p.head == "open" else self.expr(p) for p in parts]
                bounds = [None if b == Atom("None") else b for b in bounds]
                return Slice(bounds[0], bounds[1], bounds[2])
            case "tuple" | "list":
                return python.Sequence("(" if tree.head == "tuple" else "[", tuple(map(self.expr, parts)))
            case "ellipsis":
                return Atom("...")
            case "name":
                return Atom(tree.text)
            case "device":
                return Atom(self.device)
            case "training":
                return Conditional(self.expr(parts[0]), Atom("self.training"), Atom("0.0"))
        raise AssertionError(tree)

    def method(self, tree: Term) -> Expr:
        receiver, *args = map(self.expr, tree.children)
        if tree.text in ("split", "unflatten") and not isinstance(receiver, Call):
            # As methods of tensors these two have no types.
            if tree.text == "split" and isinstance(args[0], python.Sequence):
                args[0] = python.Sequence("[", args[0].items)
            return Call(Atom(f"torch.{tree.text}"), (receiver, *args), tree.keys)
        return Call(Attribute(receiver, tree.text), tuple(args), tree.keys[1:])


def member(attribute: str) -> Expr:
    return Index(Atom("self"), (python.string(attribute),)) if attribute.isdigit() else Atom(f"self.{attribute}")


def far(tree: Far) -> Expr:
    if tree.typed:
        return Atom(f"self.{tree.path}")
    return Call(Atom("self.get_parameter" if tree.weight else "self.get_submodule"), (python.string(tree.path),))


# ------------------------------------------------------------------------------------ statements


@dataclass
class _Line:
    """One statement: ``targets`` is its left side."""

    targets: str
    expr: Expr
    comment: str
    bound: tuple[str, ...] = ()
    untyped: bool = True
    indent: str = "        "
    raw: tuple[str, ...] = ()

    def text(self, typed: frozenset[str]) -> list[str]:
        if self.raw:
            return [self.indent + r for r in self.raw]
        targets = self.targets
        lines: list[str] = []
        fresh = [b for b in self.bound if b in typed]
        if fresh and targets in fresh:
            targets = f"{targets}: Tensor"
        elif fresh:
            lines = [f"{self.indent}{name}: Tensor" for name in fresh]
        return [*lines, *python.statement(f"{targets} = ", self.expr, self.indent, self.comment)]


class Body:
    """The lines of one ``forward`` (or ``step``)."""

    def __init__(self, plan: Plan, steps: list[Step], sizes: Sizes, taken: names.Names, writer: Writer) -> None:
        self.plan, self.steps, self.sizes = plan, steps, sizes
        self.taken, self.writer = taken, writer
        self.draft = plan.first
        self.shapes = Shapes(plan)
        self.lines: list[_Line] = []
        self.last, self.uses = _liveness(steps, self.draft.returns)
        self.tensors: set[str] = set()
        self.pending: tuple[int, Expr, Bind, int, int] | None = None
        self.presence = presence_of_steps(plan.drafts)
        self.forced: dict[int, str] = {}
        self.indent = "        "
        self.lists = _not_tensors(steps, self.draft.entries)
        self.current = {n: v for v, n in writer.names.items()}
        self.tensors |= {writer.names[e.value] for e in self.draft.entries if not e.apart and not e.optional}

    def written(self) -> list[str]:
        region: Presence | None = None
        for at, step in enumerate(self.steps):
            presence = self.presence[at] if not all(self.presence[at]) else None
            if presence != region:
                self.flush()
                self.leave()
                region = presence
                if presence is not None:
                    self.enter(at, presence)
            if isinstance(step, Bind):
                self.bind(at, step)
            else:
                self.flush()
                if isinstance(step, Each):
                    self.each(at, step)
                else:
                    self.beside(step)
        self.flush()
        self.leave()
        returned = self.returned()
        texts = self.readings()
        annotated: set[str] = set()
        wanted = {n for n in returned if n not in self.tensors and n.isidentifier()} if len(returned) == 1 else set()
        for line in self.lines:
            fresh = frozenset(b for b in line.bound if b in wanted and b not in annotated and line.untyped)
            annotated |= set(line.bound)
            texts += line.text(fresh)
        return texts

    def enter(self, at: int, presence: Presence) -> None:
        """``if`` before steps that only some specializations have; what comes out is named like what flows past."""
        end = at
        while end < len(self.steps) and self.presence[end] == presence:
            end += 1
        through: dict[int, int] = {}
        for step in self.steps[at:end]:
            if isinstance(step, Bind):
                for out in step.outs:
                    through[out] = through.get(step.through, step.through)
        for value, on in through.items():
            if self.last.get(value, -1) < end:
                continue
            name = self.writer.names.get(on, "")
            if not name or self.last.get(on, -1) >= end:
                fresh = self.spare()
                self.lines.append(_Line(fresh, Atom(name), "", (fresh,), untyped=name not in self.tensors))
                name = fresh
            self.forced[value] = name
        self.lines.append(_Line("", Atom(""), "", raw=(f"if {self.condition(presence)}:",)))
        self.indent = "            "

    def leave(self) -> None:
        self.indent = "        "

    def condition(self, presence: Presence) -> str:
        entry = given_input(self.plan, presence)
        if entry is not None:
            return f"{self.writer.names[entry.value]} is not None"
        return f"self.{self.plan.flags[presence].name}"

    def spare(self) -> str:
        name = next((s for s in SPARE if s not in self.taken), None) or self.taken.fresh("x")
        self.taken.reserve(name)
        return name

    def returned(self) -> list[str]:
        """What ``forward`` returns, in Python."""
        inlined = self.writer.inlined
        return [self.writer.names[v] if v in self.writer.names else flat(inlined[v]) for v in self.draft.returns]

    def readings(self) -> list[str]:
        """``b, n, _ = x.shape``: the sizes read at the start."""
        lines: list[str] = []
        by_value: dict[int, list[tuple[Reading, str]]] = {}
        for reading, name in self.sizes.readings.items():
            by_value.setdefault(reading.value, []).append((reading, name))
        for value, found in by_value.items():
            tensor = self.writer.names[value]
            shape = self.draft.tensors[value].shape
            plain = {r.axis: n for r, n in found if r.factor == 1 and not r.offset and r.axis >= 0}
            ranks = {len(d.tensors[value].shape or ()) for d in self.plan.drafts}
            if len(plain) > 1 and len(ranks) == 1 and shape is not None:
                targets = ", ".join(plain.get(a, "_") for a in range(len(shape)))
                lines.append(f"        {targets} = {tensor}.shape")
            else:
                lines += [f"        {n} = {tensor}.shape[{a}]" for a, n in plain.items()]
            for reading, name in found:
                if reading.axis in plain and plain[reading.axis] == name:
                    continue
                lines.append(f"        {name} = {computed(tensor, reading)}")
        return lines

    # --------------------------------------------------------------------------------- one step

    def bind(self, at: int, step: Bind) -> None:
        if isinstance(step.tree, (Member, Far)) and step.present:
            # A weight that is held directly needs no name of its own.
            self.writer.inlined[step.outs[0]] = self.writer.expr(step.tree)
            return
        used = _mentioned(step.tree)
        if self.pending is not None:
            value, expr, before, depth, heavy = self.pending
            if self.absorbs(step, used, value, before, depth, heavy):
                self.writer.inlined[value] = expr
                combined = self.writer.expr(step.tree)
                line = f"{self.indent}{self.probe(at, step)} = {flat(combined)}"
                if python.fits(line):
                    self.hold(at, step, combined, depth + 1, heavy + step.heavy)
                    return
                del self.writer.inlined[value]
            self.flush()
        self.hold(at, step, self.writer.expr(step.tree), 1 if _calls(step.tree) else 0, int(step.heavy))

    def hold(self, at: int, step: Bind, expr: Expr, depth: int, heavy: int) -> None:
        """Keep a statement back: the next one may take it in."""
        if len(step.outs) == 1 and not step.pick:
            self.pending = (step.outs[0], expr, step, depth, heavy)
            self.at = at
        elif len(step.outs) == 1:
            for index in step.pick[0] if step.pick else ():
                expr = Index(expr, (python.number(index),))
            self.pending = (step.outs[0], expr, step, depth, heavy)
            self.at = at
        else:
            self.pending = None
            self.unpack(at, step, expr)

    def absorbs(self, step: Bind, used: list[int], value: int, before: Bind, depth: int, heavy: int) -> bool:
        if used.count(value) != 1 or self.uses.get(value, 0) != 1 or depth >= DEEPEST:
            return False
        if heavy + step.heavy > 1 or self.draft.hints[value]:
            return False
        # Nothing else on the line may call anything: the order of the calls stays that of the steps.
        return not _calls_beside(step.tree, value)

    def probe(self, at: int, step: Bind) -> str:
        return "x" * 8 if self.draft.hints[step.outs[0]] == "" else names.variable(self.draft.hints[step.outs[0]])

    def flush(self) -> None:
        if self.pending is None:
            return
        value, expr, _, _, _ = self.pending
        self.pending = None
        expr = self.hoisted(expr)
        name = self.name(value, self.at, expr)
        comment = self.shapes.comment([value])
        self.lines.append(self.line(name, expr, comment))

    def hoisted(self, expr: Expr, room: int = 20) -> Expr:
        """A chain of methods that is too long for a line, its beginning on a line of its own."""
        while isinstance(expr, Call) and isinstance(expr.target, Attribute) and isinstance(expr.target.value, Call):
            if python.fits(" " * (8 + room) + flat(expr)):
                return expr
            links = [expr]
            while isinstance(links[-1].target, Attribute) and isinstance(links[-1].target.value, Call):
                links.append(links[-1].target.value)
            head = next((c for c in links[1:] if python.fits(" " * (8 + room) + flat(c))), links[-1])
            name = self.spare()
            self.lines.append(self.line(name, head, ""))
            expr = _swapped(expr, head, Atom(name))
        return expr

    def line(self, name: str, expr: Expr, comment: str) -> _Line:
        return _Line(name, expr, comment, (name,), untyped=untyped(expr, self.tensors), indent=self.indent)

    def unpack(self, at: int, step: Bind, expr: Expr) -> None:
        if not step.outs:
            return
        expr = self.hoisted(expr)
        live = [v for v in step.outs if self.uses.get(v)]
        chosen = {v: self.name(v, at, expr) for v in live}
        texts = {v: chosen.get(v, "_") for v in step.outs}
        if step.pick:
            targets = _pattern(dict(zip(step.pick, (texts[v] for v in step.outs), strict=True)))
        else:
            targets = ", ".join(texts[v] for v in step.outs)
        self.lines.append(_Line(targets, expr, self.shapes.comment(live), tuple(chosen.values()), indent=self.indent))

    def each(self, at: int, step: Each) -> None:
        carried = []
        for value, start in zip(step.carried, step.start, strict=True):
            expr = self.writer.expr(start)
            name = self.name(value, at, expr)
            carried.append(name)
            if flat(expr) != name:
                self.lines.append(self.line(name, expr, ""))
        for _, whole in step.gathered:
            name = self.taken.fresh(names.variable(self.draft.hints[whole] or "parts"))
            self.writer.names[whole] = name
            self.lines.append(_Line("", Atom(""), "", raw=(f"{name}: list[Tensor] = []",), indent=self.indent))
        item = "_"
        if step.item >= 0:
            item = self.taken.fresh(names.variable(self.draft.hints[step.item] or "layer"))
            self.writer.names[step.item] = item
        self.lines.append(
            _Line("", Atom(""), "", raw=(f"for {item} in {flat(self.writer.expr(step.over))}:",), indent=self.indent)
        )
        sides = []
        gathered = {v for v, _ in step.gathered}
        for value in step.sides:
            sides.append(self.name(value, at, None) if value in gathered or self.uses.get(value) else "_")
        deeper = self.indent + python.STEP
        targets = ", ".join([*carried, *sides])
        expr = self.writer.expr(step.tree)
        comment = self.shapes.comment(list(step.carried))
        self.lines.append(_Line(targets, expr, comment, tuple(carried), indent=deeper))
        for value, whole in step.gathered:
            text = f"{self.writer.names[whole]}.append({self.writer.names[value]})"
            self.lines.append(_Line("", Atom(""), "", raw=(text,), indent=deeper))

    def beside(self, step: Beside) -> None:
        name = self.taken.fresh(names.variable(self.draft.hints[step.out] or "parts"))
        self.writer.names[step.out] = name
        items = []
        for value in step.items:
            item = self.taken.fresh(names.variable(self.draft.hints[value] or "x"))
            self.writer.names[value] = item
            items.append(item)
        overs = tuple(map(self.writer.expr, step.over))
        iterable = overs[0] if len(overs) == 1 else Call(Atom("zip"), overs)
        expr = Comprehension("[", self.writer.expr(step.tree), ", ".join(items), iterable)
        self.lines.append(_Line(name, expr, "", (name,), untyped=False, indent=self.indent))

    # ------------------------------------------------------------------------------------- names

    def name(self, value: int, at: int, expr: Expr | None) -> str:
        """What the source calls it; else the name of a tensor that ends here; else a short one."""
        hint = self.draft.hints[value]
        wanted = names.variable(names.identifier(hint)) if hint else ""
        dying = self.dying(at)
        if value in self.forced:
            chosen = self.forced[value]
        elif wanted and (wanted not in self.taken or wanted in dying):
            self.taken.reserve(wanted)
            chosen = wanted
        elif dying:
            chosen = dying[0]
        elif wanted:
            chosen = self.taken.fresh(wanted)
        else:
            chosen = self.spare()
        if chosen not in self.current and expr is not None and not untyped(expr, self.tensors):
            self.tensors.add(chosen)
        self.writer.names[value] = chosen
        self.current[chosen] = value
        return chosen

    def dying(self, at: int) -> list[str]:
        """Short names whose tensor is read here for the last time, or was before; the latest first."""
        found = []
        kept = set(self.forced.values()) if self.indent != "        " else set()
        for name, value in self.current.items():
            if name in kept:
                continue
            end = self.last.get(value, -1)
            if 0 <= end <= at and value not in self.lists and (len(name) <= 2 or not self.draft.hints[value]):
                found.append((-end, name))
        return [n for _, n in sorted(found, key=lambda f: f[0])]


def _not_tensors(steps: list[Step], entries: Sequence[Entry]) -> set[int]:
    """Values that are modules or lists: their names are not taken over."""
    found = {e.value for e in entries if e.apart}
    for step in steps:
        if isinstance(step, Each):
            found |= {w for _, w in step.gathered} | {step.item}
        elif isinstance(step, Beside):
            found |= {step.out, *step.items}
    return found


def _liveness(steps: list[Step], returns: tuple[int, ...]) -> tuple[dict[int, int], dict[int, int]]:
    """For each value, the last step that reads it and how often it is read."""
    last: dict[int, int] = {}
    uses: dict[int, int] = {}
    for at, step in enumerate(steps):
        for value in _read_by(step):
            last[value] = at
            uses[value] = uses.get(value, 0) + 1
    for value in returns:
        last[value] = len(steps)
        uses[value] = uses.get(value, 0) + 1
    return last, uses


def _read_by(step: Step) -> list[int]:
    if isinstance(step, Bind):
        return _mentioned(step.tree)
    if isinstance(step, Each):
        found = [v for t in (step.over, *step.start, step.tree) for v in _mentioned(t)]
        return [*found, *found, *(v for v, _ in step.gathered)]
    return [v for t in (*step.over, step.tree) for v in _mentioned(t)]


def _members(tree: Tree) -> list[str]:
    if isinstance(tree, Member):
        return [tree.attribute]
    return [m for c in tree.children for m in _members(c)] if isinstance(tree, Term) else []


def _mentioned(tree: Tree) -> list[int]:
    found: list[int] = []
    stack = [tree]
    while stack:
        at = stack.pop()
        if isinstance(at, Value):
            found.append(at.number)
        elif isinstance(at, Term):
            stack += reversed(at.children)
    return found


def _calls(tree: Tree) -> bool:
    return isinstance(tree, Term) and (tree.head in ("call", "apply", "method") or any(map(_calls, tree.children)))


def _calls_beside(tree: Tree, value: int) -> bool:
    """Whether something is called that doesn't contain the value."""
    if not isinstance(tree, Term):
        return False
    return any(_calls(c) if value not in _mentioned(c) else _calls_beside(c, value) for c in tree.children)


def _swapped(expr: Expr, head: Expr, new: Expr) -> Expr:
    """A chain of methods with its beginning replaced."""
    if expr == head:
        return new
    assert isinstance(expr, Call) and isinstance(expr.target, Attribute)
    return Call(Attribute(_swapped(expr.target.value, head, new), expr.target.name), expr.args, expr.keys)


_UNTYPED = frozenset({"torch.tensordot", "torch.linalg.vector_norm"})


def untyped(expr: Expr, typed: set[str]) -> bool:
    """Whether a type checker takes the expression for ``Any``: it comes from calling a module."""
    match expr:
        case Atom():
            return expr.text.isidentifier() and expr.text not in typed
        case Call():
            if isinstance(expr.target, Attribute):
                return untyped(expr.target.value, typed)
            text = expr.target.text if isinstance(expr.target, Atom) else ""
            return not text.startswith(("torch.", "F.")) or text in _UNTYPED
        case Operator():
            return untyped(expr.operands[0], typed)
        case Prefix():
            return untyped(expr.operand, typed)
        case Index():
            return untyped(expr.value, typed)
    return False


def _pattern(paths: dict[tuple[int, ...], str]) -> str:
    """``out, (h, c)`` of index paths."""
    size = max(p[0] for p in paths) + 1
    parts = []
    for i in range(size):
        inner = {p[1:]: n for p, n in paths.items() if p[0] == i}
        if () in inner:
            parts.append(inner[()])
        elif not inner or all(n == "_" for n in inner.values()):
            parts.append("_")
        else:
            parts.append(f"({_pattern(inner)})")
    return ", ".join(parts)


def computed(tensor: str, reading: Reading) -> str:
    text = f"{tensor}.shape[{reading.axis}]"
    if reading.offset:
        text = f"{text} {'-' if reading.offset > 0 else '+'} {abs(reading.offset)}"
    if reading.factor == 1:
        return text
    return f"({text}) // {reading.factor}" if reading.offset else f"{text} // {reading.factor}"


def entry_type(entry: Entry) -> str:
    if entry.size:
        return "int"
    if entry.device:
        return "torch.device"
    if entry.loan is not None:
        return "Tensor" if entry.loan.weight else "nn.Module"
    return "Tensor"


def parameters(entries: Sequence[Entry], written: dict[int, str]) -> list[str]:
    """``x: Tensor, mask: Tensor``, with what is lent at the end."""
    texts = []
    for entry in entries:
        kind = entry_type(entry)
        default = " | None = None" if entry.optional else ""
        texts.append(f"{written[entry.value]}: {kind}{default}")
    return texts
