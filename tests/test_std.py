"""The standard blocks: every one is compiled, run, and compared with what its source says, written in torch by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import moniel2

STD = Path(moniel2.__file__).parent / "std"
FILES = sorted(p for p in STD.glob("*.nn") if p.name != "prelude.nn")
DEFINITION = re.compile(r"^\+(\w+)", re.MULTILINE)


def module(text: str) -> Any:
    """The module of a program with a single node, with every weight random; in evaluation."""
    torch.manual_seed(0)
    model = moniel2.loads(text, strict=True).module()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.5 if "var" in name else torch.randn_like(value) * 0.3)
    return model.eval()


def weights(model: Any) -> dict[str, Any]:
    """The weights by their keys below the one node."""
    return {key.split(".", 1)[1]: value for key, value in model.state_dict().items()}


def linear(w: dict[str, Any], name: str, x: Any) -> Any:
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def conv_bn(
    w: dict[str, Any], name: str, x: Any, act: Callable[[Any], Any], conv: str = "conv", bn: str = "bn", **more: Any
) -> Any:
    y = F.conv2d(x, w[f"{name}{conv}.weight"], **more)
    n = {k: w[f"{name}{bn}.{k}"] for k in ("running_mean", "running_var", "weight", "bias")}
    return act(F.batch_norm(y, **n))


def same(x: Any) -> Any:
    return x


def heads(x: Any, n: int) -> Any:
    return x.unflatten(-1, (n, -1)).transpose(1, 2)


def attention(q: Any, k: Any, v: Any, causal: bool = False) -> Any:
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if causal:
        scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -torch.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def mlp(w: dict[str, Any], name: str, x: Any) -> Any:
    return linear(w, f"{name}fc2", F.gelu(linear(w, f"{name}fc1", x)))


def self_attention(w: dict[str, Any], name: str, x: Any, n: int, causal: bool = False) -> Any:
    q, k, v = (heads(t, n) for t in linear(w, f"{name}qkv", x).chunk(3, -1))
    return linear(w, f"{name}proj", attention(q, k, v, causal))


def cross_attention(w: dict[str, Any], name: str, x: Any, m: Any, n: int) -> Any:
    q, k, v = heads(linear(w, f"{name}q_proj", x), n), linear(w, f"{name}k_proj", m), linear(w, f"{name}v_proj", m)
    return linear(w, f"{name}out_proj", attention(q, heads(k, n), heads(v, n)))


def norm(w: dict[str, Any], name: str, x: Any) -> Any:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])


def encoder_layer(w: dict[str, Any], x: Any) -> Any:
    x = x + self_attention(w, "attn.", norm(w, "norm1", x), 4)
    return x + mlp(w, "mlp.", norm(w, "norm2", x))


def decoder_layer(w: dict[str, Any], x: Any, m: Any) -> Any:
    x = x + self_attention(w, "self_attn.", norm(w, "norm1", x), 4, causal=True)
    x = x + cross_attention(w, "cross_attn.", norm(w, "norm2", x), m, 4)
    return x + mlp(w, "mlp.", norm(w, "norm3", x))


def below(w: dict[str, Any], name: str) -> dict[str, Any]:
    return {key.removeprefix(f"{name}."): value for key, value in w.items() if key.startswith(f"{name}.")}


def encoder(w: dict[str, Any], x: Any) -> Any:
    for i in range(2):
        x = encoder_layer(below(w, f"layers.{i}"), x)
    return norm(w, "norm", x)


def decoder(w: dict[str, Any], x: Any, m: Any) -> Any:
    for i in range(2):
        x = decoder_layer(below(w, f"layers.{i}"), x, m)
    return norm(w, "norm", x)


def rotated(x: Any, base: float = 10000.0) -> Any:
    """Pairs (i, i + D/2) as complex numbers, each turned by position / base^(2i/D)."""
    n, d = x.shape[-2:]
    pairs = torch.complex(x[..., : d // 2], x[..., d // 2 :])
    angle = torch.arange(n)[:, None] * base ** (-2 * torch.arange(d // 2) / d)
    turned = pairs * torch.polar(torch.ones_like(angle), angle)
    return torch.cat((turned.real, turned.imag), -1)


def grouped(w: dict[str, Any], x: Any) -> Any:
    q = rotated(heads(linear(w, "q_proj", x), 4))
    k = rotated(heads(linear(w, "k_proj", x), 2))
    v = heads(linear(w, "v_proj", x), 2)
    k, v = (t[:, [0, 0, 1, 1]] for t in (k, v))
    return linear(w, "o_proj", attention(q, k, v, causal=True))


def gated(w: dict[str, Any], x: Any, act: Callable[[Any], Any]) -> Any:
    return linear(w, "down_proj", act(linear(w, "gate_proj", x)) * linear(w, "up_proj", x))


def sinusoids(x: Any) -> Any:
    result = x.clone()
    for position in range(x.shape[-2]):
        for i in range(x.shape[-1] // 2):
            angle = position / 10000 ** (2 * i / x.shape[-1])
            result[..., position, 2 * i] += math.sin(angle)
            result[..., position, 2 * i + 1] += math.cos(angle)
    return result


def window_bias(w: dict[str, Any], scores: Any) -> Any:
    result = scores.clone()
    for i in range(9):
        for j in range(9):
            down, across = i // 3 - j // 3 + 2, i % 3 - j % 3 + 2
            result[..., i, j] += w["table"][5 * down + across]
    return result


def alibi(scores: Any) -> Any:
    n, m = scores.shape[-2:]
    slopes = [2 ** (-8 * (h + 1) / 4) for h in range(4)]
    return scores + torch.tensor([[[s * (j - i) for j in range(m)] for i in range(n)] for s in slopes])


def excite(w: dict[str, Any], name: str, x: Any, act: Callable[[Any], Any]) -> Any:
    squeezed = act(F.conv2d(x.mean((2, 3), keepdim=True), w[f"{name}fc1.weight"], w[f"{name}fc1.bias"]))
    return x * F.conv2d(squeezed, w[f"{name}fc2.weight"], w[f"{name}fc2.bias"]).sigmoid()


def mbconv(w: dict[str, Any], x: Any, act: Callable[[Any], Any], squeeze: bool) -> Any:
    wide = x.shape[1] * 6
    y = conv_bn(w, "expand.", x, act)
    y = conv_bn(w, "depthwise.", y, act, padding=1, groups=wide)
    if squeeze:
        y = excite(w, "se.", y, act)
    return x + conv_bn(w, "", y, same, "project", "project_bn")


def channel_attention(w: dict[str, Any], x: Any) -> Any:
    gate = F.conv1d(x.mean((2, 3))[:, None], w["conv.weight"], padding=1).sigmoid()
    return x * gate.transpose(1, 2)[..., None]


def aspp(w: dict[str, Any], x: Any) -> Any:
    maps = [conv_bn(w, "one.", x, F.relu)]
    for i, rate in enumerate((2, 3)):
        maps.append(conv_bn(w, f"dilated.{i}.", x, F.relu, padding=rate, dilation=rate))
    whole = conv_bn(w, "pool.", x.mean((2, 3), keepdim=True), F.relu).expand(-1, -1, *x.shape[2:])
    return conv_bn(w, "project.", torch.cat((*maps, whole), 1), F.relu)


def fused(w: dict[str, Any], x: Any) -> Any:
    y = conv_bn(w, "fused.", x, F.silu, padding=1)
    return x + conv_bn(w, "project.", excite(w, "se.", y, F.silu), same)


def cbam(w: dict[str, Any], x: Any) -> Any:
    def scores(pooled: Any) -> Any:
        return F.conv2d(F.conv2d(pooled, w["channels.shared.fc1.weight"]).relu(), w["channels.shared.fc2.weight"])

    gate = (scores(x.mean((2, 3), keepdim=True)) + scores(x.amax((2, 3), keepdim=True))).sigmoid()
    x = x * gate
    maps = torch.cat((x.amax(1, keepdim=True), x.mean(1, keepdim=True)), 1)
    return x * F.conv2d(maps, w["places.conv.weight"], padding=3).sigmoid()


def pyramid_pooling(w: dict[str, Any], x: Any) -> Any:
    around = [x]
    for i, grid in enumerate((1, 2)):
        level = conv_bn(w, f"levels.{i}.reduce.", F.adaptive_avg_pool2d(x, grid), F.relu)
        around.append(F.interpolate(level, x.shape[2:], mode="bilinear"))
    return conv_bn(w, "project.", torch.cat(around, 1), F.relu, padding=1)


def basic(w: dict[str, Any], x: Any) -> Any:
    y = conv_bn(w, "first.", x, F.relu, stride=2, padding=1)
    y = conv_bn(w, "second.", y, same, padding=1)
    return F.relu(y + conv_bn(w, "shortcut.", x, same, stride=2))


def bottleneck(w: dict[str, Any], x: Any) -> Any:
    y = conv_bn(w, "narrow.", x, F.relu)
    y = conv_bn(w, "middle.", y, F.relu, stride=2, padding=1, groups=2)
    return F.relu(conv_bn(w, "widen.", y, same) + conv_bn(w, "shortcut.", x, same, stride=2))


def dense(w: dict[str, Any], x: Any) -> Any:
    def normed(name: str, y: Any) -> Any:
        n = {k: w[f"{name}.{k}"] for k in ("running_mean", "running_var", "weight", "bias")}
        return F.batch_norm(y, **n).relu()

    y = F.conv2d(normed("norm1", x), w["conv1.weight"])
    return torch.cat((x, F.conv2d(normed("norm2", y), w["conv2.weight"], padding=1)), 1)


def lora(w: dict[str, Any], x: Any) -> Any:
    return linear(w, "body.linear", x) + 16 / 4 * x @ w["down.weight"].T @ w["up.weight"].T


def experts(w: dict[str, Any], x: Any) -> Any:
    """Token by token, only the two best experts."""
    result = torch.zeros_like(x)
    for b in range(x.shape[0]):
        for n in range(x.shape[1]):
            token = x[b, n]
            scores = token @ w["gate.weight"].T
            best = sorted(range(3), key=lambda e: -float(scores[e]))[:2]
            total = sum(math.exp(scores[e]) for e in best)
            for e in best:
                answer = linear(below(w, f"experts.{e}"), "linear", token)
                result[b, n] += math.exp(scores[e]) / total * answer
    return result


def bucketed(w: dict[str, Any], scores: Any, both: bool) -> Any:
    result = scores.clone()
    side = 4 if both else 8
    for i in range(scores.shape[-2]):
        for j in range(scores.shape[-1]):
            distance = abs(j - i) if both else max(i - j, 0)
            bucket = distance
            if distance >= side // 2:
                part = math.log(distance / (side / 2)) / math.log(16 / (side / 2))
                bucket = min(side // 2 + int(part * (side - side // 2) + 1e-9), side - 1)
            result[..., i, j] += w["table.weight"][bucket + (side if both and j > i else 0)]
    return result


def timestep(time: Any) -> Any:
    angles = time[:, None] * torch.tensor([10000 ** (-2 * i / 16) for i in range(8)])
    return torch.cat((angles.sin(), angles.cos()), 1)


def pyramid(w: dict[str, Any], *maps: Any) -> Any:
    def conv(name: str, x: Any, padding: int = 0) -> Any:
        return F.conv2d(x, w[f"{name}.weight"], w[f"{name}.bias"], padding=padding)

    merged = [conv("lateral5", maps[3])]
    for i in (4, 3, 2):
        larger = F.interpolate(merged[-1], scale_factor=2)
        merged.append(conv(f"down{i}.lateral", maps[i - 2]) + larger)
    return tuple(conv(f"smooth{i}", merged[5 - i], 1) for i in (2, 3, 4, 5))


def separable(w: dict[str, Any], x: Any) -> Any:
    y = F.conv2d(x, w["depthwise.weight"], padding=1, stride=2, groups=x.shape[1])
    return F.conv2d(y, w["pointwise.weight"], w["pointwise.bias"])


def depthwise_separable(w: dict[str, Any], x: Any) -> Any:
    y = conv_bn(w, "depthwise.", x, F.relu, padding=1, groups=x.shape[1])
    return conv_bn(w, "pointwise.", y, F.relu)


def patches(x: Any, p: int) -> Any:
    rows = [x[:, :, i : i + p, j : j + p] for i in range(0, x.shape[2], p) for j in range(0, x.shape[3], p)]
    return torch.stack([r.permute(0, 2, 3, 1).flatten(1) for r in rows], 1)


TOKENS = "x:In[B, N, 16]"
IMAGE = "x:In[B, 6, H, W]"

CASES: dict[str, tuple[str, tuple[tuple[int, ...], ...], Callable[..., Any]]] = {
    "Residual": (
        f"{TOKENS} -> Residual {{ Linear(16) }} -> Out",
        ((2, 5, 16),),
        lambda w, x: x + linear(w, "body.linear", x),
    ),
    "PreNorm": (
        f"{TOKENS} -> PreNorm {{ Linear(4) }} -> Out",
        ((2, 5, 16),),
        lambda w, x: linear(w, "body.linear", norm(w, "norm", x)),
    ),
    "PostNorm": (
        f"{TOKENS} -> PostNorm {{ Linear(4) }} -> Out",
        ((2, 5, 16),),
        lambda w, x: norm(w, "norm", linear(w, "body.linear", x)),
    ),
    "LayerScale": (
        f"{TOKENS} -> LayerScale {{ Linear(16) }} -> Out",
        ((2, 5, 16),),
        lambda w, x: x + w["gamma"] * linear(w, "body.linear", x),
    ),
    "Highway": (
        f"{TOKENS} -> Highway {{ Linear(16) -> Tanh }} -> Out",
        ((2, 5, 16),),
        lambda w, x: _highway(w, x),
    ),
    "MLP": (f"{TOKENS} -> MLP -> Out", ((2, 5, 16),), lambda w, x: mlp(w, "", x)),
    "SwiGLU": (f"{TOKENS} -> SwiGLU(24) -> Out", ((2, 5, 16),), lambda w, x: gated(w, x, F.silu)),
    "GEGLU": (f"{TOKENS} -> GEGLU(24) -> Out", ((2, 5, 16),), lambda w, x: gated(w, x, F.gelu)),
    "ReGLU": (f"{TOKENS} -> ReGLU(24) -> Out", ((2, 5, 16),), lambda w, x: gated(w, x, F.relu)),
    "LoRA": (f"{TOKENS} -> LoRA(4) {{ Linear(9) }} -> Out", ((2, 5, 16),), lora),
    "MixtureOfExperts": (f"{TOKENS} -> MixtureOfExperts(3) {{ Linear(16) }} -> Out", ((2, 5, 16),), experts),
    "BucketedPositionBias": (
        "x:In[B, 4, N, M] -> BucketedPositionBias(8, far = 16) -> Out",
        ((2, 4, 23, 21),),
        lambda w, x: bucketed(w, x, True),
    ),
    "BucketedPositionBias behind": (
        "x:In[B, 4, N, M] -> BucketedPositionBias(8, far = 16, both = false) -> Out",
        ((2, 4, 23, 21),),
        lambda w, x: bucketed(w, x, False),
    ),
    "TimestepEmbedding": ("x:In[B] -> TimestepEmbedding(16) -> Out", ((5,),), lambda w, x: timestep(x)),
    "FusedMBConv": (f"{IMAGE} -> FusedMBConv(6, squeeze = 0.5) -> Out", ((2, 6, 8, 12),), fused),
    "CBAM": (f"{IMAGE} -> CBAM(2) -> Out", ((2, 6, 8, 12),), cbam),
    "PPM": (f"{IMAGE} -> PPM(5, grids = [1, 2]) -> Out", ((2, 6, 8, 12),), pyramid_pooling),
    "BasicBlock": (
        f"from std.vision import BasicBlock\n{IMAGE} -> BasicBlock(8, stride = 2) -> Out",
        ((2, 6, 8, 12),),
        basic,
    ),
    "Bottleneck": (
        f"from std.vision import Bottleneck\n{IMAGE} -> Bottleneck(8, stride = 2, groups = 2) -> Out",
        ((2, 6, 8, 12),),
        bottleneck,
    ),
    "DenseLayer": (f"from std.vision import DenseLayer\n{IMAGE} -> DenseLayer(3) -> Out", ((2, 6, 8, 12),), dense),
    "SelfAttention": (f"{TOKENS} -> SelfAttention(4) -> Out", ((2, 5, 16),), lambda w, x: self_attention(w, "", x, 4)),
    "SelfAttention causal": (
        f"{TOKENS} -> SelfAttention(4, causal = true) -> Out",
        ((2, 5, 16),),
        lambda w, x: self_attention(w, "", x, 4, causal=True),
    ),
    "CrossAttention": (
        f"{TOKENS}; m:In[B, M, 12]; [x, m] -> CrossAttention(4) -> Out",
        ((2, 5, 16), (2, 7, 12)),
        lambda w, x, m: cross_attention(w, "", x, m, 4),
    ),
    "GroupedQueryAttention": (f"{TOKENS} -> GroupedQueryAttention(4, 2) -> Out", ((2, 5, 16),), grouped),
    "TransformerEncoderLayer": (f"{TOKENS} -> TransformerEncoderLayer(4) -> Out", ((2, 5, 16),), encoder_layer),
    "TransformerDecoderLayer": (
        f"{TOKENS}; m:In[B, M, 16]; [x, m] -> TransformerDecoderLayer(4) -> Out",
        ((2, 5, 16), (2, 7, 16)),
        decoder_layer,
    ),
    "TransformerEncoder": (f"{TOKENS} -> TransformerEncoder(2, heads = 4) -> Out", ((2, 5, 16),), encoder),
    "TransformerDecoder": (
        f"{TOKENS}; m:In[B, M, 16]; [x, m] -> TransformerDecoder(2, heads = 4) -> Out",
        ((2, 5, 16), (2, 7, 16)),
        decoder,
    ),
    "Transformer": (
        f"{TOKENS}; y:In[B, M, 16]; [x, y] -> Transformer(4, depth = 2) -> Out",
        ((2, 5, 16), (2, 7, 16)),
        lambda w, x, y: decoder(below(w, "decoder"), y, encoder(below(w, "encoder"), x)),
    ),
    "SinusoidalPositions": (f"{TOKENS} -> SinusoidalPositions -> Out", ((2, 5, 16),), lambda w, x: sinusoids(x)),
    "LearnedPositions": (
        f"{TOKENS} -> LearnedPositions(9) -> Out",
        ((2, 5, 16),),
        lambda w, x: x + w["embed.weight"][:5],
    ),
    "RoPE": ("x:In[B, 4, N, 16] -> RoPE -> Out", ((2, 4, 5, 16),), lambda w, x: rotated(x)),
    "RelativePositionBias": (
        "x:In[B, 4, 9, 9] -> RelativePositionBias(3) -> Out",
        ((2, 4, 9, 9),),
        window_bias,
    ),
    "ALiBi": ("x:In[B, 4, N, M] -> ALiBi -> Out", ((2, 4, 5, 7),), lambda w, x: alibi(x)),
    "CausalMask": (
        "x:In[B, 5, 5]; [x, CausalMask(5)] -> MaskedFill(7) -> Out",
        ((2, 5, 5),),
        lambda w, x: x.tril() + 7 * torch.ones(5, 5).triu(1),
    ),
    "ConvBNAct": (
        f"{IMAGE} -> ConvBNAct(8, stride = 2) -> Out",
        ((2, 6, 8, 12),),
        lambda w, x: conv_bn(w, "", x, F.relu, stride=2, padding=1),
    ),
    "DepthwiseConv": (
        f"{IMAGE} -> DepthwiseConv(5) -> Out",
        ((2, 6, 8, 12),),
        lambda w, x: F.conv2d(x, w["conv.weight"], w["conv.bias"], padding=2, groups=6),
    ),
    "SeparableConv": (f"{IMAGE} -> SeparableConv(8, stride = 2) -> Out", ((2, 6, 8, 12),), separable),
    "DepthwiseSeparable": (f"{IMAGE} -> DepthwiseSeparable(8) -> Out", ((2, 6, 8, 12),), depthwise_separable),
    "SqueezeExcite": (
        f"{IMAGE} -> SqueezeExcite(3) -> Out",
        ((2, 6, 8, 12),),
        lambda w, x: excite(w, "", x, F.relu),
    ),
    "EfficientChannelAttention": (f"{IMAGE} -> EfficientChannelAttention -> Out", ((2, 6, 8, 12),), channel_attention),
    "MBConv": (f"{IMAGE} -> MBConv(6) -> Out", ((2, 6, 8, 12),), lambda w, x: mbconv(w, x, F.silu, True)),
    "InvertedResidual": (
        f"{IMAGE} -> InvertedResidual(6) -> Out",
        ((2, 6, 8, 12),),
        lambda w, x: mbconv(w, x, F.relu6, False),
    ),
    "PatchEmbed": (
        f"{IMAGE} -> PatchEmbed(16, patch = 4) -> Out",
        ((2, 6, 8, 12),),
        lambda w, x: F.conv2d(x, w["proj.weight"], w["proj.bias"], stride=4).flatten(2).transpose(1, 2),
    ),
    "Patchify": (f"{IMAGE} -> Patchify(4) -> Out", ((2, 6, 8, 12),), lambda w, x: patches(x, 4)),
    "ASPP": (f"{IMAGE} -> ASPP(8, rates = [2, 3]) -> Out", ((2, 6, 8, 12),), aspp),
    "TopDown": (
        "from std.vision import TopDown\nc:In[B, 8, H, W]; f:In[B, 3, 2*H, 2*W]; [c, f] -> TopDown(8) -> Out",
        ((2, 8, 3, 4), (2, 3, 6, 8)),
        lambda w, c, f: F.interpolate(c, scale_factor=2) + F.conv2d(f, w["lateral.weight"], w["lateral.bias"]),
    ),
    "FPN": (
        "a:In[B, 2, 8*h, 8*w]; b:In[B, 3, 4*h, 4*w]; c:In[B, 4, 2*h, 2*w]; d:In[B, 5, h, w]\n"
        "[a, b, c, d] -> FPN(8) -> [p2:Out, p3:Out, p4:Out, p5:Out]",
        ((1, 2, 16, 24), (1, 3, 8, 12), (1, 4, 4, 6), (1, 5, 2, 3)),
        pyramid,
    ),
}


def _highway(w: dict[str, Any], x: Any) -> Any:
    gate = linear(w, "gate", x).sigmoid()
    return gate * linear(w, "body.linear", x).tanh() + (1 - gate) * x


@pytest.mark.parametrize("name", CASES)
def test_block(name: str) -> None:
    text, shapes, reference = CASES[name]
    model = module(text)
    inputs = tuple(torch.randn(shape) for shape in shapes)
    with torch.no_grad():
        found, expected = model(*inputs), reference(weights(model), *inputs)
    for got, want in zip(*(r if isinstance(r, tuple) else (r,) for r in (found, expected)), strict=True):
        assert got.shape == want.shape and got.dtype == want.dtype
        assert torch.allclose(got.double(), want.double(), atol=1e-5)


def definitions() -> dict[str, str]:
    """Every top-level definition and the file it stands in."""
    return {name: path.stem for path in FILES for name in DEFINITION.findall(path.read_text(encoding="utf-8"))}


PARTS = {"ChannelGate", "SpatialGate"}
"""Blocks that are tried as parts of another."""


def test_every_block_is_tried() -> None:
    assert set(definitions()) - PARTS == {name.split()[0] for name in CASES}


def test_every_block_says_what_it_is() -> None:
    for path in FILES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for before, line in zip(["", *lines], lines, strict=False):
            if DEFINITION.match(line):
                assert before.startswith("/// ") or before.startswith("@"), f"{path.name}: {line}"


def test_the_manual_lists_the_prelude() -> None:
    manual = (STD.parent.parent / "grammar" / "LANGUAGE.md").read_text(encoding="utf-8")
    section = manual.split("## The standard library")[1].split("\n## ")[0]
    listed = {
        word
        for row in re.findall(r"^\| .* \| (`.*) \|$", section, re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }
    text = (STD / "prelude.nn").read_text(encoding="utf-8")
    assert listed == {name for names in re.findall(r" import (.+)$", text, re.MULTILINE) for name in names.split(", ")}


def test_the_prelude_names_what_is_there() -> None:
    where = definitions()
    text = (STD / "prelude.nn").read_text(encoding="utf-8")
    for file, names in re.findall(r"^from std\.(\w+) import (.+)$", text, re.MULTILINE):
        for name in names.split(", "):
            assert where[name] == file
    seen = re.findall(r"\b[A-Z]\w+", re.sub(r"//.*", "", text))
    assert sorted(seen) == sorted(set(seen))
    assert set(where) - set(seen) == {"TopDown", "BasicBlock", "Bottleneck", "DenseLayer", *PARTS}


def test_one_program_leaves_the_library_as_it_was_for_the_next() -> None:
    """Texts are read once in a process; what one program takes of the library is there for others, too."""
    first, second = (moniel2.loads(f"In[B, {heads}, 8, 16] -> RoPE -> turned:Out") for heads in (4, 2))
    assert [m.outputs["turned"].shape[1] for m in (first, second)] == [4, 2]
