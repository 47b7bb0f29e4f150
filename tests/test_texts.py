"""The network as text: for a terminal, for Mermaid, for Graphviz."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawError, DrawOptions, draw
from moniel2.ir.model import Model

ROOT = Path(__file__).resolve().parent.parent
NAMES = ["googlenet", "transformer", "unet", "lstm", "resnet", "densenet", "moe", "wavenet"]
LINE = "○◉●■◌↻⊕⊗⊖│├╮╯┬┴┼─┊"


@cache
def model(name: str) -> Model:
    return mn.load(ROOT / "examples" / f"{name}.nn").ir


def text(found: Model, kind: str, **options: object) -> str:
    return draw(found, DrawOptions(format=kind, **options)).decode("utf-8")  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------ .txt


@pytest.mark.parametrize("name", NAMES)
def test_fits_a_terminal(name: str) -> None:
    """100 columns, no blank at a line's end, counts under their heads."""
    lines = text(model(name), "txt").splitlines()
    assert max(map(len, lines)) <= 100
    assert all(line == line.rstrip() for line in lines)
    assert len(lines) < 90
    head = lines[1]
    for word in ("parameters", "MACs"):
        end = head.index(word) + len(word)
        assert all(len(line) < end or line[end - 1] != " " for line in lines[2:-2] if line[end - 1 : end].strip())


@pytest.mark.parametrize("name", NAMES)
def test_no_line_ends_in_the_air(name: str) -> None:
    """Whatever runs down from a row arrives in the next one."""
    rows = [line for line in text(model(name), "txt").splitlines()[1:-2] if line[:1] in LINE or line.startswith(" ")]
    down, up = set("○●■◌↻⊕⊗⊖│├╮┬┼"), set("◉●■◌↻⊕⊗⊖│├╯┴┼")
    for above, below in pairwise(rows):
        for column, sign in enumerate(above):
            if sign in "│├╮┬┼" and column < 40 and column % 2 == 0:
                assert below[column : column + 1] in up | down, f"{above}\n{below}"


def test_branches_are_drawn_as_git_draws_them() -> None:
    found = mn.loads("x:In[B, 8] -> ReLU -> y\n[x, y] -> Add -> Out").ir
    signs = [line.split("  [")[0].rstrip() for line in text(found, "txt").splitlines()[1:-2]]
    assert [s for s in signs if s][-6:] == ["○ x", "├─╮", "● │ ReLU", "├─╯", "⊕   Add", "◉ out"]


def test_counts_are_exact_for_parameters_and_short_for_macs() -> None:
    lines = text(model("resnet"), "txt").splitlines()
    conv = next(line for line in lines if "conv1" in line)
    assert re.search(r"\b9,408\b.* 118 M×B$", conv)
    assert lines[-1].startswith("21,797,672 parameters, 3,663,761,408×B MACs")


def test_counts_have_sizes_as_figures_write_them() -> None:
    found = mn.loads("x:In[B, 3, H, W] -> Conv(8, 3, 2, padding = 1) -> Conv(8, 3, 2, padding = 1) -> Out").ir
    lines = text(found, "txt").splitlines()
    assert lines[3].endswith("216×B×⌈H/2⌉×⌈W/2⌉")
    assert lines[-1] == "808 parameters, 216×B×⌈H/2⌉×⌈W/2⌉ + 576×B×⌈H/4⌉×⌈W/4⌉ MACs"
    block = mn.loads("+A = Conv(80, 3, 2) -> Conv(800, 3, 2)\nx:In[B, 3, H, W] -> A -> Linear(1) -> Out").ir
    assert text(block, "txt", depth=0).splitlines()[3].endswith("2.16 k×B×⌈H/2⌉×⌈W/2⌉ …")


def test_several_outputs_leave_in_one_row() -> None:
    found = mn.loads("x:In[B, 9] -> Split(3) -> [a, b, c]\n[a, b] -> Add -> d\n[d, c] -> Concat -> Out").ir
    assert text(found, "txt").splitlines()[4].rstrip() == "├─┬─╮"


def test_depth_opens_blocks() -> None:
    closed, opened = (text(model("resnet"), "txt", depth=depth) for depth in (0, 1))
    assert "┊" not in closed
    assert opened.count("┊ ├─╮") == 7


def test_what_is_alike_is_one_row_where_there_is_little_room() -> None:
    """WaveNet's thirty layers differ in their dilation; each has 37,312 weights."""
    lines = text(model("wavenet"), "txt").splitlines()
    (row,) = (line for line in lines if "Layer" in line)
    assert "dilation 1 … 512 ×30" in row and " 1,119,360 " in row
    asked = text(model("wavenet"), "txt", depth=0).splitlines()
    assert sum(" layers: " in line for line in asked) == 30


