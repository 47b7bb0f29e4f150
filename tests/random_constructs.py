"""Random programs of everything the language has: each statement is one construct, from a tensor to the next.

What ``random_programs`` leaves out is here: parameters and conditions on them, recursion, closures, taps and feeds,
shared and tied weights, lists, several outputs, optional inputs, states, blocks as values, operations of Python.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

Construct = Callable[["Page", str, str], None]


@dataclass
class Page:
    """A network that is being written: definitions, then the statements of ``Net``, whose width is ``C`` throughout."""

    draw: DrawFn
    definitions: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    wires: list[str] = field(default_factory=lambda: ["x"])
    names: int = 0

    def name(self, word: str) -> str:
        self.names += 1
        return f"{word}{self.names}"

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def one(self, *of: str) -> str:
        return self.draw(st.sampled_from(of))

    def write(self, *lines: str) -> None:
        self.statements += lines


@st.composite
def constructs(draw: DrawFn) -> str:
    """A program about a sequence [B, N, C], about which there is nothing to say; ``C`` is a parameter of ``Net``."""
    page = Page(draw)
    for construct in draw(st.lists(st.sampled_from(CONSTRUCTS), min_size=1, max_size=5)):
        source, target = page.wires[-1], page.name("w")
        construct(page, source, target)
        page.wires.append(target)
    body = "\n    ".join([*page.statements, f"{page.wires[-1]} -> LN -> Linear(3) -> out:Out[B, N, 3]"])
    net = f"+Net(C = {2 * page.number(1, 3)}) {{\n    x:In[B, N, C]\n    {body}\n}}"
    return "\n".join([*page.definitions, net, "Net"]) + "\n"


def plain(page: Page, source: str, target: str) -> None:
    item = page.one(
        "Linear(C)", "Linear(2 * C) -> GELU -> Linear(C)", "LN", "RMSNorm", "Dropout(0.1)", "Tanh", "GLU(-1)"
    )
    more = " -> Linear(C)" if item.startswith("GLU") else ""
    page.write(f"{source} -> {item}{more} -> {target}")


def parameters(page: Page, source: str, target: str) -> None:
    """Arguments by position and name, a condition on a parameter and one on a size."""
    name = page.name("Choosing")
    page.definitions.append(
        f"+{name}(K, act = true, scale = 1) {{\n"
        "    x:In[..., D] -> Linear(K * scale) -> (ReLU if act) -> Linear(K) -> y\n"
        "    x -> (Linear(K, bias = false) if D != K else Identity) -> s\n    [y, s] -> Add -> Out\n}"
    )
    first = page.one("2 * C", "3", "C")
    again = page.one(", act = false", ", scale = 2", "")
    page.write(f"{source} -> {name}({first}) -> {name}(C{again}) -> {target}")


def recursion(page: Page, source: str, target: str) -> None:
    name = page.name("Deep")
    page.definitions.append(
        f"+{name}(depth) {{\n    In[..., D] -> Linear(D) -> Tanh -> h\n    if depth > 0 {{\n"
        f"        h -> {name}(depth - 1) -> r\n        [h, r] -> Add -> Out\n"
        "    } else {\n        h -> Out\n    }\n}"
    )
    page.write(f"{source} -> {name}({page.number(0, 3)}) -> {target}")


def tap(page: Page, source: str, target: str) -> None:
    """What is inside of copies is read from outside, of all or of one."""
    name, node, a, b = page.name("Layer"), page.name("layers"), page.name("a"), page.name("b")
    page.definitions.append(f"+{name} {{ x:In[..., D] -> inner:Linear(D) -> Tanh -> skip; [x, skip] -> Add -> Out }}")
    n = page.number(2, 4)
    read = page.one(
        f"{node}/skip -> Add", f"{node}/{n - 1}/inner -> ReLU", f"{node}/skip -> Concat(axis = -1) -> Linear(C)"
    )
    page.write(f"{source} -> {node}:{name} * {n} -> {a}", f"{read} -> {b}", f"[{a}, {b}] -> Add -> {target}")


def feed(page: Page, source: str, target: str) -> None:
    node = page.name("fed")
    other = page.draw(st.sampled_from(page.wires))
    page.write(f"{source} -> {node}:{{ In -> join:Add -> Linear(C) -> Out }} -> {target}", f"{other} -> {node}/join")


def closure(page: Page, source: str, target: str) -> None:
    """Braces that read a tensor around them, in copies or behind a residual."""
    other = page.draw(st.sampled_from(page.wires))
    inner = f"inner:In -> Linear(C) -> y; [y, {other}] -> Mul -> Out"
    page.write(
        f"{source} -> " + page.one(f"{{ {inner} }}", f"{{ {inner} }} * 2", f"Residual {{ {inner} }}") + f" -> {target}"
    )


def shared(page: Page, source: str, target: str) -> None:
    """One set of weights, here, in braces, or in braces only."""
    node, middle = page.name("enc"), page.name("m")
    kind = page.one("Linear(C)", "{ Linear(2 * C) -> ReLU -> Linear(C) }", "SelfAttention(1)")
    page.write(f"{node}:{kind}")
    if page.draw(st.booleans()):
        page.write(f"{source} -> {node}() -> Tanh -> {middle}", f"{middle} -> {node}() * 2 -> {target}")
    else:
        page.write(f"{source} -> Residual {{ {node}() -> Tanh }} -> {{ LN -> {node}() }} * 2 -> {target}")


def tied(page: Page, source: str, target: str) -> None:
    node, narrow = page.name("down"), page.one("3", "2 * C")
    page.write(
        f"{source} -> {node}:Linear({narrow}, bias = false) -> Tanh"
        f" -> Linear(C, bias = false, weight = transpose({node}.weight)) -> {target}"
    )


def lists(page: Page, source: str, target: str) -> None:
    n = page.number(2, 4)
    way = page.one(
        f"[Linear(C) -> Tanh for i in 0..{n}] -> Add",
        f"[Linear(i + 1) for i in 0..{n}] -> Concat(axis = -1) -> Linear(C)",
        "[Linear(w) -> (ReLU if w > 3) for w in [2, 4, C]] -> Concat(axis = -1) -> Linear(C)",
        "[Identity, Tanh, Linear(C)] -> Mean",
    )
    page.write(f"{source} -> {way} -> {target}")


def series(page: Page, source: str, target: str) -> None:
    way = page.one(
        "(Linear(w) -> Tanh) for w in [4, 2 * C, C]",
        "(Linear(w) -> Dropout(p)) for (w, p) in zip([3, C], [0.1, 0.2])",
        "Residual { LN -> Linear(2 ** (i + 1)) -> GELU -> Linear(C) } for i in 0..3",
        "(Linear(C) -> (LN if i % 2 == 0)) for i in 0..3",
    )
    page.write(f"{source} -> {way} -> {target}")


def several(page: Page, source: str, target: str) -> None:
    """A block of two outputs, taken one by one."""
    name, a, b = page.name("Gates"), page.name("a"), page.name("b")
    page.definitions.append(
        f"+{name} {{\n    In[..., D] -> Linear(2 * D) -> Split(2, axis = -1) -> [p, q]\n"
        "    p -> value:Out\n    q -> Sigmoid -> gate:Out\n}"
    )
    page.write(f"{source} -> {name} -> [{a}, {b}]", f"[{a}, {b}] -> Mul -> {target}")


def optional(page: Page, source: str, target: str) -> None:
    name, middle = page.name("Masked"), page.name("m")
    other = page.draw(st.sampled_from(page.wires))
    page.definitions.append(
        f"+{name} {{\n    x:In[B, N, D]\n    mask:In?[B, N, D]\n"
        "    if mask { [x, mask] -> Mul -> y } else { x -> y }\n    y -> Linear(D) -> Out\n}"
    )
    page.write(f"[{source}, {other}] -> {name} -> {middle}", f"{middle} -> {name} -> {target}")


def weights(page: Page, source: str, target: str) -> None:
    """Trained and constant tensors as nodes, weights as operands."""
    node = page.name("scale")
    way = page.one(
        f"{{ x:In[B, N, D]; {node}:Parameter[D] -> s; [x, s] -> Mul -> Out }}",
        f"{{ x:In[B, N, D]; {node}:Parameter[2, D] -> s; [x, s] -> Linear -> Linear(D) -> Out }}",
        "{ x:In[B, N, D]; Ones[N, D] -> s; [x, s] -> Add -> Out }",
        "{ x:In[B, N, D]; Arange(D) -> s; [x, s] -> Add -> Out }",
    )
    page.write(f"{source} -> {way} -> {target}")


def states(page: Page, source: str, target: str) -> None:
    name = page.name("Walk")
    way = page.one(
        "x -> Scan(axis = 1) { t:In[B, D]; h:State[B, D]; [t, h] -> Concat -> Linear(D) -> Tanh -> [h, Out] } -> Out",
        "x -> Mean(axis = 1) -> start\n    [x, h = start] -> loop:Scan(axis = 1, reverse = true)"
        " { t:In[B, D]; h:State[B, D]; [t, h] -> Add -> Tanh -> [h, Out] } -> a\n"
        "    loop/h -> Unsqueeze(1) -> b\n    [a, b] -> Add -> Out",
        "x -> Mean(axis = 1) -> m\n    x -> Scan(axis = 1)"
        " { t:In[B, D]; n:State[B, D]; [t, n, m] -> Add -> n; n -> Tanh -> Out } -> Out",
        "x -> GRU(D) -> Out",
        "x -> LSTM(D) -> [y, h, _]\n    h -> Select(0, 0) -> Unsqueeze(1) -> last\n    [y, last] -> Add -> Out",
    )
    page.definitions.append(f"+{name} {{\n    x:In[B, N, D]\n    {way}\n}}")
    page.write(f"{source} -> {name} -> {target}")


def values(page: Page, source: str, target: str) -> None:
    """Blocks as arguments: a definition, an operation, one with an argument fixed, braces."""
    name, unit = page.name("Stage"), page.name("Unit")
    page.definitions.append(f"+{unit}(K, Act = ReLU) = Linear(K) -> Act")
    page.definitions.append(f"+{name}(Make, K, n) = Make(K) * n")
    made = page.one(unit, f"{unit}(Act = GELU)", "Linear", f"{unit}(Act = Softmax)")
    page.write(f"{source} -> {name}({made}, C, {page.number(1, 3)}) -> {target}")


def outside(page: Page, source: str, target: str) -> None:
    name = page.name("Soft")
    page.definitions.append(f'+{name} = Extern("torch.nn.Softsign") {{ In[B, N, D] -> Out[B, N, D] }}')
    page.write(f"{source} -> {name} -> {target}")


def arrangements(page: Page, source: str, target: str) -> None:
    way = page.one(
        'Rearrange("b n (h d) -> b h n d", h = 2) -> Softmax -> Rearrange("b h n d -> b n (h d)")',
        "Transpose(1, 2) -> Conv(C, 3, padding = 1) -> Transpose(1, 2)",
        'Transpose(1, 2) -> Conv(C, 3, padding = "causal", groups = C) -> Transpose(1, 2)',
        "Flip(1) -> CumSum(1) -> Div(4)",
        "SelfAttention(2, causal = true)",
        "MHA(2)",
    )
    page.write(f"{source} -> {way} -> {target}")


CONSTRUCTS: tuple[Construct, ...] = (
    plain, parameters, recursion, tap, feed, closure, shared, tied, lists, series, several, optional, weights, states,
    values, outside, arrangements,
)  # fmt: skip
