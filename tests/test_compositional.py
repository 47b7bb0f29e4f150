"""Bounded work whatever the text says: what is written once is compiled once; limits are diagnostics."""

from __future__ import annotations

import pytest

from moniel2 import limits
from moniel2.dims import Dim
from moniel2.ir.flatten import flat_size
from moniel2.ir.measure import measure
from moniel2.ir.model import Block, distinct_blocks
from moniel2.pipeline import Compiled, standard_library
from moniel2.semantics.compile import compile_program
from moniel2.semantics.session import Session
from moniel2.source import Source
from tests.programs import compiled, outputs, parameters, sound, specializations


def work(text: str) -> int:
    """How many blocks are built to compile a text; instances beyond the first of an equal kind aren't."""
    session = Session(standard_library)
    compile_program(session, Source("main.nn", text), None)
    assert not session.diagnostics
    return session.built


# ---------------------------------------------------------------------------------------- doubling


def doubling(depth: int) -> str:
    levels = "\n".join(f"+L{i + 1} = L{i} -> L{i}" for i in range(depth))
    return f"+L0 = Linear(8) -> ReLU\n{levels}\nx:In[B, 8] -> L{depth} -> Out"


def test_doubling_blocks() -> None:
    model = sound(doubling(40))
    assert specializations(model) == 42
    assert parameters(model) == str(2**40 * 72)
    assert str(measure(model.root).total.macs.number) == f"{2**40 * 64}*B"
    assert flat_size(model.root) == 2**41 + 2
    assert outputs(model) == {"out": "[B, 8]"}


def test_doubling_blocks_cost_what_is_written() -> None:
    assert work(doubling(40)) - work(doubling(20)) == 20


def test_doubling_side_by_side() -> None:
    levels = "\n".join(f"+L{i + 1} {{ x:In -> [L{i}, L{i}] -> Add -> Out }}" for i in range(40))
    model = sound(f"+L0 = Linear(8) -> ReLU\n{levels}\nx:In[B, 8] -> L40 -> Out")
    assert parameters(model) == str(2**40 * 72)


def test_doubling_by_recursion() -> None:
    model = sound("""
        +Tree(n) { x:In -> (Pair(n - 1) if n > 0 else Linear(8)) -> Out }
        +Pair(n) { x:In -> [Tree(n), Tree(n)] -> Add -> Out }
        x:In[B, 8] -> Tree(40) -> Out
    """)
    assert parameters(model) == str(2**40 * 72)
    assert specializations(model) <= 2 * 41 + 1


def test_doubling_by_bodies() -> None:
    levels = "\n".join(f"+L{i + 1} {{ In -> Twice(L{i}) -> Out }}" for i in range(40))
    model = sound(f"+Twice(Body) = Body -> Body\n+L0 = Linear(8) -> ReLU\n{levels}\nx:In[B, 8] -> L40 -> Out")
    assert parameters(model) == str(2**40 * 72)


def test_doubling_by_repeats() -> None:
    model = sound("+A = Linear(8) * 1000\n+B = A * 1000\n+C = B * 1000\n+D = C * 1000\nx:In[B, 8] -> D -> Out")
    assert parameters(model) == str(10**12 * 72)


def test_different_shapes_are_different_blocks() -> None:
    """One specialization for each of the shapes that flow in, not for each use."""
    halves = " -> ".join(["F -> F -> MaxPool(2)"] * 5)
    model = sound(
        f"+F {{ In[B, C, H, W] -> Conv(C, 3, padding = 1) -> ReLU -> Out }}\nx:In[1, 8, 64, 64] -> {halves} -> Out"
    )
    assert specializations(model) == 6


def test_equal_names_of_unequal_symbols_are_told_apart() -> None:
    model = sound("""
        +F { In[B, D] -> Linear(2 * D) -> ReLU -> Out }
        x:In[B, D]; y:In[B, E]
        x -> F -> a:Out
        y -> F -> b:Out
    """)
    assert outputs(model) == {"a": "[B, 2*D]", "b": "[B, 2*E]"}


# ---------------------------------------------------------------------------------------- repeats


def test_a_million_copies() -> None:
    text = "+Unit {{ x:In[B, D] -> Linear(D) -> y; [x, y] -> Add -> Out }}\nx:In[B, 8] -> Unit * {} -> Out"
    model = sound(text.format(1_000_000))
    assert parameters(model) == "72000000"
    assert len(model.root.nodes) == 1
    assert work(text.format(1_000_000)) == work(text.format(3))


