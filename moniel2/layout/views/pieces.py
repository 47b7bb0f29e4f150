"""What isn't wired to each other, as bodies of their own: they find room on a page one by one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from moniel2.layout.diagram import OWN, Arrow, Body

Vertex = TypeVar("Vertex", bound=Hashable)


def pieces(body: Body) -> list[Body]:
    """The parts of a body that hang together, in order of the first of each; all of it if there is but one."""
    joined = [(_source(a), _target(a)) for a in body.arrows]
    by_key = {p.key: ("part", n) for n, p in enumerate(body.parts)}
    # What shares weights belongs together.
    joined += [(by_key[p.key], by_key[p.shares]) for p in body.parts if p.shares in by_key]
    whole = hanging([("part", n) for n in range(len(body.parts))], joined)
    if len(whole) < 2:
        return [body]
    return [_piece(body, frozenset(one), n == 0) for n, one in enumerate(whole)]


def hanging(vertices: Sequence[Vertex], joined: Iterable[tuple[Vertex, Vertex]]) -> list[list[Vertex]]:
    """Sets of ``vertices``, and of what else is ``joined`` to them, that hang together; in order of the first."""
    beside: dict[Vertex, list[Vertex]] = {v: [] for v in vertices}
    for a, b in joined:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    found: list[list[Vertex]] = []
    seen: set[Vertex] = set()
    for v in vertices:
        if v in seen:
            continue
        seen.add(v)
        one = [v]
        for u in one:  # grows as it goes
            new = [w for w in dict.fromkeys(beside[u]) if w not in seen]
            seen.update(new)
            one += new
        found.append(one)
    return found


def _source(a: Arrow) -> tuple[str, int]:
    return ("in", a.out) if a.source == OWN else ("part", a.source)


def _target(a: Arrow) -> tuple[str, int]:
    return ("out", a.into) if a.target == OWN else ("part", a.target)


def _piece(body: Body, kept: frozenset[Hashable], first: bool) -> Body:
    """What of a body is ``kept``; inputs and outputs that no part has to do with are in the ``first`` piece."""
    met = {end for a in body.arrows for end in (_source(a), _target(a)) if "part" in (_source(a)[0], _target(a)[0])}

    def stays(kind: str, n: int) -> bool:
        return (kind, n) in kept or (first and (kind, n) not in met)

    at = {
        (kind, n): place
        for kind, count in (("in", len(body.inputs)), ("part", len(body.parts)), ("out", len(body.outputs)))
        for place, n in enumerate(n for n in range(count) if stays(kind, n))
    }
    arrows = [
        replace(
            a,
            source=a.source if a.source == OWN else at[_source(a)],
            out=at[_source(a)] if a.source == OWN else a.out,
            target=a.target if a.target == OWN else at[_target(a)],
            into=at[_target(a)] if a.target == OWN else a.into,
        )
        for a in body.arrows
        if _source(a) in at and _target(a) in at
    ]
    return replace(
        body,
        inputs=tuple(p for n, p in enumerate(body.inputs) if ("in", n) in at),
        outputs=tuple(p for n, p in enumerate(body.outputs) if ("out", n) in at),
        parts=tuple(p for n, p in enumerate(body.parts) if ("part", n) in at),
        arrows=tuple(arrows),
    )
