"""Every sample of every operation as a small program."""

from __future__ import annotations

import re
from collections.abc import Iterator

from moniel2.dims import Dim, Shape
from moniel2.ops.catalog import catalog
from moniel2.ops.spec import Argument, OpSpec, Sample

WORDS = {"size", "sizes", "scalar", "dtype"}  # kinds whose texts are formulas or names, no strings


def sample_programs() -> Iterator[tuple[OpSpec, int, str]]:
    """Each sample with its number and its program."""
    for spec in catalog().values():
        for number, sample in enumerate(spec.samples):
            # A size of -1 is what a test calls the operation with, none of the language's.
            rest = sample.declared is not None and -1 in sample.declared
            if spec.name not in ("Input", "Output", "Discard") and not rest:
                yield spec, number, program(spec, sample)


def program(spec: OpSpec, sample: Sample) -> str:
    lines = []
    operands = []
    dtypes = sample.dtypes or ("float32",) * len(sample.inputs)
    ports = [p.name for p in spec.inputs]
    variadic = next((p.name for p in spec.inputs if p.variadic), "")
    for place, (dims, dtype) in enumerate(zip(sample.inputs, dtypes, strict=True)):
        if dims is None:
            continue
        port = ports[place] if place < len(ports) else variadic
        lines.append(f"x{place}:In({dtype})[{', '.join(map(str, dims))}]")
        operands.append(f"x{place}" if port == variadic else f"{port} = x{place}")
    arguments = [f"{name} = {written(spec.argument(name), value)}" for name, value in sample.args.items()]
    declared = f"[{', '.join(map(str, sample.declared))}]" if sample.declared is not None else ""
    called = f"{spec.name}({', '.join(arguments)}){declared}"
    lines.append(f"[{', '.join(operands)}] -> op:{called} -> result" if operands else f"op:{called} -> result")
    lines.append("result -> Out")
    bound = {s for dims in sample.inputs if dims is not None for s in Shape(*dims).symbols()}
    text = "\n".join(lines) + "\n"
    # A size that no input shows is a number.
    for number, name in enumerate(sorted(_symbols(spec, sample) - bound)):
        text = re.sub(rf"\b{name}\b", str(3 + number), text)
    return text


def written(argument: Argument | None, value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(written(argument, v) for v in value)}]"
    if isinstance(value, str) and not (argument is None or argument.kind in WORDS):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def _symbols(spec: OpSpec, sample: Sample) -> set[str]:
    found: set[str] = set()
    for name, value in sample.args.items():
        argument = spec.argument(name)
        for v in value if isinstance(value, (tuple, list)) else (value,):
            if isinstance(v, Dim):
                found |= v.symbols()
            elif isinstance(v, str) and (argument is None or argument.kind in {"size", "sizes", "scalar"}):
                found |= Dim.of(v).symbols()
    if sample.declared is not None:
        found |= Shape(*sample.declared).symbols()
    return found
