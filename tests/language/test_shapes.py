"""Shapes: equations solved along the data flow, sizes that stay symbolic, conditions, claims, dtypes."""

from __future__ import annotations

import pytest

from tests.programs import (
    blamed,
    compiled,
    drawn,
    dtypes,
    graph,
    inner,
    node_at,
    outputs,
    parameters,
    shape_of,
    sound,
    values,
)


def out(text: str) -> str:
    """The shape of the output of a text about which there is nothing to say."""
    (shape,) = outputs(sound(text)).values()
    return shape


def rules(text: str) -> list[str]:
    return [rule for rule, _ in blamed(text)]


# --------------------------------------------------------------------------------------- equations


def test_a_number_must_match() -> None:
    block = "+F { In[B, 8] -> Linear(2) -> Out }\n"
    assert out(block + "In[4, 8] -> F -> Out") == "[4, 2]"
    assert rules(block + "In[4, 9] -> F -> Out") == ["shape-mismatch"]


def test_an_unbound_name_binds() -> None:
    model = sound("+F { In[B, D] -> Linear(2 * D) -> Out }\nIn[4, 8] -> f:F -> Out")
    assert values(model, "f") == {"B": "4", "D": "8"}
    assert outputs(model) == {"out": "[4, 16]"}


def test_a_bound_name_must_agree() -> None:
    block = "+F { a:In[B, D]; b:In[B, D]; [a, b] -> Concat -> Out }\n"
    assert out(block + "[In[4, 8], In[4, 8]] -> F -> Out") == "[4, 16]"
    assert rules(block + "[In[4, 8], In[4, 9]] -> F -> Out") == ["shape-mismatch"]


def test_a_name_twice_in_a_shape() -> None:
    block = "+F { In[B, N, N] -> ReLU -> Tanh -> Out }\n"
    assert out(block + "In[4, 8, 8] -> F -> Out") == "[4, 8, 8]"
    assert rules(block + "In[4, 8, 9] -> F -> Out") == ["shape-mismatch"]


@pytest.mark.parametrize(
    ("size", "given", "solved"),
    [
        ("32*h", "224", "7"),
        ("2*h + 1", "225", "112"),
        ("h + 3", "10", "7"),
        ("h - 3", "10", "13"),
        ("h / 2", "10", "20"),
        ("(h + 1) / 2", "10", "19"),
        ("3 * (h - 1)", "9", "4"),
        ("10 - h", "4", "6"),
    ],
)
def test_a_linear_expression_solves(size: str, given: str, solved: str) -> None:
    model = sound(f"+F {{ In[B, {size}] -> Linear(h) -> Out }}\nIn[B, {given}] -> f:F -> Out")
    assert values(model, "f")["h"] == solved


def test_a_linear_expression_without_a_solution() -> None:
    assert rules("+F { In[B, 32*h] -> Linear(h) -> Out }\nIn[B, 225] -> F -> Out") == ["shape-mismatch"]


def test_a_linear_expression_that_gives_a_symbol() -> None:
    model = sound("+F { In[B, 2*h] -> Linear(h) -> Out }\nIn[B, 4*K] -> f:F -> Out")
    assert outputs(model) == {"out": "[B, 2*K]"}


def test_a_linear_expression_that_holds_only_for_some() -> None:
    """``2*h = K`` solves when K is even: a condition on the input."""
    model = drawn("+F { In[B, 2*h] -> Linear(h) -> Out }\nIn[B, K] -> f:F -> Out")
    assert [r.text for r in model.requirements] == ["K is a multiple of 2"]
    assert outputs(model) == {"out": "[B, K/2]"}


def test_inputs_in_port_order() -> None:
    """The second input's expression is in a name that the first has bound, though the text has it first."""
    model = sound("""
        +F { x:In[B, D]; y:In[B, 2*D]; [x, y] -> Concat -> Out }
        [In[B, 4], In[B, 8]] -> F -> Out
    """)
    assert outputs(model) == {"out": "[B, 12]"}


