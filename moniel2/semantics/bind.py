"""Arguments as written to the arguments that an operation or a definition declares."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from moniel2.diagnostics.suggest import did_you_mean
from moniel2.dims import UNKNOWN, Dim, Real, Shape
from moniel2.ir.model import DType, Unknown
from moniel2.ops.catalog import abbreviates_argument, find_argument
from moniel2.ops.hints import argument_hint, order_hint
from moniel2.ops.spec import Argument, OpSpec
from moniel2.semantics.evaluate import DTYPES
from moniel2.semantics.values import BLOCKS, Given, WeightPath, Worth, text_of, whole_hint
from moniel2.source import Span


@dataclass(frozen=True, slots=True)
class Complaint:
    """An argument that doesn't fit."""

    rule: str
    message: str
    span: Span
    help: str | None = None
    given: Given | None = None  # the argument whose value it is about


@dataclass(slots=True)
class Bound:
    """Arguments by name. ``values`` are coerced for the operation; ``given`` is what was written."""

    values: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Given] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # for an argument of kind "named"
    paths: dict[str, WeightPath] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # given, but not known (yet)
    declared: tuple[str, Span] | None = None  # the argument that the declared shape is, and where it stands

    def span_of(self, name: str) -> Span | None:
        if self.declared is not None and self.declared[0] == name:
            return self.declared[1]
        found = self.given.get(name)
        return found.span if found is not None else None


def _matching(written: str, names: dict[str, str]) -> list[str]:
    """The declared names that ``written`` may stand for; ``names`` maps spellings to declared names."""
    if written in names:
        return [names[written]]
    return list(dict.fromkeys(full for spelling, full in names.items() if abbreviates_argument(written, spelling)))


def bind_operation(spec: OpSpec, written: str, given: tuple[Given, ...]) -> Bound:
    """Bind what was written to an operation's arguments, coerced to their kinds."""
    bound = Bound()
    spellings = [*(a.name for a in spec.arguments), *(alias for a in spec.arguments for alias in a.aliases)]
    positional = [a for a in spec.arguments if a.positional]
    taken = 0
    for item in given:
        if item.name is None:
            if taken < len(positional) and positional[taken].many:
                _many(bound, positional[taken], item)
                continue
            if taken >= len(positional):
                count = len(positional)
                takes = "no arguments" if count == 0 else f"at most {count} argument{'s' if count > 1 else ''}"
                bound.complaints.append(
                    Complaint(
                        "too-many-arguments",
                        f"{written} takes {takes} by position",
                        item.span,
                        f"arguments of {spec.name}: {', '.join(a.name for a in spec.arguments)}" if count else None,
                    )
                )
                break
            argument = positional[taken]
            taken += 1
            _accept(bound, spec, argument, item)
            continue
        if isinstance(item.value, WeightPath):
            bound.paths[item.name] = item.value
            continue
        named = any(a.kind == "named" for a in spec.arguments)
        found = None if named and _in_pattern(item.name, bound) else find_argument(spec, item.name)
        if found is None:
            if named:
                bound.extra[item.name] = _size(item.value)
                continue
            names = ", ".join(a.name for a in spec.arguments) or "none"
            bound.complaints.append(
                Complaint(
                    "unknown-argument",
                    f"{written} has no argument `{item.name}`",
                    item.name_span or item.span,
                    argument_hint(spec, item.name)
                    or did_you_mean(item.name, spellings)
                    or f"arguments of {spec.name}: {names}",
                )
            )
            continue
        if isinstance(found, tuple):
            names = " or ".join(a.name for a in found)
            bound.complaints.append(
                Complaint(
                    "ambiguous-name",
                    f"`{item.name}` may be {names}",
                    item.name_span or item.span,
                    f"write {found[0].name} = …",
                )
            )
            continue
        _accept(bound, spec, found, item)
    return bound


def _in_pattern(name: str, bound: Bound) -> bool:
    """Whether a name is an axis of the pattern given before: ``Rearrange("(h p) -> h p", p = 2)``."""
    return any(name in re.findall(r"\w+", v) for v in bound.values.values() if isinstance(v, str))


