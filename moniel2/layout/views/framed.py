"""Insets as drawings: a block in a frame of its colour, and the same colour on every box that stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from moniel2.layout.diagram import OWN, Arrow, Body, Diagram, Part, Port, times
from moniel2.layout.layout import layout
from moniel2.layout.pick import planned
from moniel2.layout.scene import FAMILY_KEYS, Box, Group, Item, Scene, TextRun, Wire
from moniel2.layout.text import width
from moniel2.layout.views.dissolve import is_chain
from moniel2.layout.views.insets import Inset
from moniel2.layout.views.pen import SMALL, placed, text
from moniel2.layout.views.tight import in_columns
from moniel2.layout.words import in_short

HERE = "inset"


@dataclass(slots=True)
class Framed:
    """An inset drawn: its items with the corner at (0, 0), and where it goes.

    ``top`` is where its frame begins, below the names of its inputs, and ``title`` the height of its name. It reaches
    from ``left`` to ``right``; a name beside others may stand out further.
    """

    inset: Inset
    items: list[Item]
    w: float
    h: float
    top: float
    title: float
    left: float
    right: float
    x: float = 0.0
    y: float = 0.0


def framed(inset: Inset, found: Sequence[Inset], brief: bool) -> Framed:
    """Draw an inset. ``found`` are all of a figure, whose blocks have colours; ``brief``: with little room."""
    place = inset.places[0]
    body = coloured(inset.body, found, place, False)
    body = shortly(body) if brief else body
    ins, outs = len(body.inputs), len(body.outputs)
    part = Part(
        HERE, "block", "frame", inset.name, f"{inset.times} times" if inset.times > 1 else "", inputs=ins,
        outputs=("",) * outs, entry="ports", title=inset.name, inside=body,
    )  # fmt: skip
    arrows = [Arrow(OWN, k, 0, k) for k in range(ins)] + [Arrow(0, k, OWN, k) for k in range(outs)]
    said = {OWN: _told(body.inputs), 0: _told(body.outputs)}
    outer = Body(said[OWN], said[0], (part,), tuple(arrows))
    made = layout(Diagram(inset.name, outer, columns=False), in_columns if brief else None, plan_of=planned)
    drawn = [_again(i, place, key_of(inset)) for i in made.items]
    # Lines outside say nothing that those inside don't, but where they have names.
    drawn = [i for i in drawn if not isinstance(i, Wire) or any(p.name for p in said[OWN if i.target == place else 0])]
    items, w, h = placed([i for i in drawn if not _is_empty(i)], 0.0, 0.0)
    frame = next(i for i in Scene(0, 0, tuple(items)).walk() if isinstance(i, Box) and i.css == "frame")
    if inset.note:
        items.append(text(frame.x, h + 10.0, inset.note, SMALL, "start", "text.caption", path=place))
        w, h = max(w, frame.x + width(inset.note, SMALL)), h + 13.0
    return Framed(inset, items, w, h, frame.y, frame.y + 11.0, frame.x, frame.x + frame.w)


def _told(ports: Sequence[Port]) -> tuple[Port, ...]:
    """The names of several ports, which say which is which; a single one needs none."""
    return tuple(Port(p.name if len(ports) > 1 else "") for p in ports)


def coloured(body: Body, found: Sequence[Inset], path: str, counted: bool) -> Body:
    """The same with every block that has an inset in its colour, by its name there; ``counted``: ``5 × Block``."""
    inset_of = {place: inset for inset in found for place in inset.places}
    parts: list[Part] = []
    for part in body.parts:
        here = f"{path}/{part.key}" if path else part.key
        if part.inside is not None:
            part = replace(part, inside=coloured(part.inside, found, here, counted))
        elif here in inset_of:
            inset = inset_of[here]
            told = " · ".join(filter(None, (inset.told(here), part.whose)))
            many, sign, _ = part.first.rpartition(" × ")
            part = replace(part, first=many + sign + inset.name, second=told, theme=key_of(inset))
        parts.append(part)
    body = replace(body, parts=tuple(parts))
    return _counted(_folded(body) if is_chain(body) else body) if counted else body


def unlabelled(body: Body) -> Body:
    """Without sizes beside wires: where they stand at the margin, or there is no room."""
    parts = (
        replace(part, outputs=("",) * len(part.outputs), inside=part.inside and unlabelled(part.inside))
        for part in body.parts
    )
    return replace(body, parts=tuple(parts), inputs=tuple(replace(p, label="") for p in body.inputs))


def shortly(body: Body) -> Body:
    """With fewer words on what its colour names."""
    parts: list[Part] = []
    for part in body.parts:
        if part.inside is not None:
            part = replace(part, inside=shortly(part.inside))
        elif not times(part):
            part = replace(part, first=in_short(part.first, part.theme))
        parts.append(part)
    return replace(body, parts=tuple(parts))


def _folded(body: Body) -> Body:
    """A chain in which neighbours with the same words on them are one: their insets say all there is to say."""
    parts: list[Part] = []
    for part in body.parts:
        last = parts[-1] if parts else None
        same = last is not None and (last.first, last.second, last.theme) == (part.first, part.second, part.theme)
        if (
            last is not None
            and same
            and part.theme in FAMILY_KEYS
            and not (part.outputs[0] or part.copies or last.copies)
        ):
            parts[-1] = replace(last, repeat=last.repeat + part.repeat)
        else:
            parts.append(part)
    arrows = [Arrow(k - 1 if k else OWN, 0, k, 0) for k in range(len(parts))] + [Arrow(len(parts) - 1, 0, OWN, 0)]
    return replace(body, parts=tuple(parts), arrows=tuple(arrows))


def _counted(body: Body) -> Body:
    """``5 × Block`` instead of ``Block ×5``."""
    parts = (
        replace(p, first=f"{times(p)[1:]} × {p.first}", repeat=1, copies="") if times(p) and p.inside is None else p
        for p in body.parts
    )
    return replace(body, parts=tuple(parts))


def key_of(inset: Inset) -> str:
    return FAMILY_KEYS[inset.family] if inset.family < len(FAMILY_KEYS) else "block"


def _again(item: Item, place: str, family: str) -> Item:
    """An item of an inset as one of the model: its path, and the colour of its frame."""

    def path(text: str) -> str:
        return place + text[len(HERE) :] if text.startswith(HERE) else ""

    match item:
        case Group():
            return replace(item, items=tuple(_again(i, place, family) for i in item.items), path=path(item.path))
        case Wire():
            return replace(item, source=path(item.source), target=path(item.target))
        case Box() if item.css == "frame" and item.path == HERE:
            return replace(item, path=place, theme=f"{family}.pale")
        case _:
            return replace(item, path=path(item.path))


def _is_empty(item: Item) -> bool:
    return isinstance(item, Group) and all(isinstance(i, TextRun) and not i.text for i in item.items)
