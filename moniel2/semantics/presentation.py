"""How what follows is to be shown: ``@label("…")`` and its like, by name and with their values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moniel2.diagnostics.suggest import did_you_mean
from moniel2.ir import model as ir
from moniel2.ir.model import Unknown
from moniel2.semantics.initial import check_init
from moniel2.semantics.values import Worth, text_of, to_ir
from moniel2.syntax import tree
from moniel2.syntax.node import nodes

if TYPE_CHECKING:
    from moniel2.semantics.build import Builder
    from moniel2.semantics.session import Session


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a presentation takes, in words; whether a value is such; how it is written."""

    takes: str
    fits: Callable[[Worth], bool]
    example: str


def _one_of(*words: str) -> Callable[[Worth], bool]:
    return lambda value: value in words


_COLOUR = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})\Z")
_KINDS: dict[str, _Kind | None] = {
    "label": _Kind("a text", lambda v: isinstance(v, str), '@label("Multi-head attention")'),
    "color": _Kind(
        "a colour in hexadecimal digits", lambda v: isinstance(v, str) and bool(_COLOUR.match(v)), '@color("#f4d35e")'
    ),
    "collapse": None,
    "expand": None,
    "hide": None,
    "side": _Kind('"left" or "right"', _one_of("left", "right"), '@side("left")'),
    "layout": _Kind('"u" or "flat"', _one_of("u", "flat"), '@layout("u")'),
}
"""None: it takes nothing."""
_INIT = "init"  # how weights start, with what torch takes


def check_names(session: Session, body: tree.Body) -> None:
    """Names that say nothing, wherever they stand in a file."""
    if "@" not in body.span.source.text:
        return
    for part in nodes(body):
        if isinstance(part, tree.Presentation) and part.name not in _KINDS and part.name != _INIT:
            names = [*_KINDS, _INIT]
            near = did_you_mean(part.name, names)
            session.report(
                "unknown-presentation",
                f"`@{part.name}` says nothing about how to show it",
                part.span.part(part.name),
                help=near or "there are " + ", ".join(f"@{n}" for n in names),
            )


def attributes(builder: Builder, presentation: tuple[tree.Presentation, ...]) -> tuple[ir.Attribute, ...]:
    """The attributes of a node, port or block; those that are wrong are reported and left out."""
    found = []
    for item in presentation:
        values: list[Worth] = []
        named: list[tuple[str, ir.Value]] = []
        every: list[Worth] = []
        for argument in item.arguments.items if item.arguments is not None else ():
            value = builder.value_now(argument.value, builder.home)
            every.append(value)
            if argument.name is None:
                values.append(value)
            else:
                named.append((argument.name, to_ir(value)))
        if item.name == _INIT:
            right = check_init(builder, item, every)
        else:
            right = item.name in _KINDS and _fits(builder, item, values)
        if right:
            found.append(ir.Attribute(item.name, tuple(map(to_ir, values)), tuple(named)))
    return tuple(found)


def _fits(builder: Builder, item: tree.Presentation, values: list[Worth]) -> bool:
    kind = _KINDS[item.name]
    written = item.arguments.items if item.arguments is not None else ()
    wanted = 0 if kind is None else 1
    wrong = [a for k, a in enumerate(written) if k >= wanted or a.name is not None]
    if wrong:
        takes = "nothing" if kind is None else f"{kind.takes} and nothing else"
        help = kind.example if kind is not None else f"@{item.name}"
        builder.report("too-many-arguments", f"@{item.name} takes {takes}", wrong[0].span, help=help)
        return False
    if kind is None:
        return True
    if not written:
        builder.report("missing-argument", f"@{item.name} needs {kind.takes}", item.span, help=kind.example)
        return False
    if isinstance(values[0], Unknown):
        return False
    if not kind.fits(values[0]):
        message = f"@{item.name} takes {kind.takes}, not {text_of(values[0])}"
        builder.report("wrong-argument", message, written[0].span, help=kind.example)
        return False
    return True
