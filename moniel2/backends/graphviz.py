"""``--engine dot``: Graphviz places the boxes of each block; frames, labels and ink are ours.

Each distinct block is given to ``dot`` by itself, in a child process with a time limit, with its boxes at their sizes
and its ports at their places. Names never reach it. What only our layout knows (ports on a frame's side, a U) is left
out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from typing import TypedDict

from moniel2.layout.diagram import Body, Diagram
from moniel2.layout.graph import Graph
from moniel2.layout.layout import layout
from moniel2.layout.scene import Scene
from moniel2.layout.sizes import Arrangement, Size
from moniel2.layout.views.options import Refused

SECONDS = 20  # for one block
RANKS, NODES = 24, 18  # pixels between boxes above each other, and side by side
Point = tuple[float, float]


def dot_layout(diagram: Diagram) -> Scene:
    """The picture as ``dot`` places it. Raises ``Refused``."""
    return layout(replace(diagram, body=_plain(diagram.body, {}), columns=False), place)


def _plain(body: Body, known: dict[int, Body]) -> Body:
    """The same without what is told to our layout only; equal bodies stay one object."""
    if id(body) not in known:
        parts = tuple(p if p.inside is None else replace(p, inside=_plain(p.inside, known)) for p in body.parts)
        inputs = tuple(replace(p, side="") for p in body.inputs)
        known[id(body)] = replace(body, inputs=inputs, parts=parts, shape="")
    return known[id(body)]


def place(graph: Graph, sizes: Sequence[Size]) -> Arrangement:
    """Places and wires for one block. Raises ``Refused``."""
    if not sizes:
        return Arrangement(0.0, 0.0, 0.0, [], [])
    found = _run(_text(graph, sizes), len(sizes))
    boxes = {int(o["name"][1:]): _point(o["pos"]) for o in found["objects"] if o["name"].startswith("n")}
    height = float(found["bb"].split(",")[3])
    x, y = [0.0] * len(sizes), [0.0] * len(sizes)
    for v, size in enumerate(sizes):
        w, h = _outer(size)
        x[v] = boxes[v][0] - w / 2 + size.left
        y[v] = height - boxes[v][1] - h / 2
    wires: list[list[Point]] = [[] for _ in graph.edges]
    for edge in found.get("edges", []):
        n = int(edge["id"])
        e = graph.edges[n]
        start = (x[e.source] + sizes[e.source].out(e.out), y[e.source] + sizes[e.source].h)
        end = (x[e.target] + _into(graph, sizes, e.target, e.into), y[e.target])
        wires[n] = _wire(edge["pos"], height, start, end)
    every = [p for w in wires for p in w]
    left = min([*(a - s.left for a, s in zip(x, sizes, strict=True)), *(p[0] for p in every)])
    right = max([*(a + s.w + s.right for a, s in zip(x, sizes, strict=True)), *(p[0] for p in every)])
    top = min([*y, *(p[1] for p in every)])
    low = max([*(b + s.h + s.below for b, s in zip(y, sizes, strict=True)), *(p[1] for p in every)])
    y = [b - top for b in y]
    return Arrangement(left, right, low - top, x, y, [[(px, py - top) for px, py in w] for w in wires])


def _outer(size: Size) -> Point:
    """A box with the labels around it."""
    return size.w + size.left + size.right, max(size.h + size.below, 1.0)


def _into(graph: Graph, sizes: Sequence[Size], v: int, port: int) -> float:
    return sizes[v].into(port) if graph.vertices[v].entry == "ports" else sizes[v].w / 2


def _text(graph: Graph, sizes: Sequence[Size]) -> str:
    """The block for ``dot``: tables with a cell for each port, so that wires meet boxes where they should."""
    ends: dict[int, list[float]] = {}
    begins: dict[int, list[float]] = {}
    for e in graph.edges:
        ends.setdefault(e.target, []).append(_into(graph, sizes, e.target, e.into))
        begins.setdefault(e.source, []).append(sizes[e.source].out(e.out))
    lines = [
        "digraph {",
        f"graph [splines=polyline, ranksep={RANKS / 72:.4f}, nodesep={NODES / 72:.4f}, ordering=out];",
        'node [shape=plain, label=""]; edge [arrowhead=none];',
    ]
    for v, size in enumerate(sizes):
        top = _row("i", sorted(set(ends.get(v, []))), size)
        foot = _row("o", sorted(set(begins.get(v, []))), size)
        w, h = _outer(size)
        table = (
            f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0" fixedsize="true" '
            f'width="{max(round(w), 2)}" height="{max(round(h), 2)}">'
            f"<tr><td>{top}</td></tr><tr><td>{foot}</td></tr></table>"
        )
        lines.append(f"n{v} [label=<{table}>];")
    for role, rank in (("in", "source"), ("out", "sink")):
        same = [f"n{v}" for v, vertex in enumerate(graph.vertices) if vertex.role == role and not vertex.floating]
        if same:
            lines.append(f"{{rank={rank}; {'; '.join(same)}}}")
    for n, e in enumerate(graph.edges):
        tail = sorted(set(begins[e.source])).index(sizes[e.source].out(e.out))
        head = sorted(set(ends[e.target])).index(_into(graph, sizes, e.target, e.into))
        lines.append(f'n{e.source}:o{tail}:s -> n{e.target}:i{head}:n [id="{n}"];')
    return "\n".join([*lines, "}"])


def _row(stem: str, places: Sequence[float], size: Size) -> str:
    """A row of cells of which each port's is centred on its place."""
    cells, at = [], 0
    for k, x in enumerate(places):
        middle = round(x + size.left)
        if middle - 1 > at:
            cells.append(f'<td width="{middle - 1 - at}"></td>')
        cells.append(f'<td width="2" port="{stem}{k}"></td>')
        at = max(middle + 1, at + 2)
    rest = round(_outer(size)[0]) - at
    if rest > 0 or not cells:
        cells.append(f'<td width="{max(rest, 1)}"></td>')
    height = max(round(_outer(size)[1] / 2), 1)
    row = "".join(cells).replace("<td ", f'<td height="{height}" fixedsize="true" ')
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="0"><tr>{row}</tr></table>'


class _Object(TypedDict):
    name: str
    pos: str


class _Edge(TypedDict):
    id: str
    pos: str


class _Graph(TypedDict, total=False):
    bb: str
    objects: list[_Object]
    edges: list[_Edge]


def _run(text: str, boxes: int) -> _Graph:
    program = shutil.which("dot")
    if program is None:
        raise Refused("`dot` of Graphviz is needed for --engine dot, and isn't there: install graphviz")
    try:
        done = subprocess.run([program, "-Tjson"], input=text, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise Refused(
            f"dot didn't place the {boxes:,} boxes of one block in {SECONDS} s: use --engine own, or --collapse"
        ) from None
    if done.returncode != 0:
        raise Refused(f"dot failed: {' '.join(done.stderr.split())[:200]}")
    answer: _Graph = json.loads(done.stdout)
    return answer


def _point(text: str) -> Point:
    x, y = text.split(",")[:2]
    return float(x), float(y)


def _wire(pos: str, height: float, start: Point, end: Point) -> list[Point]:
    """The corners of a polyline, from port to port. ``pos`` holds two control points between each two corners."""
    points = [_point(p) for p in pos.split() if p[0] not in "es"]
    corners = [(x, height - y) for x, y in points[::3]]
    inner = corners[1:-1]
    return [start, *inner, end]