def test_copies_of_an_operation() -> None:
    assert parameters(sound("x:In[B, 8] -> Linear(8) * 1000000 -> Out")) == "72000000"


def test_more_copies_than_numbers_of_a_machine() -> None:
    assert parameters(sound(f"x:In[B, 8] -> Linear(8) * {10**30} -> Out")) == str(72 * 10**30)


def test_a_million_copies_with_a_mask() -> None:
    model = sound("""
        +Layer { x:In[B, D]; mask:In[B, D]; [x, mask] -> Add -> Linear(D) -> Out }
        x:In[B, 8]; mask:In[B, 8]
        [x, mask] -> Layer * 1000000 -> Out
    """)
    assert parameters(model) == "72000000"
    assert len(model.root.nodes) == 1


def test_a_million_copies_whose_first_differs() -> None:
    text = "+Unit = Linear(8) -> ReLU\nx:In[B, 4] -> Unit * {} -> Out"
    assert parameters(sound(text.format(1_000_000))) == str(40 + 999_999 * 72)
    assert work(text.format(1_000_000)) == work(text.format(3))


def test_copies_that_halve_end_in_one_diagnostic() -> None:
    found = compiled("x:In[B, 3, 64, 64] -> MaxPool(2) * 1000000 -> Out").diagnostics
    assert [d.rule for d in found] == ["shape-mismatch"]


def test_copies_that_grow_reach_a_limit() -> None:
    found = compiled("+Grow { In[B, D] -> Linear(D + 1) -> Out }\nx:In[B, 3] -> Grow * 1000000000 -> Out").diagnostics
    assert [d.rule for d in found] == ["limit"]


def test_a_folded_scan() -> None:
    model = sound("""
        +Layer { In[B, T, D] -> Scan { x:In[B, E]; h:State[B, E]; [x, h] -> Add -> Linear(E) -> [h, Out] } -> Out }
        x:In[B, 1000000000, 8] -> Layer * 1000000 -> Out
    """)
    assert parameters(model) == "72000000"
    assert str(measure(model.root).total.macs.number) == f"{64 * 10**15}*B"


# ------------------------------------------------------------------------------------ large texts


def test_a_long_chain() -> None:
    model = sound("x:In[B, 8]\nx -> " + " -> ".join(["ReLU"] * 5_000) + " -> Out")
    assert len(model.root.nodes) == 5_000


def test_a_long_chain_backwards() -> None:
    """Names have no order: each statement needs the one below it."""
    lines = [f"h{i} -> ReLU -> h{i + 1}" for i in range(3_000)]
    model = sound("\n".join(["h3000 -> Out", *reversed(lines), "x:In[B, 8] -> ReLU -> h0"]))
    assert len(model.root.nodes) == 3_001


def test_many_constants_backwards() -> None:
    lines = [f"c{i} = c{i + 1} + 1" for i in range(3_000)]
    model = sound("\n".join([*lines, "c3000 = 0", "x:In[B, 8] -> Linear(c0) -> Out"]))
    assert outputs(model) == {"out": "[B, 3000]"}


def test_blocks_inside_one_another() -> None:
    depth = 500
    text = "x:In[B, 8] -> " + "{ ReLU -> " * depth + "Tanh" + " }" * depth + " -> Out"
    model = sound(text)
    assert sum(1 for _ in distinct_blocks(model.root)) == depth + 1
    assert flat_size(model.root) == depth + 1 + 2


def test_definitions_inside_one_another() -> None:
    depth = 300
    text = (
        "".join(f"+F{i} {{ In -> F{i + 1} -> Out; " for i in range(depth)) + f"+F{depth} = ReLU -> Tanh " + "}" * depth
    )
    model = sound(f"{text}\nx:In[B, 8] -> F0 -> Out")
    assert specializations(model) == depth + 2


def test_definitions_that_use_one_another() -> None:
    depth = 500
    lines = [f"+F{i} {{ In -> ReLU -> F{i + 1} -> Out }}" for i in range(depth)]
    model = sound("\n".join([*lines, f"+F{depth} = ReLU -> Tanh", "x:In[B, 8] -> F0 -> Out"]))
    assert flat_size(model.root) == depth + 2 + 2


def test_parentheses_inside_one_another() -> None:
    depth = 500
    model = sound(f"x:In[B, 8] -> Linear({'(' * depth}3{')' * depth}) -> Out")
    assert outputs(model) == {"out": "[B, 3]"}
    model = sound(f"x:In[B, 8] -> {'(' * depth}ReLU{')' * depth} -> Out")
    assert outputs(model) == {"out": "[B, 8]"}


