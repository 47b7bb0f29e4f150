"""What a type's name, or an expression that stands for a block, means in a block under construction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.ir.model import Unknown
from moniel2.ops.spec import OpSpec
from moniel2.semantics.capitals import meant_as_tensor, small
from moniel2.semantics.names import Ambiguous, Def, Scope, alias_of, exact, resolve, visible
from moniel2.semantics.scope import Frame
from moniel2.semantics.survey import outline_of
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import (
    BLOCKS,
    BlockWorth,
    DefBlock,
    OpBlock,
    SharedBlock,
    UndefinedBlock,
    Worth,
    text_of,
)
from moniel2.source import Span
from moniel2.syntax import tree
from moniel2.syntax.node import nodes

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder


def block_of_type(builder: Builder, type: tree.TypeName, frame: Frame) -> BlockWorth:
    """The block that a type's name stands for. An unknown one is reported and kept as undefined."""
    if type.qualifier is not None:
        return _in_module(builder, type.qualifier, type.name, type.span)
    found = frame.find(type.name)
    if found is not None and type.name in found.values:
        value = found.values[type.name]
        if isinstance(value, BLOCKS):
            return value
        if isinstance(value, Unknown):
            return UndefinedBlock(type.name)
        if resolve(type.name, builder.scope, builder.session.prelude) is None:
            if type.name not in builder.complained:
                builder.complained.add(type.name)
                message = f"`{type.name}` is {text_of(value)}, and a block is needed here"
                name = tree.Name(type.name, span=type.span)
                builder.trouble(Trouble(message, type.span, _unquoted(value), "wrong-argument", value), name)
            return UndefinedBlock(type.name)
    definition = named(builder, type.name, type.span)
    if definition is None:
        return UndefinedBlock(type.name)
    return _worth(builder, definition, type.name, frame)


def _unquoted(value: Worth) -> str | None:
    return f"a block is given by its name, without quotes: {value}" if isinstance(value, str) else None


def named(builder: Builder, name: str, span: Span, *, quiet: bool = False) -> Def | OpSpec | None:
    """The definition or operation of a name; None (reported) when there is none."""
    session = builder.session
    if any(name in scope.failed for scope in builder.scope.outwards()):
        return None  # the import that failed has been reported
    found = resolve(name, builder.scope, session.prelude)
    if not quiet and _meant_as_tensor(builder, name, found):
        return None if found is None or isinstance(found, Ambiguous) else found
    if isinstance(found, Ambiguous):
        if not quiet:
            builder.report(
                "ambiguous-name",
                f"`{name}` may be {' or '.join(found.names)}",
                span,
                help=f"write more of it: {found.names[0]}",
            )
        return None
    if found is None and not quiet:
        from moniel2.semantics.elsewhere import called_elsewhere

        candidates = [*_parameters_for_blocks(builder), *visible(builder.scope, session.prelude), *_BUILT_IN]
        own = [n for scope in builder.scope.outwards() for n in scope.definitions]
        help = _hidden(builder, name) or did_you_mean(name, own) or called_elsewhere(name)
        help = help or did_you_mean(name, candidates, _meaning)
        message = f"nothing is called `{name}`"
        builder.report("unknown-type", message, span, help=help or f"declare it: +{name} {{ In -> … -> Out }}")
    return found


def _hidden(builder: Builder, name: str) -> str | None:
    """Help for a definition that stands inside another one. In Moniel it would be seen from here."""
    *_, whole = builder.scope.outwards()
    inner = builder.session.inner.get(id(whole))
    if inner is None:
        inner = builder.session.inner[id(whole)] = {}
        for outer in whole.definitions.values():
            for part in nodes(outer.written):
                if isinstance(part, tree.Definition) and part is not outer.written:
                    inner.setdefault(part.name, outer.name)
    return f"it is defined inside `{inner[name]}` and seen only there: move it out" if name in inner else None


def _meant_as_tensor(builder: Builder, name: str, found: Def | OpSpec | Ambiguous | None) -> bool:
    """Report a tensor's name written with a capital, once; what it abbreviates is an operation all the same."""
    if exact(name, builder.scope, builder.session.prelude) is not None or name in _BUILT_IN:
        return False
    spans = meant_as_tensor(builder.outline, name)
    if not spans:
        return False
    read = tuple(Related("and here", span) for span in spans[1:])
    taken = small(name) in builder.outline.declared or small(name) in builder.outline.written
    help = "a tensor's name starts small" if taken else f"a tensor's name starts small: {small(name)}"
    if found is None or isinstance(found, Ambiguous):
        message = f"`{name}` is no operation, and stands where a tensor's name does"
        builder.report("unknown-type", message, spans[0], help=help, related=read)
    else:
        message = f"`{name}` is the operation {found.name} here, and stands where a tensor's name does"
        builder.report("capital-tensor", message, spans[0], help=help, related=read)
    return True


