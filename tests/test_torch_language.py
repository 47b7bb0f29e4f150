"""Every construct of the language as a module, against the same written by hand."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.generated import code, made

torch.manual_seed(0)
X = torch.randn(3, 8)
IMAGE = torch.randn(2, 3, 8, 8)


def same(found: Any, *expected: Tensor) -> None:
    results = [found] if isinstance(found, Tensor) else list(found)
    assert len(results) == len(expected)
    for result, other in zip(results, expected, strict=True):
        assert result.shape == other.shape
        torch.testing.assert_close(result, other)


# ---------------------------------------------------------------------------------------- weights


def test_the_same_weights_again() -> None:
    m = made("a:In[B, 8]; b:In[B, 8]; a -> enc:Linear(4) -> p; b -> enc() -> q; [p, q] -> Sub -> Out")
    assert list(m.state_dict()) == ["enc.weight", "enc.bias"]
    other = torch.randn(3, 8)
    same(m(X, other), m.enc(X) - m.enc(other))


def test_one_layer_many_times() -> None:
    m = made("x:In[B, 8] -> layer() * 5 -> Out; layer:{ Linear(8) -> Tanh }")
    assert sum(1 for _ in m.parameters()) == 2
    y = X
    for _ in range(5):
        y = m.layer(y)
    same(m(X), y)


def test_tied_weights() -> None:
    m = made(
        """
        ids:In(int64)[B, T] -> wte:Embedding(10, 6) -> head:Linear(10, bias = false, weight = wte.weight) -> Out
        """
    )
    assert sum(p.numel() for p in m.parameters()) == 60
    assert m.head.weight is m.wte.weight
    ids = torch.randint(0, 10, (2, 3))
    same(m(ids), m.wte(ids) @ m.wte.weight.T)


def test_an_embedding_of_a_trained_tensor() -> None:
    m = made("ids:In(int64)[B, T]; codes:Variable[10, 6]; ids -> Embedding(10, 6, weight = codes) -> Out")
    assert list(m.state_dict()) == ["codes"] or m.embedding.weight is m.codes
    assert sum(p.numel() for p in m.parameters()) == 60
    ids = torch.randint(0, 10, (2, 3))
    same(m(ids), m.codes[ids])


def test_a_transposed_tie_follows_its_weight() -> None:
    m = made(
        """
        x:In[B, 8] -> enc:{ proj:Linear(3) } -> Tanh -> Linear(8, weight = transpose(enc.proj.weight)) -> Out
        """
    )
    names = dict(m.named_parameters())
    assert sum(p.numel() for p in names.values()) == 24 + 3 + 8
    weight, bias = names["enc.proj.weight"], names["enc.proj.bias"]
    (own,) = (p for n, p in names.items() if not n.startswith("enc"))
    with torch.no_grad():
        own.normal_()
    same(m(X), F.linear(torch.tanh(F.linear(X, weight, bias)), weight.T, own))


def test_ties_reach_into_every_copy() -> None:
    m = made("x:In[B, 8] -> first:Linear(8) -> layers:{ a:Linear(8, weight = first.weight) } * 3 -> Out")
    assert all(layer.a.weight is m.first.weight for layer in m.layers)
    assert len(list(m.parameters())) == 2 + 3


def test_a_constant_without_axes_is_a_number() -> None:
    text = "x:In[B, 8] -> l; Constant(10)[] -> ten; [ten, l] -> Pow -> Out"
    assert "10**x" in code(text)
    same(made(text)(X), 10**X)
    kept = made(f"{text.replace('-> Out', '-> a:Out')}; ten -> b:Out")
    same(kept(X), 10**X, torch.tensor(10))


# --------------------------------------------------------------------------- taps, feeds, captures


def test_taps() -> None:
    m = made(
        "x:In[B, 8] -> net:Net -> main:Out; net/hidden -> side:Out\n"
        "+Net { In -> l:Linear(4) -> hidden:Tanh -> Linear(2) -> Out }"
    )
    hidden = torch.tanh(m.net.l(X))
    same(m(X), m.net.linear(hidden), hidden)


def test_taps_two_levels_down_and_feeds_across() -> None:
    m = made(
        """
        x:In[B, 8] -> outer:Outer -> y
        outer/inner/h -> Linear(8) -> z
        [y, z] -> Add -> Out
        +Outer { In -> inner:Inner -> Linear(8) -> Out }
        +Inner { In -> Linear(5) -> h:ReLU -> Out }
        """
    )
    h = torch.relu(m.outer.inner.linear(X))
    same(m(X), m.outer.linear(h) + m.linear(h))


def test_a_feed() -> None:
    m = made("x:In[B, 8]; t:In[B, 8]; x -> layer:{ a:Linear(8) -> sum:Add -> Tanh } -> Out; t -> layer/sum")
    t = torch.randn(3, 8)
    same(m(X, t), torch.tanh(m.layer.a(X) + t))


def test_every_copys_tap() -> None:
    m = made(
        """
        x:In[B, 8] -> layers:Layer * 4 -> y
        layers/skip -> Add -> z
        [y, z] -> Concat -> Out
        +Layer { x:In -> l:Linear(8) -> skip:Tanh -> y; [x, y] -> Add -> Out }
        """
    )
    y, skips = X, []
    for layer in m.layers:
        skips.append(torch.tanh(layer.l(y)))
        y = y + skips[-1]
    same(m(X), torch.cat([y, sum(skips, torch.zeros(()))], dim=1))


def test_one_copys_tap() -> None:
    m = made("x:In[B, 8] -> layers:{ Linear(8) -> Tanh } * 4 -> y; layers/1 -> z; [y, z] -> Sub -> Out")
    second = m.layers[1](m.layers[0](X))
    same(m(X), m.layers[3](m.layers[2](second)) - second)


def test_taps_from_the_other_end() -> None:
    m = made(
        """
        x:In[B, 8] -> down:Down(8) for i in 0..3 -> y
        y -> Tanh -> z
        [z, down/2/skip, down/1/skip, down/0/skip] -> Concat -> Out
        +Down(c) { In -> Linear(c) -> skip:ReLU -> Linear(c) -> Out }
        """
    )
    skips, y = [], X
    for down in m.down:
        skips.append(torch.relu(down.linear(y)))
        y = down.linear2(skips[-1])
    same(m(X), torch.cat([torch.tanh(y), *reversed(skips)], dim=1))


def test_captures_and_closures() -> None:
    m = made(
        """
        x:In[B, 8]; scale:In[B, 1]
        x -> Residual { In -> l:Linear(8) -> y; [y, scale] -> Mul -> Out } -> Out
        +Residual(Body) { x:In -> body:Body -> y; [x, y] -> Add -> Out }
        """
    )
    scale = torch.randn(3, 1)
    (weight, bias) = m.parameters()
    same(m(X, scale), X + F.linear(X, weight, bias) * scale)


# ----------------------------------------------------------------------------- inputs and outputs


def test_named_inputs_in_any_order() -> None:
    m = made("q:In[B, 2, 8]; m:In[B, 5, 8]; [value = m, key = m, query = q] -> a:Attention(2) -> Out")
    q, memory = torch.randn(2, 2, 8), torch.randn(2, 5, 8)
    same(m(q, memory), m(q=q, m=memory))


def test_optional_inputs() -> None:
    text = """
        x:In[B, 8]; mask:In[B, 8]
        [x, mask = mask] -> first:Block -> y
        y -> second:Block -> Out
        +Block { x:In; mask:In?; x -> Linear(8) -> y; if mask { [y, mask] -> Mul -> z } else { y -> z }; z -> Out }
    """
    m = made(text)
    mask = torch.randn(3, 8)
    same(m(X, mask), m.second.linear(m.first.linear(X) * mask))


def test_several_named_outputs_are_a_tuple_with_names() -> None:
    m = made("x:In[B, 8] -> Linear(4) -> h; h -> Tanh -> mean:Out; h -> Exp -> spread:Out")
    result = m(X)
    same(result.mean, torch.tanh(m.linear(X)))
    same(result.spread, torch.exp(m.linear(X)))


def test_a_bundle_is_several_tensors() -> None:
    m = made("x:In[B, 8] -> f:{ x:In; x -> Linear(4) -> o; x -> Linear(2) -> o; o:Out } -> Concat -> Out")
    same(m(X), torch.cat([m.f.linear(X), m.f.linear2(X)], dim=1))


# ------------------------------------------------------------------------------ repeats and choice


def test_side_by_side() -> None:
    m = made("x:In[B, 8] -> heads:[Linear(i + 1) -> Tanh for i in 0..3] -> Concat -> Out")
    weights = [m.get_parameter(f"linear.{i}.weight") for i in range(3)]
    biases = [m.get_parameter(f"linear.{i}.bias") for i in range(3)]
    parts = [torch.tanh(F.linear(X, w, b)) for w, b in zip(weights, biases, strict=True)]
    assert [p.shape[1] for p in parts] == [1, 2, 3]
    same(m(X), torch.cat(parts, dim=1))


def test_repeats_with_arguments_of_their_own() -> None:
    m = made("x:In[B, 8] -> layers:Linear(w) for w in [16, 4, 9] -> Out")
    same(m(X), m.layers[2](m.layers[1](m.layers[0](X))))


def test_what_other_inputs_get_in_a_repeat() -> None:
    m = made(
        """
        x:In[B, 8]; mask:In[B, 8]; [x, mask] -> layers:Layer * 3 -> Out
        +Layer { x:In; mask:In; x -> Linear(8) -> y; [y, mask] -> Mul -> Out }
        """
    )
    mask = torch.randn(3, 8)
    y = X
    for layer in m.layers:
        y = layer.linear(y) * mask
    same(m(X, mask), y)


def test_nothing_is_repeated() -> None:
    m = made("n = 0\nx:In[B, 8] -> Linear(8) * n -> Tanh -> Out")
    same(m(X), torch.tanh(X))


def test_choices_by_what_flows_in() -> None:
    m = made(
        """
        image:In[B, 3, 8, 8] -> a:Res(3) -> b:Res(5) -> Out
        +Res(C) { x:In[_, Cin, _, _] -> conv:Conv(C, 3, padding = 1) -> y
                  x -> (proj:Conv(C, 1) if Cin != C else Identity) -> s; [y, s] -> Add -> Out }
        """
    )
    first = IMAGE + m.a.conv(IMAGE)
    keys = [k for k in m.state_dict() if "proj" in k]
    assert keys == ["b.proj.weight", "b.proj.bias"]
    same(m(IMAGE), m.b.conv(first) + m.b.proj(first))


def test_blocks_made_of_each_other() -> None:
    m = made(
        """
        +Tree(n) { x:In -> (Pair(n - 1) if n > 0 else Linear(8)) -> Out }
        +Pair(n) { x:In -> [Tree(n), Tree(n)] -> Add -> Out }
        x:In[B, 8] -> Tree(3) -> Out
        """
    )
    linears = [p for p in m.modules() if isinstance(p, nn.Linear)]
    assert len(linears) == 8
    same(m(X), torch.stack([layer(X) for layer in linears]).sum(0))


def test_recursion() -> None:
    m = made(
        "x:In[B, 8] -> tree:Tree(3) -> Out\n"
        "+Tree(n) { x:In -> Linear(8) -> y; if n > 0 { y -> Tree(n - 1) -> z } else { y -> z }; z -> Out }"
    )
    names = [n for n, _ in m.named_parameters() if n.endswith("weight")]
    assert names == [f"tree.{'tree.' * i}linear.weight" for i in range(4)]
    y = X
    for i in range(4):
        y = m.get_submodule(f"tree.{'tree.' * i}linear")(y)
    same(m(X), y)


# ------------------------------------------------------------------------------------- recurrence


CELL = "[xt, h] -> Concat -> Linear(4) -> Tanh -> [h, Out]"


def unrolled(cell: Any, steps: list[Tensor], h: Tensor) -> tuple[list[Tensor], Tensor]:
    found = []
    for x in steps:
        h = torch.tanh(cell.linear(torch.cat([x, h], dim=1)))
        found.append(h)
    return found, h


def test_a_scan() -> None:
    m = made(
        f"x:In[B, N, 8] -> loop:Scan(axis = 1) {{ xt:In[B, 8]; h:State[B, 4]; {CELL} }} -> seq:Out; loop/h -> last:Out"
    )
    x = torch.randn(2, 5, 8)
    found, last = unrolled(m.loop, list(x.unbind(1)), torch.zeros(2, 4))
    same(m(x), torch.stack(found, dim=1), last)
    assert m(x[:, :3])[0].shape == (2, 3, 4)


def test_a_scan_backwards_from_a_given_state() -> None:
    m = made(
        f"""
        x:In[N, B, 8]; h0:In[B, 4]
        [x, h = h0] -> loop:Scan(axis = 0, reverse = true) {{ xt:In[B, 8]; h:State[B, 4]; {CELL} }} -> Out
        """
    )
    x, h0 = torch.randn(5, 2, 8), torch.randn(2, 4)
    found, _ = unrolled(m.loop, list(x.flip(0).unbind(0)), h0)
    same(m(x, h0), torch.stack(found[::-1], dim=0))


def test_a_state_whose_size_nobody_knows_is_asked_for() -> None:
    m = made(
        """
        x:In[B, T, 8] -> loop:Scan(axis = 1) {
            xt:In[B, 8]
            m:State[B, N, 5]
            xt -> Linear(5) -> Unsqueeze(1) -> e
            [m, e] -> Add -> m
            m -> Sum(1) -> y:Out
        } -> Out
        """
    )
    with pytest.raises(NotImplementedError, match="the size of m isn't known"):
        m(torch.randn(2, 3, 8))


def test_copies_that_hold_braces_of_their_own() -> None:
    """HiFi-GAN's residual block (Kong et al. 2020): a loop variable that braces read."""
    m = made(
        """
        +Side(Body) { x:In -> Body -> y; [x, y] -> Add -> Out }
        +Dilated(C, k) = Side { LeakyReLU(0.1) -> Conv(C, k, padding = "same", dilation = d) } for d in [1, 3, 5]
        x:In[B, 3, T] -> Dilated(3, 3) -> Dilated(3, 5) -> Out
        """
    )
    x = torch.randn(2, 3, 16)
    y = x
    for block in (m.dilated, m.dilated2):
        for side, d in zip(block.side, (1, 3, 5), strict=True):
            conv = side.body.conv
            assert conv.dilation == (d,)
            pad = d * (conv.weight.shape[2] - 1) // 2
            y = y + F.conv1d(F.leaky_relu(y, 0.1), conv.weight, conv.bias, padding=pad, dilation=d)
    same(m(x), y)