def test_a_later_input_may_bind_what_an_earlier_one_needs() -> None:
    """Equations are solved, not evaluated: one with two unknowns waits."""
    model = sound("""
        +F { x:In[B, a*b]; y:In[B, a]; z:In[B, b]; [x, y, z] -> Concat -> Linear(a + b) -> Out }
        [In[B, 6], In[B, 2], In[B, 3]] -> F -> Out
    """)
    assert outputs(model) == {"out": "[B, 5]"}


def test_any_one_dimension() -> None:
    block = "+F { In[_, 8, _] -> ReLU -> Tanh -> Out }\n"
    assert out(block + "In[3, 8, 5] -> F -> Out") == "[3, 8, 5]"
    assert rules(block + "In[3, 8] -> F -> Out") == ["shape-mismatch"]
    assert rules(block + "In[3, 8, 5, 5] -> F -> Out") == ["shape-mismatch"]


def test_any_number_of_dimensions() -> None:
    block = "+F { In[B, ..., D] -> Linear(2 * D) -> Out }\n"
    assert out(block + "In[4, 8] -> F -> Out") == "[4, 16]"
    assert out(block + "In[4, 5, 6, 8] -> F -> Out") == "[4, 5, 6, 16]"
    assert rules(block + "In[8] -> F -> Out") == ["shape-mismatch"]


def test_any_number_of_dimensions_only_once() -> None:
    assert len(blamed("In[..., D, ...] -> ReLU -> Out")) == 1


def test_the_scalar() -> None:
    assert out("In[] -> ReLU -> Out") == "[]"
    assert rules("+F { In[] -> ReLU -> Tanh -> Out }\nIn[1] -> F -> Out") == ["shape-mismatch"]


def test_names_are_fresh_at_each_instance() -> None:
    model = sound("+F(C) { In[B, D] -> Linear(C) -> ReLU -> Out }\nIn[B, 4] -> f:F(5) -> g:F(6) -> Out")
    assert values(model, "f") == {"C": "5", "B": "B", "D": "4"}
    assert values(model, "g") == {"C": "6", "B": "B", "D": "5"}


def test_names_are_a_definition_s_own() -> None:
    """An inner definition's ``D`` is its own, though the outer block has bound one."""
    model = sound("""
        +Outer {
            +Inner { In[B, D] -> Linear(3) -> ReLU -> Out }
            In[B, D] -> Linear(2 * D) -> Inner -> Out[B, 3]
        }
        In[B, 4] -> o:Outer -> Out
    """)
    assert values(model, "o")["D"] == "4"
    assert values(model, "o/inner")["D"] == "8"


def test_braces_share_the_names_around_them() -> None:
    text = "x:In[B, D] -> Linear({}) -> f:{{ y:In[B, D] -> ReLU -> Tanh -> Out }} -> Out"
    assert out(text.format("D")) == "[B, D]"
    assert rules(text.format("2 * D")) == ["shape-mismatch"]


def test_a_size_is_a_value() -> None:
    assert out("In[B, N, D] -> Linear(4 * D) -> GELU -> Linear(D) -> Out") == "[B, N, D]"
    assert (
        out("In[B, D] -> (Linear(D / 2) if D > 3 else ReLU) -> Out".replace("D]", "8]").replace("D", "8")) == "[B, 4]"
    )


def test_a_name_that_occurs_once() -> None:
    text = """
        +F(heads) {
            In[B, N, D] -> Reshape[B, N, heads, D / heads] -> y[B, N, head, _]
            y -> Flatten(2) -> Out
        }
        In[B, 16, 64] -> F(8) -> Out
    """
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("name-once", "head")
    assert "heads" in (diagnostic.help or "") + diagnostic.label


def test_a_name_that_occurs_once_in_a_port_is_no_warning() -> None:
    sound("In[batch, channels, height, width] -> ReLU -> Out[_, _, rows, columns]")


# ------------------------------------------------------------------------------------------ claims


