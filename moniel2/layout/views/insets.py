"""One drawing for all uses of a block: what is the same in all of them, and letters for the sizes that differ."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from moniel2.dims import Dim
from moniel2.ir.formula import Apply, Formula, Name
from moniel2.ir.measure import measure
from moniel2.ir.model import Block, BlockName, Model, distinct_blocks
from moniel2.layout.diagram import Body, Part, times
from moniel2.layout.draft import Drafter, Look, Place, TooManyParts
from moniel2.layout.pick import visible
from moniel2.layout.views.dissolve import dissolve
from moniel2.layout.views.flow import is_chain
from moniel2.layout.views.stages import Column
from moniel2.layout.words import short_name

SMALL, LARGEST = 5, 24  # parts in an inset before like ones are folded, and at most
NUMBER = re.compile(r"\d+")


@dataclass(slots=True)
class Inset:
    """A block as it is drawn once. ``places`` are the paths of its uses, ``family`` the number of its definition."""

    block: Block
    name: str
    family: int
    body: Body
    letters: tuple[str, ...] = ()
    uses: list[tuple[Block, Body]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    times: int = 0
    note: str = ""
    outer: str = ""  # the path of the block that it stands in, "" in the column

    def told(self, place: str) -> str:
        """What the letters stand for in one use: ``C = 64``."""
        sizes = _letters(self.uses[self.places.index(place)][0])
        return ", ".join(f"{name} = {sizes[name].value}" for name in self.letters if name in sizes)


def form(body: Body) -> Hashable:
    """What two uses of a block must share to be one drawing: parts and arrows, whatever their sizes."""
    parts = tuple(
        (p.kind, p.theme, _words(p.first), p.glyph, p.inputs, len(p.outputs), p.inside and form(p.inside))
        for p in body.parts
    )
    return (len(body.inputs), len(body.outputs), parts, body.arrows)


def _words(text: str) -> str:
    return text.split(" ")[0].split(",")[0]


def together(uses: Sequence[tuple[Block, Body]]) -> tuple[Body, tuple[str, ...]]:
    """One body for all, and the letters in it.

    Equal words stay, numbers that follow a size of the block become its letter, the others are left out.
    """
    letters = [_letters(block) for block, _ in uses]
    body = _together([b for _, b in uses], letters)
    words = {w for part in _all(body) for t in (part.first, part.second) for w in re.findall(r"[^\W\d]\w*", t)}
    plain = {w for part in _all(uses[0][1]) for t in (part.first, part.second) for w in re.findall(r"[^\W\d]\w*", t)}
    return body, tuple(name for name in letters[0] if name in words - plain)


def _together(bodies: Sequence[Body], letters: Sequence[dict[str, Letter]]) -> Body:
    first = bodies[0]
    parts = tuple(_part([b.parts[k] for b in bodies], letters) for k in range(len(first.parts)))
    return replace(first, parts=parts)


def _part(parts: Sequence[Part], letters: Sequence[dict[str, Letter]]) -> Part:
    one = parts[0]
    repeats = [p.repeat for p in parts]
    named = _text([p.first for p in parts], letters) or _words(one.first)
    if len(set(repeats)) > 1:
        named = f"{_letter(repeats, letters) or 'n'} × {named}"
    inside = None
    if one.inside is not None:
        inside = _together([p.inside for p in parts if p.inside is not None], letters)
    outputs = tuple(_text([p.outputs[k] for p in parts], letters, whole=True) for k in range(len(one.outputs)))
    return replace(
        one,
        first=named,
        second=_text([p.second for p in parts], letters),
        outputs=outputs,
        repeat=one.repeat if len(set(repeats)) == 1 else 1,
        inside=inside,
    )


def _text(texts: Sequence[str], letters: Sequence[dict[str, Letter]], whole: bool = False) -> str:
    """One text for all; ``whole``: nothing at all rather than a part of it."""
    if len(set(texts)) == 1:
        return texts[0]
    dotted = [t.split(" · ") for t in texts]
    if len({len(d) for d in dotted}) > 1 and not whole:
        return " · ".join(d for d in dotted[0] if all(d in other for other in dotted))
    # What stands in brackets is said whole or not at all.
    pieces = [re.split(r", (?![^\[(]*[\])])", t) for t in texts]
    if len({len(p) for p in pieces}) > 1:
        common = [p for p in pieces[0] if all(p in other for other in pieces)]
        return "" if whole else ", ".join(common)
    found = [_piece([p[k] for p in pieces], letters) for k in range(len(pieces[0]))]
    if whole and "" in found:
        return ""
    return ", ".join(p for p in found if p)


def _piece(texts: Sequence[str], letters: Sequence[dict[str, Letter]]) -> str:
    if len(set(texts)) == 1:
        return texts[0]
    if len({NUMBER.sub("#", t) for t in texts}) > 1:
        return ""
    numbers = [[int(n) for n in NUMBER.findall(t)] for t in texts]
    named: list[str] = []
    for k in range(len(numbers[0])):
        values = [n[k] for n in numbers]
        letter = str(values[0]) if len(set(values)) == 1 else _letter(values, letters)
        if not letter:
            return ""
        named.append(letter)
    following = iter(named)
    return NUMBER.sub(lambda _: next(following), texts[0])


def _letter(values: Sequence[int], letters: Sequence[dict[str, Letter]]) -> str:
    """``C`` or ``4C`` or ``C/4`` if that is what the number is in every use."""
    for factor in (1, 2, 3, 4, 6, 8, Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 16)):
        for name in letters[0]:
            known = zip(values, letters, strict=True)
            if factor != 1 and not letters[0][name].reckoned:
                continue  # by chance
            if all(name in sizes and sizes[name].value * factor == value for value, sizes in known):
                if factor == 1:
                    return name
                return f"{factor}{name}" if factor >= 1 else f"{name}/{Fraction(factor).denominator}"
    return ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A number that a block knows by name. ``reckoned``: it, or what is inside, may calculate with it."""

    value: Fraction
    reckoned: bool


