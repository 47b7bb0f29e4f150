"""Shapes and words of one part as a group, so that a reader can point at it; the parts of several models told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from moniel2.layout.scene import Box, Circle, Glyph, Group, Item, Polygon, Scene, TextRun, Wire


def grouped(items: Iterable[Item]) -> Iterator[Item]:
    """The same items in the same order: what follows one another and is one part is a group with its title."""
    found = list(items)
    shapes = {i.path for i in Scene(0.0, 0.0, tuple(found)).walk() if not isinstance(i, (TextRun, Wire))}
    for path, run in groupby(found, _path):
        some = list(run)
        if not path:
            yield from some
        elif all(isinstance(i, TextRun) for i in some):
            # Words that stand apart from their part only belong to it; an output is nothing but its name.
            yield from some if path in shapes else [Group(tuple(some), path, "port")]
        else:
            title = next((t for i in some if (t := getattr(i, "title", ""))), "")
            yield Group(tuple(some), path, "op", title)


def within(items: Iterable[Item], name: str) -> tuple[Item, ...]:
    """The same items, every path as one inside ``name``."""
    return tuple(_within(item, f"{name}/") for item in items)


def _within(item: Item, name: str) -> Item:
    match item:
        case Group():
            path = f"{name}{item.path}" if item.path else ""
            return replace(item, items=tuple(_within(i, name) for i in item.items), path=path)
        case Wire():
            source, target = (f"{name}{end}" if end else "" for end in (item.source, item.target))
            return replace(item, source=source, target=target)
        case Box() | Circle() | Polygon() | TextRun() | Glyph():
            return replace(item, path=f"{name}{item.path}" if item.path else "")


def _path(item: Item) -> str:
    return "" if isinstance(item, (Group, Wire)) else item.path
