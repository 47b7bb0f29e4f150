"""Every operation refuses something, in a program: the rule that is broken, and the words under the carets."""

from __future__ import annotations

import pytest
import test_ops
import test_ops_tensor

from moniel2.ops.catalog import catalog
from tests.programs import blamed

INPUTS = """
x:In[4, 6]; y:In[4, 5]; v:In[6]; p:In[2, 3, 8, 8]; m:In[2, 3, 4]
i:In(int64)[4]; j:In(int64)[4, 6]; b:In(bool)[4, 6]; n:In[]
"""

WHOLE = [
    "LeakyReLU",
    "RReLU",
    "ELU",
    "SELU",
    "CELU",
    "GELU",
    "QuickGELU",
    "SiLU",
    "Mish",
    "Softplus",
    "Sigmoid",
    "LogSigmoid",
    "Tanh",
    "Softsign",
    "Hardsigmoid",
    "Hardswish",
    "Tanhshrink",
    "Softshrink",
    "Hardshrink",
    "ReLU6",
    "Threshold",
    "Hardtanh",
]
"""Activations take floating-point numbers."""

FUNCTIONS = [
    "Exp",
    "Expm1",
    "Log",
    "Log1p",
    "Log2",
    "Log10",
    "Sqrt",
    "Rsqrt",
    "Square",
    "Reciprocal",
    "Sin",
    "Cos",
    "Tangent",
    "Asin",
    "Acos",
    "Atan",
    "Sinh",
    "Cosh",
    "Erf",
    "Sign",
    "Identity",
    "Detach",
    "Contiguous",
]
"""Functions of each element take any numbers, but one tensor."""

