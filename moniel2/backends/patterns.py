"""``--expand`` and ``--collapse`` that name nothing: said with what there is, instead of drawing something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import product

from moniel2.diagnostics.suggest import did_you_mean
from moniel2.ir.model import Model, Operation, distinct_blocks
from moniel2.layout.atlas import ROOT
from moniel2.layout.draft import Drafter, Look
from moniel2.layout.views.options import Refused

MOST = 20_000  # paths that are looked at
SHOWN = 6


def check_patterns(models: Sequence[Model], patterns: Sequence[str]) -> None:
    """Raises ``Refused`` for a pattern that is neither a type nor a path of a block of one of the models."""
    inner = [b for model in models for b in reversed(list(distinct_blocks(model.root))) if b is not model.root]
    types = list(dict.fromkeys(b.name for b in inner if b.name))
    waiting = [p for p in patterns if not any(fnmatchcase(name, p) for name in types)]
    if not waiting:
        return
    kinds = {
        n.what.name for m in models for b in distinct_blocks(m.root) for n in b.nodes if isinstance(n.what, Operation)
    }
    operations: set[str] = set()
    blocks: list[str] = []
    for model, unwrap in product(models, (False, True)):
        for path, is_block in _paths(Drafter(model, Look(unwrap=unwrap))):
            if is_block:
                blocks.append(path)
            else:
                operations.add(path)
            waiting = [p for p in waiting if not (is_block and fnmatchcase(path, p))]
    for pattern in waiting:
        if pattern in operations or pattern in kinds:
            raise Refused(f"`{pattern}` is an operation: only blocks open and close")
        raise Refused(f"no block is at `{pattern}`, and none is a `{pattern}`: {_there_is(pattern, types, blocks)}")


def _paths(drafter: Drafter) -> Iterator[tuple[str, bool]]:
    """The paths of parts and whether each can be opened, the outer ones first; ``MOST`` of them."""
    level = [("", ROOT)]
    count = 0
    while level and count < MOST:
        deeper: list[tuple[str, int]] = []
        for prefix, number in level:
            for slot in drafter.sheet(number).slots:
                count += 1
                path = f"{prefix}{slot.part.key}"
                yield path, slot.part.kind == "block"
                if slot.opening is not None and count < MOST:
                    deeper.append((f"{path}/", slot.opening.sheet))
        level = deeper


def _there_is(pattern: str, types: Sequence[str], blocks: Sequence[str]) -> str:
    guess = did_you_mean(pattern, [*types, *blocks])
    if guess is not None:
        return guess
    if not blocks:
        return "there are no blocks"
    some = [f"`{name}`" for name in (*types[:SHOWN], *blocks[:SHOWN])]
    return f"there are {', '.join(dict.fromkeys(some))}{', …' if len(types) > SHOWN or len(blocks) > SHOWN else ''}"
