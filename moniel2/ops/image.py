"""Pictures made larger or smaller, and channels traded for space."""

from __future__ import annotations

from typing import Any

from moniel2.dims import Dim, Shape
from moniel2.ops.check import agree, exactly
from moniel2.ops.code import Arg, Call, Torch
from moniel2.ops.common import floating, spread
from moniel2.ops.dtypes import alike
from moniel2.ops.plain import Plain
from moniel2.ops.sizes import scaled
from moniel2.ops.spec import Category, Problem, Sizes, arg, op, sample


def _picture(x: Shape) -> tuple[Dim, Dim, Dim, Dim]:
    if len(x) != 4:
        raise Problem(f"needs 4 dimensions (batch, channels, height, width), got {x}", "x")
    return x[0], x[1], x[2], x[3]


def _factor(r: int, argument: str) -> None:
    if r < 1:
        raise Problem(f"needs a factor of at least 1, got {r}", argument, rule="bad-value")


@op(
    Category.TENSOR,
    aliases=("DepthToSpace",),
    label="PixelShuffle ×{factor}",
    source="Shi et al. 2016",
    samples=[sample({"factor": 2}, ("N", 8, "H", "W")), sample({"factor": 3}, ("N", 9, 4, 5))],
)
class PixelShuffle(Plain):
    """Channels become space: [B, C·r², H, W] to [B, C, r·H, r·W], for a factor r."""

    factor: int = arg(doc="how many times larger height and width become", aliases=("upscale_factor", "r", "scale"))

    def shape(self, x: Shape) -> Shape:
        b, c, h, w = _picture(x)
        r = self.factor
        _factor(r, "factor")
        channels = exactly(c, r * r, f"can't spread {c} channels over {r} · {r} places", "x")
        return Shape(b, channels, h * r, w * r)

    def torch(self, x: Shape) -> Torch:
        return Call("F.pixel_shuffle", (Arg("x"), self.factor))


@op(
    Category.TENSOR,
    aliases=("SpaceToDepth",),
    label="PixelUnshuffle ÷{factor}",
    source="Shi et al. 2016",
    samples=[sample({"factor": 2}, ("N", 3, 8, 12))],
)
class PixelUnshuffle(Plain):
    """Space becomes channels: [B, C, r·H, r·W] to [B, C·r², H, W], for a factor r."""

    factor: int = arg(doc="how many times smaller height and width become", aliases=("downscale_factor", "r", "scale"))

    def shape(self, x: Shape) -> Shape:
        b, c, h, w = _picture(x)
        r = self.factor
        _factor(r, "factor")
        smaller = (exactly(s, r, f"can't cut {h} × {w} places into squares of {r} × {r}", "x") for s in (h, w))
        return Shape(b, c * r * r, *smaller)

    def torch(self, x: Shape) -> Torch:
        return Call("F.pixel_unshuffle", (Arg("x"), self.factor))


@op(
    Category.TENSOR,
    label="ChannelShuffle {groups}",
    source="Zhang et al. 2017, ShuffleNet",
    samples=[sample({"groups": 2}, ("N", 6, "H", "W")), sample({"groups": 3}, ("N", 6, "L"))],
)
class ChannelShuffle(Plain):
    """Takes the channels of equal groups in turn: 1 2 3 4 5 6 in two groups become 1 4 2 5 3 6."""

    groups: int = arg(doc="how many groups")

    def shape(self, x: Shape) -> Shape:
        if len(x) < 3:
            raise Problem(f"needs batch, channels and space, got {x}", "x")
        _factor(self.groups, "groups")
        exactly(x[1], self.groups, f"can't split {x[1]} channels into {self.groups} groups", "groups")
        return x

    def torch(self, x: Shape) -> Torch:
        return Call("F.channel_shuffle", (Arg("x"), self.groups))


# ---------------------------------------------------------------------------------------- resizing

_MODES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
    "area": (1, 2, 3),
}
_SMOOTH = ("linear", "bilinear", "bicubic", "trilinear")


