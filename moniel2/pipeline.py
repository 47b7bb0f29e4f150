"""The whole compiler on one screen: text to model, with everything there is to say about the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.ir.model import Model
from moniel2.limits import MAX_DIAGNOSTICS
from moniel2.source import Source

Load = Callable[[str], "Source | None"]


@dataclass(frozen=True)
class Compiled:
    """``model`` is None only when there is nothing to show; it may have unknown parts."""

    model: Model | None
    diagnostics: tuple[Diagnostic, ...]


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
    from moniel2.semantics.conditions import requirements
    from moniel2.semantics.consequences import independent
    from moniel2.semantics.session import Session
    from moniel2.semantics.strict import leftovers

    session = Session(load, settings or {}, inputs or {}, strict=strict)
    model = compile_program(session, source, block)
    model = requirements(session, model)
    leftovers(session, source, model, strict)
    return Compiled(model, _ordered(independent(session) if session.diagnostics else [], source))


def _ordered(diagnostics: list[Diagnostic], main: Source) -> tuple[Diagnostic, ...]:
    """By place in the text, other files after the main one; no more than anybody reads."""
    found = sorted(
        diagnostics, key=lambda d: (d.span.source.name != main.name, d.span.source.name, d.span.start, d.rule)
    )
    left = found[MAX_DIAGNOSTICS:]
    if left:
        found[MAX_DIAGNOSTICS:] = [Diagnostic("limit", f"{len(left):,} more are not shown", left[0].span)]
    return tuple(found)
