"""The text of the generated file: names are safe, no string of a source is code, sketches are marked."""

from __future__ import annotations

import ast
import keyword
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import moniel2 as mn
from moniel2.backends.torch import emit, names
from moniel2.backends.torch.module import load
from moniel2.pipeline import compile_source
from moniel2.source import Source
from tests.generated import code, made
from tests.programs import drawn

ROOT = Path(__file__).resolve().parent.parent

# ------------------------------------------------------------------------------------------ names


def test_attributes_of_modules_are_known() -> None:
    """Torch's own, asked in a fresh interpreter: transformers adds methods to `nn.Module` while it is imported."""
    script = (
        "from torch import nn\n"
        "for cls in (nn.Module, nn.Sequential, nn.ModuleDict):\n"
        "    print(*(n for n in dir(cls) if not n.startswith('_')))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    present = set(shown.stdout.split())
    assert "register_buffer" in present
    assert present <= names.MODULE_ATTRIBUTES


TAKEN = (
    "train",
    "type",
    "half",
    "to",
    "forward",
    "training",
    "float",
    "apply",
    "parameters",
    "double",
    "register_buffer",
)
TAKEN_BY_PYTHON = ("class", "lambda", "print", "self", "torch", "nn", "F", "super", "list", "range", "True", "async")


@pytest.mark.parametrize("name", [*TAKEN, *TAKEN_BY_PYTHON, "weight", "é", "変換", "math", "Tensor", "Missing", "x"])
def test_any_id_is_safe(name: str) -> None:
    if not name[0].islower() and name[0].isascii():
        with pytest.raises(mn.CompileError):
            mn.loads(f"x1:In[B, 8] -> {name}:Linear(8) -> Out")
        return
    text = f"x1:In[B, 8] -> {name}:Linear(8) -> Tanh -> y -> Linear(4) -> {name}2:Out\n"
    module = made(text)
    (first, _, _, _) = module.state_dict()
    wanted = name if name not in TAKEN and not keyword.iskeyword(name) else f"{name}_"
    assert first == f"{wanted}.weight"
    assert torch.is_tensor(module(torch.randn(2, 8)))


@pytest.mark.parametrize("name", [*(t for t in (*TAKEN, *TAKEN_BY_PYTHON) if t[0].islower()), "l", "input"])
def test_any_wire_input_and_output_is_safe(name: str) -> None:
    module = made(
        f"{name}:In[B, 8] -> Linear(8) -> {name}1; {name}1 -> Tanh -> {name}2; [{name}2, {name}1] -> Add -> y:Out"
    )
    assert module(torch.randn(2, 8)).shape == (2, 8)
    module = made(f"x:In[B, 8] -> Linear(8) -> {name}; {name} -> Tanh -> z:Out; {name} -> Exp -> u:Out")
    assert module(torch.randn(2, 8)).z.shape == (2, 8)


@pytest.mark.parametrize(
    "name", ["Tensor", "NamedTuple", "Sequential", "Exception", "None_", "Module", "Übergang", "Missing"]
)
def test_any_definition_is_safe(name: str) -> None:
    module = made(f"x:In[B, 8] -> a:{name} -> b:{name} -> Out\n+{name} {{ In -> Linear(8) -> y:Tanh -> Out }}")
    assert module(torch.randn(2, 8)).shape == (2, 8)


@pytest.mark.parametrize("name", ["self", "lambda", "range", "torch", "in_features", "Super", "class"])
def test_any_parameter_is_safe(name: str) -> None:
    module = made(
        f"x:In[B, 8] -> a:Block(3) -> b:Block(5) -> Out\n+Block({name}) {{ In -> Linear({name}) -> y:Tanh -> Out }}"
    )
    assert module(torch.randn(2, 8)).shape == (2, 5)


@pytest.mark.parametrize(
    "name",
    ["self", "super_", "range", "max", "torch", "nn", "math", "i", "x", "layer", "int", "é", "l", "d"],
)
def test_any_constant_loop_variable_and_name_around_braces_is_safe(name: str) -> None:
    layer = "+L(C) { In[B, _] -> Linear(C) -> ReLU -> Out }\n"
    texts = (
        f"+A(C) {{ {name} = 2 * C + 1; In[B, _] -> Linear({name}) -> Linear({name}) -> Out }}",
        f"{layer}+A(C) {{ In[B, _] -> L(C + {name}) for {name} in 0..C -> Out }}",
        f"+A({name}) {{ In[B, _] -> m:{{ In -> Linear({name}) -> ReLU -> Linear(2 * {name}) -> Out }} -> Out }}",
    )
    for text, width in zip(texts, (11, 9, 10), strict=True):
        module = made(f"{text}\nIn[B, 4] -> A(3) -> A(5) -> y:Out")
        assert module(torch.randn(2, 4)).shape == (2, width)


@pytest.mark.parametrize("name", ["_", "__", "_1", "__1", "e_", "count", "index"])
def test_any_field_of_what_is_returned_is_safe(name: str) -> None:
    module = made(f"x:In[B, 8] -> Linear(8) -> q; q -> Tanh -> {name}1:Out; q -> Exp -> {name}2:Out")
    assert [t.shape for t in module(torch.randn(2, 8))] == [(2, 8), (2, 8)]


def test_a_small_letter_may_be_two() -> None:
    """`İ` is `i` and a dot above it in small letters."""
    module = made("+A(C) { İ = 2 * C + 1; In[B, _] -> Linear(İ) -> Linear(İ) -> Out }\nIn[B, 4] -> A(3) -> A(5) -> Out")
    assert module(torch.randn(2, 4)).shape == (2, 11)


def test_weights_may_be_called_by_numbers() -> None:
    module = made("x:In[B, 8] -> q; 1:Parameter[8] -> w; [q, w] -> Mul -> r; 2:Buffer[8] -> v; [r, v] -> Add -> y:Out")
    assert list(module.state_dict()) == ["1", "2"]
    assert torch.equal(module(torch.ones(2, 8))[0], module.state_dict()["1"])


def test_two_ids_that_become_one_stay_two() -> None:
    module = made("x:In[B, 8] -> train:Linear(8) -> train_:Linear(8) -> Out")
    assert [k for k in module.state_dict() if "weight" in k] == ["train_2.weight", "train_.weight"]


def test_keys_dont_change_with_what_stands_elsewhere() -> None:
    text = "x:In[B, 8] -> a:A -> Out\n+A {{ In -> Linear(8) -> {} -> Linear(8) -> Out }}"
    before, after = (list(made(text.format(w)).state_dict()) for w in ("Tanh", "ReLU -> LN -> Dropout"))
    assert set(before) < set(after)


# ---------------------------------------------------------------------------------------- strings

EVIL = [
    '"""\nimport os\nos.system("touch /tmp/never")\n"""',
    "'''", '"', "\\", "\\\"\"\"", "\n", "\r", "\x0c\x0b\u2028\u2029\x85", "{x}", "#", "\\N{DIGIT ONE}", "%s", "end\\",
]  # fmt: skip


PROGRAM = """{doc}
@label({quoted})
+Block(mode = {quoted}) {{
{doc}
In[B, 8] -> Linear(8) -> Out
}}
+Unknown
x:In[B, 8] -> Block -> Block({quoted}) -> Unknown({quoted}) -> y
@init({quoted})
y -> Linear(4) -> Out
"""


def program(text: str) -> str:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    doc = "\n".join(f"/// {line}" for line in re.split("[\n\r]", text))
    return PROGRAM.format(doc=doc, quoted=f'"{quoted}"')


@given(st.one_of(st.sampled_from(EVIL), st.text(max_size=40)))
@settings(max_examples=100, deadline=None)
def test_no_text_of_a_program_is_code(text: str) -> None:
    found = compile_source(Source(text or "t", program(text)))
    plain = compile_source(Source("t", program("a word")))
    assert found.model is not None and plain.model is not None
    # Whatever the texts say, the statements are the same.
    assert statements(emit(found.model).text) == statements(emit(plain.model).text)


def statements(text: str) -> list[str]:
    kinds = (ast.Call, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    return [type(node).__name__ for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]


# --------------------------------------------------------------------------------------- skeletons


def test_a_sketch_is_a_file_that_imports() -> None:
    model = drawn("+Magic\nx:In[B, 3, 8, 8] -> Conv -> ReLU -> Magic -> Linear(4) -> Out")
    emitted = emit(model)
    module = load(emitted.text, emitted.class_name)()
    with pytest.raises(NotImplementedError, match=r"main.nn:2:\d+: Conv needs"):
        module(torch.randn(2, 3, 8, 8))
    assert [str(m).split(":")[0] for m in emitted.missing] == ["main.nn"] * len(emitted.missing)
    assert "LazyLinear" in emitted.text


def test_a_state_whose_size_nobody_knows_is_asked_for() -> None:
    text = "+L(H) { In[B, T, D] -> Scan(axis = 1) { x:In[B, D]; h:State[B, H]; [x, h] -> Add -> [h, Out] } -> Out }"
    emitted = emit(drawn(text, block="L"))
    module = load(emitted.text, emitted.class_name)()
    with pytest.raises(NotImplementedError, match="the size of h isn't known"):
        module(torch.randn(2, 5, 3))


def test_a_layer_that_only_lacks_its_inputs_size_is_lazy() -> None:
    emitted = emit(drawn("x:In -> Conv(4, 3, rank = 2) -> ReLU -> Linear(4) -> Out"))
    module = load(emitted.text, emitted.class_name)()
    assert module(torch.randn(2, 5, 8, 8)).shape == (2, 4, 6, 4)


# ---------------------------------------------------------------------------------- initialization


def test_init_on_a_node_and_on_a_definition() -> None:
    module = made(
        """
        x:In[B, 8] -> a:Block -> b:Block -> y
        @init("constant", 0.25)
        y -> c:Linear(8) -> Out
        @init("zeros", bias = 2)
        +Block { In -> Linear(8) -> Tanh -> Out }
        """
    )
    weights = dict(module.named_parameters())
    assert torch.all(weights["c.weight"] == 0.25)
    assert all(torch.all(weights[f"{n}.linear.weight"] == 0) for n in "ab")
    assert all(torch.all(weights[f"{n}.linear.bias"] == 2) for n in "ab")


def test_init_of_a_chain_holds_for_what_has_such_weights() -> None:
    """Neither a ReLU, nor a block without weights, nor the scales of a normalization, where a matrix is meant."""
    module = made(
        """
        @init("kaiming_normal", bias = 3)
        x:In[B, 3, 8, 8] -> c:Conv(4, 3) -> n:BN -> ReLU -> Twice -> s:Side -> l:Linear(2) -> y
        @init("zeros")
        y -> m:LN -> Out
        +Twice { x:In -> Mul(2) -> Out }
        +Side { In -> Linear(5) -> GELU -> Out }
        """
    )
    assert all(torch.all(b == 3) for b in (module.c.bias, module.s.linear.bias, module.l.bias))
    assert torch.all(module.n.weight == 1) and torch.all(module.m.weight == 0)


def test_init_as_in_he_et_al() -> None:
    text = code(
        """
        @init("kaiming_normal", mode = "fan_out", nonlinearity = "relu")
        +Net { In[B, 3, 8, 8] -> conv:Conv(64, 3) -> Out }
        Net
        """
    )
    assert 'module.weight, mode="fan_out", nonlinearity="relu"' in text and "nn.init.kaiming_normal_(" in text
    weight = made('@init("normal", std = 0.5)\n+Net { In[B, 300] -> l:Linear(300) -> Out }\nNet').l.weight
    assert abs(weight.std().item() - 0.5) < 0.01


def test_one_class_may_start_in_two_ways() -> None:
    module = made(
        """
        @init("constant", s)
        +Lin(C, s) { In[B, _] -> Linear(C) -> Out }
        +Deep(C, k) {
            @init("constant", 1 / k, bias = k)
            In[B, _] -> linear:Linear(C) -> Out
        }
        In[B, 8] -> a:Lin(16, 0.5) -> b:Lin(8, 0.25) -> c:Deep(4, 4) -> d:Deep(4, 2) -> Out
        """
    )
    assert type(module.a) is type(module.b) and type(module.c) is type(module.d)
    starts = {name: weight.unique().tolist() for name, weight in module.named_parameters()}
    assert starts["a.linear.weight"] == [0.5] and starts["b.linear.weight"] == [0.25]
    assert starts["c.linear.weight"] == [0.25] and starts["d.linear.weight"] == [0.5]
    assert starts["c.linear.bias"] == [4] and starts["d.linear.bias"] == [2]


def test_a_start_in_the_models_parameters() -> None:
    """The residual layers of GPT-2 start at a deviation of 0.02 over the root of their number (Radford et al. 2019)."""
    source = """
        +Net(width = 64, layers = 4) {
            @init("constant", 0.02 / sqrt(2 * layers), bias = 1 / width)
            In[B, 8] -> a:Linear(width) -> Out
        }
        Net
        """
    written = mn.loads(source).code()
    model = load(written.text, written.class_name)(width=10, layers=2)
    assert torch.all(model.a.weight == torch.tensor(0.02 / 4**0.5)) and torch.all(model.a.bias == torch.tensor(0.1))


# ------------------------------------------------------------------------------------------- bytes


def test_the_same_text_on_every_hash_seed() -> None:
    script = (
        "import moniel2 as mn, hashlib, pathlib\n"
        "texts = [mn.load(p).code().text for n in ('swin', 'clip', 'mobilenet_v3', 'transformer', 'unet')"
        " for p in [pathlib.Path('examples') / (n + '.nn')]]\n"
        "print(hashlib.sha256('\\0'.join(texts).encode()).hexdigest())\n"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(found) == 1


def test_the_readme_shows_what_is_written() -> None:
    section = (
        (ROOT / "README.md").read_text(encoding="utf-8").split("## From sketch to running model")[1].split("\n## ")[0]
    )
    source, shown = (section.split(f"```{kind}\n")[1].split("```")[0] for kind in ("nn", "python"))
    assert shown in mn.loads(source, name="net.nn").code().text


def test_a_model_that_is_a_sequence_says_its_shape_when_it_runs() -> None:
    text = code("In[B, 8] -> Tanh -> Softmax -> Out")
    assert "(nn.Sequential)" in text and "    print(tuple(output.shape))\n" in text
