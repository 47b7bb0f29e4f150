"""The model for other programs: JSON, hierarchical or flat, its schemas, and a networkx graph."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from moniel2.ir.flatten import TooLarge, flat_json, flat_size, flatten
from moniel2.ir.hierarchy import hierarchy
from moniel2.ir.model import Literal, Model
from moniel2.ir.plain import Json, plain_count, plain_dtype, plain_shape

if TYPE_CHECKING:
    from networkx import MultiDiGraph

__all__ = ["TooLarge", "flat_json", "flat_size", "graph_json", "schema", "to_json", "to_networkx"]

graph_json = hierarchy


def to_json(model: Model, flat: bool = False) -> str:
    """The text of ``moniel2 graph``: an entry a line, so that two versions can be compared. Raises ``TooLarge``."""
    whole = flat_json(model) if flat else hierarchy(model)
    assert isinstance(whole, dict)
    return _text(whole, 0, 2 if flat else 4) + "\n"


def schema(name: str) -> Any:
    """The JSON Schema of ``graph``, ``flat`` or ``summary``."""
    return json.loads((files("moniel2.ir") / "schemas" / f"{name}.json").read_text(encoding="utf-8"))


def to_networkx(model: Model) -> MultiDiGraph[str]:
    """Every operation by its path. Raises ``TooLarge``.

    Nodes have ``op``, ``shape``, ``dtype``, ``parameters``, ``macs`` and ``literals``; an edge's key is the number of
    the operand it brings.
    """
    from networkx import MultiDiGraph

    graph: MultiDiGraph[str] = MultiDiGraph(name=model.name)
    leaves = flatten(model).leaves
    for leaf in leaves:
        graph.add_node(
            leaf.path,
            op=leaf.op,
            shape=plain_shape(leaf.tensor),
            dtype=plain_dtype(leaf.tensor),
            parameters=plain_count(leaf.parameters),
            macs=plain_count(leaf.macs),
            literals={i: o.value for i, o in enumerate(leaf.operands) if isinstance(o, Literal)},
        )
    for leaf in leaves:
        for number, operand in enumerate(leaf.operands):
            if isinstance(operand, int):
                graph.add_edge(leaves[operand].path, leaf.path, key=number)
    return graph


def _text(value: Json, indent: int, depth: int) -> str:
    """JSON that is open for ``depth`` levels, and one line for each value below."""
    if depth == 0 or not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        parts = [
            f"{pad}{json.dumps(k, ensure_ascii=False)}: {_text(v, indent + 1, depth - 1)}" for k, v in value.items()
        ]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    parts = [pad + _text(item, indent + 1, depth - 1) for item in value]
    return "[\n" + ",\n".join(parts) + "\n" + " " * indent + "]"
