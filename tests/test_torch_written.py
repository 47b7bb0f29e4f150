"""What the source says, the code says: conditions, sizes, constants and loops are the definition's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

import moniel2 as mn
from moniel2.backends.torch import emit
from tests.generated import code, made

ROOT = Path(__file__).resolve().parent.parent


def example(name: str) -> str:
    return mn.load(str(ROOT / "examples" / f"{name}.nn")).code().text


def holds(text: str, *lines: str) -> None:
    """Whether lines stand in a file, however they are broken."""
    flat = " ".join(text.split()).replace("( ", "(").replace(" )", ")").replace(",)", ")")
    for line in lines:
        assert line in flat, line


def test_a_condition_is_the_sources_own() -> None:
    holds(example("resnet"), "Projection(cin, c, stride=stride) if stride != 1 or cin != c else nn.Identity()")
    text = example("mobilenet_v3")
    holds(text, "if hidden != cin else nn.Identity()", "self.residual = stride == 1 and cin == c")


def test_the_opposite_of_a_condition_is_written_as_one_would() -> None:
    text = code(
        """
        +Block(C, stride = 1) {
            x:In[B, Cin, H, W]
            x -> Conv(C, 3, stride, padding = 1) -> y
            if stride != 1 or Cin != C { y -> Out } else { [x, y] -> Add -> Out }
        }
        In[B, 8, 16, 16] -> Block(8) -> Block(16) -> Block(8, 2) -> Block(8) -> Out
        """
    )
    holds(text, "stride == 1 and cin == c")


def test_a_constant_is_computed_under_its_name() -> None:
    text = example("mobilenet_v2")
    holds(text, "hidden = expansion * cin", "(self, cin: int, c: int, stride: int, expansion: int) -> None:")
    holds(example("mamba"), "rank = math.ceil(d / 16)")
    text = example("mobilenet_v3")
    holds(text, "near = max(8, 8 * ((c // 4 + 4) // 8))", "near if near >= 0.9 * c / 4 else near + 8")


def test_a_constant_that_is_only_kept_is_computed_there() -> None:
    text = code(
        """
        +Split(heads) { d = D / heads; In[B, N, D] -> Reshape[B, N, heads, d] -> Transpose(1, 2) -> Out }
        In[B, 6, 24] -> Split(4) -> a:Out
        In[B, 6, 36] -> Split(2) -> b:Out
        """
    )
    assert "self.head_dim = d // heads" in text
    assert "        head_dim = " not in text


def test_a_name_in_other_letters_gets_a_name_of_its_own() -> None:
    """Llama has the sizes `D` and `d`."""
    text = example("llama")
    holds(text, "head_dim = d // heads", "nn.Linear(d, kv_heads * head_dim, bias=False)")
    assert "d2" not in text


def test_copies_are_counted_as_in_the_source() -> None:
    holds(example("wavenet"), "Layer(r, s, dilation=2 ** (i % 10)) for i in range(30)")
    holds(example("convnext"), "Block(c, drop * (first + i) / (total - 1)) for i in range(n)")
    text = example("efficientnet")
    holds(text, "drop=0.2 * first / total", "drop=0.2 * (first + i) / total", "for i in range(1, n)")
    holds(example("densenet"), "DenseLayer(in_channels + growth * i, growth) for i in range(depth)")


def test_sizes_that_are_equal_by_chance_keep_their_names() -> None:
    text = code(
        """
        +Tile(H, W) { In[B, _] -> Linear(2 * H * W) -> Reshape[B, 2, H, W] -> Flatten -> Out }
        In[B, 16] -> Tile(4, 4) -> Tile(3, 3) -> Out
        """
    )
    holds(text, "nn.Linear(in_features, 2 * h * w)", "reshape(b, 2, self.h, self.w)")


def test_what_the_source_says_is_not_taken_on_trust() -> None:
    """A rounding that Python does otherwise, a name that means something else in a loop: values decide."""
    text = """
    +Layer(C, i) { width = C + i; In[B, _] -> Linear(width) -> ReLU -> Out }
    +Stack(C, i) { In[B, D] -> Layer(C, i) -> Layer(C, i + j) for j in 0..3 -> Out }
    In[B, 4] -> Stack(8, 1) -> Stack(16, 2) -> Out
    """
    module = made(text)
    widths = [m.out_features for m in module.modules() if hasattr(m, "out_features")]
    assert widths == [9, 9, 10, 11, 18, 18, 19, 20]


def test_what_is_no_value_everywhere_is_said_as_it_is() -> None:
    """`squeeze` is false where nothing depends on it."""
    holds(example("regnet"), "self.b = ConvBN(c, c, kernel=3, stride=stride, groups=c // group)")


def test_calls_that_differ_in_a_default_share_a_class() -> None:
    """CLIP's towers, Whisper's decoder: attention that looks back only, and attention that looks everywhere."""
    for name in ("clip", "whisper"):
        text = example(name)
        assert text.count("class Attention") == 1
        holds(text, "F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)")


def test_a_tensor_that_waits_is_called_like_what_makes_it() -> None:
    text = example("lstm")
    holds(text, "forget = self.forget(z)", "input_ = self.input(z)", "kept = forget * c", "added = input_ * candidate")
    text = example("fcn")
    holds(text, "pool4 = self.pool4(pool3)", "self.fuse4(coarse, pool4)", "x = self.upscore(fine)")


def test_a_chain_of_methods_begins_with_its_module() -> None:
    holds(example("whisper"), "k = self.k_proj(memory).unflatten(-1, (self.heads, -1)).transpose(1, 2)")


def test_a_size_that_is_a_name_by_chance_is_not_called_so() -> None:
    text = code(
        """
        +Block(C, stride = 1) { In[B, Cin, H, W] -> Conv(C, 3, stride, padding = 1) -> BN -> Conv(C, 1) -> Out }
        In[B, 8, 16, 16] -> Block(16) -> Block(8, 2) -> Out
        """
    )
    assert "[B, C, H // stride, W // stride]" in text


def test_braces_speak_in_the_names_around_them() -> None:
    holds(example("bert"), "class LayerIntermediate(nn.Module): def __init__(self, d: int)", "nn.Linear(d, 4 * d)")
    holds(example("gru_attention"), "self.deep = nn.Linear(embedding + 3 * h, 2 * maxout)")
    holds(example("gpt2"), "self, vocabulary: int, context: int, width: int, layers: int, heads: int")


def test_braces_that_are_handed_in_are_handed_in() -> None:
    text = example("t5")
    holds(
        text, "PreNormWithMemory(in_features, body=DecoderLayerAttention(in_features, heads, d=d))", "self.body = body"
    )
    assert "d2" not in text


def test_what_a_caller_hands_on_is_taken_though_it_is_always_the_same() -> None:
    """ResNet-34 projects with stride 2 only, and says `Projection(C, stride)`."""
    text = example("resnet")
    holds(text, "Projection(cin, c, stride=stride)", "nn.Conv2d(in_channels, c, 1, stride=stride, bias=False)")
    holds(
        example("swin"),
        "Region(h - m, h - shift)",
        "shift = window // 2 if shifted and h > window else 0",
        "self.scale = 1 / math.sqrt(d)",
    )


def test_what_is_read_once_stands_where_it_is_read() -> None:
    text = example("lenet")
    holds(text, "self.conv[4](x[:, [0, 4, 5]])", "self.conv[15](x[:, 0:6])")
    holds(example("nerf"), "x3 = x * 8", "x3.sin(), x3.cos()")


def test_several_outputs_are_called_as_the_block_calls_them() -> None:
    text = example("diffusion_unet")
    holds(text, "deep, x, a, b = self.down(x, time)", "self.up(below, x, a, b, time)")


def test_a_short_formula_needs_no_attribute() -> None:
    holds(example("albert"), "for _ in range(self.layers - 1):")
    holds(example("diffusion_unet"), "torch.arange(self.d // 2, ")


def test_what_must_be_even_is_halved_and_doubled_without_a_trace() -> None:
    holds(
        example("dit"), "x.reshape(b, self.size // 2, self.size // 2, 2, 2, 8)", "reshape(b, 8, self.size, self.size)"
    )


def test_a_size_that_an_input_shows_is_read_there() -> None:
    text = example("llama")
    holds(text, "_, _, n, d = x.shape", "torch.arange(d // 2, ", "self.rope = RoPE(base=base)")


def test_braces_that_say_the_same_twice_are_one_class() -> None:
    text = example("nerf")
    assert text.count("class NeRFBlock") == 1
    holds(
        text,
        "NeRFBlock(63, width), *(NeRFBlock(width, width)",
        "NeRFBlock(width + 63, width), *(NeRFBlock(width, width)",
    )


def test_a_shape_of_which_nothing_is_known_is_not_told() -> None:
    text = mn.loads("In[_, _, _, _] -> Conv(32, 3) -> ReLU -> Out").code().text
    assert "[?, ?, ?, ?]" not in text and "# [?, 32, ?, ?]" in text


def test_copies_in_braces_of_the_model_are_counted_too() -> None:
    holds(example("swin"), "shifted=i % 2 == 1, drop=0.2 / 11 * (4 + i)) for i in range(6)")


def test_a_part_of_a_list_is_said_as_one() -> None:
    text = code(
        """
        +Tail(widths, n) { In[B, _] -> Linear(sum(widths[n:3])) -> Out }
        In[B, 4] -> Tail([8, 4, 2], 1) -> Tail([3, 5, 7], 2) -> Out
        """
    )
    holds(text, "sum(widths[n:3])")


def test_numbers_that_a_name_always_has_are_reckoned_with() -> None:
    """Constants of the text are; parameters, as ResNeXt's 32 groups of 4, are handed in."""
    text = code(
        """
        groups = 32
        +Block(C) {
            group_width = 4
            width = groups * C * group_width / 64
            In[_, Cin, _, _] -> Conv(width, 1) -> Conv(width, 3) -> Out
        }
        In[B, 8, 16, 16] -> Block(8) -> Block(16) -> Out
        """
    )
    holds(text, "width = 2 * c self.conv = nn.Conv2d(cin, width, 1)")
    model = mn.load(str(ROOT / "examples" / "resnet.nn"), block="ResNeXt50")
    for text in (emit(model.ir).text, model.code().text):
        holds(text, "width = groups * c * group_width // 64 self.conv1 = nn.Conv2d(cin, width, 1, bias=False)")
        holds(text, "Bottleneck(256, 128, stride=2, groups=32, group_width=4)")


