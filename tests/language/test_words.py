"""Words, comments, line ends: what of a text means something and what doesn't."""

from __future__ import annotations

import pytest

from tests.programs import arguments, blamed, chain, drawn, graph, node_at, operations, outputs, sound

LINE = chain("in", "conv", "relu", "out")


def test_letters_of_any_script() -> None:
    model = sound("größe:In[B, 8] -> линейный:Linear(4) -> 出力; 出力 -> été:Out")
    assert graph(model) == chain("größe", "линейный", "été")


def test_a_type_in_another_script() -> None:
    model = sound("In[B, 8] -> Слой -> Out\n+Слой = Linear(2)")
    assert graph(model) == chain("in", "слой", "out")


def test_a_size_comes_before_a_type_in_a_value() -> None:
    model = sound("In[B, GELU] -> Linear(GELU) -> Out")
    assert outputs(model) == {"out": "[B, GELU]"}


def test_a_type_as_a_value() -> None:
    model = sound("+Then(Act) = Linear(4) -> Act\nIn[B, 2] -> Then(GELU) -> Out")
    assert operations(model) == {"in": "Input", "then/linear": "Linear", "then/act": "GELU", "out": "Output"}


def test_one_word_in_both_spaces() -> None:
    text = """
        +Gate(scale) { In[B, C] -> Mul(scale) -> scale -> Sigmoid -> Out }
        In[B, 8] -> Gate(2) -> Out
    """
    assert blamed(text) == [("name-in-both-spaces", "scale")]
    assert outputs(drawn(text)) == {"out": "[B, 8]"}


def test_the_spaces_don_t_meet() -> None:
    """A wire and a constant of one name: each place reads its own."""
    model = drawn("h = 4\nIn[B, 8] -> Linear(h) -> h -> ReLU -> Out")
    assert graph(model) == chain("in", "linear", "relu", "out")
    assert outputs(model) == {"out": "[B, 4]"}


def test_one_word_in_two_blocks_is_fine() -> None:
    sound("+Gate(scale) = Mul(scale)\nIn[B, 8] -> Gate(2) -> scale -> Sigmoid -> Out")


# --------------------------------------------------------------------------------------- comments


@pytest.mark.parametrize(
    "text",
    [
        "In -> Conv -> ReLU -> Out // the end",
        "In -> /* of all things */ Conv -> ReLU -> Out",
        "/* before */ In -> Conv -> ReLU -> Out",
        "// In -> Linear -> Out\nIn -> Conv -> ReLU -> Out",
        "In -> Conv -> /* over\n two lines */ ReLU -> Out",
        "In -> Conv\n// between the lines\n-> ReLU -> Out",
        "In -> Conv ->\n// between the lines\n\n/* and more */\nReLU -> Out",
        "/* // */ In -> Conv -> ReLU -> Out",
        "// /*\nIn -> Conv -> ReLU -> Out // */",
        "In -> Conv -> ReLU -> Out //",
        "In -> Conv -> ReLU -> Out /**/",
    ],
)
def test_comments(text: str) -> None:
    assert graph(sound(text)) == LINE


def test_doc_comments() -> None:
    model = sound("""
        /// Two
        /// lines.
        +Head {
            /// What comes in.
            x:In -> act:ReLU -> Out
        }
        // of no use
        /// The head of it all.
        In -> head:Head -> Out
    """)
    head = node_at(model, "head")
    assert head.doc == "The head of it all."
    assert head.what.doc == "Two\nlines."  # type: ignore[union-attr]
    assert node_at(model, "head/act").doc == "What comes in."


# -------------------------------------------------------------------------------------- line ends


