"""The whole compiler on one screen: text to model, with everything there is to say about the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.dims import Dim
from moniel2.ir.model import Model, Symbols
from moniel2.limits import MAX_DIAGNOSTICS
from moniel2.source import Source

Load = Callable[[str], "Source | None"]


@dataclass(frozen=True)
class Compiled:
    """``model`` is None only when there is nothing to show; it may have unknown parts.

    ``reopen`` compiles the same again with symbols for parameters of its block, which stand for the numbers beside
    them, and for parameters of inner definitions; None if there is more to say about the program then than what they
    must be divisible by.
    """

    model: Model | None
    diagnostics: tuple[Diagnostic, ...]
    reopen: Callable[[Mapping[str, Symbols], Mapping[str, int], Mapping[tuple[str, str], Dim]], Model | None] = field(
        compare=False, repr=False
    )


def standard_library(path: str) -> Source | None:
    """The ``Load`` that knows ``std/…`` and nothing else."""
    from importlib import resources

    if not path.startswith("std/") or ".." in path.split("/"):
        return None
    try:
        text = resources.files("moniel2").joinpath(path).read_text(encoding="utf-8")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    return Source(path, text)


def compile_source(
    source: Source,
    *,
    load: Load = standard_library,
    block: str | None = None,
    settings: Mapping[str, str] | None = None,
    inputs: Mapping[str, tuple[int | str, ...]] | None = None,
    strict: bool = False,
) -> Compiled:
    """Compile one text. Never raises on what the user wrote.

    ``load`` brings other files by their path relative to the main text's (``std/…`` is the library); ``block`` chooses
    a definition (``"ResNet(BasicBlock, [2, 2, 2, 2])"``); ``settings`` are ``--set`` texts by name; ``inputs`` are
    shapes of the model's inputs by name. ``strict``: nothing unknown may be left.
    """
    from moniel2.semantics.compile import compile_program
    from moniel2.semantics.conditions import only_divides, requirements
    from moniel2.semantics.consequences import independent
    from moniel2.semantics.session import Opening, Session, TooOpen
    from moniel2.semantics.strict import leftovers

    def compiled(session: Session) -> Model | None:
        model = requirements(session, compile_program(session, source, block))
        leftovers(session, source, model, session.strict)
        return model

    @cache
    def closed() -> tuple[Session, Model | None]:
        session = Session(load, settings or {}, inputs or {}, strict=True)
        return session, compiled(session)

    def reopen(
        symbols: Mapping[str, Symbols], values: Mapping[str, int], doors: Mapping[tuple[str, str], Dim]
    ) -> Model | None:
        before, known = closed()
        said = frozenset((d.rule, d.span.source.name, d.span.start) for d in before.diagnostics)
        opening = Opening(symbols, values, said, doors)
        session = Session(load, settings or {}, inputs or {}, strict=True, opening=opening)
        try:
            model = compiled(session)
        except TooOpen:
            return None
        if model is None or known is None or not only_divides(model, known):
            return None
        # What goes one way only is no choice in code: other numbers would need the other way.
        if any(len(opening.decided[span]) < 2 for span in opening.supposed):
            return None
        return replace(model, supposed=tuple(opening.supposed))

    session = Session(load, settings or {}, inputs or {}, strict=strict)
    model = compiled(session)
    return Compiled(model, _ordered(independent(session) if session.diagnostics else [], source), reopen)


def _ordered(diagnostics: list[Diagnostic], main: Source) -> tuple[Diagnostic, ...]:
    """By place in the text, other files after the main one; no more than anybody reads."""
    found = sorted(
        diagnostics, key=lambda d: (d.span.source.name != main.name, d.span.source.name, d.span.start, d.rule)
    )
    left = found[MAX_DIAGNOSTICS:]
    if left:
        found[MAX_DIAGNOSTICS:] = [Diagnostic("limit", f"{len(left):,} more are not shown", left[0].span)]
    return tuple(found)
