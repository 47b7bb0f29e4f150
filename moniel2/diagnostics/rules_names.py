"""What can be wrong with a name."""

from __future__ import annotations

from moniel2.diagnostics.rules import rule

rule(
    "E0201",
    "unknown-type",
    "a type that nothing declares",
    """\
A word with a capital letter is a type: a definition of this file (`+Name`), something imported, or
a built-in operation. It is looked up by its exact name, then among the declared aliases (`BN`,
`Conv2d`), then by its acronym (`LRN`, `MaxPool`). None of these found it. The node stays in the
picture, drawn dashed, so that one bad name doesn't hide the rest. A tensor's name starts with a small
letter: `-> q`, not `-> Q`.

`moniel2 ops` lists the operations. An operation that is known by name only is declared with
`+Name`.""",
    """\
image:In[B, 3, 32, 32] -> Convv(16, 3) -> Out
""",
    """\
image:In[B, 3, 32, 32] -> Conv(16, 3) -> Out
""",
)

rule(
    "E0202",
    "ambiguous-name",
    "a name that stands for more than one thing",
    """\
An acronym is a spelling of every name whose parts begin with its parts: `MP` of `MaxPool` and of
`MemoryPort`. When more than one name in reach fits, nothing is guessed. Write the name out, or a
longer acronym.""",
    """\
+GatedUnit { In -> Linear(8) -> Sigmoid -> Out }
+GlobalUnit { In -> Linear(8) -> Tanh -> Out }
In[B, 4] -> GU -> Out
""",
    """\
+GatedUnit { In -> Linear(8) -> Sigmoid -> Out }
+GlobalUnit { In -> Linear(8) -> Tanh -> Out }
In[B, 4] -> GaUnit -> Out
In[B, 4] -> GlobalUnit -> Out
""",
)

rule(
    "E0203",
    "unknown-name",
    "a name in a value that nothing declares",
    """\
In a value (an argument, a condition, a dimension of `Reshape`), a name is a parameter of the block
or of one around it, a constant, a loop variable, or a size that an input's shape binds. This one is
none of them.

Nodes and wires live in a space of their own: a value cannot read them. What a tensor *measures* can
be named where the tensor comes in: `x:In[B, C, H, W]`.""",
    """\
+Block(width) { In[B, C] -> Linear(widht) -> Out }
In[B, 8] -> Block(16) -> Out
""",
    """\
+Block(width) { In[B, C] -> Linear(width) -> Out }
In[B, 8] -> Block(16) -> Out
""",
)

rule(
    "E0204",
    "unknown-wire",
    "a wire that is read and never written",
    """\
A small name in a chain that is no node is a wire: `... -> h` writes it, `h -> ...` reads it, in any
order in the text. This one is read, and nothing in the block writes it. A definition doesn't see
the wires of the block it stands in; what it needs comes in through its own `In`. (Braces in a chain
do see the wires around them.)""",
    """\
image:In[B, 3, 32, 32] -> Conv(16, 3) -> features
featrues -> ReLU -> Out
""",
    """\
image:In[B, 3, 32, 32] -> Conv(16, 3) -> features
features -> ReLU -> Out
""",
)

rule(
    "E0205",
    "unknown-path",
    "a path that leads nowhere",
    """\
`stem/conv` reaches the node or wire `conv` inside the node `stem`; `blocks/3` is the fourth copy of
a repeated node. Each step must name something inside the one before. Only what has an id, or is a
wire, can be reached by name.""",
    """\
image:In[B, 3, 32, 32] -> stem:{ In -> conv:Conv(16, 3) -> ReLU -> Out } -> Out
stem/cnov -> Out
""",
    """\
image:In[B, 3, 32, 32] -> stem:{ In -> conv:Conv(16, 3) -> ReLU -> Out } -> Out
stem/conv -> Out
""",
)

rule(
    "E0206",
    "duplicate-definition",
    "two definitions of one name",
    """\
In one scope (a file, or the body of a definition) a name is defined once: the definitions of a
scope have no order, so the later one can't replace the earlier. An inner scope may define a name
again for itself.""",
    """\
+Head = Linear(10)
+Head = Linear(100)
In[B, 64] -> Head -> Out
""",
    """\
+Head = Linear(10)
+BigHead = Linear(100)
In[B, 64] -> [Head -> a:Out, BigHead -> b:Out]
""",
)

