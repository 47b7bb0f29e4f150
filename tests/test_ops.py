"""Every operation, on each of its samples, against torch itself; then inputs that must be refused."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from torch_eval import Node, bound, dtype_of, everything

from moniel2.dims import DIFFERENT, UNKNOWN, Dim, Shape, compare, unknown_shape
from moniel2.ops.catalog import (
    MONIEL,
    abbreviates,
    abbreviates_argument,
    catalog,
    find,
    find_argument,
    names,
    nearest,
)
from moniel2.ops.code import Layer
from moniel2.ops.label import label
from moniel2.ops.spec import Op, OpSpec, Problem, Sample, coerce

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # torch's own, about what it is slow at

# Symbols get small numbers, all different, so that no two axes can be mistaken for each other.
SIZES = {"N": 2, "B": 3, "C": 4, "G": 5, "D": 6, "E": 8, "T": 9, "H": 11, "W": 13, "L": 17, "K": 5, "S": 3}

# Counted by hand where torch's counter sees nothing: one product of matrices as a whole.
BY_HAND = {"Bilinear", "RNN", "GRU", "LSTM", "RNNCell", "GRUCell", "LSTMCell", "AdaptiveLogSoftmax"}

# How many outputs or axes these have depends on a size.
COUNTED = {"Chunk", "Unstack", "Squeeze"}

CASES = [(spec, i) for spec in catalog().values() for i in range(len(spec.samples))]


@pytest.mark.parametrize(("spec", "index"), CASES, ids=lambda v: v.name if isinstance(v, OpSpec) else str(v))
def test_agrees_with_torch(spec: OpSpec, index: int) -> None:
    sample = spec.samples[index]
    op = spec.make(**arguments(spec, sample))
    shapes = tuple(Shape(*i) if i is not None else None for i in sample.inputs)
    dtypes = sample.dtypes or ("float32",) * len(shapes)
    sizes = numbers(op, shapes)

    ports = bound(op, shapes)
    flat = operands(ports)
    expected = several(op.shape(*flat))  # type: ignore[attr-defined]
    weights: Mapping[str, Any] = op.weights(*flat)  # type: ignore[attr-defined]
    node = Node(op.torch(*flat), sizes, weights)  # type: ignore[attr-defined]
    torch.manual_seed(0)
    tensors = tuple(tensor(s, d, sizes) for s, d in zip(shapes, dtypes, strict=True))
    inputs = {name: t for name, t in bound(op, tensors).items() if t is not None}
    # The fused kernel for attention on a CPU is one that the counter doesn't see into.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        outputs = node(inputs)

    assert [tuple(o.shape) for o in outputs] == [tuple(d.at(sizes) for d in s) for s in expected]
    claimed = several(op.dtype(*(d if d is not None else "" for d in operands(bound(op, dtypes)))))  # type: ignore[attr-defined]
    claimed = claimed * len(outputs) if len(claimed) == 1 else claimed
    assert [dtype_of(o) for o in outputs] == list(claimed)

    found = node.found()
    assert list(found) == list(weights)
    for name, weight in weights.items():
        assert tuple(d.at(sizes) for d in weight.shape) == tuple(d.at({}) for d in found[name].shape), name
        theirs = found[name]
        assert (weight.buffer, weight.trainable, weight.dtype) == (theirs.buffer, theirs.trainable, theirs.dtype), name

    if spec.name not in BY_HAND:
        assert op.macs(*flat).at(sizes) * 2 == counter.get_total_flops()  # type: ignore[attr-defined]
    check_other_forms(node, inputs, outputs, spec)


def check_other_forms(node: Node, inputs: Mapping[str, Any], outputs: tuple[Any, ...], spec: OpSpec) -> None:
    """The functional form and the simpler one compute the same."""
    code = node.code
    if not isinstance(code, Layer) or spec.random:
        return
    with torch.no_grad():
        if code.functional is not None:
            assert torch.allclose(node.functional(inputs), outputs[0], atol=1e-6)
        if code.main is not None:
            main = Node(code.main, node.sizes, node.weights)
            assert node.layer is not None and main.layer is not None
            main.layer.load_state_dict(copy.deepcopy(node.layer.state_dict()))
            assert torch.allclose(main(inputs)[0], outputs[0], atol=1e-6)


def arguments(spec: OpSpec, sample: Sample) -> dict[str, Any]:
    given = dict(sample.args)
    if sample.declared is not None and spec.declared:
        given.setdefault(spec.declared, Shape(*sample.declared))
    return given


def numbers(op: Op, shapes: Iterable[Shape | None]) -> dict[str, int]:
    """A number for each symbol of a sample."""
    symbols = {symbol for s in shapes if s is not None for symbol in s.symbols()}
    for value in op.values.values():
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Dim):
                symbols |= item.symbols()
    return {s: SIZES[s] if s in SIZES else 19 + i for i, s in enumerate(sorted(symbols))}


def operands(ports: Mapping[str, Any]) -> list[Any]:
    """Arguments of a rule: a variadic port is spread, trailing unbound ports are left out."""
    flat = everything(ports)
    while flat and flat[-1] is None:
        flat.pop()
    return flat


def several(result: Any) -> tuple[Any, ...]:
    """A rule's result for each output."""
    return (result,) if result is None or isinstance(result, (Shape, str)) else tuple(result)


