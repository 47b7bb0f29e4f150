"""Recurrent layers over a whole sequence, and their cells for one step."""

from __future__ import annotations

from typing import Any

from moniel2.dims import ZERO, Dim, Shape
from moniel2.ops.check import agree, claimed
from moniel2.ops.code import Arg, Layer, Torch
from moniel2.ops.common import floating
from moniel2.ops.dtypes import alike
from moniel2.ops.space import positive, unlike
from moniel2.ops.spec import Category, Op, Problem, Weight, Weights, arg, op, sample

_MOST_LAYERS = 100
_HIDDEN = ("hidden_size", "units", "size")
_LAYERS = ("num_layers", "depth")
_HIDDEN_DOC, _LAYERS_DOC = "size of the state", "how many stand on top of each other"
_BATCH_FIRST_DOC = "sequences are [batch, steps, width], else [steps, batch, width]"
_DROPOUT_DOC = "part dropped between layers in training"
_INPUT_DOC = "checked against the input's width"
_STACKS = [
    sample({"hidden": 5}, ("B", "T", "D")),
    sample({"hidden": 5, "layers": 2, "bidirectional": True}, ("B", "T", 3)),
    sample({"hidden": "E", "layers": 3, "bias": False, "batch_first": False, "dropout": 0.2}, ("T", "B", 3)),
]


class Recurrent(Op):
    """What the layers share. ``gates`` matrices are stacked in each weight."""

    gates = 1
    hidden: Dim
    layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    input_size: Dim | None

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def width(self) -> Dim:
        """The size of what a layer puts out in one direction."""
        return self.hidden

    def run(self, x: Shape, **states: Shape | None) -> tuple[Shape, Shape]:
        """The shapes of the sequence and of the last states. Raises ``Problem``."""
        order = "[batch, steps, width]" if self.batch_first else "[steps, batch, width]"
        if len(x) != 3:
            raise Problem(f"needs 3 dimensions {order}, got {x}", "x")
        claimed(x[2], self.input_size, "input features", "input_size")
        positive(self.hidden, "hidden")
        positive(self.layers, "layers")
        if self.layers > _MOST_LAYERS:
            name = self.spec.name
            mend = f"PyTorch's {name}({self.hidden}, {self.layers}) is {name}({self.layers}) here"
            raise Problem(f"has {self.layers} layers, more than {_MOST_LAYERS}", "layers", mend, "bad-value")
        if not 0 <= self.dropout <= 1:
            raise Problem(f"dropout must be between 0 and 1, got {self.dropout}", "dropout", rule="wrong-argument")
        batch = x[0] if self.batch_first else x[1]
        last = Shape(self.layers * self.directions, batch, self.width)
        for name, state in states.items():
            if state is not None:
                _agree_all(state, self.state_shape(name, last), name)
        return Shape(x[0], x[1], self.directions * self.width), last

    def state_shape(self, name: str, last: Shape) -> Shape:
        """The shape of a first state."""
        return last

    def every_weight(self, x: Shape) -> Weights:
        """The weights of all layers and directions, in torch's order."""
        weights: dict[str, Weight] = {}
        rows = self.gates * self.hidden
        for layer in range(self.layers):
            inputs = x[2] if layer == 0 else self.directions * self.width
            for suffix in ("", "_reverse")[: self.directions]:
                place = f"l{layer}{suffix}"
                weights[f"weight_ih_{place}"] = Weight(Shape(rows, inputs))
                weights[f"weight_hh_{place}"] = Weight(Shape(rows, self.width))
                if self.bias:
                    weights[f"bias_ih_{place}"] = Weight(Shape(rows))
                    weights[f"bias_hh_{place}"] = Weight(Shape(rows))
                weights |= self.projection_weights(place)
        return weights

    def projection_weights(self, place: str) -> Weights:
        """The matrix that makes a state smaller, if there is one."""
        return {}

    def products(self, x: Shape) -> Dim:
        """Every matrix once for each step of each sequence."""
        total = ZERO
        for name, weight in self.every_weight(x).items():
            if name.startswith("weight"):
                total = total + weight.shape.size
        return total * x[0] * x[1]

    def options(self) -> dict[str, Any]:
        return unlike(
            num_layers=(self.layers, 1),
            bias=(self.bias, True),
            batch_first=(self.batch_first, False),
            dropout=(self.dropout, 0),
            bidirectional=(self.bidirectional, False),
        )


def _agree_all(found: Shape, wanted: Shape, port: str) -> None:
    message = f"needs {port} of shape {wanted}, got {found}"
    if len(found) != len(wanted):
        raise Problem(message, port)
    for m, n in zip(found, wanted, strict=True):
        agree(m, n, message, port)


