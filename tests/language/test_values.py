"""Values: exact arithmetic, sequences, conditions, functions; and what has no value."""

from __future__ import annotations

import math

import pytest

from moniel2.ir.model import Operation
from tests.programs import arguments, blamed, compiled, outputs, sound, values

HOLD = "+Hold(v) {{ In -> (ReLU if v == v) -> Out }}\n{before}\nIn -> hold:Hold({value}) -> Out"


def value(written: str, before: str = "") -> str:
    return values(sound(HOLD.format(before=before, value=written)), "hold")["v"]


def fault(written: str, before: str = "") -> str:
    """The one rule that a value breaks."""
    found = blamed(HOLD.format(before=before, value=written))
    assert len(found) == 1, found
    return found[0][0]


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("12", "12"),
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("7 - 2 - 1", "4"),
        ("768 / 12", "64"),
        ("64 / 4 / 2", "8"),
        ("7 % 3", "1"),
        ("-7 % 3", "2"),
        ("2 ** 10", "1024"),
        ("2 ** 3 ** 2", "512"),
        ("-2 ** 2", "-4"),
        ("2 ** -1 * 2", "1"),
        ("- 3 + 5", "2"),
        ("--3", "3"),
        ("0.1 + 0.2", str(0.1 + 0.2)),
        ("1e-6", "1e-06"),
        ("2 * 0.5", "1.0"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("10 ** 30", str(10**30)),
        ("10 ** 30 / 10 ** 29", "10"),
        ("floor(3 / 2)", "1"),
        ("ceil(3 / 2)", "2"),
        ("floor(-3 / 2)", "-2"),
        ("ceil(-3 / 2)", "-1"),
        ("round(2.4)", "2"),
        ("round(2.6)", "3"),
        ("3 / 2 * 2", "3"),
        ("1 / 3 + 1 / 3 + 1 / 3", "1"),
        ("abs(-3)", "3"),
        ("abs(3)", "3"),
        ("min(3, 1, 2)", "1"),
        ("max(3, 1, 2)", "3"),
        ("max([3, 1, 2])", "3"),
        ("min([3, 1, 2])", "1"),
        ("sum([3, 1, 2])", "6"),
        ("sum([])", "0"),
        ("len([3, 1, 2])", "3"),
        ("len(3x1)", "2"),
        ("len([])", "0"),
        ("sqrt(16)", "4"),
        ("sqrt(2)", str(math.sqrt(2))),
        ("log(1)", "0"),
        ("log2(8)", "3"),
        ("exp(0)", "1"),
        ("log(10000)", str(math.log(10000))),
    ],
)
def test_numbers(written: str, result: str) -> None:
    found = value(written)
    assert found == result or float(found) == float(result)