def test_a_scan_in_a_scan() -> None:
    m = made(
        """
        x:In[B, M, N, 8] -> outer:Scan(axis = 1) {
            row:In[B, N, 8]; s:State[B, 4]
            [row, h = s] -> inner:Scan(axis = 1) { xt:In[B, 8]; h:State[B, 4]
                [xt, h] -> Concat -> Linear(4) -> Tanh -> [h, Out] } -> seq
            inner/h -> s
            seq -> Out
        } -> Out
        """
    )
    x = torch.randn(2, 3, 4, 8)
    state, rows = torch.zeros(2, 4), []
    for row in x.unbind(1):
        found, state = unrolled(m.outer.inner, list(row.unbind(1)), state)
        rows.append(torch.stack(found, dim=1))
    same(m(x), torch.stack(rows, dim=1))


def test_a_scan_with_something_from_around() -> None:
    m = made(
        """
        x:In[B, N, 4]; k:In[B, 4]
        x -> loop:Scan(axis = 1) { xt:In[B, 4]; h:State[B, 4]; [xt, k, h] -> Add -> [h, Out] } -> Out
        """
    )
    x, k = torch.randn(2, 3, 4), torch.randn(2, 4)
    same(m(x, k), torch.cumsum(x + k[:, None], dim=1))


