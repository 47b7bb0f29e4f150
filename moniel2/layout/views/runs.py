"""A flow with fewer stops: layers in a row that make tensors of one resolution are one, so many times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from moniel2.ir.model import Model
from moniel2.layout.views.extent import Extent
from moniel2.layout.views.flow import Flow, Stop, flow
from moniel2.layout.views.options import ViewOptions
from moniel2.layout.views.pen import WIDEST, Drawn, reduced
from moniel2.layout.views.told import operation

ALIKE, LEVEL, STAGE, POOLED = 1, 2, 3, 4  # layers of one kind; of one resolution; with merges; with what pools for them
MARGINS = 1.6  # times as many pixels with the margins that convolutions cut off
HEADS = 8  # a layer that makes so many times less channels than there were is a stage of its own
CROWDED = 36  # layers in one figure
DEPTHS = (2, 1, 0)  # to which blocks are open where there is no room for all
NAMED = 2  # operations of a run that are told; of more only how many there are


def fitting(
    model: Model,
    options: ViewOptions,
    limit: int,
    draw: Callable[[Flow, float, float], Drawn],
    scales: Sequence[float],
    wraps: bool = True,
) -> tuple[Drawn, float]:
    """The longest flow whose drawing fits a page, and how much it would have to be reduced if none does.

    ``draw`` takes a flow, the width of the page (lying or standing; not at all if it never ``wraps``) and one of
    ``scales``.
    """
    best: tuple[Drawn, float] | None = None
    ways = list(flows(model, options, limit))
    # What is far too long need not be drawn to see that.
    short = ways if options.chosen else [way for way in ways if _shown(way) <= 2 * CROWDED]
    for found in short or ways[-1:]:
        for room, scale in _tries(scales, WIDEST if wraps else ()):
            drawn = draw(found, room, scale)
            factor = reduced(drawn, options.title, options.legend, True)
            if not options.chosen and (crowded := _shown(found) / CROWDED) > 1:
                factor = max(factor, 1.0) * crowded
            if best is None or factor < best[1]:
                best = (drawn, factor)
            if factor <= 1:
                return best
    assert best is not None
    return best


def _shown(found: Flow) -> int:
    """How many layers there are to look at."""
    return sum(s.role in ("layer", "pool") for s in found.stops)


def _tries(scales: Sequence[float], widest: Sequence[float]) -> Iterator[tuple[float, float]]:
    """Widths and scales: rather a little smaller in one row than in several."""
    for some in (scales[:2], scales[2:]):
        yield from product((float("inf"),), some)
        yield from product(widest, some)


def flows(model: Model, options: ViewOptions, limit: int) -> Iterator[Flow]:
    """The flow of a model, then always shorter ones. Raises ``TooManyParts`` and ``Refused`` as ``flow`` does.

    What the reader asked for is not made shorter.
    """
    wanted, written_out = options.wanted, options.unroll
    found = flow(model, limit, wanted, unrolled=written_out)
    yield found
    if wanted.depth is not None:
        return
    found = flow(model, limit, wanted, most=0, unrolled=written_out)
    yield found
    if options.chosen:
        return
    merged = [found]
    for amount in (ALIKE, LEVEL, STAGE):
        merged.append(shorter(merged[-1], amount))
    closed = [flow(model, limit, replace(wanted, depth=depth), most=0) for depth in DEPTHS]
    alike = [shorter(one, ALIKE) for one in closed]
    last = shorter(closed[-1], STAGE)
    # What says more goes before; a block that is closed before layers that are merged.
    ways = [*closed, *alike, *merged[1:], last, shorter(merged[-1], POOLED), shorter(last, POOLED)]
    yield from sorted(ways, key=lambda way: -len(way.stops))


def shorter(found: Flow, amount: int) -> Flow:
    """The same flow with runs of its stops as one: see ``ALIKE`` to ``POOLED``."""
    stops, users = found.stops, found.users()
    run: list[list[int]] = []
    of: list[int] = []  # the run of each stop
    for k, stop in enumerate(stops):
        last = next((s for s in stop.sources if run[of[s]][-1] == s and _follows(stops, users, s, k, amount)), None)
        if last is None:
            of.append(len(run))
            run.append([k])
        else:
            of.append(of[last])
            run[of[last]].append(k)
    # A run stands where its last stop did: all that feeds it comes before that.
    order = sorted(range(len(run)), key=lambda r: run[r][-1])
    place = {r: n for n, r in enumerate(order)}
    made: list[Stop] = []
    for r in order:
        sources = dict.fromkeys(place[of[s]] for k in run[r] for s in stops[k].sources if of[s] != r)
        made.append(replace(_one([stops[k] for k in run[r]]), sources=tuple(sources)))
    return Flow(found.name, made, found.crops)


def _follows(stops: Sequence[Stop], users: Sequence[Sequence[int]], s: int, k: int, amount: int) -> bool:
    """Whether stop ``k`` can be one with ``s``, which feeds it."""
    a, b = stops[s], stops[k]
    if amount == POOLED:
        return a.role == "pool" and b.role == "layer" and len(b.sources) == 1 and list(users[s]) == [k]
    roles = ("layer", "merge") if amount == STAGE else ("layer",)
    if a.role not in roles or b.role not in roles or not _of_one_size(a.extent, b.extent, amount):
        return False
    if a.copies or b.copies or a.extent.kind == "vector" or (len(b.sources) > 1 and amount < STAGE):
        return False
    if amount == ALIKE and _kind(a) != _kind(b):
        return False
    return not set(users[s]) - {k} - set(users[k])


def _of_one_size(a: Extent, b: Extent, amount: int) -> bool:
    """Whether two tensors have one resolution: but for a margin, if there is little room."""
    if a.kind != b.kind:
        return False
    larger, smaller = max(a.resolution, b.resolution), min(a.resolution, b.resolution)
    if amount > ALIKE and max(a.channels, b.channels) > HEADS * min(a.channels, b.channels):
        return False
    return a.face == b.face or (amount > ALIKE and larger < MARGINS * smaller)


def _kind(stop: Stop) -> str:
    if stop.block is not None:
        return f"block {stop.block.definition}"
    return f"{stop.words.theme} {stop.words.first.split(',')[0]}"


def _one(run: Sequence[Stop]) -> Stop:
    """One stop for a run: it looks like most of it, and ends as its last."""
    if len(run) == 1:
        return run[0]
    layers = [s for s in run if s.role == "layer"] or list(run)
    counted: Counter[str] = Counter()
    for stop in layers:
        counted[_kind(stop)] += stop.repeat
    most = next(s for s in layers if _kind(s) == counted.most_common(1)[0][0])
    names = Counter[str]()
    for stop in layers:
        names[operation(stop)] += stop.repeat
    repeat = sum(s.repeat for s in layers)
    mixed = len(counted) > 1 or any(s.mixed for s in layers)
    if len(counted) == 1:
        told = operation(most) if len(names) == 1 else most.words.first.split(",")[0]
    elif len(names) <= NAMED:
        told, repeat = " + ".join(f"{name} ×{n}" if n > 1 else name for name, n in names.items()), 1
    else:
        told, repeat = f"{repeat} layers", 1
    return replace(
        run[-1],
        role="layer" if any(s.role == "layer" for s in run) else run[-1].role,
        words=replace(most.words, first=told),
        title="; ".join(s.title for s in run),
        repeat=repeat,
        bands=list(dict.fromkeys(b for s in run for b in s.bands)),
        also=list(dict.fromkeys(n for s in run for n in s.also)),
        block=most.block,
        tint=most.tint,
        mixed=mixed,
        run=sum(s.stands for s in run if s.role in ("layer", "pool")),
    )
