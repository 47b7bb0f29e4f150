"""The colours of the built-in themes: plain numbers, found by search.

Within a theme any two categories differ visibly also for readers with deuteranopia or protanopia, and no two print in
the same grey, nor do any two families of blocks; text on every fill has a contrast of more than 4.5 : 1.
``tests/test_theme.py`` computes all of it.
"""

from __future__ import annotations

# key: (fill, edge)
LIGHT = {
    "conv": ("#a0cee6", "#037192"),
    "linear": ("#d2d8fe", "#4165b7"),
    "norm": ("#d4efb8", "#417515"),
    "act": ("#f2dec0", "#83631a"),
    "pool": ("#eca399", "#b44139"),
    "attn": ("#abbfc6", "#277184"),
    "rnn": ("#e99c8a", "#b14531"),
    "embed": ("#f8bed3", "#b43974"),
    "merge": ("#f9f9f9", "#686868"),
    "tensor": ("#acdddd", "#007475"),
    "reg": ("#c0c2bb", "#646b53"),
    "loss": ("#db9a8b", "#b24432"),
    "io": ("#eef4f8", "#64696d"),
    "block": ("#ededed", "#686868"),
    "family.1": ("#b7e0fe", "#526572"),
    "family.2": ("#f4e784", "#6e683b"),
    "family.3": ("#7bb0a5", "#374f4a"),
    "family.4": ("#b2a3fe", "#504972"),
    "family.5": ("#b9fdda", "#537262"),
    "family.6": ("#b9bd84", "#53553b"),
}
DARK = {
    "conv": ("#30596b", "#42b1dd"),
    "linear": ("#3d435f", "#93a3e5"),
    "norm": ("#2b4018", "#89b264"),
    "act": ("#4a3e28", "#c1a16c"),
    "pool": ("#8e544c", "#f0897c"),
    "attn": ("#516167", "#7dadbd"),
    "rnn": ("#96594b", "#ee8b75"),
    "embed": ("#6d4253", "#eb87b0"),
    "merge": ("#2c2c2c", "#a6a6a6"),
    "tensor": ("#285050", "#4bb5b6"),
    "reg": ("#585a54", "#a3a894"),
    "loss": ("#976155", "#ee8b76"),
    "io": ("#2d3134", "#a1a6ab"),
    "block": ("#363636", "#a6a6a6"),
    "family.1": ("#1c7098", "#82b0c6"),
    "family.2": ("#805a00", "#b9a473"),
    "family.3": ("#4b2147", "#9c859a"),
    "family.4": ("#784c53", "#b59da0"),
    "family.5": ("#113c89", "#7c94be"),
    "family.6": ("#662013", "#ab847d"),
}