def test_what_many_steps_give_is_returned_in_lines_that_fit() -> None:
    """Also what is called by a plural already, which gets no second one."""
    text = code(
        """
        In[B, T, 8] -> Scan(axis = 1) {
            x:In[B, _]
            firstState:State[B, 16]
            secondState:State[B, 16]
            [x, firstState, secondState] -> Concat -> Linear(16) -> Tanh -> h
            h -> firstState
            h -> Linear(16) -> secondState
            h -> Linear(4) -> policies:Out
            h -> Linear(1) -> value:Out
        } -> [policies, value]
        policies -> a:Out
        value -> b:Out
        """
    )
    assert max(map(len, text.splitlines())) <= 88
    assert "policiess" not in text
    assert "all_policies.append(policies)" in text and "values.append(value)" in text


def test_no_size_is_read_in_vain() -> None:
    """The determinant of Glow's actnorm is a multiple of the number of pixels (Kingma and Dhariwal 2018)."""
    text = code(
        """
        +ActNorm {
            x:In[B, C, H, W]
            logScale:Parameter[1, C, 1, 1]
            [x, logScale] -> Add -> y:Out
            logScale -> Sum -> Mul(H * W) -> logdet:Out[]
        }
        x:In[B, 3, 32, 32] -> PixelUnshuffle(2) -> ActNorm -> [y, d1]
        y -> PixelUnshuffle(2) -> ActNorm -> [z, d2]
        z -> z1:Out
        [d1, d2] -> Add -> logdet:Out
        """
    )
    for forward in text.split("def forward")[1:]:
        for read in re.findall(r"^ +(\w+) = \w+\.shape", forward, re.M):
            assert len(re.findall(rf"(?<![\w.]){read}\b", forward.split("class ")[0])) > 1, read


