"""What can be wrong with an arrow."""

from __future__ import annotations

from moniel2.diagnostics.rules import rule

rule(
    "E0501",
    "wrong-count",
    "a number of tensors that doesn't fit the inputs",
    """\
An arrow brings every tensor on its left to every item on its right. An item with n inputs takes n
tensors, one by one; an item without a fixed number (`Add`, `Concat`) takes all. One tensor spreads
over several inputs only if these are unnamed `In`s. `[query = x, key = m] -> Attention(8)` binds
inputs by name.""",
    """\
a:In[B, 8]
b:In[B, 8]
[a, b] -> ReLU -> Out
""",
    """\
a:In[B, 8]
b:In[B, 8]
[a, b] -> Add -> ReLU -> Out
""",
)

rule(
    "E0502",
    "second-driver",
    "a wire or port that is written twice",
    """\
A wire is a name for one tensor, and is written once: names have no order, so there is no "later
value". The same holds for a named input that has its tensor. Give the second tensor a name of its
own, or merge the two: `[a, b] -> Add -> h`.""",
    """\
x:In[B, 8] -> Linear(8) -> h
x -> Linear(8) -> h
h -> ReLU -> Out
""",
    """\
x:In[B, 8] -> Linear(8) -> a
x -> Linear(8) -> b
[a, b] -> Add -> ReLU -> Out
""",
)

rule(
    "E0503",
    "no-output",
    "a block without an output where one is read",
    """\
An arrow leaves this block, and it gives nothing out: it has no `Out`, and its body is no single
chain whose end could be taken for one.""",
    """\
+Stem {
    x:In[B, 3, H, W] -> Conv(16, 3) -> ReLU
}
In[B, 3, 32, 32] -> Stem -> Out
""",
    """\
+Stem {
    x:In[B, 3, H, W] -> Conv(16, 3) -> ReLU -> Out
}
In[B, 3, 32, 32] -> Stem -> Out
""",
)

rule(
    "E0504",
    "no-input",
    "a block or node without an input where a tensor arrives",
    """\
An arrow leads to something that takes nothing: a block without an `In` whose body is no single
chain, an `In` itself (it is where tensors come from), or an operation that makes its own tensor,
such as `Arange`.""",
    """\
x:In[B, 8] -> { Arange(8) -> Cast(float32) } -> y
[x, y] -> Add -> Out
""",
    """\
x:In[B, 8]
{ Arange(8) -> Cast(float32) } -> y
[x, y] -> Add -> Out
""",
)

rule(
    "E0505",
    "bundle",
    "several tensors where one is taken",
    """\
Several tensors into one `Out` make a bundle: whatever takes it gets all of them, in order. Here is
something that takes one tensor only. Merge them (`Add`, `Concat`), or give each an `Out` of its
own.""",
    """\
+Two { x:In[B, 8]; [x -> Linear(8), x -> Linear(8)] -> Out }
In[B, 8] -> Two -> ReLU -> Out
""",
    """\
+Two { x:In[B, 8]; [x -> Linear(8), x -> Linear(8)] -> Add -> Out }
In[B, 8] -> Two -> ReLU -> Out
""",
)

rule(
    "E0506",
    "cycle",
    "a tensor that depends on itself",
    """\
Following the arrows one comes back to where one started: no tensor of the circle can be computed
first. What is carried from one step to the next is a `State` inside a `Scan`.""",
    """\
x:In[B, 8]
[x, h] -> Add -> Linear(8) -> h -> Out
""",
    """\
x:In[B, T, 8] -> Scan { xt:In[B, 8]; h:State[B, 8]; [xt, h] -> Add -> Linear(8) -> [h, Out] } -> Out
""",
)

rule(
    "E0507",
    "state-not-driven",
    "a state that never gets its next value",
    """\
A `State` reads as its value from the step before, and takes what is connected into it as its value
for the next. Nothing is connected into this one, so it would be zero for ever.""",
    """\
In[B, T, 8] -> Scan { xt:In[B, 8]; h:State[B, 8]; [xt, h] -> Add -> Linear(8) -> Out } -> Out
""",
    """\
In[B, T, 8] -> Scan { xt:In[B, 8]; h:State[B, 8]; [xt, h] -> Add -> Linear(8) -> [h, Out] } -> Out
""",
)