rule(
    "E0207",
    "duplicate-node",
    "two nodes with one id in a block",
    """\
An id names one node of its block, and its weights in the `state_dict`: `fc:Linear` gives
`fc.weight`. To use a node again with the same weights, apply it: `fc()`.""",
    """\
In[B, 64] -> fc:Linear(64) -> ReLU -> fc:Linear(10) -> Out
""",
    """\
In[B, 64] -> fc1:Linear(64) -> ReLU -> fc2:Linear(10) -> Out
""",
)

rule(
    "E0208",
    "duplicate-parameter",
    "a parameter that is declared twice",
    """\
Each parameter of a definition has a name of its own: arguments may be given by name, and constants
and loop variables share the space.""",
    """\
+Block(width, width = 2) { In -> Linear(width) -> Out }
In[B, 8] -> Block(16) -> Out
""",
    """\
+Block(width, factor = 2) { In -> Linear(factor * width) -> Out }
In[B, 8] -> Block(16) -> Out
""",
)

rule(
    "E0209",
    "recursive-definition",
    "a definition that contains itself without end",
    """\
A block may contain itself, as the levels of a U-Net do, when something decides that it ends: a
parameter that goes down, and an `if` that asks it. This one goes on with the same values, so the
network would have no end. The notes show the circle of uses.""",
    """\
+Level(C) { In -> Conv(C, 3) -> Level(C) -> Out }
In[B, 3, 32, 32] -> Level(8) -> Out
""",
    """\
+Level(C, depth) { In -> Conv(C, 3, padding = "same") -> (Level(C, depth - 1) if depth > 0) -> Out }
In[B, 3, 32, 32] -> Level(8, 3) -> Out
""",
)

rule(
    "W0901",
    "name-in-both-spaces",
    "one word for a tensor and for a value",
    """\
Nodes and wires live in one space of names, parameters, constants, loop variables and sizes in
another; the place in the text says which is meant. The compiler is never in doubt, but a reader is:
rename one of the two.""",
    """\
+Gate(scale) { In[B, C] -> Mul(scale) -> scale; scale -> Sigmoid -> Out }
In[B, 8] -> Gate(2) -> Out
""",
    """\
+Gate(scale) { In[B, C] -> Mul(scale) -> x; x -> Sigmoid -> Out }
In[B, 8] -> Gate(2) -> Out
""",
)

rule(
    "W0902",
    "name-once",
    "a size that is named once",
    """\
A name in a shape that occurs only once says nothing: it agrees with whatever is there. It is often
a misspelling of a name that occurs elsewhere. The names of `In` and `Out` are documentation and are
not asked, but for one in an `Out` that is a letter away from another name of the same size; `_` is
any size.""",
    """\
+Mix(heads) { In[B, N, D] -> Reshape[B, N, heads, D / heads] -> Identity[B, N, head, _] -> Flatten(2) -> Out }
In[B, 16, 64] -> Mix(8) -> Out
""",
    """\
+Mix(heads) { In[B, N, D] -> Reshape[B, N, heads, D / heads] -> Identity[B, N, heads, _] -> Flatten(2) -> Out }
In[B, 16, 64] -> Mix(8) -> Out
""",
)

rule(
    "W0903",
    "unused-wire",
    "a wire that is written and never read",
    """\
A tensor got a name and nobody asks for it. Either the chain that should read it is missing or
misspelt, or the name can go. `_` in a list of names discards an output on purpose.""",
    """\
In[B, 64] -> Linear(10) -> logits
In[B, 64] -> Linear(10) -> Out
""",
    """\
In[B, 64] -> Linear(10) -> Out
In[B, 64] -> Linear(10) -> Out
""",
)

rule(
    "W0904",
    "unused-parameter",
    "a parameter that nothing uses",
    """\
The definition declares a parameter and its body never reads it: giving it another value changes
nothing.""",
    """\
+Head(classes, dropout = 0.1) { In -> Linear(classes) -> Out }
In[B, 64] -> Head(10) -> Out
""",
    """\
+Head(classes, dropout = 0.1) { In -> Dropout(dropout) -> Linear(classes) -> Out }
In[B, 64] -> Head(10) -> Out
""",
)

rule(
    "W0905",
    "capital-tensor",
    "an operation where a tensor's name seems meant",
    """\
A word with a capital is an operation or a block, by its acronym too: `V` is `Variable`. Here one stands
at the end of one chain and at the start of another, as the name of a tensor does. A tensor's name
starts with a small letter. If two nodes are meant, give one of them an id: `a:V`.""",
    """\
x:In[B, N, 64] -> Linear(64) -> V
V -> ReLU -> Out
""",
    """\
x:In[B, N, 64] -> Linear(64) -> v
v -> ReLU -> Out
""",
)