def test_a_chain_that_is_broken_before_a_split_stays_typed() -> None:
    """As methods of tensors `split` and `unflatten` have no types: the queries of DeepSeek-V2, content and position."""
    text = code(
        """
        In[B, T, 512] -> Linear(1536) -> Rearrange("b t (h d) -> b h t d", h = 8)
            -> Split([128, 64], axis = -1) -> [qc, qr]
        qc -> contentOfTheQueries:Out
        qr -> positionOfTheQueries:Out
        """
    )
    assert "torch.split(" in text
    assert not re.search(r"\b[a-z_]+\.(split|unflatten)\(", text.replace("torch.", "torch_"))


def test_a_size_of_the_input_is_none_of_one_use() -> None:
    """Only one of the uses has a projection: what flows into it is what flows into the block, whatever its size."""
    text = code(
        """
        +Residual(C, stride = 1) {
            x:In[_, Cin, _, _] -> Conv(C, 3, stride, padding = 1) -> y
            x -> (Conv(C, 1, stride) if stride != 1 or Cin != C else Identity) -> shortcut
            [y, shortcut] -> Add -> ReLU -> Out
        }
        image:In[B, 16, 32, 32] -> Residual(16) * 2 -> Residual(32, stride = 2) -> Residual(32) -> Out
        """
    )
    holds(text, "nn.Conv2d(cin, c, 1, stride=stride) if stride != 1 or cin != c else nn.Identity()")


def test_a_size_that_the_source_leaves_out_is_called_as_what_flows_in() -> None:
    """All uses have ``hidden = D``, and ``4 * width = Cin``, by chance."""
    text = mn.loads("+Net(D = 64) { In[B, N, D] -> MLP(D) -> Linear(10) -> Out }\nNet").code().text
    holds(text, "self.fc1 = nn.Linear(d, hidden)", "self.fc2 = nn.Linear(hidden, d)")
    text = code(
        """
        +Unit(width) {
            x:In[_, Cin, _, _] -> Conv(width, 1) -> BN -> ReLU -> Conv(4 * width, 1) -> BN -> y
            [x, y] -> Add -> Out
        }
        In[B, 64, 8, 8] -> Unit(16) -> Conv(128, 1) -> Unit(32) -> Out
        """
    )
    holds(text, "nn.Conv2d(cin, width, 1)", "nn.BatchNorm2d(width)", "nn.BatchNorm2d(4 * width)")


