"""Conditions on symbolic sizes: what meets them runs as inferred, what doesn't is refused or fails."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from conditions import can_be_read, has_room, holds, pictures
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

import moniel2 as mn
from moniel2.backends.torch import emit
from moniel2.backends.torch.module import load
from moniel2.diagnostics.diagnostic import Severity
from moniel2.diagnostics.render import severity
from moniel2.ir.model import Model
from moniel2.pipeline import Compiled
from tests.generated import inputs_of, outputs_of, shapes_of
from tests.programs import compiled

EXAMPLES = Path(__file__).parent.parent / "examples"
Shapes = list[tuple[int, ...]]


def is_refused(found: Compiled) -> bool:
    return any(severity(d) is Severity.ERROR for d in found.diagnostics)


def with_numbers(text: str, sizes: dict[str, int]) -> Compiled:
    return compiled(text, settings={name: str(size) for name, size in sizes.items()})


def stated(model: Model) -> list[str]:
    return [requirement.text for requirement in model.requirements]


def module_of(model: Model) -> Any:
    """Without numbers: torch's shapes need none."""
    emitted = emit(model)
    assert emitted.missing == ()
    with torch.device("meta"):
        return load(emitted.text, emitted.class_name)().eval()


def run(module: Any, model: Model, sizes: dict[str, int]) -> Shapes | None:
    """The shapes that come out; None if torch can't."""
    try:
        with torch.no_grad(), torch.device("meta"):
            return [tuple(o.shape) for o in outputs_of(module, inputs_of(model, sizes, "meta"))]
    except (RuntimeError, ValueError, AssertionError, TypeError, IndexError):
        return None


def tried(text: str, model: Model, module: Any, sizes: dict[str, int]) -> bool:
    """Whether the sizes meet what is stated; that this is so is checked in all ways."""
    known, found = with_numbers(text, sizes), run(module, model, sizes)
    if all(holds(condition, sizes) for condition in stated(model)):
        assert not is_refused(known), (sizes, stated(model), [d.message for d in known.diagnostics])
        assert known.model is not None
        assert found == shapes_of(model, sizes) == shapes_of(known.model), (sizes, stated(model))
        return True
    assert is_refused(known), (sizes, stated(model))
    assert found is None, (sizes, stated(model))
    return False


SIZES = st.fixed_dictionaries(
    {
        "B": st.just(2),
        "H": st.one_of(st.sampled_from((192, 240, 336, 384)), st.integers(192, 260)),
        "W": st.one_of(st.sampled_from((192, 240, 288, 384)), st.integers(192, 260)),
    }
)


@given(pictures(), st.lists(SIZES, min_size=4, max_size=4))
@settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_programs(text: str, several: list[dict[str, int]]) -> None:
    found = compiled(text)
    assert found.model is not None
    rooms = [sizes for sizes in several if has_room(found.model, sizes)]
    if is_refused(found):
        event("refused")
        for sizes in rooms:
            assert is_refused(with_numbers(text, sizes)), sizes
        return
    assume(all(map(can_be_read, stated(found.model))))
    module = module_of(found.model)
    met = {tried(text, found.model, module, sizes) for sizes in rooms}
    event(f"{'conditions' if found.model.requirements else 'no condition'}, met: {sorted(met)}")


@pytest.mark.parametrize(
    ("name", "condition", "meet", "break_"),
    [
        ("unet", "H is a multiple of 16", (64, 96, 144), (65, 72, 88, 100)),
        ("diffusion_unet", "H is a multiple of 8", (64, 72, 96), (65, 68, 76)),
        ("fcn", "H leaves 0 to 7 when divided by 32", (64, 65, 71, 103), (72, 80, 95)),
    ],
)
def test_examples(name: str, condition: str, meet: tuple[int, ...], break_: tuple[int, ...]) -> None:
    """Their inputs are declared as multiples; of any size they say themselves what must hold."""
    text = (EXAMPLES / f"{name}.nn").read_text(encoding="utf-8")
    text = re.sub(r"In\[(B, 3), \d+\*h, \d+\*w\]", r"In[\1, H, W]", text)
    text = re.sub(r"(?<!In)\[B, \w+, [^]]*\bh\b[^]]*\]", "", text)  # what is claimed on the way
    model = compiled(text).model
    assert model is not None
    assert stated(model) == [condition, condition.replace("H", "W", 1)]
    module = module_of(model)
    for size in (*meet, *break_):
        assert tried(text, model, module, {"B": 2, "H": size, "W": 64}) is (size in meet)


