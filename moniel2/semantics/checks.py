"""What can be said of a block once it is built: names nobody reads, weights that can't be shared, ends left over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean, distance, nearest
from moniel2.dims import DIFFERENT, Shape, compare
from moniel2.ir import model as ir
from moniel2.ir.model import PortKind, Ref
from moniel2.ops.common import no_weights
from moniel2.semantics.idle import check_idle
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder, Slot
    from moniel2.semantics.finish import Out


def check(builder: Builder, outputs: list[Out]) -> None:
    """Report what is wrong with a block as a whole."""
    outline = builder.outline
    for first, second in outline.duplicates:
        builder.report(
            "duplicate-node",
            f"`{second.id}` is declared twice",
            second.item.id.span if getattr(second.item, "id", None) is not None else second.span,  # type: ignore[union-attr]
            related=(Related("first declared here", first.span),),
            help=f"to use the same weights again: {first.id}()",
        )
    unwritten: list[str] = []
    for name, references in outline.written.items():
        if name in builder.used or name not in builder.wires or name.startswith("_"):
            continue
        if any(name in (p[0] for p in builder.asked) for _ in (0,)):
            continue
        if not builder.wires[name].strands:
            continue
        unwritten = unwritten or [*outline.declared, *[r for r in outline.read if r not in outline.written]]
        near = builder.session.did_you_mean(name, unwritten)
        builder.report("unused-wire", f"nothing reads `{name}`", references[0].span, help=near)
    for constant in outline.constants_again:
        if constant.name in builder.called_names:
            continue
        first_ = next(c for c in outline.body.statements if isinstance(c, tree.Constant) and c.name == constant.name)
        builder.report(
            "duplicate-definition",
            f"`{constant.name}` gets a value twice",
            constant.name_span,
            related=(Related("first here", first_.name_span),),
        )
    _check_once(builder)
    _check_shared(builder)
    _check_spaces(builder)
    _check_taken(builder, outputs)
    check_idle(builder)
    for name, weight, path, at in builder.tied:
        _check_tie(builder, name, weight, path, at)


def _check_once(builder: Builder) -> None:
    """The name of a size that occurs once, and not in a port's shape: likely a misspelling."""
    outline, home = builder.outline, builder.home
    for name in sorted(home.sizes & outline.binds):
        places = outline.mentions.get(name, ())
        if len(places) != 1 or name in builder.complained:
            continue
        if places[0][1]:
            _check_misspelt(builder, name, places[0][0])
            continue
        near = did_you_mean(name, [n for n in (*home.names(), *outline.mentions) if n != name])
        builder.report("name-once", f"`{name}` is named only here", places[0][0], help=near or "_ is any size")


def _check_misspelt(builder: Builder, name: str, span: Span) -> None:
    """A name that only an output's shape holds binds whatever is there; beside a name like it for the same size, it is
    likely a slip.
    """
    home = builder.home
    if builder.free or not any(s.item.span.start <= span.start < s.item.span.end for s in builder.outline.outputs):
        return
    same = [n for n in home.sizes if n != name and n in home.values and home.values[n] == home.values.get(name)]
    near = [n for n in nearest(name, same) if distance(name, n, 1.0) <= 1]
    if near:
        builder.report("name-once", f"`{name}` is named only here, and is `{near[0]}`", span, help=f"write `{near[0]}`")


def _check_shared(builder: Builder) -> None:
    """Weights that are used again must have the same shapes there."""
    owners = {s.id: s for s in builder.slots if s.shared is None}
    for slot in builder.slots:
        if slot.shared is None or slot.shared.up or slot.span is None:
            continue
        owner = owners.get(slot.shared.path[0])
        if owner is None:
            continue
        ours, theirs = _weights(builder, slot.what), _weights(builder, owner.what)
        if ours is not None and theirs is not None and ours != theirs:
            message = f"the weights of `{owner.id}` can't be used here: they would have other shapes"
            notes = [Related("the weights are made for what flows in here", owner.span)]
            notes += [Related(text, slot.span) for text in _first_difference(owner.what, slot.what)]
            builder.report("shape-mismatch", message, slot.span, related=tuple(notes))


