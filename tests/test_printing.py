"""Documents and their lines."""

from __future__ import annotations

from moniel2.printing import (
    Doc,
    concat,
    empty,
    fill,
    freshline,
    group,
    hang,
    hardline,
    if_broken,
    join,
    line,
    nest,
    render,
    softline,
    text,
    trailing,
)


def call(name: str, *arguments: Doc | str) -> Doc:
    inside = join(concat(",", line), arguments)
    return hang(group(name, "(", nest(softline, inside), if_broken(","), softline, ")"))


def test_a_group_that_fits_stays_on_its_line() -> None:
    assert render(call("f", "a", "b"), 7) == "f(a, b)"


def test_a_group_that_does_not_fit_breaks_at_all_its_places() -> None:
    assert render(call("f", "a", "b"), 6) == "f(\n    a,\n    b,\n)"


def test_inner_groups_are_asked_in_turn() -> None:
    assert render(call("f", call("g", "a", "b"), "c"), 12) == "f(\n    g(a, b),\n    c,\n)"


def test_what_follows_a_group_counts() -> None:
    assert render(concat(call("f", "a"), " -> b"), 8) == "f(\n    a,\n) -> b"
    assert render(concat(call("f", "a"), hardline, "long line below"), 4) == "f(a)\nlong line below"


def test_a_line_end_that_stays_breaks_the_groups_around_it() -> None:
    assert render(call("f", concat("a", hardline, "b")), 80) == "f(\n    a\n    b,\n)"


def test_fill_puts_as_many_on_a_line_as_fit() -> None:
    words = [text(word) for word in ["aa", "bb", "cc", "dd", "ee"]]
    parts = [part for word in words for part in (word, line)][:-1]
    assert render(fill(parts), 8) == "aa bb cc\ndd ee"
    assert render(fill([]), 8) == ""


def test_fill_asks_only_for_the_first_line_of_a_broken_part() -> None:
    broken = hang(group("[", nest(hardline, "a"), hardline, "]"))
    assert render(fill([text("x"), line, concat("-> ", broken), line, text("-> y")]), 8) == "x -> [\n    a\n] -> y"


def test_hang_indents_by_the_line_it_begins_on() -> None:
    body = hang("{", nest(hardline, "a"), hardline, "}")
    assert render(nest("+A = B ", body), 80) == "+A = B {\n    a\n}"
    assert render(nest("+A", hardline, "= B ", body), 80) == "+A\n    = B {\n        a\n    }"


def test_trailing_texts_go_to_the_end_of_their_line() -> None:
    assert render(concat("a", trailing("  // c"), " -> b", hardline, "d"), 8) == "a -> b  // c\nd"


def test_a_fresh_line_is_no_second_one() -> None:
    assert render(concat(freshline, "a ", freshline, freshline, "b"), 8) == "a\nb"


def test_no_blank_at_the_end_of_a_line() -> None:
    assert render(nest("a ", hardline, hardline, "b")) == "a\n\n    b"


def test_texts_of_several_lines_are_left_alone() -> None:
    assert render(nest("x", hardline, "/* a\n b */", line, "y")) == "x\n    /* a\n b */\n    y"


def test_depth_is_no_matter() -> None:
    deep: Doc = empty
    for _ in range(20_000):
        deep = nest(group("(", deep, ")"), columns=0)
    assert len(render(deep, 10)) == 40_000