def tensor(shape: Shape | None, dtype: str, sizes: Mapping[str, int]) -> Any:
    if shape is None:
        return None
    size = tuple(d.at(sizes) for d in shape)
    kind = getattr(torch, dtype)
    if kind == torch.bool:
        return torch.rand(size) < 0.5
    if not kind.is_floating_point:
        found = torch.randint(0, 2, size, dtype=kind)
        found.view(-1)[:1] = 0  # offsets begin at 0
        return found
    return torch.rand(size, dtype=torch.float32).to(kind)


# ----------------------------------------------------------------------------------------- refused


def found(name: str) -> OpSpec:
    spec = find(name)
    assert isinstance(spec, OpSpec), f"{name}: {spec}"
    return spec


def shape_of(name: str, *inputs: Iterable[Any] | None, **args: Any) -> Any:
    op = found(name).make(**args)
    given = tuple(Shape(*i) if i is not None else None for i in inputs)
    return op.shape(*operands(bound(op, given)))  # type: ignore[attr-defined]


REFUSED: list[tuple[str, dict[str, Any], tuple[tuple[Any, ...], ...], str, str]] = [
    # operation, arguments, inputs, whom to blame, what the message says
    (
        "Conv",
        {"channels": 8, "kernel": 3, "groups": 3},
        ((1, 4, 8, 8),),
        "groups",
        "cannot split 4 input channels into 3",
    ),
    ("Conv", {"channels": 8, "kernel": 3, "groups": 4}, ((1, 6, 8, 8),), "groups", "cannot split 6 input channels"),
    ("Conv", {"channels": 9, "kernel": 3, "groups": 2}, ((1, 4, 8, 8),), "groups", "cannot split 9 output channels"),
    ("Conv", {"channels": 8, "kernel": 9}, ((1, 4, 8, 8),), "kernel", "kernel of 9 over an input of 8"),
    ("Conv", {"channels": 8, "kernel": 9, "padding": 0}, ((1, 4, 8, "W"),), "kernel", "kernel of 9 over an input of 8"),
    ("Conv", {"channels": 8, "kernel": 5, "dilation": 3}, ((1, 4, 8, 8),), "kernel", "dilated to 13"),
    ("Conv", {"channels": 8, "kernel": 3}, (("B", 10),), "x", "needs 3, 4 or 5 dimensions"),
    ("Conv2d", {"channels": 8, "kernel": 3}, ((1, 4, 8),), "x", "needs 4 dimensions"),
    ("Conv", {"channels": 8, "kernel": (3, 3)}, ((1, 4, 8),), "kernel", "2 sizes for 1 spatial"),
    ("Conv", {"channels": 8, "kernel": 3, "stride": 0}, ((1, 4, 8, 8),), "stride", "at least 1"),
    ("Conv", {"channels": 8, "kernel": 3, "padding": "full"}, ((1, 4, 8, 8),), "padding", '"full"'),
    ("Conv", {"channels": 8, "kernel": 3, "padding": (1, 2, 3)}, ((1, 4, 8, 8),), "padding", "3 sizes for 2"),
    ("ConvTranspose", {"channels": 8, "kernel": 2, "output_padding": 2}, ((1, 4, 8, 8),), "output_padding", "smaller"),
    ("ConvTranspose", {"channels": 8, "kernel": 1, "padding": 9}, ((1, 4, 8, 8),), "padding", "nothing is left"),
    ("Fold", {"size": (5, 6), "kernel": 3}, ((1, 36, 13),), "x", "12 windows, got 13"),
    ("Fold", {"size": (5, 6), "kernel": 3}, ((1, 35, 12),), "kernel", "whole windows of 9"),
    ("Linear", {"size": 3}, ((),), "x", "at least 1 dimension"),
    ("Bilinear", {"size": 3}, ((2, 3), (3, 3)), "b", "last dimension only"),
    ("BatchNorm", {}, ((3,),), "x", "needs 2 to 5 dimensions"),
    ("BatchNorm2d", {}, ((3, 4),), "x", "needs 4 dimensions"),
    ("BatchNorm", {"channels": 5}, ((3, 4),), "channels", "is for 5 channels, got 4"),
    ("GroupNorm", {"groups": 32}, ((1, 48, 8, 8),), "groups", "cannot split 48 channels into 32 groups"),
    ("LayerNorm", {"size": (5, 6)}, ((1, 5, 7),), "size", "is for the last dimensions [5, 6]"),
    ("LocalResponseNorm", {}, ((3, 4),), "x", "at least 3 dimensions"),
    ("Softmax", {"axis": 2}, ((3, 4),), "axis", "out of range"),
    ("PReLU", {"parameters": 3}, ((3, 4),), "parameters", "3 slopes for 4 channels"),
    ("GLU", {}, ((3, 7),), "x", "cannot halve"),
    ("MaxPool", {"kernel": 9}, ((1, 4, 8, 8),), "kernel", "kernel of 9 over an input of 8"),
    ("MaxPool", {"kernel": 2, "padding": 2}, ((1, 4, 8, 8),), "padding", "more than half"),
    ("AvgPool", {"kernel": 2, "divisor": 3}, ((1, 4, 8),), "divisor", "single spatial axis"),
    ("MaxUnpool", {"kernel": 2}, ((1, 4, 8), (1, 4, 7)), "indices", "an index for each value"),
    ("MaxUnpool", {"kernel": 2, "size": 19}, ((1, 4, 8), (1, 4, 8)), "size", "turns 19 into another size"),
    ("FractionalMaxPool", {"kernel": 5, "size": 5}, ((1, 4, 8, 8),), "kernel", "cannot place 5 windows of 5 on 8"),
]