def test_a_claim_that_holds() -> None:
    assert out("In[B, 3, 32, 32] -> Conv(16, 3)[B, 16, 30, 30] -> ReLU -> h[B, ...]; h -> Out[_, 16, _, _]") == (
        "[B, 16, 30, 30]"
    )


def test_a_claim_that_doesn_t() -> None:
    text = "In[B, 3, 32, 32] -> Conv(16, 3) -> features[B, 16, 32, 32]\nfeatures -> ReLU -> Out"
    (diagnostic,) = compiled(text).diagnostics
    assert diagnostic.rule == "declared-shape"
    assert diagnostic.span.text in ("[B, 16, 32, 32]", "features[B, 16, 32, 32]", "32")


@pytest.mark.parametrize("claim", ["[B, 17, 30, 30]", "[B, 16, 30]", "[B, 16, 30, 31]", "[]"])
def test_claims_at_every_place(claim: str) -> None:
    before = "x:In[B, 3, 32, 32]; x -> "
    assert rules(before + f"Conv(16, 3){claim} -> ReLU -> Out") == ["declared-shape"]
    assert rules(before + f"c:Conv(16, 3){claim} -> ReLU -> Out") == ["declared-shape"]
    assert rules(before + f"Conv(16, 3) -> Out{claim}") == ["declared-shape"]
    assert rules(before + f"Conv(16, 3) -> h{claim}; h -> Out") == ["declared-shape"]
    assert rules(before + f"Conv(16, 3) -> h; h{claim} -> ReLU -> Out") == ["declared-shape"]
    assert rules(before + f"(Conv(16, 3) -> ReLU){claim} -> Out") == ["declared-shape"]
    assert rules(before + f"{{ Conv(16, 3) -> ReLU }}{claim} -> Out") == ["declared-shape"]


def test_a_claim_about_a_symbol() -> None:
    """The model holds for a batch of two only."""
    found = compiled("x:In[B, 8] -> Linear(4)[2, 4] -> Out")
    assert [d.rule for d in found.diagnostics] == ["condition"]
    assert found.model is not None
    assert [r.text for r in found.model.requirements] == ["B is 2"]


def test_a_claim_on_a_list() -> None:
    found = rules("x:In[B, 8]; x -> [Linear(4), Linear(4)][B, 5] -> Add -> Out")
    assert set(found) == {"declared-shape"}


def test_a_claim_binds_a_name() -> None:
    model = sound("x:In[B, 3, 32, 32] -> Conv(16, 3) -> h[_, C, _, _]; h -> Conv(2 * C, 1) -> Out")
    assert outputs(model) == {"out": "[B, 32, 30, 30]"}


def test_a_claim_about_something_unknown_makes_it_known() -> None:
    model = sound("+Mystery\nx:In[B, 8] -> Mystery[B, 16] -> Linear(4) -> Out[B, 4]")
    assert outputs(model) == {"out": "[B, 4]"}
    assert parameters(model) == "68"


# ------------------------------------------------------------- operations whose shape is the argument


def test_reshape() -> None:
    assert out("In[B, N, D] -> Reshape[B, N, 8, D / 8] -> ReLU -> Out".replace("D", "64")) == "[B, N, 8, 8]"
    assert out(
        "+F(heads) { d = D / heads; In[B, N, D] -> Reshape[B, N, heads, d] -> Out }\nIn[B, N, 96] -> F(8) -> Out"
    ) == ("[B, N, 8, 12]")


@pytest.mark.parametrize("name", ["Zeros", "Ones", "Variable", "RandomNormal", "Tensor", "Parameter"])
def test_sources(name: str) -> None:
    assert out(f"{name}[4, 8] -> ReLU -> Out") == "[4, 8]"


def test_a_variable_is_trained() -> None:
    model = sound("x:In[B, N, D]; cls:Variable[1, 1, D]; [x, cls] -> Add -> Out".replace("D", "8"))
    assert parameters(model) == "8"
    assert outputs(model) == {"out": "[B, N, 8]"}


