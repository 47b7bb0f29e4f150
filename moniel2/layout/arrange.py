"""Sizes + plan -> places: x, entries, tracks, y, and the line of every wire. Plain arithmetic, pass after pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

from moniel2.layout.across import Across
from moniel2.layout.down import Down
from moniel2.layout.entries import LEFT, TOP, Entries, entries
from moniel2.layout.flanks import level, place, widened
from moniel2.layout.graph import Vertex
from moniel2.layout.plan import Plan
from moniel2.layout.sizes import LANE, TRACK, Arrangement, Size

Point = tuple[float, float]


def arrange(plan: Plan, sizes: Sequence[Size], tight: float = 0.0) -> Arrangement:
    """Place the boxes of one block and draw its wires; ``tight`` is by how much less they stand apart than usual."""
    wide = widened(plan, [_with_sides(s, v) for s, v in zip(sizes, plan.graph.vertices, strict=True)])
    across = Across(plan, wide)
    column_x = _columns(plan, sizes, across)
    found = entries(plan, wide, across, column_x)
    down = Down(plan, wide, column_x, tight)
    place(plan, sizes, across.x, down.y)
    wires = [_wire(plan, sizes, across, down, column_x, found, n) for n in range(len(plan.routes))]
    left, right = -across.left[0], across.right[0]
    for n, route in enumerate(plan.routes):
        skip = 1 if plan.columns[route.columns[0]].kind in ("left", "right") else 0
        for x, _ in wires[n][skip:]:
            left, right = min(left, x), max(right, x)
    result = Arrangement(left, right, down.total, across.x, down.y, wires)
    _enter(plan, result)
    return result


def _enter(plan: Plan, found: Arrangement) -> None:
    """What enters from a side comes in by one door, and runs down along the frame to where else it is needed."""
    for n, route in enumerate(plan.routes):
        column = plan.columns[route.columns[0]]
        if column.kind in ("left", "right"):
            y = found.wires[n][0][1]
            found.side_ports[column.owner] = min(found.side_ports.get(column.owner, y), y)
    bus: dict[int, float] = {}
    for n, route in enumerate(plan.routes):
        column = plan.columns[route.columns[0]]
        if column.kind not in ("left", "right") or column.owner in bus:
            continue
        if found.wires[n][0][1] > found.side_ports[column.owner] + 0.01:
            if column.kind == "left":
                found.left -= TRACK
            else:
                found.right += TRACK
            bus[column.owner] = found.left if column.kind == "left" else found.right
    for n, route in enumerate(plan.routes):
        column = plan.columns[route.columns[0]]
        if column.kind in ("left", "right"):
            edge, y = found.left if column.kind == "left" else found.right, found.wires[n][0][1]
            door = found.side_ports[column.owner]
            way = [(edge, door)]
            if y > door + 0.01:
                way += [(bus[column.owner], door), (bus[column.owner], y)]
            found.wires[n] = way + found.wires[n][1:]


def _with_sides(size: Size, vertex: Vertex) -> Size:
    """With room left and right of a box for the wires down to its side ports."""
    if not vertex.sides:
        return size
    sides = [side for _, side in vertex.sides]
    left, right = LANE * sides.count("left"), LANE * sides.count("right")
    return replace(size, left=max(size.left, left), right=max(size.right, right))


def _columns(plan: Plan, sizes: Sequence[Size], across: Across) -> list[float]:
    """The x of every column but the last ones of the routes."""
    xs: list[float] = []
    chains: dict[tuple[int, int], float] = {}
    for number, region in plan.regions.items():
        for i, chain in enumerate(region.chain):
            if region.items[i].vertex < 0:
                chains[(number, chain)] = across.item_x[number][i]
    for c in plan.columns:
        if c.kind == "out":
            xs.append(across.x[c.owner] + sizes[c.owner].out(c.port))
        elif c.kind == "lane":
            xs.append(across.lane_x[c.owner])
        elif c.kind == "chain":
            xs.append(chains[(c.owner, c.port)])
        elif c.kind == "far":
            xs.append(across.far_x[c.owner][c.port])
        elif c.kind == "empty":
            xs.append(across.axis[c.owner])
        elif c.kind == "left":
            xs.append(-across.left[0])
        elif c.kind == "right":
            xs.append(across.right[0])
        else:
            xs.append(0.0)
    return xs


def _wire(
    plan: Plan, sizes: Sequence[Size], across: Across, down: Down, column_x: Sequence[float], found: Entries, n: int
) -> list[Point]:
    """Down its columns, sideways on its tracks, into its target."""
    route, edge = plan.routes[n], plan.graph.edges[n]
    if any(edge.source in f.chain for f in plan.flanks):
        return level(plan, sizes, across.x, down.y, n)
    x = column_x[route.columns[0]]
    points: list[Point] = []
    if plan.columns[route.columns[0]].kind == "out":
        foot = down.y[edge.source] + sizes[edge.source].h
        points.append((x, foot))
        if _is_last_in_branch(plan, n):
            side = down.y[edge.target] + sizes[edge.target].side_port(edge.into)
            if side >= foot + sizes[edge.source].below + down.first_track:
                # Nothing is in the way of a level line.
                left = across.x[edge.target]
                return [*points, (x, side), (left if found.side[n] == LEFT else left + sizes[edge.target].w, side)]
    for k, gap in enumerate(route.gaps):
        after = column_x[route.columns[k + 1]]
        track = down.track[(n, gap)]
        if track is None or (track.first < 0 and abs(after - x) < 0.01):
            continue  # straight on: the columns are nowhere half a pixel apart, or only those of others are
        base = down.gap_y[gap] + down.first_track
        if track.first >= 0:
            points += [(x, base + track.first * TRACK), (track.turn, base + track.first * TRACK)]
            x = track.turn
        points += [(x, base + track.track * TRACK), (after, base + track.track * TRACK)]
        x = after
    size, top, left = sizes[edge.target], down.y[edge.target], across.x[edge.target]
    side = found.side[n]
    if side == TOP:
        points.append((x, top + _dent(plan, size, edge.target, x - left)))
        return points
    declared = plan.graph.vertices[edge.target].side_of(edge.into)
    y = top + (size.side_port(edge.into) if declared else size.h / 2)
    points += [(x, y), (left if side == LEFT else left + size.w, y)]
    return points


def _is_last_in_branch(plan: Plan, n: int) -> bool:
    """Whether a wire leaves the foot of one branch for the side of the next."""
    route = plan.routes[n]
    if len(route.columns) != 2 or plan.columns[route.columns[1]].kind != "lane":
        return False
    element = plan.tree.elements[route.gaps[0][0]]
    return route.gaps[0][1] == len(element.items) - 1


def _dent(plan: Plan, size: Size, v: int, x: float) -> float:
    """How far below the top of its box a circle is met by a wire that comes down beside its middle."""
    r = size.w / 2
    if not plan.graph.vertices[v].round:
        return 0.0
    return r - sqrt(max(0.0, r * r - (x - r) ** 2))
