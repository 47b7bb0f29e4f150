"""Which blocks of a picture are open: as asked for, or as many as fit a page, from the outside in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from moniel2.ir.model import distinct_blocks
from moniel2.layout.boxes import Direction
from moniel2.layout.compose import Composer
from moniel2.layout.diagram import Body
from moniel2.layout.draft import Drafter, Place, TooManyParts
from moniel2.layout.graph import Graph
from moniel2.layout.page import MOST_PARTS, PAGE
from moniel2.layout.plan import Plan
from moniel2.layout.structure import sketched, structure

CLOSED_WORTH = 0.7
TRIFLE = 0.25  # what holds less than this share of what another holds


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader asked for. Patterns are paths or types, with ``*``; ``collapse`` wins over ``expand``."""

    depth: int | None = None
    expand: tuple[str, ...] = ()
    collapse: tuple[str, ...] = ()
    limit: int = 3000


def pick(drafter: Drafter, wanted: Wanted, page: Page) -> Body:
    """The body with what is wanted open. Raises ``TooManyParts``."""
    if wanted.depth is not None:
        depth = wanted.depth
        return drafter.body(lambda p: shown_open(p, wanted, p.depth <= depth), wanted.limit)
    return _fitting(drafter, wanted, page)


def _fitting(drafter: Drafter, wanted: Wanted, page: Page) -> Body:
    """Open blocks from the outside in while the figure stays readable; blocks of one definition open together."""
    chosen: set[str] = set()
    seen: dict[str, int] = {}  # definition -> the depth at which it stands in the best figure, in order
    met: dict[str, int] = {}  # the same of the figure that is tried
    holds: dict[str, int] = {}  # definition -> how many operations it stands for

    def opens(place: Place) -> bool:
        number = place.block.definition
        met.setdefault(number, place.depth)
        holds[number] = max(holds.get(number, 0), drafter.operations(place))
        return shown_open(place, wanted, number in chosen)

    best = drafter.body(opens, wanted.limit)
    seen.update(met)
    refused: set[str] = set()
    while True:
        waiting = [n for n in seen if n not in chosen and n not in refused]
        if not waiting:
            return best
        level = min(seen[n] for n in waiting)
        here = sorted((n for n in waiting if seen[n] == level), key=lambda n: -holds[n])
        # All of one depth at once if they fit, else one after the other; a trifle is not opened where what matters
        # is closed.
        least = 0.0
        for group in [here, *([n] for n in here if len(here) > 1)]:
            if any(n in chosen or holds[n] < least for n in group):
                continue
            before = set(chosen)
            chosen.update(group)
            met.clear()
            try:
                body = drafter.body(opens, max(MOST_PARTS * 3, 1))
            except TooManyParts:
                body = None
            if body is not None and page.fits(body):
                best = body
                for number, depth in met.items():
                    seen.setdefault(number, depth)
                if group is here:
                    break
            else:
                chosen.clear()
                chosen.update(before)
                if len(group) == 1:
                    least = max(least, TRIFLE * holds[group[0]])
        refused.update(n for n in here if n not in chosen)


@lru_cache(maxsize=300)
def planned(graph: Graph) -> Plan:
    """The plan of a block, which many of the figures that are tried have in common."""
    return structure(graph)


@lru_cache(maxsize=300)
def measured(graph: Graph) -> Plan:
    """A plan that tells how much room a block takes."""
    return sketched(graph)


class Page:
    """The budget of a page, for figures that flow one way; what was laid out for one figure serves the next.

    Ports stay as declared here: another order changes little about how large a figure is.
    """

    def __init__(self, direction: Direction, columns: bool, room: tuple[float, float] = PAGE) -> None:
        self._room = room
        self._composer = Composer(direction, self._room if columns else None, plan_of=measured, held=True)

    def fits(self, body: Body) -> bool:
        """Whether a figure stays within the budget."""
        if visible(body) > MOST_PARTS:
            return False
        return self.reduced(body) <= 1.0

    def reduced(self, body: Body) -> float:
        """How much a page would have to reduce a figure: 1 or less if it fits."""
        block = self._composer.compose(body)
        return max(block.w / self._room[0], block.h / self._room[1])


def visible(body: Body) -> int:
    """How many boxes and signs there are to look at; frames don't count."""
    total = 0
    stack = [body]
    while stack:
        for part in stack.pop().parts:
            if part.inside is None:
                total += 1
            else:
                stack.append(part.inside)
    return total


def revealed(body: Body) -> float:
    """How much of the network a figure says: its operations, and less for what stands closed."""
    total = 0.0
    stack = [body]
    while stack:
        for part in stack.pop().parts:
            if part.inside is not None:
                stack.append(part.inside)
            else:
                total += CLOSED_WORTH if part.kind == "block" else part.stands
    return total


def has_closed(body: Body) -> bool:
    """Whether there is more in a figure that could be opened."""
    stack = [body]
    while stack:
        for part in stack.pop().parts:
            if part.inside is not None:
                stack.append(part.inside)
            elif part.kind == "block":
                return True
    return False


def asked(place: Place, wanted: Wanted, otherwise: bool) -> bool:
    """Whether a block is to be open: as the reader says, else as its text says, else ``otherwise``."""
    node = place.step.node if place.step is not None else None
    if _matches(place, wanted.collapse):
        return False
    if _matches(place, wanted.expand) or _leads_to(place, wanted.expand):
        return True
    for attribute, answer in (("collapse", False), ("expand", True)):
        if place.block.attribute(attribute) is not None or (node is not None and node.attribute(attribute) is not None):
            return answer
    return otherwise


def shown_open(place: Place, wanted: Wanted, otherwise: bool) -> bool:
    """The same where what is around a type that is asked for opens with it, so that it is seen."""
    return asked(place, wanted, otherwise or _holds(place, wanted.expand))


def _matches(place: Place, patterns: Sequence[str]) -> bool:
    return any(is_meant(place, pattern) for pattern in patterns)


def is_meant(place: Place, pattern: str) -> bool:
    """Whether a pattern is the path or the type of a block."""
    return pattern == place.path or fnmatchcase(place.path, pattern) or fnmatchcase(place.block.name, pattern)


def _holds(place: Place, patterns: Sequence[str]) -> bool:
    """Whether a place has one inside that is asked for by its type."""
    if not patterns:
        return False
    names = {block.name for block in distinct_blocks(place.block) if block.name}
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _leads_to(place: Place, patterns: Sequence[str]) -> bool:
    """Whether a place is around one that is asked for by its path: it must be open for that to be seen."""
    own = place.path.split("/")
    for pattern in patterns:
        parts = pattern.split("/")
        if len(parts) > len(own) and all(fnmatchcase(a, b) for a, b in zip(own, parts, strict=False)):
            return True
    return False
