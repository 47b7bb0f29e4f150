"""The laws of geometry on everything there is to draw: ``python -m benchmarks.sweep [--only NAME …] [--kinds KIND …]``.

Every example in every view, direction, manner and depth (0 to 3, what fits a page, and everything open), with blocks
opened at random, beside others; and diagrams made at random. What a view refuses, or what would have too many boxes, is
left out. Faults are printed by law, the most frequent first; the exit status is 1 if there are any.

Kinds: blocks, manners, overview, tensors, volumes, neurons, states, side, tangles. ``--jobs N`` works in N processes.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, scene
from moniel2.ir.model import Model
from moniel2.layout.boxes import Direction
from moniel2.layout.diagram import Diagram
from moniel2.layout.draft import Place, TooManyParts
from moniel2.layout.layout import layout
from moniel2.layout.pick import Wanted
from moniel2.layout.picture import Request, diagram, drafted
from moniel2.layout.scene import Scene
from moniel2.layout.views.options import Refused
from tests import geometry, networks, view_laws
from tests.tangles import tangle

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(p.stem for p in (ROOT / "examples").glob("*.nn"))
DIRECTIONS: tuple[Direction, ...] = ("down", "right", "up", "left")
DEPTHS = (None, 0, 1, 2, 3, 99)
LIMIT = 600  # boxes in one scene
MANNERS = {
    "compact": Request(compact=True),
    "wordy": Request(show=("params", "macs", "args", "names"), title="A figure"),
    "terse": Request(hide=("shapes", "activations")),
    "unrolled": Request(unroll=4),
}
PAIRS = (
    ("vgg", "resnet"),
    ("resnet", "wide_resnet"),
    ("alexnet", "lenet"),
    ("gpt2", "llama"),
    ("unet", "fcn"),
    ("bert", "albert"),
    ("mobilenet_v2", "mobilenet_v3"),
    ("lstm", "rnn"),
)
Faults = list[str]
Case = tuple[str, Callable[[], Faults]]  # what it is called, and what finds its faults


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="+", default=EXAMPLES, metavar="NAME", help="examples (default: all)")
    options.add_argument(
        "--kinds", nargs="+", default=list(KINDS), choices=list(KINDS), metavar="KIND", help="of cases"
    )
    options.add_argument("--states", type=int, default=6, help="random choices of open blocks for each (default: 6)")
    options.add_argument("--tangles", type=int, default=200, help="random diagrams of each kind (default: 200)")
    options.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    given = options.parse_args()
    tasks = [(kind, name, given.states) for name in given.only for kind in KINDS if kind in given.kinds]
    tasks = [t for t in tasks if t[0] != "tangles"]
    if "tangles" in given.kinds:
        tasks += [("tangles", str(seed), 10) for seed in range(0, given.tangles, 10)]
    start, count, found = perf_counter(), 0, Counter[str]()
    with ProcessPoolExecutor(given.jobs) as pool:
        for drawn, faults in pool.map(_checked, tasks) if given.jobs > 1 else map(_checked, tasks):
            count += drawn
            for fault in faults:
                print(fault, flush=True)
                found[_law(fault)] += 1
    print(f"\n{count} scenes checked in {perf_counter() - start:.0f} s, {found.total()} faults")
    for law, number in found.most_common():
        print(f"{number:6} {law}")
    return 1 if found else 0


def _checked(task: tuple[str, str, int]) -> tuple[int, Faults]:
    """How many scenes a task has, and the first faults of each."""
    kind, name, number = task
    drawn, faults = 0, []
    for where, check in KINDS[kind](name, number):
        try:
            said = check()
        except (TooManyParts, Refused):
            continue
        drawn += 1
        faults += [f"{name} {kind} {where}: {fault}" for fault in said[:3]]
    return drawn, faults


def _law(fault: str) -> str:
    """A fault without its names and numbers."""
    return next((word for word in LAWS if word in fault), re.sub(r"[\d.]+", "", fault))


LAWS = (
    "runs through",
    "overlaps",
    "on top of",
    "strikes",
    "sticks out",
    "off the page",
    "lies on the frame",
    "lies on",
)
LAWS += ("lies across", "ends at", "in the void", "leaves", "aslant", "the number", "crosses")


# ------------------------------------------------------------------------------------------------- kinds


def _blocks(name: str, _: int) -> Iterator[Case]:
    model = _model(name)
    for direction in DIRECTIONS:
        for depth in DEPTHS:
            request = Request(direction=direction, wanted=Wanted(depth, limit=LIMIT))
            yield f"{direction} {_depth(depth)}", partial(_of_diagram, model, request)


def _manners(name: str, _: int) -> Iterator[Case]:
    """Said at length, tersely, compactly and written out; directions take turns, since they differ in little."""
    model = _model(name)
    for look, (manner, request) in enumerate(MANNERS.items()):
        for turn, depth in enumerate(DEPTHS):
            direction = DIRECTIONS[(look + turn) % len(DIRECTIONS)]
            asked = replace(request, direction=direction, wanted=Wanted(depth, limit=LIMIT))
            yield f"{manner} {direction} {_depth(depth)}", partial(_of_diagram, model, asked)


def _view(view: str, name: str, _: int) -> Iterator[Case]:
    model = _model(name)
    for depth in DEPTHS:
        for hide in ((), ("shapes",)):
            options = DrawOptions(view=view, depth=depth, hide=hide)
            yield f"{_depth(depth)}{' without shapes' if hide else ''}", partial(_of_scene, [model], options)


def _states(name: str, number: int) -> Iterator[Case]:
    """Blocks opened at random, of the default figure's look and of the plain one."""
    model = _model(name)
    for seed in range(number):
        depth = None if seed % 2 else 0
        request = Request(direction=DIRECTIONS[seed % len(DIRECTIONS)], wanted=Wanted(depth, limit=LIMIT))
        yield f"seed {seed}", partial(_of_state, model, request, f"{name} {seed}")