_BUILT_IN = ("In", "Out", "State", "Scan", "Extern")


def _parameters_for_blocks(builder: Builder) -> list[str]:
    return [n for n, value in builder.home.values.items() if n[:1].isupper() and isinstance(value, BLOCKS)]


def _meaning(name: str) -> object:
    """What two spellings of one operation have in common."""
    spec = alias_of(name)
    return spec.name if spec is not None else name


def _worth(builder: Builder, found: Def | OpSpec, written: str, frame: Frame) -> BlockWorth:
    if isinstance(found, OpSpec):
        return OpBlock(found, written)
    return DefBlock(found, frame_of(found.scope, frame, builder))


def frame_of(scope: Scope, frame: Frame, builder: Builder) -> Frame:
    """The values around a definition: those of the block it stands in, if that is being built; else none."""
    session = builder.session
    of_file = session.globals.get(id(scope))
    if of_file is not None:
        return of_file
    at: Builder | None = builder
    while at is not None:
        if at.scope is scope:
            return at.home
        at = at.parent
    return session.empty


def _in_module(builder: Builder, qualifier: str, name: str, span: Span) -> BlockWorth:
    for scope in builder.scope.outwards():
        unit = scope.modules.get(qualifier)
        if unit is None:
            continue
        found = unit.scope.definitions.get(name) or unit.scope.imported.get(name)
        if found is None:
            builder.report(
                "import-name",
                f"{qualifier} has no `{name}`",
                span,
                help=did_you_mean(name, unit.scope.definitions) or f"it has {', '.join(unit.scope.definitions)}",
            )
            return UndefinedBlock(f"{qualifier}.{name}")
        return _worth(builder, found, name, builder.session.empty)
    if any(qualifier in scope.failed for scope in builder.scope.outwards()):
        return UndefinedBlock(f"{qualifier}.{name}")
    if qualifier.split(".")[0] in FRAMEWORKS:
        message = f"`{qualifier}` is of Python, and PyTorch's names are known here without it"
        builder.report("foreign-spelling", message, span, help=f"write `{name}`")
        return UndefinedBlock(f"{qualifier}.{name}")
    modules = [m for s in builder.scope.outwards() for m in s.modules]
    builder.report(
        "unknown-name",
        f"nothing is imported as `{qualifier}`",
        span,
        help=did_you_mean(qualifier, modules) or f'import "…" as {qualifier}',
    )
    return UndefinedBlock(f"{qualifier}.{name}")


FRAMEWORKS = frozenset(
    ["torch", "nn", "F", "functional", "tf", "keras", "layers", "self", "torchvision", "flax", "jax"]
)
"""What a layer's name is prefixed with in Python."""


def block_of(builder: Builder, expr: tree.Expr, frame: Frame) -> BlockWorth | None:
    """The block a value stands for: ``GELU``, ``resnet.Block``, ``{ … }``, ``enc``."""
    match expr:
        case tree.Name(name=name):
            if name[:1].isupper():
                if any(name in scope.failed for scope in builder.scope.outwards()):
                    return UndefinedBlock(name)
                # A letter alone is a size; it abbreviates no type.
                letter = len(name) == 1
                found = (exact if letter else resolve)(name, builder.scope, builder.session.prelude)
                if found is None and letter:
                    return None
                if found is None or isinstance(found, Ambiguous):
                    if found is None and frame.find(name) is None:
                        _unknown_capital(builder, name, expr.span, frame)
                        return UndefinedBlock(name)
                    named(builder, name, expr.span)
                    return UndefinedBlock(name)
                return _worth(builder, found, name, frame)
            node = shared(builder, name)
            if node is None and name in builder.outline.written and frame.find(name) is None:
                help = f"bring it by an arrow: [{name}, …] -> …"
                raise Trouble(f"`{name}` is a tensor, and a value stands here", expr.span, help, "unknown-name")
            return node
        case tree.Attribute(value=tree.Name(name=module), name=name) if name[:1].isupper():
            return _in_module(builder, module, name, expr.span)
        case tree.BlockValue(body=body):
            return builder.closure(outline_of(body), frame)
    return None


def _unknown_capital(builder: Builder, name: str, span: Span, frame: Frame) -> None:
    values = [*frame.names(), *builder.outline.binds]
    types = list(visible(builder.scope, builder.session.prelude))
    builder.report(
        "unknown-name",
        f"`{name}` is neither a size nor a type here",
        span,
        help=did_you_mean(name, [*values, *types]),
    )


def shared(builder: Builder, name: str) -> SharedBlock | None:
    """A small name as a block: the node itself, with its weights."""
    at: Builder | None = builder
    while at is not None:
        if name in at.declared:
            return SharedBlock(at, at.declared[name])
        at = at.around.builder if at.around is not None else None
    return None
