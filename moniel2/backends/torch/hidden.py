"""Sizes that a block's code needs and none of its inputs shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from moniel2.backends.torch.draft import Each, Step
from moniel2.backends.torch.tree import Leaf, Term, Tree
from moniel2.dims import Dim


def open_sizes(steps: Sequence[Step]) -> Iterator[Dim]:
    """Every symbolic size in the steps."""
    for tree in trees(steps):
        if isinstance(tree, Leaf) and isinstance(tree.value, Dim) and tree.value.known:
            yield tree.value


def trees(steps: Sequence[Step]) -> Iterator[Tree]:
    """Every tree in the steps, inner ones too."""
    stack: list[Tree] = []
    for step in steps:
        stack.append(step.tree)
        if isinstance(step, Each):
            stack += [*step.start, step.over]
    while stack:
        at = stack.pop()
        yield at
        if isinstance(at, Term):
            stack += at.children


def unknown(tree: Tree) -> bool:
    """Whether a size in it isn't known at all."""
    if isinstance(tree, Leaf):
        return isinstance(tree.value, Dim) and not tree.value.known
    return isinstance(tree, Term) and any(map(unknown, tree.children))


def hidden(size: Dim, shown: Sequence[Dim]) -> list[Dim]:
    """What has to be known besides the sizes that are shown, to compute a size."""
    if size in shown:
        return []
    return [Dim.of(s) for s in sorted(size.symbols()) if not any(linear_in(d, s) for d in shown)]


def linear_in(size: Dim, symbol: str) -> bool:
    """Whether a size is ``a * symbol + b`` for whole a > 0 and b."""
    if size.symbols() != {symbol}:
        return False
    slope = size - size.substitute({symbol: 0})
    ratio = slope.over(Dim.of(symbol))
    return ratio is not None and (ratio.constant or 0) > 0


def fixed(tree: Tree) -> bool:
    """Whether a layer's argument is a number rather than an open or unknown size."""
    if isinstance(tree, Leaf):
        return not isinstance(tree.value, Dim)
    return not isinstance(tree, Term) or all(map(fixed, tree.children))
