"""Random programs of every construct: the code that is written is the network that was described, at every size."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import HealthCheck, given, settings

import moniel2 as mn
from moniel2.backends.torch import emit
from moniel2.backends.torch.module import load
from tests.generated import inputs_of, made, outputs_of, shapes_of
from tests.random_constructs import constructs

SIZES = ({"B": 2, "N": 5}, {"B": 3, "N": 2})


@given(constructs())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_class_with_parameters_and_the_one_of_numbers_are_one_network(text: str) -> None:
    model = mn.loads(text)
    code, plain = model.code(), emit(model.ir)
    assert code.missing == () == plain.missing
    torch.manual_seed(0)
    opened, closed = load(code.text, code.class_name)(), load(plain.text, plain.class_name)()
    closed.load_state_dict(opened.state_dict())
    found = [(key, tuple(value.shape)) for key, value in opened.state_dict(keep_vars=True).items()]
    assert shapes_by_key(code) == found
    assert sum(p.numel() for p in opened.parameters()) == model.parameters
    for sizes in SIZES:
        inputs = inputs_of(model.ir, sizes)
        outputs = outputs_of(opened.eval(), inputs)
        assert [tuple(o.shape) for o in outputs] == shapes_of(model.ir, sizes)
        for one, other in zip(outputs, outputs_of(closed.eval(), inputs), strict=True):
            torch.testing.assert_close(one, other)
    sum(o.square().sum() for o in outputs_of(opened.train(), inputs_of(model.ir, SIZES[0]))).backward()
    assert not [name for name, p in opened.named_parameters() if p.grad is None]
    if "c: int" in code.text.split(f"class {code.class_name}(")[1].split(") -> None")[0]:
        _at_another_width(text, code)


def shapes_by_key(code: mn.Code) -> list[tuple[str, tuple[int, ...]]]:
    keys = code.keys()
    return [(key.name, tuple(size.at({}) for size in key.shape)) for key in keys]


def _at_another_width(text: str, code: mn.Code) -> None:
    wide: Any = load(code.text, code.class_name)(c=8)
    model = mn.loads(text, block="Net(C = 8)")
    found = [(key, tuple(value.shape)) for key, value in wide.state_dict(keep_vars=True).items()]
    assert shapes_by_key(model.code()) == found
    inputs = inputs_of(model.ir, SIZES[0])
    assert [tuple(o.shape) for o in outputs_of(wide.eval(), inputs)] == shapes_of(model.ir, SIZES[0])


# ------------------------------------------------------------------------ what such programs have shown


def test_a_node_that_only_braces_apply_has_the_sizes_it_is_applied_with() -> None:
    text = "mix:Conv(8, 3, padding = 1)\nx:In[B, 8, H, W] -> Residual { mix() -> ReLU } -> { mix() -> Tanh } * 2 -> Out"
    module: Any = made(text)
    assert {k: tuple(v.shape) for k, v in module.state_dict().items()} == {
        "mix.weight": (8, 8, 3, 3), "mix.bias": (8,),
    }  # fmt: skip
    x = torch.randn(2, 8, 4, 6)
    y = x + module.mix(x).relu()
    torch.testing.assert_close(module(x), module.mix(module.mix(y).tanh()).tanh())


def test_what_needs_no_shape_is_written_in_a_sketch() -> None:
    sketch = mn.loads("x:In -> Linear(16) -> ReLU -> Flatten -> Linear(10) -> Out", name="net.nn").code()
    assert len(sketch.missing) == 2 and all("LazyLinear" in said for said in sketch.missing)
    assert load(sketch.text, sketch.class_name)()(torch.randn(2, 3, 5)).shape == (2, 10)


def test_an_open_choice_is_named_by_its_condition() -> None:
    text = (
        "+Head { x:In[B, D]; if D > 9 { x -> Linear(9) -> y } else { x -> y }; y -> Tanh -> Out }\nx:In -> Head -> Out"
    )
    (left,) = mn.loads(text, name="net.nn").code().missing
    assert str(left) == "net.nn:1:21: `if D > 9` is not decided"


def test_copies_of_which_some_have_a_layer_more() -> None:
    """Those layers are kept by the numbers of their copies, also where two of them are alike."""
    module: Any = made(
        """
        +Some(k) {
            x:In[..., D] -> [Linear(w) -> (LN if w > k) for w in [2, 4, 4, 6]] -> Concat(axis = -1) -> Linear(D) -> Out
        }
        x:In[B, 5] -> low:Some(2) -> high:Some(4) -> again:Some(4) -> Out
        """
    )
    assert [key for key in module.state_dict() if ".ln." in key and "weight" in key] == [
        "low.ln.1.weight", "low.ln.2.weight", "low.ln.3.weight", "high.ln.3.weight", "again.ln.3.weight",
    ]  # fmt: skip
    x = torch.randn(2, 5)
    expected = x
    for some in (module.low, module.high, module.again):
        parts = [layer(expected) for layer in some.linear]
        parts = [some.ln[str(i)](p) if str(i) in some.ln else p for i, p in enumerate(parts)]
        expected = some.linear2(torch.cat(parts, -1))
    torch.testing.assert_close(module(x), expected)
