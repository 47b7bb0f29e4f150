"""Recurrent operations written out for a picture: cells, layer on layer, with state and memory passed on."""

from __future__ import annotations

from moniel2.dims import Dim, Shape
from moniel2.ir.model import OWN_INPUT, Attribute, Block, Input, Node, Operand, Operation, Output, Ref, Tensor
from moniel2.ir.model import Literal as Number
from moniel2.layout.row import Row, gathered, steps_of
from moniel2.ops.label import label
from moniel2.ops.merge import Concat
from moniel2.ops.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, Recurrent, RNNCell

CELLS = {RNN: RNNCell, GRU: GRUCell, LSTM: LSTMCell}


def is_recurrent(what: Operation) -> bool:
    """Whether an operation is a loop over steps."""
    return isinstance(what.op, Recurrent)


def layered(node: Node, what: Operation, block: Block, most: int, read: set[int]) -> Block:
    """The block that a recurrent operation is: its layers one below the other; of two directions each in a frame."""
    op = what.op
    assert isinstance(op, Recurrent)
    taken = [(o.port, o.source) for o in node.operands]
    tensors = [block.tensor(s) if isinstance(s, Ref) else Tensor(None) for _, s in taken if not isinstance(s, Number)]
    inputs = tuple(_port(port, tensor) for (port, _), tensor in zip(taken, tensors, strict=False))
    made = _Cells(op, what, tensors[0] if tensors else Tensor(None), most, read)
    states = [port for port, _ in taken[1:]]
    if op.bidirectional:
        nodes, result, last = made.both_ways(states)
    else:
        nodes, result, last = made.one_way(states, 0, op.layers, "left")
    last = [refs if 1 + n in read else [] for n, refs in enumerate(last)]
    outputs = [Output("", tuple(result) if 0 in read else (), node.outputs[:1])]
    outputs += [Output(name, tuple(refs), (t,)) for name, refs, t in zip("hc", last, node.outputs[1:], strict=False)]
    name = label(op, [t.shape for t in tensors])[0]
    given = gathered(outputs, nodes)
    return Block(name, f"{what.name} unrolled", (), (), inputs, given, tuple(nodes))


def _port(name: str, tensor: Tensor, side: str = "left") -> Input:
    return Input(name, tensor, attributes=() if name == "x" else (Attribute("side", (side,)),))


class _Cells:
    """Makes the nodes of the cells, and says where results and last states come from."""

    def __init__(self, op: Recurrent, what: Operation, x: Tensor, most: int, read: set[int]) -> None:
        self.op, self.what, self.x, self.read = op, what, x, read
        shape = x.shape
        self.batch = None if shape is None or len(shape) != 3 else shape[0 if op.batch_first else 1]
        length = None if shape is None or len(shape) != 3 else shape[1 if op.batch_first else 0]
        self.places = steps_of(length, most)
        self.states = ("h", "c") if isinstance(op, LSTM) else ("h",)

    def one_way(
        self, first: list[str], layer: int, layers: int, side: str
    ) -> tuple[list[Node], list[Ref], list[list[Ref]]]:
        """The nodes of some layers, the results of the last of them step by step, and the last state of each."""
        row = Row()
        backwards = side == "right"
        at: dict[tuple[int, str], int] = {}
        before = ""
        for place in reversed(self.places) if backwards else self.places:
            for k in range(layer, layer + layers):
                x = Ref(OWN_INPUT, 0) if k == layer else Ref(at[(k - 1, place)], 0)
                operands = [Operand(x, "x")]
                for n, state in enumerate(self.states):
                    if before:
                        operands.append(Operand(Ref(at[(k, before)], n), state))
                    elif n < len(first):
                        operands.append(Operand(Ref(OWN_INPUT, 1 + n), state))
                at[(k, place)] = len(row.nodes)
                tensor = self._state()
                key = f"l{k}_" if layers > 1 else ""
                sides = ("", *([side] * (len(operands) - 1)))
                cell = self._cell(k, backwards)
                outs = (tensor,) * len(self.states)
                name = f"{self.what.name} {self.op.hidden}"
                row.add(place, self.places, name, cell, tuple(operands), outs, key, sides, self.states)
            before = place
        top = layer + layers - 1
        results = [Ref(at[(top, place)], 0) for place in self.places]
        last = [[Ref(at[(k, before)], n) for k in range(layer, layer + layers)] for n in range(len(self.states))]
        return row.nodes, results, last

    def both_ways(self, first: list[str]) -> tuple[list[Node], list[Ref], list[list[Ref]]]:
        """The same of two directions: a block each, what they give side by side."""
        nodes: list[Node] = []
        source = Ref(OWN_INPUT, 0)
        last: list[list[Ref]] = [[] for _ in self.states]
        for layer in range(self.op.layers):
            pair: list[Operand] = []
            for side, name in (("left", "forward"), ("right", "backward")):
                inner, results, ends = self.one_way(first, layer, 1, side)
                ports = (_port("x", self.x), *(_port(p, Tensor(None), side) for p in first))
                width = self._state()
                outputs = [Output("", tuple(results), (width,))]
                outputs += [
                    Output(s, tuple(refs) if 1 + n in self.read else (), (width,))
                    for n, (s, refs) in enumerate(zip(self.states, ends, strict=True))
                ]
                given = gathered(outputs, inner)
                what = Block(name, f"{self.what.name} {name}", (), (), ports, given, tuple(inner))
                own = [Operand(Ref(OWN_INPUT, 1 + n), p) for n, p in enumerate(first)]
                for n in range(len(self.states)):
                    last[n].append(Ref(len(nodes), 1 + n))
                pair.append(Operand(Ref(len(nodes), 0), "xs"))
                names = ("out", *self.states)
                key = name if self.op.layers == 1 else f"{name}{layer}"
                tensors = (width,) * len(names)
                operands = (Operand(source, "x"), *own)
                nodes.append(Node(key, what, operands, tensors, names, attributes=(Attribute("expand"),)))
            join = Operation(Concat(-1), (), (), Dim.of(0), "Concat")
            key = "concat" if self.op.layers == 1 else f"concat{layer}"
            nodes.append(Node(key, join, tuple(pair), (self._joined(),)))
            source = Ref(len(nodes) - 1, 0)
        return nodes, [source], last

    def _cell(self, layer: int, backwards: bool) -> Operation:
        """One cell, with the weights of its layer and direction."""
        op = self.op
        end = f"_l{layer}{'_reverse' if backwards else ''}"
        owned = [(name.removesuffix(end), w) for name, w in self.what.weights if name.endswith(end)]
        size = Dim.of(0)
        for name, weight in owned:
            size = size + weight.shape.size if name.startswith("weight") else size
        cell = next(c for kind, c in CELLS.items() if isinstance(op, kind))
        macs = size * self.batch if self.batch is not None else size
        return Operation(cell(op.hidden), (("hidden", op.hidden),), tuple(owned), macs, self.what.written)

    def _state(self) -> Tensor:
        shape = None if self.batch is None else Shape(self.batch, self.op.width)
        return Tensor(shape, self.x.dtype)

    def _joined(self) -> Tensor:
        shape = self.x.shape
        if shape is None or len(shape) != 3:
            return Tensor(None)
        return Tensor(Shape(shape[0], shape[1], self.op.directions * self.op.width), self.x.dtype)