def _letters(block: Block) -> dict[str, Letter]:
    """The whole numbers that a block knows by name: its parameters, then the sizes of its inputs."""
    found: dict[str, Letter] = {}
    reckoned = {name for inner in distinct_blocks(block) for name in _calculated(inner)}
    for name, value in (*block.parameters, *block.sizes):
        number = value.constant if isinstance(value, Dim) else value
        if isinstance(number, int) and not isinstance(number, bool) and number > 1:
            found.setdefault(name, Letter(Fraction(number), name in reckoned))
    return found


def _calculated(block: Block) -> Iterator[str]:
    """The names in the expressions of a block that do more than hand a number on."""
    stack: list[Formula] = [w.formula for w in block.formulas.written if isinstance(w.formula, Apply)]
    while stack:
        formula = stack.pop()
        if isinstance(formula, Apply):
            stack += formula.parts
        elif isinstance(formula, Name):
            yield formula.name


# ------------------------------------------------------------------------------------------ which


def insets(stages: Column, most: int) -> list[Inset]:
    """The kinds of blocks in order of first use, then those inside them."""
    found: dict[Hashable, Inset] = {}
    families: dict[str, int] = {}
    queue: list[tuple[str, str, Block, int, str]] = [
        (p.key, p.first, stages.blocks[p.key], p.repeat, "") for p in stages.body.parts if p.key in stages.blocks
    ]
    measured = measure(stages.drafter.model.root)
    trained = [q for q in queue if measured.block(q[2]).parameters.number != 0]
    queue = trained or queue  # what trains nothing is shown only if there is nothing else, or inside another
    for path, name, block, copies, outer in queue:
        drafted = draft(block, stages.drafter.look)
        if drafted is None:
            continue
        body, inner = drafted
        key = (block.definition, name, form(body))
        if key not in found:
            if len(found) >= most:
                continue
            family = families.setdefault(f"{block.definition} {name}", len(families))
            found[key] = Inset(block, name, family, body, outer=outer)
            queue += [(f"{path}/{k}", n, b, 1, path) for k, n, b in inner]
        found[key].uses.append((block, body))
        found[key].places.append(path)
        found[key].times += copies
    for inset in found.values():
        body, inset.letters = together(inset.uses)
        inset.body, inset.note = bare(body, inset.block, stages.drafter)
    return list(found.values())


