"""Keys of the ``state_dict``, and what presentation says (nothing to the model)."""

from __future__ import annotations

import pytest

from tests.programs import blamed, graph, keys, node_at, outputs, parameters, sound


def prefixes(text: str) -> list[str]:
    """The modules that have weights, in order."""
    found = dict.fromkeys(key.rpartition(".")[0] for key in keys(sound(text)))
    return list(found)


# ------------------------------------------------------------------------------------------- keys


def test_keys_follow_ids() -> None:
    text = """
        +Stage { In -> conv1:Conv(8, 3, bias = false) -> Out }
        In[B, 8, 9, 9] -> layer1:Stage -> Out
    """
    assert keys(sound(text)) == {"layer1.conv1.weight": "[8, 8, 3, 3]"}


def test_repeats_count() -> None:
    text = "+Stage { In -> conv1:Conv(8, 1) -> Out }\nIn[B, 8, 9, 9] -> layer1:Stage * 2 -> Out"
    assert prefixes(text) == ["layer1.0.conv1", "layer1.1.conv1"]


def test_a_series_counts() -> None:
    assert prefixes("In[B, 8] -> fc:Linear(8 - i) for i in 0..3 -> Out") == ["fc.0", "fc.1", "fc.2"]


def test_a_list_counts() -> None:
    assert prefixes("x:In[B, 8] -> [fc:Linear(8 - i) for i in 0..3] -> Concat -> Out") == ["fc.0", "fc.1", "fc.2"]
    assert prefixes("x:In[B, 8] -> fc:[Linear(8 - i) for i in 0..3] -> Concat -> Out") == ["fc.0", "fc.1", "fc.2"]


def test_anonymous_operations() -> None:
    text = "In[B, 8, 9, 9] -> Conv(8, 1) -> BatchNorm -> Conv(8, 1) -> ConvTranspose(8, 1) -> LayerNorm -> Out"
    assert prefixes(text) == ["conv", "batch_norm", "conv2", "conv_transpose", "layer_norm"]


def test_anonymous_blocks() -> None:
    text = "+BasicBlock = Linear(8) -> ReLU\nIn[B, 8] -> BasicBlock -> BasicBlock -> BasicBlock * 2 -> Out"
    assert prefixes(text) == [
        "basic_block.linear",
        "basic_block2.linear",
        "basic_block3.0.linear",
        "basic_block3.1.linear",
    ]


def test_numbered_within_their_block() -> None:
    text = "+A = Linear(8) -> ReLU -> Linear(8)\nIn[B, 8] -> Linear(8) -> A -> Linear(8) -> Out"
    assert prefixes(text) == ["linear", "a.linear", "a.linear2", "linear2"]


def test_numbered_in_the_order_of_the_text() -> None:
    text = "h -> Linear(7) -> Out\nx:In[B, 8] -> Linear(9) -> h"
    assert keys(sound(text))["linear.weight"] == "[7, 9]"
    assert keys(sound(text))["linear2.weight"] == "[9, 8]"


def test_an_id_that_looks_like_a_derived_one() -> None:
    """Keys are unique, whatever ids there are."""
    text = "In[B, 8] -> Linear(8) -> linear2:Linear(8) -> Linear(8) -> linear:Linear(8) -> Out"
    found = prefixes(text)
    assert len(set(found)) == 4 and {"linear", "linear2"} <= set(found)


def test_wires_make_no_keys() -> None:
    assert prefixes("In[B, 8] -> Linear(8) -> h; h -> Linear(8) -> y; y -> Out") == ["linear", "linear2"]


def test_groups_make_no_keys() -> None:
    assert prefixes("In[B, 8] -> (Linear(8) -> (Linear(8))) -> Out") == ["linear", "linear2"]


def test_braces_make_keys() -> None:
    assert prefixes("In[B, 8] -> head:{ fc:Linear(8) -> ReLU } -> Out") == ["head.fc"]


def test_a_choice_has_the_id_before_it() -> None:
    text = "In[B, 8] -> down:(Linear(4) if {} else Linear(5)) -> Out"
    assert prefixes(text.format("true")) == prefixes(text.format("false")) == ["down"]


def test_changing_one_block_renames_nothing_in_another() -> None:
    text = "+A = {}\n+B = Linear(8) -> ReLU -> Linear(8)\nIn[B, 8] -> A -> B -> Linear(2) -> Out"
    small, large = (prefixes(text.format(a)) for a in ("Linear(8) -> ReLU", "Linear(8) -> Linear(8) -> Linear(8)"))
    assert small[1:] == large[3:] == ["b.linear", "b.linear2", "linear"]


