"""Attention: values mixed by how well their keys answer a query.

Masks mean what they mean in torch, which differs: for ``ScaledDotProductAttention`` true is "may be seen", for
``MultiHeadAttention`` true is "hidden". A mask of numbers is added to the scores in both.
"""

from __future__ import annotations

from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.check import agree, exactly
from moniel2.ops.code import Arg, Call, Device, Layer, Method, Name, Torch
from moniel2.ops.common import floating, no_weights
from moniel2.ops.dtypes import alike
from moniel2.ops.space import divisors_near, positive, unlike
from moniel2.ops.spec import Category, Op, Problem, Weight, Weights, arg, op, sample


def _refuse_two_masks(causal: bool, mask: object) -> None:
    if causal and mask is not None:
        raise Problem("takes either causal = true or a mask", "mask", "put the causal part into the mask")


def _mask_dtype(mask: str, query: str, port: str = "mask") -> None:
    if mask and mask != "bool" and query and mask != query:
        raise Problem(f"needs a {port} of bool or {query}, got {mask}", port, rule="dtype-mismatch")


def _broadcasts_to(mask: Shape, full: Shape, port: str) -> None:
    """Raise ``Problem`` unless ``mask`` stretches to ``full``."""
    message = f"needs a {port} that stretches to {full}, got {mask}"
    if len(mask) > len(full):
        raise Problem(message, port)
    for m, n in zip(reversed(mask), reversed(full), strict=False):
        if m != 1:
            agree(m, n, message, port)


@op(
    Category.ATTENTION,
    aliases=("SDPA",),
    label="Attention",
    source="Vaswani et al., Attention Is All You Need, 2017",
    defaults={"key": "query", "value": "key"},
    samples=[
        sample({}, ("B", 4, "T", "D")),
        sample({"causal": True, "scale": 0.5}, ("B", 4, "T", 8), ("B", 4, "L", 8), ("B", 4, "L", 6)),
        sample({}, ("B", 6, "T", 8), ("B", 2, "L", 8), ("B", 2, "L", 8)),
        sample({}, ("T", 8), ("L", 8), ("L", 6), ("T", "L")),
        sample(
            {"dropout": 0.1},
            ("B", 4, "T", 8),
            ("B", 4, "L", 8),
            ("B", 4, "L", 8),
            ("B", 1, 1, "L"),
            dtypes=("float32", "float32", "float32", "bool"),
        ),
    ],
)
class ScaledDotProductAttention(Op):
    """``softmax(query key^T / sqrt(D)) value``.

    A query ``[..., L, D]``, a key ``[..., S, D]`` and a value ``[..., S, E]`` become ``[..., L, E]``.
    The key and value default to the query. Of four axes the second is the heads: fewer heads of key and value are
    shared by groups of query heads (Ainslie et al. 2023, GQA). A bool ``mask`` is true where a key may be seen.
    """

    causal: bool = arg(False, doc="a query sees no later key", aliases=("is_causal",))
    dropout: float = arg(0.0, doc="part of the weights dropped (also in evaluation)", aliases=("dropout_p",))
    scale: float | None = arg(None, doc="factor of the scores; 1/sqrt(D) if not given")

    def shape(self, query: Shape, key: Shape, value: Shape, mask: Shape | None = None) -> Shape:
        ranks = f"needs query, key and value with as many dimensions, got {query}, {key} and {value}"
        if len(query) < 2 or len(query) != len(key) or len(key) != len(value):
            short = next((n for n, s in (("query", query), ("key", key), ("value", value)) if len(s) < 2), "key")
            raise Problem(ranks, short)
        width = f"needs queries and keys of one width, got {query} and {key}"
        agree(query[-1], key[-1], width, "key")
        agree(key[-2], value[-2], f"needs a value for each key, got {key} and {value}", "value")
        heads = self._heads(query, key, value)
        batch = len(query) - 2 - len(heads)
        message = f"needs one batch for query, key and value, got {query}, {key} and {value}"
        leading = [
            agree(agree(q, k, message, "key"), v, message, "value")
            for q, k, v in zip(query[:batch], key[:batch], value[:batch], strict=True)
        ]
        result = Shape(*leading, *heads, query[-2], value[-1])
        _refuse_two_masks(self.causal, mask)
        if mask is not None:
            _broadcasts_to(mask, Shape(*result[:-1], key[-2]), "mask")
        if not 0 <= self.dropout <= 1:
            raise Problem(f"dropout must be between 0 and 1, got {self.dropout}", "dropout", rule="wrong-argument")
        return result

    def _heads(self, query: Shape, key: Shape, value: Shape) -> tuple[Dim, ...]:
        if len(query) != 4:
            return ()
        agree(key[1], value[1], f"needs as many heads of value as of key, got {key} and {value}", "value")
        message = f"cannot share {key[1]} heads of keys among {query[1]} heads of queries"
        mend = f"a multiple of {key[1]} heads, or heads on axis 1: [batch, heads, tokens, width]"
        exactly(query[1], key[1], message, "key", mend)
        return (query[1],)

    def dtype(self, query: str, key: str, value: str, mask: str = "") -> str:
        _mask_dtype(mask, query)
        return floating(self, alike(query=query, key=key, value=value))

    weights = no_weights

    def macs(self, query: Shape, key: Shape, value: Shape, mask: Shape | None = None) -> Dim:
        scores = Shape(*query[:-1], key[-2]).size
        return scores * query[-1] + scores * value[-1]

    def torch(self, query: Shape, key: Shape, value: Shape, mask: Shape | None = None) -> Torch:
        grouped = len(query) == 4 and query[1] != key[1] and query[1].known and key[1].known
        options = unlike(
            attn_mask=(None if mask is None else Arg("mask"), None),
            dropout_p=(self.dropout, 0),
            is_causal=(self.causal, False),
            scale=(self.scale, None),
            enable_gqa=(grouped, False),
        )
        return Call("F.scaled_dot_product_attention", (Arg("query"), Arg("key"), Arg("value")), options)


