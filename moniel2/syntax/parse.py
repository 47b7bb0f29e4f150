"""Text to tree."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.limits import MAX_TEXT
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.build import Builder
from moniel2.syntax.lex import lex
from moniel2.syntax.machine import Machine
from moniel2.syntax.mends.brackets import lacks_brace, runs_on, stops_short
from moniel2.syntax.recover import go_on, recover
from moniel2.syntax.tables import END
from moniel2.syntax.tokens import GOES_ON, KEYWORD_KINDS, OPENER_OF, OPENERS, VALUES


@lru_cache(maxsize=64)
def parse(source: Source) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    """The tree of a text, with every statement that could be read, and what is wrong with the others.

    Kept for a while: code compiles a program several times, an editor at every key, and each time the library is read.
    """
    whole = Span(source, 0, len(source.text))
    if len(source.text) > MAX_TEXT:
        problem = Diagnostic("limit", f"this file is longer than {MAX_TEXT:,} characters", Span(source, 0, 0))
        return tree.File(tree.Body((), span=whole), span=whole), (problem,)
    lexed = lex(source)
    builder = Builder(source, lexed.docs)
    machine = Machine(source, lexed, builder)
    read(machine)
    body = machine.top()
    assert isinstance(body, tree.Body)
    body = replace(body, doc=lexed.file_doc, span=whole)
    # A sign that means nothing here, and can't stand here under any spelling: the second is the fault.
    told = {problem.span for problem in machine.diagnostics}
    strays = [problem for problem in lexed.diagnostics if problem.span not in told]
    found = [*strays, *machine.diagnostics, *builder.diagnostics]
    return tree.File(body, tuple(lexed.comments), tuple(machine.lost), span=whole), _settled(source, found)


def _settled(source: Source, found: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In the order of the text, each once: a statement may have been read again from its beginning.

    Where a line has an error, the arrows it may lack are no news.
    """
    found = list({(p.rule, p.span.start, p.message): p for p in found}.values())
    found.sort(key=lambda problem: problem.span.start)
    if all(problem.rule == "missing-arrow" for problem in found):
        return tuple(found)
    wrong = {source.position(p.span.start).line for p in found if p.rule != "missing-arrow"}
    return tuple(p for p in found if p.rule != "missing-arrow" or source.position(p.span.start).line not in wrong)


def read(machine: Machine) -> None:
    """Read all tokens; the grammar gets each as what it is in its place."""
    separated = False
    while True:
        token = machine.token
        kind = token.kind
        if token.first and machine.ends_block():
            machine.end_block()
        if kind == "_SEP" and _may_separate(machine):
            separated = True
            machine.at += 1
            continue
        if kind in KEYWORD_KINDS:
            kind = _keyword_or_name(machine)
        ends = (separated or token.first) and _ends_statement(machine, kind, separated)
        separated = False
        if ends:
            if lacks_brace(machine) or not machine.separate():
                recover(machine, "_SEP")
                continue
            if token.kind in KEYWORD_KINDS:
                kind = _keyword_or_name(machine)
        # What the machine cannot take may be reduced for in vain, and a mend would find less than stood there.
        hopeless = (token.first and kind in OPENERS and runs_on(machine)) or _closes_nothing(machine, kind)
        hopeless = hopeless or (kind == "LBRACE" and stops_short(machine))
        if hopeless or not machine.feed(kind, token):
            recover(machine, kind)
            continue
        if kind == END and machine.finished:
            return
        machine.at += 1
        if machine.unfinished is not None:
            go_on(machine)


def _closes_nothing(machine: Machine, kind: str) -> bool:
    return kind in OPENER_OF and (machine.brackets[-1].kind != OPENER_OF[kind] or len(machine.brackets) == 1)


def _keyword_or_name(machine: Machine) -> str:
    """A keyword is one only where one can stand: `in:Input`, `from -> x`."""
    token = machine.token
    after = machine.lexed.tokens[machine.at + 2 : machine.at + 3]
    if token.kind == "ELSE" and machine.following == "COLON" and after[0].first and machine.accepts("ELSE"):
        return "ELSE"  # `else:`, as Python has it
    named = machine.following in ("COLON", "EQUAL")
    named = named or (machine.following in ("_ARROW", "SLASH") and token.kind not in VALUES)
    if (named or not machine.accepts(token.kind)) and (
        machine.accepts("NAME") or (token.first and machine.accepts("_SEP", "NAME"))
    ):
        return "NAME"
    return token.kind


def _may_separate(machine: Machine) -> bool:
    """A `;` separates statements; elsewhere it is read, and found to be wrong, as any other token."""
    in_body = machine.brackets[-1].kind == "LBRACE"
    return in_body and (machine.previous not in GOES_ON or machine.previous == "LBRACE")


def _ends_statement(machine: Machine, kind: str, separated: bool) -> bool:
    """Whether the line end or `;` before this token ends a statement."""
    if machine.brackets[-1].kind != "LBRACE" or kind in ("RBRACE", END):
        return False
    if separated:
        return True
    if machine.previous in GOES_ON or kind in ("_ARROW", "EQUAL") or (machine.token.kind == "ELSE" and kind != "NAME"):
        return False
    if kind == "LBRACE" and machine.accepts("LBRACE"):
        # Only after the head of a definition can both `=` and `{` stand; after that of an `if`, no end.
        return not machine.in_head() and machine.accepts("_SEP")
    return True
