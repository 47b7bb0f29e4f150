"""The implementations that people use, from torchvision, timm, transformers and torch, small where they can be.

Each function makes a module with random weights; nothing is downloaded.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import nn


@cache
def torchvision() -> Any:
    """torchvision's Python part. Where its compiled operators don't load, they are declared."""
    try:
        import torchvision
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        torchvision_operators.append(library)
        import torchvision
    return torchvision


torchvision_operators: list[Any] = []
"""What declares operators must live as long as they are used."""


def timm(name: str, **options: Any) -> nn.Module:
    torchvision()
    import timm

    made: nn.Module = timm.create_model(name, num_classes=10, **options)
    return made


def mixer() -> nn.Module:
    torchvision()
    from timm.models.mlp_mixer import MlpMixer

    made: nn.Module = MlpMixer(img_size=32, embed_dim=24, num_blocks=2, num_classes=10)
    return made


def xception() -> nn.Module:
    """One of the eight blocks in the middle."""
    made = timm("legacy_xception")
    for i in range(5, 12):
        setattr(made, f"block{i}", nn.Identity())
    return made


def inception_resnet() -> nn.Module:
    """Two of each of the repeated blocks."""
    made: Any = timm("inception_resnet_v2")
    for name in ("repeat", "repeat_1", "repeat_2"):
        setattr(made, name, getattr(made, name)[:2])
    return made  # type: ignore[no-any-return]


def transformers() -> Any:
    torchvision()
    import transformers

    return transformers


# ------------------------------------------------------------------------------------- torchvision


def resnet(block: str, **options: Any) -> nn.Module:
    module = torchvision().models.resnet
    made: nn.Module = module.ResNet(getattr(module, block), [1, 2, 1, 1], num_classes=10, **options)
    return made


def vgg(norm: bool) -> nn.Module:
    """Few convolutions, small dense layers, for pictures of 32 × 32: without what pools larger ones to 7 × 7."""
    module = torchvision().models.vgg
    layers = module.make_layers([64, "M", 128, "M", 256, "M", 512, 512, "M", 512, "M"], batch_norm=norm)
    with torch.device("meta"):
        made: Any = module.VGG(nn.Identity(), num_classes=10, init_weights=False)
    made.features, made.avgpool = layers, nn.Identity()
    made.classifier[0], made.classifier[3], made.classifier[6] = (
        nn.Linear(512, 64),
        nn.Linear(64, 64),
        nn.Linear(64, 10),
    )
    return made  # type: ignore[no-any-return]


def vision(name: str, *arguments: Any, **options: Any) -> nn.Module:
    """A model of torchvision by its function or class."""
    place: Any = torchvision().models
    for part in name.split("."):
        place = getattr(place, part)
    made: nn.Module = place(*arguments, **options)
    return made


def alexnet() -> nn.Module:
    return _small("alexnet", {1: nn.Linear(9216, 64), 4: nn.Linear(64, 64), 6: nn.Linear(64, 10)})


def vgg16() -> nn.Module:
    return _small("vgg16", {0: nn.Linear(25088, 64), 3: nn.Linear(64, 64), 6: nn.Linear(64, 10)})


def _small(name: str, dense: dict[int, nn.Linear]) -> nn.Module:
    """A model with smaller dense layers; the large ones are never made."""
    with torch.device("meta"):
        made: Any = vision(name, num_classes=10)
    made.features = made.features.to_empty(device="cpu")
    for part in made.features:
        if isinstance(part, nn.Conv2d):
            part.reset_parameters()
    for index, layer in dense.items():
        made.classifier[index] = layer
    return made  # type: ignore[no-any-return]


def swin() -> nn.Module:
    """Windows of 7 × 7 on 14 × 14 and 7 × 7 patches: those of the first stage are shifted."""
    return vision(
        "swin_transformer.SwinTransformer",
        patch_size=[4, 4], embed_dim=12, depths=[2, 2, 2, 2], num_heads=[1, 2, 4, 8], window_size=[7, 7],
        stochastic_depth_prob=0.2, num_classes=10,
    )  # fmt: skip


def fcn() -> nn.Module:
    segmentation = torchvision().models.segmentation
    resnet = torchvision().models.resnet
    backbone = resnet.ResNet(resnet.Bottleneck, [1, 2, 2, 2], replace_stride_with_dilation=[False, True, True])
    made: nn.Module = segmentation.fcn._fcn_resnet(backbone, 5, True)
    return made


# ------------------------------------------------------------------------------------ transformers
# A padding token's embedding gets no gradient, which is a matter of training data: no configuration here has one.


def _config(name: str, **options: Any) -> Any:
    return getattr(transformers(), name)(**options)


def bert() -> nn.Module:
    config = _config(
        "BertConfig", vocab_size=50, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
        intermediate_size=96, max_position_embeddings=32, pad_token_id=None,
    )  # fmt: skip
    made: nn.Module = transformers().BertModel(config)
    return made


def albert() -> nn.Module:
    config = _config(
        "AlbertConfig", vocab_size=50, embedding_size=8, hidden_size=24, num_hidden_layers=3, num_attention_heads=3,
        intermediate_size=96, max_position_embeddings=32, hidden_act="gelu_new", hidden_dropout_prob=0,
        attention_probs_dropout_prob=0, pad_token_id=None,
    )  # fmt: skip
    made: nn.Module = transformers().AlbertModel(config)
    return made


def gpt2() -> nn.Module:
    config = _config("GPT2Config", vocab_size=50, n_positions=32, n_embd=24, n_layer=2, n_head=3)
    made: nn.Module = transformers().GPT2LMHeadModel(config)
    return made


def llama() -> nn.Module:
    config = _config(
        "LlamaConfig", vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, intermediate_size=40, rms_norm_eps=1e-5, rope_theta=500000.0,
    )  # fmt: skip
    made: nn.Module = transformers().LlamaForCausalLM(config)
    return made


def mixtral() -> nn.Module:
    """The experts' matrices are kept in three packed tensors; here each has its own, as the description has."""
    config = _config(
        "MixtralConfig", vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, intermediate_size=40, num_local_experts=4, num_experts_per_tok=2, rope_theta=1e6,
    )  # fmt: skip
    made: Any = transformers().MixtralForCausalLM(config)
    for layer in made.model.layers:
        layer.mlp.experts = Experts(layer.mlp.experts)
    return made  # type: ignore[no-any-return]


