"""How diagnostics look, and that every rule is whole."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moniel2.diagnostics.columns import shown_line
from moniel2.diagnostics.diagnostic import Diagnostic, Related, Severity
from moniel2.diagnostics.render import closing_line, to_github, to_json, to_text
from moniel2.diagnostics.rules import Rule, find_rule, rules
from moniel2.diagnostics.suggest import did_you_mean, distance, nearest
from moniel2.limits import MAX_COMPARED
from moniel2.pipeline import compile_source
from moniel2.source import Source, Span
from moniel2.tools.examples import provoke

RESNET = "+Block {\n    [y, shortcut] -> Add -> ReLU -> Out\n}\n"


def found(text: str, what: str, label: str = "", **more: object) -> Diagnostic:
    source = Source("resnet.nn", text)
    start = text.index(what)
    return Diagnostic("shape-mismatch", "Add needs equal shapes", Span(source, start, start + len(what)), label, **more)  # type: ignore[arg-type]


def test_the_form_of_the_contract() -> None:
    far = Span(Source("blocks.nn", "a\nb"), 2, 3)
    diagnostic = found(
        "\n" * 12 + RESNET,
        "Add",
        "y is [B, 128, 28, 28], shortcut is [B, 64, 28, 28]",
        related=(Related("y comes from Conv(C) with C = 128", far), Related("sizes are exact")),
        help="project the shortcut",
    )
    assert to_text([diagnostic]) == (
        "error[E0304]: Add needs equal shapes\n"
        "  --> resnet.nn:14:22\n"
        "   |\n"
        "14 |     [y, shortcut] -> Add -> ReLU -> Out\n"
        "   |                      ^^^ y is [B, 128, 28, 28], shortcut is [B, 64, 28, 28]\n"
        "   = note: y comes from Conv(C) with C = 128 (blocks.nn:2:1)\n"
        "   = note: sizes are exact\n"
        "   = help: project the shortcut\n"
    )


def test_places_on_the_same_line_are_underlined_together() -> None:
    diagnostic = found("a -> a:Conv", "a:Conv", "again", related=())
    diagnostic = diagnostic.noting("first here", Span(diagnostic.span.source, 0, 1))
    assert to_text([diagnostic]).splitlines()[3:] == ["1 | a -> a:Conv", "  |      ^^^^^^ again", "  | - first here"]


@pytest.mark.parametrize(
    ("line", "what", "shown", "carets"),
    [
        ("\tx -> Add", "Add", "    x -> Add", "         ^^^"),
        ("a\tb -> Add", "Add", "a   b -> Add", "         ^^^"),
        ("/* 畳み込み */ Add", "Add", "/* 畳み込み */ Add", "               ^^^"),
        ("/* e\u0301 */ Add", "Add", "/* e\u0301 */ Add", "        ^^^"),
        ('"\x1b[31m" Add', "Add", '"␛[31m" Add', "        ^^^"),
        ('"\u202e" Add', "Add", '"�" Add', "    ^^^"),
        ("名:Add", "名", "名:Add", "^^"),
    ],
)
def test_columns_on_screen(line: str, what: str, shown: str, carets: str) -> None:
    rendered = to_text([found(line, what)]).splitlines()
    assert rendered[3] == "1 | " + shown
    assert rendered[4] == "  | " + carets


def test_a_span_over_lines_is_cut_at_the_first() -> None:
    rendered = to_text([found("x -> {\n  A\n} -> y", "{\n  A\n}", "here")]).splitlines()
    assert rendered[3:] == ["1 | x -> {", "  |      ^ here"]


def test_the_end_of_the_text_can_be_blamed() -> None:
    source = Source("a.nn", "x ->\n")
    rendered = to_text([Diagnostic("shape-mismatch", "ends", Span(source, 5, 5))]).splitlines()
    assert rendered[1:] == [" --> a.nn:2:1", "  |", "2 |", "  | ^"]


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "x -> " + "Conv -> " * 2000 + "Bad" + " -> Conv" * 2000
    rendered = to_text([found(text, "Bad", "here")]).splitlines()
    line, carets = rendered[3], rendered[4]
    assert len(line) < 200 and line[4] == "…" and line[-1] == "…"
    assert line[carets.index("^") : carets.index("^") + 3] == "Bad"


def test_colour_changes_nothing_but_colour() -> None:
    diagnostic = found(RESNET, "Add", "label", help="mend\nit").noting("note")
    coloured = to_text([diagnostic], colour=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == to_text([diagnostic])


@given(st.text(), st.integers(0, 60), st.integers(0, 60))
def test_any_text_and_span_can_be_shown(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    source = Source("a.nn", text)
    diagnostic = Diagnostic("shape-mismatch", "m", Span(source, start, min(len(text), start + length)), "label")
    rendered = to_text([diagnostic])
    assert "^" in rendered.split("\n")[-2]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", rendered)


def test_reading_order_and_closing_line() -> None:
    source = Source("a.nn", "abc")
    later = Diagnostic("shape-mismatch", "later", Span(source, 2, 3))
    sooner = Diagnostic("unused-wire", "sooner", Span(source, 0, 1))
    text = to_text([later, sooner])
    assert text.index("sooner") < text.index("later")
    assert closing_line([later, sooner, later]) == "2 errors, 1 warning"
    assert closing_line([]) == ""


@pytest.mark.parametrize(
    ("help", "replacement"),
    [
        ("write `Conv`", "Conv"),
        ("did you mean `Conv`?", "Conv"),
        ("write `==`, or `:` for an id", "=="),
        ("did you mean `Conv` or `Concat`?", None),
        ("write `* (n + …)`", None),
        ("write `->` between them, or begin a new line", None),
        ("as `[a, b]`", None),
        (None, None),
    ],
)
def test_what_is_to_be_written_for_the_blamed_words(help: str | None, replacement: str | None) -> None:
    diagnostic = found(RESNET, "Add", help=help)
    assert diagnostic.replacement == replacement
    assert to_json([diagnostic])[0]["replacement"] == replacement


def test_json() -> None:
    diagnostic = found(RESNET, "Add", "label", help="mend").noting("elsewhere")
    (entry,) = to_json([diagnostic])
    assert json.loads(json.dumps(entry)) == {
        "file": "resnet.nn",
        "severity": "error",
        "code": "E0304",
        "message": "Add needs equal shapes",
        "span": {"start": {"line": 2, "column": 22, "offset": 30}, "end": {"line": 2, "column": 25, "offset": 33}},
        "related": [
            {
                "message": "label",
                "file": "resnet.nn",
                "span": {
                    "start": {"line": 2, "column": 22, "offset": 30},
                    "end": {"line": 2, "column": 25, "offset": 33},
                },
            },
            {"message": "elsewhere", "file": None, "span": None},
        ],
        "help": "mend",
        "replacement": None,
    }


def test_github() -> None:
    diagnostic = Diagnostic("unused-wire", "50% of\nit", Span(Source("a,b:c.nn", "xyz"), 0, 2), help="remove it")
    assert to_github([diagnostic]) == (
        "::warning file=a%2Cb%3Ac.nn,line=1,endLine=1,col=1,endColumn=2,title=W0903 unused-wire"
        "::50%25 of%0Ait%0Ahelp: remove it\n"
    )


# ------------------------------------------------------------------------------------- rules


def test_codes_and_slugs_are_unique() -> None:
    declared = list(rules().values())
    assert len({rule.code for rule in declared}) == len(declared)
    assert all(rules()[rule.slug] is rule for rule in declared)


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.slug)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"[EWN]\d{4}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.slug)
    assert (rule.severity is Severity.WARNING) == (rule.code[0] == "W")
    assert rule.title and not rule.title.endswith(".")
    assert rule.explain.endswith((".", "`", ")")) and max(map(len, rule.explain.splitlines())) <= 130
    assert rule.example and rule.mended and rule.example != rule.mended


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.slug)
def test_the_example_of_a_rule_causes_it_and_the_mend_causes_nothing(rule: Rule) -> None:
    assert rule.slug in [d.rule for d in provoke(rule.example)]
    assert provoke(rule.mended) == ()


def test_rules_are_found_by_code_and_slug() -> None:
    assert find_rule("E0304") is find_rule("e304") is find_rule("shape-mismatch")
    assert find_rule("E9999") is None and find_rule("") is None and find_rule("nonsense") is None


# ---------------------------------------------------------------------------------- spellings


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Covn", ("Conv",)), ("Relu", ("ReLU",)), ("Lnear", ("Linear",)), ("Xyzzy", ()), ("Con", ("Conv",)), ("Q", ())],
)
def test_nearest(word: str, expected: tuple[str, ...]) -> None:
    assert nearest(word, ["Conv", "ReLU", "Linear", "ELU", "Concat"])[:1] == expected


def test_many_misspelt_names_are_soon_said() -> None:
    # Each of them is close to all others. What is compared is counted, so that this needs no clock.
    count = 1200
    reads = "".join(f"foo{i}bar -> ReLU -> Out\n" for i in range(count))
    writes = "".join(f"x -> ReLU -> fo{i}bar\n" for i in range(count))
    found = compile_source(Source("a.nn", f"x:In[B, 8] -> Out\n{reads}{writes}")).diagnostics
    helps = [d.help for d in found if d.rule == "unknown-wire"]
    assert helps[0] == "did you mean `fo0bar`, `fo10bar` or `fo20bar`?"
    told = sum(h is not None and h.startswith("did you mean") for h in helps)
    assert 0 < told * count <= MAX_COMPARED


def test_a_long_line_is_underlined_wherever_it_is_cut() -> None:
    text = "".join(f"word{i:03} " for i in range(400))
    source = Source("a.nn", text)
    for start in (0, 8, 1600, len(text) - 8):
        span = Span(source, start, start + 7)
        line = shown_line(source, 1, span, 40)
        first, last = line.columns(span)
        assert line.text[first:last] == span.text and len(line.text) <= 40
        assert line.columns(Span(source, 0, len(text))) == (0, len(line.text.rstrip("…")))


def test_did_you_mean() -> None:
    assert did_you_mean("heds", ["heads", "head"]) == "did you mean `heads`?"
    assert did_you_mean("q", ["heads"]) is None


@given(st.text("abAB", max_size=8), st.text("abAB", max_size=8))
def test_distance_is_a_distance(a: str, b: str) -> None:
    assert distance(a, b) == distance(b, a)
    assert (distance(a, b) == 0) == (a == b)
    assert distance(a, b) <= max(len(a), len(b))
    assert (distance(a, b, 2.0) > 2) == (distance(a, b) > 2)