def _many(bound: Bound, argument: Argument, item: Given) -> None:
    """One more value of an argument that takes all that follow: ``Permute(0, 2, 1)``."""
    single = Bound()
    _store(single, argument, item, item.value)
    bound.complaints += single.complaints
    bound.unknown += single.unknown
    if argument.name not in single.values:
        return
    bound.values[argument.name] = (*_row(bound.values.get(argument.name, ())), *_row(single.values[argument.name]))
    first = bound.given.get(argument.name)
    if first is not None:  # all of them, as if they stood in a list
        value, span = (*_row(first.value), *_row(item.value)), first.span.to(item.span)
        item = dataclasses.replace(first, value=value, span=span, expr=None)
    bound.given[argument.name] = item


def _row(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _accept(bound: Bound, spec: OpSpec, argument: Argument, item: Given) -> None:
    if argument.name in bound.given:
        before = bound.given[argument.name]
        places = [g for g in bound.given.values() if g.name is None]
        mend = f"`{before.span.text}` stands before it, by position" if before.name is None else None
        # No kernel is that wide: it is the number of channels, behind that of the input.
        wide = argument.name == "kernel" and isinstance(before.value, int) and before.value >= 8
        if before.name is None and before.value != item.value and (len(places) > 2 or wide):
            mend = order_hint(spec, text_of(places[1].value)) or mend
        bound.complaints.append(
            Complaint("duplicate-argument", f"{argument.name} is given twice", item.name_span or item.span, mend)
        )
        return
    bound.given[argument.name] = item
    value = item.value
    if spec.declared == argument.name:
        value_: Any = value if isinstance(value, tuple) else (value,)
        if all(isinstance(v, (int, Dim, Unknown)) and not isinstance(v, bool) for v in value_):
            bound.values[argument.name] = Shape(*(_size(v) for v in value_))
            return
    _store(bound, argument, item, value, spec)


def _store(bound: Bound, argument: Argument, item: Given, value: Worth, spec: OpSpec | None = None) -> None:
    if value is None and argument.nullable:
        bound.values[argument.name] = None
        return
    if isinstance(value, Unknown) and argument.kind not in ("size", "sizes", "padding", "any"):
        bound.unknown.append(argument.name)
        return
    try:
        if argument.kind in ("axis", "axes") and _is_size(item):
            raise _Wrong(_NO_POSITION)
        bound.values[argument.name] = _coerced(argument, value)
    except _Wrong as wrong:
        size = str(wrong) == _NO_POSITION  # whatever its value is
        whole = isinstance(value, (Fraction, float)) and "whole" in str(wrong)
        help = wrong.help
        if spec is not None and argument.name == "bias" and item.name is None:
            help = order_hint(spec, text_of(value)) or help
        if whole:
            help = whole_hint(item.span.text.split("=")[-1].strip(), value)
        bound.complaints.append(
            Complaint(
                "not-whole" if whole else "wrong-argument",
                f"{argument.name} {wrong}{'' if size else f', not {text_of(value)}'}",
                item.expr.span if item.expr is not None else item.span,
                help,
                None if size else item,
            )
        )


class _Wrong(Exception):
    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


_NO_POSITION = "is a position counted from 0 (or from the end, -1), and a size's name is no position"


def _is_size(item: Given) -> bool:
    """Whether a value is given by the name of a size: one that stands in the shapes of its block."""
    name = getattr(item.expr, "name", None)
    return item.builder is not None and isinstance(name, str) and name in item.builder.outline.mentions


def _coerced(argument: Argument, value: Worth) -> Any:
    match argument.kind:
        case "size":
            return _one_size(value)
        case "sizes":
            if isinstance(value, tuple):
                return tuple(_one_size(v) for v in value)
            return (_one_size(value),)
        case "padding":
            return _padding(argument, value)
        case "int" | "axis":
            return _one_int(argument, value)
        case "ints" | "axes":
            if isinstance(value, tuple):
                return tuple(_one_int(argument, v) for v in value)
            return (_one_int(argument, value),)
        case "number" | "scalar":
            if argument.kind == "scalar" and isinstance(value, (Dim, Real)):
                return value
            if isinstance(value, bool) or not isinstance(value, (int, float, Fraction)):
                raise _Wrong("must be a number")
            return float(value) if isinstance(value, Fraction) else value
        case "bool":
            if not isinstance(value, bool):
                raise _Wrong("must be true or false")
            return value
        case "text":
            if not isinstance(value, str):
                raise _Wrong("must be a text in quotes")
            return value
        case "dtype":
            name = value.name if isinstance(value, DType) else value
            if not isinstance(name, str) or name not in DTYPES:
                raise _Wrong("must be a dtype", f"dtypes: {', '.join(sorted(DTYPES))}")
            return name
        case "choice":
            if value not in argument.choices:
                listing = ", ".join(f'"{c}"' for c in argument.choices)
                near = _quoted(value, argument.choices) if isinstance(value, str) else None
                raise _Wrong(f"must be one of {listing}", near)
            return value
    return _plain(value)


def _quoted(value: str, choices: Sequence[str]) -> str | None:
    """The nearest choice, as it is written."""
    return did_you_mean(f'"{value}"', [f'"{choice}"' for choice in choices])


def _plain(value: Worth) -> Any:
    if isinstance(value, Fraction):
        return float(value)
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, DType):
        return value.name
    if isinstance(value, BLOCKS):
        raise _Wrong("must be a value")
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    return value