rule(
    "E0508",
    "optional-unbound",
    "an optional input that is used though it may be absent",
    """\
`mask:In?` is absent when nothing is connected to it. `if mask { ... }` asks, and inside it may be
used; anywhere else it must be there. Here it isn't.""",
    """\
+Masked { x:In[B, 8]; mask:In?[B, 8]; [x, mask] -> Mul -> Out }
In[B, 8] -> Masked -> Out
""",
    """\
+Masked {
    x:In[B, 8]
    mask:In?[B, 8]
    if mask { [x, mask] -> Mul -> y } else { x -> y }
    y -> Out
}
In[B, 8] -> Masked -> Out
""",
)

rule(
    "E0509",
    "nothing-flows",
    "an arrow that carries nothing",
    """\
Every arrow yields at least one edge, or an error: nothing is dropped in silence. Here nothing can
flow: the list on the left is empty, or a number stands on the right.""",
    """\
[] -> Add -> Out
""",
    """\
[In[B, 8], In[B, 8]] -> Add -> Out
""",
)

rule(
    "E0510",
    "not-a-node",
    "something applied or reached into that is no node",
    """\
`enc()` applies the node `enc` again with the same weights, and `enc/act` reaches into it. The name
stands for a wire, an input or something else that isn't a node of this block.""",
    """\
x:In[B, 8] -> Linear(8) -> h
x -> h * 3 -> Out
""",
    """\
x:In[B, 8] -> h:Linear(8) -> h() * 3 -> Out
""",
)

rule(
    "E0511",
    "unbalanced-names",
    "more or fewer names than outputs",
    """\
A list of names after one source takes its outputs one by one, so there are as many names as
outputs; `_` discards one.""",
    """\
x:In[B, 8] -> Split(2) -> [a, b, c]
[a, b, c] -> Concat -> Out
""",
    """\
x:In[B, 9] -> Split(3) -> [a, b, c]
[a, b, c] -> Concat -> Out
""",
)

rule(
    "W0921",
    "unused-node",
    "a node whose result nobody takes",
    """\
The node computes something that reaches no output. Either the arrow that should read it is missing,
or it can go.""",
    """\
x:In[B, 8] -> Linear(8) -> Out
x -> Linear(8) -> ReLU
""",
    """\
x:In[B, 8] -> Linear(8) -> Out
x -> Linear(8) -> ReLU -> Out
""",
)

rule(
    "W0922",
    "nothing-arrives",
    "a node that takes tensors and gets none",
    """\
An operation or a block that has inputs stands where nothing flows into it: at the beginning of a
chain, or declared by name and never fed. What it computes isn't known, and no code can be made of it.
In a text without any `In` what flows in is left open, and nothing is said.""",
    """\
x:In[B, 8] -> h:Out
Linear(8) -> Out
""",
    """\
x:In[B, 8] -> h:Out
x -> Linear(8) -> Out
""",
)

rule(
    "W0923",
    "one-branch",
    "an open choice of which only the first branch is shown",
    """\
A condition on something unknown leaves both branches open, and they are drawn side by side. That
can't be done where a branch flows into a node outside and takes up again what comes out of it: then
the node would stand both before and behind the choice. Let each branch write a wire of its own, and
what depends on it stand behind the `if`.""",
    """\
+Head(deep) {
    x:In[B, 8] -> s:Add
    if deep { x -> Tanh -> s -> ReLU -> y } else { s -> y }
    y -> Out
}
""",
    """\
+Head(deep) {
    x:In[B, 8]
    if deep { x -> Tanh -> t; [x, t] -> Add -> ReLU -> y } else { x -> y }
    y -> Out
}
""",
)

rule(
    "W0931",
    "moniel-trailing",
    "a list or braces that Moniel read as a chain of its own",
    """\
`A -> B {C}` and `B [c, d]` on one line are a trailing body and a shape of `B` here. Moniel read
them as two chains that stand side by side. Write a line end or `;` between them if that is meant.""",
    """\
+B { In -> Linear(8) -> Out }
In[B, 8] -> B [ReLU, Tanh] -> Out
""",
    """\
+B { In -> Linear(8) -> Out }
In[B, 8] -> B -> [ReLU, Tanh] -> Concat -> Out
""",
)