def test_a_variable_by_a_size() -> None:
    model = sound("+F { x:In[B, N, D]; cls:Variable[1, 1, D]; [x, cls] -> Add -> Out }\nIn[B, 3, 16] -> F -> Out")
    assert parameters(model) == "16"


def test_a_constant_tensor() -> None:
    assert out("Constant(3)[2, 2] -> ReLU -> Out") == "[2, 2]"
    assert out("Constant(3)[] -> ReLU -> Out") == "[]"


def test_expand() -> None:
    assert out("x:In[B, N, 8]; cls:Variable[1, 1, 8] -> Expand[B, 1, 8] -> c; [c, x] -> Concat(axis = 1) -> Out") == (
        "[B, N + 1, 8]"
    )


def test_the_argument_of_a_reshape_is_no_claim() -> None:
    """A name in it must have a value."""
    found = rules("In[B, 64] -> Reshape[B, heads, 8] -> Out")
    assert found == ["unknown-name"]


def test_einops() -> None:
    text = '+F(heads) { In[B, N, D] -> Rearrange("b n (heads d) -> b heads n d") -> Out }\nIn[B, N, 64] -> F(8) -> Out'
    assert out(text) == "[B, 8, N, 8]"
    assert out('In[B, C, H, W] -> Rearrange("b c h w -> b (h w) c") -> Out') == "[B, H*W, C]"
    assert out('In[B, 4, 6, 6] -> Rearrange("b c (h p) (w q) -> b (h w) (p q c)", p = 2, q = 3) -> Out') == "[B, 6, 24]"


def test_einops_with_a_size_in_scope() -> None:
    text = '+F { d = 16; In[B, N, D] -> Rearrange("b n (heads d) -> b heads n d") -> Out }\nIn[B, N, 64] -> F -> Out'
    assert out(text) == "[B, 4, N, 16]"


# --------------------------------------------------------------------------------- symbolic sizes


def test_a_stride_on_a_symbol() -> None:
    assert out("In[B, 3, H, W] -> Conv(8, 3, 2, padding = 1) -> Out") in (
        "[B, 8, floor((H - 1)/2) + 1, floor((W - 1)/2) + 1]",
        "[B, 8, floor((H + 1)/2), floor((W + 1)/2)]",
    )


def test_a_stride_on_a_multiple() -> None:
    assert out("In[B, 3, 32*h, 32*w] -> Conv(8, 3, 2, padding = 1) -> Out") == "[B, 8, 16*h, 16*w]"


def test_five_poolings() -> None:
    assert out("In[B, 3, 32*h, 32*w] -> MaxPool(2) * 5 -> Out") == "[B, 3, h, w]"
    assert out("In[B, 3, 224, 224] -> MaxPool(2) * 5 -> Out") == "[B, 3, 7, 7]"


def test_flatten_multiplies() -> None:
    assert out("In[B, 8, H, W] -> Flatten -> Out") == "[B, 8*H*W]"
    assert parameters(sound("In[B, 8, H, W] -> Flatten -> Linear(10) -> Out")) == "80*H*W + 10"


def test_sizes_are_proved_equal() -> None:
    sound("x:In[B, 8, 2*h, 2*w] -> MaxPool(2) -> Upsample(2) -> y; [x, y] -> Add -> Out")
    sound(
        "x:In[B, 8, H, W]; x -> Conv(8, 3, padding = 1) -> a; x -> Conv(8, 5, padding = 2) -> b; [a, b] -> Add -> Out"
    )
    sound("x:In[B, 8, H, W]; x -> Conv(4, 3, 2) -> a; x -> Conv(4, 3, 2) -> b; [a, b] -> Concat -> Out")


def test_sizes_are_proved_different() -> None:
    assert rules("x:In[B, 8, H, W]; x -> Conv(8, 3) -> a; [a, x] -> Add -> Out") == ["shape-mismatch"]
    assert rules("x:In[B, D]; x -> Linear(4 * D) -> a; [a, x] -> Add -> Out") == ["shape-mismatch"]
    assert rules("x:In[B, D]; x -> Linear(D + 1) -> a; [a, x] -> Add -> Out") == ["shape-mismatch"]


