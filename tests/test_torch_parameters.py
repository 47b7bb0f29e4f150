"""The model's class takes the parameters that its definition has: made with other values, it is the network that the
description is with those values."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import moniel2 as mn
from moniel2.backends.torch.module import load
from tests.generated import inputs_of, outputs_of

EXAMPLES = Path(__file__).parent.parent / "examples"
sys.path.insert(0, str(Path(__file__).parent / "outside"))
Values = Mapping[str, Any]

# Two other sets of values for each, small ones; ``classes`` alone for those whose widths are constants of the text.
TRANSFORMER: list[Values] = [
    {"vocabulary": 50, "context": 12, "width": 48, "layers": 2, "heads": 4},
    {"vocabulary": 37, "context": 20, "width": 40, "layers": 3, "heads": 5},
]
OTHERS: Mapping[str, list[Values]] = {
    "albert": [{**v, "embedding": 16 + 4 * i} for i, v in enumerate(TRANSFORMER)],
    "bert": TRANSFORMER,
    "char_rnn": [{"characters": 20, "H": 12}, {"characters": 31, "H": 7}],
    "dit": [
        {"width": 48, "depth": 2, "heads": 4, "size": 8, "classes": 7},
        {"width": 30, "depth": 1, "heads": 5, "size": 12, "classes": 4},
    ],
    "diffusion_unet": [{"base": 32}, {"base": 64}],
    "gcn": [{"hidden": 9, "classes": 3}, {"hidden": 5, "classes": 8}],
    "gpt2": TRANSFORMER,
    "gru_attention": [
        {"source_words": 50, "target_words": 40, "embedding": 20, "H": 24, "maxout": 10},
        {"source_words": 33, "target_words": 44, "embedding": 12, "H": 16, "maxout": 6},
    ],
    "llama": [
        {"vocabulary": 50, "width": 64, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96, "base": 100},
        {"vocabulary": 37, "width": 48, "depth": 3, "heads": 6, "kv_heads": 6, "hidden": 40, "base": 10000},
    ],
    "mamba": [{"vocabulary": 50, "width": 32, "depth": 2}, {"vocabulary": 37, "width": 48, "depth": 3}],
    "mlp_mixer": [
        {"width": 64, "layers": 2, "patch": 32, "classes": 7},
        {"width": 48, "layers": 3, "patch": 50, "classes": 5},
    ],
    "moe": [
        {"vocabulary": 50, "width": 64, "depth": 2, "heads": 4, "kv_heads": 2, "hidden": 96, "active": 3},
        {"vocabulary": 37, "width": 48, "depth": 3, "heads": 6, "kv_heads": 3, "hidden": 40, "active": 1},
    ],
    "nerf": [{"width": 32}, {"width": 48}],
    "rnn": [{"H": 12, "classes": 5}, {"H": 7, "classes": 9}],
    "swin": [{"C": 24, "heads": 3, "classes": 7}, {"C": 32, "heads": 2, "classes": 11}],
    "t5": [
        {"vocabulary": 50, "width": 40, "layers": 2, "heads": 4, "d": 16, "hidden": 96},
        {"vocabulary": 37, "width": 24, "layers": 3, "heads": 2, "d": 8, "hidden": 40},
    ],
    "torch_transformer": [{"heads": 4, "layers": 2, "hidden": 64}, {"heads": 16, "layers": 1, "hidden": 48}],
    "transformer": [
        {"vocabulary": 50, "width": 48, "layers": 2, "heads": 4},
        {"vocabulary": 37, "width": 40, "layers": 1, "heads": 5},
    ],
    "unet": [{"base": 8, "classes": 3}, {"base": 4, "classes": 5}],
    "vae": [{"Z": 5, "hidden": 32}, {"Z": 9, "hidden": 24}],
    "vit": [
        {"width": 48, "layers": 2, "heads": 4, "patch": 8, "size": 32, "classes": 7},
        {"width": 40, "layers": 3, "heads": 5, "patch": 7, "size": 47, "classes": 11},
    ],
    "wavenet": [{"R": 8, "S": 12, "levels": 16}, {"R": 6, "S": 10, "levels": 20}],
    "whisper": [
        {"D": 48, "depth": 2, "heads": 4, "vocabulary": 50, "mels": 20, "context": 40},
        {"D": 30, "depth": 1, "heads": 5, "vocabulary": 37, "mels": 12, "context": 60},
    ],
    "wide_resnet": [{"depth": 10, "k": 2, "classes": 7}, {"depth": 16, "k": 1, "classes": 5}],
}
# At full size, so without the numbers.
WITH_CLASSES = ("convnext", "densenet", "googlenet", "mobilenet_v3", "regnet", "shufflenet_v2")
SEVEN: list[Values] = [{"classes": 7}]
CASES = {**OTHERS, **dict.fromkeys(WITH_CLASSES, SEVEN)}
SIZES = {"B": 2, "N": 5, "T": 4, "M": 7, "H": 64, "W": 64, "h": 1, "w": 1}


@cache
def class_of(example: str) -> Any:
    code = mn.load(EXAMPLES / f"{example}.nn").code()
    return load(code.text, code.class_name)


def agrees(made: Any, values: Values, described: mn.Model, numbers: bool) -> None:
    """The class with these values is the network that is described with them."""
    arguments = dict(zip(map(str.lower, values), values.values(), strict=True))
    with torch.device("cpu" if numbers else "meta"):
        torch.manual_seed(0)
        mine = made(**arguments).eval()
        theirs: nn.Module = described.module().eval()
    found = {k: v.shape for k, v in mine.state_dict().items()}
    assert found == {k: v.shape for k, v in theirs.state_dict().items()}
    if not numbers:
        return
    theirs.load_state_dict(mine.state_dict())
    inputs = inputs_of(described.ir, SIZES)
    with torch.no_grad():
        outputs = []
        for module in (mine, theirs):
            torch.manual_seed(1)
            outputs.append(outputs_of(module, inputs))
        torch.testing.assert_close(*outputs)


@pytest.mark.parametrize("example", CASES)
def test_other_values(example: str) -> None:
    made = class_of(example)
    taken = set(inspect.signature(made).parameters)
    for values in CASES[example]:
        assert taken == {v.lower() for v in values}
        described = mn.load(EXAMPLES / f"{example}.nn", settings=dict(values))
        agrees(made, values, described, example in OTHERS)


def test_a_block_stays_a_class_with_arguments() -> None:
    """``ResNet(BasicBlock, [3, 4, 6, 3])``: how deep its stages are is its argument."""
    block = "ResNet(BasicBlock, {})"
    code = mn.load(EXAMPLES / "resnet.nn", block=block.format([3, 4, 6, 3])).code()
    signature = "depths: Sequence[int] = (3, 4, 6, 3), classes: int = 1000"
    assert signature in " ".join(code.text.split())
    made = load(code.text, code.class_name)
    for depths in ([1, 2, 1, 1], [2, 1, 3, 1]):
        described = mn.load(EXAMPLES / "resnet.nn", block=block.format(depths))
        with torch.device("meta"):
            mine, theirs = made(tuple(depths)), described.module()
        found = {k: v.shape for k, v in mine.state_dict().items()}
        assert found == {k: v.shape for k, v in theirs.state_dict().items()}


@pytest.mark.parametrize(
    ("example", "alias", "definition", "values"),
    [
        ("resnet", "ResNet34", "ResNet", {"depths": (1, 2, 1, 3), "classes": 7}),
        ("se_resnet", "SEResNet50", "SEResNet", {"depths": (2, 1, 1, 2)}),
        ("vgg", "VGG16", "VGG", {"depths": (1, 2, 1, 1, 3), "classes": 5}),
        ("vgg", "VGG13", "VGG", {"depths": (2, 3, 1, 2, 1)}),
        ("gpt2", "GPT2XL", "GPT2", {"width": 48, "layers": 2, "heads": 4}),
        ("bert", "BertLarge", "Bert", {"width": 48, "layers": 2, "heads": 4, "vocabulary": 30}),
    ],
)
def test_an_alias_is_the_class_of_its_definition_with_arguments(
    example: str, alias: str, definition: str, values: Mapping[str, Any]
) -> None:
    """``+ResNet34 = ResNet(BasicBlock, [3, 4, 6, 3])`` is ``class ResNet34(ResNet)``; both are what is described."""
    path = EXAMPLES / f"{example}.nn"
    block = mn.load(path, block=alias)
    code = block.code()
    assert code.class_name == alias
    named = load(code.text, alias)
    base = getattr(sys.modules[named.__module__], definition)
    assert issubclass(named, base) and base is not named
    settings = {n: list(v) if isinstance(v, tuple) else v for n, v in values.items()}
    agrees(base, values, mn.load(path, block=alias, settings=settings), False)
    agrees(named, {}, block, False)


def test_what_an_alias_gives_is_a_parameter_or_nothing_of_it_is() -> None:
    """A class under the definition's name that fixes what the definition takes would be another network."""
    text = mn.load(EXAMPLES / "mobilenet_v3.nn").code().text
    assert "class MobileNetV3Large(nn.Module)" in text and "last" not in text


