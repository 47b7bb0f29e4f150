"""States of a loop that several take: what they are at first and what a step left come together before they part."""

from __future__ import annotations

from moniel2.ir.model import PortKind
from moniel2.layout.diagram import OWN
from moniel2.layout.steps import Source, Steps


def left(steps: Steps) -> dict[str, list[Source]]:
    """Of each state of a loop what drives it: what a step leaves to the next one."""
    states = [(p.name, steps.outputs[k]) for k, p in enumerate(steps.block.outputs) if p.kind is PortKind.STATE]
    return {name: [s for s in sources if s[0] != OWN] for name, sources in states}


def held(steps: Steps) -> list[int]:
    """The inputs of a loop that are states with a first value and go to several places: two wires to each of them would
    be a tangle, so they come together first."""
    inputs, driven = steps.block.inputs, left(steps)
    taken = [{t.source for t in step.takes if isinstance(t.source, tuple)} for step in steps.steps]
    taken += [set(steps.outputs[k]) for k, p in enumerate(steps.block.outputs) if p.kind is not PortKind.STATE]
    return [
        k
        for k, port in enumerate(inputs)
        if port.kind is PortKind.STATE
        and port.bound
        and driven.get(port.name)
        and sum((OWN, k) in sources for sources in taken) > 1
    ]
