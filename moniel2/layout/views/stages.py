"""The column of an overview: a model's way from input to output, containers dissolved, blocks closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from moniel2.ir.model import Block, Loop, Model, distinct_blocks
from moniel2.layout.diagram import Body, Part
from moniel2.layout.draft import Drafter, Look, Place
from moniel2.layout.pick import asked, is_meant, visible
from moniel2.layout.steps import Step, Steps
from moniel2.layout.views.dissolve import dissolve, is_chain
from moniel2.layout.views.flow import is_chain as flows_on
from moniel2.layout.views.flow import uses
from moniel2.layout.views.options import ViewOptions

MOST, SMALL = 26, 20


@dataclass(frozen=True, slots=True)
class Column:
    """``blocks`` are the blocks of the closed parts by key; ``sizes`` the tensors' sizes by key, where they change.

    ``labelled`` is the body with these sizes beside its wires; ``missed`` is what the reader wants open and what stands
    inside of closed blocks; ``loops`` are the keys of those that are closed.
    """

    body: Body
    labelled: Body
    blocks: dict[str, Block]
    sizes: dict[str, str]
    drafter: Drafter
    missed: tuple[str, ...] = ()
    loops: frozenset[str] = frozenset()


def column(model: Model, options: ViewOptions, without: frozenset[str] = frozenset(), loops: bool = False) -> Column:
    """As much as fits: what stands in one place and all chains open, else less, else only what is asked for.

    ``without`` are categories of operations that are left out. ``loops`` may be open, too.
    """
    found: list[Column] = []
    look = Look(shapes=options.shapes, compact=True, wrappers=False, without=without)
    drafters = [Drafter(model, look), Drafter(model, replace(look, loose=True))]
    for drafter, levels in zip(drafters, ((3, 2, 1), (3, 2, 1, 0)), strict=True):
        for level in levels:
            found.append(_column(drafter, options, level, loops))
            if len(found[-1].body.parts) <= (MOST if level < 3 else SMALL):
                return found[-1]
    return min(found, key=lambda c: visible(c.body))


def _column(drafter: Drafter, options: ViewOptions, level: int, loops: bool) -> Column:
    times = uses(drafter.root)
    blocks: dict[str, Block] = {}
    met: set[str] = set()
    turning: set[str] = set()
    # What holds for all uses of a definition: so that none is open here and closed there.
    chains = always(drafter, flows_on)
    holders = always(drafter, lambda steps: 2 * sum(map(_is_named, steps.steps)) >= len(steps.steps))

    def opens(place: Place) -> bool:
        blocks[place.path] = place.block
        if place.step is not None and is_loop(place.step):
            turning.add(place.path)
        met.update(p for p in options.wanted.expand if is_meant(place, p))
        return not place.is_choice and asked(place, options.wanted, by_itself(place))

    def by_itself(place: Place) -> bool:
        depth = options.wanted.depth
        if depth is not None:
            return place.depth <= depth
        step = place.step
        if not level or (step is not None and (step.repeat > 1 or step.times or (is_loop(step) and not loops))):
            return False
        name = place.block.definition
        if level == 3 and times[name] == 1 and any(_is_named(s) for s in drafter.folded(place.block).steps):
            return True
        return name in chains and (times[name] == 1 or (level > 1 and name in holders))

    body = labelled = dissolve(drafter.body(opens, options.limit))
    sizes: dict[str, str] = {}
    if is_chain(body):
        sizes = {p.key: p.outputs[0] for p in body.parts if p.outputs[0]}
        sizes |= {f"in:{p.name}": p.label for p in body.inputs}
        body = replace(body, inputs=tuple(replace(p, label="") for p in body.inputs))
        body = replace(body, parts=tuple(replace(p, outputs=("",)) for p in body.parts))
    closed = {p.key: blocks[p.key] for p in body.parts if _is_closed(p) and p.key in blocks}
    missed = tuple(p for p in options.wanted.expand if p not in met)
    return Column(body, labelled, closed, sizes, drafter, missed, frozenset(turning & closed.keys()))


def always(drafter: Drafter, holds: Callable[[Steps], bool]) -> set[str]:
    """The definitions all of whose specializations are such."""
    blocks = list(distinct_blocks(drafter.root))
    return {b.definition for b in blocks} - {b.definition for b in blocks if not holds(drafter.folded(b))}


def is_loop(step: Step) -> bool:
    """Whether what is inside happens again and again: that is best seen in a frame of its own."""
    return isinstance(step.what, Loop)


def _is_named(step: Step) -> bool:
    return isinstance(step.what, Block) and bool(step.what.name)


def _is_closed(part: Part) -> bool:
    return part.kind == "block" and part.inside is None