def test_a_size_that_is_one_number_is_not_handed_in_and_one_that_the_source_leaves_open_is() -> None:
    text = code("+Unit(C) { In[_, Cin, _, _] -> Conv(C, 1) -> Out }\nIn[B, 8, 4, 4] -> Unit(8) -> Unit(8) -> Out")
    assert "cin" not in text
    use = "\nIn[B, 8, 4] -> Unit(8) -> Conv(6, 1) -> Unit(6) -> Out"
    text = code("+Unit(C) { In[_, D, _] -> Conv(C, 1) -> Out }" + use)
    holds(text, "def __init__(self, d: int, c: int) -> None:", "nn.Conv1d(d, c, 1)")
    text = code("+Unit(C) { In[_, C, _] -> Conv(C, 1) -> Out }" + use)
    holds(text, "def __init__(self, c: int) -> None:", "nn.Conv1d(c, c, 1)")


def test_a_number_that_is_computed_with_is_handed_in_under_its_name() -> None:
    """Though it is the same in every use; what it comes to with the others would say nothing."""
    text = code(
        """
        +Stage(C, n, drop, first, total) = Unit(C, drop * (first + i) / (total - 1), C / 4) for i in 0..n
        +Unit(C, drop, narrow) {
            x:In[B, C, N] -> Conv(narrow, 1) -> Dropout(drop) -> Conv(C, 1) -> y
            [x, y] -> Add -> Out
        }
        In[B, 8, 5] -> Stage(8, 2, 0.3, 0, 7) -> Conv(16, 1) -> Stage(16, 5, 0.3, 2, 7) -> Out
        """
    )
    holds(text, "drop * (first + i) / (total - 1)", "Stage(16, 5, drop=0.3, first=2, total=7)")


def test_a_number_that_is_handed_on_under_another_name_is_handed_in() -> None:
    text = code(
        """
        +Outer(C, window) {
            In[B, C, N] -> Reshape[B, C, N / window, window] -> Inner(window) -> Linear(C * window) -> Out
        }
        +Inner(m) { x:In[B, C, N, M] -> Linear(2 * m - 1) -> Out }
        In[B, 8, 35] -> Outer(8, 7) -> Reshape[B, 4, 560] -> Outer(4, 7) -> Out
        """
    )
    holds(text, "nn.Linear(7, 2 * m - 1)", "Inner(window)", "Outer(8, 7)", "Outer(4, 7)")


def test_a_sequence_with_a_parameter_in_it_is_that_sequence() -> None:
    """Torch takes `1` for `(1, 1, 1)`, and no parameter is made of what the parameters come to."""
    text = code(
        """
        +Unit(C, t = 1, stride = 1) {
            In[_, Cin, _, _, _]
            -> Conv(C, [t, 1, 1], stride = [1, stride, stride], padding = [floor(t / 2), 0, 0]) -> Out
        }
        In[B, 3, 8, 16, 16] -> Unit(8) -> Unit(8, 3) -> Unit(16, 3, 2) -> Unit(16, stride = 2) -> Out
        """
    )
    holds(text, "(self, cin: int, c: int, t: int = 1, stride: int = 1) -> None:", "Unit(8, 16, t=3, stride=2)")
    holds(text, "cin, c, (t, 1, 1), stride=(1, stride, stride), padding=(t // 2, 0, 0)")


def test_how_far_a_causal_convolution_reaches_is_computed() -> None:
    """Also with a weight that is normalized: torch's default is written out inside of it, too."""
    text = code(
        """
        +Net(channels = [25, 25, 50], kernel = 5) {
            x:In[B, 1, T] -> Block(channels[i], kernel, 2 ** i) for i in 0..len(channels) -> Out
        }
        +Block(C, kernel, dilation) {
            In[B, Cin, T] -> Causal(C, kernel, dilation) -> ReLU -> Out
        }
        +Causal(C, kernel, dilation) = Conv(C, kernel, padding = "causal", dilation = dilation, norm = "weight")
        x:In[B, 1, T] -> a:Net -> Out
        x -> b:Net(kernel = 3) -> Out
        """
    )
    holds(
        text,
        "weight_norm(nn.Conv1d(cin, c, kernel, dilation=dilation))",
        "F.pad(x, (self.dilation * (self.kernel - 1), 0))",
    )
    assert " if " not in text[: text.index("if __name__")] and "value" not in text and ")[i]" not in text


