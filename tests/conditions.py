"""Conditions on sizes as they are stated, tried with numbers; and random programs that ask for some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from math import floor

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from moniel2.ir.model import Model, distinct_blocks

ROOM = 8  # what is smaller may broadcast, or have no room for a window: of that nothing is said
Sizes = Mapping[str, int]


def can_be_read(condition: str) -> bool:
    """A long list of values is cut short."""
    return " others" not in condition


def holds(condition: str, sizes: Sizes) -> bool:
    """Whether sizes meet a condition, read as a person reads it."""
    if m := re.fullmatch(r"(\w+) is odd", condition):
        return sizes[m[1]] % 2 == 1
    if m := re.fullmatch(r"(\w+) leaves (.+) when divided by (\d+)", condition):
        return sizes[m[1]] % int(m[3]) in _listed(m[2])
    if m := re.fullmatch(r"(.+) is a multiple of (.+)", condition):
        return value(m[1], sizes) % value(m[2], sizes) == 0
    if m := re.fullmatch(r"(\w+) is ([\d, ort]+)", condition):
        return sizes[m[1]] in _listed(m[2])
    a, sign, b = re.split(r" (=|<=) ", condition)
    return value(a, sizes) == value(b, sizes) if sign == "=" else value(a, sizes) <= value(b, sizes)


def value(formula: str, sizes: Sizes) -> Fraction:
    exact = re.sub(r"\b(\d+)\b", r"Fraction(\1)", formula)
    names = {"Fraction": Fraction, "floor": floor, "max": max, "min": min, "__builtins__": {}}
    found = eval(exact, {**names, **{name: Fraction(size) for name, size in sizes.items()}})
    return Fraction(found)


def _listed(words: str) -> set[int]:
    """``0 to 7, 9 or 12``."""
    found: set[int] = set()
    for part in re.split(r", | or ", words):
        first, _, last = part.partition(" to ")
        found.update(range(int(first), int(last or first) + 1))
    return found


def has_room(model: Model, sizes: Sizes) -> bool:
    """Whether every size on the way is large enough for all that is laid over it."""
    tensors = [t for b in distinct_blocks(model.root) for n in b.nodes for t in n.outputs if t.shape is not None]
    symbolic = {d for t in tensors if t.shape for d in t.shape if d.known and not d.symbols() <= {"B"}}
    for size in symbolic:
        try:
            if size.at(sizes) < ROOM:
                return False
        except ValueError:
            continue  # no whole number: a condition says so
    return True


# ----------------------------------------------------------------------------------------- programs

SMALLER = (
    "MaxPool(2)", "MaxPool(3, stride = 2, padding = 1)", "MaxPool(2, ceil = true)", "AvgPool(2)", "Conv(4, 3)",
    "Conv(4, 3, stride = 2, padding = 1)", "Conv(4, 2, stride = 2)", "Conv(4, 5, stride = 3)",
    "Conv(4, 3, stride = 2, dilation = 2)", 'Conv(4, 3, padding = "same")', "Slice(axis = 2, start = 1)",
    "Slice(axis = 3, step = 2)", "Slice(axis = 2, stop = -3)",
)  # fmt: skip
LARGER = (
    "Upsample(2)", "Upsample(3)", "ConvTranspose(4, 2, stride = 2)", "ConvTranspose(4, 3)", "Pad([1, 1, 1, 1])",
    "ConvTranspose(4, 3, stride = 2, padding = 1, output_padding = 1)", "PixelShuffle(2) -> Conv(4, 1)",
)  # fmt: skip
MERGES = ("Add", "Mul", "Concat -> Conv(4, 1)", "Concat(axis = 2)", "Stack(axis = 1) -> Mean(axis = 1)")
TAKES_APART = (
    'Rearrange("b c (h p) (w q) -> b (c p q) h w", p = 2, q = 1) -> Conv(4, 1)',
    'Rearrange("b c (h p) (w q) -> b (c p q) h w", p = 1, q = 3) -> Conv(4, 1)',
    "PixelUnshuffle(2) -> Conv(4, 1)", "Flatten(2) -> Conv(4, 3, padding = 1) -> Unflatten(2, [4, -1])",
)  # fmt: skip


@st.composite
def pictures(draw: DrawFn) -> str:
    """A program with an input [B, 4, H, W], in which sizes must often divide or agree."""
    lines = ["x:In[B, 4, H, W] -> Conv(4, 1) -> t0"]
    count = draw(st.integers(2, 5))
    for n in range(count):
        kind = draw(st.sampled_from(("smaller", "smaller", "larger", "merge", "merge", "apart", "split", "both")))
        earlier = f"t{draw(st.integers(0, n))}"
        if kind == "merge":
            lines.append(f"[t{n}, {earlier}] -> {draw(st.sampled_from(MERGES))} -> t{n + 1}")
        elif kind == "split":
            parts = [f"p{n}_{i}" for i in range(draw(st.integers(2, 4)))]
            names = ", ".join(parts)
            lines.append(f"t{n} -> Split({len(parts)}, axis = 3) -> [{names}]")
            lines.append(f"[{names}] -> Add -> t{n + 1}")
        elif kind == "both":
            lines.append(f"t{n} -> {draw(st.sampled_from(SMALLER))} -> a{n}")
            lines.append(f"t{n} -> {draw(st.sampled_from(SMALLER))} -> b{n}")
            lines.append(f"[a{n}, b{n}] -> Add -> t{n + 1}")
        else:
            items = {"smaller": SMALLER, "larger": LARGER, "apart": TAKES_APART}[kind]
            lines.append(f"t{n} -> {draw(st.sampled_from(items))} -> t{n + 1}")
    return "\n".join([*lines, f"t{count} -> out:Out"]) + "\n"
