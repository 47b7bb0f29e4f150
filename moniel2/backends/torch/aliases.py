"""``+ResNet34 = ResNet(BasicBlock, [3, 4, 6, 3])``: the class of the definition, and one that is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from moniel2.backends.torch import literals, names, python
from moniel2.backends.torch.annotations import type_of
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.opened import actual
from moniel2.backends.torch.plans import Param, Plan
from moniel2.backends.torch.python import Atom, Call, Expr
from moniel2.backends.torch.tree import Any_, Known
from moniel2.ir.model import Block, BlockName, Value

INDENT = "        "


@dataclass(frozen=True)
class Alias:
    """The name that a model goes by, where its class is another one's with arguments. ``fixed`` are those, by name."""

    name: str
    doc: str
    fixed: frozenset[str]


def alias_of(root: Block, open_names: Sequence[str]) -> Alias | None:
    """The alias that the model is, if it fixes something that is left open."""
    if root.beneath is None:
        return None
    fixed = frozenset(fixed_by_alias(root)) & frozenset(open_names)
    if not fixed:
        return None
    doc = root.doc if root.doc != root.beneath.doc else ""
    return Alias(names.class_name(root.name), doc, frozenset(names.variable(names.snake(n)) for n in fixed))


def fixed_by_alias(root: Block) -> list[str]:
    """The parameters of a definition that aliases have given."""
    if root.beneath is None:
        return []
    defaults = dict(root.beneath.defaults)
    return [n for n, v in root.beneath.parameters if n not in defaults or defaults[n] != v]


def whole_alias(root: Block, open_names: Iterable[str]) -> bool:
    """Whether all that aliases give but blocks is left open."""
    given = parameters_beneath(root)
    return {n for n in fixed_by_alias(root) if not isinstance(given[n], BlockName)} <= set(open_names)


def parameters_beneath(root: Block) -> dict[str, Value]:
    return dict(root.parameters if root.beneath is None else root.beneath.parameters)


def without_alias(root: Block) -> Block:
    """A block under its definition's own name."""
    under = root.beneath
    if under is None:
        return root
    return replace(
        root, name=under.name, parameters=under.parameters, defaults=under.defaults, doc=under.doc, beneath=None
    )


def write_alias(alias: Alias, plan: Plan) -> list[str]:
    """The class that is a model's with some arguments given, and takes the others."""
    arguments: list[Expr] = []
    keys: list[str] = []
    texts = ["self"]
    for i, param in enumerate(plan.params):
        needed = isinstance(param.default, Any_)
        value = actual(param.values[0], plan.values)
        fixed = param.name in alias.fixed
        arguments.append(literal(value) if fixed and not isinstance(value, Any_) else Atom(param.name))
        keys.append("" if needed and i < 2 and not any(keys) else param.name)
        if not fixed:
            texts.append(declared(param, param.default))
    head = [f"class {alias.name}({plan.name}):", *literals.docstring(alias.doc, "    ")]
    if alias.doc:
        head.append("")
    head += python.signature("def __init__", texts, " -> None:", "    ")
    return [*head, *python.statement("", Call(Atom("super().__init__"), tuple(arguments), tuple(keys)), INDENT)]


def declared(param: Param, default: Known) -> str:
    """``depth: int = 12``"""
    text = f"{param.name}: {type_of(param.values)}"
    return text if isinstance(default, Any_) else f"{text} = {python.flat(literal(default))}"
