"""What a sketch may leave open, and `check --strict` or generated code may not."""

from __future__ import annotations

from moniel2.diagnostics.rules import rule

rule(
    "E0801",
    "unknown-shape",
    "a tensor whose shape isn't known",
    """\
A sketch may leave shapes open; `--strict` asks for all of them. Give the input a shape, `In[B, 3,
H, W]` (the sizes may be symbolic), or give the operation the argument that decides its output.""",
    """\
// moniel2 check --strict main.nn
image:In -> Conv(16, 3) -> Out
""",
    """\
// moniel2 check --strict main.nn
image:In[B, 3, H, W] -> Conv(16, 3) -> Out
""",
)

rule(
    "E0802",
    "undecided",
    "a choice that cannot be made yet",
    """\
The condition depends on something unknown. That is not false: a sketch keeps both branches, drawn
as an open choice. `--strict` and generated code need one of them.""",
    """\
// moniel2 check --strict main.nn
+Shortcut(C) { In[B, Cin, H, W] -> (Conv(C, 1) if Cin != C else Identity) -> Out }
image:In -> Shortcut(16) -> Out
""",
    """\
// moniel2 check --strict main.nn
+Shortcut(C) { In[B, Cin, H, W] -> (Conv(C, 1) if Cin != C else Identity) -> Out }
image:In[B, 3, 32, 32] -> Shortcut(16) -> Out
""",
)

rule(
    "E0803",
    "incomplete",
    "an operation that lacks an argument",
    """\
A sketch may say `Conv` and leave its channels for later; it is drawn dashed. `--strict` and
generated code need every argument that has no default.""",
    """\
// moniel2 check --strict main.nn
image:In[B, 3, 32, 32] -> Conv -> ReLU -> Out
""",
    """\
// moniel2 check --strict main.nn
image:In[B, 3, 32, 32] -> Conv(16, 3) -> ReLU -> Out
""",
)

rule(
    "E0804",
    "undefined",
    "an operation that is known by name only",
    """\
`+Name` without a body declares an operation for a sketch: it is drawn, and nothing else is known of
it. `--strict` and generated code need its body, or its place in Python: `+Name =
Extern("package.Name") { x:In[B, N] -> Out[B, N] }`.""",
    """\
// moniel2 check --strict main.nn
+Mystery
In[B, 8] -> Mystery -> Out
""",
    """\
// moniel2 check --strict main.nn
+Mystery { In[B, N] -> Linear(N) -> Out }
In[B, 8] -> Mystery -> Out
""",
)

rule(
    "E0805",
    "cannot-emit",
    "something that generated code cannot say",
    """\
The picture and the counts are right, and PyTorch cannot write it: a layer makes its weights before
it sees a tensor, so how many channels it gives out must be a number then. Without `--strict` the
generated code has a stub there that says so when it is called. Give the symbolic size a value,
`--set d=8`, or write a number.""",
    """\
// moniel2 code --strict main.nn
x:In[B, 2*d] -> Linear(d) -> Out
""",
    """\
// moniel2 code --strict --set d=8 main.nn
x:In[B, 2*d] -> Linear(d) -> Out
""",
)