def test_lists_inside_one_another() -> None:
    depth = 500
    model = sound(f"x:In[B, 8] -> {'[' * depth}ReLU{']' * depth} -> Out")
    assert len(model.root.nodes) == 1
    text = "v = {}1{}\nx:In[B, 8] -> Linear(len(v)) -> Out"
    deep = limits.MAX_LIST_NESTING
    sound(text.format("[" * deep, "]" * deep))
    assert one(text.format("[" * (deep + 1), "]" * (deep + 1))) == "limit"


def test_long_sums() -> None:
    text = "x:In[B, 8] -> Linear(" + " + ".join(["1"] * 3_000) + ") -> Out"
    assert outputs(sound(text)) == {"out": "[B, 3000]"}
    text = "x:In[B, 8] -> (ReLU if " + " and ".join(["1 == 1"] * 1_000) + ") -> Out"
    assert outputs(sound(text)) == {"out": "[B, 8]"}


def test_choices_in_choices() -> None:
    depth = 300
    text = (
        "n = 250\nx:In[B, 8] -> ("
        + " else ".join(f"Linear({i + 1}) if n == {i}" for i in range(depth))
        + " else ReLU) -> Out"
    )
    assert outputs(sound(text)) == {"out": "[B, 251]"}
    text = "n = 250\nx:In[B, 8]\n" + " else ".join(
        f"if n == {i} {{ x -> Linear({i + 1}) -> Out }}" for i in range(depth)
    )
    assert outputs(sound(text)) == {"out": "[B, 251]"}


def test_many_operands() -> None:
    model = sound("x:In[B, 8]; [" + ", ".join(["x"] * 2_000) + "] -> Concat -> Out")
    assert outputs(model) == {"out": "[B, 16000]"}


def test_many_definitions_of_which_one_is_used() -> None:
    """What isn't used is looked at once at most."""
    lines = "\n".join(f"+F{i} {{ In -> Linear({i + 1}) -> ReLU -> Out }}" for i in range(1_000))
    assert work(f"{lines}\nx:In[B, 8] -> F7 -> Out") <= 1_002


def test_a_chain_of_captures() -> None:
    depth = 200
    text = (
        "x:In[B, 8]; h:In[B, 8]; x -> " + "{ a:In -> " * depth + "{ a:In; [a, h] -> Add -> Out }" + " -> Out }" * depth
    )
    model = sound(text + " -> Out")
    assert outputs(model) == {"out": "[B, 8]"}


# ----------------------------------------------------------------------------------------- limits


def one(text: str) -> str:
    """The one rule that a text breaks."""
    found = compiled(text).diagnostics
    assert [d.rule for d in found[1:]] == [], found
    return found[0].rule if found else ""


def test_recursion_without_end() -> None:
    assert one("+F { In -> F -> Out }\nx:In -> F -> Out") == "recursive-definition"
    assert one("+F(n) { In -> F(n) -> Out }\nx:In -> F(3) -> Out") == "recursive-definition"
    assert one("+F = G\n+G = F\nx:In -> F -> Out") == "recursive-definition"
    assert one("+F = ReLU -> G\n+G = Tanh -> F\nx:In[B, 8] -> F -> Out") == "recursive-definition"
    assert one("+F(Body) { In -> Body(Body) -> Out }\nx:In -> F(F) -> Out") == "recursive-definition"
    assert one("+F { x:In -> { In -> F -> Out } -> Out }\nx:In -> F -> Out") == "recursive-definition"
    assert one("+F { x:In -> F * 3 -> Out }\nx:In -> F -> Out") == "recursive-definition"
    assert one("+F { x:In -> [F for i in 0..3] -> Out }\nx:In -> F -> Out") == "recursive-definition"


def test_recursion_that_changes_without_end() -> None:
    for text in (
        "+F(n) { In -> F(n + 1) -> Out }\nx:In -> F(0) -> Out",
        "+F(n) { In -> F(n - 1) -> Out }\nx:In -> F(0) -> Out",
        "+F { In[B, D] -> Linear(D + 1) -> F -> Out }\nx:In[B, 1] -> F -> Out",
        "+F(v) { In -> F([v, v]) -> Out }\nx:In -> F(1) -> Out",
        "+F(v) { In -> F(v + v) -> Out }\nx:In -> F([1]) -> Out",
        "+F(Body) { In -> F(Wrap(Body)) -> Out }\n+Wrap(Body) = Body -> ReLU\nx:In -> F(Tanh) -> Out",
        "+F(Body) { In -> F { In -> Body -> Out } -> Out }\nx:In -> F(Tanh) -> Out",
    ):
        assert one(text) in ("limit", "recursive-definition"), text


