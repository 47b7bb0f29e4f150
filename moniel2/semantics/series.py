"""Copies in series: ``* n`` and ``for``. Equal consecutive copies that keep the shape are one node with a count."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from moniel2 import limits
from moniel2.dims import OPEN, Dim
from moniel2.ir.model import NOTHING_KNOWN, Unknown
from moniel2.semantics.applied import Applied
from moniel2.semantics.instances import given_when_there, shared_worth
from moniel2.semantics.nodes import arrived, enter_node, requested, settle_node
from moniel2.semantics.outline import Site
from moniel2.semantics.parts import as_group
from moniel2.semantics.place import apply
from moniel2.semantics.scope import Frame
from moniel2.semantics.strands import Bundle, Strand
from moniel2.semantics.survey import names_in, outline_of, outline_of_chain
from moniel2.semantics.trouble import Trouble
from moniel2.semantics.types import block_of_type
from moniel2.semantics.values import (
    UNKNOWN_VALUE,
    BlockWorth,
    Given,
    SharedBlock,
    given_key,
    text_of,
)
from moniel2.semantics.wires import forget, receiving, shift, short
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Context
    from moniel2.semantics.schedule import Steps


LONGEST_TIMES = 16
"""Letters of a number of copies that stand behind the sign ``×``."""


def repeated(
    builder: Builder, item: tree.Repeat | tree.Series, incoming: Bundle | None, context: Context, want: bool
) -> Steps:
    """Copies in series. Equal consecutive copies that keep the shape are one node with a count."""
    from moniel2.semantics.build import Context

    inner = item.item
    frames: list[tuple[Frame, Times]] = []
    if isinstance(item, tree.Repeat):
        count = yield from builder.evaluate(item.count, context.frame)
        times = _count(builder, count, item.count)
        unknown = isinstance(count, Unknown) or (isinstance(count, Dim) and times.open is None)
        if times.number == 0:
            _drop_item(builder, inner, incoming is not None)
            return incoming
        frames = [(context.frame, times)]
    elif turns_left_open := (yield from _open_turns(builder, item.loop, context.frame)):
        unknown, frames = False, turns_left_open
    else:
        items = yield from builder.evaluate(item.loop.iterable, context.frame)
        unknown = isinstance(items, Unknown)
        if unknown:
            open_count(builder, item.loop.iterable)
            frames = [(one_unknown_turn(item.loop, context.frame), Times(1))]
        else:
            try:
                turns = list(builder.evaluator.loop(item.loop.targets, items, item.loop.iterable.span, context.frame))
            except Trouble as trouble:
                from moniel2.semantics.complain import complain_of_loop

                complain_of_loop(builder, trouble, item.loop)
                turn = one_unknown_turn(item.loop, context.frame)
                # Variables that it doesn't give may be read: what is wrong is how many there are.
                turn.values.update({n: UNKNOWN_VALUE for n in _names_of(inner) if turn.find(n) is None})
                turns = [turn]
            frames = [(f, Times(1)) for f in turns]
            if not frames:
                _drop_item(builder, inner, incoming is not None)
                return incoming
    runs: list[tuple[Site, BlockWorth, tuple[Given, ...], tree.Dims | None, Context, Times]] = []
    before: Any = None
    for frame, times in frames:
        chosen = yield from _copy(builder, inner, Context(frame, context.copy))
        if chosen is None:
            continue
        site, worth, given, dims = chosen
        key = (id(site), worth.key, given_key(given), dims is None)
        if key == before and dims is None:
            runs[-1] = (*runs[-1][:5], runs[-1][5] + times)
        else:
            runs.append((site, worth, given, dims, Context(frame, context.copy), times))
        before = key
    if not runs:
        return incoming
    made = yield from _series(builder, runs, incoming, want)
    if unknown:
        mark_unsure(builder, item.item.span, times_of(item))
    return _after(made, incoming) if unknown and made is not None else made


def mark_unsure(builder: Builder, span: Span, times: str, parallel: bool = False) -> None:
    """All nodes that stand in a part of the text: nobody knows how many there will be of them."""
    for slot in builder.slots:
        at = slot.span
        if at is not None and span.start <= at.start and at.end <= span.end:
            slot.times = times if slot.times in ("", times) else "?"
            slot.parallel = slot.parallel or parallel


def times_of(repeated: tree.Repeat | tree.Series | tree.For) -> str:
    """How often, as a picture says it: the number as written, if it is short."""
    if isinstance(repeated, tree.Series):
        return times_of(repeated.loop)
    count: tree.Expr | None = repeated.count if isinstance(repeated, tree.Repeat) else None
    if isinstance(repeated, tree.For) and isinstance(repeated.iterable, tree.Range):
        start = repeated.iterable.start
        count = repeated.iterable.stop if isinstance(start, tree.Number) and start.value == 0 else None
    text = " ".join(count.span.text.split()) if count is not None else "?"
    if isinstance(count, (tree.Binary, tree.Ternary)):
        text = f"({text})"
    return text if len(text) <= LONGEST_TIMES else "?"


def _after(made: Bundle, incoming: Bundle | None) -> Bundle:
    """What flows out of nobody knows how many copies: known is only what flowed in, if they keep that."""
    before = [s.tensor for s in incoming.strands] if incoming is not None else []
    strands = tuple(s if s.tensor in before else replace(s, tensor=NOTHING_KNOWN) for s in made.strands)
    return replace(made, strands=strands)


@dataclass(frozen=True)
class Times:
    """How many copies; ``open`` says so where a parameter of the model that is left open does."""

    number: int
    open: Dim | None = None

    def __add__(self, other: Times) -> Times:
        both = None
        if self.open is not None or other.open is not None:
            both = (self.open or Dim.of(self.number)) + (other.open or Dim.of(other.number))
        return Times(self.number + other.number, both)


def _open_turns(builder: Builder, loop: tree.For, frame: Frame) -> Steps:
    """``for i in 0..n`` where n is left open: the first turn, and one that stands for all others."""
    if builder.session.opening is None or not isinstance(loop.iterable, tree.Range):
        return []
    name, *others = loop.targets
    if others or not isinstance(name, str):
        return []
    start = yield from builder.evaluate(loop.iterable.start, frame)
    end = yield from builder.evaluate(loop.iterable.stop, frame)
    if start != 0 or (times := _opened(builder, end)) is None:
        return []
    first, later = Frame(frame), Frame(frame)
    first.values[name] = 0
    later.values[name] = Dim.of(f"{OPEN}{name}")
    return [(first, Times(1)), (later, times + Times(-1))]


def _opened(builder: Builder, value: Any) -> Times | None:
    """A number of copies that depends on parameters that are left open; None for any other value."""
    opening = builder.session.opening
    if opening is None or not isinstance(value, Dim) or value.constant is not None:
        return None
    if not value.symbols() <= opening.values.keys():
        return None
    try:
        number = value.at(opening.values)
    except ValueError:
        return None
    return Times(number, value) if number > 0 else None


def _names_of(item: tree.Item) -> set[str]:
    arguments = item.arguments.items if isinstance(item, tree.Instance) and item.arguments is not None else ()
    return {name for argument in arguments for name in names_in(argument.value)}


def one_unknown_turn(loop: tree.For, frame: Frame) -> Frame:
    """Where what is gone through isn't known: one copy, whose variables have no value yet."""
    turn = Frame(frame)
    turn.values.update(dict.fromkeys(tree.bound(loop.targets), UNKNOWN_VALUE))
    return turn


