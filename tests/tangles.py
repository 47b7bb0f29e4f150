"""Diagrams made at random of everything that a diagram can hold: what no network has, but some model may."""

from __future__ import annotations

from random import Random

from moniel2.layout.boxes import Direction
from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, Port
from moniel2.layout.graph import Entry, Side

WORDS = ("Conv 3×3, 64", "ReLU", "BatchNorm", "MaxPool 2×2", "Linear 1000", "σ", "Embedding 30000 × 620")
SHAPES = ("", "", "8×8", "64×56×56", "B×T×512")
SIDES: tuple[Side, ...] = ("", "", "", "left", "right")
ENTRIES: tuple[Entry, ...] = ("any", "any", "any", "loose", "order")


def tangle(seed: int, direction: Direction = "down", most: int = 12) -> Diagram:
    """Cycles, loops, wires side by side, side ports, what nothing is wired to, blocks in blocks, empty ones too."""
    random = Random(seed)
    return Diagram("tangle", _body(random, most, 2, bare=True), direction=direction)


def _body(random: Random, most: int, depth: int, bare: bool) -> Body:
    inputs = tuple(
        Port(f"i{n}", random.choice(SHAPES), "" if bare else random.choice(SIDES)) for n in range(random.randint(0, 3))
    )
    outputs = tuple(Port(f"o{n}", random.choice(SHAPES)) for n in range(random.randint(0, 3)))
    parts = [_part(random, n, most, depth) for n in range(random.randint(0, most))]
    degree = random.choice((0.8, 1.3, 1.8))
    back = random.choice((0.0, 0.0, 0.1))
    arrows: list[Arrow] = []
    full: set[tuple[int, int]] = set()  # inputs that take no more
    wanted = [(OWN, n) for n in range(len(outputs))] + [(n, -1) for n in range(len(parts))]
    for target, port in wanted:
        for _ in range(int(random.expovariate(1 / degree) + 0.5)):
            into = port if port >= 0 else _input(random, parts[target])
            source, out = _source(random, inputs, parts, target, back)
            if into >= 0 and out >= 0 and (target, into) not in full:
                aside = source == OWN and inputs[out].side
                if target == OWN and source == OWN and (aside or random.random() < 0.8):
                    continue
                if target != OWN and not _takes_many(random, parts[target], into):
                    full.add((target, into))
                arrows.append(Arrow(source, out, target, into, random.random() < 0.02))
    return Body(inputs, outputs, tuple(parts), tuple(arrows))


def _part(random: Random, number: int, most: int, depth: int) -> Part:
    kind = random.random()
    labels = tuple(random.choice(SHAPES) for _ in range(random.choice((1, 1, 1, 2, 3))))
    word = random.choice(WORDS)
    if kind < 0.15 and depth:
        inside = _body(random, most // 2, depth - 1, bare=False)
        shown = tuple("" for _ in inside.outputs)
        title = random.choice(("A", "Block", "A rather long title"))
        return Part(
            f"n{number}", "block", "frame", title, random.choice(("", "64", "heads 8 · 512")),
            repeat=random.choice((1, 1, 6)), entry="ports", inputs=len(inside.inputs), outputs=shown, inside=inside,
        )  # fmt: skip
    if kind < 0.3:
        return Part(f"n{number}", "block", "block", word, "64", repeat=random.choice((1, 3)), inputs=3, outputs=labels)
    if kind < 0.5:
        sign = random.choice("+×")
        return Part(f"n{number}", "glyph", "glyph", "Add", glyph=sign, inputs=4, outputs=(random.choice(SHAPES),))
    sides = tuple((k, s) for k in range(3) if (s := random.choice(SIDES))) if random.random() < 0.2 else ()
    second = random.choice(("", "", "bias, 3 more"))
    entry = random.choice(ENTRIES)
    return Part(f"n{number}", "op", "conv", word, second, inputs=3, outputs=labels, entry=entry, sides=sides)


def _takes_many(random: Random, part: Part, into: int) -> bool:
    """Whether several wires may meet on an input: not at a side, nor on a sign, which has one for each operand."""
    sides = part.sides if part.inside is None else tuple((k, p.side) for k, p in enumerate(part.inside.inputs))
    return not part.glyph and not any(port == into and side for port, side in sides) and random.random() < 0.3


def _input(random: Random, part: Part) -> int:
    return random.randrange(part.inputs) if part.inputs else -1


def _source(random: Random, inputs: tuple[Port, ...], parts: list[Part], target: int, back: float) -> tuple[int, int]:
    """Mostly what stands a little before, sometimes an input, seldom what comes later or the target itself."""
    here = len(parts) if target == OWN else target
    if inputs and (here == 0 or random.random() < 0.15):
        return OWN, random.randrange(len(inputs))
    if parts and random.random() < back:
        source = random.randrange(len(parts))
    elif here:
        source = max(0, here - 1 - int(random.expovariate(0.4)))
    else:
        return OWN, -1
    outputs = len(parts[source].outputs)
    return source, random.randrange(outputs) if outputs else -1