@op(
    Category.RECURRENCE,
    label="RNN {hidden}[, {layers} layers]",
    outputs=("out", "h"),
    side_outputs=True,
    source="Elman, Finding Structure in Time, 1990",
    samples=[*_STACKS, sample({"hidden": 5, "nonlinearity": "relu"}, ("B", "T", 3), (1, "B", 5))],
)
class RNN(Recurrent):
    """``h = tanh(W x + U h + b)`` along a sequence: ``[B, T, D]`` becomes ``[B, T, hidden]``.

    ``h``, the state after the last step, is ``[layers*directions, B, hidden]``, and so is the first one, ``h0``,
    zeros if unbound. Multiply-accumulates: every matrix once for each step.
    """

    hidden: Dim = arg(doc=_HIDDEN_DOC, aliases=_HIDDEN)
    layers: int = arg(1, doc=_LAYERS_DOC, aliases=_LAYERS)
    nonlinearity: str = arg("tanh", doc="what makes the state", choices=("tanh", "relu"), aliases=("activation",))
    bias: bool = arg(True, doc="learned offsets", aliases=("use_bias",))
    batch_first: bool = arg(True, doc=_BATCH_FIRST_DOC)
    dropout: float = arg(0.0, doc=_DROPOUT_DOC)
    bidirectional: bool = arg(False, doc="a second one runs backwards; both results stand side by side")
    input_size: Dim | None = arg(None, doc=_INPUT_DOC, keyword=True)

    def shape(self, x: Shape, h0: Shape | None = None) -> tuple[Shape, Shape]:
        return self.run(x, h0=h0)

    def dtype(self, x: str, h0: str = "") -> str:
        return floating(self, alike(x=x, h0=h0))

    def weights(self, x: Shape, h0: Shape | None = None) -> Weights:
        return self.every_weight(x)

    def macs(self, x: Shape, h0: Shape | None = None) -> Dim:
        return self.products(x)

    def torch(self, x: Shape, h0: Shape | None = None) -> Torch:
        options = {**unlike(nonlinearity=(self.nonlinearity, "tanh")), **self.options()}
        return Layer("nn.RNN", (x[2], self.hidden), options, pick=((0,), (1,)))


@op(
    Category.RECURRENCE,
    label="GRU {hidden}[, {layers} layers]",
    outputs=("out", "h"),
    side_outputs=True,
    source="Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014",
    samples=[*_STACKS, sample({"hidden": 5}, ("B", "T", 3), (1, "B", 5))],
)
class GRU(Recurrent):
    """A gated recurrent unit along a sequence: ``[B, T, D]`` becomes ``[B, T, hidden]``.

    ``h``, the state after the last step, is ``[layers*directions, B, hidden]``, and so is the first one, ``h0``,
    zeros if unbound. Multiply-accumulates: every matrix once for each step.
    """

    gates = 3
    hidden: Dim = arg(doc=_HIDDEN_DOC, aliases=_HIDDEN)
    layers: int = arg(1, doc=_LAYERS_DOC, aliases=_LAYERS)
    bias: bool = arg(True, doc="learned offsets", aliases=("use_bias",))
    batch_first: bool = arg(True, doc=_BATCH_FIRST_DOC)
    dropout: float = arg(0.0, doc=_DROPOUT_DOC)
    bidirectional: bool = arg(False, doc="a second one runs backwards; both results stand side by side")
    input_size: Dim | None = arg(None, doc=_INPUT_DOC, keyword=True)

    def shape(self, x: Shape, h0: Shape | None = None) -> tuple[Shape, Shape]:
        return self.run(x, h0=h0)

    def dtype(self, x: str, h0: str = "") -> str:
        return floating(self, alike(x=x, h0=h0))

    def weights(self, x: Shape, h0: Shape | None = None) -> Weights:
        return self.every_weight(x)

    def macs(self, x: Shape, h0: Shape | None = None) -> Dim:
        return self.products(x)

    def torch(self, x: Shape, h0: Shape | None = None) -> Torch:
        return Layer("nn.GRU", (x[2], self.hidden), self.options(), pick=((0,), (1,)))


