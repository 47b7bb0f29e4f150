"""The colours of the built-in themes: plain numbers, found by search.

Within a theme any two categories differ visibly also for readers with deuteranopia or protanopia, and no two print in
the same grey, nor do any two families of blocks; text on every fill has a contrast of more than 4.5 : 1.
``tests/test_theme.py`` computes all of it.
"""

from __future__ import annotations

# key: (fill, edge)
LIGHT = {
    "conv": ("#92c3e2", "#037192"),
    "linear": ("#d0d7fb", "#4165b7"),
    "norm": ("#d4edb4", "#417515"),
    "act": ("#edd9bd", "#83631a"),
    "pool": ("#eca59b", "#b44139"),
    "attn": ("#adc5d8", "#277184"),
    "rnn": ("#e79f87", "#b14531"),
    "embed": ("#f4b8ca", "#b43974"),
    "merge": ("#ffffff", "#686868"),
    "tensor": ("#aedcdb", "#007475"),
    "reg": ("#bdb9b3", "#646b53"),
    "loss": ("#d59585", "#b24432"),
    "io": ("#ecf5ff", "#64696d"),
    "block": ("#ebebeb", "#686868"),
    "family.1": ("#b7e0fe", "#526572"),
    "family.2": ("#f4e784", "#6e683b"),
    "family.3": ("#7bb0a5", "#374f4a"),
    "family.4": ("#b2a3fe", "#504972"),
    "family.5": ("#b9fdda", "#537262"),
    "family.6": ("#b9bd84", "#53553b"),
}
DARK = {
    "conv": ("#2d5c71", "#42b1dd"),
    "linear": ("#3e425f", "#93a3e5"),
    "norm": ("#233811", "#89b264"),
    "act": ("#4a3b24", "#c1a16c"),
    "pool": ("#894c45", "#f0897c"),
    "attn": ("#57666f", "#7dadbd"),
    "rnn": ("#935948", "#ee8b75"),
    "embed": ("#74445c", "#eb87b0"),
    "merge": ("#272727", "#a6a6a6"),
    "tensor": ("#234e4e", "#4bb5b6"),
    "reg": ("#5a5b55", "#a3a894"),
    "loss": ("#945e56", "#ee8b76"),
    "io": ("#2e2e36", "#a1a6ab"),
    "block": ("#373737", "#a6a6a6"),
    "family.1": ("#1c7098", "#82b0c6"),
    "family.2": ("#805a00", "#b9a473"),
    "family.3": ("#4b2147", "#9c859a"),
    "family.4": ("#784c53", "#b59da0"),
    "family.5": ("#113c89", "#7c94be"),
    "family.6": ("#662013", "#ab847d"),
}
