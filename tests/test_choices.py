"""What isn't decided, in pictures and texts: both branches of a choice, and ``×n`` where nobody knows how often."""

from __future__ import annotations

import json
from functools import cache
from random import Random

import geometry
import pytest
from random_sketches import sketch

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, drafting, draw, scene
from moniel2.backends.html.engine import atlas
from moniel2.backends.html.live import figure
from moniel2.backends.torch import emit
from moniel2.ir.export import graph_json
from moniel2.ir.model import Choice, Model, Node, distinct_blocks
from moniel2.ir.verify import verify
from moniel2.layout.boxes import Direction
from moniel2.layout.layout import layout
from moniel2.layout.pick import Wanted
from moniel2.layout.picture import Request, diagram
from moniel2.layout.scene import Box, Scene, TextRun
from moniel2.tools.summary import summarize, to_csv, to_json, to_text
from tests.programs import compiled as compiled_text

CHOICES = {
    "shortcut": """
        +Block(C, stride = 1) {
            x:In[B, Cin, H, W] -> Conv(C, 3, stride, padding = 1) -> BN -> y
            x -> (Projection(C, stride) if stride != 1 or Cin != C else Identity) -> shortcut
            [y, shortcut] -> Add -> ReLU -> Out
            +Projection(C, stride) = Conv(C, 1, stride, bias = false) -> BN
        }
    """,
    "values": "+Act(deep, C) { In[B, C] -> (GELU if deep else ReLU) -> (Dropout(0.1) if deep and C > 3) -> Out }",
    "statements": """
        +Fuse(C, gated) {
            a:In[B, C, N]
            b:In[B, C, N]
            if gated { b -> Sigmoid -> g; [a, g] -> Mul -> y; a -> skip }
            else { [a, b] -> Add -> y; b -> Conv(C, 1) -> skip }
            [y, skip] -> Concat -> Conv(C, 1) -> Out
        }
    """,
    "chain of three": """
        +Mix(C, kind) {
            x:In[B, C, N]
            if kind == "conv" { x -> Conv(C, 3, padding = 1) -> ReLU -> Conv(C, 1) -> y }
            else if kind == "pool" { x -> MaxPool(3, 1, padding = 1) -> y }
            else { x -> y }
            y -> BatchNorm -> Out
        }
    """,
    "nested": """
        +Deep(C, wide, gated) {
            x:In[B, C]
            if wide {
                x -> Linear(4 * C) -> h
                if gated { h -> Sigmoid -> g; [h, g] -> Mul -> k } else { h -> GELU -> k }
                k -> Linear(C) -> y
            } else { x -> Linear(C) -> y }
            [x, y] -> Add -> Out
        }
    """,
    "in a repeat": """
        +Net(C, norm, n) {
            In[B, C, N] -> { In -> Conv(C, 3, padding = 1) -> (BatchNorm if norm) -> ReLU -> Out } * n -> Out
        }
    """,
    "without else": "+Aux(deep) { x:In[B, 8] -> s:Add; if deep { x -> Linear(8) -> Tanh -> s }; s -> Out }",
    "of blocks": """
        +Net(C, deep) {
            In[B, C, H, W] -> (Big(C) if deep else Small(C)) -> Out
            +Big(C) { x:In -> Conv(C, 3, padding = 1) -> ReLU -> y; [x, y] -> Add -> Out }
            +Small(C) { x:In -> Conv(C, 1) -> Sigmoid -> y; [x, y] -> Mul -> Out }
        }
    """,
}
OPEN = {  # what must be read in a picture with everything open
    "shortcut": {"if stride != 1 or Cin != C ?", "if so: Projection", "Conv 1×1, C", "else: unchanged"},
    "values": {
        "if deep ?",
        "if so: GELU",
        "else: ReLU",
        "if deep and C > 3 ?",
        "if so: Dropout 0.1",
        "else: unchanged",
    },
    "statements": {"if gated ?", "if so", "else", "σ", "Conv 1, C"},
    "chain of three": {'if kind == "conv" ?', 'else: if kind == "pool" ?', "if so: MaxPool 3 /1", "else: unchanged"},
    "nested": {"if wide ?", "if gated ?", "if so", "else: GELU", "else: Linear C"},
    "in a repeat": {"×n", "if norm ?", "if so: BatchNorm", "else: unchanged"},
    "without else": {"if deep ?", "if so", "Linear 8", "tanh"},
    "of blocks": {"if deep ?", "if so: Big", "else: Small", "Conv 3×3, C", "Conv 1×1, C"},
}
DIRECTIONS: tuple[Direction, ...] = ("down", "right", "up", "left")


