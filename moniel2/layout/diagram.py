"""What a picture shows, before any geometry: parts, the arrows between them, and parts inside parts.

The layout, the Mermaid and DOT texts and the page all read this. A ``Body`` holds no absolute paths: equal blocks with
the same things open are the same ``Body``, and are laid out once. The path of a part is its body's path and its key.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from moniel2.layout.graph import Entry, Side

PartKind = Literal["op", "glyph", "block"]
SHARED = "shared weights"  # said of what applies another node's weights again
OWN = -1  # as a source or target of an arrow: the body's own input or output


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output of a body. ``label`` is the shape to be shown beside its wire, or ""."""

    name: str
    label: str = ""
    side: Side = ""
    title: str = ""
    is_either: bool = False  # of an open choice: the wires that arrive are alternatives, and become one


@dataclass(frozen=True, slots=True)
class Arrow:
    """From output ``out`` of part ``source`` (or the body's own input number ``out``) to input ``into`` of ``target``.

    ``dashed`` is a state that comes from the step before.
    """

    source: int
    out: int
    target: int
    into: int
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """An operation, or a block open (with ``inside``) or closed.

    ``first`` and ``second`` are the lines on its box, or the title of its frame and what is said beside it; a part with
    a ``glyph`` is a circle with that sign. ``outputs`` are the labels beside its outputs, "" for none. ``kind`` "block"
    with no ``inside`` is a closed block: there is more in it.
    """

    key: str
    kind: PartKind
    theme: str
    first: str
    second: str = ""
    whose: str = ""  # of ``second``, what says whose weights it shares
    glyph: str = ""
    repeat: int = 1
    copies: str = ""  # how often it is repeated where nobody knows: as written, or "?"
    inputs: int = 1
    outputs: tuple[str, ...] = ("",)
    entry: Entry = "any"
    dashed: bool = False
    title: str = ""
    tint: str = ""
    weight: int = 1
    stands: float = 1.0  # how much its box says: one operation, and a little for each that stands on it
    sides: tuple[tuple[int, Side], ...] = ()  # of a closed part: the inputs that sit on its sides
    shares: str = ""  # the key of the part beside it whose weights it applies again
    inside: Body | None = None


def times(part: Part) -> str:
    """How often it is repeated, as it is said: ``×6``, ``×n``; nothing for once."""
    return f"×{part.copies}" if part.copies else f"×{part.repeat}" if part.repeat > 1 else ""


@dataclass(frozen=True, eq=False)
class Body:
    """What is inside a block, or the whole model."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    parts: tuple[Part, ...]
    arrows: tuple[Arrow, ...]
    shape: Literal["", "u"] = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """A whole picture. ``framed``: the model is drawn as a block in a frame with its name, not bare."""

    name: str
    body: Body
    title: str = ""
    description: str = ""
    framed: bool = False
    legend: tuple[tuple[str, str], ...] = ()  # (theme key, what it stands for)
    caption: str = ""
    direction: Literal["down", "right", "up", "left"] = "down"
    columns: bool = True  # what is higher than a page may be cut into columns
    notes: tuple[str, ...] = field(default_factory=tuple)