@pytest.mark.parametrize(("name", "args", "inputs", "blame", "message"), REFUSED)
def test_refuses(name: str, args: dict[str, Any], inputs: Any, blame: str, message: str) -> None:
    with pytest.raises(Problem) as caught:
        shape_of(name, *inputs, **args)
    assert message in caught.value.message
    assert caught.value.blame == blame


# Windows over one axis, for any numbers: the rule knows the size, and refuses exactly what torch refuses.

SMALL = st.integers(1, 5)
WINDOWS = {
    "Conv": st.fixed_dictionaries(
        {
            "channels": st.just(2),
            "kernel": SMALL,
            "stride": SMALL,
            "dilation": st.integers(1, 3),
            "padding": st.one_of(st.integers(0, 3), st.sampled_from(["same", "causal", "valid"])),
        }
    ),
    "ConvTranspose": st.fixed_dictionaries(
        {
            "channels": st.just(2),
            "kernel": SMALL,
            "stride": SMALL,
            "padding": st.integers(0, 3),
            "output_padding": st.integers(0, 4),
            "dilation": st.integers(1, 3),
        }
    ),
    "MaxPool": st.fixed_dictionaries(
        {
            "kernel": SMALL,
            "stride": SMALL,
            "padding": st.integers(0, 3),
            "dilation": st.integers(1, 3),
            "ceil": st.booleans(),
        }
    ),
    "AvgPool": st.fixed_dictionaries(
        {"kernel": SMALL, "stride": SMALL, "padding": st.integers(0, 3), "ceil": st.booleans()}
    ),
    "LPPool": st.fixed_dictionaries({"norm": st.just(2), "kernel": SMALL, "stride": SMALL, "ceil": st.booleans()}),
}


