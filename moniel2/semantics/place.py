"""One use of a block or an operation: tensors to ports, arguments to values, shapes to shapes."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from moniel2 import limits
from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import ZERO, Dim, Shape
from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Operand, PortKind, Tensor, Unknown
from moniel2.ops.check import assuming
from moniel2.ops.spec import Op, OpSpec, Problem, Weight, no_weights
from moniel2.semantics.bind import Bound, bind_operation, required_missing
from moniel2.semantics.claims import claim, sizes_of
from moniel2.semantics.match import Matched, Port, match
from moniel2.semantics.scope import Frame
from moniel2.semantics.strands import Strand
from moniel2.semantics.trace import explained
from moniel2.semantics.values import (
    BlockWorth,
    Closure,
    DefBlock,
    Given,
    OpBlock,
    SharedBlock,
    UndefinedBlock,
    given_key,
    text_of,
    to_ir,
)
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context, Request, Steps
    from moniel2.semantics.names import Def


@dataclass(slots=True)
class Applied:
    """A node's content. ``main``: how many of the outputs the bare name stands for."""

    what: ir.What
    operands: tuple[Operand, ...]
    outputs: tuple[Tensor, ...]
    names: tuple[str, ...]
    main: int
    shared: ir.Shared | None = None
    ties: tuple[ir.Tie, ...] = ()
    owner: bool = False  # a shared node that is declared only: this is where its weights live
    bundled: Span | None = None  # the Out into which several tensors flow


def apply(
    builder: Builder,
    worth: BlockWorth,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    request: Request,
    span: Span,
) -> Steps:
    """Use a block once, in the block under construction."""
    if isinstance(worth, SharedBlock):
        return (yield from _apply_shared(builder, worth, strands, dims, context, request, span))
    if isinstance(worth, OpBlock):
        return (yield from _apply_operation(builder, worth, given, strands, dims, context, span))
    if isinstance(worth, UndefinedBlock):
        return _undefined(worth.written, strands, given)
    return (yield from _apply_block(builder, worth, given, strands, dims, context, request, span))


def _undefined(written: str, strands: tuple[Strand, ...], given: tuple[Given, ...], declared: bool = False) -> Applied:
    what = ir.Undefined(written, tuple((g.name or "", to_ir(g.value)) for g in given), declared)
    return Applied(what, tuple(Operand(s.source, s.key or "x") for s in strands), (NOTHING_KNOWN,), ("out",), 1)


# ----------------------------------------------------------------------------------- shared weights


def _apply_shared(
    builder: Builder,
    worth: SharedBlock,
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    request: Request,
    span: Span,
) -> Steps:
    target = worth.node
    there = worth.builder
    applied: Applied = yield apply(builder, target.worth, target.given, strands, dims, context, request, span)
    if _has_no_weights(applied.what):
        return applied
    if there is builder and not target.owned and _declares_only(there, target.id):
        target.owned = True
        applied.owner = True
        return applied
    if there is not builder and not target.owned and _declares_only(there, target.id):
        there.session.adopt(there, target, applied.what)
    applied.shared = applied.shared or ir.Shared(builder.depth - there.depth, (target.id,))
    return applied


def _has_no_weights(what: ir.What) -> bool:
    return isinstance(what, ir.Operation) and not what.weights


def _declares_only(builder: Builder, name: str) -> bool:
    """A node without any edge of its own that is applied elsewhere: it only says what ``name()`` applies."""
    from moniel2.semantics.nodes import declares_only

    return declares_only(builder, name)


# --------------------------------------------------------------------------------------- operations


