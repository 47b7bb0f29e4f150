"""The layout beside Graphviz, ELK and dagre: ``python -m benchmarks.layout [--out FOLDER] [--random N]``.

Every body of every example's figure is given to each engine as a graph of boxes of the same sizes, its own ports among
them (block by block). Where a frame's ports stand is free: "crossings" counts bare what each engine draws, ours where
they fit what is around. "Out of order" are the pairs of ports that another engine has the other way round, so that
wires cross around the frame. "Ports held" counts crossings where dot and ELK are told to keep our order, by their own
means; dagre has none. Then random graphs. The tables go to standard output; ``--out`` gets them as a page with the
pictures. Whether pictures are sound is the business of ``sweep``.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from html import escape
from pathlib import Path

import moniel2 as mn
from benchmarks.engines import Engine, engines
from benchmarks.graphs import bodies, flat_of, of_scene, ours
from benchmarks.metrics import NOTHING, Metrics, measured, out_of_order
from moniel2.backends.svg import svg
from moniel2.backends.theme import theme
from moniel2.layout.compose import Block
from moniel2.layout.diagram import Body, Diagram
from moniel2.layout.layout import layout
from moniel2.layout.pick import visible
from moniel2.layout.picture import Request, diagram
from tests import networks

ROOT = Path(__file__).resolve().parent.parent
Case = tuple[str, Body, Block]
HEAD = (
    "spine",
    "crossings",
    "ports held",
    "out of order",
    "through boxes",
    "overlaps",
    "area/kpx²",
    "aspect",
    "bends",
    "seconds",
)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, help="a folder for the page with all pictures")
    options.add_argument("--random", type=int, default=40, help="how many random graphs of each kind (default: 40)")
    options.add_argument("--engines", type=Path, help="a folder where the packages of ELK and dagre are or shall be")
    options.add_argument("names", nargs="*", help="examples (default: all)")
    given = options.parse_args()
    others = engines(given.engines)
    names = given.names or sorted(p.stem for p in (ROOT / "examples").glob("*.nn"))
    figures: list[tuple[str, Diagram]] = []
    behind: list[str] = []
    print(f"{'':<24}{'engine':<9}" + "".join(f"{h:>15}" for h in HEAD))
    totals: dict[str, Metrics] = {}
    for name in names:
        model = mn.load(ROOT / "examples" / f"{name}.nn").ir
        drawn = diagram(model, Request())
        figures.append((name, drawn))
        graphs = [(f"{name}/{n}", *one) for n, one in enumerate(bodies(drawn.body)) if len(one[0].parts) > 1]
        found = compared(graphs, others)
        behind += lagging(name, found)
        show(name, found)
        for engine, one in found.items():
            totals[engine] = totals[engine] + one if engine in totals else one
    show("all examples", totals)
    for kind, graphs in random_graphs(given.random).items():
        each = one_by_one(graphs, others)
        found = {engine: _sum(ones) for engine, ones in each.items()}
        show(kind, found)
        if "irreducible" in kind and "dot" in each:
            worse = [
                f"{name}: {mine.crossings} crossings, dot {other.crossings}"
                for (name, *_), mine, other in zip(graphs, each["moniel2"], each["dot"], strict=True)
                if mine.crossings > other.crossings
            ]
            print(f"{'':<24}no more crossings than dot on {len(graphs) - len(worse)} of {len(graphs)}", flush=True)
            behind += worse
        behind += [f"{kind}: {found['moniel2'].through} lines through boxes"] if found["moniel2"].through else []
    print()
    for size in (1000, 5000):
        *_, seconds = of_scene(networks.random_graph(1, size))
        print(f"a random graph of {size} boxes: {seconds:.1f} s", flush=True)
    if given.out:
        page(given.out, figures)
    print("\n".join(["", "behind:", *behind]) if behind else "\nahead everywhere")
    return 1 if behind else 0


def compared(graphs: list[Case], others: dict[str, Engine]) -> dict[str, Metrics]:
    """The sum over some bodies, for each engine."""
    return {engine: _sum(each) for engine, each in one_by_one(graphs, others).items()}


def one_by_one(graphs: list[Case], others: dict[str, Engine]) -> dict[str, list[Metrics]]:
    """For each engine the numbers of each body."""
    flats = [flat_of(*case) for case in graphs]
    found = {"moniel2": [measured(f, ours(f, b, l)) for f, (_, b, l) in zip(flats, graphs, strict=True)]}
    for name, engine in others.items():
        free = engine(flats, False)
        found[name] = [measured(f, p) for f, p in zip(flats, free, strict=True)]
        held = [n for n, f in enumerate(flats) if any(len(row) > 1 for row in f.rows)]
        for n, placed in zip(held, engine([flats[n] for n in held], True), strict=True):
            crossed, apart = measured(flats[n], placed).crossings, out_of_order(flats[n], free[n])
            found[name][n] = replace(found[name][n], held=crossed, out_of_order=apart)
    return found


def lagging(name: str, found: dict[str, Metrics]) -> list[str]:
    """Where ours doesn't lead: spine, crossings, lines through boxes; or needs more than half as much area again."""
    mine = found["moniel2"]
    said: list[str] = []
    for engine, other in found.items():
        if engine == "moniel2":
            continue
        if other.spine > mine.spine + 1e-9:
            said.append(f"{name}: spine {mine.spine:.0%}, {engine} {other.spine:.0%}")
        if other.crossings < mine.crossings:
            said.append(f"{name}: {mine.crossings} crossings, {engine} {other.crossings}")
        if mine.through > other.through:
            said.append(f"{name}: {mine.through} lines through boxes, {engine} {other.through}")
        if mine.area > 1.5 * other.area:
            said.append(f"{name}: area {mine.area:.0f}, {engine} {other.area:.0f}")
    return said


