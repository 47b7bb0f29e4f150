"""The built-in operations for readers: all by category, or one with everything its declaration says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.label import value_text
from moniel2.ops.spec import Argument, Category, InputPort, OpSpec, Sample
from moniel2.tools.table import table

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
}


def listing(specs: Iterable[OpSpec]) -> str:
    """Every operation with its first sentence, by category."""
    by_category: dict[Category, list[OpSpec]] = {}
    for spec in specs:
        by_category.setdefault(spec.category, []).append(spec)
    parts = []
    for category in Category:
        rows = [(f"  {spec.name}", _first_sentence(spec.doc)) for spec in by_category.get(category, ())]
        if rows:
            parts.append(f"{category.value}\n{table(rows, (False, False))}")
    return "\n".join(parts)


def _first_sentence(doc: str) -> str:
    paragraph = " ".join(doc.split("\n\n")[0].split()).replace("``", "`")
    return paragraph.split(". ")[0].rstrip(".")


def page(spec: OpSpec) -> str:
    """One operation, completely."""
    parts = [f"{signature(spec)}\n\n{spec.doc}\n"]
    facts = [("category", spec.category.value)]
    names = list(dict.fromkeys([*spec.aliases, *([spec.moniel] if spec.moniel not in ("", spec.name) else [])]))
    if names:
        facts.append(("also called", ", ".join(names)))
    facts.append(("inputs", ", ".join(map(_input, spec.inputs)) or "none"))
    outputs = ", ".join(spec.outputs) or "as many as its arguments say"
    facts.append(("outputs", outputs + (" (the bare name is the first)" if spec.side_outputs else "")))
    if spec.source:
        facts.append(("from", spec.source))
    parts.append(table(facts, (False, False)))
    if spec.arguments:
        rows = [(f"  {a.name}", default_text(a), a.doc + _more(a)) for a in spec.arguments]
        parts.append("arguments\n" + table(rows, (False, False, False)))
    examples = [line for sample in spec.samples if (line := example(spec, sample))]
    if examples:
        parts.append("examples\n" + "".join(f"  {line}\n" for line in dict.fromkeys(examples)))
    return "\n".join(parts).replace("``", "`")


def signature(spec: OpSpec) -> str:
    """``Conv(channels, kernel, stride = 1, …)``."""
    listed = [a.name if a.required else f"{a.name} = {default_text(a)}" for a in spec.arguments]
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
    if not argument.positional:
        extra.append("by name only")
    return f" ({'; '.join(extra)})"


def _input(port: InputPort) -> str:
    if port.variadic:
        return f"{port.name} (any number)"
    if port.default_to:
        return f"{port.name} (default: {port.default_to})"
    return f"{port.name} (optional)" if port.optional else port.name


def example(spec: OpSpec, sample: Sample) -> str:
    """A use with the shape that the operation's own rule gives it: ``[N, 4, L] -> Conv(6, 3) -> [N, 6, L - 2]``."""
    declared = Shape(*sample.declared) if sample.declared is not None else None
    arguments = dict(sample.args)
    if declared is not None and spec.declared:
        arguments[spec.declared] = declared
    rules: Any = spec.make(**arguments)
    given = [None if dims is None else Shape(*dims) for dims in sample.inputs]
    operands = given if spec.variadic else _spread(spec.inputs, given)
    result: Shape | tuple[Shape, ...] = rules.shape(*operands)
    outputs = (result,) if isinstance(result, Shape) else result
    before = ", ".join(str(shape) for shape in given if shape is not None)
    after = ", ".join(map(str, outputs))
    return " -> ".join(part for part in (before, call(spec, sample), after) if part)


def _spread(ports: Iterable[InputPort], given: list[Shape | None]) -> list[Shape | None]:
    """What every port takes, those without a tensor of their own too."""
    shapes: dict[str, Shape | None] = {}
    for port in ports:
        own = given[len(shapes)] if len(shapes) < len(given) else None
        shapes[port.name] = own if own is not None else shapes.get(port.default_to)
    return list(shapes.values())


def call(spec: OpSpec, sample: Sample) -> str:
    """A sample as one writes it: the leading one or two arguments by position, the rest by name."""
    given: list[str] = []
    positional = True
    for number, argument in enumerate(spec.arguments):
        if argument.name == spec.declared and sample.declared is not None:
            continue
        if argument.name not in sample.args:
            positional = False
            continue
        text = written(sample.args[argument.name], argument)
        given.append(text if positional and argument.positional and number < 2 else f"{argument.name} = {text}")
    shape = str(Shape(*sample.declared)) if sample.declared is not None else ""
    return spec.name + (f"({', '.join(given)})" if given else "") + shape


def written(value: Any, argument: Argument | None = None) -> str:
    """A value in the language's own spelling."""
    if isinstance(value, bool) or value is None:
        return value_text(value)
    if isinstance(value, str):
        names = argument is not None and argument.kind in ("size", "sizes", "padding", "dtype")
        return value if names and argument is not None and value not in argument.choices else f'"{value}"'
    if isinstance(value, (tuple, list)):
        plain = [written(v) for v in value]
        if len(plain) == 1 and argument is not None and argument.kind in ("sizes", "axes", "ints"):
            return plain[0]
        return f"({', '.join(plain)})"
    return str(value) if isinstance(value, (int, Dim)) else value_text(value)