# -------------------------------------------------------------------- parameters, externs, functions


def test_parameters_buffers_and_constants() -> None:
    m = made("x:In[B, 8]; w:Parameter[8]; c:Constant(2); [x, w, c] -> Mul -> Out")
    assert list(m.state_dict()) == ["w"]
    with torch.no_grad():
        m.w.normal_()
    same(m(X), X * m.w * 2)


def test_a_functional_form() -> None:
    m = made("images:In[B, 3, H, W]; kernels:In[5, 3, 3, 3]; [images, kernels] -> Conv(5, 3, bias = false) -> Out")
    kernels = torch.randn(5, 3, 3, 3)
    same(m(IMAGE, kernels), F.conv2d(IMAGE, kernels))


def test_weights_as_operands_tell_sizes() -> None:
    """StyleGAN2's convolution: a kernel for every image of the batch, by groups."""
    m = made(
        """
        x:In[B, 3, H, W]; s:In[B, 3]
        w:Variable[5, 3, 3, 3] -> kernel
        s -> Rearrange("b c -> b 1 c 1 1") -> scale
        [kernel, scale] -> Mul -> Rearrange("b o c k l -> (b o) c k l") -> kernels
        x -> Rearrange("b c h w -> 1 (b c) h w") -> flat
        [flat, kernels] -> Conv(padding = 1, groups = B) -> Rearrange("1 (b c) h w -> b c h w", c = 5) -> Out
        """
    )
    scale = torch.randn(2, 3)
    images = IMAGE[:1].expand(2, -1, -1, -1)
    each = [F.conv2d(i[None], m.w * s[None, :, None, None], padding=1) for i, s in zip(images, scale, strict=True)]
    same(m(images, scale), torch.cat(each))