@cache
def compiled(name: str) -> Model:
    return mn.loads(CHOICES[name]).ir


def opened(name: str, direction: Direction = "down", depth: int = 9) -> Scene:
    return layout(diagram(compiled(name), Request(direction=direction, wanted=Wanted(depth=depth))))


def texts(picture: Scene) -> list[str]:
    return [item.text for item in picture.walk() if isinstance(item, TextRun)]


def frames(picture: Scene) -> dict[str, Box]:
    return {item.path: item for item in picture.walk() if isinstance(item, Box) and item.css == "frame"}


@pytest.mark.parametrize("name", CHOICES)
def test_the_model_is_sound(name: str) -> None:
    assert verify(compiled(name)) == []


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_both_branches_are_drawn(name: str, direction: Direction) -> None:
    picture = opened(name, direction)
    assert geometry.faults(picture) == []
    assert set(texts(picture)) >= OPEN[name]


@pytest.mark.parametrize("name", CHOICES)
def test_both_branches_are_drawn_if_they_fit(name: str) -> None:
    """Nobody has to ask for it."""
    assert {t for t in texts(layout(diagram(compiled(name), Request()))) if t.startswith("if so")}
    assert any(item.dashed and item.css == "frame" for item in opened(name).walk() if isinstance(item, Box))


def test_branches_stand_side_by_side_in_a_dashed_frame() -> None:
    picture = opened("of blocks")
    found = frames(picture)
    around, then, other = found["big"], found["big/then/big"], found["big/else/small"]
    assert (around.dashed, then.dashed, other.dashed) == (True, False, False)
    assert then.x + then.w < other.x
    assert then.y == other.y
    assert around.x < then.x
    assert around.x + around.w > other.x + other.w


def test_the_frame_of_the_shortcut() -> None:
    assert {path for path, box in frames(opened("shortcut")).items() if box.dashed} == {"projection"}


def test_a_closed_choice_says_what_it_may_be() -> None:
    assert {"if deep ?", "GELU or ReLU", "Dropout or nothing"} <= set(texts(opened("values", depth=0)))
    assert "Conv · ReLU · Conv or MaxPool or nothing" in texts(opened("chain of three", depth=0))


def test_a_long_condition_is_cut_on_the_frame_and_whole_in_the_tooltip() -> None:
    condition = " or ".join(f"width == {k}" for k in range(40))
    model = mn.loads(f"+S(width) {{ In[B, width] -> (Linear(8) if {condition} else Tanh) -> Out }}").ir
    picture = layout(diagram(model, Request()))
    assert picture.width < 600
    assert any(condition in item.title for item in picture.walk() if isinstance(item, Box))


def test_a_long_chain_of_choices_is_drawn_in_part() -> None:
    text = " else ".join(f'if kind == "{i}" {{ x -> Linear({i + 1}) -> y }}' for i in range(60))
    model = mn.loads(f"+S(kind) {{ x:In[B, 8]; {text} else {{ x -> y }}; y -> Out }}").ir
    assert verify(model) == []
    picture = layout(diagram(model, Request()))
    assert geometry.faults(picture) == []
    assert 'if kind == "0" ?' in texts(picture)


def test_a_choice_opens_and_closes_on_the_page() -> None:
    drafted = drafting(compiled("nested"), DrawOptions())
    found = atlas(drafted.diagram, drafted.drafter)
    closed = figure(found.diagram, found.sheets, set(), 3000, {})
    both = figure(found.diagram, found.sheets, {"choice", "choice/then"}, 3000, {})
    assert closed is not None and both is not None
    assert "if wide ?" in texts(closed) and "else: Linear C" not in texts(closed)
    assert {"if wide ?", "if so", "else: Linear C", "if gated ?"} <= set(texts(both))
    boxes = [i for i in closed.walk() if isinstance(i, Box) and i.path == "choice"]
    assert [(b.css, b.dashed) for b in boxes] == [("block closed", True)]
    titles = {fact.title for sheet in found.facts for fact in sheet}
    assert {"Choice", "if so: { … }", "else: Linear"} <= titles


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("view", ["overview", "tensors", "volumes", "neurons"])
def test_other_views_say_both(name: str, view: str) -> None:
    picture = scene([compiled(name)], DrawOptions(view=view))  # type: ignore[arg-type]
    said = " ".join(texts(picture))
    assert " or " in said or "if so" in said