@op(
    Category.TENSOR,
    aliases=("Upsample", "Resize", "UpSampling"),
    label="{name}[ ×{scale}][ to {size}]",
    presets={
        "UpsamplingNearest2d": {"mode": "nearest"},
        "UpsamplingBilinear2d": {"mode": "bilinear", "align_corners": True},
    },
    samples=[
        sample({"scale": 2}, ("N", 4, "H", "W")),
        sample({"scale": 0.5}, ("N", 4, 9, 12)),
        sample({"scale": (2, 1.5), "mode": "bilinear"}, ("N", 4, 9, 12)),
        sample({"size": (7, 9), "mode": "bicubic", "align_corners": True}, ("N", 4, "H", "W")),
        sample({"size": 5, "mode": "area"}, ("N", 4, "H", "W")),
        sample({"scale": 3, "mode": "linear"}, ("N", 4, "L")),
        sample({"scale": 2, "mode": "bilinear", "antialias": True}, ("N", 4, "H", "W")),
    ],
)
class Interpolate(Plain):
    """Makes the spatial axes larger or smaller, by a factor or to a size: ``Upsample(2)`` doubles height and width.

    A factor that isn't whole rounds the sizes down, as in PyTorch.
    """

    scale: Any = arg(None, doc="the factor, one or one for each spatial axis", aliases=("scale_factor", "factor"))
    size: Sizes | None = arg(None, doc="the sizes of the result", aliases=("output_size",))
    mode: str = arg("nearest", doc="how values between are found", choices=tuple(_MODES))
    align_corners: bool = arg(False, doc="whether the corners' centres stay where they are", keyword=True)
    antialias: bool = arg(False, doc="average when making smaller", keyword=True)

    def missing(self) -> tuple[str, ...]:
        return ("scale",) if self.scale is None and self.size is None else ()

    def _scales(self, rank: int) -> tuple[Any, ...]:
        scales = tuple(self.scale) if isinstance(self.scale, (tuple, list)) else (self.scale,) * rank
        if len(scales) != rank:
            raise Problem(f"has {len(scales)} factors for {rank} spatial dimensions", "scale")
        for s in scales:
            if isinstance(s, (bool, str)) or (isinstance(s, (int, float)) and s <= 0):
                raise Problem(f"needs factors above 0, got {s}", "scale", rule="bad-value")
        return scales

    def shape(self, x: Shape) -> Shape:
        rank = len(x) - 2
        if rank not in _MODES[self.mode]:
            modes = ", ".join(f'"{m}"' for m, ranks in _MODES.items() if rank in ranks)
            help = f"modes for {rank} spatial dimensions: {modes}" if modes else None
            raise Problem(f'in the mode "{self.mode}" can\'t take {x}', "mode" if modes else "x", help)
        if self.scale is not None and self.size is not None:
            raise Problem("has a factor and a size", "size", "one of the two", "bad-value")
        if self.antialias and self.mode not in ("bilinear", "bicubic"):
            raise Problem(f'can\'t average in the mode "{self.mode}"', "antialias", 'mode = "bilinear" or "bicubic"')
        if self.align_corners and self.mode not in _SMOOTH:
            raise Problem(f'in the mode "{self.mode}" has no corners to align', "align_corners", rule="bad-value")
        if self.size is not None:
            return Shape(*x[:2], *spread(self.size, rank, "size"))
        if self.scale is None:
            raise Problem("needs a factor or a size", "x", "Upsample(2), or Interpolate(size = (H, W))")
        sizes = [scaled(s, f) for s, f in zip(x[2:], self._scales(rank), strict=True)]
        for before, after in zip(x[2:], sizes, strict=True):
            if after == 0:
                raise Problem(f"leaves nothing of a size of {before}", "scale", "a factor of at least 1 / size")
        return Shape(*x[:2], *sizes)

    def dtype(self, x: str) -> str:
        return floating(self, x)

    def torch(self, x: Shape) -> Torch:
        more: dict[str, Any] = {}
        if self.size is not None:
            more["size"] = spread(self.size, len(x) - 2, "size")
        else:
            more["scale_factor"] = tuple(self.scale) if isinstance(self.scale, (tuple, list)) else self.scale
        if self.mode != "nearest":
            more["mode"] = self.mode
        if self.align_corners:
            more["align_corners"] = True
        if self.antialias:
            more["antialias"] = True
        return Call("F.interpolate", (Arg("x"),), more)


