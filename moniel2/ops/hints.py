"""What PyTorch's classes take and operations here don't: why, in a sentence for the help line."""

from __future__ import annotations

from moniel2.ops.catalog import argument_parts
from moniel2.ops.spec import OpSpec

_EVERYWHERE = {
    "inplace": "how memory is used isn't part of a model; leave it out",
    "device": "where a model runs isn't part of it; leave it out",
    "size_average": 'reduction = "mean", "sum" or "none" says it',
    "reduce": 'reduction = "mean", "sum" or "none" says it',
    "return_indices": "the indices are a second output, there when read: p:MaxPool(2), then p/indices",
    "batch_first": "the batch is always the first axis",
    "need_weights": "the weights are a second output, there when read: a:MultiHeadAttention(8), then a/weights",
    "average_attn_weights": "the weights that can be read are means over the heads",
    "recompute_scale_factor": "sizes here are exact: give the size where the factor isn't",
    "activation": "an activation is a node of its own: -> ReLU",
    "input_shape": "sizes of inputs are read off them; leave it out",
    "input_dim": "sizes of inputs are read off them; leave it out",
    "input_size": "sizes of inputs are read off them; leave it out",
}
_INPUTS = "is an input: connect a tensor to it, [{name} = t, …]"


def argument_hint(spec: OpSpec, name: str) -> str | None:
    """The help line for an argument that PyTorch has under this name and ``spec`` doesn't take, or None."""
    key = "_".join(argument_parts(name))
    port = next((p.name for p in spec.inputs if p.name == key), None)
    if port is not None:
        return f"`{port}` {_INPUTS.format(name=port)}"
    if key == "dtype":
        return "the dtype is that of the input; Cast(float16) makes another one"
    if key in ("out_features", "weight") and spec.name == "LinearCrossEntropy":
        return "Linear(…), then CrossEntropy, for more axes or weights of classes"
    if key == "padding_mode" and spec.name == "ConvTranspose":
        return f"PyTorch's {spec.name} pads with zeros only"
    return _EVERYWHERE.get(key)


def order_hint(spec: OpSpec, value: object) -> str | None:
    """The help line where values by position don't fit and PyTorch's order, inputs first, may have been meant."""
    if any(a.name in ("in_channels", "in_features", "input_size", "in1_features") for a in spec.arguments):
        return f"the input's size is read off it and not written: {spec.name}({value}, …)"
    return None
