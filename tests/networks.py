"""Networks made at random, as bodies of diagrams: what no example has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from moniel2.layout.boxes import Direction
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, PartKind, Port
from moniel2.layout.graph import Entry

Recipe = Any  # "op", ("series", recipes) or ("parallel", recipes, whether a bare wire is one of the branches)
WORDS = ("Conv 3×3, 64", "ReLU", "BatchNorm", "MaxPool 2×2", "Linear 1000", "σ", "Embedding 30000 × 620")


def op(number: int, inputs: int = 1, label: str = "", **more: Any) -> Part:
    """A box with one output."""
    first = WORDS[number % len(WORDS)]
    return Part(f"n{number}", "op", "conv", first, inputs=inputs, outputs=(label,), **more)


def plus(number: int, inputs: int) -> Part:
    """⊕ of up to four tensors, a box of more."""
    if inputs > 4:
        return Part(f"n{number}", "op", "merge", "Add", inputs=inputs)
    return Part(f"n{number}", "glyph", "glyph", "Add", glyph="+", inputs=inputs)


def chain(length: int) -> Diagram:
    """One box after the other."""
    arrows = [Arrow(OWN, 0, 0, 0), *(Arrow(i, 0, i + 1, 0) for i in range(length - 1)), Arrow(length - 1, 0, OWN, 0)]
    return diagram([op(i, label="64×56×56" if i % 3 == 0 else "") for i in range(length)], arrows)


def fan(width: int) -> Diagram:
    """One box, many branches, one box."""
    parts = [op(0), *(op(i + 1) for i in range(width)), op(width + 1, width)]
    arrows = [Arrow(OWN, 0, 0, 0), Arrow(width + 1, 0, OWN, 0)]
    for i in range(width):
        arrows += [Arrow(0, 0, i + 1, 0), Arrow(i + 1, 0, width + 1, i)]
    return diagram(parts, arrows)


def dense(count: int) -> Diagram:
    """Layers that each read all that was made before, joined in that order."""
    parts, arrows = [op(0, label="64×56×56")], [Arrow(OWN, 0, 0, 0)]
    made = [0]
    for layer in range(count):
        join = Part(f"join{layer}", "op", "merge", "Concat", inputs=len(made), entry="order" if layer else "any")
        parts += [join, op(layer + 1)]
        arrows += [Arrow(source, 0, len(parts) - 2, k) for k, source in enumerate(made)]
        arrows.append(Arrow(len(parts) - 2, 0, len(parts) - 1, 0))
        made.append(len(parts) - 1)
    parts.append(Part("all", "op", "merge", "Concat", inputs=len(made), entry="order"))
    arrows += [Arrow(source, 0, len(parts) - 1, k) for k, source in enumerate(made)]
    return diagram(parts, [*arrows, Arrow(len(parts) - 1, 0, OWN, 0)])


def nested(depth: int) -> Diagram:
    """A block in a block in a block."""
    body = _body([op(0)], [Arrow(OWN, 0, 0, 0), Arrow(0, 0, OWN, 0)])
    for level in range(depth):
        part = Part(f"b{level}", "block", "frame", f"Block {level}", entry="ports", inside=body)
        body = _body([part], [Arrow(OWN, 0, 0, 0), Arrow(0, 0, OWN, 0)])
    return Diagram("nested", body)


def series_parallel(recipe: Recipe, direction: Direction = "down") -> Diagram:
    """A network by its recipe; all that runs side by side meets in a sum."""
    made = _Making()
    last = made.make(("series", ["op", recipe, "op"]), OWN)
    made.arrows.append((last, OWN))
    inputs = [sum(b == n for _, b in made.arrows) for n in range(made.count)]
    parts = [plus(n, inputs[n]) if n in made.sums else op(n, inputs[n]) for n in range(made.count)]
    seen: dict[int, int] = {}
    arrows = []
    for a, b in made.arrows:
        arrows.append(Arrow(a, 0, b, seen.get(b, 0) if b != OWN else 0))
        seen[b] = seen.get(b, 0) + 1
    return diagram(parts, arrows, direction)


def random_graph(seed: int, size: int, degree: float = 1.6, direction: Direction = "down") -> Diagram:
    """Any acyclic graph: each box takes one to three of those before it, the near ones rather than the far ones."""
    random = Random(seed)
    takes: list[list[int]] = [[OWN]]
    for n in range(1, size):
        count = 1 + (random.random() < degree - 1) + (random.random() < (degree - 1) / 3)
        found = {max(0, n - 1 - int(random.expovariate(0.35))) for _ in range(count)}
        takes.append(sorted(found))
    parts = [op(n, len(t), "8×8" if random.random() < 0.3 else "") for n, t in enumerate(takes)]
    arrows = [Arrow(a, 0, n, i) for n, t in enumerate(takes) for i, a in enumerate(t)]
    used = {a for t in takes for a in t}
    ends = [n for n in range(size) if n not in used]
    parts.append(op(size, len(ends)))
    arrows += [Arrow(a, 0, size, i) for i, a in enumerate(ends)]
    arrows.append(Arrow(size, 0, OWN, 0))
    return diagram(parts, arrows, direction)


def recipe(seed: int, depth: int = 4) -> Recipe:
    """A recipe made at random."""
    return _recipe(Random(seed), depth)


def _recipe(random: Random, depth: int) -> Recipe:
    if depth == 0 or random.random() < 0.3:
        return "op"
    if random.random() < 0.5:
        return ("series", [_recipe(random, depth - 1) for _ in range(random.randint(2, 4))])
    bare = random.random() < 0.5
    return ("parallel", [_recipe(random, depth - 1) for _ in range(random.randint(1 if bare else 2, 4))], bare)


def diagram(parts: Sequence[Part], arrows: Sequence[Arrow], direction: Direction = "down") -> Diagram:
    return Diagram("random", _body(parts, arrows), direction=direction)


def _body(parts: Sequence[Part], arrows: Sequence[Arrow]) -> Body:
    outputs = 1 + max((a.into for a in arrows if a.target == OWN), default=0)
    names = ("y", *(f"y{n}" for n in range(1, outputs)))
    return Body((Port("x"),), tuple(Port(name) for name in names), tuple(parts), tuple(arrows))


@dataclass
class _Making:
    count: int = 0

    def __post_init__(self) -> None:
        self.arrows: list[tuple[int, int]] = []
        self.sums: set[int] = set()

    def make(self, recipe: Recipe, before: int) -> int:
        """Add a recipe after a box; returns its last box."""
        if recipe == "op":
            self.arrows.append((before, self._new()))
            return self.count - 1
        if recipe[0] == "series":
            for one in recipe[1]:
                before = self.make(one, before)
            return before
        ends = [self.make(one, before) for one in recipe[1]]
        if recipe[2]:
            ends.append(before)
        number = self._new()
        self.sums.add(number)
        self.arrows += [(end, number) for end in ends]
        return number

    def _new(self) -> int:
        self.count += 1
        return self.count - 1


def frames(seed: int, direction: Direction = "down") -> Diagram:
    """Open blocks with several ports in open blocks, wired any way round; some of them are drawn twice."""
    return Diagram("frames", _frame(Random(seed), 2), direction=direction)


def _frame(random: Random, depth: int) -> Body:
    inputs = [Port(f"i{n}") for n in range(random.randint(2, 4))]
    outputs = [Port(f"o{n}") for n in range(random.randint(1, 3))]
    parts: list[Part] = []
    arrows: list[Arrow] = []
    waiting = [(OWN, n) for n in range(len(inputs))]  # what nothing takes so far
    made = list(waiting)
    for n in range(random.randint(2, 4)):
        known = [p.inside for p in parts if p.inside is not None]
        inside = None
        if depth and random.random() < 0.6:
            inside = random.choice(known) if known and random.random() < 0.3 else _frame(random, depth - 1)
        takes = len(inside.inputs) if inside is not None else random.randint(1, 3)
        gives = len(inside.outputs) if inside is not None else 1
        title = f"Block {n}" if inside is not None else WORDS[n % len(WORDS)]
        kind: PartKind = "block" if inside is not None else "op"
        entry: Entry = "ports" if inside is not None else random.choice(("any", "loose", "order"))
        parts.append(
            Part(f"n{n}", kind, "conv", title, inputs=takes, outputs=("",) * gives, entry=entry, inside=inside)
        )
        for into in range(takes):
            source = waiting.pop(random.randrange(len(waiting))) if waiting else random.choice(made)
            arrows.append(Arrow(*source, n, into))
        made += [(n, k) for k in range(gives)]
        waiting += [(n, k) for k in range(gives)]
    for n in range(len(outputs)):
        source = waiting.pop(random.randrange(len(waiting))) if waiting else random.choice(made)
        if source[0] != OWN:
            arrows.append(Arrow(*source, OWN, n))
    return Body(tuple(inputs), tuple(outputs), tuple(parts), tuple(dict.fromkeys(arrows)))