@pytest.mark.parametrize(
    "text",
    [
        "In -> Conv -> ReLU -> Out",
        "In -> Conv -> ReLU -> Out\n",
        "\n\n  In -> Conv -> ReLU -> Out\n\n\n",
        "In -> Conv -> a; a -> ReLU -> Out",
        "In -> Conv -> a;\na -> ReLU -> Out;",
        ";;In -> Conv -> a;;\n;a -> ReLU -> Out;",
        "In -> Conv -> a\na -> ReLU -> Out",
        "In ->\nConv ->\n\nReLU ->\nOut",
        "In\n-> Conv\n-> ReLU\n-> Out",
        "In\n\n\n-> Conv\n\n-> ReLU -> Out",
        "In -> Conv\r\n-> a\r\na -> ReLU -> Out\r\n",
        "In -> [\nConv\n] -> ReLU -> Out",
        "In -> (\nConv\n->\nReLU\n) -> Out",
        "In -> Conv(\n) -> ReLU -> Out",
        "\ufeffIn -> Conv -> ReLU -> Out",
        "\tIn->Conv->ReLU->Out\t",
    ],
)
def test_where_a_statement_ends(text: str) -> None:
    assert graph(sound(text)) == LINE


@pytest.mark.parametrize(
    "text",
    [
        "n =\n6",
        "n\n= 6",
        "n = 2 *\n3",
        "n = 2\n= 6".replace("\n= 6", " * 3"),
        "n = 8 -\n\n2",
        "n = sum([\n1,\n2,\n3\n])",
        "n = (\n2\n*\n3\n)",
        "n = 6 if true\nelse 5",
        "n = 5 if not\ntrue else 6",
        "n = max(1,\n6)",
    ],
)
def test_a_value_over_lines(text: str) -> None:
    model = sound(text + "\nIn[B, 4] -> Linear(n) -> Out")
    assert arguments(model, "linear") == {"size": "6"}


def test_a_definition_over_lines() -> None:
    model = sound("""
        +Act
        = ReLU
        +Layer(
            n,
        )
        {
            In -> Linear(n) -> Act -> Out
        }
        In[B, 4] -> Layer(2) -> Out
    """)
    assert graph(model) == chain("in", "layer/linear", "layer/act", "out")


def test_an_else_on_a_line_of_its_own() -> None:
    model = sound("""
        deep = false
        In[B, 4] -> x
        if deep {
            x -> Tanh -> y
        }
        else {
            x -> ReLU -> y
        }
        y -> (Sigmoid if deep
              else Softmax) -> Out
    """)
    assert graph(model) == chain("in", "relu", "softmax", "out")


def test_two_chains_on_one_line() -> None:
    text = "x:In -> ReLU -> y y -> Tanh -> Out"
    assert blamed(text) == [("missing-arrow", "y")]
    assert graph(drawn(text)) == chain("x", "relu", "tanh", "out")


# --------------------------------------------------------------------------------------- keywords


KEYWORDS = ["if", "else", "for", "in", "import", "from", "as", "and", "or", "not", "true", "false", "none"]
BEGINNING = [w for w in KEYWORDS if w not in ("if", "else", "import", "from")]


@pytest.mark.parametrize("word", KEYWORDS)
def test_a_keyword_is_a_name_where_none_can_stand(word: str) -> None:
    assert graph(sound(f"x:In -> {word}:ReLU -> Out")) == chain("x", word, "out")
    assert graph(sound(f"{word}:Input -> ReLU -> Out")) == chain(word, "relu", "out")
    assert graph(sound(f"x:In -> ReLU -> {word} -> Tanh -> Out")) == chain("x", "relu", "tanh", "out")
    assert graph(sound(f"x:In -> {word}:ReLU; [{word}, {word}] -> Add -> Out"))["add"] == [word, word]
    tapped = sound(f"x:In -> {word}:{{ y:ReLU -> Tanh }}; [x, {word}/y] -> Add -> Out")
    assert graph(tapped)["add"] == ["x", f"{word}/y"]


@pytest.mark.parametrize("word", BEGINNING)
def test_a_statement_may_begin_with_a_keyword_as_a_name(word: str) -> None:
    assert graph(sound(f"{word}:Input\n{word} -> ReLU -> Out")) == chain(word, "relu", "out")
    assert graph(sound(f"x:In -> ReLU -> {word}\n{word} -> Tanh -> Out")) == chain("x", "relu", "tanh", "out")


def test_a_parameter_may_have_a_keyword_s_name() -> None:
    model = sound("+Unit(in = 3) = Linear(5)\nIn[B, 4] -> Unit(in = 2) -> Out".replace("Linear(5)", "Linear(in)"))
    assert outputs(model) == {"out": "[B, 2]"}