@pytest.mark.parametrize(
    ("example", "main", "uses", "definition", "values"),
    [
        (
            "resnet",
            "image:In[B, 3, 224, 224] -> [a:ResNet18, b:ResNet34, c:ResNet50] -> Add -> Out",
            ["a = ResNet((2, 2, 2, 2))", "b = ResNet((3, 4, 6, 3))", "c = ResNet50()"],
            "ResNet",
            [{"depths": (1, 2, 1, 3)}, {"depths": (3, 1, 2, 1), "classes": 7}],
        ),
        # Here all that has a Bottleneck agrees on the second stage, and what has none doesn't.
        (
            "resnet",
            "image:In[B, 3, 224, 224] -> [a:ResNet18, b:ResNet50, c:ResNet101] -> Add -> Out",
            ["a = ResNet18()", "b = ResNet((3, 4, 6, 3))", "c = ResNet((3, 4, 23, 3))"],
            "ResNet",
            [{"depths": (1, 2, 1, 3)}, {"depths": (3, 1, 2, 1), "classes": 7}],
        ),
        (
            "se_resnet",
            "image:In[B, 3, 224, 224] -> [a:SEResNet50, b:SEResNet101] -> Add -> Out",
            ["a = SEResNet((3, 4, 6, 3))", "b = SEResNet((3, 4, 23, 3))"],
            "SEResNet",
            # What both have alike is no constant of the class.
            [{"depths": (2, 1, 1, 4), "classes": 5}, {"depths": (1, 3, 23, 1)}],
        ),
        (
            "se_resnet",
            "image:In[B, 3, 224, 224] -> backbone:SEResNet50 -> Out",
            ["backbone = SEResNet((3, 4, 6, 3))"],
            "SEResNet",
            [{"depths": (2, 1, 1, 4), "classes": 5}],
        ),
        (
            "convnext",
            "image:In[B, 3, 224, 224] -> [a:ConvNeXtTiny, b:ConvNeXtSmall, c:ConvNeXtBase] -> Add -> Out",
            [
                "a = ConvNeXt((96, 192, 384, 768), (3, 3, 9, 3))",
                "b = ConvNeXt((96, 192, 384, 768), (3, 3, 27, 3), drop=0.4)",
                "c = ConvNeXt((128, 256, 512, 1024), (3, 3, 27, 3), drop=0.5)",
            ],
            "ConvNeXt",
            [{"widths": (8, 24, 40, 16), "depths": (2, 1, 3, 2), "classes": 9}],
        ),
        (
            "wide_resnet",
            "image:In[B, 3, 32, 32] -> [a:WRN16_8, b:WRN40_4, c:WideResNet(28, 10)] -> Add -> Out",
            ["a = WideResNet(depth=16, k=8)", "b = WideResNet(depth=40, k=4)", "c = WideResNet()"],
            "WideResNet",
            [{"depth": 22, "k": 2}, {"depth": 10, "k": 3, "classes": 4}],
        ),
        # One that shares too little: what both classes would have to be handed is no parameter of their definition.
        (
            "mobilenet_v3",
            "image:In[B, 3, 224, 224] -> [a:MobileNetV3Large, b:MobileNetV3Small] -> Add -> Out",
            ["a = MobileNetV3Large()", "b = MobileNetV3Small()"],
            "",
            [],
        ),
    ],
)
def test_aliases_of_one_definition_share_its_class(
    example: str, main: str, uses: list[str], definition: str, values: list[Values]
) -> None:
    """``ResNet18`` beside ``ResNet34``; and the class is what is described with values that nothing here has, too."""
    path = EXAMPLES / f"{example}.nn"
    definitions = path.read_text(encoding="utf-8").rstrip().rpartition("\n\n")[0]
    code = mn.loads(f"{definitions}\n\n{main}\n").code()
    text = " ".join(code.text.split())
    assert all(f"self.{use}" in text for use in uses)
    with torch.device("meta"):
        made = load(code.text, code.class_name)
        assert made().state_dict()
    for some in values:
        settings = {n: list(v) if isinstance(v, tuple) else v for n, v in some.items()}
        kind = "BasicBlock" if "ResNet34" in main else "Bottleneck"
        block = f"{definition}({kind}, {settings.pop('depths')})" if example == "resnet" else definition
        described = mn.load(path, block=block, settings=settings)
        agrees(getattr(sys.modules[made.__module__], definition), some, described, False)


