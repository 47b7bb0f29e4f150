"""An operation's samples as programs: what a reader can copy and compile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.label import value_text
from moniel2.ops.spec import Argument, InputPort, OpSpec, Sample

LETTERS = "abcdefgh"


def programs(spec: OpSpec) -> list[str]:
    """Every sample that is a program by itself: ``In[N, 4, L] -> Conv(6, 3) -> Out[N, 6, L - 2]``."""
    found = (program(spec, sample) for sample in spec.samples)
    return list(dict.fromkeys(line for line in found if line is not None))


def program(spec: OpSpec, sample: Sample) -> str | None:
    """One sample with its inputs, and the shape that the operation's own rule gives as a claim on the result.

    None if an argument is a size that no input has: such a sample stands inside a block.
    """
    given = [None if dims is None else Shape(*dims) for dims in sample.inputs]
    if spec.name in ("Input", "Output"):
        return f"{_input('', given[0] or Shape(), sample, 0)} -> Out"
    bound = {s for shape in given if shape is not None for s in _plain_symbols(shape)}
    if not _symbols((*sample.args.values(), sample.declared, *given)) <= bound:
        return None
    outputs = results(spec, sample)
    left = _operands(spec, sample, given)
    right = _outputs([shape for shape in outputs if shape is not None], spec.side_outputs)
    return " -> ".join(part for part in (left, call(spec, sample), right) if part)


def results(spec: OpSpec, sample: Sample) -> tuple[Shape | None, ...]:
    """The shapes that the rule gives."""
    rules: Any = spec.make(**arguments(spec, sample))
    result = rules.shape(*operands(spec, [None if dims is None else Shape(*dims) for dims in sample.inputs]))
    return (result,) if isinstance(result, Shape) or result is None else tuple(result)


def arguments(spec: OpSpec, sample: Sample) -> dict[str, Any]:
    """A sample's arguments, the declared shape among them."""
    given = dict(sample.args)
    if sample.declared is not None and spec.declared:
        given[spec.declared] = Shape(*sample.declared)
    return given


def operands(spec: OpSpec, given: list[Shape | None]) -> list[Shape | None]:
    """What every port takes, those without a tensor of their own too."""
    if spec.variadic:
        return given
    shapes: dict[str, Shape | None] = {}
    for i, port in enumerate(spec.inputs):
        own = given[i] if i < len(given) else None
        shapes[port.name] = own if own is not None else shapes.get(port.default_to)
    return list(shapes.values())


def _symbols(value: Any) -> set[str]:
    if isinstance(value, (Dim, Shape)):
        return set(value.symbols())
    if isinstance(value, (tuple, list)):
        return {s for v in value for s in _symbols(v)}
    return {value} if isinstance(value, str) and value.isidentifier() and value[0].isupper() else set()


def _plain_symbols(shape: Shape) -> Iterable[str]:
    """The symbols that a shape binds: those of sizes with one unknown name."""
    for size in shape:
        symbols = size.symbols()
        if len(symbols) == 1:
            yield from symbols


def _input(name: str, shape: Shape, sample: Sample, index: int) -> str:
    dtype = sample.dtypes[index] if index < len(sample.dtypes) else "float32"
    return f"{name}{':' if name else ''}In{'' if dtype == 'float32' else f'({dtype})'}{shape}"


def _operands(spec: OpSpec, sample: Sample, given: list[Shape | None]) -> str:
    bound = [i for i, shape in enumerate(given) if shape is not None]
    if len(bound) <= 1:
        return "".join(_input("", given[i] or Shape(), sample, i) for i in bound)
    names = [LETTERS[i] if spec.variadic else _port(spec.inputs, i).name for i in bound]
    inputs = [_input(name, given[i] or Shape(), sample, i) for name, i in zip(names, bound, strict=True)]
    listed = [name if i == at else f"{name} = {name}" for at, (name, i) in enumerate(zip(names, bound, strict=True))]
    return f"{'; '.join(inputs)}; [{', '.join(listed)}]"


def _port(ports: tuple[InputPort, ...], index: int) -> InputPort:
    return ports[min(index, len(ports) - 1)]


def _outputs(shapes: list[Shape], side_outputs: bool) -> str:
    if not shapes:
        return ""
    if len(shapes) == 1 or side_outputs:
        return f"Out{shapes[0]}"
    return f"[{', '.join(f'{LETTERS[i + 8 - len(shapes)]}:Out{shape}' for i, shape in enumerate(shapes))}]"


def call(spec: OpSpec, sample: Sample) -> str:
    """A sample as one writes it: the leading one or two arguments by position, the rest by name."""
    given: list[str] = []
    positional = True
    for number, argument in enumerate(spec.arguments):
        if argument.name == spec.declared and sample.declared is not None:
            continue
        if argument.kind == "named":
            taken = {a.name for a in spec.arguments}
            given += [f"{name} = {written(value)}" for name, value in sample.args.items() if name not in taken]
            continue
        if argument.name not in sample.args:
            positional = False
            continue
        text = written(sample.args[argument.name], argument)
        given.append(text if positional and argument.positional and number < 2 else f"{argument.name} = {text}")
    shape = str(Shape(*sample.declared)).replace("-1", "_") if sample.declared is not None else ""
    return spec.name + (f"({', '.join(given)})" if given else "") + shape


def written(value: Any, argument: Argument | None = None) -> str:
    """A value in the language's own spelling."""
    if isinstance(value, bool) or value is None:
        return value_text(value)
    if isinstance(value, str):
        names = argument is not None and argument.kind in ("size", "sizes", "padding", "dtype")
        return value if names and argument is not None and value not in argument.choices else f'"{value}"'
    if isinstance(value, (tuple, list)):
        plain = [written(v, argument if argument is not None and argument.kind == "sizes" else None) for v in value]
        if len(plain) == 1 and argument is not None and argument.kind in ("sizes", "axes", "ints"):
            return plain[0]
        return f"({', '.join(plain)})"
    return str(value) if isinstance(value, (int, Dim)) else value_text(value)
