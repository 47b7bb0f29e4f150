"""One use of an operation: tensors to ports, arguments to values, its rules asked."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import DIFFERENT, ZERO, Dim, Shape, compare
from moniel2.ir import model as ir
from moniel2.ir.model import NOTHING_KNOWN, Operand, Tensor, Unknown
from moniel2.ops.check import assuming
from moniel2.ops.common import no_weights
from moniel2.ops.dtypes import weight_dtype
from moniel2.ops.spec import Op, OpSpec, Problem, Weight
from moniel2.semantics.applied import Applied
from moniel2.semantics.behind import doubtful
from moniel2.semantics.bind import Bound, bind_operation, required_missing
from moniel2.semantics.claims import sizes_of
from moniel2.semantics.match import Matched, Port, match
from moniel2.semantics.scope import Frame
from moniel2.semantics.strands import Strand
from moniel2.semantics.trace import explained, guilty_of
from moniel2.semantics.values import Given, OpBlock, text_of, to_ir, whole_hint
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context
    from moniel2.semantics.schedule import Steps


def place_operation(
    builder: Builder,
    worth: OpBlock,
    given: tuple[Given, ...],
    strands: tuple[Strand, ...],
    dims: tree.Dims | None,
    context: Context,
    span: Span,
) -> Steps:
    """The ``Applied`` of an operation; problems are reported, and unknown what follows from them."""
    spec = worth.spec
    preset = dict(spec.presets.get(worth.written, {}))
    bound = bind_operation(spec, worth.written, (*worth.given, *given))
    for complaint in bound.complaints:
        _refuse(builder, complaint.rule, complaint.message, complaint.span, complaint.help, complaint.given)
    declared: Shape | None = None
    if spec.declared and dims is not None:
        bound.declared = (spec.declared, dims.span)
        declared = yield from sizes_of(builder, dims, context.frame)
        if declared is not None:
            bound.values[spec.declared] = declared
    if any(a.kind == "named" for a in spec.arguments):
        yield from _await_words(builder, bound, context.frame)
    arguments = tuple((a.name, to_ir(bound.given[a.name].value)) for a in spec.arguments if a.name in bound.given)
    ports = tuple(Port(p.name, p.optional, p.variadic, p.default_to) for p in spec.inputs)
    owns = getattr(spec.make, "weights", no_weights) is not no_weights and not spec.variadic and bool(ports)
    matched = match(builder, worth.written, ports, strands, span, extra=4 if owns else 0)
    if matched.extra and (weight := matched.extra[0].tensor.shape) is not None:
        rules: Any = spec.make
        preset = {**rules.told_by(weight, bound.values), **preset}
    op = None if bound.complaints else _make(builder, spec, bound, preset, context.frame, span)
    missing = required_missing(spec, bound, preset) if op is None else op.missing()
    operands = operands_of(ports, matched, op)
    count = len(spec.outputs)
    names = spec.outputs
    if not names:
        count, left_open = _count(op, bound)
        missing = (*missing, *left_open)
        names = tuple(map(str, range(count)))
    unknown = tuple(NOTHING_KNOWN for _ in names)
    if op is None or missing:
        shape = declared
        outputs = (Tensor(shape, ""), *unknown[1:]) if shape is not None and unknown else unknown
        what: ir.What = ir.Sketch(spec, arguments, tuple(missing), worth.written)
        if bound.complaints or not missing or matched.failed:
            builder.session.fault(what)
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
    if matched.failed:
        builder.session.fault(what)
    return Applied(what, operands, outputs, names, _main(spec, len(names)), ties=ties)


def _count(op: Op | None, bound: Bound) -> tuple[int, tuple[str, ...]]:
    """How many outputs there are, by the arguments (one while that isn't known), and which argument leaves it open."""
    try:
        return (op.count() if op is not None and hasattr(op, "count") else None) or 1, ()
    except Problem as problem:
        value = bound.values.get(problem.blame)
        left_open = isinstance(value, Unknown) or (isinstance(value, Dim) and value.constant is None)
        return 1, (problem.blame,) if left_open else ()


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
                from moniel2.semantics.complain import divisors

                help = divisors(builder, written.value if written is not None else None)
                builder.report("not-whole", message, where, related=(Related("it is an axis here", span),), help=help)
                return None
        return spec.make(**values, **bound.extra, **more) if more else op
    except Problem as problem:
        where = bound.span_of(problem.blame) or span
        given = bound.given.get(problem.blame)
        _refuse(builder, problem.rule, f"{spec.name} {problem.message}", where, problem.help, given)
        return None


def _refuse(builder: Builder, rule: str, message: str, span: Span, help: str | None, given: Given | None) -> None:
    """Report an argument, at the words that gave it its value."""
    blame = None
    if given is not None and given.expr is not None and given.builder is not None:
        from moniel2.semantics.written import blamed

        blame = blamed(given.builder, given.expr, given.value)
    if blame is None:
        builder.report(rule, message, span, help=help)
        return
    if not blame.told:
        help = whole_hint(blame.span.text, given.value) if rule == "not-whole" and given is not None else help
        builder.report(rule, message, blame.span, help=help, related=(Related("it is needed here", span),))
    blame.settle()


def operands_of(ports: tuple[Port, ...], matched: Matched, op: Op | None) -> tuple[Operand, ...]:
    """What was matched, in the order of the ports; tensors that stand for weights come last."""
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
                weights = _as_wide(op, dtypes, _weights_without_input(rules, shapes))
                return (first, *(Tensor(None, d) for d in dtype[1:])), weights, ZERO
            result = rules.shape(*shapes)
            outcome = (result,) if isinstance(result, Shape) or result is None else tuple(result)
            found = _dtypes(rules, dtypes, len(outcome))
            weights = dict(rules.weights(*shapes))
            if functional and not _are_weights(builder, op, weights, matched.extra, span):
                matched.failed = True
                return tuple(NOTHING_KNOWN for _ in range(count)), {}, ZERO
            weights = {} if functional else _as_wide(op, dtypes, weights)
            macs = rules.macs(*shapes)
    except Problem as problem:
        _problem(builder, op, bound, ports, matched, problem, span, shapes)
        matched.failed = True
        return tuple(NOTHING_KNOWN for _ in range(count)), {}, ZERO
    for item in assumed:
        where = _where(bound, ports, matched, item.blame) or span
        builder.session.require(item.condition, where, f"{op.spec.name} {item.message}", builder)
    return tuple(Tensor(s, d) for s, d in zip(outcome, found, strict=False)), weights, macs


def _are_weights(builder: Builder, op: Op, weights: dict[str, Weight], extra: list[Strand], span: Span) -> bool:
    """Whether tensors beyond the operation's inputs can be its weights; reported if they can't."""
    for (name, weight), strand in zip(weights.items(), extra, strict=False):
        shape = strand.tensor.shape
        if shape is None or (
            len(shape) == len(weight.shape)
            and not any(compare(a, b) == DIFFERENT for a, b in zip(shape, weight.shape, strict=True))
        ):
            continue
        count = len(op.spec.inputs)
        text = f"as its {name}, {strand.made} would have to be {weight.shape}, and is {shape}"
        builder.report(
            "wrong-count",
            f"{op.spec.name} takes {count} input{'s' if count > 1 else ''}, got {count + len(extra)}",
            span,
            related=(Related(text, strand.span),),
            help=f"merge them first: […] -> Concat -> {op.spec.name}, or […] -> Add -> {op.spec.name}",
        )
        return False
    return True


def _as_wide(op: Op, dtypes: list[str], weights: dict[str, Weight]) -> dict[str, Weight]:
    """Weights in the precision of what flows in."""
    wide = weight_dtype(op.spec, dtypes[0] if dtypes else "")
    if not wide:
        return weights
    return {name: replace(w, dtype=wide) if w.dtype == "float32" else w for name, w in weights.items()}


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
    if _behind_a_fault(builder, op, bound, strands, shapes, problem):
        return
    label, related = explained(builder, op, strands, shapes, problem)
    made = next((at for s in strands if s is not None and (at := s.bundle or s.among) is not None), None)
    if made is not None:
        related = (*related, Related("several tensors flow into one name here", made))
    given = bound.given.get(problem.blame)
    if given is not None and given.expr is not None and given.builder is not None:
        from moniel2.semantics.written import written_at

        words = written_at(given.builder, given.expr, given.value, thin=True)
        if words is not None:
            where, related = words, (Related("it is needed here", where), *related)
    message = f"{op.spec.name} {problem.message}"
    builder.report(problem.rule, message, where, help=problem.help, label=label, related=related)


def _behind_a_fault(
    builder: Builder,
    op: Op,
    bound: Bound,
    strands: list[Strand | None],
    shapes: list[Shape | None],
    problem: Problem,
) -> bool:
    """Whether what doesn't fit is only claimed to be so, after something that has been reported."""
    if problem.rule != "shape-mismatch" or not builder.session.faulty:
        return False
    guilty = guilty_of(op, shapes, problem)
    if guilty:
        return any(doubtful(builder, [s], a) for n, axes in guilty.items() if (s := strands[n]) for a in axes)
    return bound.span_of(problem.blame) is None and doubtful(builder, [s for s in strands if s is not None], None)


def _ties(builder: Builder, spec: OpSpec, bound: Bound, weights: dict[str, Weight], span: Span) -> tuple[ir.Tie, ...]:
    ties = []
    owns = getattr(spec.make, "weights", no_weights) is not no_weights
    for name, path in bound.paths.items():
        if name not in weights and (weights or not owns):
            help = did_you_mean(name, weights) or f"its weights: {', '.join(weights) or 'none'}"
            builder.report("unknown-argument", f"{spec.name} has no weight `{name}`", path.span, help=help)
            continue
        at, up = builder, 0
        while at is not None and path.parts[0] not in at.outline.declared and at.parent is not None:
            at, up = at.parent, up + 1
        if path.parts[0] not in at.outline.declared:
            mend = did_you_mean(path.parts[0], builder.outline.declared)
            head = path.parts[0]
            builder.report("unknown-path", f"there is no node `{head}`", path.span.part(head), help=mend)
            continue
        ties.append(ir.Tie(name, up, path.parts, path.transpose))
        builder.tied.append((name, weights.get(name), path, at))
    return tuple(ties)
