"""The lines of one ``forward``: what shares a line, names for tensors, shape comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from moniel2.backends.torch import names, python
from moniel2.backends.torch.axes import Reading
from moniel2.backends.torch.comments import Shapes
from moniel2.backends.torch.draft import Beside, Bind, Each
from moniel2.backends.torch.expressions import Writer, computed, pattern, swapped, untyped
from moniel2.backends.torch.literals import number
from moniel2.backends.torch.liveness import branches, calls, calls_beside, joined, liveness, mentioned, not_tensors
from moniel2.backends.torch.locals import Locals
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.presence import Presence, presence_of_steps
from moniel2.backends.torch.python import Atom, Attribute, Call, Comprehension, Expr, Index, flat
from moniel2.backends.torch.sizes import Sizes
from moniel2.backends.torch.steps import given_input
from moniel2.backends.torch.tree import Far, Member, Term

DEEPEST = 3  # calls inside calls on one line
FEW = 8  # branches that are told apart by names of their own
INDENT = "        "


@dataclass(frozen=True)
class Line:
    """One statement: ``targets`` is its left side. ``raw`` ones are no assignments."""

    targets: str
    expr: Expr
    comment: str
    bound: tuple[str, ...] = ()
    untyped: bool = True
    indent: str = INDENT
    raw: str = ""

    def text(self, annotated: frozenset[str]) -> list[str]:
        if self.raw:
            return [self.indent + self.raw]
        targets = self.targets
        lines: list[str] = []
        fresh = [b for b in self.bound if b in annotated]
        if fresh and targets in fresh and self.fits(f"{targets}: Tensor"):
            targets = f"{targets}: Tensor"
        elif fresh:
            lines = [f"{self.indent}{name}: Tensor" for name in fresh]
        return [*lines, *python.statement(f"{targets} = ", self.expr, self.indent, self.comment)]

    def fits(self, targets: str) -> bool:
        """Whether an annotation leaves the line as it is: one that is broken for it reads worse than two."""
        plain = f"{self.indent}{self.targets} = {flat(self.expr)}"
        return python.fits(f"{self.indent}{targets} = {flat(self.expr)}") or not python.fits(plain)


@dataclass(frozen=True)
class Held:
    """A statement that is kept back: the next one may take it in. ``sources`` are the values its line starts from."""

    value: int
    expr: Expr
    at: int
    depth: int
    heavy: int
    sources: frozenset[int]


class Body:
    """The lines of one ``forward`` (or ``step``)."""

    def __init__(
        self, plan: Plan, sizes: Sizes, taken: names.Names, writer: Writer, apart: frozenset[int] = frozenset()
    ) -> None:
        """``apart`` are values put together of branches that each have a line of their own."""
        self.plan, self.steps, self.sizes = plan, plan.steps, sizes
        self.writer, self.apart = writer, set(apart)
        self.draft = plan.first
        self.shapes = Shapes(plan)
        self.lines: list[Line] = []
        self.last, self.uses = liveness(self.steps, self.draft.returns)
        self.branches = branches(self.steps, self.uses, self.draft.hints, apart)
        self.locals = Locals(self.draft, taken, writer.names, self.last, not_tensors(self.steps, self.draft.entries))
        self.locals.waiting = {
            v for s in self.steps if isinstance(s, Bind) and apart & set(s.outs) for v in joined(s.tree)
        }
        self.held: list[Held] = []
        self.presence = presence_of_steps(plan.drafts)
        self.indent = INDENT
        self.returned: list[str] = []

    def written(self, result: str = "") -> list[str]:
        """All of it. ``result`` is the class that holds what is returned, if there is one."""
        region: Presence | None = None
        for at, step in enumerate(self.steps):
            presence = self.presence[at] if not all(self.presence[at]) else None
            if presence != region:
                self.flush()
                self.indent = INDENT
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
        self.returned = [self.outcome(v) for v in self.draft.returns]
        ending = self.ending(result)
        written = [*self.texts(), *ending]
        return [*self.inputs(), *self.readings(written), *written]

    def outcome(self, value: int) -> str:
        return self.writer.names[value] if value in self.writer.names else flat(self.writer.inlined[value])

    def texts(self) -> list[str]:
        """The lines; what is returned is annotated where a type checker can't know that it is a tensor."""
        lines = []
        annotated: set[str] = set()
        wanted = {n for n in self.returned if n not in self.locals.tensors and n.isidentifier()}
        if len(self.returned) > 1:
            wanted = set()
        for line in self.lines:
            fresh = frozenset(b for b in line.bound if b in wanted and b not in annotated)
            annotated |= set(line.bound)
            lines += line.text(fresh)
        return lines

    def ending(self, result: str) -> list[str]:
        """``return``, with the last line's expression behind it where the source has no name for that."""
        returned = self.returned
        last = self.lines[-1] if self.lines else None
        nameless = len(returned) == 1 and not self.draft.hints[self.draft.returns[0]]
        if last is not None and nameless and [last.targets] == returned and not last.untyped and last.indent == INDENT:
            self.lines.pop()
            return python.statement("return ", last.expr, INDENT, last.comment)
        if not returned:
            return [f"{INDENT}return None"]
        if result:
            return python.statement("return ", Call(Atom(result), tuple(map(Atom, returned))), INDENT)
        line = f"{INDENT}return {', '.join(returned)}"
        if len(returned) == 1 or python.fits(line):
            return [line]
        return python.statement("return ", python.Sequence("(", tuple(map(Atom, returned))), INDENT)

    def inputs(self) -> list[str]:
        """What flows in, as a comment."""
        told = []
        for entry in self.draft.entries:
            shape = "" if entry.apart else self.shapes.comment([entry.value])
            if shape:
                told.append(f"{self.writer.names[entry.value]}: {shape}")
        line = f"{INDENT}# {', '.join(told)}"
        return [line] if told and python.fits(line) else []

    def readings(self, written: Sequence[str]) -> list[str]:
        """``b, n, _ = x.shape``: the sizes read at the start, those that ``written`` names."""
        lines: list[str] = []
        by_value: dict[int, list[tuple[Reading, str]]] = {}
        code = "\n".join(line.partition("# ")[0] for line in written)
        used = set(re.findall(r"(?<![\w.])[^\W\d]\w*", code))
        for reading, name in self.sizes.readings.items():
            if name not in used:
                continue  # a formula that needed it was said in another way in the end
            by_value.setdefault(reading.value, []).append((reading, name))
        for value, found in by_value.items():
            tensor = self.writer.names[value]
            shape = self.draft.tensors[value].shape
            plain = {r.axis: n for r, n in found if r.factor == 1 and not r.offset and r.axis >= 0}
            ranks = {len(d.tensors[value].shape or ()) for d in self.plan.drafts}
            if len(plain) > 1 and len(ranks) == 1 and shape is not None:
                targets = ", ".join(plain.get(a, "_") for a in range(len(shape)))
                lines.append(f"{INDENT}{targets} = {tensor}.shape")
            else:
                lines += [f"{INDENT}{n} = {tensor}.shape[{a}]" for a, n in plain.items()]
            for reading, name in found:
                if reading.axis in plain and plain[reading.axis] == name:
                    continue
                lines.append(f"{INDENT}{name} = {computed(tensor, reading)}")
        return lines

    # ---------------------------------------------------------------------------------- choices

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
                fresh = self.locals.spare()
                known = name in self.locals.tensors
                self.lines.append(Line(fresh, Atom(name), "", (fresh,), untyped=not known))
                name = fresh
            self.locals.forced[value] = name
        self.say(f"if {self.condition(presence)}:")
        self.indent = INDENT + python.STEP

    def condition(self, presence: Presence) -> str:
        entry = given_input(self.plan, presence)
        if entry is not None:
            return f"{self.writer.names[entry.value]} is not None"
        return f"self.{self.plan.flags[presence].name}"

    def say(self, raw: str, indent: str = "") -> None:
        self.lines.append(Line("", Atom(""), "", raw=raw, indent=indent or self.indent))

    # --------------------------------------------------------------------------------- one step

    def bind(self, at: int, step: Bind) -> None:
        if isinstance(step.tree, (Member, Far)) and step.present:
            # A weight that is held directly needs no name of its own.
            self.writer.inlined[step.outs[0]] = self.writer.expr(step.tree)
            return
        read = mentioned(step.tree)
        taken = self.absorbed(step, read)
        if self.combined(at, step, read, taken):
            self.note(step, taken)
            return
        if len(taken) > 1 and not listed(step):
            # One of two operands stands on a line of its own.
            kept = self.held.pop()
            self.flush()
            self.held = [kept]
            if self.combined(at, step, read, self.absorbed(step, read)):
                return
        self.note(step, [])
        waits = self.held and self.held[-1].value in self.branches and not any(h.value in read for h in self.held)
        if not waits:
            self.flush()
        expr = self.writer.expr(step.tree)
        self.hold(at, step, expr, 1 if calls(step.tree) else 0, int(step.heavy), read, [])

    def combined(self, at: int, step: Bind, read: list[int], taken: list[Held]) -> bool:
        """Keep the step back with what was held back before in it, if that is one line to a reader."""
        if not taken:
            return False
        for held in taken:
            self.writer.inlined[held.value] = held.expr
        expr = self.writer.expr(step.tree)
        if not self.suits(step, expr, taken):
            for held in taken:
                del self.writer.inlined[held.value]
            return False
        del self.held[-len(taken) :]
        depth = max(h.depth for h in taken) + 1
        self.hold(at, step, expr, depth, sum(h.heavy for h in taken) + step.heavy, read, taken)
        return True

    def note(self, step: Bind, taken: list[Held]) -> None:
        """Some of a few branches can't stand where they are put together: then none of them does."""
        parts = {v for v in joined(step.tree) if v in self.branches} if listed(step) else set()
        if 1 < len(parts) <= FEW and {h.value for h in taken} != parts:
            self.apart.add(step.outs[0])

    def absorbed(self, step: Bind, read: list[int]) -> list[Held]:
        """What is held back and may stand inside this step's expression."""
        waiting = {h.value for h in self.held}
        used = [v for v in read if v in waiting]
        tail = self.held[len(self.held) - len(used) :]
        if not used or not step.outs or [h.value for h in tail] != used or step.outs[0] in self.apart:
            return []
        if any(self.uses.get(v, 0) != 1 or self.draft.hints[v] for v in used):
            return []
        if len(tail) > 1:
            others = [v for v in read if v not in used]
            parts = joined(step.tree)
            # Nothing else on the line may call anything: the order of the calls stays that of the steps.
            return tail if set(used) <= set(parts) and all(v in parts for v in others) else []
        (held,) = tail
        whole = step.outs[0] in self.branches or used[0] in self.branches
        if held.depth >= DEEPEST + whole or (held.heavy + step.heavy > 1 and not whole):
            return []
        return tail if not calls_beside(step.tree, held.value) else []

    def suits(self, step: Bind, expr: Expr, taken: list[Held]) -> bool:
        """Whether the line is still one that a reader takes in."""
        hint = self.draft.hints[step.outs[0]]
        line = f"{self.indent}{names.variable(names.snake(hint)) if hint else 'x'} = {flat(expr)}"
        if python.fits(line) or (len(taken) == 1 and self.in_two(expr)):
            return True
        deeper = self.indent + python.STEP * 2
        return len(taken) > 1 and listed(step) and all(python.fits(f"{deeper}{flat(h.expr)},") for h in taken)

    def in_two(self, expr: Expr) -> bool:
        """Whether two lines are enough for a chain of methods that begins with a module."""
        links: list[Expr] = [expr]
        while isinstance(link := links[-1], Call) and isinstance(link.target, Attribute):
            links.append(link.target.value)
        room = f"{self.indent}x, y, z = "
        if len(links) < 3 or not isinstance(links[-1], Call):
            return False
        head = next((h for h in links[1:-1] if python.fits(room + flat(h))), None)
        return head is not None and python.fits(room + flat(swapped(expr, head, Atom("_"))))

    def hold(self, at: int, step: Bind, expr: Expr, depth: int, heavy: int, read: list[int], taken: list[Held]) -> None:
        """Keep a statement back: the next one may take it in."""
        own = frozenset(read) - {h.value for h in taken}
        sources = own.union(*(h.sources for h in taken))
        if len(step.outs) != 1:
            self.flush()
            self.unpack(at, step, expr, sources)
            return
        for index in step.pick[0] if step.pick else ():
            expr = Index(expr, (number(index),))
        self.held.append(Held(step.outs[0], expr, at, depth, heavy, sources))

    def flush(self) -> None:
        held, self.held = self.held, []
        for one in held:
            typed = not untyped(one.expr, self.locals.tensors)
            comment = self.told([one.value], one.sources)
            name = self.locals.name(one.value, one.at, typed, self.indent != INDENT)
            expr = self.hoisted(one.expr, name, typed)
            typed = not untyped(expr, self.locals.tensors)
            self.lines.append(Line(name, expr, comment, (name,), not typed, self.indent))

    def told(self, values: list[int], sources: frozenset[int]) -> str:
        """The shape as a comment, where it isn't that of what the line starts from."""
        text = self.shapes.comment(values)
        return "" if text in {self.shapes.comment([v]) for v in sources} else text

    def hoisted(self, expr: Expr, wanted: str = "", typed: bool = True, left: str = "") -> Expr:
        """A chain of methods that is too long for a line, its beginning on a line of its own.

        ``wanted`` is the name that the whole gets: the beginning has it too, unless the rest still reads what had it.
        ``left`` is what stands on the left side otherwise.
        """
        room = len(self.indent) + len(left or wanted) + len(" = " if typed else ": Tensor = ")
        while isinstance(expr, Call) and isinstance(expr.target, Attribute) and isinstance(expr.target.value, Call):
            if python.fits(" " * room + flat(expr)):
                return expr
            links = [expr]
            while isinstance(links[-1].target, Attribute) and isinstance(links[-1].target.value, Call):
                links.append(links[-1].target.value)
            head = next((c for c in links[1:] if python.fits(" " * room + flat(c))), links[-1])
            rest = flat(swapped(expr, head, Atom("_")))
            name = wanted if wanted and not re.search(rf"\b{wanted}\b", rest) else self.locals.spare()
            self.lines.append(Line(name, head, "", (name,), untyped(head, self.locals.tensors), self.indent))
            expr = swapped(expr, head, Atom(name))
        return expr

    def unpack(self, at: int, step: Bind, expr: Expr, sources: frozenset[int]) -> None:
        if not step.outs:
            return
        free = "x" if "x" in self.locals.dying(at, self.indent != INDENT) else ""
        hints = [self.draft.hints[v] or "x" for v in step.outs]
        expr = self.hoisted(expr, free, left=", ".join(names.variable(names.snake(h)) for h in hints))
        live = [v for v in step.outs if self.uses.get(v)]
        comment = self.told(live, sources)
        typed = not untyped(expr, self.locals.tensors)
        chosen = {v: self.locals.name(v, at, typed, self.indent != INDENT) for v in live}
        texts = {v: chosen.get(v, "_") for v in step.outs}
        if step.pick:
            targets = pattern(dict(zip(step.pick, (texts[v] for v in step.outs), strict=True)))
        else:
            targets = ", ".join(texts[v] for v in step.outs)
        self.lines.append(Line(targets, expr, comment, tuple(chosen.values()), indent=self.indent))

    # --------------------------------------------------------------------------------- repeats

    def each(self, at: int, step: Each) -> None:
        carried = []
        starts = []
        for value, start in zip(step.carried, step.start, strict=True):
            expr = self.writer.expr(start)
            starts += mentioned(start)
            typed = not untyped(expr, self.locals.tensors)
            name = self.locals.name(value, at, typed, self.indent != INDENT)
            carried.append(name)
            if flat(expr) != name:
                self.lines.append(Line(name, expr, "", (name,), not typed, self.indent))
        for _, whole in step.gathered:
            self.say(f"{self.locals.of(whole, 'parts')}: list[Tensor] = []")
        item = self.locals.items_of([step.item], "layer")[0] if step.item >= 0 else "_"
        self.say(f"for {item} in {flat(self.writer.expr(step.over))}:")
        gathered = {v for v, _ in step.gathered}
        sides = [self.locals.name(v, at, False, True) if v in gathered or self.uses.get(v) else "_" for v in step.sides]
        deeper = self.indent + python.STEP
        comment = self.told(list(step.carried), frozenset(starts))
        targets = ", ".join([*carried, *sides])
        self.lines.append(Line(targets, self.writer.expr(step.tree), comment, tuple(carried), indent=deeper))
        for value, whole in step.gathered:
            self.say(f"{self.writer.names[whole]}.append({self.writer.names[value]})", deeper)

    def beside(self, step: Beside) -> None:
        name = self.locals.of(step.out, "parts")
        items = self.locals.items_of(step.items, "x")
        overs = tuple(map(self.writer.expr, step.over))
        iterable = overs[0] if len(overs) == 1 else Call(Atom("zip"), overs)
        expr = Comprehension("[", self.writer.expr(step.tree), ", ".join(items), iterable)
        self.lines.append(Line(name, expr, "", (name,), untyped=False, indent=self.indent))


def listed(step: Bind) -> bool:
    """Whether the step takes a list, whose items may have lines of their own."""
    return isinstance(step.tree, Term) and step.tree.head == "call"