@pytest.mark.parametrize("name", [*NAMES, "siamese", "transformer", "efficientnet", "mobilenet_v3", "swin"])
def test_rows_add_up_to_the_total(name: str) -> None:
    lines = text(model(name), "txt").splitlines()
    end = lines[1].index("parameters") + len("parameters")
    rows = [line[:end].rsplit(" ", 1)[-1] for line in lines[2:-2] if "┊" not in line and len(line) >= end]
    total = int(lines[-1].partition(" ")[0].replace(",", ""))
    assert sum(int(row.replace(",", "")) for row in rows if row) == total


def test_copies_of_different_sizes_are_counted_each() -> None:
    grows = "+Layer(n) { x:In[B, D] -> Linear(n) -> ReLU -> Out }\nx:In[B, 4] -> Layer(i) for i in 5..80 -> y:Out"
    lines = text(mn.loads(grows).ir, "txt").splitlines()
    (row,) = (line for line in lines if "Layer" in line)
    weights = sum((n - 1) * n + n for n in range(5, 80))
    assert "×75" in row and f" {weights:,} " in row and lines[-1].startswith(f"{weights:,} parameters")


def test_what_has_no_room_stays_closed_however_much_is_in_it() -> None:
    """Eight thousand operations in blocks of two: as text of a page, or as much as is asked for, up to a limit."""
    body = "x -> [a:A(n - 1), b:A(n - 1)] -> Add -> Out"
    deep = mn.loads(
        f"+A(n) {{ x:In; if n > 0 {{ {body} }} else {{ x -> ReLU -> Out }} }}\nx:In[B, 8] -> A(12) -> Out"
    ).ir
    assert 5 < len(text(deep, "txt").splitlines()) < 70
    assert len(text(deep, "txt", depth=5).splitlines()) > 100
    with pytest.raises(DrawError, match="more than 20,000 lines: use a smaller --depth"):
        text(deep, "txt", depth=20)


def test_very_many_branches_are_refused() -> None:
    def wide(branches: int, one: str) -> Model:
        return mn.loads(f"x:In[B, 8] -> [{one} for i in 0..{branches}] -> Concat -> Out").ir

    assert len(text(wide(50, "Linear(8 + i) -> ReLU"), "txt").splitlines()) > 50
    with pytest.raises(DrawError, match="more than 200 tensors run side by side"):
        text(wide(250, "Linear(8 + i) -> ReLU"), "txt")
    # Operations of one kind are one line.
    assert "Linear, size 8 … 57 ×50" in text(wide(50, "Linear(8 + i)"), "txt")


def test_what_is_asked_for_is_open() -> None:
    found = text(model("resnet"), "txt", depth=0, expand=("layer3/1",))
    assert len(re.findall("┊ ● .*conv1: ", found)) == 1
    assert "┊" not in text(model("resnet"), "txt", depth=2, collapse=("*",))


def test_one_way_in_and_one_way_out_need_no_names() -> None:
    """A block's ends are told where there is more than one of either."""
    found = text(
        mn.loads(
            "+A = Linear(3) -> ReLU\n+B { x:In; y:In; [x, y] -> Add -> Tanh -> Out }\nt:In[B, 3] -> A -> a\n"
            "[a, t] -> B -> r:Out"
        ).ir,
        "txt",
        depth=1,
    )
    assert re.findall(r"┊ [○◉│ ]*[○◉] (\w+)", found) == ["x", "y", "out"]


def test_weights_that_are_shared_are_listed_once() -> None:
    for options in ({}, {"expand": ("Encoder",)}):
        lines = text(model("siamese"), "txt", **options).splitlines()
        rows = [line for line in lines if re.search(r"Conv 10×10", line)]
        assert len(rows) == (2 if options else 1)
        assert sum("6,464" in row for row in rows) == 1
    assert any("Encoder (shared weights)" in line for line in lines)


LABELLED = """
@label("自己注意")
+Attend(d) { x:In[B, D] -> Linear(d) -> y; [x, y] -> Concat -> Out }
@label("Größe") @layout("flat")
+Flat { In -> Attend(3) -> Linear(7) -> Out }
x:In[B, 4] -> Flat -> Attend(5) -> z:Out
"""


def test_labels_and_flat_blocks_are_as_in_pictures() -> None:
    lines = text(mn.loads(LABELLED).ir, "txt", depth=0).splitlines()
    assert any(line.startswith("■ 自己注意 3") for line in lines)
    assert not any("Größe" in line or "Flat" in line or "Attend" in line for line in lines)
    assert any(line.startswith("● Linear 7") for line in lines)
    # A letter of two columns moves the next column by two.
    wide, plain = (next(line for line in lines if line.startswith(start)) for start in ("■ 自己注意 3", "● Linear 7"))
    assert wide.index("[B") == plain.index("[B") - 4


