"""Files: imports, the library, the main graph of a file."""

from __future__ import annotations

from tests.programs import blamed, chain, compiled, graph, keys, node_at, operations, outputs, parameters, sound

BLOCKS = """
/// A head.
+Head(n = 10) = Linear(n) -> Softmax
+Deep { In -> Head(5) -> Tanh -> Out }
width = 3
In[B, 4] -> Head -> Out
"""
FILES = {
    "blocks.nn": BLOCKS,
    "parts/deep.nn": 'from "../blocks.nn" import Head\n+Deeper = Head(7) -> Head(8)',
    "parts/next.nn": 'from "deep.nn" import Deeper\n+Deepest = Deeper -> ReLU',
}


def test_import_as() -> None:
    model = sound('import "blocks.nn" as parts\nIn[B, 4] -> parts.Head(2) -> Out', FILES)
    assert graph(model) == chain("in", "head/linear", "head/softmax", "out")
    assert outputs(model) == {"out": "[B, 2]"}


def test_an_import_as_a_value() -> None:
    model = sound(
        'import "blocks.nn" as parts\n+F(Body) { In -> Body -> Tanh -> Out }\nIn[B, 4] -> F(parts.Head(2)) -> Out',
        FILES,
    )
    assert outputs(model) == {"out": "[B, 2]"}


def test_from_import() -> None:
    model = sound('from "blocks.nn" import Head, Deep\nIn[B, 4] -> Head -> Deep -> Out', FILES)
    assert outputs(model) == {"out": "[B, 5]"}
    assert parameters(model) == str(50 + 55)


def test_from_import_as() -> None:
    model = sound('from "blocks.nn" import Head as H\nIn[B, 4] -> H(3) -> Out', FILES)
    assert graph(model) == chain("in", "h/linear", "h/softmax", "out")


def test_from_the_library() -> None:
    model = sound("from std.vision import SqueezeExcite as SE\nIn[B, 64, 8, 8] -> SE -> Out")
    assert outputs(model) == {"out": "[B, 64, 8, 8]"}
    assert parameters(model) == str((64 * 4 + 4) + (4 * 64 + 64))


def test_the_library_by_name() -> None:
    model = sound("import std.vision as v\nIn[B, 64, 8, 8] -> v.SqueezeExcite -> Out")
    assert outputs(model) == {"out": "[B, 64, 8, 8]"}


def test_the_prelude_needs_no_import() -> None:
    model = sound("In[B, N, 64] -> Residual { LN -> SelfAttention(8) } -> Out")
    assert outputs(model) == {"out": "[B, N, 64]"}
    assert parameters(model) == str(128 + (64 * 192 + 192) + (64 * 64 + 64))


def test_a_definition_hides_the_prelude() -> None:
    model = sound("+MLP = Linear(3) -> ReLU\nIn[B, 8] -> MLP -> Out")
    assert outputs(model) == {"out": "[B, 3]"}


def test_an_import_hides_the_prelude() -> None:
    files = {"own.nn": "+MLP = Linear(3) -> ReLU"}
    assert outputs(sound('from "own.nn" import MLP\nIn[B, 8] -> MLP -> Out', files)) == {"out": "[B, 3]"}


def test_paths_are_relative_to_the_file() -> None:
    model = sound('from "parts/next.nn" import Deepest\nIn[B, 4] -> Deepest -> Out', FILES)
    assert outputs(model) == {"out": "[B, 8]"}


def test_an_imported_definition_sees_its_own_file() -> None:
    """``Deep`` uses the ``Head`` beside it, not the one here."""
    model = sound('from "blocks.nn" import Deep\n+Head(n) = Conv(n) -> ReLU\nIn[B, 4] -> Deep -> Out', FILES)
    assert "Linear" in operations(model).values()
    assert "Conv" not in operations(model).values()


