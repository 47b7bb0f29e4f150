"""What can be wrong with a value or an argument."""

from __future__ import annotations

from moniel2.diagnostics.rules import rule

rule(
    "E0401",
    "unknown-argument",
    "an argument that isn't taken",
    """\
The operation or block has no argument of that name. Names may be shortened part by part (`kS` for
`kernel_size`), and `snake_case` and `camelCase` are the same. `moniel2 ops Conv` lists the
arguments of an operation.""",
    """\
In[B, 3, 32, 32] -> Conv(16, 3, colour = 2) -> Out
""",
    """\
In[B, 3, 32, 32] -> Conv(16, 3, stride = 2) -> Out
""",
)

rule(
    "E0402",
    "missing-argument",
    "an argument that must be given",
    """\
A block's parameter without a default has no value unless the call gives one, by position or by
name.""",
    """\
+Head(classes) { In -> Linear(classes) -> Out }
In[B, 64] -> Head -> Out
""",
    """\
+Head(classes) { In -> Linear(classes) -> Out }
In[B, 64] -> Head(10) -> Out
""",
)

rule(
    "E0403",
    "duplicate-argument",
    "an argument that is given twice",
    """\
Arguments by position fill the parameters in order; a name then may not give one of them again. Nor
may a name occur twice.""",
    """\
In[B, 3, 32, 32] -> Conv(16, 3, kernel = 5) -> Out
""",
    """\
In[B, 3, 32, 32] -> Conv(16, kernel = 5) -> Out
""",
)

rule(
    "E0404",
    "too-many-arguments",
    "more values than there are parameters",
    """\
There are more arguments by position than the operation or block has parameters. A shape is one
argument: `3x3` or `(3, 3)`.""",
    """\
+Head(classes) { In -> Linear(classes) -> Out }
In[B, 64] -> Head(10, 20) -> Out
""",
    """\
+Head(classes) { In -> Linear(classes) -> Out }
In[B, 64] -> Head(10) -> Out
""",
)

rule(
    "E0405",
    "wrong-argument",
    "an argument of the wrong kind",
    """\
Every argument of an operation has a kind: a size, a number, true or false, one of a few words, a
dtype, a block. The value is of another kind, out of its range, or not among the words.""",
    """\
In[B, 64] -> Linear(10, bias = "no") -> Out
""",
    """\
In[B, 64] -> Linear(10, bias = false) -> Out
""",
)

rule(
    "E0406",
    "bad-value",
    "a value that cannot be computed",
    """\
The expression has no value: an index past the end of a list, a division by zero, the sum of a text
and a number, a name that is no function. The arguments are shown with the values they had here.""",
    """\
widths = [64, 128, 256]
In[B, 3] -> Linear(widths[3]) -> Out
""",
    """\
widths = [64, 128, 256]
In[B, 3] -> Linear(widths[2]) -> Out
""",
)

rule(
    "E0407",
    "not-whole",
    "a fraction where a whole number is needed",
    """\
`/` is exact: `768 / 12` is 64, and `3 / 2` is one and a half. Where a whole number is needed (a
size, a count, an index) a fraction is an error, and not rounded in silence: this is how a number of
heads that doesn't divide the width is found. `floor`, `ceil` and `round` say how to round.""",
    """\
width = 100
In[B, 3] -> Linear(width / 8) -> Out
""",
    """\
width = 100
In[B, 3] -> Linear(floor(width / 8)) -> Out
""",
)

rule(
    "E0408",
    "fixed-twice",
    "an argument that a block given as a value has fixed already",
    """\
A block may be passed on with some arguments fixed, `Stack(Unit(groups = 32))`; the place that uses
it gives the rest, in order. It may not give one of the fixed ones again: it would be unclear which
holds.""",
    """\
+Unit(C, groups = 1) { In -> Conv(C, 1, groups = groups) -> Out }
+Stack(Body) { In -> Body(64, groups = 2) -> Out }
In[B, 64, 8, 8] -> Stack(Unit(groups = 32)) -> Out
""",
    """\
+Unit(C, groups = 1) { In -> Conv(C, 1, groups = groups) -> Out }
+Stack(Body) { In -> Body(64) -> Out }
In[B, 64, 8, 8] -> Stack(Unit(groups = 32)) -> Out
""",
)

rule(
    "E0410",
    "unknown-presentation",
    "`@…` that says nothing about how to show something",
    """\
`@label("…")`, `@color("#…")`, `@collapse`, `@expand`, `@hide`, `@side("left")` and `@layout("u")` say
how to show the definition or the chain that follows; `@init("…")` says how its weights start. There
is no other.""",
    """\
@layot("u")
+Net { In[B, 3] -> Linear(3) -> Out }
""",
    """\
@layout("u")
+Net { In[B, 3] -> Linear(3) -> Out }
""",
)

rule(
    "E0409",
    "unused-setting",
    "a setting that sets nothing",
    """\
`--set name=value` gives a value to a top-level constant, to a parameter of the main block, or to a
symbolic size of the inputs; `--input name=1x3x224x224` gives the shape of an input. Nothing in this
program has that name.""",
    """\
// moniel2 check --set widht=64 main.nn
width = 32
In[B, 3] -> Linear(width) -> Out
""",
    """\
// moniel2 check --set width=64 main.nn
width = 32
In[B, 3] -> Linear(width) -> Out
""",
)

rule(
    "E0411",
    "tensor-as-argument",
    "a tensor among the arguments",
    """\
Arguments in parentheses are values: numbers, words, blocks. Tensors flow along arrows, and those an
operation works on stand before its arrow, several of them in a list.""",
    """\
x:In[B, 64] -> Linear(64) -> y
y -> Add(x) -> Out
""",
    """\
x:In[B, 64] -> Linear(64) -> y
[x, y] -> Add -> Out
""",
)
