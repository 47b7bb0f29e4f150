"""The model as JSON and as a networkx graph."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import networkx
import pytest
from handmade import Draft, choice, linear_block, model, tensor

from moniel2.dims import Dim
from moniel2.ir.export import TooLarge, flat_json, flat_size, graph_json, schema, to_json, to_networkx
from moniel2.ir.model import (
    NOTHING_KNOWN,
    Block,
    BlockName,
    DType,
    Extern,
    Input,
    Literal,
    Loop,
    Model,
    Operand,
    Output,
    PortKind,
    Ref,
    Shared,
    Sketch,
    Tie,
    Undefined,
    Unknown,
)
from moniel2.ops.catalog import catalog
from moniel2.source import Source, Span


def exported(block: Block) -> tuple[Any, Any]:
    """Both forms, valid by their schemas."""
    found: list[Any] = []
    for name, make in (("graph", graph_json), ("flat", flat_json)):
        whole = json.loads(json.dumps(make(model(block)), allow_nan=False))
        checker = jsonschema.Draft202012Validator
        checker.check_schema(schema(name))
        checker(schema(name)).validate(whole)
        assert json.loads(to_json(model(block), flat=name == "flat")) == whole
        found.append(whole)
    return found[0], found[1]


def residual() -> Block:
    """A unit with a shortcut, three times."""
    inner = Draft(_=tensor(2, 8))
    unit = inner.block("unit", linear_block_of(2), inner.input())
    added = inner.op("Add", inner.input(), unit, id="")
    block = inner.done("Residual", (("width", 8),), _=added)
    draft = Draft(x=tensor(2, 8))
    series = draft.block("stage", block, draft.input(), first=0, repeat=3)
    return draft.done("Net", y=draft.op("Softmax", series, id="probabilities"))


def linear_block_of(batch: int) -> Block:
    draft = Draft(_=tensor(batch, 8))
    hidden = draft.op("Linear", draft.input(), args={"size": 8}, id="fc")
    return draft.done("Unit", _=draft.op("ReLU", hidden))


def test_graph_holds_each_distinct_block_once() -> None:
    graph, _ = exported(residual())
    assert (graph["schema"], graph["name"], graph["root"]) == ("moniel2.graph/1", "Net", "Net")
    assert list(graph["blocks"]) == ["Net", "Residual", "Unit"]
    assert graph["blocks"]["Residual"] == {
        "name": "Residual",
        "params": {"width": 8},
        "inputs": [{"name": "in", "shape": [2, 8], "dtype": "float32"}],
        "outputs": [{"name": "out", "shape": [2, 8], "dtype": "float32"}],
        "nodes": [
            {
                "id": "unit",
                "block": "Unit",
                "args": {},
                "repeat": 1,
                "shape": [2, 8],
                "dtype": "float32",
                "parameters": 72,
                "macs": 128,
                "span": None,
            },
            {
                "id": "add",
                "op": "Add",
                "args": {},
                "repeat": 1,
                "shape": [2, 8],
                "dtype": "float32",
                "parameters": 0,
                "macs": 0,
                "span": None,
            },
        ],
        "edges": [
            {"from": [None, "in"], "to": ["unit", "in"]},
            {"from": [None, "in"], "to": ["add", "xs"]},
            {"from": ["unit", "out"], "to": ["add", "xs"]},
            {"from": ["add", "out"], "to": [None, "out"]},
        ],
    }
    (stage, softmax) = graph["blocks"]["Net"]["nodes"]
    assert (stage["id"], stage["repeat"], stage["parameters"]) == ("stage/0", 3, 3 * 72)
    assert softmax["op"] == "Softmax"


def test_flat_writes_every_instance_by_its_path() -> None:
    _, flat = exported(residual())
    assert [node["path"] for node in flat["nodes"]] == [
        "x",
        *(f"stage/{i}/{part}" for i in range(3) for part in ("unit/fc", "unit/relu", "add")),
        "probabilities",
        "y",
    ]
    assert flat["nodes"][1] == {
        "path": "stage/0/unit/fc",
        "op": "Linear",
        "shape": [2, 8],
        "parameters": 72,
        "macs": 128,
    }
    assert flat["edges"] == [
        ["x", "stage/0/unit/fc"],
        ["stage/0/unit/fc", "stage/0/unit/relu"],
        ["x", "stage/0/add"],
        ["stage/0/unit/relu", "stage/0/add"],
        ["stage/0/add", "stage/1/unit/fc"],
        ["stage/1/unit/fc", "stage/1/unit/relu"],
        ["stage/0/add", "stage/1/add"],
        ["stage/1/unit/relu", "stage/1/add"],
        ["stage/1/add", "stage/2/unit/fc"],
        ["stage/2/unit/fc", "stage/2/unit/relu"],
        ["stage/1/add", "stage/2/add"],
        ["stage/2/unit/relu", "stage/2/add"],
        ["stage/2/add", "probabilities"],
        ["probabilities", "y"],
    ]
    assert flat["inputs"] == [{"name": "x", "shape": [2, 8], "dtype": "float32"}]
    assert flat["outputs"] == [{"name": "y", "shape": [2, 8], "dtype": "float32"}]
    assert flat["totals"] == {"parameters": 216, "macs": 384}


def test_operands_in_order_a_repeated_one_twice_and_literals() -> None:
    draft = Draft(x=tensor(2, 8))
    twice = draft.op("Mul", draft.input(), draft.input())
    draft.op("Sub", Literal(1), twice)
    graph, flat = exported(draft.done("Net", _=draft.last))
    assert flat["edges"] == [["x", "mul"], ["x", "mul"], ["mul", "sub"], ["sub", "out"]]
    assert flat["nodes"][2]["literals"] == [{"operand": 0, "value": 1}]
    (literal,) = graph["blocks"]["Net"]["nodes"][1]["literals"]
    assert (literal["operand"], literal["value"]) == (0, 1)
    assert len(graph["blocks"]["Net"]["edges"]) == 4


def test_ports_without_names_get_some_that_nothing_else_has() -> None:
    draft = Draft(_=tensor(2, 8))
    draft.inputs.append(Input("", tensor(2, 8)))
    draft.inputs.append(Input("in", tensor(2, 8)))
    draft.op("Add", draft.input(0), draft.input(1), draft.input(2), id="out")
    graph, flat = exported(draft.done("Net", _=draft.last))
    assert [p["name"] for p in graph["blocks"]["Net"]["inputs"]] == ["in2", "in3", "in"]
    assert [node["path"] for node in flat["nodes"]] == ["in2", "in3", "in", "out", "out2"]


def test_symbolic_sizes_are_text_and_unknown_ones_null() -> None:
    draft = Draft(x=tensor("B", 8))
    draft.op("Linear", draft.input(), args={"size": 8}, id="fc")
    draft.put("m", Undefined("Mystery", (("a", Unknown()),)), (Operand(draft.last, "x"),), (NOTHING_KNOWN,))
    graph, flat = exported(draft.done("Net", y=draft.last))
    assert flat["nodes"][1]["macs"] == "64*B"
    assert flat["nodes"][2] == {
        "path": "m",
        "op": "Mystery",
        "shape": None,
        "parameters": None,
        "macs": None,
        "undefined": True,
    }
    assert flat["totals"] == {"parameters": 72, "macs": "64*B", "at_least": True}
    assert graph["blocks"]["Net"]["nodes"][1]["args"] == {"a": None}


def test_everything_a_model_can_hold_fits_the_schemas() -> None:
    source = Source("a.nn", "x\nfc:Linear(8)")
    draft = Draft(x=tensor(2, 8))
    draft.inputs.append(Input("mask", tensor(2, 8), optional=True, bound=False))
    draft.op("Linear", draft.input(), args={"size": 8}, id="fc", span=Span(source, 2, 14))
    arguments = (("d", DType("int64")), ("b", BlockName("{…}")), ("s", (1, Dim.of("B"), None)), ("f", float("inf")))
    draft.put(
        "s", Sketch(catalog()["Conv"], arguments, ("channels",), "Conv"), (Operand(draft.last, "x"),), (tensor(2, 8),)
    )
    ports = Draft(x=tensor(2, 8))
    python = Extern("RoPE", "pkg.RoPE", arguments, ports.done("RoPE", y=ports.input()), "RoPE")
    draft.put("e", python, (Operand(draft.last, "x"),), (tensor(2, 8),))
    draft.put("c", choice("C > 1", linear_block_of(2)), (Operand(draft.last, "x"),), (tensor(2, 8),))
    draft.block("again", linear_block_of(2), draft.last, shared=Shared(1, ("a", "b")))
    draft.op("Linear", draft.last, args={"size": 8}, id="t", ties=(Tie("weight", 0, ("fc", "weight"), True),))
    graph, flat = exported(draft.done("Net", y=draft.last))
    nodes = {node["id"]: node for node in graph["blocks"]["Net"]["nodes"]}
    assert nodes["fc"]["span"] == {
        "file": "a.nn",
        "start": {"line": 2, "column": 1, "offset": 2},
        "end": {"line": 2, "column": 13, "offset": 14},
    }
    assert nodes["s"]["args"] == {"d": "int64", "b": "{…}", "s": [1, "B", None], "f": "inf"}
    assert (nodes["s"]["missing"], nodes["e"]["extern"]) == (["channels"], "pkg.RoPE")
    assert (nodes["c"]["choice"], nodes["c"]["block"]) == ({"condition": "C > 1"}, "if C > 1")
    body = graph["blocks"]["if C > 1"]
    assert [(node["id"], node["block"]) for node in body["nodes"]] == [("then", "Unit"), ("else", "{}")]
    assert [edge for edge in body["edges"] if edge["to"][0] is None] == [
        {"from": ["then", "out"], "to": [None, "out"]},
        {"from": ["else", "out"], "to": [None, "out"]},
    ]
    assert body["outputs"] == [{"name": "out", "shape": [2, 8], "dtype": "float32", "kind": "either"}]
    assert nodes["again"]["shared"] == {"up": 1, "path": ["a", "b"]}
    assert nodes["again"]["parameters"] == 0
    assert nodes["t"]["ties"][0]["transpose"] is True
    assert graph["blocks"]["Net"]["inputs"][1]["bound"] is False
    assert [node["path"] for node in flat["nodes"]] == ["x", "fc", "s", "e", "c", "again/fc", "again/relu", "t", "y"]


def test_a_loop_stands_once_for_all_its_steps() -> None:
    body = Draft(xt=tensor(2, 8))
    body.inputs.append(Input("h", tensor(2, 8), PortKind.STATE, optional=True))
    total = body.op("Add", body.input(0), body.input(1), id="sum")
    inner = body.done("", y=body.op("Linear", total, args={"size": 8}, id="fc"))
    inner = replace(inner, outputs=(*inner.outputs, Output("h", (Ref(1, 0),), (tensor(2, 8),), PortKind.STATE)))
    draft = Draft(x=tensor(2, "T", 8), h0=tensor(2, 8))
    operands = (Operand(draft.input(0), "xt"), Operand(draft.input(1), "h"))
    draft.put("loop", Loop(inner, 1, False, Dim.of("T")), operands, (tensor(2, "T", 8), tensor(2, 8)))
    graph, flat = exported(draft.done("Net", y=draft.last, h=Ref(0, 1)))
    assert flat["edges"] == [
        ["x", "loop/sum"],
        ["h0", "loop/sum"],
        ["loop/sum", "loop/fc"],
        ["loop/fc", "y"],
        ["loop/fc", "h"],
    ]
    (loop,) = graph["blocks"]["Net"]["nodes"]
    assert loop["loop"] == {"axis": 1, "reverse": False, "steps": "T"}
    assert loop["macs"] == "128*T" and loop["parameters"] == 72
    assert [node["macs"] for node in flat["nodes"]] == [0, 0, 0, "128*T", 0, 0]


def test_a_bundle_is_several_edges_from_one_port() -> None:
    inner = Draft(x=tensor(2, 8))
    a, b = inner.op("ReLU", inner.input(), id="a"), inner.op("Tanh", inner.input(), id="b")
    two = inner.done("Two", both=(a, b))
    draft = Draft(x=tensor(2, 8))
    draft.block("two", two, draft.input())
    draft.op("Sub", Ref(0, 1), Ref(0, 0))
    graph, flat = exported(draft.done("Net", y=draft.last))
    assert [e["from"] for e in graph["blocks"]["Net"]["edges"][1:3]] == [["two", "both"], ["two", "both"]]
    assert flat["edges"][2:4] == [["two/b", "sub"], ["two/a", "sub"]]


def test_copies_side_by_side() -> None:
    draft = Draft(x=tensor(2, 8))
    outputs = (tensor(2, 8),) * 3
    operands = (Operand(draft.input(), "0"),)
    draft.put("heads", linear_block_of(2), operands, outputs, first=0, repeat=3, parallel=True)
    draft.op("Add", Ref(0, 0), Ref(0, 1), Ref(0, 2))
    graph, flat = exported(draft.done("Net", y=draft.last))
    assert graph["blocks"]["Net"]["nodes"][0]["parallel"] is True
    assert [e for e in flat["edges"] if e[1] == "add"] == [[f"heads/{i}/relu", "add"] for i in range(3)]
    assert [e for e in flat["edges"] if e[0] == "x"] == [["x", f"heads/{i}/fc"] for i in range(3)]


def test_ports_of_the_model_stand_where_they_are_declared() -> None:
    source = Source("a.nn", "x" * 100)
    draft = Draft()
    draft.inputs += [Input(n, tensor(2, 8), span=Span(source, at, at + 1)) for n, at in (("a", 0), ("b", 40))]
    draft.op("ReLU", draft.input(0), id="f", span=Span(source, 10, 11))
    draft.op("ReLU", draft.input(1), id="g", span=Span(source, 50, 51))
    block = draft.done("Net", y=Ref(0, 0), z=Ref(1, 0))
    outputs = tuple(replace(o, span=Span(source, at, at + 1)) for o, at in zip(block.outputs, (20, 60), strict=True))
    _, flat = exported(replace(block, outputs=outputs))
    assert [node["path"] for node in flat["nodes"]] == ["a", "f", "y", "b", "g", "z"]
    assert [port["name"] for port in flat["inputs"]] == ["a", "b"]


def test_what_would_be_too_large_is_refused_before_it_is_made() -> None:
    block = linear_block(8)
    for level in range(40):
        draft = Draft(_=tensor("B", 8))
        draft.block("a", block, draft.input())
        block = draft.done(f"Level{level}", _=draft.block("b", block, draft.last))
    assert flat_size(block) == 2 * 2**40 + 2
    with pytest.raises(TooLarge) as caught:
        flat_json(model(block))
    assert caught.value.size == 2 * 2**40 + 2
    assert len(to_json(model(block))) < 100_000


def test_depth_costs_no_stack() -> None:
    block = linear_block(8)
    for level in range(3000):
        draft = Draft(_=tensor("B", 8))
        block = draft.done(f"Level{level}", _=draft.block("inner", block, draft.input()))
    graph, flat = graph_json(model(block)), flat_json(model(block))
    assert isinstance(graph, dict) and isinstance(flat, dict)
    assert len(flat["nodes"]) == 4  # type: ignore[arg-type]


def test_networkx() -> None:
    graph = to_networkx(model(residual()))
    assert networkx.is_directed_acyclic_graph(graph)
    assert graph.nodes["stage/1/unit/fc"] == {
        "op": "Linear",
        "shape": [2, 8],
        "dtype": "float32",
        "parameters": 72,
        "macs": 128,
        "literals": {},
    }
    assert list(graph.in_edges("stage/1/add", keys=True)) == [
        ("stage/0/add", "stage/1/add", 0),
        ("stage/1/unit/relu", "stage/1/add", 1),
    ]
    assert networkx.dag_longest_path_length(graph) == 3 * 3 + 2


def test_the_same_text_every_time() -> None:
    first, second = (Model("Net", residual()) for _ in range(2))
    for flat in (False, True):
        assert to_json(first, flat) == to_json(second, flat)