@pytest.mark.parametrize("name", WINDOWS)
@settings(deadline=None, max_examples=100)
@given(data=st.data(), length=st.integers(1, 12))
def test_windows(name: str, data: st.DataObject, length: int) -> None:
    args = data.draw(WINDOWS[name])
    op: Any = found(name).make(**args)
    try:
        size = several(op.shape(Shape(1, 2, length)))[0][2].at({})
        symbolic = several(op.shape(Shape(1, 2, "L")))[0]
    except Problem:
        with pytest.raises((RuntimeError, ValueError)):
            run(op, length)
        return
    assert run(op, length) == size == symbolic[2].at({"L": length})


def run(op: Any, length: int) -> int:
    """The length that torch makes of ``length``."""
    shape = Shape(1, 2, length)
    with torch.no_grad():
        return int(Node(op.torch(shape), {}, op.weights(shape))({"x": torch.rand(1, 2, length)})[0].shape[2])


FLOATS_REFUSED = [("Embedding", {"count": 7, "size": 3}), ("EmbeddingBag", {"count": 7, "size": 3})]
WHOLE_REFUSED = [
    ("Conv", {"channels": 3, "kernel": 1}),
    ("Linear", {"size": 3}),
    ("BatchNorm", {}),
    ("Softmax", {}),
    ("Dropout", {}),
    ("AvgPool", {"kernel": 2}),
    ("LSTM", {"hidden": 3}),
]