def _drop_item(builder: Builder, item: tree.Item, arrives: bool) -> None:
    for name in receiving(builder, item, arrives):
        shift(builder, name, -1)
    forget(builder, tree.Chain((item,), span=item.span))


def open_count(builder: Builder, expr: tree.Expr) -> None:
    """Strict: how many copies there are isn't known."""
    if builder.session.strict:
        builder.report("undecided", f"the number of copies, `{expr.span.text}`, isn't known", expr.span)


def _count(builder: Builder, value: Any, expr: tree.Expr) -> Times:
    if (times := _opened(builder, value)) is not None:
        return times
    if isinstance(value, (Unknown, Dim)):
        open_count(builder, expr)
        return Times(1)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        from fractions import Fraction

        rule = "not-whole" if isinstance(value, (float, Fraction)) else "bad-value"
        message = f"`*` needs a whole number of copies, not {text_of(value)}"
        builder.trouble(Trouble(message, expr.span, rule=rule, value=value), expr)
        return Times(1)
    return Times(value)


def _copy(builder: Builder, item: tree.Item, context: Context) -> Steps:
    """What one copy is: its site, block, arguments, declared shape. None for nothing at all."""
    while True:
        match item:
            case tree.Choice():
                chosen = yield from builder.decide(item.condition, context.frame)
                if chosen is None:
                    return (yield from _around(builder, item, context))
                taken = item.item if chosen else item.otherwise
                if taken is None:
                    return None
                item = taken
            case tree.Group() if id(item) in builder.outline.groups:
                outline = builder.outline.groups[id(item)]
                site = builder.outline.site_of[id(item)]
                yield from builder.await_captures(outline, context.frame)
                worth: BlockWorth = builder.closure(outline, context.frame, site.id if site.named else "")
                return site, worth, (), item.dims
            case tree.Group():
                item = item.chain.items[0]
            case tree.Repeat() | tree.Series():
                item = as_group(item)
            case tree.Braces():
                site = builder.outline.site_of[id(item)]
                outline = outline_of(item.body)
                yield from builder.await_captures(outline, context.frame)
                return site, builder.closure(outline, context.frame, site.id if site.named else ""), (), item.dims
            case tree.Instance() if item.type.name == "Scan" and item.type.qualifier is None:
                return (yield from _around(builder, item, context))
            case tree.Instance():
                site = builder.outline.site_of[id(item)]
                if site.port:
                    builder.report("not-a-node", f"{item.type.written} can't be repeated", item.span)
                    return None
                worth = block_of_type(builder, item.type, context.frame)
                given = yield from given_when_there(builder, item, worth, context.frame)
                return site, worth, given, item.dims
            case tree.Apply():
                site = builder.outline.site_of[id(item)]
                shared = yield from shared_worth(builder, item)
                return None if shared is None else (site, shared, (), item.dims)
            case _:
                builder.report(
                    "not-a-node",
                    f"`{short(item)}` can't be repeated",
                    item.span,
                    help="repeat an operation or a block",
                )
                return None