WIDTHS = [
    ("x:In[B, T, D] -> SelfAttention(6) -> Out", "D is a multiple of 6"),
    ("x:In[B, T, D] -> MultiHeadAttention(4) -> Out", "D is a multiple of 4"),
    ("x:In[B, T, D] -> Linear(D / 2) -> Out", "D is a multiple of 2"),
    ("x:In[B, T, D] -> Linear((D + 1) / 2) -> Out", "D is odd"),
    ("x:In[B, T, D] -> GLU -> Out", "D is a multiple of 2"),
    ("x:In[B, T, D] -> Split(3, axis = -1) -> [a, b, c]; [a, b, c] -> Add -> Out", "D is a multiple of 3"),
    ("x:In[B, D, T] -> GroupNorm(8) -> Out", "D is a multiple of 8"),
    ("x:In[B, D, T] -> Conv(12, 3, groups = 3) -> Out", "D is a multiple of 3"),
    ("x:In[B, D, T, T] -> PixelShuffle(2) -> Out", "D is a multiple of 4"),
    ("x:In[B, D, T] -> ChannelShuffle(5) -> Out", "D is a multiple of 5"),
    ("+F { In[B, T, 3*k + 1] -> Linear(k) -> Out }\nx:In[B, T, D] -> F -> Out", "D leaves 1 when divided by 3"),
    ('x:In[B, T, D] -> Rearrange("b t (h d) -> b h t d", h = 10) -> Out', "D is a multiple of 10"),
    ("x:In[B, T, D] -> Reshape[B, 7, T * D / 7] -> Out", "D*T is a multiple of 7"),
    ("x:In[B, T, D] -> Linear(16)[B, T, D] -> Out", "D is 16"),
]


@pytest.mark.parametrize(("text", "condition"), WIDTHS)
def test_widths(text: str, condition: str) -> None:
    """Weights need numbers: those that meet the condition give a module that runs, the others are refused."""
    model = compiled(text).model
    assert model is not None
    assert stated(model) == [condition]
    seen: set[bool] = set()
    for width in range(13, 49):
        sizes = {"B": 2, "T": 10, "D": width}
        met = holds(condition, sizes)
        known = with_numbers(text, sizes)
        assert is_refused(known) is not met, width
        seen.add(met)
        if met and known.model is not None and sum(seen) and width % 4 == 0:
            assert run(module_of(known.model), known.model, sizes) == shapes_of(model, sizes) == shapes_of(known.model)
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("text", "sizes", "met"),
    [
        ("x:In[B, 4, T]\ny:In[B, 4, S]\n[x, y] -> Add -> Out", {"T": 12, "S": 12}, True),
        ("x:In[B, 4, T]\ny:In[B, 4, S]\n[x, y] -> Add -> Out", {"T": 12, "S": 13}, False),
        ("x:In[B, 4, T]\ny:In[B, 4, S]\nx -> MaxPool(2) -> z\n[z, y] -> Add -> Out", {"T": 25, "S": 12}, True),
        ("x:In[B, 4, T]\ny:In[B, 4, S]\nx -> MaxPool(2) -> z\n[z, y] -> Add -> Out", {"T": 26, "S": 12}, False),
        (
            "x:In[B, T, 8]\ny:In[B, 8, S]\n[x, y] -> MatMul -> m\n[m, x] -> Concat(axis = 1) -> Out",
            {"T": 9, "S": 8},
            True,
        ),
        (
            "x:In[B, T, 8]\ny:In[B, 8, S]\n[x, y] -> MatMul -> m\n[m, x] -> Concat(axis = 1) -> Out",
            {"T": 9, "S": 9},
            False,
        ),
        (
            "x:In[B, T, 8]\ny:In[B, S, 8]\n[query = x, key = y] -> ScaledDotProductAttention -> Out",
            {"T": 9, "S": 14},
            True,
        ),
    ],
)
def test_two_sizes(text: str, sizes: dict[str, int], met: bool) -> None:
    model = compiled(text).model
    assert model is not None
    assert tried(text, model, module_of(model), {"B": 2, **sizes}) is met


def test_the_sample_meets_what_the_model_asks() -> None:
    """A mask over what two strided convolutions leave, and a height that must be a multiple of 24."""
    model = mn.loads(
        """
        x:In[B, 1, N] -> Conv(16, 10, stride = 5) -> Conv(16, 8, stride = 4) -> f[B, 16, T]
        mask:In[B, 16, T] -> m
        [f, m] -> Mul -> y:Out
        image:In[B, 3, H, 48] -> Reshape[B, 3, H / 24, 24, 48] -> z:Out
        """
    )
    text = model.code().text
    assert "x = torch.randn(2, 1, 64)" in text and "mask = torch.randn(2, 16, 1)" in text
    assert "image = torch.randn(2, 3, 72, 48)" in text
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert ran.stdout == "y (2, 16, 1)\nz (2, 3, 3, 24, 48)\n"