def test_recursion_up_to_the_limit() -> None:
    """As deep as stated, and no deeper."""
    text = "+F(n) {{ In -> ReLU -> (F(n - 1) if n > 0) -> Out }}\nx:In[B, 8] -> F({}) -> Out"
    model = sound(text.format(limits.MAX_RECURSION - 10))
    assert specializations(model) == limits.MAX_RECURSION - 9 + 1
    assert one(text.format(limits.MAX_RECURSION + 10)) == "limit"


def test_two_recursions_at_once_end_soon() -> None:
    """A tree of 2^1000 uses is 1000 blocks; one that differs everywhere reaches a limit."""
    text = "+F(n, path) { x:In -> [F(n - 1, path + [0]), F(n - 1, path + [1])] -> Add -> Out }\nx:In -> F(3, []) -> Out"
    assert one(text) in ("limit", "recursive-definition")


@pytest.mark.parametrize(
    "text",
    [
        "x:In[B, 8] -> Linear(i + 1) for i in 0..1000000 -> Out",
        "x:In[B, 8] -> [ReLU for i in 0..1000000] -> Add -> Out",
        "v = [i for i in 0..1000000000]\nx:In[B, 8] -> Linear(len(v)) -> Out",
        "x:In[B, 8] -> Linear(sum(0..1000000000000)) -> Out",
        "v = [0] * 1000000000\nx:In[B, 8] -> Linear(len(v)) -> Out",
        "v = [[0] * 60000] * 60000\nw = [a + a for a in v]\nx:In[B, 8] -> Linear(len(w)) -> Out",
        "x:In[B, 8] -> Linear(2 ** 100000) -> Out",
        "x:In[B, 8] -> Linear(10 ** 10 ** 10 ** 10) -> Out",
        "x:In[B, 8] -> Linear(floor(2 ** 3000 * 2 ** 3000)) -> Out",
        "+F(n) { x:In -> [ReLU for i in 0..n] -> Out }\nx:In -> F(60000) -> [Add for i in 0..60000] -> Out",
        "x:In -> " + "(" * 2_000 + "ReLU" + ")" * 2_000 + " -> Out",
        "v = " + "[" * 2_000 + "]" * 2_000 + "\nx:In -> ReLU -> Out",
        "x:In -> " + "{ ReLU -> " * 2_000 + "Tanh" + " }" * 2_000 + " -> Out",
        "x:In -> ReLU -> Out\n" + "if true { " * 2_000 + "x -> Tanh -> y:Out" + " }" * 2_000,
    ],
)
def test_limits(text: str) -> None:
    assert one(text) == "limit"


def test_bundles_have_a_limit() -> None:
    levels = "\n".join(f"+L{i + 1} {{ x:In -> [L{i}, L{i}] -> Out }}" for i in range(40))
    text = f"+L0 {{ In -> ReLU -> Out }}\n{levels}\nx:In -> L40 -> Concat -> Out"
    assert one(text) == "limit"


def test_a_symbolic_size_of_many_terms() -> None:
    """A polynomial may not grow without end either."""
    text = "x:In[" + ", ".join(f"a{i} + 1" for i in range(30)) + "] -> Flatten(0) -> Linear(3) -> Out"
    found: Compiled = compiled(text)
    assert all(d.rule in ("limit", "condition") for d in found.diagnostics)


def test_a_size_that_is_squared_again_and_again() -> None:
    text = "+Sq { In[B, D] -> Linear(D * D + 1) -> Out }\nx:In[B, D] -> " + " -> ".join(["Sq"] * 30) + " -> Out"
    found: Compiled = compiled(text)
    assert all(d.rule in ("limit",) for d in found.diagnostics)


def test_many_faults_are_shown_up_to_a_limit() -> None:
    found = compiled("\n".join(["x:In -> Nope -> Out"] * 3_000)).diagnostics
    assert len(found) <= limits.MAX_DIAGNOSTICS + 1


def test_measures_are_exact() -> None:
    model = sound(doubling(60))
    total = measure(model.root).total
    assert total.parameters.exact and total.macs.exact
    assert total.macs.value == Dim.of("B") * (2**60 * 64)
    assert isinstance(model.root, Block)