@pytest.mark.parametrize(("name", "args"), FLOATS_REFUSED)
def test_refuses_floats(name: str, args: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        found(name).make(**args).dtype("float32")  # type: ignore[attr-defined]
    assert caught.value.rule == "dtype-mismatch"


@pytest.mark.parametrize(("name", "args"), WHOLE_REFUSED)
def test_refuses_whole_numbers(name: str, args: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        found(name).make(**args).dtype("int64")  # type: ignore[attr-defined]
    assert caught.value.rule == "dtype-mismatch"
    assert found(name).make(**args).dtype("") is not None  # type: ignore[attr-defined]


def test_helps() -> None:
    def help_of(name: str, *inputs: Iterable[Any], **args: Any) -> str | None:
        with pytest.raises(Problem) as caught:
            shape_of(name, *inputs, **args)
        return caught.value.help

    assert help_of("GroupNorm", (1, 48, 8, 8), groups=32) == "groups = 24 or 48 would divide 48"
    assert help_of("MHA", (1, 3, 12), heads=5) == "heads = 4 or 6 would divide 12"
    assert (
        help_of("Conv", (1, 3, 4, 4), channels=8, kernel=7) == "a kernel of at most 4, or 2 more padding on each side"
    )
    assert help_of("Conv2d", (3, 4, 4), channels=8, kernel=3) == "every dimension is named, the batch too: [B, …]"
    assert help_of("Dropout", (1,), ratio=20) == "ratio = 0.2"


def test_recurrent_products_by_hand() -> None:
    # Batch 3, 9 steps, width 6, state 5: for each step and example gates x 5 x (6 + 5).
    x = Shape(3, 9, 6)
    for name, gates in {"RNN": 1, "GRU": 3, "LSTM": 4}.items():
        op: Any = found(name).make(hidden=5)
        assert op.macs(x) == 3 * 9 * gates * 5 * (6 + 5)
        cell: Any = found(name + "Cell").make(hidden=5)
        assert cell.macs(Shape(3, 6)) == 3 * gates * 5 * (6 + 5)
    both: Any = found("GRU").make(hidden=5, layers=2, bidirectional=True)
    assert both.macs(x) == 3 * 9 * (2 * 3 * 5 * (6 + 5) + 2 * 3 * 5 * (10 + 5))
    projected: Any = found("LSTM").make(hidden=5, projection=2)
    assert projected.macs(x) == 3 * 9 * (4 * 5 * (6 + 2) + 2 * 5)


def test_other_products_by_hand() -> None:
    # Head 16 x (5 + 2), first tail 16 x 4 and 4 x 7, second 16 x 1 and 1 x 8: for each of 3 vectors.
    adaptive: Any = found("AdaptiveLogSoftmax").make(classes=20, cutoffs=(5, 12))
    assert adaptive.macs(Shape(3, 16), Shape(3)) == 3 * (16 * 7 + 16 * 4 + 4 * 7 + 16 + 8)
    # For each of 3 examples and 5 features: a row of 4 times a matrix 4 x 6, times a column of 6, as 4 x 6 products.
    bilinear: Any = found("Bilinear").make(size=5)
    assert bilinear.macs(Shape(3, 4), Shape(3, 6)) == 3 * 5 * 4 * 6


# ------------------------------------------------------------------------------------ declarations


@pytest.mark.parametrize("spec", catalog().values(), ids=lambda s: s.name)
def test_declaration_is_complete(spec: OpSpec) -> None:
    assert spec.doc.rstrip().endswith((".", "`", ")")), "a docstring is sentences"
    for argument in spec.arguments:
        assert argument.doc, argument.name
        if argument.choices and isinstance(argument.default, str):
            assert argument.default in argument.choices or argument.kind == "padding"
    for preset in spec.presets.values():
        assert all(spec.argument(name) for name in preset)
    assert len({a.name for a in spec.arguments}) == len(spec.arguments)


def test_an_operation_is_a_value() -> None:
    conv = found("Conv2d")
    assert conv.make(8, 3) == conv.make(channels=8, kernel=(3,))
    assert conv.make(8, 3) != conv.make(8, 5)
    assert len({conv.make(8, 3), conv.make(8, 3)}) == 1
    with pytest.raises(AttributeError):
        conv.make(8, 3).kernel = 5  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        conv.make(8)
    with pytest.raises(TypeError):
        conv.make(8, 3, colour=1)


@pytest.mark.parametrize(("spec", "index"), CASES, ids=lambda v: v.name if isinstance(v, OpSpec) else str(v))
def test_unknown_sizes_flow(spec: OpSpec, index: int) -> None:
    """Whatever size isn't known, the rules say what they can and raise nothing."""
    sample = spec.samples[index]
    given = arguments(spec, sample)
    shapes = tuple(Shape(*i) if i is not None else None for i in sample.inputs)
    expected = several(spec.make(**given).shape(*operands(bound(spec.make(**given), shapes))))  # type: ignore[attr-defined]
    for hidden in hide(shapes):
        check_rules(spec.make(**given), hidden, expected)
    for argument in spec.arguments:
        if argument.kind == "size" and argument.name in given:
            check_rules(spec.make(**given | {argument.name: UNKNOWN}), shapes, expected)
        elif argument.kind in ("sizes", "padding") and argument.name in given:
            value = coerce("sizes", given[argument.name])
            check_rules(spec.make(**given | {argument.name: (UNKNOWN,) * len(value)}), shapes, expected)


def hide(shapes: tuple[Shape | None, ...]) -> Iterable[tuple[Shape | None, ...]]:
    """The same shapes with one size unknown, and with all."""
    yield tuple(s if s is None else unknown_shape(len(s)) for s in shapes)
    for i, shape in enumerate(shapes):
        for axis in range(len(shape or ())):
            one = Shape(*(UNKNOWN if at == axis else d for at, d in enumerate(shape or ())))
            yield (*shapes[:i], one, *shapes[i + 1 :])


def check_rules(op: Any, shapes: tuple[Shape | None, ...], expected: tuple[Shape, ...]) -> None:
    flat = operands(bound(op, shapes))
    found = several(op.shape(*flat))
    if op.spec.name not in COUNTED and None not in found and None not in expected:
        assert [len(s) for s in found] == [len(s) for s in expected]
        for shape, whole in zip(found, expected, strict=True):
            for size, known in zip(shape, whole, strict=True):
                assert not size.known or size == known or compare(size, known) != DIFFERENT
    op.weights(*flat), op.macs(*flat), op.torch(*flat)


def test_filters_may_stand_before_the_kernel() -> None:
    assert shape_of("Convolution", (1, 3, 9, 9), kernel=(64, 3, 3)) == Shape(1, 64, 7, 7)
    conv = found("Conv")
    assert conv.make(kernel=3).missing() == ("channels",)
    assert conv.make(kernel=(3, 3)).missing() == ("channels",)
    assert conv.make(kernel=(64, 3, 3)).missing() == ()


# ------------------------------------------------------------------------------------------- names

FROZEN = {
    "AveragePool": "AveragePooling",
    "BN": "BatchNormalization",
    "BatchNorm": "BatchNormalization",
    "Conv": "Convolution",
    "DP": "DotProduct",
    "MatMul": "MatrixMultiply",
    "ReLU": "RectifiedLinearUnit",
    "RLU": "RectifiedLinearUnit",
    "ELU": "ExponentialLinearUnit",
    "LRN": "LocalResponseNormalization",
    "LocRespNorm": "LocalResponseNormalization",
    "MP": "MaxPooling",
    "RandN": "RandomNormal",
    "Sigm": "Sigmoid",
    "Var": "Variable",
    "Abs": "Absolute",
    "In": "Input",
    "Out": "Output",
    "Concat": "Concat",
    "BiasAdd": "BiasAdd",
    "ZeroPadding": "ZeroPadding",
    "TruncatedNormalDistribution": "TruncatedNormalDistribution",
}


@pytest.mark.parametrize("written", FROZEN)
def test_moniels_acronyms_keep_their_meaning(written: str) -> None:
    assert found(written) is found(FROZEN[written])


@pytest.mark.parametrize("name", MONIEL)
def test_moniels_names_are_all_known(name: str) -> None:
    assert name in names()


def test_no_name_takes_over_an_acronym_of_moniels() -> None:
    known = names()
    for name, spec in known.items():
        meant = {known[full].name for full in MONIEL if abbreviates(name, full)}
        assert not meant or spec.name in meant, f"{name} was {meant}"


def test_each_moniel_name_is_claimed_once() -> None:
    claimed = [s.moniel for s in catalog().values() if s.moniel]
    assert len(claimed) == len(set(claimed))
    assert set(claimed) <= set(MONIEL)


def test_abbreviates() -> None:
    assert abbreviates("LocRespNorm", "LocalResponseNormalization")
    assert abbreviates("IM", "InceptionModule")
    assert abbreviates("CL3", "ConvolutionalLayer3")
    assert not abbreviates("CL", "ConvolutionalLayer3")
    assert not abbreviates("In", "InceptionModule")
    assert not abbreviates("Maxpool", "MaxPooling")
    assert abbreviates_argument("kS", "kernel_size")
    assert abbreviates_argument("kernelSize", "kernel_size")
    assert abbreviates_argument("k_s", "kernel_size")
    assert not abbreviates_argument("k", "kernel_size")


def test_arguments_are_found_like_types() -> None:
    conv = found("Conv")
    for written, name in {
        "kS": "kernel",
        "kernelSize": "kernel",
        "k": "kernel",
        "s": "stride",
        "strides": "stride",
        "outChannels": "channels",
        "p": "padding",
        "paddingMode": "padding_mode",
        "pM": "padding_mode",
        "g": "groups",
    }.items():
        argument = find_argument(conv, written)
        assert not isinstance(argument, tuple) and argument is not None and argument.name == name, written
    assert find_argument(conv, "colour") is None


def test_presets() -> None:
    assert found("Conv2d").argument("rank").default == 2  # type: ignore[union-attr]
    assert found("Conv2d").name == "Conv"
    assert found("Softmax2d").make().axis == -3  # type: ignore[attr-defined]


def test_ambiguous_and_unknown() -> None:
    hits = find("SM")
    assert isinstance(hits, tuple) and {s.name for s in hits} == {"Softmax", "Softmin"}
    assert find("Quux") is None
    assert "Convolution" in nearest("Convolutoin")
    assert nearest("Zzzzzzzzz") == []


# ------------------------------------------------------------------------------------------ labels

LABELS = [
    ("Conv", {"channels": 64, "kernel": 3, "stride": 2}, ("N", 3, "H", "W"), "Conv 3×3, 64, /2", ""),
    (
        "Conv",
        {"channels": 64, "kernel": 3, "padding": 1, "bias": False},
        ("N", 3, "H", "W"),
        "Conv 3×3, 64",
        "padding 1, no bias",
    ),
    ("Conv", {"channels": "C", "kernel": (1, 7)}, (), "Conv 1×7, C", ""),
    ("Conv1d", {"channels": 8, "kernel": 3, "padding": "causal"}, (), "Conv 3, 8", "padding causal"),
    ("Conv2d", {"channels": 8, "kernel": 3}, (), "Conv 3×3, 8", ""),
    ("MaxPool", {"kernel": 3, "stride": 2}, ("N", 3, "H", "W"), "MaxPool 3×3 /2", ""),
    ("MaxPool", {"kernel": 2}, ("N", 3, "H", "W"), "MaxPool 2×2", ""),
    ("Linear", {"size": 1000}, (), "Linear 1000", ""),
    ("Linear", {"size": Dim.of("D") * 4, "bias": False}, (), "Linear 4*D", "no bias"),
    ("BatchNorm", {"eps": 1e-3}, (), "BatchNorm", "eps 0.001"),
    ("SDPA", {"causal": True}, (), "Attention", "causal"),
    ("LSTM", {"hidden": 256, "layers": 2, "bidirectional": True}, (), "LSTM 256, 2 layers", "bidirectional"),
    ("GLU", {}, (), "GLU", ""),
    ("Pad", {"amounts": (3, 3, 3, 3), "mode": "reflect"}, (), "Pad 3", "mode reflect"),
    ("Pad", {"amounts": (3, 0)}, (), "Pad 3, 0", ""),
    ("ReLU", {}, (), "ReLU", ""),
]


@pytest.mark.parametrize(("name", "args", "x", "first", "second"), LABELS)
def test_labels(name: str, args: dict[str, Any], x: Any, first: str, second: str) -> None:
    assert label(found(name).make(**args), [Shape(*x)] if x else ()) == (first, second)


@pytest.mark.parametrize(("spec", "index"), CASES, ids=lambda v: v.name if isinstance(v, OpSpec) else str(v))
def test_every_label_is_filled(spec: OpSpec, index: int) -> None:
    sample = spec.samples[index]
    first, second = label(spec.make(**arguments(spec, sample)), [Shape(*i) for i in sample.inputs if i is not None])
    assert first or spec.label == "{value}"
    assert not any(mark in first + second for mark in "{}") and "None" not in first + second