def _first_difference(there: ir.What, here: ir.What) -> Iterator[str]:
    """``fc.weight is [10, 64] there and would be [10, 36] here``: the first weight that two uses don't share."""
    pairs = [("", there, here)]
    while pairs:
        path, a, b = pairs.pop()
        if isinstance(a, ir.Operation) and isinstance(b, ir.Operation):
            for (name, x), (_, y) in zip(a.weights, b.weights, strict=False):
                if x.shape != y.shape:
                    yield f"{path}{name} is {x.shape} there and would be {y.shape} here"
                    return
        if isinstance(a, ir.Loop) and isinstance(b, ir.Loop):
            a, b = a.body, b.body
        if isinstance(a, ir.Block) and isinstance(b, ir.Block):
            inner = zip(a.nodes, b.nodes, strict=False)
            pairs += [(f"{path}{n.id}.", n.what, m.what) for n, m in reversed(list(inner)) if n.what is not m.what]


def _weights(builder: Builder, what: ir.What) -> object:
    """A value that is equal for equal weights; None where they aren't known."""
    if isinstance(what, ir.Operation):
        return tuple((n, str(w.shape)) for n, w in what.weights)
    if not isinstance(what, (ir.Block, ir.Loop)):
        return None
    outer = what if isinstance(what, ir.Block) else what.body
    session = builder.session
    if id(outer) not in session.weights:
        for block in ir.distinct_blocks(outer):
            if id(block) in session.weights:
                continue
            parts = tuple((n.key, n.repeat, _weights(builder, n.what)) for n in block.nodes)
            known = all(p[2] is not None for p in parts)
            # A number stands for the whole, so that nested blocks aren't compared again and again.
            session.weights[id(block)] = session.numbers.setdefault(parts, len(session.numbers)) if known else None
            session.kept.append(block)
    return session.weights[id(outer)]


def _check_spaces(builder: Builder) -> None:
    """The same word for a node or wire and for a value in one block."""
    outline, home = builder.outline, builder.home
    values = {n for n in (*home.values, *home.pending) if n not in builder.session.empty.values}
    for name in sorted((set(outline.declared) | set(outline.written)) & values - builder.called_names):
        site = outline.declared.get(name)
        if site is not None and site.port == "In" and getattr(site.item, "optional", False):
            continue
        span = site.span if site is not None else outline.written[name][0].span
        builder.report(
            "name-in-both-spaces",
            f"`{name}` is a {'node' if site is not None else 'wire'} and a value in this block",
            span,
            help="give one of them another name",
        )


def _check_taken(builder: Builder, outputs: list[Out]) -> None:
    """A node whose tensors nobody takes, in a block that gives something out."""
    if not any(o[2] is PortKind.PLAIN for o in outputs):
        return
    taken = builder.discarded | {s.source.node for o in outputs for s in o[1] if isinstance(s.source, Ref)}
    taken |= {
        s.source.node for w in builder.wires.values() for s in w.everything or w.strands if isinstance(s.source, Ref)
    }
    for slot in builder.slots:
        taken |= {o.source.node for o in slot.operands if isinstance(o.source, Ref)}
    for number, slot in enumerate(builder.slots):
        site = slot.site
        if number in taken or not slot.outputs or site is None or site.named or slot.span is None:
            continue
        if isinstance(slot.what, (ir.Undefined, ir.Loop)) or any(slot.id == p[0] for p in builder.asked):
            continue
        if ("capital-tensor", slot.span.source.name, slot.span.start, slot.span.end) in builder.session.seen:
            continue
        help = _arrow_missing(builder, slot.span)
        builder.report("unused-node", f"nothing takes what {_name(slot)} gives out", slot.span, help=help)


