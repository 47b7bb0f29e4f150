"""What all nodes of the syntax tree share: how they are compared, and walked through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Node:
    """What all nodes share: they are compared by their parts, but for their places in the text.

    Written once here and not for each of fifty classes, which halves the time they take to import;
    and without recursion over the depth of a tree.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        pairs: list[tuple[Any, Any]] = [(self, other)]
        while pairs:
            a, b = pairs.pop()
            if a is b:
                continue
            if type(a) is not type(b):
                return False
            if isinstance(a, Node):
                pairs.extend((getattr(a, name), getattr(b, name)) for name in _compared(type(a)))
            elif isinstance(a, tuple):
                if len(a) != len(b):
                    return False
                pairs.extend(zip(a, b, strict=True))
            elif a != b:
                return False
        return True

    def __hash__(self) -> int:
        parts = (getattr(self, name) for name in _compared(type(self)))
        return hash((type(self).__name__, *(p for p in parts if isinstance(p, (str, int, float)))))

    def __repr__(self) -> str:
        parts = (f"{name}={getattr(self, name)!r}" for name in _compared(type(self)))
        return f"{type(self).__name__}({', '.join(parts)})"


def _compared(kind: type[Any]) -> tuple[str, ...]:
    if kind not in _COMPARED:
        _COMPARED[kind] = tuple(name for name, part in kind.__dataclass_fields__.items() if part.compare)
    return _COMPARED[kind]


_COMPARED: dict[type[Any], tuple[str, ...]] = {}


def nodes(root: Node) -> Iterator[Node]:
    """A node and all that is in it; no recursion over the depth."""
    stack: list[object] = [root]
    while stack:
        part = stack.pop()
        if isinstance(part, Node):
            yield part
            stack += [getattr(part, name) for name in _compared(type(part))]
        elif isinstance(part, tuple):
            stack += part
