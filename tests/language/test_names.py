"""Names of types and of arguments: exact, then an alias, then Moniel's acronym; inner scopes before outer ones."""

from __future__ import annotations

import pytest

from moniel2.semantics.elsewhere import NAMES
from tests.programs import arguments, blamed, compiled, graph, node_at, operations, outputs, parameters, sound


def op_of(written: str, definitions: str = "") -> str:
    """The operation, or the definition, that a type stands for."""
    node = node_at(sound(f"{definitions}\nnode:{written}"), "node")
    return node.what.name


# ------------------------------------------------------------------------------------------ passes


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Conv", "Conv"),
        ("ReLU", "ReLU"),
        ("BN", "BatchNorm"),
        ("LN", "LayerNorm"),
        ("FC", "Linear"),
        ("MHA", "MultiHeadAttention"),
        ("Conv2d", "Conv"),
        ("BatchNorm2d", "BatchNorm"),
        ("Dense", "Linear"),
        ("MaxPool2d", "MaxPool"),
        ("LocRespNorm", "LocalResponseNorm"),
        ("LRN", "LocalResponseNorm"),
        ("LocalResponseNormalization", "LocalResponseNorm"),
        ("MaxPool", "MaxPool"),
        ("MP", "MaxPool"),
        ("MaxPooling", "MaxPool"),
        ("Sigm", "Sigmoid"),
        ("Convo", "Conv"),
        ("RandN", "RandomNormal"),
        ("RLU", "ReLU"),
        ("DP", "DotProduct"),
        ("Attention", "MultiHeadAttention"),
    ],
)
def test_what_a_name_stands_for(written: str, name: str) -> None:
    assert op_of(written) == name


def test_an_exact_name_comes_first() -> None:
    assert op_of("MP", "+MP { In -> Linear(1) -> ReLU -> Out }") == "MP"
    assert op_of("Conv", "+Conv { In -> Linear(1) -> ReLU -> Out }").startswith("Conv")
    model = sound("+Conv { In -> Linear(1) -> ReLU -> Out }\nx:In[B, 2] -> Conv -> Out")
    assert graph(model)["out"] == ["conv/relu"]


def test_an_alias_comes_before_an_acronym() -> None:
    """``BN`` is an alias of an operation; ``BigNet`` would only have it for an acronym."""
    assert op_of("BN", "+BigNet { In -> Linear(1) -> ReLU -> Out }") == "BatchNorm"


def test_an_exact_name_comes_before_an_alias() -> None:
    assert op_of("BN", "+BN { In -> Linear(1) -> ReLU -> Out }") == "BN"


def test_inception_does_not_steal_in() -> None:
    model = sound("+Inception { In -> ReLU -> Tanh -> Out }\nx:In -> Inception -> Out")
    assert graph(model)["inception/relu"] == ["x"]


def test_an_acronym_of_a_definition() -> None:
    assert op_of("IM", "+InceptionModule { In -> ReLU -> Tanh -> Out }") == "InceptionModule"
    assert op_of("IncMod", "+InceptionModule { In -> ReLU -> Tanh -> Out }") == "InceptionModule"
    assert op_of("B5", "+Block4 { In -> ReLU -> Tanh -> Out }\n+Block5 { In -> ReLU -> Tanh -> Out }") == "Block5"


@pytest.mark.parametrize("written", ["IMo2", "InceptionModules", "Im", "InceptionM0", "IMM"])
def test_no_acronym(written: str) -> None:
    """The same number of parts, each a prefix, capitals and small letters told apart."""
    text = f"+InceptionModule {{ In -> ReLU -> Tanh -> Out }}\nx:In -> {written} -> Out"
    assert [rule for rule, _ in blamed(text)] == ["unknown-type"]


def test_inner_definitions_come_first() -> None:
    model = sound("""
        +Layer { In -> ReLU -> Tanh -> Out }
        +Outer {
            +Layer { In -> Sigmoid -> Tanh -> Out }
            In -> Layer -> Out
        }
        x:In -> Outer -> Layer -> Out
    """)
    assert graph(model)["outer/layer/sigmoid"] == ["x"]
    assert graph(model)["layer/relu"] == ["outer/layer/tanh"]


def test_each_pass_goes_over_all_scopes() -> None:
    """An exact name outside comes before an acronym inside."""
    model = sound("""
        +IM { In -> ReLU -> Tanh -> Out }
        +Outer {
            +InceptionModule { In -> Sigmoid -> Tanh -> Out }
            In -> IM -> InceptionModule -> Out
        }
        x:In -> Outer -> Out
    """)
    assert graph(model)["outer/im/relu"] == ["x"]


def test_definitions_don_t_leak() -> None:
    text = """
        +Outer {
            +Hidden { In -> ReLU -> Tanh -> Out }
            In -> Hidden -> Out
        }
        x:In -> Outer -> Hidden -> Out
    """
    assert blamed(text) == [("unknown-type", "Hidden")]


def test_several_acronyms_are_an_error_that_lists_them() -> None:
    text = """
        +GatedUnit { In -> Linear(8) -> Sigmoid -> Out }
        +GlobalUnit { In -> Linear(8) -> Tanh -> Out }
        In[B, 4] -> GU -> Out
    """
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("ambiguous-name", "GU")
    everything = diagnostic.message + diagnostic.label + (diagnostic.help or "")
    assert "GatedUnit" in everything and "GlobalUnit" in everything


