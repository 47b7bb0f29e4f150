"""Which weight of the description is which of the reference."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

import torch

from moniel2.verification.trace import Trace, same_print
from moniel2.verification.weights import Weight

Weights = Mapping[str, Weight]
Kind = tuple[tuple[int, ...], str]
Candidate = tuple[float, float, int, int]
CLOSE = 1e-7
"""Gradients that differ by less than this part of their size are the same."""


@dataclass(frozen=True)
class Pairing:
    """``pairs`` of keys, ours first, and ``how`` they were found."""

    pairs: tuple[tuple[str, str], ...]
    how: str

    @torch.no_grad()
    def carry(self, ours: Weights, theirs: Weights) -> None:
        """Give our weights the numbers of theirs."""
        for mine, other in self.pairs:
            ours[mine].tensor.copy_(theirs[other].value)


def crossed(pairing: Pairing) -> list[tuple[str, str]]:
    """Pairs whose names say something else: beside the one that a weight works as is another with its very name."""
    partner = dict(pairing.pairs)
    found = []
    for a, b in pairing.pairs:
        above, name = _family(a)
        above_theirs, name_theirs = _family(b)
        sibling = f"{above}{name_theirs}"
        if name != name_theirs and partner.get(sibling) == f"{above_theirs}{name}":
            found.append((a, b))
    return found


def _family(key: str) -> tuple[str, str]:
    """``encoder.layer.0.query.weight`` → ``encoder.layer.0.``, ``query.weight``."""
    parts = key.split(".")
    return "".join(f"{p}." for p in parts[:-2]), ".".join(parts[-2:])


def by_name(ours: Weights, theirs: Weights) -> Pairing | None:
    """Where both have the same names."""
    if ours.keys() != theirs.keys() or any(ours[k].kind != theirs[k].kind for k in ours):
        return None
    return Pairing(tuple((k, k) for k in ours), "by name")


def by_order(ours: Weights, theirs: Weights, run_ours: Trace, run_theirs: Trace) -> Pairing:
    """In order of use, each with the next of its shape that gives the same there.

    In the runs all tensors of one shape hold the same numbers. As long as the models agree, so do the results of
    counterparts; where several give the same (queries and keys), names decide, then the order.
    """
    pairs: dict[str, str] = {}
    order_ours, order_theirs = _ordered(ours, run_ours.used), _ordered(theirs, run_theirs.used)
    for mine, others in _groups(ours, theirs, order_ours, order_theirs):
        found = [
            (-_similar(ours[a], theirs[b]), float(abs(i - j)), i, j)
            for i, a in enumerate(mine)
            for j, b in enumerate(others)
            if _same_there(run_ours, a, run_theirs, b)
        ]
        pairs.update((mine[i], others[j]) for i, j in _greedy(found))
    return _completed(ours, theirs, order_ours, order_theirs, pairs, "in order of use")


def by_effect(ours: Weights, theirs: Weights, used_ours: Iterable[str], used_theirs: Iterable[str]) -> Pairing:
    """By the gradient of each after both ran with the same numbers in all tensors of a shape.

    If the networks are the same, so are then their outputs, and the gradient of a weight is that of its counterpart
    and of no other. What has none (a bias that a softmax ignores) goes with its owner's other weights, else in order.
    """
    order_ours, order_theirs = _ordered(ours, used_ours), _ordered(theirs, used_theirs)
    pairs: dict[str, str] = {}
    grads = [w.tensor.grad for w in ours.values() if w.tensor.grad is not None]
    total = math.sqrt(sum(float(g.square().sum()) for g in grads)) or 1.0
    for mine, others in _groups(ours, theirs, order_ours, order_theirs):
        pairs.update(_alike([ours[k] for k in mine], [theirs[k] for k in others], total * 1e-13))
    return _completed(ours, theirs, order_ours, order_theirs, pairs, "by what they do")


def _groups(
    ours: Weights, theirs: Weights, order_ours: Iterable[str], order_theirs: Iterable[str]
) -> Iterable[tuple[list[str], list[str]]]:
    """Keys that could be counterparts: those of one shape, in order."""
    groups: dict[Kind, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for key in order_ours:
        groups[ours[key].kind][0].append(key)
    for key in order_theirs:
        groups[theirs[key].kind][1].append(key)
    return groups.values()


def _greedy(found: list[Candidate]) -> Iterator[tuple[int, int]]:
    """The best candidates first, each index once."""
    gone_ours: set[int] = set()
    gone_theirs: set[int] = set()
    for _, _, i, j in sorted(found):
        if i not in gone_ours and j not in gone_theirs:
            gone_ours.add(i)
            gone_theirs.add(j)
            yield i, j


def _completed(
    ours: Weights, theirs: Weights, order_ours: list[str], order_theirs: list[str], pairs: dict[str, str], how: str
) -> Pairing:
    """What is left goes with its owner's other weights, else in order of use."""
    pairs.update(_with_owners(ours, theirs, pairs))
    taken = set(pairs.values())
    waiting: dict[Kind, deque[str]] = defaultdict(deque)
    for key in order_theirs:
        if key not in taken:
            waiting[theirs[key].kind].append(key)
    for key in order_ours:
        if key not in pairs and waiting[ours[key].kind]:
            pairs[key] = waiting[ours[key].kind].popleft()
    return Pairing(tuple(pairs.items()), how)


