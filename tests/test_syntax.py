"""Reading a text: what its tree is, and what is said of one that has none."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from moniel2.diagnostics.diagnostic import Diagnostic
from moniel2.diagnostics.rules import rules
from moniel2.limits import MAX_TEXT
from moniel2.source import Source
from moniel2.syntax import tree
from moniel2.syntax.node import Node
from moniel2.syntax.parse import parse
from moniel2.syntax.tables import grammar_text, shipped_tables_are_current
from tests.annotations import Section, cases, check, sections

HERE = Path(__file__).parent


def problems(source: Source, options: Sequence[str]) -> tuple[Diagnostic, ...]:
    return parse(source)[1]


@pytest.mark.parametrize("section", cases(HERE / "diagnostics" / "syntax.nn"))
def test_mistakes(section: Section, update: bool) -> None:
    check(section, problems, update)


def test_every_rule_is_provoked() -> None:
    provoked = {p.rule for s in sections(HERE / "diagnostics" / "syntax.nn") for p in parse(s.source)[1]}
    declared = {rule.slug for rule in rules().values() if rule.code.startswith(("E01", "W094"))}
    assert provoked == declared


@pytest.mark.parametrize("slug", [rule.slug for rule in rules().values() if rule.code.startswith(("E01", "W094"))])
def test_the_page_of_a_rule_shows_it(slug: str) -> None:
    rule = rules()[slug]
    assert [p.rule for p in parse(Source("a.nn", rule.example))[1]] == [slug]
    assert parse(Source("a.nn", rule.mended))[1] == ()


# ------------------------------------------------------------------------------------ trees


def read(text: str) -> tree.File:
    file, found = parse(Source("a.nn", text))
    assert found == ()
    return file


def item(text: str) -> Any:
    """The only item of the only chain."""
    (flow,) = read(text).body.statements
    assert isinstance(flow, tree.Flow)
    (only,) = flow.chain.items
    return only


def value(text: str) -> Any:
    (constant,) = read(f"a = {text}").body.statements
    assert isinstance(constant, tree.Constant)
    return constant.value


def shown(node: Any) -> str:
    """A tree in the form of a call: short enough to compare by eye."""
    match node:
        case tuple():
            return "[" + ", ".join(map(shown, node)) + "]"
        case Node():
            parts = [getattr(node, name) for name in node.__dataclass_fields__]  # type: ignore[attr-defined]
            kept = [
                shown(p)
                for p in parts
                if p is not None and p is not False and p not in ((), "") and "Span" not in type(p).__name__
            ]
            return type(node).__name__ + (f"({', '.join(kept)})" if kept else "")
        case _:
            return repr(node) if isinstance(node, str) else str(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Conv", "Instance(TypeName('Conv'))"),
        ("In?[B]", "Instance(TypeName('In'), Dims([Name('B')]), True)"),
        ("m:r.Conv", "Instance(Id('m'), TypeName('Conv', 'r'))"),
        ("0:BN", "Instance(Id('0'), TypeName('BN'))"),
        ("h", "Reference(['h'])"),
        ("_", "Reference(['_'])"),
        ("a/3/b", "Reference(['a', 3, 'b'])"),
        ("a/(3 - i)", "Reference(['a', Binary('-', Number(3), Name('i'))])"),
        ("enc()", "Apply(Reference(['enc']), Arguments)"),
        ("e:enc(1)", "Apply(Id('e'), Reference(['enc']), Arguments([Argument(Number(1))]))"),
        ("-1", "Operand(-1)"),
        ("0.5", "Operand(0.5)"),
        ("{A}", "Braces(Body([Flow(Chain([Instance(TypeName('A'))]))]))"),
        ("a:(b)[]", "Group(Id('a'), Chain([Reference(['b'])]), Dims)"),
        ("[k = a, b]", "ListItem([Element(Id('k'), Chain([Reference(['a'])])), Element(Chain([Reference(['b'])]))])"),
        ("a * 2", "Repeat(Reference(['a']), Number(2))"),
        ("a * n[0]", "Repeat(Reference(['a']), Index(Name('n'), Number(0)))"),
        ("a for i in 0..2", "Series(Reference(['a']), For(['i'], Range(Number(0), Number(2))))"),
        ("a if b", "Choice(Reference(['a']), Name('b'))"),
        ("A {}", "Instance(TypeName('A'), Body)"),
    ],
)
def test_items(text: str, expected: str) -> None:
    assert shown(item(text)) == expected


def test_in_chains_a_repeat_binds_before_a_choice_before_a_loop() -> None:
    found = item("A * 2 if b else C * n for i in r")
    assert isinstance(found, tree.Series)
    assert isinstance(found.item, tree.Choice)
    assert isinstance(found.item.item, tree.Repeat)
    assert isinstance(found.item.otherwise, tree.Repeat)


def test_a_loop_repeats_one_item_of_a_chain_and_all_of_an_element() -> None:
    (flow,) = read("A -> B for i in r -> C").body.statements
    assert isinstance(flow, tree.Flow)
    assert [type(i).__name__ for i in flow.chain.items] == ["Instance", "Series", "Instance"]
    (element,) = item("[A -> B for i in r]").elements
    assert len(element.chain.items) == 2
    assert element.comprehension is not None


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("2 ** 3 ** 4", "2 ** (3 ** 4)"),
        ("-2 ** 2", "-(2 ** 2)"),
        ("2 ** -1", "2 ** (-1)"),
        ("0..a + 1", "0..(a + 1)"),
        ("x in 0..4", "x in (0..4)"),
        ("not a == b", "not (a == b)"),
        ("not a in b and c or d", "((not (a in b)) and c) or d"),
        ("a if b else c if d else e", "a if b else (c if d else e)"),
        ("a.b(1)[2].c", "(((a.b)(1))[2]).c"),
        ("-a % b", "(-a) % b"),
    ],
)
def test_precedence_of_values(text: str, grouped: str) -> None:
    assert value(text) == value(grouped)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", "Number(12)"),
        ("1e-6", "Number(1e-06)"),
        (r'"a\"\\\n\t→"', r"""Text('a"\\\n\t→')"""),
        ("none", "Word"),
        ("1x7x2", "Sequence([Number(1), Number(7), Number(2)], 'x')"),
        ("(1,)", "Sequence([Number(1)], '(')"),
        ("[1, 2,]", "Sequence([Number(1), Number(2)], '[')"),
        (
            "[f(i) for (i, j) in r]",
            "Comprehension(Call(Name('f'), Arguments([Argument(Name('i'))])), ['i', 'j'], Name('r'))",
        ),
        ("[i for (i, (j, k)) in r]", "Comprehension(Name('i'), ['i', ['j', 'k']], Name('r'))"),
        ("a[1:]", "Slice(Name('a'), Number(1))"),
        ("a[:n]", "Slice(Name('a'), Name('n'))"),
        ("a not in b", "Binary('not in', Name('a'), Name('b'))"),
        (
            "R(Act = {})",
            "Call(Name('R'), Arguments([Argument('Act', BlockValue(Body))]))",
        ),
        ("_", "Wildcard"),
    ],
)
def test_values(text: str, expected: str) -> None:
    assert shown(value(text)) == expected


def test_sequences_are_one_value_however_written() -> None:
    assert value("[1, 7]") == value("(1, 7)") == value("1x7")


def test_definitions() -> None:
    text = "+A\n+B(C, n = 2, Act = GELU) { In -> Out }\n+D = E -> F\n"
    a, b, d = read(text).body.statements
    assert isinstance(a, tree.Definition) and isinstance(b, tree.Definition) and isinstance(d, tree.Definition)
    assert (a.name, a.body, a.chain) == ("A", None, None)
    assert [p.name for p in b.parameters] == ["C", "n", "Act"]
    assert b.body is not None and b.name_span.text == "B" and b.span.text.startswith("+B")
    assert d.chain is not None and len(d.chain.items) == 2


def test_an_extern_is_a_chain_with_a_trailing_body() -> None:
    (found,) = read('+RoPE(b = 1) = Extern("m.RoPE", base = b) { x:In -> Out }').body.statements
    assert isinstance(found, tree.Definition) and found.chain is not None
    (extern,) = found.chain.items
    assert isinstance(extern, tree.Instance) and extern.trailing is not None and extern.arguments is not None


def test_imports() -> None:
    a, b, c = read('import "x/y.nn" as r\nimport std.vision\nfrom std.vision import SE as S, B').body.statements
    assert a == tree.Import("x/y.nn", False, "r", span=a.span, path_span=a.span)
    assert isinstance(b, tree.Import) and (b.path, b.dotted, b.path_span.text) == ("std.vision", True, "std.vision")
    assert isinstance(c, tree.FromImport) and [(n.name, n.alias) for n in c.names] == [("SE", "S"), ("B", None)]


def test_choices_of_statements() -> None:
    (found,) = read("if a { x -> y }\nelse if b { x -> z } else { x -> w }").body.statements
    assert isinstance(found, tree.If) and isinstance(found.otherwise, tree.If)
    assert isinstance(found.otherwise.otherwise, tree.Body)


# ----------------------------------------------------------------------- lines and comments


@pytest.mark.parametrize(
    "text",
    [
        "x -> y\n-> z",
        "x ->\ny ->\n\nz",
        "x // c\n\n// d\n-> y /* e\n e */ -> z",
        "x\r\n-> y\r\n-> z\r\n",
        "x -> y -> z;",
        "\ufeffx -> y -> z",
        "x\t->\u00a0y -> z",
    ],
)
def test_a_chain_over_lines(text: str) -> None:
    assert read(text) == read("x -> y -> z")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a\n= 1\n+ A", "a = 1\n+A"),
        ("a = 1 +\n2", "a = 1 + 2"),
        ("a = f(1\n,\n2\n)", "a = f(1, 2)"),
        ("a = x if y\nelse z", "a = x if y else z"),
        ("+A(b)\n{ In }", "+A(b) { In }"),
        ("+A\n= B", "+A = B"),
        ("A\n{ In }", "A; { In }"),
        ("x -> f\n[a, b] -> c", "x -> f; [a, b] -> c"),
        ("f({ a\nb })", "f({ a; b })"),
        ("{ a; ; b; }", "{\na\n\nb\n}"),
        ("not\na", "not\n a"),
        ("a:\nConv", "a:Conv"),
        ("if a\n{ x }\nelse\n{ y }", "if a { x } else { y }"),
    ],
)
def test_where_statements_end(text: str, same: str) -> None:
    assert parse(Source("a.nn", text))[0] == parse(Source("a.nn", same))[0]


@pytest.mark.parametrize(
    "text",
    [
        "in:Input -> out:Output",
        "[in, w] -> Add -> if",
        "if:Conv\nelse:Conv\nfor:Conv\nimport:Conv\nfrom -> to",
        "in = 3\nfor = in\nas = not in",
        "x -> Conv(in = 3, from = none, not = true)",
        "+Block(in, if = 1) { In -> Out }",
        "layer/in -> y\nlayer/else -> z",
        "a = 1\nin = 2",
        "x -> (A if true) -> B",
    ],
)
def test_keywords_are_names_where_no_keyword_can_stand(text: str) -> None:
    read(text)


def test_docs() -> None:
    text = """\