@op(
    Category.RECURRENCE,
    label="LSTM {hidden}[, {layers} layers]",
    outputs=("out", "h", "c"),
    side_outputs=True,
    source="Hochreiter and Schmidhuber, Long Short-Term Memory, 1997",
    samples=[
        *_STACKS,
        sample({"hidden": 5}, ("B", "T", 3), (1, "B", 5), (1, "B", 5)),
        sample({"hidden": 5, "projection": 2, "layers": 2}, ("B", "T", 3), (2, "B", 2), (2, "B", 5)),
    ],
)
class LSTM(Recurrent):
    """Long short-term memory along a sequence: ``[B, T, D]`` becomes ``[B, T, hidden]``.

    ``h`` and ``c``, state and memory after the last step, are ``[layers*directions, B, hidden]``, and so are the
    first ones, ``h0`` and ``c0``, zeros if unbound. With a ``projection`` the state and the result have that size
    instead (Sak et al. 2014). Multiply-accumulates: every matrix once for each step.
    """

    gates = 4
    hidden: Dim = arg(doc="size of state and memory", aliases=_HIDDEN)
    layers: int = arg(1, doc=_LAYERS_DOC, aliases=_LAYERS)
    bias: bool = arg(True, doc="learned offsets", aliases=("use_bias",))
    batch_first: bool = arg(True, doc=_BATCH_FIRST_DOC)
    dropout: float = arg(0.0, doc=_DROPOUT_DOC)
    bidirectional: bool = arg(False, doc="a second one runs backwards; both results stand side by side")
    projection: Dim = arg(0, doc="size of the state after a projection; 0 is none", aliases=("proj_size",))
    input_size: Dim | None = arg(None, doc=_INPUT_DOC, keyword=True)

    @property
    def width(self) -> Dim:
        return self.hidden if self.projection == 0 else self.projection

    def shape(self, x: Shape, h0: Shape | None = None, c0: Shape | None = None) -> tuple[Shape, Shape, Shape]:
        if (h0 is None) != (c0 is None):
            raise Problem("needs both first states or none", "c0" if c0 is None else "h0")
        small, large = self.projection.constant, self.hidden.constant
        if small is not None and large is not None and small and not 0 < small < large:
            raise Problem(f"projection {small} must be smaller than hidden ({large})", "projection")
        out, last = self.run(x, h0=h0, c0=c0)
        return out, last, self.state_shape("c0", last)

    def state_shape(self, name: str, last: Shape) -> Shape:
        return Shape(last[0], last[1], self.hidden) if name == "c0" else last

    def projection_weights(self, place: str) -> Weights:
        return {} if self.projection == 0 else {f"weight_hr_{place}": Weight(Shape(self.projection, self.hidden))}

    def dtype(self, x: str, h0: str = "", c0: str = "") -> str:
        return floating(self, alike(x=x, h0=h0, c0=c0))

    def weights(self, x: Shape, h0: Shape | None = None, c0: Shape | None = None) -> Weights:
        return self.every_weight(x)

    def macs(self, x: Shape, h0: Shape | None = None, c0: Shape | None = None) -> Dim:
        return self.products(x)

    def torch(self, x: Shape, h0: Shape | None = None, c0: Shape | None = None) -> Torch:
        options = {**self.options(), **unlike(proj_size=(self.projection, 0))}
        call = None if h0 is None else (Arg("x"), (Arg("h0"), Arg("c0")))
        return Layer("nn.LSTM", (x[2], self.hidden), options, call=call, pick=((0,), (1, 0), (1, 1)))


# ------------------------------------------------------------------------------------------- cells


class Cell(Op):
    """What the cells share. ``gates`` matrices are stacked in each weight."""

    gates = 1
    hidden: Dim
    bias: bool
    input_size: Dim | None

    def step(self, x: Shape, **states: Shape | None) -> Shape:
        """The shape of a state. Raises ``Problem``."""
        if len(x) != 2:
            raise Problem(f"needs 2 dimensions [batch, width], got {x}", "x", "a layer takes whole sequences")
        claimed(x[1], self.input_size, "input features", "input_size")
        after = Shape(x[0], positive(self.hidden, "hidden"))
        for name, state in states.items():
            if state is not None:
                _agree_all(state, after, name)
        return after

    def every_weight(self, x: Shape) -> Weights:
        """The weights in torch's order."""
        rows = self.gates * self.hidden
        weights = {"weight_ih": Weight(Shape(rows, x[1])), "weight_hh": Weight(Shape(rows, self.hidden))}
        if self.bias:
            weights |= {"bias_ih": Weight(Shape(rows)), "bias_hh": Weight(Shape(rows))}
        return weights

    def products(self, x: Shape) -> Dim:
        """Both matrices once for each example."""
        return x[0] * self.gates * self.hidden * (x[1] + self.hidden)


_CELLS = [sample({"hidden": 5}, ("B", "D")), sample({"hidden": "E", "bias": False}, ("B", 3), ("B", "E"))]


