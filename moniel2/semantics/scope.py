"""Where values are looked up: parameters, constants, loop variables and sizes, innermost first."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from moniel2.semantics.values import Worth, key_of


class Frame:
    """One level of values. The ``home`` frame of a block holds its parameters, constants and sizes.

    A ``closed`` frame is a definition's: from inside it the sizes of what surrounds the definition can't be seen, its
    parameters and constants can.
    """

    __slots__ = ("closed", "home", "parent", "pending", "sizes", "values")

    def __init__(self, parent: Frame | None, *, home: bool = False, closed: bool = False) -> None:
        self.parent = parent
        self.values: dict[str, Worth] = {}
        self.pending: set[str] = set()  # names that will get a value, or are given up as unknown
        self.sizes: set[str] = set()  # those of the names that shapes bind
        self.home = home
        self.closed = closed

    def find(self, name: str) -> Frame | None:
        """The innermost frame that has, or will have, the name."""
        frame: Frame | None = self
        outside = False
        while frame is not None:
            if (name in frame.values or name in frame.pending) and not (outside and name in frame.sizes):
                return frame
            outside = outside or frame.closed
            frame = frame.parent
        return None

    def has(self, name: str) -> bool:
        frame = self.find(name)
        return frame is not None and name in frame.values

    def get(self, name: str) -> Worth:
        frame = self.find(name)
        assert frame is not None and name in frame.values, name
        return frame.values[name]

    def names(self) -> Iterable[str]:
        frame: Frame | None = self
        outside = False
        while frame is not None:
            for name in (*frame.values, *sorted(frame.pending)):
                if not (outside and name in frame.sizes):
                    yield name
            outside = outside or frame.closed
            frame = frame.parent

    def key_for(self, names: frozenset[str], *, from_inside: bool = False) -> tuple[Hashable, bool]:
        """What the given names are worth here, as a key; absent ones don't count. And whether it stays that way:
        none of them is still to get a value.

        ``from_inside``: as seen from a definition that stands here.
        """
        start = Frame(self, closed=True) if from_inside else self
        found = []
        settled = True
        for name in sorted(names):
            frame = start.find(name)
            if frame is None:
                continue
            if name in frame.values:
                found.append((name, key_of(frame.values[name])))
            else:
                settled = False
        return tuple(found), settled
