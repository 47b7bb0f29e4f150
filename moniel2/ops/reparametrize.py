"""Weights given by others: a direction and a length, or a matrix divided by its greatest singular value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from moniel2.dims import ONE, Shape
from moniel2.ops.code import Call, Layer
from moniel2.ops.spec import Weight, Weights, arg

_FORMS = {"weight": "weight_norm", "spectral": "spectral_norm"}


def norm_argument() -> Any:
    """The argument ``norm`` of an operation with a ``weight``."""
    return arg(
        "none",
        doc="weight normalization (Salimans and Kingma 2016) or spectral normalization (Miyato et al. 2018)",
        choices=("none", *_FORMS),
        aliases=("weight_norm", "reparametrization"),
        keyword=True,
    )


def reparametrized(layer: Layer, norm: str) -> Layer:
    """The layer with its weight in the form that ``norm`` names. It has no functional form then."""
    if norm == "none":
        return layer
    plain = Call(layer.target, layer.args, layer.kwargs)
    return replace(layer, target=f"nn.utils.parametrizations.{_FORMS[norm]}", args=(plain,), kwargs={}, functional=None)


def reparametrized_weights(weights: Weights, norm: str, rows: int = 0) -> Weights:
    """The entries of the ``state_dict`` then; ``rows`` is the axis of the output features."""
    if norm == "none":
        return weights
    weight = weights["weight"]
    made = {name: w for name, w in weights.items() if name != "weight"}
    place = "parametrizations.weight"
    if norm == "weight":
        lengths = Shape(weight.shape[0], *(ONE for _ in weight.shape[1:]))
        return {**made, f"{place}.original0": Weight(lengths), f"{place}.original1": weight}
    others = Shape(*weight.shape[:rows], *weight.shape[rows + 1 :]).size
    vectors = {"_u": Shape(weight.shape[rows]), "_v": Shape(others)}
    buffers = {f"{place}.0.{name}": Weight(s, trainable=False, buffer=True) for name, s in vectors.items()}
    return {**made, f"{place}.original": weight, **buffers}
