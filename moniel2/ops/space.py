"""What operations with windows share: spatial axes, padding, how many windows fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moniel2.dims import Dim, DimLike, Shape, lower_bound
from moniel2.ops.common import spread
from moniel2.ops.spec import Problem, Sizes

AXES = {1: "length", 2: "height and width", 3: "depth, height and width"}
Pads = tuple[tuple[Dim, Dim], ...]


def ranked(*patterns: str, ranks: tuple[int, ...] = (1, 2, 3)) -> dict[str, Mapping[str, Any]]:
    """Aliases that say their number of spatial axes: ``ranked("Conv{}d")`` has ``Conv2d``."""
    return {pattern.format(rank): {"rank": rank} for pattern in patterns for rank in ranks}


def spatial(x: Shape, rank: int | None, allowed: tuple[int, ...] = (1, 2, 3)) -> int:
    """The number of spatial axes of ``[batch, channels, …]``. Raises ``Problem`` if it isn't ``rank`` or allowed."""
    found = len(x) - 2
    if found == rank or (rank is None and found in allowed):
        return found
    if rank is not None:
        wanted = f"{rank + 2} dimensions (batch, channels, {AXES[rank]})"
    else:
        counts = [str(r + 2) for r in allowed]
        listing = counts[0] if len(counts) == 1 else ", ".join(counts[:-1]) + " or " + counts[-1]
        wanted = f"{listing} dimensions (batch, channels, then space)"
    mend = "every dimension is named, the batch too: [B, …]" if found == min((rank,) if rank else allowed) - 1 else None
    raise Problem(f"needs {wanted}, got {x}", "x", mend)


def positive(value: DimLike, argument: str) -> Dim:
    """A size of at least 1. Raises ``Problem``."""
    return at_least(value, 1, argument)


def at_least(value: DimLike, low: int, argument: str) -> Dim:
    """A size that isn't certainly below ``low``. Raises ``Problem``."""
    value = Dim.of(value)
    number = value.rational
    if number is not None and (number < low or not isinstance(number, int)):
        message = f"{argument} must be a whole number of at least {low}, got {value}"
        raise Problem(message, argument, rule="wrong-argument")
    return value


def per_axis(values: Sizes, rank: int, argument: str, low: int = 1) -> Sizes:
    """One size per spatial axis, each at least ``low``. Raises ``Problem``."""
    return tuple(at_least(v, low, argument) for v in spread(values, rank, argument))


def compact(values: Sizes) -> Dim | Sizes:
    """One size where all axes have the same."""
    return values[0] if all(v == values[0] for v in values) else values


def unlike(**options: tuple[Any, Any]) -> dict[str, Any]:
    """Keyword arguments for torch: those whose value isn't the default. ``unlike(stride=(value, 1))``."""
    return {name: value for name, (value, default) in options.items() if value != default}


def padding_of(padding: Any, kernel: Sizes, dilation: Sizes) -> Pads:
    """(before, after) of every spatial axis. Raises ``Problem``.

    ``padding`` is "same", "causal", "valid", a size, one size for each axis, or a (before, after) pair for each axis
    (for a single axis the pair alone).
    """
    rank = len(kernel)
    reach = tuple(d * (k - 1) for d, k in zip(dilation, kernel, strict=True))
    if padding == "same":
        return tuple((r // 2, r - r // 2) for r in reach)
    if padding == "causal":
        return tuple((r, Dim.of(0)) for r in reach)
    if padding == "valid":
        return ((Dim.of(0), Dim.of(0)),) * rank
    if isinstance(padding, str):
        raise Problem(f'padding is "{padding}"', "padding", 'it may be "same", "causal", "valid" or sizes')
    entries = padding if isinstance(padding, (tuple, list)) else (padding,)
    if rank == 1 and len(entries) == 2 and not any(isinstance(e, (tuple, list)) for e in entries):
        entries = (entries,)
    if len(entries) == 1:
        entries = tuple(entries) * rank
    if len(entries) != rank:
        raise Problem(f"padding has {len(entries)} sizes for {rank} spatial dimensions", "padding")
    pads = []
    for entry in entries:
        pair = entry if isinstance(entry, (tuple, list)) else (entry, entry)
        if len(pair) != 2:
            raise Problem(f"padding of an axis is one size or two (before, after), got {len(pair)}", "padding")
        pads.append((at_least(pair[0], 0, "padding"), at_least(pair[1], 0, "padding")))
    return tuple(pads)


def windows(size: Dim, kernel: Dim, stride: Dim, dilation: Dim, pad: tuple[Dim, Dim]) -> Dim:
    """How many windows fit along an axis. Raises ``Problem`` if none does."""
    room = size + pad[0] + pad[1] - dilation * (kernel - 1) - 1
    refuse_tight(room, size, kernel, dilation, pad)
    return room // stride + 1


def refuse_tight(room: Dim, size: Dim, kernel: Dim, dilation: Dim, pad: tuple[Dim, Dim]) -> None:
    """Raise ``Problem`` if ``room``, the steps a window can take, is certainly negative."""
    over = lower_bound(-room)
    if over is None or over <= 0:
        return
    padded = size + pad[0] + pad[1]
    reach = dilation * (kernel - 1) + 1
    window = f"kernel of {kernel}" if dilation == 1 else f"kernel of {kernel} dilated to {reach}"
    place = f"an input of {size}" if padded == size else f"an input of {size} padded to {padded}"
    need = -(-over // 2)
    mend = f"a kernel of at most {padded}" if dilation == 1 else "less dilation"
    raise Problem(f"has a {window} over {place}", "kernel", f"{mend}, or {need} more padding on each side")


def divisors_near(value: Dim, wanted: Dim, argument: str, also: Dim | None = None) -> str | None:
    """A help line: the divisors of ``value``, and of what it divides ``also``, below and above ``wanted``, when all are
    numbers.
    """
    n, w, other = value.constant, wanted.constant, None if also is None else also.constant
    if n is None or w is None or not 0 < n < 1 << 16 or (also is not None and not other):
        return None
    dividing = [d for d in range(1, n + 1) if n % d == 0 and not (other or 0) % d]
    near = [*[d for d in dividing if d < w][-1:], *[d for d in dividing if d > w][:1]]
    both = f"{n} and {other}" if other and other != n else str(n)
    return f"{argument} = {' or '.join(map(str, near))} would divide {both}"