def test_sizes_that_agree_only_for_some() -> None:
    text = "x:In[B, 8, H, W] -> MaxPool(2) -> Upsample(2) -> y\n[x, y] -> Add -> Out"
    found = compiled(text)
    assert {d.rule for d in found.diagnostics} == {"condition"}
    assert found.model is not None
    assert sorted(r.text for r in found.model.requirements) == ["H is a multiple of 2", "W is a multiple of 2"]


def test_a_condition_is_simplified() -> None:
    text = "x:In[B, 8, H, 16*w] -> MaxPool(2) * 4 -> Upsample(2) * 4 -> y\n[x, y] -> Add -> Out"
    found = compiled(text)
    assert found.model is not None
    assert [r.text for r in found.model.requirements] == ["H is a multiple of 16"]


def test_a_condition_that_a_setting_breaks() -> None:
    text = "x:In[B, 8, H, 16*w] -> MaxPool(2) * 4 -> Upsample(2) * 4 -> y\n[x, y] -> Add -> Out"
    sound(text, settings={"H": "64"})
    assert [d.rule for d in compiled(text, settings={"H": "65"}).diagnostics] == ["shape-mismatch"]


def test_a_symbol_is_never_assumed_to_be_one() -> None:
    """``[B, D]`` and ``[B, 1]`` stretch; ``[B, D]`` and ``[B, E]`` must be equal."""
    assert out("x:In[B, D]; y:In[B, 1]; [x, y] -> Add -> Out") == "[B, D]"
    assert out("x:In[B, D]; y:In[D]; [x, y] -> Add -> Out") == "[B, D]"
    assert out("x:In[B, D]; y:In[]; [x, y] -> Add -> Out") == "[B, D]"
    found = compiled("x:In[B, D]; y:In[B, E]; [x, y] -> Add -> Out")
    assert {d.rule for d in found.diagnostics} == {"condition"}
    assert found.model is not None
    assert [r.text for r in found.model.requirements] == ["D = E"]


def test_broadcasting() -> None:
    assert out("x:In[B, 1, 8]; y:In[B, 4, 1]; [x, y] -> Mul -> Out") == "[B, 4, 8]"
    assert out("x:In[B, C, H, W]; y:In[B, C, 1, 1]; [x, y] -> Mul -> Out") == "[B, C, H, W]"
    assert rules("x:In[B, 4, 8]; y:In[B, 4, 9]; [x, y] -> Mul -> Out") == ["shape-mismatch"]
    assert rules("x:In[B, 4]; y:In[B, 4, 8]; [x, y] -> Mul -> Out") != []


def test_the_chain_of_operations_that_made_each_size() -> None:
    text = "image:In[B, 3, 32, 32] -> Conv(16, 3, padding = 1) -> y\n[image, y] -> Add -> Out"
    (diagnostic,) = compiled(text).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("shape-mismatch", "Add")
    everything = diagnostic.message + diagnostic.label + " ".join(r.message for r in diagnostic.related)
    assert "[B, 3, 32, 32]" in everything and "[B, 16, 32, 32]" in everything
    assert "Conv" in everything


# ------------------------------------------------------------------------------------ default axes


def test_default_axes() -> None:
    assert out("x:In[B, 4, 6, 6]; [x, x] -> Concat -> Out") == "[B, 8, 6, 6]"
    assert out("x:In[B, 4, 6, 6] -> Split(2) -> [a, _]; a -> Out") == "[B, 2, 6, 6]"
    assert out("x:In[B, 4, 6] -> GLU -> Out") == "[B, 4, 3]"
    assert out("x:In[B, 4, 6] -> Linear(5) -> Out") == "[B, 4, 5]"
    assert parameters(sound("x:In[B, 4, 6] -> LayerNorm -> Out")) == "12"
    assert parameters(sound("x:In[B, 4, 6] -> BatchNorm -> Out")) == "8"
    assert parameters(sound("x:In[B, 4, 6, 6] -> GroupNorm(2) -> Out")) == "8"


