"""Every block as it may be drawn, each once and independent of what is open; and bodies assembled from that.

A ``Sheet`` says what a block shows when it is open: its parts as they look closed, what changes when one is opened, and
what flows between them. Assembling is plain Python, so that the page of ``backends/html`` does it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from moniel2.layout.diagram import OWN, Arrow, Body, Part, Port

ROOT = 0  # the sheet of the whole model


@dataclass(frozen=True, slots=True)
class Opening:
    """What a part becomes when it is opened: its frame, and the sheet of what is inside.

    ``ins`` and ``outs`` say which port of the frame each input and output of the closed part is; -1 is none.
    """

    part: Part
    sheet: int
    ins: tuple[int, ...]
    outs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A part as it looks closed. ``outs``: the place of each output among those that are drawn, -1 if it isn't."""

    part: Part
    outs: tuple[int, ...]
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """An arrow of which it is still open where it ends: at operand ``rank`` of a closed part, or input ``into`` of an
    open one. The body's own ports have their final numbers."""

    source: int
    out: int
    target: int
    into: int
    rank: int
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A block, open."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    slots: tuple[Slot, ...]
    threads: tuple[Thread, ...]
    shape: Literal["", "u"] = ""


Opens = Callable[[str, int, int, int], bool]  # path, depth, sheet, slot
BodyKey = tuple[int, tuple[int, ...]]  # sheet, identity of the body inside each slot, 0 if it is closed


@dataclass(slots=True)
class _Frame:
    path: str
    depth: int
    sheet: int
    inside: list[Body | None]  # of each slot so far


def assemble(sheet_of: Callable[[int], Sheet], opens: Opens, limit: int, known: dict[BodyKey, Body]) -> Body | None:
    """The body of the whole with every block open that ``opens`` says; None if it has more than ``limit`` parts.

    ``opens`` is asked about every part, also about those that can't be opened.
    ``known`` keeps bodies, so that equal ones are the same object.
    """
    count = 0
    stack = [_Frame("", 0, ROOT, [])]
    while True:
        frame = stack[-1]
        sheet = sheet_of(frame.sheet)
        number = len(frame.inside)
        if number == len(sheet.slots):
            body = _body(frame, sheet, known)
            stack.pop()
            if not stack:
                return body
            stack[-1].inside.append(body)
            continue
        count += 1
        if count > limit:
            return None
        slot = sheet.slots[number]
        path = f"{frame.path}/{slot.part.key}" if frame.path else slot.part.key
        if opens(path, frame.depth + 1, frame.sheet, number) and slot.opening is not None:
            stack.append(_Frame(path, frame.depth + 1, slot.opening.sheet, []))
        else:
            frame.inside.append(None)


def _body(frame: _Frame, sheet: Sheet, known: dict[BodyKey, Body]) -> Body:
    key = (frame.sheet, tuple(0 if b is None else id(b) for b in frame.inside))
    if key not in known:
        parts = [_part(slot, body) for slot, body in zip(sheet.slots, frame.inside, strict=True)]
        arrows = [_arrow(thread, sheet, frame.inside) for thread in sheet.threads]
        drawn = dict.fromkeys(a for a in arrows if a is not None)
        known[key] = Body(sheet.inputs, sheet.outputs, tuple(parts), tuple(drawn), sheet.shape)
    return known[key]


def _part(slot: Slot, body: Body | None) -> Part:
    if body is None or slot.opening is None:
        return slot.part
    return replace(slot.opening.part, inside=body)


def _arrow(thread: Thread, sheet: Sheet, inside: list[Body | None]) -> Arrow | None:
    into, out = thread.into, thread.out
    if thread.target != OWN:
        opening = sheet.slots[thread.target].opening
        into = opening.ins[into] if opening is not None and inside[thread.target] is not None else thread.rank
        if into < 0:
            return None
    if thread.source != OWN:
        slot = sheet.slots[thread.source]
        is_open = slot.opening is not None and inside[thread.source] is not None
        out = slot.opening.outs[out] if slot.opening is not None and is_open else slot.outs[out]
    return Arrow(thread.source, out, thread.target, into, thread.dashed)
