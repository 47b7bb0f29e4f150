"""Padding."""

from __future__ import annotations

from moniel2.dims import Dim, Shape, lower_bound
from moniel2.ops.code import Arg, Call, Torch
from moniel2.ops.common import spread
from moniel2.ops.dtypes import numeric
from moniel2.ops.plain import Plain
from moniel2.ops.sizes import at_most
from moniel2.ops.spec import Category, Problem, Sizes, arg, op, sample

_MODES = ("constant", "reflect", "replicate", "circular")


def _padded(x: Shape, pairs: list[tuple[Dim, Dim]], blame: str) -> Shape:
    """The last axes, longer by a pair each; the last axis is first."""
    sizes = list(x)
    for i, (before, after) in enumerate(pairs, 1):
        sizes[-i] = size = sizes[-i] + before + after
        if size.constant is not None and size.constant < 0:
            raise Problem(f"takes {-(before + after)} of axis {len(x) - i}, which has size {x[-i]}", blame)
    return Shape(*sizes)


@op(
    Category.TENSOR,
    label="{name} {amounts:,}",
    presets={
        "ConstantPad1d": {"mode": "constant"},
        "ConstantPad2d": {"mode": "constant"},
        "ConstantPad3d": {"mode": "constant"},
        "ZeroPad1d": {"mode": "constant"},
        "ZeroPad2d": {"mode": "constant"},
        "ZeroPad3d": {"mode": "constant"},
        "ReflectionPad1d": {"mode": "reflect"},
        "ReflectionPad2d": {"mode": "reflect"},
        "ReflectionPad3d": {"mode": "reflect"},
        "ReplicationPad1d": {"mode": "replicate"},
        "ReplicationPad2d": {"mode": "replicate"},
        "ReplicationPad3d": {"mode": "replicate"},
        "CircularPad1d": {"mode": "circular"},
        "CircularPad2d": {"mode": "circular"},
        "CircularPad3d": {"mode": "circular"},
    },
    samples=[
        sample({"amounts": (3, 0)}, ("N", 4, "L")),
        sample({"amounts": (1, 2, 3, 4), "value": -1}, ("N", 4, "H", "W")),
        sample({"amounts": (1, 2, 3, 4), "mode": "reflect"}, ("N", 4, 8, 12)),
        sample({"amounts": 2, "mode": "replicate"}, ("N", 4, 5, 6)),
        sample({"amounts": (1, 1), "mode": "circular"}, ("N", 4, 7)),
        sample({"amounts": (-1, 2)}, ("N", 4, 7)),
        sample({"amounts": 1}, ("N", 4, "H", "W")),
    ],
)
class Pad(Plain):
    """Makes the last axes longer: ``Pad(left, right)``, ``Pad(left, right, top, bottom)``; the last axis first.

    One number is for both sides of every spatial axis. Negative numbers cut off. The new places hold ``value``, or with
    other modes a mirror image without the edge ("reflect"), the edge ("replicate"), the other end ("circular").
    """

    amounts: Sizes = arg(doc="places before and after each axis, the last first", aliases=("pad", "padding"), many=True)
    mode: str = arg("constant", doc="what the new places hold", choices=_MODES, keyword=True)
    value: float = arg(0, doc='what they hold in the mode "constant"', keyword=True)

    def _amounts(self, x: Shape) -> tuple[Dim, ...]:
        amounts = tuple(self.amounts)
        if len(amounts) == 1:
            if len(x) < 3:
                raise Problem(f"has one amount for all spatial axes, and {x} has none", "amounts", "Pad(left, right)")
            return amounts * (2 * (len(x) - 2))
        if len(amounts) % 2:
            raise Problem(f"has {len(amounts)} amounts: each axis needs two, before and after", "amounts")
        if len(amounts) > 2 * len(x):
            raise Problem(f"has amounts for {len(amounts) // 2} axes, and {x} has {len(x)}", "amounts")
        return amounts

    def shape(self, x: Shape) -> Shape:
        amounts = self._amounts(x)
        pairs = list(zip(amounts[::2], amounts[1::2], strict=True))
        if self.mode != "constant":
            self._check_mode(x, pairs)
        return _padded(x, pairs, "amounts")

    def _check_mode(self, x: Shape, pairs: list[tuple[Dim, Dim]]) -> None:
        if len(x) - len(pairs) not in (1, 2) or len(pairs) > 3:
            message = f'in the mode "{self.mode}" pads all axes after the channels, at most 3, got {x}'
            raise Problem(message, "mode", f"that is {2 * (len(x) - 2)} amounts" if 2 < len(x) < 6 else None)
        if self.mode == "replicate":
            return
        for i, pair in enumerate(pairs, 1):
            for amount in pair:
                room = x[-i] - (1 if self.mode == "reflect" else 0)
                message = f'in the mode "{self.mode}" has no {amount} places to copy, axis {len(x) - i} has {x[-i]}'
                at_most(amount, room, message, "amounts")

    def dtype(self, x: str) -> str:
        return x if self.mode == "constant" else numeric(x=x)

    def torch(self, x: Shape) -> Torch:
        more = {"mode": self.mode} if self.mode != "constant" else {"value": self.value} if self.value else {}
        return Call("F.pad", (Arg("x"), self._amounts(x)), more)


@op(
    Category.TENSOR,
    aliases=("ZeroPad",),
    moniel="ZeroPadding",
    label="{name} {padding}",
    samples=[
        sample({"padding": (1, 2)}, ("N", 4, "H", "W")),
        sample({"padding": 1}, ("N", 4, "H", "W")),
        sample({"padding": 2}, ("N", 4, "L")),
    ],
)
class ZeroPadding(Plain):
    """Zeros around every spatial axis: ``ZeroPadding(1x1)`` makes [B, C, H + 2, W + 2] of [B, C, H, W]."""

    padding: Sizes = arg(doc="zeros on each side, one number for all spatial axes or one for each", aliases=("pad",))

    def _pairs(self, x: Shape) -> list[tuple[Dim, Dim]]:
        if len(x) < 3:
            raise Problem(
                f"needs spatial axes after batch and channels, got {x}", "x", "Pad(before, after) pads any axis"
            )
        for size in self.padding:
            if (low := lower_bound(-size)) is not None and low > 0:
                raise Problem(f"can't add {size} zeros", "padding", "Pad cuts off with negative numbers", "bad-value")
        return [(size, size) for size in reversed(spread(self.padding, len(x) - 2, "padding"))]

    def shape(self, x: Shape) -> Shape:
        return _padded(x, self._pairs(x), "padding")

    def torch(self, x: Shape) -> Torch:
        return Call("F.pad", (Arg("x"), tuple(a for pair in self._pairs(x) for a in pair)))
