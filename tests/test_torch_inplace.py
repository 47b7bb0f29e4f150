"""Activations that write over their input do so only where nobody can tell."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor, nn

from moniel2.backends.torch import emit
from moniel2.backends.torch.module import load
from moniel2.ir.model import Model
from tests.generated import code, inputs_of, outputs_of
from tests.programs import drawn, sound
from tests.random_programs import programs

IN_PLACE = re.compile(r"(, )?inplace=True")


def trained(module: nn.Module, inputs: list[Tensor]) -> list[Tensor]:
    """Outputs in training, then the gradients of inputs and weights."""
    inputs = [i.clone().requires_grad_() if i.is_floating_point() else i for i in inputs]
    before = [i.detach().clone() for i in inputs]
    torch.manual_seed(3)
    outputs = outputs_of(module, inputs)
    torch.stack([(o * torch.linspace(-1, 1, o.numel()).view(o.shape)).sum() for o in outputs]).sum().backward()
    assert all(torch.equal(i, b) for i, b in zip(inputs, before, strict=True)), "an input was written over"
    gradients = [p.grad for p in (*inputs, *module.parameters()) if p.requires_grad]
    return [*(o.detach() for o in outputs), *(torch.zeros(()) if g is None else g for g in gradients)]


def agrees(model: Model, sizes: dict[str, int]) -> str:
    """The same numbers and gradients as when nothing is written over; the code."""
    emitted = emit(model)
    torch.manual_seed(0)
    module = load(emitted.text, emitted.class_name)()
    plain = load(IN_PLACE.sub("", emitted.text), emitted.class_name)()
    plain.load_state_dict(module.state_dict())
    inputs = inputs_of(model, sizes)
    # Below 0 too, and without anybody's graph around: an input may then be written over in silence.
    inputs = [i - 0.5 if i.is_floating_point() else i for i in inputs]
    for mine, theirs in zip(trained(module, inputs), trained(plain, inputs), strict=True):
        torch.testing.assert_close(mine, theirs)
    with torch.no_grad():
        kept = [i.clone() for i in inputs]
        for mine, theirs in zip(outputs_of(module.eval(), inputs), outputs_of(plain.eval(), inputs), strict=True):
            torch.testing.assert_close(mine, theirs)
        assert all(torch.equal(i, k) for i, k in zip(inputs, kept, strict=True))
    return emitted.text


WRITTEN = {
    "after a norm": "Conv(4, 3) -> BN -> ReLU -> Conv(4, 3) -> LeakyReLU(0.2) -> Out",
    "after a sum": "Conv(2, 1) -> x1; x:In[B, 3, H, W] -> Conv(2, 1) -> y; [x1, y] -> Add -> ReLU -> Out",
    "a row of layers": "Net -> Out; +Net = Linear(4) -> ReLU -> Linear(4) -> SiLU",
    "a row of blocks": "Half -> Half -> GroupNorm(2) -> SiLU -> Out; +Half { In -> Conv(4, 3) -> BN -> Out }",
    "what a block gives out": "Half -> ReLU -> Half -> ReLU -> Out; +Half { In -> Conv(4, 3) -> BN -> Out }",
    "what parts come to": "x; x -> [Conv(4, 1), Conv(4, 3, padding = 1)] -> Concat -> ELU -> Out",
}
LEFT = {
    "the input": "ReLU -> Out",
    "a block's input": "y; y -> Block -> z; [y, z] -> Add -> Out; +Block { In -> ReLU -> Conv(3, 1) -> Out }",
    "the input of a block in a row": "y; y -> Row -> z; [y, z] -> Add -> Out; +Row = ReLU -> Conv(3, 1)",
    "two readers": "Conv(3, 1) -> y; y -> ReLU -> z; [y, z] -> Add -> Out",
    "what is returned": "Conv(3, 1) -> y; y -> ReLU -> a:Out; y -> b:Out",
    "what is tapped": "net:Net -> a:Out; net/c -> b:Out; +Net { In -> c:Conv(3, 1) -> ReLU -> Out }",
    "after a sigmoid": "Conv(3, 1) -> Sigmoid -> ReLU -> Out",
    "after itself": "Conv(3, 1) -> Tanh -> ReLU -> LeakyReLU -> Out",
    "after a softmax": "Conv(3, 1) -> Softmax(axis = 1) -> ReLU -> Out",
    "after a split": "Conv(4, 1) -> Split(2, axis = 1) -> [a, b]; a -> ReLU -> c; b -> ReLU -> d; [c, d] -> Sub -> Out",
    "after a view": "Conv(4, 1) -> y; y -> Flatten -> f; f -> ReLU -> a:Out; y -> b:Out",
    "after nothing": "Identity -> ReLU -> Out",
    "after a sum of one": "y; y -> Add -> ReLU -> z; [y, z] -> Mul -> Out",
    "after a block that gives out its input": "Pass -> ReLU -> Out; +Pass { In -> Identity -> Out }",
    "after what may be missing": "M(1) -> M(2) -> Out; +M(k) { In[_, K, ...] -> (Conv(K, 1) if k > 1) -> ReLU -> Out }",
    "a slope below zero": "Conv(3, 1) -> LeakyReLU(-0.1) -> Out",
}


@pytest.mark.parametrize("body", WRITTEN.values(), ids=WRITTEN.keys())
def test_writes_over(body: str) -> None:
    text = agrees(sound(f"image:In[B, 3, H, W] -> {body}"), {"B": 2, "H": 8, "W": 6})
    activations = re.findall(r"nn\.(?:ReLU|LeakyReLU|SiLU|ELU)\(.*\)", text)
    assert activations and all("inplace=True" in a for a in activations), text


@pytest.mark.parametrize("body", LEFT.values(), ids=LEFT.keys())
def test_leaves(body: str) -> None:
    text = agrees(drawn(f"image:In[B, 3, H, W] -> {body}"), {"B": 2, "H": 8, "W": 6})
    assert not IN_PLACE.search(text), text


def test_only_some_of_a_class_may() -> None:
    """One copy starts with the input, the other with a convolution: the class has one way for both."""
    text = code(
        """
        image:In[B, 3, H, W] -> Unit(false) -> Unit(true) -> Out
        +Unit(begin) { x:In[B, C, H, W] -> (Conv(3, 3) if begin) -> ReLU -> Conv(3, 3) -> Out }
        """
    )
    assert "inplace" not in text


@given(programs())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_programs_agree(text: str) -> None:
    model = drawn(text)
    if IN_PLACE.search(emit(model).text):
        agrees(model, {"B": 2, "N": 5, "h": 1, "w": 2})