def test_copies_side_by_side_go_on_in_one_line() -> None:
    text = code(
        "x:In[B, T, 8] -> [Linear(16) -> ReLU -> Linear(8) for e in 0..4] -> Stack(axis = 2) -> Out[B, T, 4, 8]"
    )
    holds(text, "layer2(self.relu(layer(x))) for layer, layer2 in zip(self.linear, self.linear2)")
    holds(text, "self.relu = nn.ReLU()", "self.linear2 = nn.ModuleList(nn.Linear(16, 8) for _ in range(4))")


def test_what_others_read_of_copies_side_by_side_stays_a_list() -> None:
    text = code(
        """
        x:In[B, 8] -> heads:[Linear(8) for e in 0..3]
        heads -> Add -> Tanh -> a:Out
        heads -> Concat -> b:Out
        """
    )
    holds(text, "heads = [head(x) for head in self.heads]", "torch.cat(heads, dim=1)")


def test_what_goes_through_lists_is_called_the_same() -> None:
    text = code(
        """
        +Pair { a:In[B, N, D]; b:In[B, N, D]; [a, b] -> Add -> Linear(D) -> Out }
        x:In[B, N, 8]
        [x, x] -> a:Pair * 2 -> y
        [y, x] -> b:Pair * 3 -> Out
        """
    )
    assert text.count("        for layer in self.") == 2


def test_padding_that_keeps_the_size_follows_from_kernel_and_dilation() -> None:
    block = "+Branch(C, kernel = 3, dilation = 1) = Conv(C, kernel, padding = {}, dilation = dilation) -> BN\n"
    use = "In[B, 8, H, W] -> {} -> Out[B, 8, H, W]"
    text = block.format('"same"') + use
    holds(code(text.format("Branch(8, 1) -> Branch(8) -> Branch(8, 5)")), "kernel, padding=kernel // 2)")
    holds(code(text.format("Branch(8, dilation = 2) -> Branch(8)")), "3, padding=dilation, dilation=dilation)")
    holds(code(text.format("Branch(8, 5, 2) -> Branch(8, 5)")), "5, padding=2 * dilation, dilation=dilation)")
    whole = code(text.format("Branch(8, 1) -> Branch(8, 5, 2) -> Branch(8, 3, 4)"))
    holds(whole, "padding=dilation * (kernel - 1) // 2,")
    own = block.replace("dilation = 1)", "dilation = 1, pad = 1)", 1).format("pad")
    holds(code(own + use.format("Branch(8, 1, pad = 0) -> Branch(8, 5, pad = 2)")), "kernel, padding=pad)")


def test_a_word_of_the_source_that_is_a_number_here_keeps_its_name() -> None:
    text = code(
        "In[B, 8, H, W] -> A(8, 1x7) -> A(8, 7x1) -> A(8, 3, padding = 0) -> A(8) -> Out\n"
        '+A(C, kernel = 1, padding = "same") = Conv(C, kernel, padding = padding) -> BN'
    )
    holds(text, "padding: int | tuple[int, int] = 0", "A(kernel=(1, 7), padding=(0, 3))", "A(kernel=3)", "A()")


def test_branches_share_a_line_or_have_one_each() -> None:
    text = example("inception_v3")
    holds(text, "self.branch5x5_2(self.branch5x5_1(x)),")
    holds(text, "torch.cat([branch1x1, branch7x7_3, branch7x7dbl_5, branch_pool], dim=1)")
    holds(example("t5"), "return x.unsqueeze(0) > x.unsqueeze(1)")
    holds(example("squeezenet"), "[self.relu(self.expand1x1(x)), self.relu(self.expand3x3(x))], dim=1")


def test_a_size_from_outside_has_another_letter_than_one_of_the_class() -> None:
    """Words of both languages are N: where one is said as that of the class, the other is not."""
    text = code(
        """
        words:In[B, T, D]
        memory:In[B, N, D]
        words -> Shortcut { y:In; [y, memory] -> Cross -> Out } -> Shortcut { Linear(D) } -> Out

        +Shortcut(Body) { x:In[B, N, D] -> Body -> y; [x, y] -> Add -> Out }
        +Cross { query:In[B, N, D]; key:In[B, M, D]; [query, key, key] -> ScaledDotProductAttention -> Out }
        """
    )
    holds(text, "# x: [B, N, D], memory: [B, M, D]", "# words: [B, T, D], memory: [B, N, D]")


