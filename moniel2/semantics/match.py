"""Which tensor goes to which input port."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moniel2.diagnostics.diagnostic import Related
from moniel2.diagnostics.suggest import did_you_mean
from moniel2.semantics.strands import Strand
from moniel2.source import Span

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder


@dataclass(frozen=True, slots=True)
class Port:
    name: str
    optional: bool = False
    variadic: bool = False
    default_to: str = ""
    unnamed: bool = False


@dataclass(slots=True)
class Matched:
    """For each port, in order, the strands it takes; ``extra`` are left over (weights as operands)."""

    taken: list[list[Strand]] = field(default_factory=list)
    extra: list[Strand] = field(default_factory=list)
    failed: bool = False


def match(
    builder: Builder,
    called: str,
    ports: tuple[Port, ...],
    strands: tuple[Strand, ...],
    span: Span,
    *,
    extra: int = 0,
) -> Matched:
    """Tensors one by one to the ports. Reports what doesn't fit, and then still attaches everything somewhere.

    ``extra``: how many more tensors may come as weights. No tensors at all is a node that stands unconnected.
    """
    result = Matched([[] for _ in ports])
    names = {p.name: i for i, p in enumerate(ports) if p.name}
    positional = []
    for strand in strands:
        if strand.key is None:
            positional.append(strand)
            continue
        index = names.get(strand.key)
        if index is None:
            builder.report(
                "unknown-argument",
                f"{called} has no input `{strand.key}`",
                strand.key_span or strand.span,
                help=did_you_mean(strand.key, names) or (f"inputs of {called}: {_listing(ports)}" if ports else None),
            )
            result.failed = True
            continue
        if result.taken[index] and not ports[index].variadic:
            at = strand.key_span or strand.span
            builder.report("duplicate-argument", f"input `{strand.key}` of {called} is bound twice", at)
            result.failed = True
            continue
        result.taken[index].append(strand)
    if not strands:
        return result
    _positional(builder, called, ports, positional, span, result, extra)
    if not result.failed:
        _defaults(ports, result)
        _require(builder, called, ports, result, span, len(strands))
    return result


def _positional(
    builder: Builder,
    called: str,
    ports: tuple[Port, ...],
    strands: list[Strand],
    span: Span,
    result: Matched,
    extra: int,
) -> None:
    free = [i for i, p in enumerate(ports) if not result.taken[i]]
    variadic = next((i for i in free if ports[i].variadic), None)
    single = [i for i in free if not ports[i].variadic]
    if variadic is not None:
        before = [i for i in single if i < variadic]
        for index, strand in zip(before, strands, strict=False):
            result.taken[index].append(strand)
        result.taken[variadic] += strands[len(before) :]
        return
    required = [i for i in single if not ports[i].optional]
    if len(strands) == 1 and len(required) > 1 and len(required) == len(ports) and all(p.unnamed for p in ports):
        for index in required:  # Moniel's rule: one tensor spreads over unnamed inputs
            result.taken[index].append(strands[0])
        return
    for index, strand in zip(single, strands, strict=False):
        result.taken[index].append(strand)
    left = strands[len(single) :]
    if not left:
        return
    if len(left) <= extra and not any(s.bundle or s.among for s in left):
        result.extra = left
        return
    result.failed = True
    if not ports:
        builder.report("no-input", f"{called} takes no input", span)
        return
    bundles = [made for s in strands if (made := s.bundle or s.among) is not None]
    if bundles:
        _bundle(builder, called, ports, strands, span, bundles[0])
    else:
        again = _again(builder, span)
        message = f"{called} takes {_count(ports)}, got {len(strands)}"
        if again is not None:
            name, second = again
            declared = (Related("it stands here", span),)
            builder.report("wrong-count", message, second, related=declared, help=f"to use its weights again: {name}()")
        elif all(s.span == span for s in strands):
            # What stands at the same place is the copy before.
            message = f"each copy of {called} gives {len(strands)} tensors to the next, which takes {_count(ports)}"
            help = f"keep one Out and read the others inside, as in `layers:{called} * 3`, `layers/name -> …`"
            builder.report("wrong-count", message, span, help=help)
        else:
            builder.report("wrong-count", message, span, help=_help(called, ports, len(strands)))
    result.taken[-1] += left


def _again(builder: Builder, span: Span) -> tuple[str, Span] | None:
    """A node into which several chains lead, each meant as a use of its own: its name, and where the last does."""
    sites = builder.outline.declared
    name = next((n for n in builder.delivered if (site := sites.get(n)) is not None and site.span == span), None)
    if name is None:
        return None
    start = max(position for position, _, _ in builder.delivered[name])
    second = Span(span.source, start, start + len(name))
    return (name, second) if second.text == name else None


def _bundle(
    builder: Builder, called: str, ports: tuple[Port, ...], strands: list[Strand], span: Span, made: Span
) -> None:
    """Several tensors under one name reach what can't take them all: one fault, whatever the number of its readers."""
    told = builder.session.bundles
    if made in told:
        return
    told.add(made)
    if any(s.bundle == made for s in strands):
        where, help = "several tensors flow into one Out", "give each tensor an Out of its own"
    elif made.text.startswith("["):
        where = "every arrow brings all tensors to each of these"
        help = "lead each tensor to its own: f -> p, then g -> q"
    elif made.text in builder.outline.lists:
        where = f"`{made.text}` is a list"
        help = f"merge them: {made.text} -> Concat -> {called}"
    else:
        where = f"several tensors flow into `{made.text}`"
        help = f"give each tensor a name of its own, or merge them: [a, b] -> Concat -> {made.text}"
    message = f"{called} takes {_count(ports)}, and a bundle of {len(strands)} tensors arrives"
    builder.report("bundle", message, span, related=(Related(f"the bundle is made here: {where}", made),), help=help)


