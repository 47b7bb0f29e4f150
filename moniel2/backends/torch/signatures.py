"""Arguments of torch's layers and functions with their defaults, so that two uses can be laid on each other.

Operations leave out what is torch's default; where another specialization says it, the default is filled in. A test
compares the table with torch.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from moniel2.backends.torch.tree import Leaf, Scalar, Term, Tree

_TABLE = """
AdaptiveAvgPool[123]d output_size
AdaptiveMaxPool[123]d output_size return_indices=False
AlphaDropout p=0.5
AvgPool[1]d kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True
AvgPool[23]d kernel_size stride=None padding=0 ceil_mode=False count_include_pad=True divisor_override=None
BatchNorm[123]d num_features eps=1e-05 momentum=0.1 affine=True track_running_stats=True
Bilinear in1_features in2_features out_features bias=True
CELU alpha=1.0
Conv[123]d in_channels out_channels kernel_size stride=1 padding=0 dilation=1 groups=1 bias=True padding_mode='zeros'
ConvTranspose[123]d in_channels out_channels kernel_size stride=1 padding=0 output_padding=0 groups=1 bias=True \
dilation=1 padding_mode='zeros'
Dropout p=0.5
Dropout[123]d p=0.5
ELU alpha=1.0
Embedding num_embeddings embedding_dim padding_idx=None max_norm=None norm_type=2.0 scale_grad_by_freq=False \
sparse=False
FeatureAlphaDropout p=0.5
Flatten start_dim=1 end_dim=-1
Fold output_size kernel_size dilation=1 padding=0 stride=1
FractionalMaxPool[23]d kernel_size output_size=None output_ratio=None return_indices=False
GELU approximate='none'
GLU dim=-1
GRU input_size hidden_size num_layers=1 bias=True batch_first=False dropout=0.0 bidirectional=False
GRUCell input_size hidden_size bias=True
GroupNorm num_groups num_channels eps=1e-05 affine=True
Hardshrink lambd=0.5
InstanceNorm[123]d num_features eps=1e-05 momentum=0.1 affine=False track_running_stats=False
LPPool[123]d norm_type kernel_size stride=None ceil_mode=False
LSTM input_size hidden_size num_layers=1 bias=True batch_first=False dropout=0.0 bidirectional=False proj_size=0
LSTMCell input_size hidden_size bias=True
LayerNorm normalized_shape eps=1e-05 elementwise_affine=True bias=True
LeakyReLU negative_slope=0.01
Linear in_features out_features bias=True
LocalResponseNorm size alpha=0.0001 beta=0.75 k=1.0
LogSoftmax dim=None
MaxPool[123]d kernel_size stride=None padding=0 dilation=1 return_indices=False ceil_mode=False
MultiheadAttention embed_dim num_heads dropout=0.0 bias=True add_bias_kv=False add_zero_attn=False kdim=None vdim=None \
batch_first=False
PReLU num_parameters=1 init=0.25
RMSNorm normalized_shape eps=None elementwise_affine=True
RNN input_size hidden_size num_layers=1 nonlinearity='tanh' bias=True batch_first=False dropout=0.0 bidirectional=False
RNNCell input_size hidden_size bias=True nonlinearity='tanh'
RReLU lower=0.125 upper=0.3333333333333333
Softmax dim=None
Softmin dim=None
Softplus beta=1.0 threshold=20.0
Softshrink lambd=0.5
Threshold threshold value
Unfold kernel_size dilation=1 padding=0 stride=1
"""

_FUNCTIONS = """
F.interpolate input size=None scale_factor=None mode='nearest' align_corners=None
F.pad input pad mode='constant' value=None
F.scaled_dot_product_attention query key value attn_mask=None dropout_p=0.0 is_causal=False
"""

# (name, default); no default is ().
Signature = tuple[tuple[str, tuple[Scalar, ...]], ...]


@cache
def signatures() -> dict[str, Signature]:
    """``nn.Conv2d`` → its arguments in order."""
    found: dict[str, Signature] = {}
    for line in _FUNCTIONS.strip().splitlines():
        name, *arguments = line.split()
        found[name] = _signature(arguments)
    for line in _TABLE.replace("\\\n", "").strip().splitlines():
        name, *arguments = line.split()
        signature = _signature(arguments)
        ranks = re.search(r"\[(\d+)\]", name)
        for rank in ranks[1] if ranks else "":
            found["nn." + re.sub(r"\[\d+\]", rank, name)] = signature
        if not ranks:
            found[f"nn.{name}"] = signature
    return found


def _signature(arguments: list[str]) -> Signature:
    found: list[tuple[str, tuple[Scalar, ...]]] = []
    for argument in arguments:
        key, equals, default = argument.partition("=")
        found.append((key, (ast.literal_eval(default),) if equals else ()))
    return tuple(found)


def named(term: Term) -> dict[str, Tree] | None:
    """A layer's arguments by name; None for a layer that isn't in the table."""
    signature = signatures().get(term.text)
    if signature is None:
        return None
    names = iter(signature)
    result: dict[str, Tree] = {}
    for key, child in zip(term.keys, term.children, strict=True):
        result[key or next(names)[0]] = child
    return result


def filled(terms: list[Term]) -> list[Term] | None:
    """The same layer's or function's uses with the same arguments written out in each; None if that can't be done."""
    if len({t.keys for t in terms}) == 1:
        return terms
    signature = signatures().get(terms[0].text)
    if signature is None:
        return None
    positional = min(sum(not k for k in t.keys) for t in terms)
    uses = [named(t) or {} for t in terms]
    wanted = [name for name, _ in signature if any(name in use for use in uses)]
    defaults = dict(signature)
    result = []
    for use in uses:
        children = [use[n] if n in use else _default(defaults[n]) for n in wanted]
        if any(c is None for c in children):
            return None
        keys = tuple("" if i < positional else n for i, n in enumerate(wanted))
        result.append(Term(terms[0].head, terms[0].text, tuple(c for c in children if c is not None), keys))
    return result


def aligned(trees: Sequence[Tree]) -> list[Tree]:
    """Trees that differ in what is torch's default somewhere, with it written out; others as they are."""
    terms = [t for t in trees if isinstance(t, Term)]
    if len(terms) < len(trees) or len({(t.head, t.text) for t in terms}) > 1:
        return list(trees)
    if terms[0].head == "call":
        terms = filled(terms) or terms
    if len({(t.keys, len(t.children)) for t in terms}) > 1:
        return list(terms)
    columns = [aligned([t.children[i] for t in terms]) for i in range(len(terms[0].children))]
    return [replace(t, children=tuple(c[row] for c in columns)) for row, t in enumerate(terms)]


def _default(default: tuple[Scalar, ...]) -> Tree | None:
    return Leaf(default[0]) if default else None


def argument_name(target: str, position: int) -> str:
    """What torch calls a layer's argument."""
    signature = signatures().get(target, ())
    return signature[position][0] if position < len(signature) else ""


def default_of(target: str, argument: str) -> tuple[Scalar, ...]:
    """Torch's default for a layer's argument; () if it has none."""
    return dict(signatures().get(target, ())).get(argument, ())
