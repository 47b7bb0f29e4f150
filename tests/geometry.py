"""What must hold of every picture, as checks on a scene: each returns the faults it finds, in words.

Lengths are CSS pixels. Text is taken as the rectangle of its capitals and descenders, a little tightened, so that what
only touches is not a fault.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isfinite

from moniel2.layout.scene import Box, Circle, Glyph, Group, Item, Polygon, Scene, TextRun, Wire

Rect = tuple[float, float, float, float]  # left, top, right, bottom
SLACK = 0.6  # two things nearer than this touch
NEAR = 2.5  # parallel lines nearer than this can't be told apart


@dataclass(frozen=True)
class Frame:
    """An open block: its rectangle and the frame around it, -1 for none."""

    rect: Rect
    path: str
    parent: int


@dataclass(frozen=True)
class Solid:
    """A box or circle that nothing may run through."""

    rect: Rect
    path: str
    frame: int
    round: bool = False


@dataclass(frozen=True)
class Line:
    """A wire in the body of a frame. ``net`` is what lines of one bus share: where they start."""

    wire: Wire
    frame: int
    net: tuple[str, tuple[float, float]]


@dataclass(frozen=True)
class Piece:
    """One straight stretch of a wire."""

    a: float  # the shared coordinate: x of an upright, y of a level one
    low: float
    high: float
    upright: bool
    line: int


@dataclass
class Flat:
    """A scene taken apart."""

    scene: Scene
    frames: list[Frame] = field(default_factory=list)
    solids: list[Solid] = field(default_factory=list)
    bars: list[Solid] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    texts: list[tuple[TextRun, int]] = field(default_factory=list)
    slanted: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)


def faults(scene: Scene) -> list[str]:
    """Everything that is wrong with a scene of the blocks view."""
    flat = flattened(scene)
    return [fault for check in CHECKS for fault in check(flat)]


def flattened(scene: Scene) -> Flat:
    flat = Flat(scene)
    stack: list[tuple[Item, int]] = [(i, -1) for i in reversed(scene.items)]
    while stack:
        item, frame = stack.pop()
        match item:
            case Group():
                inside = frame
                head = item.items[0] if item.items else None
                if isinstance(head, Box) and head.css == "frame":
                    inside = len(flat.frames)
                    flat.frames.append(Frame(_rect(head), head.path, frame))
                    flat.texts += [(i, inside) for i in item.items if isinstance(i, TextRun)]
                stack += [
                    (i, inside)
                    for i in reversed(item.items)
                    if not (inside != frame and (i is head or isinstance(i, TextRun)))
                ]
            case Box() if item.css == "bar":
                flat.bars.append(Solid(_rect(item), item.path, frame))
            case Box():
                flat.solids.append(Solid(_rect(item), item.path, frame))
            case Circle():
                square = (item.cx - item.r, item.cy - item.r, item.cx + item.r, item.cy + item.r)
                flat.solids.append(Solid(square, item.path, frame, True))
            case Wire():
                flat.lines.append(Line(item, frame, (item.source, item.points[0])))
            case TextRun():
                flat.texts.append((item, frame))
            case Glyph() | Polygon():
                pass
    for n, line in enumerate(flat.lines):
        points = line.wire.points
        for (ax, ay), (bx, by) in pairwise(points):
            if abs(ax - bx) > 0.01 and abs(ay - by) > 0.01:
                flat.slanted.append(f"{_name(line)} runs aslant from {(ax, ay)} to {(bx, by)}")
            elif abs(ax - bx) <= 0.01 and abs(ay - by) > 0.01:
                flat.pieces.append(Piece(ax, min(ay, by), max(ay, by), True, n))
            elif abs(ax - bx) > 0.01:
                flat.pieces.append(Piece(ay, min(ax, bx), max(ax, bx), False, n))
    return flat


# ------------------------------------------------------------------------------------------------ checks


def numbers(flat: Flat) -> Iterator[str]:
    """Every number is finite and has two decimals; every line is level or upright."""
    scene = flat.scene
    values: list[float] = [scene.width, scene.height]
    for item in scene.walk():
        match item:
            case Box():
                values += [item.x, item.y, item.w, item.h]
            case Circle():
                values += [item.cx, item.cy, item.r]
            case TextRun():
                values += [item.x, item.y, item.width]
            case Wire() | Polygon():
                values += [v for p in item.points for v in p]
            case Glyph():
                values += [v for s in item.strokes for p in s for v in p]
            case Group():
                pass
    for v in values:
        if not isfinite(v) or abs(v * 100 - round(v * 100)) > 1e-4:
            yield f"the number {v}"
    yield from flat.slanted


def page(flat: Flat) -> Iterator[str]:
    """Everything lies on the page."""
    w, h = flat.scene.width, flat.scene.height

    def off(r: Rect) -> bool:
        return r[0] < -SLACK or r[1] < -SLACK or r[2] > w + SLACK or r[3] > h + SLACK

    for solid in [*flat.solids, *flat.bars]:
        if off(solid.rect):
            yield f"{solid.path} is off the page"
    for frame in flat.frames:
        if off(frame.rect):
            yield f"{frame.path} is off the page"
    for run, _ in flat.texts:
        if off(text_rect(run)):
            yield f"{run.text!r} is off the page"
    for line in flat.lines:
        if any(off((x, y, x, y)) for x, y in line.wire.points):
            yield f"{_name(line)} is off the page"


def overlaps(flat: Flat) -> Iterator[str]:
    """No two boxes overlap, and everything stands inside its own block and outside all others."""
    things = [(s.rect, s.path, s.frame, -2) for s in [*flat.solids, *flat.bars]]
    things += [(f.rect, f.path, f.parent, n) for n, f in enumerate(flat.frames)]
    for rect, path, frame, _ in things:
        if frame >= 0 and not _within(rect, flat.frames[frame].rect):
            yield f"{path} sticks out of {flat.frames[frame].path}"
    by_frame: dict[int, list[tuple[Rect, str]]] = {}
    for rect, path, frame, _ in things:
        by_frame.setdefault(frame, []).append((rect, path))
    for group in by_frame.values():
        for i, j in _meeting([r for r, _ in group], [r for r, _ in group]):
            if i < j and not _is_bar_of(group[i][1], group[j][1]):
                yield f"{group[i][1]} overlaps {group[j][1]}"


def boxes_crossed(flat: Flat) -> Iterator[str]:
    """No wire runs through a box, or into a frame that is not its own."""
    yield from (f"{_name(flat.lines[p.line])} runs through {path}" for p, path in crossed(flat))


def crossed(flat: Flat) -> list[tuple[Piece, str]]:
    """The stretches of wire that run through something, and what."""
    found: list[tuple[Piece, str]] = []
    inside = _insides(flat)
    pieces = flat.pieces
    rects = [_piece_rect(p) for p in pieces]
    for i, j in _meeting(rects, [_core(s) for s in flat.solids]):
        found.append((pieces[i], flat.solids[j].path))
    for i, j in _meeting(rects, [f.rect for f in flat.frames]):
        # A wire of the frame's own body or of one inside it lies inside.
        if j not in inside[flat.lines[pieces[i].line].frame]:
            found.append((pieces[i], flat.frames[j].path))
    return found


def wires_stay_inside(flat: Flat) -> Iterator[str]:
    for line in flat.lines:
        if line.frame >= 0:
            l, t, r, b = flat.frames[line.frame].rect
            for x, y in line.wire.points:
                if not (l - SLACK <= x <= r + SLACK and t - SLACK <= y <= b + SLACK):
                    yield f"{_name(line)} leaves {flat.frames[line.frame].path}"
                    break


def ends(flat: Flat) -> Iterator[str]:
    """Wires start and end on the rim of what they join."""
    places: dict[str, Rect] = {s.path: s.rect for s in flat.solids}
    places |= {f.path: f.rect for f in flat.frames}
    bars = {s.path: s.rect for s in flat.bars}
    names = {run.path: text_rect(run) for run, _ in flat.texts if run.css == "port"}
    for line in flat.lines:
        wire = line.wire
        for end, path in ((wire.points[0], wire.source), (wire.points[-1], wire.target)):
            own = flat.frames[line.frame].rect if line.frame >= 0 else None
            candidates = [r for r in (places.get(path), bars.get(path)) if r is not None]
            if "/in:" in f"/{path}" or "/out:" in f"/{path}":  # a tapped tensor's name is itself a path
                candidates += [own] if own is not None else []
                if path in names:
                    l, t, r, b = names[path]
                    candidates.append((l - 6, t - 6, r + 6, b + 6))
                    if l - 8 <= end[0] <= r + 8 and t - 8 <= end[1] <= b + 8:
                        continue
            if not any(_on_rim(end, r) for r in candidates):
                yield f"{_name(line)} ends at {end}, not on {path}"


def collinear(flat: Flat) -> Iterator[str]:
    """Wires of different sources never run on top of each other."""
    by: dict[bool, list[Piece]] = {True: [], False: []}
    for p in flat.pieces:
        by[p.upright].append(p)
    for pieces in by.values():
        pieces.sort(key=lambda p: p.a)
        for i, p in enumerate(pieces):
            for q in pieces[i + 1 :]:
                if q.a - p.a >= NEAR:
                    break
                one, other = flat.lines[p.line], flat.lines[q.line]
                if one.net == other.net or min(p.high, q.high) - max(p.low, q.low) <= 1.0:
                    continue
                if _share_an_end(one, other, p, q):
                    continue
                yield f"{_name(one)} runs on top of {_name(other)} near {(round(p.a), round(max(p.low, q.low)))}"


def text(flat: Flat) -> Iterator[str]:
    """Text fits its box, overlaps no other text or box, and is struck by no wire or edge of a frame."""
    runs = [(run, frame) for run, frame in flat.texts if run.text]
    rects = [text_rect(run) for run, _ in runs]
    solids = [s.rect for s in [*flat.solids, *flat.bars]]
    own = {s.path: s.rect for s in flat.solids}
    frames = {f.path: f.rect for f in flat.frames}
    for (run, _), rect in zip(runs, rects, strict=True):
        if run.css in ("label", "detail", "repeat") and run.path in own and not _within(rect, own[run.path]):
            yield f"{run.text!r} sticks out of {run.path}"
        if run.css in ("title", "subtitle", "repeat") and run.path in frames and not _within(rect, frames[run.path]):
            yield f"{run.text!r} sticks out of {run.path}"
    for i, j in _meeting(rects, rects):
        if i < j:
            yield f"{runs[i][0].text!r} overlaps {runs[j][0].text!r}"
    for i, j in _meeting(rects, solids):
        run = runs[i][0]
        if j >= len(flat.solids):
            yield f"{run.text!r} lies on the bar of {flat.bars[j - len(flat.solids)].path}"
        elif not (run.css in ("label", "detail", "repeat") and run.path == flat.solids[j].path):
            yield f"{run.text!r} lies on {flat.solids[j].path}"
    for i, j in _meeting([_piece_rect(p) for p in flat.pieces], rects):
        yield f"{_name(flat.lines[flat.pieces[i].line])} strikes {runs[j][0].text!r}"
    for i, j in _meeting(rects, [edge for f in flat.frames for edge in _edges(f.rect)]):
        yield f"{runs[i][0].text!r} lies on the frame of {flat.frames[j // 4].path}"


CHECKS: tuple[Callable[[Flat], Iterator[str]], ...] = (
    numbers,
    page,
    overlaps,
    boxes_crossed,
    wires_stay_inside,
    ends,
    collinear,
    text,
)


def crossings(flat: Flat) -> list[tuple[int, int]]:
    """Which wires cross: pairs of nets that cut each other, counted once for each point."""
    uprights = sorted((p for p in flat.pieces if p.upright), key=lambda p: p.a)
    xs = [p.a for p in uprights]
    found: dict[tuple[float, float, frozenset[object]], tuple[int, int]] = {}
    for level in (p for p in flat.pieces if not p.upright):
        for p in uprights[bisect_left(xs, level.low + SLACK) :]:
            if p.a > level.high - SLACK:
                break
            if p.low + SLACK < level.a < p.high - SLACK:
                one, other = flat.lines[p.line], flat.lines[level.line]
                if one.net != other.net and not _share_an_end(one, other, p, level):
                    key = (round(p.a), round(level.a), frozenset((one.net, other.net)))
                    found[key] = (p.line, level.line)
    return list(found.values())


def text_rect(run: TextRun) -> Rect:
    """Where the letters of a run are."""
    left = run.x - (run.width if run.anchor == "end" else run.width / 2 if run.anchor == "middle" else 0.0)
    return (left, run.y - 0.72 * run.size, left + run.width, run.y + 0.2 * run.size)


# ------------------------------------------------------------------------------------------------ pieces


def _rect(box: Box) -> Rect:
    return (box.x, box.y, box.x + box.w, box.y + box.h)


def _core(s: Solid) -> Rect:
    """What a wire may not touch: of a circle the square inside it, since wires end on its arc."""
    inset = 0.3 * (s.rect[2] - s.rect[0]) if s.round else 0.0
    return (s.rect[0] + inset, s.rect[1] + inset, s.rect[2] - inset, s.rect[3] - inset)


def _piece_rect(p: Piece) -> Rect:
    return (p.a, p.low, p.a, p.high) if p.upright else (p.low, p.a, p.high, p.a)


def _edges(r: Rect) -> list[Rect]:
    l, t, rr, b = r
    return [(l, t, rr, t), (l, b, rr, b), (l, t, l, b), (rr, t, rr, b)]


def _name(line: Line) -> str:
    return f"{line.wire.source} → {line.wire.target}"


def _within(inner: Rect, outer: Rect) -> bool:
    return (
        inner[0] >= outer[0] - SLACK
        and inner[1] >= outer[1] - SLACK
        and inner[2] <= outer[2] + SLACK
        and inner[3] <= outer[3] + SLACK
    )


def _on_rim(p: tuple[float, float], r: Rect) -> bool:
    l, t, rr, b = r
    inside = l - SLACK <= p[0] <= rr + SLACK and t - SLACK <= p[1] <= b + SLACK
    reach = min(abs(p[0] - l), abs(p[0] - rr), abs(p[1] - t), abs(p[1] - b))
    # A circle is met on its arc, up to a few pixels inside its square.
    return inside and (reach <= SLACK or (rr - l <= 21 and b - t <= 21 and reach <= 4))


def _meeting(first: Sequence[Rect], second: Sequence[Rect]) -> Iterator[tuple[int, int]]:
    """Pairs (of the first, of the second) whose insides meet; a line has an inside too."""
    cell = 64.0
    grid: dict[tuple[int, int], list[int]] = {}
    for j, r in enumerate(second):
        for at in _cells(r, cell):
            grid.setdefault(at, []).append(j)
    for i, r in enumerate(first):
        seen: set[int] = set()
        for at in _cells(r, cell):
            for j in grid.get(at, ()):
                if j in seen or (first is second and i == j):
                    continue
                seen.add(j)
                o = second[j]
                if (
                    min(r[2], o[2]) - max(r[0], o[0]) > (SLACK if r[2] > r[0] and o[2] > o[0] else -SLACK / 2)
                    and min(r[3], o[3]) - max(r[1], o[1]) > (SLACK if r[3] > r[1] and o[3] > o[1] else -SLACK / 2)
                    and not _only_touch(r, o)
                ):
                    yield i, j


def _only_touch(r: Rect, o: Rect) -> bool:
    """A line along a rectangle's rim, or one that ends at it."""
    for line, area in ((r, o), (o, r)):
        if line[0] == line[2]:
            inside = area[0] + SLACK < line[0] < area[2] - SLACK
            return not inside or min(line[3], area[3]) - max(line[1], area[1]) <= SLACK
        if line[1] == line[3]:
            inside = area[1] + SLACK < line[1] < area[3] - SLACK
            return not inside or min(line[2], area[2]) - max(line[0], area[0]) <= SLACK
    return False


def _cells(r: Rect, cell: float) -> Iterator[tuple[int, int]]:
    for cx in range(int(r[0] // cell), int(r[2] // cell) + 1):
        for cy in range(int(r[1] // cell), int(r[3] // cell) + 1):
            yield cx, cy


def _insides(flat: Flat) -> dict[int, set[int]]:
    """Of each frame: itself and all frames around it."""
    found: dict[int, set[int]] = {-1: set()}
    for n, frame in enumerate(flat.frames):
        found[n] = {n} | found[frame.parent]
    return found


def _is_bar_of(a: str, b: str) -> bool:
    return a == b


def _share_an_end(one: Line, other: Line, p: Piece, q: Piece) -> bool:
    """Wires into one port may join where they end."""
    if one.wire.target != other.wire.target:
        return False
    (x, y), (u, v) = one.wire.points[-1], other.wire.points[-1]
    return abs(x - u) < 0.01 and abs(y - v) < 0.01