def test_what_decides_a_loop_is_no_constant_though_it_is_the_same_everywhere() -> None:
    """Of a list that a class takes every number counts, a one too; numbers that happen to be equal don't."""
    text = """
    +Net(depths, width = 2) {
        x:In[B, 2, L] -> a:Conv(2, 3, padding = 1) * depths[0] -> (Conv(width, 1) -> ReLU) for i in 0..depths[1]
        -> c:Conv(2, 3, padding = 1) * depths[2] -> Out
    }
    +Small = Net([2, 1, 1])
    +Large = Net([2, 1, 4])
    """
    code = mn.loads(f"{text}\nx:In[B, 2, L] -> [Small, Large] -> Add -> Out").code()
    made = load(code.text, code.class_name)
    net = sys.modules[made.__module__].Net
    for depths in ((1, 2, 3), (3, 3, 2)):
        described = mn.loads(f"{text}\nx:In[B, 2, L] -> net:Net({list(depths)}) -> Out").module()
        assert isinstance(described.net, nn.Module)
        agrees_with(net(depths), described.net, torch.randn(2, 2, 9))


INNER = """
+Cell(H, gates = 4) { In[B, K] -> Linear(gates * H) -> ReLU -> Linear(H) -> Out }
+Tower(width = 16, depth = 3, heads = 2) {
    x:In[B, 5, D] -> Linear(width) -> (Linear(2 * width) -> Attend(heads) -> Linear(width)) * depth -> Out
}
+Attend(heads) { x:In[B, N, D] -> SelfAttention(heads) -> Out }
a:In[B, 5, 8] -> Tower -> Mean(axis = 1) -> h
h -> Cell(32) -> Cell(32) -> Out
a -> tower:Tower -> Sum(axis = 1) -> Out
"""


