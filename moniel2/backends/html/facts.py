"""What the page says of a part beside the figure: exact arguments, shapes, counts, and its ``///`` text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from moniel2.ir.measure import Measured
from moniel2.ir.model import Block, BlockName, Choice, Extern, Loop, Node, Operation, Sketch, Tensor, Undefined
from moniel2.layout.counts import exact
from moniel2.layout.draft import Drafter
from moniel2.layout.states import held
from moniel2.layout.steps import Step, Steps
from moniel2.layout.words import argument_text, times_text

BRACES = BlockName("{…}")  # a block given as an argument: it is seen when the part is opened


@dataclass(frozen=True, slots=True)
class Facts:
    """``title`` is the type, ``output`` the shape of what comes out first."""

    title: str
    rows: tuple[tuple[str, str], ...]
    doc: str
    output: str


def facts(drafter: Drafter, measured: Measured, sheet: int) -> list[Facts]:
    """The facts of each part of a sheet: the states that have a part of their own, then its steps."""
    steps = drafter.steps(sheet)
    ports = [steps.block.inputs[k] for k in held(steps)]
    states = [Facts(p.name, (("state", _shape(p.tensor)),), "", _shape(p.tensor)) for p in ports]
    return states + [_facts(steps, step, measured) for step in steps.steps]


def _facts(steps: Steps, step: Step, measured: Measured) -> Facts:
    rows = [*_arguments(step), *_tensors(steps, step), *_counts(step, measured)]
    if step.shared:
        rows.append(("weights", "shared with another"))
    if step.merged:
        rows.append(("then", ", ".join(node.what.name for node in step.merged)))
    output = _shape(step.outputs[0]) if step.outputs else ""
    return Facts(_title(step), tuple((name, value) for name, value in rows if value), _doc(step), output)


def _title(step: Step) -> str:
    what = step.what
    is_named = step.node.named and not step.branch
    name = what.name or (step.node.id if is_named else "{ … }")
    if step.branch:
        return step.branch if step.is_bare else f"{step.branch}: {name}"
    return f"{step.wrapper}: {name}" if step.wrapper and step.wrapper != name else name


def _arguments(step: Step) -> Iterator[tuple[str, str]]:
    """What was written, then what else holds."""
    what = step.what
    if isinstance(what, Block):
        given = what.parameters
    elif isinstance(what, (Operation, Sketch, Undefined, Extern)):
        given = what.arguments
    elif isinstance(what, Loop):
        yield "axis", f"{what.axis}{', backwards' if what.reverse else ''}"
        yield "steps", str(what.steps)
        return
    else:
        assert isinstance(what, Choice)
        yield "if", what.condition
        return
    for name, value in given:
        if value != BRACES:
            yield name, argument_text(what, name, value)
    if isinstance(what, Extern):
        yield "target", what.target
    if isinstance(what, Sketch):
        yield "still open", ", ".join(what.missing)
    if isinstance(what, Undefined) and not what.declared:
        yield "definition", "none"
    if isinstance(what, Operation):
        written = {name for name, _ in given}
        unwritten = [(n, v) for n, v in what.op.values.items() if n not in written and v is not None]
        rest = [f"{n} = {argument_text(what, n, v)}" for n, v in unwritten]
        yield "by default", ", ".join(rest)


def _tensors(steps: Steps, step: Step) -> Iterator[tuple[str, str]]:
    taken = [
        (take.port, _shape(_tensor(steps, take.source)) if isinstance(take.source, tuple) else f"{take.source:g}")
        for take in step.takes
    ]
    for port, text in taken:
        named = len(taken) > 1 and port and not port.isdigit()
        yield ("in" if not named else f"in: {port}"), text
    names = step.node.output_names
    for k, tensor in enumerate(step.outputs):
        named = len(step.outputs) > 1 and k < len(names)
        yield (f"out: {names[k]}" if named else "out"), _shape(tensor)


def _tensor(steps: Steps, source: tuple[int, int]) -> Tensor:
    step, port = source
    return steps.block.inputs[port].tensor if step < 0 else steps.steps[step].outputs[port]


def _shape(tensor: Tensor) -> str:
    dtype = "" if tensor.dtype in ("", "float32") else f" {tensor.dtype}"
    return f"{tensor}{dtype}"


def _counts(step: Step, measured: Measured) -> Iterator[tuple[str, str]]:
    one = measured.copy(step.node)
    nodes: tuple[Node, ...] = (*step.merged,)
    for node in nodes:
        one = type(one).sum([one, measured.copy(node)])
    all_copies = one.at_least() if step.times else one.times(step.repeat)
    if times := times_text(step):
        yield "copies", times
    for name, count, total in (
        ("parameters", one.parameters, all_copies.parameters),
        ("MACs", one.macs, all_copies.macs),
    ):
        text = exact(count)
        yield name, f"{text} each, {exact(total)} in all" if text and times else text


def _doc(step: Step) -> str:
    """What stands above the node in the text, and above its definition."""
    inner = step.what.body if isinstance(step.what, Loop) else step.what
    parts = [step.node.doc, inner.doc if isinstance(inner, Block) else ""]
    return flowing("\n\n".join(dict.fromkeys(p.strip() for p in parts if p.strip())))


def flowing(doc: str) -> str:
    """Paragraphs without the line breaks of the text they come from."""
    return "\n\n".join(" ".join(p.split()) for p in re.split(r"\n\s*\n", doc.strip()))
