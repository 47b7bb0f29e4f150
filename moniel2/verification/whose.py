"""Which node of a block an operation of torch belongs to that no module of that node's does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher

from moniel2.backends.torch.paths import attributes_of
from moniel2.ir.model import OWN_INPUT, Block, Loop, Node, Operation, Ref
from moniel2.verification.trace import Event, Trace

AROUND = ""
"""What lies outside a block, among the neighbours of what is in it."""


def whose(block: Block, path: str, event: Event, trace: Trace, is_module: Callable[[str], bool]) -> Node | None:
    """The node of the block at ``path`` that lies where the event does, between the same modules; among several the
    one that is called most like it. ``is_module`` tells whether an attribute of the block's class is a module."""
    attributes = attributes_of(block)
    modules = {i: attributes[n.id] for i, n in enumerate(block.nodes) if is_module(attributes.get(n.id, ""))}
    reads = [[o.source.node for o in n.operands if isinstance(o.source, Ref)] for n in block.nodes]
    given = {o.node for output in block.outputs for o in output.sources}
    read_by: dict[int, list[int]] = defaultdict(list)
    for i, sources in enumerate(reads):
        for source in sources:
            read_by[source].append(i)
    before, after = _around(trace, event, path)

    def towards(i: int, steps: Callable[[int], Iterable[int]]) -> set[str]:
        found: set[str] = set()
        stack, seen = list(steps(i)), {i}
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            if at == OWN_INPUT:
                found.add(AROUND)
            elif at in modules:
                found.add(modules[at])
            else:
                stack += steps(at)
        return found

    def onwards(i: int) -> Iterator[int]:
        yield from read_by[i]
        if i in given:
            yield OWN_INPUT

    def likeness(i: int) -> float:
        inside = {modules[i]} if i in modules else towards(i, onwards)
        return _overlap(before, towards(i, lambda n: reads[n])) + _overlap(after, inside)

    found: list[tuple[float, int, Node]] = []
    for i, node in enumerate(block.nodes):
        if i not in modules:
            found += [(likeness(i) + _alike(n, event), -i, n) for n in _operations(node)]
        elif after == {modules[i]} and "pad" in event.name:
            # A causal convolution's padding is done before it.
            found.append((likeness(i) + 0.2, -i, node))
    return max(found, key=lambda f: f[:2], default=(0.0, 0, None))[2]


def _around(trace: Trace, event: Event, path: str) -> tuple[set[str], set[str]]:
    """The block's attributes whose modules made what the event reads, and those that read what comes of it."""
    events = trace.events
    prefix = f"{path}." if path else ""

    def of(at: int) -> str | None:
        if at < 0:
            return AROUND
        here = events[at].path
        if here == path:
            return None
        return here[len(prefix) :].partition(".")[0] if here.startswith(prefix) else AROUND

    def towards(steps: Callable[[int], Iterable[int]]) -> set[str]:
        found: set[str] = set()
        stack, seen = list(steps(event.index)), {event.index}
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            name = of(at)
            if name is None:
                stack += steps(at)
            else:
                found.add(name)
        return found

    read_by: dict[int, list[int]] = defaultdict(list)
    for e in events[event.index :]:
        for source in e.sources:
            if source >= event.index:
                read_by[source].append(e.index)
    for at in trace.outputs:
        read_by[at].append(-1)
    return towards(lambda at: [s for s in events[at].sources if s < 0 or events[s].live]), towards(
        lambda at: read_by[at]
    )


def _overlap(a: set[str], b: set[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 1.0


def _operations(node: Node) -> Iterator[Node]:
    """The operations that a node is made of."""
    match node.what:
        case Operation():
            yield node
        case Block(nodes=nodes) | Loop(body=Block(nodes=nodes)):
            for inner in nodes:
                yield from _operations(inner)


def _alike(node: Node, event: Event) -> float:
    name = _plain(node.what.name)
    return max(SequenceMatcher(None, name, _plain(word)).ratio() for word in (event.name, *_ALSO.get(event.name, ())))


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalpha())


# Where torch's name for what it does is far from ours.
_ALSO = {
    "cat": ("concat",),
    "mean": ("globalavgpool", "reducemean"),
    "view": ("reshape", "flatten", "rearrange"),
    "_unsafe_view": ("reshape", "rearrange"),
    "permute": ("rearrange",),
    "clone": ("rearrange",),
    "bmm": ("matmul", "attention"),
    "mm": ("linear", "matmul"),
    "native_dropout": ("dropout", "scaleddotproductattention"),
    "select": ("select", "unstack"),
    "split": ("split",),
    "constant_pad_nd": ("pad",),
    "_scaled_dot_product_flash_attention_for_cpu": ("scaleddotproductattention",),
    "_safe_softmax": ("scaleddotproductattention", "softmax"),
}
