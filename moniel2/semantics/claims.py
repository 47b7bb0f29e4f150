"""Declared shapes: names they bind, sizes they check, equations they solve."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import DIFFERENT, UNKNOWN, Condition, Dim, Shape, compare, divides
from moniel2.ir.model import Tensor, Unknown
from moniel2.semantics.behind import doubtful
from moniel2.semantics.scope import Frame
from moniel2.semantics.survey import names_in
from moniel2.semantics.trace import Origin, origins
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.values import Worth, simplest, text_of, whole_hint
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder
    from moniel2.semantics.schedule import Steps


class _Mismatch(Exception):
    """A shape that isn't as declared. ``axis``: the one that isn't, if it is one; ``why``: what it should be."""

    def __init__(self, span: Span, why: str, axis: int | None = None) -> None:
        super().__init__(why)
        self.span, self.why, self.axis = span, why, axis


def claim(
    builder: Builder,
    dims: tree.Dims,
    tensor: Tensor,
    frame: Frame,
    *,
    what: str,
    free: bool = False,
    at: Span | None = None,
    notes: tuple[Related, ...] = (),
    origin: Origin | None = None,
) -> Steps:
    """Check a tensor against a declared shape, binding names; the tensor with what is now known of it.

    ``free``: nothing flows in, and the declared sizes become the symbols of the model. ``at``: where to put the blame
    (default: the dimension that disagrees). ``origin``: what made the tensor, to tell where a size comes from.
    """
    for item in dims.items:
        for name in names_in(item):
            found = frame.find(name)
            waits = found is builder.home and name not in found.values and name not in builder.given_up
            if waits and name not in builder.home.sizes:
                yield ("value", name)
    spread = [item for item in dims.items if isinstance(item, tree.Ellipsis_)]
    if len(spread) > 1:
        builder.report("bad-value", "... can stand in a shape only once", spread[1].span)
        return tensor
    try:
        shape = _unified(builder, dims, tensor.shape, frame, free, what)
    except _Mismatch as mismatch:
        builder.faulty = True
        if origin is None or not doubtful(origin.builder, [origin.strand], mismatch.axis, origin.node):
            _report(builder, mismatch, dims, tensor, what, at, notes, origin)
        return Tensor(None, tensor.dtype)
    except Trouble as trouble:
        builder.trouble(trouble)
        return tensor
    return Tensor(shape, tensor.dtype)


def _report(
    builder: Builder,
    mismatch: _Mismatch,
    dims: tree.Dims,
    tensor: Tensor,
    what: str,
    at: Span | None,
    notes: tuple[Related, ...],
    origin: Origin | None,
) -> None:
    declared = " ".join(dims.span.text.split())
    if origin is not None and mismatch.axis is not None:
        notes = (*notes, *origins(origin.builder, origin.strand, mismatch.axis, set(), origin.node))
    if at is None:
        message = f"{what} is {tensor.shape}, declared {declared}"
        builder.report("declared-shape", message, mismatch.span, label=mismatch.why, related=notes)
        return
    message = f"{builder.called} takes {declared}{f' as {what}' if what else ''}, got {tensor.shape}"
    related = (Related(f"declared here: {mismatch.why}", mismatch.span), *notes)
    builder.report("shape-mismatch", message, at, related=related)


def sizes_of(builder: Builder, dims: tree.Dims, frame: Frame) -> Steps:
    """The declared shape as an argument (``Reshape[B, N, D]``): every name it mentions must come from elsewhere.

    A name that nothing else binds stands for what is left over: its size is unknown here and solved by the operation.
    """
    for item in dims.items:
        if isinstance(item, (tree.Wildcard, tree.Ellipsis_)):
            continue
        yield from builder.await_expression(item, frame)
    sizes: list[Dim] = []
    for item in dims.items:
        if isinstance(item, tree.Wildcard):
            sizes.append(UNKNOWN)
            continue
        if isinstance(item, tree.Ellipsis_):
            builder.report("bad-value", "... cannot stand in a shape that is an argument", item.span)
            return None
        for name in names_in(item):
            lonely = len(builder.outline.mentions.get(name, ())) == 1 and name in builder.home.sizes
            if lonely and name not in builder.home.values and name not in builder.complained:
                builder.complained.add(name)
                near = did_you_mean(name, [n for n in frame.names() if n != name])
                builder.report("unknown-name", f"`{name}` has no value here", item.span, help=near)
        size = _given_size(builder, item, frame)
        if size is None:
            return None
        sizes.append(size)
    return Shape(*sizes)


def _given_size(builder: Builder, item: tree.Expr, frame: Frame) -> Dim | None:
    """The value of an expression as a size; None (reported) if it has none or is none."""
    try:
        value = builder.evaluator.value(item, frame)
    except Trouble as trouble:
        builder.trouble(trouble, item)
        return None
    if isinstance(value, Unknown):
        return UNKNOWN
    return _as_size(builder, value, item, frame)


def as_size(builder: Builder, value: Worth, item: tree.Expr, frame: Frame) -> Dim:
    """A value as a size, unknown (reported) if it is none."""
    found = UNKNOWN if isinstance(value, Unknown) else _as_size(builder, value, item, frame)
    return UNKNOWN if found is None else found


def _as_size(builder: Builder, value: Worth, item: tree.Expr, frame: Frame) -> Dim | None:
    if not isinstance(value, bool) and isinstance(value, (int, Dim)):
        if isinstance(value, Dim) or value >= -1:
            return Dim.of(value)
        builder.report("bad-value", f"a size cannot be {value}", item.span)
        return None
    rule = "not-whole" if isinstance(value, (float, Fraction)) else "bad-value"
    text = item.span.text
    values = [f"{n} = {text_of(frame.get(n))}" for n in dict.fromkeys(names_in(item)) if frame.has(n) and n != text]
    given = f" with {', '.join(values)}" if values else ""
    what = f"`{text}`{given} is {text_of(value)}" if text != text_of(value) else text
    help = whole_hint(text, value) if rule == "not-whole" else None
    constant = builder.outline.constants.get(text)
    if rule == "not-whole" and constant is not None:
        from moniel2.semantics.complain import divisors

        help = divisors(builder, constant.value) or help
    if isinstance(value, tuple) and isinstance(item, tree.Sequence) and item.written == "x":
        help = f"sizes stand apart, with commas: {text.replace('x', ', ')}; arguments of an operation in parentheses"
    builder.report(rule, f"{what}, and a size is a whole number", item.span, help=help)
    return None


def _unified(
    builder: Builder, dims: tree.Dims, actual: Shape | None, frame: Frame, free: bool, what: str
) -> Shape | None:
    items = dims.items
    spread = next((i for i, item in enumerate(items) if isinstance(item, tree.Ellipsis_)), None)
    if actual is None:
        if spread is not None:
            return None
        return Shape(*(_dimension(builder, item, UNKNOWN, frame, free, what, None) for item in items))
    wanted = len(items) - (spread is not None)
    if len(actual) != wanted if spread is None else len(actual) < wanted:
        count = f"{'at least ' if spread is not None else ''}{wanted} dimension{'s' if wanted != 1 else ''}"
        raise _Mismatch(dims.span, f"expected {count}, found {len(actual)}")
    if spread is None:
        return Shape(
            *(
                _dimension(builder, item, size, frame, free, what, axis)
                for axis, (item, size) in enumerate(zip(items, actual, strict=False))
            )
        )
    after = len(items) - spread - 1
    middle = actual[spread : len(actual) - after]
    front = [
        _dimension(builder, i, s, frame, free, what, axis)
        for axis, (i, s) in enumerate(zip(items[:spread], actual, strict=False))
    ]
    back = [
        _dimension(builder, i, s, frame, free, what, axis)
        for axis, (i, s) in enumerate(zip(items[spread + 1 :], actual[len(actual) - after :], strict=False), -after)
    ]
    return Shape(*front, *middle, *back)


def _dimension(
    builder: Builder, item: tree.Expr, actual: Dim, frame: Frame, free: bool, what: str, axis: int | None
) -> Dim:
    # In a shape that is an argument, -1 is what is left over, as in PyTorch; it claims nothing.
    if isinstance(item, tree.Wildcard) or " ".join(item.span.text.split()) == "-1":
        return actual
    unbound = [n for n in dict.fromkeys(names_in(item)) if _unbound(builder, n, frame)]
    if not unbound:
        return _agree(
            builder, as_size(builder, builder.evaluator.value(item, frame), item, frame), actual, item, what, axis
        )
    if free and not actual.known:
        for name in unbound:
            _bind(builder, name, builder.session.symbol(name), frame)
        return as_size(builder, builder.evaluator.value(item, frame), item, frame)
    if not actual.known or len(unbound) > 1:
        return actual
    name = unbound[0]
    if isinstance(item, tree.Name):
        _bind(builder, name, simplest(actual), frame)
        return actual
    return _solve(builder, item, name, actual, frame, axis)


def _unbound(builder: Builder, name: str, frame: Frame) -> bool:
    found = frame.find(name)
    return found is not None and name not in found.values and name in found.sizes


def _bind(builder: Builder, name: str, value: Worth, frame: Frame) -> None:
    found = frame.find(name)
    assert found is not None
    if found is builder.home:
        builder.define(name, value)
    else:
        builder.home.values[name] = value
        builder.home.sizes.add(name)


def _solve(builder: Builder, item: tree.Expr, name: str, actual: Dim, frame: Frame, axis: int | None) -> Dim:
    """``32*h`` against an actual size: the one unbound name, if the expression is linear in it."""
    trial = Frame(frame)
    placeholder = "\0" + name
    trial.values[name] = Dim.of(placeholder)
    rounding = builder.evaluator.rounding
    builder.evaluator.rounding = 1
    try:
        value = builder.evaluator.value(item, trial)
    finally:
        builder.evaluator.rounding = rounding
    if not isinstance(value, Dim):
        return actual
    constant = value.substitute({placeholder: 0})
    slope = value.substitute({placeholder: 1}) - constant
    if (value - slope * placeholder - constant).terms or not slope.terms:
        return actual
    rest = actual - constant
    verdict = divides(slope, rest)
    if verdict == DIFFERENT:
        raise _Mismatch(item.span, f"{actual} is never {item.span.text}", axis)
    if isinstance(verdict, Condition):
        builder.session.require(verdict, item.span, f"{actual} must be {item.span.text}", builder)
    quotient = rest.over(slope)
    _bind(builder, name, simplest(rest // slope if quotient is None else quotient), frame)
    return actual


def _agree(builder: Builder, declared: Dim, actual: Dim, item: tree.Expr, what: str, axis: int | None) -> Dim:
    if not actual.known:
        return declared
    verdict = compare(declared, actual)
    if verdict == DIFFERENT:
        text = item.span.text
        worth = "" if text == str(declared) else f" = {declared}"
        raise _Mismatch(item.span, f"expected {text}{worth}, found {actual}", axis)
    if isinstance(verdict, Condition):
        builder.session.require(
            verdict, item.span, f"{what or 'the input'} is {actual} where {item.span.text} is declared", builder
        )
    return actual if actual.known else declared