def test_braces_are_called_after_the_definition_they_stand_in() -> None:
    text = """
    +Residual(Body) { x:In -> Body -> y; [x, y] -> Add -> Out }
    +ResBlock(C) = Residual { ReLU -> Conv(C, 3, padding = 1) }
    +Block(C) { x:In[B, _, H, W] -> m:{ ReLU -> Conv(C, 1) } -> y; y -> Out }
    image:In[B, 3, 8, 8] -> stem:{ Conv(4, 3, padding = 1) -> ReLU } * 2 -> ResBlock(4) -> Block(4) -> Out
    """
    source = code(text)
    assert {"Stem", "ResBlockBody", "BlockM"} <= set(re.findall(r"^class (\w+)", source, re.M))


def test_an_extern(tmp_path: Path) -> None:
    (tmp_path / "mypackage_of_externs.py").write_text(
        "from torch import nn, Tensor\n\n\n"
        "class Scale(nn.Module):\n    def __init__(self, by: float) -> None:\n        super().__init__()\n"
        "        self.by = by\n\n    def forward(self, x: Tensor) -> Tensor:\n        return x * self.by\n\n\n"
        "def shift(x: Tensor, by: float) -> Tensor:\n    return x + by\n"
    )
    sys.path.insert(0, str(tmp_path))
    m = made(
        """
        x:In[B, 8] -> Scale(3) -> Shift -> Out
        +Scale(by) = Extern("mypackage_of_externs.Scale", by = by) { In[B, D] -> Out[B, D] }
        +Shift = Extern("mypackage_of_externs.shift", by = 1) { In[B, D] -> Out[B, D] }
        """
    )
    same(m(X), X * 3 + 1)


