"""Operations that live in Python."""

from __future__ import annotations

from moniel2.ir.model import Extern
from tests.programs import blamed, chain, compiled, dtypes, graph, node_at, operations, outputs, sound, values

ROPE = '+RoPE2(base = 10000) = Extern("mypkg.nn.RoPE", base = base) { x:In[B, H, N, D] -> Out[B, H, N, D] }\n'


def test_the_ports_give_the_shape_rule() -> None:
    model = sound(ROPE + "x:In[B, 8, N, 64] -> RoPE2 -> y; y -> Linear(3) -> Out")
    assert graph(model) == chain("x", "ro_pe2", "linear", "out") or len(graph(model)) == 4
    assert outputs(model) == {"out": "[B, 8, N, 3]"}


def test_what_it_is() -> None:
    model = sound(ROPE + "x:In[B, 8, N, 64] -> rope:RoPE2(500) -> Out")
    what = node_at(model, "rope").what
    assert isinstance(what, Extern)
    assert what.target == "mypkg.nn.RoPE"
    assert what.arguments == (("base", 500),)
    assert operations(model)["rope"] == "RoPE2"


def test_it_is_checked_like_a_node() -> None:
    assert [rule for rule, _ in blamed(ROPE + "x:In[B, 8, 64] -> rope:RoPE2 -> Out")] == ["shape-mismatch"]
    assert [rule for rule, _ in blamed(ROPE + "x:In; y:In; [x, y] -> rope:RoPE2 -> Out")] == ["wrong-count"]


def test_an_output_of_another_shape() -> None:
    model = sound("""
        +Pool(n) = Extern("mypkg.pool", n) { x:In[B, C, n*h] -> Out[B, C, h] }
        x:In[B, 8, 12] -> Pool(4) -> Out
    """)
    assert outputs(model) == {"out": "[B, 8, 3]"}


def test_several_ports() -> None:
    model = sound("""
        +Scan2 = Extern("mypkg.scan") { x:In[B, L, D]; h:In[B, D, N]; y:Out[B, L, D]; last:Out[B, D, N] }
        [In[B, 10, 8], In[B, 8, 4]] -> Scan2 -> [a:Out, b:Out]
    """)
    assert outputs(model) == {"a": "[B, 10, 8]", "b": "[B, 8, 4]"}


def test_several_ports_of_one_chain() -> None:
    model = sound("""
        +Two = Extern("mypkg.two") { x:In[B, D] -> [Out[B, D], Out[B, 2 * D]] }
        In[B, 10] -> Two -> [a:Out, b:Out]
    """)
    assert outputs(model) == {"a": "[B, 10]", "b": "[B, 20]"}


def test_an_output_without_a_dtype_has_that_of_the_floating_point_inputs() -> None:
    text = '+F = Extern("mypkg.f") {{ x:In({0})[B] -> Out[B, 4] }}\nIn({0})[B] -> F -> Out'
    assert dtypes(sound(text.format("float16"))) == {"out": "float16"}
    assert dtypes(sound(text.format("int64"))) == {"out": "float32"}


def test_a_dtype() -> None:
    model = sound("""
        +Tokenize = Extern("mypkg.tokenize") { x:In[B, T] -> Out(int64)[B, T] }
        In[B, T] -> Tokenize -> Embedding(10, 4) -> Out
    """)
    assert outputs(model) == {"out": "[B, T, 4]"}


def test_it_repeats() -> None:
    model = sound(ROPE + "x:In[B, 8, N, 64] -> RoPE2 * 3 -> Out")
    assert len(graph(model)) == 5


def test_it_is_a_value() -> None:
    model = sound(ROPE + "+F(Body) { In -> Body -> ReLU -> Out }\nx:In[B, 8, N, 64] -> f:F(RoPE2(base = 5)) -> Out")
    assert "RoPE2" in operations(model).values()


def test_parameters_that_its_sizes_bind() -> None:
    model = sound("""
        +Norm2(size = D) = Extern("mypkg.Norm", size = size) { x:In[..., D] -> Out[..., D] }
        x:In[B, N, 48] -> n:Norm2 -> Out
    """)
    what = node_at(model, "n").what
    assert isinstance(what, Extern) and what.arguments == (("size", 48),)


def test_its_path_is_a_path() -> None:
    for target in ("", "no path", "a..b", "a.b()", "os; import sys", "1a.b"):
        text = f'+E = Extern("{target}") {{ x:In[B] -> Out[B] }}\nx:In[B] -> E -> Out'
        assert compiled(text).diagnostics, target


def test_values_stay_values() -> None:
    model = sound(ROPE + "+F { x:In[B, H, N, D] -> RoPE2 -> Out }\nx:In[B, 8, N, 64] -> f:F -> Out")
    assert values(model, "f")["D"] == "64"