@pytest.mark.parametrize(
    "written", ["12", "768 / 12", "sqrt(16)", "3 / 2 * 2", "round(2.4)", "max(3, 1)", "2 ** 10", "log2(8)", "len([1])"]
)
def test_whole_numbers_are_whole(written: str) -> None:
    """They can be a number of channels."""
    sound(f"In[B, 4] -> Linear({written}) -> Out")


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("1 < 2", True),
        ("2 <= 2", True),
        ("1 > 2", False),
        ("1 >= 2", False),
        ("1 == 1", True),
        ("1 != 1", False),
        ("4 / 2 == 2", True),
        ("2 == 2.0", True),
        ('"a" == "a"', True),
        ('"a" != "b"', True),
        ("[1, 2] == 1x2", True),
        ("(1, 2) == [1, 2]", True),
        ("[1, 2] == [2, 1]", False),
        ("none == none", True),
        ("0 == none", False),
        ("2 in [1, 2]", True),
        ("3 in [1, 2]", False),
        ("3 not in [1, 2]", True),
        ("2 in 0..3", True),
        ("3 in 0..3", False),
        ("true and false", False),
        ("true or false", True),
        ("not true", False),
        ("not 1 == 2", True),
        ("1 == 1 and 2 == 2", True),
        ("true or false and false", True),
        ("not true or true", True),
        ("GELU == GELU", True),
        ("GELU == ReLU", False),
        ("true == true", True),
        ('"same" in ["same", "valid"]', True),
        ("false and 1 / 0 == 1", False),
        ("true or 1 / 0 == 1", True),
    ],
)
def test_conditions(written: str, result: bool) -> None:
    assert value(f"1 if {written} else 0") == str(int(result))


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("[3, 4, 5][0]", "3"),
        ("[3, 4, 5][2]", "5"),
        ("[3, 4, 5][-1]", "5"),
        ("[3, 4, 5][0:2]", "[3, 4]"),
        ("[3, 4, 5][1:]", "[4, 5]"),
        ("[3, 4, 5][:1]", "[3]"),
        ("[3, 4, 5][:]", "[3, 4, 5]"),
        ("[3, 4, 5][:-1]", "[3, 4]"),
        ("[3, 4, 5][2:2]", "[]"),
        ("3x4x5[1]", "4"),
        ("[i * i for i in 0..4]", "[0, 1, 4, 9]"),
        ("[i + j for (i, j) in zip([1, 2], [10, 20])]", "[11, 22]"),
        ("[i * w for (i, w) in enumerate([5, 6])]", "[0, 6]"),
        ("[i + 10 * a + 100 * b for (i, (a, b)) in enumerate(zip([1, 2], [3, 4]))]", "[310, 421]"),
        ("[a + b * c for ((a, b), c) in [((1, 2), 3), ((4, 5), 6)]]", "[7, 34]"),
        ("[[i, j] for i in 0..2][0] if false else 1", "1"),
        ("sum([i for i in 0..101])", "5050"),
        ("[1, 2] + [3]", "[1, 2, 3]"),
        ("[0] * 3", "[0, 0, 0]"),
        ("zip([1, 2], [3, 4])", "[[1, 3], [2, 4]]"),
        ("enumerate([7, 8])", "[[0, 7], [1, 8]]"),
        ("0..4", "[0, 1, 2, 3]"),
        ("[[2 * i for i in 0..n] for n in 1..3]", "[[0], [0, 2]]"),
        ("(1,)", "[1]"),
        ("(1)", "1"),
        ("()", "[]"),
        ("[1, 2,]", "[1, 2]"),
        ("[(1, true), (2, none)]", "[[1, true], [2, none]]"),
        ("[w for w in [1, 2]][1]", "2"),
    ],
)
def test_sequences(written: str, result: str) -> None:
    assert value(written) == result


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ('"a\\"b"', 'a"b'),
        ('"a\\\\b"', "a\\b"),
        ('""', ""),
        ('"// no comment"', "// no comment"),
        ('"a\\nb"', "a\nb"),
    ],
)
def test_texts(written: str, result: str) -> None:
    assert value(written) == result


# -------------------------------------------------------------------------------------- constants


def test_constants() -> None:
    before = "a = 3\nb = 2 * a\nc = [a, b]"
    assert value("b + c[1]", before) == "12"


def test_a_constant_with_a_capital_is_a_size() -> None:
    text = "D = 8; +Up(k) { C = k * D; x:In[B, _] -> Linear(C) -> Out[B, C] }; x:In[B, D] -> Up(3) -> Linear(D) -> Out"
    assert outputs(sound(text)) == {"out": "[B, 8]"}
    assert outputs(sound(text.replace("-> Linear(D) ", ""))) == {"out": "[B, 24]"}
    assert [rule for rule, *_ in blamed("Width = 8; x:In[B, 4] -> Linear(Widht) -> Out")] == ["unknown-name"]


def test_constants_have_no_order() -> None:
    assert value("b", "b = 2 * a\na = 3") == "6"


def test_a_constant_that_needs_itself() -> None:
    found = blamed("a = b\nb = a + 1\nIn[B, 4] -> Linear(a) -> Out")
    assert len(found) == 1 and found[0][0] in ("bad-value", "cycle")


def test_a_constant_twice() -> None:
    found = blamed("a = 1\na = 2\nIn[B, 4] -> Linear(a) -> Out")
    assert len(found) == 1 and found[0][1].startswith("a")


def test_constants_of_a_block() -> None:
    model = sound("""
        +Attend(heads) {
            d = D / heads
            In[B, D] -> Linear(d) -> Out
        }
        In[B, 96] -> Attend(8) -> Out
    """)
    assert outputs(model) == {"out": "[B, 12]"}


def test_an_inner_constant_hides_an_outer_one() -> None:
    model = sound("n = 3\n+F { n = 5; In -> Linear(n) -> ReLU -> Out }\nIn[B, 2] -> F -> Linear(n) -> Out")
    assert outputs(model) == {"out": "[B, 3]"}