# ------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize("size", [(16, 32), (48, 16)])
def test_symbolic_sizes(size: tuple[int, int]) -> None:
    m = made(
        """
        image:In[B, 3, 16*h, 16*w] -> conv:Conv(6, 3, stride = 2, padding = 1) -> y
        y -> Reshape[B, 2, 3, 8*h * 8*w] -> z
        z -> Mean(axis = 1) -> Out[B, 3, 64*h*w]
        """
    )
    image = torch.randn(2, 3, *size)
    same(m(image), m.conv(image).reshape(2, 2, 3, -1).mean(1))


def test_sizes_inside_blocks() -> None:
    m = made(
        """
        x:In[B, N, 12] -> Heads(3) -> Out
        +Heads(heads) {
            x:In[B, N, D]
            d = D / heads
            x -> Reshape[B, N, heads, d] -> Permute(0, 2, 1, 3) -> y
            y -> Softmax -> Permute(0, 2, 1, 3) -> Reshape[B, N, D] -> Out
        }
        """
    )
    for n in (1, 4, 7):
        x = torch.randn(2, n, 12)
        same(m(x), x.reshape(2, n, 3, 4).softmax(-1).reshape(2, n, 12))


# ------------------------------------------------------------------------------------- large models


def test_doubling_blocks_are_written_at_once() -> None:
    levels = "\n".join(f"+L{i + 1} = L{i} -> L{i}" for i in range(40))
    text = code(f"+L0 = Linear(8) -> ReLU\n{levels}\nx:In[B, 8] -> L40 -> Out")
    assert text.count("class ") <= 43 and len(text) < 20_000


