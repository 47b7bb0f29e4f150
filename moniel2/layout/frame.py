"""What a block that is drawn open knows of its steps: who reads which output, what enters where, what flows between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from moniel2.dims import Shape
from moniel2.ir.model import Block, Choice, Input, Loop, PortKind, Shared
from moniel2.layout.atlas import Thread
from moniel2.layout.diagram import OWN, Part
from moniel2.layout.graph import Side
from moniel2.layout.states import left
from moniel2.layout.steps import STEP, Source, Step, Steps


@dataclass(slots=True)
class Frame:
    """A block whose sheet is being made. ``whole``: it is the model's own."""

    steps: Steps
    shown: list[int]  # the outputs that are drawn
    sides: dict[int, Side]  # the inputs that sit on its sides
    whole: bool
    whose: dict[str, str] = field(default_factory=dict)  # by the key of a step: whose weights it shares
    reads: list[set[int]] = field(default_factory=list)  # of each step: its outputs that something takes
    parts: list[Part] = field(default_factory=list)  # as they look closed
    shown_of: dict[int, list[int]] = field(default_factory=dict)  # of each part: its outputs that are drawn
    held: dict[int, int] = field(default_factory=dict)  # the inputs that are states with a part of their own, and which


def threads(frame: Frame, inputs: dict[int, int]) -> Iterator[Thread]:
    """What flows between the parts of a frame, whose inputs have these numbers."""
    block = frame.steps.block
    state, base = left(frame.steps), len(frame.held)
    for k, slot in frame.held.items():
        yield Thread(OWN, inputs[k], slot, 0, 0)
        for s, o in state[block.inputs[k].name]:
            yield Thread(base + s, o, slot, 1, 1, dashed=True)
    for n, step in enumerate(frame.steps.steps, start=base):
        takes = [t for t in step.takes if isinstance(t.source, tuple)]
        for rank, take in enumerate(takes):
            assert isinstance(take.source, tuple)
            source, out = take.source
            if source != OWN:
                yield Thread(base + source, out, n, take.into, rank)
                continue
            if out in frame.held:
                yield Thread(frame.held[out], 0, n, take.into, rank)
                continue
            if block.inputs[out].kind is PortKind.STATE:
                # What the step before left: drawn as a wire that runs back.
                for s, o in state.get(block.inputs[out].name, []):
                    yield Thread(base + s, o, n, take.into, rank, dashed=True)
            if out in inputs:
                yield Thread(OWN, inputs[out], n, take.into, rank)
    for place, k in enumerate(frame.shown):
        for source, out in frame.steps.outputs[k]:
            if source != OWN:
                yield Thread(base + source, out, OWN, place, place)
            elif out in frame.held:
                yield Thread(frame.held[out], 0, OWN, place, place)
            elif out in inputs:
                yield Thread(OWN, inputs[out], OWN, place, place)


def inside_of(step: Step) -> Block | None:
    """The block that can be opened, if there is one."""
    if step.is_bare:
        return None
    if isinstance(step.what, Block):
        return step.what
    if isinstance(step.what, Loop | Choice):
        return step.what.body
    return None


def sides_of(frame: Frame, step: Step, block: Block) -> dict[int, Side]:
    """The inputs of a block that sit on its sides: as its text says, or as the same tensor enters what is around it."""
    sides: dict[int, Side] = {}
    for k, port in enumerate(block.inputs):
        from_around = {
            _handed_down(frame, t.source[1]) if isinstance(t.source, tuple) and t.source[0] == OWN else ""
            for t in step.takes
            if t.into == k
        }
        inherited = next(iter(from_around)) if len(from_around) == 1 else ""
        if side := _side(port) or inherited:
            sides[k] = side
    return sides


def ranked_sides(frame: Frame, step: Step, block: Block) -> tuple[tuple[int, Side], ...]:
    """The same of a closed block, whose inputs are its operands as drawn."""
    sides = sides_of(frame, step, block)
    takes = [t for t in step.takes if isinstance(t.source, tuple)]
    return tuple((rank, sides[t.into]) for rank, t in enumerate(takes) if t.into in sides)


def sides_of_cell(step: Step) -> tuple[tuple[int, Side], ...]:
    """The operands of an operation that enter from the side, as its node says of each."""
    told = step.node.attribute("sides")
    values = told.values if told is not None else ()
    return tuple((k, "left" if side == "left" else "right") for k, side in enumerate(values) if side)


def reads_of(steps: Steps) -> list[set[int]]:
    """Which outputs of each step are read."""
    ports: list[set[int]] = [set() for _ in steps.steps]
    taken = [t.source for s in steps.steps for t in s.takes if isinstance(t.source, tuple)]
    for source, port in (*taken, *(s for sources in steps.outputs for s in sources)):
        if source != OWN:
            ports[source].add(port)
    for number, step in enumerate(steps.steps):
        if (step.repeat > 1 or step.times) and step.outputs:
            ports[number].add(0)  # the next copy reads it
    return ports


def read_of(step: Step, ports: set[int], block: Block | None) -> list[int]:
    """Which outputs of a step are read; of one whose block is open, which of the block's ports."""
    return sorted({_output_of(block, len(step.outputs), port) for port in ports})


def places_of(step: Step, block: Block | None, read: list[int]) -> tuple[int, ...]:
    """Of each output of a step: its place among those that are read."""
    ports = [_output_of(block, len(step.outputs), out) for out in range(len(step.outputs))]
    return tuple(read.index(port) if port in read else -1 for port in ports)


def first_with(steps: Steps, step: Step) -> str:
    """The key of the first step of a block that has the weights of a step, where one of the two applies the other's or
    both a third one's again; "" if there is none before it."""
    for one in steps.steps:
        if one is step:
            return ""
        if (step.shared or one.shared) and _weights(one) == _weights(step):
            return one.key
    return ""


def tensor_shape(steps: Steps, source: Source) -> Shape | None:
    step, port = source
    if step < 0:
        return steps.block.inputs[port].tensor.shape
    outputs = steps.steps[step].outputs
    return outputs[port].shape if port < len(outputs) else None


def is_plain(step: Step) -> bool:
    """Whether one body stands for all copies: what varies in size from copy to copy stays closed."""
    return len({tuple(t.shape for t in node.outputs) for node in step.alike}) < 2


def _handed_down(frame: Frame, port: int) -> Side:
    """The side at which a block's input enters what is inside too; a state enters its step only."""
    own = any(a.name == STEP for a in frame.steps.block.inputs[port].attributes)
    return "" if own else frame.sides.get(port, "")


def _side(port: Input) -> Side:
    told = next((str(a.values[0]) for a in port.attributes if a.name == "side" and a.values), "")
    return "left" if told == "left" else "right" if told == "right" else ""


def _output_of(block: Block | None, outputs: int, number: int) -> int:
    """The port that output ``number`` of a node comes from: the tensors of a bundle share one."""
    if block is None:
        return number
    owner = [k for k, port in enumerate(block.outputs) for _ in port.tensors or (None,)]
    return owner[number] if len(owner) == outputs else number


def _weights(step: Step) -> Shared:
    """Whose weights a step applies; what stood in a block that has no frame has a name in that block only."""
    told = step.node.shared
    if step.shared and told is not None:
        return told
    return Shared(0, (step.node.id,) if step.key == step.node.key else ())
