"""Random programs run, give the shapes that were inferred and numbers that are finite, at every size."""

from __future__ import annotations

import torch
from hypothesis import HealthCheck, given, settings

from moniel2.backends.torch import emit
from moniel2.backends.torch.module import load
from tests.generated import inputs_of, outputs_of, shapes_of
from tests.programs import drawn
from tests.random_programs import programs


@given(programs())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_programs_run_as_inferred(text: str) -> None:
    model = drawn(text)
    emitted = emit(model)
    assert emitted.missing == ()
    torch.manual_seed(0)
    module = load(emitted.text, emitted.class_name)()
    for sizes in ({"B": 2, "N": 5, "h": 1, "w": 2}, {"B": 3, "N": 2, "h": 2, "w": 1}):
        inputs = inputs_of(model, sizes)
        outputs = outputs_of(module, inputs)
        assert [tuple(o.shape) for o in outputs] == shapes_of(model, sizes)
        assert all(bool(o.isfinite().all()) for o in outputs)
        module.eval()
    keys = list(emitted.keys())
    found = [(name, tuple(value.shape)) for name, value in module.state_dict().items()]
    assert [(key.name, tuple(size.at({}) for size in key.shape)) for key in keys] == found