@op(
    Category.TENSOR,
    samples=[
        sample({}, ("N", 3, "H", "W"), ("N", 5, 6, 2)),
        sample({"mode": "nearest", "padding": "border", "align_corners": True}, ("N", 3, "H", "W"), ("N", 5, 6, 2)),
        sample({}, ("N", 3, 4, 5, 6), ("N", 2, 3, 4, 3)),
    ],
)
class GridSample(Plain):
    """Looks a picture up at the places of a grid: [B, C, H, W] and [B, N, M, 2] give [B, C, N, M].

    The grid holds x, y (and z): −1 is the left and upper edge, 1 the right and lower.
    """

    mode: str = arg("bilinear", doc="how values between are found", choices=("bilinear", "nearest", "bicubic"))
    padding: str = arg(
        "zeros", doc="what lies outside", choices=("zeros", "border", "reflection"), aliases=("padding_mode",)
    )
    align_corners: bool = arg(False, doc="whether −1 and 1 are centres of corners, not edges", keyword=True)

    def shape(self, x: Shape, grid: Shape) -> Shape:
        if len(x) not in (4, 5):
            raise Problem(f"needs a picture of 4 or 5 dimensions, got {x}", "x")
        if len(grid) != len(x):
            raise Problem(f"needs a grid of {len(x)} dimensions like {x}, got {grid}", "grid")
        if self.mode == "bicubic" and len(x) == 5:
            raise Problem(f'in the mode "bicubic" needs 4 dimensions, got {x}', "mode", rule="bad-value")
        places = len(x) - 2
        agree(grid[-1], places, f"needs {places} coordinates at each place of the grid, got {grid[-1]}", "grid")
        batch = agree(x[0], grid[0], f"needs equal batches, got {x} and {grid}", "grid")
        return Shape(batch, x[1], *grid[1:-1])

    def dtype(self, x: str, grid: str) -> str:
        return floating(self, alike(x=x, grid=grid))

    def torch(self, x: Shape, grid: Shape) -> Torch:
        more: dict[str, Any] = {} if self.mode == "bilinear" else {"mode": self.mode}
        more |= {} if self.padding == "zeros" else {"padding_mode": self.padding}
        return Call("F.grid_sample", (Arg("x"), Arg("grid")), more | {"align_corners": self.align_corners})


@op(
    Category.TENSOR,
    label="{name} {sizes}",
    source="Jaderberg et al. 2015, Spatial Transformer Networks",
    samples=[sample({"sizes": (5, 6)}, ("N", 2, 3)), sample({"sizes": (4, 5, 6)}, ("N", 3, 4))],
)
class AffineGrid(Plain):
    """The grid of an affine map for ``GridSample``: ``AffineGrid(H, W)`` makes [B, H, W, 2] of matrices [B, 2, 3]."""

    sizes: Sizes = arg(doc="height and width (or depth, height, width) of the picture", aliases=("size",), many=True)
    align_corners: bool = arg(False, doc="whether −1 and 1 are centres of corners, not edges", keyword=True)

    def shape(self, theta: Shape) -> Shape:
        places = len(self.sizes)
        if places not in (2, 3):
            raise Problem(f"needs 2 or 3 sizes, got {places}", "sizes", rule="bad-value")
        message = f"needs a matrix [{places}, {places + 1}] for each picture, got {theta}"
        if len(theta) != 3:
            raise Problem(message, "theta")
        agree(theta[1], places, message, "theta")
        agree(theta[2], places + 1, message, "theta")
        return Shape(theta[0], *self.sizes, places)

    def dtype(self, theta: str) -> str:
        return floating(self, theta)

    def torch(self, theta: Shape) -> Torch:
        options = {"align_corners": self.align_corners}
        return Call("F.affine_grid", (Arg("theta"), (theta[0], 1, *self.sizes)), options)