def test_a_doubtful_axis() -> None:
    text = "a:In[B, 16, 64]\nb:In[B, 16, 64]\n[a, b] -> Concat -> Out"
    sound(text)
    assert [d.rule for d in compiled(text, strict=True).diagnostics] == ["doubtful-axis"]
    sound(text.replace("Concat", "Concat(axis = -1)"), strict=True)
    sound(text.replace("16, 64", "16, 6, 4"), strict=True)


def test_an_axis_by_a_size_s_name() -> None:
    text = "a:In[B, C, H]; [a, a] -> Concat(axis = C) -> Out"
    (diagnostic,) = compiled(text).diagnostics
    assert diagnostic.rule in ("wrong-argument", "bad-value")
    assert "C" in diagnostic.span.text
    assert "axis" in diagnostic.message or "axis" in (diagnostic.help or "")


# ----------------------------------------------------------------------------------------- padding


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ("3", "30"),
        ("3, padding = 1", "32"),
        ('3, padding = "same"', "32"),
        ('5, padding = "same"', "32"),
        ('3, padding = "same", dilation = 2', "32"),
        ('3, 2, padding = "same"', "16"),
        ('4, padding = "same"', "32"),
        ('3, padding = "causal"', "32"),
        ('3, dilation = 4, padding = "causal"', "32"),
        ('2, padding = "causal"', "32"),
        ('3, 2, padding = "causal"', "16"),
    ],
)
def test_padding(arguments: str, size: str) -> None:
    assert out(f"In[B, 4, 32] -> Conv(8, {arguments}) -> Out") == f"[B, 8, {size}]"


# ------------------------------------------------------------------------------------------ dtypes


def test_dtypes_flow() -> None:
    assert dtypes(sound("t:In(int64)[B, T] -> Embedding(10, 4) -> Linear(3) -> Out")) == {"out": "float32"}
    assert dtypes(sound("t:In(int64)[B, T] -> Cast(float16) -> ReLU -> Out")) == {"out": "float16"}
    assert dtypes(sound("x:In(float64)[B, 8] -> ReLU -> Out")) == {"out": "float64"}
    assert dtypes(sound("x:In[B, 8] -> ArgMax -> Out")) == {"out": "int64"}


def test_an_embedding_of_floats() -> None:
    assert rules("x:In[B, T] -> Linear(8) -> Embedding(100, 16) -> Out") == ["dtype-mismatch"]
    assert rules("x:In(float32)[B, T] -> Embedding(100, 16) -> Out") == ["dtype-mismatch"]


def test_an_input_of_unknown_dtype_may_be_anything() -> None:
    found = rules("x:In[B, T] -> Embedding(100, 16) -> Out")
    assert found in ([], ["dtype-mismatch"])


def test_a_claim_about_a_dtype() -> None:
    assert rules("x:In[B, T] -> Greater(0) -> Out(bool)[B, T]") == []
    assert rules("x:In[B, T] -> ReLU -> Out(int64)[B, T]") == ["dtype-mismatch"]


# ------------------------------------------------------------------------------------- the unknown


def test_what_is_not_known_is_unknown() -> None:
    assert out("In -> Conv -> ReLU -> Out") == "?"
    assert out("In[B, 3, 32, 32] -> Conv -> ReLU -> Out") in ("?", "[B, ?, ?, ?]")
    assert out("In -> Linear(8) -> Out") == "?"


def test_unknown_parts_of_a_shape() -> None:
    model = sound("x:In[B, 3, 32, 32] -> Conv(16) -> Conv(8, 3) -> Out")
    assert shape_of(model, "conv2") in ("[B, 8, ?, ?]", "?")


