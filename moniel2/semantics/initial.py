"""``@init("kaiming_normal", mode = "fan_out")``: whether torch has such a start, and whether it takes what is given."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import Dim, Real, is_open
from moniel2.ir.model import Unknown
from moniel2.ops.initializers import BIAS, INITIALIZERS, Taken
from moniel2.semantics.values import Worth, text_of
from moniel2.source import Span
from moniel2.syntax import tree

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder

_EXAMPLE = '@init("kaiming_normal", mode = "fan_out")'


def check_init(builder: Builder, item: tree.Presentation, values: list[Worth]) -> bool:
    """Report what is wrong with an ``@init``; ``values`` are those of its arguments, in order."""
    written = item.arguments.items if item.arguments is not None else ()
    if not written:
        builder.report("missing-argument", "@init needs the name of a start", item.span, help=_EXAMPLE)
        return False
    if any(isinstance(v, Unknown) for v in values):
        return False  # which has been reported
    name = values[0]
    where = written[0].value.span
    if written[0].name is not None or not isinstance(name, str):
        message = f"@init takes the name of a start first, not {written[0].span.text}"
        builder.report("wrong-argument", message, written[0].span, help=_EXAMPLE)
        return False
    takes = INITIALIZERS.get(name.rstrip("_"))
    if takes is None:
        known = [f'"{n}"' for n in INITIALIZERS]
        near = did_you_mean(f'"{name}"', known) or f"torch.nn.init has {', '.join(known)}"
        builder.report("wrong-argument", f'torch.nn.init has no "{name}"', where, help=near)
        return False
    return _arguments(builder, name, takes, written[1:], values[1:], where)


def _arguments(
    builder: Builder,
    name: str,
    takes: Mapping[str, Taken],
    written: tuple[tree.Argument, ...],
    values: list[Worth],
    where: Span,
) -> bool:
    listing = ", ".join([*takes, BIAS])
    places = list(takes)
    given: set[str] = set()
    for argument, value in zip(written, values, strict=True):
        at = argument.name_span or argument.span
        if argument.name is None and not places:
            message = f'"{name}" takes at most {len(takes)} values by position'
            builder.report("too-many-arguments", message, argument.span, help=f"arguments: {listing}")
            return False
        key = places.pop(0) if argument.name is None else argument.name
        if key not in takes and key != BIAS:
            near = did_you_mean(key, [*takes, BIAS]) or f"arguments: {listing}"
            builder.report("unknown-argument", f'"{name}" has no argument `{key}`', at, help=near)
            return False
        if key in given:
            builder.report("duplicate-argument", f"{key} is given twice", at)
            return False
        given.add(key)
        if not _fits(builder, key, takes.get(key, Taken()), value, argument.value.span):
            return False
    missing = [key for key, one in takes.items() if one.needed and key not in given]
    if missing:
        help = f'@init("{name}", {missing[0]} = 0.1)'
        builder.report("missing-argument", f'"{name}" needs {missing[0]}', where, help=help)
    return not missing


def _fits(builder: Builder, key: str, taken: Taken, value: Worth, span: Span) -> bool:
    if not taken.choices:
        if isinstance(value, Real) or (isinstance(value, Dim) and is_open(value)):
            return True
        if isinstance(value, (int, float, Fraction)) and not isinstance(value, bool):
            return True
        builder.report("wrong-argument", f"{key} must be a number, not {text_of(value)}", span)
        return False
    if value in taken.choices:
        return True
    choices = [f'"{c}"' for c in taken.choices]
    near = did_you_mean(f'"{value}"', choices) if isinstance(value, str) else None
    message = f"{key} must be one of {', '.join(choices)}, not {text_of(value)}"
    builder.report("wrong-argument", message, span, help=near)
    return False
