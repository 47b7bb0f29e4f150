"""Laws of reading and formatting, on texts that nobody wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from moniel2.diagnostics.rules import rules
from moniel2.source import Source, Span
from moniel2.syntax import tree
from moniel2.syntax.lex import lex
from moniel2.syntax.parse import parse
from moniel2.tools.format import format_source, lay_out

# ------------------------------------------------------------------------------------ texts

NAMES = st.sampled_from(["x", "h", "enc", "stage1", "größe", "_", "w"])
TYPES = st.sampled_from(["In", "Conv", "BN", "Out", "ResNet", "Ä"])
IDS = st.one_of(NAMES, st.sampled_from(["in", "if", "for", "0", "17", "none"]))
NUMBERS = st.sampled_from(["0", "1", "64", "0.5", ".5", "1e-6", "2.5E3"])
TEXTS = st.sampled_from(['""', '"b n d -> b d n"', r'"a\"b\\\n"', '"→ // no comment"'])
LEAVES = st.one_of(NAMES, TYPES, NUMBERS, TEXTS, st.sampled_from(["true", "false", "none", "1x7", "[]", "()", "{}"]))


def _listed(parts: st.SearchStrategy[str], opening: str, closing: str, trailing: bool = True) -> st.SearchStrategy[str]:
    commas = st.sampled_from(["", ","]) if trailing else st.just("")
    return st.builds(
        lambda items, comma: f"{opening} {' , '.join(items)} {comma if items else ''} {closing}",
        st.lists(parts, max_size=3),
        commas,
    )


def _joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    strategies = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*strategies).map(" ".join)


def _optional(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), part)


def _quiet(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The same, with a short name in messages."""

    @st.composite
    def drawn(draw: st.DrawFn) -> str:
        return draw(strategy)

    return drawn()


TARGETS = st.one_of(st.sampled_from(["i", "_"]), st.just("( i , n )"))
SIGNS = ["+", "-", "*", "/", "%", "**", "==", "!=", "<", "<=", ">", ">=", ".."]
OPERATORS = st.sampled_from([*SIGNS, "in", "and", "or", "not in"])


