"""What must hold of every view, as checks on a scene: each returns the faults it finds, in words.

The blocks view has stricter laws of its own (``geometry.faults``). Here boxes may stand in boxes, solids may hide one
another, and a mesh of neurons runs aslant; so these laws are about what no view may do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

from moniel2.layout.scene import Box, Circle, Item, Polygon, Scene, TextRun, Wire
from tests import geometry
from tests.geometry import Rect, text_rect

NEAR = 2.5  # lines of two sources that are nearer than this look like one


def faults(found: Scene) -> list[str]:
    """Everything that is wrong with a scene of any view."""
    flat = geometry.flattened(found)
    flat.slanted.clear()  # a mesh of neurons runs aslant
    said = [*geometry.numbers(flat), *geometry.page(flat)]
    return said + [fault for check in CHECKS for fault in check(found)]


def texts_overlap(found: Scene) -> Iterator[str]:
    runs = [i for i in found.walk() if isinstance(i, TextRun) and i.text]
    rects = sorted(((text_rect(r), r.text) for r in runs), key=lambda r: r[0][1])
    for n, (a, one) in enumerate(rects):
        for b, other in rects[n + 1 :]:
            if b[1] > a[3]:
                break
            if overlap(a, b, 0.8):
                yield f"{one!r} at {a} lies on {other!r} at {b}"


def overlap(a: Rect, b: Rect, slack: float) -> bool:
    return a[0] + slack < b[2] and b[0] + slack < a[2] and a[1] + slack < b[3] and b[1] + slack < a[3]


def outline(item: Item) -> Rect | None:
    match item:
        case Box():
            return (item.x, item.y, item.x + item.w, item.y + item.h)
        case Circle():
            return (item.cx - item.r, item.cy - item.r, item.cx + item.r, item.cy + item.r)
        case Polygon():
            xs, ys = [x for x, _ in item.points], [y for _, y in item.points]
            return (min(xs), min(ys), max(xs), max(ys))
        case TextRun():
            return text_rect(item)
        case _:
            return None


def off_the_end(found: Scene) -> Iterator[str]:
    """An arrow ends on what it leads to: on, or just beside, something drawn for that path or inside it."""
    drawn_for: dict[str, list[Rect]] = {}
    for item in found.walk():
        path = getattr(item, "path", "")
        rect = outline(item)
        if path and rect is not None:
            drawn_for.setdefault(path, []).append(rect)
    for item in found.walk():
        if isinstance(item, Wire) and item.arrow and item.target in drawn_for:
            x, y = item.points[-1]
            if not any(r[0] - 5 <= x <= r[2] + 5 and r[1] - 5 <= y <= r[3] + 5 for r in drawn_for[item.target]):
                yield f"the arrow from {item.source} to {item.target} ends in the void at {(x, y)}"


def struck(found: Scene) -> Iterator[str]:
    """No line of a flow runs through text, and none between stages; thin lines of meshes and joins are no flow."""
    texts = [(text_rect(i), i.text, i.path) for i in found.walk() if isinstance(i, TextRun) and i.text]
    for item in found.walk():
        if not isinstance(item, Wire) or (item.theme.startswith("wire.light") and item.css != "stage"):
            continue
        for (ax, ay), (bx, by) in pairwise(item.points):
            line = (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
            for rect, text, path in texts:
                if path == item.target and holds(rect, item.points[-1]):
                    continue  # the name of an output, where the line ends
                if overlap((line[0] - 0.1, line[1] - 0.1, line[2] + 0.1, line[3] + 0.1), rect, 1.2):
                    yield f"the line from {item.source} to {item.target} at {line} strikes {text!r} at {rect}"


def run_through(found: Scene) -> Iterator[str]:
    """No line of a flow runs through a box that it neither leaves nor leads to, nor is inside of."""
    boxes = [(r, i.path) for i in found.walk() if isinstance(i, Box) and (r := outline(i)) is not None]
    for item in flows(found):
        (ax, ay), (bx, by) = item.points[0], item.points[-1]
        for rect, path in boxes:
            if holds(rect, (ax, ay)) or holds(rect, (bx, by)):
                continue
            if any(cuts(rect, one, other) for one, other in pairwise(item.points)):
                yield f"the line from {item.source} to {item.target} runs through {path!r} at {rect}"


def lie_across(found: Scene) -> Iterator[str]:
    """Boxes stand apart or one in the other; text is on a box or beside it, not across its edge."""
    boxes = [(r, i.path) for i in found.walk() if isinstance(i, Box) and (r := outline(i)) is not None]
    texts = [(text_rect(i), i.text) for i in found.walk() if isinstance(i, TextRun) and i.text]
    for (a, one), (b, other) in combinations(sorted(boxes), 2):
        # Sheets of one stack lie on one another, and the window of a kernel on them.
        if one and other and one != other and overlap(a, b, 0.8) and not within(a, b) and not within(b, a):
            yield f"{one!r} at {a} lies across {other!r} at {b}"
    for rect, text in texts:
        for box, path in boxes:
            if overlap(rect, box, 0.8) and not within(rect, box):
                yield f"{text!r} at {rect} lies across the edge of {path!r} at {box}"


def on_top(found: Scene) -> Iterator[str]:
    """Lines of different sources don't run on top of each other, unless they lead to the same place."""
    for one, other in combinations(flows(found), 2):
        if one.source == other.source or one.target == other.target or one.points[0] == other.points[0]:
            continue
        for a, b in pairwise(one.points):
            for c, d in pairwise(other.points):
                if together((a, b), (c, d)) or together(turned(a, b), turned(c, d)):
                    yield f"{one.source} → {one.target} runs on top of {other.source} → {other.target} near {a}"


CHECKS: tuple[Callable[[Scene], Iterator[str]], ...] = (
    texts_overlap,
    off_the_end,
    struck,
    run_through,
    lie_across,
    on_top,
)


# ------------------------------------------------------------------------------------------------ pieces

Point = tuple[float, float]


def flows(found: Scene) -> list[Wire]:
    """The lines that tensors take; thin lines of meshes and joins are no flow."""
    return [i for i in found.walk() if isinstance(i, Wire) and not i.theme.startswith("wire.light")]


def holds(rect: Rect, point: Point) -> bool:
    return rect[0] - 1 <= point[0] <= rect[2] + 1 and rect[1] - 1 <= point[1] <= rect[3] + 1


def within(inner: Rect, outer: Rect) -> bool:
    return all(inner[k] >= outer[k] - 0.8 and inner[k + 2] <= outer[k + 2] + 0.8 for k in (0, 1))


def cuts(rect: Rect, a: Point, b: Point) -> bool:
    """Whether a stretch of a line runs inside a rectangle: the part of it that is in both bands."""
    start, end = 0.0, 1.0
    for k in (0, 1):
        low, high, step = rect[k] + 1, rect[k + 2] - 1, b[k] - a[k]
        if abs(step) < 1e-9:
            if not low < a[k] < high:
                return False
            continue
        first, last = sorted(((low - a[k]) / step, (high - a[k]) / step))
        start, end = max(start, first), min(end, last)
    return start < end


def turned(a: Point, b: Point) -> tuple[Point, Point]:
    return (a[1], a[0]), (b[1], b[0])


def together(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Whether two level stretches run side by side and look like one."""
    (a, b), (c, d) = one, other
    level = abs(a[1] - b[1]) < 0.01 and abs(c[1] - d[1]) < 0.01 and abs(a[1] - c[1]) < NEAR
    return level and min(max(a[0], b[0]), max(c[0], d[0])) - max(min(a[0], b[0]), min(c[0], d[0])) > NEAR