def test_an_imported_definition_sees_the_constants_of_its_file() -> None:
    files = {"a.nn": "width = 3\n+Head = Linear(width) -> ReLU"}
    assert outputs(sound('from "a.nn" import Head\nwidth = 5\nIn[B, 4] -> Head -> Out', files)) == {"out": "[B, 3]"}


def test_the_other_file_s_main_graph_stays_there() -> None:
    model = sound('import "blocks.nn" as parts\nIn[B, 4] -> ReLU -> Out', FILES)
    assert graph(model) == chain("in", "relu", "out")


def test_imports_bring_no_constants() -> None:
    assert [rule for rule, _ in blamed('from "blocks.nn" import width\nIn[B, 4] -> Linear(3) -> Out', FILES)] == [
        "import-name"
    ]


def test_a_circle_of_imports() -> None:
    files = {
        "a.nn": 'from "b.nn" import Width\n+Head = Linear(10)',
        "b.nn": 'from "a.nn" import Head\n+Width = Head',
    }
    found = compiled('from "a.nn" import Head\nIn[B, 64] -> Head -> Out', files).diagnostics
    assert [d.rule for d in found] == ["import-cycle"]
    everything = found[0].message + found[0].label + " ".join(r.message for r in found[0].related)
    assert "a.nn" in everything and "b.nn" in everything


def test_a_file_that_isn_t_there() -> None:
    text = 'from "blocs.nn" import Head\nIn[B, 64] -> Head -> Out'
    assert blamed(text, FILES) == [("import-not-found", '"blocs.nn"')]
    assert blamed("from std.visoin import FPN\nIn -> FPN -> Out") == [("import-not-found", "std.visoin")]


def test_a_name_that_isn_t_there() -> None:
    (diagnostic,) = compiled('from "blocks.nn" import Heads\nIn[B, 64] -> Heads -> Out', FILES).diagnostics
    assert (diagnostic.rule, diagnostic.span.text) == ("import-name", "Heads")
    assert "Head" in (diagnostic.help or "")
    found = blamed('import "blocks.nn" as b\nIn[B, 64] -> b.Heads -> Out', FILES)
    assert len(found) == 1 and found[0][0] in ("import-name", "unknown-type")


def test_out_of_the_project() -> None:
    for path in ("../../elsewhere/blocks.nn", "/etc/blocks.nn", "a/../../../x.nn"):
        found = blamed(f'from "{path}" import Head\nIn[B, 64] -> Head -> Out', FILES)
        assert [rule for rule, _ in found] in (["import-outside"], ["import-not-found"]), path


def test_a_fault_in_an_imported_file() -> None:
    files = {"a.nn": "+Head { In -> Lnear(3) -> Out }"}
    found = compiled('from "a.nn" import Head\nIn[B, 4] -> Head -> Out', files).diagnostics
    assert [(d.rule, d.span.source.name, d.span.text) for d in found] == [("unknown-type", "a.nn", "Lnear")]


def test_a_syntax_error_in_an_imported_file() -> None:
    files = {"a.nn": "+Head { In -> Linear(3 -> Out }"}
    found = compiled('from "a.nn" import Head\nIn[B, 4] -> Head -> Out', files).diagnostics
    assert [(d.rule, d.span.source.name) for d in found] == [("unclosed-bracket", "a.nn")]


def test_the_same_file_twice() -> None:
    """Two names for one definition: the same block."""
    model = sound(
        'from "blocks.nn" import Head\nimport "blocks.nn" as b\nIn[B, 4] -> Head(4) -> b.Head(4) -> Out', FILES
    )
    assert len({id(node.what) for node in model.root.nodes}) == 1


# ------------------------------------------------------------------------------------- the main graph


def test_the_main_graph_is_the_top_level_chains() -> None:
    model = sound("+F = ReLU -> Tanh\nx:In -> F -> Out\nx -> Sigmoid -> y:Out")
    assert list(outputs(model)) == ["out", "y"]