def _apply_operation(
    builder: Builder,
    worth: OpBlock,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    span: Span,
) -> Steps:
    spec = worth.spec
    preset = dict(spec.presets.get(worth.written, {}))
    bound = bind_operation(spec, worth.written, (*worth.given, *given))
    for complaint in bound.complaints:
        builder.report(complaint.rule, complaint.message, complaint.span, help=complaint.help)
    declared: Shape | None = None
    if spec.declared and dims is not None:
        declared = yield from sizes_of(builder, dims, context.frame)
        if declared is not None:
            bound.values[spec.declared] = declared
    if any(a.kind == "named" for a in spec.arguments):
        yield from _await_words(builder, bound, context.frame)
    arguments = tuple((a.name, to_ir(bound.given[a.name].value)) for a in spec.arguments if a.name in bound.given)
    op = None if bound.complaints else _make(builder, spec, bound, preset, context.frame, span)
    missing = required_missing(spec, bound, preset) if op is None else op.missing()
    ports = tuple(Port(p.name, p.optional, p.variadic, p.default_to) for p in spec.inputs)
    owns = getattr(spec.make, "weights", no_weights) is not no_weights and not spec.variadic and bool(ports)
    matched = match(builder, worth.written, ports, strands, span, extra=4 if owns else 0)
    operands = _operands(ports, matched, op)
    count = len(spec.outputs)
    names = spec.outputs
    if not names:
        expected = op.count() if op is not None and hasattr(op, "count") else None
        count = expected or 1
        names = tuple(map(str, range(count)))
    unknown = tuple(NOTHING_KNOWN for _ in names)
    if op is None or missing:
        shape = declared
        outputs = (Tensor(shape, ""), *unknown[1:]) if shape is not None and unknown else unknown
        what: ir.What = ir.Sketch(spec, arguments, tuple(missing), worth.written)
        return Applied(what, operands, outputs, names, _main(spec, len(names)))
    functional = bool(matched.extra)
    if matched.failed:
        outputs = unknown
        weights: dict[str, Weight] = {}
        macs = ZERO
    else:
        outputs, weights, macs = _infer(builder, op, bound, ports, matched, declared, count, functional, span)
        if len(outputs) != len(names):
            names = tuple(map(str, range(len(outputs))))
    ties = _ties(builder, spec, bound, weights, span)
    what = ir.Operation(op, arguments, tuple(weights.items()), macs, worth.written, functional)
    return Applied(what, operands, outputs, names, _main(spec, len(names)), ties=ties)


def _await_words(builder: Builder, bound: Bound, frame: Frame) -> Steps:
    """Names in a pattern (``Rearrange("b n (heads d) -> …")``) that are values in scope have those values."""
    for value in bound.values.values():
        if isinstance(value, str):
            yield from builder.await_names(re.findall(r"[^\W\d]\w*", value), frame)


def _main(spec: OpSpec, count: int) -> int:
    return 1 if spec.side_outputs and count else count


def _make(builder: Builder, spec: OpSpec, bound: Bound, preset: dict[str, Any], frame: Frame, span: Span) -> Op | None:
    if required_missing(spec, bound, preset):
        return None
    values = {**preset, **bound.values}
    try:
        op = spec.make(**values, **bound.extra)
        wanted = getattr(op, "wanted", None)
        names = [n for n in wanted() if n not in bound.extra and frame.has(n)] if wanted is not None else []
        more = {}
        for name in names:
            value = frame.get(name)
            if isinstance(value, Unknown):
                return None
            if isinstance(value, (int, Dim)) and not isinstance(value, bool):
                more[name] = Dim.of(value)
            elif isinstance(value, (float, Fraction)):
                written = builder.outline.constants.get(name)
                where = written.value.span if written is not None else span
                message = f"`{name}` is {text_of(value)}, and an axis has a whole number of places"
                builder.report("not-whole", message, where, related=(Related("it is an axis here", span),))
                return None
        return spec.make(**values, **bound.extra, **more) if more else op
    except Problem as problem:
        where = bound.span_of(problem.blame) or span
        builder.report(_rule(problem), f"{spec.name} {problem.message}", where, help=problem.help)
        return None


def _rule(problem: Problem) -> str:
    return problem.rule


def _operands(ports: tuple[Port, ...], matched: Matched, op: Op | None) -> tuple[Operand, ...]:
    operands = [Operand(s.source, p.name) for p, taken in zip(ports, matched.taken, strict=False) for s in taken]
    names = ("weight", "bias", "weight2", "weight3")
    operands += [Operand(s.source, name) for s, name in zip(matched.extra, names, strict=False)]
    return tuple(operands)


