"""What a picture shows of a program: its labels, its frames, what is left out, and where sources stand."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geometry
import pytest

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, scene
from moniel2.layout.scene import Box, Circle, Scene, TextRun

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def shown(text: str, **options: object) -> Scene:
    return scene([mn.loads(text).ir], DrawOptions(**options))  # type: ignore[arg-type]


def words(found: Scene) -> list[str]:
    return [i.text for i in found.walk() if isinstance(i, TextRun)]


def frames(found: Scene) -> list[str]:
    return [i.path for i in found.walk() if isinstance(i, Box) and i.css == "frame"]


RESIDUAL = """
{}
+Sublayer(Body) {{ x:In[B, 8] -> Body -> y; [x, y] -> Add -> LN -> Out[B, 8] }}
x:In[B, 8] -> Sublayer {{ Linear(8) }} -> Sublayer {{ Linear(16) -> ReLU -> Linear(8) }} -> Out
"""


def test_a_flat_block_has_no_frame() -> None:
    framed, flat = (shown(RESIDUAL.format(word), depth=9) for word in ("", '@layout("flat")'))
    assert len(frames(framed)) > 1
    assert frames(flat) == []
    assert words(flat).count("LayerNorm") == 2


@pytest.mark.parametrize("body", ['Rearrange("b (h d) -> b h d", h = 2)', "Linear(8)", "{ In -> Linear(8) -> Out }"])
def test_a_label_on_a_definition_is_what_its_uses_are_called(body: str) -> None:
    found = shown(f'@label("Split heads")\n+Heads = {body}\nx:In[B, 8] -> Heads -> ReLU -> Out', depth=0)
    assert "Split heads" in words(found)


def test_a_label_of_an_alias_changes_no_key() -> None:
    plain = "+Enc = Stage(8)\n+Stage(C) = Linear(C) -> ReLU\nx:In[B, 8] -> Enc -> Out"
    labelled = '@label("Encoder")\n' + plain
    assert list(mn.loads(plain).module().state_dict()) == list(mn.loads(labelled).module().state_dict())


def test_dropout_is_left_out_when_asked() -> None:
    text = "x:In[B, 8] -> Linear(8) -> Dropout(0.1) -> Linear(8) -> Out"
    assert "Dropout 0.1" in words(shown(text))
    assert "Dropout 0.1" not in words(shown(text, hide=("dropout",)))


def test_a_convolution_of_every_channel_by_itself_is_called_so() -> None:
    text = "x:In[B, 8, 4, 4] -> Conv(8, 3, groups = {}) -> Out"
    assert "depthwise" in words(shown(text.format(8)))
    assert "groups 2" in words(shown(text.format(2)))


@pytest.mark.parametrize(("name", "spine"), [("vit", ("Concat", "LayerNorm")), ("batch_norm", ("Pow 2", "√"))])
def test_sources_stand_beside_the_way_of_the_inputs(name: str, spine: tuple[str, str]) -> None:
    """Tokens, positions and scales join from the side: the way from input to output runs straight."""
    found = scene([mn.load(EXAMPLES / f"{name}.nn").ir], DrawOptions(depth=0 if name == "vit" else None))
    middles = {i.text: i.x for i in found.walk() if isinstance(i, TextRun) and i.anchor == "middle"}
    signs = [i.cx for i in found.walk() if isinstance(i, Circle)]
    assert len({round(x, 1) for x in (middles[spine[0]], middles[spine[1]], *signs)}) == 1
    ys = [i.cy for i in found.walk() if isinstance(i, Circle)]
    assert all(a < b for a, b in pairwise(ys))


COUPLING = """
+MLP3(out, hidden = 256) = Linear(hidden) -> ReLU -> Linear(hidden) -> ReLU -> Linear(out)
+Coupling(flip = false) {
    x:In[B, 2*d] -> Split(2) -> [a, b]
    (a if flip else b) -> keep
    (b if flip else a) -> change
    keep -> s:MLP3(d) -> Tanh -> logs
    keep -> t:MLP3(d) -> shift
    logs -> Exp -> scale
    [change, scale] -> Mul -> u
    [u, shift] -> Add -> v
    [keep, v] -> Concat(axis = 1) -> y:Out
    logs -> Sum(axis = 1) -> logdet:Out
}
x:In[B, 16] -> c1:Coupling -> [x1, l1]
x1 -> c2:Coupling(flip = {flip}) -> [z:Out, l2]
[l1, l2] -> Add -> logdet:Out
"""


def test_blocks_made_in_different_ways_are_not_opened_as_one() -> None:
    """Real NVP's couplings (Dinh et al. 2017) exchange their halves: one of them open with ×2 would be wrong."""
    alike, crossed = (shown(COUPLING.replace("{flip}", flip)) for flip in ("false", "true"))
    assert "×2" in words(alike) and frames(alike)
    assert "×2" not in words(crossed) or not frames(crossed)
    assert "c2 · flip" in words(shown(COUPLING.replace("{flip}", "true"), depth=0))