def numbered(found: Sequence[Inset]) -> list[Inset]:
    """The insets of one figure, those of one family told apart by numbers."""
    named: list[Inset] = []
    for inset in found:
        alike = [i for i in found if i.family == inset.family]
        number = next(n for n, i in enumerate(alike, start=1) if i is inset)
        named.append(replace(inset, name=f"{inset.name} ({number})") if len(alike) > 1 else inset)
    return named


def draft(block: Block, look: Look) -> tuple[Body, list[tuple[str, str, Block]]] | None:
    """What is in a block, chains open, and the closed blocks in it; None if that is nothing or too much."""
    look = replace(look, shapes=False, states=False)
    found: list[tuple[Body, list[tuple[str, str, Block]]]] = []
    for one in (look, replace(look, loose=True)):
        drafter = Drafter(Model(block.name, block), one)
        blocks: dict[str, Block] = {}

        def opens(place: Place, drafter: Drafter = drafter, blocks: dict[str, Block] = blocks) -> bool:
            blocks[place.path] = place.block
            filled = any(isinstance(value, BlockName) for _, value in place.block.parameters)
            return (filled or is_chain(drafter.folded(place.block))) and not place.block.attribute("collapse")

        try:
            body = drafter.body(opens, LARGEST)
        except TooManyParts:
            continue

        def keep(path: str, part: Part, blocks: dict[str, Block] = blocks) -> bool:
            block = blocks[path]
            named = block.name and not any(isinstance(value, BlockName) for _, value in block.parameters)
            return bool(named) or bool(times(part))

        body = dissolve(body, keep)
        told = any(part.inside is not None or times(part) for part in body.parts) or any(a.dashed for a in body.arrows)
        if len(body.parts) > 1 or told:
            found.append((body, list(_closed(body, "", blocks))))
    # What is alike is folded where that saves much.
    found.sort(key=lambda f: visible(f[0]))
    return next((f for f in reversed(found) if visible(f[0]) <= max(2 * visible(found[0][0]), SMALL)), None)


def _closed(body: Body, path: str, blocks: dict[str, Block]) -> Iterator[tuple[str, str, Block]]:
    for part in body.parts:
        here = f"{path}/{part.key}" if path else part.key
        if part.inside is not None:
            yield from _closed(part.inside, here, blocks)
        elif part.kind == "block" and here in blocks:
            yield here, part.first, blocks[here]


# ------------------------------------------------------------------------------------------ notes


def bare(body: Body, block: Block, drafter: Drafter) -> tuple[Body, str]:
    """What follows most convolutions is said once below the drawing instead of on every box."""
    tails = {
        " · ".join(short_name(n) for n in step.merged)
        for inner in distinct_blocks(block)
        for step in drafter.folded(inner).steps
        if step.merged
    }
    counted = Counter(_tail(p, tails) for p in _all(body) if p.theme == "conv")
    if not counted:
        return body, ""
    common, times = counted.most_common(1)[0]
    if not common or times < 3 or times < 0.6 * counted.total():
        return body, ""
    return _stripped(body, common, tails), f"Conv: then {common}"


def _all(body: Body) -> Iterator[Part]:
    for part in body.parts:
        yield part
        if part.inside is not None:
            yield from _all(part.inside)


def _tail(part: Part, tails: set[str]) -> str:
    ends = [t for t in tails if part.second == t or part.second.endswith(f" · {t}")]
    return max(ends, key=len, default="")


def _stripped(body: Body, common: str, tails: set[str]) -> Body:
    parts = []
    for part in body.parts:
        if part.inside is not None:
            part = replace(part, inside=_stripped(part.inside, common, tails))
        elif part.theme == "conv":
            tail = _tail(part, tails)
            if tail == common:
                part = replace(part, second=part.second[: -len(tail)].removesuffix(" · "))
            elif not tail:
                part = replace(part, second=f"{part.second} · linear".removeprefix(" · "))
        parts.append(part)
    return replace(body, parts=tuple(parts))
