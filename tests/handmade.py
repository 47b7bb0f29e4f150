"""Small models made by hand, for tests of what reads a model."""

from __future__ import annotations

from typing import Any

from moniel2.dims import Shape
from moniel2.ir.model import (
    OWN_INPUT,
    Block,
    Choice,
    Input,
    Literal,
    Model,
    Node,
    Operand,
    Operation,
    Output,
    PortKind,
    Ref,
    Tensor,
    Value,
    What,
)
from moniel2.ops.catalog import catalog


def tensor(*sizes: int | str, dtype: str = "float32") -> Tensor:
    return Tensor(Shape(*sizes), dtype)


class Draft:
    """A block under construction: each call adds a node and answers where its (first) output is."""

    def __init__(self, **inputs: Tensor) -> None:
        self.inputs = [Input(name.strip("_"), t) for name, t in inputs.items()]
        self.nodes: list[Node] = []

    def input(self, number: int = 0) -> Ref:
        return Ref(OWN_INPUT, number)

    def tensor(self, source: Ref | Literal) -> Tensor:
        if isinstance(source, Literal):
            return tensor()
        return (
            self.inputs[source.port].tensor
            if source.node == OWN_INPUT
            else self.nodes[source.node].outputs[source.port]
        )

    def op(
        self, name: str, *sources: Ref | Literal, id: str = "", args: dict[str, Any] | None = None, **more: Any
    ) -> Ref:
        """An operation with its shapes, weights and MACs by its own rules."""
        spec = catalog()[name]
        op: Any = spec.make(**(args or {}))
        shapes = [self.tensor(s).shape for s in sources]
        shape = op.shape(*shapes)
        outputs = (shape,) if isinstance(shape, Shape) else tuple(shape)
        names = [p.name for p in spec.inputs for _ in (sources if p.variadic else (0,))]
        what = Operation(op, tuple((args or {}).items()), tuple(op.weights(*shapes).items()), op.macs(*shapes), name)
        return self.put(
            id or name.lower(),
            what,
            tuple(Operand(s, n) for s, n in zip(sources, names, strict=False)),
            tuple(Tensor(s, "float32") for s in outputs),
            named=bool(id),
            **more,
        )

    def block(self, id: str, block: Block, *sources: Ref, **more: Any) -> Ref:
        operands = tuple(
            Operand(s, p.name or str(i)) for i, (s, p) in enumerate(zip(sources, block.inputs, strict=False))
        )
        return self.put(id, block, operands, tuple(t for o in block.outputs for t in o.tensors), **more)

    def put(self, id: str, what: What, operands: tuple[Operand, ...], outputs: tuple[Tensor, ...], **more: Any) -> Ref:
        more.setdefault("output_names", ("out",) if len(outputs) == 1 else tuple(map(str, range(len(outputs)))))
        self.nodes.append(Node(id, what, operands, outputs, **more))
        return Ref(len(self.nodes) - 1, 0)

    @property
    def last(self) -> Ref:
        """The output of the node that was added last."""
        return Ref(len(self.nodes) - 1, 0)

    def done(
        self, name: str = "", parameters: tuple[tuple[str, Value], ...] = (), **outputs: Ref | tuple[Ref, ...]
    ) -> Block:
        ports = []
        for port, refs in outputs.items():
            sources = refs if isinstance(refs, tuple) else (refs,)
            ports.append(Output(port.strip("_"), sources, tuple(self.tensor(r) for r in sources)))
        return Block(name, name, parameters, (), tuple(self.inputs), tuple(ports), tuple(self.nodes))


def model(block: Block) -> Model:
    return Model(block.name, block)


def choice(condition: str, then: Block, otherwise: Block | None = None) -> Choice:
    """An open choice between blocks of one input and one output; without the second, of one that does nothing."""
    draft = Draft(x=then.inputs[0].tensor)
    if otherwise is None:
        through = Draft(_=then.inputs[0].tensor)
        otherwise = through.done(_=through.input())
    ends = (draft.block("then", then, draft.input()), draft.block("else", otherwise, draft.input()))
    output = Output("", ends, (draft.tensor(ends[0]),), PortKind.EITHER)
    body = Block(f"if {condition}", condition, (), (), tuple(draft.inputs), (output,), tuple(draft.nodes))
    return Choice(condition, body)


def linear_block(width: int = 8) -> Block:
    """``+Unit { In[B, width] -> Linear(width) -> ReLU -> Out }``."""
    draft = Draft(_=tensor("B", width))
    hidden = draft.op("Linear", draft.input(), args={"size": width}, id="fc")
    return draft.done("Unit", _=draft.op("ReLU", hidden))