def test_an_inset_names_its_inputs_where_there_are_several() -> None:
    text = """
    +Head(F) { [x:In[N, _], adj:In[N, N]]; x -> Linear(F) -> ReLU -> h; [adj, h] -> MatMul -> Out }
    a:In[N, 32]; b:In[N, N]; [a, b] -> Head(8) -> y; [y, b] -> Head(4) -> Out
    """
    assert {"x", "adj"} <= set(words(shown(text, view="overview")))
    one = "+Head(F) { x:In[N, _] -> Linear(F) -> ReLU -> Out }; a:In[N, 32] -> Head(8) -> Head(4) -> Out"
    assert "x" not in words(shown(one, view="overview"))


def test_gates_leave_the_way_of_the_input_straight() -> None:
    """The block of a diffusion transformer (Peebles and Xie 2023, fig. 3): gates are named before what they gate."""
    found = shown(
        """
        x:In[B, N, D]
        c:In[B, D] -> SiLU -> Linear(6 * D) -> Split(6) -> [shift1, scale1, gate1, shift2, scale2, gate2]
        x -> LN -> a
        [a, shift1, scale1] -> Modulate -> Linear(D) -> y
        gate1 -> Unsqueeze(1) -> g1
        [g1, y] -> Mul -> gy
        [x, gy] -> Add -> h
        h -> LN -> b
        [b, shift2, scale2] -> Modulate -> Linear(D) -> z
        gate2 -> Unsqueeze(1) -> g2
        [g2, z] -> Mul -> gz
        [h, gz] -> Add -> Out
        +Modulate {
            [x:In[B, N, D], shift:In[B, D], scale:In[B, D]]
            [scale, shift] -> Mul -> Unsqueeze(1) -> s
            [x, s] -> Add -> Out
        }
        """,
        depth=0,
    )
    signs = {round(i.cx) for i in found.walk() if isinstance(i, Circle)}
    assert len(signs) == 1
    assert geometry.crossings(geometry.flattened(found)) == []


def test_counts_of_one_example_stand_on_boxes() -> None:
    """The batch is no more told than in shapes; what depends on a length is a formula in it."""
    found = scene([mn.load(EXAMPLES / "resnet.nn").ir], DrawOptions(depth=0, show=("params", "macs")))
    told = [i.text for i in found.walk() if isinstance(i, TextRun)]
    assert "9.41 k · 118 M MACs" in told  # 7·7·3·64 weights at 112·112 places
    assert not any("×B" in words for words in told)
    text = "x:In[B, N, 8] -> Linear(16) -> y:Out"
    told = [i.text for i in scene([mn.loads(text).ir], DrawOptions(show=("macs",))).walk() if isinstance(i, TextRun)]
    assert "128×N MACs" in told


def test_negative_numbers_have_a_minus() -> None:
    told = words(shown("x:In[B, 8, 4] -> Softmax(axis = -2) -> Clamp(-1e-3, 2) -> Out", show=("args",)))
    assert not any("-2" in line or "-0" in line for line in told)
    assert any("−2" in line for line in told)


def test_copies_that_differ_inside_are_not_opened_as_one() -> None:
    """Triangle multiplication along rows, then along columns (Jumper et al. 2021, algorithms 11 and 12)."""
    text = """
    +Triangle(outgoing = true) {
        z:In[N, N, D] -> LN -> [Linear(D) -> Sigmoid -> a, Linear(D) -> Tanh -> b, Linear(D) -> SiLU -> g]
        [a, b] -> Einsum("ikc, jkc -> ijc" if outgoing else "kic, kjc -> ijc") -> LN -> Linear(D) -> o
        [g, o] -> Mul -> Dropout(0.1) -> Out
    }
    pair:In[N, N, 128] -> Residual { Triangle } -> Residual { Triangle(outgoing = false) } -> Out
    """
    found = shown(text)
    patterns = [w for w in words(found) if "ijc" in w]
    assert "×2" not in words(found) or not patterns


def test_a_residual_block_is_named_after_what_it_adds() -> None:
    text = "x:In[B, N, 8] -> Residual { LN -> SelfAttention(2) } -> Residual { LN -> Linear(9) -> Linear(8) } -> Out"
    told = words(shown(text, depth=1))
    assert [told[n + 1] for n, line in enumerate(told) if line == "Residual"] == ["SelfAttention", "Linear"]


def test_words_have_their_batch_as_what_is_made_of_them_has() -> None:
    told = words(shown("tokens:In(int64)[B, N] -> Embedding(10, 8) -> Flatten -> Linear(3) -> Out[B, 3]"))
    assert "B×N" in told and "B×N×8" in told and "3" in told
