"""Which blocks look the same: equal structure, arguments and shapes, whatever text they come from."""

from __future__ import annotations

from collections.abc import Hashable

from moniel2.ir.model import Block, Choice, Extern, Loop, Node, Operation, Ref, Sketch, Undefined, What, distinct_blocks


class Canonical:
    """A number for each block and node of a model; equal ones have equal numbers."""

    def __init__(self, root: Block) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._blocks: dict[int, int] = {}
        self._forms: dict[int, int] = {}
        self._nodes: dict[int, tuple[Node, int]] = {}  # by identity, and kept so that this stays theirs
        for block in distinct_blocks(root):
            self._blocks[id(block)] = self._number(self._content(block))
            self._forms[id(block)] = self._number(self._form(block))

    def block(self, block: Block) -> int:
        return self._blocks[id(block)]

    def node(self, node: Node) -> int:
        """Nodes are equal when they do the same to the same shapes; ids and places don't matter."""
        if id(node) not in self._nodes:
            shapes = tuple(t.shape for t in node.outputs)
            ports = tuple(o.port for o in node.operands)
            self._nodes[id(node)] = node, self._number(("node", self._what(node.what), shapes, ports))
        return self._nodes[id(node)][1]

    def form(self, block: Block) -> int:
        """Equal for blocks that are alike but for arguments and sizes: the same things, joined in the same way."""
        return self._forms[id(block)]

    def _number(self, key: Hashable) -> int:
        return self._numbers.setdefault(key, len(self._numbers))

    def _content(self, block: Block) -> Hashable:
        nodes = tuple(
            (
                self.node(n),
                n.repeat,
                n.times,
                tuple(o.source if isinstance(o.source, Ref) else ("number", o.source.value) for o in n.operands),
            )
            for n in block.nodes
        )
        inputs = tuple((p.name, p.tensor.shape, p.kind, p.bound) for p in block.inputs)
        outputs = tuple((p.name, p.sources, p.kind) for p in block.outputs)
        return ("block", block.name, block.parameters, inputs, outputs, nodes)

    def _form(self, block: Block) -> Hashable:
        nodes = tuple((self._kind(n.what), tuple(o.source for o in n.operands)) for n in block.nodes)
        return ("form", block.name and block.definition, nodes, tuple(p.sources for p in block.outputs))

    def _kind(self, what: What) -> Hashable:
        """What is done, whatever its arguments."""
        if isinstance(what, Block):
            return self._forms[id(what)]
        if isinstance(what, Loop):
            return ("loop", self._forms[id(what.body)])
        if isinstance(what, (Operation, Sketch)):
            return what.name
        return self._what(what)

    def _what(self, what: What) -> Hashable:
        if isinstance(what, Block):
            return self._blocks[id(what)]
        if isinstance(what, Operation):
            return ("op", what.name, what.arguments)
        if isinstance(what, Sketch):
            return ("sketch", what.name, what.arguments)
        if isinstance(what, Undefined):
            return ("undefined", what.written, what.arguments)
        if isinstance(what, Extern):
            return ("extern", what.definition, what.target, what.arguments)
        if isinstance(what, Loop):
            return ("loop", self._blocks[id(what.body)], what.axis, what.reverse)
        assert isinstance(what, Choice)
        return ("choice", what.condition, self._blocks[id(what.body)])
