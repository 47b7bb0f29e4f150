"""The x of an irreducible region: blocks of things above each other, pulled towards what they are wired to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from moniel2.layout.plan import Item, Plan, Region
from moniel2.layout.sizes import BRANCH, LANE, WIRE, Size

ROUNDS = 16
MANY = 600  # blocks; beyond it none is pushed by another


def place_region(plan: Plan, region: Region, sizes: Sequence[Size]) -> tuple[list[float], float, float, float]:
    """The x of each item (a box's left edge, or a wire) from the axis above; how far it all reaches left and right of
    that axis; and how far the axis below lies from it."""
    items = region.items
    inner = [0.0] * len(items)  # from its block's reference to an item
    for k in region.joins:
        inner[k.b] = inner[k.a] + _out(plan, sizes, items[k.a], k.out) - _into(plan, sizes, items[k.b], k.into)
    block = [0] * len(items)
    for n, members in enumerate(region.blocks):
        for i in members:
            block[i] = n
    needs = _spaces(region, sizes, inner, block)
    pulls = _pulls(plan, region, sizes, inner, block)
    at = _settle(len(region.blocks), needs, pulls)
    xs = [at[block[i]] + inner[i] for i in range(len(items))]
    low = min(x - _left(items[i], sizes) for i, x in enumerate(xs))
    high = max(x + _right(items[i], sizes) for i, x in enumerate(xs))
    above = _axis(region.tops, xs, (low + high) / 2)
    below = _axis(region.feet, xs, (low + high) / 2)
    return [x - above for x in xs], above - low, high - above, below - above


def _axis(rim: Sequence[int], xs: Sequence[float], otherwise: float) -> float:
    """Where the wires come in from right above (or go out right below)."""
    at = [xs[i] for i in rim]
    return (min(at) + max(at)) / 2 if at else otherwise


def _left(item: Item, sizes: Sequence[Size]) -> float:
    return sizes[item.vertex].left if item.vertex >= 0 else 0.0


def _right(item: Item, sizes: Sequence[Size]) -> float:
    return sizes[item.vertex].w + sizes[item.vertex].right if item.vertex >= 0 else 0.0


def _out(plan: Plan, sizes: Sequence[Size], item: Item, port: int) -> float:
    return sizes[item.vertex].out(port) if item.vertex >= 0 else 0.0


def _into(plan: Plan, sizes: Sequence[Size], item: Item, port: int) -> float:
    if item.vertex < 0:
        return 0.0
    if plan.graph.vertices[item.vertex].entry == "ports":
        return sizes[item.vertex].into(port)
    return sizes[item.vertex].w / 2


def _spaces(
    region: Region, sizes: Sequence[Size], inner: Sequence[float], block: Sequence[int]
) -> dict[tuple[int, int], float]:
    """(block, block to the right) -> the least distance between their references."""
    needs: dict[tuple[int, int], float] = {}
    for items in region.layers:
        for a, b in pairwise(items):
            left, right = region.items[a], region.items[b]
            wires = (left.vertex < 0) + (right.vertex < 0)
            space = BRANCH if wires == 0 else LANE if wires == 1 else WIRE
            need = inner[a] + _right(left, sizes) + space + _left(right, sizes) - inner[b]
            pair = (block[a], block[b])
            needs[pair] = max(need, needs.get(pair, need))
    return needs


def _pulls(
    plan: Plan, region: Region, sizes: Sequence[Size], inner: Sequence[float], block: Sequence[int]
) -> list[list[tuple[int, float, float]]]:
    """For each block (other block, distance, weight): where it would stand for a wire to run straight."""
    pulls: list[list[tuple[int, float, float]]] = [[] for _ in region.blocks]
    joined = set(region.joins)
    for k in region.links:
        if k in joined or block[k.a] == block[k.b]:
            continue
        a, b = region.items[k.a], region.items[k.b]
        distance = inner[k.a] + _out(plan, sizes, a, k.out) - inner[k.b] - _into(plan, sizes, b, k.into)
        pulls[block[k.b]].append((block[k.a], distance, k.weight))
        pulls[block[k.a]].append((block[k.b], -distance, k.weight))
    return pulls


def _settle(
    count: int, needs: dict[tuple[int, int], float], pulls: Sequence[Sequence[tuple[int, float, float]]]
) -> list[float]:
    """Blocks are numbered from left to right. Packed first, then each moves to the median of what pulls it.

    A block may be kept from its wish by one that stands against it and has no wish of its own but to stay near: then
    all that touch move together.
    """
    before: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    after: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for (a, b), need in needs.items():
        before[b].append((a, need))
        after[a].append((b, need))
    at = [0.0] * count
    for b in range(count):
        at[b] = max((at[a] + need for a, need in before[b]), default=0.0)
    for turn in range(ROUNDS):
        for b in range(count - 1, -1, -1) if turn % 2 == 0 else range(count):
            if not pulls[b]:
                continue
            wish = _median([(at[other] + distance, weight) for other, distance, weight in pulls[b]])
            wish = min([wish, *(at[c] - need for c, need in after[b])])
            at[b] = max([wish, *(at[a] + need for a, need in before[b])])
    if count <= MANY:
        for _ in range(ROUNDS):
            moved = [_push(b, at, after, pulls, 1.0) for b in range(count - 1, -1, -1)]
            moved += [_push(b, at, before, pulls, -1.0) for b in range(count)]
            if not any(moved):
                break
    return at


def _push(
    b: int,
    at: list[float],
    beyond: Sequence[Sequence[tuple[int, float]]],
    pulls: Sequence[Sequence[tuple[int, float, float]]],
    way: float,
) -> bool:
    """Move a block towards its wish together with all that it pushes; ``beyond`` lists what stands on that side."""
    if not pulls[b] or way * (_median([(at[o] + d, w) for o, d, w in pulls[b]]) - at[b]) < 0.5:
        return False
    group = [b]
    inside = {b}
    slack = float("inf")
    for member in group:
        for other, need in beyond[member]:
            room = way * (at[other] - at[member]) - need
            if room < 0.01 and other not in inside:
                inside.add(other)
                group.append(other)
    for member in group:
        for other, need in beyond[member]:
            if other not in inside:
                slack = min(slack, way * (at[other] - at[member]) - need)
    shifts = [(way * (at[o] + d - at[m]), w) for m in group for o, d, w in pulls[m] if o not in inside]
    if not shifts:
        return False
    step = min(_median(shifts), slack)
    if step < 0.5:
        return False
    for member in group:
        at[member] += way * step
    return True


def _median(values: list[tuple[float, float]]) -> float:
    """Weighted; between two middle ones it is their mean."""
    values.sort()
    half = sum(w for _, w in values) / 2
    run = 0.0
    for k, (x, w) in enumerate(values):
        run += w
        if abs(run - half) < 1e-9 and k + 1 < len(values):
            return (x + values[k + 1][0]) / 2
        if run > half:
            return x
    return values[-1][0]