def _around(builder: Builder, item: tree.Choice | tree.Instance, context: Context) -> Steps:
    """A copy that is no block by itself: one around it."""
    group = as_group(item)
    outline = outline_of_chain(group.chain)
    yield from builder.await_captures(outline, context.frame)
    site = builder.outline.site_of.get(id(group))
    if site is None:
        first = next((s for s in builder.outline.sites if item.span.start <= s.position < item.span.end), None)
        named = first is not None and first.named
        id_ = first.id if first is not None else "choice"
        site = Site(group, id_, named, item.span, item.span.start, arrives=True, repeated=True)
        builder.outline.site_of[id(group)] = site
    worth: BlockWorth = builder.closure(outline, context.frame, site.id if site.named else "")
    return site, worth, (), None


def _series(
    builder: Builder,
    runs: list[tuple[Site, BlockWorth, tuple[Given, ...], tree.Dims | None, Context, Times]],
    incoming: Bundle | None,
    want: bool,
) -> Steps:
    from moniel2.semantics.build import Declared

    site, worth, given, dims, context, _ = runs[0]
    if site.named and site.id not in builder.declared and not isinstance(worth, SharedBlock):
        builder.declared[site.id] = Declared(site.id, site, worth, given, dims, context)
        builder.fire(("declared", site.id))
    strands, fed = yield from arrived(builder, site, incoming)
    copies: dict[int, tuple[Site, list[tuple[int | None, Bundle]]]] = {}
    index = nodes = 0
    bundle = Bundle(strands, strands)
    for site, worth, given, dims, context, times in runs:
        request, feeds, apart = requested(builder, site, fed)
        shared = isinstance(worth, SharedBlock)
        left = times.number
        count = times.open
        if count is not None and not left:
            builder.report("undecided", f"what {count} more copies are isn't known", site.span)
        while left:
            applied: Applied = yield from apply(
                builder, worth, given, (*strands, *feeds), dims, context, request, site.span
            )
            shared_owner = bool(applied.owner)
            fold = 1
            folds = not apart and not shared_owner and not feeds and _keeps(strands, applied)
            if left > 1 and folds:
                fold = left
            if count is not None and left == fold and not folds:
                builder.report("undecided", f"{count} copies aren't alike", site.span)
            first = None if shared else index
            bundle = yield from enter_node(builder, site, applied, dims, worth, context, first, fold, series=True)
            if count is not None:
                builder.slots[-1].count = count if left == fold else None
                count -= 1
            if shared_owner and isinstance(worth, SharedBlock):
                builder.slots[-1].id = worth.node.id
            entry = copies.setdefault(id(site), (site, []))
            entry[1].append((index + fold - 1, bundle))
            strands = _carry(strands, bundle)
            index += fold
            left -= fold
            nodes += 1
            if nodes > limits.MAX_COPIES:
                raise Trouble(
                    f"more than {limits.MAX_COPIES:,} different copies",
                    site.span,
                    "see: moniel2 explain limits",
                    "limit",
                )
    for made, list_ in copies.values():
        if made.named:
            settle_node(builder, made.id, list(list_))
    return bundle


def _keeps(strands: tuple[Strand, ...], applied: Applied) -> bool:
    """Whether a copy gives out what it took in, so that all further ones are the same."""
    outputs = applied.outputs[: applied.main]
    positional = [s for s in strands if s.key is None]
    if not positional:
        return False
    return len(outputs) <= len(positional) and all(s.tensor == t for s, t in zip(positional, outputs, strict=False))


def _carry(strands: tuple[Strand, ...], bundle: Bundle) -> tuple[Strand, ...]:
    """A copy's outputs feed the first inputs of the next; its other inputs get what the first copy got."""
    positional = [s for s in strands if s.key is None]
    keyed = [s for s in strands if s.key is not None]
    return (*bundle.strands, *positional[len(bundle.strands) :], *keyed)