def _arguments(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    named = _joined(st.sampled_from(["kernel", "Act", "in"]), "=", values)
    return _listed(st.one_of(values, named), "(", ")")


def _values(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    closed = _joined("(", inner, ")")
    return st.one_of(
        closed,
        _joined(st.sampled_from(["-", "not"]), closed),
        _joined(closed, OPERATORS, closed),
        _joined("(", inner, "if", inner, "else", inner, ")"),
        _listed(inner, "[", "]"),
        _joined("(", inner, ",", ")"),
        _joined("[", closed, "for", TARGETS, "in", inner, "]"),
        _joined(NAMES, "[", inner, "]"),
        _joined(NAMES, "[", inner, ":", _optional(inner), "]"),
        _joined(NAMES, ".", NAMES),
        _joined(TYPES, _arguments(inner)),
    )


VALUES = _quiet(st.recursive(LEAVES, lambda inner: _quiet(_values(_quiet(inner))), max_leaves=6))
# `none` alone, in parentheses too, is what other languages write for a size that is open: it has a mend.
DIMS = _listed(
    st.one_of(VALUES.filter(lambda value: value.strip("() ") != "none"), st.just("..."), st.just("2 * H")), "[", "]"
)
ID = _optional(_joined(IDS, ":"))
PATHS = st.one_of(NAMES, _joined(NAMES, "/", st.one_of(NAMES, st.just("3"), st.just("( 3 - i )"))))
NODES = st.one_of(
    TYPES,
    _joined(ID, TYPES, _optional(st.just("?")), _optional(_arguments(VALUES)), _optional(DIMS)),
    _joined(PATHS, _optional(DIMS)),
    _joined(ID, PATHS, _arguments(VALUES)),
    _joined(_optional(st.just("-")), NUMBERS),
)


def _items(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    chain = st.lists(inner, min_size=1, max_size=3).map(" -> ".join)
    grouped = _joined("(", chain, ")")
    loop = _joined("for", TARGETS, "in", VALUES)
    body = st.lists(chain, max_size=2).map(lambda statements: "{ " + " ; ".join(statements) + " }")
    count = st.one_of(st.sampled_from(["2", "n", "N"]), _joined("(", VALUES, ")"))
    element = _joined(_optional(st.just("key =")), chain, _optional(loop))
    return st.one_of(
        _joined(ID, grouped, _optional(DIMS)),
        _joined(ID, _listed(element, "[", "]"), _optional(DIMS)),
        _joined(ID, body, _optional(DIMS)),
        _joined(ID, TYPES, _optional(_arguments(VALUES)), body),
        _joined(grouped, "*", count),
        _joined("(", grouped, "if", VALUES, _optional(_joined("else", grouped)), ")"),
        _joined("(", grouped, loop, ")"),
    )


ITEMS = _quiet(st.recursive(_quiet(NODES), lambda inner: _quiet(_items(_quiet(inner))), max_leaves=4))
CHAINS = st.lists(ITEMS, min_size=1, max_size=4).map(" -> ".join)
PRESENTED = _optional(st.sampled_from(['@label ( "a" ) ', "@collapse\n"]))
PARAMETERS = _listed(_joined(st.sampled_from(["C", "n", "in"]), _optional(_joined("=", VALUES))), "(", ")")


def _below(statements: list[str]) -> str:
    """Statements below each other; braces below `+Name` would be its body, so that a `;` stands before them."""
    text = ""
    for statement in statements:
        text += (" ;\n" if statement.lstrip().startswith("{") else "\n") if text else ""
        text += statement
    return text


def _statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, max_size=3).map(lambda statements: "{ " + _below(statements) + " }")
    return st.one_of(
        _joined(PRESENTED, "+", TYPES, _optional(PARAMETERS), _optional(body)),
        _joined("if", VALUES, body, _optional(_joined("else", body))),
        _joined("if", VALUES, body, "else", "if", VALUES, body),
    )


PLAIN = _quiet(
    st.one_of(
        _joined(PRESENTED, CHAINS),
        _joined(st.sampled_from(["a", "in", "größe", "C"]), "=", VALUES),
        _joined(PRESENTED, "+", TYPES, _optional(PARAMETERS), "=", CHAINS),
        st.sampled_from(['import "a.nn" as a', "import std . vision", "from std . vision import SE , A as B"]),
    )
)
STATEMENTS = _quiet(st.recursive(PLAIN, lambda inner: _quiet(_statements(_quiet(inner))), max_leaves=4))
PROGRAMS = st.lists(STATEMENTS, max_size=4).map(_below)

BREAKS = [
    "",
    " ",
    "\t",
    "\r\n",
    "\n\n\n",
    " /* c */ ",
    "// c\n",
    " /// d\n",
    "\n/// e\n",
    "\n\n// f\n\n",
    "/* g\n g */",
    ";",
]


@st.composite
def disturbed(draw: st.DrawFn) -> str:
    """A program with blanks and comments in some of the places between its tokens."""
    text = draw(PROGRAMS)
    starts = [token.start for token in lex(Source("a.nn", text)).tokens]
    for start in sorted(draw(st.sets(st.sampled_from(starts), max_size=4)), reverse=True):
        text = text[:start] + draw(st.sampled_from(BREAKS)) + text[start:]
    return text


WORDS = (
    "( ) [ ] { } -> = , ; : if else for in import from + - * / // /// /* */ \" ' # \n A b 1 1x2 1. .. ... @ ? ! \\ é →"
)
SCRAPS = st.lists(st.sampled_from(WORDS.split(" ")), max_size=30).map(" ".join)
ANY_TEXT = st.one_of(st.text(), SCRAPS, PROGRAMS)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A program with a few characters taken out or put in."""
    text = draw(PROGRAMS)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(st.sampled_from(WORDS.split(" "))) + text[start + draw(st.integers(0, 3)) :]
    return text


# ------------------------------------------------------------------------------------- laws


def spans(node: Any, within: Span) -> None:
    """All places are in the text, and those of parts inside those of the whole."""
    if isinstance(node, tuple):
        for part in node:
            spans(part, within)
    elif is_dataclass(node) and not isinstance(node, Span):
        place: Span = node.span  # type: ignore[attr-defined]
        assert within.start <= place.start <= place.end <= within.end
        for part in fields(node):
            spans(getattr(node, part.name), place)


@given(st.one_of(ANY_TEXT, damaged()))
@example("{" * 2000)
@example("x -> " + "(" * 2000)
@example("\ufeffx -> y\r\n")
@example("a = " + "9" * 10_000)
@example("x -> Conv(")
@settings(deadline=None)
def test_any_text_is_read(text: str) -> None:
    source = Source("a.nn", text)
    file, problems = parse(source)
    assert file.span == Span(source, 0, len(text))
    for problem in problems:
        assert problem.rule in rules()
        for span in [problem.span, *(r.span for r in problem.related if r.span)]:
            assert 0 <= span.start <= span.end <= len(text)
    if len(text) < 1000:
        spans(file.body, file.span)
    assert format_source(source)[1] == problems


@given(PROGRAMS)
@settings(deadline=None)
def test_programs_have_no_errors(text: str) -> None:
    assert parse(Source("a.nn", text))[1] == ()


@given(disturbed())
@settings(deadline=None)
def test_formatting_keeps_what_is_written(text: str) -> None:
    source = Source("a.nn", text)
    file, problems = parse(source)
    assume(all(problem.rule == "missing-arrow" for problem in problems))
    formatted = lay_out(source)
    again, found = parse(Source("a.nn", formatted))
    assert found == ()
    assert again == file
    assert [comment.text for comment in again.comments] == [comment.text for comment in file.comments]
    assert lay_out(Source("a.nn", formatted)) == formatted
    assert format_source(source)[0] == formatted
    lines = formatted.split("\n")
    assert not any(line != line.rstrip(" ") for line in lines if "/*" not in line)
    assert formatted == "" or (formatted.endswith("\n") and not formatted.startswith("\n"))


def _kept(change: Callable[[str], str]) -> Callable[[str], bool]:
    return lambda text: parse(Source("a.nn", change(text)))[0] == parse(Source("a.nn", text))[0]


@given(PROGRAMS)
@settings(deadline=None)
def test_the_form_of_line_ends_is_no_matter(text: str) -> None:
    assert _kept(lambda t: t.replace("\n", "\r\n"))(text)
    assert _kept(lambda t: t.replace("\n", "\n\n  // between\n\n"))(text)
    assert '"' in text or _kept(lambda t: t.replace(" -> ", "\n\n/* between */ -> "))(text)


def test_every_rule_of_the_tree_is_compared() -> None:
    assert tree.Number(1, span=Span(Source("a", "1"), 0, 1)) == tree.Number(1, span=Span(Source("b", "1 "), 0, 2))
    assert tree.Number(1, span=Span(Source("a", "1"), 0, 1)) != tree.Number(2, span=Span(Source("a", "2"), 0, 1))