COMPARISONS = ["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "FloorDiv", "Remainder", "Atan2"]
REDUCTIONS = ["Prod", "Std", "Norm", "LogSumExp", "Any", "All", "Min"]
PAIRS = ["L1Loss", "SmoothL1", "Huber", "PoissonNLL", "SoftMargin", "HingeEmbedding", "KLDivergence", "BCE"]
PAIRS += ["BCEWithLogits", "MultiLabelSoftMargin", "MultiLabelMargin"]

REFUSED: dict[str, tuple[str, str, str]] = {
    **{name: (f"j -> {name}", "dtype-mismatch", name) for name in WHOLE},
    **{name: (f"[x, v] -> {name}", "wrong-count", name) for name in FUNCTIONS},
    **{name: (f"[x, y] -> {name}", "shape-mismatch", name) for name in COMPARISONS},
    **{name: (f"x -> {name}(axis = 2)", "shape-mismatch", "axis = 2") for name in REDUCTIONS},
    **{name: (f"[x, y] -> {name}", "shape-mismatch", name) for name in PAIRS},
    **{name: (f"b -> {name}", "dtype-mismatch", name) for name in ("ReLU", "Neg", "Abs", "Floor", "Ceil", "Trunc")},
    **{name: (f"b -> {name}", "dtype-mismatch", name) for name in ("ArgMax", "ArgMin")},
    **{name: (f"x -> {name}(axis = 2)", "shape-mismatch", "axis = 2") for name in ("LogSoftmax", "Softmin", "CumSum")},
    **{
        name: (f"x -> {name}(axis = 2)", "shape-mismatch", "axis = 2")
        for name in ("CumProd", "Sort", "ArgSort", "Normalize")
    },
    **{name: (f"v -> {name}", "shape-mismatch", name) for name in ("Triu", "Tril", "Diagonal", "FeatureAlphaDropout")},
    **{name: (f"x -> {name}", "shape-mismatch", name) for name in ("GlobalAvgPool", "GlobalMaxPool", "InstanceNorm")},
    **{name: (f"x -> {name}(3)", "shape-mismatch", name) for name in ("AdaptiveAvgPool", "AdaptiveMaxPool", "Unfold")},
    **{name: (f"x -> {name}(7)", "shape-mismatch", name) for name in ("RNN", "GRU")},
    **{name: (f"m -> {name}(7)", "shape-mismatch", name) for name in ("RNNCell", "GRUCell", "LSTMCell")},
    **{name: (f"x -> {name}(2)", "wrong-argument", "2") for name in ("AlphaDropout", "DropPath")},
    **{name: (f"{name}[2, -3]", "bad-value", "-3") for name in ("Ones", "RandomNormal", "RandomUniform")},
    "TruncatedNormalDistribution": ("TruncatedNormalDistribution[2, -3]", "bad-value", "-3"),
    "RandomInteger": ("RandomInteger(high = 9)[2, -3]", "bad-value", "-3"),
    "Full": ("Full(1)[2, -3]", "bad-value", "-3"),
    "Tensor": ("Tensor[3, -1]", "bad-value", "[3, -1]"),
    "Buffer": ('Buffer(init = "xavier")[3]', "bad-value", 'init = "xavier"'),
    "Linspace": ("Linspace(0, 1, 0 - 3)", "wrong-argument", "0 - 3"),
    "Eye": ("Eye(3, 0 - 3)", "wrong-argument", "0 - 3"),
    "Input": ("x -> Input", "no-input", "Input"),
    "Output": ("x -> Discard", "no-output", "Discard"),
    "Discard": ("x -> Discard(2)", "too-many-arguments", "2"),
    "GumbelSoftmax": ("x -> GumbelSoftmax(axis = 2)", "shape-mismatch", "axis = 2"),
    "Lerp": ("[x, y] -> Lerp(0.5)", "shape-mismatch", "Lerp"),
    "Round": ("j -> Round(decimals = 2)", "dtype-mismatch", "Round"),
    "Frac": ("j -> Frac", "dtype-mismatch", "Frac"),
    "ScaledDotProductAttention": ("[x, y, y] -> SDPA", "shape-mismatch", "SDPA"),
    "MultiHeadAttention": ("m -> MultiHeadAttention(3)", "shape-mismatch", "3"),
    "LogicalOr": ("[x, b] -> LogicalOr", "dtype-mismatch", "LogicalOr"),
    "LogicalXor": ("[x, b] -> LogicalXor", "dtype-mismatch", "LogicalXor"),
    "Cast": ('x -> Cast("float12")', "wrong-argument", '"float12"'),
    "CosineSimilarity": ("[x, y] -> CosineSimilarity", "shape-mismatch", "CosineSimilarity"),
    "PairwiseDistance": ("[x, y] -> PairwiseDistance", "shape-mismatch", "PairwiseDistance"),
    "Distances": ("[x, y] -> Distances", "shape-mismatch", "Distances"),
    "AffineGrid": ("m -> AffineGrid(8, 8)", "shape-mismatch", "AffineGrid"),
    "GaussianNLL": ("[x, x, y] -> GaussianNLL", "shape-mismatch", "GaussianNLL"),
    "NLL": ("[x, j] -> NLL", "shape-mismatch", "NLL"),
    "MultiMargin": ("[m, i] -> MultiMargin", "shape-mismatch", "MultiMargin"),
    "AdaptiveLogSoftmax": ("[x, i] -> AdaptiveLogSoftmax(9, (5, 3))", "bad-value", "(5, 3)"),
    "LinearCrossEntropy": ("[m, i] -> LinearCrossEntropy(5)", "shape-mismatch", "LinearCrossEntropy"),
    "CosineEmbedding": ("[x, y, i] -> CosineEmbedding", "shape-mismatch", "CosineEmbedding"),
    "TripletMargin": ("[x, x, y] -> TripletMargin", "shape-mismatch", "TripletMargin"),
    "TripletMarginWithDistance": (
        "[x, x, y] -> TripletMarginWithDistance",
        "shape-mismatch",
        "TripletMarginWithDistance",
    ),
    "MarginRanking": ("[v, v, i] -> MarginRanking", "shape-mismatch", "MarginRanking"),
    "CTC": ("[x, j, i, i] -> CTC", "shape-mismatch", "CTC"),
    "Chunk": ("x -> Chunk(0)", "bad-value", "0"),
    "RMSNorm": ("x -> RMSNorm(5)", "shape-mismatch", "5"),
    "LPPool": ("p -> LPPool(2, 9)", "shape-mismatch", "9"),
    "DotProduct": ("[x, y] -> DotProduct", "shape-mismatch", "DotProduct"),
    "Outer": ("[n, x] -> Outer", "shape-mismatch", "Outer"),
    "ChannelDropout": ("x -> ChannelDropout", "shape-mismatch", "ChannelDropout"),
    "MoveAxis": ("x -> MoveAxis(0, 2)", "shape-mismatch", "2"),
    "Unsqueeze": ("x -> Unsqueeze(4)", "shape-mismatch", "4"),
    "Tile": ("x -> Tile(0 - 1)", "bad-value", "0 - 1"),
    "RepeatInterleave": ("x -> RepeatInterleave(2, axis = 2)", "shape-mismatch", "axis = 2"),
    "Scatter": ("[x, j, y] -> Scatter(1)", "shape-mismatch", "Scatter"),
    "ScatterAdd": ("[x, j, y] -> ScatterAdd(1)", "shape-mismatch", "ScatterAdd"),
    "Flip": ("x -> Flip(2)", "shape-mismatch", "2"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    chain, rule, words = REFUSED[name]
    found = [(r, w) for r, w in blamed(f"{INPUTS}\n{chain} -> Out") if not r.startswith("unused")]
    assert found[:1] == [(rule, words)]


def test_every_operation_refuses_something() -> None:
    elsewhere = {test_ops.found(name).name for name, *_ in test_ops.REFUSED}
    elsewhere |= {test_ops.found(name).name for name, _ in test_ops.FLOATS_REFUSED + test_ops.WHOLE_REFUSED}
    elsewhere |= {op.spec.name for op, *_ in test_ops_tensor.REFUSED + test_ops_tensor.DTYPES_REFUSED}
    assert set(catalog()) - set(REFUSED) - elsewhere == set()
