"""``@init("kaiming_normal", mode = "fan_out")``: how weights start, on a node or on a definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from moniel2.backends.torch import python
from moniel2.backends.torch.construct import Constructor
from moniel2.backends.torch.draft import Draft, Slot
from moniel2.backends.torch.layers import WITH_WEIGHTS, Layers, layers_in, layers_of
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.lower import scalar
from moniel2.backends.torch.plans import Plan
from moniel2.backends.torch.python import Atom, Call, Expr, flat
from moniel2.backends.torch.starts import starts_of_block
from moniel2.backends.torch.tree import ANY, Any_, Built, Chain, Known, Rows, Tree, same
from moniel2.ir.model import Attribute, Value
from moniel2.ops.initializers import INITIALIZERS

Find = Callable[[Draft], "Attribute | None"]


class Inits:
    """The starts that one class asks for; their numbers may differ between its specializations."""

    def __init__(self, plan: Plan, constructor: Constructor) -> None:
        self.plan, self.constructor = plan, constructor

    def resolve(self) -> None:
        """Find every number, so that the constructor takes what they are made of."""
        for i, slot in enumerate(self.plan.first.slots):
            for j, attribute in enumerate(slot.init):
                self._numbers(attribute, _of_slot(i, j))
        for j, attribute in enumerate(starts_of_block(self.plan.block)):
            self._numbers(attribute, _of_block(j))

    def _numbers(self, attribute: Attribute, find: Find) -> None:
        self._call(attribute, Atom("weight"), find)
        self._bias(attribute, "bias", {}, "", find)

    def lines(self, pairs: Sequence[tuple[Slot, Tree]], indent: str) -> list[str]:
        """The starts asked for on nodes."""
        lines: list[str] = []
        for slot, tree in pairs:
            i = self.plan.first.slots.index(slot)
            for j, attribute in enumerate(slot.init):
                find = _of_slot(i, j)
                if isinstance(tree, (Rows, Chain, Built)):
                    lines += self._everywhere(
                        f"self.{slot.attribute}.modules()", attribute, layers_in(tree), indent, find
                    )
                    continue
                path = f"self.{slot.attribute}" if slot.kind != "module" else f"self.{slot.attribute}.weight"
                call = self._call(attribute, Atom(path), find)
                if call is not None:
                    lines += python.statement("", call, indent)
                    lines += self._bias(attribute, f"self.{slot.attribute}.bias", layers_in(tree), indent, find)
        return lines

    def lines_everywhere(self, indent: str) -> list[str]:
        """The start asked for on a definition: of every weight inside."""
        lines: list[str] = []
        for j, attribute in enumerate(starts_of_block(self.plan.block)):
            layers = layers_of(self.plan.block)
            lines += self._everywhere("self.modules()", attribute, layers, indent, _of_block(j))
        return lines

    # ------------------------------------------------------------------------------------ parts

    def _call(self, attribute: Attribute, weight: Expr, find: Find) -> Expr | None:
        """``nn.init.kaiming_normal_(weight, …)``; None for what torch doesn't have."""
        wanted = attribute.values[0] if attribute.values else None
        if not isinstance(wanted, str) or wanted.rstrip("_") not in INITIALIZERS:
            return None
        name = wanted.rstrip("_")
        places = [(i, "") for i in range(1, len(attribute.values))]
        places += [(i, k) for i, (k, _) in enumerate(attribute.named) if k in INITIALIZERS[name]]
        args = [(key, self._value(find, place, key)) for place, key in places]
        given = [(key, expr) for key, expr in args if expr is not None]
        return Call(Atom(f"nn.init.{name}_"), (weight, *(e for _, e in given)), ("", *(k for k, _ in given)))

    def _everywhere(self, modules: str, attribute: Attribute, layers: Layers, indent: str, find: Find) -> list[str]:
        call = self._call(attribute, Atom("module.weight"), find)
        kinds = [kind for kind in WITH_WEIGHTS if kind in layers]
        if call is None or not kinds:
            return []
        inner = indent + python.STEP * 2
        kind = kinds[0] if len(kinds) == 1 else f"({', '.join(kinds)})"
        lines = [f"{indent}for module in {modules}:", f"{indent}{python.STEP}if isinstance(module, {kind}):"]
        return [*lines, *python.statement("", call, inner), *self._bias(attribute, "module.bias", layers, inner, find)]

    def _bias(self, attribute: Attribute, path: str, layers: Layers, indent: str, find: Find) -> list[str]:
        place = next((i for i, (key, _) in enumerate(attribute.named) if key == "bias"), -1)
        value = None if place < 0 else self._value(find, place, "bias")
        if value is None:
            return []
        plain = {"0": "zeros_", "1": "ones_"}.get(flat(value), "")
        call = Call(Atom(f"nn.init.{plain or 'constant_'}"), (Atom(path),) if plain else (Atom(path), value))
        there = set().union(*layers.values())
        if there == {True}:
            return python.statement("", call, indent)
        if there == {False}:
            return []
        return [f"{indent}if {path} is not None:", *python.statement("", call, indent + python.STEP)]

    def _value(self, find: Find, place: int, key: str) -> Expr | None:
        """An argument as it is in every specialization; None for what torch wouldn't take."""
        column: list[Known] = []
        for draft in self.plan.drafts:
            attribute = find(draft)
            value = attribute.named[place][1] if key and attribute else attribute.values[place] if attribute else ANY
            column.append(value if isinstance(value, Any_) else _plain(value))
        known = [v for v in column if not isinstance(v, Any_)]
        if not known or any(v is None for v in known):
            return None
        if all(isinstance(v, (int, float, str)) and same(v, known[0]) for v in known):
            return literal(known[0])
        return self.constructor.value(column, key or "start")


def _of_slot(slot: int, place: int) -> Find:
    def find(draft: Draft) -> Attribute | None:
        return draft.slots[slot].init[place] if draft.slots[slot].present else None

    return find


def _of_block(place: int) -> Find:
    def find(draft: Draft) -> Attribute | None:
        starts = starts_of_block(draft.unit.block)
        return starts[place] if place < len(starts) else None

    return find


def _plain(value: Value) -> Known:
    try:
        return scalar(value)
    except TypeError:
        return None