def test_how_often_is_what_the_loop_says_whatever_else_has_that_number() -> None:
    """In both uses one fewer than the second depth is as many as the first."""
    text = code(
        """
        +Net(depths) {
            In[B, C, H, W] -> a:Block(C) * depths[0]
            -> b:Block(2 * C, stride = 2 if i == 0 else 1) for i in 0..depths[1] -> Out
        }
        +Block(C, stride = 1) { In -> Conv(C, 3, stride, padding = 1) -> ReLU -> Out }
        image:In[B, 8, 32, 32] -> [Net([1, 2]), Net([3, 4])] -> Add -> Out
        """
    )
    holds(text, "for _ in range(depths[0])", "for _ in range(depths[1] - 1)")


def test_unnamed_axes_have_the_letters_of_what_reads_them() -> None:
    text = example("pointnet")
    holds(text, "# x: [B, Cin, L]", "# [B, C, L]")
    holds(code("+A { In -> Tanh -> B -> Out }\n+B { In -> BN -> Out }\nIn[4, 8, N] -> A -> A -> Out"), "# x: [4, 8, N]")
    deeper = code(
        "+A { In -> Tanh -> B -> Out }\n+B { In -> BN -> Out }\nIn[B, 8, N] -> [A, Conv(9, 1) -> A] -> Concat -> Out"
    )
    holds(deeper, "# x: [B, C, L]")
    holds(
        code("+A { In -> Tanh -> LN -> Out }\nIn[B, N, 8] -> [A, Linear(9) -> A] -> Concat(axis = 2) -> Out"),
        "# x: [B, N, D]",
    )
    holds(example("squeezenet"), "# [B, 2 * wide, H, W]")
    holds(example("swin"), "# x: [B, M, 49, C]")


def test_weights_start_without_asking_what_is_known() -> None:
    text = code(
        """
        @init("zeros", bias = 0)
        +A { In[B, D] -> Linear(D) -> Tanh -> Linear(D) -> Out }
        @init("normal", bias = 2)
        +C { In[B, D] -> Linear(D, bias = false) -> b:Linear(D) -> Out }
        In[B, 8] -> A -> C -> Out
        """
    )
    holds(text, "if isinstance(module, nn.Linear): nn.init.zeros_(module.weight) nn.init.zeros_(module.bias)")
    holds(text, "if module.bias is not None: nn.init.constant_(module.bias, 2)")


def test_what_isnt_repeated_is_kept() -> None:
    holds(example("vit"), "self.cls_token.expand(b, -1, -1)")
    holds(code("x:In[B, 1, 8] -> Expand[B, 4, 8] -> Out"), "x.expand(-1, 4, -1)")


def test_a_loop_reads_sizes_off_all_steps() -> None:
    holds(example("lstm"), "h = now.new_zeros(now.shape[0], self.h)", "for now_t in now.unbind(1):")
    step = "x:In[B, _]; h:State[B, 5]; [x, h] -> Concat -> Linear(5) -> h; h -> Out"
    holds(code(f"In[N, B, 8] -> Scan(axis = 0) {{ {step} }} -> Out"), "h = x.new_zeros(x.shape[1], 5)")


def test_a_number_that_nobody_would_write_out_is_said_as_the_source_says_it() -> None:
    holds(example("transformer"), "self.scale = -2 * math.log(10000) / d")
    holds(example("dit"), "self.scale = -2 * math.log(base) / d")
    holds(code("x:In[B, 8] -> Mul(0.1 + 0.2) -> y:Out"), "x * (0.1 + 0.2)")
    assert (
        made("x:In[B, 8] -> Mul(0.1 + 0.2) -> y:Out")(torch.ones(1, 8))[0, 0].item() == torch.tensor(0.1 + 0.2).item()
    )


def test_braces_that_say_the_same_of_the_same_are_one_class_wherever_they_stand() -> None:
    text = example("t5")
    holds(text, "PreNorm(in_features, body=AttentionBody(in_features, heads, d=d))")
    assert text.count("FeedForwardBody(in_features, hidden)") == 2 and text.count("class FeedForwardBody") == 1
    apart = """
        +A { In[B, D] -> b:{ In -> Inner -> Tanh -> Out } -> Out; +Inner { In -> Linear(4) -> ReLU -> Out } }
        +C { In[B, D] -> b:{ In -> Inner -> Tanh -> Out } -> Out; +Inner { In -> Linear(5) -> Tanh -> Out } }
        In[B, 8] -> A -> C -> Out
    """
    text = code(apart)
    assert "class AB(" in text and "class CB(" in text
    assert made(apart)(torch.ones(2, 8)).shape == (2, 5)


