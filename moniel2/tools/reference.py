"""The built-in operations for readers: all by category, or one with everything its declaration says."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from moniel2.dims import Shape
from moniel2.ops.code import Call, Infix, Layer, Method, Own, Prefix, Source, Subscript
from moniel2.ops.common import no_macs, no_weights
from moniel2.ops.spec import Argument, Category, InputPort, OpSpec, Sample, Weight
from moniel2.tools.reference_examples import arguments, call, operands, programs, written
from moniel2.tools.table import table

SCHEMA = "moniel2.operation/1"

KINDS = {
    "size": "a size",
    "sizes": "one size, or one per spatial axis",
    "int": "a whole number",
    "ints": "whole numbers",
    "number": "a number",
    "scalar": "a number, or a size",
    "bool": "true or false",
    "text": "a text",
    "axis": "an axis",
    "axes": "axes",
    "dtype": "a dtype",
    "choice": "one of",
    "block": "a block",
    "weight": "a weight's path",
    "padding": "a word, a size, or sizes",
    "any": "any value",
    "named": "any number of sizes by name",
}


@dataclass(frozen=True, slots=True)
class Use:
    """What an operation has and costs in one use: the weights by their keys, multiply-accumulates as a formula."""

    text: str
    weights: tuple[tuple[str, Weight], ...]
    macs: str


def listing(specs: Iterable[OpSpec]) -> str:
    """Every operation with its first sentence, by category."""
    by_category: dict[Category, list[OpSpec]] = {}
    for spec in specs:
        by_category.setdefault(spec.category, []).append(spec)
    parts = []
    for category in Category:
        rows = [(f"  {spec.name}", first_sentence(spec.doc)) for spec in by_category.get(category, ())]
        if rows:
            parts.append(f"{category.value}\n{table(rows, (False, False))}")
    return "\n".join(parts)


def listing_json(specs: Iterable[OpSpec]) -> str:
    """Name, category, names and first sentence of every operation."""
    whole = [
        {"name": s.name, "category": s.category.value, "aliases": names(s), "summary": first_sentence(s.doc)}
        for s in specs
    ]
    return json.dumps({"schema": "moniel2.operations/1", "operations": whole}, indent=1, ensure_ascii=False) + "\n"


def first_sentence(doc: str) -> str:
    """The first sentence of a description, without its full stop."""
    paragraph = " ".join(doc.split("\n\n")[0].split()).replace("``", "`")
    return paragraph.split(". ")[0].rstrip(".")


def names(spec: OpSpec) -> list[str]:
    """What it is called besides its name."""
    return list(dict.fromkeys([*spec.aliases, *([spec.moniel] if spec.moniel not in ("", spec.name) else [])]))


def page(spec: OpSpec) -> str:
    """One operation, completely."""
    parts = [f"{signature(spec)}\n\n{spec.doc}\n"]
    facts = [("category", spec.category.value)]
    if names(spec):
        facts.append(("also called", ", ".join(names(spec))))
    facts.append(("inputs", ", ".join(map(_input, spec.inputs)) or "none"))
    outputs = ", ".join(spec.outputs) or "as many as its arguments say"
    facts.append(("outputs", outputs + (" (the bare name is the first)" if spec.side_outputs else "")))
    facts.append(("in PyTorch", ", ".join(in_torch(spec)) or "nothing: it is only a place in the graph"))
    if spec.source:
        facts.append(("from", spec.source))
    parts.append(table(facts, (False, False)))
    if spec.arguments:
        rows = [(f"  {a.name}", default_text(a), a.doc + _more(a)) for a in spec.arguments]
        parts.append("arguments\n" + table(rows, (False, False, False)))
    parts.append(_costs(spec))
    if examples := programs(spec):
        parts.append("examples\n" + "".join(f"  {line}\n" for line in examples))
    return "\n".join(parts).replace("``", "`")


def _costs(spec: OpSpec) -> str:
    """Weights and multiply-accumulates, shown on a use."""
    use = shown_use(spec)
    rule: Any = spec.make
    free = "  multiply-accumulates  none are counted\n"
    if rule.weights is no_weights and rule.macs is no_macs:
        return "weights and cost\n  weights  none\n" + free.replace("accumulates  ", "accumulates  ")
    rows = [(f"  {name or '(its own key)'}", str(w.shape) + _what(w)) for name, w in use.weights]
    weights = table(rows, (False, False)) if rows else "  weights  none\n"
    macs = free if use.macs == "0" else f"  multiply-accumulates  {use.macs}\n"
    return f"weights and cost of {use.text}\n{weights}{macs}"


def _what(weight: Weight) -> str:
    kind = "a buffer" if weight.buffer else "" if weight.trainable else "not trained"
    dtype = weight.dtype if weight.dtype != "float32" else ""
    listed = ", ".join(part for part in (kind, dtype) if part)
    return f"  {listed}" if listed else ""


def shown_use(spec: OpSpec) -> Use:
    """The first sample that has weights, or the first."""
    uses = [_use(spec, sample) for sample in spec.samples]
    return next((use for use in uses if use.weights), uses[0])


def _use(spec: OpSpec, sample: Sample) -> Use:
    op: Any = spec.make(**arguments(spec, sample))
    given = [None if dims is None else Shape(*dims) for dims in sample.inputs]
    shapes = operands(spec, given)
    before = ", ".join(str(shape) for shape in given if shape is not None)
    text = " -> ".join(part for part in (before, call(spec, sample)) if part)
    return Use(text, tuple(op.weights(*shapes).items()), str(op.macs(*shapes)))


def in_torch(spec: OpSpec) -> list[str]:
    """What PyTorch calls it: classes and functions of the samples, each once."""
    found: list[str] = []
    for sample in spec.samples:
        op: Any = spec.make(**arguments(spec, sample))
        given = [None if dims is None else Shape(*dims) for dims in sample.inputs]
        found.append(_target(op.torch(*operands(spec, given))))
    return list(dict.fromkeys(name for name in found if name))


def _target(code: Any) -> str:
    match code:
        case Source(class_name=name):
            return f"a class of its own, {name}, written into the code"
        case Layer(target=target, args=(Call(target=inner), *_)):
            return f"{target}({inner})"
        case Layer(target=target) | Call(target=target):
            return str(target)
        case Method(name=name):
            return f"Tensor.{name}"
        case Infix(symbol=symbol):
            return f"x {symbol} y"
        case Prefix(symbol=symbol):
            return f"{symbol}x"
        case Subscript():
            return "x[…]"
        case Own():
            return "nn.Parameter, or a buffer"
        case _:
            return ""


def page_json(spec: OpSpec) -> str:
    """The same as ``page`` for programs."""
    use = shown_use(spec)
    whole = {
        "schema": SCHEMA,
        "name": spec.name,
        "aliases": names(spec),
        "category": spec.category.value,
        "doc": spec.doc.replace("``", "`"),
        "source": spec.source,
        "arguments": [
            {
                "name": a.name,
                "kind": a.kind,
                "required": a.required,
                "default": None if a.required else default_text(a),
                "doc": a.doc.replace("``", "`"),
                "choices": list(a.choices),
                "aliases": list(a.aliases),
                "by_name_only": not a.positional,
            }
            for a in spec.arguments
        ],
        "inputs": [
            {"name": p.name, "optional": p.optional, "any_number": p.variadic, "default": p.default_to or None}
            for p in spec.inputs
        ],
        "outputs": list(spec.outputs),
        "torch": in_torch(spec),
        "use": {
            "text": use.text,
            "weights": [
                {"name": name, "shape": str(w.shape), "dtype": w.dtype, "trainable": w.trainable, "buffer": w.buffer}
                for name, w in use.weights
            ],
            "macs": use.macs,
        },
        "examples": programs(spec),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def signature(spec: OpSpec) -> str:
    """``Conv(channels, kernel, stride = 1, …)``."""
    listed = [a.name if a.required else f"{a.name} = {default_text(a)}" for a in spec.arguments if a.kind != "named"]
    declared = "[…]" if spec.declared else ""
    return f"{spec.name}({', '.join(listed)}){declared}" if listed else spec.name + declared


def default_text(argument: Argument) -> str:
    """The default as it is written, "required" where there is none."""
    return "required" if argument.required else written(argument.default, argument)


def _more(argument: Argument) -> str:
    kind = KINDS.get(argument.kind, argument.kind)
    if argument.choices:
        kind = f"{kind}: {', '.join(argument.choices)}"
    extra = [kind]
    if argument.aliases:
        extra.append(f"also {', '.join(argument.aliases)}")
    if not argument.positional and argument.kind != "named":
        extra.append("by name only")
    return f" ({'; '.join(extra)})"


def _input(port: InputPort) -> str:
    if port.variadic:
        return f"{port.name} (any number)"
    if port.default_to:
        return f"{port.name} (default: {port.default_to})"
    return f"{port.name} (optional)" if port.optional else port.name