def random_graphs(count: int) -> dict[str, list[Case]]:
    made = {
        "irreducible": [(f"irreducible {n}", networks.random_graph(n, 12 + n % 30)) for n in range(count)],
        "series-parallel": [(f"planar {n}", networks.series_parallel(networks.recipe(n))) for n in range(count)],
        **{
            f"irreducible, {size}": [(f"{size} {n}", networks.random_graph(n, size)) for n in range(-(-count // 4))]
            for size in (60, 100, 150, 250)
        },
        "large": [("random of 150", networks.random_graph(1, 150)), ("chain of 400", networks.chain(400))],
    }
    return {kind: [(name, *bodies(d.body)[0]) for name, d in graphs] for kind, graphs in made.items()}


def show(name: str, found: dict[str, Metrics]) -> None:
    for n, (engine, m) in enumerate(found.items()):
        cells = (
            f"{m.spine:.0%}",
            str(m.crossings),
            str(m.held),
            str(m.out_of_order),
            str(m.through),
            str(m.overlaps),
            f"{m.area:.0f}",
            f"{m.aspect:.1f}",
            str(m.bends),
            f"{m.seconds:.3f}",
        )
        print(f"{'' if n else name:<24}{engine:<9}" + "".join(f"{c:>15}" for c in cells), flush=True)


def page(folder: Path, figures: list[tuple[str, Diagram]]) -> None:
    """All default figures on one sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    inks = theme("light")
    parts = ["<!doctype html><meta charset=utf-8><title>Layout</title><style>figure{display:inline-block;margin:1em;"]
    parts.append("vertical-align:top}figcaption{font:13px sans-serif;max-width:30em}</style>")
    for name, drawn in figures:
        width, height, bends, seconds = of_scene(drawn)
        said = (
            f"{name}: {visible(drawn.body)} boxes, {width:.0f} × {height:.0f}, {bends} bends, {seconds * 1000:.0f} ms"
        )
        parts.append(f"<figure>{svg(layout(drawn), inks)}<figcaption>{escape(said)}</figcaption></figure>")
    (folder / "index.html").write_text("\n".join(parts), encoding="utf-8")
    print(f"\n{folder / 'index.html'}")


def _sum(all_of_them: list[Metrics]) -> Metrics:
    total = NOTHING
    for one in all_of_them:
        total = total + one
    return total


if __name__ == "__main__":
    sys.exit(main())
