"""The shapes of a model's weights, with how often each occurs."""

from __future__ import annotations

from collections import Counter

from moniel2.ir.model import Block, Loop, Operation


def weight_shapes(root: Block) -> Counter[str]:
    """Every parameter once, as ``64x3x7x7`` ("" for a number); shared and tied ones where they live. No buffers."""
    return _of(root, {})


def _of(block: Block, known: dict[int, Counter[str]]) -> Counter[str]:
    if id(block) in known:
        return known[id(block)]
    found: Counter[str] = Counter()
    for node in block.nodes:
        what = node.what
        inner: Counter[str] = Counter()
        if node.shared is not None:
            continue
        if isinstance(what, Block):
            inner = _of(what, known)
        elif isinstance(what, Loop):
            inner = _of(what.body, known)
        elif isinstance(what, Operation):
            tied = {tie.weight for tie in node.ties}
            own = [w.shape for name, w in what.weights if not w.buffer and name not in tied]
            inner = Counter("x".join(map(str, shape)) for shape in own)
        for shape, count in inner.items():
            found[shape] += count * node.repeat
    known[id(block)] = found
    return found
