"""Graphviz, ELK and dagre, as far as they are on this machine, each with boxes of the same sizes and like distances.

Asked to, Graphviz and ELK hold the order of a frame's ports: as the ends of invisible edges within the first and the
last rank, and as ports of a box around the others whose order is fixed. Dagre knows no such thing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

from benchmarks.graphs import Flat, Placed, Point

BESIDE, BELOW = 18.0, 20.0  # between boxes, as ours
PACKAGES = ("elkjs@0.9.3", "@dagrejs/dagre@1.1.4")
Engine = Callable[[Sequence[Flat], bool], list[Placed]]  # graphs, and whether ports keep their order

SCRIPT = """
const { performance } = require('perf_hooks');
const graphs = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const [kind, beside, below, held] = [process.argv[2], +process.argv[3], +process.argv[4], process.argv[5] === 'held'];
async function elk(g, run) {
  const children = g.sizes.map(([width, height], n) => ({ id: 'n' + n, width, height }));
  const edges = g.edges.map(([a, b], n) => ({ id: 'e' + n, sources: ['n' + a], targets: ['n' + b] }));
  const layoutOptions = { 'elk.algorithm': 'layered', 'elk.direction': 'DOWN', 'elk.spacing.nodeNode': String(beside),
    'elk.layered.spacing.nodeNodeBetweenLayers': String(below),
    'elk.layered.nodePlacement.favorStraightEdges': 'true' };
  const made = await run.layout({ id: 'root', layoutOptions, children, edges });
  const at = new Map(made.children.map((c) => [c.id, [c.x, c.y]]));
  const line = new Map(made.edges.map((e) => [e.id, (e.sections || []).flatMap((s) =>
    [s.startPoint, ...(s.bendPoints || []), s.endPoint].map((p) => [p.x, p.y]))]));
  return { corners: g.sizes.map((_, n) => at.get('n' + n)), lines: g.edges.map((_, n) => line.get('e' + n)) };
}
async function framed(g, run) {
  const [ins, outs] = g.rows;
  const isPort = new Set([...ins, ...outs]);
  const port = (v, side, index) => ({ id: 'n' + v, width: g.sizes[v][0], height: g.sizes[v][1],
    layoutOptions: { 'elk.port.side': side, 'elk.port.index': String(index) } });
  // Numbered clockwise from the upper left corner.
  const ports = [...ins.map((v, k) => port(v, 'NORTH', k)),
    ...outs.map((v, k) => port(v, 'SOUTH', ins.length + outs.length - 1 - k))];
  const boxes = g.sizes.map(([width, height], n) => ({ id: 'n' + n, width, height }));
  const children = boxes.filter((_, n) => !isPort.has(n));
  const edges = g.edges.map(([a, b], n) => ({ id: 'e' + n, sources: ['n' + a], targets: ['n' + b] }));
  const options = { 'elk.algorithm': 'layered', 'elk.direction': 'DOWN', 'elk.spacing.nodeNode': String(beside),
    'elk.layered.spacing.nodeNodeBetweenLayers': String(below),
    'elk.layered.nodePlacement.favorStraightEdges': 'true' };
  const frame = { id: 'frame', ports, children, edges,
    layoutOptions: { ...options, 'elk.portConstraints': 'FIXED_ORDER' } };
  const made = (await run.layout({ id: 'root', layoutOptions: options, children: [frame], edges: [] })).children[0];
  const at = new Map([...made.children, ...made.ports].map((c) => [c.id, [c.x, c.y]]));
  const line = new Map(made.edges.map((e) => [e.id, (e.sections || []).flatMap((s) =>
    [s.startPoint, ...(s.bendPoints || []), s.endPoint].map((p) => [p.x, p.y]))]));
  return { corners: g.sizes.map((_, n) => at.get('n' + n)), lines: g.edges.map((_, n) => line.get('e' + n)) };
}
function dagre(g, run) {
  const made = new run.graphlib.Graph({ multigraph: true });
  made.setGraph({ nodesep: beside, ranksep: below });
  made.setDefaultEdgeLabel(() => ({}));
  g.sizes.forEach(([width, height], n) => made.setNode('n' + n, { width, height }));
  g.edges.forEach(([a, b], n) => made.setEdge('n' + a, 'n' + b, {}, 'e' + n));
  run.layout(made);
  const corner = (n) => { const o = made.node('n' + n); return [o.x - o.width / 2, o.y - o.height / 2]; };
  return { corners: g.sizes.map((_, n) => corner(n)), lines: g.edges.map(([a, b], n) =>
    made.edge('n' + a, 'n' + b, 'e' + n).points.map((p) => [p.x, p.y])) };
}
(async () => {
  const ELK = kind === 'elk' ? require('elkjs') : null;
  const run = kind === 'elk' ? new ELK() : require('@dagrejs/dagre');
  const lay = kind !== 'elk' ? dagre : held ? framed : elk;
  if (graphs.length) await lay(graphs[0], run);  // the first call warms up
  const found = [];
  for (const g of graphs) {
    const start = performance.now();
    const placed = await lay(g, run);
    found.push({ ...placed, seconds: (performance.now() - start) / 1000 });
  }
  process.stdout.write(JSON.stringify(found));
})();
"""


def engines(folder: Path | None = None) -> dict[str, Engine]:
    """Those that can be run here. The packages of ELK and dagre are installed into ``folder`` (default: a new one)."""
    found: dict[str, Engine] = {}
    if shutil.which("dot"):
        found["dot"] = _dot
    if shutil.which("node") and shutil.which("npm"):
        place = folder or Path(tempfile.mkdtemp(prefix="engines-"))
        place.mkdir(parents=True, exist_ok=True)
        if not (place / "node_modules").exists():
            command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(place), *PACKAGES]
            if subprocess.run(command, capture_output=True, timeout=300, check=False).returncode:
                return found
        found["elk"] = lambda graphs, held: _node("elk", place, graphs, held)
        found["dagre"] = lambda graphs, held: _node("dagre", place, graphs, held)
    return found


def _node(kind: str, place: Path, graphs: Sequence[Flat], held: bool) -> list[Placed]:
    text = json.dumps([{"sizes": g.sizes, "edges": g.edges, "rows": g.rows or ((), ())} for g in graphs])
    script = place / "engines.js"
    script.write_text(SCRIPT, encoding="utf-8")
    command = ["node", "--stack-size=16000", str(script), kind, str(BESIDE), str(BELOW), "held" if held else ""]
    out = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=900, cwd=place)
    return [
        Placed(
            tuple((x, y) for x, y in one["corners"]),
            tuple(tuple((x, y) for x, y in line) for line in one["lines"]),
            one["seconds"],
        )
        for one in json.loads(out.stdout)
    ]


def _dot(graphs: Sequence[Flat], held: bool) -> list[Placed]:
    return [_dot_one(g, held) for g in graphs]


def _dot_one(g: Flat, held: bool) -> Placed:
    rows = [f'digraph {{ graph [nodesep={BESIDE / 72} ranksep={BELOW / 72}]; node [shape=box fixedsize=true label=""]']
    rows += [f"n{n} [width={w / 72:.4f} height={h / 72:.4f}]" for n, (w, h) in enumerate(g.sizes)]
    rows += [f"n{a} -> n{b} [id=e{n} arrowhead=none]" for n, (a, b) in enumerate(g.edges)]
    for rank, row in zip(("min", "max"), g.rows if held else (), strict=False):
        if row:
            rows.append(f"{{ rank={rank}; {' -> '.join(f'n{v}' for v in row)} [style=invis id=row] }}")
    start = perf_counter()
    out = subprocess.run(
        ["dot", "-Tjson"], input="\n".join([*rows, "}"]), capture_output=True, text=True, check=True, timeout=600
    )
    seconds = perf_counter() - start
    made = json.loads(out.stdout)
    corners: list[Point] = [(0.0, 0.0)] * len(g.sizes)
    for one in made.get("objects", []):
        if "pos" not in one:
            continue  # a rank
        n = int(one["name"][1:])
        x, y = map(float, one["pos"].split(","))
        corners[n] = (x - g.sizes[n][0] / 2, -y - g.sizes[n][1] / 2)
    lines: list[tuple[Point, ...]] = [()] * len(g.edges)
    for one in made.get("edges", []):
        if one["id"] != "row":
            lines[int(one["id"][1:])] = _curve(one["pos"])
    return Placed(tuple(corners), tuple(lines), seconds)


def _curve(text: str) -> tuple[Point, ...]:
    """Graphviz's cubic curves as polylines."""
    at = [tuple(map(float, p.split(","))) for p in text.split() if p[0] not in "se"]
    knots = [(x, -y) for x, y in at]
    points = [knots[0]]
    for i in range(0, len(knots) - 3, 3):
        a, b, c, d = knots[i : i + 4]
        for k in range(1, 7):
            t = k / 6
            s = 1 - t
            points.append(
                (
                    s**3 * a[0] + 3 * s * s * t * b[0] + 3 * s * t * t * c[0] + t**3 * d[0],
                    s**3 * a[1] + 3 * s * s * t * b[1] + 3 * s * t * t * c[1] + t**3 * d[1],
                )
            )
    return tuple(points)