def _infer(
    builder: Builder,
    op: Op,
    bound: Bound,
    ports: tuple[Port, ...],
    matched: Matched,
    declared: Shape | None,
    count: int,
    functional: bool,
    span: Span,
) -> tuple[tuple[Tensor, ...], dict[str, Weight], Any]:
    """Outputs, weights and MACs by the operation's rules; unknown where an input is."""
    rules: Any = op
    shapes: list[Shape | None] = []
    dtypes: list[str] = []
    bound_dtypes = 0
    unsure = False
    for port, taken in zip(ports, matched.taken, strict=False):
        if port.variadic:
            shapes += [s.tensor.shape for s in taken]
            dtypes += [s.tensor.dtype for s in taken]
            unsure = unsure or not taken or any(s.tensor.shape is None for s in taken)
        elif taken:
            shapes.append(taken[0].tensor.shape)
            dtypes.append(taken[0].tensor.dtype)
            unsure = unsure or taken[0].tensor.shape is None
        else:
            unsure = unsure or not port.optional
            shapes.append(None)
            dtypes.append("")
        if taken:
            bound_dtypes = len(dtypes)
    # Rules tell an optional input that isn't there from one whose dtype isn't known.
    dtypes = dtypes[:bound_dtypes] or dtypes
    try:
        with assuming() as assumed:
            if unsure:
                dtype = _dtypes(rules, dtypes, count) if any(dtypes) else ("",) * count
                shape = rules.declared_shape() if hasattr(rules, "declared_shape") else declared
                first = Tensor(shape, dtype[0] if dtype else "")
                weights = _weights_without_input(rules, shapes)
                return (first, *(Tensor(None, d) for d in dtype[1:])), weights, ZERO
            result = rules.shape(*shapes)
            outcome = (result,) if isinstance(result, Shape) or result is None else tuple(result)
            found = _dtypes(rules, dtypes, len(outcome))
            weights = {} if functional else dict(rules.weights(*shapes))
            macs = rules.macs(*shapes)
    except Problem as problem:
        _problem(builder, op, bound, ports, matched, problem, span, shapes)
        return tuple(NOTHING_KNOWN for _ in range(count)), {}, ZERO
    for item in assumed:
        where = _where(bound, ports, matched, item.blame) or span
        builder.session.require(item.condition, where, f"{op.spec.name} {item.message}", builder)
    return tuple(Tensor(s, d) for s, d in zip(outcome, found, strict=False)), weights, macs


def _weights_without_input(rules: Any, shapes: list[Shape | None]) -> dict[str, Weight]:
    """Some operations know their weights whatever flows in (``Embedding``)."""
    try:
        return dict(rules.weights(*shapes))
    except (TypeError, AttributeError, IndexError, Problem):
        return {}


def _dtypes(rules: Any, dtypes: list[str], count: int) -> tuple[str, ...]:
    found = rules.dtype(*dtypes)
    return (found,) * count if isinstance(found, str) else tuple(found)


def _where(bound: Bound, ports: tuple[Port, ...], matched: Matched, blame: str) -> Span | None:
    span = bound.span_of(blame)
    if span is not None:
        return span
    name, _, index = blame.partition("[")
    for port, taken in zip(ports, matched.taken, strict=False):
        if port.name == name and taken:
            number = int(index[:-1]) if index else 0
            return taken[number].span if number < len(taken) else None
    return None


def _problem(
    builder: Builder,
    op: Op,
    bound: Bound,
    ports: tuple[Port, ...],
    matched: Matched,
    problem: Problem,
    span: Span,
    shapes: list[Shape | None],
) -> None:
    where = bound.span_of(problem.blame) or span
    strands: list[Strand | None] = []
    for port, taken in zip(ports, matched.taken, strict=False):
        strands += taken if port.variadic else [taken[0] if taken else None]
    label, related = explained(builder, op, strands, shapes, problem)
    message = f"{op.spec.name} {problem.message}"
    builder.report(problem.rule, message, where, help=problem.help, label=label, related=related)


def _ties(builder: Builder, spec: OpSpec, bound: Bound, weights: dict[str, Weight], span: Span) -> tuple[ir.Tie, ...]:
    ties = []
    for name, path in bound.paths.items():
        if weights and name not in weights:
            near = ", ".join(weights)
            builder.report(
                "unknown-argument", f"{spec.name} has no weight `{name}`", path.span, help=f"its weights: {near}"
            )
            continue
        at, up = builder, 0
        while at is not None and path.parts[0] not in at.outline.declared and at.parent is not None:
            at, up = at.parent, up + 1
        if path.parts[0] not in at.outline.declared:
            mend = did_you_mean(path.parts[0], builder.outline.declared)
            builder.report("unknown-path", f"there is no node `{path.parts[0]}`", path.span, help=mend)
            continue
        ties.append(ir.Tie(name, up, path.parts, path.transpose))
        builder.tied.append((name, weights.get(name), path, at))
    return tuple(ties)


# ------------------------------------------------------------------------------------------- blocks