def test_a_million_layers_are_written_at_once() -> None:
    text = code("x:In[B, 8] -> layers:Block * 1000000 -> Out\n+Block = Linear(8) -> ReLU")
    assert "range(1000000)" in text and len(text) < 2_000


# --------------------------------------------------------------------------- sizes that are handed in

PYRAMID = """
+Stage(C, s) {
    In[B, _, _, _] -> Conv(C, s, s) -> map[B, C, H, W]
    map -> Rearrange("b c h w -> b (h w) c") -> Mix(H, W, s) * 2 -> Reshape[B, H, W, C] -> Permute(0, 3, 1, 2) -> Out
}
+Mix(H, W, s) {
    x:In[B, N, C] -> Linear(C) -> Rearrange("b (H W) c -> b c H W") -> Conv(C, 3, padding = 1) -> y
    y -> AvgPool(s) -> Reshape[B, C, H / s * (W / s)] -> Mean(axis = 2) -> Unsqueeze(1) -> mean
    y -> Rearrange("b c h w -> b (h w) c") -> z
    [x, z, mean] -> Add -> Out
}
image:In[B, 3, 8*h, 8*w] -> stage1:Stage(4, 2) -> stage2:Stage(6, 2) -> Out
"""


def test_sizes_that_a_block_was_called_with_are_handed_in() -> None:
    """One class for all uses, whatever the sizes are made of."""
    text = code(PYRAMID)
    assert text.count("class Mix") == text.count("class Stage") == 1
    assert "def forward(self, x: Tensor, h: int, w: int)" in text
    m = made(PYRAMID)
    for height, width in ((8, 16), (24, 8)):
        image = torch.randn(2, 3, height, width)
        expected = image
        for stage in (m.stage1, m.stage2):
            y = stage.conv(expected)
            b, c, h, w = y.shape
            x = y.flatten(2).transpose(1, 2)
            for mix in stage.mix:
                y = mix.conv(mix.linear(x).transpose(1, 2).reshape(b, c, h, w))
                x = x + y.flatten(2).transpose(1, 2) + F.avg_pool2d(y, 2).mean((2, 3)).unsqueeze(1)
            expected = x.transpose(1, 2).reshape(b, c, h, w)
        same(m(image), expected)


def test_names_of_the_source_stay_with_their_tensors() -> None:
    text = code("x:In[B, 8] -> Linear(8) -> c; [c, c] -> Mul -> a; a -> ReLU -> Linear(8) -> Tanh -> Linear(4) -> Out")
    assert not [line for line in text.splitlines() if line.strip().startswith(("a = self", "c = self.relu"))]
    assert text.count(" c = ") == text.count(" a = ") == 1
