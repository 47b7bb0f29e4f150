"""Small programs, and what tests ask of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from textwrap import dedent
from typing import Any

from moniel2.diagnostics.diagnostic import Diagnostic, Severity
from moniel2.diagnostics.render import severity
from moniel2.dims import Shape
from moniel2.ir.flatten import Leaf, flatten
from moniel2.ir.measure import measure
from moniel2.ir.model import Block, Literal, Loop, Model, Node, Operation, Sketch, distinct_blocks
from moniel2.ir.ports import port_names
from moniel2.ir.verify import verify
from moniel2.pipeline import Compiled, compile_source, standard_library
from moniel2.source import Source


def compiled(text: str, files: Mapping[str, str] | None = None, **options: Any) -> Compiled:
    """Compile a text (its common indent doesn't count). ``files`` are what it may import, by path."""

    def load(path: str) -> Source | None:
        if files is not None and path in files:
            return Source(path, dedent(files[path]))
        return standard_library(path)

    found = compile_source(Source("main.nn", dedent(text)), load=load, **options)
    if found.model is not None:
        breaches = verify(found.model)
        assert not breaches, breaches
    return found


def sound(text: str, files: Mapping[str, str] | None = None, **options: Any) -> Model:
    """The model of a text about which there is nothing to say."""
    found = compiled(text, files, **options)
    _quiet(found.diagnostics)
    assert found.model is not None
    return found.model


def drawn(text: str, files: Mapping[str, str] | None = None, **options: Any) -> Model:
    """The model of a text without errors; warnings are not asked for."""
    found = compiled(text, files, **options)
    _quiet(d for d in found.diagnostics if severity(d) is Severity.ERROR)
    assert found.model is not None
    return found.model


def _quiet(diagnostics: Iterable[Diagnostic]) -> None:
    problems = [f"{d.rule}: {d.message} ({d.span.text})" for d in diagnostics]
    assert not problems, "\n".join(problems)


def blamed(text: str, files: Mapping[str, str] | None = None, **options: Any) -> list[tuple[str, str]]:
    """What is reported of a text: each rule, and the words that the carets stand under."""
    return [(d.rule, d.span.text) for d in compiled(text, files, **options).diagnostics]


# ---------------------------------------------------------------------------------- the whole graph


def graph(model: Model) -> dict[str, list[str]]:
    """Every operation of every instance by its path, with its operands in order; numbers as they are written.

    The model's own inputs and outputs are among them: by their ids, else ``in``, ``in2``, ``out``.
    """
    leaves = flatten(model).leaves
    return {leaf.path: [_operand(leaves, operand) for operand in leaf.operands] for leaf in leaves}


def _operand(leaves: tuple[Leaf, ...], operand: int | Literal) -> str:
    return str(operand.value) if isinstance(operand, Literal) else leaves[operand].path


def chain(*paths: str) -> dict[str, list[str]]:
    """The graph of one chain."""
    return {path: list(paths[i - 1 : i]) if i else [] for i, path in enumerate(paths)}


def operations(model: Model) -> dict[str, str]:
    """The operation at each path."""
    return {leaf.path: leaf.op for leaf in flatten(model).leaves}


def shapes(model: Model) -> dict[str, str]:
    """The shape at each path, ``?`` where it isn't known."""
    return {leaf.path: str(leaf.tensor) for leaf in flatten(model).leaves}


def shape_of(model: Model, path: str) -> str:
    return shapes(model)[path]


def inputs(model: Model) -> dict[str, str]:
    ports = model.root.inputs
    return {name: str(port.tensor) for name, port in zip(port_names(ports), ports, strict=True)}


def outputs(model: Model) -> dict[str, str]:
    ports = model.root.outputs
    return {name: str(port.tensor) for name, port in zip(port_names(ports), ports, strict=True)}


def dtypes(model: Model) -> dict[str, str]:
    ports = model.root.outputs
    return {name: port.tensor.dtype for name, port in zip(port_names(ports), ports, strict=True)}


def parameters(model: Model) -> str:
    """The number of weights, or its formula."""
    return str(measure(model.root).total.parameters.number)


def macs(model: Model) -> str:
    return str(measure(model.root).total.macs.number)


def keys(model: Model) -> dict[str, str]:
    """The ``state_dict``: shapes of weights and buffers by key, each where it is owned."""
    found: dict[str, str] = {}

    def walk(block: Block, prefix: str) -> None:
        for node in block.nodes:
            if node.shared is not None:
                continue
            for copy in range(node.repeat):
                key = prefix + (node.id if node.first is None else f"{node.id}.{node.first + copy}")
                if isinstance(node.what, Block):
                    walk(node.what, key + ".")
                elif isinstance(node.what, Loop):
                    walk(node.what.body, key + ".")
                elif isinstance(node.what, Operation):
                    tied = {tie.weight for tie in node.ties}
                    for name, weight in node.what.weights:
                        if name not in tied:
                            found[f"{key}.{name}" if name else key] = str(weight.shape)

    walk(model.root, "")
    return found


# ------------------------------------------------------------------------------------- its parts


def node_at(model: Model, path: str) -> Node:
    """The node at a path of ids; copies are not counted (``layers/conv``)."""
    block = model.root
    *above, last = path.split("/")
    for name in above:
        block = inner(_named(block, name))
    return _named(block, last)


def _named(block: Block, name: str) -> Node:
    for node in block.nodes:
        if name in (node.id, node.key):
            return node
    raise AssertionError(f"{name} is none of {[node.key for node in block.nodes]}")


def inner(node: Node) -> Block:
    what = node.what
    if isinstance(what, Loop):
        return what.body
    assert isinstance(what, Block), what
    return what


def arguments(model: Model, path: str) -> dict[str, str]:
    """The arguments that were written for the operation at a path."""
    what = node_at(model, path).what
    assert isinstance(what, (Operation, Sketch)), what
    return {name: _text(value) for name, value in what.arguments}


def values(model: Model, path: str = "") -> dict[str, str]:
    """Parameters of the block at a path (default: the main graph) and the sizes that its shapes bind."""
    block = inner(node_at(model, path)) if path else model.root
    return {name: _text(value) for name, value in (*block.parameters, *block.sizes)}


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def specializations(model: Model) -> int:
    """How many distinct blocks the model is made of."""
    return sum(1 for _ in distinct_blocks(model.root))


def shape(*sizes: int | str) -> str:
    """A shape as it is shown."""
    return str(Shape(*sizes))
