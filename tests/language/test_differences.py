"""Where Moniel differs: each accepted difference has a diagnostic, or none is needed."""

from __future__ import annotations

from tests.programs import blamed, graph, sound


def test_definitions_don_t_leak() -> None:
    text = "+Outer { +Inner { In -> ReLU -> Tanh -> Out }; In -> Inner -> Out }\nIn -> Outer -> Inner -> Out"
    assert blamed(text) == [("unknown-type", "Inner")]


def test_a_typo_in_a_block_is_an_error() -> None:
    """Moniel makes a new input of it."""
    text = "+F { x:In -> ReLU -> hidden; hiden -> Tanh -> Out; hidden -> y:Out }\nIn -> F -> [a:Out, b:Out]"
    assert blamed(text) == [("unknown-wire", "hiden")]


def test_braces_read_outer_names() -> None:
    model = sound("x:In; h:In; x -> { a:In; [a, h] -> Add -> Out } -> Out")
    assert graph(model)["block/add"] == ["x", "h"]


def test_one_tensor_and_two_named_inputs() -> None:
    assert [rule for rule, _ in blamed("+F { a:In; b:In; [a, b] -> Add -> Out }\nx:In -> F -> Out")] == ["wrong-count"]


def test_a_repeated_operand_counts_twice() -> None:
    assert graph(sound("x:In; [x, x] -> MatMul -> Out"))["mat_mul"] == ["x", "x"]


def test_braces_on_the_line_are_a_body() -> None:
    text = "+B { In -> Linear(8) -> ReLU -> Out }\nIn[B, 8] -> ReLU -> B { In -> Tanh -> Out }"
    assert [rule for rule, _ in blamed(text)] in (["moniel-trailing"], ["too-many-arguments"])


def test_brackets_on_the_line_are_a_shape() -> None:
    text = "+B { In -> Linear(8) -> ReLU -> Out }\nIn[B, 8] -> B [ReLU, Tanh] -> Out"
    assert [rule for rule, _ in blamed(text)] == ["moniel-trailing"]


def test_on_two_lines_they_are_two_chains() -> None:
    model = sound("x:In -> ReLU -> Out\n[Tensor, Tensor] -> Add -> y:Out")
    assert graph(model)["add"] == ["tensor", "tensor2"]
