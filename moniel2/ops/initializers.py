"""How weights may start: the functions of ``torch.nn.init`` by name, with what each takes beside the weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

BIAS = "bias"
"""Beside each function's own arguments: the number that biases start with."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One argument: the words it chooses from, or none where it is a number; whether it must be given."""

    choices: tuple[str, ...] = ()
    needed: bool = False


_NUMBER = Taken()
_TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
_KAIMING = {
    "a": _NUMBER,
    "mode": Taken(("fan_in", "fan_out")),
    "nonlinearity": Taken(
        ("linear", "conv1d", "conv2d", "conv3d", *_TRANSPOSED, "sigmoid", "tanh", "relu", "leaky_relu", "selu")
    ),
}
INITIALIZERS: Mapping[str, Mapping[str, Taken]] = {
    "constant": {"val": Taken(needed=True)},
    "dirac": {"groups": _NUMBER},
    "eye": {},
    "kaiming_normal": _KAIMING,
    "kaiming_uniform": _KAIMING,
    "normal": {"mean": _NUMBER, "std": _NUMBER},
    "ones": {},
    "orthogonal": {"gain": _NUMBER},
    "sparse": {"sparsity": Taken(needed=True), "std": _NUMBER},
    "trunc_normal": {"mean": _NUMBER, "std": _NUMBER, "a": _NUMBER, "b": _NUMBER},
    "uniform": {"a": _NUMBER, "b": _NUMBER},
    "xavier_normal": {"gain": _NUMBER},
    "xavier_uniform": {"gain": _NUMBER},
    "zeros": {},
}
"""Arguments in the order in which they may be given by position."""