def _apply_block(
    builder: Builder,
    worth: DefBlock | Closure,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    request: Request,
    span: Span,
) -> Steps:
    if isinstance(worth, DefBlock):
        yield from _await_around(builder, worth)
        definition = worth.definition
        if definition.outline is None:
            return _undefined(definition.name, strands, (*worth.given, *given), declared=True)
        if definition.extern is not None:
            from moniel2.semantics.extern import apply_extern

            return (yield from apply_extern(builder, worth, definition.extern, given, strands, span))
        if definition.alias is not None:
            return (yield from _apply_alias(builder, worth, given, strands, dims, context, request, span))
    return (yield from _instance(builder, worth, given, strands, request, span))


def _await_around(builder: Builder, worth: DefBlock) -> Steps:
    """Wait for the values of the block under construction that a definition in it reads."""
    if worth.frame is builder.home:
        waits = [n for n in sorted(worth.definition.free_names) if n not in builder.home.sizes]
        yield from builder.await_names(waits, builder.home)


def _apply_alias(
    builder: Builder,
    worth: DefBlock,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    request: Request,
    span: Span,
) -> Steps:
    """``+ResNet34 = ResNet(…)``: no level of its own; the block under another name."""
    followed: Followed | None = yield from follow(builder, worth, given, span)
    if followed is None:
        return _undefined(worth.definition.name, strands, given)
    for link in followed.links:
        if link.item.dims is not None:
            dims, context = link.item.dims, link.context
    if followed.links and isinstance(followed.worth, OpBlock) and not followed.worth.spec.declared:
        context = followed.links[-1].context  # a pattern means the names around the place where it is written
    applied: Applied = yield apply(builder, followed.worth, followed.given, strands, dims, context, request, span)
    inner = followed.worth
    for link in reversed(followed.links):
        if isinstance(applied.what, ir.Block) and applied.shared is None:
            applied.what = builder.session.renamed(applied.what, link.definition, link.context.frame)
        elif isinstance(applied.what, ir.Operation):
            applied.what = replace(applied.what, written=link.definition.name)
        if link.item.dims is not None and applied.outputs and not (isinstance(inner, OpBlock) and inner.spec.declared):
            first = applied.outputs[0]
            tensor = yield from claim(builder, link.item.dims, first, link.context.frame, what=link.definition.name)
            applied.outputs = (tensor, *applied.outputs[1:])
    return applied


@dataclass(frozen=True, slots=True)
class Link:
    """One alias on the way to what it stands for; ``context``: the values inside it."""

    worth: DefBlock
    given: tuple[Given, ...]
    item: tree.Instance
    context: Context

    @property
    def definition(self) -> Def:
        return self.worth.definition


@dataclass(frozen=True, slots=True)
class Followed:
    """What a definition stands for in the end, and the aliases on the way there, outermost first."""

    worth: BlockWorth
    given: tuple[Given, ...]
    links: tuple[Link, ...]


def follow(builder: Builder, worth: BlockWorth, given: tuple[Given, ...], span: Span) -> Steps:
    """The ``Followed`` of a block; None (reported) if aliases lead nowhere but to each other."""
    links: list[Link] = []
    seen: set[Hashable] = set()
    while isinstance(worth, DefBlock) and worth.definition.alias is not None:
        yield from _await_around(builder, worth)
        key = (worth.key, given_key(given))
        if key in seen or len(links) >= limits.MAX_RECURSION:
            names = [link.definition.name for link in links]
            name = worth.definition.name
            cycle = [*names[names.index(name) if name in names else -1 :][:6], name]
            builder.report(
                "recursive-definition",
                f"{name} is defined as itself",
                span,
                related=(Related(" → ".join(cycle)),),
            )
            return None
        seen.add(key)
        item = worth.definition.alias
        inner, arguments, context = _unaliased(builder, worth, item, given, span)
        links.append(Link(worth, given, item, context))
        worth, given = inner, arguments
    return Followed(worth, given, tuple(links))


