"""The steps of a block as a reader wants to see them: no identities, no braces around a single thing.

``Identity`` is a wire. An anonymous block without a name of its own, and a block that holds one thing only, dissolve
into what is around them; their paths stay in the keys (``body/attention``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from moniel2.ir.model import OWN_INPUT, Block, Literal, Node, Operation, Ref, Tensor, What, distinct_blocks
from moniel2.ir.ports import feeding, ported
from moniel2.ops.spec import Category

BRANCHES = {"then": "if so", "else": "else"}
STEP = "step"  # the attribute of a node that is one step of a loop: which one
Source = tuple[int, int]  # (step, output), or (-1, own input)


@dataclass(frozen=True, slots=True)
class Taken:
    """One thing that a step takes: a tensor or a number, at input ``into``, whose name is ``port``."""

    source: Source | float
    into: int
    port: str


@dataclass(frozen=True, slots=True)
class Step:
    """A node that is to be shown. ``wrapper`` is the name of a definition that holds nothing else, or ""."""

    key: str
    node: Node
    takes: tuple[Taken, ...]
    outputs: tuple[Tensor, ...]
    repeat: int = 1
    times: str = ""  # of an unknown number of copies: what is said of it
    wrapper: str = ""
    shared: bool = False
    reused: bool = False  # its copies have one set of weights
    branch: str = ""  # of an open choice: when it is taken
    is_bare: bool = False  # a branch that does nothing
    merged: tuple[Node, ...] = ()  # normalizations and activations that stand on the same box
    alike: tuple[Node, ...] = ()  # the copies that it stands for, where they differ in sizes or arguments

    @property
    def what(self) -> What:
        return self.node.what


@dataclass(slots=True)
class Steps:
    """The steps of one block, in order, and what drives each of its outputs."""

    block: Block
    steps: list[Step]
    outputs: list[list[Source]]
    folds: bool = False  # into a U


class Simplified:
    """The steps of every block of a model, each found once, inner ones first; ``finish`` has the last word on each.

    ``contract`` are categories of operations that are left out; ``unwrap`` dissolves braces that have a name only for
    the sake of their keys; ``closed`` are types, with ``*``, that stay blocks although their text wants no frame;
    below so many ``levels`` of a U what is inside is a block, 0 is no limit.
    """

    def __init__(
        self,
        root: Block,
        contract: frozenset[str] = frozenset(),
        finish: Callable[[Steps], Steps] | None = None,
        unwrap: bool = False,
        closed: Sequence[str] = (),
        levels: int = 0,
    ) -> None:
        self._steps: dict[int, Steps] = {}
        self._level = _levels(root)
        deep = {number for number, level in self._level.items() if 0 < levels < level}
        for block in distinct_blocks(root):
            flattening = _Flattening(block, self._steps, contract, block is root, unwrap, closed, deep)
            steps = flattening.branches() if block.is_choice else flattening.run()
            self._steps[id(block)] = finish(steps) if finish is not None else steps

    @property
    def levels(self) -> int:
        """How many levels a U of the model has."""
        return max(self._level.values(), default=0)

    def of(self, block: Block) -> Steps:
        return self._steps[id(block)]


class _Flattening:
    def __init__(
        self,
        block: Block,
        inner: dict[int, Steps],
        contract: frozenset[str],
        whole: bool,
        unwrap: bool,
        closed: Sequence[str],
        deep: set[int],
    ) -> None:
        self.block = block
        self.closed = closed
        self.deep = deep
        self.whole = whole
        self.unwrap = unwrap
        self.folds = folds(block)
        self.inner = inner
        self.contract = contract
        self.steps: list[Step] = []
        self.read = {o.source for node in block.nodes for o in node.operands}
        self.read.update(r for port in block.outputs for r in port.sources)
        self.at: dict[Ref, list[Source]] = {Ref(OWN_INPUT, k): [(-1, k)] for k in range(len(block.inputs))}

    def run(self) -> Steps:
        for number, node in enumerate(self.block.nodes):
            if self._is_wire(number, node):
                source = next((o.source for o in node.operands if isinstance(o.source, Ref)), None)
                self.at[Ref(number, 0)] = self.at.get(source, []) if source else []
                continue
            inside = self._dissolved(node)
            if inside is None:
                self._keep(number, node)
            else:
                self._dissolve(number, node, inside)
        return self._finished()

    def branches(self) -> Steps:
        """The body of an open choice: a step for each branch, which is its only step if there is no more to it."""
        for number, node in enumerate(self.block.nodes):
            branch = when(self.block, node)
            inside = self.inner[id(node.what)] if isinstance(node.what, Block) else None
            if inside is None or not _is_one_step(node, inside):
                self._keep(number, node)
                bare = inside is not None and not inside.steps
                if bare and branch == BRANCHES[node.id] and not _choose_a_tensor(self.block):
                    branch += ": unchanged"  # there is something in it that only hands on
                self.steps[-1] = replace(self.steps[-1], branch=branch, is_bare=bare)
            else:
                self._dissolve(number, node, inside)
                self.steps[-1] = replace(self.steps[-1], branch=branch)
        return self._finished()

    def _finished(self) -> Steps:
        outputs = [[s for r in port.sources for s in self.at.get(r, [])] for port in self.block.outputs]
        return Steps(self.block, self.steps, outputs, self.folds)

    def _is_wire(self, number: int, node: Node) -> bool:
        if node.attribute("hide") is not None and len(node.operands) == 1 and len(node.outputs) == 1:
            return True
        if not isinstance(node.what, Operation) or _is_copied(node):
            return False
        if node.what.name == "Identity":
            return True
        category = node.what.spec.category
        if category.value not in self.contract or len(node.operands) != 1:
            return False
        if category is Category.POOLING and not self._resizes(node):
            return False  # it is there for itself
        return not any(Ref(number, k) in self.read for k in range(1, len(node.outputs)))

    def _resizes(self, node: Node) -> bool:
        source = node.operands[0].source
        return not isinstance(source, Ref) or self.block.tensor(source).shape != node.outputs[0].shape

    def _dissolved(self, node: Node) -> Steps | None:
        """The steps inside if the block around them is not worth a frame."""
        block = node.what
        if not isinstance(block, Block) or not block.nodes or any(len(f) > 1 for f in feeding(node, block)):
            return None
        inside = self.inner[id(block)]
        if id(block) in self.deep or (block.name and any(fnmatchcase(block.name, p) for p in self.closed)):
            return None
        if inside.folds and not _is_copied(node) and (self.whole or block.definition == self.block.definition):
            # A U within a U is its lower part, and a model that is little else than a U is one.
            self.folds = True
            return inside
        if not _is_copied(node) and (_is_flat(node) or _is_flat(block)):
            return inside
        if node.attributes or any(a.name != "label" for a in block.attributes):
            return None
        if not block.name and self.block.name and not _is_copied(node) and inside.steps and self._is_all(node):
            return inside
        if block.attributes and (len(inside.steps) != 1 or isinstance(inside.steps[0].what, Block)):
            return None
        if not inside.steps:
            return None if _is_copied(node) else inside
        if len(inside.steps) == 1:
            only = inside.steps[0]
            if _is_copied(node) and (only.repeat > 1 or only.times or block.name):
                return None
            if (only.repeat > 1 or only.times) and block.name:
                return None
            if only.wrapper and block.name:
                return None
            takes_all = len({t.source for t in only.takes}) == len(block.inputs) if _is_copied(node) else True
            return inside if takes_all else None
        anonymous = not block.name and (self.unwrap or not node.named) and not _is_copied(node)
        return inside if anonymous else None

    def _is_all(self, node: Node) -> bool:
        """Whether a node is all there is in its block, but for what only reshapes."""
        others = [other.what for other in self.block.nodes if other is not node]
        return all(isinstance(o, Operation) and o.spec.category is Category.TENSOR for o in others)

    def _keep(self, number: int, node: Node) -> None:
        index = len(self.steps)
        self.steps.append(
            Step(
                node.key,
                node,
                tuple(self._taken(node)),
                node.outputs,
                node.repeat,
                node.times,
                shared=_is_shared(node),
            )
        )
        for port in range(max(len(node.outputs), 1)):
            self.at[Ref(number, port)] = [(index, port)]

    def _taken(self, node: Node) -> list[Taken]:
        block = ported(node.what)
        places: dict[int, int] = {}
        if block is not None:
            for into, operands in enumerate(feeding(node, block)):
                for operand in operands:
                    places[id(operand)] = into
        found: list[Taken] = []
        for k, operand in enumerate(node.operands):
            into = places.get(id(operand), k) if block is not None else k
            if isinstance(operand.source, Literal):
                found.append(Taken(float(operand.source.value), into, operand.port))
            else:
                found += [Taken(s, into, operand.port) for s in self.at.get(operand.source, [])]
        if block is None:
            found = [t if t.into == k else replace(t, into=k) for k, t in enumerate(found)]
        return found

    def _dissolve(self, number: int, node: Node, inside: Steps) -> None:
        block = inside.block
        fed: list[list[Source | float]] = []
        for operands in feeding(node, block):
            feeds: list[Source | float] = []
            for operand in operands:
                if isinstance(operand.source, Literal):
                    feeds.append(float(operand.source.value))
                else:
                    feeds += self.at.get(operand.source, [])
            fed.append(feeds)
        base = len(self.steps)
        for step in inside.steps:
            takes = tuple(replace(t, source=s) for t in step.takes for s in _moved(t.source, base, fed))
            wrapper = step.wrapper
            if len(inside.steps) == 1 and block.name and not isinstance(step.what, Block) and not step.merged:
                wrapper = labelled(block) or block.name
            self.steps.append(
                replace(
                    step,
                    key=f"{node.key}/{step.key}",
                    takes=takes,
                    repeat=step.repeat * node.repeat,
                    times=node.times or step.times,
                    wrapper=wrapper,
                    shared=step.shared or _is_shared(node),
                )
            )
        flat = [[s for s in _moved(one, base, fed) if isinstance(s, tuple)] for port in inside.outputs for one in port]
        ports = [[s for one in port for s in _moved(one, base, fed) if isinstance(s, tuple)] for port in inside.outputs]
        sources = flat if len(flat) == len(node.outputs) else ports
        for port, drivers in enumerate(sources):
            self.at[Ref(number, port)] = drivers


def when(body: Block, node: Node) -> str:
    """When a branch of an open choice is taken, and what it does if that is nothing."""
    word, what = BRANCHES[node.id], node.what
    if not isinstance(what, Block) or what.nodes or _choose_a_tensor(body):
        return word
    return f"{word}: {'unchanged' if node.outputs else 'nothing'}"


def _choose_a_tensor(body: Block) -> bool:
    """Whether a choice is one between tensors: none of its branches does anything."""
    blocks = [n.what for n in body.nodes if isinstance(n.what, Block)]
    return len(body.nodes) > 1 and len(blocks) == len(body.nodes) and not any(b.nodes for b in blocks)


def _is_one_step(node: Node, inside: Steps) -> bool:
    """Whether a branch is one step and nothing else: all that flows in goes there, all that flows out comes from it."""
    if len(inside.steps) != 1 or any(len(f) > 1 for f in feeding(node, inside.block)):
        return False
    taken = {t.source for t in inside.steps[0].takes if isinstance(t.source, tuple)}
    return len(taken) == len(inside.block.inputs) and all(s[0] >= 0 for port in inside.outputs for s in port)


def folds(block: Block) -> bool:
    """Whether a block asks to be drawn as a U."""
    layout = block.attribute("layout")
    return layout is not None and layout.values[:1] == ("u",)


def _levels(root: Block) -> dict[int, int]:
    """At which level of a U the blocks stand that are its levels, by their ids: the outermost is the first."""
    found: dict[int, int] = {}
    for block in reversed(list(distinct_blocks(root))):
        for node in block.nodes:
            inner = node.what
            if isinstance(inner, Block) and folds(inner):
                below = found.get(id(block), 0) if inner.definition == block.definition else 0
                found.setdefault(id(inner), below + 1)
    return found


def _is_copied(node: Node) -> bool:
    """Whether a node stands, or may stand, for several."""
    return node.repeat > 1 or bool(node.times)


def _is_flat(shown: Block | Node) -> bool:
    """Whether a block asks to have no frame: what is in it stands among what is around it."""
    layout = shown.attribute("layout")
    return layout is not None and layout.values[:1] == ("flat",)


def _is_shared(node: Node) -> bool:
    """Whether it applies another node's weights again, which goes without saying of the steps of one loop."""
    return node.shared is not None and node.attribute(STEP) is None


def labelled(shown: Block | Node) -> str | None:
    """What the author calls it in pictures."""
    attribute = shown.attribute("label")
    return str(attribute.values[0]) if attribute is not None and attribute.values else None


def _moved(source: Source | float, base: int, fed: Sequence[Sequence[Source | float]]) -> Sequence[Source | float]:
    """An inner source as seen from around: inner inputs are what feeds them."""
    if not isinstance(source, tuple):
        return [source]
    return fed[source[1]] if source[0] < 0 else [(source[0] + base, source[1])]
