"""Turns what the ``torch`` rules say (``Layer``, ``Call``, …) into real torch objects, independently of the emitter."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from functools import reduce
from typing import Any

import torch
from torch import nn

from moniel2.dims import Dim, Shape
from moniel2.ops.code import Arg, Call, Device, Infix, Layer, Method, Name, Own, Prefix, Source, Subscript
from moniel2.ops.spec import Op, Weight

ROOTS: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "math": math}
INFIX = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
}
PREFIX = {"-": operator.neg, "~": operator.invert, "not": operator.not_}


class Node(nn.Module):
    """One operation as a module. Its ``state_dict`` is the operation's."""

    def __init__(self, code: Any, sizes: Mapping[str, int], weights: Mapping[str, Weight]) -> None:
        super().__init__()
        self.code, self.sizes, self.weights = code, sizes, weights
        self.layer: nn.Module | None = None
        self.own: dict[str, Any] = {}
        if isinstance(code, Source):
            space = dict(ROOTS) | {"nn": nn, "F": nn.functional}
            exec(
                "import math\nimport torch\nfrom torch import Tensor, nn\nimport torch.nn.functional as F\n"
                + code.text,
                space,
            )
            self.code = code.layer
            self.layer = self._build(code.layer, space[code.class_name])
        elif isinstance(code, Layer):
            self.layer = self._build(code, dotted(code.target))
        else:
            for part in owned(code):
                value = self.value(part.value, {}) if part.value is not None else torch.zeros(self._sizes(part.name))
                weight = weights[part.name]
                self.own[part.name] = value if weight.buffer else nn.Parameter(value, requires_grad=weight.trainable)

    def _sizes(self, name: str) -> tuple[int, ...]:
        return tuple(d.at(self.sizes) for d in self.weights[name].shape)

    def _build(self, layer: Layer, target: Any) -> nn.Module:
        module = target(
            *(self.value(a, {}) for a in layer.args), **{k: self.value(v, {}) for k, v in layer.kwargs.items()}
        )
        assert isinstance(module, nn.Module), f"{layer.target} is no module"
        return module

    def found(self) -> dict[str, Weight]:
        """What torch has: every entry of the state_dict."""
        if self.layer is None:
            return {
                name: Weight(Shape(*v.shape), v.requires_grad, not isinstance(v, nn.Parameter), dtype_of(v))
                for name, v in self.own.items()
            }
        parameters = dict(self.layer.named_parameters())
        return {
            name: Weight(
                Shape(*v.shape),
                trainable=name in parameters and parameters[name].requires_grad,
                buffer=name not in parameters,
                dtype=dtype_of(v),
            )
            for name, v in self.layer.state_dict().items()
        }

    def forward(self, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        if self.layer is None:
            result = self.value(self.code, inputs)
            return tuple(result) if isinstance(result, (tuple, list)) else (result,)
        layer: Layer = self.code
        operands = [self.value(a, inputs) for a in layer.call] if layer.call is not None else everything(inputs)
        result = self.layer(*operands, **{k: self.value(v, inputs) for k, v in layer.call_kwargs.items()})
        if layer.pick is None:
            return (result,)
        return tuple(reduce(lambda r, i: r[i], path, result) for path in layer.pick)

    def functional(self, inputs: Mapping[str, Any]) -> Any:
        """The functional form, fed with the layer's own weights."""
        assert self.layer is not None
        return self.value(self.code.functional, {**inputs, **self.layer.state_dict()})

    def value(self, v: Any, inputs: Mapping[str, Any]) -> Any:
        def all_of(values: Any) -> list[Any]:
            return [self.value(x, inputs) for x in values]

        def named(values: Mapping[str, Any]) -> dict[str, Any]:
            return {k: self.value(x, inputs) for k, x in values.items() if not isinstance(x, Device)}

        match v:
            case Dim():
                return v.at(self.sizes)
            case Shape():
                return tuple(d.at(self.sizes) for d in v)
            case tuple() | list():
                return type(v)(all_of(v))
            case Arg("*"):
                return next(x for x in inputs.values() if isinstance(x, tuple))
            case Arg(name) if name.endswith("]"):
                port, index = name[:-1].split("[")
                return inputs[port][int(index)]
            case Arg(name):
                return inputs[name]
            case Own(name):
                return self.own[name]
            case Name(name):
                return dotted(name)
            case Device():
                return torch.device("cpu")
            case Call(target, args, kwargs):
                return dotted(target)(*all_of(args), **named(kwargs))
            case Method(receiver, name, args, kwargs):
                return getattr(self.value(receiver, inputs), name)(*all_of(args), **named(kwargs))
            case Infix(symbol, operands):
                return reduce(INFIX[symbol], all_of(operands))
            case Prefix(symbol, operand):
                return PREFIX[symbol](self.value(operand, inputs))
            case Subscript(value, index):
                items = tuple(all_of(index))
                return self.value(value, inputs)[items[0] if len(items) == 1 else items]
            case slice(start=start, stop=stop, step=step):
                return slice(*all_of((start, stop, step)))
            case Layer() | Source():
                raise TypeError("a layer inside an expression")
            case _:
                return v


def everything(inputs: Mapping[str, Any]) -> list[Any]:
    """Every operand in port order."""
    return [y for x in inputs.values() for y in (x if type(x) is tuple else (x,))]


def owned(code: Any) -> list[Own]:
    """Every weight that an expression holds itself, once."""
    found: dict[str, Own] = {}

    def walk(v: Any) -> None:
        match v:
            case Own(name):
                found.setdefault(name, v)
            case Call(_, args, kwargs):
                walk(args), walk(tuple(kwargs.values()))
            case Method(receiver, _, args, kwargs):
                walk((receiver, *args)), walk(tuple(kwargs.values()))
            case Infix(_, operands):
                walk(operands)
            case Prefix(_, operand):
                walk(operand)
            case Subscript(value, index):
                walk((value, *index))
            case tuple() | list():
                for x in v:
                    walk(x)

    walk(code)
    return list(found.values())


def dotted(path: str) -> Any:
    """``nn.Conv2d`` itself."""
    first, *rest = path.split(".")
    value = ROOTS[first]
    for name in rest:
        value = getattr(value, name)
    return value


def dtype_of(tensor: Any) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def bound(op: Op, shapes: tuple[Any, ...]) -> dict[str, Any]:
    """Operands by input port, unbound ports filled from the ones they default to."""
    ports: dict[str, Any] = {}
    for i, port in enumerate(op.spec.inputs):
        if port.variadic:
            ports[port.name] = tuple(shapes[i:])
        elif i < len(shapes):
            ports[port.name] = shapes[i]
        elif port.default_to:
            ports[port.name] = ports[port.default_to]
        else:
            ports[port.name] = None
    return ports