@pytest.mark.parametrize("name", CHOICES)
def test_texts_say_both(name: str) -> None:
    model = compiled(name)
    plain = draw(model, DrawOptions(format="txt", depth=9)).decode()
    assert "◇" in plain
    assert "if so" in plain
    for kind in ("dot", "mmd", "tex"):
        written = draw(model, DrawOptions(format=kind)).decode()  # type: ignore[arg-type]
        assert "if so" in written
        assert "dash" in written


def test_summaries_say_both() -> None:
    summary = summarize(compiled("values"))
    rows = {row.path: row.kind for row in summary.rows}
    assert rows["gelu"] == "if deep ?"
    assert (rows["gelu/then"], rows["gelu/else"], rows["dropout/else"]) == ("if so", "else", "else: unchanged")
    assert (rows["gelu/then/gelu"], rows["gelu/else/relu"]) == ("GELU", "ReLU")
    text = to_text(summary)
    assert "if so" in text and "else" in text
    assert [line.split(",")[0] for line in to_csv(summary).splitlines()[1:4]] == [
        "gelu", "gelu/then", "gelu/then/gelu",
    ]  # fmt: skip
    (first, *_) = json.loads(to_json(summary))["layers"]
    assert [layer["path"] for layer in first["layers"]] == ["gelu/then", "gelu/else"]


def test_the_graph_says_both() -> None:
    graph = graph_json(compiled("shortcut"))
    assert isinstance(graph, dict)
    (choice,) = [n for n in graph["blocks"]["Block"]["nodes"] if "choice" in n]  # type: ignore[call-overload,index,union-attr]
    assert choice["choice"] == {"condition": "stride != 1 or Cin != C"}  # type: ignore[index,call-overload]
    body = graph["blocks"][choice["block"]]  # type: ignore[index,call-overload]
    assert [n["id"] for n in body["nodes"]] == ["then", "else"]  # type: ignore[index,call-overload,union-attr]


# ---------------------------------------------------------------------------------------- shapes and counts


def choices(model: Model) -> list[tuple[Node, Choice]]:
    return [(n, n.what) for b in distinct_blocks(model.root) for n in b.nodes if isinstance(n.what, Choice)]


def shape_of(text: str) -> str:
    ((node, _),) = choices(mn.loads(text).ir)
    return str(node.outputs[0])


def test_what_both_branches_agree_on_is_known() -> None:
    assert shape_of("+S(C, deep) { In[B, D] -> (Linear(C) if deep else Tanh) -> Out }") == "[B, ?]"
    assert shape_of("+S(C, deep) { In[B, C] -> (Linear(C) if deep else Tanh) -> Out }") == "[B, C]"
    assert shape_of("+S(deep) { In[B, 8, 4, 4] -> (Flatten if deep else ReLU) -> Out }") == "?"
    assert shape_of("+S(deep) { x:In[B, 8]; if deep { x -> Linear(4) -> y } else { x -> y }; y -> Out }") == "[B, ?]"


def totals(text: str) -> dict[str, object]:
    total = json.loads(to_json(summarize(mn.loads(text).ir)))["totals"]
    assert isinstance(total, dict)
    return total


def test_of_both_branches_the_smaller_counts_at_least() -> None:
    found = totals("+S(deep) { In[B, 8] -> ((Linear(8) -> Linear(8)) if deep else Linear(8)) -> Linear(8) -> Out }")
    assert (found["parameters"], found["macs"]) == (72 * 2, "128*B")
    assert {"parameters", "macs"} <= set(found["at_least"])  # type: ignore[call-overload]
    model = mn.loads("+S(deep) { In[B, 8] -> (Linear(8) if deep) -> Out }").ir
    assert draw(model, DrawOptions(format="txt")).decode().endswith("? parameters, ? MACs\n")
    alike = totals("+S(deep) { In[B, 8] -> ((Linear(8) -> GELU) if deep else (Linear(8) -> ReLU)) -> Out }")
    assert alike["parameters"] == 72
    assert "at_least" not in alike


# ---------------------------------------------------------------------------------------- how often