def _side(name: str, _: int) -> Iterator[Case]:
    for one, other in PAIRS:
        if one == name:
            models = [_model(one), _model(other)]
            for depth in (None, 0, 1):
                for direction in (None, "right", "up"):
                    options = DrawOptions(depth=depth, direction=direction)  # type: ignore[arg-type]
                    yield f"{other} {direction} {_depth(depth)}", partial(_of_scene, models, options)
            for view in ("overview", "tensors", "volumes"):
                yield f"{other} {view}", partial(_of_scene, models, DrawOptions(view=view))


def _tangles(first: str, number: int) -> Iterator[Case]:
    """Series and parallels, irreducible graphs, and all that a diagram can hold."""
    for seed in range(int(first), int(first) + number):
        direction = DIRECTIONS[seed % len(DIRECTIONS)]
        planar = networks.series_parallel(networks.recipe(seed), direction)
        yield f"series-parallel {seed} {direction}", partial(_planar, planar)
        graph = networks.random_graph(seed, 3 + seed % 40, 1 + seed % 7 / 4, direction)
        yield f"irreducible {seed} {direction}", partial(_of_layout, graph)
        yield f"tangle {seed} {direction}", partial(_of_layout, tangle(seed, direction, 3 + seed % 12))
        yield f"frames {seed} {direction}", partial(_of_layout, networks.frames(seed, direction))


KINDS: dict[str, Callable[[str, int], Iterator[Case]]] = {
    "blocks": _blocks,
    "manners": _manners,
    **{view: partial(_view, view) for view in ("overview", "tensors", "volumes", "neurons")},
    "states": _states,
    "side": _side,
    "tangles": _tangles,
}


# ------------------------------------------------------------------------------------------------ scenes


def _of_diagram(model: Model, request: Request) -> Faults:
    return _of_layout(diagram(model, request))


def _of_layout(drawn: Diagram) -> Faults:
    return geometry.faults(layout(drawn))


def _of_scene(models: list[Model], options: DrawOptions) -> Faults:
    return view_laws.faults(scene(models, options))


def _of_state(model: Model, request: Request, seed: str) -> Faults:
    made = drafted(model, request)
    chance = Random(seed)
    share = chance.random()
    chosen: dict[str, bool] = {}

    def opens(place: Place) -> bool:
        return chosen.setdefault(place.path, chance.random() < share)

    return _of_layout(replace(made.diagram, body=made.drafter.body(opens, LIMIT)))


def _planar(drawn: Diagram) -> Faults:
    made: Scene = layout(drawn)
    cut = geometry.crossings(geometry.flattened(made))
    return geometry.faults(made) + ([f"crosses itself {len(cut)} times"] if cut else [])


def _model(name: str) -> Model:
    return mn.load(ROOT / "examples" / f"{name}.nn").ir


def _depth(depth: int | None) -> str:
    return "default" if depth is None else "all open" if depth == 99 else f"depth {depth}"


if __name__ == "__main__":
    sys.exit(main())
