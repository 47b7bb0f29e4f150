"""What stands around the classes: the tuple a model returns, and the guard that runs it once."""

from __future__ import annotations

from moniel2.backends.torch import literals, names, python
from moniel2.backends.torch.entries import entry_names
from moniel2.backends.torch.plans import Grouping
from moniel2.backends.torch.python import Atom, Call, Expr
from moniel2.backends.torch.trial import symbol_values
from moniel2.dims import OPEN, Shape
from moniel2.ir.model import OWN_INPUT, Block, Model, Operation, Ref, Tensor


def result_class(grouping: Grouping) -> tuple[str, list[list[str]]]:
    """A ``NamedTuple`` for a model with several named outputs: its name, and its lines."""
    block = grouping.root.block
    if grouping.root.first.style != "module" or len(block.outputs) < 2:
        return "", []
    if any(len(o.sources) != 1 or not o.name.isidentifier() for o in block.outputs):
        return "", []
    taken = names.Names(frozenset({"count", "index"}))
    wanted = f"{grouping.root.name}Output"
    used = {p.name for p in grouping.plans}
    while wanted in used:
        wanted += "s"
    lines = [f"class {wanted}(NamedTuple):"]
    for output in block.outputs:
        lines.append(f"    {taken.fresh(names.field(names.snake(output.name)))}: Tensor")
    return wanted, [lines]


def main_guard(model: Model, grouping: Grouping, named: bool) -> list[str]:
    """``if __name__ == "__main__":`` runs the model once on its declared input."""
    plan = grouping.root
    indent = python.STEP
    block = model.root
    bound = [p for p in block.inputs if p.bound]
    values = symbol_values(model)
    count = 1 if plan.first.style == "sequence" else len(plan.first.returns)
    asked = [f"{p}={plan.values[OPEN + n]}" for p, n in zip(plan.asked, plan.required, strict=True)]
    lines = ['if __name__ == "__main__":', f"{indent}model = {plan.alias or plan.name}({', '.join(asked)}).eval()"]
    shapes = [None if values is None else _numbers(p.tensor.shape, values) for p in bound]
    if any(s is None for s in shapes) or not bound:
        return [*lines, f"{indent}print(model)"] if bound else [*lines, *_call([], named, count)]
    taken = names.Names(names.FILE_NAMES | {"model", "tensor", "name", "outputs"})
    written = entry_names(plan.first, taken)
    arguments = []
    for entry, port, shape in zip(plan.first.entries, bound, shapes, strict=False):
        name = written[entry.value]
        made = _example(block, block.inputs.index(port), port.tensor, shape or ())
        lines += python.statement(f"{name} = ", made, indent)
        arguments.append(name)
    return [*lines, *_call(arguments, named, count)]


def _call(arguments: list[str], named: bool, count: int) -> list[str]:
    indent, deeper = python.STEP, python.STEP * 2
    call = Call(Atom("model"), tuple(map(Atom, arguments)))
    target = "outputs" if count != 1 else "output"
    lines = [f"{indent}with torch.no_grad():", *python.statement(f"{target} = ", call, deeper)]
    if count == 1:
        return [*lines, f"{indent}print(tuple(output.shape))"]
    if named:
        lines.append(f"{indent}for name, tensor in outputs._asdict().items():")
        return [*lines, f"{deeper}print(name, tuple(tensor.shape))"]
    if count == 0:
        return lines
    return [*lines, f"{indent}for tensor in outputs:", f"{deeper}print(tuple(tensor.shape))"]


def _example(block: Block, index: int, tensor: Tensor, shape: tuple[int, ...]) -> Expr:
    sizes = tuple(map(literals.number, shape))
    dtype = tensor.dtype
    if dtype in ("", "float32"):
        return Call(Atom("torch.randn"), sizes or (Atom("()"),))
    if dtype.startswith(("int", "uint")):
        bound = vocabulary(block, index)
        if bound is not None:
            shape_expr = python.Sequence("(", sizes)
            named = dtype != "int64"
            args: tuple[Expr, ...] = (literals.number(0), literals.number(bound), shape_expr)
            args, keys = ((*args, Atom(f"torch.{dtype}")), ("", "", "", "dtype")) if named else (args, ("", "", ""))
            return Call(Atom("torch.randint"), args, keys)
    return Call(Atom("torch.zeros"), (*sizes, Atom(f"torch.{dtype}")), ("",) * len(sizes) + ("dtype",))


def vocabulary(block: Block, index: int) -> int | None:
    """How many entries the embedding has that an input of whole numbers is looked up in."""
    seen: set[tuple[int, int]] = set()
    stack = [(block, index)]
    least: int | None = None
    while stack and len(seen) < 10_000:
        here, port = stack.pop()
        if (id(here), port) in seen:
            continue
        seen.add((id(here), port))
        for node in here.nodes:
            for place, operand in enumerate(node.operands):
                if operand.source != Ref(OWN_INPUT, port):
                    continue
                what = node.what
                if isinstance(what, Operation) and what.name in ("Embedding", "EmbeddingBag", "OneHot"):
                    weight = dict(what.weights).get("weight")
                    size = weight.shape[0].constant if weight is not None else None
                    if size is not None:
                        least = size if least is None else min(least, size)
                elif isinstance(what, Block):
                    stack.append((what, place))
    return least


def _numbers(shape: Shape | None, values: dict[str, int]) -> tuple[int, ...] | None:
    if shape is None:
        return None
    try:
        found = tuple(d.at(values) for d in shape)
    except (KeyError, ValueError):
        return None
    return found if all(n > 0 for n in found) else None