def test_a_loop_variable_hides_a_constant() -> None:
    model = sound("i = 7\nIn[B, 2] -> Linear(i + 1) for i in 0..3 -> Linear(i) -> Out")
    assert outputs(model) == {"out": "[B, 7]"}


def test_settings() -> None:
    text = "width = 32\nIn[B, 3] -> Linear(width) -> Out"
    assert outputs(sound(text, settings={"width": "64"})) == {"out": "[B, 64]"}
    assert outputs(
        sound("width = 32\nhalf = width / 2\nIn[B, 3] -> Linear(half) -> Out", settings={"width": "64"})
    ) == {"out": "[B, 32]"}


def test_a_setting_of_a_parameter() -> None:
    text = "+Net(width = 8) { In[B, 3] -> Linear(width) -> Out }"
    assert outputs(sound(text, settings={"width": "64"})) == {"out": "[B, 64]"}
    assert outputs(sound(text, block="Net", settings={"width": "64"})) == {"out": "[B, 64]"}
    assert outputs(sound(text, block="Net(16)")) == {"out": "[B, 16]"}


def test_a_setting_of_a_size() -> None:
    text = "x:In[B, 3, H, W] -> Conv(8, 3) -> Out"
    assert outputs(sound(text, settings={"H": "32", "W": "16"})) == {"out": "[B, 8, 30, 14]"}


def test_a_setting_that_sets_nothing() -> None:
    text = "width = 32\nIn[B, 3] -> Linear(width) -> Out"
    (diagnostic,) = compiled(text, settings={"widht": "64"}).diagnostics
    assert diagnostic.rule == "unused-setting"
    assert "width" in (diagnostic.help or "")


def test_the_shape_of_an_input() -> None:
    text = "x:In -> Conv(8, 3) -> Out"
    assert outputs(sound(text, inputs={"x": (1, 3, 32, 32)})) == {"out": "[1, 8, 30, 30]"}
    text = "x:In[B, 3, H, W] -> Conv(8, 3) -> Out"
    assert outputs(sound(text, inputs={"x": (1, 3, 32, 32)})) == {"out": "[1, 8, 30, 30]"}


def test_the_shape_of_an_input_that_says_otherwise() -> None:
    found = compiled("x:In[B, 3, H, W] -> Conv(8, 3) -> Out", inputs={"x": (1, 4, 32, 32)}).diagnostics
    assert len(found) == 1


def test_the_shape_of_an_input_that_isn_t_there() -> None:
    found = compiled("x:In[B, 3, H, W] -> Conv(8, 3) -> Out", inputs={"y": (1, 3, 32, 32)}).diagnostics
    assert [d.rule for d in found] == ["unused-setting"]


# ----------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("1 / 0", "bad-value"),
        ("1 % 0", "bad-value"),
        ("[1, 2][2]", "bad-value"),
        ("[1, 2][-3]", "bad-value"),
        ('"a" + 1', "bad-value"),
        ("1 < none", "bad-value"),
        ("len(3)", "bad-value"),
        ("max([])", "bad-value"),
        ("sqrt(-1)", "bad-value"),
        ("log(0)", "bad-value"),
        ("nothing", "unknown-name"),
        ("heads", "unknown-name"),
        ("[1, 2][0.5]", "not-whole"),
        ("[i for i in 3]", "bad-value"),
        ("[i for (i, j) in [1, 2]]", "bad-value"),
        ("[i for (i, (j, k)) in enumerate([1, 2])]", "bad-value"),
        ("10 ** 10 ** 10", "limit"),
        ("2 ** 5000", "limit"),
        ("-[1]", "bad-value"),
        ("not 3 + none", "bad-value"),
    ],
)
def test_what_has_no_value(written: str, rule: str) -> None:
    assert fault(written) == rule


def test_a_fraction_where_a_whole_number_is_needed() -> None:
    (diagnostic,) = compiled("In[B, 3] -> Linear(3 / 2) -> Out").diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("not-whole", "3 / 2")
    assert "floor(3 / 2)" in (diagnostic.help or "")


def test_a_fraction_by_way_of_a_constant() -> None:
    (diagnostic,) = compiled("width = 100\nd = width / 8\nIn[B, 3] -> Linear(d) -> Out").diagnostics
    assert diagnostic.rule == "not-whole"
    assert diagnostic.span.text in ("d", "width / 8")