@pytest.mark.parametrize(
    ("options", "absent"),
    [({"hide": ("macs",)}, "MACs"), ({"hide": ("params",)}, "parameters"), ({"hide": ("shapes",)}, "shape")],
    ids=["macs", "params", "shapes"],
)
def test_columns_can_be_hidden(options: dict[str, tuple[str, ...]], absent: str) -> None:
    *rows, _, _ = text(model("resnet"), "txt", **options).splitlines()
    assert absent in text(model("resnet"), "txt").splitlines()[1] and absent not in rows[1]


def test_words_are_as_asked() -> None:
    found = text(model("resnet"), "txt", depth=0, compact=True, title="A residual network", hide=("names",))
    assert found.startswith("A residual network\n")
    assert "● Conv 7×7, 64, /2 · BN · ReLU" in found


def test_an_open_choice_shows_both_branches() -> None:
    choice = "+A(k) { x:In[_, 4] -> (GELU if k > 2 else Tanh) -> Linear(4) -> Out }\nx:In[n, 4] -> A(n) -> Out"
    written = text(mn.loads(choice).ir, "txt", depth=3)
    assert written.index("◇ if k > 2 ?") < written.index("if so: GELU") < written.index("else: Tanh")


# ------------------------------------------------------------------------------------------- DOT


@pytest.mark.parametrize("name", NAMES)
def test_dot_is_read_by_pydot_and_drawn_by_dot(name: str) -> None:
    import pydot

    written = text(model(name), "dot")
    (graph,) = pydot.graph_from_dot_data(written) or ()
    names = {node.get_name() for g in _clusters(graph) for node in g.get_nodes()}
    ends = {end.split(":")[0] for e in graph.get_edges() for end in (e.get_source(), e.get_destination())}
    assert ends
    assert ends <= names
    if (dot := shutil.which("dot")) is not None:
        done = subprocess.run([dot, "-Tsvg"], input=written, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "<svg" in done.stdout


def _clusters(graph: object) -> list[object]:
    found = [graph]
    for one in found:
        found.extend(one.get_subgraphs())  # type: ignore[attr-defined]
    return found


HOSTILE = '@label("a\\"]; end %% <b> #35; | `x` \\\\N")\n+B(C) { x:In[B, C] -> Linear(C) -> Out }\n'
HOSTILE += "In[B, 4] -> B(4) -> ReLU -> Out"


def test_names_are_no_markup_in_dot_and_mermaid() -> None:
    import pydot

    found = mn.loads(HOSTILE).ir
    (graph,) = pydot.graph_from_dot_data(text(found, "dot", depth=0)) or ()
    labels = [node.get_label() for node in graph.get_nodes()]
    assert any(label and 'a\\"]; end %% <b>' in label for label in labels)
    for line in text(found, "mmd", depth=2).splitlines():
        assert line.count('"') % 2 == 0
        assert "<b>" not in line


# --------------------------------------------------------------------------------------- Mermaid

NODE = re.compile(r'    (\w+)(\(\["[^"]*"\]\)|\("[^"]*"\)|\[\["[^"]*"\]\]|\(\("[^"]*"\)\))')
EDGE = re.compile(r'    (\w+) (-->|-\.->|-\.-)(\|"[^"]*"\|)? (\w+)')
OPEN, END = re.compile(r'    subgraph (\w+)\["[^"]*"\]'), re.compile(r"    end")


def test_mermaid_has_a_title() -> None:
    lines = text(model("lstm"), "mmd", title='A "cell": how').splitlines()
    assert lines[:4] == ["---", 'title: "A #quot;cell#quot;: how"', "---", "flowchart TB"]


@pytest.mark.parametrize("name", NAMES)
def test_mermaid_is_nodes_edges_and_subgraphs(name: str) -> None:
    """The part of its grammar that is used, line by line; every edge joins what is there."""
    first, *lines = text(model(name), "mmd").splitlines()
    assert first == "flowchart TB"
    known: set[str] = set()
    depth = 0
    for line in lines:
        bare = "    " + line.lstrip()
        if found := NODE.fullmatch(bare):
            known.add(found[1])
        elif found := OPEN.fullmatch(bare):
            known.add(found[1])
            depth += 1
        elif END.fullmatch(bare):
            depth -= 1
        else:
            edge = EDGE.fullmatch(bare)
            assert edge is not None, line
            assert {edge[1], edge[4]} <= known, line
    assert depth == 0