def _size(value: Any) -> Dim:
    if isinstance(value, (int, Dim)):
        return Dim.of(value)
    return UNKNOWN


def _one_size(value: Worth) -> Dim:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, bool) or not isinstance(value, (int, Dim)):
        raise _Wrong("must be a whole number")
    return Dim.of(value)


def _one_int(argument: Argument, value: Worth) -> int:
    if isinstance(value, Dim):
        if argument.kind in ("axis", "axes"):
            raise _Wrong(_NO_POSITION)
        raise _Wrong("must be a number known when the block is built")
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Wrong("must be a whole number")
    return value


def _padding(argument: Argument, value: Worth) -> Any:
    if isinstance(value, str):
        if value not in argument.choices:
            listing = ", ".join(f'"{c}"' for c in argument.choices)
            raise _Wrong(f"must be a size or one of {listing}", _quoted(value, argument.choices))
        return value
    if isinstance(value, tuple):
        return tuple(tuple(_one_size(x) for x in v) if isinstance(v, tuple) else _one_size(v) for v in value)
    return _one_size(value)


def required_missing(spec: OpSpec, bound: Bound, preset: dict[str, Any]) -> tuple[str, ...]:
    """Arguments that must be given and aren't (or aren't known yet)."""
    return tuple(
        a.name
        for a in spec.arguments
        if a.name in bound.unknown
        or (a.default is dataclasses.MISSING and a.name not in bound.values and a.name not in preset)
    )


@dataclass(slots=True)
class BoundParameters:
    values: dict[str, Given] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)


def bind_parameters(
    written: str, names: tuple[str, ...], fixed: tuple[Given, ...], given: tuple[Given, ...]
) -> BoundParameters:
    """Bind arguments to a definition's parameters: those fixed earlier first, then the call's, in order."""
    bound = BoundParameters()
    spellings = {n: n for n in names}
    for stage, items in ((0, fixed), (1, given)):
        free = [n for n in names if n not in bound.values]
        position = 0
        for item in items:
            if item.name is None:
                while position < len(free) and free[position] in bound.values:
                    position += 1
                if position >= len(free):
                    takes = f"{len(names)} argument{'s' if len(names) != 1 else ''}" if names else "no arguments"
                    bound.complaints.append(
                        Complaint(
                            "too-many-arguments",
                            f"{written} takes {takes}",
                            item.span,
                            f"parameters of {written}: {', '.join(names)}" if names else None,
                        )
                    )
                    break
                bound.values[free[position]] = item
                position += 1
                continue
            matches = _matching(item.name, spellings)
            if len(matches) != 1:
                listing = ", ".join(names) or "none"
                bound.complaints.append(
                    Complaint(
                        "unknown-argument" if not matches else "ambiguous-name",
                        f"{written} has no parameter `{item.name}`"
                        if not matches
                        else f"`{item.name}` may be {' or '.join(matches)}",
                        item.name_span or item.span,
                        did_you_mean(item.name, names) or f"parameters of {written}: {listing}",
                    )
                )
                continue
            name = matches[0]
            if name in bound.values:
                twice = stage == 1 and any(bound.values[name] is f for f in fixed)
                bound.complaints.append(
                    Complaint(
                        "fixed-twice" if twice else "duplicate-argument",
                        f"{name} is already fixed" if twice else f"{name} is given twice",
                        item.name_span or item.span,
                    )
                )
                continue
            bound.values[name] = item
    return bound