def _similar(mine: Weight, other: Weight) -> float:
    """How alike the names are, as far as they are the weight's own: ``query.weight`` and ``q_proj.weight``."""
    own, others = (".".join(w.key.split(".")[-2:]) for w in (mine, other))
    return SequenceMatcher(None, own, others).ratio()


def _same_there(run_ours: Trace, mine: str, run_theirs: Trace, other: str) -> bool:
    """Whether the operations that first use them give the same."""
    if mine not in run_ours.used or other not in run_theirs.used:
        return False
    a, b = run_ours.events[run_ours.used[mine]].print, run_theirs.events[run_theirs.used[other]].print
    return a is not None and b is not None and same_print(a, b)


def _ordered(weights: Weights, used: Iterable[str]) -> list[str]:
    """All keys: used ones in order of use, then the others."""
    return list(dict.fromkeys([*used, *weights]))


def _alike(mine: list[Weight], others: list[Weight], least: float) -> Iterator[tuple[str, str]]:
    """Pairs of nearly equal gradients, the nearest first; among equal ones, equal names first, then in order."""
    prints_mine = [_effect(w) for w in mine]
    prints_others = [_effect(w) for w in others]
    found: list[Candidate] = []
    for i, a in enumerate(prints_mine):
        for j, b in enumerate(prints_others):
            if a is None or b is None or a[0] < least or b[0] < least or abs(a[0] - b[0]) > 0.01 * a[0]:
                continue
            gap = max(abs(x - y) for x, y in zip(a, b, strict=True)) / a[0]
            if gap < 0.01:
                near = 0.0 if gap < CLOSE else gap
                found.append((near, abs(i - j) + (0.5 if mine[i].name != others[j].name else 0.0), i, j))
    for i, j in _greedy(found):
        yield mine[i].key, others[j].key


def _effect(weight: Weight) -> tuple[float, ...] | None:
    """Numbers that tell one gradient from another: its length, and how it lies to the weight's own numbers."""
    grad = weight.gradient
    if grad is None:
        return None
    grad, value = grad.double(), weight.value.detach().double()
    size = float(value.norm()) or 1.0
    length = float(grad.norm())
    return (
        length,
        float((grad * value).sum()) / size,
        float((grad * value * value.abs()).sum()) / (float((value * value).norm()) or 1.0),
        float(grad.sum()) / math.sqrt(grad.numel()),
    )


def _with_owners(ours: Weights, theirs: Weights, pairs: Mapping[str, str]) -> dict[str, str]:
    """Weights of modules whose others are paired."""
    partner = {ours[a].owner: theirs[b].owner for a, b in pairs.items()}
    taken = set(pairs.values())
    of_owner: dict[str, list[Weight]] = defaultdict(list)
    for weight in theirs.values():
        of_owner[weight.owner].append(weight)
    found: dict[str, str] = {}
    for key, weight in ours.items():
        if key in pairs or weight.owner not in partner:
            continue
        free = [w for w in of_owner[partner[weight.owner]] if w.kind == weight.kind and w.key not in taken]
        if free:
            chosen = next((w for w in free if w.name == weight.name), free[0])
            found[key] = chosen.key
            taken.add(chosen.key)
    return found