@op(
    Category.RECURRENCE,
    label="RNNCell {hidden}",
    source="Elman, Finding Structure in Time, 1990",
    samples=[*_CELLS, sample({"hidden": 5, "nonlinearity": "relu"}, ("B", "D"))],
)
class RNNCell(Cell):
    """One step of an ``RNN``: ``[B, D]`` and the state ``[B, hidden]`` (zeros if unbound) become the next state."""

    hidden: Dim = arg(doc=_HIDDEN_DOC, aliases=_HIDDEN)
    bias: bool = arg(True, doc="learned offsets", aliases=("use_bias",))
    nonlinearity: str = arg("tanh", doc="what makes the state", choices=("tanh", "relu"), aliases=("activation",))
    input_size: Dim | None = arg(None, doc=_INPUT_DOC, keyword=True)

    def shape(self, x: Shape, h: Shape | None = None) -> Shape:
        return self.step(x, h=h)

    def dtype(self, x: str, h: str = "") -> str:
        return floating(self, alike(x=x, h=h))

    def weights(self, x: Shape, h: Shape | None = None) -> Weights:
        return self.every_weight(x)

    def macs(self, x: Shape, h: Shape | None = None) -> Dim:
        return self.products(x)

    def torch(self, x: Shape, h: Shape | None = None) -> Torch:
        options = unlike(bias=(self.bias, True), nonlinearity=(self.nonlinearity, "tanh"))
        return Layer("nn.RNNCell", (x[1], self.hidden), options)


@op(
    Category.RECURRENCE,
    label="GRUCell {hidden}",
    source="Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014",
    samples=_CELLS,
)
class GRUCell(Cell):
    """One step of a ``GRU``: ``[B, D]`` and the state ``[B, hidden]`` (zeros if unbound) become the next state."""

    gates = 3
    hidden: Dim = arg(doc=_HIDDEN_DOC, aliases=_HIDDEN)
    bias: bool = arg(True, doc="learned offsets", aliases=("use_bias",))
    input_size: Dim | None = arg(None, doc=_INPUT_DOC, keyword=True)

    def shape(self, x: Shape, h: Shape | None = None) -> Shape:
        return self.step(x, h=h)

    def dtype(self, x: str, h: str = "") -> str:
        return floating(self, alike(x=x, h=h))

    def weights(self, x: Shape, h: Shape | None = None) -> Weights:
        return self.every_weight(x)

    def macs(self, x: Shape, h: Shape | None = None) -> Dim:
        return self.products(x)

    def torch(self, x: Shape, h: Shape | None = None) -> Torch:
        return Layer("nn.GRUCell", (x[1], self.hidden), unlike(bias=(self.bias, True)))


@op(
    Category.RECURRENCE,
    label="LSTMCell {hidden}",
    outputs=("h", "c"),
    side_outputs=True,
    source="Hochreiter and Schmidhuber, Long Short-Term Memory, 1997",
    samples=[
        sample({"hidden": 5}, ("B", "D")),
        sample({"hidden": "E", "bias": False}, ("B", 3), ("B", "E"), ("B", "E")),
    ],
)
class LSTMCell(Cell):
    """One step of an ``LSTM``: ``[B, D]``, state and memory ``[B, hidden]`` (zeros if unbound) become the next two."""

    gates = 4
    hidden: Dim = arg(doc="size of state and memory", aliases=_HIDDEN)
    bias: bool = arg(True, doc="learned offsets", aliases=("use_bias",))
    input_size: Dim | None = arg(None, doc=_INPUT_DOC, keyword=True)

    def shape(self, x: Shape, h: Shape | None = None, c: Shape | None = None) -> tuple[Shape, Shape]:
        if (h is None) != (c is None):
            raise Problem("needs both state and memory or neither", "c" if c is None else "h")
        after = self.step(x, h=h, c=c)
        return after, after

    def dtype(self, x: str, h: str = "", c: str = "") -> str:
        return floating(self, alike(x=x, h=h, c=c))

    def weights(self, x: Shape, h: Shape | None = None, c: Shape | None = None) -> Weights:
        return self.every_weight(x)

    def macs(self, x: Shape, h: Shape | None = None, c: Shape | None = None) -> Dim:
        return self.products(x)

    def torch(self, x: Shape, h: Shape | None = None, c: Shape | None = None) -> Torch:
        call = None if h is None else (Arg("x"), (Arg("h"), Arg("c")))
        options = unlike(bias=(self.bias, True))
        return Layer("nn.LSTMCell", (x[1], self.hidden), options, call=call, pick=((0,), (1,)))