def test_a_width_that_its_heads_don_t_divide() -> None:
    text = "+Heads(heads) { d = D / heads; In[B, D] -> Linear(d) -> Out }\nIn[B, 100] -> Heads(8) -> Out"
    found = blamed(text)
    assert len(found) == 1 and found[0][0] in ("not-whole", "cannot-divide")


def test_a_float_where_a_whole_number_is_needed() -> None:
    assert blamed("In[B, 3] -> Linear(2.5) -> Out") == [("not-whole", "2.5")]


def test_an_unknown_name_has_the_nearest_spelling() -> None:
    (diagnostic,) = compiled("+F(width) { In[B, C] -> Linear(widht) -> Out }\nIn[B, 8] -> F(16) -> Out").diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("unknown-name", "widht")
    assert "width" in (diagnostic.help or "")


def test_one_name_that_is_unknown_is_reported_once() -> None:
    """What follows from it stays silent."""
    assert blamed("In[B, C] -> Linear(n) -> Linear(C) -> Out") == [("unknown-name", "n")]


def test_no_host_code_runs() -> None:
    for name in ("__import__", "eval", "open", "exec", "print", "getattr"):
        assert [d.rule for d in compiled(f'In[B, 4] -> Linear({name}("os")) -> Out').diagnostics] != []


def test_wrong_kinds_of_arguments() -> None:
    assert blamed('In[B, 64] -> Linear(10, bias = "no") -> Out') == [("wrong-argument", '"no"')]
    assert blamed('In[B, 3, 8, 8] -> Conv(8, "three") -> Out') == [("wrong-argument", '"three"')]
    assert blamed("In[B, 64] -> Linear(-3) -> Out") == [("wrong-argument", "-3")]
    assert blamed("In[B, 64] -> Dropout(1.5) -> Out") == [("wrong-argument", "1.5")]
    assert blamed("In[B, 64] -> Linear(true) -> Out") == [("wrong-argument", "true")]


def test_arguments_are_kept_in_the_order_of_the_declaration() -> None:
    model = sound("In[B, 3, 8, 8] -> Conv(8, stride = 2, kernel = 3) -> Out")
    assert list(arguments(model, "conv")) == ["channels", "kernel", "stride"]


def test_a_power_that_is_no_real_number() -> None:
    text = "k = (-2) ** 0.5\nIn[B, 3] -> Mul(k) -> Out"
    assert blamed(text) == [("bad-value", "(-2) ** 0.5")]
    assert blamed(text.replace("(-2)", "(-8.0)")) == [("bad-value", "(-8.0) ** 0.5")]


def test_a_constant_has_the_value_of_the_branch_that_is_taken() -> None:
    text = """
        +F(deep) {
            x:In[B, D]
            if deep { n = 4; x -> Linear(n) -> y } else { n = 7; x -> Linear(n) -> y }
            y -> Linear(n) -> Out
        }
        x:In[B, 3] -> F(true) -> a:Out
        x -> F(false) -> b:Out
    """
    assert outputs(sound(text)) == {"a": "[B, 4]", "b": "[B, 7]"}
    top = "deep = {}\nif deep {{ n = 4 }} else {{ n = 7 }}\nx:In[B, 3] -> Linear(n) -> Out"
    assert outputs(sound(top.format("true"))) == {"out": "[B, 4]"}
    assert outputs(sound(top.format("false"))) == {"out": "[B, 7]"}


def test_an_argument_that_takes_all_that_follow_keeps_them_all() -> None:
    for written in ("Permute(0, 3, 1, 2)", "Permute((0, 3, 1, 2))", "Permute(axes = [0, 3, 1, 2])"):
        (node,) = sound(f"x:In[B, 8, 9, 3] -> {written} -> Out").root.nodes
        assert isinstance(node.what, Operation)
        assert node.what.arguments == (("axes", (0, 3, 1, 2)),)


@pytest.mark.parametrize(("written", "mend"), [("1e1", "write 10"), ("12.0", "write 12"), ("2.5", "write 2 or 3")])
def test_a_whole_number_is_written_without_a_fraction(written: str, mend: str) -> None:
    (diagnostic,) = compiled(f"x:In[B, 8] -> Linear({written}) -> Out").diagnostics
    assert (diagnostic.rule, diagnostic.span.text, diagnostic.help) == ("not-whole", written, mend)