class Experts(nn.Module):
    """What ``MixtralExperts`` does, its packed tensors taken apart."""

    def __init__(self, packed: Any) -> None:
        super().__init__()
        gate_up, down = packed.gate_up_proj.data, packed.down_proj.data
        half = gate_up.shape[1] // 2
        self.gate = nn.ParameterList([nn.Parameter(g[:half].clone()) for g in gate_up])
        self.up = nn.ParameterList([nn.Parameter(g[half:].clone()) for g in gate_up])
        self.down = nn.ParameterList([nn.Parameter(d.clone()) for d in down])

    def forward(self, x: Any, chosen: Any, share: Any) -> Any:
        result = torch.zeros_like(x)
        for e, (gate, up, down) in enumerate(zip(self.gate, self.up, self.down, strict=True)):
            amount = ((chosen == e) * share).sum(-1, keepdim=True)
            result = result + amount * ((x @ gate.t()).sigmoid() * (x @ gate.t()) * (x @ up.t())) @ down.t()
        return result


def t5() -> nn.Module:
    config = _config(
        "T5Config", vocab_size=50, d_model=24, d_kv=8, d_ff=40, num_layers=2, num_heads=3, dropout_rate=0.1,
    )  # fmt: skip
    made: nn.Module = transformers().T5ForConditionalGeneration(config)
    return made


def whisper() -> nn.Module:
    config = _config(
        "WhisperConfig", vocab_size=50, num_mel_bins=8, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
        decoder_attention_heads=2, d_model=16, encoder_ffn_dim=64, decoder_ffn_dim=64, max_source_positions=100,
        max_target_positions=32, dropout=0.0,
        pad_token_id=None, bos_token_id=1, eos_token_id=1, decoder_start_token_id=1,
    )  # fmt: skip
    made: nn.Module = transformers().WhisperForConditionalGeneration(config)
    return made


def clip() -> nn.Module:
    transformer = {"hidden_size": 16, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    made: nn.Module = transformers().CLIPModel(
        _config(
            "CLIPConfig",
            text_config={**transformer, "vocab_size": 60, "max_position_embeddings": 77, "eos_token_id": 2},
            vision_config={**transformer, "image_size": 64, "patch_size": 32},
            projection_dim=12,
        )
    )
    return made


def mamba() -> nn.Module:
    config = _config(
        "MambaConfig", vocab_size=50, hidden_size=16, num_hidden_layers=2, pad_token_id=None, use_cache=False
    )
    made: nn.Module = transformers().MambaForCausalLM(config)
    return made


# ------------------------------------------------------------------------------------------- torch


class Recurrent(nn.Module):
    """``nn.LSTM`` between an embedding and scores."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.rnn, self.score = nn.Embedding(20, 12), nn.LSTM(12, 12, 2, batch_first=True), nn.Linear(12, 20)

    def forward(self, text: Any) -> Any:
        return self.score(self.rnn(self.read(text))[0])


class Causal(nn.Transformer):
    """torch's own, its target seen from left to right."""

    def forward(self, source: Any, target: Any) -> Any:  # type: ignore[override]
        mask = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool, device=target.device).triu(1)
        return super().forward(source, target, tgt_mask=mask, tgt_is_causal=False)


def torch_transformer() -> nn.Module:
    return Causal(16, 2, 2, 2, 40, batch_first=True)