def test_a_lone_instance_is_the_model() -> None:
    model = sound("+Net(n = 3) { x:In[B, 4] -> fc:Linear(n) -> logits:Out }\nNet(n = 5)")
    assert graph(model) == chain("x", "fc", "logits")
    assert list(keys(model)) == ["fc.weight", "fc.bias"]
    assert model.name == "Net"


def test_a_lone_instance_of_an_alias() -> None:
    model = sound("+Net(n = 3) { x:In[B, 4] -> fc:Linear(n) -> logits:Out }\n+Small = Net(2)\nSmall")
    assert list(keys(model)) == ["fc.weight", "fc.bias"]


def test_a_file_without_a_chain_draws_its_last_definition() -> None:
    model = sound("+Act = ReLU\n+Net { x:In[B, 4] -> Linear(3) -> Act -> Out }")
    assert model.name == "Net"
    assert outputs(model) == {"out": "[B, 3]"}


def test_a_file_without_a_chain_draws_a_definition_with_defaults() -> None:
    model = sound("+Net(n = 3, m = n) { x:In[B, 4] -> Linear(n) -> Linear(m) -> Out }")
    assert outputs(model) == {"out": "[B, 3]"}


def test_a_definition_that_needs_arguments_is_drawn_as_a_sketch() -> None:
    found = compiled("+Net(n) { x:In[B, 4] -> Linear(n) -> Out }")
    assert found.model is not None
    assert [d.rule for d in found.diagnostics] in ([], ["missing-argument"])


def test_the_block_asked_for() -> None:
    text = "+Head(n) { x:In[B, 4] -> Linear(n) -> Out }\n+Other = ReLU\nIn -> Other -> Out"
    model = sound(text, block="Head(6)")
    assert outputs(model) == {"out": "[B, 6]"}


def test_the_block_asked_for_with_blocks_for_arguments() -> None:
    text = """
        +Layer(w) { In[B, D] -> Linear(w) -> ReLU -> Out }
        +Net(Body, widths) { x:In[B, 3] -> Body(w) for w in widths -> Out }
        Net(Layer, [2])
    """
    model = sound(text, block="Net(Layer, [4, 5])")
    assert outputs(model) == {"out": "[B, 5]"}


def test_a_block_that_isn_t_there() -> None:
    found = compiled("+Net(n = 3) { x:In[B, 4] -> Linear(n) -> Out }", block="Nett").diagnostics
    assert len(found) == 1 and found[0].rule in ("no-main", "unknown-type")


def test_a_block_that_can_t_be_read() -> None:
    for block in ("Net(", "net", "", "+Net", "Net -> Net", "1"):
        assert compiled("+Net(n = 3) { x:In[B, 4] -> Linear(n) -> Out }", block=block).diagnostics, block


def test_nothing_to_draw() -> None:
    assert [rule for rule, _ in blamed("width = 64")] == ["no-main"]


def test_an_empty_file() -> None:
    """Moniel draws nothing; so it is here, with or without a word."""
    found = compiled("// only a comment\n")
    assert [d.rule for d in found.diagnostics] in ([], ["no-main"])


def test_a_node_of_the_prelude_has_its_doc() -> None:
    model = sound("In[B, N, 64] -> r:Residual { LN } -> Out")
    assert "He et al." in node_at(model, "r").what.doc  # type: ignore[union-attr]


def test_a_name_is_imported_once() -> None:
    files = {"a.nn": "+A = ReLU", "b.nn": "+A = Tanh"}
    twice = 'import "a.nn" as m\nimport "b.nn" as m\nx:In[B, 8] -> m.A -> Out'
    assert blamed(twice, files) == [("duplicate-definition", 'import "b.nn" as m')]
    assert blamed('from "a.nn" import A\nfrom "b.nn" import A\nx:In[B, 8] -> A -> Out', files) == [
        ("duplicate-definition", "A")
    ]
    sound('from "a.nn" import A\nfrom "b.nn" import A as B\nx:In[B, 8] -> A -> B -> Out', files)