def _defaults(ports: tuple[Port, ...], result: Matched) -> None:
    for index, port in enumerate(ports):
        if result.taken[index] or not port.default_to:
            continue
        source = next((i for i, p in enumerate(ports) if p.name == port.default_to), None)
        if source is not None and result.taken[source]:
            result.taken[index] = [result.taken[source][0]]


def _require(builder: Builder, called: str, ports: tuple[Port, ...], result: Matched, span: Span, given: int) -> None:
    missing = [p for i, p in enumerate(ports) if not result.taken[i] and not p.optional and not p.variadic]
    if not missing:
        return
    result.failed = True
    names = ", ".join(f"`{p.name}`" for p in missing if p.name)
    tail = f": {names} {'is' if len(missing) == 1 else 'are'} missing" if names else ""
    builder.report(
        "wrong-count",
        f"{called} takes {_count(ports)}, got {given}{tail}",
        span,
        help=_help(called, ports, given),
    )


def _count(ports: tuple[Port, ...]) -> str:
    required = sum(not p.optional and not p.variadic for p in ports)
    total = len(ports)
    if total == 0:
        return "no input"
    if any(p.variadic for p in ports):
        return f"at least {required} input{'s' if required != 1 else ''}"
    count = str(total) if required == total else f"{required} to {total}"
    listing = _listing(ports)
    return f"{count} input{'s' if total != 1 else ''}" + (f" ({listing})" if listing and total > 1 else "")


def _listing(ports: tuple[Port, ...]) -> str:
    return ", ".join(p.name + ("?" if p.optional else "") for p in ports if p.name)


def _help(called: str, ports: tuple[Port, ...], given: int) -> str | None:
    named = [p.name for p in ports if p.name]
    if len(ports) == 1 and given > 1:
        return f"merge them first: […] -> Concat -> {called}, or […] -> Add -> {called}"
    if len(named) > 1:
        return f"[{', '.join(f'{n} = …' for n in named)}] -> {called}"
    return None