def _arrow_missing(builder: Builder, span: Span) -> str | None:
    """The help line where the chain behind a node is likely its continuation: it begins with what takes a tensor."""
    from moniel2.semantics.items import receives

    later = [flow.chain for flow in builder.outline.flows if flow.span.start >= span.end]
    if not later or later[0].span.source != span.source or not receives(builder, later[0].items[0]):
        return None
    first = later[0].items[0].span.text.split("\n")[0]
    return f"is an arrow missing before `{first if len(first) <= 40 else first[:39] + '…'}`?"


def _name(slot: Slot) -> str:
    what = slot.what
    return what.written if isinstance(what, ir.Operation) else what.name or "this block"


def _check_tie(builder: Builder, name: str, weight: Any, path: Any, at: Builder) -> None:
    """A tied weight has the shape of what it is tied to."""
    found = _weight_at(at, path.parts)
    if found is None:
        head = path.parts[0]
        # Misspelt where it is read, it isn't there at all, and that has been reported.
        misspelt = any(d.rule == "unknown-wire" and f"`{head}`" in (d.help or "") for d in builder.session.diagnostics)
        if at is builder and not misspelt and all(s.id != head for s in at.slots):
            builder.report("unknown-path", f"there is no weight `{'.'.join(path.parts)}`", path.span)
        return
    if isinstance(found, _Nowhere):
        message = f"there is no weight `{'.'.join(path.parts)}`"
        builder.report("unknown-path", message, path.span.part(found.part), help=found.help)
        return
    if weight is None:
        return
    shape = Shape(*reversed(found.shape)) if path.transpose else found.shape
    if len(shape) != len(weight.shape) or any(
        compare(a, b) == DIFFERENT for a, b in zip(shape, weight.shape, strict=False)
    ):
        builder.report(
            "shape-mismatch",
            f"{name} is {weight.shape}, and {'.'.join(path.parts)} is {found.shape}",
            path.span,
            help="transpose(…) ties to the transposed weight"
            if sorted(map(str, shape)) == sorted(map(str, weight.shape))
            else None,
        )


class _Nowhere(NamedTuple):
    """The part of a path that leads nowhere, and the help line."""

    part: str
    help: str


def _weight_at(builder: Builder, parts: tuple[str, ...]) -> Any:
    """The weight at a dotted path; ``_Nowhere`` when it leads nowhere; None when it can't be known yet."""
    head = parts[0]
    slot = next((s for s in builder.slots if s.id == head), None)
    if slot is None:
        return None
    what: Any = slot.what
    rest = list(parts[1:])
    while rest:
        if isinstance(what, ir.Operation):
            weights = dict(what.weights)
            if not weights and getattr(what.spec.make, "weights", no_weights) is not no_weights:
                return None  # what flows in doesn't fit, and that has been reported
            name = ".".join(rest)
            if "" in weights:
                return _Nowhere("", f"{head} is a weight itself: {'.'.join(parts[: -len(rest)])}")
            listing = f"its weights: {', '.join(weights) or 'none'}"
            return weights.get(name) or _Nowhere(name, did_you_mean(name, weights) or listing)
        block = what if isinstance(what, ir.Block) else what.body if isinstance(what, ir.Loop) else None
        if block is None:
            return None
        part = rest.pop(0)
        nodes = [n for n in block.nodes if n.id == part]
        if not nodes:
            holds = f"{head} holds {', '.join(n.id for n in block.nodes[:8])}"
            return _Nowhere(part, did_you_mean(part, [n.id for n in block.nodes]) or holds)
        node = nodes[0]
        if node.first is not None and rest and rest[0].isdigit():
            index = int(rest.pop(0))
            node = next((n for n in nodes if n.first is not None and n.first <= index < n.first + n.repeat), node)
        what = node.what
    if isinstance(what, ir.Operation):
        weights = dict(what.weights)
        if "" in weights:
            return weights[""]
        listing = " or ".join(f"{'.'.join(parts)}.{name}" for name in weights)
        return _Nowhere("", f"say which weight: {listing}" if weights else "it has no weights")
    return _Nowhere("", "say which weight")
