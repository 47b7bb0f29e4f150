"""Every operation on each of its samples, generated as a program: it runs and gives what was inferred."""

from __future__ import annotations

import pytest
import torch

from moniel2.backends.torch import emit
from moniel2.backends.torch.module import load
from moniel2.ops.spec import OpSpec
from tests.generated import inputs_of, outputs_of, shapes_of
from tests.programs import drawn
from tests.sample_programs import sample_programs

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # torch's own, about what it is slow at

# Symbols get small numbers, all different, so that no two axes can be mistaken for each other.
SIZES = {"N": 2, "B": 3, "C": 4, "G": 5, "D": 6, "E": 8, "T": 9, "H": 11, "W": 13, "L": 17, "K": 5, "S": 3}
CASES = list(sample_programs())


@pytest.mark.parametrize(("spec", "text"), [(s, t) for s, _, t in CASES], ids=[f"{s.name}-{i}" for s, i, _ in CASES])
def test_gives_what_was_inferred(spec: OpSpec, text: str) -> None:
    model = drawn(text)
    symbols = {s for p in model.root.inputs if p.tensor.shape is not None for s in p.tensor.shape.symbols()}
    sizes = {s: SIZES.get(s, 19) for s in symbols}
    if emit(model).missing:
        # A layer whose weights depend on an open size is left open; with the size it isn't.
        model = drawn(text, settings={name: str(size) for name, size in sizes.items()})
    emitted = emit(model)
    assert emitted.missing == ()
    module = load(emitted.text, emitted.class_name)()
    outputs = outputs_of(module, inputs_of(model, sizes))
    assert [tuple(o.shape) for o in outputs] == shapes_of(model, sizes)
    assert [str(o.dtype) for o in outputs] == [f"torch.{t.dtype}" for o in model.root.outputs for t in o.tensors]
    found = [(name, tuple(value.shape), value.dtype) for name, value in module.state_dict().items()]
    keys = emitted.keys()
    assert [(k, tuple(d.at(sizes) for d in shape), getattr(torch, dtype)) for k, shape, dtype in keys] == found
