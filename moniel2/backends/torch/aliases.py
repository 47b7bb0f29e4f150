"""``+ResNet34 = ResNet(BasicBlock, [3, 4, 6, 3])``: the class of the definition, and one that is made of it.

Inside a model an alias that only chooses blocks is the name of its class, unless another name stands for that too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from moniel2.backends.torch import literals, names, python
from moniel2.backends.torch.annotations import type_of
from moniel2.backends.torch.literals import literal
from moniel2.backends.torch.opened import actual
from moniel2.backends.torch.plans import Param, Plan, given_blocks
from moniel2.backends.torch.python import Atom, Call, Expr
from moniel2.backends.torch.tree import Any_, Known
from moniel2.ir.model import Block, BlockName, Choice, Loop, Model, Value, What, distinct_blocks

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


def under_one_name(model: Model, kept: frozenset[Hashable] = frozenset()) -> Model:
    """A model in which ``ResNet18`` and ``ResNet34`` are made by one class, ``ResNet``, that takes what they give.

    Of the classes that are ``kept`` aliases go on standing for themselves.
    """
    root, several = model.root, _several(model).keys() - kept
    made: dict[Block, Block] = {}
    for block in distinct_blocks(root) if several else ():
        whats = [_with_blocks(n.what, made) for n in block.nodes]
        told = block if block is root or _class_of(block) not in several else without_alias(block)
        if any(what is not n.what for what, n in zip(whats, block.nodes, strict=True)):
            nodes = tuple(replace(n, what=what) for what, n in zip(whats, block.nodes, strict=True))
            told = replace(told, nodes=nodes)
        made[block] = told
    return replace(model, root=made[root]) if several else model


def misnamed(model: Model, plans: Sequence[Plan]) -> frozenset[Hashable]:
    """Classes under a definition's name that nobody would write: they share nothing, take more that isn't in the source
    than one value, or don't take what their only alias gives."""
    found: set[Hashable] = set()
    for key, called in _several(model).items():
        mine = [p for p in plans if _class_of(p.block) == key]
        (given, *others) = called.values()
        taken = [{q.name for q in p.params} for p in mine]
        wanted = {names.variable(names.snake(n)) for n in given}
        made_up = any(sum(q.fresh for q in p.params) > 1 for p in mine)
        shares_little = made_up or len(mine) >= len(called)
        if shares_little if others else not all(wanted <= t for t in taken):
            found.add(key)
    return frozenset(found)


def _several(model: Model) -> dict[Hashable, dict[str, frozenset[str]]]:
    """The classes inside a model that aliases may share, or give something to: what goes by which name there, and what
    that gives."""
    found: dict[Hashable, dict[str, frozenset[str]]] = {}
    for block in distinct_blocks(model.root):
        if block is not model.root and block.name:
            given = parameters_beneath(block)
            numbers = frozenset(n for n in fixed_by_alias(block) if not isinstance(given[n], BlockName))
            called = found.setdefault(_class_of(block), {})
            called[block.name] = numbers | called.get(block.name, frozenset())
    return {key: called for key, called in found.items() if len(called) > 1 or any(called.values())}


def _class_of(block: Block) -> Hashable:
    """What blocks have in common that can share a class."""
    return block.definition, tuple(given_blocks(without_alias(block)).items())


def _with_blocks(what: What, made: Mapping[Block, Block]) -> What:
    """A node with the blocks inside as they are ``made`` now; the same object where nothing changes."""
    if isinstance(what, Block):
        return made[what]
    if isinstance(what, Loop | Choice) and made[what.body] is not what.body:
        return replace(what, body=made[what.body])
    return what


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
