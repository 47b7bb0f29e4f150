"""A loop over an axis: one ``step``, and a ``forward`` that takes it along the axis and carries the states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from moniel2.backends.torch import literals, names, python
from moniel2.backends.torch.axes import HANDED_IN
from moniel2.backends.torch.draft import Entry
from moniel2.backends.torch.entries import parameters
from moniel2.backends.torch.expressions import computed
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.python import Atom, Call, Expr, flat
from moniel2.backends.torch.sizes import Sizes, state_columns
from moniel2.backends.torch.split import Split
from moniel2.backends.torch.tree import Any_, Known, Open
from moniel2.backends.torch.write import INDENT, Solution, return_type, written_body
from moniel2.ir.model import PortKind


def write_scan(solution: Solution, externs: dict[str, str]) -> list[str]:
    """``step`` and ``forward``."""
    plan = solution.plan
    body, lines = written_body(solution, externs)
    inside = [replace(e, optional=False) for e in plan.first.entries]
    texts = ["self", *parameters(inside, solution.entries)]
    head = python.signature("def step", texts, f" -> {return_type(len(body.returned))}:", "    ")
    return [*head, *lines, "", *_Along(solution).written()]


class _Along:
    """``forward`` of a loop."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.plan = solution.plan
        self.entries = solution.plan.first.entries
        self.axis = solution.plan.units[0].axis or 0
        self.reverse = solution.plan.units[0].reverse
        self.taken = names.Names(names.FILE_NAMES | set(solution.entries.values()))
        self.plain = [e for e in self.entries if e.kind is PortKind.PLAIN and not e.apart]
        self.states = [e for e in self.entries if e.kind is PortKind.STATE]
        # What is taken apart for one loop alone needs no name.
        several = len(self.plain) > 1
        self.steps = {e.value: self.taken.fresh(f"{self.named(e)}_steps") if several else "" for e in self.plain}
        self.at = {e.value: self.taken.fresh(f"{self.named(e)}_t") for e in self.plain}

    def named(self, entry: Entry) -> str:
        return self.solution.entries[entry.value]

    def written(self) -> list[str]:
        outputs = self.plan.block.outputs
        kinds = [o.kind for o in outputs for _ in o.sources]
        head = python.signature(
            "def forward",
            ["self", *parameters(self.entries, self.solution.entries)],
            f" -> {return_type(len(kinds))}:",
            "    ",
        )
        named = {self.steps[e.value]: self.named(e) for e in self.plain if self.steps[e.value]}
        lines = [f"{INDENT}{steps} = {name}.unbind({self.axis})" for steps, name in named.items()]
        for state in self.states:
            lines += self.start(state)
        once = {i: outputs_name(self.plan, i) for i, k in enumerate(kinds) if k is not PortKind.STATE}
        gathered = {i: self.taken.fresh(several(name)) for i, name in once.items()}
        lines += [f"{INDENT}{name}: list[Tensor] = []" for name in gathered.values()]
        lines += self.body(kinds, gathered)
        returned: list[Expr] = []
        carried = self.carried(kinds)
        for i, kind in enumerate(kinds):
            if kind is PortKind.STATE:
                returned.append(Atom(carried[i]))
            else:
                order = f"{gathered[i]}[::-1]" if self.reverse else gathered[i]
                stacked = (Atom(order), Atom(str(self.axis)))
                returned.append(Call(Atom("torch.stack"), stacked, ("", "dim")))
        line = f"{INDENT}return {', '.join(map(flat, returned)) or 'None'}"
        if len(returned) > 1 and not python.fits(line):
            return [*head, *lines, *python.statement("return ", python.Sequence("(", tuple(returned)), INDENT)]
        return [*head, *lines, line]

    def carried(self, kinds: Sequence[PortKind]) -> dict[int, str]:
        """The variable of each output that is a state."""
        flat_outputs = [o for o in self.plan.block.outputs for _ in o.sources]
        by_name = {e.name: self.named(e) for e in self.states}
        return {i: by_name[flat_outputs[i].name] for i, k in enumerate(kinds) if k is PortKind.STATE}

    def body(self, kinds: Sequence[PortKind], gathered: dict[int, str]) -> list[str]:
        items = [self.at[e.value] for e in self.plain]
        overs = [self.steps[e.value] or f"{self.named(e)}.unbind({self.axis})" for e in self.plain]
        over = overs[0] if len(overs) == 1 else f"zip({', '.join(overs)})"
        if self.reverse:
            over = f"reversed({overs[0]})" if len(overs) == 1 else f"zip({', '.join(f'reversed({o})' for o in overs)})"
        args = [self.at.get(e.value) or self.named(e) for e in self.entries]
        carried = self.carried(kinds)
        once = {i: self.taken.fresh(outputs_name(self.plan, i)) for i in gathered}
        targets = [carried.get(i) or once[i] for i in range(len(kinds))]
        deeper = INDENT + python.STEP
        call = Call(Atom("self.step"), tuple(map(Atom, args)))
        lines = [f"{INDENT}for {', '.join(items)} in {over}:"]
        lines += python.statement(f"{', '.join(targets)} = ", call, deeper)
        return [*lines, *(f"{deeper}{gathered[i]}.append({name})" for i, name in once.items())]

    def start(self, state: Entry) -> list[str]:
        """Zeros where no first value is given."""
        name = self.named(state)
        deeper = INDENT + python.STEP
        try:
            sizes = [self.size(column) for column in state_columns(self.plan, state)]
        except Split:
            said = Call(Atom("NotImplementedError"), (literals.string(f"the size of {name} isn't known: give it"),))
            return [f"{INDENT}if {name} is None:", *python.statement("raise ", said, deeper)]
        first = self.plain[0] if self.plain else None
        dtype = self.plan.first.tensors[state.value].dtype
        if first is None:
            return []
        args: tuple[Expr, ...] = tuple(sizes)
        keys = tuple("" for _ in args)
        if dtype and dtype != self.plan.first.tensors[first.value].dtype:
            args, keys = (*args, Atom(f"torch.{dtype}")), (*keys, "dtype")
        zeros = Atom(f"{self.named(first)}.new_zeros")
        made = Call(zeros, args or (python.Sequence("(", ()),), keys if args else ())
        return [f"{INDENT}if {name} is None:", *python.statement(f"{name} = ", made, deeper)]

    def size(self, column: tuple[Known, ...]) -> Expr:
        """A size in ``forward``: what ``step`` would read off a tensor is read off all of its steps."""
        first = column[0]
        if isinstance(first, int) and all(v == first for v in column):
            return literals.number(first)
        if all(isinstance(v, Any_) for v in column):
            raise Split(tuple(range(len(column))))  # nobody knows it
        sizes = Sizes(self.plan, self.solution.constructor, names.Names(), self.solution.entries)
        sizes.kept, sizes.attributes = self.solution.sizes.kept, self.solution.sizes.attributes
        expr = sizes.made(column, "size") if isinstance(first, Open) else sizes.value(column, "size")
        from moniel2.backends.torch.sizes import replaced

        for reading, name in sizes.readings.items():
            tensor = self.solution.entries[reading.value]
            if reading.value in self.steps and reading.axis != HANDED_IN:
                if self.axis < 0 or reading.axis < 0:
                    tensor = f"{tensor}.select({self.axis}, 0)"
                elif reading.axis >= self.axis:
                    reading = replace(reading, axis=reading.axis + 1)
            expr = replaced(expr, Atom(name), Atom(computed(tensor, reading), 10 if reading.factor > 1 else 100))
        return expr


def outputs_name(plan: Plan, index: int) -> str:
    outputs = [o for o in plan.block.outputs for _ in o.sources]
    name = outputs[index].name
    return names.variable(names.snake(name)) if name.isidentifier() else "out"


def several(name: str) -> str:
    """What a list of such things is called."""
    return f"all_{name}" if name.endswith("s") else f"{name}s"


__all__ = ["flat", "write_scan"]