def test_a_number_as_an_id() -> None:
    assert prefixes("+Net = 0:Linear(8) -> 2:Linear(8)\nIn[B, 8] -> net:Net -> Out") == ["net.0", "net.2"]


def test_a_parameter_is_its_own_key() -> None:
    assert keys(sound("x:In[B, 3]; scale:Parameter[3]; [x, scale] -> Mul -> Out")) == {"scale": "[3]"}


# ----------------------------------------------------------------------------------- presentation


PRESENTATIONS = ['@label("a")', '@color("#ff0000")', "@collapse", "@expand", "@hide", '@layout("u")']


@pytest.mark.parametrize("presentation", PRESENTATIONS)
def test_it_never_changes_the_model(presentation: str) -> None:
    text = "{}\n+F(n) {{ x:In[B, D] -> Linear(n) -> ReLU -> Out }}\n{}\nx:In[B, 8] -> f:F(3) -> Out"
    plain = sound(text.format("", ""))
    shown = sound(text.format(presentation, presentation))
    assert graph(shown) == graph(plain)
    assert outputs(shown) == outputs(plain)
    assert parameters(shown) == parameters(plain)
    assert keys(shown) == keys(plain)


@pytest.mark.parametrize("presentation", PRESENTATIONS)
def test_before_a_definition(presentation: str) -> None:
    model = sound(f"{presentation} +F(n) {{ x:In[B, D] -> Linear(n) -> ReLU -> Out }}\nx:In[B, 8] -> f:F(3) -> Out")
    (attribute,) = node_at(model, "f").what.attributes  # type: ignore[union-attr]
    assert attribute.name == presentation[1:].partition("(")[0]


def test_the_side_of_a_port() -> None:
    model = sound('+F {\n@side("left")\nmask:In\nx:In\n[x, mask] -> Add -> Out\n}\n[In, In] -> f:F -> Out')
    (attribute,) = node_at(model, "f").what.inputs[0].attributes  # type: ignore[union-attr]
    assert (attribute.name, attribute.values) == ("side", ("left",))


def test_several() -> None:
    model = sound('@label("a")\n@collapse\n+F = ReLU -> Tanh\nIn -> f:F -> Out')
    assert [a.name for a in node_at(model, "f").what.attributes] == ["label", "collapse"]  # type: ignore[union-attr]


def test_before_something_that_isn_t_drawn() -> None:
    assert [rule for rule, _ in blamed('@label("w") d = 3\nIn[B, 4] -> Linear(d) -> Out')] == ["misplaced-presentation"]


def test_a_type_in_snake_case() -> None:
    """Words begin at capitals; several capitals are one word, up to the one that begins the next."""
    text = """
        +LSTMCellKind { In -> Conv(8, 1) -> Out }
        In[B, 8, 4, 4] -> ConvBNAct(8, 3) -> FusedMBConv(8) -> PReLU -> LSTMCellKind -> LRN(5) -> Out
    """
    found = dict.fromkeys(key.partition(".")[0] for key in keys(sound(text)))
    assert list(found) == ["conv_bn_act", "fused_mb_conv", "prelu", "lstm_cell_kind"]


@pytest.mark.parametrize(
    ("type", "key"),
    [
        ("MixtureOfExperts", "mixture_of_experts"),
        ("ViTBlock", "vit_block"),
        ("DiffusionUNet", "diffusion_unet"),
        ("ConvNeXt", "conv_next"),
        ("SwiGLU", "swiglu"),
        ("GoTo", "go_to"),
    ],
)
def test_short_words_in_a_type(type: str, key: str) -> None:
    """Words of two letters are words; what a name plays with is none: of three letters, the last of them a capital."""
    found = keys(sound(f"+{type} = Linear(4)\nIn[B, 4] -> {type} -> Out"))
    assert {k.partition(".")[0] for k in found} == {key}


@pytest.mark.parametrize(
    ("name", "key"),
    [("ConvBN", "conv_bn"), ("CharRNN", "char_rnn"), ("MyReLU", "my_relu"), ("SiLU", "silu"), ("ConvBN3", "conv_bn3")],
)
def test_capitals_at_the_end_are_a_word(name: str, key: str) -> None:
    assert prefixes(f"+{name} = Linear(8)\nx:In[B, 8] -> {name} -> Out") == [key]