/// The file.
/// It has two lines.

/// Of A.
@label("a")
+A {
    /// Of a chain.
    In -> Out
}
/// Of a constant.
a = 1
"""
    file = read(text)
    assert file.body.doc == "The file.\nIt has two lines."
    a, constant = file.body.statements
    assert isinstance(a, tree.Definition) and isinstance(constant, tree.Constant)
    assert (a.doc, constant.doc) == ("Of A.", "Of a constant.")
    assert a.presentation[0].name == "label"
    assert a.body is not None
    (chain,) = a.body.statements
    assert isinstance(chain, tree.Flow) and chain.doc == "Of a chain."
    assert len(file.comments) == 5


def test_a_doc_comment_on_the_first_statement_is_not_the_files() -> None:
    file = read("// c\n/// Of A.\n+A\n\n/// Of B.\n+B")
    assert file.body.doc == ""
    assert [s.doc for s in file.body.statements if isinstance(s, tree.Definition)] == ["Of A.", "Of B."]


def test_names_are_compared_as_they_are_read() -> None:
    assert item("e\u0301:Conv") == item("\u00e9:Conv")


# ------------------------------------------------------------------------ after a mistake


def test_a_mistake_costs_its_statement_only() -> None:
    text = "+A(x y) {\n    In -> -> a\n    a -> ) -> Out\n    a -> Out\n}\n+B = C -> * -> D\nx -> y\n+E { In -> Out }"
    file, found = parse(Source("a.nn", text))
    assert len(found) == 4
    names = [getattr(s, "name", "chain") for s in file.body.statements]
    assert names == ["A", "B", "chain", "E"]
    a = file.body.statements[0]
    assert isinstance(a, tree.Definition) and a.body is not None
    assert len(a.body.statements) == 2


def test_limits() -> None:
    _, (problem,) = parse(Source("a.nn", "{" * 1001 + "A" + "}" * 1001))
    assert problem.rule == "limit"
    _, (problem,) = parse(Source("a.nn", "x" * (MAX_TEXT + 1)))
    assert problem.rule == "limit"
    _, (problem,) = parse(Source("a.nn", "a = 1" + "0" * 5000))
    assert problem.rule == "limit"
    assert parse(Source("a.nn", "a = 1" + "0" * 1000))[1] == ()
    _, (problem,) = parse(Source("a.nn", "a = 1" + " + 1" * 20_000))
    assert problem.rule == "limit"


@pytest.mark.parametrize(
    "text",
    [
        "x" + " -> Conv(3)" * 5000,
        "{" * 500 + "A" + "}" * 500,
        "x -> " + "(" * 500 + "A" + ")" * 500,
        "a = " + "[" * 500 + "]" * 500,
        "a = 1" + " + 1" * 2000,
        "[" + "a, " * 5000 + "]",
    ],
    ids=["chain", "blocks", "groups", "lists", "sum", "elements"],
)
def test_size_is_no_matter(text: str) -> None:
    assert read(text) == read(text)


# ---------------------------------------------------------------------------------- grammar


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    from lark import Lark, logger

    logger.setLevel(logging.DEBUG)
    Lark(grammar_text(), parser="lalr", lexer="basic", start="file", debug=True)
    assert "conflict" not in caplog.text.lower()


def test_the_tables_are_those_of_the_grammar() -> None:
    """If this fails: ``python -m moniel2.syntax.tables``."""
    assert shipped_tables_are_current()


def test_the_grammar_knows_no_operation() -> None:
    from moniel2.ops.catalog import catalog

    words = set(grammar_text().replace('"', " ").split())
    assert not words & set(catalog())