def _unaliased(
    builder: Builder, worth: DefBlock, item: tree.Instance, given: tuple[Given, ...], span: Span
) -> tuple[BlockWorth, tuple[Given, ...], Context]:
    """The block and arguments that an alias stands for, seen from inside the alias."""
    from moniel2.semantics.build import Builder as MakeBuilder
    from moniel2.semantics.build import Context
    from moniel2.semantics.instances import given_from
    from moniel2.semantics.types import block_of_type

    definition = worth.definition
    assert definition.outline is not None
    frame = Frame(worth.frame, home=True, closed=True)
    inside = MakeBuilder(
        builder.session,
        definition.outline,
        definition.inner,
        frame,
        parent=builder,
        called=definition.name,
        called_at=span,
    )
    inside.depth = builder.depth
    inside.free = builder.free and builder.parent is None
    for name, default in builder.session.enter_parameters(inside, worth, given):
        frame.values[name] = inside.value_now(default, frame)
        frame.pending.discard(name)
    inner = block_of_type(inside, item.type, frame)
    return inner, given_from(inside, item, inner, frame), Context(frame)


def _instance(
    builder: Builder,
    worth: DefBlock | Closure,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    request: Request,
    span: Span,
) -> Steps:
    from moniel2.semantics.session import Arriving

    outline = worth.definition.outline if isinstance(worth, DefBlock) else worth.outline
    assert outline is not None
    called = worth.definition.name if isinstance(worth, DefBlock) else worth.name or "this block"
    taken: list[list[Strand]] = []
    fed = [s for s in strands if s.key is not None and s.key.startswith("\0")]
    plain = tuple(s for s in strands if s not in fed)
    if outline.ends_are_ports:
        implicit = tuple((s.key or "", s.tensor) for s in plain)
        arriving = Arriving(implicit=implicit or None, strands=tuple((s,) for s in plain))
        if not plain:
            arriving = Arriving(implicit=_implicit(builder, outline))
        taken = [[s] for s in plain]
    else:
        ports = tuple(
            Port(
                s.id if s.named else "", bool(getattr(s.item, "optional", False)) or s.conditional, unnamed=not s.named
            )
            for s in outline.inputs
        )
        if len(ports) == 1 and len(plain) > 1 and _one_bundle(plain):
            matched = Matched([list(plain)])
        else:
            matched = match(builder, called, ports, plain, span)
        taken = [t[:1] for t in matched.taken] if matched.failed else matched.taken
        arriving = Arriving(tuple(tuple(s.tensor for s in t) for t in taken), strands=tuple(map(tuple, taken)))
    special = yield builder.session.specialize(builder, worth, given, arriving, request, span, called=called)
    if special is None:
        return _undefined(called, strands, given)
    block = special.block
    flat = [s for t in taken for s in t]
    operands = block_operands(builder, block, special.captures, flat, fed)
    outputs = tuple(t for o in block.outputs for t in (o.tensors or (NOTHING_KNOWN,)))
    names = tuple(n for o in block.outputs for n in _names(o))
    if special.failed:
        outputs = tuple(NOTHING_KNOWN for _ in outputs)
    main = sum(max(1, len(o.tensors)) for o in block.outputs if o.kind is PortKind.PLAIN)
    bundled = next((o.span for o in block.plain_outputs if len(o.tensors) > 1), None)
    return Applied(block, operands, outputs, names, main, bundled=bundled)


def _implicit(builder: Builder, outline: Any) -> tuple[tuple[str, Tensor], ...] | None:
    from moniel2.semantics.items import receives

    return (("", NOTHING_KNOWN),) if receives(builder, outline.chain.items[0]) else None


def _one_bundle(strands: Iterable[Strand]) -> bool:
    bundles = {s.bundle for s in strands}
    return len(bundles) == 1 and None not in bundles


def _names(output: ir.Output) -> list[str]:
    return [output.name] if len(output.tensors) <= 1 else [f"{output.name}[{i}]" for i in range(len(output.tensors))]


def block_operands(
    builder: Builder,
    block: ir.Block,
    captures: tuple[tuple[int, tuple[int, str, int]], ...],
    plain: list[Strand],
    fed: list[Strand],
) -> tuple[Operand, ...]:
    """Operands in the order of the block's inputs."""
    tokens = dict(captures)
    rest = iter(plain)
    feeds = iter(fed)
    operands = []
    for number, port in enumerate(block.inputs):
        name = port.name or str(number)
        if port.kind is PortKind.CAPTURE:
            operands.append(Operand(builder.resolve_capture(tokens[number], port.tensor), name))
        elif port.kind is PortKind.FEED:
            strand = next(feeds, None)
            if strand is not None:
                operands.append(Operand(strand.source, name))
        elif port.kind is PortKind.PLAIN and port.bound:
            strand = next(rest, None)
            if strand is not None:
                operands.append(Operand(strand.source, name))
    return tuple(operands)
