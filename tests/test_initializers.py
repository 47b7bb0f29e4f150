"""How weights may start: the table that programs are checked by is torch's own."""

from __future__ import annotations

import inspect

import pytest
import torch

from moniel2.ops.initializers import INITIALIZERS


def theirs() -> set[str]:
    return {n.removesuffix("_") for n in vars(torch.nn.init) if n.endswith("_") and not n.startswith("_")}


def test_all_that_torch_has() -> None:
    assert set(INITIALIZERS) == theirs()


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_arguments_are_those_of_torch(name: str) -> None:
    function = getattr(torch.nn.init, f"{name}_")
    _, *parameters = inspect.signature(function).parameters.values()
    taken = [p for p in parameters if p.name != "generator"]
    assert list(INITIALIZERS[name]) == [p.name for p in taken]
    needed = [p.name for p in taken if p.default is inspect.Parameter.empty]
    assert [n for n, one in INITIALIZERS[name].items() if one.needed] == needed
    for word, one in INITIALIZERS[name].items():
        for choice in one.choices:
            function(torch.empty(4, 4), **{word: choice})