TIMES = {
    "+S(n) { In[B, 8] -> { In -> Linear(8) -> ReLU -> Out } * n -> Out }": "×n",
    "+S(n) { In[B, 8] -> Linear(8) * n -> Out }": "×n",
    "+S(n) { In[B, 8] -> Linear(8) * (n - 1) -> Out }": "×(n - 1)",
    "+S(n) { In[B, 8] -> Linear(8) for i in 0..n -> Out }": "×n",
    "+S(n) { In[B, 8] -> Linear(8) for i in 1..n -> Out }": "×?",
    "+S(r) { In[B, 8] -> Linear(8) for i in r -> Out }": "×?",
    "+S(n) { In[B, 8] -> [Linear(8) for i in 0..n] -> Add -> Out }": "×n",
    "+S(widths) { In[B, 8] -> [Linear(w) -> Tanh for w in widths] -> Concat -> Out }": "×?",
    "+S(n) { In[B, 8] -> Block * n -> Out; +Block { x:In -> Linear(8) -> y; [x, y] -> Add -> Out } }": "×n",
    "+S(depths) { In[B, 8] -> (Linear(8) -> ReLU) * depths[0] -> Out }": "×depths[0]",
}


@pytest.mark.parametrize(("text", "times"), TIMES.items())
def test_how_often_is_said_as_written(text: str, times: str) -> None:
    model = mn.loads(text).ir
    for direction in DIRECTIONS:
        for depth in (0, 9):
            picture = layout(diagram(model, Request(direction=direction, wanted=Wanted(depth=depth))))
            assert times in texts(picture)
            assert geometry.faults(picture) == []
    for kind in ("txt", "dot", "mmd", "tex"):
        assert times.removeprefix("×") in draw(model, DrawOptions(format=kind)).decode()  # type: ignore[arg-type]
    for view in ("tensors", "volumes", "neurons"):
        assert times in " ".join(texts(scene([model], DrawOptions(view=view))))  # type: ignore[arg-type]
    told = " ".join(texts(scene([model], DrawOptions(view="overview"))))
    assert f"{times.removeprefix('×')} × " in told or times in told
    assert times.removeprefix("×") in to_text(summarize(model))
    blocks = graph_json(model)["blocks"]  # type: ignore[index,call-overload]
    said = {n.get("times") for b in blocks.values() for n in b["nodes"]}  # type: ignore[union-attr,index,call-overload]
    assert times.removeprefix("×") in said


@pytest.mark.parametrize(("text", "times"), TIMES.items())
def test_at_least_one_copy_counts(text: str, times: str) -> None:
    found = totals(text)
    if "Linear(8)" in text:
        assert found["parameters"] == 72
    assert "parameters" in found["at_least"]  # type: ignore[operator]


def test_a_known_number_of_copies_is_exact() -> None:
    assert "at_least" not in totals("In[B, 8] -> Linear(8) * 3 -> [Tanh for i in 0..4] -> Add -> Out")


def test_copies_of_an_open_number_are_not_put_together_with_others() -> None:
    model = mn.loads("+S(n) { In[B, 8] -> Linear(8) * n -> Linear(8) * 2 -> Linear(8) -> Out }").ir
    assert [t for t in texts(layout(diagram(model, Request()))) if t.startswith("×")] == ["×n", "×3"]


@pytest.mark.parametrize("seed", range(12))
def test_random_sketches(seed: int) -> None:
    """Both branches of every choice are there, whatever stands in them, and drawn without a fault."""
    text = sketch(Random(seed))
    found = compiled_text(text)
    assert {d.rule for d in found.diagnostics} <= {"unused-parameter"}
    assert found.model is not None
    made = choices(found.model)
    assert made
    for _, choice in made:
        assert [n.id for n in choice.body.nodes] == ["then", "else"]
    for depth in (None, 0, 2):
        picture = layout(diagram(found.model, Request(wanted=Wanted(depth=depth))))
        assert geometry.faults(picture) == []
    for kind in ("txt", "dot", "mmd"):
        assert draw(found.model, DrawOptions(format=kind))
    emit(found.model)


def test_a_closed_choice_in_a_text_says_what_it_may_be() -> None:
    plain = draw(compiled("values"), DrawOptions(format="txt", depth=0)).decode()
    assert "◇ if deep ? GELU or ReLU" in plain
    assert "◇ if deep and C > 3 ? Dropout or nothing" in plain
