"""What other libraries and papers call things, and what they are here: for help lines only."""

from __future__ import annotations

_CONTAINERS = {
    "sequential": "layers in a row are a chain: Linear(64) -> ReLU -> Linear(10)",
    "modulelist": "layers in a row are a chain, and equal ones a series: Linear(64) * 4",
    "model": "a definition names a network: +Name { In -> … -> Out }",
    "lambda": "a definition of its own says what is done: +Name { In -> … -> Out }",
    "activation": "an activation is called by its own name: ReLU",
    "merge": "tensors are joined by [a, b] -> Add or [a, b] -> Concat",
    "shortcut": "what runs past a block is read again: [y, x] -> Add, or Residual { … }",
    "skipconnection": "what runs past a block is read again: [y, x] -> Add, or Residual { … }",
}
NAMES = {
    "RoPE": ("rotary", "rotaryembedding", "rotarypositionalembedding", "rotarypositionembedding"),
    "SinusoidalPositions": ("positionalencoding", "sinusoidalpositionalencoding", "sinusoidalpositionembedding"),
    "LearnedPositions": ("positionembedding", "positionalembedding", "learnedpositionembedding"),
    "TimestepEmbedding": ("timeembedding", "sinusoidalposemb", "timesteps"),
    "SqueezeExcite": ("seblock", "selayer", "semodule", "squeezeexcitation", "squeezeandexcitation"),
    "MLP": ("feedforward", "ffn", "positionwisefeedforward", "feedforwardnetwork"),
    "SelfAttention(causal = true)": ("causalselfattention",),
    "TransformerEncoderLayer": ("transformerblock", "encoderlayer", "encoderblock"),
    "TransformerDecoderLayer": ("decoderlayer", "decoderblock"),
    "ConvBNAct": ("convbnrelu", "convblock", "basicconv2d", "convnormact", "conv2dnormactivation"),
    "MixtureOfExperts": ("moe", "sparsemoe", "moelayer"),
    "PatchEmbed": ("patchembedding",),
}
_HERE = {word: name for name, words in NAMES.items() for word in words}


def called_elsewhere(name: str) -> str | None:
    """The help line for a name that others use for something known here; None for any other name."""
    word = name.replace("_", "").lower()
    if word in _CONTAINERS:
        return _CONTAINERS[word]
    return f"here that is {_HERE[word]}" if word in _HERE else None