def test_inner_parameters_are_those_of_inner_classes() -> None:
    """Made with other values, an inner class is what the description is with them; those around say what they give."""
    code = mn.loads(INNER).code()
    module = sys.modules[load(code.text, code.class_name).__module__]
    tower, cell = module.Tower, module.Cell
    assert list(inspect.signature(tower).parameters) == ["width", "depth", "heads"]
    assert inspect.signature(tower).parameters["width"].default == 16
    alone = INNER[: INNER.index("a:In")]
    for width, depth, heads in ((12, 2, 3), (8, 4, 1)):
        described = mn.loads(f"{alone}\na:In[B, 5, 8] -> tower:Tower({width}, {depth}, {heads}) -> Out").module()
        agrees_with(tower(width=width, depth=depth, heads=heads), described.tower, torch.randn(2, 5, 8))
    for h, gates in ((6, 2), (10, 3)):
        described = mn.loads(f"{alone}\na:In[B, 7] -> cell:Cell({h}, gates = {gates}) -> Out").module()
        agrees_with(cell(7, h, gates=gates), described.cell, torch.randn(2, 7))


BY_CHANCE = """
+Block(C, mid) {
    x:In[B, Cin, _, _] -> Conv(mid, 1) -> BN -> Conv(C, 3, padding = 1) -> y
    x -> Conv(C, 1) -> s
    [y, s] -> Add -> Out
}
+Encoder(D, layers = 2) { In -> Linear(D) -> (LN -> Linear(D)) * layers -> Out }
+Kept(C) { In[B, C, H, W] -> Conv(2 * C, 1) -> Conv(C, 1) -> Out[B, C, H, W] }
x:In[B, 16, 8, 8] -> Kept(16) -> Block(32, 16) -> Kept(32) -> Block(64, 32) -> Out
a:In[B, 5, 12] -> Encoder(12) -> Out
b:In[B, 5, 24] -> Encoder(24, layers = 3) -> Out
"""


