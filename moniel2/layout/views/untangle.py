"""Words out of the way of lines: what a line of the flow would strike moves a little, or is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from moniel2.layout.scene import Box, Circle, Item, TextRun, Wire, rounded

Rect = tuple[float, float, float, float]
WORDS = "text.detail"  # on arrows
NEEDLESS = (WORDS, "text.shape")
MOVABLE = (*NEEDLESS, "text.port")
TRIED = tuple((dx, dy) for dy in (0.0, -9.0, 9.0, 16.0) for dx in (0.0, 8.0, -8.0, 18.0, -18.0, 30.0, -30.0))
MOST = 3000  # items that this is worth looking at


def untangled(items: Sequence[Item]) -> list[Item]:
    """The same items; struck words stand elsewhere nearby. If there is no place, sizes are left out."""
    if len(items) > MOST:
        return list(items)
    lines = [(rect, wire.target) for wire in items if isinstance(wire, Wire) for rect in _stretches(wire)]
    texts = {n: _rect(i) for n, i in enumerate(items) if isinstance(i, TextRun)}
    solid = [r for i in items if (r := _outline(i)) is not None]
    found: list[Item] = []

    def fine(n: int, item: TextRun) -> bool:
        """Whether it stands clear of lines, and words on an arrow clear of other words."""
        if _is_struck(texts[n], item, lines):
            return False
        return item.theme != WORDS or not any(_meet(texts[n], r) for k, r in texts.items() if k != n)

    for n, item in enumerate(items):
        if not isinstance(item, TextRun) or item.theme not in MOVABLE or fine(n, item):
            found.append(item)
            continue
        for dx, dy in TRIED[1:]:
            rect = (texts[n][0] + dx, texts[n][1] + dy, texts[n][2] + dx, texts[n][3] + dy)
            others = (*(r for k, r in texts.items() if k != n), *solid)
            if not _is_struck(rect, item, lines) and not any(_meet(rect, r) for r in others):
                texts[n] = rect
                found.append(replace(item, x=rounded(item.x + dx), y=rounded(item.y + dy)))
                break
        else:
            if item.theme in NEEDLESS:
                del texts[n]
            else:
                found.append(item)
    return found


def _stretches(wire: Wire) -> list[Rect]:
    if wire.theme.startswith("wire.light"):
        return []
    return [
        (min(ax, bx) - 1, min(ay, by) - 1, max(ax, bx) + 1, max(ay, by) + 1)
        for (ax, ay), (bx, by) in pairwise(wire.points)
    ]


def _is_struck(rect: Rect, run: TextRun, lines: Sequence[tuple[Rect, str]]) -> bool:
    """By a line that doesn't end at it, as one to an output does at its name."""
    own = run.path if run.theme == "text.port" else None
    return any(target != own and _meet(rect, line) for line, target in lines)


def _meet(a: Rect, b: Rect) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _rect(run: TextRun) -> Rect:
    left = run.x - {"start": 0.0, "middle": run.width / 2, "end": run.width}[run.anchor]
    return (left, run.y - 0.75 * run.size, left + run.width, run.y + 0.22 * run.size)


def _outline(item: Item) -> Rect | None:
    match item:
        case Box():
            return (item.x, item.y, item.x + item.w, item.y + item.h)
        case Circle():
            return (item.cx - item.r, item.cy - item.r, item.cx + item.r, item.cy + item.r)
        case _:
            return None
