"""What every engine is given: boxes of fixed sizes and the wires between them; and what each gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moniel2.layout.compose import Composer
from moniel2.layout.diagram import OWN, Body, Diagram
from moniel2.layout.layout import layout
from moniel2.layout.scene import Box, Circle, Wire

Point = tuple[float, float]


@dataclass(frozen=True)
class Flat:
    """A graph without blocks. ``spine`` is its longest way, as box numbers."""

    name: str
    sizes: tuple[tuple[float, float], ...]
    edges: tuple[tuple[int, int], ...]
    spine: tuple[int, ...]


@dataclass(frozen=True)
class Placed:
    """Upper left corners of the boxes, and a polyline for each edge."""

    corners: tuple[Point, ...]
    lines: tuple[tuple[Point, ...], ...]
    seconds: float


def flat_of(name: str, body: Body) -> Flat:
    """One body's boxes, open blocks among them as boxes of the size that they have, without its own ports."""
    composed = Composer("down").compose(body)
    first = len(body.inputs)
    boxes = composed.sizes[first : first + len(body.parts)]
    edges = tuple(dict.fromkeys((a.source, a.target) for a in body.arrows if OWN not in (a.source, a.target)))
    edges = tuple(e for e in edges if e[0] != e[1])
    return Flat(name, tuple((s.w, s.h) for s in boxes), edges, _longest(len(boxes), edges))


def bodies(body: Body) -> list[Body]:
    """A body and all that are open inside it, each once."""
    found: dict[int, Body] = {}
    stack = [body]
    while stack:
        one = stack.pop()
        if id(one) not in found:
            found[id(one)] = one
            stack += [p.inside for p in one.parts if p.inside is not None]
    return list(found.values())


def ours(flat: Flat, body: Body) -> Placed:
    """The layout of this package, of one body with its open blocks as boxes."""
    from time import perf_counter

    start = perf_counter()
    composed = Composer("down").compose(body)
    seconds = perf_counter() - start
    first, arrangement = len(body.inputs), composed.arrangement
    corners = tuple((arrangement.x[first + n], arrangement.y[first + n]) for n in range(len(body.parts)))
    lines: dict[tuple[int, int], tuple[Point, ...]] = {}
    for arrow, points in zip(body.arrows, arrangement.wires, strict=True):
        lines.setdefault((arrow.source, arrow.target), tuple(points))
    return Placed(corners, tuple(lines[e] for e in flat.edges), seconds)


def of_scene(diagram: Diagram) -> tuple[float, float, int, float]:
    """Width, height, bends and seconds of a whole picture."""
    from time import perf_counter

    start = perf_counter()
    scene = layout(diagram)
    seconds = perf_counter() - start
    bends = sum(max(0, len(i.points) - 2) for i in scene.walk() if isinstance(i, Wire))
    assert any(isinstance(i, Box | Circle) for i in scene.walk())
    return scene.width, scene.height, bends, seconds


def _longest(count: int, edges: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """A longest way, leaving out the edges that close a cycle; of equals the first declared."""
    forward = [(a, b) for a, b in edges if a < b]
    best = [1] * count
    before = [-1] * count
    for a, b in sorted(forward, key=lambda e: e[0]):
        if best[a] + 1 > best[b]:
            best[b], before[b] = best[a] + 1, a
    if not count:
        return ()
    v = max(range(count), key=lambda n: (best[n], -n))
    way = [v]
    while before[v] >= 0:
        v = before[v]
        way.append(v)
    return tuple(reversed(way))