def test_what_is_left_out_and_what_is_an_identity_share_a_class() -> None:
    """ResNeSt's bottleneck: a pooling that only some have, and a shortcut that is nothing in others."""
    text = code(
        """
        +Bottleneck(width, stride = 1) {
            x:In[_, Cin, _, _]
            -> Conv(width, 1) -> avd:(AvgPool(3, stride, padding = 1) if stride > 1) -> Conv(4 * width, 1) -> y
            x -> downsample:(Shortcut(4 * width, stride) if stride > 1 or Cin != 4 * width else Identity) -> shortcut
            [y, shortcut] -> Add -> ReLU -> Out
        }
        +Shortcut(C, stride) = (AvgPool(stride) if stride > 1) -> Conv(C, 1) -> BN
        In[B, 64, 32, 32] -> Bottleneck(64) -> Bottleneck(64) * 2 -> Bottleneck(128, 2) -> Bottleneck(128) * 3 -> Out
        """
    )
    assert re.findall(r"class (\w+)", text) == ["Shortcut", "Bottleneck", "Main"]
    holds(text, "if stride > 1 or cin != 4 * width else nn.Identity()")


def test_what_is_open_in_one_place_alone_is_no_choice() -> None:
    """It would say ``nn.LazyLinear(d) if d == 2 * n else nn.Linear(512, d)``."""
    text = code(
        """
        +Look { q:In[B, N, D]; k:In[B, M, _]; q -> Linear(D) -> a; k -> Linear(D) -> b; [a, b] -> DotProduct -> Out }
        +DotProduct { a:In[B, N, D]; b:In[B, M, D]; b -> Transpose -> t; [a, t] -> MatMul -> Out }
        z:In[B, 256, 512]
        y:In[B, 64, 256]
        k:In[B, M, C]
        [z, k] -> Look -> one:Out
        [y, z] -> Look -> other:Out
        """
    )
    assert " if " not in text.split("class Main")[0]
    holds(text, "nn.LazyLinear(512)", "nn.Linear(512, 256)")


def test_a_part_of_a_whole_is_no_root() -> None:
    """0.05 / 6 is 1 / 120, and 14400 ** -0.5 too."""
    text = code("h = 0.05\nIn[B, 8] -> Mul(h / 6) -> Out")
    assert "* (1 / 120)" in text


def test_a_number_does_not_run_into_a_name() -> None:
    """The next value of a state ``m1`` that is still read isn't ``m12``."""
    text = code(
        """
        x:In[B, T, 8] -> Scan(axis = 1) {
            y:In[B, 8]
            m1:State[B, 8]
            y -> Tanh -> m1
            [y, m1] -> Concat -> Linear(8) -> Out
        } -> Out
        """
    )
    assert "m12" not in text
    holds(text, "m1_ = self.tanh(y)")


def test_all_of_a_list_among_others_is_unpacked() -> None:
    text = code(
        """
        x:In[B, 32, H, W]
        x -> [AdaptiveAvgPool(s) -> Conv(8, 1) -> Interpolate(size = (H, W)) for s in [1, 2, 3, 6]] -> pooled
        [x, pooled] -> Concat -> Out
        """
    )
    holds(text, "torch.cat([x, *interpolates], dim=1)", "F.interpolate(layer2(layer(x)), size=(h, w))")


def test_a_line_is_not_broken_for_an_annotation() -> None:
    text = code(
        """
        +Attention(heads) {
            x:In[B, N, D] -> query:Linear(D) -> Rearrange("b n (heads d) -> b heads n d") -> query_heads
            memory:In[B, M, D] -> key:Linear(D) -> Rearrange("b n (heads d) -> b heads n d") -> key_heads
            [query = query_heads, key = key_heads, value = key_heads] -> ScaledDotProductAttention
            -> Rearrange("b heads n d -> b n (heads d)") -> out:Linear(D) -> Out
        }
        [In[B, N, 32], In[B, M, 32]] -> Attention(4) -> Out
        """
    )
    assert max(map(len, text.splitlines())) <= 88
    assert not re.search(r"Tensor = .*\($", text)


def test_copies_after_the_first_are_counted_from_it() -> None:
    text = code(
        """
        +Stage(C, n) = Block(C, 2 if i == 0 else 1) for i in 0..n
        +Block(C, stride) { In[B, Cin, _, _] -> Conv(C, 3, stride, padding = 1) -> BN -> ReLU -> Out }
        In[B, 3, 32, 32] -> Stage(8, 1) -> Stage(16, 2) -> Stage(32, 1) -> Out
        """
    )
    holds(text, "for _ in range(n - 1)")


def test_signs_are_written_plainly() -> None:
    holds(code("x:In[B, 8] -> Add(-5) -> y:Out"), "x - 5")


def test_a_size_may_have_an_underscore() -> None:
    text = mn.loads("+Net(word_width = 5) { x:In[B, 8] -> Linear(word_width) -> Tanh -> y:Out }\nNet").code().text
    holds(text, "# [B, word_width]")


