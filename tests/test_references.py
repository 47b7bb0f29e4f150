"""Examples against the networks that they describe: the published implementations, or ones written from the papers.

``verify`` compares: parameters, then with random weights outputs in double and single precision at two sizes, and a
step of training. What is large in an example is made small for it, in the text of its definition or by arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from oracles import others, published, sequences, vision
from torch import nn

import moniel2
from moniel2.pipeline import standard_library
from moniel2.source import Source
from moniel2.verification.calls import Caller, lined_up
from moniel2.verification.inputs import make_inputs

EXAMPLES = Path(__file__).parent.parent / "examples"

Change = tuple[str, str]
OPEN: Change = ("image:In[B, 3, 224, 224]", "image:In[B, 3, H, W]")
"""A picture of any size, where the network takes one."""


@dataclass(frozen=True)
class Case:
    """An example with what it must equal; ``block`` and ``change`` make it small; the rest is for ``verify``."""

    example: str
    reference: Callable[[], nn.Module]
    block: str | None = None
    change: tuple[Change, ...] = ()
    inputs: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    bind: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)


def tv(name: str, *arguments: Any, **options: Any) -> Callable[[], nn.Module]:
    return lambda: published.vision(name, *arguments, **options)


def timm(name: str, **options: Any) -> Callable[[], nn.Module]:
    return lambda: published.timm(name, **options)


def resnet(block: str, **options: Any) -> Callable[[], nn.Module]:
    return lambda: published.resnet(block, **options)


SMALL_VGG: tuple[Change, ...] = (("224, 224", "32, 32"), ("4096", "64"))
SMALL_VIT = {"img_size": 32, "embed_dim": 24, "depth": 2, "num_heads": 3}
BERT_INPUTS = {"input_ids": "tokens", "token_type_ids": "segments"}

CASES = {
    # ---- torchvision
    "ResNet, basic": Case("resnet", resnet("BasicBlock"), "ResNet(BasicBlock, [1, 2, 1, 1], 10)", (OPEN,)),
    "ResNet, bottleneck": Case("resnet", resnet("Bottleneck"), "ResNet(Bottleneck, [1, 2, 1, 1], 10)", (OPEN,)),
    "ResNeXt": Case(
        "resnet", resnet("Bottleneck", groups=32, width_per_group=4),
        "ResNet(Bottleneck(groups = 32, group_width = 4), [1, 2, 1, 1], 10)", (OPEN,),
    ),
    "VGG": Case("vgg", lambda: published.vgg(False), "VGG([1, 1, 1, 2, 1], false, 10)", SMALL_VGG),
    "VGG, normed": Case("vgg", lambda: published.vgg(True), "VGG([1, 1, 1, 2, 1], true, 10)", SMALL_VGG),
    "VGG-16, layers numbered": Case(
        "vgg16_torchvision", published.vgg16, "VGG16(10)",
        (("224, 224", "32, 32"), ("Out[B, 512, 7, 7]", "Out"), ("4096", "64")),
    ),
    "AlexNet": Case("alexnet", published.alexnet, "AlexNet(10)", (OPEN, ("Out[B, 256, 6, 6]", "Out"), ("4096", "64"))),
    "DenseNet": Case(
        "densenet", tv("DenseNet", 8, (2, 3, 2, 2), 16, num_classes=10), "DenseNet(8, [2, 3, 2, 2], 16, 10)", (OPEN,)
    ),
    "GoogLeNet": Case("googlenet_bn", tv("googlenet", num_classes=10, init_weights=False), "GoogLeNet(10)", (OPEN,)),
    "Inception-v3": Case(
        "inception_v3", tv("inception_v3", num_classes=10, init_weights=False, aux_logits=False),
        "InceptionV3(10, false)",
        (("299, 299", "107, 107"), ("[B, 288, 35, 35]", ""), ("[B, 768, 17, 17]", ""), ("[B, 2048, 8, 8]", "")),
    ),
    "Inception-v3, auxiliary": Case(
        "inception_v3", tv("inception.InceptionAux", 768, 10), "Auxiliary(10)", inputs={"in": (2, 768, 17, 17)}
    ),
    "SqueezeNet": Case("squeezenet", tv("squeezenet1_0", num_classes=10), "SqueezeNet(10)", (OPEN,)),
    "SqueezeNet 1.1": Case("squeezenet", tv("squeezenet1_1", num_classes=10), "SqueezeNet11(10)", (OPEN,)),
    "MobileNet-v2": Case("mobilenet_v2", tv("mobilenet_v2", num_classes=10), "MobileNetV2(10)", (OPEN,)),
    "MobileNet-v3": Case(
        "mobilenet_v3", tv("mobilenet_v3_small"), "MobileNetV3Small", (OPEN, ("[B, C, 7, 7]", "[B, C, _, _]"))
    ),
    "EfficientNet": Case(
        "efficientnet", tv("efficientnet_b0", num_classes=10), "EfficientNet(size = 64, classes = 10)"
    ),
    "MNASNet": Case("mnasnet", tv("mnasnet1_0"), None, (OPEN,)),
    "ShuffleNet-v2": Case("shufflenet_v2", tv("shufflenet_v2_x1_0"), None, (OPEN,)),
    "RegNet-Y": Case("regnet", tv("regnet_y_400mf"), None, (OPEN,)),
    "RegNet-X": Case("regnet", tv("regnet_x_400mf"), "RegNetX400MF", (OPEN,)),
    "Swin": Case("swin", published.swin, "Swin([2, 2, 2, 2], 12, 1, classes = 10)"),
    "FCN on ResNet": Case("fcn_resnet", published.fcn, "FCN([1, 2, 2, 2], 5)"),
    # ---- timm
    "ConvNeXt": Case(
        "convnext", timm("convnext_tiny", dims=(8, 16, 32, 64), depths=(1, 2, 1, 1), drop_path_rate=0.1),
        "ConvNeXt([8, 16, 32, 64], [1, 2, 1, 1], 0.1, 10)", (OPEN,),
    ),
    "Inception-ResNet-v2": Case(
        "inception_resnet_v2", published.inception_resnet, "InceptionResNetV2(10)",
        (
            ("299, 299", "107, 107"), ("[B, 320, 35, 35]", ""), ("[B, 1088, 17, 17]", ""), ("[B, 2080, 8, 8]", ""),
            ("(0.17) * 10", "(0.17) * 2"), ("(0.10) * 20", "(0.10) * 2"), ("(0.20) * 9", "(0.20) * 2"),
        ),
    ),
    "Xception": Case(
        "xception", published.xception, "Xception(10)", (("299, 299", "H, W"), ("Middle * 8", "Middle * 1"))
    ),
    "SE-ResNet": Case("se_resnet", timm("seresnet50", layers=(1, 2, 1, 1)), "SEResNet([1, 2, 1, 1], 10)", (OPEN,)),
    "ViT": Case("vit", timm("vit_base_patch16_224", **SMALL_VIT), "ViT(24, 2, 3, 16, 32, 10)"),
    "DeiT": Case("vit", timm("deit_tiny_distilled_patch16_224", **SMALL_VIT), "DeiT(24, 2, 3, 16, 32, 10)"),
    "MLP-Mixer": Case("mlp_mixer", published.mixer, "Mixer(24, 2, 16, 10)", (("224, 224", "32, 32"),)),
    # ---- transformers
    "BERT": Case("bert", published.bert, "Bert(50, 32, 24, 2, 3)", bind=BERT_INPUTS),
    "ALBERT": Case("albert", published.albert, "Albert(50, 32, 8, 24, 3, 3)", bind=BERT_INPUTS),
    "GPT-2": Case("gpt2", published.gpt2, "GPT2(50, 32, 24, 2, 3)"),
    "Llama": Case("llama", published.llama, "Llama(50, 32, 2, 4, 2, 40)"),
    "Mixtral": Case("moe", published.mixtral, "Mixtral(50, 32, 2, 4, 2, 40, 4, 2)"),
    "T5": Case(
        "t5", published.t5, "T5(50, 24, 2, 3, 8, 40)", bind={"input_ids": "tokens", "decoder_input_ids": "targets"}
    ),
    "Whisper": Case(
        "whisper", published.whisper, "Whisper(16, 2, 2, 50, 8, 32)", (("3000", "200"),),
        bind={"input_features": "spectrogram", "decoder_input_ids": "tokens"},
    ),
    "CLIP": Case(
        "clip", published.clip, "CLIP(12)",
        (
            ("D = 768, patch = 32, depth = 12, heads = 12", "D = 16, patch = 32, depth = 2, heads = 2"),
            ("vocabulary = 49408, D = 512, depth = 12, heads = 8", "vocabulary = 60, D = 16, depth = 2, heads = 2"),
            ("224, 224", "64, 64"),
        ),
        bind={"input_ids": "text", "pixel_values": "image"},
    ),
    "Mamba": Case(
        "mamba", published.mamba, "Mamba(50, 16, 2)", (("] -> SelectiveScan -> y", "] -> SelectiveScanInSteps -> y"),)
    ),
    # ---- torch
    "a character LSTM": Case("char_rnn", published.Recurrent, "CharRNN(20, 12)"),
    "nn.Transformer": Case("torch_transformer", published.torch_transformer, "Transformer(2, 2, 40)", (("512", "16"),)),
    "batch normalization": Case("batch_norm", lambda: others.BatchNorm(64)),
    # ---- from the papers
    "U-Net": Case("unet", lambda: vision.UNet(4, 3, 2), "UNet(4, 3)", (("16*", "8*"),)),
    "U-Net, unpadded": Case(
        "unet_flat", lambda: vision.UNet2015(4, 2), None,
        (
            ("572, 572", "188, 188"), (", 568, 568", ", _, _"), (", 280, 280", ", _, _"), (", 136, 136", ", _, _"),
            (", 64, 64]", ", _, _]"), (", 28, 28", ", _, _"), (", 52, 52", ", _, _"), (", 100, 100", ", _, _"),
            (", 196, 196", ", _, _"), (", 388, 388", ", _, _"),
            *((f"({64 * 2**i})", f"({4 * 2**i})") for i in range(5)),
            *((f"[B, {64 * 2**i},", f"[B, {4 * 2**i},") for i in range(5)),
        ),
    ),
    "AlexNet of 2012": Case("alexnet", lambda: vision.AlexNet2012(64, 10), "AlexNet2012(10)", (("4096", "64"),)),
    "LeNet-5": Case("lenet", vision.LeNet5),
    "DCGAN": Case("dcgan", lambda: vision.DCGAN(8), None, (("width = 64", "width = 8"),)),
    "Wide ResNet": Case("wide_resnet", lambda: vision.WideResNet(16, 2), "WideResNet(16, 2)"),
    "FCN-8s": Case(
        "fcn", lambda: vision.FCN8s(4, 24, 5), "FCN(8, 5)",
        (("4096", "24"), *((f"Stage({64 * 2**i}", f"Stage({4 * 2**i}") for i in range(4))),
    ),
    "a Siamese network": Case(
        "siamese", lambda: vision.Siamese(4, 32), None,
        (("4096", "32"), *((f"Conv({64 * 2**i}", f"Conv({4 * 2**i}") for i in range(3))),
    ),
    "FPN": Case("fpn", lambda: vision.FPN(published.resnet("Bottleneck"), 16), "FPN(16, [1, 2, 1, 1])"),
    "the Transformer": Case("transformer", lambda: sequences.Transformer(50, 24, 2, 3), "Transformer(50, 24, 2, 3)"),
    "attention": Case(
        "attention", sequences.Attention, None, (("512]", "16]"), ("MultiHeadAttention(8)", "MultiHeadAttention(2)"))
    ),
    "a diffusion U-Net": Case(
        "diffusion_unet", lambda: vision.DiffusionUNet(32, [1, 2, 2], [1]), "DiffusionUNet(32, [1, 2, 2])"
    ),
    "a diffusion transformer": Case("dit", lambda: vision.DiT(32, 2, 4, 4), "DiT(32, 2, 4, 4)"),
    "an LSTM": Case("lstm", lambda: sequences.LSTM(5, 7), None, (("256]", "5]"), ("LSTM(512)", "LSTM(7)"))),
    "an Elman network": Case("rnn", lambda: sequences.Elman(32, 8, 5), "Elman(8, 5)"),
    "translation by alignment": Case(
        "gru_attention", lambda: sequences.Translator(20, 6, 8, 5), "Translator(20, 20, 6, 8, 5)"
    ),
    "WaveNet": Case("wavenet", lambda: sequences.WaveNet(6, 8, 20, [1, 2, 4, 1, 2, 4]), "WaveNet(6, 8, 20, 2, 3)"),
    "a variational auto-encoder": Case("vae", lambda: others.VAE(5, 30), "VAE(5, 30)"),
    "NeRF": Case("nerf", lambda: others.NeRF(32), "NeRF(32)"),
    "PointNet": Case("pointnet", lambda: others.PointNet(10), "PointNet(10)"),
    "a graph network": Case("gcn", lambda: others.GCN(30, 8, 7), "GCN(8)", (("1433", "30"),)),
}  # fmt: skip


def text_of(case: Case) -> str:
    text = (EXAMPLES / f"{case.example}.nn").read_text(encoding="utf-8")
    for old, new in case.change:
        assert old in text, old
        text = text.replace(old, new)
    return text


def load(path: str) -> Source | None:
    file = EXAMPLES / path
    return Source(path, file.read_text(encoding="utf-8")) if file.exists() else standard_library(path)


def compiled(case: Case) -> moniel2.Model:
    return moniel2.loads(text_of(case), block=case.block, inputs=case.inputs, name=f"{case.example}.nn", load=load)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_equals_its_reference(case: Case) -> None:
    report = compiled(case).verify(case.reference, bind=case.bind, outputs=case.outputs)
    assert report.equal, str(report)
    assert not [note for note in report.notes if "hardly depend" in note]


KEYED = [
    "ResNet, basic", "ResNet, bottleneck", "ResNeXt", "VGG-16, layers numbered", "AlexNet", "GoogLeNet", "SqueezeNet",
    "ShuffleNet-v2", "MNASNet", "FCN on ResNet", "SE-ResNet", "ViT", "MLP-Mixer", "Llama", "Whisper", "CLIP",
]  # fmt: skip
"""Examples that say their keys are those of their reference."""


@pytest.mark.parametrize("name", KEYED)
def test_a_checkpoint_loads_unchanged(name: str) -> None:
    case = CASES[name]
    torch.manual_seed(0)
    model, reference = compiled(case), case.reference().eval()
    module = model.module().eval()
    module.load_state_dict(reference.state_dict(), strict=True)
    inputs = make_inputs(model.ir)[0].as_type(torch.float32)
    with torch.no_grad():
        ours, theirs = Caller(module, "ours")(inputs), Caller(reference, "theirs", case.bind)(inputs)
    (mine, other), *_ = [(ours[a], theirs[b]) for a, b in lined_up(ours, theirs, case.outputs)]
    torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


def test_there_are_thirty() -> None:
    assert len({case.example for case in CASES.values()}) >= 30