def test_a_size_that_the_source_leaves_open_is_its_own_though_another_is_the_same_in_every_use() -> None:
    code = mn.loads(BY_CHANCE).code()
    module = sys.modules[load(code.text, code.class_name).__module__]
    alone = BY_CHANCE[: BY_CHANCE.index("x:In[B, 16")]
    assert list(inspect.signature(module.Block).parameters) == ["cin", "c", "mid"]
    described = mn.loads(f"{alone}\nx:In[B, 6, 8, 8] -> it:Block(10, 7) -> Out").module()
    agrees_with(module.Block(6, 10, mid=7), described.it, torch.randn(2, 6, 8, 8))
    described = mn.loads(f"{alone}\nx:In[B, 5, 6] -> it:Encoder(10, layers = 1) -> Out").module()
    agrees_with(module.Encoder(6, 10, layers=1), described.it, torch.randn(2, 5, 6))
    # What it declares to be the same is the same.
    assert list(inspect.signature(module.Kept).parameters) == ["c"]


def agrees_with(mine: nn.Module, theirs: nn.Module, x: torch.Tensor) -> None:
    mine.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(mine.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize(
    "body",
    [
        "Conv(24, 3) -> (Conv(width, 1) if width != 24)",
        "Conv(width, 3) -> (ReLU if width > 10 else Tanh)",
        "Conv(24, 3) -> Maybe(width)",
        "Conv(24, 3) -> a; x -> Conv(width, 3) -> b; [a, b] -> Add",
        "(Conv(8 + i, 3, padding = 1) for i in 0..width)",
        "[Conv(4, 1) for i in 0..width] -> Add",
    ],
)
def test_what_decides_the_structure_is_no_parameter(body: str) -> None:
    """Where a value coincides with another size, or a branch asks for it, the class is that of this value alone."""
    text = f"""
    +Net(width = 24) {{ x:In[B, 3, 40, 40] -> {body} -> Out }}
    +Maybe(C) {{ x:In[_, K, _, _] -> (Conv(C, 1) if K != C) -> Out }}
    Net
    """
    code = mn.loads(text).code().text
    assert "width" not in code


CHOOSING = """
    +Net(width = 24, out = 5) {{
        x:In[B, 3, 40, 40] -> Conv(24, 3) -> Step(width) -> Step({second}) -> Flatten -> Linear(out) -> Out
    }}
    +Step(C) {{
        x:In[_, K, _, _] -> Conv(C, 3, padding = 1) -> y
        x -> skip:(Conv(C, 1) if K != C else Identity) -> z
        [y, z] -> Add -> Out
    }}
    Net
    """


@pytest.mark.parametrize("width", [24, 8, 12])
def test_a_condition_that_goes_both_ways_is_the_codes_own(width: int) -> None:
    """Where the class chooses by the numbers that it is made with, these may be any."""
    text = CHOOSING.format(second="width")
    code = mn.loads(text.replace("width = 24", "width = 20")).code()
    assert "if k != c else nn.Identity()" in code.text
    made = load(code.text, code.class_name)
    agrees(made, {"width": width}, mn.loads(text, settings={"width": width}), True)
    # Neither Step has as many channels as it gets: the class has no other way for a width of 24.
    other = CHOOSING.format(second="2 * width").replace("width = 24", "width = 20")
    assert "width" not in mn.loads(other).code().text


def test_a_width_that_is_left_open_is_a_parameter() -> None:
    text = """
        +Block(times = 4) {
            x:In[B, N, D] -> LN -> Linear(times * D) -> GELU -> Linear(D) -> y
            [x, y] -> Add -> Scaled -> Out
        }
        +Scaled { In[B, N, D] -> Linear(D, bias = false) -> Div(sqrt(D)) -> Out }
        Block
        """
    code = mn.loads(text).code()
    assert code.missing == ()
    made = load(code.text, code.class_name)
    assert list(inspect.signature(made).parameters) == ["d", "times"]
    wide = mn.loads(text.replace("times = 4", "times = 3"), inputs={"x": ("B", "N", 12)}).module()
    module = made(12, times=3)
    module.load_state_dict(wide.state_dict())
    x = torch.randn(2, 5, 12)
    assert torch.equal(module(x), wide(x))


def test_a_width_that_the_first_call_can_find_is_left_to_it() -> None:
    code = mn.loads("In[B, C, H, W] -> Conv(64, 3) -> BN -> Flatten -> Linear(10) -> Out").code()
    assert "nn.LazyConv2d(64, 3)" in code.text and "nn.LazyLinear(10)" in code.text


WIDE = "+Block(times = 4) { x:In[B, N, D] -> Linear(times * D) -> GELU -> Linear(D) -> Out }\nBlock"


def test_a_module_is_the_class_of_the_code_with_its_parameters() -> None:
    model = mn.loads(WIDE)
    module = model.module(d=12, times=3)
    assert module(torch.randn(2, 5, 12)).shape == (2, 5, 12)
    assert module.linear.weight.shape == (36, 12)
    gpt2 = mn.load(EXAMPLES / "gpt2.nn").module(vocabulary=50, context=12, width=48, layers=2, heads=4)
    assert gpt2(torch.zeros(1, 7, dtype=torch.int64)).shape == (1, 7, 50)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Block needs what the description leaves open: module(d=…)"),
        ({"times": 3}, "Block needs what the description leaves open: module(d=…)"),
        ({"d": 12, "depth": 3}, "Block has no parameter depth: it takes d, times"),
    ],
)
def test_a_module_without_what_its_class_needs_is_an_error(given: Mapping[str, int], said: str) -> None:
    with pytest.raises(TypeError, match="^" + re.escape(said) + "$"):
        mn.loads(WIDE).module(**given)


def test_a_module_without_a_constructor_takes_nothing() -> None:
    model = mn.loads("In[B, 8, 8] -> Transpose(1, 2) -> Out")
    assert model.module()(torch.randn(2, 8, 8)).shape == (2, 8, 8)
    with pytest.raises(TypeError, match="Model has no parameter d: it takes no parameters"):
        model.module(d=3)


def test_a_module_of_a_sketch_is_made_and_says_what_is_missing_when_it_is_called() -> None:
    module = mn.loads("In[B, 3, 8, 8] -> Conv(4) -> Out").module()
    with pytest.raises(NotImplementedError, match="Conv needs kernel"):
        module(torch.randn(1, 3, 8, 8))