def test_what_stands_before_copies_may_be_missing_however_many_those_are() -> None:
    text = """
        +Stage(C, n, first) {
            [x:In[B, Cin, _, _], side:In[B, 4, _, _]]
            x -> (Conv(C, 1) if Cin != C) -> y
            [y, side] -> blocks:Block(0.1 * (first + i)) for i in 0..n
            -> ReLU -> Out
        }
        +Block(drop) { x:In[B, C, _, _] -> Conv(C, 1) -> Dropout(drop) -> y; side:In[B, 4, _, _] -> Conv(C, 1) -> z
            [y, z] -> Add -> Out }
        x:In[B, 8, 4, 4] -> q
        side:In[B, 4, 4, 4] -> r
        [q, r] -> Stage(8, 2, 0) -> s
        [s, r] -> Stage(6, 3, 2) -> t
        [t, r] -> Stage(6, 1, 5) -> Out
    """
    written = code(text)
    holds(written, "self.conv = nn.Conv2d(cin, c, 1) if cin != c else nn.Identity()")
    assert written.count("class Stage") == 1
    module = made(text)
    assert [len(getattr(module, n).blocks) for n in ("stage", "stage2", "stage3")] == [2, 3, 1]
    assert [b.dropout.p for b in module.stage2.blocks] == pytest.approx([0.2, 0.3, 0.4])
    assert list(module.stage2.state_dict())[:3] == ["conv.weight", "conv.bias", "blocks.0.conv.weight"]
    assert module(torch.randn(2, 8, 4, 4), torch.randn(2, 4, 4, 4)).shape == (2, 6, 4, 4)


def test_a_state_is_as_large_as_each_use_has_it() -> None:
    text = """
        +S { x:In[B, N, D] -> Scan(axis = 1) { xt:In[B, D]; h:State[B, D]
            [xt, h] -> Concat -> Linear(D) -> Tanh -> [h, Out] } -> Out }
        +R(H) { x:In[B, N, D] -> Scan(axis = 1) { xt:In[B, D]; h:State[B, H]
            [xt, h] -> Concat -> Linear(H) -> Tanh -> [h, Out] } -> Out }
        x:In[B, N, 4] -> S -> Linear(2) -> S -> R(5) -> R(6) -> R(7) -> Out
    """
    assert made(text)(torch.randn(2, 3, 4)).shape == (2, 3, 7)


def test_a_bias_that_is_none_is_not_handed_over() -> None:
    holds(code("x:In[B, 3, 8, 8] -> p; w:Parameter[4, 3, 1, 1] -> k; [p, k] -> Conv -> y:Out"), "F.conv2d(x, self.w)")


def test_what_flows_on_where_a_branch_isnt_taken_needs_no_class_of_its_own() -> None:
    """`shortcut` is x, or what a projection makes of something else: one class with an ``if``."""
    text = """
        +Block(C) {
            x:In[B, Cin]
            x -> Linear(2 * C) -> Tanh -> y
            y -> Linear(C) -> Tanh -> z
            if Cin == C { x -> s } else { y -> proj:Linear(C) -> s }
            [s, z] -> Sub -> Out
        }
        In[B, 8] -> Block(8) -> Block(16) -> Block(16) -> Out
        """
    written = code(text)
    assert written.count("class Block") == 1
    holds(written, "self.has_proj = cin != c", "self.proj = nn.Linear(2 * c, c)", "x = self.proj(y)")
    module, x = made(text), torch.randn(3, 8)
    expected = x
    for block in (module.block, module.block2, module.block3):
        y = block.linear(expected).tanh()
        expected = (block.proj(y) if hasattr(block, "proj") else expected) - block.linear2(y).tanh()
    assert [hasattr(b, "proj") for b in (module.block, module.block2, module.block3)] == [False, True, False]
    torch.testing.assert_close(module(x), expected)


def test_a_definition_made_of_other_blocks_is_another_class() -> None:
    """What tells ``ResNet(Basic, …)`` from ``ResNet(Wide, …)`` is no number that they have by chance."""
    text = """
        +Net(Block, depths) {
            In[B, 3, 8, 8] -> Conv(4, 1) -> a:Block(4) * depths[0] -> b:Block(8) * depths[1] -> Out
        }
        +Basic(C) = Conv(C, 3, padding = 1) -> ReLU
        +Wide(C) = Conv(4 * C, 1) -> ReLU -> Conv(C, 1) -> Tanh
        x:In[B, 3, 8, 8]
        x -> Net(Basic, [2, 2]) -> a:Out
        x -> Net(Wide, [2, 3]) -> b:Out
        x -> Net(Basic, [1, 3]) -> c:Out
        """
    written = code(text)
    assert re.findall(r"class (Net\w*)", written) == ["Net", "NetWide"]
    assert " if " not in written.partition("if __name__")[0]
    assert [o.shape for o in made(text)(torch.randn(2, 3, 8, 8))] == [(2, 8, 8, 8)] * 3