@op(
    Category.ATTENTION,
    aliases=("MHA", "MultiheadAttention", "Attention"),
    label="MultiHeadAttention, {heads} heads",
    outputs=("out", "weights"),
    side_outputs=True,
    source="Vaswani et al., Attention Is All You Need, 2017",
    defaults={"key": "query", "value": "key"},
    samples=[
        sample({"heads": 2}, ("B", "T", Dim.of("D") * 2)),
        sample({"heads": 2, "causal": True, "bias": False}, ("B", "T", 8)),
        sample({"heads": 4}, ("B", "T", 8), ("B", "L", 6), ("B", "L", 5)),
        sample({"heads": 2, "add_bias_kv": True}, ("B", "T", 8), ("B", "L", 8), ("B", "L", 8)),
        sample({"heads": 2, "add_zero_attn": True}, ("B", "T", 8), ("B", "L", 6), ("B", "L", 6)),
        sample(
            {"heads": 2},
            ("B", "T", 8),
            ("B", "L", 8),
            ("B", "L", 8),
            ("T", "L"),
            ("B", "L"),
        ),
        sample(
            {"heads": 2},
            (3, "T", 8),
            (3, "L", 8),
            (3, "L", 8),
            (6, "T", "L"),
            dtypes=("float32", "float32", "float32", "bool"),
        ),
    ],
)
class MultiHeadAttention(Op):
    """Attention in ``heads`` parallel parts, with projections before and after: ``[B, L, D]`` stays ``[B, L, D]``.

    Keys ``[B, S, …]`` and values ``[B, S, …]`` default to the query and may have widths of their own. A bool ``mask``
    (``[L, S]`` or ``[B*heads, L, S]``) is true where a key is hidden from a query, a bool ``key_mask`` ``[B, S]``
    where it is hidden from all. ``weights`` ``[B, L, S]`` are the means over the heads.
    """

    heads: Dim = arg(doc="parallel parts, which divide the width", aliases=("num_heads",))
    dropout: float = arg(0.0, doc="part of the weights dropped in training")
    bias: bool = arg(True, doc="projections have offsets", aliases=("use_bias",))
    add_bias_kv: bool = arg(False, doc="one more, learned, key and value")
    add_zero_attn: bool = arg(False, doc="one more key and value of zeros")
    causal: bool = arg(False, doc="a query sees no later key", aliases=("is_causal",))
    width: Dim | None = arg(None, doc="checked against the query's", aliases=("embed_dim",))
    kdim: Dim | None = arg(None, doc="checked against the key's width", aliases=("key_width",))
    vdim: Dim | None = arg(None, doc="checked against the value's width", aliases=("value_width",))

    def shape(
        self, query: Shape, key: Shape, value: Shape, mask: Shape | None = None, key_mask: Shape | None = None
    ) -> tuple[Shape, Shape]:
        for name, given, claimed in (
            ("query", query, self.width),
            ("key", key, self.kdim),
            ("value", value, self.vdim),
        ):
            if len(given) != 3:
                raise Problem(f"needs 3 dimensions [batch, tokens, width], got {given}", name)
            if claimed is not None:
                agree(given[2], claimed, f"is for a {name} of width {claimed}, got {given}", name)
        heads = positive(self.heads, "heads")
        message = f"cannot split a width of {query[2]} into {heads} heads"
        exactly(query[2], heads, message, "heads", divisors_near(query[2], heads, "heads"))
        batch = agree(query[0], key[0], f"needs one batch for query and key, got {query} and {key}", "key")
        batch = agree(batch, value[0], f"needs one batch for key and value, got {key} and {value}", "value")
        agree(key[1], value[1], f"needs a value for each key, got {key} and {value}", "value")
        _refuse_two_masks(self.causal, mask)
        if mask is not None:
            self._check_mask(mask, query, key)
        if key_mask is not None:
            wanted = Shape(batch, key[1])
            message = f"needs a key_mask {wanted}, got {key_mask}"
            if len(key_mask) != 2:
                raise Problem(message, "key_mask")
            for m, n in zip(key_mask, wanted, strict=True):
                agree(m, n, message, "key_mask")
        return Shape(batch, query[1], query[2]), Shape(batch, query[1], self._keys(key))

    def _check_mask(self, mask: Shape, query: Shape, key: Shape) -> None:
        wanted = [Shape(query[1], key[1]), Shape(query[0] * self.heads, query[1], key[1])]
        message = f"needs a mask {wanted[0]} or {wanted[1]}, got {mask}"
        if len(mask) not in (2, 3):
            raise Problem(message, "mask")
        for m, n in zip(mask, wanted[len(mask) - 2], strict=True):
            agree(m, n, message, "mask")

    def _keys(self, key: Shape) -> Dim:
        """How many keys a query sees."""
        return key[1] + int(self.add_bias_kv) + int(self.add_zero_attn)

    def dtype(self, query: str, key: str, value: str, mask: str = "", key_mask: str = "") -> str:
        _mask_dtype(mask, query)
        _mask_dtype(key_mask, query, "key_mask")
        return floating(self, alike(query=query, key=key, value=value))

    def weights(
        self, query: Shape, key: Shape, value: Shape, mask: Shape | None = None, key_mask: Shape | None = None
    ) -> Weights:
        width, weights = query[2], {}
        if self._packed(query, key, value):
            weights["in_proj_weight"] = Weight(Shape(3 * width, width))
        else:
            weights["q_proj_weight"] = Weight(Shape(width, width))
            weights["k_proj_weight"] = Weight(Shape(width, key[2]))
            weights["v_proj_weight"] = Weight(Shape(width, value[2]))
        if self.bias:
            weights["in_proj_bias"] = Weight(Shape(3 * width))
        if self.add_bias_kv:
            weights["bias_k"] = Weight(Shape(1, 1, width))
            weights["bias_v"] = Weight(Shape(1, 1, width))
        weights["out_proj.weight"] = Weight(Shape(width, width))
        if self.bias:
            weights["out_proj.bias"] = Weight(Shape(width))
        return weights

    def _packed(self, query: Shape, key: Shape, value: Shape) -> bool:
        """Whether one matrix holds all three projections, as torch has it for equal widths."""
        return all(s[2] == query[2] or not s[2].known for s in (key, value))

    def macs(
        self, query: Shape, key: Shape, value: Shape, mask: Shape | None = None, key_mask: Shape | None = None
    ) -> Dim:
        width = query[2]
        projections = (2 * query.size + key.size + value.size) * width
        return projections + 2 * query[0] * query[1] * self._keys(key) * width

    def torch(
        self, query: Shape, key: Shape, value: Shape, mask: Shape | None = None, key_mask: Shape | None = None
    ) -> Torch:
        options = unlike(
            dropout=(self.dropout, 0),
            bias=(self.bias, True),
            add_bias_kv=(self.add_bias_kv, False),
            add_zero_attn=(self.add_zero_attn, False),
        )
        if not self._packed(query, key, value):
            options |= unlike(kdim=(key[2], query[2]), vdim=(value[2], query[2]))
        options["batch_first"] = True
        call: dict[str, Any] = {}
        if key_mask is not None:
            call["key_padding_mask"] = Arg("key_mask")
        if mask is not None:
            call["attn_mask"] = Arg("mask")
        if self.causal:
            everything = Call("torch.ones", (query[1], key[1]), {"dtype": Name("torch.bool"), "device": Device()})
            call["attn_mask"] = Method(everything, "triu", (1,))
        operands = (Arg("query"), Arg("key"), Arg("value"))
        make = ("nn.MultiheadAttention", (query[2], self.heads), options, operands)
        main = Layer(*make, {**call, "need_weights": False}, ((0,),))
        return Layer(*make, call, ((0,), (1,)), main=main)