def test_unknown_things_are_reported_when_strict() -> None:
    assert [d.rule for d in compiled("image:In -> Conv(16, 3) -> Out", strict=True).diagnostics] == ["unknown-shape"]
    assert [d.rule for d in compiled("In[B, 3, 32, 32] -> Conv -> ReLU -> Out", strict=True).diagnostics] == [
        "incomplete"
    ]
    text = "+Mystery\nIn[B, 8] -> Mystery -> Out"
    assert [d.rule for d in compiled(text, strict=True).diagnostics] == ["undefined"]


def test_a_shape_without_an_input_s_batch() -> None:
    """A shape names every dimension: a picture has four."""
    assert rules("In[3, 32, 32] -> MaxPool(2)[3, 16, 16] -> BatchNorm -> Out") in (["declared-shape"], [])


# ------------------------------------------------------------------------------ whole definitions


def test_sizes_of_a_block() -> None:
    model = sound(
        "+F { x:In[B, C, H, W] -> Conv(2 * C, 3, padding = 1) -> Out[B, 2*C, H, W] }\nIn[B, 4, 8, 8] -> f:F -> Out"
    )
    assert values(model, "f") == {"B": "B", "C": "4", "H": "8", "W": "8"}
    assert str(inner(node_at(model, "f")).outputs[0].tensor) == "[B, 8, 8, 8]"


def test_a_claim_of_an_output_is_checked_at_each_instance() -> None:
    text = "+F(k) {{ x:In[B, C, H, W] -> Conv(C, k, padding = 1) -> Out[B, C, H, W] }}\nIn[B, 4, 8, 8] -> F({}) -> Out"
    assert out(text.format(3)) == "[B, 4, 8, 8]"
    (diagnostic,) = compiled(text.format(5)).diagnostics
    assert diagnostic.rule == "declared-shape"
    assert any("F" in related.message for related in diagnostic.related)


def test_a_main_graph_s_names_stay_symbols() -> None:
    model = sound("x:In[batch, 3, height, width] -> Conv(4, 1) -> Out")
    assert outputs(model) == {"out": "[batch, 4, height, width]"}


def test_the_block_asked_for_has_its_inputs_shapes() -> None:
    model = sound("+F { In[B, D] -> Linear(2 * D) -> Out }", block="F")
    assert outputs(model) == {"out": "[B, 2*D]"}
    assert graph(model) == {"in": [], "linear": ["in"], "out": ["linear"]}


def test_a_claim_may_call_a_function() -> None:
    sound("In[N, 4, H, W] -> MaxPool(2) -> Out[N, 4, floor(H / 2), floor(W / 2)]")
    found = blamed("In[N, 4, H, W] -> MaxPool(2) -> Out[N, 4, floor(H / 2), ceil(W / 2) + 1]")
    assert [rule for rule, _ in found] == ["declared-shape"]


def test_a_pattern_behind_another_name_reads_the_parameters() -> None:
    sound("""
        +Heads(heads) = Rearrange("b n (heads d) -> b heads n d")
        +Eight = Heads(8)
        In[B, N, 512] -> Eight -> Out[B, 8, N, 64]
    """)


def test_what_is_left_over_may_be_written_as_in_pytorch() -> None:
    assert outputs(sound("x:In[B, 3, 4] -> Reshape[B, -1] -> Out")) == {"out": "[B, 12]"}
    assert outputs(sound("x:In[B, 3, 4] -> Reshape(B, -1) -> Out")) == {"out": "[B, 12]"}
    assert outputs(sound("x:In[B, 1, 4] -> Expand[B, 6, -1] -> Out")) == {"out": "[B, 6, 4]"}


@pytest.mark.parametrize(("groups", "mend"), [(4, "groups = 2"), (5, "groups = 2"), (3, "groups = 2")])
def test_groups_divide_what_comes_in_and_what_goes_out(groups: int, mend: str) -> None:
    (diagnostic,) = compiled(f"x:In[B, 6, 8, 8] -> Conv(4, 3, groups = {groups}) -> Out").diagnostics
    assert diagnostic.help == f"{mend} would divide 6 and 4"
