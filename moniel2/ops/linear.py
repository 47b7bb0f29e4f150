"""Matrices applied to the last axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.check import agree, claimed
from moniel2.ops.code import Arg, Call, Layer, Torch
from moniel2.ops.common import floating
from moniel2.ops.dtypes import alike
from moniel2.ops.reparametrize import norm_argument, reparametrized, reparametrized_weights
from moniel2.ops.space import positive, unlike
from moniel2.ops.spec import Category, Op, Problem, Weight, Weights, arg, op, sample


@op(
    Category.LINEAR,
    aliases=("Dense", "FC", "FullyConnected", "InnerProduct", "Affine", "LazyLinear"),
    moniel="Linear",
    label="Linear {size}",
    source="Rosenblatt, The Perceptron, 1958",
    samples=[
        sample({"size": 5}, ("N", 4)),
        sample({"size": "E", "bias": False}, ("B", "N", "D")),
        sample({"size": Dim.of("D") * 4}, ("D",)),
        sample({"size": 5, "norm": "weight"}, ("N", 4)),
        sample({"size": 5, "norm": "spectral"}, ("N", 4)),
    ],
)
class Linear(Op):
    """A matrix and an offset on the last axis: ``[..., D]`` becomes ``[..., size]``."""

    size: Dim = arg(doc="output features", aliases=("out_features", "features", "units", "channels"))
    bias: bool = arg(True, doc="add a learned offset", aliases=("use_bias",))
    norm: str = norm_argument()
    in_features: Dim | None = arg(None, doc="checked against the input's last size", keyword=True)

    @classmethod
    def told_by(cls, weight: Shape, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"size": weight[0]} if len(weight) == 2 else {}

    def shape(self, x: Shape) -> Shape:
        if not x:
            raise Problem("needs at least 1 dimension, got a scalar", "x")
        claimed(x[-1], self.in_features, "input features", "in_features")
        return Shape(*x[:-1], positive(self.size, "size"))

    dtype = floating

    def weights(self, x: Shape) -> Weights:
        weights = {"weight": Weight(Shape(self.size, x[-1]))}
        if self.bias:
            weights["bias"] = Weight(Shape(self.size))
        return reparametrized_weights(weights, self.norm)

    def macs(self, x: Shape) -> Dim:
        return x.size * self.size

    def torch(self, x: Shape) -> Torch:
        operands = (Arg("x"), Arg("weight"), Arg("bias")) if self.bias else (Arg("x"), Arg("weight"))
        options = unlike(bias=(self.bias, True))
        layer = Layer("nn.Linear", (x[-1], self.size), options, functional=Call("F.linear", operands))
        return reparametrized(layer, self.norm)


@op(
    Category.LINEAR,
    label="Bilinear {size}",
    source="Tenenbaum and Freeman, Separating Style and Content with Bilinear Models, 2000",
    samples=[
        sample({"size": 5}, ("N", 4), ("N", 3)),
        sample({"size": 5, "bias": False}, ("B", "N", "D"), ("B", "N", "E")),
    ],
)
class Bilinear(Op):
    """``a W b`` for each output feature: ``[..., D]`` and ``[..., E]`` become ``[..., size]``."""

    size: Dim = arg(doc="output features", aliases=("out_features", "features", "units"))
    bias: bool = arg(True, doc="add a learned offset", aliases=("use_bias",))
    in1_features: Dim | None = arg(None, doc="checked against the first input's last size", keyword=True)
    in2_features: Dim | None = arg(None, doc="checked against the second input's last size", keyword=True)

    @classmethod
    def told_by(cls, weight: Shape, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"size": weight[0]} if len(weight) == 3 else {}

    def shape(self, a: Shape, b: Shape) -> Shape:
        if not a or len(a) != len(b):
            raise Problem(f"needs two inputs that differ in the last dimension only, got {a} and {b}", "b")
        message = f"needs two inputs that differ in the last dimension only, got {a} and {b}"
        claimed(a[-1], self.in1_features, "features of the first input", "in1_features")
        claimed(b[-1], self.in2_features, "features of the second input", "in2_features")
        leading = (agree(m, n, message, "b") for m, n in zip(a[:-1], b[:-1], strict=True))
        return Shape(*leading, positive(self.size, "size"))

    def dtype(self, a: str, b: str) -> str:
        return floating(self, alike(a=a, b=b))

    def weights(self, a: Shape, b: Shape) -> Weights:
        weights = {"weight": Weight(Shape(self.size, a[-1], b[-1]))}
        if self.bias:
            weights["bias"] = Weight(Shape(self.size))
        return weights

    def macs(self, a: Shape, b: Shape) -> Dim:
        # As one matrix product for each output feature; torch's counter doesn't see it.
        return a.size * b[-1] * self.size

    def torch(self, a: Shape, b: Shape) -> Torch:
        bias = (Arg("bias"),) if self.bias else ()
        return Layer(
            "nn.Bilinear",
            (a[-1], b[-1], self.size),
            unlike(bias=(self.bias, True)),
            functional=Call("F.bilinear", (Arg("a"), Arg("b"), Arg("weight"), *bias)),
        )