def test_an_unknown_type_is_kept_and_drawn() -> None:
    text = "x:In[B, 3, 8, 8] -> Convv(8, 3) -> ReLU -> Out"
    found = compiled(text)
    (diagnostic,) = found.diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("unknown-type", "Convv")
    assert "Conv" in (diagnostic.help or "")
    assert found.model is not None
    assert operations(found.model) == {"x": "Input", "convv": "Convv", "relu": "ReLU", "out": "Output"}


def test_each_unknown_type_is_reported_once() -> None:
    text = "x:In -> Foo -> ReLU -> Bar -> Foo -> Out"
    found = compiled(text).diagnostics
    assert [(d.rule, d.span.text) for d in found] == [("unknown-type", "Foo"), ("unknown-type", "Bar")]
    (again,) = found[0].related
    assert again.message == "and here" and again.span is not None and again.span.start == text.rindex("Foo")


def test_moniel_s_names_come_before_later_ones() -> None:
    """``AP`` is Moniel's ``AveragePooling``, whatever else begins so."""
    assert op_of("AP") == "AvgPool"
    assert op_of("Max") == "Max"
    assert op_of("DP") == "DotProduct"


def test_a_name_that_is_imported_has_no_acronyms() -> None:
    files = {"blocks.nn": "+InceptionModule { In -> ReLU -> Tanh -> Out }"}
    sound('from "blocks.nn" import InceptionModule\nx:In -> InceptionModule -> Out', files)
    text = 'from "blocks.nn" import InceptionModule\nx:In -> IncepM -> InceptionModule -> Out'
    assert blamed(text, files) == [("unknown-type", "IncepM")]


# -------------------------------------------------------------------------------- names of arguments


@pytest.mark.parametrize(
    "written",
    ["kernel = 3", "k = 3", "kern = 3", "kS = 3", "kernelSize = 3", "kernel_size = 3", "kSize = 3", "k_size = 3"],
)
def test_arguments_are_found_like_types(written: str) -> None:
    assert arguments(sound(f"In[B, 1, 8, 8] -> Conv(4, {written}) -> Out"), "conv")["kernel"] == "3"


@pytest.mark.parametrize(
    "written", ["inner_width = 5", "innerWidth = 5", "iW = 5", "i_w = 5", "innerW = 5", "inWid = 5"]
)
def test_parameters_are_found_like_types(written: str) -> None:
    model = sound(f"+Unit(inner_width) = Linear(inner_width) -> ReLU\nIn[B, 4] -> Unit({written}) -> Out")
    assert outputs(model) == {"out": "[B, 5]"}


def test_parameters_in_camel_case() -> None:
    model = sound("+Unit(innerWidth) = Linear(innerWidth) -> ReLU\nIn[B, 4] -> Unit(inner_width = 5) -> Out")
    assert outputs(model) == {"out": "[B, 5]"}


def test_an_exact_argument_comes_first() -> None:
    model = sound("+Unit(width = 3, w = 4) = Linear(width) -> Linear(w)\nIn[B, 4] -> Unit(w = 5) -> Out")
    assert outputs(model) == {"out": "[B, 5]"}
    assert outputs(sound("+Unit(width = 3, w = 4) = Linear(w) -> Linear(width)\nIn[B, 4] -> Unit(w = 5) -> Out")) == {
        "out": "[B, 3]"
    }


def test_an_ambiguous_argument() -> None:
    text = "+Unit(width = 3, weight = 4) = Linear(width) -> Linear(weight)\nIn[B, 4] -> Unit(w = 5) -> Out"
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("ambiguous-name", "w")
    everything = diagnostic.message + diagnostic.label + (diagnostic.help or "")
    assert "width" in everything and "weight" in everything


def test_an_unknown_argument() -> None:
    (diagnostic,) = compiled("In[B, 3, 32, 32] -> Conv(16, 3, strde = 2) -> Out").diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("unknown-argument", "strde")
    assert "stride" in (diagnostic.help or "")


def test_an_unknown_parameter() -> None:
    text = "+Head(classes = 3) = Linear(classes) -> ReLU\nIn[B, 4] -> Head(clases = 5) -> Out"
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("unknown-argument", "clases")
    assert "classes" in (diagnostic.help or "")


# ------------------------------------------------------------------------------- weights as operands


def test_a_convolution_that_owns_its_kernel() -> None:
    model = sound("images:In[B, 3, 227, 227] -> Conv(64, 11) -> Out")
    assert parameters(model) == str(64 * 3 * 11 * 11 + 64)


def test_a_convolution_that_is_given_its_kernel() -> None:
    model = sound("images:In[B, 3, 227, 227]; kernels:In[64, 3, 11, 11]; [images, kernels] -> Conv -> Out")
    assert graph(model)["conv"] == ["images", "kernels"]
    assert parameters(model) == "0"


def test_a_dense_layer_that_is_given_its_weights() -> None:
    model = sound("x:In; w:Variable; b:Variable; [x, w] -> Conv -> y; [y, b] -> BiasAdd -> Out")
    assert graph(model)["conv"] == ["x", "w"]
    assert graph(model)["bias_add"] == ["conv", "b"]


def test_what_others_call_a_block_leads_to_one_that_is_there() -> None:
    for name in NAMES:
        assert "unknown-type" not in [rule for rule, *_ in blamed(f"x:In -> {name} -> Out")], name
